/* relay.h: a connection under TLS: vtls between the client and us.
 *
 * vtls (vpop3d/tls) takes the connection; what becomes 0 and 1 here instead is
 * its plain end.  The parent chooses the certificate and opens its files.
 */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>

#include "child.h"
#include "deadline.h"
#include "err.h"
#include "installation.h"
#include "where.h"

struct relay {
	struct child	child;
	int		to;		/* the socket to it */
	/* "" before the handshake; the name also where the client gave none */
	char		protocol[16];
	char		server_name[256];
};

#define RELAY_NONE	((struct relay){ .child = CHILD_NONE, .to = -1 })

/* Kills vtls. */
void	drop_relay(struct relay *relay);

/* Whether there is a certificate, good or bad, for a client that has not said
 * yet whom it wants; not under TLS. */
bool	relay_is_offered(const struct installation *in,
	    const struct where *where);

/* Whether its files can be opened. */
int	relay_is_ready(const struct installation *in, const struct where *where,
	    struct err *err);

/* Starts vtls on 0 and 1.  root: the empty directory.  On -1 the connection
 * is where it was. */
int	relay_start(struct relay *relay, const struct installation *in,
	    int root, struct err *err);

/* Answers what vtls asks until the handshake is done; relay then has what the
 * client said.  -1: there will be no session, and never one in plain text. */
int	relay_shake_hands(struct relay *relay, const struct installation *in,
	    const struct where *where, int stop, struct deadline d,
	    struct err *err);

/* Ends the plain side; vtls gives the client what is left and ends, before the
 * deadline. */
void	relay_end(struct relay *relay, int stop, struct deadline d);

#endif
