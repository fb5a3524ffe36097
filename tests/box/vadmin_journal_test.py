#!/usr/bin/python3
"""vadmin: the journal of changes, and what takes each of them back; -n, which changes nothing."""
import json
import pty
import random
import stat

from harness import *

SECRET = b"kermit sings 7\n"
CSV = b"address,name,quota\nnew@a.test,New One,5M\nnext@a.test,Next,\n"
KEPT = ("state", "etc", "spool", "homes")


class Journal(BoxTest):
    def setUp(self):
        self.vmail = Installation(at=in_memory())
        self.addCleanup(self.vmail.close)
        self.ok("domain", "add", "a.test")

    def v(self, *args, **more):
        return self.vmail.run("vadmin", *args, **more)

    def ok(self, *args, **more):
        got = self.v(*args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def refused(self, status, words, *args, **more):
        before = self.tree()
        got = self.v(*args, **more)
        self.assertEqual(got.status, status, got)
        self.assertIn(words, got.stderr)
        self.assertEqual(self.tree(), before, "a refusal changed something")

    def add(self, who, *args):
        self.ok("user", "add", who, *args, "--password-stdin", input=SECRET)

    def log(self, *args):
        return json.loads(self.ok("--json", "log", *args).stdout)["result"]

    def last(self):
        return self.log("1")[0]

    def tree(self, without=()):
        """Every name below the installation: kind, owner, mode, and what it holds."""
        found = {}
        for top in KEPT:
            for base, directories, names in os.walk(os.path.join(self.vmail.scratch, top)):
                for name in [*directories, *names]:
                    path = os.path.join(base, name)
                    if any(word in path[len(self.vmail.scratch):] for word in without):
                        continue
                    st = os.lstat(path)
                    held = None
                    if stat.S_ISLNK(st.st_mode):
                        held = os.readlink(path)
                    elif stat.S_ISREG(st.st_mode):
                        with open(path, "rb") as f:
                            held = f.read()
                    found[path[len(self.vmail.scratch):]] = (st.st_mode, st.st_uid, st.st_gid, held)
        return found

    def what_counts(self):
        """What an undo brings back: the order of lines in a file of its own is not compared with
        an other's, nor that a user id was used, a directory of the trash made, a change noted, or a
        mark of a name left."""
        return {path: what for path, what in self.tree(("/journal", "/.lock", "/uids", ".session", ".queue")).items()
                if not path.endswith(("/.trash", "/.trash/.domains", "/.unfinished"))
                and not (stat.S_ISLNK(what[0]) and what[3].startswith("./")) and not re.search(r"/\.trash/[^/]*$", path)
                or stat.S_ISREG(what[0])}

    def furnish(self):
        """An account, and neighbours, with everything that operations change."""
        self.add("joe@a.test", "name=Joe Doe", "quota=700")
        self.add("bob@a.test")
        self.ok("alias", "add", "list@a.test", "joe", "bob")
        self.ok("alias", "add", "lone@a.test", "bob")
        self.ok("alias", "set", "lone@a.test", "owners=joe bob")
        self.ok("user", "grant", "joe@a.test", "bob", "all")
        self.ok("user", "forward", "joe@a.test", "joe@far.test", "--keep")
        self.ok("user", "vacation", "joe@a.test", "on", "--text", "-", input=b"\naway\n")
        self.ok("auto", "set", "info@a.test", "-", input=b"\ninfo\n")
        self.ok("admin", "add", "otto@a.test", "--password-stdin", input=SECRET)
        self.ok("domain", "alias", "a.test", "alias.test")
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)


# Every operation that changes something, and what it finds before.
CHANGES = {
    "domain add b.test description=x": None,
    "domain set a.test description=x": None,
    "domain alias a.test other.test": None,
    "domain unalias alias.test": None,
    "domain lock a.test": None,
    "domain unlock a.test": ("domain", "lock", "a.test"),
    "user add ann@a.test quota=5M": None,
    "user set joe@a.test quota=none": None,
    "user set joe@a.test quota=default": None,
    "user set joe@a.test name=Joe first-name=J title=Boss office=B phone=1 fax=2 quota=none filter=no": None,
    "user set joe@a.test forward=x@far.test alternative-address=j@a.test address=j@a.test": None,
    "user passwd joe@a.test --password-stdin": None,
    "user lock joe@a.test": None,
    "user unlock joe@a.test": ("user", "lock", "joe@a.test"),
    "user delete joe@a.test": None,
    "user restore joe@a.test": ("user", "delete", "joe@a.test"),
    "user rename joe@a.test jim": None,
    "user rename joe@a.test jim --no-alias": None,
    "user rename bob@a.test Bill": None,
    "domain rename a.test new.test": None,
    "domain rename a.test alias.test": None,
    "domain delete a.test --with-accounts --yes": None,
    "domain restore a.test": ("domain", "delete", "a.test", "--with-accounts", "--yes"),
    "user quota joe@a.test 9M": None,
    "user forward joe@a.test x@far.test": None,
    "user forward joe@a.test off": None,
    "user forward bob@a.test x@far.test": None,
    "user grant joe@a.test bob none": None,
    "user grant bob@a.test joe retrieve": None,
    "user vacation joe@a.test off": None,
    "user vacation joe@a.test on --text -": None,
    "alias add list@a.test x@far.test": None,
    "alias add new@a.test bob": None,
    "alias set list@a.test bob": None,
    "alias set list@a.test description=Ours owners=joe,bob membership=open": None,
    "alias set lone@a.test owners=bob": None,
    "alias add new@a.test --for bob": None,
    "alias join lone@a.test joe": None,
    "alias leave list@a.test bob": None,
    "alias leave lone@a.test joe": None,
    "alias delete list@a.test joe": None,
    "alias delete list@a.test": None,
    "auto set info@a.test -": None,
    "auto delete info@a.test": None,
    "user import -": None,
    "admin add berta@a.test --password-stdin": None,
    "admin passwd otto@a.test --password-stdin": None,
    "admin delete otto@a.test": None,
}


