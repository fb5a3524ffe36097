#!/usr/bin/python3
"""vdeliver and vlmtpd: a retry delivers to the rest, and no one gets a message twice."""
import os
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fault"))
from faults import build
from lmtp import *

MESSAGE = b"Subject: x\n\nhello\n"
DAY = 86400


class Record(LmtpTest):
    """A list of joe, ann and a command that fails until .works is set."""
    settings = {"command-user": "60700"} if ROOT else {}
    members = "joe, ann@b.test, \"|{command}\""

    def setUp(self):
        super().setUp()
        self.out = self.vmail._directory("out", 0o777)
        self.switch, self.got = os.path.join(self.out, "switch"), os.path.join(self.out, "got")
        self.command = self.vmail.write(
            "command", f"#!/bin/sh\n[ -e {self.switch} ] || exit 75\ncat >> {self.got}\n", mode=0o755)
        self.list(self.members)

    def list(self, members, name="list"):
        self.vmail.write("aliases.a.test", f"{name}: {members.format(command=self.command)}\n")

    def works(self):
        with open(self.switch, "w"):
            pass

    def place(self):
        """Where the records are."""
        return os.path.join(self.vmail.state, "deliveries")

    def records(self):
        place = self.place()
        return [n for n in os.listdir(place) if not n.startswith(".")] if os.path.exists(place) else []

    def copies(self):
        """(joe's, ann's) numbers of messages."""
        return len(self.vmail.messages("joe@a.test")), (
            len(self.vmail.messages("ann@b.test")) if os.path.exists(self.maildir) else 0)

    def commands(self):
        return self.content(self.got).count(b"Subject: x") if os.path.exists(self.got) else 0


