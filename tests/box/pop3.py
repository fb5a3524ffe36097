"""pop3.py: what the tests of vpop3d share: mailboxes with given bytes, logins, and TLS."""
import ctypes
import functools
import ssl
import threading

from harness import *

PASSWORD = "se cret"


def owner(vmail, address):
    """Who the inbox belongs to: (uid, gid)."""
    user, domain = address.split("@")
    for line in vmail.read(f"passwd.{domain}").decode().splitlines():
        if line.split(":")[0] == user:
            return (int(line.split(":")[2]), GID) if ROOT else (os.getuid(), os.getgid())
    raise KeyError(address)


def spool(vmail, address):
    """spool/D, as vdeliver makes it."""
    path = os.path.dirname(vmail.inbox(address))
    if not os.path.isdir(path):
        os.mkdir(path)
        os.chown(path, *((0, GID) if ROOT else (os.getuid(), os.getgid())))
        os.chmod(path, 0o3770 if ROOT else 0o700)
    return path


def put_mbox(vmail, address, text):
    """The inbox becomes an mbox of exactly these bytes."""
    spool(vmail, address)
    path = vmail.inbox(address)
    with open(path, "wb") as f:
        f.write(text)
    os.chown(path, *owner(vmail, address))
    os.chmod(path, 0o600)
    return path


def put_maildir(vmail, address, messages):
    """The inbox becomes a Maildir: {"cur/name": bytes}."""
    spool(vmail, address)
    path = vmail.inbox(address)
    for directory in (path, *(os.path.join(path, sub) for sub in ("tmp", "new", "cur"))):
        if not os.path.isdir(directory):
            os.mkdir(directory, 0o700)
            os.chown(directory, *owner(vmail, address))
    for name, text in messages.items():
        file = os.path.join(path, name)
        with open(file, "wb") as f:
            f.write(text)
        os.chown(file, *owner(vmail, address))
        os.chmod(file, 0o600)
    return path


def far_connection():
    """As root: both ends of a connection whose client is not on this machine, by its address:
    made by a thread in a network of its own, which the sockets keep."""
    made = []

    def make():
        assert ctypes.CDLL(None, use_errno=True).unshare(0x40000000) == 0       # CLONE_NEWNET
        for words in ("link set lo up", "address add 192.0.2.1/32 dev lo"):
            subprocess.run(["ip", *words.split()], check=True)
        made.extend(connection("192.0.2.1"))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join(DEADLINE)
    return made


def mbox(*messages):
    """An mbox file with these messages, quoted as it must be."""
    return b"".join(b"From s@far.test Fri Nov 20 10:00:%02d 2026\n" % i
                    + re.sub(rb"^(>*From )", rb">\1", m, flags=re.M)
                    + (b"\n" if m.endswith(b"\n") else b"\n\n") for i, m in enumerate(messages))


def on_the_wire(message):
    """As RETR sends it, dots undone: each line end one CRLF, a missing last one added."""
    if message and not message.endswith(b"\n"):
        message += b"\r\n"
    return re.sub(rb"\r?\n", b"\r\n", message)


def contents(vmail, address):
    """Every file of the inbox with its bytes, to see that nothing was changed."""
    path = vmail.inbox(address)
    if not os.path.isdir(path):
        with open(path, "rb") as f:
            return f.read()
    found = {}
    for sub in ("new", "cur"):
        for name in os.listdir(os.path.join(path, sub)):
            with open(os.path.join(path, sub, name), "rb") as f:
                found[f"{sub}/{name}"] = f.read()
    return found


def memory_of(pid):
    """As root: all bytes that a process can write to."""
    memory = b""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as mem:
        for line in maps:
            span, rights, *_ = line.split()
            if not rights.startswith("rw") or "[v" in line:
                continue
            start, end = (int(x, 16) for x in span.split("-"))
            mem.seek(start)
            memory += mem.read(end - start)
    return memory


MARK = "aHashOfSomebodyElse"


