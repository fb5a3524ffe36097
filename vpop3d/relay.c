/* relay.c: a connection under TLS: vtls between the client and us. */
#include "relay.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certificate.h"
#include "fd.h"
#include "helper.h"
#include "packet.h"
#include "scope.h"
#include "stop.h"
#include "vtls_wire.h"

/* when we are told to end ourselves */
enum { HURRY_MS = 1000 };

void
drop_relay(struct relay *r)
{
	drop_child(&r->child);
	drop_fd(&r->to);
}

/* --- the certificate -------------------------------------------------- */

/* 1: *out is the domain's.  0: it has none. */
static int
of_domain(const struct installation *in, struct pool *pool, const char *name,
    struct certificate *out, struct err *err)
{
	struct domain *domain;

	if (domain_open(in, pool, slice_of(name), &domain, err) == -1)
		return -1;
	return certificate_of_domain(domain, pool, out);
}

/* By server name, else by address, else the installation's.  What is set and
 * broken ends the search: nobody is to meet another certificate than the one
 * that was meant. */
static int
choose(const struct installation *in, const struct where *where,
    struct pool *pool, struct slice server_name, struct certificate *out,
    struct err *err)
{
	const char *real;
	int got = 0;

	if (where_domain_of_server_name(in, pool, server_name, &real,
	    err) == 0)
		got = of_domain(in, pool, real, out, err);
	else if (err->kind != ERR_ABSENT)
		return -1;
	if (got == 0 && where->kind == WHERE_DOMAIN)
		got = of_domain(in, pool, where->domain, out, err);
	if (got == 0)
		got = certificate_of_installation(in, pool, out);
	if (got == 0)
		return err_set(err, ERR_ABSENT, "no certificate: set "
		    "tls-certificate in %s/vmail.conf", in->path);
	return got == 1 ? 0 : -1;
}

bool
relay_is_offered(const struct installation *in, const struct where *where)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct certificate certificate;
	struct err err;

	return !where->under_tls && (choose(in, where, &pool,
	    (struct slice){ 0 }, &certificate, &err) == 0 ||
	    err.kind != ERR_ABSENT);
}

int
relay_is_ready(const struct installation *in, const struct where *where,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = -1, key = -1;
	struct certificate certificate;

	return choose(in, where, &pool, (struct slice){ 0 }, &certificate,
	    err) == -1 ? -1 : certificate_open(&certificate, in, &fd, &key,
	    err);
}

/* --- starting it ------------------------------------------------------ */

/* Out of the way of the numbers that vtls expects. */
static int
set_aside(int fd)
{
	return fd == -1 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, VTLS_ROOT + 1);
}

/* SIGTERM stays blocked: vtls ends when the plain side does. */
static _Noreturn void
become_vtls(const char *path, uint64_t idle_ms, int plain, int socket,
    int root)
{
	char idle[24];
	char *const argv[] = { (char *)(uintptr_t)"vtls", idle, NULL };
	char *const environment[] = { NULL };

	snprintf(idle, sizeof idle, "%llu", (unsigned long long)idle_ms);
	plain = set_aside(plain);
	socket = set_aside(socket);
	root = set_aside(root);
	if (dup2(plain, VTLS_PLAIN) != -1 && dup2(socket, VTLS_PARENT) != -1 &&
	    (root == -1 || dup2(root, VTLS_ROOT) != -1) &&
	    close_range((root == -1 ? VTLS_ROOT : VTLS_ROOT + 1), ~0U, 0) == 0)
		execve(path, argv, environment);
	_exit(127);
}

/* From here on 0 and 1 are the plain end. */
static int
take_plain_end(int plain, struct err *err)
{
	if (dup2(plain, STDIN_FILENO) == -1 || dup2(plain, STDOUT_FILENO) == -1)
		return err_sys(err, "take the plain end");
	return 0;
}

int
relay_start(struct relay *r, const struct installation *in, int root,
    struct err *err)
{
	SCOPED(drop_str) struct str path = { 0 };
	SCOPED(drop_fd) int ours = -1, theirs = -1;
	int plain[2], end;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, plain) == -1)
		return err_sys(err, "make a socket pair");
	ours = plain[0];
	theirs = plain[1];
	helper_path("vtls", &path);
	int forked = packet_fork(&r->child, &end, err);
	if (forked == 0)
		become_vtls(str_text(&path), in->conf.idle_timeout * 1000,
		    theirs, end, root);
	if (forked == -1)
		return -1;
	r->to = end;
	return take_plain_end(ours, err);
}

