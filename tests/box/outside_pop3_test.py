#!/usr/bin/python3
"""outside_pop3_test.py: checkvdomain looks at ports 110 and 995: at vpop3d's, and at others'.

As root, because the ports are; the name server answers for each test's own address.
"""
from zones import *

D, HOST = "a.test", "mailhost.a.test"
CA = """[ca]
default_ca = x
[x]
database = {at}/index
new_certs_dir = {at}
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
"""


@functools.cache
def certificate_between(host, start, end):
    """One that is valid between two days (YYMMDD), self-signed, with its key."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as at:
        for file, text in (("conf", CA.format(at=at)), ("index", ""), ("names", f"subjectAltName=DNS:{host}\n")):
            with open(f"{at}/{file}", "w") as f:
                f.write(text)
        for words in (f"req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN={host}"
                      f" -keyout {at}/key -out {at}/request",
                      f"ca -batch -config {at}/conf -selfsign -keyfile {at}/key -in {at}/request -extfile {at}/names"
                      f" -startdate {start}000000Z -enddate {end}000000Z -out {at}/cert"):
            got = run("/usr/bin/openssl", *words.split())
            assert got.status == 0, got
        with open(f"{at}/cert") as cert, open(f"{at}/key") as key:
            return cert.read() + key.read()


def trust(pem):
    """From now on this machine trusts that certificate, and no other."""
    if not os.path.ismount("/etc/ssl/certs"):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "vmail", "/etc/ssl/certs"], check=True)
    name = run("/usr/bin/openssl", "x509", "-hash", "-noout", input=pem.encode()).stdout.decode().strip()
    with open(f"/etc/ssl/certs/{name}.0", "w") as f:
        f.write(pem[:pem.index("-----BEGIN PRIVATE")])


@needs_root
class AtItsPorts(BoxTest):
    def setUp(self):
        self.vmail = self.installation()
        self.vmail.domain(D, passwords={"joe": "secret"})
        self.vmail.domain("b.test")
        self.address = fresh_address()
        self.vmail.write("addresses", f"{self.address} {D}\n")

    def dns(self, *addresses):
        def says(query, tcp):
            asked, kind = question_of(query)
            known = {(D, MX): [mx(HOST)], (D, TXT): [txt(b"v=spf1 mx -all")],
                     (HOST, A): [address(a) for a in addresses],
                     (f"_dmarc.{D}", TXT): [txt(b"v=DMARC1; p=none")]}
            known.update({(reverse(a)[:-1], PTR): [record(PTR, name(HOST))] for a in addresses})
            return answer(query, *known[asked, kind]) if (asked, kind) in known else answer(query, flags=0x8183)
        self.names = Server(says)
        self.addCleanup(self.names.stop)
        return self.names.where

    def serve(self, *args, port=110, address=None):
        where = (address or self.address, port)
        process = self.vmail.start("vpop3d", "--listen", "%s:%d" % where, *args, stdin=subprocess.DEVNULL)
        eventually(lambda: process.popen.poll() is not None or connects(where), "a connection")
        self.assertIsNone(process.popen.poll(), process.errors)

    def certify(self, pem):
        self.vmail.write("tls.pem", pem, 0o600)
        self.vmail.set(tls_certificate="tls.pem")

    def other(self, *said, port=110):
        """Somebody else's server: to each connection it says the first thing at once, each other one when it
        was told something (or what a function makes of that), and then ends it; nothing at all, and it waits for ever."""
        listener = socket.create_server((self.address, port))
        self.addCleanup(listener.close)
        kept = []

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    client = listener.accept()[0]
                    kept.append(client)
                    for i, text in enumerate(said):
                        told = client.recv(4096) if i > 0 else b""
                        client.sendall(text(told) if callable(text) else text)
                    if said:
                        shut(client)
        threading.Thread(target=serve, daemon=True).start()

    def check(self, *addresses, status=None):
        got = self.vmail.run("checkvdomain", "--resolver", self.dns(*(addresses or (self.address,))), D)
        if status is not None:
            self.assertEqual(got.status, status, got)
        return rows_of(got)

    def says(self, rows, step, level, *words):
        self.assertEqual(rows[step][0], level, rows)
        for word in words:
            self.assertIn(word, rows[step][1])

    def test_a_domain_whose_all_is_well_has_nothing_but_ok(self):
        pem = certificate(HOST, days=200)
        trust(pem)
        self.certify(pem)
        self.serve()
        self.serve("--tls", port=995)
        rows = self.check(status=0)
        self.assertEqual({level for level, _ in rows.values()}, {"ok", "none"}, rows)
        self.says(rows, "port", "ok", f"{self.address} answers")
        self.says(rows, "greeting", "ok", f"{self.address}: Virtual {D}")
        for step in ("stls", "pop3s"):
            self.says(rows, step, "ok", f"{self.address}: TLSv1.3, for {HOST} until 20")

    def test_a_greeting_for_another_domain_is_bad(self):
        self.vmail.write("addresses", f"{self.address} b.test\n")
        self.serve()
        self.says(self.check(status=1), "greeting", "bad", "says '+OK Virtual b.test POP3 Server (Version 0.1) ready.'",
                  f"not 'Virtual {D}'", f"write '{self.address} {D}' into the file addresses")

    def test_a_greeting_is_for_the_domain_that_it_names(self):
        for said, level in ((b"+OK Virtual a.test ready", "ok"), (b"+OK Virtual a.test", "ok"),
                            (b"+OK Virtual a.test.b.test POP3 Server", "bad"), (b"+OK Virtual ", "bad")):
            with self.subTest(said):
                self.address = fresh_address()
                self.other(said + b"\r\n")
                self.says(self.check(), "greeting", level)

    def test_a_greeting_without_a_domain_is_bad_unless_logins_tell_it(self):
        self.vmail.write("addresses", "")
        self.serve()
        self.says(self.check(status=1), "greeting", "bad", "says '+OK host.main.test POP3 Server")
        self.vmail.set(domain_from="login")
        self.says(self.check(status=0), "greeting", "warning", "says '+OK host.main.test POP3 Server")

    def test_without_a_certificate_there_are_warnings(self):
        self.serve()
        rows = self.check(status=0)
        self.says(rows, "stls", "warning", f"{self.address} does not offer STLS", "set tls-certificate")
        self.says(rows, "pop3s", "warning", "port 995 gives no TLS", "start vpop3d --tls there")

    def test_what_is_wrong_with_a_certificate(self):
        self.serve()
        self.serve("--tls", port=995)
        for what, pem, level, words in (
                ("nobody trusts it", certificate(HOST, days=60), "warning", ["clients will not trust", "self-signed"]),
                ("another name", certificate("mail.b.test", "b.test"), "bad",
                 [f"is for mail.b.test b.test, not for {HOST}: get one for {HOST}", f"domain.{D}"]),
                ("soon over", certificate(HOST, days=5), "warning", ["its certificate expires on ", "renew it"]),
                ("expired", certificate_between(HOST, "200101", "200201"), "bad", ["has expired on 2020-02-01"]),
                ("not yet", certificate_between(HOST, "480101", "480201"), "bad", ["begins on 2048-01-01 only"]),
                ("a star", certificate("*.a.test", days=60), "warning", ["clients will not trust"])):
            with self.subTest(what):
                self.certify(pem)
                rows = self.check(status=1 if level == "bad" else 0)
                self.says(rows, "stls", level, *words)
                self.says(rows, "pop3s", level, *words)

    def test_a_second_address_with_the_same_fault_is_not_told_as_one_that_is_well(self):
        self.serve("--tls", port=995)
        second = fresh_address()
        self.serve("--tls", port=995, address=second)
        self.certify(certificate_between(HOST, "200101", "200201"))
        rows = self.check(self.address, second, status=1)
        self.says(rows, "pop3s", "bad", f"{self.address}: its certificate has expired", f"{second}: its certificate has")
        self.assertNotIn(f"for {HOST} until", rows["pop3s"][1])
        self.assertNotIn("will not trust", rows["pop3s"][1])

    def test_a_certificate_that_cannot_be_used_is_bad(self):
        self.certify("no certificate")
        self.serve("--tls", port=995)
        self.says(self.check(status=1), "pop3s", "bad", "no TLS comes about", "see tls-certificate and tls-key")

    def test_each_address_is_looked_at(self):
        self.serve()
        second = fresh_address()
        rows = self.check(self.address, second, status=1)
        self.says(rows, "port", "bad", f"{self.address} answers; {second}:110: Connection refused")
        self.says(rows, "ptr", "ok", f"{self.address} is {HOST}; {second} is {HOST}")
        self.says(rows, "greeting", "ok", f"{self.address}: Virtual {D}")

    def test_somebody_elses_server_is_told_by_what_it_says(self):
        self.other(b"220 mail \x1b[2J\0 ESMTP\r\n")
        self.says(self.check(status=1), "port", "bad", "says '220 mail \\x1b[2J? ESMTP', as no POP3 server does")

    def test_a_server_that_takes_its_time_takes_none_from_the_dns(self):
        listener = socket.create_server((self.address, 110))
        self.addCleanup(listener.close)
        before = []

        def serve():
            with contextlib.suppress(OSError), listener.accept()[0]:
                before.extend(self.names.asked)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.check()
        thread.join(DEADLINE)
        self.assertIn((f"_dmarc.{D}", TXT, False), before)
        self.assertEqual(before, self.names.asked)

    def test_a_greeting_without_an_end_is_none(self):
        self.other(b"+OK " + b"x" * 100000)
        self.says(self.check(status=1), "port", "bad", "takes connections and says nothing", "ends early")

    def test_a_server_that_ends_at_once_is_told(self):
        self.other(b"")
        self.says(self.check(status=1), "port", "bad", "the connection ends early")

    def test_a_server_that_says_nothing_is_told_after_some_seconds(self):
        self.other()
        self.says(self.check(status=1), "port", "bad", "takes connections and says nothing")

    def test_plain_text_at_port_995_is_no_tls(self):
        self.serve()
        self.other(b"+OK ready\r\n", port=995)
        self.says(self.check(status=1), "pop3s", "bad", "no TLS comes about: ")

    def test_who_offers_stls_and_has_none_is_told(self):
        self.other(b"+OK Virtual a.test POP3 Server ready\r\n", b"+OK\r\nSTLS\r\n.\r\n")
        self.says(self.check(), "stls", "bad", "no TLS comes about")

    def test_who_offers_stls_and_refuses_it_is_told(self):
        self.other(b"+OK Virtual a.test POP3 Server ready\r\n",
                   lambda told: b"+OK\r\nSTLS\r\n.\r\n" if told.startswith(b"CAPA") else b"-ERR no certificate\r\n")
        self.says(self.check(status=1), "stls", "bad", "no TLS comes about: it says -ERR no certificate: see"
                  " tls-certificate and tls-key")

    def test_the_looking_is_done_by_nobody(self):
        self.serve()
        done = run("/usr/bin/strace", "-f", "-qq", "-e", "trace=setresuid,sendto,connect,execve", program("checkvdomain"),
                   "-C", self.vmail.dir, "--resolver", self.dns(self.address), D)
        lines = done.stderr.splitlines()
        met = {line.split()[1].rstrip("]") for line in lines if "sin_port" in line}
        became = {line.split()[1].rstrip("]") for line in lines if "setresuid(65534, 65534, 65534) = 0" in line}
        self.assertTrue(became, done)
        first = next(i for i, line in enumerate(lines) if "setresuid" in line)
        self.assertFalse(any("sin_port" in line for line in lines[:first]), done)
        self.assertLessEqual(len(met - became), 1, done)        # vcert, which the looker starts


if __name__ == "__main__":
    main(beside=4)
