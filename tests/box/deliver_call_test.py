#!/usr/bin/python3
"""vdeliver's call: arguments, environment, standard input, several recipients, limits, the log."""
import fcntl
import pty
import resource
import struct
import termios

from delivery import *

MESSAGE = b"Subject: x\n\nhello\n"
BIG = b"S: x\n\n" + b"y" * 3000000


class Call(Delivery):
    def call(self, *args, input=MESSAGE, **more):
        return self.vmail.run("vdeliver", *args, input=input, **more)

    def ok(self, *args, to="joe@a.test", sender="", **more):
        got = self.call(*args, **more)
        self.assertEqual((got.status, got.stderr, got.stdout), (0, "", b""), got)
        self.assertEqual(self.last(to), trace(to, sender) + MESSAGE)

    def bad(self, status, code, *args, **more):
        got = self.call(*args, **more)
        self.assertEqual(got.status, status, got)
        self.assertRegex(got.stderr, r"\A%s [^\n]+\n\Z" % re.escape(code))
        self.assertEqual(got.stdout, b"")

    # who

    def test_a_recipient_is_an_address_or_a_local_part_with_d(self):
        self.ok("joe@a.test")
        self.ok("-d", "a.test", "joe")
        self.ok("-d", "b.test", "--", "joe@a.test")
        self.ok("-f", "s@far.test", "-da.test", "joe", sender="s@far.test")

    def test_without_arguments_the_environment_says_who(self):
        self.ok(env={"RECIPIENT": "joe@a.test", "SENDER": "s@far.test"}, sender="s@far.test")
        self.ok(env={"RECIPIENT": "joe", "DOMAIN": "a.test"})
        self.ok(env={"LOCAL": "joe", "DOMAIN": "a.test", "SENDER": "<>"})
        self.ok("-d", "a.test", env={"LOCAL": "joe", "DOMAIN": "b.test"})
        self.ok("-f", "", env={"RECIPIENT": "joe@a.test", "SENDER": "s@far.test"})

    def test_with_arguments_the_environment_says_nothing(self):
        self.ok("joe@a.test", env={"RECIPIENT": "ann@b.test", "SENDER": "s@far.test",
                                   "DOMAIN": "b.test", "LOCAL": "ann"})

    def test_every_spelling_of_the_null_sender_and_none_at_all_is_null(self):
        for args in ((), ("-f", ""), ("-f", "<>"), ("-f", "MAILER-DAEMON"), ("-f", "Mailer-Daemon")):
            self.ok(*args, "joe@a.test")

    def test_a_sender_that_is_no_address_is_written_as_one(self):
        self.vmail.write("aliases.a.test", "list: joe, x@far.test\n")
        long = "y" * 300 + " " + "z" * 100
        for sender, header, option in (
                ("x> <y@z", '"x> <y"@z', None), ("x@y> <z", '"x@y> <z"', None), ("x, y", '"x, y"', None),
                ("root", "root", None), ('"-x"@far.test', '"-x"@far.test', None), ("a@b@c", '"a@b@c"', None),
                ("Joe@Far.Test", "Joe@Far.Test", None), (long, '"%s"' % long[:320], "<>"),
                ("a" * 400 + "@far.test", '"%s"' % ("a" * 320), "a" * 400 + "@far.test")):
            got = self.call("-f", sender, "list@a.test")
            self.assertEqual((got.status, got.stderr), (0, ""), got)
            self.assertEqual(self.last("joe@a.test"), trace("joe@a.test", header) + MESSAGE)
            with open(self.inbox, "rb") as f:
                lines = [line for line in f if line.startswith(b"From ")]
            self.assertRegex(lines[-1], rb"\AFrom %s \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\n\Z"
                             % re.escape(header.replace(" ", "_").encode()))
            args, _ = self.vmail.sent()[-1]
            self.assertEqual(args, ["-i", "-f", option or header, "--", "x@far.test"])

    def test_bad_usage_is_temporary(self):
        for args in ((), ("-x", "joe@a.test"), ("-f",), ("joe",), ("-d", "", "joe"),
                     ("-\033[1m", "x"), ("--help",)):
            self.bad(75, "4.3.5", *args, input=BIG)

    def test_an_envelope_that_must_be_refused_is(self):
        for to in ("-x@a.test", "a\nb@a.test", "a\rb@a.test", "@a.test", '"x@a.test', "--x@a.test"):
            self.bad(67, "5.1.3", "--", to, input=BIG)
        for sender in ("-x@a.test", "a\nb@a.test", "a\rb", "a\x1bb@far.test"):
            self.bad(67, "5.1.3", "-f", sender, "joe@a.test", input=BIG)
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def test_unknown_users_and_domains_have_their_status(self):
        self.bad(67, "5.1.1", "nobody-of-that-name@a.test", input=BIG)
        self.bad(68, "5.1.2", "joe@far.test", input=BIG)
        self.vmail.domain("c.test", {"reject-mail": "yes"}, accounts=["eve"])
        self.bad(77, "5.2.1", "eve@c.test", input=BIG)

    def test_a_fault_of_the_settings_is_temporary_and_names_file_and_line(self):
        self.vmail.write("domain.c.test", "mailbx = mbox\n")
        self.vmail.write("passwd.c.test", "")
        got = self.call("eve@c.test", input=BIG)
        self.assertEqual(got.status, 75)
        self.assertRegex(got.stderr, r"\A4\.3\.\d .*domain\.c\.test:1: ")
        self.ok("joe@a.test")
        self.vmail.write("vmail.conf", "nonsense\n")
        self.bad(75, "4.3.5", "joe@a.test", input=BIG)
        self.bad(75, "4.3.0", "-C", "/nowhere", "joe@a.test", input=BIG)

    # what is wrong with the call as a whole

    def test_a_refused_sender_is_each_recipient_s_failure_and_logged(self):
        got = self.call("-f", "a\x1bb@far.test", "joe@a.test", "nobody-of-that-name@a.test", input=BIG)
        self.assertEqual((got.status, got.stderr), (67, "5.1.3 a sender with control bytes in it\n" * 2), got)
        lines = got.log.splitlines()
        self.assertEqual(len(lines), 2, got)
        for line, to in zip(lines, ("joe@a.test", "nobody-of-that-name@a.test")):
            self.assertRegex(line, r'delivery sender="a\\x1bb@far\.test" recipient=%s target=failure .*'
                                   r'status=67 code=5\.1\.3 text="a sender with control bytes in it"\Z' % to)
        got = self.call("-n", "-f", "-x", "joe@a.test")
        self.assertEqual((got.status, got.stderr, got.log), (67, "5.1.3 a sender that begins with '-'\n", ""))
        self.assertIn(b"failure 5.1.3", got.stdout)

    def test_before_a_sender_is_refused_the_settings_are_read(self):
        self.vmail.write("vmail.conf", "nonsense\n")
        self.bad(75, "4.3.5", "-f", "-x@a.test", "joe@a.test", input=BIG)

    def test_broken_settings_are_a_failure_of_each_recipient(self):
        self.vmail.write("vmail.conf", "nonsense\n")
        got = self.call("joe@a.test", "ann@b.test", "x@far.test", input=BIG)
        self.assertEqual(got.status, 75, got)
        self.assertRegex(got.stderr, r"\A(4\.3\.5 [^\n]*/vmail\.conf:1: [^\n]+\n)\1{2}\Z")

    def test_bad_usage_has_one_line_whatever_the_number_of_recipients(self):
        self.bad(75, "4.3.5", "joe@a.test", "ann@b.test", "nobody", input=BIG)

    def syslog(self, *args):
        """What the call tells syslog, in a world where that is ours."""
        place = os.path.join(self.vmail.scratch, "log")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
            log.bind(place)
            log.setblocking(False)
            run("/usr/bin/unshare", "-m", "/bin/sh", "-c", 'mount -t tmpfs none /dev && mknod /dev/null c 1 3 && '
                'ln -s "$0" /dev/log && exec "$@"', place, program("vdeliver"), "-C", self.vmail.dir, *args)
            lines = []
            while select.select([log], [], [], 0)[0]:
                lines.append(log.recv(65536).decode())
        os.unlink(place)
        return lines

    @needs_root
    def test_what_fails_before_the_settings_are_known_is_told_to_syslog(self):
        self.vmail.write("vmail.conf", "nonsense\n")
        for args, text in ((("joe@a.test", "ann@b.test"), "/vmail.conf:1: "), (("nobody", ), "has no domain"),
                           (("-x", ), "unknown option")):
            lines = self.syslog(*args)
            self.assertEqual(len(lines), 1, lines)
            self.assertRegex(lines[0], r'\A<20>.* vdeliver\[\d+\]: warning text="[^"]*%s' % text)
        self.assertEqual(self.syslog("-n", "joe@a.test"), [])
        self.vmail.write("vmail.conf", "log = nonsense\n")
        self.assertIn("vmail.conf:1: log: ", self.syslog("joe@a.test")[0])

    def test_n_prints_the_plan_and_delivers_and_reads_nothing(self):
        read, write = os.pipe()
        with open(read, "rb") as end, open(write, "wb"):
            got = self.call("-n", "joe@a.test", input=end)
        self.assertEqual(got.status, 0, got)
        self.assertIn(b"joe", got.stdout)
        self.assertEqual(os.listdir(self.vmail.spool), [])
        self.assertEqual(self.call("-n", "nobody-of-that-name@a.test").status, 67)
        self.assertEqual(self.call("-n", "joe@far.test").status, 68)

    def test_v_delivers_and_then_prints_the_plan(self):
        self.vmail.write("aliases.a.test", "list: joe, nobody-of-that-name\n")
        got = self.call("-v", "list@a.test")
        self.assertEqual((got.status, got.stderr), (0, ""), got)
        self.assertEqual(got.stdout, self.call("-n", "list@a.test").stdout)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)
        got = self.call("-v", "nobody-of-that-name@a.test")
        self.assertEqual((got.status, got.stderr), (67, "5.1.1 unknown user nobody-of-that-name@a.test\n"))
        self.assertIn(b"failure 5.1.1", got.stdout)

    def test_n_and_v_together_deliver_nothing(self):
        got = self.call("-nv", "joe@a.test")
        self.assertEqual((got.status, got.stdout), (0, self.call("-n", "joe@a.test").stdout))
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def test_of_one_option_twice_the_last_counts(self):
        self.ok("-f", "x@far.test", "-f", "s@far.test", "-d", "far.test", "-d", "a.test", "joe", sender="s@far.test")

    def test_behind_the_first_recipient_and_behind_two_minus_signs_there_are_no_options(self):
        self.bad(75, "4.3.5", "joe@a.test", "-n")
        self.bad(75, "4.3.5", "--", "-n")
        self.ok("-d", "b.test", "--", "joe@a.test")

    def test_an_at_sign_in_the_quotes_of_a_local_part_is_no_domain(self):
        self.vmail.write("aliases.a.test", '"x@y": joe\n')
        self.ok("-d", "a.test", '"x@y"')
        self.ok('"x@y"@a.test')
        self.bad(75, "4.3.5", '"x@y"')

    @needs_root                             # others' strace is not shown the name
    @needs_strace
    def test_without_c_it_is_etc_vmail(self):
        output = os.path.join(self.vmail.scratch, "strace")
        run("/usr/bin/strace", "-o", output, "-e", "trace=%file", program("vdeliver"), "-n", "joe@a.test")
        self.assertIn(b'"/etc/vmail"', self.content(output))

    @needs_root
    @needs_strace
    def test_it_asks_no_name_service_and_nobody_on_a_network(self):
        self.vmail.set(command_user="nobody", sendmail_user=None)
        self.vmail.write("aliases.a.test", 'all: joe, ann@b.test, "|cat", /dev/null, x@far.test\n')
        for to in ["joe@a.test"], ["all@a.test"], ["nobody-of-that-name@a.test"]:
            _, lines = strace(self.vmail, ["-e", "trace=%file,%network,execve"], *to)
            own = {line.split()[0] for line in lines}
            for line in lines:
                if "execve(" in line and "vdeliver" not in line:
                    own.discard(line.split()[0])    # from here on it is a command, or sendmail
                if line.split()[0] in own:
                    self.assertNotRegex(line, r"nsswitch|libnss|nscd|resolv\.conf|/etc/hosts|socket\(|connect\(")

    # standard input

    def feed(self, *args):
        """Writes far more than a pipe holds: (status, whether the writer could write all)."""
        process = subprocess.Popen([program("vdeliver"), "-C", self.vmail.dir, *args],
                                   stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   env=environment())
        try:
            process.stdin.write(BIG)
            process.stdin.close()
            whole = True
        except BrokenPipeError:
            whole = False
        return process.wait(DEADLINE), whole

    def test_it_is_read_to_its_end_on_errors_too(self):
        self.vmail.set(max_message_size="1k")
        for status, *args in ((69, "joe@a.test"), (67, "nobody-of-that-name@a.test"), (75, "-x"),
                              (75, ), (68, "joe@far.test"), (67, "-f", "-x", "joe@a.test"),
                              (69, "joe@a.test", "ann@b.test"), (75, "-C", "/nowhere", "x@a.test")):
            self.assertEqual(self.feed(*args), (status, True), args)

    def start(self, **more):
        return run("vdeliver", "-C", self.vmail.dir, "joe@a.test", **more)

    def test_closed_input_is_no_empty_message(self):
        got = self.start(input=None, preexec_fn=lambda: os.close(0))
        self.assertEqual(got.status, 75, got)
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def test_a_directory_as_input_is_temporary(self):
        directory = os.open("/", os.O_RDONLY)
        self.addCleanup(os.close, directory)
        got = self.start(input=directory)
        self.assertEqual(got.status, 75, got)
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def test_input_that_cannot_be_read_is_temporary(self):
        with open("/proc/self/mem", "rb") as f:
            self.assertEqual(self.start(input=f).status, 75)
        with open(os.path.join(self.vmail.scratch, "w"), "wb") as f:
            self.assertEqual(self.start(input=f).status, 75)
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def test_a_file_is_read_from_where_it_stands(self):
        path = self.vmail.write("message", b"skipped" + MESSAGE)
        with open(path, "rb") as f:
            os.lseek(f.fileno(), 7, os.SEEK_SET)
            self.assertEqual(self.start(input=f).status, 0)
        self.assertEqual(self.last(), trace("joe@a.test", "") + MESSAGE)

    def test_an_input_that_does_not_wait_is_waited_for(self):
        read, write = os.pipe()
        os.set_blocking(read, False)
        process = self.vmail.start("vdeliver", "joe@a.test", stdin=read)
        for piece in (b"Sub", b"ject: x\n", b"\nhello\n"):
            os.write(write, piece)
        os.close(write)
        self.assertEqual(process.wait(), 0)
        os.close(read)
        self.assertEqual(self.last(), trace("joe@a.test", "") + MESSAGE)

    def test_a_terminal_is_not_waited_for_after_an_error(self):
        master, slave = pty.openpty()
        with os.fdopen(slave, "rb+", buffering=0) as terminal:
            got = run("vdeliver", "-C", self.vmail.dir, "nobody-of-that-name@a.test",
                      input=terminal, seconds=DEADLINE)
        os.close(master)
        self.assertEqual(got.status, 67, got)

    def test_a_message_may_be_typed_on_a_terminal(self):
        master, slave = pty.openpty()
        process = self.vmail.start("vdeliver", "joe@a.test", stdin=slave)
        os.close(slave)
        os.write(master, MESSAGE + b"\x04")
        self.assertEqual(process.wait(), 0)
        os.close(master)
        self.assertEqual(self.last(), trace("joe@a.test", "") + MESSAGE)

    def test_a_writer_that_never_ends_is_waited_for_no_longer_than_the_delivery_timeout(self):
        self.vmail.set(delivery_timeout="1s")
        for to in (["joe@a.test"], ["joe@a.test", "ann@b.test"], ["nobody-of-that-name@a.test"]):
            read, write = os.pipe()
            os.write(write, MESSAGE)
            start = time.monotonic()
            with os.fdopen(read, "rb") as end:
                got = run("vdeliver", "-C", self.vmail.dir, *to, input=end)
            os.close(write)
            self.assertEqual(got.status, 67 if "nobody" in to[0] else 75, got)
            self.assertLess(time.monotonic() - start, CUT)
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def half(self, message, *to):
        """A vdeliver that has read all of message, and waits for the rest: (the process, where to write)."""
        read, write = os.pipe()
        process = self.vmail.start("vdeliver", *to, stdin=read)
        os.close(read)
        os.write(write, message)
        eventually(lambda: not struct.unpack("i", fcntl.ioctl(write, termios.FIONREAD, bytes(4)))[0], "its reading")
        return process, write

    def test_before_its_end_nothing_is_made_or_changed(self):
        self.vmail.domain("c.test", {"inbox": "%d/%u/mail/Maildir/"}, accounts=["eve"])
        self.vmail.write("aliases.a.test", "list: joe, ann@b.test, far@x.test\n")
        def everything():
            return sorted(os.path.join(place, name) for place, dirs, files in os.walk(self.vmail.spool)
                          for name in dirs + files)
        for again in False, True:
            before = everything()
            for message in MESSAGE, BIG:
                for to in "joe@a.test", "ann@b.test", "eve@c.test", "list@a.test":
                    process, write = self.half(message, to)
                    self.assertEqual(everything(), before)
                    process.signal(signal.SIGTERM)
                    self.assertEqual(process.wait(), 75)
                    os.close(write)
                    self.assertEqual(everything(), before)
            self.assertEqual(self.vmail.sent(), [])
            for to in () if again else ("joe@a.test", "ann@b.test", "eve@c.test"):
                process, write = self.half(BIG, to)
                os.write(write, b"end\n")
                os.close(write)
                self.assertEqual(process.wait(), 0)
                got = self.vmail.messages(to) if to != "eve@c.test" else \
                    maildir_messages(os.path.join(self.vmail.spool, "c.test", "eve", "mail", "Maildir"))
                self.assertEqual(got, [trace(to, "") + BIG + b"end\n"])

    def test_sigterm_is_a_temporary_failure_and_leaves_nothing(self):
        self.delivered("joe@a.test")            # its directory is there, and a courier reads
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT,
                       signal.SIGUSR1, signal.SIGXCPU, signal.SIGALRM, signal.SIGSYS,
                       signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO, signal.SIGPWR):
            read, write = os.pipe()
            process = self.vmail.start("vdeliver", "joe@a.test", stdin=read)
            os.close(read)
            os.write(write, MESSAGE)
            eventually(lambda: os.path.exists(f"/proc/{process.pid}/task/{process.pid}/children") and
                       self.content(f"/proc/{process.pid}/task/{process.pid}/children"), "a child")
            process.signal(number)
            self.assertEqual(process.wait(), 75, number)
            self.assertRegex(process.errors, rb"\A4\.3\.\d [^\n]*\n\Z")
            os.close(write)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)

    def test_stopped_behind_its_report_it_adds_nothing_to_that(self):
        read, write = os.pipe()
        process = self.vmail.start("vdeliver", "nobody-of-that-name@a.test", stdin=read)
        os.close(read)
        process.wait_line("^5.1.1 unknown user")
        process.signal(signal.SIGTERM)
        self.assertEqual(process.wait(), 75)
        os.close(write)
        self.assertEqual(process.errors, b"5.1.1 unknown user nobody-of-that-name@a.test\n")

    def test_with_a_small_stack_there_is_one_line_too(self):
        for kilobytes in 64, 96, 128:
            for to in "joe@a.test", "nobody-of-that-name@a.test":
                got = self.call(to, preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_STACK, (kilobytes << 10, kilobytes << 10)))
                self.assertIn(got.status, (0, 75) if to == "joe@a.test" else (67, 75), (kilobytes, got))
                self.assertRegex(got.stderr, r"\A([45]\.\d\.\d [^\n]+\n)?\Z", (kilobytes, got))
                self.assertEqual(got.stderr == "", got.status == 0, got)

    def test_the_death_of_what_delivers_is_a_temporary_failure_with_one_line(self):
        self.delivered("joe@a.test")
        for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM):
            read, write = os.pipe()
            process = self.vmail.start("vdeliver", "joe@a.test", stdin=read)
            os.close(read)
            os.write(write, MESSAGE)
            children = f"/proc/{process.pid}/task/{process.pid}/children"
            os.kill(int(eventually(lambda: self.content(children), "a child").split()[0]), number)
            os.close(write)
            self.assertEqual(process.wait(), 75, number)
            first, rest = process.errors.split(b"\n", 1)
            self.assertEqual(first, b"4.3.0 a delivering process died of signal %d" % number)
            self.assertRegex(rest, rb"\Avdeliver\[\d+\]: delivery [^\n]*status=75 [^\n]*\n\Z")
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)

    # several recipients

    def test_each_gets_it_and_each_failure_has_its_line(self):
        got = self.call("joe@a.test", "nobody-of-that-name@a.test", "x@far.test", "ann@b.test")
        self.assertEqual(got.status, 67, got)
        self.assertEqual([line[:5] for line in got.stderr.splitlines()], ["5.1.1", "5.1.2"])
        for to in ("joe@a.test", "ann@b.test"):
            self.assertEqual(self.vmail.messages(to), [trace(to, "") + MESSAGE])

    def test_a_temporary_failure_wins_and_its_line_is_first(self):
        self.ok("joe@a.test")
        os.chmod(self.inbox, 0o600)
        os.link(self.inbox, self.inbox + "2")
        got = self.call("nobody-of-that-name@a.test", "x@far.test", "joe@a.test", "ann@b.test")
        self.assertEqual(got.status, 75, got)
        self.assertEqual([line[:5] for line in got.stderr.splitlines()], ["4.3.5", "5.1.1", "5.1.2"])
        self.assertEqual(len(self.vmail.messages("ann@b.test")), 1)

    def test_one_recipient_with_several_failed_targets_has_one_line(self):
        self.vmail.write("aliases.a.test", 'all: "|exit 69", joe, "|echo wait >&2; exit 75", "|exit 77"\n'
                                           'never: "|exit 69", "|exit 77", joe\n')
        got = self.call("all@a.test")
        self.assertEqual(got.status, 75, got)
        self.assertRegex(got.stderr, r"\A4\.3\.0 [^\n]*wait[^\n]*\n\Z")
        got = self.call("never@a.test")
        self.assertEqual(got.status, 69, got)
        self.assertRegex(got.stderr, r"\A5\.3\.0 [^\n]*\n\Z")
        got = self.call("never@a.test", "nobody-of-that-name@a.test", "all@a.test")
        self.assertEqual((got.status, [line[:5] for line in got.stderr.splitlines()]),
                         (75, ["4.3.0", "5.3.0", "5.1.1"]), got)

    def test_one_mailbox_gets_it_once(self):
        self.vmail.write("aliases.a.test", "all: joe, Joe, joe@a.test\njoseph: joe\n")
        self.assertEqual(self.call("joe@a.test", "JOE@A.test", "all@a.test", "joseph@a.test").status, 0)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)

    def test_a_long_message_for_several_is_whole_for_each(self):
        self.assertEqual(self.call("joe@a.test", "ann@b.test", input=BIG).status, 0)
        for to in ("joe@a.test", "ann@b.test"):
            tail = b"" if to.startswith("ann") else b"\n"
            self.assertEqual(self.vmail.messages(to), [trace(to, "") + BIG + tail])

    # loops and sizes

    def test_a_message_that_was_here_is_a_loop(self):
        for field in (b"Delivered-To: joe@a.test", b"delivered-to:  JOE@A.TEST ",
                      b"Delivered-To : joe@a.test", b"Delivered-To:\n joe@a.test",
                      b"Delivered-To: joe@a.test\r"):
            for pad in (b"", b"X: y\n" * 1000):
                self.refused(69, "mail loop", "joe@a.test", pad + field + b"\nS: x\n\nhello\n")
        self.delivered("joe@a.test", b"S: x\n\nDelivered-To: joe@a.test\n")
        for other in (b"joe@b.test", b"xjoe@a.test", b"joe@a.testx", b"joe", b"<joe@a.test>x"):
            self.delivered("joe@a.test", b"Delivered-To: " + other + b"\nS: x\n\nhello\n")

    def test_a_loop_through_command_file_and_list_is_one_too(self):
        self.vmail.write("aliases.a.test", 'run: "|cat"\nfile: /dev/shm/x\nlist: x@far.test\n')
        for name in ("run", "file", "list"):
            got = self.refused(69, "mail loop", f"{name}@a.test",
                               b"Delivered-To: %s@a.test\n\nh\n" % name.encode())
            self.assertTrue(got.stderr.startswith("5.4.6 "))
        self.assertEqual(self.vmail.sent(), [])

    def test_for_commands_files_and_other_machines_too_a_hundred_are_enough(self):
        place = os.path.join(self.vmail.scratch, "place")
        os.mkdir(place)
        os.chmod(place, 0o777)
        self.vmail.write("aliases.a.test", f'run: "|touch {place}/ran"\nfile: {place}/file\nlist: x@far.test\n')
        for name in ("run", "file", "list"):
            self.refused(69, "mail loop", f"{name}@a.test", b"received : x\n" * 101 + b"\nh\n")
        self.assertEqual((os.listdir(place), self.vmail.sent()), ([], []))
        for name in ("run", "file", "list"):
            self.delivered(f"{name}@a.test", b"Received:\n\tx\n" * 100 + b"\nReceived: x\n")
        self.assertEqual((sorted(os.listdir(place)), len(self.vmail.sent())), (["file", "ran"], 1))

    def test_more_than_a_hundred_received_fields_are_a_loop(self):
        self.delivered("joe@a.test", b"Received: x\n" * 100 + b"\nh\n")
        self.refused(69, "mail loop", "joe@a.test", b"Received: x\n" * 101 + b"\nh\n")
        self.delivered("joe@a.test", b"S: x\n\n" + b"Received: x\n" * 101)

    def test_a_message_longer_than_the_limit_is_refused_for_good(self):
        self.vmail.set(max_message_size="1000")
        self.delivered("joe@a.test", b"x" * 999 + b"\n")
        for size in (1001, 100000, 3000000):
            got = self.refused(69, "longer than 1000 bytes", "joe@a.test", b"x" * size)
            self.assertTrue(got.stderr.startswith("5.3.4 "), got)
            self.refused(69, "longer", ["joe@a.test", "ann@b.test"], b"x" * size)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)
        self.assertEqual(self.vmail.messages("ann@b.test"), [])
        self.vmail.set(max_message_size="0")
        self.delivered("joe@a.test", BIG)

    @only_where(not is_sanitized())             # which needs more memory than this
    def test_memory_does_not_grow_with_the_message(self):
        self.vmail.set(max_message_size="100M")
        big = self.vmail.write("big", b"S: x\n\n" + b"From 0123456789\n" * 65536 * 20)
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (16 << 20, 16 << 20))
        for to in (["joe@a.test"], ["ann@b.test"], ["joe@a.test", "ann@b.test"]):
            with open(big, "rb") as f:
                got = run("vdeliver", "-C", self.vmail.dir, *to, input=f, preexec_fn=limit)
            self.assertEqual(got.status, 0, got)
        self.assertGreater(os.stat(self.inbox).st_size, 2 * os.stat(big).st_size)
        self.assertEqual({os.stat(os.path.join(self.maildir, "new", name)).st_size
                          for name in os.listdir(os.path.join(self.maildir, "new"))},
                         {os.stat(big).st_size + len(trace("ann@b.test", ""))})

    # the log

    def test_one_line_tells_what_became_of_each_target(self):
        got = self.delivered(["joe@a.test", "ann@b.test"])
        self.assertRegex(got.log, r"\A(vdeliver\[\d+\]: delivery sender=sender@far\.test recipient=\S+"
                                  r" target=mailbox to=\w+ size=\d+ ms=\d+ status=0 code=2\.0\.0"
                                  r" text=(mbox|maildir)\n){2}\Z")

    def test_the_log_tells_the_message_id_in_one_field(self):
        got = self.delivered("joe@a.test", b"Message-Id:\n  <a b@c\xff>\x00 x=1\nSubject: x\n\n")
        self.assertIn(r'delivery message-id="<a b@c\xff>  x=1" sender=', got.log)
        got = self.delivered("joe@a.test", b"Message-ID: <" + b"x" * 1000 + b">\n\n")
        self.assertIn("message-id=<" + "x" * 254 + " sender=", got.log)

    def test_log_lines_come_after_the_line_for_the_mta(self):
        done = subprocess.run([program("vdeliver"), "-C", self.vmail.dir, "nobody-of-that-name@a.test"],
                              input=MESSAGE, capture_output=True, env=environment())
        lines = done.stderr.decode().splitlines()
        self.assertEqual(len(lines), 2, lines)
        self.assertTrue(lines[0].startswith("5.1.1 "))
        self.assertTrue(lines[1].startswith("vdeliver["))

    def test_warnings_come_after_the_line_for_the_mta_too(self):
        self.vmail.write("passwd.a.test", self.vmail.read("passwd.a.test") + b"garbage\n")
        self.vmail.write("aliases.a.test", "x: joe\nX: nobody-of-that-name\n")
        done = subprocess.run([program("vdeliver"), "-C", self.vmail.dir, "x@a.test"],
                              input=MESSAGE, capture_output=True, env=environment())
        lines = done.stderr.decode().splitlines()
        self.assertEqual((done.returncode, lines[0]), (67, "5.1.1 unknown user nobody-of-that-name@a.test"))
        self.assertTrue(all(line.startswith("vdeliver[") for line in lines[1:]), lines)
        for words in ("passwd.a.test:2: skipped: ", "aliases.a.test:2: 'X' stands in the file more than once"):
            self.assertTrue(any(words in line for line in lines[1:]), lines)

    def test_what_strangers_chose_makes_no_second_line_or_field_of_the_log(self):
        for evil in ('"a\x1b[31m"@a.test', '"x status=0"@a.test', '"%n%s"@a.test', '"é\x7f"@a.test',
                     '"a\tb"@a.test', '"\\"q\\\\"@a.test'):
            got = self.vmail.deliver(evil, sender='"%n status=0"@far.test')
            self.assertIn(got.status, (67, 75), got)
            self.assertEqual(got.log.count("\n"), 1, got)
            self.assertEqual(len(re.findall(r" status=\d+", re.sub(r'"(\\.|[^"\\])*"', "", got.log))), 1)
            self.assertNotRegex(got.log + got.stderr, r"[\x00-\x09\x0b-\x1f\x7f]")


if __name__ == "__main__":
    main()
