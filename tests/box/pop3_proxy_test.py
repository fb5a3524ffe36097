#!/usr/bin/python3
"""pop3_proxy_test.py: a proxy in front of us, whose PROXY header is believed (proxy-from)."""
import contextlib

from pop3 import *

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
ONE = b"Subject: one\n\nfirst\n"
FAR = "192.0.2.7"


def header(peer=None, local="192.0.2.1", command=b"\x21", more=b"", family=None):
    """For a client at peer that has reached local; without peer for the proxy itself."""
    if peer is None:
        return SIGNATURE + b"\x20\0\0\0"
    kind = socket.AF_INET6 if ":" in peer else socket.AF_INET
    told = socket.inet_pton(kind, peer) + socket.inet_pton(kind, local) + b"\x30\x39\0\x6e" + more
    family = family or (b"\x21" if kind == socket.AF_INET6 else b"\x11")
    return SIGNATURE + command + family + len(told).to_bytes(2, "big") + told


class Proxy(Pop3Test):
    def proxied(self, settings=None, domain=None, **more):
        return self.box(mbox=mbox(ONE), settings={"proxy-from": "127.0.0.0/8 2001:db8::/32", **(settings or {})},
                        domain=domain, **more)

    def log_of(self, vmail, sent, *args, login="joe@a.test"):
        """The log of a session behind such a header."""
        pop = vmail.pop3(*args)
        pop.send(sent)
        self.assertRegex(pop.login(login, PASSWORD), r"^\+OK")
        return self.quit(pop)


class Believed(Proxy):
    def test_the_client_is_whom_the_header_names(self):
        vmail = self.proxied()
        for sent, peer in ((header(FAR), FAR), (header("2001:db8::7", "2001:db8::1"), "2001:db8::7"),
                           (header("::ffff:192.0.2.8", "::ffff:192.0.2.1"), "192.0.2.8"),
                           (header(FAR, more=b"\x04\0\x03abc" * 50), FAR)):
            self.assertRegex(self.log_of(vmail, sent),
                             f"session account=joe peer={peer} domain=a.test found=login proxy=127.0.0.1 retrieved=0")

    def test_a_proxy_that_speaks_for_itself_is_the_client(self):
        vmail = self.proxied()
        for sent in (header(), header(FAR, command=b"\x20"), header(FAR, family=b"\0"), header(FAR, family=b"\x31")):
            self.assertIn("peer=127.0.0.1 domain=a.test found=login proxy=127.0.0.1 ", self.log_of(vmail, sent))

    def test_the_address_that_was_reached_is_the_headers(self):
        vmail = self.proxied()
        vmail.write("addresses", "192.0.2.1 a.test\n2001:db8::1 a.test\n")
        for sent in (header(FAR), header("2001:db8::7", "2001:db8::1"), header("::ffff:192.0.2.8", "::ffff:192.0.2.1")):
            pop = vmail.pop3()
            pop.send(sent)
            self.assertEqual(pop.line(), "+OK Virtual a.test POP3 Server (Version 0.1) ready.")
            pop.ask("USER joe")
            self.assertRegex(pop.ask(f"PASS {PASSWORD}"), r"^\+OK")
            self.assertIn("found=address proxy=", self.quit(pop))

    def test_byte_by_byte_is_as_good_as_all_at_once(self):
        vmail = self.proxied()
        script = header(FAR, more=b"x" * 100) + f"USER joe@a.test\r\nPASS {PASSWORD}\r\nRETR 1\r\nQUIT\r\n".encode()
        answers = []
        for step in (len(script), 1):
            pop = vmail.pop3()
            pop.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(0, len(script), step):
                pop.send(script[i:i + step])
            answers.append(pop.rest())
            self.ended(pop)
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0].count(b"+OK"), 5)

    def test_it_comes_before_tls(self):
        vmail = self.proxied(settings={"tls-certificate": "host.pem"})
        vmail.write("host.pem", certificate("host.main.test"), 0o600)
        pop = vmail.pop3("--tls")
        pop.send(header(FAR))
        wrap(pop)
        self.assertRegex(pop.login("joe@a.test", PASSWORD), r"^\+OK")
        self.assertRegex(self.quit(pop), f"session account=joe peer={FAR} .* tls=TLSv1")

    def test_who_is_behind_it_is_not_on_this_machine(self):
        vmail = self.proxied(settings={"tls-certificate": "host.pem"})
        vmail.write("host.pem", certificate("host.main.test"), 0o600)
        for sent, reply in ((header(FAR), r"^-ERR \[SYS/PERM\] .*TLS"), (header(), r"^\+OK")):
            pop = vmail.pop3()
            pop.send(sent)
            self.assertRegex(pop.login("joe@a.test", PASSWORD), reply)

    @timed
    def test_failed_logins_are_the_clients(self):
        vmail = self.proxied()
        clients = []
        for peer in ("192.0.2.7", "192.0.2.8", "192.0.2.9"):
            pop = vmail.pop3(remember=True)
            pop.send(header(peer))
            pop.line()
            pop.ask(f"USER {peer}@a.test")
            clients.append(pop)
        begun = time.monotonic()
        for pop in clients:
            pop.send(b"PASS wrong\r\n")
        for pop in clients:
            self.assertRegex(pop.line(), r"^-ERR \[AUTH\]")
        self.assert_took(time.monotonic() - begun, 1, 0.9)

    def test_a_native_pop3d_finds_what_comes_behind_it(self):
        vmail = self.proxied()
        vmail.write("addresses", "192.0.2.1 main.test\n")
        pop = vmail.pop3("/bin/cat")
        pop.send(header(FAR) + b"hello\r\n")
        self.assertEqual(pop.line(), "hello")
        pop.shut()
        self.assertEqual(pop.rest(), b"")