class Retry(Record):
    def test_a_retry_delivers_to_the_rest_alone(self):
        self.refused(75, "", "list@a.test", MESSAGE)
        self.assertEqual((self.copies(), self.commands()), ((1, 1), 0))
        self.refused(75, "", "list@a.test", MESSAGE)
        self.assertEqual((self.copies(), self.commands()), ((1, 1), 0))
        self.works()
        self.delivered("list@a.test", MESSAGE)
        self.assertEqual((self.copies(), self.commands()), ((1, 1), 1))

    def test_the_record_is_there_while_a_retry_is_due_and_gone_at_success(self):
        self.refused(75, "", "list@a.test", MESSAGE)
        self.assertEqual(len(self.records()), 1)
        self.works()
        self.delivered("list@a.test", MESSAGE)
        self.assertEqual(self.records(), [])

    def test_after_success_the_same_message_is_a_new_one(self):
        self.works()
        for n in (1, 2):
            self.delivered("list@a.test", MESSAGE)
            self.assertEqual((self.copies(), self.commands()), ((n, n), n))

    def test_a_failure_for_good_is_no_retry(self):
        self.list('joe, ann@b.test, "|exit 69"')
        self.refused(69, "", "list@a.test", MESSAGE)
        self.assertEqual(self.records(), [])

    def test_it_knows_the_retry_by_sender_recipient_and_message_without_what_mtas_change(self):
        self.refused(75, "", "list@a.test", b"From a b\nReturn-Path: <a@far.test>\nX: y\n\nz\n")
        self.refused(75, "", "LIST@A.test", b"X: y\nReturn-Path:\n <b@far.test>\n\nz\n")
        self.assertEqual(self.copies(), (1, 1))

    def test_another_sender_recipient_or_message_is_none(self):
        self.vmail.write("aliases.a.test", self.vmail.read("aliases.a.test").decode()
                         + f"other: joe, ann@b.test, \"|{self.command}\"\n")
        self.refused(75, "", "list@a.test", MESSAGE)
        for n, (to, message, sender) in enumerate([
                ("list@a.test", MESSAGE, "other@far.test"), ("list@a.test", MESSAGE, ""),
                ("other@a.test", MESSAGE, "sender@far.test"),
                ("list@a.test", MESSAGE + b"\n", "sender@far.test"),
                ("list@a.test", b"Subject: y\n\nhello\n", "sender@far.test"),
                ("list+x@a.test", MESSAGE, "sender@far.test")], 2):
            self.refused(75, "", to, message, sender=sender)
            self.assertEqual(self.copies(), (n, n))

    def test_a_long_message_is_known_by_its_last_byte(self):
        long = b"S: x\n\n" + b"0123456789abcde\n" * 40000
        for _ in "12":
            self.refused(75, "", "list@a.test", long + b"a\n")
        self.assertEqual(self.copies(), (1, 1))
        self.refused(75, "", "list@a.test", long + b"b\n")
        self.assertEqual(self.copies(), (2, 2))

    def test_the_log_says_what_was_done_before(self):
        self.refused(75, "", "list@a.test", MESSAGE)
        got = self.refused(75, "", "list@a.test", MESSAGE)
        self.assertEqual(got.log.count("done before"), 2, got)

    def test_one_recipient_twice_in_a_call_does_not_wait_for_itself(self):
        self.refused(75, "", ["list@a.test", "joe@a.test", "list@a.test"], MESSAGE, seconds=CUT)
        self.works()
        self.delivered(["list@a.test", "joe@a.test", "list@a.test"], MESSAGE, seconds=CUT)
        self.assertEqual((self.copies(), self.commands(), self.records()), ((1, 1), 1, []))

    def test_a_target_that_is_new_in_the_retry_gets_it(self):
        self.refused(75, "", "list@a.test", MESSAGE)
        self.vmail.domain("c.test", accounts=["new"])
        self.list(self.members + ", new@c.test")
        self.refused(75, "", "list@a.test", MESSAGE)
        self.assertEqual((self.copies(), len(self.vmail.messages("new@c.test"))), ((1, 1), 1))

    def test_a_member_over_quota_that_is_deferred_does_not_double_the_others(self):
        self.vmail.domain("c.test", {"over-quota": "defer", "inbox-limit": "1"}, accounts=["full"])
        self.vmail.sendmail_exits(1)            # or the MTA would take the member over
        self.list("joe, ann@b.test, full@c.test")
        for _ in "12":
            self.refused(75, "full", "list@a.test", MESSAGE + b"x" * 2000)
        self.assertEqual(self.copies(), (1, 1))

    def test_a_locked_mailbox_does_not_double_the_others(self):
        self.delivered("joe@a.test")
        self.vmail.set(lock_timeout="1s")
        self.vmail.sendmail_exits(1)
        self.list("joe, ann@b.test")
        with open(self.inbox + ".lock", "w") as f:
            f.write("1 elsewhere\n")
        self.refused(75, "", "list@a.test", MESSAGE)
        os.unlink(self.inbox + ".lock")
        self.vmail.sendmail_exits(0)
        self.delivered("list@a.test", MESSAGE)
        self.assertEqual(self.copies(), (2, 1))

    def test_an_unknown_member_is_handed_on_once(self):
        self.list("joe, ann@b.test, nobody-there, \"|{command}\"")
        for _ in "12":
            self.refused(75, "", "list@a.test", MESSAGE)
        self.works()
        self.delivered("list@a.test", MESSAGE)
        self.assertEqual([args[4:] for args, _ in self.vmail.sent()], [["nobody-there@a.test"]])
        self.assertEqual(self.copies(), (1, 1))

    def test_a_failing_sendmail_after_a_delivery_writes_it_too(self):
        self.list("joe, x@far.test")
        self.vmail.sendmail_exits(1)
        for _ in "12":
            self.refused(75, "sendmail", "list@a.test", MESSAGE)
            self.assertEqual((self.copies(), len(self.records())), ((1, 0), 1))
        self.vmail.sendmail_exits(0)
        self.delivered("list@a.test", MESSAGE)
        self.assertEqual((self.copies(), self.records()), ((1, 0), []))
        self.assertEqual(len(self.vmail.sent()), 3)

    def test_a_missing_sendmail_does_not_double_what_was_delivered(self):
        self.list("joe, x@far.test")
        kept = self.vmail.read("vmail.conf")
        self.vmail.set(sendmail="/nowhere/sendmail")
        self.refused(75, "see setting sendmail", "list@a.test", MESSAGE)
        self.vmail.write("vmail.conf", kept.decode())
        self.delivered("list@a.test", MESSAGE)
        self.assertEqual((self.copies(), len(self.vmail.sent())), ((1, 0), 1))

    def test_what_sendmail_has_taken_is_not_sent_again(self):
        self.list("joe, x@far.test, \"|{command}\"")
        for _ in "12":
            self.refused(75, "", "list@a.test", MESSAGE)
        self.assertEqual(len(self.vmail.sent()), 1)

    def test_a_forward_is_a_list_too(self):
        self.vmail.extra("a.test", "joe.forward", f"\\joe, ann@b.test, \"|{self.command}\"\n")
        for _ in "12":
            self.refused(75, "", "joe@a.test", MESSAGE)
        self.assertEqual(self.copies(), (1, 1))

    def test_several_recipients_of_one_call_are_remembered_each(self):
        self.vmail.write("aliases.a.test", f"run: \"|{self.command}\"\n")
        to = ["joe@a.test", "run@a.test", "ann@b.test"]
        for _ in "12":
            self.refused(75, "", to, MESSAGE)
        self.assertEqual(self.copies(), (1, 1))
        self.works()
        self.delivered(list(reversed(to)), MESSAGE)
        self.assertEqual((self.copies(), self.commands(), self.records()), ((1, 1), 1, []))

    def test_one_that_cannot_be_planned_does_not_double_the_others(self):
        self.vmail.write("aliases.a.test", "broken: a b c\n")
        for _ in "12":
            self.refused(75, "", ["joe@a.test", "broken@a.test"], MESSAGE)
        self.assertEqual(self.copies(), (1, 0))

    def test_a_thousand_recipients_of_one_call_have_their_records(self):
        self.vmail.write("aliases.a.test", "".join(f"x{n}: joe, ann@b.test\n" for n in range(1100)))
        self.delivered([f"x{n}@a.test" for n in range(1100)], MESSAGE)
        self.assertEqual((self.copies(), self.records()), ((1, 1), []))

    def test_a_retry_that_comes_while_the_first_try_runs_waits_for_it(self):
        gate = os.path.join(self.out, "gate")
        os.mkfifo(gate)
        os.chmod(gate, 0o666)
        self.vmail.write("gated", f"#!/bin/sh\ncat > /dev/null; read x < {gate}\n", mode=0o755)
        self.list(f"joe, ann@b.test, \"|{self.vmail.dir}/gated\"")
        first = self.vmail.start("vdeliver", "-f", "sender@far.test", "list@a.test", stdin=subprocess.PIPE)
        first.popen.stdin.write(MESSAGE)
        first.popen.stdin.close()
        self.vmail.set(lock_timeout="1s")
        with open(gate, "w") as opened:             # the command of the first one reads
            second = self.vmail.deliver("list@a.test", MESSAGE)
            self.assertEqual(second.status, 75, second)
            self.assertIn("record", second.stderr)
            opened.write("go\n")
        self.assertEqual(first.wait(), 0)
        self.assertEqual(self.copies(), (1, 1))


