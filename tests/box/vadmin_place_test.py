#!/usr/bin/python3
"""An account's inbox and home are its own wherever they lie: nothing of another account or domain goes with what vadmin moves."""
import json

from damaging import *


class Places(Damaged):
    """Of fsck and check: what is used is nobody's orphan."""
    def settle(self, to="b.test", **settings):
        self.append(f"domain.{to}", "".join(f"{k} = {v}\n" for k, v in settings.items()))

    def nothing_moves(self, status=None):
        before, homes = self.kept(), {k: v for k, v in tree(self.vmail.homes).items()}
        got, lines = self.fsck("--repair")
        self.assertEqual(self.kept(), before, "mail was lost")
        self.assertEqual(tree(self.vmail.homes), homes, "a home was moved")
        self.assertFalse([place for place in (self.spool("a.test"), self.spool("b.test")) if
                          os.path.exists(os.path.join(place, ".trash"))], got)
        if status is not None:
            self.assertEqual(got.status, status, got)
        return lines

    def test_a_line_that_does_not_count_judges_no_inbox(self):
        first = self.vmail.read("passwd.a.test").decode().splitlines()[0].split(":")
        uid = "60077" if ROOT else first[2]
        self.append("passwd.a.test", ":".join([first[0].upper(), "x", uid, *first[3:]]) + "\n")
        for face in (("check", "--files"), ("fsck",)):
            got = self.vmail.run("vadmin", *face)
            self.assertEqual((got.status, got.stdout.count(b"\n")), (1, 1), got)
            self.assertIn(b"is there twice", got.stdout)
        self.nothing_moves(0)
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        self.assertEqual(self.fsck()[0].status, 0)

    def test_a_line_that_does_not_count_is_no_account_of_a_list(self):
        rest = self.vmail.read("passwd.a.test").decode().splitlines()[0].split(":")[1:]
        self.append("passwd.a.test", ":".join(["JOE", *rest]) + "\nroot:x:0:0::/:/bin/false\n-x:" + ":".join(rest) + "\n")
        for words in (("user", "list", "a.test"), ("user", "list", "*@a.test"), ("user", "search", "oe")):
            got = self.vmail.run("vadmin", *words).stdout.decode().splitlines()
            self.assertEqual([l.split("\t")[0] for l in got if "@a.test" in l],
                             ["joe@a.test", "ann@a.test"][:1 if words[1] == "search" else 2])
        line, = [l for l in self.vmail.run("vadmin", "domain", "list").stdout.decode().splitlines() if l.startswith("a.test")]
        self.assertEqual(line.split("\t")[2], "2")

    def test_inboxes_of_another_domain_are_not_nobodys(self):
        self.vmail.domain("c.test", {"inbox": "a.test/%u"}, accounts=["bob"])
        self.vmail.domain("d.test", {"inbox": "a.test/of-%u/Maildir/"}, accounts=["eve"])
        self.assertEqual(self.vmail.deliver(["bob@c.test", "eve@d.test"], MAIL).status, 0)
        for face in (("check", "--files"), ("fsck",), ("fsck", "a.test")):
            got = self.vmail.run("vadmin", *face)
            self.assertNotIn(b"no account has this inbox", got.stdout)
        self.nothing_moves()

    def test_a_link_on_the_way_hides_no_inbox_of_another_domain(self):
        os.symlink(self.vmail.spool, os.path.join(self.vmail.scratch, "mail"))
        self.vmail.domain("c.test", {"inbox": self.vmail.scratch + "/mail/a.test/%u"}, accounts=["bob"])
        self.joes(self.spool("a.test/bob"), MAIL, to="bob@c.test")
        self.nothing_moves()

    def test_what_cannot_be_told_is_left_where_it_is(self):
        self.vmail.write("domain.c.test", "inbxo = a.test/%u\n")
        self.vmail.write("passwd.c.test", "bob:x:60055:60000::/nonexistent:/bin/false\n")
        self.joes(self.spool("a.test/bob"), MAIL)
        os.mkdir(os.path.join(self.vmail.homes, "a.test/home/eve"))
        lines = self.nothing_moves(1)
        for words in ("a.test/bob: no account has this inbox", "home/eve: there is no account"):
            line, = [line for line in lines if words in line[1]]
            self.assertIn("that cannot be told (c.test: ", line[1])
            self.assertEqual(line[2], "by hand")

    def test_inboxes_that_stayed_behind_are_their_accounts(self):
        self.settle("a.test", inbox="%d/mail-%u")
        line, = [line for line in self.nothing_moves(1) if "/a.test/joe:" in line[1]]
        self.assertRegex(line[1], "the account's inbox is .*/a.test/mail-joe by now: move it there, or away")

    def test_homes_that_are_in_use_are_not_nobodys(self):
        homes = os.path.join(self.vmail.homes, "a.test/home")
        move = lambda a, b: (os.makedirs(os.path.dirname(b), exist_ok=True), os.rename(a, b))
        move(self.vmail.home("joe@b.test"), os.path.join(homes, "bob"))
        move(self.vmail.home("ann@a.test"), os.path.join(homes, "team/ann"))
        for name, was, now in (("b.test", "b.test/home/joe", "a.test/home/bob"), ("a.test", "home/ann:", "home/team/ann:")):
            self.vmail.write(f"passwd.{name}", self.vmail.read(f"passwd.{name}").decode().replace(was, now))
        self.nothing_moves(0)

    def test_two_accounts_with_one_inbox_are_told(self):
        self.vmail.domain("c.test", {"inbox": "a.test/%u"}, accounts=["joe", "eve"])
        for face in (("check", "--files"), ("fsck",), ("fsck", "c.test")):
            got = self.vmail.run("vadmin", *face)
            self.assertEqual(got.status, 1, got)
            self.assertRegex(got.stdout.decode(), r"c.test\t.*/a.test/joe: it is the inbox of joe@a.test, too: each reads")
            self.assertEqual("joe@c.test, too" in got.stdout.decode(), face != ("fsck", "c.test"), got)
            self.assertNotIn("eve", got.stdout.decode())
        lines = self.nothing_moves(1)
        self.assertEqual({line[2] for line in lines if "it is the inbox" in line[1]}, {"by hand"})
        self.settle("c.test", inbox="%d/%u")
        self.assertNotIn(b"it is the inbox", self.vmail.run("vadmin", "check", "--files").stdout)

    def test_what_an_interrupted_deletion_left_waits_for_user_restore(self):
        self.vmail.extra("a.test", "joe.forward", "x@far.test\n")
        self.roots(self.spool("a.test/joe.quota"), b"99\n")
        self.assertEqual(self.vmail.run("vadmin", "user", "delete", "joe@a.test", "--yes").status, 0)
        put_back = [(self.spool("a.test"), "joe", ""), (self.spool("a.test"), "joe", ".quota"),
                    (self.spool("files/a.test"), "joe", ".forward"), (os.path.join(self.vmail.homes, "a.test/home"), "joe", "")]
        for place, name, ending in put_back:
            trash = os.path.join(place, ".trash")
            lost, = [n for n in os.listdir(trash) if n.startswith(name + ".2") and n.endswith(ending or "Z." + n.split(".")[-1])]
            os.rename(os.path.join(trash, lost), os.path.join(place, name + ending))
        got, lines = self.fsck("--repair")
        self.assertEqual((got.status, {line[2] for line in lines}), (1, {"by hand"}), got)
        self.assertEqual(len([line for line in lines if "vadmin user restore joe@a.test" in line[1]]), 4, got)
        self.assertEqual(self.vmail.run("vadmin", "user", "restore", "joe@a.test").status, 0)
        self.assertEqual((self.vmail.read("../" + os.path.relpath(self.spool("a.test/joe.quota"), self.vmail.scratch)),
                          self.vmail.deliver("joe@a.test").status), (b"99\n", 0))
        self.assertEqual(self.fsck()[0].status, 0)


