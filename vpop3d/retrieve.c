/* retrieve.c: a message on its way to the client: CRLF line ends, dots
 * stuffed. */
#include "retrieve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "scope.h"

enum { CHUNK = 65536 };

struct sending {
	struct dialogue	*client;
	uint64_t	 body_lines;	/* still to send */
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
	if (s->in_body)
		s->body_lines--;
	if (first == '.')
		dialogue_add(s->client, ".", 1);
	return true;
}

static void
end_line(struct sending *s)
{
	dialogue_add(s->client, &"\r\n"[s->after_cr], s->after_cr ? 1 : 2);
	if (s->line_len == 0 || (s->line_len == 1 && s->after_cr))
		s->in_body = true;
	s->line_len = 0;
	s->after_cr = false;
}

/* Any part of the message, as it is stored. */
static void
send_bytes(struct sending *s, const char *p, size_t len)
{
	const char *end = p + len;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((lf != NULL ? lf : end) - p);
		if (s->line_len == 0 && !begin_line(s, *p))
			return;
		if (n > 0) {
			dialogue_add(s->client, p, n);
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
send_end(struct sending *s)
{
	if (s->line_len > 0)
		dialogue_add(s->client, "\r\n", 2);
	dialogue_add(s->client, ".\r\n", 3);
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

	/* Nothing is promised before the first bytes are there. */
	ssize_t n = maildrop_read(drop, index, true, chunk, CHUNK, err);
	if (n == -1)
		return -1;
	send_reply(client, &drop->messages[index], body_lines);
	while (n > 0 && !s.done && client->end == END_NONE) {
		send_bytes(&s, chunk, (size_t)n);
		n = maildrop_read(drop, index, false, chunk, CHUNK, err);
	}
	if (n == -1) {
		dialogue_flush(client);
		client->end = END_ERROR;
		return -1;
	}
	send_end(&s);
	return 0;
}
