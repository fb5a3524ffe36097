#!/usr/bin/python3
"""vdeliver: who its processes are, what they inherit, and hostile places to start from."""
import resource

from delivery import *

MESSAGE = b"Subject: x\n\nhello\n"
STATUS = "grep -E '^(Uid|Gid|Groups|CapEff|CapPrm|SigIgn|SigBlk)' /proc/self/status"


class Children(Delivery):
    """What a command finds."""
    def command(self, text, **more):
        out = os.path.join(self.vmail.scratch, "out")
        with open(out, "w"):
            pass
        os.chmod(out, 0o666)
        script = self.vmail.write("script", f"#!/bin/sh\n{{ {text}; }} > {out}\n", mode=0o755)
        self.vmail.write("aliases.a.test", f'run: "|exec {script}"\n')
        self.delivered("run@a.test", **more)
        return self.content(out).decode()

    @needs_root
    def test_a_command_is_the_command_user_and_nothing_else(self):
        self.vmail.set(command_user="60700:60701")
        os.setgroups([4, 24])
        self.addCleanup(os.setgroups, [])
        found = dict(line.split(":\t") for line in self.command(STATUS).splitlines())
        self.assertEqual(found["Uid"].split(), ["60700"] * 4)
        self.assertEqual(found["Gid"].split(), ["60701"] * 4)
        self.assertEqual(found["Groups"].strip(), "")
        self.assertEqual({found["CapEff"], found["CapPrm"]}, {"0" * 16})

    @needs_root
    def test_sendmail_is_sendmail_user_else_the_owner_else_the_command_user(self):
        sent = self.vmail.sendmail + ".sent"
        def who():
            self.delivered("list@a.test")
            return os.stat(os.path.join(sent, sorted(os.listdir(sent))[-1])).st_uid
        self.vmail.write("aliases.a.test", "list: x@far.test\n")
        self.vmail.set(command_user="60700")
        self.assertEqual(who(), 60700)
        text = self.vmail.read("domain.a.test").decode()
        self.vmail.write("domain.a.test", text + "owner = 60500:60500\n")
        self.assertEqual(who(), 60500)
        self.vmail.set(sendmail_user="60800")
        self.assertEqual(who(), 60800)

    @needs_root
    def test_users_and_groups_may_be_names_of_the_system_s_files(self):
        system_file("/etc/passwd", "root:x:0:0::/:\nnobody:x:65534:65534::/:\nrunner:x:60710:60711::/:\nposter:x:60720:60721::/:\n"
                                   "holder:x:60730:60731::/:\n")
        system_file("/etc/group", "root:x:0:\nnogroup:x:65534:\nrunners:x:60712:\n")
        self.vmail.set(command_user="runner:runners", sendmail_user="poster")
        self.assertEqual(self.command("id -u; id -G").split(), ["60710", "60712"])
        self.vmail.set(command_user="runner:60713")
        self.assertEqual(self.command("id -u; id -G").split(), ["60710", "60713"])
        self.vmail.write("aliases.a.test", "list: x@far.test\n")
        self.delivered("list@a.test")
        sent = self.vmail.sendmail + ".sent"
        self.assertEqual(os.stat(os.path.join(sent, os.listdir(sent)[0])).st_uid, 60720)
        self.vmail.domain("c.test", {"owner": "holder", "gid": None}, accounts=["eve"])
        self.delivered("eve@c.test")
        st = os.stat(self.vmail.inbox("eve@c.test"))
        self.assertEqual((st.st_uid, st.st_gid), (60730, 60731))

    @needs_root
    def test_a_command_never_has_the_group_of_the_inboxes(self):
        self.vmail.set(command_user=f"60700:{GID}")
        self.assertEqual(self.command("id -u; id -G").split(), ["60700", "65534"])

    @needs_root
    def test_no_command_ever_runs_as_root(self):
        for user in ("0", "root", "60700:0", "4294967295", "no-such-user-at-all"):
            self.vmail.set(command_user=user)
            self.vmail.write("aliases.a.test", f'run: "|true"\nfile: /dev/shm/x\nlist: x@far.test\n')
            for to in ("run", "file", "list"):
                self.refused(75, "", f"{to}@a.test")
        self.assertEqual(self.vmail.sent(), [])

    def test_a_command_has_three_descriptors_whatever_was_open(self):
        with open("/etc/passwd") as a, open("/dev/null", "w") as b:
            found = self.command("ls /proc/self/fd", pass_fds=[a.fileno(), b.fileno()])
        self.assertEqual(found.split()[:3], ["0", "1", "2"])
        self.assertLessEqual(len(found.split()), 4)     # and the one that ls reads with

    def test_a_command_has_no_signal_ignored_or_blocked(self):
        def hostile():
            for number in (signal.SIGPIPE, signal.SIGCHLD, signal.SIGXFSZ, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
        found = dict(line.split(":\t") for line in
                     self.command(STATUS, preexec_fn=hostile).splitlines())
        # 32 and 33 are the C library's own; whoever started us may have ignored them.
        ours = ~(3 << 31)
        self.assertEqual([int(found[name], 16) & ours for name in ("SigIgn", "SigBlk")], [0, 0])

    def test_a_command_leads_a_group_and_stands_in_the_root_directory(self):
        place, pid, group = self.command("pwd; cut -d' ' -f1,5 /proc/self/stat | tr ' ' '\\n'").split()
        self.assertEqual(place, "/")
        self.assertNotEqual(group, str(os.getpgrp()))

    @needs_strace
    @needs_root
    def test_nothing_that_a_user_can_write_to_is_opened_as_root(self):
        self.vmail.set(command_user="60700", sendmail_user="60800")
        self.vmail.write("aliases.a.test", f'list: joe, ann@b.test, "|cat", x@far.test, '
                                           f'{self.vmail.scratch}/homes/file\n')
        os.chmod(self.vmail.homes, 0o1777)
        for to in (["joe@a.test"], ["ann@b.test"], ["list@a.test"]):
            for message in (MESSAGE, b"S: x\n\n" + b"x" * 1000000):
                got, lines = strace(self.vmail, ["-y", "-e", "trace=%file,%process,setresuid,setresgid,"
                                                 "setgroups"], *to, input=message)
                self.assertEqual(got.status, 0, got)
                self.assertGreater(self.check_identities(lines), 3 if to == ["list@a.test"] else 0)

    def check_identities(self, lines):
        """Follows uids from line to line; returns how many processes gave root up."""
        open_to_users = re.compile(rf'{re.escape(self.vmail.spool)}/[ab]\.test>?(, "|/)\w'
                                   rf'|{re.escape(self.vmail.homes)}>?(, "|/)\w')
        root, steps, switched = {}, {}, 0
        for line in lines:
            pid, call = line.split(maxsplit=1)
            root.setdefault(pid, True)
            if child := re.match(r"(?:clone3?|v?fork)\(.* = (\d+)", call):
                # The child may have been seen first.
                root.setdefault(child[1], root[pid])
            if given := re.match(r"(setgroups|setresgid|setresuid)\((.*)\) += 0", call):
                steps.setdefault(pid, []).append(given[1])
                self.assertEqual(len(set(given[2].split(", "))), 2 if given[1] == "setgroups" else 1)
            if call.startswith("setresuid("):
                self.assertEqual(steps[pid], ["setgroups", "setresgid", "setresuid"])
                root[pid] = False
                switched += 1
            elif root[pid]:
                self.assertNotRegex(call, open_to_users)
        return switched


@needs_root
class AnotherUser(Delivery):
    """Started as somebody who is not root and owns one.test, or one account."""
    OWNER = 61234

    def setUp(self):
        super().setUp()
        self.vmail.domain("one.test", {"owner": f"{self.OWNER}:{self.OWNER}", "gid": None}, accounts=["bob"],
                          aliases='run: "|id -u >&2; exit 69"\nlist: x@far.test\n')
        place = os.path.join(self.vmail.spool, "one.test")
        os.mkdir(place, 0o700)
        os.chown(place, self.OWNER, self.OWNER)
        self.who = {"user": self.OWNER, "group": self.OWNER, "extra_groups": []}

    def waits(self, uid, *args, **more):
        got = self.vmail.deliver(*args, **more)
        self.assertEqual((got.status, got.stderr), (
            75, f"4.3.5 only root can act as uid {uid}: start it as root or as that user\n"))
        return got

    def test_the_mailboxes_of_an_owner_are_served_and_the_rest_waits(self):
        self.delivered("joe@a.test")
        self.delivered("bob@one.test", MESSAGE, **self.who)
        self.assertEqual(self.last("bob@one.test"), trace("bob@one.test") + MESSAGE)
        self.waits(self.owner()[0], "joe@a.test", **self.who)
        self.waits(self.owner()[0], ["bob@one.test", "joe@a.test"], **self.who)
        self.assertEqual(len(self.vmail.messages("bob@one.test")), 2)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)

    def test_before_the_domain_s_directory_is_there_too(self):
        self.waits(self.owner()[0], "joe@a.test", **self.who)

    def test_the_mailbox_of_an_account_is_served_and_the_rest_waits(self):
        self.delivered("joe@a.test")
        self.delivered("ann@b.test")
        who = {"user": self.owner()[0], "group": GID, "extra_groups": []}
        self.delivered("joe@a.test", **who)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 2)
        self.waits(self.owner("ann@b.test")[0], "ann@b.test", **who)
        self.waits(self.OWNER, "bob@one.test", **who)

    def test_with_the_set_uid_bit_it_does_nothing(self):
        vdeliver = os.path.join(self.vmail.scratch, "vdeliver")
        shutil.copy(program("vdeliver"), vdeliver)
        for mode in 0o4755, 0o2755:
            os.chown(vdeliver, self.OWNER, self.OWNER)
            os.chmod(vdeliver, mode)
            got = run(vdeliver, "-C", self.vmail.dir, "bob@one.test", input=MESSAGE,
                      user=61999, group=61999, extra_groups=[])
            self.assertEqual(got.status, 75, got)
            self.assertRegex(got.stderr, r"\A4\.3\.5 [^\n]*must not be set-uid[^\n]*\n\Z")
        self.assertEqual(self.vmail.messages("bob@one.test"), [])

    def test_who_is_unknown_is_unknown_whoever_asks(self):
        self.refused(67, "unknown user", "nobody-of-that-name@a.test", **self.who)
        self.refused(68, "unknown domain", "joe@far.test", **self.who)

    def test_commands_and_sendmail_run_as_itself(self):
        self.vmail.set(command_user="60700", sendmail_user="60800")
        self.refused(69, f"5.3.0 {self.OWNER}".split(" ")[1], "run@one.test", **self.who)
        self.delivered("list@one.test", **self.who)
        sent = self.vmail.sendmail + ".sent"
        self.assertEqual(os.stat(os.path.join(sent, os.listdir(sent)[0])).st_uid, self.OWNER)


