#!/usr/bin/python3
"""Alias files as Postfix and sendmail write them, and what is wrong with an entry."""
from resolving import *

WHERE = "ETC/aliases.a.test"


def lead_to(self, text, *targets):
    """The entry x of this file leads to these targets; {etc}/list has joe and ann."""
    self.vmail.write("list", "joe\nann\n")
    self.aliases(text.replace("{etc}", self.vmail.dir))
    self.leads("x@a.test", *targets)


def have_an_error(self, text, sentence):
    """The mail of entry x waits, that of the entry behind it does not."""
    self.aliases(text if isinstance(text, bytes) else text + "\nafter: joe\n")
    self.waits("x@a.test", f"{WHERE}{sentence}")
    if not isinstance(text, bytes):
        self.leads("after@a.test", "mailbox joe@a.test")


JOE, ANN, BOB = "mailbox joe@a.test", "mailbox ann@a.test", "mailbox bob@b.test"


@rows(lead_to, [
    ("a name", "x: joe\n", JOE),
    ("names, with blanks and without", "x:joe,ann , bob@b.test\n", JOE, ANN, BOB),
    ("blanks around the colon", "x \t:\t joe\n", JOE),
    ("no newline at the end", "x: joe", JOE),
    ("lines that end with CRLF", "y: ann\r\nx: joe,\r\n ann\r\n", JOE, ANN),
    ("a byte order mark", "\ufeffx: joe\n", JOE),
    ("empty items", "x: ,joe,, ,ann,\n", JOE, ANN),
    ("upper case", "X: JOE, Bob@B.TEST\n", JOE, BOB),
    ("a blank before the name's line is trimmed at the file's start", " x: joe\n", JOE),
    ("Postfix: a line that goes on", "x: joe,\n  ann\n", JOE, ANN),
    ("Postfix: one that goes on with a tab", "x:\n\tjoe,\n\tann\n", JOE, ANN),
    ("Postfix: a comment line inside an entry", "x: joe,\n# other people\n ann\n", JOE, ANN),
    ("Postfix: an indented comment inside an entry", "x: joe,\n \t# other: people\n ann\n", JOE, ANN),
    ("Postfix: a blank line inside an entry", "x: joe,\n\n \t\n ann\n", JOE, ANN),
    ("Postfix: an entry that begins behind a comment", "# x: ann\n  # y\nx: joe\n", JOE),
    ("Postfix: a quoted name", '"x": joe\n', JOE),
    ("Postfix: a comment in brackets", "x: joe (the boss, they say), ann\n", JOE, ANN),
    ("Postfix: an entry that ends at the next name", "x: joe\nann: bob\n", JOE),
    ("sendmail: a backslash at the line's end", "x: joe, \\\nann\n", JOE, ANN),
    ("sendmail: a backslash and a line that would be a comment", "x: joe, \\\n ann\n# y\n", JOE, ANN),
    ("sendmail: a backslash before CRLF", "x: joe, \\\r\nann\r\ny: bob\r\n", JOE, ANN),
    ("sendmail: a backslash at the end of the file", "x: joe\\", JOE),
    ("sendmail: a comment in a list", "x: joe, #@# and, more\n ann\n", JOE, ANN),
    ("sendmail: a comment behind the last member", "x: joe #@# the boss\ny: ann\n", JOE),
    ("sendmail: a comment line of its own in a list", "x: joe,\n #@# more\n ann\n", JOE, ANN),
    ("sendmail: a name in front of brackets", 'x: Ann Lee <ann@a.test>, "B, b" <bob@b.test>\n', ANN, BOB),
    ("a command in quotes", 'x: "|cmd a, b"\n', "command cmd a, b"),
    ("a command with the quotes behind the bar", 'x: |"cmd a, b"\n', "command cmd a, b"),
    ("a command without quotes ends at the comma", "x: |cmd a, joe\n", "command cmd a", JOE),
    ("a command without quotes around all of it keeps its own", 'x: |cmd "a, b" c, joe\n', 'command cmd "a, b" c', JOE),
    ("a command with escaped quotes", 'x: "|cmd \\"a b\\""\n', 'command cmd "a b"'),
    ("a file", "x: /var/log/x, /dev/null\n", "file /var/log/x", "file /dev/null"),
    ("an include in letters of any case", "x: :Include:{etc}/list\n", JOE, ANN),
    ("an include with a blank before its path", "x: :include: {etc}/list\n", JOE, ANN),
    ("an include in quotes", 'x: ":include:{etc}/list", bob@b.test\n', JOE, ANN, BOB),
    ("an include in quotes, with a blank", 'x: ":include: {etc}/list"\n', JOE, ANN),
    ("a file in quotes", 'x: "/var/log/x y"\n', "file /var/log/x y"),
    ("a mailbox", "x: \\joe\n", JOE),
    ("a mailbox past an alias of the name", "x: \\joe\njoe: ann\n", JOE),
    ("a mailbox of another domain of ours", "x: \\bob@b.test\n", BOB),
    ("an account by its whole address", "x: joe@a.test\n", JOE),
    ("an address of somebody else", "x: who@Far.Test\n", "remote who@far.test"),
    ("a mailbox of somebody else is theirs to find", "x: \\who@far.test\n", "remote who@far.test"),
    ("a quoted local part of somebody else", 'x: "a b"@far.test\n', 'remote "a b"@far.test'),
    ("a source route", "x: <@r1.test,@r2.test:who@far.test>\n", "remote who@far.test"),
    ("an extension of an account", "x: joe+lists\n", JOE),
    ("the same member twice, in two spellings", "x: joe, JOE@a.test, joe\n", JOE),
    ("the same address of somebody else twice", "x: who@far.test, who@FAR.test\n", "remote who@far.test"),
    ("the same command twice", "x: |cmd, |cmd\n", "command cmd"),
    ("the same file twice", "x: /f, /f\n", "file /f"),
    ("an alias of an alias", "x: y\ny: z, ann\nz: joe\n", JOE, ANN),
    ("an alias that is met twice", "x: y, z\ny: joe\nz: y, ann\n", JOE, ANN),
])
class Entry(Resolving):
    """What one entry leads to."""


