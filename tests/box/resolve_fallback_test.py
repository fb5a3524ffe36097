#!/usr/bin/python3
"""All forms of a fallback, extensions, and full names."""
from resolving import *

JOE, ANN, BOB = "mailbox joe@a.test", "mailbox ann@a.test", "mailbox bob@b.test"


class Fallback(Resolving):
    def fall(self, value, domain="a.test"):
        self.change(domain, fallback=value)

    def test_an_empty_one_is_an_unknown_user(self):
        self.fall("")
        self.unknown("nobody@a.test")

    def test_an_address_of_ours(self):
        self.fall("bob@b.test")
        self.leads("nobody@a.test", BOB)

    def test_an_address_of_somebody_else(self):
        self.fall("who@far.test")
        self.leads("nobody@a.test", "remote who@far.test")

    def test_the_same_local_part_in_a_domain_of_ours(self):
        self.fall("@b.test")
        self.leads("bob@a.test", BOB)
        self.unknown("nobody@a.test", "nobody@b.test")

    def test_the_same_local_part_in_a_domain_of_somebody_else(self):
        self.fall("@far.test")
        self.leads("Who+x@a.test", "remote Who+x@far.test")

    def test_the_same_local_part_is_quoted_where_it_needs_it(self):
        self.fall("@far.test")
        self.leads('"a b"@a.test', 'remote "a b"@far.test')

    def test_an_account(self):
        self.fall("joe")
        self.leads("nobody@a.test", JOE)

    def test_an_alias_with_all_its_members(self):
        self.fall("list")
        self.aliases("list: joe, who@far.test\n")
        self.leads("nobody@a.test", JOE, "remote who@far.test")

    def test_a_command_is_the_rest_of_the_line(self):
        self.fall("| /bin/cmd %u, a; \"b, c\" # d (")
        self.leads("nobody@a.test", 'command /bin/cmd %u, a; "b, c" # d (')

    def test_a_command_whose_first_word_is_quoted(self):
        self.fall('|"/bin/a b" c, d')
        self.leads("nobody@a.test", 'command "/bin/a b" c, d')

    def test_a_command_in_quotes_as_aliases_have_it(self):
        self.fall('"|/bin/cmd %u, a; b # c"')
        self.leads("nobody@a.test", "command /bin/cmd %u, a; b # c")

    def test_a_command_with_the_quotes_behind_the_bar(self):
        self.fall('|"/bin/cmd a, b"')
        self.leads("nobody@a.test", "command /bin/cmd a, b")

    def test_a_command_with_a_wrong_token(self):
        self.fall("|/bin/cmd %s")
        self.waits("nobody@a.test", "ETC/domain.a.test:2: fallback: the command knows %d, %f, %u"
                                    " and %% alone: /bin/cmd %s")

    def test_it_leads_where_the_account_is_although_that_is_an_alias_first(self):
        self.fall("joe")
        self.aliases("joe: ann\n")
        self.leads("nobody@a.test", ANN)

    def test_what_it_leads_to_never_meets_a_fallback_of_the_same_domain(self):
        self.fall("nobody")
        self.unknown("other@a.test", "nobody@a.test")

    def test_what_it_leads_to_never_meets_a_fallback_of_another_domain(self):
        self.fall("@b.test")
        self.fall("bob", "b.test")
        self.unknown("nobody@a.test", "nobody@b.test")

    def test_two_domains_that_fall_back_on_each_other_end(self):
        self.fall("@b.test")
        self.fall("@a.test", "b.test")
        self.unknown("nobody@a.test", "nobody@b.test")
        self.leads("joe@b.test", JOE)

    def test_the_members_of_an_alias_behind_it_meet_none_either(self):
        self.fall("list")
        self.aliases("list: joe, nobody, other@b.test\n")
        self.fall("bob", "b.test")
        plan = self.plan("x@a.test")
        self.assertEqual(plan.targets, [JOE, "failure 5.1.1 unknown user nobody@a.test",
                                        "failure 5.1.1 unknown user other@b.test"])

    def test_a_member_meets_the_fallback_as_if_it_had_been_addressed(self):
        self.aliases("list: nobody@b.test\n")
        self.fall("bob", "b.test")
        self.leads("list@a.test", BOB)

    def test_a_name_that_was_met_without_fallback_meets_it_when_addressed(self):
        """A name that is unknown behind a fallback still has its own fallback elsewhere."""
        self.fall("@b.test")
        self.fall("bob", "b.test")
        self.aliases("list: nobody, nobody@b.test\n")
        plan = self.plan("list@a.test")
        self.assertEqual(plan.targets, ["failure 5.1.1 unknown user nobody@b.test", BOB])

    def test_it_meets_the_extension_of_an_account(self):
        self.fall("joe+rest")
        self.leads("nobody@a.test", JOE)

    def test_it_may_be_postmaster(self):
        self.fall("postmaster")
        self.leads("nobody@a.test", "remote postmaster@main.test")

    def test_the_main_domain_s_postmaster_behind_it_meets_no_fallback_either(self):
        self.vmail.set(main_domain="b.test")
        self.fall("postmaster")
        self.fall("bob", "b.test")
        self.leads("postmaster@a.test", BOB)
        self.unknown("nobody@a.test", "postmaster@b.test")

    def test_an_include_behind_it_meets_none_either(self):
        path = self.vmail.write("list", "joe\nother@b.test\n")
        self.fall("list")
        self.fall("bob", "b.test")
        self.aliases(f"list: :include:{path}\n")
        self.assertEqual(self.plan("x@a.test").targets, [JOE, "failure 5.1.1 unknown user other@b.test"])
        self.leads("list@a.test", JOE, BOB)

    def test_the_same_domain_is_no_way_round(self):
        self.fall("@a.test")
        self.unknown("nobody@a.test")
        self.leads("joe+x@a.test", JOE)

    def test_of_a_domain_that_rejects_mail_it_is_not_asked(self):
        self.change(fallback="joe", reject_mail="yes")
        self.fails("nobody@a.test", 77, "5.2.1 a.test does not accept mail")

    def test_into_a_domain_that_rejects_mail_it_is_refused(self):
        self.fall("bob@b.test")
        self.change("b.test", reject_mail="yes")
        self.fails("nobody@a.test", 77, "5.2.1 b.test does not accept mail")

    def test_a_wrong_one_hurts_unknown_users_alone(self):
        for value, sentence in [
                ("/file", "must be user@domain, @domain, a name or | command"),
                (":include:/f", "must be user@domain, @domain, a name or | command"),
                ("\\joe", "must be user@domain, @domain, a name or | command"),
                ("joe, ann", "'joe, ann' is not one member"),
                ("joe ann", "a comma is missing between two members"),
                ("@", "not a domain name"),
                ("@b..test", "not a domain name"),
                ("@[1.2.3.4]", "not a domain name"),
                ("joe@", "not an e-mail address"),
                ("-f@far.test", "an address that begins with '-'"),
                ("|", "'|' without a command"),
                ('"|x', "a quotation mark is not closed")]:
            self.vmail.domain("c.test", {"fallback": value}, accounts=["sue"])
            self.waits("nobody@c.test", f"ETC/domain.c.test:2: fallback: {sentence}")
            self.leads("sue@c.test", "mailbox sue@c.test")


