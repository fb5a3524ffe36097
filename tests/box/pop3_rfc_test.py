#!/usr/bin/python3
"""pop3_rfc_test.py: what the RFCs ask of a POP3 server that no single conversation shows: which test does.

Conversations are in pop3_scripts.py, by the RFC's number and section.
"""
from pop3 import *

SHOWN = [
    ("RFC 1939, 3: a silent client is ended, and deletes nothing", "command", "a_silent_client_is_ended_and_deletes_nothing"),
    ("RFC 1939, 3: ten minutes is the least", "rfc", "an_idle_session_lasts_ten_minutes_unless_it_is_set"),
    ("RFC 1939, 3: what is said resets the clock", "rfc", "a_command_in_time_keeps_a_session"),
    ("RFC 1939, 4: one session has the mailbox", "mailbox", "a_second_session_is_refused_while_one_is_open"),
    ("RFC 1939, 4: what cannot be opened is not left locked", "mailbox",
     "a_mailbox_that_could_not_be_read_is_locked_by_nobody"),
    ("RFC 1939, 4: the messages are those at login", "mailbox", "mail_that_comes_meanwhile_is_not_shown_and_not_lost"),
    ("RFC 1939, 5: a message comes as it was, dots stuffed", "mailbox", "an_mbox_gives_what_was_delivered"),
    ("RFC 1939, 6: QUIT removes what is marked and nothing else", "mailbox",
     "every_set_of_deletions_leaves_the_others_as_they_were"),
    ("RFC 1939, 6: QUIT says when something was not removed", "mailbox",
     "an_mbox_that_was_rewritten_gives_no_wrong_byte"),
    ("RFC 1939, 6: every other end removes nothing", "cut",
     "a_connection_that_is_closed_after_any_byte"),
    ("RFC 1939, 6: the lock is gone with the session", "cut",
     "any_process_that_is_killed"),
    ("RFC 1939, 6: a crash leaves all deletions or none", "fault",
     "killed_at_any_call_of_the_update_all_marked_messages_of_an_mbox_are_there_or_none"),
    ("RFC 1939, 7: TOP of every kind of message", "mailbox", "top_gives_headers_and_lines_of_any_message"),
    ("RFC 1939, 7: unique ids persist", "mailbox", "they_are_unique_printable_and_stay"),
    ("RFC 1939, 7: unique ids are not used again", "mailbox", "random_histories_never_change_or_reuse_one"),
    ("RFC 1939, 7: unique ids of twins", "mailbox", "twins_keep_theirs_over_our_own_deletions_and_none_is_used_again"),
    ("RFC 1939, 7: APOP is not offered", "rfc", "no_greeting_offers_apop"),
    ("RFC 1939, 8: the retention policy is told", "rfc", "the_manual_tells_what_expire_and_idle_time_are"),
    ("RFC 1939, 13: a wrong login says nothing more", "login", "who_is_wrong_and_why_is_not_told"),
    ("RFC 2449, 6.3: SASL is not listed where a password needs TLS", "auth",
     "it_is_not_offered_where_a_password_needs_tls"),
    ("RFC 2449, 6.5: LOGIN-DELAY is announced", "throttle", "capa_says_how_long_it_is"),
    ("RFC 2449, 6.5: LOGIN-DELAY is enforced", "throttle",
     "a_second_login_is_too_soon_and_a_wrong_password_is_not_told_so"),
    ("RFC 2449, 6.6: replies that nobody reads block nothing for ever", "unread",
     "a_thousand_commands_at_once_and_ten_megabytes_that_are_read_later"),
    ("RFC 2449, 6.6: and end with the time-out", "unread",
     "who_stops_reading_a_large_message_is_ended_and_the_mailbox_is_whole_and_free"),
    ("RFC 2449, 8.1.2: IN-USE", "mailbox", "a_second_session_is_refused_while_one_is_open"),
    ("RFC 2595, 4: CAPA once more under TLS", "tls", "capa_before_and_after"),
    ("RFC 2595, 4: what fails leaves no way in plain text", "tls",
     "files_that_cannot_be_used_are_named_with_their_setting"),
    ("RFC 2595, 2.4: a server name has its certificate", "tls",
     "the_server_name_chooses_then_the_address_then_the_installation"),
    ("RFC 2595, 5: what comes behind STLS ends it", "tls", "what_came_behind_stls_is_logged_and_not_answered"),
    ("RFC 2595, 5: nothing is injected", "tls",
     "whatever_the_fragmentation_nothing_that_was_injected_is_executed"),
    ("RFC 8314, 3: TLS from the first byte", "tls", "a_session_under_tls_from_the_first_byte"),
    ("RFC 8314, 4.1: TLS 1.2 at least", "tls", "old_versions_are_refused_and_told_so"),
    ("RFC 8314, 4.1: passwords in plain text can be refused", "tls",
     "yes_takes_no_password_in_plain_text_and_hides_user"),
    ("RFC 5034, 4: who does not answer is ended", "auth", "a_client_that_does_not_answer_is_ended"),
    ("RFC 4616, 2: an authorization identity", "auth", "all_may_read_and_delete"),
    ("RFC 4616, 2: and one that is not granted", "auth", "who_is_not_named_may_nothing_and_learns_nothing"),
    ("RFC 6856, 2: messages are the same with UTF8 and without", "command",
     "utf8_is_taken_before_login_and_changes_nothing"),
    ("RFC 6856, 2.1: UTF8 without USER: names are bytes", "command", "names_and_passwords_in_utf8_are_their_bytes"),
]


class Shown(BoxTest):
    """Each by a test that there is."""


def is_there(name, word, test_name):
    def test(self):
        with open(os.path.join(os.path.dirname(os.path.realpath(__file__)), f"pop3_{word}_test.py")) as f:
            self.assertIn(f"    def test_{test_name}(self", f.read())
    test.__doc__ = name
    return test


for number, row in enumerate(SHOWN):
    setattr(Shown, f"test_{number:02}", is_there(*row))


class Here(Pop3Test):
    def test_an_idle_session_lasts_ten_minutes_unless_it_is_set(self):
        got = run("vadmin", "settings", "--sample", "vmail.conf")
        self.assertIn(b"#idle-timeout = 10m\n", got.stdout)

    def test_a_command_in_time_keeps_a_session(self):
        vmail = self.box(mbox=mbox(b"a: b\n\nc\n"), settings={"idle-timeout": "5s"})
        pop = self.session(vmail)
        end = time.monotonic() + 7
        while time.monotonic() < end:
            self.assertEqual(pop.ask("NOOP"), "+OK")
            self.assertEqual(select.select([pop.socket], [], [], 0.5)[0], [])      # not ended
        self.assertEqual(pop.ask("STAT"), "+OK 1 11")
        self.quit(pop)

    def test_no_greeting_offers_apop(self):
        pop = self.box().pop3()
        self.assertNotRegex(pop.line(), r"<.*>")
        self.assertNotIn(b"APOP", pop.many("CAPA")[1])

    def test_the_manual_tells_what_expire_and_idle_time_are(self):
        with open(os.path.join(TREE, "docs", "vpop3d.8")) as f:
            text = f.read()
        self.assertIn("EXPIRE NEVER", text)
        self.assertIn("idle-timeout", text)


if __name__ == "__main__":
    main(beside=6)
