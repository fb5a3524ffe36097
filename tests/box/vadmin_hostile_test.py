#!/usr/bin/python3
"""What an account that has a shell lays in the way of root's vadmin: nothing waits for it, nothing is given to it, and
nobody else is the worse for it; and what an administrator of one domain types.

VMAIL_WORDS=N: so many random command lines of that administrator.
"""
import random

from damaging import *


@once("it is about signals, which a debugger sends")
class Stopped(Damaged):
    """The processes that become an account are the account's to stop: they never go on, and nobody waits for them."""
    def stopped(self, vmail, *words, which=1):
        return run("/usr/bin/strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=setresuid", "-e",
                   f"inject=setresuid:signal=STOP:when={which}", program("vadmin"), "-C", vmail.dir, *words, seconds=CUT)

    @needs_root
    def test_a_backup_is_made_without_the_account_and_with_all_others(self):
        got = self.stopped(self.here, "backup", self.file)
        self.assertEqual(got.status, 75, got)
        self.assertIn("joe@a.test: the process that had become the account ended early", got.stderr)

    @needs_root
    def test_fsck_tells_whom_it_could_not_look_at(self):
        got = self.stopped(self.here, "fsck", "--repair")
        self.assertEqual(got.status, 1, got)
        self.assertIn(b"a.test\tjoe: it could not be looked at", got.stdout)

    @needs_root
    def test_a_restore_ends_and_can_be_repeated(self):
        self.backup()
        got = self.stopped(self.there, "restore", self.file)
        self.assertEqual(got.status, 75, got)
        self.restore()
        self.assertEqual(len(self.there.messages("joe@a.test")), 1)

    @needs_root
    def test_a_purge_ends(self):
        self.ok(self.here, "user", "delete", "--yes", "joe@a.test")
        got = self.stopped(self.here, "user", "purge", "--yes", "joe@a.test")
        self.assertEqual(got.status, 75, got)
        self.ok(self.here, "user", "purge", "--yes", "joe@a.test")


class Holes(Keeping):
    """Files that take nothing of the account's disk, and would take all of ours."""
    def hole(self, path, to):
        with open(path, "wb") as f:
            f.write(b"From x\n\n")
            f.truncate(1 << 43)
        os.chown(path, *owner(self.here, to))
        os.chmod(path, 0o600)

    def test_a_file_of_holes_is_left_out_and_told_and_what_lies_beside_it_is_in(self):
        home = self.here.home("joe@a.test")
        self.hole(f"{home}/holes", "joe@a.test")
        with open(f"{home}/plain", "wb") as f:
            f.write(b"kept")
        with open(f"{home}/some", "wb") as f:
            f.write(b"kept")
            f.truncate(1 << 20)
        self.here.deliver(["joe@a.test", "joe@b.test"])
        self.hole(os.path.join(self.here.inbox("joe@b.test"), "new", "1.holes"), "joe@b.test")
        for name in ("plain", "some"):
            os.chown(f"{home}/{name}", *owner(self.here, "joe@a.test"))
        got = self.here.run("vadmin", "backup", self.file, seconds=CUT)
        self.assertEqual(got.status, 75, got)
        for what in ("joe@a.test: home/holes", "joe@b.test: inbox/new/1.holes"):
            self.assertIn(f"{what}: most of its bytes are holes: it is left out", got.stderr)
        self.restore()
        self.assertEqual(sorted(tree(self.there.home("joe@a.test"))), ["plain", "some"])
        self.assertEqual([len(self.there.messages(f"joe@{d}")) for d in ("a.test", "b.test")], [1, 1])

    def test_an_inbox_of_holes_is_told_and_all_others_are_in(self):
        self.here.deliver(["joe@a.test", "ann@a.test"])
        self.hole(self.here.inbox("joe@a.test"), "joe@a.test")
        got = self.here.run("vadmin", "backup", self.file, seconds=CUT)
        self.assertEqual(got.status, 75, got)
        self.assertIn("joe@a.test: ", got.stderr)
        self.assertIn("most of its bytes are holes", got.stderr)
        self.assertNotIn("domains/a.test/accounts/joe/passwd", members(self.file))
        self.assertIn("domains/a.test/accounts/ann/inbox", members(self.file))


