#!/usr/bin/python3
"""vadmin: what an alias is, who owns it, who may join it: attributes.D beside aliases.D."""
import stat

from harness import *

ATTRIBUTES = """# who is who
info: description = Questions of all kinds
  # of the shop
"quoted key": owners = ann

a line that says nothing
info: colour = red
# tail"""


class Owned(BoxTest):
    def setUp(self):
        self.vmail = self.installation()
        self.vmail.domain("a.test", accounts=["joe", "ann", "bob"], aliases="list: joe\n")

    def v(self, *args, **more):
        return self.vmail.run("vadmin", *args, **more)

    def ok(self, *args, **more):
        got = self.v(*args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def file(self, name):
        path = os.path.join(self.vmail.dir, f"{name}.a.test")
        return self.vmail.read(f"{name}.a.test").decode() if os.path.exists(path) else None

    def both(self):
        return self.file("aliases"), self.file("attributes")

    def refused(self, status, words, *args):
        before = self.both()
        got = self.v(*args)
        self.assertEqual(got.status, status, got)
        self.assertIn(words, got.stderr)
        self.assertEqual(got.stderr.count("\n"), 1, got)
        self.assertEqual(self.both(), before)

    def shown(self, alias="list@a.test"):
        """{"description": ..., "member": [...], ...}"""
        rows = [line.split("\t") for line in self.ok("alias", "show", alias).stdout.decode().splitlines()]
        return {**dict(rows), "member": [value for name, value in rows if name == "member"]}


class Attributes(Owned):
    def test_an_alias_without_attributes_is_restricted_and_owned_by_nobody(self):
        shown = self.shown()
        self.assertEqual((shown["description"], shown["owners"], shown["membership"]), ("", "", "restricted"))
        self.assertEqual(shown["member"], ["joe"])
        self.assertTrue(shown["where"].endswith("aliases.a.test:1"))

    def test_they_are_set_one_by_one_and_together_and_members_stay(self):
        self.ok("alias", "set", "list@a.test", "description=All of us = \u00fcs, #1")
        self.ok("alias", "set", "list@a.test", "owners=ann, JOE", "membership=open")
        self.assertEqual(self.file("attributes"), "list: description = All of us = \u00fcs, #1\n"
                         "list: owners = ann joe\nlist: membership = open\n")
        shown = self.shown("LIST@A.test")
        self.assertEqual((shown["description"], shown["owners"], shown["membership"], shown["member"]),
                         ("All of us = \u00fcs, #1", "ann joe", "open", ["joe"]))
        self.assertEqual(self.file("aliases"), "list: joe\n")
        self.ok("alias", "set", "list@a.test", "membership=restricted", "description=", "bob", "ann")
        self.assertEqual(self.file("attributes"), "list: owners = ann joe\n")
        self.assertEqual(self.shown()["member"], ["bob", "ann"])
        self.ok("alias", "set", "list@a.test", "owners=")
        self.assertEqual(self.file("attributes"), "")

    def test_other_lines_comments_and_the_mode_stay(self):
        self.vmail.write("aliases.a.test", 'info: joe\nlist: joe\n"quoted key": ann\n')
        path = self.vmail.write("attributes.a.test", ATTRIBUTES)
        os.chmod(path, 0o640)
        self.ok("alias", "set", "list@a.test", "description=x")
        self.assertEqual(self.file("attributes"), ATTRIBUTES + "\nlist: description = x\n")
        self.ok("alias", "set", "info@a.test", "description=y", "owners=joe")
        self.assertEqual(self.file("attributes"), ATTRIBUTES.replace("Questions of all kinds", "y").replace(
            "colour = red\n", "colour = red\ninfo: owners = joe\n") + "\nlist: description = x\n")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o640)
        self.ok("alias", "set", '"quoted key"@a.test', "membership=open")
        self.assertIn('"quoted key": owners = ann\n"quoted key": membership = open\n', self.file("attributes"))

    def test_a_hand_edit_of_the_aliases_loses_none_of_them(self):
        self.ok("alias", "set", "list@a.test", "description=All of us", "owners=ann")
        self.vmail.write("aliases.a.test", "# sorted anew\nother: bob\n\nlist:\n  ann,\n  bob\n")
        shown = self.shown()
        self.assertEqual((shown["description"], shown["owners"], shown["member"]), ("All of us", "ann", ["ann", "bob"]))

    def test_those_of_an_alias_that_went_by_hand_do_nothing_and_are_found(self):
        self.ok("alias", "set", "list@a.test", "owners=ann")
        self.vmail.write("aliases.a.test", "")
        self.refused(67, "no alias 'list'", "alias", "show", "list@a.test")
        got = self.v("check", "a.test")
        self.assertEqual(got.status, 1, got)
        self.assertIn("attributes.a.test:1: there is no alias 'list' any more", got.stdout.decode())
        got = self.ok("alias", "add", "list@a.test", "bob")
        self.assertIn("lines of an earlier 'list'", got.stderr)
        self.assertEqual((self.shown()["owners"], self.file("attributes")), ("", ""))

    def test_check_finds_lines_that_do_not_count_and_owners_that_are_nobody(self):
        self.vmail.write("attributes.a.test", "list: owners = ann zoe\nlist: colour = red\nlist: membership = shut\n"
                         "no colon\n")
        found = self.v("check", "--files", "a.test").stdout.decode()
        for words in (":1: owners: there is no account 'zoe'", ":2: no attribute but", ":3: membership: neither open",
                      ":4: not \"ALIAS: NAME = VALUE\""):
            self.assertIn("attributes.a.test" + words, found)
        self.assertEqual(found.count("\n"), 4, found)

    def test_what_cannot_be_one_is_refused(self):
        for word, status, words in (("membership=shut", 65, "neither open nor restricted"),
                                    ("owners=a@b", 65, "can be no account"), ("owners=zoe", 67, "no account 'zoe'"),
                                    ("description=a\nb", 65, "control character"), ("descriptio=x", 65, "did you mean 'description'?")):
            self.refused(status, words, "alias", "set", "list@a.test", word)
        self.refused(67, "no alias 'x'", "alias", "set", "x@a.test", "description=x")

    def test_a_deleted_alias_takes_them_with_it(self):
        self.ok("alias", "set", "list@a.test", "owners=ann", "membership=open", "description=x")
        self.ok("alias", "delete", "list@a.test")
        self.assertEqual(self.both(), ("", ""))

    def test_one_of_an_extra_file_can_be_described_where_it_is(self):
        self.vmail.write("more", "shop: bob\n")
        self.ok("domain", "set", "a.test", "extra-aliases=more")
        self.ok("alias", "set", "shop@a.test", "description=The shop", "owners=ann")
        self.assertEqual((self.file("aliases"), self.shown("shop@a.test")["owners"]), ("list: joe\n", "ann"))
        self.refused(77, "in an extra file of a.test", "alias", "join", "shop@a.test", "joe")

    def test_a_search_finds_any_part_of_a_name_a_member_or_a_description(self):
        self.vmail.domain("b.test", accounts=["sue"], aliases="Sellers: sue\nother: x@far.test\n")
        self.ok("alias", "set", "list@a.test", "description=Who can SELL things")
        for word, found in (("sell", ["list@a.test", "Sellers@b.test"]), ("thin", ["list@a.test"]),
                            ("far", ["other@b.test"]), ("nothing", [])):
            out = self.ok("alias", "search", word).stdout.decode()
            self.assertEqual([line.split("\t")[0] for line in out.splitlines()], found)
        rows = self.ok("alias", "list", "a.test").stdout.decode().splitlines()
        self.assertEqual(rows[0].split("\t")[3], "Who can SELL things")

    def test_a_new_account_owns_nothing_of_an_earlier_one(self):
        self.ok("alias", "set", "list@a.test", "owners=ann bob", "description=x")
        self.vmail.write("passwd.a.test", b"".join(line for line in self.vmail.read("passwd.a.test").splitlines(True)
                                                   if not line.startswith(b"ann:")))
        shutil.rmtree(self.vmail.home("ann@a.test"))
        got = self.ok("user", "add", "ann@a.test", "--password-stdin", input=b"correct horse battery\n")
        self.assertIn("owner", got.stderr)
        self.assertEqual(self.shown()["owners"], "bob")

    def test_a_renamed_account_owns_nothing_of_an_earlier_one_of_its_new_name(self):
        self.vmail.write("attributes.a.test", "list: owners = ann\njoe: owners = bob\njoe: membership = open\n")
        self.vmail.write("grants.a.test", "bob: ann all\n")
        self.ok("user", "delete", "ann@a.test", "--yes")
        self.vmail.write("grants.a.test", "bob: ann all\n")
        got = self.ok("user", "rename", "joe@a.test", "ann")
        self.assertIn("an earlier 'ann' was an owner of 1 alias", got.stderr)
        self.assertIn("attributes.a.test had lines of an earlier 'joe'", got.stderr)
        self.assertEqual((self.file("attributes"), self.file("grants")), ("", ""))
        self.assertEqual(self.shown("joe@a.test")["member"], ["ann"])
        self.assertEqual(self.v("--as", "user/bob@a.test", "alias", "add", "joe@a.test", "spy@far.test").status, 77)

    def test_who_would_be_missed_as_an_owner_is_told_before_an_account_goes(self):
        self.ok("alias", "set", "list@a.test", "owners=bob")
        self.assertIn("owns the alias list@a.test", self.ok("user", "delete", "bob@a.test", "--yes").stderr)


