#!/usr/bin/python3
"""vdeliver into a Maildir; what decides the format; where the "inbox" setting leads."""
import stat

from delivery import *

NAME = re.compile(r"^\d+\.M\d{6}P\d+Q\d+R[0-9a-f]{8}\.([^/:,]+),S=(\d+),W=(\d+)$")


class Maildir(Delivery):
    def names(self, part="new"):
        return sorted(os.listdir(os.path.join(self.maildir, part)))

    def test_a_message_lies_in_new_under_a_name_that_tells_its_sizes(self):
        self.delivered("ann@b.test", b"S: x\n\nhello\n")
        name, = self.names()
        match = NAME.match(name)
        self.assertTrue(match, name)
        size = os.stat(os.path.join(self.maildir, "new", name)).st_size
        self.assertEqual(int(match[2]), size)
        self.assertEqual(size, len(trace("ann@b.test") + b"S: x\n\nhello\n"))
        self.assertEqual(int(match[3]), size + 5)
        self.assertEqual((self.names("tmp"), self.names("cur")), ([], []))

    def test_a_long_message_tells_them_too(self):
        body = b"S: x\n\n" + b"hello\n" * 100000
        self.delivered("ann@b.test", b"From a\nReturn-Path: b\n" + body)
        name, = self.names()
        size = os.stat(os.path.join(self.maildir, "new", name)).st_size
        self.assertEqual((int(NAME.match(name)[2]), int(NAME.match(name)[3])), (size, size + 2 + body.count(b"\n")))

    def test_names_never_repeat(self):
        for _ in range(20):
            self.delivered("ann@b.test")
        self.assertEqual(len(set(self.names())), 20)

    def test_all_of_it_is_the_accounts_alone_whatever_the_umask(self):
        old = os.umask(0)
        try:
            self.vmail.deliver("ann@b.test")
            os.umask(0o777)
            self.vmail.deliver("ann@b.test")
        finally:
            os.umask(old)
        for place, dirs, files in os.walk(self.maildir):
            st = os.stat(place)
            self.assertEqual(st.st_uid, self.owner("ann@b.test")[0])
            self.assertEqual(stat.S_IMODE(st.st_mode) & 0o777, 0o700, place)
            for file in files:
                self.assertEqual(stat.S_IMODE(os.stat(os.path.join(place, file)).st_mode), 0o600)
        self.assertEqual(len(self.names()), 2)

    def test_what_dovecot_is_about_in_tmp_stays_whatever_its_times_are(self):
        self.delivered("ann@b.test")
        old, tmp = time.time() - 99 * 3600, os.path.join(self.maildir, "tmp")
        copied = os.path.join(self.maildir, "cur", "copied:2,")
        self.put(copied, b"x", "ann@b.test")
        os.utime(copied, (old, old))
        os.link(copied, os.path.join(tmp, "copied"))            # COPY, until all of them are there
        self.put(os.path.join(tmp, "saved"), b"x", "ann@b.test")
        os.utime(os.path.join(tmp, "saved"), (old, old))        # APPEND with a date, the same
        self.delivered("ann@b.test")
        self.assertEqual(self.names("tmp"), ["copied", "saved"])

    def test_missing_parts_are_made(self):
        self.delivered("ann@b.test")
        for part in ("tmp", "cur", "new"):
            shutil.rmtree(os.path.join(self.maildir, part))
            self.delivered("ann@b.test")
        self.assertEqual(len(self.names()), 1)

    def test_a_link_in_place_of_a_part_is_refused(self):
        self.delivered("ann@b.test")
        other = os.path.join(self.vmail.scratch, "other")
        os.mkdir(other)
        self.give(other, "ann@b.test")
        for part in ("tmp", "new", "cur"):
            path = os.path.join(self.maildir, part)
            os.rename(path, path + "2")
            os.symlink(other, path)
            self.refused(75, part, "ann@b.test")
            os.unlink(path)
            os.rename(path + "2", path)
        self.assertEqual(os.listdir(other), [])
        self.assertEqual(len(self.names()), 1)

    def test_a_link_in_place_of_the_maildir_is_refused(self):
        self.delivered("ann@b.test")
        os.rename(self.maildir, self.maildir + "2")
        os.symlink(self.maildir + "2", self.maildir)
        self.refused(75, "ann", "ann@b.test")

    def test_a_part_that_everybody_can_write_to_is_refused(self):
        self.delivered("ann@b.test")
        os.chmod(os.path.join(self.maildir, "new"), 0o777)
        self.refused(75, "new", "ann@b.test")

    @needs_root
    def test_a_part_that_is_somebody_elses_is_refused(self):
        self.delivered("ann@b.test")
        for part in ("", "tmp", "new", "cur"):
            path = os.path.join(self.maildir, part)
            os.chown(path, 65534, GID)
            self.refused(75, "uid|denied", "ann@b.test")
            self.give(path, "ann@b.test")
        self.delivered("ann@b.test")

    def test_a_directory_that_cannot_be_written_is_temporary(self):
        self.delivered("ann@b.test")
        for part in ("tmp", "new"):
            path = os.path.join(self.maildir, part)
            os.chmod(path, 0o500)
            self.refused(75, "", "ann@b.test")
            os.chmod(path, 0o700)
        self.assertEqual((len(self.names()), self.names("tmp")), (1, []))

    @needs_strace
    def test_a_long_message_is_written_once_and_then_linked(self):
        self.vmail.set(max_message_size="100M")
        self.delivered("ann@b.test")            # makes its directory
        message = b"S: x\n\n" + b"0123456789abcde\n" * 65536 * 60
        got, calls = strace(self.vmail, ["-e", "trace=write,pwrite64,linkat,fsync,openat"],
                            "ann@b.test", input=message)
        self.assertEqual(got.status, 0, got)
        written = sum(int(n) for n in re.findall(r" p?write(?:64)?\(.*= (\d+)$", "\n".join(calls),
                                                 re.M))
        self.assertLess(written, len(message) + 100000, "there was a second copy")
        order = re.findall(r" (fsync|linkat)\((\w+).*= 0$", "\n".join(calls), re.M)[-4:]
        self.assertEqual([call for call, _ in order], ["fsync", "linkat", "fsync", "fsync"])
        self.assertEqual(order[2], order[0], "that it has a name is in the file, too")
        self.assertNotEqual(order[3], order[0])
        self.assertTrue(any("O_TMPFILE" in c for c in calls))
        self.assertEqual(self.last("ann@b.test"), trace("ann@b.test", "") + message)

    @needs_strace
    def test_a_short_message_is_synced_renamed_and_its_directory_synced(self):
        self.delivered("ann@b.test")
        got, calls = strace(self.vmail, ["-e", "trace=fsync,renameat2,linkat"], "ann@b.test",
                            input=b"S: x\n\n")
        self.assertEqual(got.status, 0, got)
        self.assertEqual([m[1] for m in re.finditer(r" (\w+)\(.*= 0$", "\n".join(calls), re.M)],
                         ["fsync", "renameat2", "fsync"])


    @needs_strace
    def test_a_file_system_that_cannot_rename_without_replacing_will_do(self):
        for error in ("EINVAL", "ENOSYS"):
            got, _ = strace(self.vmail, ["-e", f"inject=renameat2:error={error}"], "ann@b.test",
                            input=b"S: x\n\n")
            self.assertEqual(got.status, 0, got)
            self.assertEqual(self.vmail.messages("ann@b.test"), [trace("ann@b.test", "") + b"S: x\n\n"])
            self.assertEqual(self.names("tmp"), [])
            shutil.rmtree(os.path.dirname(self.maildir))


