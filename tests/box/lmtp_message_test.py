#!/usr/bin/python3
"""vlmtpd: the bytes of a message, its end, what is added and taken out, how long it may be."""
import email.utils
import glob

from lmtp import *

LONG = b"x" * (1024 * 1024)
MESSAGES = os.path.join(TREE, "tests", "messages")
EDGES = [n + d for n in (1024, 4096, 65536) for d in range(-3, 3)]
SMUGGLED = b"MAIL FROM:<x@far.test>\r\nRCPT TO:<ann@b.test>\r\nDATA\r\nSubject: smuggled\r\n\r\n"


def comes_out(self, data, message):
    """These bytes behind DATA are this message, and the session goes on."""
    lmtp = self.session()
    for to in ("joe@a.test", "ann@b.test"):
        self.assertEqual(lmtp.begin(to).raw(data), [DONE])
        self.assertEqual(lmtp.deliver(to, message=b"Subject: next\n\n"), [DONE])
        self.assertEqual(self.bodies(to), [message, b"Subject: next\n\n"])
    lmtp.quit()


def is_kept(self, message):
    comes_out(self, wire(message), message)


def comes_out_of_a_maildir(self, data, message):
    lmtp = self.session().begin("ann@b.test")
    self.assertEqual(lmtp.raw(data), [DONE])
    self.assertEqual(self.bodies("ann@b.test"), [message])
    lmtp.quit()


