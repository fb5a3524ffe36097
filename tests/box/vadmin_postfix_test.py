#!/usr/bin/python3
"""vadmin import postfix: virtual mailboxes, aliases, owners and hashes as Postfix and Dovecot keep them."""
from harness import *

UID, GID_ = (5000, 5000) if ROOT else (os.getuid(), os.getgid())
MAIN = """# main.cf
myorigin = main.test
mail_home = {base}
virtual_mailbox_domains = a.test, b.test
    # a comment in between
    {etc}/more
virtual_mailbox_base = $mail_home
virtual_mailbox_maps = hash:/etc/postfix/vmailbox
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_alias_domains = d.test
virtual_alias_maps = texthash:/etc/postfix/virtual
    regexp:/etc/postfix/virtual.re
"""
MAILBOXES = """# who has a mailbox
joe@a.test   a.test/joe/
Ann@A.test   a.test/ann/
odd@a.test   elsewhere/odd
bob@b.test   b.test/bob
x y@a.test   a.test/x/
joe@a.test   a.test/twice/
@b.test      b.test/bob
zoe@other.test other/zoe
"""
ALIASES = """info@a.test   joe@a.test, ann@a.test
  far@elsewhere.test
joe@a.test    joe@a.test
list@a.test   joe
ann@a.test    ann@a.test, copy@elsewhere.test
cmd@a.test    |/bin/sh
@a.test       joe@a.test
d.test        anything
sales@d.test  joe@a.test
@d.test       @a.test
root          joe@a.test
joe@mine.test ann@a.test
"""
HASHES = f"""joe@a.test:{{SHA512-CRYPT}}{hash_of("kermit sings 7")}:5000:5000::/x::userdb_quota_rule=*:storage=10M
ann@a.test:{hash_of("piggy sings 8")}
bob@b.test:{{PLAIN}}secret
nobody
"""


class Postfix(BoxTest):
    def setUp(self):
        self.vmail = self.installation()
        self.base = os.path.join(self.vmail.scratch, "vhosts")
        self.old = os.path.join(self.vmail.scratch, "postfix")
        os.makedirs(self.old)
        for name, text in (("main.cf", MAIN.format(base=self.base, etc="/etc/postfix", uid=UID, gid=GID_)),
                           ("vmailbox", MAILBOXES), ("virtual", ALIASES), ("more", "c.test\n"),
                           ("users", HASHES)):
            self.put(name, text)
        for path in "a.test/joe/new", "a.test/joe/cur", "a.test/joe/tmp", "b.test":
            os.makedirs(os.path.join(self.base, path))
        with open(os.path.join(self.base, "a.test/joe/cur/1.M1P1.host:2,S"), "w") as f:
            f.write("Subject: old\n\nold mail\n")
        with open(os.path.join(self.base, "b.test/bob"), "w") as f:
            f.write("From me@far.test Mon Nov 23 10:00:00 2026\nSubject: old\n\nold mail\n\n")
        self.give()

    def give(self):
        for at, dirs, files in os.walk(self.base):
            os.chmod(at, 0o700)
            for path in [at, *(os.path.join(at, name) for name in files)]:
                os.chown(path, UID, GID_)

    def put(self, name, text):
        with open(os.path.join(self.old, name), "w") as f:
            f.write(text)

    def ok(self, *args, status=0, **more):
        got = self.vmail.run("vadmin", *args, **more)
        self.assertEqual(got.status, status, got)
        return got.stdout.decode()

    def load(self, *more, status=1):
        """Without the table of patterns, which would stop it."""
        return self.ok("import", "postfix", os.path.join(self.old, "main.cf"),
                       "virtual_alias_maps=hash:/etc/postfix/virtual", *more, status=status)

    def told(self, text, where, *words):
        """A line about where has these words."""
        lines = [line for line in text.splitlines() if line.startswith(f"{self.old}/{where}\t")]
        self.assertTrue(any(all(word in line for word in words) for line in lines), (where, words, text))

    def files(self):
        return {name: self.vmail.read(name) for name in os.listdir(self.vmail.dir)
                if name != ".lock" and os.path.isfile(os.path.join(self.vmail.dir, name))}


