/* vacation.h: where an account's vacation lies.
 *
 * It is on when its index exists: files/D/U.vacation.db of the spool first,
 * else .vacation.db of the home.  The text lies beside the index.
 */
#ifndef VACATION_H
#define VACATION_H

#include "account.h"
#include "pool.h"

enum vacation_place { VACATION_NONE, VACATION_FILES, VACATION_HOME };
enum { VACATION_PLACES = VACATION_HOME + 1 };

struct vacation_files {
	const char	*directory;
	const char	*text, *index;		/* names in it */
};

/* As the account: where it is switched on, by two questions to the system.
 * What cannot be looked at is not there: mail does not wait for an answer. */
enum vacation_place vacation_place(const struct account *account);

/* Of a place that is not VACATION_NONE; in pool. */
struct vacation_files vacation_files(const struct account *account,
	    enum vacation_place place, struct pool *pool);

#endif
