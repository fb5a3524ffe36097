/* auth.c: the command AUTH (RFC 5034). */
#include "auth.h"

static enum auth_end
refuse(enum auth_end end, const char *why, const char **words)
{
	*words = why;
	return end;
}

static enum auth_end
judge(enum sasl_state state, const char **words)
{
	if (state == SASL_DONE)
		return AUTH_TOLD;
	return refuse(AUTH_REFUSED, state == SASL_CANCELLED ?
	    "-ERR AUTH was cancelled" :
	    "-ERR not a response of this mechanism in base64", words);
}

/* A response may be longer than any other line. */
enum auth_end
auth_exchange(struct dialogue *client, const struct slice *args, size_t count,
    struct sasl *sasl, const char **words)
{
	enum sasl_state state = SASL_ASKS;
	struct slice line;

	if (!sasl_begin(sasl, args[0]))
		return refuse(AUTH_REFUSED, "-ERR no such mechanism", words);
	if (count == 2)
		/* "=" stands for one that is empty */
		state = sasl_take(sasl, slice_is(args[1], "=") ?
		    (struct slice){ "", 0 } : args[1]);
	while (state == SASL_ASKS) {
		dialogue_reply(client, "+ %s", sasl_challenge(sasl));
		int got = dialogue_long_line(client, SASL_LINE, &line);
		if (got == -1)
			return AUTH_GONE;
		if (got == 0)
			return refuse(AUTH_TOO_LONG, "-ERR line too long",
			    words);
		state = sasl_take(sasl, line);
		dialogue_forget(client);
	}
	return judge(state, words);
}
