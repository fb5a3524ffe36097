#!/usr/bin/python3
"""pop3_maildir_test.py: a Maildir in which others rename, copy and remove meanwhile: unique ids, and QUIT.

VMAIL_HISTORIES=N: so many random histories.
"""
import glob
import random

from delivery import needs_strace
from pop3 import *

HISTORIES = int(os.environ.get("VMAIL_HISTORIES", fewer(10)))
ROUNDS = 5

ONE, TWO = b"Subject: one\n\n1\n", b"Subject: two\n\n2\n"
NAME = "1795937786.M290000P1Q1R01234567.host,S=16"
UID = NAME.split(",")[0]


class MaildirTest(Pop3Test):
    def box(self, files):
        """An inbox with these files, and its path."""
        vmail = super().box(maildir=files)
        return vmail, vmail.inbox(self.joe)

    def put(self, vmail, name, text):
        put_maildir(vmail, self.joe, {name: text})

    def by_subject(self, vmail):
        """{subject: [unique ids]}."""
        found, pop = {}, self.session(vmail)
        for line in pop.many("UIDL")[1].decode().splitlines():
            number, uid = line.split(" ")
            head = pop.many(f"TOP {number} 0")[1].decode()
            found.setdefault(re.search(r"Subject: (.*)\r", head)[1], []).append(uid)
        self.quit(pop)
        return found

    def quit_with(self, pop, *marked):
        """Marks these and quits: (reply, log)."""
        for number in marked:
            self.assertRegex(pop.ask(f"DELE {number}"), r"^\+OK")
        reply = pop.ask("QUIT")
        return reply, self.ended(pop)


