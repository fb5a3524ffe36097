#!/usr/bin/python3
"""vlmtpd: odd starts, and what is on disk when 250 is said."""
import itertools
import resource

from lmtp import *

CALLS = "trace=fsync,fdatasync,sendto,write,writev,rename,renameat,renameat2,link,linkat"


class OddStarts(LmtpTest):
    def ends(self, statuses, *redirect):
        """Started by a shell with such descriptors it ends by itself, and says nothing wrong."""
        got = run("/bin/sh", "-c", f'exec "$0" -C "$1" {" ".join(redirect)}', program("vlmtpd"), self.vmail.dir,
                  input=None)
        self.assertIn(got.status, statuses, got)
        self.assertEqual(self.vmail.messages("joe@a.test"), [])
        return got

    def test_standard_input_that_is_closed(self):
        self.ends((0, 75), "<&-")

    def test_standard_input_and_output_that_are_closed(self):
        self.ends((0, 75), "<&-", ">&-")

    def test_all_three_closed(self):
        self.ends((0, 75), "<&-", ">&-", "2>&-")

    def test_bad_options_are_no_word_to_the_client_who_has_standard_error_too(self):
        client, server = socket.socketpair()
        with client, server:
            process = subprocess.Popen([program("vlmtpd"), "-x"], stdin=server, stdout=server, stderr=server)
            server.close()
            self.assertEqual(client.recv(1), b"")
            self.assertEqual(process.wait(), 64)

    def test_standard_input_that_is_dev_null(self):
        self.assertEqual(self.ends((0,)).stdout, GREETING.encode() + b"\r\n")

    def test_standard_input_that_is_a_directory(self):
        self.ends((0, 75), "</")

    def test_standard_output_that_is_full(self):
        self.ends((0, 75), ">/dev/full")

    def test_a_session_in_a_file_is_a_session(self):
        with open(os.path.join(self.vmail.scratch, "session"), "wb") as f:
            f.write(SESSION % b"joe@a.test" + b"QUIT\r\n")
        with open(f.name, "rb") as f:
            got = self.vmail.run("vlmtpd", input=f)
        self.assertEqual(got.status, 0, got)
        self.assertEqual([line[:3] for line in got.stdout.split(b"\r\n")[-4:]], [b"354", b"250", b"221", b""])
        self.assertEqual(self.bodies("joe@a.test"), [b"Subject: cut\n\nhello\n"])

    def test_a_file_that_ends_before_the_dot_delivers_nothing(self):
        with open(os.path.join(self.vmail.scratch, "session"), "wb") as f:
            f.write((SESSION % b"joe@a.test")[:-1])
        with open(f.name, "rb") as f:
            self.assertEqual(self.vmail.run("vlmtpd", input=f).status, 0)
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def test_signals_that_are_ignored_or_blocked_at_the_start_change_nothing(self):
        def odd():
            for number in (signal.SIGPIPE, signal.SIGCHLD, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM})
        lmtp = self.start(preexec_fn=odd).hello()
        self.assertEqual(lmtp.deliver("joe@a.test", "ann@b.test"), [DONE, DONE])
        lmtp.process.signal()
        self.assertRegex(lmtp.reply(), r"^421 4\.3\.2 ")
        self.assertEqual(lmtp.process.wait(), 0)

    def test_a_small_limit_on_file_sizes_is_temporary_and_the_session_goes_on(self):
        lmtp = self.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))).hello()
        self.assertRegex(lmtp.deliver("joe@a.test", message=b"x" * 50000 + b"\n")[0], r"^45[12] 4\.3\.\d ")
        self.assertEqual(lmtp.deliver("ann@b.test"), [DONE])
        lmtp.quit()

    def test_a_hostile_environment_changes_nothing(self):
        lmtp = self.start(env={"LISTEN_FDS": "99999999999", "LISTEN_PID": "x", "RECIPIENT": "ann@b.test",
                               "SENDER": "-oX", "TZ": "/etc/passwd", "IFS": "a", "MALLOC_PERTURB_": "5"})
        self.assertEqual(lmtp.hello().deliver("joe@a.test"), [DONE])
        self.assertEqual(len(self.bodies("joe@a.test")), 1)
        lmtp.quit()

    def test_a_message_of_50_megabytes_needs_no_more_memory_than_a_short_one(self):
        lmtp = self.session()
        processes = session_of(lmtp.process.pid)
        self.assertEqual(lmtp.deliver("ann@b.test"), [DONE])
        before = [int(status_of(pid)["VmHWM"].split()[0]) for pid in processes]
        self.assertEqual(lmtp.deliver("ann@b.test", message=(b"y" * 77 + b"\n") * 640000), [DONE])
        after = [int(status_of(pid)["VmHWM"].split()[0]) for pid in processes]
        if not is_sanitized("vlmtpd"):
            for one, other in zip(before, after):
                self.assertLess(other - one, 1024, (before, after))
        lmtp.quit()


