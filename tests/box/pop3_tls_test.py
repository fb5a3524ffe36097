#!/usr/bin/python3
"""pop3_tls_test.py: STLS and --tls: certificates, domains, require-tls, and what attackers try."""
import contextlib
import poplib
import random

from pop3 import *
from pop3_server_test import ipv6_works, processes

GREETING = "+OK host.main.test POP3 Server (Version 0.1) ready."
NOT_BEFORE = "-ERR not a command before login"
WANTS_TLS = "-ERR [SYS/PERM] this domain takes no password without TLS"


class Records:
    """The client's side of TLS, byte by byte: .out() is what it wants to send."""
    def __init__(self, pop, server_name=None):
        self.pop, self.read = pop, b""
        self.come, self.go = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.side = client_context().wrap_bio(self.come, self.go, server_hostname=server_name)

    def hello(self):
        """The ClientHello."""
        try:
            self.side.do_handshake()
        except ssl.SSLWantReadError:
            return self.go.read()

    def until_done(self, call, *args):
        """What the call returns; everything is sent as it comes."""
        while True:
            try:
                return call(*args)
            except ssl.SSLWantReadError:
                if self.go.pending:
                    self.pop.send(self.go.read())
            except ssl.SSLZeroReturnError:
                return b""
            got = self.pop.socket.recv(65536)
            if not got:
                return b""
            self.come.write(got)

    def handshake(self):
        self.until_done(self.side.do_handshake)
        self.pop.send(self.go.read())
        return self

    def send(self, data):
        self.side.write(data)
        self.pop.send(self.go.read())

    def close(self):
        """The close_notify."""
        try:
            self.side.unwrap()
        except ssl.SSLWantReadError:
            self.pop.send(self.go.read())

    def rest(self):
        while got := self.until_done(self.side.read, 65536):
            self.read += got
        return self.read


class TlsTest(Pop3Test):
    def tls_box(self, domain=None, settings=None, certificates=("host.main.test",), **more):
        """box() with host.pem as the installation's certificate."""
        vmail = self.box(settings={"tls-certificate": "host.pem", **(settings or {})}, domain=domain, **more)
        vmail.write("host.pem", certificate(*certificates), 0o600)
        return vmail

    def two(self, settings=None, **domain):
        """a.test and b.test with a certificate and a joe each, and an address of a.test."""
        vmail = self.installation({"tls-certificate": "host.pem", **(settings or {})})
        vmail.write("host.pem", certificate("host.main.test"), 0o600)
        for name in ("a.test", "b.test"):
            vmail.write(f"{name}.pem", certificate(name, f"mailhost.{name}"), 0o600)
            vmail.domain(name, {"tls-certificate": f"{name}.pem", **domain}, passwords={"joe": f"of {name}"})
            put_mbox(vmail, f"joe@{name}", mbox(f"Subject: {name}\n\nx\n".encode()))
        vmail.address = fresh_address()
        vmail.write("addresses", f"{vmail.address} a.test\n")
        return vmail

    def both(self, vmail, server_name=None, context=None, **more):
        """A client by --tls, and one by STLS; both have read the greeting."""
        pop = wrap(vmail.pop3("--tls", **more), server_name, context)
        pop.line()
        yield pop
        pop = vmail.pop3(**more)
        pop.line()
        yield stls(pop, server_name, context)

    def log_of(self, pop):
        pop.close()
        pop.process.wait()
        return pop.process.errors.decode()


