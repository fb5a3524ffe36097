#!/usr/bin/python3
"""vadmin explain --from: what would happen to a message, without doing any of it."""
import pty

from answering import *


class Explain(Answering):
    def tree(self):
        """All that lies there, and when it was changed; who only reads leaves it alone."""
        found = {}
        for where, directories, files in os.walk(self.vmail.scratch):
            for path in (os.path.join(where, name) for name in directories + files):
                st = os.lstat(path)
                found[path] = (st.st_mode, st.st_uid, st.st_gid, st.st_nlink, st.st_size, st.st_mtime_ns, st.st_ctime_ns)
        return found

    def explain(self, to="joe@a.test", *options, sender="ann@far.test", status=0):
        """{step: (what, where)} of each target; nothing may have changed."""
        before = self.tree()
        got = self.vmail.run("vadmin", "explain", to, "--from", sender, *options)
        self.assertEqual(got.status, status, got)
        after = self.tree()
        self.assertEqual({path for path in before | after if before.get(path) != after.get(path)}, set())
        targets = {}
        self.notes = got.stderr
        for line in got.stdout.decode().splitlines():
            number, step, what, where = line.split("\t")
            targets.setdefault(int(number), {})[step] = (what, where.replace(self.vmail.scratch + "/", ""))
        return [targets[number] for number in sorted(targets)]

    def one(self, *args, **more):
        found = self.explain(*args, **more)
        self.assertEqual(len(found), 1, found)
        return found[0]

    def limit(self, value):
        self.assertEqual(self.vmail.run("vadmin", "user", "quota", "joe@a.test", value).status, 0)


