#!/usr/bin/python3
"""What an account that has a shell lays in the way of root's vadmin: nothing waits for it, nothing is given to it, and
nobody else is the worse for it."""
from damaging import *


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
        for name, mode in {**modes, "": 0o500}.items():
            os.chmod(f"{home}/{name}", mode)
        self.purge()

    def test_a_home_of_endless_depth_goes(self):
        home = self.here.home("joe@a.test")
        at = os.open(home, os.O_RDONLY)
        for _ in range(3000):
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
        late = subprocess.Popen([*strace, "-e", f"inject=unlinkat:signal=STOP:when={nth}", program("vadmin"), "-C",
                                 self.vmail.dir, *words], env=environment())
        eventually(lambda: os.path.exists(log) and b"stopped by SIGSTOP" in open(log, "rb").read(), "the look")
        with open(path, "wb"):
            pass
        os.chown(path, owner(self.vmail, "ann@a.test")[0], GID)
        os.chmod(path, 0o666)
        with open(f"/proc/{late.pid}/task/{late.pid}/children") as f:
            os.kill(int(f.read()), signal.SIGCONT)
        self.assertEqual(late.wait(DEADLINE), 0)
        st = os.stat(path)
        self.assertEqual((st.st_uid, st.st_mode & 0o022), (0, 0))
        self.assertGreater(st.st_size, 0)


if __name__ == "__main__":
    main(beside=2)
