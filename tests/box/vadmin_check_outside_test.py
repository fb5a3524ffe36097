#!/usr/bin/python3
"""vadmin check looks at the domains as the world finds them, too; what each step says is
outside_dns_test.py's and outside_pop3_test.py's."""
from zones import *

HERE = "127.201.7.9"            # nobody listens there at port 110, 995


def answers(query, tcp):
    """All domains have the same host; nothing else is there."""
    asked, kind = question_of(query)
    if kind == MX:
        return answer(query, mx(f"mailhost.{asked}"))
    return answer(query, address(HERE)) if kind == A else answer(query, flags=0x8183)


class Outside(BoxTest):
    def setUp(self):
        self.vmail = self.installation()
        self.vmail.domain("a.test")
        self.server = Server(answers)
        self.addCleanup(self.server.stop)

    def check(self, *args):
        return self.vmail.run("vadmin", "check", "--resolver", self.server.where, *args)

    def finds(self, *args, status=1):
        got = self.check(*args)
        self.assertEqual((got.status, got.stderr), (status, ""), got)
        return [line.split("\t") for line in got.stdout.decode().splitlines()]

    def test_what_is_not_well_has_a_line_with_its_level(self):
        lines = self.finds()
        self.assertTrue(all(len(line) == 3 and line[0] == "a.test" for line in lines), lines)
        told = {line[2].split(":")[0]: line[1] for line in lines}
        self.assertEqual(told, {"ptr": "bad", "port": "bad", "pop3s": "warning", "spf": "warning", "dmarc": "warning"})

    def test_files_alone_ask_nobody(self):
        self.assertEqual(self.finds("--files", status=0), [])
        self.assertEqual(self.server.asked, [])

    def test_warnings_alone_are_no_failure(self):
        self.vmail.set(domain_from="login")
        lines = [line for line in self.finds() if line[1] == "bad"]
        self.assertEqual([line[2].split(":")[0] for line in lines], ["port"])
        self.server.says = lambda query, tcp: answers(query, tcp) if question_of(query)[1] == MX \
            else answer(query, address("255.255.255.255")) if question_of(query)[1] == A else answer(query, flags=0x8183)
        lines = self.finds(status=0)
        self.assertEqual({line[1] for line in lines}, {"warning"}, lines)

    def test_only_the_named_domains_are_looked_at(self):
        self.vmail.domain("b.test")
        self.assertEqual({line[0] for line in self.finds("b.test")}, {"b.test"})
        self.assertFalse(any("a.test" in asked for asked, *_ in self.server.asked))

    def test_aliases_of_domains_are_looked_at_and_one_fault_of_several_is_told_of_each(self):
        self.vmail.domain("b.test")
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.alias.test"))
        told = [line[0] for line in self.finds() if line[2].startswith("port: ")]
        self.assertEqual(told, ["a.test", "alias.test", "b.test"])

    def test_an_alias_that_leads_nowhere_is_not_looked_at(self):
        os.symlink("domain.gone.test", os.path.join(self.vmail.dir, "domain.alias.test"))
        told = [line for line in self.finds() if line[0] == "alias.test"]
        self.assertEqual([line[1] for line in told], ["bad"])

    def test_files_come_first(self):
        self.vmail.write("domain.a.test", "nonsense = 1\n")
        lines = self.finds()
        self.assertIn("domain.a.test:1: no setting is called 'nonsense'", lines[0][2])
        self.assertTrue(any(line[2].startswith("port: ") for line in lines), lines)

    def test_an_installation_that_cannot_be_read_asks_nobody(self):
        self.vmail.write("vmail.conf", "nonsense = 1\n")
        self.assertEqual([line[0] for line in self.finds()], ["installation"])
        self.assertEqual(self.server.asked, [])

    def test_selectors_can_be_given(self):
        lines = self.finds("--selector", "one,two")
        told = [line[2] for line in lines if line[2].startswith("dkim: ")]
        self.assertEqual(len(told), 1, lines)
        for selector in ("one", "two"):
            self.assertIn(f"{selector}: no key is published: {selector}._domainkey.a.test. IN TXT", told[0])

    def test_values_that_are_wrong_are_told(self):
        for args, words in ((("--selector", "a/b"), "--selector: 'a/b'"), (("--resolver", "ns.test"), "--resolver: 'ns.test'")):
            got = self.vmail.run("vadmin", "check", *args)
            self.assertEqual((got.status, words in got.stderr, got.stdout), (65, True, b""), got)

    def test_no_program_that_looks_links_a_tls_library(self):
        for name in ("vadmin", "checkvdomain", "testalldomain"):
            linked = run("/usr/bin/ldd", program(name)).stdout
            self.assertNotRegex(linked, rb"libssl|libcrypto\.")
        self.assertIn(b"libssl", run("/usr/bin/ldd", program("vcert")).stdout)

    def test_without_vcert_tls_is_not_looked_at_and_said_so(self):
        at = os.path.join(self.vmail.scratch, "programs")
        os.makedirs(at)
        shutil.copy(program("checkvdomain"), at)
        rows = rows_of(self.vmail.run(os.path.join(at, "checkvdomain"), "--resolver", self.server.where, "a.test"))
        self.assertEqual(rows["pop3s"][0], "warning")
        self.assertIn("TLS was not looked at: ", rows["pop3s"][1])


if __name__ == "__main__":
    main(beside=4)
