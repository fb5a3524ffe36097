/* name.h: what may be the name of an account or of a domain.
 *
 * A name that does not pass here never becomes part of a path.
 */
#ifndef NAME_H
#define NAME_H

#include <stdbool.h>

#include "err.h"
#include "str.h"

enum { ACCOUNT_NAME_MAX = 64, DOMAIN_NAME_MAX = 253 };

/* 1-64 bytes of letters, digits, '.', '_', '-' and valid UTF-8; no leading
 * '.' or '-', no "..", not ending in ".quota" or ".lock". */
bool	name_is_account(struct slice name);

/* Lower-case A-labels (letters, digits, '-', '_') of 1-63 bytes joined by
 * dots, at most 253 bytes, not "files". */
bool	name_is_domain(struct slice name);

/* Adds the domain as it is compared and stored: lower-case A-labels, without
 * the trailing dot.  U-labels are converted by the program vidn (IDNA 2008).
 * ERR_INVALID: it can be no domain.  ERR_TEMPORARY: vidn could not be run. */
int	name_canonical_domain(struct slice given, struct str *out,
	    struct err *err);

#endif
