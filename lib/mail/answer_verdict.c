/* answer_verdict.c: what verdicts on automatic answers are called. */
#include "answer_verdict.h"

#include <assert.h>

const char *
answer_name(enum answer_verdict verdict)
{
	static const char *const names[] = {
		[ANSWER_SENT] = "sent", [ANSWER_NULL_SENDER] = "null-sender",
		[ANSWER_NO_ADDRESS] = "no-address",
		[ANSWER_ROBOT_SENDER] = "robot-sender",
		[ANSWER_OWN_ADDRESS] = "own-address",
		[ANSWER_AUTO_SUBMITTED] = "auto-submitted",
		[ANSWER_LIST] = "list", [ANSWER_PRECEDENCE] = "precedence",
		[ANSWER_SUPPRESSED] = "suppressed", [ANSWER_REPORT] = "report",
		[ANSWER_SPAM] = "spam", [ANSWER_LONG_HEADER] = "long-header",
		[ANSWER_NOT_ADDRESSED] = "not-addressed",
		[ANSWER_WINDOW] = "window", [ANSWER_KNOWN] = "known",
		[ANSWER_RATE] = "rate", [ANSWER_MAIL_WAITS] = "mail-waits",
		[ANSWER_NO_TEXT] = "no-text", [ANSWER_BAD_TEXT] = "bad-text",
		[ANSWER_BROKEN_INDEX] = "broken-index",
		[ANSWER_BUSY_INDEX] = "busy-index", [ANSWER_FAILED] = "failed",
	};

	static_assert(sizeof names / sizeof *names == ANSWER_VERDICTS,
	    "a verdict without a name");
	return names[verdict];
}
