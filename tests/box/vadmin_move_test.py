#!/usr/bin/python3
"""Domains and accounts that are renamed, deleted and brought back while mail flows, and killed on the way.

VMAIL_STRIKES=all: killed before every system call that changes something, not only before those
that change names.
"""
import functools
import itertools
import json
import stat

from harness import *

NAMES = ["rename", "renameat", "renameat2", "mkdir", "mkdirat", "symlinkat", "unlinkat"]
CHANGES = [*NAMES, "openat", "write", "fsync", "fchmod", "chmod", "fchmodat", "fchown"]
ALL = os.environ.get("VMAIL_STRIKES") == "all"
SECRET = "kermit sings 7"
HELLO = b"Subject: test\n\nhello\n"


class Moved(BoxTest):
    """a.test with joe, ann and a list; alias.test means it; b.test and a forward lead to it."""
    def setUp(self):
        self.vmail = vmail = self.installation()
        for name in ("a.test", "b.test"):
            self.ok("domain", "add", name)
        vmail.domain("a.test", {"description": "the first"}, passwords={"joe": SECRET, "ann": SECRET},
                     aliases="# people\nlist: joe, ann@a.test, far@far.test\nboss: JOE\n")
        os.chmod(os.path.join(vmail.dir, "passwd.a.test"), 0o640)
        vmail.write("aliases.b.test", b"# c\nother: joe@A.TEST,\n# joe@a.test\n\tfar@far.test\n"
                    b"odd: \"|/bin/echo joe@a.test\", joe@a.test\n")
        vmail.write("addresses", "127.1.2.3 a.test\n127.1.2.4\tb.test\n")
        vmail.write("grants.a.test", "joe: ann all\n", 0o600)
        self.ok("domain", "alias", "a.test", "alias.test")
        self.ok("domain", "set", "b.test", "fallback=joe@a.test")
        self.ok("user", "forward", "ann@a.test", "joe@a.test", "--keep")
        self.ok("user", "quota", "joe@a.test", "500")
        vmail.extra("a.test", "joe.auto", "Subject: away\n\naway\n")
        self.mail("joe@a.test")

    def ok(self, *args, **more):
        got = self.vmail.run("vadmin", *args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def refused(self, status, *args):
        got = self.vmail.run("vadmin", *args)
        self.assertEqual(got.status, status, got)
        return got.stderr

    def mail(self, to, expected=0):
        got = self.vmail.deliver(to, HELLO)
        self.assertEqual(got.status, expected, got)

    def path(self, *parts):
        return os.path.join(self.vmail.scratch, *parts)

    def tree(self, leave_out=()):
        """Every path with its kind, mode, owner and text; times, and what locks leave, are no part of it."""
        found = {}
        for base in ("etc", "spool", "homes"):
            for place, directories, files in os.walk(self.path(base)):
                for name in directories + files:
                    path = os.path.join(place, name)
                    short = re.sub(r"\d{8}T\d{6}Z\.\d+", "TIME", os.path.relpath(path, self.vmail.scratch))
                    if name.endswith((".queue", ".session", ".new")) or short.startswith("etc/.lock") \
                            or short in leave_out:
                        continue
                    st = os.lstat(path)
                    text = os.readlink(path) if stat.S_ISLNK(st.st_mode) else \
                        open(path, "rb").read() if stat.S_ISREG(st.st_mode) else ""
                    if stat.S_ISLNK(st.st_mode):
                        text = re.sub(r"\d{8}T\d{6}Z\.\d+", "TIME", text)
                    found[short] = (oct(st.st_mode), st.st_uid, st.st_gid, text)
        return found

    def pop3(self, user):
        pop = self.vmail.pop3()
        reply = pop.login(user, SECRET)
        if reply.startswith("+OK"):
            pop.ask("QUIT")
        pop.close()
        return reply


class Striking(Moved):
    def save(self):
        self.saved = self.path("saved")
        os.makedirs(self.saved)
        for base in ("etc", "spool", "homes"):
            subprocess.run(["cp", "-a", self.path(base), self.saved], check=True)

    def reset(self):
        for base in ("etc", "spool", "homes"):
            subprocess.run(["rm", "-rf", self.path(base)], check=True)
            subprocess.run(["cp", "-a", os.path.join(self.saved, base), self.vmail.scratch], check=True)

    def strace(self, options, *args):
        return run("/usr/bin/strace", "-qq", "-e", "trace=" + ",".join(CHANGES), *options,
                   program("vadmin"), "-C", self.vmail.dir, *args)

    def points(self, *args):
        """Every (call, n) of a run to the end."""
        log = self.path("calls")
        got = self.strace(["-o", log], *args)
        self.assertEqual(got.status, 0, got)
        with open(log) as f:
            calls = [line for line in f if re.match(r"\w+\(", line)]
        seen, found = {}, []
        for line in calls:
            call = line.split("(")[0]
            seen[call] = seen.get(call, 0) + 1
            if ALL or (call in NAMES and " = 0" in line):
                found.append((call, seen[call]))
        self.assertGreater(len(found), 10)
        return found

    def is_begun(self):
        place = self.path("etc", ".unfinished")
        return os.path.exists(place) and any(not name.startswith(".") for name in os.listdir(place))

    def repeat(self, *args):
        """What has come to its end already says that there is nothing of that name any more."""
        begun = self.is_begun()
        got = self.vmail.run("vadmin", *args)
        self.assertIn(got.status, (0,) if begun else (0, 67), got)

    def killed_everywhere(self, *args, judge=lambda point: None, afterwards=lambda point: None, leave_out=(),
                          every=1):
        """Killed at each point and repeated it is as it is when nobody killed it."""
        self.save()
        points = self.points(*args)
        whole = self.tree(leave_out)
        for point in points[::1 if ALL else every]:
            self.reset()
            call, n = point
            got = self.strace(["-o", "/dev/null", "-e", f"inject={call}:signal=KILL:when={n}"], *args)
            self.assertEqual(got.status, -9, (point, got))
            judge(point)
            self.repeat(*args)
            self.assertEqual(self.tree(leave_out), whole, point)
            afterwards(point)
        return points


@once("its steps are the same, whoever runs it")
class Killed(Striking):
    def setUp(self):
        super().setUp()
        self.arrived = 0

    def waits_or_works(self, point, to, user=None):
        """Mail that is taken is counted; nothing is refused."""
        got = self.vmail.deliver(to, HELLO)
        self.assertIn(got.status, (0, 75), (point, got))
        self.arrived += got.status == 0
        if user:
            reply = self.pop3(user)
            self.assertRegex(reply, r"^(\+OK|-ERR \[SYS/TEMP\])", point)

    def test_a_domain_that_is_renamed_works_or_waits_at_every_moment_and_ends_as_if_nobody_had_killed_it(self):
        command, told = ("domain", "rename", "a.test", "new.test"), []
        turn = itertools.count()

        def judge(point):
            self.arrived, n = 1, next(turn)
            self.waits_or_works(point, ["joe@a.test", "joe@alias.test"][n % 2],
                                "joe@a.test" if n % 4 == 0 else None)
            if self.is_begun() and n % 4 == 1:
                check = self.vmail.run("vadmin", "check", "--files").stdout.decode()
                told.append("vadmin domain rename a.test new.test" in check)
                self.assertIn("vadmin domain rename a.test new.test",
                              self.refused(77, "user", "add", f"x@{['a', 'new', 'alias'][n % 3]}.test"))

        def afterwards(point):
            self.assertEqual(len(self.vmail.messages("joe@new.test")), self.arrived, point)

        self.killed_everywhere(*command, judge=judge, afterwards=afterwards,
                               leave_out=("spool/new.test/joe", "spool/new.test/.joe.uids"))
        self.assertTrue(told and all(told), told)
        self.mail("joe@a.test")
        self.assertEqual(self.vmail.run("vadmin", "check", "--files").stdout, b"")


    def test_an_account_that_is_renamed_works_or_waits_at_every_moment_and_ends_as_if_nobody_had_killed_it(self):
        command, told = ("user", "rename", "joe@a.test", "jim"), []
        turn = itertools.count()

        def judge(point):
            self.arrived, n = 1, next(turn)
            self.waits_or_works(point, ["joe@a.test", "boss@a.test", "joe+x@alias.test"][n % 3])
            if n % 4 == 0:
                self.assertRegex(self.pop3("joe@a.test") + self.pop3("jim@a.test"), r"\+OK|\[SYS/TEMP\]", point)
            if self.is_begun() and n % 4 == 1:
                check = self.vmail.run("vadmin", "check", "--files").stdout.decode()
                told.append("vadmin user rename joe@a.test jim" in check)
                for refused in (("user", "set", "jim@a.test", "name=x"), ("domain", "rename", "a.test", "new.test")):
                    self.assertIn("vadmin user rename joe@a.test jim", self.refused(77, *refused))

        def afterwards(point):
            self.assertEqual(len(self.vmail.messages("jim@a.test")), self.arrived, point)

        self.killed_everywhere(*command, judge=judge, afterwards=afterwards,
                               leave_out=("spool/a.test/jim", "spool/a.test/.jim.uids"))
        self.assertTrue(told and all(told), told)
        self.mail("joe@a.test")
        self.assertEqual(self.vmail.run("vadmin", "check", "--files").stdout, b"")

    def test_what_is_unfinished_is_finished_by_its_own_command_alone(self):
        def stopped(*args):
            got = self.strace(["-o", "/dev/null", "-e", "inject=renameat2:signal=KILL:when=2"], *args)
            self.assertEqual(got.status, -9, got)

        stopped("user", "rename", "joe@a.test", "jim")
        for args in (("user", "rename", "joe@a.test", "jack"), ("user", "rename", "ann@a.test", "jim@a.test"),
                     ("user", "delete", "joe@alias.test"), ("domain", "delete", "a.test", "--with-accounts")):
            self.assertIn("vadmin user rename joe@a.test jim", self.refused(77, *args))
        self.ok("user", "set", "ann@a.test", "name=Ann")
        self.ok("user", "rename", "user/JOE@alias.test", "jim")
        stopped("domain", "rename", "a.test", "new.test")
        for args in (("domain", "rename", "a.test", "other.test"), ("domain", "rename", "alias.test", "other.test"),
                     ("domain", "rename", "b.test", "new.test"), ("domain", "add", "new.test"),
                     ("domain", "alias", "b.test", "a.test"), ("domain", "unalias", "a.test")):
            self.assertIn("vadmin domain rename a.test new.test", self.refused(77, *args))
        self.ok("domain", "set", "b.test", "description=free")
        self.ok("domain", "rename", "a.test", "new.test")
        self.assertRegex(self.pop3("jim@a.test"), r"^\+OK 1 messages")

    def test_a_domain_whose_deletion_or_return_is_killed_is_deleted_or_back_when_it_is_repeated(self):
        self.ok("user", "delete", "ann@a.test", "--replace-by", "joe@a.test")
        before = self.tree()
        self.killed_everywhere("domain", "delete", "a.test", "--with-accounts",
                               judge=lambda point: self.assertIn(self.vmail.deliver("joe@a.test").status,
                                                                 (0, 68, 75), point),
                               leave_out=("spool/.trash/a.test.TIME/joe",), every=2)
        self.mail("joe@a.test", 68)
        shutil.rmtree(self.saved)
        self.killed_everywhere("domain", "restore", "a.test",
                               judge=lambda point: self.assertIn(self.vmail.deliver("joe@a.test").status,
                                                                 (0, 68, 75), point),
                               leave_out=("spool/a.test/joe",), every=2)
        made = {"etc/uids", "etc/.unfinished", "etc/.trash/.domains", "homes/.trash", "spool/.trash", "spool/files/.trash"}
        left = {path: what for path, what in self.tree(("spool/a.test/joe",)).items() if path not in made}
        before.pop("spool/a.test/joe")
        before.pop("etc/uids")
        self.assertEqual(left, before)
        self.ok("user", "restore", "ann@a.test")
        self.assertTrue(self.pop3("ann@alias.test").startswith("+OK"))

    def test_fsck_that_comes_between_leaves_what_was_interrupted_to_the_command_that_goes_on(self):
        def repair(point):
            begun = self.is_begun()
            got = self.vmail.run("vadmin", "fsck", "--repair").stdout.decode()
            told = self.vmail.run("vadmin", "check", "--files").stdout.decode() + got
            self.assertEqual(got.count("was interrupted: mail and logins may wait"), begun, (point, got))
            self.assertNotIn("no domain has this directory", told, point)
            for place, _, files in os.walk(self.path("etc", ".trash")):     # drafts of what was killed
                for name in files:
                    if ".new.fsck-" in name:
                        os.unlink(os.path.join(place, name))

        self.ok("fsck", "--repair")
        for command in (("domain", "rename", "a.test", "new.test"), ("domain", "rename", "new.test", "a.test"),
                        ("domain", "delete", "a.test", "--with-accounts"), ("domain", "restore", "a.test"),
                        ("user", "rename", "joe@a.test", "jim")):
            self.killed_everywhere(*command, judge=repair, leave_out=("etc/.trash",), every=3)
            shutil.rmtree(self.saved)


class WhileMailFlows(Moved):
    """VMAIL_RACES=N: N times there and back; the suite does it twice."""
    ROUNDS = int(os.environ.get("VMAIL_RACES", "2"))

    def busy(self, work, moves):
        """Work in threads of its own until the moves are through; its first failure is ours."""
        ended = threading.Event()

        def until_ended(job):
            while not ended.is_set():
                job()

        def move():
            try:
                for args in moves:
                    self.ok(*args)
            finally:
                ended.set()
        together([move, *(functools.partial(until_ended, job) for job in work)], at_once=len(work) + 1)

    def delivers(self, *addresses):
        def job():
            for address in addresses:
                got = self.vmail.deliver(address, HELLO)
                self.assertIn(got.status, (0, 75), got)
                self.done.append(got.status == 0)
        return job

    def logs_in(self, *users):
        def job():
            for user in users:
                self.assertRegex(self.pop3(user), r"^(\+OK|-ERR \[(SYS/TEMP|IN-USE)\])")
        return job

    def test_a_domain_renamed_again_and_again_loses_no_mail_and_refuses_nobody(self):
        self.done = []
        self.busy([self.delivers("joe@a.test", "boss@alias.test"), self.logs_in("joe@a.test")],
                  [("domain", "rename", *names) for _ in range(self.ROUNDS)
                   for names in (("a.test", "new.test"), ("new.test", "a.test"))])
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1 + sum(self.done))
        self.assertTrue(os.path.islink(self.path("spool", "new.test")))
        self.assertEqual(self.vmail.run("vadmin", "check", "--files").stdout, b"")

    def test_an_account_renamed_again_and_again_loses_no_mail(self):
        self.done = []
        self.busy([self.delivers("joe@a.test", "boss@a.test")],
                  [("user", "rename", *names) for _ in range(self.ROUNDS)
                   for names in (("joe@a.test", "jim"), ("jim@a.test", "joe"))])
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1 + sum(self.done))
        self.assertTrue(os.path.islink(self.path("spool", "a.test", "jim")))
        self.assertEqual(self.vmail.run("vadmin", "check", "--files").stdout, b"")

    @needs_root     # who cannot be dumped shows its paths to root alone
    def test_a_delivery_that_looked_for_aliases_before_a_rename_and_for_accounts_after_it_finds_both(self):
        log = self.path("log")
        late = subprocess.Popen(["/usr/bin/strace", "-o", log, "-P", os.path.join(self.vmail.dir, "passwd.a.test"), "-P",
                                 os.path.join(self.vmail.dir, "aliases.a.test"), "-e", "trace=openat,openat2", "-e",
                                 "inject=openat,openat2:signal=STOP:when=1", program("vdeliver"), "-C",
                                 self.vmail.dir, "-n", "joe@a.test"], stdout=subprocess.PIPE, env=environment())
        eventually(lambda: os.path.exists(log) and "stopped by SIGSTOP" in open(log).read(), "the look for an alias")
        self.assertIn("aliases.a.test", open(log).read())
        self.ok("user", "rename", "joe@a.test", "jim")
        with open(f"/proc/{late.pid}/task/{late.pid}/children") as f:
            os.kill(int(f.read()), signal.SIGCONT)
        said = late.communicate(timeout=DEADLINE)[0].decode()
        self.assertEqual(late.returncode, 0, said)
        self.assertIn("mailbox jim@a.test", said)

    def test_a_hundred_changes_of_several_domains_at_once_are_all_made(self):
        places = [(n, ("a.test", "b.test")[n % 2]) for n in range(20)]
        shutil.rmtree(self.path("spool", "a.test"))
        for name in ("a.test", "b.test"):
            self.vmail.domain(name, accounts=["joe", "ann", *(f"{u}{n}" for n, at in places if at == name
                                                             for u in ("u", "keep"))])
        members = [args for n, name in places for args in (("alias", "add", f"all@{name}", f"u{n}@{name}"),
                                                           ("alias", "add", f"own{n}@{name}", f"u{n}"))]
        moves = [args for n, name in places for args in (("user", "rename", f"u{n}@{name}", f"v{n}"),
                                                         ("user", "set", f"keep{n}@{name}", f"name=Full {n}"))]
        moves += [("user", "delete", "ann@a.test", "--replace-by", "joe@a.test"), ("user", "quota", "joe@a.test", "7"),
                  ("domain", "rename", "a.test", "c.test"), ("domain", "rename", "b.test", "d.test"),
                  *(("domain", "set", "b.test", f"{name}={n}") for n, name in enumerate((
                      "max-users", "inbox-limit", "auto-rate", "vacation-days", "description")))]
        for changes in (members, moves):
            together([functools.partial(self.ok, *args) for args in changes], at_once=16)
        for old, new, odd in (("a.test", "c.test", 0), ("b.test", "d.test", 1)):
            names = {line.split(":")[0] for line in self.vmail.read(f"passwd.{new}").decode().splitlines()}
            self.assertLessEqual({f"v{n}" for n in range(odd, 20, 2)}, names)
            shown = self.ok("alias", "show", f"all@{old}").stdout.decode()
            for n in range(odd, 20, 2):
                self.assertRegex(shown, rf"\bv{n}@{new}\b")
                self.assertIn(f"v{n}", self.ok("alias", "show", f"own{n}@{old}").stdout.decode())
        for name in ("max-users", "inbox-limit", "auto-rate", "vacation-days", "description"):
            self.assertIn(f"{name} = ", self.vmail.read("domain.d.test").decode())
        shown = self.ok("user", "list", "keep*@?.test").stdout.decode()
        for n in range(20):
            self.assertRegex(shown, rf"(?m)^keep{n}@[cd].test\t\d+\tFull {n}$")
        self.assertNotIn("ann", self.vmail.read("passwd.c.test").decode())
        self.assertEqual(self.vmail.run("vadmin", "check", "--files").stdout, b"")


