/* filter_file.h: files/D/U.filter: whether an account's mail goes through its
 * domain's filter. */
#ifndef FILTER_FILE_H
#define FILTER_FILE_H

#include <stdbool.h>

#include "domain.h"
#include "err.h"
#include "pool.h"

/* 1: it does, 0: it says "no", -1: it says nothing, or not what counts. */
int	filter_file_read(const struct domain *domain, const char *name,
	    struct pool *pool);

/* yes needs no file.  value is a flag as settings have it. */
int	filter_file_write(const struct domain *domain, const char *name,
	    struct slice value, struct err *err);

/* What a flag of a setting says; one that cannot be read is true. */
bool	filter_file_flag(struct slice value);

#endif
