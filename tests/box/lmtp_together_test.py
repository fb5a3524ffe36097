#!/usr/bin/python3
"""vlmtpd: recipients of one message who are delivered to together, eight at most."""
import contextlib
import resource
import struct

from answering import Answering
from lmtp import *
from pop3 import spool

AHEAD = 8
WAITS = r"^45\d 4\."


class Together(LmtpTest):
    """c.test has u1 ... u12, each with an mbox."""
    kind = "mbox"
    text = b"Subject: x\n\nhello\n"

    def setUp(self):
        super().setUp()
        self.names = [f"u{n}@c.test" for n in range(1, 13)]
        self.vmail.domain("c.test", {"mailbox": self.kind}, accounts=[f"u{n}" for n in range(1, 13)])

    def begun(self, names, lmtp=None):
        """The message is on its way to them."""
        lmtp = (lmtp or self.session()).begin(*names)
        self.assertRegex(lmtp.ask("DATA"), "^354 ")
        lmtp.send(wire(self.text))
        return lmtp

    def counts(self, names=None):
        return [len(self.vmail.messages(name)) for name in names or self.names]

    def become(self, counts, names=None):
        eventually(lambda: self.counts(names) == counts, f"inboxes with {counts}")

    @contextlib.contextmanager
    def locked(self, *names):
        """As by another program: each has an empty mbox with its lock.  It is the open file's,
        since reading the inbox would end one of the process."""
        with contextlib.ExitStack() as stack:
            for name in names:
                self.put(os.path.join(spool(self.vmail, name), name.split("@")[0]), b"", name)
                f = stack.enter_context(open(self.vmail.inbox(name), "r+b"))
                fcntl.fcntl(f, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
            yield

    def made(self):
        """Their directory is there."""
        self.assertEqual(self.session().deliver(self.names[-1]), [DONE])
        os.unlink(self.vmail.inbox(self.names[-1]))

    def couriers(self, parent):
        """Its children but for the talker, which was the first."""
        return [p for p in session_of(parent) if p != parent and int(stat_of(p)[1]) == parent][1:]


class Order(Together):
    def test_a_locked_inbox_holds_up_replies_alone_and_who_is_eight_behind_it(self):
        self.made()
        with self.locked(self.names[2]):
            lmtp = self.begun(self.names)
            self.assertEqual(lmtp.replies(2), [DONE] * 2)
            self.become([1, 1, 0] + [1] * 7 + [0, 0])
            self.assertEqual(lmtp.read, b"")
        self.assertEqual(lmtp.replies(10), [DONE] * 10)
        self.assertEqual(self.counts(), [1] * 12)
        lmtp.quit()

    def test_never_more_than_eight_are_under_way(self):
        self.made()
        with self.locked(*self.names):
            lmtp = self.begun(self.names)
            eventually(lambda: len(self.couriers(lmtp.process.pid)) == AHEAD, "eight couriers")
            # The ninth has no inbox open either.
            self.assertEqual(len(self.couriers(lmtp.process.pid)), AHEAD)
        self.assertEqual(lmtp.replies(12), [DONE] * 12)
        self.assertEqual(self.counts(), [1] * 12)
        # Who has been heard is let go, and ends by itself.
        eventually(lambda: not self.couriers(lmtp.process.pid), "the end of all couriers, with the session open")
        lmtp.quit()

    def test_a_command_waits_for_its_turn_and_who_is_behind_it_too(self):
        gate = self.gate()
        one, two, three = self.names[:3]
        lmtp = self.begun([one, two, "slow@a.test", three])
        self.assertEqual(lmtp.replies(2), [DONE] * 2)
        gate.begun()
        self.assertEqual((lmtp.read, self.counts([one, two, three])), (b"", [1, 1, 0]))
        gate.open()
        self.assertEqual(lmtp.replies(2), [DONE] * 2)
        self.assertTrue(gate.done())
        self.assertEqual(self.counts([three]), [1])
        lmtp.quit()

    def test_a_command_does_not_begin_before_who_stands_before_it_has_a_reply(self):
        gate = self.gate()
        self.made()
        with self.locked(self.names[0]):
            lmtp = self.begun([*self.names[:3], "slow@a.test"])
            self.become([0, 1, 1], self.names[:3])
            self.assertEqual(select.select([gate.fd], [], [], 0)[0], [])
        self.assertEqual(lmtp.replies(3), [DONE] * 3)
        gate.begun()
        gate.open()
        self.assertEqual(lmtp.reply(), DONE)
        lmtp.quit()

    def test_of_fifty_one_waits_and_one_is_refused_and_all_others_have_it_once(self):
        names = [f"v{n}@f.test" for n in range(50)]
        self.vmail.domain("f.test", {"mailbox": "maildir"}, accounts=[f"v{n}" for n in range(50)])
        self.vmail.domain("g.test", {"inbox-limit": "1"}, accounts=["bob"])
        self.text = b"Subject: x\n\n" + b"y" * 3000 + b"\n"
        self.assertEqual(self.session().deliver(names[0]), [DONE])
        os.symlink("/nowhere", os.path.join(spool(self.vmail, names[21]), "v21"))
        names[33] = "bob@g.test"
        replies = self.begun(names).replies(50)
        self.assertRegex(replies[21], r"^451 4\.3\.5 .*v21")
        self.assertRegex(replies[33], r"^552 5\.2\.2 ")
        self.assertEqual([n for n, reply in enumerate(replies) if reply != DONE], [21, 33])
        os.unlink(os.path.join(spool(self.vmail, names[21]), "v21"))
        self.assertEqual(self.counts(names), [2] + [int(n not in (21, 33)) for n in range(1, 50)])

    def test_accounts_of_twelve_domains_that_share_one_inbox_are_a_message_each_in_a_whole_mbox(self):
        uid, gid = (61234, GID) if ROOT else (os.getuid(), os.getgid())
        names = [f"w@s{n}.test" for n in range(12)]
        for n in range(12):
            self.vmail.domain(f"s{n}.test", {"inbox": "shared/%u"}, accounts=[f"w:x:{uid}:{gid}:W:/nowhere:/bin/false"])
        os.mkdir(os.path.join(self.vmail.spool, "shared"))
        os.chmod(os.path.join(self.vmail.spool, "shared"), 0o1777)
        self.text = b"Subject: x\n\n" + b"From y\n" * 20000
        self.assertEqual(self.begun(names).replies(12), [DONE] * 12)
        found = mbox_messages(os.path.join(self.vmail.spool, "shared", "w"))
        self.assertEqual(sorted(re.search(rb"Delivered-To: (\S+)", m)[1].decode() for m in found), sorted(names))
        for m in found:
            self.assertTrue(m.endswith(self.text))

    def test_one_account_among_others_again_and_again_has_one_message_and_each_its_reply(self):
        self.vmail.write("aliases.c.test", "me: u1\nboth: u1, u5\n")
        names = ["u1@c.test", "u2@c.test", "me@c.test", "u3@c.test", "both@c.test", "u5@c.test", "U1@C.test", "u4@c.test"]
        self.assertEqual(self.begun(names).replies(8), [DONE] * 8)
        self.assertEqual(self.counts(self.names[:5]), [1] * 5)

    def test_one_account_twice_that_fails_fails_twice_and_is_tried_once(self):
        self.made()
        os.symlink("/nowhere", os.path.join(spool(self.vmail, self.names[0]), "u1"))
        lmtp = self.begun(["u1@c.test", "u2@c.test", "u1+x@c.test", "u3@c.test"])
        replies = lmtp.replies(4)
        self.assertRegex(replies[0], "^451 ")
        self.assertEqual(replies, [replies[0], DONE, replies[0], DONE])
        lmtp.quit()

    def test_when_the_time_is_over_who_is_on_disk_is_told_so_and_who_was_not_begun_waits(self):
        self.made()
        replies = [""]
        for limit in growing(1):
            self.vmail.set(delivery_timeout=f"{limit}s")
            with self.locked(self.names[0]), contextlib.suppress(AssertionError):   # RCPT has the limit, too
                lmtp = self.begun(self.names)
                replies = lmtp.replies(12)
            if replies[1:8] == [DONE] * 7:
                break
            for name in self.names:             # not all was done within the limit
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.vmail.inbox(name))
        self.assertRegex(replies[0], WAITS)
        self.assertEqual(replies[1:8], [DONE] * 7)
        for reply in replies[8:]:
            self.assertRegex(reply, r"^451 4\.3\.0 delivery-timeout was over before this was begun")
        self.assertEqual(self.counts(), [0] + [1] * 7 + [0] * 4)
        lmtp.quit()
        took = {int(n): int(ms) for n, ms in re.findall(r" delivery .*recipient=u(\d+)@\S+ .*ms=(\d+)",
                                                        lmtp.process.errors.decode())}
        self.assertGreaterEqual(took[1], 900 * limit)
        self.assertLess(max(took[n] for n in range(2, 9)), took[1], "the wait for another's reply does not count")

    def test_few_descriptors_make_some_wait_and_lose_and_double_nothing(self):
        for limit in range(8, 30, 4):
            before = self.counts()
            lmtp = self.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
            said = [b"LHLO client.test\r\nMAIL FROM:<sender@far.test>\r\n",
                    *(b"RCPT TO:<%s>\r\n" % name.encode() for name in self.names), b"DATA\r\n"]
            lmtp.send(b"".join(said))
            accepted, reply = [], None
            for step in ["greeting", "LHLO", "MAIL", *self.names, "DATA"]:
                reply = lmtp.reply()
                if reply is None:
                    break
                accepted += [step] * (step in self.names and reply.startswith("250 "))
            replies = []
            if reply is not None and reply.startswith("354 "):
                lmtp.send(wire(self.text) + b"QUIT\r\n")
                replies = lmtp.replies(len(accepted))
            lmtp.close()
            done = {name for name, reply in zip(accepted, replies) if reply == DONE}
            for name, reply in zip(accepted, replies):
                self.assertRegex(reply or "(the end)", rf"^250 |{WAITS}|\(the end\)", (limit, name))
            self.assertEqual([n - m for n, m in zip(self.counts(), before)], [int(n in done) for n in self.names], limit)
        self.assertEqual(len(done), 12)


