/* grant_file.h: grants.D as it is edited: lines go and come, the others stay
 * byte for byte.  lib/mail/grants.h says what a line means.
 */
#ifndef GRANT_FILE_H
#define GRANT_FILE_H

#include "domain.h"
#include "err.h"
#include "grants.h"
#include "pool.h"

/* Both accounts of the domain.  GRANT_NONE takes their lines away. */
int	grant_file_set(const struct domain *domain, const char *owner,
	    const char *who, enum grant grant, struct err *err);

/* Takes every line away that names the account, on either side: nobody who is
 * called so later inherits it.  *count is how many there were. */
int	grant_file_forget(const struct domain *domain, const char *account,
	    size_t *count, struct err *err);

/* Beside every line that names the account stands one with its new name. */
int	grant_file_rename(const struct domain *domain, const char *account,
	    const char *new, struct err *err);

/* Each line that says something, in the order of the file; wrong lines with
 * why, and nothing else in line. */
typedef void grant_visitor(void *arg, const struct grant_line *line,
	    const char *file, unsigned number, const char *wrong);
int	grant_file_each(const struct domain *domain, struct pool *pool,
	    grant_visitor *visit, void *arg, struct err *err);

#endif
