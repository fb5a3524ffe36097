#!/usr/bin/python3
"""Loops of every kind with real deliveries: each ends, nobody gets anything twice, and it costs little."""
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/fault")
from faults import *

CPU, MEMORY = 1.0, 32 * 1024                # seconds, kB: of one delivery, all its processes
MESSAGE = b"Subject: round\n\nand round\n"
NEST = 30                                   # levels of a fan-out that doubles at each

NOBODY, LOOPS, DONE_ONCE = (67, "5.1.1 "), (69, "5.4.6 "), (0, "")


def ends(self, to, outcome, holders, aliases="", b_aliases="", a=None, b=None):
    """outcome: (status, how standard error begins); holders: who has the message then, once."""
    self.vmail.domain("a.test", a, accounts=["joe", "ann"], aliases=aliases.replace("ETC", self.vmail.dir))
    self.vmail.domain("b.test", {"mailbox": "maildir", **(b or {})}, accounts=["bob"], aliases=b_aliases)
    for face in (self.by_vdeliver, self.by_vlmtpd):
        face(to, *outcome)
        self.assertEqual(self.holders(), sorted(holders))
        self.empty()


FAN_OUT = "".join(f"l{i}: l{i + 1}, r{i + 1}\nr{i}: l{i + 1}, r{i + 1}\n" for i in range(NEST)) \
    + f"l{NEST}: joe\nr{NEST}: ann\n"


