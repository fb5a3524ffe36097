#!/usr/bin/python3
"""pop3_command_test.py: every command, right, wrong and misplaced (RFC 1939, 2449, 3206)."""
from pop3 import *

ONE = b"Subject: one\n\nfirst\n.dot\nlast\n"
TWO = b"Subject: two\n\nbody\n"
LOGIN = f"""
    <~ \\+OK .* ready\\.
    > USER joe@a.test
    <~ \\+OK .*
    > PASS {PASSWORD}
    < +OK 2 messages
"""
NOT_BEFORE = "-ERR not a command before login"


class Authorization(Pop3Test):
    def test_the_greeting_and_the_farewell_are_what_scripts_look_for(self):
        vmail = self.box()
        address = fresh_address()
        vmail.write("addresses", f"{address} a.test\n")
        pop = vmail.pop3(address=address)
        self.transcript(pop, """
            < +OK Virtual a.test POP3 Server (Version 0.1) ready.
            > QUIT
            < +OK Virtual a.test POP3 Server (Version 0.1) shutdown.
        """)
        self.assertIsNone(pop.line())
        self.assertEqual(self.ended(pop), "")

    def test_quit_after_login_repeats_the_name_of_the_greeting(self):
        vmail = self.box(mbox=mbox(ONE))
        address = fresh_address()
        vmail.write("addresses", f"{address} a.test\n")
        pop = vmail.pop3(address=address)
        pop.login("joe", PASSWORD)
        self.assertEqual(pop.ask("QUIT"), "+OK Virtual a.test POP3 Server (Version 0.1) shutdown.")

    def test_the_host_name_greets_where_no_domain_is_known(self):
        pop = self.box().pop3()
        self.assertEqual(pop.line(), "+OK host.main.test POP3 Server (Version 0.1) ready.")
        self.assertEqual(pop.ask("quit"), "+OK host.main.test POP3 Server (Version 0.1) shutdown.")

    def test_what_is_wrong_before_login_is_refused_and_the_session_goes_on(self):
        wrong = ["STAT", "LIST", "RETR 1", "DELE 1", "RSET", "NOOP", "UIDL", "TOP 1 0", "LAST", "",
                 " ", "USER", "USER ", "USER a b", "PASS", "USER  joe", " USER joe", "QUIT now",
                 "CAPA x", "XTND XMIT", "APOP joe 0123", "STLS", "AUTH"]
        vmail = self.box(mbox=mbox(ONE, TWO))
        for i in range(0, len(wrong), 15):
            pop = vmail.pop3()
            pop.line()
            for line in wrong[i:i + 15]:
                self.assertEqual(pop.ask(line), NOT_BEFORE, line)
            self.transcript(pop, LOGIN.strip().split("\n", 1)[1])
            self.quit(pop)

    def test_bytes_that_are_no_text_are_refused(self):
        pop = self.box().pop3()
        pop.line()
        for line in [b"\0", b"US\0ER joe", b"\xff\xfe", b"\r", b"USER\tjoe", b"x" * 255, b"x" * 4000]:
            pop.send(line + b"\r\n")
            self.assertEqual(pop.line(), NOT_BEFORE, line)
        self.assertRegex(pop.ask("QUIT"), "^\\+OK")

    def test_commands_are_known_in_any_case_and_with_a_bare_line_feed(self):
        pop = self.box(mbox=mbox(ONE, TWO)).pop3()
        pop.line()
        pop.send(b"uSeR joe@a.test\npAsS " + PASSWORD.encode() + b"\nstat\nQuIt\n")
        self.assertRegex(pop.rest().decode(), r"^\+OK .*\r\n\+OK 2 messages\r\n\+OK 2 \d+\r\n\+OK ")

    def test_pass_needs_a_user_and_a_failed_one_is_forgotten(self):
        pop = self.box(mbox=mbox(ONE, TWO)).pop3()
        self.transcript(pop, f"""
            <~ .*ready\\.
            > PASS {PASSWORD}
            < -ERR USER first
            > USER joe@a.test
            <~ \\+OK .*
            > PASS wrong
            <~ -ERR \\[AUTH\\] .*
            > PASS {PASSWORD}
            < -ERR USER first
            > USER ann@a.test
            <~ \\+OK .*
            > USER joe@a.test
            <~ \\+OK .*
            > PASS {PASSWORD}
            < +OK 2 messages
        """)
        self.assertRegex(pop.ask("QUIT"), "^\\+OK")

    def test_capa_lists_what_is_there_in_both_states(self):
        pop = self.box(mbox=mbox(ONE)).pop3()
        pop.line()
        before = pop.many("CAPA")[1]
        self.assertEqual(before, b"TOP\r\nUSER\r\nSASL PLAIN LOGIN\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n"
                                 b"PIPELINING\r\nUTF8\r\nLANG\r\nEXPIRE NEVER\r\nIMPLEMENTATION vmail-0.1\r\n")
        pop.ask("USER joe@a.test")
        pop.ask(f"PASS {PASSWORD}")
        self.assertEqual(pop.many("CAPA")[1], before)
        self.quit(pop)

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

    def test_lang_knows_english_in_both_states(self):
        text = """
            > LANG
            < +OK the languages follow
            < en English
            < i-default English (RFC 2277)
            < .
            > LANG *
            < +OK en replies are English
            > lang EN
            < +OK en replies are English
            > LANG en-GB-oxendict
            < +OK en replies are English
            > LANG i-default
            < +OK i-default replies are English
            > LANG de
            < -ERR replies are English alone
            > LANG eng
            < -ERR replies are English alone
            > LANG -
            < -ERR replies are English alone
            > LANG en de
            <~ -ERR not a command .*
        """
        pop = self.box(mbox=mbox(ONE, TWO)).pop3()
        self.transcript(pop, "<~ .*ready\\." + text.rstrip() + "\n" +
                        LOGIN.strip().split("\n", 1)[1] + text)
        self.quit(pop)

    def test_twenty_wrong_commands_end_it(self):
        pop = self.box().pop3()
        pop.send(b"FOO\r\n" * 20)
        self.assertEqual(pop.rest().decode().count(NOT_BEFORE), 20)

    def test_a_line_beyond_4_kb_ends_it_before_login(self):
        pop = self.box().pop3()
        pop.line()
        pop.send(b"x" * 4096)
        self.assertEqual(pop.line(), "-ERR line too long")
        self.assertEqual(pop.rest(), b"")

    def test_a_client_that_does_not_log_in_is_ended(self):
        pop = self.box(settings={"login-timeout": "1s"}).pop3()
        pop.line()
        pop.ask("USER joe")
        self.assertEqual(pop.rest(), b"")
        self.assertEqual(self.ended(pop), "")


