#!/usr/bin/python3
"""pop3_auth_test.py: the command AUTH (RFC 5034, 4422, 4616), and whose mailbox it opens;
what is said in it is in pop3_scripts.py."""
import base64

from pop3 import *

ONE = b"Subject: one\n\nfirst\n"
ANNS = b"Subject: of ann\n\nx\n"
WRONG = "-ERR [AUTH] login or password wrong"


def b64(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def plain(login, password=PASSWORD, wanted=""):
    return b64(f"{wanted}\0{login}\0{password}")


JOE = plain("joe@a.test")


class Exchange(Pop3Test):
    def test_a_client_that_does_not_answer_is_ended(self):
        for limit in growing(1):
            pop = self.box(settings={"login-timeout": f"{limit}s"}).pop3()
            pop.send(b"AUTH LOGIN\r\n")
            said = pop.rest().split(b"\r\n")[1:]
            self.assertEqual(self.ended(pop), "")
            if len(said) > 1:                   # it was asked in time
                break
        self.assertEqual(said, [b"+ VXNlcm5hbWU6", b""])

    def test_no_secret_is_logged_or_said(self):
        pop = self.box().pop3()
        pop.send(f"AUTH PLAIN {plain('joe@a.test', 'hush')}\r\nQUIT\r\n".encode())
        said, log = pop.rest(), self.ended(pop)
        for secret in (b"hush", plain("joe@a.test", "hush").encode()):
            self.assertNotIn(secret, said + log.encode())


class Failure(Pop3Test):
    """What is wrong is answered as PASS is: the same words, when they come, and the log."""
    @timed
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
            self.assert_took(wait, wanted, late=wanted)     # each is twice the last
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

    def test_nor_where_the_address_chooses_none_and_a_bare_login_is_of_a_main_domain_that_needs_it(self):
        pop = self.box(settings={"main-domain": "a.test", "domain-from": "login"},
                       domain={"require-tls": "yes", "login-delay": "60"}).pop3()
        pop.line()
        capa = pop.many("CAPA")[1]
        for word in (b"SASL", b"USER\r\n"):
            self.assertNotIn(word, capa.replace(b"LOGIN-DELAY 60 USER\r\n", b""))
        self.assertIn(b"LOGIN-DELAY 60 USER\r\n", capa)
        for line in ("USER joe", f"AUTH PLAIN {plain('joe')}"):
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
        session = processes(pop.process.pid)    # who met the client has ended, or no password was believed
        del session[pop.process.pid]
        self.assertEqual({int(fields["Uid"].split()[1]) for fields in session.values()}, {owner(vmail, "ann@a.test")[0]})
        self.quit(pop)


if __name__ == "__main__":
    main(beside=8)