class AtOnce(Record):
    """The same message several times is no retry, as long as each try is well."""
    members = "joe, ann@b.test"
    TIMES = 12

    def test_equal_messages_at_once_are_delivered_each(self):
        started = [self.vmail.start("vdeliver", "-f", "sender@far.test", "list@a.test", stdin=subprocess.PIPE)
                   for _ in range(self.TIMES)]
        for process in started:
            process.popen.stdin.write(MESSAGE)
            process.popen.stdin.close()
        self.assertEqual([process.wait() for process in started], [0] * self.TIMES)
        self.assertEqual((self.copies(), self.records()), ((self.TIMES, self.TIMES), []))

    def test_equal_messages_at_once_by_lmtp_are_delivered_each(self):
        clients = [self.session().begin("list@a.test") for _ in range(self.TIMES)]
        for client in clients:
            self.assertTrue(client.ask("DATA").startswith("354"))
        for client in clients:
            client.send(wire(MESSAGE))
        for client in clients:
            self.assertTrue(client.reply().startswith("250"))
        for client in clients:
            client.quit()
        self.assertEqual((self.copies(), self.records()), ((self.TIMES, self.TIMES), []))

    def test_one_connection_may_bring_the_same_message_again(self):
        lmtp = self.session()
        for _ in "123":
            self.assertEqual([r[:3] for r in lmtp.deliver("list@a.test", "list@a.test", message=MESSAGE)],
                             ["250", "250"])
        lmtp.quit()
        self.assertEqual((self.copies(), self.records()), ((3, 3), []))

    def test_a_client_that_says_no_more_does_not_keep_the_others_waiting(self):
        silent = self.session()
        self.assertTrue(silent.deliver("list@a.test", message=MESSAGE)[0].startswith("250"))
        self.delivered("list@a.test", MESSAGE)
        self.assertEqual(self.copies(), (2, 2))
        silent.quit()


