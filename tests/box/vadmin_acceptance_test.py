#!/usr/bin/python3
"""What the old systems' administrators could do, by vadmin alone: Linuxconf's dialogs for a
virtual domain field by field, and Volution's accounts, profiles, quota list and aliases."""
from delivery import *

WORD = b"correct horse battery\n"
D = "a.test"


class Acceptance(BoxTest):
    def setUp(self):
        self.vmail = self.installation()
        self.ok("domain", "add", "main.test")
        self.ok("domain", "add", D)
        self.user("joe")

    def v(self, *args, **more):
        return self.vmail.run("vadmin", *args, **more)

    def ok(self, *args, **more):
        got = self.v(*args, **more)
        self.assertEqual(got.status, 0, got)
        return got.stdout.decode()

    def user(self, name, *settings, domain=D):
        return dict(line.split("\t") for line in self.ok("user", "add", f"{name}@{domain}", *settings, "--password-stdin",
                                                        input=WORD).splitlines())

    def set(self, assignment):
        self.ok("domain", "set", D, assignment)

    def shown(self, *args):
        return dict(line.split("\t", 1) for line in self.ok(*args).splitlines())

    def names(self, *args):
        return [line.split("\t")[0] for line in self.ok(*args).splitlines()]

    def mail(self, to, status=0, text=b"Subject: x\n\nhello\n"):
        got = self.vmail.deliver(to if "@" in to else f"{to}@{D}", text)
        self.assertEqual(got.status, status, got)
        return got

    def inbox(self, name="joe", domain=D):
        return self.vmail.messages(f"{name}@{domain}")

    def login(self, name="joe", password="correct horse battery"):
        return self.vmail.pop3().login(f"{name}@{D}", password)


class LinuxconfDomain(Acceptance):
    """The dialog of a virtual domain."""
    def test_description(self):
        self.set("description=The example")
        self.assertIn(f"{D}\t\t1\tThe example\n", self.ok("domain", "list", D))

    def test_fallback_destination(self):
        self.mail("nobody", 67)
        self.set("fallback=joe")
        self.mail("nobody")
        self.assertEqual(len(self.inbox()), 1)

    def test_fallback_to_a_command(self):
        if ROOT:
            self.vmail.set(command_user="nobody")
        path = os.path.join(self.vmail.scratch, "bin", "sendmail.sent", "caught")
        self.set(f"fallback=| cat >{path}")
        self.mail("nobody")
        with open(path, "rb") as f:
            self.assertIn(b"hello\n", f.read())

    def test_initial_user_id(self):
        self.set("uid-start=70000")
        self.assertGreaterEqual(int(self.user("ann")["uid"]), 70000)

    @needs_root
    def test_group(self):
        self.ok("domain", "add", "b.test", "gid=mail")
        self.user("ann", domain="b.test")
        self.mail("ann@b.test")
        self.assertEqual(os.stat(os.path.dirname(self.vmail.inbox("ann@b.test"))).st_gid, 8)

    def test_users_disk_limit(self):
        self.set("inbox-limit=1")
        self.mail("joe", 69, b"Subject: x\n\n" + b"x" * 2000 + b"\n")
        self.mail("joe")

    def test_maximum_of_users(self):
        self.set("max-users=1")
        self.assertEqual(self.v("user", "add", f"ann@{D}", "--password-stdin", input=WORD).status, 77)

    def test_match_full_name(self):
        self.ok("user", "set", f"joe@{D}", "name=Joe A. User")
        self.mail("joe.a.user", 67)
        self.set("match-full-name=yes")
        self.mail("joe.a.user")

    def test_filter_program(self):
        self.set("filter=sed s/hello/bye/")
        self.mail("joe")
        self.assertIn(b"bye\n", self.inbox()[0])

    def test_reject_mail(self):
        self.set("reject-mail=yes")
        self.mail("joe", 77)
        self.set("reject-mail=no")
        self.mail("joe")

    def test_lock_retrieval(self):
        self.assertTrue(self.login().startswith("+OK"))
        self.set("lock-retrieval=yes")
        self.assertTrue(self.login().startswith("-ERR [SYS/PERM]"))

    def test_co_administration(self):
        self.set("co-administration=yes")
        self.assertIn("co-administration\tyes", self.ok("domain", "show", D))

    def test_two_extra_alias_files_in_their_order(self):
        self.user("ann")
        for name, text in (("one", "list: joe\n"), ("two", "list: ann\nother: ann\n")):
            self.vmail.write(name, text)
        self.set("extra-aliases=one two")
        self.mail("list")
        self.mail("other")
        self.assertEqual((len(self.inbox()), len(self.inbox("ann"))), (1, 1))

    def test_virtual_domain_alias(self):
        self.ok("domain", "alias", D, "old.test")
        self.mail("joe@old.test")
        self.assertEqual(len(self.inbox()), 1)


