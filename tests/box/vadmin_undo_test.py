#!/usr/bin/python3
"""vadmin undo of what is done in steps: renames, domains deleted and brought back, imports; -n of them."""
import json
import stat

from harness import *
import linuxconf
import vadmin_maildirs_test as maildirs
import vadmin_move_test as moving
import vadmin_postfix_test as postfix

RENAMED = ("user", "rename", "joe@a.test", "jim"), ("domain", "rename", "a.test", "new.test")


class Journalled:
    """What the journal says; mixed into classes that have self.ok() and self.vmail."""
    def last(self):
        got = self.vmail.run("vadmin", "--json", "log", "1")
        return json.loads(got.stdout)["result"][0]

    def number(self):
        return self.last()["number"]

    def undo(self, number=None):
        return self.ok("undo", number or self.number())

    def counts(self, leave_out=()):
        """All but marks, what locks leave, and directories of trashes that are empty."""
        return {path: what for path, what in moving.Moved.tree(self, leave_out).items()
                if not str(what[3]).startswith("./") and not path.endswith((".lock", ".uids", "/uids", ".cache"))
                and not re.search(r"/\.unfinished$|/\.trash(/\.domains)?$", path)}

    def times(self):
        """Every name below, with all that the disk says of it but when it was read."""
        found = {}
        for base, directories, names in os.walk(self.vmail.scratch):
            for path in [base, *(os.path.join(base, name) for name in directories + names)]:
                st = os.lstat(path)
                held = open(path, "rb").read() if stat.S_ISREG(st.st_mode) else b""
                found[path] = (st.st_mode, st.st_uid, st.st_gid, st.st_nlink, st.st_ino, st.st_mtime_ns, st.st_ctime_ns,
                               held)
        return found

    def changes_nothing(self, *args, status=0):
        """-n: what it says."""
        before, scratch = self.times(), set(os.listdir("/tmp"))
        got = self.vmail.run("vadmin", "-n", "--json", *args)
        self.assertEqual(got.status, status, got)
        after = self.times()
        self.assertEqual([path for path in before.keys() | after.keys() if before.get(path) != after.get(path)], [])
        made = [f"/tmp/{name}" for name in set(os.listdir("/tmp")) - scratch if name.startswith("vadmin.")]
        eventually(lambda: not any(map(os.path.lexists, made)), "the end of those of others, who run beside it")
        return json.loads(got.stdout)


