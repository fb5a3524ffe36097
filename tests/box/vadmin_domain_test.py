#!/usr/bin/python3
"""vadmin: domains, and what holds for every operation: usage, rights, help, output."""
import stat

from harness import *


class Domains(BoxTest):
    def setUp(self):
        self.vmail = self.installation()

    def v(self, *args, **more):
        return self.vmail.run("vadmin", *args, **more)

    def ok(self, *args, **more):
        got = self.v(*args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def refused(self, status, words, *args, **more):
        before = self.files()
        got = self.v(*args, **more)
        self.assertEqual(got.status, status, got)
        self.assertIn(words, got.stderr)
        self.assertEqual(got.stderr.count("\n"), 1, got)
        self.assertEqual(got.stdout, b"", got)
        self.assertEqual(self.files(), before, "a refusal changed a file")

    def files(self):
        found = {}
        for name in os.listdir(self.vmail.dir):
            path = os.path.join(self.vmail.dir, name)
            if name != ".lock" and os.path.exists(path):
                found[name] = self.vmail.read(name)
        return found

    def mode(self, *path):
        return stat.S_IMODE(os.lstat(os.path.join(*path)).st_mode)

    def test_a_new_domain_has_its_files_directories_and_postmaster(self):
        self.ok("domain", "add", "a.test", "description=A test")
        self.assertEqual(self.vmail.read("passwd.a.test"), b"")
        self.assertEqual(self.vmail.read("shadow.a.test"), b"")
        self.assertIn(b"description = A test\n", self.vmail.read("domain.a.test"))
        self.assertIn(b"\npostmaster: postmaster@main.test\n", self.vmail.read("aliases.a.test"))
        self.assertEqual(self.mode(self.vmail.dir, "passwd.a.test"), 0o644)
        self.assertEqual(self.mode(self.vmail.dir, "shadow.a.test"), 0o600)
        expected = 0o3770 if ROOT else 0o700
        self.assertEqual(self.mode(self.vmail.spool, "a.test"), expected)
        self.assertEqual(self.mode(self.vmail.spool, "files", "a.test"), expected)
        self.assertEqual(self.mode(self.vmail.homes, "a.test", "home"), 0o755)

    def test_a_new_domain_with_a_new_account_gets_mail(self):
        self.ok("domain", "add", "a.test")
        self.ok("user", "add", "joe@a.test", "--password-stdin", input=b"kermit sings\n")
        got = self.vmail.deliver("joe@a.test", b"Subject: x\n\nhello\n")
        self.assertEqual(got.status, 0, got)
        self.assertIn(b"hello\n", self.vmail.messages("joe@a.test")[0])
        got = self.vmail.deliver("postmaster@a.test")
        self.assertEqual(got.status, 0, got)
        self.assertIn("postmaster@main.test", self.vmail.sent()[0][0])

    def test_the_names_are_stored_in_lower_case_and_in_a_labels(self):
        self.ok("domain", "add", "A.Test.")
        self.ok("domain", "add", "b\u00fccher.test")
        self.assertEqual(sorted(n for n in self.files() if n.startswith("passwd.")),
                         ["passwd.a.test", "passwd.xn--bcher-kva.test"])
        self.assertEqual(self.v("domain", "show", "B\u00dcCHER.test").status, 0)

    def test_patterns_of_domains_are_in_the_letters_of_their_language(self):
        for name in ("a.test", "\u65e5\u672c.test", "\u65e5\u672c\u8a9e.test", "m\u00fcller.test"):
            self.ok("domain", "add", name)
        self.ok("domain", "alias", "a.test", "b\u00fccher.test")
        two = ["xn--wgv71a.test", "xn--wgv71a119e.test"]
        for given, wanted in (("\u65e5\u672c*", two), ("\u65e5??.test", two[1:]), ("M\u00dcLLER*", ["xn--mller-kva.test"]),
                              ("m?ller.test", ["xn--mller-kva.test"]), ("*\u00dccher.test", ["xn--bcher-kva.test"]),
                              ("\u65e5\u672c.test", two[:1]), ("xn--w*", two), ("?.test", ["a.test"]),
                              ("\u672c*", [])):
            with self.subTest(given):
                out = self.ok("domain", "list", given).stdout.decode()
                self.assertEqual([x.split("\t")[0] for x in out.splitlines()], wanted)

    def test_what_cannot_be_a_domain_is_refused(self):
        for name in ("files", "a..test", ".test", "-a.test", "a b.test", "x" * 300, "a/b", "a@b",
                     "..", ""):
            self.refused(65, "", "domain", "add", "--", name)

    def test_an_existing_domain_is_refused(self):
        self.ok("domain", "add", "a.test")
        self.refused(73, "exists already", "domain", "add", "A.test")

    def test_a_domain_that_only_has_passwd_is_refused(self):
        self.vmail.write("passwd.old.test", "")
        self.refused(73, "exists already", "domain", "add", "old.test")

    def test_the_name_of_a_domain_alias_is_refused(self):
        self.ok("domain", "add", "a.test")
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.b.test"))
        self.refused(73, "alias", "domain", "add", "b.test")

    def test_a_domain_add_that_was_interrupted_can_be_repeated(self):
        self.ok("domain", "add", "a.test", "description=one")
        os.unlink(os.path.join(self.vmail.dir, "passwd.a.test"))
        self.ok("domain", "add", "a.test", "max-users=3")
        self.assertEqual(self.vmail.read("passwd.a.test"), b"")
        self.assertIn(b"description = one\n", self.vmail.read("domain.a.test"))
        self.assertIn(b"max-users = 3\n", self.vmail.read("domain.a.test"))

    def test_a_domain_that_has_lost_its_accounts_is_not_made_without_them(self):
        for left in "shadow", "inbox":
            name = f"{left}.test"
            for words in (("domain", "add", name), ("user", "add", f"joe@{name}")):
                self.assertEqual(self.vmail.run("vadmin", *words).status, 0)
            self.assertEqual(self.vmail.deliver(f"joe@{name}").status, 0)
            os.unlink(f"{self.vmail.dir}/passwd.{name}")
            os.unlink(f"{self.vmail.dir}/shadow.{name}") if left == "inbox" else os.unlink(self.vmail.inbox(f"joe@{name}"))
            got = self.vmail.run("vadmin", "domain", "add", name)
            self.assertEqual(got.status, 77, got)
            self.assertRegex(got.stderr, rf"passwd\.{name} is missing, and .*: bring it back")
            self.assertEqual(self.vmail.deliver(f"joe@{name}").status, 75)
            self.vmail.write(f"passwd.{name}", "")      # who means it
            self.assertEqual(self.vmail.deliver(f"joe@{name}").status, 67)

    def test_nothing_is_written_without_a_spool(self):
        os.rmdir(self.vmail.spool)
        self.refused(75, "spool", "domain", "add", "a.test")

    def test_a_wrong_setting_is_named_and_nothing_is_written(self):
        self.refused(65, "did you mean 'fallback'?", "domain", "add", "a.test", "fallbak=x")
        self.refused(65, "'x' is not a number", "domain", "add", "a.test", "max-users=x")
        self.refused(65, "NAME=VALUE", "domain", "add", "a.test", "fallback")
        self.refused(65, "owner", "domain", "add", "b.test", "owner=nobody-of-this-name")
        self.refused(65, "owner: must not be root", "domain", "add", "c.test", "owner=0")

    def test_the_main_domain_gets_no_postmaster_that_leads_to_itself(self):
        got = self.ok("domain", "add", "main.test")
        self.assertNotIn(b"postmaster:", self.vmail.read("aliases.main.test"))
        self.assertIn("alias add postmaster@main.test", got.stderr)

    def test_set_keeps_comments_order_and_mode(self):
        self.vmail.domain("a.test")
        before = "# mine\n\nfallback = joe\n# more\nmax-users=3\n" + \
            ("" if ROOT else f"owner = {os.getuid()}:{os.getgid()}\n") + "# the end"
        path = self.vmail.write("domain.a.test", before, mode=0o640)
        self.ok("domain", "set", "a.test", "max-users=7", "description=hi there")
        self.assertEqual(self.vmail.read("domain.a.test").decode(),
                         before.replace("max-users=3", "max-users = 7") +
                         "\ndescription = hi there\n")
        self.assertEqual(self.mode(path), 0o640)

    def test_set_refuses_what_would_break_the_file(self):
        self.ok("domain", "add", "a.test")
        self.refused(65, "line break", "domain", "set", "a.test", "description=x\nfallback = | id")
        self.refused(65, "line break", "domain", "set", "a.test", "description=x\rfallback = | id")
        self.refused(65, "UTF-8", "domain", "set", "a.test", "description=\udcff")
        self.refused(65, "inbox", "domain", "set", "a.test", "inbox=%d/x")
        self.refused(65, "inbox", "domain", "set", "a.test", "inbox=../%u")
        self.refused(65, "gid", "domain", "set", "a.test", "gid=no-such-group")
        self.refused(65, "gid", "domain", "set", "a.test", "gid=0")
        self.refused(65, "fallback", "domain", "set", "a.test", "fallback=| echo %x")
        self.refused(67, "not one of our domains", "domain", "set", "b.test", "max-users=1")

    def test_set_refuses_a_fallback_that_deliveries_could_not_read(self):
        self.ok("domain", "add", "a.test")
        for value in ("x y", "joe,ann", "/file", "\\joe", ":include:/x", "|", "<joe", "g:joe;",
                      "@", "@a..b", "joe@", "-joe", '"joe', "|/bin/x %s", '"|/bin/x %s"'):
            with self.subTest(value):
                self.refused(65, "domain.a.test: fallback: ", "domain", "set", "a.test",
                             f"fallback={value}")
        for value in ("joe", "joe@b.test", "@b.test", "| /bin/x %u, 'y' # z", '"|/bin/x a, b"', ""):
            with self.subTest(value):
                self.ok("domain", "set", "a.test", f"fallback={value}")

    def test_set_refuses_an_inbox_that_can_be_nobodys(self):
        self.ok("domain", "add", "a.test")
        for value, words in (("%d/%u/" + "x/" * 15, "too many directories"),
                             ("%d/x", "needs %u"), ("x/../%u", ". or .."), ("%u/..", ". or .."),
                             ("%d/%x/%u", "%% alone"), ("%u%", "%% alone"), ("", "needs %u"),
                             ("%%u", "needs %u"), ("%d/%%u", "needs %u")):
            with self.subTest(value):
                self.refused(65, "domain.a.test: inbox: ", "domain", "set", "a.test",
                             f"inbox={value}")
                self.refused(65, words, "domain", "set", "a.test", f"inbox={value}")
        self.ok("domain", "set", "a.test", "inbox=%d/%u/" + "x/" * 14)

    def test_set_refuses_a_setting_that_a_program_does_not_have_yet(self):
        self.ok("domain", "add", "a.test")
        for row in self.v("settings").stdout.decode().splitlines():
            file, name, _, _, meaning = row.split("\t")
            if file == "domain.D" and "(Not in all" in meaning:
                self.refused(65, "not available", "domain", "set", "a.test", f"{name}=/x")

    def test_set_mends_a_broken_line(self):
        self.ok("domain", "add", "a.test")
        text = self.vmail.read("domain.a.test").decode()
        self.vmail.write("domain.a.test", text + "max-users = many\n")
        self.assertEqual(self.v("domain", "show", "a.test").status, 65)
        self.ok("domain", "set", "a.test", "max-users=5")
        self.assertEqual(self.vmail.read("domain.a.test").decode(), text + "max-users = 5\n")

    def test_set_through_a_domain_alias_changes_the_domain(self):
        self.ok("domain", "add", "a.test")
        link = os.path.join(self.vmail.dir, "domain.b.test")
        os.symlink("domain.a.test", link)
        self.ok("domain", "set", "b.test", "max-users=5")
        self.assertTrue(os.path.islink(link))
        self.assertIn(b"max-users = 5\n", self.vmail.read("domain.a.test"))

    def link(self, name):
        return os.readlink(os.path.join(self.vmail.dir, f"domain.{name}"))

    def test_an_alias_is_a_link_in_its_one_spelling_and_mail_for_it_arrives(self):
        self.ok("domain", "add", "a.test")
        self.ok("user", "add", "joe@a.test")
        self.ok("domain", "alias", "A.Test", "M\u00fcller.test.")
        self.assertEqual(self.link("xn--mller-kva.test"), "domain.a.test")
        self.ok("domain", "alias", "xn--mller-kva.test", "b.test")
        self.assertEqual(self.link("b.test"), "domain.a.test", "an alias of an alias is one of the domain")
        self.assertIn(b"joe", self.ok("explain", "joe@b.test").stdout)
        self.ok("domain", "unalias", "B.test")
        self.assertEqual(self.v("explain", "joe@b.test").status, 67)

    def test_an_alias_that_another_one_leads_to_stays_as_long_as_that(self):
        self.ok("domain", "add", "a.test")
        self.ok("domain", "alias", "a.test", "b.test")
        os.symlink("domain.b.test", os.path.join(self.vmail.dir, "domain.c.test"))
        self.refused(77, "the domain alias c.test leads to", "domain", "unalias", "b.test")
        self.assertEqual(self.link("b.test"), "domain.a.test")
        self.ok("domain", "unalias", "c.test")
        self.ok("domain", "unalias", "b.test")

    def test_a_domain_gets_no_name_that_another_one_has(self):
        for domain in ("a.test", "b.test"):
            self.ok("domain", "add", domain)
        self.ok("domain", "alias", "b.test", "c.test")
        self.refused(73, "the domain b.test exists already", "domain", "rename", "a.test", "b.test")
        os.rename(os.path.join(self.vmail.dir, "domain.b.test"), os.path.join(self.vmail.dir, "kept"))
        self.refused(73, "the domain b.test exists already", "domain", "rename", "a.test", "b.test")
        os.rename(os.path.join(self.vmail.dir, "kept"), os.path.join(self.vmail.dir, "domain.b.test"))
        self.refused(73, "'vadmin domain unalias c.test' takes that name away", "domain", "rename", "a.test", "c.test")

    def test_a_domain_of_passwd_alone_gets_the_file_that_an_alias_leads_to(self):
        self.vmail.write("passwd.old.test", "")
        self.ok("domain", "alias", "old.test", "b.test")
        self.assertEqual((self.vmail.read("domain.old.test"), self.link("b.test")), (b"", "domain.old.test"))

    def test_what_an_alias_would_hide_and_what_is_none_is_refused(self):
        for domain in ("a.test", "b.test"):
            self.ok("domain", "add", domain)
        self.ok("domain", "alias", "a.test", "c.test")
        self.vmail.write("domain.half.test", "")
        for status, words, *args in ((73, "exists already", "alias", "a.test", "b.test"),
                                     (73, "exists already", "alias", "a.test", "a.test"),
                                     (73, "domain alias already", "alias", "a.test", "c.test"),
                                     (73, "without accounts", "alias", "a.test", "half.test"),
                                     (65, "files", "alias", "a.test", "files"),
                                     (67, "nowhere.test", "alias", "nowhere.test", "d.test"),
                                     (67, "no domain alias", "unalias", "a.test"),
                                     (67, "no domain alias", "unalias", "nowhere.test")):
            with self.subTest(" ".join(args)):
                self.refused(status, words, "domain", *args)

    def test_a_setting_that_names_what_is_not_there_is_told_and_taken(self):
        self.ok("domain", "add", "a.test")
        self.ok("user", "add", "joe@a.test")
        for setting, told in (("extra-aliases=nolist", r"note: extra-aliases: there is no file .*/nolist: make it"),
                              ("filter=/no/such -x", "note: filter: there is no program /no/such: install it"),
                              ("fallback=| /no/such", "note: fallback: there is no program /no/such"),
                              ("fallback=ghost", "note: fallback: 5.1.1 "),
                              ("tls-certificate=/no/such.pem", "note: .*/no/such.pem")):
            self.assertRegex(self.ok("domain", "set", "a.test", setting).stderr, told)
            name = setting.split("=")[0]
            self.assertIn(name.encode() + b" = " + setting.split("=")[1].encode(), self.vmail.read("domain.a.test"))
            self.assertEqual(self.ok("domain", "set", "a.test", "description=x").stderr, "", "of other settings nothing")
            self.ok("domain", "set", "a.test", f"{name}=")
        for setting in ("filter=cat", "fallback=joe", "fallback=joe@far.test"):
            self.assertEqual(self.ok("domain", "set", "a.test", setting).stderr, "", setting)
        self.assertIn("/no/such: install", self.ok("domain", "add", "b.test", "filter=/no/such").stderr)

    def test_lock_and_unlock_set_lock_retrieval_and_nothing_else(self):
        self.ok("domain", "add", "a.test", "description=all of us")
        before = self.vmail.read("domain.a.test")
        self.ok("domain", "lock", "a.test")
        self.assertEqual(self.vmail.read("domain.a.test"), before + b"lock-retrieval = yes\n")
        self.ok("domain", "unlock", "a.test")
        self.assertEqual(self.vmail.read("domain.a.test"), before + b"lock-retrieval = no\n")

    def test_a_domain_that_is_locked_or_not_already_has_no_second_entry(self):
        self.ok("domain", "add", "a.test")
        for word, told in (("unlock", "it was not locked"), ("lock", "it was locked already")):
            self.ok("domain", "lock" if word == "lock" else "unlock", "a.test")
            before = len(self.ok("log").stdout.splitlines())
            self.assertIn(told, self.ok("domain", word, "a.test").stderr)
            self.assertEqual(len(self.ok("log").stdout.splitlines()), before)

    def test_show_tells_aliases_accounts_and_settings(self):
        self.ok("domain", "add", "a.test", "description=hi")
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.b.test"))
        self.ok("user", "add", "joe@a.test")
        shown = self.ok("domain", "show", "b.test").stdout.decode().splitlines()
        for line in ("domain\ta.test", "domain-alias\tb.test", "accounts\t1", "description\thi"):
            self.assertIn(line, shown)
        self.refused(67, "not one of our domains", "domain", "show", "c.test")

    def test_list_takes_patterns_and_survives_a_broken_domain(self):
        for name in ("a.test", "b.test", "b.example"):
            self.ok("domain", "add", name)
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.c.test"))
        self.vmail.write("domain.b.test", "nonsense\n")
        rows = [r.split("\t") for r in self.ok("domain", "list").stdout.decode().splitlines()]
        self.assertEqual([r[0] for r in rows], ["a.test", "b.example", "b.test", "c.test"])
        self.assertEqual(rows[3][1], "a.test")
        self.assertIn("domain.b.test:1", rows[2][3])
        got = self.ok("domain", "list", "B.*").stdout
        self.assertEqual([r.split(b"\t")[0] for r in got.splitlines()], [b"b.example", b"b.test"])

    def test_control_bytes_in_a_file_are_never_printed_raw(self):
        self.ok("domain", "add", "a.test")
        text = self.vmail.read("domain.a.test")
        self.vmail.write("domain.a.test", text + b"description = \x1b[31m\tred\xff\xc2\x9b\\\n")
        got = self.ok("domain", "show", "a.test").stdout
        self.assertIn(b"description\t\\x1b[31m\\x09red\\xff\\xc2\\x9b\\\\\n", got)

    def test_a_file_that_others_can_write_is_not_edited(self):
        self.ok("domain", "add", "a.test")
        os.chmod(os.path.join(self.vmail.dir, "domain.a.test"), 0o666)
        self.refused(77, "chmod go-w", "domain", "set", "a.test", "max-users=1")

    def test_a_symbolic_link_in_a_files_place_is_not_replaced(self):
        self.ok("domain", "add", "a.test")
        path = os.path.join(self.vmail.dir, "passwd.a.test")
        os.rename(path, path + ".real")
        os.symlink(path + ".real", path)
        self.refused(77, "symbolic link", "user", "add", "joe@a.test")

    def test_two_changes_wait_for_one_another(self):
        self.ok("domain", "add", "a.test")
        calls = [self.vmail.start("vadmin", "domain", "set", "a.test", f"{name}={value}")
                 for name, value in (("max-users", 9), ("description", "x"), ("uid-start", 70000),
                                     ("match-full-name", "yes"), ("reject-mail", "yes"))]
        for call in calls:
            self.assertEqual(call.wait(), 0, call.errors)
        text = self.vmail.read("domain.a.test").decode()
        for line in ("max-users = 9", "description = x", "uid-start = 70000",
                     "match-full-name = yes", "reject-mail = yes"):
            self.assertIn(line + "\n", text)


class CommandLine(BoxTest):
    def v(self, *args, **more):
        return self.installation().run("vadmin", *args, **more)

    def test_usage_is_64_and_says_what_is_missing(self):
        for words, *args in (
                ("what is to be done", ),
                ("no operation 'domian add'; did you mean 'domain add'", "domian", "add", "a.test"),
                ("vadmin: 'domain' goes on with add, show, list, ", "domain"),
                ("there is no operation 'user frobnicate': 'user' goes on with add, show, ", "user", "frobnicate", "x"),
                (" import or export", "user"),
                ("did you mean 'user list'", "user", "lst"),
                ("D is missing (usage: vadmin domain add D [NAME=VALUE...])", "domain", "add"),
                ("NAME=VALUE is missing", "domain", "set", "a.test"),
                ("one word too many", "domain", "show", "a.test", "b.test"),
                ("there is no option '--what'", "domain", "show", "a.test", "--what"),
                ("takes no value", "user", "add", "u@a.test", "--password-stdin=x"),
                ("needs a value", "explain", "u@a.test", "--from"),
                ("given twice", "explain", "u@a.test", "--from", "a", "--from=b"),
                ("-C needs a directory", "-C")):
            with self.subTest(args):
                got = run("vadmin", *args) if "-C" in args else self.v(*args)
                self.assertEqual(got.status, 64, got)
                self.assertIn(words, got.stderr)
                self.assertEqual(got.stderr.count("\n"), 1)

    def test_help_comes_from_the_table(self):
        text = run("vadmin", "help").stdout.decode()
        names = re.findall(r"^  (\w+(?: \w+)?)  +\S", text, re.M)
        self.assertIn("user passwd", names)
        for name in names:
            got = run("vadmin", "help", *name.split())
            self.assertEqual(got.status, 0, got)
            self.assertTrue(got.stdout.decode().startswith(f"vadmin {name}"), got)
        self.assertEqual(run("vadmin", "--help").stdout.decode(), text)
        self.assertEqual(run("vadmin", "help", "nonsense").status, 67)
        for words in (("user", "add", "--help"), ("user", "add", "x@a.test", "-h")):
            self.assertEqual(run("vadmin", *words).stdout, run("vadmin", "help", "user", "add").stdout)
        self.assertEqual(run("vadmin", "user", "add", "--", "--help").status, 75)
        group = run("vadmin", "help", "domain").stdout
        self.assertEqual(re.findall(r"(?m)^  (\w+ \w+)  ", group.decode()), [n for n in names if n.startswith("domain ")])
        self.assertLess(group.count(b"\n"), 40)
        self.assertEqual(run("vadmin", "domain", "--help").stdout, group)

    def test_who_reads_may_go_away(self):
        reader, writer = os.pipe()
        os.close(reader)
        got = subprocess.run([program("vadmin"), "settings"], stdout=writer, stderr=subprocess.PIPE, env=environment(),
                             timeout=DEADLINE)
        os.close(writer)
        self.assertEqual(got.stderr, b"")
        with open("/dev/full", "wb") as full:
            got = subprocess.run([program("vadmin"), "settings"], stdout=full, stderr=subprocess.PIPE,
                                 env=environment(), timeout=DEADLINE)
        self.assertEqual((got.returncode, b"write to standard output" in got.stderr), (75, True), got)

    def test_an_installation_that_is_not_there_is_temporary(self):
        self.assertEqual(run("vadmin", "-C", "/nonexistent", "domain", "list").status, 75)

    def test_a_full_disk_under_standard_output_is_told(self):
        vmail = self.installation()
        vmail.run("vadmin", "domain", "add", "a.test")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([program("vadmin"), "-C", vmail.dir, "domain", "list"],
                                  stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 75, done)

    def test_where_standard_output_is_full_it_is_told_what_is_done(self):
        vmail = self.installation()
        vmail.run("vadmin", "domain", "add", "a.test")
        for words, told in ((["user", "add", "joe@a.test"], b"is done, but nobody knows the password that was made"),
                            (["alias", "list", "a.test"], b"No space left on device\n"),
                            (["-n", "user", "delete", "joe@a.test"], b"No space left on device\n")):
            with open("/dev/full", "wb") as full:
                got = subprocess.run([program("vadmin"), "-C", vmail.dir, *words], stdout=full, stdin=subprocess.DEVNULL,
                                     stderr=subprocess.PIPE, env=environment(), timeout=DEADLINE)
            self.assertEqual((got.returncode, told in got.stderr), (75, True), got)
        self.assertIn(b"joe@a.test", vmail.run("vadmin", "user", "list", "a.test").stdout)

    @needs_root
    def test_somebody_else_is_refused(self):
        vmail = self.installation()
        vmail.run("vadmin", "domain", "add", "a.test")
        for args in (("domain", "list"), ("domain", "add", "b.test"), ("check",)):
            got = vmail.run("vadmin", *args, user=59999, group=59999)
            self.assertEqual(got.status, 77, got)
            self.assertEqual(got.stdout, b"")

    @needs_root
    def test_without_root_the_owner_of_vmail_conf_may_do_all(self):
        vmail = self.installation()
        for top in (vmail.dir, vmail.spool, vmail.homes, vmail.state,
                    os.path.join(vmail.dir, "vmail.conf")):
            os.chown(top, 59999, 59999)
        me = {"user": 59999, "group": 59999, "extra_groups": []}
        for args in (("domain", "add", "a.test"), ("user", "add", "joe@a.test"), ("check", "--files")):
            got = vmail.run("vadmin", *args, **me)
            self.assertEqual(got.status, 0, got)
        self.assertIn(b"owner = 59999:59999\n", vmail.read("domain.a.test"))
        self.assertEqual(os.stat(vmail.home("joe@a.test")).st_uid, 59999)

    @needs_root
    def test_without_root_and_without_one_owner_no_account_is_made(self):
        vmail = self.installation()
        for top in (vmail.dir, vmail.spool, vmail.homes, os.path.join(vmail.dir, "vmail.conf")):
            os.chown(top, 59999, 59999)
        me = {"user": 59999, "group": 59999, "extra_groups": []}
        self.assertEqual(vmail.run("vadmin", "domain", "add", "a.test", "owner=account", **me)
                         .status, 0)
        got = vmail.run("vadmin", "user", "add", "joe@a.test", **me)
        self.assertEqual((got.status, "owner=59999" in got.stderr), (77, True), got)


class Settings(BoxTest):
    def rows(self):
        got = run("vadmin", "settings")
        self.assertEqual(got.status, 0, got)
        return [line.split("\t") for line in got.stdout.decode().splitlines()]

    def test_a_row_has_file_name_type_default_and_meaning(self):
        rows = self.rows()
        self.assertTrue(all(len(r) == 5 for r in rows), rows)
        self.assertIn(["domain.D", "mailbox", "mbox, maildir", "mbox",
                       "What a new inbox becomes: mbox or maildir."], rows)
        self.assertIn("vmail.conf", {r[0] for r in rows})

    def test_the_samples_hold_every_setting_commented_out_and_can_be_read(self):
        vmail = self.installation()
        for name, file in (("vmail.conf", "vmail.conf"), ("domain", "domain.D")):
            got = run("vadmin", "settings", "--sample", name)
            self.assertEqual(got.status, 0, got)
            sample = got.stdout.decode()
            for row in self.rows():
                if row[0] == file:
                    self.assertRegex(sample, rf"(?m)^#{re.escape(row[1])} =( |$)")
            live = re.sub(r"(?m)^#([a-z-]+ =)", r"\1", sample)
            if name == "domain":
                vmail.domain("a.test")
                vmail.write("domain.a.test", live)
                got = vmail.run("vadmin", "domain", "show", "a.test")
                self.assertEqual(got.status, 0, got)
        self.assertEqual(run("vadmin", "settings", "--sample", "x").status, 65)


if __name__ == "__main__":
    main()
