#!/usr/bin/python3
"""Memory stays small and time grows with the length alone, whatever is sent or written into a file.

VMAIL_MEGABYTES=N: the longest message has so many; headers and alias files grow with it, and
processor times must lie on a line.
"""
import math
import statistics
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/fault")
from faults import *

SHORT = 64
MEGABYTES = int(os.environ.get("VMAIL_MEGABYTES", SHORT))
SIZES = [MEGABYTES // n for n in (16, 8, 4, 2, 1)]
FIELDS = 1_000_000 * MEGABYTES // 1024      # of a header
LINES = 1_000_000 * MEGABYTES // 1024       # of an alias file
NAMES = 500_000                             # of a file without an index; half a million are remembered
MEMBERS = 60_000                            # of one alias: an entry may have a megabyte
KB = 4096                                   # a delivery's memory
ALIAS_KB = 32 * 1024                        # with a large alias file
CLOSE = 0.99 if MEGABYTES > SHORT else 0.9  # r squared
TRIES = 3                                   # the least of so many times counts: others use the machine, too

RECORDS = {                                 # what the bulk of a message is made of
    "short lines": "From 0123456789",
    "a line without end": None,
    "lines of a thousand bytes": "x" * 999,
}


def stays_small(self, bulk):
    """For both kinds of inbox, in vdeliver and vlmtpd."""
    for to in ("joe@a.test", "ann@b.test"):
        times = [math.inf] * len(SIZES)
        for _ in range(TRIES):
            times = [min(least, self.once(to, bulk, size)) for least, size in zip(times, SIZES)]
            if statistics.correlation(SIZES, times) ** 2 > CLOSE:
                break
        self.lie_on_a_line(SIZES, times)


@unittest.skipUnless(build("measure"), "needs a compiler")
@rows(stays_small, [(bulk, bulk) for bulk in RECORDS])
@once("memory and time are its figures: a sanitizer has its own")
class Bounded(Delivery):
    settings = {"max-message-size": "0"}

    def setUp(self):
        super().setUp()
        if ROOT:
            tmpfs(self.vmail.spool, "3g")
            self.addCleanup(subprocess.run, ["umount", "--lazy", self.vmail.spool], check=True)
        elif MEGABYTES > SHORT:             # where /tmp is in memory it may be too small
            self.vmail.spool = tempfile.mkdtemp(prefix="vmail-", dir="/var/tmp")
            self.addCleanup(shutil.rmtree, self.vmail.spool)
            os.chmod(self.vmail.spool, 0o755)
            self.vmail.set(spool=self.vmail.spool)

    def once(self, to, bulk, size):
        """Processor seconds of a delivery of so many megabytes."""
        used = self.vdeliver(to, self.message(bulk, size))
        self.assertEqual(used.got.status, 0, used)
        self.is_within(used, KB)
        self.assertGreaterEqual(self.size_of(to), size << 20)
        self.empty()
        return used.cpu

    # what comes: a process that writes it

    def feed(self, script):
        return subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE)

    def message(self, bulk, size):
        record = RECORDS[bulk]
        body = f"yes '{record}'" if record else "tr '\\0' y </dev/zero"
        return self.feed(f"printf 'Subject: x\\n\\n'; {body} 2>/dev/null | head -c {size}M; echo")

    def vdeliver(self, to, feeder):
        with feeder:
            return Used(program("vdeliver"), "-C", self.vmail.dir, "-f", "sender@far.test", to,
                        input=feeder.stdout, seconds=600)

    # what must hold

    def is_within(self, used, memory):
        if not is_sanitized():
            self.assertLess(used.memory, memory, used)

    def lie_on_a_line(self, sizes, times):
        if not is_sanitized():
            r = statistics.correlation(sizes, times)
            self.assertGreater(r * r, CLOSE, (sizes, times))
        print(f"# {sizes}: {' '.join(f'{t:.2f}' for t in times)} s", flush=True)

    def size_of(self, to):
        path = self.vmail.inbox(to)
        if not os.path.isdir(path):
            return os.path.getsize(path)
        return sum(os.path.getsize(os.path.join(path, "new", n)) for n in os.listdir(os.path.join(path, "new")))

    def empty(self):
        for name in os.listdir(self.vmail.spool):
            shutil.rmtree(os.path.join(self.vmail.spool, name))

    def test_a_long_message_over_lmtp(self):
        for to in ("joe@a.test", "ann@b.test"):
            session = (SESSION % to.encode()).decode().split("Subject:")[0].replace("\r\n", "\\r\\n")
            feeder = self.feed(f"printf '{session}S: x\\r\\n\\r\\n'; yes '..From 0123456789\r' | head -c "
                               f"{18 * (MEGABYTES << 20) // 18}; printf '\\r\\n.\\r\\nQUIT\\r\\n'")
            with feeder:
                used = Used(program("vlmtpd"), "-C", self.vmail.dir, input=feeder.stdout, seconds=600)
            self.assertIn(DONE.encode(), used.got.stdout, used)
            self.is_within(used, KB)
            self.empty()

    def header(self, count, size):
        """So many fields, together so many bytes; then a body."""
        field = "X-Field: " + "y" * (size // count - 10)
        return self.feed(f"yes '{field}' 2>/dev/null | head -n {count}; printf '\\nbody\\n'")

    def test_a_header_of_very_many_fields(self):
        counts = [FIELDS // n for n in (8, 4, 2, 1)]
        times = []
        for count in counts:
            used = self.vdeliver("joe@a.test", self.header(count, 12 * count))
            self.assertEqual(used.got.status, 0, used)
            self.is_within(used, KB)
            times.append(used.cpu)
        self.assertLess(times[-1], 20 * max(times[0], 0.005), times)

    def test_a_header_of_a_hundred_megabytes_and_one_field_as_long(self):
        size = (100 << 20) * MEGABYTES // 1024
        for count in (1000, 1):
            feeder = self.header(count, size) if count > 1 else self.feed(
                f"printf 'X-Field: '; tr '\\0' y </dev/zero | head -c {size}; printf '\\n\\nbody\\n'")
            used = self.vdeliver("ann@b.test", feeder)
            self.assertEqual(used.got.status, 0, used)
            self.is_within(used, KB)

    def test_an_alias_file_of_very_many_lines(self):
        counts, times = [LINES // n for n in (8, 4, 2, 1)], []
        for count in counts:
            self.vmail.write("aliases.a.test", "".join(f"alias{n}: x{n}@far.test, joe\n" for n in range(count)) +
                             "last: joe\n")
            used = self.vdeliver("last@a.test", self.message("short lines", 1))
            self.assertEqual(used.got.status, 0, used)
            self.is_within(used, ALIAS_KB)
            times.append(used.cpu)
        self.assertLess(times[-1], 20 * max(times[0], 0.005), times)

    def test_a_list_among_very_many_names_that_have_no_index(self):
        lines = "".join(f"u{n}:x:{FIRST_UID}:{GID}:Full Name:/nowhere:\n" for n in range(NAMES))
        self.vmail.write("passwd.a.test", lines + self.vmail.read("passwd.a.test").decode())
        self.vmail.write("aliases.a.test", "".join(f"alias{n}: joe\n" for n in range(NAMES)) +
                         f"all: joe, {', '.join(f'alias{n}' for n in range(20))}\n")
        used = self.vdeliver("all@a.test", self.message("short lines", 1))
        self.assertEqual(used.got.status, 0, used)
        self.is_within(used, ALIAS_KB)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)

    def test_an_alias_of_very_many_members(self):
        self.vmail.set(max_recipients="2000000")
        self.vmail.write("aliases.a.test", "all: " + ",\n  ".join(["joe"] * MEMBERS) + "\n")
        used = self.vdeliver("all@a.test", self.message("short lines", 1))
        self.assertEqual(used.got.status, 0, used)
        self.is_within(used, ALIAS_KB)
        self.assertEqual(len(self.vmail.messages("joe@a.test")), 1)


if __name__ == "__main__":
    main()
