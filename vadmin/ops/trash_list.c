/* trash_list.c: what is in the trash, for who completes its names. */
#include "domain.h"
#include "domain_trash.h"
#include "ops.h"
#include "output.h"
#include "scope.h"
#include "trash_record.h"

static const char *const heads[] = { "NAME", NULL };

struct listing {
	struct call	*call;
	const char	*domain;
	struct sheet	 sheet;
};

static void
list_account(void *arg, struct slice account, struct slice stamp)
{
	struct listing *listing = arg;

	(void)stamp;
	sheet_addf(&listing->sheet, "%.*s@%s", (int)account.len, account.p,
	    listing->domain);
}

/* Of a broken domain nothing can be restored. */
static int
list_accounts(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct listing *listing = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain;

	listing->domain = name;
	if (!is_alias && domain_open(&listing->call->in, &pool, slice_of(name),
	    &domain, err) == 0)
		trash_record_each(domain, list_account, listing, err);
	return 0;
}

static void
list_domain(void *arg, struct slice name, struct slice stamp)
{
	struct listing *listing = arg;

	(void)stamp;
	sheet_add(&listing->sheet, name);
}

int
trash_accounts(struct call *call, struct err *err)
{
	SCOPED(drop_pool) struct pool names = { 0 };
	struct listing listing = { .call = call, .sheet = { .heads = heads } };
	int done = domain_each(&call->in, &names, list_accounts, &listing, err);

	if (done == 0)
		sheet_print(&listing.sheet);
	drop_sheet(&listing.sheet);
	return done;
}

int
trash_domains(struct call *call, struct err *err)
{
	struct listing listing = { .call = call, .sheet = { .heads = heads } };
	int done = domain_trash_each(&call->in, list_domain, &listing, err);

	if (done == 0)
		sheet_print(&listing.sheet);
	drop_sheet(&listing.sheet);
	return done;
}
