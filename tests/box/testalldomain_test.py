#!/usr/bin/python3
"""testalldomain_test.py: all domains of our own, or of a name server's configuration, at once."""
import pty

from zones import *

HERE = "127.201.7.9"            # nobody listens there at port 110, 995


def zone(domain):
    """Bad, because nobody is at port 110."""
    return f"{domain}. MX 10 mailhost.{domain}.\nmailhost.{domain}. A {HERE}\n"


NAMED_CONF_TEXT = """// comments of three kinds: zone "no1.test" { type master; };
# zone "no2.test" { type master; };
/* zone "no3.test" { type master; };
 */
options { directory "%(at)s"; allow-transfer { 127.0.0.1; { !10.0.0.0/8; }; }; };
acl "x" { 10.0.0.0/8; };
logging { channel c { file "log" versions 3; severity info; }; };
zone "." { type hint; file "root.hints"; };
zone "127.in-addr.arpa" { type master; file "db.127"; };
zone "8.b.d.0.1.0.0.2.ip6.arpa" IN { type primary; };
zone "localhost" { type master; file "db.local"; };
zone "a.test" { type master; file "a"; };   // "}"
zone B.Test. in { file "b"; type slave; masters { 127.0.0.1 port 5353; }; };
zone "ch.test" CH { type master; };
zone "stub.test" { type stub; masters { 127.0.0.1; }; }; zone "f.test" { type forward; };
include "more.conf";
view "inside" { match-clients { 10.0.0.0/8; };
    zone "a.test" { type primary; };
    zone "inside.test" { type secondary; primaries { 127.0.0.1; }; };
    include "%(at)s/views/*.conf";
};
view outside IN { zone "out.test" { type/**/primary; }; zone "x.test" { in-view "inside"; }; };
"""
NAMED_BOOT_TEXT = """; a comment
directory   %(at)s
cache       .                       root.hints
primary     0.0.127.in-addr.arpa    db.127
primary     a.test                  a       ; zone
secondary/IN b.test 192.0.2.1       b
stub        stub.test 192.0.2.1     s
slave
forwarders  192.0.2.1
include     more.boot
"""