class Refused(Proxy):
    def test_what_is_no_header_ends_the_connection_without_a_word(self):
        vmail = self.proxied()
        cases = {b"USER joe@a.test\r\nQUIT\r\n": "no PROXY header of version 2",
                 b"PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n": "no PROXY header of version 2",
                 header(FAR, command=b"\x31"): "PROXY version and command 0x31",
                 SIGNATURE + b"\x21\x11\0\x04abcd": "a PROXY header without whole addresses",
                 SIGNATURE + b"\x21\x11\xff\xff": "a PROXY header of 65551 bytes",
                 b"": "no PROXY header", header(FAR)[:20]: "no whole PROXY header"}
        for sent, reason in cases.items():
            pop = vmail.pop3()
            pop.send(sent)
            pop.shut()
            said = b""
            with contextlib.suppress(ConnectionResetError):
                said = pop.rest()
            self.assertEqual(said, b"", sent)
            self.assertRegex(self.ended(pop), f'proxy-failed proxy=127.0.0.1 reason="?{reason}"?\n$')

    def test_nobody_elses_header_is_believed(self):
        vmail = self.box(settings={"proxy-from": "192.0.2.0/24"})
        pop = vmail.pop3()
        self.assertRegex(pop.line(), "ready")
        pop.send(header(FAR) + b"\r\n")
        self.assertRegex(pop.line(), "^-ERR")

    def test_what_is_no_address_is_told_with_file_and_line(self):
        vmail = self.box(settings={"proxy-from": "proxy.test"})
        pop = vmail.pop3()
        self.assertRegex(pop.line(), r"^-ERR \[SYS/TEMP\]")
        self.assertRegex(vmail.run("vadmin", "check", "--files").stdout.decode(),
                         r"vmail\.conf:\d+: proxy-from: 'proxy\.test' is no address")

    def test_a_proxy_may_have_more_connections_than_one_peer(self):
        vmail = self.proxied(settings={"max-connections-per-peer": "1"})
        _, where = vmail.listen("vpop3d")
        clients = [Pop3(where) for _ in range(3)]
        for pop in clients:
            self.addCleanup(pop.close)
            pop.send(header(FAR))
        for pop in clients:
            self.assertRegex(pop.line(), r"^\+OK")


if __name__ == "__main__":
    main()
