#!/usr/bin/python3
"""pop3_command_test.py: greetings, UTF-8 and time-outs; every command, right, wrong and misplaced, is in
pop3_scripts.py."""
from pop3 import *

ONE = b"Subject: one\n\nfirst\n.dot\nlast\n"
TWO = b"Subject: two\n\nbody\n"
NOT_BEFORE = "-ERR not a command before login"


class Authorization(Pop3Test):
    def test_the_host_name_greets_where_no_domain_is_known(self):
        pop = self.box().pop3()
        self.assertEqual(pop.line(), "+OK host.main.test POP3 Server (Version 0.1) ready.")
        self.assertEqual(pop.ask("quit"), "+OK host.main.test POP3 Server (Version 0.1) shutdown.")

    def test_utf8_is_taken_before_login_and_changes_nothing(self):
        raw = "Subject: gr\u00fc\u00dfe\n\n\u20ac\n".encode()
        vmail = self.box(mbox=mbox(raw))
        for command in ("UTF8", "utf8", None):
            pop = vmail.pop3()
            pop.line()
            if command:
                self.assertEqual(pop.ask(command), "+OK UTF-8 is welcome")
                self.assertEqual(pop.ask(command), "+OK UTF-8 is welcome")
            for line in ("UTF8 USER", "UTF8 "):
                self.assertEqual(pop.ask(line), NOT_BEFORE)
            pop.ask("USER joe@a.test")
            self.assertEqual(pop.ask(f"PASS {PASSWORD}"), "+OK 1 messages")
            self.assertRegex(pop.ask("UTF8"), "^-ERR not a command now")
            self.assertEqual(pop.many("RETR 1")[1], on_the_wire(raw))
            self.quit(pop)

    def test_names_and_passwords_in_utf8_are_their_bytes(self):
        vmail = self.box()
        vmail.domain("b.test", passwords={"j\u00f6rg": "gr\u00fcn"})
        for login, fine in (("j\u00f6rg", True), ("J\u00f6RG", True), ("j\u00d6rg", False)):
            pop = vmail.pop3()
            pop.line()
            pop.ask("UTF8")
            pop.send(f"USER {login}@b.test\r\nPASS gr\u00fcn\r\n".encode())
            pop.line()
            self.assertRegex(pop.line(), r"^\+OK" if fine else r"^-ERR \[AUTH\]", login)

    def test_a_client_that_does_not_log_in_is_ended(self):
        pop = self.box(settings={"login-timeout": "1s"}).pop3()
        pop.send(b"USER joe\r\n")
        self.assertRegex(pop.rest(), rb"\A(\+OK [^\r]*\r\n){0,2}\Z")
        self.assertEqual(self.ended(pop), "")


class Transaction(Pop3Test):
    def test_a_silent_client_is_ended_and_deletes_nothing(self):
        vmail = self.box(mbox=mbox(ONE, TWO), settings={"idle-timeout": "1s"})
        before = contents(vmail, self.joe)
        pop = vmail.pop3()
        pop.send(f"USER {self.joe}\r\nPASS {PASSWORD}\r\nDELE 1\r\n".encode())
        self.assertRegex(pop.rest(), rb"\A(\+OK [^\r]*\r\n){4}\Z")
        self.assertIn(" deleted=0 deleted-octets=0 end=timeout\n", self.ended(pop))
        self.assertEqual(contents(vmail, self.joe), before)

    def test_sigterm_ends_the_session_and_deletes_nothing(self):
        vmail = self.box(mbox=mbox(ONE, TWO))
        before = contents(vmail, self.joe)
        pop = self.session(vmail)
        pop.ask("DELE 1")
        pop.process.signal()
        self.assertEqual(pop.rest(), b"")
        self.assertIn(" deleted=0 deleted-octets=0 end=terminated\n", self.ended(pop))
        self.assertEqual(contents(vmail, self.joe), before)
        self.quit(self.session(vmail))


if __name__ == "__main__":
    main()
