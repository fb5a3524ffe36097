#!/usr/bin/python3
"""vlmtpd: CHUNKING (RFC 3030 over LMTP): a message comes in chunks of BDAT."""
from lmtp import *

MESSAGE = b"Subject: x\r\n\r\nfirst\r\n.\r\n..\r\nFrom me\r\nlast\r\n"
TOO_LONG, OUT_OF_ORDER = r"^552 5\.3\.4 ", r"^503 5\.5\.1 "
SMUGGLED = b"MAIL FROM:<x@far.test>\r\nRCPT TO:<ann@b.test>\r\nBDAT 9 LAST\r\nsmuggled!"


def stored(octets):
    return octets.replace(b"\r\n", b"\n")


def comes_out(self, chunks, message):
    """These chunks, the last one with LAST, are this message, sent on its own and all at once.  In
    an mbox a last line always has an end."""
    lmtp = self.session()
    for to in "joe@a.test", "ann@b.test":
        lmtp.begin(to)
        for octets in chunks[:-1]:
            self.assertEqual(lmtp.chunk(octets), f"250 2.0.0 {len(octets)} octets taken")
        self.assertEqual(lmtp.chunk(chunks[-1], last=True), [DONE])
        lmtp.begin(to).send(b"".join(map(bdat, chunks[:-1])) + bdat(chunks[-1], True) + b"NOOP\r\n")
        self.assertEqual([r[:3] for r in lmtp.replies(len(chunks) + 1)], ["250"] * (len(chunks) + 1))
        end = b"" if to == "ann@b.test" or not message else mbox_end(message)
        self.assertEqual(self.bodies(to), [message + end] * 2)
    lmtp.quit()


def cannot_be_read(self, line):
    """What follows is no command: the client may have meant it as data."""
    lmtp = self.session().begin("joe@a.test")
    lmtp.send(line + b"\r\n" + SMUGGLED)
    self.assertRegex(lmtp.reply(), r"^501 5\.5\.4 syntax: BDAT ")
    self.assertRegex(lmtp.reply(), r"^421 4\.7\.0 .*cannot tell where this chunk ends$")
    self.assertEqual(lmtp.rest(), b"")
    self.assertEqual(lmtp.process.wait(), 0)
    for to in "joe@a.test", "ann@b.test":
        self.assertEqual(self.vmail.messages(to), [])


def is_read(self, line, octets):
    """Other spellings of the last chunk."""
    lmtp = self.session().begin("joe@a.test")
    lmtp.send(line + b"\r\n" + octets)
    self.assertEqual(lmtp.reply(), DONE)
    self.assertEqual(self.bodies("joe@a.test"), [octets])
    lmtp.quit()


