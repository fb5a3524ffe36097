/* wire.c: what the processes of one connection tell one another. */
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "fd.h"

const char *
end_name(enum pop_end end)
{
	static const char *const names[] = {
		[END_QUIT] = "quit", [END_TIMEOUT] = "timeout",
		[END_HANGUP] = "hangup", [END_TERMINATED] = "terminated",
		[END_ERROR] = "error", [END_REFUSED] = "refused",
	};

	return end > END_NONE && end <= END_REFUSED ? names[end] : "error";
}

int
wire_pair(int ends[2], struct err *err)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return err_sys(err, "make a socket pair");
	return 0;
}

int
wire_send(int fd, const void *record, size_t size)
{
	ssize_t n;

	do
		n = send(fd, record, size, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == (ssize_t)size ? 0 : -1;
}

int
wire_receive(int fd, void *record, size_t size, struct deadline d)
{
	ssize_t n;

	if (fd_wait(fd, POLLIN, d) == -1)
		return -1;
	do
		n = recv(fd, record, size, MSG_TRUNC | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	return n == (ssize_t)size ? 0 : -1;
}

bool
wire_request_is_sane(const struct request *r)
{
	return r->login_len <= sizeof r->login &&
	    r->password_len <= sizeof r->password &&
	    r->ahead_len <= sizeof r->ahead;
}
