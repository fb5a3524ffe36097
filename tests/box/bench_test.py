#!/usr/bin/python3
"""The benchmark runs, loses nothing, and writes its table.  Its figures are not judged."""
from harness import *

BENCH = os.path.join(TREE, "bench", "run")
BUILD = os.path.dirname(BIN)


KINDS = (("Maildir", "maildir"), ("mbox", "mbox"))


@once("it is the benchmark that is tried: not who starts it, nor what it measures")
class Bench(BoxTest):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory(dir=SCRATCH) as place:
            table = os.path.join(place, "table")
            cls.got = run(BENCH, "--short", "-o", table, BUILD, seconds=300)
            with open(table) as f:
                cls.head, *lines = [line.rstrip("\n").split("\t") for line in f]
        cls.rows = {line[0]: dict(zip(cls.head, line)) for line in lines}

    def test_every_row_is_measured(self):
        times = [f"{kind}, {size}, {n} at once" for kind, _ in KINDS
                 for size in ("4 KiB", "64 KiB", "10 MiB", "40 MiB") for n in (1, 4)
                 if (size, n) != ("40 MiB", 4)]
        wanted = [f"{name}, ms" for name in times]
        wanted += [f"memory, {name}, kB" for name in times if "1 at" in name]
        wanted += [f"{what}, {kind}{more}" for _, kind in KINDS for what, more in (
            ("system calls", ""), ("synced", ""), ("40 MiB takes 10 MiB's time", ", times"))]
        wanted += [f"{kind}, 4 KiB, 1 at once, vacation on, nothing to answer, ms" for kind, _ in KINDS]
        self.assertEqual(sorted(self.rows), sorted([*wanted, "libraries"]), self.got)
        for what, row in self.rows.items():
            empty = [name for name in self.head if row[name] == "" and name != "ratio"]
            self.assertEqual(empty, [], what)

    def test_nothing_is_lost_and_nothing_left_behind(self):
        self.assertIn(b"Messages lost: 0.", self.got.stdout)
        self.assertEqual([name for name in os.listdir(os.path.join(BUILD, "bench"))
                          if name.startswith("work-")], [])

    def test_vdeliver_and_the_floor_sync_the_same(self):
        for name in ("vdeliver", "floor"):
            self.assertEqual(self.rows["synced, maildir"][name], "message + directory")
            self.assertEqual(self.rows["synced, mbox"][name], "message")

    @only_where(ROOT)
    def test_other_programs_are_measured_where_they_are_unpacked(self):
        for name in ("procmail", "maildrop", "dovecot-lda"):
            if os.path.isdir(os.path.join(PEERS, name.removesuffix("-lda"))):
                self.assertIn(name, self.head)

    @only_where(not is_sanitized())
    def test_a_delivery_takes_less_than_4_mb_at_any_size(self):
        for what, row in self.rows.items():
            if what.startswith("memory"):
                self.assertLess(int(row["vdeliver"]), 4000, what)


@once("it is the benchmark that is tried: not who starts it, nor what it measures")
class Lmtp(BoxTest):
    def test_every_row_is_measured_and_nothing_is_lost_or_left_behind(self):
        with tempfile.TemporaryDirectory(dir=SCRATCH) as place:
            table = os.path.join(place, "table")
            got = run(os.path.join(TREE, "bench", "lmtp"), "--short", "-o", table, BUILD, seconds=300)
            with open(table) as f:
                head, *lines = [line.rstrip("\n").split("\t") for line in f]
        self.assertEqual(got.status, 0, got)
        self.assertIn(b"Messages lost: 0.", got.stdout)
        self.assertEqual([line[0] for line in lines], [
            f"{kind}, {recipients}, {connections}" for kind, _ in KINDS for recipients in ("1 recipient", "50 recipients")
            for connections in ("1 connection", "8 connections", "64 connections")])
        peer = ["dovecot-lmtpd"] if ROOT and os.path.exists(f"{PEERS}/dovecot/usr/lib/dovecot/lmtp") else []
        self.assertEqual(head[1:], ["vlmtpd", "floor", "ratio", *peer])
        for line in lines:
            self.assertTrue(all(re.fullmatch(r"\d+\.\d+", cell) for cell in line[1:]), line)
        self.assertEqual([name for name in os.listdir(os.path.join(BUILD, "bench")) if name.startswith("work-")], [])


