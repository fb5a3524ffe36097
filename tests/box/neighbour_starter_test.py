#!/usr/bin/python3
"""neighbour_starter_test.py: vpop3d below inetd, xinetd and systemd, for real clients.

Two virtual domains have an address each, one by the file addresses, one by
/etc/hosts; behind a third address the native popa3d serves the machine's own
users.
"""
from neighbours import *

COM, ORG, MAIN = "127.0.1.1", "127.0.2.1", "127.0.3.1"
PASSWORD = "plenty of words"
DOMAIN = "example.com"


class Starters(MachineTest):
    packages = ("popa3d",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        put("/etc/vmail/vmail.conf", "main-domain = main.test\n")
        put("/etc/hosts", HOSTS + f"127.0.0.1 {HOST}\n{ORG} mailhost.example.org\n{MAIN} {HOST}\n")
        for domain in "example.com", "example.org":
            sh(f"vadmin domain add {domain}")
            sh(f"echo '{PASSWORD}' | vadmin user add joe@{domain} --password-stdin")
            for number in range(3):
                done = run("/usr/local/bin/vdeliver", "-f", "s@far.test", "--", f"joe@{domain}",
                           input=message(f"{domain} {number}", ".dot\nFrom here\n").encode())
                assert done.status == 0, done
        put("/etc/vmail/addresses", f"{COM} example.com\n")
        put("/etc/shadow", f"root:*:19000:0:99999:7:::\nsysuser:{hash_of(PASSWORD)}:19000:0:99999:7:::\n",
            0o600)
        put("/var/mail/sysuser", "From s@far.test Fri Nov 20 10:00:00 2026\n"
            + message("for the machine's own user") + "\n", 0o600)
        os.chown("/var/mail/sysuser", 59999, 59999)

    def fetched_by_every_client(self, address, user, subjects):
        for client, fetch in CLIENTS.items():
            with self.subTest(f"{client} from {address}"):
                found = fetch(address, user, PASSWORD)
                self.assertEqual([re.search("^Subject: (.*?)\r?$", m, re.M)[1] for m in found],
                                 subjects)
                for text in found:
                    self.assertIn("hello" if "own user" in text else "\n.dot\nFrom here\n",
                                  text.replace("\r", ""))

    def greeting(self, address):
        pop = Pop3((address, 110))
        self.addCleanup(pop.close)
        return pop.line()

    def serves_three_addresses(self):
        self.assertRegex(self.greeting(COM), r"^\+OK Virtual example\.com POP3 Server \(Version ")
        self.assertRegex(self.greeting(ORG), r"^\+OK Virtual example\.org POP3 Server \(Version ")
        self.assertNotIn("Virtual", self.greeting(MAIN))
        for address, domain in (COM, "example.com"), (ORG, "example.org"):
            self.fetched_by_every_client(address, "joe", [f"{domain} {n}" for n in range(3)])
        self.fetched_by_every_client(MAIN, "sysuser", ["for the machine's own user"])
        self.wait_log(r"vpop3d\[\d+\]: session account=joe peer=127\.\S* domain=example\.com "
                      r"found=address retrieved=\d+ .* end=quit$", count=3)

    def test_inetd_starts_it_by_our_line(self):
        start_vpop3d(self, "inetd")
        self.serves_three_addresses()

    def test_xinetd_starts_it_by_our_file(self):
        start_vpop3d(self, "xinetd")
        self.serves_three_addresses()

    def test_systemd_starts_it_by_our_socket_and_service(self):
        start_vpop3d(self, "systemd")
        self.serves_three_addresses()

    def test_our_service_for_systemd_listens_by_itself(self):
        put("/etc/systemd/system/vpop3d.service", template("systemd/vpop3d.service"))
        sh("systemctl enable --now vpop3d.service")
        self.addCleanup(sh, "systemctl disable --now vpop3d.service")
        eventually(lambda: listens(110), "vpop3d listening")
        self.serves_three_addresses()

    def test_what_fetchmail_takes_away_below_a_starter_is_gone(self):
        sh("vadmin domain add example.net; "
           f"echo '{PASSWORD}' | vadmin user add joe@example.net --password-stdin")
        for starter in Starter.NAMES:
            with self.subTest(starter):
                sh(f"printf 'Subject: {starter}\n\n' | vdeliver -f s@far.test -- joe@example.net")
                running = Starter(starter)
                try:
                    found = fetch_by_fetchmail(COM, "joe@example.net", PASSWORD, "no keep")
                    self.assertRegex("\n".join(found), f"^[^\0]*Subject: {starter}\n[^\0]*$")
                    self.assertEqual(fetch_by_poplib(COM, "joe@example.net", PASSWORD), [])
                finally:
                    running.stop()
        self.wait_log("session account=joe .*domain=example.net found=login .* deleted=1 .*end=quit",
                      count=len(Starter.NAMES))

    def test_xinetd_closes_what_is_beyond_our_limit_of_one_client(self):
        start_vpop3d(self, "xinetd")
        limit = int(re.search(r"per_source\s*= (\d+)", template("xinetd.d/pop3"))[1])
        held = []
        for _ in range(limit):
            held.append(Pop3((COM, 110)))
            self.addCleanup(held[-1].close)
            self.assertIn("Virtual", held[-1].line())
        self.assertIsNone(self.greeting(COM))


class Units(MachineTest):
    """Our units for systemd, as far as they can be judged without it as process 1."""
    UNITS = ("vpop3d.socket", "vpop3d@.service", "vpop3d.service")
    packages = ("popa3d",)

    def setUp(self):
        super().setUp()
        for name in self.UNITS:
            put(f"/etc/systemd/system/{name}", template(f"systemd/{name}"))

    def test_systemd_finds_nothing_wrong_with_them(self):
        said = sh("cd /etc/systemd/system && "
                  f"systemd-analyze verify --recursive-errors=no {' '.join(self.UNITS)}")
        self.assertEqual(said, "")

    def test_systemd_rates_the_exposure_of_the_services_as_low(self):
        for name in self.UNITS:
            if name.endswith(".service"):
                with self.subTest(name):
                    said = sh("systemd-analyze security --offline=true --no-pager "
                              f"/etc/systemd/system/{name}")
                    self.assertLess(float(re.search(r"exposure level for \S+: ([\d.]+)", said)[1]),
                                    4.0, said)

    def test_the_system_calls_of_a_session_are_among_those_that_they_allow(self):
        sh(f"vadmin domain add {DOMAIN}; "
           f"echo '{PASSWORD}' | vadmin user add joe@{DOMAIN} --password-stdin; "
           f"printf 'Subject: x\\n\\n' | vdeliver -f s@far.test -- joe@{DOMAIN}")
        trace = "/var/tmp/trace"
        client, server = connection(COM)
        with server:
            traced = Process(["strace", "-f", "-qq", "-o", trace, "/usr/local/sbin/vpop3d"],
                             stdin=server, stdout=server)
        self.addCleanup(traced.stop)
        pop = Pop3(client)
        self.assertIn("+OK", pop.login(f"joe@{DOMAIN}", PASSWORD))
        for command in "RETR 1", "UIDL":
            self.assertIn("+OK", pop.many(command)[0])
        self.assertIn("+OK", pop.ask("DELE 1"))
        self.assertIn("shutdown.", pop.ask("QUIT"))
        self.assertEqual(traced.wait(), 0, traced.errors)
        with open(trace) as f:
            used = set(re.findall(r"^\d+ +(?:<\.\.\. )?([a-z]\w*)(?:\(| resumed)", f.read(), re.M))
        self.assertIn("chroot", used)
        for name in "vpop3d@.service", "vpop3d.service":
            self.assertEqual(used - allowed_calls(template(f"systemd/{name}")), set(), name)


def allowed_calls(unit):
    """What SystemCallFilter= allows; groups within groups are looked up."""
    [words] = re.findall("^SystemCallFilter=(.*)", unit, re.M)
    found, todo = set(), words.split()
    while todo:
        word = todo.pop()
        if word.startswith("@"):
            todo += [line.strip() for line in sh(f"systemd-analyze syscall-filter {word}").splitlines()[1:]
                     if line.strip() and not line.strip().startswith("#")]
        else:
            found.add(word)
    return found


class Log(MachineTest):
    """Pieces for those who read and keep our log."""
    packages = ("logrotate", "fail2ban")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sh(f"vadmin domain add {DOMAIN}; "
           f"echo '{PASSWORD}' | vadmin user add joe@{DOMAIN} --password-stdin")
        put("/etc/vmail/addresses", f"{COM} {DOMAIN}\n")

    def banned(self):
        """The addresses that fail2ban's own tool finds in the log by our filter."""
        put("/etc/fail2ban/filter.d/vmail.conf", template("fail2ban/filter.conf"))
        put("/var/tmp/log", LOG.since(self.before))
        return fail2ban(f"{PEERS}/fail2ban/usr/bin/fail2ban-regex -o ip /var/tmp/log "
                        "/etc/fail2ban/filter.d/vmail.conf").split()

    def fail_to_log_in(self, login):
        pop = Pop3((COM, 110))
        self.addCleanup(pop.close)
        self.assertIn("-ERR", pop.login(login, "wrong"))

    def test_fail2ban_finds_the_peer_of_a_failed_login_and_nobody_else(self):
        start_vpop3d(self, "systemd")
        logins = (f"joe@{DOMAIN}", f"nobody@{DOMAIN}", "joe@unknown.test", "no-domain",
                  "peer=192.0.2.66", 'x"peer=192.0.2.66', '\\"\tpeer=192.0.2.66', "x\tpeer=192.0.2.66")
        for login in logins:
            self.fail_to_log_in(login)
        pop = Pop3((COM, 110))
        self.addCleanup(pop.close)
        pop.login(f"joe@{DOMAIN}", PASSWORD)
        pop.ask("QUIT")
        self.wait_log("login-failed", len(logins))
        self.wait_log("vpop3d.*: session ")
        self.assertEqual(self.banned(), ["127.0.0.1"] * len(logins))

    def test_fail2ban_finds_the_peer_of_too_many_connections(self):
        put("/etc/vmail/vmail.conf", "max-connections-per-peer = 1\n")
        put("/etc/systemd/system/vpop3d.service", template("systemd/vpop3d.service"))
        sh("systemctl enable --now vpop3d.service")
        self.addCleanup(sh, "systemctl disable --now vpop3d.service")
        eventually(lambda: listens(110), "vpop3d listening")
        first, second = Pop3((COM, 110)), Pop3((COM, 110))
        self.addCleanup(first.close)
        self.addCleanup(second.close)
        self.assertIn("too many connections", second.line())
        self.wait_log("connection-refused")
        self.assertEqual(self.banned(), ["127.0.0.1"])

    def test_fail2ban_takes_our_jail(self):
        put("/etc/fail2ban/filter.d/vmail.conf", template("fail2ban/filter.conf"))
        put("/etc/fail2ban/jail.d/vmail.conf", template("fail2ban/jail.conf"))
        said = fail2ban(f"{PEERS}/fail2ban/usr/bin/fail2ban-client --dp")
        self.assertRegex(said, r"\['set', 'vmail', 'addlogpath', '/var/log/mail\.log'")
        self.assertIn("['set', 'vmail', 'maxretry', 10]", said)
        self.assertIn("['start', 'vmail']", said)

    def test_logrotate_rotates_by_our_file(self):
        put("/etc/logrotate.d/vmail", template("logrotate"))
        put("/var/log/vmail.log", "a line\n")
        for generation in "1", "2.gz":
            sh("logrotate --force --state /var/tmp/state /etc/logrotate.d/vmail")
            self.assertTrue(os.path.exists(f"/var/log/vmail.log.{generation}"))
            put("/var/log/vmail.log", "another line\n")


def fail2ban(command):
    return sh(f"PYTHONDONTWRITEBYTECODE=1 PYTHONPATH={PEERS}/fail2ban/usr/lib/python3/dist-packages "
              f"python3 {command}")


class Addresses(MachineTest):
    def test_the_addresses_file_is_nothing_but_comments(self):
        self.assertEqual([line for line in template("addresses").splitlines()
                          if not line.startswith("#")], [])


if __name__ == "__main__":
    main()
