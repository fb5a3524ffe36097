#!/usr/bin/python3
"""vadmin in domains whose files are long: what stays is copied, not read, and what changes is what is meant."""
import random
import stat
import sys

from harness import *

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/fault")
from faults import Used

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

    def test_a_list_of_thousands_takes_and_loses_thousands_in_little_memory(self):
        far = [f"somebody{i}@far.test" for i in range(4000)]
        for words, members in ((("add", "joe", "ANN@a.test"), 4002), (("add", "joe@A.TEST", "ann"), 4002),
                               (("delete",), 2), (("set", "\\joe"), 4001)):
            for call in ("alias", words[0], "list@a.test", *words[1:], *far), ("log", "1"):
                used = Used(program("vadmin"), "-C", self.vmail.dir, *call)
                self.assertEqual(used.got.status, 0, used.got)
                if not is_sanitized("vadmin"):
                    self.assertLess(used.memory, 32 << 10)
            self.assertEqual(self.entries()[0][1].count(",") + 1, members)

    def test_who_owns_hundreds_of_aliases_is_renamed_and_deleted_in_one_change_of_each_file(self):
        names = [f"a{i}" for i in range(300)]
        self.have("".join(f"{name}: joe\n" for name in names))
        self.vmail.write("attributes.a.test", "# c\n" + "".join(f"{name}: owners = ann JOE\n" for name in names[:-1]) +
                         "broken\na299: owners = joe\na299: description = d\n")
        self.vmail.write("grants.a.test", "".join(f"joe: x{i} all\n" for i in range(300)) + "ann: joe retrieve\n", 0o600)

        def changes(name):
            steps = self.ok("log", "--steps", self.ok("log", "1").stdout.decode().split("\t")[0]).stdout.decode()
            return len(re.findall(rf"(?m)^replace\t.*/{name}\t", steps))

        self.ok("user", "rename", "joe@a.test", "jim")
        self.assertEqual((changes("attributes.a.test"), changes("grants.a.test")), (1, 2))    # NEW's come before U's go
        self.assertEqual(self.text("attributes.a.test").count(b"owners = ann jim\n"), 299)
        self.assertTrue(self.text("attributes.a.test").endswith(b"\nbroken\na299: owners = jim\na299: description = d\n"))
        self.assertEqual(self.text("grants.a.test").count(b"jim"), 301)
        self.ok("user", "delete", "jim@a.test", "--replace-by", "ann@a.test", "--yes")
        self.assertEqual(changes("attributes.a.test"), 1)
        self.assertEqual(self.text("attributes.a.test"), b"# c\n" + b"".join(
            b"%s: owners = ann\n" % name.encode() for name in names[:-1]) +
            b"broken\na299: owners = ann\na299: description = d\n")

    def test_who_is_in_thousands_of_aliases_is_shown_in_linear_time(self):
        def cost(count):
            self.have("".join(f"a{i}: joe\n" for i in range(count)))
            used = [Used(program("vadmin"), "-C", self.vmail.dir, "user", "show", "joe@a.test") for _ in range(3)]
            self.assertEqual(used[0].got.stdout.count(b"\nalias\t"), count)
            return min(each.cpu for each in used)

        few, many = cost(1500), cost(6000)
        self.assertLess(many, 9 * few)          # 4, and 16 where each was compared with all

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