class Session(TlsTest):
    def test_a_session_under_tls_from_the_first_byte(self):
        vmail = self.tls_box(mbox=mbox(b"a: b\n\nc\n"))
        pop = wrap(vmail.pop3("--tls"), "host.main.test", client_context("host.main.test"))
        self.assertEqual(pop.line(), GREETING)
        pop.ask(f"USER {self.joe}")
        self.assertEqual(pop.ask(f"PASS {PASSWORD}"), "+OK 1 messages")
        self.assertEqual(pop.many("RETR 1")[1], b"a: b\r\n\r\nc\r\n")
        self.assertRegex(self.quit(pop), r"^vpop3d\[\d+\]: session account=joe peer=127.0.0.1 domain=a.test "
                         r"found=login tls=TLSv1.3 retrieved=1 .* end=quit\n$")

    def test_a_session_under_stls_has_one_greeting(self):
        vmail = self.tls_box(mbox=mbox(b"a: b\n\nc\n"))
        pop = vmail.pop3()
        self.assertEqual(pop.line(), GREETING)
        stls(pop, "host.main.test", client_context("host.main.test"))
        pop.ask(f"USER {self.joe}")
        self.assertEqual(pop.ask(f"PASS {PASSWORD}"), "+OK 1 messages")
        self.assertEqual(pop.ask("DELE 1"), "+OK message 1 is deleted at QUIT")
        self.assertIn("tls=TLSv1.3 retrieved=0 retrieved-octets=0 deleted=1 ", self.quit(pop))
        self.assertEqual(vmail.messages(self.joe), [])

    def test_the_client_hears_that_nothing_was_cut_off(self):
        vmail = self.tls_box(mbox=b"")
        for pop in self.both(vmail):
            pop.socket.suppress_ragged_eofs = False     # else an end without close_notify passes
            pop.send(b"QUIT\r\n")
            self.assertRegex(pop.rest(), rb"shutdown\.\r\n$")
            self.ended(pop)

    def test_poplib_and_curl_and_two_listening_services(self):
        vmail = self.tls_box(mbox=mbox(b"a: b\n\nc\n"), certificates=("localhost",))
        trust = os.path.join(vmail.scratch, "ca.pem")
        with open(trust, "w") as f:
            f.write(certificate("localhost").split("-----BEGIN PRIVATE")[0])
        _, plain = vmail.listen("vpop3d", address="127.0.0.1")
        _, secret = vmail.listen("vpop3d", "--tls", address="127.0.0.1")
        context = client_context("localhost")
        python = poplib.POP3("localhost", plain[1], timeout=DEADLINE)
        python.stls(context)
        python.user(self.joe)
        python.pass_(PASSWORD)
        self.assertEqual(python.retr(1)[1], [b"a: b", b"", b"c"])
        python.quit()
        python = poplib.POP3_SSL("localhost", secret[1], timeout=DEADLINE, context=context)
        python.user(self.joe)
        python.pass_(PASSWORD)
        self.assertEqual(python.stat(), (1, 11))
        python.quit()
        for url in (("--ssl-reqd", f"pop3://localhost:{plain[1]}/1"), (f"pop3s://localhost:{secret[1]}/1",)):
            got = run("/usr/bin/curl", "-sS", "--cacert", trust, "-u", f"{self.joe}:{PASSWORD}", *url)
            self.assertEqual((got.status, got.stdout), (0, b"a: b\r\n\r\nc\r\n"), got)

    def test_a_pipe_can_have_it_too(self):
        vmail = self.tls_box(mbox=mbox(b"a: b\n\nc\n"))
        process = vmail.start("vpop3d", "--tls", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        stdin, stdout = process.popen.stdin, process.popen.stdout
        class Pipes:
            socket = property(lambda self: self)
            def send(self, data):
                os.write(stdin.fileno(), data)
            def recv(self, size):
                return os.read(stdout.fileno(), size)
        tls = Records(Pipes()).handshake()
        tls.send(b"QUIT\r\n")
        self.assertRegex(tls.rest(), rb"^\+OK .*ready\.\r\n\+OK .*shutdown\.\r\n$")
        self.assertEqual(process.wait(), 0)
        stdin.close()
        stdout.close()

    def test_capa_before_and_after(self):
        pop = self.tls_box(mbox=b"").pop3()
        pop.line()
        before = pop.many("CAPA")[1]
        self.assertIn(b"\r\nSTLS\r\n", before)
        stls(pop)
        after = pop.many("CAPA")[1]
        self.assertEqual(after, before.replace(b"STLS\r\n", b""))
        pop.ask(f"USER {self.joe}")
        pop.ask(f"PASS {PASSWORD}")
        self.assertEqual(pop.many("CAPA")[1], after)
        self.quit(pop)
        pop = self.box().pop3()
        pop.line()
        self.assertNotIn(b"STLS", pop.many("CAPA")[1])
        self.assertEqual(pop.ask("STLS"), NOT_BEFORE)

    def test_stls_has_no_argument_and_its_place_is_before_login_and_before_tls(self):
        vmail = self.tls_box(mbox=b"")
        pop = vmail.pop3()
        pop.line()
        for line in ("STLS x", "STLS ", "STLSX"):
            self.assertEqual(pop.ask(line), NOT_BEFORE)
        stls(pop)
        self.assertEqual(pop.ask("STLS"), NOT_BEFORE)
        pop.ask(f"USER {self.joe}")
        self.assertRegex(pop.ask(f"PASS {PASSWORD}"), r"^\+OK")
        self.assertRegex(pop.ask("STLS"), "^-ERR")
        self.quit(pop)
        pop = self.session(vmail)
        self.assertRegex(pop.ask("STLS"), "^-ERR")
        self.quit(pop)

    def test_nothing_is_remembered_from_before_stls_but_the_failures(self):
        vmail = self.tls_box(mbox=b"")
        pop = vmail.pop3()
        pop.line()
        pop.ask(f"USER {self.joe}")
        stls(pop)
        self.assertEqual(pop.ask(f"PASS {PASSWORD}"), "-ERR USER first")
        self.quit(pop)
        pop = vmail.pop3()
        pop.line()
        for _ in range(2):
            pop.ask(f"USER {self.joe}")
            self.assertRegex(pop.ask("PASS wrong"), r"^-ERR \[AUTH\]")
        stls(pop)
        pop.ask(f"USER {self.joe}")
        self.assertRegex(pop.ask("PASS wrong"), r"^-ERR \[AUTH\]")
        self.assertIsNone(pop.line())           # the third is the last

    def test_records_of_any_size(self):
        """All commands in one record, and one byte in each."""
        vmail = self.tls_box(mbox=mbox(b"a: b\n\nc\n" * 1000))
        script = f"USER {self.joe}\r\nPASS {PASSWORD}\r\nSTAT\r\nRETR 1\r\nFOO\r\nQUIT\r\n".encode()
        answers = []
        for step in (len(script), 1):
            for pop in self.both(vmail):
                pop.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for i in range(0, len(script), step):
                    pop.send(script[i:i + step])
                answers.append(pop.rest())
                self.ended(pop)
        self.assertEqual(len(set(answers)), 1, [a[:200] for a in answers])
        self.assertEqual(answers[0].count(b"+OK"), 5)

    def test_a_client_that_has_said_all_still_hears_all(self):
        """Commands, and the end of the connection at once: with a close_notify, and without."""
        vmail = self.tls_box(mbox=mbox(b"a: b\n\nc\n" * 10000))
        for notify in (True, False):
            pop = vmail.pop3("--tls")
            tls = Records(pop).handshake()
            tls.send(f"USER {self.joe}\r\nPASS {PASSWORD}\r\nRETR 1\r\nQUIT\r\n".encode())
            if notify:
                tls.close()
            pop.shut()
            self.assertRegex(tls.rest(), rb"shutdown\.\r\n$")
            self.assertIn("end=quit", self.ended(pop))


class Certificate(TlsTest):
    def shown(self, pop):
        """The names in the certificate that the client saw."""
        der = pop.socket.getpeercert(binary_form=True)
        pem = ssl.DER_cert_to_PEM_cert(der)
        got = run("/usr/bin/openssl", "x509", "-noout", "-subject", input=pem.encode())
        return re.search(r"CN = (\S+)", got.stdout.decode())[1]

    def test_the_server_name_chooses_then_the_address_then_the_installation(self):
        vmail = self.two()
        for where, name, wanted in (
                (vmail.address, "b.test", "b.test"), (vmail.address, "mailhost.b.test", "b.test"),
                (vmail.address, "B.TEST", "b.test"), (vmail.address, "deep.down.b.test", "b.test"),
                (vmail.address, None, "a.test"), (vmail.address, "c.test", "a.test"),
                (vmail.address, "xb.test", "a.test"), (None, None, "host.main.test"),
                (None, "c.test", "host.main.test"), (None, "files", "host.main.test"),
                (None, "mailhost.b.test", "b.test")):
            with self.subTest(f"{where} {name}"):
                for pop in self.both(vmail, address=where, server_name=name):
                    self.assertEqual(self.shown(pop), wanted)
                    pop.ask("QUIT")
                    self.ended(pop)

    def test_a_domain_without_a_certificate_of_its_own_has_the_next_one(self):
        vmail = self.two()
        vmail.domain("c.test", passwords={"joe": "of c.test"})
        for where, wanted in ((vmail.address, "a.test"), (None, "host.main.test")):
            pop = wrap(vmail.pop3("--tls", address=where), "c.test")
            self.assertEqual(self.shown(pop), wanted)
            self.assertEqual(pop.line(), "+OK Virtual c.test POP3 Server (Version 0.1) ready.")

    def test_a_key_may_have_a_file_of_its_own_and_a_chain_is_sent(self):
        vmail = self.two()
        text = certificate("a.test", "mailhost.a.test")
        cert, key = text.split("-----BEGIN PRIVATE")
        chain = certificate("b.test", "mailhost.b.test").split("-----BEGIN PRIVATE")[0]
        vmail.write("cert.pem", "a comment\n" + cert + chain)
        vmail.write("keys/key.pem", "-----BEGIN PRIVATE" + key, 0o600)
        os.unlink(os.path.join(vmail.dir, "domain.a.test"))     # the installation's is tried
        vmail.set(tls_certificate="cert.pem", tls_key=os.path.join(vmail.dir, "keys", "key.pem"))
        _, where = vmail.listen("vpop3d", "--tls")
        got = run("/usr/bin/openssl", "s_client", "-connect", "%s:%d" % where, "-showcerts", input=None)
        self.assertEqual(got.stdout.count(b"-----BEGIN CERTIFICATE-----"), 2, got)
        pop = wrap(Pop3(where), "a.test", client_context("a.test", "mailhost.a.test"))
        self.assertRegex(pop.line(), r"^\+OK")

    def test_a_new_certificate_needs_no_restart_and_ends_no_session(self):
        # the installation's, and a domain's
        vmail = self.two()
        _, plain = vmail.listen("vpop3d")
        _, secret = vmail.listen("vpop3d", "--tls")
        def connected(where, name):
            pop = Pop3(where)
            if where == plain:
                pop.line()
                return stls(pop, name)
            wrap(pop, name).line()
            return pop
        before = [connected(where, "b.test") for where in (plain, secret)]
        for file, name, shown in (("host.pem", None, "new.main.test"), ("b.test.pem", "b.test", "new.b.test")):
            vmail.write(file, certificate(shown), 0o600)
            for where in (plain, secret):
                self.assertEqual(self.shown(connected(where, name)), shown)
        for pop in before:
            self.assertEqual(self.shown(pop), "b.test")
            pop.ask("USER joe")
            self.assertEqual(pop.ask("PASS of b.test"), "+OK 1 messages")
            self.assertEqual(pop.many("RETR 1")[1], b"Subject: b.test\r\n\r\nx\r\n")
            self.assertRegex(pop.ask("QUIT"), "shutdown")
            self.assertEqual(pop.rest(), b"")

    def broken(self, vmail, reason, server_name=None):
        """Neither way leads to a session; the log says why; and plain text is no way out."""
        pop = vmail.pop3("--tls")
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            wrap(pop, server_name)
        self.assertRegex(self.log_of(pop), r"tls-failed peer=127\.0\.0\.1 .*reason=\"?" + reason)
        pop = vmail.pop3()
        pop.line()
        reply = pop.ask("STLS")
        if reply == "-ERR [SYS/TEMP] the certificate cannot be used now: try again later":
            self.assertRegex(pop.ask("QUIT"), r"^\+OK")
        else:
            self.assertEqual(reply, "+OK begin TLS now")
            with self.assertRaises((ssl.SSLError, ConnectionResetError)):
                wrap(pop, server_name)
        self.assertRegex(self.log_of(pop), r"tls-failed peer=127\.0\.0\.1 .*reason=\"?" + reason)
        return reply

    def test_files_that_cannot_be_used_are_named_with_their_setting(self):
        vmail = self.tls_box()
        text = certificate("host.main.test")
        cert, key = text.split("-----BEGIN PRIVATE")
        encrypted = run("/usr/bin/openssl", "pkcs8", "-topk8", "-passout", "pass:x", input=text.encode()).stdout.decode()
        other = "-----BEGIN PRIVATE" + certificate("other.test").split("-----BEGIN PRIVATE")[1]
        where = r"\S+/vmail\.conf:\d+: tls-certificate: \S+/host\.pem: "
        for content, reason in (
                ("", "no certificate"), ("nonsense", "no certificate"), (key, "no certificate"),
                (cert.replace("M", "N"), "no certificate"), (cert, "no private key"),
                (cert + encrypted, "no private key"), (cert + other, "the key is not the certificate's"),
                ("x" * 300000, "longer than")):
            with self.subTest(reason + repr(content[:10])):
                vmail.write("host.pem", content, 0o600)
                self.assertRegex(self.broken(vmail, where + reason), r"^\+OK")

    def test_files_that_cannot_be_believed_are_refused_before_tls_begins(self):
        vmail = self.tls_box()
        path = os.path.join(vmail.dir, "host.pem")
        where = r"\S+/vmail\.conf:\d+: tls-certificate: \S+/host\.pem: "
        for mode, reason in ((0o644, "everybody can read the key"), (0o604, "everybody can read the key"),
                             (0o620, "others can write"), (0o602, "others can write")):
            os.chmod(path, mode)
            self.assertRegex(self.broken(vmail, where + reason), "^-ERR")
        os.unlink(path)
        self.assertRegex(self.broken(vmail, r"\S+/vmail\.conf:\d+: tls-certificate: .*No such file"), "^-ERR")
        os.mkfifo(path)
        self.assertRegex(self.broken(vmail, where), "^-ERR")

    def test_a_user_before_an_stls_that_failed_is_forgotten(self):
        vmail = self.box(settings={"tls-certificate": "host.pem"})
        pop = vmail.pop3()
        pop.line()
        pop.ask("USER joe@a.test")
        self.assertRegex(pop.ask("STLS"), r"^-ERR \[SYS/TEMP\]")
        self.assertEqual(pop.ask(f"PASS {PASSWORD}"), "-ERR USER first")
        self.assertRegex(pop.ask("USER joe@a.test"), r"^\+OK")
        self.assertEqual(pop.ask(f"PASS {PASSWORD}"), "+OK 0 messages")
        self.assertNotIn("login-failed", self.quit(pop))

    def test_the_third_stls_without_a_usable_certificate_is_the_last(self):
        vmail = self.tls_box(mbox=b"")
        os.unlink(os.path.join(vmail.dir, "host.pem"))
        pop = vmail.pop3()
        pop.line()
        for _ in range(2):
            self.assertRegex(pop.ask("STLS"), r"^-ERR \[SYS/TEMP\]")
            pop.ask(f"USER {self.joe}")
        self.assertRegex(pop.ask("STLS"), r"^-ERR \[SYS/TEMP\]")
        self.assertIsNone(pop.line())
        self.assertEqual(self.ended(pop).count("tls-failed"), 3)
        pop = vmail.pop3()
        pop.line()
        for _ in range(2):
            pop.ask("STLS")
        pop.ask(f"USER {self.joe}")
        self.assertRegex(pop.ask(f"PASS {PASSWORD}"), r"^\+OK")
        self.quit(pop)

    @needs_root
    def test_files_of_others_are_refused(self):
        vmail = self.tls_box()
        path = os.path.join(vmail.dir, "host.pem")
        os.chown(path, 1000, 0)
        self.assertRegex(self.broken(vmail, ".*others can write to it"), "^-ERR")
        os.chown(path, 0, 0)
        open_to_all = os.path.join(vmail.scratch, "open")
        os.mkdir(open_to_all)
        os.chmod(open_to_all, 0o777)
        shutil.copy(path, open_to_all)
        os.chmod(os.path.join(open_to_all, "host.pem"), 0o600)
        vmail.set(tls_certificate=f"{open_to_all}/host.pem")
        self.assertRegex(self.broken(vmail, ".*others can write to .*/open: close it"), "^-ERR")

    def test_a_domains_broken_certificate_hurts_no_other_domain_and_has_no_substitute(self):
        vmail = self.two()
        vmail.write("b.test.pem", "nonsense", 0o600)
        pop = vmail.pop3("--tls", address=vmail.address)
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            wrap(pop, "b.test")
        self.assertRegex(self.log_of(pop), r"tls-failed peer=127\.0\.0\.1 server-name=b\.test reason=\"\S+/domain\.b\.test"
                         r":\d+: tls-certificate: \S+/b\.test\.pem: no certificate")
        pop = wrap(vmail.pop3("--tls", address=vmail.address), "a.test")
        self.assertRegex(pop.line(), r"^\+OK")

    def test_no_certificate_at_all_is_said(self):
        vmail = self.box()
        pop = vmail.pop3("--tls")
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            wrap(pop)
        self.assertRegex(self.log_of(pop), r'reason="no certificate: set tls-certificate in \S+/vmail\.conf"')


class Domain(TlsTest):
    def found(self, vmail, user, domain, server_name, **more):
        """How the domain of a login was found, both ways."""
        ways = set()
        for pop in self.both(vmail, server_name=server_name, **more):
            pop.ask(f"USER {user}")
            self.assertEqual(pop.ask(f"PASS of {domain}"), "+OK 1 messages", user)
            pop.ask("QUIT")
            log = self.log_of(pop)
            ways.add(re.search(rf"session account=joe .*domain={domain} found=(\S+) tls=TLS", log)[1])
        self.assertEqual(len(ways), 1, ways)
        return ways.pop()

    def test_a_bare_login_works_by_server_name_and_a_login_overrides(self):
        vmail = self.two()
        for name in ("b.test", "mailhost.b.test", "MAILHOST.B.TEST"):
            self.assertEqual(self.found(vmail, "joe", "b.test", name, address=vmail.address), "sni")
        self.assertEqual(self.found(vmail, "joe", "a.test", None, address=vmail.address), "address")
        self.assertEqual(self.found(vmail, "joe", "a.test", "nowhere.test", address=vmail.address), "address")
        self.assertEqual(self.found(vmail, "joe@a.test", "a.test", "b.test"), "login")

    def test_domain_from_without_sni_chooses_the_certificate_alone(self):
        vmail = self.two({"domain-from": "login address"})
        self.assertEqual(self.found(vmail, "joe", "a.test", "b.test", address=vmail.address,
                                    context=client_context("b.test", "mailhost.b.test")), "address")

    def test_the_server_name_greets_where_nobody_has_greeted(self):
        vmail = self.two()
        pop = wrap(vmail.pop3("--tls", address=vmail.address), "mailhost.b.test")
        self.transcript(pop, """
            < +OK Virtual b.test POP3 Server (Version 0.1) ready.
            > QUIT
            < +OK Virtual b.test POP3 Server (Version 0.1) shutdown.
        """)
        pop = vmail.pop3(address=vmail.address)
        self.assertEqual(pop.line(), "+OK Virtual a.test POP3 Server (Version 0.1) ready.")
        self.assertEqual(stls(pop, "b.test").ask("QUIT"), "+OK Virtual a.test POP3 Server (Version 0.1) shutdown.")

    def test_a_domain_alias_and_hostile_names(self):
        vmail = self.two()
        os.symlink("domain.b.test", os.path.join(vmail.dir, "domain.alias.test"))
        self.assertEqual(self.found(vmail, "joe", "b.test", "pop.alias.test"), "sni")
        for name in ("../b.test", "a/b.test", "x" * 63 + ".b", "-b.test", "127.0.0.1x", "b.test..", "*.b.test"):
            with self.subTest(name):
                context = client_context()
                try:
                    pop = wrap(vmail.pop3("--tls"), name, context)
                except ValueError:
                    continue                    # Python does not send it
                self.assertRegex(pop.line(), "host.main.test")


class Required(TlsTest):
    def plain(self, vmail, user="joe@a.test", **more):
        """The replies to USER and PASS in plain text, and CAPA."""
        pop = vmail.pop3(**more)
        pop.line()
        capa = pop.many("CAPA")[1]
        replies = [pop.ask(f"USER {user}")]
        replies.append(pop.ask("PASS of a.test"))
        pop.ask("QUIT")
        self.log = self.log_of(pop)
        return replies, capa

    def test_yes_takes_no_password_in_plain_text_and_hides_user(self):
        vmail = self.two(**{"require-tls": "yes"})
        begun = time.monotonic()
        replies, capa = self.plain(vmail)
        self.assertGreater(time.monotonic() - begun, 0.9)       # as a wrong one
        self.assertEqual(replies[1], WANTS_TLS)
        self.assertIn("USER\r\n", capa.decode())            # of the host; other domains may do
        self.assertIn("reason=require-tls", self.log)
        replies, capa = self.plain(vmail, "joe", address=vmail.address)
        self.assertEqual(replies, [WANTS_TLS, "-ERR USER first"])
        self.assertNotIn(b"USER", capa)
        self.assertIn(b"STLS\r\n", capa)
        replies, _ = self.plain(vmail, "joe@a.test", address=vmail.address)
        self.assertEqual(replies[1], WANTS_TLS)

    def test_yes_lets_in_under_tls(self):
        vmail = self.two(**{"require-tls": "yes"})
        for pop in self.both(vmail, address=vmail.address):
            pop.ask("USER joe")
            self.assertRegex(pop.ask("PASS of a.test"), r"^\+OK")
            self.quit(pop)

    def test_yes_without_any_certificate_lets_nobody_in(self):
        vmail = self.box(domain={"require-tls": "yes"})
        replies, capa = self.plain(vmail)
        self.assertEqual(replies[1], WANTS_TLS)
        self.assertNotIn(b"STLS", capa)

    def test_no_lets_in(self):
        vmail = self.two(**{"require-tls": "no"})
        self.assertRegex(self.plain(vmail)[0][1], r"^\+OK")

    def test_auto_lets_in_from_this_machine(self):
        vmail = self.two()
        for where in (None, vmail.address):
            self.assertRegex(self.plain(vmail, address=where)[0][1], r"^\+OK")

    @unittest.skipUnless(ipv6_works(), "no IPv6")
    def test_auto_knows_this_machine_in_ipv6_and_ipv4_in_its_clothes(self):
        vmail = self.two()
        port = free_port("127.0.0.1")[1]
        vmail.start("vpop3d", "--listen", f"[::1]:{port}", stdin=subprocess.DEVNULL)
        eventually(lambda: connects(("::1", port)), "a connection")
        with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
            client = socket.create_connection(("127.0.0.1", listener.getsockname()[1]))
            server = listener.accept()[0]
        with server:
            mapped = Pop3(client, vmail.start("vpop3d", stdin=server, stdout=server))
        for pop in (Pop3(("::1", port)), mapped):
            self.assertRegex(pop.login("joe@a.test", "of a.test"), r"^\+OK")
            pop.ask("QUIT")
            self.assertIsNone(pop.line())

    def far(self, vmail, *args):
        client, server = far_connection()
        with server:
            return Pop3(client, vmail.start("vpop3d", *args, stdin=server, stdout=server))

    @needs_root
    def test_auto_wants_tls_from_far_as_soon_as_there_is_a_certificate(self):
        vmail = self.two()
        vmail.domain("c.test", passwords={"joe": "of c.test"})
        for user in ("a.test", "c.test"):       # its own, and the installation's
            pop = self.far(vmail)
            self.assertEqual(pop.login(f"joe@{user}", f"of {user}"), WANTS_TLS)
            stls(pop)
            pop.ask(f"USER joe@{user}")
            self.assertRegex(pop.ask(f"PASS of {user}"), r"^\+OK")
            self.assertIn("peer=192.0.2.1", self.quit(pop))
        vmail.set(tls_certificate=None)
        self.assertEqual(self.far(vmail).login("joe@a.test", "of a.test"), WANTS_TLS)
        self.assertRegex(self.far(vmail).login("joe@c.test", "of c.test"), r"^\+OK")
        self.assertRegex(self.far(vmail).login("joe@nowhere.test", "x"), r"^-ERR \[AUTH\]")
        self.assertRegex(wrap(self.far(vmail, "--tls"), "a.test").login("joe", "of a.test"), r"^\+OK")

    @needs_root
    def test_whether_a_domain_is_ours_is_not_told_in_plain_text(self):
        vmail = self.two()
        for domain in ("a.test", "nowhere.test", "nowhere.test" + "x" * 400):
            self.assertEqual(self.far(vmail).login(f"x@{domain}", "x"), WANTS_TLS)

    @needs_root
    def test_no_takes_passwords_from_far(self):
        vmail = self.two(**{"require-tls": "no"})
        self.assertRegex(self.far(vmail).login("joe@a.test", "of a.test"), r"^\+OK")

    @needs_root
    def test_users_of_the_main_domain_need_tls_from_far_as_soon_as_there_is_a_certificate(self):
        vmail = self.two()
        pop = self.far(vmail)
        pop.line()
        self.assertEqual(pop.ask("USER sysuser"), WANTS_TLS)
        self.assertEqual(self.far(vmail).login("sysuser@main.test", "x"), WANTS_TLS)


class Protocol(TlsTest):
    def test_old_versions_are_refused_and_told_so(self):
        vmail = self.tls_box()
        for version in ("-tls1", "-tls1_1"):
            _, where = vmail.listen("vpop3d", "--tls")
            got = run("/usr/bin/openssl", "s_client", "-connect", "%s:%d" % where, version, "-cipher", "ALL:@SECLEVEL=0",
                      input=None)
            self.assertIn("alert protocol version", got.stderr + got.log)
            self.assertNotIn(b"+OK", got.stdout)

    def test_both_new_versions_work_and_are_logged(self):
        vmail = self.tls_box(mbox=b"")
        for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
            pop = wrap(vmail.pop3("--tls"), None, client_context(maximum_version=version))
            self.assertEqual(pop.socket.version(), name)
            pop.login(self.joe, PASSWORD)
            self.assertIn(f" tls={name} ", self.quit(pop))

    def test_nothing_weak_is_there(self):
        """No renegotiation, compression or resumption; forward secrecy and authenticated ciphers alone."""
        vmail = self.tls_box()
        for ciphers in ("kRSA", "SHA1", "SHA256:!AESGCM:!CHACHA20:!AESCCM", "aNULL:eNULL"):
            context = client_context(maximum_version=ssl.TLSVersion.TLSv1_2)
            context.set_ciphers(ciphers + ":@SECLEVEL=0")
            pop = vmail.pop3("--tls")
            with self.assertRaises((ssl.SSLError, ConnectionResetError), msg=ciphers):
                wrap(pop, None, context)
            self.assertIn('reason="no shared cipher"', self.log_of(pop))
        for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
            pop = wrap(vmail.pop3("--tls"), None, client_context(maximum_version=version))
            pop.line()
            self.assertIsNone(pop.socket.compression())
            self.assertFalse(pop.socket.session.has_ticket)
        _, where = vmail.listen("vpop3d", "--tls")
        asking = subprocess.Popen(["openssl", "s_client", "-connect", "%s:%d" % where, "-tls1_2"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while not asking.stdout.readline().startswith(b"+OK "):
            self.assertIsNone(asking.poll())    # a greeting that comes later is the client's own error
        errors = asking.communicate(b"R\nCAPA\r\n", DEADLINE)[1]
        self.assertRegex(errors, b"no renegotiation")

    def refused(self, vmail, data, how):
        """What the server says to data in place of a ClientHello; and its log."""
        pop = vmail.pop3(*(["--tls"] if how == "tls" else []))
        if how == "stls":
            pop.line()
            self.assertEqual(pop.ask("STLS"), "+OK begin TLS now")
        try:
            pop.send(data)
            pop.shut()
        except OSError:                         # it has gone already
            pass
        return pop.rest(), self.log_of(pop)

    def test_garbage_instead_of_a_client_hello_ends_it(self):
        vmail = self.tls_box(mbox=b"")
        rng = random.Random(3)
        login = f"USER {self.joe}\r\nPASS {PASSWORD}\r\n".encode()
        hello = Records(None).hello()
        for data in (b"", b"\0", b"GET / HTTP/1.0\r\n\r\n", login, b"\x16\x03\x01\xff\xff" + bytes(70000),
                     b"\x16\x03\x01\x00\x04\x01\x00\x00\x00", hello[:-1], hello + login, hello + hello, hello[:1],
                     b"\x80\x2e\x01\x03\x01" + bytes(50), b"\x15\x03\x01\x00\x02\x02\x28", rng.randbytes(100),
                     b"\x16\x03\x01" + rng.randbytes(5000), hello[:50] + rng.randbytes(len(hello) - 50),
                     b"\x15\x03\x01\x00\x02\x02\x28" + login, hello + b"\x15\x03\x03\x00\x02\x02\x30" + login):
            for how in ("tls", "stls"):
                with self.subTest(f"{how} {data[:20]!r}"):
                    said, log = self.refused(vmail, data, how)
                    self.assertNotRegex(said, rb"\+OK|-ERR")
                    self.assertRegex(log, r"tls-failed peer=127.0.0.1 reason=")
                    self.assertNotRegex(log, "login-failed|session account")

    def test_what_comes_in_plain_text_when_tls_has_ended_is_not_looked_at(self):
        # the client's close_notify, and commands behind it, before login and in a session
        vmail = self.tls_box(mbox=mbox(b"a: b\n\nc\n"))
        before = contents(vmail, self.joe)
        login = f"USER {self.joe}\r\nPASS {PASSWORD}\r\n".encode()
        for said, plain, end in ((b"", login + b"DELE 1\r\nQUIT\r\n", None), (login, b"DELE 1\r\nQUIT\r\n", "hangup"),
                                 (login + b"DELE 1\r\n", b"QUIT\r\n", "hangup")):
            for how in ("tls", "stls"):
                with self.subTest(f"{how} {said!r}"):
                    pop = vmail.pop3(*(["--tls"] if how == "tls" else []))
                    if how == "stls":
                        pop.line()
                        self.assertEqual(pop.ask("STLS"), "+OK begin TLS now")
                    tls = Records(pop).handshake()
                    tls.send(said + b"NOOP\r\n")
                    tls.close()
                    with contextlib.suppress(OSError):      # it may have gone already
                        pop.send(plain)
                        pop.shut()
                    with contextlib.suppress(ConnectionResetError):
                        self.assertNotIn(b"shutdown", tls.rest())
                    log = self.log_of(pop)
                    self.assertEqual(re.findall(r"session account=.* end=(\w+)", log), [end] * (end is not None), log)
                    self.assertEqual(contents(vmail, self.joe), before)

    def test_a_client_that_hangs_or_goes_away_in_the_handshake_is_ended(self):
        vmail = self.tls_box()
        hello = Records(None).hello()
        for how in ("tls", "stls"):
            for data in (b"", hello[:7], hello):
                with self.subTest(f"{how} {len(data)}"):
                    for limit in growing(1):
                        vmail.set(login_timeout=f"{limit}s")
                        pop = vmail.pop3(*(["--tls"] if how == "tls" else []))
                        with contextlib.suppress(OSError):      # the limit was over before the handshake
                            if how == "stls":
                                pop.line()
                                pop.ask("STLS")
                            pop.send(data)
                        log = self.log_of(pop) if pop.process.wait() == 0 else ""
                        if "tls-failed" in log:
                            break
                    self.assertIn("tls-failed peer=127.0.0.1 reason=timeout", log)
        pop = vmail.pop3("--tls")
        pop.send(hello)
        pop.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        pop.close()                             # a reset
        pop.process.wait()
        self.assertIn("tls-failed", pop.process.errors.decode())

    @timed
    def test_login_timeout_is_for_all_of_it(self):
        for limit in growing(2):
            vmail, begun = self.tls_box(settings={"login-timeout": f"{limit}s"}), time.monotonic()
            pop, told = vmail.pop3(), None
            pop.line()
            select.select([], [], [], limit / 2)
            with contextlib.suppress(AssertionError, OSError):  # the limit was over before the handshake was
                told = stls(pop).ask("USER joe@a.test")
            if told:
                break
        self.assertEqual(pop.rest(), b"")
        self.assert_took(time.monotonic() - begun, limit, limit / 2)
        self.assertEqual(self.ended(pop), "")
        self.assertTrue(told)

    def test_sigterm_ends_it_in_the_handshake_before_login_and_after(self):
        vmail = self.tls_box(mbox=mbox(b"a: b\n\nc\n"))
        before = contents(vmail, self.joe)
        waiting = vmail.pop3("--tls")
        eventually(lambda: any(self.name(pid) == "vtls" for pid in processes(waiting.process.pid)))
        waiting.process.signal()
        self.assertEqual(waiting.rest(), b"")
        self.assertIn('reason="told to end"', self.ended(waiting))
        pop = wrap(vmail.pop3("--tls"))
        pop.line()
        pop.process.signal()
        self.assertEqual(pop.rest(), b"")
        self.ended(pop)
        pop = wrap(vmail.pop3("--tls"))
        pop.login(self.joe, PASSWORD)
        pop.ask("DELE 1")
        pop.process.signal()
        self.assertEqual(pop.rest(), b"")
        self.assertIn("end=terminated", self.ended(pop))
        self.assertEqual(contents(vmail, self.joe), before)

    def name(self, pid):
        try:
            with open(f"/proc/{pid}/comm") as f:
                return f.read().strip()
        except (FileNotFoundError, ProcessLookupError):
            return ""


class Injection(TlsTest):
    """Somebody on the way adds commands to what a client sends in plain text."""
    ROUNDS = int(os.environ.get("VMAIL_INJECTIONS", fewer(40)))

    def pieces(self, rng, data):
        cuts = sorted(rng.sample(range(1, len(data)), rng.randrange(0, min(6, len(data) - 1))))
        return [data[i:j] for i, j in zip([0, *cuts], [*cuts, len(data)])]

    def stream(self, rng, hello, evil):
        """All that the client's side sends, and where the ClientHello begins."""
        place = rng.choice(["behind STLS", "behind STLS", "instead", "behind hello", "in hello"])
        if place == "behind STLS":
            return b"STLS\r\n" + evil + hello
        if place == "instead":
            return b"STLS\r\n" + evil
        if place == "behind hello":
            return b"STLS\r\n" + hello + evil
        at = rng.randrange(1, len(hello))
        return b"STLS\r\n" + hello[:at] + evil + hello[at:]

    def send(self, rng, pop, data):
        """Cut anywhere; now and then the answer is waited for."""
        sent = b""
        for piece in self.pieces(rng, data):
            try:
                pop.send(piece)
                sent += piece
                if b"STLS\r\n" == sent or b"STLS\r\n" in sent and rng.random() < 0.3:
                    if not select.select([pop.socket], [], [], 0.02)[0]:
                        continue
                    if not pop._more():
                        return
            except (BrokenPipeError, ConnectionResetError):
                return

    def test_whatever_the_fragmentation_nothing_that_was_injected_is_executed(self):
        vmail = self.tls_box(mbox=mbox(b"a: b\n\nc\n"), settings={"domain-from": "login sni"})
        before = contents(vmail, self.joe)
        process, where = vmail.listen("vpop3d")
        rng = random.Random(51)
        evils = [f"USER {self.joe}\r\nPASS {PASSWORD}\r\nDELE 1\r\nQUIT\r\n", f"USER {self.joe}\r\n", "\r\n", "Q",
                 "CAPA\r\n", "QUIT\r\n", "STLS\r\n", "\0", f"PASS {PASSWORD}\r\n"]
        for i in range(self.ROUNDS):
            pop = Pop3(where)
            self.assertEqual(pop.line(), GREETING)
            self.send(rng, pop, self.stream(rng, Records(pop).hello(), rng.choice(evils).encode()))
            try:
                pop.shut()
            except OSError:
                pass
            said = pop.rest()
            # At most the answer to STLS, and then an alert: its first byte is 0x15.
            self.assertRegex(said, rb"(?s)^(\+OK begin TLS now\r\n(\x16.*)?(\x15.*)?)?$", i)
            pop.close()
            while select.select([process.popen.stderr], [], [], 0)[0]:
                process._more(Deadline())       # or its pipe would be full one day
        while process.errors.count(b"tls-failed") < self.ROUNDS:
            process._more(Deadline())           # the last one would be told to end instead
        process.signal()
        process.wait()
        log = process.errors.decode()
        self.assertNotRegex(log, "session account|login-failed")
        self.assertEqual(len(re.findall("tls-failed", log)), self.ROUNDS)
        self.assertEqual(contents(vmail, self.joe), before)

    def test_fragmentations_without_injection_work(self):
        """So the others fail for what was injected, not for how they were cut."""
        vmail = self.tls_box(mbox=mbox(b"a: b\n\nc\n"), settings={"domain-from": "login sni"})
        _, where = vmail.listen("vpop3d")
        rng = random.Random(51)
        for _ in range(10):
            pop = Pop3(where)
            pop.line()
            tls = Records(pop)
            for piece in self.pieces(rng, b"STLS\r\n"):
                pop.send(piece)
            self.assertEqual(pop.line(), "+OK begin TLS now")
            for piece in self.pieces(rng, tls.hello()):
                pop.send(piece)
            tls.handshake()
            for piece in self.pieces(rng, f"USER {self.joe}\r\nPASS {PASSWORD}\r\nSTAT\r\nQUIT\r\n".encode()):
                tls.send(piece)
            self.assertEqual(tls.rest().count(b"+OK"), 4)
            pop.close()

    def test_what_came_behind_stls_is_logged_and_not_answered(self):
        vmail = self.tls_box()
        pop = vmail.pop3()
        pop.line()
        pop.send(b"STLS\r\nQUIT\r\n")
        self.assertEqual(pop.rest(), b"")
        self.assertIn('tls-failed peer=127.0.0.1 reason="commands came behind STLS"', self.ended(pop))


class Long(TlsTest):
    def test_a_huge_mailbox_comes_byte_by_byte_as_it_is(self):
        rng = random.Random(5)
        text = b"Subject: big\n\n" + b"".join(
            rng.randbytes(rng.randrange(0, 3000)).replace(b"\n", b".").replace(b"\r", b"-") + b"\n" for _ in range(10000))
        for kind in ({"mbox": mbox(text, b"a: b\n\nc\n")}, {"maildir": {"cur/1": text, "cur/2": b"a: b\n\nc\n"}}):
            vmail = self.tls_box(**kind)
            for pop in self.both(vmail):
                pop.ask(f"USER {self.joe}")
                pop.ask(f"PASS {PASSWORD}")
                pop.send(b"RETR 1\r\nRETR 2\r\n")
                pop.line()
                self.assertEqual(pop.body(), on_the_wire(text))
                pop.line()
                self.assertEqual(pop.body(), b"a: b\r\n\r\nc\r\n")
                self.quit(pop)

    def test_a_client_that_reads_late_gets_all_and_holds_no_mailbox(self):
        text = b"a: b\n\n" + b"y" * 300000 + b"\n"
        vmail = self.tls_box(mbox=mbox(text))
        pop = vmail.pop3("--tls")
        tls = Records(pop).handshake()
        tls.send(f"USER {self.joe}\r\nPASS {PASSWORD}\r\nRETR 1\r\nQUIT\r\n".encode())
        pop.process.wait_line("session account=.* end=quit")
        self.session(vmail).ask("QUIT")
        self.assertIn(on_the_wire(text), tls.rest())
        self.ended(pop)

    def test_a_client_that_dies_deletes_nothing(self):
        vmail = self.tls_box(mbox=mbox(b"a: b\n\nc\n"))
        before = contents(vmail, self.joe)
        for reset in (True, False):
            for pop in self.both(vmail):
                pop.ask(f"USER {self.joe}")
                pop.ask(f"PASS {PASSWORD}")
                pop.ask("DELE 1")
                pop.send(b"QUI")
                if reset:
                    pop.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                pop.close()
                pop.process.wait()
                self.assertIn("end=hangup", pop.process.errors.decode())
                self.assertEqual(contents(vmail, self.joe), before)


class Identity(TlsTest):
    def below(self, pop):
        """{command name: (pid, status)} of all that the server has started."""
        found = {}
        for pid, fields in processes(pop.process.pid).items():
            name = fields["Name"].strip()
            found["parent" if pid == pop.process.pid else name] = pid, fields
        return found

    def descriptors(self, pid):
        return {int(n): os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")}

    def assert_confined(self, vmail, pid, fields):
        self.assertEqual(fields["Uid"].split(), ["65534"] * 4)
        self.assertEqual(fields["Gid"].split(), ["65534"] * 4)
        self.assertEqual(fields["Groups"].strip(), "")
        for caps in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(fields[caps], 16), 0, caps)
        self.assertEqual(fields["NoNewPrivs"], "1")
        self.assertEqual(os.readlink(f"/proc/{pid}/root"), os.path.join(vmail.state, "empty"))
        with open(f"/proc/{pid}/environ") as f:
            self.assertEqual(f.read(), "")
        with open(f"/proc/{pid}/limits") as f:
            limits = f.read()
        for limit in ("Max processes", "Max file size"):
            self.assertRegex(limits, limit + r" +0 +0 ")
        kinds = {n: to.split(":")[0] for n, to in self.descriptors(pid).items()}
        self.assertEqual(kinds, {0: "socket", 1: "socket", 2: "pipe", 3: "socket", 4: "socket"})

    @needs_root
    def test_vtls_is_nobody_in_an_empty_directory_before_and_after_the_handshake(self):
        vmail = self.tls_box(mbox=b"")
        pop = vmail.pop3("--tls")
        def is_ready():
            pid, fields = self.below(pop).get("vtls", (0, {}))
            return fields.get("NoNewPrivs") == "1" and len(self.descriptors(pid)) == 5
        eventually(is_ready, "vtls")
        self.assert_confined(vmail, *self.below(pop)["vtls"])
        self.assertEqual(set(self.below(pop)), {"parent", "vtls"})
        wrap(pop)
        pop.line()
        self.assert_confined(vmail, *self.below(pop)["vtls"])
        pop.ask(f"USER {self.joe}")
        self.assertRegex(pop.ask(f"PASS {PASSWORD}"), r"^\+OK")
        self.assert_confined(vmail, *self.below(pop)["vtls"])

    @needs_root
    def test_nobody_has_the_key_open_and_vtls_alone_has_the_connection(self):
        vmail = self.tls_box(mbox=b"")
        for pop in self.both(vmail):
            pop.many("CAPA")                    # whoever answers began after the handshake
            for login in ("", f"USER {self.joe}", f"PASS {PASSWORD}"):
                self.assertRegex(pop.ask(login), r"^\+OK" if login else "^-ERR")
                having = []
                for pid, fields in processes(pop.process.pid).items():
                    names = self.descriptors(pid).values()
                    self.assertFalse([n for n in names if n.endswith(".pem")], names)
                    with open(f"/proc/{pid}/net/tcp") as f:
                        tcp = {f"socket:[{line.split()[9]}]" for line in f.readlines()[1:]}
                    if tcp & set(names):
                        having.append(fields["Name"])
                self.assertEqual(having, ["vtls"])

    def opens(self, pid, path):
        """What of the paths can be opened by somebody who is as this process, and has its root directory."""
        uid, gid = (int(processes(pid)[pid][who].split()[0]) for who in ("Uid", "Gid"))
        child = os.fork()
        if child == 0:
            opened = 0
            os.chroot(f"/proc/{pid}/root")
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            for name in (path, path[1:], "../" * 9 + path[1:], os.path.basename(path), f"/proc/1/root{path}"):
                with contextlib.suppress(OSError):
                    os.open(name, os.O_RDONLY)
                    opened += 1
            os._exit(opened)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    @needs_root
    def test_the_processes_that_meet_the_client_cannot_open_the_key(self):
        vmail = self.tls_box()
        key = os.path.join(vmail.dir, "host.pem")
        pop = wrap(vmail.pop3("--tls"))
        pop.line()
        met = {fields["Name"]: self.opens(pid, key) for pid, fields in processes(pop.process.pid).items()
               if pid != pop.process.pid}
        self.assertEqual(met, {"vtls": 0, "vpop3d": 0})
        self.assertGreater(self.opens(pop.process.pid, key), 0)     # the parent: root

    @only_where(not is_sanitized("vtls"))       # whose memory has no end
    @needs_root
    def test_the_key_is_in_nobodys_memory_when_the_handshake_is_over(self):
        key = run("/usr/bin/openssl", "pkey", "-text", "-noout", input=certificate("host.main.test").encode()).stdout.decode()
        secret = bytes.fromhex(re.search(r"priv:\s+([0-9a-f:\s]+)pub:", key)[1].replace(":", "").replace("\n", "")
                               .replace(" ", ""))
        vmail = self.tls_box()
        pop = wrap(vmail.pop3("--tls"))
        pop.line()
        for name, (pid, _) in self.below(pop).items():
            memory = memory_of(pid)
            self.assertIn(b"vtls" if name == "vtls" else b"vpop3d", memory)
            for form in (secret, secret[::-1], certificate("host.main.test").split("-----")[6].strip().encode()[:40]):
                self.assertFalse(form in memory, f"a part of the key is in {name}")

    def test_all_ends_with_any_of_them_and_deletes_nothing(self):
        vmail = self.tls_box(mbox=mbox(b"a: b\n\nc\n"))
        before = contents(vmail, self.joe)
        for victim in ("vtls", "parent"):
            for pop in self.both(vmail):
                pop.ask(f"USER {self.joe}")
                pop.ask(f"PASS {PASSWORD}")
                pop.ask("DELE 1")
                others = [pid for pid, _ in self.below(pop).values()]
                os.kill(self.below(pop)[victim][0], signal.SIGKILL)
                try:
                    self.assertEqual(pop.rest(), b"")
                except ssl.SSLError:            # no close_notify
                    pass
                pop.close()
                pop.process.popen.wait()
                eventually(lambda: all(map(has_ended, others[1:])), "the end of all")
                self.assertEqual(contents(vmail, self.joe), before)
                self.session(vmail).ask("QUIT")


if __name__ == "__main__":
    main(beside=8)
