/* uid_use.h: which user ids the installation's accounts have, and deleted ones
 * that can come back.
 */
#ifndef UID_USE_H
#define UID_USE_H

#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "installation.h"
#include "pool.h"
#include "str.h"

/* file is where the line is; broken lines are told of, too. */
typedef void uid_use_visitor(void *arg, const char *file, struct slice name,
	    uint64_t uid);

/* Every passwd.* of the installation. */
int	uid_use_each(const struct installation *in, uid_use_visitor *visit,
	    void *arg, struct err *err);

/* What is in the trash, of accounts and of whole domains. */
int	uid_use_of_trash(const struct installation *in,
	    uid_use_visitor *visit, void *arg, struct err *err);

/* /etc/passwd. */
int	uid_use_of_system(uid_use_visitor *visit, void *arg, struct err *err);

/* "U in passwd.D", who has it; NULL: nobody. */
int	uid_use_find(const struct installation *in, struct pool *pool,
	    uid_t uid, const char **who, struct err *err);

#endif
