#!/usr/bin/python3
"""neighbour_sendmail_test.py: mail by SMTP, through the real sendmail with Debian's sendmail.mc, into our mailboxes."""
from mtas import *


class Sendmail(MtaTest):
    packages = ("sendmail",)
    # What a delivery hands to the command sendmail goes from one queue to the other and back.
    files = tuple((f"/var/spool/{name}", "[dqtx]f.*") for name in ("mqueue", "mqueue-client", "mqueue"))
    log_deferred = r"sm-mta.*to=<joe@example\.com>.* stat=Deferred"
    piece = ""

    @classmethod
    def connect(cls):
        super().connect()
        mc = sh("cat /etc/mail/sendmail.mc").replace(", Addr=127.0.0.1", "")
        # Whatever else the machine has to do, nothing waits for that.
        limits = "".join(f"define(`conf{limit}_LA', `1000')dnl\n" for limit in ("QUEUE", "REFUSE"))
        put("/etc/mail/sendmail.mc",
            mc.replace("MAILER_DEFINITIONS\n", f"{limits}include(`{TEMPLATES}/{cls.piece}')dnl\nMAILER_DEFINITIONS\n"))
        # Debian makes strangers wait for the greeting, and counts their connections; a sender's domain must be there.
        put("/etc/mail/access", "".join(f"{limit}:{CLIENT}\t0\n" for limit in ("GreetPause", "ClientRate", "ClientConn"))
            + sh("cat /etc/mail/access"))
        sh("makemap hash /etc/mail/access < /etc/mail/access; m4 /etc/mail/sendmail.mc > /etc/mail/sendmail.cf; "
           r"sed -i -E 's/^#O (Queue|Refuse)LA=.*/O \1LA=1000/' /etc/mail/submit.cf; "
           f"for name in far.test example.com; do echo {CLIENT} $name; done >> /etc/hosts")

    @classmethod
    def start(cls):
        sh("systemctl start sendmail")

    @classmethod
    def tearDownClass(cls):
        sh("systemctl stop sendmail")

    def try_again(self):
        sh("sendmail -q")


@only_where(not is_sanitized())
class Lmtp(Rows, Sendmail):
    way = "sendmail, LMTP"
    piece = "sendmail/mc-lmtp"
    pieces = {"sendmail/vlmtpd.socket": "/etc/systemd/system/vlmtpd.socket.d/sendmail.conf",
              "sendmail/vlmtpd-map.socket": "/etc/systemd/system/vlmtpd-map.socket.d/sendmail.conf"}


@only_where(not is_sanitized())
class Prog(Rows, Sendmail):
    way = "sendmail, prog"
    piece = "sendmail/mc-prog"

    @classmethod
    def connect(cls):
        super().connect()
        put("/etc/mail/mailertable", "".join(f"{name}\tvmail:{name}\n" for name in
                                             ("example.com", "example.org", "example.net")))
        sh("makemap hash /etc/mail/mailertable < /etc/mail/mailertable")


if __name__ == "__main__":
    main()