class Undone(Journalled, moving.Moved):
    def test_an_entry_that_says_it_undid_itself_holds_nobody_up(self):
        self.ok("domain", "set", "a.test", "description=x")
        first = int(self.number())
        self.undo()
        own = int(self.number())
        path = os.path.join(self.vmail.state, "journal", f"{own:010}")
        with open(path, "rb") as f:
            text = f.read()
        self.assertIn(b"\nword 1 %d\n" % first, text)
        with open(path, "wb") as f:
            f.write(text.replace(b"\nword 1 %d\n" % first, b"\nword 1 %d\n" % own))
        self.assertIn(self.vmail.run("vadmin", "undo", str(own)).status, (0, 77))

    def test_a_rename_that_is_undone_leaves_every_byte_as_it_was_and_again_as_it_was_renamed(self):
        self.vmail.set(main_domain="a.test")
        before = self.counts()
        for command in RENAMED:
            self.ok(*command)
            now = self.counts()
            self.assertNotEqual(now, before)
            for then in (before, now, before):
                self.undo()
                self.assertEqual(self.counts(), then, command)
            self.assertRegex(self.pop3("joe@a.test"), r"^\+OK 1 messages")
        self.assertEqual(self.vmail.run("vadmin", "check", "--files").stdout, b"")

    def test_mail_that_came_since_goes_along(self):
        for command in RENAMED:
            self.ok("user", "add", "zoe@a.test", "--password-stdin", input=moving.SECRET.encode() + b"\n")
            n = self.number()
            self.ok(*command)
            for address in ("joe@a.test", "zoe@a.test") if command[0] == "domain" else ("joe@a.test", "jim@a.test"):
                self.mail(address)
            self.undo()
            self.mail("joe@a.test")
            self.assertEqual(self.vmail.run("vadmin", "check", "--files").stdout, b"")
            self.vmail.run("vadmin", "user", "delete", "zoe@a.test", "--yes")
        self.assertRegex(self.pop3("joe@a.test"), r"^\+OK 6 messages")

    def test_what_lies_beside_an_inbox_is_in_nobody_s_way(self):
        self.ok(*RENAMED[0])
        for _ in range(4):
            for who in ("joe", "jim"):
                with open(self.path("spool", "a.test", f".{who}.queue"), "ab"):
                    pass
                if ROOT:
                    os.chown(self.path("spool", "a.test", f".{who}.queue"), 60001, GID)
            self.undo()
            self.mail("joe@a.test")
        self.assertRegex(self.pop3("jim@a.test"), r"^\+OK 5 messages")

    def test_what_never_had_mail_gets_some_after_it_was_renamed_there_and_back(self):
        self.ok("user", "rename", "ann@a.test", "amy")
        self.ok("user", "rename", "amy@a.test", "ann")
        self.mail("ann@a.test")
        self.ok("user", "add", "zoe@a.test")
        self.ok("user", "rename", "zoe@a.test", "zed")
        self.undo()
        self.mail("zoe@a.test")
        self.assertEqual([len(self.vmail.messages(f"{who}@a.test")) for who in ("ann", "zoe")], [1, 1])

    def cannot(self, number, *words):
        before = self.counts()
        got = self.refused(77, "undo", number)
        for word in (f"{number} cannot be undone: ", *words):
            self.assertIn(word, got)
        self.assertEqual(got.count("\n"), 1, got)
        self.assertEqual(self.counts(), before)

    def test_what_came_since_under_the_new_name_of_an_account_is_named(self):
        self.ok(*RENAMED[0])
        n = self.number()
        way = "'vadmin user rename jim@a.test joe' does it as things are now"
        for since, named in ((("user", "forward", "jim@a.test", "x@far.test"), "jim.forward"),
                             (("alias", "add", "new@b.test", "jim@a.test"), "aliases.b.test"),
                             (("user", "grant", "jim@a.test", "ann", "retrieve"), "grants.a.test"),
                             (("alias", "set", "list@a.test", "owners=jim"), "attributes.a.test"),
                             (("alias", "delete", "joe@a.test"), "aliases.a.test")):
            self.ok(*since)
            self.cannot(n, named, way)
            self.undo()
        self.ok("user", "add", "joe@a.test")
        self.cannot(n, "joe", "'vadmin user rename jim@a.test joe' does it when joe@a.test is renamed or deleted")
        self.undo()
        self.ok("user", "delete", "jim@a.test", "--yes")
        self.cannot(n, "jim")
        self.undo()
        self.undo(n)
        self.assertRegex(self.pop3("joe@a.test"), r"^\+OK 1 messages")

    def test_what_named_the_new_name_before_is_not_said_to_have_come_since(self):
        self.ok("alias", "add", "lost@b.test", "jim@a.test")
        self.ok(*RENAMED[0])
        self.cannot(self.number(), "aliases.b.test came since, or names jim, which would be nobody's")

    def test_what_came_since_under_the_new_name_of_a_domain_is_named(self):
        self.ok(*RENAMED[1])
        n = self.number()
        way = "'vadmin domain rename new.test a.test' does it as things are now"
        for since, named in ((("user", "add", "zoe@new.test"), "passwd."),
                             (("domain", "alias", "new.test", "more.test"), "domain.more.test"),
                             (("alias", "set", "list@new.test", "description=x"), "attributes.new.test"),
                             (("domain", "set", "b.test", "fallback=@new.test"), "domain.b.test"),
                             (("domain", "unalias", "a.test"), "a.test")):
            self.ok(*since)
            self.cannot(n, named, way)
            self.undo()
        self.ok("domain", "unalias", "a.test")
        unalias = self.number()
        for since in ("domain", "add", "a.test"), ("domain", "alias", "b.test", "a.test"):
            self.ok(*since)
            self.cannot(n, "'vadmin domain rename new.test a.test' does it when a.test is renamed or deleted")
            self.undo()
        self.undo(unalias)
        self.undo(n)
        self.assertRegex(self.pop3("joe@alias.test"), r"^\+OK 1 messages")

    def test_a_domain_that_came_back_goes_again_unless_something_came_since(self):
        self.ok("domain", "delete", "a.test", "--with-accounts", "--yes")
        gone = self.counts()
        self.ok("domain", "restore", "a.test")
        n = self.number()
        self.mail("joe@a.test")
        self.ok("alias", "set", "list@a.test", "description=x")
        self.cannot(n, "attributes.a.test", "'vadmin domain delete a.test --with-accounts' does it")
        self.undo()
        self.undo(n)
        inbox = {path for path in gone if re.search(r"/joe$|/\.joe\.", path)}
        self.assertEqual({path: what for path, what in self.counts().items() if path not in inbox},
                         {path: what for path, what in gone.items() if path not in inbox})
        self.mail("joe@a.test", 68)
        self.ok("domain", "restore", "a.test")
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 2)

    def test_a_domain_does_not_come_back_over_another_one_of_its_name(self):
        self.ok("domain", "delete", "a.test", "--with-accounts", "--yes")
        n = self.number()
        self.ok("domain", "add", "a.test")
        self.cannot(n, "there is a ", "'vadmin domain restore a.test' does it when a.test is renamed or deleted")
        self.ok("domain", "purge", "a.test", "--yes")
        self.assertRegex(self.last()["undo"], "none: .* is gone for good")
        self.cannot(self.number(), "was removed for good")

    def test_a_session_that_goes_on_is_a_reason_not_to_undo(self):
        self.vmail.set(lock_timeout="1")
        self.ok(*RENAMED[0])
        pop = self.vmail.pop3()
        self.assertIn("+OK", pop.login("jim@a.test", moving.SECRET))
        for words in (), ("-n",):
            self.assertIn("another session", self.refused(75, *words, "undo", self.number()))
        self.assertIn("another session", self.refused(75, "-n", "user", "rename", "jim@a.test", "jack"))
        pop.ask("QUIT")
        pop.close()
        self.undo()

    def test_who_may_not_do_it_may_not_take_it_back(self):
        self.ok("admin", "add", "berta", "--password-stdin", input=moving.SECRET.encode() + b"\n")
        self.ok(*RENAMED[1])
        self.ok("--as", "berta", "undo", self.number())
        self.ok("import", "csv", "-", input=b"address,name\nnew@a.test,New\n")
        self.assertIn("may take back 'import csv'", self.refused(77, "--as", "berta", "undo", self.number()))

    def test_minus_n_of_each_changes_nothing_and_tells_each_step(self):
        for command in (*RENAMED, ("domain", "delete", "a.test", "--with-accounts", "--yes")):
            told = self.changes_nothing(*command)["result"]
            self.assertIn("move", [step["action"] for step in told])
            self.ok(*command)
            self.changes_nothing("undo", self.number())
            if command[1] != "delete":
                self.undo()
        self.changes_nothing("domain", "restore", "a.test")
        told = self.changes_nothing("domain", "purge", "a.test", "--yes")["result"]
        self.assertEqual({step["action"] for step in told}, {"destroy", "remove"})
        for status, command in ((73, ("domain", "rename", "b.test", "c.test")), (67, ("domain", "restore", "c.test")),
                                (67, ("user", "rename", "joe@b.test", "x")), (77, ("domain", "delete", "c.test"))):
            self.vmail.write("passwd.c.test", f"x:x:61000:{GID}::/h:/bin/false\n")
            self.changes_nothing(*command, status=status)


