#!/usr/bin/python3
"""pop3_native_test.py: the native pop3d, which serves the main domain: becoming it, and sharing an
address with it (--share-main, --tls, a lookup that failed), with one that is a script of ours and
with those that Debian has.
"""
import base64
import glob
import resource
import struct

import harness
from pop3 import *

MAIN, OURS, NOBODYS = "127.9.2.1", "127.9.2.2", "127.9.2.3"     # whose address it is
WRONG = "-ERR [AUTH] login or password wrong"
TEMPORARY = "-ERR [SYS/TEMP] the mailbox cannot be opened now: try again later"
HANGS = os.environ.get("VMAIL_HANGS") == "all"

SHOWN = """#!/usr/bin/python3
import os, signal, sys
blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
mask = os.umask(0)
print("+OK native", sys.argv[1:], "umask %o" % mask, "HOME=" + os.environ.get("HOME", ""),
      "pipe", signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN, "blocked", sorted(map(int, blocked)),
      "fds", sorted(int(n) for n in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + n)),
      "name", open("/proc/self/cmdline").read().split("\\0")[1],
      "same", os.path.samestat(os.fstat(0), os.fstat(2)), end="\\r\\n", flush=True)
sys.stdout.write("got " + sys.stdin.readline())
"""

# Notes every line that it gets in the file that argv[1] names; "word=text" behind that says
# what it does, and commands that are not POP3's make it do more.
FAKE = r"""#!/usr/bin/python3 -IS
import os, sys
how, told = dict(word.split("=", 1) for word in sys.argv[2:]), open(sys.argv[1], "ab", 0)
def say(text):
    try:
        os.write(1, text.encode("latin-1") + b"\r\n")
    except OSError:
        pass                        # it has said its last
def note(line):
    told.write(line.rstrip(b"\r\n") + b"\n")
note(b"(begins)")
if "hang" in how:
    sys.stdin.buffer.read()
    os._exit(0)
def next_line():
    try:
        return sys.stdin.buffer.readline()
    except ConnectionResetError:
        note(b"(reset)")
        os._exit(0)
say(how.get("greeting", "+OK fake ready"))
while line := next_line():
    note(line)
    word, _, rest = line.rstrip(b"\r\n").decode("latin-1").partition(" ")
    if word == "PASS":
        say("+OK it is open" if rest == "right  word" else how.get("no", "-ERR nope"))
    elif word == "CAPA" and "capa" in how:
        say("\r\n".join(["+OK these", *how["capa"].split(","), "."]))
    elif word == "CAPA":
        say("-ERR what?")
    elif word == "AUTH":
        say("+ ")
        line = sys.stdin.buffer.readline()
        note(line)
        say("+OK it is open" if how["plain"] in ("all", line.strip().decode()) else "-ERR no such")
    elif word == "SEND":
        os.write(1, b"+OK\r\n")
        for _ in range(int(rest)):
            os.write(1, bytes(range(256)) * 256)
    elif word == "CLOSE":
        import socket
        socket.socket(fileno=os.dup(1)).shutdown(socket.SHUT_WR)
    elif word == "STAY":
        import select
        poll = select.poll()
        poll.register(0, select.POLLRDHUP)
        poll.poll()
        break
    elif word == "DIE":
        os.kill(os.getpid(), 9)
    elif word == "SHOW":
        say("+OK " + open(rest).read().replace("\0", " ").replace("\n", ";"))
    elif word == "QUIT":
        say("+OK bye")
        break
    else:
        say("+OK " + word)
else:
    note(b"(the end)")
    say("+OK you have ended")
"""


class NativeTest(Pop3Test):
    # of a shell that is a native pop3d, up to the login
    ANSWERS = "for n in 1 2 3; do printf '+OK %d\\r\\n' $n; [ $n = 3 ] || read line; done"

    def box(self, **more):
        vmail = super().box(**more)
        vmail.write("addresses", f"{MAIN} main.test\n{OURS} a.test\n")
        return vmail

    def script(self, vmail, text):
        path = os.path.join(vmail.scratch, "native-pop3d")
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o755)
        return path

    def fake(self, vmail, **how):
        """The words of a native pop3d that is our script; see FAKE."""
        return [self.script(vmail, FAKE), os.path.join(vmail.scratch, "told"),
                *(f"{name}={text}" for name, text in how.items())]

    def told(self, vmail):
        """The lines that it got, in all its lives; none: it was never started."""
        path = os.path.join(vmail.scratch, "told")
        if not os.path.exists(path):
            return []
        with open(path, "rb") as f:
            return f.read().decode("latin-1").splitlines()

    def shared(self, vmail, *options, address=MAIN, how=None, **more):
        return vmail.pop3("--share-main", *options, *self.fake(vmail, **(how or {})), address=address, **more)

    def opened(self, vmail, *options, **more):
        """A client whose login the native pop3d has taken."""
        pop = self.shared(vmail, *options, **more)
        self.assertEqual(pop.login("sys", "right  word"), "+OK it is open")
        return pop

    def auth(self, pop, authzid, login, password):
        told = base64.b64encode(b"\0".join((authzid, login, password)))
        self.assertEqual(pop.ask("AUTH PLAIN"), "+ ")
        pop.send(told + b"\r\n")
        return pop.line()


