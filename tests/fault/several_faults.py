"""several_faults.py: strikes vlmtpd while it serves one message for three recipients; judges what is left.

joe and ann share a domain of mboxes, bob's has Maildirs; each inbox holds one old message.  The client is an
MTA: after the struck message it sends the same to whom it heard no 250 of, and where all had theirs, another one
to all.  What must hold, beside what a World asks for (faults.py), for each of the three by itself:

    - after its 250 the message is there, whole and once, whatever becomes of the others, and stays so;
    - else its inbox is as it was, or holds the whole message as well;
    - in the end it holds the old message and the struck one, twice where it had it without a reply.
"""
from faults import *

TO = ("joe@a.test", "ann@a.test", "bob@b.test")


class Answers(Answer):
    """.done: who had a 250."""
    def __init__(self):
        super().__init__(set(), None)

    def hear(self, lmtp):
        self.replies.append(lmtp.reply())
        return self.replies[-1] or ""

    def converse(self, lmtp, to, message):
        if not self.hear(lmtp):
            return
        for line in (b"LHLO client.test\r\n", b"MAIL FROM:<sender@far.test>\r\n"):
            lmtp.send(line)
            if self.hear(lmtp)[:1] != "2":
                return
        accepted = []
        for name in to:
            lmtp.send(b"RCPT TO:<%s>\r\n" % name.encode())
            accepted += [name] * (self.hear(lmtp)[:1] == "2")
        lmtp.send(b"DATA\r\n")
        if self.hear(lmtp)[:1] != "3":
            return
        lmtp.send(wire(message))
        for name in accepted:
            if self.hear(lmtp) == DONE:
                self.done.add(name)


def by_vlmtpd_to(vmail, to, message, strike=()):
    client, server = socket.socketpair()
    with server:
        process = Process([*map(str, strike), program("vlmtpd"), "-C", vmail.dir], stdin=server, stdout=server)
    lmtp, answer = Lmtp(client, process), Answers()
    try:
        answer.converse(lmtp, to, message)
        lmtp.send(b"QUIT\r\n")
        answer.hear(lmtp)
        lmtp.close()
        answer.status = process.wait()
    except AssertionError as failure:
        answer.wrong.append(str(failure))
    process.stop()
    answer.log = process.errors.decode(errors="replace")
    # An RCPT that failed leaves a DATA without recipients to be refused.
    none = any(reply and reply[0] == "4" for reply in answer.replies)
    answer.wrong += [reply for reply in answer.replies
                     if reply and reply[0] not in "234" and not (none and reply.startswith("503 "))]
    return answer


class SeveralWorld(World):
    """.doubled: the most that were there without a 250 after one strike."""
    def __init__(self, vmail, message=SMALL):
        vmail.domain("a.test", {"mailbox": "mbox"}, accounts=["joe", "ann"])
        vmail.domain("b.test", {"mailbox": "maildir"}, accounts=["bob"])
        self.vmail, self.kind, self.message, self.fresh = vmail, "three recipients", message, False
        self.face, self.strike = by_vlmtpd_to, build()
        self.runs, self.doubled, self.wrong, self.calls = 0, 0, [], set()
        self.place, self.saved = vmail.spool, os.path.join(vmail.scratch, "saved")
        got = self.face(vmail, TO, OLD)
        assert got.done == set(TO) and not got.wrong, got
        shutil.copytree(self.place, self.saved, copy_function=self.copy)
        self.copy_owners(self.place, self.saved)

    def messages(self):
        return {to: [as_sent(m, to) for m in self.vmail.messages(to)] for to in TO}

    def leftovers(self):
        known = {"a.test/joe", "a.test/ann", "a.test/.joe.queue", "a.test/.ann.queue"}
        found = [os.path.relpath(os.path.join(place, name), self.place)
                 for place, _, names in os.walk(self.place) for name in names]
        return [name for name in found if name not in known and not name.startswith(("b.test/bob/new/",
                                                                                    "b.test/bob/cur/"))]

    def struck(self, nth, how, calls):
        self.reset()
        note = os.path.join(self.vmail.scratch, "struck")
        with open(note, "w"):
            pass
        got = self.face(self.vmail, TO, self.message, (self.strike, note, nth, how, calls))
        with open(note) as f:
            call = f.read().strip()
        if not call:
            if got.done != set(TO) or got.wrong:
                self.complain(f"not struck ({nth})", answer=got)
            return None
        self.runs += 1
        self.calls.add(call)
        self.judge(f"{call} ({nth}) {errno.errorcode.get(how, how)}", got, how == "kill",
                   call in ("unlink", "unlinkat", "brk", "mmap", "pidfd_open"))
        return call

    def judge(self, what, got, killed, cannot_clean):
        if got.wrong or got.status not in ((0, 75, 137) if killed else (0, 75)):
            self.complain(what, answer=got)
        left, old, new = self.messages(), [OLD], [OLD, self.message]
        for to in TO:
            if to in got.done and left[to] != new:
                self.complain(what, lost=to, left=left[to], answer=got)
            if not killed and left[to] not in (old, new):
                self.complain(what, at=to, left=[m[:60] for m in left[to]], answer=got)
        if not killed and not cannot_clean and (files := self.leftovers()):
            self.complain(what, leftovers=files)
        open_yet = [to for to in TO if to not in got.done]
        there = {to: self.message in left[to] for to in open_yet}
        self.doubled = max(self.doubled, sum(there.values()))
        start, tried = time.monotonic(), self.message if open_yet else NEXT
        again = self.face(self.vmail, open_yet or TO, tried)
        if again.done != set(open_yet or TO) or again.wrong or time.monotonic() - start > CUT:
            self.complain(what, then=again, after=time.monotonic() - start)
        wanted = {to: new + [NEXT] * (not open_yet) if to in got.done else
                  old + [self.message] * (1 + there[to]) for to in TO}
        if (after := self.messages()) != wanted:
            self.complain(what, after={to: [m[:60] for m in after[to]] for to in TO}, answer=got)
