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

/* The same as far as no domain has to be converted, which takes a process:
 * *local becomes the local part, and the domain is as it is spelt. */
int	address_split(struct slice text, struct str *local,
	    struct slice *domain, struct err *err);

/* The same as text; the local part is quoted where RFC 5321 needs it. */
void	address_add(struct str *out, const char *local, const char *domain);
const char *address_text(struct pool *pool, const char *local,
	    const char *domain);

/* An envelope sender in one spelling: "", "<>" and MAILER-DAEMON are the null
 * sender, "".  ERR_INVALID: NUL, CR or LF, control bytes, a leading '-'. */
int	address_sender(struct pool *pool, struct slice text, const char **out,
	    struct err *err);

/* The same as it can stand in a header or in a From_ line, without brackets:
 * an address, its local part quoted where that is needed, or a bare word; what
 * is neither, or too long, is written as a quoted local part, and cut. */
void	address_add_sender(struct str *out, const char *sender);

/* The same for -f of sendmail: "<>" for the null sender, and instead of what
 * would have to be cut. */
const char *address_option(struct pool *pool, const char *sender);

#endif
