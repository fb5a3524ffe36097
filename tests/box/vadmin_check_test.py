#!/usr/bin/python3
"""vadmin check: what would make deliveries or logins fail, one line each, with what to do."""
from harness import *


class Check(BoxTest):
    def setUp(self):
        self.vmail = self.installation()
        self.vmail.domain("a.test", accounts=["joe"], aliases="postmaster: joe\n")
        for name in ("a.test", "files/a.test"):
            os.makedirs(os.path.join(self.vmail.spool, name))
            os.chmod(os.path.join(self.vmail.spool, name), 0o700)
            if ROOT:
                os.chown(os.path.join(self.vmail.spool, name), 0, GID)

    def check(self, *domains):
        return self.vmail.run("vadmin", "check", "--files", *domains)

    def finds(self, *words, domains=()):
        got = self.check(*domains)
        self.assertEqual(got.status, 1, got)
        lines = got.stdout.decode().splitlines()
        for word in words:
            self.assertTrue(any(word in line for line in lines), (word, got))
        self.assertTrue(all(line.count("\t") == 2 for line in lines), got)
        return lines

    def path(self, name):
        return os.path.join(self.vmail.dir, name)

    def test_nothing_is_found_in_a_good_installation(self):
        got = self.check()
        self.assertEqual((got.status, got.stdout, got.stderr), (0, b"", ""), got)

    def test_a_domain_of_vadmins_own_is_good(self):
        self.vmail.run("vadmin", "domain", "add", "b.test")
        self.vmail.run("vadmin", "user", "add", "ann@b.test")
        self.assertEqual(self.vmail.deliver("ann@b.test").status, 0)
        got = self.check()
        self.assertEqual((got.status, got.stdout), (0, b""), got)

    def test_broken_settings_are_told_with_file_and_line(self):
        self.vmail.write("domain.a.test", "description = x\nidel = 3\n")
        self.finds("domain.a.test:2: no setting is called 'idel'")
        self.vmail.write("vmail.conf", "\nspol = /x\n")
        self.finds("vmail.conf:2: no setting is called 'spol'")

    @needs_root
    def test_aliases_that_an_account_may_write_are_told(self):
        os.chown(self.path("aliases.a.test"), 60001, GID)
        for face in (("check", "--files"), ("fsck",)):
            got = self.vmail.run("vadmin", *face)
            self.assertRegex(got.stdout, rb"(?m)^a.test.*/aliases.a.test: belongs to uid 60001, its mode is 644: who writes to "
                             rb"it says where the domain's mail goes: give it to root alone")

    def test_files_that_others_can_write_are_told(self):
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test") + b"extra-aliases = more\n")
        self.vmail.write("more", "info: joe\n")
        for name in ("vmail.conf", "domain.a.test", "passwd.a.test", "shadow.a.test", "aliases.a.test", "more"):
            with self.subTest(name):
                mode = os.stat(self.path(name)).st_mode
                os.chmod(self.path(name), 0o666)
                self.finds("chmod go-w" if name != "shadow.a.test" else "shadow.a.test")
                os.chmod(self.path(name), mode)

    def test_readable_hashes_are_told(self):
        os.chmod(self.path("shadow.a.test"), 0o644)
        self.finds("shadow.a.test: others can read")

    def test_programs_and_files_that_are_named_and_missing_are_told(self):
        none = os.path.join(self.vmail.scratch, "none")
        plain = os.path.join(self.vmail.scratch, "plain")
        with open(plain, "w"):
            os.chmod(plain, 0o644)
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test") +
                         f"filter = {none}/filter -x | cat\nfallback = | {none}/back\nextra-aliases = nolist\n".encode())
        self.vmail.write("aliases.a.test", f'postmaster: joe\nx: "|{none}/program; true"\ny: ":include:{none}/list"\n'
                         f'z: "|{plain}"\n')
        self.finds(f"domain.a.test:{self.line('filter')}: filter: there is no program {none}/filter: install it",
                   f"fallback: there is no program {none}/back: install it",
                   f"extra-aliases: there is no file {self.path('nolist')}: make it, or take it out",
                   f"x@a.test: there is no program {none}/program: install it",
                   f"y@a.test: there is no file {none}/list: make it",
                   f"z@a.test: {plain} is no program: make it one (chmod +x)")

    def line(self, setting):
        return 1 + [line.split(b" ")[0] for line in self.vmail.read("domain.a.test").splitlines()].index(setting.encode())

    def test_what_the_shell_alone_can_tell_is_no_finding(self):
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test") + b"filter = no-such-program | cat\n")
        self.vmail.write("aliases.a.test", "postmaster: joe\n" + "".join(
            f'x{n}: "|{command}"\n' for n, command in enumerate((
                "exec /no/such", "cd /; cat", "/bin/sh -c true", "(/no/such)", "/no/$USER", "/no/%u", "/no/*", "'/no/such'"))))
        got = self.check()
        self.assertNotIn(b"no program", got.stdout, got)
        self.assertNotIn(b"/no", got.stdout, got)

    def test_a_missing_spool_is_told(self):
        self.vmail.set(spool="/nonexistent/spool")
        self.finds("/nonexistent/spool")

    def test_a_state_directory_that_nobody_can_make_is_told(self):
        self.vmail.set(state="/nonexistent/state")
        self.finds("state\tbad\t/nonexistent: ")

    def test_what_is_wrong_with_addresses_and_state_is_told(self):
        self.vmail.write("addresses", "127.0.0.1 a.test\n::1 main.test\n")
        self.vmail.set(**{"main-domain": "main.test"})
        self.assertEqual(self.check().status, 0)
        self.vmail.write("addresses", "127.0.0.1 nosuch.test\n")
        os.rename(self.vmail.state, self.vmail.state + "1")
        os.symlink("state1", self.vmail.state)
        self.finds("addresses:1: 'nosuch.test' is none of our domains", "state: a link")

    def test_a_missing_passwd_is_told(self):
        os.unlink(self.path("passwd.a.test"))
        self.finds("passwd.a.test")

    def test_what_nobody_can_log_in_with_is_told(self):
        self.vmail.write("shadow.a.test", "joe:$q$junk:1::::::\n", 0o600)
        self.finds("shadow.a.test:1: 'joe' has a hash that crypt(3) does not know")
        self.assertIn(b"login\tunknown hash\n", self.vmail.run("vadmin", "user", "show", "joe@a.test").stdout)
        os.unlink(self.path("shadow.a.test"))
        self.finds("shadow.a.test: there is no such file")
        self.vmail.write("passwd.a.test", self.vmail.read("passwd.a.test").replace(b":x:", b":!:"))
        self.assertEqual(self.check().status, 0)

    def test_broken_passwd_lines_are_told(self):
        good = self.vmail.read("passwd.a.test").decode()
        for line, words in (("ann:x:1:2\n", "seven fields"),
                            ("ann:x:0:60000::/h:/sh\n", "user or group id 0"),
                            ("ann:x:61000:4294967295::/h:/sh\n", "4294967295"),
                            (".ann:x:61000:60000::/h:/sh\n", "no account can have this name"),
                            (" ann:x:61000:60000::/h:/sh\n", "no account can have this name"),
                            ("ann;x;61000;60000;;/h;/sh\n", "seven fields"),
                            ("a\0nn:x:61000:60000::/h:/sh\n", "a NUL byte"),
                            ("JOE:x:61000:60000::/h:/sh\n", "'JOE' is there twice")):
            with self.subTest(line):
                self.vmail.write("passwd.a.test", good + line)
                lines = self.finds("passwd.a.test:2", words)
                self.assertTrue(all(x.startswith("a.test\t") for x in lines), lines)

    def test_a_pam_service_that_is_not_there_is_told(self):
        self.vmail.domain("a.test", {"auth": "pam:vmail-no-such-service"}, accounts=["joe"])
        self.finds(f"domain.a.test:2: auth: PAM has no service 'vmail-no-such-service'")
        self.vmail.domain("a.test", {"auth": "pam:other"}, accounts=["joe"])
        self.assertEqual(self.check().status, 0)

    def test_certificates_that_cannot_be_opened_are_told(self):
        self.vmail.set(tls_certificate="host.pem")
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test").decode()
                         + "tls-certificate = a.pem\ntls-key = a.key\n")
        line = self.vmail.read("domain.a.test").count(b"\n")
        self.finds("vmail.conf:", "tls-certificate: ", "host.pem: No such file",
                   f"domain.a.test:{line - 1}: tls-certificate: ", "a.pem: No such file")
        self.vmail.write("host.pem", "x", 0o600)
        self.vmail.write("a.pem", "x", 0o644)
        self.vmail.write("a.key", "x", 0o644)
        self.finds(f"domain.a.test:{line}: tls-key: ", "everybody can read the key in it: close it (chmod o-rwx)")
        self.vmail.write("a.key", "x", 0o600)
        self.assertEqual(self.check().status, 0)

    def test_tls_that_is_asked_for_and_cannot_be_is_told(self):
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test").decode()
                         + "require-tls = yes\ntls-key = a.key\n")
        self.finds("require-tls: nobody can log in before there is a certificate",
                   "tls-key: there is no tls-certificate beside it")
        self.vmail.set(tls_key="a.key")
        self.finds("tls-key\t", "vmail.conf:")

    def test_broken_shadow_lines_are_told(self):
        self.vmail.write("shadow.a.test", "# c\njoe:*:::::::\nann:*\n", mode=0o600)
        self.finds("shadow.a.test:3")
        self.vmail.write("shadow.a.test", "joe:*::::::-1:\nann:*::::::soon:\n", mode=0o600)
        self.assertEqual(len(self.finds("shadow.a.test:2: the day of expiry")), 1)

    def test_an_unknown_group_and_owner_are_told(self):
        self.vmail.domain("a.test", {"gid": "no-such-group", "owner": "account"})
        self.finds("gid")
        self.vmail.domain("a.test", {"owner": "no-such-user"})
        self.finds("owner")

    @needs_root
    def test_an_unknown_command_user_and_root_are_told(self):
        self.vmail.set(command_user="no-such-user")
        self.finds("command-user")
        self.vmail.set(command_user="root")
        self.finds("command-user\tbad\tmust not be root")

    def test_a_missing_sendmail_is_told(self):
        self.vmail.set(sendmail="/nonexistent/sendmail -i")
        self.finds("/nonexistent/sendmail")

    def test_a_domain_alias_that_leads_nowhere_is_told(self):
        os.symlink("domain.gone.test", self.path("domain.b.test"))
        os.symlink("domain.d.test", self.path("domain.c.test"))
        os.symlink("domain.c.test", self.path("domain.d.test"))
        os.symlink("/etc/passwd", self.path("domain.e.test"))
        self.finds("b.test\t", "c.test\t", "d.test\t", "e.test\t")

    def test_a_file_that_nobody_looks_for_is_told(self):
        self.vmail.write("domain.Upper.test", "")
        self.finds("domain.Upper.test\tbad\tnobody looks for this file")

    def test_alias_errors_loops_and_strangers_are_told(self):
        self.vmail.write("aliases.a.test", "x: \"open\none: two\ntwo: one\nthree: nobody-there\n"
                                           "inc: :include:/nonexistent/list\n")
        self.finds("aliases.a.test:1", "one@a.test: ", "three@a.test: 5.1.1",
                   "inc@a.test: ")

    @needs_root
    def test_commands_in_a_file_that_is_not_roots_are_told(self):
        path = self.vmail.write("aliases.a.test", "x: |/bin/true\n")
        os.chown(path, 59999, 59999)
        self.finds("its commands, files and includes do not count")

    def test_a_fallback_that_fails_is_told(self):
        self.vmail.domain("a.test", {"fallback": "nobody-there"}, accounts=["joe"])
        self.finds("no-such-user.vadmin-check@a.test")

    @needs_root
    def test_a_spool_with_wrong_group_owner_or_mode_is_told(self):
        spool = os.path.join(self.vmail.spool, "a.test")
        os.chown(spool, 0, 59999)
        self.finds("its group is 59999")
        os.chown(spool, 59999, GID)
        self.finds("uid 59999")
        os.chown(spool, 0, GID)
        os.chmod(spool, 0o777)
        self.finds("its mode should be")

    def lay(self, name):
        """A file, or with a slash at the end a directory, in the spool."""
        path = os.path.join(self.vmail.spool, name)
        os.makedirs(path if name.endswith("/") else os.path.dirname(path), exist_ok=True)
        if not name.endswith("/"):
            with open(path, "w"):
                pass

    def test_directories_of_no_domain_are_told(self):
        for name in ("b.test/", "files/c.test/"):
            self.lay(name)
        lines = self.finds("spool/b.test: no domain has", "spool/files/c.test: no domain has")
        self.assertEqual(len(lines), 2, lines)
        self.assertEqual(self.check("a.test").status, 0)

    def test_other_things_in_the_spool_are_nobodys_business(self):
        for name in (".old.test/", "lost+found/", "file.test", "files/.trash/", "files/note.test"):
            self.lay(name)
        os.symlink("a.test", os.path.join(self.vmail.spool, "alias.test"))
        self.assertEqual(self.check().status, 0, self.check())

    def test_the_directory_in_which_a_domains_inboxes_lie_is_its_own(self):
        own = {} if ROOT else {"owner": f"{os.getuid()}:{os.getgid()}"}
        for inbox, name in (("mail/%d/%u", "mail/"), ("%d-mail/%u", "a.test-mail/"),
                            (f"{self.vmail.spool}/here/%d/%u/", "here/"), ("%u/%d", "joe/")):
            with self.subTest(inbox):
                self.vmail.domain("a.test", {"inbox": inbox, **own}, accounts=["joe"])
                self.lay(name)
                self.assertEqual(self.check().status, 0, self.check())
                os.rmdir(os.path.join(self.vmail.spool, name))

    def test_inboxes_of_no_account_are_told(self):
        for name in ("ann", "bob/", "Joe", "joe.lock", "joe.quota", "ann.quota", ".ann.uids",
                     ".trash/"):
            self.lay(f"a.test/{name}")
        lines = self.finds("a.test/ann: no account has this inbox: it belongs to uid "
                           f"{os.getuid()}: ", "a.test/bob: ", "a.test/Joe: ")
        self.assertEqual(len(lines), 3, lines)

    def test_of_many_inboxes_of_no_account_some_are_told(self):
        for i in range(25):
            self.lay(f"a.test/u{i}")
        self.assertEqual(len(self.finds("a.test: 5 more")), 21)

    def test_inboxes_are_known_in_every_form_of_their_place(self):
        for inbox, name in (("%d/%u.mbox", "joe.mbox"), ("%d/%u/Maildir/", "joe/")):
            with self.subTest(inbox):
                self.vmail.domain("a.test", {"inbox": inbox}, accounts=["joe"])
                self.lay(f"a.test/{name}")
                if ROOT and name == "joe.mbox":
                    uid = int(self.vmail.read("passwd.a.test").split(b":")[2])
                    os.chown(os.path.join(self.vmail.spool, "a.test", name), uid, GID)
                self.assertEqual(self.check().status, 0, self.check())
                self.lay("a.test/ann")
                self.finds("a.test/ann: no account")
                os.unlink(os.path.join(self.vmail.spool, "a.test", "ann"))
                if not name.endswith("/"):
                    os.unlink(os.path.join(self.vmail.spool, "a.test", name))

    def test_the_inbox_of_a_broken_line_is_no_orphan(self):
        good = self.vmail.read("passwd.a.test").decode()
        self.vmail.write("passwd.a.test", good + "ann:x:0:1:::\n")
        self.lay("a.test/ann")
        self.assertEqual(len(self.finds("passwd.a.test:2")), 1)

    def test_something_in_an_inboxes_place_is_told(self):
        os.symlink("/dev/null", self.vmail.inbox("joe@a.test"))
        self.finds("neither a file nor a directory")

    @needs_root
    def test_an_inbox_of_somebody_else_is_told(self):
        with open(self.vmail.inbox("joe@a.test"), "w"):
            pass
        os.chown(self.vmail.inbox("joe@a.test"), 59999, GID)
        self.finds("belongs to uid 59999, not 60001")

    def test_forwards_that_bounce_or_hold_mail_are_told(self):
        for text, words in (("nobody\n", "joe@a.test: 5.1.1 unknown user nobody@a.test: see 'vadmin explain joe@a.test'"),
                            ('"open\n', "files/a.test/joe.forward:1: a quotation mark is not closed")):
            with self.subTest(text):
                with open(os.path.join(self.vmail.spool, "files/a.test/joe.forward"), "w") as f:
                    f.write(text)
                self.finds(words)

    def test_only_the_named_domains_are_looked_at(self):
        self.vmail.domain("b.test", accounts=["joe"])
        self.vmail.write("domain.b.test", "nonsense\n")
        self.assertEqual(self.check("a.test").status, 0)
        self.finds("domain.b.test:1", domains=["b.test"])
        got = self.check("c.test")
        self.assertEqual((got.status, "not one of our domains" in got.stderr), (67, True), got)


if __name__ == "__main__":
    main()
