#!/usr/bin/python3
"""pop3_client_test.py: real clients, and the order in which others say what they say.

Each fetches all and leaves it on the server, twice, deletes half, and finds the other half;
those that remember by UIDL what they have fetch nothing the second time.
"""
import base64
import glob
import hashlib
import poplib

from pop3 import *

MESSAGES = [b"Subject: %d\n\n%s" % (i, body) for i, body in enumerate(
    (b"plain\n", b".dots\n..\n.\n", b"From the start\n>From it\n", b"8-bit \xe4\xff\n", b"no end", b"x" * 2000 + b"\n"))]
WANTED = [hashlib.sha256(on_the_wire(m)).hexdigest() for m in MESSAGES]


class Orders(Pop3Test):
    """Clients that are not here: what they say, in their order."""
    def thunderbird(self, vmail, delete):
        pop = vmail.pop3()
        pop.line()
        self.assertIn(b"\r\nSASL PLAIN LOGIN\r\n", pop.many("CAPA")[1])
        self.assertEqual(pop.ask("AUTH PLAIN"), "+ ")
        told = base64.b64encode(f"\0{self.joe}\0{PASSWORD}".encode()).decode()
        self.assertRegex(pop.ask(told), r"^\+OK")
        count = int(pop.ask("STAT").split(" ")[1])
        self.assertEqual(len(pop.many("LIST")[1].splitlines()), count)
        uids = [line.split()[1] for line in pop.many("UIDL")[1].splitlines()]
        self.assertRegex(pop.ask("XTND XLST Message-Id"), "^-ERR")
        got = [pop.many(f"RETR {i + 1}")[1] for i in range(count)]
        for i in delete:
            self.assertRegex(pop.ask(f"DELE {i + 1}"), r"^\+OK")
        self.quit(pop)
        return uids, got

    def outlook(self, vmail, delete):
        pop = vmail.pop3()
        pop.line()
        self.assertRegex(pop.ask("AUTH"), "^-ERR")          # older ones ask so what there is
        pop.ask(f"USER {self.joe}")
        self.assertRegex(pop.ask(f"PASS {PASSWORD}"), r"^\+OK")
        count = int(pop.ask("STAT").split(" ")[1])
        uids = [line.split()[1] for line in pop.many("UIDL")[1].splitlines()]
        self.assertEqual(len(pop.many("LIST")[1].splitlines()), count)
        got = []
        for i in range(count):
            got.append(pop.many(f"RETR {i + 1}")[1])
            if i in delete:
                self.assertRegex(pop.ask(f"DELE {i + 1}"), r"^\+OK")
        self.quit(pop)
        return uids, got

    def pythons_poplib(self, vmail, delete):
        _, where = vmail.listen("vpop3d")
        pop = poplib.POP3(*where, timeout=DEADLINE)
        self.assertIn("UTF8", pop.capa())
        pop.utf8()
        pop.user(self.joe)
        pop.pass_(PASSWORD)
        uids = [line.split()[1] for line in pop.uidl()[1]]
        got = [b"".join(line + b"\r\n" for line in pop.retr(i + 1)[1]) for i in range(pop.stat()[0])]
        for i in delete:
            pop.dele(i + 1)
        pop.quit()
        return uids, got

    def curl(self, vmail, delete):
        _, where = vmail.listen("vpop3d")
        url = "pop3://%s:%d/" % where

        def ask(path, *options):
            done = subprocess.run(["curl", "-sS", "-u", f"{self.joe}:{PASSWORD}", *options, url + path],
                                  stdout=subprocess.PIPE, timeout=DEADLINE, check=True)
            return done.stdout

        uids = [line.split()[1] for line in ask("", "--request", "UIDL").splitlines()]
        ways = [(), ("--sasl-ir",), ("--login-options", "AUTH=LOGIN"), ("--login-options", "AUTH=LOGIN", "--sasl-ir"),
                ("--login-options", "AUTH=PLAIN"), ("--login-options", "AUTH=*")]
        got = [ask(str(i + 1), *ways[i % len(ways)]) for i in range(len(uids))]
        for i in sorted(delete, reverse=True):
            ask(str(i + 1), "--request", "DELE", "--list-only")
        return uids, got

    def check(self, client):
        for kind in ("mbox", "maildir"):
            with self.subTest(kind):
                if kind == "mbox":
                    vmail = self.box(mbox=mbox(*MESSAGES))
                else:
                    vmail = self.box(maildir={f"cur/{i}.x:2,": m for i, m in enumerate(MESSAGES)})
                first, got = client(vmail, [])
                self.assertEqual([hashlib.sha256(m).hexdigest() for m in got], WANTED)
                self.assertEqual(client(vmail, []), (first, got))
                self.assertEqual(client(vmail, [0, 2, 4]), (first, got))
                left, got = client(vmail, [])
                self.assertEqual(left, first[1::2])
                self.assertEqual([hashlib.sha256(m).hexdigest() for m in got], WANTED[1::2])



def checked(name):
    return lambda self: self.check(getattr(self, name))