@rows(is_kept, [
    ("a plain message", b"From: a@far.test\nSubject: x\n\nhello\n"),
    ("a header alone", b"Subject: x\n"),
    ("no header", b"hello, this is no header\nat all\n"),
    ("an empty line first", b"\nhello\n"),
    ("an empty body of many empty lines", b"Subject: x\n\n\n\n\n\n"),
    ("eight bits, all of them", b"Subject: x\n\n" + bytes(b for b in range(256)) + b"\n"),
    ("NUL in header and body", b"Subject: a\0b\n\n\0\0From \0\nx\0\n"),
    ("bare CR in every place", b"\rSubject: x\r\r\n\n\ra\rb\r\n\r\r\rc\r\n"),
    ("a line of a megabyte", b"Subject: x\n\n" + LONG + b"\n"),
    ("a header field of a megabyte", b"Subject: x\nX: " + LONG + b"\n\nhello\n"),
    ("a megabyte of line ends", b"Subject: x\n\n" + b"\n" * 1048576),
    ("a megabyte of dots", b"Subject: x\n\n" + b".\n" * 524288),
    ("From lines of every depth", b"S: x\n\nFrom a\n>From b\n>>From c\n>>>>>>From d\n> From e\n"),
    ("From after an empty line", b"S: x\n\na\n\nFrom joe@far.test Thu Jan  1 00:00:00 1970\n\nb\n"),
    ("a lie about its length", b"S: x\nContent-Length: 7\n\nFrom a\n\nFrom b\n\n"),
    ("a dot alone, and other lines of dots", b"S: x\n\n.\n..\n\n...\n.\n"),
    ("dots that begin lines", b".S: x\n..\n\n.hidden\n..x\n"),
    ("commands in the body", b"S: x\n\nRSET\nQUIT\nMAIL FROM:<x@far.test>\n"),
    ("a Return-Path in the body", b"S: x\n\nReturn-Path: <y@far.test>\n"),
    ("a field like Return-Path", b"X-Return-Path: a\nReturn-Pathology: b\nS: x\n\n"),
    ("other Received fields", b"Received: from a by b; c\nReceived: x\nS: x\n\n"),
    ("a hundred Received fields", b"Received: x\n" * 100 + b"\nhello\n"),
    ("somebody else's Delivered-To", b"Delivered-To: joe@far.test\nS: x\n\nhello\n"),
    *((f"a dot at the edge of a buffer, {n} bytes in",
       b"S: x\n\n" + b"y" * n + b"\n.\n..\n\n.z\n") for n in EDGES),
])
@rows(comes_out, [
    ("bare LF is kept as LF", b"S: x\n\nhello\n\r\n.\r\n", b"S: x\n\nhello\n\n"),
    ("LF dot LF is no end", b"S: x\r\n\r\na\n.\n" + SMUGGLED + b".\r\n",
     b"S: x\n\na\n.\n" + SMUGGLED.replace(b"\r\n", b"\n")),
    ("LF dot CRLF is no end", b"S: x\r\n\r\na\n.\r\n" + SMUGGLED + b".\r\n",
     b"S: x\n\na\n.\n" + SMUGGLED.replace(b"\r\n", b"\n")),
    ("CRLF dot LF is no end", b"S: x\r\n\r\na\r\n.\n" + SMUGGLED + b".\r\n",
     b"S: x\n\na\n\n" + SMUGGLED.replace(b"\r\n", b"\n")),
    ("CR dot CR is no end", b"S: x\r\n\r\na\r.\r" + SMUGGLED + b".\r\n",
     b"S: x\n\na\r.\r" + SMUGGLED.replace(b"\r\n", b"\n")),
    ("CR dot CRLF is no end", b"S: x\r\n\r\na\r.\r\n" + SMUGGLED + b".\r\n",
     b"S: x\n\na\r.\n" + SMUGGLED.replace(b"\r\n", b"\n")),
    ("CRLF dot CR CRLF is no end", b"S: x\r\n\r\na\r\n.\r\r\n" + SMUGGLED + b".\r\n",
     b"S: x\n\na\n\r\n" + SMUGGLED.replace(b"\r\n", b"\n")),
    ("CRLF dot NUL CRLF is no end", b"S: x\r\n\r\na\r\n.\0\r\n" + SMUGGLED + b".\r\n",
     b"S: x\n\na\n\0\n" + SMUGGLED.replace(b"\r\n", b"\n")),
    ("dots that were not stuffed go", b".S: x\r\n\r\n.a\r\n.b\r\n.\r\n", b"S: x\n\na\nb\n"),
    ("an old From line goes", b"From joe Thu Jan  1 00:00:00 1970\r\nS: x\r\n\r\nh\r\n.\r\n", b"S: x\n\nh\n"),
    ("an old Return-Path goes", b"Return-Path: <old@far.test>\r\nS: x\r\n\r\nh\r\n.\r\n", b"S: x\n\nh\n"),
    ("a From line and then a Return-Path go",
     b"From a\r\nReturn-Path: <old@far.test>\r\nS: x\r\n\r\nh\r\n.\r\n", b"S: x\n\nh\n"),
    ("every Return-Path goes from anywhere in the header",
     b"RETURN-PATH: a\r\nA: 1\r\nreturn-path:b\r\n\tfolded\r\nB: 2\r\nReturn-Path : c\r\n\r\nh\r\n.\r\n",
     b"A: 1\nB: 2\n\nh\n"),
    ("only the first From line goes", b"From a\r\nFrom b\r\nS: x\r\n\r\nh\r\n.\r\n", b"From b\nS: x\n\nh\n"),
    ("a message that is a From line alone", b"From a\r\n.\r\n", b""),
    ("an empty message", b".\r\n", b""),
])
@rows(comes_out_of_a_maildir, [
    ("an empty line is all", b"\r\n.\r\n", b"\n"),
    ("a bare CR is all", b"\r\r\n.\r\n", b"\r\n"),
])
class Bytes(LmtpTest):
    def test_each_message_of_the_collection_comes_out_as_it_went_in(self):
        lmtp = self.session()
        files = sorted(glob.glob(MESSAGES + "/*.eml"))
        self.assertEqual(len(files), 12)
        wanted = []
        for file in files:
            with open(file, "rb") as f:
                message = f.read()
            self.assertEqual(lmtp.deliver("joe@a.test", "ann@b.test", message=message), [DONE, DONE])
            wanted.append(message if message.endswith(b"\n") else message + b"\n")
        for to in "joe@a.test", "ann@b.test":
            self.assertEqual(self.bodies(to), wanted)
        lmtp.quit()

    def test_a_message_of_20_megabytes_comes_out_as_it_went_in(self):
        message = b"Subject: big\n\n" + b"".join(b"%07d.From x\n" % n for n in range(1300000))
        lmtp = self.session()
        self.assertEqual(lmtp.deliver("ann@b.test", message=message), [DONE])
        self.assertEqual(self.bodies("ann@b.test"), [message])
        lmtp.quit()

    def test_one_byte_a_packet_is_the_same_message(self):
        server = self.server(tcp=True)
        message = b"Subject: x\n\n.\n..\r\n.a\n\n.b\r.\n"
        lmtp = server.client().hello()
        lmtp.begin("joe@a.test")
        lmtp.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.assertRegex(lmtp.ask("DATA"), "^354 ")
        for byte in wire(message):
            lmtp.send(bytes([byte]))
        self.assertEqual(lmtp.reply(), DONE)
        self.assertEqual(self.bodies("joe@a.test"), [message])
        lmtp.quit()

    def test_a_message_that_was_here_before_is_a_loop(self):
        lmtp = self.session()
        lmtp.begin("joe@a.test", "ann@b.test")
        replies = lmtp.data(b"Delivered-To: joe@a.test\nSubject: x\n\nhello\n")
        self.assertRegex(replies[0], r"^554 5\.4\.6 mail loop")
        self.assertEqual(replies[1], DONE)
        lmtp.quit()

    def test_the_hundred_and_first_received_field_is_not_ours_behind_a_filter_either(self):
        for domain in "a.test", "b.test":
            self.vmail.write(f"domain.{domain}", self.vmail.read(f"domain.{domain}") + b"filter = cat\n")
        lmtp = self.session().begin("joe@a.test", "ann@b.test")
        self.assertEqual(lmtp.data(b"Received: x\n" * 100 + b"\n"), [DONE, DONE])
        lmtp.begin("joe@a.test", "ann@b.test")
        for reply in lmtp.data(b"Received: x\n" * 101 + b"\n"):
            self.assertRegex(reply, r"^554 5\.4\.6 ")
        lmtp.quit()

    def test_more_than_a_hundred_received_fields_are_a_loop(self):
        lmtp = self.session()
        lmtp.begin("joe@a.test")
        self.assertRegex(lmtp.data(b"Received: x\n" * 101 + b"\n")[0], r"^554 5\.4\.6 ")
        lmtp.quit()


