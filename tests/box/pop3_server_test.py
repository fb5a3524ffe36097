#!/usr/bin/python3
"""pop3_server_test.py: addresses, --listen, and who each process is."""
import base64
import fcntl

from pop3 import *

def ipv6_works():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


TURNED_DOWN = b"-ERR [SYS/TEMP] mail cannot be fetched now: try again later\r\n"


class Address(Pop3Test):
    def greeting(self, vmail, address, *args):
        pop = vmail.pop3(*args, address=address)
        line = pop.line()
        pop.ask("QUIT")
        pop.close()
        return line

    def assert_greets(self, vmail, address, name):
        self.assertEqual(self.greeting(vmail, address), f"+OK {name} POP3 Server (Version 0.1) ready.")

    def test_the_addresses_file_names_the_domain_in_every_spelling(self):
        vmail = self.box()
        vmail.domain("b.test")
        vmail.write("addresses", "# comment\n\n 127.9.0.1 a.test\n::ffff:127.9.0.2\tB.Test.\n127.9.0.1 b.test\n"
                                 "127.9.0.3 a.test more\n127.9.0.4\nrubbish a.test\n127.9.0.5 alias.test\n"
                                 "127.9.0.6 nowhere.test\n")
        os.symlink("domain.b.test", os.path.join(vmail.dir, "domain.alias.test"))
        for address, name in (("127.9.0.1", "Virtual a.test"), ("127.9.0.2", "Virtual b.test"),
                              ("127.9.0.5", "Virtual b.test"), ("127.9.0.3", "host.main.test"),
                              ("127.9.0.4", "host.main.test"), ("127.9.0.6", "host.main.test")):
            self.assert_greets(vmail, address, name)

    @needs_root
    def test_the_reverse_name_loses_labels_until_it_is_ours(self):
        system_file("/etc/hosts", "127.9.1.1 mailhost.a.test\n127.9.1.2 Deep.Down.A.TEST.\n127.9.1.3 a.test\n"
                                  "127.9.1.4 mail.b.test\n127.9.1.5 ../../a.test\n127.9.1.6 other.test\n"
                                  "127.9.1.7 xa.test\n127.9.1.8 mail.a.test.evil.test\n")
        self.addCleanup(system_file, "/etc/hosts", HOSTS)
        vmail = self.box()
        vmail.domain("b.test")
        vmail.domain("mail.b.test")
        for address, name in (("127.9.1.1", "Virtual a.test"), ("127.9.1.2", "Virtual a.test"),
                              ("127.9.1.3", "Virtual a.test"), ("127.9.1.4", "Virtual b.test"),
                              ("127.9.1.5", "host.main.test"), ("127.9.1.6", "host.main.test"),
                              ("127.9.1.7", "host.main.test"), ("127.9.1.8", "host.main.test")):
            with self.subTest(address):
                self.assert_greets(vmail, address, name)

    @needs_root
    def test_a_resolver_that_does_not_answer_costs_two_seconds(self):
        dead = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        dead.bind((fresh_address(), 53))
        self.addCleanup(dead.close)
        system_file("/etc/resolv.conf", "nameserver %s\noptions timeout:30\n" % dead.getsockname()[0])
        self.addCleanup(system_file, "/etc/resolv.conf", "")
        vmail = self.box(mbox=b"")
        begun = time.monotonic()
        pop = vmail.pop3("/bin/false")
        self.assertEqual(pop.line(), "+OK host.main.test POP3 Server (Version 0.1) ready.")
        self.assertLess(time.monotonic() - begun, 25)           # by the resolver's own limit: 30
        pop.ask("USER joe@a.test")
        self.assertRegex(pop.ask(f"PASS {PASSWORD}"), r"^\+OK")
        self.quit(pop)
        self.assertTrue(select.select([dead], [], [], 0)[0], "the resolver was not asked")

    def test_a_domain_from_without_address_asks_nobody(self):
        vmail = self.box(settings={"domain-from": "login"})
        vmail.write("addresses", "127.9.0.1 a.test\n")
        self.assert_greets(vmail, "127.9.0.1", "host.main.test")

    def test_a_main_domain_of_ours_greets_for_what_is_not_ours(self):
        vmail = self.box(settings={"main-domain": "a.test"})
        vmail.write("addresses", "127.9.0.1 elsewhere.test\n")
        self.assertEqual(self.greeting(vmail, "127.9.0.1", "/bin/false"),
                         "+OK Virtual a.test POP3 Server (Version 0.1) ready.")

    def test_a_pipe_has_no_address(self):
        vmail = self.box(mbox=mbox(b"a: b\n\nc\n"))
        got = vmail.run("vpop3d", input=f"USER joe@a.test\r\nPASS {PASSWORD}\r\nRETR 1\r\nQUIT\r\n".encode())
        self.assertEqual(got.status, 0, got)
        self.assertIn(b"a: b\r\n\r\nc\r\n.\r\n", got.stdout)
        self.assertIn("peer=-", got.log)


