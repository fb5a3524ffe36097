#!/usr/bin/python3
"""deliver_forward_test.py: an account's .forward: whose it is, what it may hold, where it leads."""
from delivery import *

MESSAGE = b"Message-ID: <m1@far.test>\nSubject: x\n\nhello\n"


class Forwards(Delivery):
    """joe and eve of a.test have an mbox, ann of b.test a Maildir."""
    domain = {}

    def setUp(self):
        super().setUp()
        self.vmail.domain("a.test", self.domain, accounts=["joe", "eve"])

    def home(self, text, address="joe@a.test", name=".forward", mode=0o600, give=True):
        path = os.path.join(self.vmail.home(address), name)
        with open(path, "wb") as f:
            f.write(text.encode())
        os.chmod(path, mode)
        if give:
            self.give(path, address)
        return path

    def files(self, text, address="joe@a.test", give=True):
        user, domain = address.split("@")
        path = self.vmail.extra(domain, f"{user}.forward", text)
        if give:
            self.give(path, address)
        return path

    def count(self, address="joe@a.test"):
        return len(self.vmail.messages(address)) if os.path.exists(self.vmail.inbox(address)) else 0

    def sent_to(self):
        """(sender, recipients) of what went to sendmail."""
        return [(a[a.index("-f") + 1], a[a.index("--") + 1:]) for a, _ in self.vmail.sent()]

    def plan(self, address="joe@a.test"):
        got = self.vmail.deliver(address, options=["-n"])
        return got.status, got.stdout.decode()