@once("its steps are the same, whoever runs it")
class Killed(Journalled, moving.Striking):
    BASES = ("etc", "spool", "homes", "state")

    def save(self):
        super().save()
        subprocess.run(["cp", "-a", self.path("state"), self.saved], check=True)

    def reset(self):
        super().reset()
        subprocess.run(["rm", "-rf", self.path("state")], check=True)
        subprocess.run(["cp", "-a", os.path.join(self.saved, "state"), self.vmail.scratch], check=True)

    def judge(self, point):
        """Mail is taken or waits, and nobody else touches what is begun."""
        self.assertIn(self.vmail.deliver("joe@a.test", moving.HELLO).status, (0, 75), point)
        if self.is_begun():
            told = self.refused(77, "user", "rename", "joe@a.test", "x")
            self.assertIn("'undo' was interrupted: finish it first with 'vadmin undo ", told)
            self.assertIn("vadmin undo ", self.vmail.run("vadmin", "check", "--files").stdout.decode())

    def taken_back_everywhere(self, command, judge):
        self.ok(*command)
        self.killed_everywhere("undo", self.number(), judge=judge,
                               leave_out=[f"spool/{d}/{name}" for d in ("a.test", "new.test")
                                          for name in ("joe", "jim", ".joe.uids", ".jim.uids", "jim.lock", "joe.lock")],
                               every=7)

    def test_the_undo_of_an_account_s_rename_is_finished_by_its_repetition(self):
        self.taken_back_everywhere(RENAMED[0], self.judge)
        self.assertTrue(self.pop3("joe@a.test").startswith("+OK"))

    def test_the_undo_of_a_domain_s_rename_is_finished_by_its_repetition(self):
        self.taken_back_everywhere(RENAMED[1], self.judge)
        self.assertTrue(self.pop3("joe@a.test").startswith("+OK"))

    def test_the_undo_of_a_deletion_is_finished_by_its_repetition(self):
        self.taken_back_everywhere(("domain", "delete", "a.test", "--with-accounts", "--yes"), lambda point: None)
        self.assertTrue(self.pop3("joe@a.test").startswith("+OK"))

    def repeat(self, *args):
        """What came to its end but for the word of it is taken back by nobody."""
        self.ok(*args)

    def test_what_was_killed_is_taken_back_as_far_as_it_came_or_with_what_finished_it(self):
        for command in RENAMED:
            self.save()
            before = self.counts()
            for finished in (False, True):
                self.reset()
                got = self.strace(["-o", "/dev/null", "-e", "inject=renameat2:signal=KILL:when=2"], *command)
                self.assertEqual(got.status, -9, got)
                n = self.number()
                if finished:
                    self.ok(*command)
                    self.assertIn(f"went on with it: 'vadmin undo {int(n) + 1}'", self.refused(77, "undo", n))
                self.undo()
                self.assertEqual(self.counts(), before, (command, finished))
            shutil.rmtree(self.saved)


    def stopped(self, *command):
        got = self.strace(["-o", "/dev/null", "-e", "inject=renameat2:signal=KILL:when=2"], *command)
        self.assertEqual(got.status, -9, got)

    def test_nothing_else_is_taken_back_of_what_is_unfinished(self):
        self.ok("user", "rename", "ann@a.test", "amy", "--no-alias")
        renamed = self.number()
        self.ok("user", "quota", "joe@a.test", "600")
        changed = self.number()
        for command in (("user", "rename", "amy@a.test", "zoe"), ("user", "rename", "joe@a.test", "ann"),
                        ("domain", "rename", "a.test", "new.test")):
            self.stopped(*command)
            for number in renamed, changed:
                self.assertIn(f"finish it first with 'vadmin {' '.join(command)}'", self.refused(77, "undo", number))
            self.ok(*command)
        self.assertRegex(self.pop3("ann@a.test"), r"^\+OK 1 messages")
        self.ok("user", "rename", "ann@new.test", "joe")
        renamed = self.number()
        self.ok("user", "set", "zoe@new.test", "name=Zoe")
        changed = self.number()
        self.stopped("undo", renamed)
        self.assertIn(f"finish it first with 'vadmin undo {renamed}'", self.refused(77, "undo", changed))
        self.undo(renamed)
        self.undo(changed)
        self.assertRegex(self.pop3("ann@a.test"), r"^\+OK 1 messages")

    def test_what_was_killed_and_done_once_more_is_taken_back_by_the_number_of_the_second(self):
        self.ok("user", "delete", "joe@a.test", "--yes")
        for words in ("user", "add", "zoe@a.test"), ("undo", self.number()):
            got = self.strace(["-o", "/dev/null", "-e", "inject=renameat2,renameat:signal=KILL:when=3"], *words)
            self.assertEqual(got.status, -9, got)
            first = int(self.number())
            self.ok(*words)
            second = int(self.number())
            self.assertEqual(second, first + 1)
            before = self.counts()
            self.assertIn(f"{second} did it once more: 'vadmin undo {second}' comes first", self.refused(77, "undo", str(first)))
            self.assertEqual(self.counts(), before)
        self.assertRegex(self.pop3("joe@a.test"), r"^\+OK 1 messages")
        self.undo(str(second))
        self.assertIn(f"it was broken off, and undone by {second + 1}", self.refused(77, "undo", str(first)))

    def test_two_that_are_unfinished_wait_for_themselves_alone(self):
        self.ok("user", "add", "zoe@a.test")
        for command in ("user", "rename", "joe@a.test", "jim"), ("user", "rename", "zoe@a.test", "zed"):
            self.ok(*command)
        second = int(self.number())
        for number in second - 1, second:
            self.stopped("undo", str(number))
        self.undo(str(second - 1))
        self.undo(str(second))
        self.assertRegex(self.pop3("joe@a.test"), r"^\+OK 1 messages")
        self.assertFalse(self.is_begun())


