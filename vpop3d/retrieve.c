/* retrieve.c: a message on its way to the client: CRLF line ends, dots
 * stuffed. */
#include "retrieve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "octets.h"
#include "scope.h"

enum { CHUNK = 65536 };

struct sending {
	struct dialogue	*client;
	uint64_t	 body_lines;	/* still to send */
	uint64_t	 octets;	/* sent, without the dots added */
	size_t		 line_len;	/* of the line that has begun */
	bool		 after_cr;	/* its last byte was a CR */
	bool		 in_body;
	bool		 done;
};

/* False: enough lines of the body were sent. */
static bool
begin_line(struct sending *s, char first)
{
	if (s->in_body && s->body_lines == 0) {
		s->done = true;
		return false;
	}
	if (s->in_body && s->body_lines != UINT64_MAX)
		s->body_lines--;
	if (first == '.')
		dialogue_add(s->client, ".", 1);
	return true;
}

static void
end_line(struct sending *s)
{
	dialogue_add(s->client, &"\r\n"[s->after_cr], s->after_cr ? 1 : 2);
	s->octets += s->after_cr ? 1 : 2;
	if (s->line_len == 0 || (s->line_len == 1 && s->after_cr))
		s->in_body = true;
	s->line_len = 0;
	s->after_cr = false;
}

/* Lines that are whole, as long as there is room for them: most of a message.
 * Returns what was not sent. */
static const char *
send_lines(struct sending *s, const char *p, const char *end)
{
	enum { ADDED = 3 };		/* a dot, CR, LF */
	const char *lf;
	size_t room, dots = 0;
	char *start = dialogue_room(s->client, &room), *to = start;
	const char *full = start + room;

	while (p < end && (lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		size_t n = (size_t)(lf - p);
		if (n + ADDED > (size_t)(full - to))
			break;
		if (*p == '.') {
			*to++ = '.';
			dots++;
		}
		memcpy(to, p, n);
		to += n;
		if (n == 0 || p[n - 1] != '\r')
			*to++ = '\r';
		*to++ = '\n';
		p = lf + 1;
	}
	dialogue_used(s->client, (size_t)(to - start));
	s->octets += (size_t)(to - start) - dots;
	return p;
}

/* Any part of the message, as it is stored. */
static void
send_bytes(struct sending *s, const char *p, size_t len)
{
	const char *end = p + len;

	while (p < end) {
		if (s->line_len == 0 && s->body_lines == UINT64_MAX)
			p = send_lines(s, p, end);
		if (p == end)
			break;
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((lf != NULL ? lf : end) - p);
		if (s->line_len == 0 && !begin_line(s, *p))
			return;
		if (n > 0) {
			dialogue_add(s->client, p, n);
			s->octets += n;
			s->after_cr = p[n - 1] == '\r';
			s->line_len += n;
		}
		p += n;
		if (lf != NULL) {
			end_line(s);
			p++;
		}
	}
}

/* The last line may lack its end. */
static void
send_last_end(struct sending *s)
{
	if (s->line_len == 0)
		return;
	dialogue_add(s->client, "\r\n", 2);
	s->octets += 2;
}

/* Its name lied: no session shall be told that again. */
static void
disbelieve(struct maildrop *drop, size_t index, uint64_t octets,
    struct err *err)
{
	const struct maildrop_message *m = &drop->messages[index];
	unsigned long long told = m->octets, has = octets;
	struct err why;

	if (maildrop_disbelieve(drop, index, octets, &why) == 0)
		err_fill(err, ERR_TEMPORARY, "%s: its name told %llu octets, "
		    "it has %llu: that is out of the name now; which program "
		    "wrote it?", m->uid, told, has);
	else
		err_fill(err, ERR_TEMPORARY, "%s: its name tells %llu octets, "
		    "it has %llu: take \",W=%llu\" out of the name, which "
		    "failed: %s", m->uid, told, has, told, why.text);
}

/* Before its octets are promised a message is counted, but for a long one that
 * we have named ourselves: other programs may count otherwise.  A short one is in
 * chunk.  1: they are others than its name told. */
static int
check_told(struct maildrop *drop, size_t index, char *chunk, ssize_t *n,
    struct err *err)
{
	struct maildrop_message *m = &drop->messages[index];
	struct octets counted = { 0 };
	uint64_t octets;

	if (!m->told || (*n == CHUNK && !m->foreign))
		return 0;
	octets_add(&counted, (struct slice){ chunk, (size_t)*n });
	octets = octets_total(&counted);
	if (*n == CHUNK && (maildrop_count(drop, index, &octets, err) == -1 ||
	    (*n = maildrop_read(drop, index, true, chunk, CHUNK, err)) == -1))
		return -1;
	m->told = octets != m->octets;
	if (!m->told)
		return 0;
	disbelieve(drop, index, octets, err);
	return 1;
}

/* A message that is not what was promised, or became another one meanwhile,
 * never looks whole. */
static int
check_octets(const struct sending *s, struct maildrop *drop, size_t index,
    struct err *err)
{
	struct maildrop_message *m = &drop->messages[index];

	if (s->body_lines != UINT64_MAX || s->client->end != END_NONE)
		return 0;
	if (s->octets == m->octets) {
		m->told = false;
		return 0;
	}
	if (m->told) {
		disbelieve(drop, index, s->octets, err);
		return -1;
	}
	return err_set(err, ERR_TEMPORARY, "a message of %llu octets had %llu "
	    "when it was sent: another program changed it",
	    (unsigned long long)m->octets, (unsigned long long)s->octets);
}

static void
send_reply(struct dialogue *client, const struct maildrop_message *message,
    uint64_t body_lines)
{
	if (body_lines == UINT64_MAX)
		dialogue_reply(client, "+OK %llu octets",
		    (unsigned long long)message->octets);
	else
		dialogue_reply(client, "+OK top of the message follows");
}

int
retrieve(struct dialogue *client, struct maildrop *drop, size_t index,
    uint64_t body_lines, struct err *err)
{
	SCOPED(drop_mem) char *chunk = mem_grow(NULL, CHUNK, 1);
	struct sending s = { .client = client, .body_lines = body_lines };
	int was_wrong = 0;

	/* Nothing is promised before the first bytes are there. */
	ssize_t n = maildrop_read(drop, index, true, chunk, CHUNK, err);
	if (n == -1)
		return -1;
	if (body_lines == UINT64_MAX)
		was_wrong = check_told(drop, index, chunk, &n, err);
	if (was_wrong == -1)
		return -1;
	send_reply(client, &drop->messages[index], body_lines);
	while (n > 0 && !s.done && client->end == END_NONE) {
		send_bytes(&s, chunk, (size_t)n);
		n = maildrop_read(drop, index, false, chunk, CHUNK, err);
	}
	/* What TOP leaves out proves what it has sent. */
	while (n > 0 && drop->changed && client->end == END_NONE)
		n = maildrop_read(drop, index, false, chunk, CHUNK, err);
	send_last_end(&s);
	if (n == -1 || check_octets(&s, drop, index, err) == -1) {
		dialogue_flush(client);
		client->end = END_ERROR;
		return -1;
	}
	dialogue_add(client, ".\r\n", 3);
	return was_wrong;
}
