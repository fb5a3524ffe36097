/* user_delete.c: an account taken away; what was its stays in the trash. */
#include <string.h>

#include "address.h"
#include "aliases.h"
#include "alternative.h"
#include "attribute_file.h"
#include "confirm.h"
#include "files.h"
#include "grant_file.h"
#include "leading_ways.h"
#include "line_edit.h"
#include "ops.h"
#include "output.h"
#include "plan.h"
#include "references.h"
#include "resolve.h"
#include "scope.h"
#include "subject.h"
#include "trash.h"
#include "trash_record.h"
#include "uid_mark.h"
#include "user_room.h"

/* What leads to the account, and what becomes of it. */
struct leading {
	struct call			*call;
	const struct account		*account;
	struct account_reference	 to;
	/* NULL: nobody takes its place */
	const char			*by;
	bool				 tells;
	struct table			*told;		/* of; or NULL */
	/* the account that by is; or NULL */
	const char			*by_account;
};

static bool
tell_use(void *arg, struct pool *pool, const struct reference *at,
    struct alias_member *new)
{
	struct leading *l = arg;
	const char *own = at->kind == REFERENCE_FORWARD ? l->account->name : "";

	/* Its own forward goes with it. */
	if (!reference_is_to(&l->to, at, pool) || (own[0] != '\0' &&
	    strcmp(at->domain, l->account->domain->name) == 0 &&
	    slice_same(slice_of(at->name), slice_of(own))))
		return false;
	const char *then = l->by != NULL ? at->stays ?
	    ": it has to be changed first" : pool_format(pool, ": it will lead "
	    "to %s", l->by) : at->kind == REFERENCE_FORWARD || at->only ?
	    ", and nobody else: its mail will be refused" : "";
	if (l->tells && at->kind != REFERENCE_FALLBACK)
		*table_at(l->told, leading_ways_key(&l->call->pool, at->name,
		    at->domain)) = l;
	if (l->tells && at->kind == REFERENCE_FALLBACK)
		note("the fallback of %s is this account (%s)%s", at->domain,
		    at->where, then);
	else if (l->tells)
		note("the %s %s@%s names it (%s)%s",
		    at->kind == REFERENCE_ALIAS ? "alias" : "forward of",
		    at->name, at->domain, at->where, then);
	if (l->tells || l->by == NULL)
		return false;
	*new = (struct alias_member){ ALIAS_ADDRESS, l->by, 0 };
	return true;
}

static void
tell_grant(void *arg, const struct grant_line *line, const char *file,
    unsigned number, const char *wrong)
{
	const struct account *account = arg;
	struct slice name = slice_of(account->name);

	if (wrong == NULL && (slice_same(line->owner, name) ||
	    slice_same(line->who, name)))
		note("'%.*s' may open the inbox of '%.*s' (%s:%u): that ends",
		    (int)line->who.len, line->who.p, (int)line->owner.len,
		    line->owner.p, file, number);
}

/* One of ours that would be refused for good; who has a fallback has
 * everybody. */
static bool
is_nobody(const struct installation *in, const char *address)
{
	SCOPED(drop_plan) struct plan plan = { 0 };
	bool found = false;

	resolve(in, &plan, address);
	for (size_t i = 0; i < plan.count; i++)
		found = found || (plan.targets[i]->kind == TARGET_FAILURE &&
		    strcmp(plan.targets[i]->failure.code, "5.1.1") == 0);
	return found;
}

/* Whom an address of the account's own domain names there; NULL: nobody. */
static const char *
successor_account(const struct leading *l)
{
	struct account *account;
	struct address address;
	struct domain *domain;
	struct err unused;
	struct pool *pool = &l->call->pool;

	return address_parse(pool, slice_of(l->by), &address,
	    &unused) == 0 && domain_open(&l->call->in, pool,
	    slice_of(address.domain), &domain, &unused) == 0 &&
	    strcmp(domain->name, l->account->domain->name) == 0 &&
	    account_find(domain, pool, slice_of(address.local), &account,
	    &unused) == 0 ? account->name : NULL;
}

