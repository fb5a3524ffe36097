/* quality.h: whether a password is too easy to guess.
 *
 * libpwquality judges, by /etc/security/pwquality.conf of the machine, but
 * never less than twelve characters; and a list of what everybody tries first.
 */
#ifndef QUALITY_H
#define QUALITY_H

#include "err.h"
#include "str.h"

/* ERR_INVALID says why it is. */
int	quality_check(struct slice secret, const char *account,
	    const char *domain, struct err *err);

#endif