class Disk(Record):
    """The record itself."""
    def path(self):
        name, = self.records()
        return os.path.join(self.place(), name)

    def test_it_is_nobody_elses_to_read_or_write(self):
        self.refused(75, "", "list@a.test", MESSAGE)
        for path, mode in ((self.place(), 0o700), (self.path(), 0o600)):
            st = os.stat(path)
            self.assertEqual((st.st_uid, stat.S_IMODE(st.st_mode)), (os.geteuid(), mode), path)

    def test_with_one_target_there_is_no_record_and_nothing_is_hashed(self):
        got, lines = strace(self.vmail, ["-e", "trace=%file"], "-f", "x@far.test", "joe@a.test", input=MESSAGE)
        self.assertEqual(got.status, 0, got)
        self.assertNotIn("deliveries", "".join(lines))
        self.assertNotIn("vdigest", "".join(lines))
        self.assertFalse(os.path.exists(self.place()))

    def test_with_one_mailbox_and_a_remote_one_nothing_is_hashed_unless_it_fails(self):
        self.list("joe, x@far.test")
        got, lines = strace(self.vmail, ["-e", "trace=%file"], "-f", "x@far.test", "list@a.test", input=MESSAGE)
        self.assertEqual(got.status, 0, got)
        self.assertNotIn("vdigest", "".join(lines))

    @needs_root                                 # else strace sees no names
    def test_it_is_on_disk_before_the_next_target_is_begun(self):
        got, lines = strace(self.vmail, ["-y", "-e", "trace=fsync,clone,clone3,fork,vfork"],
                            "-f", "x@far.test", "list@a.test", input=MESSAGE)
        self.assertEqual(got.status, 75, got)
        pid = lines[-1].split()[0]              # the one who waits for all others ends last
        parent = [line for line in lines if line.split()[0] == pid]
        what = ["record" if "/deliveries/" in line and "fsync" in line else
                "directory" if "/deliveries>" in line else "fork"
                for line in parent if "clone" in line or "fork" in line or "/deliveries" in line]
        self.assertEqual(what[-6:], ["fork", "record", "directory", "fork", "record", "fork"], parent)

    def test_one_that_no_mta_asks_for_any_more_counts_for_nothing_and_goes(self):
        self.refused(75, "", "list@a.test", MESSAGE)
        old = self.path()
        os.utime(old, (time.time() - 8 * DAY,) * 2)
        self.refused(75, "", "list@a.test", MESSAGE)
        self.assertEqual(self.copies(), (2, 2))
        other = os.path.join(self.place(), "0" * 64)
        with open(other, "w") as f:
            f.write("done x\n")
        os.utime(other, (time.time() - 8 * DAY,) * 2)
        os.utime(os.path.join(self.place(), ".cleaned"), (time.time() - DAY,) * 2)
        self.refused(75, "", "list@a.test", b"Subject: other\n\n")
        self.assertEqual(os.path.exists(other), False)
        self.assertEqual(len(self.records()), 2)

    def test_a_torn_end_counts_for_nothing_and_is_not_joined(self):
        for end in (b"done account%20ann", b"\0" * 100, b"done account%20ann@b.test\0\n", b"\n\n", b"\xff"):
            self.refused(75, "", "list@a.test", MESSAGE)
            path = self.path()
            first = self.content(path).split(b"\n")[0] + b"\n"
            with open(path, "wb") as f:
                f.write(first + end)
            before = self.copies()
            self.refused(75, "", "list@a.test", MESSAGE)
            self.assertEqual(self.copies(), (before[0], before[1] + 1), end)
            self.refused(75, "", "list@a.test", MESSAGE)
            self.assertEqual(self.copies(), (before[0], before[1] + 1), end)

    def test_a_place_that_cannot_be_made_keeps_the_mail_before_anything_is_delivered(self):
        with open(self.place(), "w"):
            pass
        if not ROOT:                            # the mail's own place is the other one
            place = os.path.join(self.vmail.spool, "a.test")
            os.makedirs(place, mode=0o700)
            with open(os.path.join(place, ".deliveries"), "w"):
                pass
        self.refused(75, "deliveries", "list@a.test", MESSAGE)
        self.assertEqual(self.copies(), (0, 0))

    def test_a_link_in_its_place_is_refused(self):
        self.refused(75, "", "list@a.test", MESSAGE)
        path, other = self.path(), os.path.join(self.vmail.scratch, "other")
        os.rename(path, other)
        os.symlink(other, path)
        self.refused(75, "record", "list@a.test", MESSAGE)
        self.assertEqual(self.copies(), (1, 1))

    @only_where(not ROOT)
    def test_without_a_state_of_its_own_it_lies_with_the_mail(self):
        os.chmod(self.vmail.state, 0o500)
        self.addCleanup(os.chmod, self.vmail.state, 0o700)
        for _ in "12":
            self.refused(75, "", "list@a.test", MESSAGE)
        self.assertEqual(self.copies(), (1, 1))
        self.assertEqual(len(os.listdir(os.path.join(self.vmail.spool, "a.test", ".deliveries"))), 2)

    def test_a_full_disk_is_seen_before_anything_is_delivered_or_hurts_nobody(self):
        self.works()
        got, _ = strace(self.vmail, ["-e", "trace=fallocate", "-e", "inject=fallocate:error=ENOSPC"],
                        "-f", "x@far.test", "list@a.test", input=MESSAGE)
        self.assertEqual((got.status, self.copies()), (75, (0, 0)), got)

    def test_room_for_a_record_is_made_before_a_delivery_beside_a_remote_one(self):
        self.list("joe, x@far.test")
        got, _ = strace(self.vmail, ["-e", "trace=fallocate", "-e", "inject=fallocate:error=EDQUOT"],
                        "-f", "x@far.test", "list@a.test", input=MESSAGE)
        self.assertEqual((got.status, self.copies(), self.vmail.sent()), (75, (0, 0), []), got)

    @needs_root
    def test_what_cannot_be_written_is_said_and_the_delivery_stands(self):
        self.works()
        self.vmail.write("aliases.a.test", "list: ann@b.test, /dev/null, \"|" + self.command + "\"\n")
        got, _ = strace(self.vmail, ["-e", "trace=fsync", "-P", self.place(), "-e", "inject=fsync:error=EIO"],
                        "-f", "x@far.test", "list@a.test", input=MESSAGE)
        self.assertEqual(got.status, 0, got)
        self.assertIn("could not be recorded", got.log)
        self.assertEqual((self.copies(), self.commands()), ((0, 1), 1))


