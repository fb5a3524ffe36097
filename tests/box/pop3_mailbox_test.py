#!/usr/bin/python3
"""pop3_mailbox_test.py: what is in an mbox or a Maildir, byte for byte, and what QUIT removes.

VMAIL_HISTORIES=N: so many random histories.
"""
import contextlib
import mailbox as python_mailbox
import random

from delivery import needs_strace
from pop3 import *

NASTY = {
    "a plain one": b"Subject: x\n\nhello\n",
    "no header": b"\nonly a body\n",
    "only a header": b"Subject: x\nTo: y\n",
    "a header and an empty line": b"Subject: x\n\n",
    "empty lines at the end": b"Subject: x\n\nbody\n\n\n",
    "no final newline": b"Subject: x\n\nno end",
    "8-bit and UTF-8": b"Subject: \xe4\xf6\xc3\xbc\n\n\xff\xfe\x80\n",
    "NULs": b"Sub\0ject: x\n\n\0\0a\0\n\0",
    "CRLF line ends": b"Subject: x\r\n\r\nbody\r\n\r\n",
    "CR here and there": b"Subject: x\r\n\nbo\rdy\r\r\n\r\n",
    "dots": b"Subject: x\n\n.\n..\n...\n.x\n.",
    "From lines": b"Subject: x\n\nFrom me\n\nFrom you\n>From him\n>>From her\n >From us\nFrom\n>From\n",
    "a row of > as long as a buffer": b"Subject: x\n\n" + b">" * 65530 + b"From x\n" + b">" * 200000,
    "a line of a megabyte": b"Subject: x\n\n" + b"z" * 1000000 + b"\nend\n",
    "a header of 300 kB": b"X-Long: y\n" * 30000 + b"\nbody\n",
    "a lie about its length": b"Content-Length: 3\n\nhello\n\nFrom x\n",
}


