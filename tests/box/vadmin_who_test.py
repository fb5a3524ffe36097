#!/usr/bin/python3
"""vadmin explain --who: all addresses that reach an account, and none that does not.

VMAIL_WHO=N: so many random installations.
"""
import random

from harness import *

INSTALLATIONS = int(os.environ.get("VMAIL_WHO", fewer(6)))


class Who(BoxTest):
    def setUp(self):
        self.vmail = self.installation()
        self.vmail.domain("main.test", accounts=["boss"], aliases="postmaster: boss\n")
        self.vmail.domain("a.test", {"match-full-name": "yes"}, accounts=["joe", "ann"])
        self.vmail.domain("b.test", accounts=["bob", "joe"])

    def who(self, account="joe@a.test", notes=""):
        got = self.vmail.run("vadmin", "explain", "--who", account)
        self.assertEqual(got.status, 0, got)
        if notes:
            self.assertRegex(got.stderr, notes)
        else:
            self.assertEqual(got.stderr, "")
        rows = [line.split("\t") for line in got.stdout.decode().splitlines()]
        return {row[0]: (row[1], row[2].replace(self.vmail.dir + "/", "").replace(self.vmail.spool, "SPOOL"))
                for row in rows}

    def reach(self, *addresses, **more):
        self.assertEqual(sorted(self.who(**more)), sorted(addresses))


class Ways(Who):
    def test_the_login_its_extensions_and_the_full_name(self):
        self.assertEqual(self.who(), {
            "joe@a.test": ("account", "passwd.a.test:1"), "joe.test@a.test": ("full name", "passwd.a.test:1"),
            "joe+*@a.test": ("any extension, as each account and alias has", "passwd.a.test:1")})

    def test_aliases_of_all_domains_and_files_with_the_way(self):
        self.vmail.write("aliases.a.test", "# ours\nsales: ann,\n  JOE+shop@A.TEST\nall: sales, x@far.test\n")
        self.vmail.write("more", "list: all@a.test\nsales: bob\n")
        self.vmail.write("domain.b.test", self.vmail.read("domain.b.test") + b"extra-aliases = more\n")
        found = self.who()
        self.assertEqual(found["sales@a.test"], ("alias", "aliases.a.test:2"))
        self.assertEqual(found["all@a.test"], ("alias, by sales@a.test", "aliases.a.test:4"))
        self.assertEqual(found["list@b.test"], ("alias, by all@a.test", "more:1"))
        self.assertEqual(len(found), 6)

    def test_an_include_and_the_mailbox_itself(self):
        path = self.vmail.write("members", "x@far.test\njoe@a.test\n")
        self.vmail.write("aliases.b.test", f"inc: :include:{path}\n")
        self.vmail.write("aliases.a.test", "back: \\joe\n")
        self.reach("joe@a.test", "joe.test@a.test", "joe+*@a.test", "inc@b.test", "back@a.test")

    def test_forwards_of_other_accounts(self):
        self.vmail.extra("b.test", "bob.forward", "joe@a.test\n")
        home = os.path.join(self.vmail.home("ann@a.test"), ".forward")
        with open(home, "w") as f:
            f.write("\\ann\nbob@b.test\n")
        if ROOT:
            os.chown(home, FIRST_UID + 2, GID)
        found = self.who()
        self.assertEqual(found["bob@b.test"], ("forward", "SPOOL/files/b.test/bob.forward:1"))
        self.assertEqual(found["ann@a.test"], ("forward, by bob@b.test", home + ":2"))

    def test_fallbacks_to_it_and_to_the_same_name(self):
        self.vmail.domain("c.test", {"fallback": "joe@a.test"})
        self.vmail.domain("d.test", {"fallback": "@a.test"}, accounts=["ann"])
        self.vmail.write("aliases.a.test", "sales: joe\n")
        self.vmail.write("aliases.b.test", "lost: nobody@c.test\n")
        found = self.who()
        self.assertIn("lost@b.test", found)
        self.assertEqual(found["*@c.test"][0], "fallback, whatever is unknown there")
        self.assertRegex(found["*@c.test"][1], r"^domain\.c\.test:\d$")
        self.assertEqual((found["joe@d.test"][0], found["sales@d.test"][0]), ("fallback", "fallback, by sales@a.test"))
        self.assertNotIn("ann@d.test", found)

    def test_postmasters_of_all_domains(self):
        self.vmail.write("aliases.b.test", "postmaster: bob\n")
        self.assertEqual(set(self.who("boss@main.test")), {"boss@main.test", "boss+*@main.test", "postmaster@main.test",
                                                           "postmaster@a.test"})

    def test_a_postmaster_who_only_answers_is_not_the_main_domains(self):
        self.vmail.extra("b.test", "postmaster.auto", "Subject: away\n\naway\n")
        self.assertEqual(set(self.who("boss@main.test")), {"boss@main.test", "boss+*@main.test", "postmaster@main.test",
                                                           "postmaster@a.test"})

    def test_domain_aliases(self):
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.old.test"))
        os.symlink("domain.main.test", os.path.join(self.vmail.dir, "domain.other.test"))
        self.vmail.write("aliases.b.test", "list: joe@old.test\n")
        self.reach("joe@a.test", "joe.test@a.test", "joe+*@a.test", "list@b.test", "@old.test")

    def test_an_alias_of_its_name_hides_it_unless_it_names_it(self):
        self.vmail.write("aliases.a.test", "joe: ann\njoe.test: ann\nlist: joe\nback: \\joe\n")
        self.reach("back@a.test", "back+*@a.test")
        self.vmail.write("aliases.a.test", "joe: joe, ann\nlist: joe\n")
        self.reach("joe@a.test", "joe+*@a.test", "joe.test@a.test", "list@a.test")

    def test_only_who_begins_right_gets_round_a_circle(self):
        self.vmail.write("aliases.a.test", "joe: other\nother: joe\nlist: other\n")
        self.reach("joe@a.test", "joe+*@a.test", "joe.test@a.test")

    def test_a_circle_that_only_the_full_name_gets_round(self):
        self.vmail.write("aliases.a.test", "joe: ann\nlist: \\joe\n")
        self.vmail.extra("a.test", "joe.forward", "back@b.test\n")
        self.vmail.write("aliases.b.test", "back: joe.test@a.test\n")
        self.reach("joe.test@a.test", "back@b.test", "list@a.test", "list+*@a.test", notes="forwards all of its mail")

    def test_what_is_forwarded_does_not_reach_the_inbox(self):
        self.vmail.extra("a.test", "joe.forward", "x@far.test\n")
        self.vmail.write("aliases.a.test", "list: joe\nback: \\joe\n")
        self.reach("back@a.test", "back+*@a.test", notes="forwards all of its mail")
        self.vmail.extra("a.test", "joe.forward", "\\joe\nx@far.test\n")
        self.assertIn("joe@a.test", self.who())

    def test_a_domain_without_mail_keeps_the_postmasters(self):
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test") + b"reject-mail = yes\n")
        self.vmail.write("aliases.a.test", "postmaster: joe\nlist: joe\n")
        self.reach("postmaster@a.test", "postmaster+*@a.test", notes="reject-mail")

    def test_what_is_broken_is_told_and_the_rest_is_found(self):
        self.vmail.write("domain.b.test", "nonsense\n")
        self.vmail.write("aliases.a.test", 'bad: "joe\nlist: joe\n')
        self.assertIn("list@a.test", self.who(notes="b.test: not looked at"))

    def test_an_account_that_is_none_is_67(self):
        self.assertEqual(self.vmail.run("vadmin", "explain", "--who", "zoe@a.test").status, 67)

    def test_it_takes_linear_time(self):
        def seconds(n):
            self.vmail.write("aliases.a.test", "".join(f"l{i}: l{i + 1}, x{i}@far.test\n" if i % 10 != 9 else f"l{i}: joe\n"
                                                       for i in range(n)))
            before = os.times()
            self.assertEqual(len(self.who()), n + 3)
            after = os.times()
            return after.children_user + after.children_system - before.children_user - before.children_system
        self.vmail.set(max_alias_depth="20")
        few = max(min(seconds(1000) for _ in range(3)), 0.02)   # what a tick of the clock cannot double
        self.assertLess(seconds(20000), 60 * few)


