/* domain_extra.h: files of a domain among extra-aliases. */
#ifndef DOMAIN_EXTRA_H
#define DOMAIN_EXTRA_H

#include <stdbool.h>

#include "installation.h"
#include "str.h"

/* Whether a file of extra-aliases is "KIND.D", said so or by its whole path;
 * *before is what stands in front of D. */
bool	domain_extra_is(const struct installation *in, const char *file,
	    const char *domain, struct slice *before);

#endif
