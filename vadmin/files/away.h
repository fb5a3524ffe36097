/* away.h: an account's vacation as its account sees it.
 *
 * Root follows nothing that a user put into his home: what lies there is looked
 * at, and touched, by a child that has become the account.
 */
#ifndef AWAY_H
#define AWAY_H

#include <stdbool.h>

#include "account.h"
#include "answer.h"
#include "err.h"
#include "vacation.h"

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

/* What its text says of when it is sent. */
struct away_text {
	/* ANSWER_SENT: today; else why not */
	enum answer_verdict	verdict;
	bool			has_days;
	uint64_t		days;
};

/* Of a place that is not VACATION_NONE. */
int	away_read_text(const struct account *account,
	    enum vacation_place place, struct away_text *out,
	    struct err *err);

/* Prints the text in the home. */
int	away_print_home_text(const struct account *account, struct err *err);

#endif