class Sessions(Record):
    """By LMTP each recipient has a reply, and a record, of its own."""
    def tick(self):
        """Until the clock shows another second."""
        now = int(time.time())
        eventually(lambda: int(time.time()) != now, "the next second")

    def test_a_retry_delivers_to_the_rest_alone(self):
        for want in ("4", "4", "2"):
            if want == "2":
                self.works()
            self.tick()                         # our own Received is another one then
            lmtp = self.session()
            got = lmtp.deliver("list@a.test", message=MESSAGE)
            self.assertTrue(got[-1].startswith(want), got)
            lmtp.quit()
        self.assertEqual((self.copies(), self.commands(), self.records()), ((1, 1), 1, []))

    def test_recipients_with_a_mailbox_each_need_no_record(self):
        lmtp = self.session()
        got = lmtp.deliver("joe@a.test", "ann@b.test", message=MESSAGE)
        self.assertEqual([r[0] for r in got[-2:]], ["2", "2"], got)
        lmtp.quit()
        self.assertFalse(os.path.exists(self.place()))

    def test_what_one_recipient_got_is_remembered_for_the_next_that_shares_it(self):
        self.vmail.write("aliases.a.test", f"one: joe, ann@b.test\ntwo: joe, ann@b.test, \"|{self.command}\"\n")
        for to in (("one@a.test", "two@a.test"), ("two@a.test",)):
            self.tick()
            lmtp = self.session()
            got = lmtp.deliver(*to, message=MESSAGE)
            self.assertTrue(got[-1].startswith("4"), got)
            lmtp.quit()
        self.assertEqual(self.copies(), (1, 1))

    def test_a_client_that_is_gone_before_its_reply_gets_no_second_copy(self):
        self.works()
        lmtp = self.session()
        lmtp.begin("list@a.test")
        self.assertTrue(lmtp.ask("DATA").startswith("354"))
        gate = os.path.join(self.out, "gate")
        os.mkfifo(gate)
        os.chmod(gate, 0o666)
        self.vmail.write("command", f"#!/bin/sh\ncat >> {self.got}; read x < {gate}\n", mode=0o755)
        lmtp.send(wire(MESSAGE))
        with open(gate, "w") as opened:
            lmtp.close()
            talker = [pid for pid in session_of(lmtp.process.popen.pid) if pid != lmtp.process.popen.pid]
            self.assertTrue(talker)
            opened.write("go\n")
        lmtp.process.wait()
        self.vmail.write("command", f"#!/bin/sh\ncat >> {self.got}\n", mode=0o755)
        self.tick()
        again = self.session()
        self.assertTrue(again.deliver("list@a.test", message=MESSAGE)[-1].startswith("2"))
        again.quit()
        self.assertEqual(self.copies(), (1, 1))


