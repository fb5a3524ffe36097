#!/usr/bin/python3
"""neighbour_starter_test.py: vpop3d below inetd, xinetd and systemd, for real clients.

Two virtual domains have an address each, one by the file addresses, one by
/etc/hosts; behind a third address the native popa3d serves the machine's own
users.
"""
from neighbours import *

COM_NAME, ORG_NAME = "mailhost.example.com", "mailhost.example.org"
COM, ORG, MAIN = "127.0.1.1", "127.0.2.1", "127.0.3.1"
PASSWORD = "plenty of words"


class Served(MachineTest):
    """joe has three messages in each domain; sysuser, the machine's own, has one."""
    packages = ("popa3d",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        put("/etc/vmail/vmail.conf", "main-domain = main.test\n")
        put("/etc/hosts", HOSTS + f"127.0.0.1 {HOST}\n{ORG} {ORG_NAME}\n{MAIN} {HOST}\n")
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

    def fetched_by_every_client(self, host, user, subjects, tls=None):
        for client, fetch in CLIENTS.items():
            with self.subTest(f"{client} from {host} {tls.mode if tls else ''}"):
                found = fetch(host, user, PASSWORD, tls)
                self.assertEqual([re.search("^Subject: (.*?)\r?$", m, re.M)[1] for m in found],
                                 subjects)
                for text in found:
                    self.assertIn("hello" if "own user" in text else "\n.dot\nFrom here\n",
                                  text.replace("\r", ""))

    def greeting(self, address):
        pop = Pop3((address, 110))
        self.addCleanup(pop.close)
        return pop.line()


@once("it is about what starts us: what we read then is in other tests")
class Starters(Served):
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

    def test_tcpd_starts_it_for_whom_it_allows_by_our_comment(self):
        put("/etc/hosts.deny", "ALL: ALL\n")
        put("/etc/hosts.allow", "vpop3d: 127.0.0.1\n")
        for name in "hosts.deny", "hosts.allow":
            self.addCleanup(os.unlink, f"/etc/{name}")
        start_vpop3d(self, "tcpd")
        self.serves_three_addresses()
        with socket.create_connection((COM, 110), DEADLINE, ("127.0.0.9", 0)) as denied:
            self.assertEqual(denied.recv(100), b"")

    def test_xinetd_starts_it_by_our_file(self):
        start_vpop3d(self, "xinetd")
        self.serves_three_addresses()

    def test_systemd_starts_it_by_our_socket_and_service(self):
        start_vpop3d(self, "systemd")
        self.serves_three_addresses()

    def test_one_address_serves_all_domains_and_the_native_pop3d_below_each_starter(self):
        for number, name in enumerate(Starter.NAMES):
            with self.subTest(name):
                starter = Starter(name, options=["--share-main"])
                try:
                    self.assertIn(f"+OK {HOST} POP3 Server (Version", self.greeting(MAIN))
                    self.fetched_by_every_client(MAIN, "sysuser", ["for the machine's own user"])
                    self.assertEqual(len(fetch_by_poplib(MAIN, "joe@example.com", PASSWORD)), 3)
                    self.wait_log(r"vpop3d\[\d+\]: native-session login=sysuser peer=127\.\S* "
                                  r"domain=main\.test found=main .*end=closed$", count=len(CLIENTS) * (number + 1))
                finally:
                    starter.stop()

    def test_without_a_native_pop3d_pam_lets_the_machines_own_users_in_below_each_starter(self):
        put("/etc/pam.d/vpop3d", template("pam.d/vpop3d"))
        for number, name in enumerate(Starter.NAMES):
            with self.subTest(name):
                starter = Starter(name, native=False)
                try:
                    self.assertIn(HOST, self.greeting(MAIN))
                    [got] = fetch_by_poplib(MAIN, "sysuser", PASSWORD)
                    self.assertIn("for the machine's own user", got)
                    self.wait_log(r"vpop3d\[\d+\]: session account=sysuser .* retrieved=1 "
                                  ".*end=quit$", count=number + 1)
                finally:
                    starter.stop()

    def test_pam_locks_by_the_lines_of_our_comment_below_our_hardened_service(self):
        lines = re.findall(r"(?m)^#(auth\t.*(?:faillock|unix)\.so.*|account.*faillock.*)$",
                           template("pam.d/vpop3d"))
        put("/etc/pam.d/vpop3d", "\n".join([*lines, "@include common-account"]) + "\n")
        start_vpop3d(self, "systemd", native=False)
        for password, answer in (("x", "-ERR"),) * 2 + ((PASSWORD, "+OK"),) \
                + (("x", "-ERR"),) * 3 + ((PASSWORD, "-ERR"),):
            pop = Pop3((MAIN, 110))
            self.addCleanup(pop.close)
            self.assertIn(answer, pop.login("sysuser", password))
        self.assertEqual(os.listdir("/var/lib/vmail/faillock"), ["sysuser"])

    def test_our_service_for_systemd_listens_by_itself(self):
        put("/etc/systemd/system/vpop3d.service", template("systemd/vpop3d.service"))
        put_native("vpop3d.service", Starter.NATIVE)
        sh("systemctl enable --now vpop3d.service")
        self.addCleanup(sh, "systemctl disable --now vpop3d.service")
        eventually(lambda: listens(110), "vpop3d listening")
        self.serves_three_addresses()

    def test_each_starter_serves_ipv4_and_ipv6(self):
        for name in Starter.NAMES:
            with self.subTest(name):
                starter = Starter(name)
                try:
                    for address in COM, "::1":
                        self.assertIn("+OK", Pop3((address, 110)).line() or "", address)
                finally:
                    starter.stop()

    def test_what_fetchmail_takes_away_below_a_starter_is_gone(self):
        sh("vadmin domain add example.net; "
           f"echo '{PASSWORD}' | vadmin user add joe@example.net --password-stdin")
        for number, starter in enumerate(Starter.NAMES):
            with self.subTest(starter):
                sh(f"printf 'Subject: {starter}\n\n' | vdeliver -f s@far.test -- joe@example.net")
                running = Starter(starter)
                try:
                    found = fetch_by_fetchmail(COM, "joe@example.net", PASSWORD, keep="no keep")
                    self.assertRegex("\n".join(found), f"^[^\0]*Subject: {starter}\n[^\0]*$")
                    self.assertEqual(fetch_by_poplib(COM, "joe@example.net", PASSWORD), [])
                    self.wait_log("session account=joe .*domain=example.net found=login .* deleted=1 "
                                  ".*end=quit", count=number + 1)
                finally:
                    running.stop()

    def test_xinetd_closes_what_is_beyond_our_limit_of_one_client(self):
        start_vpop3d(self, "xinetd")
        limit = int(re.search(r"per_source\s*= (\d+)", template("xinetd.d/pop3"))[1])
        held = []
        for _ in range(limit):
            held.append(Pop3((COM, 110)))
            self.addCleanup(held[-1].close)
            self.assertIn("Virtual", held[-1].line())
        self.assertIsNone(self.greeting(COM))


@once("it is about what starts us: what we read then is in other tests")
class Certificates(Served):
    """Each of the two domains has a certificate of its own; clients believe that one alone."""
    NAMES = {"example.com": COM_NAME, "example.org": ORG_NAME}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        put("/etc/hosts", HOSTS + f"{COM} {COM_NAME}\n{ORG} {ORG_NAME}\n")
        for domain, name in cls.NAMES.items():
            path = f"/etc/vmail/{domain}"
            sh("umask 077; openssl req -x509 -newkey rsa:2048 -nodes -days 2 "
               f"-subj /CN={name} -addext subjectAltName=DNS:{name} "
               f"-keyout {path}.key -out {path}.pem; "
               f"vadmin domain set {domain} tls-certificate={path}.pem tls-key={path}.key")

    def served_with_tls_below(self, starter):
        start_vpop3d(self, starter)
        for mode in "stls", "tls":
            for domain, name in self.NAMES.items():
                tls = Tls(mode, f"/etc/vmail/{domain}.pem")
                self.fetched_by_every_client(name, "joe", [f"{domain} {n}" for n in range(3)], tls)
        with self.assertRaises(ssl.SSLCertVerificationError):
            fetch_by_poplib(COM_NAME, "joe", PASSWORD, Tls("tls", "/etc/vmail/example.org.pem"))

    def test_inetd_starts_it_for_stls_and_tls(self):
        self.served_with_tls_below("inetd")

    def test_xinetd_starts_it_for_stls_and_tls(self):
        self.served_with_tls_below("xinetd")

    def test_systemd_starts_it_for_stls_and_tls(self):
        self.served_with_tls_below("systemd")

    def test_the_server_name_chooses_certificate_and_domain_on_one_address(self):
        start_vpop3d(self, "systemd")
        context = ssl.create_default_context(cafile="/etc/vmail/example.org.pem")
        with context.wrap_socket(socket.create_connection((COM, 995), timeout=DEADLINE),
                                 server_hostname=ORG_NAME) as connection:
            pop = Pop3(connection)
            self.assertRegex(pop.line(), r"^\+OK Virtual example\.org ")
            pop.ask("USER joe")
            self.assertIn("+OK", pop.ask(f"PASS {PASSWORD}"))
            pop.ask("QUIT")
        self.wait_log(r"vpop3d\[\d+\]: session account=joe .* domain=example\.org found=sni ")


if __name__ == "__main__":
    main()