def crowd_of_hashes(vmail):
    """a.test gets 3000 accounts more, around those that it has, whose hashes have MARK in them; and "old", whose
    hash (of "first") is of an older method and stands in passwd.a.test."""
    passwd, shadow = (vmail.read(f"{kind}.a.test").decode() for kind in ("passwd", "shadow"))
    made = hash_of("first")
    crowd = [f"u{n}" for n in range(3000)]
    lines = [f"{who}:$6$rounds=1000${who}${MARK * 4}:19000:0:99999:7:::\n" for who in crowd]
    passwd += "".join(f"{who}:$1${MARK}:61999:{GID}::/:/bin/false\n" for who in crowd)
    vmail.write("passwd.a.test", f"{passwd}old:{made}:61998:{GID}::/:/bin/false\n")
    vmail.write("shadow.a.test", "".join(lines[:1500]) + shadow + "".join(lines[1500:]), 0o600)


def assert_no_hash(test, vmail, pid):
    """As root: a process knows none of a.test."""
    memory = memory_of(pid)
    test.assertTrue(b"vpop3d" in memory or b"vtls" in memory)
    hashes = [line.split(b":")[1] for kind in ("passwd", "shadow") for line in vmail.read(f"{kind}.a.test").splitlines()]
    for secret in {MARK.encode(), *(part for h in hashes if MARK.encode() not in h and len(h) > 20
                                    for part in (h[8:24], h[-20:]))}:
        test.assertFalse(secret in memory, (pid, secret))


