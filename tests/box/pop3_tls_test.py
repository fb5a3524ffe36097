#!/usr/bin/python3
"""pop3_tls_test.py: STLS and --tls: certificates, domains, require-tls, and what attackers try."""
import poplib

from pop3 import *

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
            pop.socket.shutdown(socket.SHUT_WR)
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

    def test_a_new_certificate_needs_no_restart(self):
        vmail = self.tls_box()
        _, where = vmail.listen("vpop3d", "--tls")
        for names in (("host.main.test",), ("other.test",)):
            vmail.write("host.pem", certificate(*names), 0o600)
            self.assertEqual(self.shown(wrap(Pop3(where))), names[0])

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

    def test_with_tls_there_is_no_native_pop3d(self):
        vmail = self.two()
        where = fresh_address()
        vmail.write("addresses", f"{where} main.test\n")
        pop = wrap(vmail.pop3("--tls", "/bin/false", address=where))
        self.assertEqual(pop.login("sysuser", "x"),
                         "-ERR [SYS/TEMP] logins without a domain need a native pop3d here")


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

    def remote(self):
        """As root: an address of a client that is not loopback, on an interface of our own."""
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["ip", "address", "add", "192.0.2.1/32", "dev", "lo"], check=False, capture_output=True)
        return "192.0.2.1"

    def test_yes_takes_no_password_in_plain_text_and_hides_user(self):
        vmail = self.two(**{"require-tls": "yes"})
        begun = time.monotonic()
        replies, capa = self.plain(vmail)
        self.assertLess(time.monotonic() - begun, 0.9)      # no failure that is delayed
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


if __name__ == "__main__":
    main()