class Becoming(NativeTest):
    def test_the_process_becomes_it_as_it_was_found(self):
        vmail = self.box()
        native = self.script(vmail, SHOWN)
        client, server = connection(MAIN)
        def hostile():
            os.umask(0o27)
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        with server:
            popen = subprocess.Popen([program("vpop3d"), "-C", vmail.dir, native, "-d", "a b"], stdin=server,
                                     stdout=server, stderr=server, env={"PATH": PATH, "HOME": "/h"},
                                     preexec_fn=hostile, restore_signals=False)
        pop = Pop3(client)
        pop.send(b"USER x\n")
        self.assertEqual(pop.line(), f"+OK native ['-d', 'a b'] umask 27 HOME=/h pipe True blocked "
                                     f"[{int(signal.SIGUSR1)}] fds [0, 1, 2] name {native} same True")
        self.assertEqual(pop.rest(), b"got USER x\n")
        self.assertEqual(popen.wait(), 0)

    def test_its_argv_0_is_its_base_name(self):
        vmail = self.box()
        shell = os.path.join(vmail.scratch, "pop-shell")
        shutil.copy("/bin/sh", shell)
        pop = vmail.pop3(shell, "-c", "echo $0; read x; echo got $x", address=MAIN)
        pop.send(b"hello\n")
        self.assertEqual(pop.rest(), b"pop-shell\ngot hello\n")

    def test_an_address_of_ours_does_not_reach_it(self):
        vmail = self.box()
        native = self.script(vmail, SHOWN)
        pop = vmail.pop3(native, address=OURS)
        self.assertEqual(pop.line(), "+OK Virtual a.test POP3 Server (Version 0.1) ready.")

    def test_an_address_without_a_name_does_not_reach_it(self):
        vmail = self.box()
        native = self.script(vmail, SHOWN)
        pop = vmail.pop3(native, address=NOBODYS)
        self.assertEqual(pop.line(), "+OK host.main.test POP3 Server (Version 0.1) ready.")

    def test_one_that_cannot_be_started_is_a_temporary_failure(self):
        vmail = self.box()
        pop = vmail.pop3("/nonexistent/pop3d", address=MAIN)
        self.assertEqual(pop.rest(), b"")
        self.assertEqual(pop.process.wait(), 75)
        self.assertIn("start the native pop3d /nonexistent/pop3d", pop.process.errors.decode())

    def test_listen_hands_over_too(self):
        vmail = self.box()
        native = self.script(vmail, SHOWN)
        _, where = vmail.listen("vpop3d", native, address=MAIN)
        pop = Pop3(where)
        pop.send(b"hello\n")
        self.assertRegex(pop.line(), r"^\+OK native \[\] .* fds \[0, 1, 2\] .* same True$")
        self.assertEqual(pop.rest(), b"got hello\n")


class Sharing(NativeTest):
    def test_what_is_typed_and_all_that_follows_is_the_natives(self):
        vmail = self.box()
        pop = self.shared(vmail)
        self.transcript(pop, """
            < +OK host.main.test POP3 Server (Version 0.1) ready.
            > USER Sys.User%main.test
            < +OK and the password?
            > PASS right  word
            < +OK it is open
            > stat
            < +OK stat
            > USER again
            < +OK USER
            > QUIT
            < +OK bye
        """)
        self.assertIsNone(pop.line())
        log = self.ended(pop)
        self.assertEqual(self.told(vmail), ["(begins)", "USER Sys.User%main.test", "PASS right  word", "stat",
                                            "USER again", "QUIT"])
        self.assertRegex(log, r'^vpop3d\[\d+\]: native-session login="Sys.User%main.test" peer=127.0.0.1 '
                              r'domain=main.test found=login from-client=24 to-client=45 end=closed\n$')

    def test_an_address_serves_the_main_domain_and_ours(self):
        vmail = self.box(mbox=mbox(b"a: b\n\nc\n"))
        for address, login in (MAIN, "joe@a.test"), (OURS, "joe"), (NOBODYS, "joe%a.test"):
            pop = self.shared(vmail, address=address)
            self.assertRegex(pop.login(login, PASSWORD), r"^\+OK 1 messages")
            self.assertIn("session account=joe ", self.quit(pop))
        self.assertEqual(self.told(vmail), [])
        for address, login, found in (MAIN, "joe", "main"), (NOBODYS, "joe", "main"), (OURS, "joe@main.test", "login"):
            pop = self.shared(vmail, address=address)
            self.assertEqual(pop.login(login, "right  word"), "+OK it is open")
            pop.ask("QUIT")
            self.assertIn(f"native-session login={login} peer=127.0.0.1 domain=main.test found={found} ",
                          self.ended(pop))

    def test_what_implies_it_needs_no_option(self):
        """A domain-from without address, an address without a name, a client on a pipe."""
        for settings, address in ({"domain-from": "login"}, MAIN), ({"domain-from": ""}, MAIN), ({}, NOBODYS):
            vmail = self.box(settings=settings)
            pop = vmail.pop3(*self.fake(vmail), address=address)
            self.assertEqual(pop.line(), "+OK host.main.test POP3 Server (Version 0.1) ready.")
            pop.ask("USER sys")
            self.assertEqual(pop.ask("PASS right  word"), "+OK it is open")
        got = vmail.run("vpop3d", *self.fake(vmail), input=b"USER sys\r\nPASS right  word\r\nNOOP\r\n")
        self.assertRegex(got.stdout, rb"\+OK it is open\r\n\+OK NOOP\r\n\+OK you have ended\r\n$")
        self.assertIn("peer=- domain=main.test found=main from-client=6 to-client=46 end=closed", got.log)

    def test_a_name_that_is_not_ours_is_handed_over_untouched_without_it(self):
        vmail = self.box()
        pop = vmail.pop3(*self.fake(vmail), address=MAIN)
        self.assertEqual(pop.line(), "+OK fake ready")

    def test_a_main_domain_of_ours_never_calls_it(self):
        vmail = self.box(mbox=mbox(b"a: b\n\nc\n"), settings={"main-domain": "a.test"})
        for address in MAIN, NOBODYS:
            for login in "joe", "joe@a.test":
                pop = self.shared(vmail, address=address)
                self.assertRegex(pop.login(login, PASSWORD), r"^\+OK 1 messages")
                self.quit(pop)
        self.assertEqual(self.told(vmail), [])

    def test_without_a_native_pop3d_the_option_changes_nothing(self):
        vmail = self.box(mbox=b"")
        pop = vmail.pop3("--share-main", address=MAIN)
        self.assertRegex(pop.login("joe@a.test", PASSWORD), r"^\+OK 0 messages")

    def test_what_came_ahead_is_the_natives_to_the_last_byte(self):
        ahead = b"NOOP " + b"x" * 200 + b"\r\nRETR 1\r\n\0\xff\r\rQUI"
        for send in (lambda pop, text: pop.send(text),
                     lambda pop, text: [pop.send(text[i:i + 1]) for i in range(len(text))]):
            vmail = self.box()
            pop = self.shared(vmail)
            pop.line()
            send(pop, b"USER sys\r\nPASS right  word\r\n" + ahead)
            for want in "+OK and the password?", "+OK it is open", "+OK NOOP", "+OK RETR":
                self.assertEqual(pop.line(), want)
            pop.send(b"T")
            pop.shut()
            self.assertEqual(pop.rest(), b"+OK \0\xff\r\rQUIT\r\n+OK you have ended\r\n")

    def test_listen_shares_too(self):
        vmail = self.box()
        process, where = vmail.listen("vpop3d", "--share-main", *self.fake(vmail), address=MAIN)
        pop = Pop3(where)
        self.assertEqual(pop.login("sys", "right  word"), "+OK it is open")
        self.assertEqual(pop.ask("QUIT"), "+OK bye")
        process.wait_line("native-session login=sys .*end=closed")

    def test_a_native_that_is_not_there_is_temporary_and_the_log_says_what_to_do(self):
        vmail = self.box()
        pop = vmail.pop3("--share-main", "/nonexistent/pop3d", address=MAIN)
        self.assertEqual(pop.login("sys", "x"), TEMPORARY)
        self.assertIsNone(pop.line())
        log = self.ended(pop)
        self.assertIn('warning text="start the native pop3d /nonexistent/pop3d: No such file or directory: '
                      'name one that is there behind the options of vpop3d, or none"', log)
        self.assertRegex(log, 'login-failed login=sys .*reason="the native pop3d went away before it answered: '
                              'is it there, and told to run as below inetd\\?"')
        self.assertNotIn("wrong=", log)


