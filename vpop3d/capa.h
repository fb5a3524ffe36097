/* capa.h: what this server can do (RFC 2449), the same in both states. */
#ifndef CAPA_H
#define CAPA_H

#include <stdbool.h>

#include "pop.h"

void	capa_reply(struct pop *pop, bool with_user);

#endif