class Steps(Explain):
    aliases = "list: joe, x@far.test, |cat, /dev/null\nowner-list: joe\n"

    def test_the_way_stands_there_with_file_and_line(self):
        found = self.explain("list@a.test")
        self.assertEqual(found[0]["mailbox"], ("joe@a.test", "spool/a.test/joe"))
        self.assertEqual(found[0]["alias"], ("list@a.test", "etc/aliases.a.test:1"))
        self.assertEqual(found[0]["account"], ("joe@a.test", "etc/passwd.a.test:1"))
        self.assertEqual([set(t) & {"mailbox", "remote", "command", "file"} for t in found],
                         [{"mailbox"}, {"remote"}, {"command"}, {"file"}])

    def test_who_does_it_is_told_and_the_list_is_the_sender(self):
        found = self.explain("list@a.test")
        nobody = 65534 if ROOT else os.getuid()
        self.assertIn("-f owner-list@a.test -- x@far.test as uid ", found[1]["sendmail"][0])
        self.assertEqual(found[2]["command"][0], f"/bin/sh -c as uid {nobody}")
        self.assertEqual(found[3]["file"][0], f"appended like an mbox as uid {nobody}")
        self.assertIn("-f <> -- x@far.test", self.explain("list@a.test", sender="<>")[1]["sendmail"][0])

    def test_a_forward_is_followed(self):
        path = self.vmail.extra("a.test", "joe.forward", "\\joe\nx@far.test\n")
        found = self.explain()
        self.assertEqual([("mailbox" in t, "remote" in t) for t in found], [(True, False), (False, True)])
        self.assertEqual(found[1]["forward"], ("joe@a.test", os.path.relpath(path, self.vmail.scratch) + ":2"))

    def test_what_is_refused_is_told_and_is_the_status(self):
        self.assertEqual(self.one("zoe@a.test", status=67)["failure"][0], "5.1.1 unknown user zoe@a.test")
        self.vmail.run("vadmin", "domain", "set", "a.test", "reject-mail=yes")
        self.assertTrue(self.one(status=77)["failure"][0].startswith("5.2.1 a.test does not accept"))
        self.vmail.write("aliases.a.test", "a: b\nb: a\n")
        self.vmail.run("vadmin", "domain", "set", "a.test", "reject-mail=no")
        self.assertTrue(self.one("a@a.test", status=77)["failure"][0].startswith("5.4.6 alias loop"))

    def test_the_loop_is_told(self):
        self.assertIn('"Delivered-To: joe@a.test"', self.one()["loop"][0])
        self.refused(69, "mail loop", "joe@a.test", b"Delivered-To: joe@a.test\n\nx\n")

    def test_a_size_is_compared_with_the_longest_message(self):
        self.vmail.set(max_message_size="1k")
        self.assertEqual(self.one("joe@a.test", "--size", "1024")["size"][0], "up to 1024 bytes are taken")
        self.assertEqual(self.one("joe@a.test", "--size", "1025", status=77)["size"],
                         ("5.3.4 more than 1024 bytes", "etc/vmail.conf:" + str(1 + [*self.vmail.settings].index("max-message-size"))))

    def test_a_message_that_is_too_long_gets_no_answer_either(self):
        self.vmail.set(max_message_size="1k")
        self.auto("info@a.test")
        self.on()
        for to in "info@a.test", "joe@a.test":
            found = self.one(to, "--size", "1025", status=77)
            self.assertEqual([step for step in found if step in ("size", "autoresponder", "vacation")
                              and not found[step][0].startswith("info@")], ["size"])
            self.refused(69, "longer than", to, b"x" * 1024 + b"\n")
        self.vmail.write("aliases.a.test", "gone: zoe, zoo\n")
        for size, status, handed in ((1024, 0, 2), (1025, 67, 0)):
            found = self.explain("gone@a.test", "--size", str(size), status=status)
            self.assertEqual(sum("sendmail" in t for t in found), handed)
            self.assertEqual(self.vmail.deliver("gone@a.test", b"x" * (size - 1) + b"\n").status, status)
            self.assertEqual(len(self.vmail.sent()), 2)

    def test_the_status_is_that_of_vdeliver_where_members_fail_alone(self):
        self.vmail.write("aliases.a.test", "list: joe, zoe\nowner-list: joe\ncmd: |cat, zoe\ndead: zoe\nmany: zoe, joe, x@far.test\n")
        self.vmail.set(max_recipients="2")
        for to, status, delivered in (("list@a.test", 0, 0), ("cmd@a.test", 0, 0), ("dead@a.test", 67, 67), ("many@a.test", 77, 69)):
            found = self.explain(to, status=status)
            self.assertEqual(self.vmail.run("vadmin", "explain", to).status, status)
            self.assertEqual(self.vmail.run("vdeliver", "-n", to).status, delivered)
            self.assertEqual(self.vmail.deliver(to).status, delivered)
            if to == "list@a.test":
                self.assertIn("-f owner-list@a.test -- zoe@a.test as uid ", found[1]["sendmail"][0])
                self.assertEqual(self.vmail.sent()[0][0][1:], ["-f", "owner-list@a.test", "--", "zoe@a.test"])

    def test_words_that_do_not_fit_are_refused(self):
        for words, status, said in ((("--size", "5"), 65, "goes with --from"), (("--from", "x", "--size", "5x"), 65, "not a size"),
                                    (("--who", "--from", "x"), 65, "stands alone"), (("--from", "-x"), 65, "--from")):
            got = self.vmail.run("vadmin", "explain", "joe@a.test", *words)
            self.assertEqual((got.status, said in got.stderr), (status, True), got)

    def test_people_see_targets_with_their_steps_below(self):
        master, slave = pty.openpty()
        done = subprocess.run([program("vadmin"), "-C", self.vmail.dir, "explain", "list@a.test", "--from", "a@far.test"],
                              stdout=slave, stderr=slave, env=environment(), timeout=60)
        os.close(slave)
        text = b""
        with contextlib.suppress(OSError):
            while more := os.read(master, 65536):
                text += more
        os.close(master)
        self.assertEqual(done.returncode, 0, text)
        self.assertRegex(text.decode(), r"\A1\. mailbox joe@a\.test  \(\S+/joe\)\r\n   alias         list@a\.test  \(\S+:1\)\r\n")
        self.assertRegex(text.decode(), r"\n2\. remote x@far\.test\r\n")


