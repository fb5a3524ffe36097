#!/usr/bin/python3
"""Domain aliases, international names, copied old files, broken lines and broken domains."""
from resolving import *

JOE, ANN, BOB = "mailbox joe@a.test", "mailbox ann@a.test", "mailbox bob@b.test"


class DomainAlias(Resolving):
    def link(self, name, to):
        os.symlink(to, os.path.join(self.vmail.dir, f"domain.{name}"))

    def test_everything_of_the_domain_holds_for_it(self):
        self.link("c.test", "domain.a.test")
        self.aliases("list: joe, ann\n")
        self.change(fallback="bob@b.test")
        self.leads("joe@c.test", JOE)
        self.leads("list@C.Test", JOE, ANN)
        self.leads("nobody@c.test", BOB)

    def test_the_target_has_the_real_domain_s_name(self):
        self.link("c.test", "domain.a.test")
        self.assertEqual(self.plan("joe@c.test").ways, [["joe@a.test account ETC/passwd.a.test:1"]])

    def test_files_of_its_own_name_do_not_count(self):
        self.link("c.test", "domain.a.test")
        self.vmail.write("aliases.c.test", "joe: ann\n")
        self.vmail.write("passwd.c.test", "sue:x:60001:60000:S:/h:/s\n")
        self.leads("joe@c.test", JOE)
        self.unknown("sue@c.test", "sue@a.test")

    def test_a_chain_of_them_leads_to_the_domain(self):
        self.link("c.test", "domain.d.test")
        self.link("d.test", "domain.e.test")
        self.link("e.test", "domain.a.test")
        self.leads("joe@c.test", JOE)

    def test_a_chain_of_20_is_allowed_and_one_of_50_is_taken_for_a_circle(self):
        for i in range(50):
            self.link(f"c{i}.test", f"domain.c{i + 1}.test" if i < 49 else "domain.a.test")
        self.leads("joe@c30.test", JOE)
        self.waits("joe@c0.test", "ETC/domain.c0.test: the links go round in circles", code="4.3.0")

    def test_a_link_to_itself_is_temporary(self):
        self.link("c.test", "domain.c.test")
        self.waits("joe@c.test", "ETC/domain.c.test: the links go round in circles", code="4.3.0")

    def test_two_links_to_each_other_are_temporary(self):
        self.link("c.test", "domain.d.test")
        self.link("d.test", "domain.c.test")
        self.waits("joe@c.test", "ETC/domain.c.test: the links go round in circles", code="4.3.0")

    def test_a_link_to_no_domain_is_temporary(self):
        self.link("c.test", "domain.d.test")
        self.waits("joe@c.test", "ETC/domain.c.test: leads to d.test, which is no domain", code="4.3.0")

    def test_a_link_to_something_else_is_temporary_and_not_followed(self):
        for i, to in enumerate(("vmail.conf", "/etc/passwd", "../etc/domain.a.test", "./domain.a.test",
                                "domain.A.test", "domain.../x", "domain.", "passwd.a.test")):
            self.link(f"c{i}.test", to)
            self.waits(f"joe@c{i}.test", f"ETC/domain.c{i}.test: a domain alias is a link to domain.NAME"
                                         f" beside it, not to '{to}'", code="4.3.0")

    def test_a_link_to_a_domain_that_has_passwd_alone(self):
        os.rename(os.path.join(self.vmail.dir, "domain.b.test"), os.path.join(self.vmail.dir, "kept"))
        self.link("c.test", "domain.b.test")
        plan = self.plan("nobody@c.test")
        if plan.status != 75:               # without root its group may be none of ours
            self.assertEqual(plan.stderr, "5.1.1 unknown user nobody@b.test\n")
        self.assertNotIn("no domain", plan.stderr)

    def test_files_is_no_domain_alias_either(self):
        self.link("files", "domain.a.test")
        self.fails("joe@files", 68, "5.1.2 unknown domain files")

    def test_a_member_s_domain_may_be_one(self):
        self.link("c.test", "domain.b.test")
        self.aliases("x: bob@c.test, bob@b.test\n")
        self.leads("x@a.test", BOB)


