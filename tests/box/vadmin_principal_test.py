#!/usr/bin/python3
"""vadmin: what each principal may do: a table of commands, all of which are tried as everybody.

docs/principals.md says what each cell of it was seen to be; VMAIL_WRITE=1 writes it there.
A command that is refused has changed nothing below the installation, and is refused in the
same words whether what it names exists or not.
"""
import json

from harness import *

PAGE = os.path.join(TREE, "docs", "principals.md")
GOOD = b"kermit sings 7\n"
TEXT = b"Subject: away\n\nI am away.\n"

# Who calls, and how: of a.test, but where the heading says otherwise.
PRINCIPALS = {
    "root, or the owner": (),
    "global administrator": ("--as", "admin/boss"),
    "`admins` of vmail.conf": ("--as", "system/carl"),
    "administrator of the domain": ("--as", "admin/admin@a.test"),
    "`admins` of domain.D": ("--as", "system/dora"),
    "administrator of another": ("--as", "admin/admin@b.test"),
    "the account": ("--as", "user/joe@a.test"),
    "another account": ("--as", "user/ann@a.test"),
    "owner of the alias": ("--as", "user/olga@a.test"),
    "account of another domain": ("--as", "user/bob@b.test"),
    "anybody else": None,
}
FEW = ["root, or the owner", "administrator of the domain", "the account"]     # where programs are slow

# Each operation at least once, as it is typed; what is given on standard input.  A list is "nothing"
# where it does not show what is named behind it.
COMMANDS = [
    ("domain add new.test",),
    ("domain show a.test",),
    ("domain list", b"", b"a.test"),
    ("domain set a.test description=x",),
    ("domain alias a.test also.test",),
    ("domain unalias alias.test",),
    ("domain lock a.test",),
    ("domain unlock a.test",),
    ("domain rename a.test new.test",),
    ("domain delete a.test --with-accounts --yes",),
    ("domain restore gone.test",),
    ("domain purge gone.test --yes",),
    ("user add new@a.test --password-stdin", GOOD),
    ("user show joe@a.test",),
    ("user list a.test",),
    ("user list *@a.test", b"", b"joe@a.test"),
    ("user list", b"", b"joe@a.test"),
    ("user search joe", b"", b"joe@a.test"),
    ("alias list *@a.test", b"", b"list@a.test"),
    ("quota *", b"", b"joe@a.test"),
    ("user set joe@a.test name=Joe",),
    ("user set joe@a.test quota=1M",),
    ("user passwd joe@a.test --password-stdin", GOOD),
    ("user set joe@a.test title=Boss",),
    ("user set joe@a.test forward=joe@far.test",),
    ("user set joe@a.test alternative-address=j@a.test",),
    ("user lock joe@a.test",),
    ("user unlock joe@a.test",),
    ("user rename joe@a.test jim",),
    ("user delete joe@a.test",),
    ("user delete joe@a.test --replace-by ann@a.test",),
    ("user delete joe@a.test --replace-by me@far.test",),
    ("user restore old@a.test",),
    ("user purge old@a.test",),
    ("user vacation joe@a.test show",),
    ("user vacation joe@a.test on --text -", TEXT),
    ("user vacation joe@a.test on --text FILE",),
    ("user quota joe@a.test",),
    ("user quota joe@a.test none",),
    ("user forward joe@a.test",),
    ("user forward joe@a.test joe@far.test",),
    ("user grant joe@a.test ann retrieve",),
    ("alias add list@a.test x@far.test",),
    ("alias add list@a.test |program",),
    ("alias add piped@a.test x@far.test",),
    ("alias add fresh@a.test joe",),
    ("alias join open@a.test olga",),
    ("alias join list@a.test olga",),
    ("alias join shut@a.test olga",),
    ("alias leave open@a.test joe",),
    ("alias leave list@a.test joe",),
    ("alias leave shut@a.test joe",),
    ("alias show list@a.test",),
    ("alias show open@a.test",),
    ("alias list a.test",),
    ("alias search list", b"", b"list@a.test"),
    ("alias set list@a.test x@far.test",),
    ("alias set piped@a.test x@far.test",),
    ("alias set list@a.test membership=open",),
    ("alias set list@a.test owners=joe",),
    ("alias set shut@a.test owners=joe",),
    ("alias delete list@a.test",),
    ("alias delete piped@a.test",),
    ("auto set info@a.test -", TEXT),
    ("auto set info@a.test FILE",),
    ("auto show info@a.test",),
    ("auto list a.test",),
    ("auto delete info@a.test",),
    ("admin add new a.test --password-stdin", GOOD),
    ("admin add new --password-stdin", GOOD),
    ("admin list a.test",),
    ("admin list",),
    ("admin delete admin a.test",),
    ("admin delete boss",),
    ("admin passwd admin a.test --password-stdin", GOOD),
    ("admin passwd boss --password-stdin", GOOD),
    ("user import -", b"address\nnew@a.test\n"),
    ("user export a.test",),
    ("import csv -", b"address\nnew@a.test\n"),
    ("import linuxconf /nowhere",),
    ("import postfix -", b"virtual_mailbox_domains = new.test\n"),
    ("import maildirs /nowhere new.test",),
    ("quota a.test",),
    ("quota", b"", b"a.test"),
    ("explain list@a.test",),
    ("explain joe@a.test --who",),
    ("explain joe@a.test --from x@far.test",),
    ("check a.test",),
    ("index a.test",),
    ("log",),
    ("log a.test",),
    ("undo 2",),
    ("undo 4",),
    ("settings",),
    ("backup a.test -",),
    ("restore FILE",),
    ("fsck a.test",),
    ("help",),
    ("complete us",),
]
DONE = {"check": (0, 1), "fsck": (0, 1), "restore": (65,)}


