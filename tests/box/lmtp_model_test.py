#!/usr/bin/python3
"""vlmtpd against a model of LMTP: random sessions, pipelined at random, and what must come of them.

VMAIL_SESSIONS=N: so many.
"""
import random

from lmtp import *
from pop3 import spool

SESSIONS = int(os.environ.get("VMAIL_SESSIONS", fewer(700)))
RECIPIENTS = {"joe@a.test": "250", "JOE+x@A.TEST": "250", "ann@b.test": "250", "list@a.test": "250",
              "nobody@a.test": "550", "x@far.test": "550", "loop@a.test": "554", "x@bad.test": "451",
              "full@q.test": "552", "off@q.test": "550", "full@wait.test": "452", "tight@q.test": "250"}
LEADS_TO = {"joe@a.test": ["joe@a.test"], "JOE+x@A.TEST": ["joe@a.test"], "ann@b.test": ["ann@b.test"],
            "list@a.test": ["joe@a.test", "ann@b.test"]}
# Their limits; what they hold never changes: the message itself has no room where SIZE= has.
HOLDS = {"full@q.test": 1024, "full@wait.test": 1024, "tight@q.test": 1020}
LONGEST = 20000                             # max-message-size
PIECES = [b".", b"\r", b"\n", b"\r\n", b"\r\n.", b"\n.\n", b"x", b"From ", b"\0", b"QUIT\r\n", b"\xff"]


class Model:
    """Makes a session: .sent (bytes), .replies (their codes), .stored ({address: [(sender, message)]})."""
    def __init__(self, chance, number):
        self.chance, self.number = chance, number
        self.sent, self.replies = b"", ["220"]
        self.stored = {"joe@a.test": [], "ann@b.test": []}
        self.greeted = self.over = False
        self.sender, self.accepted, self.bad, self.messages = None, [], 0, 0
        self.chunks = None                  # what BDAT brought so far
        steps = self.lhlo, self.mail, self.rcpt, self.data, self.bdat, self.simple, self.rubbish, self.quit
        for _ in range(chance.randrange(5, 60)):
            likely = (0 if not self.greeted else 1 if not self.sender else 4 if self.chunks is not None
                      else 2 if len(self.accepted) < 2 else 3)
            if not self.over:
                weights = 1, 2, 4, 4, 3, 2, 2, 0.3
                chance.choices(steps, [10 if n == likely else w for n, w in enumerate(weights)])[0]()

    def says(self, line, reply, octets=b""):
        self.sent += line + b"\r\n" + octets
        self.replies.append(reply)
        if reply in ("500", "501", "502", "503", "555"):
            self.bad += 1
            if self.bad == 20:
                self.replies.append("421")
                self.over = True

    def forget(self):
        self.sender, self.accepted, self.chunks = None, [], None

    def lhlo(self):
        if self.chance.random() < 0.2:
            self.says(*self.chance.choice([(b"LHLO", "501"), (b"HELO x", "500"), (b"EHLO x", "500")]))
            return
        self.forget()
        self.greeted = True
        self.says(b"LHLO client.test", "250")

    def mail(self):
        line, reply = self.chance.choice([
            (b"MAIL FROM:<s@far.test>", "250"), (b"MAIL FROM:<> SIZE=10 BODY=8BITMIME", "250"),
            (b"mail from:<s@far.test>", "250"), (b"MAIL FROM:<s@far.test> SMTPUTF8", "250"),
            (b"MAIL FROM:s@far.test", "501"), (b"MAIL FROM:<s@far.test> X=1", "555"),
            (b"MAIL FROM:<s@far.test> SIZE=4", "250"), (b"MAIL FROM:<s@far.test> SIZE=%d" % LONGEST, "250"),
            (b"MAIL FROM:<s@far.test> SIZE=99999999999", "552")])
        if not self.greeted or self.sender:
            reply = "503"
        self.says(line, reply)
        if reply == "250":
            self.sender = line

    def rcpt(self):
        to = self.chance.choice([*RECIPIENTS, None])
        reply = RECIPIENTS[to] if to else "501"
        declared = re.search(rb"SIZE=(\d+)", self.sender or b"")
        if to == "tight@q.test" and declared and int(declared[1]) > 1024 - HOLDS[to]:
            reply = "552"
        if not self.sender or self.chunks is not None:
            reply = "503"
        self.says(b"RCPT TO:<%s>" % to.encode() if to else b"RCPT TO:joe", reply)
        if reply == "250":
            self.accepted.append(to)

    def data(self):
        if not self.accepted or self.chunks is not None:
            self.says(b"DATA", "503")
            return
        self.says(b"DATA", "354")
        message = self.header() + self.pieces(30) + b"end\r\n"
        self.sent += message.replace(b"\r\n.", b"\r\n..") + b".\r\n"
        self.delivered(message)

    def bdat(self):
        chance, last = self.chance, self.chance.random() < 0.4
        octets = self.pieces(12) + chance.choice([b"", b"end\r\n", b"\r"])
        line = b"BDAT %d%s"
        if not self.accepted:
            self.says(line % (len(octets), b" LAST" if last else b""), "503", octets)
            return
        if self.chunks is None:
            self.chunks, octets = b"", self.header() + octets
        self.chunks += octets
        if last:
            self.sent += line % (len(octets), b" LAST") + b"\r\n" + octets
            self.delivered(self.chunks)
        else:
            self.says(line % (len(octets), b""), "552" if self.is_too_long(self.chunks) else "250", octets)

    def header(self):
        self.messages += 1
        return b"Subject: %d.%d\r\n\r\n" % (self.number, self.messages)

    def pieces(self, count):
        """Any bytes; rarely more of them than a message may have."""
        if self.chance.random() < 0.01:
            return b"y" * (LONGEST + 100)
        return b"".join(self.chance.choices(PIECES, k=self.chance.randrange(count)))

    def is_too_long(self, message):
        return len(message.replace(b"\r\n", b"\n")) > LONGEST

    def delivered(self, message):
        """Behind its end: a reply for each recipient."""
        if self.is_too_long(message):
            self.replies += ["552"] * len(self.accepted)
        else:
            self.replies += ["552" if to == "tight@q.test" else "250" for to in self.accepted]
            self.store(message.replace(b"\r\n", b"\n"))
        self.forget()

    def store(self, message):
        sender = b"" if b"<>" in self.sender else b"s@far.test"
        for to in {box for recipient in self.accepted for box in LEADS_TO.get(recipient, ())}:
            # in an mbox a last line always has an end
            end = mbox_end(message) if to == "joe@a.test" else b""
            self.stored[to].append((sender, message + end))

    def simple(self):
        line, reply = self.chance.choice([(b"NOOP", "250"), (b"RSET", "250"), (b"VRFY joe", "252"), (b"HELP", "214"),
                                          (b"noop x", "250"), (b"rset ", "250")])
        if line.startswith((b"RSET", b"rset")):
            self.forget()
        self.says(line, reply)

    def rubbish(self):
        self.says(*self.chance.choice([(b"", "500"), (b"XYZZY", "500"), (b"EXPN x", "502"), (b"x" * 5000, "500"),
                                       (b"\0\xff", "500"), (b"QUIT now", "501")]))
        if self.chance.random() < 0.03 and not self.over:       # nobody knows what follows
            self.says(self.chance.choice([b"BDAT", b"BDAT x", b"BDAT -1 LAST", b"BDAT 5 LAST x"]), "501")
            if not self.over:
                self.replies.append("421")
                self.over = True

    def quit(self):
        self.says(b"QUIT", "221")
        self.over = True


