/* packet.c: records between two processes of ours. */
#include "packet.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fd.h"

/* Room for one descriptor, aligned as the kernel wants it. */
union control {
	struct cmsghdr	header;
	char		bytes[CMSG_SPACE(sizeof(int))];
};

int
packet_pair(int ends[2], struct err *err)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return err_sys(err, "make a socket pair");
	return 0;
}

int
packet_fork(struct child *child, int *end, struct err *err)
{
	int ends[2];

	if (packet_pair(ends, err) == -1)
		return -1;
	int forked = child_fork(child, err);
	close(ends[forked == 0 ? 0 : 1]);
	if (forked == -1)
		close(ends[0]);
	else
		*end = ends[forked == 0 ? 1 : 0];
	return forked;
}

int
packet_send_fd(int socket, const void *record, size_t size, int fd)
{
	union control control = { .bytes = { 0 } };
	struct iovec all = { (void *)(uintptr_t)record, size };
	struct msghdr message = { .msg_iov = &all, .msg_iovlen = 1 };
	ssize_t n;

	if (fd != -1) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof control.bytes;
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(header), &fd, sizeof fd);
	}
	do
		n = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == (ssize_t)size ? 0 : -1;
}

int
packet_send(int socket, const void *record, size_t size)
{
	return packet_send_fd(socket, record, size, -1);
}

/* Who is sure that there is something need not ask again. */
static int
wait_for_it(int socket, struct deadline d)
{
	return deadline_over(d) ? 0 : fd_wait(socket, POLLIN, d);
}

int
packet_receive_fd(int socket, void *record, size_t size, int *fd,
    struct deadline d)
{
	union control control = { .bytes = { 0 } };
	struct iovec all = { record, size };
	struct msghdr message = {
		.msg_iov = &all, .msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes,
	};
	int came = -1;
	ssize_t n;

	if (wait_for_it(socket, d) == -1)
		return -1;
	do
		n = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (header != NULL && header->cmsg_level == SOL_SOCKET &&
	    header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof came))
		memcpy(&came, CMSG_DATA(header), sizeof came);
	if (n != (ssize_t)size || (message.msg_flags & MSG_TRUNC) != 0) {
		drop_fd(&came);
		return -1;
	}
	*fd = came;
	return 0;
}

int
packet_receive(int socket, void *record, size_t size, struct deadline d)
{
	ssize_t n;

	if (wait_for_it(socket, d) == -1)
		return -1;
	do
		n = recv(socket, record, size, MSG_TRUNC | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	return n == (ssize_t)size ? 0 : -1;
}
