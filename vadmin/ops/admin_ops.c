/* admin_ops.c: administrators with a password of their own, of a domain or of
 * everything. */
#include "admin_ops.h"

#include "account.h"
#include "administrators.h"
#include "name.h"
#include "ops.h"
#include "output.h"
#include "scope.h"
#include "secret_ops.h"
#include "subject.h"

/* Whom a call is about. */
struct desk {
	/* NULL: of everything */
	struct domain		*domain;
	const char		*name;
	struct administrators	 all;
};

static void
drop_desk(struct desk *desk)
{
	drop_administrators(&desk->all);
}

static const char *
domain_name(const struct desk *desk)
{
	return desk->domain != NULL ? desk->domain->name : NULL;
}

/* What a password must not hold. */
static const char *
domain_word(const struct desk *desk)
{
	return desk->domain != NULL ? desk->domain->name : "";
}

static const char *
behind(const struct desk *desk, struct pool *pool)
{
	return desk->domain == NULL ? "" : pool_format(pool, "@%s",
	    desk->domain->name);
}

/* Who rules everything must not be able to add to those who do, or to lock
 * the others out. */
static int
check_scope(const struct call *call, const struct desk *desk, struct err *err)
{
	if (desk->domain != NULL || call->principal.caller == CALLER_ROOT)
		return 0;
	return err_set(err, ERR_REFUSED, "%s may not change who administers "
	    "everything: that is for %s (the administrators of one domain: "
	    "'vadmin %s NAME D')", call->principal.name,
	    caller_class(CALLER_ROOT), call->op->name);
}

/* NAME D and NAME@D are the same. */
static int
read_name(struct call *call, struct desk *desk, struct err *err)
{
	struct slice given = slice_of(call_text(call, "NAME"));
	ptrdiff_t at = slice_find_last(given, '@');
	struct slice name = at == -1 ? given : (struct slice){ given.p,
	    (size_t)at };

	if (at != -1 && call_has(call, "D"))
		return err_set(err, ERR_INVALID, "the domain is given twice: "
		    "say NAME D, or NAME@D");
	if (!name_is_account(name))
		return err_set(err, ERR_INVALID, "'%.*s' can be no "
		    "administrator: up to 64 letters, digits, '.', '_' and "
		    "'-', not beginning with '.' or '-'", (int)name.len,
		    name.p);
	desk->name = pool_dup(&call->pool, name);
	return at == -1 ? 0 : domain_open(&call->in, &call->pool,
	    slice_from(given, (size_t)at + 1), &desk->domain, err);
}

static int
open_desk(struct call *call, struct desk *desk, struct err *err)
{
	if (read_name(call, desk, err) == -1 || (call_has(call, "D") &&
	    subject_domain(call, "D", &desk->domain, err) == -1) ||
	    check_scope(call, desk, err) == -1)
		return -1;
	return administrators_read(&call->in, &call->pool, domain_name(desk),
	    &desk->all, err);
}

static int
find(const struct desk *desk, struct entry *entry, struct err *err)
{
	return administrators_find(&desk->all, slice_of(desk->name), entry,
	    err);
}

void
admin_tell_missing(struct call *call, const char *domain)
{
	SCOPED(drop_desk) struct desk desk = { 0 };
	struct err unused;

	if (domain_open(&call->in, &call->pool, slice_of(domain),
	    &desk.domain, &unused) == 0 &&
	    desk.domain->conf.co_administration &&
	    administrators_read(&call->in, &call->pool, domain, &desk.all,
	    &unused) == 0 && !administrators_can_log_in(&desk.all))
		note("no administrator of %s has a password yet: 'vadmin admin "
		    "%s admin %s' gives the first one", domain,
		    desk.all.text.len > 0 ? "passwd" : "add", domain);
}

/* --- added --------------------------------------------------------------- */

