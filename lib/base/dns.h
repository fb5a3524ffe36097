/* dns.h: asking name servers.
 *
 * The library makes the questions and knows the system's name servers; it does
 * not send them, because it would wait for ever for one that takes a TCP
 * connection and says nothing.
 */
#ifndef DNS_H
#define DNS_H

#include <resolv.h>
#include <stdbool.h>

#include "deadline.h"
#include "dns_answer.h"
#include "err.h"

enum { DNS_PORT = 53 };

/* A zero value is closed. */
struct dns {
	struct __res_state	 state;
	bool			 is_open;
	struct sockaddr_storage	 servers[MAXNS];
	size_t			 count;
	/* of all questions together */
	struct deadline		 until;
	/* the one that answered last, which is asked first */
	size_t			 first;
	/* questions in a row that nobody answered; after a few no more are
	 * asked */
	unsigned		 unanswered;
};

/* server: ADDRESS or ADDRESS:PORT; NULL: those of resolv.conf(5).  ERR_INVALID:
 * it is neither. */
int	dns_open(struct dns *dns, const char *server, struct deadline until,
	    struct err *err);
void	drop_dns(struct dns *dns);

/* One question, by UDP, and by TCP where the answer is cut.  -1: the name is
 * none (ERR_INVALID), nobody gave an answer that can be read, or nobody is
 * asked any more (ERR_REFUSED). */
int	dns_ask(struct dns *dns, const char *name, enum dns_type type,
	    struct dns_answer *out, struct err *err);

/* The name of an address: "1.2.0.192.in-addr.arpa". */
enum { DNS_REVERSE = 80 };
void	dns_reverse(const struct sockaddr_storage *address,
	    char out[static DNS_REVERSE]);

#endif
