/* user_ops.c: accounts made and changed. */
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "alias_use.h"
#include "belongings.h"
#include "files.h"
#include "homes.h"
#include "leftovers.h"
#include "line_edit.h"
#include "ops.h"
#include "output.h"
#include "quota_file.h"
#include "scope.h"
#include "secret_ops.h"
#include "subject.h"
#include "uid_mark.h"
#include "user_forget.h"
#include "user_room.h"
#include "user_settings.h"

static int
check_room(const struct subject *subject, struct pool *pool,
    struct err *err)
{
	const struct account account = { .domain = subject->domain,
	    .name = subject->name };
	const char *why;

	/* What is left from somebody would be somebody's mail. */
	if (user_room_look(subject, err) == -1 ||
	    leftovers_in_the_way(&account, pool, &why, err) == -1)
		return -1;
	return why == NULL ? 0 : err_set(err, ERR_EXISTS, "%s", why);
}

int
user_add_ask(struct call *call, struct err *err)
{
	struct subject subject;

	if (subject_new_account(call, "U@D", &subject, err) == -1 ||
	    check_room(&subject, &call->pool, err) == -1)
		return -1;
	return secret_ask_new(call, subject.name, subject.domain->name, err);
}

static int
add_passwd_line(struct call *call, const struct subject *subject, uid_t uid,
    const struct user_settings *settings, struct err *err)
{
	SCOPED(drop_str) struct str gecos = { 0 };
	gid_t gid = subject->domain->owner.gid;
	struct slice fields[PASSWD_FIELDS] = {
		slice_of(subject->name), SLICE("x"),
		slice_of(pool_format(&call->pool, "%u", (unsigned)uid)),
		slice_of(pool_format(&call->pool, "%u", (unsigned)gid)),
		SLICE(""),
		slice_of(homes_path(subject->domain, &call->pool,
		    subject->name)),
		SLICE("/bin/false"),
	};

	user_settings_gecos(settings, SLICE(""), &gecos);
	fields[PASSWD_GECOS] = str_slice(&gecos);
	return user_lines_add(subject->domain, USER_LINES_PASSWD, fields, err);
}

static void
tell_new(struct call *call, const struct subject *subject, uid_t uid)
{
	SCOPED(drop_sheet) struct sheet sheet = { .heads = name_and_value };

	sheet_adds(&sheet, "account");
	sheet_addf(&sheet, "%s@%s", subject->name, subject->domain->name);
	sheet_adds(&sheet, "uid");
	sheet_addf(&sheet, "%u", (unsigned)uid);
	if (call->generated != NULL) {
		sheet_adds(&sheet, "password");
		sheet_adds(&sheet, call->generated);
	}
	sheet_print(&sheet);
}

/* The line in passwd.D makes the account and comes last; an entry of shadow.D
 * without it is nobody's. */
int
user_add(struct call *call, struct err *err)
{
	struct user_settings settings;
	struct subject subject;
	uid_t uid;

	if (subject_new_account(call, "U@D", &subject, err) == -1 ||
	    check_room(&subject, &call->pool, err) == -1)
		return -1;
	const struct domain *domain = subject.domain;
	struct account account = { .domain = domain, .name = subject.name };
	if (user_settings_take(call, &account, true, &settings, err) == -1 ||
	    belongings_make_room(&account, &call->pool, err) == -1 ||
	    user_forget_all(&subject, err) == -1 ||
	    uid_mark_take(&call->in, (uid_t)domain->conf.uid_start, &uid,
	    err) == -1)
		return -1;
	struct ident who = domain->one_owner ? domain->owner :
	    (struct ident){ uid, domain->owner.gid };
	if (user_lines_set_hash(domain, subject.name, call->hash, err) == -1 ||
	    homes_make(domain, subject.name, who, err) == -1)
		return -1;
	if (user_settings_apply(call, &settings, err) == -1 ||
	    add_passwd_line(call, &subject, uid, &settings, err) == -1)
		return -1;
	tell_new(call, &subject, uid);
	alias_use_warn_same(call, domain, subject.name);
	return 0;
}

static int
set_gecos(const struct user_settings *settings, struct err *err)
{
	const struct account *account = &settings->account;
	const struct domain *domain = account->domain;
	SCOPED(drop_str) struct str gecos = { 0 }, text = { 0 };
	struct slice who = slice_of(account->name);
	struct entry entry;

	if (user_room_files(domain, err) == -1)
		return -1;
	int got = line_find(domain, USER_LINES_PASSWD, who, &text, &entry,
	    err);
	if (got != 1)
		return got == -1 ? -1 : err_set(err, ERR_TEMPORARY,
		    "passwd.%s changed meanwhile", domain->name);
	user_settings_gecos(settings, entry.field[PASSWD_GECOS], &gecos);
	return line_set(domain, USER_LINES_PASSWD, who, PASSWD_GECOS,
	    str_slice(&gecos), err);
}

int
user_set(struct call *call, struct err *err)
{
	struct user_settings settings;
	struct account *account;

	if (subject_account(call, "U@D", &account, err) == -1 ||
	    user_settings_take(call, account, false, &settings, err) == -1)
		return -1;
	if (user_settings_touch_gecos(&settings) &&
	    set_gecos(&settings, err) == -1)
		return -1;
	return user_settings_apply(call, &settings, err);
}

int
user_quota(struct call *call, struct err *err)
{
	const char *value = call_text(call, "kB|none|disabled|default");
	SCOPED(drop_sheet) struct sheet sheet = { .heads = name_and_value };
	struct account *account;

	if (subject_account(call, "U@D", &account, err) == -1)
		return -1;
	if (value != NULL)
		return quota_file_write(account->domain, account->name,
		    slice_of(value), err);
	sheet_adds(&sheet, "quota");
	sheet_adds(&sheet, quota_file_show(account, output_is_for_people(),
	    &call->pool));
	sheet_print(&sheet);
	return 0;
}
