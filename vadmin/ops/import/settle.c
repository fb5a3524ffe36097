/* settle.c: a domain of another mail system made ours: its inboxes are served
 * where they lie.
 */
#include "settle.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "alias_list.h"
#include "domain_file.h"
#include "domain_make.h"
#include "fallback.h"
#include "files.h"
#include "inbox_pattern.h"
#include "mailbox.h"
#include "mem.h"
#include "name.h"
#include "scope.h"

struct settling {
	struct call		*call;
	struct settlement	*from;
	struct report		*report;
	const char		*name;		/* canonical */
	struct domain		*domain;
};

void
drop_settlement(struct settlement *settlement)
{
	drop_mem(&settlement->all);
	drop_mem(&settlement->aliases);
}

void
settle_account(struct settlement *to, struct settler *settler)
{
	mem_room(&to->all, &to->room, to->count, sizeof *to->all);
	to->all[to->count++] = settler;
}

int
settle_alias(struct settlement *to, struct pool *pool, const char *file,
    unsigned line, const char *name, struct slice text, struct err *err)
{
	struct new_alias *alias = pool_alloc(pool, sizeof *alias);
	unsigned unused = 1;

	*alias = (struct new_alias){ .file = file, .line = line,
	    .name = name };
	if (alias_list_parse(pool, text, true, ALIAS_ADDRESSES, &unused,
	    &alias->members.member, &alias->members.count, err) == -1)
		return -1;
	if (alias->members.count == 0)
		return err_set(err, ERR_INVALID, "it leads nowhere");
	mem_room(&to->aliases, &to->alias_room, to->alias_count,
	    sizeof *to->aliases);
	to->aliases[to->alias_count++] = alias;
	return 0;
}

/* --- aliases ------------------------------------------------------------ */

static bool
has_name(const struct settling *s, const char *name)
{
	for (size_t i = 0; i < s->from->count; i++)
		if (slice_same(slice_of(s->from->all[i]->newcomer.name),
		    slice_of(name)))
			return true;
	for (size_t i = 0; i < s->from->alias_count; i++)
		if (slice_same(slice_of(s->from->aliases[i]->name),
		    slice_of(name)))
			return true;
	return false;
}

static void
report_alias(const struct settling *s, const struct new_alias *alias)
{
	struct pool *pool = &s->call->pool;
	const char *where = pool_format(pool, alias->line > 0 ? "%s:%u" : "%s",
	    alias->file, alias->line);
	const char *what = pool_format(pool, "alias %s@%s", alias->name,
	    s->name);

	if (alias->verdict == INTAKE_NEW)
		report_taken(s->report, where, what, "%s", "");
	else if (alias->verdict == INTAKE_SAME)
		report_same(s->report, where, what, "it is there already");
	else
		report_left(s->report, where, what, "%s", alias->why);
}

/* Before the domain is ours, so that no mail for one of them is refused. */
static int
write_aliases(struct settling *s, bool is_new, struct err *err)
{
	const struct domain domain = { .in = &s->call->in, .name = s->name };
	SCOPED(drop_alias_intake) struct alias_intake intake = {
		.domain = &domain };

	if (is_new && strcmp(s->name, s->call->in.main_domain) != 0 &&
	    !has_name(s, "postmaster") && settle_alias(s->from,
	    &s->call->pool, s->from->where, 0, "postmaster", slice_of(
	    pool_format(&s->call->pool, "postmaster@%s",
	    s->call->in.main_domain)), err) == -1)
		return -1;
	for (size_t i = 0; i < s->from->alias_count; i++)
		alias_intake_add(&intake, s->from->aliases[i]);
	if (alias_intake_write(&intake, &s->call->pool, err) == -1)
		return -1;
	for (size_t i = 0; i < intake.count; i++)
		report_alias(s, intake.all[i]);
	return 0;
}

/* --- the domain --------------------------------------------------------- */

