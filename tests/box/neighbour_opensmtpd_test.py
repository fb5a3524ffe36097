#!/usr/bin/python3
"""neighbour_opensmtpd_test.py: mail by SMTP, through the real OpenSMTPD, into our mailboxes."""
from mtas import *

INBOX = "/home/carl/Maildir"                # Debian's smtpd.conf delivers there


class Opensmtpd(MtaTest):
    packages = ("opensmtpd",)
    files = (("/var/spool/smtpd/queue", "[0-9a-f]{16}"), ("/var/spool/smtpd/offline", ".*"))
    log_deferred = r"smtpd.* deliver.*joe@example\.com.*result=\"?TempFail"
    piece = ""

    @classmethod
    def connect(cls):
        super().connect()
        sh(f"sed -i -e '/^listen on localhost/r {TEMPLATES}/{cls.piece}' -e '/^listen on localhost/d' "
           "/etc/smtpd.conf")
        put("/etc/vmail-domains", "example.com\nexample.org\nexample.net\n")

    @classmethod
    def start(cls):
        sh("systemctl start opensmtpd")

    @classmethod
    def tearDownClass(cls):
        sh("systemctl stop opensmtpd")

    def setUp(self):
        super().setUp()
        sh(f"rm -rf {INBOX}")

    def returned(self):
        new = f"{INBOX}/new"
        return sh(f"cat {new}/*") if os.path.isdir(new) else ""

    def try_again(self):
        sh("smtpctl schedule all")


@only_where(not is_sanitized())
class Lmtp(Rows, Opensmtpd):
    way = "OpenSMTPD, LMTP"
    piece = "opensmtpd/smtpd.conf-lmtp"
    pieces = {"opensmtpd/filter": "/usr/local/libexec/vmail-filter",
              "opensmtpd/vlmtpd.socket": "/etc/systemd/system/vlmtpd.socket.d/opensmtpd.conf",
              "opensmtpd/vlmtpd-map.socket": "/etc/systemd/system/vlmtpd-map.socket.d/opensmtpd.conf"}


@only_where(not is_sanitized())
class Mda(Rows, Opensmtpd):
    way = "OpenSMTPD, mda"
    piece = "opensmtpd/smtpd.conf-mda"
    owner = "owner=vmail:vmail"


if __name__ == "__main__":
    main()