class Import(Postfix):
    def test_old_mail_is_fetched_and_new_mail_comes_to_the_same_inboxes(self):
        self.load("--passwords", os.path.join(self.old, "users"))
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        pop = self.vmail.pop3()
        self.assertIn("+OK", pop.login("joe@a.test", "kermit sings 7"))
        self.assertEqual(pop.ask("STAT").split()[1], "2")
        self.assertIn(b"old mail", pop.many("RETR 1")[1])
        self.assertEqual(len(os.listdir(os.path.join(self.base, "a.test/joe/new"))), 1)
        self.assertEqual(self.vmail.deliver("bob@b.test").status, 0)
        with open(os.path.join(self.base, "b.test/bob")) as f:
            self.assertEqual(f.read().count("\nSubject:"), 2)
        self.assertEqual(self.vmail.deliver("ann@a.test").status, 0)
        self.assertTrue(os.path.isdir(os.path.join(self.base, "a.test/ann/new")))
        self.assertEqual(os.stat(os.path.join(self.base, "a.test/ann")).st_uid, UID)

    def test_every_line_is_told_with_its_file_and_number(self):
        text = self.load("--passwords", os.path.join(self.old, "users"))
        for where, *words in (
                ("main.cf:4", "domain a.test", "taken", "/vhosts/%d/%u/"), ("main.cf:4", "domain b.test", "taken"),
                ("more:1", "domain c.test", "taken"),
                ("vmailbox:2", "account joe@a.test", "taken"), ("vmailbox:3", "account ann@a.test", "taken"),
                ("vmailbox:4", "odd@a.test", "left", "move it to"),
                ("vmailbox:7", "joe@a.test", "left", "vmailbox:2 has it already"),
                ("vmailbox:8", "fallback=bob", "taken"), ("vmailbox:9", "left", "other.test is neither"),
                ("virtual:1", "alias info@a.test", "taken"), ("virtual:3", "joe@a.test", "taken", "itself"),
                ("virtual:6", "cmd@a.test", "left", "no address"), ("virtual:7", "fallback=joe", "taken"),
                ("virtual:10", "fallback=@a.test", "taken"), ("virtual:11", "root", "left", "/etc/aliases"),
                ("virtual:12", "left", "mine.test is neither"),
                ("users:3", "bob@b.test", "left", "{PLAIN}"), ("users:4", "nobody", "left")):
            self.told(text, where, *words)

    def test_local_parts_in_quotes_are_what_they_mean_and_what_can_be_none_is_told(self):
        with open(os.path.join(self.old, "virtual"), "a") as f:
            f.write('"a;b"@a.test joe@a.test\n"q l"@a.test joe@a.test\n-dash@a.test joe@a.test\n'
                    'far@a.test "a,b"@far.test, "c d"@far.test\n"broken@a.test joe@a.test\n')
        with open(os.path.join(self.old, "vmailbox"), "a") as f:
            f.write('"q p"@a.test a.test/qp/\n')
        text = self.load()
        for where, *words in (("vmailbox:", "account q p@a.test", "left", "can have this name"),
                              ("virtual:", "-dash@a.test", "left", "begins with '-'"),
                              ("virtual:", '"broken@a.test', "left", "not an e-mail address")):
            self.assertTrue(any(all(word in line for word in (f"{self.old}/{where}", *words))
                                for line in text.splitlines()), (words, text))
        for address, wanted in (('"a;b"@a.test', ["mailbox joe@a.test"]), ('"q l"@a.test', ["mailbox joe@a.test"]),
                                ("far@a.test", ['remote "a,b"@far.test', 'remote "c d"@far.test'])):
            got = self.vmail.run("vdeliver", "-n", address).stdout.decode()
            self.assertEqual(sorted(re.findall(r"^  (mailbox \S+|remote .*)", got, re.M)),
                             sorted(wanted), (address, got))

    def test_a_table_without_a_text_stops_all_of_it(self):
        before = self.files()
        got = self.vmail.run("vadmin", "import", "postfix", os.path.join(self.old, "main.cf"))
        self.assertEqual(got.status, 65, got)
        self.told(got.stdout.decode(), "main.cf:12", "virtual_alias_maps regexp:/etc/postfix/virtual.re", "wrong",
                  "texthash:FILE")
        self.assertIn("nothing was changed", got.stderr)
        self.assertEqual(self.files(), before)

    def test_mail_goes_where_postfix_sent_it(self):
        self.load()
        rows = {"info@a.test": ["mailbox ann@a.test", "mailbox joe@a.test", "remote copy@elsewhere.test",
                                "remote far@elsewhere.test"],
                "ann@a.test": ["mailbox ann@a.test", "remote copy@elsewhere.test"],
                "list@a.test": ["remote joe@main.test"], "whoever@a.test": ["mailbox joe@a.test"],
                "sales@d.test": ["mailbox joe@a.test"], "ann@d.test": ["mailbox ann@a.test",
                                                                     "remote copy@elsewhere.test"],
                "whoever@b.test": ["mailbox bob@b.test"], "postmaster@c.test": ["remote postmaster@main.test"]}
        for address, wanted in rows.items():
            got = self.vmail.run("vdeliver", "-n", address).stdout.decode()
            targets = sorted(set(re.findall(r"^  (mailbox \S+|remote \S+)", got, re.M)))
            self.assertEqual(targets, wanted, got)
        self.assertEqual(self.vmail.deliver("whoever@c.test").status, 67)

    def test_owner_and_inbox_are_settings_of_the_domain_and_nothing_needs_root_then(self):
        self.load()
        text = self.vmail.read("domain.a.test").decode()
        self.assertIn(f"owner = {UID}:{GID_}\n", text)
        self.assertIn(f"inbox = {self.base}/%d/%u/\n", text)
        self.assertIn(f"inbox = {self.base}/%d/%u\n", self.vmail.read("domain.b.test").decode())

    def test_without_passwords_nobody_can_log_in_and_mail_arrives(self):
        text = self.load()
        self.told(text, "vmailbox:2", "user passwd joe@a.test")
        self.assertIn(b"joe:*:", self.vmail.read("shadow.a.test"))

    def test_limits_beside_the_hashes_come_too(self):
        self.load("--passwords", os.path.join(self.old, "users"))
        self.assertIn("10240", self.ok("user", "quota", "joe@a.test"))

    def test_it_can_be_repeated(self):
        self.load("--passwords", os.path.join(self.old, "users"))
        before = self.files()
        text = self.load("--passwords", os.path.join(self.old, "users"))
        self.assertEqual(self.files(), before)
        self.told(text, "vmailbox:2", "same: it is there already")
        self.told(text, "virtual:1", "same: it is there already")

    def test_what_differs_here_stays(self):
        self.load()
        self.ok("alias", "set", "info@a.test", "ann")
        self.ok("domain", "set", "a.test", "fallback=ann")
        text = self.load()
        self.told(text, "virtual:1", "left", "other members")
        self.told(text, "virtual:7", "left", "it has fallback=ann")

    def test_an_account_that_moved_to_its_place_is_taken_the_next_time(self):
        self.load()
        self.put("vmailbox", MAILBOXES.replace("elsewhere/odd", "a.test/odd/"))
        self.told(self.load(), "vmailbox:4", "account odd@a.test", "taken")
        self.assertEqual(self.vmail.deliver("odd@a.test").status, 0)

    def test_a_fallback_behind_a_fallback_is_told(self):
        got = self.vmail.run("vadmin", "import", "postfix", os.path.join(self.old, "main.cf"),
                             "virtual_alias_maps=hash:/etc/postfix/virtual")
        self.assertIn("vadmin domain alias", got.stderr)

    def test_check_finds_nothing_wrong(self):
        self.put("virtual", ALIASES.replace("@a.test       joe@a.test", ""))
        self.ok("import", "postfix", os.path.join(self.old, "main.cf"), "virtual_alias_domains=",
                "virtual_alias_maps=hash:/etc/postfix/virtual", status=1)
        self.assertEqual(self.ok("check", "--files"), "")