@once("it is the benchmark that is tried: not who starts it, nor what it measures")
class Pop(BoxTest):
    PEERS = (("dovecot", "dovecot/usr/lib/dovecot/pop3"), ("dovecot tuned", "dovecot/usr/lib/dovecot/pop3"),
             ("courier", "courier/usr/lib/courier/courier/courierpop3d"), ("popa3d", "popa3d/usr/sbin/popa3d"),
             ("mailutils", "mailutils/usr/sbin/pop3d"))
    ROWS = [*(f"login, STAT, QUIT, {n} at once, /s" for n in (1, 16, 64)),
            *(f"login, STAT, QUIT, {n} at once, xinetd, /s" for n in (1, 16, 64)),
            "login, STAT, QUIT, 16 at once, yescrypt, /s",
            *(f"login to UIDL, 100, {kind}, {when}, ms" for kind in ("mbox", "Maildir") for when in ("first", "later")),
            "login to STAT, 100, Maildir, ms", "RETR of 4 KiB, one by one, MB/s", "RETR of 4 KiB, 32 on the way, MB/s", "RETR of 50 MiB, MB/s",
            "DELE of the first of 100, QUIT, mbox, ms", "DELE of the last of 100, QUIT, mbox, ms",
            "DELE of one of 100, QUIT, Maildir, ms", "memory of an idle session of 5, kB"]

    def test_every_row_is_measured_and_nothing_is_left_behind(self):
        with tempfile.TemporaryDirectory(dir=SCRATCH) as place:
            table = os.path.join(place, "table")
            got = run(os.path.join(TREE, "bench", "pop"), "--short", "-o", table, BUILD, seconds=300)
            self.assertEqual(got.status, 0, got)
            with open(table) as f:
                head, *lines = [line.rstrip("\n").split("\t") for line in f]
        xinetd = ROOT and os.path.exists(f"{PEERS}/xinetd/usr/sbin/xinetd")
        self.assertEqual([line[0] for line in lines], [row for row in self.ROWS if xinetd or "xinetd" not in row])
        self.assertEqual(head[1:], ["vpop3d", "floor", "ratio", "target", "held", *(
            name for name, path in self.PEERS if ROOT and os.path.exists(f"{PEERS}/{path}"))])
        for line in lines:
            self.assertTrue(all(re.fullmatch(r"-?\d+(\.\d+)?", cell) for cell in line[1:3]), line)
        self.assertEqual([name for name in os.listdir(os.path.join(BUILD, "bench")) if name.startswith("work-")], [])


@once("it is the benchmark that is tried: not who starts it, nor what it measures")
class Lookup(BoxTest):
    def test_every_row_is_measured_and_nothing_is_left_behind(self):
        with tempfile.TemporaryDirectory(dir=SCRATCH) as place:
            table = os.path.join(place, "table")
            got = run(os.path.join(TREE, "bench", "lookup"), "--short", "-o", table, BUILD, seconds=300)
            self.assertEqual(got.status, 0, got)
            with open(table) as f:
                head, *lines = [line.rstrip("\n").split("\t") for line in f]
        sizes, what = (100, 1000, 2000), ("an account among {}, ms", "an alias among {}, ms",
                                          "a delivery of 4 KiB among {}, Maildir, ms")
        self.assertEqual([line[0] for line in lines], [
            *(row.format(n) for n in sizes for row in what), *(f"an account among {n} domains, ms" for n in (10, 100)),
            *(f"lookups by vlmtpd's socket map among {n}, /s" for n in sizes),
            *(f"{row}, among 2000, s of processor time" for row in (
                "make the indexes", "add an account", "list the accounts", "search one", "show one", "name one",
                "lock one", "rename one", "delete one", "restore it", "add an alias", "change an alias",
                "delete an alias", "list the aliases")),
            *(f"{row}, among 100 domains, s of processor time" for row in (
                "list the domains", "show one", "add an account")),
            "the largest entry of the journal, among 2000, kB",
            *(f"memory of it, an alias among {n}, kB" for n in sizes)])
        maps = ["postmap cdb", "postmap lmdb"] if ROOT and os.path.exists(f"{PEERS}/postmap") else []
        dovecot = ["doveadm"] if ROOT and os.path.exists(f"{PEERS}/dovecot/usr/bin/doveadm") else []
        self.assertEqual(head[1:], ["vmail", "vmail empty", *maps, *dovecot, "above"])
        for line in lines:
            self.assertTrue(re.fullmatch(r"\d+(\.\d+)?", line[1]), line)
        self.assertEqual([name for name in os.listdir(os.path.join(BUILD, "bench")) if name.startswith("work-")], [])


if __name__ == "__main__":
    main()