/* Who takes its place: an address with its domain, and not its own. */
static int
find_successor(struct leading *l, struct err *err)
{
	const struct installation *in = &l->call->in;
	struct pool *pool = &l->call->pool;
	const char *given = call_text(l->call, "--replace-by"), *real;
	struct alias_member member;
	struct address address;
	struct err unused;

	if (given == NULL)
		return 0;
	if (alias_parse_member(pool, slice_of(given), &member, err) == -1)
		return err_within(err, "--replace-by '%.100s'", given);
	if (member.kind != ALIAS_ADDRESS || address_parse(pool,
	    slice_of(member.text), &address, err) == -1 ||
	    address.domain[0] == '\0')
		return err_set(err, ERR_INVALID, "--replace-by '%.100s': an "
		    "address with its domain is meant", given);
	if (slice_same(slice_of(address.local), slice_of(l->account->name)) &&
	    domain_real_name(in, pool, slice_of(address.domain), &real,
	    &unused) == 0 && strcmp(real, l->account->domain->name) == 0)
		return err_set(err, ERR_INVALID, "--replace-by %s: that is "
		    "who is deleted", given);
	if (is_nobody(in, member.text))
		return err_set(err, ERR_ABSENT, "--replace-by %s: there is no "
		    "such account or alias: make it first", given);
	l->by = member.text;
	l->by_account = successor_account(l);
	return 0;
}

static int
find_leading(struct call *call, const struct account *account,
    struct leading *out, struct err *err)
{
	const struct domain *domain = account->domain;
	struct alias_entry *entry;
	struct err unused;

	*out = (struct leading){ .call = call, .account = account,
	    .to = { &call->in, account->name, domain->name, false } };
	const char *file = pool_format(&call->pool, "aliases.%s",
	    domain->name);
	out->to.is_alias = files_exists(call->in.dir, file) &&
	    alias_find(&call->in, &call->pool, file, slice_of(account->name),
	    &entry, &unused) == 0;
	return find_successor(out, err);
}

/* What the account may open its successor may open; who may open its inbox has
 * nothing there any more. */
struct handing_on {
	const struct account	*account;
	const char		*to;
	struct err		*err;
	int			 failed;
};

static void
hand_on(void *arg, const struct grant_line *line, const char *file,
    unsigned number, const char *wrong)
{
	struct handing_on *h = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };

	(void)file;
	(void)number;
	if (wrong != NULL || h->failed == -1 || !slice_same(line->who,
	    slice_of(h->account->name)) || slice_same(line->owner,
	    slice_of(h->to)))
		return;
	h->failed = grant_file_set(h->account->domain, pool_dup(&pool,
	    line->owner), h->to, line->grant, h->err);
}

static int
replace(struct leading *l, struct err *err)
{
	struct handing_on h = { l->account, l->by_account, err, 0 };
	size_t owned;

	if (l->by == NULL)
		return 0;
	if (references_check(l->call, l->account->name, tell_use, l,
	    err) == -1 || references_change(l->call, l->account->name,
	    tell_use, l, err) == -1)
		return err_within(err, "%s@%s stays", l->account->name,
		    l->account->domain->name);
	if (h.to == NULL)
		return 0;
	if (grant_file_each(l->account->domain, &l->call->pool, hand_on, &h,
	    err) == -1 || h.failed == -1)
		return -1;
	return attribute_file_replace_owner(l->account->domain,
	    l->account->name, h.to, &owned, err);
}

static void
tell_owned(void *arg, const struct attribute_line *line, const char *file,
    unsigned number, const char *wrong)
{
	const struct leading *l = arg;
	struct slice rest = line->value, word;
	const char *to = l->by_account;

	if (wrong != NULL || line->what != ATTRIBUTE_OWNERS)
		return;
	while (slice_word(&rest, &word))
		if (slice_same(word, slice_of(l->account->name)))
			note("'%s' owns the alias %s@%s (%s:%u)%s%s",
			    l->account->name, line->alias,
			    l->account->domain->name, file, number,
			    to != NULL ? ": it will belong to " : "",
			    to != NULL ? to : "");
}

/* What would break is told before anything happens; on a terminal somebody
 * has to say yes. */
