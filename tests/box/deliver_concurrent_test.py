#!/usr/bin/python3
"""vdeliver many times at once into one mailbox, while others read it and take mail away."""
import collections
import fcntl
import hashlib
import threading

from delivery import *

AT_ONCE, ROUNDS = 32, 4


class Together(Delivery):
    settings = {"login-timeout": "180s"}

    def setUp(self):
        super().setUp()
        for domain, who in (("a.test", "joe"), ("b.test", "ann")):
            self.vmail.write(f"shadow.{domain}", f"{who}:{hash_of('secret')}:19000:0:99999:7:::\n", 0o600)
        self.taken = []                     # what the POP3 client got and deleted

    def text(self, n):
        return b"Subject: %d\n\nFrom %d\n%s\nend %d\n" % (n, n, b"%d " % n * (n * 37 % 6000), n)

    def start(self, to, n):
        path = self.vmail.write(f"message.{n}", self.text(n))
        with open(path, "rb") as f:
            return subprocess.Popen([program("vdeliver"), "-C", self.vmail.dir, "-f", "sender@far.test",
                                     to], stdin=f, stderr=subprocess.PIPE, env=environment())

    def deliver_all(self, to, count):
        """AT_ONCE at a time; all of them must succeed."""
        waiting = collections.deque(range(count))
        running = []
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                running.append(self.start(to, waiting.popleft()))
            process = running.pop(0)
            with process:
                errors = process.stderr.read()
            self.assertEqual(process.returncode, 0, errors)

    def is_all_there(self, to, count):
        def digests(messages):
            return collections.Counter(hashlib.sha256(m).digest() for m in messages)
        wanted = digests(trace(to) + self.text(n) for n in range(count))
        found = digests(self.vmail.messages(to)) + digests(self.taken)
        self.assertEqual(found - wanted, collections.Counter(), "doubled or damaged")
        self.assertEqual(wanted - found, collections.Counter(), "lost")

    def take_away(self, to, stop):
        """RETR, DELE and QUIT, again and again; half of what is there each time."""
        while not stop.is_set():
            pop = self.vmail.pop3()
            reply = pop.login(to, "secret")
            if reply is None or not reply.startswith("+OK"):
                self.assertIn("[IN-USE]", reply or "")
                pop.close()
                continue
            marked = []
            count = int(pop.ask("STAT").split()[1])
            for n in range(1, count + 1, 2):
                _, body = pop.many(f"RETR {n}")
                self.assertTrue(pop.ask(f"DELE {n}").startswith("+OK"))
                marked.append(body.replace(b"\r\n", b"\n"))
            self.assertTrue(pop.ask("QUIT").startswith("+OK"))
            pop.close()
            self.taken += marked

    def check(self, to):
        count = AT_ONCE * ROUNDS
        self.deliver_all(to, count)
        self.is_all_there(to, count)

    def check_with_pop3(self, to):
        stop, failures = threading.Event(), []

        def client():
            try:
                self.take_away(to, stop)
            except BaseException as failure:    # it belongs to the main thread
                failures.append(failure)
        thread = threading.Thread(target=client)
        thread.start()
        try:
            self.deliver_all(to, AT_ONCE * ROUNDS)
            eventually(lambda: failures or len(self.taken) > AT_ONCE, "many deletions")
        finally:
            stop.set()
            thread.join()
        self.assertEqual(failures, [])
        self.is_all_there(to, AT_ONCE * ROUNDS)

    def test_32_at_once_into_an_mbox_lose_and_double_nothing(self):
        self.check("joe@a.test")

    def test_32_at_once_into_a_maildir_lose_and_double_nothing(self):
        self.check("ann@b.test")

    def test_an_mbox_loses_and_doubles_nothing_while_a_pop3_client_deletes(self):
        self.check_with_pop3("joe@a.test")

    def test_a_maildir_loses_and_doubles_nothing_while_a_pop3_client_deletes(self):
        self.check_with_pop3("ann@b.test")

    def test_a_reader_with_the_lock_never_sees_half_a_message(self):
        self.delivered("joe@a.test", b"S: first\n\n")
        seen = 0
        running = [self.start("joe@a.test", n) for n in range(AT_ONCE)]
        while any(process.poll() is None for process in running):
            with open(self.inbox, "r+b") as f:
                fcntl.lockf(f, fcntl.LOCK_EX)
                text = f.read()
            self.assertTrue(text.endswith(b"\n\n"), text[-100:])
            seen += 1
        for process in running:
            with process:
                self.assertEqual(process.wait(), 0, process.stderr.read())
        self.assertGreater(seen, 1)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), AT_ONCE + 1)


if __name__ == "__main__":
    main()
