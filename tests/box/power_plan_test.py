#!/usr/bin/python3
"""What tests/power finds wrong after a power cut, and what not."""
import sys

sys.path.insert(1, __file__.rsplit("/", 2)[0] + "/power")
from delivery import *
from plan import *

MAIL = Round("a seed", 0, deletes=False)            # one lane of deliveries: 0.0.0, 0.0.1 ...
DELETIONS = Round("a seed", 0, deletes=True)        # its first step deletes some of KEPT
MARKED = next(DELETIONS.steps(0))[1]
LEFT = [name for name in DELETIONS.first if name not in MARKED]
TWO = ["0.0.0", "0.0.1"]


def told(case, expected, plan, acknowledged, found, is_atomic=True, retried=False):
    got = [text.split(":")[0] for text in violations(plan, [acknowledged], found, is_atomic, retried)]
    case.assertEqual(got, expected)


@rows(told, [
    ("what was acknowledged is there", [], MAIL, 2, TWO),
    ("so is, perhaps, what was under way", [], MAIL, 1, TWO),
    ("what was under way was tried again and is there twice", [], MAIL, 1, [*TWO, "0.0.1"], True, True),
    ("an acknowledged message is not there", ["lost"], MAIL, 2, TWO[:1]),
    ("a message that was tried again is not there", ["lost"], MAIL, 1, TWO[:1], True, True),
    ("half a message is there", ["partial"], MAIL, 1, [*TWO, None]),
    ("an acknowledged message is there twice", ["more than once"], MAIL, 2, [*TWO, "0.0.1"]),
    ("a message that was tried again is there three times", ["more than once"], MAIL, 1, TWO + TWO[1:] * 2, True,
     True),
    ("a message of another round is there", ["never delivered"], MAIL, 2, [*TWO, "1.0.0"]),
    ("a message is there that nobody can have begun", ["there, and must not be"], MAIL, 1, [*TWO, "0.0.2"]),
    ("none of the deletions that were under way", [], DELETIONS, 0, DELETIONS.first),
    ("all of the deletions that were under way", [], DELETIONS, 0, LEFT),
    ("some of the deletions that were under way, in a Maildir", [], DELETIONS, 0, LEFT + MARKED[:1], False),
    ("an unmarked message is gone", ["lost"], DELETIONS, 0, LEFT[1:] + MARKED),
    ("an acknowledged deletion is undone", ["there, and must not be"], DELETIONS, 1, LEFT + MARKED[:1], False),
])
@once("it is the judge that is tried")
class Judged(BoxTest):
    def test_some_deletions_of_an_mbox_alone_are_none(self):
        plan = next(plan for plan in (Round("a seed", number, True) for number in range(9))
                    if len(next(plan.steps(0))[1]) > 1)
        found = [name for name in plan.first if name != next(plan.steps(0))[1][0]]
        told(self, ["some deletions of one session alone"], plan, 0, found)

    def test_a_message_tells_its_name_and_whether_it_is_whole(self):
        whole = b"Return-Path: <x@far.test>\nDelivered-To: joe@a.test\n" + MAIL.message("0.0.7")
        self.assertEqual(name_of(whole), "0.0.7")
        self.assertIsNone(name_of(whole[:-1] + b"x"))
        self.assertIsNone(name_of(whole[:60]))

    def test_the_same_round_is_the_same_after_a_power_cut(self):
        for deletes in (False, True):
            steps = [list(itertools.islice(Round("s", 3, deletes).steps(0), 40)) for _ in range(2)]
            self.assertEqual(*steps)


if __name__ == "__main__":
    main()
