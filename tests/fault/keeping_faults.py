"""keeping_faults.py: strikes vadmin while it restores or repairs; judges what is left, and what a repetition makes of it.

Before each strike the installation is as it was; what an unstruck run makes of it is what all others must
come to.  What must hold, whichever call of whichever process is struck:

    - vadmin says that it did all (status 0) only where all is done; an error is temporary (75; fsck: 1, too);
    - a file that has its name has all its bytes; an account that is in passwd.D has all its mail, and mail for
      one that is not there yet waits;
    - the same command once more comes to its end, and everything is as if nobody had struck: nothing of mail
      or files is missing, twice, or left over.
"""
from faults import *
from damaging import *

TOPS = "etc", "spool", "homes", "state"
FAILURES = [errno.ENOSPC, errno.EIO]
# Calls that the kernel cannot refuse.
NEVER_FAIL = "geteuid", "getuid", "getgid", "getegid", "getpid", "getppid", "umask", "exit_group", "call-15"      # that: sigreturn
# What a run leaves that says nothing: locks, what is under way, the journal.
UNSAID = re.compile(r"(^|/)(\.lock|[^/]*\.(lock|queue|session|mark)|[^/]*\.new|journal|\.vmail-restored\.[^/]*)(/|$)")


def ask(vmail, *calls):
    for words in calls:
        got = vmail.run("vadmin", *words, input=b"\naway\n")
        assert got.status == 0, got


def furnish(vmail):
    """A limit, a vacation with who was answered, a grant, a forward, an alias of the domain, a home."""
    ask(vmail, ("user", "quota", "joe@a.test", "2000"), ("user", "forward", "joe@a.test", "joe@far.test", "--keep"),
        ("user", "vacation", "joe@a.test", "on", "--text", "-"), ("domain", "alias", "b.test", "alias.test"),
        ("user", "grant", "joe@a.test", "ann", "all"))
    for to in ("joe@a.test", "joe@b.test", "joe@b.test"):
        got = vmail.deliver(to, b"To: %s\nS: kept\n\n%s\n" % (to.encode(), b"x" * 9000))
        assert got.status == 0, got
    home = vmail.home("joe@a.test")
    os.mkdir(f"{home}/deep")
    os.symlink("nowhere", f"{home}/link")
    with open(f"{home}/deep/file", "wb") as f:
        f.write(b"y" * 5000)
    for name in ("deep", "link", "deep/file"):
        os.chown(f"{home}/{name}", *owner(vmail, "joe@a.test"), follow_symlinks=False)


def furnish_more(vmail):
    """What is as it should be, and must stay, whatever cannot be looked at."""
    ask(vmail, ("user", "quota", "ann@a.test", "2000"), ("user", "forward", "ann@a.test", "ann@far.test", "--keep"),
        ("user", "vacation", "ann@a.test", "on", "--text", "-"), ("domain", "alias", "b.test", "alias.test"),
        ("alias", "set", "list@a.test", "ann", "owners=ann"))
    got = vmail.deliver("ann@a.test", b"To: ann@a.test\nS: x\n\n")
    assert got.status == 0, got


class InMemory:
    """Each run syncs often, and a disk would take minutes."""
    def installation(self, settings=None):
        made = Installation(settings, at=in_memory())
        self.addCleanup(made.close)
        return made


class Kept(InMemory, Keeping):
    pass


class Mended(InMemory, Damaged):
    pass