@rows(comes_out, [
    ("one chunk", [MESSAGE], stored(MESSAGE)),
    ("two chunks", [MESSAGE[:20], MESSAGE[20:]], stored(MESSAGE)),
    ("a chunk for each byte", [MESSAGE[n:n + 1] for n in range(len(MESSAGE))], stored(MESSAGE)),
    ("the last chunk is empty", [MESSAGE, b""], stored(MESSAGE)),
    ("empty chunks between others", [b"", MESSAGE[:11], b"", b"", MESSAGE[11:], b""], stored(MESSAGE)),
    ("nothing at all", [b""], b""),
    ("a chunk ends between CR and LF", [b"S: x\r", b"\n\r\nhello\r\n"], b"S: x\n\nhello\n"),
    ("a chunk ends behind a CR that no LF follows", [b"S: x\r\n\r\na\r", b"b\r\n"], b"S: x\n\na\rb\n"),
    ("an empty chunk lies between CR and LF", [b"S: x\r", b"", b"\n\r\n"], b"S: x\n\n"),
    ("the last byte is a CR", [b"S: x\r\n\r\na\r"], b"S: x\n\na\r"),
    ("the last byte but for an empty chunk is a CR", [b"S: x\r\n\r\na\r", b""], b"S: x\n\na\r"),
    ("the last line has no end", [b"S: x\r\n\r\nhello"], b"S: x\n\nhello"),
    ("bare CR and bare LF are kept", [b"S: x\n\n\ra\r\r\nb\n\r"], b"S: x\n\n\ra\r\nb\n\r"),
    ("dots are data", [b".S: x\r\n..\r\n.\r\n\r\n.\r\n"], b".S: x\n..\n.\n\n.\n"),
    ("the end of DATA is data", [b"S: x\r\n\r\n\r\n.\r\n" + SMUGGLED], b"S: x\n\n\n.\n" + stored(SMUGGLED)),
    ("commands are data", [b"S: x\r\n\r\n", b"QUIT\r\n", b"BDAT 0 LAST\r\n", b"RSET\r\n"],
     b"S: x\n\nQUIT\nBDAT 0 LAST\nRSET\n"),
    ("every byte there is", [b"S: x\n\n" + bytes(range(256)), bytes(range(256)) + b"\n"],
     b"S: x\n\n" + bytes(range(256)) * 2 + b"\n"),
    ("an old From line that comes in pieces goes", [b"Fr", b"om joe Thu Jan  1 00:00:00 1970\r", b"\nS: x\r\n\r\n"],
     b"S: x\n\n"),
    ("a message that is a From line alone", [b"From a\r\n"], b""),
    ("an old Return-Path in two chunks goes", [b"Return-", b"Path: <old@far.test>\r\nS: x\r\n\r\nh\r\n"],
     b"S: x\n\nh\n"),
])
@rows(cannot_be_read, [
    ("BDAT alone", b"BDAT"),
    ("BDAT and a blank", b"BDAT "),
    ("no number", b"BDAT LAST"),
    ("a negative number", b"BDAT -1 LAST"),
    ("a number with a plus", b"BDAT +5 LAST"),
    ("a hexadecimal number", b"BDAT 0x5"),
    ("a number with a unit", b"BDAT 5k"),
    ("a fraction", b"BDAT 5.0"),
    ("two to the 64th", b"BDAT 18446744073709551616 LAST"),
    ("a number of a thousand digits", b"BDAT 1" + b"0" * 1000),
    ("another word than LAST", b"BDAT 5 FIRST"),
    ("LAST twice", b"BDAT 5 LAST LAST"),
    ("what clings to LAST", b"BDAT 5 LAST;"),
    ("two numbers", b"BDAT 5 5"),
    ("a NUL behind the number", b"BDAT 5\0"),
    ("a tab for the blank", b"BDAT 5\tLAST"),
])
@rows(is_read, [
    ("LAST in lower case", b"bdat 5 last", b"S: x\n"),
    ("zeros before the number", b"BDAT 0000000000000000000000005 LAST", b"S: x\n"),
    ("several blanks", b"BDAT  5  LAST ", b"S: x\n"),
])
class Chunks(LmtpTest):
    def test_each_recipient_has_a_reply_behind_the_last_chunk_and_none_before(self):
        lmtp = self.session().begin("joe@a.test", "ann@b.test")
        self.assertRegex(lmtp.rcpt("nobody@a.test"), "^550 ")
        self.assertEqual(lmtp.rcpt("joe+x@a.test"), RCPT_OK)
        self.assertEqual(lmtp.chunk(MESSAGE[:9]), "250 2.0.0 9 octets taken")
        self.assertEqual(self.vmail.messages("joe@a.test"), [])
        self.assertEqual(lmtp.chunk(MESSAGE[9:], last=True), [DONE] * 3)
        for to in "joe@a.test", "ann@b.test":
            self.assertEqual(self.bodies(to), [stored(MESSAGE)])
        lmtp.quit()

    def test_one_that_fails_hurts_no_other(self):
        self.vmail.write("aliases.a.test", "bad: \"|exit 69\"\nlater: \"|exit 75\"\n")
        lmtp = self.session().begin("bad@a.test", "joe@a.test", "later@a.test")
        self.assertEqual([r[:3] for r in lmtp.chunk(MESSAGE, last=True)], ["554", "250", "451"])
        lmtp.quit()

    def test_messages_by_data_and_by_bdat_may_follow_each_other(self):
        lmtp = self.session()
        for _ in range(3):
            self.assertEqual(lmtp.begin("joe@a.test").chunk(MESSAGE, last=True), [DONE])
            self.assertEqual(lmtp.deliver("joe@a.test"), [DONE])
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 6)
        lmtp.quit()

    def test_data_within_bdat_is_503_and_the_chunks_go_on(self):
        lmtp = self.session().begin("joe@a.test")
        lmtp.chunk(MESSAGE[:9])
        self.assertRegex(lmtp.ask("DATA"), OUT_OF_ORDER)
        self.assertEqual(lmtp.chunk(MESSAGE[9:], last=True), [DONE])
        self.assertEqual(self.bodies("joe@a.test"), [stored(MESSAGE)])
        lmtp.quit()

    def test_no_sender_and_no_recipient_comes_between_chunks(self):
        lmtp = self.session().begin("joe@a.test")
        lmtp.chunk(MESSAGE[:9])
        self.assertRegex(lmtp.ask("RCPT TO:<ann@b.test>"), OUT_OF_ORDER)
        self.assertRegex(lmtp.ask("MAIL FROM:<x@far.test>"), OUT_OF_ORDER)
        self.assertRegex(lmtp.ask("NOOP"), "^250 ")
        self.assertRegex(lmtp.ask("VRFY joe"), "^252 ")
        self.assertEqual(lmtp.chunk(MESSAGE[9:], last=True), [DONE])
        self.assertEqual(self.vmail.messages("ann@b.test"), [])
        lmtp.quit()

    def test_out_of_order_the_octets_are_read_and_are_no_commands(self):
        lmtp = self.start()
        lmtp.reply()
        for begin in None, "LHLO client.test", "MAIL FROM:<s@far.test>", "RCPT TO:<nobody@a.test>":
            if begin:
                lmtp.ask(begin)
            for last in False, True:
                lmtp.send(bdat(SMUGGLED, last))
                self.assertRegex(lmtp.reply(), OUT_OF_ORDER)
        lmtp.ask("RSET")
        self.assertEqual(lmtp.begin("joe@a.test").chunk(MESSAGE, last=True), [DONE])
        lmtp.send(bdat(SMUGGLED))       # behind LAST
        self.assertRegex(lmtp.reply(), OUT_OF_ORDER)
        lmtp.quit()
        self.assertEqual([len(self.vmail.messages(to)) for to in ("joe@a.test", "ann@b.test")], [1, 0])

    def test_chunks_out_of_order_are_bad_commands(self):
        lmtp = self.session()
        lmtp.send(bdat(b"QUIT\r\n") * 30)
        self.assertEqual([r[:3] for r in lmtp.replies(21)], ["503"] * 20 + ["421"])
        self.assertEqual(lmtp.process.wait(), 0)

    def test_rset_and_lhlo_between_chunks_forget_the_message(self):
        lmtp = self.session()
        for word in "RSET", "LHLO again.test":
            lmtp.begin("joe@a.test").chunk(b"Subject: forgotten\r\n\r\n")
            self.assertRegex(lmtp.ask(word), "^250[ -]")
            lmtp.send(bdat(b"x", True))
            self.assertRegex(lmtp.reply(), OUT_OF_ORDER)
            self.assertEqual(lmtp.begin("ann@b.test").chunk(MESSAGE, last=True), [DONE])
        self.assertEqual(self.bodies("ann@b.test"), [stored(MESSAGE)] * 2)
        lmtp.quit()
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def test_quit_between_chunks_delivers_nothing(self):
        lmtp = self.session().begin("joe@a.test")
        lmtp.chunk(MESSAGE)
        lmtp.quit()
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def test_a_cut_after_every_byte_delivers_nothing_before_the_last_one(self):
        server = self.server()
        whole = (b"LHLO client.test\r\nMAIL FROM:<s@far.test>\r\nRCPT TO:<joe@a.test>\r\n"
                 + bdat(b"Subject: cut\r\n") + bdat(b"\r\nhello\r\n", True))
        for cut in range(whole.index(b"BDAT"), len(whole) + 1):
            lmtp = server.client()
            lmtp.send(whole[:cut])
            lmtp.shut()
            self.assertEqual(b"delivered" in lmtp.rest(), cut == len(whole), cut)
            lmtp.close()
        self.assertEqual([parted(m, "joe@a.test", "s@far.test")[1] for m in self.vmail.messages("joe@a.test")],
                         [b"Subject: cut\n\nhello\n"])
        left = [name for _, _, names in os.walk(self.vmail.spool) for name in names]
        self.assertEqual(set(left) - {"joe", ".joe.queue"}, set())
        server.stop()

    def test_a_whole_session_byte_by_byte(self):
        lmtp = self.server(tcp=True).client()
        lmtp.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one = (b"MAIL FROM:<sender@far.test>\r\nRCPT TO:<joe@a.test>\r\nRCPT TO:<ann@b.test>\r\n"
               + bdat(MESSAGE[:15]) + bdat(b"") + bdat(MESSAGE[15:], True))
        for byte in b"LHLO client.test\r\n" + one * 2 + b"QUIT\r\n":
            lmtp.send(bytes([byte]))
        replies = []
        while (reply := lmtp.reply()) is not None:
            replies.append(reply[:3])
        self.assertEqual(replies, ["220", "250", *["250"] * 7 * 2, "221"])
        for to in "joe@a.test", "ann@b.test":
            self.assertEqual(self.bodies(to), [stored(MESSAGE)] * 2)

    def test_20_megabytes_in_chunks_of_odd_sizes_come_out_as_they_went_in(self):
        message = b"Subject: big\r\n\r\n" + b"".join(b"%07d.From x\r\n" % n for n in range(1300000))
        lmtp = self.session().begin("ann@b.test")
        at, sizes = 0, [1, 65535, 65536, 65537, 1000000, 4095]
        while at < len(message):
            size = sizes[at % 6]
            self.assertRegex(lmtp.chunk(message[at:at + size]), "^250 ")
            at += size
        self.assertEqual(lmtp.chunk(b"", last=True), [DONE])
        self.assertEqual(self.bodies("ann@b.test"), [stored(message)])
        lmtp.quit()

    def test_binarymime_is_neither_announced_nor_taken(self):
        lmtp = self.start()
        lmtp.reply()
        self.assertNotIn("BINARYMIME", lmtp.ask("LHLO client.test"))
        self.assertRegex(lmtp.ask("MAIL FROM:<s@far.test> BODY=BINARYMIME"), r"^501 5\.5\.4 ")
        lmtp.quit()


