#!/usr/bin/python3
"""vadmin: administrators: their files, who --as makes of a name, and what each may not."""
import fcntl
import stat
import struct

from harness import *

GOOD = b"kermit sings 7\n"
TEXT = b"Subject: away\n\nI am away.\n"


class Admins(BoxTest):
    settings = {}

    def setUp(self):
        self.vmail = self.installation(self.settings)
        self.vmail.domain("main.test", passwords={"max": "x"})
        self.vmail.domain("a.test", {"co-administration": "yes"}, passwords={"joe": "x", "ann": "x"})
        self.vmail.domain("b.test", {"co-administration": "yes"}, passwords={"bob": "x"})
        self.have("admins.a.test", "admin:*:19000::::::\n")
        self.have("admins.b.test", "admin:*:19000::::::\n")
        self.have("admins", "boss:*:19000::::::\n")

    def have(self, name, text):
        return self.vmail.write(name, text, mode=0o600)

    def v(self, *args, **more):
        return self.vmail.run("vadmin", *args, **more)

    def ok(self, *args, **more):
        got = self.v(*args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def files(self):
        return {name: self.vmail.read(name) for name in os.listdir(self.vmail.dir)
                if name != ".lock" and os.path.isfile(os.path.join(self.vmail.dir, name))}

    def refused(self, words, *args, status=77, **more):
        before = self.files()
        got = self.v(*args, **more)
        self.assertEqual(got.status, status, got)
        self.assertIn(words, got.stderr)
        self.assertEqual(got.stderr.count("\n"), 1, got)
        self.assertEqual(self.files(), before, "a refusal changed a file")
        return got

    def lines(self, *args):
        return [line.split("\t") for line in self.ok(*args).stdout.decode().splitlines()]

    def set(self, domain, *settings):
        self.ok("domain", "set", domain, *settings)


class Operations(Admins):
    def test_an_administrator_is_a_line_of_shadow_with_a_yescrypt_hash_that_root_alone_reads(self):
        self.vmail.domain("new.test")
        for args, name in ((("carla", "new.test"), "admins.new.test"), (("carla",), "admins")):
            self.ok("admin", "add", *args, "--password-stdin", input=GOOD)
            path = os.path.join(self.vmail.dir, name)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            fields = self.vmail.read(name).decode().splitlines()[-1].split(":")
            self.assertEqual((len(fields), fields[0], fields[1][:3]), (9, "carla", "$y$"))
            self.assertEqual(crypt.crypt("kermit sings 7", fields[1]), fields[1])
            self.assertGreater(int(fields[2]), 19000)

    def test_without_a_terminal_a_password_is_made_and_printed(self):
        out = dict(self.lines("admin", "add", "carla@a.test"))
        self.assertEqual(out["administrator"], "admin/carla@a.test")
        self.assertRegex(out["password"], r"^([a-z2-9]{4}-){3}[a-z2-9]{4}$")

    def test_name_and_domain_are_also_read_as_an_address(self):
        self.ok("admin", "add", "carla@A.test.", "--password-stdin", input=GOOD)
        self.assertIn(b"\ncarla:", self.vmail.read("admins.a.test"))
        self.refused("given twice", "admin", "add", "x@a.test", "a.test", status=65)

    def test_one_that_is_there_is_not_added_again_in_any_case(self):
        self.refused("already", "admin", "add", "ADMIN", "a.test", status=73)
        self.refused("already", "admin", "add", "Boss", status=73)

    def test_names_that_could_break_the_file_are_refused(self):
        for name in ("a:b", "a/b", "../x", ".x", "-x", "x" * 65, "", "a b", "#x"):
            with self.subTest(name):
                self.refused("", "admin", "add", "--password-stdin", "--", name, "a.test", status=65, input=GOOD)

    def test_easy_passwords_are_refused(self):
        for secret in (b"short1\n", b"carla12345\n", b"password1\n"):
            self.refused("password", "admin", "add", "carla", "a.test", "--password-stdin", status=65, input=secret)

    def test_what_does_not_exist_is_told(self):
        for args in (("delete", "nobody", "a.test"), ("passwd", "nobody", "a.test", "--password-stdin"),
                     ("delete", "nobody"), ("add", "x", "c.test"), ("list", "c.test")):
            self.refused("", "admin", *args, status=67, input=GOOD)

    def test_a_password_is_changed_and_an_empty_answer_keeps_it(self):
        self.have("admins.a.test", "# ours\nadmin:*:1:2:3:4:5::\njoe:$y$x:1::::::\n")
        self.ok("admin", "passwd", "admin", "a.test", "--password-stdin", input=GOOD)
        text = self.vmail.read("admins.a.test").decode()
        self.assertRegex(text, r"\A# ours\nadmin:\$y\$[^:]+:[2-9]\d{4}:2:3:4:5::\njoe:\$y\$x:1::::::\n\Z")
        self.assertIn("stays as it was", self.ok("admin", "passwd", "admin", "a.test", "--password-stdin",
                                                  input=b"\n").stderr)
        self.assertEqual(self.vmail.read("admins.a.test").decode(), text)

    def test_a_locked_one_stays_locked(self):
        self.have("admins.a.test", "admin:!$y$x:1::::::\n")
        got = self.ok("admin", "passwd", "admin", "a.test", "--password-stdin", input=GOOD)
        self.assertIn("stays locked", got.stderr)
        self.assertTrue(self.vmail.read("admins.a.test").startswith(b"admin:!$y$"))

    def test_delete_takes_one_line_and_leaves_the_others(self):
        self.have("admins.a.test", "# ours\nadmin:*:1::::::\nbroken\nzoe:*:1::::::")
        self.ok("admin", "delete", "Admin", "a.test")
        self.assertEqual(self.vmail.read("admins.a.test"), b"# ours\nbroken\nzoe:*:1::::::")

    def test_a_list_tells_them_as_the_option_takes_them_and_whether_they_may_act(self):
        self.vmail.set(admins="carl")
        self.set("b.test", "co-administration=no", "admins=dora,carl")
        self.have("admins.b.test", "admin:*:1::::::\nzoe:$y$x:1::::::\nold:$y$x:1:::::1:\nbar:!$y$x:1::::::\n")
        rows = [(row[0], *row[1:3]) for row in self.lines("admin", "list", "b.test")]
        off = "no: co-administration is off"
        self.assertEqual(rows, [("admin/admin@b.test", "none", off), ("admin/zoe@b.test", "yes", off),
                                ("admin/old@b.test", "locked", "no"), ("admin/bar@b.test", "locked", "no"),
                                ("system/dora", "the system's", "yes"), ("system/carl", "the system's", "yes")])
        self.assertEqual([row[0] for row in self.lines("admin", "list")], ["admin/boss", "system/carl"])
        for row in self.lines("admin", "list", "a.test") + self.lines("admin", "list"):
            self.ok("--as", row[0], "user", "list")

    def test_a_broken_line_is_named(self):
        self.have("admins.a.test", "admin:x:1\n")
        self.assertIn("'admin'", self.ok("admin", "list", "a.test").stderr)
        self.refused("broken", "admin", "passwd", "admin", "a.test", "--password-stdin", status=65, input=GOOD)
        self.refused("broken", "admin", "add", "admin", "a.test", status=65)
        self.refused("broken", "--as", "admin@a.test", "user", "list")

    def test_a_file_that_others_can_write_to_makes_nobody_an_administrator(self):
        os.chmod(os.path.join(self.vmail.dir, "admins.a.test"), 0o666)
        self.refused("others can write", "--as", "admin@a.test", "user", "list")
        self.refused("others can write", "admin", "add", "x", "a.test", "--password-stdin", input=GOOD)

    def test_a_link_in_the_place_of_the_file_makes_nobody_an_administrator(self):
        path = os.path.join(self.vmail.dir, "admins.a.test")
        os.rename(path, path + ".real")
        os.symlink("admins.a.test.real", path)
        self.refused("symbolic link", "--as", "admin@a.test", "user", "list")

    def test_fifteen_at_once_lose_nothing(self):
        self.have("admins.a.test", "".join(f"u{i}:*:1::::::\n" for i in range(30)))
        calls = [self.vmail.start("vadmin", "admin", "delete", f"u{i}", "a.test", stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL) for i in range(0, 30, 2)]
        for call in calls:
            self.assertEqual(call.wait(60), 0, call.errors)
        self.assertEqual(self.vmail.read("admins.a.test").decode(),
                         "".join(f"u{i}:*:1::::::\n" for i in range(1, 30, 2)))


class NewDomain(Admins):
    def test_a_new_domain_has_an_administrator_admin_without_a_password(self):
        self.ok("domain", "add", "new.test")
        self.assertRegex(self.vmail.read("admins.new.test").decode(), r"\Aadmin:\*:\d{5}::::::\n\Z")
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.vmail.dir, "admins.new.test")).st_mode), 0o600)
        self.refused("may not act", "--as", "admin@new.test", "user", "list")
        self.assertIn("'vadmin admin passwd admin new.test'", self.ok("domain", "set", "new.test",
                                                                     "co-administration=yes").stderr)
        self.ok("--as", "admin@new.test", "user", "list")
        self.ok("admin", "passwd", "admin", "new.test", "--password-stdin", input=GOOD)
        self.assertEqual(self.ok("domain", "set", "new.test", "co-administration=yes").stderr, "")

    def test_administrators_of_an_earlier_domain_do_not_get_the_new_one(self):
        self.have("admins.new.test", "admin:*:1::::::\neve:$y$x:1::::::\n")
        got = self.refused("move it away", "domain", "add", "new.test", status=73)
        self.assertIn("admins.new.test", got.stderr)
        self.have("admins.new.test", "admin:*:1::::::\n")      # what an interrupted try leaves
        self.ok("domain", "add", "new.test")
        self.assertEqual(self.vmail.read("admins.new.test"), b"admin:*:1::::::\n")


