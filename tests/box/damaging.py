"""damaging.py: what the tests of fsck share: an installation in which nothing is wrong, and what damages it."""
import time

from keeping import *

MAIL = b"Subject: kept\n\nthe one message\n"


class Damaged(Keeping):
    """a.test (mbox: joe, ann) and b.test (Maildir: joe), each of whose joes has a message; nothing is wrong."""
    def setUp(self):
        super().setUp()
        self.vmail = self.here
        if ROOT:
            self.vmail.write("uids", "60100\n")
        self.vmail.deliver(["joe@a.test", "joe@b.test"], MAIL)
        for name in ("a.test", "b.test"):
            place = os.path.join(self.vmail.spool, "files", name)
            os.makedirs(place, exist_ok=True)
            os.chmod(place, 0o3770 if ROOT else 0o700)
            if ROOT:
                os.chown(place, 0, GID)
        self.inbox, self.maildir = (self.vmail.inbox(f"joe@{d}") for d in ("a.test", "b.test"))

    def path(self, name):
        return os.path.join(self.vmail.dir, name)

    def spool(self, name):
        return os.path.join(self.vmail.spool, name)

    def files(self, name):
        return os.path.join(self.vmail.spool, "files/a.test", name)

    def joes(self, path, data=b"", mode=0o600, age=0, to="joe@a.test"):
        """A file of an account's."""
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, mode)
        os.chown(path, *owner(self.vmail, to), follow_symlinks=False)
        os.utime(path, (time.time() - age,) * 2)
        return path

    def roots(self, path, data=b"", mode=0o600, age=0):
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, mode)
        os.utime(path, (time.time() - age,) * 2)
        return path

    def append(self, name, text):
        with open(self.path(name), "a") as f:
            f.write(text)

    def fsck(self, *args):
        got = self.vmail.run("vadmin", "fsck", *args)
        return got, [line.split("\t") for line in got.stdout.decode().splitlines()]

    def kept(self):
        """How many of the messages are anywhere below the spool."""
        return sum(data.count(b"the one message") for _, _, data in tree(self.vmail.spool).values()
                   if isinstance(data, bytes))


def tear(self):
    """An append that ended in its middle, as the queue file tells."""
    size, head = os.path.getsize(self.inbox), b"From x Sun Nov 29 10:00:00 2026\n"
    queue = os.path.join(os.path.dirname(self.inbox), ".joe.queue")
    self.joes(queue, bytes(512) + b"append %d %d 1000 %d\n" % (os.stat(self.inbox).st_ino, size, len(head)) + head)
    with open(self.inbox, "ab") as f:
        f.write(head + b"Subject: half")


def rename_size(self, part="S"):
    new = os.path.join(self.maildir, "new")
    name, = os.listdir(new)
    os.rename(os.path.join(new, name), os.path.join(new, re.sub(rf",{part}=\d+", f",{part}=99999", name)))


def rename_octets(self):
    rename_size(self, "W")


def damage_much(self):
    """Of many kinds at once; tear() comes after whatever copies the inbox."""
    self.append("shadow.a.test", "eve:hash:19000:0:99999:7:::\n")
    self.append("passwd.a.test", self.vmail.read("passwd.a.test").decode().splitlines()[0] + "\n")
    self.vmail.write("grants.a.test", "joe: eve all\n", 0o600)
    self.joes(self.spool("a.test/eve"), MAIL)
    self.roots(self.spool("a.test/joe.quota"), b"much\n")
    rename_size(self)
    os.rmdir(os.path.join(self.maildir, "cur"))