class Maildirs(Together):
    kind = "maildir"

    def test_twelve_recipients_have_it_once_each_byte_for_byte(self):
        self.text = b"Subject: x\n\n" + bytes(range(256)).replace(b"\r", b"").replace(b"\n", b"") * 3000 + b"\n"
        self.assertEqual(self.begun(self.names).replies(12), [DONE] * 12)
        for name in self.names:
            self.assertEqual(self.bodies(name), [self.text])


class Ends(Together):
    """SIGKILL, or a client that goes, while several are under way."""
    def under_way(self, waits=1):
        """u1 ... are locked, up to the eighth the others have it."""
        lmtp = self.begun(self.names)
        self.become([0] * waits + [1] * (AHEAD - waits) + [0] * 4)
        return lmtp

    def log_of(self, lmtp):
        lmtp.process.wait()
        gone(lmtp.process.pid)
        log = lmtp.process.errors.decode()
        return re.findall(r" delivery .*recipient=u(\d+)@\S+ .*status=(\d+) code=(\S+)", log)

    def again(self, wanted):
        """The client sends to all who had no 250; the counts then."""
        self.assertEqual(self.begun(self.names).replies(12), [DONE] * 12)
        self.assertEqual(self.counts(), wanted)
        for name in self.names:
            self.assertEqual(set(self.bodies(name)), {self.text})

    def test_the_parent_takes_them_with_it_and_who_had_it_without_a_reply_has_it_twice(self):
        self.made()
        with self.locked(*self.names[:2]):
            lmtp = self.under_way(2)
            killed(lmtp.process.pid)
            # the talker may see that before it is killed, too
            self.assertRegex(lmtp.rest(), rb"^(421 4\.3\.0 [^\n]* lost its other half\r\n)?$")
            lmtp.process.wait()
            gone(lmtp.process.pid)
        self.assertEqual(self.counts(), [0, 0] + [1] * 6 + [0] * 4)
        self.again([1, 1] + [2] * 6 + [1] * 4)

    def test_a_client_that_goes_lets_them_end_and_no_other_begins(self):
        self.made()
        with self.locked(self.names[0]):
            lmtp = self.under_way()
            talker = [p for p in session_of(lmtp.process.pid) if p != lmtp.process.pid][0]
            killed(talker)
            self.assertEqual(lmtp.rest(), b"")
        log = self.log_of(lmtp)
        self.assertEqual(log, [(str(n), "0", "2.0.0") for n in range(1, 9)] +
                         [(str(n), "75", "4.4.2") for n in range(9, 13)])
        self.assertEqual(self.counts(), [1] * 8 + [0] * 4)

    def test_a_courier_that_is_killed_is_its_recipient_s_temporary_failure_alone(self):
        self.made()
        with self.locked(*self.names[:3]):
            lmtp = self.under_way(3)
            eventually(lambda: len(self.couriers(lmtp.process.pid)) == 3, "three couriers that wait")
            killed(self.couriers(lmtp.process.pid)[1])
        replies = lmtp.replies(12)
        failed = [n for n, reply in enumerate(replies) if reply != DONE]
        self.assertEqual(len(failed), 1)
        self.assertIn(failed[0], range(3))
        self.assertRegex(replies[failed[0]], r"^451 4\.3\.0 a delivering process died of signal 9")
        self.assertEqual(self.counts(), [int(n != failed[0]) for n in range(12)])
        lmtp.quit()

    def test_sigterm_lets_them_end_and_be_answered(self):
        self.made()
        with self.locked(self.names[0]):
            lmtp = self.under_way()
            lmtp.process.signal()
        self.assertEqual(lmtp.replies(12), [DONE] * 12)
        self.assertRegex(lmtp.reply(), "^421 ")
        self.assertEqual(self.counts(), [1] * 12)


