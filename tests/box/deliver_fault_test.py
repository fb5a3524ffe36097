#!/usr/bin/python3
"""vdeliver struck at its system calls, or on a full disk: the short form of tests/fault/run."""
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/fault")
from faults import *


@unittest.skipUnless(build(), "needs a compiler, and x86_64")
class Strikes(BoxTest):
    def sweep(self, kind, message, how, calls, fresh=False, step=1):
        world = World(self.installation(), kind, message, fresh).sweep(how, calls, step)
        self.assertGreater(world.runs * APART, 10 // step)
        self.assertEqual(world.wrong, [])

    def test_killed_at_any_call_an_mbox_keeps_whole_messages(self):
        self.sweep("mbox", SMALL, "kill", "all")

    def test_killed_at_any_call_a_maildir_keeps_whole_messages(self):
        self.sweep("maildir", SMALL, "kill", "all")

    def test_killed_at_calls_of_a_long_delivery_an_mbox_keeps_whole_messages(self):
        self.sweep("mbox", LARGE, "kill", WRITERS)

    def test_killed_at_calls_of_a_long_delivery_a_maildir_keeps_whole_messages(self):
        self.sweep("maildir", LARGE, "kill", WRITERS)

    def test_errors_leave_an_mbox_as_it_was_or_with_the_whole_message(self):
        self.sweep("mbox", SMALL, each_error, calls_that_may_fail("vdeliver"))
        self.sweep("mbox", LARGE, each_error, WRITERS)

    def test_errors_leave_a_maildir_as_it_was_or_with_the_whole_message(self):
        self.sweep("maildir", SMALL, each_error, calls_that_may_fail("vdeliver"))
        self.sweep("maildir", LARGE, each_error, WRITERS)

    def test_killed_or_failing_at_any_call_a_file_of_an_alias_keeps_whole_messages(self):
        self.sweep("file", SMALL, "kill", "all", step=3)
        self.sweep("file", SMALL, each_error, calls_that_may_fail("vdeliver"), step=4)

    def test_the_first_delivery_of_a_domain_may_be_killed_at_any_call(self):
        for kind in ("mbox", "maildir"):
            self.sweep(kind, SMALL, "kill", "all", fresh=True)

    def test_errors_of_the_first_delivery_of_a_domain_leave_nothing_or_the_message(self):
        for kind in ("mbox", "maildir"):
            self.sweep(kind, SMALL, each_error, calls_that_may_fail("vdeliver"), fresh=True)

    def test_short_writes_are_continued(self):
        for kind in ("mbox", "maildir"):
            world = World(self.installation(), kind, LARGE).writes_are_short()
            self.assertGreater(world.runs * APART, 2)
            self.assertEqual(world.wrong, [])

    def test_an_error_of_fsync_is_final(self):
        for kind in ("mbox", "maildir", "file"):
            for message in (SMALL, LARGE):
                world = World(self.installation(), kind, message).sync_fails()
                self.assertGreater(world.runs * APART, 0)
                self.assertEqual(world.wrong, [])


class FullDisks(BoxTest):
    @needs_root
    def test_a_full_disk_leaves_the_mailbox_as_it_was(self):
        for kind in ("mbox", "maildir"):
            vmail = self.installation()
            tmpfs(vmail.spool, "4m")
            self.addCleanup(subprocess.run, ["umount", vmail.spool])
            world = World(vmail, kind, SMALL + b"x" * 20000 + b"\n").fill([0])
            self.assertEqual(world.wrong, [])


if __name__ == "__main__":
    main()