static int
open_new(struct call *call, struct desk *desk, struct err *err)
{
	struct entry entry;

	if (open_desk(call, desk, err) == -1)
		return -1;
	if (find(desk, &entry, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	return err_set(err, ERR_EXISTS, "%s has an administrator '%.*s' "
	    "already", desk->all.file, (int)entry.field[SHADOW_NAME].len,
	    entry.field[SHADOW_NAME].p);
}

int
admin_add_ask(struct call *call, struct err *err)
{
	SCOPED(drop_desk) struct desk desk = { 0 };

	if (open_new(call, &desk, err) == -1)
		return -1;
	return secret_ask_new(call, desk.name, domain_word(&desk), err);
}

/* What would surprise who wants to act as him now. */
static void
tell_use(struct call *call, const struct desk *desk)
{
	struct account *account;
	struct err unused;

	if (desk->domain == NULL)
		return;
	if (!desk->domain->conf.co_administration)
		note("he may not act yet: 'vadmin domain set %s "
		    "co-administration=yes' lets the administrators of %s",
		    desk->domain->name, desk->domain->name);
	if (account_find(desk->domain, &call->pool, slice_of(desk->name),
	    &account, &unused) == 0)
		note("the account %s@%s is somebody else: --as calls him "
		    "user/%s@%s, the administrator admin/%s@%s",
		    account->name, desk->domain->name, account->name,
		    desk->domain->name, desk->name, desk->domain->name);
}

int
admin_add(struct call *call, struct err *err)
{
	SCOPED(drop_sheet) struct sheet sheet = { .heads = name_and_value };
	SCOPED(drop_desk) struct desk desk = { 0 };

	if (open_new(call, &desk, err) == -1 ||
	    administrators_add(&desk.all, desk.name, call->hash, err) == -1)
		return -1;
	sheet_adds(&sheet, "administrator");
	sheet_addf(&sheet, "admin/%s%s", desk.name, behind(&desk,
	    &call->pool));
	if (call->generated != NULL) {
		sheet_adds(&sheet, "password");
		sheet_adds(&sheet, call->generated);
	}
	sheet_print(&sheet);
	tell_use(call, &desk);
	return 0;
}

/* --- changed ------------------------------------------------------------- */

static int
open_old(struct call *call, struct desk *desk, struct entry *entry,
    struct err *err)
{
	if (open_desk(call, desk, err) == -1 || find(desk, entry, err) == -1)
		return -1;
	desk->name = pool_dup(&call->pool, entry->field[SHADOW_NAME]);
	return 0;
}

int
admin_passwd_ask(struct call *call, struct err *err)
{
	SCOPED(drop_desk) struct desk desk = { 0 };
	struct entry entry;

	if (open_old(call, &desk, &entry, err) == -1)
		return -1;
	return secret_ask_change(call, desk.name, domain_word(&desk), err);
}

int
admin_passwd(struct call *call, struct err *err)
{
	SCOPED(drop_desk) struct desk desk = { 0 };
	struct entry entry;
	bool locked;

	if (open_old(call, &desk, &entry, err) == -1)
		return -1;
	if (call->hash == NULL) {
		note("the password stays as it was");
		return 0;
	}
	const char *hash = secret_behind_lock(call, pool_dup(&call->pool,
	    entry.field[SHADOW_HASH]), &locked);
	if (administrators_set_hash(&desk.all, desk.name, hash, err) == -1)
		return -1;
	if (locked)
		note("%s stays locked: take the '!' before the hash in %s/%s "
		    "out", desk.name, call->in.path, desk.all.file);
	tell_use(call, &desk);
	return 0;
}

int
admin_delete(struct call *call, struct err *err)
{
	SCOPED(drop_desk) struct desk desk = { 0 };
	struct entry entry;

	if (open_old(call, &desk, &entry, err) == -1)
		return -1;
	return administrators_remove(&desk.all, desk.name, err);
}

/* --- listed -------------------------------------------------------------- */

static const char *
password_word(const struct entry *entry)
{
	struct slice hash = entry->field[SHADOW_HASH];

	if (administrator_is_barred(entry))
		return "locked";
	return hash.len <= 1 || slice_starts(hash, "*") ? "none" : "yes";
}

static void
list_file(struct call *call, const struct desk *desk, struct sheet *sheet)
{
	bool acts = desk->domain == NULL ||
	    desk->domain->conf.co_administration;
	struct slice rest = str_slice(&desk->all.text);
	struct entry entry;

	while (entries_next(&rest, &entry)) {
		if (entry.count != SHADOW_FIELDS ||
		    !name_is_account(entry.field[SHADOW_NAME])) {
			note("%s/%s: left out a line that is broken: '%.*s'",
			    call->in.path, desk->all.file,
			    (int)entry.field[SHADOW_NAME].len,
			    entry.field[SHADOW_NAME].p);
			continue;
		}
		sheet_addf(sheet, "admin/%.*s%s",
		    (int)entry.field[SHADOW_NAME].len,
		    entry.field[SHADOW_NAME].p, behind(desk, &call->pool));
		sheet_adds(sheet, password_word(&entry));
		sheet_adds(sheet, administrator_is_barred(&entry) ? "no" :
		    acts ? "yes" : "no: co-administration is off");
		sheet_addf(sheet, "%s/%s", call->in.path, desk->all.file);
	}
}

static void
list_settings(struct call *call, const struct desk *desk, struct sheet *sheet)
{
	const struct setting_words *admins = desk->domain == NULL ?
	    &call->in.conf.admins : &desk->domain->conf.admins;
	const char *where = desk->domain == NULL ?
	    installation_where(&call->in, &call->pool, "admins") :
	    domain_where(desk->domain, &call->pool, "admins");

	for (size_t i = 0; i < admins->count; i++) {
		sheet_addf(sheet, "system/%s", admins->word[i]);
		sheet_adds(sheet, "the system's");
		sheet_adds(sheet, "yes");
		sheet_adds(sheet, where);
	}
}

int
admin_list(struct call *call, struct err *err)
{
	static const char *const heads[] = { "ADMINISTRATOR", "PASSWORD",
	    "MAY ACT", "WHERE", NULL };
	SCOPED(drop_sheet) struct sheet sheet = { .heads = heads };
	SCOPED(drop_desk) struct desk desk = { 0 };

	if ((call_has(call, "D") && subject_domain(call, "D", &desk.domain,
	    err) == -1) || administrators_read(&call->in, &call->pool,
	    domain_name(&desk), &desk.all, err) == -1)
		return -1;
	list_file(call, &desk, &sheet);
	list_settings(call, &desk, &sheet);
	sheet_print(&sheet);
	return 0;
}
