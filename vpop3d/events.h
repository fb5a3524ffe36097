/* events.h: the log lines of one connection. */
#ifndef EVENTS_H
#define EVENTS_H

#include "connection.h"
#include "login.h"
#include "relay.h"
#include "wire.h"

/* Whom they are about. */
struct events {
	const struct connection	*connection;
	const struct relay	*relay;
	/* the last login, and what was typed for it */
	const struct login	*login;
	const struct request	*request;
};

void	events_login_failed(const struct events *e, const char *reason);
void	events_session(const struct events *e, const struct report *report);
/* What the native pop3d had; text: what went wrong, or nothing. */
void	events_native_session(const struct events *e,
	    const struct passed *passed, const char *text);
void	events_rehashed(const struct account *account);
void	events_proxy_failed(const struct connection *c, const char *reason);
void	events_tls_failed(const struct events *e, const char *reason);

#endif
