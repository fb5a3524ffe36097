/* user_rename.c: an account gets another name, while mail flows.
 *
 * NEW first has a broken line in passwd.D, and U an alias that leads to it: all
 * mail for both waits.  In that state the mailbox and all that names the account
 * change, and it ends with one change of passwd.D, in which U's line becomes
 * NEW's.  Every step can be repeated.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alias_places.h"
#include "alias_use.h"
#include "belongings.h"
#include "change.h"
#include "fd.h"
#include "file.h"
#include "grant_file.h"
#include "homes.h"
#include "leads_left.h"
#include "leftovers.h"
#include "mailbox_hold.h"
#include "name.h"
#include "ops.h"
#include "references.h"
#include "relocate.h"
#include "scope.h"
#include "subject.h"
#include "unfinished.h"
#include "user_forget.h"
#include "user_lines.h"
#include "user_rename.h"
#include "user_room.h"

/* --- mail and files ------------------------------------------------------ */

static bool
is_there(int dir, const char *name)
{
	struct stat st;

	return change_stat(dir, name, &st) == 0 &&
	    !relocate_is_mark((struct place){ dir, name }, NULL);
}

static int
move_thing(const struct belongings *all, int dir, const struct thing *thing,
    struct err *err)
{
	struct place from = { dir, thing->name }, to = { dir, thing->as };

	if (strcmp(thing->name, thing->as) == 0)
		return 0;	/* "inbox" calls it so by itself */
	if (thing->leaves_mark)
		return relocate(from, to, pool_format(all->pool, "./%s",
		    thing->as), err);
	/* What an earlier account of the name left beside its inbox goes. */
	if (thing->as[0] == '.' && is_there(dir, thing->name) &&
	    change_remove(dir, thing->as, NULL, err) == -1)
		return -1;
	int moved = change_move(dir, thing->name, dir, thing->as, err);
	return moved == -1 ? -1 : moved != CHANGE_IN_THE_WAY ? 0 :
	    err_set(err, ERR_EXISTS, "there is a %s already: move it away",
	    thing->as);
}

static int
move_things(const struct belongings *all, const struct things *things,
    struct err *err)
{
	for (size_t i = 0; i < things->count; i++)
		if (move_thing(all, things->parent, &things->thing[i],
		    err) == -1)
			return -1;
	return fsync(things->parent) == -1 ? err_sys(err, "sync the directory "
	    "of %s", things->thing[0].name) : 0;
}

static int
move_belongings(const struct renaming *r, struct err *err)
{
	const struct belongings all = { .account = &r->account,
	    .new_name = r->to, .pool = &r->call->pool };

	return r->switched ? 0 : belongings_each(&all, move_things, err);
}

/* --- what names it ------------------------------------------------------- */

static bool
rename_reference(void *arg, struct pool *pool, const struct reference *at,
    struct alias_member *new)
{
	const struct renaming *r = arg;
	const struct account_reference account = { &r->call->in, r->from,
	    r->domain->name, strcmp(r->alias, HAS) == 0 };

	if (!reference_is_to(&account, at, pool))
		return false;
	if (at->shared && strchr(at->member->text, '@') == NULL) {
		note("%s: '%s' stays: several domains read the file", at->where,
		    at->member->text);
		return false;
	}
	new->text = reference_renamed(&account, at, pool, r->to);
	return true;
}

/* Only before any of it is done: later on NEW owns what U owned. */
static int
forget_earlier(const struct renaming *r, struct err *err)
{
	const struct subject subject = { r->domain, r->to };

	return r->again ? 0 : user_forget_earlier(&subject, err);
}

static int
rename_references(struct renaming *r, struct err *err)
{
	/* An alias of the old name holds what stays. */
	return strcmp(r->alias, TAKES) == 0 ?
	    references_change(r->call, r->from, rename_reference, r, err) :
	    references_each(r->call, r->from, rename_reference, r, err);
}

/* --- the whole ----------------------------------------------------------- */

static int
rename_all(struct renaming *r, struct err *err)
{
	SCOPED(drop_mailbox_hold) struct mailbox_hold held = MAILBOX_HOLD_NONE;

	/* A session that goes on is a reason to do nothing at all. */
	if (!r->switched && !belongings_has_moved(&r->account,
	    &r->call->pool) &&
	    mailbox_hold(&r->account, &held, err) == -1)
		return -1;
	const struct unfinished what = { "user rename", r->record, r->to,
	    pool_format(&r->call->pool, "%s %s", r->from, r->alias) };
	if (forget_earlier(r, err) == -1 ||
	    unfinished_begin(&r->call->in, &what, err) == -1 ||
	    rename_announce(r, err) == -1 || rename_add_alias(r, err) == -1 ||
	    move_belongings(r, err) == -1)
		return -1;
	drop_mailbox_hold(&held);
	/* Who was killed while it held the inbox has left its lock file. */
	belongings_unlock(&r->account, &r->call->pool);
	if (rename_copy_shadow(r, err) == -1 || grant_file_rename(r->domain, r->from,
	    r->to, err) == -1 ||
	    rename_owner(r, err) == -1 ||
	    rename_references(r, err) == -1 ||
	    rename_switch_names(r, err) == -1 || rename_forget_shadow(r, err) == -1)
		return -1;
	size_t unused;
	if (grant_file_forget(r->domain, r->from, &unused, err) == -1 ||
	    rename_remove_alias(r, r->to, err) == -1 ||
	    (strcmp(r->alias, TAKES) == 0 &&
	    rename_remove_alias(r, r->from, err) == -1))
		return -1;
	return unfinished_end(&r->call->in, r->record, err);
}