class Trace(LmtpTest):
    def received(self, lmtp, **more):
        self.assertEqual(lmtp.deliver("joe@a.test", **more), [DONE])
        lmtp.quit()
        return parted(self.last(), "joe@a.test", more.get("sender", "sender@far.test"))[0]

    def test_the_null_sender_is_an_empty_return_path(self):
        self.received(self.session(), sender="")
        self.assertEqual(self.last().count(b"Return-Path: <>\n"), 1)

    def test_mailer_daemon_is_the_null_sender_as_vdeliver_has_it(self):
        self.assertEqual(self.session().deliver("joe@a.test", sender="MAILER-DAEMON"), [DONE])
        self.assertTrue(self.last().startswith(b"Return-Path: <>\n"), self.last())

    def test_the_sender_is_written_as_it_came_without_its_source_route(self):
        self.assertEqual(self.session().deliver("joe@a.test", sender='@a,@b:"A B"@Far.Test'), [DONE])
        self.assertTrue(self.last().startswith(b'Return-Path: <"A B"@Far.Test>\n'), self.last())

    def test_received_is_one_field_with_a_date_of_now(self):
        match = self.received(self.session())
        self.assertEqual(self.last().count(b"Received:"), 1)
        date = email.utils.parsedate_to_datetime(match["date"].decode())
        self.assertLess(abs(date.timestamp() - time.time()), 60)

    def test_received_names_the_client_and_over_tcp_its_address(self):
        match = self.received(self.session())
        self.assertEqual((match["client"], match["peer"], match["protocol"]), (b"client.test", None, b"LMTP"))
        server = self.server(tcp=True)
        match = self.received(server.client().hello())
        self.assertRegex(match["peer"], rb"^127\.\d+\.\d+\.\d+$")

    def test_received_says_utf8lmtp_where_smtputf8_was(self):
        match = self.received(self.session(), parameters=" SMTPUTF8")
        self.assertEqual(match["protocol"], b"UTF8LMTP")

    def test_nothing_that_lhlo_says_adds_a_field(self):
        for name in (b"x\ry: z", b"x (y) z", b"a\0b", b"x\xff", b"x" * 300, b"<x>", b";", b"(", b"a b"):
            lmtp = self.start()
            lmtp.reply()
            self.assertRegex(lmtp.ask(b"LHLO " + name), "^250-")
            match = self.received(lmtp)
            self.assertRegex(match["client"], rb"^[A-Za-z0-9._:\[\]-]{1,255}$")

    def test_received_stands_above_the_others_and_changes_none(self):
        lmtp = self.session()
        message = b"Received: from b by c\n\tfolded; date\nReceived: first\nSubject: x\n\n"
        self.assertEqual(lmtp.deliver("joe@a.test", message=message), [DONE])
        self.assertEqual(self.bodies("joe@a.test"), [message])
        lmtp.quit()

    def test_delivered_to_is_the_real_domain_in_lower_case(self):
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.alias.test"))
        lmtp = self.session()
        self.assertEqual(lmtp.deliver("JOE+x@Alias.TEST"), [DONE])
        self.assertEqual(len(self.bodies("joe@a.test")), 1)
        lmtp.quit()


