#!/usr/bin/python3
"""vadmin import linuxconf: a copied machine runs: served in place, or copied, with nothing lost on the way."""
from linuxconf import *


def own(uid):
    return uid if ROOT else os.getuid()


class Copied(OldMachine):
    def test_mail_is_fetched_with_the_old_passwords_and_new_mail_arrives(self):
        self.load()
        for who, word in (("joe", "oldword1"), ("des", "oldword1"), ("md5", "oldword2"), ("ann@bar.test", "oldword2")):
            who = who if "@" in who else f"{who}@foo.test"
            self.assertEqual(self.vmail.deliver(who).status, 0, who)
            pop = self.vmail.pop3()
            self.assertIn("+OK", pop.login(who, word), who)
            wanted = {"joe@foo.test": 3, "ann@bar.test": 3}.get(who, 1)
            self.assertEqual(int(pop.ask("STAT").split()[1]), wanted, who)
        self.assertIn("-ERR", self.vmail.pop3().login("full@foo.test", "oldword2"))
        self.assertEqual(mailboxes(self.vmail, "joe@foo.test")[1:], ["first", "second", "test"])
        self.assertEqual(self.vmail.sent()[0][0][-1], "copy@elsewhere.test")

    def test_limits_vacations_autoresponders_and_aliases_work_as_they_did(self):
        self.load()
        self.assertEqual(self.vmail.deliver("full@foo.test").status, 69)
        self.assertEqual(self.vmail.deliver("away@foo.test", b"To: away@foo.test\nSubject: x\n\nx\n").status, 0)
        self.assertEqual(self.vmail.deliver("info@foo.test").status, 0)
        sent = [(to, message) for args, message in self.vmail.sent() for to in args[args.index("--") + 1:]]
        self.assertIn("I am away.", "".join(m.decode() for _, m in sent))
        self.assertIn("We have it.", "".join(m.decode() for _, m in sent))
        self.assertEqual(sorted({to for to, _ in sent}),
                         ["copy@elsewhere.test", "far@elsewhere.test", "sender@far.test"])

    def test_what_its_settings_said_is_said_again(self):
        self.load()
        shutil.copy(f"{self.old}/etc/vmail/foo-lists", self.vmail.dir)
        self.ok("domain", "set", "foo.test", "extra-aliases=foo-lists", "fallback=@bar.test", "match-full-name=yes")
        for address, wanted in (("boss@foo.test", "mailbox joe@foo.test"), ("ann@foo.test", "mailbox ann@bar.test"),
                                ("Miss.Away@foo.test", "mailbox away@foo.test")):
            self.assertIn(wanted, self.vmail.run("vdeliver", "-n", address).stdout.decode())

    def test_every_line_is_told(self):
        text = self.load()
        etc, spool, homes = (f"{self.old}/{name}" for name in ("etc/vmail", "var/spool/vmail", "vhome"))
        for where, *words in (
                (f"{etc}/passwd.foo.test", "domain foo.test", "taken"), (f"{etc}/passwd.foo.test:2", "joe@", "taken"),
                (f"{etc}/passwd.foo.test:5", "away@", "taken"), (f"{etc}/passwd.foo.test:8", "left", "group id 0"),
                (f"{etc}/passwd.foo.test:9", "left", "seven fields"), (f"{etc}/passwd.foo.test:10", "short", "left"),
                (f"{etc}/passwd.foo.test:11", "left", "can have this name"),
                (f"{etc}/passwd.foo.test:12", "left", "earlier line"), (f"{etc}/shadow.lost.test", "left"),
                (f"{etc}/foo-lists", "left", "extra-aliases"), (f"{etc}/vdomain.old", "left"),
                (f"{spool}/foo.test/joe", "inbox", "taken"), (f"{spool}/foo.test/full.quota", "limit", "taken"),
                (f"{spool}/foo.test/joe.lock", "left"), (f"{spool}/foo.test/nobody", "left", "no account"),
                (f"{spool}/files/foo.test/info.auto", "taken"), (f"{spool}/files/foo.test/joe.forward", "taken"),
                (f"{homes}/foo.test/home/away", "home", "taken"), (f"{homes}/foo.test/home/gone", "left"),
                (f"{homes}/foo.test/home/joe", "left", "fifo"), (f"{self.vmail.dir}/aliases.foo.test:3", "a command"),
                (f"{self.vmail.dir}/aliases.foo.test:5", "left"),
                (f"{self.old}/etc/conf.linuxconf:4", "left", "fallback @bar.test", "vadmin domain set foo.test")):
            self.told(text, where, *words)
        if ROOT:
            self.told(text, f"{etc}/passwd.foo.test:3", "taken", "user sysuser, too")
        self.assertEqual(len(re.findall(r"conf\.linuxconf:", text)), 2)     # both domains in one line

    def test_files_keep_their_lines_and_belong_to_whom_they_should(self):
        self.load()
        passwd = self.vmail.read("passwd.foo.test").decode()
        self.assertEqual(passwd, ETC["passwd.foo.test"].replace("/vhome/", f"{self.vmail.homes}/"))
        self.assertEqual(self.vmail.read("shadow.foo.test").decode(), ETC["shadow.foo.test"])
        self.assertEqual(oct(os.stat(f"{self.vmail.dir}/shadow.foo.test").st_mode & 0o777), "0o600")
        st = os.stat(self.vmail.inbox("joe@foo.test"))
        self.assertEqual((st.st_uid, oct(st.st_mode & 0o777)), (own(60001), "0o600"))
        home = self.vmail.home("joe@foo.test")
        self.assertEqual(os.stat(f"{home}/mail/kept").st_uid, own(60001))
        self.assertEqual(os.readlink(f"{home}/link"), "/etc/passwd")
        self.assertFalse(os.path.lexists(f"{home}/fifo"))
        self.assertEqual(int(os.stat(self.vmail.inbox("joe@foo.test")).st_mtime),
                         int(os.stat(f"{self.old}/var/spool/vmail/foo.test/joe").st_mtime))

    def test_new_accounts_get_uids_above_the_old_ones_and_far_ones_leave_room(self):
        self.load()
        self.ok("user", "add", "new@foo.test")
        self.assertIn(b"new:x:61235:", self.vmail.read("passwd.foo.test"))
        self.assertIn(b"4000000000", self.vmail.read("uids"))

    def test_the_old_machine_is_left_as_it_was_and_a_second_import_changes_nothing(self):
        old = self.tree(self.old)
        self.load()
        self.assertEqual(self.tree(self.old), old)
        self.vmail.deliver("joe@foo.test")
        ours = self.tree(self.vmail.dir, self.vmail.spool, self.vmail.homes)
        text = self.load()
        self.assertEqual(self.tree(self.vmail.dir, self.vmail.spool, self.vmail.homes), ours)
        self.told(text, f"{self.old}/etc/vmail/passwd.foo.test", "there already")

    def test_one_domain_alone_can_be_taken(self):
        self.load("bar.test")
        self.assertEqual([line.split()[0] for line in self.ok("domain", "list").splitlines()], ["bar.test", "whole.test"])

    def links(self):
        return {name[7:]: os.readlink(f"{self.vmail.dir}/{name}") for name in os.listdir(self.vmail.dir)
                if os.path.islink(f"{self.vmail.dir}/{name}")}

    def test_domain_aliases_come_with_their_domains(self):
        self.load("bar.test")
        self.assertEqual(self.links(), {"whole.test": "domain.bar.test"})
        self.vmail.domain("third.test", passwords={"max": "x"})
        self.put("etc/vmail/passwd.also.test", ETC["passwd.bar.test"])
        text = self.load()
        self.told(text, f"{self.old}/etc/vmail/passwd.also.test", "left", "no accounts of its own")
        self.assertEqual(self.links(), {"whole.test": "domain.bar.test", "also.test": "domain.foo.test"})
        for alias, *words in (("also.test", "taken", "foo.test"), ("whole.test", "there already"),
                              ("Third.test", "left", "something of this name"), ("round.test", "left", "is a link to"),
                              ("stray.test", "left", "leads to gone.test, which is no domain here")):
            self.told(text, f"{self.old}/etc/vmail/domain.{alias}", f"domain alias {alias}", *words)
        self.assertEqual(self.vmail.deliver("joe@also.test").status, 0)
        self.assertEqual(self.vmail.deliver("ann@whole.test").status, 0)

    def test_a_domain_comes_where_one_of_its_name_was_renamed(self):
        self.load("bar.test")
        self.ok("domain", "rename", "bar.test", "moved.test")
        self.ok("domain", "unalias", "bar.test")
        self.load("bar.test")
        self.assertEqual(self.vmail.deliver(["ann@bar.test", "ann@moved.test"]).status, 0)

    def test_a_domain_of_whose_name_one_is_on_its_way_is_left(self):
        os.mkdir(f"{self.vmail.dir}/.unfinished", 0o700)
        self.vmail.write(".unfinished/bar.test", "op domain rename\nname bar.test\nto moved.test\nnote \n", 0o600)
        text = self.load()
        self.told(text, f"{self.old}/etc/vmail/passwd.bar.test", "domain bar.test",
                  "left: 'domain rename' was interrupted: finish it first with 'vadmin domain rename bar.test moved.test'")
        self.assertFalse(os.path.exists(f"{self.vmail.dir}/passwd.bar.test"))
        self.assertEqual(self.vmail.deliver("joe@foo.test").status, 0)

    def test_a_file_that_others_could_have_written_is_not_taken(self):
        os.chmod(f"{self.old}/etc/vmail/aliases.foo.test", 0o666)
        got = self.vmail.run("vadmin", "import", "linuxconf", self.old)
        self.assertEqual(got.status, 77, got)
        self.assertIn("chmod go-w", got.stderr)
        self.assertIn(self.vmail.deliver("joe@foo.test").status, (68, 75))

    def test_a_domain_whose_file_is_a_link_is_left_and_the_others_are_taken(self):
        etc = f"{self.old}/etc/vmail"
        os.symlink("passwd.foo.test", f"{etc}/passwd.link.test")
        os.symlink("kept", f"{etc}/shadow.bar.test")
        text = self.load()
        for name in ("passwd.link.test", "shadow.bar.test"):
            self.told(text, f"{etc}/{name}", f"domain {name.split('.', 1)[1]}", "left: a symbolic link is not followed")
        self.assertEqual(self.vmail.deliver("joe@foo.test").status, 0)
        self.assertEqual(self.vmail.run("vadmin", "domain", "list").stdout.count(b"bar.test"), 0)

    def test_mail_of_somebody_else_in_the_way_stays_and_is_told(self):
        os.makedirs(f"{self.vmail.spool}/foo.test", mode=0o755)
        with open(f"{self.vmail.spool}/foo.test/joe", "w") as f:
            f.write("other")
        text = self.load()
        self.told(text, f"{self.old}/var/spool/vmail/foo.test/joe", "left", "something else")
        with open(f"{self.vmail.spool}/foo.test/joe") as f:
            self.assertEqual(f.read(), "other")

    def test_a_link_for_a_mailbox_is_not_followed(self):
        os.unlink(f"{self.old}/var/spool/vmail/foo.test/joe")
        os.symlink("/etc/passwd", f"{self.old}/var/spool/vmail/foo.test/joe")
        self.told(self.load(), f"{self.old}/var/spool/vmail/foo.test/joe", "left")
        self.assertFalse(os.path.lexists(self.vmail.inbox("joe@foo.test")))

    def test_a_domain_in_capitals_becomes_one_in_small_letters(self):
        for name in "etc/vmail/passwd.bar.test", "var/spool/vmail/bar.test", "vhome/bar.test":
            if os.path.exists(f"{self.old}/{name}"):
                os.rename(f"{self.old}/{name}", f"{self.old}/{name.replace('bar', 'Bar')}")
        self.load("bar.test")
        self.assertEqual(mailboxes(self.vmail, "ann@bar.test")[1:], ["first", "second"])

    def test_a_directory_without_the_files_is_told(self):
        got = self.vmail.run("vadmin", "import", "linuxconf", self.vmail.homes)
        self.assertEqual(got.status, 67, got)
        self.assertIn("etc/vmail is not there", got.stderr)


