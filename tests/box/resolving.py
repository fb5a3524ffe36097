"""resolving.py: what the tests of the resolver share: plans as vdeliver -n prints them.

Whatever a test asks vdeliver, three others are asked too, and must say the same:
vlmtpd's RCPT and its socket map (Others), and vadmin explain.
"""
import re

from harness import *
from lmtp import Lmtp, Socketmap, reach
from delivery import rows

STATUSES = (0, 67, 68, 69, 75, 77)          # an MTA sees no other one, whatever happens


class Plan:
    """What vdeliver -n said.  ETC stands for the installation's directory, SCRATCH for its parent.

    .targets: ["mailbox joe@a.test", "remote x@far.test sender owner-l@a.test", ...] of all
    recipients, mailboxes without their paths; .ways: the steps of each; .warnings.
    """
    def __init__(self, vmail, got):
        def short(text):
            return text.replace(vmail.dir, "ETC").replace(vmail.scratch, "SCRATCH")
        self.got, self.status = got, got.status
        self.stderr, self.log = short(got.stderr), short(got.log)
        self.recipients, self.targets, self.ways, self.warnings = [], [], [], []
        for line in short(got.stdout.decode("utf-8", "backslashreplace")).split("\n")[:-1]:
            if line.startswith("    "):
                self.ways[-1].append(line[4:])
            elif line.startswith("  "):
                self.targets.append(re.sub(r"^  (mailbox \S+) .*", r"\1", line).strip())
                self.ways.append([])
            elif line.startswith("warning: "):
                self.warnings.append(line[9:])
            else:
                self.recipients.append(line)

    def __repr__(self):
        return f"{self.targets}\n{self.ways}\n{self.warnings}\n{self.got}"


