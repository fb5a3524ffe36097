#!/usr/bin/python3
"""harness_test.py: the harness itself: what other tests believe of it."""
import os
import sys
import threading
import unittest

from harness import *


class Scratch(BoxTest):
    def test_an_installation_has_its_settings_and_the_files_of_a_domain(self):
        vmail = self.installation({"max-message-size": "1k"})
        vmail.domain("a.test", {"mailbox": "maildir"}, accounts=["joe", "ann"],
                     passwords={"ann": "secret"}, aliases="all: joe, ann\n")
        self.assertIn(b"max-message-size = 1k\n", vmail.read("vmail.conf"))
        self.assertIn(b"mailbox = maildir\n", vmail.read("domain.a.test"))
        self.assertEqual([line.split(b":")[0] for line in vmail.read("passwd.a.test").split()
                          if b":x:" in line], [b"joe", b"ann"])
        self.assertIn(b"joe:*:", vmail.read("shadow.a.test"))
        self.assertIn(b"ann:$6$", vmail.read("shadow.a.test"))

    def test_a_setting_that_is_none_is_taken_out(self):
        vmail = self.installation()
        vmail.set(main_domain=None)
        self.assertNotIn(b"main-domain", vmail.read("vmail.conf"))

    def test_sendmail_keeps_arguments_and_messages_in_order_and_exits_as_told(self):
        vmail = self.installation()
        self.assertEqual(run(vmail.sendmail, "-f", "", "--", "a b", input=b"one\n").status, 0)
        vmail.sendmail_exits(75)
        self.assertEqual(run(vmail.sendmail, "-i", input=b"two").status, 75)
        self.assertEqual(vmail.sent(), [(["-f", "", "--", "a b"], b"one\n"), (["-i"], b"two")])

    @needs_root
    def test_the_system_files_are_those_of_the_test_alone(self):
        with open("/etc/passwd") as f:
            self.assertIn("sysuser:", f.read())
        system_file("/etc/hosts", "127.9.9.9 mailhost.a.test\n")
        with open("/etc/hosts") as f:
            self.assertEqual(f.read(), "127.9.9.9 mailhost.a.test\n")


class Readers(BoxTest):
    def test_an_mbox_is_split_at_from_lines_after_empty_lines_and_unquoted(self):
        vmail = self.installation()
        path = vmail.write("box", b"From a\nS: 1\n\nx\nFrom y\n>From z\n>>From w\n\n"
                                  b"From b\nS: 2\n\n\n")
        self.assertEqual(mbox_messages(path),
                         [b"S: 1\n\nx\nFrom y\nFrom z\n>From w\n", b"S: 2\n\n"])

    def test_log_lines_are_kept_apart_from_what_a_program_says(self):
        got = Result(67, b"", b"5.1.1 unknown user\nvdeliver[12]: failed rcpt=a\n")
        self.assertEqual(got.stderr, "5.1.1 unknown user\n")
        self.assertEqual(got.log, "vdeliver[12]: failed rcpt=a\n")


class Client(BoxTest):
    def pair(self):
        ours, theirs = connection(fresh_address())
        self.addCleanup(theirs.close)
        pop = Pop3(ours)
        self.addCleanup(pop.close)
        return pop, theirs

    def test_a_multi_line_reply_loses_its_dots(self):
        pop, server = self.pair()
        server.sendall(b"+OK\r\n..x\r\na.\r\n\r\n.\r\n+OK next\r\n")
        self.assertEqual(pop.many("RETR 1"), ("+OK", b".x\r\na.\r\n\r\n"))
        self.assertEqual(pop.line(), "+OK next")
        self.assertEqual(server.recv(100), b"RETR 1\r\n")

    def test_an_empty_multi_line_reply_is_empty(self):
        pop, server = self.pair()
        server.sendall(b"+OK\r\n.\r\n")
        self.assertEqual(pop.many("UIDL"), ("+OK", b""))

    def test_a_multi_line_reply_may_come_in_any_pieces(self):
        text = b"+OK\r\nx\r\n..\r\n.y\r\n.\r\n+OK next\r\n"
        for cut in range(len(text)):
            pop, server = self.pair()
            server.sendall(text[:cut])
            later = threading.Thread(target=server.sendall, args=(text[cut:],))
            pop.socket.sendall(b"CAPA\r\n")
            if cut:
                pop._more()
            later.start()
            self.assertEqual((pop.line(), pop.body(), pop.line()), ("+OK", b"x\r\n.\r\ny\r\n", "+OK next"), cut)
            later.join()

    def test_the_end_of_the_connection_is_none(self):
        pop, server = self.pair()
        server.close()
        self.assertIsNone(pop.line())


