#!/usr/bin/python3
"""vlmtpd: who each of its processes is, and what it holds, looked up in /proc."""
from lmtp import *

NOBODY = 65534
NO_CAPABILITIES = {"CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapAmb": 0}


def limit(pid, name):
    """[soft, hard] of /proc/PID/limits."""
    with open(f"/proc/{pid}/limits") as f:
        return next(line[len(name):].split()[:2] for line in f if line.startswith(name))


class Who(LmtpTest):
    """A connection: .parent, .talker."""
    def connected(self):
        lmtp = self.session()
        self.parent = lmtp.process.pid
        self.talker, = [p for p in session_of(self.parent) if p != self.parent]
        return lmtp

    def is_only(self, pid, uid, gid):
        """The process is uid and gid for good."""
        status = status_of(pid)
        self.assertEqual(status["Uid"].split(), [str(uid)] * 4)
        self.assertEqual(status["Gid"].split(), [str(gid)] * 4)
        self.assertEqual(status["Groups"].split(), [])
        self.assertEqual({name: int(status[name], 16) for name in NO_CAPABILITIES}, NO_CAPABILITIES)

    @needs_root
    def test_the_talker_is_nobody_in_an_empty_directory_without_rights(self):
        lmtp = self.connected()
        self.is_only(self.talker, NOBODY, NOBODY)
        root = f"/proc/{self.talker}/root"
        self.assertEqual(os.listdir(root), [])
        self.assertFalse(os.path.samefile(root, "/"))
        self.assertEqual(os.readlink(f"/proc/{self.talker}/cwd"), os.readlink(root))
        self.assertEqual(limit(self.talker, "Max processes"), ["0", "0"])
        self.assertEqual(limit(self.talker, "Max core file size")[0], "0")
        self.assertEqual(status_of(self.talker)["NoNewPrivs"], "1")
        lmtp.quit()

    @needs_root
    def test_the_parent_is_root_and_has_left_the_connection(self):
        lmtp = self.connected()
        self.assertEqual(status_of(self.parent)["Uid"].split(), ["0"] * 4)
        client = os.fstat(lmtp.socket.fileno()).st_ino
        held = descriptors(self.parent)
        self.assertEqual((held[0], held[1]), ("/dev/null", "/dev/null"))
        self.assertNotIn(f"socket:[{client}]", held.values())
        lmtp.quit()

    @only_where(not ROOT)
    def test_without_root_every_process_is_who_started_it(self):
        gate = self.gate()
        lmtp = self.connected().begin("slow@a.test")
        lmtp.ask("DATA")
        lmtp.send(wire(b"Subject: x\n\n"))
        gate.begun()
        processes = session_of(self.parent)
        self.assertGreater(len(processes), 3)
        for pid in processes:
            self.assertEqual(status_of(pid)["Uid"].split(), [str(os.getuid())] * 4)
        gate.open()
        self.assertEqual(lmtp.reply(), DONE)
        lmtp.quit()

    @needs_root
    def test_the_talker_holds_the_connection_the_parent_and_nothing_else(self):
        lmtp = self.connected()
        held = descriptors(self.talker)
        self.assertEqual(held[0], held[1])
        self.assertLessEqual(len(held), 5, held)
        for fd, what in held.items():
            if fd != 2:
                self.assertRegex(what, r"^(socket:|pipe:|anon_inode:\[signalfd)", held)
        lmtp.quit()

    @needs_root
    def test_while_data_comes_the_talker_holds_one_file_without_a_name_more(self):
        lmtp = self.connected()
        before = descriptors(self.talker)
        lmtp.begin("joe@a.test").ask("DATA")
        more = {fd: what for fd, what in descriptors(self.talker).items() if fd not in before}
        self.assertEqual(len(more), 1, more)
        self.assertRegex(list(more.values())[0], r" \(deleted\)$")
        lmtp.send(wire(b"Subject: x\n\n"))
        self.assertEqual(lmtp.reply(), DONE)
        lmtp.ask("NOOP")
        self.assertEqual(descriptors(self.talker), before)
        lmtp.quit()

    @needs_root
    def test_the_parent_holds_the_same_before_and_after_a_message(self):
        lmtp = self.connected()
        seen = []
        for _ in range(5):
            lmtp.deliver("joe@a.test", "ann@b.test")
            lmtp.begin().rcpt("nobody@a.test")      # the parent has answered again: the message is behind it
            seen.append(descriptors(self.parent))
            lmtp.ask("RSET")
        self.assertEqual(seen, [seen[0]] * 5)
        lmtp.quit()

    @needs_root
    def test_a_server_s_connections_hold_no_listening_socket_and_no_other_connection(self):
        where = os.path.join(self.vmail.scratch, "map")
        server = self.server("--socketmap", f"unix:{where}")
        server.idle()
        listening = set(descriptors(server.pid).values())
        clients = [server.client().hello() for _ in range(3)]
        connections = []
        for pid in session_of(server.pid):
            if pid != server.pid:
                held = {what for what in descriptors(pid).values() if what.startswith("socket:")}
                self.assertEqual(held & listening, set())
                connections.append(held)
        self.assertEqual(len(connections), 6)
        for client in clients:
            client.close()
        server.stop()

    def waiting_courier(self, to):
        """The process that waits for the lock of an mbox."""
        lmtp = self.connected()
        self.assertEqual(lmtp.deliver(to), [DONE])
        lock = open(self.vmail.inbox(to), "r+b")
        self.addCleanup(lock.close)
        fcntl.lockf(lock, fcntl.LOCK_EX)
        lmtp.begin(to).ask("DATA")
        lmtp.send(wire(b"Subject: x\n\n"))
        queue = os.path.join(os.path.dirname(self.vmail.inbox(to)), f".{to.split('@')[0]}.queue")
        eventually(lambda: locks_of(queue), "its place in the queue")      # who read for RCPT ends before that
        others = [p for p in session_of(self.parent) if p not in (self.parent, self.talker)]
        self.assertEqual(len(others), 1)
        return lmtp, others[0], lock

    @needs_root
    def test_a_courier_is_the_account_with_the_domain_s_gid_and_holds_no_connection(self):
        lmtp, courier, lock = self.waiting_courier("joe@a.test")
        uid, gid = self.owner("joe@a.test")
        eventually(lambda: status_of(courier)["Uid"].split() == [str(uid)] * 4, "its identity")
        self.is_only(courier, uid, gid)
        connection = descriptors(self.talker)[0]
        self.assertNotIn(connection, descriptors(courier).values())
        lock.close()
        self.assertEqual(lmtp.reply(), DONE)
        lmtp.quit()

    def test_a_command_holds_0_1_and_2_alone_and_is_the_command_user(self):
        script = self.vmail.write("look", "#!/bin/sh\nexec >$1/seen\nls -l /proc/self/fd/ | "
                                  "sed -n 's/.* \\([0-9]*\\) -> .*/fd \\1/p'\ncat /proc/self/status\nenv\n", 0o755)
        seen = self.vmail._directory("seen", 0o777)
        self.vmail.write("aliases.a.test", f'look: "|{script} {seen}"\n')
        lmtp = self.session()
        self.assertEqual(lmtp.deliver("look@a.test"), [DONE])
        lmtp.quit()
        with open(seen + "/seen") as f:
            text = f.read()
        # ls itself has the directory and sed's pipe open
        self.assertEqual(re.findall(r"^fd (\d+)$", text, re.M), ["0", "1", "2", "3"])
        uid = NOBODY if ROOT else os.getuid()
        self.assertRegex(text, rf"(?m)^Uid:\t{uid}\t{uid}\t{uid}\t{uid}$")
        self.assertNotIn("LISTEN_", text)

    @needs_root
    def test_the_socket_map_s_talker_is_nobody_too(self):
        where = os.path.join(self.vmail.scratch, "map")
        server = self.server("--socketmap", f"unix:{where}")
        server.idle()
        socketmap = Socketmap(where)
        self.assertEqual(socketmap.ask("domains a.test"), "OK a.test")
        identities = sorted(status_of(p)["Uid"].split()[0] for p in session_of(server.pid))
        self.assertEqual(identities, ["0", "0", str(NOBODY)])
        talker, = [p for p in session_of(server.pid) if status_of(p)["Uid"].split()[0] != "0"]
        self.is_only(talker, NOBODY, NOBODY)
        self.assertEqual(limit(talker, "Max file size"), ["0", "0"])
        socketmap.close()
        server.stop()

    @needs_root
    def test_an_owner_s_mail_is_the_owner_s_from_the_first_byte(self):
        self.vmail.domain("one.test", {"owner": "61234:61234", "gid": None}, accounts=["bob"])
        lmtp = self.session()
        self.assertEqual(lmtp.deliver("bob@one.test", "joe@a.test"), [DONE, DONE])
        lmtp.quit()
        for to, uid in ("bob@one.test", 61234), ("joe@a.test", self.owner("joe@a.test")[0]):
            self.assertEqual(os.stat(self.vmail.inbox(to)).st_uid, uid)

    @needs_root
    def test_somebody_else_serves_what_is_his_and_the_rest_waits(self):
        self.vmail.domain("one.test", {"owner": "61234:61234", "gid": None}, accounts=["bob"])
        os.mkdir(os.path.join(self.vmail.spool, "one.test"))
        os.chown(os.path.join(self.vmail.spool, "one.test"), 61234, 61234)
        os.chmod(os.path.join(self.vmail.spool, "one.test"), 0o700)
        lmtp = self.start(user=61234, group=61234, extra_groups=[]).hello()
        replies = lmtp.deliver("bob@one.test", "joe@a.test")
        self.assertEqual(replies[0], DONE)
        self.assertRegex(replies[1], r"^451 4\.3\.[05] ")
        lmtp.quit()
        self.assertEqual(len(self.vmail.messages("bob@one.test")), 1)


if __name__ == "__main__":
    main()
