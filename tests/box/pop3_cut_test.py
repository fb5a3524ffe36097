#!/usr/bin/python3
"""vpop3d: a session cut after any byte, killed, told to end or silent: nothing is removed but by QUIT.

VMAIL_CUTS=all: after every byte, and every process at every stage; else after some.
VMAIL_KILLS=N: so many at random moments.
"""
import random

from delivery import trace
from pop3 import *
from pop3_server_test import processes
from pop3_tls_test import Records

ALL = os.environ.get("VMAIL_CUTS") == "all"
FOUR = [b"Subject: %d\n\nbody %d\nFrom here\n" % (i, i) for i in range(4)]
LINES = ["USER joe@a.test", f"PASS {PASSWORD}", "RETR 3", "DELE 1", "RSET", "DELE 2", "TOP 1 0", "QUIT"]
SCRIPT = "".join(line + "\r\n" for line in LINES).encode()
KEPT = [FOUR[0], *FOUR[2:]]                 # RSET has taken back the first DELE


class CutTest(Pop3Test):
    def boxes(self, **settings):
        """An mbox and a Maildir, each with four messages, and a certificate; nothing is asked of the DNS."""
        for more in {"mbox": mbox(*FOUR)}, {"maildir": {f"{'new' if i % 2 else 'cur'}/0{i}.x.h{':2,S' * (1 - i % 2)}": m
                                                        for i, m in enumerate(FOUR)}}:
            vmail = self.box(settings={"tls-certificate": "host.pem", "domain-from": "login", **settings}, **more)
            vmail.write("host.pem", certificate("host.main.test"), 0o600)
            yield vmail

    def is_free(self, vmail):
        """The mailbox can be had at once, and holds what it held."""
        pop = self.session(vmail)
        count = len(pop.many("UIDL")[1].splitlines())
        self.quit(pop)
        return count

    def all_gone(self, pids):
        eventually(lambda: all(map(has_ended, pids)), "the end of all")


class Cut(CutTest):
    def plain(self, vmail):
        return vmail.pop3()

    def under_tls(self, vmail):
        return wrap(vmail.pop3("--tls"))

    def half_close(self, pop):
        pop.shut()
        pop.rest()

    def close(self, pop):
        pass

    def reset(self, pop):
        pop.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def end_tls(self, pop):
        """By a close_notify; what comes then is not looked at."""
        with contextlib.suppress(OSError):
            pop.socket.unwrap()

    def cut(self, begin, end, step, first):
        for vmail in self.boxes():
            before = contents(vmail, self.joe)
            for cut in sorted({*range(first, len(SCRIPT), 1 if ALL else step), len(SCRIPT) - 1, len(SCRIPT)}):
                pop = begin(vmail)
                pop.send(SCRIPT[:cut])
                end(pop)
                self.ended(pop)
                if cut < len(SCRIPT):
                    self.assertEqual(contents(vmail, self.joe), before, f"{cut} bytes")
            left = vmail.messages(self.joe)
            self.assertIn(left, [KEPT] if end == self.half_close else [KEPT, FOUR])
            self.assertEqual(self.is_free(vmail), len(left))

    def test_a_connection_that_is_half_closed_after_any_byte(self):
        self.cut(self.plain, self.half_close, 3, 0)

    def test_a_connection_that_is_closed_after_any_byte(self):
        self.cut(self.plain, self.close, 11, 3)

    def test_a_connection_that_is_reset_after_any_byte(self):
        self.cut(self.plain, self.reset, 11, 7)

    def test_a_connection_under_tls_that_is_half_closed_after_any_byte(self):
        self.cut(self.under_tls, self.half_close, 17, 2)

    def test_a_connection_under_tls_that_is_closed_after_any_byte(self):
        self.cut(self.under_tls, self.close, 29, 6)

    def test_a_connection_under_tls_that_is_reset_after_any_byte(self):
        self.cut(self.under_tls, self.reset, 29, 9)

    def test_a_connection_under_tls_that_ends_as_tls_ends(self):
        self.cut(self.under_tls, self.end_tls, 29, 13)

    def test_a_connection_cut_within_the_records_of_tls(self):
        # A line is a record: what is not whole is not believed.
        for vmail in self.boxes():
            before, cut, whole = contents(vmail, self.joe), 1, False
            while not whole:
                pop = vmail.pop3("--tls")
                tls = Records(pop).handshake()
                for line in SCRIPT.splitlines(keepends=True):
                    tls.side.write(line)
                records = tls.go.read()
                whole = cut >= len(records)
                pop.send(records[:cut])
                pop.shut()
                pop.rest()
                self.ended(pop)
                if not whole:
                    self.assertEqual(contents(vmail, self.joe), before, f"{cut} bytes of {len(records)}")
                cut = cut + 1 if ALL or cut == len(records) - 1 else min(cut + 61, len(records) - 1)
            self.assertEqual(vmail.messages(self.joe), KEPT)


