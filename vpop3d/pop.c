/* pop.c: a POP3 conversation: lines in, replies out, and tables of commands. */
#include "pop.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* what a pipe that is ready takes without waiting */
enum { PIPE_CHUNK = 4096 };

/* Waits for the client.  False: end is set. */
static bool
wait_for(struct pop *pop, int fd, short events)
{
	struct deadline d = deadline_within(pop->limit, pop->idle_ms);

	for (;;) {
		struct pollfd polls[] = {
			{ .fd = fd, .events = events },
			{ .fd = pop->stop, .events = POLLIN },
		};
		int n = poll(polls, 2, deadline_left(d));
		if (n > 0 && polls[1].revents != 0)
			pop->end = END_TERMINATED;
		else if (n > 0)
			return true;
		else if (n == 0 && deadline_over(d))
			pop->end = END_TIMEOUT;
		else if (n == -1 && errno != EINTR)
			pop->end = END_ERROR;
		if (pop->end != END_NONE)
			return false;
	}
}

/* --- output ------------------------------------------------------------ */

/* One write that never waits; a connection may also be a pipe or a terminal. */
static ssize_t
write_some(struct pop *pop, const char *p, size_t len)
{
	ssize_t n = send(pop->out, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n != -1 || errno != ENOTSOCK)
		return n;
	if (!wait_for(pop, pop->out, POLLOUT))
		return -1;
	return write(pop->out, p, len < PIPE_CHUNK ? len : PIPE_CHUNK);
}

void
pop_flush(struct pop *pop)
{
	size_t done = 0;

	while (done < pop->waiting && pop->end == END_NONE) {
		ssize_t n = write_some(pop, pop->output + done,
		    pop->waiting - done);
		if (n > 0)
			done += (size_t)n;
		else if (pop->end != END_NONE)
			break;
		else if (n == -1 && errno == EAGAIN)
			wait_for(pop, pop->out, POLLOUT);
		else if (n == -1 && errno != EINTR)
			pop->end = END_HANGUP;
	}
	pop->waiting = 0;
}

char *
pop_room(struct pop *pop, size_t *size)
{
	if (pop->waiting == sizeof pop->output)
		pop_flush(pop);
	*size = sizeof pop->output - pop->waiting;
	return pop->output + pop->waiting;
}

void
pop_used(struct pop *pop, size_t len)
{
	pop->waiting += len;
}

void
pop_add(struct pop *pop, const void *p, size_t len)
{
	const char *from = p;

	while (len > 0) {
		size_t room;
		char *to = pop_room(pop, &room);
		size_t n = len < room ? len : room;
		memcpy(to, from, n);
		pop_used(pop, n);
		from += n;
		len -= n;
	}
}

void
pop_reply(struct pop *pop, const char *fmt, ...)
{
	char line[512];		/* RFC 1939: with its CRLF */
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof line - 2, fmt, ap);
	va_end(ap);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof line - 3 ? (size_t)n :
	    sizeof line - 3;
	memcpy(line + len, "\r\n", 2);
	pop_add(pop, line, len + 2);
}

/* --- input ------------------------------------------------------------- */

/* Reads more behind what is there.  False: end is set. */
static bool
read_more(struct pop *pop)
{
	ssize_t n;

	memmove(pop->input, pop->input + pop->start, pop->len);
	pop->start = 0;
	pop_flush(pop);
	do {
		if (pop->end != END_NONE || !wait_for(pop, pop->in, POLLIN))
			return false;
		n = read(pop->in, pop->input + pop->len,
		    sizeof pop->input - pop->len);
	} while (n == -1 && (errno == EINTR || errno == EAGAIN));
	if (n <= 0) {
		pop->end = END_HANGUP;
		return false;
	}
	pop->len += (size_t)n;
	return true;
}

static struct slice
take_line(struct pop *pop, const char *lf)
{
	struct slice line = { pop->input + pop->start, 0 };

	line.len = (size_t)(lf - line.p);
	pop->start += line.len + 1;
	pop->len -= line.len + 1;
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

int
pop_line(struct pop *pop, struct slice *line)
{
	for (;;) {
		const char *lf = memchr(pop->input + pop->start, '\n',
		    pop->len);
		if (pop->end != END_NONE)
			return -1;
		if (lf != NULL) {
			bool whole = !pop->skipping;
			*line = take_line(pop, lf);
			pop->skipping = false;
			if (whole)
				return 1;
			continue;
		}
		if (pop->len == sizeof pop->input) {
			bool first = !pop->skipping;
			pop->skipping = true;
			pop->start = pop->len = 0;
			if (first)
				return 0;
		}
		if (!read_more(pop))
			return -1;
	}
}

/* --- commands ---------------------------------------------------------- */

static bool
is_called(struct slice word, const char *name)
{
	return word.len == strlen(name) &&
	    strncasecmp(word.p, name, word.len) == 0;
}

/* What single blanks separate.  False: too many, or an empty one. */
static bool
split(struct slice rest, struct slice args[POP_ARGUMENTS], size_t *count)
{
	*count = 0;
	while (rest.p != NULL) {
		if (*count == POP_ARGUMENTS)
			return false;
		struct slice *arg = &args[(*count)++];
		slice_cut(&rest, ' ', arg);
		if (arg->len == 0)
			return false;
	}
	return true;
}

bool
pop_run(const struct pop_command *table, void *session, struct slice line)
{
	struct slice rest = line, word, args[POP_ARGUMENTS] = { { 0 } };
	size_t count = 0;

	if (!slice_cut(&rest, ' ', &word))
		return false;
	for (; table->name != NULL; table++) {
		if (!is_called(word, table->name))
			continue;
		if (table->rest && rest.p != NULL)
			args[count++] = rest;
		else if (!split(rest, args, &count))
			return false;
		if (count < table->min || count > table->max)
			return false;
		table->run(session, args, count);
		return true;
	}
	return false;
}
