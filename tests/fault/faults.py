"""faults.py: strikes a delivery at every system call, or fills its disk; judges what is left.

A World is an installation with one account.  Its inbox holds one old message
(or nothing was ever delivered to its domain, a fresh one); a delivery is struck; then, as an MTA would, it is tried once
more.  What must hold:

    - the exit status is 0 or 75 (or SIGKILL's own, when the first process was killed);
    - after 0 the message is there, whole;
    - after an error the inbox is as it was, or holds the whole message as well;
    - the next delivery works at once, and then the inbox holds the old message,
      maybe the struck one, and the new one, each whole, and nothing else.
"""
import errno
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "box"))
from delivery import *

OLD = b"S: old\n\nold\n"
NEXT = b"S: next\n\nnext\n"
SMALL = b"S: struck\n\nFrom here\nto there\n"
LARGE = b"S: struck\n\n" + b"0123456789abcde\n" * 40000
WRITERS = ("write,pwrite64,fsync,openat,openat2,open,rename,renameat,renameat2,link,linkat,ftruncate,"
           "mkdir,mkdirat")
ERRORS = [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EINTR, errno.EMFILE, errno.ENOMEM,
          errno.EACCES, errno.EROFS, errno.EFBIG]
SOON = 10                                   # seconds, for a delivery after a crash


def build(scratch):
    """Compiles strike; None where it cannot be (another processor, no compiler)."""
    path = os.path.join(scratch, "strike")
    if os.path.exists(path):
        return path
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "strike.c")
    if os.uname().machine != "x86_64" or not shutil.which("cc"):
        return None
    subprocess.run(["cc", "-O1", "-o", path, source], check=True)
    return path


class World:
    def __init__(self, vmail, kind, message, fresh=False):
        self.vmail, self.kind, self.message, self.fresh = vmail, kind, message, fresh
        self.old = [] if fresh else [OLD]
        self.strike = build(SCRATCH)
        vmail.domain("a.test", {"mailbox": kind}, accounts=["joe"])
        self.inbox = vmail.inbox("joe@a.test")
        self.place = os.path.dirname(self.inbox)
        self.saved = os.path.join(vmail.scratch, "saved")
        self.deliver(OLD)
        shutil.copytree(self.place, self.saved, copy_function=self.copy)
        self.copy_owners(self.place, self.saved)
        self.runs = 0
        self.wrong = []
        self.calls = set()

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
        got = self.vmail.deliver("joe@a.test", message)
        assert got.status == 0, got

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
        """Without what vdeliver puts on top."""
        top = trace("joe@a.test")
        if os.path.isdir(self.inbox) and not os.path.exists(os.path.join(self.inbox, "cur")):
            return []
        return [m[len(top):] if m.startswith(top) else m for m in self.vmail.messages("joe@a.test")]

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
        """One struck delivery and its judgement; the call's name, or None: there is no nth."""
        self.reset()
        note = os.path.join(self.vmail.scratch, "struck")
        with open(note, "w"):
            pass
        got = run(self.strike, note, nth, how, calls, program("vdeliver"), "-C", self.vmail.dir,
                  "-f", "sender@far.test", "joe@a.test", input=self.message)
        with open(note) as f:
            call = f.read().strip()
        if not call:
            return None
        self.runs += 1
        self.calls.add(call)
        what = f"{call} ({nth}) {how if how == 'kill' else errno.errorcode[how]}"
        # Without memory a process ends where it is; its lock file is stale then.
        self.judge(what, got, how == "kill", call in ("unlink", "unlinkat", "brk", "mmap"))
        return call

    def judge(self, what, got, killed, cannot_clean):
        if got.status not in ((0, 75, 137) if killed else (0, 75)):
            self.complain(what, status=got.status, stderr=got.stderr)
        if got.status == 75 and not got.stderr.startswith("4."):
            self.complain(what, stderr=got.stderr)
        if not killed:
            if (left := self.messages()) not in (self.old, self.old + [self.message]):
                self.complain(what, left=[m[:60] for m in left], status=got.status)
            if (left := self.leftovers()) and not cannot_clean:
                self.complain(what, leftovers=left)
        whole = self.message in self.messages()
        if got.status == 0 and not whole:
            self.complain(what, lost=self.messages())
        start = time.monotonic()
        again = self.vmail.deliver("joe@a.test", NEXT)
        if again.status != 0 or time.monotonic() - start > SOON:
            self.complain(what, then=again, after=time.monotonic() - start)
        if self.messages() not in (self.old + [NEXT], self.old + [self.message, NEXT]):
            self.complain(what, after=[m[:60] for m in self.messages()])

    def sweep(self, how, calls, step=1, first=1):
        """Strikes at each call, one run for each; step > 1 leaves some out."""
        nth = first
        while self.struck(nth, how(nth) if callable(how) else how, calls):
            nth += step
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
        got = self.vmail.deliver("joe@a.test", self.message)
        what = f"{pages} pages free, {old} bytes more"
        self.runs += 1
        if got.status not in (0, 75):
            self.complain(what, status=got.status, stderr=got.stderr)
        if self.messages() != before + [self.message] * (got.status == 0):
            self.complain(what, left=[m[:60] for m in self.messages()], status=got.status)
        if left := self.leftovers():
            self.complain(what, leftovers=left)
        os.unlink(filler)
        again = self.vmail.deliver("joe@a.test", NEXT)
        if again.status != 0 or self.messages()[len(before):][-1:] != [NEXT]:
            self.complain(what, then=again)
        return got.status

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
        if outcomes != {0, 75}:
            self.complain("the disk was never full, or always", outcomes=outcomes)
        return self


def each_error(nth):
    return ERRORS[nth % len(ERRORS)]


def tmpfs(path, size):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode=755,size={size}", "vmail", path], check=True)