class Long(LmtpTest):
    settings = {"max-message-size": "1000"}

    def test_chunks_beyond_the_limit_are_552_and_the_session_goes_on(self):
        lmtp = self.session().begin("joe@a.test", "ann@b.test")
        self.assertRegex(lmtp.chunk(b"S: x\n\n" + b"y" * 994), "^250 ")
        self.assertRegex(lmtp.chunk(b"y"), TOO_LONG)
        self.assertRegex(lmtp.chunk(b"y" * 100000), TOO_LONG)
        for reply in lmtp.chunk(b"", last=True):
            self.assertRegex(reply, TOO_LONG)
        self.assertEqual(lmtp.deliver("joe@a.test"), [DONE])
        lmtp.quit()
        self.assertEqual([len(self.vmail.messages(to)) for to in ("joe@a.test", "ann@b.test")], [1, 0])

    def test_one_chunk_beyond_the_limit_is_read_to_its_end(self):
        lmtp = self.session().begin("joe@a.test")
        lmtp.send(bdat(b"x" * 3000000 + SMUGGLED) + b"RSET\r\n")
        self.assertRegex(lmtp.reply(), TOO_LONG)
        self.assertEqual(lmtp.reply(), "250 2.0.0 ok")
        lmtp.quit()
        self.assertEqual(self.vmail.messages("ann@b.test"), [])

    def test_a_message_of_the_greatest_size_is_delivered(self):
        lmtp = self.session().begin("joe@a.test", parameters=" SIZE=1000")
        lmtp.chunk(b"S: x\n\n" + b"y" * 993)
        self.assertEqual(lmtp.chunk(b"\n", last=True), [DONE])
        self.assertEqual(len(self.bodies("joe@a.test")[0]), 1000)
        lmtp.quit()

    def test_a_chunk_without_an_end_stores_nothing(self):
        lmtp = self.session().begin("joe@a.test")
        lmtp.send(b"BDAT 18446744073709551615 LAST\r\n" + b"x" * 1000000)
        lmtp.shut()
        self.assertEqual(lmtp.rest(), b"")
        self.assertEqual(lmtp.process.wait(), 0)
        left = [name for _, _, names in os.walk(self.vmail.spool) for name in names]
        self.assertEqual(left, [])


