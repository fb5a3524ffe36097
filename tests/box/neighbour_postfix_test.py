#!/usr/bin/python3
"""neighbour_postfix_test.py: mail by SMTP, through the real Postfix, into our mailboxes.

The same rows for every way from Postfix to us; each way uses its templates as
they ship.  What is the same with every mail server is in neighbour_postfix_rows_test.py.
"""
import glob

from neighbours import *


class Rows:
    """What must be true of every way.  joe is at both domains, ann at the first."""
    packages = ("postfix", "popa3d")
    owner = ""                              # of the domains: what vadmin is told

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        put("/etc/vmail/vmail.conf", "main-domain = main.test\n")
        for domain in "example.com", "example.org":
            sh(f"vadmin domain add {domain} {cls.owner}")
            sh(f"echo 'plenty of words' | vadmin user add joe@{domain} --password-stdin")
        sh("vadmin domain add example.net; "
           "echo 'plenty of words' | vadmin user add ann@example.com --password-stdin; "
           "vadmin alias add team@example.com ann joe@example.org; "
           f"vadmin alias add away@example.com sysuser@{HOST}; "
           "vadmin alias add poem@example.com '|cat >> /var/tmp/poems'; "
           "install -d -m 1777 /var/tmp/caught; "
           "vadmin domain set example.org 'fallback=| cat > $(mktemp /var/tmp/caught/XXXXXX)'")
        cls.connect()
        sh("systemctl start postfix")

    @classmethod
    def tearDownClass(cls):
        sh("systemctl stop postfix")

    def setUp(self):
        super().setUp()
        for place in ("/var/spool/vmail/example.com", "/var/spool/vmail/example.org"):
            for name in os.listdir(place):
                if not name.startswith("."):
                    os.unlink(os.path.join(place, name))

    def inbox(self, address):
        user, domain = address.split("@")
        path = f"/var/spool/vmail/{domain}/{user}"
        return [m.decode() for m in mbox_messages(path)] if os.path.exists(path) else []

    def arrived(self, queue_id, count=1):
        """Waits until Postfix is done with a message: so many recipients, and out of the queue."""
        self.wait_log(rf" {queue_id}: to=.*status=sent", count)
        self.wait_log(rf" {queue_id}: removed")

    def test_a_message_arrives_with_its_bytes_and_our_trace(self):
        body = "".join(f"{'x' * 70} {n}\n" for n in range(2000)) + ".\n..\nFrom here\n"
        self.arrived(submit("Joe@Example.COM", message("whole", body)))
        [got] = self.inbox("joe@example.com")
        self.assertTrue(got.startswith(
            "Return-Path: <sender@far.test>\nDelivered-To: joe@example.com\nReceived: "), got[:300])
        header, _, rest = got.partition("\n\n")
        self.assertIn("\nSubject: whole\n", header)
        self.assertEqual(rest, body)

    def test_an_extension_and_a_case_are_kept_for_us(self):
        self.arrived(submit("joe+Lists@example.com", message("extension")))
        self.assertEqual(len(self.inbox("joe@example.com")), 1)

    def test_several_recipients_of_one_message_get_it_each(self):
        self.arrived(submit(["joe@example.com", "ann@example.com", "joe@example.org"],
                            message("three")), 3)
        for member in "joe@example.com", "ann@example.com", "joe@example.org":
            self.assertEqual(len(self.inbox(member)), 1, member)

    def test_a_local_part_in_quotes_reaches_us_as_it_is(self):
        self.arrived(submit('"no such name"@example.org', message("quoted")))
        [name] = os.listdir("/var/tmp/caught")
        with open(f"/var/tmp/caught/{name}") as f:
            self.assertIn('Delivered-To: "no such name"@example.org\n', f.read())
        os.unlink(f"/var/tmp/caught/{name}")

    def test_a_member_elsewhere_goes_through_the_real_sendmail_and_the_native_pop3d_shows_it(self):
        self.arrived(submit("away@example.com", message("for the system's user")))
        self.wait_log(r"to=<sysuser@mail\.main\.test>, relay=local, .*status=sent")
        with open("/var/mail/sysuser") as f:
            self.assertIn("Subject: for the system's user\n", f.read())
        put("/etc/shadow", f"root:*:1::::::\nsysuser:{hash_of('plenty of words')}:19000:0:99999:7:::\n",
            0o600)
        start_vpop3d(self, "inetd")
        found = fetch_by_poplib("127.0.0.1", "sysuser", "plenty of words")
        self.assertIn("Subject: for the system's user\n", found[-1])

    def test_what_postfix_delivered_curl_and_fetchmail_and_poplib_fetch(self):
        self.arrived(submit("joe@example.com", message("from end to end")))
        start_vpop3d(self, "xinetd")
        for name, fetch in CLIENTS.items():
            with self.subTest(name):
                [got] = fetch("127.0.1.1", "joe@example.com", "plenty of words")
                self.assertIn("\nSubject: from end to end\n", got.replace("\r", ""))


