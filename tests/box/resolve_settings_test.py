#!/usr/bin/python3
"""Mistakes in vmail.conf and domain.D: the mail waits, and the sentence has file and line."""
from resolving import *

JOE, BOB = "mailbox joe@a.test", "mailbox bob@b.test"


def waits_for_everybody(self, lines, sentence):
    """vmail.conf with these lines behind its own, which end in line 7, or in 8 with index-from."""
    sentence = re.sub(r"^\d+(?=:)|(?<=in line )\d+", lambda line: str(int(line[0]) + INDEXED), sentence)
    path = os.path.join(self.vmail.dir, "vmail.conf")
    with open(path, "ab") as f:
        f.write(lines if isinstance(lines, bytes) else lines.encode())
    self.waits("joe@a.test", f"ETC/vmail.conf:{sentence}")
    self.waits("nobody@far.test", f"ETC/vmail.conf:{sentence}")


def waits_for_the_domain(self, lines, sentence):
    """domain.a.test with these lines behind its first one, which it has anyway."""
    first = self.vmail.read("domain.a.test")
    self.vmail.write("domain.a.test", first + (lines if isinstance(lines, bytes) else lines.encode()))
    self.waits("joe@a.test", f"ETC/domain.a.test:{sentence}")
    self.waits("nobody@a.test", f"ETC/domain.a.test:{sentence}")
    self.leads("bob@b.test", BOB)


def waits_for_the_domain_alone(self, lines, sentence):
    """domain.a.test with these lines alone."""
    self.vmail.write("domain.a.test", lines)
    waits_for_the_domain(self, "", sentence)


def is_read(self, lines):
    with open(os.path.join(self.vmail.dir, "vmail.conf"), "ab") as f:
        f.write(lines.encode())
    self.leads("joe@a.test", JOE)


SIZE = "is not a size (a number of bytes, or with k, M or G)"
TIME = "is not a time (a number of seconds, or with s, m, h or d)"


