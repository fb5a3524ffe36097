#!/usr/bin/python3
"""vadmin user import and user export: accounts from a CSV and into one, by the thousand."""
import csv
import io
import pty
import random

from harness import *

HASHES = {"DES": "ab01FAX.bQRSU", "MD5": "$1$vmailtes$L3mKbP8zEcKcHZVQ7bL1t1", "sha512": hash_of("kermit sings 7")}


class Csv(BoxTest):
    def setUp(self):
        self.vmail = self.installation()
        self.ok("domain", "add", "a.test")

    def v(self, *args, **more):
        return self.vmail.run("vadmin", *args, **more)

    def ok(self, *args, status=0, **more):
        got = self.v(*args, **more)
        self.assertEqual(got.status, status, got)
        return got.stdout.decode()

    def load(self, text, status=0):
        return self.ok("user", "import", "-", input=text.encode(), status=status)

    def state(self):
        """Every file of the installation and of its mail, but the lock."""
        found = {}
        for top in self.vmail.dir, self.vmail.spool, self.vmail.homes:
            for base, dirs, names in os.walk(top):
                found[base] = sorted(dirs)
                for name in names:
                    if name != ".lock":
                        with open(os.path.join(base, name), "rb") as f:
                            found[os.path.join(base, name)] = f.read()
        return found

    def passwd(self, domain="a.test"):
        return {line.split(":")[0]: line.split(":") for line in
                self.vmail.read(f"passwd.{domain}").decode().splitlines()}

    def shadow(self, who, domain="a.test"):
        for line in self.vmail.read(f"shadow.{domain}").decode().splitlines():
            if line.split(":")[0] == who:
                return line.split(":")[1]
        return None

    def bad(self, text, *wanted, where="standard input"):
        """Each of (line, words) is named, nothing else, and nothing was changed."""
        before = self.state()
        got = self.v("user", "import", "-", input=text.encode())
        self.assertEqual(got.status, 65, got)
        self.assertEqual(self.state(), before)
        lines = got.stdout.decode().splitlines()
        self.assertEqual(len(lines), len(wanted), got)
        for told, (line, words) in zip(sorted(lines, key=lambda t: int(t.split("\t")[0].split(":")[-1])), wanted):
            self.assertTrue(told.startswith(f"{where}:{line}\t"), told)
            self.assertIn(words, told)
        self.assertIn("nothing was changed", got.stderr)