class InPlace(OldMachine):
    """The copy lies where it is served."""
    def setUp(self):
        super().setUp()
        for at, name in ((self.vmail.dir, "etc/vmail"), (self.vmail.spool, "var/spool/vmail"), (self.vmail.homes, "vhome")):
            for entry in os.listdir(f"{self.old}/{name}"):
                os.rename(f"{self.old}/{name}/{entry}", f"{at}/{entry}")
            os.rmdir(f"{self.old}/{name}")
        self.vmail.set(spool=f"{self.old}/var/spool/vmail", homes=f"{self.old}/vhome")
        for at, name in ((self.vmail.dir, "etc/vmail"), (self.vmail.spool, "var/spool/vmail"), (self.vmail.homes, "vhome")):
            os.rename(at, f"{self.old}/{name}")
        self.vmail.dir, self.vmail.spool, self.vmail.homes = (
            f"{self.old}/{name}" for name in ("etc/vmail", "var/spool/vmail", "vhome"))
        for domain in ("foo.test", "bar.test") if not ROOT else ():
            self.vmail.write(f"domain.{domain}", f"owner = {os.getuid()}:{os.getgid()}\n")
        for domain in "foo.test", "bar.test":
            os.chmod(f"{self.vmail.spool}/{domain}", 0o755)
            for line in reversed(ETC[f"passwd.{domain}"].splitlines()):
                who, _, uid = (line.split(":") + ["", "", ""])[:3]
                path = f"{self.vmail.spool}/{domain}/{who}"
                if ROOT and uid.isdigit() and os.path.exists(path):
                    os.chown(path, int(uid), OWN_GID)

    def test_it_is_served_as_it_lies_without_any_import_be_a_login_first_or_mail(self):
        for messages in "2", "3":
            pop = self.vmail.pop3()
            self.assertIn("+OK", pop.login("ann@bar.test", "oldword2"))
            self.assertEqual(pop.ask("STAT").split()[1], messages)
            pop.ask("QUIT")
            self.assertEqual(self.vmail.deliver("ann@bar.test").status, 0)

    def test_after_the_import_who_logs_in_before_any_mail_comes_finds_the_old_mail(self):
        self.load()
        pop = self.vmail.pop3()
        self.assertIn("+OK", pop.login("joe@foo.test", "oldword1"))
        self.assertEqual(pop.ask("STAT").split()[1], "2")

    def test_the_import_changes_nothing_but_modes_of_directories_old_locks_and_the_mark_of_uids(self):
        before = self.tree(self.old)
        text = self.load()
        after = self.tree(self.old)
        changed = {os.path.relpath(path, self.old) for path in after if after[path] != before.get(path)}
        self.assertLessEqual(changed, {"etc/vmail/uids", "etc/vmail/.lock", *(
            f"var/spool/vmail{name}" for name in ("", "/foo.test", "/bar.test", "/files", "/files/foo.test",
                                                  "/files/bar.test"))})
        self.assertEqual(set(before) - set(after), {f"{self.vmail.spool}/foo.test/joe.lock"})
        self.told(text, f"{self.vmail.dir}/passwd.foo.test", "served where it lies")
        self.told(text, f"{self.vmail.dir}/passwd.foo.test:8", "left")
        self.assertIn(b"61235\n", self.vmail.read("uids"))