class Mechanisms(NativeTest):
    def plain(self, authzid, login, password=b"right  word"):
        return base64.b64encode(b"\0".join((authzid, login, password))).decode()

    def test_auth_becomes_user_and_pass_where_the_native_has_no_sasl(self):
        for capa in None, "TOP,SASL LOGIN,XSASL PLAIN":
            vmail = self.box()
            how = {"capa": capa} if capa else {}
            for authzid in b"", b"sys":
                pop = self.shared(vmail, how=how)
                pop.line()
                self.assertEqual(self.auth(pop, authzid, b"sys", b"right  word"), "+OK it is open")
                self.assertEqual(pop.ask("QUIT"), "+OK bye")
            pop = self.shared(vmail, how=how)
            pop.line()
            self.assertEqual(pop.ask("AUTH LOGIN " + base64.b64encode(b"sys").decode()), "+ UGFzc3dvcmQ6")
            self.assertEqual(pop.ask(base64.b64encode(b"right  word").decode()), "+OK it is open")
            self.assertEqual(pop.ask("QUIT"), "+OK bye")
            pop.rest()
            self.assertEqual(self.told(vmail), (["(begins)", "CAPA", "USER sys", "PASS right  word", "QUIT"]) * 3)

    def test_sasl_plain_is_replayed_with_the_authorization_identity(self):
        for authzid, password in (b"", b"right  word"), (b"other", b"x" * 511), (b"sys", b"\xff\xc3\xa4"):
            vmail = self.box()
            told = self.plain(authzid, b"sys", password)
            pop = self.shared(vmail, how={"capa": "SASL LOGIN PLAIN,UTF8", "plain": told})
            pop.line()
            self.assertEqual(self.auth(pop, authzid, b"sys", password), "+OK it is open")
            self.assertEqual(pop.ask("QUIT"), "+OK bye")
            self.assertEqual(self.told(vmail), ["(begins)", "CAPA", "AUTH PLAIN", told, "QUIT"])

    def test_another_mailbox_needs_a_native_with_sasl(self):
        vmail = self.box()
        pop = self.shared(vmail)
        pop.line()
        self.assertEqual(self.auth(pop, b"other", b"sys", b"right  word"), WRONG)
        pop.ask("QUIT")
        self.assertEqual(self.told(vmail)[:2], ["(begins)", "CAPA"])
        self.assertNotIn("USER sys", self.told(vmail))
        self.assertRegex(self.ended(pop), 'wrong=yes wanted=other reason="the native pop3d has no SASL PLAIN ')

    def test_utf8_is_said_again_where_the_native_announces_it(self):
        for capa, lines in ("UTF8 USER,TOP", ["CAPA", "UTF8"]), ("TOP,XUTF8", ["CAPA"]), (None, ["CAPA"]):
            vmail = self.box()
            pop = self.shared(vmail, how={"capa": capa} if capa else {})
            pop.line()
            pop.ask("UTF8")
            pop.ask("USER j\xf6")
            self.assertEqual(pop.ask("PASS right  word"), "+OK it is open")
            self.assertEqual(self.told(vmail), ["(begins)", *lines, "USER j\xc3\xb6", "PASS right  word"])

    def test_what_no_line_can_hold_and_a_domain_that_is_nobodys_do_not_reach_it(self):
        vmail = self.box()
        clients = []
        for line in (b"USER sys@elsewhere.test\r\nPASS x", b"USER " + b"x" * 400 + b"\r\nPASS right  word", b"USER s\0s\r\nPASS x",
                     b"USER sys\r\nPASS " + b"x" * 512, b"USER s\ry\r\nPASS x",
                     *(b"AUTH PLAIN " + base64.b64encode(b"\0" + told) for told in
                       (b"sys\rQUIT\0x", b"sys\0a\nRETR 1", b"\r\n\0x"))):
            pop = self.shared(vmail, peer=fresh_address())
            pop.line()
            pop.send(line + b"\r\nQUIT\r\n")
            clients.append(pop)
        for pop in clients:
            self.assertIn(WRONG, pop.rest().decode().splitlines())
        self.assertEqual(self.told(vmail), [])


