#!/usr/bin/python3
"""As root: files of others, and in directories that others can write to, are not believed."""
import shutil

from resolving import *

JOE, ANN, BOB = "mailbox joe@a.test", "mailbox ann@a.test", "mailbox bob@b.test"
TRUST = "counts only in a file that belongs to root and that nobody else can write to"
THEM = FIRST_UID + 100                      # somebody who has no account here


def theirs(path):
    os.chown(path, THEM, THEM)
    return path


@needs_root
class Trust(Resolving):
    def place(self, name, mode=0o755, uid=0):
        """A directory beside the installation's."""
        path = os.path.join(self.vmail.scratch, name)
        os.mkdir(path)
        os.chmod(path, mode)
        os.chown(path, uid, uid)
        return path

    def file(self, directory, text, name="list"):
        path = os.path.join(directory, name)
        with open(path, "w") as f:
            f.write(text)
        return path


class Aliases(Trust):
    def test_addresses_of_somebody_s_alias_file_are_read(self):
        theirs(self.aliases("x: joe, \\ann, who@far.test\n"))
        plan = self.leads("x@a.test", JOE, ANN, "remote who@far.test")
        self.assertEqual(plan.ways[2], ["x@a.test alias ETC/aliases.a.test:1"])

    def test_commands_files_and_includes_in_it_are_errors_of_their_entries(self):
        theirs(self.aliases("c: |cmd\nf: joe,\n /dev/null\ni: :include:/l\nx: joe\n"))
        self.waits("c@a.test", f"ETC/aliases.a.test:1: a command {TRUST}")
        self.waits("f@a.test", f"ETC/aliases.a.test:3: a file {TRUST}")
        self.waits("i@a.test", f"ETC/aliases.a.test:4: an include {TRUST}")
        self.leads("x@a.test", JOE)

    def test_its_names_errors_and_lines_are_those_of_any_file(self):
        theirs(self.aliases('# x\nx: joe\n"a b": ann\ny: joe ann\nX:\n ann\n'))
        plan = self.leads("x@a.test", ANN)
        self.assertEqual(plan.ways[0][0], "x@a.test alias ETC/aliases.a.test:6")
        self.assertEqual(plan.warnings, ["ETC/aliases.a.test:5: 'X' stands in the file more than"
                                         " once: the last one counts"])
        self.leads('"a b"@a.test', ANN)
        self.waits("y@a.test", "ETC/aliases.a.test:4: a comma is missing between two members")
        self.leads("joe@a.test", JOE)

    def test_a_file_of_somebody_that_only_they_can_read_is_read_as_them(self):
        os.chmod(theirs(self.aliases("x: joe\n")), 0o600)
        self.leads("x@a.test", JOE)

    def test_a_file_of_somebody_with_200000_entries_is_read(self):
        theirs(self.aliases("".join(f"u{i}: ann\n" for i in range(200000)) + "x: joe\n"))
        self.leads("x@a.test", JOE)

    def test_a_fifo_of_somebody_is_temporary_and_nobody_waits_for_it(self):
        path = os.path.join(self.vmail.dir, "aliases.a.test")
        os.mkfifo(path, 0o644)
        theirs(path)
        self.assertEqual(self.plan("joe@a.test").status, 75)

    def test_a_link_to_root_s_file_in_somebody_s_directory_is_refused(self):
        place = self.place("theirs", uid=THEM)
        os.symlink(self.file(place, "x: joe\nc: |cmd\n"), os.path.join(self.vmail.dir, "aliases.a.test"))
        for who in "x", "c":
            self.waits(f"{who}@a.test", f"SCRATCH/theirs belongs to uid {THEM}: give it to root (chown root)")

    def test_a_link_into_a_directory_that_others_can_write_to_is_refused(self):
        place = self.place("open", 0o777)
        os.symlink(self.file(place, "c: |cmd\n"), os.path.join(self.vmail.dir, "aliases.a.test"))
        self.waits("c@a.test", "others can write to SCRATCH/open: close it (chmod go-w)")

    def test_a_link_of_root_to_root_s_file_in_root_s_directory_is_followed(self):
        place = self.place("ours")
        os.symlink(self.file(place, "c: |cmd\n"), os.path.join(self.vmail.dir, "aliases.a.test"))
        self.leads("c@a.test", "command cmd")

    def test_a_sticky_directory_is_trusted(self):
        place = self.place("sticky", 0o1777)
        self.change(extra_aliases=self.file(place, "c: |cmd\n"))
        self.leads("c@a.test", "command cmd")

    def test_an_extra_file_in_somebody_s_directory_holds_addresses_only(self):
        place = self.place("theirs", uid=THEM)
        self.change(extra_aliases=self.file(place, "c: |cmd\nx: joe\n"))
        self.waits("c@a.test", f"SCRATCH/theirs/list:1: a command {TRUST}")
        self.leads("x@a.test", JOE)

    def test_so_does_one_in_a_directory_of_theirs_below_the_installation_s(self):
        os.mkdir(os.path.join(self.vmail.dir, "sub"))
        theirs(os.path.join(self.vmail.dir, "sub"))
        self.vmail.write("sub/extra", "c: |cmd\nx: joe\n")
        self.change(extra_aliases="sub/extra")
        self.waits("c@a.test", f"ETC/sub/extra:1: a command {TRUST}")
        self.leads("x@a.test", JOE)

    def test_and_one_that_a_relative_path_leads_out_to(self):
        self.file(self.place("theirs", uid=THEM), "c: |cmd\nx: joe\n")
        self.change(extra_aliases="../theirs/list")
        self.waits("c@a.test", f"ETC/../theirs/list:1: a command {TRUST}")
        self.leads("x@a.test", JOE)