class Kinds(Delivery):
    def test_what_exists_decides_the_format(self):
        self.delivered("joe@a.test")
        self.delivered("ann@b.test")
        a, b = ("maildir", "mbox")
        for domain, kind in (("a.test", a), ("b.test", b)):
            text = self.vmail.read(f"domain.{domain}").decode()
            self.vmail.write(f"domain.{domain}",
                             re.sub("mailbox = .*\n", "", text) + f"mailbox = {kind}\n")
        self.delivered("joe@a.test")
        self.delivered("ann@b.test")
        self.assertEqual(len(mbox_messages(self.inbox)), 2)
        self.assertEqual(len(maildir_messages(self.maildir)), 2)

    def test_an_empty_file_is_an_mbox_and_an_empty_directory_a_maildir(self):
        self.delivered("joe@a.test")
        self.delivered("ann@b.test")
        shutil.rmtree(self.maildir)
        self.put(self.maildir, b"", "ann@b.test")
        os.unlink(self.inbox)
        os.mkdir(self.inbox, 0o700)
        self.give(self.inbox)
        self.delivered("joe@a.test")
        self.delivered("ann@b.test")
        self.assertEqual(len(maildir_messages(self.inbox)), 1)
        self.assertEqual(len(mbox_messages(self.maildir)), 1)


