#!/usr/bin/python3
"""vadmin killed before each of its system calls that change something: old or new, never between."""
import concurrent.futures

from harness import *

CHANGES = ["openat", "write", "fsync", "rename", "renameat", "renameat2", "mkdir", "mkdirat",
           "unlinkat", "fchmod", "chmod", "fchmodat", "fchown"]
SECRET = "kermit sings 7"


class Killed(BoxTest):
    def setUp(self):
        self.vmail = self.installation()
        self.ok("domain", "add", "a.test")

    def ok(self, *args, **more):
        got = self.vmail.run("vadmin", *args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def strace(self, options, *args, **more):
        return run("/usr/bin/strace", "-qq", "-e", "trace=" + ",".join(CHANGES), *options,
                   program("vadmin"), "-C", self.vmail.dir, *args, **more)

    def points(self, *args, **more):
        """Every (call, n) of a run to the end, from the first thing that it opens of ours."""
        log = os.path.join(self.vmail.scratch, "calls")
        got = self.strace(["-o", log], *args, **more)
        self.assertEqual(got.status, 0, got)
        with open(log) as f:
            calls = [line.split("(")[0] for line in f if re.match(r"\w+\(", line)]
        seen, found = {}, []
        for call in calls:
            seen[call] = seen.get(call, 0) + 1
            found.append((call, seen[call]))
        self.assertGreater(len(found), 10)
        return found

    def kill_at(self, point, *args, **more):
        call, n = point
        got = self.strace(["-o", "/dev/null", "-e", f"inject={call}:signal=KILL:when={n}"],
                          *args, **more)
        self.assertEqual(got.status, -9, (point, got))

    def lines(self, name):
        path = os.path.join(self.vmail.dir, name)
        if not os.path.exists(path):
            return {}
        text = self.vmail.read(name).decode()
        self.assertTrue(text == "" or text.endswith("\n"), f"{name} is cut: {text!r}")
        return {line.split(":")[0]: line.split(":") for line in text.splitlines()}

    def test_user_add_leaves_an_account_with_its_password_or_none(self):
        given = ("name=Joe Doe", "--password-stdin")
        feed = {"input": SECRET.encode() + b"\n"}
        points = self.points("user", "add", "first@a.test", *given, **feed)

        added = 0
        for i, point in enumerate(points):
            self.kill_at(point, "user", "add", f"u{i}@a.test", *given, **feed)
            passwd, shadow = self.lines("passwd.a.test"), self.lines("shadow.a.test")
            if f"u{i}" in passwd:
                added += 1
                self.assertEqual(len(passwd[f"u{i}"]), 7)
                hashed = shadow[f"u{i}"][1]
                self.assertEqual(crypt.crypt(SECRET, hashed), hashed, point)
            for who, fields in shadow.items():
                self.assertTrue(fields[1].startswith("$y$"), (who, point))
        self.assertGreater(added, 0)
        self.assertLess(added, len(points))
        # Whoever comes next finds nothing in the way.
        missing = [f"u{i}" for i in range(len(points)) if f"u{i}" not in self.lines("passwd.a.test")]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda who: self.ok("user", "add", f"{who}@a.test", *given, **feed),
                          missing))
        passwd = self.lines("passwd.a.test")
        self.assertEqual(len({fields[2] for fields in passwd.values()}), len(passwd))
        got = self.vmail.run("vadmin", "check")
        self.assertEqual((got.status, got.stdout), (0, b""), got)

    def test_user_delete_never_leaves_a_login_of_nobody(self):
        def prepare(who):
            self.ok("user", "add", f"{who}@a.test")
            self.assertEqual(self.vmail.deliver(f"{who}@a.test").status, 0)

        for who in ("first", "second"):         # the first makes the directories of the trash
            prepare(who)
            points = self.points("user", "delete", f"{who}@a.test")
        advised = 0
        for i, point in enumerate(points):
            who = f"u{i}"
            prepare(who)
            self.kill_at(point, "user", "delete", f"{who}@a.test")
            there = who in self.lines("passwd.a.test")
            if there:
                self.assertIn(who, self.lines("shadow.a.test"), point)
                self.assertEqual(len(self.vmail.messages(f"{who}@a.test")), 1)
                self.ok("user", "delete", f"{who}@a.test")
            else:
                self.assertEqual(self.vmail.deliver(f"{who}@a.test").status, 67)
                if os.path.lexists(os.path.join(self.vmail.spool, "a.test", who)):
                    advised += self.vmail.run("vadmin", "check").stdout.decode().count(
                        f"vadmin user restore {who}@a.test")
            kept = [os.path.join(base, name) for base, _, names in os.walk(self.vmail.spool)
                    for name in names if name.startswith(f"{who}.") or name == who]
            self.assertEqual(len(kept), 1, (point, kept))
            hashed = self.lines("shadow.a.test").get(who)
            self.ok("user", "restore", f"{who}@a.test")
            self.assertEqual(len(self.vmail.messages(f"{who}@a.test")), 1, point)
            self.assertIn(hashed, (None, self.lines("shadow.a.test")[who]))
        self.assertGreater(advised, 0)

    def test_user_restore_can_be_repeated_and_no_login_comes_before_the_mail(self):
        def prepare(who):
            self.ok("user", "add", f"{who}@a.test")
            self.assertEqual(self.vmail.deliver(f"{who}@a.test").status, 0)
            self.ok("user", "delete", f"{who}@a.test")

        prepare("first")
        points = self.points("user", "restore", "first@a.test")
        for i, point in enumerate(points):
            who = f"u{i}"
            prepare(who)
            self.kill_at(point, "user", "restore", f"{who}@a.test")
            if who not in self.lines("passwd.a.test"):
                self.ok("user", "restore", f"{who}@a.test")
            self.assertEqual(len(self.vmail.messages(f"{who}@a.test")), 1, point)
            self.assertIn(who, self.lines("shadow.a.test"))

    def test_alias_add_leaves_the_old_file_or_the_new_one(self):
        old = b"# c\nlist: joe@far.test\nother: ann@far.test"
        new = b"# c\nlist: joe@far.test, bob@far.test\nother: ann@far.test"
        self.vmail.write("aliases.a.test", old)
        points = self.points("alias", "add", "list@a.test", "bob@far.test")
        self.assertEqual(self.vmail.read("aliases.a.test"), new)
        found = set()
        for point in points:
            self.vmail.write("aliases.a.test", old)
            self.kill_at(point, "alias", "add", "list@a.test", "bob@far.test")
            found.add(self.vmail.read("aliases.a.test"))
        self.assertEqual(found, {old, new})

    def state(self):
        """What the files say; locks and drafts say nothing."""
        found = {}
        for top in (self.vmail.dir, self.vmail.spool):
            for where, _, names in os.walk(top):
                for path in (os.path.join(where, name) for name in names if not re.search(r"^\.|\.new$", name)):
                    with open(path, "rb") as f:
                        found[path] = f.read()
        return found

    def whole_or_not_at_all(self, *args, between=()):
        """Killed at each step that a disk sees, each file is as before or as after (or has a text of
        between); done once more, all of them are as after."""
        old = self.state()
        points = [point for point in self.points(*args) if point[0] in ("fsync", "rename", "renameat", "renameat2", "unlinkat")]
        new = self.state()
        self.assertNotEqual(old, new)
        for point in points:
            for path in new.keys() - old.keys():
                os.path.exists(path) and os.unlink(path)
            for path, text in old.items():
                if not os.path.exists(path) or self.state()[path] != text:
                    with open(path, "wb") as f:
                        f.write(text)
            self.kill_at(point, *args)
            for path, text in self.state().items():
                self.assertIn(text, (old.get(path), new.get(path), *between), (point, path))
            got = self.vmail.run("vadmin", *args)
            if self.state() != new:
                self.assertEqual((got.status, self.state()), (0, new), (point, got))

    def test_what_is_said_of_an_alias_is_the_old_or_the_new(self):
        for who in ("joe", "ann"):
            self.ok("user", "add", f"{who}@a.test", "--password-stdin", input=SECRET.encode() + b"\n")
        self.vmail.write("aliases.a.test", "list: joe\n")
        self.whole_or_not_at_all("alias", "set", "list@a.test", "description=Ours", "owners=joe ann", "joe", "ann")
        self.whole_or_not_at_all("alias", "leave", "list@a.test", "joe")
        self.whole_or_not_at_all("alias", "add", "new@a.test", "--for", "ann", "joe")

    def test_settings_of_an_account_can_be_given_once_more(self):
        self.ok("user", "add", "joe@a.test", "alternative-address=first", "--password-stdin", input=SECRET.encode() + b"\n")
        self.whole_or_not_at_all("user", "set", "joe@a.test", "alternative-address=second", "fax=1", "office=B",
                                 "filter=no", "forward=x@far.test", "quota=5",
                                 between=[self.vmail.read("aliases.a.test") + b"second: joe\n"])

    def test_domain_add_leaves_mail_waiting_and_can_be_repeated(self):
        points = self.points("domain", "add", "first.test")
        for i, point in enumerate(points):
            name = f"d{i}.test"
            self.kill_at(point, "domain", "add", name)
            got = self.vmail.deliver(f"postmaster@{name}")
            self.assertIn(got.status, (0, 68, 75), (point, got))
            done = self.vmail.run("vadmin", "domain", "add", name)
            self.assertIn(done.status, (0, 73), (point, done))
            self.assertEqual(self.vmail.deliver(f"postmaster@{name}").status, 0, point)
        got = self.vmail.run("vadmin", "check")
        self.assertEqual((got.status, got.stdout), (0, b""), got)


if __name__ == "__main__":
    main()
