#!/usr/bin/python3
"""pop3_locked_test.py: another program's lock file beside an mbox, at login and at QUIT."""
from pop3 import *

TWO = mbox(b"Subject: 1\n\none\n", b"Subject: 2\n\ntwo\n")


class Locked(Pop3Test):
    def box(self, timeout):
        vmail = super().box(mbox=TWO, settings={"lock-timeout": timeout})
        self.lock = vmail.inbox(self.joe) + ".lock"
        return vmail

    def lock_it(self):
        with open(self.lock, "w") as f:
            f.write("1\n")              # a process that is there

    def test_at_login_it_is_waited_for_and_then_in_use(self):
        vmail = self.box("1s")
        self.lock_it()
        pop, begun = vmail.pop3(), time.monotonic()
        self.assertRegex(pop.login(self.joe, PASSWORD), r"^-ERR \[IN-USE\]")
        self.assertGreaterEqual(time.monotonic() - begun, 0.9)
        os.unlink(self.lock)
        pop.ask(f"USER {self.joe}")
        self.assertEqual(pop.ask(f"PASS {PASSWORD}"), "+OK 2 messages")
        self.quit(pop)

    def test_an_old_one_that_nobody_may_read_is_taken_away(self):
        vmail = self.box("1s")
        for age, taken in ((300, False), (900, True)):
            open(self.lock, "w").close()
            os.chown(self.lock, *owner(vmail, self.joe))
            os.chmod(self.lock, 0)                      # as mutt makes it
            os.utime(self.lock, (time.time() - age,) * 2)
            pop = vmail.pop3()
            self.assertRegex(pop.login(self.joe, PASSWORD), r"^\+OK" if taken else r"^-ERR \[IN-USE\]")
            pop.ask("QUIT")
            self.ended(pop)
            self.assertEqual(os.path.exists(self.lock), not taken)
            if not taken:
                os.unlink(self.lock)

    def test_at_quit_all_is_kept(self):
        vmail = self.box("1s")
        pop = self.session(vmail)
        pop.ask("DELE 1")
        self.lock_it()
        self.assertRegex(pop.ask("QUIT"), r"^-ERR \[SYS/TEMP\]")
        self.assertIn(" deleted=0 deleted-octets=0 end=quit ", self.ended(pop))
        self.assertEqual(contents(vmail, self.joe), TWO)

    def has_queued(self, vmail):
        """Whether somebody is first in the queue for the lock."""
        queue = os.path.join(spool(vmail, self.joe), ".joe.queue")
        return os.path.exists(queue) and locks_of(queue)

    def test_a_quit_that_waits_and_is_told_to_end_says_what_it_did(self):
        vmail = self.box("20s")
        pop = self.session(vmail)
        pop.ask("DELE 1")
        self.lock_it()
        pop.send(b"QUIT\r\n")
        eventually(lambda: self.has_queued(vmail), "a QUIT that waits")
        pop.process.signal()
        os.unlink(self.lock)
        said, log = pop.rest(), self.ended(pop)
        removed = contents(vmail, self.joe) != TWO
        self.assertEqual(contents(vmail, self.joe), TWO[len(TWO) // 2:] if removed else TWO)
        self.assertEqual(b"shutdown." in said, removed, said)
        self.assertIn(f" deleted={int(removed)} ", log)


if __name__ == "__main__":
    main(beside=2)