class Members(Scale):
    """Who leads to an account: the same whether indexes tell it or whole files do."""
    ADDRESSES = ("joe", "ann", "JOE", "bob+x", "joe-x", "a-b", "a-b-x", "a", "joe.x", "j(o)oe", '"jo\\e"', "Joe <joe@a.test>",
                 "joe@b.test", "Ann@A.TEST", "joe@alias.test", '"ann"@a.test', "ann+@far.test", "joe(why)", "jo", "xjoe",
                 "joe@b\u00fccher.test", "\u00e4nne", "ann.test", "+joe", "joe=x")
    OTHERS = ("|/bin/true", "/dev/null", ":include:/nowhere", '"| cmd, joe"', "-joe", "a b", "(joe", "<joe", ",,", "joe@", "")
    NAMES = ("n1", "N1", "joe", '"n 2"', "n3 ", "n4", "owner-n1")
    JOINTS = (", ", ",", ",\n  ", ",\n# joe\n\t", ", \\\n", ", #@# joe\n ", "\n  ,")

    def entry(self, rng):
        members = [rng.choice(self.ADDRESSES if rng.randrange(9) else self.OTHERS) for _ in range(rng.choice((1, 1, 2, 3, 9)))]
        text = rng.choice(self.NAMES) + (":" if rng.randrange(20) else "") + rng.choice((" ", "")) + members[0]
        for member in members[1:]:
            text += rng.choice(self.JOINTS) + rng.choice(("", "", "\\")) + member
        return text + rng.choice(("\n", "\n", "\r\n", "\n# joe: joe\n", "\n\n"))

    def file(self, rng):
        popular = f"p: {rng.choice(('joe', 'ann+x'))}\n" * rng.choice((0, 0, 0, 15, 16, 17, 18))
        text = "".join(self.entry(rng) for _ in range(rng.randrange(1, 12)))
        return rng.choice(("", "", "\ufeff")) + rng.choice((text + popular, popular + text)) + rng.choice(("", "", "end: joe"))

    def same(self, texts, *asked):
        """Each question has one answer, with an index and without; how many aliases are told."""
        ways = []
        for index_from in "0", "1":
            self.vmail.set(index_from=index_from)
            ways.append([self.vmail.run("vadmin", *words) for words in asked])
        for words, plain, indexed in zip(asked, *ways):
            said = [(one.status, re.sub(r"\d{8}T\d{6}Z\.\d+|\[\d+\]", "", one.stdout.decode() + one.stderr + one.log))
                    for one in (indexed, plain)]
            self.assertEqual(*said, (words, texts))
            self.assertNotIn("not believed", str(said))
        return sum(shown.stdout.count(b"\nalias\t") for shown in ways[0])

    def test_who_leads_to_an_account_is_the_same_with_an_index_and_without(self):
        rng = random.Random(os.environ.get("VMAIL_SEED", "11"))
        shown, count = 0, fewer(max(5, FILES // 4))
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.alias.test"))
        for _ in range(count):
            self.vmail.domain("a.test", {"extra-aliases": "extra more/extra"},
                              accounts=["joe", "ann", "bob", "a", "a-b", "\u00e4nne"])
            self.vmail.domain("b.test", accounts=["joe"])
            self.vmail.set(recipient_delimiter=rng.choice(("+", "+", "-", "+-", "=", "", ".", "-.")))
            texts = {name: self.file(rng) for name in ("aliases.a.test", "aliases.b.test", "extra", "more/extra")}
            for name, text in texts.items():
                self.vmail.write(name, text)
            self.ok("index")
            show = [("user", "show", f"{who}@a.test") for who in ("joe", rng.choice(("ann", "\u00e4nne")), "a", "a-b")]
            shown += self.same(texts, *show, ("-n", "user", "rename", "a@a.test", "b"),
                               ("-n", "user", "delete", "joe@a.test", "--yes", "--replace-by", "ann@a.test"))
            for words in ("add", "new@a.test", "joe+x"), ("set", "n4@a.test", "a", "joe", "joe"), ("delete", "n1@a.test"), \
                    ("add", "n4@a.test", "a-b"):
                self.vmail.run("vadmin", "alias", *words)
            self.same(texts, *show[::3])
        self.assertGreater(shown, count)

    @needs_root
    def test_an_account_among_many_is_shown_from_a_few_pages(self):
        self.vmail.set(index_from=None)
        text = "".join(f"l{i}: u{i}, ann\n" for i in range(20000))
        self.have(text + "one: joe\nother: bob, Joe+x@a.test\n" + "p: bob\n" * 17)
        for who, wanted, most in ("joe", ["one", "other"], 100000), ("bob", ["other", "p"], 10**9):
            trace = os.path.join(self.vmail.scratch, "trace")
            got = run("/usr/bin/strace", "-e", "trace=openat,read,pread64", "-o", trace, program("vadmin"), "-C",
                      self.vmail.dir, "user", "show", f"{who}@a.test")
            self.assertEqual(re.findall(r"^alias\t(\w+)@a.test ", got.stdout.decode(), re.M), wanted, got)
            read = sum(count for _, count in reads_of(trace, "aliases.a.test"))
            self.assertLess(read, most)
            self.assertEqual(read > len(text), most > 100000)

    def test_what_stands_before_any_delimiter_is_the_account_s_name(self):
        self.vmail.domain("a.test", accounts=["a", "a-b"])
        self.vmail.set(recipient_delimiter="+-")
        self.have("x: a-b-c\ny: a+b-c\nz: A-B\n")
        for who, found in ("a", ["x", "y", "z"]), ("a-b", ["z"]):
            for index_from in "0", "1":
                self.vmail.set(index_from=index_from)
                shown = self.ok("user", "show", f"{who}@a.test").stdout.decode()
                self.assertEqual(re.findall(r"^alias\t(\w+)@", shown, re.M), found)
            told = self.ok("-n", "user", "delete", f"{who}@a.test", "--yes").stderr
            self.assertEqual(re.findall(r"(\w)@a\.test", told.replace(f"{who}@a.test", "")), found, told)


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
