#!/usr/bin/python3
"""pop3_pam_test.py: passwords that PAM checks, of the system's users and of domains.

As root with the real libpam: pam_unix against the namespace's own /etc/passwd and
/etc/shadow through the service file that we install, and pam_conduct.so, a module that
does what its arguments say.
"""
import ctypes
import itertools

from pop3 import *

WRONG = "-ERR [AUTH] login or password wrong"
TEMPORARY = r"^-ERR \[SYS/TEMP\]"
TEMPLATE = os.path.join(TREE, "etc-templates", "pam.d", "vpop3d")
CONDUCT = os.path.realpath(os.path.join(BIN, "..", "tests", "pam_conduct.so"))
MAIL = 8                                    # the gid
USERS = {                                   # name: (uid, shell, shadow's fields behind the name)
    "sysuser": (59999, "/bin/sh", "%s:19000:0:99999:7:::"),
    "quiet": (59101, "/usr/sbin/nologin", "%s:19000:0:99999:7:::"),
    "locked": (59102, "/bin/sh", "!%s:19000:0:99999:7:::"),
    "gone": (59103, "/bin/sh", "%s:19000:0:99999:7::1:"),
    "stale": (59104, "/bin/sh", "%s:0:0:99999:7:::"),
    "aged": (59105, "/bin/sh", "%s:10000:0:30:7:7::"),
    "empty": (59106, "/bin/sh", ":19000:0:99999:7:::"),
    "wheel": (59107, "/bin/sh", "%s:19000:0:99999:7:::"),
    "root": (0, "/bin/sh", "%s:19000:0:99999:7:::"),
}
NUMBERS = itertools.count()
HARD = ["  two  blanks  ", "a b", "\xe4\xf6\xff", "x" * 511, "$(id) '\"\\%n"]


def hash_of_bytes(password):
    """Python's own crypt() takes text alone."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    return library.crypt(password, b"$6$rounds=1000$vmailtests").decode()


def users():
    """/etc/passwd, /etc/group and /etc/shadow with USERS, "of NAME" their passwords."""
    gid = lambda who, uid: 0 if who == "wheel" else uid
    system_file("/etc/passwd", "".join(
        f"{who}:x:{uid}:{gid(who, uid)}:{who}:/home/{who}:{shell}\n"
        for who, (uid, shell, _) in USERS.items())
        + "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n")
    system_file("/etc/group", "root:x:0:\nnogroup:x:65534:\npopusers:x:60000:\nstaff:x:50:\n"
                f"mail:x:{MAIL}:\n" + "".join(f"{who}:x:{uid}:\n" for who, (uid, *_) in USERS.items() if uid))
    system_file("/etc/shadow", "".join(
        f"{who}:{fields % hash_of(f'of {who}') if '%' in fields else fields}\n"
        for who, (_, _, fields) in USERS.items()), 0o600)


def furnish():
    """The world's own /etc/pam.d, with the system's common-*; /var/mail; /home."""
    own = os.path.join(SCRATCH, "pam.d")
    shutil.copytree("/etc/pam.d", own)
    shutil.copy(TEMPLATE, os.path.join(own, "vpop3d"))
    subprocess.run(["mount", "--bind", own, "/etc/pam.d"], check=True)
    for place in ("/var/mail", "/home"):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "vmail", place], check=True)
    users()


def service(name, *lines):
    """A service of the world; a line is "auth required MODULE" or the words for pam_conduct."""
    path = os.path.join("/etc/pam.d", name)
    with open(path, "w") as f:
        for line in lines or ("",):
            f.write(line + "\n" if line.startswith(("auth", "account", "@", "#")) else
                    f"auth required {CONDUCT} {line}\naccount required {CONDUCT} {line}\n")
    return path


def vpams():
    """The processes of this file's tests that run vpam now: {pid: command line}."""
    found, world = {}, os.readlink("/proc/self/ns/mnt")
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/ns/mnt") == world and os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "vpam":
                with open(f"/proc/{pid}/cmdline") as f:
                    found[int(pid)] = f.read()
        except OSError:
            continue
    return found


