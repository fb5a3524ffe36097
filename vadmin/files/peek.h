/* peek.h: whether somebody was answered already, without a change.
 *
 * vremember reads the index, as whoever owns it.
 */
#ifndef PEEK_H
#define PEEK_H

#include <stdint.h>

#include "answer.h"
#include "err.h"
#include "ident.h"

struct peek {
	struct ident	 who;
	const char	*directory, *index;
	const char	*kind;		/* "once", "rate" */
	/* seconds; answers an hour */
	uint64_t	 amount;
};

/* ANSWER_SENT: an answer is due; ANSWER_KNOWN, ANSWER_RATE; or
 * ANSWER_BROKEN_INDEX: it cannot be told, err says why. */
enum answer_verdict peek(const struct peek *question, const char *sender,
	    struct err *err);

#endif