class Import(Csv):
    def test_a_line_makes_an_account_that_can_log_in_and_gets_mail(self):
        self.load("address,name,password,quota,forward\n"
                  "joe@a.test,Joe Doe,kermit sings 7,10M,\n"
                  f"ann@a.test,,,,\"\\ann, ann@far.test\"\n")
        self.assertEqual(self.passwd()["joe"][4], "Joe Doe")
        self.assertEqual(self.passwd()["joe"][2:4], ["60000", str(GID if ROOT else os.getgid())])
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        self.assertIn("+OK", self.vmail.pop3().login("joe@a.test", "kermit sings 7"))
        self.assertIn("quota\t10240", self.ok("user", "quota", "joe@a.test"))
        self.assertEqual(self.shadow("ann"), "*")
        self.assertEqual(self.vmail.deliver("ann@a.test").status, 0)
        self.assertEqual(len(self.vmail.messages("ann@a.test")), 1)
        self.assertEqual(self.vmail.sent()[0][0][-1], "ann@far.test")
        self.assertEqual(self.ok("check", "--files"), "")
        st = os.stat(self.vmail.home("joe@a.test"))
        self.assertEqual((oct(st.st_mode & 0o777), st.st_uid), ("0o700", 60000 if ROOT else os.getuid()))

    def test_quotes_line_ends_marks_and_the_order_of_columns_are_as_spreadsheets_have_them(self):
        rows = {"plain": "address,name\njoe@a.test,Joe Doe\n",
                "CRLF and a byte order mark": "\ufeffaddress,name\r\njoe@a.test,Joe Doe\r\n",
                "no last line end": "address,name\njoe@a.test,Joe Doe",
                "quotes everywhere": '"address","name"\n"joe@a.test","Joe Doe"\n',
                "another order": "name,address\nJoe Doe,joe@a.test\n",
                "semicolons": "address;name\njoe@a.test;Joe Doe\n",
                "tabs": "address\tname\njoe@a.test\tJoe Doe\n",
                "empty lines": "\n\naddress,name\n\njoe@a.test,Joe Doe\n\n",
                "heads in capitals": "Address,NAME\nJOE@A.TEST,Joe Doe\n",
                "CR alone": "address,name\rjoe@a.test,Joe Doe\r"}
        for what, text in rows.items():
            with self.subTest(what):
                self.load(text)
                self.assertEqual([fields[4] for fields in self.passwd().values()], ["Joe Doe"])
                self.ok("user", "delete", "joe@a.test")

    def test_a_field_of_several_lines_does_not_move_the_numbers_of_those_behind_it(self):
        self.bad('address,name\n"joe@a.test","Joe\nDoe"\n.ann@a.test,Ann\n',
                 (2, "line break"), (4, "no account can have this name"))

    def test_doubled_quotes_are_one(self):
        self.load('address,name\njoe@a.test,"Joe ""the ear"" Doe"\n')
        self.assertEqual(self.passwd()["joe"][4], 'Joe "the ear" Doe')

    def test_all_bad_lines_are_named_in_one_run_and_nothing_is_changed(self):
        self.ok("domain", "set", "a.test", "max-users=2")
        self.bad("address,name,password,hash,quota,forward\n"
                 "good@a.test,Good,,,,\n"
                 "x@nowhere.test,,,,,\n"
                 "-x@a.test,,,,,\n"
                 "p@a.test,,short,,,\n"
                 "h@a.test,,,nohash,,\n"
                 f"b@a.test,,kermit sings 7,{HASHES['MD5']},,\n"
                 "q@a.test,,,,0,\n"
                 "n@a.test,\"a:b\",,,,\n"
                 "f@a.test,,,,,|/bin/sh\n"
                 "g@a.test,,,,,/tmp/x\n"
                 "few@a.test,\n"
                 ",nobody,,,,\n"
                 "good@a.test,Twice,,,,\n"
                 "q\"uote@a.test,,,,,\n"
                 "second@a.test,,,,,\n"
                 "third@a.test,,,,,\n"
                 "u@a.test,\"a\"b,,,,\n"
                 "open@a.test,\"never closed,,,,\n",
                 (3, "nowhere.test"), (4, "no account can have this name"), (5, "shorter than 12"),
                 (6, "no such hash"), (7, "one of them is enough"), (8, "none"), (9, "':'"), (10, "forward"),
                 (11, "forward"), (12, "2 fields"), (13, "no address"), (14, "input:2 has this account already"),
                 (15, "quote"), (17, "max-users"), (18, "closing quote"), (19, "never closed"))

    def test_the_first_line_must_name_columns_that_are_there(self):
        for text, words in (("", "empty"), ("joe@a.test,Joe\n", "no column is called 'joe@a.test'"),
                            ("name,quota\n", "'address' is missing"), ("address,name,name\n", "twice"),
                            ("address,nmae\n", "did you mean"),
                            ('address,"name\n', "never closed")):
            before = self.state()
            got = self.v("user", "import", "-", input=text.encode())
            self.assertEqual(got.status, 65, got)
            self.assertIn(words, got.stderr)
            self.assertEqual(self.state(), before)

    def test_a_table_in_utf_16_is_told_how_to_be_saved(self):
        for code in ("utf-16", "utf-16-le", "utf-16-be"):
            got = self.v("user", "import", "-", input="address,name\njoe@a.test,Joe\n".encode(code))
            self.assertEqual(got.status, 65, got)
            self.assertIn("it is UTF-16: save it as UTF-8", got.stderr)

    PROFILE = ("address,first-name,last-name,display-name,from-address,alternative-address,title,office,phone,mobile,"
               "home-phone,pager,fax\njoe@a.test,Joe,D\u00f6e,Joe from the shop,shop@A.test,j.doe,Boss,B 12,+1 23,+1 24,"
               "+1 25,+1 26,'+1 27\nann@a.test,,,,,ann.b@a.test,,,,,,,\n")

    def shown(self, who):
        return dict(line.split("\t")[:2] for line in self.ok("user", "show", who).splitlines())

    def test_the_profile_comes_in_as_user_set_would_take_it(self):
        self.load(self.PROFILE)
        self.ok("user", "add", "bob@a.test")
        self.ok("user", "set", "bob@a.test", "first-name=Joe", "last-name=D\u00f6e", "display-name=Joe from the shop",
                "address=shop@A.test", "alternative-address=b.doe", "title=Boss", "office=B 12", "phone=+1 23",
                "mobile=+1 24", "home-phone=+1 25", "pager=+1 26", "fax=+1 27")
        joe, bob = self.shown("joe@a.test"), self.shown("bob@a.test")
        self.assertEqual((joe["name"], joe["address"], joe["alternative-address"]),
                         ("Joe D\u00f6e", "shop@a.test", "j.doe@a.test"))
        for one, other in ((joe, bob), (bob, joe)):
            for field in one.keys() - {"account", "uid", "home", "inbox", "where", "alternative-address", "alias", "login"}:
                self.assertEqual(one[field], other.get(field), field)
        self.assertEqual(self.vmail.deliver("J.Doe@a.test").status, 0)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)
        self.assertEqual(self.vmail.deliver("ann.b@a.test").status, 0)
        self.assertEqual(self.ok("check", "--files"), "")

    def test_each_value_of_a_profile_is_checked_as_user_set_would(self):
        self.ok("user", "add", "ann@a.test")
        self.ok("alias", "add", "sales@a.test", "ann")
        self.ok("domain", "alias", "a.test", "also.test")
        head, names = "address,first-name,office,home-phone,from-address,alternative-address,fax,name", "bcdefghijklm"
        rows = ((":x", "':'", 0), ('"1, 2"', "','", 1), ('"1, 2"', "','", 2), ("x@far.test", "no address of a.test", 3),
                ("x@far.test", "no address of a.test", 4), ("sales", "was not made for it", 4),
                ("ANN@a.test", "an account 'ann'", 4), ("postmaster", "the domain's", 4), ("new.one", None, 4),
                ("New.One@also.test", "input:10 has it already", 4), ("m", "input:13 has it already", 4),
                ("n@a.test", None, 4))
        text = head + "\n"
        for name, (value, _, column) in zip(names, rows):
            text += f"{name}@a.test" + "," * (column + 1) + value + "," * (6 - column) + "\n"
        self.bad(text, *[(i + 2, words) for i, (_, words, _) in enumerate(rows) if words])
        self.bad('address,fax,name\nx@a.test,"a\nb",\ny@a.test,,a&b\n', (2, "line break"), (4, "'&'"))

    def test_of_who_is_there_the_profile_stays_and_what_differs_is_named(self):
        self.load(self.PROFILE)
        before = self.state()
        self.assertEqual(self.load(self.PROFILE).count("there already"), 2)
        self.assertEqual(self.load("address,name\njoe@a.test,\n").count("there already"), 1)
        told = self.load("address,title,phone,from-address,alternative-address,fax\n"
                         "joe@a.test,Clerk,9,JOE,other,'+1 27\n", status=1)
        self.assertIn("differs: from-address, alternative-address, title, phone\n", told)
        self.assertEqual(self.state(), before)

    def test_an_import_that_was_interrupted_before_its_accounts_were_there_goes_on(self):
        self.load(self.PROFILE)
        wanted = self.state()
        self.vmail.write("passwd.a.test", "")
        self.vmail.write("uids", "60000\n")
        self.load(self.PROFILE)
        now = self.state()
        for name in "passwd.a.test", "aliases.a.test":
            path = os.path.join(self.vmail.dir, name)
            self.assertEqual(re.sub(rb":6\d{4}:", b"::", now[path]), re.sub(rb":6\d{4}:", b"::", wanted[path]))

    def test_a_forward_that_is_off_is_none(self):
        self.load("address,forward\njoe@a.test,off\n")
        self.assertEqual(self.ok("user", "forward", "joe@a.test"), "forward\toff\n")

    def test_bytes_that_are_no_text_are_named(self):
        before = self.state()
        got = self.v("user", "import", "-", input=b"address,name\njoe@a.test,J\xf6e\nann@a.test,A\0n\n"
                     b"bob@a.test,B\x1bob\n")
        self.assertEqual(got.status, 65, got)
        self.assertEqual(got.stdout.count(b"\n"), 3, got)
        self.assertIn(b"not valid UTF-8", got.stdout)
        self.assertNotIn(b"\x1b", got.stdout)
        self.assertEqual(self.state(), before)

    def test_it_can_be_repeated_and_names_what_differs(self):
        text = ("address,name,password,quota,forward\njoe@a.test,Joe Doe,kermit sings 7,10M,x@far.test\n"
                "ann@a.test,Ann,,,\n")
        self.load(text)
        before = self.state()
        self.assertEqual(self.load(text).count("there already"), 2)
        self.assertEqual(self.state(), before)
        told = self.load("address,name,password,quota,forward\n"
                         "joe@a.test,Joseph,another word 9,11M,y@far.test\nnew@a.test,,,,\n", status=1)
        self.assertIn("differs: name, password, quota, forward", told)
        self.assertIn("new", self.passwd())
        self.assertEqual({k: v for k, v in self.passwd().items() if k != "new"},
                         {k: v.decode().split(":") for k, v in
                          ((line.split(b":")[0].decode(), line) for line in
                           before[os.path.join(self.vmail.dir, "passwd.a.test")].splitlines())})

    def test_hashes_of_every_kind_come_in_as_they_are(self):
        self.load("address,hash\n" + "".join(f"{who.lower()}@a.test,{h}\n" for who, h in HASHES.items()) +
                  f"locked@a.test,!{HASHES['sha512']}\nnone@a.test,*\n")
        for who, h in HASHES.items():
            self.assertEqual(self.shadow(who.lower()), h)
        self.assertIn("+OK", self.vmail.pop3().login("sha512@a.test", "kermit sings 7"))
        self.assertIn("-ERR", self.vmail.pop3().login("locked@a.test", "kermit sings 7"))

    def test_what_is_but_a_part_of_a_hash_is_none(self):
        for h in HASHES["sha512"][:-1], HASHES["MD5"] + "x", HASHES["DES"][:-1], "$y$j9T$abc$short", "$1$", "x", "!x":
            self.bad(f"address,hash\njoe@a.test,{h}\n", (2, "no such hash"))

    def test_several_domains_each_get_their_own(self):
        self.ok("domain", "add", "b.test")
        self.ok("domain", "alias", "b.test", "c.test")
        self.load("address\njoe@a.test\njoe@b.test\nann@C.test.\nbob@b.test\n")
        self.assertEqual(sorted(self.passwd()), ["joe"])
        self.assertEqual(sorted(self.passwd("b.test")), ["ann", "bob", "joe"])
        uids = [f[2] for d in ("a.test", "b.test") for f in self.passwd(d).values()]
        self.assertEqual(sorted(uids), ["60000", "60001", "60002", "60003"])

    def test_comments_broken_lines_and_order_stay(self):
        old = self.vmail.read("passwd.a.test") + b"# ours\nbroken;line\nold:x:61000:8:Old::\n"
        self.vmail.write("passwd.a.test", old)
        self.load("address\njoe@a.test\n")
        self.assertTrue(self.vmail.read("passwd.a.test").startswith(old))
        self.assertEqual(len(self.vmail.read("passwd.a.test").splitlines()), 4)

    def test_a_name_whose_line_is_broken_is_not_made_again(self):
        self.vmail.write("passwd.a.test", "joe:x:nan:8:::\nann:x:1\n")
        told = self.load("address,name\nJOE@a.test,Joe\nann@a.test,\n", status=1)
        self.assertIn("ann@a.test\tleft: it is there already, and differs: its line in the passwd file is broken", told)
        self.assertEqual(self.vmail.read("passwd.a.test").count(b"\n"), 2)

    @needs_root
    def test_an_inbox_or_home_of_somebody_else_is_in_the_way(self):
        self.vmail.deliver("postmaster@a.test")
        open(self.vmail.inbox("joe@a.test"), "w").close()
        os.makedirs(os.path.join(self.vmail.home("ann@a.test"), "mail"))
        self.bad("address\njoe@a.test\nann@a.test\n", (2, "is there already"), (3, "is there already"))

    def test_who_has_the_name_of_one_that_was_renamed_gets_mail(self):
        self.ok("user", "add", "joe@a.test")
        self.vmail.deliver("joe@a.test")
        self.ok("user", "rename", "joe@a.test", "jim", "--no-alias")
        self.load("address\njoe@a.test\n")
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        self.assertEqual([len(self.vmail.messages(f"{name}@a.test")) for name in ("joe", "jim")], [1, 1])

    def test_an_alias_of_the_same_name_is_told(self):
        self.vmail.write("aliases.a.test", "JOE: ann\n")
        for told in (True, False):              # once, when the account is made
            got = self.v("user", "import", "-", input=b"address\njoe@a.test\n")
            self.assertEqual((got.status, "aliases.a.test:1 has an alias 'JOE'" in got.stderr), (0, told), got)

    def test_what_an_earlier_account_of_the_name_was_granted_owned_and_said_is_forgotten(self):
        self.ok("user", "add", "ann@a.test")
        self.vmail.write("grants.a.test", "ann: joe retrieve\n")
        self.vmail.write("attributes.a.test", "list: owners = joe ann\n")
        profile = os.path.join(self.vmail.spool, "files", "a.test", "joe.profile")
        os.makedirs(os.path.dirname(profile), exist_ok=True)
        with open(profile, "w") as f:
            f.write("title = Boss\n")
        self.load("address\njoe@a.test\n")
        self.assertEqual(self.vmail.read("grants.a.test"), b"")
        self.assertEqual(self.vmail.read("attributes.a.test"), b"list: owners = ann\n")
        self.assertFalse(os.path.exists(profile))

    def test_what_was_said_of_an_earlier_alias_is_not_said_of_an_alternative_address(self):
        self.vmail.write("attributes.a.test", "\"J.Doe\": membership = open\nJ.Doe: no such thing\nlist: membership = open\n")
        self.load("address,alternative-address\njoe@a.test,j.doe\n")
        self.assertEqual(self.vmail.read("attributes.a.test"), b"list: membership = open\n")

    def test_passwords_that_take_long_are_counted_on_a_terminal(self):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        text = "address,password\n" + "".join(f"u{i}@a.test,kermit sings {i}\n" for i in range(8))
        with open(os.path.join(self.vmail.scratch, "csv"), "w") as f:
            f.write(text)
        subprocess.run([program("vadmin"), "-C", self.vmail.dir, "user", "import", f.name], stdout=subprocess.DEVNULL,
                       stderr=slave, check=True, env=environment())
        os.close(slave)
        said = rest_of(master)
        self.assertRegex(said, rb"\r\d+ of 8 passwords")
        self.assertTrue(said.endswith(b"\r\x1b[K"), said)

    def test_on_a_terminal_the_sums_come_last_and_homes_are_counted(self):
        text = "address\n" + "".join(f"u{i}@a.test\n" for i in range(400))
        self.load("address\nu0@a.test\nu1@a.test\n")
        with open(os.path.join(self.vmail.scratch, "csv"), "w") as f:
            f.write(text)
        for words, end in ((("-n",), rb"\nmake "), ((), rb"note: 398 taken, 2 same, 0 left\r\n$")):
            master, slave = pty.openpty()
            self.addCleanup(os.close, master)
            said = concurrent.futures.ThreadPoolExecutor(1).submit(rest_of, master)
            subprocess.run([program("vadmin"), "-C", self.vmail.dir, *words, "user", "import", f.name], stdout=slave,
                           stderr=slave, check=True, env=environment())
            os.close(slave)
            self.assertRegex(said.result(), end)
            self.assertRegex(said.result(), rb"\r\d+ of 398 homes\x1b\[K")

    def test_thousands_of_lines_take_seconds(self):
        text = "address,name,hash,quota\n" + "".join(
            f"u{i}@a.test,User Number {i},{HASHES['sha512']},{i + 1}\n" for i in range(int(
                os.environ.get("VMAIL_ACCOUNTS", 2000))))
        before = os.times()
        self.load(text)
        self.assertEqual(len(self.passwd()), text.count("\n") - 1)
        self.assertLess(sum(os.times()[2:4]) - sum(before[2:4]), 40 if is_sanitized() else 8)
        self.assertEqual(self.load(text).count("same: it is there already"), text.count("\n") - 1)


