/* answer_verdict.h: the kinds of automatic answers, and what becomes of one. */
#ifndef ANSWER_VERDICT_H
#define ANSWER_VERDICT_H

enum answer_kind { ANSWER_VACATION, ANSWER_AUTO };

/* What becomes of it.  The names are the log's (vmail-log(5)). */
enum answer_verdict {
	ANSWER_SENT,			/* or, before that, due */
	/* who sent it */
	ANSWER_NULL_SENDER,
	ANSWER_NO_ADDRESS,		/* nothing that can be written to */
	ANSWER_ROBOT_SENDER,
	ANSWER_OWN_ADDRESS,
	/* what it says of itself */
	ANSWER_AUTO_SUBMITTED,
	ANSWER_LIST,
	ANSWER_PRECEDENCE,
	ANSWER_SUPPRESSED,
	ANSWER_REPORT,
	ANSWER_SPAM,
	ANSWER_LONG_HEADER,
	/* to whom */
	ANSWER_NOT_ADDRESSED,
	/* when */
	ANSWER_WINDOW,
	ANSWER_KNOWN,
	ANSWER_RATE,
	ANSWER_MAIL_WAITS,
	/* what there is to say it with */
	ANSWER_NO_TEXT,
	ANSWER_BAD_TEXT,
	ANSWER_BROKEN_INDEX,
	ANSWER_BUSY_INDEX,
	ANSWER_FAILED,
};
enum { ANSWER_VERDICTS = ANSWER_FAILED + 1 };

/* "sent", "null-sender" ... */
const char *answer_name(enum answer_verdict verdict);

#endif
