#!/usr/bin/python3
"""pop3_login_test.py: which domain a login means, and what a wrong one learns: nothing."""
from pop3 import *

WRONG = "-ERR [AUTH] login or password wrong"


class Login(Pop3Test):
    def two(self, settings=None, **domain):
        """a.test and b.test, each with a joe, whose passwords tell them apart."""
        vmail = self.installation(settings)
        for name in ("a.test", "b.test"):
            vmail.domain(name, domain, passwords={"joe": f"of {name}"})
            put_mbox(vmail, f"joe@{name}", mbox(f"Subject: {name}\n\nx\n".encode()))
        return vmail

    def answer(self, vmail, user, password=PASSWORD, native=None, **more):
        """(the reply to PASS, the log)."""
        pop = vmail.pop3(*([native] if native else []), **more)
        reply = pop.login(user, password)
        pop.ask("QUIT")
        return reply, self.ended(pop)

    def assert_in(self, vmail, user, domain, how, **more):
        reply, log = self.answer(vmail, user, f"of {domain}", **more)
        self.assertRegex(reply, r"^\+OK", user)
        self.assertIn(f"session account=joe peer=127.0.0.1 domain={domain} found={how} ", log)


class Domain(Login):
    def test_the_login_names_it_in_every_spelling(self):
        vmail = self.two()
        for user in ("joe@a.test", "joe%a.test", "JOE@A.TEST", "joe@mail.a.test", "joe@pop.x.y.a.test",
                     "joe@a.test.", "joe%mail.a.test"):
            self.assert_in(vmail, user, "a.test", "login")

    def test_the_whole_name_counts_first(self):
        vmail = self.two()
        vmail.domain("mail.a.test", passwords={"joe": "of mail.a.test"})
        self.assert_in(vmail, "joe@mail.a.test", "mail.a.test", "login")

    def test_the_last_separator_counts(self):
        vmail = self.two()
        users = ("joe@b.test@a.test", "joe%b.test@a.test", "joe@a.test%b.test", "joe@", "joe@@a.test", "@a.test", "%")
        for user, (_, reply, _) in zip(users, self.answers(vmail, [(user, "of a.test") for user in users])):
            self.assertEqual(reply, WRONG, user)

    def test_other_separators_can_be_chosen(self):
        vmail = self.two({"login-separators": "/#"})
        self.assert_in(vmail, "joe#a.test", "a.test", "login")
        self.assert_in(vmail, "joe/b.test", "b.test", "login")
        self.assertRegex(self.answer(vmail, "joe@a.test", native="/bin/false")[0], r"^-ERR \[SYS/TEMP\]")

    def test_a_domain_alias_is_its_domain(self):
        vmail = self.two()
        os.symlink("domain.a.test", os.path.join(vmail.dir, "domain.alias.test"))
        self.assert_in(vmail, "joe@alias.test", "a.test", "login")

    def test_the_address_gives_it_to_a_bare_login_and_a_login_overrides(self):
        vmail = self.two()
        address = fresh_address()
        vmail.write("addresses", f"# where\n\n{address} b.test\n")
        self.assert_in(vmail, "joe", "b.test", "address", address=address)
        self.assert_in(vmail, "joe@a.test", "a.test", "login", address=address)

    def test_a_bare_login_without_an_address_is_left_to_a_native_pop3d(self):
        vmail = self.two()
        for user in ("joe", "joe@main.test"):
            reply, log = self.answer(vmail, user, native="/bin/false")
            self.assertRegex(reply, r"^-ERR \[SYS/TEMP\]")
            self.assertRegex(log, f"login-failed login={user} peer=127.0.0.1 domain=main.test found=[a-z]+( tls=\\S+)? reason="
                                  '"the native pop3d went away before it answered')

    def test_a_main_domain_of_ours_takes_bare_logins(self):
        vmail = self.two({"main-domain": "b.test"})
        self.assert_in(vmail, "joe", "b.test", "main")
        self.assert_in(vmail, "joe@a.test", "a.test", "login")

    def test_domain_from_without_login_splits_no_login(self):
        vmail = self.two({"domain-from": "address"})
        address = fresh_address()
        vmail.write("addresses", f"{address} b.test\n")
        self.assert_in(vmail, "joe", "b.test", "address", address=address)
        self.assertEqual(self.answer(vmail, "joe@b.test", "of b.test", address=address)[0], WRONG)

    def test_an_empty_domain_from_leaves_all_to_the_main_domain(self):
        vmail = self.two({"domain-from": ""})
        address = fresh_address()
        vmail.write("addresses", f"{address} b.test\n")
        for user in ("joe", "joe@a.test"):
            self.assertRegex(self.answer(vmail, user, native="/bin/false", address=address)[0], r"^-ERR \[SYS/TEMP\]")


