#!/usr/bin/python3
"""vdeliver and |command: exit statuses, tokens, environment, commands that misbehave."""
import fcntl
import resource
import struct
import termios

from delivery import *

PERMANENT = {65: 69, 67: 67, 68: 69, 69: 69, 77: 77}


class Commands(Delivery):
    def setUp(self):
        super().setUp()
        self.out = os.path.join(self.vmail.scratch, "out")
        os.mkdir(self.out)
        os.chmod(self.out, 0o777)

    def script(self, text, name="script"):
        """A script of the installation's; $1 is a directory that it may write to."""
        path = self.vmail.write(name, "#!/bin/sh\n" + text + "\n", mode=0o755)
        return f"{path} {self.out}"

    def alias(self, command, name="run", domain="a.test"):
        self.vmail.write(f"aliases.{domain}", f'{name}: "|{command}"\n')

    def runs(self, text, to="run@a.test", **more):
        self.alias(self.script(text))
        return self.delivered(to, **more)

    def got(self, name="got"):
        return self.content(os.path.join(self.out, name))

    # what comes back

    def test_every_exit_status_is_what_the_contract_says(self):
        wrong = {}
        self.alias(self.script("exit $SENDER"))
        for status in range(256):
            got = self.vmail.deliver("run@a.test", sender=str(status))
            want = 0 if status == 0 else PERMANENT.get(status, 75)
            lines = got.stderr.splitlines()
            if got.status != want or len(lines) != (want != 0) or \
                    (lines and lines[0][0] != ("4" if want == 75 else "5")):
                wrong[status] = got
        self.assertEqual(wrong, {})

    def test_death_by_any_signal_is_temporary(self):
        self.alias("exec " + self.script("kill -$SENDER $$"))
        for number in (1, 2, 3, 4, 6, 7, 8, 9, 11, 13, 14, 15, 24, 25, 31):
            self.refused(75, f"signal {number}\\b", "run@a.test", sender=str(number))

    def test_the_first_line_of_its_errors_is_the_reason(self):
        self.alias(self.script(r"printf '\n  not \033[1mhere\t\351\r\nsecond\n' >&2; exit 67"))
        got = self.refused(67, "", "run@a.test")
        self.assertEqual(got.stderr, "5.1.1 not ?[1mhere???\n")

    def test_a_reason_may_begin_with_a_code_of_its_own(self):
        for said, line in (("5.7.13 go away", "5.7.13 go away"), ("5.1.6 moved", "5.1.6 moved"),
                           ("4.2.2 full", "5.3.0 4.2.2 full"), ("5.1 x", "5.3.0 5.1 x"),
                           ("5..... x", "5.3.0 5..... x"), ("5.1.1.1 x", "5.3.0 5.1.1.1 x"),
                           ("5.1. x", "5.3.0 5.1. x"), ("5.1.1", "5.3.0 5.1.1")):
            self.alias(self.script(f"echo '{said}' >&2; exit 69"))
            self.assertEqual(self.vmail.deliver("run@a.test").stderr, line + "\n")

    def test_one_that_waits_may_choose_its_code_too(self):
        for said, line in (("4.2.1 archive is down", "4.2.1 {}: archive is down"),
                           ("5.7.1 no", "4.3.0 {}: 5.7.1 no"), ("4.2 x", "4.3.0 {}: 4.2 x")):
            self.alias(self.script(f"echo '{said}' >&2; exit 75"))
            got = self.refused(75, "", "run@a.test")
            self.assertEqual(got.stderr, line.format("the command ended with status 75") + "\n")

    def test_without_a_reason_there_still_is_one(self):
        self.alias(self.script("exit 77"))
        self.refused(77, "refused", "run@a.test")

    def test_a_long_reason_is_cut(self):
        self.alias(self.script("head -c 100000 /dev/zero | tr '\\0' x >&2; exit 69"))
        self.assertLess(len(self.refused(69, "x", "run@a.test").stderr), 600)

    def test_success_says_nothing_whatever_the_command_says(self):
        self.runs("echo out; echo err >&2")

    def test_a_command_that_is_not_there_is_temporary(self):
        for command in ("/nowhere/at/all", "no-such-command-at-all x", self.vmail.dir):
            self.alias(command)
            self.refused(75, "status 12[67]", "run@a.test")

    # what it gets

    def test_it_gets_the_message_with_its_trace(self):
        message = b"From x\nReturn-Path: y\nS: x\n\nFrom a\n>From b\n\0\xff no newline"
        self.runs("cat > $1/got", message=message)
        self.assertEqual(self.got(), trace("run@a.test") + message.split(b"y\n", 1)[1])

    def test_it_gets_a_long_message_whole(self):
        message = b"S: x\n\n" + os.urandom(3000000)
        self.runs("cat > $1/got", message=message)
        self.assertEqual(self.got(), trace("run@a.test") + message)

    def test_its_environment_is_the_contracts_and_nothing_else(self):
        self.alias(self.script("env > $1/got"))
        self.vmail.write("aliases.a.test", f'run: "|exec {self.script("exec env -0 > $1/got")}"\n')
        self.delivered("Run+Ext@A.test", sender="s'x@far.test",
                       env={"LD_X": "1", "IFS": "x", "ENV": "/x", "BASH_ENV": "/x", "TZ": "/x"})
        env = dict(v.split("=", 1) for v in self.got().decode().split("\0") if v)
        env.pop("PWD"), env.pop("OLDPWD", None), env.pop("_", None)
        self.assertEqual(env, {
            "PATH": PATH, "SHELL": "/bin/sh", "LANG": "C", "HOME": "/", "USER": "Run",
            "LOGNAME": "Run", "LOCAL": "Run+Ext", "EXTENSION": "Ext", "DOMAIN": "a.test",
            "RECIPIENT": "Run+Ext@a.test", "SENDER": "s'x@far.test"})

    def test_that_of_a_fallback_is_told_who_was_addressed(self):
        line = self.script('printf "%s|" "$@" "$RECIPIENT" "$LOCAL" "$USER" "$EXTENSION" "$DOMAIN" > $1/got; cat > $1/mail')
        self.vmail.domain("c.test", {"fallback": f"| {line} %u %d %f; # a, b"}, accounts=["eve"])
        os.symlink("domain.c.test", os.path.join(self.vmail.dir, "domain.d.test"))
        for to, domain in ("Some.Body+x=y@C.test", "c.test"), ("Some.Body+x=y@d.test", "c.test"):
            self.delivered(to)
            self.assertEqual(self.got().split(b"|")[1:-1], [
                b"Some.Body+x=y", b"c.test", b"sender@far.test", b"Some.Body+x=y@c.test", b"Some.Body+x=y",
                b"Some.Body", b"x=y", b"c.test"])
            self.assertTrue(self.got("mail").startswith(trace("Some.Body+x=y@c.test")))

    def test_one_that_a_member_leads_to_is_told_that_member(self):
        self.vmail.write("aliases.a.test", f'list: Run+Ext\nrun: "|{self.script("env > $1/got")}"\n')
        self.delivered("list@a.test")
        self.assertIn(b"\nRECIPIENT=Run+Ext@a.test\n", b"\n" + self.got())

    def test_a_null_sender_is_empty_in_the_environment_and_mailer_daemon_as_token(self):
        self.alias(self.script('printf "%s|%s" "$SENDER" "$2" > $1/got') + " %f")
        for sender in ("", "<>", "MAILER-DAEMON"):
            self.delivered("run@a.test", sender=sender)
            self.assertEqual(self.got(), b"|MAILER-DAEMON")

    def test_tokens_are_put_in(self):
        self.alias(self.script('shift 0; printf "%s|" "$@" > $1/got') + " %d %f %u 100%% %%u")
        self.delivered("run+a.b=c@a.test", sender="x+y@far.test")
        self.assertEqual(self.got().split(b"|", 1)[1],
                         b"a.test|x+y@far.test|run+a.b=c|100%|%u|")

    def test_another_token_is_a_fault_of_the_settings(self):
        for bad in ("%x", "%s", "%", "%D", "% "):
            self.alias("true " + bad)
            self.refused(75, "the command knows", "run@a.test")

    def test_nothing_is_expanded_twice(self):
        self.alias(self.script('printf "%s" "$2" > $1/got') + " %u")
        self.delivered("run+%d%f%%@a.test")
        self.assertEqual(self.got(), b"run+_d_f__")

    def test_no_payload_is_ever_run(self):
        canary = os.path.join(self.out, "canary")
        self.alias(self.script('printf "%s\\n%s\\n" "$2" "$3" > $1/got') + " %u %f")
        attacks = ["`touch C`", "$(touch C)", ";touch C;", "|touch C", "&touch C&", "&&touch C",
                   "'touch C'", '"`touch C`"', "\\`touch C\\`", ">C", "<C", "${IFS}touch${IFS}C",
                   "() { :;}; touch C", "*", "?", "~", "!touch C", "#x", "{touch,C}", "[a-z]*",
                   "a\tb", "\x7f\x01touch C", "%0atouch C", "é`touch C`", "$'\\ntouch C'"]
        for attack in attacks:
            text = attack.replace("C", canary)
            sender = '"%s"@far.test' % text.replace("\\", "\\\\").replace('"', '\\"')
            to = '"run+%s"@a.test' % text.replace("\\", "\\\\").replace('"', '\\"')
            got = self.vmail.deliver(to, sender=sender)
            self.assertIn(got.status, (0, 67, 69, 75), got)
            if got.status == 0:
                for line in self.got().split(b"\n"):
                    self.assertRegex(line, rb"^[A-Za-z0-9@._+=:,-]*$")
            self.assertFalse(os.path.exists(canary), attack)
            self.assertEqual(sorted(os.listdir(self.out))[:1], ["got"][:got.status == 0] or
                             sorted(os.listdir(self.out))[:1])

    def test_a_leading_minus_is_no_option(self):
        self.alias(self.script('printf "%s" "$2" > $1/got') + " %f")
        self.vmail.write("domain.c.test", self.vmail.read("domain.a.test").decode() +
                         f"fallback = | {self.script('printf %s $2 > $1/got')} %u\n")
        self.vmail.write("passwd.c.test", "")
        for to in ("-rf@c.test", "--@c.test"):
            self.refused(67, "", to)
        self.refused(67, "", "run@a.test", sender="-oQ/tmp@far.test")

    # what it does

    def test_it_begins_when_the_message_has_come_to_its_end(self):
        self.alias(self.script("cat > $1/got"))
        read, write = os.pipe()
        process = self.vmail.start("vdeliver", "run@a.test", stdin=read)
        os.close(read)
        os.write(write, b"S: x\n\n")
        os.write(write, b"y" * 300000)          # more than a pipe holds
        eventually(lambda: not struct.unpack("i", fcntl.ioctl(write, termios.FIONREAD, b"1234"))[0],
                   "all of it being read")
        self.assertEqual(os.listdir(self.out), [])
        self.assertEqual(self.content(f"/proc/{process.pid}/task/{process.pid}/children"), b"")
        os.write(write, b" end\n")
        os.close(write)
        self.assertEqual(process.wait(), 0)
        self.assertTrue(self.got().endswith(b"y end\n"))

    def test_it_need_not_read_the_message(self):
        for message in (b"S: x\n\n", b"S: x\n\n" + b"y" * 1000000):
            self.runs("exit 0", message=message)
            self.runs("exec <&-; exit 0", message=message)

    def test_a_grandchild_that_keeps_the_pipes_open_is_not_waited_for(self):
        start = time.monotonic()
        self.runs("sleep 1000 & echo $! > $1/got")
        self.runs("setsid sleep 300 & exit 0")
        self.assertLess(time.monotonic() - start, CUT)

    def test_what_it_leaves_in_its_group_is_killed(self):
        self.runs("sleep 1000 & echo $! > $1/got")
        self.assertTrue(self.is_gone(int(self.got())))

    def is_gone(self, pid):
        return eventually(lambda: has_ended(pid), "the end of a process")

    def test_floods_of_output_are_thrown_away(self):
        self.runs("head -c 20000000 /dev/zero; head -c 20000000 /dev/zero >&2")

    def hangs(self, text, setting="command_timeout"):
        self.alias(self.script(f"sleep 1000 & echo $! > $1/got; echo $$ > $1/own; {text}"))
        own = os.path.join(self.out, "own")
        for limit in growing(1):
            self.vmail.set(**{setting: f"{limit}s"})
            start = time.monotonic()
            self.refused(75, "took too long", "run@a.test")
            self.assertLess(time.monotonic() - start, CUT)
            if os.path.exists(own) and self.content(own):
                break
        self.assertTrue(self.is_gone(int(self.got())))
        self.assertTrue(self.is_gone(int(self.got("own"))))

    def test_one_that_died_of_a_signal_without_a_word_has_no_empty_reason(self):
        self.vmail.write("aliases.a.test", 'dies: "|kill -9 $$"\nsays: "|echo why >&2; kill -9 $$"\n')
        for to, text in ("dies", "died of signal 9"), ("says", "died of signal 9: why"):
            got = self.vmail.deliver(f"{to}@a.test")
            self.assertEqual((got.status, got.stderr), (75, f"4.3.0 the command {text}\n"))

    def test_one_that_hangs_is_stopped_with_its_group_after_the_command_timeout(self):
        self.hangs("wait")

    def test_one_that_ignores_signals_is_stopped_too(self):
        self.hangs("trap '' TERM INT HUP ALRM; while :; do sleep 1000; done")

    def test_one_that_never_stops_writing_is_stopped_too(self):
        self.hangs("yes >&2")

    def test_the_delivery_timeout_cuts_the_command_timeout(self):
        self.hangs("wait", "delivery_timeout")

    def test_the_delivery_timeout_holds_for_all_commands_together(self):
        self.vmail.set(delivery_timeout="2s", command_timeout="60s")
        text = self.script("sleep 1000")
        self.vmail.write("aliases.a.test", "".join(f'r{n}: "|{text} {n}"\n' for n in range(5)))
        start = time.monotonic()
        got = self.vmail.deliver([f"r{n}@a.test" for n in range(5)])
        self.assertEqual((got.status, got.stderr.count("\n")), (75, 5), got)
        self.assertLess(time.monotonic() - start, CUT)

    def test_sigterm_stops_what_the_command_started_as_well(self):
        self.alias(self.script("sleep 1000 & echo $! > $1/new; mv $1/new $1/got; wait"))
        process = self.vmail.start("vdeliver", "run@a.test", stdin=subprocess.DEVNULL)
        eventually(lambda: os.path.exists(os.path.join(self.out, "got")), "the command")
        process.signal(signal.SIGTERM)
        self.assertEqual(process.wait(), 75)
        self.assertRegex(process.errors, rb"\A4\.3\.2 [^\n]*\n\Z")
        self.assertTrue(self.is_gone(int(self.got())))

    # what it may take

    def limits(self, name, **more):
        """The soft and the hard one, as a command finds them in /proc/self/limits."""
        self.runs("cat /proc/self/limits > $1/got", **more)
        soft, hard = re.search(rf"^{name} +(\S+) +(\S+)", self.got().decode(), re.M).groups()
        return tuple(resource.RLIM_INFINITY if n == "unlimited" else int(n) for n in (soft, hard))

    def on_one_processor(self):
        os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1])

    def test_its_processor_time_is_what_its_deadline_leaves(self):
        for setting in ("command_timeout", "delivery_timeout"):
            self.vmail.set(**{"command_timeout": None, "delivery_timeout": None, setting: "100s"})
            soft, hard = self.limits("Max cpu time", preexec_fn=self.on_one_processor)
            self.assertIn(soft, range(90, 102))
            self.assertIn(hard, range(soft, soft + 10))

    def test_of_several_processors_it_has_the_time_of_each(self):
        self.vmail.set(command_timeout="100s")
        soft, _ = self.limits("Max cpu time")
        self.assertGreaterEqual(soft, 90 * len(os.sched_getaffinity(0)))

    def test_one_that_left_its_group_and_spins_is_stopped_in_the_end(self):
        self.alias(self.script("setsid sh -c 'echo $$ > '$1'/new; mv '$1'/new '$1'/got; while :; do :; done' & "
                               "while ! test -e $1/got; do :; done"))
        for limit in growing(1):
            self.vmail.set(command_timeout=f"{limit}s")
            got = self.vmail.deliver("run@a.test", preexec_fn=self.on_one_processor)
            if got.status == 0:
                break
        self.assertEqual(got.status, 0, got)
        self.assertTrue(self.is_gone(int(self.got())))

    def test_it_can_write_no_endless_file(self):
        self.alias(self.script("truncate -s 17G $1/got"))
        self.refused(75, "signal 25|status 1", "run@a.test")
        self.runs("truncate -s 15G $1/got; truncate -s 0 $1/got")

    def test_its_longest_file_has_room_for_the_longest_message(self):
        for size, room in (("50M", 16 << 30), ("10G", 20 << 30), ("0", resource.RLIM_INFINITY)):
            self.vmail.set(max_message_size=size)
            self.assertGreaterEqual(self.limits("Max file size")[0], room, size)

    def test_lower_limits_of_the_caller_stay(self):
        def low():
            resource.setrlimit(resource.RLIMIT_CPU, (5, 7))
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 2 << 20))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for name, wanted in (("Max cpu time", (5, 7)), ("Max file size", (1 << 20, 2 << 20)),
                             ("Max core file size", (0, 0))):
            self.assertEqual(self.limits(name, preexec_fn=low), wanted)

    def test_a_soft_limit_of_the_caller_that_is_lower_stays_beside_a_hard_one_of_ours(self):
        low = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
        self.assertEqual(self.limits("Max file size", preexec_fn=low), (1 << 20, 16 << 30))

    def test_its_memory_and_number_of_processes_are_the_callers(self):
        for name, number in (("Max address space", resource.RLIMIT_AS), ("Max processes", resource.RLIMIT_NPROC)):
            self.assertEqual(self.limits(name), resource.getrlimit(number), name)


if __name__ == "__main__":
    main()
