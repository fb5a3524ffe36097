#!/usr/bin/python3
"""vadmin: the profile of an account, and its other settings; the From of automatic answers."""
from answering import *

GOOD = b"correct horse battery\n"
PROFILE = {"first-name": "Jos\u00e9", "last-name": "Example", "display-name": "J. E., Sales", "title": "Head of = it",
           "office": "B 12", "phone": "+49 1", "mobile": "+49 2", "home-phone": "+49 3", "pager": "4", "fax": "+49 5"}


class Profile(Answering):
    def v(self, *args, **more):
        return self.vmail.run("vadmin", *args, **more)

    def ok(self, *args, **more):
        got = self.v(*args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def set(self, *assignments, who="joe@a.test"):
        return self.ok("user", "set", who, *assignments)

    def shown(self, who="joe@a.test"):
        return dict(line.split("\t", 1) for line in self.ok("user", "show", who).stdout.decode().splitlines())

    def gecos(self, who="joe"):
        for line in self.vmail.read("passwd.a.test").decode().splitlines():
            if line.startswith(who + ":"):
                return line.split(":")[4]

    def file(self, name="joe.profile"):
        path = os.path.join(self.vmail.spool, "files", "a.test", name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                return f.read()

    def refused(self, status, words, *args, **more):
        before = self.gecos(), self.file(), self.vmail.read("passwd.a.test")
        got = self.v(*args, **more)
        self.assertEqual((got.status, got.stderr.count("\n")), (status, 1), got)
        self.assertIn(words, got.stderr)
        self.assertEqual((self.gecos(), self.file(), self.vmail.read("passwd.a.test")), before)


class Fields(Profile):
    def test_each_is_set_shown_and_taken_away(self):
        for name, value in PROFILE.items():
            value = value.replace(",", "")
            self.set(f"{name}={value}")
            self.assertEqual(self.shown()[name], value)
            self.set(f"{name}=")
            self.assertNotIn(name, self.shown())
        self.assertIsNone(self.file())

    def test_classic_ones_lie_in_passwd_and_the_rest_in_a_file_of_the_accounts(self):
        self.set(*(f"{name}={value}" for name, value in PROFILE.items() if name != "display-name"))
        self.assertEqual(self.gecos(), "Joe Test,B 12,+49 1,+49 3")
        self.assertEqual(self.file(), "first-name = Jos\u00e9\nlast-name = Example\ntitle = Head of = it\n"
                         "mobile = +49 2\npager = 4\nfax = +49 5\n")
        self.assertEqual(os.stat(os.path.join(self.vmail.spool, "files", "a.test", "joe.profile")).st_mode & 0o777, 0o600)

    def test_what_linuxconf_left_in_gecos_is_shown_and_kept(self):
        lines = self.vmail.read("passwd.a.test").decode().replace("Joe Test", "Joe X,Room 1,2,3,more,still")
        self.vmail.write("passwd.a.test", lines)
        shown = self.shown()
        self.assertEqual([shown[n] for n in ("name", "office", "phone", "home-phone")], ["Joe X", "Room 1", "2", "3"])
        self.set("phone=9", "name=Joe Y")
        self.assertEqual(self.gecos(), "Joe Y,Room 1,9,3,more,still")
        self.set("office=", "phone=", "home-phone=")
        self.assertEqual(self.gecos(), "Joe Y,,,,more,still")

    def test_the_full_name_follows_first_and_last_name_where_it_was_made_of_them(self):
        self.set("name=")
        self.set("first-name=Ann")
        self.set("last-name=Example")
        self.assertEqual((self.gecos(), self.shown()["name"]), ("Ann Example", "Ann Example"))
        self.set("last-name=Other")
        self.assertEqual(self.gecos(), "Ann Other")
        self.set("name=Dr. Other")
        self.set("first-name=Anna")
        self.assertEqual(self.gecos(), "Dr. Other")

    def test_comments_and_order_of_the_file_stay(self):
        self.vmail.extra("a.test", "joe.profile", "# about joe\ntitle = Boss\n\n# reached\nfax = 1\n")
        self.set("fax=2", "pager=3")
        self.assertEqual(self.file(), "# about joe\ntitle = Boss\n\n# reached\nfax = 2\npager = 3\n")
        self.set("title=")
        self.assertEqual(self.file(), "# about joe\n\n# reached\nfax = 2\npager = 3\n")

    def test_a_broken_file_is_told_and_nothing_of_it_counts(self):
        self.vmail.extra("a.test", "joe.profile", "title = Boss\ncolour = red\n")
        got = self.ok("user", "show", "joe@a.test")
        self.assertIn("joe.profile:2: no setting is called 'colour'", got.stderr)
        self.assertNotIn(b"Boss", got.stdout)

    @needs_root
    def test_a_file_that_an_account_put_there_does_not_count_and_is_replaced(self):
        path = self.vmail.extra("a.test", "joe.profile", "title = Boss\n")
        os.chown(path, FIRST_UID + 1, GID)
        self.assertNotIn("title", self.shown())
        self.set("fax=1")
        self.assertEqual((self.file(), os.stat(path).st_uid), ("fax = 1\n", 0))

    def test_what_would_break_a_line_is_refused(self):
        for assignment in ("office=a:b", "phone=1,2", "home-phone=a\nb", "title=a\nb", "first-name=a&b", "name=a,b",
                           "fax=\x1b[m", "address=a@b@", "filter=perhaps", "forward=", "forward=|x", "forward=/x"):
            self.refused(65, "", "user", "set", "joe@a.test", "title=x", assignment)

    def test_what_turns_a_line_around_is_shown_as_its_bytes(self):
        marks = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        self.set(f"title=a{marks}b\u200d\u05d0")
        self.assertEqual(self.shown()["title"], "a" + "".join(f"\\x{byte:02x}" for byte in marks.encode()) + "b\u200d\u05d0")

    def test_they_can_be_given_with_a_new_account_and_an_old_file_is_nobodys(self):
        self.vmail.extra("a.test", "new.profile", "title = Of somebody else\n")
        self.ok("user", "add", "new@a.test", "first-name=New", "last-name=One", "office=B 1", "fax=7", "quota=5M",
                "filter=no", "forward=\\new, x@far.test", "alternative-address=fresh", "--password-stdin", input=GOOD)
        shown = self.shown("new@a.test")
        self.assertEqual([shown[n] for n in ("name", "office", "fax", "quota", "filter", "alternative-address")],
                         ["New One", "B 1", "7", "5120", "no", "fresh@a.test"])
        self.assertNotIn("title", shown)
        self.delivered("fresh@a.test", mail())
        self.assertEqual((len(self.vmail.messages("new@a.test")), len(self.vmail.sent())), (1, 1))

    def test_a_deleted_account_takes_it_along_and_brings_it_back(self):
        self.set("title=Boss")
        self.ok("user", "delete", "joe@a.test", "--yes")
        self.assertIsNone(self.file())
        self.ok("user", "restore", "joe@a.test")
        self.assertEqual(self.shown()["title"], "Boss")

    def test_a_search_finds_any_part_of_any_of_them(self):
        self.set("title=Head of Sales", "office=B 1234", "mobile=+49 555", "alternative-address=j.e")
        self.set("display-name=Ann from the shop", who="ann@b.test")
        for word, found in (("sales", ["joe@a.test"]), ("1234", ["joe@a.test"]), ("9 55", ["joe@a.test"]),
                            ("j.e", ["joe@a.test"]), ("SHOP", ["ann@b.test"]), ("test", ["joe@a.test", "ann@b.test"]),
                            ("of*es", ["joe@a.test"]), ("B 1234+49", [])):
            out = self.ok("user", "search", word).stdout.decode()
            self.assertEqual([line.split("\t")[0] for line in out.splitlines()], found, word)


    def test_check_finds_what_does_not_count(self):
        self.vmail.extra("a.test", "joe.profile", "address = x@far.test\nalternative-address = gone@a.test\n")
        self.vmail.extra("a.test", "zoe.profile", "title = x\n")
        self.vmail.extra("b.test", "ann.profile", "colour = red\n")
        got = self.v("check", "a.test", "b.test")
        for words in ("joe.profile: address: 'x@far.test' is not of this domain",
                      "joe.profile: alternative-address: a.test has no alias for it any more",
                      "zoe.profile: there is no account 'zoe'", "ann.profile:1: no setting is called 'colour'"):
            self.assertIn(words, got.stdout.decode())
        os.unlink(os.path.join(self.vmail.spool, "files", "a.test", "joe.profile"))
        os.symlink("zoe.profile", os.path.join(self.vmail.spool, "files", "a.test", "joe.profile"))
        self.assertIn("joe.profile: not root's or the owner's, or no plain file", self.v("check", "a.test").stdout.decode())


class Others(Profile):
    def test_a_filter_is_left_out_for_one_account(self):
        self.ok("domain", "set", "a.test", "filter=sed s/hello/filtered/")
        self.set("filter=no")
        self.delivered("joe@a.test", mail())
        self.set("filter=yes")
        self.delivered("joe@a.test", mail())
        bodies = [message.split(b"\n\n", 1)[1] for message in self.vmail.messages("joe@a.test")]
        self.assertEqual(bodies, [b"hello\n", b"filtered\n"])
        self.assertIsNone(self.file("joe.filter"))

    def test_a_forward_is_what_user_forward_makes(self):
        self.set("forward=x@far.test y@far.test")
        self.assertEqual(self.file("joe.forward"), "x@far.test\ny@far.test\n")
        self.assertIn("x@far.test, y@far.test", self.shown()["forward"])
        self.set("forward=\\joe,x@far.test")
        self.assertEqual(self.file("joe.forward"), "\\joe\nx@far.test\n")
        self.set("forward=off")
        self.assertEqual((self.file("joe.forward"), "forward" in self.shown()), (None, False))

    def test_an_alternative_address_is_an_alias_of_the_domain(self):
        self.vmail.write("aliases.a.test", "# ours\ninfo: joe, x@far.test\n")
        self.set("alternative-address=Joe.Example@A.test")
        self.assertEqual(self.vmail.read("aliases.a.test"), b"# ours\ninfo: joe, x@far.test\nJoe.Example: joe\n")
        self.assertEqual(self.shown()["alternative-address"], "Joe.Example@a.test")
        self.set("alternative-address=je")
        self.assertEqual(self.vmail.read("aliases.a.test"), b"# ours\ninfo: joe, x@far.test\nje: joe\n")
        self.set("alternative-address=je@a.test", "fax=1")
        self.set("alternative-address=")
        self.assertEqual(self.vmail.read("aliases.a.test"), b"# ours\ninfo: joe, x@far.test\n")
        self.assertEqual(self.file(), "fax = 1\n")

    def test_an_alternative_address_takes_nobodys_mail(self):
        self.vmail.write("aliases.a.test", "info: joe, x@far.test\n")
        self.ok("user", "add", "bob@a.test", "--password-stdin", input=GOOD)
        self.vmail.write("aliases.a.test", "info: joe, x@far.test\npress: joe\n")
        for status, words, value in ((73, "an alias 'info'", "info"), (73, "an alias 'press'", "press"),
                                     (73, "postmaster is the domain's", "postmaster"), (73, "an account 'bob'", "bob"),
                                     (65, "is no address of a.test", "x@b.test"), (65, "is no address", "x@far.test")):
            self.refused(status, words, "user", "set", "joe@a.test", "fax=1", f"alternative-address={value}")

    def test_an_alternative_address_goes_with_its_account_and_comes_back_with_it(self):
        self.set("alternative-address=je")
        self.assertIn("the alias je@a.test names it", self.ok("user", "delete", "joe@a.test", "--yes").stderr)
        self.assertEqual(self.vmail.read("aliases.a.test"), b"")
        self.ok("user", "restore", "joe@a.test")
        self.assertEqual(self.vmail.read("aliases.a.test"), b"je: joe\n")
        self.ok("user", "delete", "joe@a.test", "--yes")
        self.ok("alias", "add", "je@a.test", "x@far.test")
        self.assertIn("je@a.test does not come back", self.ok("user", "restore", "joe@a.test").stderr)
        self.assertEqual(self.vmail.read("aliases.a.test"), b"je: x@far.test\n")

    def test_an_alias_that_leads_elsewhere_by_now_stays(self):
        self.set("alternative-address=je")
        self.vmail.write("aliases.a.test", "je: joe, x@far.test\n")
        self.set("alternative-address=")
        self.assertEqual(self.vmail.read("aliases.a.test"), b"je: joe, x@far.test\n")


class Address(Profile):
    """The From of automatic answers."""
    def senders(self, count=1):
        return [str(message["From"]) for _, message in self.sent(count)]

    def test_a_vacation_comes_from_the_login_without_one(self):
        self.on()
        self.answers()
        self.assertEqual(self.senders(), ["Joe Test <joe@a.test>"])

    def test_a_vacation_comes_from_the_address_and_the_name_of_the_profile(self):
        for home in (False, True):
            with self.subTest(home=home):
                before = len(self.vmail.sent())
                self.on(home=home)
                self.set("address=Joe.Example@a.test", "display-name=The Boss")
                self.answers(sender=f"ann{home}@far.test")
                self.assertEqual(self.senders(before + 1)[-1], "The Boss <Joe.Example@a.test>")
                os.unlink(self.index)

    def test_an_autoresponder_of_an_account_comes_from_it_too(self):
        self.auto("joe@a.test", "Subject: x\n\nhello\n")
        self.set("address=office")
        self.answers()
        self.assertEqual(self.senders(), ["office@a.test"])

    def test_the_text_may_name_it(self):
        self.on("From: Office <office@a.test>\nSubject: away\n\nI am away.\n")
        self.set("address=office")
        self.answers()
        self.assertEqual(self.senders(), ["Office <office@a.test>"])

    def test_an_address_of_another_domain_is_refused_and_not_sent(self):
        self.refused(65, "is no address of a.test", "user", "set", "joe@a.test", "address=joe@far.test")
        self.on()
        self.vmail.extra("a.test", "joe.profile", "address = joe@b.test\ndisplay-name = J\n")
        self.answers()
        self.assertEqual(self.senders(), ["J <joe@a.test>"])

    def test_a_broken_profile_keeps_nobody_from_an_answer(self):
        self.on()
        self.vmail.extra("a.test", "joe.profile", "address = office@a.test\nnonsense\n")
        self.answers()
        self.assertEqual(self.senders(), ["Joe Test <joe@a.test>"])

    def test_what_lies_in_its_place_is_neither_followed_nor_waited_for(self):
        self.on()
        path = self.vmail.extra("a.test", "joe.profile", "")
        secret = self.vmail.write("secret", "address = secret@a.test\n")
        def fifo():
            os.mkfifo(path)
        for lay in (lambda: os.symlink(secret, path), lambda: os.link(secret, path), fifo, lambda: os.mkdir(path)):
            os.path.lexists(path) and os.unlink(path)
            lay()
            before = len(self.vmail.sent())
            self.answers(sender=f"x{before}@far.test")
            self.assertEqual(self.senders(before + 1)[-1], "Joe Test <joe@a.test>")

    def test_no_name_can_write_a_header(self):
        self.on()
        self.vmail.extra("a.test", "joe.profile", b"display-name = J\rBcc: x@far.test\x00\naddress = a@a.test\n")
        self.answers()
        self.assertEqual([message["Bcc"] for _, message in self.sent()], [None])


if __name__ == "__main__":
    main()
