#!/usr/bin/python3
"""neighbour_dovecot_test.py: Dovecot as the IMAP server over our accounts and inboxes.

Debian's configuration and our two files as they ship; the lines of
vmail-domains are those that its comments show.
"""
import collections
import concurrent.futures
import imaplib

from neighbours import *
from delivery import trace
from pop3 import *

# What Dovecot writes into the header of a message in an mbox.
OWN_FIELDS = re.compile(rb"^(?:Status|X-Status|X-UID|X-Keywords|X-IMAPbase|Content-Length):.*\n",
                        re.M | re.I)


def without_own_fields(message):
    header, gap, body = (message + b"\0").partition(b"\n\n")
    return (OWN_FIELDS.sub(b"", header + gap[:1]) + gap[1:] + body)[:-1]


def unquoted(message):
    """IMAP shows what lies in the mbox."""
    return re.sub(rb"^>(>*From )", rb"\1", message, flags=re.M)


class Imap(imaplib.IMAP4):
    """A client; what is answered with NO or BAD is a failure of the test."""
    def __init__(self, user=None, password=PASSWORD):
        super().__init__("127.0.0.1", 143, timeout=DEADLINE)
        if user is not None:
            self.login(user, password)

    def done(self, answer):
        kind, data = answer
        if kind != "OK":
            raise AssertionError(data)
        return data

    def select(self, mailbox="INBOX", readonly=False):
        return int(self.done(super().select(mailbox, readonly))[0])

    def messages(self):
        """{uid: bytes} of the selected mailbox, with LF."""
        found = {}
        for part in self.done(self.uid("FETCH", "1:*", "(BODY.PEEK[])")):
            if isinstance(part, tuple):
                uid = re.search(rb"\bUID (\d+)", part[0])[1].decode()
                found[uid] = part[1].replace(b"\r\n", b"\n")
        return found

    def delete(self, uids):
        self.done(self.uid("STORE", ",".join(uids), "+FLAGS.SILENT", r"(\Deleted)"))
        self.done(self.expunge())

    def there(self, uids):
        return set(self.done(self.uid("SEARCH", "UID", ",".join(uids)))[0].decode().split())


def login_as(user, password):
    """None if it is let in, or what is said."""
    client = Imap()
    try:
        client.login(user, password)
        client.logout()
        return None
    except imaplib.IMAP4.error as refusal:
        client.shutdown()
        return str(refusal)


