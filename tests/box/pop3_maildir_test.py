#!/usr/bin/python3
"""pop3_maildir_test.py: a Maildir in which others rename, copy and remove meanwhile: unique ids, and QUIT.

VMAIL_HISTORIES=N: so many random histories.
"""
import random

from pop3 import *

HISTORIES = int(os.environ.get("VMAIL_HISTORIES", fewer(6)))
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

    def subject(self, file):
        with open(f"{self.path}/{file}") as f:
            return f.readline().split()[1]

    def something_happens(self):
        for _ in range(self.chance.randrange(4)):
            self.chance.choice([self.arrive, self.copy_back, self.copy_back, self.flag])()

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
        self.something_happens()
        before = set(map(self.subject, self.files()))
        for number, subject, _ in now:
            if self.chance.random() < 0.4:
                pop.ask(f"DELE {number}")
                marked.add(subject)
        self.quit(pop)
        self.assertEqual(set(map(self.subject, self.files())), before - marked, seed)

    def test_random_histories_never_change_or_reuse_one(self):
        self.vmail, self.path = self.box({})
        for seed in range(HISTORIES):
            self.chance, self.known, self.serial = random.Random(seed), {}, 0
            for file in self.files():
                os.unlink(f"{self.path}/{file}")
            for _ in range(ROUNDS):
                self.something_happens()
                self.visit(seed)
            for process in self.vmail.processes[:]:
                process.stop()
                self.vmail.processes.remove(process)


if __name__ == "__main__":
    main(beside=4)
