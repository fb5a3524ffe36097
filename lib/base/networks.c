/* networks.c: lists of addresses and networks. */
#include "networks.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

struct net {
	sa_family_t	family;
	unsigned char	bytes[16];
	unsigned	bits;
};

static size_t
bits_of(sa_family_t family)
{
	return family == AF_INET ? 32 : 128;
}

static bool
read_net(struct slice word, struct net *out)
{
	char text[INET6_ADDRSTRLEN + 1] = "";
	struct slice rest = word, address = { 0 };
	uint64_t bits;

	*out = (struct net){ .family = AF_INET };
	slice_cut(&rest, '/', &address);
	if (address.len >= sizeof text || slice_has(address, '\0'))
		return false;
	if (address.len > 0)
		memcpy(text, address.p, address.len);
	if (inet_pton(AF_INET, text, out->bytes) != 1) {
		out->family = AF_INET6;
		if (inet_pton(AF_INET6, text, out->bytes) != 1)
			return false;
	}
	out->bits = (unsigned)bits_of(out->family);
	if (rest.p == NULL)
		return true;
	if (slice_number(rest, out->bits, &bits) == -1)
		return false;
	out->bits = (unsigned)bits;
	return true;
}

bool
networks_can_have(struct slice word)
{
	struct net net;

	return read_net(word, &net);
}

static bool
is_in(const struct net *net, sa_family_t family, const unsigned char *bytes)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	if (net->family != family || memcmp(net->bytes, bytes, whole) != 0)
		return false;
	return rest == 0 || (net->bytes[whole] ^ bytes[whole]) >>
	    (8 - rest) == 0;
}

bool
networks_have(const char *const *list, size_t count,
    const struct sockaddr_storage *address)
{
	unsigned char bytes[16] = { 0 };
	struct net net;

	if (address->ss_family == AF_INET)
		memcpy(bytes, &((const struct sockaddr_in *)(
		    const void *)address)->sin_addr, 4);
	else if (address->ss_family == AF_INET6)
		memcpy(bytes, &((const struct sockaddr_in6 *)(
		    const void *)address)->sin6_addr, 16);
	else
		return false;
	for (size_t i = 0; i < count; i++)
		if (read_net(slice_of(list[i]), &net) &&
		    is_in(&net, address->ss_family, bytes))
			return true;
	return false;
}
