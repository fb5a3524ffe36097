#!/usr/bin/python3
"""vadmin killed before each of its system calls that change something: old or new, never between."""
import concurrent.futures
import json
import random

from harness import *

CHANGES = ["openat", "write", "fsync", "rename", "renameat", "renameat2", "mkdir", "mkdirat",
           "unlinkat", "fchmod", "chmod", "fchmodat", "fchown", "pwrite64", "fdatasync", "fallocate",
           "ftruncate"]
SECRET = "kermit sings 7"
HASH = hash_of(SECRET)


@once("its steps are the same, whoever runs it")
class Killed(BoxTest):
    def setUp(self):
        self.vmail = Installation(at=in_memory())
        self.addCleanup(self.vmail.close)
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
            calls = [(line.split("(")[0], line) for line in f if re.match(r"\w+\(", line)]
        seen, found = {}, []
        for call, line in calls:
            seen[call] = seen.get(call, 0) + 1
            if call != "openat" or "O_CREAT" in line:       # others change nothing
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
        got = self.vmail.run("vadmin", "check", "--files")
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
                    advised += self.vmail.run("vadmin", "check", "--files").stdout.decode().count(
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

    def state(self):
        """What stands in the files, and which inboxes there are, the order of lines left out."""
        found = {}
        for top in (self.vmail.dir, self.vmail.spool, self.vmail.homes):
            for base, directories, names in os.walk(top):
                for name in names:
                    if name != "uids" and name != ".lock" and not name.endswith(".new"):
                        with open(os.path.join(base, name), "rb") as f:
                            found[os.path.join(base, name)] = sorted(f.read().splitlines())
        return found

    def entries(self):
        """How many there are, and the last one."""
        last = json.loads(self.ok("--json", "log", "1").stdout)["result"][0]
        return int(last["number"]), last

    def unfinished_is_taken_back(self, point, before, known):
        """After a kill: what was begun stands in the journal, and is gone when that is undone."""
        count, entry = self.entries()
        self.assertLessEqual(count, known + 1, point)
        if count > known:
            self.assertRegex(entry["result"], "^(done|unfinished, after [0-9]+ steps)$", point)
            self.ok("undo", entry["number"])
        self.assertEqual(self.state(), before, (point, entry))
        return [entry["result"]] if count > known else []

    def test_a_change_that_is_killed_anywhere_can_be_undone(self):
        self.ok("user", "add", "joe@a.test", "quota=5M")
        self.ok("alias", "add", "x@a.test", "joe")
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        self.ok("user", "delete", "joe@a.test")         # makes the directories of the trash
        self.ok("user", "restore", "joe@a.test")
        before = self.state()
        points = self.points("user", "delete", "joe@a.test")
        self.ok("undo", self.entries()[0])
        results = set()
        for point in points:
            known = self.entries()[0]
            self.kill_at(point, "user", "delete", "joe@a.test")
            results.update(self.unfinished_is_taken_back(point, before, known))
        self.assertGreater(len(results), 6)             # a step more each time

    def test_an_undo_that_is_killed_anywhere_can_be_undone(self):
        self.ok("user", "add", "joe@a.test", "quota=5M")
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        self.ok("user", "delete", "joe@a.test")
        number = self.entries()[0]
        before = self.state()
        points = self.points("undo", number)
        self.ok("undo", self.entries()[0])
        results = set()
        for point in points:
            known = self.entries()[0]
            self.kill_at(point, "undo", number)
            results.update(self.unfinished_is_taken_back(point, before, known))
        self.assertGreater(len(results), 6)

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

    def test_admin_passwd_leaves_the_old_password_or_the_new_one(self):
        old = b"# c\nadmin:*:1::::::\njoe:$y$x:1::::::\n"
        path = self.vmail.write("admins.a.test", old, mode=0o600)
        given, feed = ("admin", "passwd", "admin", "a.test", "--password-stdin"), {"input": SECRET.encode() + b"\n"}
        points, found = self.points(*given, **feed), set()
        for point in points:
            self.vmail.write("admins.a.test", old, mode=0o600)
            self.kill_at(point, *given, **feed)
            fields = self.lines("admins.a.test")["admin"]
            found.add("new" if crypt.crypt(SECRET, fields[1]) == fields[1] else fields[1])
            self.assertEqual(self.vmail.read("admins.a.test"), old.replace(b"*:1", ":".join(fields[1:3]).encode()))
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(found, {"*", "new"})

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
                                 between=[self.vmail.read("aliases.a.test").replace(b"first: joe\n", b"")])

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
        got = self.vmail.run("vadmin", "check", "--files")
        self.assertEqual((got.status, got.stdout), (0, b""), got)

    def test_an_import_leaves_accounts_with_all_that_is_theirs_or_none_and_goes_on(self):
        self.ok("domain", "add", "b.test")
        text = "address,name,hash,quota,forward\n" + "".join(
            f"{who}@{domain},Full Name,{HASH},{kb},\\{who}\n"
            for domain in ("a.test", "b.test") for who, kb in (("one", 1000), ("two", "none")))
        self.sample(text, "user", "import", "-")

    def twice(self, wanted, *args, text=""):
        """Killed at a rename or a removal, and once more while it is repeated; then it is repeated to its end, in one
        installation behind the other.  VMAIL_KILLS=N: N pairs, of all that there are."""
        count = int(os.environ.get("VMAIL_KILLS", 8))

        path = os.path.join(self.vmail.scratch, "text")

        def words(n):
            with open(path, "w") as f:
                f.write(text.replace("NEW", f"n{n}"))
            return [path if word == "-" else word.replace("NEW", f"n{n}") for word in args]

        points = [point for point in self.points(*words(0)) if point[0] in ("renameat", "unlinkat")]
        pairs = [(first, second) for first in points for second in points]
        if "VMAIL_KILLS" not in os.environ:         # the first time when all but passwd.D is written
            renames = [point for point in points if point[0] == "renameat"]
            pairs = [pair for pair in pairs if pair[0] in renames[-4:]]
        dice = random.Random(1)
        for n, pair in enumerate(dice.sample(pairs, min(count, len(pairs))), 1):
            for call, when in pair:
                got = self.strace(["-o", "/dev/null", "-e", f"inject={call}:signal=KILL:when={when}"], *words(n))
                self.assertIn(got.status, (-9, 0, 73), (pair, got))
            got = self.vmail.run("vadmin", *words(n))
            self.assertIn(got.status, (0, 73), (pair, got))
            for line in wanted:
                self.assertIn(line.replace("NEW", f"n{n}"), self.vmail.read("aliases.a.test").decode(), pair)
                self.assertIn(f"{line.split(': ')[1]}:x:".replace("NEW", f"n{n}"),
                              self.vmail.read("passwd.a.test").decode(), pair)
        got = self.vmail.run("vadmin", "check", "--files")
        self.assertEqual((got.status, got.stdout), (0, b""), got)

    def test_an_account_with_an_alternative_address_is_made_however_often_that_was_killed(self):
        self.twice(["NEWa: NEW"], "user", "add", "NEW@a.test", "alternative-address=NEWa", "title=T")

    def test_an_import_with_alternative_addresses_goes_on_however_often_it_was_killed(self):
        self.twice(["NEWxa: NEWx", "NEWya: NEWy"], "import", "csv", "-", text="address,title,alternative-address\n"
                   "NEWx@a.test,T,NEWxa@a.test\nNEWy@a.test,T,NEWya\n")

    def sample(self, text, *args):
        """Killed at some of its steps, or (VMAIL_KILLS=N) so many; then once more."""
        path = os.path.join(self.vmail.scratch, "text")
        with open(path, "w") as f:
            f.write(text)
        saved = os.path.join(self.vmail.scratch, "saved")
        tops = self.vmail.dir, self.vmail.spool, self.vmail.homes
        for top in tops:
            shutil.copytree(top, saved + top, symlinks=True)
        words = [path if word == "-" else word for word in args]
        points = self.points(*words)
        wanted = self.accounts()
        step = max(1, len(points) // int(os.environ.get("VMAIL_KILLS", 10)))
        seen = set()
        for point in points[::step]:
            for top in tops:
                shutil.rmtree(top)
                shutil.copytree(saved + top, top, symlinks=True)
            self.kill_at(point, *words)
            left = self.accounts()
            seen.add(len(left))
            self.assertEqual({who: left[who] for who in left}, {who: wanted[who] for who in left}, point)
            self.ok(*words)
            self.assertEqual(self.accounts(), wanted, point)
            uids = [line[2] for domain in ("a.test", "b.test") for line in self.lines(f"passwd.{domain}").values()]
            self.assertEqual(len(set(uids)), len(uids), point)
        self.assertIn(0, seen)

    def accounts(self):
        """What each is, but for its uid."""
        found = {}
        for domain in "a.test", "b.test":
            shadow = self.lines(f"shadow.{domain}")
            for who, line in self.lines(f"passwd.{domain}").items():
                files = []
                for place in f"{domain}/{who}.quota", f"files/{domain}/{who}.forward":
                    path = os.path.join(self.vmail.spool, place)
                    files.append(open(path).read() if os.path.exists(path) else None)
                found[f"{who}@{domain}"] = (line[4], shadow[who][1], *files,
                                            os.path.isdir(self.vmail.home(f"{who}@{domain}")))
        return found


if __name__ == "__main__":
    main()
