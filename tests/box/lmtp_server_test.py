#!/usr/bin/python3
"""vlmtpd: sockets of its own and systemd's, limits, the graceful end, usage."""
import stat

from lmtp import *

ACTIVATE = shutil.which("systemd-socket-activate")


class Listening(LmtpTest):
    def test_a_unix_socket_is_for_everybody_and_gone_at_the_end(self):
        server = self.server()
        self.assertEqual(stat.S_IMODE(os.stat(server.where).st_mode), 0o666)
        self.assertEqual(server.client().hello().deliver("joe@a.test"), [DONE])
        server.stop()
        self.assertFalse(os.path.exists(server.where))

    def test_a_unix_socket_s_mode_is_so_whatever_the_umask_is(self):
        for mask in 0o000, 0o077, 0o777:
            before = os.umask(mask)
            try:
                server = self.server()
            finally:
                os.umask(before)
            self.assertEqual(stat.S_IMODE(os.stat(server.where).st_mode), 0o666)
            self.assertEqual(server.client().hello().deliver("joe@a.test"), [DONE])
            server.stop()

    def test_several_sockets_of_both_kinds_serve_at_once(self):
        where = free_port(fresh_address())
        server = self.server("--listen", "%s:%d" % where, "--socketmap", f"unix:{self.vmail.scratch}/map",
                             "--listen", f"unix:{self.vmail.scratch}/second")
        for place in server.where, where, f"{self.vmail.scratch}/second":
            lmtp = Lmtp(reach(place)).hello()
            self.assertEqual(lmtp.deliver("joe@a.test"), [DONE])
            lmtp.quit()
        socketmap = Socketmap(f"{self.vmail.scratch}/map")
        self.assertEqual(socketmap.ask("domains a.test"), "OK a.test")
        socketmap.close()
        server.stop()
        self.assertEqual([n for n in os.listdir(self.vmail.scratch) if n in ("map", "second", "lmtp.sock")], [])

    def test_a_socket_file_that_a_dead_server_left_is_replaced(self):
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(os.path.join(self.vmail.scratch, "lmtp.sock"))
        server = self.server()
        self.assertEqual(server.client().hello().deliver("joe@a.test"), [DONE])
        server.stop()

    def test_a_socket_file_that_somebody_serves_stays_his(self):
        first = self.server()
        got = self.vmail.run("vlmtpd", "--listen", f"unix:{first.where}", input=None)
        self.assertEqual(got.status, 75, got)
        self.assertIn(first.where, got.stderr + got.log)
        self.assertEqual(first.client().hello().deliver("joe@a.test"), [DONE])
        first.stop()

    def test_a_file_that_is_no_socket_is_never_replaced(self):
        path = os.path.join(self.vmail.scratch, "precious")
        for make in (lambda: self.vmail.write(path, "mine"), lambda: os.mkdir(path),
                     lambda: os.symlink("/nowhere", path), lambda: os.mkfifo(path)):
            make()
            before = os.lstat(path)
            got = self.vmail.run("vlmtpd", "--listen", f"unix:{path}", input=None)
            self.assertEqual(got.status, 75, got)
            self.assertIn(path, got.stderr + got.log)
            self.assertEqual(os.lstat(path), before)
            os.rmdir(path) if os.path.isdir(path) else os.unlink(path)

    def test_a_socket_file_that_was_replaced_meanwhile_is_not_removed(self):
        server = self.server()
        os.unlink(server.where)
        other = socket.socket(socket.AF_UNIX)
        self.addCleanup(other.close)
        other.bind(server.where)
        server.stop()
        self.assertTrue(os.path.exists(server.where))

    def test_one_too_many_of_one_address_is_421(self):
        self.vmail.set(max_connections_per_peer="2")
        server = self.server(tcp=True)
        server.idle()
        clients = [server.client().hello() for _ in range(2)]
        late = server.client()
        self.assertRegex(late.reply(), r"^421 4\.3\.2 ")
        self.assertIsNone(late.reply())
        clients[0].quit()
        eventually(lambda: len(session_of(server.pid)) == 3, "the end of one connection")
        self.assertEqual(server.client().hello().deliver("joe@a.test"), [DONE])
        server.stop()

    def test_an_mta_beside_us_may_have_more_connections_than_one_address_may(self):
        self.vmail.set(max_connections_per_peer="2")
        server = self.server()
        for client in [server.client().hello() for _ in range(5)]:
            self.assertEqual(client.deliver("joe@a.test"), [DONE])
        server.stop()

    def test_one_too_many_at_all_waits_or_is_421_and_is_served_later(self):
        self.vmail.set(max_connections="2")
        server = self.server()
        server.idle()
        clients = [server.client().hello() for _ in range(2)]
        late = server.client()
        clients[0].quit()
        reply = late.reply()
        if reply.startswith("421 "):
            eventually(lambda: len(session_of(server.pid)) == 3, "the end of one connection")
            late = server.client()
            late.reply()
        self.assertRegex(late.ask("NOOP"), "^250 ")
        server.stop()

    def test_it_serves_when_standard_input_and_output_are_closed(self):
        where = os.path.join(self.vmail.scratch, "lmtp.sock")
        process = Process(["/bin/sh", "-c", 'exec "$0" -C "$1" --listen "$2" <&- >&-', program("vlmtpd"),
                           self.vmail.dir, f"unix:{where}"])
        self.vmail.processes.append(process)
        until_served(process, where)
        self.assertEqual(Lmtp(reach(where)).hello().deliver("joe@a.test", "ann@b.test"), [DONE, DONE])
        process.signal()
        self.assertEqual(process.wait(), 0)


