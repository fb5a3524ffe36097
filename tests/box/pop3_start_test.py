#!/usr/bin/python3
"""vpop3d: hostile places to start from: the right result, or a clean end; never a word of the log to a client."""
import itertools
import resource
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/fault")
from pop3_faults import *

SCRIPT = f"USER joe@a.test\r\nPASS {PASSWORD}\r\nNOOP\r\nRETR 2\r\nDELE 1\r\nDELE 3\r\nQUIT\r\n".encode()
ODD = "an odd start"


def tcp():
    return connection(fresh_address())


def limits(number, *values):
    return [lambda value=value: resource.setrlimit(number, (value, value)) for value in values]


class OddStarts(BoxTest):
    """Each for an mbox and a Maildir."""
    def worlds(self):
        for kind in ("mbox", "maildir"):
            yield PopWorld(self.installation(), kind, mails=[*FOUR[:3], FOUR[3] + b"x\n" * 1000])

    def is_right(self, *hostile, may_fail=False, **more):
        done = set()
        for world in self.worlds():
            for one in hostile:
                done.add(world.odd_start(ODD, not may_fail, connect=tcp, preexec_fn=one, **more).done)
            self.assertEqual(world.wrong, [])
        return done

    def test_every_signal_ignored(self):
        def ignored():
            for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_IGN)
        self.is_right(ignored, restore_signals=False)

    def test_every_signal_blocked(self):
        self.is_right(lambda: signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()))

    def test_any_umask(self):
        self.is_right(lambda: os.umask(0), lambda: os.umask(0o777))

    def test_files_that_may_not_grow(self):
        self.assertEqual(self.is_right(*limits(resource.RLIMIT_FSIZE, 0, 1, 1024), may_fail=True), {False, True})

    def test_few_descriptors(self):
        self.assertEqual(self.is_right(*limits(resource.RLIMIT_NOFILE, *range(3, 17)), may_fail=True), {False, True})

    @only_where(not is_sanitized("vpop3d"))
    def test_little_memory(self):
        sizes = [megabytes << 20 for megabytes in (1, 2, 4, 5, 6, 8, 12, 64)]
        self.assertEqual(self.is_right(*limits(resource.RLIMIT_AS, *sizes), may_fail=True), {False, True})

    def test_a_hostile_environment(self):
        self.is_right(None, env=HOSTILE_ENVIRONMENT)

    def test_a_directory_that_is_gone(self):
        def leave():
            gone = tempfile.mkdtemp(dir=SCRATCH)
            os.chdir(gone)
            os.rmdir(gone)
        self.is_right(leave)

    def test_a_standard_error_that_is_the_client(self):
        self.is_right(lambda: os.dup2(0, 2))

    def test_bad_options_are_no_word_to_the_client(self):
        pop = self.installation().pop3("-x", inetd_stderr=True)
        self.assertEqual(pop.rest(), b"")
        self.assertEqual(pop.process.wait(), 64)

    def test_every_set_of_0_to_2_closed_and_the_connection_on_any_of_the_others(self):
        world = PopWorld(self.installation(), "mbox")
        for closed in itertools.chain.from_iterable(itertools.combinations((0, 1, 2), n) for n in (1, 2)):
            for error_is_client in {False, 2 not in closed}:
                with self.subTest(f"{closed} {error_is_client}"):
                    self.one_set(world, closed, error_is_client)

    def one_set(self, world, closed, error_is_client):
        def odd():
            if error_is_client:
                os.dup2(0, 2)
            for fd in closed:
                os.close(fd)
        world.reset()
        pop = start_vpop3d(world.vmail, connect=tcp, preexec_fn=odd)
        with contextlib.suppress(OSError):          # nobody may have the connection any more
            pop.send(SCRIPT)
            pop.shut()
        said = pop.rest()
        pop.close()
        self.assertIn(pop.process.wait(), (0, 75))
        pop.process.stop()
        for line in said.replace(on_the_wire(FOUR[1]) + b".\r\n", b"").splitlines():
            self.assertRegex(line, rb"^(\+OK|-ERR \[SYS/TEMP\]) ?")
        left = world.messages()
        self.assertIn(left, (FOUR, [FOUR[1], FOUR[3]]))
        if 0 in closed:
            self.assertEqual(left, FOUR)
        elif 1 not in closed:
            self.assertIn(b"shutdown", said)
            self.assertNotEqual(left, FOUR)

    @only_where(not is_sanitized("vpop3d"))
    def test_for_want_of_memory_no_password_is_wrong_and_nobody_is_unknown(self):
        # A new hash takes 16 MB.
        vmail = self.installation({"domain-from": "login"})
        vmail.domain("a.test", passwords={"joe": PASSWORD})
        hashed = crypt.crypt(PASSWORD, "$y$j9T$qpKMdl46c3qQUsqPWx4Nt/")
        vmail.write("shadow.a.test", f"joe:{hashed}:19000:0:99999:7:::\n", 0o600)
        told = {}
        for megabytes in (8, 10, 12, 14, 16, 18, 20, 22, 64):
            reply = self.reply(vmail, "joe", megabytes)
            told[(reply or "")[:15]] = megabytes
        self.assertEqual(set(told) - {""}, {"+OK 0 messages", "-ERR [SYS/TEMP]"})
        self.assertRegex(self.reply(vmail, "nobody", told["-ERR [SYS/TEMP]"]), r"^-ERR \[SYS/TEMP\]")

    def reply(self, vmail, user, megabytes):
        pop = start_vpop3d(vmail, preexec_fn=limits(resource.RLIMIT_AS, megabytes << 20)[0])
        reply = pop.login(f"{user}@a.test", PASSWORD)
        pop.close()
        pop.process.wait()
        pop.process.stop()
        return reply


if __name__ == "__main__":
    main()