class EveryChange(Journal):
    def steps(self, *args, **more):
        """Without what comes with whoever holds an inbox."""
        return [step for step in json.loads(self.ok(*args, **more).stdout)["result"]
                if not step["path"].endswith((".session", ".queue"))]

    def test_is_foretold_made_undone_and_made_again(self):
        self.furnish()
        for line, before in CHANGES.items():
            words = line.split()
            given = CSV if "import" in words else SECRET
            if before is not None:
                self.ok(*before, input=SECRET)
            with self.subTest(line):
                was = self.tree()
                told = self.steps("-n", "--json", *words, input=given)
                self.assertEqual(self.tree(), was, "-n changed something")
                self.assertNotIn("$y$", str(told))
                was = self.what_counts()
                self.ok(*words, input=given)
                entry = self.last()
                self.assertEqual((entry["operation"].split()[0], entry["result"]), (words[0], "done"))
                n = entry["number"]
                steps = self.steps("--json", "log", "--steps", n)
                self.assertNotIn("$y$", str(steps))
                # What is made up each time (hashes are hidden): when, and by which process.
                plain = [{k: re.sub(r"\d{8}T\d{6}Z\.\d+", "TIME", v) for k, v in step.items()}
                         for step in steps]
                self.assertEqual([{k: re.sub(r"\d{8}T\d{6}Z\.\d+", "TIME", v) for k, v in step.items()}
                                  for step in told], plain)
                now = self.what_counts()
                self.assertNotEqual(now, was)
                self.ok("undo", n)
                self.assertEqual(self.what_counts(), was)
                m = self.last()["number"]
                self.assertEqual([e["undo"] for e in self.log("2")], [f"done by {m}", f"vadmin undo {m}"])
                self.ok("undo", m)
                self.assertEqual(self.what_counts(), now)
                self.ok("undo", self.last()["number"])
                self.assertEqual(self.what_counts(), was)
            if before is not None:
                self.assertEqual(self.v("undo", str(int(n) - 1)).status, 0)

    def test_no_operation_that_changes_something_is_forgotten_here(self):
        with open(os.path.join(TREE, "vadmin", "operations.c"), encoding="utf-8") as f:
            names = re.findall(r'\{ "([a-z ]+)",[^}]*?\.changes = true', f.read(), re.S)
        told = {" ".join(line.split()[:2]) for line in CHANGES} | {"user purge", "domain purge", "undo"} \
            | {"restore", "fsck", "index", "import csv"} \
            | {"import linuxconf", "import postfix", "import maildirs"}     # vadmin_undo_test.py
        self.assertEqual([name for name in names if name not in told], [],
                         "a row in CHANGES shows that it is undone")


