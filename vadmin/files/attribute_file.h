/* attribute_file.h: attributes.D as it is read and edited: the lines of one
 * alias change, the others stay byte for byte.  lib/mail/attributes.h says what
 * a line means.
 */
#ifndef ATTRIBUTE_FILE_H
#define ATTRIBUTE_FILE_H

#include "attributes.h"
#include "domain.h"
#include "err.h"
#include "pool.h"

/* Of one alias; the later of two lines counts, one that is wrong does not. */
int	attribute_file_read(const struct domain *domain, struct pool *pool,
	    const char *alias, struct attributes *out, struct err *err);

/* The alias's lines become these; a file without any change is not written. */
int	attribute_file_write(const struct domain *domain, const char *alias,
	    const struct attributes *attributes, struct err *err);

/* Every line of the alias goes, so that the next one of that name begins with
 * nothing; *was (may be NULL) tells whether there was one. */
int	attribute_file_forget(const struct domain *domain, const char *alias,
	    bool *was, struct err *err);

/* What the account owns becomes another one's; NULL: it owns nothing any more.
 * *count is of how many aliases. */
int	attribute_file_replace_owner(const struct domain *domain,
	    const char *account, const char *other, size_t *count,
	    struct err *err);

/* Each line that says something; wrong ones with why, and nothing else in line
 * that is sure. */
typedef void attribute_visitor(void *arg, const struct attribute_line *line,
	    const char *file, unsigned number, const char *wrong);
int	attribute_file_each(const struct domain *domain, struct pool *pool,
	    attribute_visitor *visit, void *arg, struct err *err);

#endif
