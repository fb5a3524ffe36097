#!/usr/bin/python3
"""deliver_auto_test.py: autoresponders (SPEC 4, RFC 3834)."""
from answering import *


class Auto(Answering):
    def setUp(self):
        super().setUp()
        self.vmail.write("aliases.a.test", "info: joe\nteam: info, joe, ann@b.test\nlist: team\n")

    def rate(self, count):
        keep = re.sub("auto-rate.*\n", "", self.vmail.read("domain.a.test").decode())
        self.vmail.write("domain.a.test", keep + f"auto-rate = {count}\n")

    # beside a delivery, and alone

    def test_beside_an_alias_it_answers_and_the_mail_is_delivered(self):
        self.auto()
        self.assertEqual(self.answers(message=mail("info@a.test"), recipient="info@a.test"), ["sent"])
        (to, answer), = self.sent()
        self.assertEqual((to, answer["To"], answer["From"], answer["Subject"]),
                         ("ann@far.test", "ann@far.test", "info@a.test", "got it"))
        self.assertEqual(answer["Auto-Submitted"], "auto-replied")

    def test_beside_an_account_it_answers_and_the_mail_is_delivered(self):
        self.auto("joe@a.test")
        self.assertEqual(self.answers(), ["sent"])

    def test_alone_it_is_no_error_and_stores_nothing(self):
        self.auto("robot@a.test")
        self.assertEqual(self.answers(None, mail("robot@a.test"), recipient="robot@a.test"), ["sent"])
        self.assertEqual(os.listdir(os.path.join(self.vmail.spool)), ["files"])
        self.assertEqual(self.sent()[0][1]["From"], "robot@a.test")

    def test_one_with_an_extension_and_in_another_case_is_found(self):
        self.auto("robot@a.test")
        for n, to in enumerate(("robot+x@a.test", "ROBOT@a.test", "Robot+Y@A.test")):
            self.assertEqual(self.answers(None, recipient=to, sender=f"s{n}@far.test"), ["sent"])

    def test_every_local_name_met_while_expanding_answers_once(self):
        for name in "info", "team", "list", "joe":
            self.auto(f"{name}@a.test", f"Subject: {name}\n\nx\n")
        self.assertEqual(self.answers(recipient="list@a.test"), ["sent"] * 4)
        self.assertEqual(sorted(answer["Subject"] for _, answer in self.sent(4)), ["info", "joe", "list", "team"])

    def test_of_two_recipients_that_lead_to_one_file_it_answers_once(self):
        self.auto()
        got = self.delivered(["info@a.test", "team@a.test", "info@a.test"], mail(), sender="ann@far.test")
        self.assertEqual(self.reasons(got), ["sent"])

    def test_it_need_not_be_in_the_header(self):
        self.auto()
        self.assertEqual(self.answers(message=mail("x@y.test"), recipient="info@a.test"), ["sent"])

    def test_it_works_for_a_long_message(self):
        self.auto("robot@a.test")
        self.assertEqual(self.answers(None, mail(body="x" * 1000000), recipient="robot@a.test"), ["sent"])

    def test_a_vacation_beside_it_answers_too(self):
        self.auto()
        self.on()
        self.assertEqual(sorted(self.answers(message=mail("info@a.test"), recipient="info@a.test")), ["sent", "sent"])

    def test_the_delivery_line_of_one_alone_tells_of_the_message(self):
        self.auto("robot@a.test")
        got = self.delivered("robot@a.test", mail(header="Message-ID: <m1@far.test>\n"), sender="ann@far.test")
        self.assertRegex(got.log, r"answer message-id=<m1@far\.test> sender=ann@far\.test recipient=robot@a\.test "
                                  r"target=answer to=\S+robot\.auto reason=sent")
        self.assertRegex(got.log, r"delivery message-id=<m1@far\.test> .* target=answer .* size=\d\d+ .* status=0")

    # how often

    def test_every_message_is_answered(self):
        self.auto()
        for _ in range(5):
            self.assertEqual(self.answers(recipient="info@a.test"), ["sent"])
        self.sent(5)

    def test_one_sender_gets_auto_rate_answers_an_hour_of_a_file(self):
        self.auto()
        self.auto("robot@a.test")
        self.rate(3)
        self.assertEqual([self.answers(recipient="info@a.test", sender=s)[0] for s in
                          ("ann@far.test", "ANN@far.test", "ann@FAR.test", "ann@far.test", "bob@far.test")],
                         ["sent", "sent", "sent", "rate", "sent"])
        self.assertEqual(self.answers(None, recipient="robot@a.test"), ["sent"])
        self.rate(4)
        self.assertEqual(self.answers(recipient="info@a.test"), ["sent"])
        self.assertEqual(self.answers(recipient="info@a.test"), ["rate"])

    def test_a_rate_of_nought_is_no_answer(self):
        self.auto()
        self.rate(0)
        self.assertEqual(self.answers(recipient="info@a.test"), ["rate"])

    @timed
    def test_fifty_at_once_of_one_sender_are_no_more_than_the_rate(self):
        self.auto("robot@a.test")
        self.rate(7)
        waiting = [subprocess.Popen([program("vdeliver"), "-C", self.vmail.dir, "-f", "ann@far.test",
                                     "robot@a.test"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                    env=environment()) for _ in range(50)]
        for process in waiting:
            process.stdin.write(mail("robot@a.test"))
            process.stdin.close()
        self.assertEqual({process.wait(DEADLINE) for process in waiting}, {0})
        if len(self.vmail.sent()) < 7:
            raise Late("who did not get the memory's lock within its two seconds did not answer")
        self.sent(7)

    def test_the_memory_is_command_users_or_the_owners_below_state(self):
        self.auto()
        self.answers(recipient="info@a.test")
        directory = os.path.join(self.vmail.state, "auto", "a.test")
        self.assertEqual(os.listdir(directory), ["info.db"])
        self.assertEqual(list(read_index(os.path.join(directory, "info.db"))), ["ann@far.test"])
        for path in directory, os.path.join(directory, "info.db"):
            st = os.stat(path)
            self.assertEqual((st.st_uid, st.st_mode & 0o077), (65534 if ROOT else os.getuid(), 0))

    def test_a_broken_memory_is_set_aside(self):
        self.auto()
        self.answers(recipient="info@a.test")
        path = os.path.join(self.vmail.state, "auto", "a.test", "info.db")
        with open(path, "r+b") as f:
            f.write(b"x" * 4000)
        self.assertEqual(self.answers(recipient="info@a.test"), ["broken-index"])
        self.assertEqual(self.answers(recipient="info@a.test"), ["sent"])

    def test_without_a_state_directory_the_mail_is_delivered(self):
        self.auto()
        self.vmail.set(state="/nonexistent/state")
        self.assertEqual(self.answers(recipient="info@a.test"), ["broken-index" if ROOT else "sent"])

    @only_where(not ROOT)
    def test_who_cannot_write_there_remembers_beside_the_text(self):
        path = self.auto()
        self.vmail.set(state="/nonexistent/state")
        self.rate(1)
        self.assertEqual([self.answers(recipient="info@a.test")[0] for _ in range(2)], ["sent", "rate"])
        self.assertEqual(sorted(os.listdir(os.path.dirname(path))), [".info.auto.db", "info.auto"])

    def test_a_link_in_its_place_is_not_followed(self):
        self.auto()
        other = self.vmail._directory("other")
        os.symlink(other, os.path.join(self.vmail.state, "auto"))
        self.answers(recipient="info@a.test")
        self.assertEqual(os.listdir(other), [])

    # who is not answered

    def test_no_answer_to_programs_lists_and_nobody(self):
        self.auto()
        for reason, header, sender in (
                ("null-sender", "", ""), ("robot-sender", "", "MAILER-DAEMON@far.test"),
                ("robot-sender", "", "l-bounces@far.test"), ("own-address", "", "info@a.test"),
                ("auto-submitted", "Auto-Submitted: auto-generated\n", None),
                ("list", "List-Post: <x>\n", None), ("precedence", "Precedence: junk\n", None),
                ("suppressed", "X-Auto-Response-Suppress: All\n", None)):
            with self.subTest(reason):
                self.assertEqual(self.answers(message=mail("info@a.test", header), recipient="info@a.test",
                                              sender="ann@far.test" if sender is None else sender), [reason])
        self.assertEqual(self.answers(recipient="info@a.test", sender="postmaster@far.test"), ["sent"])

    # the delivery

    def test_where_the_mail_waits_so_does_the_answer(self):
        self.auto()
        os.mkdir(os.path.join(self.vmail.spool, "a.test"))
        os.symlink("/nowhere", self.inbox)
        got = self.vmail.deliver("info@a.test", mail(), sender="ann@far.test")
        self.assertEqual((got.status, self.reasons(got)), (75, ["mail-waits"]), got)
        self.assertEqual(re.findall(r"delivery .*target=(\S+)", got.log), ["mailbox"], got.log)
        self.sent(0)
        os.unlink(self.inbox)
        self.assertEqual(self.reasons(self.delivered("info@a.test", mail(), sender="ann@far.test")), ["sent"])

    def test_a_list_of_which_one_waits_is_answered_when_the_last_one_has_it(self):
        self.vmail.write("aliases.a.test", "info: joe, ann@b.test\n")
        self.auto()
        self.on()
        os.mkdir(os.path.join(self.vmail.spool, "b.test"))
        os.symlink("/nowhere", self.maildir)
        self.vmail.sendmail_exits(75)
        got = self.vmail.deliver("info@a.test", mail("info@a.test"), sender="ann@far.test")
        self.assertEqual((got.status, self.reasons(got)), (75, ["mail-waits", "failed"]), got)
        self.vmail.sendmail_exits(0)
        os.unlink(self.maildir)
        got = self.delivered("info@a.test", mail("info@a.test"), sender="ann@far.test")
        self.assertEqual((self.reasons(got), len(self.vmail.messages("joe@a.test"))), (["sent"], 1))

    def test_a_mailbox_that_is_full_is_told_and_answered(self):
        self.auto()
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test").decode() + "inbox-limit = 1\n")
        got = self.vmail.deliver("info@a.test", mail(body="x" * 5000), sender="ann@far.test")
        self.assertEqual((got.status, self.reasons(got)), (69, ["sent"]), got)

    def test_a_sendmail_that_fails_is_a_line_of_the_log(self):
        self.auto()
        self.vmail.sendmail_exits(75)
        self.assertEqual(self.answers(recipient="info@a.test"), ["failed"])

    def test_a_text_that_is_none_is_a_line_of_the_log(self):
        path = self.auto()
        for what, reason in (("directory", "no-text"), ("link", "no-text"), ("fifo", "no-text"), ("long", "bad-text"),
                             ("two names", "no-text")):
            with self.subTest(what):
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
                other = os.path.join(self.vmail.scratch, "other")
                with open(other, "w") as f:
                    f.write(AUTO_TEXT)
                {"directory": lambda: os.mkdir(path), "link": lambda: os.symlink(other, path),
                 "fifo": lambda: os.mkfifo(path), "two names": lambda: os.link(other, path),
                 "long": lambda: open(path, "w").write("x" * 70000)}[what]()
                self.assertEqual(self.answers(recipient="info@a.test"), [reason])
        self.sent(0)

    @needs_root
    def test_it_counts_only_when_root_or_the_owner_owns_it(self):
        self.give(self.auto())
        self.assertEqual(self.answers(recipient="info@a.test"), ["no-text"])

    @needs_root
    def test_a_text_that_only_root_can_read_is_sent(self):
        os.chmod(self.auto(), 0o600)
        self.assertEqual(self.answers(recipient="info@a.test"), ["sent"])

    def test_its_from_may_be_another(self):
        self.auto(text="From: Help Desk <help@b.test>\nReply-To: x@y.test\nSubject: [$SUBJECT]\nCc: z@y.test\n\nhi\n")
        self.answers(recipient="info@a.test")
        answer = self.sent()[0][1]
        self.assertEqual((answer["From"], answer["Reply-To"], answer["Subject"], answer["Cc"]),
                         ("Help Desk <help@b.test>", "x@y.test", "[lunch]", None))

    def test_a_dry_run_answers_nobody(self):
        self.auto()
        self.on()
        self.assertEqual(self.vmail.deliver("info@a.test", options=["-n"]).status, 0)
        self.sent(0)


if __name__ == "__main__":
    main()
