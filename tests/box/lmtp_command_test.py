#!/usr/bin/python3
"""vlmtpd: commands and their order (RFC 2033, RFC 5321), codes (RFC 2034), long lines, time-outs."""
from lmtp import *


def goes(self, text):
    """A transcript behind LHLO."""
    self.whole(self.session(), text)


def goes_from_the_greeting(self, text):
    lmtp = self.start()
    self.assertEqual(lmtp.reply(), GREETING)
    self.whole(lmtp, text)


BEGUN = """
    > MAIL FROM:<s@far.test>
    < 250 2.1.0 ok
    > RCPT TO:<joe@a.test>
    < 250 2.1.5 ok
    """
MORE = """
    > NOOP
    <~ 250 2\\.0\\.0 .*
    """


@rows(goes_from_the_greeting, [
    ("MAIL before LHLO is refused", "> MAIL FROM:<s@far.test>\n<~ 503 5\\.5\\.1 .*"),
    ("RCPT before LHLO is refused", "> RCPT TO:<joe@a.test>\n<~ 503 5\\.5\\.1 .*"),
    ("DATA before LHLO is refused", "> DATA\n<~ 503 5\\.5\\.1 .*"),
    ("RSET before LHLO is nothing", "> RSET\n<~ 250 2\\.0\\.0 .*\n> MAIL FROM:<s@far.test>\n<~ 503 .*"),
    ("NOOP before LHLO is nothing", "> NOOP\n<~ 250 2\\.0\\.0 .*"),
    ("VRFY before LHLO verifies nothing", "> VRFY joe\n<~ 252 2\\.[0-5]\\.[0-9] .*"),
    ("QUIT before LHLO ends it", "> QUIT\n<~ 221 2\\.0\\.0 .*"),
    ("HELO is not LMTP's", "> HELO client.test\n<~ 500 5\\.5\\.1 .*\n> MAIL FROM:<s@far.test>\n<~ 503 .*"),
    ("EHLO is not LMTP's", "> EHLO client.test\n<~ 500 5\\.5\\.1 .*\n> MAIL FROM:<s@far.test>\n<~ 503 .*"),
    ("LHLO without a name is refused",
     "> LHLO\n<~ 501 5\\.5\\.4 .*\n> MAIL FROM:<s@far.test>\n<~ 503 .*"),
    ("LHLO with a blank for a name is refused", "> LHLO \n<~ 50[01] 5\\.5\\.[124] .*"),
    ("LHLO in lower case", "> lhlo client.test\n<~ 250-host.main.test\\n(?s:.*)" + BEGUN),
    ("LHLO in mixed case", "> lHlO client.test\n<~ 250-host.main.test\\n(?s:.*)" + BEGUN),
    ("LHLO with an address literal", "> LHLO [127.0.0.1]\n<~ 250-host.main.test\\n(?s:.*)" + BEGUN),
    ("LHLO with any name", "> LHLO _x.\xc3\xa4\n<~ 250-host.main.test\\n(?s:.*)" + BEGUN),
])
@rows(goes, [
    ("commands of any case", "> mail from:<s@far.test>\n< 250 2.1.0 ok\n> rcPT to:<joe@a.test>\n"
                             "< 250 2.1.5 ok\n> nOOp\n<~ 250 .*\n> rset\n<~ 250 .*\n> quit\n<~ 221 .*"),
    ("RCPT before MAIL is refused", "> RCPT TO:<joe@a.test>\n<~ 503 5\\.5\\.1 .*" + BEGUN),
    ("DATA before MAIL is refused", "> DATA\n<~ 503 5\\.5\\.1 .*" + BEGUN),
    ("DATA before RCPT is refused, and RCPT may follow",
     "> MAIL FROM:<s@far.test>\n< 250 2.1.0 ok\n> DATA\n<~ 503 5\\.5\\.1 .*\n"
     "> RCPT TO:<joe@a.test>\n< 250 2.1.5 ok"),
    ("DATA when every recipient was refused is refused",
     "> MAIL FROM:<s@far.test>\n< 250 2.1.0 ok\n> RCPT TO:<nobody@a.test>\n<~ 550 5\\.1\\.1 .*\n"
     "> RCPT TO:<x@nowhere.test>\n<~ 550 5\\.1\\.2 .*\n> DATA\n<~ 503 5\\.5\\.1 .*" + MORE),
    ("MAIL within MAIL is refused, and the first one stands",
     BEGUN + "> MAIL FROM:<t@far.test>\n<~ 503 5\\.5\\.1 .*\n> DATA\n<~ 354 .*\n> .\n<~ 250 2\\.[0-9.]+ .*"),
    ("a second LHLO forgets the transaction",
     BEGUN + "> LHLO again.test\n<~ 250-host.main.test\\n(?s:.*)\n> DATA\n<~ 503 .*" + BEGUN),
    ("a refused LHLO forgets nothing", BEGUN + "> LHLO\n<~ 501 .*\n> DATA\n<~ 354 .*\n> .\n<~ 250 .*"),
    ("RSET forgets the sender", "> MAIL FROM:<s@far.test>\n< 250 2.1.0 ok\n> RSET\n<~ 250 2\\.0\\.0 .*\n"
                                "> RCPT TO:<joe@a.test>\n<~ 503 .*" + BEGUN),
    ("RSET forgets the recipients", BEGUN + "> RSET\n<~ 250 2\\.0\\.0 .*\n> MAIL FROM:<t@far.test>\n"
                                            "< 250 2.1.0 ok\n> DATA\n<~ 503 .*"),
    ("RSET behind LHLO needs no other LHLO", "> RSET\n<~ 250 .*" + BEGUN),
    ("RSET behind DATA", BEGUN + "> DATA\n<~ 354 .*\n> .\n<~ 250 .*\n> RSET\n<~ 250 2\\.0\\.0 .*" + BEGUN),
    ("NOOP disturbs nothing", BEGUN + MORE + "> DATA\n<~ 354 .*\n> .\n<~ 250 .*"),
    ("NOOP with a word", "> NOOP word\n<~ 250 2\\.0\\.0 .*"),
    ("VRFY neither tells nor disturbs", BEGUN + "> VRFY joe@a.test\n<~ 252 2\\.[0-5]\\.[0-9] .*\n"
     "> VRFY nobody@a.test\n<~ 252 2\\.[0-5]\\.[0-9] .*\n> DATA\n<~ 354 .*\n> .\n<~ 250 .*"),
    ("HELP tells what there is",
     "> HELP\n< 214 2.0.0 LHLO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT" + MORE),
    ("HELP with a word", "> HELP MAIL\n<~ 214[ -]2\\.[0-5]\\.[0-9] (?s:.*)" + MORE),
    ("a web browser is sent away with all that it posts", "> POST / HTTP/1.1\n<~ 421 4\\.7\\.0 .*HTTP"),
    ("EXPN is not there", "> EXPN list\n<~ 50[02] 5\\.5\\.1 .*" + MORE),
    ("TURN is not there", "> TURN\n<~ 50[02] 5\\.5\\.1 .*" + MORE),
    ("STARTTLS is not there", "> STARTTLS\n<~ 50[02] 5\\.5\\.1 .*" + MORE),
    ("AUTH is not there", "> AUTH PLAIN AGEAYQ==\n<~ 50[02] 5\\.5\\.1 .*" + MORE),
    ("a word that nobody knows", "> XYZZY\n<~ 500 5\\.5\\.[12] .*" + MORE),
    ("an empty line", "> \n<~ 500 5\\.5\\.[12] .*" + MORE),
    ("a blank first", ">  NOOP\n<~ 500 5\\.5\\.[12] .*" + MORE),
    ("a line of blanks", ">    \n<~ 500 5\\.5\\.[12] .*" + MORE),
    ("NUL in a command", "> NO\\x00OP\n<~ 500 5\\.5\\.[12] .*" + MORE),
    ("NUL behind a command", "> RSET\\x00\n<~ 500 5\\.5\\.[12] .*" + MORE),
    ("8-bit bytes as a command", "> \\xff\\xfe\\x80\n<~ 500 5\\.5\\.[12] .*" + MORE),
    ("a CR within a command", "> NO\\rOP\n<~ 500 5\\.5\\.[12] .*" + MORE),
    ("the beginning of a command", "> QUI\n<~ 500 5\\.5\\.[12] .*" + MORE),
    ("more than a command", "> DATAS\n<~ 500 5\\.5\\.[12] .*" + MORE),
    ("MAIL without FROM", "> MAIL\n<~ 501 5\\.5\\.[24] .*" + MORE),
    ("MAIL TO", "> MAIL TO:<s@far.test>\n<~ 501 5\\.5\\.[24] .*" + MORE),
    ("MAIL FROM without a colon", "> MAIL FROM <s@far.test>\n<~ 501 5\\.5\\.[24] .*" + MORE),
    ("RCPT without TO", "> MAIL FROM:<>\n< 250 2.1.0 ok\n> RCPT\n<~ 501 5\\.5\\.[24] .*" + MORE),
    ("RCPT FROM", "> MAIL FROM:<>\n< 250 2.1.0 ok\n> RCPT FROM:<joe@a.test>\n<~ 501 5\\.5\\.[24] .*" + MORE),
    ("DATA with a word is refused, and DATA may follow",
     BEGUN + "> DATA now\n<~ 50[01] 5\\.5\\.[124] .*\n> DATA\n<~ 354 .*\n> .\n<~ 250 .*"),
    ("RSET with a word is refused, and forgets nothing",
     BEGUN + "> RSET now\n<~ 50[01] 5\\.5\\.[124] .*\n> DATA\n<~ 354 .*\n> .\n<~ 250 .*"),
    ("QUIT with a word is refused", "> QUIT now\n<~ 50[01] 5\\.5\\.[124] .*" + MORE),
    ("blanks behind DATA, RSET and QUIT are tolerated",
     BEGUN + "> DATA  \n<~ 354 .*\n> .\n<~ 250 .*\n> RSET \n<~ 250 .*\n> QUIT \n<~ 221 .*"),
    ("blanks behind MAIL's and RCPT's paths are tolerated",
     "> MAIL FROM:<s@far.test> \n< 250 2.1.0 ok\n> RCPT TO:<joe@a.test>  \n< 250 2.1.5 ok"),
    ("behind DATA the transaction is over",
     BEGUN + "> DATA\n<~ 354 .*\n> .\n<~ 250 .*\n> DATA\n<~ 503 .*\n> RCPT TO:<joe@a.test>\n<~ 503 .*" + BEGUN),
    ("a dot as a command", "> .\n<~ 500 5\\.5\\.[12] .*" + MORE),
])
class Commands(LmtpTest):
    def test_the_greeting_is_one_line_with_our_name(self):
        lmtp = self.start()
        self.assertEqual(lmtp.line(), GREETING.encode())
        lmtp.quit()

    def test_lhlo_tells_our_name_and_each_extension_once(self):
        lmtp = self.start()
        lmtp.reply()
        lines = lmtp.ask("LHLO client.test").split("\n")
        self.assertEqual(lines[0], "250-host.main.test")
        self.assertEqual(sorted(line[4:] for line in lines[1:]), sorted([*EXTENSIONS, "SIZE 52428800"]))
        lmtp.quit()

    def test_lhlo_tells_the_size_that_the_settings_allow(self):
        for value, told in ("12345", "SIZE 12345"), ("1k", "SIZE 1024"), ("0", "SIZE 0"):
            self.vmail.set(max_message_size=value)
            lmtp = self.start()
            lmtp.reply()
            self.assertRegex(lmtp.ask("LHLO client.test"), rf"(?m)^250[ -]{told}$")
            lmtp.quit()

    def test_the_host_name_is_the_setting_s(self):
        self.vmail.set(hostname="other.test")
        lmtp = self.start()
        self.assertEqual(lmtp.reply(), "220 other.test LMTP vmail ready")
        self.assertTrue(lmtp.ask("LHLO x").startswith("250-other.test\n"))
        self.assertRegex(lmtp.ask("QUIT"), r"^221 2\.0\.0 .*")

    def test_quit_ends_the_connection_with_status_0_and_leaves_nobody(self):
        lmtp = self.session()
        lmtp.quit()
        gone(lmtp.process.pid)

    def test_what_follows_quit_is_not_read(self):
        lmtp = self.session()
        lmtp.send(b"QUIT\r\n" + SESSION % b"joe@a.test")
        self.assertRegex(lmtp.rest(), rb"^221 2\.0\.0 [^\r\n]*\r\n$")
        self.assertEqual(lmtp.process.wait(), 0)
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def test_a_transaction_that_quit_ends_delivers_nothing(self):
        lmtp = self.session().begin("joe@a.test")
        lmtp.quit()
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def test_quit_within_data_is_data(self):
        lmtp = self.session()
        self.assertEqual(lmtp.deliver("joe@a.test", message=b"QUIT\nRSET\nMAIL FROM:<x@far.test>\n"),
                         [DONE])
        self.assertEqual(self.bodies("joe@a.test"), [b"QUIT\nRSET\nMAIL FROM:<x@far.test>\n"])
        lmtp.quit()

    def test_a_client_that_goes_without_quit_is_no_error(self):
        lmtp = self.session()
        lmtp.close()
        self.assertEqual(lmtp.process.wait(), 0)


