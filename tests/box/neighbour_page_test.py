#!/usr/bin/python3
"""neighbour_page_test.py: docs/three-domains.md, typed as it stands there.

What is typed into a shell of root's, and what must be said, page.py reads.

Four commands are stand-ins, which come first in PATH (tests/box/machine):
apt-get "installs" what make deps has unpacked, make installs what is built
already, systemctl does with the same units what systemd would do, and
hostnamectl names the test's machine.  And a reader is slow: before each block
the test waits until Postfix is at rest.
"""
from neighbours import *
from page import *

PAGE = os.path.join(TREE, "docs", "three-domains.md")


@once("it is the page that is tried")
class Page(MachineTest):
    maxDiff = None

    def at_rest(self):
        """Whether Postfix, if it runs, has nothing left to do."""
        return not os.path.exists("/etc/postfix/main.cf") or not listens(25) or not queue()

    def test_the_page_three_domains_works_as_it_stands(self):
        self.addCleanup(self.stop)
        shutil.rmtree("/usr/local")         # nothing is there yet
        for path in "/etc/vmail", "/var/spool/vmail", "/var/lib/vmail", "/vhome":
            shutil.rmtree(path)
        os.makedirs("/usr/local")
        shell = Shell(machine_environment(), "/root")
        self.addCleanup(shell.stop)
        count = 0
        for commands, wanted in blocks(PAGE):
            eventually(self.at_rest, "an empty queue", LONG)
            said = shell.type(commands)
            count += len(commands.splitlines())
            pattern = ".*".join(map(re.escape, wanted))
            self.assertRegex(said, re.compile(pattern, re.S), commands)
        self.assertGreater(count, 30)
        self.assertNotRegex(LOG.since(self.before), "status=(bounced|deferred)")
        self.as_it_should_be()

    def as_it_should_be(self):
        """What a page can do wrong and no command of it tells."""
        for at, _, names in os.walk("/etc/systemd/system"):
            for name in names:
                self.assertEqual(oct(os.stat(f"{at}/{name}").st_mode & 0o777), "0o644", name)
        for key in "mail.key", "example.com.key":
            self.assertEqual(oct(os.stat(f"/etc/vmail/{key}").st_mode & 0o777), "0o600", key)
        with open("/etc/vmail/addresses") as f:
            self.assertEqual(f.read(), "")
        with open("/etc/vmail/vmail.conf") as f:
            most = int(re.search(r"^max-message-size = (\d+)M$", f.read(), re.M)[1]) << 20
        self.assertEqual(int(sh("postconf -h message_size_limit")), most)

    def test_the_page_names_all_libraries_that_make_deps_installs_for_the_build(self):
        with open(os.path.join(TREE, "tests", "deps")) as f:
            needed = set(re.findall(r"\blib[\w+.-]+-dev(?!\S)", f.read()))
        needed -= {"libcmocka-dev", "libclang-rt-14-dev"}       # for the tests alone
        named = set(re.findall(r"\blib[\w+.-]+-dev(?!\S)", "".join(text for text, _ in blocks(PAGE))))
        self.assertEqual(named, needed)

    def stop(self):
        for units in "vpop3d.socket", "vpop3s.socket", "vlmtpd.socket", "postfix":
            try:
                sh(f"systemctl disable --now {units}")
            except AssertionError:
                pass                        # it never came that far


if __name__ == "__main__":
    main()
