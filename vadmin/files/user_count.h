/* user_count.h: how many accounts there are, by the lines of passwd.D. */
#ifndef USER_COUNT_H
#define USER_COUNT_H

#include "installation.h"

/* Of a domain, by its real name; 0 where that cannot be read. */
size_t	user_count(const struct installation *in, const char *domain);

/* Where it is shown how far work has come (progress.h): that so many accounts
 * are to be done, of this domain, or of all (NULL). */
void	user_count_expect(const struct installation *in, const char *domain);

#endif
