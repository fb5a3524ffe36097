/* listen.h: serving many connections, each in a process of its own. */
#ifndef LISTEN_H
#define LISTEN_H

#include <stddef.h>

#include "err.h"
#include "serve.h"

enum { LISTEN_MAX = 32 };

struct listeners {
	int	fds[LISTEN_MAX];
	size_t	count;
};

/* "HOST:PORT", HOST an address, in brackets for IPv6; empty or "*": every
 * one. */
int	listen_add(struct listeners *listeners, const char *where,
	    struct err *err);

/* Until SIGTERM; then every session is ended and waited for. */
int	listen_run(const struct listeners *listeners,
	    const struct serving *serving, struct err *err);

#endif
