#!/usr/bin/python3
"""vdeliver: the bytes of a message, what is added on top, what is taken out."""
from delivery import *

LONG = b"x" * (1024 * 1024)
AROUND = [n + d for n in (4096, 16384, 65536, 131072, 262144) for d in range(-6, 2)]
BEFORE = len(trace("joe@a.test") + b"S: x\n\n" + b"\n")


def is_kept(self, message):
    for to in ("joe@a.test", "ann@b.test"):
        self.delivered(to, message)
        self.assertEqual(self.last(to), trace(to) + message)
        self.delivered(to, b"Subject: next\n\n")
        self.assertEqual(self.vmail.messages(to)[-2:],
                         [trace(to) + message, trace(to) + b"Subject: next\n\n"])


def is_kept_in_a_maildir(self, message):
    self.delivered("ann@b.test", message)
    self.assertEqual(self.last("ann@b.test"), trace("ann@b.test") + message)


def becomes(self, message, wanted):
    for to in ("joe@a.test", "ann@b.test"):
        self.delivered(to, message)
        self.assertEqual(self.last(to), trace(to) + wanted)


@rows(is_kept, [
    ("a plain message", b"From: a@far.test\nSubject: x\n\nhello\n"),
    ("a header alone", b"Subject: x\n"),
    ("a header and its empty line", b"Subject: x\n\n"),
    ("no header", b"hello, this is no header\nat all\n"),
    ("an empty line and a body", b"\nhello\n"),
    ("an empty body of many empty lines", b"Subject: x\n\n\n\n\n\n"),
    ("eight bits, all of them", b"Subject: x\n\n" + bytes(range(256)) + b"\n"),
    ("NUL in header and body", b"Subject: a\0b\n\n\0\0From \0\nx\0\n"),
    ("CRLF", b"Subject: x\r\n\r\nhello\r\n"),
    ("bare CR", b"Subject: x\n\na\rb\r\rFrom c\r\n"),
    ("a line of a megabyte", b"Subject: x\n\n" + LONG + b"\n"),
    ("a header field of a megabyte", b"Subject: x\nX: " + LONG + b"\n\nhello\n"),
    ("a megabyte of short lines", b"Subject: x\n\n" + b"From a\n>From b\nc\n\n" * 65536),
    ("a header with a folded line", b"Subject: a\n\tb\n c\n\nhello\n"),
    ("From lines of every depth", b"S: x\n\nFrom a\n>From b\n>>From c\n>>>>>>From d\n> From e\n"),
    ("From after an empty line", b"S: x\n\na\n\nFrom joe@far.test Thu Jan  1 00:00:00 1970\n\nb\n"),
    ("From in the header", b"S: x\nFrom me\n\nb\n"),
    ("lines that almost are From", b"S: x\n\nFrom\nFrom:\n>From\nFroM \nfrom x\n >From x\n"),
    ("a beginning of From before NUL", b"S: x\n\nFro\0m \n>Fro\0\n"),
    ("a lie about its length", b"S: x\nContent-Length: 7\n\nFrom a\n\nFrom b\n\n"),
    ("lines that are dots", b"S: x\n\n.\n..\n\n.\n"),
    ("a Return-Path in the body", b"S: x\n\nReturn-Path: <y@far.test>\n"),
    ("a field like Return-Path", b"X-Return-Path: a\nReturn-Pathology: b\nS: x\n\n"),
    ("somebody else's Delivered-To", b"Delivered-To: joe@far.test\nS: x\n\nhello\n"),
    ("a line that starts with >From on top", b">From a\nS: x\n\nhello\n"),
    ("a hundred Received fields", b"Received: x\n" * 100 + b"\nhello\n"),
    *((f"From at the edge of a buffer, {n} bytes in",
       b"S: x\n\n" + b"y" * (n - BEFORE) + b"\nFrom a\n\nFrom b\n\n>From c\n") for n in AROUND),
])
@rows(is_kept_in_a_maildir, [
    ("no final newline", b"Subject: x\n\nno newline"),
    ("no bytes", b""),
    ("a single newline", b"\n"),
    ("From as its last bytes", b"S: x\n\nFrom "),
])
@rows(becomes, [
    ("an old From line goes", b"From joe Thu Jan  1 00:00:00 1970\nS: x\n\nh\n", b"S: x\n\nh\n"),
    ("an old Return-Path goes", b"Return-Path: <old@far.test>\nS: x\n\nh\n", b"S: x\n\nh\n"),
    ("a From line and then a Return-Path go",
     b"From a\nReturn-Path: <old@far.test>\nS: x\n\nh\n", b"S: x\n\nh\n"),
    ("a Return-Path goes from anywhere in the header",
     b"A: 1\nReturn-path: <old@far.test>\nB: 2\n\nh\n", b"A: 1\nB: 2\n\nh\n"),
    ("every Return-Path goes",
     b"RETURN-PATH: a\nA: 1\nreturn-path:b\nB: 2\nReturn-Path : c\n\nh\n", b"A: 1\nB: 2\n\nh\n"),
    ("a folded Return-Path goes whole",
     b"A: 1\nReturn-Path:\n <a@far.test>\n\t(folded)\nB: 2\n\nh\n", b"A: 1\nB: 2\n\nh\n"),
    ("a Return-Path with CRLF goes", b"Return-Path: <a>\r\nA: 1\r\n\r\nh\r\n", b"A: 1\r\n\r\nh\r\n"),
    ("a Return-Path without a line end goes", b"A: 1\nReturn-Path: <a>", b"A: 1\n"),
    ("only the first From line goes", b"From a\nFrom b\nS: x\n\nh\n", b"From b\nS: x\n\nh\n"),
    ("a message that is a From line alone", b"From a\n", b""),
    ("a long message's go as well", b"From a\nReturn-Path: <b>\nS: x\n\n" + LONG + b"\n",
     b"S: x\n\n" + LONG + b"\n"),
    ("one of a long header goes, too",
     b"X: " + b"y" * 100000 + b"\nReturn-Path: <b>\nS: x\n\n" + LONG + b"\n",
     b"X: " + b"y" * 100000 + b"\nS: x\n\n" + LONG + b"\n"),
    ("one that ends just before what is looked at does goes",
     b"X: " + b"y" * (262144 - 40) + b"\nReturn-Path: <b>\nS: x\n\n" + LONG + b"\n",
     b"X: " + b"y" * (262144 - 40) + b"\nS: x\n\n" + LONG + b"\n"),
])
class Bytes(Delivery):
    def test_a_field_is_kept_whole_when_it_crosses_the_end_of_what_is_looked_at(self):
        for filler in range(262144 - 40, 262144 + 20, 6):
            message = b"X: %s\nReturn-Path: <%s@far.test>\nS: x\n\n%s\n" % (
                b"y" * filler, b"a" * 80000, LONG)
            self.delivered("ann@b.test", message)
            head = self.last("ann@b.test").split(b"\n\n")[0].split(b"\n")
            self.assertTrue(all(re.match(rb"[\w-]+: ", line) for line in head),
                            [line[:40] for line in head])

    def test_an_mbox_gets_a_line_end_where_the_message_has_none(self):
        for message in (b"S: x\n\nno newline", b"S: x\n\nFrom ", b"S: x\n\n>>From", b"x"):
            self.delivered("joe@a.test", message)
            self.assertEqual(self.last(), trace("joe@a.test") + message + b"\n")

    def test_an_empty_message_is_its_trace_alone_in_an_mbox(self):
        self.delivered("joe@a.test", b"")
        self.assertEqual(self.last(), trace("joe@a.test"))

    def test_a_null_sender_is_an_empty_return_path_and_mailer_daemon_in_the_from_line(self):
        for sender in ("", "<>", "MAILER-DAEMON", "mailer-daemon"):
            self.delivered("joe@a.test", sender=sender)
            self.assertTrue(self.last().startswith(trace("joe@a.test", "")), self.last())
        for line in self.content(self.inbox).split(b"\n"):
            if line.startswith(b"From "):
                self.assertRegex(line, rb"^From MAILER-DAEMON [A-Z]")

    def test_the_from_line_holds_sender_and_the_time_in_utc(self):
        before = int(time.time())
        self.delivered("joe@a.test", env={"TZ": "America/New_York"})
        line = self.content(self.inbox).split(b"\n")[0].decode()
        self.assertRegex(line, r"^From sender@far\.test \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$")
        stamp = time.strptime(line.split(" ", 2)[2] + " UTC", "%a %b %d %H:%M:%S %Y %Z")
        self.assertIn(__import__("calendar").timegm(stamp), range(before, int(time.time()) + 1))

    def test_a_sender_with_a_blank_is_one_word_of_the_from_line(self):
        self.delivered("joe@a.test", sender='"a b"@far.test')
        line = self.content(self.inbox).split(b"\n")[0].decode()
        self.assertEqual(line.split(" ")[1], '"a_b"@far.test')
        self.assertTrue(self.last().startswith(trace("joe@a.test", '"a b"@far.test')))

    def test_delivered_to_is_the_account_at_the_real_domain_in_lower_case(self):
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.alias.test"))
        for address in ("JOE@A.TEST", "Joe@alias.test", "joe@a.test."):
            self.delivered(address)
            self.assertIn(b"\nDelivered-To: joe@a.test\n", self.last())

    def test_delivered_to_has_the_account_as_the_file_spells_it(self):
        uid, gid = self.owner()
        self.vmail.write("passwd.a.test", f"JoE:x:{uid}:{gid}:Joe:/nonexistent:/\n")
        self.delivered("jOe+x@A.test")
        self.assertTrue(self.last("JoE@a.test").startswith(trace("JoE@a.test")))
        self.refused(69, "mail loop", "joe@a.test", b"Delivered-To: joe@a.test\n\n")

    def test_a_command_s_and_a_copy_s_is_in_the_real_domain_too(self):
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.alias.test"))
        self.vmail.write("aliases.a.test", "list: x@far.test\n")
        self.delivered("List@Alias.test")
        self.assertTrue(self.vmail.sent()[0][1].startswith(b"Delivered-To: List@a.test\n"), self.vmail.sent())
        self.refused(69, "mail loop", "list@alias.test", self.vmail.sent()[0][1])

    def test_the_entry_ends_with_one_empty_line(self):
        self.delivered("joe@a.test", b"S: x\n\nhello\n")
        self.assertTrue(self.content(self.inbox).endswith(b"\n\nhello\n\n"))


if __name__ == "__main__":
    main()
