#!/usr/bin/python3
"""The resolver's rules, one after the other: domain, alias, account, full name, extension ..."""
from resolving import *


class Domain(Resolving):
    def test_a_domain_that_is_not_ours_is_unknown(self):
        self.fails("joe@c.test", 68, "5.1.2 unknown domain c.test")

    def test_the_domain_is_compared_without_case_and_final_dot(self):
        self.leads("joe@A.Test.", "mailbox joe@a.test")

    def test_a_subdomain_of_ours_is_not_ours(self):
        self.fails("joe@x.a.test", 68, "5.1.2 unknown domain x.a.test")

    def test_a_domain_of_passwd_alone_has_default_settings(self):
        self.vmail.write("passwd.old.test", self.vmail.read("passwd.a.test"))
        if ROOT:
            self.leads("joe@old.test", "mailbox joe@old.test")
        else:                               # without root the group of the mail must be ours
            self.assertIn(self.plan("joe@old.test").status, (0, 75))
        self.assertNotEqual(self.plan("nobody@old.test").status, 68)

    def test_a_domain_called_files_is_none(self):
        self.vmail.write("passwd.files", self.vmail.read("passwd.a.test"))
        self.fails("joe@files", 68, "5.1.2 unknown domain files")

    def test_domain_settings_without_passwd_are_the_installation_s_fault(self):
        os.unlink(os.path.join(self.vmail.dir, "passwd.a.test"))
        plan = self.plan("joe@a.test")
        self.assertEqual(plan.status, 75, plan)
        self.assertRegex(plan.stderr, r"^4\.3\.\d ETC: passwd\.a\.test: No such file or directory$")

    def test_without_passwd_nobody_is_unknown(self):
        os.unlink(os.path.join(self.vmail.dir, "passwd.a.test"))
        self.assertEqual(self.plan("nobody@a.test").status, 75)

    def test_a_domain_that_rejects_mail_says_so(self):
        self.change(reject_mail="yes")
        self.aliases("list: joe\n")
        for who in "joe", "list", "nobody":
            self.fails(f"{who}@a.test", 77, "5.2.1 a.test does not accept mail")

    def test_a_domain_that_rejects_mail_takes_the_postmaster_s(self):
        self.change(reject_mail="yes")
        self.aliases("postmaster: bob@b.test\n")
        self.leads("PostMaster@a.test", "mailbox bob@b.test")

    def test_a_domain_that_rejects_mail_takes_it_for_the_main_postmaster_too(self):
        self.change(reject_mail="yes")
        self.leads("postmaster@a.test", "remote postmaster@main.test")

    def test_whom_the_postmaster_of_a_domain_that_rejects_mail_is_gets_it(self):
        self.change(reject_mail="yes")
        self.aliases("postmaster: hands, \\ann\nhands: joe\n")
        self.leads("postmaster@a.test", "mailbox joe@a.test", "mailbox ann@a.test")
        self.leads("Postmaster+x@a.test", "mailbox joe@a.test", "mailbox ann@a.test")
        for who in "joe", "hands", "ann", "joe+postmaster":
            self.fails(f"{who}@a.test", 77, "5.2.1 a.test does not accept mail")

    def test_the_extension_of_a_postmaster_who_is_an_account_is_taken_too(self):
        self.change(reject_mail="yes")
        self.accounts(self.vmail.read("passwd.a.test").decode().split("\n")[0].replace("joe:", "postmaster:", 1))
        self.leads("postmaster+x@a.test", "mailbox postmaster@a.test")

    def test_the_exception_holds_for_who_is_reached_by_another_domain_s_postmaster(self):
        for domain in "a.test", "b.test":
            self.change(domain, reject_mail="yes")
        self.aliases("postmaster: postmaster@b.test\n")
        self.aliases("postmaster: joe@a.test, bob\n", "b.test")
        self.leads("postmaster@a.test", "mailbox joe@a.test", "mailbox bob@b.test")

    def test_the_exception_is_for_the_postmaster_s_own_domain_alone(self):
        for domain in "a.test", "b.test":
            self.change(domain, reject_mail="yes")
        self.aliases("postmaster: bob@b.test\n")
        self.fails("postmaster@a.test", 77, "5.2.1 b.test does not accept mail")

    def test_where_the_postmaster_of_a_domain_that_rejects_mail_forwards_to_is_taken(self):
        self.change(reject_mail="yes")
        self.aliases("postmaster: joe\n")
        self.vmail.extra("a.test", "joe.forward", "ann\n")
        self.leads("postmaster@a.test", "mailbox ann@a.test")

    def test_a_mailbox_itself_in_a_domain_that_rejects_mail_is_refused_too(self):
        self.change(reject_mail="yes")
        self.aliases("x: \\joe@a.test\n", "b.test")
        self.fails("x@b.test", 77, "5.2.1 a.test does not accept mail")

    def test_a_member_in_a_domain_that_rejects_mail_is_refused(self):
        self.change(reject_mail="yes")
        self.aliases("x: joe@a.test\n", "b.test")
        self.fails("x@b.test", 77, "5.2.1 a.test does not accept mail")


