#!/usr/bin/python3
"""vdeliver: /file targets, sendmail, and lists with several members."""
import stat

from delivery import *

MESSAGE = b"Subject: x\n\nhello\n"


class Files(Delivery):
    def setUp(self):
        super().setUp()
        self.vmail.set(command_user="60700" if ROOT else str(os.getuid()))
        self.place = os.path.join(self.vmail.scratch, "files")
        os.mkdir(self.place)
        self.ours(self.place)
        self.addCleanup(os.chmod, self.place, 0o700)
        self.file = os.path.join(self.place, "log")
        self.alias(self.file)

    def ours(self, path):
        if ROOT:
            os.chown(path, 60700, 60700, follow_symlinks=False)

    def alias(self, path):
        self.vmail.write("aliases.a.test", f"file: {path}\n")

    def test_messages_are_appended_like_an_mbox(self):
        for message in (MESSAGE, b"S: y\n\nFrom a\n>From b\nno newline"):
            self.delivered("file@a.test", message)
        first, second = mbox_messages(self.file)
        self.assertEqual(first, trace("file@a.test") + MESSAGE)
        self.assertEqual(second, trace("file@a.test") + b"S: y\n\nFrom a\n>From b\nno newline\n")
        st = os.stat(self.file)
        self.assertEqual((st.st_uid, stat.S_IMODE(st.st_mode)),
                         (60700 if ROOT else os.getuid(), 0o600))

    def test_nothing_but_the_file_stays_behind(self):
        self.delivered("file@a.test")
        self.assertEqual(os.listdir(self.place), ["log"])

    def test_dev_null_discards(self):
        self.alias("/dev/null")
        self.delivered("file@a.test", b"S: x\n\n" + b"y" * 1000000)

    def test_a_directory_without_room_for_a_lock_file_will_do(self):
        self.delivered("file@a.test")
        os.chmod(self.place, 0o500)
        self.delivered("file@a.test")
        self.assertEqual(len(mbox_messages(self.file)), 2)

    def test_what_cannot_be_written_is_temporary(self):
        os.chmod(self.place, 0o500)
        self.refused(75, "log", "file@a.test")
        for path in ("/nowhere/log", self.place, self.place + "/", "/dev/full", "/dev/stderr",
                     "/dev/tty", "/proc/self/mem"):
            self.alias(path)
            self.refused(75, "", "file@a.test")

    def test_a_link_is_refused(self):
        other = os.path.join(self.place, "other")
        with open(other, "w"):
            pass
        self.ours(other)
        os.symlink(other, self.file)
        self.refused(75, "log", "file@a.test")
        os.unlink(self.file)
        os.link(other, self.file)
        self.refused(75, "hard links", "file@a.test")
        self.assertEqual(self.content(other), b"")

    @needs_root
    def test_roots_file_is_not_written(self):
        with open(self.file, "w"):
            pass
        os.chmod(self.file, 0o666)
        self.refused(75, "belongs to uid 0", "file@a.test")


