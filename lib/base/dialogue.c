/* dialogue.c: lines in, replies out, and tables of commands. */
#include "dialogue.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"

/* what a pipe that is ready takes without waiting */
enum { PIPE_CHUNK = 4096 };

/* The buffers stay as they come, so that what is not used takes no memory. */
struct dialogue *
dialogue_new(int in, int out, int stop, int64_t idle_ms)
{
	struct dialogue *d = mem_grow(NULL, 1, sizeof *d);

	memset(d, 0, offsetof(struct dialogue, input));
	d->in = in;
	d->out = out;
	d->stop = stop;
	d->idle_ms = idle_ms;
	d->limit = (struct deadline){ INT64_MAX };
	return d;
}

void
drop_dialogue(struct dialogue **d)
{
	if (*d != NULL)
		dialogue_clear(*d);
	drop_mem(d);
}

const char *
dialogue_end_name(enum dialogue_end end)
{
	static const char *const names[] = {
		[END_QUIT] = "quit", [END_TIMEOUT] = "timeout",
		[END_HANGUP] = "hangup", [END_TERMINATED] = "terminated",
		[END_ERROR] = "error", [END_REFUSED] = "refused",
	};

	return end > END_NONE && end <= END_REFUSED ? names[end] : "error";
}

/* Waits for the client.  False: end is set. */
static bool
wait_for(struct dialogue *d, int fd, short events)
{
	struct deadline until = deadline_within(d->limit, d->idle_ms);
	struct deadline rest = d->rests ? deadline_within(until, MEM_REST_MS) :
	    until;

	for (;;) {
		struct pollfd polls[] = {
			{ .fd = fd, .events = events },
			{ .fd = d->stop, .events = POLLIN },
		};
		int n = poll(polls, 2, deadline_left(rest));
		if (n > 0 && polls[1].revents != 0)
			d->end = END_TERMINATED;
		else if (n > 0)
			return true;
		else if (n == 0 && deadline_over(until))
			d->end = END_TIMEOUT;
		else if (n == -1 && errno != EINTR)
			d->end = END_ERROR;
		else if (n == 0 && deadline_over(rest)) {
			mem_give_back();
			rest = until;
		}
		if (d->end != END_NONE)
			return false;
	}
}

/* What waits in a connection that has ended is still to be answered. */
static bool
has_left(const struct dialogue *d, short events)
{
	int waiting;

	return (events & (POLLHUP | POLLERR | POLLRDHUP)) && d->len == 0 &&
	    ioctl(d->in, FIONREAD, &waiting) == 0 && waiting == 0;
}

enum dialogue_end
dialogue_look(const struct dialogue *d)
{
	struct pollfd polls[] = {
		{ .fd = d->in, .events = POLLRDHUP },
		{ .fd = d->stop, .events = POLLIN },
	};

	if (poll(polls, 2, 0) <= 0)
		return END_NONE;
	if (polls[1].revents != 0)
		return END_TERMINATED;
	return has_left(d, polls[0].revents) ? END_HANGUP : END_NONE;
}

/* --- output ------------------------------------------------------------ */

/* One write that never waits; a connection may also be a pipe or a terminal. */
static ssize_t
write_some(struct dialogue *d, const char *p, size_t len)
{
	ssize_t n = send(d->out, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n != -1 || errno != ENOTSOCK)
		return n;
	if (!wait_for(d, d->out, POLLOUT))
		return -1;
	return write(d->out, p, len < PIPE_CHUNK ? len : PIPE_CHUNK);
}

void
dialogue_flush(struct dialogue *d)
{
	size_t done = 0;

	while (done < d->waiting && d->end == END_NONE) {
		ssize_t n = write_some(d, d->output + done,
		    d->waiting - done);
		if (n > 0)
			done += (size_t)n;
		else if (d->end != END_NONE)
			break;
		else if (n == -1 && errno == EAGAIN)
			wait_for(d, d->out, POLLOUT);
		else if (n == -1 && errno != EINTR)
			d->end = END_HANGUP;
	}
	d->waiting = 0;
}

char *
dialogue_room(struct dialogue *d, size_t *size)
{
	if (d->waiting == sizeof d->output)
		dialogue_flush(d);
	*size = sizeof d->output - d->waiting;
	return d->output + d->waiting;
}

void
dialogue_used(struct dialogue *d, size_t len)
{
	d->waiting += len;
	if (d->output_touched < d->waiting)
		d->output_touched = d->waiting;
}

void
dialogue_add(struct dialogue *d, const void *p, size_t len)
{
	const char *from = p;

	while (len > 0) {
		size_t room;
		char *to = dialogue_room(d, &room);
		size_t n = len < room ? len : room;
		memcpy(to, from, n);
		dialogue_used(d, n);
		from += n;
		len -= n;
	}
}

