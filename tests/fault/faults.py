"""faults.py: strikes a delivery at every system call, or fills its disk; judges what is left.

A World is an installation with one account, or one alias of a file.  The inbox holds one old message
(or nothing was ever delivered to its domain, a fresh one); a delivery is
struck; then, as an MTA would, it is tried once more, or, where it was said to
be done, another message comes.  Two faces deliver: vdeliver, and vlmtpd on a
socket pair.  What must hold:

    - the exit status is 0 or 75 (or SIGKILL's own, when the first process was
      killed); replies are 2xx and 4xx, or the connection ends;
    - after 0, or 250, the message is there, whole;
    - after an error the inbox is as it was, or holds the whole message as well;
    - the next delivery works at once, and then the inbox holds the old message
      and the struck one, each whole, and nothing else: the struck one twice at
      most, and only if it was there before it was tried again.  In a file of
      an alias the torn beginning of a killed one may stand before it, a message
      of its own.
"""
import atexit
import errno
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "box"))
from lmtp import *

OLD = b"S: old\n\nold\n"
NEXT = b"S: next\n\nnext\n"
SMALL = b"S: struck\n\nFrom here\nto there\n"
LARGE = b"S: struck\n\n" + b"0123456789abcde\n" * 20000
WRITERS = ("write,writev,pwrite64,fsync,openat,openat2,open,rename,renameat,renameat2,link,linkat,ftruncate,"
           "mkdir,mkdirat")
ERRORS = [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EINTR, errno.EMFILE, errno.ENOMEM,
          errno.EACCES, errno.EROFS, errno.EFBIG]
# Behind the first part of tests/check each fourth of the calls that would be struck, other ones in each
# part; four, not three, so that each of the nine errors has its turn.
APART = 4 if PART else 1
OFFSET = PARTS.index(PART) % APART


@functools.cache
def helpers():
    """A directory for what is compiled here."""
    place = tempfile.mkdtemp(prefix="vmail-helpers-", dir=SCRATCH)
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    os.chmod(place, 0o755)
    return place


@functools.cache
def build(name="strike"):
    """Compiles a helper; None where it cannot be (another processor, no compiler)."""
    path = os.path.join(helpers(), name)
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.c")
    if (name == "strike" and os.uname().machine != "x86_64") or not shutil.which("cc"):
        return None
    subprocess.run(["cc", "-O1", "-o", path, source], check=True)
    return path


class Used:
    """What one run of a program took: .cpu in seconds, .memory in kB; .got is its Result."""
    def __init__(self, *words, **more):
        note = os.path.join(helpers(), "used")
        self.got = run(build("measure"), note, *words, **more)
        with open(note) as f:
            cpu, self.memory = map(int, f.read().split())
        self.cpu = cpu / 1e6

    def __repr__(self):
        return f"{self.cpu:.2f} s of processor time, {self.memory} kB, {self.got}"


class Answer:
    """What an MTA knows after a delivery."""
    def __init__(self, done, status):
        self.done, self.status = done, status
        self.replies, self.errors, self.log = [], "", ""
        self.wrong = []                     # what no MTA may ever see

    def __repr__(self):
        return f"status {self.status} {self.replies} {self.errors!r} {self.wrong}\n{self.log}"


def by_vdeliver(vmail, to, message, strike=()):
    """strike: words that stand before the program's own."""
    got = run(*strike, program("vdeliver"), "-C", vmail.dir, "-f", "sender@far.test", to, input=message)
    answer = Answer(got.status == 0, got.status)
    answer.errors, answer.log = got.stderr, got.log
    if got.status == 75 and not got.stderr.startswith("4."):
        answer.wrong.append("75 without its reason")
    return answer


def by_vlmtpd(vmail, to, message, strike=()):
    """On a socket pair, as Postfix's spawn starts it; after a 4xx the client says QUIT."""
    client, server = socket.socketpair()
    with server:
        process = Process([*map(str, strike), program("vlmtpd"), "-C", vmail.dir], stdin=server, stdout=server)
    lmtp, answer = Lmtp(client, process), Answer(False, None)
    steps = [b"", b"LHLO client.test\r\n", b"MAIL FROM:<sender@far.test>\r\n",
             b"RCPT TO:<%s>\r\n" % to.encode(), b"DATA\r\n", wire(message), b"QUIT\r\n"]
    try:
        for step in steps:
            lmtp.send(step)
            answer.replies.append(lmtp.reply())
            if answer.replies[-1] is None:
                break
            if answer.replies[-1][0] not in "23":
                lmtp.send(b"QUIT\r\n")
                answer.replies.append(lmtp.reply())
                break
        lmtp.close()
        answer.status = process.wait()
    except AssertionError as failure:
        answer.wrong.append(str(failure))
    process.stop()
    answer.done = answer.replies[5:6] == [DONE]
    answer.log = process.errors.decode(errors="replace")
    answer.wrong += [reply for reply in answer.replies if reply and reply[0] not in "234"]
    return answer