class Twins(MaildirTest):
    def settled(self, path):
        """Until a file that is made now is younger than this one."""
        def is_younger():
            with tempfile.NamedTemporaryFile(dir=os.path.dirname(path)) as f:
                return os.stat(f.name).st_ctime_ns > os.stat(path).st_ctime_ns
        eventually(is_younger, "a tick of the clock")

    def twins(self, first, second):
        """The inbox in which the file second came when first was known, and {subject: [uids]} then."""
        vmail, path = self.box({first: ONE})
        self.assertEqual(self.uids(vmail), [UID])
        self.settled(f"{path}/{first}")
        self.put(vmail, second, TWO)
        return vmail, path, self.by_subject(vmail)

    def stays(self, first, second):
        vmail, _, uids = self.twins(first, second)
        self.assertEqual(uids["one"], [UID])
        self.assertNotEqual(uids["two"], [UID])
        self.assertRegex(uids["two"][0], "^[!-~]{1,70}$")
        self.assertEqual(self.by_subject(vmail), uids)
        self.remove(vmail, uids["one"])
        self.assertEqual(self.by_subject(vmail), {"two": uids["two"]})

    def remove(self, vmail, uids):
        pop = self.session(vmail)
        numbers = [n for n, uid in (line.split(" ") for line in pop.many("UIDL")[1].decode().splitlines())
                   if uid in uids]
        self.assertRegex(self.quit_with(pop, *numbers)[0], r"^\+OK")

    def test_a_copy_that_was_put_back_changes_no_unique_id_in_either_directory(self):
        for first, second in ((f"cur/{NAME}:2,S", f"new/{NAME}"), (f"new/{NAME}", f"cur/{NAME}:2,S"),
                              (f"cur/{NAME}:2,S", f"cur/{NAME}:2,"), (f"cur/{NAME}:2,", f"cur/{NAME}:2,RS")):
            with self.subTest(first=first, second=second):
                self.stays(first, second)

    def test_one_of_another_size_changes_no_unique_id(self):
        self.stays(f"new/{NAME}", f"new/{UID},S=7")
        self.stays(f"new/{NAME}", f"cur/{UID}:2,S")

    def test_the_first_keeps_its_unique_id_when_the_copy_goes(self):
        vmail, _, uids = self.twins(f"cur/{NAME}:2,S", f"new/{NAME}")
        self.remove(vmail, uids["two"])
        self.assertEqual(self.by_subject(vmail), {"one": [UID]})

    def test_the_second_keeps_its_own_under_other_flags_and_when_the_first_is_taken_away(self):
        vmail, path, uids = self.twins(f"new/{NAME}", f"cur/{NAME}:2,S")
        [name] = [n for n in os.listdir(f"{path}/cur")]
        os.rename(f"{path}/cur/{name}", f"{path}/cur/{name.replace(':2,S', ':2,FS')}")
        self.assertEqual(self.by_subject(vmail), uids)
        os.unlink(f"{path}/new/{NAME}")
        self.assertEqual(self.by_subject(vmail), {"two": uids["two"]})

    def test_the_second_keeps_its_time_its_size_and_its_flags(self):
        vmail, path, uids = self.twins(f"new/{NAME}", f"cur/{UID},S=16:2,RS")
        self.assertEqual(os.listdir(f"{path}/cur"), [f"{uids['two'][0]},S=16:2,RS"])
        self.assertEqual(uids["two"][0].split(".")[0], UID.split(".")[0])

    def test_the_second_keeps_its_place_within_a_second(self):
        for name, wanted in ("1.P1.host", ["twins", "twins", "9", "100"]), ("1.M20P1.host", ["9", "twins", "twins", "100"]):
            vmail, path = self.box({f"new/{name}": ONE, "new/1.M9P1.host": b"Subject: 9\n\n",
                                    "new/1.M100P1.host": b"Subject: 100\n\n"})
            self.settled(f"{path}/new/{name}")
            self.put(vmail, f"cur/{name}:2,S", TWO)
            order = ["twins" if subject in ("one", "two") else subject for subject in self.by_subject(vmail)]
            self.assertEqual(order, wanted)

    @needs_root                                 # who mounts
    def test_where_files_have_no_birth_time_the_first_keeps_its_unique_id_under_other_flags(self):
        for copied in False, True:              # with the times of the first one (cp -p)
            with self.subTest(copied=copied):
                vmail, path = self.box({})
                mode = os.stat(vmail.spool).st_mode & 0o7777
                subprocess.run(["mount", "-t", "ramfs", "none", vmail.spool], check=True)
                self.addCleanup(subprocess.run, ["umount", "--lazy", vmail.spool])
                os.chmod(vmail.spool, mode)
                self.put(vmail, f"cur/{NAME}:2,", ONE)
                self.assertEqual(self.uids(vmail), [UID])
                self.settled(f"{path}/cur/{NAME}:2,")
                self.put(vmail, f"cur/{NAME}:2,F", TWO)
                if copied:
                    shutil.copystat(f"{path}/cur/{NAME}:2,", f"{path}/cur/{NAME}:2,F")
                else:
                    self.settled(f"{path}/cur/{NAME}:2,F")
                    os.rename(f"{path}/cur/{NAME}:2,", f"{path}/cur/{NAME}:2,S")
                self.assertEqual(self.by_subject(vmail)["one"], [UID])

    def test_a_file_with_two_names_is_two_messages_and_the_name_in_cur_stays(self):
        vmail, path = self.box({f"new/{NAME}": ONE})
        self.assertEqual(self.uids(vmail), [UID])
        os.link(f"{path}/new/{NAME}", f"{path}/cur/{NAME}:2,")
        first, second = self.uids(vmail)
        self.assertEqual(os.listdir(f"{path}/cur"), [f"{NAME}:2,"])
        self.remove(vmail, [first])
        self.assertEqual(self.uids(vmail), [second])
        self.assertIn(UID, (first, second))

    def test_many_of_one_name_get_as_many_unique_ids(self):
        vmail, _ = self.box({f"cur/{UID},S={i}:2,": b"Subject: %d\n\n" % i for i in range(50)})
        uids = self.by_subject(vmail)
        self.assertEqual(len({uid for [uid] in uids.values()}), 50)
        self.assertEqual(self.by_subject(vmail), uids)

    def test_where_its_name_leaves_no_room_the_second_loses_the_rest_of_it(self):
        vmail, path = self.box({"new/1": ONE})
        self.assertEqual(self.uids(vmail), ["1"])
        self.settled(f"{path}/new/1")
        self.put(vmail, f"cur/1,X={'z' * 247}:2,S", TWO)
        uids = self.by_subject(vmail)
        self.assertEqual(uids["one"], ["1"])
        self.assertRegex(uids["two"][0], r"^1\.R[0-9a-f]{16}$")
        self.assertEqual(set(contents(vmail, self.joe)), {"new/1", f"cur/{uids['two'][0]}:2,S"})

    def test_where_names_cannot_be_changed_nobody_logs_in_and_the_log_says_why(self):
        vmail, path = self.box({f"cur/{UID},S=1:2,": ONE, f"cur/{UID},S=2:2,": TWO})
        os.chmod(f"{path}/cur", 0o500)
        pop = vmail.pop3()
        self.assertRegex(pop.login(self.joe, PASSWORD), r"^-ERR \[SYS/TEMP\]")
        self.assertRegex(self.quit(pop), "another one's unique name.*Permission denied")
        os.chmod(f"{path}/cur", 0o700)
        self.assertEqual(len(self.uids(vmail)), 2)

    def test_a_copy_that_comes_during_a_session_is_not_taken_for_what_the_session_removes(self):
        for first, second in (f"cur/{NAME}:2,S", f"new/{NAME}"), (f"new/{NAME}", f"cur/{NAME}:2,S"):
            with self.subTest(first):
                vmail, path = self.box({first: ONE})
                pop = self.session(vmail)
                self.settled(f"{path}/{first}")
                self.put(vmail, second, TWO)
                self.assertRegex(self.quit_with(pop, 1)[0], r"^\+OK")
                uids = self.by_subject(vmail)
                self.assertEqual(list(uids), ["two"])
                self.assertNotEqual(uids["two"], [UID])


