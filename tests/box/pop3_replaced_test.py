#!/usr/bin/python3
"""QUIT puts a new mbox in the old one's place: what programs write that had opened the old one, waiting
for its lock, is in the new one.

VMAIL_REPLACED=N: the programs that write all the time do so for N seconds.
"""
import fcntl

from pop3 import *

SECONDS = float(os.environ.get("VMAIL_REPLACED", 1))
IDLE = 1.2              # seconds; who has the old one open, and does nothing, is waited for for a bit longer
LATE = b"From late@far.test Fri Nov 20 11:00:00 2026\nSubject: late\n\nwritten late\n\n"
KEPT, GONE = b"Subject: kept\n\nstays\n", b"Subject: gone\n\ngoes\n"

# Opens, waits for the kernel's lock, writes; again and again until its standard input ends.  Where a busy
# machine let it stand still for longer than who has the old one open is waited for, it does not write.
WRITER = """
import fcntl, os, select, sys, time
n = 0
while not select.select([0], [], [], 0.002)[0]:
    fd = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
    fcntl.lockf(fd, fcntl.LOCK_EX)
    new = os.stat(sys.argv[1])
    if new.st_ino != os.fstat(fd).st_ino and time.time() - new.st_ctime > float(sys.argv[2]):
        os.close(fd)
        continue
    os.write(fd, b"From s@far.test Fri Nov 20 10:00:00 2026\\nSubject: n-%d\\n\\nx\\n\\n" % n)
    os.fsync(fd)
    os.close(fd)
    print(n, flush=True)
    n += 1
"""


