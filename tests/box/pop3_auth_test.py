#!/usr/bin/python3
"""pop3_auth_test.py: the command AUTH (RFC 5034, 4422, 4616), and whose mailbox it opens."""
import base64

from pop3 import *

ONE = b"Subject: one\n\nfirst\n"
ANNS = b"Subject: of ann\n\nx\n"
WRONG = "-ERR [AUTH] login or password wrong"
CANCELLED = "-ERR AUTH was cancelled"
MALFORMED = "-ERR not a response of this mechanism in base64"


def b64(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def plain(login, password=PASSWORD, wanted=""):
    return b64(f"{wanted}\0{login}\0{password}")


JOE = plain("joe@a.test")

# What a client says until it is refused; nobody was asked about a password.
REFUSED = [
    ("a star cancels PLAIN", f"> AUTH PLAIN\n< + \n> *\n< {CANCELLED}"),
    ("a star cancels LOGIN", f"> AUTH LOGIN\n< + VXNlcm5hbWU6\n> *\n< {CANCELLED}"),
    ("a star cancels LOGIN at the password",
     f"> AUTH LOGIN\n< + VXNlcm5hbWU6\n> {b64('joe@a.test')}\n< + UGFzc3dvcmQ6\n> *\n< {CANCELLED}"),
    ("an equals sign is an empty response, which PLAIN cannot use", f"> AUTH PLAIN =\n< {MALFORMED}"),
    ("an empty line is one, too", f"> AUTH PLAIN\n< + \n> \n< {MALFORMED}"),
    ("an equals sign as a later response is no base64", f"> AUTH PLAIN\n< + \n> =\n< {MALFORMED}"),
    ("what is not base64 is refused", f"> AUTH PLAIN\n< + \n> {JOE[:-1]}!\n< {MALFORMED}"),
    ("padding in the middle is refused", f"> AUTH PLAIN AA==AAAA\n< {MALFORMED}"),
    ("missing padding is refused", f"> AUTH PLAIN {b64('joejoe0')[:-1]}\n< {MALFORMED}"),
    ("a blank in a response is refused", f"> AUTH PLAIN\n< + \n> {JOE[:8]} {JOE[8:]}\n< {MALFORMED}"),
    ("no NUL is refused", f"> AUTH PLAIN {b64('joe@a.test')}\n< {MALFORMED}"),
    ("one NUL is refused", f"> AUTH PLAIN {b64(chr(0) + 'joe@a.test')}\n< {MALFORMED}"),
    ("three are refused", f"> AUTH PLAIN {plain('joe@a.test', PASSWORD + chr(0))}\n< {MALFORMED}"),
    ("another mechanism is not there", "> AUTH CRAM-MD5\n< -ERR no such mechanism"),
    ("nor with a response", f"> AUTH EXTERNAL {JOE}\n< -ERR no such mechanism"),
    ("a mechanism has to be named", f"> AUTH\n< -ERR not a command before login"),
    ("three arguments are none", f"> AUTH PLAIN {JOE} x\n< -ERR not a command before login"),
    ("a blank behind the mechanism is no response", "> AUTH PLAIN \n< -ERR not a command before login"),
]

# What a client says until it is in.
LET_IN = [
    ("PLAIN with its response", f"> AUTH PLAIN {JOE}"),
    ("PLAIN without", f"> AUTH PLAIN\n< + \n> {JOE}"),
    ("in any case of letters", f"> aUtH pLaIn {JOE}"),
    ("PLAIN as oneself", f"> AUTH PLAIN {plain('joe@a.test', wanted='joe@a.test')}"),
    ("PLAIN as oneself in another spelling", f"> AUTH PLAIN {plain('joe@a.test', wanted='JOE')}"),
    ("LOGIN", f"> AUTH LOGIN\n< + VXNlcm5hbWU6\n> {b64('joe@a.test')}\n< + UGFzc3dvcmQ6\n> {b64(PASSWORD)}"),
    ("LOGIN with the login at once", f"> AUTH LOGIN {b64('joe@a.test')}\n< + UGFzc3dvcmQ6\n> {b64(PASSWORD)}"),
    ("a USER before it does not matter", f"> USER ann@a.test\n<~ \\+OK .*\n> AUTH PLAIN {JOE}"),
    ("a refused one before it does not matter", f"> AUTH PLAIN\n< + \n> *\n< {CANCELLED}\n> AUTH PLAIN {JOE}"),
]


class Exchange(Pop3Test):
    def test_capa_lists_the_mechanisms_in_both_states(self):
        pop = self.box().pop3()
        pop.line()
        self.assertIn(b"\r\nSASL PLAIN LOGIN\r\n", pop.many("CAPA")[1])
        self.assertEqual(pop.ask(f"AUTH PLAIN {JOE}"), "+OK 0 messages")
        self.assertIn(b"\r\nSASL PLAIN LOGIN\r\n", pop.many("CAPA")[1])
        self.quit(pop)

    def test_a_second_one_after_it_is_refused(self):
        pop = self.box(mbox=mbox(ONE)).pop3()
        pop.line()
        self.assertEqual(pop.ask(f"AUTH PLAIN {JOE}"), "+OK 1 messages")
        for line in (f"AUTH PLAIN {JOE}", "AUTH LOGIN", "AUTH"):
            self.assertRegex(pop.ask(line), "^-ERR not a command now")
        self.assertEqual(pop.ask("STAT"), "+OK 1 23")
        self.quit(pop)

    def test_the_user_before_it_is_forgotten(self):
        pop = self.box().pop3()
        self.transcript(pop, f"""
            <~ .*ready\\.
            > USER joe@a.test
            <~ \\+OK .*
            > AUTH PLAIN =
            < {MALFORMED}
            > PASS {PASSWORD}
            < -ERR USER first
        """)

    def test_what_is_cancelled_or_malformed_counts_as_a_wrong_command(self):
        pop = self.box().pop3()
        pop.send(b"AUTH PLAIN =\r\nFOO\r\n" * 10)
        self.assertEqual(pop.rest().decode().count("-ERR"), 20)
        self.assertEqual(self.ended(pop), "")

    def test_a_response_may_have_12288_bytes(self):
        pop = self.box().pop3()
        pop.line()
        for response in ("x" * 9216, "\0joe@a.test\0" + "x" * 9204):
            self.assertEqual(pop.ask("AUTH PLAIN"), "+ ")
            self.assertEqual(len(b64(response)), 12288)
            self.assertEqual(pop.ask(b64(response)), WRONG if "\0" in response else MALFORMED)
        self.assertEqual(pop.ask(f"AUTH PLAIN {JOE}"), "+OK 0 messages")
        self.quit(pop)

    def test_one_beyond_16_kb_ends_it(self):
        pop = self.box().pop3()
        pop.line()
        self.assertEqual(pop.ask("AUTH PLAIN"), "+ ")
        pop.send(b"A" * 16384)
        self.assertEqual(pop.line(), "-ERR line too long")
        self.assertEqual(pop.rest(), b"")

    def test_a_client_that_does_not_answer_is_ended(self):
        pop = self.box(settings={"login-timeout": "1s"}).pop3()
        pop.line()
        self.assertEqual(pop.ask("AUTH LOGIN"), "+ VXNlcm5hbWU6")
        self.assertEqual(pop.rest(), b"")
        self.assertEqual(self.ended(pop), "")

    def test_byte_by_byte_is_as_good_as_at_once(self):
        vmail = self.box(mbox=mbox(ONE))
        script = (f"AUTH PLAIN =\r\nAUTH LOGIN\r\n*\r\nAUTH PLAIN\r\n{b64('a' * 6000)}\r\nAUTH LOGIN\r\n"
                  f"{b64('joe@a.test')}\r\n{b64(PASSWORD)}\r\nSTAT\r\nRETR 1\r\nQUIT\r\n").encode()
        answers = []
        for step in (len(script), 7):
            pop = vmail.pop3()
            for i in range(0, len(script), step):
                pop.send(script[i:i + step])
            answers.append(pop.rest())
            self.ended(pop)
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0].count(b"+OK"), 5)

    def test_no_secret_is_logged_or_said(self):
        pop = self.box().pop3()
        pop.send(f"AUTH PLAIN {plain('joe@a.test', 'hush')}\r\nQUIT\r\n".encode())
        said, log = pop.rest(), self.ended(pop)
        for secret in (b"hush", plain("joe@a.test", "hush").encode()):
            self.assertNotIn(secret, said + log.encode())


