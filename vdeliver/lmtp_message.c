/* lmtp_message.c: DATA and BDAT: a message comes, and is delivered. */
#include "lmtp_message.h"

#include <string.h>
#include <time.h>

#include "lmtp_envelope.h"
#include "lmtp_talk.h"
#include "scope.h"

/* --- its beginning ------------------------------------------------------ */

/* RFC 5321 4.4; "with" as in RFC 3848 and RFC 6531. */
static void
write_received(const struct talk *t, struct str *out)
{
	char date[64];
	time_t now = time(NULL);
	struct tm utc;

	gmtime_r(&now, &utc);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &utc);
	str_addf(out, "Received: from %s", t->client);
	if (strcmp(t->session->peer, "-") != 0)
		str_addf(out, " ([%s])", t->session->peer);
	str_addf(out, "\n\tby %s with %s;\n\t%s\n", t->session->hostname,
	    t->utf8 ? "UTF8LMTP" : "LMTP", date);
}

/* Where there is no file for it, its outcome says why.  False: the
 * conversation is over. */
static bool
begin(struct talk *t)
{
	struct lmtp_receiving *r = &t->message;

	if (!talk_ask(t, LMTP_MESSAGE, SLICE("")) ||
	    !talk_hear(t, &r->outcome, &r->file))
		return false;
	if (r->outcome.kind == OUTCOME_DONE && r->file == -1)
		r->outcome = outcome_make(OUTCOME_TEMPORARY, "4.3.0",
		    "there is no file for the message");
	r->max = t->session->max_size;
	write_received(t, &r->received);
	return true;
}

static const char *
out_of_order(const struct talk *t)
{
	return t->has_sender ? "503 5.5.1 no recipient was accepted" :
	    "503 5.5.1 MAIL first";
}

/* --- its end ------------------------------------------------------------ */

/* RFC 2033 4.2: one reply for each recipient, as soon as it is known. */
static void
deliver(struct talk *t)
{
	struct outcome o;

	if (!talk_ask(t, LMTP_DELIVER, (struct slice){ t->sender, t->sender_len }))
		return;
	for (unsigned i = 0; i < t->recipients && t->d->end == END_NONE; i++) {
		if (!talk_hear(t, &o, NULL))
			return;
		talk_reply(t, &o);
		dialogue_flush(t->d);
	}
}

static void
finish(struct talk *t)
{
	lmtp_receive_end(&t->message);
	if (t->message.outcome.kind == OUTCOME_DONE)
		deliver(t);
	else
		for (unsigned i = 0; i < t->recipients; i++)
			talk_reply(t, &t->message.outcome);
	talk_reset(t);
}

/* --- the commands ------------------------------------------------------- */

void
lmtp_message_data(void *session, const struct slice *args, size_t count)
{
	struct talk *t = session;

	(void)args;
	if (count > 0)
		talk_bad(t, "501 5.5.4 DATA stands alone");
	else if (t->in_chunks)
		talk_bad(t, "503 5.5.1 BDAT has begun this message");
	else if (t->recipients == 0)
		talk_bad(t, out_of_order(t));
	else if (begin(t)) {
		if (t->message.outcome.kind != OUTCOME_DONE) {
			talk_reply(t, &t->message.outcome);
			talk_no_message(t);
			return;
		}
		dialogue_reply(t->d, "354 end it with CRLF.CRLF");
		if (lmtp_receive_data(t->d, &t->message))
			finish(t);
	}
}

/* Where a chunk ends is told by its command alone: behind one that cannot be
 * read, data would be taken for commands. */
static void
cannot_read(struct talk *t)
{
	talk_bad(t, "501 5.5.4 syntax: BDAT octets, or BDAT octets LAST");
	if (t->d->end == END_NONE)
		talk_close(t, END_REFUSED, "4.7.0",
		    "cannot tell where this chunk ends");
}

static void
throw_away(struct talk *t, uint64_t octets)
{
	SCOPED(drop_lmtp_receiving) struct lmtp_receiving nothing = {
		.file = -1, .outcome = { .kind = OUTCOME_PERMANENT },
	};

	if (lmtp_receive_chunk(t->d, &nothing, octets))
		talk_bad(t, out_of_order(t));
}

/* The octets of a chunk that is refused come all the same (RFC 3030 2), and so
 * may the chunks behind it: the recipients stay, and have a reply each behind
 * the last one, as a client that sends ahead expects. */
void
lmtp_message_bdat(void *session, const struct slice *args, size_t count)
{
	struct talk *t = session;
	struct lmtp_chunk chunk;

	if (count == 0 || lmtp_parse_bdat(args[0], &chunk) == -1) {
		cannot_read(t);
		return;
	}
	if (t->recipients == 0) {
		throw_away(t, chunk.octets);
		return;
	}
	if (!t->in_chunks && !begin(t))
		return;
	t->in_chunks = true;
	if (!lmtp_receive_chunk(t->d, &t->message, chunk.octets))
		return;
	if (chunk.last)
		finish(t);
	else if (t->message.outcome.kind != OUTCOME_DONE)
		talk_reply(t, &t->message.outcome);
	else
		dialogue_reply(t->d, "250 2.0.0 %llu octets taken",
		    (unsigned long long)chunk.octets);
}
