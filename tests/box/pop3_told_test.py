#!/usr/bin/python3
"""pop3_told_test.py: the sizes in the names of a Maildir's messages: who writes them, when POP3 believes them,
and what becomes of one that lies."""
from lmtp import *
from pop3 import *
from pop3_bytes_test import FIXED

ODD = [FIXED[name] for name in ("no bytes", "a line end", "no final line end", "a lone CR at the end", "all bytes",
                                "CR, LF and CRLF", "CRLF throughout", "NULs", "lines of dots at an edge")]
ODD = thinned(ODD, 2)
# more than memory holds; lines of CRLF, so that memory ends within many of them
LONG = b"Subject: long\n\n" + b"0123456789abcde\r\n" * 40000 + b"a line\n" * 20000
EACH = "ann@b.test", "bob@b.test"


class ToldTest(Pop3Test):
    def box(self, *messages, domain=None):
        """joe's Maildir holds these (name, bytes)."""
        vmail = super().box(maildir=dict(messages), domain=domain)
        self.path = vmail.inbox(self.joe)
        return vmail

    def shut(self, name, mode=0):
        """Nobody can open it."""
        os.chmod(f"{self.path}/{name}", mode)

    def names(self):
        return sorted(f"{sub}/{name}" for sub in ("new", "cur") for name in os.listdir(f"{self.path}/{sub}"))


class Ways(Delivery, Pop3Test):
    """However a message comes, its name tells how long RETR sends it; but where a last line has no end, for
    Dovecot counts none."""
    def setUp(self):
        super().setUp()
        self.vmail.domain("b.test", {"mailbox": "maildir"}, passwords={"ann": PASSWORD, "bob": PASSWORD},
                          aliases="both: ann, bob\n")

    def tell(self, to, count):
        """The names of the inbox, and LIST, which opened nothing, and RETR."""
        place = os.path.join(self.vmail.inbox(to), "new")
        octets = self.names_tell(place)
        self.assertEqual(len(octets), count)
        for name in octets:
            os.chmod(os.path.join(place, name), 0 if ",W=" in name else 0o600)
        pop = self.session(self.vmail, to)
        self.assertEqual(pop.ask("STAT"), f"+OK {count} {sum(octets.values())}")
        listed = [int(line.split()[1]) for line in pop.many("LIST")[1].decode().splitlines()]
        self.assertEqual(sorted(listed), sorted(octets.values()))
        for name in octets:
            os.chmod(os.path.join(place, name), 0o600)
        for number, told in enumerate(listed, 1):
            reply, got = pop.many(f"RETR {number}")
            self.assertEqual((reply, len(got)), (f"+OK {told} octets", told))
        self.assertNotIn("text=", self.quit(pop))

    def test_by_vdeliver_for_one(self):
        # the first makes the Maildir: its file is copied
        for message in (LONG, *ODD, LONG, LONG + b"no end"):
            self.delivered("ann@b.test", message)
        self.tell("ann@b.test", len(ODD) + 3)

    def test_by_vdeliver_for_a_list(self):
        for message in (LONG, *ODD):
            self.delivered("both@b.test", message)
        for to in EACH:
            self.tell(to, len(ODD) + 1)

    def test_through_a_filter(self):
        self.vmail.domain("b.test", {"mailbox": "maildir", "filter": "cat; printf '\\r\\nx\\n'"},
                          passwords={"ann": PASSWORD})
        for message in (LONG, *ODD):
            self.delivered("ann@b.test", message)
        self.tell("ann@b.test", len(ODD) + 1)

    def test_by_vlmtpd_in_lines_and_in_chunks(self):
        lmtp = start(self.vmail).hello()
        for message in (LONG, *ODD):
            self.assertEqual(lmtp.deliver(*EACH, message=message), [DONE] * 2)
            lmtp.begin(*EACH)
            self.assertEqual(lmtp.chunk(message[:700])[:3], "250")
            self.assertEqual(lmtp.chunk(message[700:], last=True), [DONE] * 2)
        lmtp.quit()
        for to in EACH:
            self.tell(to, 2 * len(ODD) + 2)

    def test_the_warning_of_a_limit_too(self):
        self.vmail.domain("b.test", {"mailbox": "maildir", "inbox-limit": "10"}, passwords={"ann": PASSWORD})
        self.delivered("ann@b.test", b"S: x\n\n" + b"x\n" * 4700)
        self.tell("ann@b.test", 2)

    def test_an_mbox_is_as_it_was(self):
        for message in ODD:
            self.delivered("joe@a.test", message)
        self.assertEqual(self.vmail.messages("joe@a.test"), [
            trace("joe@a.test") + m + mbox_end(trace("joe@a.test") + m) for m in ODD])