void
dialogue_reply(struct dialogue *d, const char *fmt, ...)
{
	char line[512];		/* with its CRLF, say RFC 1939 and RFC 5321 */
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof line - 2, fmt, ap);
	va_end(ap);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof line - 3 ? (size_t)n :
	    sizeof line - 3;
	memcpy(line + len, "\r\n", 2);
	dialogue_add(d, line, len + 2);
}

/* --- input ------------------------------------------------------------- */

/* They stand behind what is there, which begins where the buffer does. */
static void
add_input(struct dialogue *d, size_t len)
{
	d->len += len;
	if (d->input_touched < d->len)
		d->input_touched = d->len;
}

/* Reads more behind what is there, which is no whole line: so without
 * reads_ahead less than DIALOGUE_LINE bytes stand behind the line that comes.
 * False: end is set. */
static bool
read_more(struct dialogue *d)
{
	size_t room = d->reads_ahead ? sizeof d->input :
	    d->len - d->len % DIALOGUE_LINE + DIALOGUE_LINE;
	ssize_t n;

	memmove(d->input, d->input + d->start, d->len);
	d->start = 0;
	dialogue_flush(d);
	do {
		if (d->end != END_NONE || !wait_for(d, d->in, POLLIN))
			return false;
		n = read(d->in, d->input + d->len, room - d->len);
	} while (n == -1 && (errno == EINTR || errno == EAGAIN));
	if (n <= 0) {
		d->end = END_HANGUP;
		return false;
	}
	add_input(d, (size_t)n);
	return true;
}

void
dialogue_ahead(struct dialogue *d, const void *p, size_t len)
{
	memcpy(d->input, p, len);
	add_input(d, len);
}

void
dialogue_take(struct dialogue *d, size_t len)
{
	d->start += len;
	d->len -= len;
}

static struct slice
take_line(struct dialogue *d, const char *lf)
{
	struct slice line = { d->input + d->start, 0 };

	line.len = (size_t)(lf - line.p);
	dialogue_take(d, line.len + 1);
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

int
dialogue_long_line(struct dialogue *d, size_t max, struct slice *line)
{
	while (d->end == END_NONE) {
		size_t n = d->len < max ? d->len : max;
		const char *lf = memchr(d->input + d->start, '\n', n);
		if (lf != NULL) {
			bool whole = !d->skipping;
			*line = take_line(d, lf);
			d->skipping = false;
			if (whole)
				return 1;
			continue;
		}
		if (n == max) {
			bool first = !d->skipping;
			d->skipping = true;
			dialogue_take(d, n);
			if (first)
				return 0;
			continue;
		}
		read_more(d);
	}
	return -1;
}

int
dialogue_line(struct dialogue *d, struct slice *line)
{
	return dialogue_long_line(d, DIALOGUE_LINE, line);
}

int
dialogue_peek(struct dialogue *d, struct slice *bytes)
{
	if (d->end != END_NONE || (d->len == 0 && !read_more(d)))
		return -1;
	*bytes = (struct slice){ d->input + d->start, d->len };
	return 0;
}

void
dialogue_forget(struct dialogue *d)
{
	size_t end = d->start + d->len;

	explicit_bzero(d->input, d->start);
	/* what stood there before it was moved to the front */
	explicit_bzero(d->input + end, d->input_touched - end);
}

void
dialogue_clear(struct dialogue *d)
{
	explicit_bzero(d->input, d->input_touched);
	explicit_bzero(d->output, d->output_touched);
}

/* --- commands ---------------------------------------------------------- */

static bool
is_meant(const struct dialogue_command *command, const void *session,
    struct slice word)
{
	return word.len == strlen(command->name) &&
	    strncasecmp(word.p, command->name, word.len) == 0 &&
	    (command->available == NULL || command->available(session));
}

/* What single blanks separate.  False: too many, or an empty one. */
static bool
split(struct slice rest, struct slice args[DIALOGUE_ARGUMENTS], size_t *count)
{
	*count = 0;
	while (rest.p != NULL) {
		if (*count == DIALOGUE_ARGUMENTS)
			return false;
		struct slice *arg = &args[(*count)++];
		slice_cut(&rest, ' ', arg);
		if (arg->len == 0)
			return false;
	}
	return true;
}

bool
dialogue_run(const struct dialogue_command *table, void *session,
    struct slice line)
{
	struct slice rest = line, word, args[DIALOGUE_ARGUMENTS] = { { 0 } };
	size_t count = 0;

	if (!slice_cut(&rest, ' ', &word))
		return false;
	for (; table->name != NULL; table++) {
		if (!is_meant(table, session, word))
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
