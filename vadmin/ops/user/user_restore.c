/* user_restore.c: deleted accounts, brought back or gone for good. */
#include <sys/stat.h>

#include "alias_use.h"
#include "alternative.h"
#include "belongings.h"
#include "confirm.h"
#include "grant_file.h"
#include "homes.h"
#include "leftovers.h"
#include "line_edit.h"
#include "ops.h"
#include "output.h"
#include "scope.h"
#include "subject.h"
#include "trash.h"
#include "trash_record.h"
#include "uid_use.h"
#include "user_room.h"

/* A deleted account as its record tells it. */
struct record {
	struct str		 text;
	struct entry		 passwd;	/* in text */
	struct account		 account;
	struct belongings	 belongings;
};

static void
drop_record(struct record *record)
{
	drop_str(&record->text);
}

static bool
find_entry(const struct record *record, const char *file, size_t fields,
    struct entry *entry)
{
	struct slice rest = str_slice(&record->text), line;

	return trash_record_next(&rest, file, &line) &&
	    entries_next(&line, entry) && entry->count == fields;
}

static int
read_record(struct call *call, const struct subject *subject,
    const char *stamp, struct record *out, struct err *err)
{
	const struct domain *domain = subject->domain;
	struct pool *pool = &call->pool;
	uint64_t uid, gid;

	if (trash_record_read(domain, subject->name, stamp, &out->text,
	    err) == -1)
		return -1;
	if (!find_entry(out, "passwd", PASSWD_FIELDS, &out->passwd) ||
	    slice_number(out->passwd.field[PASSWD_UID], UINT32_MAX - 1,
	    &uid) == -1 || slice_number(out->passwd.field[PASSWD_GID],
	    UINT32_MAX - 1, &gid) == -1)
		return err_set(err, ERR_INVALID, "%s/.trash/%s/%s.%s: the "
		    "line of passwd.%s in it is broken: mend it",
		    domain->in->path, domain->name, subject->name, stamp,
		    domain->name);
	out->account = (struct account){
		.domain = domain,
		.name = pool_dup(pool, out->passwd.field[PASSWD_NAME]),
		.home = pool_dup(pool, out->passwd.field[PASSWD_HOME]),
		.ident = { (uid_t)uid, (gid_t)gid },
	};
	out->belongings = (struct belongings){ .account = &out->account,
	    .stamp = stamp, .pool = pool };
	return 0;
}

/* The deleted accounts that are meant, the newest last. */
struct deleted {
	struct subject	 subject;
	const char	**stamps;
	size_t		 count;
};

/* ERR_ABSENT: there is none. */
static int
find_deleted(struct call *call, struct deleted *out, struct err *err)
{
	struct subject *subject = &out->subject;

	if (subject_new_account(call, "U@D", subject, err) == -1 ||
	    trash_record_stamps(subject->domain, &call->pool, subject->name,
	    &out->stamps, &out->count, err) == -1)
		return -1;
	return out->count > 0 ? 0 : err_set(err, ERR_ABSENT,
	    "no '%s' was deleted from %s", subject->name,
	    subject->domain->name);
}

/* --- where it lies ------------------------------------------------------- */

static int
check_lies(const char *what, const char *setting, const char *was,
    const char *now, struct err *err)
{
	struct stat st;

	if (lstat(was, &st) == -1 || lstat(now, &st) == 0)
		return 0;
	return err_set(err, ERR_REFUSED, "its %s is %s, and would be looked "
	    "for as %s: set '%s' as it was for as long as this takes, or move it "
	    "there first", what, was, now, setting);
}

/* Settings that were changed since would lead elsewhere, and nobody to what is
 * in the trash. */
static int
check_places(const struct record *record, struct err *err)
{
	const struct belongings *all = &record->belongings;
	const struct account *account = &record->account;
	struct slice rest = str_slice(&record->text), inbox;

	if (trash_record_next(&rest, "inbox", &inbox) && check_lies("inbox",
	    "inbox", pool_dup(all->pool, inbox), trash_inbox(all), err) == -1)
		return -1;
	return check_lies("home", "homes", trash_place(all, account->home),
	    trash_place(all, homes_path(account->domain, all->pool,
	    account->name)), err);
}

/* --- back ---------------------------------------------------------------- */

/* A grant whose other side is gone meanwhile would wait for the next of its
 * name. */
