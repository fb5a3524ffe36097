/* administrators.h: the files admins and admins.D: who administers everything,
 * or one domain, with a password of his own.
 *
 * Lines of shadow(5).  The names are a name space of their own: an account of
 * the same name is somebody else.  All other lines stay byte for byte.
 */
#ifndef ADMINISTRATORS_H
#define ADMINISTRATORS_H

#include <stdbool.h>

#include "entries.h"
#include "err.h"
#include "installation.h"
#include "pool.h"
#include "str.h"

struct administrators {
	const struct installation	*in;
	const char			*file;		/* "admins.D" */
	struct str			 text;
};

/* Of a domain by its real name; NULL: of everything.  A missing file has
 * none. */
int	administrators_read(const struct installation *in, struct pool *pool,
	    const char *domain, struct administrators *out, struct err *err);
void	drop_administrators(struct administrators *all);

/* Without case.  ERR_ABSENT: there is none.  ERR_INVALID: there is a line of
 * that name, and it is broken. */
int	administrators_find(const struct administrators *all,
	    struct slice name, struct entry *out, struct err *err);

/* '!' before a hash, or expired: may neither log in nor be acted as. */
bool	administrator_is_barred(const struct entry *entry);

/* Whether any of them has a password. */
bool	administrators_can_log_in(const struct administrators *all);

/* Of a domain that is about to be made: what an interrupted try left, or
 * nothing.  ERR_EXISTS: there are some with passwords, of an earlier domain of
 * that name; they would have this one. */
int	administrators_read_new(const struct installation *in,
	    struct pool *pool, const char *domain, struct administrators *out,
	    struct err *err);

/* The first one, "admin", who has no password yet, unless he is there. */
int	administrators_begin(struct administrators *all, struct err *err);

/* Each replaces the file, mode 0600 when it is made; all has the new text
 * then.  The hash "*" is no password. */
int	administrators_add(struct administrators *all, const char *name,
	    const char *hash, struct err *err);
int	administrators_set_hash(struct administrators *all, const char *name,
	    const char *hash, struct err *err);
int	administrators_remove(struct administrators *all, const char *name,
	    struct err *err);

#endif