/* --- the handshake ---------------------------------------------------- */

/* fd -1: there is none to give. */
static int
answer(struct relay *r, int fd, int key, struct err *err)
{
	struct vtls_file file = { .is_key = false };

	if (packet_send_fd(r->to, &file, sizeof file, fd) == -1)
		return err_sys(err, "answer vtls");
	file.is_key = true;
	if (fd != -1 && packet_send_fd(r->to, &file, sizeof file, key) == -1)
		return err_sys(err, "answer vtls");
	return 0;
}

static int
give_certificate(struct relay *r, const struct installation *in,
    const struct where *where, struct pool *pool, struct slice name,
    struct certificate *certificate, struct err *err)
{
	SCOPED(drop_fd) int fd = -1, key = -1;
	struct err other;

	if (choose(in, where, pool, name, certificate, err) == -1 ||
	    certificate_open(certificate, in, &fd, &key, err) == -1) {
		/* It tells the client that it is not the client's fault. */
		answer(r, -1, -1, &other);
		return -1;
	}
	return answer(r, fd, key, err);
}

/* What vtls found wrong, and with what; vtls itself may be what is wrong. */
static int
failed(const struct vtls_told *told, const struct certificate *certificate,
    struct err *err)
{
	const char *text = told->text[0] != '\0' ? told->text :
	    "vtls gives no reason";

	if (told->word != VTLS_FAILED)
		return err_set(err, ERR_TEMPORARY, "vtls says what it may "
		    "not: is it of this version?");
	if (certificate->path == NULL || told->fault == VTLS_FAULT_CLIENT)
		return err_set(err, ERR_INVALID, "%s", text);
	return err_set(err, ERR_TEMPORARY, "%s: %s",
	    told->fault == VTLS_FAULT_KEY ? certificate->key_label :
	    certificate->label, text);
}

static int
hear(struct relay *r, struct vtls_told *told, int stop, struct deadline d,
    struct err *err)
{
	switch (stop_wait(stop, r->to, d)) {
	case STOPPED:
		return err_set(err, ERR_TEMPORARY, "told to end");
	case TIMED_OUT:
		return err_set(err, ERR_TEMPORARY, "timeout");
	case WOKEN:
		break;
	}
	if (packet_receive(r->to, told, sizeof *told, deadline_in(0)) == -1)
		return err_set(err, ERR_TEMPORARY,
		    "vtls ended early: is it installed?");
	told->server_name[sizeof told->server_name - 1] = '\0';
	told->protocol[sizeof told->protocol - 1] = '\0';
	told->text[sizeof told->text - 1] = '\0';
	memcpy(r->server_name, told->server_name, sizeof r->server_name);
	return 0;
}

int
relay_shake_hands(struct relay *r, const struct installation *in,
    const struct where *where, int stop, struct deadline d, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct certificate certificate = { .path = NULL };
	struct vtls_told told;

	/* It asks once, though its client may have to say hello twice. */
	if (hear(r, &told, stop, d, err) == -1)
		return -1;
	if (told.word == VTLS_ASKS &&
	    (give_certificate(r, in, where, &pool, slice_of(told.server_name),
	    &certificate, err) == -1 || hear(r, &told, stop, d, err) == -1))
		return -1;
	if (told.word != VTLS_SPEAKS)
		return failed(&told, &certificate, err);
	memcpy(r->protocol, told.protocol, sizeof r->protocol);
	return 0;
}

/* --- the end ---------------------------------------------------------- */

void
relay_end(struct relay *r, int stop, struct deadline d)
{
	struct err err;
	int status;

	if (r->child.pid == 0)
		return;
	drop_fd(&r->to);
	shutdown(STDIN_FILENO, SHUT_RDWR);
	if (stop_wait(stop, r->child.pidfd, d) == STOPPED)
		d = deadline_within(d, HURRY_MS);
	if (child_wait(&r->child, d, &status, &err) == -1)
		drop_child(&r->child);
}