class Principal(Admins):
    def acts(self, who):
        """The domains that it sees."""
        return [row[0] for row in self.lines("--as", who, "domain", "list")]

    def test_each_spelling_means_its_own_name_space(self):
        self.vmail.set(admins="carl")
        self.set("a.test", "admins=dora")
        self.set("b.test", "admins=dora eva")
        everything = ["a.test", "b.test", "main.test"]
        for who, sees in (("boss", everything), ("admin/boss", everything), ("BOSS", everything), ("carl", everything),
                          ("system/carl", everything), ("admin@a.test", ["a.test"]), ("admin/admin@A.TEST", ["a.test"]),
                          ("dora", ["a.test", "b.test"]), ("system/eva", ["b.test"])):
            with self.subTest(who):
                self.assertEqual(self.acts(who), sees)
        for who in ("joe@a.test", "user/Joe@a.test"):
            self.ok("--as", who, "user", "show", "joe@a.test")

    def test_an_account_and_an_administrator_of_one_name_do_not_collide(self):
        self.ok("admin", "add", "joe", "b.test")
        got = self.ok("admin", "add", "joe", "a.test", "--password-stdin", input=GOOD)
        self.assertIn("user/joe@a.test, the administrator admin/joe@a.test", got.stderr)
        self.ok("user", "passwd", "joe@a.test", "--password-stdin", input=b"other words 9\n")
        self.assertNotIn(b"other", self.vmail.read("admins.a.test"))
        self.assertEqual(self.acts("admin/joe@a.test"), ["a.test"])
        self.refused("that is for administrators of a domain", "--as", "user/joe@a.test", "user", "list")
        self.refused("could be admin/joe@a.test or user/joe@a.test", "--as", "joe@a.test", "user", "list")
        self.ok("user", "delete", "joe@a.test")
        self.assertEqual(self.acts("joe@a.test"), ["a.test"])
        self.ok("admin", "delete", "joe", "a.test")
        self.refused("no administrator", "--as", "joe@a.test", "user", "list")

    def test_a_global_one_and_a_user_of_the_system_are_told_apart_where_their_rights_differ(self):
        self.set("a.test", "admins=boss")
        self.refused("could be admin/boss or system/boss", "--as", "boss", "user", "list")
        self.assertEqual(self.acts("system/boss"), ["a.test"])
        self.vmail.set(admins="boss")
        self.assertEqual(len(self.acts("boss")), 3)

    def test_who_is_unknown_is_nobody(self):
        for who in ("", "eve", "root", "admin", "joe", "eve@a.test", "joe@b.test", "admin@c.test", "user/joe",
                    "user/admin@a.test", "admin/joe@a.test", "system/boss", "system/", "admin/", "x/joe@a.test",
                    "@a.test", "admin@", "a:b", "../admins", "joe@a.test@b.test", "*@a.test", "admin@a.testx"):
            with self.subTest(who):
                self.refused("", "--as", who, "user", "list")

    def test_the_option_is_taken_once_and_before_the_operation(self):
        for args in (("--as", "admin@a.test", "--as", "boss", "domain", "list"), ("--as",),
                     ("--as=admin@a.test", "--as=boss", "domain", "list"),
                     ("domain", "list", "--as", "boss"), ("--as", "boss", "-C", self.vmail.dir, "domain", "list")):
            self.assertEqual(self.v(*args).status, 64, args)
        self.assertEqual(self.v("--as", "a\nb", "domain", "list").status, 64)
        self.ok("--as=admin@a.test", "domain", "list")

    def test_administrators_of_a_domain_act_while_co_administration_is_on(self):
        self.ok("--as", "admin@a.test", "user", "list")
        self.set("a.test", "co-administration=no", "admins=dora")
        self.refused("co-administration=yes", "--as", "admin@a.test", "user", "list")
        self.refused("co-administration=yes", "--as", "admin/admin@a.test", "user", "list")
        self.ok("--as", "dora", "user", "list")
        self.ok("--as", "joe@a.test", "user", "show", "joe@a.test")

    def test_who_is_locked_or_expired_does_not_act(self):
        for line in ("admin:!$y$x:1::::::\n", "admin:*:1:::::1:\n", "admin:*:1:::::x:\n"):
            self.have("admins.a.test", line)
            self.refused("locked or expired", "--as", "admin@a.test", "user", "list")
        self.ok("user", "lock", "joe@a.test")
        self.refused("the account is locked", "--as", "joe@a.test", "user", "show", "joe@a.test")
        self.have("shadow.a.test", "joe:*:1:::::1:\n")
        self.refused("the account is expired", "--as", "joe@a.test", "user", "show", "joe@a.test")

    def test_whose_rights_end_while_he_waits_for_the_lock_does_not_act(self):
        self.set("b.test", "description=x")
        path = os.path.join(self.vmail.dir, ".lock")
        self.vmail.set(admins="carl")
        kept = {name: self.vmail.read(name) for name in ("domain.a.test", "vmail.conf", "shadow.a.test")}
        for words, who, name, text in (
                ("may not act", "admin@a.test", "domain.a.test", b"co-administration = no\n"),
                ("no user in any 'admins'", "system/carl", "vmail.conf",
                 re.sub(rb"(?m)^admins.*\n", b"", kept["vmail.conf"])),
                ("the account is locked", "joe@a.test", "shadow.a.test", b"joe:!$y$x:1::::::\n")):
            with self.subTest(who=who), open(path, "r+b") as lock:
                fcntl.fcntl(lock, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
                waiting = self.vmail.start("vadmin", "--as", who, "user", "set", "joe@a.test", "office=B")
                eventually(lambda: any("->" in line for line in locks_of(path)), "who waits for the lock")
                self.have(name, text.decode())
                lock.close()
                self.assertEqual(waiting.wait(), 77, waiting.errors)
                self.assertIn(words, waiting.errors.decode())
                self.assertNotIn(b"office", self.ok("user", "show", "joe@a.test").stdout)
                self.have(name, kept[name].decode())

    def test_a_domain_whose_settings_are_broken_has_no_administrators(self):
        self.vmail.write("domain.a.test", "co-administration = yes\nadmins = dora\nnonsense\n")
        self.refused("domain.a.test:3", "--as", "admin@a.test", "user", "list")
        self.refused("", "--as", "dora", "user", "list")

    def test_nobody_gains_rights(self):
        got = run("vadmin", "-C", "/nonexistent", "--as", "boss", "domain", "list")
        self.assertEqual(got.status, 75, got)
        os.unlink(os.path.join(self.vmail.dir, "vmail.conf"))
        if ROOT:
            got = self.v("--as", "boss", "domain", "list", user=65534, group=65534, extra_groups=[])
        else:
            got = self.v("--as", "boss", "domain", "list")
        self.assertEqual((got.status, "gives rights up" in got.stderr), (77, True), got)


class Limits(Admins):
    def admin(self, *args, **more):
        return self.v("--as", "admin@a.test", *args, **more)

    def admin_ok(self, *args, **more):
        return self.ok("--as", "admin@a.test", *args, **more)

    def admin_refused(self, words, *args, **more):
        return self.refused(words, "--as", "admin@a.test", *args, **more)

    def test_an_administrator_makes_accounts_up_to_max_users(self):
        self.set("a.test", "max-users=3")
        self.admin_ok("user", "add", "new", "--password-stdin", input=GOOD)
        self.admin_refused("may have 3 accounts", "user", "add", "more", "--password-stdin", input=GOOD)
        self.admin_refused("that is for global administrators", "domain", "set", "a.test", "max-users=9")

    def test_members_that_run_write_or_read_are_for_global_administrators(self):
        for member in ("|program", "| program, with a comma", '"|program"', "/var/file", ":include:/etc/passwd",
                       '":include:/x"', " |x"):
            for operation in ("add", "set", "delete"):
                with self.subTest(operation=operation, member=member):
                    self.admin_refused("only global administrators", "alias", operation, "list@a.test", "x@far.test",
                                       member)
        self.ok("--as", "boss", "alias", "add", "list@a.test", "|program")

    def test_an_alias_that_has_such_a_member_is_not_an_administrators_to_change(self):
        self.vmail.write("aliases.a.test", "late: joe\nearly: |x\nearly: joe\nbroken: joe ann\nmixed: joe, /var/x\n")
        for name, word in (("mixed", "a file"), ("early", "a command"), ("broken", "broken entry")):
            for args in (("add", "x@far.test"), ("set", "x@far.test"), ("delete",), ("delete", "joe")):
                with self.subTest(name=name, args=args):
                    self.admin_refused(word, "alias", args[0], f"{name.upper()}@a.test", *args[1:])
                    self.admin_refused(word, "alias", args[0], f'"{name}"@a.test', *args[1:])
        self.admin_ok("alias", "add", "late@a.test", "ann")
        self.ok("--as", "boss", "alias", "delete", "mixed@a.test")

    def test_an_entry_would_not_hide_one_of_an_extra_file_that_has_such_a_member(self):
        self.vmail.write("extra", "piped: |x\nplain: joe\n")
        self.set("a.test", "extra-aliases=extra")
        self.admin_refused("a command", "alias", "set", "piped@a.test", "ann")
        self.admin_ok("alias", "set", "plain@a.test", "ann")

    def test_texts_come_from_standard_input_because_a_file_would_be_opened_with_our_rights(self):
        secret = self.have("shadow.a.test", "joe:*:1::::::\n")
        for who in ("admin@a.test", "boss", "joe@a.test"):
            self.refused("may not name a file", "--as", who, "user", "vacation", "joe@a.test", "on", "--text", secret)
            self.ok("--as", who, "user", "vacation", "joe@a.test", "on", "--text", "-", input=TEXT)
        self.admin_refused("may not name a file", "auto", "set", "info", secret)
        self.admin_ok("auto", "set", "info", "-", input=TEXT)

    def test_what_is_sought_is_found_in_ones_own_domain_alone(self):
        self.vmail.write("aliases.b.test", "joe: joe@a.test\nbroken joe\n")
        self.vmail.write("domain.c.test", "broken\n")
        self.vmail.write("passwd.c.test", "joe:x:61000:61000:::\n")
        os.symlink("domain.nowhere", os.path.join(self.vmail.dir, "domain.lost.test"))
        for args in (("user", "search", "o"), ("alias", "search", "joe"), ("user", "list"), ("domain", "list"),
                     ("domain", "list", "*test"), ("user", "list", "*@*"), ("user", "show", "joe"),
                     ("domain", "show", "a.test"), ("explain", "joe", "--who"),
                     ("explain", "joe", "--from", "x@far.test"), ("user", "delete", "ann")):
            with self.subTest(args):
                got = self.admin_ok(*args)
                for name in ("b.test", "c.test", "lost.test", "main.test", "nowhere", "bob"):
                    self.assertNotIn(name, got.stdout.decode() + got.stderr)

    def test_nothing_tells_whether_an_address_in_another_domain_is_an_account(self):
        self.vmail.write("aliases.a.test", "list: joe, bob@b.test\nlost: xyz@b.test\nround: list\n")
        self.vmail.write("aliases.b.test", "piped: |program\n")
        for who in ("admin@a.test", "joe@a.test"):
            for address in ("bob@b.test", "bob@c.test", "xyz@b.test", "piped@b.test", "bob@far.test"):
                got = self.ok("--as", who, "user", "forward", "joe@a.test", address)
                self.assertEqual(got.stderr, "", address)
                if who == "joe@a.test":
                    continue
                plan = self.admin_ok("explain", "joe@a.test").stdout.decode()
                self.assertIn(f"  remote {address}\n", plan)
                self.assertEqual(self.admin_ok("alias", "add", f"to{address[:3]}", address).stderr, "")
        self.assertIn("unknown user", self.v("explain", "lost@a.test").stdout.decode())
        plan = self.admin_ok("explain", "lost").stdout.decode()
        self.assertIn("  remote xyz@b.test\n", plan)

    def test_an_accounts_own_fields_alone_are_its_own(self):
        for setting in ("name=Root", "quota=none", "address=root@a.test", "alternative-address=postmaster@a.test",
                        "first-name=x", "last-name=x", "display-name=x", "filter=no"):
            for given in ((setting,), ("title=x", setting), (setting, "title=x")):
                self.refused("for administrators", "--as", "joe@a.test", "user", "set", "joe@a.test", *given)
        for setting in ("title=x", "office=x", "phone=1", "mobile=1", "home-phone=1", "pager=1", "fax=1",
                        "forward=x@far.test"):
            self.ok("--as", "joe@a.test", "user", "set", "joe@a.test", setting)

    def test_an_account_joins_and_leaves_open_aliases_and_those_it_owns(self):
        self.vmail.write("aliases.a.test", "open: ann, |archive\nmine: ann\nshut: ann, joe\n")
        self.vmail.write("attributes.a.test", "open: membership = open\nmine: owners = joe, ann\n")
        for name in ("open", "mine"):
            self.ok("--as", "joe@a.test", "alias", "join", name)
            self.assertIn(f"{name}: ann, ".encode(), self.vmail.read("aliases.a.test"))
            self.assertIn(b", joe\n", self.vmail.read("aliases.a.test"))
            self.ok("--as", "joe@a.test", "alias", "leave", f"{name}@a.test")
        for args in (("join", "shut"), ("leave", "shut"), ("join", "nothing"), ("join", "open", "ann"),
                     ("leave", "open", "ann"), ("join", "list@b.test"), ("join", "mine")):
            with self.subTest(args):
                self.refused("for itself alone", "--as", "joe@a.test", "alias", *args)

    def test_an_owner_manages_his_aliases_and_no_others(self):
        self.vmail.write("aliases.a.test", "mine: ann\npiped: ann, |x\nother: ann\n")
        self.vmail.write("attributes.a.test", "mine: owners = joe\npiped: owners = joe\nother: owners = ann\n"
                                              "gone: owners = joe\n")
        joe = ("--as", "joe@a.test", "alias")
        for args in (("add", "mine", "x@far.test"), ("set", "mine", "description=Ours", "membership=open"),
                     ("set", "MINE@a.test", "owners=joe,ann"), ("show", "mine"), ("delete", "mine", "ann"),
                     ("delete", "mine")):
            self.ok(*joe, *args)
        for args in (("add", "other", "joe"), ("set", "other", "owners=joe"), ("delete", "other"), ("show", "other"),
                     ("show", "fresh"), ("add", "fresh", "joe"), ("delete", "fresh"), ("delete", "mine")):
            with self.subTest(args):
                self.refused("for itself alone", *joe, *args)
        self.refused("only administrators make", *joe, "add", "gone", "joe")
        self.refused("only global administrators", *joe, "add", "piped", "joe")
        self.refused("only global administrators", *joe, "delete", "piped")

    def test_an_account_acts_for_itself_in_every_spelling_and_for_nobody_else(self):
        self.vmail.domain("a.test", {"co-administration": "yes"}, passwords={"joe": "x", "user.joe": "x", "Ann": "x"})
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.also.test"))
        for spelling in ("joe", "JOE", "joe@a.test", "user/joe@a.test", "joe@ALSO.test."):
            self.ok("--as", "joe@a.test", "user", "show", spelling)
        for other in ("user.joe@a.test", "user.joe", "ann@a.test", "joe@b.test", "joe@main.test", "joe+x@a.test", "*"):
            self.refused("for itself alone", "--as", "joe@a.test", "user", "show", other)


class Sudo(Admins):
    settings = {"admins": "carl"}

    def test_who_called_sudo_changes_no_rights(self):
        for user in ("carl", "eve", "x\ny", "", "a" * 100):
            self.ok("--as", "admin@a.test", "user", "list", env={"SUDO_USER": user, "SUDO_UID": "0"})
            self.refused("may not", "--as", "admin@a.test", "user", "show", "bob@b.test", env={"SUDO_USER": user})


if __name__ == "__main__":
    main()