class International(Resolving):
    U, A = "b\u00fccher.test", "xn--bcher-kva.test"

    def setUp(self):
        super().setUp()
        self.vmail.domain(self.A, accounts=["sue"])
        self.sue = f"mailbox sue@{self.A}"

    def test_a_recipient_in_letters(self):
        self.leads(f"sue@{self.U}", self.sue)

    def test_a_recipient_in_letters_of_another_case(self):
        self.leads("sue@B\u00dcCHER.test.", self.sue)

    def test_a_recipient_in_ascii(self):
        self.leads(f"sue@{self.A.upper()}", self.sue)

    def test_a_member_of_an_alias(self):
        self.aliases(f"x: sue@{self.U}, who@f\u00e4r.test\n")
        self.leads("x@a.test", self.sue, "remote who@xn--fr-via.test")

    def test_a_member_that_stands_there_in_both_forms_is_one(self):
        self.aliases(f"x: sue@{self.U}, sue@{self.A}\n")
        self.leads("x@a.test", self.sue)

    def test_a_fallback_in_letters(self):
        self.change(fallback=f"@{self.U}")
        self.leads("sue@a.test", self.sue)

    def test_a_fallback_to_an_address_in_letters(self):
        self.change(fallback=f"sue@{self.U}")
        self.leads("nobody@a.test", self.sue)

    def test_a_main_domain_in_letters(self):
        self.vmail.set(main_domain=self.U)
        self.aliases("postmaster: sue\n", self.A)
        self.leads("postmaster@a.test", self.sue)

    def test_a_local_part_in_letters(self):
        self.accounts("j\u00fcrgen:x:60001:60000:J:/h:/s", domain=self.A)
        self.leads(f"J\u00fcrgen@{self.U}", f"mailbox j\u00fcrgen@{self.A}")

    def test_a_domain_in_letters_that_is_not_ours_is_unknown(self):
        self.fails("joe@f\u00e4r.test", 68, "5.1.2 unknown domain xn--fr-via.test")

    def test_letters_that_can_be_no_domain_are_unknown(self):
        for name in "b\u00fc cher.test", "\u00fc" * 70 + ".test", "-\u00fc.test", "a\u2028b.test":
            plan = self.plan(f"joe@{name}")
            self.assertEqual(plan.status, 68, plan)
            self.assertRegex(plan.stderr, r"^5\.1\.2 unknown domain ")

    def test_bytes_that_are_no_letters_are_unknown(self):
        self.assertEqual(self.plan("joe@b\udcfccher.test").status, 68)

    def test_a_member_that_can_be_no_domain_is_left_to_the_mta(self):
        self.aliases("x: joe, who@-\u00fc.test\n")
        plan = self.plan("x@a.test")
        self.assertEqual((plan.status, plan.targets[0]), (0, JOE), plan)


class OldFiles(BoxTest):
    """Linuxconf's files: no vmail.conf, no domain.D."""
    def setUp(self):
        self.vmail = self.installation()
        os.unlink(os.path.join(self.vmail.dir, "vmail.conf"))
        self.vmail.write("passwd.old.test", "joe:x:501:502:Joe Old,,,:/vhome/old.test/home/joe:/bin/false\n"
                         "ann:x:60002:60000::/vhome/old.test/home/ann:\n"
                         "mary:$1$x$y:60003:60000:M:/home:/bin/sh\n")
        self.vmail.write("shadow.old.test", "joe:$1$x$y:10000:0:99999:7:::\n", mode=0o600)
        self.vmail.write("aliases.old.test", "postmaster: joe\nlist: joe, ann\n")

    @needs_root
    def test_every_account_and_alias_is_served_at_its_old_place(self):
        for who in "joe", "ann", "mary":
            got = self.vmail.run("vdeliver", "-n", f"{who}@old.test")
            self.assertEqual(got.status, 0, got)
            self.assertIn(f"mailbox {who}@old.test /var/spool/vmail/old.test/{who}\n", got.stdout.decode())
        for who in "list", "postmaster":
            self.assertEqual(self.vmail.run("vdeliver", "-n", f"{who}@old.test").status, 0)

    @needs_root
    def test_who_is_not_there_is_unknown(self):
        got = self.vmail.run("vdeliver", "-n", "nobody@old.test")
        self.assertEqual((got.status, got.stderr), (67, "5.1.1 unknown user nobody@old.test\n"))

    def test_a_domain_that_is_not_there_is_unknown(self):
        got = self.vmail.run("vdeliver", "-n", "joe@other.test")
        self.assertEqual((got.status, got.stderr), (68, "5.1.2 unknown domain other.test\n"))


