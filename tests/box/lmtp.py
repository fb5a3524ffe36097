"""lmtp.py: what the tests of vlmtpd share: an LMTP client, a socketmap client, processes.

    lmtp = start(vmail)                 vlmtpd on a socket pair, as Postfix's spawn starts it
    lmtp = start(vmail, pipes=True)     the same on two pipes
    server = Server(vmail)              vlmtpd --listen unix:PATH; server.client(), server.where
    server = Server(vmail, tcp=True)    vlmtpd --listen 127.x.y.z:PORT

Every reply is checked while it is read: its form, its length, its enhanced code.
"""
import fcntl
import re

from delivery import *

GREETING = "220 host.main.test LMTP vmail ready"
EXTENSIONS = ["PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", "CHUNKING"]
MAIL_OK, RCPT_OK, DONE = "250 2.1.0 ok", "250 2.1.5 ok", "250 2.0.0 delivered"
SESSION = (b"LHLO client.test\r\nMAIL FROM:<sender@far.test>\r\nRCPT TO:<%s>\r\nDATA\r\n"
           b"Subject: cut\r\n\r\nhello\r\n.\r\n")


class Lmtp:
    """A client that speaks raw bytes; every wait has a deadline.

        lmtp.reply()                    one reply, its lines joined by "\\n"; None at the end
        lmtp.ask("NOOP")                sends the line, returns the reply
        lmtp.hello()                    greeting and LHLO
        lmtp.begin("joe@a.test", ...)   MAIL and RCPTs, all of which must be accepted
        lmtp.data(message)              DATA and the message, dots stuffed: a reply per recipient
        lmtp.chunk(b"...")              BDAT and the octets: one reply
        lmtp.chunk(b"...", last=True)   a reply per recipient
        lmtp.send(b"raw")  lmtp.rest()  all bytes up to the end of the connection
        lmtp.shut()  lmtp.close()       no more from us; nothing in either direction
    """
    def __init__(self, connection, process=None):
        """connection: a socket, or a pair of descriptors (to read, to write)."""
        self.socket = connection if isinstance(connection, socket.socket) else None
        self.pipes = None if self.socket else list(connection)
        for fd in self._fds():
            os.set_blocking(fd, False)
        self.process = process
        self.read, self.ended = b"", False
        self.accepted = 0               # recipients of this transaction

    def _fds(self):
        if self.socket:
            return [self.socket.fileno()] * 2
        return self.pipes

    def _more(self, deadline):
        fd = self._fds()[0]
        if not select.select([fd], [], [], deadline.left())[0]:
            raise AssertionError(f"nothing more came by the deadline; so far: {self.read!r}")
        try:
            got = os.read(fd, 65536)
        except ConnectionResetError:
            got = b""
        self.read += got
        self.ended = not got
        return got

    def send(self, data):
        """Reads meanwhile, so that neither side waits for the other.  The end is no error."""
        deadline = Deadline()
        receive, fd = self._fds()
        data = memoryview(data)
        while data:
            readable, writable, _ = select.select([] if self.ended else [receive], [fd], [],
                                                  deadline.left())
            if readable:
                self._more(deadline)
            if writable:
                try:
                    data = data[os.write(fd, data):]
                except (BrokenPipeError, ConnectionResetError):
                    return
            if not readable and not writable:
                raise AssertionError(f"it reads nothing more; {len(data)} bytes are left")

    def line(self):
        deadline = Deadline()
        while b"\r\n" not in self.read:
            if self.ended or not self._more(deadline):
                if self.read:
                    raise AssertionError(f"the connection ended within a line: {self.read!r}")
                return None
        line, self.read = self.read.split(b"\r\n", 1)
        return line

    def reply(self):
        lines = []
        while (line := self.line()) is not None:
            if not re.fullmatch(rb"[2345][0-5]\d[ -][^\r\n\x00]*", line) or len(line) > 510:
                raise AssertionError(f"not a reply: {line!r}")
            lines.append(line.decode("utf-8", "backslashreplace"))
            if line[3:4] == b" ":
                return check_codes("\n".join(lines))
        if lines:
            raise AssertionError(f"the connection ended within a reply: {lines}")
        return None

    def replies(self, count):
        return [self.reply() for _ in range(count)]

    def ask(self, line):
        self.send((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        return self.reply()

    def hello(self):
        greeting = self.reply()
        assert greeting == GREETING, greeting
        reply = self.ask("LHLO client.test")
        assert reply.startswith("250-host.main.test\n"), reply
        return self

    def mail(self, sender="sender@far.test", parameters=""):
        reply = self.ask(f"MAIL FROM:<{sender}>{parameters}")
        self.accepted = 0
        return reply

    def rcpt(self, address):
        reply = self.ask(f"RCPT TO:<{address}>")
        self.accepted += reply.startswith("250 ")
        return reply

    def begin(self, *recipients, sender="sender@far.test", parameters=""):
        reply = self.mail(sender, parameters)
        assert reply == "250 2.1.0 ok", reply
        for recipient in recipients:
            reply = self.rcpt(recipient)
            assert reply == "250 2.1.5 ok", reply
        return self

    def data(self, message=b"Subject: test\n\nhello\n"):
        """The message as it is delivered; on the wire LF becomes CRLF."""
        return self.raw(wire(message))

    def raw(self, data):
        """DATA, and exactly these bytes."""
        reply = self.ask("DATA")
        assert re.match("354 ", reply), reply
        self.send(data)
        return self.replies(self.accepted)

    def chunk(self, octets, last=False):
        """BDAT (RFC 3030), the octets as they are."""
        self.send(bdat(octets, last))
        return self.replies(self.accepted) if last else self.reply()

    def deliver(self, *recipients, message=b"Subject: test\n\nhello\n", **more):
        """The whole transaction; all recipients must be accepted by RCPT."""
        return self.begin(*recipients, **more).data(message)

    def rest(self):
        deadline = Deadline()
        while not self.ended and self._more(deadline):
            pass
        data, self.read = self.read, b""
        return data

    def quit(self):
        reply = self.ask("QUIT")
        assert reply.startswith("221 2.0.0 "), reply
        assert self.rest() == b""
        self.close()
        if self.process:
            status = self.process.wait()
            assert status == 0, (status, self.process.errors)

    def shut(self):
        if self.socket:
            shut(self.socket)
        else:
            os.close(self.pipes[1])
            self.pipes[1] = os.open("/dev/null", os.O_WRONLY)

    def close(self):
        if self.socket:
            self.socket.close()
        for fd in self.pipes or ():
            os.close(fd)
        self.pipes = self.pipes and []


def check_codes(reply):
    """RFC 2034: an enhanced code of the reply's class in each line, but for 220, LHLO's and 354."""
    code = reply[:3]
    plain = code in ("220", "354") or reply.startswith("250-") and "PIPELINING" in reply
    for line in reply.split("\n"):
        if line[:3] != code or not plain and not re.match(
                r"([245])\d\d[ -]\1\.\d{1,3}\.\d{1,3} \S", line):
            raise AssertionError(f"a reply without its enhanced code: {line!r}")
    return reply


def wire(message):
    """The message as DATA sends it: CRLF, dots stuffed, the end."""
    if message and not message.endswith(b"\n"):
        message += b"\n"
    return re.sub(rb"(?m)^\.", b"..", message).replace(b"\n", b"\r\n") + b".\r\n"


def bdat(octets, last=False):
    """A chunk as it is sent."""
    return b"BDAT %d%s\r\n%s" % (len(octets), b" LAST" if last else b"", octets)


# --- processes -----------------------------------------------------------------

def start(vmail, *args, pipes=False, said=b"", **more):
    """vlmtpd on standard input and output; its process is client.process.  said: what it finds there
    when it begins."""
    if not pipes:
        client, server = socket.socketpair()
        client.sendall(said)
        with server:
            process = vmail.start("vlmtpd", *args, stdin=server, stdout=server, **more)
        return Lmtp(client, process)
    inward, to_it = os.pipe()
    from_it, outward = os.pipe()
    process = vmail.start("vlmtpd", *args, stdin=inward, stdout=outward, **more)
    os.close(inward)
    os.close(outward)
    return Lmtp((from_it, to_it), process)


class Server:
    """vlmtpd --listen, ready to talk."""
    def __init__(self, vmail, *args, tcp=False):
        self.vmail, self.tcp = vmail, tcp
        self.where = free_port(fresh_address()) if tcp else os.path.join(vmail.scratch, "lmtp.sock")
        listen = "%s:%d" % self.where if tcp else f"unix:{self.where}"
        self.process = vmail.start("vlmtpd", "--listen", listen, *args,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.pid = self.process.pid
        until_served(self.process, self.where)

    def client(self):
        return Lmtp(reach(self.where))

    def idle(self):
        """Waits until no connection's processes are left."""
        eventually(lambda: session_of(self.pid, "") == [self.pid], "the end of all connections")

    def stop(self):
        """SIGTERM; it ends well, and leaves nobody."""
        self.process.signal()
        status = self.process.wait()
        assert status == 0, (status, self.process.errors)
        gone(self.pid)


def reach(where):
    """A connection to (HOST, PORT), or to the path of a Unix socket."""
    if isinstance(where, tuple):
        return socket.create_connection(where, timeout=DEADLINE)
    client = socket.socket(socket.AF_UNIX)
    try:
        client.connect(where)
    except OSError:
        client.close()
        raise
    return client


def is_served(where):
    """Whether somebody there greets."""
    try:
        with reach(where) as probe:
            probe.settimeout(DEADLINE)
            return probe.recv(4) in (b"220 ", b"421 ")
    except (ConnectionError, FileNotFoundError):
        return False


def until_served(process, where):
    eventually(lambda: process.popen.poll() is not None or is_served(where), "a connection")
    if process.popen.poll() is not None:
        process.wait()
        raise AssertionError(f"vlmtpd ended: {process.errors!r}")


with open("/proc/sys/kernel/pid_max") as pid_max:
    PIDS = int(pid_max.read())                  # numbers of processes begin anew there


def session_of(leader, left_out="ZX"):
    """All processes that a Process started, itself included, the oldest first, the dead ones left out."""
    found = {int(n): stat_of(n) for n in os.listdir("/proc") if n.isdigit()}
    return sorted((pid for pid, stat in found.items() if stat and int(stat[3]) == leader and stat[0] not in left_out),
                  key=lambda pid: (pid - leader) % PIDS)


def gone(leader):
    eventually(lambda: not session_of(leader), "the end of every process")


def killed(pid):
    """SIGKILL, and its end: kill() returns while the process has everything open still, and whoever
    talks to it sees nothing; a zombie has closed it all."""
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: (stat_of(pid) or "Z")[0] in "ZX", "the end of a killed process")


def status_of(pid):
    """/proc/PID/status as {"Uid": "0\\t0\\t0\\t0"}."""
    with open(f"/proc/{pid}/status") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def descriptors(pid):
    """{number: what it is} of /proc/PID/fd.  Ours are root's to look at."""
    found = {}
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[int(number)] = os.readlink(f"/proc/{pid}/fd/{number}")
        except FileNotFoundError:
            pass
    return found


# --- a delivery that waits -------------------------------------------------------

class Gate:
    """A command target that says when it has begun, and waits until it may end.

    gate.target is for an alias file.  gate.begun() waits for it; gate.open() lets it go on;
    gate.done() tells whether it came to its end.
    """
    def __init__(self, vmail):
        self.directory = vmail._directory("gate", 0o777)
        self.begin, self.end = (os.path.join(self.directory, n) for n in ("begin", "end"))
        for path in (self.begin, self.end):
            os.mkfifo(path)
            os.chmod(path, 0o666)
        self.fd = os.open(self.begin, os.O_RDONLY | os.O_NONBLOCK)
        self.target = (f'"|cat > {self.directory}/message && echo begun > {self.begin}'
                       f' && read x < {self.end} && mv {self.directory}/message {self.directory}/whole"')

    def begun(self):
        if not select.select([self.fd], [], [], DEADLINE)[0] or not os.read(self.fd, 100):
            raise AssertionError("the command has not begun")

    def open(self):
        with open(self.end, "w") as f:
            f.write("go\n")

    def done(self):
        return os.path.exists(os.path.join(self.directory, "whole"))

    def close(self):
        os.close(self.fd)


# --- what arrived ---------------------------------------------------------------

RECEIVED = re.compile(rb"Received: from (?P<client>\S+)( \(\[(?P<peer>[0-9a-f.:]+)\]\))?\n"
                      rb"\tby host\.main\.test with (?P<protocol>(UTF8)?LMTP);\n\t(?P<date>[^\n]+)\n")


def parted(message, address, sender="sender@far.test"):
    """(Received's match, the message as it was sent); asserts what stands before them."""
    top = trace(address, sender)
    assert message.startswith(top), message[:300]
    received = RECEIVED.match(message, len(top))
    assert received, message[:400]
    return received, message[received.end():]


class LmtpTest(Delivery):
    """As Delivery: joe@a.test with an mbox, ann@b.test with a Maildir."""
    def start(self, *args, **more):
        lmtp = start(self.vmail, *args, **more)
        self.addCleanup(lmtp.close)
        return lmtp

    def session(self, *args, **more):
        """A client that has said LHLO."""
        return self.start(*args, **more).hello()

    def server(self, *args, **more):
        return Server(self.vmail, *args, **more)

    def gate(self):
        gate = Gate(self.vmail)
        self.addCleanup(gate.close)
        self.vmail.write("aliases.a.test", f"slow: {gate.target}\n")
        return gate

    def bodies(self, address):
        """The inbox's messages as they were sent, without our lines."""
        return [parted(m, address)[1] for m in self.vmail.messages(address)]

    def whole(self, lmtp, text):
        """A transcript: "> sent", "< exactly this reply", "<~ pattern"."""
        for line in filter(str.strip, text.split("\n")):
            mark, _, rest = line.lstrip().partition(" ")
            if mark == ">":
                lmtp.send(rest.encode().decode("unicode_escape").encode("latin-1") + b"\r\n")
            elif mark == "<~":
                self.assertRegex(lmtp.reply() or "(the end)", f"^(?:{rest})$", line)
            else:
                self.assertEqual(lmtp.reply(), rest, line)


# --- socketmap --------------------------------------------------------------------

class Socketmap:
    """Postfix's socketmap protocol: netstrings."""
    def __init__(self, where):
        self.socket = reach(where)
        self.socket.settimeout(DEADLINE)
        self.read = b""

    def send(self, data):
        """The end is no error."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def _more(self):
        try:
            got = self.socket.recv(65536)
        except ConnectionResetError:
            got = b""
        self.read += got
        return got

    def reply(self):
        """One netstring's text; None at the end."""
        while b":" not in self.read:
            if not self._more():
                assert not self.read, self.read
                return None
        length, rest = self.read.split(b":", 1)
        assert re.fullmatch(rb"0|[1-9]\d{0,5}", length), self.read
        while len(rest) <= int(length):
            if not self._more():
                raise AssertionError(f"the connection ended within a reply: {self.read!r}")
            rest = self.read.split(b":", 1)[1]
        text, comma = rest[:int(length)], rest[int(length):int(length) + 1]
        assert comma == b",", self.read
        self.read = rest[int(length) + 1:]
        return text.decode("utf-8", "backslashreplace")

    def ask(self, text):
        self.send(netstring(text))
        return self.reply()

    def shut(self):
        """No more from us; it may be gone already."""
        shut(self.socket)

    def close(self):
        self.socket.close()


def netstring(text):
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return b"%d:%s," % (len(data), data)
