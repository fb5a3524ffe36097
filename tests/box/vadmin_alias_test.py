#!/usr/bin/python3
"""vadmin: aliases: one entry changes, all the rest stays byte for byte."""
import stat

from harness import *


class Aliases(BoxTest):
    def setUp(self):
        self.vmail = self.installation()
        self.vmail.domain("a.test", accounts=["joe", "ann", "bob"])

    def v(self, *args, **more):
        return self.vmail.run("vadmin", *args, **more)

    def ok(self, *args, **more):
        got = self.v(*args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def text(self):
        return self.vmail.read("aliases.a.test").decode()

    def have(self, text):
        return self.vmail.write("aliases.a.test", text)

    def refused(self, status, words, *args):
        path = os.path.join(self.vmail.dir, "aliases.a.test")
        before = os.path.exists(path) and self.text()
        got = self.v(*args)
        self.assertEqual(got.status, status, got)
        self.assertIn(words, got.stderr)
        self.assertEqual(got.stderr.count("\n"), 1, got)
        self.assertEqual(os.path.exists(path) and self.text(), before)

    def members(self, alias):
        return [value for name, value in self.shown(alias) if name == "member"]

    def shown(self, alias):
        return [line.split("\t") for line in self.ok("alias", "show", alias).stdout.decode().splitlines()]


OTHERS = """# head
postmaster:\tjoe
"quoted key": ann,
   # a comment inside
  bob

broken entry without colon
# tail"""


class Edit(Aliases):
    def test_a_missing_file_and_a_missing_alias_are_made(self):
        self.ok("alias", "add", "list@a.test", "joe", "x@far.test")
        self.assertEqual(self.text(), "list: joe, x@far.test\n")
        self.ok("alias", "add", "other@A.TEST", "ann")
        self.assertEqual(self.text(), "list: joe, x@far.test\nother: ann\n")

    def test_a_program_or_a_list_that_is_not_there_is_told_and_taken(self):
        for member, told in ((":include:/no/such", "note: there is no file /no/such"),
                             ("|/no/such/program -x", "note: there is no program /no/such/program: install it")):
            self.assertIn(told, self.ok("alias", "add", "x@a.test", member).stderr)
            self.assertIn(member, [m.strip('"') for m in self.members("x@a.test")])
        for member in ("|/bin/sh -c true", "|no-such-program", ":include:/etc/passwd"):
            self.assertNotIn("there is no", self.ok("alias", "add", "y@a.test", member).stderr)

    def test_every_change_leaves_the_other_lines_alone(self):
        for args, entry in ((("add", "list@a.test", "joe"), "list: joe\n"),
                            (("add", "List@a.test", "ann"), "list: joe, ann\n"),
                            (("set", "list@a.test", "bob", "ann"), "list: bob, ann\n"),
                            (("delete", "list@a.test", "bob"), "list: ann\n"),
                            (("delete", "list@a.test"), "")):
            if "list:" not in entry or args[0] == "add" and entry == "list: joe\n":
                path = self.have(OTHERS) if entry else path
                os.chmod(path, 0o640)
            self.ok("alias", *args)
            self.assertEqual(self.text(), OTHERS + "\n" + entry)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o640)

    def test_an_entry_in_the_middle_changes_in_its_place(self):
        self.have("a: joe\nlist: joe,\n\tann\n# b's\nb: joe\n")
        self.ok("alias", "add", "list@a.test", "bob")
        self.assertEqual(self.text(), "a: joe\nlist: joe,\n\tann, bob\n# b's\nb: joe\n")
        self.ok("alias", "set", "list@a.test", "bob")
        self.assertEqual(self.text(), "a: joe\nlist: bob\n# b's\nb: joe\n")
        self.ok("alias", "delete", "list@a.test")
        self.assertEqual(self.text(), "a: joe\n# b's\nb: joe\n")

    def test_comments_of_the_entry_are_kept(self):
        self.have("list: joe,  #@# the boss\n# why ann\n  ann #@# last\nb: joe\n")
        self.ok("alias", "add", "list@a.test", "bob")
        self.assertIn("why ann", self.text())
        self.assertIn("the boss", self.text())
        self.assertEqual(self.members("list@a.test"), ["joe", "ann", "bob"])
        self.ok("alias", "delete", "list@a.test", "ann")
        self.assertIn("# why ann\n", self.text())
        self.assertEqual(self.members("list@a.test"), ["joe", "bob"])
        self.assertTrue(self.text().endswith("b: joe\n"))

    def test_the_last_of_two_entries_is_the_one_that_changes(self):
        self.have("list: joe\nx: joe\nlist: ann\n")
        self.ok("alias", "add", "list@a.test", "bob")
        self.assertEqual(self.text(), "list: joe\nx: joe\nlist: ann, bob\n")

    def test_deleting_takes_every_entry_of_the_name(self):
        self.have("list: joe\nx: joe\nLIST: ann,\n bob\n")
        self.ok("alias", "delete", "list@a.test")
        self.assertEqual(self.text(), "x: joe\n")

    def test_long_lists_are_folded_and_stay_the_same(self):
        members = [f"member-number-{i}@far.test" for i in range(40)]
        self.ok("alias", "add", "list@a.test", *members[:20])
        self.ok("alias", "add", "list@a.test", *members[20:])
        self.assertEqual(self.members("list@a.test"), members)
        self.assertLess(max(map(len, self.text().splitlines())), 90)

    def test_members_are_there_once(self):
        self.ok("alias", "set", "list@a.test", "joe", "JOE", "joe@a.test", "joe@far.test")
        self.assertEqual(self.members("list@a.test"), ["joe", "joe@far.test"])
        got = self.ok("alias", "add", "list@a.test", "Joe@A.test", "ann")
        self.assertIn("1 of the members is there already", got.stderr)
        self.assertEqual(self.members("list@a.test"), ["joe", "joe@far.test", "ann"])
        self.ok("alias", "delete", "list@a.test", "JOE@a.test")
        self.assertEqual(self.members("list@a.test"), ["joe@far.test", "ann"])

    def test_every_kind_of_member_comes_back_as_it_was_meant(self):
        for member, target in ((r"\joe", "mailbox joe@a.test"),
                               ("|/bin/sort, -u > \"/tmp/a b\"",
                                'command /bin/sort, -u > "/tmp/a b"'),
                               ("|echo \\$x 100%% #@# no", "command"),
                               ("/dev/null", "file /dev/null"),
                               ('"a b"@far.test', "remote"),
                               ("Joe Doe <joe@a.test>", "mailbox joe@a.test")):
            with self.subTest(member):
                self.ok("alias", "set", "list@a.test", "ann", member)
                self.ok("alias", "add", "list@a.test", "bob")
                self.assertEqual(len(self.members("list@a.test")), 3)
                got = self.ok("explain", "list@a.test").stdout.decode()
                self.assertIn(f"  {target}", got)
        extra = self.vmail.write("members", "joe\n")
        self.ok("alias", "set", "list@a.test", f":include:{extra}")
        self.assertIn("mailbox joe@a.test", self.ok("explain", "list@a.test").stdout.decode())

    def test_names_that_need_quotes_get_them(self):
        for name in ("first last", "a:b", "#x", 'q"q', "b\\s", "j\u00fcrgen", "owner-list"):
            with self.subTest(name):
                given = name if '"' not in name and " " not in name and "\\" not in name \
                    else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
                self.ok("alias", "add", f"{given}@a.test", "joe")
                got = self.ok("explain", f"{given}@a.test" if '"' in given or name == "a:b"
                              else f"{name}@a.test") if name not in ("a:b", "#x") else None
                if got:
                    self.assertIn("mailbox joe@a.test", got.stdout.decode())
                names = [r.split("\t")[0] for r in
                         self.ok("alias", "list", "a.test").stdout.decode().splitlines()]
                self.assertIn(name.replace("\\", "\\\\"), names)
                self.ok("alias", "delete", f"{given}@a.test")
                self.assertEqual(self.text(), "")

    def test_an_at_sign_in_a_name_needs_quotes(self):
        for name in ("a@c@a.test", "x@b.test@a.test"):
            self.refused(65, "in quotes alone", "alias", "add", name, "x@far.test")
        self.ok("alias", "add", '"a@c"@a.test', "x@far.test")
        got = self.v("check", "--files", "a.test")
        self.assertNotIn("a@c", got.stdout.decode(), got)
        self.ok("alias", "delete", '"a@c"@a.test')

    def test_twenty_at_once_lose_nothing(self):
        calls = [self.vmail.start("vadmin", "alias", "add", "list@a.test", f"m{i}@far.test")
                 for i in range(20)]
        for call in calls:
            self.assertEqual(call.wait(), 0, call.errors)
        self.assertEqual(sorted(self.members("list@a.test")),
                         sorted(f"m{i}@far.test" for i in range(20)))


