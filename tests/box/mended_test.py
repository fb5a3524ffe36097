#!/usr/bin/env python3
"""mended_test.py: what once went wrong in vdeliver, and must not again."""
import array
import fcntl
import resource
import shutil
import signal
import termios

from harness import *
from delivery import Delivery


class HandedOn(Delivery):
    def test_who_is_unknown_behind_a_fallback_is_not_handed_on_to_meet_it_again(self):
        self.vmail.domain("f.test", {"fallback": "team"}, accounts=["ann"],
                          aliases="team: ann, nobody1, nobody2\n")
        got = self.vmail.deliver("unknown@f.test")
        self.assertEqual(got.status, 67, got)
        self.assertEqual(self.vmail.sent(), [])

    def test_an_address_whose_extension_is_being_expanded_is_not_handed_on(self):
        self.vmail.domain("f.test", accounts=["eve", "ann"], aliases="eve: eve, ann\n")
        self.vmail.deliver("ann@f.test")
        os.symlink("/nowhere", self.vmail.inbox("eve@f.test"))
        got = self.vmail.deliver("eve+extension@f.test")
        self.assertEqual(got.status, 75, got)
        self.assertEqual(self.vmail.sent(), [])


class Installations(Delivery):
    def test_a_directory_without_settings_and_domains_makes_nobody_unknown(self):
        empty = os.path.join(self.vmail.scratch, "empty")
        os.mkdir(empty, 0o755)
        got = run("vdeliver", "-C", empty, "joe@a.test", input=b"x")
        self.assertEqual((got.status, got.stderr),
                         (75, f"4.3.5 {empty} has neither vmail.conf nor a domain: "
                              "is it mounted?\n"))

    def test_a_quoted_local_part_with_an_at_sign_belongs_to_the_domain_of_d(self):
        self.vmail.write("aliases.a.test", '"a@b": joe\n')
        got = self.vmail.run("vdeliver", "-n", "-d", "a.test", '"a@b"')
        self.assertEqual(got.status, 0, got)

    def test_brackets_that_nothing_opens_are_a_syntax_error(self):
        for member in "joe)", "joe>", "joe;x":
            self.vmail.write("aliases.a.test", f"x: {member}\n")
            got = self.vmail.deliver("x@a.test")
            self.assertEqual(got.status, 75, got)
            self.assertIn("aliases.a.test:1: ", got.stderr)

    @needs_root
    def test_a_spool_that_others_can_write_to_or_own_is_refused(self):
        self.vmail.deliver("joe@a.test")
        for change in (lambda: os.chmod(self.vmail.spool, 0o777),
                       lambda: os.chown(self.vmail.spool, 60001, 60000)):
            change()
            got = self.vmail.deliver("joe@a.test")
            self.assertEqual(got.status, 75, got)
            self.assertIn(self.vmail.spool, got.stderr)
            os.chmod(self.vmail.spool, 0o755)
            os.chown(self.vmail.spool, 0, 0)
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)

    @needs_root
    def test_the_way_to_an_inbox_below_the_homes_keeps_its_mode(self):
        self.vmail.domain("h.test", {"gid": GID, "inbox": self.vmail.homes + "/%d/home/%u/Maildir/"},
                          accounts=["joe"])
        way = os.path.join(self.vmail.homes, "h.test")
        os.chmod(way, 0o755)
        os.chmod(os.path.join(way, "home"), 0o755)
        got = self.vmail.deliver("joe@h.test")
        self.assertEqual(got.status, 0, got)
        for path in way, os.path.join(way, "home"):
            self.assertEqual(os.stat(path).st_mode & 0o7777, 0o755, path)


class Hostname(Delivery):
    def test_a_host_name_with_anything_else_in_it_is_no_setting(self):
        for name in ("ho\rst.test", "host name", "<host>", "a..b", "-f", "x" * 70, "h\xf6st"):
            with self.subTest(name):
                self.vmail.set(hostname=name)
                self.refused(75, "vmail.conf:2: hostname: '.*' is no host name", "joe@a.test")
        for name in ("host", "Mail-1.Example.TEST", "under_score.test"):
            self.vmail.set(hostname=name)
            self.delivered("joe@a.test")


class Late(Delivery):
    def test_nothing_is_begun_when_the_delivery_timeout_is_over(self):
        names = [f"u{i}" for i in range(60)]
        self.vmail.domain("f.test", accounts=names)
        self.vmail.write("aliases.f.test", 'slow: "|sleep 600"\nlast: "|cat > /dev/null"\n')
        for limit in growing(1):
            self.vmail.set(delivery_timeout=f"{limit}s")
            got = self.vmail.deliver(["slow@f.test", *(f"{n}@f.test" for n in names), "last@f.test"])
            if got.stderr.count("delivery-timeout was over before this was begun") == 61:
                break                           # "slow" was begun, and no other
        self.assertEqual(got.status, 75, got)
        self.assertEqual(got.stderr.count("delivery-timeout was over before this was begun"), 61, got)
        self.assertEqual(got.log.count("was over before this was begun"), 61, got)
        for name in names:
            self.assertFalse(os.path.exists(self.vmail.inbox(f"{name}@f.test")))