class Size(LmtpTest):
    settings = {"max-message-size": "1000"}

    def exactly(self, octets):
        """A message of so many octets on the wire."""
        text = b"Subject: x\n\n"
        text += b"y" * (octets - len(text) - text.count(b"\n") - 2) + b"\n"
        assert len(text.replace(b"\n", b"\r\n")) == octets
        return text

    def test_a_message_of_the_greatest_size_is_delivered(self):
        lmtp = self.session()
        message = self.exactly(1000)
        self.assertEqual(lmtp.deliver("joe@a.test", message=message, parameters=" SIZE=1000"), [DONE])
        self.assertEqual(self.bodies("joe@a.test"), [message])
        lmtp.quit()

    def test_a_declared_size_beyond_the_limit_is_refused_and_the_session_goes_on(self):
        lmtp = self.session()
        self.assertRegex(lmtp.mail(parameters=" SIZE=1001"), r"^552 5\.3\.4 ")
        self.assertRegex(lmtp.rcpt("joe@a.test"), "^503 ")
        self.assertEqual(lmtp.deliver("joe@a.test"), [DONE])
        lmtp.quit()

    def test_a_message_beyond_the_limit_is_refused_for_each_recipient_and_the_session_goes_on(self):
        lmtp = self.session()
        for octets in 1010, 2000, 100000, 3000000:
            replies = lmtp.deliver("joe@a.test", "ann@b.test", message=self.exactly(octets),
                                   parameters=" SIZE=10")
            self.assertEqual(len(replies), 2)
            for reply in replies:
                self.assertRegex(reply, r"^552 5\.3\.4 ")
            self.assertRegex(lmtp.ask("RCPT TO:<joe@a.test>"), "^503 ")
        self.assertEqual(lmtp.deliver("ann@b.test"), [DONE])
        self.assertEqual([len(self.vmail.messages(who)) for who in ("joe@a.test", "ann@b.test")], [0, 1])
        lmtp.quit()

    def test_what_was_refused_leaves_nothing_on_disk(self):
        lmtp = self.session()
        lmtp.deliver("joe@a.test", message=self.exactly(100000))
        lmtp.quit()
        left = [name for _, _, names in os.walk(self.vmail.spool) for name in names]
        self.assertEqual(left, [])

    def test_a_client_that_lies_about_the_size_within_the_limit_is_believed_the_message(self):
        lmtp = self.session()
        self.assertEqual(lmtp.deliver("joe@a.test", message=self.exactly(900), parameters=" SIZE=1"), [DONE])
        lmtp.quit()

    def test_no_limit_is_no_limit(self):
        self.vmail.set(max_message_size="0")
        lmtp = self.session()
        message = self.exactly(3000000)
        self.assertEqual(lmtp.deliver("ann@b.test", message=message,
                                      parameters=" SIZE=18446744073709551615"), [DONE])
        self.assertEqual(self.bodies("ann@b.test"), [message])
        lmtp.quit()


@needs_root
class FullDisk(LmtpTest):
    def setUp(self):
        super().setUp()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755,size=1m", "vmail", self.vmail.spool],
                       check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.vmail.spool], check=True)
        self.lmtp = self.session()
        self.assertEqual(self.lmtp.deliver("joe@a.test", "ann@b.test"), [DONE, DONE])
        # Who answers RCPT has given back what the message took of the disk.
        self.lmtp.begin("joe@a.test")
        self.assertEqual(self.lmtp.ask("RSET")[:4], "250 ")
        with open(self.inbox, "rb") as f:
            self.before = f.read()

    def goes_on(self):
        with open(self.inbox, "rb") as f:
            self.assertEqual(f.read(), self.before)
        self.assertEqual(self.lmtp.deliver("joe@a.test", "ann@b.test"), [DONE, DONE])
        self.assertEqual([len(self.vmail.messages(who)) for who in ("joe@a.test", "ann@b.test")], [2, 2])
        self.lmtp.quit()

    def test_a_message_that_the_spool_cannot_take_is_452_and_the_session_goes_on(self):
        for size in 1048576, 3000000:
            replies = self.lmtp.deliver("joe@a.test", "ann@b.test", message=b"y" * size + b"\n")
            self.assertEqual(len(replies), 2)
            for reply in replies:
                self.assertRegex(reply, r"^452 4\.3\.1 ")
        self.goes_on()

    def test_a_message_that_only_the_inbox_cannot_take_is_temporary_and_the_session_goes_on(self):
        replies = self.lmtp.deliver("joe@a.test", "ann@b.test", message=b"S: x\n\n" + b"y" * 600000 + b"\n")
        for reply in replies:
            self.assertRegex(reply, r"^45[12] 4\.3\.[01] ")
        self.goes_on()

    def test_a_spool_that_is_full_to_the_last_byte_takes_nothing_and_tells_so(self):
        ballast = os.path.join(self.vmail.spool, "ballast")
        with open(ballast, "wb", buffering=0) as f:
            with self.assertRaises(OSError):
                while True:
                    f.write(b"x" * 4096)
        for reply in self.lmtp.deliver("joe@a.test", "ann@b.test"):
            self.assertRegex(reply, r"^45[12] 4\.3\.[01] ")
        os.unlink(ballast)
        self.goes_on()


if __name__ == "__main__":
    main()
