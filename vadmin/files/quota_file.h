/* quota_file.h: an account's own limit, spool/D/U.quota. */
#ifndef QUOTA_FILE_H
#define QUOTA_FILE_H

#include "account.h"
#include "err.h"
#include "str.h"

/* value as the "quota" setting allows it; "default" takes the file away. */
int	quota_file_write(const struct domain *domain, const char *account,
	    struct slice value, struct err *err);

/* The same in spool/D, which the caller has opened; not "default".  It is on
 * disk when the caller has synced that file system. */
int	quota_file_write_in(int dir, const struct domain *domain,
	    const char *account, struct slice value, struct err *err);

/* Adds what the file says then. */
void	quota_file_text(struct slice value, struct str *out);

/* "12345", "none", "disabled", or "default" where there is no file or one
 * that does not count. */
const char *quota_file_read(const struct domain *domain, const char *account,
	    struct pool *pool);

/* The same; for people with its unit, and what the default is. */
const char *quota_file_show(const struct account *account, bool people,
	    struct pool *pool);

#endif
