/* receipt.c: what a courier hands back, made, checked and read. */
#include "receipt.h"

#include <string.h>
#include <sys/wait.h>

#include "answer.h"
#include "filter.h"
#include "mem.h"
#include "packet.h"
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

struct receipt
receipt_of_end(int status)
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
receipt_take(struct receipt *r, int from)
{
	if (packet_receive(from, r, sizeof *r, deadline_in(0)) == -1 ||
	    !is_plausible(r))
		return false;
	r->outcome = outcome_make(r->outcome.kind, r->outcome.code, "%s",
	    r->outcome.text);
	return true;
}
