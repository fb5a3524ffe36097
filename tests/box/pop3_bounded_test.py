#!/usr/bin/python3
"""pop3_bounded_test.py: a session's memory stays small and its time grows with the mailbox alone.

VMAIL_MEGABYTES=N: the longest message has so many; the number of messages and headers grow with it (1024: a
hundred thousand messages, a header of a million fields and one of 100 MB), and times must lie on a line.
"""
import hashlib
import statistics
import sys
import threading

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/fault")
from faults import build, tmpfs
from delivery import trace
from pop3 import *

SHORT = 4
MEGABYTES = int(os.environ.get("VMAIL_MEGABYTES", SHORT))
SIZES = [MEGABYTES // n for n in (8, 4, 2, 1)]
COUNTS = [100_000 * MEGABYTES // 1024 // n for n in (8, 4, 2, 1)]
FIELDS = 1_000_000 * MEGABYTES // 1024
HEADER = (100 << 20) * MEGABYTES // 1024
KB = 6 * 1024                               # any process's memory, whatever the message
KB_MESSAGES = KB + 58 * 1024 * MEGABYTES // 1024
CLOSE = 0.99                                # r squared, in the long form
TRIES = 3 if MEGABYTES > SHORT else 1       # of a mailbox: the least of so many times counts
GROWS = "short lines"                       # in the long form this kind has all sizes
FROM = b"From s@far.test Fri Nov 20 10:00:00 2026\n"
FAREWELL = b"+OK host.main.test POP3 Server (Version 0.1) shutdown.\r\n"

RECORDS = {
    "short lines": b"0123456789 abcdef\n",
    "lines that are dots and From": b".\n.x\nFrom a\n>From b\n",
    "a line without end": b"x" * 64,
    "CRLF and CR": b"a\r\nb\rc\r\r\n",
    "NUL and 8-bit": b"\0\xff\xe4\n",
}


@unittest.skipUnless(build("measure"), "needs a compiler")
class Bounded(Pop3Test):
    def setUp(self):
        self.vmail = self.box(settings={"max-message-size": "0"})
        if ROOT:
            tmpfs(self.vmail.spool, "3g")
            self.addCleanup(subprocess.run, ["umount", "--lazy", self.vmail.spool], check=True)
        elif MEGABYTES > SHORT:             # where /tmp is in memory it may be too small
            self.vmail.spool = tempfile.mkdtemp(prefix="vmail-", dir="/var/tmp")
            self.addCleanup(shutil.rmtree, self.vmail.spool)
            self.vmail.set(spool=self.vmail.spool)
        spool(self.vmail, self.joe)
        self.settings = self.vmail.read("domain.a.test").decode()

    def session(self, *commands):
        """Bytes that came after the login, their SHA-256 and last ones; .cpu and .memory of it all."""
        note = os.path.join(self.vmail.scratch, "used")
        client, server = connection(fresh_address())
        with server:
            process = Process([build("measure"), note, program("vpop3d"), "-C", self.vmail.dir], stdin=server,
                              stdout=server)
        self.vmail.processes.append(process)
        pop = Pop3(client, process)
        client.settimeout(600)                  # a gigabyte is looked through; Pop3 has set its own
        pop.line()
        pop.ask("USER joe@a.test")
        told = "".join(f"{c}\r\n" for c in (f"PASS {PASSWORD}", *commands, "QUIT")).encode()
        sender = threading.Thread(target=pop.send, args=[told])     # who reads nothing is read from no longer
        sender.start()
        self.assertRegex(pop.line(), r"^\+OK ")
        digest, count, last = hashlib.sha256(), 0, pop.read
        data = pop.read or client.recv(1 << 20)
        while data:
            digest.update(data)
            count += len(data)
            last = (last + data)[-200:]
            data = client.recv(1 << 20)
        sender.join()
        pop.close()
        self.assertEqual(process.wait(600), 0, process.errors)
        with open(note) as f:
            self.cpu, self.memory = (int(word) for word in f.read().split())
        self.assertRegex(last, rb"shutdown\.\r\n$")
        return count, digest.digest(), last

    def is_within(self, memory):
        if not is_sanitized("vpop3d"):
            self.assertLess(self.memory, memory)

    def lie_on_a_line(self, sizes, times):
        if not is_sanitized("vpop3d") and MEGABYTES > SHORT and len(sizes) > 1:
            r = statistics.correlation(sizes, times)
            self.assertGreater(r * r, CLOSE, (sizes, times))
        print(f"# {sizes}: {' '.join(f'{t / 1e6:.2f}' for t in times)} s, {self.memory} kB", flush=True)

    def put(self, kind, pieces):
        """The inbox has one message, which comes in pieces of whole lines, or one line."""
        self.clear()
        path = put_mbox(self.vmail, self.joe, b"") if kind == "mbox" else \
            os.path.join(put_maildir(self.vmail, self.joe, {"cur/1.x:2,": b""}), "cur/1.x:2,")
        with open(path, "wb") as f:
            f.write(FROM if kind == "mbox" else b"")
            for piece in pieces:
                f.write(re.sub(rb"^(>*From )", rb">\1", piece, flags=re.M) if kind == "mbox" else piece)
            f.write(b"\n" if kind == "mbox" else b"")

    def clear(self):
        path = self.vmail.inbox(self.joe)
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.unlink(path)

    def deliver(self, kind, pieces):
        """The inbox has one message, which vdeliver brought."""
        self.clear()
        self.vmail.write("domain.a.test", self.settings + f"mailbox = {kind}\n")
        end, begin = os.pipe()

        def write():
            with open(begin, "wb") as f:
                f.writelines(pieces)
        writer = threading.Thread(target=write)
        writer.start()
        with open(end, "rb") as message:
            got = self.vmail.run("vdeliver", "-f", "sender@far.test", self.joe, input=message, seconds=600)
        writer.join()
        self.assertEqual(got.status, 0, got)

    def retrieved(self, kind, record, megabytes, tries):
        """Such a message is delivered, and RETR gives it back with its bytes: the least processor time of that."""
        piece = record * (65536 // len(record))
        count, tail = (megabytes << 20) // len(piece), b"" if record.endswith(b"\n") else b"\n"
        self.deliver(kind, [b"S: x\n\n", *[piece] * count, tail])
        top = on_the_wire(trace(self.joe) + b"S: x\n\n")
        sent = (on_the_wire(record) if not tail else record) * (65536 // len(record))
        wanted = hashlib.sha256(b"+OK %d octets\r\n" % (len(top) + count * len(sent) + 2 * len(tail)) + top)
        sent = re.sub(rb"^\.", b"..", sent, flags=re.M)
        for _ in range(count):
            wanted.update(sent)
        wanted.update(tail.replace(b"\n", b"\r\n") + b".\r\n" + FAREWELL)
        times = []
        for _ in range(tries):
            self.assertEqual(self.session("RETR 1")[1], wanted.digest())
            self.is_within(KB)
            times.append(self.cpu)
        return min(times)

    def test_a_long_message_of_every_kind_is_retrieved(self):
        for kind in ("mbox", "maildir"):
            for name, record in RECORDS.items():
                sizes, tries = (SIZES, TRIES) if name == GROWS and MEGABYTES > SHORT else (SIZES[-1:], 1)
                self.lie_on_a_line(sizes, [self.retrieved(kind, record, size, tries) for size in sizes])

    def test_a_header_without_end(self):
        """Very many fields, and very long ones."""
        for kind in ("mbox", "maildir"):
            for field, count in ((b"X-Field: y\n", FIELDS), (b"X-Field: " + b"y" * 990 + b"\n", HEADER // 1000)):
                self.put(kind, [*[field * 100] * (count // 100), b"\nbody\n" * 3])
                sent = (len(field) + 1) * (count // 100 * 100) + len(b"\r\nbody\r\n")
                got = self.session("UIDL 1", "TOP 1 1")
                self.is_within(KB)
                self.assertRegex(got[2], rb"y\r\n\r\nbody\r\n\.\r\n\+OK")
                self.assertTrue(sent < got[0] < sent + 500, (sent, got[0]))

    def mailbox(self, kind, count):
        """So many messages, no two alike."""
        self.clear()
        if kind == "mbox":
            put_mbox(self.vmail, self.joe, b"".join(FROM + b"S: %d\n\nbody\n\n" % n for n in range(count)))
        else:
            put_maildir(self.vmail, self.joe, {f"cur/{n}.x:2,": b"S: %d\n\nbody\n" % n for n in range(count)})

    def half_is_deleted(self, kind, count):
        """Processor time."""
        self.mailbox(kind, count)
        self.session("STAT", "LIST", "UIDL", f"RETR {count}", *(f"DELE {n}" for n in range(1, count + 1, 2)))
        self.is_within(KB_MESSAGES)
        self.assertEqual(len(os.listdir(os.path.join(self.vmail.inbox(self.joe), "cur"))) if kind == "maildir" else
                         len(self.vmail.messages(self.joe)), count // 2)
        return self.cpu

    def test_very_many_messages(self):
        """Listed, retrieved, and every second one deleted."""
        for kind in ("mbox", "maildir"):
            times = [min(self.half_is_deleted(kind, count) for _ in range(TRIES)) for count in COUNTS]
            self.lie_on_a_line(COUNTS, times)
            if not is_sanitized("vpop3d"):
                self.assertLess(times[-1], 20 * max(times[0], 5000), times)


if __name__ == "__main__":
    main()