class Password(Login):
    def test_who_is_wrong_and_why_is_not_told(self):
        vmail = self.two()
        vmail.write("shadow.b.test", "joe:!%s:::::::\n" % hash_of("of b.test"), 0o600)
        cases = {"joe@a.test": "wrong password", "nobody@a.test": "unknown user", "joe@c.test": "unknown domain",
                 "joe@b.test": "locked", "../x@a.test": "unknown user", "x" * 300 + "@a.test": "unknown user"}
        answers = self.answers(vmail, [(user, "of b.test") for user in cases])
        for (user, reason), (_, reply, log) in zip(cases.items(), answers):
            self.assertEqual(reply, WRONG, user)
            self.assertRegex(log, r"^vpop3d\[\d+\]: login-failed .*peer=127\.\S+ .*reason=\"?%s\"?\n$" % reason)
            self.assertNotIn("of b.test", log)

    def test_locked_empty_expired_and_broken_hashes_let_nobody_in(self):
        vmail = self.installation()
        good = hash_of("x")
        lines = ("joe::::::::", "joe:*:::::::", "joe:!:::::::", "joe:x:::::::", "joe:*0:::::::",
                 f"joe:!{good}:::::::", f"joe:{good}::::::1:", "joe:$y$j9T$::::::::", "joe:ab:::::::",
                 f"joe:{good}", "joe:" + "$6$" * 1000 + ":::::::", "")
        for i, line in enumerate(lines):
            vmail.domain(f"d{i}.test", accounts=["joe"])
            vmail.write(f"shadow.d{i}.test", line + "\n", 0o600)
        for password in ("x", "", "*0"):
            answers = self.answers(vmail, [(f"joe@d{i}.test", password) for i in range(len(lines))])
            for line, (_, reply, _) in zip(lines, answers):
                self.assertEqual(reply, WRONG, (line, password))

    def test_expiry_of_minus_one_is_none_as_old_shadow_tools_wrote_it(self):
        vmail = self.two()
        vmail.write("shadow.a.test", "joe:%s:10792:0:99999:7:-1:-1:134540356\n" % hash_of("of a.test"), 0o600)
        self.assert_in(vmail, "joe@a.test", "a.test", "login")

    def test_hashes_of_every_kind_are_verified(self):
        import crypt
        vmail = self.two()
        for salt in ("ab", "$1$abcdefgh$", "$5$rounds=1000$abc$", "$6$rounds=1000$abc$",
                     "$2b$04$abcdefghijklmnopqrstuu", "$y$j75$abcdefgh$"):
            with self.subTest(salt):
                made = crypt.crypt("of a.test", salt)
                vmail.write("shadow.a.test", f"joe:{made}:::::::\n", 0o600)
                self.assert_in(vmail, "joe@a.test", "a.test", "login")

    def test_a_password_may_have_blanks_and_any_bytes_but_nul(self):
        vmail = self.installation()
        passwords = (" ", "  two  blanks  ", "a b", "\xe4\xf6", "x" * 511)
        vmail.domain("a.test", passwords={"joe": "abc", **{f"u{i}": p for i, p in enumerate(passwords)}})
        logins = [(f"u{i}@a.test", p) for i, p in enumerate(passwords)]
        for (_, password), (_, reply, _) in zip(logins, self.answers(vmail, logins)):
            self.assertRegex(reply, r"^\+OK", repr(password))
        wrong = [(user, password + " ") for user, password in logins] + [("joe@a.test", "abc\0d")]
        for login, (_, reply, _) in zip(wrong, self.answers(vmail, wrong)):
            self.assertEqual(reply, WRONG, login)

    @timed
    def test_failures_are_answered_later_and_later_and_the_third_is_the_last(self):
        vmail = self.two()
        pop = vmail.pop3()
        pop.line()
        waits = []
        for user in ("joe@a.test", "nobody@a.test", "joe@nowhere.test"):
            pop.ask(f"USER {user}")
            begun = time.monotonic()
            self.assertEqual(pop.ask("PASS wrong"), WRONG)
            waits.append(time.monotonic() - begun)
        self.assertIsNone(pop.line())
        for wait, wanted in zip(waits, (1, 2, 4)):
            self.assert_took(wait, wanted, late=wanted)     # each is twice the last
        self.assertEqual(self.ended(pop).count("login-failed"), 3)

    def test_a_login_that_gets_to_no_password_takes_as_long_and_the_third_is_the_last(self):
        # or a client without credentials writes thousands of log lines a second
        vmail = self.two()
        vmail.domain("tls.test", {"require-tls": "yes"}, passwords={"joe": PASSWORD})
        vmail.domain("broken.test", {"no-such-setting": "1"})
        vmail.domain("gone.test", passwords={"joe": PASSWORD})
        os.unlink(os.path.join(vmail.dir, "passwd.gone.test"))

        def three(domain, words):
            pop = vmail.pop3(peer=fresh_address(), remember=True)
            pop.line()
            begun = time.monotonic()
            pop.send(f"USER joe@{domain}\r\nPASS {PASSWORD}\r\n".encode() * 9)
            replies = pop.rest().decode().splitlines()
            wait = time.monotonic() - begun
            self.assertEqual([reply[:len(words)] for reply in replies[1::2]], [words] * 3, domain)
            self.assertGreater(wait, 1 + 2 + 4 - 0.1)
            self.assertEqual(self.ended(pop).count("login-failed"), 3)

        together([lambda one=one: three(*one) for one in (
            ("tls.test", "-ERR [SYS/PERM]"), ("broken.test", "-ERR [SYS/TEMP]"), ("gone.test", "-ERR [SYS/TEMP]"))], 3)

    @timed
    def test_a_password_that_was_not_looked_at_counts_against_nobody(self):
        vmail = self.two(**{"require-tls": "yes"})
        peer = fresh_address()
        for domain in ("yes", "no"):
            vmail.write("domain.a.test", re.sub("(?<=require-tls = ).*", domain, vmail.read("domain.a.test").decode()))
            clients = []
            for _ in range(4):
                pop = vmail.pop3(peer=peer if domain == "yes" else fresh_address(), remember=True)
                pop.line()
                pop.ask("USER joe@a.test")
                clients.append((pop, "PASS wrong"))
            waits = [wait for wait, _ in at_once(clients)]
            for pop, _ in clients:
                pop.close()
            # 1 and 2 on a machine that is quick; 5 and 8 where they count
            self.assert_took(max(waits), 2.4, 1.5)

    def test_a_name_that_was_cut_is_nobodys(self):
        # what it ends in then must not be taken for its domain
        import base64
        vmail = self.two()
        vmail.write("grants.a.test", "joe: ann all\n")
        vmail.domain("a.test", passwords={"joe": "of a.test", "ann": "other"})
        long = "joe@" + "b." * 300
        cut = long[:400 - len(".a.test") - 1] + "c.a.test"
        tries = [f"USER {cut}{rest}\r\nPASS of a.test" for rest in ("", ".nowhere.test", "x")]
        for authzid, login in (("", cut + ".nowhere.test"), (cut + ".nowhere.test", "ann@a.test")):
            told = base64.b64encode(f"{authzid}\0{login}\0{'other' if authzid else 'of a.test'}".encode()).decode()
            tries.append(f"NOOP\r\nAUTH PLAIN {told}")

        def one(text):
            pop = vmail.pop3(peer=fresh_address(), remember=True)
            pop.line()
            begun = time.monotonic()
            pop.send(text.encode() + b"\r\n")
            pop.line()
            self.assertEqual(pop.line(), WRONG, text)
            self.assertGreater(time.monotonic() - begun, 0.9)
            log = self.ended(pop)
            self.assertIn(' wrong=yes ', log)
            self.assertIn('reason="longer than any name, and cut"\n', log)
            self.assertRegex(log, rf"(login|wanted)={re.escape(cut)}\.\.\. ")

        vmail.forget_logins()
        together([lambda text=text: one(text) for text in tries], len(tries))

    @alone
    @timed
    def test_every_failure_takes_the_same_time_and_a_right_password_none(self):
        vmail = self.two()
        vmail.write("shadow.b.test", "joe:!:::::::\n", 0o600)
        answers = self.answers(vmail, [(user, "wrong") for user in
                                       ("joe@a.test", "nobody@a.test", "joe@nowhere.test", "joe@b.test")])
        waits = [wait for wait, _, _ in answers]
        self.assert_took(max(waits) - min(waits), 0, 0.1)
        (wait, reply, _), = self.answers(vmail, [("joe@a.test", "of a.test")])
        self.assertRegex(reply, r"^\+OK")
        self.assert_took(wait, 0, 0.9)

    def test_the_fourth_password_of_a_connection_is_not_looked_at(self):
        vmail = self.two()
        pop = vmail.pop3()
        pop.send(b"USER joe@a.test\r\nPASS wrong\r\n" * 3 + b"USER joe@a.test\r\nPASS of a.test\r\nSTAT\r\n")
        replies = pop.rest().decode().splitlines()
        self.assertEqual(replies.count(WRONG), 3)
        self.assertEqual(replies[-1], WRONG)


