#!/usr/bin/python3
"""The log of vdeliver and vlmtpd: whatever strangers put into a field, an event is one line, and no
field begins another; nothing secret is in any of them.

The lines go to standard error here; syslog gets the same text.
"""
from lmtp import *

SECRET = "Xq7-secret-Zz9"
# What a field may be made of; each as it can stand there.
EVIL = {
    "CR LF": b"a\r\nvdeliver[1]: delivery status=0 b",
    "LF": b"a\nvdeliver[1]: delivery status=0",
    "ESC": b"a\x1b[2J\x1b]0;title\x07b",
    "percent": b"%n%s%x%1$n%1000000d",
    "a field of its own": b'a" status=0 recipient="b',
    "a backslash": b'a\\" status=0 \\',
    "NUL": b"a\0status=0",
    "C1 and 8-bit": b"a\x9b2J\xff\xc3\xa9\xe2\x80\xae",
    "DEL and tabs": b"a\x7f\t\tstatus=0\v\f",
    "very much of it": b"\n \"\\" * 3000,
}
# RFC 5322 and the command line leave less room in an address.
QUOTED = {
    "a blank and a field": '"x status=0"', "an ESC": '"a\x1b[31m"', "percent": '"%n%s%1$n"', "8-bit": '"\u00e9\u202e"',
    "a quote": '"a\\" status=0 \\"b"', "a backslash": '"a\\\\"', "a tab": '"a\tb"', "DEL": '"a\x7f"',
}
LINE = re.compile(r"""(vdeliver|vlmtpd|vpop3d)\[\d+\]:\ (?P<event>[a-z-]+)
                      (?P<fields>(\ [a-z-]+=([\w.@+:/,<>-]*|"([^"\\\x00-\x1f\x7f]|\\.)*"))+)""", re.X)


def events_of(test, log, *secrets):
    """[(event, fields)]: every line is one, and each has its fields once."""
    found = []
    for secret in secrets:
        test.assertNotIn(secret, log)
    for line in log.split("\n")[:-1]:
        match = LINE.fullmatch(line)
        test.assertTrue(match, repr(line[:600]))
        names = re.findall(r" ([a-z-]+)=", re.sub(r'"([^"\\]|\\.)*"', '""', match["fields"]))
        test.assertEqual(len(names), len(set(names)), line[:600])
        found.append((match["event"], names))
    return found


def one_by_one(self, give):
    for name, value in EVIL.items():
        with self.subTest(name):
            give(self, value)


def message_id(self, value):
    fields = self.events(self.vmail.deliver("joe@a.test", b"Message-ID: <" + value + b">\nSubject: x\n\n").log)
    self.assertEqual([event for event, _ in fields], ["delivery"])
    self.events(self.lmtp("joe@a.test", b"Message-ID: <" + value.replace(b"\r", b"") + b">\nSubject: x\n\n"))


def reason_of_a_command(self, value):
    self.vmail.write("aliases.a.test", f'run: "|{self.script(value, "exit 69")}"\n')
    self.event_of("run@a.test", (69,))


def reason_of_a_filter(self, value):
    path = self.script(value, "exit 77")
    self.vmail.write("domain.a.test", self.settings_of_a + f"filter = {path}\n".encode())
    self.event_of("joe@a.test", (77,))
    self.vmail.write("domain.a.test", self.settings_of_a)


def name_of_a_file(self, value):
    """Of an alias: what cannot be written in an alias file as a path is a syntax error, which is logged, too."""
    self.vmail.write("aliases.a.test", b'x: "/nowhere/' + value.replace(b'"', b'\\"') + b'"\n')
    self.event_of("x@a.test", (0, 67, 69, 75))


def member(self, value):
    """What stands in an alias file, and fails."""
    self.vmail.write("aliases.a.test", b"x: joe, " + value + b"\n" + value + b": joe\n")
    self.event_of("x@a.test", (0, 67, 69, 75))


def account_line(self, value):
    self.vmail.write("passwd.a.test", self.passwd + value + b":x:y:\n")
    self.event_of("joe@a.test", (0, 75))
    self.vmail.write("passwd.a.test", self.passwd)