class Refusals(Aliases):
    def test_members_that_are_none_are_refused(self):
        self.ok("alias", "add", "list@a.test", "joe")
        for member in ("joe ann", "joe,ann", ":fail: no", ":include:x", "|", "joe\nroot: x",
                       "joe\rx", '"open', "(open", "a@b@", "x\x1b[m", "joe\udcff", "", " ",
                       "group: joe;", "| echo %x"):
            with self.subTest(member):
                self.refused(65, "", "alias", "add", "list@a.test", "--", member)
        self.refused(65, "", "alias", "add", "list@a.test", "--", "-f@x")
        self.refused(64, "--", "alias", "add", "list@a.test", "-f")

    def test_names_that_can_be_no_alias_are_refused(self):
        for name in ("-x", "x" * 300, "a\nb", " x", '""'):
            with self.subTest(name):
                self.refused(65, "", "alias", "add", "--", f"{name}@a.test", "joe")
        self.refused(67, "not one of our domains", "alias", "add", "x@b.test", "joe")

    def test_what_is_not_there_is_67(self):
        self.have("list: joe\n")
        self.refused(67, "no alias 'x'", "alias", "show", "x@a.test")
        self.refused(67, "no alias 'x'", "alias", "delete", "x@a.test")
        self.refused(67, "no member 'ann'", "alias", "delete", "list@a.test", "joe", "ann")

    def test_the_last_member_is_not_taken(self):
        self.have("list: joe\n")
        self.refused(77, "alias delete list@a.test", "alias", "delete", "list@a.test", "joe")

    def test_a_broken_entry_is_replaced_but_not_added_to(self):
        self.have('list: "open\nx: joe\n')
        self.refused(65, "aliases.a.test:1", "alias", "add", "list@a.test", "joe")
        self.refused(65, "aliases.a.test:1", "alias", "show", "list@a.test")
        self.ok("alias", "set", "list@a.test", "joe")
        self.assertEqual(self.text(), "list: joe\nx: joe\n")

    def test_a_file_whose_end_would_swallow_the_entry_is_left_alone(self):
        self.have("x: joe, \\\n")
        self.refused(65, "by hand", "alias", "add", "list@a.test", "joe")

    def test_an_alias_of_an_extra_file_is_not_hidden_by_accident(self):
        self.vmail.write("more", "list: joe\n")
        self.ok("domain", "set", "a.test", "extra-aliases=more")
        self.refused(77, "more:1", "alias", "add", "list@a.test", "ann")
        self.assertEqual(self.members("list@a.test"), ["joe"])
        self.ok("alias", "set", "list@a.test", "ann")
        self.assertEqual(self.members("list@a.test"), ["ann"])

    def test_cyradms_spellings_of_an_account_are_read_wherever_one_is_named(self):
        for spelling in ("user/{}", "user/{}@a.test", "user.{}", "user.{}@A.TEST"):
            for args in (("user", "grant", "joe@a.test", spelling.format("ann"), "all"),
                         ("alias", "add", "list@a.test", "--for", spelling.format("joe")),
                         ("alias", "join", "list@a.test", spelling.format("ann")),
                         ("alias", "leave", "list@a.test", spelling.format("ann"))):
                self.ok(*args)
            self.assertEqual(self.text(), "list: joe\n")
            self.assertEqual(self.vmail.read("grants.a.test"), b"joe: ann all\n")
            self.ok("alias", "delete", "list@a.test")
            self.ok("user", "grant", "joe@a.test", spelling.format("ann"), "none")
        self.ok("alias", "add", "list@a.test", "bob")
        self.refused(65, "that is who is deleted", "user", "delete", "bob@a.test", "--replace-by", "user/bob@a.test")
        self.ok("user", "delete", "bob@a.test", "--yes", "--replace-by", "user.ann@a.test")
        self.assertEqual(self.text(), "list: ann@a.test\n")

    def test_what_a_person_should_know_is_told(self):
        self.assertIn("no account or alias 'zoe'",
                      self.ok("alias", "add", "list@a.test", "zoe", "far@far.test").stderr)
        self.assertIn("has an account 'joe' too",
                      self.ok("alias", "add", "joe@a.test", "ann").stderr)
        self.assertEqual(self.ok("alias", "add", "list@a.test", "ann+x").stderr, "")

    def test_an_alias_that_leads_back_to_itself_is_told(self):
        loop = "alias loop: {0}@a.test leads to nobody but itself: its mail is refused\n"
        for args, told in ((("add", "loop@a.test", "loop"), loop.format("loop")),
                           (("set", "postmaster@a.test", "Postmaster"), loop.format("postmaster")),
                           (("add", "one@a.test", "two@a.test"), "no account or alias 'two' yet"),
                           (("add", "two@a.test", "three", "joe"), "no account or alias 'three' yet"),
                           (("add", "three@a.test", "one"), ""),
                           (("delete", "two@a.test", "joe"), loop.format("two")),
                           (("add", "two@a.test", "joe"), ""),
                           (("set", "team@a.test", "team", "ann"),
                            "a.test has no account 'team': as a member of itself the alias is nobody\n"),
                           (("set", "joe@a.test", "joe", "ann"), "has an account 'joe' too")):
            got = self.ok("alias", *args).stderr
            self.assertIn(told, got)
            self.assertEqual(got.count("\n"), told != "", args)
            self.assertEqual("alias loop" in got, self.vmail.deliver(args[1]).status == 69, (args, got))

    def test_who_may_join_an_alias_of_an_extra_file_is_not_said_in_vain(self):
        self.vmail.write("more", "list: joe\n")
        self.ok("domain", "set", "a.test", "extra-aliases=more")
        self.refused(77, "more:1, an extra file, where nobody can join it", "alias", "set", "list@a.test",
                     "membership=open")
        self.ok("alias", "set", "list@a.test", "membership=restricted", "description=x")
        for words in ("join", "leave"):
            self.refused(77, "'list' is in an extra file of a.test", "alias", words, "list@a.test", "ann")
        self.ok("alias", "set", "list@a.test", "membership=open", "joe")
        self.ok("--as", "user/ann@a.test", "alias", "join", "list")
        self.assertEqual(self.members("list@a.test"), ["joe", "ann"])


