#!/usr/bin/python3
"""The manual pages say what the tables say.

    tests/box/vadmin_manual_test.py --write     puts the tables' text into docs/vmail.conf.5
"""
import glob

from harness import *

SETTINGS = os.path.join(TREE, "docs", "vmail.conf.5")
VADMIN = os.path.join(TREE, "docs", "vadmin.8")
PAGES = sorted(glob.glob(os.path.join(TREE, "docs", "*.[58]")))


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def section(name):
    """What stands between the comment that names the table and the next one."""
    return re.compile(rf'(?<=settings --mdoc {re.escape(name)}" prints; a test compares\.\n)'
                      r'(.*?)(?=^\.\\" end)', re.S | re.M)


def printed(name):
    return run("vadmin", "settings", "--mdoc", name).stdout.decode()


class Operations(BoxTest):
    """The first row of a name counts: another one would be forgotten there."""
    def names(self, pattern):
        return re.findall(pattern, read(os.path.join(TREE, "vadmin", "operations.c")), re.M)

    def test_no_operation_is_in_the_table_twice(self):
        names = self.names(r'^\t\{ "(.*?)"')
        self.assertGreater(len(names), 40)
        self.assertEqual([n for n in sorted(set(names)) if names.count(n) > 1], [])


@once("it compares pages with what the program says")
class Manual(BoxTest):
    def test_every_setting_stands_in_the_manual_as_in_its_table(self):
        for name in ("vmail.conf", "domain"):
            self.assertEqual(section(name).search(read(SETTINGS))[1], printed(name),
                             "tests/box/vadmin_manual_test.py --write mends it")

    def test_every_operation_and_option_stands_in_the_manual(self):
        text = re.sub(r"\s+", " ", read(VADMIN))
        operations = re.findall(r"^  (\w+(?: \w+)?)  +\S", run("vadmin", "help").stdout.decode(),
                                re.M)
        for name in operations:
            self.assertIn(f" .It Ic {name} ", text.replace("Xo Ic", "Ic"), name)
            for option in re.findall(r"^ +--(\S+)",
                                     run("vadmin", "help", *name.split()).stdout.decode(), re.M):
                self.assertIn(f"Fl -{option}", text)

    def commands(self, source):
        """The names in a table of commands, but those that are there only to be refused."""
        rows = re.findall(r'\{\s*\.name\s*=\s*"(\w+)"[^}]*?\.run\s*=\s*(\w+)', read(os.path.join(TREE, source)))
        self.assertGreater(len(rows), 4)
        return sorted(name for name, function in rows if function not in ("helo", "not_here", "http"))

    def test_every_command_of_pop3_stands_in_the_manual_in_its_state(self):
        before, after = re.search(r"^\.Ss Commands\n(.*?) before\s+login;(.*?) after\s+it",
                                  read(os.path.join(TREE, "docs", "vpop3d.8")), re.S | re.M).groups()
        self.assertEqual(sorted(re.findall("[A-Z][A-Z0-9]+", before)), self.commands("vpop3d/talker.c"),
                         "docs/vpop3d.8, Commands")
        self.assertEqual(sorted(re.findall("[A-Z][A-Z0-9]+", after)), self.commands("vpop3d/transaction.c"),
                         "docs/vpop3d.8, Commands")

    def test_every_command_of_pop3_has_a_conversation(self):
        said = read(os.path.join(TREE, "tests", "box", "pop3_scripts.py"))
        for table in ("vpop3d/talker.c", "vpop3d/transaction.c"):
            for name in self.commands(table):
                self.assertRegex(said, rf"(?im)^>[!|]? {name}\b|> {name}\b", "tests/box/pop3_scripts.py")

    def test_every_command_of_lmtp_stands_in_the_manual(self):
        told = re.search(r"^\.Sh PROTOCOL\nThe commands (.*?),\s+in any",
                         read(os.path.join(TREE, "docs", "vlmtpd.8")), re.S | re.M)[1]
        self.assertEqual(sorted(re.findall("[A-Z]+", told)),
                         self.commands("vdeliver/lmtp_session.c"), "docs/vlmtpd.8, Protocol")

    def test_every_event_and_field_of_the_log_stands_in_the_manual(self):
        page = read(os.path.join(TREE, "docs", "vmail-log.5"))
        events, fields = set(), set()
        for place in ("lib/base", "vdeliver", "vpop3d"):
            text = "".join(map(read, glob.glob(os.path.join(TREE, place, "*.c"))))
            events.update(re.findall(r'log_event\("([a-z-]+)"\)', text))
            fields.update(re.findall(r'log_(?:text|number)\(&?line,\s+"([a-z-]+)"', text))
        self.assertGreater(len(events), 5)
        self.assertGreater(len(fields), 20)
        told = set(re.findall(r"[a-z-]+", " ".join(re.findall(r"^\.It Li (.*)", page, re.M))))
        self.assertEqual(events - told, set())
        told = set(re.findall(r"[a-z-]+", " ".join(re.findall(r"^\.(?:It )?Cm (.*)", page, re.M))))
        self.assertEqual(fields - told, set())

    def test_every_verdict_on_an_answer_stands_in_the_manual(self):
        table = re.search(r"^answer_name\(.*?^}", read(os.path.join(TREE, "lib", "mail", "answer_verdict.c")), re.S | re.M)[0]
        names = re.findall(r'\[ANSWER_\w+\]\s*=\s*"([a-z-]+)"', table)
        self.assertGreater(len(names), 20)
        page = read(os.path.join(TREE, "docs", "vmail-answers.5"))
        told = re.findall(r"^\.It Li ([a-z-]+)$", re.search(r"^\.Sh REASONS\n(.*?)^\.Sh", page, re.S | re.M)[1], re.M)
        self.assertEqual(sorted(told), sorted(names))

    def test_pages_that_are_referred_to_are_there(self):
        ours = {os.path.basename(page) for page in PAGES}
        for page in PAGES:
            for name, number in re.findall(r"^\.Xr (v\S+) (\d)", read(page), re.M):
                self.assertIn(f"{name}.{number}", ours, page)

    def test_the_pages_are_clean(self):
        got = run("/usr/bin/mandoc", "-Tlint", "-Wwarning", *PAGES)
        self.assertEqual((got.status, got.stdout), (0, b""), got)


def write():
    text = read(SETTINGS)
    for name in ("vmail.conf", "domain"):
        text = section(name).sub(lambda _, name=name: printed(name), text, count=1)
    with open(SETTINGS, "w", encoding="utf-8") as f:
        f.write(text)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
    else:
        main()
