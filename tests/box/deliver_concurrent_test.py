#!/usr/bin/python3
"""vdeliver and vlmtpd many times at once into one mailbox, while others read it and take mail away.

VMAIL_CROWD=N: so many deliveries in each test, eight POP3 clients, and all of them at once.
VMAIL_REPEATS=N: so many times.
"""
import collections
import fcntl
import hashlib
import threading

from lmtp import *

CROWD = int(os.environ.get("VMAIL_CROWD", 0))
REPEATS = int(os.environ.get("VMAIL_REPEATS", 1))
AT_ONCE = 32
COUNT = CROWD or 96
CLIENTS = 8 if CROWD else 3


class Together(Delivery):
    # Nobody reads a server's standard error meanwhile.
    settings = {"login-timeout": "180s", "log": "mail"}

    def setUp(self):
        super().setUp()
        for domain, who in (("a.test", "joe"), ("b.test", "ann")):
            self.vmail.write(f"shadow.{domain}", f"{who}:{hash_of('secret')}:19000:0:99999:7:::\n", 0o600)
        self.taken, self.limits = [], 0     # what POP3 clients got and deleted; changes of U.quota

    def text(self, n):
        return b"Subject: %d\n\nFrom %d\n%s\nend %d\n" % (n, n, b"%d " % n * (n * 37 % 6000), n)

    def start(self, to, n):
        path = os.path.join(self.vmail.scratch, "message")
        with open(path, "wb") as f:
            f.write(self.text(n))
        with open(path, "rb") as message, open(path + ".errors", "ab") as errors:
            os.unlink(path)
            return subprocess.Popen([program("vdeliver"), "-C", self.vmail.dir, "-f", "sender@far.test",
                                     to], stdin=message, stderr=errors, env=environment())

    def by_vdeliver(self, to, count, at_once):
        """All of them must succeed."""
        waiting = collections.deque(range(count))
        running = []
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(self.start(to, waiting.popleft()))
            with running.pop(0) as process:
                process.wait()
            if process.returncode != 0:
                self.fail(self.content(os.path.join(self.vmail.scratch, "message.errors")))

    def by_vlmtpd(self, to, count, at_once):
        """at_once connections to one server, several messages on each; all must be answered 250."""
        server = Server(self.vmail)
        numbers, failures = collections.deque(range(count)), []

        def client():
            try:
                lmtp = server.client().hello()
                while True:
                    try:
                        n = numbers.popleft()
                    except IndexError:
                        break
                    reply, = lmtp.deliver(to, message=self.text(n))
                    if reply != DONE:
                        failures.append(reply)
                lmtp.quit()
            except BaseException as failure:    # it belongs to the main thread
                failures.append(failure)
        threads = [threading.Thread(target=client) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        server.stop()

    def is_all_there(self, to, count):
        def digests(messages):
            top = trace(to)
            for message in messages:
                self.assertTrue(message.startswith(top), message[:200])
                received = RECEIVED.match(message, len(top))
                yield hashlib.sha256(message[received.end() if received else len(top):]).digest()
        wanted = collections.Counter(hashlib.sha256(self.text(n)).digest() for n in range(count))
        found = collections.Counter(digests(self.vmail.messages(to) + self.taken))
        self.assertEqual(found - wanted, collections.Counter(), "doubled or damaged")
        self.assertEqual(wanted - found, collections.Counter(), "lost")

    def take_away(self, to, stop):
        """RETR, DELE and QUIT, again and again; half of what is there each time."""
        while not stop.is_set():
            pop = self.vmail.pop3()
            reply = pop.login(to, "secret")
            if reply is None or not reply.startswith("+OK"):
                self.ended(pop)
                self.assertIn("[IN-USE]", reply or "", pop.process.errors)
                continue
            marked = []
            count = int(pop.ask("STAT").split()[1])
            for n in range(1, count + 1, 2):
                _, body = pop.many(f"RETR {n}")
                self.assertTrue(pop.ask(f"DELE {n}").startswith("+OK"))
                marked.append(body.replace(b"\r\n", b"\n"))
            self.assertTrue(pop.ask("QUIT").startswith("+OK"))
            self.ended(pop)
            self.taken += marked

    def ended(self, pop):
        pop.close()
        pop.process.wait()
        self.vmail.done(pop.process)

    def change_limits(self, to, stop):
        """An administrator who cannot make up his mind; there is room enough in any case."""
        values = ["none", "1000000", "default", "2000000"]
        while not stop.is_set():
            self.limits += 1
            got = self.vmail.run("vadmin", "user", "set", to, f"quota={values[self.limits % len(values)]}")
            self.assertEqual(got.status, 0, got)

    def check(self, deliver, to, at_once=AT_ONCE):
        for _ in range(REPEATS):
            self.taken, self.limits = [], 0
            stop, failures = threading.Event(), []

            def client(run):
                try:
                    run(to, stop)
                except BaseException as failure:    # it belongs to the main thread
                    failures.append(failure)
            threads = [threading.Thread(target=client, args=[run])
                       for run in [self.take_away] * CLIENTS + [self.change_limits]]
            for thread in threads:
                thread.start()
            try:
                deliver(to, COUNT, at_once)
                eventually(lambda: failures or (len(self.taken) > COUNT // 2 and self.limits > 2),
                           "many deletions")
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
            self.assertEqual(failures, [])
            self.is_all_there(to, COUNT)
            self.empty(to)

    def empty(self, to):
        inbox = self.vmail.inbox(to)
        shutil.rmtree(inbox) if os.path.isdir(inbox) else os.unlink(inbox)

    def test_32_at_once_into_an_mbox_lose_and_double_nothing_while_pop3_clients_delete(self):
        self.check(self.by_vdeliver, "joe@a.test")

    def test_32_at_once_into_a_maildir_lose_and_double_nothing_while_pop3_clients_delete(self):
        self.check(self.by_vdeliver, "ann@b.test")

    def test_all_at_once_into_an_mbox_lose_and_double_nothing_while_pop3_clients_delete(self):
        self.check(self.by_vdeliver, "joe@a.test", COUNT)

    def test_all_at_once_into_a_maildir_lose_and_double_nothing_while_pop3_clients_delete(self):
        self.check(self.by_vdeliver, "ann@b.test", COUNT)

    def test_32_connections_of_lmtp_into_an_mbox_lose_and_double_nothing(self):
        self.check(self.by_vlmtpd, "joe@a.test")

    def test_32_connections_of_lmtp_into_a_maildir_lose_and_double_nothing(self):
        self.check(self.by_vlmtpd, "ann@b.test")

    def test_a_reader_with_the_lock_never_sees_half_a_message(self):
        self.delivered("joe@a.test", b"S: first\n\n")
        seen, sent = 0, 0
        while seen < 2:                     # the reader may have been in the queue behind all of them
            running = [self.start("joe@a.test", n) for n in range(AT_ONCE)]
            sent += AT_ONCE
            while any(process.poll() is None for process in running):
                with open(self.inbox, "r+b") as f:
                    fcntl.lockf(f, fcntl.LOCK_EX)
                    text = f.read()
                self.assertTrue(text.endswith(b"\n\n"), text[-100:])
                seen += 1
            for process in running:
                self.assertEqual(process.wait(), 0, self.content(os.path.join(self.vmail.scratch, "message.errors")))
        self.assertEqual(len(self.vmail.messages("joe@a.test")), sent + 1)


if __name__ == "__main__":
    main()
