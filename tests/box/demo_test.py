#!/usr/bin/python3
"""The demo: it shows what it says, notices what is wrong, and leaves nothing behind."""
from harness import *

DEMO = os.path.join(TREE, "tests", "demo")

# Takes the blanks away that end a line: a signature would no longer fit.
SLOPPY = """#!/bin/sh
sed 's/ *$//' | "$0.real" "$@"
"""


@once("it is the demonstration that is tried", "unprivileged")
class Demo(BoxTest):
    def setUp(self):
        self.place = tempfile.mkdtemp(dir=SCRATCH)
        os.chmod(self.place, 0o1777)
        self.addCleanup(shutil.rmtree, self.place)

    def demo(self, *args, programs=BIN):
        return run(DEMO, *args, env={"VMAIL_BIN": programs, "TMPDIR": self.place}, seconds=240)

    def test_it_ends_well_and_leaves_nothing(self):
        got = self.demo()
        self.assertEqual(got.status, 0, got)
        said = got.stdout.decode().splitlines()
        self.assertRegex(said[-1], r"^demo: all is well: 12 messages became 60 copies")
        for domain in ("example.com", "example.org"):
            self.assertTrue(any(f"+OK Virtual {domain} POP3 Server" in line for line in said), got)
        self.assertEqual(os.listdir(self.place), [])

    def test_it_notices_a_single_byte(self):
        programs = os.path.join(self.place, "bin")
        shutil.copytree(BIN, programs)
        vdeliver = os.path.join(programs, "vdeliver")
        os.rename(vdeliver, vdeliver + ".real")
        with open(vdeliver, "w") as f:
            f.write(SLOPPY)
        os.chmod(vdeliver, 0o755)
        got = self.demo(programs=programs)
        self.assertEqual(got.status, 1, got)
        self.assertRegex(got.stdout.decode().splitlines()[-1], "^demo: FAILED: message 1 of ")
        self.assertEqual(os.listdir(self.place), ["bin"])

    def test_what_it_made_stays_when_asked(self):
        got = self.demo("--keep")
        self.assertEqual(got.status, 0, got)
        where = re.search(r"^kept.*: (/.*);", got.stdout.decode(), re.M)[1]
        self.assertTrue(os.path.exists(f"{where}/spool/example.com/joe"), got)


if __name__ == "__main__":
    main()