class Rehash(Login):
    """With rehash = yes a hash of an older method is renewed when its owner logs in."""
    OTHERS = b"# a comment: stays\n\nbroken\n"

    def old(self, made=None, settings=None):
        import crypt
        vmail = self.installation({"rehash": "yes", **(settings or {})})
        vmail.domain("a.test", passwords={"joe": PASSWORD, "ann": "other"})
        self.made = made or crypt.crypt(PASSWORD, "$6$rounds=1000$abc$")
        self.ann = [line for line in vmail.read("shadow.a.test").splitlines(True) if line.startswith(b"ann:")][0]
        vmail.write("shadow.a.test", self.OTHERS + f"Joe:{self.made}:19000:0:99999:7:::\n".encode() + self.ann, 0o600)
        return vmail

    def renewed(self, vmail):
        """The new hash; all else in the file is as it was."""
        found = re.fullmatch(re.escape(self.OTHERS) + rb"Joe:(\$y\$[^:]+):19000:0:99999:7:::\n" + re.escape(self.ann),
                             vmail.read("shadow.a.test"))
        self.assertTrue(found, vmail.read("shadow.a.test"))
        return found[1].decode()

    def test_every_older_method_is_renewed_once_and_the_password_stays(self):
        import crypt
        for salt in ("ab", "$1$abcdefgh$", "$5$rounds=1000$abc$", "$6$rounds=1000$abc$", "$2b$04$abcdefghijklmnopqrstuu"):
            with self.subTest(salt):
                vmail = self.old(crypt.crypt(PASSWORD, salt))
                path = os.path.join(vmail.dir, "shadow.a.test")
                if ROOT:
                    os.chown(path, 0, GID)
                    os.chmod(path, 0o640)
                before = os.stat(path)
                reply, log = self.answer(vmail, "joe@a.test")
                self.assertRegex(reply, r"^\+OK")
                self.assertIn(": rehashed account=joe domain=a.test\n", log)
                new, after = self.renewed(vmail), os.stat(path)
                self.assertEqual(crypt.crypt(PASSWORD, new), new)
                self.assertEqual((before.st_mode, before.st_uid, before.st_gid), (after.st_mode, after.st_uid, after.st_gid))
                reply, log = self.answer(vmail, "joe@a.test")
                self.assertRegex(reply, r"^\+OK")
                self.assertNotIn("rehashed", log)
                self.assertEqual(os.stat(path).st_ino, after.st_ino)

    def test_nothing_is_renewed_without_the_setting_or_the_password(self):
        vmail = self.old(settings={"rehash": "no"})
        before = vmail.read("shadow.a.test")
        self.assertRegex(self.answer(vmail, "joe@a.test")[0], r"^\+OK")
        vmail.set(rehash="yes")
        self.assertEqual(self.answer(vmail, "joe@a.test", "wrong")[0], WRONG)
        self.assertEqual(vmail.read("shadow.a.test"), before)

    def test_a_hash_of_passwd_moves_to_shadow(self):
        vmail = self.old()
        vmail.write("shadow.a.test", self.ann, 0o600)
        passwd = vmail.read("passwd.a.test").decode()
        vmail.write("passwd.a.test", passwd.replace("joe:x:", f"joe:{self.made}:"))
        self.assertRegex(self.answer(vmail, "joe@a.test")[0], r"^\+OK")
        self.assertEqual(vmail.read("passwd.a.test").decode(), passwd)
        self.assertRegex(vmail.read("shadow.a.test"), re.escape(self.ann) + rb"joe:\$y\$[^:]+:\d+:::::::?\n$")
        self.assertRegex(self.answer(vmail, "joe@a.test")[0], r"^\+OK")

    def test_where_the_file_cannot_be_replaced_the_login_goes_on(self):
        vmail = self.old()
        path = os.path.join(vmail.dir, "shadow.a.test")
        os.rename(path, path + ".real")
        os.symlink("shadow.a.test.real", path)
        before = vmail.read("shadow.a.test")
        reply, log = self.answer(vmail, "joe@a.test")
        self.assertRegex(reply, r"^\+OK")
        self.assertRegex(log, 'warning text="the hash of joe@a.test is not renewed: .* is a symbolic link')
        self.assertEqual(vmail.read("shadow.a.test"), before)

    @contextlib.contextmanager
    def changing(self, vmail):
        """As vadmin holds the installation while it changes it: tells whether somebody waits for that."""
        import fcntl
        import struct
        with open(os.path.join(vmail.dir, ".lock"), "w") as lock:
            os.chmod(lock.fileno(), 0o600)
            whole = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            fcntl.fcntl(lock, 37, whole)            # F_OFD_SETLK
            yield lambda: any("->" in line for line in locks_of(lock.name))

    def test_while_the_installation_is_changed_the_old_hash_stays_until_the_next_login(self):
        vmail = self.old()
        before = vmail.read("shadow.a.test")
        with self.changing(vmail):
            reply, log = self.answer(vmail, "joe@a.test")
        self.assertRegex(reply, r"^\+OK")
        self.assertRegex(log, r'warning text="the hash of joe@a\.test is not renewed: .*\.lock: somebody else holds the lock"')
        self.assertEqual(vmail.read("shadow.a.test"), before)
        self.assertIn(": rehashed account=joe ", self.answer(vmail, "joe@a.test")[1])

    def test_no_other_login_of_the_peer_waits_for_it(self):
        vmail, peer = self.old(), fresh_address()
        with self.changing(vmail) as somebody_waits:
            def seen():
                pop = vmail.pop3(peer=peer)
                pop.line()
                pop.ask("USER joe@a.test")
                pop.send(f"PASS {PASSWORD}\r\nQUIT\r\n".encode())
                turns = os.path.join(vmail.state, "logins")
                while not select.select([pop.socket], [], [], 0.001)[0]:
                    if somebody_waits() and not locks_of(turns) and somebody_waits():
                        return True
                self.assertIn(b"+OK 0 messages", pop.rest())
            eventually(seen, "a turn that is over, and who waits for the installation")

    def test_a_password_that_was_changed_meanwhile_stays_changed(self):
        vmail = self.old()
        with self.changing(vmail) as somebody_waits:
            pop = vmail.pop3()
            pop.line()
            pop.send(f"USER joe@a.test\r\nPASS {PASSWORD}\r\nQUIT\r\n".encode())
            eventually(somebody_waits, "who waits for the lock")
            changed = f"joe:{hash_of('new')}:::::::\n".encode()
            vmail.write("shadow.a.test", changed, 0o600)
        self.assertIn(b"+OK 0 messages", pop.rest())
        self.assertNotIn("rehashed", self.ended(pop))
        self.assertEqual(vmail.read("shadow.a.test"), changed)

    def test_who_opens_anothers_mailbox_has_his_own_hash_renewed(self):
        import base64
        vmail = self.old()
        vmail.write("grants.a.test", "ann: joe all\n")
        pop = vmail.pop3()
        pop.line()
        told = base64.b64encode(f"ann\0joe@a.test\0{PASSWORD}".encode()).decode()
        self.assertRegex(pop.ask(f"AUTH PLAIN {told}"), r"^\+OK")
        pop.ask("QUIT")
        self.assertIn(": rehashed account=joe domain=a.test\n", self.ended(pop))
        self.renewed(vmail)


