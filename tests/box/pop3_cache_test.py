#!/usr/bin/python3
"""pop3_cache_test.py: what a login remembers of a large mbox never makes a wrong byte, size or UID."""
import struct

from delivery import needs_strace
from pop3 import *

LINE = b"All work and no play makes a dull message, again and again and again.\n"


class Cache(Pop3Test):
    MESSAGES = [b"Subject: %d\n\n>From %d\n.\n" % (i, i) + LINE * (i % 7 * 250) for i in range(25)]

    def large(self, **more):
        vmail = self.box(mbox=mbox(*self.MESSAGES), **more)
        self.cache = os.path.join(spool(vmail, self.joe), ".joe.cache")
        return vmail

    def login(self, vmail, wanted):
        """What a login is told, which must be these messages; returns the UIDs."""
        self.assertEqual(self.messages(vmail), [on_the_wire(m) for m in wanted])
        return self.uids(vmail)

    def remembered(self, vmail):
        """After a login its cache is there; one that could not be is tried again."""
        def there():
            self.uids(vmail)
            return os.path.exists(self.cache)
        eventually(there, "a cache")
        with open(self.cache, "rb") as f:
            return f.read()

    def put(self, vmail, text, who=None):
        with open(self.cache + ".made", "wb") as f:
            f.write(text)
        os.chown(f.name, *(who or owner(vmail, self.joe)))
        os.chmod(f.name, 0o600)
        os.rename(f.name, self.cache)

    def test_it_is_there_after_a_login_and_the_next_one_tells_the_same(self):
        vmail = self.large()
        self.assertGreater(os.path.getsize(vmail.inbox(self.joe)), 1 << 20)
        before = self.login(vmail, self.MESSAGES)
        self.remembered(vmail)
        st = os.stat(self.cache)
        self.assertEqual((st.st_mode & 0o7777, st.st_uid), (0o600, owner(vmail, self.joe)[0]))
        self.assertEqual(self.login(vmail, self.MESSAGES), before)
        # whose cache it is, is by its inode: it is used, not made anew
        self.assertEqual(os.stat(self.cache).st_ino, st.st_ino)

    def test_deliveries_and_deletions_keep_it_right(self):
        vmail = self.large()
        self.remembered(vmail)
        wanted = list(self.MESSAGES)
        before = self.login(vmail, wanted)
        for n in range(3):
            self.assertEqual(vmail.deliver(self.joe, b"Subject: new %d\n\nFrom me\n" % n).status, 0)
            pop = self.session(vmail)
            self.assertEqual(pop.ask("STAT").split()[1], str(len(wanted) + 1))
            got = pop.many(f"RETR {len(wanted) + 1}")[1]
            self.assertTrue(got.endswith(b"Subject: new %d\r\n\r\nFrom me\r\n" % n), got)
            pop.ask(f"DELE {len(wanted) + 1}")
            pop.ask(f"DELE {n + 1}")
            self.quit(pop)
            del wanted[n], before[n]
            self.assertEqual(self.login(vmail, wanted), before)

    def test_where_the_last_message_goes_it_loses_its_end_and_stays(self):
        vmail = self.large()
        before = self.login(vmail, self.MESSAGES)
        self.remembered(vmail)
        was = os.stat(self.cache)
        pop = self.session(vmail)
        for n in (24, 25):
            pop.ask(f"DELE {n}")
        self.quit(pop)
        now = os.stat(self.cache)
        self.assertEqual((now.st_ino, was.st_size - now.st_size), (was.st_ino, 2 * 48))
        self.assertEqual(self.login(vmail, self.MESSAGES[:-2]), before[:-2])
        self.assertEqual(os.stat(self.cache).st_mtime_ns, now.st_mtime_ns)      # it was believed

    def forge(self, vmail, change):
        """A cache with a right sum, whose records (from, start, end, octets times two, hash) somebody has changed."""
        text = self.remembered(vmail)
        records = [list(struct.unpack_from("=6Q", text, at)) for at in range(88, len(text), 48)]
        change(records)
        summed = text[16:72] + struct.pack("=2Q", len(records), 0)
        body = b"".join(struct.pack("=6Q", *record) for record in records)
        xxh = ctypes.CDLL("libxxhash.so.0").XXH3_64bits_withSeed
        xxh.restype, xxh.argtypes = ctypes.c_uint64, [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
        made = xxh(body, len(body), xxh(summed, len(summed), 0))
        self.put(vmail, text[:8] + struct.pack("=Q", made) + summed + body)

    @needs_root                                 # else strace may not see a session
    @needs_strace
    def test_what_quit_removes_is_looked_at_in_one_go(self):
        vmail = self.large()
        put_mbox(vmail, self.joe, mbox(*[b"Subject: %d\n\n" % i + LINE * 8 for i in range(2000)]))
        before = self.uids(vmail)
        self.remembered(vmail)
        client, server = connection(fresh_address())
        trail = os.path.join(vmail.scratch, "strace")
        with server:
            process = Process(["/usr/bin/strace", "-f", "-e", "trace=pread64", "-o", trail, "--", program("vpop3d"),
                               "-C", vmail.dir], stdin=server, stdout=server)
        vmail.processes.append(process)
        pop = Pop3(client, process)
        self.assertRegex(pop.login(self.joe, PASSWORD), r"^\+OK")
        for i in range(1, 2000, 2):
            pop.ask(f"DELE {i}")
        self.quit(pop)
        with open(trail, errors="replace") as f:
            self.assertLess(len(f.readlines()), 200)
        self.assertEqual(self.uids(vmail), before[1::2])

    def test_one_that_hides_the_first_messages_is_not_believed(self):
        vmail = self.large()
        before = self.login(vmail, self.MESSAGES)
        for count in 1, 7:
            self.forge(vmail, lambda records: records.__delitem__(slice(count)))
            self.assertEqual(self.login(vmail, self.MESSAGES), before)

    def test_a_long_message_of_which_it_lies_never_comes_whole(self):
        def wrong_hash(records):
            records[6][4] ^= 1

        def join(records):
            records[6][2:4] = records[7][2], records[6][3] + records[7][3] - 1
            del records[7]

        vmail = self.large()
        before = self.login(vmail, self.MESSAGES)
        whole = on_the_wire(self.MESSAGES[6])
        self.assertGreater(len(whole), 65536)
        for lie, command in ((wrong_hash, "RETR 7"), (join, "RETR 7"), (join, "TOP 7 9999")):
            self.forge(vmail, lie)
            pop = self.session(vmail)
            self.assertEqual(pop.ask("STAT").split()[1], str(25 - (lie is join)))   # it is believed
            pop.send(command.encode() + b"\r\n")
            self.assertRegex(pop.line(), r"^\+OK", (lie, command))
            text = pop.rest()
            self.assertFalse(text.endswith(b"\r\n.\r\n"), text[-100:])
            told = self.ended(pop)
            self.assertEqual(told.count("\n"), 1)
            self.assertRegex(told, r'retrieved=0 .* end=error text=".* \.joe\.cache was wrong: ')
            self.assertFalse(os.path.exists(self.cache))
            self.assertEqual(self.login(vmail, self.MESSAGES), before)

    def test_where_a_short_one_would_be_cut_it_does_not_come_at_all(self):
        def cut(records):
            before, whole = records[1:3]
            at = whole[1] + len(b"Subject: 2\n\n")          # its header alone would be a message
            records[2:3] = [[whole[0], whole[1], at - 1, 2 * len(b"Subject: 2\r\n"), 0, 0],
                            [at, at + 1, whole[2], 2, 0, 0]]

        vmail = self.large()
        before = self.login(vmail, self.MESSAGES)
        self.forge(vmail, cut)
        pop = self.session(vmail)
        self.assertEqual(pop.ask("STAT").split()[1], "26")
        self.assertRegex(pop.ask("RETR 3"), r"^-ERR \[SYS/TEMP\]")
        pop.ask("QUIT")
        self.assertIn(".joe.cache was wrong", self.ended(pop))
        self.assertEqual(self.login(vmail, self.MESSAGES), before)

    def test_a_cut_a_corrupt_and_a_stale_one_is_as_if_it_were_not_there(self):
        vmail = self.large()
        before = self.login(vmail, self.MESSAGES)
        good = self.remembered(vmail)
        broken = [good[:n] for n in (0, 1, 87, 88, 100, len(good) - 1)] + [good + b"\0", b"x" * len(good)]
        broken += [good[:n] + bytes([good[n] ^ 1]) + good[n + 1:] for n in (0, 9, 30, 80, 90, 200)]
        for text in broken:
            self.put(vmail, text)
            self.assertEqual(self.uids(vmail), before)
        self.put(vmail, good)
        later = mbox(*self.MESSAGES[::-1])
        put_mbox(vmail, self.joe, later)
        self.assertEqual(self.login(vmail, self.MESSAGES[::-1]), self.uids(self.large_copy(later)))

    def large_copy(self, text):
        return self.box(mbox=text)

    def test_one_of_another_machine_or_of_another_account_is_not_believed(self):
        vmail = self.large()
        foreign = self.remembered(vmail)
        vmail = self.large()
        before = self.login(vmail, self.MESSAGES)
        self.put(vmail, foreign)
        self.assertEqual(self.login(vmail, self.MESSAGES), before)
        if ROOT:
            self.put(vmail, self.remembered(vmail), who=(FIRST_UID + 1, GID))
            self.assertEqual(self.login(vmail, self.MESSAGES), before)

    def test_an_mbox_of_the_same_size_and_time_is_another_one(self):
        vmail = self.large()
        self.remembered(vmail)
        path, changed = vmail.inbox(self.joe), list(self.MESSAGES)
        was = os.stat(path)
        changed[3] = changed[3].replace(b"Subject: 3", b"Subject: x")
        changed[9] = changed[9].replace(LINE + LINE, LINE + b"\n" + LINE[1:], 1)
        with open(path, "r+b") as f:
            f.write(mbox(*changed))
        os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
        self.assertEqual(os.path.getsize(path), was.st_size)
        self.login(vmail, changed)

    def test_two_sessions_at_once_leave_a_right_one(self):
        vmail = self.large()
        before = self.uids(vmail)
        pop = self.session(vmail)
        other = vmail.pop3()
        self.assertRegex(other.login(self.joe, PASSWORD), r"^-ERR \[IN-USE\]")
        other.ask("QUIT")
        self.ended(other)
        pop.ask("DELE 2")
        self.quit(pop)
        self.assertEqual(self.login(vmail, self.MESSAGES[:1] + self.MESSAGES[2:]), before[:1] + before[2:])


if __name__ == "__main__":
    main()
