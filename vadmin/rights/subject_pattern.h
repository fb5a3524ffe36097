/* subject_pattern.h: the domains and names that a pattern on a command line
 * means; see pattern.h. */
#ifndef SUBJECT_PATTERN_H
#define SUBJECT_PATTERN_H

#include "operation.h"

/* A parameter's values; each pattern is all domains that it finds, without
 * domain aliases.  1: there is one among them.  ERR_ABSENT: it finds none. */
int	subject_domains(struct call *call, const char *param,
	    struct setting_words *out, struct err *err);

/* "D", or "NAME@D" with patterns in it; a pattern without '@' is of domains. */
struct subject_names {
	struct setting_words	 domains;
	/* of names in these, for pattern_matches_address(); NULL: all of the
	 * one domain that was named */
	const char		*pattern;
};
int	subject_names(struct call *call, const char *param,
	    struct subject_names *out, struct err *err);

#endif