class Hostile(Delivery):
    """The right result or a clean 75; and never a word of ours in a mailbox."""
    def start(self, hostile, may_fail=False, message=MESSAGE, **more):
        self.delivered("joe@a.test", b"S: before\n\n")
        self.delivered("ann@b.test", b"S: before\n\n")
        for to in ("joe@a.test", "ann@b.test"):
            before = self.vmail.messages(to)
            got = self.vmail.deliver(to, message, preexec_fn=hostile, **more)
            self.assertIn(got.status, (0, 75) if may_fail else (0,), got)
            after = before + [trace(to) + message] * (got.status == 0)
            self.assertEqual(self.vmail.messages(to), after)
            if got.stderr:
                self.assertRegex(got.stderr, r"\A4\.\d\.\d [^\n]+\n\Z")
            self.delivered(to, b"S: after\n\n")
            self.assertEqual(self.vmail.messages(to), after + [trace(to) + b"S: after\n\n"])

    def test_signals_that_are_ignored(self):
        self.start(lambda: [signal.signal(n, signal.SIG_IGN) for n in signal.valid_signals()
                            if n not in (signal.SIGKILL, signal.SIGSTOP)])

    def test_signals_that_are_blocked(self):
        self.start(lambda: signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()))

    def test_standard_output_and_errors_that_are_closed(self):
        for closed in ([1], [2], [1, 2]):
            self.start(lambda: [os.close(fd) for fd in closed])

    def test_all_of_0_to_2_closed_is_temporary_and_writes_nothing(self):
        self.delivered("joe@a.test")
        before = self.content(self.inbox)
        for closed in ([0], [0, 1], [0, 2], [0, 1, 2]):
            got = run("vdeliver", "-C", self.vmail.dir, "joe@a.test", input=None,
                      preexec_fn=lambda: [os.close(fd) for fd in closed])
            self.assertEqual(got.status, 75, got)
            self.assertEqual(self.content(self.inbox), before)

    def test_standard_errors_that_are_full(self):
        with open("/dev/full", "w") as full:
            for to, status in (("joe@a.test", 0), ("nobody-of-that-name@a.test", 67)):
                done = subprocess.run([program("vdeliver"), "-C", self.vmail.dir, to], input=MESSAGE,
                                      stdout=full, stderr=full, env=environment())
                self.assertEqual(done.returncode, status)

    def test_files_that_may_not_grow(self):
        for limit in (0, 1, 600, 1024):
            self.start(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)), True,
                       b"S: x\n\n" + b"y" * 2000 + b"\n")
        self.start(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500000, 500000)), True,
                   b"S: x\n\n" + b"y\n" * 400000)

    def test_a_limit_on_files_is_a_temporary_failure_with_its_words(self):
        got = self.refused(75, "File too large", "joe@a.test", b"y" * 3000, preexec_fn=lambda:
                           resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024)))
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def test_few_descriptors(self):
        for limit in range(3, 16):
            got = self.vmail.deliver("joe@a.test", preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (limit, limit)))
            # Below that not even the system's loader can open the C library.
            self.assertIn(got.status, (0, 75) if limit > 3 else (0, 75, 127), got)
        self.start(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8)), True)

    @only_where(not is_sanitized())
    def test_little_memory_is_a_temporary_failure_with_one_line(self):
        self.delivered("joe@a.test")
        message, lacked = b"S: x\n\n" + b"y" * 1000000 + b"\n", 0
        for kilobytes in range(50, 1000, 50):
            limit = lambda: resource.setrlimit(resource.RLIMIT_DATA, (kilobytes << 10, kilobytes << 10))
            got = self.vmail.deliver("joe@a.test", message, preexec_fn=limit)
            if got.status in (127, -signal.SIGSEGV):    # the system's loader could not even start it
                continue
            self.assertIn(got.status, (0, 75), got)
            self.assertRegex(got.stderr, r"\A(4\.3\.0 [^\n]+\n)?\Z")
            lacked += "out of memory" in got.stderr
        self.assertGreater(lacked, 1)
        self.assertEqual({len(m) for m in self.vmail.messages("joe@a.test")[1:]},
                         {len(trace("joe@a.test") + message)})

    def test_a_hostile_environment(self):
        evil = {name: "/nowhere:%n\n`id`" for name in (
            "IFS", "ENV", "BASH_ENV", "TZ", "TZDIR", "LANG", "LC_ALL", "LOCPATH", "NLSPATH", "TMPDIR",
            "HOSTALIASES", "RES_OPTIONS", "POSIXLY_CORRECT", "MALLOC_ARENA_MAX", "MALLOC_CHECK_", "MALLOC_PERTURB_",
            "MALLOC_TRACE", "GLIBC_TUNABLES", "GCONV_PATH", "LD_LIBRARY_PATH", "LD_PROFILE",
            "LD_ORIGIN_PATH", "HOME", "PATH",
            "USER", "SHELL", "RECIPIENT", "SENDER", "DOMAIN", "LOCAL", "EXTENSION")}
        self.start(None, env=evil)

    def test_an_empty_environment_and_a_directory_that_is_gone(self):
        gone = os.path.join(self.vmail.scratch, "gone")
        def leave():
            os.mkdir(gone)
            os.chdir(gone)
            os.rmdir(gone)
            os.environ.clear()
        self.start(leave)

    def test_any_umask(self):
        for umask in (0, 0o777, 0o022):
            self.start(lambda: os.umask(umask))


if __name__ == "__main__":
    main()