class Refusals(NativeTest):
    def test_the_natives_words_are_passed_on_and_the_next_login_is_a_new_one(self):
        vmail = self.box(mbox=b"")
        pop = self.shared(vmail)
        pop.line()
        begun = time.monotonic()
        pop.send(b"USER sys\r\nPASS wrong\r\nUSER sys\r\nPASS right  word\r\nQUIT\r\n")
        pop.line()
        self.assertEqual(pop.line(), "-ERR nope")
        self.assertGreater(time.monotonic() - begun, 0.9)       # it is a failed login like any other
        pop.line()
        self.assertEqual(pop.line(), "+OK it is open")
        self.assertEqual(pop.line(), "+OK bye")
        log = self.ended(pop)
        self.assertIn('login-failed login=sys peer=127.0.0.1 domain=main.test found=main wrong=yes '
                      'reason="the native pop3d: -ERR nope"', log)
        self.assertIn("native-session login=sys ", log)
        self.assertNotIn("right", log)
        self.assertEqual(self.told(vmail).count("(begins)"), 2)

    def test_a_login_that_it_refuses_leaves_ours_possible(self):
        vmail = self.box(mbox=b"")
        pop = self.shared(vmail)
        pop.login("sys", "wrong")
        pop.ask("USER joe@a.test")
        self.assertRegex(pop.ask(f"PASS {PASSWORD}"), r"^\+OK 0 messages")

    @timed
    def test_what_is_no_wrong_password_is_not_counted(self):
        for words in "[IN-USE] another has it", "[SYS/TEMP] the disk", "[SYS/PERM] no", "[LOGIN-DELAY] wait":
            vmail = self.box()
            pop = self.shared(vmail, how={"no": f"-ERR {words}"})
            begun = time.monotonic()
            self.assertEqual(pop.login("sys", "wrong"), f"-ERR {words}")
            took = time.monotonic() - begun
            # that one may be said to anybody
            if words.startswith("[SYS/TEMP]"):
                self.assertGreater(took, 0.9)
            else:
                self.assert_took(took, 0, 0.9)
            self.assertRegex(pop.ask("QUIT"), r"^\+OK")
            log = self.ended(pop)
            self.assertIn(f'reason="the native pop3d: -ERR {words}"', log)
            self.assertNotIn("wrong=", log)

    def test_a_login_that_it_might_trim_is_wrong_before_it_is_asked(self):
        # each spelling would be an account of its own to what slows down who guesses
        vmail = self.box()
        spellings = [b"sys ", b" sys", b"sys\t", b"sys\x0b", b"\x0csys", b"sys\x1f", b"sys\x7f", b"s ys"]

        def one(spelt):
            pop = self.shared(vmail, remember=True, peer=fresh_address())
            pop.line()
            if b" " in spelt:
                reply = self.auth(pop, b"", spelt, b"right  word")
            else:
                pop.send(b"USER " + spelt + b"\r\nPASS right  word\r\n")
                pop.line()
                reply = pop.line()
            self.assertEqual(reply, "-ERR [AUTH] login or password wrong", spelt)
            self.assertEqual(len(processes(pop.process.pid)), 2)        # and no native pop3d
            self.assertRegex(self.ended(pop), ' wrong=yes reason="nobody can be called so, ')

        vmail.forget_logins()
        together([lambda spelt=spelt: one(spelt) for spelt in spellings], len(spellings))

    def test_tries_of_one_peer_wait_for_one_another(self):
        vmail = self.box()
        clients = [self.shared(vmail, remember=True) for _ in range(2)]
        for pop in clients:
            pop.line()
            pop.ask("USER sys")
        begun = time.monotonic()
        for pop in clients:
            pop.send(b"PASS wrong\r\n")
        for pop in clients:
            self.assertEqual(pop.line(), "-ERR nope")
        self.assertGreater(time.monotonic() - begun, 1.9)

    @needs_root
    def test_with_a_certificate_a_password_from_elsewhere_needs_tls(self):
        vmail = self.box(settings={"tls-certificate": "host.pem"})
        vmail.write("host.pem", certificate("host.main.test"), 0o600)
        client, server = far_connection()
        with server:
            pop = Pop3(client, vmail.start("vpop3d", *self.fake(vmail), stdin=server, stdout=server))
        pop.line()
        self.assertNotIn(b"USER", pop.many("CAPA")[1])
        self.assertRegex(pop.ask("USER sys"), r"^-ERR \[SYS/PERM\] .*TLS")
        pop.ask("USER sys@main.test")
        self.assertRegex(pop.ask("PASS right  word"), r"^-ERR \[SYS/PERM\] .*TLS")
        self.assertEqual(self.told(vmail), [])
        stls(pop)
        pop.ask("USER sys")
        self.assertEqual(pop.ask("PASS right  word"), "+OK it is open")


