#!/usr/bin/python3
"""vadmin fsck: each kind of damage is found and named; what can be repaired is, and no mail is ever lost."""
from damaging import *

DAY = 86400


def found(self, damage, words, repaired=True):
    damage(self)
    before = tree(self.vmail.scratch)
    got, lines = self.fsck()
    self.assertEqual((got.status, got.stderr), (1, ""), got)
    self.assertEqual({len(line) for line in lines}, {3}, got)
    matching = [line for line in lines if re.search(words, line[1])]
    self.assertTrue(matching, (words, got))
    self.assertEqual({line[2] for line in matching}, {"fsck --repair" if repaired else "by hand"}, got)
    self.assertEqual({k: v for k, v in tree(self.vmail.scratch).items() if not k.endswith((".lock", ".queue"))},
                     {k: v for k, v in before.items() if not k.endswith((".lock", ".queue"))}, "it changed something")
    mail = self.kept()
    got, lines = self.fsck("--repair")
    self.assertEqual(got.status, 0 if repaired else 1, got)
    self.assertTrue([line for line in lines if re.search(words, line[1]) and
                     line[2] == ("repaired" if repaired else "by hand")], got)
    self.assertGreaterEqual(self.kept(), mail, "mail was lost")
    if repaired:
        got, lines = self.fsck()
        self.assertEqual((got.status, got.stdout), (0, b""), got)
        for to in ("joe@a.test", "joe@b.test", "ann@a.test"):
            self.assertEqual(self.vmail.deliver(to).status, 0, to)


def link(target, path):
    if os.path.lexists(path):
        os.rename(path, path + "-was.lock")     # a name that is nobody's inbox
    os.symlink(target, path)


def in_place(self, name):
    """A file where the state has a directory."""
    path = os.path.join(self.vmail.state, name)
    os.makedirs(path, exist_ok=True)
    os.rename(path, path + "1")
    self.roots(path)


def message(self):
    new = os.path.join(self.maildir, "new")
    return os.path.join(new, os.listdir(new)[0])


def home(self):
    return os.path.join(self.vmail.home("joe@a.test"), ".forward")


def hold(self):
    """A lock file whose process is gone."""
    self.joes(self.inbox + ".lock", b"99999999 %s\n" % socket.gethostname().encode())