class Filters(Delivery):
    def test_an_account_of_a_domain_that_vadmin_made_is_filtered(self):
        owner = [] if ROOT else [f"owner={os.getuid()}:{os.getgid()}"]
        for arguments in (["domain", "add", "v.test", *owner], ["user", "add", "ann@v.test", "--password-stdin"],
                          ["domain", "set", "v.test", "filter=echo X-Filter: yes; cat"]):
            got = self.vmail.run("vadmin", *arguments, input=b"a-good-long-password\n")
            self.assertEqual(got.status, 0, got)
        files = os.path.join(self.vmail.spool, "files", "v.test")
        self.assertEqual(os.stat(files).st_mode & 0o7777, 0o3770 if ROOT else 0o700)
        self.delivered("ann@v.test")
        self.assertIn(b"X-Filter: yes\n", self.last("ann@v.test"))
        self.vmail.extra("v.test", "ann.filter", "no\n", mode=0o644)
        self.delivered("ann@v.test")
        self.assertNotIn(b"X-Filter: yes\n", self.last("ann@v.test"))


class Spool(Delivery):
    @only_where(not ROOT)
    def test_a_long_message_for_several_needs_no_right_to_what_the_domains_lie_in(self):
        self.vmail.domain("f.test", accounts=["ann", "eve"], aliases="team: ann, eve\n")
        self.assertEqual(self.vmail.deliver("ann@f.test").status, 0)
        os.chmod(self.vmail.spool, 0o555)
        self.addCleanup(os.chmod, self.vmail.spool, 0o755)
        body = b"Subject: long\n\n" + b"0123456789abcde\n" * 40000
        got = self.vmail.deliver("team@f.test", body)
        self.assertEqual(got.status, 0, got)
        for who in ("ann@f.test", "eve@f.test"):
            self.assertTrue(self.vmail.messages(who)[-1].endswith(body))


class Includes(Delivery):
    @needs_root
    def test_a_link_in_a_users_directory_leads_to_nothing_of_anybody_else(self):
        home = self.vmail.home("joe@a.test")
        uid = os.stat(home).st_uid
        secret = os.path.join(self.vmail.scratch, "private")
        os.mkdir(secret, 0o700)
        with open(os.path.join(secret, "club"), "w") as f:
            f.write("topsecret\n")
        os.chown(os.path.join(secret, "club"), uid + 1, GID)
        os.chown(secret, uid + 1, GID)
        os.symlink(secret, os.path.join(home, "lists"))
        os.lchown(os.path.join(home, "lists"), uid, GID)
        self.vmail.write("aliases.a.test", f"club: :include:{home}/lists/club\n")
        got = self.vmail.deliver("club@a.test")
        self.assertEqual(got.status, 75, got)
        self.assertNotIn("topsecret", got.stderr + got.log)

    @needs_root
    def test_the_whole_call_has_one_deadline_and_foreign_lists_are_within_it(self):
        home = self.vmail.home("joe@a.test")
        big = os.path.join(home, "big")
        with open(big, "w") as f:
            f.truncate(800 << 30)
        os.chown(big, os.stat(home).st_uid, GID)
        self.vmail.write("aliases.a.test", f"club: :include:{big}\n")
        self.vmail.set(delivery_timeout="1s")
        begin = time.monotonic()
        got = self.vmail.deliver("club@a.test")
        self.assertEqual(got.status, 75, got)
        self.assertLess(time.monotonic() - begin, CUT)


def unread(pipe):
    """How many bytes of what was written nobody has read."""
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


class Signals(Delivery):
    def test_real_time_signals_do_not_end_it(self):
        for number in signal.SIGRTMIN, signal.SIGRTMAX:
            process = subprocess.Popen([program("vdeliver"), "-C", self.vmail.dir, "joe@a.test"],
                                       stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                                       env=environment())
            process.stdin.write(b"Subject: x\n")
            process.stdin.flush()
            eventually(lambda: unread(process.stdin) == 0, "somebody who reads")
            process.send_signal(number)
            process.communicate(timeout=DEADLINE)
            self.assertEqual(process.returncode, 0)

    @only_where(not is_sanitized())
    def test_a_chain_of_aliases_as_long_as_allowed_never_ends_in_a_signal(self):
        self.vmail.set(max_alias_depth=1000)
        self.vmail.write("aliases.a.test", "".join(f"a{i}: a{i + 1}\n" for i in range(995)))
        small = lambda: resource.setrlimit(resource.RLIMIT_STACK, (256 << 10, 256 << 10))
        got = run("vdeliver", "-C", self.vmail.dir, "a0@a.test", input=b"x", preexec_fn=small)
        self.assertIn(got.status, (67, 75), got)


if __name__ == "__main__":
    main()
