/* lmtp_talk.c: replies of an LMTP talker, and what it asks its parent. */
#include "lmtp_talk.h"

#include <stdio.h>
#include <string.h>

#include "lmtp_ask.h"

enum { BAD_COMMANDS = 20 };		/* then 421 */

/* --- replies ------------------------------------------------------------ */

/* RFC 5321's code for RFC 3463's. */
static int
reply_code(const struct outcome *o)
{
	switch (o->kind) {
	case OUTCOME_DONE:
		return 250;
	case OUTCOME_TEMPORARY:
		if (strcmp(o->code, "4.2.2") == 0 ||
		    strcmp(o->code, "4.3.1") == 0 ||
		    strcmp(o->code, "4.5.3") == 0)
			return 452;
		return strncmp(o->code, "4.2.", 4) == 0 ? 450 : 451;
	case OUTCOME_NO_USER:
	case OUTCOME_NO_DOMAIN:
	case OUTCOME_REFUSED:
		return 550;
	case OUTCOME_PERMANENT:
		break;
	}
	if (strcmp(o->code, "5.2.1") == 0)
		return 550;
	return strcmp(o->code, "5.2.2") == 0 ||
	    strcmp(o->code, "5.3.4") == 0 ? 552 : 554;
}

void
talk_reply_text(const struct outcome *o, char reply[TALK_REPLY])
{
	snprintf(reply, TALK_REPLY, "%d %s %.400s", reply_code(o), o->code,
	    o->text[0] != '\0' ? o->text : "delivered");
	/* RFC 5321 4.2: replies are ASCII. */
	for (char *c = reply; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x7F)
			*c = '?';
}

void
talk_reply(struct talk *t, const struct outcome *o)
{
	char reply[TALK_REPLY];

	talk_reply_text(o, reply);
	dialogue_reply(t->d, "%s", reply);
}

void
talk_close(struct talk *t, enum dialogue_end end, const char *code,
    const char *why)
{
	dialogue_reply(t->d, "421 %s %s %s", code, t->session->hostname, why);
	dialogue_flush(t->d);
	t->d->end = end;
}

void
talk_bad(struct talk *t, const char *reply)
{
	dialogue_reply(t->d, "%s", reply);
	if (++t->bad == BAD_COMMANDS)
		talk_close(t, END_REFUSED, "4.7.0", "too many errors");
}

/* --- the parent --------------------------------------------------------- */

bool
talk_ask(struct talk *t, enum lmtp_request_kind kind, struct slice text)
{
	if (lmtp_ask(t->session->parent, kind, text, t->size) == 0)
		return true;
	talk_close(t, END_ERROR, "4.3.0", "lost its other half");
	return false;
}

bool
talk_hear(struct talk *t, struct outcome *o, int *fd)
{
	if (lmtp_hear(t->session->parent, o, fd) == 0)
		return true;
	talk_close(t, END_ERROR, "4.3.0", "lost its other half");
	return false;
}

void
talk_no_message(struct talk *t)
{
	drop_lmtp_receiving(&t->message);
	t->message = LMTP_RECEIVING_NONE;
	t->in_chunks = false;
}

void
talk_reset(struct talk *t)
{
	talk_no_message(t);
	if (t->has_sender && t->d->end == END_NONE)
		talk_ask(t, LMTP_RESET, SLICE(""));
	t->recipients = 0;
	t->size = 0;
	t->has_sender = t->utf8 = false;
}
