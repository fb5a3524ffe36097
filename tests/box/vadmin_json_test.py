#!/usr/bin/python3
"""vadmin --json: one object, whatever is asked, whatever is in the files, however it ends."""
import json
import pty

from harness import *


class Json(BoxTest):
    def setUp(self):
        self.vmail = self.installation()
        self.ok("domain", "add", "a.test")
        self.ok("user", "add", "joe@a.test", "name=Joe Doe")

    def ok(self, *args, **more):
        got = self.vmail.run("vadmin", *args, **more)
        self.assertEqual(got.status, 0, got)
        return got

    def page(self, *args, status=0, **more):
        got = self.vmail.run("vadmin", "--json", *args, **more)
        self.assertEqual((got.status, got.stderr), (status, ""), got)
        self.assertEqual(got.stdout[-1:], b"\n")
        return json.loads(got.stdout.decode("utf-8", "strict"))

    def test_a_table_is_an_array_with_the_heads_for_keys(self):
        self.ok("domain", "alias", "a.test", "b.test")
        self.assertEqual(self.page("domain", "list"), {"notes": [], "result": [
            {"domain": "a.test", "alias-of": "", "accounts": "1", "description": ""},
            {"domain": "b.test", "alias-of": "a.test", "accounts": "", "description": ""}]})
        self.assertEqual(self.page("user", "list", "nobody*@*")["result"], [])

    def test_what_is_shown_is_an_object_and_what_repeats_an_array(self):
        for alias in ("one", "two"):
            self.ok("alias", "add", f"{alias}@a.test", "joe")
        shown = self.page("user", "show", "joe@a.test")["result"]
        self.assertEqual((shown["account"], shown["name"], len(shown["alias"])), ("joe@a.test", "Joe Doe", 2))

    def test_every_operation_that_shows_says_what_it_says_as_text(self):
        self.ok("alias", "add", "list@a.test", "joe", '|"/bin/cat \'x\'"')
        self.ok("auto", "set", "info@a.test", "-", input=b"Subject: x\n\n a\\b \n")
        for words in ("domain list", "domain show a.test", "user list", "user show joe@a.test",
                      "user search joe", "user quota joe@a.test", "user forward joe@a.test",
                      "user vacation joe@a.test show", "user vacation joe@a.test", "alias list a.test", "alias show list@a.test",
                      "alias search list", "auto list a.test", "auto show info@a.test",
                      "settings", "settings --sample domain", "log", "help --completion zsh"):
            with self.subTest(words):
                got = self.vmail.run("vadmin", *words.split())
                page = self.page(*words.split())
                result = page.get("result")
                rows = [list(row.values()) for row in result] if isinstance(result, list) else \
                    [[k, v] for k, vs in (result or {}).items()
                     for v in (vs if isinstance(vs, list) else [vs])]
                rows += [[line] for line in page.get("lines", [])]
                # The text escapes what is printed: backslashes are doubled there alone.
                text = got.stdout.decode()
                if "--" not in words:
                    text = text.replace("\\\\", "\\")
                self.assertEqual(["\t".join(row) for row in rows], text.splitlines())

    def test_what_measures_inboxes_has_one_object_with_its_notes_too(self):
        self.assertEqual([row["account"] for row in self.page("quota", "a.test")["result"]], ["joe@a.test"])
        page = self.page("explain", "joe@a.test", "--from", "x@far.test")
        self.assertEqual(set(page) - {"lines"}, {"result", "notes"})

    def test_what_prints_something_of_its_own_refuses_it(self):
        for words, form in ((("user", "export"), "a CSV"), (("complete", "--", "user"), "words for a shell"),
                            (("backup", "-"), "the archive")):
            with self.subTest(words):
                page = self.page(*words, status=64)
                self.assertEqual(page["error"], "usage")
                self.assertIn(f"it prints {form} itself: leave --json out", page["text"])

    def test_a_question_comes_behind_the_notes_that_it_depends_on(self):
        self.ok("alias", "add", "list@a.test", "joe")
        master, slave = pty.openpty()
        process = subprocess.Popen([program("vadmin"), "-C", self.vmail.dir, "--json", "user", "delete", "joe@a.test"],
                                   stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        os.close(slave)
        os.write(master, b"n\n")
        out, said = process.communicate(timeout=DEADLINE)
        os.close(master)
        self.assertRegex(said, rb"^vadmin: note: the alias list@a\.test names it.*\n(.*\n)*.*\[y/N\] $")
        page = json.loads(out)
        self.assertEqual((page["error"], len(page["notes"]) > 0), ("refused", True))

    def test_how_far_long_work_has_come_is_not_shown(self):
        master, slave = pty.openpty()
        got = subprocess.run([program("vadmin"), "-C", self.vmail.dir, "--json", "fsck"], stdout=subprocess.PIPE,
                             stderr=slave, env=environment(), timeout=DEADLINE)
        os.close(slave)
        self.assertEqual(rest_of(master), b"")
        os.close(master)
        self.assertEqual(json.loads(got.stdout)["result"], None)

    def test_the_way_of_an_address_is_records_with_and_without_a_sender(self):
        self.ok("alias", "add", "list@a.test", "joe", "x@far.test")
        short = self.page("explain", "list@a.test")["result"]
        rows = [line.split("\t") for line in
                self.ok("explain", "list@a.test", "--from", "x@far.test").stdout.decode().splitlines()]
        self.assertEqual([row["step"] for row in short], ["mailbox", "alias", "account", "remote", "alias"])
        self.assertEqual([row for row in rows if row in [[*one.values()] for one in short]],
                         [[*one.values()] for one in short])
        self.assertRegex(short[1]["where"], r"/aliases\.a\.test:\d+$")
        page = self.page("explain", "nobody@a.test", status=67)
        self.assertEqual(page["result"][0]["step"], "failure")

    def test_notes_stand_in_it(self):
        page = self.page("alias", "add", "list@a.test", "nobody")
        self.assertEqual(page, {"result": None, "notes": ["a.test has no account or alias 'nobody' yet"]})

    def test_an_error_stands_in_it_with_what_was_noted_before(self):
        self.ok("alias", "add", "list@a.test", "joe")
        os.mkdir(os.path.join(self.vmail.dir, ".passwd.a.test.new"))
        page = self.page("user", "delete", "joe@a.test", status=75)
        self.assertEqual((page["error"], page["notes"][0].split(" names it")[0], "result" in page),
                         ("temporary", "the alias list@a.test", False))

    def test_a_wrong_command_line_is_told_so_wherever_the_option_stands(self):
        for words in (("--json", "nonsense"), ("domain", "show", "--json"), ("domain", "show", "x", "y", "--json"),
                      ("--nonsense", "--json")):
            got = self.vmail.run("vadmin", *words)
            self.assertEqual((got.status, got.stderr, json.loads(got.stdout)["error"]), (64, "", "usage"), got)
        got = self.vmail.run("vadmin", "domain", "show", "--", "--json")
        self.assertEqual((got.status, got.stdout), (67, b""), got)

    def test_an_installation_that_cannot_be_opened(self):
        self.vmail.write("vmail.conf", "nonsense = 1\n")
        self.assertEqual(self.page("domain", "list", status=65)["error"], "invalid")

    def test_it_is_valid_whatever_the_files_hold(self):
        """Bytes that are no UTF-8 are \\xHH, and only beside them backslashes are doubled."""
        rows = ((b"plain", "plain"), (b"a\\b \"q\" </b>", "a\\b \"q\" </b>"), ("grün €".encode(), "grün €"),
                (b"gr\xfcn a\\b", "gr\\xfcn a\\\\b"), (b"\xed\xa0\x80\xf4\x90\x80\x80",
                 "\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80"), (b"tab\there \x1b[2J\x7f\xc2\x9b", "tab\there \x1b[2J\x7f\x9b"),
                ("\U0001f4e7\ufffe".encode(), "\U0001f4e7\ufffe"))
        for text, wanted in rows:
            line = b"joe:x:60000:60000:" + text + b":/h:/bin/false\n"
            self.vmail.write("passwd.a.test", line)
            with self.subTest(text):
                self.assertEqual(self.page("user", "list", "a.test")["result"][0]["name"], wanted)

    def test_what_a_terminal_obeys_stands_in_it_as_a_number(self):
        text = "a\x1b\x7f\x80\x9b\x9f\u061c\u200e\u200f\u202a\u202e\u2066\u2069\xa0z"
        for more in (b"", b"\xff"):
            self.vmail.write("passwd.a.test", b"joe:x:60000:60000:" + text.encode() + more + b":/h:/bin/false\n")
            got = self.vmail.run("vadmin", "--json", "user", "list", "a.test")
            self.assertEqual(json.loads(got.stdout)["result"][0]["name"], text + ("\\xff" if more else ""))
            self.assertEqual(re.sub(r"[ -~\n\xa0]", "", got.stdout.decode()), "")

    def test_ten_thousand_accounts(self):
        self.vmail.write("passwd.a.test", "".join(f"u{i}:x:{70000 + i}:60000:U {i}:/h:/bin/false\n"
                                                   for i in range(10000)))
        rows = self.page("user", "list", "a.test")["result"]
        self.assertEqual((len(rows), rows[9999]["account"]), (10000, "u9999@a.test"))

    def test_a_full_disk_is_told(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([program("vadmin"), "-C", self.vmail.dir, "--json", "domain", "list"],
                                  stdout=full, stderr=subprocess.PIPE, env=environment(), check=False)
        self.assertEqual((done.returncode, done.stderr.split(b":")[:2]),
                         (75, [b"vadmin", b" write to standard output"]))


if __name__ == "__main__":
    main()
