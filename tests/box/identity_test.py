#!/usr/bin/python3
"""vdeliver and vlmtpd: who opens what.  Whole runs under strace, and every child in /proc."""
import collections
import fcntl
import resource
import stat

from lmtp import *
from pop3 import spool

NOBODY = 65534
COMMAND_USER, SENDMAIL_USER, OWNER = 60700, 60800, 61234
MESSAGE = b"Message-ID: <m1@far.test>\nSubject: x\n\nhello\n"
LONG = b"Subject: long\n\n" + b"0123456789abcde\n" * 40000
WORDS = {"PATH", "SHELL", "LANG", "HOME", "SENDER", "RECIPIENT", "DOMAIN", "LOCAL", "USER", "LOGNAME",
         "EXTENSION"}


# --- what strace saw ---------------------------------------------------------

Call = collections.namedtuple("Call", "pid euid name paths ok line")

FORKS = re.compile(r"^(?:clone3?|v?fork)\(.* = (\d+)$")
SHAPE = re.compile(r"^(\w+)\((.*)\) += (-?\w+)")
PLACE = re.compile(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')
FIRST = re.compile(r"\d+<([^>]*)>")
BY_ONE = {"execve", "symlink", "symlinkat"}     # their other strings are no paths
READS = {"read", "pread64"}                     # nor are theirs


def calls(lines, euid):
    """Lines of "strace -f -y" as Calls: who (effective uid), what, which paths, whether it worked.

    The first process begins as euid; a child is who its parent was, and may be seen before the
    parent's fork comes back, and so may the child's own child.
    """
    who, found, parents = {}, [], {}

    def known(pid):
        while pid not in who and pid in parents:
            pid = parents[pid]
        return who.get(pid, euid)

    for line in lines:
        pid, text = line.split(maxsplit=1)
        if match := FORKS.match(text):
            parents[match[1]] = pid
    for line in lines:
        pid, text = line.split(maxsplit=1)
        who.setdefault(pid, known(pid))
        if child := FORKS.match(text):
            who.setdefault(child[1], who[pid])
        shape = SHAPE.match(text)
        if not shape:
            continue
        name, arguments, result = shape.groups()
        ok = not result.startswith("-1")
        paths = [os.path.normpath(os.path.join(at, path)) for at, path in PLACE.findall(arguments)]
        if name in READS:
            paths = FIRST.findall(arguments)
        found.append(Call(pid, who[pid], name, paths[:1] if name in BY_ONE | READS else paths, ok, line))
        if ok and name in ("setuid", "setreuid", "setresuid"):
            numbers = [int(n) for n in re.findall(r"-?\d+", arguments)]
            who[pid] = numbers[1] if len(numbers) > 1 else numbers[0]
    return found


class Trail(unittest.TestCase):
    def test_a_child_and_its_child_may_be_seen_before_the_forks_they_come_from(self):
        trail = calls(['7 setresuid(5, 5, 5) = 0', '9 execve("/usr/bin/date", ["date"], []) = 0',
                       '8 fork() = 9', '7 fork() = 8', '8 umask(022) = 077'], 0)
        self.assertEqual([(c.pid, c.euid) for c in trail], [("7", 0), ("9", 5), ("8", 5), ("7", 5), ("8", 5)])


def opens(call):
    return call.name in ("open", "openat", "openat2", "creat")


CHANGES = re.compile(r"^(un)?link(at)?$|^rename(at2?)?$|^mkdir(at)?$|^rmdir$|^f?ch(mod|own)(at)?$|"
                     r"^lchown$|^truncate$|^mknod(at)?$|^symlink(at)?$|^utimensat$")


class Walk(LmtpTest):
    """The whole run of a delivery under strace, judged call by call."""
    settings = {"command-user": COMMAND_USER, "sendmail-user": SENDMAIL_USER} if ROOT else {}

    def setUp(self):
        super().setUp()
        self.vmail.domain("a.test", {"user-commands": "yes"}, accounts=["joe", "eve"])
        self.vmail.domain("b.test", {"mailbox": "maildir"}, accounts=["ann"])
        self.out = self.vmail._directory("out", 0o777)
        self.joe, self.ann = self.owner("joe@a.test")[0], self.owner("ann@b.test")[0]

    def users_places(self):
        """Whatever lies below them is some user's to put there: (root, names in it)."""
        return [*(os.path.join(self.vmail.spool, d) for d in ("a.test", "b.test", "one.test")),
                *(os.path.join(self.vmail.spool, "files", d) for d in ("a.test", "b.test")),
                *(self.vmail.home(a) for a in ("joe@a.test", "eve@a.test", "ann@b.test")), self.out]

    def is_users(self, path):
        """The home itself, or what is in it; spool/D itself is root's."""
        for place in self.users_places():
            if path.startswith(place + "/") or (path == place and place.startswith(self.vmail.homes)):
                return True
        return False

    def traced(self, name, arguments, euid=0, **more):
        """The program under root's strace, from its own execve on; euid: started as that user."""
        got = run(*self.under_strace(name, euid), *arguments, **more)
        return got, self.trail(name, euid)

    def under_strace(self, name, euid=0):
        """The words of that."""
        switch = ["setpriv", "--reuid", str(euid), "--regid", str(euid + 1), "--clear-groups"]
        return ["/usr/bin/strace", "-f", "-y", "-v", "-s", "200", "-o", os.path.join(self.vmail.scratch, "strace"),
                "-e", "signal=none", "-e", "trace=%file,%process,%creds,prctl,setpgid,prlimit64,setrlimit,umask,"
                "close_range,fchown,fchmod,read,pread64,chroot,fchdir", "--", *(switch if euid else []), program(name),
                "-C", self.vmail.dir]

    def trail(self, name, euid=0):
        """What strace saw of the last run."""
        with open(os.path.join(self.vmail.scratch, "strace"), errors="replace") as f:
            lines = joined(f.read().splitlines())
        begin = next(n for n, line in enumerate(lines) if f' execve("{program(name)}"' in line)
        return calls(lines[begin:], euid)

    # what must hold of each run

    def judge(self, trail, identities):
        """identities: {uid: gid} of everybody that a process of this run may become."""
        self.as_root_nothing_of_users(trail)
        self.nobody_goes_back(trail)
        for pid in dict.fromkeys(c.pid for c in trail):
            own = [c for c in trail if c.pid == pid]
            self.who_changes_does_it_in_order(own, identities)
        self.commands_start_clean(trail)
        self.start_is_careful(trail)
        became = {c.euid for c in trail} - {0}
        self.assertEqual(became, set(identities))

    def as_root_nothing_of_users(self, trail):
        for call in trail:
            if call.euid != 0:
                continue
            if opens(call) or CHANGES.match(call.name) or call.name in {"execve", *READS}:
                for path in call.paths:
                    self.assertFalse(self.is_users(path) and not self.is_roots_own(path), call.line)

    def is_roots_own(self, path):
        """A file of root's in files/D, which is sticky: nobody else can have put it there."""
        if not path.startswith(os.path.join(self.vmail.spool, "files")):
            return False
        st = os.lstat(path)
        return stat.S_ISREG(st.st_mode) and st.st_uid == 0 and st.st_nlink == 1

    def nobody_goes_back(self, trail):
        for call in trail:
            if call.name in ("setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups"):
                if call.euid != 0:
                    self.assertFalse(call.ok, call.line)

    def who_changes_does_it_in_order(self, own, identities):
        names = [c.name for c in own if c.name in ("setgroups", "setresgid", "setresuid", "setuid", "setgid")]
        if not names:
            return
        self.assertEqual(names, ["setgroups", "setresgid", "setresuid", "setuid", "setgid"])
        texts = {c.name: c.line for c in own if c.name in names}
        self.assertIn("setgroups(0, ", texts["setgroups"])
        uid = int(re.search(r"\d+\D*$", texts["setresuid"].rsplit(")", 1)[0])[0])
        self.assertIn(uid, identities)
        self.assertRegex(texts["setresuid"], rf"\({uid}, {uid}, {uid}\) += 0")
        gid = identities[uid]
        self.assertRegex(texts["setresgid"], rf"\({gid}, {gid}, {gid}\) += 0")
        self.assertRegex(texts["setuid"], r"setuid\(0\) += -1 EPERM")
        self.assertRegex(texts["setgid"], r"setgid\(0\) += -1 EPERM")

    def commands_start_clean(self, trail):
        """What a process did before it became /bin/sh or sendmail."""
        first = trail[0].pid
        for at, call in enumerate(trail):
            if call.name != "execve" or not call.ok or call.pid == first:
                continue
            before = [c.line for c in trail[:at] if c.pid == call.pid]
            if any(" execve(" in line for line in before) or not any("close_range" in line for line in before):
                self.assertNotEqual(call.euid, 0, call.line)
                continue                        # what a shell starts is the shell's
            self.assertNotEqual(call.euid, 0, call.line)
            self.assertTrue(any(" setpgid(0, 0) " in line for line in before), before)
            self.assertTrue(any("close_range(3, 4294967295, CLOSE_RANGE_CLOEXEC) = 0" in line
                                for line in before), before)
            environment = call.line.split("], [")[-1]
            self.assertEqual(set(re.findall(r'"([A-Z_a-z0-9]+)=', environment)), WORDS, call.line)

    def start_is_careful(self, trail):
        begin = next(n for n, c in enumerate(trail) if opens(c) and self.vmail.dir in c.paths[0])
        for what in (r"umask\(077\)", r"prctl\(PR_SET_DUMPABLE, SUID_DUMP_DISABLE\) += 0",
                     r"RLIMIT_CORE, \{rlim_cur=0, "):
            self.assertTrue(any(re.search(what, c.line) for c in trail[:begin]), f"too late: {what}")


def home(test, text, name=".forward", address="joe@a.test"):
    path = os.path.join(test.vmail.home(address), name)
    test.put(path, text.encode(), address)
    return path


def is_walked(self, prepare, identities, to, options=(), message=MESSAGE):
    """prepare(test); then the run, as who we are; identities(test): {uid: gid}."""
    prepare(self)
    for body in (message, LONG):
        got, trail = self.traced("vdeliver", [*options, "-f", "sender@far.test", "--", *to], input=body)
        self.assertEqual((got.status, got.stderr), (0, ""), got)
        self.judge(trail, identities(self))


def aliases(text):
    return lambda test: test.vmail.write("aliases.a.test", text.format(out=test.out))


def filtered(test):
    kept = test.vmail.read("domain.a.test").decode()
    test.vmail.write("domain.a.test", kept + "filter = cat\n")


def from_files(test):
    """Root's own may hold commands; so may the account's here."""
    test.vmail.extra("a.test", "joe.forward", f"\\joe, |cat > {test.out}/forwarded\n")


def nothing(test):
    pass


def joe(test):
    return {test.joe: GID}


@needs_strace
@needs_root
@rows(is_walked, [
    ("an mbox", nothing, joe, ["joe@a.test"]),
    ("a Maildir", nothing, lambda t: {t.ann: GID}, ["ann@b.test"]),
    ("a command", aliases('run: "|cat > {out}/got"\n'), lambda t: {COMMAND_USER: COMMAND_USER}, ["run@a.test"]),
    ("a file", aliases("keep: {out}/file\n"), lambda t: {COMMAND_USER: COMMAND_USER}, ["keep@a.test"]),
    ("sendmail", aliases("far: x@away.test, y@away.test\n"), lambda t: {SENDMAIL_USER: SENDMAIL_USER},
     ["far@a.test"]),
    ("a forward in the home", lambda t: home(t, "\\joe, ann@b.test, far@away.test\n"),
     lambda t: {t.joe: GID, t.ann: GID, SENDMAIL_USER: SENDMAIL_USER, NOBODY: NOBODY}, ["joe@a.test"]),
    ("several targets of all kinds",
     aliases('all: joe, eve, ann@b.test, "|cat", {out}/file, far@away.test\n'),
     lambda t: {t.joe: GID, t.joe + 1: GID, t.ann: GID, COMMAND_USER: COMMAND_USER,
                SENDMAIL_USER: SENDMAIL_USER, NOBODY: NOBODY}, ["all@a.test"]),
    ("several recipients", aliases('run: "|cat"\n'),
     lambda t: {t.joe: GID, t.ann: GID, COMMAND_USER: COMMAND_USER, NOBODY: NOBODY},
     ["joe@a.test", "run@a.test", "ann@b.test"]),
    ("an address with an extension", nothing, joe, ["joe+lists@a.test"]),
    ("a member that is unknown", aliases("some: joe, nobody-there\n"),
     lambda t: {t.joe: GID, SENDMAIL_USER: SENDMAIL_USER}, ["some@a.test"]),
])
class Runs(Walk):
    """Each account's mail is a process of that account's; strace sees only what is root's or dumpable."""


@needs_strace
class Beneath(Walk):
    """Whatever lies in a directory that users can write to is opened beneath it, without links."""
    def opened(self, to, *options):
        got, lines = strace(self.vmail, ["-v", "-e", "trace=open,openat,openat2", *options],
                            "-f", "sender@far.test", to, input=MESSAGE)
        self.assertEqual(got.status, 0, got)
        return [line for line in lines if re.search(r' open\w*\(', line)]

    @needs_root                                 # else strace sees no names
    def test_inboxes_and_what_is_beside_them_are_opened_by_openat2(self):
        for to, names in (("joe@a.test", ("joe", ".joe.queue")), ("ann@b.test", ("ann", "tmp", "new", "cur"))):
            for _ in "12":
                lines = self.opened(to)
            for name in names:
                found = [line for line in lines if f'"{name}"' in line]
                self.assertTrue(found, name)
                for line in found:
                    self.assertRegex(line, r" openat2\(.*RESOLVE_NO_SYMLINKS\|RESOLVE_BENEATH", line)

    def test_a_kernel_without_openat2_does_it_by_single_names(self):
        for error in ("ENOSYS", "EPERM"):
            for to in ("joe@a.test", "ann@b.test"):
                self.opened(to, "-e", f"inject=openat2:error={error}")
        self.assertEqual((len(self.vmail.messages("joe@a.test")), len(self.vmail.messages("ann@b.test"))), (2, 2))


@needs_strace
@needs_root
class Apart(Walk):
    """An account's own commands and filters never have the group of the domain's inboxes."""
    def walk(self, to, *pairs):
        got, trail = self.traced("vdeliver", ["--", *to], input=MESSAGE)
        self.assertEqual((got.status, got.stderr), (0, ""), got)
        self.as_root_nothing_of_users(trail)
        self.nobody_goes_back(trail)
        self.commands_start_clean(trail)
        self.start_is_careful(trail)
        groups = {}                             # pid: [uid, gid] of who became somebody
        for call in trail:
            if call.ok and (match := re.search(r" setres([ug])id\((\d+)", call.line)):
                groups.setdefault(call.pid, {})[match[1]] = int(match[2])
        became = {(g["u"], g["g"]) for g in groups.values()}
        self.assertEqual(became, set(pairs))
        self.assertTrue(any("/bin/sh" in c.paths for c in trail if c.name == "execve"), "no command ran")

    def test_a_filter(self):
        filtered(self)
        self.walk(["joe@a.test"], (self.joe, GID), (self.joe, NOBODY))

    def test_a_command_in_a_forward_of_files(self):
        from_files(self)
        self.walk(["joe@a.test"], (self.joe, GID), (self.joe, NOBODY), (NOBODY, NOBODY))

    def test_a_command_in_the_homes_forward(self):
        home(self, f"\\joe, |cat > {self.out}/own\n")
        self.walk(["joe@a.test"], (self.joe, GID), (self.joe, NOBODY), (NOBODY, NOBODY))

    def readers(self, path):
        """The effective uids of who reads the path while list@a.test is delivered."""
        got, trail = self.traced("vdeliver", ["--", "list@a.test"], input=MESSAGE)
        self.assertEqual(got.status, 0, got)
        self.as_root_nothing_of_users(trail)
        self.nobody_goes_back(trail)
        return {c.euid for c in trail if c.name in READS and path in c.paths}

    def extra_aliases(self, path):
        self.put(path, b"list: eve, ann@b.test, far@away.test\n")
        kept = self.vmail.read("domain.a.test").decode()
        self.vmail.write("domain.a.test", kept + f"extra-aliases = {path}\n")

    def test_an_alias_file_that_is_a_users_is_read_by_that_user(self):
        path = os.path.join(self.vmail.dir, "lists")
        self.extra_aliases(path)
        self.assertEqual(self.readers(path), {self.joe})

    def test_an_alias_file_in_a_users_directory_is_read_by_that_user(self):
        path = os.path.join(self.vmail.home("joe@a.test"), "lists")
        self.extra_aliases(path)
        self.assertEqual(self.readers(path), {self.joe})

    def test_an_include_in_a_users_directory_is_read_by_that_user(self):
        path = os.path.join(self.vmail.home("joe@a.test"), "members")
        self.put(path, b"eve, ann@b.test\n")
        self.vmail.write("aliases.a.test", f"list: :include:{path}\n")
        self.assertEqual(self.readers(path), {self.joe})

    def test_an_autoresponder_beside_a_mailbox_is_not_opened_as_root_where_an_account_put_it(self):
        path = self.vmail.extra("a.test", "joe.auto", "Subject: away\n\naway\n")
        self.give(path)
        got, trail = self.traced("vdeliver", ["--", "joe@a.test"], input=MESSAGE)
        self.assertIn(got.status, (0, 75), got)
        self.as_root_nothing_of_users(trail)
        self.nobody_goes_back(trail)

    def test_it_is_told_when_root_does_open_what_is_a_users(self):
        # the negative control
        path = home(self, "x")
        line = f'7  openat(AT_FDCWD</>, "{path}", O_RDONLY) = 3<{path}>'
        other = f'8  openat(3<{self.vmail.spool}/a.test>, "joe", O_RDONLY) = 3'
        switch = "7  setresuid(60001, 60001, 60001) = 0"
        for lines in ([line], [other], ["7  fork() = 8", switch, other]):
            with self.assertRaises(AssertionError):
                self.as_root_nothing_of_users(calls(lines, 0))
        self.as_root_nothing_of_users(calls([switch, line], 0))
        self.as_root_nothing_of_users(calls([switch, "7  fork() = 8", other], 0))
        with self.assertRaises(AssertionError):
            self.nobody_goes_back(calls([switch, "7  setuid(0) = 0"], 0))


@needs_strace
@needs_root
class OneOwner(Walk):
    """A domain of one owner: started as root, or as that owner."""
    def setUp(self):
        super().setUp()
        self.uid, self.gid = OWNER, OWNER + 1
        self.vmail.domain("one.test", {"owner": f"{self.uid}:{self.gid}", "gid": None}, accounts=["bob"],
                          aliases="all: bob, far@away.test\n")
        self.vmail.set(sendmail_user=None)

    def test_as_root_everything_is_the_owner(self):
        for to in (["bob@one.test"], ["all@one.test"]):
            got, trail = self.traced("vdeliver", ["--", *to], input=MESSAGE)
            self.assertEqual(got.status, 0, got)
            self.judge(trail, {self.uid: self.gid})

    def test_as_the_owner_no_process_changes_anything(self):
        place = os.path.join(self.vmail.spool, "one.test")
        os.mkdir(place, 0o700)
        os.chown(place, self.uid, self.gid)
        for to in (["bob@one.test"], ["all@one.test"]):
            got, trail = self.traced("vdeliver", ["--", *to], euid=self.uid, input=MESSAGE)
            self.assertEqual(got.status, 0, got)
            self.nobody_goes_back(trail)
            self.start_is_careful(trail)
            self.assertEqual({c.euid for c in trail}, {self.uid})


@needs_strace
@needs_root
class Sessions(Walk):
    """vlmtpd, one message for several recipients."""
    def test_several_recipients_in_one_session(self):
        self.vmail.write("aliases.a.test", f'run: "|cat"\nkeep: {self.out}/file\nfar: x@away.test\n')
        home(self, "\\eve, ann@b.test\n", address="eve@a.test")
        with open(os.path.join(spool(self.vmail, "joe@a.test"), "joe.quota"), "w") as f:
            f.write("100\n")
        to = ("joe@a.test", "eve@a.test", "ann@b.test", "run@a.test", "keep@a.test", "far@a.test")
        text = ("LHLO client.test\r\nMAIL FROM:<sender@far.test>\r\n"
                + "".join(f"RCPT TO:<{a}>\r\n" for a in to)
                + "DATA\r\nSubject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n")
        client, server = socket.socketpair()
        with client, server:
            client.sendall(text.encode())
            got, trail = self.traced("vlmtpd", [], input=server)
        self.assertEqual(got.status, 0, got)
        self.assertEqual(got.log.count(" status=0 "), 7, got)
        self.as_root_nothing_of_users(trail)
        self.nobody_goes_back(trail)
        self.commands_start_clean(trail)
        self.start_is_careful(trail)
        identities = {self.joe: GID, self.joe + 1: GID, self.ann: GID, COMMAND_USER: COMMAND_USER,
                      SENDMAIL_USER: SENDMAIL_USER, NOBODY: NOBODY}
        for pid in dict.fromkeys(c.pid for c in trail):
            self.who_changes_does_it_in_order([c for c in trail if c.pid == pid], identities)
        self.assertEqual({c.euid for c in trail} - {0}, set(identities))


# --- every child while it works ------------------------------------------------

def environment_of(pid):
    with open(f"/proc/{pid}/environ") as f:
        return dict(word.split("=", 1) for word in f.read().split("\0") if word)


def limit_of(pid, name):
    with open(f"/proc/{pid}/limits") as f:
        return next(line[len(name):].split()[:2] for line in f if line.startswith(name))


def can_be_dumped(pid):
    """The files of a process that cannot be dumped are root's."""
    return os.stat(f"/proc/{pid}/stat").st_uid == int(status_of(pid)["Uid"].split()[1])


class Held(Walk):
    """A delivery that is held still by its target: .begin(), .children(), .end()."""
    def setUp(self):
        super().setUp()
        self.gate = Gate(self.vmail)
        self.addCleanup(self.gate.close)
        self.hold = self.gate.target.strip('"|')

    def start(self, to, name="vdeliver", **more):
        """With core files wanted, words and descriptors that children must not have."""
        def careless():
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
            os.umask(0)
            if ROOT:
                os.setgroups([4, 24, 0])
        opened = [os.open("/etc/passwd", os.O_RDONLY) for _ in range(3)]
        if name == "vdeliver":
            process = self.vmail.start(name, "-f", "sender@far.test", "--", to, stdin=subprocess.PIPE,
                                       env={"LD_SECRET": "x", "IFS": "x", "BASH_ENV": "/x", "VMAIL_X": "y"},
                                       preexec_fn=careless, pass_fds=opened, **more)
            process.popen.stdin.write(MESSAGE)
            process.popen.stdin.close()
        for fd in opened:
            os.close(fd)
        return process

    def children(self, process, count=1):
        """All of its descendants, the parents first, once there are so many."""
        def below():
            found, frontier = [], [process.pid]
            while frontier:
                pid = frontier.pop(0)
                try:
                    with open(f"/proc/{pid}/task/{pid}/children") as f:
                        kids = [int(n) for n in f.read().split()]
                except (FileNotFoundError, ProcessLookupError):
                    kids = []
                found += kids
                frontier += kids
            return found if len(found) >= count else None
        return eventually(below, "its children")

    def is_only(self, pid, uid, gid):
        status = status_of(pid)
        if ROOT:
            self.assertEqual((status["Uid"].split(), status["Gid"].split(), status["Groups"].split()),
                             ([str(uid)] * 4, [str(gid)] * 4, []))
        else:
            self.assertEqual(status["Uid"].split(), [str(os.getuid())] * 4)
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(status[name], 16), 0, status)
        self.assertEqual(status["Umask"], "0077")
        self.assertEqual(limit_of(pid, "Max core file size")[0], "0")

    def is_courier(self, pid, uid, gid):
        self.is_only(pid, uid, gid)
        self.assertFalse(ROOT and can_be_dumped(pid))
        self.assertEqual(int(stat_of(pid)[2]), pid)      # the leader of its group

    def is_command(self, pid, uid, gid, **words):
        self.is_only(pid, uid, gid)
        # While it redirects, a shell keeps a copy of its own above 9.
        eventually(lambda: sorted(descriptors(pid)) == [0, 1, 2], "0, 1 and 2 alone")
        for what in descriptors(pid).values():
            self.assertRegex(what, r"^(pipe:|/dev/null$)")
        found = environment_of(pid)
        self.assertEqual(set(found), WORDS)
        self.assertEqual({k: found[k] for k in words}, words)
        self.assertEqual((found["PATH"], found["SHELL"], found["LANG"]), (PATH, "/bin/sh", "C"))
        self.assertEqual(int(stat_of(pid)[2]), pid)
        self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")
        status = status_of(pid)
        ours = ~(3 << 31)                       # 32 and 33 are the C library's
        self.assertEqual((int(status["SigBlk"], 16) & ours, int(status["SigIgn"], 16) & ours), (0, 0))

    def finish(self, process):
        self.gate.open()
        self.assertEqual(process.wait(), 0, process.errors)

    def held_command(self, to, uid, gid, **words):
        process = self.start(to)
        self.gate.begun()
        courier, command = self.children(process, 2)
        self.is_courier(courier, uid, gid)
        self.is_command(command, uid, gid, SENDER="sender@far.test", RECIPIENT=to, **words)
        self.finish(process)

    def test_a_command(self):
        self.vmail.write("aliases.a.test", f'run: "|{self.hold}"\n')
        self.held_command("run@a.test", COMMAND_USER, COMMAND_USER, HOME="/", USER="run")

    def test_a_filter(self):
        kept = self.vmail.read("domain.a.test").decode()
        self.vmail.write("domain.a.test", kept + f"filter = {self.hold}; cat {self.gate.directory}/whole\n")
        self.held_command("joe@a.test", self.joe, NOBODY, HOME=self.vmail.home("joe@a.test"), USER="joe")

    def test_a_command_of_the_homes_forward(self):
        home(self, f'"|{self.hold}"\n')
        self.held_command("joe@a.test", self.joe, NOBODY, HOME=self.vmail.home("joe@a.test"))

    def test_a_command_of_a_fallback(self):
        kept = self.vmail.read("domain.a.test").decode()
        self.vmail.write("domain.a.test", kept + f"fallback = | {self.hold}\n")
        self.held_command("who+ever@a.test", COMMAND_USER, COMMAND_USER, USER="who", EXTENSION="ever",
                          LOCAL="who+ever")

    def test_sendmail(self):
        script = self.vmail.write("waits", f"#!/bin/sh\n{self.hold}\n", mode=0o755)
        self.vmail.set(sendmail=script)
        self.vmail.write("aliases.a.test", "far: x@away.test\n")
        process = self.start("far@a.test")
        self.gate.begun()
        courier, command, *_ = self.children(process, 2)
        self.is_courier(courier, SENDMAIL_USER, SENDMAIL_USER)
        self.is_only(command, SENDMAIL_USER, SENDMAIL_USER)
        self.assertEqual(set(environment_of(command)), WORDS)
        # dash itself reads the script from 10
        eventually(lambda: sorted(descriptors(command)) == [0, 1, 2, 10], "0, 1, 2 and the script")
        self.finish(process)

    def locked(self, path, to, uid, gid, queue=None):
        """A courier that waits for a kernel lock on the path; in the queue, if there is one, nobody else is left
        who read for the same account."""
        with open(path, "r+b") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            process = self.start(to)
            self.addCleanup(process.stop)
            eventually(lambda: not queue or any("OFDLCK" in line for line in locks_of(queue)), "its place")
            courier, = self.children(process)
            eventually(lambda: not ROOT or status_of(courier)["Uid"].split() == [str(uid)] * 4, "its identity")
            self.is_courier(courier, uid, gid)
            if ROOT:                            # others cannot look into one that cannot be dumped
                held = " ".join(descriptors(courier).values())
                self.assertNotRegex(held, r"/shadow\.|/passwd\.")
        self.assertEqual(process.wait(), 0, process.errors)

    def test_an_mbox_that_waits_for_its_lock(self):
        self.delivered("joe@a.test")
        self.locked(self.inbox, "joe@a.test", self.joe, GID, os.path.join(os.path.dirname(self.inbox), ".joe.queue"))

    def test_a_maildir_that_waits_for_its_queue(self):
        kept = self.vmail.read("domain.b.test").decode()
        self.vmail.write("domain.b.test", kept + "inbox-limit = 1000\n")
        self.delivered("ann@b.test")
        queue = os.path.join(os.path.dirname(self.maildir), ".ann.queue")
        self.locked(queue, "ann@b.test", self.ann, GID, queue)

    def test_a_file_that_waits_for_its_lock(self):
        self.vmail.write("aliases.a.test", f"keep: {self.out}/file\n")
        self.delivered("keep@a.test")
        self.locked(f"{self.out}/file", "keep@a.test", COMMAND_USER, COMMAND_USER)

    def test_the_parent_stays_root_and_opens_no_mailbox(self):
        self.vmail.write("aliases.a.test", f'all: joe, ann@b.test, "|{self.hold}"\n')
        process = self.start("all@a.test")
        self.gate.begun()
        self.children(process, 2)
        self.assertEqual(status_of(process.pid)["Uid"].split(), [str(os.getuid())] * 4)
        self.assertFalse(not ROOT and can_be_dumped(process.pid))
        if ROOT:
            held = " ".join(descriptors(process.pid).values())
            self.assertNotRegex(held, r"/spool/[ab]\.test/|/homes/")
        self.finish(process)

    def test_several_lmtp_recipients_one_of_whom_waits(self):
        self.vmail.write("aliases.a.test", f'slow: "|{self.hold}"\n')
        lmtp = start(self.vmail).hello()
        self.addCleanup(lmtp.close)
        lmtp.begin("joe@a.test", "slow@a.test", "ann@b.test").ask("DATA")
        lmtp.send(wire(MESSAGE))
        self.gate.begun()
        below = self.children(lmtp.process, 3)
        command, = [p for p in below if status_of(p)["Name"] == "sh"]
        courier = int(stat_of(command)[1])
        self.is_courier(courier, COMMAND_USER, COMMAND_USER)
        self.is_command(command, COMMAND_USER, COMMAND_USER, RECIPIENT="slow@a.test")
        self.gate.open()
        self.assertEqual(lmtp.replies(3), [DONE] * 3)
        lmtp.quit()