static int
has_alias(const struct renaming *r, bool *has, struct err *err)
{
	struct alias_entry *entry;

	*has = alias_places_find(r->domain, &r->call->pool, r->from, &entry,
	    err) == 0;
	return *has || err->kind == ERR_ABSENT ? 0 : -1;
}

static int
find_left(const struct belongings *all, const struct things *things,
    struct err *err)
{
	(void)all;
	for (size_t i = 0; i < things->count; i++)
		if (things->thing[i].name[0] != '.' &&
		    is_there(things->parent, things->thing[i].name))
			return err_set(err, ERR_REFUSED, "%s came since",
			    things->thing[i].name);
	return 0;
}

int
user_rename_rest(struct call *call, struct domain *domain, const char *from,
    const char *to, struct err *err)
{
	struct renaming r = { .call = call, .domain = domain, .from = from,
	    .to = to, .alias = KEEPS };
	struct pool *pool = &call->pool;
	struct account *account;
	bool has = false;

	if (account_find(domain, pool, slice_of(to), &account, err) == -1 ||
	    has_alias(&r, &has, err) == -1)
		return -1;
	r.account = *account;
	r.account.name = from;
	if (strcmp(account->home, homes_path(domain, pool, to)) == 0)
		r.account.home = homes_path(domain, pool, from);
	/* What says the old name means the alias. */
	if (has)
		return 0;
	const struct belongings all = { .account = &r.account, .new_name = to,
	    .pool = pool };
	return belongings_each(&all, find_left, err) == -1 ||
	    grant_file_rename(domain, from, to, err) == -1 ||
	    rename_owner(&r, err) == -1 ? -1 : rename_references(&r, err);
}

/* What our programs keep beside an inbox is in nobody's way; and an
 * autoresponder of the new name only where the account has one, too. */
static int
check_free(const struct belongings *all, const struct things *things,
    struct err *err)
{
	for (size_t i = 0; i < things->count; i++) {
		const struct thing *thing = &things->thing[i];
		bool only_both = slice_ends(slice_of(thing->as), ".auto");
		if (thing->as[0] == '.' ||
		    strcmp(thing->name, thing->as) == 0 ||
		    !is_there(things->parent, thing->as) ||
		    (only_both && !is_there(things->parent, thing->name)))
			continue;
		return err_set(err, ERR_EXISTS, "there is a %s of somebody "
		    "else's already: move it away before '%s' gets that name",
		    thing->as, all->account->name);
	}
	return 0;
}

/* The new name is free, and nothing is left of one who had it. */
static int
check_new(const struct renaming *r, struct err *err)
{
	const struct belongings all = { .account = &r->account,
	    .new_name = r->to, .pool = &r->call->pool };
	struct account account = r->account;
	const char *why;

	int there = user_lines_mention(r->domain, USER_LINES_PASSWD,
	    slice_of(r->to), err);
	if (there != 0)
		return there == -1 ? -1 : err_set(err, ERR_EXISTS, "%s has an "
		    "account '%s' already", r->domain->name, r->to);
	account.name = r->to;
	if (leftovers_elsewhere(&account, &r->call->pool, &why, err) == -1)
		return -1;
	if (why != NULL)
		return err_set(err, ERR_EXISTS, "%s", why);
	if (belongings_each(&all, check_free, err) == -1)
		return -1;
	return belongings_leftovers(&account, &r->call->pool, err);
}

/* What names the account and is not changed would lead to nobody: with its
 * alias only what says "\U". */
static int
check_left(const struct renaming *r, struct err *err)
{
	const struct account_reference name = { &r->call->in, r->from,
	    r->domain->name, strcmp(r->alias, HAS) == 0 };
	struct leads_left left = { .call = r->call, .account = &r->account,
	    .name = &name, .tells = true,
	    .alias_stays = strcmp(r->alias, TAKES) != 0 };

	if (leads_left_find(&left, err) == -1)
		return -1;
	if (left.hidden)
		return err_set(err, ERR_REFUSED, LEADS_LEFT_HIDDEN ": ask who "
		    "administers all domains%s", r->from, r->domain->name,
		    left.alias_stays ? "" : ", or leave an alias");
	return left.count == 0 ? 0 : err_set(err, ERR_REFUSED, "what is told "
	    "above would lead to nobody: change it first%s", left.alias_stays ?
	    "" : ", or leave an alias");
}

