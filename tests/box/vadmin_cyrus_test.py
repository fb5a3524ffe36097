#!/usr/bin/python3
"""What administrators of virtual domains know from Cyrus, as acceptance tests of vadmin.

Global and domain administrators, qualified names and cyradm's spellings, patterns, refusal across
domains, the default domain.
"""
from harness import *

GOOD = b"kermit sings 7\n"


class Cyrus(BoxTest):
    def setUp(self):
        self.vmail = self.installation({"main-domain": "internal.test"})
        for name in ("internal.test", "example.test", "example.net"):
            self.ok("domain", "add", name)
        for name in ("example.test", "example.net"):
            self.vmail.domain(name, {"co-administration": "yes"}, accounts=["joe", "jane", "max"])
        self.vmail.domain("internal.test", accounts=["joe", "root1"])
        self.ok("admin", "add", "cyrus", "--password-stdin", input=GOOD)

    def v(self, *args, **more):
        return self.vmail.run("vadmin", *args, **more)

    def ok(self, *args, **more):
        got = self.v(*args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def listed(self, who, *args):
        return [line.split("\t")[0] for line in self.ok("--as", who, *args).stdout.decode().splitlines()]

    def refused(self, who, *args, **more):
        got = self.v("--as", who, *args, **more)
        self.assertEqual((got.status, got.stdout), (77, b""), got)
        return got.stderr

    def account(self, who, name):
        return self.ok("--as", who, "user", "show", name).stdout.decode().splitlines()[0].split("\t")[1]


class Administrators(Cyrus):
    def test_a_global_administrator_has_an_unqualified_name_and_acts_in_every_domain(self):
        for name in ("internal.test", "example.test", "example.net"):
            self.ok("--as", "cyrus", "user", "add", f"new@{name}", "--password-stdin", input=GOOD)
            self.ok("--as", "cyrus", "user", "delete", f"joe@{name}")
            self.ok("--as", "cyrus", "domain", "set", name, "inbox-limit=1000")

    def test_a_domain_administrator_has_a_qualified_name_and_acts_in_his_domain(self):
        self.ok("--as", "admin@example.test", "user", "add", "new@example.test", "--password-stdin", input=GOOD)
        self.ok("--as", "admin@example.test", "user", "quota", "new@example.test", "1000")
        self.ok("--as", "admin@example.test", "user", "passwd", "new@example.test", "--password-stdin",
                input=b"other 77 x and so on\n")
        self.ok("--as", "admin@example.test", "alias", "add", "sales@example.test", "new", "joe")
        self.ok("--as", "admin@example.test", "user", "delete", "new@example.test")

    def test_the_same_name_in_two_domains_is_two_administrators(self):
        self.assertEqual(self.listed("admin@example.test", "domain", "list"), ["example.test"])
        self.assertEqual(self.listed("admin@example.net", "domain", "list"), ["example.net"])
        self.ok("admin", "delete", "admin", "example.net")
        self.assertEqual(self.v("--as", "admin@example.net", "domain", "list").status, 77)
        self.ok("--as", "admin@example.test", "domain", "list")

    def test_a_domain_administrator_changes_no_domain_and_no_administrator(self):
        for args in (("domain", "set", "example.test", "max-users=0"), ("domain", "lock", "example.test"),
                     ("domain", "alias", "example.test", "more.test"), ("domain", "add", "more.test"),
                     ("admin", "add", "friend", "example.test"), ("admin", "delete", "admin", "example.test"),
                     ("admin", "passwd", "admin", "example.test"), ("admin", "list", "example.test"),
                     ("admin", "add", "friend"), ("check",)):
            with self.subTest(args):
                self.refused("admin@example.test", *args)

    def test_an_administrator_without_a_domain_is_no_domains_and_the_other_way_round(self):
        for who in ("cyrus@example.test", "admin", "admin@internal.test"):
            self.refused(who, "user", "list")


class Names(Cyrus):
    def test_a_qualified_name_is_one_account_of_one_domain(self):
        for name in ("joe@example.test", "joe@example.net", "joe@internal.test"):
            self.assertEqual(self.account("cyrus", name), name)

    def test_cyradms_spellings_are_read_for_every_principal(self):
        for who in ("cyrus", "admin@example.test", "user/joe@example.test"):
            for name in ("user/joe@example.test", "user.joe@example.test", "joe@EXAMPLE.test"):
                self.assertEqual(self.account(who, name), "joe@example.test")

    def test_an_unqualified_name_is_in_the_main_domain_for_a_global_administrator(self):
        self.assertEqual(self.account("cyrus", "joe"), "joe@internal.test")
        self.ok("--as", "cyrus", "user", "add", "fresh", "--password-stdin", input=GOOD)
        self.assertIn(b"\nfresh:", self.vmail.read("passwd.internal.test"))

    def test_an_unqualified_name_is_in_ones_own_domain_for_all_others(self):
        self.assertEqual(self.account("admin@example.net", "joe"), "joe@example.net")
        self.assertEqual(self.account("user/max@example.net", "max"), "max@example.net")
        self.ok("--as", "admin@example.net", "user", "add", "fresh", "--password-stdin", input=GOOD)
        self.ok("--as", "admin@example.net", "alias", "add", "list", "fresh")
        self.assertIn(b"\nfresh:", self.vmail.read("passwd.example.net"))
        self.assertIn(b"list: fresh\n", self.vmail.read("aliases.example.net"))
        self.assertIn("mailbox fresh@example.net", self.ok("--as", "admin@example.net", "explain",
                                                           "fresh").stdout.decode())

    def test_who_has_two_domains_says_which(self):
        for name in ("example.test", "example.net"):
            self.ok("domain", "set", name, "admins=carla")
        self.assertEqual(self.account("carla", "joe@example.net"), "joe@example.net")
        got = self.v("--as", "carla", "user", "show", "joe")
        self.assertEqual((got.status, "say NAME@DOMAIN" in got.stderr), (65, True), got)
        self.ok("--as", "carla", "user", "grant", "joe@example.net", "max", "retrieve")


class Patterns(Cyrus):
    def test_a_global_administrator_lists_all_domains_or_those_of_a_pattern(self):
        self.assertEqual(len(self.listed("cyrus", "user", "list")), 8)
        self.assertEqual(self.listed("cyrus", "user", "list", "j*@example.*"),
                         ["joe@example.net", "jane@example.net", "joe@example.test", "jane@example.test"])

    def test_a_pattern_shows_a_domain_administrator_his_own_alone(self):
        own = ["joe@example.test", "jane@example.test", "max@example.test"]
        for pattern in ((), ("*",), ("*@*",), ("*@example.*",), ("example.test",), ("*@example.test",)):
            self.assertEqual(self.listed("admin@example.test", "user", "list", *pattern), own, pattern)
        for pattern in ("*@example.net", "joe@example.net", "joe@nowhere.test", "*.net"):
            self.assertEqual(self.listed("admin@example.test", "user", "list", pattern), [], pattern)
        self.assertEqual(self.listed("admin@example.test", "domain", "list", "*"), ["example.test"])
        self.assertEqual(self.listed("admin@example.test", "domain", "list", "example.net"), [])
        self.assertEqual(self.listed("admin@example.test", "user", "search", "joe"), ["joe@example.test"])

    def test_a_domain_alias_is_shown_to_whom_its_domain_is(self):
        self.ok("domain", "alias", "example.net", "other.test")
        self.assertEqual(self.listed("admin@example.test", "domain", "list"), ["example.test"])
        self.assertEqual(self.listed("admin@example.net", "domain", "list"), ["example.net", "other.test"])
        self.assertEqual(self.account("admin@example.net", "joe@other.test"), "joe@example.net")


class AcrossDomains(Cyrus):
    def test_every_change_in_another_domain_is_refused(self):
        for args in (("user", "add", "x@example.net", "--password-stdin"), ("user", "delete", "joe@example.net"),
                     ("user", "set", "joe@example.net", "name=x"), ("user", "passwd", "joe@example.net", "--password-stdin"),
                     ("user", "grant", "joe@example.test", "joe@example.net", "all"),
                     ("user", "forward", "joe@example.net", "x@far.test"), ("user", "lock", "joe@example.net"),
                     ("alias", "add", "x@example.net", "joe"), ("auto", "set", "x@example.net", "-"),
                     ("user", "restore", "x@example.net"), ("user", "quota", "joe@internal.test", "none")):
            with self.subTest(args):
                self.refused("admin@example.test", *args, input=GOOD)

    def test_another_domain_and_one_that_is_not_there_are_refused_in_the_same_words(self):
        for args in (("user", "list"), ("alias", "list"), ("domain", "show"), ("auto", "list")):
            there = self.refused("admin@example.test", *args, "example.net")
            absent = self.refused("admin@example.test", *args, "example.org")
            self.assertEqual(there.replace("example.net", "example.org"), absent)

    def test_an_account_is_refused_everybody_elses_in_the_same_words(self):
        said = {self.refused("user/joe@example.test", "user", "show", name).replace(name, "X")
                for name in ("jane@example.test", "nobody@example.test", "joe@example.net", "joe@example.org", "jane")}
        self.assertEqual(len(said), 1, said)


if __name__ == "__main__":
    main()