class Renamed(Moved):
    def test_all_that_names_a_renamed_domain_names_the_new_one_and_the_rest_stays_byte_for_byte(self):
        self.vmail.set(main_domain="a.test")
        self.ok("domain", "rename", "A.test.", "new.test")
        read = self.vmail.read
        self.assertEqual(read("aliases.new.test"),
                         b"# people\nlist: joe, ann@new.test, far@far.test\nboss: JOE\n")
        self.assertEqual(read("aliases.b.test"), b"# c\nother: joe@new.test,\n# joe@a.test\n\tfar@far.test\n"
                         b"odd: \"|/bin/echo joe@a.test\", joe@new.test\n")
        self.assertEqual(read("addresses"), b"127.1.2.3 new.test\n127.1.2.4\tb.test\n")
        self.assertIn(b"fallback = joe@new.test\n", read("domain.b.test"))
        self.assertIn(b"description = the first\n", read("domain.new.test"))
        self.assertIn(b"main-domain = new.test\n", read("vmail.conf"))
        for alias in ("a.test", "alias.test"):
            self.assertEqual(os.readlink(self.path("etc", f"domain.{alias}")), "domain.new.test")
        with open(self.path("spool", "files", "new.test", "ann.forward")) as f:
            self.assertEqual(f.read(), "\\ann\njoe@new.test\n")
        self.assertEqual(stat.S_IMODE(os.stat(self.path("etc", "passwd.new.test")).st_mode), 0o640)
        self.assertIn("/homes/new.test/home/joe:", read("passwd.new.test").decode())
        for user in ("joe", "joe@a.test", "ann@new.test", "joe@alias.test"):
            self.assertTrue(self.pop3(user).startswith("+OK"), user)
        self.assertIn(f"{self.path('homes', 'new.test', 'home', 'joe')}",
                      self.ok("user", "show", "user/joe@a.test").stdout.decode())

    def test_extra_aliases_of_others_follow_its_files_and_are_told_when_these_go(self):
        self.ok("domain", "set", "b.test", f"extra-aliases=aliases.a.test {self.vmail.dir}/aliases.a.test", "fallback=")
        self.ok("domain", "set", "a.test", f"extra-aliases={self.vmail.dir}/aliases.a.test")
        self.ok("domain", "rename", "a.test", "new.test")
        self.assertIn(f"extra-aliases = aliases.new.test {self.vmail.dir}/aliases.new.test\n".encode(),
                      self.vmail.read("domain.b.test"))
        for to in "other@b.test", "joe@a.test":
            self.mail(to)
        told = self.ok("domain", "delete", "new.test", "--with-accounts").stderr
        self.assertIn("extra-aliases of b.test has aliases.new.test: all mail of b.test will wait", told)
        self.assertIn(f"extra-aliases of b.test has {self.vmail.dir}/aliases.new.test: all mail", told)
        self.mail("other@b.test", 75)

    def test_a_domain_may_take_the_name_of_its_alias_and_get_its_old_one_back(self):
        uids = []
        for old, new in (("a.test", "alias.test"), ("alias.test", "a.test"), ("a.test", "x.test")):
            self.ok("domain", "rename", old, new)
            self.mail("joe@alias.test")
            pop = self.vmail.pop3()
            pop.login("joe@alias.test", SECRET)
            uids.append(pop.many("UIDL")[1].split(b"\r\n")[0])
            pop.close()
        self.assertEqual(len(set(uids)), 1, "the first message keeps its unique id")
        self.assertEqual(len(self.vmail.messages("joe@x.test")), 4)
        self.ok("domain", "rename", "a.test", "x.test")
        self.assertEqual(self.vmail.run("vadmin", "check", "--files").stdout, b"")

    def test_what_is_in_the_way_of_a_new_name_is_told_before_anything_happens(self):
        before = self.tree()
        for path in ("etc/aliases.new.test", "spool/new.test", "homes/new.test"):
            os.mkdir(self.path(path))
            self.assertIn(os.path.basename(path), self.refused(73, "domain", "rename", "a.test", "new.test"))
            os.rmdir(self.path(path))
        self.refused(73, "domain", "rename", "a.test", "b.test")
        self.refused(67, "domain", "rename", "c.test", "d.test")
        self.refused(65, "domain", "rename", "a.test", "no domain")
        self.ok("domain", "set", "a.test", f"inbox={self.path('spool')}/%u@%d")
        told = self.refused(77, "domain", "rename", "a.test", "new.test")
        self.assertIn(f"vadmin domain set a.test inbox={self.path('spool')}/%u@a.test", told)
        self.assertEqual([path for path in self.tree() if path not in before], [])

    def test_inboxes_that_say_the_name_as_it_is_below_what_moves_move_with_it(self):
        for n, inbox in enumerate(("SPOOL/NAME/%u.NAME", "NAME/mail.%u")):
            name, new = f"x{n}.test", f"y{n}.test"
            self.ok("domain", "add", name)
            self.ok("user", "add", f"joe@{name}")
            text = inbox.replace("SPOOL", self.path("spool"))
            self.ok("domain", "set", name, "inbox=" + text.replace("NAME", name))
            self.mail(f"joe@{name}")
            self.ok("domain", "rename", name, new)
            wanted = text.replace("NAME", new, 1).replace("NAME", name)
            self.assertIn(f"inbox\t{wanted}\n", self.ok("domain", "show", new).stdout.decode())
            self.ok("domain", "unalias", name)
            os.unlink(self.path("spool", name))
            self.mail(f"joe@{new}")
            self.assertEqual(self.vmail.run("vadmin", "fsck", new).stdout, b"")
            self.assertEqual(len(mbox_messages(self.path("spool", wanted.replace("%u", "joe")))), 2)

    def test_inboxes_elsewhere_move_where_their_path_has_the_domain_in_it(self):
        for name, inbox in (("one.test", "srv/%d/mail-%d/%u/Maildir/"), ("two.test", "srv/all/%u.two")):
            os.makedirs(self.path("spool", "srv", "all"), exist_ok=True)
            if ROOT:
                os.chown(self.path("spool", "srv", "all"), 0, GID)
                os.chmod(self.path("spool", "srv", "all"), 0o3770)
            self.vmail.domain(name, {"inbox": inbox}, passwords={"joe": SECRET})
            self.mail(f"joe@{name}")
            self.ok("domain", "rename", name, f"new.{name}")
            self.mail(f"joe@{name}")
            self.assertRegex(self.pop3(f"joe@{name}"), r"^\+OK 2 messages")
        self.assertTrue(os.path.isdir(self.path("spool/srv/new.one.test/mail-new.one.test/joe/Maildir/new")))
        self.ok("domain", "delete", "new.one.test", "--with-accounts")
        self.assertEqual(self.refused(67, "user", "show", "joe@new.one.test")[:7], "vadmin:")
        self.ok("domain", "restore", "new.one.test")
        self.assertRegex(self.pop3("joe@one.test"), r"^\+OK 2 messages")

    def test_what_was_planned_before_a_move_waits_and_makes_no_second_inbox(self):
        plain = [self.path("spool", "a.test"), self.path("spool", "new.test", "joe")]
        self.ok("domain", "rename", "a.test", "new.test")
        self.ok("user", "rename", "joe@a.test", "jim")
        # A delivery that knows the old files alone, as if it had read them before the move.
        for name, spelt in (("a.test", "joe"), ("new.test", "joe")):
            old = Installation(at=tempfile.mkdtemp(prefix="vmail-old-", dir=SCRATCH))
            self.addCleanup(old.close)
            old.set(spool=self.vmail.spool)
            uid = os.stat(self.path("spool", "new.test", "jim")).st_uid
            old.domain(name, accounts=[f"{spelt}:x:{uid}:{GID if ROOT else os.getgid()}:::/bin/false"])
            got = old.deliver(f"{spelt}@{name}", HELLO)
            self.assertEqual(got.status, 75, got)
            self.assertRegex(got.stderr, r"^4\.\d\.\d .*was moved to (new.test|jim): the next try finds it")
        self.assertTrue(all(os.path.islink(path) for path in plain))

    def test_who_comes_back_from_the_trash_gets_mail_where_another_of_the_name_moved_away(self):
        self.ok("user", "add", "zoe@a.test")
        self.ok("user", "delete", "zoe@a.test", "--yes")        # without an inbox that would take the place
        self.ok("user", "add", "zoe@a.test")
        self.ok("user", "rename", "zoe@a.test", "zed", "--no-alias")
        self.assertTrue(os.path.islink(self.path("spool", "a.test", "zoe")))
        self.ok("user", "restore", "zoe@a.test")
        self.assertEqual(self.vmail.deliver("zoe@a.test", HELLO).status, 0)
        self.assertEqual(self.vmail.deliver("zed@a.test", HELLO).status, 0)
        self.assertTrue(all(os.path.isfile(self.path("spool", "a.test", name)) and
                            not os.path.islink(self.path("spool", "a.test", name)) for name in ("zoe", "zed")))

    def test_where_two_names_cannot_change_places_it_is_done_in_two_steps(self):
        for command, calls in ((("domain", "rename", "a.test", "new.test"), "2..4"),
                               (("user", "rename", "joe@a.test", "jim"), "1")):
            log = self.path("log")
            got = run("/usr/bin/strace", "-qq", "-o", log, "-e", "trace=renameat2", "-e",
                      f"inject=renameat2:error=EINVAL:when={calls}", program("vadmin"), "-C", self.vmail.dir, *command)
            self.assertEqual(got.status, 0, got)
            with open(log) as f:
                self.assertTrue(all("RENAME_EXCHANGE" in line for line in f if "INJECTED" in line))
        self.mail("joe@a.test")
        self.assertEqual(len(self.vmail.messages("jim@new.test")), 2)
        self.assertTrue(os.path.islink(self.path("spool", "a.test")))

    def test_a_session_that_goes_on_keeps_an_account_its_name_and_a_locked_mbox_too(self):
        self.vmail.set(lock_timeout="1s")
        pop = self.vmail.pop3()
        pop.login("joe@a.test", SECRET)
        before = self.tree()
        self.assertIn("another session", self.refused(75, "user", "rename", "joe@a.test", "jim"))
        self.assertEqual(self.tree(), before)
        self.ok("domain", "rename", "a.test", "new.test")
        pop.ask("DELE 1")
        self.mail("joe@a.test")
        self.assertTrue(pop.ask("QUIT").startswith("+OK"))
        pop.close()
        self.assertEqual(len(self.vmail.messages("joe@new.test")), 1)
        lock = self.path("spool", "new.test", "joe.lock")
        with open(lock, "w") as f:
            f.write(f"{os.getpid()} {socket.gethostname()}\n")
        self.refused(75, "user", "rename", "joe@a.test", "jim")
        os.unlink(lock)
        self.ok("user", "rename", "joe@a.test", "jim")
        self.assertRegex(self.pop3("jim@a.test"), r"^\+OK 1 messages")

    def test_a_renamed_account_is_what_all_say_that_named_it(self):
        self.vmail.write("aliases.a.test", 'list: joe, ann@a.test, "joe+x", \\joe, joey\n'
                         'owner-list: joe@alias.test\njim: joe\nquoted: "joe"@a.test\n')
        for folder, text in (("joe.vacation", "gone"), ("joe.forward", "\\joe, far@far.test\n")):
            self.vmail.extra("a.test", folder, text)
        told = self.ok("user", "rename", "joe@a.test", "jim@a.test").stderr
        self.assertIn("mail for joe@a.test still arrives", told)
        self.assertEqual(self.vmail.read("aliases.a.test").decode().splitlines()[:2],
                         ['list: jim, ann@a.test, jim+x, \\jim, joey', "owner-list: jim@alias.test"])
        self.assertNotIn(b"jim: jim", self.vmail.read("aliases.a.test"))
        self.assertIn(b"joe: jim\n", self.vmail.read("aliases.a.test"))
        self.assertEqual(sorted(os.listdir(self.path("spool", "files", "a.test"))),
                         ["ann.forward", "jim.auto", "jim.forward", "jim.vacation"])
        with open(self.path("spool", "files", "a.test", "jim.forward")) as f:
            self.assertEqual(f.read(), "\\jim, far@far.test\n")
        self.assertEqual(self.vmail.read("grants.a.test"), b"jim: ann all\n")
        self.mail("joe@a.test")
        self.assertEqual(len(self.vmail.messages("jim@a.test")), 2)
        self.assertTrue(self.pop3("jim@a.test").startswith("+OK"))
        self.refused(67, "user", "rename", "joe@a.test", "jack")
        self.refused(73, "user", "rename", "jim@a.test", "Ann")
        self.refused(65, "user", "rename", "jim@a.test", "jim@b.test")
        self.ok("user", "rename", "user.jim@a.test", "user/jack", "--no-alias")
        self.mail("jim@a.test", 67)
        self.mail("joe@a.test")

    def test_an_account_gets_no_name_that_an_alias_has(self):
        self.vmail.write("aliases.a.test", "sales: ann\nboth: joe, ann\nme: joe+x@alias.test\n")
        self.vmail.write("extra", "more: ann\n")
        self.ok("domain", "set", "a.test", "extra-aliases=extra")
        before = self.tree()
        for name, where in (("Sales", "aliases.a.test:1"), ("both", "aliases.a.test:2"), ("more", "extra:1")):
            self.assertRegex(self.refused(73, "user", "rename", "joe@a.test", name),
                             f"{where} has an alias '{name.lower()}'.*rename or delete the alias first")
        self.assertEqual(self.tree(), before)
        self.ok("user", "rename", "joe@a.test", "me")
        self.mail("me@a.test")
        self.assertEqual(len(self.vmail.messages("me@a.test")), 2)
        self.assertIn("has an alias 'more'", self.ok("user", "add", "more@a.test").stderr)

    def test_who_sees_one_domain_alone_renames_nobody_whom_others_would_lose(self):
        self.ok("domain", "set", "a.test", "co-administration=yes")
        self.ok("admin", "passwd", "admin", "a.test", "--password-stdin", input=b"blue horses 9 run\n")
        command = "--as", "admin/admin@a.test", "user", "rename", "joe", "jim"
        before = self.tree()
        told = self.refused(77, *command, "--no-alias")
        self.assertEqual(told, "vadmin: joe@a.test keeps its name: something outside of what is yours leads to "
                         "joe@a.test: ask who administers all domains, or leave an alias\n")
        self.assertEqual(self.tree(), before)
        self.vmail.write("aliases.b.test", b"direct: \\joe@a.test\n")
        self.refused(77, *command)
        self.vmail.write("aliases.b.test", b"other: joe@A.TEST\n")
        self.ok(*command)
        self.mail("other@b.test")

    def test_an_account_that_a_home_or_an_included_file_names_keeps_its_name_or_an_alias(self):
        self.vmail.write("included", "zoe@a.test, ann@a.test\n")
        self.vmail.write("aliases.b.test", f"inc: :include:{self.vmail.dir}/included\n")
        self.ok("user", "add", "zoe@a.test", "name=Zoe Doe")
        self.ok("domain", "set", "a.test", "match-full-name=yes")
        self.ok("alias", "add", "full@a.test", "zoe.doe")
        home = os.path.join(self.vmail.home("joe@a.test"), ".forward")
        with open(home, "w") as f:
            f.write("zoe\n")
        before = self.tree()
        told = self.refused(77, "user", "rename", "zoe@a.test", "zed", "--no-alias")
        self.assertIn(f"the forward of joe@a.test leads to it ({home}:1): that is not changed", told)
        self.assertIn(f"the alias inc@b.test leads to it ({self.vmail.dir}/aliases.b.test:1): that is not changed", told)
        self.assertIn("zoe@a.test keeps its name: what is told above would lead to nobody", told)
        self.assertNotIn("full", told)
        self.assertEqual(self.tree(), before)
        self.ok("user", "rename", "zoe@a.test", "zed")
        self.mail("inc@b.test")

    def test_an_account_whose_home_forwards_to_its_inbox_by_its_name_keeps_it(self):
        self.ok("user", "add", "zoe@a.test")
        home = os.path.join(self.vmail.home("zoe@a.test"), ".forward")
        with open(home, "w") as f:
            f.write("\\zoe, far@far.test\n")
        self.assertIn(f"the forward of zoe@a.test leads to it ({home}:1)",
                      self.refused(77, "user", "rename", "zoe@a.test", "zed"))
        self.ok("user", "forward", "zoe@a.test", "far@far.test", "--keep")
        self.ok("user", "rename", "zoe@a.test", "zed")
        self.mail("zoe@a.test")
        self.assertEqual(len(self.vmail.messages("zed@a.test")), 1)

    def test_an_account_that_gets_its_alternative_address_for_a_name_has_it_no_more_beside(self):
        self.ok("user", "set", "joe@a.test", "alternative-address=jay@alias.test", "title=Boss")
        self.ok("user", "rename", "joe@a.test", "jay")
        self.assertNotIn("alternative-address", self.ok("user", "show", "jay@a.test").stdout.decode())
        with open(self.path("spool", "files", "a.test", "jay.profile")) as f:
            self.assertNotIn("alternative", f.read())
        table = self.ok("user", "export", "a.test", "--hashes").stdout
        self.ok("domain", "add", "c.test")
        self.ok("user", "import", "-", input=table.replace(b"@a.test", b"@c.test"))
        self.ok("user", "rename", "jay@a.test", "joe")
        self.mail("jay@a.test")

    def test_names_as_long_as_they_may_be_are_renamed_too(self):
        domain, name = ".".join(["d" * 47] * 5), "u" * 64
        self.ok("domain", "add", domain)
        self.ok("user", "add", f"{name}@{domain}")
        self.mail(f"{name}@{domain}")
        self.ok("user", "rename", f"{name}@{domain}", "v" * 64)
        self.ok("domain", "rename", domain, "e" + domain[1:])
        self.assertEqual(len(self.vmail.messages(f"{'v' * 64}@e{domain[1:]}")), 1)
        self.assertIn("too long", self.refused(77, "domain", "delete", "e" + domain[1:], "--with-accounts"))

    def test_who_was_deleted_comes_back_only_where_the_settings_lead_to_what_is_in_the_trash(self):
        other, homes = self.path("spool", "a.test", "more"), self.path("homes2")
        self.mail("ann@a.test")
        for path in (other, homes):
            os.mkdir(path)
            if ROOT:
                os.chown(path, 0, GID)
            os.chmod(path, 0o3770 if path == other else 0o755)
        gone = self.ok("user", "delete", "ann@a.test", "--yes").stdout.decode().split("\t")[1].strip()
        self.ok("domain", "set", "a.test", "inbox=%d/more/%u")
        before = self.tree()
        for word in ("restore", "purge"):
            told = self.refused(77, "user", word, "ann@a.test", *(["--yes"] if word == "purge" else []))
            self.assertIn(f"its inbox is {gone}, and would be looked for as {other}/.trash/{os.path.basename(gone)}: "
                          "set 'inbox' as it was", told)
        self.assertEqual(self.tree(), before)
        self.ok("domain", "set", "a.test", "inbox=%d/%u")
        self.vmail.set(homes=homes)
        self.assertRegex(self.refused(77, "user", "restore", "ann@a.test"), r"its home is .*: set 'homes' as it was")
        self.vmail.set(homes=self.path("homes"))
        self.ok("user", "restore", "ann@a.test")
        self.assertRegex(self.pop3("ann@a.test"), r"^\+OK 1 messages")

    def test_a_domain_comes_back_only_where_the_settings_lead_to_its_directories(self):
        self.ok("domain", "delete", "a.test", "--with-accounts", "--yes")
        before = self.tree()
        for setting in ("spool", "homes"):
            other = self.path(setting + "2")
            os.mkdir(other)
            self.vmail.set(**{setting: other})
            told = self.refused(77, "domain", "restore", "a.test")
            self.assertRegex(told, f"its directories were elsewhere than '{setting}' leads to: set it as it was")
            self.vmail.set(**{setting: self.path(setting)})
        self.assertEqual(self.tree(), before)
        self.ok("domain", "restore", "a.test")
        self.assertRegex(self.pop3("joe@a.test"), r"^\+OK 1 messages")

    def test_a_domain_whose_settings_are_broken_by_now_comes_back_to_be_mended(self):
        for back in ("domain", "restore", "a.test"), ("undo", None):
            self.ok("domain", "delete", "a.test", "--with-accounts", "--yes")
            trash = self.path("etc", ".trash", ".domains")
            with open(os.path.join(trash, *os.listdir(trash), "domain.a.test"), "a") as f:
                f.write("x\n")
            number = json.loads(self.ok("--json", "log", "1").stdout)["result"][0]["number"]
            self.ok(*(word or number for word in back))
            self.mail("joe@a.test", 75)
            text = self.vmail.read("domain.a.test").decode()
            self.vmail.write("domain.a.test", text.removesuffix("x\n"))
            self.assertRegex(self.pop3("joe@a.test"), r"^\+OK 1 messages")

    def test_who_was_deleted_comes_back_to_a_name_that_another_had_meanwhile(self):
        self.ok("user", "delete", "joe@a.test")
        self.ok("user", "add", "joe@a.test")
        self.ok("user", "rename", "joe@a.test", "jim", "--no-alias")
        self.ok("user", "restore", "joe@a.test")
        self.assertRegex(self.pop3("joe@a.test"), r"^\+OK 1 messages")

    def test_a_deleted_account_comes_back_to_a_domain_that_has_another_name_now(self):
        self.mail("ann@a.test")
        self.ok("user", "delete", "ann@a.test")
        self.ok("domain", "rename", "a.test", "new.test")
        self.ok("user", "restore", "ann@a.test")
        self.assertRegex(self.pop3("ann@a.test"), r"^\+OK 1 messages")
        self.assertTrue(os.path.isdir(self.path("homes", "new.test", "home", "ann")))
        self.assertIn(f"home\t{self.path('homes', 'new.test', 'home', 'ann')}\n",
                      self.ok("user", "show", "ann@new.test").stdout.decode())

    def test_mail_for_a_name_without_alias_is_refused_from_then_on(self):
        self.ok("user", "rename", "joe@a.test", "jim", "--no-alias")
        self.mail("joe@a.test", 67)
        self.mail("boss@a.test")
        self.ok("user", "add", "joe@a.test")
        self.mail("joe@a.test")
        self.assertEqual((len(self.vmail.messages("jim@a.test")), len(self.vmail.messages("joe@a.test"))), (2, 1))


    def test_what_an_account_owns_and_says_of_itself_has_its_new_name(self):
        self.ok("alias", "set", "list@a.test", "owners=ann joe")
        self.ok("user", "set", "joe@a.test", "address=joe@a.test", "alternative-address=jay", "title=Boss")
        self.ok("user", "rename", "joe@a.test", "jim", "--no-alias")
        self.assertEqual(self.vmail.read("attributes.a.test"), b"list: owners = ann jim\n")
        shown = self.ok("user", "show", "jim@a.test").stdout.decode()
        for line in ("address\tjim@a.test", "alternative-address\tjay@a.test", "title\tBoss"):
            self.assertIn(line + "\n", shown)
        self.ok("domain", "rename", "a.test", "new.test")
        self.assertIn("owns\tlist@new.test", self.ok("user", "show", "jim@new.test").stdout.decode())
        before = len(self.vmail.messages("jim@new.test"))
        self.mail("jay@a.test")
        self.assertEqual(len(self.vmail.messages("jim@new.test")), before + 1)
        self.assertEqual(self.vmail.run("vadmin", "check", "--files").stdout, b"")


