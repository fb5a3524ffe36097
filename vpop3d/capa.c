/* capa.c: what this server can do (RFC 2449), the same in both states
 * but for STLS, which is possible before login alone (RFC 2595). */
#include "capa.h"

#include <string.h>

static const char *const capabilities[] = {
	"TOP", "USER", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING",
	    "EXPIRE NEVER", "STLS",
	"IMPLEMENTATION vmail-" VERSION, NULL
};

void
capa_reply(struct dialogue *client, bool with_user, bool with_stls)
{
	dialogue_reply(client, "+OK what this server can do follows");
	for (const char *const *c = capabilities; *c != NULL; c++)
		if ((with_user || strcmp(*c, "USER") != 0) &&
		    (with_stls || strcmp(*c, "STLS") != 0))
			dialogue_reply(client, "%s", *c);
	dialogue_reply(client, ".");
}