class Mutated(Csv):
    def test_whatever_a_file_says_it_makes_all_of_its_accounts_or_none(self):
        good = ("address,name,hash,quota,forward\r\njoe@a.test,\"Joe \"\"x\"\" Doe\"," + HASHES["sha512"] +
                ",10M,\"\\joe, a@far.test\"\r\nann@a.test,Ann,,,\r\n").encode()
        pieces = [b'"', b",", b"\n", b"\r", b"\0", b":", b"@", b"'", b"=", b"\xff", b"..", b"/", b"|/bin/sh", b"\\"]
        chance = random.Random(7)
        empty, made = self.state(), 0
        for _ in range(int(os.environ.get("VMAIL_MUTATIONS", 40))):
            text = bytearray(good)
            for _ in range(chance.randint(1, 3)):
                at = chance.randrange(len(text))
                text[at:at + chance.randint(0, 2)] = chance.choice(pieces)
            got = self.v("user", "import", "-", input=bytes(text))
            self.assertIn(got.status, (0, 65), (text, got))
            lines = self.vmail.read("passwd.a.test").decode().splitlines()
            self.assertTrue(all(line.count(":") == 6 for line in lines), (text, lines))
            if got.status == 65:
                self.assertEqual(self.state(), empty, text)
            for line in lines:
                made += 1
                self.ok("user", "delete", f"{line.split(':')[0]}@a.test", "--yes")
                self.ok("user", "purge", f"{line.split(':')[0]}@a.test", "--yes")
            empty = self.state()
        self.assertGreater(made, 0)


