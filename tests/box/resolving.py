"""resolving.py: what the tests of the resolver share: plans as vdeliver -n prints them."""
import re

from harness import *
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


class Resolving(BoxTest):
    """Domains a.test with joe and ann, and b.test with bob; .vmail is their installation."""
    settings = {}                           # of vmail.conf
    domain = {}                             # of domain.a.test

    def setUp(self):
        self.vmail = self.installation(self.settings)
        self.vmail.domain("a.test", self.domain, accounts=["joe", "ann"])
        self.vmail.domain("b.test", accounts=["bob"])

    def aliases(self, text, domain="a.test"):
        return self.vmail.write(f"aliases.{domain}", text)

    def accounts(self, *lines, domain="a.test"):
        self.vmail.write(f"passwd.{domain}", "".join(line + "\n" for line in lines))

    def change(self, domain="a.test", **settings):
        """More lines for domain.D."""
        lines = lines_of({k.replace("_", "-"): v for k, v in settings.items()})
        self.vmail.write(f"domain.{domain}", self.vmail.read(f"domain.{domain}") + lines.encode())

    def plan(self, *recipients, options=(), **more):
        plan = Plan(self.vmail, self.vmail.run("vdeliver", "-n", *options, "--", *recipients, **more))
        self.assertIn(plan.status, STATUSES, plan)
        for line in plan.stderr.split("\n")[:-1]:
            self.assertRegex(line, r"^[45]\.\d{1,3}\.\d{1,3} [^\x00-\x1f\x7f]+$", plan)
        return plan

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
