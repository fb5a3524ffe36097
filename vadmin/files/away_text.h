/* away_text.h: when the text of an account's vacation is sent. */
#ifndef AWAY_TEXT_H
#define AWAY_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "answer.h"
#include "err.h"
#include "vacation.h"

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

#endif
