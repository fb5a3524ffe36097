/* user_delete.c: an account taken away; what was its stays in the trash. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "alias_use.h"
#include "entries.h"
#include "grant_file.h"
#include "ops.h"
#include "scope.h"
#include "subject.h"
#include "trash.h"
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

/* What would break is told before anything happens; on a terminal somebody
 * has to say yes. */
int
user_delete_ask(struct call *call, struct err *err)
{
	struct account *account;
	char answer[16] = "";

	if (subject_account(call, "U@D", &account, err) == -1 ||
	    alias_use_each(call, account, tell_use, NULL, err) == -1 ||
	    grant_file_each(account->domain, &call->pool, tell_grant, account,
	    err) == -1)
		return -1;
	if (call_has(call, "--yes") || !isatty(STDIN_FILENO))
		return 0;
	fprintf(stderr, "Delete the account %s@%s? Its mail goes to the trash. "
	    "[y/N] ", account->name, account->domain->name);
	if (fgets(answer, sizeof answer, stdin) != NULL &&
	    (answer[0] == 'y' || answer[0] == 'Y'))
		return 0;
	return err_set(err, ERR_REFUSED, "nothing was deleted");
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

/* passwd.D first: from then on there is no account, and no login. */
static int
remove_lines(struct call *call, const struct account *account, struct err *err)
{
	SCOPED(drop_user_files) struct user_files files = { 0 };
	SCOPED(drop_str) struct str passwd = { 0 }, shadow = { 0 };
	struct slice name = slice_of(account->name);

	if (user_files_read(account->domain, &call->pool, &files, err) == -1)
		return -1;
	entries_remove(str_slice(&files.passwd), name, &passwd);
	if (user_files_write_passwd(&files, &passwd, err) == -1)
		return -1;
	if (!entries_mention(str_slice(&files.shadow), name))
		return 0;
	entries_remove(str_slice(&files.shadow), name, &shadow);
	return user_files_write_shadow(&files, &shadow, err);
}

int
user_delete(struct call *call, struct err *err)
{
	struct trash trash = { .pool = &call->pool,
	    .stamp = stamp(&call->pool) };
	SCOPED(drop_sheet) struct sheet sheet = { .heads = name_and_value };
	struct account *account;
	const char *inbox;
	size_t grants;

	if (subject_account(call, "U@D", &account, err) == -1)
		return -1;
	trash.account = account;
	/* Grants first: as long as the account is there, they can be given
	 * again; when it is gone, the next of its name would have them. */
	if (grant_file_forget(account->domain, account->name, &grants,
	    err) == -1 || uid_mark_retire(&call->in, account->ident.uid, err) == -1 ||
	    remove_lines(call, account, err) == -1)
		return -1;
	if (trash_account(&trash, &inbox, err) == -1)
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
