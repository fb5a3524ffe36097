#!/usr/bin/python3
"""Includes, extra alias files, and whose files hold commands."""
from resolving import *

JOE, ANN, BOB = "mailbox joe@a.test", "mailbox ann@a.test", "mailbox bob@b.test"
TRUST = "counts only in a file that belongs to root and that nobody else can write to"


def make_unreadable(path):
    """Root reads everything, but what belongs to somebody else as that one."""
    os.chmod(path, 0)
    if ROOT:
        os.chown(path, FIRST_UID, GID)


class Include(Resolving):
    def include(self, text, name="list", **more):
        """x leads to the members in the file; returns its path."""
        path = self.vmail.write(name, text, **more)
        self.aliases(f"x: :include:{path}\n")
        return path

    def test_lines_and_commas_separate_the_members(self):
        self.include("joe\n\nann, bob@b.test\n")
        self.leads("x@a.test", JOE, ANN, BOB)

    def test_the_way_has_the_file_and_line_of_the_member(self):
        self.include("# people\njoe\n\nann\n")
        plan = self.leads("x@a.test", JOE, ANN)
        self.assertEqual(plan.ways[1], ["x@a.test alias ETC/aliases.a.test:1", "x@a.test include ETC/list:4",
                                        "ann@a.test account ETC/passwd.a.test:2"])

    def test_comments_and_crlf_and_no_last_newline(self):
        self.include("# joe\r\n  # ann, bob\r\njoe\r\nann (she) #@# boss\r\nbob@b.test")
        self.leads("x@a.test", JOE, ANN, BOB)

    def test_names_are_in_the_domain_of_the_list(self):
        path = self.vmail.write("list", "bob\n")
        self.aliases(f"x: :include:{path}\n", "b.test")
        self.leads("x@b.test", BOB)

    def test_one_file_that_two_domains_include_means_the_names_of_both(self):
        path = self.vmail.write("list", "info\n")
        self.aliases(f"all: :include:{path}, all@b.test\ninfo: joe\n")
        self.aliases(f"all: :include:{path}\ninfo: bob\n", "b.test")
        self.leads("all@a.test", JOE, BOB)

    def test_an_empty_one_sends_to_nobody_and_says_so(self):
        self.include("# nobody\n\n")
        self.fails("x@a.test", 69, "5.4.6 alias loop: x@a.test leads to nobody but itself")

    def test_an_empty_one_beside_a_member_is_no_error(self):
        path = self.vmail.write("list", "")
        self.aliases(f"x: joe, :include:{path}\n")
        self.leads("x@a.test", JOE)

    def test_commands_files_and_includes_in_a_trusted_one_count(self):
        other = self.vmail.write("other", "ann\n")
        self.include(f'"|cmd a"\n/dev/null\n:include:{other}\n')
        self.leads("x@a.test", "command cmd a", "file /dev/null", ANN)

    def test_one_that_includes_itself_is_read_once(self):
        path = os.path.join(self.vmail.dir, "list")
        self.include(f"joe\n:include:{path}\n")
        self.leads("x@a.test", JOE)

    def test_two_that_include_each_other_are_read_once(self):
        one, two = (os.path.join(self.vmail.dir, n) for n in ("list", "other"))
        self.vmail.write("other", f":include:{one}\nann\n")
        self.include(f"joe\n:include:{two}\n")
        self.leads("x@a.test", JOE, ANN)

    def test_an_include_alone_in_a_loop_is_a_loop(self):
        self.include(f":include:{os.path.join(self.vmail.dir, 'list')}\n")
        self.assertEqual(self.plan("x@a.test").status, 69)

    def test_a_name_in_its_own_include_is_its_mailbox(self):
        path = self.vmail.write("list", "joe, ann\n")
        self.aliases(f"joe: :include:{path}\n")
        self.leads("joe@a.test", JOE, ANN)

    def test_an_error_has_the_line_of_the_include(self):
        self.include("joe\n\nann bob\n")
        self.waits("x@a.test", "ETC/list:3: a comma is missing between two members")

    def test_a_missing_one_is_temporary(self):
        self.aliases("x: :include:/nowhere/list\n")
        self.waits("x@a.test", "/nowhere/list: No such file or directory", code="4.3.0")

    def test_a_dangling_link_is_temporary(self):
        os.symlink("nothing", os.path.join(self.vmail.dir, "list"))
        self.aliases(f"x: :include:{self.vmail.dir}/list\n")
        self.waits("x@a.test", "ETC/list: No such file or directory", code="4.3.0")

    def test_what_is_no_plain_file_is_temporary_and_nobody_waits_for_it(self):
        os.mkdir(os.path.join(self.vmail.dir, "directory"))
        os.mkfifo(os.path.join(self.vmail.dir, "fifo"))
        for name in "directory", "fifo":
            self.aliases(f"x: :include:{self.vmail.dir}/{name}\n")
            plan = self.plan("x@a.test")
            self.assertEqual((plan.status, plan.stderr),
                             (75, f"4.3.0 ETC/{name}: not a regular file\n"))
        self.aliases("x: :include:/dev/zero\n")
        self.assertEqual(self.plan("x@a.test").status, 75)

    def test_the_mail_of_the_list_waits_and_that_of_others_does_not(self):
        self.aliases("x: :include:/nowhere\ny: joe\n")
        self.leads("y@a.test", JOE)

    def test_one_that_cannot_be_read_is_temporary(self):
        make_unreadable(self.include("joe\n"))
        plan = self.plan("x@a.test")
        self.assertEqual(plan.status, 75, plan)
        self.assertRegex(plan.stderr, r"^4\.3\.0 ETC/list: .*Permission denied$")


