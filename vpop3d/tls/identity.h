/* identity.h: who the server is: the certificate for one handshake.
 *
 * Asked of the parent when the client has said whom it wants, so that only the
 * one key that is needed is ever in this process's memory.
 */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "vtls_wire.h"

/* What the parent is told at the end; the callback fills in what it finds. */
struct identity {
	int			 parent;	/* the socket to it */
	bool			 is_chosen;
	struct vtls_told	 told;
};

/* For SSL_CTX_set_cert_cb(): arg is a struct identity.  0: the handshake fails,
 * and told says why.  Called again for a second ClientHello (RFC 8446, 4.1.2),
 * it asks nobody. */
int	identity_choose(SSL *ssl, void *arg);

/* Notes the server name that the client gave; once there is a certificate it
 * stays what it was. */
void	identity_note_name(struct identity *identity, SSL *ssl);

#endif
