#!/usr/bin/python3
"""vadmin backup and restore: a domain moves unnoticed; nothing is replaced; a damaged or forged archive does nothing.

VMAIL_CROWD=N: so many messages of each deliverer while backups are made.
"""
import lmtp
from keeping import *

CROWD = int(os.environ.get("VMAIL_CROWD", 6))
TWIN = b"Subject: twin\n\nthe same\n"


class Moved(Keeping):
    def test_a_client_that_leaves_mail_on_the_server_sees_the_same_unique_ids(self):
        put_mbox(self.here, "joe@a.test", mbox(b"Subject: first\n\n1\n") + 3 * (mbox(TWIN)) + mbox(b"S: l\n\nlast\n"))
        pop = self.session(self.here, "joe@a.test")
        self.assertTrue(pop.ask("DELE 2").startswith("+OK"))
        self.quit(pop)                              # from here on order alone does not tell the twins
        before = {who: self.uids(self.here, who) for who in ("joe@a.test",)}
        for n in range(3):
            self.here.deliver("joe@b.test", b"Subject: %d\n\nx\n" % n)
        before["joe@b.test"] = self.uids(self.here, "joe@b.test")
        messages = {who: self.here.messages(who) for who in before}

        self.backup()
        self.restore()
        for who, uids in before.items():
            self.assertEqual(self.uids(self.there, who), uids)
            self.assertEqual(self.there.messages(who), messages[who])
        self.assertEqual([len(uids) for uids in before.values()], [4, 3])
        self.assertRegex(" ".join(before["joe@a.test"]), r"\.[23]\b")

    def test_vacation_passwords_limits_grants_aliases_and_forwards_are_the_same(self):
        self.ok(self.here, "user", "vacation", "joe@a.test", "on", "--text", "-", input=TEXT.encode())
        self.ok(self.here, "user", "quota", "joe@a.test", "2000")
        self.ok(self.here, "user", "grant", "joe@a.test", "ann", "all")
        self.ok(self.here, "user", "forward", "ann@a.test", "joe", "--keep")
        self.ok(self.here, "domain", "alias", "a.test", "alias.test")
        self.ok(self.here, "auto", "set", "robot@a.test", "-", input=AUTO_TEXT.encode())
        self.here.write("admins.a.test", "admin:*:19000:0:99999:7:::\n", 0o600)
        self.here.deliver("joe@a.test", mail(), sender="friend@far.test")
        self.assertEqual(len(self.here.sent()), 1)
        index = read_index(os.path.join(self.here.spool, "files/a.test/joe.vacation.db"))

        self.backup("a.test")
        self.restore("a.test")
        self.assertEqual(read_index(os.path.join(self.there.spool, "files/a.test/joe.vacation.db")), index)
        self.there.deliver("joe@alias.test", mail("joe@alias.test"), sender="friend@far.test")
        self.assertEqual(self.there.sent(), [], "who was answered there is not answered here")
        self.there.deliver("joe@a.test", mail(), sender="new@far.test")
        self.assertEqual(len(self.there.sent()), 1)
        for name in ("domain", "aliases", "grants", "admins", "shadow"):
            self.assertEqual(self.there.read(f"{name}.a.test"), self.here.read(f"{name}.a.test"), name)
        self.assertEqual(os.stat(os.path.join(self.there.dir, "shadow.a.test")).st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(os.path.join(self.there.dir, "admins.a.test")).st_mode & 0o777, 0o600)
        self.assertIn(b"2000", self.ok(self.there, "user", "quota", "joe@a.test").stdout)
        self.assertIn(b"robot", self.ok(self.there, "auto", "list", "a.test").stdout)
        self.quit(self.session(self.there, "joe@a.test"))
        self.assertEqual(len(self.there.messages("joe@a.test")), 3)
        self.there.deliver("ann@a.test", b"Subject: forwarded\n\n")
        self.assertEqual(len(self.there.messages("joe@a.test")), 4)
        self.assertEqual(self.there.run("vadmin", "fsck").stdout, b"")

    def test_a_file_of_aliases_is_in_it_by_its_whole_path_too_and_an_included_one_is_told(self):
        self.here.write("extra", f"more: joe\nmany: :include:{self.here.dir}/included\n")
        self.here.write("included", "joe@a.test\n")
        self.ok(self.here, "domain", "set", "a.test", f"extra-aliases={self.here.dir}/extra")
        archive = os.path.join(self.here.scratch, "told.tar")
        told = self.ok(self.here, "backup", "a.test", archive).stderr
        self.assertEqual(told, f"vadmin: note: a.test: {self.here.dir}/included, which {self.here.dir}/extra:2 includes, "
                         "is not in the backup\n")
        with tarfile.open(archive) as tar:
            self.assertIn(b"more: joe", tar.extractfile("domains/a.test/extra/extra").read())

    def test_a_maildirs_flags_folders_and_times_and_a_home_are_the_same(self):
        inbox = put_maildir(self.here, "joe@b.test", {"cur/1700000000.M1P1.h,S=5:2,S": b"s: 1\n",
                                                      "new/1700000001.M1P1.h,S=5": b"s: 2\n"})
        uid, gid = owner(self.here, "joe@b.test")
        home = self.here.home("joe@b.test")
        for path, data in ((f"{inbox}/.Sent/cur/1700000002.M1P1.h:2,S", b"s: 3\n"), (f"{inbox}/subscriptions", b"Sent\n"),
                           (f"{home}/{'deep/' * 30}{'long' * 40}", b"x"), (f"{home}/new\nline", b"")):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(data)
        os.makedirs(f"{inbox}/.Sent/new")
        os.makedirs(f"{home}/closed")
        os.symlink("/etc/passwd", f"{home}/link")
        os.mkfifo(f"{home}/pipe")
        for path in (inbox, home):
            for base, directories, names in os.walk(path):
                for name in (".", *directories, *names):
                    os.chown(os.path.join(base, name), uid, gid, follow_symlinks=False)
        os.chmod(f"{home}/closed", 0o500)
        os.utime(f"{inbox}/new/1700000001.M1P1.h,S=5", (1, 1700000001))

        self.backup("joe@b.test")
        self.ok(self.there, "domain", "add", "b.test", "mailbox=maildir", *([f"gid={GID}"] if ROOT else []))
        self.restore("joe@b.test")
        there = self.there.inbox("joe@b.test")
        self.assertEqual(tree(there), tree(inbox))
        self.assertEqual(os.stat(f"{there}/new/1700000001.M1P1.h,S=5").st_mtime, 1700000001)
        here = tree(home)
        here.pop("pipe")
        self.assertEqual(tree(self.there.home("joe@b.test")), here)

    def test_no_name_that_an_account_gives_a_file_is_in_the_way_of_a_restore(self):
        inbox, home = self.here.inbox("joe@b.test"), self.here.home("joe@b.test")
        put_maildir(self.here, "joe@b.test", {"new/1700000001.M1P1.h,S=5": b"s: 2\n"})
        for part in ("cur", "new", "tmp"):
            os.makedirs(f"{inbox}/.vmail-restored/{part}")
        for path in (f"{inbox}/subscriptions", f"{home}/.vmail-restored", f"{home}/a", f"{home}/z"):
            with open(path, "w") as f:
                f.write(path)
        uid, gid = owner(self.here, "joe@b.test")
        for top in (inbox, home):
            for base, directories, names in os.walk(top):
                for name in (".", *directories, *names):
                    os.chown(os.path.join(base, name), uid, gid)
        self.backup("b.test")
        self.restore("b.test")
        self.assertEqual(tree(self.there.inbox("joe@b.test")), tree(inbox))
        self.assertEqual({name: says[2] for name, says in tree(self.there.home("joe@b.test")).items()},
                         {name: f"{home}/{name}".encode() for name in (".vmail-restored", "a", "z")})

    @needs_root
    def test_user_ids_that_are_not_free_become_new_ones_and_the_files_are_theirs(self):
        self.here.deliver("joe@a.test")
        self.backup("a.test")
        self.there.domain("c.test", accounts=["eve"])       # who has joe's user id
        taken, _ = owner(self.there, "eve@c.test")
        self.assertEqual(taken, owner(self.here, "joe@a.test")[0])
        got = self.restore("a.test")
        self.assertIn(f"joe@a.test: user id {taken} is not free here", got.stderr)
        joe, ann = (owner(self.there, f"{who}@a.test")[0] for who in ("joe", "ann"))
        self.assertNotIn(taken, (joe, ann))
        self.assertEqual(ann, owner(self.here, "ann@a.test")[0])
        self.assertEqual(os.stat(self.there.inbox("joe@a.test")).st_uid, joe)
        self.assertEqual(os.stat(self.there.home("joe@a.test")).st_uid, joe)
        self.there.deliver("joe@a.test")
        self.assertEqual(len(self.there.messages("joe@a.test")), 2)

    def test_a_domain_that_was_deleted_here_comes_back_out_of_its_backup(self):
        self.there = self.here
        self.here.deliver("joe@b.test", TWIN)
        self.backup("b.test")
        self.ok(self.here, "domain", "delete", "--yes", "--with-accounts", "b.test")
        self.restore("b.test")
        self.assertEqual(len(self.here.messages("joe@b.test")), 1)
        self.here.deliver("joe@b.test", TWIN)
        self.assertEqual(len(self.here.messages("joe@b.test")), 2)
        self.assertFalse(os.path.exists(f"{self.here.dir}/.restore"))

    def test_a_domain_that_was_renamed_away_comes_back_when_its_name_is_free(self):
        self.there = self.here
        self.here.deliver("joe@b.test", TWIN)
        self.backup("b.test")
        self.ok(self.here, "domain", "rename", "b.test", "c.test")
        before = tree(self.here.dir)
        for what in ((), ("b.test",)):
            self.refused(73, r"b\.test is a domain alias of c\.test here: take that away first "
                         r"\('vadmin domain unalias b\.test'\)", *what)
        self.assertEqual(tree(self.here.dir), before)
        self.ok(self.here, "domain", "delete", "--yes", "--with-accounts", "c.test")
        self.restore()
        self.assertEqual(len(self.here.messages("joe@b.test")), 1)

    def test_an_account_that_was_renamed_here_comes_back_beside_itself(self):
        self.there = self.here
        self.here.deliver("joe@a.test", TWIN)
        self.backup("joe@a.test")
        self.ok(self.here, "user", "rename", "joe@a.test", "jim", "--no-alias")
        self.here.deliver("jim@a.test", TWIN)
        self.restore("joe@a.test")
        self.assertEqual([len(self.here.messages(f"{name}@a.test")) for name in ("joe", "jim")], [1, 2])
        self.assertEqual(self.here.run("vadmin", "fsck", "a.test").stdout, b"")

    @needs_root
    def test_an_account_that_was_deleted_here_gets_its_own_user_id_back(self):
        self.here.deliver("joe@a.test", TWIN)
        self.backup("joe@a.test")
        uid, _ = owner(self.here, "joe@a.test")
        self.ok(self.here, "user", "delete", "--yes", "joe@a.test")
        self.there = self.here
        self.assertEqual(self.restore("joe@a.test").stderr, "")
        self.assertEqual(owner(self.here, "joe@a.test")[0], uid)
        self.assertEqual(len(self.here.messages("joe@a.test")), 1)
        self.assertEqual(self.here.run("vadmin", "fsck", "a.test").stdout, b"")

    def test_a_backup_of_one_account_has_that_account_alone(self):
        self.here.deliver(["joe@a.test", "ann@a.test"])
        self.here.write("grants.a.test", "ann: joe all\nbob: eve all\n")
        self.backup("ann@a.test")
        names = sorted(members(self.file))
        self.assertEqual([n for n in names if "/joe/" in n], [])
        self.assertEqual(names, ["MANIFEST", "domains/a.test/accounts/ann/inbox", "domains/a.test/accounts/ann/passwd",
                                 "domains/a.test/accounts/ann/shadow", "domains/a.test/grants", "vmail-backup"])
        self.assertEqual(members(self.file)["domains/a.test/grants"], b"ann: joe all\n")

    def test_the_alternative_address_of_one_account_comes_back_with_it_unless_it_is_anothers_by_now(self):
        self.there = self.here
        for wanted in ("alt: joe\n", "alt: ann\n"):
            self.ok(self.here, "user", "set", "joe@a.test", "alternative-address=alt")
            self.backup(*(("joe@a.test",) if "joe" in wanted else ("a.test",)))
            for step in ("delete", "purge"):
                self.ok(self.here, "user", step, "--yes", "joe@a.test")
            if "ann" in wanted:
                self.ok(self.here, "alias", "add", "alt@a.test", "ann")
            told = self.restore("joe@a.test").stderr
            self.assertEqual("its alternative address alt@a.test does not come back" in told, "ann" in wanted, told)
            self.assertTrue(self.here.read("aliases.a.test").decode().endswith(wanted))
            self.assertEqual("alternative-address" in self.ok(self.here, "user", "show", "joe@a.test").stdout.decode(),
                             "joe" in wanted)
            self.assertEqual(self.here.deliver("alt@a.test").status, 0)
            self.assertEqual(len(self.here.messages(wanted[5:-1] + "@a.test")), 1)

    @needs_root                                     # whose descriptors strace may look at
    def test_a_restore_whose_end_alone_was_missing_brings_the_alternative_address_too(self):
        self.there = self.here
        self.ok(self.here, "user", "set", "joe@a.test", "alternative-address=alt")
        self.backup("joe@a.test")
        log = os.path.join(self.here.scratch, "calls")

        def restored(*options):
            self.ok(self.here, "user", "delete", "--yes", "joe@a.test")
            return run("/usr/bin/strace", "-qq", "-o", log, "-e", "trace=unlinkat", "-P", self.here.dir, *options,
                       program("vadmin"), "-C", self.here.dir, "restore", self.file, "joe@a.test").status

        self.assertEqual((restored(), restored()), (0, 0))
        with open(log) as f:                        # the removal of .restore is its last
            last = f.read().count("unlinkat(")
        aliases = re.sub("(?m)^alt:.*\n", "", self.here.read("aliases.a.test").decode())
        self.assertEqual(restored("-e", f"inject=unlinkat:signal=KILL:when={last}"), -9)
        self.assertIn(b"joe:", self.here.read("passwd.a.test"))
        self.here.write("aliases.a.test", aliases)
        self.restore("joe@a.test")
        self.assertTrue(self.here.read("aliases.a.test").endswith(b"alt: joe\n"))

    def test_settings_come_back_where_there_are_none_and_stay_where_there_are(self):
        self.here.write("addresses", "192.0.2.1 a.test\n")
        self.backup()
        got = self.restore()
        self.assertIn("vmail.conf is there already and stays", got.stderr)
        self.assertEqual(self.there.read("addresses"), b"192.0.2.1 a.test\n")


