/* auth.h: the command AUTH (RFC 5034): what is said until the client has told
 * who it is, or will not.
 */
#ifndef AUTH_H
#define AUTH_H

#include <stddef.h>

#include "dialogue.h"
#include "sasl.h"

enum auth_end {
	AUTH_TOLD,		/* *sasl has what the client told */
	AUTH_REFUSED,		/* *words say why */
	AUTH_TOO_LONG,		/* a line was, and *words say so */
	AUTH_GONE,		/* client->end says why */
};

/* args: the mechanism, and perhaps its initial response.  *sasl is to be
 * cleared whatever the end is. */
enum auth_end auth_exchange(struct dialogue *client, const struct slice *args,
	    size_t count, struct sasl *sasl, const char **words);

#endif
