#!/usr/bin/python3
"""vdeliver and the real programs that lock an mbox, at once into one file: no byte lost, no deadlock.

Most of the programs sleep for a second or more where a lock is taken: ten rounds run at once, each
with an inbox of its own.  VMAIL_ROUNDS=N: so many rounds with each program; VMAIL_REPLACED=N: N seconds
beside sessions that delete.
"""
import collections
import hashlib

from delivery import *
from pop3 import PASSWORD, mbox

ROUNDS = int(os.environ.get("VMAIL_ROUNDS", fewer(10)))
OURS, THEIRS = 3, 2                         # in each round, at once
INBOXES = 10                                # rounds at once
BESIDE = float(os.environ.get("VMAIL_REPLACED", 2))     # seconds beside sessions
ENOUGH = 6                                  # of what comes meanwhile
SLOW = 60                                   # messages that make a new mbox take its time
PATIENCE = 60                               # seconds; nobody holds a lock for longer than a write
ARCH = f"{os.uname().machine}-linux-gnu"

# Postfix asks for names that the machine knows; procmail and maildrop for one of their user.
if ROOT:
    system_file("/etc/passwd", PASSWD + "games:x:5:60:games:/usr/games:/usr/sbin/nologin\n"
                "mail:x:8:8:mail:/var/mail:/usr/sbin/nologin\n"
                f"joe:x:{FIRST_UID}:{GID}:Joe:/nonexistent:/bin/sh\n")
    system_file("/etc/group", GROUP + "games:x:60:\n")
MAIN_CF = """compatibility_level = 3.6
queue_directory = {0}
data_directory = {0}
mail_owner = mail
setgid_group = games
default_privs = nobody
myhostname = host.main.test
mailbox_delivery_lock = {1}
deliver_lock_delay = 1s
deliver_lock_attempts = 60
"""
APPEND = "{ echo 'From them@far.test Thu Jan  1 00:00:00 1970'; cat; echo; }"


def peer(path):
    """The path of a foreign program, or None."""
    path = os.path.join(PEERS, path)
    return path if os.path.exists(path) else None


def at_once_with(self, path, argv, extra=None, libraries=()):
    """argv: words, in which {program}, {inbox} and {work} stand for what they say."""
    program = peer(path)
    if program is None:
        self.skipTest(f"no {os.path.basename(path)}: make deps")
    root = os.path.join(PEERS, path.split("/")[0])
    env = dict(extra or {})
    if libraries:
        env["LD_LIBRARY_PATH"] = ":".join(f"{root}/usr/lib/{name}" for name in libraries)
    self.rounds(program, argv, env)


SH = ("/bin/sh", "-c")
DOVECOT = {"DOVECONF_ENV": "1", "SSL": "no", "HOSTNAME": "host.main.test", "BASE_DIR": "{work}/run",
           "LOG_PATH": "/dev/stderr", "MAIL_LOCATION": "mbox:{work}/folders.{who}:INBOX={inbox}"}