for name in ("thunderbird", "outlook", "pythons_poplib", "curl"):
    setattr(Orders, f"test_{name}_fetches_leaves_and_deletes", checked(name))


# What the fetchers fetch; vdeliver has delivered it.  Of longer lines fetchmail makes several.
DELIVERED = [b"Subject: %d\n\n%s" % (i, body) for i, body in enumerate(
    (b"plain\n", b".dots\n..\n.\n", b"From the start\n>From it\n", b"8-bit \xe4\xff\n", b"no end", b"x" * 8000 + b"\n",
     b"crlf\r\nand lf\n\n"))] + [b""]
HALF = len(DELIVERED) // 2
NET_POP3 = r"""
use strict; use warnings; use Net::POP3;
my ($port, $mode, $user, $password, $ca, $deletes) = @ARGV;
my @trust = (SSL_ca_file => $ca, SSL_verify_mode => 1);
my $pop = Net::POP3->new("localhost", Port => $port, Timeout => 20, $mode eq "tls" ? (SSL => 1, @trust) : ())
    or die "no connection: $@";
$mode ne "stls" or $pop->starttls(@trust) or die "no TLS: ", $pop->message;
defined $pop->login($user, $password) or die "no login: ", $pop->message;
open my $memory, "+>>", "uids" or die; seek $memory, 0, 0;
my %seen = map { chomp; $_ => 1 } <$memory>;
my $uids = $pop->uidl or die $pop->message;
my @new = grep { !$seen{$uids->{$_}} } sort { $a <=> $b } keys %$uids;
for my $number ($deletes ? @new[0 .. $deletes - 1] : @new) {
    open my $store, "|-", "./store" or die;
    print $store map { s/\r\n\z/\n/r } @{$pop->get($number) or die $pop->message};
    close $store or die;
    print $memory "$uids->{$number}\n";
    !$deletes or $pop->delete($number) or die $pop->message;
}
$pop->quit or die $pop->message;
"""


def digest(message):
    """Some clients end a header without a body by an empty line."""
    message = message[:-1] if message.find(b"\n\n") == len(message) - 2 else message
    return message[:70], len(message), hashlib.sha256(message).hexdigest()


class Home:
    """A client's directory: what it remembers is there, and what it has fetched since the last run."""
    def __init__(self, test, user, mode):
        self.path = tempfile.mkdtemp(dir=test.vmail.scratch)
        self.user, self.mode = f"{user}@a.test", mode
        self.port = test.ports["tls" if mode == "tls" else "plain"]
        self.ca = test.ca
        self.put("store", f"#!/bin/sh\ncd {self.path} && cat >message.$(ls | grep -c ^message)\n", 0o700)

    def put(self, name, text, mode=0o600):
        with open(f"{self.path}/{name}", "w") as f:
            f.write(text)
        os.chmod(f.name, mode)
        return f.name

    def run(self, *argv, statuses=(0,), env=None):
        """The messages that the program stores, in order."""
        for name in glob.glob(f"{self.path}/message.*"):
            os.unlink(name)
        got = run(*argv, cwd=self.path, env={"HOME": self.path, **(env or {})})
        assert got.status in statuses, got
        found = []
        for i in range(len(glob.glob(f"{self.path}/message.*"))):
            with open(f"{self.path}/message.{i}", "rb") as f:
                found.append(digest(f.read()))
        return found


