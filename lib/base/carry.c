/* carry.c: bytes carried both ways between a client and a server, unlooked
 * at.
 *
 * Each way has one buffer, which is filled when it is empty and emptied before
 * it is filled again: so it waits for one thing at a time, and who does not
 * read keeps who writes waiting.
 */
#include "carry.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deadline.h"

/* what a pipe that is ready takes without waiting */
enum { PIPE_CHUNK = 4096 };

const char *
carry_end_name(enum carry_end end)
{
	static const char *const names[] = {
		[CARRY_NONE] = "error", [CARRY_ERROR] = "error",
		[CARRY_CLOSED] = "closed",
		[CARRY_HANGUP] = "hangup", [CARRY_TIMEOUT] = "timeout",
		[CARRY_TERMINATED] = "terminated",
	};

	return end <= CARRY_TERMINATED ? names[end] : names[CARRY_ERROR];
}

void
carry_put(struct carry_way *w, struct slice bytes)
{
	size_t room = sizeof w->bytes - w->end;
	size_t n = bytes.len < room ? bytes.len : room;

	memcpy(w->bytes + w->end, bytes.p, n);
	w->end += n;
}

/* --- one way ---------------------------------------------------------- */

static bool
is_empty(const struct carry_way *w)
{
	return w->start == w->end;
}

static bool
is_done(const struct carry_way *w)
{
	return w->deaf || (w->over && is_empty(w));
}

/* A pipe has no other way to end. */
static void
tell_end(struct carry_way *w)
{
	if (shutdown(w->to, SHUT_WR) == -1 && errno == ENOTSOCK)
		close(w->to);
}

static ssize_t
read_some(int fd, char *p, size_t size)
{
	ssize_t n = recv(fd, p, size, MSG_DONTWAIT);

	return n == -1 && errno == ENOTSOCK ? read(fd, p, size) : n;
}

static ssize_t
write_some(int fd, const char *p, size_t len)
{
	ssize_t n = send(fd, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n == -1 && errno == ENOTSOCK)
		return write(fd, p, len < PIPE_CHUNK ? len : PIPE_CHUNK);
	return n;
}

/* Both are called when poll() has something to say of that side; false: it was
 * nothing. */
static bool
fill(struct carry_way *w)
{
	ssize_t n = read_some(w->from, w->bytes, sizeof w->bytes);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	w->start = 0;
	/* What nobody takes is read still: a connection that is closed with
	 * something unread may lose its last words, too. */
	w->end = n > 0 && !w->deaf ? (size_t)n : 0;
	w->over = n <= 0;
	w->broke = n == -1;
	if (w->over && !w->deaf)
		tell_end(w);
	return true;
}

static bool
empty(struct carry_way *w)
{
	ssize_t n = write_some(w->to, w->bytes + w->start, w->end - w->start);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	w->deaf = n == -1;
	if (w->deaf)
		w->start = w->end;
	else {
		w->start += (size_t)n;
		w->octets += (uint64_t)n;
	}
	return true;
}

/* A descriptor that nothing is awaited of is not looked at: its end would be
 * told again and again. */
static struct pollfd
wanted(const struct carry_way *w)
{
	if (!is_empty(w))
		return (struct pollfd){ .fd = w->to, .events = POLLOUT };
	return (struct pollfd){ .fd = w->over ? -1 : w->from,
	    .events = POLLIN };
}

static bool
go_on(struct carry_way *w, const struct pollfd *p)
{
	if (p->revents == 0)
		return false;
	return is_empty(w) ? fill(w) : empty(w);
}

/* --- both ------------------------------------------------------------- */

static bool
is_over(const struct carry *c)
{
	return is_done(&c->to_client) && is_done(&c->to_server);
}

/* What is on its way to the server still, like the QUIT of a client that never
 * got its mail, is not to be done any more when the connection ends early. */
static enum carry_end
break_off(struct carry *c, enum carry_end end)
{
	struct linger at_once = { .l_onoff = 1 };

	setsockopt(c->to_server.to, SOL_SOCKET, SO_LINGER, &at_once,
	    sizeof at_once);
	return end;
}

/* One step.  CARRY_NONE: it goes on. */
static enum carry_end
step(struct carry *c, struct deadline *d)
{
	struct carry_way *up = &c->to_server, *down = &c->to_client;
	struct pollfd polls[] = {
		wanted(up), wanted(down),
		{ .fd = c->stop, .events = POLLIN },
		{ .fd = is_done(down) ? c->server : -1, .events = POLLIN },
	};
	int n = poll(polls, 4, deadline_left(*d));

	if (n == 0 && deadline_over(*d))
		return CARRY_TIMEOUT;
	if (n <= 0)
		return n == 0 || errno == EINTR ? CARRY_NONE : CARRY_ERROR;
	if (polls[2].revents != 0)
		return CARRY_TERMINATED;
	bool moved = go_on(up, &polls[0]);
	moved = go_on(down, &polls[1]) || moved;
	if (moved)
		*d = deadline_in(c->idle_ms);
	if (down->deaf)
		return CARRY_HANGUP;
	return polls[3].revents != 0 ? CARRY_CLOSED : CARRY_NONE;
}

enum carry_end
carry_run(struct carry *c)
{
	struct deadline d = deadline_in(c->idle_ms);

	while (!is_over(c)) {
		enum carry_end end = step(c, &d);
		if (end == CARRY_CLOSED)
			return end;
		if (end != CARRY_NONE)
			return break_off(c, end);
	}
	return c->to_server.broke ? CARRY_HANGUP : CARRY_CLOSED;
}