class TakenBack(Keeping):
    def setUp(self):
        super().setUp()
        self.there = self.here

    def undo(self, number=None, status=0, words=""):
        number = number or self.ok(self.here, "log", "1").stdout.split()[0].decode()
        got = self.here.run("vadmin", "undo", number)
        self.assertEqual(got.status, status, got)
        self.assertIn(words, got.stderr)
        return number

    def test_an_account_goes_to_the_trash_with_its_mail_and_what_came_since(self):
        self.here.deliver("joe@a.test", TWIN)
        self.ok(self.here, "user", "set", "joe@a.test", "alternative-address=alt")
        self.backup("joe@a.test")
        for step in ("delete", "purge"):
            self.ok(self.here, "user", step, "--yes", "joe@a.test")
        before = {name: self.here.read(f"{name}.a.test") for name in ("passwd", "shadow", "aliases")}
        self.restore("joe@a.test")
        self.here.deliver("alt@a.test", TWIN)
        messages = self.here.messages("joe@a.test")
        self.assertEqual(len(messages), 2)
        self.undo()
        self.assertEqual({name: self.here.read(f"{name}.a.test") for name in before}, before)
        self.assertEqual(self.here.deliver("joe@a.test").status, 67)
        self.undo()                                 # of the undo
        self.assertEqual(self.here.messages("joe@a.test"), messages)
        self.undo()
        self.ok(self.here, "user", "restore", "joe@a.test")
        self.assertEqual(self.here.messages("joe@a.test"), messages)
        self.assertEqual(self.here.run("vadmin", "check", "--files", "a.test").stdout, b"")

    def test_a_domain_goes_to_the_trash_with_its_mail_and_what_came_since(self):
        self.here.deliver("joe@b.test", TWIN)
        self.backup()
        for step in (("delete", "--with-accounts"), ("purge",)):
            self.ok(self.here, "domain", step[0], "--yes", *step[1:], "b.test")
        self.restore("b.test")
        self.here.deliver("joe@b.test", TWIN)
        messages = self.here.messages("joe@b.test")
        self.undo()
        self.assertEqual(self.here.deliver("joe@b.test").status, 68)
        self.ok(self.here, "domain", "restore", "b.test")
        self.assertEqual(len(messages), 2)
        self.assertEqual(self.here.messages("joe@b.test"), messages)
        self.assertEqual(self.here.deliver("joe@a.test").status, 0)

    def test_one_who_has_another_name_by_now_stays(self):
        self.backup("joe@a.test")
        self.ok(self.here, "user", "delete", "--yes", "joe@a.test")
        self.restore("joe@a.test")
        number = self.ok(self.here, "log", "1").stdout.split()[0].decode()
        self.ok(self.here, "user", "rename", "joe@a.test", "jim")
        self.undo(number, 77, "joe@a.test is gone, has another name")
        if ROOT:                                    # where one owner has all, ids come back as they were
            self.ok(self.here, "user", "add", "joe@a.test")
            self.undo(number, 77, "is another one by now")
        self.assertEqual(self.here.deliver("jim@a.test").status, 0)


