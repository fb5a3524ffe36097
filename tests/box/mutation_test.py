#!/usr/bin/python3
"""Every file of the installation with a mistake in it: mail arrives where it belongs, or waits.

VMAIL_MUTATIONS=N: so many of each file.
"""
import random
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/fault")
from faults import *

MUTATIONS = int(os.environ.get("VMAIL_MUTATIONS", fewer(25)))
BYTES = b'\0\n\r\t "#%,:;<>\\|/@()=-+*!.x079\xff\xc3'
MARK = b"S: %s\n\nof %d\n"
STATUSES = (0, 67, 68, 69, 75, 77)

if ROOT:
    # Where an empty vmail.conf leads: there is no spool.
    for place in ("/var/spool", "/var/lib"):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "vmail", place], check=True)


def changed_bytes(dice, text):
    at = dice.randrange(len(text) + 1)
    return text[:at] + bytes(dice.choices(BYTES, k=dice.randrange(3))) + text[at + dice.randrange(3):]


def changed_bit(dice, text):
    at = dice.randrange(len(text))
    return text[:at] + bytes([text[at] ^ 1 << dice.randrange(8)]) + text[at + 1:]


def changed_lines(dice, text):
    """One is doubled, taken out, moved, or joined to the next."""
    lines = text.splitlines(True)
    at = dice.randrange(len(lines))
    line = lines[at]
    how = dice.randrange(4)
    if how == 0:
        lines.insert(dice.randrange(len(lines)), line)
    elif how == 1:
        del lines[at]
    elif how == 2:
        lines.insert(dice.randrange(len(lines)), lines.pop(at))
    else:
        lines[at] = line.rstrip(b"\n")
    return b"".join(lines)


def cut(dice, text):
    return text[:dice.randrange(len(text))]


def garbage(dice, text):
    at = dice.randrange(len(text))
    return text[:at] + dice.randbytes(dice.choice([1, 10, 1000])) + text[at:]


MUTATE = [changed_bytes, changed_bytes, changed_bytes, changed_bit, changed_lines, cut, garbage]


def is_account(name, passwd):
    """Whether a line is the account's, as a person reads it."""
    return any(line.split(b":")[0].strip(b" \t\0\r").lower() == name for line in passwd.split(b"\n"))


def is_alias(name, aliases):
    """Whether a person could take a line for an alias of that name."""
    return re.search(rb"(?im)^[\W_]*%s[^:\n]*:" % name, aliases) is not None