class ExtraFiles(Resolving):
    def extra(self, *texts, **more):
        names = [f"extra{i}" for i in range(len(texts))]
        for name, text in zip(names, texts):
            if text is not None:
                self.vmail.write(name, text)
        self.change(extra_aliases=" ".join(names))

    def test_aliases_d_comes_first(self):
        self.aliases("x: joe\n")
        self.extra("x: ann\n")
        self.leads("x@a.test", JOE)

    def test_the_first_file_that_holds_the_name_wins_and_nothing_is_merged(self):
        self.aliases("y: joe\n")
        self.extra("z: joe\n", "x: ann\n", "x: joe\n")
        plan = self.leads("x@a.test", ANN)
        self.assertEqual(plan.ways[0][0], "x@a.test alias ETC/extra1:1")
        self.assertEqual(plan.warnings, [])

    def test_they_come_before_the_account(self):
        self.extra("joe: ann\n")
        self.leads("joe@a.test", ANN)

    def test_members_may_lie_in_any_of_the_files(self):
        self.aliases("x: y\nz: joe\n")
        self.extra("y: z\n")
        self.leads("x@a.test", JOE)

    def test_without_aliases_d_they_count(self):
        self.extra("x: ann\n")
        self.assertFalse(os.path.exists(os.path.join(self.vmail.dir, "aliases.a.test")))
        self.leads("x@a.test", ANN)

    def test_commas_separate_them_and_a_path_may_be_absolute(self):
        elsewhere = os.path.join(self.vmail.scratch, "elsewhere")
        with open(elsewhere, "w") as f:
            f.write("y: joe\n")
        self.vmail.write("extra", "x: ann\n")
        self.change(extra_aliases=f"extra, {elsewhere}")
        self.leads("x@a.test", ANN)
        self.leads("y@a.test", JOE)

    def test_a_missing_one_is_temporary_for_every_name_that_it_might_hold(self):
        self.aliases("x: joe\n")
        self.extra(None)
        for who in "joe", "nobody":
            self.waits(f"{who}@a.test", "ETC/extra0: No such file or directory", code="4.3.0")

    def test_a_missing_one_behind_the_file_that_holds_the_name_is_temporary_for_its_owner(self):
        self.aliases("x: \\joe\nowner-x: ann\n")
        self.extra(None)
        self.leads("x@a.test", JOE)

    def test_an_entry_with_an_error_is_not_made_good_by_a_later_file(self):
        self.extra("x: joe\n")
        for text in "x: joe ann\n", "x:\n", "x: joe\nX: |\n":
            self.aliases(text)
            self.assertEqual(self.plan("x@a.test").status, 75, text)
        self.aliases("x: \\x\n")
        self.unknown("x@a.test")

    def test_an_error_in_one_hurts_its_entry_alone(self):
        self.extra("x: joe ann\ny: joe\n")
        self.waits("x@a.test", "ETC/extra0:1: a comma is missing between two members")
        self.leads("y@a.test", JOE)
        self.leads("ann@a.test", ANN)


