#!/usr/bin/python3
"""The benchmark runs, loses nothing, and writes its table.  Its figures are not judged."""
from harness import *

BENCH = os.path.join(TREE, "bench", "run")
BUILD = os.path.dirname(BIN)


class Bench(BoxTest):
    def test_a_short_run_measures_every_row(self):
        with tempfile.TemporaryDirectory(dir=SCRATCH) as place:
            table = os.path.join(place, "table")
            got = run(BENCH, "--short", "-o", table, BUILD, seconds=240)
            self.assertEqual(got.status, 0, got)
            self.assertIn(b"Messages lost: 0.", got.stdout)
            with open(table) as f:
                rows = [line.rstrip("\n").split("\t") for line in f]
        self.assertEqual({len(row) for row in rows}, {5}, got)
        self.assertEqual([row[0].split(",")[0] for row in rows],
                         ["what", "Maildir", "Maildir", "mbox", "mbox", "mbox", "mbox",
                          "system calls", "system calls", "libraries"])
        self.assertEqual([name for name in os.listdir(os.path.join(BUILD, "bench"))
                          if name.startswith("work-")], [])


if __name__ == "__main__":
    main()
