/* pump.c: bytes both ways between a TLS session and a plain socket.
 *
 * Each direction has one buffer, which is filled when it is empty and emptied
 * before it is filled again; nothing is ever waited for alone.
 */
#include "pump.h"

#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deadline.h"
#include "fd.h"

struct flow {
	size_t	start, end;	/* of what is not passed on yet */
	bool	over;		/* no more comes in */
	char	bytes[16384];	/* the content of one TLS record */
};

struct pump {
	SSL		*ssl;
	int		 client_in, client_out, plain;
	struct flow	 up, down;	/* to the plain side; to the client */
	/* what the last call of SSL_read(), SSL_write() waits for: the
	 * poll() events of the client's connection */
	short		 reading, writing;
	bool		 told;		/* the plain side: no more comes */
	/* the client's connection is of no more use */
	bool		 broken;
};

static bool
is_empty(const struct flow *f)
{
	return f->start == f->end;
}

/* What SSL_read() or SSL_write() waits for; 0: it will not go on. */
static short
wanted(struct pump *p, int result)
{
	switch (SSL_get_error(p->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return POLLIN;
	case SSL_ERROR_WANT_WRITE:
		return POLLOUT;
	default:
		return 0;
	}
}

/* Each step is true when it got something done. */
static bool
read_client(struct pump *p)
{
	struct flow *f = &p->up;

	p->reading = 0;
	if (f->over || !is_empty(f))
		return false;
	ERR_clear_error();
	int n = SSL_read(p->ssl, f->bytes, sizeof f->bytes);
	f->start = 0;
	f->end = n > 0 ? (size_t)n : 0;
	if (n > 0)
		return true;
	p->reading = wanted(p, n);
	f->over = p->reading == 0;
	/* After an error, unlike a close_notify, nothing can be written. */
	p->broken = f->over && SSL_get_shutdown(p->ssl) == 0;
	return f->over;
}

static bool
write_plain(struct pump *p)
{
	struct flow *f = &p->up;

	if (is_empty(f)) {
		if (!f->over || p->told)
			return false;
		shutdown(p->plain, SHUT_WR);
		p->told = true;
		return true;
	}
	ssize_t n = send(p->plain, f->bytes + f->start, f->end - f->start,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		f->start += (size_t)n;
	else if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	else {
		/* It does not want the rest, or cannot get it: then nothing
		 * that comes behind may reach it, either. */
		f->start = f->end;
		f->over = true;
	}
	return true;
}

static bool
read_plain(struct pump *p)
{
	struct flow *f = &p->down;

	if (f->over || !is_empty(f))
		return false;
	ssize_t n = recv(p->plain, f->bytes, sizeof f->bytes, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	f->start = 0;
	f->end = n > 0 ? (size_t)n : 0;
	f->over = n <= 0;
	return true;
}

static bool
write_client(struct pump *p)
{
	struct flow *f = &p->down;

	p->writing = 0;
	if (is_empty(f))
		return false;
	ERR_clear_error();
	int n = SSL_write(p->ssl, f->bytes + f->start,
	    (int)(f->end - f->start));
	if (n > 0) {
		f->start += (size_t)n;
		return true;
	}
	p->writing = wanted(p, n);
	p->broken = p->writing == 0;
	return p->broken;
}

/* A descriptor without events is not looked at: the end of its connection would
 * be told again and again. */
static struct pollfd
one_poll(int fd, short events)
{
	return (struct pollfd){ .fd = events != 0 ? fd : -1,
	    .events = events };
}

/* False: the client takes nothing of what is left.  Before the plain side has
 * ended, it is the one that loses patience. */
static bool
wait_for_any(struct pump *p, int64_t idle_ms)
{
	short wants = p->reading | p->writing;
	short plain = (short)((is_empty(&p->up) ? 0 : POLLOUT) |
	    (is_empty(&p->down) && !p->down.over ? POLLIN : 0));
	struct pollfd polls[] = {
		one_poll(p->client_in, wants & POLLIN),
		one_poll(p->client_out, wants & POLLOUT),
		one_poll(p->plain, plain),
	};
	struct deadline d = deadline_in(idle_ms);

	for (;;) {
		int n = poll(polls, 3, p->down.over ? deadline_left(d) : -1);
		if (n > 0)
			return true;
		if (n == 0 && deadline_over(d))
			return false;
		if (n == -1 && errno != EINTR)
			return false;
	}
}

/* The close_notify, which tells the client that nothing was cut off. */
static void
say_goodbye(struct pump *p, int64_t idle_ms)
{
	struct deadline d = deadline_in(idle_ms);
	int n;

	do {
		ERR_clear_error();
		n = SSL_shutdown(p->ssl);
	} while (n < 0 && wanted(p, n) == POLLOUT &&
	    fd_wait(p->client_out, POLLOUT, d) == 0);
}

void
pump_run(SSL *ssl, int plain, int64_t idle_ms)
{
	struct pump p = {
		.ssl = ssl, .plain = plain,
		.client_in = SSL_get_rfd(ssl), .client_out = SSL_get_wfd(ssl),
	};

	while (!p.broken && !(p.down.over && is_empty(&p.down))) {
		bool done = read_client(&p);
		done = write_plain(&p) || done;
		done = read_plain(&p) || done;
		done = write_client(&p) || done;
		if (!done && !wait_for_any(&p, idle_ms))
			return;
	}
	if (!p.broken)
		say_goodbye(&p, idle_ms);
}