@unittest.skipUnless(build("measure"), "needs a compiler")
@rows(ends, [
    ("an alias of itself", "x@a.test", LOOPS, [], "x: x\n"),
    ("an account that is an alias of itself", "joe@a.test", DONE_ONCE, ["joe@a.test"], "joe: joe\n"),
    ("two aliases of each other", "x@a.test", LOOPS, [], "x: y\ny: x\n"),
    ("two accounts that are aliases of each other", "joe@a.test", DONE_ONCE, ["joe@a.test"], "joe: ann\nann: joe\n"),
    ("aliases of two domains that are each other", "x@a.test", LOOPS, [], "x: x@b.test\n", "x: x@a.test\n"),
    ("two domains that fall back on each other", "nobody@a.test", NOBODY, [], "", "",
     {"fallback": "@b.test"}, {"fallback": "@a.test"}),
    ("an account beyond two domains that fall back on each other", "bob@a.test", DONE_ONCE, ["bob@b.test"], "", "",
     {"fallback": "@b.test"}, {"fallback": "@a.test"}),
    ("a domain that falls back on itself", "nobody@a.test", NOBODY, [], "", "", {"fallback": "@a.test"}),
    ("a fallback that is an alias back", "nobody@a.test", LOOPS, [], "x: x\n", "", {"fallback": "x"}),
    ("two to the power of 30 ways to two accounts", "l0@a.test", DONE_ONCE, ["ann@a.test", "joe@a.test"], FAN_OUT),
    ("an include of itself", "x@a.test", DONE_ONCE, ["joe@a.test"], "x: :include:ETC/cycle\n"),
    ("includes of each other", "x@a.test", DONE_ONCE, ["ann@a.test", "joe@a.test"], "x: :include:ETC/left\n"),
    ("a list that holds itself and others", "x@a.test", DONE_ONCE, ["bob@b.test", "joe@a.test"],
     "x: joe, x, bob@b.test, x@a.test\n"),
])
class Loops(BoxTest):
    def setUp(self):
        self.vmail = self.installation({"max-alias-depth": "100"})
        for name, text in (("cycle", "joe\n:include:{}/cycle\n"), ("left", "joe\n:include:{}/right\n"),
                           ("right", "ann\n:include:{}/left\n")):
            self.vmail.write(name, text.format(self.vmail.dir))

    def by_vdeliver(self, to, status, begins):
        used = Used(program("vdeliver"), "-C", self.vmail.dir, "-f", "sender@far.test", "--", to, input=MESSAGE)
        self.assertEqual(used.got.status, status, used)
        self.assertTrue(used.got.stderr.startswith(begins), used)
        self.costs_little(used)

    def by_vlmtpd(self, to, status, begins):
        """The whole conversation, in a file."""
        session = (SESSION % to.encode()).replace(b"Subject: cut\r\n\r\nhello\r\n.\r\n", b"") + wire(MESSAGE)
        if status != 0 and not begins.startswith("5.4.6"):
            session = session[:session.index(b"DATA\r\n")]
        used = Used(program("vlmtpd"), "-C", self.vmail.dir, input=session + b"QUIT\r\n")
        self.assertEqual(used.got.status, 0, used)
        said = used.got.stdout.decode()
        self.assertIn(begins if status else DONE, said)
        self.costs_little(used)

    def costs_little(self, used):
        if not is_sanitized():
            self.assertLess(used.cpu, CPU, used)
            self.assertLess(used.memory, MEMORY, used)

    def addresses(self):
        return [f"{who}@{domain}" for domain, accounts in (("a.test", ("joe", "ann")), ("b.test", ("bob",)))
                for who in accounts]

    def holders(self):
        """Who has it, each as often as he has."""
        return sorted(to for to in self.addresses() for _ in self.vmail.messages(to))

    def empty(self):
        for domain in ("a.test", "b.test"):
            shutil.rmtree(os.path.join(self.vmail.spool, domain), ignore_errors=True)

    def goes_round(self, to, aliases, mail_server, holders, forwards=()):
        """The mail server takes what sendmail is given, and brings it to where each address leads."""
        self.vmail.domain("a.test", accounts=["joe", "ann"], aliases=aliases)
        self.vmail.domain("b.test", {"mailbox": "maildir"}, accounts=["bob"], aliases="")
        for account, text in forwards:
            self.vmail.extra("a.test", f"{account}.forward", text)
        statuses, queue, seen = [], [(to, MESSAGE)], 0
        while queue:
            self.assertLess(len(statuses), 50, "it goes on and on")
            to, message = queue.pop(0)
            used = Used(program("vdeliver"), "-C", self.vmail.dir, "-f", "sender@far.test", "--", to, input=message)
            self.costs_little(used)
            statuses.append(used.got.stderr[:5] or "0")
            sent = self.vmail.sent()
            for args, message in sent[seen:]:
                queue += [(mail_server[address], message) for address in args[args.index("--") + 1:]]
            seen = len(sent)
        self.assertEqual(self.holders(), sorted(holders))
        return statuses

    def test_a_forward_that_comes_back_ends_with_the_second_round(self):
        self.assertEqual(self.goes_round("x@a.test", "x: y@far.test\n", {"y@far.test": "x@a.test"}, []),
                         ["0", "5.4.6"])

    def test_a_list_that_comes_back_through_a_member_reaches_the_others_once(self):
        self.assertEqual(self.goes_round("x@a.test", "x: joe, bob@b.test, y@far.test, z@far.test\n",
                                         {"y@far.test": "x@a.test", "z@far.test": "x@a.test"},
                                         ["bob@b.test", "joe@a.test"]), ["0", "5.4.6", "5.4.6"])

    def test_a_forward_file_that_comes_back_ends_too(self):
        statuses = self.goes_round("joe@a.test", "", {"y@far.test": "joe@a.test"}, ["joe@a.test"],
                                   [("joe", "\\joe, y@far.test\n")])
        self.assertEqual(statuses, ["0", "5.4.6"])

    def test_two_accounts_that_forward_to_each_other_end(self):
        self.goes_round("joe@a.test", "", {}, ["joe@a.test"], [("joe", "ann\n"), ("ann", "joe\n")])

    def test_two_lists_that_go_round_over_another_machine_end(self):
        statuses = self.goes_round("x@a.test", "x: x@far.test\ny: y@far.test\n",
                                   {"x@far.test": "y@a.test", "y@far.test": "x@a.test"}, [])
        self.assertEqual(statuses, ["0", "0", "5.4.6"])


if __name__ == "__main__":
    main()
