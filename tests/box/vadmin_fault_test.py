#!/usr/bin/python3
"""vadmin struck at its system calls while it restores or repairs: the short form of tests/fault/run."""
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/fault")
from keeping_faults import *

CHANGES = WRITERS + ",unlinkat,symlinkat,fchmod,fchown,utimensat,syncfs,ftruncate,clone,clone3,fork"


@once("its steps are the same, whoever runs it")
@unittest.skipUnless(build(), "needs a compiler, and x86_64")
class Strikes(BoxTest):
    """The first call to be struck, and how many are left out, differ: together they meet most."""
    def sweep(self, what, how, calls, step, first=1):
        world = keep_worlds()[what]()
        self.addCleanup(world.close)
        world.sweep(how, calls, step, first)
        self.assertGreater(world.runs, 3)
        self.assertEqual(world.wrong, [])

    def test_a_restore_that_was_killed_at_any_call_ends_right_when_it_is_repeated(self):
        self.sweep("restore of all", "kill", CHANGES, 23)
        self.sweep("restore of a domain", "kill", CHANGES, 23, 7)
        self.sweep("restore of an account", "kill", CHANGES, 17, 11)

    def test_a_restore_that_meets_an_error_is_temporary_and_ends_right_when_it_is_repeated(self):
        for first, what in enumerate(("restore of all", "restore of a domain", "restore of an account"), 2):
            self.sweep(what, lambda nth: FAILURES[int(nth) % 2], "all", 131, 5 * first)

    def test_a_repair_that_was_killed_at_any_call_loses_nothing_and_ends_right_when_it_is_repeated(self):
        self.sweep("fsck --repair", "kill", CHANGES, 17, 3)

    def test_a_repair_that_meets_an_error_tells_it_loses_nothing_and_ends_right_when_it_is_repeated(self):
        self.sweep("fsck --repair", lambda nth: FAILURES[int(nth) % 2], "all", 97, 9)


if __name__ == "__main__":
    main(beside=2)
