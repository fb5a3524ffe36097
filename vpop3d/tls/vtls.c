/* vtls.c: holds the TLS session of one connection, for a program that does
 * not link a TLS library.
 *
 * It becomes nobody in an empty directory before it reads a byte of the
 * client's; see vtls_wire.h for how it is started.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "confine.h"
#include "identity.h"
#include "packet.h"
#include "pump.h"
#include "vtls_wire.h"

/* Forward secrecy and authenticated encryption alone; TLS 1.3 has nothing
 * else. */
static const char CIPHERS[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

/* --- beginning -------------------------------------------------------- */

/* What the library gives back has no trace of a key. */
static void
wipe_and_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	if (p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *
allocate(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(size);
}

static void *
move(void *p, size_t size, const char *file, int line)
{
	size_t had = p != NULL ? malloc_usable_size(p) : 0;
	void *moved = malloc(size);

	if (moved == NULL)
		return NULL;
	if (had > 0)
		memcpy(moved, p, had < size ? had : size);
	wipe_and_free(p, file, line);
	return moved;
}

/* All that needs files, while there are any; no openssl.cnf. */
static int
load_library(void)
{
	unsigned char seed;

	return CRYPTO_set_mem_functions(allocate, move, wipe_and_free) == 1 &&
	    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG |
	    OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS,
	    NULL) == 1 && RAND_bytes(&seed, 1) == 1 ? 0 : -1;
}

static int
give_up_rights(void)
{
	const int keep[] = { VTLS_PLAIN, VTLS_PARENT, VTLS_ROOT },
	    stay[] = { VTLS_PLAIN, VTLS_PARENT };
	struct err err;

	confine_fds(keep, geteuid() == 0 ? 3 : 2);
	if (confine_to(VTLS_ROOT, 0, &err) == -1) {
		fprintf(stderr, "vtls: cannot give up rights: %s\n", err.text);
		return -1;
	}
	confine_fds(stay, 2);
	return 0;
}

static SSL_CTX *
make_context(struct identity *id)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL)
		return NULL;
	/* One connection is all: nothing is resumed.  Where the client stops
	 * without a close_notify, POP3 itself tells that QUIT is missing. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
	    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_cert_cb(ctx, identity_choose, id);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, CIPHERS) != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 0) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static SSL *
make_session(SSL_CTX *ctx)
{
	SSL *ssl = SSL_new(ctx);

	if (ssl == NULL || SSL_set_rfd(ssl, STDIN_FILENO) != 1 ||
	    SSL_set_wfd(ssl, STDOUT_FILENO) != 1 ||
	    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK) == -1 ||
	    fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK) == -1)
		return NULL;
	return ssl;
}

/* --- the handshake ---------------------------------------------------- */

/* What went wrong, in OpenSSL's words, where nobody has said it already. */
static void
explain(struct identity *id)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_reason_error_string(code);

	if (id->told.text[0] != '\0')
		return;
	if (reason == NULL)
		reason = code == 0 ? "the client went away" : "unknown";
	snprintf(id->told.text, sizeof id->told.text, "%s", reason);
}

/* Until the client can go on.  -1: the parent, which gives us no more time, has
 * closed its end. */
static int
wait_for_client(int why)
{
	bool reads = why == SSL_ERROR_WANT_READ;
	struct pollfd polls[] = {
		{ .fd = reads ? STDIN_FILENO : STDOUT_FILENO,
		  .events = reads ? POLLIN : POLLOUT },
		{ .fd = VTLS_PARENT, .events = POLLIN },
	};

	if (poll(polls, 2, -1) == -1)
		return errno == EINTR ? 0 : -1;
	return polls[1].revents == 0 ? 0 : -1;
}

static int
shake_hands(SSL *ssl, struct identity *id)
{
	for (;;) {
		ERR_clear_error();
		int n = SSL_accept(ssl);
		if (n == 1)
			return 0;
		int why = SSL_get_error(ssl, n);
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
			explain(id);
			return -1;
		}
		if (wait_for_client(why) == -1)
			return -1;
	}
}

static int
begin(SSL *ssl, struct identity *id)
{
	int done = shake_hands(ssl, id);

	identity_note_name(id, ssl);
	id->told.word = done == 0 ? VTLS_SPEAKS : VTLS_FAILED;
	if (done == 0)
		snprintf(id->told.protocol, sizeof id->told.protocol, "%s",
		    SSL_get_version(ssl));
	/* it was needed for the handshake alone */
	SSL_certs_clear(ssl);
	return packet_send(id->parent, &id->told, sizeof id->told) == -1 ? -1 :
	    done;
}

int
main(int argc, char **argv)
{
	struct identity id = { .parent = VTLS_PARENT };
	uint64_t idle_ms;

	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);
	if (argc != 2 || slice_number(slice_of(argv[1]), INT32_MAX,
	    &idle_ms) == -1)
		return EX_USAGE;
	if (load_library() == -1 || give_up_rights() == -1)
		return EX_TEMPFAIL;
	SSL_CTX *ctx = make_context(&id);
	SSL *ssl = ctx != NULL ? make_session(ctx) : NULL;
	if (ssl == NULL)
		return EX_TEMPFAIL;
	if (begin(ssl, &id) == 0)
		pump_run(ssl, VTLS_PLAIN, (int64_t)idle_ms);
	return 0;
}
