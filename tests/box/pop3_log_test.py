#!/usr/bin/python3
"""pop3_log_test.py: whatever strangers put into a field of vpop3d's log, an event is one line; and no
password is in any of them, wherever a client says it."""
import base64
import contextlib

import log_fields_test as fields
from pop3 import *
from pop3_proxy_test import SIGNATURE
from pop3_tls_hello_test import client_hello

EVIL = fields.EVIL
WRONG = b"Wr0ng-gu\"e\\ss%n"                # what a client says by mistake


def b64(*parts):
    return base64.b64encode(b"\0".join(parts))


class Log(Pop3Test):
    def setUp(self):
        self.vmail = self.box(mbox=mbox(b"S: x\n\ny\n"))
        self.kept = {name: self.vmail.read(name) for name in ("domain.a.test", "passwd.a.test", "shadow.a.test")}

    def said(self, *lines, options=()):
        """(what the client hears after these lines, as bytes; the log)."""
        pop = self.vmail.pop3(*options, peer=fresh_address())
        for line in lines:
            pop.send(line)
        pop.shut()
        heard = b""
        with contextlib.suppress(ConnectionResetError):
            heard = pop.rest()
        pop.close()
        pop.process.wait()
        return heard, pop.process.errors.decode("utf-8", "surrogateescape")

    def events(self, log):
        secrets = [PASSWORD, WRONG.decode(), b64(PASSWORD.encode()).decode()[:-2], b64(WRONG).decode()[:-2],
                   re.sub(r'["\\]', r"\\\g<0>", WRONG.decode())]
        return [event for event, _ in fields.events_of(self, log, *secrets)]

    def logged(self, event, *lines, options=()):
        heard, log = self.said(*lines, options=options)
        self.assertIn(event, self.events(log), (heard, log))
        return heard

    # what a stranger says

    def test_a_login_is_one_field_however_it_is_told(self):
        """In USER, AUTH PLAIN, AUTH LOGIN, and whose mailbox is wanted."""
        def ways(evil):
            name = evil + b"@a.test"
            yield b"USER " + re.sub(rb"[\n ]", b"\r", name) + b"\r\n", b"PASS " + WRONG + b"\r\n"
            name = name.replace(b"\0", b"\r\n")
            yield (b"AUTH PLAIN " + b64(b"", name, WRONG) + b"\r\n",)
            yield b"AUTH LOGIN\r\n", b64(name) + b"\r\n", b64(WRONG) + b"\r\n"
            yield (b"AUTH PLAIN " + b64(name[:300], b"joe@a.test", PASSWORD.encode()) + b"\r\n",)
        talks = [lines for evil in EVIL.values() for lines in ways(evil)]
        talks = [lines for lines in talks if max(map(len, lines)) < 4000]
        self.assertGreater(len(talks), 30)
        together([lambda lines=lines: self.assertIn(b"-ERR [AUTH]", self.logged("login-failed", *lines))
                  for lines in talks], len(talks))

    def test_a_server_name_is_one_field(self):
        self.vmail.set(**{"tls-certificate": "host.pem"})
        self.vmail.write("host.pem", certificate("host.main.test"), 0o600)
        for evil in EVIL.values():
            evil = evil[:200]
            self.logged("tls-failed", client_hello(False, evil), client_hello(True, b"x" + evil), options=["--tls"])

    def test_what_is_no_proxy_header_is_in_no_line_of_its_own(self):
        self.vmail.set(proxy_from="127.0.0.0/8")
        for evil in EVIL.values():
            self.logged("proxy-failed", evil)
            self.logged("proxy-failed", SIGNATURE + evil)

    # what stands in a file

    def test_a_line_that_is_skipped_is_one_field(self):
        talk = (b"USER joe@a.test\r\n", f"PASS {PASSWORD}\r\nQUIT\r\n".encode())
        for evil in EVIL.values():
            evil = evil[:60]                    # nobody reads the log meanwhile
            line = evil + b" x" + b":x" * 3 + b"\n"
            for name in ("passwd.a.test", "shadow.a.test"):
                self.vmail.write(name, line + self.kept[name], 0o600)
            self.vmail.write("grants.a.test", line)
            self.vmail.write("addresses", line)
            self.logged("session", *talk)
            wanted = (b"AUTH PLAIN " + b64(b"ann", b"joe@a.test", PASSWORD.encode()) + b"\r\n",)
            if evil == EVIL["ESC"]:             # it takes a second
                self.logged("login-failed", *wanted)

    def test_a_setting_that_is_wrong_is_one_field(self):
        talk = (b"USER joe@a.test\r\n", f"PASS {PASSWORD}\r\nQUIT\r\n".encode())
        for n, evil in enumerate(EVIL.values()):
            text = (evil + b" = x\n", b"inbox-limit = " + evil + b"\n", b"auth = " + evil + b"\n")[n % 3]
            self.vmail.write("domain.a.test", self.kept["domain.a.test"] + text)
            heard, log = self.said(*talk)
            self.assertRegex(heard, rb"-ERR \[SYS/TEMP\] |\+OK 1 messages")
            self.assertTrue({"session", "login-failed"} & {*self.events(log)}, log)

    def test_a_file_of_a_maildir_that_cannot_be_read_is_one_field(self):
        os.unlink(self.vmail.inbox(self.joe))
        talk = (b"USER joe@a.test\r\n", f"PASS {PASSWORD}\r\nLIST\r\nRETR 1\r\nQUIT\r\n".encode())
        for evil in EVIL.values():
            path = os.path.join(os.fsencode(put_maildir(self.vmail, self.joe, {})), b"cur",
                                b"1." + re.sub(rb"[\0/]", b"", evil)[:150])
            with open(path, "wb") as f:
                f.write(b"S: x\n\n")
            os.chown(path, *owner(self.vmail, self.joe))
            os.chmod(path, 0)
            self.assertRegex(self.logged("session", *talk), rb"\r\n-ERR \[SYS/")
            os.unlink(path)

    # passwords

    def test_no_password_is_logged_wherever_a_client_says_it(self):
        joe = b"USER joe@a.test\r\n"
        secret = PASSWORD.encode()
        talks = [
            (joe, b"PASS " + WRONG + b"\r\n"), (joe, b"PASS  " + WRONG + b" \r\n"), (joe, b"pass " + secret + b"\n"),
            (b"PASS " + secret + b"\r\n",), (joe, secret + b"\r\n", WRONG + b"\r\n"), (joe, joe, WRONG),
            (joe, b"PASS " + WRONG * 200 + b"\r\n"), (joe, b"PASS " + WRONG * 400 + b"\r\n"),
            (joe, b"PASS " + WRONG + b"\0\r\n"), (b"AUTH PLAIN " + b64(b"", b"joe@a.test", WRONG) + b"\r\n",),
            (b"AUTH PLAIN " + b64(b"", b"joe@a.test", WRONG) + b"!\r\n",), (b"AUTH " + WRONG + b"\r\n",),
            (b"AUTH LOGIN " + b64(b"joe@a.test") + b"\r\n", b64(WRONG) + b"\r\n"),
            (b"AUTH LOGIN\r\n", b64(b"joe@a.test") + b"\r\n", WRONG + b"\r\n"),
            (b"STLS " + WRONG + b"\r\n",), (b"LANG " + WRONG + b"\r\n",), (joe, b"PASS " + secret + b"\r\n", joe,
             b"PASS " + WRONG + b"\r\n", b"RETR " + WRONG + b"\r\n"),
        ]
        together([lambda lines=lines: self.events(self.said(*lines)[1]) for lines in talks], len(talks))

    def test_no_hash_is_logged_whatever_is_broken(self):
        hashed = hash_of(PASSWORD)
        talk = (b"USER joe@a.test\r\n", f"PASS {PASSWORD}\r\n".encode())
        broken = [f"joe:{hashed}\n", f"joe:{hashed}:x:y\n", f":{hashed}:\njoe\n", f"joe {hashed}\n",
                  f"joe:{hashed}:1:2:3:4:5:6:7:8\n", f"joe::{hashed}:::::::\n"]
        for n, text in enumerate(broken):
            self.vmail.domain(f"d{n}.test", accounts=["joe"])
            self.vmail.write(f"shadow.d{n}.test", text, 0o600)

        def job(n):
            _, log = self.said(talk[0].replace(b"a.test", b"d%d.test" % n), talk[1])
            self.assertIn("login-failed", self.events(log))
            self.assertNotIn(hashed[-20:], log)
        together([lambda n=n: job(n) for n in range(len(broken))])


if __name__ == "__main__":
    main()