class Written(Keeping):
    def test_an_archive_is_for_its_maker_alone_and_for_tar_and_sha256sum_too(self):
        self.here.deliver("joe@a.test")
        self.backup()
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)
        out = os.path.join(self.here.scratch, "out")
        os.mkdir(out)
        self.assertEqual(run("/usr/bin/tar", "-C", out, "-xf", self.file).status, 0)
        got = run("/usr/bin/sha256sum", "--quiet", "-c", "MANIFEST", cwd=out)
        self.assertEqual((got.status, got.stdout), (0, b""), got)
        got = self.ok(self.here, "backup", "-")
        self.assertEqual(sorted(name for name in tarfile.open(fileobj=io.BytesIO(got.stdout)).getnames()),
                         sorted(tarfile.open(self.file).getnames()))

    def on_a_terminal(self, where, *words):
        master, slave = os.openpty()
        got = subprocess.run([program("vadmin"), "-C", where.dir, *words], stdout=subprocess.DEVNULL, stderr=slave,
                             env=environment(), timeout=DEADLINE)
        os.close(slave)
        shown = rest_of(master).decode()
        os.close(master)
        self.assertIn(got.returncode, (0, 1) if words[0] == "fsck" else (0,), shown)
        return shown

    def test_how_far_it_has_come_is_shown_on_a_terminal_alone_and_does_not_stay(self):
        a, b = (len(self.here.read(f"passwd.{domain}").splitlines()) for domain in ("a.test", "b.test"))
        for where, words, wanted in ((self.here, ["backup", self.file], f"1 of {a + b} accounts, a.test"),
                                     (self.here, ["fsck", "b.test"], f"1 of {b} accounts, b.test"),
                                     (self.here, ["fsck"], f"1 of {a + b} accounts, a.test"),
                                     (self.here, ["explain", "joe@a.test", "--who"], f"1 of {a + b} accounts, a.test"),
                                     (self.here, ["backup", "joe@b.test", self.file + "2"], "1 of 1 accounts, b.test"),
                                     (self.there, ["restore", self.file, "b.test"], f"1 of {b} accounts, b.test")):
            with self.subTest(words[0]):
                shown = self.on_a_terminal(where, *words)
                self.assertTrue(shown.startswith("\r" + wanted + "\x1b[K"), shown)
                self.assertTrue(shown.endswith("\r\x1b[K"), shown)
        self.assertEqual(self.backup().stderr, "")

    def test_one_that_fails_leaves_the_last_one_as_it_was(self):
        with open(self.file, "w") as f:
            f.write("the last one")
        got = self.here.run("vadmin", "backup", "nobody@a.test", self.file)
        self.assertEqual(got.status, 67, got)
        got = self.here.run("vadmin", "backup", "a.test", os.path.join(self.here.scratch, "no/where"))
        self.assertNotEqual(got.status, 0)
        with open(self.file) as f:
            self.assertEqual(f.read(), "the last one")
        self.assertEqual(os.listdir(os.path.dirname(self.file)).count(".backup.tar.new"), 0)

    def test_an_inbox_that_cannot_be_read_is_told_and_all_others_are_in(self):
        self.here.deliver(["joe@a.test", "joe@b.test"])
        os.link(self.here.inbox("joe@a.test"), os.path.join(self.here.scratch, "second-name"))
        got = self.here.run("vadmin", "backup", self.file)
        self.assertEqual(got.status, 75, got)
        self.assertIn("joe@a.test: ", got.stderr)
        self.assertIn("1 accounts, domains or files could not be read", got.stderr)
        names = members(self.file)
        self.assertNotIn("domains/a.test/accounts/joe/passwd", names)
        self.assertIn("domains/a.test/accounts/ann/passwd", names)
        self.restore()
        self.assertEqual(len(self.there.messages("joe@b.test")), 1)
        got = self.here.run("vadmin", "backup", "joe@a.test", self.file)
        self.assertEqual(got.status, 77, got)

    @needs_root
    def test_what_its_account_cannot_read_is_left_out_and_told_and_the_rest_of_the_account_is_in(self):
        inbox = put_maildir(self.here, "joe@b.test", {"new/1700000001.M1P1.h,S=5": b"s: 2\n",
                                                      "new/1700000002.M1P1.h,S=5": b"s: 3\n"})
        home, uid = self.here.home("joe@b.test"), owner(self.here, "joe@b.test")[0]
        os.mkdir(f"{home}/shut")
        os.chown(f"{home}/shut", uid, -1)
        for path in (f"{home}/shut", f"{inbox}/new/1700000001.M1P1.h,S=5", self.here.home("joe@a.test")):
            os.chmod(path, 0)
        got = self.here.run("vadmin", "backup", self.file)
        self.assertEqual(got.status, 75, got)
        self.assertIn("3 accounts, domains or files could not be read", got.stderr)
        for what in ("joe@b.test: inbox/new/1700000001.M1P1.h,S=5", "joe@b.test: home/shut", "joe@a.test: home"):
            self.assertIn(f"{what}: Permission denied: it is left out", got.stderr)
        self.restore()
        self.assertEqual(self.there.messages("joe@b.test"), [b"s: 3\n"])
        self.quit(self.session(self.there, "joe@a.test"))

    @needs_root
    def test_what_lies_in_a_home_is_read_by_its_account_alone(self):
        home = self.here.home("joe@a.test")
        secret = os.path.join(self.here.scratch, "secret")
        with open(secret, "w") as f:
            f.write("the secret")
        os.chmod(secret, 0o600)
        os.link(secret, os.path.join(home, "hard"))
        got = self.here.run("vadmin", "backup", "joe@a.test", self.file)
        self.assertEqual(got.status, 75, got)
        self.assertIn("home/hard: Permission denied: it is left out", got.stderr)
        with open(self.file, "rb") as f:
            self.assertNotIn(b"the secret", f.read())


