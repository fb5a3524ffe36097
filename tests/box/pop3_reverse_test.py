#!/usr/bin/python3
"""pop3_reverse_test.py: the domain by reverse lookup, with a name server that says whatever it likes.

VMAIL_ANSWERS=N: so many answers made up at random, instead of a few.
"""
import random
import struct
import threading

from pop3 import *

ANSWERS = int(os.environ.get("VMAIL_ANSWERS", 30))
PTR, CNAME, A = 12, 5, 1
NXDOMAIN, SERVFAIL, REFUSED = 3, 2, 5
OURS = {"a.test": "a.test", "b.test": "b.test", "mail.b.test": "mail.b.test", "alias.test": "a.test"}


def wire_name(*labels):
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def name(text):
    return wire_name(*text.encode("latin-1").split(b"."))


def record(data, kind=PTR, owner=b"\xc0\x0c", ttl=60):
    """Of the name that was asked for, unless owner is another."""
    return owner + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def answer(query, *records, flags=0x8180, count=None):
    question = query[12:query.index(b"\0", 12) + 5]
    return query[:2] + struct.pack(">HHHHH", flags, 1, len(records) if count is None else count, 0, 0) \
        + question + b"".join(records)


def names(*given):
    """An answer with these names, each a text or bytes as they go over the wire."""
    return lambda query: answer(query, *(record(n if isinstance(n, bytes) else name(n)) for n in given))


def status(code):
    return lambda query: answer(query, flags=0x8180 | code)


def by_another_name(query):
    other = name("7.0-127.9.127.in-addr.arpa")
    return answer(query, record(other, CNAME), record(name("mail.a.test"), owner=other))


def in_circles(query):
    one, two = name("one.arpa"), name("two.arpa")
    return answer(query, record(one, CNAME), record(two, CNAME, one), record(one, CNAME, two))


def of_somebody_else(query):
    return answer(query, record(name("mail.a.test"), owner=name("1.2.3.4.in-addr.arpa")))


def no_end(query):
    """A name that points to itself."""
    whole = answer(query)
    return answer(query, record(struct.pack(">H", 0xC000 | len(whole) + 12)))


# What the server says, and the domain that greets then; None: the host does.
ANSWER = [
    ("a host of ours", names("mailhost.a.test"), "a.test"),
    ("in mixed case", names("MailHost.A.tEST"), "a.test"),
    ("the domain itself", names("b.test"), "b.test"),
    ("a domain that is a host of another, too", names("mail.b.test"), "b.test"),
    ("a host of a domain below another", names("pop.mail.b.test"), "mail.b.test"),
    ("a domain alias", names("pop.alias.test"), "a.test"),
    ("another name for the address, as small networks have it", by_another_name, "a.test"),
    ("names in a circle", in_circles, None),
    ("a name of another address", of_somebody_else, None),
    ("no name", names(), None),
    ("that there is no such name", status(NXDOMAIN), None),
    ("that it failed", status(SERVFAIL), None),
    ("that we are refused", status(REFUSED), None),
    ("a name of nobody here", names("pop.elsewhere.test"), None),
    ("the root", names(b"\0"), None),
    ("two names, the first of which counts", names("pop.b.test", "pop.a.test"), "b.test"),
    ("a stranger's name first", names("pop.elsewhere.test", "pop.a.test"), None),
    ("fifteen names of ours", names(*(f"h{n}.a.test" for n in range(15))), "a.test"),
    ("that more would follow by TCP", lambda query: answer(query, record(name("h.a.test")), flags=0x8380), None),
    ("our name in front of another", names("a.test.evil.test"), None),
    ("a name that ends like ours", names("xa.test"), None),
    ("a way out of the directory", names(wire_name(b"..", b"..", b"a", b"test")), None),
    ("slashes", names(wire_name(b"../../etc/passwd")), None),
    ("a slash before ours", names(wire_name(b"x/y", b"a", b"test")), None),
    ("NUL within a label", names(wire_name(b"x\0", b"a", b"test")), None),
    ("NUL that hides the rest", names(wire_name(b"pop", b"a", b"test\0", b"evil", b"test")), None),
    ("a label with a dot in it", names(wire_name(b"pop.a", b"test")), None),
    ("a line end", names(wire_name(b"x\r\n+OK", b"a", b"test")), None),
    ("8-bit letters", names(wire_name(b"\xe4\xff", b"a", b"test")), None),
    ("255 octets", names(wire_name(b"xx", *[b"x"] * 122, b"a", b"test")), "a.test"),
    ("256 octets", names(wire_name(b"xx", b"xx", *[b"x"] * 121, b"a", b"test")), None),
    ("a label of 63 octets", names(wire_name(b"y" * 63, b"a", b"test")), "a.test"),
    ("a star", names("*.a.test"), None),
    ("an underscore", names("_pop.a.test"), "a.test"),
    ("an address instead", lambda query: answer(query, record(b"\x7f\0\0\1", A)), None),
    ("a name without end", no_end, None),
    ("fewer records than it promised", lambda query: answer(query, record(name("h.elsewhere.test")), count=9), None),
]
# What is no answer at all: the lookup's two seconds go by.
NO_ANSWER = [
    ("nothing", lambda query: None),
    ("to another question", lambda query: bytes([query[0] ^ 1]) + names("h.a.test")(query)[1:]),
    ("a header alone", lambda query: query[:12]),
    ("one byte", lambda query: query[:1]),
]


