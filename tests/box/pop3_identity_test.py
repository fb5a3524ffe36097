#!/usr/bin/python3
"""pop3_identity_test.py: vpop3d: who opens what, in whole sessions under strace, and each process in /proc."""
import base64
import contextlib

import identity_test as identity
from delivery import rows
from pop3 import *
from pop3_proxy_test import header

if ROOT:
    import pop3_pam_test as pam                 # furnishes the world with services

NOBODY = identity.NOBODY
MESSAGE = b"Subject: x\n\nhello\n"


def auth(login, wanted=""):
    return "AUTH PLAIN " + base64.b64encode(f"{wanted}\0{login}\0{PASSWORD}".encode()).decode()


# What a client does on its connection, from the first byte to QUIT.

def fetches(pop, *login):
    for line in login:
        reply = pop.ask(line)
    assert reply == "+OK 2 messages", reply
    assert pop.many("RETR 1")[1].endswith(b"\r\n\r\nhello\r\n")
    for line in ("UIDL", "TOP 2 0"):
        pop.many(line)
    for line in ("DELE 2", "QUIT"):
        assert pop.ask(line).startswith("+OK"), line


def plain(pop, user="joe@a.test"):
    pop.line()
    fetches(pop, f"USER {user}", f"PASS {PASSWORD}")


def under_stls(pop):
    pop.line()
    fetches(stls(pop, "mail.a.test"), auth("joe"))


def under_tls(pop):
    wrap(pop, "mail.a.test").line()
    fetches(pop, auth("joe"))


def from_a_proxy(pop):
    pop.send(header("192.0.2.7"))
    plain(pop)


def fails_first(pop, login):
    pop.line()
    pop.ask(f"USER {login}")
    assert pop.ask("PASS wrong").startswith("-ERR"), login
    fetches(pop, "USER joe@a.test", f"PASS {PASSWORD}")


def hangs_up(pop):
    pop.line()
    pop.ask("USER joe@a.test")
    assert pop.ask(f"PASS {PASSWORD}").startswith("+OK")


# How the installation is before.

def with_certificates(test):
    test.vmail.set(**{"tls-certificate": "host.pem"})
    test.vmail.write("host.pem", certificate("mail.a.test"), 0o600)


def with_proxy(test):
    test.vmail.set(proxy_from="127.0.0.0/8")


def with_pam(test):
    kept = test.vmail.read("domain.a.test").decode()
    test.vmail.write("domain.a.test", kept + "auth = pam:vpop3d-test\n")
    pam.service("vpop3d-test", f"word={PASSWORD.split()[0]}")


def with_grant(test):
    test.vmail.write("grants.a.test", "joe: eve all\n")


def with_old_hash(test):
    test.vmail.set(rehash="yes")


def with_reverse_name(test):
    system_file("/etc/hosts", HOSTS + f"{test.address} pop.a.test\n")
    test.addCleanup(system_file, "/etc/hosts", HOSTS)


def with_one_owner(test):
    test.vmail.domain("one.test", {"owner": f"{identity.OWNER}:{identity.OWNER + 1}", "gid": None},
                      passwords={"bob": PASSWORD})
    place = os.path.join(test.vmail.spool, "one.test")
    os.mkdir(place, 0o700)
    path = put_mbox(test.vmail, "bob@one.test", mbox(MESSAGE, MESSAGE))
    for path in (place, path):
        os.chown(path, identity.OWNER, identity.OWNER + 1)


def nothing(test):
    pass


def is_walked(self, prepare, talk, identities, *options):
    """prepare(test); talk(client); then all that strace saw is judged."""
    self.address = fresh_address()
    prepare(self)
    client, server = connection(self.address)
    with server:
        process = Process([*self.under_strace("vpop3d"), *options], stdin=server, stdout=server)
    self.vmail.processes.append(process)
    pop = Pop3(client, process)
    talk(pop)
    pop.close()
    self.assertEqual(process.wait(), 0, process.errors)
    self.judge_session(self.trail("vpop3d"), {NOBODY: NOBODY, **identities(self)})


def joe(test):
    return {test.joe: GID}