class Includes(Trust):
    def include(self, path):
        self.aliases(f"x: :include:{path}\n")

    def test_addresses_of_somebody_s_list_are_read(self):
        place = self.place("theirs", 0o700, uid=THEM)
        self.include(theirs(self.file(place, "joe\nbob@b.test #@# bob\n\n# x\nwho@far.test")))
        plan = self.leads("x@a.test", JOE, BOB, "remote who@far.test")
        self.assertEqual(plan.ways[2][-1], "x@a.test include SCRATCH/theirs/list:5")

    def test_commands_files_and_includes_in_it_are_an_error(self):
        place = self.place("theirs", uid=THEM)
        for text, what in ("|cmd", "a command"), ("/dev/null", "a file"), (":include:/l", "an include"):
            self.include(theirs(self.file(place, f"joe\n{text}\n")))
            self.waits("x@a.test", f"SCRATCH/theirs/list:2: {what} {TRUST}")

    def test_root_s_list_in_a_directory_that_others_can_write_to_holds_addresses_only(self):
        place = self.place("open", 0o777)
        self.include(self.file(place, "joe\n"))
        self.leads("x@a.test", JOE)
        self.include(self.file(place, "|cmd\n", "other"))
        self.waits("x@a.test", f"SCRATCH/open/other:1: a command {TRUST}")

    def test_a_list_that_belongs_to_somebody_is_no_way_to_root_s_files(self):
        """A link in their directory is not followed: what root can read is not theirs to send."""
        place = self.place("theirs", uid=THEM)
        secret = self.vmail.write("secret", "joe\n", mode=0o600)
        os.symlink(secret, os.path.join(place, "list"))
        self.include(os.path.join(place, "list"))
        plan = self.plan("x@a.test")
        self.assertEqual(plan.status, 75, plan)
        self.assertNotIn("joe", str(plan.targets))

    def test_a_list_of_somebody_s_that_they_cannot_read_is_temporary(self):
        path = theirs(self.vmail.write("list", "joe\n", mode=0o000))
        self.include(path)
        plan = self.plan("x@a.test")
        self.assertEqual(plan.status, 75, plan)
        self.assertIn("Permission denied", plan.stderr)

    def test_a_fifo_and_a_directory_of_somebody_are_temporary(self):
        place = self.place("theirs", uid=THEM)
        os.mkfifo(os.path.join(place, "fifo"))
        os.mkdir(os.path.join(place, "directory"))
        for name in "fifo", "directory":
            self.include(theirs(os.path.join(place, name)))
            plan = self.plan("x@a.test")
            self.assertEqual(plan.status, 75, plan)
            self.assertIn("not a regular file", plan.stderr)


