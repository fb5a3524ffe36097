#!/usr/bin/python3
"""vlmtpd: a session cut after every byte, processes that are killed: never half, never unasked.

VMAIL_KILLS=N: so many at random moments.
"""
import random

from lmtp import *

DOT = len(SESSION % b"joe@a.test")          # so many bytes have the final dot and its line end


class Cut(LmtpTest):
    """Each way to be connected, each way to go; joe's mbox shows what was delivered."""
    whole_session = SESSION % b"joe@a.test" + b"QUIT\r\n"

    def each_byte(self, connect, close, finish):
        """connect() makes a client, close(client) is the cut, finish(client) waits for the end."""
        for cut in thinned(range(len(self.whole_session) + 1)):
            before = len(self.vmail.messages("joe@a.test"))
            lmtp = connect()
            lmtp.send(self.whole_session[:cut])
            close(lmtp)
            finish(lmtp)
            more = len(self.vmail.messages("joe@a.test")) - before
            if cut < DOT:
                self.assertEqual(more, 0, f"delivered after {cut} bytes")
            else:
                self.assertLessEqual(more, 1, f"delivered twice after {cut} bytes")
            if cut >= DOT and close is not Lmtp.close:
                self.assertEqual(more, 1, f"not delivered after {cut} bytes, although 250 was said")
        for body in self.bodies("joe@a.test"):
            self.assertEqual(body, b"Subject: cut\n\nhello\n")
        left = [name for _, _, names in os.walk(self.vmail.spool) for name in names]
        self.assertEqual(set(left) - {"joe", ".joe.queue"}, set())

    def greeted(self, server):
        """A client that was accepted: else nobody knows of it yet, and the server seems idle."""
        lmtp = server.client()
        self.assertEqual(lmtp.reply(), GREETING)
        return lmtp

    def ended(self, lmtp):
        lmtp.process.wait()
        gone(lmtp.process.pid)
        self.vmail.done(lmtp.process)
        lmtp.close()

    def half_closed(self, lmtp):
        """Shuts, and reads to the end: at the dot there is a reply, and it is 250."""
        lmtp.shut()
        text = lmtp.rest()
        self.assertEqual(b"250 2.0.0 delivered" in text, text.count(b"250 2.0.0") == 1, text)

    def test_a_socket_pair_that_is_closed(self):
        self.each_byte(lambda: start(self.vmail), Lmtp.close, self.ended)

    def test_a_socket_pair_that_is_half_closed(self):
        self.each_byte(lambda: start(self.vmail), self.half_closed, self.ended)

    def test_pipes_that_are_closed(self):
        self.each_byte(lambda: start(self.vmail, pipes=True), Lmtp.close, self.ended)

    def test_pipes_of_which_one_is_closed(self):
        self.each_byte(lambda: start(self.vmail, pipes=True), self.half_closed, self.ended)

    def test_a_unix_socket_that_is_closed(self):
        server = self.server()
        self.each_byte(lambda: self.greeted(server), Lmtp.close, lambda lmtp: server.idle())
        server.stop()

    def test_a_unix_socket_that_is_half_closed(self):
        server = self.server()
        self.each_byte(server.client, self.half_closed, Lmtp.close)
        server.stop()

    def test_tcp_that_is_closed(self):
        server = self.server(tcp=True)
        self.each_byte(lambda: self.greeted(server), Lmtp.close, lambda lmtp: server.idle())
        server.stop()

    def test_tcp_that_is_half_closed(self):
        server = self.server(tcp=True)
        self.each_byte(server.client, self.half_closed, Lmtp.close)
        server.stop()

    def test_tcp_that_is_reset(self):
        server = self.server(tcp=True)
        for cut in thinned(range(DOT)):
            lmtp = self.greeted(server)
            lmtp.send(self.whole_session[:cut])
            lmtp.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            lmtp.close()
        server.idle()
        self.assertEqual(self.vmail.messages("joe@a.test"), [])
        server.stop()


