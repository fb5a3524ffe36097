#!/usr/bin/python3
"""vdeliver among traps: links, special files, other people's things wherever it opens something.

Outside lies what the account could write to, were it led there.  Whatever
happens, it stays as it was, byte, owner and time; none of it gets into mail;
the message is delivered where it belongs, or waits, and the log says what to
do; and once that is done, mail comes again.
"""
import ctypes
import hashlib
import stat

from delivery import *

MESSAGE = b"Message-ID: <m1@far.test>\nSubject: x\n\n" + b"hello\n" * 400
FILTERED = b"X-Filter: yes\n"
# What the outside says, so that it shows where somebody believed it.
TEXTS = {"quota": b"1\n", "filter": b"no\n", None: b"canary@away.test\n"}
STRANGER, NOBODY = 65533, 65534
DONE, SENT = None, "sent"               # delivered as without the trap; to whom the account's own file says
ADVICE = (r"take it away|remove it|take the others away|chown|chmod|its mode should be|in the way|"
          r"another program holds|Permission denied|not a regular file|cross-device")
RACES = int(os.environ.get("VMAIL_RACES", 300))


# --- what is laid in the way ---------------------------------------------------

def for_root(thing):
    thing.needs_root = True
    return thing


def symlink(test, path):
    os.symlink(test.there(path), path)


def dangling(test, path):
    os.symlink(test.outside + "/nothing", path)


@for_root
def symlink_to_closed(test, path):
    os.symlink(test.outside + "/closed", path)


def hard_link(test, path):
    os.link(test.outside + "/secret", path)


def old_hard_link(test, path):
    """One that nobody touched for an hour."""
    os.utime(test.outside + "/secret", (time.time() - 3600,) * 2)
    hard_link(test, path)


@for_root
def hard_link_to_roots(test, path):
    os.link(test.outside + "/roots", path)


def linked_symlink(test, path):
    os.symlink(test.there(path), test.outside + "/link")
    os.link(test.outside + "/link", path, follow_symlinks=False)


def fifo(test, path):
    os.mkfifo(path, 0o666)


@for_root
def endless(test, path):
    """/dev/zero: whoever reads it reads for ever."""
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))


def directory(test, path):
    os.mkdir(path, 0o700)


def setgid_directory(test, path):
    os.mkdir(path)
    os.chmod(path, 0o2700)


def unix_socket(test, path):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)


def plain(text=b"", mode=0o600):
    def make(test, path):
        with open(path, "wb") as f:
            f.write(text)
        os.chmod(path, mode)
    return make


def strangers(thing):
    """It stays the stranger's."""
    def make(test, path):
        thing(test, path)
        os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
    return for_root(make)


def open_to_all(thing):
    def make(test, path):
        thing(test, path)
        os.chmod(path, 0o777 if os.path.isdir(path) else 0o666)
    return make


@for_root
def mounted(test, path):
    """A file of root's of the outside, mounted there."""
    plain()(test, path)
    subprocess.run(["mount", "--bind", test.outside + "/roots", path], check=True)