class Forward(Forwards):
    # where it leads

    def test_mail_goes_where_it_says_and_no_copy_stays(self):
        self.home("far@away.test\n")
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual(self.count(), 0)
        self.assertEqual(self.sent_to(), [("sender@far.test", ["far@away.test"])])
        self.assertEqual(self.vmail.sent()[0][1], b"Delivered-To: joe@a.test\n" + MESSAGE)

    def test_a_backslash_or_its_own_name_keeps_a_copy(self):
        for text in ("\\joe, far@away.test\n", "far@away.test\njoe\n", "joe@a.test, far@away.test",
                     '"\\\\joe"\nfar@away.test\n', "JOE@A.TEST\nfar@away.test\n"):
            with self.subTest(text):
                before = self.count(), len(self.vmail.sent())
                self.home(text)
                self.delivered("joe@a.test", MESSAGE)
                self.assertEqual((self.count(), len(self.vmail.sent())), (before[0] + 1, before[1] + 1))
                self.assertEqual(self.last(), trace("joe@a.test") + MESSAGE)

    def test_a_long_message_is_forwarded_whole(self):
        body = b"Subject: long\n\n" + b"0123456789abcde\n" * 40000
        self.home("\\joe, ann@b.test, far@away.test\n")
        self.delivered("joe@a.test", body)
        self.assertTrue(self.last().endswith(body))
        self.assertTrue(self.last("ann@b.test").endswith(body))
        self.assertTrue(self.vmail.sent()[0][1].endswith(body))

    def test_addresses_of_ours_are_resolved_in_place_with_their_own_forwards(self):
        self.vmail.write("aliases.a.test", "team: eve\n")
        self.home("team, far@away.test\n")
        self.home("ann@b.test\n", "eve@a.test")
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual((self.count(), self.count("eve@a.test"), self.count("ann@b.test")), (0, 0, 1))
        self.assertEqual(self.sent_to(), [("sender@far.test", ["far@away.test"])])

    def test_two_that_forward_to_each_other_end_in_a_mailbox(self):
        self.home("eve\n")
        self.home("joe\n", "eve@a.test")
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual((self.count(), self.count("eve@a.test")), (1, 0))

    def test_two_of_a_list_who_forward_to_each_other_end_in_a_mailbox(self):
        self.vmail.write("aliases.a.test", "both: joe, eve\n")
        for more in "", ", far@away.test":
            before = self.count(), self.count("eve@a.test"), len(self.vmail.sent())
            self.home(f"eve{more}\n")
            self.home("joe\n", "eve@a.test")
            self.delivered("both@a.test", MESSAGE)
            self.assertEqual((self.count(), self.count("eve@a.test"), len(self.vmail.sent())),
                             (before[0] + 1, before[1], before[2] + bool(more)))

    def test_two_recipients_of_one_call_who_forward_to_each_other_have_it_both(self):
        self.home("eve, far@away.test\n")
        self.home("joe\n", "eve@a.test")
        self.delivered(["joe@a.test", "eve@a.test"], MESSAGE)
        self.assertEqual((self.count(), self.count("eve@a.test"), len(self.vmail.sent())), (1, 1, 1))

    def test_who_forwards_to_two_that_forward_to_each_other_leads_to_a_mailbox(self):
        self.home("joe@a.test\n", "ann@b.test")
        self.home("eve\n")
        self.home("joe\n", "eve@a.test")
        self.delivered("ann@b.test", MESSAGE)
        self.assertEqual((self.count("ann@b.test"), self.count(), self.count("eve@a.test")), (0, 1, 0))

    def test_all_of_a_list_who_forward_to_it_have_it(self):
        self.vmail.write("aliases.a.test", "team: joe, eve, ann@b.test\n")
        for address in "joe@a.test", "eve@a.test", "ann@b.test":
            self.home("team@a.test\n", address)
        self.delivered("team@a.test", MESSAGE)
        self.assertEqual((self.count(), self.count("eve@a.test"), self.count("ann@b.test")), (1, 1, 1))

    def crowd(self, count, forward):
        """u0 ... of c.test, and all@c.test."""
        names = [f"u{n}" for n in range(count)]
        self.vmail.domain("c.test", accounts=names, aliases=f"all: {', '.join(names)}\n")
        for n, name in enumerate(names):
            self.home(forward(n), f"{name}@c.test")

    def test_many_who_forward_to_one_list_are_no_more_members_than_it_has(self):
        self.vmail.write("aliases.a.test", f"team: {', '.join(f'far{n}@away.test' for n in range(160))}\n")
        self.crowd(200, lambda n: "team@a.test\n")
        self.delivered("all@c.test", MESSAGE)
        self.assertEqual(sum(len(to) for _, to in self.sent_to()), 160)

    def test_a_crowd_that_forwards_to_its_own_list_has_it_once_each(self):
        self.crowd(30, lambda n: "all\n")
        self.delivered("all@c.test", MESSAGE)
        self.assertEqual([self.count(f"u{n}@c.test") for n in range(30)], [1] * 30)

    def test_a_list_whose_members_forward_each_to_the_next_is_not_too_deep(self):
        self.crowd(30, lambda n: f"u{n + 1}\n" if n < 29 else "far@away.test\n")
        self.delivered("all@c.test", MESSAGE)
        self.assertEqual(self.sent_to(), [("sender@far.test", ["far@away.test"])])

    def test_one_that_leads_nowhere_but_to_itself_is_its_mailbox(self):
        self.home("joe\n")
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual(self.count(), 1)

    def test_through_an_alias_that_has_its_name_it_ends_in_its_mailbox(self):
        self.vmail.write("aliases.a.test", "joe: joe, eve\nteam: joe\n")
        self.home("team\n")
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual((self.count(), self.count("eve@a.test")), (1, 1))

    def test_a_backslash_in_an_alias_means_the_mailbox(self):
        self.vmail.write("aliases.a.test", "box: \\joe\nboth: \\joe, joe\n")
        self.home("far@away.test\n")
        self.delivered("box@a.test", MESSAGE)
        self.assertEqual((self.count(), len(self.vmail.sent())), (1, 0))
        self.delivered("both@a.test", MESSAGE)
        self.assertEqual((self.count(), len(self.vmail.sent())), (2, 1))

    def test_members_of_a_list_forward_each_by_itself(self):
        self.vmail.write("aliases.a.test", "all: joe, eve, ann@b.test\n")
        self.home("far@away.test, eve\n")
        self.delivered("all@a.test", MESSAGE)
        self.assertEqual((self.count(), self.count("eve@a.test"), self.count("ann@b.test")), (0, 1, 1))
        self.assertEqual(self.sent_to(), [("sender@far.test", ["far@away.test"])])

    def test_of_two_recipients_of_one_call_each_has_its_way(self):
        self.vmail.write("aliases.a.test", "box: \\joe\n")
        self.home("far@away.test\n")
        for to in (["joe@a.test", "box@a.test"], ["box@a.test", "joe@a.test"]):
            before = self.count(), len(self.vmail.sent())
            self.delivered(to, MESSAGE)
            self.assertEqual((self.count(), len(self.vmail.sent())), (before[0] + 1, before[1] + 1))

    def test_an_extension_keeps_the_forward(self):
        self.home("far@away.test\n")
        self.delivered("joe+lists@a.test", MESSAGE)
        self.assertEqual(len(self.vmail.sent()), 1)

    def test_who_is_unknown_there_is_unknown(self):
        self.home("nobody\n")
        self.refused(67, "unknown user nobody@a.test", "joe@a.test", MESSAGE)
        self.assertEqual(self.count(), 0)

    def test_when_one_of_several_fails_the_others_stand(self):
        self.home("\\joe, nobody\n")
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual(self.count(), 1)
        self.assertEqual(self.sent_to(), [("sender@far.test", ["nobody@a.test"])])

    def test_mail_that_comes_back_ends(self):
        self.home("far@away.test\n")
        self.delivered("joe@a.test", MESSAGE)
        self.refused(69, "mail loop", "joe@a.test", self.vmail.sent()[0][1])
        self.assertEqual(len(self.vmail.sent()), 1)

    def test_too_many_steps_are_a_loop(self):
        self.vmail.set(max_alias_depth="3")
        names = [f"u{i}" for i in range(6)]
        self.vmail.domain("c.test", accounts=names)
        for i in range(5):
            self.home(f"u{i + 1}\n", f"u{i}@c.test")
        self.refused(69, "alias loop", "u0@c.test", MESSAGE)
        self.delivered("u2@c.test", MESSAGE)
        self.assertEqual(self.count("u5@c.test"), 1)

    def test_more_targets_than_max_recipients_are_refused_for_good(self):
        self.vmail.set(max_recipients="10")
        self.home("".join(f"u{i}@away.test\n" for i in range(11)) + "\\joe\n")
        self.refused(69, "more than 10 recipients", "joe@a.test", MESSAGE)
        self.assertEqual((self.count(), self.vmail.sent()), (0, []))

    # which one counts

    def test_the_one_in_the_spool_comes_first(self):
        self.home("home@away.test\n")
        self.files("files@away.test\n")
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual(self.sent_to()[0][1], ["files@away.test"])

    def test_behind_a_fallback_it_meets_no_fallback(self):
        for domain, account in ("c.test", "sue"), ("d.test", "tom"):
            self.vmail.domain(domain, {"fallback": account}, accounts=[account])
        self.home("nobody@d.test\n", "sue@c.test")
        self.refused(67, "unknown user nobody@d.test", "who@c.test", MESSAGE)
        self.delivered("sue@c.test", MESSAGE)
        self.assertEqual(self.count("tom@d.test"), 1)

    def test_it_goes_on_as_the_owner_of_the_list_that_led_there(self):
        self.vmail.write("aliases.a.test", "list: joe\nowner-list: eve\n")
        self.home("far@away.test\n")
        self.delivered("list@a.test", MESSAGE)
        self.delivered("joe@a.test", MESSAGE)
        self.delivered("list@a.test", MESSAGE, sender="")
        self.assertEqual([sender for sender, _ in self.sent_to()], ["owner-list@a.test", "sender@far.test", "<>"])

    def test_an_empty_one_is_none(self):
        for text in ("", "\n", "# nobody\n\n"):
            with self.subTest(text):
                before = self.count()
                self.files(text)
                self.home(text)
                self.delivered("joe@a.test", MESSAGE)
                self.assertEqual(self.count(), before + 1)
        self.home("far@away.test\n")
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual(len(self.vmail.sent()), 1)

    def test_one_that_others_can_write_to_does_not_count(self):
        for mode in (0o620, 0o602, 0o666):
            with self.subTest(oct(mode)):
                before = self.count()
                self.home("far@away.test\n", mode=mode)
                got = self.delivered("joe@a.test", MESSAGE)
                self.assertEqual((self.count(), self.vmail.sent()), (before + 1, []))
                self.assertIn(".forward does not count: ", got.log)

    @needs_root
    def test_one_that_belongs_to_somebody_else_does_not_count(self):
        for put in (self.home, self.files):
            with self.subTest(put):
                before = self.count()
                path = put("far@away.test\n")
                self.give(path, "eve@a.test")
                got = self.delivered("joe@a.test", MESSAGE)
                self.assertEqual((self.count(), self.vmail.sent()), (before + 1, []))
                self.assertIn("forward does not count: ", got.log)
                os.unlink(path)

    @needs_root
    def test_roots_counts_in_both_places(self):
        self.home("far@away.test\n", give=False, mode=0o644)
        self.delivered("joe@a.test", MESSAGE)
        self.files("files@away.test\n", give=False)
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual([to for _, to in self.sent_to()], [["far@away.test"], ["files@away.test"]])

    def test_a_link_in_the_home_is_followed(self):
        self.home("far@away.test\n", name="real")
        os.symlink("real", os.path.join(self.vmail.home("joe@a.test"), ".forward"))
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual(len(self.vmail.sent()), 1)

    @needs_root                             # else no other process reads it
    @needs_strace
    def test_who_reads_it_has_nothing_open_of_what_its_parent_had(self):
        self.home("ann@b.test\n")
        got, lines = strace(self.vmail, ["-e", "trace=%file,close_range"], "joe@a.test", input=b"S: x\n\n")
        self.assertEqual(got.status, 0, got)
        reader = next(line.split()[0] for line in lines if re.search(r'\bopen\w*\(.*/joe/\.forward"', line))
        own = [line.split(None, 1)[1] for line in lines if line.split()[0] == reader]
        closed = [re.match(r"close_range\((\d+), (\d+)", line) for line in own[:own.index(next(
            line for line in own if ".forward" in line))]]
        closed = [tuple(map(int, m.groups())) for m in closed if m]
        self.assertEqual(closed[-1][1], 2 ** 32 - 1, own)          # all from one on, and those below but its answer
        self.assertLessEqual(closed[-1][0] - 3 - sum(last - first + 1 for first, last in closed[:-1]), 1, own)

    def test_what_is_no_file_waits(self):
        place = os.path.join(self.vmail.home("joe@a.test"), ".forward")
        os.mkfifo(place)
        os.chmod(place, 0o600)
        self.give(place)
        # A FIFO has no bytes: nothing to look for, whatever else is in the call.
        for to in "joe@a.test", "joe@a.test", ["joe@a.test", "ann@b.test"]:
            self.delivered(to, MESSAGE)
        self.assertEqual((self.count(), self.plan()[0]), (3, 0))
        os.unlink(place)
        os.mkdir(place)
        self.refused(75, r"\.forward", "joe@a.test", MESSAGE)

    def test_one_that_the_account_cannot_read_waits(self):
        self.home("far@away.test\n", mode=0)
        self.refused(75, r"\.forward: .*Permission denied", "joe@a.test", MESSAGE)
        self.assertEqual((self.count(), self.vmail.sent()), (0, []))

    @needs_root
    def test_a_home_that_the_account_cannot_look_into_waits(self):
        home = self.vmail.home("joe@a.test")
        os.chown(home, 0, 0)
        os.chmod(home, 0o700)
        self.refused(75, r"\.forward: Permission denied", "joe@a.test", MESSAGE)

    # what it may hold

    def test_a_syntax_error_keeps_the_mail_waiting_and_names_the_line(self):
        for text, words in (('\n"joe', r"\.forward:2: a quotation mark is not closed"),
                            ("a b c\n", r"\.forward:1: .*comma"),
                            ("x@y@z@\n", r"\.forward:1: ")):
            with self.subTest(text):
                self.home(text)
                self.refused(75, words, "joe@a.test", MESSAGE)
        self.assertEqual(self.count(), 0)

    def test_files_includes_and_commands_are_syntax_errors(self):
        for text in (f"{self.vmail.scratch}/x\n", ":include:/etc/passwd\n", "|touch /tmp/x\n", '"|id"\n'):
            with self.subTest(text):
                self.home("\\joe\n" + text)
                self.refused(75, r"\.forward:2: .* counts only in", "joe@a.test", MESSAGE)
        self.assertEqual((self.count(), self.vmail.sent()), (0, []))

    def test_a_null_sender_stays_null(self):
        self.home("far@away.test\n")
        self.delivered("joe@a.test", MESSAGE, sender="")
        self.assertEqual(self.sent_to(), [("<>", ["far@away.test"])])

    # what is told

    def test_the_plan_tells_the_way_through_it(self):
        path = self.home("\n\\joe\nfar@away.test\n")
        self.assertEqual(self.plan()[0], 0)
        self.assertRegex(self.plan()[1],
                         r"\Ajoe@a\.test\n  mailbox joe@a\.test .*\n    joe@a\.test account .*\n"
                         r"  remote far@away\.test\n    joe@a\.test account .*\n"
                         r"    joe@a\.test forward " + re.escape(path) + r":3\n\Z")
        self.home("nobody\n")
        self.assertEqual(self.plan()[0], 67)
        explained = run("vadmin", "-C", self.vmail.dir, "explain", "joe@a.test")
        self.assertIn(b"unknown user nobody@a.test", explained.stdout)

    def test_looking_changes_nothing(self):
        self.home("\\joe, far@away.test\n")
        self.plan()
        self.assertEqual((self.count(), self.vmail.sent()), (0, []))


