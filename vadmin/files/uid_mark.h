/* uid_mark.h: user ids that were never used before.
 *
 * DIR/uids holds the high-water mark: the next id, and on further lines ids
 * above it that belonged to accounts which are gone.
 */
#ifndef UID_MARK_H
#define UID_MARK_H

#include <stddef.h>
#include <sys/types.h>

#include "err.h"
#include "installation.h"

/* The next one from start up: none that the mark has passed, that any
 * passwd.* of the installation or /etc/passwd has, nor 65534 or 65535.  The
 * mark is on disk when it returns. */
int	uid_mark_take(const struct installation *in, uid_t start, uid_t *out,
	    struct err *err);

/* Remembers that uid was used, before its account goes. */
int	uid_mark_retire(const struct installation *in, uid_t uid,
	    struct err *err);

/* The same for all of them at once. */
int	uid_mark_retire_all(const struct installation *in, const uid_t *uids,
	    size_t count, struct err *err);

#endif
