#!/usr/bin/python3
"""vadmin import maildirs: a domain of vpopmail's, or any tree of Maildirs, served where it lies."""
from harness import *

UID, GID_ = (89, 89) if ROOT else (os.getuid(), os.getgid())
VPASSWD = f"""postmaster:{hash_of("fozzie tells 1")}:1:0:Postmaster:/home/vpopmail/domains/a.test/postmaster:NOQUOTA
joe:{hash_of("kermit sings 7")}:1:0:Joe Doe:/home/vpopmail/domains/a.test/joe:10485760S,1000C:kermit sings 7
ann:$1$vmailtes$L3mKbP8zEcKcHZVQ7bL1t1:1:0:Ann:/home/vpopmail/domains/a.test/ann:5M
deep:{hash_of("gonzo flies 3")}:1:0:Deep:/home/vpopmail/domains/a.test/0/deep:NOQUOTA
locked:{hash_of("rowlf plays 4")}:1:10:Locked:/home/vpopmail/domains/a.test/locked:
popless:{hash_of("rowlf plays 4")}:1:2:Pop Less:/home/vpopmail/domains/a.test/popless:
nomail:{hash_of("rowlf plays 4")}:1:16:No Mail:/home/vpopmail/domains/a.test/nomail:
comma:x:1:0:Comma, Me:/home/vpopmail/domains/a.test/comma:
gone:x:1:0:Gone:/home/vpopmail/domains/a.test/gone:
short:x:1
"""
DOTS = {".qmail-default": "| /home/vpopmail/bin/vdelivermail '' joe@a.test\n",
        ".qmail-info": "&joe@a.test\n&far@elsewhere.test\n",
        ".qmail-big:list": "# a list\nann@a.test\n/home/vpopmail/domains/a.test/joe/Maildir/\n",
        ".qmail-robot": "|/usr/bin/logger\n", "ann/.qmail": "&far@elsewhere.test\n"}


