"""harness.py: what a black-box test needs: an installation, its programs, a POP3 client.

A test is a class of sentences:

    from harness import *

    class Inbox(BoxTest):
        def test_a_message_is_stored_with_its_bytes(self):
            vmail = self.installation()
            vmail.domain("a.test", accounts=["joe"])
            got = vmail.deliver("joe@a.test", b"Subject: x\\n\\nhello\\n")
            self.assertEqual(got.status, 0, got)
            self.assertIn(b"hello\\n", vmail.messages("joe@a.test")[0])

    if __name__ == "__main__":
        main()

Run it with "tests/box/NAME_test.py [WORD]" or "make test T=NAME"; the output is TAP.

main(beside=N) runs N tests of a file at once: for files whose tests wait for
delays, each in an installation of its own; those marked @alone come after them.

Two worlds.  Without root each domain gets "owner = UID:GID" of whoever runs
the test.  As root the mailboxes belong to the accounts (uids from 60001, gid
60000), and the whole file runs in a mount namespace of its own with a tmpfs
for scratch and its own /etc/hosts, /etc/passwd and /etc/group (see
system_file()).  The same test runs in both worlds, unless it is marked
@needs_root; tests/check runs it in both, and under sanitizers, unless it is
marked @once.

There are no sleeps: a test waits for an event, by a deadline: a line, a
reply, a process's end (Process, Pop3), or whatever eventually() can ask.

The machine may be busy with anything, so each process may stand still for
seconds wherever it is.  What only has to happen has DEADLINE or CUT; a test that
measures time is @timed; one that says something before a limit ends says it all
at once, or tries growing limits (growing()).

The programs come from $VMAIL_BIN, else from out/bin of this tree.  With VMAIL_INDEX=1
every installation has "index-from = 1", and tests of the resolver make the indexes
before each question.
"""
import atexit
import concurrent.futures
import contextlib
import ctypes
import errno
import functools
import os
import pwd
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")         # it goes away in Python 3.13
    import crypt

TREE = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BIN = os.path.realpath(os.environ.get("VMAIL_BIN") or os.path.join(TREE, "out", "bin"))
PEERS = os.path.join(TREE, "out", "peers")  # where "make deps" unpacks foreign programs
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DEADLINE = int(os.environ.get("VMAIL_DEADLINE", "60"))      # seconds; nothing in a test may take longer
CUT = 40                                    # seconds, for what a limit of a second or two ends, and else a minute
ROOT = os.geteuid() == 0
PARTS = ("", "unprivileged", "sanitizers", "static")
PART = PARTS[PARTS.index(os.environ.get("VMAIL_PART", ""))]     # of tests/check; "": the first
INDEXED = bool(os.environ.get("VMAIL_INDEX"))       # every file has an index, however small
GID, FIRST_UID = 60000, 60001               # as root: of every domain, of its first account

needs_root = unittest.skipUnless(ROOT, "needs root")


def only_where(condition):
    """@only_where(not ROOT): a test that makes sense there alone; elsewhere it is none, and
    is not counted as one that was not run."""
    return lambda test: test if condition else None


# What tests/check runs more than once.  Its first part has all; those behind it run as somebody else
# (unprivileged), or other programs (sanitizers, static).

def once(reason, *also):
    """@once("it reads pages alone"): a test, or a class, that would tell the same in each part: the first one
    has it, and those named in also.  The reason says why the others cannot matter."""
    assert reason

    def mark(test):
        test.parts = ("", *also)
        return test
    return mark


def has_its_turn(test):
    """Whether this part of tests/check is one of the test's, or of its class's."""
    return PART in getattr(getattr(test, test._testMethodName), "parts", getattr(test, "parts", PARTS))


def thinned(rows, every=3):
    """All rows in the first part; behind it each third one, other ones in each."""
    return rows[PARTS.index(PART) % every::every] if PART else rows


