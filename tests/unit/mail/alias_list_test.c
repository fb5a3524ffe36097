/* alias_list_test.c: the list of members, in both dialects of aliases(5). */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "alias_list.h"
#include "scope.h"

enum { NOT_TRUSTED = 1, BY_LINE = 2 };

#define TRUST_SENTENCE \
	" counts only in a file that belongs to root and that nobody else can write to"

static const struct row {
	const char	*name, *text;
	const char	*wanted;	/* "line kind text|line kind text", or NULL */
	const char	*complaint;	/* "line: text" */
	int		 flags;
} rows[] = {
	{ "one name", " joe", "1 address joe", NULL, 0 },
	{ "names and addresses between commas", "joe, ann@b.test,bob",
	  "1 address joe|1 address ann@b.test|1 address bob", NULL, 0 },
	{ "nothing has no members", "", "", NULL, 0 },
	{ "blanks have no members", " \t ", "", NULL, 0 },
	{ "commas alone have no members", ",, ,", "", NULL, 0 },
	{ "empty items are passed over", ",joe,, ,ann,", "1 address joe|1 address ann", NULL, 0 },
	{ "tabs are blanks", "\tjoe\t,\tann\t", "1 address joe|1 address ann", NULL, 0 },
	{ "each member has its line", " joe,\n\n ann,\n bob", "1 address joe|3 address ann|4 address bob",
	  NULL, 0 },
	{ "a member may end with the line before its comma", " joe\n , ann", "1 address joe|2 address ann",
	  NULL, 0 },
	{ "lines separate members of an include", "joe\nann, bob\n\nsue",
	  "1 address joe|2 address ann|2 address bob|4 address sue", NULL, BY_LINE },
	{ "lines do not separate members of an entry", " joe\n ann", NULL,
	  "2: a comma is missing between two members", 0 },
	{ "two words are no member", "joe ann", NULL, "1: a comma is missing between two members", 0 },

	{ "mailbox: a backslash", "\\joe", "1 mailbox joe", NULL, 0 },
	{ "mailbox: of another domain", "\\joe@b.test", "1 mailbox joe@b.test", NULL, 0 },
	{ "mailbox: in quotes, with its backslash escaped", "\"\\\\joe\"", "1 mailbox joe", NULL, 0 },
	{ "mailbox: in quotes, with a blank", "\"\\\\jo e\"", "1 mailbox jo e", NULL, 0 },
	{ "mailbox: a backslash alone", "\\", NULL, "1: not an e-mail address", 0 },

	{ "address: a name in front of brackets", "Ann Lee <ann@b.test>", "1 address <ann@b.test>", NULL, 0 },
	{ "address: a quoted name in front of brackets", "\"Lee, Ann\" <ann@b.test>, joe",
	  "1 address <ann@b.test>|1 address joe", NULL, 0 },
	{ "address: a comment behind it", "joe (the boss)", "1 address joe", NULL, 0 },
	{ "address: a comment in front of it", "(the boss) joe", "1 address joe", NULL, 0 },
	{ "address: a comment with a comma", "joe (a, b), ann", "1 address joe|1 address ann", NULL, 0 },
	{ "address: a comment within a comment", "joe (a (b) c), ann", "1 address joe|1 address ann",
	  NULL, 0 },
	{ "address: an escaped bracket in a comment", "joe (a \\) b), ann",
	  "1 address joe|1 address ann", NULL, 0 },
	{ "address: a comment alone is no member", "(nobody), joe", "1 address joe", NULL, 0 },
	{ "address: a quoted local part", "\"a b\"@c.test, joe", "1 address \"a b\"@c.test|1 address joe",
	  NULL, 0 },
	{ "address: a comma in a quoted local part", "\"a,b\"@c.test", "1 address \"a,b\"@c.test", NULL, 0 },
	{ "address: a quoted name alone", "\"a b\"", "1 address \"a b\"", NULL, 0 },
	{ "address: a quotation mark and a backslash escaped", "\"a\\\"b\\\\c\"@d",
	  "1 address \"a\\\"b\\\\c\"@d", NULL, 0 },
	{ "address: an escape first in the quoted local part", "\"\\a b\"@c.test",
	  "1 address \"\\a b\"@c.test", NULL, 0 },
	{ "address: a quotation mark first in the quoted local part", "\"\\\"|a, b\"@c.test",
	  "1 address \"\\\"|a, b\"@c.test", NULL, 0 },
	{ "address: what in quotes alone would be a command, behind a comment", "(x)\"|cmd\"", NULL,
	  "1: '\"|cmd\"' is no kind of member", 0 },
	{ "address: what without its comment would begin one", "#(x)@#b", NULL,
	  "1: '#@#b' is no kind of member", 0 },
	{ "address: something behind its brackets", "<joe@b.test>x", NULL,
	  "1: '<joe@b.test>x' is no kind of member", 0 },
	{ "address: a source route in brackets", "<@a,@b:c@d.test>", "1 address <@a,@b:c@d.test>", NULL, 0 },
	{ "address: 8-bit bytes", "j\xC3\xBCrgen@b.test, j\xFF",
	  "1 address j\xC3\xBCrgen@b.test|1 address j\xFF", NULL, 0 },
	{ "address: upper case stays", "Joe@B.Test", "1 address Joe@B.Test", NULL, 0 },
	{ "address: a backslash last", "joe\\, ann", NULL,
	  "1: a backslash ends an address: only at the line's end does it join lines", 0 },
	{ "address: empty brackets", "<>", NULL, "1: not an e-mail address", 0 },
	{ "address: no local part", "joe, @b.test", NULL, "1: not an e-mail address", 0 },
	{ "address: no domain", "joe@", NULL, "1: not an e-mail address", 0 },
	{ "address: two at signs", "a@@b", NULL, "1: not an e-mail address", 0 },
	{ "address: a hyphen first", "-f@b.test", NULL, "1: an address that begins with '-'", 0 },
	{ "address: a bracket that is not closed", "<joe@b.test", NULL, "1: '<' without '>'", 0 },
	{ "address: a bracket that the line's end cuts off", "<joe\n@b.test>", NULL,
	  "1: '<' without '>'", 0 },
	{ "address: a comment that is not closed", "joe (boss, ann", NULL, "1: a bracket is not closed", 0 },
	{ "address: a comment that is not closed has the line where it begins", "joe,\n ann (boss,\n\n",
	  NULL, "2: a bracket is not closed", 0 },
	{ "address: a comment within that is not closed", "joe (a (b), ann", NULL,
	  "1: a bracket is not closed", 0 },
	{ "address: a quotation mark that is not closed", "joe,\n \"ann, bob\n sue", NULL,
	  "2: a quotation mark is not closed", 0 },
	{ "address: a group", "friends:joe, ann;", NULL,
	  "1: ':' in an address: is a line not indented, or a group?", 0 },
	{ "address: a group with a blank", "friends: joe, ann;", NULL,
	  "1: a comma is missing between two members", 0 },
	{ "address: an entry that became a member", "joe,\n ann:bob", NULL,
	  "2: ':' in an address: is a line not indented, or a group?", 0 },
	{ "address: a group's end", "joe;", NULL, "1: 'joe;' is no kind of member", 0 },

	{ "command: all of it in quotes", "\"|cmd a, b\"", "1 command cmd a, b", NULL, 0 },
	{ "command: quotes behind the bar", "|\"cmd a, b\"", "1 command cmd a, b", NULL, 0 },
	{ "command: without quotes, up to the comma", "|cmd a, joe", "1 command cmd a|1 address joe", NULL, 0 },
	{ "command: its own quotes stay", "|cmd 'a b' \"c, d\" e", "1 command cmd 'a b' \"c, d\" e", NULL, 0 },
	{ "command: its own quotes first, and more behind them", "|\"/bin/a b\" c",
	  "1 command \"/bin/a b\" c", NULL, 0 },
	{ "command: escapes within all-round quotes are taken off", "\"|cmd \\\"a b\\\" \\\\c\"",
	  "1 command cmd \"a b\" \\c", NULL, 0 },
	{ "command: escapes within quotes behind the bar, too", "|\"cmd \\\"a b\\\" \\\\c\"",
	  "1 command cmd \"a b\" \\c", NULL, 0 },
	{ "command: a blank behind the bar", "| cmd a", "1 command cmd a", NULL, 0 },
	{ "command: a blank behind the bar, in quotes", "\"| cmd a\"", "1 command cmd a", NULL, 0 },
	{ "command: a # in it is the shell's", "\"|cmd a # b\"", "1 command cmd a # b", NULL, 0 },
	{ "command: one that goes on in the next line, in quotes", "\"|cmd a\n b\"",
	  "1 command cmd a  b", NULL, 0 },
	{ "command: every token that there is", "\"|cmd %d %f %u 100%%\"", "1 command cmd %d %f %u 100%%",
	  NULL, 0 },
	{ "command: a token that there is not", "joe, \"|date +%s\"", NULL,
	  "1: the command knows %d, %f, %u and %% alone: date +%s", 0 },
	{ "command: a bar alone", "|", NULL, "1: '|' without a command", 0 },
	{ "command: a bar and a blank in quotes", "\"| \"", NULL, "1: '|' without a command", 0 },
	{ "command: empty quotes behind the bar", "|\"\"", NULL, "1: '|' without a command", 0 },
	{ "command: a quotation mark that is not closed", "\"|cmd a, joe", NULL,
	  "1: a quotation mark is not closed", 0 },
	{ "command: the same behind the bar", "|\"cmd a, joe", NULL,
	  "1: a quotation mark is not closed", 0 },
	{ "command: a comment behind the quotes", "\"|cmd a\" (it sorts, mostly), joe", "1 command cmd a|1 address joe",
	  NULL, 0 },
	{ "command: a comment behind the quotes that is not closed", "\"|cmd a\" (it, joe", NULL,
	  "1: a bracket is not closed", 0 },
	{ "command: something behind the quotes", "\"|cmd\" a", NULL,
	  "1: something follows a quoted member: a comma is missing", 0 },
	{ "command: a control byte", "\"|cmd \033[2J\"", NULL, "1: a control byte is in a member", 0 },
	{ "command: where nobody is trusted", "joe,\n |cmd", NULL, "2: a command" TRUST_SENTENCE, NOT_TRUSTED },

	{ "file: a path", "/var/log/mail", "1 file /var/log/mail", NULL, 0 },
	{ "file: a path in quotes", "\"/a b, c\"", "1 file /a b, c", NULL, 0 },
	{ "file: /dev/null", "/dev/null", "1 file /dev/null", NULL, 0 },
	{ "file: where nobody is trusted", "/dev/null", NULL, "1: a file" TRUST_SENTENCE, NOT_TRUSTED },
	{ "file: in quotes, where nobody is trusted", "\"/dev/null\"", NULL, "1: a file" TRUST_SENTENCE,
	  NOT_TRUSTED },

	{ "include: a path", ":include:/l", "1 include /l", NULL, 0 },
	{ "include: in quotes", "\":include:/a b\"", "1 include /a b", NULL, 0 },
	{ "include: a blank in front of the path", "\":include: /l\"", "1 include /l", NULL, 0 },
	{ "include: a relative path", ":include:lists/l", NULL,
	  "1: :include: needs a path that begins with /", 0 },
	{ "include: no path", ":include:", NULL, "1: :include: needs a path that begins with /", 0 },
	{ "include: where nobody is trusted", ":include:/l", NULL, "1: an include" TRUST_SENTENCE,
	  NOT_TRUSTED },
	{ "addresses need no trust", "joe, \\ann", "1 address joe|1 mailbox ann", NULL, NOT_TRUSTED },

	{ "Exim's :fail: is no member", ":fail: go away", NULL, "1: a comma is missing between two members", 0 },
	{ "nor is :fail: alone", ":fail:", NULL, "1: ':fail:' is no kind of member", 0 },
	{ "nor is :defer:", "joe, :defer:", NULL, "1: ':defer:' is no kind of member", 0 },
	{ "nor is :blackhole: in quotes", "\":blackhole:\"", NULL, "1: ':blackhole:' is no kind of member", 0 },

	{ "comment: sendmail's, to the end of the line", "joe, #@# and, more\n ann",
	  "1 address joe|2 address ann", NULL, 0 },
	{ "comment: sendmail's, behind a member without a comma", "joe #@# boss", "1 address joe", NULL, 0 },
	{ "comment: sendmail's, behind a member, and one more member", "joe #@# boss\n, ann",
	  "1 address joe|2 address ann", NULL, 0 },
	{ "comment: sendmail's, behind a quoted member", "\"|cmd\" #@# x", "1 command cmd", NULL, 0 },
	{ "comment: sendmail's, in an include", "joe #@# boss\nann", "1 address joe|2 address ann", NULL,
	  BY_LINE },
	{ "comment: sendmail's, and the line of what is wrong before it", "joe ann #@# boss\n\n, bob",
	  NULL, "1: a comma is missing between two members", 0 },
	{ "comment: sendmail's alone has no members", "#@# nobody", "", NULL, 0 },
	{ "comment: a # behind a member is none", "joe # boss", NULL,
	  "1: a comma is missing between two members", 0 },
	{ "a control byte in an address", "j\033e", NULL, "1: a control byte is in a member", 0 },
};