@for_root
def disk(test, path):
    """A file system of its own."""
    os.mkdir(path, 0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=700", "vmail", path], check=True)


LEFT_AS_THEY_ARE = {hard_link, old_hard_link, hard_link_to_roots, mounted}  # their owner is the outside's


# --- what must come of it --------------------------------------------------------

def is_weathered(self, place, thing, words):
    """Lays the thing at the place and delivers; words: why the mail waits, or DONE, or SENT."""
    if getattr(thing, "needs_root", False) and not ROOT:
        self.skipTest("needs root")
    path, to, owner = self.prepare(place)
    self.lay(path, thing, owner)
    before = self.state()
    start = time.monotonic()
    got = self.vmail.deliver(to, MESSAGE, seconds=DEADLINE)
    self.assertLess(time.monotonic() - start, CUT)
    if words in (DONE, SENT):
        self.assertEqual((got.status, got.stderr), (0, ""), got)
        self.assertEqual([a[-1] for a, _ in self.vmail.sent()], ["canary@away.test"] * (words == SENT))
    else:
        self.waits(got, words)
    self.assertEqual(self.arrived(to), int(words is DONE))
    self.assertEqual(self.state(), before)
    self.take_away(path)
    self.delivered(to, MESSAGE)
    self.assertGreater(self.arrived(to), 0)
    self.assertEqual(self.state(), before)


class Trees(Delivery):
    """joe's inbox is an mbox with a message, ann's a Maildir with one; keep@a.test is a file."""
    settings = {"lock-timeout": "1s"}

    def prepare(self, place):
        """(path, recipient, (uid, gid) of what should be there)"""
        self.out = self.vmail._directory("out", 0o777)
        self.filtered = FILTERED if place == "filter" else b""
        command = "printf 'X-Filter: yes\\n'; cat" if self.filtered else None
        self.vmail.domain("a.test", {"inbox-limit": "1000000", "filter": command}, accounts=["joe"],
                          aliases=f"keep: {self.out}/file\n")
        for to in ("joe@a.test", "ann@b.test", "keep@a.test"):
            self.delivered(to, b"Subject: before\n\n")
        files = os.path.join(self.vmail.spool, "files", "a.test")
        os.makedirs(files)
        if ROOT:
            os.chown(files, 0, GID)
        os.chmod(files, 0o3770)
        path, to, owner = self.places()[place]
        self.furnish(TEXTS.get(place, TEXTS[None]), owner if place != "quota" else self.owner())
        return path, to, owner

    def places(self):
        spool, files = (os.path.join(self.vmail.spool, *p) for p in (["a.test"], ["files", "a.test"]))
        joe, ann, keep, home = "joe@a.test", "ann@b.test", "keep@a.test", self.vmail.home("joe@a.test")
        joes, anns = self.owner(joe), self.owner(ann)
        nobodys, roots = ((NOBODY, NOBODY), (0, GID)) if ROOT else (joes, joes)
        return {
            "inbox": (self.inbox, joe, joes), "lock": (self.inbox + ".lock", joe, joes),
            "queue": (f"{spool}/.joe.queue", joe, joes), "quota": (f"{spool}/joe.quota", joe, joes),
            "files": (f"{files}/joe.forward", joe, joes), "filter": (f"{files}/joe.filter", joe, joes),
            "forward": (f"{home}/.forward", joe, joes), "home": (home, joe, joes),
            "spool": (spool, joe, roots), "files/D": (files, joe, roots),
            "top": (self.maildir, ann, anns), "tmp": (self.maildir + "/tmp", ann, anns),
            "new": (self.maildir + "/new", ann, anns), "cur": (self.maildir + "/cur", ann, anns),
            "file": (f"{self.out}/file", keep, nobodys), "file's lock": (f"{self.out}/file.lock", keep, nobodys),
        }

    def furnish(self, text, owner):
        """The outside: a file that the owner could write to, two of root's, and a directory."""
        self.outside = self.vmail._directory("outside", 0o755)
        for name, whose, mode in (("secret", owner, 0o644), ("roots", (0, 0), 0o644), ("closed", (0, 0), 0o600)):
            plain(text, mode)(self, f"{self.outside}/{name}")
            if ROOT:
                os.chown(f"{self.outside}/{name}", *whose)
        for name in ("dir", "dir/tmp", "dir/new", "dir/cur"):
            directory(self, f"{self.outside}/{name}")
            if ROOT:
                os.chown(f"{self.outside}/{name}", *owner)

    def there(self, path):
        """What of the outside a link at the path leads to."""
        path = path.removesuffix(".other")
        is_directory = os.path.isdir(path) or os.path.isdir(path + ".aside")
        return self.outside + ("/dir" if is_directory else "/secret")

    def lay(self, path, thing, owner):
        """Instead of what is there; it belongs to whom it should, or to whom the thing says."""
        if os.path.lexists(path):
            os.rename(path, path + ".aside")
        thing(self, path)
        if ROOT and thing not in LEFT_AS_THEY_ARE and os.lstat(path).st_uid != STRANGER:
            os.chown(path, *owner, follow_symlinks=False)

    def take_away(self, path):
        """As an administrator would, and puts back what was there."""
        if os.path.ismount(path) or (ROOT and os.path.lexists(path)):
            subprocess.run(["umount", path], stderr=subprocess.DEVNULL, check=False)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.unlink(path)
        if os.path.lexists(path + ".aside"):
            os.rename(path + ".aside", path)

    def state(self):
        """All of the outside: {name: everything but the times of the last look and of new names}."""
        found = {}
        for place, names, files in os.walk(self.outside):
            for name in [".", *names, *files]:
                path = os.path.join(place, name)
                st = os.lstat(path)
                data = self.content(path) if stat.S_ISREG(st.st_mode) else b""
                found[path] = (st.st_mode, st.st_uid, st.st_gid, st.st_size, st.st_mtime_ns,
                               hashlib.sha256(data).hexdigest())
        return found

    def is_kind(self, kind, path):
        return os.path.lexists(path) and kind(os.lstat(path).st_mode)

    def arrived(self, to):
        """How many messages, whole; in none is anything of the outside."""
        path = f"{self.out}/file" if to.startswith("keep") else self.vmail.inbox(to)
        if self.is_kind(stat.S_ISDIR, path):
            found = [self.content(f"{path}/{sub}/{name}") for sub in ("new", "cur")
                     if self.is_kind(stat.S_ISDIR, f"{path}/{sub}") for name in os.listdir(f"{path}/{sub}")]
        else:
            found = mbox_messages(path) if self.is_kind(stat.S_ISREG, path) else []
        for message in found:
            self.assertNotIn(b"canary", message)
        return found.count(trace(to) + self.filtered + MESSAGE)

    def waits(self, got, words):
        self.assertEqual(got.status, 75, got)
        self.assertRegex(got.stderr, rf"\A4\.\d\.\d [^\n]*(?:{words})")
        self.assertRegex(got.stderr, ADVICE)
        line = next(line for line in got.log.splitlines() if " status=75 " in line)
        self.assertRegex(line, rf'delivery .* code=4\.\d\.\d text="[^\n]*(?:{words})')
        self.assertNotIn("canary", got.stderr + got.log)


def at(place, *things):
    return [(f"{place}: {sentence}", place, thing, words) for sentence, thing, words in things]


NEITHER, IN_THE_WAY, NO_FILE = "neither a file nor a directory", "in the way", "not a plain file"


@rows(is_weathered, at(
    "inbox",
    ("a symbolic link to a file", symlink, NEITHER),
    ("a link that leads nowhere", dangling, NEITHER),
    ("a hard link", hard_link, "hard links"),
    ("a hard link to a file of root's", hard_link_to_roots, "hard links|Permission denied"),
    ("a symbolic link with two names", linked_symlink, NEITHER),
    ("a FIFO", fifo, NEITHER),
    ("a device", endless, NEITHER),
    ("a socket", unix_socket, NEITHER),
    ("an empty directory becomes a Maildir", directory, DONE),
    ("a set-gid directory becomes a Maildir", setgid_directory, DONE),
    ("a directory of a stranger's", strangers(directory), "not uid|Permission denied"),
    ("a file of a stranger's that all can write to", strangers(plain(mode=0o666)), "belongs to uid"),
    ("its own file that all can write to is its own", open_to_all(plain()), DONE),
    ("a file of root's, mounted", mounted, "belongs to uid 0|Permission denied"),
) + at(
    "lock",
    ("a symbolic link", symlink, NO_FILE),
    ("a link that leads nowhere", dangling, NO_FILE),
    ("a symbolic link with two names", linked_symlink, NO_FILE),
    ("a FIFO", fifo, NO_FILE),
    ("a device", endless, NO_FILE),
    ("a directory", directory, NO_FILE),
    ("a socket", unix_socket, NO_FILE),
    ("a hard link is waited for", hard_link, "holds its lock"),
    ("an old hard link is stale", old_hard_link, DONE),
    ("a stranger's is waited for", strangers(plain(mode=0o666)), "holds its lock"),
) + at(
    "queue",
    ("a symbolic link", symlink, NO_FILE),
    ("a link that leads nowhere", dangling, NO_FILE),
    ("a symbolic link with two names", linked_symlink, NO_FILE),
    ("a hard link is left to its other name", hard_link, DONE),
    ("a hard link to a file of root's", hard_link_to_roots, f"{NO_FILE}|Permission denied"),
    ("a FIFO", fifo, NO_FILE),
    ("a device", endless, NO_FILE),
    ("a directory", directory, NO_FILE),
    ("a socket", unix_socket, NO_FILE),
    ("a stranger's that all can write to", strangers(plain(mode=0o666)), NO_FILE),
    ("its own that all can write to is its own", open_to_all(plain()), DONE),
) + at(
    "quota",
    ("a symbolic link counts for nothing", symlink, DONE),
    ("a link that leads nowhere counts for nothing", dangling, DONE),
    ("a hard link to a file of root's counts for nothing", hard_link_to_roots, DONE),
    ("a symbolic link with two names counts for nothing", linked_symlink, DONE),
    ("a FIFO counts for nothing", fifo, DONE),
    ("a device counts for nothing", endless, DONE),
    ("a directory counts for nothing", directory, DONE),
    ("a socket counts for nothing", unix_socket, DONE),
    ("a stranger's counts for nothing", strangers(plain(b"1\n", 0o666)), DONE),
) + at(
    "filter",
    ("a symbolic link counts for nothing", symlink, DONE),
    ("a link that leads nowhere counts for nothing", dangling, DONE),
    ("a hard link to a file of root's counts for nothing", hard_link_to_roots, DONE),
    ("a symbolic link with two names counts for nothing", linked_symlink, DONE),
    ("a FIFO counts for nothing", fifo, DONE),
    ("a device counts for nothing", endless, DONE),
    ("a directory counts for nothing", directory, DONE),
    ("a socket counts for nothing", unix_socket, DONE),
    ("a stranger's counts for nothing", strangers(plain(b"no\n", 0o666)), DONE),
) + sum((at(
    place,
    ("a link to a file of the account's is the account's list", symlink, SENT),
    ("a link to what the account cannot read", symlink_to_closed, "Permission denied"),
    ("a link that leads nowhere is none", dangling, DONE),
    ("a FIFO is none", fifo, DONE),
    ("a device is none", endless, DONE),
    ("a socket is none", unix_socket, DONE),
    ("a directory", directory, "not a regular file"),
    ("a stranger's counts for nothing", strangers(plain(TEXTS[None], 0o644)), DONE),
    ("one that all can write to counts for nothing", open_to_all(plain(TEXTS[None])), DONE),
) for place in ("files", "forward")), []) + at(
    "home",
    ("a link that leads nowhere is no home", dangling, DONE),
    ("a FIFO is no home", fifo, DONE),
    ("a directory of a stranger's", strangers(directory), "Permission denied"),
) + at(
    "files/D",
    ("a link that leads nowhere is none", dangling, DONE),
    ("a FIFO is none", fifo, DONE),
    ("a directory of a stranger's", strangers(directory), "Permission denied"),
) + at(
    "spool",
    ("a symbolic link", symlink, IN_THE_WAY),
    ("a link that leads nowhere", dangling, IN_THE_WAY),
    ("a symbolic link with two names", linked_symlink, IN_THE_WAY),
    ("a FIFO", fifo, IN_THE_WAY),
    ("a socket", unix_socket, IN_THE_WAY),
    ("a file", plain(), IN_THE_WAY),
    ("a directory of a stranger's", strangers(directory), "belongs to uid"),
    ("a directory that all can write to", open_to_all(directory), "others can write"),
    ("a set-gid directory is mended", setgid_directory, DONE),
    ("a disk of its own is mended", disk, DONE),
) + at(
    "top",
    ("a symbolic link to a Maildir", symlink, NEITHER),
    ("a link that leads nowhere", dangling, NEITHER),
    ("a symbolic link with two names", linked_symlink, NEITHER),
    ("a FIFO", fifo, NEITHER),
    ("a device", endless, NEITHER),
    ("a socket", unix_socket, NEITHER),
    ("a file of the account's is an mbox", plain(), DONE),
    ("a Maildir of a stranger's", strangers(directory), "not uid|Permission denied"),
    ("one that all can write to", open_to_all(directory), "not uid"),
    ("a set-gid directory is a Maildir", setgid_directory, DONE),
    ("a disk of its own is a Maildir", disk, DONE),
) + sum((at(
    place,
    ("a symbolic link to a directory", symlink, IN_THE_WAY),
    ("a link that leads nowhere", dangling, IN_THE_WAY),
    ("a symbolic link with two names", linked_symlink, IN_THE_WAY),
    ("a FIFO", fifo, IN_THE_WAY),
    ("a file", plain(), IN_THE_WAY),
    ("a directory of a stranger's", strangers(directory), "not uid|Permission denied"),
    ("one that all can write to", open_to_all(directory), "not uid"),
    ("a set-gid directory is one", setgid_directory, DONE),
    ("a disk of its own", disk, DONE if place == "cur" else "cross-device"),
) for place in ("tmp", "new", "cur")), []) + at(
    "file",
    ("a symbolic link", symlink, IN_THE_WAY),
    ("a link that leads nowhere", dangling, IN_THE_WAY),
    ("a hard link", hard_link, "hard links"),
    ("a symbolic link with two names", linked_symlink, IN_THE_WAY),
    ("a FIFO", fifo, NO_FILE),
    ("a device", endless, NO_FILE),
    ("a directory", directory, IN_THE_WAY),
    ("a socket", unix_socket, IN_THE_WAY),
    ("a stranger's that all can write to", strangers(plain(mode=0o666)), "belongs to uid"),
    ("its own that all can write to is its own", open_to_all(plain()), DONE),
    ("a file of root's, mounted", mounted, "Permission denied"),
) + at(
    "file's lock",
    ("a symbolic link", symlink, NO_FILE),
    ("a link that leads nowhere", dangling, NO_FILE),
    ("a FIFO", fifo, NO_FILE),
    ("a directory", directory, NO_FILE),
))
class Prepared(Trees):
    """Place: what lies there."""


# --- and what changes meanwhile --------------------------------------------------

EXCHANGE, HERE = 2, -100                # RENAME_EXCHANGE, AT_FDCWD


class Racer:
    """A process of the account's that swaps two names as fast as it can, until stop()."""
    def __init__(self, test, path, owner):
        self.path, self.other = path.encode(), (path + ".other").encode()
        parent, ready = os.getpid(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                if ROOT:
                    os.setgroups([])
                    os.setresgid(owner[1], owner[1], owner[1])
                    os.setresuid(owner[0], owner[0], owner[0])
                self.swap(parent, ready[1])
            finally:
                os._exit(1)
        os.close(ready[1])
        assert os.read(ready[0], 1), "the racer cannot swap"
        os.close(ready[0])

    def swap(self, parent, ready):
        rename = ctypes.CDLL(None).renameat2
        for turn in range(10 ** 9):
            if rename(HERE, self.path, HERE, self.other, EXCHANGE) != 0:
                return
            if turn == 0:
                os.write(ready, b"x")
            if turn % 1000 == 0 and os.getppid() != parent:
                return

    def stop(self):
        os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        assert os.WIFSIGNALED(status), "the racer gave up"


def is_raced(self, place, thing, share):
    """While what belongs there and the trap change places: whole messages, or none."""
    path, to, owner = self.prepare(place)
    if place == "forward":                      # what belongs there
        self.put(path, b"\\joe\n")
    thing(self, path + ".other")
    if ROOT and thing not in LEFT_AS_THEY_ARE:
        os.chown(path + ".other", *owner, follow_symlinks=False)
    before = self.state()
    mark = os.lstat(path).st_ino
    racer, ends = Racer(self, path, owner), []
    try:
        # A busy machine may let them change places less often.
        while len(ends) < RACES // share or {got.status for got in ends} != {0, 75} and len(ends) < 20 * RACES // share:
            ends.append(self.vmail.deliver(to, MESSAGE, seconds=DEADLINE))
    finally:
        racer.stop()
    if os.lstat(path).st_ino != mark:
        os.rename(path, path + ".trap")
        os.rename(path + ".other", path)
    self.assertEqual(self.state(), before)
    statuses = [got.status for got in ends]
    self.assertEqual(set(statuses), {0, 75}, "the race was none")
    for got in ends:
        if got.status == 75:
            self.assertRegex(got.stderr, r"\A4\.3\.[05] [^\n]+\n\Z")
    self.assertEqual(self.arrived(to), statuses.count(0))
    self.assertEqual(self.vmail.sent(), [])


@rows(is_raced, [
    ("an mbox and a symbolic link", "inbox", symlink, 1),
    ("an mbox and a link that leads nowhere", "inbox", dangling, 4),
    ("an mbox and a hard link", "inbox", hard_link, 4),
    ("an mbox and a FIFO", "inbox", fifo, 4),
    ("the queue and a symbolic link", "queue", symlink, 4),
    ("a Maildir and a symbolic link to one", "top", symlink, 4),
    ("new and a symbolic link", "new", symlink, 4),
    ("tmp and a symbolic link", "tmp", symlink, 4),
    ("a file and a symbolic link", "file", symlink, 4),
    ("a forward and a directory", "forward", directory, 4),
])
class Races(Trees):
    """VMAIL_RACES says how many deliveries there are; the short form has 300."""


if __name__ == "__main__":
    main()
