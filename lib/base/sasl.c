/* sasl.c: the server's side of the SASL mechanisms PLAIN and LOGIN. */
#include "sasl.h"

#include "base64.h"

struct sasl_mechanism {
	const char	*name;
	/* base64, one for each response that is asked for; then NULL */
	const char	*challenges[SASL_RESPONSES + 1];
	/* false: it is malformed */
	bool		(*take)(struct sasl *, struct slice response);
};

/* "authzid NUL login NUL password"; no NUL is part of any of them. */
static bool
take_plain(struct sasl *s, struct slice response)
{
	return slice_cut(&response, '\0', &s->authzid) &&
	    slice_cut(&response, '\0', &s->login) && response.p != NULL &&
	    slice_cut(&response, '\0', &s->password) && response.p == NULL;
}

static bool
take_login(struct sasl *s, struct slice response)
{
	if (s->taken == 1)
		s->login = response;
	else
		s->password = response;
	return true;
}

static const struct sasl_mechanism mechanisms[] = {
	{ "PLAIN", { "" }, take_plain },
	/* Username:, Password: */
	{ "LOGIN", { "VXNlcm5hbWU6", "UGFzc3dvcmQ6" }, take_login },
	{ 0 }
};

bool
sasl_begin(struct sasl *s, struct slice mechanism)
{
	s->taken = 0;
	s->used = 0;
	s->authzid = s->login = s->password = (struct slice){ "", 0 };
	for (s->mechanism = mechanisms; s->mechanism->name != NULL;
	    s->mechanism++)
		if (slice_same(mechanism, slice_of(s->mechanism->name)))
			return true;
	return false;
}

const char *
sasl_challenge(const struct sasl *s)
{
	return s->mechanism->challenges[s->taken];
}

enum sasl_state
sasl_take(struct sasl *s, struct slice response)
{
	struct slice plain = { s->bytes + s->used, 0 };

	if (slice_is(response, "*"))
		return SASL_CANCELLED;
	if (response.len >= SASL_LINE ||
	    base64_decode(response, s->bytes + s->used, &plain.len) == -1)
		return SASL_MALFORMED;
	s->used += plain.len;
	s->taken++;
	if (!s->mechanism->take(s, plain))
		return SASL_MALFORMED;
	return sasl_challenge(s) == NULL ? SASL_DONE : SASL_ASKS;
}
