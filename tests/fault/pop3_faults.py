"""pop3_faults.py: strikes a POP3 session at every system call; judges what it told and what is left.

A Visit is a session that asks for everything, marks two of four messages, one
of two twins among them, and says QUIT.  Its mailbox remembers a third twin,
which was deleted before; in a Maildir a marked message is renamed before QUIT, and
every second name tells its sizes.
What must hold, whatever was struck:

    - a right password is never called wrong; what is told is true, to the last
      octet of a message, its size and its unique id, or it is -ERR [SYS/TEMP], or
      the connection ends;
    - after +OK to QUIT the marked messages are gone, and no other; after
      anything else each is there whole or gone, in an mbox all of the marked ones
      or none;
    - nobody sees a file of ours; after an error none is left;
    - mail can be delivered and fetched at once, and the unique ids are the same;
      where the end of an mbox was being cut off, that may be ended first.
"""
import itertools

from faults import *
from pop3 import *

TWIN = b"S: twin\n\nFrom here\nto there\n"
FOUR = [b"S: first\n\none\n", TWIN, TWIN, b"S: last\r\n\n.\nthe end\n"]
LONG_MAILS = [FOUR[0] + b"x" * 20000 + b"\n", *FOUR[1:3], FOUR[3] + b"y\n" * 40000]
MARKED = (0, 2)
POP3_ERRORS = [*ERRORS, errno.EAGAIN, errno.ENFILE, errno.ESTALE]
OURS = {".joe.queue", ".joe.session", ".joe.uids"}
LEFT_BY_A_KILL = {".joe.new", "..joe.uids.new", "joe.lock"}


# What the kernel never refuses: an error of theirs is none of the system's.
CANNOT_FAIL = {"geteuid", "getuid", "getpid", "getppid", "shutdown"}


class Gone(Exception):
    """The connection ended."""


class Visit:
    """As faults.Answer: .done, .status, .log, .wrong; and what was told, by command."""
    def __init__(self, pop):
        self.pop, self.told, self.wrong = pop, {}, []
        self.marked, self.done, self.status, self.log = [], False, None, ""

    def __repr__(self):
        return f"status {self.status} {self.told} {self.wrong}\n{self.log}"

    def ask(self, command, many=False):
        """The reply, for a reply of several lines its body; None: it was an error, and told as one."""
        try:
            reply = self.pop.ask(command)
            if reply is None:
                raise Gone
            self.told[command] = reply
            if not reply.startswith("+OK"):
                if not reply.startswith("-ERR [SYS/TEMP] "):
                    self.wrong.append(f"{command}: {reply}")
                return None
            return self.pop.body() if many else reply
        except TimeoutError:
            self.wrong.append(f"{command}: it hangs")
        except (OSError, AssertionError):           # within a line, or within TLS' own words
            pass
        raise Gone


def see_all(visit, mails, uids):
    """Whatever is told must be true."""
    sizes = [len(on_the_wire(mail)) for mail in mails]
    for command, many, true in [
            ("STAT", False, "+OK 4 %d" % sum(sizes)),
            ("LIST", True, b"".join(b"%d %d\r\n" % (n + 1, size) for n, size in enumerate(sizes))),
            ("UIDL", True, b"".join(b"%d %s\r\n" % (n + 1, uid) for n, uid in enumerate(uids))),
            ("RETR 2", True, on_the_wire(mails[1])), ("RETR 4", True, on_the_wire(mails[3]))]:
        got = visit.ask(command, many)
        if got not in (None, true):
            visit.wrong.append(f"{command}: {got}, not {true}")


def start_vpop3d(vmail, strike=(), tls=False, connect=socket.socketpair, **more):
    vmail.forget_logins()
    client, server = connect()
    with server:
        process = Process([*map(str, strike), program("vpop3d"), "-C", vmail.dir, *["--tls"] * tls],
                          stdin=server, stdout=server, **more)
    return Pop3(client, process)


def mark_and_quit(visit, marks, meanwhile, tells_strike):
    for number in marks:
        if visit.ask(f"DELE {number + 1}"):
            visit.marked.append(number)
    meanwhile()
    if tells_strike:
        visit.pop.process.signal(signal.SIGUSR1)
    visit.done = visit.ask("QUIT") is not None


