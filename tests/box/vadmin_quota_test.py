#!/usr/bin/python3
"""vadmin quota: how full inboxes are, counted as deliveries count."""
import fcntl
import pty
import struct
import termios

from delivery import *

LINE = b"x" * 1023 + b"\n"


class Quota(BoxTest):
    def setUp(self):
        self.vmail = self.installation()
        self.vmail.domain("a.test", accounts=["joe", "ann", "bob", "sue", "none", "shut"])
        self.vmail.domain("b.test", {"mailbox": "maildir", "inbox-limit": "100"}, accounts=["max"])

    def v(self, *args, **more):
        got = self.vmail.run("vadmin", *args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def fill(self, who, kB):
        self.assertEqual(self.vmail.deliver(who, b"Subject: x\n\n" + LINE * kB).status, 0)

    def limit(self, **limits):
        for who, value in limits.items():
            self.v("user", "quota", f"{who}@a.test", value)

    def rows(self, *domains):
        return [line.split("\t") for line in self.v("quota", *domains).stdout.decode().splitlines()]

    def on_terminal(self, *args, columns=0):
        """What it says there: the lines."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
        try:
            got = subprocess.run([program("vadmin"), "-C", self.vmail.dir, *args], stdout=slave, stdin=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, env=environment(), timeout=60)
            os.close(slave)
            slave = None
            text = b""
            with contextlib.suppress(OSError):      # the end of a terminal
                while more := os.read(master, 65536):
                    text += more
        finally:
            os.close(master)
            if slave is not None:
                os.close(slave)
        self.assertEqual((got.returncode, got.stderr), (0, b""))
        return text.decode().replace("\r\n", "\n").splitlines()


class Shown(Quota):
    def test_the_fullest_come_first_and_limits_of_every_kind_are_shown(self):
        self.limit(joe="100", ann="none", bob="50", shut="1000", none="none")
        for who, kB in (("joe", 10), ("ann", 30), ("bob", 45), ("none", 5), ("shut", 20)):
            self.fill(f"{who}@a.test", kB)
        self.limit(shut="disabled")
        rows = self.rows("a.test")
        self.assertEqual([row[0] for row in rows],
                         ["bob@a.test", "joe@a.test", "ann@a.test", "shut@a.test", "none@a.test", "sue@a.test"])
        limits = {row[0].split("@")[0]: row[2] for row in rows}
        self.assertEqual(limits, {"joe": "100", "ann": "none", "bob": "50", "shut": "disabled", "none": "none", "sue": "none"})
        self.assertEqual([row[3] for row in rows], ["91 %", "10 %", "", "", "", ""])
        self.assertEqual([row[4] for row in rows], ["90 %", "", "", "", "", ""])

    def test_nine_tenths_are_marked_where_a_delivery_warns_and_a_full_one_too(self):
        path = self.vmail.inbox("joe@a.test")
        self.fill("joe@a.test", 1)
        self.limit(joe="1000")
        for size, mark in ((921599, ""), (921600, "90 %"), (1023999, "90 %"), (1024000, "full"), (2048000, "full")):
            os.truncate(path, size)
            self.assertEqual(self.rows("a.test")[0][4], mark, size)

    def test_domains_are_named_or_all_and_a_limit_of_the_domain_counts(self):
        self.fill("max@b.test", 50)
        self.assertEqual(self.rows()[0][:4:2], ["max@b.test", "100"])
        self.assertEqual(len(self.rows()), 7)
        self.assertEqual(len(self.rows("a.test")), 6)
        self.assertEqual(len(self.rows("b.test", "a.test")), 7)
        self.assertEqual(self.vmail.run("vadmin", "quota", "c.test").status, 67)

    def test_a_broken_domain_does_not_hide_the_others(self):
        self.vmail.write("domain.a.test", "nonsense\n")
        got = self.v("quota")
        self.assertIn("a.test left out", got.stderr)
        self.assertEqual(got.stdout.count(b"\n"), 1)

    def test_on_a_terminal_there_are_bars_and_units(self):
        self.limit(joe="10", ann="none")
        self.fill("joe@a.test", 5)
        lines = self.on_terminal("quota", "a.test")
        self.assertRegex(lines[0], r"^ACCOUNT +USED +LIMIT +SHARE +MARK$")
        self.assertRegex(lines[1], r"^joe@a\.test +\d kB +10 kB +5\d % +\[=+ +\|  ?\]")
        bar = re.search(r"\[(.*)\]", lines[1])[1]
        self.assertEqual((len(bar), bar.index("|")), (20, 18))
        self.assertNotIn("[", lines[2])
        self.fill("ann@a.test", 2000)
        self.assertIn("2.0 MB   none", "\n".join(self.on_terminal("quota", "a.test")))

    def test_a_bar_is_in_one_piece_and_shorter_beside_long_addresses(self):
        for extra, length in ((10, 20), (25, 11), (60, 10)):
            name = "a" * extra
            self.assertEqual(self.vmail.run("vadmin", "user", "add", f"{name}@a.test", "quota=10").status, 0)
            lines = self.on_terminal("quota", "a.test")
            bars = re.findall(r"\[(.*)\]", "\n".join(lines))
            self.assertEqual({(len(bar), bar.index("|")) for bar in bars}, {(length, length * 9 // 10)}, lines)
            self.assertLessEqual(max(map(len, lines)), 80)

    def test_on_a_terminal_numbers_are_flush_right(self):
        self.limit(joe="10", ann="20000")
        lines = self.on_terminal("quota", "a.test")
        self.assertRegex("\n".join(lines), r"(?m)^ann@a\.test +0 kB  19\.5 MB +0 % ")
        self.assertRegex("\n".join(lines), r"(?m)^joe@a\.test +0 kB +10 kB +0 % ")
        ends = {re.search(r" (?:10|19\.5) .B", line).end() for line in lines if line.startswith(("joe", "ann"))}
        self.assertEqual(len(ends), 1, lines)

    def test_on_a_terminal_a_limit_has_its_unit_and_the_default_is_told(self):
        self.limit(joe="10240")
        for who, shown in (("joe@a.test", "10240 kB"), ("ann@a.test", "default (none)"),
                           ("max@b.test", "default (100 kB)")):
            for words in (("user", "quota", who), ("user", "show", who)):
                self.assertRegex("\n".join(self.on_terminal(*words)), rf"(?m)^quota +{re.escape(shown)}$")

    def test_on_a_terminal_a_backslash_is_one(self):
        self.v("user", "add", "x41@a.test")
        for who, shown in (("joe", "\\joe"), ("x41", "\\\\x41")):
            self.v("user", "forward", f"{who}@a.test", "joe@far.test", "--keep")
            text = "".join("".join(self.on_terminal("user", "forward", f"{who}@a.test")).split())
            self.assertIn(f"forward{shown}(", text)
            self.assertIn(f"\t\\\\{who} ".encode(), self.v("user", "forward", f"{who}@a.test").stdout)

    def test_a_table_stays_within_the_terminal_and_hides_nothing(self):
        members = [f"member{n}@somewhere.far.test" for n in range(41)]
        self.v("alias", "add", "list@a.test", *members)
        self.v("alias", "set", "list@a.test", "description=all of those who once wrote to us")
        for columns, words in ((80, ("alias", "list", "a.test")), (60, ("log",)), (0, ("alias", "list", "a.test"))):
            lines = self.on_terminal(*words, columns=columns)
            self.assertLessEqual(max(map(len, lines)), columns or 80, lines)
            text = "".join(word for line in lines for word in line.split())
            if words[0] == "alias":
                for word in members:
                    self.assertIn(word, text)
                at = lines[0].index("MEMBERS")
                self.assertTrue(all(line[:at].strip() == "" or line.startswith("list ") for line in lines[1:]), lines)
        piped = self.v("alias", "list", "a.test").stdout
        self.assertEqual(piped.count(b"\n"), len(self.v("--json", "alias", "list", "a.test").stdout.splitlines()))


class Counted(Quota):
    def used(self, who):
        return {row[0]: int(row[1]) for row in self.rows()}[who]

    def test_an_mbox_counts_all_of_its_file(self):
        for _ in range(3):
            self.fill("joe@a.test", 7)
        self.assertEqual(self.used("joe@a.test"), os.path.getsize(self.vmail.inbox("joe@a.test")) // 1024)

    def test_a_maildir_counts_what_the_names_say_in_new_and_cur(self):
        path = self.vmail.inbox("max@b.test")
        for _ in range(3):
            self.fill("max@b.test", 7)
        new = sorted(os.listdir(f"{path}/new"))
        os.rename(f"{path}/new/{new[0]}", f"{path}/cur/{new[0]}:2,S")
        os.rename(f"{path}/new/{new[1]}", f"{path}/new/" + re.sub(r",S=\d+", ",S=20480", new[1]))
        os.makedirs(f"{path}/.Sent/cur")
        with open(f"{path}/.Sent/cur/1", "wb") as f:
            f.write(LINE * 50)
        sizes = [int(re.search(r",S=(\d+)", name)[1]) for name in (new[0], new[2])]
        self.assertEqual(self.used("max@b.test"), (sum(sizes) + 20480) // 1024)

    def test_what_is_shown_as_full_takes_no_mail_and_what_is_not_does(self):
        self.fill("joe@a.test", 9)
        path = self.vmail.inbox("joe@a.test")
        self.limit(joe="20")
        for size, mark, status in ((20 * 1024, "full", 69), (19 * 1024, "90 %", 0)):
            with open(path, "r+b") as f:
                f.truncate(size - 1)
                f.seek(size - 1)
                f.write(b"\n")
            self.assertEqual(self.rows("a.test")[0][:5:4], ["joe@a.test", mark])
            self.assertEqual(self.vmail.deliver("joe@a.test", b"Subject: x\n\nx\n").status, status)

    def test_an_inbox_that_cannot_be_looked_at_is_told_and_the_others_are_shown(self):
        os.makedirs(os.path.join(self.vmail.spool, "a.test"), exist_ok=True)
        self.fill("ann@a.test", 1)
        os.symlink("/etc/passwd", self.vmail.inbox("joe@a.test"))
        got = self.v("quota", "a.test")
        self.assertIn("joe@a.test is not measured: ", got.stderr)
        self.assertIn(b"joe@a.test\tnot known\t\t\t\n", got.stdout)
        self.assertIn(b"ann@a.test\t1\t", got.stdout)

    @needs_strace
    def test_where_one_owner_has_all_one_process_looks_and_it_is_the_owner(self):
        owner = 60777 if ROOT else os.getuid()
        self.vmail.domain("c.test", {"owner": f"{owner}:{GID if ROOT else os.getgid()}", "gid": None},
                          accounts=[f"u{i}" for i in range(30)])
        for i in range(0, 30, 3):
            self.fill(f"u{i}@c.test", 1)
        trace = os.path.join(self.vmail.scratch, "strace")
        got = run("/usr/bin/strace", "-f", "-o", trace, "-e", "trace=clone,clone3,fork,vfork,openat,openat2", "--",
                  program("vadmin"), "-C", self.vmail.dir, "quota", "c.test")
        self.assertEqual((got.status, got.stdout.count(b"\n")), (0, 30), got)
        with open(trace, errors="replace") as f:
            lines = joined(f.read().splitlines())
        forks = [line for line in lines if re.search(r" (clone3?|v?fork)\(", line)]
        self.assertEqual(len(forks), 1, forks)
        parent = lines[0].split()[0]
        self.assertFalse([line for line in lines if line.startswith(parent) and re.search(r'"u\d+"', line)])

    def test_nothing_is_changed(self):
        self.fill("joe@a.test", 3)
        self.fill("max@b.test", 3)
        def tree():
            return {os.path.join(where, name): os.lstat(os.path.join(where, name))[:9] for where, dirs, files in
                    os.walk(self.vmail.scratch) for name in dirs + files if name != ".lock"}
        def times(found):
            return {path: (st[0], st[3], st[4], st[5], st[6], st[8]) for path, st in found.items()}
        before = times(tree())
        self.v("quota")
        self.assertEqual(times(tree()), before)


if __name__ == "__main__":
    main()