class Renamed(MaildirTest):
    """While a session is open."""
    def test_what_got_another_size_in_its_name_is_read_and_removed(self):
        vmail, path = self.box({"new/100.a.h,S=5": ONE})
        pop = self.session(vmail)
        os.rename(f"{path}/new/100.a.h,S=5", f"{path}/cur/100.a.h,S=16:2,S")
        self.assertEqual(pop.many("RETR 1")[1], on_the_wire(ONE))
        os.rename(f"{path}/cur/100.a.h,S=16:2,S", f"{path}/cur/100.a.h:2,RS")
        reply, log = self.quit_with(pop, 1)
        self.assertRegex(reply, r"^\+OK")
        self.assertIn(" deleted=1 ", log)
        self.assertEqual(contents(vmail, self.joe), {})

    def test_another_file_under_its_unique_name_is_neither_read_nor_removed(self):
        vmail, path = self.box({"new/100.a.h,S=5": ONE, "new/101.a.h": TWO})
        pop = self.session(vmail)
        # while the first is there it has the number that the second must not have
        self.put(vmail, "cur/100.a.h,S=5:2,S", b"Subject: other\n\n")
        os.unlink(f"{path}/new/100.a.h,S=5")
        self.assertRegex(pop.ask("RETR 1"), r"^-ERR \[SYS/TEMP\]")
        reply, log = self.quit_with(pop, 1, 2)
        self.assertRegex(reply, r"^-ERR \[SYS/TEMP\]")
        self.assertRegex(log, r" deleted=1 .*another file has its unique name")
        self.assertEqual(contents(vmail, self.joe), {"cur/100.a.h,S=5:2,S": b"Subject: other\n\n"})

    def put_over(self, vmail, path, name, text):
        """A new file is renamed over this one."""
        self.put(vmail, "tmp/x", text)
        os.rename(f"{path}/tmp/x", f"{path}/{name}")

    def test_another_file_under_its_whole_name_is_neither_read_nor_removed(self):
        other = b"Subject: ten\n\n9\n"       # as long as the first
        for name in ("new/100.a.h", "new/100.a.h,S=16,W=19", "cur/100.a.h:2,S"):
            with self.subTest(name):
                vmail, path = self.box({name: ONE, "new/101.a.h": TWO})
                pop = self.session(vmail)
                self.assertEqual(pop.many("LIST")[1], b"1 19\r\n2 19\r\n")
                self.put_over(vmail, path, name, other)
                self.assertRegex(pop.ask("RETR 1"), r"^-ERR \[SYS/TEMP\]")
                self.assertRegex(pop.ask("TOP 1 0"), r"^-ERR \[SYS/TEMP\]")
                reply, log = self.quit_with(pop, 1, 2)
                self.assertRegex(reply, r"^-ERR \[SYS/TEMP\]")
                self.assertRegex(log, r" deleted=1 .*another file has its unique name")
                self.assertEqual(contents(vmail, self.joe), {name: other})

    def test_of_another_file_under_its_whole_name_no_size_is_told(self):
        for name in ("new/100.a.h", "new/100.a.h,S=16,W=19"):
            with self.subTest(name):
                vmail, path = self.box({name: ONE})
                pop = self.session(vmail)
                self.put_over(vmail, path, name, ONE)
                self.assertRegex(pop.ask("STAT"), r"^-ERR \[SYS/TEMP\]")
                self.assertRegex(pop.ask("LIST 1"), r"^-ERR \[SYS/TEMP\]")

    def test_where_it_has_another_name_now_and_another_file_its_old_one_it_is_read_and_removed(self):
        vmail, path = self.box({"cur/100.a.h:2,": ONE})
        pop = self.session(vmail)
        os.rename(f"{path}/cur/100.a.h:2,", f"{path}/cur/100.a.h:2,S")
        self.put(vmail, "cur/100.a.h:2,", TWO)
        self.assertEqual(pop.many("RETR 1")[1], on_the_wire(ONE))
        reply, log = self.quit_with(pop, 1)
        self.assertRegex(reply, r"^\+OK")
        self.assertIn(" deleted=1 ", log)
        self.assertEqual(list(contents(vmail, self.joe).values()), [TWO])

    def test_what_has_another_name_when_it_was_found_and_again_another_one_is_found_again(self):
        vmail, path = self.box({f"new/{n}.a.h": b"Subject: %d\n\n" % n for n in range(100, 110)})
        pop = self.session(vmail)
        for n in range(100, 110):
            os.rename(f"{path}/new/{n}.a.h", f"{path}/cur/{n}.a.h:2,")
        self.assertIn(b"Subject: 100\r\n", pop.many("RETR 1")[1])
        for n in range(101, 110):
            os.rename(f"{path}/cur/{n}.a.h:2,", f"{path}/cur/{n}.a.h:2,S")
        for n in range(101, 105):
            self.assertIn(b"Subject: %d\r\n" % n, pop.many(f"RETR {n - 99}")[1])
        os.unlink(f"{path}/cur/100.a.h:2,")
        for n in range(101, 110):
            os.rename(f"{path}/cur/{n}.a.h:2,S", f"{path}/new/{n}.a.h")
        reply, log = self.quit_with(pop, *range(1, 11))
        self.assertRegex(reply, r"^\+OK")
        self.assertIn(" deleted=9 ", log)
        self.assertEqual(contents(vmail, self.joe), {})

    @needs_root                                 # else strace may not follow: a session is not dumpable
    @needs_strace
    def test_many_are_found_by_one_look_at_the_directories(self):
        many, text = 300, b"Subject: x\n\n"
        vmail, path = self.box({f"new/{n}.a.h,S=12,W=15": text for n in range(1000, 1000 + many)})
        client, server = connection(fresh_address())
        trail = os.path.join(vmail.scratch, "strace")
        with server:
            process = Process(["/usr/bin/strace", "-f", "-e", "trace=getdents64", "-o", trail, "--", program("vpop3d"),
                               "-C", vmail.dir], stdin=server, stdout=server)
        vmail.processes.append(process)
        pop = Pop3(client, process)
        self.assertRegex(pop.login(self.joe, PASSWORD), r"^\+OK")
        for n in range(1000, 1000 + many):      # each third was taken away
            if n % 3 == 0:
                os.unlink(f"{path}/new/{n}.a.h,S=12,W=15")
            else:
                os.rename(f"{path}/new/{n}.a.h,S=12,W=15", f"{path}/cur/{n}.a.h,S=12,W=15:2,")
        self.assertEqual(pop.ask("STAT"), f"+OK {many} {many * 2 // 3 * 15}")
        for n in range(1000, 1000 + many):
            if n % 3 == 1:
                os.rename(f"{path}/cur/{n}.a.h,S=12,W=15:2,", f"{path}/cur/{n}.a.h,S=12,W=15:2,S")
        reply, log = self.quit_with(pop, *range(1, many + 1))
        self.assertRegex(reply, r"^\+OK")
        self.assertIn(f" deleted={many * 2 // 3} ", log)
        with open(trail) as f:
            self.assertLess(f.read().count("getdents64("), 150)


