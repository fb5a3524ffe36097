#!/usr/bin/python3
"""Deliveries and POP3 sessions of all kinds for a while: nothing is lost, and nothing grows.

VMAIL_SOAK=N: for so many seconds.  They are rounds; after each, when all connections have ended,
the mailboxes are emptied by POP3 and compared with what was acknowledged, and the servers' descriptors
and memory, and the files below the installation, with those after the first rounds.
"""
import collections
import contextlib
import random
import threading

from lmtp import *
from pop3 import *

SOAK = int(os.environ.get("VMAIL_SOAK", 4))
ROUNDS = 4 if SOAK < 60 else 60
WARM = 2                                    # rounds after which nothing may grow any more
WAITING = 500                               # messages: when so many are there, who delivers fetches, too
GROWTH = 64                                 # kB: of a table that takes what a larger round needs; none was seen
EXPANDS = {"joe@a.test": ["joe@a.test"], "ann@b.test": ["ann@b.test"],
           "list@a.test": ["joe@a.test", "ann@b.test"], "joe+x@a.test": ["joe@a.test"]}
NUMBER = re.compile(rb"^Subject: (\d+)\r?$", re.M)


class Round:
    """What its workers did, told by numbers of messages; they stop when it is over."""
    def __init__(self, seconds):
        self.end = time.monotonic() + seconds
        self.acknowledged, self.taken = collections.Counter(), collections.Counter()
        self.lock, self.failures, self.deeds = threading.Lock(), [], collections.Counter()

    def goes_on(self):
        return time.monotonic() < self.end and not self.failures

    def is_full(self):
        return self.acknowledged.total() - self.taken.total() > WAITING

    def note(self, counter, deed, pairs):
        with self.lock:
            counter.update(pairs)
            self.deeds[deed] += 1

    def run(self, workers):
        def guarded(work):
            try:
                while self.goes_on():
                    work(self)
            except BaseException as failure:    # it belongs to the main thread
                self.failures.append(failure)
        threads = [threading.Thread(target=guarded, args=[work]) for work in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def delivered_to(to, n):
    return [(address, n) for address in EXPANDS[to]]


def heap_of(pid):
    """kB that a process has written to.  Pages of programs and libraries do not count: they are its own, or
    not, as others come and go that map the same file."""
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return sum(int(line.split()[1]) for line in f if line.startswith(("Anonymous:", "Swap:")))


class Soak(LmtpTest):
    settings = {"log": "stderr", "max-connections": "100", "tls-certificate": "host.pem"}

    def setUp(self):
        super().setUp()
        self.vmail.write("host.pem", certificate("host.main.test"), 0o600)
        self.vmail.write("aliases.a.test", "list: joe, ann@b.test\n")
        for domain, who in (("a.test", "joe"), ("b.test", "ann")):
            self.vmail.write(f"shadow.{domain}", f"{who}:{hash_of('secret')}:19000:0:99999:7:::\n", 0o600)
            self.vmail.write(f"domain.{domain}", f"require-tls = no\n"
                             + self.vmail.read(f"domain.{domain}").decode())
        self.serial, self.chance = iter(range(1, 1 << 62)), random.Random(1)
        self.lmtp = Server(self.vmail)
        self.pop, self.where = self.vmail.listen("vpop3d")
        self.log = collections.deque(maxlen=1000)
        for process in (self.lmtp.process, self.pop):
            threading.Thread(target=self.read_log, args=[process.popen.stderr], daemon=True).start()

    def read_log(self, stream):
        """What went as it should is left out."""
        with contextlib.suppress(ValueError):       # closed at the end
            for line in stream:
                if not re.search(rb" status=0 | end=quit$|another session has this mailbox| messages=\d+ recipients=\d+ end=", line):
                    self.log.append(line.decode())

    def message(self):
        n = next(self.serial)
        line = b"All work and no play makes a dull message %d.\n" % n
        return n, b"Subject: %d\n\n>From here\n" % n + line * self.chance.choice([1, 10, 100, 3000])

    # --- workers: each does one thing, again and again

    def by_vdeliver(self, now):
        if now.is_full():
            return self.by_pop3(now)
        n, text = self.message()
        to = self.chance.choice(list(EXPANDS))
        self.delivered(to, text)
        now.note(now.acknowledged, "deliveries by vdeliver", delivered_to(to, n))

    def by_vlmtpd(self, now):
        if now.is_full():
            return self.by_pop3(now)
        lmtp = self.lmtp.client().hello()
        for _ in range(self.chance.randrange(1, 8)):
            n, text = self.message()
            to = self.chance.sample(list(EXPANDS), self.chance.randrange(1, 4))
            replies = lmtp.deliver(*to, message=text)
            self.assertEqual(replies, [DONE] * len(to))
            now.note(now.acknowledged, "deliveries by vlmtpd", {pair for one in to for pair in delivered_to(one, n)})
        lmtp.quit()

    def by_a_client_that_dies(self, now):
        """Before the end of its message: that is none."""
        lmtp = self.lmtp.client().hello()
        lmtp.begin("list@a.test")
        if self.chance.random() < 0.7:
            lmtp.ask("DATA")
            lmtp.send(wire(self.message()[1])[:-5])
        lmtp.close()
        now.note(collections.Counter(), "clients that died", [])

    def fetch(self, to, share, tls=False):
        """The numbers of the messages that a session took away; None: somebody else is in the mailbox."""
        pop = Pop3(socket.create_connection(self.where, timeout=DEADLINE))
        try:
            self.assertRegex(pop.line(), r"^\+OK ")
            if tls:
                stls(pop)
            pop.ask(f"USER {to}")
            reply = pop.ask("PASS secret")
            if "[IN-USE]" in reply:
                return None
            self.assertRegex(reply, r"^\+OK")
            taken = []
            for n in range(1, int(pop.ask("STAT").split()[1]) + 1):
                if self.chance.random() >= share:
                    continue
                taken.append(int(NUMBER.search(pop.many(f"RETR {n}")[1])[1]))
                self.assertRegex(pop.ask(f"DELE {n}"), r"^\+OK")
            if share < 1 and self.chance.random() < 0.2:
                return []                   # the client dies: nothing goes
            self.assertRegex(pop.ask("QUIT"), r"^\+OK")
            return taken
        finally:
            pop.close()

    def by_pop3(self, now):
        to = self.chance.choice(["joe@a.test", "ann@b.test"])
        taken = self.fetch(to, 0.5, tls=self.chance.random() < 0.2)
        if taken is not None:
            now.note(now.taken, "sessions of POP3", [(to, n) for n in taken])

    WORKERS = [by_vdeliver, by_vdeliver, by_vlmtpd, by_vlmtpd, by_a_client_that_dies, by_pop3, by_pop3]

    # --- at rest

    def is_idle(self, pid):
        return session_of(pid, "") == [pid]

    def files(self):
        """Whatever is there besides messages."""
        found = set()
        for at in (self.vmail.spool, self.vmail.state):
            for directory, _, names in os.walk(at):
                found |= {os.path.join(directory, name) for name in names
                          if os.path.basename(directory) not in ("new", "cur")}
        return found

    def look(self):
        """(descriptors, kB) of each server, and the files, when nobody is connected."""
        servers = (self.lmtp.pid, self.pop.pid)
        for pid in servers:
            eventually(lambda: self.is_idle(pid), "the end of all connections, and no zombie")
        return [(len(os.listdir(f"/proc/{pid}/fd")), heap_of(pid)) for pid in servers], self.files()

    def one_round(self):
        now = Round(SOAK / ROUNDS)
        now.run([functools.partial(work, self) for work in self.WORKERS])
        if now.failures:
            raise AssertionError("".join(self.log)) from now.failures[0]
        self.log.clear()
        for to in ("joe@a.test", "ann@b.test"):
            taken = []
            eventually(lambda: taken.append(self.fetch(to, 1)) or taken[-1] is not None, "the mailbox")
            now.taken.update((to, n) for n in taken[-1])
        self.assertEqual(now.acknowledged - now.taken, collections.Counter(), "lost")
        self.assertEqual(now.taken - now.acknowledged, collections.Counter(), "doubled, or nobody's")
        return now.deeds

    @needs_root                                 # nobody else looks into processes that have secrets
    def test_nothing_is_lost_and_nothing_grows(self):
        deeds, first, largest = collections.Counter(), None, [0, 0]
        for n in range(ROUNDS):
            deeds += self.one_round()
            servers, files = self.look()
            if n < WARM:
                first, known = servers, files
                continue
            self.assertEqual([fds for fds, _ in servers], [fds for fds, _ in first], n)
            for i, (_, kilobytes) in enumerate(servers):
                self.assertLessEqual(kilobytes, first[i][1] + GROWTH, (n, i))
                largest[i] = max(largest[i], kilobytes)
            self.assertEqual(files, known, n)
        self.assertEqual(len(deeds), 4, deeds)      # of each kind, some
        if SOAK >= 60:
            print(f"# {dict(deeds)}; descriptors {[fds for fds, _ in first]}, "
                  f"kB {[kb for _, kb in first]}, at most {largest}; {len(known)} files")


if __name__ == "__main__":
    main()