class Tls(NativeTest):
    def secured(self):
        vmail = self.box(mbox=b"", settings={"tls-certificate": "host.pem"})
        vmail.write("host.pem", certificate("host.main.test"), 0o600)
        return vmail

    def test_the_server_name_decides_the_greeting_and_the_login_is_passed_on(self):
        vmail = self.secured()
        pop = wrap(vmail.pop3("--tls", *self.fake(vmail), address=MAIN), "pop.a.test")
        self.assertEqual(pop.line(), "+OK Virtual a.test POP3 Server (Version 0.1) ready.")
        pop.ask("USER joe")
        self.assertRegex(pop.ask(f"PASS {PASSWORD}"), r"^\+OK 0 messages")
        self.assertEqual(self.told(vmail), [])
        pop = wrap(vmail.pop3("--tls", *self.fake(vmail), address=MAIN), "host.main.test")
        self.assertEqual(pop.line(), "+OK host.main.test POP3 Server (Version 0.1) ready.")
        pop.send(b"USER sys\r\nPASS right  word\r\nSEND 4\r\nQUIT\r\n")
        pop.line()
        self.assertEqual(pop.rest(), b"+OK it is open\r\n+OK\r\n" + bytes(range(256)) * 1024 + b"+OK bye\r\n")
        self.assertRegex(self.ended(pop), r"native-session login=sys .* tls=TLSv1\.[23] from-client=14 "
                                          r"to-client=262174 end=closed")

    def test_stls_before_it(self):
        vmail = self.secured()
        pop = self.shared(vmail)
        pop.line()
        stls(pop)
        pop.ask("USER sys")
        self.assertEqual(pop.ask("PASS right  word"), "+OK it is open")
        self.assertEqual(pop.ask("QUIT"), "+OK bye")
        self.assertEqual(pop.rest(), b"")