class Answers(Answering, LmtpTest):
    def test_vacations_of_two_recipients_answer_once_each(self):
        self.on()
        self.on(to="ann@b.test")
        message = b"From: x@far.test\nTo: joe@a.test, ann@b.test\nSubject: hi\n\nhello\n"
        lmtp = LmtpTest.session(self)
        self.assertEqual(lmtp.deliver("joe@a.test", "ann@b.test", message=message), [DONE] * 2)
        lmtp.quit()
        self.assertEqual(len(self.vmail.sent()), 2)


@needs_strace
@needs_root
class OnDisk(Together):
    """Without root strace cannot look into our processes."""
    def trail(self):
        output = os.path.join(self.vmail.scratch, "strace")
        client, server = socket.socketpair()
        with server:
            process = Process(["/usr/bin/strace", "-f", "-y", "-s", "4000", "-o", output, "-e",
                               "trace=fsync,write,sendto,writev", program("vlmtpd"), "-C", self.vmail.dir],
                              stdin=server, stdout=server)
        self.vmail.processes.append(process)
        lmtp = Lmtp(client, process).hello()
        self.assertEqual(self.begun(self.names, lmtp).replies(12), [DONE] * 12)
        lmtp.quit()
        with open(output, errors="replace") as f:
            return joined(f.read().splitlines())

    def synced(self, lines, pattern):
        """The lines of the last fsync of each inbox, all of them successes."""
        found = {}
        for n, line in enumerate(lines):
            if match := re.search(rf" fsync\(\d+<[^>]*{pattern}[^>]*>\) += 0$", line):
                found[match[1]] = n
        return [found.get(str(n)) for n in range(1, 13)]

    def said(self, lines):
        """The line in which each reply was written to the client."""
        return [n for n, line in enumerate(lines) if re.search(r" (write|writev|sendto)\(", line)
                for _ in range(line.count("250 2.0.0 delivered"))]

    def check(self, pattern):
        lines = self.trail()
        synced, said = self.synced(lines, pattern), self.said(lines)
        self.assertEqual(len(said), 12)
        self.assertNotIn(None, synced)
        for n in range(12):
            self.assertLess(synced[n], said[n], lines)

    def test_each_250_comes_after_the_sync_of_its_own_mbox(self):
        self.check(r"/c\.test/u(\d+)")

    def test_each_250_comes_after_the_sync_of_its_own_maildir_s_directory(self):
        self.vmail.domain("c.test", {"mailbox": "maildir"}, accounts=[f"u{n}" for n in range(1, 13)])
        self.check(r"/c\.test/u(\d+)/new")


if __name__ == "__main__":
    main()