class Believed(ToldTest):
    def test_where_all_names_can_be_true_no_message_is_opened(self):
        vmail = self.box(("new/1.h,S=4,W=6", b"a\nb\n"), ("cur/2.h,W=4,S=2:2,S", b"\n\n"), ("cur/3.h,S=0,W=0:2,", b""))
        for name in self.names():
            self.shut(name)
        pop = self.session(vmail)
        self.assertEqual(pop.ask("STAT"), "+OK 3 10")
        self.assertEqual(pop.many("LIST")[1], b"1 6\r\n2 4\r\n3 0\r\n")
        self.assertEqual(pop.ask("LIST 2"), "+OK 2 4")
        self.assertRegex(pop.ask("RETR 1"), r"^-ERR \[SYS/TEMP\]")
        self.assertRegex(self.quit(pop), "the account may not read it")

    def test_one_that_cannot_be_true_is_opened(self):
        for name in "S=4,W=3", "S=4,W=10", "S=5,W=6", "S=3,W=6", "W=6", "S=4":
            with self.subTest(name):
                vmail = self.box((f"new/1.h,{name}", b"a\nb\n"))
                pop = self.session(vmail)
                self.assertEqual(pop.ask("STAT"), "+OK 1 6")
                self.quit(pop)
                self.shut(f"new/1.h,{name}")
                pop = self.session(vmail)
                self.assertEqual(pop.ask("STAT"), "+OK 1 4")        # its file's size
                self.quit(pop)

    @needs_root                                 # else strace may not see the names: a session is not dumpable
    @needs_strace
    def test_stat_and_list_look_once_at_each_file_and_uidl_at_none(self):
        vmail = self.box(*((f"new/{n}.known,S=4,W=6", b"a\nb\n") for n in range(100, 150)))
        for commands, looks in (("UIDL",), 0), (("STAT", "LIST", "STAT"), 50):
            client, server = connection(fresh_address())
            trail = os.path.join(vmail.scratch, "strace")
            with server:
                process = Process(["/usr/bin/strace", "-f", "-o", trail, "--", program("vpop3d"), "-C", vmail.dir],
                                  stdin=server, stdout=server)
            vmail.processes.append(process)
            pop = Pop3(client, process)
            self.assertRegex(pop.login(self.joe, PASSWORD), r"^\+OK")
            for command in commands:
                pop.ask(command) if command == "STAT" else pop.many(command)
            self.quit(pop)
            with open(trail, errors="replace") as f:
                calls = re.findall(r' (\w+)\([^"\n]*"\d+\.known', f.read())
            self.assertEqual(calls, ["newfstatat"] * looks)

    def test_where_names_cannot_be_changed_messages_are_read(self):
        vmail = self.box(("new/1.h,S=4,W=5", b"a\nb\n"))
        for part in "new", "cur":
            with self.subTest(part):
                self.shut(part, 0o500)
                pop = self.session(vmail)
                self.assertEqual(pop.ask("STAT"), "+OK 1 6")
                self.assertNotIn("text=", self.quit(pop))
                self.shut(part, 0o700)


