"""mtas.py: what must be true of every MTA and every way from it to us, as one table of rows.

    from mtas import *

    class Lmtp(Rows, MtaTest):
        way = "Exim, LMTP"                  # a column of docs/mtas.md

Each row of Rows tries one thing with the real MTA, on the machine of neighbours.py, and
says what it saw: that is what the cell of docs/mtas.md must say.  VMAIL_WRITE=1 writes
it there instead.  Mail comes from another machine's network (Elsewhere), as from anywhere
in the world: clients on the machine itself may relay, and are asked less.

A message has arrived when the MTA is at rest: nothing in its spool is left to do.
"""
import concurrent.futures
import ctypes
import pwd

from neighbours import *

PAGE = os.path.join(TREE, "docs", "mtas.md")
MANY = int(os.environ.get("VMAIL_MESSAGES", "20"))      # messages at once; 500 in "make fault"
SERVER, CLIENT = "192.0.2.1", "192.0.2.2"
LOCAL_USER = f"carl@{HOST}"                 # of the machine, who gets what is returned
FIFTY = [f"u{number}@example.com" for number in range(50)]
ACCOUNTS = ["joe@example.org", *(f"{name}@example.com" for name in ("joe", "ann", "fred", "full", "jörg")), *FIFTY]


# --- elsewhere ---------------------------------------------------------------

CLONE_NEWNET = 0x40000000


def namespace_call(name, *args):
    """setns(2) or unshare(2), which are the calling thread's alone."""
    if ctypes.CDLL(None, use_errno=True)[name](*args) == -1:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


class Elsewhere:
    """Another machine's network, with a cable to ours.

    "with ELSEWHERE:": a socket that is opened within is there, and stays there.
    """
    def __init__(self):
        self.here = os.open("/proc/self/ns/net", os.O_RDONLY)
        thread = threading.Thread(target=self._build)
        thread.start()
        thread.join()
        sh(f"ip addr add {SERVER}/24 dev cable; ip link set cable up; echo '{CLIENT} client.test' >> /etc/hosts")

    def _build(self):
        namespace_call("unshare", CLONE_NEWNET)
        self.there = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        sh(f"ip link add cable type veth peer name cable netns {os.getpid()}; "
           f"ip addr add {CLIENT}/24 dev cable; ip link set cable up")

    def __enter__(self):
        namespace_call("setns", self.there, CLONE_NEWNET)

    def __exit__(self, *_):
        namespace_call("setns", self.here, CLONE_NEWNET)


ELSEWHERE = Elsewhere() if ROOT else None


class Smtp(smtplib.SMTP):
    """A session of a client elsewhere."""
    def _get_socket(self, host, port, timeout):
        with ELSEWHERE:
            return super()._get_socket(host, port, timeout)


# --- the table ---------------------------------------------------------------

class Page:
    """The table of docs/mtas.md: {feature: {way: cell}}, read from and written into the page."""
    def __init__(self):
        with open(PAGE) as f:
            self.lines = f.read().splitlines()
        self.rows = [number for number, line in enumerate(self.lines) if line.startswith("| ")]
        self.ways = self._cells(self.rows[0])[1:]
        self.features = {self._cells(number)[0]: number for number in self.rows[1:]}

    def _cells(self, number):
        return [cell.strip() for cell in self.lines[number].strip("|").split("|")]

    def cell(self, feature, way):
        return self._cells(self.features[feature])[1 + self.ways.index(way)]

    def write(self, feature, way, what):
        number = self.features[feature]
        cells = self._cells(number)
        cells[1 + self.ways.index(way)] = what
        self.lines[number] = f"| {' | '.join(cells)} |"
        with open(PAGE, "w") as f:
            f.write("\n".join(self.lines) + "\n")


def feature(name):
    """A row of the table: the method returns what it saw, which the page must say."""
    def row(method):
        def test(self):
            seen = method(self)
            if os.environ.get("VMAIL_WRITE") == "1":
                Page().write(name, self.way, seen)
            self.assertEqual(seen, Page().cell(name, self.way), f"docs/mtas.md, {name}, {self.way}")

        test.feature = name
        return test
    return row


