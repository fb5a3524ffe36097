/* uid_mark.h: user ids that were never used before.
 *
 * DIR/uids holds the high-water mark: the next id, and on further lines ids
 * above it that belonged to accounts which are gone.  Where it is missing, what
 * is in the trash tells of those.
 */
#ifndef UID_MARK_H
#define UID_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "installation.h"

/* The next one from start up: none that the mark has passed, that any
 * passwd.* of the installation or /etc/passwd has, nor 65534 or 65535.  The
 * mark is on disk when it returns. */
int	uid_mark_take(const struct installation *in, uid_t start, uid_t *out,
	    struct err *err);

/* So many of them at once. */
int	uid_mark_take_many(const struct installation *in, uid_t start,
	    size_t count, uid_t *out, struct err *err);

/* Accounts have these, which came from elsewhere: the mark is put above them,
 * or remembers those that are far above all others.  Sorts them. */
int	uid_mark_pass(const struct installation *in, uid_t *uids, size_t count,
	    struct err *err);

/* Remembers that uid was used, before its account goes. */
int	uid_mark_retire(const struct installation *in, uid_t uid,
	    struct err *err);

/* ERR_ABSENT: there is no such file.  ERR_INVALID: it is broken. */
int	uid_mark_read(const struct installation *in, uint64_t *mark,
	    struct err *err);

/* The file is made anew, its mark no lower than it was; a broken one is put
 * away before. */
int	uid_mark_raise(const struct installation *in, uint64_t mark,
	    struct err *err);

/* For accounts that come from elsewhere: each keeps the id that it had where
 * nobody has that one, or ever had it here, and else gets a new one. */
struct uid_wish {
	uid_t	wanted;
	uid_t	got;		/* not 0: that is settled already */
	/* it was this account's own here, before it was deleted */
	bool	was_own;
};
/* *mark is to be given to uid_mark_raise(), when it was written down who has
 * which: else who repeats it would find them used. */
int	uid_mark_settle(const struct installation *in, uid_t start,
	    struct uid_wish *wishes, size_t count, uint64_t *mark,
	    struct err *err);

/* The same for all of them at once. */
int	uid_mark_retire_all(const struct installation *in, const uid_t *uids,
	    size_t count, struct err *err);

#endif