class LinuxconfUser(Acceptance):
    """The dialog of an account."""
    def test_full_name(self):
        self.ok("user", "set", f"joe@{D}", "name=Joe User")
        self.assertEqual(self.shown("user", "show", f"joe@{D}")["name"], "Joe User")

    def test_own_limit(self):
        self.ok("user", "set", f"joe@{D}", "quota=1")
        self.mail("joe", 69, b"Subject: x\n\n" + b"x" * 2000 + b"\n")

    def test_password(self):
        self.ok("user", "passwd", f"joe@{D}", "--password-stdin", input=b"another good one\n")
        self.assertTrue(self.login(password="another good one").startswith("+OK"))
        self.assertTrue(self.login().startswith("-ERR"))

    def test_lock_of_the_account(self):
        self.ok("user", "lock", f"joe@{D}")
        self.assertTrue(self.login().startswith("-ERR"))
        self.mail("joe")

    def test_redirection(self):
        self.ok("user", "set", f"joe@{D}", "forward=x@far.test")
        self.mail("joe")
        self.assertEqual((len(self.inbox()), len(self.vmail.sent())), (0, 1))

    def test_own_exception_from_the_filter(self):
        self.set("filter=sed s/hello/bye/")
        self.ok("user", "set", f"joe@{D}", "filter=no")
        self.mail("joe")
        self.assertIn(b"hello\n", self.inbox()[0])

    def test_vacation_message(self):
        self.ok("user", "vacation", f"joe@{D}", "on", "--text", "-", input=b"Subject: away\n\nI am away.\n")
        self.mail("joe", text=f"To: joe@{D}\nSubject: x\n\nhello\n".encode())
        self.assertIn(b"I am away.", self.vmail.sent()[0][1])

    def test_auto_responder(self):
        self.ok("auto", "set", f"info@{D}", "-", input=b"Subject: hi\n\nThank you.\n")
        self.mail("info")
        self.assertIn(b"Thank you.", self.vmail.sent()[0][1])

    def test_alias(self):
        self.ok("alias", "add", f"sales@{D}", "joe", "x@far.test")
        self.mail("sales")
        self.assertEqual((len(self.inbox()), len(self.vmail.sent())), (1, 1))


class Volution(Acceptance):
    def test_accounts_are_made_found_shown_and_taken_away(self):
        self.user("ann", "name=Ann Example", "quota=10M")
        self.assertEqual(self.names("user", "list", D), [f"joe@{D}", f"ann@{D}"])
        self.assertEqual(self.names("user", "search", "xampl"), [f"ann@{D}"])
        self.assertEqual(self.shown("user", "show", f"ann@{D}")["quota"], "10240")
        self.ok("user", "delete", f"ann@{D}", "--yes")
        self.assertEqual(self.names("user", "list", D), [f"joe@{D}"])

    def test_a_profile_has_every_field(self):
        fields = {"first-name": "Joe", "last-name": "User", "display-name": "Joe U.", "address": f"office@{D}",
                  "alternative-address": f"ju@{D}", "title": "Boss", "office": "B 1", "phone": "1", "mobile": "2",
                  "home-phone": "3", "pager": "4", "fax": "5"}
        self.ok("user", "set", f"joe@{D}", *(f"{name}={value}" for name, value in fields.items()))
        shown = self.shown("user", "show", f"joe@{D}")
        self.assertEqual({name: shown[name] for name in fields}, fields)
        self.mail("ju")
        self.assertEqual(len(self.inbox()), 1)

    def test_the_quota_list_has_the_mark_at_90_percent_none_and_disabled(self):
        for name, quota in (("ann", "none"), ("bob", "disabled"), ("sue", "10")):
            self.user(name, f"quota={quota}")
        self.mail("sue", text=b"Subject: x\n\n" + (b"x" * 1023 + b"\n") * 9)
        rows = {line.split("\t")[0].split("@")[0]: line.split("\t")[2:] for line in self.ok("quota", D).splitlines()}
        self.assertEqual((rows["ann"][0], rows["bob"][0], rows["sue"][2]), ("none", "disabled", "90 %"))
        got = self.v("user", "set", f"sue@{D}", "quota=0")
        self.assertEqual(got.status, 65)
        self.assertRegex(got.stderr, "'none' .*'disabled'")
        self.assertEqual(self.v("user", "quota", f"sue@{D}", "0").status, 65)

    def test_aliases_have_owners_and_are_open_or_restricted(self):
        self.user("ann")
        self.ok("alias", "add", f"team@{D}", "--for", "joe")
        self.assertEqual(self.shown("alias", "show", f"team@{D}")["membership"], "restricted")
        self.ok("alias", "set", f"team@{D}", "membership=open", "description=All of us", "owners=joe ann")
        shown = self.shown("alias", "show", f"team@{D}")
        self.assertEqual((shown["owners"], shown["membership"], shown["description"]), ("joe ann", "open", "All of us"))
        self.ok("alias", "join", f"team@{D}", "ann")
        self.ok("alias", "leave", f"team@{D}", "joe")
        self.assertEqual(self.shown("alias", "show", f"team@{D}")["member"], "ann")
        self.assertEqual(self.v("alias", "leave", f"team@{D}", "ann").status, 77)

    def test_a_search_finds_by_part_of_a_word(self):
        self.ok("alias", "add", f"marketing@{D}", "joe")
        self.ok("alias", "set", f"marketing@{D}", "description=Who tells the world")
        for word in ("ARKET", "orl", "joe"):
            self.assertEqual(self.names("alias", "search", word), [f"marketing@{D}"])

    def test_postmaster_leads_to_the_main_domains(self):
        self.user("root", domain="main.test")
        self.ok("alias", "add", "postmaster@main.test", "root")
        self.mail("postmaster")
        self.assertEqual(len(self.inbox("root", "main.test")), 1)


if __name__ == "__main__":
    main(beside=4)