class Commands(Forwards):
    domain = {"user-commands": "yes"}

    def setUp(self):
        super().setUp()
        self.out = os.path.join(self.vmail.scratch, "out")
        os.mkdir(self.out)
        os.chmod(self.out, 0o777)

    def test_files_and_includes_are_syntax_errors_still(self):
        for text in (f"{self.vmail.scratch}/x\n", ":include:/etc/passwd\n"):
            with self.subTest(text):
                self.home("\\joe\n" + text)
                self.refused(75, r"\.forward:2: .* counts only in", "joe@a.test", MESSAGE)

    def test_a_command_runs_as_the_account(self):
        self.home(f'"|id -u > {self.out}/uid; id -G > {self.out}/groups; echo $HOME %u %d > {self.out}/args;'
                  f' cat > {self.out}/message"\n')
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual(int(self.content(f"{self.out}/uid")), self.owner()[0])
        if ROOT:
            self.assertEqual(self.content(f"{self.out}/groups"), b"65534\n")
        self.assertEqual(self.content(f"{self.out}/args").decode(), f"{self.vmail.home('joe@a.test')} joe a.test\n")
        self.assertEqual(self.content(f"{self.out}/message"), trace("joe@a.test") + MESSAGE)
        self.assertEqual(self.count(), 0)

    def test_its_status_is_what_a_commands_is(self):
        for status, want in ((0, 0), (67, 67), (77, 77), (65, 69), (1, 75), (75, 75)):
            self.home(f"|exit {status}\n")
            self.assertEqual(self.vmail.deliver("joe@a.test", MESSAGE).status, want)

    def test_an_aliases_command_behind_it_is_not_the_accounts(self):
        self.vmail.write("aliases.a.test", f'run: "|id -u > {self.out}/uid"\n')
        self.home("run\n")
        self.delivered("joe@a.test", MESSAGE)
        want = 65534 if ROOT else os.getuid()
        self.assertEqual(int(self.content(f"{self.out}/uid")), want)

    def test_an_unknown_token_is_a_syntax_error(self):
        self.home("|cat %x\n")
        self.refused(75, "%x", "joe@a.test", MESSAGE)


