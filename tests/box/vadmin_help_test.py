#!/usr/bin/python3
"""vadmin: help that teaches, its examples as they stand there, exit statuses, completion of words."""
import json
import pty
import shlex

from harness import *

ZSH = os.path.join(PEERS, "zsh")


def table():
    """{operation: what the table of operations tells of its parameters}"""
    names = [row["operation"] for row in json.loads(run("vadmin", "--json", "help").stdout)["result"]]
    return {name: json.loads(run("vadmin", "--json", "help", *name.split()).stdout)["result"]
            for name in names}


class Example(BoxTest):
    """An installation that the examples of the help are true of."""
    def setUp(self):
        self.vmail = self.installation()
        self.place = os.path.join(self.vmail.scratch, "here")
        os.mkdir(self.place)
        for name, text in (("away.txt", "\naway\n"), ("password.txt", "kermit sings 7\n"),
                           ("people.csv", "address,name\neva@example.org,Eva Example\n")):
            with open(os.path.join(self.place, name), "w") as f:
                f.write(text)
        self.furnish("example.org")

    def furnish(self, domain):
        self.ok("domain", "add", domain)
        for who in ("ann", "bob", "dora"):
            self.ok("user", "add", f"{who}@{domain}")
        self.ok("alias", "add", f"sales@{domain}", "ann", "bob")
        self.ok("alias", "set", f"sales@{domain}", "membership=open")
        self.ok("auto", "set", f"info@{domain}", "-", input=b"\ninfo\n")
        self.ok("domain", "alias", domain, "example.net")
        self.ok("user", "grant", f"ann@{domain}", "bob", "all")
        self.ok("user", "delete", f"dora@{domain}")
        self.ok("domain", "set", domain, "co-administration=yes")
        self.ok("admin", "add", f"otto@{domain}")
        self.ok("backup", os.path.join(self.place, "example.tar"))

    def ok(self, *args, **more):
        got = self.vmail.run("vadmin", *args, **more)
        self.assertEqual(got.status, 0, got)
        return got


class Help(Example):
    def examples(self, name):
        text = run("vadmin", "help", *name.split()).stdout.decode()
        return re.search(r"^For example:\n((?:  .*\n)+)", text, re.M)[1].splitlines()

    def test_every_operation_teaches_itself(self):
        for name, params in table().items():
            text = run("vadmin", "help", *name.split()).stdout.decode()
            with self.subTest(name):
                self.assertTrue(text.startswith(f"vadmin {name}"))
                self.assertEqual(len(self.examples(name)), 2)
                for example in self.examples(name):
                    self.assertIn(f"{name} ", example + " ")
                for status in (0, 64, 65, 67, 73, 75, 77):
                    self.assertRegex(text, rf"(?m)^ *{status} +\w")
                for param in params:
                    told = re.search(rf"^  {re.escape(param['parameter'])}\s*.*\n((?:   .*\n)+)", text, re.M)
                    self.assertIsNotNone(told, f"no limits are told of {param['parameter']}")
                    if param["label"] == "NAME=VALUE":
                        self.assertRegex(told[1], r"(?m)^    [a-z-]+ +\S")
                self.assertEqual([line for line in text.splitlines()
                                  if len(line) > 79 and not line.startswith("vadmin")
                                  and not line.startswith("  vadmin")], [])

    def test_the_first_screen_is_within_80_columns(self):
        self.assertEqual([line for line in run("vadmin", "help").stdout.decode().splitlines() if len(line) > 79], [])

    def test_every_example_works(self):
        # they have no -n: vadmin_move_test.py, vadmin_linuxconf_test.py and others try them
        for name in table().keys() - {"domain rename", "domain delete", "domain restore", "domain purge",
                                      "user rename", "import linuxconf", "import postfix", "import maildirs"}:
            for example in self.examples(name):
                line = example.strip().replace("vadmin", f"{program('vadmin')} -C {self.vmail.dir}")
                # One after the other each would change what the next one needs.
                if " -n " not in line:
                    line = line.replace("vadmin", "vadmin -n", 1)
                if name == "domain add":
                    line = line.replace("example.org", "example.edu")
                with self.subTest(example.strip()):
                    got = run("/bin/sh", "-c", line, cwd=self.place)
                    self.assertEqual(got.status, 0, got)
                    self.assertRegex(got.stderr, r"\A(vadmin: note: .*\n)*\Z")

    def test_an_option_that_every_operation_has_may_stand_anywhere(self):
        wanted = self.ok("--json", "user", "list").stdout
        self.assertEqual(self.ok("user", "list", "--json").stdout, wanted)
        before = self.vmail.read("domain.example.org")
        self.ok("domain", "lock", "example.org", "-n")
        self.assertEqual(self.vmail.read("domain.example.org"), before)
        self.assertEqual(self.ok("user", "search", "--", "--json").stdout, b"")