class Bad(LmtpTest):
    def until_421(self, lmtp, lines):
        """Sends them all at once: the replies before 421, which must be the last one."""
        lmtp.send(b"".join(line + b"\r\n" for line in lines))
        replies = []
        while (reply := lmtp.reply()) is not None:
            replies.append(reply)
        self.assertRegex(replies[-1], r"^421 4\.\d\.\d .*")
        self.assertEqual(lmtp.process.wait(), 0)
        return replies[:-1]

    def test_after_20_unknown_commands_it_says_421_and_closes(self):
        replies = self.until_421(self.session(), [b"XYZZY"] * 30)
        self.assertEqual([r[:3] for r in replies], ["500"] * 20)

    def test_every_kind_of_bad_command_counts_and_good_ones_do_not(self):
        bad = [b"XYZZY", b"MAIL FROM:x", b"RCPT TO:<joe@a.test>", b"MAIL FROM:<a@b> X=1", b"EXPN x",
               b"MAIL FROM:<a@b> SIZE=x", b"DATA", b"LHLO", b"x" * 5000, b"RCPT"] * 3
        mixed = [line for one in bad for line in (one, b"NOOP")]
        replies = self.until_421(self.session(), mixed)
        self.assertEqual(len([r for r in replies if r[0] == "5"]), 20, replies)
        self.assertEqual(len([r for r in replies if r[0] == "2"]), 19, replies)

    def test_unknown_users_are_no_bad_commands(self):
        lmtp = self.session()
        lmtp.begin()
        for _ in range(100):
            self.assertRegex(lmtp.rcpt("nobody@a.test"), r"^550 5\.1\.1 ")
        self.assertEqual(lmtp.rcpt("joe@a.test"), "250 2.1.5 ok")
        lmtp.data()
        lmtp.quit()

    def test_a_million_bad_commands_cost_no_more_than_20(self):
        lmtp = self.session()
        lmtp.send(b"X\r\n" * 1000000)
        self.assertEqual(lmtp.rest().count(b"\r\n"), 21)
        self.assertEqual(lmtp.process.wait(), 0)

    def test_20_bad_commands_end_a_transaction_undelivered(self):
        lmtp = self.session().begin("joe@a.test")
        self.until_421(lmtp, [b"XYZZY"] * 20 + [b"DATA", b"Subject: x", b".", b"QUIT"])
        self.assertEqual(self.vmail.messages("joe@a.test"), [])


