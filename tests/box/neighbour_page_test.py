#!/usr/bin/python3
"""neighbour_page_test.py: docs/three-domains.md, typed as it stands there.

Indented lines are commands, run one block after the other by root's shell.
Lines that begin with ">" are what the block before them must have said: each
of them within a line, in that order.

Three commands are stand-ins, which come first in PATH (tests/box/machine):
apt-get "installs" what make deps has unpacked, make installs what is built
already, and systemctl does with the same units what systemd would do.  And a
reader is slow: before each block the test waits until Postfix is at rest.
"""
from neighbours import *

PAGE = os.path.join(TREE, "docs", "three-domains.md")


def blocks():
    """[(commands, [lines that must be said])] of the page."""
    found, last = [], ""
    with open(PAGE) as f:
        for line in f:
            if line.startswith("    "):
                if not last.startswith("    "):
                    found.append(["", []])
                found[-1][0] += line[4:]
            elif line.startswith("> "):
                found[-1][1].append(line[2:].strip())
            last = line
    return found


class Page(MachineTest):
    maxDiff = None

    def at_rest(self):
        """Whether Postfix, if it runs, has nothing left to do."""
        return not os.path.exists("/etc/postfix/main.cf") or not listens(25) or not queue()

    def type(self, commands):
        eventually(self.at_rest, "an empty queue", LONG)
        done = subprocess.run(["bash", "-c", "set -eu\n" + commands], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LONG,
                              env=machine_environment(), cwd="/root", check=False)
        self.assertEqual(done.returncode, 0, f"{commands}\n{done.stdout.decode()}")
        return done.stdout.decode()

    def test_the_page_three_domains_works_as_it_stands(self):
        self.addCleanup(self.stop)
        shutil.rmtree("/usr/local")         # nothing is there yet
        for path in "/etc/vmail", "/var/spool/vmail", "/var/lib/vmail", "/vhome":
            shutil.rmtree(path)
        os.makedirs("/usr/local")
        count = 0
        for commands, wanted in blocks():
            said = self.type(commands)
            count += len(commands.splitlines())
            pattern = ".*".join(map(re.escape, wanted))
            self.assertRegex(said, re.compile(pattern, re.S), commands)
        self.assertGreater(count, 30)
        self.assertNotRegex(LOG.since(self.before), "status=(bounced|deferred)")

    def test_the_page_names_all_libraries_that_make_deps_installs_for_the_build(self):
        with open(os.path.join(TREE, "tests", "deps")) as f:
            needed = set(re.findall(r"\blib[\w+.-]+-dev(?!\S)", f.read())) - {"libcmocka-dev"}
        named = set(re.findall(r"\blib[\w+.-]+-dev(?!\S)", "".join(text for text, _ in blocks())))
        self.assertEqual(named, needed)

    def stop(self):
        for units in "vpop3d.socket", "vpop3s.socket", "vlmtpd.socket", "postfix":
            try:
                sh(f"systemctl disable --now {units}")
            except AssertionError:
                pass                        # it never came that far


if __name__ == "__main__":
    main()