static int
begin(struct renaming *r, struct err *err)
{
	bool has = false;

	if (check_new(r, err) == -1 || rename_check_alias(r, err) == -1 ||
	    has_alias(r, &has, err) == -1)
		return -1;
	r->alias = has ? HAS : call_has(r->call, "--no-alias") ? TAKES : KEEPS;
	if ((strcmp(r->alias, TAKES) == 0 && references_check(r->call, r->from,
	    rename_reference, r, err) == -1) || check_left(r, err) == -1)
		return err_within(err, "%s@%s keeps its name", r->from,
		    r->domain->name);
	return 0;
}

/* The account as it was called, also when passwd.D has its new name. */
static int
go_on(struct renaming *r, const struct unfinished *begun, struct err *err)
{
	struct slice note_left = slice_of(begun->note), from = { 0 };
	struct account *account;

	if (!slice_same(slice_of(begun->to), slice_of(r->to)))
		return err_set(err, ERR_REFUSED, "%s was being renamed to %s: "
		    "finish that first with 'vadmin %s'", begun->name,
		    begun->to, unfinished_command(begun, &r->call->pool));
	slice_cut(&note_left, ' ', &from);
	r->from = pool_dup(&r->call->pool, from);
	r->to = begun->to;
	r->again = true;
	r->alias = pool_dup(&r->call->pool, note_left);
	if (account_find(r->domain, &r->call->pool, slice_of(r->from),
	    &account, err) == -1 && (err->kind != ERR_ABSENT ||
	    account_find(r->domain, &r->call->pool, slice_of(r->to), &account,
	    err) == -1))
		return -1;
	r->account = *account;
	r->account.name = r->from;
	return 0;
}

/* "NEW", or "NEW@D" of the same domain. */
static int
read_new(struct renaming *r, struct err *err)
{
	struct subject subject = { r->domain, "" };
	struct slice given = slice_of(call_text(r->call, "NEW"));
	ptrdiff_t at = slice_find_last(given, '@');

	if (at != -1) {
		if (subject_of(r->call, "NEW", &subject, err) == -1)
			return -1;
		if (strcmp(subject.domain->name, r->domain->name) != 0)
			return err_set(err, ERR_INVALID, "%s is another "
			    "domain: an account stays in its own",
			    subject.domain->name);
		given = slice_of(subject.name);
	} else if (slice_starts(given, "user/") || slice_starts(given, "user."))
		given = slice_from(given, 5);
	if (!name_is_account(given))
		return err_set(err, ERR_INVALID, "'%.*s' can be no account's "
		    "name", (int)given.len, given.p);
	r->to = pool_dup(&r->call->pool, given);
	return 0;
}

static const char *
record_of(const struct renaming *r)
{
	struct pool *pool = &r->call->pool;

	return pool_format(pool, "%s@%s", pool_lower(pool, slice_of(r->from)),
	    r->domain->name);
}

static int
find_begun(struct renaming *r, struct unfinished *begun, struct err *err)
{
	struct subject subject;
	struct pool *pool = &r->call->pool;

	if (subject_of(r->call, "U@D", &subject, err) == -1)
		return -1;
	r->domain = subject.domain;
	r->from = subject.name;
	if (read_new(r, err) == -1)
		return -1;
	/* cyradm's spelling */
	for (int i = 0; i < 2; i++) {
		r->record = record_of(r);
		int got = unfinished_find(&r->call->in, pool, r->record, begun,
		    err);
		if (got != 0 || !slice_starts(slice_of(r->from), "user."))
			return got;
		r->from += strlen("user.");
	}
	return 0;
}

int
user_rename(struct call *call, struct err *err)
{
	struct renaming r = { .call = call };
	struct unfinished begun;
	struct account *account;

	int got = find_begun(&r, &begun, err);
	if (got == -1)
		return -1;
	if (got == 0) {
		if (subject_account(call, "U@D", &account, err) == -1)
			return -1;
		r.account = *account;
		r.from = account->name;
		r.record = record_of(&r);
	} else if (go_on(&r, &begun, err) == -1)
		return -1;
	if (strcmp(r.from, r.to) == 0 && got == 0) {
		note("%s is its name already", r.to);
		return 0;
	}
	if (user_room_files(r.domain, err) == -1 ||
	    rename_look(&r, err) == -1 ||
	    (got == 0 && begin(&r, err) == -1))
		return -1;
	if (rename_all(&r, err) == -1)
		return -1;
	if (strcmp(r.alias, KEEPS) == 0)
		note("mail for %s@%s still arrives, by an alias; who logs in "
		    "says %s", r.from, r.domain->name, r.to);
	alias_use_warn_same(call, r.domain, r.to);
	return 0;
}