@needs_root                                     # to see what a session has open
class Long(MaildirTest):
    """A STAT that has hundreds of gigabytes to read: files of zeros that take no room."""
    MANY = 2000

    def begin(self, *commands):
        """A session that reads for these."""
        vmail, path = self.box({f"new/{n}.a.h": b"" for n in range(1000, 1000 + self.MANY)})
        for name in os.listdir(f"{path}/new"):
            os.truncate(f"{path}/new/{name}", 1 << 28)
        pop = self.session(vmail)
        pop.send("".join(command + "\r\n" for command in commands).encode())
        eventually(lambda: self.is_read(path), "a message is read")
        return vmail, path, pop

    def is_read(self, path):
        for link in glob.glob("/proc/[0-9]*/fd/*"):
            with contextlib.suppress(OSError):
                if os.readlink(link).startswith(f"{path}/new/"):
                    return True
        return False

    def test_sigterm_ends_it(self):
        *_, pop = self.begin("DELE 1", "STAT")
        pop.process.signal()
        pop.rest()                              # or it may see first that we close
        self.assertIn(" deleted=0 deleted-octets=0 end=terminated\n", self.ended(pop))

    def test_a_client_that_goes_away_ends_it_and_can_come_again(self):
        vmail, _, pop = self.begin("DELE 1", "LIST")
        pop.close()
        self.assertIn(" deleted=0 deleted-octets=0 end=hangup\n", self.ended(pop))
        self.session(vmail)

    def test_sigterm_ends_a_quit_that_has_not_removed_anything(self):
        _, path, pop = self.begin(*(f"DELE {n}" for n in range(1, self.MANY + 1)), "QUIT")
        pop.process.signal()
        pop.rest()                              # or it may see first that we close
        self.assertIn(" deleted=0 deleted-octets=0 end=terminated\n", self.ended(pop))
        self.assertEqual(len(os.listdir(f"{path}/new")), self.MANY)