class Gone(Damaged):
    """What is taken away takes nothing of others along."""
    def vadmin(self, *words, status=0):
        got = self.vmail.run("vadmin", *words)
        self.assertEqual(got.status, status, got)
        return got

    def swap(self, name, was, now):
        self.vmail.write(f"passwd.{name}", self.vmail.read(f"passwd.{name}").decode().replace(was, now))

    def test_a_domain_does_not_go_with_inboxes_or_homes_of_another(self):
        self.vmail.domain("c.test", {"inbox": "a.test/%u"}, accounts=["bob", "eve"])
        before = tree(self.vmail.scratch)
        got = self.vadmin("domain", "delete", "a.test", "--with-accounts", "--yes", status=77)
        self.assertRegex(got.stderr, "the inbox of bob@c.test .*/a.test/bob. would go with it, and 1 more of other domains: move")
        self.assertEqual({k for k in tree(self.vmail.scratch) if "/.trash" in k}, {k for k in before if "/.trash" in k})
        self.vmail.domain("c.test", accounts=["bob"])
        os.rename(self.vmail.home("bob@c.test"), os.path.join(self.vmail.homes, "a.test/home/bob"))
        self.swap("c.test", "c.test/home", "a.test/home")
        got = self.vadmin("domain", "delete", "a.test", "--with-accounts", "--yes", status=77)
        self.assertIn("the home of bob@c.test", got.stderr)
        self.vadmin("domain", "delete", "c.test", "--with-accounts", "--yes")
        self.vadmin("domain", "delete", "a.test", "--with-accounts", "--yes")

    def test_an_account_does_not_go_with_the_home_of_another(self):
        note = self.roots(os.path.join(self.vmail.home("joe@a.test"), "file"))
        self.swap("a.test", "home/ann:", "home/joe:")
        got = self.vadmin("user", "delete", "joe@a.test", "--yes")
        self.assertIn("home/joe is the home of ann@a.test, too: it stays where it is", got.stderr)
        self.vadmin("user", "purge", "joe@a.test", "--yes")
        self.assertTrue(os.path.exists(note))

    def test_an_account_does_not_go_with_the_inbox_of_another(self):
        self.vmail.domain("c.test", {"inbox": "a.test/%u"}, accounts=["joe", "eve"])
        mail = self.kept()
        got = self.vadmin("user", "delete", "joe@c.test", "--yes")
        self.assertIn("a.test/joe is the inbox of joe@a.test, too: it stays where it is", got.stderr)
        self.vadmin("user", "purge", "joe@c.test", "--yes")
        self.assertEqual((self.kept(), len(self.vmail.messages("joe@a.test"))), (mail, 1))

    def test_who_sets_another_inbox_is_told_that_mail_stays(self):
        got = self.vadmin("domain", "set", "a.test", "inbox=%d/mail-%u")
        self.assertIn("inboxes that are there stay where they are", got.stderr)


