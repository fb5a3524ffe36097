/* listen.h: serving many connections, each in a process of its own. */
#ifndef LISTEN_H
#define LISTEN_H

#include <stddef.h>
#include <stdint.h>

#include "connection.h"
#include "err.h"
#include "listeners.h"

struct listen_service {
	/* of connections at once; of one address, or network of IPv6 */
	uint64_t	 max, max_per_peer;
	/* addresses and networks that may have more: see networks.h */
	const char	*const *many;
	size_t		 many_count;
	/* for its children to end when we are told to */
	int64_t		 leave_ms;
	/* In a child, with signals blocked as the caller's are; it does not
	 * return.  The listeners are closed. */
	__attribute__((noreturn))
	void		(*serve)(void *arg, int fd, int role);
	/* What one too many is told before its connection is closed; "": no
	 * word. */
	const char	*full;
	void		(*turned_away)(const char *peer);
	/* of what cannot be helped, and goes on */
	void		(*warn)(const char *text);
	void		*arg;
};

/* Until SIGTERM; then no connection is taken any more, and every child is sent
 * SIGTERM and waited for; one that takes longer than leave_ms stays. */
int	listen_run(const struct listeners *listeners,
	    const struct listen_service *service, struct err *err);

#endif
