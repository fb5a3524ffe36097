#!/usr/bin/python3
"""What strangers write never runs: addresses in commands, in every kind of quotes, place and shell.

Each command has all contexts at once, so one delivery asks about all of them:
what a context got is an argument of its own, and has to be exactly the address
with "_" for every unusual byte; what comes by the environment is exact.
VMAIL_PAYLOADS says how many random payloads there are besides the chosen ones.
"""
import random

from lmtp import *

MESSAGE = b"Subject: x\n\nhello\n"
HARMLESS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@._+=:,-")
RANDOM = int(os.environ.get("VMAIL_PAYLOADS", 60))

# C is the canary that they try to make.
PAYLOADS = [
    # substitution
    "$(touch C)", "`touch C`", "$(`touch C`)", "`$(touch C)`", "\"$(touch C)\"", "'$(touch C)'", "\\$(touch C)",
    "\\\\`touch C`", "$((`touch C`))", "${x:=`touch C`}", "${x:-$(touch C)}", "$(<C)", "$(>C)", "<(touch C)",
    ">(touch C)",
    # the end of a command, and another one
    ";touch C;", "|touch C|", "||touch C", "&touch C&", "&&touch C", ";;touch C", "x;>C", "x|tee C", "x>C",
    "x>>C", "x>|C", "x<>C", "2>C", "&>C", "x&>>C",
    # out of quotes
    "';touch C;'", "\";touch C;\"", "'\";touch C;\"'", "\"';touch C;'\"", "\\';touch C;'", "\\\";touch C;\"",
    "\\", "\\\\", "'", "\"", "'\"'\"'", "$'\\x3btouch C'", "$\"`touch C`\"",
    # words, names, options
    "${IFS}touch${IFS}C", "{touch,C}", "* ? [a-z]*", "~root ~ ~+", "!touch C", "#x", "x #", "-rf", "--help",
    "-c 'touch C'", "x=C y=C", "() { :;}; touch C", "$0 $1 $@ $* $# $$ $! $?", "<<E touch C E", "a\tb  c ",
    # our own tokens, other programs' ones, odd bytes
    "%f%u%d%%", "%25f %n %s %x", "${run{touch C}}", "\x01\x1b]0;touch C\x07\x7f", "\u00e9`touch C`\u2028",
    "$(touch C" + ")" * 50, "(" * 50 + "touch C",
]

# What stands for the address in the command, in each kind of quotes and places; %% is a per cent sign.
CONTEXTS = ['"%T"', "'%T'", "%T", '$(printf %%s %T)', "`printf %%s %T`", '"$(printf %%s "%T")"',
            "\"`printf %%s '%T'`\"", "$(echo $(printf %%s %T))", "pre%Tpost", '"a $(echo "%T") b"',
            '${unset:-%T}', "$(printf '%%s\\n' %T | cat)", '"$(eval printf %%s %T)"',
            "$(sh -c 'printf %%s %T')", '"$(echo %T; echo)"', "\"$(printf '<%%s' \"%T\" | tail -c +2)\""]
EXACT = ["SENDER", "LOCAL", "RECIPIENT", "EXTENSION", "USER"]
RECORD = """#!/bin/sh
# Keeps its arguments and its environment.
out=$1
shift
printf '%s\\0' "$@" > "$out/argv"
cat /proc/$$/environ > "$out/env"
"""


def template(script, out):
    """The command of a place, %f and %u in every context."""
    words = [c.replace("%T", token) for token in ("%f", "%u") for c in CONTEXTS]
    return (f"{script} {out} " + " ".join(words) + " "
            + " ".join(f'"${name}"' for name in EXACT) + "; for x in %f %u; do :; done; : %f %u")


def in_context(context, text):
    """What the recorder gets of a harmless text."""
    return context.split("%T")[0] + text + context.split("%T")[1] if context == "pre%Tpost" else \
        f"a {text} b" if context == '"a $(echo "%T") b"' else text


def harmless(value):
    data = bytes(b if b in HARMLESS else ord("_") for b in value.encode())
    return (b"_" + data[1:] if data[:1] == b"-" else data).decode()


def quoted(local):
    """A local part as an address has it."""
    if re.fullmatch(r"[A-Za-z0-9_+=-]+(\.[A-Za-z0-9_+=-]+)*", local):
        return local
    return '"' + re.sub(r'([\\"])', r"\\\1", local) + '"'


def random_payload(dice):
    pieces = ["$(", ")", "`", "'", '"', "\\", ";", "|", "&", ">", "<", "{", "}", "$", "%", "*", "?", "~", "#", "!",
              " ", "\t", "touch C", "C", "x", "-", "=", "f", "u", "\x7f", "\u00fc", "${IFS}", "$$", "%f", "%%"]
    return "".join(dice.choices(pieces, k=dice.randint(1, 12)))


# --- places -----------------------------------------------------------------------

def escaped(command):
    """A command as a member of an alias file."""
    return '"|%s"' % command.replace("\\", "\\\\").replace('"', '\\"')