class Purged(Keeping):
    def purge(self):
        self.ok(self.here, "user", "delete", "--yes", "joe@a.test")
        self.ok(self.here, "user", "purge", "--yes", "joe@a.test")
        self.assertEqual(os.listdir(os.path.join(self.here.homes, "a.test/home/.trash")), [])

    def own(self, top):
        for base, directories, names in os.walk(top):
            for name in (".", *directories, *names):
                os.chown(os.path.join(base, name), *owner(self.here, "joe@a.test"), follow_symlinks=False)

    def test_a_home_with_directories_that_are_closed_to_their_owner_goes(self):
        home = self.here.home("joe@a.test")
        modes = {"read": 0o500, "write": 0o300, "none": 0, "search": 0o100}
        for name in modes:
            os.makedirs(f"{home}/{name}/below")
            with open(f"{home}/{name}/file", "w"):
                pass
        self.own(home)
        for name, mode in {**modes, **({"": 0o500} if ROOT else {})}.items():    # only root can move such a one
            os.chmod(f"{home}/{name}", mode)
        self.purge()

    def test_a_home_of_endless_depth_goes(self):
        home = self.here.home("joe@a.test")
        at = os.open(home, os.O_RDONLY)
        for _ in range(500):
            os.mkdir("d" * 20, 0o700, dir_fd=at)
            os.chown("d" * 20, *owner(self.here, "joe@a.test"), dir_fd=at)
            below = os.open("d" * 20, os.O_RDONLY, dir_fd=at)
            os.close(at)
            at = below
        os.close(at)
        self.purge()


class Given(Damaged):
    @needs_root
    def test_a_file_of_roots_that_is_no_mbox_is_given_to_nobody(self):
        secret = b"root:$y$secret:19000::::::\n"
        self.roots(self.inbox, secret)
        os.chown(self.inbox, 0, 0)
        got, _ = self.fsck("--repair")
        self.assertEqual(got.status, 0, got)
        kept = {name: (uid, data) for name, (_, uid, data) in tree(self.spool("a.test")).items() if data == secret}
        self.assertEqual([uid for uid, _ in kept.values()], [0], kept)
        self.assertTrue(all(name.startswith(".trash/") for name in kept), kept)

    @needs_root
    def test_an_empty_inbox_of_roots_and_an_mbox_are(self):
        for data in (b"", b"From x\nS: y\n\n"):
            self.roots(self.inbox, data)
            os.chown(self.inbox, 0, 0)
            self.assertEqual(self.fsck("--repair")[0].status, 0)
            self.assertEqual(os.stat(self.inbox).st_uid, owner(self.vmail, "joe@a.test")[0])

    @needs_root
    @once("it is about the order of calls")
    def test_what_another_lays_where_a_file_is_about_to_be_makes_it_not_his(self):
        """He does it between root's look and the new file."""
        for words, place, ending in ((("user", "forward", "{}", "x@far.test"), self.files(""), "forward"),
                                     (("user", "set", "{}", "title=secret"), self.files(""), "profile"),
                                     (("user", "quota", "{}", "5"), self.spool("a.test/"), "quota")):
            with self.subTest(ending):
                self.lays_in_between([word.format("ann@a.test") for word in words], f".ann.{ending}.new",
                                     [word.format("joe@a.test") for word in words], f"{place}joe.{ending}")

    def lays_in_between(self, before, draft, words, path):
        log = os.path.join(self.vmail.scratch, "log")
        strace = "/usr/bin/strace", "-o", log, "-e", "trace=unlinkat"
        got = run(*strace, program("vadmin"), "-C", self.vmail.dir, *before)
        self.assertEqual(got.status, 0, got)
        with open(log) as f:
            lines = [line for line in f if line.startswith("unlinkat")]
        nth = 1 + [n for n, line in enumerate(lines) if f'"{draft}"' in line][0]
        os.unlink(log)
        def lay():
            with open(path, "wb"):
                pass
            os.chown(path, owner(self.vmail, "ann@a.test")[0], GID)
            os.chmod(path, 0o666)
        self.assertEqual(stopped_at("unlinkat", [program("vadmin"), "-C", self.vmail.dir, *words], lay, when=nth)[1], 0)
        st = os.stat(path)
        self.assertEqual((st.st_uid, st.st_mode & 0o022), (0, 0))
        self.assertGreater(st.st_size, 0)


