/* capa.h: what this server can do (RFC 2449), the same in both states. */
#ifndef CAPA_H
#define CAPA_H

#include <stdbool.h>

#include "dialogue.h"

/* What depends on the state and on TLS. */
struct capa {
	bool	takes_password;		/* USER and AUTH are of use */
	bool	offers_tls;		/* STLS is possible */
};

void	capa_reply(struct dialogue *client, const struct capa *can);

#endif