class Foretold(Journal):
    def test_nothing_at_all_is_left_of_it(self):
        vmail = self.vmail = self.installation()
        before, scratch = self.tree(), set(os.listdir("/tmp"))
        self.ok("-n", "domain", "add", "a.test")
        self.v("-n", "user", "add", "joe@a.test")
        self.v("-n", "undo", "1")
        self.assertEqual(self.tree(), before)
        self.assertEqual(os.listdir(vmail.state), [])
        self.assertEqual([name for name in set(os.listdir("/tmp")) - scratch
                          if name.startswith("vadmin.")], [])

    def test_it_is_refused_for_the_same_reasons(self):
        self.furnish()
        self.ok("user", "delete", "bob@a.test")
        for line in ("domain add a.test", "domain set a.test filter=%x", "domain set nowhere.test x=y",
                     "domain alias a.test alias.test", "domain unalias a.test", "user add joe@a.test",
                     "user add .x@a.test", "user passwd nobody@a.test", "user restore joe@a.test",
                     "user delete nobody@a.test", "user purge nobody@a.test", "user quota joe@a.test 0",
                     "user forward joe@a.test |x", "user grant joe@a.test joe all",
                     "user vacation joe@a.test off --text x", "alias delete nobody@a.test",
                     "alias add list@a.test |", "auto set x@a.test /nowhere", "auto delete nobody@a.test",
                     "undo 1000", "undo 1"):
            with self.subTest(line):
                before = self.tree()
                told, done = self.v("-n", *line.split()), self.v(*line.split())
                self.assertEqual((told.status, told.stderr), (done.status, done.stderr))
                self.assertNotEqual(done.status, 0)
                self.assertEqual(self.tree(), before)

    def test_what_an_operation_says_that_it_did_is_not_said(self):
        got = self.ok("-n", "user", "add", "joe@a.test")
        self.assertNotIn(b"password", got.stdout)
        self.assertIn(b"joe:(hash):", got.stdout)
        self.ok("user", "add", "joe@a.test")
        self.assertIn(b"quota\tdefault", self.ok("-n", "user", "quota", "joe@a.test").stdout)

    def test_on_a_terminal_nobody_is_asked(self):
        self.add("joe@a.test")
        parent, child = pty.openpty()
        self.addCleanup(os.close, parent)
        for words in (("user", "add", "ann@a.test"), ("user", "passwd", "joe@a.test"),
                      ("user", "delete", "joe@a.test")):
            with open(os.dup(child), "rb") as terminal:
                self.ok("-n", *words, input=terminal)
        self.ok("user", "add", "ann@a.test", "--password-stdin", input=SECRET)
        with open(child, "rb") as terminal:
            self.ok("domain", "lock", "a.test", input=terminal)
        self.assertRegex(self.last()["from"], "^/dev/pts/")