class Ending(LmtpTest):
    """SIGTERM."""
    def ended(self, server):
        self.assertEqual(server.process.wait(), 0, server.process.errors)
        gone(server.pid)
        if not server.tcp:
            self.assertFalse(os.path.exists(server.where))

    def told_421(self, lmtp):
        self.assertRegex(lmtp.reply() or "(the end)", r"^421 4\.3\.2 ")
        self.assertIsNone(lmtp.reply())

    def test_nobody_connected(self):
        server = self.server()
        server.stop()
        self.ended(server)

    def test_clients_that_are_idle_get_421_at_each_stage(self):
        server = self.server()
        clients = [server.client() for _ in range(4)]
        self.assertEqual(clients[0].reply(), GREETING)
        clients[1].hello()
        clients[2].hello().begin("joe@a.test")
        clients[3].hello().deliver("joe@a.test")
        server.process.signal()
        for lmtp in clients:
            self.told_421(lmtp)
        self.ended(server)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)

    def test_data_that_is_coming_in_gets_421_and_is_not_delivered(self):
        server = self.server(tcp=True)
        lmtp = server.client().hello().begin("joe@a.test")
        self.assertRegex(lmtp.ask("DATA"), "^354 ")
        lmtp.send(b"Subject: half\r\n\r\n" + b"y" * 100000 + b"\r\n.")
        server.process.signal()
        self.told_421(lmtp)
        self.ended(server)
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def test_a_message_that_is_being_delivered_gets_its_replies_first(self):
        gate = self.gate()
        server = self.server()
        lmtp = server.client().hello().begin("slow@a.test", "joe@a.test")
        self.assertRegex(lmtp.ask("DATA"), "^354 ")
        lmtp.send(wire(b"Subject: x\n\nhello\n"))
        gate.begun()
        server.process.signal()
        eventually(lambda: not is_served(server.where), "no new connection")
        self.assertIsNone(server.process.popen.poll())
        gate.open()
        self.assertEqual(lmtp.replies(2), [DONE, DONE])
        self.told_421(lmtp)
        self.ended(server)
        self.assertTrue(gate.done())
        self.assertEqual(self.bodies("joe@a.test"), [b"Subject: x\n\nhello\n"])

    def test_a_pipelined_command_behind_the_last_delivery_is_not_lost_silently(self):
        gate = self.gate()
        server = self.server()
        lmtp = server.client().hello().begin("slow@a.test")
        self.assertRegex(lmtp.ask("DATA"), "^354 ")
        lmtp.send(wire(b"Subject: x\n\nhello\n") + b"NOOP\r\n" + SESSION[21:] % b"joe@a.test")
        gate.begun()
        server.process.signal()
        gate.open()
        self.assertEqual(lmtp.reply(), DONE)
        replies = []
        while (reply := lmtp.reply()) is not None:
            replies.append(reply)
        self.ended(server)
        delivered = replies.count(DONE)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), delivered)
        self.assertTrue(delivered or replies[-1].startswith("421 "), replies)

    def test_on_standard_input_and_output_too(self):
        for stage in range(3):
            lmtp = self.session()
            if stage:
                lmtp.begin("joe@a.test")
            if stage == 2:
                lmtp.ask("DATA")
                lmtp.send(b"Subject: x\r\n")
            lmtp.process.signal()
            self.told_421(lmtp)
            self.assertEqual(lmtp.process.wait(), 0)
            gone(lmtp.process.pid)
        self.assertEqual(self.vmail.messages("joe@a.test"), [])

    def test_socket_map_clients_too(self):
        where = os.path.join(self.vmail.scratch, "map")
        server = self.server("--socketmap", f"unix:{where}")
        socketmap = Socketmap(where)
        self.assertEqual(socketmap.ask("domains a.test"), "OK a.test")
        server.process.signal()
        self.assertIsNone(socketmap.reply())
        self.ended(server)
        self.assertFalse(os.path.exists(where))
        socketmap.close()

    def test_a_delivery_that_never_ends_is_waited_for_no_longer_than_it_may_take(self):
        self.vmail.set(delivery_timeout="3s")
        gate = self.gate()
        server = self.server()
        lmtp = server.client().hello().begin("slow@a.test")
        lmtp.ask("DATA")
        lmtp.send(wire(b"Subject: x\n\nhello\n"))
        gate.begun()
        server.process.signal()
        self.assertRegex(lmtp.reply(), r"^451 4\.\d\.\d ")
        self.told_421(lmtp)
        self.ended(server)
        self.assertFalse(gate.done())

    def test_a_second_signal_changes_nothing(self):
        gate = self.gate()
        server = self.server()
        lmtp = server.client().hello().begin("slow@a.test")
        lmtp.ask("DATA")
        lmtp.send(wire(b"Subject: x\n\nhello\n"))
        gate.begun()
        for _ in range(3):
            server.process.signal()
        gate.open()
        self.assertEqual(lmtp.reply(), DONE)
        self.told_421(lmtp)
        self.ended(server)


