#!/usr/bin/python3
"""vadmin: vacations and autoresponders, switched on and off and looked at."""
import pty
import stat

from answering import *


class Administered(Answering):
    def v(self, *args, **more):
        return self.vmail.run("vadmin", *args, **more)

    def ok(self, *args, **more):
        got = self.v(*args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def refused(self, status, words, *args, **more):
        got = self.v(*args, **more)
        self.assertEqual((got.status, got.stdout), (status, b""), got)
        self.assertIn(words, got.stderr)

    def text(self, text=TEXT):
        return self.vmail.write("text", text)

    def files(self):
        return os.path.join(self.vmail.spool, "files", "a.test")


class Vacation(Administered):
    def on(self, *args, **more):
        return self.ok("user", "vacation", "joe@a.test", "on", *args, **more)

    def shown(self):
        """On or off, and the text."""
        lines = self.ok("user", "vacation", "joe@a.test", "show").stdout.decode().splitlines()
        return lines[0].split("\t")[-1], lines[2:]

    def path_shown(self):
        return re.findall(r"^text\t(.*)$", self.ok("user", "vacation", "joe@a.test", "show").stdout.decode(), re.M)

    def home(self, name):
        return os.path.join(self.vmail.home("joe@a.test"), name)

    def test_on_with_a_text_answers_and_off_does_not(self):
        self.on("--text", self.text())
        self.assertEqual(self.answers(), ["sent"])
        self.ok("user", "vacation", "joe@a.test", "off")
        self.assertEqual(self.answers(sender="bob@far.test"), [])
        self.on()
        self.assertEqual(self.answers(sender="bob@far.test"), ["sent"])
        self.sent(2)

    def test_the_text_may_come_from_standard_input(self):
        self.on("--text", "-", input=b"Subject: from a pipe\n\nx\n")
        self.answers()
        self.assertEqual(self.sent()[0][1]["Subject"], "from a pipe")

    def test_on_once_more_keeps_who_was_told_and_a_new_text_does_not(self):
        self.on("--text", self.text())
        self.answers()
        self.on()
        self.assertEqual(self.answers(), ["known"])
        self.on("--text", self.text("Subject: longer away\n\nx\n"))
        self.assertEqual(self.answers(), ["sent"])

    def test_it_is_shown(self):
        self.assertEqual(self.shown(), ("off", []))
        self.on("--text", self.text())
        self.assertEqual(self.shown(), ("on", TEXT.splitlines()))
        self.ok("user", "vacation", "joe@a.test", "off")
        self.assertEqual(self.shown(), ("off", TEXT.splitlines()))

    def test_one_in_the_home_is_shown_and_switched_off_and_on(self):
        super().on(home=True)
        self.assertEqual(self.shown(), ("on", TEXT.splitlines()))
        self.assertEqual(self.path_shown(), [self.home(".vacation")])
        self.ok("user", "vacation", "joe@a.test", "off")
        self.assertEqual(self.shown(), ("off", TEXT.splitlines()))
        self.assertEqual(self.answers(), [])
        self.on()
        self.assertEqual(self.shown(), ("on", TEXT.splitlines()))
        st = os.stat(self.home(".vacation.db"))
        self.assertEqual((st.st_uid, stat.S_IMODE(st.st_mode)), (self.owner()[0], 0o600))
        self.assertEqual((self.answers(), self.answers()), (["sent"], ["known"]))
        self.on()
        self.assertEqual(self.answers(), ["known"])
        self.assertFalse(os.path.exists(os.path.join(self.files(), "joe.vacation.db")))

    def test_a_new_text_stands_before_the_homes_and_off_is_off_for_both(self):
        super().on(home=True, text="Subject: old\n\nx\n")
        self.on("--text", self.text())
        self.assertEqual(self.shown(), ("on", TEXT.splitlines()))
        self.ok("user", "vacation", "joe@a.test", "off")
        self.assertEqual(self.answers(), [])
        self.assertFalse(os.path.exists(self.home(".vacation.db")))

    def test_an_index_without_its_text_gives_way_to_the_homes_pair(self):
        super().on(home=True, index=None)
        self.vmail.extra("a.test", "joe.vacation.db", "")
        self.assertEqual((self.shown(), self.path_shown()), (("on", []), []))
        self.on()
        self.assertEqual(self.shown(), ("on", TEXT.splitlines()))
        self.assertEqual(self.answers(), ["sent"])

    def test_where_there_is_no_text_no_path_is_shown(self):
        self.assertEqual(self.path_shown(), [])
        self.vmail.extra("a.test", "joe.vacation.db", "")
        got = self.ok("user", "vacation", "joe@a.test", "show")
        self.assertEqual(got.stdout, b"vacation\ton\n")
        self.assertIn("nobody is answered", got.stderr)

    def test_what_a_user_put_into_his_home_is_not_followed(self):
        secret = os.path.join(self.vmail.scratch, "secret")
        with open(secret, "w") as f:
            f.write("Subject: s\n\nsecret\n")
        os.chmod(secret, 0o600)
        os.symlink(secret, self.home(".vacation"))
        os.symlink(os.path.join(self.vmail.scratch, "made"), self.home(".vacation.db"))
        got = self.ok("user", "vacation", "joe@a.test", "show")
        self.assertEqual(got.stdout, b"vacation\ton\n")
        os.unlink(self.home(".vacation.db"))
        self.refused(65, "--text FILE", "user", "vacation", "joe@a.test", "on")
        self.put(self.home("text"), TEXT.encode(), "joe@a.test")
        os.rename(self.home("text"), self.home(".vacation"))
        os.symlink(os.path.join(self.vmail.scratch, "made"), self.home(".vacation.db"))
        self.on()
        self.assertFalse(os.path.exists(os.path.join(self.vmail.scratch, "made")))
        self.ok("user", "vacation", "joe@a.test", "off")
        self.assertFalse(os.path.lexists(self.home(".vacation.db")))

    def test_an_account_is_shown_with_it(self):
        def shown():
            return re.search(r"^vacation\t(.*)$", self.ok("user", "show", "joe@a.test").stdout.decode(), re.M)[1]
        self.assertEqual(shown(), "off")
        super().on(home=True)
        self.assertEqual(shown(), "on")
        self.ok("user", "vacation", "joe@a.test", "off")
        self.on("--text", self.text())
        self.assertEqual(shown(), "on")

    def test_the_files_are_the_accounts_alone(self):
        self.on("--text", self.text())
        for name in "joe.vacation", "joe.vacation.db":
            st = os.stat(os.path.join(self.files(), name))
            self.assertEqual((st.st_uid, stat.S_IMODE(st.st_mode)), (self.owner()[0], 0o600))

    def test_what_is_in_the_way_is_replaced_and_not_followed(self):
        os.makedirs(self.files())
        other = os.path.join(self.vmail.scratch, "other")
        with open(other, "w") as f:
            f.write("keep")
        for name in "joe.vacation", "joe.vacation.db":
            os.symlink(other, os.path.join(self.files(), name))
        self.on("--text", self.text())
        self.assertEqual(self.answers(), ["sent"])
        self.assertEqual((self.content(other), os.stat(other).st_uid), (b"keep", os.getuid()))

    def test_without_any_text_it_says_what_to_do(self):
        self.refused(65, "--text FILE", "user", "vacation", "joe@a.test", "on")

    def test_a_text_that_would_not_be_sent_is_refused(self):
        for text, words in (("Vacation-End: soon\n\nx\n", "Vacation-End: not a day"), ("x" * 70000, "longer than"),):
            self.refused(65, words, "user", "vacation", "joe@a.test", "on", "--text", self.text(text))
        self.refused(67, "no/such", "user", "vacation", "joe@a.test", "on", "--text", "no/such")
        self.assertEqual(self.answers(), [])

    def test_fields_that_will_not_be_sent_are_told(self):
        self.assertIn("not sent: Bcc, X-Loop",
                      self.on("--text", self.text("Bcc: x@y.test\nX-Loop: z\n\nx\n")).stderr)

    def notes(self, text):
        return self.on("--text", self.text(text)).stderr

    def test_a_from_that_will_be_left_out_is_told(self):
        self.vmail.write("aliases.a.test", "info: joe\n")
        for address in "joe@a.test", "JOE@a.test", "Joe <info@a.test>":
            self.assertEqual(self.notes(f"From: {address}\n\nx\n"), "", address)
        for address in "ann@b.test", "x@far.test", "nobody@a.test":
            self.assertIn(f"not sent: From, because {address} is no address of joe@a.test",
                          self.notes(f"From: {address}\n\nx\n"))
        self.assertIn("not sent: From\n", self.notes("From: nobody at all\n\nx\n"))

    def test_a_window_that_is_over_is_told(self):
        self.assertIn(f"Vacation-End is past ({day(-2)})", self.notes(f"Vacation-End: {day(-2)}\n\nx\n"))
        self.assertEqual(self.notes(f"Vacation-End: {day(2)}\n\nx\n"), "")

    def test_an_empty_text_is_told(self):
        for text in "", "\n", "Subject: away\n", "Subject: away\n\n \n":
            self.assertIn("the text is empty", self.notes(text), text)

    def test_an_autoresponder_of_the_same_name_is_told(self):
        self.auto("joe@a.test")
        self.assertIn("two answers", self.notes(TEXT))

    def test_wrong_words_and_accounts_are_refused(self):
        self.refused(65, "neither on, off nor show", "user", "vacation", "joe@a.test", "maybe")
        self.refused(65, "--text goes with 'on'", "user", "vacation", "joe@a.test", "off", "--text", "x")
        self.refused(67, "nobody", "user", "vacation", "nobody@a.test", "on")
        self.refused(67, "x.test", "user", "vacation", "joe@x.test", "on")

    def test_an_account_that_is_deleted_takes_its_vacation_along(self):
        self.on("--text", self.text())
        self.vmail.extra("a.test", "joe.vacation.db.damaged", "x")
        self.ok("user", "delete", "joe@a.test", "--yes")
        self.assertEqual([name for name in os.listdir(self.files()) if "vacation" in name], [])

    def test_an_account_that_is_deleted_takes_its_autoresponder_along(self):
        self.vmail.domain("c.test", accounts=["Ann"])
        for address in "joe@a.test", "Ann@c.test":
            self.ok("auto", "set", address, self.text(AUTO_TEXT))
            self.ok("user", "delete", address, "--yes")
            got = self.vmail.deliver(address, mail(address), sender="ann@far.test")
            self.assertEqual((got.status, self.reasons(got)), (67, []), got)
        self.sent(0)


class Typed(Administered):
    """A text that a person types."""
    def typed(self, text, *args):
        """What is said, before the text is typed and after; a change of somebody else is between them."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        started = subprocess.Popen([program("vadmin"), "-C", self.vmail.dir, *args], stdin=slave, stdout=slave, stderr=slave,
                                   env=environment())
        os.close(slave)
        try:
            asked, deadline = b"", Deadline()
            while not asked.endswith(b"Ctrl-D ends it.\r\n"):
                self.assertTrue(select.select([master], [], [], deadline.left())[0], asked)
                asked += os.read(master, 4096)
            self.ok("domain", "set", "a.test", "description=meanwhile")
            os.write(master, text + b"\x04")
            self.assertEqual(started.wait(DEADLINE), 0)
            rest = rest_of(master)
        finally:
            if started.poll() is None:
                started.kill()
                started.wait()
        return asked, rest

    def test_it_is_asked_for_on_a_terminal_and_nobody_waits_meanwhile(self):
        text = b"Subject: typed\n\nI am away\n"
        for args in (("auto", "set", "help@a.test", "-"), ("user", "vacation", "joe@a.test", "on", "--text", "-")):
            asked, rest = self.typed(text, *args)
            self.assertEqual(asked.count(b"\n"), 1, asked)
            self.assertNotIn(b"empty", rest)
        self.assertEqual(self.ok("auto", "show", "help@a.test").stdout, text)
        self.assertIn(b"I am away\n", self.ok("user", "vacation", "joe@a.test", "show").stdout)
        self.typed(b"address\nnew@a.test\n", "user", "import", "-")
        self.ok("user", "show", "new@a.test")

    def test_nothing_is_asked_for_where_there_is_no_terminal(self):
        for args in (("auto", "set", "joe@a.test", "-"), ("user", "vacation", "joe@a.test", "on", "--text", "-"),
                     ("user", "import", "-")):
            self.assertNotIn("Ctrl-D", self.ok(*args, input=b"address\n\n").stderr)

    def test_who_or_what_is_wrong_is_told_before_anything_is_typed(self):
        self.refused(65, "can be no autoresponder", "auto", "set", "..x@a.test", "-")
        self.refused(67, "nobody", "user", "vacation", "nobody@a.test", "on", "--text", "-")


class Auto(Administered):
    def listed(self):
        return [line.split("\t") for line in self.ok("auto", "list", "a.test").stdout.decode().splitlines()]

    def test_one_that_is_set_answers_and_one_that_is_deleted_does_not(self):
        self.ok("auto", "set", "robot@a.test", self.text(AUTO_TEXT))
        self.assertEqual(self.answers(None, recipient="robot@a.test"), ["sent"])
        self.ok("auto", "delete", "robot@a.test")
        self.assertEqual(self.vmail.deliver("robot@a.test").status, 67)
        self.refused(67, "there is no autoresponder robot@a.test", "auto", "delete", "robot@a.test")

    def test_it_is_shown_and_listed(self):
        self.ok("auto", "set", "robot@a.test", self.text(AUTO_TEXT))
        self.ok("auto", "set", "Info@a.test", "-", input=b"Subject: x\n\ny\n")
        self.assertEqual(self.ok("auto", "show", "robot@a.test").stdout.decode(), AUTO_TEXT)
        self.assertEqual(self.listed(), [["info@a.test", "14", "yes"], ["robot@a.test", str(len(AUTO_TEXT)), "yes"]])
        self.refused(67, "there is no autoresponder none@a.test", "auto", "show", "none@a.test")

    def test_set_again_is_the_new_text(self):
        for text in AUTO_TEXT, "Subject: new\n\nx\n":
            self.ok("auto", "set", "robot@a.test", self.text(text))
        self.assertEqual(self.ok("auto", "show", "robot@a.test").stdout, b"Subject: new\n\nx\n")

    def test_one_that_nobody_stores_mail_for_is_told(self):
        self.vmail.write("aliases.a.test", "info: joe\n")
        self.assertIn("neither an account nor an alias",
                      self.ok("auto", "set", "robot@a.test", self.text(AUTO_TEXT)).stderr)
        for name in "info@a.test", "joe@a.test":
            self.assertEqual(self.ok("auto", "set", name, self.text(AUTO_TEXT)).stderr, "", name)

    def test_one_beside_a_vacation_is_told(self):
        self.on(home=True)
        self.assertIn("the vacation of joe@a.test is on, too",
                      self.ok("auto", "set", "joe@a.test", self.text(AUTO_TEXT)).stderr)

    @needs_root
    def test_one_that_an_account_put_there_is_told_and_replaced(self):
        self.give(self.auto("info@a.test"))
        self.assertRegex(self.listed()[0][2], "^no: ")
        self.ok("auto", "set", "info@a.test", self.text(AUTO_TEXT))
        self.assertEqual(self.listed()[0][2], "yes")

    def test_what_would_move_a_cursor_is_not_printed(self):
        self.ok("auto", "set", "robot@a.test", self.text("Subject: x\n\n\x1b[2Jy\n"))
        self.assertNotIn(b"\x1b", self.ok("auto", "show", "robot@a.test").stdout)

    def test_names_that_can_be_none_are_refused(self):
        for name in "../x@a.test", "a/b@a.test", "-x@a.test", ".x@a.test":
            self.assertEqual(self.v("auto", "set", "--", name, self.text()).status in (64, 65), True, name)
        self.assertFalse(os.path.exists(os.path.join(self.vmail.spool, "files", "x.auto")))

    def test_an_unknown_domain_is_refused(self):
        self.refused(67, "x.test", "auto", "list", "x.test")


if __name__ == "__main__":
    main()
