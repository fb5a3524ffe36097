/* native_login.c: a login at the native pop3d, as a client has typed it. */
#include "native_login.h"

#include <stdio.h>
#include <string.h>

#include "base64.h"

enum {
	GREETING_MS	= 30000,
	/* authzid NUL login NUL password NUL */
	PLAIN_MAX	= 2 * WIRE_LOGIN + WIRE_PASSWORD + 3,
};

struct talk {
	struct dialogue		*native;
	const struct request	*request;
	struct opened		*told;
	struct slice		 line;		/* its last reply */
	/* what it can do, as far as we asked */
	bool			 has_plain, has_utf8;
};

static struct slice
login_of(const struct request *r)
{
	return (struct slice){ r->login, r->login_len };
}

static struct slice
authzid_of(const struct request *r)
{
	return (struct slice){ r->authzid, r->authzid_len };
}

static struct slice
password_of(const struct request *r)
{
	return (struct slice){ r->password, r->password_len };
}

static bool
fits_a_line(struct slice s)
{
	return !slice_has(s, '\r') && !slice_has(s, '\n') &&
	    !slice_has(s, '\0');
}

bool
native_login_is_possible(const struct request *r)
{
	return r->login_len < WIRE_LOGIN && r->authzid_len < WIRE_LOGIN &&
	    r->password_len <= PASSWORD_MAX && fits_a_line(login_of(r)) &&
	    fits_a_line(authzid_of(r)) && fits_a_line(password_of(r));
}

/* --- what it answers --------------------------------------------------- */

enum said {
	SAID_OK,
	SAID_ERR,
	SAID_GO_ON,		/* "+ ", within AUTH */
	SAID_NOTHING,		/* that is of use; told says why */
};

static enum said
fail(struct talk *t, const char *why)
{
	snprintf(t->told->text, sizeof t->told->text, "the native pop3d %s",
	    why);
	return SAID_NOTHING;
}

static enum said
no_answer(struct talk *t)
{
	switch (t->native->end) {
	case END_TIMEOUT:
		return fail(t, "does not answer");
	case END_TERMINATED:
		return fail(t, "was not waited for: we are told to end");
	default:
		return fail(t, "went away before it answered: is it there, "
		    "and told to run as below inetd?");
	}
}

static enum said
hear(struct talk *t)
{
	int got = dialogue_line(t->native, &t->line);

	if (got == -1)
		return no_answer(t);
	if (got == 1 && slice_starts(t->line, "+OK"))
		return SAID_OK;
	if (got == 1 && slice_starts(t->line, "-ERR"))
		return SAID_ERR;
	if (got == 1 && slice_starts(t->line, "+"))
		return SAID_GO_ON;
	return fail(t, "says what is no answer of POP3");
}

/* The argument may be longer than a reply of ours. */
static enum said
ask(struct talk *t, const char *command, struct slice argument)
{
	dialogue_add(t->native, command, strlen(command));
	dialogue_add(t->native, argument.p, argument.len);
	dialogue_add(t->native, "\r\n", 2);
	return hear(t);
}

static enum said
ask_alone(struct talk *t, const char *command)
{
	return ask(t, command, (struct slice){ "", 0 });
}

/* A refusal that is no wrong password (RFC 2449, RFC 3206). */
static const struct {
	const char	*code;
	enum verdict	 verdict;
} codes[] = {
	{ "-ERR [IN-USE]", VERDICT_IN_USE },
	{ "-ERR [LOGIN-DELAY]", VERDICT_TOO_SOON },
	{ "-ERR [SYS/TEMP]", VERDICT_TEMPORARY },
	{ "-ERR [SYS/PERM]", VERDICT_REFUSED },
	{ NULL, VERDICT_WRONG },
};

static enum verdict
refuse(struct talk *t)
{
	size_t i = 0;

	snprintf(t->told->words, sizeof t->told->words, "%.*s",
	    (int)t->line.len, t->line.p);
	snprintf(t->told->text, sizeof t->told->text, "the native pop3d: %.*s",
	    (int)t->line.len, t->line.p);
	while (codes[i].code != NULL &&
	    !slice_starts(t->line, codes[i].code))
		i++;
	return codes[i].verdict;
}

