/* principal_named.c: the principal that --as names. */
#include "principal_named.h"

#include <string.h>

#include "account.h"
#include "administrators.h"
#include "domain.h"
#include "files.h"
#include "scope.h"

/* What --as is made into. */
struct search {
	const struct installation	*in;
	struct pool			*pool;
	const char			*as;		/* as it was typed */
	struct slice			 name, domain;	/* without @: empty */
	struct principal		*out;
};

static int
unknown(const struct search *s, const char *what, struct err *err)
{
	return err_set(err, ERR_ABSENT, "%.100s: there is no %s of that name",
	    s->as, what);
}

static void
add_domain(struct search *s, const char *name)
{
	pool_append(s->pool, &s->out->domains, &s->out->domain_count,
	    slice_of(name));
}

/* --- accounts ------------------------------------------------------------ */

static int
check_account(const struct search *s, const struct account *account,
    struct err *err)
{
	SCOPED(drop_password) struct password password = { 0 };

	if (account_password(account->domain, account, &password, err) == -1)
		return -1;
	if (!password.barred && !password.expired)
		return 0;
	return err_set(err, ERR_REFUSED, "%.100s: the account is %s", s->as,
	    password.barred ? "locked" : "expired");
}

static int
as_account(struct search *s, struct err *err)
{
	struct domain *domain;
	struct account *account;

	if (domain_open(s->in, s->pool, s->domain, &domain, err) == -1 ||
	    account_find(domain, s->pool, s->name, &account, err) == -1)
		return err->kind == ERR_ABSENT ? unknown(s, "account", err) :
		    -1;
	if (check_account(s, account, err) == -1)
		return -1;
	*s->out = (struct principal){ .caller = CALLER_ACCOUNT,
	    .account = account,
	    .name = pool_format(s->pool, "user/%s@%s", account->name,
	    domain->name) };
	add_domain(s, domain->name);
	return 0;
}

/* --- administrators of our own files ------------------------------------- */

/* domain NULL: global ones. */
static int
find_entry(const struct search *s, const char *domain, const char **name,
    struct err *err)
{
	SCOPED(drop_administrators) struct administrators all = { 0 };
	struct entry entry;

	if (administrators_read(s->in, s->pool, domain, &all, err) == -1 ||
	    administrators_find(&all, s->name, &entry, err) == -1)
		return err->kind == ERR_ABSENT ? unknown(s, domain != NULL ?
		    "administrator" : "global administrator", err) : -1;
	if (administrator_is_barred(&entry))
		return err_set(err, ERR_REFUSED,
		    "%.100s: the administrator is locked or expired (%s/%s)",
		    s->as, s->in->path, all.file);
	*name = pool_dup(s->pool, entry.field[SHADOW_NAME]);
	return 0;
}

static int
as_domain_administrator(struct search *s, struct err *err)
{
	struct domain *domain;
	const char *name;

	if (domain_open(s->in, s->pool, s->domain, &domain, err) == -1)
		return err->kind == ERR_ABSENT ? unknown(s, "administrator",
		    err) : -1;
	if (find_entry(s, domain->name, &name, err) == -1)
		return -1;
	/* Absent, because an account of the name may be meant. */
	if (!domain->conf.co_administration)
		return err_set(err, ERR_ABSENT, "%.100s: the administrators of "
		    "%s may not act: 'vadmin domain set %s "
		    "co-administration=yes' lets them", s->as, domain->name,
		    domain->name);
	*s->out = (struct principal){ .caller = CALLER_DOMAIN,
	    .name = pool_format(s->pool, "admin/%s@%s", name, domain->name) };
	add_domain(s, domain->name);
	return 0;
}

static int
as_global_administrator(struct search *s, struct err *err)
{
	const char *name;

	if (find_entry(s, NULL, &name, err) == -1)
		return -1;
	*s->out = (struct principal){ .caller = CALLER_GLOBAL,
	    .name = pool_format(s->pool, "admin/%s", name) };
	return 0;
}

/* --- users of the system that settings name ------------------------------ */

static bool
lists(const struct setting_words *admins, struct slice name)
{
	for (size_t i = 0; i < admins->count; i++)
		if (slice_is(name, admins->word[i]))
			return true;
	return false;
}

/* Most of 100,000 domains do not name him, and need not be understood. */
static bool
may_list(const struct search *s, const char *domain)
{
	SCOPED(drop_str) struct str file = { 0 }, text = { 0 };
	struct err unused;

	str_addf(&file, "domain.%s", domain);
	return s->name.len > 0 &&
	    files_read(s->in, str_text(&file), &text, NULL, &unused) == 0 &&
	    text.len > 0 && memmem(text.s, text.len, s->name.p,
	    s->name.len) != NULL;
}