class Lockers(Delivery):
    def setUp(self):
        self.vmail = self.installation()
        uid, gid = self.ids = (FIRST_UID, GID) if ROOT else (os.getuid(), os.getgid())
        if not has_name(uid):
            self.skipTest("needs root, or a user who has a name: procmail and maildrop ask for it")
        self.users = [f"joe{n}" for n in range(INBOXES)]
        self.vmail.domain("a.test", accounts=[f"{who}:x:{uid}:{gid}:Joe:/nonexistent:/bin/false" for who in self.users])
        self.work = self.vmail._directory("work")
        for who in self.users:
            for name, text in (("procmailrc", "LOCKSLEEP=1\nDEFAULT={}\n"), ("mailfilter", 'LOCKSLEEP=1\nto "{}"\n')):
                self.own(f"{name}.{who}", text.format(self.vmail.inbox(f"{who}@a.test")))
        for name, locks in (("both", "fcntl, dotlock"), ("fcntl", "fcntl"), ("dotlock", "dotlock")):
            os.mkdir(os.path.join(self.work, name))
            self.own(f"{name}/main.cf", MAIN_CF.format(self.work, locks))
        os.chown(self.work, uid, gid)
        self.sent = {who: [] for who in self.users}
        self.count = 0
        for who in self.users:
            self.delivered(f"{who}@a.test", self.next_for(who))

    def own(self, name, text):
        """A file of the accounts' owner in .work."""
        path = os.path.join(self.work, name)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o600)
        os.chown(path, *self.ids)

    def next_for(self, who):
        self.count += 1
        self.sent[who].append(self.count)
        return self.text(self.count)

    def text(self, n):
        """Without From lines: what quotes them differs."""
        return b"X-Number: %d\nSubject: x\n\n%send of %d\n" % (n, b"%d " % n * (n * 997 % 20000) + b"\n", n)

    def begin(self, argv, message, **more):
        path = os.path.join(self.vmail.scratch, "message")
        with open(path, "wb") as f:
            f.write(message)
        with open(path, "rb") as f:
            os.unlink(path)
            return subprocess.Popen(argv, stdin=f, stdout=subprocess.DEVNULL, stderr=self.errors, **more)

    def ours(self, who):
        return self.begin([program("vdeliver"), "-C", self.vmail.dir, "-f", "sender@far.test", f"{who}@a.test"],
                          self.next_for(who), env=environment())

    def theirs(self, who, program, argv, env):
        """Started as the account's user."""
        message = self.next_for(who)
        number = str(self.count)
        with open(os.path.join(self.work, number), "wb") as f:
            f.write(b"From them@far.test Thu Jan  1 00:00:00 1970\n" + message + b"\n")
        names = {"program": program, "inbox": self.vmail.inbox(f"{who}@a.test"), "work": self.work, "who": who}
        env = {name: value.format(**names) for name, value in env.items()}
        uid, gid = self.ids
        as_joe = {"user": uid, "group": gid, "extra_groups": []} if ROOT else {}
        user = pwd.getpwuid(uid).pw_name
        return self.begin([number if word == "$NUMBER" else word.format(**names) for word in argv], message,
                          env={"PATH": PATH, "HOME": self.work, "LOGNAME": user, "USER": user, "LANG": "C",
                               "NUMBER": number, **env}, cwd=self.work, **as_joe)


@rows(at_once_with, [
    ("procmail", "procmail/usr/bin/procmail", ["{program}", "-f", "them@far.test", "{work}/procmailrc.{who}"]),
    ("lockfile of procmail", "procmail/usr/bin/lockfile",
     [*SH, "{program} -1 {inbox}.lock && " + APPEND.replace("{", "{{").replace("}", "}}") +
      " >> {inbox} && rm -f {inbox}.lock"]),
    ("maildrop", "maildrop/usr/bin/maildrop", ["{program}", "{work}/mailfilter.{who}"], None, (".", ARCH)),
    ("dovecot-lda, lock file first", "dovecot/usr/lib/dovecot/dovecot-lda", ["{program}", "-f", "them@far.test"],
     {**DOVECOT, "MBOX_WRITE_LOCKS": "dotlock fcntl"}, ("dovecot", "dovecot/modules/old-stats")),
    ("dovecot-lda, kernel's lock first as in Debian", "dovecot/usr/lib/dovecot/dovecot-lda",
     ["{program}", "-f", "them@far.test"],
     {**DOVECOT, "MBOX_WRITE_LOCKS": "fcntl dotlock"}, ("dovecot", "dovecot/modules/old-stats")),
    ("postlock with lock file and fcntl", "postfix/usr/sbin/postlock",
     ["{program}", "-c", "{work}/both", "{inbox}", *SH, "cat {work}/$NUMBER >> {inbox}"], None, ("postfix",)),
    ("postlock with fcntl alone", "postfix/usr/sbin/postlock",
     ["{program}", "-c", "{work}/fcntl", "{inbox}", *SH, "cat {work}/$NUMBER >> {inbox}"], None, ("postfix",)),
    ("postlock with a lock file alone", "postfix/usr/sbin/postlock",
     ["{program}", "-c", "{work}/dotlock", "{inbox}", *SH, "cat {work}/$NUMBER >> {inbox}"], None, ("postfix",)),
    ("dotlockfile of liblockfile", "liblockfile/usr/bin/dotlockfile",
     [*SH, "{program} -l -p -r 60 {inbox}.lock && cat {work}/$NUMBER >> {inbox} && {program} -u {inbox}.lock"]),
    ("a program that takes the kernel's lock alone", "/usr/bin/python3",
     ["{program}", "-c", "import fcntl, sys; f = open('{inbox}', 'ab'); fcntl.lockf(f, fcntl.LOCK_EX); "
      "f.write(open('{work}/' + sys.argv[1], 'rb').read())", "$NUMBER"]),
])
class AtOnce(Lockers):
    def rounds(self, *theirs):
        with open(os.path.join(self.vmail.scratch, "errors"), "w+b") as self.errors:
            for _ in range(0, ROUNDS, INBOXES):
                running = []
                for turn in range(max(OURS, THEIRS)):
                    for who in self.users:
                        if turn < OURS:
                            running.append(self.ours(who))
                        if turn < THEIRS:
                            running.append(self.theirs(who, *theirs))
                deadline = Deadline(PATIENCE)
                for process in running:
                    status = process.wait(deadline.left() + 0.001)
                    self.assertEqual(status, 0, (process.args, self.content(self.errors.name)))
        for who in self.users:
            self.is_all_there(who)

    def is_all_there(self, who):
        def known(message):
            """What other programs add is header."""
            head, body = message.split(b"\n\n", 1)
            return re.search(rb"^X-Number: (\d+)$", head, re.M)[1], hashlib.sha256(body).digest()
        found = collections.Counter(known(m) for m in self.vmail.messages(f"{who}@a.test"))
        wanted = collections.Counter(known(self.text(n)) for n in self.sent[who])
        self.assertEqual(found - wanted, collections.Counter(), "doubled or damaged")
        self.assertEqual(wanted - found, collections.Counter(), "lost")
        self.assertFalse(os.path.exists(self.vmail.inbox(f"{who}@a.test") + ".lock"))