class Hashes(Postfix):
    def test_every_scheme_that_crypt_knows_is_taken(self):
        bcrypt = "$2y$05$" + "abcdefghijklmnopqrstuu" + "0123456789" * 3 + "a"
        des = crypt.crypt("x", "ab")
        self.put("users", f"joe@a.test:{{blf-crypt}}{bcrypt}\nann@a.test:{{DES-CRYPT}}{des}\n"
                          f"bob@b.test:{{SSHA}}abcdef:::::\n")
        text = self.load("--passwords", f"{self.old}/users")
        self.assertIn(f"joe:{bcrypt}:", self.vmail.read("shadow.a.test").decode())
        self.assertIn(f"ann:{des}:", self.vmail.read("shadow.a.test").decode())
        self.told(text, "users:3", "left", "{SSHA}")

    def test_a_file_for_each_domain_needs_no_domains_in_it(self):
        self.put("users-a.test", f"joe:{hash_of('kermit sings 7')}\n")
        self.load("--passwords", f"{self.old}/users-%d")
        self.assertIn("joe:$6$", self.vmail.read("shadow.a.test").decode())

    def test_a_file_that_is_not_there_stops_it(self):
        got = self.vmail.run("vadmin", "import", "postfix", f"{self.old}/main.cf", "virtual_alias_maps=",
                             "--passwords", f"{self.old}/nowhere")
        self.assertEqual(got.status, 67, got)
        self.assertEqual(self.vmail.run("vadmin", "domain", "list").stdout, b"")