class Sendmail(Delivery):
    def alias(self, text):
        self.vmail.write("aliases.a.test", text)

    def test_one_call_takes_all_addresses_after_two_minus_signs(self):
        self.alias("list: x@far.test, y@far.test, x@far.test, \"a b\"@far.test, z@deep.far.test\n")
        self.delivered("list@a.test", MESSAGE)
        (args, message), = self.vmail.sent()
        self.assertEqual(args, ["-i", "-f", "sender@far.test", "--", "x@far.test", "y@far.test",
                                '"a b"@far.test', "z@deep.far.test"])
        self.assertEqual(message, b"Delivered-To: list@a.test\n" + MESSAGE)

    def test_its_words_are_split_at_blanks_and_a_relative_path_is_below_the_directory(self):
        self.alias("list: x@far.test\n")
        self.vmail.set(sendmail="../bin/sendmail  -i -O a,b=c")
        self.delivered("list@a.test", MESSAGE)
        (args, _), = self.vmail.sent()
        self.assertEqual(args, ["-i", "-O", "a,b=c", "-f", "sender@far.test", "--", "x@far.test"])

    def test_the_null_sender_is_two_angle_brackets(self):
        self.alias("list: x@far.test\n")
        for sender in ("", "<>", "MAILER-DAEMON"):
            self.delivered("list@a.test", sender=sender)
            self.assertEqual(self.vmail.sent()[-1][0][1:3], ["-f", "<>"])

    def test_the_bytes_are_kept_but_for_an_old_return_path(self):
        self.alias("list: x@far.test\n")
        body = b"S: x\n\nFrom a\n>From b\n.\n\0\r\n" + os.urandom(600000)
        self.delivered("list@a.test", b"From x\nReturn-Path: y\n" + body)
        self.assertEqual(self.vmail.sent()[0][1], b"Delivered-To: list@a.test\n" + body)

    def test_the_lists_owner_is_the_sender_and_a_null_sender_stays_null(self):
        self.alias("list: x@far.test\nowner-list: joe\n")
        self.delivered("list@a.test")
        self.delivered("list@a.test", sender="")
        self.assertEqual([args[1:3] for args, _ in self.vmail.sent()],
                         [["-f", "owner-list@a.test"], ["-f", "<>"]])

    def test_members_with_another_sender_are_a_call_of_their_own(self):
        self.alias("all: x@far.test, inner\ninner: y@far.test, z@far.test\nowner-inner: joe\n")
        self.delivered("all@a.test")
        self.assertEqual(sorted(args[2:] for args, _ in self.vmail.sent()),
                         [["owner-inner@a.test", "--", "y@far.test", "z@far.test"],
                          ["sender@far.test", "--", "x@far.test"]])

    def test_a_sendmail_that_fails_is_temporary_however_it_fails(self):
        self.alias("list: x@far.test\n")
        for status in (1, 64, 65, 67, 69, 75, 77, 78, 127, 255):
            self.vmail.sendmail_exits(status)
            self.refused(75, f"failed \\(status {status}\\)", "list@a.test")

    def test_a_sendmail_that_is_missing_is_temporary(self):
        self.alias("list: x@far.test\n")
        for path in ("/nowhere/sendmail -i", self.vmail.dir):
            self.vmail.set(sendmail=path)
            self.refused(75, "see setting sendmail", "list@a.test")

    def test_a_sendmail_that_hangs_is_stopped(self):
        self.vmail.write("slow", "#!/bin/sh\nexec sleep 1000\n", mode=0o755)
        self.vmail.set(sendmail=os.path.join(self.vmail.dir, "slow"), delivery_timeout="1s")
        self.alias("list: x@far.test\n")
        self.refused(75, "too long", "list@a.test")

    def test_sendmail_has_the_limits_of_the_caller_and_leaves_no_core_file(self):
        # What it starts for its queue outlives us.
        place = os.path.join(self.vmail.scratch, "place")
        os.mkdir(place)
        os.chmod(place, 0o777)
        self.vmail.write("limited", f"#!/bin/sh\ncat > /dev/null; cat /proc/self/limits > {place}/limits\n", mode=0o755)
        self.vmail.set(sendmail=os.path.join(self.vmail.dir, "limited"))
        self.alias("list: x@far.test\n")
        self.delivered("list@a.test")
        with open("/proc/self/limits") as f:
            ours = f.read()
        found = self.content(place + "/limits").decode()
        for name in ("cpu time", "file size", "address space", "processes", "open files"):
            line = re.compile(rf"^Max {name} .*$", re.M)
            self.assertEqual(line.search(found)[0], line.search(ours)[0])
        self.assertRegex(found, r"(?m)^Max core file size +0 ")

    def test_sendmail_comes_last(self):
        order = os.path.join(self.vmail.scratch, "order")
        with open(order, "w"):
            pass
        os.chmod(order, 0o666)
        for name in ("first", "last"):
            self.vmail.write(name, f"#!/bin/sh\ncat > /dev/null; echo {name} >> {order}\n", mode=0o755)
        self.vmail.set(sendmail=os.path.join(self.vmail.dir, "last"))
        self.alias(f'list: x@far.test, "|{self.vmail.dir}/first"\n')
        self.delivered("list@a.test")
        self.assertEqual(self.content(order), b"first\nlast\n")

    def test_a_very_long_list_is_sent_in_calls_that_the_system_takes(self):
        self.vmail.set(max_recipients="100000")
        names = [f"member-{'x' * 100}-{n}@far.test" for n in range(9000)]
        self.alias("list: :include:" + self.vmail.write("members", "\n".join(names) + "\n") + "\n")
        self.delivered("list@a.test")
        sent = [name for args, _ in self.vmail.sent() for name in args[4:]]
        self.assertEqual(sorted(sent), sorted(names))

    # lists with members that fail

    def test_a_failed_member_goes_to_sendmail_by_itself_and_the_others_stand(self):
        self.alias("list: joe, nobody-of-that-name, x@far.test\n")
        self.delivered("list@a.test", MESSAGE)
        self.assertEqual(self.last(), trace("joe@a.test") + MESSAGE)
        self.assertEqual([args[2:] for args, _ in self.vmail.sent()],
                         [["sender@far.test", "--", "x@far.test"],
                          ["sender@far.test", "--", "nobody-of-that-name@a.test"]])

    def test_a_failed_member_is_sent_on_as_the_list_s_owner(self):
        self.alias("list: joe, nobody-of-that-name\nowner-list: joe\n")
        self.delivered("list@a.test", MESSAGE)
        self.delivered("list@a.test", MESSAGE, sender="")
        self.assertEqual([args[1:] for args, _ in self.vmail.sent()],
                         [["-f", sender, "--", "nobody-of-that-name@a.test"] for sender in ("owner-list@a.test", "<>")])

    def test_so_is_one_that_fails_while_it_is_delivered(self):
        self.alias("outer: inner, joe\ninner: ann@b.test\nowner-outer: joe\nowner-inner: joe\n")
        self.delivered("ann@b.test")
        os.rename(self.maildir, self.maildir + "2")
        os.symlink("/nowhere", self.maildir)
        self.delivered("outer@a.test", MESSAGE)
        self.assertEqual([args[1:] for args, _ in self.vmail.sent()], [["-f", "owner-inner@a.test", "--", "ann@b.test"]])

    def test_an_address_that_is_being_expanded_is_not_handed_on(self):
        for text, to in (("list: joe, \\list\n", "list@a.test"),
                         ("list: joe, more\nmore: \\list\n", "list@a.test"),
                         ("list: joe, \\list\n", "list+x@a.test")):
            self.alias(text)
            self.refused(67, "unknown user list@a.test", to, MESSAGE)
        self.assertEqual(self.vmail.sent(), [])
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 3)

    def test_an_account_whose_own_alias_leads_to_its_broken_inbox_is_not_handed_on(self):
        self.delivered("joe@a.test")
        os.unlink(self.inbox)
        os.mkfifo(self.inbox)
        self.alias("joe: joe, ann@b.test\n")
        self.refused(75, "neither a file nor a directory", "joe@a.test", MESSAGE)
        self.assertEqual((len(self.vmail.messages("ann@b.test")), self.vmail.sent()), (1, []))

    def test_so_does_one_that_fails_while_it_is_delivered(self):
        self.vmail.write("aliases.a.test", "list: joe, ann@b.test\n")
        os.mkfifo(os.path.join(self.vmail.spool, "x"))
        self.delivered("joe@a.test")
        os.unlink(self.inbox)
        os.mkfifo(self.inbox)
        self.delivered("list@a.test", MESSAGE)
        self.assertEqual(self.last("ann@b.test"), trace("ann@b.test") + MESSAGE)
        self.assertEqual([args[3:] for args, _ in self.vmail.sent()], [["--", "joe@a.test"]])

    def test_a_failed_command_decides_while_the_others_stand(self):
        for status, want in ((69, 69), (77, 77), (67, 67), (1, 75)):
            self.alias(f'list: joe, "|exit {status}", x@far.test\n')
            self.refused(want, "", "list@a.test", MESSAGE)
            self.assertEqual(self.last(), trace("joe@a.test") + MESSAGE)
        self.assertEqual(len(self.vmail.sent()), 4)

    def test_when_sendmail_fails_for_a_failed_member_its_own_failure_decides(self):
        self.vmail.sendmail_exits(1)
        self.alias("list: joe, nobody-of-that-name\n")
        self.refused(67, "unknown user", "list@a.test")

    def test_a_list_with_one_member_that_fails_fails(self):
        self.alias("list: nobody-of-that-name\n")
        self.refused(67, "unknown user", "list@a.test")
        self.assertEqual(self.vmail.sent(), [])


if __name__ == "__main__":
    main()