class Meanwhile(Keeping):
    """Deliverers and POP3 clients go on while backups are made: each mailbox in one is a state that there was."""
    def setUp(self):
        super().setUp()
        self.here.set(log="mail")
        self.acked, self.deleted, self.gone = {}, set(), set()  # deliverer: how many; (deliverer, number), perhaps and surely
        self.named = {}                             # (deliverer, number): unique id

    def deliverer(self, to, who):
        """The odd ones by LMTP."""
        client = lmtp.start(self.here).hello() if who % 2 else None
        for n in range(CROWD):
            message = b"Subject: %d %d\n\n%s\nend\n" % (who, n, b"x" * (n * 997 % 9000))
            got = client.deliver(to, message=message) if client else self.here.deliver(to, message).status
            self.assertEqual(got, [lmtp.DONE] if client else 0, got)
            self.acked[who] = n + 1
        if client:
            client.quit()

    def name(self, message, uid):
        self.assertEqual(self.named.setdefault(message, uid), uid, message)

    def taker(self, to, stop):
        """Takes away every third message, again and again."""
        while not stop.is_set():
            pop = self.here.pop3()
            if not (pop.login(to, PASSWORD) or "").startswith("+OK"):
                continue
            uids, taken = pop.many("UIDL")[1].decode().split()[1::2], set()
            for n in range(1, len(uids) + 1, 3):
                found = self.number(pop.many(f"RETR {n}")[1])
                self.name(found, uids[n - 1])
                self.deleted.add(found)             # perhaps; certainly after QUIT
                taken.add(found)
                pop.ask(f"DELE {n}")
            self.quit(pop)
            self.gone |= taken

    def number(self, message):
        who, n = re.search(rb"Subject: (\d+) (\d+)\r?\n", message).groups()
        whole = re.search(rb"\n\r?\n(x*)\r?\nend\r?\n$", message)
        self.assertEqual(whole and len(whole[1]), int(n) * 997 % 9000, message[:300])
        return int(who), int(n)

    def name_all(self, vmail, to):
        """The unique id of each message, as a session shows it: what it was, and will be."""
        pop = self.session(vmail, to)
        for n, uid in enumerate(pop.many("UIDL")[1].decode().split()[1::2], 1):
            who, number = re.search(rb"Subject: (\d+) (\d+)\r\n", pop.many(f"TOP {n} 0")[1]).groups()
            self.name((int(who), int(number)), uid)
        self.quit(pop)

    def judge(self, to, acked, gone_before):
        """acked before the backup began; gone_before: certainly deleted before that."""
        found = [self.number(m) for m in self.there.messages(to)]
        self.assertEqual(len(found), len(set(found)), "twice")
        self.assertEqual(set(found) & gone_before, set(), "deleted before, and there")
        for who in range(8):
            numbers = {n for w, n in found if w == who}
            gone = {n for w, n in self.deleted if w == who}
            newest = max(numbers, default=-1)
            self.assertEqual(set(range(max(newest + 1, acked.get(who, 0)))) - numbers - gone, set(),
                             "not what was there at one moment")
        self.name_all(self.there, to)

    def check(self, to):
        stop, failures = threading.Event(), []

        def guarded(work, *args):
            try:
                work(*args)
            except BaseException as failure:        # it belongs to the main thread
                failures.append(failure)
        deliverers = [threading.Thread(target=guarded, args=(self.deliverer, to, who)) for who in range(8)]
        taker = threading.Thread(target=guarded, args=(self.taker, to, stop))
        for thread in (*deliverers, taker):
            thread.start()
        made = []
        try:
            while any(thread.is_alive() for thread in deliverers) or len(made) < 2:
                acked, gone = dict(self.acked), set(self.gone)
                file = os.path.join(self.here.scratch, f"{len(made)}.tar")
                self.ok(self.here, "backup", to, file)
                made.append((file, acked, gone))
        finally:
            for thread in deliverers:
                thread.join()
            eventually(lambda: self.gone or failures, "a deletion")
            stop.set()
            taker.join()
        self.assertEqual(failures, [])
        self.name_all(self.here, to)
        self.ok(self.there, "domain", "add", to.split("@")[1])
        for file, acked, gone in made[:: max(1, len(made) // 20)]:
            self.restore(to, file=file)
            self.judge(to, acked, gone)
            self.ok(self.there, "user", "delete", "--yes", to)

    def test_an_mbox_in_a_backup_is_a_state_that_there_was(self):
        self.check("joe@a.test")

    def test_a_maildir_in_a_backup_is_a_state_that_there_was(self):
        self.check("joe@b.test")


class Refused(Keeping):
    def test_a_torn_or_changed_archive_is_refused_whole(self):
        self.here.deliver(["joe@a.test", "joe@b.test"])
        self.backup()
        with open(self.file, "rb") as f:
            whole = f.read()
        other = os.path.join(self.here.scratch, "other.tar")
        damaged = [whole[:n] for n in (0, 511, 512, 700, len(whole) // 2, len(whole) - 1024, len(whole) - 1)]
        damaged += [whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1:] for n in range(7, len(whole), 1499)]
        damaged += [whole + b"x", whole + bytes(512), whole[:-1024] + whole[:512] + bytes(512)]
        self.assertGreater(len(damaged), 20)
        for data in damaged:
            with open(other, "wb") as f:
                f.write(data)
            os.chmod(other, 0o600)
            self.refused(65, ".", file=other)
        self.empty(self.there)

    def test_a_forged_archive_writes_nothing_anywhere(self):
        place = "domains/a.test/accounts/joe"
        rows = [
            ("up", lambda a: a.account().add(f"{place}/home/../../../../escape", b"x")),
            ("up at once", lambda a: a.add("../escape", b"x")),
            ("absolute", lambda a: a.add("/etc/escape", b"x")),
            ("a domain that is a path", lambda a: a.add("domains/../domain", b"x")),
            ("an account that is a path", lambda a: a.add("domains/a.test/accounts/../passwd", b"x")),
            ("a hidden account", lambda a: a.add("domains/a.test/accounts/.trash/passwd", b"x")),
            ("an empty step", lambda a: a.account().add(f"{place}/home//x", b"x")),
            ("an unknown kind", lambda a: a.add("domains/a.test/crontab", b"x")),
            ("an unknown file", lambda a: a.add("installation/passwd", b"x")),
            ("a link as inbox", lambda a: a.account().add(f"{place}/inbox", type=b"2", target="/etc/shadow")),
            ("a link as settings", lambda a: a.add("domains/a.test/domain", type=b"2", target="/etc/shadow")),
            ("a hard link", lambda a: a.account().add(f"{place}/home/x", type=b"1", target="/etc/shadow")),
            ("a device", lambda a: a.account().add(f"{place}/home/x", type=b"3")),
            ("a FIFO", lambda a: a.account().add(f"{place}/home/x", type=b"6")),
            ("set-uid", lambda a: a.account().add(f"{place}/home/x", b"x", mode=0o4755)),
            ("GNU's long name", lambda a: a.add("././@LongLink", b"x" * 200, type=b"L")),
            ("a size in base 256", lambda a: a.add("domains/a.test/domain", b"", patch={124: b"\x80" + bytes(10) + b"\x01"})),
            ("a size beyond the end", lambda a: a.raw(a.head("domains/a.test/domain", 1 << 32))),
            ("a pax header of a gigabyte", lambda a: a.raw(a.head("pax", 1 << 30, type=b"x"))),
            ("a pax header that lies", lambda a: a.raw(a.head("pax", 20, type=b"x") + struct_pad(b"999 path=/etc/x\n", 512)
                                                       + a.head("x"))),
            ("a pax header with more", lambda a: a.raw(a.head("pax", 14, type=b"x") + struct_pad(b"14 uname=root\n", 512)
                                                       + a.head("domains/a.test/domain"))),
            ("an account twice", lambda a: a.account().account(name="ann").account()),
            ("an account in two spellings", lambda a: a.account().account(name="JOE")),
            ("a domain twice", lambda a: a.account().account("b.test").account()),
            ("mail before its account", lambda a: a.add(f"{place}/inbox", b"From x\n\n")),
            ("root as account", lambda a: a.account(passwd="joe:x:0:0::/:/bin/sh\n")),
            ("another's line", lambda a: a.account(passwd="ann:x:61000:61000::/:/bin/sh\n")),
            ("two lines", lambda a: a.account(passwd="joe:x:61000:61000::/:/bin/sh\nann:x:61001:61000::/:/bin/sh\n")),
            ("a short line", lambda a: a.account(passwd="joe:x:61000\n")),
            ("a broken hash line", lambda a: a.account(shadow=b"joe:x\n")),
            *((f"{name} as a file of aliases", lambda a, name=name: a.add("domains/a.test/domain", b"extra-aliases = " + name.encode())
               .add(f"domains/a.test/extra/{name}", b"x:x:61000:61000::/:/bin/sh\n").account())
              for name in ("admins", "addresses", "vmail.conf", "uids", "passwd.c.test", "shadow.c.test", "domain.c.test",
                           "admins.b.test", "grants.b.test", "attributes.b.test")),
            ("nothing that says what it is", lambda a: setattr(a, "bytes", a.bytes[1024:])),
        ]
        file = os.path.join(self.here.scratch, "forged.tar")
        for what, forge in rows:
            with self.subTest(what):
                archive = Forged()
                forge(archive)
                archive.end(file)
                os.chmod(file, 0o600)
                self.refused(65, ".", file=file)
                self.empty(self.there)
        self.assertFalse(os.path.exists("/etc/escape"))
        archive = Forged().add("domains/a.test/domain", self.here.read("domain.a.test"))
        archive.account(inbox=b"From x\nS: y\n\n").end(file)     # without tricks it would be taken
        self.restore(file=file)
        self.assertEqual(len(self.there.messages("joe@a.test")), 1)

    def test_a_domain_brings_no_aliases_of_another_one_that_is_there(self):
        text = self.here.read("domain.a.test") + b"extra-aliases = aliases.b.test aliases.more\n"
        archive = Forged().add("domains/a.test/domain", text).add("domains/a.test/extra/aliases.b.test", b"joe: x@far.test\n")
        archive.add("domains/a.test/extra/aliases.more", b"more: joe\n").account().end(self.file)
        os.chmod(self.file, 0o600)
        self.there.domain("b.test", accounts=["joe"])
        self.assertIn("aliases.b.test would be another domain's, and does not come back with a.test, whose mail waits",
                      self.restore(file=self.file).stderr)
        self.assertEqual([self.there.deliver(to).status for to in ("joe@b.test", "more@a.test")], [0, 75])
        self.there.write("aliases.b.test", "")
        self.assertEqual(self.there.deliver("more@a.test").status, 0)
        self.assertEqual((len(self.there.messages("joe@b.test")), self.there.sent()), (1, []))
        self.assertEqual(len(self.there.messages("joe@a.test")), 1)

    def test_an_archive_that_others_could_change_is_refused(self):
        self.backup()
        os.chmod(self.file, 0o666)
        self.refused(77, "somebody else could change it")
        self.empty(self.there)

    def test_links_in_a_home_that_is_there_already_lead_nowhere(self):
        home, target = self.there.home("joe@a.test"), os.path.join(self.there.scratch, "target")
        os.mkdir(target)
        os.chmod(target, 0o777)
        path = os.path.join(self.here.home("joe@a.test"), "sub")
        os.mkdir(path)
        with open(os.path.join(path, "file"), "w") as f:
            f.write("x")
        for name in (path, os.path.join(path, "file")):
            os.chown(name, *owner(self.here, "joe@a.test"))
        self.backup("a.test")
        os.makedirs(home)
        os.symlink(target, os.path.join(home, "sub"))
        os.chown(home, *owner(self.here, "joe@a.test"))
        self.refused(73, "home/joe/sub is there already")
        self.assertEqual(os.listdir(target), [])


class InTheWay(Keeping):
    def setUp(self):
        super().setUp()
        self.here.deliver(["joe@a.test", "joe@b.test"])
        self.backup()

    def test_what_is_there_is_named_and_stays(self):
        self.there.domain("b.test", accounts=["eve"])
        before = tree(self.there.scratch)
        self.refused(73, r"b\.test is there already: 'vadmin restore \S+ U@b\.test' brings back one account of it, "
                     r"'vadmin restore \S+ D' another domain")
        self.refused(73, r"b\.test is there already: 'vadmin restore \S+ U@b\.test'", "b.test")
        self.assertEqual({k: v for k, v in tree(self.there.scratch).items() if ".lock" not in k},
                         {k: v for k, v in before.items() if ".lock" not in k})
        self.restore("joe@b.test")
        self.refused(73, r"joe@b\.test is there already: delete or rename it first", "joe@b.test")
        self.refused(67, "there is no 'eve' of b.test in it", "eve@b.test")
        self.refused(67, "there is no c.test in it", "c.test")
        self.restore("a.test")

    def test_an_inbox_a_file_and_settings_in_the_way_are_named_and_stay(self):
        spool = os.path.join(self.there.spool, "a.test")
        rows = [(os.path.join(self.there.dir, "domain.a.test"), b"description = other\n" + self.here.read("domain.a.test")),
                (os.path.join(self.there.dir, "aliases.a.test"), b"x: y\n"),
                (os.path.join(self.there.dir, "shadow.a.test"), b"eve:*:::::::\n"),
                (os.path.join(spool, "joe"), b"From x\nS: other\n\n")]
        for path, data in rows:
            with self.subTest(path):
                self.fresh()
                if path.startswith(spool):
                    os.mkdir(spool)
                    os.chmod(spool, 0o3770 if ROOT else 0o700)
                    if ROOT:
                        os.chown(spool, 0, GID)
                with open(path, "wb") as f:
                    f.write(data)
                os.chmod(path, 0o600)
                if path.startswith(spool):
                    os.chown(path, *owner(self.here, "joe@a.test"))
                self.refused(73, re.escape(os.path.basename(path)) + ".* is there already", "a.test")
                with open(path, "rb") as f:
                    self.assertEqual(f.read(), data)
                self.assertEqual(self.there.deliver("joe@a.test").status, 75, "its mail waits")
                os.unlink(path)
                self.restore("a.test")              # what it had come to is no obstacle
                self.assertEqual(len(self.there.messages("joe@a.test")), 1)

    def test_a_restore_that_was_interrupted_comes_before_another(self):
        self.there.write(".restore", "vmail-restore 0 all\ndone 0\n", 0o600)
        self.refused(77, "another restore was interrupted: repeat that one first \\(see vmail-restore in .*/.restore\\)")

    def test_a_domain_whose_restore_was_interrupted_is_not_made_without_its_accounts(self):
        self.there = self.here                  # it would refuse the mail that waits
        self.here.deliver("joe@b.test", TWIN)
        self.backup("b.test")
        is_there = lambda name: os.path.exists(f"{self.here.dir}/{name}")
        tried = 0
        for calls in (*range(1, 12), *range(12, 40, 3)):
            self.ok(self.here, "domain", "delete", "--yes", "--with-accounts", "b.test")
            got = run("/usr/bin/strace", "-qq", "-o", os.devnull, "-e", "trace=fsync", "-e",
                      f"inject=fsync:signal=KILL:when={calls}", program("vadmin"), "-C", self.here.dir, "restore", self.file)
            if is_there("domain.b.test") and not is_there("passwd.b.test"):
                tried += 1
                got = self.here.run("vadmin", "domain", "add", "b.test")
                self.assertEqual(got.status, 77, (calls, got))
                self.assertRegex(got.stderr, r"passwd\.b\.test is missing, and .* repeat the restore")
            if is_there(".restore") or not is_there("passwd.b.test"):
                self.restore()
            self.assertEqual(self.here.deliver("joe@b.test", TWIN).status, 0)
        self.assertGreater(tried, 2)

    def test_what_another_operation_left_unfinished_is_not_restored_over(self):
        self.there = self.here
        self.here.deliver(["joe@b.test", "joe@a.test"], TWIN)
        mail = {to: self.here.messages(to) for to in ("joe@a.test", "joe@b.test")}
        self.backup()
        for command, what in ((("domain", "delete", "b.test", "--yes", "--with-accounts"), "b.test"),
                              (("user", "rename", "joe@a.test", "jim", "--no-alias"), "joe@a.test"),
                              (("domain", "rename", "b.test", "a2.test"), "b.test")):
            got = run("/usr/bin/strace", "-qq", "-o", os.devnull, "-e", "trace=renameat2", "-e",
                      "inject=renameat2:signal=KILL:when=3", program("vadmin"), "-C", self.here.dir, *command)
            self.assertEqual(got.status, -9, got)
            told = f"'{' '.join(command[:2])}' was interrupted: finish it first with 'vadmin {' '.join(command[:3])}"
            self.refused(77, told, what)
            self.ok(self.here, *command)
            if command[0] == "user":
                self.ok(self.here, "user", "rename", "jim@a.test", "joe", "--no-alias")
            elif command[1] == "delete":
                self.ok(self.here, "domain", "restore", "b.test")
            else:
                self.ok(self.here, "domain", "rename", "a2.test", "b.test")
            self.assertEqual({to: self.here.messages(to) for to in mail}, mail)

    def test_a_restore_that_was_interrupted_is_told_as_the_command_to_repeat(self):
        self.there.write("aliases.a.test", "x: y\n")
        self.refused(73, "aliases.a.test is there already", "a.test")
        self.refused(77, f"repeat that one first \\('vadmin restore {self.file} a.test'\\)", "b.test")
        os.unlink(os.path.join(self.there.dir, "aliases.a.test"))
        self.restore("a.test")
        self.restore("b.test")

    def test_a_backup_that_is_only_tried_writes_nothing_and_tells_what_it_would_hold(self):
        last = b"my last good backup"
        with open(self.file, "wb") as f:
            f.write(last)
        here, new = self.here.scratch, os.path.join(self.here.scratch, "new.tar")
        before = sorted(os.listdir(self.here.scratch))
        for what, file, told in (
                (("a.test",), self.file, f"replace\t{here}/backup.tar\ta.test: accounts 2"),
                (("ann@a.test",), new, f"make\t{here}/new.tar\tann@a.test"),
                ((), new, f"make\t{here}/new.tar\tall: domains 2, accounts 3"),
                ((), "-", "make\tstandard output\tall: domains 2, accounts 3")):
            self.assertEqual(self.ok(self.here, "-n", "backup", *what, file).stdout.decode(), told + "\n")
        for status, words in ((67, ("eve@a.test", new)), (67, ("c.test", new)), (67, ("a.test", f"{here}/none/new.tar")),
                              (65, ("a.test", f"{here}/.new"))):
            for option in (("-n",), ()):
                self.assertEqual(self.here.run("vadmin", *option, "backup", *words).status, status, words)
        self.assertEqual(sorted(os.listdir(self.here.scratch)), before)
        with open(self.file, "rb") as f:
            self.assertEqual(f.read(), last)

    def test_a_backup_without_its_file_is_refused(self):
        for what in ("a.test", "A.test", "joe@a.test"):
            got = self.here.run("vadmin", "backup", what, cwd=self.here.scratch)
            self.assertEqual(got.status, 65, got)
            self.assertIn(f"FILE is missing: 'vadmin backup {what} {what}.tar'", got.stderr)
            self.assertFalse(os.path.exists(os.path.join(self.here.scratch, what)))


class Identity(Keeping):
    def opened_by_root(self, *words):
        """The last steps of all files, no directories, that a process opened which was still root."""
        log = os.path.join(self.here.scratch, "opened")
        got = run("/usr/bin/strace", "-f", "-qq", "-o", log, "-e", "trace=openat,openat2,setresuid", program("vadmin"), *words)
        self.assertEqual(got.status, 0, got)
        became, names = set(), set()
        with open(log, errors="replace") as f:
            for line in joined(f.read().splitlines()):
                pid, call = line.split(maxsplit=1)
                if call.startswith("setresuid(6"):
                    became.add(pid)
                elif pid not in became and "O_DIRECTORY" not in call and "O_TMPFILE" not in call:
                    if match := re.search(r'"([^"]*)"', call):
                        names.add(match[1].split("/")[-1])
        self.assertEqual(len(became) > 0, True)
        return names

    @needs_root
    def test_root_opens_nothing_that_is_an_accounts(self):
        self.ok(self.here, "user", "vacation", "joe@a.test", "on", "--text", "-", input=TEXT.encode())
        self.here.deliver(["joe@a.test", "joe@b.test"])
        message, = os.listdir(os.path.join(self.here.inbox("joe@b.test"), "new"))
        path = os.path.join(self.here.home("joe@a.test"), "in-the-home")
        with open(path, "w") as f:
            f.write("x")
        os.chown(path, *owner(self.here, "joe@a.test"))
        theirs = {"joe", ".joe.queue", ".joe.uids", ".joe.cache", "joe.vacation", "joe.vacation.db", "in-the-home", message,
                  ".vmail-restored", ".joe.restored", "joe.lock", ".vacation.db"}
        self.assertEqual(self.opened_by_root("-C", self.here.dir, "backup", self.file) & theirs, set())
        self.assertEqual(self.opened_by_root("-C", self.there.dir, "restore", self.file) & theirs, set())
        self.assertEqual(tree(self.there.home("joe@a.test")), tree(self.here.home("joe@a.test")))
        os.rmdir(os.path.join(self.there.inbox("joe@b.test"), "tmp"))
        os.chmod(self.there.inbox("joe@a.test"), 0o644)
        self.assertEqual(self.opened_by_root("-C", self.there.dir, "fsck", "--repair") & theirs, set())
        self.assertEqual(self.there.run("vadmin", "fsck").stdout, b"")


if __name__ == "__main__":
    main()