class Deleted(Moved):
    def test_deleting_names_what_would_break_and_replace_by_mends_it(self):
        told = self.vmail.run("vadmin", "user", "delete", "ann@a.test").stderr
        self.assertIn("the alias list@a.test names it", told)
        self.ok("user", "restore", "ann@a.test")
        self.ok("alias", "set", "list@a.test", "owners=joe")
        for wrong in ("ann", "joe@a.test", "|cat", "a b@c"):
            self.refused(65, "user", "delete", "joe@a.test", "--replace-by", wrong)
        told = self.refused(67, "user", "delete", "joe@a.test", "--replace-by", "ghost@a.test")
        self.assertIn("--replace-by ghost@a.test: there is no such account or alias: make it first", told)
        told = self.ok("user", "delete", "joe@a.test", "--replace-by", "ann@a.test").stderr
        self.assertEqual(len(re.findall("it will lead to ann@a.test", told)), 6, told)
        self.assertIn("'joe' owns the alias list@a.test", told)
        self.assertIn(": it will belong to ann", told)
        self.assertEqual(self.vmail.read("attributes.a.test"), b"list: owners = ann\n")
        self.assertEqual(self.vmail.read("aliases.a.test"),
                         b"# people\nlist: ann@a.test, far@far.test\nboss: ann@a.test\n")
        self.assertIn(b"fallback = ann@a.test\n", self.vmail.read("domain.b.test"))
        self.mail("boss@a.test")
        self.mail("nobody@b.test")

    def test_who_would_reach_nobody_when_the_account_is_gone_takes_nobodys_place(self):
        self.ok("domain", "set", "a.test", "match-full-name=yes")
        self.ok("user", "set", "joe@a.test", "name=Joe Doe", "alternative-address=jay")
        self.ok("alias", "add", "chain@b.test", "boss@a.test")
        self.ok("alias", "add", "lost@b.test", "ghost@a.test")
        self.vmail.extra("a.test", "answer.auto", "Subject: away\n\naway\n")
        home = os.path.join(self.vmail.home("ann@a.test"), ".forward")
        os.unlink(os.path.join(self.vmail.spool, "files", "a.test", "ann.forward"))
        with open(home, "w") as f:
            f.write("joe@a.test\n")
        before = self.tree()
        for to, why in (*((name, "it leads to joe@a.test alone, who is deleted: its mail would reach nobody")
                          for name in ("boss@a.test", "jay@a.test", "joe+x@a.test", "Joe.Doe@a.test", "boss@alias.test",
                                       "anybody@b.test", "chain@b.test", "ann@a.test")),
                        ("answer@a.test", "there is an autoresponder alone")):
            told = self.refused(65, "user", "delete", "joe@a.test", "--yes", "--replace-by", to)
            self.assertIn(f"--replace-by {to}: {why}", told)
        told = self.refused(65, "user", "delete", "joe@a.test", "--yes", "--replace-by", "lost@b.test")
        self.assertIn("its mail is not delivered: 'vadmin explain lost@b.test' tells why", told)
        self.assertEqual(self.tree(), before)
        self.ok("domain", "set", "b.test", "reject-mail=yes")
        told = self.refused(65, "user", "delete", "joe@a.test", "--yes", "--replace-by", "list@b.test")
        self.assertIn("its mail is not delivered: 'vadmin explain list@b.test' tells why", told)
        self.ok("user", "forward", "joe@a.test", "ann@a.test")
        self.refused(65, "user", "delete", "joe@a.test", "--yes", "--replace-by", "boss@a.test")

    def test_who_sees_one_domain_alone_loses_no_mail_through_others(self):
        self.ok("domain", "set", "a.test", "co-administration=yes")
        self.ok("admin", "passwd", "admin", "a.test", "--password-stdin", input=b"blue horses 9 run\n")
        self.ok("alias", "add", "chain@b.test", "boss@a.test")
        self.ok("alias", "add", "via@a.test", "chain@b.test")
        self.ok("domain", "add", "c.test")
        for to in ("chain@b.test", "via@a.test", "anybody@b.test"):
            told = self.refused(65, "--as", "admin/admin@a.test", "user", "delete", "joe", "--yes", "--replace-by", to)
            self.assertIn(f"--replace-by {to}: it leads to joe@a.test alone", told)
        for to in ("ghost@c.test", "ghost@far.test"):
            told = self.refused(77, "-n", "--as", "admin/admin@a.test", "user", "delete", "joe", "--yes",
                                "--replace-by", to)
            self.assertRegex(told, r"^vadmin: joe@a\.test stays: something outside of what is yours leads to joe@a\.test")
            self.assertNotIn("b.test", told)
        told = self.ok("-n", "--as", "admin/admin@a.test", "user", "delete", "joe", "--yes").stderr
        self.assertIn("something outside of what is yours leads to joe@a.test: that ends", told)
        self.assertNotIn("b.test", told)
        self.vmail.write("aliases.b.test", b"")
        self.ok("domain", "set", "b.test", "fallback=ann@a.test")
        for to in ("ghost@c.test", "ghost@far.test"):
            self.ok("-n", "--as", "admin/admin@a.test", "user", "delete", "joe", "--yes", "--replace-by", to)

    def test_who_leads_to_others_too_or_by_a_forward_that_changes_takes_its_place(self):
        self.ok("user", "forward", "ann@a.test", "joe@a.test")
        self.ok("alias", "add", "team@a.test", "ann")
        for to in ("team@a.test", "ann@a.test", "list@a.test"):
            self.ok("user", "delete", "joe@a.test", "--yes", "--replace-by", to)
            before = len(self.vmail.messages("ann@a.test"))
            for name in ("boss@a.test", "nobody@b.test", "ann@a.test"):
                self.mail(name)
            self.assertEqual(len(self.vmail.messages("ann@a.test")), before + 3)
            self.ok("undo", self.ok("log", "1").stdout.decode().split("\t")[0])
            self.assertIn(b"boss: JOE\n", self.vmail.read("aliases.a.test"))

    def test_mail_is_said_to_be_refused_where_it_will_be_and_nowhere_else(self):
        self.ok("domain", "add", "f.test", "fallback=zed@a.test")
        self.ok("domain", "add", "g.test", "fallback=joe@g.test")
        for to in "bob@a.test", "kim@a.test", "eve@a.test", "zed@a.test", "joe@f.test", "joe@g.test":
            self.ok("user", "add", to)
        self.vmail.write("aliases.b.test", "two: joe@a.test, ann@a.test\none: joe@a.test\nfall: joe@f.test\nself: joe@g.test\n")
        self.ok("user", "forward", "bob@a.test", "joe@a.test", "x@far.test")
        self.ok("user", "forward", "kim@a.test", "joe@a.test", "--keep")
        self.ok("user", "forward", "eve@a.test", "joe@a.test")
        told = "".join(self.ok("user", "delete", f"joe@{domain}.test", "--yes").stderr for domain in "afg")
        for name, then, status in (("two@b.test", "", 0), ("one@b.test", "refused", 67), ("bob@a.test", "", 0), ("kim@a.test", "", 0),
                                   ("eve@a.test", "refused", 67), ("fall@b.test", "go to the fallback", 0),
                                   ("self@b.test", "refused", 67)):
            said = re.search(rf"{name} names it \(\S+?\)(.*)", told)[1]
            self.assertRegex(said, rf"^, and nobody else: its mail will .*{then}$" if then else "^$")
            self.assertEqual(self.vmail.run("vdeliver", "-n", name).status, status, name)

    def test_who_leads_to_it_without_naming_it_in_a_line_of_ours_is_named_too(self):
        self.ok("domain", "set", "a.test", "match-full-name=yes")
        self.ok("domain", "add", "fb.test")
        self.ok("domain", "set", "fb.test", "fallback=@a.test")
        self.ok("user", "set", "joe@a.test", "name=Joe Doe")
        path = self.vmail.write("members", "x@far.test\njoe@a.test\n")
        self.vmail.write("aliases.b.test", f"inc: :include:{path}\nfull: Joe.Doe@a.test\nvia: joe@fb.test\n"
                         "plain: joe@a.test\n")
        home = os.path.join(self.vmail.home("ann@a.test"), ".forward")
        os.unlink(os.path.join(self.vmail.spool, "files", "a.test", "ann.forward"))
        with open(home, "w") as f:
            f.write("# mine\njoe@a.test\n\\ann\n")
        if ROOT:
            st = os.stat(os.path.dirname(home))
            os.chown(home, st.st_uid, st.st_gid)
        for more, then in ((), ""), (("--replace-by", "ann@a.test"), ": that is not changed"):
            told = self.ok("-n", "user", "delete", "joe@a.test", "--yes", *more).stderr
            for name, where in (("alias inc@b.test", "aliases.b.test:1"), ("alias full@b.test", "aliases.b.test:2"),
                                ("alias via@b.test", "aliases.b.test:3"), ("forward of ann@a.test", home + ":2")):
                self.assertRegex(told, rf"the {name} leads to it \(.*{re.escape(where)}\){then}\n")
            self.assertEqual(told.count("plain@b.test"), 1, told)

    def test_who_is_named_where_nothing_can_be_changed_stays_until_that_is_mended(self):
        for name in ("aliases.b.test", "vips"):
            self.vmail.write(name, b"sales: joe@a.test\n")
            os.rename(self.path("etc", name), self.path(name))
        os.symlink(self.path("aliases.b.test"), self.path("etc", "aliases.b.test"))
        self.ok("domain", "set", "b.test", f"extra-aliases={self.path('vips')}")
        before = self.tree()
        for command in (("user", "delete", "joe@a.test", "--yes", "--replace-by", "ann@a.test"),
                        ("user", "rename", "joe@a.test", "jim", "--no-alias")):
            told = self.refused(77, *command)
            self.assertRegex(told, r"aliases\.b\.test:1: 'joe@a\.test' is not changed: .*symbolic link")
            self.assertRegex(told, r"vips:1: 'joe@a\.test' is not changed: the file is not in .*by hand")
            self.assertIn("2 places told above cannot be changed", told)
            self.assertEqual(self.tree(), before)
        told = self.vmail.run("vadmin", "-n", "user", "delete", "joe@a.test", "--yes").stderr
        self.assertRegex(told, r"the alias sales@b\.test names it \(.*aliases\.b\.test:1\), and nobody else")
        for name in ("aliases.b.test", "vips"):
            with open(self.path(name), "w") as file:
                file.write("sales: ann@a.test\n")
        self.ok("user", "delete", "joe@a.test", "--yes", "--replace-by", "ann@a.test")

    def stopped(self, calls, nth, *args, paths=()):
        """vadmin, which stands still behind the nth of these calls (on these paths); None: it has ended before."""
        log = self.path("log")
        process = subprocess.Popen(["/usr/bin/strace", "-o", log, *(word for path in paths for word in ("-P", path)),
                                    "-e", f"trace={calls}", "-e", f"inject={calls}:signal=STOP:when={nth}",
                                    program("vadmin"), "-C", self.vmail.dir, *args],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
        def stands():
            return process.poll() is not None or os.path.exists(log) and "stopped by SIGSTOP" in open(log).read()
        eventually(stands, "the call")
        return None if process.poll() is not None else process

    def goes_on(self, process):
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as f:
            os.kill(int(f.read()), signal.SIGCONT)
        return process.wait(DEADLINE)

    @once("its steps are the same, whoever runs it")
    def test_what_an_editor_does_between_two_looks_of_replace_by_stays(self):
        path, nth = os.path.join(self.vmail.dir, "aliases.b.test"), 0
        while True:
            nth += 1
            self.vmail.write("aliases.b.test", "other: joe@a.test\n")
            os.path.exists(self.path("log")) and os.unlink(self.path("log"))
            process = self.stopped("openat,openat2", nth, "user", "delete", "joe@a.test", "--yes", "--replace-by",
                                   "ann@a.test", paths=(path, os.path.basename(path)))
            self.assertIsNotNone(process, "it has ended without a new file")
            begun = os.path.exists(os.path.join(self.vmail.dir, ".aliases.b.test.new"))
            if not begun:
                self.vmail.write("aliases.b.test", "newer: ann@b.test\n")   # as long as what stood there
            self.goes_on(process)
            if begun:
                break
            self.assertEqual(self.vmail.read("aliases.b.test"), b"newer: ann@b.test\n", nth)
            if process.returncode == 0:
                self.ok("user", "restore", "joe@a.test")
        self.assertGreater(nth, 6)

    @once("its steps are the same, whoever runs it")
    def test_what_an_editor_saves_while_a_change_waits_for_its_disk_stays(self):
        # Behind the last sync before the new file takes the old one's place, too, which is the journal's.
        for name, command in (("aliases.a.test", ("alias", "add", "list@a.test", "x@far.test")),
                              ("domain.a.test", ("domain", "set", "a.test", "description=x")),
                              ("passwd.a.test", ("user", "set", "ann@a.test", "name=Ann"))):
            for calls in ("fsync", "fdatasync"):
                os.path.exists(self.path("log")) and os.unlink(self.path("log"))
                before = self.vmail.read(name)
                process = self.stopped(calls, 1, *command)
                self.assertIsNotNone(process)
                self.vmail.write(name, before.swapcase())          # as long as it was
                os.utime(os.path.join(self.vmail.dir, name), (0, 0))
                self.assertEqual(self.goes_on(process), 75)
                self.assertEqual(self.vmail.read(name), before.swapcase(), (name, calls))
                self.vmail.write(name, before)
                if calls == "fdatasync":
                    last = self.ok("log", "1").stdout.decode().split("\t")
                    self.assertRegex(last[5], f"^failed: .*{name} changed meanwhile: try again$")
                    self.assertEqual(self.ok("log", "--steps", last[0]).stdout, b"")
            self.ok(*command)

    @once("its steps are the same, whoever runs it")
    def test_forwards_that_cannot_be_listed_keep_the_account(self):
        got = run("/usr/bin/strace", "-f", "-o", os.devnull, "-P", self.path("spool", "files", "a.test"),
                  "-e", "inject=getdents64:error=EIO", program("vadmin"), "-C", self.vmail.dir,
                  "user", "delete", "joe@a.test", "--yes", "--replace-by", "ann@a.test")
        self.assertEqual(got.status, 75, got)
        self.assertIn("files/a.test: not looked at to its end: Input/output error", got.stderr)
        self.mail("joe@a.test")

    @once("its steps are the same, whoever runs it")
    def test_a_disk_that_fails_while_others_are_led_elsewhere_keeps_the_account(self):
        got = run("/usr/bin/strace", "-f", "-o", os.devnull, "-e", "trace=renameat", "-e",
                  "inject=renameat:error=EIO:when=2", program("vadmin"), "-C", self.vmail.dir,
                  "user", "delete", "joe@a.test", "--yes", "--replace-by", "ann@a.test")
        self.assertEqual(got.status, 75, got)
        self.assertIn("joe@a.test stays: ", got.stderr)
        self.mail("joe@a.test")
        self.ok("user", "delete", "joe@a.test", "--yes", "--replace-by", "ann@a.test")
        self.assertNotIn(b": joe@A.TEST", self.vmail.read("aliases.b.test"))

    def test_an_alias_that_would_lead_to_nobody_is_named_so(self):
        self.ok("user", "forward", "ann@a.test", "joe@a.test")
        told = self.ok("user", "delete", "joe@a.test").stderr
        for name in ("boss@a.test", "the fallback of b.test", "the forward of ann@a.test"):
            line = next(line for line in told.splitlines() if name in line)
            self.assertIn("mail will be refused", line)
        self.assertNotIn("refused", next(line for line in told.splitlines() if "list@a.test" in line))
        self.mail("boss@a.test", 67)

    def test_a_domain_tells_what_it_holds_and_goes_and_comes_back_whole(self):
        self.vmail.set(main_domain="a.test")
        self.assertIn("main domain", self.refused(77, "domain", "delete", "a.test", "--with-accounts"))
        self.vmail.set(main_domain="main.test")
        told = self.refused(77, "domain", "delete", "a.test")
        self.assertRegex(told, r"2 accounts, 2 aliases and \d{3} bytes of mail")
        for part in ("domain alias alias.test", "alias odd@b.test leads to joe@a.test",
                     "fallback of b.test leads to joe@a.test", "--with-accounts"):
            self.assertIn(part, told)
        before = self.tree()
        told = self.refused(77, "domain", "delete", "Alias.test", "--with-accounts")
        self.assertIn("alias.test is another name of a.test: 'vadmin domain unalias alias.test'", told)
        self.ok("domain", "delete", "a.test", "--with-accounts")
        for address in ("joe@a.test", "joe@alias.test"):
            self.mail(address, 68)
        self.ok("domain", "add", "a.test")
        self.ok("user", "add", "joe@a.test")
        self.mail("joe@a.test")
        uid = self.vmail.read("passwd.a.test").split(b":")[2]
        self.assertNotIn(int(uid), [what[1] for what in before.values()], "a uid is never given twice")
        self.refused(73, "domain", "restore", "a.test")
        self.ok("domain", "rename", "a.test", "second.test")
        self.ok("domain", "unalias", "a.test")
        self.ok("domain", "restore", "a.test")
        self.assertTrue(self.pop3("joe@alias.test").startswith("+OK"))
        now = self.tree()
        for path, what in before.items():       # what names it elsewhere followed the second domain of that name
            if path not in ("etc/uids", "etc/addresses") and ".b.test" not in path:
                self.assertEqual(now.get(path), what, path)

    def test_purging_a_domain_leaves_nothing_of_it(self):
        os.makedirs(self.path("spool", "a.test", "ann", "cur"))
        if ROOT:
            for path in ("spool/a.test/ann", "spool/a.test/ann/cur"):
                os.chown(self.path(path), 60002, GID)
        self.ok("user", "delete", "joe@a.test")
        self.ok("domain", "delete", "a.test", "--with-accounts")
        self.ok("domain", "purge", "a.test")
        left = [path for path in self.tree() if "a.test" in path or "alias.test" in path]
        self.assertEqual(left, [])
        self.refused(67, "domain", "restore", "a.test")
        self.refused(67, "domain", "purge", "a.test")

    @needs_root
    def test_purging_a_domain_of_one_owner_leaves_nothing_of_accounts_that_were_deleted_before(self):
        os.mkdir(self.path("srv"), 0o755)
        for inbox in "%d/%u", self.path("srv") + "/%d/x/%u":
            self.ok("domain", "add", "one.test", "owner=5000:5000", f"inbox={inbox}", "mailbox=maildir")
            for name in "joe", "ann":
                self.ok("user", "add", f"{name}@one.test")
                self.assertEqual(self.vmail.deliver(f"{name}@one.test", HELLO).status, 0)
            self.ok("user", "delete", "joe@one.test")
            self.ok("domain", "delete", "one.test", "--with-accounts")
            self.ok("domain", "purge", "one.test")
            self.assertEqual([path for path in self.tree() if "one.test" in path], [])
            self.assertEqual([path for path in os.listdir(self.path("srv")) if path != ".trash"], [])


if __name__ == "__main__":
    main()