static int
restore_grants(const struct record *record, struct pool *pool, struct err *err)
{
	const struct domain *domain = record->account.domain;
	struct slice rest = str_slice(&record->text), text;
	struct grant_line line;
	struct account *unused;
	const char *wrong;

	while (trash_record_next(&rest, "grant", &text)) {
		if (grants_parse(text, &line, &wrong) != 1 ||
		    account_find(domain, pool, line.owner, &unused,
		    err) == -1 || account_find(domain, pool, line.who, &unused,
		    err) == -1)
			continue;
		if (grant_file_set(domain, pool_dup(pool, line.owner),
		    pool_dup(pool, line.who), line.grant, err) == -1)
			return -1;
	}
	return 0;
}

/* An archive may have brought the account back meanwhile, by another name by
 * now: two would be one to the system. */
static int
check_uid(const struct call *call, const struct record *record,
    struct err *err)
{
	const struct account *account = &record->account;
	const char *who;

	if (account->domain->one_owner)
		return 0;
	if (uid_use_find(&call->in, record->belongings.pool,
	    account->ident.uid, &who, err) == -1)
		return -1;
	return who == NULL ? 0 : err_set(err, ERR_EXISTS, "its user id %u is "
	    "that of %s: it cannot come back beside that one ('vadmin user "
	    "purge %s@%s' removes what the trash has)",
	    (unsigned)account->ident.uid, who, account->name,
	    account->domain->name);
}

/* Where the domain's inboxes lie among others' somebody may have its name by
 * now. */
static int
check_inbox(const struct record *record, struct err *err)
{
	const char *why;

	if (leftovers_elsewhere(&record->account, record->belongings.pool,
	    &why, err) == -1)
		return -1;
	return why == NULL ? 0 : err_set(err, ERR_EXISTS, "%s", why);
}

/* passwd.D last: until then there is no account, and mail for it waits for
 * nobody. */
static int
restore_lines(const struct record *record, struct err *err)
{
	const struct domain *domain = record->account.domain;
	struct entry entry;

	if (find_entry(record, "shadow", SHADOW_FIELDS, &entry) &&
	    line_put(domain, USER_LINES_SHADOW, entry.field, err) == -1)
		return -1;
	return line_put(domain, USER_LINES_PASSWD, record->passwd.field, err);
}

int
user_restore(struct call *call, struct err *err)
{
	SCOPED(drop_record) struct record record = { 0 };
	struct deleted deleted;
	const struct subject *subject = &deleted.subject;

	if (find_deleted(call, &deleted, err) == -1 ||
	    user_room_look(subject, err) == -1)
		return -1;
	const char *newest = deleted.stamps[deleted.count - 1];
	if (read_record(call, subject, newest, &record, err) == -1 ||
	    check_uid(call, &record, err) == -1 ||
	    check_places(&record, err) == -1 ||
	    check_inbox(&record, err) == -1 ||
	    trash_restore(&record.belongings, err) == -1 ||
	    belongings_unmark(&record.account, &call->pool, err) == -1 ||
	    restore_lines(&record, err) == -1 ||
	    restore_grants(&record, &call->pool, err) == -1 ||
	    alternative_return(call, &record.account, err) == -1)
		return -1;
	if (deleted.count > 1)
		note("the last of %zu that were deleted: the others stay in "
		    "the trash", deleted.count);
	alias_use_warn_same(call, subject->domain, record.account.name);
	return trash_record_remove(subject->domain, record.account.name, newest,
	    err);
}

/* --- gone ---------------------------------------------------------------- */

int
user_purge_ask(struct call *call, struct err *err)
{
	struct deleted deleted;

	if (find_deleted(call, &deleted, err) == -1)
		return -1;
	return confirm(call, pool_format(&call->pool, "Remove the mail and "
	    "home of the deleted %s@%s for good?", deleted.subject.name,
	    deleted.subject.domain->name), err);
}

/* The record goes last: what could not be removed is tried again. */
static int
purge(struct call *call, const struct subject *subject, const char *stamp,
    struct err *err)
{
	SCOPED(drop_record) struct record record = { 0 };

	if (read_record(call, subject, stamp, &record, err) == -1 ||
	    check_places(&record, err) == -1 ||
	    trash_purge(&record.belongings, err) == -1)
		return -1;
	return trash_record_remove(subject->domain, record.account.name, stamp,
	    err);
}

int
user_purge(struct call *call, struct err *err)
{
	struct deleted deleted;

	if (find_deleted(call, &deleted, err) == -1)
		return -1;
	for (size_t i = 0; i < deleted.count; i++)
		if (purge(call, &deleted.subject, deleted.stamps[i],
		    err) == -1)
			return -1;
	return 0;
}