class Words(Postfix):
    def test_maps_can_be_named_instead_of_main_cf(self):
        text = self.ok("import", "postfix", "-", "virtual_mailbox_domains=e.test",
                       f"virtual_mailbox_maps=cdb:{self.old}/v", f"virtual_mailbox_base={self.base}",
                       f"virtual_uid_maps=static:{UID}", f"virtual_gid_maps=static:{GID_}", status=65)
        self.assertIn("its text cannot be read", text)
        self.put("v", "eve@e.test e.test/eve/\n")
        self.ok("import", "postfix", "-", "virtual_mailbox_domains=e.test",
                f"virtual_mailbox_maps=cdb:{self.old}/v", f"virtual_mailbox_base={self.base}",
                f"virtual_uid_maps=static:{UID}", f"virtual_gid_maps=static:{GID_}", status=0)
        self.assertEqual(self.vmail.deliver("eve@e.test").status, 0)
        self.assertTrue(os.path.isdir(f"{self.base}/e.test/eve/new"))

    def test_a_table_that_has_everybody_is_none(self):
        got = self.vmail.run("vadmin", "import", "postfix", "-", "virtual_mailbox_domains=e.test",
                             "virtual_mailbox_maps=static:all", f"virtual_uid_maps=static:{UID}",
                             f"virtual_gid_maps=static:{GID_}")
        self.assertEqual(got.status, 65, got)
        self.assertIn(b"type 'static' has no text", got.stdout)
        self.assertEqual(self.vmail.run("vadmin", "domain", "list").stdout, b"")

    def test_tables_without_paths_need_an_inbox(self):
        self.put("v", "eve@e.test OK\n")
        words = ["virtual_mailbox_domains=e.test", f"virtual_mailbox_maps=hash:{self.old}/v",
                 f"virtual_uid_maps=static:{UID}", f"virtual_gid_maps=static:{GID_}"]
        self.ok("import", "postfix", "-", *words, f"inbox={self.base}/%d/%u/Maildir/")
        self.assertEqual(self.vmail.deliver("eve@e.test").status, 0)
        self.assertTrue(os.path.isdir(f"{self.base}/e.test/eve/Maildir/new"))

    def test_a_parameter_that_is_none_is_named(self):
        got = self.vmail.run("vadmin", "import", "postfix", "-", "virtual_mailbox_mapz=hash:/x")
        self.assertEqual(got.status, 65)
        self.assertIn("NAME is none of virtual_mailbox_domains, virtual_mailbox_maps", got.stderr)

    def test_no_domain_at_all_is_told(self):
        got = self.vmail.run("vadmin", "import", "postfix", "-", input=b"myhostname = x.test\n")
        self.assertEqual(got.status, 67, got)
        self.assertIn("no domain is named", got.stderr)

    @needs_root
    def test_mailboxes_of_several_uids_keep_them_and_new_ones_come_above(self):
        self.put("v", "eve@e.test e.test/eve\neva@e.test e.test/eva\nroot@e.test e.test/root\n")
        self.put("u", "eve@e.test 61003\neva@e.test 61001\nroot@e.test 0\n")
        os.makedirs(f"{self.base}/e.test")
        os.chown(self.base, 0, 0)
        os.chmod(self.base, 0o755)
        text = self.ok("import", "postfix", "-", "virtual_mailbox_domains=e.test",
                       f"virtual_mailbox_maps=hash:{self.old}/v", f"virtual_mailbox_base={self.base}",
                       f"virtual_uid_maps=hash:{self.old}/u", "virtual_gid_maps=static:61000", status=1)
        self.assertIn("root@e.test\tleft: no account can have user or group id 0", text)
        self.assertIn(b"eve:x:61003:61000:", self.vmail.read("passwd.e.test"))
        self.ok("user", "add", "new@e.test")
        self.assertIn(b"new:x:61004:", self.vmail.read("passwd.e.test"))

    def test_an_inbox_of_somebody_else_is_left(self):
        if ROOT:
            os.chown(f"{self.base}/b.test/bob", 5001, 5001)
        else:
            self.put("main.cf", MAIN.format(base=self.base, etc="/etc/postfix", uid=UID + 1, gid=GID_))
        text = self.load()
        self.told(text, "vmailbox:5", "left")
        self.assertNotEqual(self.vmail.deliver("bob@b.test").status, 0)

    def leads(self, address):
        got = self.vmail.run("vdeliver", "-n", address).stdout.decode()
        return sorted(set(re.findall(r"^  (mailbox \S+|remote \S+)", got, re.M)))

    def test_no_line_is_left_without_a_word(self):
        self.put("virtual", "john.doe joe@a.test\na.test anything\n")
        self.put("vmailbox", "joe@a.test a.test/joe/\nann a.test/ann/\na.test anything\n")
        text = self.ok("import", "postfix", f"{self.old}/main.cf", "virtual_alias_maps=hash:/etc/postfix/virtual",
                       "virtual_alias_domains=", status=1)
        self.told(text, "virtual:1", "john.doe", "left", "/etc/aliases")
        self.told(text, "vmailbox:2", "ann", "left", "no address")
        self.assertFalse(re.search("(virtual:2|vmailbox:3)\t", text), text)

    def test_names_without_a_domain_are_in_the_one_that_postfix_says(self):
        self.put("virtual", "list@a.test who\n")
        self.put("mailname", "mail.name.test\n")
        said = {"myorigin = $mydomain\nmyhostname = mx.corp.test\n": "corp.test", "myhostname = mx.corp.test\n": "mx.corp.test",
                "myorigin = /etc/postfix/mailname\n": "mail.name.test", "": "main.test",
                "myorigin = $mydomain\nmyhostname = mx.$mydomain\n": "main.test"}
        for n, (text, domain) in enumerate(said.items()):
            self.put("main.cf", f"virtual_mailbox_domains =\nvirtual_alias_domains = d{n}.test\n"
                     "virtual_alias_maps = hash:/etc/postfix/virtual\n" + text)
            self.put("virtual", f"list@d{n}.test who\nother@d{n}.test they\n")
            got = self.vmail.run("vadmin", "import", "postfix", f"{self.old}/main.cf")
            self.assertEqual(got.status, 0, got)
            self.assertEqual(self.leads(f"list@d{n}.test"), [f"remote who@{domain}"])
            self.assertEqual(got.stderr.count("myorigin=DOMAIN"), domain == "main.test", got)

    def test_another_delimiter_than_ours_is_told(self):
        said = {"": "'' there and '+' here", "recipient_delimiter = -\n": "'-' there and '+' here",
                "recipient_delimiter = +\n": None}
        for n, (text, told) in enumerate(said.items()):
            self.put("main.cf", f"virtual_mailbox_domains =\nvirtual_alias_domains = d{n}.test\n"
                     "virtual_alias_maps = hash:/etc/postfix/virtual\nmyorigin = a.test\n" + text)
            self.put("virtual", f"list@d{n}.test who@far.test\n")
            got = self.vmail.run("vadmin", "import", "postfix", f"{self.old}/main.cf")
            self.assertEqual(got.status, 0, got)
            self.assertEqual("recipient_delimiter" in got.stderr, told is not None, got)
            self.assertIn(told or "", got.stderr)

    def test_the_name_in_front_of_an_address_gets_no_mail(self):
        self.put("virtual", "list@a.test joe@a.test, Ann <ann@a.test>\nfar@a.test <x@far.test>,<y@far.test>\n")
        self.told(self.load(), "virtual:1", "list@a.test", "left", "'<ann@a.test>' has a name in front")
        self.assertEqual(self.leads("list@a.test"), [])
        self.assertEqual(self.leads("far@a.test"), ["remote x@far.test", "remote y@far.test"])

    def test_the_alias_of_several_catchers_takes_nobodys_name(self):
        self.put("virtual", "@b.test bob@b.test, far@elsewhere.test\ncatch-all@b.test x@elsewhere.test\n")
        self.put("vmailbox", "bob@b.test b.test/bob\ncatch-all-2@b.test b.test/catch-all-2\n")
        self.load(status=0)
        self.assertEqual(self.leads("whoever@b.test"), ["mailbox bob@b.test", "remote far@elsewhere.test"])
        self.assertEqual(self.leads("catch-all@b.test"), ["remote x@elsewhere.test"])

    def test_catchers_that_cannot_be_members_are_no_fallback(self):
        self.put("virtual", "@b.test @far.test, bob@b.test\n")
        self.put("vmailbox", "bob@b.test b.test/bob\n")
        self.told(self.load(), "virtual:1", "@b.test", "left")
        self.assertNotIn(b"fallback", self.vmail.read("domain.b.test"))

    def test_several_catchers_become_an_alias(self):
        self.put("virtual", "@b.test bob@b.test, far@elsewhere.test\n")
        self.put("vmailbox", "bob@b.test b.test/bob\n")
        self.load(status=0)
        got = self.vmail.run("vdeliver", "-n", "whoever@b.test").stdout.decode()
        self.assertIn("mailbox bob@b.test", got)
        self.assertIn("remote far@elsewhere.test", got)


