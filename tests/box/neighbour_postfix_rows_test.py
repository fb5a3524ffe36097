#!/usr/bin/python3
"""neighbour_postfix_rows_test.py: Postfix in the table of all mail servers; what it alone has is in
neighbour_postfix_test.py."""
from mtas import *


class Postfix(MtaTest):
    packages = ("postfix",)
    files = tuple((f"/var/spool/postfix/{name}", "[0-9A-Za-z]{6,}") for name in
                  ("maildrop", "incoming", "active", "deferred"))
    log_deferred = r"to=<joe@example\.com>.*status=deferred"

    @classmethod
    def start(cls):
        sh("systemctl start postfix")

    @classmethod
    def tearDownClass(cls):
        sh("systemctl stop postfix")

    def try_again(self):
        sh("postqueue -f")


class Lmtp(Rows, Postfix):
    way = "Postfix, LMTP"

    @classmethod
    def connect(cls):
        sh(f"cat {TEMPLATES}/postfix/main.cf-lmtp >> /etc/postfix/main.cf")
        super().connect()


@only_where(not is_sanitized())
class Pipe(Rows, Postfix):
    way = "Postfix, pipe"
    owner = "owner=vmail:vmail"

    @classmethod
    def connect(cls):
        super().connect()
        put("/etc/postfix/vmail-domains", "example.com\nexample.org\nexample.net\n")
        sh(f"cat {TEMPLATES}/postfix/main.cf-pipe >> /etc/postfix/main.cf; "
           f"cat {TEMPLATES}/postfix/master.cf-pipe >> /etc/postfix/master.cf")


if __name__ == "__main__":
    main()
