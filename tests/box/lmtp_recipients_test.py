#!/usr/bin/python3
"""vlmtpd: a reply for each recipient (RFC 2033 4.2), many messages in one connection, many at once."""
import collections
import threading

from lmtp import *
from pop3 import spool

def subject(message):
    return re.search(rb"^Subject: (.*)$", message, re.M)[1].decode()


class Replies(LmtpTest):
    def count(self, *who):
        return [len(self.vmail.messages(w)) for w in who]

    def spoil(self, to="joe@a.test"):
        """Something is in the way of the inbox: the account's mail waits."""
        os.symlink("/nowhere", os.path.join(spool(self.vmail, to), to.split("@")[0]))

    def test_one_reply_per_recipient_in_their_order(self):
        self.vmail.domain("c.test", accounts=["one", "two", "three"])
        self.spoil("two@c.test")
        lmtp = self.session()
        lmtp.begin("one@c.test", "two@c.test", "joe@a.test", "three@c.test")
        replies = lmtp.data()
        self.assertRegex(replies[1], r"^451 4\.3\.5 .*two")
        self.assertEqual([replies[0], *replies[2:]], [DONE] * 3)
        self.assertEqual(self.count("one@c.test", "two@c.test", "joe@a.test", "three@c.test"), [1, 0, 1, 1])
        lmtp.quit()

    def test_a_temporary_failure_hurts_no_other_recipient_whatever_the_order(self):
        self.spoil()
        lmtp = self.session()
        for first, second in ("joe@a.test", "ann@b.test"), ("ann@b.test", "joe@a.test"):
            replies = dict(zip((first, second), lmtp.deliver(first, second)))
            self.assertRegex(replies["joe@a.test"], "^451 ")
            self.assertEqual(replies["ann@b.test"], DONE)
        os.unlink(self.inbox)
        self.assertEqual(self.count("joe@a.test", "ann@b.test"), [0, 2])
        lmtp.quit()

    def test_when_all_fail_each_says_so_and_the_session_goes_on(self):
        self.spoil()
        self.spoil("ann@b.test")
        lmtp = self.session()
        for reply in lmtp.deliver("joe@a.test", "ann@b.test", "joe+x@a.test"):
            self.assertRegex(reply, "^451 4")
        os.unlink(self.inbox)
        self.assertEqual(lmtp.deliver("joe@a.test"), [DONE])
        lmtp.quit()

    def test_a_refused_recipient_has_no_reply_behind_data(self):
        lmtp = self.session()
        lmtp.begin("joe@a.test")
        self.assertRegex(lmtp.rcpt("nobody@a.test"), "^550 ")
        self.assertRegex(lmtp.rcpt("x@far.test"), "^550 ")
        self.assertEqual(lmtp.rcpt("ann@b.test"), RCPT_OK)
        self.assertEqual(lmtp.data(), [DONE, DONE])
        self.assertRegex(lmtp.ask("NOOP"), "^250 2.0.0 ok$")
        lmtp.quit()

    def test_the_same_recipient_twice_has_two_replies_and_one_message(self):
        lmtp = self.session()
        self.assertEqual(lmtp.deliver("joe@a.test", "joe@a.test", "JOE@A.test.", "joe+x@a.test"), [DONE] * 4)
        self.assertEqual(self.count("joe@a.test"), [1])
        lmtp.quit()

    def test_the_same_failing_recipient_twice_fails_twice(self):
        self.spoil()
        lmtp = self.session()
        replies = lmtp.deliver("joe@a.test", "ann@b.test", "joe@a.test")
        self.assertRegex(replies[0], "^451 ")
        self.assertEqual((replies[1], replies[2]), (DONE, replies[0]))
        lmtp.quit()

    def test_a_list_and_its_member_are_one_message_for_him(self):
        self.vmail.write("aliases.a.test", "list: joe, ann@b.test, x@far.test\n")
        lmtp = self.session()
        self.assertEqual(lmtp.deliver("list@a.test", "joe@a.test", "ann@b.test"), [DONE] * 3)
        self.assertEqual(self.count("joe@a.test", "ann@b.test"), [1, 1])
        self.assertEqual([arguments[-2:] for arguments, _ in self.vmail.sent()], [["--", "x@far.test"]])
        self.assertEqual(lmtp.deliver("joe@a.test", "list@a.test"), [DONE] * 2)
        self.assertEqual(self.count("joe@a.test", "ann@b.test"), [2, 2])
        lmtp.quit()

    def test_two_lists_with_a_member_in_common_are_one_message_for_him(self):
        self.vmail.write("aliases.a.test", "one: joe, ann@b.test\ntwo: ann@b.test, joe\n")
        lmtp = self.session()
        self.assertEqual(lmtp.deliver("one@a.test", "two@a.test"), [DONE] * 2)
        self.assertEqual(self.count("joe@a.test", "ann@b.test"), [1, 1])
        lmtp.quit()

    def test_commands_decide_their_recipient_s_reply(self):
        self.vmail.write("aliases.a.test", "good: \"|cat >/dev/null\"\nbad: \"|echo no thanks >&2; exit 69\"\n"
                         "policy: \"|exit 77\"\nlater: \"|exit 75\"\ndies: \"|kill -9 $$\"\nnouser: \"|exit 67\"\n")
        lmtp = self.session()
        names = "good", "bad", "policy", "later", "dies", "nouser"
        replies = lmtp.deliver(*[f"{name}@a.test" for name in names])
        patterns = "250 2", "554 5.*no thanks", "550 5", "451 4", "451 4", "550 5"
        for name, reply, wanted in zip(names, replies, patterns):
            self.assertRegex(reply, "^" + wanted, name)
        lmtp.quit()

    def test_a_full_mailbox_is_552_5_2_2_or_where_its_mail_waits_452_4_2_2(self):
        self.vmail.domain("full.test", {"inbox-limit": "4"}, accounts=["bob"])
        self.vmail.domain("wait.test", {"inbox-limit": "4", "over-quota": "defer"}, accounts=["tom"])
        lmtp = self.session()
        message = b"Subject: x\n\n" + b"y" * 5000 + b"\n"
        replies = lmtp.deliver("bob@full.test", "joe@a.test", "tom@wait.test", message=message)
        self.assertRegex(replies[0], r"^552 5\.2\.2 ")
        self.assertEqual(replies[1], DONE)
        self.assertRegex(replies[2], r"^452 4\.2\.2 ")
        self.assertEqual(self.count("bob@full.test", "joe@a.test", "tom@wait.test"), [0, 1, 0])
        self.assertEqual(lmtp.deliver("bob@full.test", "tom@wait.test"), [DONE, DONE])
        lmtp.quit()

    def test_no_failure_makes_a_bounce_of_ours(self):
        self.spoil()
        self.vmail.write("aliases.a.test", "bad: \"|exit 69\"\n")
        lmtp = self.session()
        self.assertEqual([reply[0] for reply in lmtp.deliver("joe@a.test", "bad@a.test")], ["4", "5"])
        self.assertRegex(lmtp.begin().rcpt("nobody@a.test"), "^550 ")
        lmtp.quit()
        self.assertEqual(self.vmail.sent(), [])

    def test_after_a_thousand_refused_recipients_of_one_message_the_others_wait(self):
        self.vmail.set(log="mail")
        lmtp = self.session().begin("joe@a.test")
        lmtp.send(b"RCPT TO:<nobody@a.test>\r\n" * 1000)
        for reply in lmtp.replies(1000):
            self.assertRegex(reply, r"^550 5\.1\.1 ")
        self.assertRegex(lmtp.rcpt("ann@b.test"), r"^452 4\.5\.3 ")
        self.assertEqual(lmtp.data(), [DONE])
        self.assertEqual(lmtp.deliver("ann@b.test"), [DONE])
        lmtp.quit()

    def test_behind_a_hundred_thousand_members_of_its_recipients_the_others_wait(self):
        self.vmail.set(log="mail")
        self.vmail.write("aliases.a.test", f"same: {'joe, ' * 24999}joe\nmost: {'joe, ' * 30000}joe\n")
        lmtp = self.session().begin("joe@a.test", *["same@a.test"] * 2)
        for _ in range(2):
            self.assertRegex(lmtp.rcpt("most@a.test"), r"^554 5\.5\.3 ")
        self.assertRegex(lmtp.rcpt("ann@b.test"), r"^452 4\.5\.3 ")
        self.assertEqual(lmtp.data(), [DONE] * 3)
        self.assertEqual(lmtp.deliver("ann@b.test"), [DONE])
        lmtp.quit()

    def test_ten_thousand_recipients_of_one_message_are_taken_and_no_more(self):
        self.vmail.set(log="mail")
        lmtp = self.session().begin()
        lmtp.send(b"".join(b"RCPT TO:<joe+%d@a.test>\r\n" % n for n in range(10000)))
        self.assertEqual(set(lmtp.replies(10000)), {RCPT_OK})
        lmtp.accepted = 10000
        self.assertRegex(lmtp.rcpt("ann@b.test"), r"^452 4\.5\.3 ")
        self.assertEqual(set(lmtp.data()), {DONE})
        self.assertEqual(self.count("joe@a.test", "ann@b.test"), [1, 0])
        lmtp.quit()

    def test_a_locked_mailbox_is_450_4_2_1(self):
        self.vmail.set(lock_timeout="1s")
        lmtp = self.session()
        self.assertEqual(lmtp.deliver("joe@a.test"), [DONE])
        with open(self.inbox, "r+b") as f:
            fcntl.lockf(f, fcntl.LOCK_EX)
            replies = lmtp.deliver("joe@a.test", "ann@b.test")
        self.assertRegex(replies[0], r"^450 4\.2\.1 ")
        self.assertEqual(replies[1], DONE)
        lmtp.quit()

    def test_a_reply_comes_as_soon_as_it_is_known(self):
        gate = self.gate()
        lmtp = self.session().begin("joe@a.test", "slow@a.test", "ann@b.test")
        self.assertRegex(lmtp.ask("DATA"), "^354 ")
        lmtp.send(wire(b"Subject: x\n\n"))
        self.assertEqual(lmtp.reply(), DONE)
        gate.begun()
        self.assertEqual(self.count("joe@a.test"), [1])
        gate.open()
        self.assertEqual(lmtp.replies(2), [DONE, DONE])
        self.assertTrue(gate.done())
        lmtp.quit()

    def test_nothing_of_one_transaction_is_left_in_the_next(self):
        lmtp = self.session()
        for _ in range(3):
            self.assertEqual(lmtp.deliver("joe@a.test", sender="one@far.test"), [DONE])
            self.assertEqual(lmtp.deliver("ann@b.test", sender=""), [DONE])
            lmtp.begin("joe@a.test")
            lmtp.ask("RSET")
        self.assertEqual([m.split(b"\n")[0] for m in self.vmail.messages("joe@a.test")],
                         [b"Return-Path: <one@far.test>"] * 3)
        self.assertEqual([m.split(b"\n")[0] for m in self.vmail.messages("ann@b.test")],
                         [b"Return-Path: <>"] * 3)
        lmtp.quit()

    def test_the_log_has_a_line_for_each_target_and_the_session(self):
        self.spoil()
        lmtp = self.session()
        lmtp.deliver("joe@a.test", "ann@b.test")
        lmtp.rcpt("nobody@a.test")
        lmtp.quit()
        log = lmtp.process.errors.decode()
        self.assertRegex(log, r'delivery .*recipient="?joe@a\.test"? .*status=75 ')
        self.assertRegex(log, r'delivery .*recipient="?ann@b\.test"? .*status=0 ')
        self.assertRegex(log, r"session .*messages=1 .*end=quit")


    def test_the_log_warns_of_what_was_found_on_the_way_to_each_recipient_once(self):
        self.vmail.domain("c.test", {"match-full-name": "yes"}, accounts=["one:x:60001:60000:Ann Lee:/h:/s",
                                                                          "two:x:60002:60000:Ann Lee:/h:/s"])
        self.vmail.write("aliases.a.test", "x: ann@b.test\nx: joe\n")
        full_name = "ann.lee@c.test: several accounts have this full name"
        twice = "'x' stands in the file more than once"
        for recipients, wanted in ((["ann.lee@c.test"], [1, 0]), (["x@a.test"], [0, 1]),
                                   (["ann.lee@c.test", "x@a.test"], [1, 1])):
            lmtp = self.session().begin()
            for to in recipients:
                self.assertRegex(lmtp.rcpt(to), "^250 " if to == "x@a.test" else r"^550 5\.1\.1 ")
            if "x@a.test" in recipients:
                self.assertEqual(lmtp.data(), [DONE])
            lmtp.quit()
            log = lmtp.process.errors.decode()
            self.assertEqual([log.count(full_name), log.count(twice)], wanted, log)


