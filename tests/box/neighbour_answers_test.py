#!/usr/bin/python3
"""neighbour_answers_test.py: automatic answers through the real Postfix and its sendmail."""
from neighbours import *

AWAY = "Subject: Gr\u00fc\u00dfe, $SUBJECT\n\nI am away \u2013 until Monday.\n"


def letter(sender, to, header=""):
    return f"From: {sender}\nTo: {to}\nSubject: lunch\n{header}\nhello\n"


class Answers(MachineTest):
    """By vlmtpd below systemd: joe is at example.com, ann at example.org, and both are away."""
    packages = ("postfix",)
    SOCKETS = "vlmtpd.socket vlmtpd-map.socket"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        put("/etc/vmail/vmail.conf", "main-domain = main.test\n")
        put("/var/tmp/away", AWAY)
        for who in "joe@example.com", "ann@example.org":
            sh(f"vadmin domain add {who.split('@')[1]}; "
               f"echo 'plenty of words' | vadmin user add {who} --password-stdin")
        sh(f"vadmin auto set info@example.com /var/tmp/away; vadmin auto set help@example.org /var/tmp/away; "
           f"cat {TEMPLATES}/postfix/main.cf-lmtp >> /etc/postfix/main.cf; "
           f"cp {TEMPLATES}/systemd/vlmtpd* /etc/systemd/system; "
           f"systemctl daemon-reload; systemctl enable --now {cls.SOCKETS}; systemctl start postfix")

    @classmethod
    def tearDownClass(cls):
        sh(f"systemctl stop postfix; systemctl disable --now {cls.SOCKETS}")

    def setUp(self):
        super().setUp()
        for who in "joe@example.com", "ann@example.org":
            sh(f"vadmin user vacation {who} on --text /var/tmp/away")
            inbox = f"/var/spool/vmail/{who.split('@')[1]}/{who.split('@')[0]}"
            if os.path.exists(inbox):
                os.unlink(inbox)

    def inbox(self, who):
        user, domain = who.split("@")
        path = f"/var/spool/vmail/{domain}/{user}"
        return [m.decode() for m in mbox_messages(path)] if os.path.exists(path) else []

    def reasons(self, *wanted):
        """Waits for so many answer lines and an empty queue; they are these, and stay these."""
        self.wait_log(r"vlmtpd\S* answer .*reason=", len(wanted))
        eventually(lambda: queue() == [], "an empty queue", LONG)
        self.assertEqual(sorted(re.findall(r" answer .*reason=(\S+)", LOG.since(self.before))), sorted(wanted))

    def test_two_vacations_that_face_each_other_end_after_one_answer(self):
        submit("ann@example.org", letter("joe@example.com", "ann@example.org"), sender="joe@example.com")
        self.reasons("sent", "null-sender")
        [got] = self.inbox("joe@example.com")
        self.assertTrue(got.startswith("Return-Path: <>\nDelivered-To: joe@example.com\n"), got)
        for line in ("To: joe@example.com\n", "Auto-Submitted: auto-replied (vacation)\n",
                     "Content-Transfer-Encoding: quoted-printable\n", "I am away =E2=80=93 until Monday.\n"):
            self.assertIn(line, got)
        self.assertEqual(len(self.inbox("ann@example.org")), 1)

    def test_a_second_message_is_not_answered_and_both_ways_are_told_once(self):
        for sender, to in (("joe@example.com", "ann@example.org"), ("joe@example.com", "ann@example.org"),
                           ("ann@example.org", "joe@example.com")):
            submit(to, letter(sender, to), sender=sender)
        self.reasons("sent", "known", "null-sender", "sent", "null-sender")

    def test_two_autoresponders_that_face_each_other_end_after_one_answer(self):
        submit("help@example.org", letter("info@example.com", "help@example.org"), sender="info@example.com")
        self.reasons("sent", "null-sender")

    def test_an_autoresponder_and_a_vacation_that_face_each_other_end_after_one_answer(self):
        submit("info@example.com", letter("joe@example.com", "info@example.com"), sender="joe@example.com")
        self.reasons("sent", "null-sender")

    def test_an_answer_whose_null_sender_was_lost_is_known_by_its_header(self):
        submit("ann@example.org", letter("joe@example.com", "ann@example.org",
               "Auto-Submitted: auto-replied (vacation)\nX-Auto-Response-Suppress: All\n"), sender="joe@example.com")
        self.reasons("auto-submitted")

    def test_a_mailing_list_never_hears_from_us(self):
        for sender, header in (("l-bounces@lists.test", "List-Id: <l.lists.test>\nPrecedence: list\n"),
                               ("x@lists.test", "List-Unsubscribe: <mailto:x@lists.test>\n"),
                               ("l-return-5-ann=example.org@lists.test", ""), ("owner-l@lists.test", "")):
            submit("ann@example.org", letter("somebody@far.test", "l@lists.test, ann@example.org", header),
                   sender=sender)
        self.reasons("robot-sender", "list", "robot-sender", "robot-sender")
        self.assertEqual(len(self.inbox("ann@example.org")), 4)

    def test_a_list_of_ours_with_an_owner_hears_of_no_member(self):
        sh("vadmin alias add team@example.com ann@example.org joe; vadmin alias add owner-team@example.com joe")
        submit("team@example.com", letter("owner-team@example.com", "team@example.com"), sender="owner-team@example.com")
        self.reasons("robot-sender", "robot-sender")

    def test_an_answer_that_cannot_be_delivered_comes_back_to_nobody(self):
        submit("ann@example.org", letter("nobody@example.com", "ann@example.org"), sender="nobody@example.com")
        self.wait_log(r"to=<nobody@example\.com>.*status=bounced")
        self.reasons("sent")

    def test_an_odd_sender_is_one_recipient_for_sendmail(self):
        submit("ann@example.org", letter("x@far.test", "ann@example.org"),
               sender='"joe@example.com,root, x"@example.com')
        self.wait_log(r"to=<\"joe@example\.com,root, x\"@example\.com>.*status=bounced")
        self.reasons("sent")
        self.assertEqual(self.inbox("joe@example.com"), [])


if __name__ == "__main__":
    main()