@once("its steps are the same, whoever runs it")
class Killed(Postfix):
    CHANGES = "openat,mkdirat,renameat,unlinkat,fsync,fchown,write"

    def strace(self, *options):
        return run("/usr/bin/strace", "-qq", "-e", f"trace={self.CHANGES}", *options, program("vadmin"), "-C",
                   self.vmail.dir, "import", "postfix", f"{self.old}/main.cf", "virtual_alias_maps=hash:/etc/postfix/virtual",
                   "--passwords", f"{self.old}/users")

    def known(self):
        """What is said of domains, accounts and aliases, but for uids and days."""
        text = {name: self.vmail.read(name).decode() for name in os.listdir(self.vmail.dir)
                if name.split(".")[0] in ("domain", "passwd", "shadow", "aliases")}
        return {name: re.sub(r":\d+:", ":N:", value, count=0 if name.startswith("passwd") else 1)
                for name, value in text.items()}

    def test_a_killed_import_is_completed_by_the_next(self):
        log = os.path.join(self.vmail.scratch, "calls")
        self.assertEqual(self.strace("-o", log).status, 1)
        wanted = self.known()
        with open(log) as f:
            calls = [match[1] for line in f if (match := re.match(r"(\w+)\(", line))]
        points = [(call, calls[:i + 1].count(call)) for i, call in enumerate(calls)]
        self.assertGreater(len(points), 100)
        for call, n in points[::max(1, len(points) // int(os.environ.get("VMAIL_KILLS", 8)))]:
            for top in self.vmail.dir, self.vmail.spool, self.vmail.homes:
                shutil.rmtree(top)
                os.mkdir(top)
            self.vmail.set()
            self.assertEqual(self.strace("-o", "/dev/null", "-e", f"inject={call}:signal=KILL:when={n}").status, -9)
            self.load("--passwords", f"{self.old}/users")
            self.assertEqual(self.known(), wanted, (call, n))


if __name__ == "__main__":
    main()
