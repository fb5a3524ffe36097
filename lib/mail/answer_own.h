/* answer_own.h: who answers, and who is answered: addresses in one spelling. */
#ifndef ANSWER_OWN_H
#define ANSWER_OWN_H

#include <stdbool.h>

#include "account.h"
#include "address.h"
#include "err.h"
#include "plan.h"
#include "pool.h"

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

#endif