@rows(found, [
    ("everybody may write settings", lambda s: os.chmod(s.path("domain.a.test"), 0o666), "domain.a.test: its mode"),
    ("everybody may write accounts", lambda s: os.chmod(s.path("passwd.a.test"), 0o666), "passwd.a.test: its mode"),
    ("everybody may write aliases", lambda s: os.chmod(s.path("aliases.a.test"), 0o622), "aliases.a.test: its mode"),
    ("everybody may write grants", lambda s: s.vmail.write("grants.a.test", "joe: ann all\n", 0o666), "grants.a.test: its mode"),
    ("everybody may read hashes", lambda s: os.chmod(s.path("shadow.a.test"), 0o644), "others can read the password hashes"),
    ("everybody may read administrators' hashes", lambda s: s.vmail.write("admins.a.test", "", 0o644), "admins.a.test: its mode"),
    ("everybody may write where the inboxes are", lambda s: os.chmod(s.spool("a.test"), 0o777), "its inboxes: "),
    ("everybody may write where the files are", lambda s: os.chmod(s.spool("files/a.test"), 0o777), "its files: "),
    ("there is no directory for inboxes", lambda s: os.rename(s.spool("b.test"), s.spool(".gone")),
     "its inboxes: there is no directory"),
    ("there is no directory for files", lambda s: os.rmdir(s.spool("files/b.test")), "its files: there is no directory"),
    ("there is no directory for homes", lambda s: os.rename(os.path.join(s.vmail.homes, "b.test"),
                                                            os.path.join(s.vmail.homes, ".gone")), "for its homes"),
    ("there is no home", lambda s: os.rmdir(s.vmail.home("ann@a.test")), "there is no such home"),
    ("everybody may write into a home", lambda s: os.chmod(s.vmail.home("ann@a.test"), 0o777), "everybody can write to it"),
    ("everybody may read an inbox", lambda s: os.chmod(s.inbox, 0o644), "its mode is 644"),
    ("everybody may write into a Maildir", lambda s: os.chmod(s.maildir, 0o777), "others are let in"),
    ("an inbox is a link", lambda s: link("/etc/passwd", s.inbox), "neither a file nor a directory"),
    ("an inbox has a second name", lambda s: os.link(s.inbox, s.spool("second")), "has a second name", False),
    ("an inbox is of nobody", lambda s: s.joes(s.spool("a.test/eve"), MAIL), "no account has this inbox"),
    ("the state is a link", lambda s: (os.makedirs(s.vmail.state, exist_ok=True), os.rename(s.vmail.state, s.vmail.state + "1"),
                                       os.symlink("state1", s.vmail.state)), "state: a link: vadmin changes nothing", False),
    ("the records of deliveries are a file", lambda s: in_place(s, "deliveries"),
     "state/deliveries: no directory: mail for several recipients waits", False),
    ("the journal is a file", lambda s: in_place(s, "journal"), "state/journal: no directory: vadmin changes nothing", False),
    ("a line of addresses is broken", lambda s: s.vmail.write("addresses", "# x\n127.0.0.1\n"), "addresses:2: not an address", False),
    ("a line of addresses has no address", lambda s: s.vmail.write("addresses", "no-ip a.test\n"), "addresses:1: 'no-ip' is no", False),
    ("a line of addresses has no domain of ours", lambda s: s.vmail.write("addresses", "::1 a.test\n127.0.0.1 nosuch.test\n"),
     "addresses:2: 'nosuch.test' is none of our domains: who reaches 127.0.0.1 is in the main domain", False),
    ("addresses are a FIFO", lambda s: os.mkfifo(s.path("addresses")), "addresses: ", False),
    ("addresses are a directory", lambda s: os.mkdir(s.path("addresses")), "addresses: ", False),
    ("a directory is of no domain", lambda s: os.mkdir(s.spool("c.test")), "no domain has this directory", False),
    ("everybody may write more aliases", lambda s: (s.append("domain.a.test", "extra-aliases = more\n"), s.vmail.write(
        "more", "x: joe\n", 0o666)), "more: belongs to uid .*, its mode is 666: who writes to it says where", False),
    ("a forward leads to nobody", lambda s: s.roots(s.files("joe.forward"), b"nobody\n"), "joe@a.test: 5.1.1 unknown user nobody", False),
    ("a forward is broken", lambda s: s.roots(s.files("joe.forward"), b'"open\n'), "joe.forward:1: a quotation mark", False),
    ("a forward has a NUL byte", lambda s: s.roots(s.files("joe.forward"), b"a\0b\n"), "joe.forward.*NUL", False),
    ("a forward is a directory", lambda s: os.mkdir(s.files("joe.forward")), "joe.forward: not a regular file", False),
    ("a forward is a link", lambda s: os.symlink("/etc/passwd", s.files("joe.forward")), "joe.forward", False),
    ("a forward at home leads to nobody", lambda s: s.joes(home(s), b"nobody\n"), "joe@a.test: 5.1.1 unknown user nobody", False),
    ("a forward at home is broken", lambda s: s.joes(home(s), b'"open\n'), "home/joe/.forward:1: a quotation mark", False),
    ("a forward at home is a directory", lambda s: os.mkdir(home(s)), "home/joe/.forward", False),
    ("a forward at home is a link", lambda s: os.symlink("/etc/passwd", home(s)), "home/joe/.forward", False),
    ("a limit is of nobody", lambda s: s.roots(s.spool("a.test/eve.quota"), b"1\n"), "no account 'eve'"),
    ("a limit is no number", lambda s: s.roots(s.spool("a.test/joe.quota"), b"much\n"), "no number of kB"),
    ("a limit is a link", lambda s: os.symlink("/etc/passwd", s.spool("a.test/joe.quota")), "nor a plain file"),
    ("a vacation is of nobody", lambda s: s.joes(s.files("eve.vacation"), b"x"), "no account 'eve'"),
    ("an index of a vacation is of nobody", lambda s: s.joes(s.files("eve.vacation.db")), "no account 'eve'"),
    ("a forward is of nobody", lambda s: s.roots(s.files("eve.forward"), b"x@far.test\n"), "no account 'eve'"),
    ("a home is of nobody", lambda s: os.mkdir(os.path.join(s.vmail.homes, "a.test/home/eve")), "no account 'eve'"),
    ("an account has no password line", lambda s: s.vmail.write("shadow.a.test", "joe:*:19000:0:99999:7:::\n", 0o600),
     "has no line of 'ann'", False),
    ("a password line has no account", lambda s: s.append("shadow.a.test", "eve:*:19000:0:99999:7:::\n"),
     "there is no account 'eve'"),
    ("an account is there twice", lambda s: s.append("passwd.a.test", s.vmail.read("passwd.a.test").decode().splitlines()[0] + "\n"),
     "'joe' is there twice"),
    ("a line of an account is broken", lambda s: s.append("passwd.a.test", "eve:x:1\n"), "seven fields", False),
    ("a line of an account has user id 0", lambda s: s.append("passwd.a.test", "eve:x:0:60000::/h:/bin/false\n"), "id 0", False),
    ("a line of a password is broken", lambda s: s.append("shadow.a.test", "joe:x\n"), "nine fields", False),
    ("a password line is there twice", lambda s: s.append("shadow.a.test", "JOE:*:19000:0:99999:7:::\n"),
     "shadow.a.test:3: 'JOE' is there twice, and the first one counts", False),
    ("a password is empty", lambda s: s.vmail.write("shadow.a.test", "joe::1::::::\nann:*:1::::::\n", 0o600),
     "shadow.a.test:1: 'joe' has no password, and cannot log in: vadmin user passwd joe@a.test", False),
    ("a hash is none", lambda s: s.vmail.write("shadow.a.test", "joe:$q$junk:1::::::\nann:!:1::::::\n", 0o600),
     "shadow.a.test:1: 'joe' has a hash that crypt.3. does not know, and cannot log in", False),
    ("there are no passwords", lambda s: os.unlink(s.path("shadow.a.test")), "shadow.a.test: there is no such file", False),
    ("a lock file is a directory", lambda s: os.mkdir(s.inbox + ".lock"), "joe.lock: no plain file: the account's mail waits"),
    ("a domain alias is an absolute link", lambda s: os.symlink(s.path("domain.a.test"), s.path("domain.c.test")),
     "domain.c.test: a domain alias is a link to domain.NAME beside it", False),
    ("an alias is there twice", lambda s: s.append("aliases.a.test", "x: joe\nX: ann\n"),
     "aliases.a.test:4: 'X' is there twice, and the last one counts", False),
    ("an alias writes to a directory", lambda s: s.append("aliases.a.test", "x: /tmp\n"), "x@a.test: /tmp is a directory: name a file", False),
    ("an answer is a link", lambda s: os.symlink("/etc/passwd", s.files("info.auto")), "files/a.test/info.auto: .* answers nobody", False),
    ("a vacation is a link", lambda s: os.symlink("/etc/passwd", s.files("joe.vacation")),
     "files/a.test/joe.vacation: .* answers nobody", False),
    ("an alias has a syntax error", lambda s: s.append("aliases.a.test", "x: \"open\n"), "aliases.a.test:3", False),
    ("an alias leads to nobody", lambda s: s.append("aliases.a.test", "x: nobody-there\n"), "5.1.1", False),
    ("aliases go round in circles", lambda s: s.append("aliases.a.test", "x: y\ny: x\n"), "x@a.test: ", False),
    ("a grant is for nobody", lambda s: s.vmail.write("grants.a.test", "joe: eve all\n", 0o600), "no account 'eve'"),
    ("a grant is there twice", lambda s: s.vmail.write("grants.a.test", "joe: ann all\n# x\nJoe: ann  all\n", 0o600),
     "grants.a.test:3: line 1 says the same"),
    ("a grant is there in two ways", lambda s: s.vmail.write("grants.a.test", "joe: ann all\njoe: ann retrieve\n", 0o600),
     "grants.a.test:2: line 1 says something else of the same, and the first one counts", False),
    ("an attribute is there twice", lambda s: (s.append("aliases.a.test", "x: joe\n"), s.vmail.write(
        "attributes.a.test", "x: owners = joe\nx: membership = open\nX: owners = joe\n")),
     "attributes.a.test:3: line 1 says the same"),
    ("an attribute is there in two ways", lambda s: (s.append("aliases.a.test", "x: joe\n"), s.vmail.write(
        "attributes.a.test", "x: description = a\nx: description = b\n")),
     "attributes.a.test:2: line 1 says something else of the same, and the last one counts", False),
    ("a grant's line is broken", lambda s: s.vmail.write("grants.a.test", "joe eve\n", 0o600), "does not count", False),
    ("a domain alias leads nowhere", lambda s: os.symlink("domain.gone.test", s.path("domain.c.test")), "leads to no domain"),
    ("a chain of domain aliases ends nowhere", lambda s: (os.symlink("domain.gone.test", s.path("domain.c.test")), os.symlink(
        "domain.c.test", s.path("domain.d.test"))), "domain.d.test: a domain alias that leads"),
    ("a change was interrupted", lambda s: s.roots(s.path(".passwd.a.test.new"), b"half"), "left by a change"),
    ("a directory was half made", lambda s: os.mkdir(s.spool("files/.a.test.2147483646.new")), "files/.a.test.2147483646.new: left by"),
    ("a lock file is left", hold, "its process is gone"),
    ("an append was interrupted", tear, "a delivery or a QUIT was interrupted"),
    ("an mbox begins with something else", lambda s: s.joes(s.inbox, b"Subject: x\n\n" + MAIL), "is no mbox", False),
    ("a QUIT was interrupted", lambda s: s.joes(s.spool("a.test/.joe.new"), b"From x\n\n"), "left by a QUIT"),
    ("a cache is none", lambda s: s.joes(s.spool("a.test/.joe.cache"), b"x" * 100), "not as it is written"),
    ("a Maildir lacks tmp", lambda s: os.rmdir(os.path.join(s.maildir, "tmp")), "tmp: it is missing"),
    ("a Maildir lacks cur", lambda s: os.rmdir(os.path.join(s.maildir, "cur")), "cur: it is missing"),
    ("a size in a name of a Maildir is wrong", rename_size, "the limit counts what the name says"),
    ("octets in a name of a Maildir cannot be", rename_octets, "cannot be as many octets for POP3 as the name says"),
    ("an index of a vacation is none", lambda s: s.joes(s.files("joe.vacation.db"), b"no index of anybody's"), "no index of GDBM's"),
    ("an index of a vacation at home is none", lambda s: s.joes(os.path.join(s.vmail.home("joe@a.test"), ".vacation.db"), b"no"),
     "no index of GDBM's"),
    ("failed logins are remembered wrongly", lambda s: s.roots(os.path.join(s.vmail.state, "logins"), b"x"), "state/logins: "),
    ("a record of a delivery is old", lambda s: (os.makedirs(os.path.join(s.vmail.state, "deliveries"), exist_ok=True), s.roots(
        os.path.join(s.vmail.state, "deliveries/" + "a" * 64), b"x", age=9 * DAY)), "a record of more than a week ago"),
])
class Kinds(Damaged):
    def test_nothing_is_found_where_nothing_is_wrong(self):
        for words in ((), ("--repair",), ("a.test",)):
            got, _ = self.fsck(*words)
            self.assertEqual((got.status, got.stdout, got.stderr), (0, b"", ""), got)
        self.assertEqual(self.fsck("c.test")[0].status, 67)

    def test_a_name_that_told_a_wrong_size_tells_the_right_one_and_no_octets(self):
        rename_size(self)
        new = os.path.join(self.maildir, "new")
        name, = os.listdir(new)
        self.fsck("--repair")
        size = os.path.getsize(os.path.join(new, os.listdir(new)[0]))
        self.assertEqual(os.listdir(new), [re.sub(",S=.*", f",S={size}", name)])

    def test_what_hashes_are_linked_to_keeps_its_mode(self):
        path, other = self.path("shadow.a.test"), os.path.join(self.vmail.scratch, "other")
        os.rename(path, other)
        os.symlink(other, path)
        os.chmod(other, 0o644)
        for words in (), ("--repair",):
            got, lines = self.fsck(*words)
            self.assertEqual(got.status, 1, got)
            self.assertIn("by hand", [line[2] for line in lines if "shadow.a.test: it is a link" in line[1]], got)
            self.assertEqual(stat.S_IMODE(os.stat(other).st_mode), 0o644)

    def test_nothing_is_found_after_what_vadmin_did(self):
        vadmin = lambda *words: self.assertEqual(self.vmail.run("vadmin", *words).status, 0, words)
        backup = os.path.join(self.vmail.scratch, "gus.tar")
        vadmin("user", "add", "gus@a.test")
        self.assertEqual(self.vmail.deliver("gus@a.test", MAIL).status, 0)
        for words in (("user", "rename", "joe@a.test", "jim"), ("undo", "last"), ("user", "rename", "joe@b.test", "jim"),
                      ("backup", "gus@a.test", backup), ("user", "delete", "gus@a.test", "--yes"),
                      ("user", "restore", "gus@a.test"), ("user", "delete", "gus@a.test", "--yes"),
                      ("user", "purge", "gus@a.test", "--yes"), ("restore", backup, "gus@a.test")):
            if words == ("undo", "last"):
                words = "undo", self.vmail.run("vadmin", "log", "1").stdout.decode().split("\t")[0]
            vadmin(*words)
            for face in (("fsck",), ("check", "--files")):
                got = self.vmail.run("vadmin", *face)
                self.assertEqual((got.status, got.stdout, got.stderr), (0, b"", ""), (words, got))

    @needs_root
    def test_a_spool_that_many_may_write_to_for_good_is_not_closed(self):
        os.chmod(self.spool(""), 0o2777)            # as a system's own /var/mail may be
        got, lines = self.fsck("--repair")
        self.assertEqual((got.status, {line[2] for line in lines}), (1, {"by hand"}), got)
        self.assertEqual(stat.S_IMODE(os.stat(self.spool("")).st_mode), 0o2777)

    def test_one_thing_that_hurts_all_domains_is_told_once(self):
        os.rename(self.spool("files"), self.spool(".f"))
        os.symlink(".f", self.spool("files"))
        for face in (("fsck",), ("check", "--files")):
            got = self.vmail.run("vadmin", *face)
            self.assertEqual((got.status, got.stdout.count(b"\n")), (1, 1), got)

    def test_one_domain_is_looked_at_alone(self):
        os.chmod(self.path("shadow.a.test"), 0o644)
        self.assertEqual(self.fsck("b.test")[0].status, 0)
        self.assertEqual(self.fsck("a.test", "b.test")[0].status, 1)

    def test_what_was_taken_out_or_moved_lies_in_the_trash(self):
        self.append("shadow.a.test", "eve:hash:19000:0:99999:7:::\n")
        self.joes(self.spool("a.test/eve"), MAIL)
        got, _ = self.fsck("--repair")
        self.assertEqual(got.status, 0, got)
        kept = {re.sub(r"fsck-\w+", "fsck", name): data for place in (self.vmail.dir, self.spool("a.test"))
                for name, (_, _, data) in tree(os.path.join(place, ".trash")).items()}
        self.assertEqual(kept, {"shadow.a.test.fsck": b"eve:hash:19000:0:99999:7:::\n", "eve.fsck": MAIL})

    def test_a_lock_and_an_append_of_somebody_alive_are_left_alone(self):
        self.joes(self.inbox + ".lock", b"%d %s\n" % (os.getpid(), socket.gethostname().encode()))
        got, lines = self.fsck()
        self.assertEqual((got.status, lines), (0, []), got)
        os.unlink(self.inbox + ".lock")