class Undo(Journal):
    def test_lines_find_their_place_when_others_came_and_went(self):
        for who in ("ann", "joe", "zoe"):
            self.add(f"{who}@a.test")
        self.ok("user", "delete", "joe@a.test")
        n = self.last()["number"]
        self.ok("user", "delete", "ann@a.test")
        self.add("new@a.test")
        self.ok("undo", n)
        self.assertEqual([line.split(b":")[0] for line in self.vmail.read("passwd.a.test").splitlines()],
                         [b"joe", b"zoe", b"new"])
        self.assertEqual([line.split(b":")[0] for line in self.vmail.read("shadow.a.test").splitlines()],
                         [b"joe", b"zoe", b"new"])
        self.assertEqual(self.v("check", "--files").status, 0)

    def test_a_line_that_was_changed_by_hand_is_named_and_nothing_happens(self):
        self.ok("alias", "add", "list@a.test", "joe@far.test")
        n = self.last()["number"]
        self.vmail.write("aliases.a.test", self.vmail.read("aliases.a.test").replace(b"joe@", b"ann@"))
        self.refused(77, f"{n} cannot be undone: {self.vmail.dir}/aliases.a.test: the line of 'list' is "
                     "not there as it was left", "undo", n)

    def test_a_new_account_of_the_name_is_not_doubled(self):
        self.add("joe@a.test")
        self.ok("user", "delete", "joe@a.test")
        n = self.last()["number"]
        os.rename(os.path.join(self.vmail.homes, "a.test", "home", ".trash"),
                  os.path.join(self.vmail.homes, "a.test", "home", ".elsewhere"))
        self.refused(77, ".trash: No such file", "undo", n)
        os.rename(os.path.join(self.vmail.homes, "a.test", "home", ".elsewhere"),
                  os.path.join(self.vmail.homes, "a.test", "home", ".trash"))
        self.add("joe@a.test")
        self.refused(77, "there is a ", "undo", n)
        os.rmdir(self.vmail.home("joe@a.test"))
        self.refused(77, "another line of 'joe'", "undo", n)

    def test_an_account_that_has_got_mail_is_not_undone(self):
        self.add("joe@a.test")
        n = self.last()["number"]
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        self.refused(77, "joe@a.test has an inbox: 'vadmin user delete joe@a.test'", "undo", n)

    def test_a_user_id_stays_used(self):
        self.add("joe@a.test")
        self.ok("undo", self.last()["number"])
        self.add("ann@a.test")
        self.assertEqual(self.vmail.read("passwd.a.test").split(b":")[2], b"60001")

    def test_what_is_gone_for_good_is_told(self):
        self.add("joe@a.test")
        self.ok("user", "delete", "joe@a.test")
        deleted = self.last()["number"]
        self.ok("-n", "user", "purge", "joe@a.test")
        self.ok("user", "purge", "joe@a.test")
        n = self.last()["number"]
        self.assertRegex(self.last()["undo"], "none: .*/.trash/joe.* is gone for good")
        self.refused(77, "was removed for good", "undo", n)
        self.refused(77, "is not there", "undo", deleted)

    def test_an_undone_change_is_undone_once(self):
        self.ok("domain", "set", "a.test", "description=x")
        n = int(self.last()["number"])
        self.ok("undo", str(n))
        self.refused(77, f"{n} was undone by {n + 1}: 'vadmin undo {n + 1}' brings it back", "undo", str(n))

    def test_an_entry_that_is_not_there(self):
        self.refused(67, "the journal has no entry 99", "undo", "99")
        self.refused(65, "not a number", "undo", "x")
        self.refused(67, "the journal has no entry 99", "log", "--steps", "99")

    def broken_off(self, how, when, *args):
        return run("/usr/bin/strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=renameat", "-e",
                   f"inject=renameat:{how}:when={when}", program("vadmin"), "-C", self.vmail.dir, *args)

    @once("its steps are the same, whoever runs it")
    def test_a_removal_that_was_broken_off_before_it_took_lines_away_puts_none_there_twice(self):
        self.add("joe@a.test")
        self.add("ann@a.test")
        self.ok("user", "grant", "joe@a.test", "ann", "all")
        self.ok("user", "grant", "ann@a.test", "joe", "all")
        self.ok("alias", "add", "all@a.test", "joe")
        self.ok("alias", "set", "all@a.test", "description=everybody")
        self.ok("alias", "set", "all@a.test", "owners=joe")
        self.ok("alias", "set", "all@a.test", "membership=open")
        names = ("aliases.a.test", "attributes.a.test", "grants.a.test", "passwd.a.test", "shadow.a.test")
        before = {name: self.vmail.read(name) for name in names}
        for args in (("alias", "delete", "all@a.test"), ("user", "delete", "ann@a.test", "--yes")):
            for how in ("error=EIO", "signal=KILL"):
                broken = 0
                for when in range(1, 9):
                    got = self.broken_off(how, when, *args)
                    last = self.last()
                    if not last["operation"].startswith(" ".join(args[:2])):
                        continue
                    broken += got.status in (75, -9)
                    self.ok("undo", last["number"])
                    self.assertEqual({name: self.vmail.read(name) for name in names}, before, (args, how, when))
                    if got.status == 0:
                        break
                self.assertGreater(broken, 1)

    def test_who_comes_back_needs_room_as_who_is_new_does(self):
        self.add("joe@a.test")
        self.add("ann@a.test")
        self.ok("domain", "set", "a.test", "max-users=2")
        self.ok("user", "delete", "ann@a.test", "--yes")
        n = self.last()["number"]
        self.add("bob@a.test")
        before = self.vmail.read("passwd.a.test")
        self.refused(77, "a.test may have 2 accounts and would have 3: raise max-users", "undo", n)
        self.assertEqual(self.vmail.read("passwd.a.test"), before)
        self.ok("domain", "set", "a.test", "max-users=3")
        self.ok("undo", n)

    def test_an_answer_that_was_given_meanwhile_is_no_obstacle(self):
        self.add("joe@a.test")
        self.ok("user", "vacation", "joe@a.test", "on", "--text", "-", input=b"\naway\n")
        n = self.last()["number"]
        index = os.path.join(self.vmail.spool, "files", "a.test", "joe.vacation.db")
        with open(index, "ab") as f:
            f.write(b"somebody")
        self.ok("undo", n)
        self.assertFalse(os.path.exists(index))

    @needs_root
    def test_a_vacation_in_a_home_is_switched_by_its_account(self):
        self.add("joe@a.test")
        home = self.vmail.home("joe@a.test")
        with open(os.path.join(home, ".vacation"), "w") as f:
            f.write("\naway\n")
        os.chown(os.path.join(home, ".vacation"), 60000, GID)
        index = os.path.join(home, ".vacation.db")
        self.ok("-n", "user", "vacation", "joe@a.test", "on")
        self.assertFalse(os.path.exists(index))
        self.ok("user", "vacation", "joe@a.test", "on")
        self.assertEqual(os.stat(index).st_uid, 60000)
        self.ok("undo", self.last()["number"])
        self.assertFalse(os.path.exists(index))
        self.ok("undo", self.last()["number"])
        self.assertEqual(os.stat(index).st_uid, 60000)
        self.ok("user", "vacation", "joe@a.test", "off")
        self.ok("undo", self.last()["number"])
        self.assertEqual(os.stat(index).st_uid, 60000)

    def test_an_entry_of_a_large_domain_is_small(self):
        lines = "".join(f"u{i}:x:{70000 + i}:60000::/h/u{i}:/bin/false\n" for i in range(50000))
        self.vmail.write("passwd.a.test", lines)
        self.add("joe@a.test")
        n = self.last()["number"]
        journal = os.path.join(self.vmail.state, "journal")
        self.assertLess(os.path.getsize(os.path.join(journal, f"{int(n):010}")), 2000)
        self.ok("undo", n)
        self.assertEqual(self.vmail.read("passwd.a.test").decode(), lines)


