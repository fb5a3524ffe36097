#!/usr/bin/python3
"""deliver_filter_test.py: the filter of a domain: message in, message out, or nothing."""
import resource
import signal

from delivery import *

PERMANENT = {65: 69, 67: 67, 68: 69, 69: 69, 77: 77}
MESSAGE = b"Message-ID: <m1@far.test>\nSubject: x\n\nhello\n"


class Filter(Delivery):
    """a.test (mbox) and b.test (Maildir) with a filter that a test writes."""
    def setUp(self):
        super().setUp()
        self.out = os.path.join(self.vmail.scratch, "out")
        os.mkdir(self.out)
        os.chmod(self.out, 0o777)

    def script(self, text):
        path = self.vmail.write("script", "#!/bin/sh\n" + text + "\n", mode=0o755)
        return f"{path} {self.out}"

    def filter(self, text, *options, **settings):
        """The domains' filter is a script of this text; $1 is a directory to write to."""
        self.set(self.script(text) + "".join(" " + o for o in options), **settings)

    def set(self, command, **settings):
        for domain, name, kind in (("a.test", "joe", "mbox"), ("b.test", "ann", "maildir")):
            keep = self.vmail.read(f"passwd.{domain}")
            self.vmail.domain(domain, {"filter": command, "mailbox": kind, **settings}, accounts=[name])
            self.vmail.write(f"passwd.{domain}", keep)

    def both(self):
        for address in ("joe@a.test", "ann@b.test"):
            with self.subTest(address):
                yield address

    def skip(self, address, text, owner=None):
        user, domain = address.split("@")
        path = self.vmail.extra(domain, f"{user}.filter", text)
        if owner is not None:
            os.chown(path, *owner)
        return path

    # what comes out

    def test_what_it_writes_is_delivered_with_one_trace(self):
        self.filter("printf 'X-Filter: was here\\n'; cat")
        for address in self.both():
            self.delivered(address, MESSAGE)
            self.assertEqual(self.last(address), trace(address) + b"X-Filter: was here\n" + MESSAGE)

    def test_it_gets_the_return_path_and_every_byte(self):
        body = b"Subject: \xff\x00\n\n" + bytes(range(256)) * 100 + b"\nFrom x\nno end"
        self.filter("cat > $1/$USER; cat $1/$USER")
        for address in self.both():
            self.delivered(address, body)
            self.assertEqual(self.content(os.path.join(self.out, address.split("@")[0])),
                             b"Return-Path: <sender@far.test>\n" + body)
            self.assertIn(body, self.last(address) + b"\n")

    def test_a_from_line_and_return_paths_that_it_writes_go(self):
        self.filter("printf 'From somebody now\\nReturn-Path: <evil@x.test>\\nSubject: y\\n\\nbody\\n'")
        for address in self.both():
            self.delivered(address, MESSAGE)
            self.assertEqual(self.last(address), trace(address) + b"Subject: y\n\nbody\n")

    def test_a_from_line_in_the_body_that_it_writes_is_quoted(self):
        self.filter("printf 'Subject: y\\n\\n\\nFrom evil Fri Nov 20 10:00:00 2026\\nSubject: z\\n'")
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)

    def test_without_output_the_message_is_dropped_and_logged_with_its_id(self):
        self.filter("cat > /dev/null")
        for address in self.both():
            got = self.delivered(address, MESSAGE)
            self.assertEqual(self.vmail.messages(address) if os.path.exists(self.vmail.inbox(address)) else [], [])
            self.assertRegex(got.log, r'delivery message-id=<m1@far\.test> .* status=0 code=2\.0\.0 '
                                      r'text="dropped by the filter"')

    def test_an_empty_message_may_become_one(self):
        self.filter("echo 'Subject: made'")
        for address in self.both():
            self.delivered(address, b"")
            self.assertEqual(self.last(address), trace(address) + b"Subject: made\n")

    def test_it_need_not_read_the_message(self):
        self.filter("echo 'Subject: short'; echo")
        for address in self.both():
            self.delivered(address, b"x" * 3000000)

    def test_a_long_message_goes_through_both_ways_at_once(self):
        self.filter("cat")
        body = b"Subject: long\n\n" + os.urandom(1 << 20).hex().encode() * 4 + b"\n"
        for address in self.both():
            self.delivered(address, body)
            self.assertEqual(self.last(address), trace(address) + body)

    # how it ends

    def test_every_exit_status_is_what_a_commands_is(self):
        self.filter("cat; exit $SENDER")
        wrong = {}
        for status in (*range(1, 130), 254, 255):
            got = self.vmail.deliver("joe@a.test", MESSAGE, sender=str(status))
            if got.status != PERMANENT.get(status, 75) or len(got.stderr.splitlines()) != 1:
                wrong[status] = got
        self.assertEqual(wrong, {})
        self.assertFalse(os.path.exists(self.inbox))

    def test_its_first_line_of_errors_is_the_reason(self):
        self.filter("cat; echo '5.7.1 we do not like it' >&2; exit 77")
        for address in self.both():
            got = self.vmail.deliver(address, MESSAGE)
            self.assertEqual((got.status, got.stderr), (77, "5.7.1 we do not like it\n"), got)

    def test_death_by_a_signal_is_temporary(self):
        self.set("exec " + self.script("cat; kill -$SENDER $$"))
        for number in (1, 6, 9, 11, 13, 15):
            self.refused(75, f"signal {number}\\b", "joe@a.test", MESSAGE, sender=str(number))
        self.assertFalse(os.path.exists(self.inbox))

    def test_one_that_is_not_there_is_temporary(self):
        self.set("/nowhere/filter")
        for address in self.both():
            self.refused(75, "not found", address, MESSAGE)

    def test_one_that_hangs_is_stopped_and_the_mail_waits(self):
        self.vmail.set(command_timeout="1s")
        self.filter("echo 'Subject: half'; exec sleep 1000")
        for address in self.both():
            self.refused(75, "took too long", address, MESSAGE)
        self.assertFalse(os.path.exists(self.inbox))

    def test_one_that_never_stops_writing_is_stopped_and_the_mail_waits(self):
        self.vmail.set(max_message_size="100k")
        self.filter("exec yes")
        for address in self.both():
            self.refused(75, "wrote more than 167936 bytes", address, MESSAGE)

    def test_the_longest_message_goes_through_with_what_is_added_to_its_header(self):
        self.vmail.set(max_message_size="100k")
        self.filter("printf 'X-Spam: %060000d\n' 0; cat")
        for address in self.both():
            message = b"S: x\n\n" + b"y" * (102400 - 7) + b"\n"
            self.delivered(address, message)
            self.assertTrue(self.last(address).endswith(b"0\n" + message))

    def test_what_it_leaves_in_its_group_is_killed(self):
        self.filter("sleep 1000 & echo $! > $1/pid; cat")
        self.delivered("joe@a.test", MESSAGE)
        pid = int(self.content(os.path.join(self.out, "pid")))
        eventually(lambda: has_ended(pid), "its end")

    # who it is

    def test_its_environment_is_a_commands_with_the_accounts_home(self):
        self.filter("env | sort > $1/env; id -u > $1/uid; id -G > $1/groups; umask > $1/umask;"
                    " ls -l /proc/self/fd | wc -l > $1/fds; cat")
        self.delivered("joe@a.test", MESSAGE)
        env = dict(line.split("=", 1) for line in
                   self.content(os.path.join(self.out, "env")).decode().splitlines())
        env = {k: v for k, v in env.items() if k not in ("PWD", "SHLVL", "_", "OLDPWD")}
        self.assertEqual(env, {"PATH": PATH, "SHELL": "/bin/sh", "LANG": "C", "USER": "joe",
                               "LOGNAME": "joe", "LOCAL": "joe", "DOMAIN": "a.test", "EXTENSION": "",
                               "HOME": self.vmail.home("joe@a.test"), "SENDER": "sender@far.test",
                               "RECIPIENT": "joe@a.test"})
        self.assertEqual(int(self.content(os.path.join(self.out, "uid"))), self.owner()[0])
        self.assertEqual(int(self.content(os.path.join(self.out, "fds"))), 5)   # ls has one more

    def test_it_is_told_the_address_that_led_to_the_account(self):
        self.filter('printf "%s|" "$@" "$RECIPIENT" "$LOCAL" "$USER" "$EXTENSION" "$DOMAIN" > $1/told; cat', "%u", "%d")
        self.vmail.write("aliases.a.test", "list: joe+Lists\n")
        for to, local, extension in (("Joe+Ext@A.test", b"Joe+Ext", b"Ext"), ("list@a.test", b"joe+Lists", b"Lists"),
                                     ("joe@a.test", b"joe", b"")):
            self.delivered(to, MESSAGE)
            self.assertEqual(self.content(os.path.join(self.out, "told")).split(b"|")[1:-1], [
                local, b"a.test", local + b"@a.test", local, local.split(b"+")[0], extension, b"a.test"])
            self.assertTrue(self.last().startswith(trace("joe@a.test")))
            os.unlink(os.path.join(self.out, "told"))

    @needs_root
    def test_it_never_has_the_domains_group(self):
        self.filter("id -G > $1/groups; cat")
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual(self.content(os.path.join(self.out, "groups")), b"65534\n")
        uid = self.owner()[0]
        self.vmail.write("passwd.a.test", f"joe:x:{uid}:61234:Joe:/:/bin/false\n")
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual(self.content(os.path.join(self.out, "groups")), b"61234\n")

    @needs_root
    def test_it_cannot_touch_inboxes_of_others(self):
        self.vmail.domain("a.test", {"filter": self.script(
            f"ls {self.vmail.spool}/a.test > $1/ls 2>&1; cat")}, accounts=["joe", "eve"])
        for _ in range(2):                      # the first one makes spool/D
            self.delivered("joe@a.test", MESSAGE)
        self.assertIn(b"Permission denied", self.content(os.path.join(self.out, "ls")))

    def test_tokens_are_put_in_and_nothing_is_run(self):
        canary = os.path.join(self.out, "canary")
        self.filter('printf "%s\\n" "$2" "$3" "$4" > $1/args; cat', "%u", "%d", "%f")
        for payload in (f"$(touch {canary})@x", f"`touch {canary}`", f";touch {canary}", "%u%d@x", "a -rf@x"):
            self.delivered("joe@a.test", MESSAGE, sender=payload)
            args = self.content(os.path.join(self.out, "args")).decode().splitlines()
            self.assertEqual(args[:2], ["joe", "a.test"])
            self.assertRegex(args[2], r"^[\w@.+=:,][\w@.+=:,-]*$")
            self.assertFalse(os.path.exists(canary))

    def test_another_token_is_a_fault_of_the_settings(self):
        self.set("cat %x")
        for address in self.both():
            self.refused(75, "%x", address, MESSAGE)

    # where it belongs

    def test_each_account_of_a_list_has_its_own_run(self):
        self.filter("printf 'X-For: %s\\n' $RECIPIENT; cat")
        self.vmail.write("aliases.a.test", "all: joe, ann@b.test, far@away.test\n")
        self.delivered("all@a.test", MESSAGE)
        for address in self.both():
            self.assertIn(f"X-For: {address}\n".encode(), self.last(address))
        self.assertNotIn(b"X-For", self.vmail.sent()[0][1])

    def test_when_it_fails_for_one_of_a_list_the_other_stands(self):
        self.filter('[ "$USER" = joe ] && exit 75; cat')
        self.vmail.write("aliases.a.test", "all: joe, ann@b.test\n")
        self.delivered("all@a.test", MESSAGE)
        self.assertEqual(len(self.vmail.messages("ann@b.test")), 1)
        self.assertEqual([arguments[-1] for arguments, _ in self.vmail.sent()], ["joe@a.test"])

    def test_an_account_can_be_left_out(self):
        self.filter("echo 'Subject: filtered'")
        for address in self.both():
            self.skip(address, "no\n")
            self.delivered(address, MESSAGE)
            self.assertEqual(self.last(address), trace(address) + MESSAGE)
            self.delivered(address, b"")
            self.assertEqual(self.last(address), trace(address))
            self.skip(address, "yes\n")
            self.delivered(address, MESSAGE)
            self.assertIn(b"filtered", self.last(address))

    @needs_root
    def test_only_an_administrator_can_leave_it_out(self):
        self.filter("echo 'Subject: filtered'")
        for address in self.both():
            self.skip(address, "no\n", self.owner(address))
            self.delivered(address, MESSAGE)
            self.assertIn(b"filtered", self.last(address))

    @needs_root
    def test_whether_it_is_left_out_must_be_readable(self):
        self.filter("echo 'Subject: filtered'")
        for address in self.both():
            os.chmod(self.skip(address, "no\n"), 0)
            self.refused(75, r"\.filter: .*Permission denied", address, MESSAGE)

    def test_the_limit_counts_what_it_wrote(self):
        self.filter("cat > /dev/null; head -c $SENDER /dev/zero", **{"inbox-limit": 10})
        for address in self.both():
            self.delivered(address, b"x" * 20000, sender="5000")
            self.refused(69, "mailbox full", address, b"x", sender="6000")

    def test_a_dry_run_does_not_run_it(self):
        self.filter("touch $1/ran; cat")
        for address in self.both():
            self.assertEqual(self.vmail.deliver(address, options=["-n"]).status, 0)
        self.assertEqual(os.listdir(self.out), [])

    def test_a_message_that_was_here_before_is_a_loop_whatever_it_writes(self):
        self.filter("touch $1/ran; echo 'Subject: x'")
        for address in self.both():
            self.refused(69, "mail loop", address, f"Delivered-To: {address}\n\n".encode())
        self.assertEqual(os.listdir(self.out), [])

    def test_it_reaches_to_the_line_s_end(self):
        self.set("cat; echo 'a;b' # c; exit 1")
        self.delivered("joe@a.test", MESSAGE)
        self.assertEqual(self.last(), trace("joe@a.test") + MESSAGE + b"a;b\n")

    def test_in_a_file_that_others_can_write_to_it_never_runs(self):
        self.filter("touch $1/ran; cat")
        for mode in (0o664, 0o646):
            os.chmod(os.path.join(self.vmail.dir, "domain.a.test"), mode)
            self.refused(75, "domain.a.test: others can write to it", "joe@a.test", MESSAGE)
        self.assertEqual(os.listdir(self.out), [])

    def test_a_limit_on_files_of_the_caller_is_a_temporary_failure(self):
        self.filter("cat")
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        self.refused(75, "", "joe@a.test", b"x" * 5000, preexec_fn=limit)

    def test_it_can_write_no_endless_file(self):
        self.filter("cat; truncate -s 17G $1/$USER")
        for address in self.both():
            self.refused(75, "signal 25|status 1", address, MESSAGE)
        self.filter("cat; truncate -s 15G $1/$USER; truncate -s 0 $1/$USER")
        for address in self.both():
            self.delivered(address, MESSAGE)

    def test_its_processor_time_is_what_its_deadline_leaves(self):
        self.vmail.set(command_timeout="100s")
        self.filter("cat; grep '^Max cpu time' /proc/self/limits > $1/limits")
        self.delivered("joe@a.test", MESSAGE, preexec_fn=lambda:
                       os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1]))
        soft, hard = map(int, self.content(os.path.join(self.out, "limits")).split()[3:5])
        self.assertIn(soft, range(90, 102))
        self.assertIn(hard, range(soft, soft + 10))


if __name__ == "__main__":
    main()
