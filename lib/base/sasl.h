/* sasl.h: the server's side of the SASL mechanisms PLAIN (RFC 4616) and LOGIN:
 * what a client answers, and whom it means.
 *
 * The protocol that carries it (RFC 5034 for POP3) is the caller's.
 */
#ifndef SASL_H
#define SASL_H

#include <stdbool.h>
#include <stddef.h>

#include "str.h"

/* The mechanisms, as capabilities list them. */
#define SASL_MECHANISMS	"PLAIN LOGIN"

enum {
	SASL_LINE	= 16384,	/* no response in base64 is as long */
	SASL_RESPONSES	= 2,		/* of one exchange */
};

enum sasl_state {
	SASL_ASKS,		/* sasl_challenge() waits for a response */
	SASL_DONE,
	SASL_CANCELLED,		/* the client does not want to go on */
	SASL_MALFORMED,
};

struct sasl_mechanism;

/* Has a password: to be cleared. */
struct sasl {
	const struct sasl_mechanism *mechanism;
	unsigned	 taken;		/* responses */
	/* When it is done: who logs in, as whom ("": as itself).  They may hold
	 * any bytes, but login and authzid of PLAIN no NUL. */
	struct slice	 authzid, login, password;
	size_t		 used;
	char		 bytes[SASL_RESPONSES * (SASL_LINE / 4 * 3)];
};

/* False: no such mechanism.  Names are compared without case. */
bool	sasl_begin(struct sasl *sasl, struct slice mechanism);

/* What to send, in base64. */
const char *sasl_challenge(const struct sasl *sasl);

/* Takes a response of less than SASL_LINE bytes: base64, or "*". */
enum sasl_state sasl_take(struct sasl *sasl, struct slice response);

#endif
