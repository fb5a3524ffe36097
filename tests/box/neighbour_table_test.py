#!/usr/bin/python3
"""neighbour_table_test.py: docs/mtas.md has a cell for each row of mtas.py and each way, and no others."""
import glob

from mtas import *


@once("it compares a page with a table")
class Table(BoxTest):
    def setUp(self):
        self.page = Page()

    def test_its_rows_are_those_that_are_tried(self):
        tried = [test.feature for test in vars(Rows).values() if hasattr(test, "feature")]
        self.assertEqual(list(self.page.features), tried)

    def test_its_columns_are_the_ways_that_are_tried(self):
        tried = []
        for path in glob.glob(f"{TREE}/tests/box/neighbour_*_test.py"):
            with open(path) as f:
                tried += re.findall(r'^    way = "(.+)"$', f.read(), re.M)
        self.assertEqual(sorted(self.page.ways), sorted(tried))

    def test_each_cell_says_what_was_seen(self):
        for feature in list(self.page.features):
            for way in self.page.ways:
                self.assertRegex(self.page.cell(feature, way), "^(yes|no: [A-Z]+|at RCPT|returned|one owner)$")


if __name__ == "__main__":
    main()