class Bytes(Pop3Test):
    def test_an_mbox_gives_what_was_delivered(self):
        vmail = self.box(mbox=mbox(*NASTY.values()))
        for (name, sent), got in zip(NASTY.items(), self.messages(vmail), strict=True):
            with self.subTest(name):
                self.assertEqual(got, on_the_wire(sent))

    def test_a_maildir_gives_what_was_delivered(self):
        files = {f"new/{i:010}.M1P1.h": m for i, m in enumerate(NASTY.values())}
        vmail = self.box(maildir=files)
        for (name, sent), got in zip(NASTY.items(), self.messages(vmail), strict=True):
            with self.subTest(name):
                self.assertEqual(got, on_the_wire(sent))

    def test_from_lines_at_every_edge_of_a_buffer(self):
        for edge in (4096, 65536, 131072):
            for line in (b"From x", b">From x", b">>From x"):
                sent = [b"S: x\n\n" + b"y" * (edge + shift) + b"\n\n" + line + b"\nz\n"
                        for shift in range(-90, 3)]
                with self.subTest(edge=edge, line=line):
                    vmail = self.box(mbox=mbox(*sent))
                    got = self.messages(vmail)
                    self.assertEqual(len(got), len(sent))
                    self.assertEqual([g == on_the_wire(s) for g, s in zip(got, sent)], [True] * len(sent))

    def test_an_empty_mbox_and_a_missing_one_hold_nothing(self):
        for vmail in (self.box(mbox=b""), self.box()):
            pop = self.session(vmail)
            self.assertEqual(pop.ask("STAT"), "+OK 0 0")
            self.assertEqual(pop.many("LIST")[1], b"")
            self.quit(pop)

    def test_an_mbox_with_crlf_line_ends_is_one(self):
        text = b"From a\r\nSubject: 1\r\n\r\nx\r\n\r\nFrom b\r\nSubject: 2\r\n\r\ny\r\n"
        self.assertEqual(self.messages(self.box(mbox=text)),
                         [b"Subject: 1\r\n\r\nx\r\n", b"Subject: 2\r\n\r\ny\r\n"])

    def test_top_gives_headers_and_lines_of_any_message(self):
        vmail = self.box(mbox=mbox(*NASTY.values()))
        pop = self.session(vmail)
        for number, sent in enumerate(NASTY.values(), 1):
            head, _, body = on_the_wire(sent).partition(b"\r\n\r\n")
            if sent.startswith(b"\n"):
                head, body = b"", on_the_wire(sent)[2:]
                wanted = b"\r\n"
            else:
                wanted = head + b"\r\n\r\n" if b"\r\n\r\n" in on_the_wire(sent) else on_the_wire(sent)
            for lines in (0, 1, 2):
                got = pop.many(f"TOP {number} {lines}")[1]
                self.assertEqual(got, wanted + b"".join(
                    line + b"\r\n" for line in body.split(b"\r\n")[:-1][:lines]), (number, lines))
        self.quit(pop)

    def test_what_is_no_mbox_is_temporary_and_says_so_in_the_log(self):
        vmail = self.box(mbox=b"hello\n")
        pop = vmail.pop3()
        self.assertRegex(pop.login(self.joe, PASSWORD), r"^-ERR \[SYS/TEMP\]")
        self.assertRegex(pop.ask("QUIT"), r"^\+OK")
        self.assertIn("not an mbox file", self.ended(pop))

    def test_a_mailbox_that_could_not_be_read_is_locked_by_nobody(self):
        vmail = self.box(mbox=b"hello\n")
        pop = vmail.pop3()
        self.assertRegex(pop.login(self.joe, PASSWORD), r"^-ERR \[SYS/TEMP\]")
        put_mbox(vmail, self.joe, mbox(b"a: b\n\nx\n"))
        self.quit(self.session(vmail))          # while the refused client is still there
        pop.ask(f"USER {self.joe}")
        self.assertEqual(pop.ask(f"PASS {PASSWORD}"), "+OK 1 messages")
        self.quit(pop)

    def test_the_internal_data_of_c_client_stays_and_is_not_shown(self):
        pseudo = (b"From MAILER-DAEMON Fri Nov 20 10:00:00 2026\nSubject: DON'T DELETE THIS MESSAGE -- "
                  b"FOLDER INTERNAL DATA\nX-IMAP: 1 2\nStatus: RO\n\nThis text is part of the internal "
                  b"format.\n\n")
        vmail = self.box(mbox=pseudo + mbox(b"Subject: one\n\n1\n", b"Subject: two\n\n2\n"))
        pop = self.session(vmail)
        self.assertEqual(pop.many("RETR 1")[1], b"Subject: one\r\n\r\n1\r\n")
        pop.ask("DELE 1")
        pop.ask("DELE 2")
        self.quit(pop)
        self.assertEqual(contents(vmail, self.joe), pseudo)

    def test_what_only_looks_like_internal_data_is_mail(self):
        for header in (b"X-IMAP: 1 2\n", b"Subject: FOLDER INTERNAL DATA\n"):
            self.assertEqual(len(self.messages(self.box(mbox=mbox(header + b"\nx\n")))), 1)

    def test_a_sender_cannot_make_internal_data(self):
        header = b"Subject: FOLDER INTERNAL DATA\nX-IMAP: 1 1\n"
        vmail = self.box()
        self.assertEqual(vmail.deliver(self.joe, header + b"\nx\n").status, 0)
        self.assertEqual(len(self.messages(vmail)), 1)
        for field in (b"Return-Path: <>\n", b"delivered-to : joe@a.test\n"):
            for text in (field + header, header + field):
                self.assertEqual(len(self.messages(self.box(mbox=mbox(text + b"\nx\n")))), 1, text)

    @needs_root
    def test_links_and_foreign_files_are_refused(self):
        vmail = self.box(mbox=mbox(b"a: b\n\nx\n"))
        path = vmail.inbox(self.joe)
        def refused():
            pop = vmail.pop3()
            reply = pop.login(self.joe, PASSWORD)
            pop.ask("QUIT")
            self.ended(pop)
            return reply
        os.rename(path, path + ".real")
        os.symlink(path + ".real", path)
        self.assertRegex(refused(), r"^-ERR \[SYS/PERM\]")
        os.unlink(path)
        os.link(path + ".real", path)
        self.assertRegex(refused(), r"^-ERR \[SYS/PERM\]")
        os.unlink(path + ".real")
        os.chown(path, FIRST_UID + 1, GID)
        self.assertRegex(refused(), r"^-ERR \[SYS/PERM\]")
        os.unlink(path)
        os.mkfifo(path)
        self.assertRegex(refused(), r"^-ERR \[SYS/PERM\]")

    def test_what_is_no_message_of_a_maildir_is_not_shown(self):
        vmail = self.box(maildir={"new/1.a.h": b"one\n", "cur/2.b.h:2,S": b"two\n", "tmp/3.c.h": b"no\n",
                                  "cur/.hidden": b"no\n"})
        path = vmail.inbox(self.joe)
        os.symlink("2.b.h:2,S", f"{path}/cur/4.d.h")
        os.mkfifo(f"{path}/new/5.e.h")
        os.mkdir(f"{path}/cur/6.f.h")
        self.assertEqual(self.messages(vmail), [b"one\r\n", b"two\r\n"])


