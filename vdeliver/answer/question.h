/* question.h: what vremember is asked, and what the values of an index mean. */
#ifndef QUESTION_H
#define QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

enum kind { ONCE, RATE };

struct question {
	const char	*name;
	const char	*aside;			/* NAME.damaged */
	enum kind	 kind;
	uint64_t	 amount, now, most;
	bool		 peek;			/* nothing is remembered */
	struct str	 key;
};

/* The last second that the value speaks of; 0: it says nothing. */
uint64_t value_last(const struct question *q, struct slice value);

/* Nothing would be lost with it. */
bool	value_is_expired(const struct question *q, struct slice value);

/* It can be no value, or is one from days to come. */
bool	value_is_odd(const struct question *q, struct slice value);

/* Whether an answer is due; *next is what is to be remembered of it. */
bool	value_is_due(const struct question *q, bool found, struct slice value,
	    struct str *next);

#endif