def at_once(clients):
    """Clients, each with a line that all of them say now: [(seconds until the reply, reply)].

    A line may be bytes, without CRLF."""
    answers, begun = [None] * len(clients), time.monotonic()

    def say(i, pop, line):
        pop.send((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        reply = pop.line()
        answers[i] = (time.monotonic() - begun, reply)

    together([lambda i=i, client=client: say(i, *client) for i, client in enumerate(clients)], len(clients))
    return answers


def peer(name, path=""):
    """A foreign program that "make deps" has unpacked, or a path below it."""
    found = os.path.join(PEERS, name, path)
    if not os.path.exists(found):
        raise unittest.SkipTest(f"no {name}: make deps")
    return found


def processes(pid):
    """pid and all below it: {pid: status fields}."""
    found, parents = {}, {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/status") as f:
                fields = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(name)] = (int(fields["PPid"]), fields)
    below = [pid]
    while below:
        one = below.pop()
        found[one] = parents[one][1]
        below += [p for p, (parent, _) in parents.items() if parent == one]
    return found


# --- TLS ---------------------------------------------------------------------

def certificate(*names, days=30):
    """A self-signed certificate for these host names, with its key: PEM text; always the same one, to tests
    beside one another, too."""
    with certificate_turn:
        return new_certificate(*names, days=days)


certificate_turn = threading.Lock()


@functools.cache
def new_certificate(*names, days):
    with tempfile.TemporaryDirectory(dir=SCRATCH) as at:
        run("/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", days, "-subj", f"/CN={names[0]}", "-keyout", f"{at}/key", "-out", f"{at}/cert",
            "-addext", "subjectAltName=" + ",".join("DNS:" + name for name in names))
        with open(f"{at}/cert") as cert, open(f"{at}/key") as key:
            return cert.read() + key.read()


def client_context(*names, **settings):
    """Trusts the certificate of these names alone; no name: any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = bool(names)
    if names:
        context.load_verify_locations(cadata=certificate(*names))
    else:
        context.verify_mode = ssl.CERT_NONE
    for name, value in settings.items():
        setattr(context, name, value)
    return context


def wrap(pop, server_name=None, context=None):
    """The client's side of the handshake; from here on pop speaks TLS."""
    assert pop.read == b"", pop.read
    pop.socket = (context or client_context()).wrap_socket(pop.socket, server_hostname=server_name)
    return pop


def stls(pop, server_name=None, context=None):
    reply = pop.ask("STLS")
    assert reply == "+OK begin TLS now", reply
    return wrap(pop, server_name, context)


class UnderTls:
    """Before a class of Pop3Test: every pop3() of its installations is under TLS.

    A test reads the greeting as if it had come then.
    """
    def installation(self, settings=None):
        vmail = super().installation({"tls-certificate": "host.pem", **(settings or {})})
        vmail.write("host.pem", certificate("host.main.test"), 0o600)
        plain = vmail.pop3
        vmail.pop3 = lambda *args, **more: self.wrapped(plain, *args, **more)
        return vmail

    def wrapped(self, plain, *args, **more):
        return wrap(plain("--tls", *args, **more))


class UnderStls(UnderTls):
    def wrapped(self, plain, *args, **more):
        pop = plain(*args, **more)
        greeting = pop.line()
        if greeting is None:
            return pop
        stls(pop)
        pop.read = greeting.encode() + b"\r\n"
        return pop


class Pop3Test(BoxTest):
    """One domain a.test with the accounts joe and ann; the tests fill joe's inbox."""
    joe = "joe@a.test"

    def box(self, mbox=None, maildir=None, settings=None, domain=None):
        vmail = self.installation(settings)
        vmail.domain("a.test", domain, passwords={"joe": PASSWORD, "ann": "other"})
        if mbox is not None:
            put_mbox(vmail, self.joe, mbox)
        if maildir is not None:
            put_maildir(vmail, self.joe, maildir)
        return vmail

    def session(self, vmail, user="joe@a.test", password=PASSWORD, **more):
        """A client that has logged in."""
        pop = vmail.pop3(**more)
        reply = pop.login(user, password)
        self.assertTrue(reply and reply.startswith("+OK"), reply)
        return pop

    def answers(self, vmail, logins):
        """What (user, password) are answered that are tried at once, each by a peer of its own, so that
        none delays another, but for more than three on one account: [(seconds, reply to PASS, log)]."""
        vmail.forget_logins()
        clients = []
        for user, password in logins:
            pop = vmail.pop3(peer=fresh_address(), remember=True)
            pop.line()
            pop.ask(f"USER {user}")
            clients.append((pop, b"PASS " + (password if isinstance(password, bytes) else password.encode())))
        told = at_once(clients)
        for pop, _ in clients:
            pop.ask("QUIT")
        return [(*answer, self.ended(pop)) for answer, (pop, _) in zip(told, clients)]

    def assert_is(self, fields, uid, gid):
        self.assertEqual(fields["Uid"].split(), [str(uid)] * 4)
        self.assertEqual(fields["Gid"].split(), [str(gid)] * 4)
        self.assertEqual(fields["Groups"].strip(), "")
        for caps in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(fields[caps], 16), 0, caps)

    def descriptors(self, pid):
        return [os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")]

    def uids(self, vmail):
        pop = self.session(vmail)
        body = pop.many("UIDL")[1].decode()
        self.quit(pop)
        return [line.split(" ")[1] for line in body.splitlines()]

    def messages(self, vmail):
        """All messages as RETR sends them; LIST must tell their sizes."""
        pop = self.session(vmail)
        found = []
        for line in pop.many("LIST")[1].decode().splitlines():
            number, size = line.split(" ")
            found.append(pop.many(f"RETR {number}")[1])
            self.assertEqual(int(size), len(found[-1]))
        self.quit(pop)
        return found

    def names_tell(self, place):
        """The names of new messages tell how long each is, stored and sent, but where a last line has no end:
        {name: octets}."""
        found = {}
        for name in sorted(os.listdir(place)):
            with open(os.path.join(place, name), "rb") as f:
                stored = f.read()
            found[name] = len(on_the_wire(stored))
            told = f",W={found[name]}" if stored[-1:] in (b"", b"\n") else ""
            self.assertRegex(name, f"^[^,:]+,S={len(stored)}{told}$", stored[:200])
        return found

    def quit(self, pop):
        """QUIT, and the end of the process; returns its log."""
        self.assertRegex(pop.ask("QUIT"), r"^\+OK .* shutdown\.$")
        self.assertIsNone(pop.line())
        return self.ended(pop)

    def ended(self, pop):
        """The process's log lines, but that it is not root, or that a real resolver was slow."""
        pop.close()
        self.assertEqual(pop.process.wait(), 0, pop.process.errors)
        self.assertNotIn(PASSWORD.encode(), pop.process.errors)
        return "".join(line + "\n" for line in pop.process.errors.decode().splitlines()
                       if "not started as root" not in line and not line.endswith("read: Connection timed out\""))

    def transcript(self, pop, text):
        """Lines "> sent" and "< expected"; "<~ pattern" is a regular expression."""
        for line in text.strip().splitlines():
            mark, _, rest = line.lstrip().partition(" ")
            if mark == ">":
                pop.send(rest.encode().decode("unicode_escape").encode("latin-1") + b"\r\n")
            elif mark == "<~":
                self.assertRegex(pop.line() or "(the end)", "^" + rest + "$", line)
            else:
                self.assertEqual(pop.line(), rest, line)