def in_alias(test, command):
    test.vmail.write("aliases.a.test", f"run: {escaped(command)}\n")
    return "run"


def in_forward(test, command):
    test.put(test.vmail.home("joe@a.test") + "/.forward", escaped(command).encode() + b"\n")
    return "joe"


def in_files(test, command):
    test.vmail.extra("a.test", "joe.forward", escaped(command) + "\n")
    return "joe"


def in_filter(test, command):
    test.vmail.write("domain.a.test", test.plain + f"filter = {command}; cat\n")
    return "joe"


def in_fallback(test, command):
    test.vmail.write("domain.a.test", test.plain + f"fallback = | {command}\n")
    return "whoever"


PLACES = {"an alias": in_alias, "a forward": in_forward, "a forward of an administrator": in_files,
          "a filter": in_filter, "a fallback": in_fallback}


class Commands(LmtpTest):
    def setUp(self):
        super().setUp()
        self.out = self.vmail._directory("out", 0o777)
        self.canary = self.out + "/C"
        self.script = self.vmail.write("record", RECORD, mode=0o755)
        self.vmail.domain("a.test", {"user-commands": "yes"}, accounts=["joe"])
        self.plain = self.vmail.read("domain.a.test").decode()

    def shell(self, path):
        """As root: what /bin/sh is for this test."""
        if not path:
            return
        place = os.path.realpath("/bin/sh")
        subprocess.run(["mount", "--bind", path, place], check=True)
        self.addCleanup(subprocess.run, ["umount", place], check=True)

    def recorded(self):
        """(arguments, environment), which are taken away; None: nothing ran."""
        if "argv" not in os.listdir(self.out):
            return None
        argv = self.content(f"{self.out}/argv").decode().split("\0")[:-1]
        env = dict(w.split("=", 1) for w in self.content(f"{self.out}/env").decode().split("\0") if w)
        os.unlink(f"{self.out}/argv")
        os.unlink(f"{self.out}/env")
        return argv, env

    def fault_of(self, base, payload):
        """What went wrong with it as sender and as extension of the recipient; None: nothing."""
        payload = re.sub(r"\bC\b", self.canary, payload)
        local = f"{base}+{payload}"
        sender = f"{quoted(payload)}@far.test"
        got = self.vmail.deliver(f"{quoted(local)}@a.test", MESSAGE, sender=sender)
        kept = self.recorded()
        if left := os.listdir(self.out):
            return f"it ran, and left {left}"
        if got.status != 0:
            return None if kept is None and got.status in (67, 75) and got.stderr[1:2] == "." else repr(got)
        self.accepted += 1
        if kept is None:
            return f"nothing ran: {got}"
        argv, env = kept
        exact = {"SENDER": sender, "LOCAL": local, "USER": base, "EXTENSION": payload}
        wanted = [in_context(c, harmless(t)) for t in (sender, local) for c in CONTEXTS]
        if argv[:len(wanted)] != wanted:
            return [(c, a) for c, a, w in zip(CONTEXTS * 2, argv, wanted) if a != w]
        if argv[len(wanted):] != [env[name] for name in EXACT]:
            return argv[len(wanted):]
        if wrong := {n: env[n] for n in exact if env[n] != exact[n]}:
            return wrong
        return None

    def are_inert(self, base, payloads, share=0.75):
        """So many of them have to be accepted."""
        self.accepted = 0
        faults = {p: fault for p in payloads if (fault := self.fault_of(base, p)) is not None}
        self.assertEqual(faults, {})
        self.assertGreater(self.accepted, len(payloads) * share)


def is_inert(self, place, shell):
    self.shell(shell)
    base = PLACES[place](self, template(self.script, self.out))
    self.are_inert(base, thinned(PAYLOADS))


def shells():
    """(sentence, path): "" is the system's own.  Ours is the same program, whatever the shell."""
    found = [("the system's shell", "")]
    if ROOT and not PART:
        own = os.path.realpath("/bin/sh")
        found += [(name, path) for name in ("dash", "bash", "busybox")
                  if (path := shutil.which(name)) and os.path.realpath(path) != own]
    return found