@rows(have_an_error, [
    ("no members", "x:", ":1: the alias has no members"),
    ("commas alone", "x: , ,", ":1: the alias has no members"),
    ("a comment alone", "x: (nobody)", ":1: the alias has no members"),
    ("no colon", "x joe", ":1: ':' is missing behind the name"),
    ("a name alone", "x", ":1: ':' is missing behind the name"),
    ("a quoted name without a colon", '"x" joe', ":1: ':' is missing behind the name"),
    ("a quoted name that is not closed", '"x', ":1: ':' is missing behind the name"),
    ("a comma too few", "x: joe ann", ":1: a comma is missing between two members"),
    ("a comma too few between two lines", "x: joe\n ann", ":2: a comma is missing between two members"),
    ("a # behind a member", "x: joe # boss", ":1: a comma is missing between two members"),
    ("quotes that are not closed", 'x: joe, "|cmd a', ":1: a quotation mark is not closed"),
    ("quotes in a later line", 'x: joe,\n\n "ann', ":3: a quotation mark is not closed"),
    ("a bracket that is not closed", "x: joe (boss", ":1: a bracket is not closed"),
    ("a < that is not closed", "x: <joe@a.test", ":1: '<' without '>'"),
    ("an address without a domain", "x: joe, ann@", ":1: not an e-mail address"),
    ("an address without a local part", "x: @b.test", ":1: not an e-mail address"),
    ("an empty address", "x: <>", ":1: not an e-mail address"),
    ("a hyphen first", "x: -f@far.test", ":1: an address that begins with '-'"),
    ("Exim's :fail:", "x: :fail:", ":1: ':fail:' is no kind of member"),
    ("Exim's :defer:", "x: :defer:", ":1: ':defer:' is no kind of member"),
    ("a group", "x: friends:joe, ann;", ":1: ':' in an address: is a line not indented, or a group?"),
    ("a relative include", "x: :include:list", ":1: :include: needs a path that begins with /"),
    ("a bar alone", "x: |", ":1: '|' without a command"),
    ("something behind a quoted command", 'x: "|cmd" a', ":1: something follows a quoted member: a comma is missing"),
    ("a control byte", "x: joe, a\033[2Jn", ":1: a control byte is in a member"),
    ("a NUL byte in the first line", b"x: jo\0e\n", ":1: a NUL byte is in the line"),
    ("a NUL byte in a later line", b"x: joe,\n a\0\n", ":2: a NUL byte is in the entry"),
    ("a token that no command has", 'x: joe, "|cmd %s"',
     ":1: the command knows %d, %f, %u and %% alone: cmd %s"),
    ("an error in the last of two entries of one name", "x: joe\nx: joe ann",
     ":2: a comma is missing between two members"),
])
class Error(Resolving):
    """What is wrong with one entry, with file and line."""

    def test_nothing_of_an_entry_with_an_error_is_delivered(self):
        self.aliases("x: joe, ann bob, who@far.test\n")
        plan = self.waits("x@a.test", f"{WHERE}:1: a comma is missing between two members")
        self.assertEqual(len(plan.targets), 1, plan)

    def test_an_error_in_the_first_of_two_entries_of_one_name_does_not_count(self):
        self.aliases("x: joe ann\nx: joe\n")
        self.leads("x@a.test", JOE)

    def test_the_mail_of_a_member_with_an_error_is_handed_on_to_the_mta(self):
        self.aliases("list: joe, x\nx: ann bob\n")
        plan = self.plan("list@a.test")
        self.assertEqual((plan.status, plan.targets[0]), (0, JOE), plan)
        self.assertIn("4.3.5", plan.targets[1])

    def test_an_entry_beyond_the_limit_waits_and_the_others_do_not(self):
        self.aliases("x: " + "joe, " * 900000 + "joe\nafter: ann\n")
        self.waits("x@a.test", f"{WHERE}:1: the entry is too long")
        self.leads("after@a.test", ANN)

    def test_a_line_of_a_hundred_thousand_bytes_is_read(self):
        self.aliases("x: " + "joe, " * 20000 + "ann\n")
        self.leads("x@a.test", JOE, ANN)