@rows(found, [
    ("a spool's group is another one", lambda s: os.chown(s.spool("a.test"), 0, 59999), "its group is 59999"),
    ("a spool's mode is another one", lambda s: os.chmod(s.spool("a.test"), 0o1770), "mode is 1770"),
    ("a spool is an account's", lambda s: os.chown(s.spool("a.test"), 60001, GID), "belongs to uid 60001"),
    ("an inbox is root's", lambda s: os.chown(s.inbox, 0, 0), "belongs to uid 0"),
    ("an inbox is another account's", lambda s: os.chown(s.inbox, 60002, GID), "belongs to uid 60002"),
    ("everybody may write into the spool", lambda s: os.chmod(s.vmail.spool, 0o777), "others can write to .*chmod go-w"),
    ("everybody may write into files", lambda s: os.chmod(s.spool("files"), 0o777), "spool/files: others can write"),
    ("files are behind a link", lambda s: (os.rename(s.spool("files"), s.spool(".f")), os.symlink(".f", s.spool("files"))),
     "spool/files: .*: no directory of the spool's", False),
    ("accounts cannot come through the homes", lambda s: os.chmod(s.vmail.homes, 0o700), r"homes: its mode is 700.*chmod o\+x", False),
    ("accounts cannot come through a domain's homes", lambda s: os.chmod(os.path.join(s.vmail.homes, "a.test"), 0o700),
     r"homes/a.test: its mode is 700.*chmod o\+x", False),
    ("accounts cannot come through files", lambda s: os.chmod(s.spool("files"), 0o700), r"files: its mode is 700.*chmod o\+x", False),
    ("an answer is an account's", lambda s: s.joes(s.files("info.auto"), b"x"), "files/a.test/info.auto: .* answers nobody", False),
    ("a home is another account's", lambda s: os.chown(s.vmail.home("joe@a.test"), 60002, GID), "give it back", False),
    ("a queue file is another account's", lambda s: os.chown(s.spool("a.test/.joe.queue"), 60002, GID), "take it away"),
    ("two accounts have one user id", lambda s: s.append("passwd.b.test", f"eve:x:60001:{GID}::/:/bin/false\n"),
     "which is joe@a.test's, too", False),
    ("a message of a Maildir is closed to its own account", lambda s: os.chmod(message(s), 0), "mode is 0, and uid .* cannot read it"),
    ("a message of a Maildir is root's", lambda s: os.chown(message(s), 0, 0), "uid 0, .* cannot read it, nor fetch it .*chown", False),
    ("there is no mark of user ids", lambda s: os.unlink(s.path("uids")), "ids of accounts lie above"),
    ("the mark of user ids is too low", lambda s: s.vmail.write("uids", "60000\n"), "ids of accounts lie above"),
    ("the mark of user ids is none", lambda s: s.vmail.write("uids", "many\n"), "uids:1: not a user id"),
])
class KindsOfRoot(Damaged):
    def setUp(self):
        if not ROOT:
            raise unittest.SkipTest("needs root")
        super().setUp()


class Traps(Damaged):
    @needs_root
    def test_what_an_account_laid_leads_root_nowhere(self):
        target = os.path.join(self.vmail.scratch, "target")
        self.roots(target, b"x", 0o644)
        before = os.lstat(target)
        uid, gid = owner(self.vmail, "joe@a.test")
        for name in (".joe.cache", ".joe.new", ".joe.uids", "joe.lock"):
            path = self.spool("a.test/" + name)
            os.symlink(target, path)
            os.chown(path, uid, gid, follow_symlinks=False)
        home = self.vmail.home("joe@a.test")
        os.rmdir(home)
        os.symlink(self.vmail.scratch, home)
        self.fsck("--repair")
        now = os.lstat(target)
        self.assertEqual((now.st_mode, now.st_uid, now.st_mtime), (before.st_mode, before.st_uid, before.st_mtime))


if __name__ == "__main__":
    main(beside=2)