@unittest.skipUnless(build(), "needs a compiler, and x86_64")
class Kills(Record):
    """Killed at any call, and tried again: at most the target that was under way comes twice."""
    def counts(self):
        """Of joe, ann and the command; who cannot be delivered to is the MTA's, which has it then."""
        sent = [args[-1] for args, _ in self.vmail.sent()]
        joe, ann = self.copies()
        return joe + sent.count("joe@a.test"), ann + sent.count("ann@b.test"), self.commands()

    def struck(self, nth):
        """False: there is no nth call."""
        note = os.path.join(self.vmail.scratch, "struck")
        with open(note, "w"):
            pass
        message = b"Subject: x\n\nstruck %d\n" % nth
        before = self.counts()
        got = run(build(), note, nth, "kill", "all", program("vdeliver"), "-C", self.vmail.dir,
                  "-f", "sender@far.test", "list@a.test", input=message)
        if not self.content(note):
            return False
        self.assertIn(got.status, (0, 75, 137))
        if got.status != 0:
            self.delivered("list@a.test", message)
        more = [b - a for a, b in zip(before, self.counts())]
        # Between the end of the record and its own end nothing can know.
        if self.content(note) != b"exit_group\n":
            self.assertIn(sum(more), (3, 4), (nth, self.content(note), more))
        self.assertTrue(all(n >= 1 for n in more), (nth, self.content(note), more))
        self.doubles += sum(more) - 3
        return True

    def test_killed_at_any_call_each_target_has_it_and_no_more_than_one_has_it_twice(self):
        self.works()
        # each call, or every seventh; behind the first part of tests/check every fifteenth
        step = 1 if os.environ.get("VMAIL_STRIKES") else 15 if PART else 7
        self.doubles, nth = 0, 1
        while self.struck(nth):
            nth += step
        self.assertGreater(nth, 100)
        self.assertLess(self.doubles, nth / step / 4)   # most calls fall outside of those moments


if __name__ == "__main__":
    main()