def fewer(count, every=3):
    """So many repetitions in the first part; behind it a third."""
    return max(1, count // every) if PART else count


def reads_of(trace, name):
    """The calls (their text, how many bytes) that read a file with that in its path, of strace's openat, read and pread64:
    as root, for nobody else may look into our programs."""
    found, ours = [], set()
    with open(trace) as f:
        for line in f:
            opened = re.match(r'openat\(.*?"(.*)",.* = (\d+)$', line)
            read = re.match(r"p?read(?:64)?\((\d+),.* = (\d+)$", line)
            if opened:
                (ours.add if name in opened[1] else ours.discard)(opened[2])
            elif read and read[1] in ours:
                found.append((line.rstrip(), int(read[2])))
    return found


def stopped_at(call, words, meanwhile, *options, when=1, said=b"", **more):
    """What the program prints that is stopped when it, or a process of its, has made its first such call, of those that
    strace's options leave, until meanwhile() was called: (output, status)."""
    with tempfile.TemporaryDirectory() as scratch:
        log = os.path.join(scratch, "log")
        process = subprocess.Popen(["/usr/bin/strace", "-f", "-o", log, "-e", f"trace={call}", *options,
                                    "-e", f"inject={call}:signal=STOP:when={when}", "--", *words],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   env=environment(), **more)
        process.stdin.write(said)
        process.stdin.close()
        def stopped():
            with open(log) as f:
                return re.search(r"^(\d+) +--- stopped by SIGSTOP", f.read(), re.M)
        eventually(lambda: os.path.exists(log) and stopped(), call)
        meanwhile()
        os.kill(int(stopped()[1]), signal.SIGCONT)
        with process.stdout:
            return process.stdout.read(), process.wait(DEADLINE)


def replace(path):
    """By a copy of it, as who writes carefully does."""
    shutil.copy2(path, path + ".copy")
    os.chown(path + ".copy", os.stat(path).st_uid, os.stat(path).st_gid)
    os.replace(path + ".copy", path)


def in_memory():
    """A directory for Installation(at=): for tests that sync very often, which is slow on a disk.
    As root all of them are in memory."""
    there = not ROOT and os.access("/dev/shm", os.W_OK)
    return tempfile.mkdtemp(prefix="vmail-", dir="/dev/shm") if there else None


def alone(test):
    """@alone: never beside others, because it measures time, or changes what all of them see."""
    test.alone = True
    return test


class Late(AssertionError):
    """Something took longer than it should: because of the program, or of a machine that is busy."""


def timed(test):
    """@timed: it measures time, or all tests of a class do.  What is Late is tried again, from setUp()
    on: a busy machine makes it late now and then, the program each time."""
    if isinstance(test, type):
        for name, each in list(vars(test).items()):
            if name.startswith("test_") and each:
                setattr(test, name, timed(each))
        return test

    @functools.wraps(test)
    def tries(self, *args, **more):
        for left in reversed(range(5)):
            try:
                return test(self, *args, **more)
            except Late:
                if left == 0:
                    raise
            self.doCleanups()
            self.setUp()
    return tries


def growing(first):
    """Limits in seconds, for a test in which something must have begun before the limit ends:
    only where a busy machine had not begun it the next one is tried."""
    return first, 4 * first, 16 * first


def has_name(uid):
    """Whether there is such a user: some foreign programs ask who they are."""
    try:
        return bool(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return False


def is_sanitized(name="vdeliver"):
    """Whether the programs under test were built with AddressSanitizer."""
    with open(program(name), "rb") as f:
        return b"__asan_init" in f.read()


def environment(extra=None):
    """What a program starts with: next to nothing, so that tests never depend on the caller."""
    kept = {k: v for k, v in os.environ.items() if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS")}
    return {"PATH": PATH, **kept, **(extra or {})}


HOSTILE_ENVIRONMENT = {name: "/nowhere:%n\n`id`" for name in (
    "IFS", "ENV", "BASH_ENV", "TZ", "TZDIR", "LANG", "LC_ALL", "LOCPATH", "NLSPATH", "TMPDIR", "HOSTALIASES",
    "RES_OPTIONS", "GCONV_PATH", "MALLOC_ARENA_MAX", "MALLOC_CHECK_", "MALLOC_PERTURB_", "MALLOC_TRACE",
    "GLIBC_TUNABLES", "LD_LIBRARY_PATH", "LD_PROFILE", "LD_ORIGIN_PATH", "HOME", "PATH", "USER", "SHELL",
    "RECIPIENT", "SENDER", "LISTEN_FDS", "LISTEN_PID", "NOTIFY_SOCKET")}


# --- waiting -----------------------------------------------------------------

def eventually(ask, what="the condition", seconds=DEADLINE):
    """Asks until the answer is true, and returns it.  Better: wait for a line or a reply."""
    end = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        select.select([], [], [], 0.005)
    return answer


def together(jobs, at_once=8):
    """Calls these functions in threads, so many at once; the first failure is raised here."""
    waiting, failures = list(reversed(jobs)), []

    def work():
        while not failures:
            try:
                job = waiting.pop()
            except IndexError:
                return
            try:
                job()
            except BaseException as failure:
                failures.append(failure)
    threads = [threading.Thread(target=work) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


class Deadline:
    """Seconds left of a wait, for select() and friends."""
    def __init__(self, seconds=DEADLINE):
        self.end = time.monotonic() + seconds

    def left(self):
        return max(0, self.end - time.monotonic())


# --- programs ----------------------------------------------------------------

LOG_LINE = re.compile(r"^[a-z0-9]+\[\d+\]: .*\n?", re.M)


class Result:
    """How a program ended.  Its log lines (log = stderr) are kept apart in .log."""
    def __init__(self, status, stdout, errors):
        text = errors.decode("utf-8", "backslashreplace")
        self.status = status                # negative: minus the signal
        self.stdout = stdout                # bytes
        self.log = "".join(LOG_LINE.findall(text))
        self.stderr = LOG_LINE.sub("", text)

    def __repr__(self):
        return (f"status {self.status}\nstdout {self.stdout!r}\n"
                f"stderr {self.stderr!r}\nlog {self.log}")


def program(name):
    """The path of one of our programs; anything with a slash is left as it is."""
    return name if "/" in name else os.path.join(BIN, name)


def run(name, *args, input=b"", env=None, seconds=2 * DEADLINE, **more):
    """Runs a program to its end.  input may be bytes, an open file, or None for /dev/null."""
    feed = {"input": input} if isinstance(input, bytes) else {"stdin": input or subprocess.DEVNULL}
    done = subprocess.run([program(name), *map(str, args)], capture_output=True,
                          env=environment(env), timeout=seconds, **feed, **more)
    return Result(done.returncode, done.stdout, done.stderr)


class Process:
    """A program that goes on running; its standard error can be waited for, line by line."""
    def __init__(self, argv, env=None, **more):
        self.popen = subprocess.Popen(argv, stderr=subprocess.PIPE, env=environment(env),
                                      start_new_session=True, **more)
        self.pid = self.popen.pid
        self.errors = b""                   # all of standard error so far

    def _more(self, deadline):
        fd = self.popen.stderr.fileno()
        if not select.select([fd], [], [], deadline.left())[0]:
            raise AssertionError(f"nothing more came by the deadline; so far: {self.errors!r}")
        got = os.read(fd, 65536)
        self.errors += got
        return got

    def wait_line(self, pattern, seconds=DEADLINE):
        """Waits for a line of standard error that the pattern is found in; returns the match."""
        deadline = Deadline(seconds)
        while not (found := re.search(pattern, self.errors.decode("utf-8", "replace"), re.M)):
            if not self._more(deadline):
                raise AssertionError(f"it ended without {pattern!r}: {self.errors!r}")
        return found

    def wait(self, seconds=DEADLINE):
        """Waits for the end, reading standard error; returns the status."""
        deadline = Deadline(seconds)
        while self._more(deadline):
            pass
        return self.popen.wait(deadline.left() + 1)

    def signal(self, number=signal.SIGTERM):
        self.popen.send_signal(number)

    def stop(self):
        """Ends it and all that it started; never fails."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait()
        self.popen.stderr.close()


def stat_of(pid):
    """Fields of /proc/PID/stat behind the name (state, parent, group, session ...); None: gone."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def has_ended(pid):
    """A zombie has, too."""
    return (stat_of(pid) or "Z")[0] in "ZX"


def locks_of(path):
    """The lines of /proc/locks for a file: who has a lock, and who waits ("->")."""
    st = os.stat(path)
    name = f" {os.major(st.st_dev):02x}:{os.minor(st.st_dev):02x}:{st.st_ino} "
    with open("/proc/locks") as f:
        return [line for line in f if name in line]


def remove(tree):
    """A directory with all below it.  What was killed ends its last call, and makes or removes a file."""
    deadline = Deadline()
    while os.path.lexists(tree):
        try:
            shutil.rmtree(tree)
        except OSError as why:
            if why.errno not in (errno.ENOENT, errno.ENOTEMPTY) or not deadline.left():
                raise


def rest_of(terminal):
    """What is left to be read of a terminal whose programs have ended: the kernel brings it a little later."""
    said = b""
    with contextlib.suppress(OSError):          # that is its end
        while got := os.read(terminal, 65536):
            said += got
    return said


# --- an installation ---------------------------------------------------------

FAKE_SENDMAIL = """#!/bin/sh
# Keeps its arguments and the message; exits as the file beside it says.
PATH=/usr/bin:/bin
umask 022
new=$(mktemp -d "$0.sent/$(date +%s.%N).XXXXXX")
printf '%s\\n' "$@" > "$new/args"
cat > "$new/message"
chmod 755 "$new"
mv "$new" "$new.done"
read -r status < "$0.status" && exit "$status"
exit 0
"""


class Installation:
    """A directory that stands for /etc/vmail, with spool, homes and state beside it.

    .dir (the -C directory), .spool, .homes, .state, .scratch (all of it).
    settings are lines of vmail.conf, over ours: {"max-message-size": "1k"}.
    at: a directory to be in, perhaps for the second time; what mail is there stays.
    """
    def __init__(self, settings=None, at=None):
        self.scratch = at or tempfile.mkdtemp(prefix="vmail-", dir=SCRATCH)
        os.chmod(self.scratch, 0o755)
        self.dir, self.spool, self.homes, self.state = (
            self._directory(name) for name in ("etc", "spool", "homes", "state"))
        self.sendmail = self._fake_sendmail()
        self.processes = []
        self._next_uid = FIRST_UID
        self.settings = {"main-domain": "main.test", "hostname": "host.main.test",
                         "spool": self.spool, "homes": self.homes, "state": self.state,
                         "sendmail": f"{self.sendmail} -i", "log": "stderr",
                         **(settings or {}), **({"index-from": "1"} if INDEXED else {})}
        self.set()

    def _directory(self, name, mode=0o755):
        path = os.path.join(self.scratch, name)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
        return path

    def _fake_sendmail(self):
        path = os.path.join(self._directory("bin"), "sendmail")
        with open(path, "w") as f:
            f.write(FAKE_SENDMAIL)
        os.chmod(path, 0o755)
        self._directory("bin/sendmail.sent", 0o1777)
        self.sendmail_exits(0, path)
        return path

    # files

    def write(self, name, text, mode=0o644):
        """A file of the installation's directory, which is there at once: a program may be reading the old
        one; returns its path.  text: str or bytes."""
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        fd, new = tempfile.mkstemp(dir=self.scratch)
        with open(fd, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(new, mode)
        os.rename(new, os.path.realpath(path))
        return path

    def read(self, name):
        with open(os.path.join(self.dir, name), "rb") as f:
            return f.read()

    def set(self, **settings):
        """Changes settings of vmail.conf: set(max_message_size="1k").  None takes one out."""
        self.settings.update({k.replace("_", "-"): v for k, v in settings.items()})
        self.write("vmail.conf", lines_of(self.settings))

    def domain(self, name, settings=None, accounts=(), passwords=None, aliases=None):
        """Makes domain.NAME, passwd.NAME, shadow.NAME and aliases.NAME.

        accounts: names, or whole lines of passwd(5); shadow.NAME gets a hash
        for each of passwords {"joe": "secret"}, and "*" for the others.
        """
        passwords = dict(passwords or {})
        given = {"gid": GID} if ROOT else {"owner": f"{os.getuid()}:{os.getgid()}"}
        known = [a.split(":")[0] for a in accounts]
        accounts = [*accounts, *(a for a in passwords if a not in known)]
        lines = [self._account(name, a) for a in accounts]
        self.write(f"domain.{name}", lines_of({**given, **(settings or {})}))
        self.write(f"passwd.{name}", "".join(line + "\n" for line in lines))
        self.write(f"shadow.{name}", "".join(
            f"{who}:{hash_of(passwords[who]) if who in passwords else '*'}:19000:0:99999:7:::\n"
            for who in (line.split(":")[0] for line in lines)), mode=0o600)
        if aliases is not None:
            self.write(f"aliases.{name}", aliases)

    def _account(self, domain, account):
        if ":" in account:
            return account
        uid, gid = (self._next_uid, GID) if ROOT else (os.getuid(), os.getgid())
        self._next_uid += 1
        home = os.path.join(self.homes, domain, "home", account)
        os.makedirs(home, exist_ok=True)
        os.chown(home, uid, gid)
        return f"{account}:x:{uid}:{gid}:{account.capitalize()} Test:{home}:/bin/false"

    def extra(self, domain, name, text, mode=0o644):
        """A file of files/DOMAIN in the spool: NAME.auto, NAME.vacation, NAME.forward."""
        path = os.path.join(self.spool, "files", domain, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)
        return path

    def home(self, address):
        user, domain = address.split("@")
        return os.path.join(self.homes, domain, "home", user)

    # programs

    def run(self, name, *args, **more):
        """One of our programs with -C; see run()."""
        return run(name, "-C", self.dir, *args, **more)

    def deliver(self, recipient, message=b"Subject: test\n\nhello\n", sender="sender@far.test",
                options=(), **more):
        """vdeliver with one recipient, or a list of them."""
        to = [recipient] if isinstance(recipient, str) else recipient
        return self.run("vdeliver", *options, "-f", sender, "--", *to, input=message, **more)

    def start(self, name, *args, **more):
        """One of our programs that stays; stopped at the end of the test."""
        process = Process([program(name), "-C", self.dir, *map(str, args)], **more)
        self.processes.append(process)
        return process

    def done(self, process):
        """It has ended: nothing of it is kept, where there are thousands."""
        process.stop()
        self.processes.remove(process)

    def listen(self, name, *args, address=None):
        """Starts it with --listen on a free port: (process, (address, port)), ready to talk."""
        where = free_port(address or fresh_address())
        process = self.start(name, "--listen", "%s:%d" % where, *args,
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        eventually(lambda: process.popen.poll() is not None or connects(where), "a connection")
        if process.popen.poll() is not None:
            process.wait()
            raise AssertionError(f"{name} ended: {process.errors!r}")
        return process, where

    def pop3(self, *args, address=None, peer=None, inetd_stderr=False, remember=False, **more):
        """vpop3d as inetd starts it, on a connection to the address: a Pop3 client.

        Its process is client.process.  With inetd_stderr the connection is
        standard error too, as a real inetd does it.  Failed logins of earlier
        connections are forgotten, or each would take longer than the last,
        unless we are to remember.
        """
        if not remember:
            self.forget_logins()
        client, server = connection(address or fresh_address(), peer)
        with server:
            if inetd_stderr:
                process = subprocess.Popen([program("vpop3d"), "-C", self.dir, *args],
                                           stdin=server, stdout=server, stderr=server,
                                           env=environment(), start_new_session=True, **more)
            else:
                process = self.start("vpop3d", *args, stdin=server, stdout=server, **more)
        return Pop3(client, process)

    def forget_logins(self):
        """What vpop3d remembers of them."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self.state, "logins"))

    # what arrived

    def inbox(self, address):
        """The path of an account's inbox (the default place)."""
        user, domain = address.split("@")
        return os.path.join(self.spool, domain, user)

    def messages(self, address):
        """The messages of an inbox, oldest first, as they were delivered."""
        path = self.inbox(address)
        if os.path.isdir(path):
            return maildir_messages(path)
        return mbox_messages(path) if os.path.exists(path) else []

    def sent(self):
        """What went to sendmail: [(arguments, message)], in order."""
        found = []
        for name in sorted(os.listdir(self.sendmail + ".sent")):
            if name.endswith(".done"):
                with open(f"{self.sendmail}.sent/{name}/args") as args, \
                        open(f"{self.sendmail}.sent/{name}/message", "rb") as message:
                    found.append((args.read().split("\n")[:-1], message.read()))
        return found

    def sendmail_exits(self, status, path=None):
        """From now on sendmail takes the message and exits with status."""
        with open((path or self.sendmail) + ".status", "w") as f:
            f.write(f"{status}\n")

    def close(self):
        for process in self.processes:
            process.stop()
        remove(self.scratch)


def lines_of(settings):
    return "".join(f"{name} = {value}\n" for name, value in settings.items() if value is not None)


def hash_of(password):
    """A cheap hash that every crypt(3) verifies."""
    return crypt.crypt(password, "$6$rounds=1000$vmailtests")


def mbox_end(message):
    """What an mbox adds to a last line."""
    return {b"\n": b"", b"\r": b"\r\n"}.get(message[-1:], b"\n")


def mbox_messages(path):
    """A message begins at "From " at the start or after an empty line; one > comes off."""
    with open(path, "rb") as f:
        text = f.read()
    found = []
    for part in re.split(rb"(?:\A|(?<=\A\n)|(?<=\n\n)|(?<=\n\r\n))From [^\n]*\n", text)[1:]:
        part = re.sub(rb"(\A|\n)\r?\n\Z", rb"\1", part)
        found.append(re.sub(rb"^>(>*From )", rb"\1", part, flags=re.M))
    return found


def maildir_messages(path):
    names = [(name, os.path.join(path, sub, name))
             for sub in ("new", "cur") for name in os.listdir(os.path.join(path, sub))]
    found = []
    for _, file in sorted(names):
        with open(file, "rb") as f:
            found.append(f.read())
    return found


# --- the network -------------------------------------------------------------

def fresh_address():
    """A loopback address that, most likely, nobody else uses now."""
    a, b, c = os.urandom(3)
    return f"127.{a}.{b}.{c % 254 + 1}"


def free_port(address):
    with socket.create_server((address, 0)) as probe:
        return probe.getsockname()


def connects(where):
    try:
        socket.create_connection(where, timeout=DEADLINE).close()
        return True
    except (ConnectionRefusedError, ConnectionResetError):      # reset: by a listener that ends just now
        return False


def connection(address, peer=None):
    """Both ends of a TCP connection to the address: (client, server).  peer: the client's own."""
    with socket.create_server((address, 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=DEADLINE,
                                          source_address=(peer, 0) if peer else None)
        return client, listener.accept()[0]


def shut(connection):
    """Its other end hears that no more comes, where it has not closed it before that."""
    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError as failure:
        if failure.errno not in (errno.ENOTCONN, errno.EPIPE, errno.ECONNRESET):
            raise


class Cut(AssertionError):
    """The connection ended within a reply."""


class Pop3:
    """A client that speaks raw bytes; every read has a deadline.

        pop = Pop3(("127.0.0.1", port))     or vmail.pop3()
        pop.line()                          one line, without CRLF; None at the end
        pop.ask("USER joe@a.test")          sends the line, returns the reply line
        pop.many("LIST")                    (reply line, body as the dots went on the wire, undone)
        pop.send(b"raw")  pop.rest()        all bytes up to the end of the connection
        pop.login("joe@a.test", "secret")   greeting, USER, PASS: the last reply
    """
    def __init__(self, where, process=None):
        self.socket = where if isinstance(where, socket.socket) \
            else socket.create_connection(where, timeout=DEADLINE)
        self.socket.settimeout(DEADLINE)
        self.process = process
        self.read = b""

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        try:
            got = self.socket.recv(65536)
        except ConnectionResetError:
            got = b""
        self.read += got
        return got

    def line(self):
        while b"\r\n" not in self.read:
            if not self._more():
                if self.read:
                    raise Cut(f"the connection ended within a line: {self.read!r}")
                return None
        line, self.read = self.read.split(b"\r\n", 1)
        return line.decode("utf-8", "backslashreplace")

    def ask(self, command):
        self.send(command.encode() + b"\r\n")
        return self.line()

    def body(self):
        """A multi-line reply's lines up to the final dot, dots undone, with their CRLF."""
        text, seen = bytearray(b"\r\n" + self.read), 0
        while (end := text.find(b"\r\n.\r\n", seen)) == -1:
            seen, self.read = max(0, len(text) - 4), b""
            if not self._more():
                raise Cut(f"the connection ended within a reply: {text[-200:]!r}")
            text += self.read
        self.read = bytes(text[end + 5:])
        return re.sub(rb"^\.", b"", bytes(text[2:end + 2]), flags=re.M)

    def many(self, command):
        reply = self.ask(command)
        return reply, self.body() if reply.startswith("+OK") else b""

    def rest(self):
        while self._more():
            pass
        data, self.read = self.read, b""
        return data

    def login(self, user, password):
        self.line()
        self.ask(f"USER {user}")
        return self.ask(f"PASS {password}")

    def shut(self):
        """No more from us; it may be gone already."""
        shut(self.socket)

    def close(self):
        self.socket.close()


# --- the world that tests run in ---------------------------------------------

CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000

def system_file(path, text, mode=0o644):
    """As root: what the path (/etc/hosts, ...) holds for this test file alone; it must exist."""
    own = os.path.join(SCRATCH, "system" + path.replace("/", "_"))
    mounted = os.path.exists(own)
    with open(own, "w") as f:
        f.write(text)
    os.chmod(own, mode)
    if not mounted:
        subprocess.run(["mount", "--bind", own, path], check=True)


def native_pop3d(passwords, mail=None):
    """As root: makes popa3d ready for the system's users; returns its path.

    passwords {"sysuser": "secret"}; mail {"sysuser": b"From ...mbox"}.
    """
    path = os.path.join(PEERS, "popa3d", "usr", "sbin", "popa3d")
    if not os.path.exists(path):
        raise unittest.SkipTest("no popa3d: make deps")
    system_file("/etc/shadow", "".join(f"{who}:{hash_of(word)}:19000:0:99999:7:::\n"
                                       for who, word in passwords.items()), 0o600)
    for place in ("/var/mail", "/var/lib"):
        if not os.path.ismount(place):
            subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "vmail", place], check=True)
    os.makedirs("/var/lib/popa3d", exist_ok=True)   # its empty root
    for who, text in (mail or {}).items():
        with open(f"/var/mail/{who}", "wb") as f:
            f.write(text)
        shutil.chown(f"/var/mail/{who}", who, who)
        os.chmod(f"/var/mail/{who}", 0o600)
    return path


PASSWD = """root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
popa3d:x:59998:59998:popa3d:/var/lib/popa3d:/usr/sbin/nologin
sysuser:x:59999:59999:System User:/nonexistent:/bin/sh
"""
GROUP = "root:x:0:\nmail:x:8:\nnogroup:x:65534:\npopusers:x:60000:\npopa3d:x:59998:\nsysuser:x:59999:\n"
HOSTS = "127.0.0.1 localhost\n::1 localhost\n"


def own_mounts():
    """unshare --mount --propagation private, for this process: to start it again by unshare(1) would cost
    each test file a second start of Python."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) == -1 or libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == -1:
        raise OSError(ctypes.get_errno(), "a mount namespace: " + os.strerror(ctypes.get_errno()))


def enter_world():
    """As root: puts this program into a mount namespace, and furnishes it."""
    if not ROOT:
        return tempfile.gettempdir()
    if (scratch := os.environ.pop("VMAIL_SCRATCH", None)) is None:
        scratch = tempfile.mkdtemp(prefix="vmail-world-")
        own_mounts()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755,size=512m", "vmail", scratch],
                   check=True)
    atexit.register(leave_world, scratch)
    return scratch


def leave_world(scratch):
    os.chdir("/")
    subprocess.run(["umount", "--lazy", scratch], check=False)
    os.rmdir(scratch)


os.environ.pop("TZ", None)                  # programs start without it: their days are ours
time.tzset()
SCRATCH = enter_world()
if ROOT:
    for _file, _text in (("/etc/passwd", PASSWD), ("/etc/group", GROUP), ("/etc/hosts", HOSTS)):
        system_file(_file, _text)
os.umask(0o022)


class BoxTest(unittest.TestCase):
    """A test case whose installations end with each test."""
    maxDiff = None

    def installation(self, settings=None):
        made = Installation(settings)
        self.addCleanup(made.close)
        return made

    def assert_took(self, seconds, wanted, delta=0.5, late=None):
        """In @timed tests: about so long; it may be late by more than it may be early."""
        self.assertGreater(seconds, wanted - delta)
        if seconds > wanted + (late or delta):
            raise Late(f"{seconds:.2f} s instead of {wanted}")


# --- the report: TAP ---------------------------------------------------------

def sentence(test):
    if hasattr(test, "test_case"):          # a subTest()
        return f"{sentence(test.test_case)}: {test._subDescription()}".replace("#", "")
    name = (test.shortDescription() or test.id().split(".")[-1].removeprefix("test_"))
    return name.replace("_", " ").replace("#", "")


class Tap(unittest.TestResult):
    lines = 0
    turn = threading.Lock()                 # tests may run beside one another

    def line(self, ok, test, note="", details=""):
        text = "".join(f"# {line}\n" for line in details.splitlines())
        with self.turn:
            self.lines += 1
            print(f"{'ok' if ok else 'not ok'} - {sentence(test)}{note}\n{text}", end="", flush=True)

    def addSuccess(self, test):
        self.line(True, test)

    def addSkip(self, test, reason):
        self.line(True, test, f" # SKIP {reason}")

    def addError(self, test, err):
        super().addError(test, err)
        self.line(False, test, details=self._exc_info_to_string(err, test))

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.failures.append((subtest, ""))
            self.line(False, subtest, details=self._exc_info_to_string(err, test))


def is_alone(test):
    """It, or all of its class."""
    return getattr(test, "alone", False) or getattr(getattr(test, test._testMethodName), "alone", False)


def run_beside(tests, result, beside):
    """Several at once, then those that are alone."""
    with concurrent.futures.ThreadPoolExecutor(beside) as pool:
        for done in [pool.submit(t.run, result) for t in tests if not is_alone(t)]:
            done.result()
    for test in filter(is_alone, tests):
        test.run(result)


def main(beside=1):
    """Runs the tests of the calling file, those with the words of the command line in them."""
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    chosen = [t for suite in tests for t in suite
              if has_its_turn(t) and all(word in f"{sentence(t)} {t.id()}" for word in sys.argv[1:])]
    if not chosen and sys.argv[1:]:
        sys.exit(f"no test has {' '.join(sys.argv[1:])!r} in its name")
    result = Tap()
    if beside > 1:
        run_beside(chosen, result, beside)
    else:
        unittest.TestSuite(chosen).run(result)
    print(f"1..{result.lines}")
    sys.exit(0 if result.wasSuccessful() else 1)