class Pam(Pop3Test):
    own = None                              # the service of this test alone

    def setUp(self):
        if ROOT and is_alone(self):
            self.addCleanup(shutil.copy, TEMPLATE, "/etc/pam.d/vpop3d")

    def own_service(self, *lines):
        """One that no other test has: what auth names then."""
        self.own = f"vmail-test-{next(NUMBERS)}"
        service(self.own, *lines)
        return f"pam:{self.own}"

    def domains(self, auth="pam", shadow=None, **settings):
        """p.test with auth = pam and s.test beside it, each with a joe."""
        vmail = self.installation()
        vmail.domain("p.test", {"auth": auth, **{k.replace("_", "-"): v for k, v in settings.items()}},
                     passwords={"joe": "of shadow"})
        if shadow is not None:
            vmail.write("shadow.p.test", shadow, 0o600)
        vmail.domain("s.test", passwords={"joe": "of s.test"})
        put_mbox(vmail, "joe@p.test", mbox(b"Subject: p\n\nx\n"))
        return vmail

    def answer(self, vmail, user, password, *args, **more):
        """(the reply to PASS, the log)."""
        pop = vmail.pop3(*args, **more)
        pop.line()
        pop.ask(f"USER {user}")
        begun = time.monotonic()
        pop.send(b"PASS " + password.encode("latin-1") + b"\r\nQUIT\r\n")
        reply = pop.line()
        self.took = time.monotonic() - begun
        pop.rest()
        return reply, self.ended(pop)

    def assert_in(self, vmail, user, password):
        reply, log = self.answer(vmail, user, password)
        self.assertRegex(reply, r"^\+OK", (user, log))
        return log

    def assert_wrong(self, vmail, user, password, reason=""):
        """The same words after the same time, whatever was wrong."""
        reply, log = self.answer(vmail, user, password)
        self.assertEqual(reply, WRONG, (user, log))
        self.assert_took(self.took, 1.2, 0.7)
        self.assertRegex(log, f"login-failed .*peer=127.0.0.1 .*{reason}")
        return log

    def assert_all_wrong(self, vmail, *logins):
        """The same of several at once, each (user, password) or with a reason; returns all of the log."""
        answers = self.answers(vmail, [(user, password.encode("latin-1")) for user, password, *_ in logins])
        for (user, password, *reason), (took, reply, log) in zip(logins, answers):
            self.assertEqual(reply, WRONG, (user, log))
            self.assertRegex(log, rf"login-failed .*peer=127\.\S+ .*{''.join(reason)}")
        for took, _, _ in answers:
            self.assert_took(took, 1.2, 0.7)
        return "".join(log for _, _, log in answers)

    def assert_temporary(self, vmail, user, password, reason):
        reply, log = self.answer(vmail, user, password)
        self.assertRegex(reply, TEMPORARY, log)
        self.assertRegex(log, f"login-failed .*reason=.*{reason}")
        return log

    def seen(self, vmail):
        """What pam_conduct noted: lines of service, user, peer, tty, pid."""
        with open(os.path.join(vmail.scratch, "seen")) as f:
            return [line.split(" ") for line in f.read().splitlines()]

    def noting(self, vmail):
        return "seen=" + os.path.join(vmail.scratch, "seen")


