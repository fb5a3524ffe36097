"""candidates: the programs that bench/run compares, each with inboxes of its own."""
import os
import pwd
import re
import statistics
import subprocess
import sys
import tempfile

FIRST_UID, GID = 60001, 60000               # as root: of vdeliver's accounts, of their domains
NOBODY = 65534                              # as root: of the peers' inboxes
LIMIT = 320                                 # seconds for any one program
SLOW = 3                                    # seconds of a batch
SENDER = "sender@example.net"
DOMAINS = {"mbox": "example.com", "maildir": "example.org"}
AS_ROOT = os.geteuid() == 0


class Candidate:
    """One program; all that it has lies below .top.  There is an inbox of each kind for each size
    of message, and .inbox(kind, size) is it."""
    def __init__(self, program, top, sizes):
        self.program, self.top = program, top
        self.name = os.path.basename(program)
        self.environment = {"PATH": "/usr/bin:/bin", "LANG": "C",
                            **{k: v for k, v in os.environ.items()
                               if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS")}}
        self.as_whom = []                           # words that start it as somebody else
        self.times, self.memory = {}, {}            # of each row: seconds a delivery, kB
        self.calls, self.synced = {}, {}            # of each kind of inbox
        self.expected = {(kind, size): 0 for kind in DOMAINS for size in sizes}
        self.lost = 0
        self.furnish()

    def furnish(self):
        os.mkdir(self.top, 0o755)

    def write(self, name, text):
        with open(f"{self.top}/{name}", "w") as f:
            f.write(text)

    def deliver(self, kind, size, message):
        """One delivery, so that the inbox exists."""
        with open(message, "rb") as f:
            run([*self.as_whom, *self.argv(kind, size)], self.environment, stdin=f)
        self.expected[kind, size] += 1

    def trace(self, kind, size, message):
        """System calls of one delivery, all processes together, and what is synced."""
        with tempfile.TemporaryDirectory(dir=os.path.dirname(self.top)) as place:
            os.chmod(place, 0o777)
            with open(message, "rb") as f:
                run(["strace", "-ff", "-o", f"{place}/calls", *self.as_whom,
                     *self.argv(kind, size)], self.environment, stdin=f)
            texts = []
            for name in os.listdir(place):
                with open(f"{place}/{name}") as f:
                    texts.append(f.readlines())
        self.expected[kind, size] += 1
        calls, synced = 0, []
        for lines in texts:
            start = next((n for n, line in enumerate(lines)      # setpriv's are not its own
                          if line.startswith(f'execve("{self.program}"')), 0)
            calls += sum(not line.startswith(("+++", "---")) for line in lines[start:])
            synced += what_is_synced(lines)
        self.calls[kind] = calls
        self.synced[kind] = " + ".join(sorted(set(synced), reverse=True)) or "nothing"

    def batch(self, drive, row, message):
        got = run([*self.as_whom, drive, str(row.count), str(row.at_once), message,
                   *self.argv(row.kind, row.size)], self.environment).stdout.split()
        self.expected[row.kind, row.size] += row.count
        self.times.setdefault(row.name, []).append(int(got[0]) / 1e9 / row.count)
        self.memory[row.name] = max(int(got[1]), self.memory.get(row.name, 0))

    def is_slow(self, row):
        """Sleeps on locks, for example: once is enough."""
        return max(self.times.get(row.name, [0])) * row.count > SLOW

    def time(self, row):
        return statistics.median(self.times[row.name])

    def empty(self, kind, size):
        """Counts what an inbox has lost, and empties it."""
        inbox = self.inbox(kind, size)
        if kind == "mbox":
            with open(inbox, "rb") as f:
                text = f.read()
            there = text.count(b"\nFrom ") + text.startswith(b"From ")
            os.truncate(inbox, 0)
        else:
            messages = [f"{inbox}/{part}/{name}" for part in ("new", "cur")
                        for name in os.listdir(f"{inbox}/{part}")]
            there = len(messages)
            for path in messages:
                os.unlink(path)
        self.lost += self.expected[kind, size] - there
        self.expected[kind, size] = 0

    def libraries(self):
        text = run(["readelf", "-d", self.program], self.environment).stdout.decode()
        return [line.split("[")[1].rstrip("]") for line in text.splitlines() if "(NEEDED)" in line]


class Vdeliver(Candidate):
    def furnish(self):
        super().furnish()
        for name in ("etc", "spool", "homes"):
            os.mkdir(f"{self.top}/{name}", 0o755)
        uid, gid = (FIRST_UID, GID) if AS_ROOT else (os.getuid(), os.getgid())
        self.write("etc/vmail.conf", "main-domain = main.example\nhostname = host.main.example\n"
                   "spool = ../spool\nhomes = ../homes\nstate = ../state\nlog = stderr\n")
        for kind, domain in DOMAINS.items():
            rights = f"gid = {gid}" if AS_ROOT else f"owner = {uid}:{gid}"
            self.write(f"etc/domain.{domain}", f"{rights}\nmailbox = {kind}\n")
            names = dict.fromkeys(account_of(size) for _, size in self.expected)
            self.write(f"etc/passwd.{domain}", "".join(
                f"{who}:x:{uid + n}:{gid}:{who}:{self.top}/homes/{who}:/bin/false\n"
                for n, who in enumerate(names)))
            self.write(f"etc/aliases.{domain}", f"postmaster: {next(iter(names))}\n")

    def inbox(self, kind, size):
        return f"{self.top}/spool/{DOMAINS[kind]}/{account_of(size)}"

    def argv(self, kind, size):
        return [self.program, "-C", f"{self.top}/etc", "-f", SENDER, "--",
                f"{account_of(size)}@{DOMAINS[kind]}"]


class Away(Vdeliver):
    """Vdeliver for accounts whose vacation is on, with messages that get no answer: from nobody."""
    def furnish(self):
        super().furnish()
        for kind, domain in DOMAINS.items():
            files = f"{self.top}/spool/files/{domain}"
            os.makedirs(files)
            for n, who in enumerate(dict.fromkeys(account_of(size) for _, size in self.expected)):
                for name, text in ((f"{who}.vacation", "Subject: away\n\nI am away.\n"),
                                   (f"{who}.vacation.db", "")):
                    with open(f"{files}/{name}", "w") as f:
                        f.write(text)
                    if AS_ROOT:
                        os.chown(f"{files}/{name}", FIRST_UID + n, GID)

    def argv(self, kind, size):
        return ["" if word == SENDER else word for word in super().argv(kind, size)]


class Floor(Vdeliver):
    def furnish(self):
        super().furnish()
        for kind, size in self.expected:
            os.makedirs(os.path.dirname(self.inbox(kind, size)), exist_ok=True)
            if kind == "maildir":
                for part in ("tmp", "new", "cur"):
                    os.makedirs(f"{self.inbox(kind, size)}/{part}")

    def argv(self, kind, size):
        return [self.program, kind, f"{self.top}/etc/passwd.{DOMAINS[kind]}", account_of(size),
                self.inbox(kind, size)]


class Peer(Candidate):
    """Started as the inbox's owner, as an MTA does that delivers to users of the system."""
    def furnish(self):
        super().furnish()
        for kind, size in self.expected:
            if kind == "maildir":
                for part in ("tmp", "new", "cur"):
                    os.makedirs(f"{self.inbox(kind, size)}/{part}")
            with open(self.rules(kind, size), "w") as f:
                f.write(self.rule(kind, self.inbox(kind, size)))
            os.chmod(self.rules(kind, size), 0o600)
        self.environment |= {"HOME": self.top, "LOGNAME": "nobody", "USER": "nobody"}
        if AS_ROOT:
            self.as_whom = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            run(["chown", "-R", f"{NOBODY}:{NOBODY}", self.top], self.environment)

    def inbox(self, kind, size):
        return f"{self.top}/{kind}-{account_of(size)}"

    def rules(self, kind, size):
        return f"{self.inbox(kind, size)}.rules"

    def argv(self, kind, size):
        return [self.program, self.rules(kind, size)]


class Procmail(Peer):
    def argv(self, kind, size):
        return [self.program, "-f", SENDER, self.rules(kind, size)]

    def rule(self, kind, inbox):
        return f"LOCKSLEEP=1\nDEFAULT={inbox}{'/' if kind == 'maildir' else ''}\n"


class Maildrop(Peer):
    def furnish(self):
        super().furnish()
        lib = os.path.dirname(os.path.dirname(self.program)) + "/lib"
        self.environment["LD_LIBRARY_PATH"] = f"{lib}:{lib}/{os.uname().machine}-linux-gnu"

    def rule(self, kind, inbox):
        return f'LOCKSLEEP=1\nto "{inbox}"\n'


class DovecotLda(Peer):
    """Its settings are in the environment, where doveconf, which an installed one starts, or asks,
    would put them."""
    def furnish(self):
        super().furnish()
        lib = os.path.dirname(self.program)
        self.environment |= {
            "LD_LIBRARY_PATH": f"{lib}:{lib}/modules/old-stats", "DOVECONF_ENV": "1", "SSL": "no",
            "HOSTNAME": "host.main.example", "BASE_DIR": f"{self.top}/run",
            "LOG_PATH": "/dev/stderr"}

    def rule(self, kind, inbox):
        return ""

    def argv(self, kind, size):
        inbox = self.inbox(kind, size)
        place = (f"maildir:{inbox}" if kind == "maildir" else
                 f"mbox:{inbox}.folders/:INBOX={inbox}")
        return ["/usr/bin/env", f"MAIL_LOCATION={place}", self.program, "-f", SENDER]


PEERS = (
    (Procmail, "procmail/usr/bin/procmail"),
    (Maildrop, "maildrop/usr/bin/maildrop"),
    (DovecotLda, "dovecot/usr/lib/dovecot/dovecot-lda"),
)


def peers(place, top, sizes):
    """Those that "make deps" has unpacked; procmail and maildrop want a name for their user."""
    return [kind(f"{place}/{path}", f"{top}/{kind.__name__}", sizes) for kind, path in PEERS
            if os.path.exists(f"{place}/{path}") and (kind is DovecotLda or has_name())]


def has_name():
    try:
        return bool(pwd.getpwuid(NOBODY if AS_ROOT else os.getuid()))
    except KeyError:
        return False


def account_of(size):
    return f"size{size}"


def is_used_as_directory(fd, lines):
    """Until it is closed."""
    for line in lines:
        if line.startswith(f"close({fd})"):
            break
        if re.match(rf"((openat2?|linkat|unlinkat|renameat2)\(|renameat2\(.*?, .*?, ){fd}, ", line):
            return True
    return False


def what_is_synced(lines):
    """Of the calls of one process.  Of a vdeliver that is not root's strace may see neither names
    nor how a file was opened: then what it was used for must do."""
    opened = {}
    for n, line in enumerate(lines):
        call = re.match(r'open(?:at2?)?\((.*?), (?:{flags=)?([A-Z_|]*O_[A-Z_|]*).*\) = (\d+)$', line)
        unseen = re.match(r"openat2\(\d+, 0x.*\) = (\d+)$", line)
        sync = re.match(r"f(?:data)?sync\((\d+)\)", line)
        if unseen:
            opened[unseen[1]] = "directory" if is_used_as_directory(unseen[1], lines[n + 1:]) else "message"
        elif call:
            index = re.search(r"dovecot|\.queue|\.lock", call[1])
            is_dir = "O_DIRECTORY" in call[2] or os.path.isdir(call[1].split('"')[-2:][0])
            opened[call[3]] = "directory" if is_dir else "index" if index else "message"
        elif sync:
            yield opened[sync[1]]


def run(argv, environment, **more):
    done = subprocess.run(argv, capture_output=True, env=environment, timeout=LIMIT, check=False,
                          **{"stdin": subprocess.DEVNULL, **more})
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(argv)}: status {done.returncode}\n"
                 + done.stderr.decode(errors="replace"))
    return done
