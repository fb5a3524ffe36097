/* principal.c: who calls, and what is his. */
#include "principal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "principal_named.h"

const char *
caller_class(enum caller caller)
{
	static const char *const names[CALLERS] = {
		[CALLER_ROOT] = "root or the installation's owner",
		[CALLER_GLOBAL] = "global administrators",
		[CALLER_DOMAIN] = "administrators of a domain",
		[CALLER_ACCOUNT] = "account holders",
		[CALLER_ANYBODY] = "everybody",
	};

	return names[caller];
}

bool
principal_has(const struct principal *principal, const char *domain)
{
	if (principal->caller <= CALLER_GLOBAL)
		return true;
	for (size_t i = 0; i < principal->domain_count; i++)
		if (strcmp(principal->domains[i], domain) == 0)
			return true;
	return false;
}

/* Anybody can set it; it is written down, and believed in nothing. */
static const char *
sudo_user(struct pool *pool)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	enum { USER_MAX = 64 };
	const char *user = getenv("SUDO_USER");

	if (user == NULL || user[0] == '\0' || strlen(user) > USER_MAX ||
	    user[strspn(user, letters)] != '\0')
		return NULL;
	return pool_dup(pool, slice_of(user));
}

static void
real_caller(const struct installation *in, struct pool *pool,
    struct principal *out)
{
	uid_t uid = getuid();
	bool rules = in->as_root || (in->owner != 0 && in->owner == uid);

	*out = (struct principal){
		.caller = rules ? CALLER_ROOT : CALLER_ANYBODY,
		.name = uid == 0 ? "root" : pool_format(pool, "uid %u",
		    (unsigned)uid),
	};
}

int
principal_find(const struct installation *in, const char *as,
    struct pool *pool, struct principal *out, struct err *err)
{
	struct principal found = { 0 };

	real_caller(in, pool, &found);
	if (as != NULL && found.caller != CALLER_ROOT)
		return err_set(err, ERR_REFUSED, "--as gives rights up, and %s "
		    "has none here: call it as root, or through sudo",
		    found.name);
	if (as != NULL && principal_named(in, as, pool, &found, err) == -1)
		return err_within(err, "--as");
	found.person = sudo_user(pool);
	*out = found;
	return 0;
}
