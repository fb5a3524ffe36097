#!/usr/bin/python3
"""vlmtpd: what MAIL and RCPT say, and what they are answered with."""
from lmtp import *

NONE, HYPHEN = r"550 5\.1\.3 not an e-mail address", r"550 5\.1\.3 an address that begins with '-'"


def mail_says(self, text, pattern):
    lmtp = self.session()
    self.assertRegex(lmtp.ask(b"MAIL FROM:" + text), f"^(?:{pattern})$")
    self.assertRegex(lmtp.ask("RSET"), "^250 ")
    lmtp.begin("joe@a.test")
    lmtp.quit()


def rcpt_says(self, text, pattern, parameters=""):
    """And whatever it is, another recipient is taken and gets the message."""
    lmtp = self.session()
    lmtp.begin(parameters=parameters)
    reply = lmtp.ask(b"RCPT TO:" + text)
    self.assertRegex(reply, f"^(?:{pattern})$")
    lmtp.accepted = reply.startswith("250 ")
    self.assertEqual(lmtp.rcpt("ann@b.test"), RCPT_OK)
    self.assertEqual(set(lmtp.data()), {DONE})
    self.assertEqual(len(self.vmail.messages("ann@b.test")), 1)
    self.assertEqual(len(self.vmail.messages("joe@a.test")), reply.startswith("250 "))
    lmtp.quit()


def rcpt_says_with_smtputf8(self, text, pattern):
    rcpt_says(self, text, pattern, " SMTPUTF8")


