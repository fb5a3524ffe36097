/* dns.c: asking name servers. */
#include "dns.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dial.h"
#include "fd.h"
#include "mem.h"
#include "scope.h"

enum {
	TRY_MS = 1500,			/* for one server by UDP */
	TCP_MS = 3000,
	ROUNDS = 2,
	UNANSWERED_MAX = 2,
};

/* --- the servers --------------------------------------------------------- */

/* Those of IPv6 stand beside the others, whose place says so (family 0). */
static void
take_system_servers(struct dns *dns)
{
	const struct __res_state *s = &dns->state;

	for (int i = 0; i < s->nscount && i < MAXNS; i++) {
		struct sockaddr_storage *to = &dns->servers[dns->count];
		if (s->nsaddr_list[i].sin_family == AF_INET)
			memcpy(to, &s->nsaddr_list[i],
			    sizeof s->nsaddr_list[i]);
		else if (s->_u._ext.nsaddrs[i] != NULL)
			memcpy(to, s->_u._ext.nsaddrs[i],
			    sizeof *s->_u._ext.nsaddrs[i]);
		else
			continue;
		dns->count++;
	}
}

int
dns_open(struct dns *dns, const char *server, struct deadline until,
    struct err *err)
{
	*dns = (struct dns){ .until = until };
	if (server != NULL) {
		if (dial_address(server, DNS_PORT, dns->servers, err) == -1)
			return -1;
		dns->count = 1;
	}
	if (res_ninit(&dns->state) == -1)
		return err_sys(err, "resolv.conf");
	dns->is_open = true;
	if (server == NULL)
		take_system_servers(dns);
	return dns->count > 0 ? 0 : err_set(err, ERR_TEMPORARY,
	    "resolv.conf names no name server");
}

void
drop_dns(struct dns *dns)
{
	if (dns->is_open)
		res_nclose(&dns->state);
	dns->is_open = false;
}

/* --- one server ---------------------------------------------------------- */

struct asking {
	struct slice	 question;
	unsigned char	*message;	/* DNS_MESSAGE_MAX */
	size_t		 len;
	/* servers that answered, and not well: asked again they would cost
	 * as much time, and say the same */
	bool		 given_up[MAXNS];
};

static struct slice
message_of(const struct asking *a)
{
	return (struct slice){ (const char *)a->message, a->len };
}

/* What is no answer to this question is not listened to. */
static int
ask_by_udp(struct asking *a, const struct sockaddr_storage *server,
    struct deadline d, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	ssize_t n;

	if (dial(server, SOCK_DGRAM, d, &fd, err) == -1 ||
	    dial_send(fd, a->question.p, a->question.len, d, err) == -1)
		return -1;
	do {
		if (fd_wait(fd, POLLIN, d) == -1)
			return err_sys(err, "no answer");
		n = recv(fd, a->message, DNS_MESSAGE_MAX, 0);
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			return err_sys(err, "no answer");
		a->len = n > 0 ? (size_t)n : 0;
	} while (!dns_answers(a->question, message_of(a)));
	return 0;
}

static int
read_whole(int fd, unsigned char *p, size_t len, struct deadline d,
    struct err *err)
{
	while (len > 0) {
		ssize_t n = fd_read_by(fd, p, len, d, err);
		if (n == -1)
			return -1;
		if (n == 0)
			return err_set(err, ERR_TEMPORARY,
			    "the answer by TCP ends early");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
ask_by_tcp(struct asking *a, const struct sockaddr_storage *server,
    struct deadline d, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	unsigned char length[2] = { (unsigned char)(a->question.len >> 8),
	    (unsigned char)a->question.len };

	if (dial(server, SOCK_STREAM, d, &fd, err) == -1 ||
	    dial_send(fd, length, sizeof length, d, err) == -1 ||
	    dial_send(fd, a->question.p, a->question.len, d, err) == -1 ||
	    read_whole(fd, length, sizeof length, d, err) == -1)
		return -1;
	a->len = (size_t)length[0] << 8 | length[1];
	if (read_whole(fd, a->message, a->len, d, err) == -1)
		return -1;
	return dns_answers(a->question, message_of(a)) ? 0 :
	    err_set(err, ERR_INVALID, "the answer by TCP is to "
	    "another question");
}

static int
ask_one(struct dns *dns, struct asking *a, size_t which,
    struct dns_answer *out, struct err *err)
{
	const struct sockaddr_storage *server = &dns->servers[which];
	char text[DIAL_TEXT];

	dial_text(server, text);
	if (ask_by_udp(a, server, deadline_within(dns->until, TRY_MS),
	    err) == -1)
		return err_within(err, "name server %s", text);
	a->given_up[which] = true;
	if ((dns_is_cut(message_of(a)) && ask_by_tcp(a, server,
	    deadline_within(dns->until, TCP_MS), err) == -1) ||
	    dns_read(a->question, message_of(a), out, err) == -1)
		return err_within(err, "name server %s", text);
	return 0;
}

/* --- a question ---------------------------------------------------------- */

/* One that says it failed may be followed by one that knows. */
static int
ask_all(struct dns *dns, struct asking *a, struct dns_answer *out,
    struct err *err)
{
	size_t first = dns->first;

	for (size_t i = 0; i < dns->count * ROUNDS; i++) {
		size_t which = (i + first) % dns->count;
		if (a->given_up[which] || deadline_over(dns->until))
			continue;
		drop_dns_answer(out);
		if (ask_one(dns, a, which, out, err) == 0 &&
		    out->outcome != DNS_FAILED) {
			dns->first = which;
			return 0;
		}
	}
	return out->failure != NULL ? 0 : -1;
}

int
dns_ask(struct dns *dns, const char *name, enum dns_type type,
    struct dns_answer *out, struct err *err)
{
	unsigned char question[NS_PACKETSZ];
	SCOPED(drop_mem) unsigned char *message = mem_alloc(DNS_MESSAGE_MAX);
	int len = res_nmkquery(&dns->state, ns_o_query, name, ns_c_in,
	    (int)type, NULL, 0, NULL, question, sizeof question);

	*out = (struct dns_answer){ 0 };
	if (len == -1)
		return err_set(err, ERR_INVALID, "'%s' can be no name of the "
		    "DNS", name);
	if (dns->unanswered >= UNANSWERED_MAX)
		return err_set(err, ERR_REFUSED,
		    "not asked: no name server answered before");
	if (deadline_over(dns->until))
		return err_set(err, ERR_REFUSED, "not asked: the name servers "
		    "were so slow that the time for all questions is over");
	err_fill(err, ERR_TEMPORARY, "no name server answered");
	struct asking a = { .question = { (const char *)question, (size_t)len },
	    .message = message };
	if (ask_all(dns, &a, out, err) == -1) {
		dns->unanswered++;
		return -1;
	}
	dns->unanswered = 0;
	return 0;
}

void
dns_reverse(const struct sockaddr_storage *address,
    char out[static DNS_REVERSE])
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

	if (address->ss_family == AF_INET) {
		uint32_t n = ntohl(four->sin_addr.s_addr);
		snprintf(out, DNS_REVERSE, "%u.%u.%u.%u.in-addr.arpa",
		    n & 0xFF, n >> 8 & 0xFF, n >> 16 & 0xFF, n >> 24);
		return;
	}
	size_t at = 0;
	for (int i = 15; i >= 0; i--) {
		unsigned b = six->sin6_addr.s6_addr[i];
		at += (size_t)snprintf(out + at, DNS_REVERSE - at, "%x.%x.",
		    b & 0xF, b >> 4);
	}
	snprintf(out + at, DNS_REVERSE - at, "ip6.arpa");
}