class Others:
    """vlmtpd on two sockets, for one installation."""
    def __init__(self, vmail):
        self.mail, self.map = (os.path.join(vmail.scratch, name) for name in ("lmtp", "map"))
        # Nobody reads what it logs, and nobody waits for it.
        self.process = subprocess.Popen(
            [program("vlmtpd"), "-C", vmail.dir, "--listen", f"unix:{self.mail}", "--socketmap", f"unix:{self.map}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=environment(), start_new_session=True)
        eventually(self.serves, "vlmtpd's sockets")

    def serves(self):
        """The socket map is what it listens on last; a first answer is there before a test looks at files."""
        try:
            return self.lookups(["joe@a.test"])
        except (ConnectionRefusedError, FileNotFoundError):
            assert self.process.poll() is None, "vlmtpd ended"

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def rcpt(self, recipients):
        """The replies to RCPT, or the greeting that there was no more than."""
        lmtp = Lmtp(reach(self.mail))
        try:
            greeting = lmtp.reply()
            if not greeting.startswith("220 "):
                return [greeting]
            lmtp.ask("LHLO client.test")
            lmtp.mail(parameters=" SMTPUTF8")
            for path in map(path_of, recipients):
                lmtp.send(b"RCPT TO:<" + os.fsencode(path) + b">\r\n")
            return lmtp.replies(len(recipients))
        finally:
            lmtp.close()

    def lookups(self, recipients):
        """The socket map's answers; broken settings end the connection behind the first one."""
        socketmap = Socketmap(self.map)
        try:
            answers = []
            for recipient in recipients:
                answers.append(socketmap.ask("recipients " + recipient))
                if answers[-1].startswith("TEMP"):
                    break
            return answers
        finally:
            socketmap.close()


def path_of(recipient):
    """What stands in RCPT's brackets."""
    recipient = recipient.strip(" ")
    return recipient[1:-1] if recipient.startswith("<") and recipient.endswith(">") else recipient


def decided_by(answers, temporary, done):
    """As an exit status: 75, 1 for refused, 0."""
    return 75 if any(a.startswith(temporary) for a in answers) else int(not all(a.startswith(done) for a in answers))


class Resolving(BoxTest):
    """Domains a.test with joe and ann, and b.test with bob; .vmail is their installation."""
    settings = {}                           # of vmail.conf
    indexes_stay = False                    # with VMAIL_INDEX: none is made anew before a question
    others_may_wait = False                 # where they need more than vdeliver -n does
    domain = {}                             # of domain.a.test

    def setUp(self):
        self.vmail = self.installation(self.settings)
        self.vmail.domain("a.test", self.domain, accounts=["joe", "ann"])
        self.vmail.domain("b.test", accounts=["bob"])
        self.others = Others(self.vmail)
        self.addCleanup(self.others.stop)

    def aliases(self, text, domain="a.test"):
        return self.vmail.write(f"aliases.{domain}", text)

    def accounts(self, *lines, domain="a.test"):
        self.vmail.write(f"passwd.{domain}", "".join(line + "\n" for line in lines))

    def change(self, domain="a.test", **settings):
        """More lines for domain.D."""
        lines = lines_of({k.replace("_", "-"): v for k, v in settings.items()})
        self.vmail.write(f"domain.{domain}", self.vmail.read(f"domain.{domain}") + lines.encode())

    def plan(self, *recipients, options=(), **more):
        if INDEXED and not self.indexes_stay:
            self.vmail.run("vadmin", "index")
        plan = Plan(self.vmail, self.vmail.run("vdeliver", "-n", *options, "--", *recipients, **more))
        self.assertIn(plan.status, STATUSES, plan)
        for line in plan.stderr.split("\n")[:-1]:
            self.assertRegex(line, r"^[45]\.\d{1,3}\.\d{1,3} [^\x00-\x1f\x7f]+$", plan)
        if not options and not {*more} - {"seconds"}:
            self.others_agree(plan, recipients)
            self.vadmin_agrees(plan, recipients)
        return plan

    def vadmin_agrees(self, plan, recipients):
        """The same plan, word for word, for an address that a command line can say in a usual way."""
        if plan.got.stdout and len(recipients) == 1 and re.fullmatch(r"[\w.+][\w.+-]{,99}@[\w.-]+", recipients[0]):
            explained = run("vadmin", "-C", self.vmail.dir, "explain", recipients[0])
            # Of a static vdeliver another C library has the words for errno.
            said = plan.got.stdout.replace(b"Symbolic link loop", b"Too many levels of symbolic links")
            self.assertEqual(explained.stdout, said, (explained, plan))

    def others_agree(self, plan, recipients):
        """A line end cannot stand in a command, nor ten thousand bytes in a request."""
        wanted = plan.status if plan.status in (0, 75) else 1
        may = {wanted, 75} if self.others_may_wait else {wanted}
        if not re.search("[\r\n]", "".join(recipients)):
            replies = self.others.rcpt(recipients)
            self.assertIn(decided_by(replies, "4", "250"), may, (replies, plan))
            if len(replies) == 1 and wanted and replies[0][:3] not in ("421", "500", "501"):
                code = {67: "550", 68: "550", 69: "554", 75: "451", 77: "550"}[plan.status]
                self.assertEqual(replies[0].split(" ")[:2], [code, plan.stderr.split(" ")[0]], (replies, plan))
        if max(map(len, recipients), default=0) < 9000:
            answers = self.others.lookups(recipients)
            self.assertIn(decided_by(answers, "TEMP", "OK"), may, (answers, plan))

    def leads(self, recipient, *targets, **more):
        """To exactly these targets, in this order; the plan is returned."""
        plan = self.plan(recipient, **more)
        self.assertEqual((plan.targets, plan.status, plan.stderr), (list(targets), 0, ""), plan)
        return plan

    def fails(self, recipient, status, line, **more):
        """With this status and exactly this one line."""
        plan = self.plan(recipient, **more)
        self.assertEqual((plan.status, plan.stderr), (status, line + "\n"), plan)
        return plan

    def unknown(self, recipient, named=None, **more):
        return self.fails(recipient, 67, f"5.1.1 unknown user {named or recipient}", **more)

    def waits(self, recipient, text, code="4.3.5", **more):
        return self.fails(recipient, 75, f"{code} {text}", **more)