class History(Journal):
    """Random changes, taken back in a random order: VMAIL_HISTORIES=N tries N of them."""
    def change(self, dice):
        who, alias = f"u{dice.randrange(4)}@a.test", f"l{dice.randrange(3)}@a.test"
        member = f"m{dice.randrange(5)}@far.test"
        return dice.choice((
            *[("user", "add", who)] * 4,
            ("user", "delete", who), ("user", "restore", who), ("user", "lock", who),
            ("user", "unlock", who), ("user", "quota", who, f"{dice.randrange(1, 9)}M"),
            ("user", "forward", who, member), ("user", "forward", who, "off"),
            ("user", "grant", who, f"u{dice.randrange(4)}", dice.choice(("all", "none"))),
            ("alias", "add", alias, member), ("alias", "delete", alias, member), ("alias", "delete", alias),
            ("domain", "set", "a.test", f"description={dice.randrange(9)}"),
            ("domain", "lock", "a.test"), ("domain", "unlock", "a.test")))

    def test_what_is_undone_from_the_end_ends_at_the_beginning(self):
        for seed in range(int(os.environ.get("VMAIL_HISTORIES", "1"))):
            dice = random.Random(seed)
            before, first = self.what_counts(), int(self.last()["number"])
            for _ in range(40):
                self.v(*self.change(dice))
            self.assertGreater(int(self.last()["number"]), first + 10)
            for number in range(int(self.last()["number"]), first, -1):
                self.ok("undo", str(number))
            self.assertEqual(self.what_counts(), before, seed)

    def test_in_any_order_each_undo_is_whole_or_refused(self):
        for seed in range(int(os.environ.get("VMAIL_HISTORIES", "1"))):
            dice = random.Random(seed)
            first = int(self.last()["number"])
            for _ in range(30):
                self.v(*self.change(dice))
            numbers = list(range(first + 1, int(self.last()["number"]) + 1))
            dice.shuffle(numbers)
            done = 0
            for number in numbers:
                before = self.tree()
                got = self.v("undo", str(number))
                self.assertIn(got.status, (0, 77), (seed, got))
                done += got.status == 0
                if got.status == 77:
                    self.assertEqual(self.tree(), before, (seed, number, got))
            self.assertGreater(done, 3, seed)
            for name in ("passwd.a.test", "shadow.a.test", "aliases.a.test"):
                keys = [line.split(b":")[0] for line in self.vmail.read(name).splitlines()
                        if line[:1] not in b"# \t"]
                self.assertEqual(len(keys), len(set(keys)), (seed, name, keys))
            got = self.v("check", "--files")
            self.assertNotRegex(got.stdout.decode(), "broken|twice|malformed|not a line", seed)


# What says nothing of a change: what lies beside an inbox for locks, what is under way, that an id was used.
UNSAID = re.compile(r"/(\.lock|uids)$|\.(queue|uids|session|cache|new|mark)(\.[^/]*)?$|^/state/")
LINES = re.compile(r"^/etc/(passwd|shadow|aliases|grants|attributes|domain)\.")
KILLS = "renameat", "renameat2", "fsync", "unlinkat", "mkdirat", "pwrite64", "write"


class Entry:
    def __init__(self, words, delta, killed, at):
        self.words, self.delta, self.killed, self.at, self.undone = words, delta, killed, at, False