class Room(Explain):
    def fill(self, kB):
        self.delivered("joe@a.test", b"Subject: x\n\n" + (b"x" * 1023 + b"\n") * kB)

    def test_limits_of_every_kind(self):
        self.assertEqual(self.one()["limit"], ("none", ""))
        self.fill(5)
        self.vmail.run("vadmin", "domain", "set", "a.test", "inbox-limit=5")
        what, where = self.one(status=77)["limit"]
        self.assertEqual(what, "5.2.2 mailbox full")
        self.assertRegex(where, r"^etc/domain\.a\.test:\d+$")
        self.limit("10")
        self.assertEqual(self.one()["limit"], ("5 of 10 kB are used", "spool/a.test/joe.quota"))
        self.assertIn("a warning", self.one("joe@a.test", "--size", "4500")["limit"][0])
        self.assertEqual(self.one("joe@a.test", "--size", "6k", status=77)["limit"][0], "5.2.2 mailbox full")
        self.vmail.run("vadmin", "domain", "set", "a.test", "over-quota=defer")
        self.assertEqual(self.one("joe@a.test", "--size", "6k", status=75)["limit"][0], "4.2.2 mailbox full")
        self.limit("disabled")
        self.assertEqual(self.one(status=77)["limit"][0], "5.2.1 the mailbox accepts no mail")

    def test_what_is_said_of_room_is_what_a_delivery_finds(self):
        self.fill(9)
        self.limit("9")
        self.assertEqual(self.one(status=77)["limit"][0], "5.2.2 mailbox full")
        self.refused(69, "mailbox full", "joe@a.test", b"x\n")

    def test_a_full_mailbox_of_a_list_is_handed_on_and_no_vacation_answers(self):
        self.fill(9)
        self.limit("9")
        self.on()
        self.vmail.write("aliases.a.test", "list: joe, x@far.test\n")
        found = self.explain("list@a.test")[0]
        self.assertEqual(found["limit"][0], "5.2.2 mailbox full")
        self.assertIn("-f ann@far.test -- joe@a.test as uid ", found["sendmail"][0])
        self.assertNotIn("vacation", found)
        self.assertEqual(self.vmail.deliver("list@a.test", mail("joe@a.test"), sender="ann@far.test").status, 0)
        self.assertEqual(sorted(args[1:] for args, _ in self.vmail.sent()),
                         [["-f", "ann@far.test", "--", "joe@a.test"], ["-f", "ann@far.test", "--", "x@far.test"]])

    def test_what_a_delivery_adds_takes_room_too(self):
        for kind in ("mbox", "maildir"):
            self.vmail.run("vadmin", "domain", "set", "a.test", f"mailbox={kind}")
            inbox = os.path.join(self.vmail.spool, "a.test", "joe")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(inbox)
            self.limit("1")
            fits, full = 20, 1024
            while full - fits > 1:
                size = (fits + full) // 2
                said = self.vmail.run("vadmin", "explain", "joe@a.test", "--from", "joe@far.test", "--size", str(size))
                fits, full = (fits, size) if b"mailbox full" in said.stdout else (size, full)
            message = b"Subject: x\n\n"
            for size, status in ((full, 69), (fits, 0)):
                got = self.vmail.deliver("joe@a.test", message.ljust(size - 1, b"x") + b"\n", sender="joe@far.test")
                self.assertEqual(got.status, status, (kind, size, got))

    def test_a_filter_is_told_and_one_that_is_left_out(self):
        self.vmail.run("vadmin", "domain", "set", "a.test", "filter=touch " + self.vmail.scratch + "/ran; cat")
        what, where = self.one()["filter"]
        self.assertIn("; cat\" as uid ", what)
        self.assertRegex(where, r"^etc/domain\.a\.test:\d+$")
        self.vmail.extra("a.test", "joe.filter", "no\n")
        self.assertEqual(self.one()["filter"], ("left out", "spool/files/a.test/joe.filter"))
        self.assertFalse(os.path.exists(os.path.join(self.vmail.scratch, "ran")))

    def test_what_a_filter_makes_of_it_may_have_any_size(self):
        self.vmail.run("vadmin", "domain", "set", "a.test", "filter=cat")
        self.limit("10")
        self.assertEqual(self.one("joe@a.test", "--size", "1M")["limit"][0].split(";")[0], "0 of 10 kB are used")