static const char *
inbox_of(const struct settling *s)
{
	SCOPED(drop_mem) struct inbox_place *places = mem_alloc(
	    (s->from->count + 1) * sizeof *places);

	for (size_t i = 0; i < s->from->count; i++)
		places[i] = (struct inbox_place){
		    s->from->all[i]->newcomer.name, s->from->all[i]->path };
	return inbox_pattern(&s->call->pool, s->name, places, s->from->count);
}

/* NULL: they have not all the same.  What is root's counts where all is. */
static const struct ident *
one_owner(const struct settling *s)
{
	const struct ident *first = NULL;

	for (size_t i = 0; i < s->from->count; i++) {
		const struct settler *one = s->from->all[i];
		if (!one->has_owner)
			continue;
		const struct ident *owner = &one->newcomer.ident;
		if (first == NULL || ident_is_forbidden(*first))
			first = owner;
		else if (!ident_is_forbidden(*owner) &&
		    first->uid != owner->uid)
			return NULL;
	}
	return first;
}

static int
make_domain(struct settling *s, struct err *err)
{
	const char *word[3], *inbox = inbox_of(s);
	struct setting_words settings = { .word = word };
	const struct ident *owner = one_owner(s);
	struct pool *pool = &s->call->pool;

	if (inbox != NULL)
		word[settings.count++] = pool_format(pool, "inbox=%s", inbox);
	if (owner != NULL && ident_is_forbidden(*owner))
		return err_set(err, ERR_REFUSED, "%s: its mail belongs to "
		    "root: give it to a user of its own (chown -R)", s->name);
	if (owner != NULL)
		word[settings.count++] = pool_format(pool, "owner=%u:%u",
		    (unsigned)owner->uid, (unsigned)owner->gid);
	if (s->from->fallback != NULL)
		word[settings.count++] = pool_format(pool, "fallback=%s",
		    s->from->fallback);
	if (domain_make(s->call, s->name, &settings, err) == -1)
		return err_within(err, "%s", s->name);
	report_taken(s->report, s->from->where, pool_format(pool,
	    "domain %s", s->name), "%s", inbox != NULL ? word[0] : "");
	if (s->from->fallback != NULL)
		report_taken(s->report, s->from->fallback_where,
		    pool_format(pool, "domain %s", s->name), "fallback=%s",
		    s->from->fallback);
	return 0;
}

static void
keep_domain(const struct settling *s)
{
	struct pool *pool = &s->call->pool;
	const char *what = pool_format(pool, "domain %s", s->name);
	const char *fallback = s->from->fallback;

	report_same(s->report, s->from->where, what, "it is there already");
	if (fallback == NULL)
		return;
	if (strcmp(fallback, s->domain->conf.fallback) == 0)
		report_same(s->report, s->from->fallback_where, what,
		    "fallback=%s: it is there already", fallback);
	else
		report_left(s->report, s->from->fallback_where, what,
		    "fallback=%s: it has fallback=%s", fallback,
		    s->domain->conf.fallback);
}

/* --- accounts ----------------------------------------------------------- */

static bool
is_same_path(const char *path, const char *other)
{
	struct slice a = slice_of(path), b = slice_of(other);

	while (slice_ends(a, "/"))
		a.len--;
	while (slice_ends(b, "/"))
		b.len--;
	return slice_equal(a, b);
}

