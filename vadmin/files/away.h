/* away.h: an account's vacation as its account sees it.
 *
 * Root follows nothing that a user put into his home: what lies there is looked
 * at, and touched, by a child that has become the account.
 */
#ifndef AWAY_H
#define AWAY_H

#include <stdbool.h>

#include "account.h"
#include "err.h"
#include "ident.h"
#include "vacation.h"

/* fn runs in a child that has become who; *answer is what it returned, 0 to 253.
 * ERR_TEMPORARY: the child could not become who, or did not end well. */
typedef int away_step(const void *arg);
int	away_as(struct ident who, away_step *fn, const void *arg, int *answer,
	    struct err *err);

struct away_state {
	enum vacation_place	place;		/* where it is on */
	/* the home has a text that would be sent */
	bool			has_home_text;
};

int	away_look(const struct account *account, struct away_state *state,
	    struct err *err);

/* The index in the home, which switches it on.  ERR_TEMPORARY: it cannot be
 * made, or removed. */
int	away_make_home_index(const struct account *account, struct err *err);
int	away_remove_home_index(const struct account *account, struct err *err);

/* The same by its path, for who has no account any more; what is as it should
 * be already is fine. */
int	away_make_index(const char *path, struct ident who, struct err *err);
int	away_remove_index(const char *path, struct ident who, struct err *err);

/* Prints the text in the home. */
int	away_print_home_text(const struct account *account, struct err *err);

#endif
