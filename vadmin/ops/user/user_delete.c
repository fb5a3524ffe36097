/* user_delete.c: an account taken away; what was its stays in the trash. */
#include "user_delete.h"

#include <string.h>

#include "aliases.h"
#include "alternative.h"
#include "attribute_file.h"
#include "confirm.h"
#include "files.h"
#include "grant_file.h"
#include "homes.h"
#include "leading_ways.h"
#include "leads_left.h"
#include "line_edit.h"
#include "ops.h"
#include "output.h"
#include "path_use.h"
#include "references.h"
#include "scope.h"
#include "subject.h"
#include "successor.h"
#include "trash.h"
#include "trash_record.h"
#include "uid_mark.h"
#include "user_room.h"

/* What leads to the account, and what becomes of it. */
struct leading {
	struct call			*call;
	const struct account		*account;
	struct account_reference	 to;
	struct successor		 by;
	bool				 tells;
	struct table			*told;		/* of; or NULL */
};

/* An address that nobody has any more meets the domain's fallback, unless that
 * is the account itself. */
static const char *
without_it(const struct leading *l, struct pool *pool)
{
	const struct domain *domain = l->account->domain;
	const struct alias_member member = { ALIAS_ADDRESS,
	    domain->conf.fallback, 0 };
	const struct reference fallback = { .kind = REFERENCE_FALLBACK,
	    .domain = domain->name, .name = "", .member = &member };

	return member.text[0] == '\0' || (member.text[0] != '|' &&
	    reference_is_to(&l->to, &fallback, pool)) ?
	    ", and nobody else: its mail will be refused" :
	    ", and nobody else: its mail will go to the fallback";
}

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
	const char *then = l->by.address != NULL ? at->stays ?
	    ": it has to be changed first" : pool_format(pool, ": it will lead "
	    "to %s", l->by.address) :
	    at->only ? without_it(l, pool) : "";
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
	if (l->tells || l->by.address == NULL)
		return false;
	*new = (struct alias_member){ ALIAS_ADDRESS, l->by.address, 0 };
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

/* Who does not see all domains may not have their lists changed. */
static int
find_hidden(const struct leading *l, bool *hidden, struct err *err)
{
	struct leads_left left = { .call = l->call, .account = l->account,
	    .name = &l->to, .goes = true };

	if (l->call->in.shows != NULL && leads_left_find(&left, err) == -1)
		return -1;
	*hidden = left.hidden;
	return 0;
}

static int
check_hidden(const struct leading *l, struct err *err)
{
	const char *name = l->account->name, *domain = l->account->domain->name;
	bool hidden;

	if (l->by.address == NULL)
		return 0;
	if (find_hidden(l, &hidden, err) == -1)
		return -1;
	return !hidden ? 0 : err_set(err, ERR_REFUSED, "%s@%s stays: "
	    LEADS_LEFT_HIDDEN ": ask who administers all domains, or make an "
	    "alias '%s' first and leave --replace-by out", name, domain, name,
	    domain, name);
}

