#!/usr/bin/python3
"""deliver_vacation_test.py: an account that is away (SPEC 4, RFC 3834, RFC 5230)."""
import random
import resource
import signal

from answering import *
from lmtp import start


class Vacation(Answering):
    # on and off

    def test_without_an_index_nobody_is_answered_and_nothing_is_logged(self):
        self.on(index=None)
        self.assertEqual(self.answers(), [])
        self.sent(0)

    def test_an_empty_index_switches_it_on(self):
        self.on()
        self.assertEqual(self.answers(), ["sent"])
        self.sent(1)

    def test_the_pair_in_the_home_counts_too(self):
        self.on(home=True)
        self.assertEqual(self.answers(), ["sent"])
        self.sent(1)

    def test_the_pair_in_files_comes_first(self):
        self.on("Subject: from the home\n\nx\n", home=True)
        self.on("Subject: from files\n\nx\n")
        self.answers()
        self.assertEqual(self.sent()[0][1]["Subject"], "from files")

    def test_text_and_index_are_from_the_same_place(self):
        self.on(home=True, index=None)
        base = self.on()
        os.unlink(base)
        self.assertEqual(self.answers(), ["no-text"])
        self.sent(0)

    def test_it_works_for_a_maildir_and_a_long_message(self):
        self.on(to="ann@b.test")
        message = mail("ann@b.test", body="x" * 400000 + "\n")
        self.assertEqual(self.answers("ann@b.test", message, "joe@far.test"), ["sent"])
        self.assertEqual(self.last("ann@b.test"), trace("ann@b.test", "joe@far.test") + message)

    def test_one_that_was_switched_off_answers_no_more(self):
        self.on()
        self.answers()
        os.unlink(self.index)
        self.assertEqual(self.answers(sender="eve@far.test"), [])

    # the answer

    def test_it_goes_to_the_envelope_sender_alone_from_nobody(self):
        self.on("Subject: away\nTo: a@x.test\nCc: b@x.test\nBcc: c@x.test\n\nx\n")
        self.answers(message=mail(header="Reply-To: reply@far.test\nSender: other@far.test\n"
                                         "Return-Path: <third@far.test>\nErrors-To: e@far.test\n"))
        (to, answer), = self.sent()
        self.assertEqual((to, answer["To"]), ("ann@far.test", "ann@far.test"))
        self.assertEqual((answer["Cc"], answer["Bcc"]), (None, None))

    def test_it_has_every_field_that_an_answer_needs(self):
        self.on()
        self.answers(message=mail(header="Message-ID: <m2@far.test>\nReferences: <m1@far.test>\n"))
        answer = self.sent()[0][1]
        self.assertEqual(answer["Auto-Submitted"], "auto-replied (vacation)")
        self.assertEqual(answer["From"], "Joe Test <joe@a.test>")
        self.assertEqual(answer["Subject"], "away")
        self.assertEqual(answer["In-Reply-To"], "<m2@far.test>")
        self.assertEqual(answer["References"].split(), ["<m1@far.test>", "<m2@far.test>"])
        self.assertEqual(answer["X-Auto-Response-Suppress"], "All")
        now = datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(abs((answer["Date"].datetime - now).total_seconds()), 60)
        self.assertRegex(answer["Message-ID"], r"^<[\w.]+@a\.test>$")
        self.assertEqual(answer.get_content().strip(), "I am away.")
        self.assertEqual(answer.defects, [])
        self.assertEqual(len(answer.keys()), len(set(map(str.lower, answer.keys()))))

    def test_two_answers_have_two_message_ids(self):
        self.on()
        for sender in "ann@far.test", "bob@far.test":
            self.answers(sender=sender)
        self.assertEqual(len({answer["Message-ID"] for _, answer in self.sent(2)}), 2)

    def test_the_subject_is_decoded_cut_and_cleaned(self):
        self.on("Subject: Re: $SUBJECT\n\nYou wrote \"$SUBJECT\".\n")
        self.answers(message=mail(subject="=?iso-8859-1?Q?Gr=FC=DFe?= =?utf-8?B?" + "w7w" * 0 + "w7w=?= "
                                          "=?utf-8?Q?a=0D=0ABcc:_evil@x.test?="))
        self.answers(message=mail(subject="\u00fc" * 300), sender="bob@far.test")
        first, second = (answer for _, answer in self.sent(2))
        self.assertEqual(first["Subject"], "Re: Gr\u00fc\u00dfe\u00fca  Bcc: evil@x.test")
        self.assertIn("Gr\u00fc\u00dfe\u00fca", first.get_content())
        self.assertIsNone(first["Bcc"])
        self.assertEqual(second["Subject"], "Re: " + "\u00fc" * 100)
        self.assertTrue(all(len(line) <= 78 for _, m in self.vmail.sent() for line in m.split(b"\n")))

    def test_utf_8_goes_out_as_proper_mime(self):
        self.on("Subject: Gr\u00fc\u00dfe\nFrom: J\u00f6 <joe@a.test>\n\n\u00dcber die Berge\n")
        self.answers()
        answer = self.sent()[0][1]
        self.assertEqual(answer["Subject"], "Gr\u00fc\u00dfe")
        self.assertEqual(answer["From"].addresses[0].display_name, "J\u00f6")
        self.assertEqual(answer.get_content_charset(), "utf-8")
        self.assertEqual(answer.get_content().strip(), "\u00dcber die Berge")
        self.vmail.sent()[0][1].decode("ascii")

    def test_a_text_of_an_old_machine_in_latin_1_becomes_utf_8(self):
        self.on("Subject: Gr\u00fc\u00dfe\n\n\u00dcber\n".encode("latin-1"))
        self.answers()
        answer = self.sent()[0][1]
        self.assertEqual((answer["Subject"], answer.get_content().strip()), ("Gr\u00fc\u00dfe", "\u00dcber"))

    def test_other_fields_are_left_out_and_named_in_the_log(self):
        self.on("Subject: x\nBcc: evil@x.test\nX-Loop: y\n\nz\n")
        got = self.delivered("joe@a.test", mail(), sender="ann@far.test")
        self.assertRegex(got.log, r'answer .* reason=sent text="left out: Bcc, X-Loop"')
        self.assertEqual(self.vmail.sent()[0][1].lower().count(b"evil"), 0)

    def test_the_from_of_a_text_must_be_one_of_the_accounts(self):
        for text, wanted in (("joe@a.test", "joe@a.test"), ("info@a.test", "info@a.test"),
                             ("ann@b.test", "Joe Test <joe@a.test>"), ("boss@bank.test", "Joe Test <joe@a.test>")):
            self.vmail.write("aliases.a.test", "info: joe\n")
            self.on(f"Subject: x\nFrom: {text}\n\nz\n")
            self.answers(message=mail("info@a.test"), recipient="info@a.test")
            self.assertEqual(self.sent(1)[0][1]["From"], wanted)
            shutil.rmtree(self.vmail.sendmail + ".sent")
            os.mkdir(self.vmail.sendmail + ".sent")
            os.chmod(self.vmail.sendmail + ".sent", 0o1777)

    def test_whatever_is_in_a_name_an_answer_is_from_one_address(self):
        for n, name in enumerate(("=?utf-8?q?boss=40bank.test=2C?=", "=?utf-8?q?=22=2C_boss=40bank.test=2C=22?=",
                                  "=?utf-8?q?=3Cboss=40bank.test=3E=2C?=", '"boss@bank.test,"',
                                  "=?utf-8?q?=3D=3Futf-8=3Fq=3Fboss=40bank.test=2C=3F=3D?=")):
            with self.subTest(name):
                self.on(f"Subject: x\nFrom: {name} <joe@a.test>\nReply-To: {name} <eve@a.test>\n\ny\n")
                self.answers(sender=f"s{n}@far.test")
                answer = [m for to, m in self.sent(n + 1) if to == f"s{n}@far.test"][0]
                self.assertEqual([[a.addr_spec for a in answer[field].addresses] for field in ("From", "Reply-To")],
                                 [["joe@a.test"], ["eve@a.test"]])

    def test_a_body_says_which_charset_it_is_in(self):
        for n, mime in enumerate(("text/plain", "text/plain; charset=us-ascii", "text/plain; x-charset=utf-8",
                                  "text/plain; format=flowed; charset=iso-8859-1")):
            self.on(f"Subject: x\nContent-Type: {mime}\n\n$SUBJECT\n")
            self.answers(message=mail(subject="Gr\u00fc\u00dfe"), sender=f"s{n}@far.test")
            answer = [m for to, m in self.sent(n + 1) if to == f"s{n}@far.test"][0]
            self.assertEqual((answer.get_content_charset(), answer.get_content().strip()),
                             ("utf-8", "Gr\u00fc\u00dfe"))
        self.on("Subject: x\nContent-Type: text/html; charset=utf-7\n\n$SUBJECT\n")
        self.assertEqual(self.answers(sender="utf7@far.test"), ["bad-text"])

    @timed
    def test_a_header_full_of_domains_beyond_ascii_costs_little(self):
        self.on()
        start = time.monotonic()
        self.assertEqual(self.answers(message="To:a@\u00e9\n".encode() * 24000 + mail()), ["sent"])
        self.assert_took(time.monotonic() - start, 0, 10)   # of a process each: 37 s

    def test_odd_senders_are_one_recipient_and_one_field(self):
        self.on()
        for sender, to in (("a,b@far.test", '"a,b"@far.test'), ('"x y"@far.test', '"x y"@far.test'),
                           ("(c)@far.test", '"(c)"@far.test'), ("%x$(id)`id`@far.test", '"%x$(id)`id`"@far.test'),
                           ("ann@FAR.test", "ann@far.test")):
            self.answers(sender=sender)
            self.assertIn(to, [arguments[4] for arguments, _ in self.vmail.sent()])
        self.sent(5)

    # who is not answered: answer_test.c has the table, here the way to it

    def test_no_answer_to_programs_lists_and_nobody(self):
        self.on()
        for reason, header, sender in (
                ("null-sender", "", ""), ("robot-sender", "", "MAILER-DAEMON@far.test"),
                ("robot-sender", "", "postmaster@far.test"), ("robot-sender", "", "owner-l@far.test"),
                ("robot-sender", "", "l-request@far.test"), ("robot-sender", "", "no-reply@far.test"),
                ("own-address", "", "joe@a.test"), ("own-address", "", "joe+x@a.test"),
                ("own-address", "", "SRS0=ab=cd=a.test=joe@far.test"), ("auto-submitted", "Auto-Submitted: auto-replied\n", None),
                ("list", "List-Id: <l.far.test>\n", None), ("precedence", "Precedence: bulk\n", None),
                ("suppressed", "X-Auto-Response-Suppress: OOF\n", None), ("spam", "X-Spam-Flag: YES\n", None),
                ("report", "Content-Type: multipart/report; boundary=x\n", None), ("no-address", "", "ann")):
            with self.subTest(reason):
                self.assertEqual(self.answers(message=mail(header=header),
                                              sender="ann@far.test" if sender is None else sender), [reason])
        self.assertEqual(self.answers(), ["sent"])
        self.sent(1)

    def test_a_long_message_is_judged_by_its_header_alone(self):
        self.on()
        self.assertEqual(self.answers(message=mail(body="x\n" * 300000 + "List-Id: y\n")), ["sent"])
        long = b"X: y\n" * 60000 + mail()
        self.assertEqual(self.answers(message=long, sender="bob@far.test"), ["long-header"])

    def test_every_address_of_the_account_counts(self):
        self.vmail.write("aliases.a.test", "info: joe\nteam: info\nsub: :include:members\n")
        self.vmail.domain("c.test", aliases="help: joe@a.test\n")
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test").decode() + "match-full-name = yes\n")
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.other.test"))
        for n, (recipient, to) in enumerate((
                ("joe@a.test", "joe@a.test"), ("joe@a.test", "JOE@A.test"), ("info@a.test", "info@a.test"),
                ("info@a.test", "joe@a.test"), ("team@a.test", "team@a.test"), ("team@a.test", "info@a.test"),
                ("help@c.test", "help@c.test"), ("joe+shop@a.test", "joe+shop@a.test"),
                ("info+shop@a.test", "info+shop@a.test"), ("joe.test@a.test", "Joe.Test@a.test"),
                ("joe@a.test", "joe_test@a.test"), ("joe@other.test", "joe@other.test"),
                ("joe@a.test", "joe@other.test"), ("info@other.test", "info@other.test"),
                ("joe+x@other.test", "joe+x@other.test"))):
            with self.subTest(f"{recipient}, To: {to}"):
                self.vmail.run("vadmin", "check", "--files")
                self.on()
                self.assertEqual(self.answers(message=mail(f"x@y.test, Z <{to}>"), recipient=recipient,
                                              sender=f"s{n}@far.test"), ["sent"])

    def test_other_addresses_do_not(self):
        self.vmail.write("aliases.a.test", "info: joe\nother: ann@b.test\n")
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test").decode() + "fallback = joe\n")
        self.on()
        for recipient, to in (("joe@a.test", "info@a.test"), ("joe@a.test", "other@a.test"),
                              ("joe@a.test", "joe+x@a.test"), ("joe@a.test", "joe@b.test"),
                              ("nobody@a.test", "nobody@a.test"), ("joe@a.test", "undisclosed-recipients:;"),
                              ("joe@a.test", "joe.test@a.test")):
            with self.subTest(f"{recipient}, To: {to}"):
                self.assertEqual(self.answers(message=mail(to), recipient=recipient), ["not-addressed"])

    def test_the_address_of_who_forwards_here_is_none_of_ours(self):
        self.vmail.domain("c.test", accounts=["eve"])
        self.vmail.extra("c.test", "eve.forward", "joe@a.test\n")
        self.on()
        self.assertEqual(self.answers(message=mail("eve@c.test"), recipient="eve@c.test"), ["not-addressed"])

    def test_of_two_recipients_that_lead_here_both_names_count(self):
        self.vmail.write("aliases.a.test", "info: joe\n")
        self.on()
        self.assertEqual(self.answers(message=mail("info@a.test"),
                                      recipient=["joe@a.test", "info@a.test"]), ["sent"])

    # what is not written into the inbox

    def test_what_the_filter_drops_is_not_answered(self):
        self.on()
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test").decode() + "filter = cat > /dev/null\n")
        got = self.delivered("joe@a.test", mail(), sender="ann@far.test")
        self.assertEqual(self.reasons(got), [])
        self.assertIn("dropped by the filter", got.log)

    def test_what_the_filter_writes_is_what_is_judged(self):
        self.on()
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test").decode() +
                         "filter = echo 'X-Spam-Flag: YES'; cat\n")
        self.assertEqual(self.answers(), ["spam"])

    def test_what_is_forwarded_elsewhere_is_not_answered(self):
        self.on()
        self.put(os.path.join(self.vmail.home("joe@a.test"), ".forward"), b"x@far.test\n")
        got = self.delivered("joe@a.test", mail(), sender="ann@far.test")
        self.assertEqual((self.reasons(got), len(self.vmail.sent())), ([], 1))
        self.put(os.path.join(self.vmail.home("joe@a.test"), ".forward"), b"\\joe, x@far.test\n")
        self.assertEqual(self.answers(), ["sent"])

    def test_what_does_not_fit_is_not_answered(self):
        self.on()
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test").decode() + "inbox-limit = 1\n")
        got = self.refused(69, "full", "joe@a.test", mail(body="x" * 5000), sender="ann@far.test")
        self.assertEqual(self.reasons(got), [])
        self.assertEqual(os.path.getsize(self.index), 0)

    # how often

    def test_each_sender_is_answered_once(self):
        self.on()
        self.assertEqual([self.answers(sender=s) for s in ("ann@far.test", "ANN@FAR.test", "bob@far.test",
                                                           "ann@far.test")],
                         [["sent"], ["known"], ["sent"], ["known"]])
        self.sent(2)

    def test_the_index_holds_senders_in_lower_case_and_seconds(self):
        self.on()
        self.answers(sender="Ann@Far.test")
        index = read_index(self.index)
        self.assertEqual(list(index), ["ann@far.test"])
        self.assertLess(abs(int(index["ann@far.test"]) - time.time()), 60)

    def test_again_after_vacation_days(self):
        now = int(time.time())
        for days, age, reason in ((7, 6.9, "known"), (7, 7.1, "sent"), (1, 0.9, "known"), (1, 1.1, "sent"),
                                  (0, 36500, "known")):
            with self.subTest(f"{days} days, {age} ago"):
                keep = self.vmail.read("domain.a.test").decode()
                self.vmail.write("domain.a.test", keep + f"vacation-days = {days}\n")
                self.on()
                write_index(self.index, {"ann@far.test": str(max(1, int(now - age * 86400))).encode()})
                self.give(self.index)
                self.assertEqual(self.answers(), [reason])
                self.vmail.write("domain.a.test", keep)

    def test_the_texts_own_days_come_first(self):
        self.on("Vacation-Days: 1\nSubject: x\n\ny\n")
        write_index(self.index, {"ann@far.test": str(int(time.time() - 2 * 86400)).encode()})
        self.give(self.index)
        self.assertEqual(self.answers(), ["sent"])
        self.assertNotIn(b"Vacation-Days", self.vmail.sent()[0][1])

    def test_a_window_holds_from_the_first_day_to_the_last(self):
        for start, end, reason in ((-1, 1, "sent"), (0, 0, "sent"), (1, 2, "window"), (-2, -1, "window"),
                                   (None, 0, "sent"), (None, -1, "window"), (0, None, "sent"), (1, None, "window")):
            with self.subTest(f"{start} {end}"):
                day_with_time()
                self.on((f"Vacation-Start: {day(start)}\n" if start is not None else "") +
                        (f"Vacation-End: {day(end)}\n" if end is not None else "") + "Subject: x\n\ny\n")
                self.assertEqual(self.answers(), [reason])
                self.assertEqual(os.path.getsize(self.index) > 0, reason == "sent")

    def test_a_window_is_in_the_machines_time_zone_not_the_callers(self):
        day_with_time()
        self.on(f"Vacation-Start: {day(0)}\nVacation-End: {day(0)}\nSubject: x\n\ny\n")
        for n, zone in enumerate(("EAST-14", "WEST12")):    # at least one has another day
            self.assertEqual(self.answers(sender=f"s{n}@far.test", env={"TZ": zone}), ["sent"])

    def test_a_text_that_becomes_too_long_with_the_subject_silences_nobody(self):
        self.on("Subject: x\n\n" + "$SUBJECT" * 8000 + "\n")
        got = self.delivered("joe@a.test", mail(subject="\u00fc" * 100), sender="ann@far.test")
        self.assertEqual(self.reasons(got), ["bad-text"])
        self.assertIn('text="the answer would be longer than 1048576 bytes"', got.log)
        self.assertEqual(os.path.getsize(self.index), 0)
        self.assertEqual(self.answers(message=mail(subject="x")), ["sent"])

    def test_it_is_recorded_before_it_is_sent(self):
        self.on()
        self.vmail.sendmail_exits(75)
        self.assertEqual(self.answers(), ["failed"])
        self.assertEqual(list(read_index(self.index)), ["ann@far.test"])
        self.vmail.sendmail_exits(0)
        self.assertEqual(self.answers(), ["known"])

    def test_a_hundred_deliveries_at_once_of_one_sender_are_one_answer(self):
        self.on()
        waiting = [subprocess.Popen([program("vdeliver"), "-C", self.vmail.dir, "-f", "ann@far.test", "joe@a.test"],
                                    stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
                   for _ in range(100)]
        for process in waiting:
            process.stdin.write(mail())
            process.stdin.close()
        reasons = []
        for process in waiting:
            with process.stderr:
                reasons += re.findall(r" answer .* reason=(\S+)", process.stderr.read().decode())
            self.assertEqual(process.wait(DEADLINE), 0)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 100)
        self.assertEqual((reasons.count("sent"), len(reasons)), (1, 100))
        self.assertLessEqual(set(reasons), {"sent", "known", "busy-index"})
        self.sent(1)

    def test_a_lock_that_is_held_for_ever_delays_nothing_for_long(self):
        import fcntl
        self.on()
        with open(self.index, "r+b") as f:
            fcntl.lockf(f, fcntl.LOCK_EX)
            start = time.monotonic()
            self.assertEqual(self.answers(), ["busy-index"])
            self.assertLess(time.monotonic() - start, CUT)

    # it never makes a delivery fail

    def test_no_text_no_answer(self):
        base = self.on()
        for what in ("missing", "link", "directory", "fifo", "two names", "long"):
            with self.subTest(what):
                if os.path.lexists(base):
                    shutil.rmtree(base) if os.path.isdir(base) else os.unlink(base)
                other = os.path.join(os.path.dirname(base), "other")
                if what == "link":
                    self.put(other, TEXT.encode())
                    os.symlink(other, base)
                elif what == "directory":
                    os.mkdir(base)
                    self.give(base)
                elif what == "fifo":
                    os.mkfifo(base)
                    self.give(base)
                elif what == "two names":
                    os.link(other, base)
                elif what == "long":
                    with open(base, "wb") as f:
                        f.truncate(10 << 30)
                    self.give(base)
                self.assertEqual(self.answers(), ["bad-text" if what == "long" else "no-text"])
        self.sent(0)
        self.assertEqual(os.path.getsize(self.index), 0)

    def test_a_text_with_a_wrong_day_is_told_and_not_sent(self):
        self.on("Vacation-End: soon\n\nx\n")
        got = self.delivered("joe@a.test", mail(), sender="ann@far.test")
        self.assertRegex(got.log, r'reason=bad-text text="Vacation-End: not a day')

    def test_an_index_that_is_none_is_set_aside_and_begun_anew(self):
        for name, data in (("text", b"hello\n"), ("zeros", bytes(20000)), ("a header cut", None),
                           ("foreign", b"\x00\x06\x15\x61" + bytes(8188)), ("another byte order", b"swap")):
            with self.subTest(name):
                self.on()
                if data in (None, b"swap"):
                    self.answers(sender="x@far.test")
                    with open(self.index, "rb") as f:
                        whole = f.read()
                    data = whole[:20] if data is None else whole[3::-1] + whole[4:]
                self.put(self.index, data)
                self.assertEqual(self.answers(), ["broken-index"])
                self.assertEqual(self.content(self.index + ".damaged"), data)
                self.assertEqual(list(read_index(self.index)), ["ann@far.test"])
                self.assertEqual(self.answers(), ["known"])
                self.assertEqual(self.answers(sender="bob@far.test"), ["sent"])

    def sparse(self, path, size):
        with open(path, "wb") as f:
            f.truncate(size)

    def test_an_index_that_is_no_plain_file_is_left_alone(self):
        base = self.on()
        other = os.path.join(self.vmail.scratch, "other")
        for what in ("link", "fifo", "directory", "two names", "long"):
            with self.subTest(what):
                shutil.rmtree(self.index) if os.path.isdir(self.index) else os.unlink(self.index)
                self.put(other, b"")
                {"link": lambda: os.symlink(other, self.index), "fifo": lambda: os.mkfifo(self.index),
                 "directory": lambda: os.mkdir(self.index),
                 "two names": lambda: os.link(other, self.index),
                 "long": lambda: self.sparse(self.index, (64 << 20) + 1)}[what]()
                self.give(self.index)
                got = self.delivered("joe@a.test", mail(), sender="ann@far.test")
                self.assertEqual(self.reasons(got), ["broken-index"])
                self.assertIn(f'text="{self.index}: ' + ("longer than 64 MB" if what == "long" else
                                                         "not a plain file of its own with one name"), got.log)
                self.assertEqual(os.path.getsize(other), 0)
                self.assertFalse(os.path.lexists(self.index + ".damaged"))
        self.sent(0)
        self.assertTrue(os.path.exists(base))

    def test_a_sendmail_that_fails_or_hangs_is_a_line_of_the_log(self):
        self.on()
        for command in ("/nonexistent/sendmail", "/bin/false", "/bin/sleep 1000"):
            self.vmail.set(sendmail=command, command_timeout="1s")
            self.on()
            self.assertEqual(self.answers(), ["failed"])

    def away(self, *names):
        """Accounts of c.test who are on vacation, and a list of them."""
        self.vmail.domain("c.test", accounts=names, aliases=f"all: {', '.join(names)}\n")
        for name in names:
            self.on(to=f"{name}@c.test")
        self.limit = 4 * getattr(self, "limit", 1)      # a further try has more time
        self.vmail.set(sendmail="/bin/sleep 1000", delivery_timeout=f"{self.limit}s")

    def in_time(self, *args, **more):
        got = self.vmail.deliver(*args, **more)
        if "delivery-timeout was over" in got.stderr:
            raise Late(repr(got))
        self.assertEqual((got.status, got.stderr), (0, ""), got)
        return got

    def copies(self, names):
        return [len(self.vmail.messages(f"{name}@c.test")) for name in names]

    @timed
    def test_answers_that_hang_keep_no_mail_of_others_waiting(self):
        names = ("one", "two", "three", "four")
        self.away(*names)
        got = self.in_time("all@c.test", mail("all@c.test"), sender="ann@far.test")
        self.assertEqual(self.copies(names), [1] * 4)
        self.assertEqual(self.reasons(got), ["failed"] * 4)
        self.in_time([f"{name}@c.test" for name in names], mail("all@c.test"), sender="bob@far.test")
        self.assertEqual(self.copies(names), [2] * 4)

    def test_an_answer_that_hangs_keeps_no_reply_of_lmtp_waiting(self):
        names = ("one", "two", "three")
        self.away(*names)
        client = start(self.vmail).hello()
        self.addCleanup(client.close)
        replies = client.deliver(*(f"{name}@c.test" for name in names), message=mail("all@c.test"),
                                 sender="ann@far.test")
        self.assertEqual([reply[:3] for reply in replies], ["250"] * 3)
        self.assertEqual(self.copies(names), [1] * 3)
        client.quit()

    def test_a_program_that_is_not_there_is_a_line_of_the_log(self):
        self.on()
        copy = os.path.join(self.vmail.scratch, "alone")
        shutil.copy(program("vdeliver"), copy)
        os.chmod(copy, 0o755)
        got = run(copy, "-C", self.vmail.dir, "-f", "ann@far.test", "joe@a.test", input=mail())
        self.assertEqual((got.status, self.reasons(got)), (0, ["broken-index"]), got)

    def test_a_thousand_broken_indexes_never_stop_a_delivery(self):
        # VMAIL_INDEXES=N: so many; what is changed is some bytes of a real one
        dice = random.Random(4)
        self.on()
        for n in range(30):
            write_index(self.index, {f"s{i}@far.test": str(1700000000 + i).encode() for i in range(n * 9 + 1)})
        with open(self.index, "rb") as f:
            good = f.read()
        wrong = {}
        self.memory()
        for n in range(int(os.environ.get("VMAIL_INDEXES", fewer(150)))):
            data = bytearray(good)
            for _ in range(dice.choice((1, 1, 4, 40, 400))):
                at = dice.choice((dice.randrange(256), dice.randrange(len(data))))
                data[at] = dice.choice((0, 1, 0x7f, 0x80, 0xff, dice.randrange(256)))
            del data[dice.choice((len(data), len(data), dice.randrange(len(data)))):]
            for kind in ("once", "rate"):
                with open(self.memorized, "wb") as f:
                    f.write(data)
                # Whatever is said first, nobody is new twice.
                said = [self.remember("new@far.test", kind, amount, 1800000000)
                        for amount in ((100, 100, 100) if kind == "once" else (1, 1, 1))]
                if said not in (["new", "known", "known"], ["known"] * 3, ["broken", "known", "known"]):
                    wrong[n, kind] = said
            if n % 10 == 0:
                self.put(self.index, bytes(data))
                self.answers(sender=f"new{n}@far.test")
        self.assertEqual(wrong, {})

    @needs_root                             # else strace may not see calls of who became another
    @needs_strace
    def test_what_reads_an_index_has_few_system_calls_left(self):
        self.on()
        got, trail = strace(self.vmail, ["-e", "trace=seccomp,prctl,execveat,execve,prlimit64,setrlimit"],
                            "-f", "ann@far.test", "joe@a.test", input=mail())
        self.assertEqual((got.status, self.reasons(got)), (0, ["sent"]), got)
        limited = {line.split()[0] for line in trail if "RLIMIT_NPROC" in line and "rlim_cur=0" in line}
        filtered = {line.split()[0] for line in trail if "SECCOMP_SET_MODE_FILTER" in line and line.endswith("= 0")}
        self.assertEqual(len(filtered), 1, trail)
        self.assertEqual(filtered, limited, trail)

    @needs_root                             # else strace may not read the paths
    @needs_strace
    def test_a_crash_within_gdbm_makes_nobody_new_twice(self):
        self.memory()
        for name in "SEGV", "ABRT", "XCPU":
            for kind, amount in (("once", 100), ("rate", 1)):
                with self.subTest(f"{name}, {kind}"):
                    self.sparse(self.memorized, 0)
                    self.remember("old@far.test", kind, amount)
                    said = subprocess.run(
                        ["strace", "-f", "-o", "/dev/null", "-P", self.memorized, "-e", "trace=lseek", "-e",
                         f"inject=lseek:signal={name}", program("vremember"), "i.db", kind, str(amount), "1000", "9"],
                        input=b"new@far.test", cwd=os.path.dirname(self.memorized), stdout=subprocess.PIPE,
                        timeout=DEADLINE).stdout
                    self.assertEqual(said, b"broken\n")
                    self.assertEqual(self.remember("new@far.test", kind, amount), "known")
                    self.assertEqual(list(read_index(self.memorized + ".damaged")), ["old@far.test"])

    @needs_strace
    def test_an_index_that_is_replaced_while_it_is_opened_is_not_broken(self):
        self.memory()
        self.remember("old@far.test")
        for peek in [], ["peek"]:
            words = [program("vremember"), "i.db", "once", "100", "1001", "1000", *peek]
            self.assertEqual(stopped_at("openat2", words, lambda: replace(self.memorized), said=b"old@far.test",
                                        cwd=os.path.dirname(self.memorized)), (b"known\n", 0))

    # the memory

    def memory(self):
        """An index of who runs the test, for the helper alone."""
        self.memorized = os.path.join(self.vmail._directory("memory"), "i.db")
        with open(self.memorized, "w"):
            pass

    def remember(self, sender, kind="once", amount=100, now=1000, most=1000):
        got = run("vremember", "i.db", kind, amount, now, most, input=sender.encode(),
                  cwd=os.path.dirname(self.memorized))
        self.assertEqual((got.status, got.stderr), (0, ""), got)
        return got.stdout.decode().strip()

    def test_expired_entries_are_pruned(self):
        self.memory()
        for n in range(20):
            self.remember(f"s{n}@far.test", now=1000 + n)
        self.remember("new@far.test", now=1110)
        self.assertEqual(sorted(read_index(self.memorized)),
                         sorted([f"s{n}@far.test" for n in range(11, 20)] + ["new@far.test"]))

    def test_nothing_expires_that_is_remembered_for_ever(self):
        self.memory()
        self.remember("old@far.test", amount=0, now=1)
        self.assertEqual(self.remember("new@far.test", amount=0, now=10 ** 10), "new")
        self.assertEqual(self.remember("old@far.test", amount=0, now=10 ** 10), "known")

    def test_a_full_index_loses_the_oldest_first(self):
        self.memory()
        write_index(self.memorized, {f"s{n}@far.test": str(1000 + n).encode() for n in range(600)})
        self.assertEqual(self.remember("new@far.test", amount=10 ** 6, now=2000, most=500), "new")
        left = read_index(self.memorized)
        self.assertLessEqual(len(left), 500)
        self.assertGreater(len(left), 400)
        self.assertIn("new@far.test", left)
        self.assertTrue(all(f"s{n}@far.test" in left for n in range(200, 600)))

    def test_five_thousand_senders_are_remembered(self):
        self.on()
        now = int(time.time())
        write_index(self.index, {f"s{n}@far.test": str(now - n).encode() for n in range(5000)})
        self.give(self.index)
        for sender, reason in (("s0@far.test", "known"), ("s4999@far.test", "known"), ("new@far.test", "sent"),
                               ("s2500@far.test", "known"), ("new@far.test", "known")):
            self.assertEqual(self.answers(sender=sender), [reason])
        self.assertEqual(len(read_index(self.index)), 5001)

    def test_old_values_are_understood(self):
        self.memory()
        write_index(self.memorized, {"nul@far.test": b"1000\0", "line@far.test": b"1000\n", "odd@far.test": b"\1\2\3\4",
                                 "future@far.test": b"99999999999"})
        self.assertEqual(self.remember("nul@far.test", now=1050), "known")
        self.assertEqual(self.remember("line@far.test", now=1150), "new")
        for odd in "odd@far.test", "future@far.test":
            self.assertEqual(self.remember(odd, now=1050), "known")
            self.assertEqual(read_index(self.memorized)[odd], b"1050")
            self.assertEqual(self.remember(odd, now=1151), "new")

    def test_what_is_remembered_of_a_rate_is_an_hour_of_minutes(self):
        self.memory()
        said = [self.remember("ann@far.test", "rate", 3, now) for now in (0, 59, 60, 61, 3600, 3660, 3661, 7300)]
        self.assertEqual(said, ["new", "new", "new", "known", "known", "new", "new", "new"])

    def test_wrong_calls_of_the_helper_are_refused(self):
        for arguments in ((), ("i.db",), ("../i.db", "once", "1", "1", "1"), ("i.db", "twice", "1", "1", "1"),
                          ("i.db", "once", "-1", "1", "1"), ("i.db", "once", "1", "x", "1")):
            self.assertEqual(run("vremember", *arguments, input=b"a@b").status, 64)
        self.assertEqual(run("vremember", "i.db", "once", "1", "1", "1", input=b"x" * 5000).status, 64)

    # whose files

    @needs_root
    def test_what_root_left_is_given_to_the_account_first(self):
        base = self.on()
        for path in (base, self.index):
            os.chown(path, 0, 0)
        self.assertEqual(self.answers(), ["sent"])
        for path in (base, self.index):
            self.assertEqual(os.stat(path).st_uid, self.owner()[0])

    @needs_root
    def test_what_has_two_names_is_not_given(self):
        base = self.on()
        secret = os.path.join(os.path.dirname(os.path.dirname(base)), "secret")
        with open(secret, "w") as f:
            f.write("Subject: secret\n\nroot's\n")
        os.chmod(secret, 0o600)
        os.unlink(base)
        os.link(secret, base)
        self.assertEqual(self.answers(), ["no-text"])
        self.assertEqual(os.stat(secret).st_uid, 0)
        self.sent(0)

    @needs_root
    def test_somebody_elses_text_does_not_count(self):
        base = self.on()
        os.chown(base, self.owner()[0] + 7, -1)
        os.chmod(base, 0o644)
        self.assertEqual(self.answers(), ["no-text"])

    @needs_root
    def test_a_text_of_roots_in_a_home_is_read_if_the_account_can(self):
        base = self.on(home=True)
        os.chown(base, 0, 0)
        self.assertEqual(self.answers(), ["no-text"])
        os.chmod(base, 0o644)
        self.assertEqual(self.answers(), ["sent"])
        self.assertEqual(os.stat(base).st_uid, 0)

    @needs_root
    @needs_strace
    def test_nothing_of_it_is_opened_as_root_and_in_a_home_never_with_the_domains_group(self):
        self.on(home=True)
        got, trail = strace(self.vmail, ["-s", "500", "-e", "trace=%process,setresuid,setresgid,openat,open,chdir"],
                            "-f", "ann@far.test", "joe@a.test", input=mail())
        self.assertEqual(self.reasons(got), ["sent"])
        home, parents, own, told = self.vmail.home("joe@a.test"), {}, {}, []
        for line in trail:                      # a child may be seen before its parent's call ends
            if child := re.match(r"(\d+) +(?:clone3?|v?fork)\(.* = (\d+)", line):
                parents[child[2]] = child[1]
        became = {pid: re.findall(rf"^{pid} +setres[ug]id\((\d+)", "\n".join(trail), re.M) for pid in parents}
        for line in trail:
            pid = line.split()[0]
            if re.search(r" setres[ug]id\(", line):
                own[pid] = own.get(pid, 0) + 1
            if re.search(rf' open(at)?\((AT_FDCWD, )?"{home}/\.vacation"', line) or f'chdir("{home}")' in line:
                while pid in parents and not became[pid]:
                    pid = parents[pid]          # vremember is what started it
                gid, uid = map(int, became[pid])
                told.append((uid, gid != GID and own[pid] == 2))
        self.assertEqual(told, [(self.owner()[0], True)] * 2)

    @needs_root
    def test_sendmail_is_never_run_as_the_account(self):
        script = self.vmail.write("bin/sendmail", "#!/bin/sh\nid -u > $1/uid\ncat > /dev/null\n", 0o755)
        out = os.path.join(self.vmail.scratch, "out")
        os.mkdir(out)
        os.chmod(out, 0o1777)
        self.vmail.set(sendmail=f"{script} {out}")
        self.on()
        self.assertEqual(self.answers(), ["sent"])
        self.assertEqual(self.content(os.path.join(out, "uid")), b"65534\n")

    # what it costs

    @needs_root                             # else strace may not read the paths
    @needs_strace
    def test_without_a_vacation_a_delivery_asks_two_questions_more_and_starts_nothing(self):
        self.delivered("joe@a.test", mail())
        _, trail = strace(self.vmail, ["-s", "500", "-e", "trace=%process,%file"], "-f", "ann@far.test", "joe@a.test",
                          input=mail())
        self.assertEqual(len([line for line in trail if ".vacation" in line]), 2)
        self.assertEqual(len([line for line in trail if re.search(r"\b(v?fork|clone3?)\(", line)]), 1)


class Helpless(Answering):
    def test_a_small_limit_on_processes_or_files_delays_no_mail(self):
        self.on()

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
        got = self.vmail.deliver("joe@a.test", mail(), sender="ann@far.test", preexec_fn=limit)
        self.assertEqual((got.status, len(self.vmail.messages("joe@a.test"))), (0, 1), got)
        self.assertIn(self.reasons(got), (["broken-index"], ["failed"], ["sent"]))


if __name__ == "__main__":
    main()
