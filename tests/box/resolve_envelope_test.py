#!/usr/bin/python3
"""What vdeliver is asked with: recipients, senders, options, environment; and that -n does nothing."""
from delivery import needs_strace, strace
from resolving import *

JOE, ANN, BOB = "mailbox joe@a.test", "mailbox ann@a.test", "mailbox bob@b.test"
USAGE = "usage: vdeliver [-C dir] [-n] [-v] [-f sender] [-d domain] [--] recipient..."


def is_joe(self, recipient):
    self.leads(recipient, JOE)


def ends_with(self, recipient, status, line):
    self.fails(recipient, status, line)


NONE = (67, "5.1.3 not an e-mail address")
HYPHEN = (67, "5.1.3 an address that begins with '-'")
BYTES = (67, "5.1.3 an address with NUL, CR or LF in it")


@rows(is_joe, [
    ("an address", "joe@a.test"),
    ("upper case", "JOE@A.TEST"),
    ("angle brackets", "<joe@a.test>"),
    ("blanks around it", " joe@a.test "),
    ("a dot behind the domain", "joe@a.test."),
    ("a source route", "@r1.test,@r2.test:joe@a.test"),
    ("a source route in brackets", "<@r.test:joe@a.test>"),
    ("quotes that nothing needs", '"joe"@a.test'),
    ("an escape that nothing needs", '"j\\oe"@a.test'),
    ("an extension in quotes", '"joe+a b"@a.test'),
    ("an extension of any bytes", "joe+\udcff$(id)`id`@a.test"),
    ("an extension of a thousand bytes", "joe+" + "x" * 1000 + "@a.test"),
])
@rows(ends_with, [
    ("nothing in front of the at sign", "@a.test", *NONE),
    ("nothing behind the at sign", "joe@", *NONE),
    ("two at signs", "joe@@a.test", *NONE),
    ("two addresses in one", "joe@a.test,ann@a.test", *NONE),
    ("an at sign alone", "@", *NONE),
    ("an empty quoted local part", '""@a.test', *NONE),
    ("quotes that are not closed", '"joe@a.test', *NONE),
    ("something behind the quotes", '"joe"x@a.test', *NONE),
    ("a hyphen first", "-f@a.test", *HYPHEN),
    ("a hyphen first, in quotes", '"-f"@a.test', *HYPHEN),
    ("a hyphen first, in brackets", "<-f@a.test>", *HYPHEN),
    ("an LF", "jo\ne@a.test", *BYTES),
    ("a CR", "jo\re@a.test", *BYTES),
    ("an LF behind the domain", "joe@a.test\n", *BYTES),
    ("an LF in quotes", '"jo\ne"@a.test', *BYTES),
    ("an address literal", "joe@[1.2.3.4]", 68, "5.1.2 unknown domain [1.2.3.4]"),
    ("a domain with an empty label", "joe@a..test", 68, "5.1.2 unknown domain a..test"),
    ("a domain of 254 bytes", "joe@" + "a." * 125 + "test", 68, "5.1.2 unknown domain " + "a." * 125 + "test"),
    ("a path as domain", "joe@../etc", 68, "5.1.2 unknown domain ../etc"),
    ("a per cent sign", "joe%b.test@a.test", 67, "5.1.1 unknown user joe%b.test@a.test"),
    ("an exclamation mark", "b.test!joe@a.test", 67, "5.1.1 unknown user b.test!joe@a.test"),
    ("a path", "../x@a.test", 67, '5.1.1 unknown user "../x"@a.test'),
    ("a slash", "a/b@a.test", 67, "5.1.1 unknown user a/b@a.test"),
    ("a dot first", ".joe@a.test", 67, '5.1.1 unknown user ".joe"@a.test'),
    ("a blank in quotes", '"j e"@a.test', 67, '5.1.1 unknown user "j e"@a.test'),
    ("an at sign in quotes", '"joe@a.test"@a.test', 67, '5.1.1 unknown user "joe@a.test"@a.test'),
    ("an escape byte shows as ?", '"j\033[2J"@a.test', 67, '5.1.1 unknown user "j?[2J"@a.test'),
    ("a local part of 65 bytes", "j" * 65 + "@a.test", 67, "5.1.1 unknown user " + "j" * 65 + "@a.test"),
    ("the lock's name", "joe.lock@a.test", 67, "5.1.1 unknown user joe.lock@a.test"),
    ("the limit's name", "joe.quota@a.test", 67, "5.1.1 unknown user joe.quota@a.test"),
])
class Recipient(Resolving):
    def test_ten_thousand_bytes_are_an_unknown_user_with_one_line(self):
        plan = self.plan("j" * 10000 + "@a.test")
        self.assertEqual((plan.status, plan.stderr.count("\n")), (67, 1))
        self.assertLess(len(plan.stderr), 600)

    def test_bytes_that_are_no_utf8_are_an_unknown_user(self):
        self.assertEqual(self.plan("j\udcff@a.test").status, 67)

    def test_the_plan_is_one_line_a_step_whatever_the_address_is(self):
        got = self.vmail.run("vdeliver", "-n", '"a\033\tb"@a.test')
        self.assertEqual(got.stdout, b'"a??b"@a.test\n  failure 5.1.1 unknown user "a??b"@a.test\n'
                                     b'    "a??b"@a.test no alias, no account\n')


