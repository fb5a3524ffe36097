#!/usr/bin/python3
"""vlmtpd: the one process that attends to an inbox from RCPT to its reply."""
import resource

from lmtp import *
from pop3 import spool

AHEAD = 8
MESSAGE = b"Subject: x\n\nhello\n"


class Attend(LmtpTest):
    """joe@a.test, and c.test with u1 ... u12."""
    def setUp(self):
        super().setUp()
        self.names = [f"u{n}@c.test" for n in range(1, 13)]
        self.vmail.domain("c.test", accounts=[f"u{n}" for n in range(1, 13)])
        self.lmtp = self.session()
        self.parent = self.lmtp.process.pid
        self.talker, = [p for p in session_of(self.parent) if p != self.parent]

    def waiting(self):
        return sorted(p for p in session_of(self.parent) if p not in (self.parent, self.talker))

    def data(self, count=1):
        """As all of them are accepted."""
        self.assertRegex(self.lmtp.ask("DATA"), "^354 ")
        self.lmtp.send(wire(MESSAGE))
        return self.lmtp.replies(count)

    def lacks(self):
        """The parent has answered, and nobody waits for a message."""
        self.assertRegex(self.lmtp.begin().rcpt("nobody@a.test"), "^550 ")
        self.assertEqual(self.waiting(), [])
        self.lmtp.ask("RSET")

    # who is there

    def test_from_rcpt_on_it_is_there_and_the_same_one_delivers(self):
        self.lmtp.begin("joe@a.test")
        pid, = self.waiting()
        self.put(os.path.join(spool(self.vmail, "joe@a.test"), "joe"), b"")
        with open(self.vmail.inbox("joe@a.test"), "r+b") as inbox:
            fcntl.lockf(inbox, fcntl.LOCK_EX)
            self.lmtp.ask("DATA")
            self.lmtp.send(wire(MESSAGE))
            queue = os.path.join(spool(self.vmail, "joe@a.test"), ".joe.queue")
            eventually(lambda: os.path.exists(queue), "it works")
            self.assertEqual(self.waiting(), [pid])
        self.assertEqual(self.lmtp.reply(), DONE)
        self.lacks()
        self.lmtp.quit()

    @needs_root
    def test_it_is_the_inbox_s_owner_before_there_is_a_message(self):
        self.lmtp.begin("joe@a.test")
        pid, = self.waiting()
        uid, gid = self.owner("joe@a.test")
        status = status_of(pid)
        self.assertEqual((status["Uid"].split(), status["Gid"].split()), ([str(uid)] * 4, [str(gid)] * 4))
        self.assertEqual((status["Groups"].split(), int(status["CapEff"], 16)), ([], 0))

    @needs_root
    def test_each_hears_the_parent_alone_and_nobody_the_client_or_the_talker(self):
        self.lmtp.begin(*self.names[:3])
        sockets = [{what for what in descriptors(p).values() if what.startswith("socket:")}
                   for p in (self.parent, self.talker, *self.waiting())]
        parent, talker, *others = sockets
        self.assertEqual([len(held) for held in others], [1] * 3)
        self.assertEqual(len(set.union(*others)), 3)
        self.assertEqual(set.union(*others) & (parent | talker), set())

    def test_of_twelve_recipients_eight_have_one_and_all_have_their_message_once(self):
        self.lmtp.begin(*self.names)
        self.assertEqual(len(self.waiting()), AHEAD)
        self.assertEqual(self.data(12), [DONE] * 12)
        self.assertEqual([len(self.vmail.messages(name)) for name in self.names], [1] * 12)
        self.lacks()

    def test_an_account_that_is_named_again_has_one(self):
        self.vmail.write("aliases.a.test", "me: joe\n")
        self.lmtp.begin("joe@a.test", "JOE@A.test", "me@a.test", "joe+x@a.test")
        self.assertEqual(len(self.waiting()), 1)
        self.assertEqual(self.data(4), [DONE] * 4)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)

    # who is not

    def test_a_list_a_command_a_forward_a_filter_and_a_full_inbox_have_none(self):
        self.vmail.domain("f.test", {"filter": "cat"}, accounts=["bob"])
        self.vmail.domain("g.test", {"inbox-limit": "1"}, accounts=["bob"])
        self.put(os.path.join(spool(self.vmail, "bob@g.test"), "bob"), b"From x\n\n" + b"y" * 2000 + b"\n\n", "bob@g.test")
        self.vmail.write("aliases.a.test", 'both: joe, ann@b.test\nrun: "|cat"\n')
        self.put(os.path.join(self.vmail.home("u1@c.test"), ".forward"), b"joe@a.test\n", "u1@c.test")
        for name in ("both@a.test", "run@a.test", "u1@c.test", "bob@f.test"):
            self.lmtp.begin(name)
            self.assertEqual(self.waiting(), [], name)
            self.lmtp.ask("RSET")
        self.assertRegex(self.lmtp.begin().rcpt("bob@g.test"), r"^552 5\.2\.2 ")
        self.assertEqual(self.waiting(), [])

    def test_nor_has_one_whose_forward_was_followed_for_another_recipient(self):
        self.vmail.domain("g.test", {"inbox-limit": "1"}, accounts=["bob"])
        self.put(os.path.join(spool(self.vmail, "bob@g.test"), "bob"), b"From x\n\n" + b"y" * 2000 + b"\n\n", "bob@g.test")
        for to in "who@far.test", "joe@a.test":
            self.put(os.path.join(self.vmail.home("bob@g.test"), ".forward"), to.encode() + b"\n", "bob@g.test")
            self.lmtp.begin("bob@g.test", "bob@g.test", "bob+x@g.test")
            self.assertEqual(self.waiting(), [], to)
            self.assertEqual(self.data(3), [DONE] * 3)
        self.assertEqual([args[-1] for args, _ in self.vmail.sent()], ["who@far.test"])
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)

    def test_a_forward_is_followed_though_the_inbox_itself_was_meant_before(self):
        self.vmail.write("aliases.a.test", "me: \\joe\n")
        self.put(os.path.join(self.vmail.home("joe@a.test"), ".forward"), b"who@far.test\n", "joe@a.test")
        self.lmtp.begin("me@a.test", "joe@a.test")
        self.assertEqual(self.data(2), [DONE] * 2)
        self.assertEqual([args[-1] for args, _ in self.vmail.sent()], ["who@far.test"])
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)

    def test_rset_a_new_mail_and_the_end_leave_none(self):
        for end in ("RSET", "LHLO client.test"):
            self.lmtp.begin("joe@a.test", *self.names[:2])
            pids = self.waiting()
            self.assertEqual(len(pids), 3)
            self.lmtp.ask(end)
            self.lacks()
        self.lmtp.begin("joe@a.test")
        pids = [self.parent, *self.waiting()]
        self.lmtp.close()
        for pid in pids:
            gone(pid)

    # one that goes

    def test_one_that_is_killed_while_it_waits_is_replaced(self):
        self.lmtp.begin("joe@a.test", "u1@c.test")
        pid = self.waiting()[0]
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: status_of(pid)["State"].startswith("Z"), "it has ended")
        self.assertEqual(self.data(2), [DONE] * 2)
        self.assertEqual([len(self.vmail.messages(to)) for to in ("joe@a.test", "u1@c.test")], [1, 1])

    def test_with_few_descriptors_nobody_waits_and_the_mail_is_delivered(self):
        lmtp = self.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))).hello()
        lmtp.begin("joe@a.test")
        self.assertEqual(len(session_of(lmtp.process.pid)), 2)
        self.assertEqual(lmtp.data(), [DONE])

    # what it knows when it is told to deliver

    def test_an_inbox_that_takes_no_mail_by_then_refuses_it(self):
        self.lmtp.begin("joe@a.test")
        self.assertEqual(len(self.waiting()), 1)
        with open(os.path.join(spool(self.vmail, "joe@a.test"), "joe.quota"), "w") as f:
            f.write("disabled")
        self.assertRegex(self.data()[0], r"^550 5\.2\.1 ")

    def test_the_sender_and_the_time_are_those_of_the_message(self):
        self.lmtp.begin("joe@a.test", sender="somebody@else.test")
        self.assertEqual(self.data(), [DONE])
        self.assertTrue(self.vmail.messages("joe@a.test")[0].startswith(b"Return-Path: <somebody@else.test>\n"))


if __name__ == "__main__":
    main()
