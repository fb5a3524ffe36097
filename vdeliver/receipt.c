/* receipt.c: what a courier hands back, made, checked and read. */
#include "receipt.h"

#include <string.h>
#include <sys/wait.h>

#include "answer.h"
#include "fd.h"
#include "filter.h"
#include "mem.h"
#include "vacation.h"

static bool
is_plausible(const struct receipt *r)
{
	const struct outcome *o = &r->outcome;
	static const char class[] = {
		[OUTCOME_DONE] = '2', [OUTCOME_TEMPORARY] = '4',
		[OUTCOME_NO_USER] = '5', [OUTCOME_NO_DOMAIN] = '5',
		[OUTCOME_REFUSED] = '5', [OUTCOME_PERMANENT] = '5',
	};

	return (unsigned)o->kind < sizeof class &&
	    r->filtered <= FILTER_NOTHING && r->forwards <= 1 &&
	    r->postponed <= 1 && r->vacation < VACATION_PLACES &&
	    r->verdict < ANSWER_VERDICTS &&
	    memchr(o->text, '\0', sizeof o->text) != NULL &&
	    memchr(o->code, '\0', sizeof o->code) != NULL &&
	    memchr(r->message_id, '\0', sizeof r->message_id) != NULL &&
	    o->code[0] == class[o->kind] &&
	    strspn(o->code, "0123456789.") == strlen(o->code);
}

struct receipt
receipt_of(struct outcome o)
{
	return (struct receipt){ .outcome = o };
}

struct receipt
receipt_of_err(const struct err *err)
{
	return receipt_of(outcome_from_err(err));
}

static struct receipt
died(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == MEM_LACKED)
		return receipt_of(outcome_make(OUTCOME_TEMPORARY, "4.3.0",
		    MEM_SENTENCE));
	if (WIFSIGNALED(status))
		return receipt_of(outcome_make(OUTCOME_TEMPORARY, "4.3.0",
		    "a delivering process died of signal %d",
		    WTERMSIG(status)));
	return receipt_of(outcome_make(OUTCOME_TEMPORARY, "4.3.0",
	    "a delivering process gave up (status %d)", WEXITSTATUS(status)));
}

bool
receipt_take(struct receipt *r, int from, int status, struct deadline d)
{
	size_t got = 0;
	ssize_t n = 0;
	struct err err;

	*r = (struct receipt){ .size = 0 };
	while (got < sizeof *r &&
	    (n = fd_read_by(from, (char *)r + got, sizeof *r - got, d,
	    &err)) > 0)
		got += (size_t)n;
	if (got < sizeof *r || status != 0 || !is_plausible(r)) {
		*r = died(status);
		return false;
	}
	r->outcome = outcome_make(r->outcome.kind, r->outcome.code, "%s",
	    r->outcome.text);
	return true;
}
