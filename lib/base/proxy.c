/* proxy.c: the PROXY protocol, version 2. */
#include "proxy.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "confine.h"
#include "fd.h"
#include "scope.h"

/* --- the header ---------------------------------------------------------- */

static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
enum { SIGNATURE = sizeof signature - 1 };
static_assert(SIGNATURE == 12, "as the protocol has it");

enum { VERSION_COMMAND = SIGNATURE, FAMILY, LENGTH };
enum { LOCAL = 0x20, PROXY = 0x21, TCP4 = 0x11, TCP6 = 0x21 };

int
proxy_length(const char first[PROXY_FIRST], size_t *length, struct err *err)
{
	size_t rest = (size_t)(unsigned char)first[LENGTH] << 8 |
	    (unsigned char)first[LENGTH + 1];

	if (memcmp(first, signature, SIGNATURE) != 0)
		return err_set(err, ERR_INVALID,
		    "no PROXY header of version 2");
	if (rest > PROXY_MAX - PROXY_FIRST)
		return err_set(err, ERR_INVALID, "a PROXY header of %zu bytes",
		    rest + PROXY_FIRST);
	*length = PROXY_FIRST + rest;
	return 0;
}

/* Addresses of both ends, then ports of both ends. */
static void
read_four(const char *p, struct proxy *out)
{
	struct sockaddr_in peer = { .sin_family = AF_INET }, local = peer;

	memcpy(&peer.sin_addr, p, 4);
	memcpy(&local.sin_addr, p + 4, 4);
	memcpy(&peer.sin_port, p + 8, 2);
	memcpy(&local.sin_port, p + 10, 2);
	memcpy(&out->peer, &peer, sizeof peer);
	memcpy(&out->local, &local, sizeof local);
}

static void
read_six(const char *p, struct proxy *out)
{
	struct sockaddr_in6 peer = { .sin6_family = AF_INET6 }, local = peer;

	memcpy(&peer.sin6_addr, p, 16);
	memcpy(&local.sin6_addr, p + 16, 16);
	memcpy(&peer.sin6_port, p + 32, 2);
	memcpy(&local.sin6_port, p + 34, 2);
	memcpy(&out->peer, &peer, sizeof peer);
	memcpy(&out->local, &local, sizeof local);
}

static const struct family {
	unsigned char	code;
	size_t		size;
	void		(*read)(const char *p, struct proxy *out);
} families[] = {
	{ TCP4, 12, read_four },
	{ TCP6, 36, read_six },
	{ 0 }
};

/* What follows the addresses may say more, which nobody here needs. */
int
proxy_parse(struct slice header, struct proxy *out, struct err *err)
{
	struct slice rest = slice_from(header, PROXY_FIRST);
	const struct family *family = families;
	size_t length;

	*out = (struct proxy){ 0 };
	if (header.len < PROXY_FIRST ||
	    proxy_length(header.p, &length, err) == -1 || length != header.len)
		return err_set(err, ERR_INVALID, "no whole PROXY header");
	unsigned char command = (unsigned char)header.p[VERSION_COMMAND];
	if (command == LOCAL)
		return 0;
	if (command != PROXY)
		return err_set(err, ERR_INVALID,
		    "PROXY version and command 0x%02x", command);
	unsigned char code = (unsigned char)header.p[FAMILY];
	while (family->read != NULL && family->code != code)
		family++;
	if (family->read == NULL)
		return 0;
	if (rest.len < family->size)
		return err_set(err, ERR_INVALID,
		    "a PROXY header without whole addresses");
	family->read(rest.p, out);
	address_unmap(&out->peer);
	address_unmap(&out->local);
	out->has_addresses = true;
	return 0;
}

/* --- taking it ----------------------------------------------------------- */

/* What the process that reads tells the one that asks. */
struct told {
	struct proxy	proxy;
	struct err	err;
};

static int
read_header(char header[PROXY_MAX], size_t *length, struct err *err)
{
	if (fd_read(STDIN_FILENO, header, PROXY_FIRST) != PROXY_FIRST)
		return err_set(err, ERR_INVALID, "no PROXY header");
	if (proxy_length(header, length, err) == -1)
		return -1;
	size_t rest = *length - PROXY_FIRST;
	if (fd_read(STDIN_FILENO, header + PROXY_FIRST, rest) !=
	    (ssize_t)rest)
		return err_set(err, ERR_INVALID, "no whole PROXY header");
	return 0;
}

static int
ask(const void *question, struct str *answer)
{
	char header[PROXY_MAX];
	struct told told = { 0 };
	size_t length;

	(void)question;
	if (read_header(header, &length, &told.err) == 0)
		(void)proxy_parse((struct slice){ header, length },
		    &told.proxy, &told.err);
	str_add(answer, &told, sizeof told);
	return 0;
}

static bool
is_address(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET || address->ss_family == AF_INET6;
}

int
proxy_take_header(struct connection *c, struct deadline d, struct err *err)
{
	SCOPED(drop_str) struct str answer = { 0 };
	struct told told;

	if (confine_ask(ask, NULL, d, &answer, err) == -1 ||
	    answer.len != sizeof told)
		return err_set(err, ERR_TEMPORARY, "no PROXY header in time");
	memcpy(&told, answer.s, sizeof told);
	told.err.text[sizeof told.err.text - 1] = '\0';
	if (told.err.kind != 0)
		return err_set(err, ERR_INVALID, "%s", told.err.text);
	c->proxy_text = c->peer_text;
	if (!told.proxy.has_addresses || !is_address(&told.proxy.peer) ||
	    !is_address(&told.proxy.local))
		return 0;
	c->peer = told.proxy.peer;
	c->local = told.proxy.local;
	c->local_len = address_unmap(&c->local);
	address_to_text(&c->peer, &c->peer_text);
	address_to_text(&c->local, &c->local_text);
	return 0;
}
