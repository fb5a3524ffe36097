"""keeping.py: what the tests of backup and restore share: two machines, archives as somebody else writes them."""
import hashlib
import io
import stat
import tarfile

from answering import *
from pop3 import *


class Keeping(BoxTest):
    """.here has a.test (mbox; joe, ann) and b.test (Maildir; joe); .there is another, empty installation."""
    def setUp(self):
        self.here, self.there = self.installation(), self.installation()
        self.file = os.path.join(self.here.scratch, "backup.tar")
        self.here.domain("a.test", {"auto-rate": 5}, passwords={"joe": PASSWORD, "ann": "other"},
                         aliases="postmaster: joe\ninfo: joe, ann\n")
        self.here.domain("b.test", {"mailbox": "maildir"}, passwords={"joe": PASSWORD})

    def ok(self, vmail, *args, **more):
        got = vmail.run("vadmin", *args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def backup(self, *what):
        return self.ok(self.here, "backup", *what, self.file)

    def restore(self, *what, file=None):
        return self.ok(self.there, "restore", file or self.file, *what)

    def refused(self, status, words, *what, file=None):
        got = self.there.run("vadmin", "restore", file or self.file, *what)
        self.assertEqual((got.status, got.stdout), (status, b""), got)
        self.assertRegex(got.stderr, words)
        return got

    def session(self, vmail, user, password=PASSWORD):
        pop = vmail.pop3()
        self.assertTrue((pop.login(user, password) or "").startswith("+OK"), user)
        return pop

    def quit(self, pop):
        self.assertTrue(pop.ask("QUIT").startswith("+OK"))
        pop.close()
        pop.process.wait()

    def uids(self, vmail, user):
        pop = self.session(vmail, user)
        lines = pop.many("UIDL")[1].decode().splitlines()
        self.quit(pop)
        return [line.split(" ")[1] for line in lines]

    def empty(self, vmail):
        """Nothing of a domain is there."""
        left = [os.path.join(base, name) for top in (vmail.dir, vmail.spool, vmail.homes)
                for base, _, names in os.walk(top) for name in names if name not in ("vmail.conf", ".lock")]
        self.assertEqual(left, [])

    def fresh(self):
        """.there becomes empty again."""
        for top in (self.there.dir, self.there.spool, self.there.homes):
            for name in os.listdir(top):
                path = os.path.join(top, name)
                if name != "vmail.conf":
                    shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)


def tree(path):
    """{name: (mode, owner, bytes or where a link leads)} of all below it; set-gid is its directory's business."""
    found = {}
    for base, directories, names in os.walk(path):
        for name in directories + names:
            file = os.path.join(base, name)
            st = os.lstat(file)
            what = b""
            if stat.S_ISLNK(st.st_mode):
                what = os.readlink(file)
            elif stat.S_ISREG(st.st_mode):
                with open(file, "rb") as f:
                    what = f.read()
            found[os.path.relpath(file, path)] = (st.st_mode & ~0o2000, st.st_uid, what)
    return found


def members(path):
    """{name: bytes} of the files in an archive."""
    with tarfile.open(path) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}


class Forged:
    """An archive with any members and right checksums: what a stranger could hand in."""
    def __init__(self):
        self.bytes, self.lines = b"", b""
        self.add("vmail-backup", b"vmail-backup 1\n")

    def head(self, name, size=0, type=b"0", mode=0o600, target="", **more):
        """As vadmin writes it, but for what is said."""
        def octal(number, size):
            return b"%0*o\0" % (size - 1, number)
        block = bytearray(struct_pad(name.encode(), 100) + octal(mode, 8) + octal(0, 8) + octal(0, 8)
                          + octal(size, 12) + octal(more.get("time", 0), 12) + b" " * 8 + type
                          + struct_pad(target.encode(), 100) + b"ustar\x0000" + bytes(247))
        for at, data in more.get("patch", {}).items():
            block[at:at + len(data)] = data
        block[148:156] = b"%06o\0 " % sum(block)
        return bytes(block)

    def raw(self, data):
        self.bytes += data
        return self

    def add(self, name, data=b"", **more):
        self.bytes += self.head(name, len(data), **more) + data + bytes(-len(data) % 512)
        self.lines += hashlib.sha256(data).hexdigest().encode() + b"  " + name.encode() + b"\n"
        return self

    def account(self, domain="a.test", name="joe", passwd=None, **parts):
        place = f"domains/{domain}/accounts/{name}"
        line = passwd if passwd is not None else f"{name}:x:61000:61000::/nonexistent:/bin/false\n"
        self.add(f"{place}/passwd", line.encode())
        for part, data in parts.items():
            self.add(f"{place}/{part}", data)
        return self

    def end(self, path):
        size = len(self.lines) + 71
        whole = self.bytes + self.head("MANIFEST", size) + self.lines
        whole += b"# all " + hashlib.sha256(whole).hexdigest().encode() + b"\n"
        whole += bytes(-size % 512 + 1024)
        with open(path, "wb") as f:
            f.write(whole)
        return path


def struct_pad(data, size):
    assert len(data) <= size
    return data + bytes(size - len(data))