class Uids(Pop3Test):
    HISTORIES = int(os.environ.get("VMAIL_HISTORIES", fewer(6)))
    ROUNDS = 25 if HISTORIES < 100 else 5
    TWIN = b"From a\nMessage-ID: <1@x>\n\nbody\n\n"

    def test_they_are_unique_printable_and_stay(self):
        vmail = self.box(mbox=self.TWIN * 3 + mbox(*NASTY.values()))
        first = self.uids(vmail)
        self.assertEqual(len(set(first)), len(first))
        for uid in first:
            self.assertRegex(uid, "^[!-~]{1,70}$")
        self.assertEqual(self.uids(vmail), first)

    def test_what_other_programs_change_does_not_change_them(self):
        before = self.box(mbox=b"From a\nSubject: x\nTo: y\n\nbody\n\n")
        after = self.box(mbox=b"From a\nX-UID: 7\nSubject: x\nstatus: RO\nX-Keywords:\n  folded\nTo: y\n"
                              b"X-Status: A\nContent-Length: 5\nLines: 1\nX-IMAPbase: 1 2\n\nbody\n\n")
        other = self.box(mbox=b"From a\nSubject: z\nTo: y\n\nbody\n\n")
        self.assertEqual(self.uids(before), self.uids(after))
        self.assertNotEqual(self.uids(before), self.uids(other))

    def test_another_message_with_the_same_header_gets_another(self):
        header = b"From a Fri Nov 20 10:00:00 2026\nSubject: alarm\n\n"
        vmail = self.box(mbox=header + b"disk full\n\n")
        [first] = self.uids(vmail)
        self.delete(vmail, 1)
        self.append(vmail, header + b"disk broken\n\n")
        [second] = self.uids(vmail)
        self.assertNotEqual(first, second)

    def delete(self, vmail, *numbers):
        pop = self.session(vmail)
        for number in numbers:
            self.assertRegex(pop.ask(f"DELE {number}"), r"^\+OK")
        self.quit(pop)

    def append(self, vmail, text):
        with open(vmail.inbox(self.joe), "ab") as f:
            f.write(text)

    def test_twins_keep_theirs_over_our_own_deletions_and_none_is_used_again(self):
        vmail = self.box(mbox=self.TWIN * 4)
        a, b, c, d = self.uids(vmail)
        self.delete(vmail, 1, 3)
        self.assertEqual(self.uids(vmail), [b, d])
        self.append(vmail, self.TWIN)
        [_, _, e] = self.uids(vmail)
        self.assertEqual(self.uids(vmail), [b, d, e])
        self.assertNotIn(e, [a, b, c, d])
        self.delete(vmail, 1, 2, 3)
        self.append(vmail, self.TWIN)
        [f] = self.uids(vmail)
        self.assertNotIn(f, [a, b, c, d, e])

    def test_twins_keep_theirs_when_another_message_goes_later(self):
        vmail = self.box(mbox=self.TWIN * 3 + mbox(b"Subject: other\n\nx\n"))
        _, b, c, other = self.uids(vmail)
        self.delete(vmail, 1)
        self.assertEqual(self.uids(vmail), [b, c, other])
        self.delete(vmail, 3)
        self.assertEqual(self.uids(vmail), [b, c])

    def test_random_histories_never_change_or_reuse_one(self):
        vmail = self.box()
        for seed in range(self.HISTORIES):
            rng = random.Random(seed)
            put_mbox(vmail, self.joe, b"")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(spool(vmail, self.joe), ".joe.uids"))
            kinds = [b"From a\nMessage-ID: <%d@x>\n\nbody\n\n" % i for i in range(3)]
            known, gone = [], set()
            for _ in range(self.ROUNDS):
                new = [rng.choice(kinds) for _ in range(rng.randrange(3))]
                self.append(vmail, b"".join(new))
                now = self.uids(vmail)
                self.assertEqual(now[:len(known)], known, seed)
                self.assertEqual(len(now), len(known) + len(new))
                self.assertEqual(len(set(now) | gone), len(now) + len(gone), seed)
                out = [i for i in range(len(now)) if rng.random() < 0.4]
                self.delete(vmail, *(i + 1 for i in out))
                known = [uid for i, uid in enumerate(now) if i not in out]
                gone |= {now[i] for i in out}
            for process in vmail.processes[:]:
                vmail.done(process)

    def record(self, vmail):
        """Its lines, but the first, those of the current part only."""
        with open(os.path.join(spool(vmail, self.joe), ".joe.uids")) as f:
            return f.read().split("inode ")[-1].splitlines()[1:]

    def test_the_same_message_again_gets_another(self):
        vmail = self.box(mbox=self.TWIN)
        seen = self.uids(vmail)
        for _ in range(3):
            self.delete(vmail, 1)
            self.append(vmail, self.TWIN)
            seen += self.uids(vmail)
        self.assertEqual(len(set(seen)), 4)

    def test_it_does_where_the_clock_was_set_back_meanwhile(self):
        vmail = self.box(mbox=self.TWIN)
        [before] = self.uids(vmail)
        self.delete(vmail, 1)
        path = os.path.join(spool(vmail, self.joe), ".joe.uids")
        with open(path) as f:
            text = re.sub(r"(?m)^([0-9a-f]{32}) [0-9]+", rf"\1 {int(time.time() + 7200)}", f.read())
        with open(path, "w") as f:
            f.write(text)
        self.append(vmail, b"From b\n\n\n")
        self.delete(vmail, 1)                           # writes what is remembered anew
        self.append(vmail, self.TWIN)
        self.assertNotIn(before, self.uids(vmail))

    def test_every_twin_keeps_its_own_however_many_there_are(self):
        pair = [b"From a\nMessage-ID: <%d@x>\n\nbody\n\n" % i for i in range(4500) for _ in "ab"]
        vmail = self.box(mbox=b"".join(pair))
        before = self.uids(vmail)
        self.delete(vmail, *range(1, 9001, 2))
        self.assertEqual(self.uids(vmail), before[1::2])
        self.delete(vmail, 1)
        self.assertEqual(self.uids(vmail), before[3::2])

    def test_what_is_gone_is_forgotten_after_a_day_and_living_twins_never(self):
        other = b"From a\nMessage-ID: <2@x>\n\nother\n\n"
        vmail = self.box(mbox=self.TWIN * 2 + other * 3)
        before = self.uids(vmail)
        self.delete(vmail, 1, 3, 4, 5)
        self.assertEqual(len(self.record(vmail)), 2)
        path = os.path.join(spool(vmail, self.joe), ".joe.uids")
        for days, left in ((-2, 2), (0.9, 3), (1.1, 2)):
            text = re.sub(r"(?m)^([0-9a-f]{32}) [0-9]+", rf"\1 {int(time.time() - days * 86400)}",
                          open(path).read())
            with open(path, "w") as f:
                f.write(text)
            self.assertEqual(self.uids(vmail), [before[1]])
            self.append(vmail, b"From %g\n\n\n" % days)
            self.delete(vmail, 2)
            self.assertEqual(len(self.record(vmail)), left, days)
        self.assertEqual(self.uids(vmail), [before[1]])

    def test_what_sessions_deleted_is_bounded_and_living_twins_are_not(self):
        vmail = self.box(mbox=self.TWIN * 2 + b"From b\n\n\n")
        before = self.uids(vmail)
        self.delete(vmail, 1)
        [twins] = self.record(vmail)
        lines = sorted([twins] + [f"{i:032x} {int(time.time())} 2" for i in range(70000)])
        with open(os.path.join(spool(vmail, self.joe), ".joe.uids"), "w") as f:
            f.write("\n".join(["vmail-uids 2", "inode 0", *lines, ""]))
        self.assertEqual(self.uids(vmail), before[1:])
        self.delete(vmail, 2)
        self.assertEqual(len(self.record(vmail)), 65536 + 1)
        self.assertEqual(self.uids(vmail), before[1:2])

    def test_a_broken_record_of_twins_is_as_if_lost(self):
        vmail = self.box(mbox=self.TWIN * 3)
        self.delete(vmail, 2)
        record = os.path.join(spool(vmail, self.joe), ".joe.uids")
        good = open(record, "rb").read()
        for bad in (b"", b"x" * 2000000, b"\0" * 100, good[:-1], good.replace(b" 3", b" 0"),
                    good.replace(b"inode ", b"inode x"), good + b"junk\n", good.replace(b" 4", b" 2")):
            with open(record, "wb") as f:
                f.write(bad)
            uids = self.uids(vmail)
            self.assertEqual(len(set(uids)), 2, bad[:200])

    def test_a_second_name_of_the_record_changes_nothing(self):
        vmail = self.box(mbox=self.TWIN * 4)
        before = self.uids(vmail)
        self.delete(vmail, 1, 2)
        record = os.path.join(spool(vmail, self.joe), ".joe.uids")
        os.link(record, record + ".backup")
        self.assertEqual(self.uids(vmail), before[2:])
        with open(record + ".backup") as f:
            saved = f.read()
            self.delete(vmail, 1)
            f.seek(0)
            self.assertEqual(f.read(), saved)
        self.assertEqual(self.uids(vmail), before[3:])

    def test_what_lies_in_the_place_of_the_record_hinders_no_quit_and_is_told(self):
        def directory(path):
            os.mkdir(path)
            with open(path + "/mine", "w") as f:
                f.write("precious")

        vmail = self.box()
        record = os.path.join(spool(vmail, self.joe), ".joe.uids")
        for lay in (os.mkfifo, lambda path: os.symlink("/etc/shadow", path), directory):
            put_mbox(vmail, self.joe, self.TWIN * 3)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(record)
                os.unlink(record + ".damaged")
            lay(record)
            os.chown(record, *owner(vmail, self.joe), follow_symlinks=False)
            pop = self.session(vmail)
            last = pop.many("UIDL")[1].split()[-1]
            self.assertIn("in the way", self.quit(pop))     # the log of who only looked
            pop = self.session(vmail)
            pop.ask("DELE 1")
            pop.ask("DELE 2")
            told = self.quit(pop)
            self.assertEqual(told.count("\n"), 1)
            self.assertIn("it is .joe.uids.damaged now", told)
            self.assertEqual(self.uids(vmail), [last.decode()])
        self.assertEqual(os.listdir(record + ".damaged"), ["mine"])

    def memory(self, pop):
        """The most that a process of the connection has had: bytes."""
        pop.ask("NOOP")
        return max(int(fields["VmHWM"].split()[0]) << 10 for fields in processes(pop.process.pid).values())

    def test_a_long_record_costs_no_memory(self):
        vmail = self.box(mbox=self.TWIN * 4)
        pop = self.session(vmail)
        before = pop.many("UIDL")[1]
        plain = self.memory(pop)
        self.quit(pop)
        record = os.path.join(spool(vmail, self.joe), ".joe.uids")
        with open(record, "wb") as f:
            f.write(b"vmail-uids 2\ninode 1\n" + b"".join(b"%032x 0 2 1\n" % i for i in range(200000)))
            f.write(b"f" * 32 + b" 0 900000 " + b" ".join(b"%d" % i for i in range(1, 200000)) + b"\n")
        os.chown(record, *owner(vmail, self.joe))
        pop = self.session(vmail)
        self.assertEqual(pop.many("UIDL")[1], before)
        if not is_sanitized("vpop3d"):
            self.assertLess(self.memory(pop), plain + (1 << 20))
        self.assertEqual(self.quit(pop).count("text="), 0)

    def test_a_maildir_uses_the_unique_name_when_it_is_one(self):
        long = "1" * 71
        vmail = self.box(maildir={"new/1.a.h,S=5": b"1\n", "cur/2.b.h:2,RS": b"2\n", f"cur/{long}:2,": b"3\n",
                                  "new/1.c\xe4": b"4\n", "cur/3.d,S=1:2,": b"5\n"})
        uids = self.uids(vmail)
        self.assertEqual(len(set(uids)), 5)
        for uid in uids:
            self.assertRegex(uid, "^[!-~]{1,70}$")
        self.assertEqual([uid for uid in uids if "." in uid], ["1.a.h", "2.b.h", "3.d"])
        os.rename(f"{vmail.inbox(self.joe)}/new/1.a.h,S=5", f"{vmail.inbox(self.joe)}/cur/1.a.h,S=5:2,S")
        self.assertEqual(self.uids(vmail), uids)