class Transaction(Pop3Test):
    def begin(self):
        vmail = self.box(mbox=mbox(ONE, TWO))
        pop = vmail.pop3()
        self.transcript(pop, LOGIN)
        return vmail, pop

    def test_every_command_as_it_should_be(self):
        _, pop = self.begin()
        self.transcript(pop, """
            > STAT
            < +OK 2 57
            > LIST
            <~ \\+OK.*
            < 1 35
            < 2 22
            < .
            > LIST 2
            < +OK 2 22
            > RETR 1
            < +OK 35 octets
            < Subject: one
            <
            < first
            < ..dot
            < last
            < .
            > LAST
            < +OK 1
            > TOP 1 1
            <~ \\+OK.*
            < Subject: one
            <
            < first
            < .
            > TOP 2 0
            <~ \\+OK.*
            < Subject: two
            <
            < .
            > TOP 2 99999
            <~ \\+OK.*
            < Subject: two
            <
            < body
            < .
            > NOOP
            < +OK
            > UIDL
            <~ \\+OK.*
            <~ 1 [!-~]{1,70}
            <~ 2 [!-~]{1,70}
            < .
            > UIDL 2
            <~ \\+OK 2 [!-~]{1,70}
            > DELE 2
            <~ \\+OK.*
            > LAST
            < +OK 2
            > STAT
            < +OK 1 35
            > LIST
            <~ \\+OK.*
            < 1 35
            < .
            > UIDL
            <~ \\+OK.*
            <~ 1 .*
            < .
            > RSET
            <~ \\+OK.*
            > STAT
            < +OK 2 57
            > LAST
            < +OK 0
        """)
        self.quit(pop)

    def test_a_deleted_message_is_no_longer_there(self):
        _, pop = self.begin()
        self.transcript(pop, "\n".join(
            ["> DELE 1", "<~ \\+OK.*"] +
            [f"> {c}\n<~ -ERR .*" for c in ("DELE 1", "RETR 1", "LIST 1", "UIDL 1", "TOP 1 0")]))
        self.quit(pop)

    def test_wrong_arguments_are_refused_and_change_nothing(self):
        vmail, pop = self.begin()
        before = contents(vmail, self.joe)
        numbers = ["0", "3", "-1", "+1", "0x1", "4294967297", "18446744073709551617", "1e0", "one",
                   "99999999999999999999999999999999999", "1\\0", "\\xb1"]
        for command in ["RETR", "DELE", "LIST", "UIDL"]:
            for number in numbers:
                self.transcript(pop, f"> {command} {number}\n<~ -ERR .*")
        for line in ["RETR", "DELE", "RETR 1 2", "DELE 1 2", "LIST 1 2", "UIDL 1 2", "LIST ", "STAT 1",
                     "STAT ", "LIST  1", "TOP", "TOP 1", "TOP 1 -1", "TOP 1 +1", "TOP 1 0 0", "TOP 1  0",
                     "TOP 3 0", "TOP 1 99999999999999999999", "NOOP x", "RSET x", "LAST x", "CAPA x",
                     "QUIT x", "USER joe", "PASS x", "APOP a b", "AUTH PLAIN", "STLS", "XTND", "UTF8",
                     "", " ", " STAT", "STAT\\0", "\\0", "STATX", "STA", "x" * 4000]:
            self.transcript(pop, f"> {line}\n<~ -ERR .*")
        self.transcript(pop, "> STAT\n< +OK 2 57")
        self.quit(pop)
        self.assertEqual(contents(vmail, self.joe), before)

    def test_a_line_beyond_4_kb_is_refused_and_the_session_goes_on(self):
        _, pop = self.begin()
        pop.send(b"x" * 1000000 + b"\r\nSTAT\r\n")
        self.assertEqual(pop.line(), "-ERR line too long")
        self.assertEqual(pop.line(), "+OK 2 57")
        self.quit(pop)

    def test_no_reply_line_is_longer_than_512_octets(self):
        _, pop = self.begin()
        pop.send(b"".join(b"%s %s\r\n" % (c, b"9" * 600) for c in (b"RETR", b"DELE", b"FOO", b"LIST")))
        for _ in range(4):
            self.assertLessEqual(len(pop.line()), 510)
        self.quit(pop)

    def test_a_thousand_commands_in_one_packet_are_answered_in_order(self):
        vmail = self.box(mbox=mbox(ONE, TWO))
        pop = vmail.pop3()
        pop.send(b"USER joe@a.test\r\nPASS " + PASSWORD.encode() + b"\r\n"
                 + b"".join(b"LIST %d\r\n" % (i % 3) for i in range(1000)) + b"QUIT\r\n")
        lines = pop.rest().decode().split("\r\n")
        self.assertEqual(lines[2], "+OK 2 messages")
        wanted = ["-ERR no such message", "+OK 1 35", "+OK 2 22"]
        self.assertEqual(lines[3:1003], [wanted[i % 3] for i in range(1000)])
        self.assertRegex(lines[1003], "^\\+OK .* shutdown")

    def test_byte_by_byte_is_as_good_as_at_once(self):
        vmail = self.box(mbox=mbox(ONE, TWO))
        script = (b"USER joe@a.test\r\nPASS " + PASSWORD.encode() +
                  b"\r\nSTAT\r\nLIST\r\nRETR 1\r\nTOP 2 0\r\nFOO\r\nNOOP\r\nQUIT\r\n")
        answers = []
        for step in (len(script), 1):
            pop = vmail.pop3()
            pop.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(0, len(script), step):
                pop.send(script[i:i + step])
            answers.append(pop.rest())
            self.ended(pop)
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0].count(b"+OK"), 9)

    def test_a_silent_client_is_ended_and_deletes_nothing(self):
        vmail = self.box(mbox=mbox(ONE, TWO), settings={"idle-timeout": "1s"})
        before = contents(vmail, self.joe)
        pop = self.session(vmail)
        pop.ask("DELE 1")
        self.assertEqual(pop.rest(), b"")
        self.assertIn(" deleted=0 deleted-octets=0 end=timeout\n", self.ended(pop))
        self.assertEqual(contents(vmail, self.joe), before)

    def test_a_client_that_stops_reading_is_ended(self):
        text = mbox(b"x" * 70 + b"\n" + b"y" * 16000000)
        vmail = self.box(mbox=text, settings={"idle-timeout": "1s"})
        pop = self.session(vmail)
        pop.send(b"RETR 1\r\n" * 20)
        self.assertIn(" end=timeout", pop.process.wait_line("session account=.*\n")[0])

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
