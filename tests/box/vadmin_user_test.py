#!/usr/bin/python3
"""vadmin: accounts: what is written where, every refusal, passwords, locks, the trash."""
import pty
import stat

from harness import *

GOOD = b"kermit sings 7\n"


class Users(BoxTest):
    def setUp(self):
        self.vmail = self.installation()
        self.ok("domain", "add", "a.test")

    def v(self, *args, **more):
        return self.vmail.run("vadmin", *args, **more)

    def ok(self, *args, **more):
        got = self.v(*args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def add(self, who, *args):
        return self.ok("user", "add", who, *args, "--password-stdin", input=GOOD)

    def files(self):
        return {name: self.vmail.read(name) for name in os.listdir(self.vmail.dir)
                if name != ".lock" and os.path.isfile(os.path.join(self.vmail.dir, name))}

    def refused(self, status, words, *args, **more):
        before = self.files()
        got = self.v(*args, **more)
        self.assertEqual(got.status, status, got)
        self.assertIn(words, got.stderr)
        self.assertEqual(got.stderr.count("\n"), 1, got)
        self.assertEqual(self.files(), before, "a refusal changed a file")

    def field(self, file, who, index):
        for line in self.vmail.read(file).decode().splitlines():
            if line.split(":")[0] == who:
                return line.split(":")[index]
        return None

    def hash(self, who, domain="a.test"):
        return self.field(f"shadow.{domain}", who, 1)

    def opens(self, who, password):
        hashed = self.hash(who)
        return crypt.crypt(password, hashed) == hashed

    def shown(self, who):
        return dict(line.split("\t", 1) for line in
                    self.ok("user", "show", who).stdout.decode().splitlines())


class Add(Users):
    def test_passwd_and_shadow_get_whole_lines(self):
        self.add("Joe.Doe@a.test", "name=Joe Doe")
        line = self.vmail.read("passwd.a.test").decode().rstrip("\n").split(":")
        gid = str(GID if ROOT else os.getgid())
        self.assertEqual(line, ["Joe.Doe", "x", "60000", gid, "Joe Doe",
                                self.vmail.home("Joe.Doe@a.test"), "/bin/false"])
        shadow = self.vmail.read("shadow.a.test").decode().rstrip("\n").split(":")
        self.assertEqual((len(shadow), shadow[0], shadow[1][:3]), (9, "Joe.Doe", "$y$"))
        self.assertTrue(self.opens("Joe.Doe", GOOD.decode().strip()))

    def test_a_forward_that_is_no_good_leaves_nothing_of_the_account(self):
        self.refused(65, r"'\\joe' is no address: '\\x' leaves a copy", "user", "add", "x@a.test",
                     "forward=y@far.org, \\joe", "--password-stdin", input=GOOD)
        self.refused(65, "'|x' is no address", "user", "add", "x@a.test", "forward=|x", "--password-stdin", input=GOOD)
        self.assertFalse(os.path.exists(self.vmail.home("x@a.test")))
        self.add("x@a.test", "forward=y@far.org, \\x")

    def test_the_home_is_made_for_the_account_alone(self):
        self.add("joe@a.test")
        st = os.stat(self.vmail.home("joe@a.test"))
        self.assertEqual(stat.S_IMODE(st.st_mode), 0o700)
        self.assertEqual((st.st_uid, st.st_gid),
                         (60000, GID) if ROOT else (os.getuid(), os.getgid()))

    def test_uids_come_from_one_mark_and_are_never_used_again(self):
        self.ok("domain", "add", "b.test")
        self.add("one@a.test")
        self.add("two@b.test")
        self.ok("user", "delete", "two@b.test")
        self.add("three@a.test")
        self.assertEqual(self.field("passwd.a.test", "three", 2), "60002")
        self.ok("domain", "set", "b.test", "uid-start=70000")
        self.add("four@b.test")
        self.assertEqual(self.field("passwd.b.test", "four", 2), "70000")

    def test_uids_of_other_files_are_left_out(self):
        self.vmail.write("passwd.old.test", "x:x:60000:8:::\nbroken:x:60001\ny:x:60003:8:::\n")
        self.add("joe@a.test")
        self.assertEqual(self.field("passwd.a.test", "joe", 2), "60002")

    def test_uids_of_the_trash_are_left_out_where_the_mark_is_lost(self):
        self.ok("domain", "add", "b.test")
        for who in ("one@a.test", "two@b.test", "three@b.test"):
            self.add(who)
        self.ok("user", "delete", "one@a.test")
        self.ok("user", "delete", "two@b.test")
        self.ok("domain", "delete", "b.test", "--with-accounts", "--yes")
        os.unlink(os.path.join(self.vmail.dir, "uids"))
        self.add("four@a.test")
        self.assertEqual(self.field("passwd.a.test", "four", 2), "60003")

    def test_a_uid_above_the_mark_that_is_gone_is_not_used_again(self):
        self.vmail.write("passwd.old.test", "far:x:60001:60000:::\n")
        if not ROOT:
            self.vmail.write("domain.old.test", f"owner = {os.getuid()}:{os.getgid()}\n")
        self.ok("user", "delete", "far@old.test")
        self.add("one@a.test")
        self.add("two@a.test")
        self.assertEqual([self.field("passwd.a.test", who, 2) for who in ("one", "two")],
                         ["60000", "60002"])

    @needs_root
    def test_uids_of_the_system_are_left_out(self):
        self.ok("domain", "set", "a.test", "uid-start=59999")
        self.add("joe@a.test")                  # sysuser has 59999
        self.assertEqual(self.field("passwd.a.test", "joe", 2), "60000")

    def test_65534_and_65535_are_left_out(self):
        self.ok("domain", "set", "a.test", "uid-start=65533")
        for name, uid in (("one", "65533"), ("two", "65536")):
            self.add(f"{name}@a.test")
            self.assertEqual(self.field("passwd.a.test", name, 2), uid)

    def test_a_broken_mark_stops_it(self):
        self.vmail.write("uids", "sixty\n")
        self.refused(65, "uids:1", "user", "add", "joe@a.test", "--password-stdin", input=GOOD)

    def test_uids_that_run_out_are_told(self):
        self.ok("domain", "set", "a.test", "uid-start=4294967293")
        self.add("last@a.test")
        self.refused(77, "no user id is left", "user", "add", "joe@a.test", "--password-stdin",
                     input=GOOD)

    def test_an_account_that_exists_is_refused_in_any_case(self):
        self.add("joe@a.test")
        self.refused(73, "already", "user", "add", "JOE@a.test", "--password-stdin", input=GOOD)

    def test_a_name_on_a_broken_line_is_taken(self):
        self.vmail.write("passwd.a.test", "joe:x:1\n")
        self.refused(73, "already", "user", "add", "joe@a.test", "--password-stdin", input=GOOD)

    def test_more_than_max_users_are_refused(self):
        self.ok("domain", "set", "a.test", "max-users=1")
        self.add("joe@a.test")
        self.refused(77, "max-users", "user", "add", "ann@a.test", "--password-stdin", input=GOOD)

    def test_names_that_can_be_no_account_are_refused(self):
        for name in (".joe", "-joe", "j..oe", "joe.quota", "joe.LOCK", "a/b", "../joe", "jo e",
                     "joe+x", "x" * 65, "jo:e", "|id", "\\joe", "*", "user/", "user."):
            with self.subTest(name):
                self.refused(65, "can be no account", "user", "add", "--password-stdin", "--",
                             f"{name}@a.test", input=GOOD)
        for name in ("joe\nroot:x:0:0:::", "joe\r", "j\x1boe", "jo\udcffe"):
            with self.subTest(name):
                self.refused(65, "", "user", "add", f"{name}@a.test", "--password-stdin",
                             input=GOOD)

    def test_a_full_name_cannot_break_its_line(self):
        for name in ("x:0:0", "a\nroot:x:0:0:::", "a\rb", "a,b", "R&D", "a\x7f", "\udcff",
                     "a\u0085b"):
            with self.subTest(name):
                self.refused(65, "", "user", "add", "joe@a.test", f"name={name}",
                             "--password-stdin", input=GOOD)
        self.add("joe@a.test", "name=Jos\u00e9 = #1 \u00dcser")
        self.assertEqual(self.field("passwd.a.test", "joe", 4), "Jos\u00e9 = #1 \u00dcser")

    def test_a_home_whose_path_would_break_the_line_is_refused(self):
        self.vmail.set(homes=os.path.join(self.vmail.scratch, "a:b"))
        got = self.v("user", "add", "joe@a.test", "--password-stdin", input=GOOD)
        self.assertEqual((got.status, "a colon" in got.stderr), (65, True), got)
        self.assertEqual(self.vmail.read("passwd.a.test"), b"")

    def test_a_setting_that_there_is_not_is_refused_with_what_may_be_meant(self):
        self.refused(65, "no setting is called 'colour'", "user", "add", "joe@a.test", "colour=x", "--password-stdin",
                     input=GOOD)
        self.refused(65, "did you mean 'quota'?", "user", "set", "joe@a.test", "qouta=1")

    def test_quota_is_a_file_of_the_spool(self):
        quota = os.path.join(self.vmail.spool, "a.test", "joe.quota")
        self.add("joe@a.test", "quota=2M")
        for value, text in ((None, "2048\n"), ("300", "300\n"), ("none", "none\n"),
                            ("disabled", "disabled\n"), ("default", None)):
            if value is not None:
                self.ok("user", "set", "joe@a.test", f"quota={value}")
            if text is None:
                self.assertFalse(os.path.exists(quota))
            else:
                with open(quota) as f:
                    self.assertEqual(f.read(), text)
                self.assertEqual(self.shown("joe@a.test")["quota"], text.strip())
        got = self.v("user", "set", "joe@a.test", "quota=0")
        self.assertEqual(got.status, 65, got)
        self.assertRegex(got.stderr, "'none'.*'disabled'")
        for value in ("-1", "0x10", "99999999999999999999", "1T", ""):
            self.refused(65, "quota", "user", "set", "joe@a.test", f"quota={value}")

    @needs_root
    def test_a_quota_file_that_a_user_left_there_is_replaced(self):
        self.add("joe@a.test")
        quota = os.path.join(self.vmail.spool, "a.test", "joe.quota")
        with open(quota, "w") as f:
            f.write("none\n")
        os.chown(quota, 60000, GID)
        self.assertEqual(self.shown("joe@a.test")["quota"], "default")
        self.ok("user", "set", "joe@a.test", "quota=5")
        self.assertEqual(os.stat(quota).st_uid, 0)

    @needs_root
    def test_an_inbox_that_somebody_left_is_not_given_to_the_next(self):
        path = self.vmail.inbox("joe@a.test")
        with open(path, "w") as f:
            f.write("From x\n\nsecret\n")
        os.chown(path, 61234, GID)
        self.refused(73, "uid 61234", "user", "add", "joe@a.test", "--password-stdin", input=GOOD)

    @needs_root
    def test_a_home_with_something_in_it_is_not_given_to_the_next(self):
        home = self.vmail.home("joe@a.test")
        os.makedirs(os.path.join(home, "x"))
        os.chown(home, 61234, GID)
        got = self.v("user", "add", "joe@a.test", "--password-stdin", input=GOOD)
        self.assertEqual((got.status, "uid 61234" in got.stderr), (73, True), got)
        self.assertEqual(self.vmail.read("passwd.a.test"), b"")

    def test_nothing_of_a_former_shadow_entry_stays(self):
        self.vmail.write("shadow.a.test", "joe:!old:1:2:3:4:5:6:7\nann:x:::::::\n", mode=0o600)
        self.add("joe@a.test")
        self.assertTrue(self.opens("joe", GOOD.decode().strip()))
        line = self.vmail.read("shadow.a.test").decode().splitlines()
        self.assertEqual(line[0], "ann:x:::::::")
        self.assertEqual(line[1].split(":")[3:], [""] * 6)

    def test_other_lines_comments_and_modes_are_kept(self):
        before = b"# head\nann:x:61000:60000:Ann:/h:/sh\n\nbroken line\nlast:x:61001:60000::/h:"
        path = self.vmail.write("passwd.a.test", before, mode=0o640)
        self.add("joe@a.test")
        self.assertTrue(self.vmail.read("passwd.a.test").startswith(before + b"\njoe:x:"))
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o640)

    def test_a_name_without_a_domain_is_in_the_main_domain(self):
        self.refused(67, "main domain", "user", "add", "joe", "--password-stdin", input=GOOD)
        self.ok("domain", "add", "main.test")
        self.add("joe")
        self.assertIsNotNone(self.field("passwd.main.test", "joe", 0))

    def test_cyradms_spellings_are_read(self):
        self.add("user/joe@a.test")
        self.add("user.ann@a.test")
        self.assertEqual(self.shown("user.joe@a.test")["account"], "joe@a.test")
        self.assertEqual(self.shown("user/ann@a.test")["account"], "ann@a.test")

    def test_an_alias_of_the_same_name_is_told(self):
        self.ok("alias", "add", "joe@a.test", "ann@far.test")
        self.assertIn("has an alias 'joe'", self.add("joe@a.test").stderr)

    def test_fifty_at_once_lose_nothing_and_share_no_uid(self):
        calls = [self.vmail.start("vadmin", "user", "add", f"u{i}@a.test",
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
                 for i in range(50)]
        for call in calls:
            self.assertEqual(call.wait(60), 0, call.errors)
        lines = [x.split(":") for x in self.vmail.read("passwd.a.test").decode().splitlines()]
        self.assertEqual(sorted(x[0] for x in lines), sorted(f"u{i}" for i in range(50)))
        self.assertEqual(len({x[2] for x in lines}), 50)
        self.assertEqual(len(self.vmail.read("shadow.a.test").splitlines()), 50)


class Passwords(Users):
    def test_without_a_terminal_one_is_made_and_printed(self):
        out = dict(x.split("\t") for x in
                   self.ok("user", "add", "joe@a.test").stdout.decode().splitlines())
        self.assertRegex(out["password"], r"^([a-z2-9]{4}-){3}[a-z2-9]{4}$")
        self.assertTrue(self.opens("joe", out["password"]))

    def test_one_that_is_made_is_not_judged(self):
        for i in range(40):                     # cracklib calls some of them systematic
            self.ok("user", "add", f"u{i}@a.test")

    def test_easy_ones_are_refused_and_never_printed(self):
        self.ok("domain", "add", "example.test")
        self.ok("domain", "add", "mail.kerberos.test")
        for who, secret in (("bob@a.test", b"ann@a.test 2\n"), ("bob@mail.kerberos.test", b"xx 4 Kerberos !\n")):
            self.refused(65, "forbidden words", "user", "add", who, "--password-stdin", input=secret)
        for secret, why in ((b"kermit 77 x\n", "shorter than 12"), (b"aaaaaaaaaaaa\n", "password"),
                            (b"Joseph99 xy!\n", "user name"), (b"xx-hpesoj-1-yy\n", "user name"),
                            (b"my Example-77\n", "forbidden words"), (b"abcdef-ghijkl\n", "password"),
                            (b"a\x1bbcdefghijkl\n", "control"), (b"x" * 600 + b"\n", "longer than 512"),
                            (b"abc\x00defghijkl\n", "control"), (b"password1234\n", "everybody"),
                            (b"letmeinletmein2024!\n", "everybody"), (b"Passw0rd2024!!\n", "everybody")):
            with self.subTest(secret):
                got = self.v("user", "add", "joseph@example.test", "--password-stdin", input=secret)
                self.assertEqual(got.status, 65, got)
                self.assertIn(why, got.stderr)
                self.assertNotIn(secret.strip().decode(), got.stderr)
        self.refused(65, "no password", "user", "add", "joe@a.test", "--password-stdin", input=b"")

    def test_passwd_changes_the_hash_and_keeps_the_rest(self):
        self.add("joe@a.test")
        text = self.vmail.read("shadow.a.test").decode().replace("::::::", ":1:2:3:4:9999999:")
        self.vmail.write("shadow.a.test", "# mine\n" + text + "ann:*:1::::::\n", mode=0o600)
        self.ok("user", "passwd", "joe@a.test", "--password-stdin", input=b"other words 8\nx\n")
        self.assertTrue(self.opens("joe", "other words 8"))
        after = self.vmail.read("shadow.a.test").decode().splitlines()
        self.assertEqual((after[0], after[2]), ("# mine", "ann:*:1::::::"))
        self.assertTrue(after[1].endswith(":1:2:3:4:9999999:"), after)

    def test_an_empty_answer_keeps_it(self):
        self.add("joe@a.test")
        before = self.files()
        got = self.ok("user", "passwd", "joe@a.test", "--password-stdin", input=b"\n")
        self.assertIn("stays", got.stderr)
        self.assertEqual(self.files(), before)

    def test_without_a_terminal_it_must_be_told_where_the_password_is(self):
        self.add("joe@a.test")
        self.refused(65, "--password-stdin", "user", "passwd", "joe@a.test", input=GOOD)

    def test_a_hash_in_passwd_moves_to_shadow(self):
        line = f"old:{crypt.crypt('first one', '$6$ab')}:61000:60000::/h:/sh\n"
        self.vmail.write("passwd.a.test", line)
        self.ok("user", "lock", "old@a.test")
        self.assertEqual(self.field("passwd.a.test", "old", 1), "x")
        self.assertEqual(self.hash("old"), "!" + line.split(":")[1])
        self.ok("user", "unlock", "old@a.test")
        self.assertEqual(self.hash("old"), line.split(":")[1])

    def test_a_lock_is_put_before_the_hash_and_taken_off_again(self):
        self.add("joe@a.test")
        hashed = self.hash("joe")
        self.ok("user", "lock", "joe@a.test")
        self.assertEqual(self.hash("joe"), "!" + hashed)
        self.assertEqual(self.shown("joe@a.test")["login"], "locked")
        self.assertIn("already", self.ok("user", "lock", "joe@a.test").stderr)
        self.assertEqual(self.hash("joe"), "!" + hashed)
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        self.ok("user", "unlock", "joe@a.test")
        self.assertEqual(self.hash("joe"), hashed)
        self.assertIn("not locked", self.ok("user", "unlock", "joe@a.test").stderr)

    def test_a_new_password_does_not_open_a_lock(self):
        self.add("joe@a.test")
        self.ok("user", "lock", "joe@a.test")
        got = self.ok("user", "passwd", "joe@a.test", "--password-stdin", input=b"other words 8\n")
        self.assertIn("unlock", got.stderr)
        self.assertTrue(self.hash("joe").startswith("!$y$"))
        self.ok("user", "unlock", "joe@a.test")
        self.assertTrue(self.opens("joe", "other words 8"))

    def test_unlock_never_leaves_an_account_without_a_password(self):
        for field in ("!", "!!", "*", "", "!*"):
            with self.subTest(field):
                self.vmail.write("passwd.a.test", "joe:x:61000:60000::/h:/sh\n")
                self.vmail.write("shadow.a.test", f"joe:{field}:::::::\n", mode=0o600)
                self.refused(77, "no password", "user", "unlock", "joe@a.test")
                self.ok("user", "lock", "joe@a.test")
                self.refused(77, "no password", "user", "unlock", "joe@a.test")

    def on_terminal(self, answers, *args):
        """vadmin with a terminal as standard input; answers are typed at each prompt."""
        master, slave = pty.openpty()
        process = subprocess.Popen([program("vadmin"), "-C", self.vmail.dir, *args], stdin=slave,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=environment(), start_new_session=True)
        os.close(slave)
        said = b""
        for answer in answers:
            while not said.endswith((b"): ", b"again: ", b"] ")):
                got = os.read(process.stderr.fileno(), 1)
                self.assertNotEqual(got, b"", said)
                said += got
            os.write(master, answer + b"\n")
            said += b"\n"
        out, rest = process.communicate(timeout=DEADLINE)
        echo = rest_of(master)
        os.close(master)
        return process.returncode, out, said + rest, echo

    def test_a_terminal_is_asked_twice_without_echo(self):
        status, _, said, echo = self.on_terminal([b"kermit sings 7"] * 2, "user", "add",
                                                 "joe@a.test")
        self.assertEqual((status, b"again" in said), (0, True), said)
        self.assertNotIn(b"kermit", echo)
        self.assertTrue(self.opens("joe", "kermit sings 7"))

    def test_one_that_is_too_easy_is_refused_before_it_is_typed_again(self):
        status, _, said, _ = self.on_terminal([b"joe"], "user", "add", "joe@a.test")
        self.assertEqual((status, b"again" in said), (65, False), said)
        self.assertEqual(self.vmail.read("passwd.a.test"), b"")

    def test_two_answers_that_differ_change_nothing(self):
        status, _, said, _ = self.on_terminal([b"kermit sings 7", b"kermit sings 8"], "user",
                                              "add", "joe@a.test")
        self.assertEqual((status, b"differ" in said), (65, True), said)
        self.assertEqual(self.vmail.read("passwd.a.test"), b"")

    def test_an_empty_answer_on_a_terminal_keeps_or_makes_one(self):
        status, out, said, _ = self.on_terminal([b""], "user", "add", "joe@a.test")
        self.assertEqual((status, b"password\t" in out), (0, True), said)
        hashed = self.hash("joe")
        status, _, said, _ = self.on_terminal([b""], "user", "passwd", "joe@a.test")
        self.assertEqual((status, self.hash("joe")), (0, hashed), said)

    def test_a_deletion_is_asked_for_on_a_terminal(self):
        self.add("joe@a.test")
        status, _, said, _ = self.on_terminal([b"n"], "user", "delete", "joe@a.test")
        self.assertEqual(status, 77, said)
        self.assertIsNotNone(self.hash("joe"))
        status, _, said, _ = self.on_terminal([b"y"], "user", "delete", "joe@a.test")
        self.assertEqual((status, self.hash("joe")), (0, None), said)
        self.add("ann@a.test")
        status, _, said, _ = self.on_terminal([], "user", "delete", "ann@a.test", "--yes")
        self.assertEqual((status, self.hash("ann")), (0, None), said)


class ChangeAndShow(Users):
    def test_a_new_name_leaves_the_rest_of_gecos(self):
        self.vmail.write("passwd.a.test", "# c\njoe:x:61000:60000:Old,Room 7,123:/h:/sh\r\nann:x\n")
        self.ok("user", "set", "joe@a.test", "name=New Name")
        self.assertEqual(self.vmail.read("passwd.a.test"),
                         b"# c\njoe:x:61000:60000:New Name,Room 7,123:/h:/sh\r\nann:x\n")

    def test_show_tells_the_aliases_that_name_the_account(self):
        self.add("joe@a.test")
        self.ok("domain", "add", "b.test", "fallback=joe@a.test")
        self.ok("alias", "add", "list@b.test", "ann@far.test", "JOE+x@A.test")
        self.ok("alias", "add", "other@b.test", "joe")
        self.ok("alias", "add", "boss@a.test", "\\joe")
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.c.test"))
        self.ok("alias", "add", "via@b.test", "joe@c.test")
        text = self.ok("user", "show", "joe@a.test").stdout.decode()
        for name in ("list@b.test", "boss@a.test", "via@b.test"):
            self.assertIn(f"alias\t{name} (", text)
        self.assertNotIn("other@b.test", text)
        self.assertIn("fallback-of\tb.test", text)

    def test_show_tells_the_aliases_that_lead_to_it_by_others(self):
        self.add("joe@a.test", "name=Joe Big")
        self.ok("domain", "add", "b.test", "fallback=all@a.test")
        self.ok("alias", "add", "info@a.test", "joe")
        self.ok("alias", "add", "all@a.test", "info+x", "ann@far.test")
        self.ok("alias", "add", "far@b.test", "all@A.test")
        self.ok("alias", "add", "back@b.test", "far")
        self.ok("alias", "set", "info@a.test", "joe", "back@b.test")              # a circle
        self.ok("alias", "add", "no@b.test", "\\all@a.test", "info")            # an inbox, and somebody of b.test
        self.ok("alias", "add", "whole@b.test", "Joe_BIG@a.test")
        for match, more in (("no", []), ("yes", ["whole@b.test"])):
            self.ok("domain", "set", "a.test", f"match-full-name={match}")
            got = self.ok("user", "show", "joe@a.test").stdout.decode()
            shown = re.findall(r"^alias\t(\S+) ", got, re.M)
            self.assertCountEqual(shown, ["info@a.test", "all@a.test", "far@b.test", "back@b.test", *more])
            self.assertLess(shown.index("info@a.test"), shown.index("all@a.test"))
            self.assertEqual(re.findall(r"^fallback-of\t(\S+) ", got, re.M), ["b.test"])

    def test_an_alias_that_another_entry_of_its_name_hides_is_not_shown(self):
        self.add("joe@a.test")
        more = "extra-aliases = extra, " + self.vmail.dir + "/last\n"
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test") + more.encode())
        for count in 0, 100:                # few are asked for; for many the files are read
            many = "".join(f"m{i}: joe\n" for i in range(count))
            self.vmail.write("aliases.a.test", many + "info: joe\nINFO: ann\nfirst: ann\nlast: ann\nlast: joe\nby: hidden\nw: joe\n"
                             'w: "ann\n')
            self.vmail.write("extra", "first: joe\nhidden: ann\nhidden: far@far.test\nonly: joe\n" + "hidden: ann\n")
            self.vmail.write("last", "hidden: joe\nonly: ann\nthird: joe\n")
            shown = self.ok("user", "show", "joe@a.test").stdout.decode()
            found = re.findall(r"^alias\t(\S+)@a.test \(.*/(\S+)\)$", shown, re.M)
            self.assertEqual(sorted(name for name in found if name[0][0] != "m"),
                             [("last", f"aliases.a.test:{count + 5}"), ("only", "extra:4"), ("third", "last:3")])
            self.assertEqual(sum(name[0][0] == "m" for name in found), count)

    def test_nobody_there_is_67(self):
        for op in ("show", "delete", "lock", "unlock"):
            self.refused(67, "has no account 'joe'", "user", op, "joe@a.test")
        self.refused(67, "has no account 'joe'", "user", "set", "joe@a.test", "name=x")
        self.refused(67, "not one of our domains", "user", "show", "joe@b.test")

    def test_a_broken_line_is_named(self):
        self.vmail.write("passwd.a.test", "\njoe:x:0:0:::\n")
        self.refused(65, "passwd.a.test:2", "user", "show", "joe@a.test")

    def test_lists_take_domains_and_patterns(self):
        self.ok("domain", "add", "b.test")
        for who in ("joe@a.test", "ann@a.test", "joe@b.test"):
            self.add(who)
        for given, wanted in (((), ["joe@a.test", "ann@a.test", "joe@b.test"]),
                              (("a.test",), ["joe@a.test", "ann@a.test"]),
                              (("J*@*",), ["joe@a.test", "joe@b.test"]),
                              (("*@b.test",), ["joe@b.test"]), (("?nn@*",), ["ann@a.test"]),
                              (("?.test",), ["joe@a.test", "ann@a.test", "joe@b.test"]),
                              (("x*@*",), [])):
            with self.subTest(given):
                out = self.ok("user", "list", *given).stdout.decode()
                self.assertEqual([x.split("\t")[0] for x in out.splitlines()], wanted)
        self.refused(67, "not one of our domains", "user", "list", "c.test")

    def test_a_search_finds_any_part_of_name_full_name_and_address(self):
        self.ok("domain", "add", "b.test")
        self.add("joe@a.test", "name=Joseph Moe")
        self.add("ann@b.test", "name=Ann Over")
        for word, wanted in (("JO", ["joe@a.test"]), ("moe", ["joe@a.test"]), ("@b.", ["ann@b.test"]),
                             ("j?e", ["joe@a.test"]), ("ov", ["ann@b.test"]), ("test", ["joe@a.test", "ann@b.test"]),
                             ("nobody", [])):
            with self.subTest(word):
                out = self.ok("user", "search", word).stdout.decode()
                self.assertEqual([x.split("\t")[0] for x in out.splitlines()], wanted)

    def test_patterns_and_searches_are_in_the_letters_of_a_language(self):
        self.ok("domain", "add", "m\u00fcller.test")
        self.ok("domain", "add", "\u65e5\u672c.test")
        self.add("ann@m\u00fcller.test", "name=J\u00f6rg \u00c4hre")
        self.add("\u00e4nn@\u65e5\u672c.test")
        ann, aenn = "ann@xn--mller-kva.test", "\u00e4nn@xn--wgv71a.test"
        for operation in ("list", "search", "export"):
            for given, wanted in (("*@m\u00fcller.test", [ann]), ("*@M\u00dcLLER.*", [ann]), ("a*@m?ller.test", [ann]),
                                  ("*@m??ller.test", []), ("ann@m\u00fcller.test", [ann]), ("\u65e5*", [aenn]),
                                  ("*@??.test", [aenn]), ("*@xn--w*", [aenn]), ("\u00e4*@*", [aenn]),
                                  ("?nn@*.test", [ann, aenn])):
                if operation == "search" and given in ("*@??.test", "?nn@*.test", "*@m??ller.test"):
                    continue                    # there they may begin anywhere
                with self.subTest((operation, given)):
                    out = self.ok("user", operation, given).stdout.decode()
                    self.assertEqual([w for w in re.split(r"[\t\r\n,]", out) if "@" in w], wanted)
        # Names of accounts compare as SPEC 1 says, other texts without case.
        self.assertEqual(self.ok("user", "list", "\u00c4nn@*").stdout, b"")
        for word in ("J\u00d6RG", "\u00e4hre", "\u00c4NN@\u65e5", "M\u00dc"):
            self.assertEqual(self.ok("user", "search", word).stdout.count(b"\n"), 1, word)

    def test_a_terminal_gets_columns_with_heads(self):
        self.add("joe@a.test", "name=Joe \u00dcser")
        master, slave = pty.openpty()
        subprocess.run([program("vadmin"), "-C", self.vmail.dir, "user", "list", "a.test"],
                       stdout=slave, env=environment(), check=True)
        os.close(slave)
        text = rest_of(master).decode()
        os.close(master)
        self.assertEqual(text, "ACCOUNT       UID  NAME\r\njoe@a.test  60000  Joe \u00dcser\r\n")


class Quota(Users):
    def test_it_is_shown_and_changed_and_default_takes_the_file_away(self):
        self.add("joe@a.test")
        for given, shown, text in (("1234", "1234", b"1234\n"), ("2M", "2048", b"2048\n"), ("none", "none", b"none\n"),
                                   ("disabled", "disabled", b"disabled\n"), ("default", "default", None)):
            with self.subTest(given):
                self.ok("user", "quota", "joe@a.test", given)
                got = self.ok("user", "quota", "joe@a.test").stdout.decode()
                self.assertEqual(got, f"quota\t{shown}\n")
                path = os.path.join(self.vmail.spool, "a.test", "joe.quota")
                self.assertEqual(open(path, "rb").read() if os.path.exists(path) else None, text)

    def test_what_is_no_limit_is_refused(self):
        self.add("joe@a.test")
        for given, words in (("0", "say 'none'"), ("1x", "'1x': a limit is a whole number of kB"),
                             ("1.5G", "'1.5G': a limit is a whole"), ("much", "or none, disabled or default")):
            self.refused(65, words, "user", "quota", "joe@a.test", given)
        self.refused(67, "has no account", "user", "quota", "ann@a.test", "12")


class Forward(Users):
    def setUp(self):
        super().setUp()
        for who in ("ann", "joe"):
            self.add(f"{who}@a.test")

    def forward(self, *words):
        return self.ok("user", "forward", "joe@a.test", *words)

    def shown_forward(self):
        return re.findall(r"^forward\t(\S+)", self.forward().stdout.decode(), re.M)

    def test_addresses_take_the_mail_and_off_gives_it_back(self):
        self.assertEqual(self.shown_forward(), ["off"])
        self.forward("ann", "joe@far.test")
        self.assertEqual(self.shown_forward(), ["ann", "joe@far.test"])
        plan = self.ok("explain", "joe@a.test").stdout.decode()
        self.assertIn("joe@far.test", plan)
        self.assertNotIn("spool/a.test/joe", plan)
        self.forward("off")
        self.assertEqual(self.shown_forward(), ["off"])
        self.assertNotIn("far.test", self.ok("explain", "joe@a.test").stdout.decode())

    def test_keep_leaves_a_copy(self):
        self.forward("joe@far.test", "--keep")
        self.assertEqual(self.shown_forward(), ["\\\\joe", "joe@far.test"], "as records show it")
        with open(os.path.join(self.vmail.spool, "files", "a.test", "joe.forward"), "rb") as f:
            self.assertEqual(f.read(), b"\\joe\njoe@far.test\n")
        plan = self.ok("explain", "joe@a.test").stdout.decode()
        self.assertIn("joe@far.test", plan)

    def test_what_is_no_address_is_refused(self):
        for words, said in ((("|cat",), "no address"), (("/etc/x",), "no address"), (("\\joe",), "no address"),
                            ((":include:/x",), "no address"), (("a b",), "'a b'"), (("off", "ann"), "stands alone"),
                            (("--keep",), "goes with addresses"), (("off", "--keep"), "goes with addresses")):
            with self.subTest(words):
                self.refused(65, said, "user", "forward", "joe@a.test", *words)
        self.assertEqual(self.shown_forward(), ["off"])

    def test_one_that_leads_nowhere_is_told(self):
        self.assertIn("5.1.1", self.forward("nobody-there").stderr)

    def test_off_tells_of_the_accounts_own(self):
        home = os.path.join(self.vmail.homes, "a.test", "home", "joe")
        with open(os.path.join(home, ".forward"), "w") as f:
            f.write("ann\n")
        if ROOT:
            uid = int(self.field("passwd.a.test", "joe", 2))
            os.chown(os.path.join(home, ".forward"), uid, -1)
        os.chmod(os.path.join(home, ".forward"), 0o600)
        self.forward("joe@far.test")
        self.assertIn(".forward is the account's own, and counts now", self.forward("off").stderr)
        self.assertEqual(self.shown_forward(), ["ann"])

    def test_a_file_that_somebody_put_in_its_place_is_not_followed(self):
        files = os.path.join(self.vmail.spool, "files", "a.test")
        os.makedirs(files, exist_ok=True)
        precious = self.vmail.write("precious", "x")
        os.symlink(precious, os.path.join(files, "joe.forward"))
        self.forward("joe@far.test")
        self.assertEqual(self.vmail.read("precious"), b"x")
        self.assertFalse(os.path.islink(os.path.join(files, "joe.forward")))


class Grants(Users):
    def setUp(self):
        super().setUp()
        for who in ("ann", "joe", "bob"):
            self.add(f"{who}@a.test")

    def grant(self, *words):
        return self.ok("user", "grant", *words)

    def lines(self):
        return self.vmail.read("grants.a.test").decode().splitlines()

    def test_a_grant_is_a_line_and_a_new_one_takes_its_place(self):
        self.grant("ann@a.test", "joe", "retrieve")
        self.assertEqual(self.lines(), ["ann: joe retrieve"])
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.vmail.dir, "grants.a.test")).st_mode), 0o600)
        self.grant("ANN@a.test", "Joe@A.test", "all")
        self.assertEqual(self.lines(), ["ann: joe all"])

    def test_none_takes_it_away_and_leaves_the_rest(self):
        self.vmail.write("grants.a.test", "# who\nann: joe all\nno line\nbob: joe all\nann:joe retrieve")
        self.grant("ann@a.test", "joe", "none")
        self.assertEqual(self.lines(), ["# who", "no line", "bob: joe all"])

    def test_what_cannot_be_granted_is_refused_and_said(self):
        self.ok("domain", "add", "b.test")
        self.add("eve@b.test")
        for words, status, said in ((("ann@a.test", "eve@b.test", "all"), 65, "only accounts of one domain"),
                                    (("ann@a.test", "eve", "all"), 67, "has no account 'eve'"),
                                    (("ann@a.test", "ann", "all"), 65, "its own inbox"),
                                    (("ann@a.test", "joe", "write"), 65, "neither retrieve, all nor none"),
                                    (("ann@a.test", "joe", "none"), 67, "nothing is granted"),
                                    (("ann@a.test", "joe@c.test", "all"), 67, "c.test")):
            with self.subTest(words):
                self.refused(status, said, "user", "grant", *words)

    def test_show_tells_both_sides(self):
        self.grant("ann@a.test", "joe", "retrieve")
        self.grant("bob@a.test", "ann", "all")
        file = os.path.join(self.vmail.dir, "grants.a.test")
        self.assertEqual(self.shown("ann@a.test")["grants"], f"joe retrieve ({file}:1)")
        self.assertEqual(self.shown("ann@a.test")["may-open"], f"bob all ({file}:2)")

    def test_a_deleted_account_takes_its_grants_with_it_and_says_so_before(self):
        self.grant("ann@a.test", "joe", "retrieve")
        self.grant("bob@a.test", "ann", "all")
        self.grant("bob@a.test", "joe", "all")
        got = self.ok("user", "delete", "ann@a.test", "--yes")
        self.assertIn("'joe' may open the inbox of 'ann'", got.stderr)
        self.assertIn("'ann' may open the inbox of 'bob'", got.stderr)
        self.assertEqual(self.lines(), ["bob: joe all"])

    def test_a_new_account_inherits_no_grant_of_an_earlier_one(self):
        self.vmail.write("grants.a.test", "bob: joe all\nnew: joe all\njoe: NEW all\n")
        self.assertIn("2 lines of an earlier 'new'", self.add("new@a.test").stderr)
        self.assertEqual(self.lines(), ["bob: joe all"])

    def test_check_finds_lines_that_do_not_count_and_names_of_nobody(self):
        self.vmail.write("grants.a.test", "ann: joe all\nann joe\nann: gone all\n")
        got = self.v("check", "--files", "a.test")
        self.assertEqual(got.status, 1, got)
        self.assertEqual(got.stdout.decode().count("grants.a.test:"), 2, got)
        self.assertIn("grants.a.test:2: a colon is missing", got.stdout.decode())
        self.assertIn("grants.a.test:3: there is no account 'gone'", got.stdout.decode())
        os.chmod(os.path.join(self.vmail.dir, "grants.a.test"), 0o666)
        self.assertIn("nobody may open another's inbox", self.v("check", "--files", "a.test").stdout.decode())
        got = self.ok("user", "show", "ann@a.test")
        self.assertNotIn(b"grants", got.stdout)
        self.assertIn("others can write to it", got.stderr)


