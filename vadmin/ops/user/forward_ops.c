/* forward_ops.c: where an account's mail goes instead: files/D/U.forward. */
#include <string.h>

#include "account.h"
#include "forward.h"
#include "forward_file.h"
#include "ops.h"
#include "output.h"
#include "resolve.h"
#include "scope.h"
#include "subject.h"

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
			note("the forward of %s@%s: %s %s", account->name,
			    account->domain->name, plan.targets[i]->failure.code,
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
switch_off(struct call *call, const struct account *account, struct err *err)
{
	struct alias_entry *left;
	struct err unused;

	if (forward_file_remove(account, err) == -1)
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
	if (off)
		return switch_off(call, account, err);
	if (forward_file_write(account, given, call_has(call, "--keep"),
	    err) == -1)
		return -1;
	tell_failures(call, account);
	return 0;
}