@identity.needs_strace
@needs_root
@rows(is_walked, [
    ("an mbox", nothing, plain, joe),
    ("a Maildir", nothing, lambda pop: plain(pop, "ann@b.test"), lambda t: {t.ann: GID}),
    ("AUTH", nothing, lambda pop: (pop.line(), fetches(pop, auth("joe@a.test"))), joe),
    ("another's mailbox, which is granted", with_grant,
     lambda pop: (pop.line(), fetches(pop, auth("eve@a.test", "joe"))), joe),
    ("STLS", with_certificates, under_stls, joe),
    ("TLS from the first byte", with_certificates, under_tls, joe, "--tls"),
    ("a proxy", with_proxy, from_a_proxy, joe),
    ("PAM", with_pam, lambda pop: (pop.line(), fetches(pop, "USER joe@a.test", f"PASS {PASSWORD.split()[0]}")), joe),
    ("an old hash, which is renewed", with_old_hash, plain, joe),
    ("a domain by reverse lookup", with_reverse_name, lambda pop: plain(pop, "joe"), joe),
    ("a domain with letters beyond ASCII before", nothing, lambda pop: fails_first(pop, "x@b\u00fccher.test"), joe),
    ("a failed login before", nothing, lambda pop: fails_first(pop, "nobody@a.test"), joe),
    ("a client that hangs up", nothing, hangs_up, joe),
    ("one owner", with_one_owner, lambda pop: plain(pop, "bob@one.test"),
     lambda t: {identity.OWNER: identity.OWNER + 1}),
])
class Sessions(identity.Walk):
    settings = {}

    def setUp(self):
        super().setUp()
        passwords = {"joe": PASSWORD, "eve": PASSWORD}
        for domain, who in (("a.test", passwords), ("b.test", {"ann": PASSWORD})):
            self.vmail.write(f"shadow.{domain}", "".join(
                f"{name}:{hash_of(word)}:19000:0:99999:7:::\n" for name, word in who.items()), 0o600)
        put_mbox(self.vmail, "joe@a.test", mbox(MESSAGE, MESSAGE))
        put_maildir(self.vmail, "ann@b.test", {"new/1.x": MESSAGE, "cur/2.x:2,S": MESSAGE})

    def judge_session(self, trail, identities):
        self.as_root_nothing_of_users(trail)
        self.nobody_goes_back(trail)
        self.start_is_careful(trail)
        for pid in dict.fromkeys(c.pid for c in trail):
            self.who_changes_does_it_in_order([c for c in trail if c.pid == pid], identities)
        self.assertEqual({c.euid for c in trail} - {0}, set(identities))
        self.others_open_nothing_of_the_installation(trail)
        self.helpers_start_clean(trail)

    def others_open_nothing_of_the_installation(self, trail):
        for call in trail:
            if call.euid != 0 and call.ok and identity.opens(call):
                for path in call.paths:
                    self.assertFalse(path.startswith(self.vmail.dir), call.line)

    def helpers_start_clean(self, trail):
        """Each is one of ours, and gets nothing of our caller's environment."""
        for call in trail[1:]:
            if call.name != "execve" or not call.ok:
                continue
            self.assertIn(os.path.basename(call.paths[0]), {"vtls", "vpam", "vidn"}, call.line)
            words = re.findall(r'"([^"=]+)=', call.line.split("], [")[-1])
            self.assertLessEqual(set(words), {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS"}, call.line)

    def test_a_listener_and_two_of_its_connections(self):
        where = free_port(fresh_address())
        process = Process([*self.under_strace("vpop3d"), "--listen", "%s:%d" % where], stdin=subprocess.DEVNULL)
        self.vmail.processes.append(process)
        eventually(lambda: connects(where), "a connection")
        for user in ("joe@a.test", "ann@b.test"):
            plain(Pop3(where), user)
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as f:
            os.kill(int(f.read()), signal.SIGTERM)
        self.assertEqual(process.wait(), 0, process.errors)
        self.judge_session(self.trail("vpop3d"), {NOBODY: NOBODY, self.joe: GID, self.ann: GID})

    def test_it_is_told_when_others_open_what_is_the_installations(self):
        # the negative control
        lines = ["7  setresuid(65534, 65534, 65534) = 0",
                 f'7  openat(3<{self.vmail.dir}>, "shadow.a.test", O_RDONLY) = 4']
        with self.assertRaises(AssertionError):
            self.others_open_nothing_of_the_installation(identity.calls(lines, 0))
        self.others_open_nothing_of_the_installation(identity.calls(lines[1:], 0))


class Processes(Pop3Test):
    """Each of a session's processes, started by somebody careless."""
    def held(self, *options, **more):
        import resource

        def careless():
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
            os.umask(0)
            if ROOT:
                os.setgroups([4, 24, 0])
        opened = [os.open("/etc/passwd", os.O_RDONLY) for _ in range(3)]
        self.vmail = self.box(mbox=mbox(MESSAGE), **more)
        self.vmail.write("host.pem", certificate("host.main.test"), 0o600)
        pop = self.vmail.pop3(*options, preexec_fn=careless, pass_fds=opened,
                              env={"LD_SECRET": "x", "IFS": "x", "RES_OPTIONS": "debug", "VMAIL_X": "y"})
        for fd in opened:
            os.close(fd)
        return pop

    def all_of_them(self, pop, count):
        """{pid: uid} of vpop3d and all below, once there are so many, and each is who it becomes."""
        def found():
            below = identity.Held.children(self, pop.process)
            pids = [pop.process.pid, *below]
            uids = [identity.status_of(pid)["Uid"].split()[1] for pid in pids]
            return dict(zip(pids, map(int, uids))) if len(pids) == count and (
                not ROOT or uids.count("0") == 1) else None
        return eventually(found, "the processes")

    def are_careful(self, found):
        for pid, uid in found.items():
            status = identity.status_of(pid)
            with self.subTest(f"{status['Name']} as {uid}"):
                self.assertEqual(identity.limit_of(pid, "Max core file size")[0], "0")
                self.assertEqual(status["Umask"], "0077")
                self.assertFalse(ROOT and identity.can_be_dumped(pid) and uid != 0)
                if ROOT and uid != 0:
                    self.assertEqual((status["Groups"].split(), status["Uid"].split()), ([], [str(uid)] * 4))
                    self.assertEqual({int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")}, {0})
                    self.assertNotIn("/etc/passwd", identity.descriptors(pid).values())
                if ROOT and status["Name"] == "vtls":
                    self.assertLessEqual(set(identity.environment_of(pid)), {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS"})

    def test_before_and_after_login(self):
        pop = self.held()
        pop.line()
        self.are_careful(self.all_of_them(pop, 2))
        pop.ask("USER joe@a.test")
        self.assertEqual(pop.ask(f"PASS {PASSWORD}"), "+OK 1 messages")
        self.are_careful(self.all_of_them(pop, 2))
        self.quit(pop)

    def test_under_tls(self):
        pop = wrap(self.held("--tls", settings={"tls-certificate": "host.pem"}))
        pop.line()
        self.are_careful(self.all_of_them(pop, 3))
        self.assertEqual(pop.ask(auth("joe@a.test")), "+OK 1 messages")
        self.are_careful(self.all_of_them(pop, 3))
        self.quit(pop)


if __name__ == "__main__":
    main()