class Linked(MaildirTest):
    def test_a_backup_of_the_spool_by_hard_links_keeps_nobody_out_and_stays_as_it_is(self):
        vmail, path = self.box({"cur/100.a.h:2,": ONE, "new/101.a.h": TWO})
        uids = self.uids(vmail)                 # the files of a session are there now
        backup = os.path.join(vmail.scratch, "backup")
        subprocess.run(["cp", "-al", vmail.spool, backup], check=True)
        self.assertEqual(self.uids(vmail), uids)
        pop = self.session(vmail)
        self.assertRegex(vmail.pop3().login(self.joe, PASSWORD), r"^-ERR \[IN-USE\]")
        self.assertRegex(self.quit_with(pop, 1)[0], r"^\+OK")
        self.assertEqual(contents(vmail, self.joe), {"new/101.a.h": TWO})
        self.assertEqual(vmail.deliver(self.joe).status, 0)
        kept = os.path.join(backup, os.path.relpath(path, vmail.spool))
        self.assertEqual([os.listdir(f"{kept}/{sub}") for sub in ("cur", "new")], [["100.a.h:2,"], ["101.a.h"]])


class Denied(MaildirTest):
    def test_one_that_the_account_may_not_read_keeps_nobody_from_the_others(self):
        vmail, path = self.box({"cur/100.a.h:2,": ONE, "new/101.a.h": TWO})
        os.chmod(f"{path}/cur/100.a.h:2,", 0)           # as root's copy of mode 600
        pop = self.session(vmail)
        octets = len(on_the_wire(TWO))
        self.assertEqual(pop.ask("STAT"), f"+OK 2 {len(ONE) + octets}")
        self.assertEqual(pop.many("LIST")[1].decode(), f"1 {len(ONE)}\r\n2 {octets}\r\n")
        self.assertRegex(pop.ask("RETR 1"), r"^-ERR \[SYS/TEMP\]")
        self.assertEqual(pop.many("RETR 2")[1], on_the_wire(TWO))
        self.assertRegex(pop.ask("QUIT"), r"^\+OK")
        self.assertRegex(self.ended(pop), r"100\.a\.h:2,: the account may not read it: give it to uid \d+ \(chown\)")


