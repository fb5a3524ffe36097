/* proxy_fuzz.c: what a proxy in front of us can send. */
#include "fuzz.h"

#include <netinet/in.h>
#include <string.h>

#include "proxy.h"
#include "scope.h"

static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";

static bool
is_address(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET || a->ss_family == AF_INET6;
}

static void
parse(struct slice header)
{
	struct proxy proxy, longer;
	struct address_text text;
	size_t length = 0;
	struct err err = { 0 };

	int got = proxy_parse(header, &proxy, &err);
	promise((got == -1) == (err.kind != 0), "what is wrong is said");
	promise(got == 0 || !proxy.has_addresses, "nothing of it is believed");
	if (got == -1)
		return;
	promise(header.len >= PROXY_FIRST && header.len <= PROXY_MAX &&
	    memcmp(header.p, signature, 12) == 0 &&
	    proxy_length(header.p, &length, &err) == 0 && length == header.len,
	    "a header is whole, and no more than that");
	if (!proxy.has_addresses)
		return;
	promise(is_address(&proxy.peer) && is_address(&proxy.local),
	    "addresses are addresses");
	sa_family_t family = proxy.peer.ss_family;
	address_to_text(&proxy.peer, &text);
	promise(strcmp(text.text, "-") != 0, "they can be told");
	promise(address_unmap(&proxy.peer) == (proxy.peer.ss_family == AF_INET ?
	    sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6)) &&
	    proxy.peer.ss_family == family,
	    "they are of their own family");
	SCOPED(drop_str) struct str more = { 0 };
	str_addslice(&more, header);
	if (header.len + 1 > PROXY_MAX)
		return;
	str_addc(&more, 'x');
	more.s[14] = (char)((header.len + 1 - PROXY_FIRST) >> 8);
	more.s[15] = (char)(header.len + 1 - PROXY_FIRST);
	promise(proxy_parse(str_slice(&more), &longer, &err) == 0 &&
	    memcmp(&longer, &proxy, sizeof proxy) == 0,
	    "what follows the addresses changes nothing");
}

void
fuzz(struct slice input)
{
	SCOPED(drop_str) struct str header = { 0 };

	parse(input);
	/* the same behind a beginning that is right */
	str_add(&header, signature, 12);
	str_addslice(&header, input);
	if (header.len >= PROXY_FIRST && header.len <= PROXY_MAX) {
		header.s[14] = (char)((header.len - PROXY_FIRST) >> 8);
		header.s[15] = (char)(header.len - PROXY_FIRST);
	}
	parse(str_slice(&header));
}