FIELDS = "an account's line has seven fields"
NUMBER = "user id or group id is not a number"
FORBIDDEN = "no account can have user or group id 0 or 4294967295"


def waits_with(self, line, sentence):
    """Mail for joe waits, ann and an unknown user are what they are."""
    self.vmail.write("passwd.a.test", b"# x\n\n" + line.encode() + b"\nann:x:60001:60000:A:/h:/s\n")
    self.waits("joe@a.test", f"ETC/passwd.a.test:3: {sentence}")
    self.waits("JOE@a.test", f"ETC/passwd.a.test:3: {sentence}")
    self.leads("ann@a.test", ANN)
    self.unknown("nobody@a.test")


@rows(waits_with, [
    ("an account with three fields", "joe:x:60001", FIELDS),
    ("an account with six fields", "joe:x:60001:60000:J:/h", FIELDS),
    ("an account with eight fields", "joe:x:60001:60000:J:/h:/s:", FIELDS),
    ("an account with twenty fields", "joe" + ":x" * 19, FIELDS),
    ("an account with a name alone", "joe:", FIELDS),
    ("an account with uid 0", "joe:x:0:60000:J:/h:/s", FORBIDDEN),
    ("an account with gid 0", "joe:x:60001:0:J:/h:/s", FORBIDDEN),
    ("an account with uid 4294967295", "joe:x:4294967295:60000:J:/h:/s", FORBIDDEN),
    ("an account with gid 4294967295", "joe:x:60001:4294967295:J:/h:/s", FORBIDDEN),
    ("an account with uid -1", "joe:x:-1:60000:J:/h:/s", NUMBER),
    ("an account with uid 4294967296", "joe:x:4294967296:60000:J:/h:/s", NUMBER),
    ("an account with a uid beyond 64 bits", "joe:x:18446744073709611617:60000:J:/h:/s", NUMBER),
    ("an account with an empty uid", "joe:x::60000:J:/h:/s", NUMBER),
    ("an account with an empty gid", "joe:x:60001::J:/h:/s", NUMBER),
    ("an account with a hexadecimal uid", "joe:x:0xEA61:60000:J:/h:/s", NUMBER),
    ("an account with a blank in its uid", "joe:x: 60001:60000:J:/h:/s", NUMBER),
    ("an account with a sign in its uid", "joe:x:+60001:60000:J:/h:/s", NUMBER),
    ("an account with a NUL byte in its line", "joe:x:60001:60000:J\0:/h:/s", "a NUL byte is in the line"),
    ("a second, good line of a broken account does not count",
     "joe:x:0:0:J:/h:/s\njoe:x:60001:60000:J:/h:/s", FORBIDDEN),
])
class Accounts(Resolving):
    def passwd(self, text):
        self.vmail.write("passwd.a.test", text)

    def test_what_is_no_line_of_an_account_hurts_nobody(self):
        for line in ("#joe:x:60001:60000:J:/h:/s", "", "   ", "garbage", ":x:60001:60000:J:/h:/s",
                     "../x:x:60001:60000:J:/h:/s", "+::::::", "-joe:x:60001:60000:J:/h:/s", "\0"):
            self.passwd(f"{line}\njoe:x:60001:60000:J:/h:/s\n")
            self.leads("joe@a.test", JOE)

    def test_a_line_that_is_skipped_is_a_warning_with_file_and_line(self):
        self.passwd("\ngarbage\njoe:x:60001:60000:J:/h:/s\n")
        plan = self.leads("joe@a.test", JOE)
        self.assertIn("ETC/passwd.a.test:2: skipped: an account's line has seven fields", plan.log)

    def test_of_two_lines_of_one_account_the_first_counts(self):
        self.passwd("joe:x:60001:60000:J:/h:/s\nJoe:x:60002:60000:J:/h:/s\n")
        self.assertEqual(self.leads("joe@a.test", JOE).ways[0][0], "joe@a.test account ETC/passwd.a.test:1")

    def test_crlf_a_byte_order_mark_and_no_last_newline_do_no_harm(self):
        self.passwd("\ufeffjoe:x:60001:60000:J:/h:/s\r\nann:x:60002:60000:A:/h:/s")
        self.leads("joe@a.test", JOE)
        self.leads("ann@a.test", ANN)

    def test_any_password_gecos_home_and_shell_will_do(self):
        for line in ("joe:*:60001:60000::/h:", "joe:!!:60001:60000:,,,:/h:/nowhere", "joe::60001:60000:J:..:",
                     "joe:$y$j9T$x:60001:60000:\u00e4\u00f6:relative:/s", "joe:x:1:1:J:/h:/s"):
            self.passwd(line + "\n")
            self.leads("joe@a.test", JOE)

    def test_a_line_of_ten_megabytes_hurts_that_account_alone(self):
        self.passwd("joe:x:60001:60000:" + "J" * 10_000_000 + ":/h:/s\nann:x:60001:60000:A:/h:/s\n")
        self.assertEqual(self.plan("joe@a.test").status, 75)
        self.leads("ann@a.test", ANN)

    def test_the_last_of_100000_accounts_is_found(self):
        self.passwd("".join(f"u{i}:x:{i + 1}:60000::/h:/s\n" for i in range(100000)))
        self.leads("u99999@a.test", "mailbox u99999@a.test")
        self.unknown("u100000@a.test")

    def test_an_empty_file_has_no_accounts(self):
        self.passwd("")
        self.unknown("joe@a.test")

    def test_what_is_no_plain_file_is_temporary_for_everybody(self):
        path = os.path.join(self.vmail.dir, "passwd.a.test")
        for make in os.mkdir, os.mkfifo, lambda p: os.symlink("/nowhere", p), \
                lambda p: os.symlink("passwd.a.test", p):
            os.rmdir(path) if os.path.isdir(path) else os.unlink(path)
            make(path)
            for who in "joe", "nobody":
                plan = self.plan(f"{who}@a.test")
                self.assertEqual(plan.status, 75, plan)