static void
describe(const struct alias_member *members, size_t count, struct str *out)
{
	static const char *const kinds[] = {
		[ALIAS_ADDRESS] = "address", [ALIAS_MAILBOX] = "mailbox", [ALIAS_COMMAND] = "command",
		[ALIAS_FILE] = "file", [ALIAS_INCLUDE] = "include",
	};

	for (size_t i = 0; i < count; i++)
		str_addf(out, "%s%u %s %s", i ? "|" : "", members[i].line, kinds[members[i].kind],
		    members[i].text);
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str got = { 0 };
	struct alias_member *members = NULL;
	struct err err = { 0 };
	char complaint[600];
	size_t count = 0;
	unsigned line = 1;

	int result = alias_list_parse(&pool, slice_of(row->text), row->flags & BY_LINE,
	    row->flags & NOT_TRUSTED ? ALIAS_ADDRESSES : ALIAS_TRUSTED, &line, &members, &count, &err);
	if (row->complaint != NULL) {
		assert_int_equal(result, -1);
		snprintf(complaint, sizeof complaint, "%u: %s", line, err.text);
		assert_string_equal(complaint, row->complaint);
		assert_int_equal(err.kind, ERR_INVALID);
		return;
	}
	assert_int_equal(result, 0);
	describe(members, count, &got);
	assert_string_equal(str_text(&got), row->wanted);
}

