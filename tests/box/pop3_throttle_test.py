#!/usr/bin/python3
"""pop3_throttle_test.py: what failed logins cost over connections, and login-delay.

VMAIL_SECONDS=N: 200 connections and programs that guess passwords, for so many seconds each (150).
"""
import base64
import contextlib
import glob
import threading

from pop3 import *

WRONG = "-ERR [AUTH] login or password wrong"
FILE_SIZE = 64 + 4 * 4096 * 8 * 32
SECONDS = int(os.environ.get("VMAIL_SECONDS", 0))
MINUTE, MOST = 60, 10                       # after the first minute: so many tries in each
CROWD = 200


class Throttle(Pop3Test):
    def line(self, vmail, login, password=PASSWORD, peer=None, **more):
        """A client that has said USER, as one of many: (client, what it says then)."""
        pop = vmail.pop3(remember=True, peer=peer or fresh_address(), **more)
        pop.line()
        pop.ask(f"USER {login}")
        return pop, f"PASS {password}"

    def at_once(self, clients):
        answers = at_once(clients)
        for pop, _ in clients:
            pop.close()
        return answers

    def assert_waits(self, answers, *wanted, reply=WRONG):
        self.assertEqual({a[1] for a in answers}, {reply})
        for wait, want in zip(sorted(a[0] for a in answers), wanted, strict=True):
            self.assert_took(wait, want, 0.6, late=want)

    def assert_passes(self, vmail, login="joe@a.test", password=PASSWORD, tries=5, **more):
        """At once; a busy machine may need more than one try."""
        waits = []
        while not waits or min(waits) >= 0.9 and len(waits) < tries:
            (wait, reply), = self.at_once([self.line(vmail, login, password, **more)])
            self.assertRegex(reply, r"^\+OK")
            waits.append(wait)
        self.assert_took(min(waits), 0, 0.9)


