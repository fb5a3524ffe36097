/* intake.h: accounts that come from elsewhere, by the thousand: for all of a
 * domain's passwd.D and shadow.D are replaced once.
 *
 * First they are judged, all of them, which changes nothing; then those that
 * are new are made.  shadow.D comes first and passwd.D last: a crash in
 * between leaves accounts that are not there yet, and the same call goes on.
 */
#ifndef INTAKE_H
#define INTAKE_H

#include <stdbool.h>

#include "account_settings.h"
#include "domain.h"
#include "err.h"
#include "ident.h"
#include "pool.h"

enum intake_verdict {
	INTAKE_NEW,
	INTAKE_SAME,		/* it is there, and as it should be */
	INTAKE_DIFFERS,		/* it is there, otherwise: why says in what */
	INTAKE_WRONG,		/* it can never be one: why */
};

/* Pointers that are NULL say nothing: a new account gets what it would have
 * without, and one that is there may have anything. */
struct newcomer {
	const char		*file;		/* who names it */
	unsigned		 line;
	/* filled by intake_add() */
	const struct domain	*domain;
	const char		*name;
	const char		*full_name;
	const char		*hash;		/* as shadow.D has it */
	const char		*quota;		/* as the setting has it */
	const char		*forward;	/* the text of U.forward */
	/* the profile, by the rows of account_fields that have a column;
	 * addresses with their domain */
	const char		*said[ACCOUNT_FIELDS];
	const char		*home;	/* NULL: homes/D/home/U is made */
	/* its inbox is there, and this is whose it is */
	bool			 in_place;
	struct ident		 ident;
	enum intake_verdict	 verdict;
	const char		*why;
};

struct intake {
	struct domain		*domain;
	struct newcomer		**all;
	size_t			 count, room;
};

void	intake_add(struct intake *intake, struct newcomer *newcomer);
void	drop_intake(struct intake *intake);

/* Fills verdict and why; one whose verdict is INTAKE_WRONG already stays so.
 * -1: the domain's files cannot be read. */
int	intake_judge(const struct intake *intake, struct pool *pool,
	    struct err *err);

/* Makes those that are new. */
int	intake_make(const struct intake *intake, struct pool *pool,
	    struct err *err);

#endif