class Membership(Owned):
    def test_who_an_alias_is_made_for_owns_it_and_is_its_first_member(self):
        self.ok("alias", "add", "team@a.test", "--for", "Ann@a.test", "bob", "ann")
        self.assertEqual((self.shown("team@a.test")["owners"], self.shown("team@a.test")["member"]),
                         ("ann", ["ann", "bob"]))
        self.ok("alias", "add", "own@a.test", "--for", "bob")
        self.assertEqual((self.shown("own@a.test")["owners"], self.shown("own@a.test")["member"]), ("bob", ["bob"]))
        self.refused(73, "is there already", "alias", "add", "team@a.test", "--for", "joe", "joe")
        self.refused(67, "no account 'zoe'", "alias", "add", "new@a.test", "--for", "zoe")
        self.refused(65, "MEMBER is missing", "alias", "add", "new@a.test")
        self.refused(65, "MEMBER is missing", "alias", "add", "list@a.test")

    def test_accounts_join_and_leave_and_the_rest_stays(self):
        self.vmail.write("aliases.a.test", "# ours\nlist: joe, x@far.test\n# tail\n")
        self.ok("alias", "join", "list@a.test", "ann")
        self.ok("alias", "join", "list@a.test", "BOB@A.test")
        self.assertEqual(self.file("aliases"), "# ours\nlist: joe, x@far.test, ann, bob\n# tail\n")
        self.assertIn("a member of list@a.test already", self.ok("alias", "join", "list@a.test", "Ann").stderr)
        self.ok("alias", "leave", "list@a.test", "joe")
        self.assertEqual(self.file("aliases"), "# ours\nlist: x@far.test, ann, bob\n# tail\n")

    def test_what_is_nobodys_is_refused(self):
        for status, words, *args in ((65, "who is it for?", "join", "list@a.test"),
                                     (67, "no account 'zoe'", "join", "list@a.test", "zoe"),
                                     (65, "is not of a.test", "join", "list@a.test", "x@main.test"),
                                     (67, "no member", "leave", "list@a.test", "ann"),
                                     (67, "no alias 'x'", "leave", "x@a.test", "ann")):
            if args[-1] == "x@main.test":
                self.vmail.domain("main.test", accounts=["x"])
            self.refused(status, words, "alias", *args)

    def test_the_last_member_and_the_last_owner_cannot_leave(self):
        self.refused(77, "the last member", "alias", "leave", "list@a.test", "joe")
        self.ok("alias", "set", "list@a.test", "owners=joe", "joe", "ann")
        self.refused(77, "the last owner", "alias", "leave", "list@a.test", "joe")
        self.ok("alias", "set", "list@a.test", "owners=ann joe")
        self.ok("alias", "leave", "list@a.test", "joe")
        self.assertEqual((self.shown()["owners"], self.shown()["member"]), ("ann", ["ann"]))
        self.refused(77, "the last member", "alias", "leave", "list@a.test", "ann")

    def test_an_owner_who_is_no_member_leaves_what_he_owns(self):
        self.ok("alias", "set", "list@a.test", "owners=ann bob")
        self.ok("alias", "leave", "list@a.test", "bob")
        self.assertEqual((self.shown()["owners"], self.shown()["member"]), ("ann", ["joe"]))

    def test_the_mailbox_itself_is_a_member_too(self):
        self.vmail.write("aliases.a.test", "list: \\joe, ann\n")
        self.assertIn("already", self.ok("alias", "join", "list@a.test", "joe").stderr)
        self.ok("alias", "leave", "list@a.test", "joe")
        self.assertEqual(self.shown()["member"], ["ann"])

    def test_twenty_at_once_lose_nothing(self):
        self.vmail.domain("b.test", accounts=[f"u{i}" for i in range(20)], aliases="list: x@far.test\n")
        calls = [self.vmail.start("vadmin", "alias", "join", "list@b.test", f"u{i}") for i in range(20)]
        for call in calls:
            self.assertEqual(call.wait(), 0, call.errors)
        self.assertEqual(sorted(self.shown("list@b.test")["member"]), sorted(["x@far.test", *(f"u{i}" for i in range(20))]))


class Postmaster(BoxTest):
    def test_each_new_domain_has_one_who_is_the_main_domains(self):
        vmail = self.installation()
        vmail.domain("main.test", accounts=["root"], aliases="postmaster: root\n")
        for domain in ("a.test", "b.test"):
            self.assertEqual(vmail.run("vadmin", "domain", "add", domain).status, 0)
            shown = vmail.run("vadmin", "alias", "show", f"postmaster@{domain}").stdout.decode()
            self.assertIn("member\tpostmaster@main.test\n", shown)
            self.assertEqual(vmail.deliver(f"postmaster@{domain}").status, 0)
        self.assertEqual(len(vmail.messages("root@main.test")), 2)


if __name__ == "__main__":
    main()
