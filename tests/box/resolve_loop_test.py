#!/usr/bin/python3
"""Loops, depth, fan-out, duplicates, and the owner of a list."""
import resource

from resolving import *

JOE, ANN, BOB = "mailbox joe@a.test", "mailbox ann@a.test", "mailbox bob@b.test"


def loop(who):
    return f"5.4.6 alias loop: {who} leads to nobody but itself"


def chain(length, end="joe"):
    """a1 leads to a2, ..., the last one to end."""
    return "".join(f"a{i}: a{i + 1}\n" for i in range(1, length)) + f"a{length}: {end}\n"


class Loop(Resolving):
    def test_a_name_in_its_own_alias_is_its_mailbox(self):
        self.aliases("joe: joe, ann\n")
        plan = self.leads("joe@a.test", JOE, ANN)
        self.assertEqual(plan.ways[0][-1],
                         "joe@a.test account, within its own alias ETC/passwd.a.test:1")

    def test_so_it_is_in_another_spelling(self):
        self.aliases("joe: JOE@A.test\n")
        self.leads("joe@a.test", JOE)

    def test_a_name_without_an_account_that_leads_to_itself_is_a_loop(self):
        self.aliases("x: x\n")
        plan = self.fails("x@a.test", 69, loop("x@a.test"))
        self.assertEqual(plan.warnings, ["x@a.test leads back to itself and has no mailbox: left out"])

    def test_beside_other_members_it_is_left_out_with_a_warning(self):
        self.aliases("x: joe, x\n")
        plan = self.leads("x@a.test", JOE)
        self.assertEqual(plan.warnings, ["x@a.test leads back to itself and has no mailbox: left out"])

    def test_a_name_with_an_extension_in_its_own_alias_is_the_mailbox_without_it(self):
        self.aliases("joe+lists: joe+lists, who@far.test\n")
        self.leads("joe+lists@a.test", JOE, "remote who@far.test")

    def test_a_full_name_in_its_own_alias_is_that_account_s_mailbox(self):
        self.change(match_full_name="yes")
        self.aliases("Joe.Test: joe.test, who@far.test\n")
        self.leads("joe.test@a.test", JOE, "remote who@far.test")

    def test_a_name_that_is_left_out_is_logged_when_mail_is_delivered(self):
        self.aliases("x: joe, x\n")
        got = self.vmail.deliver("x@a.test")
        self.assertEqual(got.status, 0, got)
        self.assertIn("x@a.test leads back to itself and has no mailbox: left out", got.log)

    def test_two_aliases_of_each_other_are_a_loop(self):
        self.aliases("x: y\ny: x\n")
        self.fails("x@a.test", 69, loop("x@a.test"))

    def test_two_accounts_whose_aliases_are_each_other_keep_what_comes_back(self):
        self.aliases("joe: ann\nann: joe\n")
        self.leads("joe@a.test", JOE)
        self.leads("ann@a.test", ANN)

    def test_a_loop_over_two_domains_ends(self):
        self.aliases("x: x@b.test\n")
        self.aliases("x: x@a.test\n", "b.test")
        self.fails("x@a.test", 69, loop("x@a.test"))

    def test_a_loop_over_a_domain_alias_ends(self):
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.c.test"))
        self.aliases("x: x@c.test\n")
        self.fails("x@c.test", 69, loop("x@a.test"))

    def test_a_loop_with_extensions_ends(self):
        self.aliases("x: x+1\n")
        self.assertEqual(self.plan("x@a.test").status, 69)

    def test_a_mailbox_ends_every_loop(self):
        self.aliases("joe: \\joe, who@far.test\n")
        self.leads("joe@a.test", JOE, "remote who@far.test")

    def test_a_mailbox_with_an_extension_is_the_account_s(self):
        self.aliases("x: \\joe+lists\njoe: ann\njoe+lists: ann\n")
        self.leads("x@a.test", JOE)

    def test_a_mailbox_meets_no_fallback(self):
        self.change(fallback="joe")
        self.aliases("x: \\nobody\n")
        self.unknown("x@a.test", "nobody@a.test")

    def test_a_mailbox_without_account_is_an_unknown_user(self):
        self.aliases("x: \\x\n")
        self.unknown("x@a.test")