class Silent(LmtpTest):
    settings = {"idle-timeout": "1s"}

    def test_a_client_that_is_silent_within_a_chunk_gets_421_and_nothing_is_delivered(self):
        said = (SESSION % b"joe@a.test").partition(b"DATA")[0]
        lmtp = self.start(said=said + b"BDAT 10 LAST\r\nS: x\r\n\r\n.")
        self.assertEqual([reply[:4] for reply in lmtp.replies(4)], ["220 ", "250-", "250 ", "250 "])
        self.assertRegex(lmtp.reply(), r"^421 4\.4\.2 ")
        self.assertEqual(lmtp.process.wait(), 0)
        self.assertEqual(self.vmail.messages("joe@a.test"), [])


@needs_root
class FullDisk(LmtpTest):
    def test_a_disk_that_is_full_is_452_for_the_chunk_and_for_each_recipient(self):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755,size=1m", "vmail", self.vmail.spool], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.vmail.spool], check=True)
        lmtp = self.session().begin("joe@a.test", "ann@b.test")
        replies = [lmtp.chunk(b"y" * 700000), lmtp.chunk(b"y" * 700000), *lmtp.chunk(b"y", last=True)]
        self.assertEqual([r[:9] for r in replies], ["250 2.0.0"] + ["452 4.3.1"] * 3)
        self.assertEqual(lmtp.deliver("joe@a.test"), [DONE])
        lmtp.quit()


if __name__ == "__main__":
    main()