class ImapTest(MachineTest, Pop3Test):
    """a.test has mboxes, b.test Maildirs; joe@ and ann@ each."""
    packages = ("dovecot-imapd",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sh("cp /usr/local/share/vmail/dovecot/vmail.conf /etc/dovecot/conf.d/90-vmail.conf")
        sh("sed -i 's/^!include auth-system/#&/' /etc/dovecot/conf.d/10-auth.conf")
        # Wrong passwords from one address make Dovecot slower and slower, for right ones, too.
        put("/etc/dovecot/local.conf", "auth_failure_delay = 0\nservice anvil {\n"
            "  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}\n")

    def setUp(self):
        super().setUp()
        self.vmail = self.installation({"login-timeout": "180s"})
        self.vmail.domain("a.test", passwords={"joe": PASSWORD, "ann": "other"})
        self.vmail.domain("b.test", {"mailbox": "maildir"}, passwords={"joe": PASSWORD, "ann": "other"})
        for own, path in ((self.vmail.dir, "/etc/vmail"), (self.vmail.spool, "/var/spool/vmail")):
            mount("--bind", own, path)
            self.addCleanup(subprocess.run, ["umount", "--lazy", path], check=True)
        self.lines("b.test:::::::userdb_mail=maildir:/var/spool/vmail/%d/%n noauthenticate")

    def lines(self, *lines):
        """More lines of vmail-domains."""
        shipped = template("dovecot/vmail-domains")
        self.given = [*getattr(self, "given", ()), *lines]
        put("/etc/dovecot/vmail-domains", shipped + "".join(line + "\n" for line in self.given))

    def start(self):
        process = Process(["dovecot", "-F"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.addCleanup(self.end, process)
        eventually(lambda: process.popen.poll() is not None or listens(143), "Dovecot listening")
        self.wait_log("dovecot: master: Dovecot v")

    def end(self, process):
        process.stop()                      # asked nicely it takes a second
        eventually(lambda: not listens(143), "the port free again")
        remove("/run/dovecot")

    def delivered(self, to, *messages):
        for text in messages:
            got = self.vmail.deliver(to, text)
            self.assertEqual(got.status, 0, got)

    def errors(self):
        return re.findall(r"dovecot: .*(?:Error|Fatal|Panic).*", LOG.since(self.before))


class Login(ImapTest):
    def account(self, name, shadow, passwd="60100:60000", domain="a.test"):
        """One more account: what stands behind its name in shadow.D, and uid and gid."""
        home = os.path.join(self.vmail.homes, domain, "home", name)
        os.makedirs(home)
        os.chown(home, *map(int, passwd.split(":")))
        self.vmail.write(f"shadow.{domain}", self.vmail.read(f"shadow.{domain}").decode()
                         + f"{name}:{shadow}\n", 0o600)
        self.vmail.write(f"passwd.{domain}", self.vmail.read(f"passwd.{domain}").decode()
                         + f"{name}:x:{passwd}:{name}:{home}:/bin/false\n")

    def are_answered(self, let_in, *tries):
        self.start()
        with concurrent.futures.ThreadPoolExecutor(len(tries)) as pool:
            said = list(pool.map(lambda t: login_as(*t), tries))
        for (user, password), answer in zip(tries, said):
            with self.subTest(f"{user} {password}"):
                if let_in:
                    self.assertIsNone(answer)
                else:
                    self.assertRegex(answer, r"\[AUTHENTICATIONFAILED\] Authentication failed\.")

    def test_the_right_password_is_let_in_in_any_spelling_of_the_name(self):
        self.are_answered(True, ("joe@a.test", PASSWORD), ("JOE@A.Test", PASSWORD), ("joe%a.test", PASSWORD),
                          ("ann@b.test", "other"))

    def test_wrong_passwords_and_unknown_names_are_answered_alike(self):
        self.are_answered(False, ("joe@a.test", "wrong"), ("joe@a.test", "other"), ("joe@a.test", ""),
                          ("bob@a.test", PASSWORD), ("joe@c.test", PASSWORD), ("joe", PASSWORD))

    def test_the_machines_own_users_come_in_by_pam_which_is_not_asked_about_ours(self):
        for at, line in (("10-auth.conf", "s/^#!include auth-system/!include auth-system/"),
                         ("auth-system.conf.ext", "/^passdb {/a username_filter = !*@*")):
            path = f"/etc/dovecot/conf.d/{at}"
            with open(path) as f:
                self.addCleanup(put, path, f.read())
            sh(f"sed -i '{line}' {path}")
        with open("/etc/shadow") as f:
            text = f.read()
        self.addCleanup(put, "/etc/shadow", text, 0o600)
        put("/etc/shadow", re.sub("(?m)^sysuser:.*", lambda _: f"sysuser:{hash_of('of the system')}:19000:0:99999:7:::",
                                  text), 0o600)
        self.are_answered(True, ("sysuser", "of the system"), ("joe@a.test", PASSWORD))
        for user in "joe@a.test", "nobody@a.test", "sysuser":
            self.assertIn("AUTHENTICATIONFAILED", login_as(user, "wrong"))
        self.wait_log(r"pam.*sysuser")
        self.assertNotRegex(LOG.since(self.before), r"pam.*(joe|nobody)")

    def test_a_locked_account_or_an_empty_hash_lets_nobody_in(self):
        self.account("locked", f"!{hash_of(PASSWORD)}:19000:0:99999:7:::")
        self.account("starred", f"*{hash_of(PASSWORD)}:19000:0:99999:7:::")
        self.account("empty", ":19000:0:99999:7:::")
        self.account("star", "*:19000:0:99999:7:::")
        self.account("x", "x:19000:0:99999:7:::")
        self.account("short", "")
        self.are_answered(False, ("locked@a.test", PASSWORD), ("starred@a.test", PASSWORD),
                          ("empty@a.test", ""), ("empty@a.test", PASSWORD), ("star@a.test", "*"),
                          ("x@a.test", "x"), ("short@a.test", ""))

    def test_vadmin_locks_and_unlocks(self):
        self.start()
        for operation, let_in in ("lock", False), ("unlock", True):
            self.assertEqual(self.vmail.run("vadmin", "user", operation, "joe@a.test").status, 0)
            # Dovecot looks for changes once in a second
            eventually(lambda: (login_as("joe@a.test", PASSWORD) is None) == let_in, operation)

    def test_expiry_does_not_count_as_the_template_says(self):
        self.account("old", f"{hash_of(PASSWORD)}:19000:0:99999:7::19500:")
        self.are_answered(True, ("old@a.test", PASSWORD))

    def test_names_that_lead_elsewhere_lead_nowhere(self):
        self.vmail.write("etc/shadow.a.test", self.vmail.read("shadow.a.test"), 0o600)
        self.vmail.write("shadow.", self.vmail.read("shadow.a.test"), 0o600)
        self.vmail.write("shadow.x", f"../joe:{hash_of(PASSWORD)}:19000::::::\n", 0o600)
        self.are_answered(False, *((name, PASSWORD) for name in (
            "joe@../shadow.a.test", "joe@/a.test", "joe@etc/a.test", "joe@a.test/", "../joe@x",
            "joe@a.test@a.test", "joe@a.test\\0", "joe@%d")))

    def test_a_name_with_capitals_in_passwd_is_not_found_as_the_template_says(self):
        self.account("Bob", f"{hash_of(PASSWORD)}:19000:0:99999:7:::")
        self.are_answered(False, ("Bob@a.test", PASSWORD), ("bob@a.test", PASSWORD))

    def test_a_line_of_vmail_domains_without_a_password_lets_nobody_in(self):
        self.vmail.domain("c.test", passwords={"joe": PASSWORD})
        self.lines("c.test::60001:60000::::",
                   "joe@c.test:::::::userdb_mail=maildir:/var/spool/vmail/%d/%n",
                   "alias.test:::::::user=%n@a.test noauthenticate")
        self.are_answered(False, *((f"joe@{domain}", password) for domain in ("b.test", "c.test", "alias.test")
                                   for password in ("", "wrong")))

    def is_not_served(self, user):
        self.assertRegex(login_as(user, PASSWORD) or "", r"\[UNAVAILABLE\]|EOF")
        self.wait_log(r"user=<%s>|plain\(%s[,)]" % (user, user))

    def test_an_account_that_passwd_does_not_have_is_not_served(self):
        self.vmail.write("shadow.b.test", self.vmail.read("shadow.b.test").decode()
                         + f"ghost:{hash_of(PASSWORD)}:19000:0:99999:7:::\n", 0o600)
        self.start()
        self.is_not_served("ghost@b.test")

    def test_an_account_with_the_uid_of_root_is_not_served(self):
        self.account("root", f"{hash_of(PASSWORD)}:19000:0:99999:7:::", "0:60000")
        self.account("toor", f"{hash_of(PASSWORD)}:19000:0:99999:7:::", "60001:0")
        self.start()
        for user in "root", "toor":
            self.is_not_served(f"{user}@a.test")

    def test_a_domain_alias_that_vmail_domains_names_leads_to_its_domain(self):
        os.symlink("domain.a.test", self.vmail.dir + "/domain.alias.test")
        self.delivered("joe@alias.test", b"Subject: for the alias\n\n")
        self.lines("alias.test:::::::user=%n@a.test noauthenticate")
        self.start()
        client = Imap("joe@Alias.test")
        self.assertEqual(client.select(), 1)
        self.assertIn(b"for the alias", client.messages()["1"])

    def test_passwords_that_vadmin_sets_and_starttls(self):
        self.assertEqual(self.vmail.run("vadmin", "user", "passwd", "joe@a.test", "--password-stdin",
                                        input=b"quite another word\n").status, 0)
        self.start()
        client = Imap()
        client.starttls()
        client.login("joe@a.test", "quite another word")


class Both:
    """What holds for both kinds of inbox."""
    MESSAGES = [b"Subject: 1\nMessage-ID: <1@x>\n\nbody 1\n.\n\n",
                b"\nno header\n",
                b"Subject: 8 bit \xfc\n\n" + bytes(range(128, 256)) + b"\n",
                b"Subject: long\n\n" + b"x" * 70000 + b"\nno line end",
                b"Subject: header alone\n",
                b"Status: RO\nX-UID: 77\nSubject: fields\n\n"]

    def pop(self):
        pop = self.vmail.pop3()
        reply = pop.login(self.address, PASSWORD)
        self.assertRegex(reply or "(the end)", r"^\+OK")
        return pop

    def uids(self):
        pop = self.pop()
        found = pop.many("UIDL")[1].decode().split()[1::2]
        self.quit(pop)
        return found

    def popped(self):
        """All messages by POP; LIST must tell their sizes."""
        pop = self.pop()
        found = []
        for line in pop.many("LIST")[1].decode().splitlines():
            number, size = line.split()
            found.append(pop.many(f"RETR {number}")[1])
            self.assertEqual(len(found[-1]), int(size))
        self.quit(pop)
        return [m.replace(b"\r\n", b"\n") for m in found]

    def as_delivered(self, messages):
        whole = [trace(self.address) + m + (b"" if m.endswith(b"\n") else b"\n") for m in messages]
        return whole if self.address.endswith("@b.test") else [without_own_fields(m) for m in whole]

    def are_the_same(self, found, wanted):
        found, wanted = list(found), list(wanted)
        self.assertEqual([m[:200] for m in found], [m[:200] for m in wanted])
        self.assertTrue(found == wanted, "they differ behind the first 200 bytes")

    def test_imap_gives_the_bytes_that_were_delivered(self):
        self.start()
        self.delivered(self.address, *self.MESSAGES)
        client = Imap(self.address)
        self.assertEqual(client.select(), len(self.MESSAGES))
        self.are_the_same([m if m.endswith(b"\n") else m + b"\n" for m in client.messages().values()],
                          self.as_delivered(self.MESSAGES))
        self.assertEqual(self.errors(), [])

    def test_flags_and_deletions_stay_and_the_others_are_untouched(self):
        self.start()
        self.delivered(self.address, *self.MESSAGES)
        client = Imap(self.address)
        client.select()
        client.done(client.uid("STORE", "2", "+FLAGS", r"(\Seen \Flagged keyword)"))
        client.delete(["1", "4"])
        client.logout()
        client = Imap(self.address)
        self.assertEqual(client.select(), 4)
        self.assertRegex(client.done(client.uid("FETCH", "2", "(FLAGS)"))[0],
                         rb"(?=.*\\Seen)(?=.*\\Flagged)(?=.*keyword)")
        left = [m for i, m in enumerate(self.MESSAGES) if i not in (0, 3)]
        self.are_the_same(client.messages().values(), self.as_delivered(left))
        self.are_the_same(map(without_own_fields, self.popped()),
                          map(without_own_fields, self.as_delivered(left)))
        self.assertEqual(self.errors(), [])

    def test_unique_ids_of_pop_stay_whatever_dovecot_writes(self):
        self.start()
        twins = [b"Subject: twin\n\nthe same\n"] * 2
        self.delivered(self.address, *self.MESSAGES, *twins)
        before = self.uids()
        self.assertEqual(len(set(before)), len(self.MESSAGES) + 2)
        client = Imap(self.address)
        client.select()
        client.done(client.store("1:*", "+FLAGS", r"(\Seen \Answered \Draft word another-word)"))
        client.logout()
        self.assertEqual(self.uids(), before)
        self.popped()            # sizes are exact
        client = Imap(self.address)
        client.select()
        client.delete(["1"])
        client.logout()
        self.assertEqual(self.uids(), before[1:])

    def test_imap_knows_messages_again_after_pop_deleted_others(self):
        self.start()
        self.delivered(self.address, *(b"Subject: %d\n\nbody\n" % n for n in range(4)))
        client = Imap(self.address)
        client.select()
        validity = client.response("UIDVALIDITY")
        pop = self.pop()
        for number in 1, 3:
            self.assertRegex(pop.ask(f"DELE {number}"), r"^\+OK")
        self.quit(pop)
        client.noop()
        found = {uid: re.search(rb"Subject: (\d)", m)[1] for uid, m in client.messages().items()}
        self.assertEqual(found, {"2": b"1", "4": b"3"})
        client.logout()
        client = Imap(self.address)
        client.select()
        self.assertEqual(client.response("UIDVALIDITY"), validity)
        self.assertEqual(set(client.messages()), {"2", "4"})

    def test_pop_is_not_refused_while_imap_has_the_inbox_open_nor_imap_while_pop_has(self):
        self.start()
        self.delivered(self.address, b"Subject: 1\n\n")
        client = Imap(self.address)
        client.select()
        client.send(b"x IDLE\r\n")
        self.assertRegex(client.readline(), rb"^\+ ")
        pop = self.pop()
        other = Imap(self.address)
        self.assertEqual(other.select(), 1)
        self.assertRegex(self.vmail.pop3().login(self.address, PASSWORD), r"^-ERR \[IN-USE\]")
        self.assertIn(b"Subject: 1", pop.many("RETR 1")[1])
        self.quit(pop)
        self.delivered(self.address, b"Subject: 2\n\n")
        while not (line := client.readline()).startswith(b"* 2 EXISTS"):
            self.assertTrue(line)       # by DEADLINE
        self.assertEqual(self.errors(), [])

    def test_what_dovecot_keeps_beside_the_mail_is_no_message(self):
        self.start()
        self.delivered(self.address, b"Subject: 1\n\n")
        client = Imap(self.address)
        client.done(client.create("folder"))
        client.done(client.subscribe("folder"))
        client.done(client.append("folder", None, None, b"Subject: in a folder\r\n\r\n"))
        client.done(client.append("INBOX", r"(\Seen)", None, b"Subject: kept\r\n\r\nby me\r\n"))
        client.select()
        client.done(client.copy("1", "folder"))
        client.done(client.list())
        client.logout()
        self.delivered(self.address, b"Subject: 2\n\n")
        self.assertCountEqual([re.search(rb"^Subject: (.*)$", m, re.M)[1] for m in self.popped()],
                              [b"1", b"kept", b"2"])
        self.assertEqual(self.vmail.deliver(self.address).status, 0)
        self.assertEqual(self.errors(), [])
        check = self.vmail.run("vadmin", "check", "--files", "a.test", "b.test")
        self.assertNotRegex(check.stdout, rb"dovecot|folder|subscriptions|mail/")

    def test_an_account_without_mail_can_be_opened_and_then_gets_mail(self):
        spool(self.vmail, self.address)
        self.start()
        client = Imap(self.address)
        self.assertEqual(client.select(), 0)
        self.delivered(self.address, b"Subject: first\n\n")
        client.noop()
        self.assertIn(b"Subject: first\n", client.messages()["1"])
        self.assertTrue(self.is_kind(self.vmail.inbox(self.address)))


class InMbox(Both, ImapTest):
    address = "joe@a.test"
    is_kind = staticmethod(os.path.isfile)


class InMaildir(Both, ImapTest):
    address = "joe@b.test"
    is_kind = staticmethod(os.path.isdir)

    def told(self):
        """{subject: octets that the name tells}."""
        found, place = {}, self.vmail.inbox(self.address)
        for sub in "new", "cur":
            for name in os.listdir(f"{place}/{sub}"):
                with open(f"{place}/{sub}/{name}") as f:
                    told = re.search(r",W=(\d+)", name)
                    found[f.readline().split()[1]] = told and int(told[1])
        return found

    def test_pop_believes_the_sizes_that_imap_writes_and_finds_out_where_a_last_line_has_no_end(self):
        mails = {"whole": b"Subject: whole\n\nx\n", "open": b"Subject: open\n\nx"}
        put_maildir(self.vmail, self.address, {})
        self.start()
        client = Imap(self.address)
        for text in mails.values():
            client.done(client.append("INBOX", None, None, text))
        client.logout()
        self.assertEqual(self.told(), {"whole": 21, "open": 18})
        for octets in (21, 18), (21, 20):
            pop = self.session(self.vmail, self.address)
            self.assertEqual(pop.many("LIST")[1], b"1 %d\r\n2 %d\r\n" % octets)
            for number, text in enumerate(mails.values(), 1):
                sent = on_the_wire(text)
                self.assertEqual(pop.many(f"RETR {number}"), (f"+OK {len(sent)} octets", sent))
            self.quit(pop)
            self.assertEqual(self.told(), {"whole": 21, "open": None})
        client = Imap(self.address)
        # the first look may take new/ alone, and still have what was there
        eventually(lambda: client.select() == 2, "two messages")
        # what lost a part of its name is a new message to it
        self.assertEqual(client.messages(), {"1": mails["whole"], "3": mails["open"]})


class Lines(ImapTest):
    """What vmail-domains says of domains and accounts."""
    def test_an_inbox_of_the_kind_that_dovecot_is_not_told_of_is_left_alone(self):
        self.delivered("ann@a.test", b"Subject: kept\n\n")
        put_maildir(self.vmail, "joe@a.test", {"new/1.x": b"Subject: kept\n\n"})
        self.lines("ann@a.test:::::::userdb_mail=maildir:/var/spool/vmail/%d/%n")
        self.start()
        for address, password in ("joe@a.test", PASSWORD), ("ann@a.test", "other"):
            before = self.vmail.messages(address)
            client = Imap(address, password)
            self.assertRaises(AssertionError, client.select)
            client.logout()
            self.assertEqual(self.vmail.messages(address), before)

    def test_one_account_may_have_the_other_kind(self):
        put_maildir(self.vmail, "ann@a.test", {"new/1.x": b"Subject: hers\n\n"})
        self.lines("ann@a.test:::::::userdb_mail=maildir:/var/spool/vmail/%d/%n")
        self.start()
        client = Imap("ann@a.test", "other")
        self.assertEqual(client.select(), 1)

    def test_the_one_owner_and_the_gid_of_a_domain_come_from_vmail_domains(self):
        home = self.vmail.scratch + "/home"
        os.mkdir(home)
        os.chmod(home, 0o777)
        self.vmail.domain("o.test", {"owner": "60055:60056", "gid": None}, passwords={"joe": PASSWORD},
                          accounts=[f"joe:x:70:71:Joe:{home}/joe:/bin/sh"])
        self.vmail.domain("g.test", {"gid": 60057}, passwords={"joe": PASSWORD},
                          accounts=[f"joe:x:60070:71:Joe:{home}/ann:/bin/sh"])
        self.lines("o.test::60055:60056::::noauthenticate", "g.test:::60057::::noauthenticate")
        self.start()
        for domain in "o.test", "g.test":
            self.delivered(f"joe@{domain}", b"Subject: 1\n\n")
            client = Imap(f"joe@{domain}")
            self.assertEqual(client.select(), 1)
            client.delete(["1"])
            client.logout()
            self.assertNotIn(b"Subject: 1", contents(self.vmail, f"joe@{domain}"))
        self.assertEqual(self.errors(), [])


class Mbox(ImapTest):
    def test_lines_of_from_are_shown_quoted_by_imap_and_as_delivered_by_pop(self):
        text = b"Subject: x\n\nFrom here\n>From there\nx\n\nFrom far\n"
        self.delivered(self.joe, text)
        self.start()
        client = Imap(self.joe)
        self.assertEqual(client.select(), 1)
        self.assertEqual(client.messages()["1"],
                         trace(self.joe) + re.sub(rb"^(>*From )", rb">\1", text, flags=re.M))
        client.logout()
        pop = self.session(self.vmail)
        self.assertEqual(without_own_fields(pop.many("RETR 1")[1].replace(b"\r\n", b"\n")),
                         trace(self.joe) + text)

    def test_a_line_of_from_that_an_imap_client_puts_there_begins_a_message_as_the_template_says(self):
        spool(self.vmail, self.joe)
        self.start()
        client = Imap(self.joe)
        client.done(client.append("INBOX", None, None, b"Subject: x\r\n\r\nFrom me\r\n"))
        client.logout()
        pop = self.session(self.vmail)
        self.assertRegex(pop.ask("STAT"), r"^\+OK 2 ")

    def test_postfix_takes_out_the_fields_that_dovecot_believes_as_the_template_says(self):
        [line] = re.findall(r"^#\tmessage_drop_headers = (.*\n#.*)$", template("dovecot/vmail.conf"), re.M)
        fields = set(re.findall(r"[-a-z]+", line))
        default = sh("apt-get install -y postfix; postconf -hd message_drop_headers")
        self.assertEqual(set(re.findall(r"[-a-z]+", default)) - fields, set())
        believed = {"content-length", "x-imap", "x-imapbase", "x-uid", "x-keywords", "status", "x-status"}
        self.assertEqual(believed - fields, set())

    def test_the_pseudo_message_of_c_client_stays_and_neither_side_shows_it(self):
        pseudo = (b"Date: 1 Jan 2026 00:00:00 +0000\nFrom: Mail System Internal Data <MAILER-DAEMON@x>\n"
                  b"Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1767225600 0000000007\n"
                  b"Status: RO\n\nThis text is part of the internal format.\n")
        put_mbox(self.vmail, self.joe, mbox(pseudo, b"Subject: real\n\n"))
        self.start()
        client = Imap(self.joe)
        self.assertEqual(client.select(), 1)
        self.assertEqual(client.response("UIDVALIDITY")[1], [b"1767225600"])
        client.delete(client.messages())
        client.logout()
        self.delivered(self.joe, b"Subject: next\n\n")
        pop = self.session(self.vmail)
        self.assertRegex(pop.ask("STAT"), r"^\+OK 1 ")
        self.assertIn(b"Subject: next", pop.many("RETR 1")[1])
        pop.ask("DELE 1")
        self.quit(pop)
        self.assertIn(b"FOLDER INTERNAL DATA", contents(self.vmail, self.joe))

    def test_what_imap_writes_while_quit_replaces_the_mbox_is_not_lost(self):
        self.delivered(self.joe, b"Subject: to go\n\n", b"Subject: to stay\n\n")
        self.start()
        client = Imap(self.joe)
        client.select()
        client.messages()
        pop = self.session(self.vmail)
        pop.ask("DELE 1")
        with open(f"/proc/{pop.process.pid}/task/{pop.process.pid}/children") as f:
            session = f.read().strip()
        strace = Process(["strace", "-qq", "-o", "/dev/null", "-p", session,
                          "-e", "inject=rename,renameat,renameat2:delay_enter=700000"])
        self.addCleanup(strace.stop)
        with open(f"/proc/{session}/status") as f:
            eventually(lambda: f.seek(0) or "TracerPid:\t0\n" not in f.read(), "strace")
        pop.send(b"QUIT\r\n")
        eventually(lambda: os.path.exists(self.vmail.inbox(self.joe) + ".lock"), "the lock file")
        client.done(client.append("INBOX", None, None, b"Subject: appended\r\n\r\n"))
        self.assertRegex(pop.line(), r"^\+OK")
        self.assertEqual([re.search(rb"^Subject: (.*)$", m, re.M)[1]
                          for m in self.vmail.messages(self.joe)], [b"to stay", b"appended"])


class Together(ImapTest):
    """The messages' numbers modulo 4 say who takes them: two IMAP clients, POP, nobody."""
    COUNT, AT_ONCE = 160, 16

    def text(self, n):
        return b"X-Number: %d\nSubject: %d\n\nFrom %d\n%s\nend %d\n" % (
            n, n, n, b"%d " % n * (n * 37 % 6000), n)

    def number(self, message):
        return int(re.search(rb"^X-Number: (\d+)$", message, re.M)[1])

    def timed(self, do, *args):
        began = time.monotonic()
        result = do(*args)
        self.longest = max(self.longest, time.monotonic() - began)
        return result

    def imap_client(self, share):
        """Fetches its messages and deletes them; taken are those that are gone then."""
        pending = {}
        while not self.over.is_set():
            client = self.timed(Imap, self.address)
            self.timed(client.select)
            mine = {uid: m for uid, m in self.timed(client.messages).items() if self.number(m) % 4 == share}
            pending.update(mine)
            if pending:
                if mine:
                    self.timed(client.delete, mine)
                left = self.timed(client.there, pending)
                self.taken[share] += [m for uid, m in pending.items() if uid not in left]
                pending = {uid: m for uid, m in pending.items() if uid in left}
            client.logout()

    def pop_client(self, share):
        """Taken is what QUIT says is gone; where IMAP changed the mbox meanwhile it removes nothing."""
        while not self.over.is_set():
            pop = self.vmail.pop3()
            self.assertRegex(self.timed(pop.login, self.address, PASSWORD), r"^\+OK|^-ERR \[IN-USE\]")
            marked = []
            for number in range(1, int(pop.ask("STAT").split()[1]) + 1):
                reply, text = pop.many(f"RETR {number}")
                if not reply.startswith("+OK"):
                    self.assertRegex(reply, r"^-ERR \[SYS/TEMP\]")
                    break
                text = text.replace(b"\r\n", b"\n")
                if self.number(text) % 4 == share and pop.ask(f"DELE {number}").startswith("+OK"):
                    marked.append(text)
            if self.timed(pop.ask, "QUIT").startswith("+OK"):
                self.taken[share] += marked
            pop.close()
            pop.process.wait()

    def client(self, run, share):
        try:
            run(share)
        except BaseException as failure:    # it belongs to the main thread
            self.failures.append(failure)

    def deliver(self, n):
        got = self.timed(self.vmail.deliver, self.address, self.text(n))
        self.assertEqual(got.status, 0, got)

    def nothing_is_lost(self, address):
        self.address, self.over, self.longest = address, threading.Event(), 0
        self.taken, self.failures = collections.defaultdict(list), []
        spool(self.vmail, address)          # else the first delivery makes it
        self.start()
        clients = [threading.Thread(target=self.client, args=args) for args in
                   ((self.imap_client, 0), (self.imap_client, 1), (self.pop_client, 2))]
        for client in clients:
            client.start()
        try:
            with concurrent.futures.ThreadPoolExecutor(self.AT_ONCE) as pool:
                list(pool.map(self.deliver, range(self.COUNT)))
            eventually(lambda: self.failures or all(len(self.taken[n]) >= self.COUNT // 4 for n in range(3)),
                       "that all is taken", LONG)
        finally:
            self.over.set()
            for client in clients:
                client.join()
        self.assertEqual(self.failures, [])
        self.compare()
        self.assertLess(self.longest, CUT)       # no lock is held for longer than a write

    def compare(self):
        found = [*self.vmail.messages(self.address), *sum(self.taken.values(), [])]
        # what Dovecot leaves in an mbox that it has emptied is no message
        found = [m for m in found if b"-- FOLDER INTERNAL DATA\n" not in m[:500]]
        found = collections.Counter(without_own_fields(unquoted(m)) for m in found)
        wanted = collections.Counter(trace(self.address) + self.text(n) for n in range(self.COUNT))
        self.assertEqual([m[:200] for m in found - wanted], [], "doubled or damaged")
        self.assertEqual([m[:200] for m in wanted - found], [], "lost")
        for share in range(3):
            self.assertEqual({self.number(m) % 4 for m in self.taken[share]}, {share})

    def test_an_mbox_loses_and_doubles_nothing_while_imap_and_pop_delete(self):
        self.nothing_is_lost("joe@a.test")

    def test_a_maildir_loses_and_doubles_nothing_while_imap_and_pop_delete(self):
        self.nothing_is_lost("joe@b.test")


if __name__ == "__main__":
    main()
