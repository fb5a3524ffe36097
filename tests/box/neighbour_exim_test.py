#!/usr/bin/python3
"""neighbour_exim_test.py: mail by SMTP, through the real Exim with Debian's configuration, into our mailboxes."""
from mtas import *


class Exim(MtaTest):
    packages = ("exim4",)
    files = (("/var/spool/exim4/input", ".*-[HDJ]"),)
    log_deferred = r"^.* exim.* == joe@example\.com .*defer"

    @classmethod
    def start(cls):
        # Debian's default is a file of its own.
        put("/etc/exim4/conf.d/main/99_log", "log_file_path = syslog\nsyslog_duplication = false\n")
        sh("systemctl start exim4")

    @classmethod
    def tearDownClass(cls):
        sh("systemctl stop exim4")

    def try_again(self):
        sh("exim4 -qff")


class Lmtp(Rows, Exim):
    way = "Exim, LMTP"
    pieces = {"exim/main-lmtp": "/etc/exim4/conf.d/main/00_vmail",
              "exim/router-lmtp": "/etc/exim4/conf.d/router/150_vmail",
              "exim/transport-lmtp": "/etc/exim4/conf.d/transport/30_vmail",
              "exim/acl": "/etc/exim4/vmail-acl",
              "exim/vlmtpd.socket": "/etc/systemd/system/vlmtpd.socket.d/exim.conf",
              "exim/vlmtpd-map.socket": "/etc/systemd/system/vlmtpd-map.socket.d/exim.conf"}


class Pipe(Rows, Exim):
    way = "Exim, pipe"
    owner = "owner=vmail:vmail"
    pieces = {"exim/main-pipe": "/etc/exim4/conf.d/main/00_vmail",
              "exim/router-pipe": "/etc/exim4/conf.d/router/150_vmail",
              "exim/transport-pipe": "/etc/exim4/conf.d/transport/30_vmail"}


if __name__ == "__main__":
    main()
