#!/usr/bin/python3
"""pop3_script_test.py: every conversation of pop3_scripts.py, in plain text, under STLS and under --tls,
line by line; in plain text byte by byte and all at once, too, and with VMAIL_WAYS=all under TLS."""
import threading

from pop3 import *
from pop3_scripts import *

GREETING = r"\+OK Virtual a\.test POP3 Server \(Version 0\.1\) ready\."
FAREWELL = r"\+OK Virtual a\.test POP3 Server \(Version 0\.1\) shutdown\."
ONE_BY_ONE = 5000                           # bytes; what is longer is cut into larger pieces
SCRIPTS = BEFORE + INSIDE


class World:
    """One installation with a mailbox for each script and way, and two servers, for all tests."""
    lock = threading.Lock()
    vmail = None

    @classmethod
    def get(cls):
        with cls.lock:
            if cls.vmail is None:
                cls.vmail = cls.make()
                atexit.register(cls.vmail.close)
            return cls.vmail

    @classmethod
    def make(cls):
        plain, secret = (free_port(fresh_address()) for _ in "12")
        vmail = Installation({"tls-certificate": "host.pem", "max-connections": 200})
        vmail.write("host.pem", certificate("host.main.test"), 0o600)
        vmail.write("addresses", f"{plain[0]} a.test\n{secret[0]} a.test\n")
        cls.domains(vmail)
        spool(vmail, "joe@a.test")
        vmail.log = bytearray()
        for where, options in ((plain, []), (secret, ["--tls"])):
            cls.read_log(vmail, vmail.start("vpop3d", "--listen", "%s:%d" % where, *options, stdin=subprocess.DEVNULL))
        for where in (plain, secret):
            eventually(lambda: connects(where), "a connection")
        vmail.plain, vmail.secret = plain, secret
        return vmail

    @staticmethod
    def read_log(vmail, process):
        """As it comes: a full pipe would stop the server."""
        def read():
            with contextlib.suppress(OSError):      # the end of all tests
                while got := os.read(process.popen.stderr.fileno(), 65536):
                    vmail.log += got

        threading.Thread(target=read, daemon=True).start()

    @staticmethod
    def domains(vmail):
        names = [f"r{i}{way}" for i in range(len(SCRIPTS)) for way in WAYS] + [f"locked{way}" for way in WAYS]
        ids = (FIRST_UID, GID) if ROOT else (os.getuid(), os.getgid())
        vmail.domain("a.test", accounts=["%s:x:%d:%d::/:" % (name, *ids) for name in names], passwords={
            "other": "x", **{f"blank{way}": "  two  blanks  " for way in WAYS}, **{f"jörg{way}": "grün" for way in WAYS}})
        good = hash_of(PASSWORD)
        shadow = re.sub(r"(?m)^(r\d+\w|locked(\w)):\*:", lambda m: f"{m[1]}:{'!' if m[2] else ''}{good}:",
                        vmail.read("shadow.a.test").decode())
        vmail.write("shadow.a.test", shadow, 0o600)
        vmail.domain("shut.test", {"lock-retrieval": "yes"}, passwords={"joe": PASSWORD})
        vmail.domain("secret.test", {"require-tls": "yes"}, passwords={f"joe{way}": PASSWORD for way in WAYS})
        vmail.domain("broken.test", {"no-such-setting": "1"}, passwords={"joe": PASSWORD})


def steps(text):
    """[(mark, rest)] of a script's lines."""
    for line in text.splitlines():
        line = line.lstrip()
        if line:
            mark, _, rest = line.partition(" ")
            yield mark, rest