@rows(mail_says, [
    ("an address", b"<s@far.test>", MAIL_OK),
    ("the null sender", b"<>", MAIL_OK),
    ("a blank before the path", b" <s@far.test>", MAIL_OK),
    ("a local part alone", b"<s>", MAIL_OK),
    ("a quoted local part", b'<"a b"@far.test>', MAIL_OK),
    ("a quotation mark in quotes", b'<"a\\"b"@far.test>', MAIL_OK),
    ("a bracket in quotes", b'<"a>b"@far.test>', MAIL_OK),
    ("a source route", b"<@a,@b:c@d>", MAIL_OK),
    ("an address literal", b"<a@[1.2.3.4]>", MAIL_OK),
    ("a dot behind the domain", b"<a@far.test.>", MAIL_OK),
    ("a per cent sign", b"<a%b@far.test>", MAIL_OK),
    ("an exclamation mark", b"<a!b@far.test>", MAIL_OK),
    ("a local part of 64 bytes", b"<" + b"x" * 64 + b"@far.test>", MAIL_OK),
    ("a domain of 255 bytes", b"<x@" + b"d." * 127 + b"d>", MAIL_OK),
    ("a path of 256 bytes", b"<" + b"x" * 64 + b"@" + b"d." * 94 + b"d>", MAIL_OK),
    ("MAILER-DAEMON", b"<MAILER-DAEMON>", MAIL_OK),
    ("nothing", b"", r"501 5\.5\.2 .*"),
    ("no brackets", b"a@b", r"501 5\.5\.2 .*"),
    ("no closing bracket", b"<a@b", r"501 5\.5\.2 .*"),
    ("no opening bracket", b"a@b>", r"501 5\.5\.2 .*"),
    ("two brackets", b"<<a@b>>", r"501 5\.5\.2 .*"),
    ("quotes that are not closed", b'<"a@b>', r"501 5\.5\.2 .*"),
    ("a hyphen first", b"<-f@d>", r"501 5\.1\.7 .*"),
    ("no local part", b"<@d>", r"501 5\.1\.7 .*"),
    ("a source route to nobody", b"<@a:>", r"501 5\.1\.7 .*"),
    ("NUL", b"<a\0b@d>", r"501 5\.1\.7 .*"),
    ("CR", b"<a\rb@d>", r"501 5\.1\.7 .*"),
    ("an escape byte", b"<a\033b@d>", r"501 5\.1\.7 .*"),
    ("a path of 3000 bytes", b"<" + b"x" * 3000 + b"@d>", r"501 5\.1\.7 .*"),
    ("8-bit bytes with SMTPUTF8", b"<j\xc3\xbcrgen@far.test> SMTPUTF8", MAIL_OK),
    ("8-bit bytes without SMTPUTF8", b"<j\xc3\xbcrgen@far.test>", r"553 5\.6\.7 .*"),
    ("BODY=7BIT", b"<a@b> BODY=7BIT", MAIL_OK),
    ("BODY=8BITMIME", b"<a@b> BODY=8BITMIME", MAIL_OK),
    ("every parameter, of any case", b"<a@b> size=1 Body=8bitmime smtputf8", MAIL_OK),
    ("BODY=BINARYMIME", b"<a@b> BODY=BINARYMIME", r"501 5\.5\.4 .*"),
    ("BODY= without a value", b"<a@b> BODY=", r"501 5\.5\.4 .*"),
    ("SMTPUTF8 with a value", b"<a@b> SMTPUTF8=yes", r"501 5\.5\.4 .*"),
    ("SIZE=0", b"<a@b> SIZE=0", MAIL_OK),
    ("the greatest SIZE=", b"<a@b> SIZE=52428800", MAIL_OK),
    ("a SIZE= beyond the limit", b"<a@b> SIZE=52428801", r"552 5\.3\.4 .*"),
    ("SIZE=2^63", b"<a@b> SIZE=9223372036854775808", r"552 5\.3\.4 .*"),
    ("SIZE=2^64", b"<a@b> SIZE=18446744073709551616", r"552 5\.3\.4 .*"),
    ("SIZE=2^64+1", b"<a@b> SIZE=18446744073709551617", r"552 5\.3\.4 .*"),
    ("a negative SIZE=", b"<a@b> SIZE=-1", r"501 5\.5\.4 .*"),
    ("SIZE= without a value", b"<a@b> SIZE=", r"501 5\.5\.4 .*"),
    ("SIZE= with a unit", b"<a@b> SIZE=1k", r"501 5\.5\.4 .*"),
    ("SIZE= twice", b"<a@b> SIZE=1 SIZE=1", r"501 5\.5\.4 .*"),
    ("an unknown parameter", b"<a@b> RET=HDRS", r"555 5\.5\.4 .*"),
    ("an unknown parameter without a value", b"<a@b> REQUIRETLS", r"555 5\.5\.4 .*"),
    ("AUTH=", b"<a@b> AUTH=<>", r"555 5\.5\.4 .*"),
])
@rows(rcpt_says, [
    ("an address", b"<joe@a.test>", RCPT_OK),
    ("a blank before the path", b" <joe@a.test>", RCPT_OK),
    ("upper case", b"<JOE@A.TEST>", RCPT_OK),
    ("a dot behind the domain", b"<joe@a.test.>", RCPT_OK),
    ("quotes that nothing needs", b'<"joe"@a.test>', RCPT_OK),
    ("a bracket in quotes", b'<"joe+>"@a.test>', RCPT_OK),
    ("a quotation mark in quotes", b'<"joe+\\""@a.test>', RCPT_OK),
    ("a source route", b"<@r1.test,@r2.test:joe@a.test>", RCPT_OK),
    ("an extension", b"<joe+x@a.test>", RCPT_OK),
    ("an unknown user", b"<nobody@a.test>", r"550 5\.1\.1 unknown user nobody@a\.test"),
    ("an unknown domain", b"<joe@nowhere.test>", r"550 5\.1\.2 unknown domain nowhere\.test"),
    ("an address literal", b"<joe@[1.2.3.4]>", r"550 5\.1\.2 .*"),
    ("two at signs", b"<joe@@a.test>", NONE),
    ("no local part", b"<@a.test>", NONE),
    ("a source route to nobody", b"<@a.test:>", NONE),
    ("an empty quoted local part", b'<""@a.test>', NONE),
    ("nothing behind the at sign", b"<joe@>", NONE),
    ("a per cent sign", b"<joe%b.test@a.test>", r"550 5\.1\.1 .*"),
    ("an exclamation mark", b"<b.test!joe@a.test>", r"550 5\.1\.1 .*"),
    ("a path", b"<../joe@a.test>", r"550 5\.1\.1 .*"),
    ("a slash", b"<a/joe@a.test>", r"550 5\.1\.1 .*"),
    ("a path as domain", b"<joe@../a.test>", r"550 5\.1\.2 .*"),
    ("a hyphen first", b"<-f@a.test>", HYPHEN),
    ("a hyphen first, in quotes", b'<"-f"@a.test>', HYPHEN),
    ("a local part of 64 bytes", b"<" + b"x" * 64 + b"@a.test>", r"550 5\.1\.1 .*"),
    ("a local part of 65 bytes", b"<" + b"x" * 65 + b"@a.test>", r"550 5\.1\.1 .*"),
    ("a domain of 255 bytes", b"<joe@" + b"d." * 127 + b"d>", r"550 5\.1\.2 .*"),
    ("a path of 3000 bytes", b"<" + b"x" * 3000 + b"@a.test>", r"501 5\.1\.3 .*"),
    ("nobody", b"<>", r"501 5\.1\.3 .*"),
    ("no brackets", b"joe@a.test", r"501 5\.5\.2 .*"),
    ("no closing bracket", b"<joe@a.test", r"501 5\.5\.2 .*"),
    ("quotes that are not closed", b'<"joe@a.test>', r"501 5\.5\.2 .*"),
    ("two of them", b"<joe@a.test>,<ann@b.test>", r"501 5\.5\.2 .*"),
    ("NUL", b"<joe\0@a.test>", r"501 5\.1\.3 .*"),
    ("NUL behind the address", b"<joe@a.test\0>", r"501 5\.1\.3 .*"),
    ("CR", b"<joe\r@a.test>", r"501 5\.1\.3 .*"),
    ("an escape byte", b"<\033[2Jjoe@a.test>", r"501 5\.1\.3 .*"),
    ("8-bit bytes without SMTPUTF8", b"<j\xc3\xbcrgen@a.test>", r"553 5\.6\.7 .*"),
    ("a parameter", b"<joe@a.test> NOTIFY=NEVER", r"555 5\.5\.4 .*"),
    ("a parameter of MAIL", b"<joe@a.test> SIZE=1", r"555 5\.5\.4 .*"),
])
@rows(rcpt_says_with_smtputf8, [
    ("an unknown user of 8-bit bytes", "<j\u00fcrgen@a.test>".encode(),
     r"550 5\.1\.1 unknown user j\?\?rgen@a\.test"),
    ("an unknown domain of 8-bit bytes", "<joe@b\u00fccher.test>".encode(), r"550 5\.1\.2 .*"),
    ("an extension of 8-bit bytes", "<joe+\u00fc@a.test>".encode(), RCPT_OK),
    ("bytes that are no UTF-8", b"<j\xff@a.test>", r"5\d\d 5\.\d\.\d .*"),
])
class Envelope(LmtpTest):
    def test_postmaster_of_every_domain_is_taken_in_any_case(self):
        lmtp = self.session()
        lmtp.begin("postmaster@a.test", "POSTMASTER@b.test", "PostMaster@A.TEST")
        lmtp.quit()

    def test_postmaster_is_taken_even_where_mail_is_rejected(self):
        self.vmail.domain("off.test", {"reject-mail": "yes"}, accounts=["joe"])
        lmtp = self.session()
        lmtp.begin("postmaster@off.test")
        self.assertRegex(lmtp.rcpt("joe@off.test"), r"^550 5\.2\.1 .*does not accept mail")
        lmtp.quit()

    def test_postmaster_without_a_domain_is_taken(self):
        self.vmail.domain("main.test", aliases="postmaster: joe@a.test\n")
        lmtp = self.session()
        for spelling in "postmaster", "Postmaster", "POSTMASTER":
            self.assertEqual(lmtp.deliver(spelling), [DONE])
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 3)
        self.assertRegex(lmtp.begin().rcpt("joe"), r"^550 5\.1\.[123] ")
        lmtp.quit()

    def test_a_domain_in_u_labels_is_the_one_in_a_labels(self):
        self.vmail.domain("xn--bcher-kva.test", accounts=["bob"])
        lmtp = self.session()
        lmtp.begin("bob@b\u00fccher.test", "bob@xn--bcher-kva.test", parameters=" SMTPUTF8")
        self.assertEqual(lmtp.data(), [DONE, DONE])
        self.assertEqual(len(self.vmail.messages("bob@xn--bcher-kva.test")), 1)
        lmtp.quit()

    def test_a_broken_domain_hurts_itself_alone(self):
        self.vmail.domain("bad.test", accounts=["bob"])
        self.vmail.write("domain.bad.test", "idel-timeout = 3\n")
        lmtp = self.session()
        lmtp.begin("joe@a.test")
        self.assertRegex(lmtp.rcpt("bob@bad.test"),
                         r"^451 4\.3\.5 .*domain\.bad\.test:1: no setting is called 'idel-timeout'$")
        self.assertRegex(lmtp.rcpt("bob@far.test"), r"^550 5\.1\.2 ")
        self.assertEqual(lmtp.data(), [DONE])
        lmtp.quit()

    def test_an_alias_file_that_cannot_be_read_is_temporary(self):
        os.mkdir(os.path.join(self.vmail.dir, "aliases.a.test"))
        lmtp = self.session().begin("ann@b.test")
        self.assertRegex(lmtp.rcpt("joe@a.test"), r"^451 4\.3\.[05] ")
        lmtp.quit()

    def test_an_alias_loop_is_refused_for_good(self):
        self.vmail.write("aliases.a.test", "x: y\ny: x\n")
        lmtp = self.session().begin()
        self.assertRegex(lmtp.rcpt("x@a.test"), r"^554 5\.4\.6 ")
        lmtp.quit()

    def test_a_thousand_recipients_are_taken(self):
        lmtp = self.session()
        lmtp.begin("ann@b.test", *[f"joe+{i}@a.test" for i in range(999)])
        self.assertEqual(lmtp.data(), [DONE] * 1000)
        self.assertEqual([len(self.vmail.messages(who)) for who in ("joe@a.test", "ann@b.test")], [1, 1])
        lmtp.quit()

    def test_a_domain_that_is_added_is_known_to_the_next_connection(self):
        server = self.server()
        lmtp = server.client().hello()
        self.assertRegex(lmtp.begin().rcpt("new@c.test"), r"^550 5\.1\.2 ")
        lmtp.close()
        self.vmail.domain("c.test", accounts=["new"])
        lmtp = server.client().hello()
        lmtp.begin("new@c.test")
        lmtp.close()

    def test_an_account_that_is_added_meanwhile_is_known_at_once(self):
        lmtp = self.session()
        self.assertRegex(lmtp.begin().rcpt("ben@a.test"), r"^550 5\.1\.1 ")
        self.vmail.domain("a.test", accounts=["joe", "ben"])
        lmtp.ask("RSET")
        lmtp.begin("ben@a.test")
        lmtp.quit()