class Capabilities(Walk):
    """Whatever whoever started us had is not handed on."""
    FOUND = "grep -E '^(Uid|Cap(Inh|Prm|Eff|Amb))' /proc/self/status > {out}/found"

    def found(self, *setpriv):
        self.vmail.write("aliases.a.test", f'run: "|{self.FOUND.format(out=self.out)}"\n')
        got = run("/usr/bin/setpriv", *setpriv, program("vdeliver"), "-C", self.vmail.dir, "run@a.test",
                  input=MESSAGE)
        self.assertEqual(got.status, 0, got)
        words = dict(line.split(":\t") for line in self.content(f"{self.out}/found").decode().splitlines())
        self.assertEqual({n: int(words[n], 16) for n in words if n != "Uid"},
                         dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapAmb"), 0))
        return words["Uid"].split()

    @needs_root
    def test_inheritable_ones_of_root_go(self):
        self.assertEqual(self.found("--inh-caps", "+dac_override,+setuid,+net_bind_service"),
                         [str(COMMAND_USER)] * 4)

    @needs_root
    def test_ones_that_survive_a_change_of_identity_go(self):
        self.assertEqual(self.found("--securebits", "+no_setuid_fixup"), [str(COMMAND_USER)] * 4)

    @needs_root
    def test_ambient_ones_of_an_owner_go(self):
        os.chown(self.vmail.dir + "/vmail.conf", OWNER, OWNER)
        os.chown(self.vmail.dir, OWNER, OWNER)
        self.vmail.domain("a.test", {"owner": f"{OWNER}:{OWNER}", "gid": None}, accounts=["joe"])
        for name in os.listdir(self.vmail.dir):
            os.chown(os.path.join(self.vmail.dir, name), OWNER, OWNER)
        self.vmail.write("aliases.a.test", "")
        os.chown(self.vmail.dir + "/aliases.a.test", OWNER, OWNER)
        self.assertEqual(self.found("--reuid", str(OWNER), "--regid", str(OWNER), "--clear-groups", "--inh-caps",
                                    "+net_bind_service", "--ambient-caps", "+net_bind_service"),
                         [str(OWNER)] * 4)


class Cores(Walk):
    def test_a_command_that_crashes_leaves_no_core_file(self):
        def careless():
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        self.vmail.write("aliases.a.test", f'run: "|cd {self.out} && ulimit -c > limit && kill -SEGV $$"\n')
        self.refused(75, "signal 11", "run@a.test", preexec_fn=careless)
        self.assertEqual(self.content(f"{self.out}/limit"), b"0\n")
        self.assertEqual(os.listdir(self.out), ["limit"])


if __name__ == "__main__":
    main()