@timed
class Peers(Throttle):
    def test_failures_on_an_account_cost_more_and_more_whatever_it_is_and_the_right_password_passes(self):
        """Accounts that are there, that are not, and ones of no domain: six peers each."""
        vmail = self.box()
        os.symlink("domain.a.test", os.path.join(vmail.dir, "domain.alias.test"))
        accounts = []
        for login in ("joe@a.test", "nobody@a.test", "joe@nowhere.test"):
            spellings = [login, login.upper(), login.replace("@", "%")]
            if "a.test" in login:
                spellings += [login.replace("@", "@mail."), login.replace("a.test", "alias.test")]
            else:
                spellings = [login, login.upper()] * 2 + [login]
            clients = [self.line(vmail, spelt, "wrong") for spelt in spellings]
            pop = self.line(vmail, login)[0]
            told = base64.b64encode(f"\0{login}\0wrong".encode()).decode()
            accounts.append(clients + [(pop, f"AUTH PLAIN {told}")])
        answers = self.at_once(sum(accounts, []))
        for i in (0, 6):
            self.assert_waits(answers[i:i + 6], 1, 1, 1, 2, 4, 8)
        self.assertEqual({a[1] for a in answers[12:]}, {WRONG})
        self.assert_passes(vmail)

    def test_tries_of_one_peer_wait_for_one_another_and_nobody_else_does(self):
        vmail = self.box()
        peer = fresh_address()
        clients = [self.line(vmail, f"{user}@a.test", "wrong", peer=peer) for user in ("joe", "ann", "bob")]
        clients.append(self.line(vmail, "joe@a.test", "wrong"))
        clients.append(self.line(vmail, "joe@a.test"))
        answers = self.at_once(clients)
        self.assert_waits(answers[:3], 1, 2, 3)
        self.assert_waits(answers[3:4], 1)
        self.assertEqual(answers[4][1], "+OK 0 messages")
        self.assert_took(answers[4][0], 0, 0.9)
        (wait, reply), = self.at_once([self.line(vmail, "ann@a.test", "other", peer=peer)])
        self.assertEqual(reply, "+OK 0 messages")
        self.assert_took(wait, 0, 0.9)

    def test_tries_on_one_account_from_peers_that_failed_wait_for_one_another(self):
        vmail = self.box()
        vmail.domain("b.test", passwords={"eve": "x"})
        peers = [fresh_address() for _ in range(3)]
        self.assert_waits(self.at_once([self.line(vmail, f"u{i}@b.test", "wrong", peer=peer)
                                        for i, peer in enumerate(peers)]), 1, 1, 1)
        clients = [self.line(vmail, "joe@a.test", "wrong", peer=peer) for peer in peers]
        clients.append(self.line(vmail, "joe@a.test"))
        answers = self.at_once(clients)
        self.assert_waits(answers[:3], 1, 2, 3)
        self.assertEqual(answers[3][1], "+OK 0 messages")
        self.assert_took(answers[3][0], 0, 0.9)

    def has_account_turn(self, vmail):
        """Whether somebody's try on an account has its turn."""
        return any(int(line.split()[-2]) >> 40 == 2 for line in locks_of(os.path.join(vmail.state, "logins")))

    def test_who_mistypes_where_he_has_logged_in_before_waits_for_nobody_who_guesses(self):
        vmail = self.box()
        vmail.domain("b.test", passwords={"eve": "x"})
        his, anothers, *peers = [fresh_address() for _ in range(6)]
        for peer in (his, anothers):
            self.assert_passes(vmail, peer=peer)
        failures = [self.line(vmail, f"u{i}@b.test", "wrong", peer=peer) for i, peer in enumerate(peers)]
        failures += [self.line(vmail, "joe@a.test", "typo", peer=his)]
        failures += [self.line(vmail, f"w{i}@b.test", "wrong", peer=anothers) for i in range(4)]
        self.assert_waits(self.at_once(failures), 1, 1, 1, 1, 1, 1, 2, 3, 5)
        clients = [self.line(vmail, "joe@a.test", "wrong", peer=peer) for peer in peers]
        for pop, line in clients:
            pop.send(line.encode() + b"\r\n")
        eventually(lambda: self.has_account_turn(vmail), "a guess")
        self.assert_passes(vmail, peer=his)
        # who has failed more often than one may is no longer believed to be the owner
        (wait, reply), = self.at_once([self.line(vmail, "joe@a.test", peer=anothers)])
        self.assertEqual(reply, "+OK 0 messages")
        self.assertGreater(wait, 1.5)
        for pop, _ in clients:
            pop.close()

    def test_a_right_password_for_a_mailbox_that_is_not_granted_counts(self):
        vmail = self.box()
        told = base64.b64encode(f"ann\0joe@a.test\0{PASSWORD}".encode()).decode()
        clients = [(self.line(vmail, "x")[0], f"AUTH PLAIN {told}") for _ in range(4)]
        self.assert_waits(self.at_once(clients), 1, 1, 1, 2)

    def test_who_is_told_to_end_ends_while_it_waits(self):
        vmail = self.box()
        peer = fresh_address()
        clients = [self.line(vmail, "joe@a.test", "wrong", peer=peer) for _ in range(3)]
        for pop, line in clients:
            pop.send(line.encode() + b"\r\n")
        for pop, _ in clients:
            pop.process.signal()
        begun = time.monotonic()
        for pop, _ in clients:
            pop.process.wait()
        self.assert_took(time.monotonic() - begun, 0, 0.9)


@timed
class Memory(Throttle):
    def path(self, vmail):
        return os.path.join(vmail.state, "logins")

    def fail(self, vmail, count):
        answers = self.at_once([self.line(vmail, "joe@a.test", "wrong") for _ in range(count)])
        return max(wait for wait, _ in answers)

    def test_it_is_one_file_of_one_size_that_nobody_else_can_read(self):
        vmail = self.box()
        self.fail(vmail, 2)
        st = os.stat(self.path(vmail))
        self.assertEqual((st.st_size, st.st_mode & 0o7777, st.st_uid), (FILE_SIZE, 0o600, os.geteuid()))
        with open(self.path(vmail), "rb") as f:
            text = f.read()
        self.assertNotIn(b"joe", text)
        self.assertEqual(os.listdir(vmail.state).count("logins"), 1)

    def test_a_damaged_file_is_begun_anew(self):
        vmail = self.box()
        for text in (b"", b"x" * 100, b"\xff" * FILE_SIZE, b"vmail tries 1\n\0\0" + b"\xff" * (FILE_SIZE - 16)):
            with open(self.path(vmail), "wb") as f:
                f.write(text)
            os.chmod(self.path(vmail), 0o600)
            self.assert_passes(vmail)
            self.assertEqual(os.stat(self.path(vmail)).st_size, FILE_SIZE)
        self.assert_took(self.fail(vmail, 4), 2, 0.6, late=1.9)   # or it takes 4

    def test_slots_of_garbage_are_taken_for_nothing(self):
        vmail = self.box()
        self.fail(vmail, 1)
        with open(self.path(vmail), "r+b") as f:
            f.seek(64)
            f.write(b"\xff" * (FILE_SIZE - 64))
        self.assert_took(self.fail(vmail, 4), 2, 0.6, late=1.9)   # or it takes 4

    def test_ten_minutes_later_it_is_forgotten(self):
        vmail = self.box()
        self.fail(vmail, 3)
        with open(self.path(vmail), "r+b") as f:
            header, words = f.read(64), memoryview(bytearray(f.read())).cast("I")
            for i, word in enumerate(words):
                if i % 8 > 1 and word:
                    words[i] = word - 600
            f.seek(64)
            f.write(words)
        self.assertEqual(len(header), 64)
        self.assert_took(self.fail(vmail, 1), 1, late=1.9)   # or it takes 4

    def test_where_nothing_can_be_remembered_logins_go_on_and_the_log_says_so(self):
        vmail = self.box()
        path = self.path(vmail)
        for trap in (lambda: os.mkdir(path), lambda: os.symlink("/etc/passwd", path), lambda: os.mkfifo(path)):
            trap()
            self.assert_passes(vmail)
            pop, line = self.line(vmail, "joe@a.test", "wrong")
            self.assertEqual(pop.ask(line), WRONG)
            pop.ask("QUIT")
            self.assertRegex(self.ended(pop), r'warning text="failed logins are not remembered: \S*/state: logins: not a ')
            (os.rmdir if os.path.isdir(path) and not os.path.islink(path) else os.unlink)(path)


