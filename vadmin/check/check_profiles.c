/* check_profiles.c: findings in the profiles of accounts. */
#include <string.h>

#include "account.h"
#include "address.h"
#include "alias_places.h"
#include "check.h"
#include "fd.h"
#include "profile_file.h"
#include "scope.h"

struct profile_check {
	struct check		*check;
	const struct domain	*domain;
};

static bool
is_of_domain(const struct domain *domain, struct pool *pool, const char *text,
    struct address *out)
{
	const char *real;
	struct err unused;

	return address_parse(pool, slice_of(text), out, &unused) == 0 &&
	    domain_real_name(domain->in, pool, slice_of(out->domain), &real,
	    &unused) == 0 && strcmp(real, domain->name) == 0;
}

static void
check_addresses(const struct profile_check *all, const char *account,
    const struct profile *profile)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct domain *domain = all->domain;
	struct address address;
	struct alias_entry *unused;
	struct err err;

	if (profile->address[0] != '\0' &&
	    !is_of_domain(domain, &pool, profile->address, &address))
		finding(&all->check->found, domain->name,
		    "%s.profile: address: '%s' is not of this domain, and not "
		    "used: 'vadmin user set %s@%s address=...'", account,
		    profile->address, account, domain->name);
	if (profile->alternative[0] == '\0')
		return;
	bool ours = is_of_domain(domain, &pool, profile->alternative, &address);
	if (ours && alias_places_find(domain, &pool, address.local, &unused,
	    &err) == 0)
		return;
	if (ours && err.kind != ERR_ABSENT)
		finding_unseen(&all->check->found, domain->name, &err);
	else
		finding(&all->check->found, domain->name,
		    "%s.profile: alternative-address: %s has no alias for it "
		    "any more: 'vadmin user set %s@%s "
		    "alternative-address=...'", account, domain->name, account,
		    domain->name);
}

static void
check_profile(void *arg, int files, struct slice name)
{
	const struct profile_check *all = arg;
	const struct domain *domain = all->domain;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = -1;
	const char *account = pool_dup(&pool, name);
	struct account *unused;
	struct profile profile;
	struct err err;

	int got = account_find(domain, &pool, name, &unused, &err);
	if (got == -1 && err.kind == ERR_ABSENT) {
		finding(&all->check->found, domain->name,
		    "files/%s/%s.profile: there is no account '%s': take the "
		    "file away", domain->name, account, account);
		return;
	}
	if (got == -1)
		finding_unseen(&all->check->found, domain->name, &err);
	got = profile_open(domain, files, account, &fd, &err);
	if (got == 0)
		finding(&all->check->found, domain->name,
		    "files/%s/%s.profile: not root's or the owner's, or no "
		    "plain file with one name: it does not count", domain->name,
		    account);
	else if (got == -1 || profile_read(fd, pool_format(&pool,
	    "files/%s/%s.profile", domain->name, account), &pool, &profile,
	    &err) == -1)
		finding(&all->check->found, domain->name,
		    "%s: nothing of the file counts, mend it", err.text);
	else
		check_addresses(all, account, &profile);
}

void
check_profiles(struct check *check, const struct domain *domain)
{
	struct profile_check all = { check, domain };
	struct err err;

	if (profile_file_each(domain, check_profile, &all, &err) == -1)
		finding(&check->found, domain->name, "%s", err.text);
}
