/* receipt.h: what a courier hands back: what became of its task, and what the
 * log tells of the message.  It was anybody: nothing in it is believed. */
#ifndef RECEIPT_H
#define RECEIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"
#include "outcome.h"

enum { RECEIPT_ID = 256 };

/* A packet: it comes whole, or not at all. */

struct receipt {
	struct outcome	outcome;
	/* enum filtered, of a filter */
	uint32_t	filtered;
	/* nothing was done, of an account's: others need the message, too */
	uint32_t	postponed;
	/* there may be a .forward; and enum vacation_place */
	uint32_t	forwards;
	uint32_t	vacation;
	/* enum answer_verdict, of an answer; outcome.text are its words */
	uint32_t	verdict;
	uint64_t	size;		/* of the message as it came, bytes */
	int64_t		end_ms;		/* when it was done: CLOCK_MONOTONIC */
	/* of its Message-ID field, cut; "": it has none */
	char		message_id[RECEIPT_ID];
};

/* One with this outcome and nothing else; outcome_from_err(). */
struct receipt	receipt_of(struct outcome outcome);
struct receipt	receipt_of_err(const struct err *err);

/* Of a courier that ended with this status (waitpid()) without one: a temporary
 * failure, which tells nothing of the message. */
struct receipt	receipt_of_end(int status);

/* Reads the one that is there.  False: there is none that can be believed. */
bool		receipt_take(struct receipt *receipt, int from);

#endif