class Conversation(BoxTest):
    """What a way has: where the client connects, whether TLS comes first, and how it sends."""
    def play(self, number, text):
        vmail = World.get()
        self.pop = self.connect(vmail)
        self.addCleanup(self.pop.close)
        self.assertRegex(self.reply(), f"^{GREETING}$")
        name = f"r{number}{self.way}"
        path = put_mbox(vmail, f"{name}@a.test", MAILBOX)
        self.ended, self.unsent, self.unread = False, b"", []
        for mark, rest in steps(self.filled(text, name)):
            self.step(mark, rest)
        if not self.ended:
            self.step(">", "QUIT")
            self.step("~", FAREWELL)
            self.step("END", "")
        self.settle()
        if not re.search(r"> DELE \d+\n\s*\+", text):
            with open(path, "rb") as f:
                self.assertEqual(f.read(), MAILBOX)

    def filled(self, text, name):
        """With what the words that begin with $ stand for."""
        def tell(*parts):
            return b64("\0".join(parts))

        words = {
            "joe": name, "way": self.way, "PASSWORD": PASSWORD, "LOGIN64": b64(name), "PASS64": b64(PASSWORD),
            "PLAIN64": tell("", name, PASSWORD), "ME64": tell(name, name, PASSWORD),
            "SELF64": tell(name.upper() + "%A.TEST", name, PASSWORD), "OTHER64": tell("other", name, PASSWORD),
            "WRONG64": tell("", "no" + name, "x"), "LONG64": tell("", name + "x@a.test", "y" * 9300)[:12284] + "eXl5",
            "SECRET64": tell("", f"joe{self.way}@secret.test", PASSWORD)}
        for word, value in words.items():
            text = text.replace("$" + word, value)
        return text

    # A line is sent when it is said, or with what comes behind it; replies are read after that.

    def step(self, mark, rest):
        if mark.startswith(">"):
            if "!" in mark or self.line_by_line:
                self.settle()
            self.unsent += rest.encode().decode("unicode_escape").encode("latin-1") + (b"" if "|" in mark else b"\r\n")
        elif mark in ("TLS", "SHUT"):
            self.settle()
            wrap(self.pop) if mark == "TLS" else self.pop.shut()
        else:
            self.unread.append((mark, rest))
            self.ended = self.ended or mark == "END"

    def settle(self):
        """Sends what is to be sent, and reads what must come."""
        data, self.unsent = self.unsent, b""
        size = self.piece or max(1, len(data))
        size = max(size, len(data) // ONE_BY_ONE)
        try:
            for i in range(0, len(data), size):
                self.pop.send(data[i:i + size])
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.assertIn("END", [mark for mark, _ in self.unread])
        for mark, rest in self.unread:
            self.read(mark, rest)
        self.unread = []

    def read(self, mark, rest):
        if mark == "END":
            self.assertIsNone(self.reply())
        elif mark == "...":
            self.pop.body()
        elif mark == "=":
            self.assertEqual(self.reply(), rest)
        else:
            pattern = rest if mark == "~" else WORDS.get(mark) or "-ERR " + re.escape(mark[1:]) + " .*"
            self.assertRegex(self.reply() or "(the end)", f"^{pattern}$")

    def reply(self):
        line = self.pop.line()
        self.assertLessEqual(len(line or ""), 510)
        return line


class Log(BoxTest):
    @alone
    def test_the_log_of_them_all_tells_no_password_and_has_whole_lines(self):
        vmail = World.get()
        pop = dial(vmail.plain)
        pop.login("other", "hush-hush")
        self.assertRegex(pop.ask("USER other"), r"^\+OK")
        self.assertEqual(pop.ask("PASS x"), "+OK 0 messages")
        pop.ask("QUIT")
        eventually(lambda: b" account=other " in vmail.log and b"end=quit" in vmail.log, "the last line")
        log = vmail.log.decode()
        for word in (PASSWORD, "two  blanks", "grün", "hush-hush"):
            for secret in (word, b64(word), b64("\0" + word)[2:-2]):
                self.assertNotIn(secret, log)
        self.assertEqual([line for line in log.splitlines() if not re.match(r"vpop3d\[\d+\]: [a-z]", line)], [])


def plain_text(self, vmail):
    return dial(vmail.plain)


def under_stls(self, vmail):
    pop = dial(vmail.plain)
    greeting = pop.line()
    stls(pop, context=CONTEXT)
    pop.read = greeting.encode() + b"\r\n"
    return pop


def under_tls(self, vmail):
    return wrap(dial(vmail.secret), context=CONTEXT)


def dial(where):
    """From an address of its own, so that no failure of another delays it."""
    client = socket.create_connection(where, timeout=DEADLINE, source_address=(fresh_address(), 0))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Pop3(client)


CONTEXT = client_context()
CONNECT = {"in plain text": (PLAIN, plain_text), "under STLS": (SECRET, under_stls), "under --tls": (SECRET, under_tls)}
SEND = {"line by line": (True, None), "byte by byte": (False, 1), "all at once": (False, None)}
WAYS = {}
for connect_words, (secrecy, connect) in CONNECT.items():
    for send_words, (line_by_line, piece) in SEND.items():
        if line_by_line or secrecy == PLAIN and not (PART and piece) or os.environ.get("VMAIL_WAYS") == "all":
            WAYS["abcdefghi"[len(WAYS)]] = (f"{connect_words}, {send_words}", secrecy, {
                "connect": connect, "line_by_line": line_by_line, "piece": piece})


def script(number, name, text, words):
    def test(self):
        self.play(number, text)
    test.__doc__ = f"{words}: {name}"
    return test


for way, (words, secrecy, attributes) in WAYS.items():
    tests = {f"test_{number:03}_{re.sub(r'[^a-z0-9]+', '_', row[0].lower())}": script(number, *row[:2], words)
             for number, row in enumerate(SCRIPTS) if secrecy in row[2:] or len(row) == 2}
    globals()[f"Way{way.upper()}"] = type(f"Way{way.upper()}", (Conversation,), {"way": way, **attributes, **tests})


if __name__ == "__main__":
    main(beside=24)