def by_vpop3d(vmail, mails, uids, strike=(), tls=False, marks=MARKED, meanwhile=lambda: None, **more):
    """One session, from its greeting to its end; meanwhile() happens before QUIT; where strike waits
    it counts from there on."""
    pop = start_vpop3d(vmail, strike, tls, **more)
    visit = Visit(pop)
    try:
        if tls:
            wrap(pop)
        if not (pop.line() or "").startswith("+OK"):
            raise Gone
        visit.ask("USER joe@a.test")
        if visit.ask(f"PASS {PASSWORD}"):
            see_all(visit, mails, uids)
            mark_and_quit(visit, marks, meanwhile, strike and str(strike[2]).startswith("+"))
        else:
            visit.ask("QUIT")
    except Gone:
        pass
    except TimeoutError:
        visit.wrong.append("no greeting")
    except (OSError, AssertionError):
        pass
    pop.close()
    try:
        visit.status = pop.process.wait()
    except AssertionError:
        visit.wrong.append("it does not end")
    pop.process.stop()
    visit.log = pop.process.errors.decode(errors="replace")
    return visit


class PopWorld(World):
    """marks: which messages are deleted.  grows: a message is delivered before QUIT."""
    def __init__(self, vmail, kind, tls=False, mails=FOUR, marks=MARKED, grows=False):
        self.tls, self.mails, self.marks = tls, mails, marks
        self.more = [NEXT] * grows
        super().__init__(vmail, kind, b"", face=self.visit)

    def visit(self, vmail, to, message, strike=(), **more):
        return by_vpop3d(vmail, self.mails, self.uids, strike, self.tls, self.marks, self.meanwhile, **more)

    def meanwhile(self):
        """Another program gives a message of a Maildir another flag; mail comes."""
        for message in self.more:
            self.deliver_more(message)
        if self.kind == "maildir":
            os.rename(os.path.join(self.inbox, "cur/01.x.h:2,S"), os.path.join(self.inbox, "cur/01.x.h:2,RS"))

    def deliver_more(self, message):
        got = by_vdeliver(self.vmail, "joe@a.test", message)
        assert got.done, got

    def furnish_account(self):
        self.vmail.set(domain_from="login", tls_certificate="host.pem" if self.tls else None)
        if self.tls:
            self.vmail.write("host.pem", certificate("host.main.test"), 0o600)
        self.vmail.domain("a.test", {"mailbox": self.kind}, passwords={"joe": PASSWORD})
        return self.vmail.inbox("joe@a.test")

    def begin(self):
        """Four messages; of three twins one was deleted, so that order alone does not tell the others."""
        if self.kind == "mbox":
            put_mbox(self.vmail, "joe@a.test", b"".join(
                b"From s@far.test Fri Nov 20 10:00:00 2026\n" + re.sub(rb"^(>*From )", rb">\1", m, flags=re.M)
                + b"\n" for m in [TWIN, *self.mails]))
        else:
            put_maildir(self.vmail, "joe@a.test", {
                f"cur/0{n}.x.h:2,S" if n % 2 else f"new/0{n}.x.h,S={len(m)},W={len(on_the_wire(m))}": m
                for n, m in enumerate([TWIN, *self.mails])})
        with self.session() as pop:
            assert pop.ask("DELE 1").startswith("+OK")
        self.uids = self.uids_now()
        assert len(set(self.uids)) == 4, self.uids

    @contextlib.contextmanager
    def session(self):
        pop = start_vpop3d(self.vmail)
        reply = pop.login("joe@a.test", PASSWORD)
        assert (reply or "").startswith("+OK"), reply
        yield pop
        reply = pop.ask("QUIT")
        assert (reply or "").startswith("+OK"), reply
        pop.close()
        assert pop.process.wait() == 0, pop.process.errors
        pop.process.stop()

    def uids_now(self):
        with self.session() as pop:
            return [line.split()[1] for line in pop.many("UIDL")[1].splitlines()]

    def possible(self, visit):
        """Which messages may be left."""
        kept = tuple(n for n in range(4) if n not in visit.marked)
        some = [tuple(n for n in range(4) if n not in gone)
                for many in range(len(visit.marked)) for gone in itertools.combinations(visit.marked, many)]
        if visit.done:
            return [kept]
        return [kept, tuple(range(4))] if self.kind == "mbox" else [kept, *some]

    def odd_start(self, what, must_work, **more):
        """A session that begins in a bad place."""
        self.reset()
        visit = self.visit(self.vmail, "", b"", **more)
        self.left = self.messages()
        if must_work and not visit.done:
            self.complain(what, visit=visit)
        if visit.status == 127:                     # the system could not even load it
            visit.status = 75
        self.judge(what, visit, False, False)
        return visit

    def judge(self, what, visit, killed, cannot_clean):
        if not killed and what.split()[0] in CANNOT_FAIL:
            return
        if what.startswith("fcntl "):               # it seems to be locked
            visit.wrong = [one for one in visit.wrong if "-ERR [IN-USE]" not in one]
        if visit.wrong or visit.status not in ((0, 75, 137) if killed else (0, 75)):
            self.complain(what, visit=visit)
        left = self.left
        possible = self.possible(visit)
        for one in possible:
            if left == [self.mails[n] for n in one] + self.more:
                break
        else:
            self.complain(what, left=left, visit=visit)
            return
        files = set(os.listdir(self.place)) - OURS - {"joe"}
        if files - (LEFT_BY_A_KILL if killed or cannot_clean else set()):
            self.complain(what, leftovers=files, visit=visit)
        start = time.monotonic()
        self.go_on(what, [one, *possible[:killed and self.cuts()]], visit)
        if time.monotonic() - start > CUT:
            self.complain(what, after=time.monotonic() - start)

    def cuts(self):
        """All that goes is the end of an mbox."""
        return self.kind == "mbox" and not self.more and set(self.marks) == set(range(min(self.marks), 4))

    def go_on(self, what, lefts, visit):
        """Another delivery, another session: what stays is one of these."""
        again = by_vdeliver(self.vmail, "joe@a.test", NEXT)
        if not again.done or again.wrong:
            self.complain(what, then=again)
        try:
            with self.session() as pop:
                uids = [line.split()[1] for line in pop.many("UIDL")[1].splitlines()]
                last = pop.many(f"RETR {len(uids)}")[1]
        except (AssertionError, OSError) as failure:
            self.complain(what, then=failure)
            return
        # Of twins the order tells which is left: in an mbox the second one has gone.
        count = len(uids) - 1 - len(self.more)
        if uids[:count] not in [[self.uids[n] for n in left] for left in lefts] \
                or len({*uids[count:], *self.uids}) != 5 + len(self.more):
            self.complain(what, before=self.uids, after=uids, visit=visit)
        if as_sent(last.replace(b"\r\n", b"\n"), "joe@a.test") != NEXT:
            self.complain(what, last=last)

    def sync_fails(self):
        """An error of any fsync of the update is final, told and logged.  Only after the last one, the
        directory's, an mbox has changed."""
        nth, changed = 1, 0
        while self.struck(f"+{nth}", errno.EIO, "fsync,fdatasync"):
            changed += self.left != self.mails
            if self.answer.done or not re.search("(Input/output|I/O) error", self.answer.log):
                self.complain(f"fsync ({nth})", visit=self.answer)
            nth += 1
        if self.kind == "mbox" and changed != 1:
            self.complain("fsync", changed=changed)
        return self

    def on_a_full_disk(self, pages):
        """A session on a tmpfs with so many free pages; whether its QUIT could be done."""
        self.reset()
        filler = os.path.join(self.vmail.spool, "filler")
        free = os.statvfs(self.vmail.spool).f_bavail
        with open(filler, "wb") as f:
            os.posix_fallocate(f.fileno(), 0, max(1, (free - pages) * 4096))
        visit = self.visit(self.vmail, "", b"")
        os.unlink(filler)
        self.runs += 1
        if visit.done is (b"No space" in visit.log.encode()):
            self.complain(f"{pages} pages free", visit=visit)
        self.left = self.messages()
        self.judge(f"{pages} pages free", visit, False, False)
        return visit.done

    def fill(self):
        """From no free page at all to enough for the new mailbox."""
        outcomes = {self.on_a_full_disk(pages) for pages in range(0, sum(map(len, self.mails)) // 4096 + 8)}
        if outcomes != {False, True}:
            self.complain("the disk was never full, or always", outcomes=outcomes)
        return self
