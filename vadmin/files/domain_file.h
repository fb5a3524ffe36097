/* domain_file.h: domain.D as it is changed and checked. */
#ifndef DOMAIN_FILE_H
#define DOMAIN_FILE_H

#include "domain.h"
#include "err.h"
#include "installation.h"
#include "settings.h"
#include "str.h"

/* What the table alone cannot tell about settings: that the owner and the
 * group exist, that the programs can read the commands, the fallback and the
 * inbox's place.  ERR_INVALID, with file and line.  Of the domain in, file,
 * conf and lines are used. */
int	domain_file_check(const struct domain *domain, struct err *err);

/* Puts the assignments ("name=value", checked) into domain.D, which is made
 * when missing.  The whole new text is read back as a domain's settings before
 * it replaces the old one. */
int	domain_file_change(const struct installation *in, const char *domain,
	    const struct setting_words *assignments, struct err *err);

/* The next setting that the text of a domain.D gives, as it is written. */
bool	domain_file_next(struct slice *rest, struct slice *name,
	    struct slice *value);

#endif
