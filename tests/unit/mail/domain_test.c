/* domain_test.c: which domains are ours, by what name, and whose their mail
 * is. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "domain.h"
#include "scope.h"

static void
link_to(const char *to, const char *name)
{
	assert_int_equal(symlink(to, name), 0);
}

/* Domains of all kinds, each owned by uid 7. */
static void
open_here(struct installation *in)
{
	struct err err = { 0 };
	char name[40], to[40];

	unit_writes("vmail.conf", "main-domain = main.test\n");
	unit_writes("domain.a.test", "owner = 7:8\nfallback = x\n");
	unit_writes("passwd.a.test", "");
	unit_writes("passwd.old.test", "");
	unit_writes("domain.new.test", "owner = 7:8\n");
	unit_writes("passwd.files", "");
	unit_writes("domain.Upper.test", "");
	unit_writes("domain.xn--bcher-kva.test", "owner = 7:8\n");
	link_to("domain.a.test", "domain.alias.test");
	link_to("domain.alias.test", "domain.second.test");
	link_to("domain.old.test", "domain.to-old.test");
	link_to("domain.self.test", "domain.self.test");
	link_to("domain.nothing.test", "domain.dangling.test");
	link_to("/etc/passwd", "domain.away.test");
	for (int i = 0; i < 25; i++) {
		snprintf(name, sizeof name, "domain.c%d.test", i);
		snprintf(to, sizeof to, "domain.c%d.test", i + 1);
		link_to(i == 24 ? "domain.a.test" : to, name);
	}
	if (installation_open(unit_path(), PROGRAM_VDELIVER, in, &err) == -1)
		fail_msg("%s", err.text);
}

static const struct row {
	const char	*name, *given;
	const char	*real;
	enum err_kind	 kind;
	const char	*complaint;	/* %s: the directory; NULL: any */
} rows[] = {
	{ "a domain", "a.test", "a.test", 0, NULL },
	{ "in another case, with a dot", "A.TEST.", "a.test", 0, NULL },
	{ "one that has passwd alone", "old.test", "old.test", 0, NULL },
	{ "one that has settings alone", "new.test", "new.test", 0, NULL },
	{ "an A-label", "XN--bcher-kva.test", "xn--bcher-kva.test", 0, NULL },
	{ "a domain alias", "alias.test", "a.test", 0, NULL },
	{ "an alias of an alias", "second.test", "a.test", 0, NULL },
	{ "an alias of one that has passwd alone", "to-old.test", "old.test", 0,
	  NULL },
	{ "a chain of 20 links", "c5.test", "a.test", 0, NULL },
	{ "a chain of 21 links", "c4.test", NULL, ERR_TEMPORARY,
	  "%s/domain.c4.test: the links go round in circles" },
	{ "an alias of itself", "self.test", NULL, ERR_TEMPORARY,
	  "%s/domain.self.test: the links go round in circles" },
	{ "an alias of nothing", "dangling.test", NULL, ERR_TEMPORARY,
	  "%s/domain.dangling.test: leads to nothing.test, which is no domain" },
	{ "a link to another directory", "away.test", NULL, ERR_TEMPORARY,
	  "%s/domain.away.test: a domain alias is a link to domain.NAME beside "
	  "it, not to '/etc/passwd'" },
	{ "one that is not there", "b.test", NULL, ERR_ABSENT,
	  "b.test is not one of our domains" },
	{ "a subdomain", "x.a.test", NULL, ERR_ABSENT, NULL },
	{ "a file in upper case is none", "upper.test", NULL, ERR_ABSENT,
	  NULL },
	{ "files", "files", NULL, ERR_ABSENT, NULL },
	{ "a name that can be none", "../a.test", NULL, ERR_ABSENT, NULL },
	{ "nothing", "", NULL, ERR_ABSENT, NULL },
	{ "a name that is too long for a file",
	  "a23456789012345678901234567890123456789012345678901234567890."
	  "a23456789012345678901234567890123456789012345678901234567890."
	  "a23456789012345678901234567890123456789012345678901234567890."
	  "a23456789012345678901234567890123456789012345678901234567890.test",
	  NULL, ERR_ABSENT, NULL },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str wanted = { 0 };
	const char *real = NULL;
	struct err err = { 0 };

	open_here(&in);
	int result = domain_real_name(&in, &pool, slice_of(row->given), &real,
	    &err);
	if (row->real != NULL) {
		assert_int_equal(result, 0);
		assert_string_equal(real, row->real);
		return;
	}
	assert_int_equal(result, -1);
	assert_int_equal(err.kind, row->kind);
	assert_null(real);
	if (row->complaint == NULL)
		return;
	const char *at = strstr(row->complaint, "%s");
	str_addf(&wanted, "%s%s", at ? unit_path() : "", at ? at + 2 :
	    row->complaint);
	assert_string_equal(err.text, str_text(&wanted));
}