class Answers(Explain):
    SENDERS = {"ann@far.test": "sent", "<>": "null-sender", "noreply@far.test": "robot-sender", "joe@a.test": "own-address",
               "list-bounces@far.test": "robot-sender", "nonsense": "no-address", "postmaster@far.test": "robot-sender"}

    def said(self, step="vacation", **more):
        what = self.one(**more)[step][0]
        return "sent" if what.startswith("answers ") else what.removeprefix("no answer: ")

    def test_each_sender_is_told_what_a_delivery_does_then(self):
        self.assertEqual(self.said(), "off")
        for home in (False, True):
            self.on(home=home)
            for sender, reason in self.SENDERS.items():
                with self.subTest(sender=sender, home=home):
                    self.assertEqual(self.said(sender=sender), reason)
                    self.assertEqual(self.answers(sender=sender), [reason])
            self.assertEqual(self.said(), "known")
            self.assertEqual(self.said(sender="other@far.test"), "sent")
            os.unlink(self.index)

    def test_the_text_says_when(self):
        day_with_time()
        for header, reason in ((f"Vacation-Start: {day(1)}\n", "window"), (f"Vacation-End: {day(-1)}\n", "window"),
                               (f"Vacation-End: {day(0)}\n", "sent"), ("Vacation-End: soon\n", "bad-text")):
            self.on(header + TEXT)
            self.assertEqual(self.said(), reason)
        self.on(TEXT)
        os.unlink(self.index.removesuffix(".db"))
        self.assertEqual(self.said(), "no-text")

    def test_days_of_the_text_count(self):
        self.on("Vacation-Days: 3\n" + TEXT, index=None)
        write_index(self.index, {"ann@far.test": b"%d" % (time.time() - 4 * 86400), "bob@far.test": b"%d" % (time.time() - 86400)})
        if ROOT:
            os.chown(self.index, FIRST_UID, GID)
        self.assertEqual((self.said(), self.said(sender="bob@far.test")), ("sent", "known"))

    def test_a_damaged_index_is_told_and_stays(self):
        self.on(index=b"garbage" * 1000)
        self.assertEqual(self.said(), "broken-index")
        self.assertIn("joe.vacation.db", self.notes)

    @needs_root
    def test_what_root_left_is_read_and_stays_roots(self):
        self.vmail.extra("a.test", "joe.vacation", TEXT, 0o600)
        path = self.vmail.extra("a.test", "joe.vacation.db", "", 0o600)
        self.assertEqual(self.said(), "sent")
        self.assertEqual(os.stat(path).st_uid, 0)

    def test_an_autoresponder_answers_until_its_rate(self):
        self.auto()
        self.vmail.run("vadmin", "domain", "set", "a.test", "auto-rate=2")
        for reason in ("sent", "sent", "rate"):
            self.assertEqual(self.said("autoresponder", to="info@a.test"), reason)
            self.assertEqual(self.answers(None, message=mail("info@a.test"), recipient="info@a.test"), [reason])
        self.assertEqual(self.said("autoresponder", to="info@a.test", sender="<>"), "null-sender")
        self.assertEqual(self.said("autoresponder", to="info@a.test", sender="other@far.test"), "sent")

    def test_an_autoresponder_waits_with_the_mail(self):
        self.auto("info@a.test")
        self.vmail.write("aliases.a.test", "info: joe, :include:/nowhere\n")
        found = self.explain("info@a.test", status=75)
        self.assertTrue(found[-1]["autoresponder"][0].startswith("answers ann@far.test"), found)
        self.assertIn("no autoresponder answers while the mail waits", self.notes)
        got = self.vmail.deliver("info@a.test", mail("info@a.test"), sender="ann@far.test")
        self.assertEqual((got.status, self.vmail.sent()), (75, []))

    def test_nothing_is_sent(self):
        self.on()
        self.auto("joe@a.test")
        found = self.explain()
        self.assertEqual(len(found), 2)
        self.assertEqual(self.vmail.sent(), [])


class Peek(BoxTest):
    """vremember's own word for it."""
    def ask(self, index, *peek, sender=b"ann@far.test", kind="once", amount="100"):
        return run("vremember", index, kind, amount, "1000", "10",
                   *peek, input=sender, cwd=self.vmail.scratch)

    def setUp(self):
        self.vmail = self.installation()
        self.index = os.path.join(self.vmail.scratch, "x.db")

    def test_it_remembers_nothing(self):
        write_index(self.index, {"bob@far.test": b"950", "old@far.test": b"10"})
        before = os.stat(self.index).st_mtime_ns, os.listdir(self.vmail.scratch)
        for sender, said in ((b"ann@far.test", b"new\n"), (b"BOB@far.test", b"known\n"), (b"old@far.test", b"new\n"),
                             (b"ann@far.test", b"new\n")):
            self.assertEqual(self.ask("x.db", "peek", sender=sender).stdout, said)
        self.assertEqual((os.stat(self.index).st_mtime_ns, os.listdir(self.vmail.scratch)), before)

    def test_what_is_damaged_stays_where_it_is(self):
        with open(self.index, "wb") as f:
            f.write(b"garbage" * 1000)
        self.assertTrue(self.ask("x.db", "peek").stdout.startswith(b"broken"))
        self.assertFalse(os.path.exists(self.index + ".damaged"))
        self.assertEqual(self.ask("x.db", "pique").status, 64)


if __name__ == "__main__":
    main()