@timed
class Replaced(Pop3Test):
    def beside_quit(self, before, act):
        """An mbox, of which a session deletes a message, while act(path, file, replaced) has it open for
        writing; replaced() returns when the new one has taken its place.  What became of it."""
        self.vmail = self.box(mbox=before)
        pop = self.session(self.vmail)
        pop.many("UIDL")
        pop.ask("DELE 1")
        path = self.vmail.inbox(self.joe)
        with open(path, "r+b", buffering=0) as file:
            was = os.stat(path).st_ino

            def replaced():
                eventually(lambda: os.stat(path).st_ino != was, "a new mbox")

            pop.send(b"QUIT\r\n")
            act(file, replaced)
        self.reply = pop.line()
        self.log = self.ended(pop)
        return contents(self.vmail, self.joe)

    @staticmethod
    def lock(file, since):
        """The kernel's, where it is had while who has the file open is waited for."""
        fcntl.lockf(file, fcntl.LOCK_EX)
        if time.time() - since > IDLE:
            raise Late("the lock")

    def late(self, *texts, idle=0, wait=0):
        """Writes that, after some idle seconds, a text with each lock that it gets, the first one held so long, in all."""
        def act(file, replaced):
            replaced()
            since = os.stat(file.name).st_ctime
            select.select([], [], [], idle)
            for n, text in enumerate(texts):
                self.lock(file, since)
                if n == 0 and wait:
                    select.select([], [], [], wait)
                file.seek(0, os.SEEK_END)
                file.write(text)
                os.fsync(file)
                fcntl.lockf(file, fcntl.LOCK_UN)
                since = time.time()
        return act

    def test_what_a_program_writes_to_the_file_that_was_replaced_is_in_the_new_one(self):
        left = self.beside_quit(mbox(GONE, KEPT), self.late(LATE))
        self.assertEqual(left, mbox(GONE, KEPT)[len(mbox(GONE)):] + LATE)
        self.assertRegex(self.reply, r"^\+OK")
        self.assertEqual(os.listdir(os.path.dirname(self.vmail.inbox(self.joe))).count("joe.lock"), 0)

    def test_several_programs_may_write_and_each_message_is_one(self):
        left = self.beside_quit(mbox(GONE, KEPT), self.late(LATE * 2, LATE.replace(b"late\n", b"later\n")))
        self.assertEqual(left.count(b"\n\nFrom late@"), 3)
        self.assertEqual([m[:m.index(b"\r\n")] for m in self.messages(self.vmail)],
                         [b"Subject: kept", b"Subject: late", b"Subject: late", b"Subject: later"])

    def test_many_may_come_at_once_beside_many(self):
        before = [b"Subject: %d\n\nbefore\n" % n for n in range(3000)]
        late = b"".join(LATE.replace(b"late\n", b"%d\n" % n) for n in range(200))
        self.beside_quit(mbox(*before), self.late(late))
        self.assertRegex(self.reply, r"^\+OK", self.log)
        self.assertEqual([m[:m.index(b"\r\n")] for m in self.messages(self.vmail)],
                         [b"Subject: %d" % n for n in [*range(1, 3000), *range(200)]])

    def test_the_empty_line_that_it_puts_before_is_not_doubled(self):
        left = self.beside_quit(mbox(GONE, KEPT)[:-1], self.late(b"\n" + LATE))
        self.assertEqual(left, mbox(GONE, KEPT)[len(mbox(GONE)):] + LATE)

    def test_one_that_takes_long_is_waited_for(self):
        left = self.beside_quit(mbox(GONE, KEPT), self.late(LATE, wait=1.2))
        self.assertEqual(left[-len(LATE):], LATE)
        self.assertRegex(self.reply, r"^\+OK")

    def test_a_program_that_waits_for_another_time_of_its_file_with_the_lock(self):
        # dovecot-lda gives that to the file which has the name, until its own has it
        def act(file, replaced):
            replaced()
            self.lock(file, os.stat(file.name).st_ctime)
            file.seek(0, os.SEEK_END)
            file.write(LATE)
            was = int(os.fstat(file.fileno()).st_mtime)

            def is_another():
                os.utime(file.name)
                return int(os.fstat(file.fileno()).st_mtime) != was
            eventually(is_another, "another time")
            fcntl.lockf(file, fcntl.LOCK_UN)
        left = self.beside_quit(mbox(GONE, KEPT), act)
        self.assertEqual(left, mbox(GONE, KEPT)[len(mbox(GONE)):] + LATE)
        self.assertRegex(self.reply, r"^\+OK", self.log)

    def test_one_that_tries_the_lock_once_a_second_as_mutt_does_is_waited_for(self):
        left = self.beside_quit(mbox(GONE, KEPT), self.late(LATE, idle=1))
        self.assertEqual(left, mbox(GONE, KEPT)[len(mbox(GONE)):] + LATE)
        self.assertRegex(self.reply, r"^\+OK")

    def test_a_large_message_and_a_large_mbox(self):
        body = b"y" * 71 + b"\n"
        large = LATE[:-1] + body * 20000 + b"\n"
        left = self.beside_quit(mbox(GONE, KEPT + body * 20000), self.late(large, LATE))
        self.assertEqual(left[-len(large + LATE):], large + LATE)
        self.assertEqual(len(self.messages(self.vmail)), 3)
        self.assertEqual(len(self.messages(self.vmail)), 3)     # as the cache tells

    def test_unique_ids_stay_and_one_that_comes_again_is_another(self):
        vmail = self.box(mbox=mbox(GONE, KEPT))
        before = self.uids(vmail)
        again = mbox(GONE)
        self.beside_quit(mbox(GONE, KEPT), self.late(again))
        kept, new = self.uids(self.vmail)
        self.assertEqual(kept, before[1])
        self.assertEqual(new, before[0] + ".2")

    def test_who_writes_nothing_is_not_waited_for_much(self):
        begun = time.monotonic()
        left = self.beside_quit(mbox(GONE, KEPT), lambda file, replaced: None)
        self.assertRegex(self.reply, r"^\+OK")
        self.assertEqual(left, mbox(GONE, KEPT)[len(mbox(GONE)):])
        self.assertLess(time.monotonic() - begun, CUT)

    def test_where_nobody_has_it_open_quit_waits_for_nobody(self):
        took = []
        for _ in range(5):
            pop = self.session(self.box(mbox=mbox(GONE, KEPT)))
            pop.ask("DELE 1")
            begun = time.monotonic()
            self.quit(pop)
            took.append(time.monotonic() - begun)
        self.assertLess(min(took), IDLE)                      # as long as that for who has it open

    def rewritten(self, text):
        """Writes the whole file anew, in its place, as IMAP servers do."""
        def act(file, replaced):
            replaced()
            self.lock(file, os.stat(file.name).st_ctime)
            file.write(text)
            file.truncate()
            os.fsync(file)
            fcntl.lockf(file, fcntl.LOCK_UN)
        return act

    def test_a_program_that_writes_fields_into_all_its_messages_first(self):
        # dovecot-lda does, of an mbox that it sees for the first time
        with_fields = [m.replace(b"\n\n", b"\nX-UID: %d      \nStatus: O\n\n" % n, 1)
                       for n, m in enumerate((GONE, KEPT, KEPT, GONE), 1)]
        left = self.beside_quit(mbox(GONE, KEPT, KEPT), self.rewritten(mbox(*with_fields) + LATE))
        self.assertRegex(self.reply, r"^\+OK", self.log)
        self.assertEqual([m[:m.index(b"\r\n")] for m in self.messages(self.vmail)],
                         [b"Subject: kept", b"Subject: kept", b"Subject: gone", b"Subject: late"])
        self.assertEqual(left[-len(LATE):], LATE)

    def test_a_program_that_removes_more_than_it_appends(self):
        kept = mbox(GONE, KEPT)[len(mbox(GONE)):]
        left = self.beside_quit(mbox(GONE, KEPT, KEPT * 20), self.rewritten(kept + LATE))
        self.assertRegex(self.reply, r"^\+OK", self.log)
        self.assertEqual(left, mbox(GONE, KEPT, KEPT * 20)[len(mbox(GONE)):] + LATE)

    def test_a_program_that_appends_as_much_as_it_removes(self):
        before, after = mbox(GONE, KEPT, b"\nbody\n"), mbox(GONE, KEPT) + LATE
        before = before[:-1] + b"y" * (len(after) - len(before) - 1) + b"\n\n"
        self.assertEqual(len(before), len(after))
        left = self.beside_quit(before, self.rewritten(after))
        self.assertRegex(self.reply, r"^\+OK", self.log)
        self.assertEqual(left[-len(LATE):], LATE)

    def test_what_has_no_From_line_comes_with_the_message_that_it_was_added_to(self):
        left = self.beside_quit(mbox(GONE, KEPT), self.late(b"no From line\n\n"))
        kept = mbox(GONE, KEPT)[len(mbox(GONE)):]
        self.assertEqual(left, kept + kept + b"no From line\n\n")
        self.assertRegex(self.reply, r"^\+OK", self.log)

    def test_what_is_no_mbox_any_more_is_told(self):
        left = self.beside_quit(mbox(GONE, KEPT), self.rewritten(b"no From line\n"))
        self.assertEqual(left, mbox(GONE, KEPT)[len(mbox(GONE)):])
        self.assertRegex(self.reply, r"^-ERR \[SYS/TEMP\]")
        self.assertIn("was replaced", self.log)

    def test_a_program_that_takes_the_kernels_lock_alone_loses_nothing_beside_sessions_that_delete(self):
        vmail = self.box(mbox=mbox(*[b"Subject: big-%d\n\n" % n + b"y" * 70000 + b"\n" for n in range(60)]))
        path, (uid, gid) = vmail.inbox(self.joe), owner(vmail, self.joe)
        as_joe = {"user": uid, "group": gid, "extra_groups": []} if ROOT else {}
        writer = subprocess.Popen([sys.executable, "-c", WRITER, path, str(IDLE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  **as_joe)
        fetched, end = [], time.monotonic() + SECONDS
        while time.monotonic() < end or not fetched:
            pop = self.session(vmail)
            mine = []
            for n in range(1, int(pop.ask("STAT").split()[1]) + 1):
                found = re.search(rb"Subject: n-(\d+)", pop.many(f"TOP {n} 0")[1])
                if found:
                    mine.append(int(found[1]))
                    pop.ask(f"DELE {n}")
            self.quit(pop)
            vmail.done(pop.process)
            fetched += mine
        written, _ = writer.communicate()
        left = [int(n) for n in re.findall(rb"Subject: n-(\d+)", contents(vmail, self.joe))]
        self.assertEqual(writer.returncode, 0)
        self.assertEqual(sorted(fetched + left), [int(n) for n in written.split()])


if __name__ == "__main__":
    main(beside=4)
