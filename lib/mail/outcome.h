/* outcome.h: what became of a recipient or a target, in mail's own words.
 *
 * Programs turn the kind into an exit status or a reply; the code is RFC
 * 3463's, the text one line for the sender or the administrator.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdbool.h>

#include "err.h"

enum outcome_kind {
	OUTCOME_DONE,
	/* everything that is the installation's fault */
	OUTCOME_TEMPORARY,
	OUTCOME_NO_USER,
	OUTCOME_NO_DOMAIN,
	OUTCOME_REFUSED,	/* by policy */
	OUTCOME_PERMANENT,	/* otherwise: full mailbox, loop, too big */
};

struct outcome {
	enum outcome_kind	kind;
	char			code[12];	/* "5.1.1" */
	/* printable ASCII or UTF-8, no line end */
	char			text[512];
};

struct outcome	outcome_make(enum outcome_kind kind, const char *code,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A fault of ours: temporary.  4.3.5 for what somebody has to mend (settings,
 * refused files), 4.2.1 for a mailbox in use, else 4.3.0. */
struct outcome	outcome_from_err(const struct err *err);

/* Whether a decides before b: a temporary one before permanent ones, and any
 * failure before success. */
bool		outcome_precedes(const struct outcome *a,
	    const struct outcome *b);

#endif