class Lmtp(Rows, MachineTest):
    """By vlmtpd below systemd; the accounts have uids of their own."""
    SOCKETS = "vlmtpd.socket vlmtpd-map.socket"

    @classmethod
    def connect(cls):
        sh(f"cat {TEMPLATES}/postfix/main.cf-lmtp >> /etc/postfix/main.cf; "
           f"cp {TEMPLATES}/systemd/vlmtpd* /etc/systemd/system; "
           f"systemctl daemon-reload; systemctl enable --now {cls.SOCKETS}")

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        sh(f"systemctl disable --now {cls.SOCKETS}")

    def assertRefused(self, recipient, code, words):
        got, said = refusal(recipient)
        self.assertEqual(got, code, said)
        self.assertRegex(said, words)
        self.assertEqual(queue(), [])       # no bounce, nothing at all
        self.assertNotIn("status=bounced", LOG.since(self.before))

    def test_an_unknown_user_is_refused_while_the_client_is_there(self):
        self.assertRefused("nobody@example.com", 550, r"^5\.1\.1 <nobody@example.com>: .*rejected")

    def test_a_known_user_of_another_domain_is_unknown(self):
        self.assertRefused("ann@example.net", 550, r"^5\.1\.1 ")

    def test_a_rejecting_domain_is_refused_while_the_client_is_there(self):
        sh("vadmin domain set example.net reject-mail=yes")
        self.addCleanup(sh, "vadmin domain set example.net reject-mail=no")
        self.assertRefused("joe@example.net", 550, r"^5\.")

    def test_a_broken_domain_has_the_client_come_again(self):
        put("/etc/vmail/domain.broken.test", "no such setting\n")
        self.addCleanup(os.unlink, "/etc/vmail/domain.broken.test")
        self.assertRefused("joe@broken.test", 451, r"^4\.3\.")

    def test_a_domain_and_an_account_are_served_as_soon_as_they_are_there(self):
        sh("vadmin domain add new.test; "
           "echo 'plenty of words' | vadmin user add sue@new.test --password-stdin")
        self.arrived(submit("sue@new.test", message("first")))
        self.assertEqual(len(self.inbox("sue@new.test")), 1)

    def test_one_recipient_waits_and_the_others_have_their_mail(self):
        inbox = "/var/spool/vmail/example.com/joe"
        os.symlink("/nowhere/joe", inbox)
        queue_id = submit(["joe@example.com", "ann@example.com", "joe@example.org"], message("two"))
        self.wait_log(rf" {queue_id}: to=<joe@example.com>.*status=deferred")
        self.wait_log(rf" {queue_id}: .*status=sent", 2)
        os.unlink(inbox)
        # or it would not be tried again before minutes have gone by
        eventually(lambda: glob.glob(f"/var/spool/postfix/deferred/**/{queue_id}", recursive=True), "its waiting")
        sh("postqueue -f")
        self.wait_log(rf" {queue_id}: removed")
        for member in "joe@example.com", "ann@example.com", "joe@example.org":
            self.assertEqual(len(self.inbox(member)), 1, member)

    def test_a_vlmtpd_that_listens_by_itself_serves_postfix_by_the_same_lines(self):
        sh("vadmin alias add itself@example.com joe")
        command = re.search(r"#     (vlmtpd --listen .*?)\n#\n", template("postfix/main.cf-lmtp"), re.S)
        sh(f"systemctl disable --now {self.SOCKETS}")
        self.addCleanup(sh, f"systemctl enable --now {self.SOCKETS}")
        process = Process(["sh", "-c", "exec " + command[1].replace("\n#", "\n")],
                          env={"PATH": MACHINE_PATH}, stdin=subprocess.DEVNULL)
        self.addCleanup(process.stop)
        self.arrived(self.taken_at_last("itself@example.com"))
        self.assertEqual(len(self.inbox("joe@example.com")), 1)
        self.assertEqual(refusal("nobody@example.com")[0], 550)
        process.signal()
        self.assertEqual(process.wait(), 0, process.errors)

    def taken_at_last(self, recipient):
        """A client that comes again until its message is taken; returns the queue id.

        An smtpd that had no answer about an address remembers that until it
        ends; no other row may use that address.
        """
        def try_it():
            try:
                return submit(recipient, message("again"))
            except smtplib.SMTPResponseException as answer:
                self.assertEqual(answer.smtp_code, 451, answer)
                return None

        return eventually(try_it, "a message that is taken", LONG)

    def test_mail_waits_while_vlmtpd_is_not_there(self):
        sh("vadmin alias add patient@example.com joe")
        sh(f"systemctl disable --now {self.SOCKETS}")
        try:
            code, said = refusal("patient@example.com")
        finally:
            sh(f"systemctl enable --now {self.SOCKETS}")
        self.assertEqual(code, 451, said)
        self.arrived(self.taken_at_last("patient@example.com"))
        self.assertEqual(len(self.inbox("joe@example.com")), 1)


class Pipe(Rows, MachineTest):
    owner = "owner=vmail:vmail"

    @classmethod
    def setUpClass(cls):
        sh("useradd --system --shell /usr/sbin/nologin vmail")
        super().setUpClass()

    @classmethod
    def connect(cls):
        put("/etc/postfix/vmail-domains", "example.com\nexample.org\n")
        sh(f"cat {TEMPLATES}/postfix/main.cf-pipe >> /etc/postfix/main.cf; "
           f"cat {TEMPLATES}/postfix/master.cf-pipe >> /etc/postfix/master.cf")

    def test_an_unknown_user_is_returned_with_our_words(self):
        queue_id = submit("nobody@example.com", message("lost"), sender=f"sysuser@{HOST}")
        self.wait_log(rf" {queue_id}: to=<nobody@example.com>.*dsn=5\.1\.1, status=bounced "
                      r"\(.*unknown user")
        self.wait_log(rf" {queue_id}: removed")


if __name__ == "__main__":
    main()