class BesideSessions(Lockers):
    """A session that replaces the mbox, again and again, beside one that delivers."""
    def test_dovecot_lda_that_waits_for_the_kernels_lock_first_loses_nothing(self):
        lda = peer("dovecot/usr/lib/dovecot/dovecot-lda")
        if lda is None:
            self.skipTest("no dovecot-lda: make deps")
        who, libraries = self.users[0], os.path.join(PEERS, "dovecot/usr/lib/dovecot")
        to = f"{who}@a.test"
        self.vmail.write("shadow.a.test", f"{who}:{hash_of(PASSWORD)}:19000:0:99999:7:::\n", 0o600)
        with open(self.vmail.inbox(to), "ab") as f:
            f.write(mbox(*[b"Subject: large\n\n" + b"y" * 70000 + b"\n"] * SLOW))
        env = {**DOVECOT, "MBOX_WRITE_LOCKS": "fcntl dotlock",
               "MAIL_LOCATION": DOVECOT["MAIL_LOCATION"] + ":INDEX=MEMORY",
               "LD_LIBRARY_PATH": f"{libraries}:{libraries}/modules/old-stats"}
        before, fetched, accepted, end = list(self.sent[who]), [], [], time.monotonic() + BESIDE

        def deliver():
            while time.monotonic() < end or len(accepted) < ENOUGH and time.monotonic() < end + PATIENCE:
                status = self.theirs(who, lda, ["{program}", "-f", "them@far.test"], env).wait(PATIENCE)
                # Where it finds another file than it had it may ask for the message once more.
                accepted.extend([self.count] if status == 0 else [])
        with open(os.path.join(self.vmail.scratch, "errors"), "w+b") as self.errors:
            delivering = threading.Thread(target=deliver)
            delivering.start()
            try:
                while delivering.is_alive():
                    fetched += self.fetch_numbered(to)
            finally:
                delivering.join()
        self.assertGreaterEqual(len(accepted), ENOUGH)
        self.assertNotEqual(fetched, [])
        left = [int(n) for n in re.findall(rb"X-Number: (\d+)", b"".join(self.vmail.messages(to)))]
        self.assertEqual(sorted(fetched + left), before + accepted)

    def fetch_numbered(self, to):
        """A session that deletes what has a number; the numbers."""
        pop, numbers = self.vmail.pop3(remember=True), []
        self.assertRegex(pop.login(to, PASSWORD), r"^\+OK")
        try:
            for n in range(1, int(pop.ask("STAT").split()[1]) + 1):
                found = re.search(rb"X-Number: (\d+)", pop.many(f"TOP {n} 0")[1])
                if found:
                    numbers.append(int(found[1]))
                    pop.ask(f"DELE {n}")
            reply = pop.ask("QUIT")
        except Cut:
            # A long message that Dovecot wrote to while it was sent never looks whole.
            reply = "(cut)"
        pop.close()
        self.assertEqual(pop.process.wait(), 0, pop.process.errors)
        self.assertNotIn(b"was replaced", pop.process.errors)
        if reply == "(cut)":
            self.assertIn(b"another program changed the mailbox", pop.process.errors)
        self.vmail.done(pop.process)
        # Dovecot writes into what is there, which QUIT may find: then nothing is removed.
        return numbers if reply.startswith("+OK") else []


if __name__ == "__main__":
    main()