def refused(text):
    def test(self):
        pop = self.box().pop3()
        pop.line()
        self.transcript(pop, text + f"\n> AUTH PLAIN {JOE}\n< +OK 0 messages")
        self.quit(pop)
    return test


def let_in(text):
    def test(self):
        pop = self.box(mbox=mbox(ONE)).pop3()
        pop.line()
        self.transcript(pop, text + "\n< +OK 1 messages\n> STAT\n< +OK 1 23")
        self.quit(pop)
    return test


for names, make in ((REFUSED, refused), (LET_IN, let_in)):
    for name, text in names:
        setattr(Exchange, "test_" + re.sub(r"\W+", "_", name), make(text))


class Failure(Pop3Test):
    """What is wrong is answered as PASS is: the same words, when they come, and the log."""
    def test_what_is_wrong_is_not_told_and_counts_together_with_pass(self):
        vmail = self.box()
        vmail.write("shadow.a.test", vmail.read("shadow.a.test") + b"bob:!*:::::::\n", 0o600)
        pop = vmail.pop3()
        pop.line()
        waits = []
        for line in (f"AUTH PLAIN {plain('joe@a.test', '')}", "PASS x", f"AUTH PLAIN {plain('nobody@x.test')}"):
            if line.startswith("PASS"):
                pop.ask("USER bob@a.test")
            begun = time.monotonic()
            self.assertEqual(pop.ask(line), WRONG, line)
            waits.append(time.monotonic() - begun)
        self.assertIsNone(pop.line())
        for wait, wanted in zip(waits, (1, 2, 4)):
            self.assertAlmostEqual(wait, wanted, delta=0.5)
        log = self.ended(pop)
        self.assertEqual(log.count(" wrong=yes "), 3)
        self.assertIn('login-failed account=joe peer=127.0.0.1 domain=a.test found=login wrong=yes '
                      'reason="wrong password"\n', log)

    def test_names_that_nobody_can_have_are_wrong(self):
        pop = self.box().pop3()
        pop.line()
        long = "x" * 390 + "@a.test" + "y" * 100
        for line in (f"AUTH PLAIN {plain(long)}", f"AUTH LOGIN {b64(chr(0) + 'joe@a.test')}"):
            pop.send(line.encode() + b"\r\n")
            if "LOGIN" in line:
                self.assertEqual(pop.line(), "+ UGFzc3dvcmQ6")
                pop.send(b64(PASSWORD).encode() + b"\r\n")
            self.assertEqual(pop.line(), WRONG)

    def test_lock_retrieval_is_told_after_a_right_password(self):
        pop = self.box(domain={"lock-retrieval": "yes"}).pop3()
        pop.line()
        self.assertRegex(pop.ask(f"AUTH PLAIN {JOE}"), r"^-ERR \[SYS/PERM\]")

    def test_it_is_not_offered_where_a_password_needs_tls(self):
        vmail = self.box(domain={"require-tls": "yes"})
        address = fresh_address()
        vmail.write("addresses", f"{address} a.test\n")
        pop = vmail.pop3(address=address)
        pop.line()
        self.assertNotIn(b"SASL", pop.many("CAPA")[1])
        for line in ("AUTH PLAIN", "AUTH LOGIN", f"AUTH PLAIN {JOE}"):
            self.assertRegex(pop.ask(line), r"^-ERR \[SYS/PERM\] .*TLS")
        self.assertEqual(self.ended(pop), "")

    def test_a_login_of_a_domain_that_wants_tls_is_refused(self):
        pop = self.box(domain={"require-tls": "yes"}).pop3()
        pop.line()
        self.assertRegex(pop.ask(f"AUTH PLAIN {JOE}"), r"^-ERR \[SYS/PERM\] .*TLS")


