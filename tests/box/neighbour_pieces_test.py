#!/usr/bin/python3
"""neighbour_pieces_test.py: systemd's units, logrotate, fail2ban, addresses: as they ship."""
import base64

from neighbours import *
from pop3_proxy_test import header

COM = "127.0.1.1"
PASSWORD = "plenty of words"
DOMAIN = "example.com"


class Units(MachineTest):
    """Our units for systemd, as far as they can be judged without it as process 1."""
    UNITS = ("vpop3d.socket", "vpop3d@.service", "vpop3d.service",
             "vpop3s.socket", "vpop3s@.service",
             "vlmtpd.socket", "vlmtpd-map.socket", "vlmtpd.service")
    EXPOSURE = {"vpop3d@.service": 3.5, "vpop3s@.service": 3.5, "vpop3d.service": 3.5,
                "vlmtpd.service": 5.0}
    packages = ("popa3d", "postfix")

    def setUp(self):
        super().setUp()
        for name in self.UNITS:
            put(f"/etc/systemd/system/{name}", template(f"systemd/{name}"))
        for name in "vpop3d@.service", "vpop3d.service", "vpop3s@.service":
            put_native(name, Starter.NATIVE)

    def test_systemd_finds_nothing_wrong_with_them(self):
        said = sh("cd /etc/systemd/system && "
                  f"systemd-analyze verify --recursive-errors=no {' '.join(self.UNITS)}")
        self.assertEqual(said, "")

    def test_systemd_rates_the_exposure_of_the_services_as_low(self):
        for name, most in self.EXPOSURE.items():
            with self.subTest(name):
                said = sh("systemd-analyze security --offline=true --no-pager "
                          f"/etc/systemd/system/{name}")
                self.assertLess(float(re.search(r"exposure level for \S+: ([\d.]+)", said)[1]),
                                most, said)

    def traced(self, argv, talk):
        """The names of all system calls of a program while talk(connection) talks to it."""
        trace = "/var/tmp/trace"
        client, server = connection(COM)
        with server:
            process = Process(["strace", "-f", "-qq", "-o", trace, *argv], stdin=server, stdout=server)
        self.addCleanup(process.stop)
        self.addCleanup(client.close)
        talk(client)
        self.assertEqual(process.wait(), 0, process.errors)
        with open(trace) as f:
            used = set(re.findall(r"^\d+ +(?:<\.\.\. )?([a-z]\w*)(?:\(| resumed)", f.read(), re.M))
        self.assertIn("chroot", used)
        return used

    def test_the_system_calls_of_a_session_are_among_those_that_they_allow(self):
        sh(f"vadmin domain add {DOMAIN}; "
           f"echo '{PASSWORD}' | vadmin user add joe@{DOMAIN} --password-stdin; "
           "vadmin alias add cmd@example.com '|cat > /dev/null'; "
           f"umask 077; openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={DOMAIN} "
           f"-addext subjectAltName=DNS:{DOMAIN} -keyout /etc/vmail/key -out /etc/vmail/pem; "
           f"vadmin domain set {DOMAIN} tls-certificate=/etc/vmail/pem tls-key=/etc/vmail/key")

        def lmtp(connection):
            client = Pop3(connection)
            client.line()
            client.send(b"LHLO x\r\nMAIL FROM:<s@far.test>\r\nRCPT TO:<joe@example.com>\r\n"
                        b"RCPT TO:<cmd@example.com>\r\nDATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n")
            self.assertEqual(len(re.findall(rb"^250 2\.[01]\.0 .*deliver", client.rest(), re.M)), 2)

        def pop3s(connection):
            context = ssl.create_default_context(cafile="/etc/vmail/pem")
            pop3(context.wrap_socket(connection, server_hostname=DOMAIN))

        def pop3(connection):
            client = Pop3(connection)
            self.assertIn("+OK", client.login(f"joe@{DOMAIN}", PASSWORD))
            for command in "RETR 1", "UIDL":
                self.assertIn("+OK", client.many(command)[0])
            self.assertIn("+OK", client.ask("DELE 1"))
            self.assertIn("shutdown.", client.ask("QUIT"))

        def shared(connection):
            client = Pop3(connection)
            self.assertIn("-ERR", client.login("sysuser", "wrong"))
            self.assertIn("shutdown.", client.ask("QUIT"))

        for command, talk, units in (
                ("vlmtpd", lmtp, ["vlmtpd.service"]),
                ("vpop3d", pop3, ["vpop3d@.service", "vpop3d.service"]),
                ("vlmtpd", lmtp, ["vlmtpd.service"]),   # the session deleted its message
                (f"vpop3d --share-main {Starter.NATIVE}", shared, ["vpop3d@.service", "vpop3d.service"]),
                ("vpop3d --tls", pop3s, ["vpop3s@.service"])):
            used = self.traced(f"/usr/local/sbin/{command}".split(), talk)
            for name in units:
                with self.subTest(name):
                    self.assertEqual(used - allowed_calls(template(f"systemd/{name}")), set())


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


