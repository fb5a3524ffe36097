/* entries.h: the lines of passwd.D and shadow.D: "name:field:field:...".
 *
 * One account's line is changed at a time; all others, comments and broken
 * lines too, stay byte for byte.  What was written is parsed again and
 * compared before it is handed out: a field can never become another line.
 */
#ifndef ENTRIES_H
#define ENTRIES_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "str.h"

enum { PASSWD_FIELDS = 7, SHADOW_FIELDS = 9 };
enum passwd_field { PASSWD_NAME, PASSWD_HASH, PASSWD_UID, PASSWD_GID,
    PASSWD_GECOS, PASSWD_HOME, PASSWD_SHELL };
enum shadow_field { SHADOW_NAME, SHADOW_HASH, SHADOW_CHANGED,
    SHADOW_EXPIRES = 7 };

struct entry {
	struct slice	line;			/* without its end */
	struct slice	field[SHADOW_FIELDS];
	size_t		count;			/* of fields */
};

/* The next line that is no comment and not blank. */
bool	entries_next(struct slice *rest, struct entry *entry);

/* The first line of the name with just so many fields.  Without case. */
bool	entries_find(struct slice text, struct slice name, size_t fields,
	    struct entry *entry);

/* Whether any line has the name, be it broken. */
bool	entries_mention(struct slice text, struct slice name);

/* Each adds the whole new text to out.  ERR_INVALID: a field holds what no
 * field can. */
int	entries_add(struct slice text, const struct slice *fields, size_t count,
	    struct str *out, struct err *err);
int	entries_set(struct slice text, struct slice name, size_t fields,
	    size_t index, struct slice value, struct str *out, struct err *err);
void	entries_remove(struct slice text, struct slice name, struct str *out);

#endif