class Listen(Pop3Test):
    def test_sessions_beside_one_another(self):
        vmail = self.box(mbox=mbox(b"a: b\n\nc\n"))
        _, where = vmail.listen("vpop3d")
        joe, ann = Pop3(where), Pop3(where)
        self.assertRegex(joe.login("joe@a.test", PASSWORD), r"^\+OK 1 ")
        self.assertRegex(ann.login("ann@a.test", "other"), r"^\+OK 0 ")
        for pop in (joe, ann):
            self.assertRegex(pop.ask("QUIT"), r"^\+OK")

    @unittest.skipUnless(ipv6_works(), "no IPv6")
    def test_ipv6_in_brackets(self):
        vmail = self.box(mbox=b"")
        vmail.write("addresses", "::1 a.test\n")
        port = free_port("127.0.0.1")[1]
        vmail.start("vpop3d", "--listen", f"[::1]:{port}", stdin=subprocess.DEVNULL)
        eventually(lambda: connects(("::1", port)), "a connection")
        pop = Pop3(("::1", port))
        self.assertRegex(pop.login("joe", PASSWORD), r"^\+OK")

    def test_several_addresses_with_a_domain_each(self):
        vmail = self.box(mbox=b"")
        vmail.domain("b.test")
        first, second = free_port(fresh_address()), free_port(fresh_address())
        vmail.write("addresses", f"{first[0]} a.test\n{second[0]} b.test\n")
        vmail.start("vpop3d", "--listen", "%s:%d" % first, "--listen", "%s:%d" % second,
                    stdin=subprocess.DEVNULL)
        eventually(lambda: connects(second), "a connection")
        self.assertIn("Virtual a.test", Pop3(first).line())
        self.assertIn("Virtual b.test", Pop3(second).line())

    def test_sigterm_ends_it_and_its_sessions_and_deletes_nothing(self):
        vmail = self.box(mbox=mbox(b"a: b\n\nc\n"))
        before = contents(vmail, self.joe)
        process, where = vmail.listen("vpop3d")
        pop, waiting = Pop3(where), Pop3(where)
        pop.login("joe@a.test", PASSWORD)
        pop.ask("DELE 1")
        waiting.line()
        process.signal()
        self.assertEqual(pop.rest(), b"")
        self.assertEqual(waiting.rest(), b"")
        self.assertEqual(process.wait(), 0)
        self.assertIn("end=terminated", process.errors.decode())
        self.assertEqual(contents(vmail, self.joe), before)
        self.assertFalse(connects(where))

    def is_held(self, path):
        """Whether somebody holds the lock of the whole file."""
        with open(path, "r+b") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return False
            except BlockingIOError:
                return True

    def test_sigterm_frees_the_port_and_lets_a_quit_that_has_begun_finish(self):
        # it waits for another program's lock when all are told to end
        for option in ((), ("--tls",)):
            with self.subTest(option):
                vmail = self.box(mbox=mbox(b"a: b\n\nc\n", b"d: e\n\nf\n"), settings={"tls-certificate": "host.pem"})
                vmail.write("host.pem", certificate("host.main.test"), 0o600)
                process, where = vmail.listen("vpop3d", *option)
                pop = wrap(Pop3(where)) if option else Pop3(where)
                pop.login("joe@a.test", PASSWORD)
                pop.ask("DELE 1")
                queue = os.path.join(spool(vmail, self.joe), ".joe.queue")
                with open(vmail.inbox(self.joe), "r+b") as other:
                    fcntl.lockf(other, fcntl.LOCK_EX)
                    pop.send(b"QUIT\r\n")
                    eventually(lambda: self.is_held(queue), "QUIT's turn")
                    process.signal()
                    eventually(lambda: not connects(where), "the port closed")
                    self.assertIsNone(process.popen.poll())
                self.assertRegex(pop.rest(), rb"^\+OK .* shutdown\.\r\n$")
                self.assertEqual(process.wait(), 0)
                self.assertRegex(process.errors.decode(), " deleted=1 deleted-octets=11 end=quit\n")
                self.assertEqual(vmail.messages(self.joe), [b"d: e\n\nf\n"])

    def test_a_killed_listener_leaves_its_sessions_and_frees_the_port(self):
        vmail = self.box(mbox=mbox(b"a: b\n\nc\n"))
        process, where = vmail.listen("vpop3d")
        pop = Pop3(where)
        pop.login("joe@a.test", PASSWORD)
        process.signal(signal.SIGKILL)
        process.popen.wait()
        eventually(lambda: not connects(where), "the port free")       # a child has it when it begins
        self.assertEqual(pop.many("RETR 1")[1], b"a: b\r\n\r\nc\r\n")
        self.assertRegex(pop.ask("QUIT"), r"^\+OK")

    def test_one_peer_too_many_is_turned_away(self):
        vmail = self.box(settings={"max-connections-per-peer": "2"})
        process, where = vmail.listen("vpop3d")
        def two():          # what asked whether it listens may still be counted
            pair = Pop3(where), Pop3(where)
            return all(pop.line().startswith("+OK") for pop in pair) and pair
        first, _ = eventually(two, "two places")
        third = Pop3(where)
        self.assertEqual(third.rest(), b"-ERR [SYS/TEMP] too many connections from your address\r\n")
        process.wait_line("connection-refused peer=127.0.0.1")
        first.ask("QUIT")
        self.assertEqual(first.rest(), b"")
        eventually(lambda: Pop3(where).line().startswith("+OK"), "a free place")

    def test_under_tls_one_peer_too_many_is_turned_away_without_a_word_in_plain_text(self):
        vmail = self.box(settings={"max-connections-per-peer": "1", "tls-certificate": "host.pem"})
        vmail.write("host.pem", certificate("host.main.test"), 0o600)
        process, where = vmail.listen("vpop3d", "--tls")
        clients = [Pop3(where) for _ in range(3)]
        process.wait_line("connection-refused peer=127.0.0.1")
        [told, *_] = select.select([pop.socket for pop in clients], [], [], DEADLINE)[0]
        self.assertEqual(told.recv(100), b"")
        for pop in clients:
            pop.close()

    def test_one_connection_too_many_waits(self):
        vmail = self.box(settings={"max-connections": "1"})
        _, where = vmail.listen("vpop3d")
        first = eventually(lambda: Pop3(where), "a connection")
        first.line()
        second = Pop3(where)
        self.assertEqual(select.select([second.socket], [], [], 0.3)[0], [])
        first.ask("QUIT")
        self.assertRegex(second.line(), r"^\+OK")