class Left(Damaged):
    """Of accounts whose lines were taken out by hand: nothing is the next one's of the name."""
    def setUp(self):
        super().setUp()
        os.makedirs(os.path.join(self.vmail.scratch, "vm/x.test"))
        os.chmod(os.path.join(self.vmail.scratch, "vm"), 0o755)
        self.one = "5000:5000" if ROOT else f"{os.getuid()}:{os.getgid()}"
        self.add_domain("x.test")

    def add_domain(self, name, **settings):
        settings = {"owner": self.one, **settings}
        got = self.vmail.run("vadmin", "domain", "add", name, *(f"{k}={v}" for k, v in settings.items()))
        self.assertEqual(got.status, 0, got)

    def add(self, address, *words, status=0):
        got = self.vmail.run("vadmin", "user", "add", address, *words)
        self.assertEqual(got.status, status, got)
        return got

    def take_out(self, name, domain="x.test"):
        for kind in "passwd", "shadow":
            lines = self.vmail.read(f"{kind}.{domain}").decode().splitlines(True)
            self.vmail.write(f"{kind}.{domain}", "".join(l for l in lines if not l.startswith(name + ":")),
                             0o600 if kind == "shadow" else 0o644)

    def csv(self, *addresses):
        path = os.path.join(self.vmail.scratch, "in.csv")
        with open(path, "w") as f:
            f.write("address\n" + "".join(a + "\n" for a in addresses))
        return self.vmail.run("vadmin", "user", "import", path)

    def test_an_inbox_that_is_left_is_in_the_way_also_where_all_have_one_owner(self):
        self.inbox_in_the_way("mbox")

    def test_a_maildir_that_is_left_is_in_the_way_also_where_all_have_one_owner(self):
        self.inbox_in_the_way("maildir")

    def inbox_in_the_way(self, kind):
        self.vmail.run("vadmin", "domain", "set", "x.test", f"mailbox={kind}")
        self.add("bob@x.test")
        self.assertEqual(self.vmail.deliver("bob@x.test", MAIL).status, 0)
        self.take_out("bob")
        before = self.vmail.read("shadow.x.test")
        got = self.add("bob@x.test", status=73)
        self.assertRegex(got.stderr, "/x.test/bob is there already .* move it away first; where it is to be the new account's, "
                                     "move it back afterwards\n")
        self.assertEqual(self.vmail.read("shadow.x.test"), before)
        got = self.csv("bob@x.test")
        self.assertEqual((got.status, "is there already" in got.stdout.decode() + got.stderr), (65, True), got)
        inbox, aside = self.vmail.inbox("bob@x.test"), os.path.join(self.vmail.scratch, "aside")
        os.rename(inbox, aside)                         # as it says
        self.add("bob@x.test")
        os.rename(aside, inbox)
        self.assertEqual(len(self.vmail.messages("bob@x.test")), 1)

    def test_an_empty_inbox_of_the_owners_is_in_nobodys_way(self):
        self.vmail.run("vadmin", "domain", "set", "x.test", "mailbox=maildir")
        for name, empty in (("bob", True), ("eve", False)):
            place = self.vmail.inbox(f"{name}@x.test")
            for part in "", "new", "cur", "tmp", *([] if empty else [".Sent"]):
                os.makedirs(os.path.join(place, part), exist_ok=True)
                if ROOT:
                    os.chown(os.path.join(place, part), 5000, 5000)
            self.add(f"{name}@x.test", status=0 if empty else 73)

    def test_a_home_that_is_left_is_in_the_way(self):
        self.add("bob@x.test")
        self.take_out("bob")
        note = os.path.join(self.vmail.home("bob@x.test"), ".forward")
        self.roots(note, b"spy@far.test\n")
        before = self.vmail.read("shadow.x.test")
        got = self.add("bob@x.test", status=73)
        self.assertIn("home/bob is there already", got.stderr)
        self.assertEqual(self.vmail.read("shadow.x.test"), before)
        os.unlink(note)
        self.add("bob@x.test")

    def test_files_that_are_left_are_not_the_next_ones(self):
        for name, make in (("bob", lambda: self.add("bob@x.test")), ("eve", lambda: self.csv("eve@x.test"))):
            self.add(f"{name}@x.test", "forward=spy@far.test", "quota=50", "filter=no")
            self.vmail.extra("x.test", f"{name}.vacation", "away\n")
            self.take_out(name)
            os.rmdir(self.vmail.home(f"{name}@x.test"))
            got = make()
            self.assertEqual((got.status, "had left 4 files" in got.stderr), (0, name == "bob"), got)
            for place, kinds in (("x.test", {"quota"}), ("files/x.test", {"forward", "filter", "vacation"})):
                self.assertEqual([n for n in os.listdir(self.spool(place)) if n.startswith(name + ".")], [])
                self.assertEqual({n.split(".")[1] for n in os.listdir(self.spool(place + "/.trash")) if
                                  n.startswith(name + ".") and ".left-2" in n}, kinds)
            self.assertEqual(self.vmail.deliver(f"{name}@x.test", MAIL).status, 0)
            self.assertEqual((len(self.vmail.messages(f"{name}@x.test")), self.vmail.sent()), (1, []))

    def test_the_inbox_of_an_account_elsewhere_is_never_a_new_ones(self):
        vm = os.path.join(self.vmail.scratch, "vm/x.test/%u")
        self.add_domain("y.test", inbox=vm)
        self.add("bob@y.test")
        self.vmail.run("vadmin", "domain", "set", "x.test", "inbox=" + vm.replace("x.test", "%d"))
        got = self.add("bob@x.test", status=73)
        self.assertIn("the inbox of bob@x.test would be that of an account of another domain", got.stderr)
        self.assertNotIn("y.test", got.stderr)
        self.add("joe@x.test")

    def test_nor_that_of_one_who_is_renamed_imported_or_comes_back(self):
        vm = os.path.join(self.vmail.scratch, "vm/x.test/%u")
        saved = os.path.join(self.vmail.scratch, "bob.tar")
        if ROOT:
            os.chown(os.path.dirname(vm), 5000, 5000)   # a POP3 session makes files there
        self.vmail.run("vadmin", "domain", "set", "x.test", "inbox=" + vm.replace("x.test", "%d"))
        self.add("bob@x.test")
        for words in (("backup", "bob@x.test", saved), ("user", "delete", "bob@x.test", "--yes")):
            self.assertEqual(self.vmail.run("vadmin", *words).status, 0)
        self.add_domain("y.test", inbox=vm)
        for name in ("bob@y.test", "joe@x.test"):
            self.add(name)
        for got, status in ((self.vmail.run("vadmin", "user", "rename", "joe@x.test", "bob"), 73),
                            (self.vmail.run("vadmin", "user", "restore", "bob@x.test"), 73),
                            (self.vmail.run("vadmin", "restore", saved, "bob@x.test"), 73), (self.csv("bob@x.test"), 65)):
            self.assertEqual(got.status, status, got)
            told = got.stderr + got.stdout.decode()
            self.assertIn("the inbox of bob@x.test would be that of an account of another domain", told)
            self.assertNotIn("y.test", told)
        self.assertEqual(self.vmail.deliver("bob@y.test", MAIL).status, 0)
        self.vmail.run("vadmin", "user", "delete", "bob@y.test", "--yes")
        for words in (("user", "restore", "bob@x.test"), ("user", "delete", "bob@x.test", "--yes"),
                      ("user", "rename", "joe@x.test", "bob")):
            got = self.vmail.run("vadmin", *words)
            self.assertEqual(got.status, 0, got)

    def vadmin(self, *words, status=0):
        got = self.vmail.run("vadmin", *words)
        self.assertEqual(got.status, status, got)
        return got

    def undo(self, number, status=0):
        return self.vadmin("undo", number, status=status).stderr

    def last(self):
        return json.loads(self.vadmin("--json", "log", "1").stdout)["result"][0]["number"]

    def test_nor_that_of_one_whose_domain_comes_back_or_who_comes_back_by_an_undo(self):
        vm = os.path.join(self.vmail.scratch, "vm/all/%u")
        os.makedirs(os.path.dirname(vm), mode=0o755)
        if ROOT:
            os.chown(os.path.dirname(vm), 5000, 5000)
        self.vadmin("domain", "set", "x.test", "inbox=" + vm)
        self.add("bob@x.test")
        self.add_domain("y.test", inbox=vm)
        self.add("joe@y.test")
        self.vadmin("user", "delete", "bob@x.test", "--yes")
        account = self.last()
        self.add("bob@y.test")
        self.assertIn("the inbox of bob@x.test would be that of an account of another domain", self.undo(account, 77))
        self.vadmin("user", "delete", "bob@y.test", "--yes")
        self.undo(account)
        self.vadmin("domain", "delete", "x.test", "--with-accounts", "--yes")
        domain = self.last()
        self.add("bob@y.test")
        for told in (self.vadmin("domain", "restore", "x.test", status=73).stderr, self.undo(domain, 77)):
            self.assertIn("bob@x.test would have the inbox of bob@y.test", told)
        self.assertEqual(self.vmail.deliver("bob@y.test", MAIL).status, 0)
        self.vadmin("user", "rename", "bob@y.test", "ann")
        self.undo(domain)
        self.undo(self.last())
        self.vadmin("domain", "restore", "x.test")
        self.vadmin("user", "delete", "bob@x.test", "--yes")


