/* dial.c: connecting to somebody, by a deadline. */
#include "dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "scope.h"
#include "str.h"

static bool
read_address(struct slice text, struct sockaddr_storage *out)
{
	char word[INET6_ADDRSTRLEN] = "";
	struct in_addr four;
	struct in6_addr six;

	if (text.len == 0 || text.len >= sizeof word || slice_has(text, '\0'))
		return false;
	memcpy(word, text.p, text.len);
	*out = (struct sockaddr_storage){ 0 };
	if (inet_pton(AF_INET, word, &four) == 1)
		memcpy(out, &(struct sockaddr_in){ .sin_family = AF_INET,
		    .sin_addr = four }, sizeof(struct sockaddr_in));
	else if (inet_pton(AF_INET6, word, &six) == 1)
		memcpy(out, &(struct sockaddr_in6){ .sin6_family = AF_INET6,
		    .sin6_addr = six }, sizeof(struct sockaddr_in6));
	else
		return false;
	return true;
}

int
dial_address(const char *text, uint16_t preset_port,
    struct sockaddr_storage *out, struct err *err)
{
	struct slice whole = slice_of(text), host = whole;
	ptrdiff_t colon = slice_find_last(whole, ':');
	uint64_t port = preset_port;
	struct sockaddr_storage got;

	/* 2001:db8::1 alone has no port */
	bool has_port = colon != -1 && (slice_find(whole, ':') == colon ||
	    (colon > 0 && whole.p[colon - 1] == ']'));
	if (has_port) {
		host.len = (size_t)colon;
		if (slice_number(slice_from(whole, (size_t)colon + 1),
		    UINT16_MAX, &port) == -1 || port == 0)
			return err_set(err, ERR_INVALID,
			    "'%s': the port is no number up to 65535", text);
	}
	if (host.len > 2 && host.p[0] == '[' && slice_ends(host, "]"))
		host = (struct slice){ host.p + 1, host.len - 2 };
	if (!read_address(host, &got))
		return err_set(err, ERR_INVALID,
		    "'%s' is not ADDRESS:PORT (an IPv6 address stands in "
		    "brackets before the colon)", text);
	dial_set_port(&got, (uint16_t)port);
	*out = got;
	return 0;
}

void
dial_set_port(struct sockaddr_storage *address, uint16_t port)
{
	if (address->ss_family == AF_INET)
		((struct sockaddr_in *)address)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)address)->sin6_port = htons(port);
}

void
dial_text(const struct sockaddr_storage *address, char out[static DIAL_TEXT])
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
	char text[INET6_ADDRSTRLEN] = "?";

	if (address->ss_family == AF_INET) {
		inet_ntop(AF_INET, &four->sin_addr, text, sizeof text);
		snprintf(out, DIAL_TEXT, "%s:%u", text, ntohs(four->sin_port));
	} else {
		inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof text);
		snprintf(out, DIAL_TEXT, "[%s]:%u", text,
		    ntohs(six->sin6_port));
	}
}

static int
wait_connected(int fd, struct deadline d)
{
	int why = 0;
	socklen_t len = sizeof why;

	if (fd_wait(fd, POLLOUT, d) == -1 ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) == -1)
		return -1;
	errno = why;
	return why == 0 ? 0 : -1;
}

int
dial(const struct sockaddr_storage *address, int kind, struct deadline d,
    int *fd, struct err *err)
{
	SCOPED(drop_fd) int got = socket(address->ss_family,
	    kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char text[DIAL_TEXT];
	socklen_t len = address->ss_family == AF_INET ?
	    sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	dial_text(address, text);
	if (got == -1)
		return err_sys(err, "%s", text);
	if (connect(got, (const struct sockaddr *)address, len) == -1 &&
	    (errno != EINPROGRESS || wait_connected(got, d) == -1)) {
		int why = errno;
		err_fill_sys(err, "%s", text);
		errno = why;
		return -1;
	}
	*fd = got;
	got = -1;
	return 0;
}

int
dial_send(int fd, const void *p, size_t len, struct deadline d,
    struct err *err)
{
	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno != EAGAIN ||
		    fd_wait(fd, POLLOUT, d) == -1))
			return err_sys(err, "send");
		if (n > 0) {
			p = (const char *)p + n;
			len -= (size_t)n;
		}
	}
	return 0;
}