class Lies(ToldTest):
    SHORT = b"Subject: x\r\n\r\nabc\n"             # 19 octets
    LONG = b"Subject: x\n\n" + b"0123456789\n" * 500000
    OCTETS = len(on_the_wire(LONG))

    UID = "100.M000001P2Q3R01234567.h"          # as we give them

    def lie(self, text, told=None, sub="new", flags="", uid=UID):
        """A mailbox whose only message tells too few octets."""
        self.told, self.uid = told or len(text) + 2, uid
        self.name = f"{sub}/{uid},S={len(text)},W={self.told}{flags}"
        self.mended = f"{sub}/{uid},S={len(text)}{flags}"
        return self.box((self.name, text))

    def cut(self, pop):
        """RETR of the long message: its reply, and a connection that ends without the final dot."""
        self.assertEqual(pop.ask("RETR 1"), f"+OK {self.told} octets")
        got = pop.rest()
        self.assertFalse(got.endswith(b"\r\n.\r\n"))
        self.assertEqual(len(got), self.OCTETS)
        return self.ended(pop)

    def comes(self, vmail, text):
        """The next session has it all, and the right size, under the same unique id."""
        octets = len(on_the_wire(text))
        pop = self.session(vmail)
        self.assertEqual(pop.many("UIDL")[1].decode(), f"1 {self.uid}\r\n")
        self.assertEqual(pop.many("LIST")[1], b"1 %d\r\n" % octets)
        reply, got = pop.many("RETR 1")
        self.assertEqual((reply, got), (f"+OK {octets} octets", on_the_wire(text)))
        self.assertNotIn("text=", self.quit(pop))

    def test_of_a_short_message_retr_tells_what_it_sends_and_list_does_from_then_on(self):
        vmail = self.lie(self.SHORT, flags=":2,S", sub="cur")
        pop = self.session(vmail)
        self.assertEqual(pop.ask("STAT"), "+OK 1 20")
        self.assertEqual(pop.many("RETR 1"), ("+OK 19 octets", on_the_wire(self.SHORT)))
        self.assertEqual(pop.ask("LIST 1"), "+OK 1 19")
        self.assertEqual(pop.ask("STAT"), "+OK 1 19")
        self.assertEqual(self.names(), [self.mended])
        self.assertRegex(self.quit(pop), r'retrieved=1 retrieved-octets=19 .*text="100\.M000001P2Q3R01234567\.h: its name told 20 octets, '
                         'it has 19: that is out of the name now')
        self.comes(vmail, self.SHORT)

    def test_a_right_name_stays(self):
        for text in self.SHORT, self.LONG:
            vmail = self.lie(text, len(on_the_wire(text)))
            self.comes(vmail, text)
            self.assertEqual(self.names(), [self.name])

    def test_a_long_message_never_looks_whole_and_comes_in_the_next_session(self):
        vmail = self.lie(self.LONG)
        log = self.cut(self.session(vmail))
        self.assertRegex(log, rf" end=error text=.100\.M\w+\.h: its name told {self.told} octets, it has {self.OCTETS}: ")
        self.assertEqual(log.count("\n"), 1)
        self.assertEqual(self.names(), [self.mended])
        self.comes(vmail, self.LONG)

    def test_a_long_one_of_another_program_is_counted_before_it_is_promised(self):
        other = ("100.h", "1700000000.M1P2.host", "1700000000.M000001P2Q3R0123456.h")
        for uid in other:
            vmail = self.lie(self.LONG, uid=uid)
            pop = self.session(vmail)
            self.assertEqual(pop.ask("LIST 1"), f"+OK 1 {self.told}")
            self.assertEqual(pop.many("RETR 1"), (f"+OK {self.OCTETS} octets", on_the_wire(self.LONG)))
            self.assertEqual(pop.ask("LIST 1"), f"+OK 1 {self.OCTETS}")
            self.assertEqual(self.names(), [self.mended])
            self.assertIn(f"{uid}: its name told {self.told} octets, it has {self.OCTETS}", self.quit(pop))
            self.comes(vmail, self.LONG)

    def test_one_that_gets_flags_while_it_is_sent_does_too(self):
        vmail = self.lie(self.LONG)
        pop = self.session(vmail)
        pop.send(b"RETR 1\r\n")
        pop._more()                             # it has begun, and its end does not fit into the connection
        os.rename(f"{self.path}/{self.name}", f"{self.path}/cur/{os.path.basename(self.name)}:2,FS")
        self.assertFalse(pop.rest().endswith(b"\r\n.\r\n"))
        self.assertRegex(self.ended(pop), "that is out of the name now")
        self.assertEqual(self.names(), [f"cur/{os.path.basename(self.mended)}:2,FS"])
        self.comes(vmail, self.LONG)

    def test_where_the_name_cannot_be_changed_any_more_the_log_says_how_and_the_next_session_reads(self):
        for text, retrieve in (self.SHORT, lambda pop: (pop.many("RETR 1"), self.ended(pop))[1]), (self.LONG, self.cut):
            vmail = self.lie(text)
            pop = self.session(vmail)
            self.assertEqual(pop.ask("LIST 1"), f"+OK 1 {self.told}")
            self.shut("new", 0o500)
            log = retrieve(pop)
            self.assertRegex(log, rf'take .*,W={self.told}.* out of the name, which failed: .*Permission denied')
            self.assertEqual(self.names(), [self.name])
            self.comes(vmail, text)
            self.shut("new", 0o700)

    def test_top_promises_no_octets_and_looks_for_none(self):
        for text in self.SHORT, self.LONG:
            vmail = self.lie(text)
            pop = self.session(vmail)
            self.assertEqual(pop.many("TOP 1 0")[1], b"Subject: x\r\n\r\n")
            self.assertEqual(pop.many("TOP 1 99999999")[1], on_the_wire(text))
            self.assertNotIn("text=", self.quit(pop))
            self.assertEqual(self.names(), [self.name])

    def test_a_client_that_is_gone_has_seen_no_lie(self):
        vmail = self.lie(self.LONG)
        pop = self.session(vmail)
        pop.send(b"RETR 1\r\n")
        pop._more()
        self.assertNotIn("text=", self.ended(pop))
        self.assertEqual(self.names(), [self.name])

    def test_one_that_is_deleted_unread_goes(self):
        vmail = self.lie(self.LONG)
        pop = self.session(vmail)
        pop.ask("DELE 1")
        self.assertIn(f" deleted=1 deleted-octets={self.told} ", self.quit(pop))
        self.assertEqual(self.names(), [])

    def test_one_that_was_mended_is_deleted_in_the_same_session(self):
        vmail = self.lie(self.SHORT)
        pop = self.session(vmail)
        pop.many("RETR 1")
        pop.ask("DELE 1")
        self.assertIn(" deleted=1 deleted-octets=19 ", self.quit(pop))
        self.assertEqual(self.names(), [])


if __name__ == "__main__":
    main(beside=4)