class Depth(Resolving):
    def test_20_aliases_deep_is_allowed(self):
        self.aliases(chain(20))
        self.leads("a1@a.test", JOE)

    def test_21_aliases_are_too_deep(self):
        self.aliases(chain(21))
        self.fails("a1@a.test", 69, "5.4.6 alias loop: more than 20 steps lead to a21@a.test")

    def test_51_aliases_are_too_deep(self):
        self.aliases(chain(51))
        self.fails("a1@a.test", 69, "5.4.6 alias loop: more than 20 steps lead to a21@a.test")

    def test_51_aliases_are_allowed_where_the_setting_says_so(self):
        self.vmail.set(max_alias_depth=51)
        self.aliases(chain(51))
        self.leads("a1@a.test", JOE)

    def test_an_include_is_a_step(self):
        self.vmail.set(max_alias_depth=2)
        path = self.vmail.write("list", "joe\n")
        self.aliases(f"x: :include:{path}\ny: x\n")
        self.leads("x@a.test", JOE)
        self.fails("y@a.test", 69, "5.4.6 alias loop: more than 2 steps lead to x@a.test")

    def test_a_fallback_is_a_step(self):
        self.vmail.set(max_alias_depth=2)
        self.change(fallback="x")
        self.aliases("x: joe\ny: nobody\n")
        self.leads("nobody@a.test", JOE)
        self.fails("y@a.test", 69, "5.4.6 alias loop: more than 2 steps lead to x@a.test")

    def test_an_account_is_none(self):
        self.vmail.set(max_alias_depth=1)
        self.aliases("x: joe\n")
        self.leads("x@a.test", JOE)

    def test_of_two_ways_only_the_one_that_is_too_deep_fails(self):
        self.vmail.set(max_alias_depth=2)
        self.aliases("x: joe, y\ny: z\nz: ann\n")
        plan = self.fails("x@a.test", 69, "5.4.6 alias loop: more than 2 steps lead to z@a.test")
        self.assertEqual(plan.targets[0], JOE)


class FanOut(Resolving):
    def test_the_same_target_by_two_ways_stands_once(self):
        self.aliases("x: y, z\ny: joe, who@far.test\nz: joe, who@far.test, ann\n")
        self.leads("x@a.test", JOE, "remote who@far.test", ANN)

    def test_the_same_account_by_two_domain_names_stands_once(self):
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.c.test"))
        self.aliases("x: joe@c.test, joe@a.test, joe+x\n")
        self.leads("x@a.test", JOE)

    def test_two_recipients_of_one_target_have_it_both(self):
        plan = self.plan("joe@a.test", "joe@a.test", "JOE+x@a.test")
        self.assertEqual((plan.status, plan.recipients, plan.targets),
                         (0, ["joe@a.test", "joe@a.test", "JOE+x@a.test"], [JOE, JOE, JOE]))

    def test_two_to_the_power_of_30_ways_are_few_targets(self):
        self.vmail.set(max_alias_depth=100)
        lines = "".join(f"l{i}: l{i + 1}, r{i + 1}\nr{i}: l{i + 1}, r{i + 1}\n" for i in range(30))
        self.aliases(lines + "l30: joe\nr30: ann\n")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        plan = self.plan("l0@a.test")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertEqual((plan.status, set(plan.targets)), (0, {JOE, ANN}), plan)
        self.assertLess(after.ru_utime - before.ru_utime, 1.0)

    def test_as_many_targets_as_the_setting_says(self):
        self.vmail.set(max_recipients=10)
        self.aliases("x: " + ", ".join(f"u{i}@far.test" for i in range(10)) + "\n")
        self.assertEqual(len(self.leads("x@a.test", *(f"remote u{i}@far.test" for i in range(10)))
                             .targets), 10)

    def test_one_more_is_refused_and_nothing_is_delivered(self):
        self.vmail.set(max_recipients=10)
        self.aliases("x: " + ", ".join(f"u{i}@far.test" for i in range(11)) + "\n")
        plan = self.fails("x@a.test", 69, "5.5.3 more than 10 recipients")
        self.assertEqual(plan.targets, ["failure 5.5.3 more than 10 recipients"])

    def test_one_more_is_refused_over_several_aliases_too(self):
        self.vmail.set(max_recipients=10)
        self.aliases("x: y, z\n" + "".join(
            f"{n}: " + ", ".join(f"{n}{i}@far.test" for i in range(6)) + "\n" for n in "yz"))
        self.fails("x@a.test", 69, "5.5.3 more than 10 recipients")

    def test_failures_count_as_well(self):
        self.vmail.set(max_recipients=10)
        self.aliases("x: " + ", ".join(f"u{i}" for i in range(11)) + "\n")
        self.fails("x@a.test", 69, "5.5.3 more than 10 recipients")

    def test_the_same_target_counts_once(self):
        self.vmail.set(max_recipients=2)
        self.aliases("x: joe, ann, joe, ann@a.test, joe+x\n")
        self.leads("x@a.test", JOE, ANN)

    def test_members_that_lead_to_no_new_target_are_not_looked_at_for_ever(self):
        self.vmail.set(max_recipients=2)
        for count, status in (20002, 0), (20003, 69):
            # one member more is the include; each name is looked up in an alias file that is short
            path = self.vmail.write("list", "".join(f"joe+{i}\n" for i in range(count - 1)))
            self.aliases(f"x: :include:{path}\n")
            self.assertEqual(self.plan("x@a.test").status, status, count)

    def test_each_recipient_of_a_call_has_an_expansion_of_its_own(self):
        self.vmail.set(max_recipients=10)
        self.aliases("".join(
            f"{n}: " + ", ".join(f"{n}{i}@far.test" for i in range(6)) + "\n" for n in "yz"))
        plan = self.plan("y@a.test", "z@a.test")
        self.assertEqual((plan.status, plan.stderr, len(plan.targets)), (0, "", 12), plan)

    def test_what_another_recipient_leads_to_counts_too(self):
        self.vmail.set(max_recipients=10)
        self.aliases("y: " + ", ".join(f"y{i}@far.test" for i in range(8)) + "\n"
                     "z: y, " + ", ".join(f"z{i}@far.test" for i in range(8)) + "\n")
        plan = self.plan("y@a.test", "z@a.test")
        self.assertEqual((plan.status, plan.stderr), (69, "5.5.3 more than 10 recipients\n"), plan)
        self.assertEqual(len(plan.targets), 9)

    def test_a_recipient_behind_one_with_too_many_is_served(self):
        self.vmail.set(max_recipients=10)
        self.aliases("x: " + ", ".join(f"u{i}@far.test" for i in range(11)) + "\n")
        plan = self.plan("x@a.test", "joe@a.test")
        self.assertEqual((plan.status, plan.targets),
                         (69, ["failure 5.5.3 more than 10 recipients", JOE]), plan)

    def test_a_million_members_end_soon_and_nothing_is_delivered(self):
        path = self.vmail.write("list", "".join(f"u{i}@far.test\n" for i in range(200000)))
        self.aliases(f"x: :include:{path}\n")
        plan = self.plan("x@a.test", seconds=CUT)
        self.assertEqual(len(plan.targets), 1)
        self.assertIn(plan.status, (69, 75), plan)