static void
nul_in_list(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct alias_member *members = NULL;
	struct err err = { 0 };
	size_t count = 0;
	unsigned line = 7;

	(void)state;
	assert_int_equal(alias_list_parse(&pool, SLICE("joe,\n an\0n\n"), false, ALIAS_TRUSTED, &line, &members,
	    &count, &err), -1);
	assert_err(err, ERR_INVALID, "a NUL byte is in the entry");
	assert_int_equal(line, 8);
}

static void
first_line_number(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct alias_member *members = NULL;
	struct err err = { 0 };
	size_t count = 0;
	unsigned line = 41;

	(void)state;
	assert_int_equal(alias_list_parse(&pool, SLICE("joe,\nann"), false, ALIAS_TRUSTED, &line, &members,
	    &count, &err), 0);
	assert_int_equal(members[0].line, 41);
	assert_int_equal(members[1].line, 42);
}

static void
many_members(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 };
	struct alias_member *members = NULL;
	struct err err = { 0 };
	size_t count = 0;
	unsigned line = 1;

	(void)state;
	for (int i = 0; i < 100000; i++)
		str_addf(&text, "u%d, ", i);
	assert_int_equal(alias_list_parse(&pool, str_slice(&text), false, ALIAS_TRUSTED, &line, &members,
	    &count, &err), 0);
	assert_int_equal(count, 100000);
	assert_string_equal(members[99999].text, "u99999");
}