class Imported:
    """What an import made goes, and nothing else; mixed into those that make old machines."""
    def state(self):
        """All below the installation, without what is made on the way and stays."""
        found = {}
        for base in self.vmail.dir, self.vmail.spool, self.vmail.homes, *self.others:
            for at, directories, names in os.walk(base):
                for path in [os.path.join(at, name) for name in directories + names]:
                    if not re.search(r"/(\.lock|uids|\.unfinished|\.trash|files|home|[^/]*\.(queue|uids|session|lock))$|/\.trash/",
                                     path):
                        st = os.lstat(path)
                        if stat.S_ISLNK(st.st_mode) and os.readlink(path).startswith("./"):
                            continue        # a mark
                        found[path] = (st.st_mode, st.st_uid, open(path, "rb").read() if stat.S_ISREG(st.st_mode) else b"")
        return found

    def taken_back_and_made_again(self, *command):
        before = self.state()
        told = self.changes_nothing(*command, status=1)
        self.assertGreater(len(told["result"]), 20)
        self.assertIn(" would be left: ", str(told["notes"]))
        self.ok(*command, status=1)
        now = self.state()
        self.assertNotEqual(now, before)
        for then in (before, now, before):
            self.ok("undo", self.number())
            self.assertEqual(self.state(), then)

    def joe_has_mail(self, domain, before):
        self.assertEqual(self.vmail.deliver(f"joe@{domain}", moving.HELLO).status, 0)
        self.ok("undo", before)
        self.assertEqual(self.vmail.deliver(f"joe@{domain}", moving.HELLO).status, 68)