class Pipelining(LmtpTest):
    WHOLE = b"LHLO client.test\r\n" + b"".join(
        b"MAIL FROM:<sender@far.test>\r\nRCPT TO:<joe@a.test>\r\nRCPT TO:<nobody@a.test>\r\n"
        b"RCPT TO:<ann@b.test>\r\nDATA\r\nSubject: %d\r\n\r\n..\r\n.\r\n" % n for n in range(3)) + b"QUIT\r\n"

    def check(self, lmtp):
        lmtp.send(self.WHOLE)
        self.check_replies(lmtp)

    def check_replies(self, lmtp):
        replies = []
        while (reply := lmtp.reply()) is not None:
            replies.append(reply[:3])
        one = ["250", "250", "550", "250", "354", "250", "250"]
        self.assertEqual(replies, ["220", "250", *one * 3, "221"])
        for to in "joe@a.test", "ann@b.test":
            self.assertEqual(self.bodies(to), [b"Subject: %d\n\n.\n" % n for n in range(3)])

    def test_a_whole_session_in_one_write(self):
        self.check(self.start())

    def test_a_whole_session_in_one_write_on_pipes(self):
        self.check(self.start(pipes=True))

    def test_a_whole_session_in_one_packet_over_tcp(self):
        self.check(self.server(tcp=True).client())

    def test_a_whole_session_in_one_write_and_then_the_end(self):
        lmtp = self.start()
        lmtp.send(self.WHOLE)
        lmtp.shut()
        self.check_replies(lmtp)

    def test_a_whole_session_byte_by_byte(self):
        lmtp = self.server(tcp=True).client()
        lmtp.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in self.WHOLE:
            lmtp.send(bytes([byte]))
        self.check_replies(lmtp)

    def test_a_thousand_pipelined_commands_are_answered_in_order(self):
        lmtp = self.session()
        lmtp.send(b"MAIL FROM:<s@far.test>\r\n" + b"".join(
            b"RCPT TO:<%s%d@a.test>\r\n" % ((b"joe+", n) if n % 3 else (b"nobody", n)) for n in range(999)))
        self.assertEqual(lmtp.reply(), MAIL_OK)
        for n in range(999):
            self.assertRegex(lmtp.reply(), "^250 2.1.5" if n % 3 else f"^550 5.1.1 unknown user nobody{n}@a")
        lmtp.quit()

    def test_replies_wait_for_nothing_that_the_client_has_not_sent(self):
        lmtp = self.session()
        lmtp.send(b"NOOP\r\nNOO")
        self.assertEqual(lmtp.reply(), "250 2.0.0 ok")
        lmtp.send(b"P\r\n")
        self.assertEqual(lmtp.reply(), "250 2.0.0 ok")
        lmtp.quit()


