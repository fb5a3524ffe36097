/* check_grants.c: findings in grants.D. */
#include "account.h"
#include "check.h"
#include "fd.h"
#include "grant_file.h"
#include "repairs.h"
#include "scope.h"

struct grants_check {
	struct check		*check;
	const struct domain	*domain;
};

static void
check_name(const struct grants_check *all, struct slice name, const char *file,
    unsigned number)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct account *account;
	struct err err;

	if (account_find(all->domain, &pool, name, &account, &err) == 0)
		return;
	if (err.kind != ERR_ABSENT)
		finding_unseen(&all->check->found, all->domain->name, &err);
	else if (finding_to_repair(&all->check->found, all->domain->name,
	    "%s:%u: there is no account '%.*s': take the line out before there "
	    "is one again", file, number, (int)name.len, name.p))
		finding_repaired(&all->check->found, repair_grants(all->domain,
		    pool_dup(&pool, name), &err), &err);
}

static void
check_line(void *arg, const struct grant_line *line, const char *file,
    unsigned number, const char *wrong)
{
	const struct grants_check *all = arg;

	if (wrong != NULL) {
		finding(&all->check->found, all->domain->name,
		    "%s:%u: %s: the line does not count, mend it", file,
		    number, wrong);
		return;
	}
	check_name(all, line->owner, file, number);
	check_name(all, line->who, file, number);
}

void
check_grants(struct check *check, const struct domain *domain)
{
	struct grants_check all = { check, domain };
	struct pool *pool = &check->call->pool;
	SCOPED(drop_fd) int fd = -1;
	struct err err;

	if (installation_file(domain->in, pool_format(pool, "grants.%s",
	    domain->name), &fd, &err) == -1) {
		if (err.kind != ERR_ABSENT)
			finding(&check->found, domain->name,
			    "%s: nobody may open another's inbox", err.text);
		return;
	}
	if (grant_file_each(domain, pool, check_line, &all, &err) == -1)
		finding(&check->found, domain->name, "%s", err.text);
}
