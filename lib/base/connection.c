/* connection.c: the client's connection on descriptors 0 and 1: its two
 * ends. */
#include "connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"

socklen_t
address_unmap(struct sockaddr_storage *address)
{
	struct sockaddr_in6 six;
	struct sockaddr_in four = { .sin_family = AF_INET };

	if (address->ss_family == AF_INET)
		return sizeof four;
	memcpy(&six, address, sizeof six);
	if (address->ss_family != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&six.sin6_addr))
		return sizeof six;
	four.sin_port = six.sin6_port;
	memcpy(&four.sin_addr, &six.sin6_addr.s6_addr[12], 4);
	memset(address, 0, sizeof *address);
	memcpy(address, &four, sizeof four);
	return sizeof four;
}

struct network
address_network(const struct sockaddr_storage *address)
{
	struct network network = { .family = address->ss_family };

	if (address->ss_family == AF_INET)
		memcpy(network.bytes, &(
		    (const struct sockaddr_in *)(
		    const void *)address)->sin_addr, 4);
	else if (address->ss_family == AF_INET6)
		memcpy(network.bytes, &(
		    (const struct sockaddr_in6 *)(
		    const void *)address)->sin6_addr, 8);
	return network;
}

void
address_to_text(const struct sockaddr_storage *address,
    struct address_text *out)
{
	const void *bytes = NULL;

	if (address->ss_family == AF_INET)
		bytes = &((const struct sockaddr_in *)(
		    const void *)address)->sin_addr;
	else if (address->ss_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)(
		    const void *)address)->sin6_addr;
	if (bytes == NULL || inet_ntop(address->ss_family, bytes, out->text,
	    sizeof out->text) == NULL)
		strcpy(out->text, "-");
}

static void
find_addresses(struct connection *c)
{
	socklen_t local_len = sizeof c->local, peer_len = sizeof c->peer;

	c->has_address = getsockname(STDIN_FILENO, (struct sockaddr *)&c->local,
	    &local_len) == 0 && getpeername(STDIN_FILENO,
	    (struct sockaddr *)&c->peer, &peer_len) == 0 &&
	    (c->local.ss_family == AF_INET || c->local.ss_family == AF_INET6);
	if (!c->has_address) {
		memset(&c->local, 0, sizeof c->local);
		memset(&c->peer, 0, sizeof c->peer);
	}
	c->local_len = address_unmap(&c->local);
	address_unmap(&c->peer);
	address_to_text(&c->local, &c->local_text);
	address_to_text(&c->peer, &c->peer_text);
}

static bool
is_same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	    x.st_ino == y.st_ino;
}

/* Also where it is all that was left open of a connection. */
static bool
is_standard_error_a_client(void)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;

	if (is_same_file(STDIN_FILENO, STDERR_FILENO) ||
	    is_same_file(STDOUT_FILENO, STDERR_FILENO))
		return true;
	return getpeername(STDERR_FILENO, (struct sockaddr *)&peer,
	    &len) == 0 && (peer.ss_family == AF_INET ||
	    peer.ss_family == AF_INET6);
}

bool
connection_has_standard_error(void)
{
	struct stat st;

	return fstat(STDERR_FILENO, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    is_standard_error_a_client();
}

int
connection_open(struct connection *c, struct err *err)
{
	*c = (struct connection){ .standard_error = -1 };
	find_addresses(c);
	if (!is_standard_error_a_client())
		return 0;
	c->standard_error = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC,
	    STDERR_FILENO + 1);
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (c->standard_error == -1 || nothing == -1 ||
	    dup2(nothing, STDERR_FILENO) == -1)
		return err_sys(err, "put standard error aside");
	close(nothing);
	return 0;
}

void
connection_restore(const struct connection *c)
{
	if (c->standard_error != -1)
		dup2(c->standard_error, STDERR_FILENO);
}

void
connection_forget(struct connection *c)
{
	drop_fd(&c->standard_error);
}

bool
connection_is_local(const struct connection *c)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	if (!c->has_address)
		return true;
	memcpy(&four, &c->peer, sizeof four);
	memcpy(&six, &c->peer, sizeof six);
	return c->peer.ss_family == AF_INET ?
	    ntohl(four.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET :
	    IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
}

void
connection_no_delay(void)
{
	int on = 1;

	/* A pipe has no such delay. */
	setsockopt(STDOUT_FILENO, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}
