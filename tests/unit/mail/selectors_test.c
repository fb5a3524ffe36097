/* selectors_test.c: under which names the keys of a domain's signatures stand
 * in the DNS. */
#include "../unit.h"

#include <string.h>
#include <sys/stat.h>

#include "scope.h"
#include "selectors.h"

static const struct row {
	const char	*name;
	const char	*opendkim, *table, *rspamd;
	const char	*key;		/* a file of rspamd's */
	const char	*wanted;
} rows[] = {
	{ .name = "a machine without a signer has none", .wanted = "" },
	{ .name = "OpenDKIM: one domain and its selector",
	  .opendkim = "# c\nDomain a.test\nSelector\tmail\n",
	  .wanted = "mail" },
	{ .name = "OpenDKIM: other domains have none",
	  .opendkim = "Domain b.test\nSelector mail\n", .wanted = "" },
	{ .name = "OpenDKIM: one of several domains",
	  .opendkim = "domain b.test, A.test\nSELECTOR mail\n",
	  .wanted = "mail" },
	{ .name = "OpenDKIM: the lines of a table for the domain",
	  .opendkim = "KeyTable refile:/etc/opendkim/table\nDomain a.test\n"
	  "Selector no\n",
	  .table = "# c\n1 a.test:s1:/k\n2 b.test:s2:/k\n3 %:s3:/k\n"
	  "4 a.test:S1:/k\n\n5\n6 a.test\n",
	  .wanted = "s1 s3" },
	{ .name = "OpenDKIM: a table without its type",
	  .opendkim = "KeyTable /etc/opendkim/table\n",
	  .table = "1 a.test:s1:/k\n", .wanted = "s1" },
	{ .name = "OpenDKIM: what can be no selector is none",
	  .opendkim = "KeyTable file:/etc/opendkim/table\n",
	  .table = "1 a.test:../x:/k\n2 a.test:a..b:/k\n3 a.test:.a:/k\n"
	  "4 a.test:a b:/k\n5 a.test::/k\n6 a.test:2026.eu:/k\n",
	  .wanted = "a 2026.eu" },
	{ .name = "rspamd: the selector of all domains",
	  .rspamd = "# selector = \"no\";\npath = \"/x\";\n"
	  "  selector = \"dkim\";\n", .wanted = "dkim" },
	{ .name = "rspamd: the name of a key", .key = "a.test.s1.key",
	  .wanted = "s1" },
	{ .name = "rspamd: it goes before that of all domains",
	  .rspamd = "selector = \"dkim\";\n", .key = "A.test.s1.key",
	  .wanted = "s1" },
	{ .name = "rspamd: a key of another domain is none",
	  .key = "ba.test.s1.key", .wanted = "" },
	{ .name = "rspamd: nor is one without a selector", .key = "a.test.key",
	  .wanted = "" },
};

static void
lay(const char *path, const char *text)
{
	if (text != NULL)
		unit_writes(path, text);
}

static void
make_directories(void)
{
	static const char *const all[] = { "etc", "etc/opendkim", "etc/rspamd",
	    "etc/rspamd/local.d", "var", "var/lib", "var/lib/rspamd",
	    "var/lib/rspamd/dkim" };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_int_equal(mkdir(all[i], 0755), 0);
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str got = { 0 };
	struct selectors all = { 0 };

	make_directories();
	lay("etc/opendkim.conf", row->opendkim);
	lay("etc/opendkim/table", row->table);
	lay("etc/rspamd/local.d/dkim_signing.conf", row->rspamd);
	if (row->key != NULL)
		lay(pool_format(&pool, "var/lib/rspamd/dkim/%s", row->key), "");
	selectors_in_use(unit_dir(), &pool, "a.test", &all);
	for (size_t i = 0; i < all.count; i++)
		str_addf(&got, "%s%s", i > 0 ? " " : "", all.name[i]);
	assert_string_equal(str_text(&got), row->wanted);
}

static void
test_no_more_than_fit(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct selectors all = { 0 };

	(void)state;
	for (int i = 0; i < 20; i++)
		selectors_add(&all, &pool, slice_of(pool_format(&pool, "s%d",
		    i)));
	assert_int_equal(all.count, SELECTORS_MAX);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("no more are kept than there is room for",
	    test_no_more_than_fit);
	return run_all();
}
