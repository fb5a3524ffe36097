#!/usr/bin/python3
"""pop3_secret_test.py: under STLS and --tls the tests of the other files hold as in plain text."""
import pop3_auth_test as auth
import pop3_command_test as command
import pop3_login_test as login
import pop3_mailbox_test as mailbox
from pop3 import *

# What is about plain text, or about the processes or log lines of plain text; and what takes
# long and is the same in the end: passwords are the parent's business.
PLAIN_ALONE = {"test_require_tls_takes_no_password_without_it", "test_one_line_tells_a_session",
               "test_nothing_is_logged_into_the_clients_connection",
               "test_wherever_a_deletion_is_killed_all_of_it_stands_or_none"}
LEFT_OUT = {"Password", "Failure", "Another", "Rehash"}
# What takes long, and once under TLS is enough: after the handshake all is the same.
ONCE = {"test_random_histories_never_change_or_reuse_one",
        "test_every_set_of_deletions_leaves_the_others_as_they_were",
        "test_however_the_last_message_ends_mail_that_comes_behind_it_does_not_change_it",
        "test_from_lines_at_every_edge_of_a_buffer", "test_every_twin_keeps_its_own_however_many_there_are",
        "test_what_is_delivered_is_fetched_or_there_and_nothing_twice",
        "test_a_connection_cut_after_any_byte_removes_nothing_before_quit"}


def under(how, word, *modules, without=()):
    """The classes of the other files once more."""
    for module in modules:
        for name, cls in vars(module).items():
            if name in LEFT_OUT or getattr(cls, "__module__", "") != module.__name__:
                continue
            if isinstance(cls, type) and issubclass(cls, Pop3Test):
                made = type(f"{name}Under{word}", (how, cls), {**dict.fromkeys([*PLAIN_ALONE, *without]), "HISTORIES": 1})
                yield made.__name__, made


# Behind the first part of tests/check mailboxes are opened in plain text alone, where other files do it.
globals().update(under(UnderTls, "Tls", auth, command, login, *([] if PART else [mailbox])))
globals().update(under(UnderStls, "Stls", auth, command, *([] if PART else [mailbox]), without=ONCE))


if __name__ == "__main__":
    main(beside=8)
