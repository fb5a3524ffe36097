#!/usr/bin/python3
"""Accounts, full names and aliases with an index beside each file: nothing is different.

VMAIL_INDEX=1 has all of resolve_*_test.py so, which "make fault" does.
"""
import os

os.environ["VMAIL_INDEX"] = "1"
from resolving import *

if not PART:                                # else index_test.py has to do
    from resolve_aliases_test import Entry, Name
    from resolve_domain_test import Accounts
    from resolve_fallback_test import FullName
    from resolve_include_test import ExtraFiles
    from resolve_order_test import Order

if __name__ == "__main__":
    main()