class Hostile(LmtpTest):
    """The right result, or 4xx, or a connection that ends; and never a word of ours in a mailbox."""
    MESSAGE = b"Subject: x\n\n" + b"hello\n" * 300

    def conversation(self, hostile, message, to, **more):
        """Whether the message was taken: True, or False: it waits."""
        lmtp = self.start(preexec_fn=hostile, **more)
        said = []
        for step in (b"", b"LHLO x\r\n", b"MAIL FROM:<sender@far.test>\r\n", b"RCPT TO:<%s>\r\n" % to.encode(),
                     b"DATA\r\n", wire(message)):
            lmtp.send(step)
            said.append(lmtp.reply())
            if not said[-1] or said[-1][0] not in "23":
                break
        self.assertRegex(said[-1] or "4", "^[24]", said)
        lmtp.close()
        lmtp.process.wait()
        self.assertIn(lmtp.process.popen.returncode, (0, 75, 127), lmtp.process.errors)
        gone(lmtp.process.pid)
        return said[-1] == DONE

    def is_right(self, hostile, may_wait=False, message=MESSAGE, **more):
        for to in ("joe@a.test", "ann@b.test"):
            before = self.bodies(to)
            taken = self.conversation(hostile, message, to, **more)
            self.assertTrue(taken or may_wait, "it should have been taken")
            after = before + [message] * taken
            self.assertEqual(self.bodies(to), after)
            self.assertTrue(self.conversation(None, b"S: after\n\n", to))
            self.assertEqual(self.bodies(to), after + [b"S: after\n\n"])

    def test_every_signal_ignored_or_blocked(self):
        def ignored():
            for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_IGN)
        self.is_right(ignored)
        self.is_right(lambda: signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()))

    def test_every_set_of_0_to_2_closed(self):
        session = os.path.join(self.vmail.scratch, "session")
        with open(session, "wb") as f:
            f.write(SESSION % b"joe@a.test" + b"QUIT\r\n")
        for closed in itertools.chain.from_iterable(itertools.combinations((0, 1, 2), n) for n in (1, 2, 3)):
            before = len(self.vmail.messages("joe@a.test"))
            with open(session, "rb") as f:
                got = self.vmail.run("vlmtpd", input=f, preexec_fn=lambda: [os.close(fd) for fd in closed])
            self.assertIn(got.status, (0, 75), (closed, got))
            more = len(self.vmail.messages("joe@a.test")) - before
            self.assertLessEqual(more, int(0 not in closed), (closed, got))
            if 1 not in closed:                 # else nobody knows what was said
                self.assertEqual(more, got.stdout.count(b"250 2.0.0 delivered"), (closed, got))
        self.assertEqual(set(self.bodies("joe@a.test")), {b"Subject: cut\n\nhello\n"})

    def test_any_umask(self):
        for umask in (0, 0o777, 0o022):
            self.is_right(lambda: os.umask(umask))
        self.assertEqual(os.stat(self.inbox).st_mode & 0o777, 0o600)

    def test_files_that_may_not_grow(self):
        for limit in (0, 1, 1024):
            self.is_right(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)), True)

    def test_few_descriptors(self):
        for limit in range(3, 16):
            self.is_right(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)), True)

    @only_where(not is_sanitized("vlmtpd"))
    def test_little_memory(self):
        for limit in (1 << 20, 4 << 20, 8 << 20):
            self.is_right(lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit)), True)

    def test_a_hostile_environment(self):
        self.is_right(None, env=HOSTILE_ENVIRONMENT)

    def test_a_directory_that_is_gone(self):
        gone = os.path.join(self.vmail.scratch, "gone")

        def leave():
            os.mkdir(gone)
            os.chdir(gone)
            os.rmdir(gone)
        self.is_right(leave)


@needs_strace
@needs_root
class OnDisk(LmtpTest):
    """Without root strace cannot look into our processes."""
    def calls(self, to, message):
        """What all processes call for one message, in order, up to its 250: ["fsync", "rename", ...]."""
        output = os.path.join(self.vmail.scratch, "strace")
        client, server = socket.socketpair()
        with server:
            process = Process(["/usr/bin/strace", "-f", "-s", "200", "-o", output, "-e", CALLS, program("vlmtpd"),
                               "-C", self.vmail.dir], stdin=server, stdout=server)
        self.vmail.processes.append(process)
        lmtp = Lmtp(client, process).hello()
        lmtp.deliver(to)                        # directories and inbox are there
        with open(output) as f:
            skip = len(f.readlines())
        self.assertEqual(lmtp.deliver(to, message=message), [DONE])
        lmtp.quit()
        with open(output, errors="replace") as f:
            lines = joined(f.read().splitlines()[skip:])
        end = next(n for n, line in enumerate(lines) if "250 2.0.0 delivered" in line)
        return [re.match(r"\d+ +(\w+)\(", line)[1] for line in lines[:end] if re.match(r"\d+ +\w+\(.* = 0$", line)]

    def test_an_mbox_is_synced_before_250_is_said(self):
        for size in 100, 200000:
            self.assertIn("fsync", self.calls("joe@a.test", b"Subject: x\n\n" + b"y" * size + b"\n"))

    def test_a_maildir_s_file_and_then_its_directory_are_synced_before_250_is_said(self):
        for size in 100, 200000:
            calls = [c for c in self.calls("ann@b.test", b"Subject: x\n\n" + b"y" * size + b"\n")
                     if not c.startswith(("write", "sendto"))]
            published = [n for n, c in enumerate(calls) if c.startswith(("rename", "link"))]
            self.assertTrue(published, calls)
            self.assertIn("fsync", calls[:published[-1]], calls)
            self.assertIn("fsync", calls[published[-1]:], calls)


if __name__ == "__main__":
    main()