class Force(Throttle):
    """After its first minute whoever guesses has ten tries a minute, and the account's owner gets in."""
    def setUp(self):
        self.vmail = self.box(mbox=b"", settings={"max-connections": "1000", "max-connections-per-peer": "1000"})
        self.vmail.domain("b.test", passwords={f"u{n}": PASSWORD for n in range(CROWD)})
        self.server, self.where = self.vmail.listen("vpop3d")
        self.begun, self.tries, self.logins = time.monotonic(), [], []
        self.reader = threading.Thread(target=self.watch)
        self.reader.start()

    def watch(self):
        """When each try was found wrong: what the log says."""
        rest = b""
        while got := os.read(self.server.popen.stderr.fileno(), 65536):
            *lines, rest = (rest + got).split(b"\n")
            self.tries += [time.monotonic() - self.begun for line in lines if b" wrong=yes " in line]

    def left(self):
        return self.begun + SECONDS - time.monotonic()

    def guess(self, user, peer):
        """Three wrong passwords on each connection, until the time is over."""
        while self.left() > 0:
            with contextlib.suppress(OSError):      # a connection may be refused, or never answered
                pop = Pop3(socket.create_connection(self.where, DEADLINE, (peer, 0)))
                pop.socket.settimeout(max(1, self.left()))
                pop.line()
                while self.left() > 0 and pop.ask(f"USER {user}") and pop.ask("PASS guess"):
                    pass
                pop.close()

    def owner_gets_in(self, user):
        """The right password from elsewhere, every few seconds; how long the slowest took."""
        while self.left() > 0:
            begun = time.monotonic()
            pop = Pop3(socket.create_connection(self.where, DEADLINE, (fresh_address(), 0)))
            self.assertRegex(pop.login(user, PASSWORD), r"^\+OK")
            self.logins.append(time.monotonic() - begun)
            pop.ask("QUIT")
            pop.close()
            select.select([], [], [], 5)

    def memory(self):
        with open(f"/proc/{self.server.pid}/status") as f:
            return int(re.search(r"VmRSS:\s*(\d+)", f.read())[1])

    def check(self, what, user, *jobs):
        before = self.memory()
        together([lambda: self.owner_gets_in(user), *jobs], len(jobs) + 1)
        after = self.memory()
        self.server.stop()
        self.reader.join()
        minutes = [sum(start <= at < start + MINUTE for at in self.tries)
                   for start in (0, *range(MINUTE, max(SECONDS - MINUTE, MINUTE) + 1, 10))]
        print(f"# {what}: {minutes[0]} tries in the first minute, then at most {max(minutes[1:])} in any; the owner "
              f"was in after {max(self.logins):.2f} s at most, {len(self.logins)} times; {before} kB, {after} kB",
              flush=True)
        self.assertLessEqual(max(minutes[1:]), MOST, self.tries)
        self.assertGreater(sum(minutes), 2)
        self.assertLess(max(self.logins), 5)
        self.assertLess(after - before, 512)
        self.assertEqual(os.stat(os.path.join(self.vmail.state, "logins")).st_size, FILE_SIZE)

    @only_where(SECONDS)
    def test_200_connections_of_one_peer_on_as_many_accounts(self):
        peer = fresh_address()
        self.check("one peer, 200 accounts", "u7@b.test", *[
            lambda n=n: self.guess(f"u{n}@b.test", peer) for n in range(CROWD)])

    @only_where(SECONDS)
    def test_200_peers_on_one_account(self):
        self.check("200 peers, one account", "joe@a.test", *[
            lambda peer=fresh_address(): self.guess("joe@a.test", peer) for _ in range(CROWD)])

    def by_program(self, name, *words):
        tree = os.path.join(PEERS, name, "usr")
        if not os.path.exists(f"{tree}/bin/{name}"):
            raise unittest.SkipTest(f"no {name}: make deps")
        libraries = ":".join(glob.glob(f"{tree}/lib/*-linux-*"))
        with open(os.path.join(self.vmail.scratch, "guesses"), "w") as f:
            f.writelines(f"guess{n}\n" for n in range(100000))

        def job():
            with contextlib.suppress(subprocess.TimeoutExpired):
                subprocess.run([f"{tree}/bin/{name}", *(w.format(*self.where, guesses=f.name) for w in words)],
                               env=environment({"LD_LIBRARY_PATH": libraries, "NCRACKDIR": f"{tree}/share/ncrack",
                                                "MEDUSA_MODULE_PATH": f"{libraries}/medusa/modules",
                                                "HOME": self.vmail.scratch}),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=self.left())
        self.check(name, "joe@a.test", job)

    @only_where(SECONDS)
    def test_ncrack(self):
        self.by_program("ncrack", "-T5", "--user", "joe@a.test", "-P", "{guesses}", "-g", "CL=100,at=0",
                        "pop3://{0}:{1}")

    @only_where(SECONDS)
    def test_medusa(self):
        self.by_program("medusa", "-h", "{0}", "-n", "{1}", "-u", "joe@a.test", "-P", "{guesses}", "-M", "pop3",
                        "-t", "50")


