/* pump.h: bytes both ways between a TLS session and a plain socket. */
#ifndef PUMP_H
#define PUMP_H

#include <openssl/ssl.h>
#include <stdint.h>

/* Until the plain side has said its last and the client has it, or has taken
 * nothing of it for idle_ms.  A client that has said its last (a
 * close_notify, or the end of the connection) ends the plain side's input. */
void	pump_run(SSL *ssl, int plain, int64_t idle_ms);

#endif
