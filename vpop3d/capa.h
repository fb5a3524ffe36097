/* capa.h: what this server can do (RFC 2449), the same in both states. */
#ifndef CAPA_H
#define CAPA_H

#include <stdbool.h>
#include <stdint.h>

#include "dialogue.h"

/* What depends on the state and on TLS. */
struct capa {
	bool	takes_password;		/* USER and AUTH are of use */
	bool	offers_tls;		/* STLS is possible */
	/* seconds; of the domain that was reached, which may not be the one
	 * that a login names */
	uint64_t login_delay;
	bool	of_any_user;
};

void	capa_reply(struct dialogue *client, const struct capa *can);

#endif