@once("it is about what clients of others do", "unprivileged")
class Fetchers(BoxTest):
    """Programs that fetch mail, each in plain text, by STLS and by --tls: one server for all."""
    KINDS = {"plain": "mbox", "stls": "maildir", "tls": "mbox"}

    @classmethod
    def setUpClass(cls):
        cls.vmail = vmail = Installation({"tls-certificate": "host.pem"})
        cls.addClassCleanup(vmail.close)
        vmail.write("host.pem", certificate("localhost"), 0o600)
        cls.ca = os.path.join(vmail.scratch, "ca.pem")
        with open(cls.ca, "w") as f:
            f.write(certificate("localhost").split("-----BEGIN PRIVATE")[0])
        users = [f"{name}-{mode}" for name, modes in FETCHERS.items() for mode in modes]
        vmail.domain("a.test", accounts=["mbox", "maildir"], passwords=dict.fromkeys(users, PASSWORD))
        put_maildir(vmail, "maildir@a.test", {})
        for kind in ("mbox", "maildir"):
            for message in DELIVERED:
                assert vmail.deliver(f"{kind}@a.test", message).status == 0
        cls.ports = {mode: vmail.listen("vpop3d", *option, address="127.0.0.1")[1][1]
                     for mode, option in (("plain", ()), ("tls", ("--tls",)))}

    def fill(self, user, kind):
        """The user's inbox is what was delivered; the messages as a client stores them."""
        put = put_mbox if kind == "mbox" else put_maildir
        put(self.vmail, f"{user}@a.test", contents(self.vmail, f"{kind}@a.test"))
        trace = f"Return-Path: <sender@far.test>\nDelivered-To: {kind}@a.test\n".encode()
        return [digest(trace + on_the_wire(message).replace(b"\r", b"")) for message in DELIVERED]

    def fetchmail(self, home, deletes):
        how = {"plain": "sslproto ''", "stls": "sslproto TLS1.2+", "tls": "ssl sslproto TLS1.2+"}[home.mode]
        how += "" if home.mode == "plain" else f" sslcertck sslcertfile {home.ca}"
        keep = f"no keep fetchlimit {deletes}" if deletes else "keep"
        rc = home.put("rc", f"set invisible\npoll localhost protocol pop3 port {home.port} uidl auth password\n"
                      f"user '{home.user}' password '{PASSWORD}' {how} {keep} no rewrite mda './store'\n")
        return home.run(peer("fetchmail", "usr/bin/fetchmail"), "--nosyslog", "-f", rc, "--idfile", "ids",
                        "--pidfile", "pid", statuses=(0, 1, 13))       # 1: no mail, 13: its limit

    def mpop(self, home, deletes):
        tls = "tls off" if home.mode == "plain" else f"tls on\ntls_trust_file {home.ca}\n" \
            f"tls_starttls {'on' if home.mode == 'stls' else 'off'}"
        # its filter is asked about each; 2: not this one
        home.put("filter", f"#!/bin/sh\ncat >header\necho x >>asked\n[ $(grep -c x asked) -le {deletes} ] || exit 2\n",
                 0o700)
        keep = "keep off\nfilter ./filter" if deletes else "keep on"
        rc = home.put("rc", f"account default\nhost localhost\nport {home.port}\n{tls}\nauth user\nuser {home.user}\n"
                      f"password {PASSWORD}\n{keep}\nreceived_header off\nuidls_file uidls\ndelivery mda ./store\n")
        return home.run(peer("mpop", "usr/bin/mpop"), "-C", rc, env={
            "LD_LIBRARY_PATH": ":".join(glob.glob(peer("mpop") + "/usr/lib/*-linux-*"))})

    def getmail(self, home, deletes):
        kind = f"SimplePOP3SSLRetriever\nca_certs = {home.ca}" if home.mode == "tls" else "SimplePOP3Retriever"
        delete = f"delete = true\nmax_messages_per_session = {deletes}" if deletes else "delete = false"
        home.put("rc", f"[retriever]\ntype = {kind}\nserver = localhost\nport = {home.port}\nusername = {home.user}\n"
                 f"password = {PASSWORD}\n[destination]\ntype = MDA_external\npath = {home.path}/store\n"
                 f"allow_root_commands = true\n[options]\nread_all = false\ndelivered_to = false\nreceived = false\n"
                 f"{delete}\n")
        return home.run("/usr/bin/python3", peer("getmail", "usr/bin/getmail"), "-g", home.path, "-r", "rc",
                        env={"PYTHONPATH": peer("getmail", "usr/lib/python3/dist-packages")})

    def net_pop3(self, home, deletes):
        places = [peer("perl-tls", "usr/share/perl5"), *glob.glob(peer("perl-tls") + "/usr/lib/*-linux-*/perl5/5.*")]
        return home.run("/usr/bin/perl", *(f"-I{place}" for place in places), "-e", NET_POP3, home.port, home.mode,
                        home.user, PASSWORD, home.ca, deletes)

    def check(self, name, mode):
        if name in ("fetchmail", "getmail") and not has_name(os.getuid()):
            self.skipTest(f"needs root, or a user who has a name: {name} asks for it")
        user = f"{name}-{mode}"
        wanted, fetch = self.fill(user, self.KINDS[mode]), getattr(self, name.replace("-", "_"))
        home = Home(self, user, mode)
        self.assertEqual(fetch(home, 0), wanted)
        self.assertEqual(fetch(home, 0), [])
        self.assertEqual(fetch(Home(self, user, mode), HALF), wanted[:HALF])
        self.assertEqual(fetch(Home(self, user, mode), 0), wanted[HALF:])


FETCHERS = {"fetchmail": ("plain", "stls", "tls"), "mpop": ("plain", "stls", "tls"),
            "getmail": ("plain", "tls"),                    # it has no STLS
            "net-pop3": ("plain", "stls", "tls")}
for name, modes in FETCHERS.items():
    for mode in modes:
        setattr(Fetchers, f"test_{name}_fetches_leaves_and_deletes_{mode}",
                lambda self, name=name, mode=mode: self.check(name, mode))


@once("it is about what clients of others do", "unprivileged")
class Curl(Pop3Test):
    def test_curl_opens_the_mailbox_that_was_granted(self):
        vmail = self.box(mbox=b"")
        put_mbox(vmail, "ann@a.test", mbox(b"Subject: of ann\n\nx\n"))
        vmail.write("grants.a.test", "ann: joe retrieve\n")
        _, where = vmail.listen("vpop3d")
        got = subprocess.run(["curl", "-sS", "-u", f"{self.joe}:{PASSWORD}", "--sasl-authzid", "ann@a.test",
                              "--login-options", "AUTH=PLAIN", "pop3://%s:%d/1" % where],
                             stdout=subprocess.PIPE, timeout=DEADLINE, check=True)
        self.assertIn(b"Subject: of ann\r\n", got.stdout)


if __name__ == "__main__":
    main()
