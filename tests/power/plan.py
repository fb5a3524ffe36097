"""plan.py: what is done to a mailbox, step by step; the same before a power cut and after it.

A round is what lies between two power cuts.  It has lanes, each of which takes its steps one
after another: it delivers a message, or deletes some by a POP3 session.  All of it follows from
the round's number and a seed, so that who knows how many steps of a lane were acknowledged knows
what must be there, and what may be.
"""
import hashlib
import itertools
import random
import re

SYSTEMS = ("ext4", "xfs", "btrfs")
LENGTHS = (0, 100, 3000, 4000, 9000, 66000, 300000)
KEPT = 7                                    # a session deletes when so many are there
STORED = re.compile(rb"^Subject: (\d+\.\d+\.\d+) ([0-9a-f]{64})\n\n(.*)\Z", re.M | re.S)


class Round:
    def __init__(self, seed, number, deletes):
        self.seed, self.number, self.deletes = seed, number, deletes
        self.lanes = 1 if deletes else 1 + number % 3
        self.fresh = number % 2 == 0        # the first delivery makes spool/D
        self.first = [self.name(0, n) for n in range(KEPT)] if deletes else []

    def random(self, *what):
        return random.Random(repr((self.seed, self.number, *what)))

    def name(self, lane, number):
        return f"{self.number}.{lane}.{number}"

    def message(self, name):
        """It tells its name, and whether it is whole."""
        chance = self.random(name)
        length, body = chance.choice(LENGTHS), []
        while sum(map(len, body)) < length:
            body.append(chance.choice((b"", b"From ", b".")) + b"%x\n" % chance.getrandbits(280))
        body = b"".join(body)
        return f"Subject: {name} {hashlib.sha256(body).hexdigest()}\n\n".encode() + body

    def steps(self, lane):
        """("deliver", NAME) or ("delete", [NAME...]), without end."""
        there, names = list(self.first), itertools.count(len(self.first))
        for number in itertools.count():
            if self.deletes and len(there) >= KEPT:
                marked = sorted(self.random(number).sample(there, self.random(number).randint(1, KEPT - 1)))
                there = [name for name in there if name not in marked]
                yield "delete", marked
            else:
                there.append(self.name(lane, next(names)))
                yield "deliver", there[-1]

    def there(self, lane, count):
        """The names that are in the mailbox after so many steps of the lane."""
        names = set(self.first)
        for what, which in itertools.islice(self.steps(lane), count):
            names = names | {which} if what == "deliver" else names - set(which)
        return names


def name_of(stored):
    """The name of a message from a mailbox; None: it is not one that was delivered whole."""
    found = STORED.search(stored)
    if found and hashlib.sha256(found[3]).hexdigest() == found[2].decode():
        return found[1].decode()
    return None


def violations(plan, acknowledged, found, is_atomic, retried=False):
    """What is wrong with the names that were found, for the numbers of acknowledged steps of each lane.

    The step behind them may have been taken, in part where it is not atomic.  Retried: it was
    taken once more, if it was a delivery, and may have left its message twice.
    """
    wrong = [f"partial: {count}" for count in [found.count(None)] if count]
    every = set()
    for lane, count in enumerate(acknowledged):
        before, after = plan.there(lane, count), plan.there(lane, count + 1)
        mine = {name for name in found if name and name.split(".")[:2] == [str(plan.number), str(lane)]}
        must = before & after if not (retried and after > before) else after
        wrong += [f"lost: {name}" for name in sorted(must - mine)]
        wrong += [f"there, and must not be: {name}" for name in sorted(mine - before - after)]
        if is_atomic and not wrong and mine not in (before, after):
            wrong.append(f"some deletions of one session alone: {sorted(before - mine)} of {sorted(before - after)}")
        twice = {name for name in mine if found.count(name) > (2 if retried and name in after - before else 1)}
        wrong += [f"more than once: {name}" for name in sorted(twice)]
        every |= mine
    wrong += [f"never delivered: {name}" for name in sorted(set(filter(None, found)) - every)]
    return wrong
