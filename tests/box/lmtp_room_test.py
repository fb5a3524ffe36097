#!/usr/bin/python3
"""vlmtpd: RCPT tells that a mailbox is full: what it holds and what MAIL declares, against its limit."""
from lmtp import *
from pop3 import spool

FULL, WAITS, DISABLED = "552 5.2.2 mailbox full", "452 4.2.2 mailbox full", "550 5.2.1 the mailbox accepts no mail"
LIMIT = 8 * 1024


class Room(LmtpTest):
    """joe@l.test has an mbox and joe@m.test a Maildir; each may hold 8 kB."""
    def setUp(self):
        super().setUp()
        self.vmail.domain("l.test", {"inbox-limit": "8"}, accounts=["joe"], aliases="one: joe\ntwo: joe, ann@b.test\n")
        self.vmail.domain("m.test", {"inbox-limit": "8", "mailbox": "maildir"}, accounts=["joe"],
                          aliases="one: joe\ntwo: joe, ann@b.test\n")

    def both(self):
        for address in "joe@l.test", "joe@m.test":
            with self.subTest(address):
                yield address

    def holds(self, address, size):
        """The inbox, as it is after a delivery, grows to exactly so many bytes."""
        box = self.vmail.inbox(address)
        if not os.path.exists(box):
            self.assertEqual(self.vmail.deliver(address).status, 0)
        if os.path.isfile(box):
            os.truncate(box, size)
            return
        for part in "new", "cur":
            for name in os.listdir(os.path.join(box, part)):
                os.unlink(os.path.join(box, part, name))
        # the name tells, not the file
        self.put(os.path.join(box, "cur", f"1.P1.host,S={size}:2,S"), b"x", address)

    def quota(self, address, text, owner=None):
        path = os.path.join(spool(self.vmail, address), "joe.quota")
        with open(path, "w") as f:
            f.write(text)
        if owner is not None:
            os.chown(path, *owner)

    def rcpt(self, address, size=None):
        """RCPT's reply in a transaction of its own."""
        lmtp = self.session().begin(parameters="" if size is None else f" SIZE={size}")
        reply = lmtp.rcpt(address)
        lmtp.quit()
        return reply

    def test_an_inbox_and_the_declared_size_are_held_against_the_limit_to_the_byte(self):
        for address in self.both():
            self.holds(address, 5000)
            self.assertEqual(self.rcpt(address, LIMIT - 5000), RCPT_OK)
            self.assertEqual(self.rcpt(address, LIMIT - 5000 + 1), FULL)
            self.assertEqual(self.rcpt(address, 20000000), FULL)

    def test_without_a_declared_size_a_full_inbox_alone_is_refused(self):
        for address in self.both():
            for size in None, 0:
                self.holds(address, LIMIT - 1)
                self.assertEqual(self.rcpt(address, size), RCPT_OK)
                for held in LIMIT, LIMIT + 1, 10 * LIMIT:
                    self.holds(address, held)
                    self.assertEqual(self.rcpt(address, size), FULL)

    def test_an_inbox_that_is_not_there_yet_has_room_for_the_limit(self):
        for address in self.both():
            for _ in "no directory", "an empty one":
                self.assertEqual(self.rcpt(address, LIMIT), RCPT_OK)
                self.assertEqual(self.rcpt(address, LIMIT + 1), FULL)
                spool(self.vmail, address)

    def test_over_quota_defer_makes_it_wait(self):
        for address in self.both():
            domain = "domain." + address.split("@")[1]
            self.vmail.write(domain, self.vmail.read(domain) + b"over-quota = defer\n")
            self.holds(address, LIMIT)
            self.assertEqual(self.rcpt(address), WAITS)

    def test_what_a_quota_file_says(self):
        for address in self.both():
            self.holds(address, 5000)
            for text, reply in (("disabled\n", DISABLED), ("none\n", RCPT_OK), ("0\n", RCPT_OK), ("1\n", FULL),
                                ("4\n", FULL), ("5\n", RCPT_OK), ("garbage\n", RCPT_OK)):
                self.quota(address, text)
                self.assertEqual(self.rcpt(address), reply, text)
            self.quota(address, "disabled\n")
            self.assertEqual(self.rcpt(address, 1), DISABLED)

    def test_a_quota_file_of_a_domain_without_a_limit_counts(self):
        self.assertEqual(self.vmail.deliver("joe@a.test").status, 0)
        self.quota("joe@a.test", "disabled\n")
        self.assertEqual(self.rcpt("joe@a.test"), DISABLED)
        self.quota("joe@a.test", "1\n")
        self.assertEqual(self.rcpt("joe@a.test", 2000), FULL)

    @needs_root
    def test_a_quota_file_that_a_user_wrote_counts_no_more_than_for_a_delivery(self):
        for address in self.both():
            self.holds(address, 5000)
            self.quota(address, "disabled\n", self.owner(address))
            self.assertEqual(self.rcpt(address), RCPT_OK)

    def test_an_alias_of_one_inbox_is_that_inbox(self):
        for address in self.both():
            self.holds(address, LIMIT)
            for name in "one", "joe+x", "JOE":
                self.assertEqual(self.rcpt(f"{name}@{address.split('@')[1]}"), FULL)

    def test_whatever_more_there_is_the_delivery_decides(self):
        for address in self.both():
            domain = address.split("@")[1]
            self.holds(address, LIMIT)
            self.assertEqual(self.rcpt(f"two@{domain}"), RCPT_OK)
            with self.subTest("a forward"):
                self.vmail.extra(domain, "joe.forward", "x@far.test\n")
                self.assertEqual(self.rcpt(address), RCPT_OK)
                self.vmail.extra(domain, "joe.forward", "\\joe, x@far.test\n")
                self.assertEqual(self.rcpt(address), RCPT_OK)
                os.unlink(os.path.join(self.vmail.spool, "files", domain, "joe.forward"))
            with self.subTest("an autoresponder"):
                self.vmail.extra(domain, "joe.auto", "Subject: hello\n\nhello\n")
                self.assertEqual(self.rcpt(address), RCPT_OK)
                os.unlink(os.path.join(self.vmail.spool, "files", domain, "joe.auto"))
            with self.subTest("a filter"):
                self.vmail.write(f"domain.{domain}", self.vmail.read(f"domain.{domain}") + b"filter = cat\n")
                self.assertEqual(self.rcpt(address), RCPT_OK)
                lmtp = self.session()
                self.assertEqual(lmtp.deliver(address), [FULL])
                lmtp.quit()

    def test_what_cannot_be_looked_at_is_for_the_delivery_to_tell(self):
        for address in self.both():
            box = os.path.join(spool(self.vmail, address), "joe")
            os.symlink("/nowhere", box)
            lmtp = self.session().begin(address, parameters=" SIZE=100000")
            self.assertRegex(lmtp.data()[0], "^451 4")
            lmtp.quit()
            os.unlink(box)

    def test_who_was_refused_has_no_reply_behind_the_message_and_the_others_get_it(self):
        self.holds("joe@l.test", LIMIT)
        lmtp = self.session().begin("joe@a.test", parameters=" SIZE=30")
        self.assertEqual(lmtp.rcpt("joe@l.test"), FULL)
        self.assertEqual(lmtp.rcpt("joe@m.test"), RCPT_OK)
        self.assertEqual(lmtp.data(), [DONE, DONE])
        lmtp.quit()
        self.assertRegex(lmtp.process.errors.decode(),
                         r'refused recipient="?joe@l\.test"? status=69 code=5\.2\.2 text="mailbox full"')
        with open(self.vmail.inbox("joe@l.test"), "rb") as f:
            self.assertEqual(len(f.read()), LIMIT)

    def test_one_transaction_s_size_is_not_the_next_one_s(self):
        self.holds("joe@l.test", 5000)
        lmtp = self.session().begin(parameters=" SIZE=5000")
        self.assertEqual(lmtp.rcpt("joe@l.test"), FULL)
        for begin in "RSET", "LHLO again.test":
            lmtp.ask(begin)
            self.assertEqual(lmtp.deliver("joe@l.test"), [DONE])
            lmtp.begin(parameters=" SIZE=5000")
            self.assertEqual(lmtp.rcpt("joe@l.test"), FULL)
        lmtp.quit()

    def test_the_delivery_decides_of_a_size_that_was_a_lie(self):
        for address in self.both():
            self.holds(address, 5000)
            lmtp = self.session()
            self.assertEqual(lmtp.deliver(address, message=b"S: x\n\n" + b"y" * 5000 + b"\n", parameters=" SIZE=9"),
                             [FULL])
            lmtp.quit()

    def test_the_socket_map_tells_of_a_full_mailbox_by_a_map_of_its_own(self):
        self.vmail.domain("off.test", {"reject-mail": "yes"}, accounts=["joe"])
        self.vmail.domain("bad.test", {"x": "1"}, accounts=["joe"])
        socketmap, process = self.map()
        for address in self.both():
            domain = address.split("@")[1]
            self.holds(address, LIMIT - 1)
            self.assertEqual(socketmap.ask(f"full {address}"), "OK DUNNO")
            self.holds(address, LIMIT)
            for name in "joe", "one", "JOE", "joe+x":
                self.assertEqual(socketmap.ask(f"full {name}@{domain}"), f"OK {FULL}")
            self.assertEqual(socketmap.ask(f"recipients {address}"), f"OK {address}")
            self.assertEqual(socketmap.ask(f"full two@{domain}"), "OK DUNNO")
            self.quota(address, "disabled\n")
            self.assertEqual(socketmap.ask(f"full {address}"), f"OK {DISABLED}")
            os.unlink(os.path.join(spool(self.vmail, address), "joe.quota"))
            self.vmail.write(f"domain.{domain}", self.vmail.read(f"domain.{domain}") + b"over-quota = defer\n")
            self.assertEqual(socketmap.ask(f"full {address}"), f"OK {WAITS}")
        for other in "nobody@l.test", "joe@far.test", "l.test", "joe@", "joe", "", "joe@off.test", "joe@bad.test":
            self.assertEqual(socketmap.ask(f"full {other}"), "NOTFOUND ", other)
        process.wait_line('refused recipient="?joe@m.test"? status=75 code=4.2.2 text="mailbox full"')
        socketmap.close()
        process.signal()
        self.assertEqual(process.wait(), 0)

    def map(self):
        where = os.path.join(self.vmail.scratch, "map")
        process = self.vmail.start("vlmtpd", "--socketmap", f"unix:{where}", stdin=subprocess.DEVNULL)
        eventually(lambda: os.path.exists(where), "the map's socket")
        return eventually(lambda: self.reached(where), "the map"), process

    def reached(self, where):
        try:
            return Socketmap(where)
        except ConnectionRefusedError:
            return None


if __name__ == "__main__":
    main()