def operations():
    return re.findall(r"^  (\w+(?: \w+)?)  +\S", run("vadmin", "help").stdout.decode(), re.M)


def operation_of(command):
    words = command.split()
    return words[0] if words[0] in operations() else " ".join(words[:2])


def snapshot(top):
    """Everything below it: what it is, whose, when it was changed, what is in it."""
    found = {}
    for base, directories, files in os.walk(top):
        for name in [".", *files, *directories]:
            path = os.path.join(base, name)
            st, text = os.lstat(path), b""
            if os.path.islink(path):
                text = os.readlink(path)
            elif os.path.isfile(path):
                with open(path, "rb") as f:
                    text = f.read()
            found[path] = (st.st_mode, st.st_uid, st.st_gid, st.st_mtime_ns, text)
    return found


class Place:
    """An installation that is as it was before each call."""
    def __init__(self, test):
        self.vmail = vmail = test.installation({"admins": "carl"})
        self.furnish()
        self.copy = os.path.join(SCRATCH, os.path.basename(vmail.scratch) + ".copy")
        test.addCleanup(shutil.rmtree, self.copy, True)
        subprocess.run(["cp", "-a", vmail.scratch, self.copy], check=True)
        self.before = snapshot(vmail.scratch)

    def furnish(self):
        vmail = self.vmail
        on = {"co-administration": "yes"}
        vmail.domain("main.test")
        vmail.domain("a.test", {**on, "admins": "dora"}, passwords={"joe": "x", "ann": "x", "olga": "x", "old": "x"},
                     aliases="postmaster: joe\nlist: joe, bob@b.test\npiped: olga, |program\nopen: ann, joe, |x\n"
                             "shut: olga, joe\n")
        vmail.write("attributes.a.test", "list: owners = olga\npiped: owners = olga\nopen: owners = olga\n"
                                         "open: membership = open\n")
        vmail.domain("b.test", on, passwords={"bob": "x"}, aliases="list: bob\n")
        os.symlink("domain.a.test", os.path.join(vmail.dir, "domain.alias.test"))
        for name, who in (("admins", "boss"), ("admins.a.test", "admin"), ("admins.b.test", "admin")):
            more = "gone:*:19000::::::\n" if name == "admins" else ""
            vmail.write(name, f"{who}:*:19000::::::\n{more}", mode=0o600)
        with open(self.file(), "wb") as f:
            f.write(TEXT)
        for args in (("user", "delete", "old@a.test"), ("auto", "set", "info@a.test", self.file()),
                     ("auto", "set", "info@b.test", self.file()), ("admin", "delete", "gone"), ("domain", "add", "gone.test"),
                     ("domain", "delete", "gone.test", "--yes"), ("check",)):
            got = vmail.run("vadmin", *args)
            assert got.status == 0 or args == ("check",), got
        # A directory that is nobody's, without root: it has no vmail.conf.
        shutil.copytree(vmail.dir, f"{vmail.scratch}/nobodys", symlinks=True)
        os.unlink(f"{vmail.scratch}/nobodys/vmail.conf")

    def file(self):
        return os.path.join(self.vmail.scratch, "text")

    def call(self, command, who, input=b""):
        if command.startswith("user passwd") and who and who[-1].startswith("user/"):
            input = b"x\n" + input    # an account says its old one first
        words = [self.file() if word == "FILE" else word for word in command.split()]
        if who is not None:
            return self.vmail.run("vadmin", *who, *words, input=input)
        if ROOT:
            return self.vmail.run("vadmin", *words, input=input, user=65534, group=65534, extra_groups=[])
        return run("vadmin", "-C", f"{self.vmail.scratch}/nobodys", *words, input=input)

    def changed(self):
        return snapshot(self.vmail.scratch) != self.before

    def restore(self):
        subprocess.run(["rm", "-rf", self.vmail.scratch], check=True)
        subprocess.run(["cp", "-a", self.copy, self.vmail.scratch], check=True)