/* --- what it can do ----------------------------------------------------- */

static void
note_capability(struct talk *t)
{
	struct slice rest = t->line, word;

	if (!slice_word(&rest, &word))
		return;
	if (slice_same(word, SLICE("UTF8")))
		t->has_utf8 = true;
	if (!slice_same(word, SLICE("SASL")))
		return;
	while (slice_word(&rest, &word))
		if (slice_same(word, SLICE("PLAIN")))
			t->has_plain = true;
}

/* One that knows no CAPA has nothing of it. */
static enum said
ask_what_it_can(struct talk *t)
{
	enum said said = ask_alone(t, "CAPA");
	int got;

	if (said != SAID_OK)
		return said;
	while ((got = dialogue_line(t->native, &t->line)) != -1) {
		if (got == 1 && slice_is(t->line, "."))
			return SAID_OK;
		if (got == 1)
			note_capability(t);
	}
	return no_answer(t);
}

/* Until a login can be told. */
static enum said
prepare(struct talk *t)
{
	const struct request *r = t->request;

	t->native->idle_ms = GREETING_MS;
	enum said said = hear(t);
	t->native->idle_ms = INT64_MAX / 2;
	if (said == SAID_ERR)
		return fail(t, "greets with -ERR");
	if (said == SAID_OK && (r->by_auth || r->says_utf8))
		said = ask_what_it_can(t);
	if (said == SAID_OK && r->says_utf8 && t->has_utf8)
		said = ask_alone(t, "UTF8");
	return said;
}

/* --- the login ---------------------------------------------------------- */

/* The exchange has a line of its own, which may be longer than a command. */
static enum said
tell_plain(struct talk *t)
{
	const struct slice parts[] = { authzid_of(t->request),
	    login_of(t->request), password_of(t->request) };
	char bytes[PLAIN_MAX], letters[BASE64_SIZE(PLAIN_MAX)];
	size_t len = 0;

	enum said said = ask_alone(t, "AUTH PLAIN");
	if (said != SAID_GO_ON)
		return said == SAID_OK ? fail(t, "lets AUTH in without asking "
		    "who it is") : said;
	for (size_t i = 0; i < 3; i++) {
		memcpy(bytes + len, parts[i].p, parts[i].len);
		len += parts[i].len;
		bytes[len++] = '\0';
	}
	base64_encode((struct slice){ bytes, len - 1 }, letters);
	said = ask_alone(t, letters);
	explicit_bzero(bytes, sizeof bytes);
	explicit_bzero(letters, sizeof letters);
	return said;
}

static enum said
tell_user(struct talk *t)
{
	enum said said = ask(t, "USER ", login_of(t->request));

	return said == SAID_OK ? ask(t, "PASS ", password_of(t->request)) :
	    said;
}

static bool
wants_another(const struct request *r)
{
	return r->authzid_len > 0 && !slice_equal(authzid_of(r), login_of(r));
}

static enum verdict
log_in(struct talk *t)
{
	bool plain = t->request->by_auth && t->has_plain;

	if (!plain && wants_another(t->request)) {
		fail(t, "has no SASL PLAIN for who wants another mailbox");
		return VERDICT_WRONG;
	}
	switch (plain ? tell_plain(t) : tell_user(t)) {
	case SAID_OK:
		return VERDICT_OPEN;
	case SAID_ERR:
		return refuse(t);
	case SAID_GO_ON:
		fail(t, "asks on where it should answer");
		break;
	case SAID_NOTHING:
		break;
	}
	return VERDICT_TEMPORARY;
}

enum verdict
native_login(struct dialogue *native, const struct request *request,
    struct slice *first, struct opened *told)
{
	struct talk t = { .native = native, .request = request, .told = told };

	if (prepare(&t) == SAID_NOTHING)
		return VERDICT_TEMPORARY;
	enum verdict verdict = log_in(&t);
	if (verdict == VERDICT_OPEN)
		*first = (struct slice){ t.line.p, (size_t)(native->input +
		    native->start + native->len - t.line.p) };
	return verdict;
}