class Export(Csv):
    def setUp(self):
        super().setUp()
        self.ok("domain", "add", "b.test")

    def rows(self, *args):
        text = self.ok("user", "export", *args)
        self.assertEqual(text.count("\n"), text.count("\r\n"))
        return list(csv.DictReader(io.StringIO(text)))

    def test_what_is_exported_makes_the_same_accounts_elsewhere(self):
        self.load("address,filter\nsid@a.test,no\nsue@a.test,yes\n")
        self.assertIn("differs: filter\n", self.load("address,filter\nsid@a.test,yes\n", 1))
        self.assertIn("same: it is there already\n", self.load("address,filter\nsid@a.test,off\n"))
        self.load("address,name,hash,quota,forward,title,office,fax,first-name,from-address,alternative-address\n"
                  f'joe@a.test,"Joe ""x"" Doe",{HASHES["sha512"]},10M,"\\joe, a@far.test",,,,,,\n'
                  'eva@a.test,,,,,"Boss, always",B 12,\'+49 30,Eva,shop,e.x@a.test\n'
                  f"ann@b.test,Änn,!{HASHES['MD5']},none,,,,,,,\nbob@b.test,=1+1,,disabled,,,,,,,\n"
                  "low@b.test,'+x,,,,,,,,,\n")
        text = self.ok("user", "export", "--hashes")
        other = self.installation()
        for domain in "a.test", "b.test":
            self.assertEqual(other.run("vadmin", "domain", "add", domain).status, 0)
        got = other.run("vadmin", "user", "import", "-", input=text.encode())
        self.assertEqual(got.status, 0, got)
        self.assertEqual(other.run("vadmin", "user", "export", "--hashes").stdout.decode(), text)
        for domain in "a.test", "b.test":
            for name in "passwd", "shadow":
                mine, its = (re.sub(rb"/\S+(?=/homes)", b"", v.read(f"{name}.{domain}")) for v in (self.vmail, other))
                self.assertEqual(mine, its)
            self.assertEqual(*(v.read(f"aliases.{domain}") for v in (self.vmail, other)))
        self.assertEqual(self.vmail.deliver("e.x@a.test").status, 0)
        self.assertEqual(self.rows("eva@*")[0]["title"], "Boss, always")
        self.assertEqual(self.load(text).count("there already"), 7)
        self.assertEqual([row["filter"] for row in self.rows("s*@*")], ["no", ""])
        self.assertIn(b"filter\tno\n", other.run("vadmin", "user", "show", "sid@a.test").stdout)

    def test_its_first_line_names_the_profile_as_user_set_does(self):
        wanted = [w.split("=")[0] for w in self.ok("complete", "--", "-C", self.vmail.dir, "user", "set", "x", "").split()]
        names = ["from-address" if name == "address" else name for name in wanted]
        self.assertEqual(self.ok("user", "export"), ",".join(["address", *names]) + "\r\n")

    def test_a_profile_that_does_not_count_is_told_and_left_out(self):
        self.load("address\njoe@a.test\n")
        self.vmail.extra("a.test", "joe.profile", "colour = red\n")
        got = self.v("user", "export")
        self.assertEqual((got.status, got.stdout.count(b"red")), (0, 0), got)
        self.assertIn("the profile of joe@a.test is left out", got.stderr)

    def test_hashes_are_given_when_asked_for_alone(self):
        self.load(f"address,hash\njoe@a.test,{HASHES['sha512']}\n")
        self.assertNotIn("$6$", self.ok("user", "export"))
        self.assertEqual(self.rows("--hashes")[0]["hash"], HASHES["sha512"])

    def test_a_domain_or_a_pattern_chooses(self):
        self.load("address\njoe@a.test\nann@a.test\njoe@b.test\n")
        for words, wanted in (((), 3), (("a.test",), 2), (("joe@*",), 2), (("*.test",), 3), (("x*",), 0)):
            self.assertEqual(len(self.rows(*words)), wanted, words)
        self.assertEqual(self.v("user", "export", "nowhere.test").status, 67)

    def test_no_field_is_a_formula_to_a_spreadsheet_and_each_comes_back_as_it_was(self):
        names = ["=cmd|x!A0", "+1", "-2", "@sum(1)", "'=1", "''-1", "it's", "'quoted'", "a=b"]
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["address", "name"])
        for i, name in enumerate(names):
            writer.writerow([f"u{i}@a.test", "'" + name if name.lstrip("'")[0] in "=+-@" else name])
        self.load(text.getvalue())
        self.assertEqual([f[4] for f in self.passwd().values()], names)
        for row, name in zip(self.rows(), names):
            self.assertNotIn(row["name"][0], "=+-@\t\r")
            self.assertEqual(row["name"].endswith(name), True)
        self.assertEqual(self.load(self.ok("user", "export")).count("there already"), len(names))

    def test_a_forward_with_a_command_is_told_and_left_out(self):
        self.load("address\njoe@a.test\n")
        self.vmail.extra("a.test", "joe.forward", "|/bin/true\n")
        got = self.v("user", "export")
        self.assertEqual((got.status, b"true" in got.stdout), (0, False), got)
        self.assertIn("the forward of joe@a.test is left out", got.stderr)


if __name__ == "__main__":
    main()