@unittest.skipUnless(ACTIVATE, "no systemd-socket-activate: make deps")
class Systemd(LmtpTest):
    def activate(self, *args, places, accept=(), names=None):
        """systemd-socket-activate with its sockets, which it opens before it starts vlmtpd."""
        options = [word for place in places for word in ("-l", place)]
        options += accept
        options += ["--fdname=" + ":".join(names)] if names else []
        process = Process([ACTIVATE, *options, "--setenv=ASAN_OPTIONS", "--setenv=UBSAN_OPTIONS",
                           program("vlmtpd"), "-C", self.vmail.dir, *args])
        self.vmail.processes.append(process)
        process.wait_line("Listening on " + re.escape(str(places[-1])))
        return process

    def path(self, name):
        return os.path.join(self.vmail.scratch, name)

    def each_connection(self, *options):
        places = [self.path("accepting"), "%s:%d" % (tcp := free_port(fresh_address()))]
        process = self.activate(places=places, accept=["--accept", *options])
        for where in places[0], tcp, places[0]:
            lmtp = Lmtp(reach(where)).hello()
            self.assertEqual(lmtp.deliver("joe@a.test"), [DONE])
            lmtp.quit()
        eventually(lambda: session_of(process.pid) == [process.pid], "the end of all connections")

    def test_each_connection_is_served_that_is_standard_input_and_output(self):
        self.each_connection("--inetd")

    def test_each_connection_is_served_that_is_passed(self):
        self.each_connection()

    def test_the_sockets_are_its_own_without_accept(self):
        places = [self.path("passed"), "%s:%d" % (tcp := free_port(fresh_address()))]
        process = self.activate(places=places)
        clients = [Lmtp(reach(where)) for where in (places[0], tcp, places[0])]
        for lmtp in clients:
            self.assertEqual(lmtp.hello().deliver("joe@a.test"), [DONE])
        process.signal()
        for lmtp in clients:
            self.assertRegex(lmtp.reply(), r"^421 4\.3\.2 ")
        self.assertEqual(process.wait(), 0)
        gone(process.pid)
        self.assertTrue(os.path.exists(places[0]), "the socket is systemd's")

    def test_a_socket_that_is_called_socketmap_speaks_that(self):
        places = [self.path("one"), self.path("two"), self.path("three")]
        process = self.activate(places=places, names=["lmtp", "socketmap", "other"])
        lmtp = Lmtp(reach(places[0])).hello()
        self.assertEqual(lmtp.deliver("joe@a.test"), [DONE])
        socketmap = Socketmap(places[1])
        self.assertEqual(socketmap.ask("recipients joe@a.test"), "OK joe@a.test")
        Lmtp(reach(places[2])).hello().quit()
        socketmap.close()
        lmtp.quit()
        process.signal()
        self.assertEqual(process.wait(), 0)

    def test_sockets_that_are_meant_for_another_process_are_not_ours(self):
        lmtp = self.start(env={"LISTEN_FDS": "1", "LISTEN_PID": "1"})
        lmtp.hello().quit()

    def test_options_add_to_the_sockets_that_were_passed(self):
        own = self.path("own")
        process = self.activate("--listen", f"unix:{own}", places=[self.path("passed")])
        Lmtp(reach(self.path("passed"))).hello().quit()
        Lmtp(reach(own)).hello().quit()
        process.signal()
        self.assertEqual(process.wait(), 0)
        self.assertFalse(os.path.exists(own))


