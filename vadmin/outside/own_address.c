/* own_address.c: which addresses this machine has. */
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "connection.h"
#include "look.h"
#include "scope.h"

static bool
same_four(const struct ifaddrs *i, const struct sockaddr_in *wanted)
{
	struct sockaddr_in own, mask;

	memcpy(&own, i->ifa_addr, sizeof own);
	if (own.sin_addr.s_addr == wanted->sin_addr.s_addr)
		return true;
	/* all of the loopback's network is this machine */
	if (!(i->ifa_flags & IFF_LOOPBACK) || i->ifa_netmask == NULL)
		return false;
	memcpy(&mask, i->ifa_netmask, sizeof mask);
	return ((own.sin_addr.s_addr ^ wanted->sin_addr.s_addr) &
	    mask.sin_addr.s_addr) == 0;
}

static bool
same_address(const struct ifaddrs *i, const struct sockaddr_storage *wanted)
{
	if (i->ifa_addr == NULL || i->ifa_addr->sa_family != wanted->ss_family)
		return false;
	if (wanted->ss_family == AF_INET)
		return same_four(i, (const struct sockaddr_in *)wanted);
	struct sockaddr_in6 own;
	memcpy(&own, i->ifa_addr, sizeof own);
	return memcmp(&own.sin6_addr,
	    &((const struct sockaddr_in6 *)wanted)->sin6_addr,
	    sizeof own.sin6_addr) == 0;
}

static void
drop_ifaddrs(struct ifaddrs **all)
{
	if (*all != NULL)
		freeifaddrs(*all);
}

bool
look_is_here(const struct sockaddr_storage *address)
{
	SCOPED(drop_ifaddrs) struct ifaddrs *all = NULL;

	if (getifaddrs(&all) == -1)
		return false;
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next)
		if (same_address(i, address))
			return true;
	return false;
}

const char *
look_own_address(struct look *look)
{
	SCOPED(drop_ifaddrs) struct ifaddrs *all = NULL;
	struct sockaddr_storage own = { 0 };
	struct address_text text;

	if (getifaddrs(&all) == -1)
		return "ADDRESS";
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr == NULL || (i->ifa_flags & IFF_LOOPBACK) ||
		    i->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&own, i->ifa_addr, sizeof(struct sockaddr_in));
		address_to_text(&own, &text);
		return pool_dup(&look->pool, slice_of(text.text));
	}
	return "ADDRESS";
}
