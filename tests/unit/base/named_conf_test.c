/* named_conf_test.c: the zones in the configuration of a BIND name server. */
#include "../unit.h"

#include <string.h>

#include "named_conf.h"
#include "scope.h"

static struct str zones;

static int
add_zone(void *arg, struct slice name, struct err *err)
{
	(void)arg;
	(void)err;
	str_addf(&zones, "%s%.*s", zones.len > 0 ? " " : "", (int)name.len,
	    name.p);
	return 0;
}

/* Files that others include. */
static int
include(void *arg, struct named *named, const char *path, struct err *err)
{
	(void)arg;
	if (strcmp(path, "/etc/bind/more") == 0)
		return named_read(named, path, named->is_boot ?
		    SLICE("primary more.test f") :
		    SLICE("zone \"more.test\" { type master; };"), err);
	if (strcmp(path, "/bad") == 0)
		return named_read(named, path, SLICE("\n}"), err);
	return err_set(err, ERR_ABSENT, "%s: not there", path);
}

static const struct named_reader reader = { NULL, add_zone, include };

static int
read_text(const char *text, struct err *err)
{
	SCOPED(drop_named) struct named named = { .reader = &reader };

	drop_str(&zones);
	return named_read(&named, "n.conf", slice_of(text), err);
}

static const struct row {
	const char	*name, *text, *zones;
} rows[] = {
	{ "an empty file has no zones", "", "" },
	{ "a zone is told by its name", "zone \"a.test\" { type master; };",
	  "a.test" },
	{ "primary, secondary and slave are kinds of copies",
	  "zone a { type primary; }; zone b { type secondary; };"
	  "zone c { type slave; };", "a b c" },
	{ "hints, stubs and forwards are none",
	  "zone a { type hint; }; zone b { type stub; };"
	  "zone c { type forward; };", "" },
	{ "words are known in any case", "ZONE \"A\" { TYPE Master; };", "A" },
	{ "a dot at the end goes", "zone \"a.test.\" { type master; };",
	  "a.test" },
	{ "the class may stand behind the name",
	  "zone a IN { type master; }; zone b ch { type master; };", "a" },
	{ "the root and reverse zones are none",
	  "zone \".\" { type master; };"
	  "zone \"2.0.192.In-Addr.arpa\" { type master; };"
	  "zone \"8.b.d.0.ip6.arpa\" { type master; };"
	  "zone \"0.ip6.int\" { type master; };", "" },
	{ "nor is the machine itself", "zone localhost { type master; };", "" },
	{ "what only ends like them is one",
	  "zone \"xin-addr.arpa\" { type master; };", "xin-addr.arpa" },
	{ "the type may come last",
	  "zone a { masters { 1.2.3.4; }; file \"type\"; type slave; };", "a" },
	{ "a type in a block of the zone is not the zone's",
	  "zone a { x { type master; }; type hint; };", "" },
	{ "views have zones",
	  "view \"v\" { match-clients { any; }; zone a { type master; }; };"
	  "zone b { type master; };", "a b" },
	{ "so do views with a class", "view v IN { zone a { type master; }; };",
	  "a" },
	{ "comments of each kind are passed over",
	  "// zone x { type master; };\n# {{{\n/* \" } */"
	  "zone/**/a{type master;};", "a" },
	{ "a comment ends a word", "zone a { type master//x\n; };", "a" },
	{ "marks in quotes are no marks",
	  "options { version \"};// /*\"; }; zone a { type master; };", "a" },
	{ "a quote may be in quotes",
	  "x \"a\\\"b\"; zone a { type master; };", "a" },
	{ "unknown statements are passed over",
	  "acl x { !{ 1.2.3.4; }; any; }; key k { secret \"=\"; }; x;"
	  "zone a { type master; };", "a" },
	{ "an include is in the directory of the options",
	  "options { directory \"/etc/bind\"; }; include \"more\";",
	  "more.test" },
	{ "an absolute include is where it says", "include \"/etc/bind/more\";",
	  "more.test" },
	{ "an include in a view is read",
	  "view v { include \"/etc/bind/more\"; };", "more.test" },
	{ "a byte order mark is none of it",
	  "\xEF\xBB\xBFzone a { type master; };", "a" },
	{ "lines may end as elsewhere",
	  "zone a {\r\n\ttype master;\r\n};\r\n", "a" },
	{ "a zone without a type is none", "zone a { file \"x\"; };", "" },
	{ "nor one that is in another view",
	  "zone a { in-view v; };", "" },

	{ "BIND 4: primary and secondary are zones",
	  "primary a.test f\nsecondary b.test 1.2.3.4 f\n", "a.test b.test" },
	{ "BIND 4: all else is none",
	  "cache . f\nstub c.test 1.2.3.4 f\nforwarders 1.2.3.4\nslave\n", "" },
	{ "BIND 4: reverse zones are none", "primary 127.in-addr.arpa f", "" },
	{ "BIND 4: a comment begins with a semicolon",
	  "; primary x.test f\nprimary a.test f ; primary\n", "a.test" },
	{ "BIND 4: a class may stand behind the word",
	  "directory /x\nprimary/IN a.test f\n", "a.test" },
	{ "BIND 4: zones of another class are none",
	  "primary/HS x.test f\nsecondary/chaos y.test f\nprimary/in a.test f",
	  "a.test" },
	{ "BIND 4: an include is in the directory",
	  "directory /etc/bind\ninclude more\nprimary a.test f",
	  "more.test a.test" },
	{ "BIND 4: options do not make it another version",
	  "options no-recursion\nprimary a.test f\n", "a.test" },
	{ "BIND 4: lines may end as elsewhere",
	  "primary a.test f\r\nprimary b.test f\r\n", "a.test b.test" },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	struct err err = { 0 };

	if (read_text(row->text, &err) == -1)
		fail_msg("%s", err.text);
	assert_string_equal(str_text(&zones), row->zones);
	drop_str(&zones);
}

