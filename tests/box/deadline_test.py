#!/usr/bin/python3
"""Whatever hangs ends within its limit: 75 from vdeliver, 4xx from vlmtpd; and the next mail arrives.

Each wait has its own setting, and delivery-timeout, which cuts all of them.  VMAIL_HANGS=all: each
of the two with each of the programs.
"""
import fcntl
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/fault")
import harness
from faults import *

ON_ITS_OWN = {"command-timeout": "1s", "lock-timeout": "1s"}
ALL = {"delivery-timeout": "1s", "command-timeout": "60s", "lock-timeout": "60s"}
PAIRS = [(by_vdeliver, ON_ITS_OWN), (by_vlmtpd, ALL)]
if os.environ.get("VMAIL_HANGS"):
    PAIRS += [(by_vdeliver, ALL), (by_vlmtpd, ON_ITS_OWN)]
HANGS = "trap '' TERM INT HUP; while :; do sleep 60; done"


def hangs(self, to, prepare):
    for face, limits in PAIRS:
        with self.subTest(f"{face.__name__}, {' '.join(limits)}"):
            self.fresh()
            release = prepare(self)
            self.limit(limits)
            start = time.monotonic()
            got = face(self.vmail, to, b"S: x\n\nhello\n")
            took = time.monotonic() - start
            self.assertFalse(got.done, got)
            self.assertEqual(got.wrong, [])
            if face is by_vdeliver:
                self.assertEqual(got.status, 75, got)
            else:
                self.assertTrue(any(reply and reply[0] == "4" for reply in got.replies), got)
            self.assertGreater(took, 0.8, "it did not wait at all")
            self.assertLess(took, CUT)
            self.assertEqual(self.vmail.messages("joe@a.test"), self.before)
            release()
            self.limit(dict.fromkeys(limits))
            self.assertTrue(face(self.vmail, "joe@a.test", b"S: next\n\n").done)
            self.assertTrue(face(self.vmail, "ann@b.test", b"S: next\n\n").done)


def nothing():
    pass


def a_filter(self):
    self.change_domain(filter=self.script(HANGS))
    return lambda: self.change_domain(filter="cat")


def a_command(self):
    self.vmail.write("aliases.a.test", f'run: "|{self.script(HANGS)}"\n')
    return nothing


def a_command_s_grandchild(self):
    self.vmail.write("aliases.a.test", f'run: "|{self.script(HANGS)} & wait"\n')
    return nothing


def sendmail(self):
    self.vmail.write("aliases.a.test", "list: who@far.test\n")
    self.vmail.set(sendmail=self.script(HANGS))
    return nothing


def kernel_lock(self):
    f = open(self.inbox, "r+b")
    fcntl.lockf(f, fcntl.LOCK_EX)
    return f.close


def lock_file(self):
    self.put(self.inbox + ".lock", b"%d %s\n" % (os.getpid(), socket.gethostname().encode()))
    return lambda: os.unlink(self.inbox + ".lock")


def queue(self):
    f = open(os.path.join(os.path.dirname(self.inbox), ".joe.queue"), "r+b")
    fcntl.lockf(f, fcntl.LOCK_EX)
    return f.close


def vidn(self):
    """The converter of domain names: ours is beside a copy of the programs."""
    place = self.vmail._directory("programs")
    for name in ("vdeliver", "vlmtpd"):
        shutil.copy(os.path.join(BIN, name), place)
    shutil.copy(self.script(HANGS), os.path.join(place, "vidn"))
    own = harness.BIN
    harness.BIN = place

    def release():
        harness.BIN = own
    return release


@rows(hangs, [
    ("a filter", "joe@a.test", a_filter),
    ("a command", "run@a.test", a_command),
    ("what a command started", "run@a.test", a_command_s_grandchild),
    ("sendmail", "list@a.test", sendmail),
    ("a program that holds the mbox's kernel lock", "joe@a.test", kernel_lock),
    ("a program that holds the mbox's lock file", "joe@a.test", lock_file),
    ("a program that holds our queue", "joe@a.test", queue),
])
class Hanging(Delivery):
    def fresh(self):
        self.vmail = self.installation()
        self.vmail.domain("a.test", accounts=["joe"])
        self.vmail.domain("b.test", {"mailbox": "maildir"}, accounts=["ann"])
        self.inbox = self.vmail.inbox("joe@a.test")
        self.delivered("joe@a.test", b"S: old\n\n")
        self.before = self.vmail.messages("joe@a.test")

    def setUp(self):
        BoxTest.setUp(self)

    def limit(self, limits):
        self.vmail.set(**{name.replace("-", "_"): value for name, value in limits.items()})

    def script(self, text):
        path = self.vmail.write("hang", f"#!/bin/sh\n{text}\n", 0o755)
        return path

    def change_domain(self, **settings):
        text = self.vmail.read("domain.a.test").decode()
        text = "".join(line + "\n" for line in text.splitlines() if line.split(" ")[0] not in settings)
        self.vmail.write("domain.a.test", text + lines_of(settings))

    def test_the_program_that_converts_domain_names(self):
        """Its limit is its own; a name that cannot be converted waits."""
        self.fresh()
        self.limit(ALL)
        release = vidn(self)
        self.addCleanup(release)
        start = time.monotonic()
        got = run("vdeliver", "-C", self.vmail.dir, "joe@b\u00fccher.test", input=b"S: x\n\n")
        self.assertEqual(got.status, 75, got)
        self.assertLess(time.monotonic() - start, CUT)

    def test_a_list_whose_members_take_too_long_waits_as_a_whole(self):
        self.fresh()
        self.vmail.write("aliases.a.test", "first: who@b\u00fccher.test, joe\nlast: joe, who@b\u00fccher.test\n")
        self.limit(ALL)
        self.addCleanup(vidn(self))
        plans = {}                          # no time is left for joe, or for the .forward of joe
        together([lambda who=who: plans.update({who: self.vmail.run("vdeliver", "-n", f"{who}@a.test")})
                  for who in ("first", "last")])
        for who, got in plans.items():
            self.assertEqual(got.status, 75, got)
            self.assertRegex(got.stdout.decode(), rf"\A{who}@a.test\n  failure 4\.3\.0 delivery-timeout was over .*\n\Z")

    def test_a_client_of_vlmtpd_that_says_nothing_more(self):
        self.fresh()
        self.limit({"idle-timeout": "1s"})
        session = SESSION % b"joe@a.test"
        for said in (b"", b"LHLO x\r\n", session[:session.index(b"DATA")], session[:-3]):
            client, server = socket.socketpair()
            with server:
                process = self.vmail.start("vlmtpd", stdin=server, stdout=server)
            lmtp = Lmtp(client, process)
            start = time.monotonic()
            lmtp.send(said)
            last = lmtp.rest().split(b"\r\n")[-2]
            self.assertRegex(last, rb"^421 4\.")
            self.assertEqual(process.wait(), 0)
            self.assertLess(time.monotonic() - start, CUT)
            lmtp.close()
        self.assertEqual(self.vmail.messages("joe@a.test"), self.before)


if __name__ == "__main__":
    main()