class Lines(LmtpTest):
    def test_a_command_of_512_bytes_and_more_is_taken(self):
        lmtp = self.session()
        for size in 512, 1000, 2000, 4096:
            line = b"NOOP " + b"x" * (size - 7)
            self.assertRegex(lmtp.ask(line), r"^250 2\.0\.0 ", size)
        lmtp.quit()

    def test_a_line_of_more_than_4096_bytes_is_one_error_and_the_next_line_is_a_command(self):
        lmtp = self.session()
        for size in 4097, 4098, 4099, 5000, 8191, 8192, 8193, 12288, 65536:
            self.assertRegex(lmtp.ask(b"NOOP " + b"x" * (size - 7)), r"^500 5\.5\.2 ", size)
            self.assertRegex(lmtp.ask("NOOP"), r"^250 2\.0\.0 ", size)
        lmtp.quit()

    def test_a_line_of_a_million_bytes_is_one_error(self):
        lmtp = self.session()
        self.assertRegex(lmtp.ask(b"x" * 1000000), r"^500 5\.5\.2 ")
        self.assertRegex(lmtp.ask("NOOP"), r"^250 2\.0\.0 ")
        lmtp.quit()

    def test_a_long_line_holds_no_command(self):
        lmtp = self.session()
        self.assertRegex(lmtp.ask(b"x" * 4095 + b" RSET" + b"x" * 4091 + b"QUIT"), r"^500 5\.5\.2 ")
        self.assertRegex(lmtp.ask("NOOP"), r"^250 2\.0\.0 ")
        lmtp.quit()

    def test_a_line_that_has_no_end_yet_is_no_command(self):
        lmtp = self.session().begin("joe@a.test")
        lmtp.send(b"QUIT")
        lmtp.shut()
        self.assertEqual(lmtp.rest(), b"")
        self.assertEqual(lmtp.process.wait(), 0)