class Server(threading.Thread):
    """Says to the question for an address what .says has for it, and nothing to all else."""
    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((fresh_address(), 53))
        self.says, self.asked = {}, set()
        self.start()

    def run(self):
        while True:
            query, client = self.socket.recvfrom(4096)
            if not query:
                return
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += 1 + query[at]
            address = ".".join(reversed(labels[:4]))
            self.asked.add(address)
            reply = self.says.get(address, lambda query: None)(query)
            if reply is not None:
                self.socket.sendto(reply, client)

    def stop(self):
        self.socket.sendto(b"", self.socket.getsockname())
        self.join(DEADLINE)
        self.socket.close()


def random_name(dice):
    """Labels, as bytes."""
    ends = [[b"a", b"test"], [b"b", b"test"], [b"mail", b"b", b"test"], [b"alias", b"test"], [b"A", b"TEST"],
            [b"evil", b"test"], [b"files"], [b"test"], []]
    odd = [b"..", b"/", b"\0", b"*", b"_x", b"-", b"x" * 63, b"%n", b"\\", b'"', b"a.test", b"\r\n", b" ", b"files",
           bytes(dice.choices(range(256), k=dice.randrange(1, 20))), b"domain", b"b", b"test"]
    if dice.random() < 0.1:
        return [b"y"] * dice.randrange(100, 125) + dice.choice(ends)
    return dice.choices(odd, k=dice.randrange(4)) * dice.choice([0, 1, 1]) + dice.choice(ends)


def random_answer(dice):
    """(what the server says, all domains that it may lead to)."""
    given = [random_name(dice) for _ in range(dice.choice([0, 1, 1, 1, 1, 2, 3, 20]))]
    may = {real for labels in given for ours, real in OURS.items()
           if (b"." + b".".join(labels)).lower().endswith(b"." + ours.encode())}
    reply = names(*(wire_name(*labels) for labels in given))
    how = dice.random()
    if how < 0.05:
        return (lambda query: reply(query)[:-dice.randrange(1, 12)]), may
    if how < 0.1:
        return (lambda query: reply(query) + dice.randbytes(20)), may
    return reply, may


@needs_root
class Reverse(Pop3Test):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.stop)
        system_file("/etc/resolv.conf", "nameserver %s\noptions timeout:30\n" % self.server.socket.getsockname()[0])
        self.addCleanup(system_file, "/etc/resolv.conf", "")
        self.vmail = self.box(mbox=b"")
        self.vmail.domain("b.test", passwords={"joe": "of b.test"})
        self.vmail.domain("mail.b.test")
        os.symlink("domain.a.test", os.path.join(self.vmail.dir, "domain.alias.test"))

    def greeted(self, says, address=None):
        """The domain that greets (None: none of ours); user@domain works in any case."""
        address = address or fresh_address()
        self.server.says[address] = says
        begun = time.monotonic()
        pop = self.vmail.pop3(address=address, remember=True)
        greeting = pop.line()
        self.assertLess(time.monotonic() - begun, 25)           # by the resolver's own limit: 30
        found = re.fullmatch(r"\+OK (?:Virtual (\S+)|host\.main\.test) POP3 Server \(Version 0\.1\) ready\.", greeting)
        self.assertTrue(found, greeting)
        pop.ask("USER joe@b.test")
        self.assertEqual(pop.ask("PASS of b.test"), "+OK 0 messages")
        self.assertRegex(pop.ask("QUIT"), r"^\+OK ")
        pop.close()
        pop.process.wait()
        self.vmail.done(pop.process)
        return found[1]

    def test_what_is_no_answer_costs_two_seconds_and_no_domain(self):
        def job(what, says):
            self.assertIsNone(self.greeted(says), what)
        together([lambda row=row: job(*row) for row in NO_ANSWER])

    def test_whatever_comes_leads_to_no_domain_but_one_that_it_names(self):
        led = []

        def job(seed):
            says, may = random_answer(random.Random(seed))
            got = self.greeted(says)
            led.append(got)
            self.assertIn(got, {None, *may}, f"answer {seed}")
        together([lambda seed=seed: job(seed) for seed in range(ANSWERS)])
        self.assertEqual(len(led), ANSWERS)
        self.assertGreater(len(set(led)), 2)

    def test_a_bare_login_is_one_of_the_domain_that_was_found(self):
        for host, password, opens in (("pop.b.test", "of b.test", True), ("pop.b.test", PASSWORD, False),
                                      ("pop.a.test", PASSWORD, True)):
            address = fresh_address()
            self.server.says[address] = names(host)
            pop = self.vmail.pop3(address=address)
            self.assertEqual(pop.login("joe", password).startswith("+OK"), opens)
            pop.close()

    def test_the_file_of_addresses_goes_first_and_nobody_is_asked(self):
        address = fresh_address()
        self.vmail.write("addresses", f"{address} a.test\n")
        self.assertEqual(self.greeted(names("pop.b.test"), address), "a.test")
        self.assertNotIn(address, self.server.asked)


def says(what, wanted):
    @timed
    def test(self):
        begun = time.monotonic()
        got = self.greeted(what)
        if got is None and wanted and time.monotonic() - begun > 1.5:
            raise Late("the server's answer may not have come within two seconds")
        self.assertEqual(got, wanted)
    return test


for sentence_, what, wanted in ANSWER:
    test = says(what, wanted)
    test.__doc__ = f"the server says {sentence_}"
    setattr(Reverse, "test_" + re.sub(r"\W+", "_", sentence_), test)


if __name__ == "__main__":
    main()
