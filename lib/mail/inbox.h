/* inbox.h: the "inbox" setting, taken apart. */
#ifndef INBOX_H
#define INBOX_H

#include <stdbool.h>

#include "account.h"
#include "err.h"
#include "pool.h"
#include "str.h"

enum { INBOX_STEPS = 16 };

/* "/srv/mail/%d/%u/Maildir/" is the base /srv/mail, and the steps %d, %u and
 * Maildir below it. */
struct inbox {
	struct slice	base;
	struct slice	step[INBOX_STEPS];
	size_t		count;
	size_t		shared;		/* so many steps belong to the domain */
	bool		maildir;
};

/* That of the account's domain, or "main-mailboxes".  ERR_INVALID: it can be
 * nobody's, with file and line. */
int	inbox_read(const struct account *account, struct inbox *out,
	    struct err *err);

/* Whether "%TOKEN" is in a step. */
bool	inbox_mentions(struct slice step, char token);

/* The account's base, and a step of it; in pool. */
const char *inbox_base(const struct account *account, struct pool *pool,
	    const struct inbox *inbox);
const char *inbox_expand(const struct account *account, struct pool *pool,
	    struct slice step);

#endif