class Administrators(Forwards):
    """files/D/U.forward of root's (without root: the owner's) may hold everything."""
    def test_it_may_hold_commands_files_and_includes(self):
        out = os.path.join(self.vmail.scratch, "out")
        os.mkdir(out)
        os.chmod(out, 0o777)
        more = self.vmail.write("more", "far@away.test\n")
        self.files(f'"|id -u > {out}/uid"\n{out}/mbox\n:include:{more}\n\\joe\n', give=False)
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual(int(self.content(f"{out}/uid")), self.owner()[0])
        self.assertIn(MESSAGE, self.content(f"{out}/mbox"))
        self.assertEqual((self.count(), len(self.vmail.sent())), (1, 1))


class Senders(Forwards):
    domain = {"forward-sender": "owner"}

    def test_the_account_that_forwards_can_be_the_sender(self):
        self.home("far@away.test\n")
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual(self.sent_to(), [("joe@a.test", ["far@away.test"])])
        self.assertIn("remote far@away.test sender joe@a.test", self.plan()[1])

    def test_a_null_sender_stays_null_for_it_too(self):
        self.home("far@away.test\n")
        self.delivered("joe@a.test", MESSAGE, sender="")
        self.assertEqual(self.sent_to(), [("<>", ["far@away.test"])])

    def test_of_two_the_last_one_is(self):
        self.home("eve\n")
        self.home("far@away.test\n", "eve@a.test")
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual(self.sent_to(), [("eve@a.test", ["far@away.test"])])

    def test_what_aliases_send_on_keeps_its_sender(self):
        self.vmail.write("aliases.a.test", "all: far@away.test\nlist: far@away.test, joe\nowner-list: eve\n")
        self.home("more@away.test\n")
        self.delivered("all@a.test", MESSAGE)
        self.delivered("list@a.test", MESSAGE)
        self.assertEqual(sorted(self.sent_to()), [("joe@a.test", ["more@away.test"]),
                                                  ("owner-list@a.test", ["far@away.test"]),
                                                  ("sender@far.test", ["far@away.test"])])


if __name__ == "__main__":
    main()