class Broken(BoxTest):
    def greets(self, pattern, vmail):
        lmtp = start(vmail)
        self.addCleanup(lmtp.close)
        self.assertRegex(lmtp.reply(), pattern)
        self.assertIsNone(lmtp.reply())
        self.assertEqual(lmtp.process.wait(), 75)

    def test_a_broken_vmail_conf_is_a_greeting_of_421(self):
        vmail = self.installation()
        vmail.domain("a.test", accounts=["joe"])
        vmail.write("vmail.conf", vmail.read("vmail.conf") + b"idel-timeout = 3\n")
        self.greets(r"^421 4\.3\.5 ", vmail)

    def test_the_greeting_does_not_tell_what_is_broken(self):
        vmail = self.installation({"idle-timeout": "never"})
        lmtp = start(vmail)
        self.addCleanup(lmtp.close)
        self.assertNotIn("never", lmtp.reply())

    def test_a_directory_that_is_not_there_is_a_greeting_of_421(self):
        vmail = self.installation()
        shutil.rmtree(vmail.dir)
        self.greets(r"^421 4\.3\.[05] ", vmail)
        os.mkdir(vmail.dir)

    def test_a_server_logs_broken_settings_and_serves_again_when_they_are_mended(self):
        vmail = self.installation()
        vmail.domain("a.test", accounts=["joe"])
        server = Server(vmail)
        good = vmail.read("vmail.conf")
        for broken in b"x = 1\n", b"idle-timeout = 0\n", b"\0", good + good:
            vmail.write("vmail.conf", broken)
            lmtp = server.client()
            self.assertRegex(lmtp.reply(), r"^421 4\.3\.5 ")
            self.assertIsNone(lmtp.reply())
            lmtp.close()
            vmail.write("vmail.conf", good)
            lmtp = server.client().hello()
            self.assertEqual(lmtp.deliver("joe@a.test"), [DONE])
            lmtp.quit()
        server.process.wait_line("vmail.conf:1: no setting is called 'x'")


if __name__ == "__main__":
    main()
