#!/usr/bin/python3
"""vpop3d struck at its system calls, or on a full disk: the short form of tests/fault/run."""
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/fault")
from pop3_faults import *

# Of the update: its locks, its files, its reply.
UPDATE = WRITERS + ",unlink,unlinkat,copy_file_range,fchmod,fcntl,sendto,sendmsg,read,pread64,getdents64"


@unittest.skipUnless(build(), "needs a compiler, and x86_64")
class Strikes(BoxTest):
    """The first call to be struck, and how many are left out, differ: together they meet most."""
    def sweep(self, kind, how, calls, step=1, first=1, since="", least=5, **more):
        world = PopWorld(self.installation(), kind, **more).sweep(how, calls, step, first, since)
        self.assertGreater(world.runs * APART, least)
        self.assertEqual(world.wrong, [])

    def test_killed_at_any_call_a_session_removes_nothing_that_was_not_marked(self):
        for first, kind in enumerate(("mbox", "maildir"), 1):
            self.sweep(kind, "kill", "all", 23, first)

    def test_killed_at_any_call_of_the_update_all_marked_messages_of_an_mbox_are_there_or_none(self):
        self.sweep("mbox", "kill", UPDATE, 2, since="+")

    def test_killed_at_any_call_that_cuts_off_an_mboxs_end_all_of_it_is_there_or_none(self):
        self.sweep("mbox", "kill", UPDATE, since="+", marks=(2, 3))

    def test_killed_at_any_call_of_the_update_each_marked_message_of_a_maildir_is_there_whole_or_gone(self):
        self.sweep("maildir", "kill", UPDATE, 2, since="+")

    def test_errors_make_no_size_no_unique_id_and_no_message_another(self):
        calls = calls_that_may_fail("vpop3d")
        for first, kind in enumerate(("mbox", "maildir"), 1):
            self.sweep(kind, each_error, calls, 13 if calls == "all" else 4, first)

    def test_errors_of_the_update_are_told_and_leave_the_mailbox_as_it_was(self):
        for kind in ("mbox", "maildir"):
            self.sweep(kind, each_error, UPDATE, 2, 2, since="+")

    def test_under_tls_no_command_is_left_out_where_one_cannot_be_passed_on(self):
        world = PopWorld(self.installation(), "mbox", tls=True).sweep(errno.ENOMEM, "sendto", 3, 2)
        self.assertGreater(world.runs * APART, 4)
        self.assertEqual(world.wrong, [])

    def test_short_writes_are_continued(self):
        for kind in ("mbox", "maildir"):
            world = PopWorld(self.installation(), kind).writes_are_short()
            self.assertGreater(world.runs * APART, 5)
            self.assertEqual(world.wrong, [])

    def test_an_error_of_fsync_is_final(self):
        for kind in ("mbox", "maildir"):
            world = PopWorld(self.installation(), kind).sync_fails()
            self.assertGreaterEqual(world.runs * APART, 2 if kind == "mbox" else 1)
            self.assertEqual(world.wrong, [])


class FullDisks(BoxTest):
    @needs_root
    def test_on_a_full_disk_quit_leaves_the_mailbox_as_it_was_and_says_so(self):
        vmail = self.installation()
        tmpfs(vmail.spool, "4m")
        self.addCleanup(subprocess.run, ["umount", vmail.spool])
        world = PopWorld(vmail, "mbox", mails=[FOUR[0], *FOUR[1:3], FOUR[3] + b"y\n" * 5000]).fill()
        self.assertEqual(world.wrong, [])


if __name__ == "__main__":
    main()