class Many(LmtpTest):
    settings = {"log": "mail"}              # nobody reads standard error meanwhile

    def test_200_messages_in_one_connection_and_the_parent_does_not_grow(self):
        lmtp = self.session()
        pid = lmtp.process.pid
        seen = []
        recipients = ("joe@a.test",), ("ann@b.test",), ("joe@a.test", "ann@b.test"), ("joe@a.test", "joe@a.test")
        wanted = collections.Counter()
        for n in range(200):
            to = recipients[n % 4]
            message = b"Subject: %d\n\n" % n + b"x" * (n * 997 % 150000) + b"\n"
            self.assertEqual(lmtp.deliver(*to, message=message), [DONE] * len(to))
            wanted.update(set(to))
            if n % 7 == 0:
                self.assertRegex(lmtp.begin().rcpt(f"nobody{n}@a.test"), "^550 ")
                lmtp.ask("RSET")
            if n in (40, 199):
                lmtp.begin().rcpt("nobody@a.test")  # the parent has answered again: the message is behind it
                seen.append((int(status_of(pid)["VmRSS"].split()[0]), descriptors(pid) if ROOT else {}))
                lmtp.ask("RSET")
        self.assertEqual({to: len(self.vmail.messages(to)) for to in wanted}, dict(wanted))
        self.assertEqual([subject(m) for m in self.vmail.messages("ann@b.test")],
                         [str(n) for n in range(200) if n % 4 in (1, 2)])
        self.assertEqual(seen[0][1], seen[1][1])
        if not is_sanitized("vlmtpd"):
            self.assertLess(seen[1][0] - seen[0][0], 400, "kB")
        eventually(lambda: len(session_of(pid, left_out="")) == 2, "its two alone, with no dead ones")
        lmtp.quit()

    def test_2000_refused_recipients_of_many_transactions_do_not_make_the_parent_grow(self):
        lmtp = self.session()
        seen = []
        for n in range(200):
            lmtp.begin()
            lmtp.send(b"RCPT TO:<nobody@a.test>\r\n" * 10)
            for reply in lmtp.replies(10):
                self.assertRegex(reply, "^550 ")
            lmtp.ask("RSET")
            if n in (40, 199):
                seen.append(int(status_of(lmtp.process.pid)["VmRSS"].split()[0]))
        if not is_sanitized("vlmtpd"):
            self.assertLess(seen[1] - seen[0], 400, "kB")
        lmtp.quit()

    def test_32_connections_into_one_mbox_and_one_maildir_lose_and_double_nothing(self):
        server = self.server()
        wrong = []

        def one(number):
            try:
                lmtp = server.client().hello()
                for n in range(4):
                    replies = lmtp.deliver("joe@a.test", "ann@b.test", message=self.message(number, n))
                    if replies != [DONE, DONE]:
                        wrong.append(replies)
                lmtp.quit()
            except Exception as why:            # a thread's failure is the test's
                wrong.append(repr(why))
        threads = [threading.Thread(target=one, args=(number,)) for number in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        wanted = sorted(self.message(number, n) for number in range(32) for n in range(4))
        for to in "joe@a.test", "ann@b.test":
            self.assertEqual(sorted(self.bodies(to)), wanted)
        server.stop()

    def message(self, number, n):
        return b"Subject: %d.%d\n\nFrom %d\n%s\nend\n" % (number, n, n, b"%d " % number * (number * 37 % 4000))


if __name__ == "__main__":
    main()