class Update(Pop3Test):
    FIVE = [b"Subject: %d\n\nbody %d\nFrom here\n" % (i, i) for i in range(5)]

    def boxes(self, **more):
        yield self.box(mbox=mbox(*self.FIVE), **more)
        yield self.box(maildir={f"{'new' if i % 2 else 'cur'}/{i}.x.h{'' if i % 2 else ':2,S'}": m
                                for i, m in enumerate(self.FIVE)}, **more)

    def test_every_set_of_deletions_leaves_the_others_as_they_were(self):
        for chosen in range(32):
            for vmail in (self.boxes() if chosen % 5 == 0 else [self.box(mbox=mbox(*self.FIVE))]):
                with self.subTest(chosen):
                    pop = self.session(vmail)
                    for i in range(5):
                        if chosen >> i & 1:
                            pop.ask(f"DELE {i + 1}")
                    log = self.quit(pop)
                    self.assertIn(f" deleted={bin(chosen).count('1')} ", log)
                    self.assertEqual(vmail.messages(self.joe),
                                     [m for i, m in enumerate(self.FIVE) if not chosen >> i & 1])

    def test_nothing_is_left_beside_the_mailbox(self):
        vmail = self.box(mbox=mbox(*self.FIVE))
        pop = self.session(vmail)
        pop.ask("DELE 1")
        self.quit(pop)
        self.assertEqual(sorted(os.listdir(spool(vmail, self.joe))), [".joe.queue", ".joe.session", ".joe.uids", "joe"])

    def test_mode_and_owner_of_the_mailbox_stay(self):
        vmail = self.box(mbox=mbox(*self.FIVE))
        path = vmail.inbox(self.joe)
        os.chmod(path, 0o640)
        before = os.stat(path)
        pop = self.session(vmail)
        pop.ask("DELE 1")
        self.quit(pop)
        after = os.stat(path)
        self.assertEqual((after.st_mode, after.st_uid, after.st_gid),
                         (before.st_mode, before.st_uid, before.st_gid))

    @needs_root
    def test_a_group_that_cannot_be_kept_loses_its_rights(self):
        vmail = self.box(mbox=mbox(*self.FIVE))
        path = vmail.inbox(self.joe)
        os.chown(path, FIRST_UID, 8)
        os.chmod(path, 0o660)
        pop = self.session(vmail)
        pop.ask("DELE 1")
        self.quit(pop)
        after = os.stat(path)
        self.assertEqual((after.st_mode & 0o7777, after.st_uid, after.st_gid), (0o600, FIRST_UID, GID))

    def test_a_second_session_is_refused_while_one_is_open(self):
        for vmail in self.boxes():
            first = self.session(vmail)
            second = vmail.pop3()
            self.assertRegex(second.login(self.joe, PASSWORD), r"^-ERR \[IN-USE\]")
            self.quit(first)
            second.ask("USER " + self.joe)
            self.assertRegex(second.ask(f"PASS {PASSWORD}"), r"^\+OK")
            self.quit(second)

    def refused(self, vmail):
        """Another session is not let in now."""
        pop = vmail.pop3()
        self.assertRegex(pop.login(self.joe, PASSWORD), r"^-ERR \[IN-USE\]")
        self.quit(pop)

    def test_an_inbox_that_comes_during_a_session_is_the_next_ones_and_one_has_it_at_a_time(self):
        for kind in ("mbox", "maildir"):
            vmail = self.box(domain={"mailbox": kind})
            spool(vmail, self.joe)
            pop = self.session(vmail)
            self.refused(vmail)
            self.assertEqual(vmail.deliver(self.joe).status, 0)
            self.assertEqual(pop.ask("STAT"), "+OK 0 0")
            self.assertRegex(pop.ask("DELE 1"), "^-ERR")
            self.refused(vmail)
            self.quit(pop)
            self.assertEqual(len(self.messages(vmail)), 1)

    def test_sessions_of_a_domain_that_never_had_mail_have_nothing_and_keep_nobody_out(self):
        vmail = self.box()
        early = [self.session(vmail), self.session(vmail)]
        self.assertEqual(vmail.deliver(self.joe).status, 0)
        late = self.session(vmail)
        self.assertRegex(late.ask("STAT"), r"^\+OK 1 ")
        self.refused(vmail)
        for pop in early:
            self.assertEqual(pop.ask("STAT"), "+OK 0 0")
            self.assertRegex(pop.ask("DELE 1"), "^-ERR")
            self.quit(pop)
        self.refused(vmail)
        late.ask("DELE 1")
        self.quit(late)
        self.assertEqual(vmail.messages(self.joe), [])

    def test_mail_that_comes_meanwhile_is_not_shown_and_not_lost(self):
        for vmail in self.boxes():
            pop = self.session(vmail)
            self.assertEqual(vmail.deliver(self.joe, b"Subject: new\n\nFrom me\n").status, 0)
            self.assertRegex(pop.ask("STAT"), r"^\+OK 5 ")
            pop.ask("DELE 1")
            pop.ask("DELE 5")
            self.assertEqual(pop.many("RETR 3")[1], on_the_wire(self.FIVE[2]))
            self.assertEqual(vmail.deliver(self.joe, b"Subject: newer\n\n").status, 0)
            self.quit(pop)
            found = vmail.messages(self.joe)
            self.assertEqual([m for m in found if b"Subject: new" not in m], self.FIVE[1:4])
            self.assertEqual(sum(b"Subject: new" in m for m in found), 2)

    def test_a_last_message_without_its_end_is_kept_apart_from_what_follows(self):
        for cut in (1, 2):                  # the separator is missing; the line's end, too
            vmail = self.box(mbox=mbox(*self.FIVE)[:-cut])
            pop = self.session(vmail)
            self.assertEqual(vmail.deliver(self.joe, b"Subject: new\n\n").status, 0)
            self.assertEqual(pop.many("RETR 5")[1], on_the_wire(self.FIVE[4]))
            pop.ask("DELE 1")
            self.quit(pop)
            found = vmail.messages(self.joe)
            self.assertEqual(found[:4], self.FIVE[1:])
            self.assertIn(b"Subject: new\n", found[4])

    def test_however_the_last_message_ends_mail_that_comes_behind_it_does_not_change_it(self):
        large = b"y" * 71 + b"\n"
        for body in (b"", large * 1000):
            for end in (b"x\r\n\r\n", b"x\r\n", b"x\n\r", b"x\r", b"x\n\n\r", b"x\n\r\n", b"x\n>From ", None):
                text = b"From a Fri Nov 20 10:00:00 2026" + (b"\nSubject: a\n\n" + body + end if end else b"")
                with self.subTest(end=end, large=bool(body)):
                    self.is_not_changed_by_what_follows(text)

    def is_not_changed_by_what_follows(self, text):
        vmail = self.box(mbox=mbox(b"Subject: 0\n\n") + text)
        pop = self.session(vmail)
        size, unique = (pop.many(ask)[1].splitlines()[1] for ask in ("LIST", "UIDL"))
        self.assertEqual(vmail.deliver(self.joe, b"Subject: new\n\n").status, 0)
        before = pop.many("RETR 2")[1]
        self.assertEqual(size, b"2 %d" % len(before))
        pop.ask("DELE 1")
        self.quit(pop)
        pop = self.session(vmail)
        self.assertEqual(pop.many("RETR 1")[1], before)
        self.assertEqual(pop.many("UIDL")[1].splitlines()[0][2:], unique[2:])
        self.assertIn(b"Subject: new", pop.many("RETR 2")[1])
        pop.ask("DELE 1")
        self.quit(pop)