class Refused(Exception):
    """By the MTA, while its client was there; the stage of the session, and its words."""
    def __init__(self, stage, code, words):
        super().__init__(f"{stage}: {code} {words.decode('utf-8', 'replace')}")
        self.stage, self.code = stage, code


def send(recipients, text, sender="sender@far.test", options=()):
    """A message by SMTP from elsewhere; everything must be taken, or it is Refused."""
    with Smtp(SERVER, 25, local_hostname="client.test", timeout=LONG) as smtp:
        smtp.ehlo_or_helo_if_needed()
        if "SMTPUTF8" in options:
            if not smtp.has_extn("smtputf8"):
                raise Refused("EHLO", 0, b"no SMTPUTF8")
            smtp.command_encoding = "utf-8"
        steps = [("MAIL", lambda: smtp.mail(sender, list(options)))]
        steps += [("RCPT", lambda address=address: smtp.rcpt(address)) for address in recipients]
        steps += [("DATA", lambda: smtp.data(text))]
        for stage, step in steps:
            try:
                code, words = step()
            except smtplib.SMTPDataError as why:
                code, words = why.smtp_code, why.smtp_error
            if code not in (250, 251):
                raise Refused(stage, code, words)


class MtaTest(MachineTest):
    """A class of rows: an MTA that is installed, set up and started once."""
    owner = ""                              # of the domains: what vadmin is told
    pieces = {}                             # what is copied where, as the pieces' comments say
    files = ()                              # directories of the spool, with what messages are called there
    log_deferred = ""                       # what the log says of a message that has to wait

    @classmethod
    def setUpClass(cls):
        if cls.owner:
            sh("id vmail 2>&1 || useradd --system --home-dir / --shell /usr/sbin/nologin vmail")
        super().setUpClass()
        put("/etc/vmail/vmail.conf", "main-domain = main.test\n")
        put("/var/mail/carl", "", 0o660)
        sh("id carl 2>&1 || useradd --create-home carl; "
           f"chown carl:mail /var/mail/carl; install -d -m 1777 /var/tmp/caught; set -- {cls.owner}; "
           "vadmin domain add example.com $@ forward-sender=owner; "
           "vadmin domain add example.org $@ 'fallback=| cat > $(mktemp /var/tmp/caught/XXXXXX)'; "
           "vadmin domain add example.net $@ reject-mail=yes; "
           "vadmin alias add team@example.com ann joe@example.org")
        put("/var/spool/vmail/files/example.com/fred.forward", LOCAL_USER + "\n")
        put("/var/spool/vmail/example.com/full.quota", "1\n")
        cls.add_accounts()
        cls.connect()
        cls.start()

    @classmethod
    def ids(cls, address):
        """The ids that an inbox belongs to."""
        if cls.owner:
            return pwd.getpwnam("vmail")[2:4]
        return 61000 + ACCOUNTS.index(address), GID

    @classmethod
    def add_accounts(cls):
        """As a copied machine has them: lines of passwd(5)."""
        for address in ACCOUNTS:
            user, domain = address.split("@")
            uid, gid = cls.ids(address)
            with open(f"/etc/vmail/passwd.{domain}", "a") as f:
                f.write(f"{user}:x:{uid}:{gid}::/vhome/{domain}/home/{user}:/bin/false\n")

    @classmethod
    def connect(cls):
        """Copies the pieces; vlmtpd is below systemd, by our units, where the way is LMTP."""
        for name, path in cls.pieces.items():
            sh(f"install -D -m $(stat -c %a {TEMPLATES}/{name}) {TEMPLATES}/{name} {path}")
        if not cls.owner:
            sh(f"cp {TEMPLATES}/systemd/vlmtpd* /etc/systemd/system; systemctl daemon-reload; "
               "systemctl enable --now vlmtpd.socket vlmtpd-map.socket")
            cls.addClassCleanup(sh, "systemctl disable --now vlmtpd.socket vlmtpd-map.socket")

    def setUp(self):
        super().setUp()
        for domain in "example.com", "example.org":
            for name in os.listdir(f"/var/spool/vmail/{domain}"):
                if not name.startswith(".") and not name.endswith(".quota"):
                    os.unlink(f"/var/spool/vmail/{domain}/{name}")
        for name in os.listdir("/var/tmp/caught"):
            os.unlink(f"/var/tmp/caught/{name}")
        os.truncate("/var/mail/carl", 0)

    @classmethod
    def queued(cls):
        """The files of messages that the MTA has not done with."""
        return [os.path.join(at, name) for place, pattern in cls.files for at, _, names in os.walk(place)
                for name in names if re.fullmatch(pattern, name)]

    def is_done(self):
        """What moves from one directory to another while it is looked for may be seen in neither."""
        return not self.queued() and not self.queued()

    def send(self, recipients, subject, **more):
        """A message that is taken, and all that comes of it."""
        recipients = [recipients] if isinstance(recipients, str) else recipients
        send(recipients, message(subject), **more)
        self.at_rest()

    def at_rest(self):
        try:
            eventually(self.is_done, "an empty queue", LONG)
        except AssertionError as late:
            raise AssertionError(f"{late}: {LOG.since(self.before)[-8000:]}") from None

    def insist(self):
        """One that has logged that a message waits may hold it a moment longer: then it does not find it."""
        for _ in range(LONG // 2):
            self.try_again()
            with contextlib.suppress(AssertionError):
                eventually(self.is_done, "an empty queue", 2)
                return
        self.at_rest()

    def inbox(self, address):
        user, domain = address.split("@")
        path = f"/var/spool/vmail/{domain}/{user}"
        return [m.decode() for m in mbox_messages(path)] if os.path.exists(path) else []

    def returned(self):
        """What the machine's own user got: bounces, and forwarded mail."""
        with open("/var/mail/carl", encoding="utf-8", errors="replace") as f:
            return f.read()

    def fate(self, recipient, words):
        """Of mail that must not be taken for good: "at RCPT", or "returned" to its sender."""
        try:
            self.send(recipient, "unwanted", sender=LOCAL_USER)
        except Refused as why:
            self.assertEqual((why.stage, why.code // 100), ("RCPT", 5), why)
            self.assertRegex(str(why), words)
            self.assertEqual((self.queued(), self.returned()), ([], ""))
            return "at RCPT"
        # one is done with before the other is queued
        eventually(lambda: recipient in self.returned(), "what is returned", LONG)
        self.assertRegex(self.returned(), words)
        return "returned"


class Rows:
    """What must be true of every way.  joe is at both domains, ann at the first."""
    @feature("a known user; lines of every kind keep their bytes")
    def test_a_known_user_has_the_message_with_its_bytes(self):
        body = "".join(f"{'x' * 70} {n}\n" for n in range(200)) + ".\n..\nFrom here\n"
        send(["Joe@Example.COM"], message("whole", body))
        self.at_rest()
        [got] = self.inbox("joe@example.com")
        self.assertRegex(got, r"\AReturn-Path: <sender@far\.test>\nDelivered-To: joe@example\.com\n")
        header, _, rest = got.partition("\n\n")
        self.assertIn("\nSubject: whole", header)
        self.assertEqual(rest, body)
        return "yes"

    @feature("a list over two domains reaches each member once")
    def test_a_list_over_two_domains_reaches_each_member_once(self):
        self.send("team@example.com", "for the team")
        for member in "ann@example.com", "joe@example.org":
            [got] = self.inbox(member)
            self.assertIn(f"Delivered-To: {member}\n", got)
        self.assertEqual(self.inbox("joe@example.com"), [])
        return "yes"

    @feature("an unknown user is refused")
    def test_an_unknown_user_is_refused(self):
        return self.fate("nobody@example.com", r"5\.1\.1")

    @feature("a domain that rejects its mail")
    def test_a_rejecting_domain_is_refused(self):
        return self.fate("joe@example.net", r"5\.[127]\.\d")

    @feature("a full mailbox")
    def test_a_full_mailbox_is_refused(self):
        path = "/var/spool/vmail/example.com/full"
        put(path, f"From x Thu Jan  1 00:00:00 1970\n\n{'x' * 70}\n" + "y\n" * 1000, 0o600)
        os.chown(path, *self.ids("full@example.com"))
        return self.fate("full@example.com", r"5\.2\.2")

    @feature("a catch-all command")
    def test_a_catch_all_command_gets_what_is_for_nobody(self):
        self.send("no.such.name@example.org", "caught")
        [name] = os.listdir("/var/tmp/caught")
        with open(f"/var/tmp/caught/{name}") as f:
            self.assertRegex(f.read(), r"(?s)Delivered-To: no\.such\.name@example\.org\n.*Subject: caught\n")
        return "yes"

    @feature("the null sender stays null")
    def test_the_null_sender_stays_null(self):
        self.send("joe@example.com", "bounce", sender="")
        self.assertTrue(self.inbox("joe@example.com")[0].startswith("Return-Path: <>\n"))
        return "yes"

    @feature("an address in UTF-8")
    def test_an_account_with_letters_beyond_ascii_has_its_mail(self):
        try:
            self.send("jörg@example.com", "umlaut", options=["SMTPUTF8"], sender=LOCAL_USER)
        except Refused as why:
            return f"no: {why.stage}"
        # one is done with before the other is queued
        eventually(lambda: self.inbox("jörg@example.com") or self.returned(), "what becomes of it", LONG)
        if self.returned():
            return "no: returned"
        self.assertEqual(len(self.inbox("jörg@example.com")), 1)
        return "yes"

    @feature("what has to wait is tried again, and delivered once")
    def test_a_temporary_failure_is_tried_again_and_delivered_once(self):
        inbox = "/var/spool/vmail/example.com/joe"
        os.symlink("/nowhere/joe", inbox)
        send(["joe@example.com"], message("patience"))
        self.wait_log(self.log_deferred)
        os.unlink(inbox)
        self.insist()
        self.assertEqual(len(self.inbox("joe@example.com")), 1)
        return "yes"

    @feature("many messages at once arrive once each")
    def test_many_messages_at_once_arrive_once_each(self):
        def client(number):
            send([f"joe@example.{('com', 'org')[number % 2]}"], message(f"number {number}"))

        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            list(pool.map(client, range(MANY)))
        self.at_rest()
        found = [re.search(r"^Subject: number (\d+)$", m, re.M)[1]
                 for domain in ("com", "org") for m in self.inbox(f"joe@example.{domain}")]
        self.assertEqual(sorted(map(int, found)), list(range(MANY)))
        return "yes"

    @feature("50 recipients of one message have it once each")
    def test_fifty_recipients_of_one_message_have_it_once_each(self):
        self.send(FIFTY, "for all")
        self.assertEqual([len(self.inbox(address)) for address in FIFTY], [1] * len(FIFTY))
        return "yes"

    @feature("forward-sender = owner: a forward has the account's address as its sender")
    def test_a_forward_has_the_account_as_its_sender_so_that_spf_holds(self):
        self.send("fred@example.com", "onwards")
        got = self.returned()
        self.assertRegex(got, r"\A(From |Return-Path: <)fred@example\.com\b")
        self.assertIn("\nSubject: onwards\n", got)
        return "yes"

    @feature("each account has a uid of its own")
    def test_inboxes_belong_to_their_accounts(self):
        self.send(["joe@example.com", "joe@example.org"], "mine")
        owners = {os.stat(f"/var/spool/vmail/{domain}/joe").st_uid for domain in ("example.com", "example.org")}
        return "yes" if len(owners) == 2 and 0 not in owners else "one owner"

    @feature("a new domain has mail at once")
    def test_a_new_domain_has_mail_as_soon_as_it_is_there(self):
        sh(f"vadmin domain add new.test {self.owner}; "
           "echo 'plenty of words' | vadmin user add sue@new.test --password-stdin")
        self.addCleanup(sh, "rm -r /etc/vmail/*.new.test")
        try:
            self.send("sue@new.test", "first")
        except Refused as why:
            return f"no: {why.stage}"
        self.assertEqual(len(self.inbox("sue@new.test")), 1)
        return "yes"
