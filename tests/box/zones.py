"""zones.py: name servers for tests: a real BIND, and one that says whatever it likes.

    from zones import *             # with harness and pop3

    server = Named('a.test. MX 10 mailhost.a.test.\\n'
                   'mailhost.a.test. A 127.9.9.9\\n')
    server.where                    "127.0.0.1:PORT", for --resolver
    server.stop()

All records, of reverse names, too, are in one zone, the root: what is in it is all that
exists.  Server is the other one: a function from a query to what is sent back.
"""
import contextlib
import glob
import random
import struct
import threading

from pop3 import *

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, TLSA = 1, 2, 5, 6, 12, 15, 16, 28, 52
NXDOMAIN, SERVFAIL, REFUSED = 3, 2, 5

NAMED_CONF = """options {{
    directory "{at}"; pid-file "{at}/pid"; session-keyfile "{at}/key"; managed-keys-directory "{at}";
    listen-on port {port} {{ {address}; }}; listen-on-v6 {{ none; }};
    recursion no; empty-zones-enable no; dnssec-validation no; notify no;
    check-names primary ignore; check-mx ignore; check-mx-cname ignore; check-srv-cname ignore;
    check-spf ignore; check-integrity no; max-records-per-type 0;
}};
controls {{ }};
zone "." {{ type primary; file "{at}/root"; }};
zone "broken.test" {{ type primary; file "{at}/there-is-no-such-file"; }};
{more}
"""
ROOT_ZONE = "$TTL 60\n@ SOA ns. hostmaster. 1 3600 600 86400 60\n@ NS ns.\nns. A 127.0.0.1\n"


def reverse(address):
    """The name of an address."""
    return ".".join(reversed(address.split("."))) + ".in-addr.arpa."


def quiet_port(address):
    """One that no connection of somebody else gets by chance, free for TCP and UDP."""
    while True:
        where = address, random.randrange(10000, 30000)
        with contextlib.suppress(OSError), socket.create_server(where), \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(where)
            return where


class Named:
    """A BIND of Debian with these records.  It listens on addresses of interfaces alone."""
    def __init__(self, records, more=""):
        tree = peer("bind9")
        self.at = tempfile.mkdtemp(prefix="vmail-named-", dir=SCRATCH)
        self.address, self.port = quiet_port("127.0.0.1")
        with open(f"{self.at}/root", "w") as f:
            f.write(ROOT_ZONE + records)
        with open(f"{self.at}/named.conf", "w") as f:
            f.write(NAMED_CONF.format(at=self.at, port=self.port, address=self.address, more=more))
        libraries = ":".join(glob.glob(f"{tree}/usr/lib/*-linux-*") + glob.glob(f"{tree}/lib/*-linux-*"))
        self.process = Process([f"{tree}/usr/sbin/named", "-g", "-n", "1", "-c", f"{self.at}/named.conf"],
                               env={"LD_LIBRARY_PATH": libraries}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)
        try:
            self.process.wait_line(r" running$")
            assert b"zone ./IN: loaded" in self.process.errors, self.process.errors.decode()
        except AssertionError:
            self.stop()
            raise
        self.where = f"{self.address}:{self.port}"

    def stop(self):
        self.process.stop()
        remove(self.at)


# --- messages ----------------------------------------------------------------

def wire_name(*labels):
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def name(text):
    return wire_name(*(label for label in text.encode("latin-1").split(b".") if label))


def record(kind, data, owner=b"\xc0\x0c", ttl=60):
    """Of the name that was asked for, unless owner is another."""
    return owner + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def mx(host, preference=10):
    return record(MX, struct.pack(">H", preference) + (host if isinstance(host, bytes) else name(host)))


def txt(*strings):
    return record(TXT, b"".join(bytes([len(s)]) + s for s in strings))


def address(text):
    return record(A, socket.inet_aton(text))


def question_of(query):
    """(name in lower case, type)"""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    return ".".join(labels).lower(), struct.unpack(">H", query[at + 1:at + 3])[0]


def answer(query, *records, flags=0x8180, count=None):
    question = query[12:query.index(b"\0", 12) + 5]
    return query[:2] + struct.pack(">HHHHH", flags, 1, len(records) if count is None else count, 0, 0) \
        + question + b"".join(records)


class Server:
    """Answers by UDP and TCP with what says(query, tcp) returns: bytes, a list of them, or None.

    .asked: all (name, type, tcp).  A question without an answer of says()'s gets NXDOMAIN.
    """
    def __init__(self, says, port=0):
        self.says, self.asked = says, []
        self.address = fresh_address()
        self.tcp = socket.create_server((self.address, port))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((self.address, self.port))
        self.where = f"{self.address}:{self.port}"
        self.threads = [threading.Thread(target=job, daemon=True) for job in (self.serve_udp, self.serve_tcp)]
        for thread in self.threads:
            thread.start()

    def reply(self, query, tcp):
        self.asked.append((*question_of(query), tcp))
        said = self.says(query, tcp)
        return said if isinstance(said, list) else [said] if said is not None else []

    def serve_udp(self):
        while True:
            query, client = self.udp.recvfrom(4096)
            if not query:
                return
            for reply in self.reply(query, False):
                self.udp.sendto(reply, client)

    def serve_tcp(self):
        while True:
            client, _ = self.tcp.accept()
            with client:
                length = client.recv(2)
                if not length:
                    return
                query = client.recv(struct.unpack(">H", length)[0])
                for reply in self.reply(query, True):
                    with contextlib.suppress(OSError):
                        client.sendall(struct.pack(">H", len(reply)) + reply)

    def stop(self):
        self.udp.sendto(b"", self.udp.getsockname())
        socket.create_connection(self.tcp.getsockname()).close()
        for thread in self.threads:
            thread.join(DEADLINE)
        self.udp.close()
        self.tcp.close()


# --- the programs ------------------------------------------------------------

def rows_of(result):
    """What checkvdomain printed: {step: (result, what)}."""
    return {step: (level, what) for step, level, what in
            (line.split("\t") for line in result.stdout.decode().splitlines())}