def as_sent(message, address):
    """Without what we put on top."""
    top = trace(address)
    if not message.startswith(top):
        return message
    received = RECEIVED.match(message, len(top))
    return message[received.end() if received else len(top):]


class World:
    def __init__(self, vmail, kind, message, fresh=False, face=by_vdeliver):
        self.vmail, self.kind, self.message, self.fresh = vmail, kind, message, fresh
        self.face = face
        self.old = [] if fresh else [OLD]
        self.strike = build()
        self.inbox = self.furnish_file() if kind == "file" else self.furnish_account()
        self.place = os.path.dirname(self.inbox)
        self.saved = os.path.join(vmail.scratch, "saved")
        self.begin()
        shutil.copytree(self.place, self.saved, copy_function=self.copy)
        self.copy_owners(self.place, self.saved)
        self.runs = 0
        self.wrong = []
        self.calls = set()

    def furnish_account(self):
        self.vmail.domain("a.test", {"mailbox": self.kind}, accounts=["joe"])
        return self.vmail.inbox("joe@a.test")

    def furnish_file(self):
        """joe@a.test is an alias that leads to a file of command-user's."""
        place = self.vmail._directory("files")
        if ROOT:
            os.chown(place, 60700, 60700)
        self.vmail.set(command_user="60700" if ROOT else str(os.getuid()))
        self.vmail.domain("a.test", aliases=f"joe: {place}/joe\n")
        return os.path.join(place, "joe")

    def begin(self):
        """What is there before each strike."""
        self.deliver(OLD)

    def copy(self, source, target):
        shutil.copy2(source, target)

    def copy_owners(self, source, target):
        for place, _, files in os.walk(source):
            for name in [".", *files]:
                st = os.stat(os.path.join(place, name))
                path = os.path.join(target, os.path.relpath(place, source), name)
                if ROOT:
                    os.chown(path, st.st_uid, st.st_gid)
                os.chmod(path, st.st_mode & 0o7777)

    def deliver(self, message):
        got = self.face(self.vmail, "joe@a.test", message)
        assert got.done and not got.wrong, got

    def reset(self):
        if self.fresh:
            for name in os.listdir(self.vmail.spool):
                shutil.rmtree(os.path.join(self.vmail.spool, name))
            return
        for name in os.listdir(self.place):
            path = os.path.join(self.place, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        shutil.copytree(self.saved, self.place, copy_function=self.copy, dirs_exist_ok=True)
        self.copy_owners(self.saved, self.place)

    def messages(self):
        if os.path.isdir(self.inbox):
            whole = os.path.exists(os.path.join(self.inbox, "cur"))
            found = maildir_messages(self.inbox) if whole else []
        else:
            found = mbox_messages(self.inbox) if os.path.exists(self.inbox) else []
        return [as_sent(m, "joe@a.test") for m in found]

    def leftovers(self):
        """What no reader sees and nobody needs."""
        found = [n for n in os.listdir(self.vmail.spool) if n not in ("a.test", "filler")]
        if os.path.exists(self.place):
            found += [n for n in os.listdir(self.place) if n not in ("joe", ".joe.queue")]
        if os.path.exists(os.path.join(self.inbox, "tmp")):
            found += os.listdir(os.path.join(self.inbox, "tmp"))
        return found

    def complain(self, what, **facts):
        self.wrong.append(f"{self.kind}: {what}: {facts}")

    def struck(self, nth, how, calls):
        """One struck delivery and its judgement; the call's name, or None: there is no nth.
        nth may also be "+1": the first since strike was told to count."""
        self.reset()
        note = os.path.join(self.vmail.scratch, "struck")
        with open(note, "w"):
            pass
        got = self.face(self.vmail, "joe@a.test", self.message, (self.strike, note, nth, how, calls))
        with open(note) as f:
            call = f.read().strip()
        if not call:
            if not got.done or got.wrong:
                self.complain(f"not struck ({nth})", answer=got)
            return None
        self.runs += 1
        self.calls.add(call)
        what = f"{call} ({nth}) {errno.errorcode.get(how, how)}"
        # Without memory a process ends where it is, and a child that cannot be watched is killed
        # wherever it is by then; its lock file is stale.
        self.answer, self.left = got, self.messages()
        self.judge(what, got, how == "kill", call in ("unlink", "unlinkat", "brk", "mmap", "pidfd_open"))
        return call

    def judge(self, what, got, killed, cannot_clean):
        if got.wrong or got.status not in ((0, 75, 137) if killed else (0, 75)):
            self.complain(what, answer=got)
        left = self.left
        if not killed:
            if left not in (self.old, self.old + [self.message]):
                self.complain(what, left=[m[:60] for m in left], answer=got)
            if (files := self.leftovers()) and not cannot_clean:
                self.complain(what, leftovers=files)
        if got.done and self.message not in left:
            self.complain(what, lost=left)
        start = time.monotonic()
        tried = NEXT if got.done else self.message
        again = self.face(self.vmail, "joe@a.test", tried)
        if not again.done or again.wrong or time.monotonic() - start > CUT:
            self.complain(what, then=again, after=time.monotonic() - start)
        there = [self.message] * (self.message in left)
        after = self.messages()
        if self.kind == "file" and killed and not there and len(after) > len(self.old) + 1:
            self.complain_unless_torn(what, after.pop(len(self.old)))
        if after != self.old + there + [tried]:
            self.complain(what, after=[m[:60] for m in after])

    def complain_unless_torn(self, what, tail):
        """Beside a file of an alias there may be no room for a record of where an append began."""
        if not (trace("joe@a.test") + self.message).startswith(tail.rstrip(b"\n")) \
                and not self.message.startswith(tail.rstrip(b"\n")):
            self.complain(what, tail=tail[-200:])

    def sync_fails(self):
        """An error of any fsync is final: what was written is taken back, the mail waits, the log tells."""
        nth = 1
        while self.struck(nth, errno.EIO, "fsync,fdatasync"):
            if self.answer.done or self.left != self.old or not re.search("(Input/output|I/O) error", self.answer.log):
                self.complain(f"fsync ({nth})", answer=self.answer, left=[m[:60] for m in self.left])
            nth += 1
        return self

    def writes_are_short(self):
        """Each write in its turn takes half of its bytes: nothing is the worse for it."""
        nth = 1 + OFFSET
        while self.struck(nth, "short", "write,writev,pwrite64,sendto"):
            if not self.answer.done:
                self.complain(f"a short write ({nth})", answer=self.answer)
            nth += APART
        return self

    def sweep(self, how, calls, step=1, first=1, since=""):
        """Strikes at each call, one run for each; step > 1 leaves some out.  since="+": at those
        since strike was told to count."""
        nth = first + OFFSET * step
        while self.struck(f"{since}{nth}", how(nth) if callable(how) else how, calls):
            nth += step * APART
        return self

    # a full disk

    def on_a_full_disk(self, pages, old):
        """A delivery onto a tmpfs with so many free pages; the inbox holds old bytes more."""
        self.reset()
        if self.kind == "mbox":
            self.put_old(old)
        before = self.messages()
        filler = os.path.join(self.vmail.spool, "filler")
        free = os.statvfs(self.vmail.spool).f_bavail
        with open(filler, "wb") as f:
            os.posix_fallocate(f.fileno(), 0, max(1, (free - pages) * 4096))
        got = self.face(self.vmail, "joe@a.test", self.message)
        what = f"{pages} pages free, {old} bytes more"
        self.runs += 1
        if got.wrong or got.status not in (0, 75):
            self.complain(what, answer=got)
        if self.messages() != before + [self.message] * got.done:
            self.complain(what, left=[m[:60] for m in self.messages()], answer=got)
        if left := self.leftovers():
            self.complain(what, leftovers=left)
        os.unlink(filler)
        again = self.face(self.vmail, "joe@a.test", NEXT)
        if not again.done or self.messages()[len(before):][-1:] != [NEXT]:
            self.complain(what, then=again)
        return got.done

    def put_old(self, bytes):
        with open(self.inbox, "r+b") as f:
            f.seek(0, os.SEEK_END)
            f.write(b"From x\nS: y\n\n" + b"z" * bytes + b"\n\n")

    def fill(self, steps):
        """steps: offsets of the inbox's end; from no room at all up to enough for the message."""
        outcomes = set()
        for old in steps:
            for pages in range(0, len(self.message) // 4096 + 8):
                outcomes.add(self.on_a_full_disk(pages, old))
        if outcomes != {False, True}:
            self.complain("the disk was never full, or always", outcomes=outcomes)
        return self


def calls_that_may_fail(name):
    """Of a program; a sanitizer's own calls must not."""
    return WRITERS if is_sanitized(name) else "all"


def each_error(nth):
    return ERRORS[nth % len(ERRORS)]


def tmpfs(path, size):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode=755,size={size}", "vmail", path], check=True)