@timed
class LoginDelay(Throttle):
    def test_a_second_login_is_too_soon_and_a_wrong_password_is_not_told_so(self):
        vmail = self.box(domain={"login-delay": "1h"})
        self.assert_passes(vmail, tries=1)
        for i in range(2):
            pop, line = self.line(vmail, "JOE@A.TEST")
            self.assertRegex(pop.ask(line), r"^-ERR \[LOGIN-DELAY\] ")
            pop.ask("QUIT")
            log = self.ended(pop)
            self.assertIn(" reason=login-delay\n", log)
            self.assertNotIn("wrong=", log)
        pop, line = self.line(vmail, "joe@a.test", "wrong")
        self.assertEqual(pop.ask(line), WRONG)
        self.assert_passes(vmail, "ann@a.test", "other", tries=1)

    def test_it_is_over_when_it_is_over(self):
        vmail = self.box(domain={"login-delay": "2s"})

        def passes():
            pop, line = self.line(vmail, "joe@a.test")
            reply = pop.ask(line)
            pop.ask("QUIT")
            self.ended(pop)
            return reply.startswith("+OK")

        begun = time.monotonic()
        self.assertTrue(passes())
        eventually(passes)
        self.assert_took(time.monotonic() - begun, 2.5, 1.5)

    def test_a_login_that_got_no_mailbox_does_not_count(self):
        vmail = self.box(mbox=b"", domain={"login-delay": "1h"})
        pop = self.session(vmail)
        vmail.forget_logins()
        other, line = self.line(vmail, "joe@a.test")
        self.assertRegex(other.ask(line), r"^-ERR \[IN-USE\]")
        self.quit(pop)
        other.ask("USER joe@a.test")
        self.assertRegex(other.ask(line), r"^\+OK")

    def test_capa_says_how_long_it_is(self):
        vmail = self.box(domain={"login-delay": "2m"})
        address = fresh_address()
        vmail.write("addresses", f"{address} a.test\n")
        pop = vmail.pop3(address=address)
        pop.line()
        self.assertIn(b"\r\nLOGIN-DELAY 120 USER\r\n", pop.many("CAPA")[1])
        pop.ask("USER joe")
        self.assertRegex(pop.ask(f"PASS {PASSWORD}"), r"^\+OK")
        self.assertIn(b"\r\nLOGIN-DELAY 120\r\n", pop.many("CAPA")[1])
        self.quit(pop)

    def test_where_nothing_can_be_remembered_it_is_temporary(self):
        vmail = self.box(domain={"login-delay": "1s"})
        os.mkdir(os.path.join(vmail.state, "logins"))
        pop, line = self.line(vmail, "joe@a.test")
        self.assertRegex(pop.ask(line), r"^-ERR \[SYS/TEMP\]")


if __name__ == "__main__":
    main()