class Order(Resolving):
    def test_an_account_is_its_mailbox(self):
        plan = self.leads("joe@a.test", "mailbox joe@a.test")
        self.assertEqual(plan.ways, [["joe@a.test account ETC/passwd.a.test:1"]])

    def test_the_plan_names_the_inbox(self):
        plan = self.plan("joe@a.test")
        self.assertIn(f"mailbox joe@a.test {self.vmail.spool}/a.test/joe\n",
                      plan.got.stdout.decode())

    def test_case_is_ignored_and_the_account_s_spelling_counts(self):
        self.accounts("Joe:x:60001:60000:J:/h:/s")
        self.leads("jOE@a.test", "mailbox Joe@a.test")

    def test_nobody_of_that_name_is_an_unknown_user(self):
        plan = self.unknown("nobody@a.test")
        self.assertEqual(plan.targets, ["failure 5.1.1 unknown user nobody@a.test"])

    def test_an_alias_comes_before_the_account(self):
        self.aliases("joe: ann\n")
        plan = self.leads("joe@a.test", "mailbox ann@a.test")
        self.assertEqual(plan.ways, [["joe@a.test alias ETC/aliases.a.test:1",
                                      "ann@a.test account ETC/passwd.a.test:2"]])

    def test_an_alias_is_found_without_case(self):
        self.aliases("SALES: joe\n")
        self.leads("sAles@a.test", "mailbox joe@a.test")

    def test_an_account_comes_before_a_full_name(self):
        self.change(match_full_name="yes")
        self.accounts("ann.lee:x:60001:60000:Some One:/h:/s", "x:x:60002:60000:Ann Lee:/h:/s")
        self.leads("ann.lee@a.test", "mailbox ann.lee@a.test")

    def test_an_alias_comes_before_a_full_name(self):
        self.change(match_full_name="yes")
        self.aliases("joe.test: ann\n")
        self.leads("joe.test@a.test", "mailbox ann@a.test")

    def test_a_full_name_comes_before_the_extension(self):
        self.vmail.set(recipient_delimiter=".")
        self.change(match_full_name="yes")
        self.leads("ann.test@a.test", "mailbox ann@a.test")
        self.leads("joe.x@a.test", "mailbox joe@a.test")

    def test_an_extension_comes_before_the_fallback(self):
        self.change(fallback="ann")
        self.leads("joe+x@a.test", "mailbox joe@a.test")

    def test_the_fallback_comes_last(self):
        self.change(fallback="ann")
        plan = self.leads("nobody@a.test", "mailbox ann@a.test")
        self.assertRegex(plan.ways[0][0], r"^nobody@a\.test fallback ETC/domain\.a\.test:2$")

    def test_the_way_has_file_and_line_of_every_step(self):
        self.change(fallback="list")
        self.aliases("\nlist: joe,\n\tother@b.test\n")
        self.aliases("# x\nother: bob\n", "b.test")
        plan = self.leads("Nobody@A.test", "mailbox joe@a.test", "mailbox bob@b.test")
        self.assertEqual(plan.ways[1], [
            "Nobody@a.test fallback ETC/domain.a.test:2",
            "list@a.test alias ETC/aliases.a.test:3",
            "other@b.test alias ETC/aliases.b.test:2",
            "bob@b.test account ETC/passwd.b.test:1"])

    def test_a_broken_account_is_no_unknown_user_although_there_is_a_fallback(self):
        self.accounts("joe:x:0:0:J:/h:/s", "ann:x:60001:60000:A:/h:/s")
        self.change(fallback="ann")
        self.waits("joe@a.test", "ETC/passwd.a.test:1: no account can have user or group id 0"
                                 " or 4294967295")