class Unreadable(Resolving):
    """An alias file that cannot be read is never one without members."""
    def replaced(self, make):
        path = os.path.join(self.vmail.dir, "aliases.a.test")
        make(path)
        return self.plan("joe@a.test")

    def test_a_directory(self):
        plan = self.replaced(os.mkdir)
        self.assertEqual((plan.status, plan.stderr), (75, "4.3.0 ETC/aliases.a.test: not a regular file\n"))

    def test_a_fifo(self):
        plan = self.replaced(os.mkfifo)
        self.assertEqual((plan.status, plan.stderr), (75, "4.3.0 ETC/aliases.a.test: not a regular file\n"))

    def test_a_link_that_leads_nowhere(self):
        plan = self.replaced(lambda path: os.symlink("/nowhere/aliases", path))
        self.assertEqual((plan.status, plan.stderr),
                         (75, "4.3.0 ETC/aliases.a.test: No such file or directory\n"))

    def test_a_link_to_itself(self):
        plan = self.replaced(lambda path: os.symlink("aliases.a.test", path))
        self.assertEqual(plan.status, 75, plan)

    def test_a_file_without_permissions(self):
        make_unreadable(self.aliases("x: joe\n"))
        plan = self.plan("joe@a.test")
        self.assertEqual(plan.status, 75, plan)
        self.assertRegex(plan.stderr, r"^4\.3\.0 ETC/aliases\.a\.test: .*Permission denied$")

    def test_no_file_at_all_is_no_members(self):
        self.leads("joe@a.test", JOE)

    def test_an_empty_file_is_no_members(self):
        self.aliases("")
        self.leads("joe@a.test", JOE)

    def test_a_link_to_a_trusted_file_is_read(self):
        self.vmail.write("real", "x: joe\n")
        os.symlink("real", os.path.join(self.vmail.dir, "aliases.a.test"))
        self.leads("x@a.test", JOE)


class OpenToOthers(Resolving):
    """A file that others can write to, in both worlds."""
    def test_commands_files_and_includes_in_it_are_errors_of_their_entries(self):
        path = self.aliases("c: |cmd\nf: joe, /dev/null\ni:\n :include:/l\nx: joe, ann\n")
        for mode in 0o664, 0o646, 0o666:
            os.chmod(path, mode)
            self.waits("c@a.test", f"ETC/aliases.a.test:1: a command {TRUST}")
            self.waits("f@a.test", f"ETC/aliases.a.test:2: a file {TRUST}")
            self.waits("i@a.test", f"ETC/aliases.a.test:4: an include {TRUST}")
            self.leads("x@a.test", JOE, ANN)

    def test_so_it_is_in_an_extra_file(self):
        self.vmail.write("extra", "c: |cmd\nx: joe\n", mode=0o666)
        self.change(extra_aliases="extra")
        self.waits("c@a.test", f"ETC/extra:1: a command {TRUST}")
        self.leads("x@a.test", JOE)

    def test_so_it_is_for_the_settings_of_a_domain_as_a_whole(self):
        self.change(fallback="|cmd")
        path = os.path.join(self.vmail.dir, "domain.a.test")
        for mode in 0o664, 0o646, 0o666:
            os.chmod(path, mode)
            for who in "nobody", "joe":
                self.waits(f"{who}@a.test", "ETC/domain.a.test: others can write to it: give it to "
                                            + ("root" if ROOT else "its owner") + " and close it (chmod go-w)")
        os.chmod(path, 0o644)
        self.leads("nobody@a.test", "command cmd")

    def test_so_it_is_in_an_include_of_a_trusted_file(self):
        path = self.vmail.write("list", "joe\n/dev/null\n", mode=0o666)
        self.aliases(f"x: :include:{path}\n")
        self.waits("x@a.test", f"ETC/list:2: a file {TRUST}")


if __name__ == "__main__":
    main()
