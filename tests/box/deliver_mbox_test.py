#!/usr/bin/python3
"""vdeliver into an mbox: what is in the way, torn tails, locks, modes."""
import fcntl
import stat

from delivery import *

MAIL = b"From a@far.test Thu Jan  1 00:00:00 1970\nS: old\n\nold\n\n"


class InTheWay(Delivery):
    """Whatever is not the account's own plain file is refused, and nothing is written outside."""
    def setUp(self):
        super().setUp()
        self.delivered("joe@a.test")
        os.unlink(self.inbox)
        self.outside = self.vmail.write("outside", b"outside\n")
        self.give(self.outside)

    def is_refused(self, words):
        self.refused(75, words, "joe@a.test")
        self.assertEqual(self.content(self.outside), b"outside\n")

    def test_a_symbolic_link_is_refused(self):
        os.symlink(self.outside, self.inbox)
        self.is_refused("joe")
        self.assertTrue(os.path.islink(self.inbox))

    def test_a_dangling_link_is_refused_and_nothing_is_made_where_it_leads(self):
        os.symlink(self.outside + "2", self.inbox)
        self.is_refused("joe")
        self.assertFalse(os.path.exists(self.outside + "2"))

    def test_a_link_to_a_maildir_is_refused(self):
        self.delivered("ann@b.test")
        os.symlink(self.maildir, self.inbox)
        self.is_refused("joe")
        self.assertEqual(len(self.vmail.messages("ann@b.test")), 1)

    def test_a_hard_link_is_refused(self):
        os.link(self.outside, self.inbox)
        self.is_refused("hard links")

    def test_a_fifo_is_refused_at_once(self):
        os.mkfifo(self.inbox)
        self.is_refused("neither a file nor a directory")

    def test_a_socket_is_refused(self):
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(self.inbox)
            self.is_refused("neither a file nor a directory")

    @needs_root
    def test_a_device_is_refused(self):
        os.mknod(self.inbox, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        self.is_refused("neither a file nor a directory")

    @needs_root
    def test_somebody_elses_file_is_refused(self):
        for uid in (0, 65534):
            with open(self.inbox, "wb") as f:
                f.write(MAIL)
            os.chown(self.inbox, uid, GID)
            os.chmod(self.inbox, 0o666)
            self.is_refused("belongs to uid" if uid else "belongs to uid 0")
            self.assertEqual(self.content(self.inbox), MAIL)

    def test_a_link_in_place_of_the_domains_directory_is_refused(self):
        place = os.path.dirname(self.inbox)
        shutil.rmtree(place)
        other = os.path.join(self.vmail.scratch, "other")
        os.mkdir(other, 0o777)
        os.symlink(other, place)
        self.is_refused("a.test")
        self.assertEqual(os.listdir(other), [])

    def test_a_link_in_place_of_the_lock_file_is_no_way_out(self):
        os.symlink(self.outside, self.inbox + ".lock")
        self.vmail.set(lock_timeout="1s")
        self.is_refused("lock")
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def test_a_link_in_place_of_the_queue_file_is_refused(self):
        queue = os.path.join(os.path.dirname(self.inbox), ".joe.queue")
        os.unlink(queue)
        os.symlink(self.outside, queue)
        self.is_refused("queue")

    def test_a_directory_that_everybody_can_write_to_is_refused(self):
        os.chmod(os.path.dirname(self.inbox), 0o777)
        self.is_refused("others can write")

    def test_a_spool_that_is_missing_is_not_made(self):
        shutil.rmtree(self.vmail.spool)
        self.is_refused("missing: mount it")
        self.assertFalse(os.path.exists(self.vmail.spool))


def is_not_joined(self, before, between):
    """A delivery into a file with these bytes adds between, and then the message."""
    self.delivered("joe@a.test")
    self.put(self.inbox, before)
    self.delivered("joe@a.test", b"S: new\n\nnew\n")
    after = self.content(self.inbox)
    self.assertTrue(after.startswith(before + between + b"From sender@far.test "), after)
    self.assertTrue(after.endswith(b"\nS: new\n\nnew\n\n"))
    self.assertEqual(self.last(), trace("joe@a.test") + b"S: new\n\nnew\n")


@rows(is_not_joined, [
    ("an empty file", b"", b""),
    ("a whole message", MAIL, b""),
    ("a message without its empty line", MAIL[:-1], b"\n"),
    ("a message torn within a line", MAIL[:-3], b"\n\n"),
    ("a torn From line", b"From a@far", b"\n\n"),
    ("a single newline", b"\n", b""),
    ("a single byte", b"x", b"\n\n"),
    ("a message with CRLF", MAIL.replace(b"\n", b"\r\n"), b""),
    ("a CR at its end", MAIL + b"\r", b"\r\n\n"),
    ("a NUL at its end", MAIL + b"\0", b"\n\n"),
])
class TornTails(Delivery):
    before = b"1 host\n".ljust(512, b"\0")      # the lock's text

    def queue(self):
        return os.path.join(os.path.dirname(self.inbox), ".joe.queue")

    def torn(self, before, written, length=None, inode=None, head=None):
        """The file and the record of an append that did not end."""
        self.delivered("joe@a.test")
        self.put(self.inbox, before + written)
        inode = os.stat(self.inbox).st_ino if inode is None else inode
        head = written[:200] if head is None else head
        self.put(self.queue(), self.before + b"append %d %d %d %d\n" % (inode, len(before), length or 1000,
                                                         len(head)) + head)
        self.delivered("joe@a.test", b"S: new\n\nnew\n")
        after = self.content(self.inbox)
        self.assertTrue(after.endswith(b"\nS: new\n\nnew\n\n"), after)
        self.assertEqual(self.content(self.queue())[512:513], b"-")
        return after[:after.rindex(b"From sender@far.test")]

    def test_what_the_record_tells_of_is_taken_away(self):
        self.assertEqual(self.torn(MAIL, b"From joe@far.test x\nS: torn\n\nxx"), MAIL)

    def test_a_tail_that_begins_in_another_way_stays(self):
        tail = b"From ann@far.test y\nS: mail\n\nof somebody else\n\n"
        self.assertEqual(self.torn(MAIL, tail, head=b"From joe@far.test x\n"), MAIL + tail)

    def test_a_torn_separator_is_taken_away(self):
        self.assertEqual(self.torn(MAIL[:-1], b"\nFrom joe@far.te"), MAIL[:-1] + b"\n")

    def test_a_whole_append_stays(self):
        new = b"From joe@far.test x\nS: whole\n\nx\n\n"
        self.assertEqual(self.torn(MAIL, new, len(new)), MAIL + new)

    def test_what_another_program_put_behind_it_stays(self):
        tail = b"From joe@far.test x\nS: torn\n\nxx\nFrom other@far.test x\nS: y\n\ny\n\n"
        self.assertEqual(self.torn(MAIL, tail), MAIL + tail)

    def test_a_record_of_another_file_counts_for_nothing(self):
        self.assertEqual(self.torn(MAIL, b"From x\n\nx\n\n", inode=1), MAIL + b"From x\n\nx\n\n")

    def test_a_record_that_is_garbage_counts_for_nothing(self):
        self.delivered("joe@a.test")
        for garbage in (b"append", b"append 1 2", b"\0" * 200, b"append -1 -1 -1\n", b"x" * 5000,
                        *(b"append %d %b\n" % (os.stat(self.inbox).st_ino, rest) for rest in (
                            b"0 99999999999999999999999", b"-1 99999 0", b"-9 -1 0", b"-1 -1 -1",
                            b"0 99999 200", b"0 99999 99999999999"))):
            before = self.content(self.inbox)
            self.put(self.queue(), self.before + garbage)
            self.delivered("joe@a.test")
            self.assertTrue(self.content(self.inbox).startswith(before), garbage)


class Locks(Delivery):
    settings = {"lock-timeout": "1s"}

    def setUp(self):
        super().setUp()
        self.delivered("joe@a.test")
        self.before = self.content(self.inbox)

    def lock_file(self, text, age=0):
        self.put(self.inbox + ".lock", text)
        os.utime(self.inbox + ".lock", (time.time() - age,) * 2)

    def is_busy(self):
        self.refused(75, "lock", "joe@a.test")
        self.assertEqual(self.content(self.inbox), self.before)

    def gone(self):
        process = subprocess.Popen(["true"])
        process.wait()
        return process.pid

    def test_a_lock_file_of_a_living_process_is_waited_for_and_then_the_mail_waits(self):
        self.lock_file(b"%d %s\n" % (os.getpid(), socket.gethostname().encode()))
        self.is_busy()
        self.assertTrue(os.path.exists(self.inbox + ".lock"))

    def test_a_lock_file_of_another_host_is_waited_for(self):
        self.lock_file(b"%d elsewhere.test\n" % self.gone())
        self.is_busy()

    def test_a_lock_file_without_a_process_is_waited_for(self):
        for text in (b"", b"0"):
            self.lock_file(text)
            self.is_busy()

    def test_a_lock_file_of_a_dead_process_is_taken_away(self):
        for text in (b"%d", b"%d\n", b"%d " + socket.gethostname().encode() + b"\n"):
            self.lock_file(text % self.gone())
            self.delivered("joe@a.test")
            self.assertFalse(os.path.exists(self.inbox + ".lock"))

    def test_a_lock_file_that_nobody_touched_for_long_is_taken_away(self):
        self.lock_file(b"%d elsewhere.test\n" % os.getpid(), age=700)
        self.delivered("joe@a.test")

    def test_a_lock_file_that_goes_in_time_is_waited_for(self):
        self.vmail.set(lock_timeout="20s")
        self.lock_file(b"")
        process = self.vmail.start("vdeliver", "joe@a.test", stdin=subprocess.DEVNULL)
        eventually(lambda: locks_of(os.path.dirname(self.inbox) + "/.joe.queue"), "the queue's lock")
        os.unlink(self.inbox + ".lock")
        self.assertEqual(process.wait(), 0, process.errors)

    def test_a_kernel_lock_of_another_program_is_waited_for(self):
        with open(self.inbox, "r+b") as f:
            fcntl.lockf(f, fcntl.LOCK_EX)
            self.is_busy()
            self.assertFalse(os.path.exists(self.inbox + ".lock"), "it was not given back")
            fcntl.lockf(f, fcntl.LOCK_UN)
            self.delivered("joe@a.test")

    @needs_strace
    @unittest.skipUnless(ROOT, "needs root: whose descriptors are which, strace sees of our programs as root alone")
    def test_a_new_inbox_that_another_program_has_open_stays_where_the_first_message_fails(self):
        os.unlink(self.inbox)
        late, opened = b"From late@far.test Thu Jan  1 00:00:00 1970\nS: late\n\nlate\n\n", []
        words = [program("vdeliver"), "-C", self.vmail.dir, "-f", "sender@far.test", "joe@a.test"]
        self.assertEqual(stopped_at("ftruncate", words, lambda: opened.append(open(self.inbox, "ab")), "-P", self.inbox,
                                    "-e", "trace=ftruncate,fsync", "-e", "inject=fsync:error=EIO:when=1", said=MAIL)[1], 75)
        with opened[0] as f:
            fcntl.lockf(f, fcntl.LOCK_EX)
            f.write(late)
        self.assertEqual(self.content(self.inbox), late)

    def test_the_lock_timeout_holds_for_the_queue_too(self):
        queue = os.path.join(os.path.dirname(self.inbox), ".joe.queue")
        with open(queue, "r+b") as f:
            fcntl.lockf(f, fcntl.LOCK_EX)
            start = time.monotonic()
            self.is_busy()
            self.assertLess(time.monotonic() - start, CUT)

    def test_the_delivery_timeout_cuts_the_lock_timeout(self):
        self.vmail.set(lock_timeout="60s", delivery_timeout="1s")
        self.lock_file(b"")
        start = time.monotonic()
        self.is_busy()
        self.assertLess(time.monotonic() - start, CUT)

    def test_nothing_of_a_lock_stays_behind(self):
        self.assertEqual(sorted(os.listdir(os.path.dirname(self.inbox))), [".joe.queue", "joe"])


class Entry(Delivery):
    """The bytes in the file."""
    def test_each_line_of_from_behind_any_number_of_quotes_gets_one_more(self):
        self.delivered("joe@a.test", b"S: x\nFrom in the header\n\nFrom a\n>From b\n>>>From c\n From d\n> From e\n"
                                     b"From\n>From\nfrom f\nxFrom g\nFrom:\n\nFrom h")
        entry = self.content(self.inbox).split(b"\n", 1)
        self.assertRegex(entry[0], rb"^From sender@far\.test \w{3} ")
        self.assertEqual(entry[1], trace("joe@a.test") +
                         b"S: x\n>From in the header\n\n>From a\n>>From b\n>>>>From c\n From d\n> From e\n"
                         b"From\n>From\nfrom f\nxFrom g\nFrom:\n\n>From h\n\n")

    def test_so_it_is_in_a_file_that_an_alias_names(self):
        place = os.path.join(self.vmail.scratch, "place")
        os.mkdir(place)
        os.chmod(place, 0o777)
        self.vmail.write("aliases.a.test", f"file: {place}/file\n")
        self.delivered("file@a.test", b"S: x\n\nFrom a\n>From b")
        self.assertEqual(self.content(place + "/file").split(b"\n", 1)[1],
                         trace("file@a.test") + b"S: x\n\n>From a\n>>From b\n\n")

    @needs_root                             # others' strace is not shown the names
    @needs_strace
    def test_it_is_synced_before_the_locks_go_and_success_is_told(self):
        self.delivered("joe@a.test")
        got, lines = strace(self.vmail, ["-y", "-e", "trace=fsync,fdatasync,unlink,unlinkat,link,linkat,fcntl,exit_group"],
                            "joe@a.test", input=b"S: x\n\n" + b"y" * 200000)
        self.assertEqual(got.status, 0, got)
        def first(pattern):
            return next(i for i, line in enumerate(lines) if re.search(pattern, line))
        kernel = first(r"fcntl\(\d+<[^>]*/a\.test/joe>, F_OFD_SETLK")
        dot = first(r'link(at)?\(.*"joe\.lock"')
        synced = first(r"f(data)?sync\(\d+<[^>]*/a\.test/joe>\) += 0")
        unlocked = first(r'unlink(at)?\(.*"joe\.lock"')
        self.assertLess(max(kernel, dot), synced)
        self.assertLess(synced, unlocked)


class Modes(Delivery):
    def mode(self, path):
        return oct(stat.S_IMODE(os.stat(path).st_mode))

    def test_a_new_inbox_is_the_accounts_alone_whatever_the_umask(self):
        for umask in (0, 0o777):
            old = os.umask(umask)
            try:
                got = self.vmail.deliver("joe@a.test")
            finally:
                os.umask(old)
            self.assertEqual(got.status, 0, got)
            st = os.stat(self.inbox)
            self.assertEqual(self.mode(self.inbox), oct(0o600))
            self.assertEqual(st.st_uid, self.owner()[0])
            os.unlink(self.inbox)

    def test_an_old_inbox_keeps_its_mode(self):
        self.delivered("joe@a.test")
        os.chmod(self.inbox, 0o660)
        self.delivered("joe@a.test")
        self.assertEqual(self.mode(self.inbox), oct(0o660))

    @needs_root
    def test_the_domains_directory_is_roots_and_the_gids_and_sticky(self):
        self.delivered("joe@a.test")
        st = os.stat(os.path.dirname(self.inbox))
        self.assertEqual((st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)), (0, GID, 0o3770))

    @needs_root
    def test_with_one_owner_the_directory_and_the_inbox_are_the_owners_alone(self):
        self.vmail.domain("c.test", {"owner": "60500:60501"}, accounts=["eve"])
        self.delivered("eve@c.test")
        for path, mode in ((self.vmail.inbox("eve@c.test"), 0o600),
                           (os.path.join(self.vmail.spool, "c.test"), 0o700)):
            st = os.stat(path)
            self.assertEqual((st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)), (60500, 60501, mode))

    @needs_root
    def test_an_account_that_is_root_gets_nothing(self):
        for uid, gid in ((0, GID), (60100, 0), (4294967295, GID)):
            self.vmail.domain("c.test", accounts=[f"eve:x:{uid}:{gid}:Eve:/nonexistent:/bin/false"])
            self.refused(75, "", "eve@c.test")
            self.assertFalse(os.path.exists(self.vmail.inbox("eve@c.test")))

    def test_spool_in_a_place_that_does_not_let_us_write_is_temporary(self):
        self.delivered("joe@a.test")
        place = os.path.dirname(self.inbox)
        os.chmod(place, 0o550)
        if ROOT:
            os.chmod(self.inbox, 0o400)     # 3550: group may look, not write
        self.addCleanup(os.chmod, place, 0o3770 if ROOT else 0o700)
        before = self.content(self.inbox)
        self.refused(75, "joe", "joe@a.test")
        self.assertEqual(self.content(self.inbox), before)


if __name__ == "__main__":
    main()