@rows(waits_for_everybody, [
    ("a name that is none", "\nmax-depth = 3\n", "9: no setting is called 'max-depth'"),
    ("a name of domain.D", "fallback = x\n", "8: no setting is called 'fallback'"),
    ("a name in upper case", "Log = mail\n", "8: no setting is called 'Log'"),
    ("a section", "[main]\n", "8: no setting is called '[main]'"),
    ("a line without =", "max-recipients 5\n", "8: 'max-recipients 5' needs '= value'"),
    ("a setting that is there twice", "max-recipients = 5\n\nmax-recipients = 6\n",
     "10: 'max-recipients' was set in line 8 already"),
    ("a comment behind a value", "max-recipients = 5 # few\n", "8: max-recipients: '5 # few' is not a number"),
    ("an empty number", "max-recipients =\n", "8: max-recipients: '' is not a number"),
    ("a number with a sign", "max-recipients = +5\n", "8: max-recipients: '+5' is not a number"),
    ("a negative number", "max-recipients = -5\n", "8: max-recipients: '-5' is not a number"),
    ("a hexadecimal number", "max-recipients = 0x5\n", "8: max-recipients: '0x5' is not a number"),
    ("a number with a fraction", "max-recipients = 5.0\n", "8: max-recipients: '5.0' is not a number"),
    ("a number beyond 64 bits", "max-recipients = 18446744073709551617\n",
     "8: max-recipients: '18446744073709551617' is not a number"),
    ("a number too small", "max-recipients = 0\n", "8: max-recipients: '0' is out of range: 1 to 10000000"),
    ("a number too large", "max-alias-depth = 1001\n", "8: max-alias-depth: '1001' is out of range: 1 to 1000"),
    ("a size with two units", "max-message-size = 1kk\n", f"8: max-message-size: '1kk' {SIZE}"),
    ("a size with another unit", "max-message-size = 1T\n", f"8: max-message-size: '1T' {SIZE}"),
    ("a size beyond 64 bits", "max-message-size = 99999999999999G\n",
     f"8: max-message-size: '99999999999999G' {SIZE}"),
    ("a time with the unit of sizes", "lock-timeout = 1k\n", f"8: lock-timeout: '1k' {TIME}"),
    ("no time at all", "delivery-timeout = 0\n", "8: delivery-timeout: '0' is out of range: 1 to 86400"),
    ("a flag that is none", "rehash = maybe\n", "8: rehash: 'maybe' is not yes or no"),
    ("a NUL byte", b"admins = jo\0e\n", "8: admins: a NUL byte is in it"),
])
@rows(waits_for_the_domain, [
    ("domain: a name that is none", "# x\nfalback = joe\n", "3: no setting is called 'falback'"),
    ("domain: a name of vmail.conf", "spool = /x\n", "2: no setting is called 'spool'"),
    ("domain: a line without =", "fallback joe\n", "2: 'fallback joe' needs '= value'"),
    ("domain: a setting that is there twice", "fallback = joe\nfallback = ann\n",
     "3: 'fallback' was set in line 2 already"),
    ("domain: a word that is none of the choices", "mailbox = dbm\n",
     "2: mailbox: 'dbm' is not one of: mbox, maildir"),
    ("domain: a flag that is none", "match-full-name = 2\n", "2: match-full-name: '2' is not yes or no"),
    ("domain: a negative limit", "inbox-limit = -1\n",
     "2: inbox-limit: '-1' is not a size (a number of kB, or with k, M or G)"),
    ("domain: a limit with two units", "inbox-limit = 1kk\n",
     "2: inbox-limit: '1kk' is not a size (a number of kB, or with k, M or G)"),
    ("domain: a uid out of range", "uid-start = 4294967295\n",
     "2: uid-start: '4294967295' is out of range: 1 to 4294967293"),
    ("domain: uid 0", "uid-start = 0\n", "2: uid-start: '0' is out of range: 1 to 4294967293"),
    ("domain: a NUL byte", b"description = a\0b\n", "2: description: a NUL byte is in it"),
])
@rows(waits_for_the_domain_alone, [
    ("domain: a group that is none", "gid = nosuch\n", "1: gid: /etc/group: nobody is called 'nosuch'"),
    ("domain: an empty owner", "owner =\n", "1: owner: not USER or USER:GROUP"),
    ("domain: group 0", "\ngid = 0\n", "2: gid: must not be 0"),
    ("domain: an owner that is none", "owner = nosuch\n", "1: owner: /etc/passwd: nobody is called 'nosuch'"),
    ("domain: root as owner", "owner = root\n", "1: owner: must not be root"),
    ("domain: uid 0 as owner", "owner = 0:8\n", "1: owner: must not be root"),
    ("domain: gid 0 as owner", "owner = 60001:0\n", "1: owner: must not be root"),
    ("domain: an owner whose group is none", "owner = 60001:nosuch\n",
     "1: owner: /etc/group: nobody is called 'nosuch'"),
])
@rows(is_read, [
    ("a comment and empty lines", "# max-recipients = x\n\n \t\n"),
    ("CRLF", "max-recipients = 5\r\nrehash = no\r\n"),
    ("no newline at the end", "max-recipients = 5"),
    ("no blanks around =", "max-recipients=5\n"),
    ("units of sizes and times", "max-message-size = 5M\nlock-timeout = 2m\nidle-timeout = 1h\n"),
    ("= in a value", "admins = a=b\n"),
    ("a list with commas and blanks", "admins = a, b c,d\n"),
])
class Mistake(Resolving):
    def test_a_setting_of_an_account_s_inbox_that_cannot_be_is_found_before_delivery(self):
        for value, sentence in [
                ("%d", "needs %u, or all accounts would share one inbox"),
                ("", "needs %u, or all accounts would share one inbox"),
                ("../%u", "must not have . or .. in it"),
                ("%d/%x/%u", "knows %d, %u and %% alone")]:
            self.vmail.domain("c.test", {"inbox": value}, accounts=["sue"])
            self.waits("sue@c.test", f"ETC/domain.c.test:2: inbox: {sentence}")

    def test_relative_paths_are_below_the_installation_s_directory(self):
        self.vmail.set(spool="../spool", homes="../homes", state="../state")
        got = run("vdeliver", "-n", "-C", self.vmail.dir, "joe@a.test", cwd="/")
        self.assertEqual(got.status, 0, got)
        self.assertIn(f"mailbox joe@a.test {self.vmail.dir}/../spool/a.test/joe\n", got.stdout.decode())
        self.assertEqual(self.vmail.deliver("joe@a.test", cwd="/").status, 0)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)

    @needs_root
    def test_an_empty_file_of_a_domain_is_all_defaults(self):
        self.vmail.write("domain.a.test", "")
        self.leads("joe@a.test", JOE)
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        st = os.stat(os.path.join(self.vmail.spool, "a.test"))
        self.assertEqual((st.st_uid, st.st_gid), (0, GID))   # popusers

    @needs_root
    def test_without_popusers_the_group_is_mail(self):
        with open("/etc/group") as f:
            groups = f.read()
        self.addCleanup(system_file, "/etc/group", groups)
        system_file("/etc/group", re.sub("(?m)^popusers:.*\n", "", groups))
        self.vmail.write("domain.a.test", "")
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        self.assertEqual(os.stat(os.path.join(self.vmail.spool, "a.test")).st_gid, 8)

    def test_a_number_sign_behind_blanks_begins_no_comment(self):
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test") + b"  # fallback = x\n")
        self.waits("joe@a.test", "ETC/domain.a.test:2: no setting is called '#'")

    def test_a_log_that_is_none_is_named_with_its_line(self):
        self.vmail.set(log="nonsense")
        self.waits("joe@a.test", "ETC/vmail.conf:7: log: 'nonsense' is neither a syslog facility nor stderr")

    def test_a_sendmail_that_is_none_is_named_with_its_line(self):
        self.vmail.set(sendmail="")
        self.waits("joe@a.test", "ETC/vmail.conf:6: sendmail: no program is named")

    def test_a_main_domain_that_can_be_none_is_named_with_its_line(self):
        self.vmail.set(main_domain="a b")
        self.waits("joe@a.test", "ETC/vmail.conf:1: main-domain: 'a b': not a domain name")

    def test_a_file_that_is_no_plain_file_is_temporary(self):
        for name in "vmail.conf", "domain.a.test":
            path = os.path.join(self.vmail.dir, name)
            for make in os.mkdir, os.mkfifo:
                os.rename(path, path + ".kept")
                make(path)
                plan = self.plan("joe@a.test")
                self.assertEqual((plan.status, "not a regular file" in plan.stderr), (75, True), plan)
                os.rmdir(path) if make is os.mkdir else os.unlink(path)
                os.rename(path + ".kept", path)

    def test_a_link_of_vmail_conf_that_leads_nowhere_is_temporary(self):
        path = os.path.join(self.vmail.dir, "vmail.conf")
        os.unlink(path)
        os.symlink("/nowhere/vmail.conf", path)
        self.assertEqual(self.plan("joe@a.test").status, 75)

    def test_a_line_of_ten_megabytes_is_an_error_and_no_crash(self):
        self.vmail.write("domain.a.test", "fallback = " + "x" * 10_000_000 + "\n")
        self.assertEqual(self.plan("joe@a.test").status, 75)
        self.leads("bob@b.test", BOB)

    def test_a_million_lines_are_read(self):
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test") + b"#\n" * 1000000 + b"x = y\n")
        self.waits("joe@a.test", "ETC/domain.a.test:1000002: no setting is called 'x'")

    def test_a_byte_order_mark_does_no_harm(self):
        self.vmail.write("domain.a.test", b"\xef\xbb\xbf" + self.vmail.read("domain.a.test"))
        self.leads("joe@a.test", JOE)

    def test_mutations_of_every_file_never_end_otherwise(self):
        """Bytes of each file are changed, doubled and taken out: joe's mail arrives or waits."""
        import random
        chance = random.Random(1)
        self.others_may_wait = True         # for "state", which a delivery alone needs not
        for name in "vmail.conf", "domain.a.test", "aliases.a.test":
            self.aliases("joe: \\joe, ann\nann: \\ann\n")
            good = self.vmail.read(name)
            for _ in range(fewer(100)):
                text, at = bytearray(good), chance.randrange(len(good))
                text[at:at + chance.randrange(3)] = bytes(chance.choices(
                    b'\0\n\r\t "#%,:;<>\\|/@()=-x9\xff', k=chance.randrange(3)))
                self.vmail.write(name, bytes(text))
                plan = self.plan("joe@a.test")
                if name != "aliases.a.test":
                    self.assertIn(plan.status, (0, 75), (bytes(text), plan))
                else:                       # another member may be somebody who is not there
                    self.assertIn(plan.status, (0, 67, 69, 75), (bytes(text), plan))
            self.vmail.write(name, good)


if __name__ == "__main__":
    main()