/* Why it cannot be served where it lies; NULL: it can. */
static const char *
misfit(const struct settling *s, const struct settler *settler)
{
	struct pool *pool = &s->call->pool;
	const struct account account = { .domain = s->domain,
	    .name = settler->newcomer.name,
	    .ident = settler->newcomer.ident };
	const char *path = mailbox_path(&account, pool);
	struct stat st;

	if (!name_is_account(slice_of(account.name)))
		return NULL;	/* who judges it has words for that */
	if (!is_same_path(path, settler->path))
		return pool_format(pool, "its inbox is %s, and those of the "
		    "domain are at %s: move it to %s, and import again",
		    settler->path, s->domain->conf.inbox, path);
	uid_t uid = s->domain->one_owner ? s->domain->owner.uid :
	    account.ident.uid;
	if (settler->has_owner && settler->newcomer.ident.uid != uid)
		return pool_format(pool, "its inbox is uid %u's, and all of "
		    "the domain's are uid %u's",
		    (unsigned)settler->newcomer.ident.uid, (unsigned)uid);
	if (lstat(path, &st) == 0 && st.st_uid != uid)
		return pool_format(pool, "%s belongs to uid %u, not %u: give "
		    "it back (chown -R), and import again", path,
		    (unsigned)st.st_uid, (unsigned)uid);
	return NULL;
}

static void
report_account(const struct settling *s, const struct newcomer *one)
{
	struct pool *pool = &s->call->pool;
	const char *where = pool_format(pool, one->line > 0 ? "%s:%u" : "%s",
	    one->file, one->line);
	const char *what = pool_format(pool, "account %s@%s", one->name,
	    s->name);

	if (one->verdict == INTAKE_NEW)
		report_taken(s->report, where, what, "%s", one->hash != NULL ?
		    "" : pool_format(pool, "without a password: 'vadmin user "
		    "passwd %s@%s' gives one", one->name, s->name));
	else if (one->verdict == INTAKE_SAME)
		report_same(s->report, where, what, "it is there already");
	else if (one->verdict == INTAKE_DIFFERS)
		report_left(s->report, where, what,
		    "it is there already, and differs: %s", one->why);
	else
		report_left(s->report, where, what, "%s", one->why);
}

static int
take_accounts(struct settling *s, struct err *err)
{
	SCOPED(drop_intake) struct intake intake = { .domain = s->domain };
	struct pool *pool = &s->call->pool;

	for (size_t i = 0; i < s->from->count; i++) {
		struct newcomer *one = &s->from->all[i]->newcomer;
		const char *why = one->verdict == INTAKE_WRONG ? one->why :
		    misfit(s, s->from->all[i]);
		one->in_place = true;
		if (why != NULL) {
			one->verdict = INTAKE_WRONG;
			one->why = why;
		}
		if (s->domain->one_owner)
			one->ident = s->domain->owner;
		intake_add(&intake, one);
	}
	if (intake_judge(&intake, pool, err) == -1 ||
	    intake_make(&intake, pool, err) == -1)
		return -1;
	for (size_t i = 0; i < intake.count; i++)
		report_account(s, intake.all[i]);
	return 0;
}

static bool
is_domain_alias(const struct settling *s)
{
	struct err unused;
	const char *real;

	return domain_real_name(&s->call->in, &s->call->pool,
	    slice_of(s->name), &real, &unused) == 0 &&
	    strcmp(real, s->name) != 0;
}

int
settle(struct call *call, struct settlement *settlement,
    struct report *report, struct err *err)
{
	SCOPED(drop_str) struct str name = { 0 };
	struct settling s = { call, settlement, report, NULL, NULL };

	if (name_canonical_domain(slice_of(settlement->domain), &name,
	    err) == -1) {
		report_left(report, settlement->where, settlement->domain,
		    "%s", err->text);
		return err->kind == ERR_INVALID ? 0 : -1;
	}
	s.name = pool_dup(&call->pool, str_slice(&name));
	if (is_domain_alias(&s)) {
		report_left(report, settlement->where, s.name,
		    "it is a domain alias here already");
		return 0;
	}
	bool is_new = !files_exists(call->in.dir, pool_format(&call->pool,
	    "passwd.%s", s.name));
	if (write_aliases(&s, is_new, err) == -1 ||
	    (is_new && make_domain(&s, err) == -1) ||
	    domain_open(&call->in, &call->pool, slice_of(s.name), &s.domain,
	    err) == -1)
		return -1;
	if (!is_new)
		keep_domain(&s);
	return take_accounts(&s, err);
}