class Ended(CutTest):
    """At each stage: so many lines were answered, and all of the next one came but its last byte."""
    def connections(self, vmail):
        yield vmail.pop3()
        yield wrap(vmail.pop3("--tls"))

    def go_to(self, pop, stage):
        self.assertRegex(pop.line(), r"^\+OK")
        for line in LINES[:stage]:
            reply = pop.many(line)[0] if line.startswith(("RETR", "TOP")) else pop.ask(line)
            self.assertRegex(reply, r"^\+OK", line)
        pop.send(LINES[stage].encode() + b"\r")
        return pop

    def each(self, number, stages):
        """Each process in its turn gets the signal at each stage."""
        for vmail in self.boxes():
            before = contents(vmail, self.joe)
            for stage in range(len(LINES)) if ALL else stages:
                for which in range(3):
                    for pop in self.connections(vmail):
                        self.signal(self.go_to(pop, stage), which, number)
                        self.assertEqual(contents(vmail, self.joe), before, f"{stage} {which}")
            self.assertEqual(self.is_free(vmail), 4)

    def signal(self, pop, which, number):
        found = processes(pop.process.pid)
        if number == signal.SIGTERM:            # vtls ends with the others
            found = {pid: fields for pid, fields in found.items() if fields["Name"] != "vtls"}
        pids = sorted(found)
        if which >= len(pids):                  # in plain text there are two
            pop.close()
            pop.process.wait()
            return
        os.kill(pids[which], number)
        with contextlib.suppress(ssl.SSLError):  # TLS without its end
            self.assertNotIn(b"shutdown", pop.rest())
        pop.close()
        pop.process.wait()
        self.all_gone(pids[1:])

    def test_any_process_that_is_killed(self):
        self.each(signal.SIGKILL, (1, 7))

    def test_any_process_that_is_told_to_end(self):
        self.each(signal.SIGTERM, (7,))

    def test_a_client_that_falls_silent(self):
        # All of them at once, so each has a mailbox of its own.
        waiting = []
        for stage in range(2, len(LINES)):
            for begin in (Cut.plain, Cut.under_tls):
                for vmail in self.boxes(**{"idle-timeout": "1s"}):
                    before, pop = contents(vmail, self.joe), begin(self, vmail)
                    # at once, or the silence may begin earlier
                    pop.send("\r\n".join(LINES[:stage + 1]).encode() + b"\r")
                    waiting.append((vmail, before, pop))
        for vmail, before, pop in waiting:
            self.assertNotIn(b"shutdown", pop.rest())
            self.assertIn("end=timeout", self.ended(pop))
            vmail.set(idle_timeout=None)
            self.assertEqual(contents(vmail, self.joe), before)
            self.assertEqual(self.is_free(vmail), 4)


class Killed(CutTest):
    def test_any_process_at_random_moments_while_mail_comes_keeps_what_was_not_deleted(self):
        chance = random.Random(5)
        outcomes = set()
        for vmail in self.boxes():
            for number in range(int(os.environ.get("VMAIL_KILLS", 10))):
                outcomes.add(self.killed(vmail, chance, b"Subject: new\n\n%d\n" % number))
        self.assertLessEqual(outcomes, {"deleted", "deleted, not told", "nothing deleted"})
        self.assertIn("nothing deleted", outcomes)

    def killed(self, vmail, chance, message):
        """A session that deletes the first message, killed somewhere; meanwhile one is delivered."""
        before = self.sent(vmail)
        coming = vmail.start("vdeliver", "-f", "sender@far.test", self.joe, stdin=subprocess.PIPE)
        coming.popen.stdin.write(message)
        coming.popen.stdin.close()
        pop = vmail.pop3()
        pop.send(f"USER {self.joe}\r\nPASS {PASSWORD}\r\nUIDL\r\nDELE 1\r\nQUIT\r\n".encode())
        lines = chance.randrange(4)
        for _ in range(lines):
            pop.line()
        # some moment within what comes then
        select.select([], [], [], chance.random() * 0.005 if lines else 0)
        victims = self.family(pop.process.pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(victims), signal.SIGKILL)
        said = pop.rest()                           # after a login that failed QUIT is the talker's
        told = b"deleted at QUIT" in said and b" shutdown." in said
        pop.close()
        pop.process.wait()
        self.all_gone(victims[1:])
        self.assertEqual(coming.wait(), 0, coming.errors)
        for process in coming, pop.process:         # there may be many
            vmail.done(process)
        left = self.sent(vmail)
        self.assertEqual(left.count(message), 1)
        left.remove(message)
        self.assertIn(left, [before[1:]] if told else [before[1:], before])
        return "deleted" if told else "deleted, not told" if len(left) < len(before) else "nothing deleted"

    def family(self, pid):
        """The process and its children, found faster than a session ends."""
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [pid, *map(int, f.read().split())]

    def sent(self, vmail):
        """The messages as they were sent."""
        return [m.removeprefix(trace(self.joe)) for m in vmail.messages(self.joe)]


if __name__ == "__main__":
    main()