class Time(LmtpTest):
    settings = {"idle-timeout": "1s"}
    BEGUN = (SESSION % b"joe@a.test").partition(b"DATA")[0]

    def times_out(self, said=b"", replies=()):
        """All of it is said before it begins, or the silence might begin earlier."""
        lmtp = self.start(said=said)
        self.assertEqual([lmtp.reply()[:4] for _ in ("220 ", *replies)], ["220 ", *replies])
        self.assertRegex(lmtp.reply(), r"^421 4\.4\.2 ")
        self.assertEqual(lmtp.rest(), b"")
        self.assertEqual(lmtp.process.wait(), 0)
        gone(lmtp.process.pid)
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def test_a_silent_client_gets_421_and_the_end(self):
        self.times_out(b"LHLO client.test\r\n", ["250-"])

    def test_a_client_that_never_speaks_gets_421(self):
        self.times_out()

    def test_a_client_that_is_silent_within_a_command_gets_421(self):
        self.times_out(self.BEGUN + b"DAT", ["250-", "250 ", "250 "])

    def test_a_client_that_is_silent_within_data_gets_421_and_nothing_is_delivered(self):
        self.times_out(self.BEGUN + b"DATA\r\nSubject: x\r\n\r\nhello\r\n.\r", ["250-", "250 ", "250 ", "354 "])

    def test_a_client_that_reads_nothing_is_left(self):
        lmtp = self.start()
        os.set_blocking(lmtp.socket.fileno(), False)
        try:
            while True:
                os.write(lmtp.socket.fileno(), b"NOOP\r\n" * 1000)
                select.select([], [lmtp.socket], [], 0.2)
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            pass
        self.assertEqual(lmtp.process.wait(), 0)


if __name__ == "__main__":
    main()