class OtherDomains(Resolving):
    """One domain that is broken in every way, and one that is not."""
    def test_a_broken_domain_does_not_hurt_the_others(self):
        def directory(path):
            os.unlink(path)
            os.mkdir(path)
        for name, damage in [
                ("domain.a.test", lambda p: self.vmail.write(os.path.basename(p), "nonsense = 1\n")),
                ("passwd.a.test", os.unlink),
                ("passwd.a.test", directory),
                ("domain.a.test", directory),
                ("aliases.a.test", directory)]:
            self.vmail.domain("a.test", accounts=["joe"], aliases="x: joe\n")
            damage(os.path.join(self.vmail.dir, name))
            self.assertEqual(self.plan("joe@a.test").status, 75, name)
            self.leads("bob@b.test", BOB)
            plan = self.plan("joe@a.test", "bob@b.test")
            self.assertEqual((plan.status, plan.targets[-1]), (75, BOB), plan)
            path = os.path.join(self.vmail.dir, name)
            if os.path.isdir(path):
                os.rmdir(path)

    def test_a_member_in_a_broken_domain_is_left_to_the_mta_and_the_others_stand(self):
        self.vmail.write("domain.a.test", "nonsense = 1\n")
        self.aliases("x: bob, joe@a.test\n", "b.test")
        plan = self.plan("x@b.test")
        self.assertEqual((plan.status, plan.targets[0]), (0, BOB), plan)
        self.assertIn("ETC/domain.a.test:1: no setting is called 'nonsense'", plan.targets[1])

    def test_alone_it_is_temporary(self):
        self.vmail.write("domain.a.test", "nonsense = 1\n")
        self.aliases("x: joe@a.test\n", "b.test")
        self.waits("x@b.test", "ETC/domain.a.test:1: no setting is called 'nonsense'")


if __name__ == "__main__":
    main()