class CommandLine(Pop3Test):
    def test_what_is_no_option_is_named(self):
        vmail = self.box()
        for args, text in ((["--share-main", "--x"], "--x is not an option"),
                           (["--tls", "-x"], "-x is not an option"), (["-x"], "-x is not an option"), (["--listen"], "--listen needs a value")):
            got = vmail.run("vpop3d", *args)
            self.assertEqual((got.status, got.stdout), (64, b""))
            self.assertIn(text, got.stderr)
            self.assertIn("usage: vpop3d", got.stderr)

    def test_options_end_at_the_first_word_that_is_none(self):
        vmail = self.box()
        vmail.write("addresses", "127.9.2.1 main.test\n")
        pop = vmail.pop3("/bin/echo", "--tls", "-C", address="127.9.2.1")
        self.assertEqual(pop.rest(), b"--tls -C\n")

    def test_bad_settings_are_temporary_and_one_log_line(self):
        vmail = self.box()
        vmail.set(no_such_setting="1", log="mail")
        pop = vmail.pop3()
        self.assertEqual(pop.rest(), TURNED_DOWN)
        self.assertEqual(pop.process.wait(), 75)

    def test_each_connection_is_served_with_the_settings_of_its_moment(self):
        vmail = self.box()
        _, where = vmail.listen("vpop3d")
        for name in ("one.main.test", "two.main.test"):
            vmail.set(hostname=name)
            pop = Pop3(where)
            self.assertIn(name, pop.line())
            pop.close()
        vmail.set(no_such_setting="1")
        self.assertEqual(Pop3(where).rest(), TURNED_DOWN)

    def test_no_descriptors_left_is_temporary(self):
        """Either nobody is greeted and the status is 75, or the session goes on to its end."""
        import resource
        vmail = self.box(mbox=mbox(b"a: b\n\nc\n"))
        greeted = []
        for limit in range(4, 20):
            with self.subTest(limit):
                pop = vmail.pop3(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
                greeted.append((pop.line() or "").startswith("+OK"))
                if greeted[-1]:
                    pop.ask(f"USER {self.joe}")
                    self.assertRegex(pop.ask(f"PASS {PASSWORD}"), r"^(\+OK|-ERR \[SYS/TEMP\]) ")
                    self.assertRegex(pop.ask("QUIT"), r"^\+OK")
                pop.close()
                self.assertEqual(pop.process.wait(), 0 if greeted[-1] else 75, pop.process.errors)
        self.assertEqual(greeted, sorted(greeted))
        self.assertEqual(set(greeted), {False, True})

    def test_an_address_that_cannot_be_listened_on_is_said(self):
        vmail = self.box()
        for where in ("nonsense", "1.2.3.4", "127.0.0.1:pop3x", "name.test:110", "203.0.113.1:1110"):
            got = vmail.run("vpop3d", "--listen", where, input=None)
            self.assertEqual(got.status, 75, where)
            self.assertIn(where, got.log + got.stderr)


class Identity(Pop3Test):
    def child(self, pop):
        found = processes(pop.process.pid)
        del found[pop.process.pid]
        self.assertEqual(len(found), 1, found)
        return next(iter(found.items()))

    @needs_root
    def test_who_meets_the_client_is_nobody_in_an_empty_directory(self):
        vmail = self.box()
        pop = vmail.pop3()
        pop.line()
        pid, fields = self.child(pop)
        self.assert_is(fields, 65534, 65534)
        self.assertEqual(fields["NoNewPrivs"], "1")
        self.assertEqual(os.readlink(f"/proc/{pid}/root"), os.path.join(vmail.state, "empty"))
        self.assertEqual(os.listdir(f"/proc/{pid}/root/"), [])
        self.assertEqual(os.stat(f"/proc/{pid}/root/").st_mode & 0o7777, 0o555)
        self.assertEqual(sorted(d.split(":")[0] for d in self.descriptors(pid)),
                         ["pipe", "socket", "socket", "socket"])

    @needs_root
    def test_who_opens_the_mailbox_is_the_account_with_the_domains_group(self):
        vmail = self.box(mbox=mbox(b"a: b\n\nc\n"))
        pop = self.session(vmail)
        pid, fields = self.child(pop)           # the talker is gone
        self.assert_is(fields, FIRST_UID, GID)
        names = self.descriptors(pid)
        for secret in ("shadow", "passwd", vmail.dir):
            self.assertFalse([n for n in names if secret in n], names)
        self.assertEqual(sorted(os.path.basename(n) for n in names if n.startswith(vmail.scratch)),
                         [".joe.session", "a.test", "joe"])

    @only_where(not is_sanitized("vpop3d"))     # whose memory has no end
    @needs_root
    def test_what_auth_told_is_in_no_memory(self):
        guess = b"a guess that was wrong"
        told = base64.b64encode(b"\0joe@a.test\0" + guess)
        alone = base64.b64encode(guess)
        for lines in ([b"AUTH PLAIN " + told], [b"AUTH PLAIN", told],
                      [b"AUTH LOGIN", base64.b64encode(b"joe@a.test"), alone],
                      [b"AUTH LOGIN " + base64.b64encode(b"x" * 3000), alone], [b"AUTH PLAIN " + told[:-4] + b"===="]):
            with self.subTest(lines[0][:12]):
                pop = self.box().pop3()
                pop.line()
                for line in lines:
                    pop.send(line + b"\r\n")
                    reply = pop.line()
                self.assertRegex(reply, "^-ERR")
                for pid in processes(pop.process.pid):
                    memory = memory_of(pid)
                    for secret in (guess, told[8:-4], alone[:-4]):
                        self.assertNotIn(secret, memory, lines)
                pop.close()

    @only_where(not is_sanitized("vpop3d"))     # whose memory has no end
    @needs_root
    def test_a_password_that_was_answered_is_in_no_memory(self):
        for user, ahead in ("joe@a.test", ""), ("joe@a.test", "NOOP\r\n" * 9), ("nobody@a.test", ""), ("", ""):
            with self.subTest(f"{user} {ahead[:4]}"):
                pop = self.box().pop3()
                pop.line()
                pop.send((f"USER {user}\r\n" * bool(user) + f"PASS a guess that was wrong\r\n{ahead}").encode())
                while not pop.line().startswith("-ERR"):
                    pass
                for _ in ahead.splitlines():
                    pop.line()
                for pid in processes(pop.process.pid):
                    memory = memory_of(pid)
                    self.assertIn(b"vpop3d", memory)
                    self.assertFalse(b"guess that was" in memory, "it is there")
                pop.ask("QUIT")

    @only_where(not is_sanitized("vpop3d"))     # whose memory has no end
    @needs_root
    def test_no_hash_is_in_any_memory_when_it_was_compared(self):
        # of a large domain, whose files are read in several blocks: its own, and those beside it
        vmail = self.box(mbox=mbox(b"a: b\n\nc\n"), settings={"rehash": "yes", "tls-certificate": "host.pem"})
        vmail.write("host.pem", certificate("host.main.test"), 0o600)
        vmail.write("grants.a.test", "joe: ann all\n")
        crowd_of_hashes(vmail)

        def told(how):
            pop = vmail.pop3()
            pop.line()
            return how(pop), pop

        def failed(user):
            def how(pop):
                pop.ask(f"USER {user}@a.test")
                self.assertRegex(pop.ask("PASS wrong"), r"^-ERR \[AUTH\]")
                stls(pop).ask("CAPA")
            return how

        def opened(*lines):
            def how(pop):
                for line in lines:
                    reply = pop.ask(line)
                self.assertRegex(reply, r"^\+OK")
            return how

        anothers = base64.b64encode(b"joe@a.test\0ann@a.test\0other").decode()
        for how in (failed("joe"), failed("nobody"), failed("old"), opened(f"AUTH PLAIN {anothers}"),
                    opened(f"USER {self.joe}", f"PASS {PASSWORD}"), opened("USER old@a.test", "PASS first"),
                    opened("USER old@a.test", "PASS first")):
            _, pop = told(how)
            for pid in processes(pop.process.pid):
                assert_no_hash(self, vmail, pid)
            pop.ask("QUIT")
            self.ended(pop)
        self.assertRegex(vmail.read("shadow.a.test"), rb"(?m)^old:\$y\$")

    @needs_root
    def test_the_parent_reads_no_byte_of_the_client(self):
        vmail = self.box(mbox=mbox(b"a: b\n\nc\n"))
        trace = os.path.join(vmail.scratch, "trace")
        client, server = connection(fresh_address())
        with server:
            process = Process(["strace", "-o", trace, "-e", "trace=read,recvfrom,recvmsg,readv,write,sendto,pread64",
                               program("vpop3d"), "-C", vmail.dir], stdin=server, stdout=server)
        self.addCleanup(process.stop)
        pop = Pop3(client)
        pop.login(self.joe, PASSWORD)
        pop.many("RETR 1")
        pop.ask("QUIT")
        process.wait()
        with open(trace) as f:
            calls = f.read()
        self.assertIn("recvfrom(", calls)
        self.assertNotRegex(calls, r"\b(read|recvfrom|recvmsg|readv|pread64|write|sendto)\([01],")

    @needs_root
    def test_an_installation_of_one_owner_is_served_as_that_owner(self):
        vmail = self.installation()
        vmail.domain("o.test", {"owner": "61000:61001"}, passwords={"joe": PASSWORD})
        path = os.path.join(vmail.spool, "o.test")
        os.mkdir(path, 0o700)
        os.chown(path, 61000, 61001)
        pop = self.session(vmail, "joe@o.test")
        _, fields = self.child(pop)
        self.assert_is(fields, 61000, 61001)

    @only_where(not ROOT)
    def test_without_root_it_says_so_and_works(self):
        vmail = self.box(mbox=mbox(b"a: b\n\nc\n"))
        pop = self.session(vmail)
        pop.ask("QUIT")
        pop.close()
        pop.process.wait()
        self.assertIn("not started as root", pop.process.errors.decode())


if __name__ == "__main__":
    main()