class Count(MaildirTest):
    """The log tells what QUIT removed."""
    BOTH = {"cur/100.a.h:2,S": ONE, "new/101.a.h": b"Subject: longer\n\n2\n"}
    OCTETS = len(on_the_wire(BOTH["new/101.a.h"]))

    def test_where_one_of_two_cannot_be_removed_the_other_is_counted(self):
        vmail, path = self.box(self.BOTH)
        os.chmod(f"{path}/cur", 0o500)
        reply, log = self.quit_with(self.session(vmail), 1, 2)
        os.chmod(f"{path}/cur", 0o700)
        self.assertRegex(reply, "^-ERR ")
        self.assertIn(f" deleted=1 deleted-octets={self.OCTETS} ", log)
        self.assertEqual(list(contents(vmail, self.joe)), ["cur/100.a.h:2,S"])

    def test_what_another_program_removed_is_not_counted(self):
        vmail, path = self.box(self.BOTH)
        pop = self.session(vmail)
        os.unlink(f"{path}/cur/100.a.h:2,S")
        reply, log = self.quit_with(pop, 1, 2)
        self.assertRegex(reply, r"^\+OK")
        self.assertIn(f" deleted=1 deleted-octets={self.OCTETS} ", log)


class Histories(MaildirTest):
    """Each file says who it is in its subject; its unique id is the same in all sessions that see it."""
    def arrive(self):
        self.serial += 1
        extra = self.chance.choice(["", ",S=5", "x" * 60, "\xe4"])
        self.write(self.chance.choice(["new/%d.M%d.h%s", "cur/%d.M%d.h%s:2,S"]) % (self.serial // 3, self.serial, extra))

    def write(self, name):
        if os.path.exists(f"{self.path}/{name}"):
            return
        self.serial += 1
        self.put(self.vmail, name, b"Subject: %d\n\nbody\n" % self.serial)

    def files(self):
        return [f"{sub}/{name}" for sub in ("new", "cur") for name in sorted(os.listdir(f"{self.path}/{sub}"))]

    def copy_back(self):
        """Beside the first one, which a session has seen."""
        seen = [f for f in self.files() if self.subject(f) in self.known]
        if not seen:
            return
        base = self.chance.choice(seen).partition("/")[2].split(":")[0]
        self.write(self.chance.choice([f"new/{base}", f"cur/{base}:2,", f"cur/{base}:2,RS",
                                       f"new/{base.split(',')[0]},S=9"]))

    def flag(self):
        if not (files := self.files()):
            return
        old = self.chance.choice(files)
        new = "cur/" + old.partition("/")[2].split(":")[0] + self.chance.choice([":2,", ":2,S", ":2,FS"])
        if not os.path.exists(f"{self.path}/{new}"):
            os.rename(f"{self.path}/{old}", f"{self.path}/{new}")

    def move_all(self):
        for name in os.listdir(f"{self.path}/new"):
            new = f"{self.path}/cur/{name.split(':')[0]}:2,"
            if not os.path.exists(new):
                os.rename(f"{self.path}/new/{name}", new)

    def put_over(self):
        """Another message under the whole name of one, and so under its unique id; once in a session for each,
        because a file system may give the number of the first file again to the third."""
        if not (files := [f for f in self.files() if self.unique(f) not in self.over]):
            return
        name = self.chance.choice(files)
        self.over.add(self.unique(name))
        self.gone.add(self.subject(name))
        self.known.pop(self.subject(name), None)
        self.serial += 1
        self.put(self.vmail, "tmp/x", b"Subject: %d\n\nbody\n" % self.serial)
        os.rename(f"{self.path}/tmp/x", f"{self.path}/{name}")

    def unique(self, file):
        return re.split("[,:]", file.partition("/")[2])[0]

    def subject(self, file):
        with open(f"{self.path}/{file}") as f:
            return f.readline().split()[1]

    def something_happens(self):
        for _ in range(self.chance.randrange(4)):
            self.chance.choice([self.arrive, self.arrive, self.copy_back, self.copy_back, self.flag, self.flag,
                                self.move_all, self.put_over, self.put_over])()

    def visit(self, seed):
        """A session; what it sees is as it was known, and what it marks goes."""
        pop, now, marked = self.session(self.vmail), [], set()
        for line in pop.many("UIDL")[1].decode().splitlines():
            number, uid = line.split(" ")
            subject = re.search(rb"Subject: (\d+)", pop.many(f"TOP {number} 0")[1])[1].decode()
            now.append((number, subject, uid))
        self.assertEqual(sorted(s for _, s, _ in now), sorted(map(self.subject, self.files())), seed)
        self.assertEqual(len({uid for _, _, uid in now}), len(now), seed)
        for number, subject, uid in now:
            self.assertRegex(uid, "^[!-~]{1,70}$")
            self.assertEqual(self.known.setdefault(subject, uid), uid, seed)
        self.assertEqual(len(set(self.known.values())), len(self.known), seed)
        self.over, self.gone = set(), set()
        self.something_happens()
        before = set(map(self.subject, self.files()))
        for number, subject, _ in now:
            if self.chance.random() < 0.4:
                pop.ask(f"DELE {number}")
                marked.add(subject)
        reply = pop.ask("QUIT")
        self.assertRegex(reply, r"^-ERR \[SYS/TEMP\]" if marked & self.gone else r"^\+OK", seed)
        self.ended(pop)
        self.assertEqual(set(map(self.subject, self.files())), before - marked, seed)

    def test_random_histories_never_change_or_reuse_one(self):
        self.vmail, self.path = self.box({})
        for seed in range(HISTORIES):
            self.chance, self.known, self.serial = random.Random(seed), {}, 0
            self.over, self.gone = set(), set()
            for file in self.files():
                os.unlink(f"{self.path}/{file}")
            for _ in range(ROUNDS):
                self.something_happens()
                self.visit(seed)
            for process in self.vmail.processes[:]:
                self.vmail.done(process)


if __name__ == "__main__":
    main(beside=4)
