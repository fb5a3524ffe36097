#!/usr/bin/python3
"""deliver_limit_test.py: limits of inboxes: U.quota, inbox-limit, over-quota, the warning."""
import concurrent.futures

from delivery import *

KB = 1024


def message(size):
    """One of exactly so many bytes."""
    head = b"Subject: x\n\n"
    return head + b"x" * (size - len(head) - 1) + b"\n"


class Limits(Delivery):
    """Every test runs for both kinds of mailbox: joe has an mbox, ann a Maildir."""
    def setUp(self):
        super().setUp()
        self.vmail.domain("l.test", accounts=["joe"])
        self.vmail.domain("m.test", {"mailbox": "maildir"}, accounts=["joe"])

    def both(self):
        for address in ("joe@l.test", "joe@m.test"):
            with self.subTest(address):
                yield address

    def bytes(self, address):
        path = self.vmail.inbox(address)
        if not os.path.exists(path):
            return 0
        if os.path.isfile(path):
            return os.stat(path).st_size
        return sum(os.stat(os.path.join(path, part, name)).st_size
                   for part in ("new", "cur") for name in os.listdir(os.path.join(path, part)))

    def overhead(self, address):
        """What a delivery adds to a message; the inbox is there afterwards."""
        before = self.bytes(address)
        self.assertEqual(self.vmail.deliver(address, message(100)).status, 0)
        return self.bytes(address) - before - 100

    def quota(self, address, text, owner=None):
        path = self.vmail.inbox(address) + ".quota"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        if owner is not None:
            os.chown(path, *owner)
        return path

    def is_full(self, address, size=3000, status=69, code="5.2.2", words="mailbox full"):
        before = self.bytes(address), len(self.vmail.messages(address))
        got = self.vmail.deliver(address, message(size))
        self.assertEqual((got.status, got.stderr), (status, f"{code} {words}\n"), got)
        self.assertEqual((self.bytes(address), len(self.vmail.messages(address))), before)

    def takes(self, address, size=3000):
        before = len(self.vmail.messages(address))
        got = self.vmail.deliver(address, message(size))
        self.assertEqual(got.status, 0, got)
        self.assertGreater(len(self.vmail.messages(address)), before)

    # how much

    def test_the_limit_holds_to_the_byte(self):
        for address in self.both():
            more = self.overhead(address)
            room = 20 * KB - self.bytes(address) - more
            self.quota(address, "20\n")
            self.is_full(address, room + 1)
            self.takes(address, room)
            self.assertGreaterEqual(self.bytes(address), 20 * KB)

    def test_the_quoting_of_an_mbox_counts(self):
        more = self.overhead("joe@l.test")
        self.quota("joe@l.test", "20\n")
        room = 20 * KB - self.bytes("joe@l.test") - more
        text = b"Subject: x\n\nFrom here\n"
        text += b"x" * (room - len(text) - 1) + b"\n"
        got = self.vmail.deliver("joe@l.test", text)
        self.assertEqual(got.status, 69, got)
        self.assertEqual(self.vmail.deliver("joe@l.test", text[:-2] + b"\n").status, 0)

    def test_a_first_message_beyond_the_limit_leaves_no_inbox(self):
        for address in self.both():
            self.quota(address, "1\n")
            self.is_full(address)
            self.assertEqual(self.vmail.messages(address) if self.bytes(address) else [], [])
        self.assertFalse(os.path.exists(self.vmail.inbox("joe@l.test")))

    def test_a_long_message_is_measured_too(self):
        for address in self.both():
            self.takes(address, 100)
            self.quota(address, "600\n")
            self.is_full(address, 700 * KB)
            self.takes(address, 500 * KB)

    def test_the_domains_limit_holds_where_the_account_has_none(self):
        for domain, kind in (("l.test", "mbox"), ("m.test", "maildir")):
            self.vmail.domain(domain, {"inbox-limit": 10, "mailbox": kind}, accounts=["joe"])
            address = f"joe@{domain}"
            self.takes(address)
            self.is_full(address, 8000)
            self.quota(address, "20\n")
            self.takes(address, 8000)

    def test_what_a_quota_file_says(self):
        for address in self.both():
            domain = address.split("@")[1]
            self.vmail.domain(domain, {"inbox-limit": 2, "mailbox": "maildir" if domain[0] == "m" else "mbox"},
                              accounts=["joe"])
            self.takes(address, 100)
            for text in ("garbage\n", "-1\n", "", "\n"):
                self.quota(address, text)
                self.is_full(address)
            self.quota(address, "disabled\n")
            self.is_full(address, 10, code="5.2.1", words="the mailbox accepts no mail")
            for text in ("0\n", "none\n", "100000 and more"):
                self.quota(address, text)
                self.takes(address)

    @needs_root
    def test_a_quota_file_counts_only_when_an_administrator_wrote_it(self):
        for address in self.both():
            self.takes(address, 100)
            for owner in ((60001, GID), (65534, 65534)):
                self.quota(address, "disabled\n", owner)
                self.takes(address, 100)
            os.unlink(self.quota(address, "1\n"))
            os.symlink("/nowhere", self.vmail.inbox(address) + ".quota")
            self.takes(address, 100)
            os.unlink(self.vmail.inbox(address) + ".quota")
            os.mkfifo(self.vmail.inbox(address) + ".quota")
            self.takes(address, 100)
            os.unlink(self.vmail.inbox(address) + ".quota")

    @needs_root
    def test_a_quota_file_of_the_one_owner_counts(self):
        self.vmail.domain("o.test", {"owner": "60500:60500", "gid": None}, accounts=["joe"])
        self.takes("joe@o.test", 100)
        for owner, full in ((60500, 60500), True), ((0, 0), True), ((60001, 60001), False):
            self.quota("joe@o.test", "1\n", owner)
            self.is_full("joe@o.test", 2000) if full else self.takes("joe@o.test", 2000)

    @needs_root
    def test_a_quota_file_that_cannot_be_read_is_temporary(self):
        for address in self.both():
            self.takes(address, 100)
            os.chmod(self.quota(address, "1\n"), 0)
            got = self.vmail.deliver(address, message(100))
            self.assertEqual(got.status, 75, got)
            self.assertIn("joe.quota: Permission denied", got.stderr)

    @needs_root                             # else strace may not read the paths
    @needs_strace
    def test_a_quota_file_that_is_replaced_while_it_is_opened_counts(self):
        for address in self.both():
            path = self.quota(address, "1\n")
            words = [program("vdeliver"), "-C", self.vmail.dir, address]
            self.assertEqual(stopped_at("open,openat", words, lambda: replace(path), "-P", path,
                                        said=message(2 * KB))[1], 69)
            self.assertEqual(self.bytes(address), 0)

    def test_a_queue_with_another_name_keeps_no_mail_waiting(self):
        for domain in "l.test", "m.test":
            place = os.path.join(self.vmail.spool, domain)
            self.quota(f"joe@{domain}", "1000\n")
            self.delivered(f"joe@{domain}")
            os.link(f"{place}/.joe.queue", f"{place}/backup")
            before = self.content(f"{place}/backup")
            self.delivered(f"joe@{domain}")
            self.assertEqual(self.content(f"{place}/backup"), before)

    def test_a_maildirs_sizes_come_from_names_or_else_from_files(self):
        address = "joe@m.test"
        self.takes(address, 100)
        box = self.vmail.inbox(address)
        for name, size in (("cur/1.P1.host,S=5000:2,S", 10), ("new/2.P2.host", 3000)):
            with open(os.path.join(box, name), "wb") as f:
                f.write(b"x" * size)
        os.mkdir(os.path.join(box, ".Sent"))
        with open(os.path.join(box, ".Sent", "3.P3.host"), "wb") as f:
            f.write(b"x" * 100000)
        with open(os.path.join(box, "tmp", "4.P4.host"), "wb") as f:
            f.write(b"x" * 100000)
        self.quota(address, "9\n")
        self.is_full(address, 1500)
        self.takes(address, 100)
        self.quota(address, "10\n")
        self.takes(address, 1000)

    def test_a_mailbox_of_another_place_has_its_limit_in_the_spool(self):
        place = os.path.join(self.vmail.scratch, "boxes")
        os.mkdir(place)
        self.vmail.domain("i.test", {"inbox": f"{place}/%d/%u/Maildir/"}, accounts=["joe"])
        self.assertEqual(self.vmail.deliver("joe@i.test", message(100)).status, 0)
        self.quota("joe@i.test", "1\n")
        got = self.vmail.deliver("joe@i.test", message(2000))
        self.assertEqual((got.status, got.stderr), (69, "5.2.2 mailbox full\n"), got)

    def test_a_domain_s_limit_is_kb_or_has_a_unit(self):
        plain = self.vmail.read("domain.l.test")
        def limit(value):
            self.vmail.write("domain.l.test", plain + f"inbox-limit = {value}\n".encode())
        for value in "2", "2k":
            limit(value)
            self.is_full("joe@l.test", 2048)
            self.takes("joe@l.test", 1000)
            os.unlink(self.vmail.inbox("joe@l.test"))
        limit("1M")
        self.is_full("joe@l.test", 1024 * KB)
        self.takes("joe@l.test", 1023 * KB)
        limit("0")
        self.takes("joe@l.test", 1024 * KB)

    # what becomes of the mail

    def test_mail_can_be_deferred_instead(self):
        for domain, kind in (("l.test", "mbox"), ("m.test", "maildir")):
            self.vmail.domain(domain, {"inbox-limit": 2, "over-quota": "defer", "mailbox": kind},
                              accounts=["joe"])
            self.is_full(f"joe@{domain}", status=75, code="4.2.2")

    def test_a_full_member_of_a_list_is_handed_on_and_the_others_stand(self):
        self.vmail.domain("g.test", accounts=["joe", "ann"], aliases="all: joe, ann\n")
        self.assertEqual(self.vmail.deliver("joe@g.test", message(100)).status, 0)
        self.quota("joe@g.test", "1\n")
        got = self.vmail.deliver("all@g.test", message(2000))
        self.assertEqual(got.status, 0, got)
        self.assertEqual(len(self.vmail.messages("ann@g.test")), 1)
        self.assertEqual([arguments[-1] for arguments, _ in self.vmail.sent()], ["joe@g.test"])

    def test_many_at_once_never_pass_the_limit(self):
        for address in self.both():
            each = 1000 + self.overhead(address)
            self.quota(address, "10\n")
            fit = (10 * KB - self.bytes(address)) // each
            with concurrent.futures.ThreadPoolExecutor(12) as pool:
                got = list(pool.map(lambda _: self.vmail.deliver(address, message(1000)).status, range(24)))
            self.assertLessEqual(self.bytes(address), 10 * KB)
            self.assertEqual(set(got), {0, 69})
            # A warning takes the place of one message, at most.
            self.assertIn(got.count(0), (fit, fit - 1))

    # the warning

    def warnings(self, address):
        return [m for m in self.vmail.messages(address) if b"Auto-Submitted: auto-generated" in m]

    def test_crossing_nine_tenths_warns_once(self):
        for address in self.both():
            self.takes(address, 100)
            self.quota(address, "100\n")
            self.takes(address, 80 * KB)
            self.assertEqual(self.warnings(address), [])
            self.takes(address, 11 * KB)
            found = self.warnings(address)
            self.assertEqual(len(found), 1)
            self.assertRegex(found[0].decode(), r"(?s)\AReturn-Path: <>\nDelivered-To: " + address +
                             r"\nDate: \w{3}, .*\nMessage-ID: <.+@.+>\n.*From: postmaster@"
                             r".*\nTo: " + address + r"\nSubject: Your mailbox is 9\d% full\n\n"
                             r".*holds 9\d of 100 kB")
            self.takes(address, 1000)
            self.assertEqual(len(self.warnings(address)), 1)

    def test_it_comes_again_after_the_inbox_fell_below(self):
        for address in self.both():
            self.quota(address, "100\n")
            for _ in range(2):
                self.takes(address, 91 * KB)
                self.assertEqual(len(self.warnings(address)), 1)
                box = self.vmail.inbox(address)
                for name in os.listdir(os.path.join(box, "new")) if os.path.isdir(box) else []:
                    os.unlink(os.path.join(box, "new", name))
                if os.path.isfile(box):
                    os.truncate(box, 0)

    def test_its_text_is_the_administrators(self):
        self.vmail.write("quota-warning", "Subject: voll: %p%%\nFrom: chef@l.test\n\nGrüße %u@%d, %s/%l, %x\n")
        self.quota("joe@l.test", "100\n")
        self.takes("joe@l.test", 92 * KB)
        text = self.warnings("joe@l.test")[0].decode()
        self.assertIn("Subject: voll: 92%\nFrom: chef@l.test\n\nGrüße joe@l.test, 92/100, %x\n", text)
        self.assertIn("charset=UTF-8", text)
        self.assertEqual(text.count("From: "), 1)

    def test_there_is_no_warning_where_it_has_no_room(self):
        for address in self.both():
            more = self.overhead(address)
            self.quota(address, "10\n")
            self.takes(address, 10 * KB - self.bytes(address) - more - 10)
            self.assertEqual(self.warnings(address), [])

    def test_without_a_limit_nobody_is_warned(self):
        for address in self.both():
            self.takes(address, 100 * KB)
            self.assertEqual(self.warnings(address), [])


if __name__ == "__main__":
    main()
