"""delivery.py: what the tests of vdeliver share: rows as named tests, strace, odd starts."""
import re
import subprocess

from harness import *


def rows(check, table):
    """A class decorator: each row (sentence, argument...) becomes a test that calls check."""
    def add(cls):
        for sentence, *arguments in table:
            def test(self, arguments=arguments):
                check(self, *arguments)
            test.__doc__ = sentence
            name = "test_" + re.sub(r"\W+", "_", f"{check.__name__} {sentence}")
            assert not hasattr(cls, name), f"two tests are called {name}"
            setattr(cls, name, test)
        return cls
    return add


def trace(address, sender="sender@far.test"):
    """What vdeliver puts on top."""
    return f"Return-Path: <{sender}>\nDelivered-To: {address}\n".encode()


class Delivery(BoxTest):
    """A domain a.test with joe, whose inbox is an mbox, and b.test with ann, who has a Maildir."""
    settings = {}
    aliases = None

    def setUp(self):
        self.vmail = self.installation(self.settings)
        self.vmail.domain("a.test", accounts=["joe"], aliases=self.aliases)
        self.vmail.domain("b.test", {"mailbox": "maildir"}, accounts=["ann"])
        self.inbox = self.vmail.inbox("joe@a.test")
        self.maildir = self.vmail.inbox("ann@b.test")

    def delivered(self, to, *args, **more):
        got = self.vmail.deliver(to, *args, **more)
        self.assertEqual((got.status, got.stderr, got.stdout), (0, "", b""), got)
        return got

    def refused(self, status, words, to, *args, **more):
        """The words are a pattern for the first line of standard error."""
        got = self.vmail.deliver(to, *args, **more)
        self.assertEqual(got.status, status, got)
        lines = got.stderr.splitlines()
        self.assertTrue(lines, got)
        self.assertRegex(lines[0], r"^[45]\.\d{1,3}\.\d{1,3} .*(?:%s)" % words)
        for line in lines:
            self.assertRegex(line, r"^[45]\.\d{1,3}\.\d{1,3} [^\x00-\x1f\x7f]+$")
        return got

    def last(self, to="joe@a.test"):
        return self.vmail.messages(to)[-1]

    def owner(self, to="joe@a.test"):
        """(uid, gid) of an account's mail."""
        for line in self.vmail.read("passwd." + to.split("@")[1]).decode().splitlines():
            fields = line.split(":")
            if fields[0] == to.split("@")[0]:
                return int(fields[2]), int(fields[3])
        raise KeyError(to)

    def give(self, path, to="joe@a.test"):
        """The path becomes the account's."""
        os.chown(path, *self.owner(to), follow_symlinks=False)

    def put(self, path, data, to="joe@a.test", mode=0o600):
        """A file of the account's."""
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, mode)
        self.give(path, to)

    def content(self, path):
        with open(path, "rb") as f:
            return f.read()


def joined(lines):
    """Calls that strace had to write in two halves, because another process came between."""
    begun, whole = {}, []
    for line in lines:
        pid, call = line.split(maxsplit=1)
        if call.endswith(" <unfinished ...>"):
            begun[pid] = line.removesuffix(" <unfinished ...>")
        elif match := re.match(r"<\.\.\. \w+ resumed>(.*)", call):
            whole.append(begun.pop(pid, pid + " ") + match[1])
        else:
            whole.append(line)
    return whole


def strace(vmail, arguments, *command, input=b"", **more):
    """Runs vdeliver with its words under strace -f: (result, the lines of strace)."""
    output = os.path.join(vmail.scratch, "strace")
    got = run("/usr/bin/strace", "-f", "-o", output, *arguments, "--", program("vdeliver"),
              "-C", vmail.dir, *command, input=input, **more)
    with open(output, errors="replace") as f:
        return got, joined(f.read().splitlines())


needs_strace = unittest.skipUnless(shutil.which("strace"), "no strace: make deps")
