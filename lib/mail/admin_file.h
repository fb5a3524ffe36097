/* admin_file.h: a small file of the spool by which an administrator says
 * something of one account: U.quota, U.filter.
 *
 * It lies where accounts of the domain may write, too: it counts when it is a
 * plain file with one name that root or the owner owns.
 */
#ifndef ADMIN_FILE_H
#define ADMIN_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "domain.h"
#include "err.h"
#include "str.h"

bool	admin_file_counts(const struct domain *domain, const struct stat *st);

/* Adds its text, up to some kB.  1: read, 0: there is none that counts, -1: it
 * cannot be told. */
int	admin_file_read(const struct domain *domain, const char *path,
	    struct str *text, struct err *err);

#endif
