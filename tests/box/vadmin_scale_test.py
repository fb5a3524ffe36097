#!/usr/bin/python3
"""vadmin in domains whose files are long: what stays is copied, not read, and what changes is what is meant."""
import random
import stat

from harness import *

FILES = int(os.environ.get("VMAIL_FILES", "20"))        # alias files that nobody would write


class Scale(BoxTest):
    def setUp(self):
        self.vmail = self.installation({"index-from": "1"})
        self.vmail.domain("a.test", accounts=["joe", "ann", "bob"])

    def ok(self, *args, **more):
        got = self.vmail.run("vadmin", *args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def have(self, text, name="aliases.a.test", mode=0o644):
        self.vmail.write(name, text, mode)
        self.ok("index")

    def text(self, name="aliases.a.test"):
        return self.vmail.read(name)

    def entries(self):
        """What the aliases say, whatever lines they stand in."""
        rows = [row.split("\t") for row in self.ok("alias", "list", "a.test").stdout.decode().splitlines()]
        return [(name, members.split(":")[0] if members.startswith("broken") else members) for name, members, *_ in rows]

    def believed(self, *addresses):
        got = self.vmail.run("vdeliver", "-n", "--", *addresses)
        self.assertNotIn("not believed", got.log)
        return re.findall(r"^  mailbox (\w+)@", got.stdout.decode(), re.M)


class Aliases(Scale):
    FAR = "".join(f"alias{i}: somebody{i}@far.test\n" for i in range(9000))    # more than is read at once

    def journal(self):
        """The sizes of its entries."""
        top = os.path.join(self.vmail.scratch, "state", "journal")
        return [os.stat(os.path.join(top, name)).st_size for name in os.listdir(top)]

    def test_what_names_an_account_is_found_however_it_is_written(self):
        spelt = ("plain: joe", 'quoted: "jo\\e"@a.test', "comment: j(o)oe", "upper: JOE@A.test", "more: ann, joe+x",
                 "itself: \\joe", "folded: ann,\n  joe", '"odd name": joe')
        self.have("first: joe\n" + self.FAR + "none: joey, xjoe@far.test\n" + "\n".join(spelt) + "\nlast: joe")
        shown = self.ok("user", "show", "joe@a.test").stdout.decode()
        found = re.findall(r"^alias\t(.+)@a\.test \(.*:(\d+)\)$", shown, re.M)
        lines = self.text().decode().split("\n")
        self.assertEqual([name for name, _ in found], ["first", "plain", "quoted", "comment", "upper", "more", "itself",
                                                       "folded", "odd name", "last"])
        for name, line in found:
            self.assertIn("joe" if name not in ("quoted", "comment", "upper") else name, lines[int(line) - 1])

    def test_a_rename_far_apart_leaves_all_else_and_a_small_journal(self):
        self.have("first: ann, joe #@# x\n" + self.FAR + "last: joe\nnear: \\joe\n" + self.FAR)
        self.ok("user", "rename", "joe@a.test", "jim")
        self.assertEqual(self.text().decode(), "first: ann, jim #@# x\n" + self.FAR + "last: jim\nnear: \\jim\n" + self.FAR +
                         "joe: jim\n")
        self.assertLess(max(self.journal()), 20000)
        self.assertEqual(self.believed("first@a.test", "last@a.test", "joe@a.test"), ["ann", "jim", "jim", "jim"])
        self.ok("user", "delete", "jim@a.test", "--yes", "--replace-by", "bob@a.test")
        self.assertEqual(self.believed("last@a.test", "near@a.test"), ["bob", "bob"])
        self.assertIn(b"first: ann, bob@a.test #@# x\n", self.text())

    def test_an_early_account_s_rename_keeps_no_copy_of_the_others(self):
        lines = "".join(f"u{i}:x:{FIRST_UID if ROOT else os.getuid()}:{GID if ROOT else os.getgid()}:U:/h:/s\n"
                        for i in range(2000))
        self.have(self.text("passwd.a.test").decode() + lines, "passwd.a.test")
        self.ok("user", "rename", "joe@a.test", "jim")
        self.assertTrue(self.text("passwd.a.test").startswith(b"jim:"))
        self.assertTrue(self.text("passwd.a.test").endswith(lines.encode()))
        self.assertLess(max(self.journal()), 20000)

    def test_an_undo_carries_the_index_along(self):
        self.have("list: ann\n")
        self.ok("alias", "set", "list@a.test", "bob")
        self.ok("undo", self.ok("log", "1").stdout.decode().split("\t")[0])
        self.assertEqual(self.believed("list@a.test"), ["ann"])

    LINES = ("n1: joe", "N1: ann", "n2: ann,", "  bob", "\tjoe, ann", "# of nobody", "", "   # inside", "n3: bob, \\",
             "joe", '"n 4": joe', "broken", "n1: ann #@# why", "n5: ann # x", '  "|/bin/true"', "n6 : joe\\", "#", ": x",
             '"open: x', "n7: (comment", "n8:")

    def strange(self, rng):
        lines = [rng.choice(self.LINES) for _ in range(rng.randrange(1, 12))]
        return rng.choice(("", "", "\ufeff")) + "\n".join(lines) + rng.choice(("\n", "\n", "", "\r\n", "\\\n"))

    def test_in_strange_files_an_alias_changes_alone_with_an_index_and_without(self):
        rng = random.Random(9)
        done = 0
        for _ in range(FILES):
            text, name = self.strange(rng), rng.choice(("n1", "n2", "n3", "n6", "new"))
            change = rng.choice((("add", "zoe"), ("set", "zoe", "bob"), ("delete",)))
            said = []
            for index_from in "1", "0":
                self.vmail.set(index_from=index_from)
                self.have(text)
                before = self.entries()
                got = self.vmail.run("vadmin", "alias", change[0], f"{name}@a.test", *change[1:])
                said.append((got.status, self.text()))
                if got.status != 0:
                    self.assertEqual(self.text(), text.encode())
                    continue
                done += 1
                others = [[(n, m) for n, m in all if n.lower() != name] for all in (before, self.entries())]
                self.assertEqual(*others, (text, change, name))
            self.assertEqual(said[0], said[1], (text, change, name))
        self.assertGreater(done, FILES // 2)


class Lines(Scale):
    def test_a_line_changes_alone_whatever_stands_beside_it(self):
        for index_from in "1", "0":
            self.vmail.set(index_from=index_from)
            self.have("# head\r\nbroken\nJOE:short\njoe:a:1:0:9:7:::\r\n\nann:b:1:0:9:7:::\njoe:c:1:0:9:7:::\n# tail\n"
                      "bob:dd:1:0:9:7:::", "shadow.a.test", 0o600)
            self.ok("user", "lock", "joe@a.test")
            self.assertEqual(self.text("shadow.a.test"), b"# head\r\nbroken\nJOE:short\njoe:!a:1:0:9:7:::\r\n\n"
                             b"ann:b:1:0:9:7:::\njoe:!a:1:0:9:7:::\n# tail\nbob:dd:1:0:9:7:::")
            self.ok("user", "lock", "bob@a.test")
            self.assertTrue(self.text("shadow.a.test").endswith(b"\nbob:!dd:1:0:9:7:::"))
            self.ok("user", "unlock", "bob@a.test")
            self.ok("user", "delete", "bob@a.test", "--yes")
            self.assertTrue(self.text("shadow.a.test").endswith(b"\n# tail\n"))
            self.ok("user", "restore", "bob@a.test")
            self.assertTrue(self.text("shadow.a.test").endswith(b"\n# tail\nbob:dd:1:0:9:7:::\n"))
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.vmail.dir, "shadow.a.test")).st_mode), 0o600)

    def test_a_hash_in_passwd_goes_to_shadow_behind_a_last_line_without_its_end(self):
        for index_from in "1", "0":
            self.vmail.set(index_from=index_from)
            passwd = self.text("passwd.a.test").decode().replace("joe:x:", "joe:hash:")
            self.have(passwd.rstrip("\n"), "passwd.a.test")
            self.have("ann:b:1:0:9:7:::", "shadow.a.test", 0o600)
            self.ok("user", "lock", "joe@a.test")
            self.assertEqual(self.text("passwd.a.test").decode(), passwd.rstrip("\n").replace("joe:hash:", "joe:x:"))
            self.assertRegex(self.text("shadow.a.test"), rb"^ann:b:1:0:9:7:::\njoe:!hash:\d+::::::\n$")


if __name__ == "__main__":
    main()