class Settings(Trust):
    """Files of the installation itself: somebody else's are refused, never half believed."""
    SENTENCE = "others can write to it: give it to root and close it (chmod go-w)"

    def test_somebody_s_files_are_refused(self):
        for name in "vmail.conf", "domain.a.test", "passwd.a.test":
            path = os.path.join(self.vmail.dir, name)
            theirs(path)
            self.waits("joe@a.test", f"ETC/{name}: {self.SENTENCE}")
            os.chown(path, 0, 0)
        self.leads("joe@a.test", JOE)

    def test_files_that_others_can_write_to_are_refused(self):
        for name in "vmail.conf", "domain.a.test", "passwd.a.test":
            path = os.path.join(self.vmail.dir, name)
            for mode in 0o664, 0o646:
                os.chmod(path, mode)
                self.waits("joe@a.test", f"ETC/{name}: {self.SENTENCE}")
            os.chmod(path, 0o644)
        self.leads("joe@a.test", JOE)

    def test_a_refused_domain_does_not_hurt_the_others(self):
        theirs(os.path.join(self.vmail.dir, "domain.a.test"))
        self.leads("bob@b.test", BOB)

    def test_a_fallback_command_of_somebody_s_never_counts(self):
        self.change(fallback="|cmd")
        theirs(os.path.join(self.vmail.dir, "domain.a.test"))
        self.waits("nobody@a.test", f"ETC/domain.a.test: {self.SENTENCE}")

    def test_a_directory_of_somebody_s_is_refused(self):
        theirs(self.vmail.dir)
        self.waits("joe@a.test", f"ETC belongs to uid {THEM}: give it to root (chown root)")

    def test_a_directory_that_others_can_write_to_is_refused(self):
        os.chmod(self.vmail.dir, 0o777)
        self.waits("joe@a.test", "others can write to ETC: close it (chmod go-w)")

    def test_a_directory_within_somebody_s_is_refused(self):
        place = self.place("theirs", uid=THEM)
        shutil.copytree(self.vmail.dir, os.path.join(place, "etc"))
        got = run("vdeliver", "-C", os.path.join(place, "etc"), "-n", "joe@a.test")
        self.assertEqual(got.status, 75, got)
        self.assertIn(f"theirs belongs to uid {THEM}: give it to root", got.stderr)

    def test_links_into_somebody_s_directory_are_refused(self):
        place = self.place("theirs", uid=THEM)
        for name in "vmail.conf", "passwd.a.test":
            os.rename(os.path.join(self.vmail.dir, name), os.path.join(place, name))
            os.symlink(os.path.join(place, name), os.path.join(self.vmail.dir, name))
            self.waits("joe@a.test", f"SCRATCH/theirs belongs to uid {THEM}: give it to root (chown root)")
            os.rename(os.path.join(place, name), os.path.join(self.vmail.dir, name))
        self.leads("joe@a.test", JOE)

    def test_links_to_root_s_files_in_root_s_directories_are_followed(self):
        place = self.place("ours")
        for name in "vmail.conf", "passwd.a.test":
            os.rename(os.path.join(self.vmail.dir, name), os.path.join(place, name))
            os.symlink(os.path.join(place, name), os.path.join(self.vmail.dir, name))
        self.leads("joe@a.test", JOE)


class WithoutRoot(Trust):
    """A process that is not root believes the installation's owner: itself where vmail.conf is its own, else root."""
    def setUp(self):
        super().setUp()
        self.vmail.domain("one.test", {"owner": f"{THEM}:{THEM}", "gid": None}, accounts=["tim"],
                          aliases="c: |cmd\nx: tim\n")

    def plan_as_them(self, recipient):
        got = self.vmail.run("vdeliver", "-n", recipient, user=THEM, group=THEM, extra_groups=[])
        return Plan(self.vmail, got)

    def check(self, recipient, *found):
        plan = self.plan_as_them(recipient)
        self.assertEqual((plan.status, plan.targets if plan.status == 0 else plan.stderr.strip()), found)

    def test_root_s_files_count_for_everybody(self):
        self.check("c@one.test", 0, ["command cmd"])
        self.check("x@one.test", 0, ["mailbox tim@one.test"])

    def test_its_own_alias_file_holds_addresses_only_while_vmail_conf_is_root_s(self):
        theirs(os.path.join(self.vmail.dir, "aliases.one.test"))
        self.check("c@one.test", 75, f"4.3.5 ETC/aliases.one.test:1: a command {TRUST}")
        self.check("x@one.test", 0, ["mailbox tim@one.test"])

    def test_its_own_settings_of_a_domain_do_not_count_while_vmail_conf_is_root_s(self):
        theirs(os.path.join(self.vmail.dir, "domain.one.test"))
        self.assertEqual(self.plan_as_them("tim@one.test").status, 75)

    def test_its_own_files_count_where_vmail_conf_is_its_own(self):
        for name in "vmail.conf", "domain.one.test", "passwd.one.test", "aliases.one.test":
            theirs(os.path.join(self.vmail.dir, name))
            self.check("c@one.test", 0, ["command cmd"]) if name == "aliases.one.test" else None
        self.check("x@one.test", 0, ["mailbox tim@one.test"])

    def test_somebody_else_s_do_not_even_then(self):
        theirs(os.path.join(self.vmail.dir, "vmail.conf"))
        os.chown(os.path.join(self.vmail.dir, "aliases.one.test"), THEM + 1, THEM + 1)
        self.check("c@one.test", 75, f"4.3.5 ETC/aliases.one.test:1: a command {TRUST}")
        os.chown(os.path.join(self.vmail.dir, "domain.one.test"), THEM + 1, THEM + 1)
        self.assertEqual(self.plan_as_them("tim@one.test").status, 75)

    def test_for_root_those_of_that_owner_do_not(self):
        theirs(os.path.join(self.vmail.dir, "aliases.one.test"))
        self.waits("c@one.test", f"ETC/aliases.one.test:1: a command {TRUST}")


if __name__ == "__main__":
    main()