class KeepWorld:
    """.test is a test case that is not run: its installations are struck."""
    def __init__(self, test, vmail):
        self.test, self.vmail, self.strike = test, vmail, build()
        self.runs, self.wrong, self.calls = 0, [], set()
        self.saved = vmail.scratch + ".saved"
        test.addCleanup(shutil.rmtree, self.saved, True)
        os.mkdir(self.saved)
        for top in TOPS:
            subprocess.run(["cp", "-a", os.path.join(vmail.scratch, top), self.saved], check=True)
        self.reset()
        got = self.again()
        assert got.status == 0, got
        self.whole = self.state()

    def close(self):
        self.test.doCleanups()
        return self

    def reset(self):
        tops = [os.path.join(self.vmail.scratch, top) for top in TOPS]
        subprocess.run(["rm", "-rf", *tops], check=True)
        subprocess.run(["cp", "-a", *(os.path.join(self.saved, top) for top in TOPS), self.vmail.scratch], check=True)

    def again(self, *before):
        return run(*before, program("vadmin"), "-C", self.vmail.dir, *self.words)

    def state(self):
        """{name: what it is}: a time in a name is none of it."""
        found = {}
        for top in TOPS:
            for name, what in tree(os.path.join(self.vmail.scratch, top)).items():
                if not UNSAID.search(f"{top}/{name}"):
                    found[f"{top}/{name}"] = what
        return found

    def complain(self, what, **facts):
        self.wrong.append(f"{' '.join(map(os.path.basename, self.words))}: {what}: {facts}")

    def differences(self):
        now = self.state()
        return {name: (now.get(name), self.whole.get(name)) for name in sorted({*now, *self.whole})
                if now.get(name) != self.whole.get(name)}

    def struck(self, nth, how, calls):
        self.reset()
        note = os.path.join(self.saved, "struck")
        with open(note, "w"):
            pass
        got = self.again(self.strike, note, nth, how, calls)
        with open(note) as f:
            call = f.read().strip()
        what = f"{call} ({nth}) {errno.errorcode.get(how, how)}"
        if call in NEVER_FAIL and how != "kill":
            return call
        if call:
            self.runs += 1
            self.calls.add(call)
        elif got.status != 0 or self.differences():
            self.complain(f"not struck ({nth})", got=got, differs=self.differences())
        if call and got.status not in self.statuses + (137,) * (how == "kill"):
            self.complain(what, got=got)
        if got.status == 0 and (differs := self.differences()):
            self.complain(what, said_done=got, differs=differs)
        if call:
            self.judge(what)
            self.repeat(what)
        return call

    def repeat(self, what):
        before, got = self.differences(), self.again()
        if got.status != 0 and (before or got.status != 73):
            self.complain(what, then=got, differed=sorted(before))
        if differs := self.differences():
            self.complain(what, then=got, differs=differs)

    def sweep(self, how, calls, step=1, first=1):
        nth = first + OFFSET * step
        while self.struck(str(nth), how(nth) if callable(how) else how, calls):
            nth += step * APART
        return self


class RestoreWorld(KeepWorld):
    """what: nothing, a domain or an account, whose domain is there then, with an account of its own."""
    statuses = (0, 75)

    def __init__(self, what=None):
        test = Kept()
        test.setUp()
        furnish(test.here)
        test.backup()
        self.words = ["restore", test.file, *([what] if what else [])]
        if what and "@" in what:
            test.there.domain("a.test", passwords={"ann": "other"}, aliases="postmaster: ann\n")
            got = test.there.deliver("ann@a.test")
            assert got.status == 0, got
        super().__init__(test, test.there)
        self.mail = {to: self.vmail.messages(to) for to in ("joe@a.test", "joe@b.test")
                     if what is None or what in to}

    def judge(self, what):
        for name, now in self.state().items():
            hidden = os.path.basename(name).startswith(".") or "/." in name or os.path.basename(name) == "uids"
            if not hidden and stat.S_ISREG(now[0]) and now[2] not in (self.whole.get(name, now)[2], self.before(name)):
                self.complain(what, half=name, now=now)
        for to, mail in self.mail.items():
            path = os.path.join(self.vmail.dir, "passwd." + to.split("@")[1])
            there = os.path.exists(path) and b"joe:" in self.vmail.read(path)
            if there and self.vmail.messages(to) != mail:
                self.complain(what, in_passwd_without_its_mail=to)
            if not there and (got := self.vmail.deliver(to)).status not in (67, 68, 75):
                self.complain(what, delivered_to_nobody=got)

    def before(self, name):
        """An older text: of a file that has one line more in the end."""
        path = os.path.join(self.saved, name)
        if not os.path.exists(path):
            return None
        with open(path, "rb") as f:
            return f.read()


class RepairWorld(KeepWorld):
    """What is in the trash may be there twice: once a line was taken out in its file and in the trash."""
    statuses, words = (0, 1, 75), ["fsck", "--repair"]

    def __init__(self):
        test = Mended()
        test.setUp()
        furnish_more(test.here)
        damage_much(test)
        test.append("grants.a.test", "ann: joe retrieve\n")
        super().__init__(test, test.here)

    def reset(self):
        super().reset()
        tear(self.test)                             # of this very file

    def state(self):
        return {name: what for name, what in super().state().items() if "/.trash/" not in name}

    def judge(self, what):
        if self.test.kept() < 3:
            self.complain(what, lost=self.test.kept())

    def repeat(self, what):
        super().repeat(what)
        got, _ = self.test.fsck()
        if (got.status, got.stdout) != (0, b""):
            self.complain(what, in_the_end=got)
        self.judge(what)
        for to in ("joe@a.test", "joe@b.test"):
            if self.vmail.messages(to)[0].split(b"\n\n", 1)[1] != MAIL.split(b"\n\n", 1)[1] or \
                    len(self.vmail.messages(to)) != 1:
                self.complain(what, messages=(to, self.vmail.messages(to)))


def keep_worlds():
    """{what it is called: what makes it}"""
    return {"restore of all": RestoreWorld, "restore of a domain": lambda: RestoreWorld("a.test"),
            "restore of an account": lambda: RestoreWorld("joe@a.test"), "fsck --repair": RepairWorld}