class Statuses(Example):
    """Each status, in words and in JSON."""
    ROWS = (
        (0, None, ("domain", "show", "example.org")),
        (64, "usage", ("domain", "show")),
        (64, "usage", ("nonsense",)),
        (64, "usage", ("domain", "list", "--nonsense")),
        (65, "invalid", ("domain", "set", "example.org", "max-users=x")),
        (65, "invalid", ("user", "quota", "ann@example.org", "0")),
        (67, "absent", ("domain", "show", "nowhere.test")),
        (67, "absent", ("user", "show", "nobody@example.org")),
        (67, "absent", ("alias", "show", "nobody@example.org")),
        (67, "absent", ("undo", "1000")),
        (73, "exists", ("user", "add", "ann@example.org")),
        (73, "exists", ("domain", "add", "example.org")),
        (77, "refused", ("undo", "8")),
    )

    def test_each_has_its_number_and_its_word(self):
        self.ok("undo", "8")                    # of which the last row is the second one
        for status, word, line in self.ROWS:
            with self.subTest(line):
                got = self.vmail.run("vadmin", *line)
                self.assertEqual((got.status, got.stderr.startswith("vadmin: ")), (status, word is not None), got)
                told = self.vmail.run("vadmin", "--json", *line)
                page = json.loads(told.stdout)
                self.assertEqual((told.status, page.get("error"), told.stderr), (status, word, ""), told)
                if word is not None:
                    self.assertEqual(f"vadmin: {page['text']}\n", got.stderr)

    def test_a_file_in_the_way_is_temporary(self):
        os.mkdir(os.path.join(self.vmail.dir, ".shadow.example.org.new"))
        got = self.vmail.run("vadmin", "--json", "user", "lock", "ann@example.org")
        self.assertEqual((got.status, json.loads(got.stdout)["error"]), (75, "temporary"), got)

    def test_check_tells_that_it_found_something(self):
        self.vmail.write("passwd.example.org", "nonsense\n")
        got = self.vmail.run("vadmin", "--json", "check", "--files")
        self.assertEqual(got.status, 1, got)
        self.assertIn("where", json.loads(got.stdout)["result"][0])