class All(BoxTest):
    def setUp(self):
        self.vmail = self.installation()

    def names(self, says=lambda query, tcp: answer(query, flags=0x8183)):
        server = Server(says)
        self.addCleanup(server.stop)
        return server

    def all(self, *args, where=None):
        got = self.vmail.run("testalldomain", "--resolver", where or self.names().where, *args)
        return got, [line.split("\t") for line in got.stdout.decode().splitlines()]

    def looked_at(self, *args, status=1):
        got, lines = self.all(*args)
        self.assertEqual(got.status, status, got)
        return list(dict.fromkeys(line[0] for line in lines))

    def test_all_domains_of_our_own_are_looked_at_with_a_summary(self):
        for domain in ("b.test", "a.test"):
            self.vmail.domain(domain)
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.alias.test"))
        self.assertEqual(self.looked_at(), ["a.test", "alias.test", "b.test"])
        got, lines = self.all()
        self.assertIn("testalldomain: 3 domains: 0 good, 0 with warnings, 3 bad\n", got.stderr)
        self.assertIn(["a.test", "mx", "bad"], [line[:3] for line in lines])
        self.assertTrue(all(len(line) == 4 for line in lines), lines)

    def test_no_domain_is_no_fault(self):
        got, lines = self.all()
        self.assertEqual((got.status, lines), (0, []))
        self.assertIn("0 domains", got.stderr)

    @needs_root
    def test_good_domains_have_one_line_and_warnings_are_no_failure(self):
        at = fresh_address()
        self.vmail.domain("a.test")
        self.vmail.domain("b.test")
        self.vmail.set(domain_from="login", tls_certificate="tls.pem")
        self.vmail.write("tls.pem", certificate("mailhost.a.test", "mailhost.b.test"), 0o600)
        for port, *args in ((110,), (995, "--tls")):
            self.vmail.start("vpop3d", "--listen", f"{at}:{port}", *args, stdin=subprocess.DEVNULL)
            eventually(lambda port=port: connects((at, port)), "a connection")

        def says(query, tcp):
            asked, kind = question_of(query)
            if kind == MX:
                return answer(query, mx(f"mailhost.{asked}"))
            return answer(query, address(at)) if kind == A else answer(query, flags=0x8183)
        got, lines = self.all(where=self.names(says).where)
        self.assertEqual(got.status, 0, got)
        self.assertIn("2 domains: 0 good, 2 with warnings, 0 bad", got.stderr)
        self.assertIn(["a.test", "ptr", "warning"], [line[:3] for line in lines])

    def test_zones_of_bind_8_and_9_are_looked_at_in_the_order_of_the_file(self):
        at = os.path.join(self.vmail.scratch, "bind")
        os.makedirs(f"{at}/views")
        for name, text in (("named.conf", NAMED_CONF_TEXT % {"at": at}),
                           ("more.conf", 'zone "more.test" { type master; };\n'),
                           ("views/1.conf", 'zone "v1.test" { type master; };\n'),
                           ("views/2.conf", 'zone "v2.test" { type slave; };')):
            with open(f"{at}/{name}", "w") as f:
                f.write(text)
        self.assertEqual(self.looked_at(f"{at}/named.conf"),
                         ["a.test", "b.test", "more.test", "inside.test", "v1.test", "v2.test", "out.test"])

    def test_zones_of_bind_4_are_looked_at(self):
        at = os.path.join(self.vmail.scratch, "bind")
        os.makedirs(at)
        for name, text in (("named.boot", NAMED_BOOT_TEXT % {"at": at}), ("more.boot", "primary more.test m\n")):
            with open(f"{at}/{name}", "w") as f:
                f.write(text)
        self.assertEqual(self.looked_at(f"{at}/named.boot"), ["a.test", "b.test", "more.test"])

    def test_a_file_that_cannot_be_read_is_told(self):
        got, _ = self.all("/nonexistent/named.conf")
        self.assertEqual((got.status, "/nonexistent/named.conf" in got.stderr), (66, True), got)
        for text, words in (('zone "a.test" { type master;', ":1: it ends within a statement"),
                            ("\n/* open", ":2: a comment or a quoted word has no end"),
                            ("options { };\n}\n", ":2: a '}' or ';' is where none can be"),
                            (f'include "{self.vmail.dir}/named.conf";', "16 files include one another")):
            path = self.vmail.write("named.conf", text)
            got, _ = self.all(path)
            self.assertEqual((got.status, words in got.stderr), (65, True), got)

    def test_a_zone_that_can_be_no_domain_is_told_and_passed_over(self):
        path = self.vmail.write("named.conf", '\nzone "a b\x1b.test" { type master; }; zone "c.test" { type master; };')
        got, lines = self.all(path)
        self.assertEqual({line[0] for line in lines}, {"c.test"})
        self.assertIn(f"testalldomain: {path}:2: the zone 'a b\\x1b.test' is left out: not a domain name\n", got.stderr)

    def test_eight_domains_are_looked_at_at_once_and_no_more(self):
        for n in range(20):
            self.vmail.domain(f"d{n}.test")
        first, at_first = set(), []

        def says(query, tcp):
            """Nobody gets an answer before eight have asked; each asks again after a while."""
            asked, kind = question_of(query)
            if kind == MX:
                first.add(asked)
            if len(first) < 8:
                return None
            at_first.append(len(first))
            return answer(query, flags=0x8183)
        got, lines = self.all(where=self.names(says).where)
        self.assertEqual((at_first[0], len(first)), (8, 20), got)
        self.assertIn("20 domains: 0 good, 0 with warnings, 20 bad", got.stderr)

    def test_a_terminal_sees_how_far_it_is(self):
        self.vmail.domain("a.test")
        self.vmail.domain("b.test")
        master, slave = pty.openpty()
        done = subprocess.run([program("testalldomain"), "-C", self.vmail.dir, "--resolver", self.names().where],
                              stdout=slave, stderr=slave, stdin=subprocess.DEVNULL, env=environment(), timeout=DEADLINE)
        os.close(slave)
        said = rest_of(master).decode()
        os.close(master)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(said, r"\r1 of 2 domains \r +\r\r?\n?DOMAIN +STEP +RESULT +WHAT\r\n")
        self.assertIn("a.test  mx ", said)

    def test_a_call_that_is_wrong_is_told(self):
        for args, status, words in ((("a", "b"), 64, "usage: testalldomain"), (("-x",), 64, "not an option")):
            got = self.vmail.run("testalldomain", *args)
            self.assertEqual((got.status, words in got.stderr), (status, True), got)

    def test_an_installation_that_cannot_be_read_is_told(self):
        self.vmail.write("vmail.conf", "nonsense\n")
        got, lines = self.all()
        self.assertEqual((got.status, lines, "vmail.conf:1" in got.stderr), (65, [], True), got)


if __name__ == "__main__":
    main(beside=4)