static int
tell_hidden(const struct leading *l, struct err *err)
{
	bool hidden;

	if (l->by.address != NULL)	/* it was refused */
		return 0;
	if (find_hidden(l, &hidden, err) == -1)
		return -1;
	if (hidden)
		note(LEADS_LEFT_HIDDEN ": that ends", l->account->name,
		    l->account->domain->name);
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
	return successor_find(call, account, &out->by, err) == -1 ? -1 :
	    check_hidden(out, err);
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
	struct handing_on h = { l->account, l->by.account, err, 0 };
	size_t owned;

	if (l->by.address == NULL)
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
	const char *to = l->by.account;

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
	    leading_ways_tell(call, account, &told, l.by.address == NULL ? "" :
	    ": that is not changed", err) == -1 ||
	    tell_hidden(&l, err) == -1 ||
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
remember(struct call *call, const struct belongings *all, struct err *err)
{
	const struct account *account = all->account;
	struct remembered r = { .account = account };
	int done = remember_line(&r, USER_LINES_PASSWD, "passwd", err);

	if (done == 0)
		done = remember_line(&r, USER_LINES_SHADOW, "shadow", err);
	if (done == 0)
		done = grant_file_each(account->domain, &call->pool,
		    remember_grant, &r, err);
	trash_record_add(&r.text, "inbox", slice_of(trash_inbox(all)));
	if (done == 0)
		done = trash_record_write(account->domain, account->name,
		    all->stamp, str_slice(&r.text), err);
	drop_secret(&r.text);
	return done;
}

/* --- what is another account's, too -------------------------------------- */

struct sharing {
	struct belongings	*all;
	const char		*inbox, *home;
};

static void
look_at_use(void *arg, const struct path_use *use)
{
	struct sharing *s = arg;
	const struct account *account = s->all->account;
	bool own_domain = strcmp(use->domain, account->domain->name) == 0;

	if (own_domain && slice_same(use->account, slice_of(account->name)))
		return;
	if (!s->all->inbox_stays && !s->all->home_stays)
		note("%s is the %s of %s, too: it stays where it is",
		    use->path, use->is_home ? "home" : "inbox",
		    own_domain || account->domain->in->shows == NULL ?
		    pool_format(s->all->pool, "%.*s@%s",
		    (int)use->account.len, use->account.p, use->domain) :
		    "an account of another domain");
	if (slice_starts(slice_of(use->path), s->inbox))
		s->all->inbox_stays = true;
	if (slice_starts(slice_of(use->path), s->home))
		s->all->home_stays = true;
}

static int
find_shared(struct belongings *all, struct err *err)
{
	const struct account *account = all->account;
	const char *parent, *name, *unused;

	belongings_inbox(account, all->pool, &parent, &name);
	struct sharing s = { all, pool_format(all->pool, "%s/%s", parent,
	    name), homes_path(account->domain, all->pool, account->name) };
	/* Inboxes of one domain are never in one another. */
	struct path_question q = { .in = account->domain->in, .count = 2,
	    .dir = { s.inbox, s.home },
	    .inboxes_but = account->domain->name };

	return path_use_each(&q, all->pool, look_at_use, &s, &unused, err);
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

/* Its mail is where *inbox says then; NULL: it has none. */
static int
take_away(struct call *call, const struct account *account, const char **inbox,
    struct err *err)
{
	struct belongings all = { .pool = &call->pool, .account = account,
	    .stamp = trash_stamp(&call->pool) };

	if (find_shared(&all, err) == -1 ||
	    alternative_leave(call, account, err) == -1 ||
	    uid_mark_retire(&call->in, account->ident.uid, err) == -1 ||
	    remember(call, &all, err) == -1 ||
	    remove_lines(account, err) == -1)
		return -1;
	if (trash_account(&all, inbox, err) == -1)
		return err_within(err,
		    "the account is deleted, but not all of its files went to "
		    "the trash");
	return 0;
}

int
user_delete_brought(struct call *call, const struct account *account,
    struct err *err)
{
	const char *unused;

	return user_room_files(account->domain, err) == -1 ? -1 :
	    take_away(call, account, &unused, err);
}

int
user_delete(struct call *call, struct err *err)
{
	SCOPED(drop_sheet) struct sheet sheet = { .heads = name_and_value };
	struct account *account;
	struct leading l;
	const char *inbox;

	if (subject_account(call, "U@D", &account, err) == -1 ||
	    find_leading(call, account, &l, err) == -1 ||
	    user_room_files(account->domain, err) == -1 ||
	    replace(&l, err) == -1 ||
	    take_away(call, account, &inbox, err) == -1)
		return -1;
	if (inbox == NULL)
		return 0;
	sheet_adds(&sheet, "inbox");
	sheet_adds(&sheet, inbox);
	sheet_print(&sheet);
	return 0;
}
