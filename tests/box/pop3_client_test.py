#!/usr/bin/python3
"""pop3_client_test.py: real clients, and the order in which others say what they say.

Each fetches all and leaves it on the server, twice, deletes half, and finds the other half.
"""
import base64
import hashlib
import poplib

from pop3 import *

MESSAGES = [b"Subject: %d\n\n%s" % (i, body) for i, body in enumerate(
    (b"plain\n", b".dots\n..\n.\n", b"From the start\n>From it\n", b"8-bit \xe4\xff\n", b"no end", b"x" * 2000 + b"\n"))]
WANTED = [hashlib.sha256(on_the_wire(m)).hexdigest() for m in MESSAGES]


class Orders(Pop3Test):
    """Clients that are not here: what they say, in their order."""
    def thunderbird(self, vmail, delete):
        pop = vmail.pop3()
        pop.line()
        self.assertIn(b"\r\nSASL PLAIN LOGIN\r\n", pop.many("CAPA")[1])
        self.assertEqual(pop.ask("AUTH PLAIN"), "+ ")
        told = base64.b64encode(f"\0{self.joe}\0{PASSWORD}".encode()).decode()
        self.assertRegex(pop.ask(told), r"^\+OK")
        count = int(pop.ask("STAT").split(" ")[1])
        self.assertEqual(len(pop.many("LIST")[1].splitlines()), count)
        uids = [line.split()[1] for line in pop.many("UIDL")[1].splitlines()]
        self.assertRegex(pop.ask("XTND XLST Message-Id"), "^-ERR")
        got = [pop.many(f"RETR {i + 1}")[1] for i in range(count)]
        for i in delete:
            self.assertRegex(pop.ask(f"DELE {i + 1}"), r"^\+OK")
        self.quit(pop)
        return uids, got

    def outlook(self, vmail, delete):
        pop = vmail.pop3()
        pop.line()
        self.assertRegex(pop.ask("AUTH"), "^-ERR")          # older ones ask so what there is
        pop.ask(f"USER {self.joe}")
        self.assertRegex(pop.ask(f"PASS {PASSWORD}"), r"^\+OK")
        count = int(pop.ask("STAT").split(" ")[1])
        uids = [line.split()[1] for line in pop.many("UIDL")[1].splitlines()]
        self.assertEqual(len(pop.many("LIST")[1].splitlines()), count)
        got = []
        for i in range(count):
            got.append(pop.many(f"RETR {i + 1}")[1])
            if i in delete:
                self.assertRegex(pop.ask(f"DELE {i + 1}"), r"^\+OK")
        self.quit(pop)
        return uids, got

    def pythons_poplib(self, vmail, delete):
        _, where = vmail.listen("vpop3d")
        pop = poplib.POP3(*where, timeout=20)
        self.assertIn("UTF8", pop.capa())
        pop.utf8()
        pop.user(self.joe)
        pop.pass_(PASSWORD)
        uids = [line.split()[1] for line in pop.uidl()[1]]
        got = [b"".join(line + b"\r\n" for line in pop.retr(i + 1)[1]) for i in range(pop.stat()[0])]
        for i in delete:
            pop.dele(i + 1)
        pop.quit()
        return uids, got

    def curl(self, vmail, delete):
        _, where = vmail.listen("vpop3d")
        url = "pop3://%s:%d/" % where

        def ask(path, *options):
            done = subprocess.run(["curl", "-sS", "-u", f"{self.joe}:{PASSWORD}", *options, url + path],
                                  stdout=subprocess.PIPE, timeout=20, check=True)
            return done.stdout

        uids = [line.split()[1] for line in ask("", "--request", "UIDL").splitlines()]
        ways = [(), ("--sasl-ir",), ("--login-options", "AUTH=LOGIN"), ("--login-options", "AUTH=LOGIN", "--sasl-ir"),
                ("--login-options", "AUTH=PLAIN"), ("--login-options", "AUTH=*")]
        got = [ask(str(i + 1), *ways[i % len(ways)]) for i in range(len(uids))]
        for i in sorted(delete, reverse=True):
            ask(str(i + 1), "--request", "DELE", "--list-only")
        return uids, got

    def check(self, client):
        for kind in ("mbox", "maildir"):
            with self.subTest(kind):
                if kind == "mbox":
                    vmail = self.box(mbox=mbox(*MESSAGES))
                else:
                    vmail = self.box(maildir={f"cur/{i}.x:2,": m for i, m in enumerate(MESSAGES)})
                first, got = client(vmail, [])
                self.assertEqual([hashlib.sha256(m).hexdigest() for m in got], WANTED)
                self.assertEqual(client(vmail, []), (first, got))
                self.assertEqual(client(vmail, [0, 2, 4]), (first, got))
                left, got = client(vmail, [])
                self.assertEqual(left, first[1::2])
                self.assertEqual([hashlib.sha256(m).hexdigest() for m in got], WANTED[1::2])



def checked(name):
    return lambda self: self.check(getattr(self, name))


for name in ("thunderbird", "outlook", "pythons_poplib", "curl"):
    setattr(Orders, f"test_{name}_fetches_leaves_and_deletes", checked(name))


class Curl(Pop3Test):
    def test_curl_opens_the_mailbox_that_was_granted(self):
        vmail = self.box(mbox=b"")
        put_mbox(vmail, "ann@a.test", mbox(b"Subject: of ann\n\nx\n"))
        vmail.write("grants.a.test", "ann: joe retrieve\n")
        _, where = vmail.listen("vpop3d")
        got = subprocess.run(["curl", "-sS", "-u", f"{self.joe}:{PASSWORD}", "--sasl-authzid", "ann@a.test",
                              "--login-options", "AUTH=PLAIN", "pop3://%s:%d/1" % where],
                             stdout=subprocess.PIPE, timeout=20, check=True)
        self.assertIn(b"Subject: of ann\r\n", got.stdout)


if __name__ == "__main__":
    main()