class Own(BoxTest):
    def test_an_account_changes_its_password_with_the_old_one_alone(self):
        vmail = Place(self).vmail
        before = vmail.read("shadow.a.test")
        words = ("--as", "user/joe@a.test", "user", "passwd", "joe", "--password-stdin")
        for input in (GOOD, b"y\n" + GOOD, b"\n" + GOOD, b"", b"x" * 600 + b"\n" + GOOD):
            got = vmail.run("vadmin", *words, input=input)
            self.assertEqual(got.status, 65 if len(input) > 600 else 77, (input, got))
            self.assertEqual(vmail.read("shadow.a.test"), before)
        self.assertIn("no terminal", vmail.run("vadmin", *words[:-1], input=b"x\n").stderr)
        got = vmail.run("vadmin", *words, input=b"x\n")
        self.assertEqual((got.status, vmail.read("shadow.a.test")), (0, before), got)
        got = vmail.run("vadmin", *words, input=b"x\n" + GOOD)
        self.assertEqual(got.status, 0, got)
        hashed = vmail.read("shadow.a.test").decode().split("joe:")[1].split(":")[0]
        self.assertEqual(crypt.crypt(GOOD.decode().rstrip("\n"), hashed), hashed)
        for who in (("--as", "admin/admin@a.test"), ()):
            got = vmail.run("vadmin", *who, "user", "passwd", "joe@a.test", "--password-stdin", input=GOOD)
            self.assertEqual(got.status, 0, got)


class Included(BoxTest):
    def test_what_a_file_has_that_is_no_address_is_shown_to_root_alone(self):
        vmail = Place(self).vmail
        path = vmail.write("secrets", "key (secret one\n", mode=0o600)
        vmail.write("aliases.a.test", f"inc: :include:{path}\n")
        for who in ((), ("--as", "admin/boss"), ("--as", "admin/admin@a.test")):
            for more in ((), ("--json",), ("--from", "x@far.test")):
                options = [word for word in more if word == "--json"]
                said = vmail.run("vadmin", *options, *who, "explain", "inc@a.test", *[w for w in more if w not in options])
                text = said.stdout.decode() + said.stderr
                self.assertEqual(said.status, 75, said)
                self.assertIn(f"{path}:1: ", text)
                self.assertEqual("no list of addresses" in text, who != (), said)