@once("its steps are the same, whoever runs it")
class Killed(OldMachine):
    CHANGES = "openat,mkdirat,renameat,unlinkat,fsync,fchown,write"

    def strace(self, *options):
        return run("/usr/bin/strace", "-f", "-qq", "-e", f"trace={self.CHANGES}", *options, program("vadmin"),
                   "-C", self.vmail.dir, "import", "linuxconf", self.old, "foo.test")

    def test_a_killed_import_leaves_mail_waiting_and_is_completed_by_the_next(self):
        log = os.path.join(self.vmail.scratch, "calls")
        self.assertEqual(self.strace("-o", log).status, 1)
        wanted = self.tree(self.vmail.dir, self.vmail.spool, self.vmail.homes)
        with open(log) as f:
            calls = [match[1] for line in f if (match := re.match(r"(?:\d+ +)?(\w+)\(", line))]
        self.assertGreater(len(calls), 100)
        seen, points = {}, []
        for call in calls:
            seen[call] = seen.get(call, 0) + 1
            points.append((call, seen[call]))
        step, killed = int(os.environ.get("VMAIL_KILLS", 12)), 0
        for call, n in points[::max(1, len(points) // step)]:
            for top in self.vmail.dir, self.vmail.spool, self.vmail.homes:
                shutil.rmtree(top)
                os.mkdir(top)
            self.vmail.set()
            got = self.strace("-o", "/dev/null", "-e", f"inject={call}:signal=KILL:when={n}")
            if got.status != -9:            # strace counts for each process: none made so many
                continue
            killed += 1
            if not os.path.exists(f"{self.vmail.dir}/passwd.foo.test"):
                self.assertIn(self.vmail.deliver("joe@foo.test").status, (68, 75), (call, n))
            else:
                self.assertEqual(self.vmail.run("vdeliver", "-n", "joe@foo.test").status, 0)
            self.load("foo.test")
            again = {path: what for path, what in self.tree(self.vmail.dir, self.vmail.spool, self.vmail.homes).items()
                     if not re.search(r"/\.[^/]*\.\d+\.new$", path)}     # docs/disk.md: nothing reads it
            self.assertEqual({p for p in again if again[p] != wanted.get(p)} | {p for p in wanted if p not in again},
                             set(), (call, n))
        self.assertGreater(killed, step // 2)


if __name__ == "__main__":
    main()