class Linuxconf(Imported, Journalled, linuxconf.OldMachine):
    others = ()

    def test_domains_go_to_the_trash_with_their_mail_and_come_back(self):
        self.taken_back_and_made_again("import", "linuxconf", self.old)

    def test_mail_that_came_since_is_in_the_trash_and_a_domain_that_was_there_before_stays(self):
        self.ok("domain", "add", "own.test")
        self.load()
        n = self.number()
        self.ok("user", "add", "new@foo.test")
        self.joe_has_mail("foo.test", n)
        self.assertEqual(self.vmail.deliver("postmaster@own.test", moving.HELLO).status, 0)
        self.ok("domain", "restore", "foo.test")
        self.assertEqual(linuxconf.mailboxes(self.vmail, "joe@foo.test")[1:], ["first", "second", "test"])

    def test_a_domain_alias_that_came_later_goes_alone(self):
        path = f"{self.old}/etc/vmail/domain.also.test"
        os.unlink(path)
        self.load()
        before = self.state()
        os.symlink("domain.foo.test", path)
        self.load()
        now = self.state()
        self.assertNotEqual(now, before)
        for then in (before, now, before):
            self.ok("undo", self.number())
            self.assertEqual(self.state(), then)

    def test_its_mail_is_not_in_the_journal(self):
        self.put("var/spool/vmail/foo.test/joe", "From x Mon Nov 23 10:00:00 2026\nSubject: x\n\n" + "secretive\n" * 100)
        self.load()
        for name in os.listdir(os.path.join(self.vmail.state, "journal")):
            with open(os.path.join(self.vmail.state, "journal", name), "rb") as f:
                self.assertNotIn(b"secretive", f.read())

    def test_a_domain_that_has_another_name_now_is_named(self):
        self.load()
        n = self.number()
        self.ok("domain", "rename", "foo.test", "new.test")
        self.assertIn("foo.test is gone, or has another name", self.vmail.run("vadmin", "undo", n).stderr)

    @once("its steps are the same, whoever runs it")
    def test_one_that_is_killed_is_finished_by_its_repetition(self):
        before = self.state()
        self.load()
        n = self.number()
        for when in (3, 9):
            got = run("/usr/bin/strace", "-qq", "-o", "/dev/null", "-e", "trace=renameat2", "-e",
                      f"inject=renameat2:signal=KILL:when={when}", program("vadmin"), "-C", self.vmail.dir, "undo", n)
            self.assertEqual(got.status, -9, got)
        self.ok("undo", n)
        self.assertEqual(self.state(), before)


