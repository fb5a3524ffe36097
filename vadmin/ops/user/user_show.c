/* user_show.c: an account, and what leads to it. */
#include "account.h"
#include "alias_use.h"
#include "attribute_file.h"
#include "away.h"
#include "grant_file.h"
#include "line_edit.h"
#include "mailbox.h"
#include "ops.h"
#include "output.h"
#include "quota_file.h"
#include "scope.h"
#include "secret_ops.h"
#include "subject.h"
#include "user_profile.h"

static void
show(struct sheet *sheet, const char *name, const char *value)
{
	sheet_adds(sheet, name);
	sheet_adds(sheet, value);
}

/* Who is not root may not look into everybody's home. */
static const char *
vacation_of(const struct account *account)
{
	struct away_state state;
	struct err err;

	if (away_look(account, &state, &err) == -1)
		return "not known";
	return state.place == VACATION_NONE ? "off" : "on";
}

struct grants_of {
	struct sheet		*sheet;
	const struct account	*account;
};

static void
show_owned(void *arg, const struct attribute_line *line, const char *file,
    unsigned number, const char *wrong)
{
	const struct grants_of *of = arg;
	struct slice rest = line->value, word;

	if (wrong != NULL || line->what != ATTRIBUTE_OWNERS)
		return;
	while (slice_word(&rest, &word))
		if (slice_same(word, slice_of(of->account->name))) {
			sheet_adds(of->sheet, "owns");
			sheet_addf(of->sheet, "%s@%s (%s:%u)", line->alias,
			    of->account->domain->name, file, number);
		}
}

static void
show_grant(void *arg, const struct grant_line *line, const char *file,
    unsigned number, const char *wrong)
{
	const struct grants_of *of = arg;
	struct slice name = slice_of(of->account->name), other = line->owner;
	const char *what = "may-open";

	if (wrong != NULL)
		return;
	if (slice_same(line->owner, name)) {
		what = "grants";
		other = line->who;
	} else if (!slice_same(line->who, name))
		return;
	sheet_adds(of->sheet, what);
	sheet_addf(of->sheet, "%.*s %s (%s:%u)", (int)other.len, other.p,
	    grant_name(line->grant), file, number);
}

int
user_show(struct call *call, struct err *err)
{
	SCOPED(drop_sheet) struct sheet sheet = { .heads = name_and_value };
	SCOPED(drop_secret) struct str hash = { 0 };
	SCOPED(drop_str) struct str text = { 0 };
	struct entry line = { 0 };
	struct pool *pool = &call->pool;
	struct account *account;
	struct err unread;

	if (subject_account(call, "U@D", &account, err) == -1 ||
	    user_lines_hash(account->domain, account->name, &hash, err) == -1 ||
	    line_find(account->domain, USER_LINES_PASSWD,
	    slice_of(account->name), &text, &line, err) == -1)
		return -1;
	const struct domain *domain = account->domain;
	show(&sheet, "account", pool_format(pool, "%s@%s", account->name,
	    domain->name));
	show(&sheet, "name", account->full_name);
	show(&sheet, "uid", pool_format(pool, "%u",
	    (unsigned)account->ident.uid));
	show(&sheet, "gid", pool_format(pool, "%u",
	    (unsigned)account->ident.gid));
	show(&sheet, "home", account->home);
	show(&sheet, "inbox", mailbox_path(account, pool));
	show(&sheet, "quota", quota_file_show(account,
	    output_is_for_people(), pool));
	show(&sheet, "login", secret_state(domain, str_slice(&hash)));
	show(&sheet, "vacation", vacation_of(account));
	user_profile_show(call, account, line.field[PASSWD_GECOS], &sheet);
	show(&sheet, "where", pool_format(pool, "%s:%u", account->file,
	    account->line));
	if (alias_use_show(call, account, &sheet, err) == -1)
		return -1;
	struct grants_of of = { &sheet, account };
	if (attribute_file_each(domain, pool, show_owned, &of, &unread) == -1)
		note("%s", unread.text);
	if (grant_file_each(domain, pool, show_grant, &of, &unread) == -1)
		note("%s", unread.text);
	sheet_print(&sheet);
	return 0;
}
