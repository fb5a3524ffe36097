/* judge.c: what the end of a command means for the mail. */
#include "judge.h"

#include <sys/wait.h>
#include <sysexits.h>

#include "scope.h"
#include "str.h"

/* "5.7.1 we do not like it": the command chose the code itself (RFC 3463), of
 * the class that its status has. */
static bool
has_own_code(struct slice reason, uint64_t class, struct slice *code)
{
	struct slice rest = reason, text, part;
	uint64_t number;

	if (!slice_cut(&rest, ' ', &text) || rest.len == 0)
		return false;
	*code = text;
	for (int i = 0; i < 3; i++)
		if (!slice_cut(&text, '.', &part) || part.len > 3 ||
		    slice_number(part, i == 0 ? class : 999, &number) == -1 ||
		    (i == 0 && number != class))
			return false;
	return text.len == 0;
}

static struct outcome
refusal(enum outcome_kind kind, const char *code, struct slice reason)
{
	SCOPED(drop_str) struct str own = { 0 };
	struct slice given;

	if (has_own_code(reason, 5, &given)) {
		str_addslice(&own, given);
		code = str_text(&own);
		reason = slice_from(reason, given.len + 1);
	}
	return outcome_make(kind, code, "%.*s", (int)reason.len, reason.p);
}

static struct outcome
to_try_again(int status, struct slice reason)
{
	SCOPED(drop_str) struct str own = { 0 };
	struct slice given;

	if (has_own_code(reason, 4, &given)) {
		str_addslice(&own, given);
		reason = slice_from(reason, given.len + 1);
	} else
		str_adds(&own, "4.3.0");
	return outcome_make(OUTCOME_TEMPORARY, str_text(&own),
	    "the command ended with status %d%s%.*s", status,
	    reason.len > 0 ? ": " : "", (int)reason.len, reason.p);
}

struct outcome
judge_command(const struct command_result *result)
{
	SCOPED(drop_str) struct str reason = { 0 };
	int status = result->status;

	command_reason(result, &reason);
	const char *text = reason.len > 0 ? str_text(&reason) :
	    "the command refused the message";
	if (WIFSIGNALED(status))
		return outcome_make(OUTCOME_TEMPORARY, "4.3.0",
		    "the command died of signal %d%s%s", WTERMSIG(status),
		    reason.len > 0 ? ": " : "", str_text(&reason));
	switch (WEXITSTATUS(status)) {
	case EX_OK:
		return outcome_make(OUTCOME_DONE, "2.0.0", "command");
	case EX_NOUSER:
		return refusal(OUTCOME_NO_USER, "5.1.1", slice_of(text));
	case EX_NOPERM:
		return refusal(OUTCOME_REFUSED, "5.7.1", slice_of(text));
	case EX_DATAERR:
		return refusal(OUTCOME_PERMANENT, "5.6.0", slice_of(text));
	case EX_NOHOST:
		return refusal(OUTCOME_PERMANENT, "5.1.2", slice_of(text));
	case EX_UNAVAILABLE:
		return refusal(OUTCOME_PERMANENT, "5.3.0", slice_of(text));
	default:
		return to_try_again(WEXITSTATUS(status), str_slice(&reason));
	}
}