class Maildirs(BoxTest):
    def setUp(self):
        self.vmail = self.installation()
        self.tree = os.path.join(self.vmail.scratch, "domains", "a.test")
        for who in "postmaster", "joe", "ann", "0/deep", "locked", "popless", "nomail", "comma", "extra":
            for sub in "new", "cur", "tmp":
                os.makedirs(f"{self.tree}/{who}/Maildir/{sub}")
        self.put("joe/Maildir/cur/1.2.host,S=23:2,S", "Subject: old\n\nold mail\n")
        self.put("vpasswd", VPASSWD)
        for name, text in DOTS.items():
            self.put(name, text)
        self.give()

    def put(self, name, text):
        with open(os.path.join(self.tree, name), "w") as f:
            f.write(text)

    def give(self, uid=UID):
        for at, _, files in os.walk(os.path.dirname(self.tree)):
            os.chmod(at, 0o700)
            for path in [at, *(os.path.join(at, name) for name in files)]:
                os.chown(path, uid, GID_)

    def ok(self, *args, status=0, **more):
        got = self.vmail.run("vadmin", *args, **more)
        self.assertEqual(got.status, status, got)
        return got.stdout.decode()

    def load(self, status=1):
        return self.ok("import", "maildirs", self.tree, "a.test", status=status)

    def told(self, text, where, *words):
        lines = [line for line in text.splitlines() if line.startswith(f"{self.tree}/{where}\t")]
        self.assertTrue(any(all(word in line for word in words) for line in lines), (where, words, text))

    def test_old_mail_is_fetched_and_new_mail_comes_beside_it(self):
        self.load()
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        pop = self.vmail.pop3()
        self.assertIn("+OK", pop.login("joe@a.test", "kermit sings 7"))
        self.assertEqual(pop.ask("STAT").split()[1], "2")
        self.assertIn(b"old mail", pop.many("RETR 1")[1])
        self.assertEqual(pop.ask("UIDL 1").split()[2], "1.2.host")
        self.assertEqual(os.stat(f"{self.tree}/joe/Maildir/new").st_uid, UID)
        self.assertEqual(len(os.listdir(f"{self.tree}/joe/Maildir/new") +
                             os.listdir(f"{self.tree}/joe/Maildir/cur")), 2)

    def test_every_line_and_file_is_told(self):
        text = self.load()
        for where, *words in (
                ("vpasswd:1", "account postmaster@a.test", "taken"), ("vpasswd:2", "account joe@a.test", "taken"),
                ("vpasswd:2", "limit of joe", "left", "number of messages"),
                ("vpasswd:4", "account deep@a.test", "left", "0/deep", "move it to"),
                ("vpasswd:6", "rights of popless", "left", "POP was forbidden"),
                ("vpasswd:8", "name of comma", "left"), ("vpasswd:8", "password of comma", "left", "no such hash"),
                ("vpasswd:9", "gone@a.test", "left", "is not there"), ("vpasswd:10", "line", "seven fields"),
                ("extra/Maildir/", "extra", "left", "no such account"), (".qmail-default", "fallback=joe@a.test"),
                (".qmail-info", "alias info@a.test", "taken"), (".qmail-big:list", "alias big.list@a.test", "taken"),
                (".qmail-robot", "left", "|/usr/bin/logger"), ("ann/.qmail", "forward of ann", "left")):
            self.told(text, where, *words)

    def test_names_limits_and_rights_come_with_the_accounts(self):
        self.load()
        self.assertIn("Joe Doe", self.ok("user", "show", "joe@a.test"))
        for who, limit in (("joe", "10240"), ("ann", "5120"), ("postmaster", "none"), ("nomail", "disabled"),
                           ("locked", "default")):
            self.assertIn(f"quota\t{limit}\n", self.ok("user", "quota", f"{who}@a.test"))
        for who in "locked", "popless":
            self.assertIn("-ERR", self.vmail.pop3().login(f"{who}@a.test", "rowlf plays 4"))
            self.ok("user", "unlock", f"{who}@a.test")
            self.assertIn("+OK", self.vmail.pop3().login(f"{who}@a.test", "rowlf plays 4"))

    def test_mail_goes_where_qmail_sent_it(self):
        self.load()
        for address, wanted in (("info@a.test", ["mailbox joe@a.test", "remote far@elsewhere.test"]),
                                ("big.list@a.test", ["mailbox ann@a.test", "mailbox joe@a.test"]),
                                ("whoever@a.test", ["mailbox joe@a.test"]),
                                ("postmaster@a.test", ["mailbox postmaster@a.test"])):
            got = self.vmail.run("vdeliver", "-n", address).stdout.decode()
            self.assertEqual(sorted(re.findall(r"^  (mailbox \S+|remote \S+)", got, re.M)), wanted, got)

    def test_it_can_be_repeated_and_takes_what_was_moved(self):
        self.load()
        os.rename(f"{self.tree}/0/deep", f"{self.tree}/deep")
        self.told(self.load(), "vpasswd:4", "account deep@a.test", "taken")
        text = self.load()
        self.told(text, "vpasswd:4", "there already")
        self.told(text, "vpasswd:2", "account joe@a.test", "same: it is there already")
        self.assertEqual(self.ok("check", "--files"), "")

    def test_a_tree_without_vpasswd_gives_accounts_without_passwords(self):
        for name in "vpasswd", *DOTS:
            os.unlink(os.path.join(self.tree, name))
        os.rename(f"{self.tree}/0/deep", f"{self.tree}/deep")
        text = self.load(status=0)
        self.assertEqual(text.count("without a password"), 9)
        self.assertEqual(self.vmail.deliver("extra@a.test").status, 0)
        self.assertEqual(len(os.listdir(f"{self.tree}/extra/Maildir/new")), 1)

    def test_a_domain_can_have_hashed_directories_alone(self):
        self.put("vpasswd", "".join(line + "\n" for line in VPASSWD.splitlines() if line.startswith("deep")))
        for name in DOTS:
            os.unlink(os.path.join(self.tree, name))
        self.load()
        self.assertIn("domains/%d/0/%u/Maildir/", self.vmail.read("domain.a.test").decode())
        self.assertEqual(self.vmail.deliver("deep@a.test").status, 0)

    def test_a_directory_without_any_is_told(self):
        got = self.vmail.run("vadmin", "import", "maildirs", self.vmail.dir, "a.test")
        self.assertEqual(got.status, 67, got)
        self.assertEqual(self.vmail.run("vadmin", "domain", "show", "a.test").status, 67)

    @needs_root
    def test_mail_of_roots_is_refused(self):
        self.give(0)
        got = self.vmail.run("vadmin", "import", "maildirs", self.tree, "a.test")
        self.assertEqual(got.status, 77, got)
        self.assertIn("chown", got.stderr)

    @needs_root
    def test_a_link_in_the_place_of_a_maildir_is_not_followed(self):
        shutil.rmtree(f"{self.tree}/joe/Maildir")
        os.symlink("/etc", f"{self.tree}/joe/Maildir")
        self.told(self.load(), "vpasswd:2", "account joe@a.test", "left", "is not there")


if __name__ == "__main__":
    main()