class Name(Resolving):
    def test_a_quoted_name_has_any_byte(self):
        self.aliases('"a b": joe\n"c:d" : ann\n"e\\"f": bob@b.test\n')
        self.leads('"a b"@a.test', JOE)
        self.leads('"c:d"@a.test', ANN)
        self.leads('"e\\"f"@a.test', BOB)

    def test_a_name_with_a_blank_needs_no_quotes(self):
        self.aliases("a b: joe\n")
        self.leads('"a b"@a.test', JOE)

    def test_a_name_that_can_be_no_account_is_an_alias(self):
        self.aliases("../x: joe\na/b: ann\n.dot: joe\na%b: ann\n" + "n" * 65 + ": joe\n")
        self.leads("../x@a.test", JOE)
        self.leads("a/b@a.test", ANN)
        self.leads(".dot@a.test", JOE)
        self.leads("a%b@a.test", ANN)
        self.leads("n" * 65 + "@a.test", JOE)

    def test_a_name_of_8_bit_bytes_is_compared_exactly(self):
        self.aliases("j\u00fcrgen: joe\n")
        self.leads("J\u00fcrgen@a.test", JOE)
        self.unknown("j\u00dcrgen@a.test")

    def test_a_name_of_bytes_that_are_no_utf8_is_found(self):
        self.aliases(b"j\xfcrgen: joe\n")
        self.leads("j\udcfcrgen@a.test", JOE)

    def test_a_name_with_an_extension_comes_before_the_name_without(self):
        self.aliases("x: joe\nx+y: ann\n")
        self.leads("x+y@a.test", ANN)
        self.leads("x+z@a.test", JOE)

    def test_of_two_entries_the_last_one_counts_and_a_warning_says_so(self):
        self.aliases("x: joe\ny: bob@b.test\nX: ann\n")
        plan = self.leads("x@a.test", ANN)
        self.assertEqual(plan.warnings, [f"{WHERE}:3: 'X' stands in the file more than once:"
                                         " the last one counts"])

    def test_one_entry_is_no_reason_for_a_warning(self):
        self.aliases("x: joe\ny: ann\n")
        self.assertEqual(self.leads("x@a.test", JOE).warnings, [])

    def test_a_name_with_an_address_is_no_name_of_this_domain(self):
        self.aliases("x@a.test: joe\n")
        self.unknown("x@a.test")


if __name__ == "__main__":
    main()
