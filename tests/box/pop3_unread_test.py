#!/usr/bin/python3
"""pop3_unread_test.py: clients that send and do not read, in plain text and under TLS (RFC 2449, 6.6)."""
from pop3 import *


class Unread(Pop3Test):
    def test_a_thousand_commands_at_once_and_ten_megabytes_that_are_read_later(self):
        text = b"Subject: x\n\n" + (b"y" * 76 + b"\n.\n") * 128
        vmail = self.box(mbox=mbox(text, b"a: b\n\nc\n"))
        pop = self.session(vmail)
        pop.send(b"RETR 1\r\n" * 999 + b"DELE 2\r\nQUIT\r\n")
        self.assertTrue(select.select([pop.socket], [], [], DEADLINE)[0])
        self.assertEqual(len(vmail.messages(self.joe)), 2)      # it waits for us, before DELE and QUIT
        for _ in range(999):
            self.assertRegex(pop.line(), r"^\+OK")
            self.assertEqual(pop.body(), on_the_wire(text))
        self.assertRegex(pop.line(), r"^\+OK message 2")
        self.assertRegex(pop.line(), r"^\+OK .* shutdown\.$")
        self.assertIn(" retrieved=999 ", self.ended(pop))
        self.assertEqual(len(vmail.messages(self.joe)), 1)

    def test_who_stops_reading_a_large_message_is_ended_and_the_mailbox_is_whole_and_free(self):
        for kind in ("mbox", "maildir"):
            messages = [b"a: b\n\n" + b"y" * 16000000 + b"\n", b"a: c\n\nx\n"]
            vmail = self.box(**({"mbox": mbox(*messages)} if kind == "mbox" else
                                {"maildir": {f"cur/{i}.x": m for i, m in enumerate(messages)}}),
                             settings={"idle-timeout": "1s"})
            before = contents(vmail, self.joe)
            pop = vmail.pop3()
            # at once, or the limit may be over before
            pop.send(f"USER {self.joe}\r\nPASS {PASSWORD}\r\nDELE 2\r\n".encode() + b"RETR 1\r\n" * 20 + b"QUIT\r\n")
            for _ in ("greeting", "USER", "PASS", "DELE", "RETR"):
                self.assertRegex(pop.line(), r"^\+OK")
            self.assertIn(" deleted=0 deleted-octets=0 end=timeout", pop.process.wait_line("session account=.*\n")[0])
            vmail.set(idle_timeout=None)
            other = self.session(vmail)
            self.assertRegex(other.ask("STAT"), r"^\+OK 2 ")
            self.quit(other)
            self.assertTrue(contents(vmail, self.joe) == before)
            self.assertEqual(pop.process.wait(), 0)             # of all its processes


class UnreadUnderTls(UnderTls, Unread):
    pass


class UnreadUnderStls(UnderStls, Unread):
    pass


if __name__ == "__main__":
    main(beside=6)