#define ENDS	"it ends within a statement: a '}' or ';' is missing"
#define ODD	"a '}' or ';' is where none can be"
#define OPEN	"a comment or a quoted word has no end"

static const struct bad_row {
	const char	*name, *text, *complaint;
	enum err_kind	 kind;
} bad[] = {
	{ "a zone without an end", "zone a { type master;",
	  "n.conf:1: " ENDS, ERR_INVALID },
	{ "a statement without an end", "\nzone a { type master; }",
	  "n.conf:2: " ENDS, ERR_INVALID },
	{ "a view without an end", "view v {\nzone a { type master; };\n",
	  "n.conf:3: " ENDS, ERR_INVALID },
	{ "an end too many", "x;\n};", "n.conf:2: " ODD, ERR_INVALID },
	{ "a zone without a name", "zone { type master; };", "n.conf:1: " ODD,
	  ERR_INVALID },
	{ "a comment without an end", "x;\n/* *", "n.conf:2: " OPEN,
	  ERR_INVALID },
	{ "a quoted word without an end", "x;\n\n\"a", "n.conf:3: " OPEN,
	  ERR_INVALID },
	{ "an include of nothing", "include \"\";",
	  "n.conf:1: include of no file", ERR_INVALID },
	{ "an include that is not there", "x;\ninclude \"/gone\";",
	  "/gone: not there", ERR_ABSENT },
	{ "what is wrong in an included file has its place there",
	  "x;\ninclude \"/bad\";", "/bad:2: " ODD, ERR_INVALID },
};

static void
check_bad(void **state)
{
	const struct bad_row *row = *state;
	struct err err = { 0 };

	assert_int_equal(read_text(row->text, &err), -1);
	assert_err(err, row->kind, row->complaint);
	drop_str(&zones);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_rows(bad, check_bad);
	return run_all();
}