static const struct settings_row {
	const char	*name, *settings;
	bool		 one_owner;
	struct ident	 owner;
	/* behind the directory; NULL: it opens */
	const char	*complaint;
} settings[] = {
	{ "owner: one for all", "owner = 7:8\n", true, { 7, 8 }, NULL },
	{ "owner: none, and a group", "gid = 9\n", false, { 0, 9 }, NULL },
	{ "owner: account is none", "owner = account\ngid = 9\n", false,
	  { 0, 9 }, NULL },
	{ "owner: root", "\nowner = 0:8\n", true, { 0, 0 },
	  "/domain.b.test:2: owner: must not be root" },
	{ "owner: root's group", "owner = 7:0\n", true, { 0, 0 },
	  "/domain.b.test:1: owner: must not be root" },
	{ "owner: empty", "owner =\n", true, { 0, 0 },
	  "/domain.b.test:1: owner: not USER or USER:GROUP" },
	{ "group: root's", "# x\ngid = 0\n", false, { 0, 0 },
	  "/domain.b.test:2: gid: must not be 0" },
	{ "a setting that is none", "x = y\n", false, { 0, 0 },
	  "/domain.b.test:1: no setting is called 'x'" },
};

static void
check_settings(void **state)
{
	const struct settings_row *row = *state;
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain = NULL;
	struct err err = { 0 };
	char wanted[300];

	open_here(&in);
	unit_writes("domain.b.test", row->settings);
	int result = domain_open(&in, &pool, SLICE("B.test"), &domain, &err);
	if (row->complaint != NULL) {
		assert_int_equal(result, -1);
		snprintf(wanted, sizeof wanted, "%s%s", unit_path(),
		    row->complaint);
		assert_string_equal(err.text, wanted);
		assert_int_not_equal(err.kind, ERR_ABSENT);
		assert_null(domain);
		return;
	}
	assert_int_equal(result, 0);
	assert_string_equal(domain->name, "b.test");
	assert_string_equal(domain->file, "domain.b.test");
	assert_int_equal(domain->one_owner, row->one_owner);
	assert_int_equal(domain->owner.gid, row->owner.gid);
	if (row->one_owner)
		assert_int_equal(domain->owner.uid, row->owner.uid);
}

static void
where(void **state)
{
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain = NULL;
	struct err err = { 0 };
	char wanted[300];

	(void)state;
	open_here(&in);
	assert_int_equal(domain_open(&in, &pool, SLICE("alias.test"), &domain,
	    &err), 0);
	snprintf(wanted, sizeof wanted, "%s/domain.a.test:2", unit_path());
	assert_string_equal(domain_where(domain, &pool, "fallback"), wanted);
	snprintf(wanted, sizeof wanted, "%s/domain.a.test", unit_path());
	assert_string_equal(domain_where(domain, &pool, "gid"), wanted);
	snprintf(wanted, sizeof wanted, "%s/vmail.conf:1", unit_path());
	assert_string_equal(installation_where(&in, &pool, "main-domain"),
	    wanted);
}

static int
add_name(void *arg, const char *name, bool is_alias, struct err *err)
{
	(void)err;
	if (name[0] != 'c')
		str_addf(arg, "%s%s ", name, is_alias ? "(alias)" : "");
	return 0;
}

static int
stop_at_once(void *arg, const char *name, bool is_alias, struct err *err)
{
	(void)err;
	(void)is_alias;
	str_addf(arg, "%s ", name);
	return 5;
}

static void
each(void **state)
{
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str names = { 0 }, first = { 0 };
	struct err err = { 0 };

	(void)state;
	open_here(&in);
	assert_int_equal(domain_each(&in, &pool, add_name, &names, &err), 0);
	assert_string_equal(str_text(&names),
	    "a.test alias.test(alias) away.test(alias) "
	    "dangling.test(alias) new.test old.test second.test(alias) "
	    "self.test(alias) " "to-old.test(alias) xn--bcher-kva.test ");
	assert_int_equal(domain_each(&in, &pool, stop_at_once, &first, &err),
	    5);
	assert_string_equal(str_text(&first), "a.test ");
}

/* --- where only some are shown ------------------------------------------- */

static bool
shows_one(const void *who, const char *domain)
{
	return strcmp(who, domain) == 0;
}

static void
some_alone(void **state)
{
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str names = { 0 };
	struct err err = { 0 };

	(void)state;
	open_here(&in);
	in.shows = shows_one;
	in.shows_to = "a.test";
	assert_int_equal(domain_each(&in, &pool, add_name, &names, &err), 0);
	assert_string_equal(str_text(&names),
	    "a.test alias.test(alias) second.test(alias) ");
}

static void
others_are_absent(void **state)
{
	static const char *const hidden[] = { "old.test", "to-old.test",
	    "self.test", "away.test", "nobodys.test", "../a.test" };
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct err err = { 0 };
	const char *real = NULL;
	char wanted[100];

	(void)state;
	open_here(&in);
	in.shows = shows_one;
	in.shows_to = "a.test";
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
		assert_int_equal(domain_real_name(&in, &pool,
		    slice_of(hidden[i]), &real, &err), -1);
		snprintf(wanted, sizeof wanted, "%s is not one of our domains",
		    hidden[i]);
		assert_string_equal(err.text, wanted);
		assert_int_equal(err.kind, ERR_ABSENT);
		assert_null(real);
	}
	assert_int_equal(domain_real_name(&in, &pool, SLICE("second.test"),
	    &real, &err), 0);
	assert_string_equal(real, "a.test");
}

int
main(void)
{
	add_rows(rows, check_row);
	add_rows(settings, check_settings);
	add_test("where a setting stands is told with file and line", where);
	add_test("every domain is visited once, sorted, until the visitor has "
	    "enough", each);
	add_test("who sees one domain visits it and its aliases alone",
	    some_alone);
	add_test("to him all others are absent in the same words, broken or "
	    "not there", others_are_absent);
	return run_all();
}
