#!/usr/bin/python3
"""A delivery that is answered, struck at its system calls: the short form of tests/fault/run."""
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/fault")
from answer_faults import *


@unittest.skipUnless(build(), "needs a compiler, and x86_64")
class Strikes(BoxTest):
    def sweep(self, kind, how, calls, step=1, place="files"):
        world = AnswerWorld(self.installation(), kind, place).sweep(how, calls, step)
        self.assertGreater(world.runs * APART, 10)
        self.assertEqual(world.wrong, [])

    def test_killed_at_calls_nobody_is_answered_twice_and_the_mail_is_safe(self):
        self.sweep("mbox", "kill", "all", 17)

    def test_killed_at_calls_that_write_nobody_is_answered_twice_and_the_mail_is_safe(self):
        self.sweep("maildir", "kill", WRITERS, 3, "home")

    def test_errors_of_calls_that_write_lose_no_mail(self):
        self.sweep("mbox", each_error, WRITERS, 3)


if __name__ == "__main__":
    main()