class Programs(BoxTest):
    def test_a_line_of_a_running_program_can_be_waited_for(self):
        process = Process(["/bin/sh", "-c", "echo ready 7 >&2; read x"],
                          stdin=subprocess.PIPE)
        self.addCleanup(process.popen.stdin.close)
        self.addCleanup(process.stop)
        self.assertEqual(process.wait_line(r"ready (\d)")[1], "7")

    def test_a_program_that_ends_without_the_line_fails_the_wait(self):
        process = Process([sys.executable, "-c", "pass"])
        self.addCleanup(process.stop)
        with self.assertRaises(AssertionError):
            process.wait_line("ready")

    @needs_root
    def test_the_native_pop3d_serves_a_system_user(self):
        native = native_pop3d({"sysuser": "secret"}, {"sysuser": b"From a\nS: 1\n\nx\n\n"})
        client, server = connection(fresh_address())
        with server:
            process = Process([native], stdin=server, stdout=server)
        self.addCleanup(process.stop)
        pop = Pop3(client, process)
        self.addCleanup(pop.close)
        self.assertEqual(pop.login("sysuser", "secret"), "+OK")
        self.assertEqual(pop.ask("STAT")[:6], "+OK 1 ")
        self.assertEqual(pop.ask("QUIT"), "+OK")

    def test_no_setting_of_the_caller_reaches_a_program(self):
        os.environ["VMAIL_LEAK"] = "1"
        self.assertNotIn(b"VMAIL_LEAK", run("/usr/bin/env").stdout)


class Parts(unittest.TestCase):
    """Of tests/check."""
    @once("it asks for all of them", "unprivileged", "sanitizers", "static")
    class Each(unittest.TestCase):
        def test_always(self):
            pass

        @once("as an example", "static")
        def test_once(self):
            pass

    def here(self, part):
        """As if it were run there."""
        module = sys.modules["harness"]
        self.addCleanup(setattr, module, "PART", PART)
        module.PART = part

    def test_a_test_that_is_once_has_its_turn_in_the_first_part_and_where_it_says(self):
        for part, turn in zip(PARTS, (True, False, False, True)):
            self.here(part)
            self.assertEqual([has_its_turn(self.Each(name)) for name in ("test_always", "test_once")], [True, turn])

    def test_all_rows_are_in_the_first_part_and_each_once_more_behind_it(self):
        rows, behind = list(range(10)), []
        for part in PARTS[1:]:
            self.here(part)
            behind += thinned(rows)
            self.assertEqual((fewer(60), fewer(2)), (20, 1))
        self.assertEqual(sorted(behind), rows)
        self.here("")
        self.assertEqual((thinned(rows), fewer(60)), (rows, 60))


class Beside(unittest.TestCase):
    class Each(unittest.TestCase):
        """No tests of this file: two that wait for one another, one that fails, and one alone."""
        meeting = threading.Barrier(2, timeout=DEADLINE)
        running = []

        def setUp(self):
            self.running.append(self.id())
            self.addCleanup(self.running.remove, self.id())

        def test_a(self):
            self.meeting.wait()

        test_b = test_a

        def test_c(self):
            self.fail("as it should")

        @alone
        def test_d(self):
            self.assertEqual(self.running, [self.id()])

    class Quiet(Tap):
        def line(self, ok, test, *args, **more):
            self.told = getattr(self, "told", []) + [(ok, test.id()[-1])]

    def test_tests_beside_one_another_are_all_counted_and_one_that_is_alone_comes_last(self):
        result = self.Quiet()
        run_beside([self.Each("test_" + letter) for letter in "dabc"], result, 3)
        self.assertEqual(sorted(result.told), [(False, "c"), (True, "a"), (True, "b"), (True, "d")])
        self.assertEqual(result.told[-1], (True, "d"))
        self.assertFalse(result.wasSuccessful())


class Time(unittest.TestCase):
    class Each(BoxTest):
        """No tests of this file: one that is late so often, and one that is wrong."""
        def __init__(self, name, often):
            super().__init__(name)
            self.often, self.begun = often, []

        def setUp(self):
            self.begun.append("set up")
            self.addCleanup(self.begun.append, "cleaned up")

        @timed
        def test_late(self):
            self.begun.append("test")
            self.assert_took(1.0 + (self.begun.count("test") <= self.often), 1)

        @timed
        def test_wrong(self):
            self.assert_took(0.4, 1)

    def test_what_is_late_is_tried_again_and_no_more_than_four_times(self):
        for often, fails in ((0, 0), (1, 0), (4, 0), (5, 1)):
            each, result = self.Each("test_late", often), unittest.TestResult()
            each.run(result)
            self.assertEqual((len(result.failures), result.errors), (fails, []))
            self.assertEqual(each.begun, ["set up", "test", "cleaned up"] * (min(often, 4) + 1))

    def test_what_comes_too_early_is_a_failure_at_once(self):
        each, result = self.Each("test_wrong", 0), unittest.TestResult()
        each.run(result)
        self.assertEqual((len(result.failures), each.begun), (1, ["set up", "cleaned up"]))


if __name__ == "__main__":
    main()