class Several(Resolving):
    def test_all_are_planned_in_their_order(self):
        plan = self.plan("ann@a.test", "bob@b.test", "joe@a.test")
        self.assertEqual((plan.recipients, plan.targets, plan.status),
                         (["ann@a.test", "bob@b.test", "joe@a.test"], [ANN, BOB, JOE], 0))

    def test_the_status_is_the_temporary_one_s_and_its_line_comes_first(self):
        self.vmail.write("domain.b.test", "x = 1\n")
        plan = self.plan("nobody@a.test", "bob@b.test", "joe@a.test", "joe@c.test")
        self.assertEqual((plan.status, plan.stderr.split("\n")), (75, [
            "4.3.5 ETC/domain.b.test:1: no setting is called 'x'",
            "5.1.1 unknown user nobody@a.test", "5.1.2 unknown domain c.test", ""]), plan)

    def test_of_permanent_ones_the_first_decides(self):
        plan = self.plan("joe@a.test", "joe@c.test", "nobody@a.test")
        self.assertEqual((plan.status, plan.stderr),
                         (68, "5.1.2 unknown domain c.test\n5.1.1 unknown user nobody@a.test\n"))

    def test_a_bad_address_does_not_hurt_the_others(self):
        plan = self.plan("@a.test", "joe@a.test")
        self.assertEqual((plan.status, plan.targets),
                         (67, ["failure 5.1.3 not an e-mail address", JOE]))

    def test_a_thousand_of_them(self):
        plan = self.plan(*[f"joe+{i}@a.test" for i in range(1000)])
        self.assertEqual((plan.status, plan.targets), (0, [JOE] * 1000))


class Sender(Resolving):
    def test_forms_of_the_null_sender_and_of_others(self):
        for sender in "", "<>", "MAILER-DAEMON", "<mailer-daemon>", "x@far.test", "<x@far.test>", "x", \
                "$(id)@far.test", "a b", "@r.test:x@far.test", "\u00e4@far.test", "x@far.test" * 100:
            self.leads("joe@a.test", JOE, options=["-f", sender])

    def test_a_sender_that_begins_with_a_hyphen_is_refused(self):
        for sender in "-oX@far.test", "<-oX@far.test>":
            self.fails("joe@a.test", 67, "5.1.3 a sender that begins with '-'", options=["-f", sender])

    def test_a_sender_with_control_bytes_is_refused(self):
        for sender in "a\nb@far.test", "a\rb@far.test", "a@far.test\n", "a\033b@far.test":
            self.fails("joe@a.test", 67, "5.1.3 a sender with control bytes in it", options=["-f", sender])


