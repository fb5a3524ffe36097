#!/usr/bin/python3
"""pop3_bytes_test.py: what is delivered comes back by POP3, and for Python's mailbox, with its bytes.

VMAIL_MESSAGES=N: so many messages in each kind of inbox, made of what messages should not be made of.
"""
import mailbox
import random

from delivery import Delivery, trace
from pop3 import *

COUNT = int(os.environ.get("VMAIL_MESSAGES", 40))
AT_ONCE = 200                               # messages in an inbox
LONG = 1 << 20
PARTS = [
    b"\0", b"\0\0\n", b"\r", b"\r\n", b"\n", b"\n\n", b"\n\n\n", b"\r\r\n", b".", b".\n", b"..\n", b".\r\n",
    b"...x\n", b"From ", b"From a\n", b"\nFrom joe@far.test Thu Jan  1 00:00:00 1970\n", b">From b\n", b">>From c\n",
    b">>>>>>>>From d\n", b" From e\n", b"From\n", b"plain text\n", b"8-bit \xe4\xff\x80\n", bytes(range(256)), b"a: b\n",
    b"\tfolded\n", b"Content-Length: 3\n", b"Status: RO\n", b"X-UID: 7\n", b"no end of line", b"\x1a", b"\x04",
    b"+OK\n", b"x" * 997 + b"\n", b"y" * 4095, b"z" * 65536 + b"\n", b"X-IMAP: 1 2\n", b"\xef\xbb\xbf", b"=20=\n", b"\x1b[2J",
]
HEADERS = [b"", b"Subject: x\n", b"Subject: a\0b\nX: \xff\n", b"Subject: x\r\nTo: y\r\n",
           b"X: " + b"y" * 5000 + b"\n", b"A: b\n\tc\n d\nE:\n", b"no header at all\n",
           b"Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n"]
# What must be among them, however few there are.
FIXED = {
    "no bytes": b"", "a line end": b"\n", "a header alone": b"Subject: x\n", "no body": b"Subject: x\n\n",
    "no final line end": b"Subject: x\n\nno end", "a lone CR at the end": b"Subject: x\n\nx\r",
    "CR, LF and CRLF": b"S: x\n\na\rb\nc\r\nd\r\r\ne\n\rf\n", "all bytes": b"S: x\n\n" + bytes(range(256)) * 3,
    "a line of a megabyte": b"S: x\n\n" + b"m" * LONG + b"\nend\n",
    "a field of a megabyte": b"X: " + b"m" * LONG + b"\n\nend\n",
    "dots": b"S: x\n\n.\n..\n...\n.\r\n.x\n\n.", "CRLF throughout": b"S: x\r\n\r\nFrom a\r\n\r\nFrom b\r\n.\r\n",
    "From_ of every depth": b"S: x\n\n" + b"".join(b">" * n + b"From x\n\n" for n in range(40)),
    "empty lines": b"S: x\n\n" + b"\n" * 500, "NULs": b"\0" * 70000, "dots at an edge": b"S: x\n\n" + b"." * 65537,
    "lines of dots at an edge": b"S: x\n\n" + b".\n" * 40000,
}


def made(n):
    """The n-th message."""
    if n < len(FIXED):
        return list(FIXED.values())[n]
    dice = random.Random(n)
    header, empty = dice.choice(HEADERS), dice.choice([b"\n", b"\n", b"\r\n", b""])
    return header + empty + b"".join(dice.choices(PARTS, k=dice.randrange(30)))


def stored(message):
    """Without what a delivery takes out: a From_ line on top."""
    return re.sub(rb"\AFrom [^\n]*(\n|\Z)", b"", message)


def top_of(message, lines):
    """What TOP sends of a message as RETR sends it: the header, the empty line, so many lines."""
    header, empty, body = re.match(rb"((?:[^\r\n][^\n]*\n|\r[^\n]+\n)*)(\r\n)?(.*)", message, re.S).groups()
    return header + (empty or b"") + b"".join(re.findall(rb"[^\n]*\n", body)[:lines])


class Fidelity(Delivery, Pop3Test):
    def setUp(self):
        super().setUp()
        for domain, who in (("a.test", "joe"), ("b.test", "ann")):
            self.vmail.write(f"shadow.{domain}", f"{who}:{hash_of(PASSWORD)}:19000:0:99999:7:::\n", 0o600)

    def check(self, to, seen_by_python):
        for start in range(0, COUNT, AT_ONCE):
            sent = [made(n) for n in range(start, min(start + AT_ONCE, COUNT))]
            for message in sent:
                self.delivered(to, message)
            wanted = [trace(to) + stored(message) for message in sent]
            if to == "ann@b.test":
                self.names_tell(os.path.join(self.vmail.inbox(to), "new"))
            if to == "joe@a.test":              # an mbox adds the last line end where there is none
                wanted = [message + mbox_end(message) for message in wanted]
            self.come_back(to, start, [on_the_wire(message) for message in wanted])
            self.assertEqual(seen_by_python(self.vmail.inbox(to)), wanted)
            self.empty(to)

    def come_back(self, to, start, wanted):
        pop = self.session(self.vmail, to)
        listed = [line.split()[1] for line in pop.many("LIST")[1].decode().splitlines()]
        self.assertEqual(len(listed), len(wanted))
        self.assertEqual(pop.ask("STAT"), f"+OK {len(wanted)} {sum(map(int, listed))}")
        for n, message in enumerate(wanted):
            reply, got = pop.many(f"RETR {n + 1}")
            self.assertEqual(reply, f"+OK {listed[n]} octets")
            self.assertTrue(got == message, (start + n, got[:500], message[:500]))
            self.assertEqual(len(got), int(listed[n]), start + n)
            for lines in (0, 1, 7, 10 ** 9):
                part = pop.many(f"TOP {n + 1} {lines}")[1]
                self.assertTrue(part == top_of(message, lines), (start + n, lines, part[-500:]))
        self.quit(pop)

    def empty(self, to):
        inbox = self.vmail.inbox(to)
        shutil.rmtree(inbox) if os.path.isdir(inbox) else os.unlink(inbox)

    def test_an_mbox_gives_back_what_was_delivered(self):
        def seen(path):
            """mailbox.mbox takes no quotes off."""
            box = mailbox.mbox(path, create=False)
            return [re.sub(rb"^>(>*From )", rb"\1", box.get_bytes(key), flags=re.M) for key in box.keys()]
        self.check("joe@a.test", seen)

    def test_a_maildir_gives_back_what_was_delivered(self):
        def seen(path):
            box = mailbox.Maildir(path, create=False)
            return [box.get_bytes(key) for key in sorted(box.keys())]
        self.check("ann@b.test", seen)


if __name__ == "__main__":
    main()