class Compared(Journal):
    """Random changes and undos of random ones, some of them killed, beside a model: what an entry changed are
    facts (a line of a name in a file, a file of another kind, a directory, a link), each with what it was
    before and behind.  Where all of them are as the entry left them it is undone, and they are what they were,
    and nothing else is another; where one is not, it is refused, and nothing is.  The marks of renames are
    none: they follow who is where.  VMAIL_HISTORIES=N."""
    def facts(self):
        found = {}
        for path, (mode, uid, gid, held) in self.tree().items():
            if UNSAID.search(path) or stat.S_ISLNK(mode) and held.startswith("./") or (stat.S_ISDIR(mode) and (not path.startswith("/homes/a.test/home/")
                                                               or path.endswith("/.trash"))):
                continue
            if not LINES.match(path):
                found[path] = mode, uid, gid, held
                continue
            for line in held.decode().splitlines():
                key = " ".join(line.split()[:2]) if "/grants." in path else re.split("[:=]", line)[0] \
                    if "/attributes." not in path else line.split("=")[0]
                found[path, key] = line
        return found

    def change(self, dice):
        who, other, alias = (f"{kind}{dice.randrange(n)}@a.test" for kind, n in (("u", 3), ("u", 3), ("l", 2)))
        member = dice.choice(("u0", "u1", f"m{dice.randrange(4)}@far.test"))
        return dice.choice((
            *[("user", "add", who)] * 4, ("user", "delete", who, "--yes"), ("user", "delete", who, "--yes"),
            ("user", "restore", who), ("user", "restore", who), ("user", "rename", who, other),
            ("user", "rename", who, other, "--no-alias"), ("user", "lock", who), ("user", "unlock", who),
            ("user", "quota", who, f"{dice.randrange(1, 9)}M"), ("user", "set", who, f"title=T{dice.randrange(3)}"),
            ("user", "set", who, f"name=N{dice.randrange(3)}"),
            ("user", "set", who, f"alternative-address=a{dice.randrange(2)}"),
            ("user", "forward", who, member), ("user", "forward", who, "off"),
            ("user", "grant", who, other, dice.choice(("all", "none"))),
            ("alias", "add", alias, member), ("alias", "set", alias, member, f"m{dice.randrange(4)}@far.test"),
            ("alias", "set", alias, f"description=D{dice.randrange(3)}"), ("alias", "set", alias, "owners=u0"),
            ("alias", "delete", alias, member), ("alias", "delete", alias),
            ("domain", "set", "a.test", f"description={dice.randrange(9)}"),
            ("domain", "lock", "a.test"), ("domain", "unlock", "a.test"), ("deliver", who)))

    def loose(self, delta):
        """Directories that were made or removed, not moved: one that is there may be another's by now, and stays."""
        found = {key for key, change in delta.items() if isinstance(key, str)
                 and stat.S_ISDIR((change[0] or change[1])[0])}
        return set() if any("/.trash/" in key for key in found) else found

    def numbers(self):
        return max(int(name) for name in os.listdir(os.path.join(self.vmail.state, "journal")) if name.isdigit())

    def call(self, words, kill):
        if kill is None:
            return self.v(*words)
        return run("/usr/bin/strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={kill[0]}", "-e",
                   f"inject={kill[0]}:signal=KILL:when={kill[1]}", program("vadmin"), "-C", self.vmail.dir, *words)

    def step(self, words, kill, entries):
        """One operation, or the undo of an entry: what it may do, and what it did."""
        before, known = self.facts(), self.numbers()
        got = self.call(words, kill)
        now, last = self.facts(), self.numbers()
        if got.status == -9 and os.path.isdir(os.path.join(self.vmail.dir, ".unfinished")) and \
                any(not name.startswith(".") for name in os.listdir(os.path.join(self.vmail.dir, ".unfinished"))):
            self.ok(*words)                         # in steps: it is repeated, and comes to its end
            now, last = self.facts(), self.numbers()
        where = (self.seed, len(entries), words, kill, got)
        delta = {key: (before.get(key), now.get(key)) for key in {*before, *now} if before.get(key) != now.get(key)}
        if got.status not in (0, -9) or last == known:
            self.assertEqual(delta, {}, where)
        for number in range(known + 1, last + 1):
            entries[number] = Entry(words, delta, got.status == -9, self.turn)
        return got, before, now, delta, where

    def undo(self, number, kill, entries):
        entry, known = entries[number], len(entries)
        got, before, now, delta, where = self.step(("undo", str(number)), kill, entries)
        if got.status == -9:
            entry.undone = None                     # perhaps
            return
        self.assertIn(got.status, (0, 77), where)
        loose = self.loose(entry.delta)
        late = entry.killed and self.turn > entry.at + 1    # its last step may be another's by now
        changed = [key for key, (_, behind) in entry.delta.items() if before.get(key) != behind and key not in loose]
        where += (changed, entry.words)
        if entry.undone or changed and entry.undone is not None:    # None: half an undo may be there, which is finished
            self.assertEqual(got.status, 77, where)
        elif got.status == 77 and entry.delta and entry.undone is not None and not late:
            self.assertRegex(got.stderr, "has an inbox|is no line left that stood beside|there is a .* again|came since, or names", where)
        if got.status == 0 and late:
            entry.undone = None
        elif got.status == 0:
            made = len(entries) > known             # what changed nothing is not in the journal
            wanted = {**before, **{key: was for key, (was, _) in entry.delta.items()}}
            self.assertEqual({key: value for key, value in now.items() if key not in loose},
                             {key: value for key, value in wanted.items() if value is not None and key not in loose}, where)
            entry.undone = made
            if entry.words[0] == "undo" and int(entry.words[1]) in entries:
                entries[int(entry.words[1])].undone = None

    def history(self, length):
        dice, entries = random.Random(self.seed), {}
        self.undone = 0
        for self.turn in range(length):
            kill = (dice.choice(KILLS), dice.randrange(1, 10)) if dice.randrange(8) == 0 else None
            if entries and dice.randrange(3) == 0:
                number = dice.choice(sorted(entries)[-12:])
                self.undo(number, kill, entries)
                self.undone += entries[number].undone is True
                continue
            words = self.change(dice)
            if words[0] == "deliver":
                got = self.vmail.deliver(words[1])
                self.assertIn(got.status, (0, 67), (self.seed, self.turn, got))
            else:
                self.step(words, kill, entries)

    def test_what_an_undo_does_is_what_a_model_says(self):
        for self.seed in range(int(os.environ.get("VMAIL_HISTORIES", "1"))):
            if self.seed:
                self.doCleanups()
                self.setUp()
            self.history(40)
            self.assertGreater(self.undone, 0, self.seed)