class Usage(Resolving):
    def call(self, *args, env=None):
        plan = Plan(self.vmail, self.vmail.run("vdeliver", "-n", *args, env=env))
        self.assertIn(plan.status, STATUSES, plan)
        return plan

    def test_no_recipient_is_temporary(self):
        for args in [], ["--"], ["-d", "a.test"]:
            plan = self.call(*args)
            self.assertEqual((plan.status, plan.stderr), (75, f"4.3.5 no recipient; {USAGE}\n"))

    def test_an_unknown_option_is_temporary(self):
        for option, named in ("-x", "x"), ("--help", "-"), ("-\033", "?"):
            plan = self.call(option, "joe@a.test")
            self.assertEqual((plan.status, plan.stderr), (75, f"4.3.5 unknown option -{named}; {USAGE}\n"))

    def test_an_option_without_its_value_is_temporary(self):
        for option in "-f", "-d", "-C":
            self.assertEqual(self.call(option).status, 75)

    def test_a_local_part_needs_a_domain(self):
        plan = self.call("joe")
        self.assertEqual((plan.status, plan.stderr),
                         (75, "4.3.5 recipient 'joe' has no domain: give one with -d\n"))

    def test_a_local_part_with_d_is_in_that_domain(self):
        self.assertEqual(self.call("-d", "a.test", "joe").targets, [JOE])
        self.assertEqual(self.call("-d", "b.test", "bob", "joe@a.test").targets, [BOB, JOE])

    def test_a_directory_that_is_not_there_is_temporary(self):
        got = run("vdeliver", "-n", "-C", self.vmail.scratch + "/nowhere", "joe@a.test")
        self.assertEqual((got.status, got.stderr),
                         (75, f"4.3.0 {self.vmail.scratch}/nowhere: No such file or directory\n"))

    def test_a_relative_directory_is_below_the_current_one(self):
        got = run("vdeliver", "-n", "-C", "etc", "joe@a.test", cwd=self.vmail.scratch)
        self.assertEqual(got.status, 0, got)

    def test_the_environment_tells_where_the_command_line_does_not(self):
        for env, status, targets in [
                ({"RECIPIENT": "joe@a.test"}, 0, [JOE]),
                ({"RECIPIENT": "joe@a.test", "DOMAIN": "b.test", "LOCAL": "bob"}, 0, [JOE]),
                ({"LOCAL": "joe", "DOMAIN": "a.test"}, 0, [JOE]),
                ({"RECIPIENT": "joe", "DOMAIN": "a.test"}, 0, [JOE]),
                ({"RECIPIENT": "joe@a.test", "SENDER": "<>"}, 0, [JOE]),
                ({"LOCAL": "joe"}, 75, []), ({"DOMAIN": "a.test"}, 75, []), ({"RECIPIENT": ""}, 75, [])]:
            plan = self.call(env=env)
            self.assertEqual((plan.status, plan.targets), (status, targets), (env, plan))

    def test_the_environment_s_sender_is_checked_like_any(self):
        plan = self.call(env={"RECIPIENT": "joe@a.test", "SENDER": "-oX"})
        self.assertEqual((plan.status, plan.stderr), (67, "5.1.3 a sender that begins with '-'\n"))

    def test_the_command_line_counts_before_the_environment(self):
        plan = self.call("ann@a.test", env={"RECIPIENT": "joe@a.test", "SENDER": "-oX"})
        self.assertEqual((plan.status, plan.targets), (0, [ANN]))

    def test_a_plan_that_cannot_be_written_is_temporary_and_says_so(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([program("vdeliver"), "-C", self.vmail.dir, "-n", "joe@a.test"],
                                  stdout=full, stderr=subprocess.PIPE, env=environment())
        self.assertEqual(done.returncode, 75)
        self.assertRegex(done.stderr, rb"^4\.3\.0 .*No space left on device\n$")


class NoSideEffects(Resolving):
    def everything(self):
        """All there is, with times, modes and contents."""
        found = {}
        for directory, names, files in os.walk(self.vmail.scratch):
            for name in [".", *names, *files]:
                path = os.path.join(directory, name)
                if name == "strace":
                    continue
                st = os.lstat(path)
                content = b""
                if os.path.isfile(path):
                    with open(path, "rb") as f:
                        content = f.read()
                found[path] = (st.st_mode, st.st_uid, st.st_gid, st.st_size, content,
                               None if path in (self.vmail.scratch, self.vmail.scratch + "/.") else st.st_mtime_ns)
        return found

    def setUp(self):
        super().setUp()
        self.ran = os.path.join(self.vmail.spool, "ran")
        path = self.vmail.write("list", "ann\nwho@far.test\n")
        self.aliases(f'x: joe, "|touch {self.ran}", {self.ran}, :include:{path}, bob@b.test, nobody\n'
                     "owner-x: ann\n")
        self.change(fallback=f"|touch {self.ran}")
        self.recipients = "x@a.test", "nobody@a.test", "bob@b.test", "joe@c.test"

    def test_nothing_is_made_changed_run_or_sent(self):
        self.plan("joe@a.test")
        self.indexes_stay = True
        before = self.everything()
        plan = self.plan(*self.recipients)
        self.assertEqual(plan.status, 68, plan)
        self.assertEqual(len(plan.targets), 10, plan)
        self.assertEqual(self.everything(), before)
        self.assertEqual(self.vmail.sent(), [])

    def test_the_same_call_without_n_does_change_something(self):
        before = self.everything()
        self.vmail.deliver(list(self.recipients))
        self.assertNotEqual(self.everything(), before)

    def test_standard_input_is_not_read(self):
        for options, left in (["-n"], b"hello"), ([], b""):
            with open(os.path.join(self.vmail.scratch, "message"), "w+b") as message:
                message.write(b"hello")
                message.flush()
                message.seek(0)
                self.vmail.run("vdeliver", *options, "joe@a.test", input=message)
                self.assertEqual(os.read(message.fileno(), 100), left)

    @needs_strace
    def test_no_system_call_writes_but_to_standard_output_and_error(self):
        """No file is opened for writing, made, moved or removed; no program is started."""
        got, lines = strace(self.vmail, ["-e", "trace=%file,write,pwrite64,ftruncate,fchown,fchmod,fsync"],
                            "-n", "--", *self.recipients)
        self.assertEqual(got.status, 68, got)
        self.assertGreater(sum("openat(" in line for line in lines), 10, lines)
        self.assertEqual(sum("execve(" in line for line in lines), 1, lines)
        for line in lines:
            if '"/dev/null"' in line or re.search(r"mkdir.*EEXIST|--- SIGCHLD", line):
                continue                    # for standard descriptors; a sanitizer's reports
            self.assertNotRegex(line, r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC")
            self.assertNotRegex(line, r"\b(un)?link(at)?\(|rename|mkdir|symlink|mknod|chmod|chown|truncate|utime|fsync")
            if "write(" in line:            # what a reader of .forward answers
                self.assertRegex(line, r"\bwrite\(([12],|\d+, (\"(error|entry) |0x))")


if __name__ == "__main__":
    main()