class Matrix(BoxTest):
    def column(self, heading):
        """Every command as one principal: what each cell is, and what was wrong."""
        place, who, cells, wrong = Place(self), PRINCIPALS[heading], {}, []
        for command, *more in COMMANDS:
            input, shows = (more + [b"", b""])[:2] if more else (b"", b"")
            got = place.call(command, who, input)
            refused, changed = got.status == 77, place.changed()
            done = got.status in DONE.get(command.split()[0], (0,))
            cells[command] = "no" if refused else f"status {got.status}" if not done else \
                "yes" if shows in got.stdout else "nothing"
            if refused and (changed or got.stdout or got.stderr.count("\n") != 1):
                wrong.append((heading, command, "it was refused, and did or told more", got))
            if changed:
                place.restore()
        return cells, wrong

    def observe(self):
        headings = FEW if PART else list(PRINCIPALS)
        columns, wrong = {}, []

        def one(heading):
            columns[heading], found = self.column(heading)
            wrong.extend(found)
        together([lambda heading=heading: one(heading) for heading in headings], at_once=3)
        self.assertEqual(wrong, [])
        return {heading: columns[heading] for heading in headings}

    def test_every_operation_of_the_program_is_tried(self):
        self.assertEqual(sorted({operation_of(command) for command, *_ in COMMANDS}), sorted(operations()),
                         "COMMANDS needs a row for each operation")

    def test_each_cell_of_the_table_is_what_is_seen(self):
        seen = self.observe()
        if os.environ.get("VMAIL_WRITE") == "1":
            write_page(seen)
        told = read_page()
        self.assertEqual([*told], [command for command, *_ in COMMANDS], "docs/principals.md: VMAIL_WRITE=1 mends it")
        for heading, cells in seen.items():
            for command, cell in cells.items():
                with self.subTest(heading=heading, command=command):
                    self.assertEqual(told[command][heading], cell, "docs/principals.md")

    def test_help_tells_each_what_the_page_says_that_his_like_may_call(self):
        vmail, page = Place(self).vmail, read_page()
        for like in (["global administrator", "`admins` of vmail.conf"],
                     ["administrator of the domain", "`admins` of domain.D", "administrator of another"],
                     ["the account", "another account", "owner of the alias", "account of another domain"]):
            wanted = {}
            for command, cells in page.items():
                name = operation_of(command)
                wanted[name] = wanted.get(name, False) or any(cells[heading] != "no" for heading in like)
            for who in [PRINCIPALS[heading] for heading in like]:
                rows = json.loads(vmail.run("vadmin", *who, "--json", "help").stdout)["result"]
                self.assertEqual({row["operation"]: row["may"] == "yes" for row in rows}, wanted, who)
        text = vmail.run("vadmin", *who, "help").stdout.decode()
        may, others = text.split("may not call these")
        self.assertRegex(may, r"(?m)^  user passwd  +Change")
        self.assertRegex(others, r"(?m)^  user add  +administrators of a domain$")
        self.assertEqual([line for line in text.splitlines() if len(line) > 79], [])

    def test_help_for_one_tells_of_an_operation_what_he_can_say(self):
        vmail = Place(self).vmail
        for who, operation, said, unsaid in (
                ("user/joe@a.test", ("user", "set"), "user/joe@a.test may call it.", "quota "),
                ("admin/admin@a.test", ("user", "set"), "admin/admin@a.test may call it.", "nothing"),
                ("user/joe@a.test", ("user", "lock"), "For administrators of a domain.\nuser/joe@a.test may not call it.", "x"),
                ("admin/boss", ("auto", "set"), "With --as '-' alone", "A path"),
                ("admin/boss", ("import",), "admin/boss may not call these", "The same as")):
            for words in (("help", *operation), (*operation, "--help")):
                got = vmail.run("vadmin", "--as", who, *words)
                self.assertEqual(got.status, 0, got)
                text = got.stdout.decode().split("For example:")[0]
                self.assertIn(said, text)
                self.assertNotRegex(text, rf"(?m)^ +{unsaid}|{unsaid}$")
        self.assertNotIn("may call", vmail.run("vadmin", "help", "user", "set").stdout.decode())
        for who in ("user/nobody@a.test", "gone"):
            got = vmail.run("vadmin", "--as", who, "help")
            self.assertEqual((got.status, got.stdout), (77, b""), got)

    def test_a_refusal_says_the_same_of_what_is_there_and_of_what_is_not(self):
        place = Place(self)
        for who, here, nowhere in ((("--as", "admin/admin@b.test"), "a.test", "c.test"),
                                   (("--as", "user/ann@a.test"), "joe@", "xyz@"),
                                   (("--as", "user/bob@b.test"), "@a.test", "@c.test")):
            compared = 0
            for command, *more in COMMANDS:
                if here not in command or (is_sanitized("vadmin") and compared > 5):
                    continue
                compared += 1
                input = more[0] if more else b""
                there, absent = (place.call(words, who, input)
                                 for words in (command, command.replace(here, nowhere)))
                with self.subTest(who=who[1], command=command):
                    self.assertEqual((there.status, there.stdout, there.stderr),
                                     (absent.status, absent.stdout, absent.stderr.replace(nowhere, here)))
            self.assertGreater(compared, 5)
        self.assertFalse(place.changed())


# --- the page ----------------------------------------------------------------

def cells_of(line):
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip("|\n"))]


def read_page():
    """{command: {heading: cell}}"""
    with open(PAGE) as f:
        lines = [cells_of(line) for line in f if line.startswith("| ")]
    return {row[0].strip("`"): dict(zip(lines[0][1:], row[1:])) for row in lines[1:]}


def write_page(seen):
    with open(PAGE) as f:
        text = f.read()
    table = [f"| command | {' | '.join(seen)} |", "|" + "---|" * (len(seen) + 1)]
    for command, *_ in COMMANDS:
        shown = command.replace("|", "\\|")
        table.append(f"| `{shown}` | {' | '.join(cells[command] for cells in seen.values())} |")
    with open(PAGE, "w") as f:
        f.write(re.sub(r"(?<=<!-- table -->\n).*?(?=<!-- end -->)", lambda _: "\n".join(table) + "\n", text,
                       flags=re.S))


if __name__ == "__main__":
    main()