class Log(Journal):
    def test_an_entry_says_who_from_where_and_what(self):
        self.v("domain", "set", "a.test", "description=It's mine",
               env={"SUDO_USER": "joe", "SSH_CLIENT": "192.0.2.7 50000 22"})
        entry = self.last()
        who = pwd.getpwuid(os.getuid()).pw_name if has_name(os.getuid()) else str(os.getuid())
        self.assertEqual({**entry, "time": "", "number": ""},
                         {"number": "", "time": "", "who": f"{who} (sudo joe)", "from": "192.0.2.7",
                          "operation": "domain set a.test \"description=It's mine\"", "result": "done",
                          "undo": f"vadmin undo {entry['number']}"})
        self.assertRegex(entry["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_what_the_environment_says_is_no_more_than_a_word(self):
        self.v("domain", "lock", "a.test", env={"SUDO_USER": "a\nb", "SSH_CLIENT": "\x1b[2J 1 2"})
        entry = self.last()
        self.assertNotIn("sudo", entry["who"])
        self.assertEqual(entry["from"], "")

    def test_the_last_ones_come_last_and_as_many_as_wanted(self):
        for i in range(25):
            self.ok("domain", "set", "a.test", f"description={i}")
        self.assertEqual([int(e["number"]) for e in self.log()], list(range(7, 27)))
        self.assertEqual([int(e["number"]) for e in self.log("3")], [24, 25, 26])
        text = self.ok("log", "1").stdout.decode().split("\t")
        self.assertEqual((len(text), text[0], text[4]), (7, "26", "domain set a.test description=24"))

    def test_it_can_be_asked_for_a_domain_or_an_account(self):
        self.ok("domain", "add", "b.test")
        self.ok("domain", "alias", "b.test", "c.test")
        self.add("joe@a.test")
        self.add("joe@c.test")
        self.ok("alias", "add", "x@b.test", "joe")
        self.ok("undo", self.last()["number"])

        def found(*args):
            return [e["operation"] for e in self.log(*args)]
        self.assertEqual(found("B.TEST."), ["domain add b.test", "domain alias b.test c.test",
                                            "user add joe@c.test --password-stdin",
                                            "alias add x@b.test joe", "undo 6"])
        self.assertEqual(found("joe@a.test"), ["user add joe@a.test --password-stdin"])
        self.assertEqual(found("joe@b.test"), ["user add joe@c.test --password-stdin"])
        self.assertEqual(found("1", "a.test"), ["user add joe@a.test --password-stdin"])
        self.refused(65, "one domain or account at a time", "log", "a.test", "b.test")
        self.refused(67, "there is no domain gone.test", "log", "gone.test")
        self.refused(67, "there is no domain nosuch.test", "log", "joe@nosuch.test")

    def test_for_entries_without_all_steps_the_log_names_the_command_that_takes_it_back(self):
        # Those of version 1.
        self.ok("domain", "add", "b.test")
        self.add("joe@b.test")
        for words, back in ((("user", "rename", "joe@b.test", "--no-alias", "jim"), "user rename jim@b.test joe"),
                            (("user", "rename", "jim@b.test", "joe@b.test"), "user rename joe@b.test jim"),
                            (("domain", "rename", "b.test", "c.test"), "domain rename c.test b.test"),
                            (("domain", "delete", "c.test", "--with-accounts", "--yes"), "domain restore c.test"),
                            (("domain", "restore", "c.test"), "domain delete c.test --with-accounts")):
            self.ok(*words)
            path = os.path.join(self.vmail.state, "journal", f"{int(self.last()['number']):010}")
            with open(path, "rb") as f:
                text = f.read()
            with open(path, "wb") as f:
                f.write(text.replace(b"vmail-journal 1 2\n", b"vmail-journal 1 1\n"))
            last = self.last()
            self.assertEqual(last["undo"], "vadmin " + back)
            self.refused(77, f"is not taken back like this: 'vadmin {back}' does it", "undo", last["number"])

    def test_what_changes_nothing_has_no_entry(self):
        before = self.log()
        self.add("joe@a.test")
        n = self.last()["number"]
        for words in (("domain", "list"), ("user", "show", "joe@a.test"), ("user", "quota", "joe@a.test"),
                      ("user", "unlock", "joe@a.test"), ("user", "forward", "joe@a.test"), ("log",),
                      ("-n", "domain", "lock", "a.test"), ("check", "--files"), ("auto", "list", "a.test")):
            self.ok(*words)
        self.v("alias", "delete", "nobody@a.test")
        self.assertEqual(self.last()["number"], n)
        self.assertEqual(len(self.log()), len(before) + 1)

    def test_no_password_is_in_a_word_and_hashes_are_root_s_alone(self):
        self.add("joe@a.test")
        journal = os.path.join(self.vmail.state, "journal")
        self.assertEqual(stat.S_IMODE(os.stat(journal).st_mode), 0o700)
        for name in os.listdir(journal):
            path = os.path.join(journal, name)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            with open(path, "rb") as f:
                self.assertNotIn(SECRET.strip(), f.read())
        self.assertNotIn("$y$", str(self.log()))

    def test_old_ones_go_and_numbers_go_on(self):
        journal = os.path.join(self.vmail.state, "journal")
        for i in range(2, 13):
            self.ok("domain", "set", "a.test", f"description={i}")
        for name in sorted(os.listdir(journal))[:5]:
            os.utime(os.path.join(journal, name), (0, 0))
        for i in range(13, 17):
            self.ok("domain", "set", "a.test", f"description={i}")
        self.assertEqual([int(name) for name in sorted(os.listdir(journal))], list(range(6, 17)))

    def test_a_failure_half_way_stands_there_with_what_was_done(self):
        self.add("joe@a.test")
        self.add("bob@a.test", "quota=1M")
        # Its inbox cannot go to a trash that is no directory.
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        trash = os.path.join(self.vmail.spool, "a.test", ".trash")
        with open(trash, "w"):
            pass
        got = self.v("user", "delete", "joe@a.test")
        self.assertNotEqual(got.status, 0)
        entry = self.last()
        self.assertTrue(entry["result"].startswith("failed: the account is deleted, but not all"), entry)
        self.assertNotIn(b"joe:", self.vmail.read("passwd.a.test"))
        self.ok("undo", entry["number"])
        self.assertIn(b"joe:", self.vmail.read("passwd.a.test"))
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)

    def test_entries_of_two_at_once_have_two_numbers(self):
        def change(i):
            return lambda: self.ok("domain", "set", "a.test", f"description={i}")
        together([change(i) for i in range(24)])
        entries = self.log("100")
        self.assertEqual([int(e["number"]) for e in entries], list(range(1, 26)))
        for entry in reversed(entries[1:]):     # each line knows the one before
            self.ok("undo", entry["number"])
        self.assertNotIn(b"description", self.vmail.read("domain.a.test"))


class NoRoom(Journal):
    def test_without_a_journal_nothing_is_changed(self):
        journal = os.path.join(self.vmail.state, "journal")
        os.rename(journal, journal + ".away")
        with open(journal, "w"):
            pass
        self.refused(75, "nothing was changed, because the journal cannot be written", "user", "add",
                     "joe@a.test")

    def test_one_that_others_can_write_is_not_written(self):
        os.chmod(os.path.join(self.vmail.state, "journal"), 0o777)
        self.refused(77, "others can write to journal: close it (chmod 700)", "domain", "lock", "a.test")

    @needs_root
    def test_a_full_disk_is_found_before_the_first_change(self):
        where = os.path.join(self.vmail.state, "journal")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=700,size=64k", "vmail", where], check=True)
        self.addCleanup(subprocess.run, ["umount", where], check=True)
        self.refused(75, "nothing was changed", "user", "add", "joe@a.test")
        self.assertEqual(os.listdir(where), [])

    @needs_root
    def test_a_disk_that_fills_up_later_stops_no_operation(self):
        """Without what is kept for it, where the file system cannot (strace says so)."""
        got = run("/usr/bin/strace", "-qq", "-o", "/dev/null", "-e", "trace=fallocate,pwrite64",
                  "-e", "inject=fallocate:error=EOPNOTSUPP", "-e", "inject=pwrite64:error=ENOSPC:when=2+",
                  program("vadmin"), "-C", self.vmail.dir, "user", "add", "joe@a.test")
        self.assertEqual(got.status, 0, got)
        self.assertIn("note: the journal cannot be written", got.stderr)
        self.assertTrue(self.last()["result"].startswith("unfinished, after 1 step"))
        self.assertEqual(self.v("check", "--files").status, 0)
        self.assertIn(b"joe:", self.vmail.read("passwd.a.test"))

    @only_where(not ROOT)
    def test_who_has_no_state_keeps_it_beside_the_settings(self):
        self.vmail.set(state=None)
        self.ok("domain", "lock", "a.test")
        self.assertEqual(os.listdir(os.path.join(self.vmail.dir, ".journal")), ["0000000001"])
        self.ok("undo", "1")


if __name__ == "__main__":
    main()