class Refusals(Login):
    def test_a_name_that_cannot_be_converted_now_is_no_wrong_login(self):
        vmail = self.installation()
        vmail.domain("xn--bcher-kva.test", passwords={"joe": PASSWORD})
        alone = shutil.copy(program("vpop3d"), vmail._directory("programs"))       # without vidn
        for words, name, wanted in ((program("vpop3d"), "b\u00fccher", r"^\+OK"), (alone, "b\u00fccher", r"^-ERR \[SYS/TEMP\]"),
                                    (program("vpop3d"), "\u2e2e", r"^-ERR \[AUTH\]")):
            with self.subTest(words=words, name=name):
                vmail.forget_logins()
                client, server = connection(fresh_address())
                with server:
                    process = vmail.start(words, stdin=server, stdout=server)
                pop = Pop3(client, process)
                self.assertRegex(pop.login(f"joe@{name}.test", PASSWORD), wanted)
                pop.ask("QUIT")
                self.assertEqual(process.wait(), 0)
                self.assertEqual(b"wrong=yes" in process.errors, "AUTH" in wanted, process.errors)

    def test_lock_retrieval_is_told_after_a_right_password_only(self):
        vmail = self.two(lock_retrieval=None, **{"lock-retrieval": "yes"})
        self.assertEqual(self.answer(vmail, "joe@a.test", "wrong")[0], WRONG)
        self.assertRegex(self.answer(vmail, "joe@a.test", "of a.test")[0], r"^-ERR \[SYS/PERM\]")

    def test_require_tls_takes_no_password_without_it(self):
        vmail = self.two(**{"require-tls": "yes"})
        for password in ("wrong", "of a.test"):
            self.assertRegex(self.answer(vmail, "joe@a.test", password)[0], r"^-ERR \[SYS/PERM\] .*TLS")
        address = fresh_address()
        vmail.write("addresses", f"{address} a.test\n")
        pop = vmail.pop3(address=address)
        pop.line()
        self.assertNotIn(b"USER", pop.many("CAPA")[1])

    def test_what_is_broken_here_is_temporary_and_hurts_no_other_domain(self):
        def break_settings(vmail):
            vmail.write("domain.a.test", "no-such-setting = 1\n")

        def no_passwd(vmail):
            os.unlink(os.path.join(vmail.dir, "passwd.a.test"))

        def a_directory(vmail):
            os.unlink(os.path.join(vmail.dir, "shadow.a.test"))
            os.mkdir(os.path.join(vmail.dir, "shadow.a.test"))

        def open_to_others(vmail):
            os.chmod(os.path.join(vmail.dir, "shadow.a.test"), 0o666)

        for damage in (break_settings, no_passwd, a_directory, open_to_others):
            with self.subTest(damage.__name__):
                vmail = self.two()
                damage(vmail)
                reply, log = self.answer(vmail, "joe@a.test", "of a.test")
                self.assertRegex(reply, r"^-ERR \[SYS/TEMP\]")
                self.assertIn("a.test", log)
                self.assert_in(vmail, "joe@b.test", "b.test", "login")

    def test_a_malformed_line_is_as_if_absent(self):
        vmail = self.installation()
        lines = ("joe:x:0:0::/:", "joe:x", "joe:x:60001:60000::/", "joe:x:-1:1:::", "joe:x:4294967295:1::/:")
        for i, line in enumerate(lines):
            vmail.domain(f"d{i}.test", passwords={"joe": "right"})
            vmail.write(f"passwd.d{i}.test", line + "\n")
        answers = self.answers(vmail, [(f"joe@d{i}.test", "right") for i in range(len(lines))])
        for line, (_, reply, _) in zip(lines, answers):
            self.assertEqual(reply, WRONG, line)