ODD = ["joe@a.test", "ann@a.test", "new@a.test", "joe", "new", "list@a.test", "list", "jim", "joe@b.test", "bob@b.test",
       "list@b.test", "a.test", "b.test", "A.TEST.", "alias.test", "user/joe@b.test", "admin/boss", "*", "*@b.test",
       "../b.test/joe@a.test", "joe@a.test/../b.test", "a.test/../b.test", "joe@a.test@b.test", "@a.test", "@b.test", "",
       "|id", '"|id"', "|id > /tmp/x", "(c)|id", "\\|id", " |id", "joe,|id", "joe, /etc/passwd", "/etc/passwd", '"/etc/x"',
       ":include:/etc/shadow", '":include:/etc/shadow"', "\\joe", "\\joe@b.test", "x@far.test", "a\nb: |id", "a\rb", "a:b:0:0",
       "joe:x:0:0::/:/bin/sh", "a\tb", "a\x7fb", "a\x1b[2Jb", "\u202egnp", "\u00a0|id", "\u2028|id", "x" * 5000, "@" * 300,
       "-rf", "--as", "root", "%d%s%n", "$(id)", "`id`", "'; id", "#@# x", "# x", "=", "on", "off", "none", "all", "5M", "-1",
       "99999999999999999999", "--keep", "--yes", "--for", "--replace-by", "--password-stdin", "--text", "-", "FILE", "disabled"]
FIELDS = ["name", "quota", "forward", "filter", "first-name", "address", "alternative-address", "title", "office", "phone",
          "description", "owners", "membership", "fallback", "uid", "gid", "extra-aliases", "inbox"]
OPERATIONS = """domain show|domain set|domain alias|domain rename|domain delete|user add|user show|user set|user passwd|user lock|
user unlock|user rename|user delete|user restore|user purge|user vacation|user quota|user forward|user grant|user import|alias add|
alias set|alias delete|alias join|alias leave|alias show|auto set|auto show|auto delete|admin add|admin passwd|explain|quota|undo|
backup|restore|fsck|import csv|index|log""".replace("\n", "").split("|")

PLAIN = ["user set joe@a.test name=Joe", "user set ann@a.test title=Boss", "user forward joe@a.test x@far.test",
         "alias add list@a.test x@far.test", "alias set list@a.test description=Ours", "alias set new@a.test joe",
         "user quota joe@a.test 5M", "user add new@a.test name=New", "user grant joe@a.test ann all", "auto set info@a.test -",
         "user vacation joe@a.test on --text -", "explain list@a.test", "user show joe@a.test"]