class Killed(LmtpTest):
    """SIGKILL for one of a connection's processes, at each stage."""
    def stages(self, lmtp):
        """Names each stage that the client has reached; the last one has the whole message sent."""
        yield "greeting"
        lmtp.hello()
        yield "LHLO"
        lmtp.mail()
        yield "MAIL"
        lmtp.rcpt("joe@a.test")
        yield "RCPT"
        lmtp.ask("DATA")
        yield "DATA"
        lmtp.send(b"Subject: x\r\n\r\n" + b"y" * 100000 + b"\r\n")
        yield "half a message"
        lmtp.send(b".\r")
        yield "all but its last byte"

    def victims(self, lmtp):
        """(parent, talker)"""
        parent = lmtp.process.pid
        return parent, eventually(lambda: [p for p in session_of(parent) if p != parent], "a talker")[0]

    def check(self, which):
        for stage in range(7):
            lmtp = self.start()
            lmtp_stages = self.stages(lmtp)
            self.assertEqual(lmtp.line(), GREETING.encode())
            lmtp.read = GREETING.encode() + b"\r\n" + lmtp.read
            name = [next(lmtp_stages) for _ in range(stage + 1)][-1]
            killed(self.victims(lmtp)[which])
            lmtp.process.wait()
            gone(lmtp.process.pid)
            self.assertNotIn(b"delivered", lmtp.rest(), name)
            self.assertEqual(self.vmail.messages("joe@a.test"), [], name)

    def test_the_talker_at_any_stage_leaves_nobody_and_no_message(self):
        self.check(1)

    def test_the_parent_at_any_stage_leaves_nobody_and_no_message(self):
        self.check(0)

    def during_delivery(self, which):
        gate = self.gate()
        lmtp = self.session().begin("joe@a.test", "slow@a.test", "ann@b.test")
        victim = self.victims(lmtp)[which]
        lmtp.ask("DATA")
        lmtp.send(wire(b"Subject: x\n\nhello\n"))
        self.assertEqual(lmtp.reply(), DONE)
        gate.begun()
        killed(victim)
        return gate, lmtp

    def test_the_talker_during_a_delivery_lets_that_one_end_and_begins_no_other(self):
        gate, lmtp = self.during_delivery(1)
        self.assertNotIn(b"250", lmtp.rest())   # from here on it is gone
        gate.open()
        lmtp.process.wait()
        gone(lmtp.process.pid)
        self.assertEqual(self.bodies("joe@a.test"), [b"Subject: x\n\nhello\n"])
        self.assertEqual(self.vmail.messages("ann@b.test"), [])
        log = lmtp.process.errors.decode()
        self.assertEqual(re.findall(r" delivery .*recipient=(\S+) .*status=(\d+) code=(\S+)", log),
                         [("joe@a.test", "0", "2.0.0"), ("slow@a.test", "0", "2.0.0"), ("ann@b.test", "75", "4.4.2")])

    def test_the_parent_during_a_delivery_takes_the_others_with_it(self):
        gate, lmtp = self.during_delivery(0)
        self.assertEqual(lmtp.process.wait(), -signal.SIGKILL)
        self.assertNotIn(b"250", lmtp.rest())
        gone(lmtp.process.pid)
        self.assertFalse(gate.done())
        self.assertEqual(self.bodies("joe@a.test"), [b"Subject: x\n\nhello\n"])
        self.assertEqual(self.vmail.messages("ann@b.test"), [])

    def test_any_process_at_random_moments_loses_nothing_that_was_said_to_be_delivered(self):
        chance = random.Random(3)
        self.vmail.set(log="mail")
        self.vmail.set(lock_timeout="5s")
        sent, acknowledged = [], {"joe@a.test": [], "ann@b.test": []}
        for number in range(int(os.environ.get("VMAIL_KILLS", fewer(150)))):
            messages = [b"Subject: %d.%d\n\n%send\n" % (number, n, b"%d\n" % n * chance.randrange(3000))
                        for n in range(3)]
            data = [b"MAIL FROM:<sender@far.test>\r\nRCPT TO:<joe@a.test>\r\nRCPT TO:<ann@b.test>\r\n"
                    b"DATA\r\n" + wire(message) for message in messages]
            lmtp = start(self.vmail).hello()
            cut = chance.randrange(sum(map(len, data)))
            lmtp.send(b"".join(data)[:cut])
            waits = number % 2 and cut >= len(data[0])
            replies = [lmtp.line() for _ in range(6)] if waits else []
            self.kill_one(lmtp, chance)
            replies += lmtp.rest().split(b"\r\n")
            lmtp.close()
            sent += messages
            replies = iter(replies)
            for message in messages:
                for to in self.delivered_to(replies):
                    acknowledged[to].append(message)
        for to in acknowledged:
            found = self.bodies(to)
            self.assertEqual(len(set(found)), len(found), "doubled")
            self.assertEqual(set(found) - set(sent), set(), "damaged")
            self.assertEqual(set(acknowledged[to]) - set(found), set(), "lost")
            self.assertGreater(len(acknowledged[to]), 10)

    def delivered_to(self, replies):
        """Who a message was said to be delivered to: a recipient whose reader of .forward was
        killed waits from RCPT on, and has no reply after the data."""
        next(replies, b"")                      # MAIL
        accepted = [to for to in ("joe@a.test", "ann@b.test") if next(replies, b"").startswith(b"250 ")]
        if next(replies, b"").startswith(b"354 "):
            return [to for to in accepted if next(replies, b"") == DONE.encode()]
        for _ in replies:                       # the data were taken for commands
            pass
        return []

    def kill_one(self, lmtp, chance):
        """Whichever it is, if it is there still; then all of them end."""
        try:
            os.kill(chance.choice(session_of(lmtp.process.pid)), signal.SIGKILL)
        except ProcessLookupError:
            pass
        lmtp.shut()
        lmtp.process.wait()
        gone(lmtp.process.pid)

    def test_a_courier_is_a_temporary_failure_and_the_session_goes_on(self):
        gate = self.gate()
        lmtp = self.session().begin("slow@a.test", "ann@b.test")
        parent, talker = self.victims(lmtp)
        lmtp.ask("DATA")
        lmtp.send(wire(b"Subject: x\n\nhello\n"))
        gate.begun()
        parents = [int(stat_of(p)[1]) for p in session_of(parent)]
        courier = [p for p in parents if p != parent and int(stat_of(p)[1]) == parent]   # the one with a command
        killed(courier[0])
        self.assertRegex(lmtp.reply(), r"^451 4\.3\.0 ")
        self.assertEqual(lmtp.reply(), DONE)
        eventually(lambda: session_of(parent) == [parent, talker], "the end of its command")
        self.assertEqual(lmtp.deliver("joe@a.test"), [DONE])
        lmtp.quit()

    def test_a_client_that_goes_during_a_delivery_lets_that_one_end(self):
        gate = self.gate()
        lmtp = self.session().begin("slow@a.test", "ann@b.test")
        lmtp.ask("DATA")
        lmtp.send(wire(b"Subject: x\n\nhello\n"))
        gate.begun()
        lmtp.close()
        gate.open()
        lmtp.process.wait()
        gone(lmtp.process.pid)
        self.assertTrue(gate.done())
        self.assertLessEqual(len(self.vmail.messages("ann@b.test")), 1)

    def test_a_killed_listener_is_replaced_at_once_and_its_connections_go_on(self):
        first = self.server()
        lmtp = first.client().hello()
        killed(first.pid)
        first.process.popen.wait()
        second = self.server()
        self.assertEqual(second.client().hello().deliver("joe@a.test"), [DONE])
        self.assertEqual(lmtp.deliver("joe@a.test"), [DONE])
        lmtp.quit()
        gone(first.pid)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 2)


if __name__ == "__main__":
    main()
