#!/usr/bin/python3
"""vpop3d struck at its system calls, or on a full disk: the short form of tests/fault/run."""
import contextlib
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


class NoRoom(Pop3Test):
    PAGES = [b"Subject: %d\n\n" % i + b"line\n" * 1000 for i in range(4)]

    def fill(self, vmail):
        """Not a byte is left."""
        with open(vmail.spool + "/filler", "ab", 0) as f, contextlib.suppress(OSError):
            while True:
                f.write(b"x" * 4096)

    def full(self, messages, known=True):
        """An mbox on a full disk; known: a session has been there before."""
        vmail = self.box()
        tmpfs(vmail.spool, "4m")
        self.addCleanup(subprocess.run, ["umount", vmail.spool])
        put_mbox(vmail, self.joe, messages)
        if known:
            self.uids(vmail)
        self.fill(vmail)
        return vmail

    def delete(self, vmail, *numbers):
        """The reply to QUIT, and the log."""
        pop = self.session(vmail)
        for number in numbers:
            self.assertRegex(pop.ask(f"DELE {number}"), r"^\+OK")
        return pop.ask("QUIT"), self.ended(pop)

    def append(self, vmail, text):
        os.unlink(vmail.spool + "/filler")
        with open(vmail.inbox(self.joe), "ab") as f:
            f.write(text)

    @needs_root
    def test_an_mbox_that_nothing_of_ours_has_touched_is_read_and_emptied(self):
        vmail = self.full(mbox(*self.PAGES), known=False)
        self.assertEqual(self.messages(vmail), [on_the_wire(m) for m in self.PAGES])
        reply, log = self.delete(vmail, 1, 2, 3, 4)
        self.assertRegex(reply, r"^\+OK .* shutdown\.$", log)
        self.assertEqual(os.path.getsize(vmail.inbox(self.joe)), 0)
        self.assertFalse(os.path.lexists(vmail.inbox(self.joe) + ".lock"))
        self.assertIn("deleted=4", log)

    @needs_root
    def test_its_end_can_be_deleted_and_the_unique_ids_are_as_if_there_were_room(self):
        twin = mbox(self.PAGES[0])
        vmail = self.full(twin * 4)
        before = self.uids(vmail)
        reply, log = self.delete(vmail, 3, 4)
        self.assertRegex(reply, r"^\+OK", log)
        self.assertEqual(self.uids(vmail), before[:2])
        self.append(vmail, twin)
        [*same, new] = self.uids(vmail)
        self.assertEqual(same, before[:2])
        self.assertNotIn(new, before)

    @needs_root
    def test_where_that_frees_nothing_the_log_says_what_is_not_remembered(self):
        vmail = self.full(mbox(*[b"Subject: %d\n\n%d\n" % (i // 2, i // 2) for i in range(6)]))
        before = self.uids(vmail)
        reply, log = self.delete(vmail, 6)
        self.assertRegex(reply, r"^\+OK", log)
        self.assertIn(".joe.uids: no room", log)
        self.assertEqual(self.uids(vmail), before[:5])
        reply, log = self.delete(vmail, 5)
        self.assertRegex(reply, r"^\+OK", log)
        self.assertEqual(self.uids(vmail), before[:4])

    @needs_root
    def test_what_is_not_the_end_stays_and_so_does_its_unique_id(self):
        vmail = self.full(mbox(*self.PAGES))
        before = self.uids(vmail)
        self.assertRegex(self.delete(vmail, 1)[0], r"^-ERR \[SYS/TEMP\]")
        self.assertEqual(self.uids(vmail), before)


if __name__ == "__main__":
    main()
