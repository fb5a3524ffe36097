/* vcert.c: looks at the certificate of a POP3 server, for programs that do not
 * link a TLS library: see vcert.h. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "deadline.h"
#include "dial.h"
#include "fd.h"
#include "scope.h"
#include "str.h"
#include "vcert.h"

enum { PORT = 110, PORT_TLS = 995, ALL_MS = 8000, NAMES_MAX = 1000 };

/* What goes into a line of ours: others may have chosen it. */
static void
line(const char *key, const char *value)
{
	printf("%s ", key);
	for (; *value != '\0'; value++)
		putchar((unsigned char)*value < 0x20 || *value == 0x7F ? '?' :
		    *value);
	putchar('\n');
}

static int
fault(const char *phase, const char *why)
{
	line(VCERT_PHASE, phase);
	line(VCERT_FAULT, why);
	return EX_OK;
}

/* --- the plain part of STLS ---------------------------------------------- */

/* A reply, byte by byte: what follows it is TLS. */
static int
read_reply(int fd, struct deadline d, struct str *reply, struct err *err)
{
	char c = '\0';

	str_cut(reply, 0);
	while (c != '\n') {
		ssize_t n = fd_read_by(fd, &c, 1, d, err);
		if (n == -1)
			return -1;
		if (n == 0 || reply->len > 512)
			return err_set(err, ERR_TEMPORARY, "no reply");
		str_addc(reply, c != '\0' ? c : '?');
	}
	if (slice_starts(str_slice(reply), "+OK"))
		return 0;
	str_cut(reply, strcspn(str_text(reply), "\r\n"));
	return err_set(err, ERR_REFUSED, "it says %.200s", str_text(reply));
}

static int
ask_for_tls(int fd, struct deadline d, struct err *err)
{
	SCOPED(drop_str) struct str reply = { 0 };

	if (read_reply(fd, d, &reply, err) == -1 ||
	    dial_send(fd, "STLS\r\n", 6, d, err) == -1)
		return -1;
	return read_reply(fd, d, &reply, err);
}

/* --- the certificate ----------------------------------------------------- */

static long long
seconds_of(const ASN1_TIME *time)
{
	struct tm tm = { 0 };

	return ASN1_TIME_to_tm(time, &tm) == 1 ? (long long)timegm(&tm) : 0;
}

static void
add_name(struct str *names, const ASN1_STRING *name)
{
	const unsigned char *p = ASN1_STRING_get0_data(name);
	int len = ASN1_STRING_length(name);

	if (len <= 0 || names->len > NAMES_MAX)
		return;
	if (names->len > 0)
		str_addc(names, ' ');
	for (int i = 0; i < len && i < 255; i++)
		str_addc(names, p[i] > 0x20 && p[i] < 0x7F ? (char)p[i] : '?');
}

static void
drop_names(GENERAL_NAMES **names)
{
	GENERAL_NAMES_free(*names);
}

/* Those that count; where there are none, the one that once did. */
static void
add_names(struct str *out, const X509 *certificate)
{
	SCOPED(drop_names) GENERAL_NAMES *names = X509_get_ext_d2i(certificate,
	    NID_subject_alt_name, NULL, NULL);
	const X509_NAME *subject = X509_get_subject_name(certificate);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type == GEN_DNS)
			add_name(out, name->d.dNSName);
	}
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (out->len == 0 && at >= 0)
		add_name(out, X509_NAME_ENTRY_get_data(
		    X509_NAME_get_entry(subject, at)));
}

static void
tell_certificate(SSL *ssl, X509 *certificate, const char *host)
{
	SCOPED(drop_str) struct str names = { 0 };
	long verified = SSL_get_verify_result(ssl);

	add_names(&names, certificate);
	line(VCERT_PROTOCOL, SSL_get_version(ssl));
	line(VCERT_NAMES, str_text(&names));
	line(VCERT_MATCH, X509_check_host(certificate, host, 0, 0, NULL) == 1 ?
	    "yes" : "no");
	printf("%s %lld\n%s %lld\n", VCERT_FROM,
	    seconds_of(X509_get0_notBefore(certificate)), VCERT_UNTIL,
	    seconds_of(X509_get0_notAfter(certificate)));
	if (verified != X509_V_OK)
		line(VCERT_UNTRUSTED, X509_verify_cert_error_string(verified));
}

/* --- the handshake ------------------------------------------------------- */

static void
drop_ssl(SSL **ssl)
{
	SSL_free(*ssl);
}

static void
drop_ctx(SSL_CTX **ctx)
{
	SSL_CTX_free(*ctx);
}

static void
drop_certificate(X509 **certificate)
{
	X509_free(*certificate);
}

static int
shake_hands(SSL *ssl, int fd, struct deadline d, struct err *err)
{
	for (;;) {
		int got = SSL_connect(ssl), why;
		if (got == 1)
			return 0;
		why = SSL_get_error(ssl, got);
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
			const char *text =
			    ERR_reason_error_string(ERR_peek_last_error());
			return err_set(err, ERR_TEMPORARY, "%s", text != NULL ?
			    text : "the connection ends in the handshake");
		}
		if (fd_wait(fd, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT,
		    d) == -1)
			return err_sys(err, "the handshake");
	}
}

static int
look(int fd, const char *host, struct deadline d)
{
	SCOPED(drop_ctx) SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SCOPED(drop_ssl) SSL *ssl = NULL;
	SCOPED(drop_certificate) X509 *certificate = NULL;
	struct err err;

	/* What nobody trusts is looked at, too. */
	if (ctx == NULL || SSL_CTX_set_default_verify_paths(ctx) != 1 ||
	    (ssl = SSL_new(ctx)) == NULL || SSL_set_fd(ssl, fd) != 1 ||
	    SSL_set_tlsext_host_name(ssl, host) != 1)
		return EX_UNAVAILABLE;
	SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
	if (shake_hands(ssl, fd, d, &err) == -1)
		return fault(VCERT_HANDSHAKE, err.text);
	certificate = SSL_get1_peer_certificate(ssl);
	if (certificate == NULL)
		return fault(VCERT_HANDSHAKE, "it shows no certificate");
	tell_certificate(ssl, certificate, host);
	return EX_OK;
}

int
main(int argc, char **argv)
{
	struct deadline d = deadline_in(ALL_MS);
	SCOPED(drop_fd) int fd = -1;
	struct sockaddr_storage address;
	struct err err;

	if (argc != 4 || dial_address(argv[2], PORT_TLS, &address, &err) == -1)
		return EX_USAGE;
	signal(SIGPIPE, SIG_IGN);
	bool stls = strcmp(argv[1], VCERT_STLS) == 0;
	dial_set_port(&address, stls ? PORT : PORT_TLS);
	if (dial(&address, SOCK_STREAM, d, &fd, &err) == -1)
		return fault(VCERT_CONNECTION, err.text);
	if (stls && ask_for_tls(fd, d, &err) == -1)
		return fault(VCERT_HANDSHAKE, err.text);
	int status = look(fd, argv[3], d);
	return fflush(stdout) == 0 ? status : EX_IOERR;
}