class Mutations(BoxTest):
    def setUp(self):
        self.vmail = self.installation({"log": "mail", "max-alias-depth": "20", "max-message-size": "50M",
                                        "recipient-delimiter": "+", "delivery-timeout": "280s",
                                        "lock-timeout": "60s", "max-recipients": "100"})
        for name in ("spool", "homes", "state"):        # a cut path leads nowhere else
            self.vmail.settings[name] = f"../{name}"
        self.vmail.set()
        self.vmail.domain("a.test", {
            "description": "A", "mailbox": "mbox", "fallback": "ann", "match-full-name": "yes",
            "extra-aliases": "extra", "inbox-limit": "1000000", "over-quota": "defer", "reject-mail": "no"},
            accounts=["joe", "ann"], aliases="# lists\nteam: joe, ann\nboss: \\ann\nall: :include:list\n"
            "joseph: joe\nhole: /dev/null\n")
        self.vmail.domain("b.test", {"mailbox": "maildir"}, accounts=["bob"])
        for name, text in (("extra", "more: joe\nann: \\ann\n"), ("addresses", "127.0.0.1 a.test\n"),
                           ("grants.a.test", "joe: ann retrieve\n"), ("admins", "root:*:::::::\n"),
                           ("quota-warning", "Subject: nearly full\n\nIt is.\n"), ("list", "joe\n")):
            self.vmail.write(name, text)
        self.number = self.judged = 0

    def holders(self, mark):
        """Which inboxes have it: {"joe@a.test": how often}."""
        found = {}
        for place, _, names in os.walk(self.vmail.spool):
            for name in names:
                path = os.path.join(place, name)
                with open(path, "rb") as f:
                    count = f.read().count(mark)
                if count:
                    who = os.path.relpath(path, self.vmail.spool)
                    found[who] = found.get(who, 0) + count
        return found

    def one(self, face, to, name, text):
        """One delivery with a file changed; what is wrong with it, or None."""
        self.number += 1
        mark = b"mark of %d\n" % self.number
        got = face(self.vmail, to, b"S: x\n\n" + mark)
        user, domain = to.split("@")
        where = self.holders(mark)
        codes = got.errors + "".join(reply or "" for reply in got.replies)
        existing = (name != "passwd.a.test" or domain != "a.test" or is_account(user.encode(), text)) and not (
            name in ("aliases.a.test", "extra") and is_alias(user.encode(), text)) and not (
            name == "vmail.conf" and " 5.3.4 " in " " + codes)
        if got.status not in STATUSES or any("deadline" in w or "not a reply" in w for w in got.wrong):
            return f"it ended badly: {got}"
        if not existing:
            return None
        self.judged += 1
        if got.wrong or (face is by_vdeliver and got.status not in (0, 75)):
            return f"refused: {got}"
        if any(not place.startswith(f"{domain}/{user}") for place in where):
            return f"in another's inbox: {where}"
        if got.done and list(where.values()) not in ([1], []) or not got.done and where:
            return f"not there once, or there and not done: {where} {got}"
        if got.done and not where and name not in ("vmail.conf", f"domain.{domain}"):
            return f"lost: {got}"
        if got.done and not where and not self.anywhere(mark):
            return f"lost: {got}"
        return None

    def anywhere(self, mark):
        """A changed path is a place, too."""
        return any(mark in self.content(os.path.join(place, name)) for place, _, names in
                   os.walk(self.vmail.scratch) for name in names)

    def content(self, path):
        if not os.path.isfile(path):
            return b""
        with open(path, "rb") as f:
            return f.read()

    def check(self, name):
        good = self.vmail.read(name)
        mode = os.stat(os.path.join(self.vmail.dir, name)).st_mode & 0o777
        own = "b.test" if name.endswith("b.test") else "a.test"
        self.judged = 0
        for n in range(MUTATIONS):
            dice = random.Random(f"{name} {n}")
            text = dice.choice(MUTATE)(dice, good)
            self.vmail.write(name, text, mode)
            to = "bob@b.test" if own == "b.test" else "joe@a.test"
            for face, who in ((by_vdeliver, to), (by_vlmtpd, to)):
                self.assertIsNone(self.one(face, who, name, text), (face.__name__, who, text))
            if own == "a.test" and name != "vmail.conf":
                other = self.vmail.deliver("bob@b.test")
                self.assertEqual(other.status, 0, (text, other))
            self.empty()
        self.assertGreater(self.judged, MUTATIONS, "most of them are judged")
        self.vmail.write(name, good, mode)
        for face in (by_vdeliver, by_vlmtpd):
            self.assertTrue(face(self.vmail, "joe@a.test", b"S: x\n\n").done)

    def empty(self):
        """Else the search for marks takes ever longer."""
        for domain in os.listdir(self.vmail.spool):
            shutil.rmtree(os.path.join(self.vmail.spool, domain))

    def test_mistakes_in_vmail_conf(self):
        self.check("vmail.conf")

    def test_mistakes_in_a_domain_s_settings(self):
        self.check("domain.a.test")

    def test_mistakes_in_the_settings_of_a_domain_with_maildirs(self):
        self.check("domain.b.test")

    def test_mistakes_in_passwd(self):
        self.check("passwd.a.test")

    def test_mistakes_in_shadow(self):
        self.check("shadow.a.test")

    def test_mistakes_in_aliases(self):
        self.check("aliases.a.test")

    def test_mistakes_in_an_extra_alias_file(self):
        self.check("extra")

    def test_mistakes_in_files_that_a_delivery_needs_not(self):
        for name in ("addresses", "grants.a.test", "admins", "quota-warning", "list"):
            self.check(name)


if __name__ == "__main__":
    main()