class Show(Aliases):
    def test_lists_tell_members_and_places_and_broken_entries(self):
        self.have("one: joe, ann\n# c\ntwo: \"open\n")
        self.vmail.write("more", "three: bob\n")
        self.ok("domain", "set", "a.test", "extra-aliases=more")
        rows = [r.split("\t") for r in
                self.ok("alias", "list", "a.test").stdout.decode().splitlines()]
        self.assertEqual([r[0] for r in rows], ["one", "two", "three"])
        self.assertEqual(rows[0][1], "joe, ann")
        self.assertTrue(rows[0][2].endswith("aliases.a.test:1"))
        self.assertIn("broken: ", rows[1][1])

    def test_a_pattern_names_domains_and_what_is_in_them_wherever_they_are_listed(self):
        self.ok("domain", "add", "b.test")
        self.ok("domain", "alias", "b.test", "bee.test")
        self.have("info: joe\nsales: joe\n")
        self.vmail.write("aliases.b.test", "info: joe@a.test\n")
        for name in ("info@a.test", "away@b.test"):
            self.ok("auto", "set", name, "-", input=b"Subject: away\n\naway\n")
        self.vmail.write("domain.broken.test", "nonsense\n")
        def first(*args):
            return [row.split("\t")[0] for row in self.ok(*args).stdout.decode().splitlines()]
        for args, rows in ((("alias", "list", "in*@?.test"), ["info@a.test", "info@b.test"]),
                           (("alias", "list", "*@BEE.test"), ["info@b.test"]),
                           (("alias", "list", "a.*"), ["info@a.test", "sales@a.test"]),
                           (("alias", "list", "a.test"), ["info", "sales"]),
                           (("alias", "list", "x*@a.test"), []),
                           (("auto", "list", "*"), ["info@a.test", "away@b.test"]),
                           (("auto", "list", "a*@*"), ["away@b.test"]),
                           (("quota", "a.*"), ["ann@a.test", "bob@a.test", "joe@a.test"])):
            with self.subTest(args):
                self.assertEqual(first(*args), rows)
        self.assertIn("note: broken.test left out", self.ok("quota", "*").stderr)
        self.assertEqual(self.v("check", "--files", "?.test").stdout, self.v("check", "--files", "a.test", "b.test").stdout)
        for args in (("alias", "list"), ("auto", "list"), ("quota",), ("check", "--files"), ("fsck",), ("index",)):
            self.refused(67, "no domain is like 'z*'", *args, "z*")

    def test_a_search_finds_any_part_of_names_and_members_in_all_domains_or_one(self):
        self.ok("domain", "add", "b.test")
        self.vmail.write("aliases.a.test", "sales: joe, ann@b.test\n")
        self.vmail.write("more", "shop: sally@far.test\n")
        self.ok("domain", "set", "b.test", f"extra-aliases={self.vmail.dir}/more")
        for words, wanted in ((("SAL",), ["sales@a.test", "shop@b.test"]), (("ann@",), ["sales@a.test"]),
                              (("sh?p",), ["shop@b.test"]), (("sal", "a.test"), ["sales@a.test"]), (("nobody",), [])):
            with self.subTest(words):
                out = self.ok("alias", "search", *words).stdout.decode()
                self.assertEqual([x.split("\t")[0] for x in out.splitlines()], wanted)
        self.refused(67, "c.test", "alias", "search", "x", "c.test")

    def test_a_search_is_in_the_letters_of_a_language(self):
        self.ok("domain", "add", "m\u00fcller.test")
        self.ok("alias", "add", "info@m\u00fcller.test", "joe@a.test")
        self.ok("alias", "set", "info@m\u00fcller.test", "description=B\u00dcRO")
        self.vmail.write("aliases.a.test", "sales: x@xn--wgv71a.example\n")
        for words, wanted in ((("info@m\u00fcl",), ["info@xn--mller-kva.test"]), (("O@M\u00dcLLER",), ["info@xn--mller-kva.test"]),
                              (("o@m?ller", "m\u00fcller.test"), ["info@xn--mller-kva.test"]),
                              (("b\u00fcro",), ["info@xn--mller-kva.test"]), (("\u65e5\u672c",), ["sales@a.test"]),
                              (("\u65e5x",), [])):
            with self.subTest(words):
                out = self.ok("alias", "search", *words).stdout.decode()
                self.assertEqual([x.split("\t")[0] for x in out.splitlines()], wanted)

    def test_explain_exits_as_the_mail_would_fare(self):
        self.have('bad: "open\n')
        for address, status in (("joe@a.test", 0), ("x@far.test", 67), ("zoe@a.test", 67),
                                ("bad@a.test", 75)):
            got = self.v("explain", address)
            self.assertEqual(got.status, status, got)
            self.assertTrue(got.stdout.startswith(address.encode()), got)
        same = self.vmail.run("vdeliver", "-n", "joe@a.test")
        self.assertEqual(self.v("explain", "joe@a.test").stdout, same.stdout)


if __name__ == "__main__":
    main()
