/* answer.h: whether a message gets an automatic answer (RFC 3834, RFC 5230).
 *
 * Nothing here opens, writes or remembers anything.  An answer too few is
 * better than one too many: what seems to be written by a program gets none.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>

#include "account.h"
#include "address.h"
#include "err.h"
#include "plan.h"
#include "pool.h"
#include "str.h"

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

/* Who an answer is for. */
struct answer_own {
	/* their addresses */
	const struct address	*address;
	size_t			 count;
	/* the real name of a domain of ours; NULL: it is none */
	const char		*(*real)(void *arg, const char *domain);
	void			*arg;
	/* NULL, or whose full name is an address, too (match-full-name) */
	const struct account	*account;
	/* NULL, or what separates an extension (recipient-delimiter) */
	const char		*delimiter;
};

/* Of an account, or of an autoresponder: its login, or the name that was met,
 * and every name that led there; a forward, a fallback and what came before
 * them left out.  Without the functions.  In pool. */
void	answer_own_addresses(const struct target *target, struct pool *pool,
	    struct answer_own *out);

bool	answer_is_own(const struct answer_own *own,
	    const struct address *address);

/* The same of a sender: with any extension, and behind what forwarders and
 * signers make of senders. */
bool	answer_is_own_sender(const struct answer_own *own,
	    const struct address *address);

/* Takes one layer of that off: "prvs=TAG=ann@far.test" (BATV),
 * "SRS0=HASH=DAY=far.test=ann@forward.test".  In pool.  False: there is none. */
bool	answer_unwrap(struct pool *pool, struct address *address);

/* An envelope sender as one address in one spelling, which sendmail cannot take
 * for several.  ERR_INVALID: nothing can be sent there. */
int	answer_recipient(struct pool *pool, const char *sender,
	    struct address *out, struct err *err);

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
