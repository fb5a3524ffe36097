/* capa.h: what this server can do (RFC 2449), the same in both states. */
#ifndef CAPA_H
#define CAPA_H

#include <stdbool.h>

#include "dialogue.h"

void	capa_reply(struct dialogue *client, bool with_user, bool with_stls);

#endif