int
user_delete_ask(struct call *call, struct err *err)
{
	struct account *account;
	struct leading l;

	if (subject_account(call, "U@D", &account, err) == -1 ||
	    find_leading(call, account, &l, err) == -1)
		return -1;
	SCOPED(drop_table) struct table told = { 0 };
	l.tells = true;
	l.told = &told;
	if (references_each(call, account->name, tell_use, &l, err) == -1 ||
	    leading_ways_tell(call, account, &told, l.by == NULL ? "" :
	    ": that is not changed", err) == -1 ||
	    attribute_file_each(account->domain, &call->pool, tell_owned, &l,
	    err) == -1 ||
	    grant_file_each(account->domain, &call->pool, tell_grant, account,
	    err) == -1)
		return -1;
	return confirm(call, pool_format(&call->pool, "Delete the account "
	    "%s@%s? Its mail goes to the trash.", account->name,
	    account->domain->name), err);
}

/* --- what is remembered of it -------------------------------------------- */

struct remembered {
	const struct account	*account;
	struct str		 text;
};

static void
remember_grant(void *arg, const struct grant_line *line, const char *file,
    unsigned number, const char *wrong)
{
	struct remembered *r = arg;
	struct slice name = slice_of(r->account->name);

	(void)file;
	(void)number;
	if (wrong == NULL && (slice_same(line->owner, name) ||
	    slice_same(line->who, name)))
		trash_record_add(&r->text, "grant", line->text);
}

static int
remember_line(struct remembered *r, enum user_lines_kind kind,
    const char *file, struct err *err)
{
	SCOPED(drop_secret) struct str text = { 0 };
	struct entry entry;
	int got = line_find(r->account->domain, kind,
	    slice_of(r->account->name), &text, &entry, err);

	if (got == 1)
		trash_record_add(&r->text, file, entry.line);
	return got == -1 ? -1 : 0;
}

/* Its lines, before any of them goes. */
static int
remember(struct call *call, const struct account *account, const char *when,
    struct err *err)
{
	struct remembered r = { .account = account };
	int done = remember_line(&r, USER_LINES_PASSWD, "passwd", err);

	if (done == 0)
		done = remember_line(&r, USER_LINES_SHADOW, "shadow", err);
	if (done == 0)
		done = grant_file_each(account->domain, &call->pool,
		    remember_grant, &r, err);
	if (done == 0)
		done = trash_record_write(account->domain, account->name, when,
		    str_slice(&r.text), err);
	drop_secret(&r.text);
	return done;
}

/* --- the deletion -------------------------------------------------------- */

/* Grants first: as long as the account is there they can be given again; when
 * it is gone, the next of its name would have them.  Then passwd.D: from then
 * on there is no account, and no login. */
static int
remove_lines(const struct account *account, struct err *err)
{
	const struct domain *domain = account->domain;
	struct slice name = slice_of(account->name);
	size_t grants;

	if (grant_file_forget(domain, account->name, &grants, err) == -1 ||
	    line_remove(domain, USER_LINES_PASSWD, name, err) == -1)
		return -1;
	return line_remove(domain, USER_LINES_SHADOW, name, err);
}

int
user_delete(struct call *call, struct err *err)
{
	struct belongings all = { .pool = &call->pool,
	    .stamp = trash_stamp(&call->pool) };
	SCOPED(drop_sheet) struct sheet sheet = { .heads = name_and_value };
	struct account *account;
	struct leading l;
	const char *inbox;

	if (subject_account(call, "U@D", &account, err) == -1 ||
	    find_leading(call, account, &l, err) == -1 ||
	    user_room_files(account->domain, err) == -1 ||
	    replace(&l, err) == -1 ||
	    alternative_leave(call, account, err) == -1)
		return -1;
	all.account = account;
	if (uid_mark_retire(&call->in, account->ident.uid, err) == -1 ||
	    remember(call, account, all.stamp, err) == -1 ||
	    remove_lines(account, err) == -1)
		return -1;
	if (trash_account(&all, &inbox, err) == -1)
		return err_within(err,
		    "the account is deleted, but not all of its files went to "
		    "the trash");
	if (inbox == NULL)
		return 0;
	sheet_adds(&sheet, "inbox");
	sheet_adds(&sheet, inbox);
	sheet_print(&sheet);
	return 0;
}
