#!/usr/bin/python3
"""Messages that would like to be two: each delivery is one message of the mbox, with its bytes.

Every message carries a From line, or what looks like one, at an awkward place.  Python's mailbox
counts them, and vpop3d gives them back.  VMAIL_ATTACKS=N: so many of them.
"""
import mailbox
import random

from lmtp import *
from pop3 import PASSWORD, Pop3Test, on_the_wire

ATTACKS = int(os.environ.get("VMAIL_ATTACKS", 60))
EDGES = [2 ** n + d for n in range(4, 17) for d in (-7, -6, -5, -4, -3, -2, -1, 0, 1)]
FORGED = b"From forger@far.test Thu Jan  1 00:00:00 1970\nSubject: forged\n\nforged\n"
HEADER = b"Subject: x\nX-A: y\n"
TOP = len(trace("joe@a.test"))


def filler(length, ends=b"\n"):
    """So many bytes, in lines, the last ones these."""
    if length < len(ends):
        return b"\n" * length
    text = (b"z" * 71 + b"\n") * (length // 72 + 1)
    return text[:length - len(ends)] + ends


def at_edge(dice, base):
    """A From line that starts so many bytes behind base, and maybe after an empty line."""
    edge = dice.choice(EDGES)
    ends = dice.choice([b"\n", b"\n\n", b"\r\n", b"\0\n", b"\n\n\n", b"x"])
    before = HEADER + b"\n"
    return before + filler(edge - base - len(before), ends) + FORGED


KINDS = {
    "at an edge of what is read": lambda dice, end: at_edge(dice, 0),
    "at an edge of what is written": lambda dice, end: at_edge(dice, TOP),
    "at an edge of the file": lambda dice, end: at_edge(dice, TOP + end % 65536),
    "quoted already, at an edge": lambda dice, end: at_edge(dice, 0).replace(
        b"From forger", b">" * dice.choice([1, 2, 3, 4095, 65536]) + b"From forger"),
    "a row of > that ends at an edge": lambda dice, end:
        HEADER + b"\n" + b">" * (dice.choice(EDGES)) + FORGED,
    "right after the header": lambda dice, end: HEADER + b"\n" + FORGED,
    "in the header": lambda dice, end: HEADER + FORGED,
    "in place of a header": lambda dice, end: b"\n" + FORGED,
    "twice on top": lambda dice, end: b">" + FORGED + b"\n" + FORGED,
    "after NUL": lambda dice, end: HEADER + b"\n" + filler(dice.randrange(300), b"\0") + FORGED +
        b"\0" * dice.randrange(20) + b"\n\n" + FORGED,
    "a false Content-Length": lambda dice, end: HEADER + b"Content-Length: %d\n\n" % dice.choice(
        [0, 1, 7, 2 ** 31, 2 ** 64, -1]) + filler(dice.randrange(200), b"\n\n") + FORGED,
    "no final newline": lambda dice, end: HEADER + b"\n" + filler(dice.choice(EDGES), b"\n\n") +
        FORGED[:dice.choice([4, 5, 6, 20, len(FORGED) - 1])],
    "CR for LF": lambda dice, end: HEADER + b"\r\n\r\n" + FORGED.replace(b"\n", b"\r\n") + b"\r" + FORGED,
    "empty lines at the end": lambda dice, end: HEADER + b"\n" + b"\n" * dice.randrange(1, 9) + FORGED +
        b"\n" * dice.randrange(9),
    "nothing but From": lambda dice, end: b"\n" + b"From \n" * dice.randrange(1, 3000),
    "a mix of it": lambda dice, end: HEADER + b"\n" + b"".join(dice.choices(
        [b"From ", b">", b"\n", b"\0", b"\r\n", b"From", b"x", b" ", b"F", b"z" * 4093], k=200)),
}


class Forged(Pop3Test, LmtpTest):
    def setUp(self):
        self.vmail = self.box()

    def attacks(self, count, start=0):
        """(what it is, the message); about as many of each kind."""
        names = list(KINDS)
        for n in range(count):
            path = self.vmail.inbox(self.joe)
            end = os.path.getsize(path) if os.path.exists(path) else 0
            dice = random.Random(start + n)
            name = names[n % len(names)]
            yield f"{name} ({start + n})", KINDS[name](dice, end)

    def check(self, attacks, messages):
        """messages: what was delivered, without what was put on top."""
        path = self.vmail.inbox(self.joe)
        self.assertEqual(len(mailbox.mbox(path, create=False)), len(attacks))
        self.assertEqual(len(messages), len(attacks))
        for (name, sent), found in zip(attacks, messages):
            with self.subTest(name):
                self.assertTrue(found == on_the_wire(sent), (found[:300], found[-300:], len(found), len(sent)))

    def retrieved(self, received=False):
        """By vpop3d, without what was put on top."""
        top = on_the_wire(trace(self.joe))
        for message in self.messages(self.vmail):
            self.assertTrue(message.startswith(top), message[:200])
            lines = message[len(top):].split(b"\r\n", 3 if received else 0)
            yield lines[-1]

    def test_each_delivery_is_one_message_with_its_bytes(self):
        attacks = []
        for name, message in self.attacks(ATTACKS):
            got = self.vmail.deliver(self.joe, message)
            self.assertEqual(got.status, 0, (name, got))
            attacks.append((name, message))
        self.check(attacks, list(self.retrieved()))

    def test_each_message_over_lmtp_is_one_message_with_its_bytes(self):
        self.vmail.set(log="mail")              # nobody reads its standard error meanwhile
        lmtp, attacks = self.session(), []
        for name, message in self.attacks(ATTACKS, ATTACKS):
            message = message.replace(b"\r\n", b"\n")   # on the wire a line end is CRLF
            message += b"" if message.endswith(b"\n") else b"\n"
            self.assertEqual(lmtp.deliver(self.joe, message=message), [DONE], name)
            attacks.append((name, message))
        lmtp.quit()
        self.check(attacks, list(self.retrieved(True)))

    def session(self, vmail=None, **more):
        """Pop3Test's has an installation; without one it is vlmtpd's."""
        return Pop3Test.session(self, vmail, **more) if vmail else LmtpTest.session(self, **more)


if __name__ == "__main__":
    main()
