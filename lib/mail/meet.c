/* meet.c: what a name is by itself: an account, its full name, an
 * autoresponder. */
#include "resolver.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "name.h"

/* --- the account of a name --------------------------------------------- */

bool
meet_account(struct resolver *r, const struct context *c, struct slice name,
    const char *how)
{
	struct account *account;
	struct err err;

	if (account_find(c->domain, &r->plan->pool, name, &account,
	    &err) == 0) {
		reach_account(r, *c, account, how);
		return true;
	}
	if (err.kind == ERR_ABSENT)
		return false;
	reach_failure(r, *c, "account", outcome_from_err(&err));
	return true;
}

bool
meet_full_name(struct resolver *r, const struct context *c, struct slice name)
{
	struct account *account;
	struct err err;
	bool several;

	if (!c->domain->conf.match_full_name)
		return false;
	if (account_find_full_name(c->domain, &r->plan->pool, name, &account,
	    &several, &err) == 0) {
		reach_account(r, *c, account, "full name");
		return true;
	}
	if (err.kind != ERR_ABSENT) {
		reach_failure(r, *c, "full name", outcome_from_err(&err));
		return true;
	}
	if (several)
		plan_warn(r->plan, "%s: several accounts have this full name: "
		    "none gets the mail", reach_address(r, c));
	return false;
}

struct slice
meet_without_extension(const struct resolver *r, struct slice name)
{
	const char *delimiter = r->in->conf.recipient_delimiter;
	size_t n = 0;

	while (n < name.len && strchr(delimiter, name.p[n]) == NULL)
		n++;
	return n > 0 ? (struct slice){ name.p, n } : name;
}

bool
meet_mailbox(struct resolver *r, const struct context *c, struct slice name,
    const char *how)
{
	struct slice user = meet_without_extension(r, name);

	return meet_account(r, c, name, how) || meet_full_name(r, c, name) ||
	    (user.len < name.len &&
	    (meet_account(r, c, user, how) || meet_full_name(r, c, user)));
}

/* --- autoresponders ---------------------------------------------------- */

/* files/D/NAME.auto, as spelt or in lower case.  1: *path is it, 0: there is
 * none, -1: it cannot be told. */
static int
find_auto(struct resolver *r, const struct domain *domain, struct slice name,
    const char **path, struct err *err)
{
	struct pool *pool = &r->plan->pool;
	const char *spool = installation_path(r->in, pool, r->in->conf.spool);
	const char *spelling[] = { pool_dup(pool, name),
	    pool_lower(pool, name) };
	struct stat st;

	if (!name_is_account(name))
		return 0;
	for (int i = 0; i < (strcmp(spelling[0], spelling[1]) == 0 ? 1 : 2);
	    i++) {
		*path = pool_format(pool, "%s/files/%s/%s.auto", spool,
		    domain->name, spelling[i]);
		if (stat(*path, &st) == 0)
			return 1;
		if (errno != ENOENT && errno != ENOTDIR)
			return err_sys(err, "%s", *path);
	}
	return 0;
}

bool
meet_auto(struct resolver *r, const struct context *c, struct slice name)
{
	const char *path;
	struct err err;

	int got = find_auto(r, c->domain, name, &path, &err);
	if (got == 1)
		reach_auto(r, c, path);
	if (got == -1)
		reach_failure(r, *c, "autoresponder", outcome_from_err(&err));
	return got != 0;
}
