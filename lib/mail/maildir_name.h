/* maildir_name.h: what the name of a message in a Maildir tells.
 *
 * "1700000000.M1P2Q3R4.host,S=100,W=105:2,S": what stands before the colon (the
 * base) stays with a message for its life; what stands before the comma is its
 * unique name.  S are the bytes of the file, W its octets (octets.h).  Dovecot
 * writes both, too, but never counts a line end that is not there.
 */
#ifndef MAILDIR_NAME_H
#define MAILDIR_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "str.h"

enum { MAILDIR_STORED = 'S', MAILDIR_OCTETS = 'W' };

/* A new unique name, which is a unique id of POP3, too; whether a name begins
 * with one. */
int		maildir_name_new(struct str *name, struct err *err);
bool		maildir_name_is_ours(const char *name);
/* Behind it, and before any flags: ",S=100". */
void		maildir_name_add(struct str *name, char letter,
		    uint64_t number);

struct slice	maildir_base(const char *name);
struct slice	maildir_unique(const char *name);

/* What stands behind ",S=" in the base, up to the next comma; the first, where
 * there are several.  False: there is none. */
bool		maildir_name_part(const char *name, char letter,
		    struct slice *text);
/* The same as a number.  False where it is none, or no file's size. */
bool		maildir_name_number(const char *name, char letter,
		    uint64_t *number);

/* The name without any such part. */
void		maildir_name_without(const char *name, char letter,
		    struct str *out);

#endif
