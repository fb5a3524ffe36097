/* address.h: e-mail addresses: RFC 5321's Mailbox, as text and as two parts. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include "err.h"
#include "pool.h"
#include "str.h"

struct address {
	const char	*local;		/* without its quotes and backslashes */
	/* canonical (see name.h); "" when there was no @ */
	const char	*domain;
};

/* "local@domain" or "local", in angle brackets or not, with or without a
 * source route, quoted local part or not.  ERR_INVALID: NUL, CR or LF, a
 * leading '-', an empty part, broken quotes.  A domain that can be none keeps
 * its spelling in lower case: it is just nobody's. */
int	address_parse(struct pool *pool, struct slice text, struct address *out,
	    struct err *err);

/* The same as text; the local part is quoted where RFC 5321 needs it. */
void	address_add(struct str *out, const char *local, const char *domain);
const char *address_text(struct pool *pool, const char *local,
	    const char *domain);

/* An envelope sender in one spelling: "", "<>" and MAILER-DAEMON are the null
 * sender, "".  ERR_INVALID: NUL, CR or LF, control bytes, a leading '-'. */
int	address_sender(struct pool *pool, struct slice text, const char **out,
	    struct err *err);

#endif