class Inbox(Delivery):
    """The "inbox" setting."""
    def place(self, inbox, path, to="eve@c.test", **settings):
        self.vmail.domain("c.test", {"inbox": inbox, **settings}, accounts=["eve"])
        self.delivered(to, b"S: x\n\n")
        found = os.path.join(self.vmail.scratch, path)
        box = maildir_messages(found) if os.path.isdir(found) else mbox_messages(found)
        self.assertEqual(box, [trace("eve@c.test") + b"S: x\n\n"])
        self.assertEqual(os.stat(found).st_uid, self.owner("eve@c.test")[0])

    def test_a_relative_one_lies_below_the_spool(self):
        flat = os.path.join(self.vmail.spool, "flat")
        os.mkdir(flat)
        if ROOT:
            os.chown(flat, 0, GID)
            os.chmod(flat, 0o3770)
        self.place("flat/%u.%d", "spool/flat/eve.c.test")

    def test_one_that_ends_in_a_slash_is_a_maildir(self):
        self.place("%d/%u/", "spool/c.test/eve")
        self.assertTrue(os.path.isdir(os.path.join(self.vmail.spool, "c.test", "eve", "new")))

    def test_directories_of_the_account_are_made_and_are_its_own(self):
        self.place("%d/%u/mail/Maildir/", "spool/c.test/eve/mail/Maildir")
        for path in ("eve", "eve/mail"):
            st = os.stat(os.path.join(self.vmail.spool, "c.test", path))
            self.assertEqual((st.st_uid, stat.S_IMODE(st.st_mode) & 0o777),
                             (self.owner("eve@c.test")[0], 0o700))

    def test_an_absolute_one_lies_where_it_says(self):
        os.mkdir(os.path.join(self.vmail.scratch, "srv"))
        self.place(self.vmail.scratch + "/srv/%d/%u/Maildir/", "srv/c.test/eve/Maildir")

    def test_directories_below_the_domains_are_the_domains(self):
        self.place("%d/mail/%u", "spool/c.test/mail/eve")
        if ROOT:
            st = os.stat(os.path.join(self.vmail.spool, "c.test", "mail"))
            self.assertEqual((st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)), (0, GID, 0o3770))

    def test_a_per_cent_sign_stands_for_itself_when_doubled(self):
        self.place("%d/100%%-%u", "spool/c.test/100%-eve")

    def bad(self, inbox, words):
        self.vmail.domain("c.test", {"inbox": inbox}, accounts=["eve"])
        before = sorted(os.listdir(self.vmail.scratch))
        self.refused(75, words, "eve@c.test")
        self.assertEqual(sorted(os.listdir(self.vmail.scratch)), before)
        self.assertEqual(os.listdir(self.vmail.spool), [])

    def test_one_without_u_is_refused_by_file_and_name(self):
        for inbox in ("%d/inbox", "inbox", "%d/", "%d/%%u", "/"):
            self.bad(inbox, r"domain\.c\.test:\d+: inbox: needs %u")

    def test_dots_are_refused(self):
        for inbox in ("../%d/%u", "%d/../%u", "%d/%u/../x", "./%d/%u", "/srv/../%d/%u", "%d/%u/.."):
            self.bad(inbox, "inbox: must not have")

    def test_other_tokens_are_refused(self):
        for inbox in ("%d/%f/%u", "%d/%u%", "%h/%u", "%d/%U"):
            self.bad(inbox, "inbox: knows %d, %u and %% alone")

    def test_a_base_that_is_missing_is_not_made(self):
        self.bad("/nowhere/mail/%d/%u", "/nowhere/mail is missing: mount it")
        self.assertFalse(os.path.exists("/nowhere"))

    def test_a_link_below_the_account_is_refused(self):
        self.place("%d/%u/Maildir/", "spool/c.test/eve/Maildir")
        eve = os.path.join(self.vmail.spool, "c.test", "eve")
        os.rename(eve, eve + "2")
        os.symlink(eve + "2", eve)
        self.refused(75, "eve", "eve@c.test")


if __name__ == "__main__":
    main()
