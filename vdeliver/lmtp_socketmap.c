/* lmtp_socketmap.c: the resolver for MTAs that look recipients up. */
#include "lmtp_socketmap.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lmtp_ask.h"
#include "lmtp_talk.h"
#include "scope.h"

enum {
	REQUEST_MAX = 10000,		/* as Postfix's own server has it */
	DIGITS_MAX = 5,
};

/* Exactly n bytes are added to out. */
static int
take_bytes(struct dialogue *d, size_t n, struct str *out)
{
	struct slice bytes;

	while (n > 0) {
		if (dialogue_peek(d, &bytes) == -1)
			return -1;
		if (bytes.len > n)
			bytes.len = n;
		str_addslice(out, bytes);
		dialogue_take(d, bytes.len);
		n -= bytes.len;
	}
	return 0;
}

static int
malformed(struct dialogue *d)
{
	if (d->end == END_NONE)
		d->end = END_REFUSED;
	return -1;
}

/* "17:recipients joe@a.b," */
static int
take_netstring(struct dialogue *d, struct str *out)
{
	SCOPED(drop_str) struct str length = { 0 };
	uint64_t n;

	do
		if (take_bytes(d, 1, &length) == -1)
			return -1;
	while (length.s[length.len - 1] != ':' && length.len <= DIGITS_MAX);
	str_cut(&length, length.len - 1);
	if (slice_number(str_slice(&length), REQUEST_MAX, &n) == -1 ||
	    take_bytes(d, (size_t)n + 1, out) == -1 ||
	    out->s[out->len - 1] != ',')
		return malformed(d);
	str_cut(out, out->len - 1);
	return 0;
}

static void
reply(struct dialogue *d, const char *word, struct slice text)
{
	char length[32];

	snprintf(length, sizeof length, "%zu:", strlen(word) + 1 + text.len);
	dialogue_add(d, length, strlen(length));
	dialogue_add(d, word, strlen(word));
	dialogue_add(d, " ", 1);
	dialogue_add(d, text.p, text.len);
	dialogue_add(d, ",", 1);
}

static const struct map {
	const char		*name;
	enum lmtp_request_kind	 kind;
} maps[] = {
	{ "recipients", LMTP_LOOK_UP_RECIPIENT },
	{ "domains", LMTP_LOOK_UP_DOMAIN },
	{ "full", LMTP_LOOK_UP_FULL },
};

/* Of the map full: an action of access(5).  DUNNO: there is nothing against the
 * address, and who asks need not ask about parts of it. */
static void
reply_action(struct dialogue *d, const struct outcome *o)
{
	char text[TALK_REPLY];

	talk_reply_text(o, text);
	if (o->kind == OUTCOME_NO_USER)
		reply(d, "NOTFOUND", SLICE(""));
	else
		reply(d, "OK", o->kind == OUTCOME_DONE ? SLICE("DUNNO") :
		    slice_of(text));
}

static void
reply_name(struct dialogue *d, const struct outcome *o, struct slice key)
{
	if (o->kind == OUTCOME_DONE)
		reply(d, "OK", key);
	else if (o->kind == OUTCOME_TEMPORARY)
		reply(d, "TEMP", slice_of(o->text));
	else
		reply(d, "NOTFOUND", SLICE(""));
}

static void
look_up(const struct lmtp_session *session, struct dialogue *d,
    enum lmtp_request_kind kind, struct slice key)
{
	struct outcome o;

	/* Nobody's name is that long, or has a NUL. */
	if (key.len > LMTP_PATH_MAX || slice_find(key, '\0') != -1)
		reply(d, "NOTFOUND", SLICE(""));
	else if (lmtp_ask(session->parent, kind, key, 0) == -1 ||
	    lmtp_hear(session->parent, &o, NULL) == -1)
		d->end = END_ERROR;
	else if (kind == LMTP_LOOK_UP_FULL)
		reply_action(d, &o);
	else
		reply_name(d, &o, key);
}

static void
one_request(const struct lmtp_session *session, struct dialogue *d)
{
	SCOPED(drop_str) struct str request = { 0 };
	struct slice map, key;

	if (take_netstring(d, &request) == -1)
		return;
	key = str_slice(&request);
	slice_cut(&key, ' ', &map);
	if (key.p == NULL)
		key = SLICE("");
	for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
		if (slice_same(map, slice_of(maps[i].name))) {
			look_up(session, d, maps[i].kind, key);
			return;
		}
	reply(d, "PERM", SLICE("the maps here are domains, recipients and "
	    "full"));
}

enum dialogue_end
lmtp_socketmap_run(const struct lmtp_session *session)
{
	SCOPED(drop_dialogue) struct dialogue *d = dialogue_new(STDIN_FILENO,
	    STDOUT_FILENO, session->stop, session->idle_ms);

	while (d->end == END_NONE)
		one_request(session, d);
	return d->end;
}