class Sessions(LmtpTest):
    aliases = "list: joe, ann@b.test\nloop: pool\npool: loop\n"

    def setUp(self):
        super().setUp()
        self.vmail.domain("bad.test", accounts=["x"])
        self.vmail.write("domain.bad.test", "x = 1\n")
        self.vmail.domain("q.test", accounts=["full", "off", "tight"])
        self.vmail.domain("wait.test", {"over-quota": "defer"}, accounts=["full"])
        for address, size in HOLDS.items():
            self.quota(address, "1\n")
            self.put(self.vmail.inbox(address), b"x" * size, address)
        self.quota("off@q.test", "disabled\n")
        self.vmail.set(log="mail", max_message_size=str(LONGEST))

    def quota(self, address, text):
        with open(os.path.join(spool(self.vmail, address), address.split("@")[0] + ".quota"), "w") as f:
            f.write(text)

    def send(self, lmtp, data, chance):
        """In one piece, or in several of any length."""
        while data:
            n = chance.choice([len(data), 1, 2, chance.randrange(1, 200), 5000])
            lmtp.send(data[:n])
            data = data[n:]

    def check(self, server, seed):
        chance = random.Random(seed)
        model = Model(chance, seed)
        lmtp = server.client()
        self.send(lmtp, model.sent, chance)
        if model.over:                          # what comes behind the end is nobody's
            lmtp.send(SESSION % b"joe@a.test")
        else:
            lmtp.shut()
        replies = []
        while (reply := lmtp.reply()) is not None:
            replies.append(reply[:3])
        lmtp.close()
        self.assertEqual(replies, model.replies, f"session {seed}: {model.sent!r}")
        return model

    def test_random_sessions_are_answered_and_delivered_as_the_model_says(self):
        server = self.server()
        stored = {"joe@a.test": [], "ann@b.test": []}
        for seed in range(SESSIONS):
            model = self.check(server, seed)
            for to in stored:
                stored[to] += model.stored[to]
        for to, messages in stored.items():
            self.assertGreater(len(messages), SESSIONS // 3)
            found = self.vmail.messages(to)
            self.assertEqual(len(found), len(messages))
            for (sender, message), stored in zip(messages, found):
                self.assertEqual(parted(stored, to, sender.decode())[1], message)
        for address, size in HOLDS.items():
            self.assertEqual(os.stat(self.vmail.inbox(address)).st_size, size)
        server.stop()


if __name__ == "__main__":
    main()