@rows(is_inert, [(f"in {place}, with {name}", place, shell) for name, shell in shells() for place in PLACES])
class Injection(Commands):
    def test_there_are_sixty_payloads_and_more(self):
        self.assertGreaterEqual(len(set(PAYLOADS)), 60)

    def test_it_is_told_when_a_payload_does_run(self):
        # commands that expand twice, by eval: the negative control
        for command in ('eval "echo $SENDER"', 'sh -c "echo $LOCAL"', "eval : $SENDER"):
            base = in_alias(self, template(self.script, self.out) + "; " + command)
            self.accepted = 0
            faults = [p for p in PAYLOADS if "it ran" in str(self.fault_of(base, p)) or self.swept()]
            self.assertGreater(len(faults), 3, command)

    def swept(self):
        for name in os.listdir(self.out):
            os.unlink(f"{self.out}/{name}")

    def test_random_payloads(self):
        dice = random.Random(RANDOM)
        base = in_alias(self, template(self.script, self.out))
        payloads = [random_payload(dice) for _ in range(RANDOM)]
        self.are_inert(base, thinned(payloads), 0.4 if PART else 0.5)

    def test_the_domain_of_a_sender(self):
        in_alias(self, template(self.script, self.out))
        for payload in thinned(PAYLOADS):
            payload = re.sub(r"\bC\b", self.canary, payload)
            sender = f"x@{payload}"
            got = self.vmail.deliver("run@a.test", MESSAGE, sender=sender)
            kept = self.recorded()
            self.assertEqual(os.listdir(self.out), [], payload)
            self.assertIn(got.status, (0, 67, 75), got)
            if got.status == 0:
                self.assertEqual(kept[0][:3], [harmless(sender)] * 3)
                self.assertEqual(kept[1]["SENDER"], sender)

    def test_line_ends_in_addresses_are_refused(self):
        base = in_alias(self, template(self.script, self.out))
        for end in ("\n", "\r", "\r\n", "\n\n"):
            for to, sender in ((f'"{base}+{end}touch {self.canary}"@a.test', "x@far.test"),
                               (f"{base}@a.test", f'"{end}touch {self.canary}"@far.test'),
                               (f"{base}@a.test", f"x@far.test{end}"), (f"{base}@a.test{end}", "x@far.test")):
                self.refused(67, "", to, MESSAGE, sender=sender)
        self.assertEqual(os.listdir(self.out), [])

    def test_line_ends_and_nul_in_lmtp_paths_are_refused(self):
        base = in_alias(self, template(self.script, self.out))
        lmtp = self.session()
        for byte in (b"\0", b"\r", b"\x01", b"\x7f"):
            path = b'"%s+%stouch C"@a.test' % (base.encode(), byte)
            self.assertRegex(lmtp.ask(b"MAIL FROM:<%s>" % path), r"^50[01] 5\.")
            lmtp.mail()
            self.assertRegex(lmtp.ask(b"RCPT TO:<%s>" % path), r"^50[01] 5\.")
            lmtp.ask("RSET")
        lmtp.quit()
        self.assertEqual(os.listdir(self.out), [])

    def test_by_lmtp_too_whose_grammar_of_paths_is_stricter(self):
        base = in_alias(self, template(self.script, self.out))
        accepted = 0
        for number, payload in enumerate(thinned(PAYLOADS)):
            if number % 20 == 0:                # its log goes into a pipe, which must not be full
                lmtp = self.session()
            payload = re.sub(r"\bC\b", self.canary, payload)
            sender, to = f"{quoted(payload)}@far.test", f"{quoted(base + '+' + payload)}@a.test"
            utf8 = "" if sender.isascii() else " SMTPUTF8"
            if lmtp.mail(sender, utf8) != MAIL_OK or lmtp.rcpt(to) != RCPT_OK:
                lmtp.ask("RSET")
                continue
            self.assertEqual(lmtp.data(MESSAGE), [DONE], payload)
            accepted += 1
            argv, env = self.recorded()
            self.assertEqual(argv[:3], [harmless(sender)] * 3)
            self.assertEqual((env["SENDER"], env["EXTENSION"]), (sender, payload))
            self.assertEqual(os.listdir(self.out), [], payload)
        self.assertGreater(accepted, len(thinned(PAYLOADS)) * 3 // 4)

    def test_what_the_message_says_is_nobodys_command(self):
        base = in_alias(self, template(self.script, self.out) + f"; cat > {self.out}/message")
        lines = [re.sub(r"\bC\b", self.canary, p) for p in PAYLOADS]
        message = "".join(f"{name}: {text}\n" for text in lines for name in ("Subject", "Message-ID", "X-%f"))
        message = (message + "\n" + "\n".join(lines) + "\n").encode()
        self.delivered(f"{base}@a.test", message)
        self.assertEqual(self.content(f"{self.out}/message"), trace(f"{base}@a.test") + message)
        os.unlink(f"{self.out}/message")
        self.recorded()
        self.assertEqual(os.listdir(self.out), [])

    def test_sendmail_which_no_shell_starts_gets_them_as_they_are(self):
        self.vmail.write("aliases.a.test", "far: x@away.test\n")
        for payload in thinned(PAYLOADS):
            payload = re.sub(r"\bC\b", self.canary, payload)
            sender = f"{quoted(payload)}@far.test"
            got = self.vmail.deliver("far@a.test", MESSAGE, sender=sender)
            sent = self.vmail.sent()
            self.assertIn(got.status, (0, 67), got)
            if got.status == 0:
                self.assertEqual(sent[-1][0][-4:], ["-f", sender, "--", "x@away.test"])
                self.assertFalse(sender.startswith("-"), "an option")
            for name in os.listdir(self.vmail.sendmail + ".sent"):
                shutil.rmtree(f"{self.vmail.sendmail}.sent/{name}")
        self.assertEqual(os.listdir(self.out), [])


if __name__ == "__main__":
    main()