class Postmaster(Resolving):
    def test_it_is_the_main_domain_s_without_alias_and_account(self):
        plan = self.leads("postmaster@a.test", "remote postmaster@main.test")
        self.assertEqual(plan.ways, [["postmaster@a.test the main domain's postmaster"]])

    def test_an_alias_comes_first(self):
        self.aliases("postmaster: joe\n")
        self.leads("POSTMASTER@a.test", "mailbox joe@a.test")

    def test_an_account_comes_first(self):
        self.accounts("postmaster:x:60001:60000:P:/h:/s")
        self.leads("Postmaster@a.test", "mailbox postmaster@a.test")

    def test_it_comes_before_the_fallback(self):
        self.change(fallback="joe")
        self.leads("postmaster@a.test", "remote postmaster@main.test")

    def test_a_full_name_cannot_take_its_mail(self):
        self.change(match_full_name="yes")
        self.accounts("joe:x:60001:60000:postmaster:/h:/s", "eve:x:60002:60000:Post Master:/h:/s")
        self.leads("postmaster@a.test", "remote postmaster@main.test")

    def test_it_is_resolved_in_place_when_the_main_domain_is_ours(self):
        self.vmail.set(main_domain="b.test")
        self.aliases("postmaster: bob\n", "b.test")
        self.leads("postmaster@a.test", "mailbox bob@b.test")

    def test_the_main_domain_s_own_goes_to_its_fallback(self):
        self.vmail.set(main_domain="b.test")
        self.change("b.test", fallback="bob")
        self.leads("postmaster@b.test", "mailbox bob@b.test")

    def test_the_main_domain_s_own_is_unknown_when_nobody_is(self):
        self.vmail.set(main_domain="b.test")
        self.unknown("postmaster@b.test")
        self.unknown("postmaster@a.test", "postmaster@b.test")

    def test_a_domain_alias_of_the_main_domain_does_not_go_round(self):
        os.symlink("domain.b.test", os.path.join(self.vmail.dir, "domain.main.test"))
        self.unknown("postmaster@b.test")

    def test_the_main_domain_is_the_host_s_where_no_setting_says_so(self):
        for host, domain in (("mail.x.test", "x.test"), ("Deep.Mail.X.test", "mail.x.test"), ("single", "single")):
            self.vmail.set(main_domain=None, hostname=host)
            self.leads("postmaster@a.test", f"remote postmaster@{domain}")

    def test_with_an_extension_it_is_nobody_special(self):
        self.unknown("postmaster+x@a.test")
        self.aliases("postmaster: joe\n")
        self.leads("postmaster+x@a.test", "mailbox joe@a.test")

    def test_an_alias_can_name_it(self):
        self.aliases("boss: postmaster\n")
        self.leads("boss@a.test", "remote postmaster@main.test")


class Auto(Resolving):
    """Answers are -n's business, too: the file is a target with its way."""
    def answers(self, recipient):
        return [t for t in self.plan(recipient).targets if t.startswith("answer ")]

    def test_an_autoresponder_alone_is_a_target_and_no_error_of_the_address(self):
        self.vmail.extra("a.test", "info.auto", "Subject: x\n\nhi\n")
        plan = self.plan("info@a.test")
        self.assertEqual(plan.targets, ["answer SCRATCH/spool/files/a.test/info.auto"])
        self.assertEqual(plan.ways,
                         [["info@a.test autoresponder SCRATCH/spool/files/a.test/info.auto"]])
        self.assertNotIn("5.1.1", plan.stderr)

    def test_it_answers_beside_an_account(self):
        self.vmail.extra("a.test", "joe.auto", "Subject: x\n\nhi\n")
        self.assertEqual(self.plan("joe@a.test").targets,
                         ["mailbox joe@a.test", "answer SCRATCH/spool/files/a.test/joe.auto"])

    def test_it_answers_for_every_local_name_that_is_met(self):
        self.aliases("list: joe\n")
        for name in "list", "joe":
            self.vmail.extra("a.test", f"{name}.auto", "Subject: x\n\nhi\n")
        self.assertEqual(sorted(self.answers("list@a.test")), [
            "answer SCRATCH/spool/files/a.test/joe.auto",
            "answer SCRATCH/spool/files/a.test/list.auto"])

    def test_it_stands_once_however_often_the_name_is_met(self):
        self.aliases("x: joe, y, joe@a.test\ny: joe\n")
        self.vmail.extra("a.test", "joe.auto", "Subject: x\n\nhi\n")
        self.assertEqual(len(self.answers("x@a.test")), 1)

    def test_it_answers_for_the_part_before_the_extension(self):
        self.vmail.extra("a.test", "info.auto", "Subject: x\n\nhi\n")
        self.assertEqual(self.answers("info+x@a.test"),
                         ["answer SCRATCH/spool/files/a.test/info.auto"])

    def test_it_comes_before_the_fallback(self):
        self.change(fallback="joe")
        self.vmail.extra("a.test", "info.auto", "Subject: x\n\nhi\n")
        self.assertEqual(self.plan("info@a.test").targets,
                         ["answer SCRATCH/spool/files/a.test/info.auto"])

    def test_case_is_ignored(self):
        self.vmail.extra("a.test", "info.auto", "Subject: x\n\nhi\n")
        self.assertEqual(len(self.answers("INFO@a.test")), 1)

    def test_it_is_found_by_a_domain_alias(self):
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.c.test"))
        self.vmail.extra("a.test", "info.auto", "Subject: x\n\nhi\n")
        self.assertEqual(len(self.answers("info@c.test")), 1)

    def test_a_name_that_fails_the_rules_never_becomes_a_path(self):
        self.vmail.extra("a.test", "x.auto", "Subject: x\n\nhi\n")
        self.vmail.extra("b.test", "x.auto", "Subject: x\n\nhi\n")
        for name in "../b.test/x", "./x", "../a.test/x", "x.auto/../x", "/x":
            plan = self.plan(f"{name}@a.test")
            self.assertEqual(plan.status, 67, plan)
            self.assertNotIn("answer", " ".join(plan.targets))


if __name__ == "__main__":
    main()
