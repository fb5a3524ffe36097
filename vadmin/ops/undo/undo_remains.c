/* undo_remains.c: what a rename, or the return of a domain, that is taken back
 * would leave behind. */
#include "undo_remains.h"

#include <string.h>

#include "account.h"
#include "domain_inboxes.h"
#include "domain_rename.h"
#include "domain_set.h"
#include "link_file.h"
#include "scope.h"
#include "user_rename.h"

/* A name that is no domain's, or no account's, any more. */
struct gone {
	struct call		*call;
	const struct chain	*chain;
	const struct rehearsal	*rehearsal;
	const char		*name;
	/* the one that has its things now; or NULL */
	const char		*heir;
};

static int
came_since(const struct gone *g, const char *path, struct err *err)
{
	return err_set(err, ERR_REFUSED, "%s came since, or names %s, which "
	    "would be nobody's", path, g->name);
}

/* Whatever would still change has the name. */
static int
check_rest(const struct gone *g, size_t before, int done, struct err *err)
{
	if (done == -1)
		return -1;
	return g->rehearsal->count == before ? 0 :
	    came_since(g, g->rehearsal->last, err);
}

/* --- a domain ------------------------------------------------------------ */

static int
look_at_link(void *arg, const char *name, bool is_alias, struct err *err)
{
	const struct gone *g = arg;
	const struct installation *in = &g->call->in;
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *file = pool_format(&pool, "domain.%s", name);

	return is_alias && link_file_is(in, file, pool_format(&pool,
	    "domain.%s", g->name)) ? came_since(g, pool_format(&pool, "%s/%s",
	    in->path, file), err) : 0;
}

static int
look_at_files(struct gone *g, struct err *err)
{
	const struct installation *in = &g->call->in;
	struct pool *pool = &g->call->pool;
	const char **kinds;
	ptrdiff_t count = domain_set_kinds(in, pool, g->name, &kinds, err);

	return count <= 0 ? (int)count : came_since(g, pool_format(pool,
	    "%s/%s.%s", in->path, kinds[0], g->name), err);
}

/* It is back, and what it had of a directory that others use, too, may be theirs
 * by now. */
static int
check_back(struct gone *g, struct err *err)
{
	struct domain *domain;
	struct err unused;
	int done = domain_open(&g->call->in, &g->call->pool, slice_of(g->name),
	    &domain, &unused) == -1 ? 0 : domain_inboxes_check(&g->call->in,
	    domain, err);

	if (done == -1 && err->kind == ERR_EXISTS)
		err->kind = ERR_REFUSED;
	return done;
}

/* All that names it elsewhere, as if it were renamed. */
static int
look_elsewhere(struct gone *g, struct err *err)
{
	struct call call = *g->call;
	struct pool *pool = &g->call->pool;
	const char *homes = installation_path(&call.in, pool,
	    call.in.conf.homes);
	struct domain_rename r = { .call = &call, .from = g->name,
	    .to = g->heir,
	    .homes_from = pool_format(pool, "%s/%s/", homes, g->name),
	    .homes_to = pool_format(pool, "%s/%s/", homes, g->heir) };
	size_t before = g->rehearsal->count;

	/* What vmail.conf says is a step like others; this is what it said. */
	call.in.main_domain = "";
	return check_rest(g, before, domain_open(&call.in, pool,
	    slice_of(g->heir), &r.domain, err) == -1 ||
	    domain_rename_homes_in(&r, call.in.dir, pool_format(pool,
	    "passwd.%s", g->heir), "", err) == -1 ||
	    domain_rename_others(&r, err) == -1 ? -1 : 0, err);
}

static int
check_domain(struct gone *g, struct err *err)
{
	SCOPED(drop_pool) struct pool names = { 0 };
	const char *real;
	struct err unused;
	bool known = domain_real_name(&g->call->in, &g->call->pool,
	    slice_of(g->name), &real, &unused) == 0;

	if (g->name[0] == '\0')
		return 0;
	if (known && strcmp(real, g->name) == 0)
		return strcmp(g->chain->operation, "domain rename") == 0 ? 0 :
		    check_back(g, err);
	if (look_at_files(g, err) == -1)
		return -1;
	if (known)
		return 0;	/* it has become a domain alias */
	if (domain_each(&g->call->in, &names, look_at_link, g, err) == -1)
		return -1;
	return strcmp(g->chain->operation, "domain rename") == 0 ?
	    look_elsewhere(g, err) : 0;
}

/* --- an account ---------------------------------------------------------- */

static int
check_account(struct gone *g, struct domain *domain, struct err *err)
{
	struct account *account;
	struct err unused;
	size_t before = g->rehearsal->count;

	if (account_find(domain, &g->call->pool, slice_of(g->name), &account,
	    &unused) == 0 || account_find(domain, &g->call->pool,
	    slice_of(g->heir), &account, &unused) == -1)
		return 0;
	return check_rest(g, before, user_rename_rest(g->call, domain,
	    g->name, g->heir, err), err);
}

int
undo_remains(struct call *call, const struct chain *chain,
    const struct rehearsal *rehearsal, struct err *err)
{
	const char *name = chain->begun.name, *to = chain->begun.to,
	    *at = strchr(name, '@');
	struct gone gone[2] = {
		{ call, chain, rehearsal, name, to },
		{ call, chain, rehearsal, to, name },
	};
	struct domain *domain;

	if (at == NULL)
		return check_domain(&gone[0], err) == -1 ? -1 :
		    check_domain(&gone[1], err);
	if (domain_open(&call->in, &call->pool, slice_of(at + 1), &domain,
	    err) == -1)
		return -1;
	gone[0].name = gone[1].heir = pool_dup(&call->pool,
	    (struct slice){ name, (size_t)(at - name) });
	return check_account(&gone[0], domain, err) == -1 ? -1 :
	    check_account(&gone[1], domain, err);
}