class CoAdministrator(Keeping):
    """Whatever the administrator of a.test types: what is of others, and of the installation, is as it was; files
    of a.test hold lines of accounts and addresses alone; and it ends."""
    def setUp(self):
        super().setUp()
        on = {"co-administration": "yes"}
        for name, who in (("a.test", "ann"), ("b.test", "bob")):
            self.here.domain(name, on, passwords={"joe": PASSWORD, who: "x"}, aliases=f"list: joe, {who}\n")
            self.here.write(f"admins.{name}", "admin:*:19000::::::\n", mode=0o600)
        self.here.write("admins", "boss:*:19000::::::\n", mode=0o600)
        os.symlink("domain.a.test", os.path.join(self.here.dir, "domain.alias.test"))
        self.here.deliver(["joe@a.test", "joe@b.test"])
        self.secret = os.path.join(self.here.scratch, "secret")
        with open(self.secret, "w") as f:
            f.write("Subject: the secret\n\nthe secret\n")

    def others(self):
        return {name: what for top in ("etc", "spool", "homes", "bin")
                for name, what in tree(os.path.join(self.here.scratch, top)).items()
                if "a.test" not in name and name not in ("uids", ".lock", ".trash", ".unfinished", "files")}

    def words(self, dice):
        if dice.randrange(2):                       # one word of it is another
            words = dice.choice(PLAIN).split()
            n = dice.randrange(1, len(words))
            field, has, _ = words[n].partition("=")
            words[n] = field + has + dice.choice(ODD) if has or dice.randrange(2) else dice.choice(ODD[:7])
            return words if "=" in words[n] or dice.randrange(2) else dice.choice(PLAIN).split()
        words = [dice.choice(ODD) if dice.randrange(3) else f"{dice.choice(FIELDS)}={dice.choice(ODD)}"
                 for _ in range(dice.randrange(4))]
        first = dice.choice(ODD[:7]) if dice.randrange(4) else dice.choice(ODD)
        if dice.randrange(20) == 0:
            words.append(b"\xff\xfe:\xc3(".decode("utf-8", "surrogateescape"))
        return [*dice.choice(OPERATIONS).split(), first, *words]

    def look(self, where):
        for name, fields in (("passwd", 7), ("shadow", 9)):
            for line in self.here.read(f"{name}.a.test").decode().splitlines():
                self.assertEqual(line.count(":"), fields - 1, (where, line))
                self.assertGreater(int(line.split(":")[2]), 0, (where, line))
        text = self.here.read("aliases.a.test").decode()
        self.assertNotRegex(re.sub(r"(?m)^#.*", "", text), r'(?m)(^[^:]*:|,)\s*["\\]*(\||/|:include:)', where)
        forwards = os.path.join(self.here.spool, "files/a.test")
        for name in os.listdir(forwards) if os.path.isdir(forwards) else ():
            if name.endswith(".forward"):
                with open(os.path.join(forwards, name)) as f:
                    self.assertNotRegex(f.read(), r'(?m)^["\\]*(\||/|:include:)', where)

    def test_whatever_he_types_nothing_of_others_is_changed_or_told_and_no_command_is_made(self):
        before, done = self.others(), 0
        for seed in range(int(os.environ.get("VMAIL_WORDS", fewer(100)))):
            dice = random.Random(seed)
            words = [self.secret if word == "FILE" else word for word in self.words(dice)]
            feed = dice.choice((b"kermit sings 7\n", b"Subject: x\n\ny\n", b"a:b\n|id\n", b"\0\n", b"address\nnew@b.test\n", b"x" * 99999))
            if "\0" in "".join(words):
                continue
            got = self.here.run("vadmin", "--as", "admin/admin@a.test", *words, input=feed, seconds=CUT)
            where = (seed, words, got)
            self.assertIn(got.status, (0, 1, 64, 65, 67, 73, 75, 77), where)
            self.assertNotIn(b"the secret", got.stdout + got.stderr.encode(), where)
            self.assertNotIn("\x1b", got.stdout.decode("utf-8", "replace") + got.stderr, where)
            done += got.status == 0
            now = self.others()
            self.assertEqual({name: (before.get(name), now.get(name)) for name in {*before, *now}
                              if before.get(name) != now.get(name)}, {}, where)
            self.look(where)
        self.assertGreater(done, 5)
        self.assertEqual(len(self.here.messages("joe@b.test")), 1)


if __name__ == "__main__":
    main(beside=2)