class Extension(Resolving):
    def test_the_first_delimiter_counts(self):
        self.leads("joe+a+b@a.test", JOE)

    def test_the_way_shows_the_address_as_it_was_given(self):
        self.assertEqual(self.plan("joe+x@a.test").ways,
                         [["joe+x@a.test account ETC/passwd.a.test:1"]])

    def test_an_empty_extension_is_one(self):
        self.leads("joe+@a.test", JOE)

    def test_nothing_in_front_of_the_delimiter_is_nobody(self):
        self.unknown("+joe@a.test")
        self.unknown("+@a.test")

    def test_it_works_for_an_alias(self):
        self.aliases("list: joe, who@far.test\n")
        self.leads("list+x@a.test", JOE, "remote who@far.test")

    def test_it_works_for_a_full_name(self):
        self.change(match_full_name="yes")
        self.leads("ann.test+x@a.test", ANN)

    def test_it_works_for_the_owner_of_a_list(self):
        self.aliases("list: who@far.test\nowner-list: joe\n")
        self.leads("list+x@a.test", "remote who@far.test sender owner-list@a.test")

    def test_an_empty_delimiter_switches_it_off(self):
        self.vmail.set(recipient_delimiter="")
        self.unknown("joe+x@a.test")

    def test_another_delimiter(self):
        self.vmail.set(recipient_delimiter="-")
        self.leads("joe-x-y@a.test", JOE)
        self.unknown("joe+x@a.test")

    def test_several_delimiters_are_a_set_and_the_first_that_comes_counts(self):
        self.vmail.set(recipient_delimiter="-+")
        self.leads("joe+x-y@a.test", JOE)
        self.leads("joe-x+y@a.test", JOE)
        self.accounts("joe-x:x:60001:60000:J:/h:/s", "joe:x:60002:60000:J:/h:/s")
        self.leads("joe-x+y@a.test", JOE)
        self.leads("joe-x@a.test", "mailbox joe-x@a.test")

    def test_a_name_with_the_delimiter_in_it_comes_first(self):
        self.vmail.set(recipient_delimiter="-")
        self.accounts("joe:x:60001:60000:J:/h:/s", "joe-x:x:60002:60000:J:/h:/s")
        self.leads("joe-x@a.test", "mailbox joe-x@a.test")

    def test_it_is_not_cut_from_what_an_unknown_name_falls_back_on(self):
        self.change(fallback="@far.test")
        self.leads("who+x@a.test", "remote who+x@far.test")

    def test_a_whole_name_of_an_alias_that_leads_to_the_extension_ends(self):
        self.aliases("joe: joe+x, ann\n")
        self.leads("joe@a.test", JOE, ANN)