class Twice(BoxTest):
    def ok(self, *words):
        got = self.vmail.run("vadmin", *words)
        self.assertEqual(got.status, 0, got)
        return got

    def test_an_undo_brings_no_user_id_back_that_another_account_has(self):
        self.vmail = self.installation()
        uid, gid = (FIRST_UID, GID) if ROOT else (os.getuid(), os.getgid())
        self.vmail.domain("a.test", accounts=[f"joe:x:{uid}:{gid}::/nonexistent:/bin/false"])
        saved = os.path.join(self.vmail.scratch, "joe.tar")
        self.ok("backup", "joe@a.test", saved)
        self.ok("user", "delete", "joe@a.test", "--yes")
        number = json.loads(self.ok("--json", "log", "1").stdout)["result"][0]["number"]
        self.ok("restore", saved, "joe@a.test")
        self.ok("user", "rename", "joe@a.test", "jim", "--no-alias")
        before = self.vmail.read("passwd.a.test")
        got = self.vmail.run("vadmin", "undo", number)
        if ROOT:                                # else one owner has all mail, and ids mean nothing
            self.assertEqual((got.status, self.vmail.read("passwd.a.test")), (77, before), got)
            self.assertIn("joe@a.test would come back, and its user id 60001 is that of jim in passwd.a.test", got.stderr)
        else:
            self.assertEqual(got.status, 0, got)


if __name__ == "__main__":
    main(beside=2)