IDN = "xn--bcher-kva.test"


class Random(Who):
    """What vdeliver -n says of every name, and what --who says of every account."""
    NAMES = ["joe", "ann", "bob", "sue", "list", "all", "joe.test", "postmaster"]

    def address(self, dice):
        name = dice.choice(self.NAMES)
        name = dice.choice([name] * 5 + [name.upper(), name.replace(".", "_"), f'"{name[0]}\\{name[1:]}"'])
        if not name.startswith('"'):
            name += dice.choice(["", "", "", "+x", "+joe"])
        address = name + dice.choice(["", "@a.test", "@B.test", "@c.test", "@old.test", "@bücher.test", "@far.test"])
        return dice.choice([address] * 8 + [f"Some One <{address}>", f"{address} (joe)", f"(jo){address}"])

    def members(self, dice, includes=()):
        for _ in range(dice.randrange(1, 4)):
            if includes and dice.randrange(8) == 0:
                yield ":include:" + dice.choice(includes)
            else:
                address = self.address(dice)
                yield ("\\" if dice.randrange(4) == 0 and address[0] not in '("S' else "") + address

    def entries(self, dice, includes):
        for name in self.NAMES:
            for _ in range(dice.choice([0, 0, 0, 1, 1, 2])):
                spelt = dice.choice([name, name, name.upper(), f'"{name}"'])
                yield f"{spelt}:" + dice.choice([" ", "\n  ", "\n# joe\n "]) + dice.choice([", ", ",\n\t"]).join(
                    self.members(dice, includes)) + "\n"

    def in_home(self, dice, account):
        path = os.path.join(self.vmail.home(account), ".forward")
        with open(path, "w") as f:
            f.write("\n".join(dice.choice(["\\" + account.split("@")[0], self.address(dice)])
                              for _ in range(dice.randrange(1, 3))) + "\n")
        if ROOT:
            line = re.search(rf"^{account.split('@')[0]}:[^:]*:(\d+):".encode(),
                             self.vmail.read("passwd." + account.split("@")[1]), re.M)
            os.chown(path, int(line.group(1)), GID)

    def build(self, dice):
        includes = [self.vmail.write(name, "# joe\n" + "\n".join(self.members(dice)) + "\n") for name in ("one", "two")]
        self.vmail.write("more", "".join(self.entries(dice, includes[:1])))
        self.extended = dice.choice(["+", "+", "+-", ""])
        self.vmail.set(recipient_delimiter=self.extended)
        for domain in ("a.test", "b.test", "c.test", IDN):
            accounts = dice.sample(["joe", "ann", "bob", "sue"], dice.randrange(4))
            fallback = dice.choice([None, None, "joe", "@a.test", "@b.test", "ann@c.test", "list@a.test"])
            self.vmail.domain(domain, {"fallback": fallback, "match-full-name": dice.choice(["yes", "no"]),
                                       "extra-aliases": dice.choice([None, None, "more"]),
                                       "reject-mail": "yes" if not fallback and dice.randrange(9) == 0 else None}, accounts=accounts,
                              aliases="".join(self.entries(dice, includes)))
            for who in accounts:
                where = dice.randrange(6)
                if where < 2:
                    self.vmail.extra(domain, f"{who}.forward", "\n".join(
                        dice.choice([f"\\{who}", self.address(dice)]) for _ in range(dice.randrange(1, 3))) + "\n")
                elif where == 2:
                    self.in_home(dice, f"{who}@{domain}")
            if dice.randrange(4) == 0:
                self.vmail.extra(domain, f"{dice.choice(self.NAMES)}.auto", "Subject: away\n\naway\n")
            yield from (f"{who}@{domain}" for who in accounts)

    def forwards(self):
        files = os.path.join(self.vmail.spool, "files")
        return {os.path.join(where, name)[len(files):]: open(os.path.join(where, name)).read()
                for where, _, names in os.walk(files) for name in names}

    def reached(self):
        """All names, and {account: names} by the resolver, which is asked about each by itself."""
        names = [f"{name}{extension}@{domain}" for domain in ("a.test", "b.test", "c.test", IDN, "main.test")
                 for name in [*self.NAMES, "ann.test", "nobody", "boss"]
                 for extension in ("", "+y")[:1 + (name in ("joe", "list", "joe.test"))]]
        found = {}
        for name in names:
            out = self.vmail.run("vdeliver", "-n", "--", name).stdout.decode()
            for account in re.findall(r"^  mailbox (\S+) ", out, re.M):
                found.setdefault(account, set()).add(name)
        return names, found


    def test_every_name_is_listed_or_does_not_reach_it(self):
        for seed in range(INSTALLATIONS):
            with self.subTest(seed=seed):
                dice = random.Random(seed)
                for name in os.listdir(self.vmail.dir):
                    if re.search(r"\.(a|b|c|old|xn--.*)\.test$", name):
                        os.unlink(os.path.join(self.vmail.dir, name))
                shutil.rmtree(os.path.join(self.vmail.spool, "files"), ignore_errors=True)
                for name in os.listdir(self.vmail.homes):
                    if name != "main.test":
                        shutil.rmtree(os.path.join(self.vmail.homes, name))
                accounts = [*self.build(dice), "boss@main.test"]
                os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.old.test"))
                names, reached = self.reached()
                for account in accounts:
                    got = self.vmail.run("vadmin", "explain", "--who", account)
                    self.assertEqual(got.status, 0, got)
                    told = [line.split("\t") for line in got.stdout.decode().splitlines()]
                    rows = [row[0].lower() for row in told]
                    exact = {row[0].lower() for row in told if row[1].startswith("the main domain's postmaster")}
                    stars = [row[2:] for row in rows if row.startswith("*@")]
                    plain = [row for row in rows if row[0] not in "*@" and "+*" not in row]
                    wanted = reached.get(account, set())
                    for name in names:
                        local, domain = name.split("@")
                        base = (local.split("+")[0] if self.extended else local) + "@" + domain
                        listed = name in plain or base in plain and base not in exact
                        if listed and name not in wanted or name in wanted and not listed and domain not in stars:
                            self.fail((account, name, listed, sorted(wanted), rows,
                                       self.forwards(), {n: self.vmail.read(n) for n in sorted(os.listdir(self.vmail.dir))
                                        if n.startswith(("aliases", "domain", "passwd"))},
                                       self.vmail.run("vdeliver", "-n", "--", name).stdout))


if __name__ == "__main__":
    main()
