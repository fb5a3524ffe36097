/* capa.c: what this server can do (RFC 2449), the same in both states
 * but for STLS, which is possible before login alone (RFC 2595). */
#include "capa.h"

#include <stddef.h>

#include "sasl.h"

/* When it is there; NULL: always. */
static bool
with_password(const struct capa *can)
{
	return can->takes_password;
}

static bool
with_stls(const struct capa *can)
{
	return can->offers_tls;
}

static const struct {
	const char	*line;
	bool		(*is_there)(const struct capa *);
} capabilities[] = {
	{ "TOP", NULL },
	{ "USER", with_password },
	{ "SASL " SASL_MECHANISMS, with_password },
	{ "UIDL", NULL },
	{ "RESP-CODES", NULL },
	{ "AUTH-RESP-CODE", NULL },
	{ "PIPELINING", NULL },
	{ "UTF8", NULL },
	{ "LANG", NULL },
	{ "EXPIRE NEVER", NULL },
	{ "STLS", with_stls },
	{ "IMPLEMENTATION vmail-" VERSION, NULL },
	{ 0 }
};

void
capa_reply(struct dialogue *client, const struct capa *can)
{
	dialogue_reply(client, "+OK what this server can do follows");
	for (size_t i = 0; capabilities[i].line != NULL; i++)
		if (capabilities[i].is_there == NULL ||
		    capabilities[i].is_there(can))
			dialogue_reply(client, "%s", capabilities[i].line);
	if (can->login_delay > 0)
		dialogue_reply(client, "LOGIN-DELAY %llu%s",
		    (unsigned long long)can->login_delay,
		    can->of_any_user ? " USER" : "");
	dialogue_reply(client, ".");
}