def setting(self, value):
    self.vmail.write("domain.a.test", self.settings_of_a + b"fallback = " + value + b"\n")
    self.event_of("joe@a.test", (0, 67, 75))
    self.vmail.write("domain.a.test", self.settings_of_a)


def envelope(self, local):
    """As sender and as recipient."""
    for recipient, sender in ((f"{local}@a.test", "sender@far.test"), ("joe@a.test", f"{local}@far.test")):
        got = self.vmail.deliver(recipient, sender=sender)
        self.assertIn(got.status, (0, 67, 75), got)
        self.events(got.log)
        self.assertRegex(got.stderr, r"\A([45]\.\d+\.\d+ [^\x00-\x1f\x7f]+\n)?\Z")
        self.events(self.conversation(f"MAIL FROM:<{sender}> SMTPUTF8", f"RCPT TO:<{recipient}>"))


@rows(one_by_one, [
    ("a message's id", message_id),
    ("a command's reason", reason_of_a_command),
    ("a filter's reason", reason_of_a_filter),
    ("a file that an alias names", name_of_a_file),
    ("a member of an alias", member),
    ("a line of passwd", account_line),
    ("a setting", setting),
])
@rows(envelope, [(f"{name} in an address", local) for name, local in QUOTED.items()])
class Fields(LmtpTest):
    def setUp(self):
        super().setUp()
        self.vmail.set(command_user="60700" if ROOT else str(os.getuid()))
        self.settings_of_a, self.passwd = self.vmail.read("domain.a.test"), self.vmail.read("passwd.a.test")
        self.vmail.write("shadow.a.test", f"joe:{SECRET}:19000:0:99999:7:::\n", 0o600)

    def events(self, log):
        return events_of(self, log, SECRET)

    def script(self, value, then):
        words = self.vmail.write("words", value)
        return self.vmail.write("script", f"#!/bin/sh\ncat {words} >&2\ncat >/dev/null\n{then}\n", 0o755)

    def event_of(self, to, statuses):
        got = self.vmail.deliver(to)
        self.assertIn(got.status, statuses, got)
        self.assertTrue(self.events(got.log), got)
        for line in got.stderr.split("\n")[:-1]:
            self.assertRegex(line, r"^[45]\.\d+\.\d+ [^\x00-\x1f\x7f]+$", got)
        self.events(self.lmtp(to, b"Subject: x\n\n"))

    def lmtp(self, to, message):
        return self.conversation("MAIL FROM:<sender@far.test>", f"RCPT TO:<{to}>", message)

    def conversation(self, *steps):
        """vlmtpd's log after these lines, and maybe a message."""
        lmtp = self.start().hello()
        for step in steps:
            reply = lmtp.ask(step) if isinstance(step, str) else lmtp.data(step)[0]
            lmtp.accepted += isinstance(step, str) and step.startswith("RCPT") and reply[0] == "2"
            if reply[0] != "2":
                break
        lmtp.quit()
        return lmtp.process.errors.decode("utf-8", "backslashreplace")

    def test_what_a_client_says_to_vlmtpd_is_in_no_line_of_its_own(self):
        for value in EVIL.values():
            lmtp = self.start()
            lmtp.reply()
            lmtp.send(b"LHLO " + value.replace(b"\n", b"") + b"\r\n" + value + b"\r\nQUIT\r\n")
            lmtp.rest()
            self.assertEqual(lmtp.process.wait(), 0)
            self.events(lmtp.process.errors.decode("utf-8", "backslashreplace"))

    def test_a_password_of_shadow_is_in_no_message_whatever_is_broken(self):
        for broken in (f"joe:{SECRET}\n", f"joe:{SECRET}:x:y\n", f":{SECRET}:\njoe\n", f"joe {SECRET}\n"):
            self.vmail.write("shadow.a.test", broken, 0o600)
            for to in ("joe@a.test", "nobody-of-that-name@a.test"):
                got = self.vmail.deliver(to)
                self.assertNotIn(SECRET, got.stderr + got.log)
                self.events(got.log)
                self.events(self.lmtp(to, b"S: x\n\n"))


if __name__ == "__main__":
    main()
