#!/usr/bin/python3
"""vlmtpd struck at its system calls while it serves one message: the short form of tests/fault/run."""
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/fault")
from several_faults import *


@unittest.skipUnless(build(), "needs a compiler, and x86_64")
class Strikes(BoxTest):
    """The first call to be struck, and how many are left out, differ: together they meet most."""
    def world(self, kind, message, fresh=False):
        return World(self.installation(), kind, message, fresh, by_vlmtpd)

    def sweep(self, kind, message, how, calls, step=1, first=1, fresh=False):
        world = self.world(kind, message, fresh).sweep(how, calls, step, first)
        self.assertGreater(world.runs * APART, 5)
        self.assertEqual(world.wrong, [])

    def test_killed_at_any_call_an_mbox_keeps_whole_messages(self):
        self.sweep("mbox", SMALL, "kill", "all", 5)

    def test_killed_at_any_call_a_maildir_keeps_whole_messages(self):
        self.sweep("maildir", SMALL, "kill", "all", 5, 3)

    def test_killed_at_calls_that_write_a_long_message_is_there_whole_or_not(self):
        for kind in ("mbox", "maildir"):
            self.sweep(kind, LARGE, "kill", WRITERS, 3)

    def test_errors_leave_an_mbox_as_it_was_or_with_the_whole_message(self):
        self.sweep("mbox", SMALL, each_error, calls_that_may_fail("vlmtpd"), 4)
        self.sweep("mbox", LARGE, each_error, "write,writev,fsync,ftruncate")

    def test_errors_leave_a_maildir_as_it_was_or_with_the_whole_message(self):
        self.sweep("maildir", SMALL, each_error, calls_that_may_fail("vlmtpd"), 4, 2)

    def test_the_first_delivery_of_a_domain_may_be_killed_or_fail_at_any_call_that_writes(self):
        for how in ("kill", each_error):
            self.sweep("mbox", SMALL, how, WRITERS, 2, fresh=True)

    def test_of_three_recipients_each_with_a_250_has_it_once_whatever_is_killed_or_fails(self):
        for how, calls, first in (("kill", "all", 3), (each_error, calls_that_may_fail("vlmtpd"), 11)):
            world = SeveralWorld(self.installation()).sweep(how, calls, 37 if calls == "all" else 13, first)
            self.assertGreater(world.runs * APART, 2)
            self.assertEqual(world.wrong, [])

    def test_short_writes_are_continued(self):
        for kind in ("mbox", "maildir"):
            world = World(self.installation(), kind, LARGE, face=by_vlmtpd).writes_are_short()
            self.assertGreater(world.runs * APART, 2)
            self.assertEqual(world.wrong, [])

    def test_an_error_of_fsync_is_final(self):
        for kind in ("mbox", "maildir", "file"):
            for message in (SMALL, LARGE):
                world = self.world(kind, message).sync_fails()
                self.assertGreater(world.runs * APART, 0)
                self.assertEqual(world.wrong, [])


if __name__ == "__main__":
    main()
