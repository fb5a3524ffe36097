/* domain_warn.h: notes of what a domain's new settings name that is not
 * there. */
#ifndef DOMAIN_WARN_H
#define DOMAIN_WARN_H

#include <stdbool.h>

#include "operation.h"

/* Whether one of the assignments is of the setting. */
bool	domain_assigns(const struct setting_words *settings,
	    const char *wanted);

/* A note for each thing that they name and that is missing. */
void	domain_warn(struct call *call, const char *name,
	    const struct setting_words *settings);

#endif
