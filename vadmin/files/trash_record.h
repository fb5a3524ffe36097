/* trash_record.h: what a deleted account's lines said, kept so that it can come
 * back: DIR/.trash/D/U.STAMP, root's (or the owner's) alone.
 *
 * Lines "passwd:LINE", "shadow:LINE", for each grant that named it
 * "grant:LINE", and "inbox:PATH": where that went, if there was one.
 */
#ifndef TRASH_RECORD_H
#define TRASH_RECORD_H

#include "domain.h"
#include "err.h"
#include "pool.h"
#include "str.h"

/* One of a file's lines, as the file had it. */
void	trash_record_add(struct str *text, const char *file,
	    struct slice line);

int	trash_record_write(const struct domain *domain, const char *account,
	    const char *stamp, struct slice text, struct err *err);

/* The stamps of an account (without case), the newest last; none is no error. */
int	trash_record_stamps(const struct domain *domain, struct pool *pool,
	    const char *account, const char ***out, size_t *count,
	    struct err *err);

/* Each record, in no order: the account's name in lower case. */
typedef void trash_record_visitor(void *arg, struct slice account,
	    struct slice stamp);
int	trash_record_each(const struct domain *domain,
	    trash_record_visitor *visit, void *arg, struct err *err);

int	trash_record_read(const struct domain *domain, const char *account,
	    const char *stamp, struct str *text, struct err *err);

/* The next line of a file in a record's text.  Begin with rest = all of it. */
bool	trash_record_next(struct slice *rest, const char *file,
	    struct slice *line);

int	trash_record_remove(const struct domain *domain, const char *account,
	    const char *stamp, struct err *err);

#endif