/* A domain whose settings are broken is nobody's until they are mended. */
static int
add_if_listed(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct search *s = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain;

	if (!is_alias && may_list(s, name) && domain_open(s->in, &pool, slice_of(name), &domain,
	    err) == 0 && lists(&domain->conf.admins, s->name))
		add_domain(s, name);
	return 0;
}

static int
as_system_user(struct search *s, struct err *err)
{
	SCOPED(drop_pool) struct pool names = { 0 };
	bool global = lists(&s->in->conf.admins, s->name);

	*s->out = (struct principal){
		.caller = global ? CALLER_GLOBAL : CALLER_DOMAIN,
		.name = pool_format(s->pool, "system/%.*s", (int)s->name.len,
		    s->name.p),
	};
	if (!global && domain_each(s->in, &names, add_if_listed, s, err) == -1)
		return -1;
	return global || s->out->domain_count > 0 ? 0 : unknown(s,
	    "user in any 'admins' setting", err);
}

/* --- which of them ------------------------------------------------------- */

typedef int principal_finder(struct search *s, struct err *err);

/* Each name space by its prefix; without one the first two of a row are
 * tried, and must not both have the name: what is given up would depend on
 * which was meant. */
static const struct {
	bool			 with_domain;
	const char		*prefix;
	principal_finder	*find;
} spaces[] = {
	{ true, "admin/", as_domain_administrator },
	{ true, "user/", as_account },
	{ false, "admin/", as_global_administrator },
	{ false, "system/", as_system_user },
};
enum { SPACES = sizeof spaces / sizeof *spaces };

static bool
is_same(const struct principal *a, const struct principal *b)
{
	return a->caller == b->caller && a->caller == CALLER_GLOBAL;
}

/* found: those before it that have the name, NULL: none yet. */
static int
find_in(struct search *s, size_t space, const char **found, struct err *err)
{
	struct principal before = *s->out;

	if (spaces[space].find(s, err) == -1) {
		*s->out = before;
		return err->kind == ERR_ABSENT ? 0 : -1;
	}
	if (*found != NULL && !is_same(&before, s->out))
		return err_set(err, ERR_REFUSED, "%.100s: this could be %s or "
		    "%s: say which", s->as, before.name, s->out->name);
	*found = s->out->name;
	return 0;
}

static int
find_anywhere(struct search *s, bool with_domain, struct err *err)
{
	const char *found = NULL;
	struct err first = { 0 };

	for (size_t i = 0; i < SPACES; i++) {
		if (spaces[i].with_domain != with_domain)
			continue;
		*err = (struct err){ 0 };
		if (find_in(s, i, &found, err) == -1)
			return -1;
		if (first.kind == ERR_NONE)
			first = *err;
	}
	if (found != NULL)
		return 0;
	*err = first;
	return -1;
}

static int
find(struct search *s, struct err *err)
{
	struct slice given = slice_of(s->as);
	ptrdiff_t at = slice_find_last(given, '@');
	bool with_domain = at != -1;

	s->name = with_domain ? (struct slice){ given.p, (size_t)at } : given;
	s->domain = with_domain ? slice_from(given, (size_t)at + 1) :
	    (struct slice){ 0 };
	if (!slice_has(s->name, '/'))
		return find_anywhere(s, with_domain, err);
	for (size_t i = 0; i < SPACES; i++)
		if (spaces[i].with_domain == with_domain &&
		    slice_starts(s->name, spaces[i].prefix)) {
			s->name = slice_from(s->name,
			    strlen(spaces[i].prefix));
			return spaces[i].find(s, err);
		}
	return err_set(err, ERR_REFUSED, "%.100s: a principal is NAME, "
	    "admin/NAME, system/NAME, NAME@D, admin/NAME@D or user/U@D", s->as);
}

/* What is not there, or broken, has no rights that could be left. */
int
principal_named(const struct installation *in, const char *as,
    struct pool *pool, struct principal *out, struct err *err)
{
	struct principal found = { 0 };
	struct search s = { .in = in, .pool = pool, .as = as, .out = &found };

	if (find(&s, err) == -1) {
		if (err->kind == ERR_ABSENT || err->kind == ERR_INVALID)
			err->kind = ERR_REFUSED;
		return -1;
	}
	*out = found;
	return 0;
}