@timed
class System(Pam):
    def system(self, mode=0o2775, group=MAIL, mail=None, **settings):
        """/var/mail with this mode and these mboxes."""
        for name in os.listdir("/var/mail"):
            path = os.path.join("/var/mail", name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        os.chown("/var/mail", 0, group)
        os.chmod("/var/mail", mode)
        for who, text in (mail or {}).items():
            with open(f"/var/mail/{who}", "wb") as f:
                f.write(text)
            os.chown(f"/var/mail/{who}", USERS[who][0], MAIL)
            os.chmod(f"/var/mail/{who}", 0o660)
        return self.installation({k.replace("_", "-"): v for k, v in settings.items()})

    def logged_in(self, vmail, user="sysuser"):
        pop = vmail.pop3()
        reply = pop.login(user, f"of {user}")
        self.assertRegex(reply or "", r"^\+OK", reply)
        return pop


@needs_root
class Stranger(System):
    """Who is not let in needs neither another service nor a mailbox."""
    def test_wrong_unknown_locked_and_expired_are_told_alike(self):
        vmail = self.system()
        logins = (("sysuser", "of quiet"), ("nobodyhere", "x"), ("locked", "of locked"), ("gone", "of gone"),
                  ("stale", "of stale"), ("aged", "of aged"), ("sysuser@other.test", "of sysuser"), ("root@main.test", "x"))
        log = self.assert_all_wrong(vmail, *logins)
        for _, password in logins:
            self.assertNotIn(password + '"', log)

    def test_the_log_says_why(self):
        vmail = self.system()
        self.assert_all_wrong(
            vmail, ("sysuser", "x", 'domain=main.test found=main wrong=yes reason="PAM: Authentication failure"'),
            ("stale", "of stale", "reason=\"PAM: Authentication token is no longer valid"))

    def test_root_and_group_0_are_refused_like_a_wrong_password(self):
        vmail = self.system()
        self.assert_all_wrong(vmail, ("root", "of root", 'reason="root is uid 0 gid 0, which has no mail"'),
                              ("wheel", "of wheel", 'reason="wheel is uid 59107 gid 0, which has no mail"'))

    def test_three_wrong_passwords_end_the_connection(self):
        vmail = self.system()
        pop = vmail.pop3()
        pop.send(b"USER sysuser\r\nPASS wrong\r\n" * 3 + b"USER sysuser\r\nPASS of sysuser\r\nSTAT\r\n")
        replies = pop.rest().decode().splitlines()
        self.assertEqual((replies.count(WRONG), replies[-1]), (3, WRONG))
        self.assertEqual(self.ended(pop).count("login-failed"), 3)


@needs_root
class SystemUser(System):
    alone = True                            # one /var/mail and one service for all

    def test_a_right_password_opens_the_mailbox_in_var_mail(self):
        vmail = self.system(mail={"sysuser": mbox(b"Subject: sys\n\nx\n")})
        pop = self.logged_in(vmail)
        self.assertEqual(pop.many("RETR 1")[1], b"Subject: sys\r\n\r\nx\r\n")
        self.assertRegex(self.quit(pop), r"session account=sysuser peer=127.0.0.1 domain=main.test found=main "
                                         r"retrieved=1 .* end=quit\n$")

    def test_bare_and_with_the_main_domain(self):
        vmail = self.system()
        self.assertIn("found=main", self.assert_in(vmail, "sysuser", "of sysuser"))
        for user in ("sysuser@main.test", "sysuser%MAIN.test."):
            self.assertIn("account=sysuser peer=127.0.0.1 domain=main.test found=login",
                          self.assert_in(vmail, user, "of sysuser"))

    def test_an_empty_domain_from_leaves_all_logins_to_the_system(self):
        vmail = self.system(domain_from="")
        self.assert_in(vmail, "sysuser", "of sysuser")
        self.assert_wrong(vmail, "sysuser@main.test", "of sysuser", 'reason="unknown user"')

    def test_pam_locks_after_three_failures_by_the_lines_of_the_templates_comment(self):
        vmail = self.system()
        with open(TEMPLATE) as f:
            text = f.read()
        lines = re.findall(r"(?m)^#(.*pam_faillock\.so .*|auth\t.*pam_unix\.so)$", text)
        tallies = os.path.join(vmail.scratch, "faillock")
        service("vpop3d", *(line.replace("/var/lib/vmail/faillock", tallies) for line in lines),
                "@include common-account")
        self.assert_all_wrong(vmail, *[("sysuser", "x")] * 2)
        self.assert_in(vmail, "sysuser", "of sysuser")      # which forgets them
        self.assert_all_wrong(vmail, *[("sysuser", "x")] * 3)
        self.assert_wrong(vmail, "sysuser", "of sysuser")
        self.assert_in(vmail, "quiet", "of quiet")
        self.assertEqual(sorted(os.listdir(tallies)), ["quiet", "sysuser"])

    def test_a_user_whose_shell_is_nologin_has_mail(self):
        self.assert_in(self.system(), "quiet", "of quiet")

    def test_an_empty_password_is_never_right(self):
        vmail = self.system()
        self.assert_all_wrong(vmail, ("empty", "", "no password can be this"), ("empty", "x"))
        service("vpop3d", "auth required pam_permit.so", "account required pam_permit.so")
        self.assert_all_wrong(vmail, ("sysuser", "", "no password can be this"),
                              ("sysuser", "a\0b", "no password can be this"))

    def test_names_that_nobody_can_have_do_not_reach_pam(self):
        vmail = self.system()
        service("vpop3d", self.noting(vmail))
        self.assert_all_wrong(vmail, *((user, "x", 'reason="unknown user"') for user in (
            "../root", "sys/user", "-f", ".hidden", "a\x01b", "sysuser.lock", "x" * 65)))
        self.assertFalse(os.path.exists(os.path.join(vmail.scratch, "seen")))

    def test_passwords_of_every_kind(self):
        vmail = self.system()
        self.addCleanup(users)
        logins = list(zip(("sysuser", "quiet", "locked", "gone", "stale"), HARD, strict=True))
        system_file("/etc/shadow", "".join(f"{user}:{hash_of_bytes(password.encode('latin-1'))}:19000:0:99999:7:::\n"
                                           for user, password in logins), 0o600)
        answers = self.answers(vmail, [(user, password.encode("latin-1")) for user, password in logins])
        for login, (_, reply, log) in zip(logins, answers):
            self.assertRegex(reply, r"^\+OK", (login, log))
        self.assert_all_wrong(vmail, *((user, password + " ") for user, password in logins))

    def test_failures_of_several_peers_cost_more_and_more_and_a_right_password_does_not(self):
        vmail = self.system()
        clients = []
        for login in ("sysuser", "sysuser@main.test", "SYSUSER", "sysuser"):
            clients.append(vmail.pop3(peer=fresh_address(), remember=True))
            clients[-1].ask(f"USER {login}")
        begun = time.monotonic()
        for pop in clients:
            pop.line()
            pop.send(b"PASS wrong\r\n")
        for pop in clients:
            self.assertEqual(pop.line(), WRONG)
        self.assert_took(time.monotonic() - begun, 2)
        reply, _ = self.answer(vmail, "sysuser", "of sysuser", peer=fresh_address(), remember=True)
        self.assertRegex(reply, r"^\+OK")
        self.assert_took(self.took, 0, 0.9)

    def test_the_name_is_the_one_that_pam_made_of_the_login(self):
        vmail = self.system(mail={"sysuser": mbox(b"Subject: sys\n\nx\n")})
        service("vpop3d", "word=right rename=sysuser")
        self.assertIn("account=sysuser", self.assert_in(vmail, "Alias", "right"))
        service("vpop3d", "word=right rename=root")
        self.assert_wrong(vmail, "sysuser", "right", "root is uid 0")
        service("vpop3d", "word=right rename=noone")
        self.assert_wrong(vmail, "sysuser", "right", "not a user of the system")

    def test_dele_takes_effect_at_quit_and_mail_that_came_meanwhile_stays(self):
        for mode in (0o2775, 0o1777):
            with self.subTest(oct(mode)):
                vmail = self.system(mode, mail={"sysuser": mbox(b"a: 1\n\nx\n", b"b: 2\n\ny\n")})
                pop = self.logged_in(vmail)
                self.assertEqual(pop.ask("DELE 1"), "+OK message 1 is deleted at QUIT")
                deliver = "exec 9>>/var/mail/sysuser; flock 9; printf 'From s@x Fri Nov 20 10:00:00 2026\\nc: 3\\n\\nz\\n\\n' >&9"
                subprocess.run(["sh", "-c", deliver], check=True)
                self.quit(pop)
                self.assertEqual(mbox_messages("/var/mail/sysuser"), [b"b: 2\n\ny\n", b"c: 3\n\nz\n"])
                st = os.stat("/var/mail/sysuser")
                self.assertEqual((st.st_uid, st.st_gid, st.st_mode & 0o7777),
                                 (59999, MAIL, 0o660) if mode == 0o2775 else (59999, 59999, 0o600))
                self.assertFalse([n for n in os.listdir("/var/mail") if n.endswith((".lock", ".new"))])

    def test_no_mailbox_yet_is_an_empty_one(self):
        pop = self.logged_in(self.system())
        self.assertEqual(pop.ask("STAT"), "+OK 0 0")
        self.quit(pop)

    def test_one_session_at_a_time(self):
        vmail = self.system(mail={"sysuser": mbox(b"a: 1\n\nx\n")})
        first = self.logged_in(vmail)
        self.assertRegex(self.answer(vmail, "sysuser", "of sysuser")[0], r"^-ERR \[IN-USE\]")
        self.quit(first)

    def test_a_maildir_in_the_home_directory(self):
        vmail = self.system(main_mailboxes="/home/%u/Maildir/")
        base = "/home/sysuser/Maildir"
        for sub in ("tmp", "new", "cur"):
            os.makedirs(f"{base}/{sub}", exist_ok=True)
        for name in ("1.a.h", "2.b.h"):
            with open(f"{base}/new/{name}", "wb") as f:
                f.write(b"Subject: %s\n\nx\n" % name.encode())
        subprocess.run(["chown", "-R", "59999:59999", "/home/sysuser"], check=True)
        pop = self.logged_in(vmail)
        self.assertIn(b"Subject: 1.a.h\r\n", pop.many("RETR 1")[1])
        pop.ask("DELE 1")
        self.assertEqual(self.group_of_session(pop), 59999)
        self.quit(pop)
        self.assertEqual(os.listdir(f"{base}/new"), ["2.b.h"])

    def test_a_maildir_in_var_mail(self):
        vmail = self.system(main_mailboxes="/var/mail/%u/")
        for sub in ("tmp", "new", "cur"):
            os.makedirs(f"/var/mail/sysuser/{sub}")
        with open("/var/mail/sysuser/new/1.a.h", "wb") as f:
            f.write(b"Subject: m\n\nx\n")
        subprocess.run(["chown", "-R", "59999:59999", "/var/mail/sysuser"], check=True)
        pop = self.logged_in(vmail)
        pop.ask("DELE 1")
        self.quit(pop)
        self.assertEqual(os.listdir("/var/mail/sysuser/new"), [])

    def test_mailboxes_that_are_somebody_elses_or_links_are_refused(self):
        vmail = self.system(0o1777, mail={"quiet": mbox(b"a: 1\n\nx\n")})
        def link():
            os.symlink("/var/mail/quiet", "/var/mail/sysuser")
        def hard_link():
            os.link("/var/mail/quiet", "/var/mail/sysuser")
        def foreign():
            shutil.copy("/var/mail/quiet", "/var/mail/sysuser")
            os.chown("/var/mail/sysuser", 59101, 59101)
        for trap in (link, hard_link, foreign):
            trap()
            self.assertRegex(self.answer(vmail, "sysuser", "of sysuser")[0], r"^-ERR \[SYS/PERM\]", trap.__name__)
            os.unlink("/var/mail/sysuser")

    def test_a_mail_directory_that_is_open_or_not_roots_is_refused(self):
        for mode, owner in ((0o777, 0), (0o2777, 0), (0o755, 59101)):
            vmail = self.system(mode)
            os.chown("/var/mail", owner, MAIL)
            reply, log = self.answer(vmail, "sysuser", "of sysuser")
            self.assertRegex(reply, r"^-ERR \[SYS/PERM\]")
            self.assertIn("/var/mail", log)

    def test_main_mailboxes_that_can_be_nobodys_are_named(self):
        for path, why in (("/var/mail/all", "needs %u"), ("/var/mail/%d/%u", "knows %u and %% alone"),
                          ("/var/mail/../%u", "must not have . or ..")):
            vmail = self.system(main_mailboxes=path)
            log = self.assert_temporary(vmail, "sysuser", "of sysuser", "main-mailboxes")
            self.assertIn(why, log)
            self.assertIn(f"{vmail.dir}/vmail.conf:", log)

    def group_of_session(self, pop):
        fields = self.children(pop.process.pid)
        self.assertEqual(len(fields), 1)
        (found,) = fields.values()
        self.assertEqual(found["Uid"].split(), ["59999"] * 4)
        self.assertEqual(found["Groups"].strip(), "")
        return int(found["Gid"].split()[0])

    def children(self, pid):
        found = {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/status") as f:
                    fields = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
            except OSError:
                continue
            if int(fields["PPid"]) == pid:
                found[int(name)] = fields
        return found

    def test_the_session_is_the_user_with_the_group_that_the_directory_needs(self):
        for mode, group, wanted in ((0o2775, MAIL, MAIL), (0o1777, MAIL, 59999), (0o1777, 0, 59999),
                                    (0o3775, 50, 50)):
            with self.subTest(f"{mode:o} {group}"):
                pop = self.logged_in(self.system(mode, group))
                self.assertEqual(self.group_of_session(pop), wanted)
                self.assertEqual(vpams(), {})   # it ended before the session began
                self.quit(pop)

    def test_a_directory_where_the_user_may_not_write_is_temporary(self):
        vmail = self.system(0o755, 0)
        self.assert_temporary(vmail, "sysuser", "of sysuser", "Permission denied")

    def test_with_a_native_pop3d_nothing_is_asked(self):
        vmail = self.system()
        service("vpop3d", self.noting(vmail))
        self.assertRegex(self.answer(vmail, "sysuser", "of sysuser", "/bin/false")[0], TEMPORARY)
        self.assertFalse(os.path.exists(os.path.join(vmail.scratch, "seen")))

    def test_with_a_certificate_a_password_from_elsewhere_needs_tls(self):
        vmail = self.system(tls_certificate="host.pem")
        vmail.write("host.pem", certificate("host.main.test"), 0o600)
        service("vpop3d", f"word=right {self.noting(vmail)}")
        def far():
            client, server = far_connection()
            with server:
                pop = Pop3(client, vmail.start("vpop3d", stdin=server, stdout=server))
            pop.line()
            return pop
        pop = far()
        self.assertNotIn(b"USER", pop.many("CAPA")[1])
        self.assertRegex(pop.ask("USER sysuser"), r"^-ERR \[SYS/PERM\] .*TLS")
        pop.ask("USER sysuser@main.test")
        self.assertRegex(pop.ask("PASS right"), r"^-ERR \[SYS/PERM\] .*TLS")
        self.assertFalse(os.path.exists(os.path.join(vmail.scratch, "seen")))
        stls(pop)
        pop.ask("USER sysuser")
        self.assertRegex(pop.ask("PASS right"), r"^\+OK")
        self.assertIn("session account=sysuser peer=192.0.2.1", self.quit(pop))
        self.assertEqual(self.seen(vmail)[0][2], "192.0.2.1")
        self.assert_in(vmail, "sysuser", "right")

    def test_a_main_domain_of_ours_has_no_system_users(self):
        vmail = self.system(main_domain="a.test")
        vmail.domain("a.test", passwords={"joe": "of joe"})
        self.assertIn("domain=a.test found=main", self.assert_in(vmail, "joe", "of joe"))
        self.assert_wrong(vmail, "sysuser", "of sysuser", 'reason="unknown user"')


@needs_root
@timed
class Domain(Pam):
    @alone
    def test_the_user_is_the_address_and_the_password_is_pams_alone(self):
        vmail = self.domains()
        service("vpop3d", f"word=right {self.noting(vmail)}")
        os.symlink("domain.p.test", os.path.join(vmail.dir, "domain.alias.test"))
        for user in ("joe@p.test", "JOE%mail.P.test", "joe@alias.test"):
            self.assertIn("account=joe peer=127.0.0.1 domain=p.test found=login", self.assert_in(vmail, user, "right"))
        self.assert_wrong(vmail, "joe@p.test", "of shadow", "PAM: Authentication failure")
        self.assertEqual({tuple(line[:4]) for line in self.seen(vmail)},
                         {("vpop3d", "joe@p.test", "127.0.0.1", "pop3")})
        self.assert_in(vmail, "joe@s.test", "of s.test")
        self.assert_wrong(vmail, "joe@s.test", "right")

    @alone
    def test_another_service_can_be_named(self):
        vmail = self.domains("pam:vmail-2.x_y")
        service("vpop3d", "word=right")
        service("vmail-2.x_y", "word=other")
        self.assert_in(vmail, "joe@p.test", "other")
        self.assert_wrong(vmail, "joe@p.test", "right")

    def test_who_has_no_account_is_unknown_even_if_pam_knows_him(self):
        vmail = self.domains(self.own_service())
        service(self.own, f"word=right {self.noting(vmail)}")
        self.assert_wrong(vmail, "ann@p.test", "right", 'reason="unknown user"')
        self.assertEqual(self.seen(vmail)[0][1], "ann@p.test")
        self.assert_wrong(vmail, "../x@p.test", "right", 'reason="unknown user"')
        self.assertEqual(len(self.seen(vmail)), 1)

    def test_expiry_locks_and_lock_retrieval_hold(self):
        auth, made = self.own_service("word=right"), hash_of("of shadow")
        vmail = self.domains(auth, lock_retrieval="yes")
        cases = ((f"joe:{made}::::::1:", "expired"), (f"joe:!{made}:::::::", "locked"), ("joe:!*:::::::", "locked"),
                 ("joe:!!x:::::::", "locked"))
        for i, (shadow, _) in enumerate(cases):
            vmail.domain(f"d{i}.test", {"auth": auth}, accounts=["joe"])
            vmail.write(f"shadow.d{i}.test", shadow + "\n", 0o600)
        self.assert_all_wrong(vmail, ("joe@p.test", "of shadow"), *(
            (f"joe@d{i}.test", "right", f"reason={reason}") for i, (_, reason) in enumerate(cases)))
        self.assertRegex(self.answer(vmail, "joe@p.test", "right")[0], r"^-ERR \[SYS/PERM\]")

    def test_without_a_hash_an_account_is_open_to_pam(self):
        auth = self.own_service("word=right")
        for shadow in ("joe:*:::::::", "joe:!:::::::", "joe:!!:::::::", "joe::::::::", "joe:x:::::::", ""):
            self.assert_in(self.domains(auth, shadow + "\n"), "joe@p.test", "right")

    def test_what_vadmin_locks_it_can_unlock(self):
        vmail = self.domains(self.own_service("word=right"), "joe:*:::::::\n")
        self.assertRegex(vmail.run("vadmin", "user", "show", "joe@p.test").stdout, rb"login\tby PAM\n")
        self.assertEqual(vmail.run("vadmin", "user", "lock", "joe@p.test").status, 0)
        self.assertRegex(vmail.run("vadmin", "user", "show", "joe@p.test").stdout, rb"login\tlocked\n")
        self.assert_wrong(vmail, "joe@p.test", "right", "reason=locked")
        got = vmail.run("vadmin", "user", "unlock", "joe@p.test")
        self.assertEqual(got.status, 0, got)
        self.assert_in(vmail, "joe@p.test", "right")
        for hash in ("!", "*", ""):         # locks of nothing are none, and nobody gets an empty hash
            vmail.write("shadow.p.test", f"joe:{hash}:::::::\n", 0o600)
            self.assertEqual(vmail.run("vadmin", "user", "unlock", "joe@p.test").status, 0)
            self.assertEqual(vmail.read("shadow.p.test"), f"joe:{hash}:::::::\n".encode())
        self.assertEqual(vmail.run("vadmin", "user", "lock", "joe@s.test").status, 0)
        self.assert_wrong(vmail, "joe@s.test", "of s.test", "reason=locked")

    @alone
    def test_a_program_that_checks_passwords_as_the_templates_comment_has_it(self):
        vmail = self.domains()
        script = vmail.write("check", "#!/bin/sh\n[ \"$PAM_USER $PAM_RHOST $PAM_SERVICE\" = 'joe@p.test 127.0.0.1 vpop3d' ]"
                                      " && [ \"$(tr -d '\\000')\" = 'right one' ]\n", 0o755)
        with open(TEMPLATE) as f:           # what its comments say
            lines = re.search(r"(?m)^#auth\t\[success=1.*\n(#.*\n){3}", f.read())[0].replace("#", "")
        service("vpop3d", *lines.replace("/usr/local/sbin/check-password", script).splitlines())
        self.assert_in(vmail, "joe@p.test", "right one")
        self.assert_wrong(vmail, "joe@p.test", "right two")


@needs_root
@timed
class Conduct(Pam):
    """A module that misbehaves hurts its own login alone."""
    def conduct(self, *lines, **settings):
        vmail = self.installation({k.replace("_", "-"): v for k, v in settings.items()})
        vmail.domain("p.test", {"auth": self.own_service(*lines)}, accounts=["joe"])
        return vmail

    def test_one_hidden_question_is_answered_and_no_other(self):
        self.assert_in(self.conduct("word=right"), "joe@p.test", "right")
        vmail = self.conduct("word=right twice")
        vmail.domain("q.test", {"auth": self.own_service("word=right echo")}, accounts=["joe"])
        self.assert_all_wrong(vmail, *((f"joe@{name}.test", "right", "asked for more than one password") for name in "pq"))

    def test_what_modules_say_and_print_reaches_nobody(self):
        for words in ("word=right noise", "word=right chatty"):
            vmail = self.conduct(words)
            pop = vmail.pop3(inetd_stderr=True)
            pop.send(b"USER joe@p.test\r\nPASS right\r\nQUIT\r\n")
            lines = pop.rest().decode().splitlines()
            self.assertEqual([line[:3] for line in lines], ["+OK"] * 4)
            self.assertNotIn("noise", "".join(lines))
            self.assertNotIn("noise", self.assert_in(vmail, "joe@p.test", "right"))

    def test_what_is_not_the_users_fault_is_temporary(self):
        for words, reason in (("crash", "ended by signal 6"), ("away", "PAM: "),
                              ("auth required pam_no_such_module.so", "PAM: Module is unknown")):
            self.assert_temporary(self.conduct(words), "joe@p.test", "right", reason)

    def test_a_service_without_a_file_is_not_the_service_other(self):
        vmail = self.conduct("word=right")
        service("other", "auth required pam_permit.so", "account required pam_permit.so")
        os.unlink(f"/etc/pam.d/{self.own}")
        self.assert_temporary(vmail, "joe@p.test", "right", "PAM has no file for this service")

    def test_an_account_that_the_account_phase_refuses_is_wrong(self):
        vmail = self.conduct("word=right expired")
        vmail.domain("q.test", {"auth": self.own_service("word=right stale")}, accounts=["joe"])
        self.assert_all_wrong(vmail, ("joe@p.test", "right"), ("joe@q.test", "right"))

    @alone
    def test_one_that_hangs_is_killed_and_its_session_is_temporary(self):
        vmail = self.conduct("hang", login_timeout="3s")
        self.assert_temporary(vmail, "joe@p.test", "right", "took too long")
        eventually(lambda: not vpams(), "the end of vpam")

    @alone
    def test_sigterm_does_not_wait_for_one_that_hangs(self):
        vmail = self.conduct("")
        service(self.own, f"hang {self.noting(vmail)}")
        process, where = vmail.listen("vpop3d")
        pop = Pop3(where)
        pop.line()
        pop.send(b"USER joe@p.test\r\nPASS right\r\n")
        eventually(lambda: os.path.exists(os.path.join(vmail.scratch, "seen")), "the module's start")
        begun = time.monotonic()
        process.signal()
        self.assertEqual(process.wait(), 0)
        self.assertLess(time.monotonic() - begun, CUT)
        eventually(lambda: not vpams(), "the end of vpam")
        self.assertEqual(pop.rest()[:3], b"+OK")

    @alone
    def test_the_helper_has_nothing_but_its_answer_and_the_password_is_in_no_list(self):
        vmail = self.conduct("")
        service(self.own, f"hang {self.noting(vmail)}")
        pop = vmail.pop3(env={"SECRET_OF_INETD": "x"})
        pop.line()
        pop.send(b"USER joe@p.test\r\nPASS se-cret-word\r\n")
        eventually(lambda: os.path.exists(os.path.join(vmail.scratch, "seen")) and self.seen(vmail), "the module")
        ((pid, arguments),) = vpams().items()
        self.assertEqual(arguments, program("vpam") + "\0")
        with open(f"/proc/{pid}/environ", "rb") as f:
            self.assertEqual(f.read(), b"")
        targets = {int(n): os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")}
        self.assertEqual({n: t.split(":")[0] for n, t in targets.items()},
                         {0: "/dev/null", 1: "/dev/null", 2: "/dev/null", 3: "pipe"})
        with open(f"/proc/{pid}/status") as f:
            fields = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
        self.assertEqual(fields["Uid"].split(), ["0"] * 4)
        self.assertEqual(os.getpgid(pid), pid)
        with open(f"/proc/{pid}/limits") as f:
            self.assertRegex(f.read(), r"Max core file size +0 +0 ")
        pop.close()
        pop.process.stop()
        self.assertNotIn(b"se-cret-word", pop.process.errors)

    def test_no_password_stands_in_a_log(self):
        vmail = self.conduct("word=right")
        log = self.assert_in(vmail, "joe@p.test", "right") + self.assert_wrong(vmail, "joe@p.test", "se-cret-word")
        self.assertNotIn("se-cret-word", log)
        self.assertNotIn("right", log)


@timed
class Anybody(Pam):
    """What needs no root: nobody but PAM's own modules would."""
    @only_where(not ROOT)
    def test_a_service_that_is_not_there_is_temporary_without_root_too(self):
        vmail = self.installation()
        vmail.domain("p.test", {"auth": "pam:vmail-no-such-service"}, accounts=["joe"])
        self.assert_temporary(vmail, "joe@p.test", "right", "PAM has no file for this service")

    def test_a_service_that_is_none_is_an_error_of_the_file(self):
        for auth in ("pam:", "pam:../x", "pam:a/b", "pam:.x", "pam:a b", "pam2", "PAM", "shadow:x", "pam:" + "x" * 65):
            vmail = self.domains(auth)
            reply, log = self.answer(vmail, "joe@p.test", "right")
            self.assertRegex(reply, TEMPORARY, auth)
            self.assertRegex(log, r"domain\.p\.test:\d+: .* is not shadow, pam or pam:SERVICE")
            self.assert_in(vmail, "joe@s.test", "of s.test")

    def test_vpam_refuses_what_is_no_request(self):
        whole = b"vmail-no-such-service\0joe\0\0\0secret\0"
        for request in (b"", b"x", whole[:-1], whole + b"x", whole + b"\0", b"x" * 5000):
            got = run("vpam", input=request, env={})
            self.assertEqual((got.status, got.stdout, got.stderr), (75, b"", ""), request[:40])
        got = run("vpam", input=whole)
        self.assertEqual((got.status, got.stderr), (75, ""))
        self.assertIn(b"PAM has no file for this service", got.stdout)


if ROOT:
    furnish()

if __name__ == "__main__":
    main(beside=8)
