/* lmtp_envelope.h: what MAIL FROM, RCPT TO and BDAT say (RFC 5321 4.1.2, RFC
 * 1870, RFC 3030, RFC 6152, RFC 6531).  Pure text.
 *
 * Whose an address is, and whether it can be one, is resolve.h's: here stands
 * what cannot be a path at all.
 */
#ifndef LMTP_ENVELOPE_H
#define LMTP_ENVELOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

/* RFC 5321 4.5.3.1.3 asks for 256 */
enum { LMTP_PATH_MAX = 2000 };

struct lmtp_path {
	/* what stands in <>, without a source route; empty = null sender */
	struct slice	address;
	/* SIZE=; what needs more than 64 bits is UINT64_MAX; 0: not said */
	uint64_t	size;
	bool		utf8;		/* SMTPUTF8 */
};

/* text is what follows "MAIL FROM:" or "RCPT TO:", without its line end; out
 * looks into it.  utf8: MAIL had SMTPUTF8.  -1: *refusal is the reply that
 * says why, "501 5.5.4 ...", without line end:
 *
 *	501 5.5.2	no <...>, or something clings to it
 *	501 5.1.7	the sender cannot be one; 5.1.3: the recipient
 *	501 5.5.4	a wrong value, or a parameter twice
 *	555 5.5.4	an unknown parameter
 *	553 5.6.7	8-bit bytes without SMTPUTF8
 */
int	lmtp_parse_mail(struct slice text, struct lmtp_path *out,
	    const char **refusal);
int	lmtp_parse_rcpt(struct slice text, bool utf8, struct lmtp_path *out,
	    const char **refusal);

struct lmtp_chunk {
	uint64_t	octets;		/* that follow the command's line end */
	bool		last;		/* of the message */
};

/* text is what follows "BDAT ": "octets" or "octets LAST".  -1: neither, or a
 * number beyond 64 bits: nobody can tell where that chunk ends. */
int	lmtp_parse_bdat(struct slice text, struct lmtp_chunk *out);

#endif
