/* user_delete.c: an account taken away; what was its stays in the trash. */
#include <time.h>
#include <unistd.h>

#include "alias_use.h"
#include "attribute_file.h"
#include "confirm.h"
#include "entries.h"
#include "grant_file.h"
#include "ops.h"
#include "scope.h"
#include "subject.h"
#include "trash.h"
#include "trash_record.h"
#include "uid_mark.h"
#include "user_files.h"

static void
tell_use(void *arg, const char *domain, const char *alias, const char *where)
{
	(void)arg;
	if (alias[0] == '\0')
		note("the fallback of %s is this account (%s)", domain, where);
	else
		note("the alias %s@%s names it (%s)", alias, domain, where);
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

static void
tell_owned(void *arg, const struct attribute_line *line, const char *file,
    unsigned number, const char *wrong)
{
	const struct account *account = arg;
	struct slice rest = line->value, word;

	if (wrong != NULL || line->what != ATTRIBUTE_OWNERS)
		return;
	while (slice_word(&rest, &word))
		if (slice_same(word, slice_of(account->name)))
			note("'%s' owns the alias %s@%s (%s:%u)", account->name,
			    line->alias, account->domain->name, file, number);
}

/* What would break is told before anything happens; on a terminal somebody
 * has to say yes. */
int
user_delete_ask(struct call *call, struct err *err)
{
	struct account *account;

	if (subject_account(call, "U@D", &account, err) == -1 ||
	    alias_use_each(call, account, tell_use, NULL, err) == -1 ||
	    attribute_file_each(account->domain, &call->pool, tell_owned,
	    account, err) == -1 ||
	    grant_file_each(account->domain, &call->pool, tell_grant, account,
	    err) == -1)
		return -1;
	return confirm(call, pool_format(&call->pool, "Delete the account "
	    "%s@%s? Its mail goes to the trash.", account->name,
	    account->domain->name), err);
}

static const char *
stamp(struct pool *pool)
{
	char text[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) != NULL)
		strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &tm);
	return pool_format(pool, "%s.%ld", text, (long)getpid());
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

static void
remember_line(struct remembered *r, const char *file, struct slice text,
    size_t fields)
{
	struct entry entry;

	if (entries_find(text, slice_of(r->account->name), fields, &entry))
		trash_record_add(&r->text, file, entry.line);
}

/* Its lines, before any of them goes. */
static int
remember(struct call *call, const struct account *account,
    const struct user_files *files, const char *when, struct err *err)
{
	struct remembered r = { .account = account };

	remember_line(&r, "passwd", str_slice(&files->passwd), PASSWD_FIELDS);
	remember_line(&r, "shadow", str_slice(&files->shadow), SHADOW_FIELDS);
	int done = grant_file_each(account->domain, &call->pool,
	    remember_grant, &r, err);
	if (done == 0)
		done = trash_record_write(account->domain, account->name, when,
		    str_slice(&r.text), err);
	drop_str(&r.text);
	return done;
}

/* --- the deletion -------------------------------------------------------- */

/* Grants first: as long as the account is there they can be given again; when
 * it is gone, the next of its name would have them.  Then passwd.D: from then
 * on there is no account, and no login. */
static int
remove_lines(const struct account *account, struct user_files *files,
    struct err *err)
{
	SCOPED(drop_str) struct str passwd = { 0 }, shadow = { 0 };
	struct slice name = slice_of(account->name);
	size_t grants;

	if (grant_file_forget(account->domain, account->name, &grants,
	    err) == -1)
		return -1;
	entries_remove(str_slice(&files->passwd), name, &passwd);
	if (user_files_write_passwd(files, &passwd, err) == -1)
		return -1;
	if (!entries_mention(str_slice(&files->shadow), name))
		return 0;
	entries_remove(str_slice(&files->shadow), name, &shadow);
	return user_files_write_shadow(files, &shadow, err);
}

int
user_delete(struct call *call, struct err *err)
{
	struct belongings all = { .pool = &call->pool,
	    .stamp = stamp(&call->pool) };
	SCOPED(drop_user_files) struct user_files files = { 0 };
	SCOPED(drop_sheet) struct sheet sheet = { .heads = name_and_value };
	struct account *account;
	const char *inbox;

	if (subject_account(call, "U@D", &account, err) == -1 ||
	    user_files_read(account->domain, &call->pool, &files, err) == -1)
		return -1;
	all.account = account;
	if (uid_mark_retire(&call->in, account->ident.uid, err) == -1 ||
	    remember(call, account, &files, all.stamp, err) == -1 ||
	    remove_lines(account, &files, err) == -1)
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
