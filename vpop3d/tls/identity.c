/* identity.c: who the server is: the certificate for one handshake. */
#include "identity.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "fd.h"
#include "file.h"
#include "packet.h"
#include "scope.h"

enum {
	ANSWER_MS = 30000,		/* the parent opens two files */
	FILE_MAX = 256 * 1024,
};

static void
drop_bio(BIO **bio)
{
	BIO_free(*bio);
}

static void
drop_x509(X509 **certificate)
{
	X509_free(*certificate);
}

static void
drop_chain(STACK_OF(X509) **chain)
{
	sk_X509_pop_free(*chain, X509_free);
}

static void
drop_key(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

/* 0, for OpenSSL: it failed. */
static int
fail(struct identity *id, enum vtls_fault fault, const char *text)
{
	id->told.fault = fault;
	snprintf(id->told.text, sizeof id->told.text, "%s", text);
	return 0;
}

/* One answer of the parent: an open file. */
static int
receive(struct identity *id, bool is_key, int *fd)
{
	struct vtls_file file;

	if (packet_receive_fd(id->parent, &file, sizeof file, fd,
	    deadline_in(ANSWER_MS)) == -1 || file.is_key != is_key)
		return fail(id, VTLS_FAULT_CLIENT, "no answer");
	return *fd != -1 ? 1 : fail(id, VTLS_FAULT_CLIENT,
	    "there is no certificate");
}

static int
read_file(struct identity *id, bool is_key, int fd, struct str *text)
{
	struct err err;

	/* it does not move while it grows: a copy would stay behind */
	str_room(text, FILE_MAX + 65536);
	if (file_read(fd, FILE_MAX, text, &err) == 0)
		return 1;
	return fail(id, is_key ? VTLS_FAULT_KEY : VTLS_FAULT_CERTIFICATE,
	    err.text);
}

/* Nobody is here who could type one. */
static int
no_passphrase(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static int
parse_chain(const struct str *text, X509 **own, STACK_OF(X509) *chain)
{
	SCOPED(drop_bio) BIO *bio = BIO_new_mem_buf(text->s, (int)text->len);
	X509 *next;

	*own = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	if (*own == NULL)
		return 0;
	while ((next = PEM_read_bio_X509(bio, NULL, no_passphrase,
	    NULL)) != NULL)
		if (sk_X509_push(chain, next) == 0)
			return 0;
	/* the end of the file is where no further one begins */
	ERR_clear_error();
	return 1;
}

static EVP_PKEY *
parse_key(const struct str *text)
{
	SCOPED(drop_bio) BIO *bio = BIO_new_mem_buf(text->s, (int)text->len);

	return PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
}

static int
use(struct identity *id, SSL *ssl, const struct str *certificate,
    const struct str *secret)
{
	SCOPED(drop_x509) X509 *own = NULL;
	SCOPED(drop_chain) STACK_OF(X509) *chain = sk_X509_new_null();
	SCOPED(drop_key) EVP_PKEY *key = NULL;

	if (!parse_chain(certificate, &own, chain))
		return fail(id, VTLS_FAULT_CERTIFICATE,
		    "no certificate (PEM) is in it");
	key = parse_key(secret);
	if (key == NULL)
		return fail(id, VTLS_FAULT_KEY, "no private key (PEM, without "
		    "passphrase) is in it");
	if (X509_check_private_key(own, key) != 1)
		return fail(id, VTLS_FAULT_KEY,
		    "the key is not the certificate's");
	if (SSL_use_cert_and_key(ssl, own, key, chain, 1) != 1)
		return fail(id, VTLS_FAULT_CERTIFICATE,
		    "OpenSSL refuses the certificate: is its key too short?");
	return 1;
}

/* "": the client gave none. */
static const char *
server_name(SSL *ssl)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	return name != NULL ? name : "";
}

void
identity_note_name(struct identity *id, SSL *ssl)
{
	if (!id->is_chosen)
		snprintf(id->told.server_name, sizeof id->told.server_name,
		    "%s", server_name(ssl));
}

/* Else the domain would be the second name's, and the certificate the first
 * one's. */
static int
keep(struct identity *id, SSL *ssl)
{
	return strcmp(server_name(ssl), id->told.server_name) == 0 ? 1 :
	    fail(id, VTLS_FAULT_CLIENT,
	    "the second ClientHello names another server");
}

int
identity_choose(SSL *ssl, void *arg)
{
	struct identity *id = arg;
	SCOPED(drop_str) struct str certificate = { 0 };
	SCOPED(drop_secret) struct str key = { 0 };
	SCOPED(drop_fd) int fd = -1, key_fd = -1;

	if (id->is_chosen)
		return keep(id, ssl);
	identity_note_name(id, ssl);
	id->told.word = VTLS_ASKS;
	if (packet_send(id->parent, &id->told, sizeof id->told) == -1)
		return fail(id, VTLS_FAULT_CLIENT, "nobody to ask");
	/* both, before either is looked at: what is left unread when we end
	 * would reach the parent before our last words */
	id->is_chosen = receive(id, false, &fd) &&
	    receive(id, true, &key_fd) &&
	    read_file(id, false, fd, &certificate) &&
	    read_file(id, true, key_fd, &key) &&
	    use(id, ssl, &certificate, &key);
	return id->is_chosen;
}