def base64_of(text):
    return base64.b64encode(text.encode()).decode()


def user_pass(login, password="wrong"):
    return [f"USER {login}", f"PASS {password}"]


def auth_plain(login, password, wanted=""):
    return ["AUTH PLAIN " + base64_of(f"{wanted}\0{login}\0{password}")]


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

    def fail_to_log_in(self):
        """Logged once more: the answer, which comes late, is not waited for, and memory is none."""
        sh("rm -f /var/lib/vmail/logins")
        before = LOG.mark()
        self.say("127.0.0.1", user_pass(f"joe@{DOMAIN}"))
        LOG.wait("login-failed", before)

    def say(self, peer, lines, tls=None, first=b""):
        """A client at this address says all of it at once."""
        pop = Pop3(socket.create_connection((COM, 995 if tls == "tls" else 110), DEADLINE, source_address=(peer, 0)))
        self.addCleanup(pop.close)
        pop.send(first)
        if tls == "stls":
            pop.line()
            pop.ask("STLS")
        if tls:
            context = ssl.create_default_context(cafile="/etc/vmail/host.pem")
            pop.socket = context.wrap_socket(pop.socket, server_hostname=HOST)
        pop.send("".join(line + "\r\n" for line in lines).encode())
        return pop

    def test_fail2ban_finds_the_peer_of_a_failed_login_and_nobody_else(self):
        put("/etc/vmail/vmail.conf", "tls-certificate = host.pem\nproxy-from = 127.0.3.0/24\n")
        self.addCleanup(os.unlink, "/etc/vmail/vmail.conf")
        sh(f"umask 077; openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={HOST} -addext subjectAltName=DNS:{HOST} "
           "-keyout /etc/vmail/key -out /etc/vmail/cert 2>/dev/null; cat /etc/vmail/cert /etc/vmail/key >/etc/vmail/host.pem; "
           f"vadmin user add locked@{DOMAIN} --password-stdin <<.\n{PASSWORD}\n.\nvadmin user lock locked@{DOMAIN}")
        start_vpop3d(self, "systemd")
        joe = f"joe@{DOMAIN}"
        failed = []
        def fails(lines, peer=None, **more):
            failed.append(peer or f"127.0.2.{len(failed) + 1}")
            self.say(failed[-1], lines, **more)
        for login in (joe, f"nobody@{DOMAIN}", "joe@unknown.test", "no-domain", "peer=192.0.2.66",
                      'x"peer=192.0.2.66', '\\"\tpeer=192.0.2.66', "x\tpeer=192.0.2.66"):
            fails(user_pass(login))
        fails(user_pass(f"locked@{DOMAIN}", PASSWORD))
        fails(auth_plain(joe, "wrong"))
        fails(["AUTH LOGIN", base64_of(joe), base64_of("wrong")])
        fails(auth_plain("x peer=192.0.2.66 wrong=yes", "wrong"))
        for wanted in ("ann", "x peer=192.0.2.66 wrong=yes", '"\t'):   # of whom nothing is granted
            fails(auth_plain(joe, PASSWORD, wanted))
        for tls in ("stls", "tls"):
            fails(user_pass(joe), tls=tls)
        for _ in range(4):                      # the fourth costs more
            fails(user_pass(f"nobody@{DOMAIN}"), "127.0.2.200")
        self.say("127.0.3.1", user_pass(joe), tls="tls", first=header("192.0.2.77"))
        failed.append("192.0.2.77")
        # And who has not failed: the second session finds the mailbox in use.
        self.say("127.0.3.1", user_pass(joe), first=header("192.0.2.78"))
        self.say("127.0.3.2", ["no header of a proxy"])
        plain = Pop3(socket.create_connection((COM, 995), DEADLINE, source_address=("127.0.4.1", 0)))
        self.addCleanup(plain.close)
        plain.send(b"no TLS\r\n")
        for peer in ("127.0.4.2", "127.0.4.3"):
            self.say(peer, user_pass(joe, PASSWORD)).line()
        self.wait_log("login-failed .* wrong=yes ", len(failed))
        self.wait_log("login-failed .* peer=192.0.2.78 .* reason=require-tls")
        self.wait_log("login-failed .* peer=127.0.4.[23] ")
        self.wait_log("tls-failed peer=127.0.4.1 ")
        self.wait_log("proxy-failed proxy=127.0.3.2 ")
        self.assertEqual(sorted(self.banned()), sorted(failed))

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
        self.assertIn("['add', 'vmail', 'systemd']", said)
        self.assertIn("['set', 'vmail', 'addjournalmatch', '_COMM=vpop3d', '_UID=0']", said)
        self.assertIn("['set', 'vmail', 'maxretry', 10]", said)
        self.assertIn("['start', 'vmail']", said)

    def test_what_the_journal_is_asked_for_is_what_says_that_a_login_failed(self):
        sender = {}

        def take(data, credentials):
            if b"login-failed" in data:
                pid, uid, _ = credentials
                with open(f"/proc/{pid}/comm") as f:
                    sender.update(_COMM=f.read().strip(), _UID=str(uid))

        start_vpop3d(self, "systemd")
        with LOG.told(take):
            self.fail_to_log_in()
            self.wait_log("login-failed")
        [asked] = re.findall("^journalmatch = (.*)", template("fail2ban/filter.conf"), re.M)
        self.assertEqual(dict(word.split("=") for word in asked.split()), sender)

    def test_fail2ban_bans_by_our_jail_with_the_file_of_its_comment(self):
        put("/etc/fail2ban/filter.d/vmail.conf", template("fail2ban/filter.conf"))
        jail = template("fail2ban/jail.conf").replace("\nbackend = systemd", "")
        put("/etc/fail2ban/jail.d/vmail.conf", re.sub("(?m)^#(?=(?:backend|logpath) =)", "", jail))
        # Not Debian's own jail, and nothing that would change a firewall.
        put("/etc/fail2ban/jail.local", "[DEFAULT]\nignoreself = false\nbanaction = dummy\n"
            "[sshd]\nenabled = false\n")
        put("/etc/fail2ban/fail2ban.local", "[Definition]\nlogtarget = stderr\ndbfile = None\n"
            "socket = /run/f2b.sock\npidfile = /run/f2b.pid\n")
        self.addCleanup(sh, "rm /etc/fail2ban/*.local /etc/fail2ban/*/vmail.conf")
        start_vpop3d(self, "systemd")
        self.fail_to_log_in()                   # a log file that is not there would be an error
        self.wait_log("login-failed")
        server = Process(["python3", f"{PEERS}/fail2ban/usr/bin/fail2ban-server", "-f"], env=FAIL2BAN,
                         stdout=subprocess.DEVNULL)
        self.addCleanup(server.stop)
        server.wait_line("Jail 'vmail' started", LONG)
        for _ in range(10):
            self.fail_to_log_in()
        server.wait_line(r"\[vmail\] Ban 127\.0\.0\.1", LONG)

    def test_logrotate_rotates_by_our_file(self):
        put("/etc/logrotate.d/vmail", template("logrotate"))
        put("/var/log/vmail.log", "a line\n")
        for generation in "1", "2.gz":
            sh("logrotate --force --state /var/tmp/state /etc/logrotate.d/vmail")
            self.assertTrue(os.path.exists(f"/var/log/vmail.log.{generation}"))
            put("/var/log/vmail.log", "another line\n")


FAIL2BAN = {"PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": f"{PEERS}/fail2ban/usr/lib/python3/dist-packages"}


def fail2ban(command):
    return sh(f"{' '.join('='.join(pair) for pair in FAIL2BAN.items())} python3 {command}")


class Addresses(MachineTest):
    def test_the_addresses_file_is_nothing_but_comments(self):
        self.assertEqual([line for line in template("addresses").splitlines()
                          if not line.startswith("#")], [])


if __name__ == "__main__":
    main()