/* --- one member, as somebody typed it, and back ------------------------- */

static const struct member_row {
	const char	*name, *given, *written;	/* written: NULL: refused */
	const char	*complaint;
} members[] = {
	{ "written: a name", "joe", "joe", NULL },
	{ "written: a mailbox", "\\joe", "\\joe", NULL },
	{ "written: a mailbox with a comma", "\"\\\\a, b\"", "\"\\\\a, b\"", NULL },
	{ "written: a mailbox with quotes", "\\\"a b\"@c", "\"\\\\\\\"a b\\\"@c\"", NULL },
	{ "written: an address that begins with an escape", "\"\\a, b\"@c", "\"\\a, b\"@c", NULL },
	{ "written: a quoted address brings its quotes", "\"a b\"@c", "\"a b\"@c", NULL },
	{ "written: a command of one word", "|cmd", "|cmd", NULL },
	{ "written: a command with blanks gets quotes", "|cmd a", "\"|cmd a\"", NULL },
	{ "written: a command with quotes", "|\"cmd \\\"a b\\\"\"", "\"|cmd \\\"a b\\\"\"", NULL },
	{ "written: a file", "/a/b", "/a/b", NULL },
	{ "written: a file with a blank", "\"/a b\"", "\"/a b\"", NULL },
	{ "written: a file with a #", "/a#b", "\"/a#b\"", NULL },
	{ "written: an include", ":include:/l", ":include:/l", NULL },
	{ "written: an include with a blank", "\":include:/a b\"", "\":include:/a b\"", NULL },
	{ "two members are not one", "joe, ann", NULL, "'joe, ann' is not one member" },
	{ "nothing is not one", "", NULL, "'' is not one member" },
	{ "what is wrong with a member is said", "joe@", NULL, "not an e-mail address" },
};

static void
check_member(void **state)
{
	const struct member_row *row = *state;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str written = { 0 };
	struct alias_member member = { 0 }, again = { 0 };
	struct err err = { 0 };

	int result = alias_parse_member(&pool, slice_of(row->given), &member, &err);
	if (row->complaint != NULL) {
		assert_int_equal(result, -1);
		assert_err(err, ERR_INVALID, row->complaint);
		return;
	}
	assert_int_equal(result, 0);
	alias_member_add(&written, &member);
	assert_string_equal(str_text(&written), row->written);
	assert_int_equal(alias_parse_member(&pool, str_slice(&written), &again, &err), 0);
	assert_int_equal(again.kind, member.kind);
	assert_string_equal(again.text, member.text);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("a NUL byte", nul_in_list);
	add_test("lines are counted from where the list begins", first_line_number);
	add_test("100,000 members", many_members);
	add_rows(members, check_member);
	return run_all();
}
