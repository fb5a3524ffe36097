/* answer.h: whether a message gets an automatic answer (RFC 3834, RFC 5230).
 *
 * Nothing here opens, writes or remembers anything.  An answer too few is
 * better than one too many: what seems to be written by a program gets none.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>

#include "answer_own.h"
#include "answer_verdict.h"
#include "str.h"

struct answer_question {
	enum answer_kind	 kind;
	/* of the envelope; "" = null */
	const char		*sender;
	/* the beginning of the message, with its header; whole: all of it */
	struct slice		 message;
	bool			 whole;
	const struct answer_own	*own;
};

/* ANSWER_SENT: sender, header and addresses do not speak against it. */
enum answer_verdict answer_judge(const struct answer_question *question);

#endif