class ChangedUnderUs(Pop3Test):
    THREE = [b"Subject: %d\n\nbody %d\n" % (i, i) * 1 for i in range(3)]

    def test_an_mbox_that_was_rewritten_gives_no_wrong_byte(self):
        vmail = self.box(mbox=mbox(*self.THREE))
        pop = self.session(vmail)
        rest = mbox(*self.THREE)[len(mbox(self.THREE[0])):]
        with open(vmail.inbox(self.joe), "r+b") as f:      # as popa3d does it
            f.write(rest)
            f.truncate()
        for number in (1, 2, 3):
            self.assertRegex(pop.ask(f"RETR {number}"), r"^-ERR \[SYS/TEMP\]")
        pop.ask("DELE 1")
        self.assertRegex(pop.ask("QUIT"), r"^-ERR \[SYS/TEMP\]")
        self.assertIn("deleted=0", self.ended(pop))
        self.assertEqual(contents(vmail, self.joe), rest)

    def test_the_top_of_a_long_message_is_not_that_of_another_one(self):
        long = [b"Subject: %d\n\n" % i + b"so it goes on\n" * 6000 for i in range(3)]
        self.assertGreater(len(long[0]), 65536)
        for command in "TOP 1 0", "TOP 2 9999":
            vmail = self.box(mbox=mbox(*long))
            pop = self.session(vmail)
            with open(vmail.inbox(self.joe), "r+b") as f:       # as an IMAP server does
                f.write(mbox(*long[1:]))
                f.truncate()
            pop.send(command.encode() + b"\r\nQUIT\r\n")
            self.assertNotIn(b"\r\n.\r\n", pop.rest(), command)
            self.assertIn("another program changed the mailbox", self.ended(pop))

    def test_the_top_of_a_long_message_comes_where_mail_came_meanwhile_and_it_was_read(self):
        long = b"Subject: a\n\n" + b"so it goes on\n" * 6000
        vmail = self.box(mbox=mbox(long, long))
        pop = self.session(vmail)
        self.assertEqual(vmail.deliver(self.joe, b"Subject: b\n\n").status, 0)
        for number in 1, 2:
            self.assertEqual(pop.many(f"TOP {number} 1")[1], b"Subject: a\r\n\r\nso it goes on\r\n")
        self.quit(pop)

    def rewritten_from_the_third_message_on(self):
        """A session, and an mbox into whose third message another program put a line since."""
        four = [*self.THREE, b"Subject: 3\n\nthe last body\n"]
        vmail = self.box(mbox=mbox(*four))
        pop = self.session(vmail)
        after = mbox(*four).replace(b"Subject: 2\n", b"Subject: 2\nStatus: O\n")
        with open(vmail.inbox(self.joe), "r+b") as f:
            f.write(after)
        # so long ago that any later change would have another time stamp
        eventually(lambda: time.time() - os.stat(vmail.inbox(self.joe)).st_ctime > 0.1, "a settled file")
        self.assertEqual(pop.many("RETR 1")[1], on_the_wire(four[0]))
        self.assertEqual(pop.many("RETR 2")[1], on_the_wire(four[1]))
        return vmail, pop, after

    def test_what_was_rewritten_is_not_believed_because_what_lies_before_it_was_not(self):
        _, pop, _ = self.rewritten_from_the_third_message_on()
        for number in (3, 4):
            self.assertRegex(pop.ask(f"RETR {number}"), r"^-ERR \[SYS/TEMP\]")

    def test_nothing_is_cut_out_of_an_mbox_that_was_rewritten_behind_what_was_read(self):
        vmail, pop, after = self.rewritten_from_the_third_message_on()
        pop.ask("DELE 2")
        pop.ask("DELE 4")
        self.assertRegex(pop.ask("QUIT"), r"^-ERR \[SYS/TEMP\]")
        self.assertIn("deleted=0", self.ended(pop))
        self.assertEqual(contents(vmail, self.joe), after)

    def test_a_status_that_another_program_wrote_in_place_does_no_harm(self):
        text = mbox(*(b"Status: O \nSubject: x%d\n\nbody\n" % i for i in range(3)))
        vmail = self.box(mbox=text)
        pop = self.session(vmail)
        changed = text.replace(b"Status: O ", b"Status: RO")
        with open(vmail.inbox(self.joe), "r+b") as f:
            f.write(changed)
        self.assertEqual(pop.many("RETR 2")[1], b"Status: RO\r\nSubject: x1\r\n\r\nbody\r\n")
        pop.ask("DELE 1")
        self.quit(pop)
        self.assertEqual(contents(vmail, self.joe), changed[len(changed) // 3:])

    def test_an_mbox_that_was_replaced_is_left_alone_at_quit(self):
        vmail = self.box(mbox=mbox(*self.THREE))
        pop = self.session(vmail)
        os.rename(vmail.inbox(self.joe), vmail.inbox(self.joe) + ".old")
        put_mbox(vmail, self.joe, mbox(*self.THREE))
        self.assertEqual(pop.many("RETR 2")[1], on_the_wire(self.THREE[1]))
        pop.ask("DELE 1")
        self.assertRegex(pop.ask("QUIT"), r"^-ERR \[SYS/TEMP\]")
        self.ended(pop)
        self.assertEqual(contents(vmail, self.joe), mbox(*self.THREE))

    def test_messages_of_a_maildir_are_found_under_other_flags(self):
        vmail = self.box(maildir={f"new/{i}.x.h": m for i, m in enumerate(self.THREE)})
        path = vmail.inbox(self.joe)
        pop = self.session(vmail)
        os.rename(f"{path}/new/0.x.h", f"{path}/cur/0.x.h:2,S")
        os.rename(f"{path}/new/1.x.h", f"{path}/cur/1.x.h:2,FS")
        os.unlink(f"{path}/new/2.x.h")
        self.assertEqual(pop.many("RETR 1")[1], on_the_wire(self.THREE[0]))
        os.rename(f"{path}/cur/0.x.h:2,S", f"{path}/cur/0.x.h:2,RS")
        self.assertEqual(pop.many("TOP 1 9")[1], on_the_wire(self.THREE[0]))
        self.assertRegex(pop.ask("RETR 3"), r"^-ERR \[SYS/TEMP\]")
        for number in (1, 2, 3):
            pop.ask(f"DELE {number}")
        self.quit(pop)
        self.assertEqual(contents(vmail, self.joe), {})


class Together(Pop3Test):
    def test_what_is_delivered_is_fetched_or_there_and_nothing_twice(self):
        import threading
        for empty in ({"mbox": b""}, {"maildir": {}}):
            vmail = self.box(**empty)
            fetched, failures, delivering = [], [], threading.Event()

            def deliver(who):
                for i in range(20):
                    got = vmail.deliver(self.joe, b"Subject: %d-%d\n\nFrom here\n%s\n" % (who, i, b"x" * 5000 * (i % 3)))
                    if got.status != 0:
                        failures.append(got)

            def fetch():
                while not delivering.is_set():
                    pop = vmail.pop3()
                    if not pop.login(self.joe, PASSWORD).startswith("+OK"):
                        pop.ask("QUIT")
                        continue
                    mine = []
                    for line in pop.many("LIST")[1].decode().splitlines():
                        number, size = line.split()
                        message = pop.many(f"RETR {number}")[1]
                        if len(message) != int(size):
                            failures.append((line, message))
                        pop.ask(f"DELE {number}")
                        mine.append(message)
                    reply = pop.ask("QUIT")
                    if not reply.startswith("+OK"):
                        failures.append(reply)
                    fetched.extend(mine)

            deliverers = [threading.Thread(target=deliver, args=(who,)) for who in range(4)]
            fetchers = [threading.Thread(target=fetch) for _ in range(2)]
            for thread in deliverers + fetchers:
                thread.start()
            for thread in deliverers:
                thread.join()
            delivering.set()
            for thread in fetchers:
                thread.join()
            self.assertEqual(failures, [])
            left = vmail.messages(self.joe)
            subjects = [re.search(rb"Subject: (\S+)", m)[1] for m in fetched + left]
            self.assertEqual(sorted(subjects), sorted(b"%d-%d" % (who, i) for who in range(4) for i in range(20)))


@once("what is slow is the disk")
class Slow(Pop3Test):
    @needs_root                                 # else strace may not follow: a session is not dumpable
    @needs_strace
    def test_a_login_that_has_the_locks_may_read_for_as_long_as_logins_may_take(self):
        vmail = self.box(mbox=mbox(b"Subject: 1\n\none\n"), settings={"lock-timeout": "1s"})
        client, server = connection(fresh_address())
        with server:
            process = Process(["/usr/bin/strace", "-f", "-o", "/dev/null", "-P", vmail.inbox(self.joe), "-e",
                               "inject=pread64:delay_enter=7000000:when=1", "--", program("vpop3d"),
                               "-C", vmail.dir], stdin=server, stdout=server)
        vmail.processes.append(process)
        pop = Pop3(client, process)
        self.assertEqual(pop.login(self.joe, PASSWORD), "+OK 1 messages")
        self.quit(pop)

    def test_one_that_takes_longer_is_told_why(self):
        for limit in growing(8):
            vmail = self.box(mbox=mbox(b""), settings={"lock-timeout": "1s", "login-timeout": f"{limit}s"})
            os.truncate(vmail.inbox(self.joe), 4 << 40)         # of holes, which nobody has read by then
            pop = vmail.pop3()
            reply = pop.login(self.joe, PASSWORD)
            log = self.ended(pop)
            if reply is not None:
                break
        self.assertRegex(reply, r"^-ERR \[SYS/TEMP\]")
        self.assertIn(" to read the mailbox than login-timeout allows", log)


class OtherPrograms(Pop3Test):
    def test_python_reads_what_we_leave(self):
        vmail = self.box(mbox=mbox(*Update.FIVE))
        pop = self.session(vmail)
        pop.ask("DELE 2")
        self.quit(pop)
        left = python_mailbox.mbox(vmail.inbox(self.joe))
        self.assertEqual([m["Subject"] for m in left], ["0", "2", "3", "4"])

    def test_pythons_client_fetches_and_deletes(self):
        import poplib
        vmail = self.box(mbox=mbox(*Update.FIVE))
        _, where = vmail.listen("vpop3d")
        client = poplib.POP3(*where, timeout=DEADLINE)
        self.assertIn("PIPELINING", client.capa())
        client.user(self.joe)
        client.pass_(PASSWORD)
        self.assertEqual(client.stat()[0], 5)
        self.assertEqual(b"\r\n".join(client.retr(2)[1]) + b"\r\n", on_the_wire(Update.FIVE[1]))
        client.dele(1)
        client.quit()
        self.assertEqual(vmail.messages(self.joe), Update.FIVE[1:])


if __name__ == "__main__":
    main()
