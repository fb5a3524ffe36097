/* user_words.h: what an account can be found by beside its address and full
 * name: office, telephones, and its profile.
 */
#ifndef USER_WORDS_H
#define USER_WORDS_H

#include "domain.h"
#include "err.h"
#include "pool.h"
#include "table.h"

/* Of one domain, by the account's name in lower case. */
struct user_words {
	struct pool	pool;
	struct table	of;
};

/* Reads passwd.D once, and the profiles that there are. */
int	user_words_read(const struct domain *domain, struct user_words *out,
	    struct err *err);
void	drop_user_words(struct user_words *words);

bool	user_words_match(const struct user_words *words, const char *account,
	    const char *pattern);

#endif
