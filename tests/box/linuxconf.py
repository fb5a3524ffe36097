"""linuxconf.py: a Linuxconf machine, its files copied below a directory, with all that is odd on one."""
from harness import *

DES, MD5 = crypt.crypt("oldword1", "ab"), crypt.crypt("oldword2", "$1$saltsalt")
OWN_GID = 104                               # popusers of the old machine
ODD_UID = 59999                             # sysuser of the test's machine
MBOX = ("From MAILER-DAEMON Mon Nov 23 10:00:00 1998\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n"
        "X-IMAP: 911000000 0000000002\nStatus: RO\n\nThis text is part of the internal format.\n\n"
        "From you@far.test Mon Nov 23 10:00:01 1998\nSubject: first\nStatus: RO\n\nold mail\n>From here\n\n"
        "From you@far.test Mon Nov 23 10:00:02 1998\nSubject: second\n\nmore\n\n")

ETC = {
    "passwd.foo.test": f"""# made by linuxconf
joe:x:60001:{OWN_GID}:Joe Who,,,:/vhome/foo.test/home/joe:/bin/bash
des:{DES}:{ODD_UID}:{OWN_GID}:Old Hash:/vhome/foo.test/home/des:
md5:x:61234:100:&:/vhome/foo.test/home/md5:/usr/bin/passwd
away:x:60002:{OWN_GID}:Miss Away:/vhome/foo.test/home/away:/bin/false
far:x:4000000000:{OWN_GID}:Far Off:/home2/far:/bin/sh
full:x:60004:{OWN_GID}:Full Box:/vhome/foo.test/home/full:/bin/false
rooted:x:0:0:Nobody:/root:/bin/bash
broken line
short:x:60009
../x:x:60010:{OWN_GID}::/:
joe:x:60011:{OWN_GID}:Again:/vhome/foo.test/home/joe:/bin/bash
""",
    "shadow.foo.test": f"""joe:{DES}:10500:0:99999:7:-1:-1:134529868
md5:{MD5}:10500:0:99999:7:::
away:{MD5}:10500:0:99999:7:::
far:*:10500:0:99999:7:::
full:!{MD5}:10500:0:99999:7:::
""",
    "aliases.foo.test": "# Aliases\ninfo: joe, far@elsewhere.test\nrobot: \"|/usr/bin/robot %u\"\nlists: :include:/home/lists/x\n"
                        "both\n",
    "passwd.bar.test": f"ann:{MD5}:60003:{OWN_GID}:Ann:/vhome/bar.test/home/ann:/bin/false\n",
    "shadow.lost.test": "",
    "foo-lists": "staff: joe, away\nboss: joe\n",
    "vdomain.old": "",
}
SPOOL = {
    "foo.test/joe": MBOX, "foo.test/md5": "", "foo.test/full": MBOX * 3, "foo.test/full.quota": "1\n",
    "foo.test/joe.lock": "12", "foo.test/nobody": MBOX, "files/foo.test/info.auto": "Subject: here\n\nWe have it.\n",
    "files/foo.test/joe.forward": "\\joe, copy@elsewhere.test\n", "bar.test/ann": MBOX,
}
HOMES = {
    "foo.test/home/away/.vacation": "Subject: away\n\nI am away.\n", "foo.test/home/away/.vacation.db": "",
    "foo.test/home/joe/mail/kept": MBOX, "foo.test/home/gone/x": "",
}
CONF = "[base]\nmodule.list 1 mailconf\n[vdomain]\nfoo.test fallback @bar.test\nother.test x\n"\
       "xfoo.test y\nfoo.test.au z\n"


def mailboxes(vmail, address):
    """What somebody has: subjects of all messages of an inbox."""
    return [re.search(rb"^Subject: (.*)", m, re.M)[1].decode() for m in vmail.messages(address)]


class OldMachine(BoxTest):
    """.old: the directory; .vmail: an installation that has nothing yet."""
    def setUp(self):
        self.vmail = self.installation()
        self.old = os.path.join(self.vmail.scratch, "old")
        for place, files in (("etc/vmail", ETC), ("var/spool/vmail", SPOOL), ("vhome", HOMES),
                             ("etc", {"conf.linuxconf": CONF})):
            for name, text in files.items():
                self.put(f"{place}/{name}", text)
        for alias, target in (("also.test", "domain.foo.test"), ("Third.test", "domain.also.test"),
                              ("whole.test", "/etc/vmail/domain.bar.test"), ("stray.test", "domain.gone.test"),
                              ("round.test", "domain.round.test")):
            os.symlink(target, f"{self.old}/etc/vmail/domain.{alias}")
        os.symlink("/etc/passwd", f"{self.old}/vhome/foo.test/home/joe/link")
        os.mkfifo(f"{self.old}/vhome/foo.test/home/joe/fifo")
        os.utime(f"{self.old}/var/spool/vmail/foo.test/joe.lock", (0, 0))

    def put(self, name, text):
        path = os.path.join(self.old, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o600 if "shadow" in name or "spool" in name else 0o644)

    def ok(self, *args, status=0, **more):
        got = self.vmail.run("vadmin", *args, **more)
        self.assertEqual(got.status, status, got)
        return got.stdout.decode()

    def load(self, *domains, status=1):
        return self.ok("import", "linuxconf", self.old, *domains, status=status)

    def told(self, text, where, *words):
        lines = [line for line in text.splitlines() if line.startswith(f"{where}\t")]
        self.assertTrue(any(all(word in line for word in words) for line in lines), (where, words, text))

    def tree(self, *tops):
        """Every name with what it is, whose, and what it holds."""
        found = {}
        for top in tops:
            for base, dirs, names in os.walk(top):
                for name in dirs + names:
                    path = os.path.join(base, name)
                    st = os.lstat(path)
                    text = None
                    if os.path.isfile(path) and not os.path.islink(path) and name != ".lock":
                        with open(path, "rb") as f:
                            text = f.read()
                    found[path] = (st.st_mode, st.st_uid, st.st_gid, text)
        return found