class Another(Pop3Test):
    """grants.D: another mailbox than the login's own."""
    def two(self, grants=None, settings=None, domain=None):
        vmail = self.box(mbox=mbox(ONE), settings=settings, domain=domain)
        put_mbox(vmail, "ann@a.test", mbox(ANNS, ANNS + b"2\n"))
        if grants is not None:
            vmail.write("grants.a.test", grants)
        return vmail

    def as_ann(self, vmail, wanted="ann@a.test", login="joe@a.test", **more):
        pop = vmail.pop3(**more)
        pop.line()
        return pop, pop.ask(f"AUTH PLAIN {plain(login, wanted=wanted)}")

    def assert_refused(self, vmail, reason, **more):
        pop, reply = self.as_ann(vmail, **more)
        self.assertEqual(reply, WRONG)
        pop.ask("QUIT")
        log = self.ended(pop)
        self.assertIn(f'reason="wants another mailbox: {reason}"\n', log)
        return log

    def test_all_may_read_and_delete(self):
        vmail = self.two("ann: joe all\n")
        pop, reply = self.as_ann(vmail)
        self.assertEqual(reply, "+OK 2 messages")
        self.assertIn(b"of ann", pop.many("RETR 1")[1])
        self.assertRegex(pop.ask("DELE 1"), r"^\+OK")
        self.assertIn("session account=ann peer=127.0.0.1 domain=a.test found=login by=joe grant=all retrieved=1 "
                      "retrieved-octets=22 deleted=1 ", self.quit(pop))
        self.assertEqual(contents(vmail, "ann@a.test").count(b"of ann"), 1)
        self.assertIn(b"one", contents(vmail, self.joe))

    def test_retrieve_may_read_alone(self):
        vmail = self.two("ann: joe retrieve\n")
        before = contents(vmail, "ann@a.test")
        pop, reply = self.as_ann(vmail)
        self.assertEqual(reply, "+OK 2 messages")
        self.assertIn(b"of ann", pop.many("RETR 2")[1])
        for line in ("DELE 1", "DELE 2", "DELE 9"):
            self.assertRegex(pop.ask(line), "^-ERR this mailbox is granted")
        self.assertRegex(pop.ask("RSET"), r"^\+OK")
        self.assertRegex(self.quit(pop), "session account=ann peer=.* by=joe grant=retrieve retrieved=1 ")
        self.assertEqual(contents(vmail, "ann@a.test"), before)

    def test_who_is_not_named_may_nothing_and_learns_nothing(self):
        vmail = self.two("ann: bob all\njoe: ann all\nann: joe none\nann: joe all\n")
        log = self.assert_refused(vmail, "not granted")
        self.assertIn(" account=joe peer=127.0.0.1 domain=a.test found=login wrong=yes wanted=ann@a.test ", log)
        self.assert_refused(vmail, "no such account in this domain", wanted="nobody@a.test")
        self.assert_refused(self.two(), "not granted")

    def test_a_wrong_password_is_wrong_whoever_is_wanted(self):
        pop = self.two("ann: joe all\n").pop3()
        pop.line()
        self.assertEqual(pop.ask(f"AUTH PLAIN {plain('joe@a.test', 'x', 'ann@a.test')}"), WRONG)
        pop.ask("QUIT")
        self.assertIn('found=login wrong=yes wanted=ann@a.test reason="wrong password"', self.ended(pop))

    def test_every_spelling_of_the_own_domain_will_do_and_no_other_domain(self):
        vmail = self.two("ann: joe all\n")
        vmail.domain("b.test", passwords={"ann": "x"})
        os.symlink("domain.a.test", os.path.join(vmail.dir, "domain.alias.test"))
        for wanted in ("ann", "ANN@A.TEST", "ann%mail.a.test", "ann@alias.test"):
            pop, reply = self.as_ann(vmail, wanted)
            self.assertEqual(reply, "+OK 2 messages", wanted)
            self.quit(pop)
        vmail.write("grants.b.test", "ann: joe all\n")
        self.assert_refused(vmail, "no such account in this domain", wanted="ann@b.test")

    def test_malformed_lines_are_skipped_and_warned_of(self):
        vmail = self.two("ann joe all\nann: joe everything\n# ann: joe none\n\nann: JOE all\n")
        pop, reply = self.as_ann(vmail)
        self.assertEqual(reply, "+OK 2 messages")
        log = self.quit(pop)
        self.assertRegex(log, r'warning text="\S*/grants\.a\.test:1: skipped: a colon is missing"\n')
        self.assertRegex(log, r'warning text="\S*/grants\.a\.test:2: skipped: the right is not ')

    def test_a_file_that_others_can_write_to_does_not_count(self):
        vmail = self.two("ann: joe all\n")
        os.chmod(os.path.join(vmail.dir, "grants.a.test"), 0o666)
        self.assertRegex(self.assert_refused(vmail, "not granted"), r"warning text=\"\S*/grants.a.test: others can write")

    @needs_root
    def test_somebody_elses_file_does_not_count(self):
        vmail = self.two("ann: joe all\n")
        os.chown(os.path.join(vmail.dir, "grants.a.test"), 60001, 60001)
        self.assert_refused(vmail, "not granted")

    def test_a_file_that_cannot_be_read_is_temporary(self):
        vmail = self.two()
        os.mkdir(os.path.join(vmail.dir, "grants.a.test"))
        pop, reply = self.as_ann(vmail)
        self.assertRegex(reply, r"^-ERR \[SYS/TEMP\]")
        self.assertNotIn("wrong=yes", self.ended(pop))

    def test_a_mailbox_that_is_locked_is_locked_for_all_and_one_without_password_is_shared(self):
        vmail = self.two("ann: joe all\n")
        good = hash_of("other")
        joe = [line for line in vmail.read("shadow.a.test").decode().splitlines() if line.startswith("joe:")][0]
        for field, fine in ((f"!{good}:::::::", False), (f"{good}::::::1:", False), ("*:::::::", True),
                            ("!:::::::", True), (":::::::", True)):
            vmail.write("shadow.a.test", f"{joe}\nann:{field}\n", 0o600)
            if fine:
                pop, reply = self.as_ann(vmail)
                self.assertEqual(reply, "+OK 2 messages", field)
                self.quit(pop)
            else:
                self.assert_refused(vmail, "granted, but locked")

    def test_lock_retrieval_locks_them_all(self):
        pop, reply = self.as_ann(self.two("ann: joe all\n", domain={"lock-retrieval": "yes"}))
        self.assertRegex(reply, r"^-ERR \[SYS/PERM\]")

    def test_two_sessions_of_one_mailbox_are_one_too_many_whoever_logs_in(self):
        vmail = self.two("ann: joe retrieve\n")
        pop = self.session(vmail, "ann@a.test", "other")
        other, reply = self.as_ann(vmail)
        self.assertRegex(reply, r"^-ERR \[IN-USE\]")
        self.quit(pop)
        self.assertEqual(other.ask(f"AUTH PLAIN {plain('joe@a.test', wanted='ann')}"), "+OK 2 messages")
        log = self.quit(other)
        self.assertRegex(log, "login-failed account=ann peer=.* by=joe grant=retrieve reason=")

    @needs_root
    def test_the_session_is_the_other_accounts(self):
        vmail = self.two("ann: joe all\n")
        pop, _ = self.as_ann(vmail)
        uids = set()
        with open(f"/proc/{pop.process.pid}/task/{pop.process.pid}/children") as children:
            for pid in children.read().split():
                with open(f"/proc/{pid}/status") as status:
                    uids.update(int(line.split()[1]) for line in status if line.startswith("Uid:"))
        self.assertEqual(uids, {owner(vmail, "ann@a.test")[0]})
        self.quit(pop)


if __name__ == "__main__":
    main()
