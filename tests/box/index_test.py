#!/usr/bin/python3
"""Indexes beside passwd.D, shadow.D and aliases.D: never believed for another state of the file."""
import random
import struct

from pop3 import *
from vadmin_crash_test import CHANGES, SECRET

EVERY = {"index-from": "1"}                 # every file, however small
NOT_BELIEVED = r"is read as a whole: its index .* is not believed: "


class Indexed(BoxTest):
    settings = EVERY

    def setUp(self):
        self.vmail = self.installation(self.settings)
        self.vmail.domain("a.test", {"match-full-name": "yes"}, accounts=["joe", "ann"],
                          passwords={"joe": SECRET}, aliases="list: joe, ann\nboss: ann\n")

    def ok(self, *args, **more):
        got = self.vmail.run("vadmin", *args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def index(self):
        self.ok("index")

    def path(self, name):
        return os.path.join(self.vmail.dir, name)

    def index_of(self, name):
        return self.path(f".{name}.index")

    def leads(self, who, *to, warned=False):
        """To these mailboxes of a.test, or to nobody; with a warning of an index, or with none."""
        got = self.vmail.run("vdeliver", "-n", "--", f"{who}@a.test")
        found = re.findall(r"^  mailbox (\w+)@a\.test", got.stdout.decode(), re.M)
        self.assertEqual((found, got.status), (list(to), 0 if to else 67), got)
        self.assertEqual(bool(re.search(NOT_BELIEVED, got.log)), warned, got)
        return got

    def replace(self, name, old, new):
        """In place, as an editor does that keeps the file."""
        with open(self.path(name), "r+b") as f:
            text = f.read().replace(old, new)
            f.seek(0)
            f.write(text)
            f.truncate()

    def account_line(self, who):
        return self.vmail._account("a.test", who) + "\n"


class Moved(Indexed):
    def test_a_domain_that_is_renamed_takes_its_indexes_along(self):
        self.index()
        self.ok("domain", "rename", "a.test", "c.test")
        for kind in ("passwd", "shadow", "aliases"):
            self.assertFalse(os.path.exists(self.index_of(f"{kind}.a.test")))
            self.assertTrue(os.path.exists(self.index_of(f"{kind}.c.test")))
        got = self.vmail.run("vdeliver", "-n", "--", "boss@a.test")
        self.assertEqual((got.status, got.log), (0, ""), got)

    def test_one_that_is_deleted_leaves_none_and_gets_new_ones_back(self):
        self.index()
        self.ok("domain", "delete", "a.test", "--with-accounts", "--yes")
        self.assertEqual([name for name in os.listdir(self.vmail.dir) if name.endswith(".index")], [])
        self.ok("domain", "restore", "a.test")
        self.leads("boss", "ann")
        self.assertTrue(os.path.exists(self.index_of("passwd.a.test")))


class Believed(Indexed):
    def test_vadmin_index_makes_one_of_each_file(self):
        got = self.ok("index", "a.test")
        self.assertEqual(got.stdout, b"passwd.a.test\tmade\nshadow.a.test\tmade\naliases.a.test\tmade\n")
        for name in "passwd.a.test", "shadow.a.test", "aliases.a.test":
            text, index = os.stat(self.path(name)), os.stat(self.index_of(name))
            self.assertEqual((index.st_mode, index.st_uid), (text.st_mode, text.st_uid), name)
        self.leads("Joe", "joe")
        self.leads("LIST", "joe", "ann")
        self.leads("ann.test", "ann")
        self.leads("nobody")

    def test_small_files_have_none(self):
        self.vmail.set(index_from="64k")
        self.index()
        self.ok("alias", "add", "more@a.test", "joe")
        self.assertEqual([name for name in os.listdir(self.vmail.dir) if name.endswith(".index")], [])

    def test_an_extra_file_has_one_too(self):
        extra = self.vmail.write("more/extra", "".join(f"x{i}: joe\n" for i in range(50)))
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test") + b"extra-aliases = more/extra\n")
        self.index()
        self.assertTrue(os.path.exists(self.path("more/.extra.index")))
        self.leads("x49", "joe")
        self.replace("more/extra", b"x49: joe", b"y49: ann")
        self.leads("x49", warned=True)
        self.leads("y49", "ann", warned=True)
        self.assertTrue(os.path.exists(extra))

    def test_a_lookup_reads_a_few_pages_of_large_files(self):
        self.vmail.set(index_from=None)
        lines = "".join(f"u{i}:x:{FIRST_UID + i}:{GID}:First{i} Last{i}:/home/u{i}:/bin/false\n" for i in range(20000))
        self.vmail.write("passwd.a.test", lines)
        self.vmail.write("aliases.a.test", "".join(f"l{i}: u{i}\n" for i in range(20000)))
        self.index()
        for who, to in ("l19999", "u19999"), ("first19998.last19998", "u19998"), ("nobody", None):
            trace = os.path.join(self.vmail.scratch, "trace")
            got = run("/usr/bin/strace", "-e", "trace=read,pread64", "-o", trace, program("vdeliver"), "-C",
                      self.vmail.dir, "-n", f"{who}@a.test")
            self.assertEqual(got.status, 0 if to else 67, got)
            with open(trace) as f:
                read = sum(map(int, re.findall(r" = (\d+)$", f.read(), re.M)))
            self.assertLess(read, 100000, got)
            self.assertIn(f"u{to[1:]}@a.test" if to else "5.1.1", got.stdout.decode())

    def test_a_login_finds_its_password(self):
        self.index()
        client = self.vmail.pop3()
        self.assertEqual(client.login("joe@a.test", SECRET)[:3], "+OK")
        self.assertEqual(client.ask("QUIT")[:3], "+OK")
        client.process.wait()
        self.assertNotRegex(client.process.errors.decode(), NOT_BELIEVED)

    def test_a_hash_that_a_login_renews_leaves_it_believed(self):
        self.vmail.set(rehash="yes")
        self.index()
        before = os.stat(self.index_of("shadow.a.test")).st_ino
        old = self.vmail.read("shadow.a.test")
        client = self.vmail.pop3()
        self.assertEqual(client.login("joe@a.test", SECRET)[:3], "+OK")
        eventually(lambda: self.vmail.read("shadow.a.test") != old, "a new hash")
        eventually(lambda: os.stat(self.index_of("shadow.a.test")).st_ino != before, "a new index")
        again = self.vmail.pop3()
        client.ask("QUIT")
        client.process.wait()
        self.assertEqual(again.login("joe@a.test", SECRET)[:3], "+OK")
        again.ask("QUIT")
        again.process.wait()
        self.assertNotRegex(again.process.errors.decode(), NOT_BELIEVED)

    def test_broken_lines_are_warned_of_as_ever(self):
        good = self.vmail.read("passwd.a.test").decode().splitlines()
        self.vmail.write("passwd.a.test", "\n".join(["broken", good[0], "zoe;x", "bad:x:0:0::/:/bin/sh", good[1], ""]))
        plain = self.leads("ann", "ann").log
        self.index()
        indexed = self.leads("ann", "ann").log
        self.assertEqual(re.sub(r"\[\d+\]", "", indexed), re.sub(r"\[\d+\]", "", plain))
        self.assertEqual(len(re.findall(r"passwd.a.test:\d+: skipped", indexed)), 2, indexed)
        got = self.vmail.run("vdeliver", "-n", "zoe@a.test")
        self.assertEqual(got.status, 75, got)


class Earlier(Indexed):
    """Made, or carried along, by a version whose indexes had no members: believed for all else."""
    TEXT, EDITION, END = 40, 4076, 4088     # in the first page: the file's state; what is in it, and the seal of both

    def head(self):
        with open(self.index_of("aliases.a.test"), "rb") as f:
            return bytearray(f.read(4096))

    def put(self, head):
        """With its sum, as textindex.h has it."""
        words = struct.unpack("=512Q", head)
        (a, b), prime, most = words[3:5], 0x9e3779b97f4a7c15, (1 << 64) - 1
        for i in range(2, 512, 2):
            a, b = (a ^ words[i]) * prime & most, (b ^ words[i + 1]) * prime & most
            a, b = a ^ a >> 31, b ^ b >> 29
        total = (a ^ (b << 1 & most | b >> 63) ^ words[1]) * prime & most
        with open(self.index_of("aliases.a.test"), "r+b") as f:
            f.write(struct.pack("=Q", total) + head[8:])

    def shown(self, *aliases):
        got = self.ok("user", "show", "joe@a.test")
        self.assertEqual(re.findall(r"^alias\t(\w+)@", got.stdout.decode(), re.M), list(aliases), got)
        self.assertNotRegex(got.stderr + got.log, NOT_BELIEVED)

    def has_members(self):
        return struct.unpack_from("=I", self.head(), self.EDITION)[0] == 1

    def test_one_that_was_made_without_members_gets_them_with_the_next_change(self):
        self.index()
        head = self.head()
        self.put(head)                      # the same: sums are right here
        self.assertEqual(self.head(), head)
        self.put(head[:self.EDITION] + bytes(4096 - self.EDITION))
        self.shown("list")
        self.leads("list", "joe", "ann")
        self.assertFalse(self.has_members())
        self.ok("alias", "add", "new@a.test", "joe")
        self.assertTrue(self.has_members())
        self.shown("list", "new")
        self.leads("list", "joe", "ann")

    @needs_root
    def test_one_that_was_carried_along_without_members_is_not_asked_for_them(self):
        self.ok("user", "add", "zoe@a.test")
        self.index()
        before = self.head()
        self.ok("alias", "set", "boss@a.test", "joe")
        after = self.head()
        # what it does not know of stays as it was: the seal, and here the members, too
        self.put(after[:self.EDITION] + before[self.EDITION:self.END] + after[self.END:])
        self.shown("list", "boss")
        trace = os.path.join(self.vmail.scratch, "trace")
        for seal in before, after:          # the text is read, or pages are
            self.put(after[:self.EDITION] + seal[self.EDITION:])
            run("/usr/bin/strace", "-e", "trace=openat,read,pread64", "-o", trace, program("vadmin"), "-C", self.vmail.dir,
                "user", "show", "zoe@a.test")  # in no alias whose name would be asked for
            read = [re.search(r" 4096, (\d+)\)", call)[1] for call, _ in reads_of(trace, ".aliases.a.test.index")]
            self.assertEqual(set(read), {"0"} if seal is before else {"0", "4096"})


class NotBelieved(Indexed):
    def test_an_edit_in_place_of_the_same_size_is_seen_at_once(self):
        for _ in range(10):
            for was, now in (b"joe:", b"jim:"), (b"jim:", b"joe:"):
                self.index()
                self.replace("passwd.a.test", was, now)
                self.leads(now[:3].decode(), now[:3].decode(), warned=True)
                self.leads(was[:3].decode(), warned=True)

    def test_so_it_is_behind_a_change_by_vadmin(self):
        for n in range(10):
            self.ok("user", "set", "ann@a.test", f"name=Ann {n}")
            was, now = (b"joe:", b"jim:") if n % 2 == 0 else (b"jim:", b"joe:")
            self.replace("passwd.a.test", was, now)
            self.leads(now[:3].decode(), now[:3].decode(), warned=True)
            self.leads(was[:3].decode(), warned=True)
            self.index()

    def test_a_file_that_was_replaced_with_its_time_kept_is_seen(self):
        self.index()
        before = os.stat(self.path("aliases.a.test"))
        self.vmail.write("new", self.vmail.read("aliases.a.test").replace(b"boss: ann", b"boss: joe"))
        os.utime(self.path("new"), ns=(before.st_atime_ns, before.st_mtime_ns))
        os.rename(self.path("new"), self.path("aliases.a.test"))
        self.leads("boss", "joe", warned=True)

    def test_an_edit_in_place_with_its_time_put_back_is_seen(self):
        self.index()
        before = os.stat(self.path("aliases.a.test"))
        self.replace("aliases.a.test", b"boss: ann", b"boss: joe")
        os.utime(self.path("aliases.a.test"), ns=(before.st_atime_ns, before.st_mtime_ns))
        self.leads("boss", "joe", warned=True)

    def test_one_that_is_gone_is_no_news(self):
        self.index()
        os.unlink(self.index_of("passwd.a.test"))
        self.leads("joe", "joe")

    def test_another_domain_s_is_not_taken(self):
        self.vmail.domain("b.test", accounts=["x1", "x2"], aliases="list: x1\nboss: x2\n")
        self.index()
        for kind in "passwd", "aliases":
            os.rename(self.index_of(f"{kind}.b.test"), self.index_of(f"{kind}.a.test"))
        self.leads("joe", "joe", warned=True)
        self.leads("boss", "ann", warned=True)
        self.leads("x1", warned=True)

    def test_one_that_others_can_write_to_is_not_taken(self):
        self.index()
        os.chmod(self.index_of("passwd.a.test"), 0o666)
        self.leads("joe", "joe", warned=True)

    @needs_root
    def test_one_that_somebody_else_owns_is_not_taken(self):
        self.index()
        os.chown(self.index_of("passwd.a.test"), FIRST_UID, GID)
        self.leads("joe", "joe", warned=True)

    def test_one_that_is_no_file_is_not_taken(self):
        for make in os.mkdir, os.mkfifo, lambda path: os.symlink("passwd.a.test", path):
            make(self.index_of("passwd.a.test"))
            self.leads("joe", "joe", warned=True)
            (os.rmdir if make == os.mkdir else os.unlink)(self.index_of("passwd.a.test"))

    def test_damage_never_hides_an_account(self):
        self.vmail.write("passwd.a.test", self.vmail.read("passwd.a.test") + b"broken\n")
        self.index()
        with open(self.index_of("passwd.a.test"), "rb") as f:
            whole = f.read()
        pages, chance = len(whole) // 4096, random.Random(9)
        used = [*range(0, 120), *range(4096, 4096 + 80), *range((pages - 1) * 4096, (pages - 1) * 4096 + 24)]
        for at in [*chance.sample(used, 40), *chance.sample(range(len(whole)), 10)]:
            damaged = bytearray(whole)
            damaged[at] ^= 1 << chance.randrange(8)
            with open(self.index_of("passwd.a.test"), "wb") as f:
                f.write(damaged)
            self.leads("ann", "ann", warned=True)
        for size in 0, 1, 4095, 4096, 8192, len(whole) - 1:
            with open(self.index_of("passwd.a.test"), "wb") as f:
                f.write(whole[:size])
            self.leads("ann", "ann", warned=True)


class Without(Indexed):
    """Many lookups in files that have no index, or one that is not believed."""
    settings = {}
    MEMBERS = 300

    def setUp(self):
        super().setUp()
        self.names = [f"u{i}" for i in range(self.MEMBERS)]
        long = "# what a lookup of one name would not read\n" * 10000
        self.lines = long + "".join(self.vmail._account("a.test", name) + "\n" for name in self.names)
        self.aliases = long + "all: " + ", ".join(self.names) + "\n" + "".join(f"l{i}: u{i}\n" for i in range(self.MEMBERS))
        self.vmail.write("passwd.a.test", self.lines)
        self.vmail.write("aliases.a.test", self.aliases)

    def reads(self, times):
        """Of a message to all, each file is read so often at most."""
        trace = os.path.join(self.vmail.scratch, "trace")
        got = run("/usr/bin/strace", "-e", "trace=openat,read,pread64", "-o", trace, program("vdeliver"), "-C",
                  self.vmail.dir, "-n", "all@a.test")
        self.assertEqual(re.findall(r"^  mailbox (\w+)@a\.test", got.stdout.decode(), re.M), self.names, got)
        for name, text in ("passwd.a.test", self.lines), ("aliases.a.test", self.aliases):
            read = sum(count for _, count in reads_of(trace, name))
            self.assertLess(read, times * len(text), name)
        return got

    def test_a_list_of_many_members_does_not_read_them_for_each(self):
        self.reads(15)

    def test_nor_does_it_where_an_index_is_not_believed_which_it_says_a_few_times(self):
        self.vmail.set(index_from="1")
        self.index()
        for name in "passwd.a.test", "aliases.a.test":
            self.replace(name, b"# what", b"# WHAT")
        got = self.reads(15)
        self.assertIn(len(re.findall(NOT_BELIEVED, got.log)), range(1, 50))

    def test_members_that_are_changed_in_between_are_seen(self):
        self.reads(15)
        self.vmail.write("aliases.a.test", self.aliases + "u5: u6\n")
        got = self.vmail.run("vdeliver", "-n", "--", "all@a.test")
        self.assertEqual(re.findall(r"^  mailbox (\w+)@a\.test", got.stdout.decode(), re.M),
                         [name for name in self.names if name != "u5"])


class Carried(Indexed):
    def believed(self):
        """Each is there, nobody warns of it, and what it says is what the files say, file and line too."""
        everybody = re.findall(r"^(\w+):", "".join(self.vmail.read(name).decode() for name in
                                                   ("passwd.a.test", "aliases.a.test")), re.M)
        plans = []
        for settings in EVERY, {"index-from": "0"}:
            self.vmail.set(**settings)
            plans.append(self.vmail.run("vdeliver", "-n", "--", *(f"{who}@a.test" for who in everybody)))
        self.vmail.set(**EVERY)
        self.assertNotRegex(plans[0].log, NOT_BELIEVED)
        self.assertEqual(plans[0].stdout, plans[1].stdout)
        for name in "passwd.a.test", "shadow.a.test", "aliases.a.test":
            self.assertTrue(os.path.exists(self.index_of(name)), name)

    def test_every_change_through_vadmin_carries_it_along(self):
        secret = {"input": SECRET.encode() + b"\n"}
        self.index()
        for i in range(4):
            self.ok("user", "add", f"new{i}@a.test", f"name=New {i}", "--password-stdin", **secret)
            self.leads(f"new{i}", f"new{i}")
            self.leads(f"new.{i}", f"new{i}")
        self.ok("user", "set", "joe@a.test", "name=Joseph The Second")
        self.leads("joseph.the.second", "joe")
        self.leads("joe.test")
        self.leads("new3", "new3")
        self.ok("user", "lock", "new1@a.test")
        self.ok("user", "delete", "new0@a.test", "--yes")
        self.leads("new0")
        self.leads("new.3", "new3")
        self.ok("user", "restore", "new0@a.test")
        self.leads("new0", "new0")
        self.ok("alias", "add", "first@a.test", "new2")
        self.ok("alias", "set", "list@a.test", "new1", "new2", "new3")
        self.leads("list", "new1", "new2", "new3")
        self.leads("boss", "ann")
        self.ok("alias", "delete", "list@a.test")
        self.leads("list")
        self.leads("boss", "ann")
        self.leads("first", "new2")
        self.believed()
        self.assertIn("login\tlocked", self.ok("user", "show", "new1@a.test").stdout.decode())
        self.assertIn("login\tallowed", self.ok("user", "show", "new2@a.test").stdout.decode())

    def test_more_changes_than_one_can_carry_make_it_anew(self):
        self.vmail.write("aliases.a.test", "".join(f"l{i}: joe\n" for i in range(20)))
        self.index()
        for i in range(130):
            self.ok("alias", "set", f"l{i % 20}@a.test", *["ann"] * (1 + i // 20 % 2))
        self.leads("l19", "ann")
        self.believed()

    def test_an_entry_that_swallows_the_next_one_is_seen(self):
        self.vmail.write("aliases.a.test", "".join(f"l{i}: joe\n" for i in range(9)))
        self.index()
        self.ok("alias", "add", "l4@a.test", "ann", *(f"somebody.with.a.long.name.{i}@far.test" for i in range(5)))
        self.leads("l3", "joe")
        self.leads("l5", "joe")
        self.ok("alias", "delete", "l4@a.test")
        self.leads("l4")
        self.leads("l8", "joe")

    def test_a_file_that_shrinks_below_the_size_loses_it(self):
        self.vmail.write("aliases.a.test", "".join(f"l{i}: joe\n" for i in range(20)))
        self.vmail.set(index_from="150")
        self.index()
        self.assertTrue(os.path.exists(self.index_of("aliases.a.test")))
        for i in range(4):
            self.ok("alias", "delete", f"l{i}@a.test")
        self.assertFalse(os.path.exists(self.index_of("aliases.a.test")))

    def test_one_that_did_not_fit_before_is_made_anew(self):
        self.index()
        self.replace("passwd.a.test", b"joe:", b"jim:")
        self.ok("user", "set", "ann@a.test", "name=Ann Other")
        self.leads("jim", "jim")
        self.leads("joe")
        self.leads("ann.other", "ann")

    def test_lines_of_one_name_beyond_a_page_leave_none(self):
        line = self.vmail.read("aliases.a.test")
        self.vmail.write("aliases.a.test", line + b"many: joe\n" * 300)
        got = self.vmail.run("vadmin", "index", "a.test")
        self.assertNotEqual(got.status, 0, got)
        self.assertRegex(got.stderr, "aliases.a.test: .*more than 255 lines of one name")
        self.leads("many", "joe")

    def test_a_full_name_that_hundreds_have_is_nobody_s_and_hides_no_other(self):
        lines = "".join(f"u{i}:x:{FIRST_UID if ROOT else os.getuid()}:{GID if ROOT else os.getgid()}:Mail Box:/h:/s\n"
                        for i in range(400))
        self.vmail.write("passwd.a.test", self.vmail.read("passwd.a.test").decode() + lines)
        self.index()
        self.assertRegex(self.leads("mail.box").stdout, b"several accounts have this full name")
        self.leads("ann.test", "ann")
        for i in range(399):
            if i in (0, 1, 20, 398):
                self.ok("user", "set", f"u{i}@a.test", f"name=Other {i}")
                self.leads(f"other.{i}", f"u{i}")
        self.assertRegex(self.leads("mail.box").stdout, b"several accounts have this full name")
        self.believed()

    def test_who_changes_and_who_looks_up_do_not_disturb_one_another(self):
        self.index()
        wrong, done = [], threading.Event()

        def look():
            while not done.is_set():
                for who in "joe", "ann.test", "list":
                    got = self.vmail.run("vdeliver", "-n", f"{who}@a.test")
                    if got.status != 0 or re.search(NOT_BELIEVED, got.log):
                        wrong.append(got)
        lookers = [threading.Thread(target=look) for _ in range(2)]
        for thread in lookers:
            thread.start()
        try:
            together([*((lambda i=i: self.ok("user", "add", f"new{i}@a.test")) for i in range(10)),
                      *((lambda i=i: self.ok("alias", "add", f"new{i}@a.test", "ann")) for i in range(10)),
                      *[self.index] * 3], at_once=4)
        finally:
            done.set()
            for thread in lookers:
                thread.join()
        self.assertEqual(wrong, [])
        for i in range(10):
            self.leads(f"new{i}", "ann")
        self.assertIn(b"new9@a.test", self.ok("user", "list", "a.test").stdout)

    def kill_at_each(self, args, check, prepare=lambda: None, **more):
        """Killed before each of its calls that change something."""
        trace = os.path.join(self.vmail.scratch, "trace")
        command = [program("vadmin"), "-C", self.vmail.dir, *args]
        strace = ["/usr/bin/strace", "-qq", "-e", "trace=" + ",".join([*CHANGES, "pwrite64", "utimensat"])]
        for options in ["-o", "/dev/null"], ["-o", trace]:      # the first makes the journal
            prepare()
            self.assertEqual(run(*strace, *options, *command, **more).status, 0)
        with open(trace) as f:
            calls = [line.split("(")[0] for line in f if re.match(r"\w+\(", line)]
        self.assertGreater(len(calls), 10)
        killed = 0
        for n, call in enumerate(calls):
            prepare()
            when = calls[:n + 1].count(call)
            got = run(*strace, "-o", "/dev/null", "-e", f"inject={call}:signal=KILL:when={when}", *command, **more)
            self.assertIn(got.status, (0, -9), (call, when, got))      # the journal's calls are not always as many
            killed += got.status == -9
            check((call, when))
        self.assertGreater(killed, len(calls) * 3 // 4)

    def test_killed_while_it_is_made_it_is_the_old_one_or_none(self):
        def check(point):
            for who, to in ("joe", ["joe"]), ("boss", ["ann"]), ("nobody", []):
                got = self.vmail.run("vdeliver", "-n", f"{who}@a.test")
                found = re.findall(r"^  mailbox (\w+)@", got.stdout.decode(), re.M)
                self.assertEqual(found, to, (point, got))
                self.assertNotRegex(got.log, "damaged", point)
        self.index()
        self.kill_at_each(["index"], check)

    def test_killed_while_it_is_carried_along_it_never_hides_anybody(self):
        def check(point):
            there = re.findall(r"^(\w+):", self.vmail.read("aliases.a.test").decode(), re.M)
            for who, to in ("list", ["joe", "ann"]), ("boss", ["ann"]), ("new", ["joe"]):
                got = self.vmail.run("vdeliver", "-n", f"{who}@a.test")
                found = re.findall(r"^  mailbox (\w+)@", got.stdout.decode(), re.M)
                self.assertEqual(found, to if who in there else [], (point, got))
                self.assertNotRegex(got.log, "damaged", point)
            shown = self.ok("user", "show", "joe@a.test").stdout.decode()
            self.assertEqual(re.findall(r"^alias\t(\w+)@", shown, re.M), [who for who in there if who != "boss"], point)

        def prepare():
            self.vmail.write("aliases.a.test", "list: joe, ann\nboss: ann\n")
            self.index()
        self.kill_at_each(["alias", "add", "new@a.test", "joe"], check, prepare)


if __name__ == "__main__":
    main()