@once("shells ask, as they do for everybody")
class Completion(Example):
    def complete(self, *words):
        return self.ok("complete", "--", "-C", self.vmail.dir, *words).stdout.decode().splitlines()

    def test_what_a_word_can_become(self):
        self.ok("domain", "add", "example.edu")
        self.ok("domain", "delete", "example.edu")
        rows = (
            (["dom"], ["domain"]),
            (["user", "re"], ["rename", "restore"]),
            (["domain", "un"], ["unalias", "unlock"]),
            (["-"], ["-C", "--as", "-n", "--json"]),
            (["domain", "show", "exa"], ["example.net", "example.org"]),
            (["user", "show", "an"], ["ann@example.org"]),
            (["user", "lock", "ann@"], ["ann@example.org"]),
            (["user", "lock", "x"], []),
            (["user", "add", "carl@example.o"], ["carl@example.org"]),
            (["domain", "add", "exa"], []),
            (["user", "delete", "ann@example.org", "--"], ["--json", "--replace-by", "--yes"]),
            (["user", "vacation", "ann@example.org", "o"], ["on", "off"]),
            (["user", "vacation", "ann@example.org", "on", "--text", ""], [":files"]),
            (["user", "quota", "ann@example.org", ""], ["none", "disabled", "default"]),
            (["domain", "set", "example.org", "max-u"], ["max-users="]),
            (["domain", "set", "example.org", "mailbox="], ["mailbox=mbox", "mailbox=maildir"]),
            (["domain", "set", "example.org", "reject-mail=y"], ["reject-mail=yes"]),
            (["user", "set", "ann@example.org", "qu"], ["quota="]),
            (["alias", "show", "sal"], ["sales@example.org"]),
            (["alias", "add", "sales@example.org", "b"], ["bob@example.org"]),
            (["alias", "set", "sales@example.org", "d"], ["description="]),
            (["alias", "set", "sales@example.org", "m"], ["membership=open", "membership=restricted"]),
            (["user", "forward", "ann@example.org", "o"], ["off"]),
            (["auto", "show", "info@example.org"], ["info@example.org"]),
            (["auto", "set", "info@example.org", ""], [":files"]),
            (["log", "example.o"], ["example.org"]),
            (["user", "restore", ""], ["dora@example.org"]),
            (["user", "purge", "DO"], ["dora@example.org"]),
            (["user", "restore", "ann"], []),
            (["domain", "restore", ""], ["example.edu"]),
            (["domain", "purge", "x"], []),
            (["backup", ""], [":files", "example.net", "example.org", "ann@example.org", "bob@example.org"]),
            (["backup", "an"], [":files", "ann@example.org"]),
            (["backup", "ann@example.org", ""], [":files"]),
            (["restore", "x.tar", "exa"], ["example.net", "example.org"]),
            (["help", "user", "gr"], ["grant"]),
            (["help", "--completion", ""], ["bash", "zsh"]),
            (["nonsense", ""], []),
            (["domain", "show", "example.org", ""], []),
        )
        for words, wanted in rows:
            with self.subTest(words):
                self.assertEqual(sorted(set(self.complete(*words))), sorted(wanted))

    def test_every_operation_and_option_is_offered(self):
        for name, params in table().items():
            words = name.split()
            self.assertIn(words[-1], self.complete(*words[:-1], ""))
            options = [p["parameter"] for p in params if p["parameter"].startswith("--")]
            self.assertLessEqual(set(options), set(self.complete(*words, "--")))

    def test_the_trash_offers_each_what_is_his(self):
        self.ok("domain", "add", "example.edu")
        self.ok("user", "add", "eva@example.edu")
        self.ok("user", "delete", "eva@example.edu")
        self.ok("domain", "add", "gone.test")
        self.ok("domain", "delete", "gone.test")
        for who, accounts, domains in (((), ["dora@example.org", "eva@example.edu"], ["gone.test"]),
                                       (("--as", "admin/otto@example.org"), ["dora@example.org"], []),
                                       (("--as", "user/ann@example.org"), [], [])):
            self.assertEqual(sorted(self.complete(*who, "user", "restore", "")), accounts, who)
            self.assertEqual(self.complete(*who, "domain", "purge", ""), domains, who)

    def test_what_cannot_be_asked_offers_nothing(self):
        got = run("vadmin", "complete", "--", "-C", "/nowhere", "domain", "show", "")
        self.assertEqual((got.status, got.stdout, got.stderr), (0, b"", ""))

    def test_the_installed_scripts_are_what_help_prints(self):
        for shell in ("bash", "zsh"):
            with open(os.path.join(TREE, "etc-templates", "completion", shell), "rb") as f:
                self.assertEqual(f.read(), run("vadmin", "help", "--completion", shell).stdout,
                                 "out/bin/vadmin help --completion SHELL writes it anew")

    def type(self, argv, env, keys):
        """What a shell on a terminal prints, which is typed to, up to its end."""
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(self.place)
            os.execve(argv[0], argv, {**environment(), "TERM": "dumb", "HOME": self.place,
                                      "PATH": f"{BIN}:{PATH}", **env})
        try:
            os.write(fd, keys.encode())
            said, deadline = b"", Deadline()
            while select.select([fd], [], [], deadline.left())[0]:
                try:
                    more = os.read(fd, 65536)
                except OSError:                 # it has ended
                    more = b""
                if not more:
                    return said.decode("utf-8", "replace")
                said += more
            raise AssertionError(f"it did not end; it said {said!r}")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(fd)

    # What is typed, and what has to come of it.
    KEYS = (f"vadmin -C {{dir}} user sho\tan\t\n"
            f"vadmin -C {{dir}} domain set example.org max-u\t77\n"
            f"vadmin -C {{dir}} user vacation bob@\ton --te\tawa\t\n"
            f"exit\n")

    def typed(self, argv, env):
        said = self.type(argv, env, self.KEYS.format(dir=self.vmail.dir))
        self.assertRegex(said, r"account *(\t| )ann@example\.org", said)
        self.assertIn(b"max-users = 77\n", self.vmail.read("domain.example.org"), said)
        self.assertEqual(self.ok("user", "vacation", "bob@example.org", "show").stdout.split()[:2],
                         [b"vacation", b"on"], said)

    def bash(self):
        rc = os.path.join(self.place, "rc")
        with open(rc, "w") as f:
            f.write("bind 'set enable-bracketed-paste off'\n"
                    f". {shlex.quote(os.path.join(TREE, 'etc-templates/completion/bash'))}\n")
        return ["/bin/bash", "--noprofile", "--rcfile", rc, "-i"]

    def test_bash_completes_words(self):
        self.typed(self.bash(), {})

    def test_bash_reads_words_as_it_would_and_executes_nothing_in_them(self):
        directory, name = os.path.split(self.vmail.dir)
        said = self.type(self.bash(), {"HOME": directory, "V": self.vmail.dir, "line": "user", "word": "a b"}, (
            f"vadmin -C ~/{name} domain set example.org max-u\t78\n"
            "vadmin -C \"${V}\" $line quota ann@\t7M\n"
            "vadmin -C $V user set 'bo\tname=\"$word\"\n"
            "vadmin -C $V user forward bob@\t'ann@exam\t\n"
            "vadmin -C $V auto set help@example.org $HOME/here/aw\t\n"
            "vadmin -C $V backup an\tb.t\tar\n"
            f"vadmin -C $(touch {self.place}/bad) user sho\t\x15"
            f"vadmin -C `touch {self.place}/bad` user sho\t\x15"
            f"vadmin -C ${{V:=$(touch {self.place}/bad)}} user sho\t\x15"
            f"vadmin -C $V ${{a[$(touch {self.place}/bad)]}} user sho\t\x15"
            "exit\n"))
        self.assertIn(b"max-users = 78\n", self.vmail.read("domain.example.org"), said)
        self.assertIn(b"7168", self.ok("user", "quota", "ann@example.org").stdout, said)
        self.assertIn(b"\nname\ta b\n", self.ok("user", "show", "bob@example.org").stdout, said)
        self.assertIn(b"ann@example.org", self.ok("user", "forward", "bob@example.org").stdout, said)
        self.assertIn(b"away", self.ok("auto", "show", "help@example.org").stdout, said)
        self.assertTrue(os.path.exists(os.path.join(self.place, "b.tar")), said)
        self.assertFalse(os.path.exists(os.path.join(self.place, "bad")), said)

    def test_zsh_completes_words(self):
        if not os.path.exists(ZSH):
            self.skipTest("no zsh: make deps")
        functions = os.path.join(self.place, "functions")
        os.mkdir(functions)
        os.symlink(os.path.join(TREE, "etc-templates/completion/zsh"), os.path.join(functions, "_vadmin"))
        with open(os.path.join(self.place, ".zshrc"), "w") as f:
            f.write(f"module_path=({ZSH}/usr/lib/*/zsh/5.9)\n"
                    f"fpath=({functions} {ZSH}/usr/share/zsh/functions/**/*(/))\n"
                    "autoload -Uz compinit\ncompinit -u -D\nunsetopt zle_bracketed_paste 2>/dev/null\n"
                    "unset zle_bracketed_paste\n")
        self.typed([f"{ZSH}/bin/zsh", "-d", "-i"], {"ZDOTDIR": self.place})


if __name__ == "__main__":
    main()
