/* plan_test.c: plans: what is added once, and how they look to people. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain.h"
#include "plan.h"
#include "scope.h"

static void
assert_printed(const struct plan *plan, const char *wanted)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	plan_print(plan, out);
	fclose(out);
	assert_string_equal(text, wanted);
	free(text);
}

static struct installation in = { .path = "/etc/vmail",
    .conf = { .spool = "/spool" } };
static struct domain domain = { .in = &in, .name = "a.test",
    .conf = { .inbox = "%d/%u" } };
static const struct account joe = { .domain = &domain, .name = "joe" };
static const struct step first = { NULL, "all@a.test", "alias",
    "/etc/vmail/aliases.a.test", 3, NULL };
static const struct step second = { &first, "joe@a.test", "account",
    "/etc/vmail/passwd.a.test", 0, NULL };
static const struct step nowhere = { NULL, "x@a.test", "no alias, no account",
    NULL, 0, NULL };

static const struct row {
	const char	*name;
	struct target	 target;
	const char	*wanted;	/* behind the recipient's line */
} rows[] = {
	{ "a mailbox has its path, and the way from the first step to the last",
	  { .kind = TARGET_ACCOUNT, .account = &joe, .domain = &domain,
	  .way = &second, .text = "joe" },
	  "  mailbox joe@a.test /spool/a.test/joe\n" "    all@a.test alias "
	  "/etc/vmail/aliases.a.test:3\n" "    joe@a.test account "
	  "/etc/vmail/passwd.a.test\n" },
	{ "a command is as it will be run",
	  { .kind = TARGET_COMMAND, .domain = &domain, .text = "a | b" },
	  "  command a | b\n" },
	{ "a file is its path", { .kind = TARGET_FILE, .domain = &domain,
	  .text = "/f" }, "  file /f\n" },
	{ "an address elsewhere", { .kind = TARGET_REMOTE, .domain = &domain,
	  .text = "x@y" }, "  remote x@y\n" },
	{ "an address elsewhere with a sender of its own",
	  { .kind = TARGET_REMOTE, .domain = &domain, .text = "x@y",
	  .sender = "owner-l@a.test" },
	  "  remote x@y sender owner-l@a.test\n" },
	{ "an automatic answer", { .kind = TARGET_AUTO, .domain = &domain,
	  .text = "/f.auto" }, "  answer /f.auto\n" },
	{ "a failure has its code and words",
	  { .kind = TARGET_FAILURE, .way = &nowhere, .text = "",
	    .failure = { OUTCOME_NO_USER, "5.1.1", "unknown user x@a.test" } },
	  "  failure 5.1.1 unknown user x@a.test\n    x@a.test no alias, no "
	  "account\n" },
	{ "bytes that could steer a terminal become ?",
	  { .kind = TARGET_COMMAND, .domain = &domain,
	  .text = "a\033[2J\nb\tc\177\xC3\xBC" },
	  "  command a?[2J?b?c?\xC3\xBC\n" },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_plan) struct plan plan = { 0 };
	SCOPED(drop_str) struct str wanted = { 0 };
	struct recipient *r = plan_add_recipient(&plan, "all@a.test");

	plan_add_target(&plan, r, &row->target);
	str_addf(&wanted, "all@a.test\n%s", row->wanted);
	assert_printed(&plan, str_text(&wanted));
}

static void
nothing(void **state)
{
	SCOPED(drop_plan) struct plan plan = { 0 };

	(void)state;
	assert_printed(&plan, "");
	plan_add_recipient(&plan, "a\nb");
	assert_printed(&plan, "a?b\n");
}

static void
shared(void **state)
{
	SCOPED(drop_plan) struct plan plan = { 0 };
	struct recipient *one = plan_add_recipient(&plan, "one@a.test");
	struct recipient *two = plan_add_recipient(&plan, "two@a.test");

	(void)state;
	struct target *t = plan_add_target(&plan, one,
	    &(struct target){ .kind = TARGET_FILE, .text = "/f" });
	plan_share_target(one, t);
	plan_share_target(two, t);
	plan_share_target(two, t);
	assert_int_equal(plan.count, 1);
	assert_int_equal(one->count, 1);
	assert_int_equal(two->count, 1);
	assert_ptr_equal(two->targets[0], t);
	assert_printed(&plan, "one@a.test\n  file /f\ntwo@a.test\n  file /f\n");
}

static void
many(void **state)
{
	SCOPED(drop_plan) struct plan plan = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct recipient *r = plan_add_recipient(&plan, "r");
		for (int j = 0; j < 20; j++)
			plan_add_target(&plan, r,
			    &(struct target){ .kind = TARGET_FILE,
			    .text = "/f" });
		plan_warn(&plan, "warning %d", i);
	}
	assert_int_equal(plan.recipient_count, 1000);
	assert_int_equal(plan.count, 20000);
	assert_int_equal(plan.recipients[999]->count, 20);
	assert_int_equal(plan.warning_count, 1000);
	assert_string_equal(plan.warnings[999], "warning 999");
}

static void
warnings(void **state)
{
	SCOPED(drop_plan) struct plan plan = { 0 };

	(void)state;
	plan_add_recipient(&plan, "x@a.test");
	plan_warn(&plan, "f:%d: twice\n", 3);
	assert_printed(&plan, "x@a.test\nwarning: f:3: twice?\n");
}

static void
addresses(void **state)
{
	SCOPED(drop_plan) struct plan plan = { 0 };
	struct target account = { .kind = TARGET_ACCOUNT, .account = &joe,
	    .domain = &domain, .local = "all" };
	struct target command = { .kind = TARGET_COMMAND, .domain = &domain,
	    .local = "a b" };

	(void)state;
	assert_string_equal(target_address(&plan, &account), "joe@a.test");
	assert_string_equal(target_address(&plan, &command), "\"a b\"@a.test");
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("a plan of nothing is empty, and a recipient is one line",
	    nothing);
	add_test("one target of two recipients stands once, and with each of "
	    "them", shared);
	add_test("20,000 targets of 1,000 recipients", many);
	add_test("warnings come last, a line each", warnings);
	add_test("a target's address is the account's, or the one that was "
	    "resolved last", addresses);
	return run_all();
}
