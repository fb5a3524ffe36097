/* profile_file.h: files/D/U.profile as it is read and edited; see
 * lib/mail/profile.h.
 */
#ifndef PROFILE_FILE_H
#define PROFILE_FILE_H

#include "profile.h"

/* Where there is none that counts, every value is "".  ERR_INVALID: a line of
 * it is wrong. */
int	profile_file_read(const struct domain *domain, const char *account,
	    struct pool *pool, struct profile *out, struct err *err);

/* Each U.profile that lies in files/D, whether it counts or not. */
int	profile_file_each(const struct domain *domain,
	    void (*visit)(void *arg, int files, struct slice account),
	    void *arg, struct err *err);

/* One change of it; value "" takes the line away. */
struct profile_change {
	const char	*name, *value;
};

/* Comments and order stay; a file that would be empty goes.  fresh: what was
 * there was an earlier account's. */
int	profile_file_change(const struct domain *domain, const char *account,
	    const struct profile_change *changes, size_t count, bool fresh,
	    struct err *err);

#endif