class Ends(NativeTest):
    def test_a_client_that_has_said_its_last_gets_the_rest(self):
        vmail = self.box()
        pop = self.opened(vmail)
        pop.send(b"SEND 3\r\nNOOP\r\n")
        pop.shut()
        self.assertEqual(pop.rest(), b"+OK\r\n" + bytes(range(256)) * 768 + b"+OK NOOP\r\n+OK you have ended\r\n")
        self.assertIn("end=closed", self.ended(pop))
        self.assertEqual(self.told(vmail)[-1], "(the end)")

    def test_a_client_that_goes_away_in_the_middle_is_a_hangup(self):
        vmail = self.box()
        pop = self.opened(vmail)
        pop.send(b"SEND 10000\r\nDELE 1\r\nQUIT\r\n")
        self.assertEqual(pop.line(), "+OK")
        pop.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.assertIn("end=hangup", self.ended(pop))
        self.assertNotIn("DELE 1", self.told(vmail))

    def test_a_native_that_has_said_its_last_hears_the_rest(self):
        vmail = self.box()
        pop = self.opened(vmail)
        pop.send(b"CLOSE\r\n")
        self.assertEqual(pop.rest(), b"")
        pop.send(b"and more")
        pop.shut()
        eventually(lambda: self.told(vmail)[-2:] == ["and more", "(the end)"], "the rest")
        self.assertIn("end=closed", self.ended(pop))

    def test_a_native_that_dies_ends_the_connection_and_the_log_says_how(self):
        vmail = self.box()
        pop = self.opened(vmail)
        pop.send(b"DIE\r\nNOOP\r\n")
        self.assertEqual(pop.rest(), b"")
        self.assertIn('end=closed text="the native pop3d ended by signal 9"', self.ended(pop))

    def test_one_that_greets_with_err_or_says_no_pop3_or_nothing_is_temporary_and_the_end(self):
        for how, settings, reason in (
                ({"greeting": "-ERR [IN-USE] full"}, {}, "greets with -ERR"),
                ({"greeting": "220 smtp"}, {}, "says what is no answer of POP3"),
                ({"greeting": "+OK " + "x" * 5000}, {}, "says what is no answer of POP3"),
                ({"hang": "yes"}, {"login-timeout": "3s"}, "does not answer"),
                ({"no": "+ more?"}, {}, "asks on where it should answer")):
            with self.subTest(reason):
                vmail = self.box(settings=settings)
                pop = self.shared(vmail, how=how)
                self.assertEqual(pop.login("sys", "wrong"), TEMPORARY)
                self.assertIsNone(pop.line())
                log = self.ended(pop)
                self.assertRegex(log, f'login-failed login=sys .*found=main reason="the native pop3d {reason}')
                self.assertNotIn("wrong=", log)

    def seconds(self, vmail, text, most=1):
        """Of processor time that a session takes which says this, most of it as often as it can."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        pop = self.opened(vmail)
        pop.send(text)
        pop.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(most - 1):
                pop.socket.send(text * 1000)
        self.assertEqual(pop.process.wait(), 0)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        pop.close()
        self.log = pop.process.errors.decode()
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    @timed
    def test_who_does_not_read_keeps_nobody_busy_and_ends_by_idle_timeout(self):
        """A client, and then a native."""
        vmail = self.box(settings={"idle-timeout": "1s"})
        usual = self.seconds(vmail, b"QUIT\r\n")
        for text, most in (b"SEND 10000\r\n", 1), (b"STAY\r\n", 10000):
            took = self.seconds(vmail, text, most)
            self.assertIn("end=timeout", self.log)
            self.assert_took(took - usual, 0)

    def test_sigterm_ends_it_and_the_native_is_told(self):
        vmail = self.box()
        pop = self.opened(vmail)
        pop.process.signal()
        self.assertEqual(pop.process.wait(), 0)
        self.assertIn("end=terminated", pop.process.errors.decode())
        self.assertEqual(self.told(vmail)[-1], "(reset)")

    def test_when_the_parent_is_killed_the_native_sees_the_end(self):
        vmail = self.box()
        pop = self.opened(vmail)
        pop.process.signal(signal.SIGKILL)
        self.assertEqual(pop.rest(), b"")
        eventually(lambda: self.told(vmail)[-1] == "(the end)", "the end")

    @only_where(HANGS)              # it takes ten seconds
    def test_one_that_does_not_end_is_told_to_and_then_killed_with_its_group(self):
        vmail = self.box()
        fifo = os.path.join(vmail.scratch, "fifo")
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        path = self.script(vmail, f"#!/bin/sh\ntrap 'echo TERM >&3' TERM\nexec 3>{fifo}\n{self.ANSWERS}\n"
                                  "exec >&- <&-\nsleep 1000 &\nwait\nwait\n")
        pop = vmail.pop3("--share-main", path, address=MAIN)
        self.assertEqual(pop.login("sys", "x"), "+OK 3")
        self.assertEqual(pop.rest(), b"")
        begun = time.monotonic()
        pop.close()
        self.assertEqual(pop.process.wait(), 0)
        self.assertAlmostEqual(time.monotonic() - begun, 10, delta=1)
        self.assertIn('text="the native pop3d ended by signal 9"', pop.process.errors.decode())
        self.assertEqual([os.read(reader, 99), os.read(reader, 99)], [b"TERM\n", b""])     # nobody has it any more
        os.close(reader)


class Identities(NativeTest):
    def both(self, pop):
        """(passage, native), each (pid, status fields)."""
        found = processes(pop.process.pid)
        del found[pop.process.pid]
        names = {fields["Name"]: (pid, fields) for pid, fields in found.items()}
        self.assertEqual(len(found), 2, found)
        return names["vpop3d"], next(names[name] for name in names if name != "vpop3d")

    def ignored_here(self):
        """As whoever started us left it; what Python itself ignores it gives back to its children."""
        with open("/proc/self/status") as f:
            here = int(re.search(r"^SigIgn:\s+(\w+)", f.read(), re.M)[1], 16)
        return here & ~(1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1)

    @needs_root
    def test_what_is_between_is_nobody_and_the_native_is_as_it_was_found(self):
        vmail = self.box()
        client, server = connection(MAIN)
        def hostile():
            os.umask(0o27)
            signal.signal(signal.SIGUSR2, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
            resource.setrlimit(resource.RLIMIT_CORE, (4096, 8192))
        native = ["/bin/sh", "-c", f"{self.ANSWERS}; exec cat", "pop3d", "a b"]
        with server:
            process = Process([program("vpop3d"), "-C", vmail.dir, "--share-main", *native], stdin=server,
                              stdout=server, env={"HOME": "/h", "X": "y z"}, preexec_fn=hostile)
        self.addCleanup(process.stop)
        pop = Pop3(client, process)
        self.assertEqual(pop.login("sys", "x"), "+OK 3")
        self.assertEqual(pop.ask("it is cat now"), "it is cat now")
        (passage, fields), (native, its) = self.both(pop)
        self.assert_is(fields, 65534, 65534)
        self.assertEqual(fields["NoNewPrivs"], "1")
        self.assertEqual(os.readlink(f"/proc/{passage}/root"), os.path.join(vmail.state, "empty"))
        kinds = sorted(re.sub(r":.*", "", d) for d in self.descriptors(passage))
        self.assertEqual(kinds, ["anon_inode", "anon_inode", "pipe", "socket", "socket", "socket", "socket"])
        self.assertEqual((its["Uid"].split(), its["Gid"].split()), (["0"] * 4, ["0"] * 4))
        blocked, ignored = (1 << n - 1 for n in (signal.SIGUSR1, signal.SIGUSR2))
        self.assertEqual([its[name] for name in ("Umask", "NoNewPrivs", "SigBlk", "SigIgn")],
                         ["0027", "0", f"{blocked:016x}", f"{ignored | self.ignored_here():016x}"])
        with open(f"/proc/{native}/limits") as f:
            core = f.read()
        if not is_sanitized("vpop3d"):          # it forbids them by itself
            self.assertRegex(core, r"Max core file size +4096 +8192 ")
        open_now = {n: os.readlink(f"/proc/{native}/fd/{n}") for n in os.listdir(f"/proc/{native}/fd")}
        self.assertEqual(sorted(open_now), ["0", "1", "2"])
        self.assertEqual(open_now["0"], open_now["1"])
        self.assertTrue(open_now["2"].startswith("pipe:"), open_now)
        with open(f"/proc/{native}/environ", "rb") as f:
            self.assertEqual(set(f.read().split(b"\0")) - {b"", b"PWD=" + os.getcwd().encode()} -
                             {f"{name}={value}".encode() for name, value in environment().items()},
                             {b"HOME=/h", b"X=y z"})

    @needs_root
    def test_standard_error_of_the_native_is_never_the_client(self):
        vmail = self.box(settings={"log": "mail"})
        client, server = connection(MAIN)
        with server:
            popen = subprocess.Popen([program("vpop3d"), "-C", vmail.dir, "--share-main", *self.fake(vmail)],
                                     stdin=server, stdout=server, stderr=server, env=environment())
        pop = Pop3(client)
        self.assertEqual(pop.login("sys", "right  word"), "+OK it is open")
        [native] = [pid for pid, fields in processes(popen.pid).items() if fields["Name"] != "vpop3d"]
        self.assertEqual(os.readlink(f"/proc/{native}/fd/2"), "/dev/null")
        pop.ask("QUIT")
        self.assertEqual(popen.wait(), 0)

    def test_it_sees_a_connection_of_the_internet(self):
        vmail = self.box()
        path = self.script(vmail, "#!/usr/bin/python3\nimport socket\ns = socket.socket(fileno=0)\n"
                                  "print('+OK\\r', flush=True)\ns.recv(99)\n"
                                  "print('-ERR [IN-USE]', s.family.name, s.getpeername()[0], s.getsockname()[0], s.gettimeout(), "
                                  "end='\\r\\n', flush=True)\n")
        pop = vmail.pop3("--share-main", path, address=MAIN)
        self.assertEqual(pop.login("sys", "x"), "-ERR [IN-USE] AF_INET 127.0.0.1 127.0.0.1 None")

    @only_where(not is_sanitized("vpop3d"))     # whose memory has no end
    @needs_root
    def test_a_password_that_it_took_is_in_no_memory_of_ours(self):
        vmail = self.box()
        for plain in False, True:
            told = base64.b64encode(b"\0sys\0right  word").decode()
            pop = self.shared(vmail, how={"capa": "SASL PLAIN", "plain": "all"} if plain else {})
            pop.line()
            if plain:
                self.assertEqual(self.auth(pop, b"", b"sys", b"right  word"), "+OK it is open")
            else:
                pop.send(b"USER sys\r\nPASS right  word\r\nNOOP\r\n")
                self.assertEqual([pop.line() for _ in range(3)][1], "+OK it is open")
            (passage, _), _ = self.both(pop)
            for pid in passage, pop.process.pid:
                memory = memory_of(pid)
                self.assertIn(b"vpop3d", memory)
                for secret in b"right  wor", told.encode()[8:-4]:
                    self.assertFalse(secret in memory, (pid, secret))
            pop.close()

    @only_where(not is_sanitized("vpop3d"))
    @needs_root
    def test_no_hash_of_a_login_of_ours_is_in_what_carries_the_natives(self):
        vmail = self.box()
        crowd_of_hashes(vmail)
        pop = self.shared(vmail)
        self.assertRegex(pop.login("joe@a.test", "wrong"), r"^-ERR \[AUTH\]")
        pop.ask("USER sys")
        self.assertEqual(pop.ask("PASS right  word"), "+OK it is open")
        (passage, _), _ = self.both(pop)
        for pid in passage, pop.process.pid:
            assert_no_hash(self, vmail, pid)

    @needs_root
    def test_the_parent_reads_no_byte_of_client_or_native(self):
        vmail = self.box()
        trace = os.path.join(vmail.scratch, "trace")
        client, server = connection(MAIN)
        with server:
            process = Process(["strace", "-o", trace, "-e", "trace=read,recvfrom,recvmsg,readv,write,sendto,pread64",
                               program("vpop3d"), "-C", vmail.dir, "--share-main", *self.fake(vmail)],
                              stdin=server, stdout=server)
        self.addCleanup(process.stop)
        pop = Pop3(client)
        self.assertEqual(pop.login("sys", "right  word"), "+OK it is open")
        pop.ask("QUIT")
        process.wait()
        with open(trace) as f:
            calls = f.read()
        self.assertIn("recvfrom(", calls)
        self.assertNotRegex(calls, r"\b(read|recvfrom|recvmsg|readv|pread64|write|sendto)\([01],")
        self.assertNotIn("fake ready", calls)
        self.assertNotIn("+OK bye", calls)


def debians():
    """As root: the natives of Debian, ready for sysuser, whose password is PASSWORD: {name: words}."""
    popa3d = native_pop3d({"sysuser": PASSWORD})
    os.chmod("/var/mail", 0o1777)
    system_file("/etc/passwd", harness.PASSWD + "spop3d:x:59997:59997::/nonexistent:/usr/sbin/nologin\n")
    system_file("/etc/group", harness.GROUP + "spop3d:x:59997:\n")
    pam = os.path.join(SCRATCH, "pam.d")
    os.mkdir(pam)
    for service in "popa3d", "solid-pop3d", "gnu-pop3d":
        with open(os.path.join(pam, service), "w") as f:
            f.write("auth required pam_unix.so\naccount required pam_permit.so\n")
    subprocess.run(["mount", "--bind", pam, "/etc/pam.d"], check=True)
    return {"popa3d": [popa3d],
            "solid-pop3d": [peer("solid-pop3d"), "-n", "/var/mail/%s", "-t", "mailbox", "-f", "/dev/null"],
            "mailutils": [peer("mailutils", "pop3d"), "-i", "--no-config"]}


def peer(name, base=None):
    """A script that runs a program of out/peers with the libraries that came with it."""
    tree = os.path.join(PEERS, name)
    if not os.path.isdir(tree):
        raise unittest.SkipTest(f"no {name}: make deps")
    libraries = ":".join(glob.glob(f"{tree}/usr/lib/*-linux-*") + glob.glob(f"{tree}/lib/*-linux-*"))
    path = os.path.join(SCRATCH, base or name)
    with open(path, "w") as f:
        f.write(f'#!/bin/sh\nLD_LIBRARY_PATH={libraries} exec {tree}/usr/sbin/{base or name} "$@"\n')
    os.chmod(path, 0o755)
    return path


def large_message():
    """Of VMAIL_MEGABYTES, with dots, 8-bit letters and lines of any length."""
    lines = [b"." * (i % 7) + b"\xe4x%d " % i * (i % 97) for i in range(5000)]
    text = b"\n".join(lines) + b"\n"
    return b"Subject: large\n\n" + text * ((int(os.environ.get("VMAIL_MEGABYTES", "1")) << 20) // len(text))


@needs_root
class Debians(NativeTest):
    """popa3d, solid-pop3d and mailutils-pop3d."""
    @classmethod
    def setUpClass(cls):
        cls.natives = debians()

    def with_mail(self, *messages):
        with open("/var/mail/sysuser", "wb") as f:
            f.write(mbox(*messages))
        os.chown("/var/mail/sysuser", 59999, 59999)
        os.chmod("/var/mail/sysuser", 0o600)

    def log_in(self, pop, how):
        pop.line()
        if how == "user":
            pop.ask("USER sysuser")
            return pop.ask(f"PASS {PASSWORD}")
        if how == "plain":
            return self.auth(pop, b"", b"sysuser", PASSWORD.encode())
        pop.ask("AUTH LOGIN " + base64.b64encode(b"sysuser").decode())
        return pop.ask(base64.b64encode(PASSWORD.encode()).decode())

    def retrieved(self, pop):
        """All that RETR and QUIT say, collected in a way that a large message does not slow down."""
        parts = []
        pop.send(b"RETR 1\r\nQUIT\r\n")
        while part := pop.socket.recv(1 << 20):
            parts.append(part)
        return b"".join(parts)

    def test_a_message_comes_byte_for_byte_whichever_way_they_are_reached(self):
        vmail = self.box(settings={"tls-certificate": "host.pem"})
        vmail.write("host.pem", certificate("host.main.test"), 0o600)
        message = large_message()
        body = re.sub(rb"(?m)^\.", b"..", on_the_wire(message.partition(b"\n\n")[2]))
        ways = {
            "untouched": ("user", lambda native: vmail.pop3(*native, address=MAIN)),
            "shared": ("user", lambda native: vmail.pop3("--share-main", *native, address=MAIN)),
            "TLS": ("plain", lambda native: wrap(vmail.pop3("--tls", *native, address=MAIN))),
            "no name": ("login", lambda native: vmail.pop3(*native, address=NOBODYS)),
        }
        for name, native in self.natives.items():
            texts = set()
            for way, (how, begin) in ways.items():
                with self.subTest(f"{name} {way}"):
                    self.with_mail(message, b"Subject: small\n\nx\n")
                    pop = begin(native)
                    self.assertRegex(self.log_in(pop, how), r"^\+OK")
                    self.assertRegex(pop.ask("STAT"), r"^\+OK 2 ")
                    text = self.retrieved(pop)
                    self.assertRegex(text.partition(b"\r\n\r\n")[2].removeprefix(body),
                                     rb"^(\r\n)?\.\r\n\+OK.*\r\n$")      # some show an mbox's empty line
                    texts.add(text)
                    if way != "untouched":
                        self.assertIn("native-session login=sysuser ", self.ended(pop))
            self.assertEqual(len(texts), 1)

    def test_a_wrong_password_and_then_the_right_one_and_what_comes_ahead(self):
        self.with_mail(b"Subject: x\n\nx\n")
        vmail = self.box()
        clients = {name: vmail.pop3("--share-main", *native, address=MAIN, peer=fresh_address())
                   for name, native in self.natives.items()}
        for pop in clients.values():
            pop.send(b"USER sysuser\r\nPASS wrong\r\n")
        for name, pop in clients.items():
            with self.subTest(name):
                self.assertEqual([pop.line()[:3] for _ in range(3)], ["+OK", "+OK", "-ER"])
                pop.send(b"USER sysuser\r\nPASS " + PASSWORD.encode() + b"\r\n" + b"NOOP\r\n" * 34 + b"DELE 1\r\nRSET\r\nQUIT\r\n")
                pop.shut()
                replies = pop.rest().split(b"\r\n")
                self.assertEqual([r[:3] for r in replies], [b"+OK"] * 39 + [b""])
                log = self.ended(pop)
                self.assertRegex(log, "login-failed login=sysuser peer=127[.0-9]+ domain=main.test found=main wrong=yes "
                                      'reason="the native pop3d: -ERR ')
                self.assertRegex(log, "native-session login=sysuser .* from-client=224 .* end=closed")

    def test_what_is_deleted_is_gone_after_quit_alone(self):
        vmail = self.box()
        for name, native in self.natives.items():
            with self.subTest(name):
                self.with_mail(b"Subject: one\n\n1\n", b"Subject: two\n\n2\n")
                for last, left in ("NOOP", "2"), ("QUIT", "1"):
                    pop = vmail.pop3("--share-main", *native, address=MAIN)
                    self.assertRegex(self.log_in(pop, "user"), r"^\+OK")
                    self.assertRegex(pop.ask("DELE 1"), r"^\+OK")
                    self.assertRegex(pop.ask(last), r"^\+OK")
                    pop.close()
                    pop.process.wait()
                    with open("/var/mail/sysuser", "rb") as f:
                        self.assertEqual(len(re.findall(b"(?m)^From ", f.read())), int(left), last)


if __name__ == "__main__":
    main()