class Owner(Resolving):
    def sender_of(self, recipient, **more):
        """The sender that the MTA is told for each address."""
        got = self.vmail.deliver(recipient, **more)
        self.assertEqual((got.status, got.stderr), (0, ""), got)
        return {to: args[args.index("-f") + 1]
                for args, _ in self.vmail.sent() for to in args[args.index("--") + 1:]}

    def test_an_owner_is_the_sender_of_what_the_list_sends_on(self):
        self.aliases("list: who@far.test, joe\nowner-list: ann\n")
        self.leads("list@a.test", "remote who@far.test sender owner-list@a.test", JOE)
        self.assertEqual(self.sender_of("list@a.test"), {"who@far.test": "owner-list@a.test"})

    def test_without_an_owner_the_sender_stays(self):
        self.aliases("list: who@far.test\nowner-lists: ann\n")
        self.leads("list@a.test", "remote who@far.test")
        self.assertEqual(self.sender_of("list@a.test"), {"who@far.test": "sender@far.test"})

    def test_an_owner_may_be_an_account(self):
        self.aliases("list: who@far.test\n")
        self.accounts("owner-list:x:60001:60000:O:/h:/s")
        self.leads("list@a.test", "remote who@far.test sender owner-list@a.test")

    def test_an_owner_may_be_an_alias_of_an_extra_file(self):
        self.aliases("list: who@far.test\n")
        self.vmail.write("extra", "owner-list: ann\n")
        self.change(extra_aliases="extra")
        self.leads("list@a.test", "remote who@far.test sender owner-list@a.test")

    def test_the_innermost_owner_counts(self):
        self.aliases("outer: inner, one@far.test\ninner: two@far.test\n"
                     "owner-outer: joe\nowner-inner: ann\n")
        self.assertEqual(self.sender_of("outer@a.test"), {
            "one@far.test": "owner-outer@a.test", "two@far.test": "owner-inner@a.test"})

    def test_an_inner_list_without_owner_has_the_outer_one(self):
        self.aliases("outer: inner\ninner: two@far.test\nowner-outer: joe\n")
        self.assertEqual(self.sender_of("outer@a.test"), {"two@far.test": "owner-outer@a.test"})

    def test_an_inner_list_of_another_domain_has_the_owner_of_its_domain(self):
        self.aliases("outer: inner@b.test\nowner-outer: joe\nowner-inner: joe\n")
        self.aliases("inner: two@far.test\nowner-inner: bob\n", "b.test")
        self.assertEqual(self.sender_of("outer@a.test"), {"two@far.test": "owner-inner@b.test"})

    def test_a_null_sender_stays_null(self):
        self.aliases("list: who@far.test\nowner-list: ann\n")
        for sender in "", "<>", "MAILER-DAEMON":
            self.assertEqual(self.sender_of("list@a.test", sender=sender), {"who@far.test": "<>"})

    def test_an_include_sends_as_the_list_that_includes_it(self):
        path = self.vmail.write("members", "who@far.test\n")
        self.aliases(f"list: :include:{path}\nowner-list: ann\n")
        self.leads("list@a.test", "remote who@far.test sender owner-list@a.test")

    def test_the_owner_s_own_mail_has_no_owner(self):
        self.aliases("list: who@far.test\nowner-list: boss@far.test\n")
        self.leads("owner-list@a.test", "remote boss@far.test")

    def test_an_owner_that_cannot_be_looked_up_is_temporary(self):
        self.aliases("list: who@far.test\n")
        self.accounts("joe:x:60001:60000:J:/h:/s", "owner-list:x:0:0:O:/h:/s")
        self.waits("list@a.test", "ETC/passwd.a.test:2: no account can have user or group id 0"
                                  " or 4294967295")


if __name__ == "__main__":
    main()
