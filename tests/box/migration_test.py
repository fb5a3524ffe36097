#!/usr/bin/python3
"""docs/migration.md, typed as it stands there, beside machines that are as old as it says.

Its paths are below the test's directory, its port is a free one, and rsync, which
would ask another machine, copies from the directory that stands for it.
"""
import vadmin_maildirs_test as vpopmail
from linuxconf import *
from page import *

GUIDE = os.path.join(TREE, "docs", "migration.md")
RSYNC = """#!/usr/bin/python3
import os, shutil, sys
old, words = {old!r}, [w for w in sys.argv[1:] if not w.startswith("-")]
excludes = {{sys.argv[i + 1] for i, w in enumerate(sys.argv) if w == "--exclude"}}
words = [w for w in words if w not in excludes]
place = lambda w: old + w.split(":", 1)[1] if ":" in w else w
*sources, target = words
for source in sources:
    tail = source.split(":", 1)[1] if "-aHR" in sys.argv else "/" + os.path.basename(source.rstrip("/"))
    to = place(target).rstrip("/") + tail
    os.makedirs(os.path.dirname(to), exist_ok=True)
    if "--delete" in sys.argv:
        shutil.rmtree(to, ignore_errors=True)
    if os.path.isdir(place(source)):
        shutil.copytree(place(source), to, symlinks=True, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns(*excludes, "fifo"))
    else:
        shutil.copy2(place(source), to)
"""
MOVED = re.compile(r"(?<![\w.:])/(root|etc/vmail|etc/postfix|etc/dovecot|var/spool/vmail|vhome|var/mail/vhosts|"
                   r"home/vpopmail)\b")


class Guide(BoxTest):
    def setUp(self):
        self.vmail = self.installation()
        self.places = {"etc/vmail": self.vmail.dir, "var/spool/vmail": self.vmail.spool, "vhome": self.vmail.homes}
        self.at = os.path.join(self.vmail.scratch, "machine")
        for name in "root", "bin", "etc/postfix", "etc/dovecot", "var/mail/vhosts":
            os.makedirs(os.path.join(self.at, name))
        for name in "vadmin", "vdeliver", "vpop3d":
            self.stand_in(name, f'#!/bin/sh\nexec {program(name)} -C {self.vmail.dir} "$@"\n')
        self.stand_in("rsync", RSYNC.format(old=os.path.join(self.vmail.scratch, "old")))
        if not ROOT:
            self.stand_in("chown", "#!/bin/sh\n")
        self.listen = "%s:%d" % free_port(fresh_address())

    def stand_in(self, name, text):
        path = os.path.join(self.at, "bin", name)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o755)

    def here(self, text):
        """What it says, with the places that stand for its places."""
        text = MOVED.sub(lambda m: self.places.get(m[1], f"{self.at}/{m[1]}"), text)
        return text.replace("127.0.0.1:1100", self.listen)

    def put(self, name, text):
        path = os.path.join(self.at, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)

    def give(self, top, uid, gid):
        for at, _, files in os.walk(top):
            os.chmod(at, 0o700)
            for path in [at, *(os.path.join(at, name) for name in files)]:
                os.chown(path, uid, gid)

    def follow(self, *parts):
        """Types what stands before the first part, and then these parts."""
        env = {**environment(), "PATH": f"{self.at}/bin:{PATH}", "HOME": f"{self.at}/root"}
        shell = Shell(env, f"{self.at}/root")
        self.addCleanup(shell.stop)
        heads = [line.strip() for line in open(GUIDE) if line.startswith("## ")] + [None]
        typed = blocks(GUIDE, end=heads[0])
        for part in parts:
            typed += blocks(GUIDE, f"## {part}", heads[heads.index(f"## {part}") + 1])
        self.assertGreater(len(typed), 5)
        for commands, wanted in typed:
            said = shell.type(self.here(commands))
            pattern = ".*".join(re.escape(self.here(line)) for line in wanted)
            self.assertRegex(said, re.compile(pattern, re.S), commands)


@once("it is the page that is tried")
class Followed(Guide):
    def test_from_linuxconf(self):
        names = {"foo.test": "example.com", "bar.test": "example.org"}
        for place, files in (("etc/vmail", ETC), ("var/spool/vmail", SPOOL), ("vhome", HOMES),
                             ("etc", {"conf.linuxconf": CONF})):
            for name, text in files.items():
                for old, new in names.items():
                    name, text = name.replace(old, new), text.replace(old, new)
                self.put(f"../old/{place}/{name}", text)
        self.follow("From Linuxconf")
        pop = self.vmail.pop3()
        self.assertIn("+OK", pop.login("joe@example.com", "oldword1"))
        with open(f"{self.vmail.scratch}/old/var/spool/vmail/example.com/joe") as f:
            self.assertIn("Subject: first", f.read())

    def test_from_postfix(self):
        uid, gid = (5000, 5000) if ROOT else (os.getuid(), os.getgid())
        self.put("etc/postfix/main.cf", self.here(f"""virtual_mailbox_domains = example.net
virtual_mailbox_base = /var/mail/vhosts
virtual_mailbox_maps = hash:/etc/postfix/vmailbox
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_alias_maps = hash:/etc/postfix/virtual
"""))
        self.put("etc/postfix/vmailbox", "joe@example.net example.net/joe/\nann@example.net example.net/ann/\n"
                                         "odd@example.net old-place/odd/\n")
        self.put("etc/postfix/virtual", "@example.net joe@example.net\n")
        self.put("etc/dovecot/users", f"joe@example.net:{{SHA512-CRYPT}}{hash_of('kermit sings 7')}:::::\n")
        for who in "example.net/joe", "example.net/ann", "old-place/odd":
            for sub in "new", "cur", "tmp":
                os.makedirs(f"{self.at}/var/mail/vhosts/{who}/{sub}")
        self.put("var/mail/vhosts/example.net/joe/cur/1.M1P1.host:2,S", "Subject: old\n\nold mail\n")
        self.give(f"{self.at}/var/mail/vhosts", uid, gid)
        self.follow("From Postfix's virtual mailboxes")
        self.assertEqual(self.vmail.deliver("odd@example.net").status, 0)

    def test_from_vpopmail_and_from_a_csv(self):
        tree = "home/vpopmail/domains/example.org"
        for who in "postmaster", "joe", "ann", "0/deep", "locked", "popless", "nomail", "comma":
            for sub in "new", "cur", "tmp":
                os.makedirs(f"{self.at}/{tree}/{who}/Maildir/{sub}")
        self.put(f"{tree}/joe/Maildir/cur/1.2.host,S=23:2,S", "Subject: old\n\nold mail\n")
        for name, text in {"vpasswd": vpopmail.VPASSWD, **vpopmail.DOTS}.items():
            self.put(f"{tree}/{name}", text.replace("a.test", "example.org"))
        self.give(f"{self.at}/home", vpopmail.UID, vpopmail.GID_)
        self.follow("From vpopmail, or a tree of Maildirs", "From anything else")


del OldMachine
if __name__ == "__main__":
    main()
