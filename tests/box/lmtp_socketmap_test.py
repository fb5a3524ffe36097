#!/usr/bin/python3
"""vlmtpd --socketmap: Postfix's lookups, answered by the resolver."""
from lmtp import *



def answers(self, request, reply):
    socketmap = self.map()
    self.assertRegex(socketmap.ask(request), f"^(?:{reply})$")
    self.assertEqual(socketmap.ask("domains a.test"), "OK a.test")


def ends(self, data):
    """Such bytes are no request: no answer, and the end; others are served on."""
    socketmap = self.map()
    socketmap.send(data)
    socketmap.shut()
    self.assertIsNone(socketmap.reply())
    self.assertEqual(self.map().ask("domains a.test"), "OK a.test")


@rows(answers, [
    ("a domain of ours", "domains a.test", "OK a.test"),
    ("the name that was asked for", "domains A.Test", "OK A.Test"),
    ("a dot behind the domain", "domains a.test.", r"OK a\.test\."),
    ("a domain alias", "domains alias.test", "OK alias.test"),
    ("a domain of 8-bit bytes", "domains b\u00fccher.test", "OK b\u00fccher.test"),
    ("a domain that rejects its mail is ours", "domains off.test", "OK off.test"),
    ("a domain that is broken is ours", "domains bad.test", "OK bad.test"),
    ("a foreign domain", "domains far.test", "NOTFOUND "),
    ("a part of a domain of ours", "domains test", "NOTFOUND "),
    ("a domain below ours", "domains x.a.test", "NOTFOUND "),
    ("a path as domain", "domains ../etc/a.test", "NOTFOUND "),
    ("a domain that can be none", "domains a..test", "NOTFOUND "),
    ("the name files", "domains files", "NOTFOUND "),
    ("no domain", "domains ", "NOTFOUND "),
    ("a map without a key", "domains", "NOTFOUND "),
    ("an address as a domain", "domains joe@a.test", "NOTFOUND "),
    ("a domain with NUL", b"domains a.test\0", "NOTFOUND "),
    ("a domain with LF", b"domains a.test\n", "NOTFOUND "),
    ("a domain of ten thousand bytes", b"domains " + b"a." * 4000, "NOTFOUND "),
    ("an account", "recipients joe@a.test", "OK joe@a.test"),
    ("an account in other letters", "recipients JOE@A.Test", "OK JOE@A.Test"),
    ("an account with an extension", "recipients joe+x@a.test", r"OK joe\+x@a.test"),
    ("an alias", "recipients list@a.test", "OK list@a.test"),
    ("an account by the domain's alias", "recipients ann@alias.test", "OK ann@alias.test"),
    ("a command", "recipients run@a.test", "OK run@a.test"),
    ("a quoted local part with a blank", 'recipients "with blank"@a.test', 'OK "with blank"@a.test'),
    ("postmaster", "recipients Postmaster@a.test", "OK Postmaster@a.test"),
    ("an unknown user", "recipients nobody@a.test", "NOTFOUND "),
    ("a foreign address", "recipients joe@far.test", "NOTFOUND "),
    ("a domain as a recipient", "recipients a.test", "NOTFOUND "),
    ("Postfix's question for a whole domain", "recipients @a.test", "NOTFOUND "),
    ("a local part alone", "recipients joe", "NOTFOUND "),
    ("no recipient", "recipients ", "NOTFOUND "),
    ("a hyphen first", "recipients -f@a.test", "NOTFOUND "),
    ("a user of a domain that rejects", "recipients joe@off.test", "NOTFOUND "),
    ("the postmaster of a domain that rejects", "recipients postmaster@off.test", "OK postmaster@off.test"),
    ("a user of a broken domain", "recipients joe@bad.test", r"TEMP .*domain\.bad\.test:1: .*"),
    ("an entry that is broken", "recipients broken@a.test", "TEMP .*aliases.a.test:4: .*"),
    ("a loop", "recipients loop@a.test", "NOTFOUND "),
    ("a recipient with NUL", b"recipients joe@a.test\0", "NOTFOUND "),
    ("a recipient with LF", b"recipients joe\n@a.test", "NOTFOUND "),
    ("bytes that are no UTF-8", b"recipients j\xff@a.test", "NOTFOUND "),
    ("a recipient of ten thousand bytes", b"recipients " + b"j" * 9900 + b"@a.test", "NOTFOUND "),
    ("another map", "aliases joe@a.test", "PERM .+"),
    ("no map", " joe@a.test", "PERM .+"),
    ("nothing", "", "PERM .+"),
    ("a map's beginning", "recipient joe@a.test", "PERM .+"),
    ("a map with NUL", b"domains\0 a.test", "PERM .+"),
])
@rows(ends, [
    ("no netstring", b"domains a.test\n"),
    ("an HTTP request", b"GET / HTTP/1.0\r\n\r\n"),
    ("a netstring that is not ended", b"14:domains a.test"),
    ("a netstring with a wrong end", b"14:domains a.test;"),
    ("a length that is too short", b"13:domains a.test,"),
    ("a length that is too long", b"15:domains a.test,"),
    ("a negative length", b"-1:,"),
    ("a length with a plus", b"+14:domains a.test,"),
    ("a length with a blank", b" 14:domains a.test,"),
    ("a length without digits", b":domains a.test,"),
    ("a length beyond the limit", b"100000:" + b"x" * 1000),
    ("a length beyond 64 bits", b"18446744073709551630:domains a.test,"),
    ("a length that never ends", b"1" * 100000),
])
class Lookups(LmtpTest):
    def setUp(self):
        super().setUp()
        self.vmail.write("aliases.a.test", 'list: joe, ann@b.test\nrun: "|cat >/dev/null"\n'
                         '"with blank": joe\nbroken: joe "\nloop: pool\npool: loop\n')
        os.symlink("domain.b.test", os.path.join(self.vmail.dir, "domain.alias.test"))
        self.vmail.domain("xn--bcher-kva.test", accounts=["bob"])
        self.vmail.domain("off.test", {"reject-mail": "yes"}, accounts=["joe"])
        self.vmail.domain("bad.test", accounts=["joe"])
        self.vmail.write("domain.bad.test", "x = 1\n")
        self.where = os.path.join(self.vmail.scratch, "map")
        self.process = self.vmail.start("vlmtpd", "--socketmap", f"unix:{self.where}",
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        eventually(lambda: os.path.exists(self.where), "the socket")
        eventually(self.connects, "a connection")

    def connects(self):
        try:
            reach(self.where).close()
            return True
        except ConnectionRefusedError:
            return False

    def map(self):
        socketmap = Socketmap(self.where)
        self.addCleanup(socketmap.close)
        return socketmap

    def test_many_requests_on_one_connection_are_answered_in_their_order(self):
        socketmap = self.map()
        for _ in range(100):
            self.assertEqual(socketmap.ask("recipients joe@a.test"), "OK joe@a.test")
            self.assertEqual(socketmap.ask("recipients nobody@a.test"), "NOTFOUND ")
        names = [f"recipients {who}{n}@a.test" for n in range(200) for who in ("joe+", "no")]
        socketmap.send(b"".join(map(netstring, names)))
        for name in names:
            self.assertEqual(socketmap.reply(), "OK " + name.split()[1] if "joe" in name else "NOTFOUND ")

    def test_a_request_byte_by_byte(self):
        socketmap = self.map()
        for byte in netstring("recipients joe@a.test"):
            socketmap.send(bytes([byte]))
        self.assertEqual(socketmap.reply(), "OK joe@a.test")

    def test_a_request_cut_after_each_byte_has_no_answer(self):
        request = netstring("recipients joe@a.test")
        for cut in range(len(request)):
            socketmap = self.map()
            socketmap.send(request[:cut])
            socketmap.shut()
            self.assertIsNone(socketmap.reply())

    def test_many_clients_at_once(self):
        clients = [self.map() for _ in range(50)]
        for client in clients:
            client.send(netstring("recipients joe@a.test"))
        for client in clients:
            self.assertEqual(client.reply(), "OK joe@a.test")

    def test_a_lookup_writes_and_delivers_nothing(self):
        before = sorted(os.walk(self.vmail.scratch))
        socketmap = self.map()
        for name in "joe@a.test", "list@a.test", "run@a.test", "ann@alias.test":
            self.assertEqual(socketmap.ask(f"recipients {name}"), f"OK {name}")
        self.assertEqual([x for x in sorted(os.walk(self.vmail.scratch)) if "/state" not in x[0]],
                         [x for x in before if "/state" not in x[0]])

    def test_a_change_is_seen_at_once(self):
        socketmap = self.map()
        self.assertEqual(socketmap.ask("recipients new@a.test"), "NOTFOUND ")
        self.vmail.write("aliases.a.test", "new: joe\n")
        self.assertEqual(socketmap.ask("recipients new@a.test"), "OK new@a.test")
        self.assertEqual(socketmap.ask("domains new.test"), "NOTFOUND ")
        self.vmail.domain("new.test")
        self.assertEqual(socketmap.ask("domains new.test"), "OK new.test")

    def test_while_vmail_conf_is_broken_every_answer_is_temp(self):
        good = self.vmail.read("vmail.conf")
        self.vmail.write("vmail.conf", b"x = 1\n")
        for request in "domains a.test", "recipients joe@a.test", "recipients x@far.test", "nothing":
            socketmap = self.map()
            self.assertRegex(socketmap.ask(request), "^TEMP .+")
            self.assertIsNone(socketmap.reply())
        self.process.wait_line("vmail.conf:1: no setting is called 'x'")
        self.vmail.write("vmail.conf", good)
        self.assertEqual(self.map().ask("recipients joe@a.test"), "OK joe@a.test")

    def test_a_silent_client_is_left_in_the_end(self):
        for limit in growing(1):                # it may be over before the question is there
            self.vmail.set(idle_timeout=f"{limit}s")
            socketmap = self.map()
            answers = [socketmap.ask("domains a.test"), socketmap.reply()]
            if answers[0]:
                break
        self.assertEqual(answers, ["OK a.test", None])


if __name__ == "__main__":
    main()