ANN_LEE = "ann:x:60001:60000:{}:/h:/s"


def is_found(self, gecos, local):
    self.accounts(ANN_LEE.format(gecos), "other:x:60002:60000:Somebody Else:/h:/s")
    self.leads(f"{local}@a.test", ANN)


def is_not_found(self, gecos, local):
    self.accounts(ANN_LEE.format(gecos), "other:x:60002:60000:Somebody Else:/h:/s")
    self.assertEqual(self.plan(f"{local}@a.test").status, 67)


@rows(is_found, [
    ("a dot for the blank", "Ann Lee", "ann.lee"),
    ("an underscore for the blank", "Ann Lee", "Ann_Lee"),
    ("a blank for the blank", "Ann Lee", '"Ann Lee"'),
    ("three words", "Ann Mary Lee", "ann.mary.lee"),
    ("runs of them are one", "Ann  ._ Lee", "ann..lee"),
    ("a comma ends it", "Ann Lee,Room 3,,", "ann.lee"),
    ("& is the capitalised login", "& Lee", "ann.lee"),
    ("& at the end", "Lee &", "lee.ann"),
    ("letters with accents are exact", "Ann L\u00e9e", "ann.l\u00e9e"),
    ("a hyphen stays", "Ann-Mary Lee", "ann-mary.lee"),
    ("& more than once", "& & Lee", "ann.ann.lee"),
    ("& within a word", "Jo& Lee", "joann.lee"),
    ("blanks, dots and underscores at its ends do not count", " _Ann Lee. ,x", "ann.lee"),
    ("nor at the ends of the local part", "Ann Lee", "ann.lee_"),
    ("a tab is a blank", "Ann\tLee", "ann.lee"),
    ("digits are a word", "Room 101", "room.101"),
])
@rows(is_not_found, [
    ("one word is no full name", "Lee", "lee"),
    ("nor with a dot behind it", "Lee", "lee."),
    ("an empty one is none", "", "."),
    ("what follows the comma is not in it", "Ann Lee,Room 3", "ann.lee.room.3"),
    ("part of it is not enough", "Ann Mary Lee", "ann.lee"),
    ("nor is more than it", "Ann Lee", "ann.lee.jr"),
    ("nor its words in another order", "Ann Lee", "lee.ann"),
    ("nor without the blank", "Ann Lee", "annlee"),
    ("nor a pattern", "Ann Lee", "a*.l*"),
    ("nor with a hyphen for the blank", "Ann Lee", "ann-lee"),
    ("one word that & makes", "&", "ann."),
    ("a word and separators are one word", "Lee ._", "lee._"),
    ("a name behind the first comma is none", ",Ann Lee", "ann.lee"),
    ("nor a regular expression", "Ann Lee", "a.n.lee"),
    ("letters with accents are not the letters without", "Ann L\u00e9e", "ann.lee"),
    ("nor the same in upper case", "Ann L\u00e9e", "ann.l\u00c9e"),
])
class FullName(Resolving):
    domain = {"match-full-name": "yes"}

    def test_the_way_names_it_and_the_line(self):
        self.accounts(ANN_LEE.format("Ann Lee"))
        self.assertEqual(self.plan("Ann.Lee@a.test").ways,
                         [["Ann.Lee@a.test full name ETC/passwd.a.test:1"]])

    def test_two_accounts_of_one_name_get_nothing_and_a_warning_says_so(self):
        self.accounts(ANN_LEE.format("Ann Lee"), "other:x:60002:60000:ann_lee,x:/h:/s")
        plan = self.unknown("ann.lee@a.test")
        self.assertEqual(plan.warnings, ["ann.lee@a.test: several accounts have this full name:"
                                         " none gets the mail"])

    def test_two_accounts_of_one_name_leave_it_to_what_comes_next(self):
        self.change(fallback="bob@b.test")
        self.accounts(ANN_LEE.format("Ann Lee"), "other:x:60002:60000:Ann Lee:/h:/s")
        self.assertEqual(len(self.leads("ann.lee@a.test", BOB).warnings), 1)
        self.vmail.set(recipient_delimiter=".")
        self.leads("ann.lee@a.test", ANN)

    def test_two_accounts_of_one_name_are_logged_when_mail_comes(self):
        self.accounts(ANN_LEE.format("Ann Lee"), "other:x:60002:60000:Ann Lee:/h:/s")
        got = self.vmail.deliver("ann.lee@a.test")
        self.assertEqual(got.status, 67, got)
        self.assertIn("ann.lee@a.test: several accounts have this full name: none gets the mail", got.log)

    def test_nobody_takes_the_mail_of_another_account_by_a_full_name(self):
        self.accounts("eve:x:60001:60000:joe:/h:/s", "mallory:x:60002:60000:ann lee:/h:/s",
                      "joe:x:60003:60000:J:/h:/s", "ann.lee:x:60004:60000:A:/h:/s")
        self.leads("joe@a.test", JOE)
        self.leads("ann.lee@a.test", "mailbox ann.lee@a.test")

    def test_an_account_that_is_broken_has_no_full_name(self):
        self.accounts("ann:x:0:60000:Ann Lee:/h:/s", "other:x:60002:60000:Somebody Else:/h:/s")
        self.unknown("ann.lee@a.test")

    def test_it_is_off_unless_it_is_on(self):
        self.unknown("bob.test@b.test")
        self.change("b.test", match_full_name="yes")
        self.leads("bob.test@b.test", BOB)

    def test_a_domain_alias_knows_it_too(self):
        self.accounts(ANN_LEE.format("Ann Lee"))
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.c.test"))
        self.leads("ann.lee@c.test", ANN)

    def test_a_member_of_an_alias_may_be_one(self):
        self.aliases("list: bob.test@b.test, ann_test\n")
        self.change("b.test", match_full_name="yes")
        self.leads("list@a.test", BOB, ANN)


if __name__ == "__main__":
    main()