class Log(Login):
    def test_one_line_tells_a_session(self):
        vmail = self.two()
        put_mbox(vmail, "joe@a.test", mbox(b"Subject: 1\n\nx\n", b"Subject: 22\n\ny\n", b"z\n"))
        pop = vmail.pop3()
        pop.login("joe@a.test", "of a.test")
        for command in ("RETR 1", "RETR 2", "TOP 3 0"):
            pop.many(command)
        pop.ask("DELE 2")
        self.assertRegex(self.quit(pop),
                         r"^vpop3d\[\d+\]: session account=joe peer=127.0.0.1 domain=a.test found=login "
                         r"retrieved=2 retrieved-octets=35 deleted=1 deleted-octets=18 end=quit\n$")

    def test_a_message_that_the_client_did_not_wait_for_is_not_counted(self):
        vmail = self.box(mbox=mbox(b"S: 1\n\n1\n", b"S: 2\n\n" + (b"x" * 70 + b"\n") * 200_000))
        pop = self.session(vmail)
        pop.many("RETR 1")
        pop.send(b"RETR 2\r\n")
        self.assertRegex(pop.line(), r"^\+OK")
        self.assertRegex(self.ended(pop), "retrieved=1 retrieved-octets=11 deleted=0 deleted-octets=0 end=hangup")

    def test_a_client_that_goes_away_is_a_hangup(self):
        vmail = self.two()
        pop = vmail.pop3()
        pop.login("joe@a.test", "of a.test")
        self.assertRegex(self.ended(pop), r"^\S+ session .* deleted=0 deleted-octets=0 end=hangup\n$")

    def test_what_a_client_types_makes_no_line_and_no_field_of_its_own(self):
        vmail = self.two()
        pop = vmail.pop3()
        pop.line()
        pop.send(b"USER x\rend=quit\x1b[2J%n%s\"\\\xff\r\nPASS secret\r\n")
        self.assertEqual([pop.line()[:3], pop.line()], ["+OK", WRONG])
        log = self.ended(pop)
        self.assertEqual(log.count("\n"), 1)
        self.assertIn(r'login="x\x0dend=quit\x1b[2J%n%s\"\\\xff" ', log)
        self.assertNotIn("secret", log)

    def test_nothing_is_logged_into_the_clients_connection(self):
        vmail = self.two()
        client = vmail.pop3(inetd_stderr=True)
        client.send(b"USER joe@a.test\r\nPASS wrong\r\nQUIT\r\n")
        lines = client.rest().decode().splitlines()
        self.assertEqual([line[:4].strip() for line in lines], ["+OK", "+OK", "-ERR", "+OK"])
        vmail.set(no_such_setting="x")
        self.assertEqual(vmail.pop3(inetd_stderr=True).rest(),
                         b"-ERR [SYS/TEMP] mail cannot be fetched now: try again later\r\n")


if __name__ == "__main__":
    main(beside=8)