class Maildirs(Imported, Journalled, maildirs.Maildirs):
    others = property(lambda self: [self.tree])
    vars().update((name, None) for name in dir(maildirs.Maildirs) if name.startswith("test_"))

    def test_a_domain_that_was_imported_goes_and_its_mail_lies_where_it_lay(self):
        self.taken_back_and_made_again("import", "maildirs", self.tree, "a.test")
        self.load()
        self.joe_has_mail("a.test", self.number())
        self.assertEqual(len(os.listdir(f"{self.tree}/joe/Maildir/new")), 1)

    def test_accounts_and_aliases_go_from_a_domain_that_was_there_before(self):
        self.load()
        before = self.state()
        lines = self.vmail.read("passwd.a.test").decode().splitlines(True)
        self.vmail.write("passwd.a.test", "".join(line for line in lines if not line.startswith(("joe:", "ann:"))))
        shadow = self.vmail.read("shadow.a.test").decode().splitlines(True)
        self.vmail.write("shadow.a.test", "".join(line for line in shadow if not line.startswith(("joe:", "ann:"))), 0o600)
        self.ok("alias", "delete", "info@a.test")
        before = self.state()
        self.load()
        self.assertNotEqual(self.state(), before)
        self.ok("alias", "add", "mine@a.test", "postmaster")
        self.ok("undo", str(int(self.number()) - 1))
        self.ok("alias", "delete", "mine@a.test")
        self.assertEqual(self.state(), before)

    def test_what_was_changed_since_is_named(self):
        self.load()
        n = self.number()
        self.ok("user", "add", "new@a.test")
        self.assertIn("passwd.a.test holds something else since", self.vmail.run("vadmin", "undo", n).stderr)


class Postfix(Imported, Journalled, postfix.Postfix):
    others = property(lambda self: [self.base])

    def test_domains_that_were_imported_go_and_their_mail_lies_where_it_lay(self):
        self.taken_back_and_made_again("import", "postfix", os.path.join(self.old, "main.cf"),
                                       "virtual_alias_maps=hash:/etc/postfix/virtual",
                                       "--passwords", os.path.join(self.old, "users"))


if __name__ == "__main__":
    main()