def is_usage(self, words, *arguments):
    got = run("vlmtpd", *arguments, input=None)
    self.assertEqual(got.status, 64, got)
    self.assertRegex(got.stderr, rf"^vlmtpd: .*{words}.*\nusage: vlmtpd ")
    self.assertEqual(got.stdout, b"")


def is_a_bad_place(self, words, *arguments):
    got = self.vmail.run("vlmtpd", *arguments, input=None)
    self.assertIn(got.status, (64, 75), got)
    self.assertRegex(got.stderr + got.log, words)
    self.assertEqual(got.stdout, b"")


@rows(is_usage, [
    ("an unknown option", "--frobnicate", "--frobnicate"),
    ("an unknown short option", "-x", "-x"),
    ("a word", "word", "word"),
    ("--listen without a place", "--listen", "--listen"),
    ("--socketmap without a place", "--socketmap", "--socketmap"),
    ("-C without a directory", "-C", "-C"),
    ("port 25", "25", "--listen", "127.0.0.1:25"),
    ("port 25 of every address", "25", "--listen", "*:25"),
    ("port 25 of no address", "25", "--listen", ":25"),
    ("port 25 of an IPv6 address", "25", "--listen", "[::1]:25"),
    ("port 25 with zeros in front", "25", "--listen", "127.0.0.1:0025"),
    ("port 25 with a sign", "25", "--listen", "127.0.0.1:+25"),
    ("port 25 with a blank", "25", "--listen", "127.0.0.1: 25"),
    ("port 25 by another name", "mail", "--listen", "127.0.0.1:mail"),
    ("port 25 by its name", "smtp", "--listen", "127.0.0.1:smtp"),
    ("port 25 behind a good place", "25", "--listen", "127.0.0.1:2525", "--listen", "127.0.0.1:25"),
    ("a socket map on TCP", "--socketmap", "--socketmap", "127.0.0.1:2525"),
])
@rows(is_a_bad_place, [
    ("a place that is neither", "neither", "--listen", "rubbish"),
    ("a port alone", "rubbish|neither|1234", "--listen", "1234"),
    ("a port that is none", "127.0.0.1:x", "--listen", "127.0.0.1:x"),
    ("a port beyond 65535", "65536", "--listen", "127.0.0.1:65536"),
    ("a host name", "no.such.host", "--listen", "no.such.host:2525"),
    ("an address that is not here", "192.0.2.1:2525", "--listen", "192.0.2.1:2525"),
    ("no path", "unix:", "--listen", "unix:"),
    ("a relative path", "unix:x/y", "--listen", "unix:x/y"),
    ("a path in a directory that is not there", "/nowhere/x: No such file", "--listen", "unix:/nowhere/x"),
    ("a path that is too long", "x" * 120, "--listen", "unix:/" + "x" * 120),
    ("a bad place behind a good one", "/nowhere/x", "--listen", "127.0.0.1:0", "--socketmap", "unix:/nowhere/x"),
])
class Usage(LmtpTest):
    def test_a_bad_place_leaves_no_socket_of_the_good_ones(self):
        good = os.path.join(self.vmail.scratch, "good")
        got = self.vmail.run("vlmtpd", "--listen", f"unix:{good}", "--listen", "unix:/nowhere/x", input=None)
        self.assertEqual(got.status, 75, got)
        self.assertFalse(os.path.exists(good))

    def test_settings_that_are_broken_from_the_beginning_are_named(self):
        self.vmail.write("vmail.conf", "idel-timeout = 1\n")
        got = self.vmail.run("vlmtpd", "--listen", "127.0.0.1:0", input=None)
        self.assertEqual(got.status, 75, got)
        self.assertIn("vmail.conf:1: no setting is called 'idel-timeout'", got.stderr)


if __name__ == "__main__":
    main()