class Delete(Users):
    def trash(self, *where):
        return sorted(re.sub(r"\.\d{8}T\d{6}Z\.\d+", ".TIME", name)
                      for name in os.listdir(os.path.join(*where, ".trash")))

    def test_the_mail_goes_to_the_trash_and_is_told(self):
        self.add("joe@a.test")
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        self.ok("user", "set", "joe@a.test", "quota=7")
        self.vmail.extra("a.test", "joe.vacation", "away")
        self.vmail.extra("a.test", "joe.filter", "no")
        self.vmail.extra("a.test", "joe.auto", "Subject: away\n\nx\n")
        with open(self.vmail.inbox("joe@a.test"), "rb") as f:
            mail = f.read()
        got = self.ok("user", "delete", "joe@a.test")
        where = got.stdout.decode().rstrip("\n").split("\t")[1]
        with open(where, "rb") as f:
            self.assertEqual(f.read(), mail)
        self.assertTrue(where.startswith(f"{self.vmail.spool}/a.test/.trash/joe."))
        self.assertEqual(self.vmail.read("passwd.a.test"), b"")
        self.assertEqual(self.vmail.read("shadow.a.test"), b"")
        self.assertLessEqual({"joe.TIME", "joe.TIME.quota"},
                             set(self.trash(self.vmail.spool, "a.test")))
        self.assertEqual(self.trash(self.vmail.spool, "files", "a.test"),
                         ["joe.TIME.auto", "joe.TIME.filter", "joe.TIME.vacation"])
        self.assertEqual(self.trash(self.vmail.homes, "a.test", "home"), ["joe.TIME"])
        self.assertEqual([n for n in os.listdir(os.path.join(self.vmail.spool, "a.test"))
                          if "joe" in n], [])

    def test_the_next_of_that_name_begins_anew(self):
        self.add("joe@a.test")
        self.vmail.deliver("joe@a.test", b"Subject: old\n\nsecret\n")
        self.ok("user", "delete", "joe@a.test")
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 67)
        self.add("joe@a.test")
        self.assertEqual(self.vmail.deliver("joe@a.test", b"Subject: new\n\nhi\n").status, 0)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)
        self.assertEqual(self.ok("check", "--files").stdout, b"")

    def session(self, who):
        pop = self.vmail.pop3()
        got = pop.login(who, GOOD.decode().strip())
        pop.ask("QUIT")
        self.assertEqual(pop.process.wait(), 0)
        return got

    def left(self, domain="a.test"):
        return sorted(n for n in os.listdir(os.path.join(self.vmail.spool, domain))
                      if n != ".trash")

    def test_the_next_of_that_name_can_log_in(self):
        for inbox in ("%d/%u", "%d/%u/", "%d/%u/Maildir/"):
            with self.subTest(inbox):
                self.ok("domain", "set", "a.test", f"inbox={inbox}")
                self.add("joe@a.test")
                for _ in range(2):
                    self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
                    self.assertRegex(self.session("joe@a.test"), r"^\+OK")
                    self.ok("user", "delete", "joe@a.test")
                    self.assertEqual(self.left(), [])
                    self.add("joe@a.test")
                self.ok("user", "delete", "joe@a.test")

    def leave(self, name, text=""):
        path = os.path.join(self.vmail.spool, "a.test", name)
        with open(path, "w") as f:
            f.write(text)
        if ROOT:
            os.chown(path, 61234, GID)
        return path

    def test_all_that_lies_beside_the_inbox_goes_with_it_and_nobody_elses(self):
        ours = [".joe.queue", ".joe.uids", ".joe.session", ".joe.new", "..joe.uids.new", ".joe.cache", ".joe.uids.damaged"]
        others = [".joe.x.queue", ".joe.x.session", "joe.x", ".joey.session"]
        self.add("joe@a.test")
        for name in ours + others + ["joe"]:
            self.leave(name)
        self.leave("joe.lock", "2147483646 no-such-host.test\n")
        os.utime(os.path.join(self.vmail.spool, "a.test", "joe.lock"), (1, 1))
        self.ok("user", "delete", "joe@a.test")
        self.assertEqual(self.left(), sorted(others))
        self.assertEqual(self.trash(self.vmail.spool, "a.test"), sorted(
            ["joe.TIME"] + [name.replace("joe", "joe.TIME") for name in ours]))

    def test_a_lock_that_is_held_stays(self):
        self.add("joe@a.test")
        lock = self.leave("joe.lock", f"{os.getpid()} {socket.gethostname()}\n")
        self.ok("user", "delete", "joe@a.test")
        self.assertEqual(self.left(), ["joe.lock"])
        self.refused(75, "has locked", "user", "add", "joe@a.test", "--password-stdin", input=GOOD)
        os.unlink(lock)
        self.add("joe@a.test")

    def test_what_an_account_left_that_was_taken_out_by_hand_is_removed(self):
        for name in (".joe.queue", ".joe.uids", ".joe.session", ".joe.new", "..joe.uids.new"):
            self.leave(name)
        self.leave("joe.lock", "2147483646\n")
        self.leave(".joe.x.uids")
        self.add("joe@a.test")
        self.assertEqual(self.left(), [".joe.x.uids"])
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        self.assertRegex(self.session("joe@a.test"), r"^\+OK")

    def test_what_cannot_be_removed_is_told(self):
        os.mkdir(os.path.join(self.vmail.spool, "a.test", ".joe.session"))
        self.refused(75, ".joe.session", "user", "add", "joe@a.test", "--password-stdin",
                     input=GOOD)

    @only_where(not ROOT)
    def test_ids_of_an_inbox_that_the_one_owner_keeps_stay(self):
        for name in ("joe", ".joe.uids"):
            self.leave(name)
        self.add("joe@a.test")
        self.assertEqual(self.left(), [".joe.uids", "joe"])

    def test_a_maildir_elsewhere_goes_whole(self):
        self.ok("domain", "set", "a.test", "inbox=%d/%u/Maildir/")
        self.add("joe@a.test")
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        self.ok("user", "delete", "joe@a.test")
        kept = os.path.join(self.vmail.spool, "a.test", ".trash")
        (name,) = os.listdir(kept)
        self.assertEqual(len(os.listdir(os.path.join(kept, name, "Maildir", "new"))), 1)

    def test_what_names_the_account_is_told_before(self):
        self.add("joe@a.test")
        self.ok("alias", "add", "list@a.test", "joe", "ann@far.test")
        got = self.ok("user", "delete", "joe@a.test")
        self.assertIn("list@a.test", got.stderr)

    def test_only_its_own_lines_go(self):
        self.add("joe@a.test")
        passwd = b"# c\nJOEY:x:61000:60000::/h:/sh\nbroken\n"
        shadow = b"# s\njoey:*:::::::\n"
        self.vmail.write("passwd.a.test", passwd + self.vmail.read("passwd.a.test"))
        self.vmail.write("shadow.a.test", shadow + self.vmail.read("shadow.a.test"), mode=0o600)
        self.ok("user", "delete", "joe@a.test")
        self.assertEqual(self.vmail.read("passwd.a.test"), passwd)
        self.assertEqual(self.vmail.read("shadow.a.test"), shadow)

    @needs_root
    def test_a_trash_that_a_user_made_is_not_used(self):
        self.add("joe@a.test")
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        evil = os.path.join(self.vmail.spool, "a.test", ".trash")
        os.mkdir(evil)
        os.chown(evil, 60000, GID)
        got = self.v("user", "delete", "joe@a.test")
        self.assertEqual((got.status, "remove it" in got.stderr), (77, True), got)
        self.assertEqual(os.listdir(evil), [])

    def everything(self, where=None):
        """Each file below the installation: owner, mode, bytes; what is made anew each time left out."""
        found = {}
        for base, _, names in os.walk(self.vmail.scratch):
            for name in names:
                path = os.path.join(base, name)
                if name in (".lock", "uids") or "/.trash" in path or "strace" in name or "/journal/" in path:
                    continue
                st = os.lstat(path)
                with open(path, "rb") as f:
                    found[path] = (st.st_uid, stat.S_IMODE(st.st_mode), sorted(f.read().splitlines()))
        return found

    def furnished(self, who="Joe@a.test"):
        """An account with everything that one can have."""
        name = who.split("@")[0]
        self.add(who, "name=Joe Doe", "quota=700")
        self.add("ann@a.test")
        self.ok("user", "grant", who, "ann", "all")
        self.ok("user", "grant", "ann@a.test", name, "retrieve")
        for n in range(3):
            self.assertEqual(self.vmail.deliver(who, b"Subject: same\n\nx\n").status, 0)
        self.assertRegex(self.session(who), r"^\+OK")
        for ending, text in ((".filter", "no"), (".vacation", "away"), (".auto", "Subject: a\n\nx\n")):
            self.vmail.extra("a.test", name + ending, text)
        path = os.path.join(self.vmail.homes, "a.test", "home", name, "kept")
        with open(path, "w") as f:
            f.write("kept")
        if ROOT:
            os.chown(path, int(self.field("passwd.a.test", name, 2)), -1)

    def test_restore_brings_all_of_it_back_as_it_was(self):
        for inbox in ("%d/%u", "%d/%u/Maildir/"):
            with self.subTest(inbox):
                self.ok("domain", "set", "a.test", f"inbox={inbox}")
                self.furnished()
                before = self.everything()
                self.ok("user", "delete", "joe@a.test")
                self.assertEqual(self.vmail.deliver("joe@a.test").status, 67)
                self.ok("user", "restore", "joe@a.test")
                self.assertEqual(self.everything(), before)
                self.assertRegex(self.session("joe@a.test"), r"^\+OK")
                for who in ("joe", "ann"):
                    self.ok("user", "delete", f"{who}@a.test")
                    self.ok("user", "purge", f"{who}@a.test")

    def test_a_new_account_of_the_name_is_in_the_way_of_the_old_one(self):
        self.add("joe@a.test")
        self.vmail.deliver("joe@a.test", b"Subject: old\n\nold\n")
        uid = self.field("passwd.a.test", "joe", 2)
        self.ok("user", "delete", "joe@a.test")
        self.add("joe@a.test")
        self.vmail.deliver("joe@a.test", b"Subject: new\n\nnew\n")
        self.refused(73, "has an account 'joe' already", "user", "restore", "joe@a.test")
        self.ok("user", "delete", "joe@a.test")
        self.assertIn("the last of 2", self.ok("user", "restore", "joe@a.test").stderr)
        self.assertIn(b"new", self.vmail.messages("joe@a.test")[0])
        self.ok("user", "delete", "joe@a.test")
        self.refused(67, "no 'ann' was deleted", "user", "restore", "ann@a.test")
        self.assertNotEqual(self.field("shadow.a.test", "joe", 2), uid)

    def test_a_grant_does_not_come_back_for_an_account_that_is_gone(self):
        for who in ("ann", "joe"):
            self.add(f"{who}@a.test")
        self.ok("user", "grant", "ann@a.test", "joe", "all")
        self.ok("user", "delete", "joe@a.test")
        self.ok("user", "delete", "ann@a.test")
        self.ok("user", "restore", "joe@a.test")
        self.assertEqual(self.vmail.read("grants.a.test"), b"")

    @needs_root
    def test_nobody_comes_back_whose_user_id_another_account_has(self):
        file = os.path.join(self.vmail.scratch, "a.tar")
        self.add("joe@a.test")
        self.ok("backup", "a.test", file)
        self.ok("user", "delete", "joe@a.test")
        self.ok("restore", file, "joe@a.test")
        self.ok("user", "rename", "joe@a.test", "jim", "--no-alias")
        self.refused(73, "its user id 60000 is that of 'jim' in passwd.a.test", "user", "restore", "joe@a.test")

    def test_restore_tells_of_an_alias_of_the_same_name(self):
        self.add("joe@a.test")
        self.ok("user", "delete", "joe@a.test")
        self.ok("alias", "add", "joe@a.test", "ann@far.test")
        self.assertIn("has an alias 'joe'", self.ok("user", "restore", "joe@a.test").stderr)

    def test_restore_keeps_to_max_users(self):
        self.add("joe@a.test")
        self.ok("user", "delete", "joe@a.test")
        self.add("ann@a.test")
        self.ok("domain", "set", "a.test", "max-users=1")
        self.refused(77, "raise max-users", "user", "restore", "joe@a.test")

    def test_purge_leaves_nothing_of_it_and_all_of_others(self):
        self.furnished()
        deep = os.path.join(self.vmail.homes, "a.test", "home", "Joe")
        uid = int(self.field("passwd.a.test", "Joe", 2))
        for n in range(50):
            deep = os.path.join(deep, "d")
            os.mkdir(deep, 0o700)
            if ROOT:
                os.chown(deep, uid, -1)
        precious = os.path.join(self.vmail.scratch, "precious")
        os.mkdir(precious)
        with open(os.path.join(precious, "file"), "w") as f:
            f.write("x")
        os.symlink(precious, os.path.join(deep, "link"))
        os.chmod(deep, 0)
        self.add("joe.x@a.test")
        for who in ("joe.x", "joe"):
            self.ok("user", "delete", f"{who}@a.test")
        self.ok("user", "purge", "joe@a.test")
        left = [os.path.join(base, name) for base, dirs, names in os.walk(self.vmail.scratch)
                for name in dirs + names if re.search(r"joe\.\d{8}T", name, re.I)]
        self.assertEqual(left, [])
        self.assertEqual(os.listdir(precious), ["file"])
        self.ok("user", "restore", "joe.x@a.test")
        self.refused(67, "was deleted", "user", "purge", "joe@a.test")

    @needs_root
    def test_purge_is_the_accounts_own_doing_below_its_home(self):
        self.add("joe@a.test")
        of_root = os.path.join(self.vmail.homes, "a.test", "home", "joe", "of root")
        os.mkdir(of_root, 0o755)
        with open(os.path.join(of_root, "file"), "w") as f:
            f.write("x")
        self.ok("user", "delete", "joe@a.test")
        self.refused(75, "remove it by hand", "user", "purge", "joe@a.test")
        [home] = [name for name in os.listdir(os.path.join(self.vmail.homes, "a.test", "home", ".trash"))]
        self.assertTrue(os.path.exists(os.path.join(self.vmail.homes, "a.test", "home", ".trash", home, "of root", "file")))
        shutil.rmtree(os.path.join(self.vmail.homes, "a.test", "home", ".trash", home))
        self.ok("user", "purge", "joe@a.test")
        self.refused(67, "was deleted", "user", "purge", "joe@a.test")


if __name__ == "__main__":
    main()
