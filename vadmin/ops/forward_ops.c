/* forward_ops.c: where an account's mail goes instead: files/D/U.forward. */
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "fd.h"
#include "files.h"
#include "forward.h"
#include "ops.h"
#include "output.h"
#include "resolve.h"
#include "scope.h"
#include "side_file.h"
#include "spool.h"
#include "subject.h"

static int
read_address(struct call *call, const char *word, struct str *text,
    struct err *err)
{
	struct alias_member member;

	if (alias_parse_member(&call->pool, slice_of(word), &member,
	    err) == -1)
		return err_within(err, "'%.100s'", word);
	if (member.kind != ALIAS_ADDRESS)
		return err_set(err, ERR_INVALID, "'%.100s' is no address: "
		    "--keep leaves a copy, commands and files are for aliases",
		    word);
	alias_member_add(text, &member);
	str_addc(text, '\n');
	return 0;
}

/* One member a line, in the grammar of alias files. */
static int
write_text(struct call *call, const struct account *account, struct str *text,
    struct err *err)
{
	const struct setting_words *given = call_list(call, "ADDRESS|off");

	if (call_has(call, "--keep")) {
		const struct alias_member own = { .kind = ALIAS_MAILBOX,
		    .text = account->name };
		alias_member_add(text, &own);
		str_addc(text, '\n');
	}
	for (size_t i = 0; i < given->count; i++)
		if (read_address(call, given->word[i], text, err) == -1)
			return -1;
	return 0;
}

/* What does not arrive is told, not refused: the account may come later. */
static void
tell_failures(struct call *call, const struct account *account)
{
	SCOPED(drop_plan) struct plan plan = { 0 };

	resolve(&call->in, &plan, pool_format(&call->pool, "%s@%s",
	    account->name, account->domain->name));
	resolve_forwards(&call->in, &plan);
	for (size_t i = 0; i < plan.count; i++)
		if (plan.targets[i]->kind == TARGET_FAILURE)
			note("%s %s", plan.targets[i]->failure.code,
			    plan.targets[i]->failure.text);
}

static int
show(struct call *call, const struct account *account, struct err *err)
{
	SCOPED(drop_sheet) struct sheet sheet = { .heads = name_and_value };
	struct alias_entry *entry;

	if (forward_find(account, &call->pool, &entry, err) == -1) {
		if (err->kind != ERR_ABSENT)
			return -1;
		sheet_adds(&sheet, "forward");
		sheet_adds(&sheet, "off");
		sheet_print(&sheet);
		if (err->text[0] != '\0')
			note("%s", err->text);
		return 0;
	}
	if (entry->wrong != NULL)
		return err_set(err, ERR_INVALID, "%s", entry->wrong);
	for (size_t i = 0; i < entry->count; i++) {
		SCOPED(drop_str) struct str text = { 0 };
		alias_member_add(&text, &entry->members[i]);
		sheet_adds(&sheet, "forward");
		sheet_addf(&sheet, "%s (%s:%u)", str_text(&text), entry->file,
		    entry->members[i].line);
	}
	sheet_print(&sheet);
	return 0;
}

static int
switch_off(struct call *call, const struct account *account, int dir,
    const char *name, struct err *err)
{
	struct alias_entry *left;
	struct err unused;

	if (side_file_remove(dir, name, NULL, err) == -1)
		return -1;
	if (forward_find(account, &call->pool, &left, &unused) == 0)
		note("%s is the account's own, and counts now", left->file);
	return 0;
}

int
user_forward(struct call *call, struct err *err)
{
	const struct setting_words *given = call_list(call, "ADDRESS|off");
	bool off = given->count > 0 && strcmp(given->word[0], "off") == 0;
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_fd) int dir = -1;
	struct account *account;

	if (call_has(call, "--keep") && (off || given->count == 0))
		return err_set(err, ERR_INVALID,
		    "--keep goes with addresses: it leaves a copy here");
	if (off && given->count > 1)
		return err_set(err, ERR_INVALID,
		    "'off' stands alone: it takes the forward away");
	if (subject_account(call, "U@D", &account, err) == -1)
		return -1;
	if (given->count == 0)
		return show(call, account, err);
	const char *name = pool_format(&call->pool, "%s.forward",
	    account->name);
	if (spool_files(account->domain, true, &dir, err) == -1)
		return -1;
	if (off)
		return switch_off(call, account, dir, name, err);
	if (write_text(call, account, &text, err) == -1 || side_file_write(dir, name,
	    str_slice(&text), geteuid(), MODE_PUBLIC, err) == -1)
		return -1;
	tell_failures(call, account);
	return 0;
}
