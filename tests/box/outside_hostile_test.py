#!/usr/bin/python3
"""outside_hostile_test.py: checkvdomain asks a name server that says whatever it likes.

VMAIL_ANSWERS=N: so many answers made up at random, instead of a few.
"""
import random

from zones import *

D = "a.test"
HERE = "127.201.7.9"            # nobody listens there at port 110, 995


def zone(**given):
    """A server's answers: {"mx": function of a query, ...} for D and its hosts, over good ones."""
    made = {"mx": lambda q: answer(q, mx("mailhost.a.test")),
            "txt": lambda q: answer(q, txt(b"v=spf1 mx -all")),
            "a": lambda q: answer(q, address(HERE)),
            "aaaa": lambda q: answer(q),
            "ptr": lambda q: answer(q, record(PTR, name("mailhost.a.test")))}
    made.update(given)

    def says(query, tcp):
        asked, kind = question_of(query)
        if asked == D and kind == MX:
            reply = made["mx"]
        elif asked == D and kind == TXT:
            reply = made["txt"]
        elif asked == "mailhost.a.test" and kind == A:
            reply = made["a"]
        elif asked == "mailhost.a.test" and kind == AAAA:
            reply = made["aaaa"]
        elif asked == reverse(HERE)[:-1] and kind == PTR:
            reply = made["ptr"]
        else:
            return answer(query, flags=0x8183)
        return reply(query, tcp) if reply.__code__.co_argcount == 2 else reply(query)
    return says


def cut(whole):
    """By UDP only that there is more."""
    return lambda query, tcp: whole(query) if tcp else answer(query, flags=0x8380)


def failed(query):
    return answer(query, flags=0x8182)


def circle(query):
    one, two = name("one.test"), name("two.test")
    return answer(query, record(CNAME, one), record(CNAME, two, one), record(CNAME, one, two))


def long_chain(query):
    links = [name(f"n{n}.test") for n in range(40)]
    return answer(query, record(CNAME, links[0]), *(record(CNAME, b, a) for a, b in zip(links, links[1:])))


def pointing_to_itself(query):
    whole = answer(query)
    return answer(query, record(MX, struct.pack(">HH", 10, 0xC000 | len(whole) + 14)))


def bomb(query):
    """Records of few bytes, each of whose names is 255 octets long, of bytes that are written as four."""
    long = b"".join(b"\x3f" + b"\x01" * 63 for _ in range(3)) + b"\x3d" + b"\x02" * 61 + b"\0"
    first = record(MX, struct.pack(">H", 1) + long)
    at = len(answer(query)) + 14
    return answer(query, first, *(record(MX, struct.pack(">HH", 2, 0xC000 | at)) for _ in range(4000)))


def stray(query):
    """Others' answers come first: another id, another question, no answer at all."""
    good = answer(query, mx("mailhost.a.test"))
    evil = answer(query, mx("mailhost.evil.test"))
    other = query[:12] + name("b.test") + query[-4:]
    return [bytes([evil[0] ^ 1]) + evil[1:], answer(other, mx("mailhost.evil.test")), evil[:2] + query[2:],
            evil[:11], b"", good]


# A sentence, what the server says, the step, its result, words of what is said, words that nobody says.
ROWS = [
    ("control bytes and bytes beyond ASCII of a text are written as numbers",
     zone(txt=lambda q: answer(q, txt(b"v=spf1 mx \x1b[2J\r\n\t\xff -all"))), "spf", "warning",
     ["no word '\\x1b[2J\\x0d\\x0a\\x09\\xff'"], []),
    ("a NUL hides nothing of a text", zone(txt=lambda q: answer(q, txt(b"v=spf1 mx\0+all -all"))), "spf", "warning",
     ["no word 'mx"], []),
    ("control bytes of a name are written as numbers",
     zone(ptr=lambda q: answer(q, record(PTR, wire_name(b"x\x1b[2J\n", b"a", b"test")))), "ptr", "bad",
     ["x\\\\027[2J\\\\010.a.test"], []),
    ("a way out of a directory is a name like others", zone(mx=lambda q: answer(q, mx(wire_name(b"../../etc", b"x")))),
     "mx", "bad", ["can be no host"], []),
    ("a label with a dot in it is no two labels",
     zone(ptr=lambda q: answer(q, record(PTR, wire_name(b"mailhost.a.test")))), "ptr", "bad", ["no host of a.test"], []),
    ("a name of 255 octets is whole", zone(mx=lambda q: answer(q, mx(wire_name(b"yy", *[b"y"] * 122, b"a", b"test")))), "mx",
     "bad", ["yy.y.y.y"], []),
    ("a name of 256 octets is none", zone(mx=lambda q: answer(q, mx(wire_name(b"yy", b"yy", *[b"y"] * 121, b"a", b"test")))), "mx",
     "bad", ["cannot be read"], []),
    ("CNAMEs in a circle end", zone(mx=circle), "mx", "bad", ["its CNAMEs lead nowhere"], []),
    ("so do forty of them", zone(mx=long_chain), "mx", "bad", ["its CNAMEs lead nowhere"], []),
    ("a name that points to itself is none", zone(mx=pointing_to_itself), "mx", "bad", ["cannot be read"], []),
    ("an MX that is too short is none", zone(mx=lambda q: answer(q, record(MX, b"\0"))), "mx", "bad",
     ["cannot be read"], []),
    ("a text that is longer than its record is none", zone(txt=lambda q: answer(q, record(TXT, b"\x20v=spf1"))), "spf",
     "warning", ["cannot be read"], []),
    ("an address of five bytes is none", zone(a=lambda q: answer(q, record(A, b"12345"))), "address", "bad",
     ["cannot be read"], []),
    ("an address of this machine counts behind a dozen others",
     zone(a=lambda q: answer(q, *[address("255.255.255.255")] * 12, address(HERE))), "mx", "ok", ["mailhost.a.test"], []),
    ("where the question for IPv6 alone fails, that is told, with the address of IPv4", zone(aaaa=failed), "address", "bad",
     ["says SERVFAIL", f"mailhost.a.test {HERE}"], []),
    ("and the steps behind it know whose that address is",
     zone(a=lambda q: answer(q, address("255.255.255.255")), aaaa=failed), "here", "warning",
     ["point mailhost.a.test here: mailhost.a.test. IN A "], []),
    ("so does the MX", zone(aaaa=failed), "tlsa", "none", ["no record"], []),
    ("fewer records than it promised are none", zone(mx=lambda q: answer(q, mx("mailhost.a.test"), count=9)), "mx",
     "bad", ["cannot be read"], []),
    ("records of other names are nobody's",
     zone(mx=lambda q: answer(q, record(MX, b"\0\x0a" + name("mailhost.a.test"), owner=name("evil.test")))), "mx",
     "bad", ["no MX record"], []),
    ("a thousand records come by TCP, and a few are looked at",
     zone(mx=cut(lambda q: answer(q, *(mx(f"h{n}.a.test", n) for n in range(1000))))), "mx", "bad",
     ["h9.a.test has no address", "1000 MX records, of which the first 10"], ["h10.a.test"]),
    ("records beyond a thousand are not kept", zone(mx=cut(lambda q: answer(q, *(mx("mailhost.a.test")
                                                                               for n in range(1500))))),
     "mx", "warning", ["more than 1000 MX records"], []),
    ("names that unpack to megabytes are cut short", zone(mx=cut(bomb)), "mx", "bad", ["more than 1000 MX", "\\\\001"],
     []),
    ("what is no answer to the question is not listened to", zone(mx=stray), "mx", "ok", ["mailhost.a.test"], ["evil"]),
    ("a refusal is told", zone(mx=lambda q: answer(q, flags=0x8185)), "mx", "bad", ["says REFUSED"], []),
    ("a refusal without the question, too", zone(mx=lambda q: q[:2] + b"\x80\x01" + b"\0" * 8), "mx", "bad",
     ["says FORMERR"], []),
    ("an error that nobody knows is a number", zone(mx=lambda q: answer(q, flags=0x818B)), "mx", "bad",
     ["says error 11"], []),
    ("an answer by TCP to another question is none",
     zone(mx=lambda q, tcp: answer(bytes(2) + q[2:], mx("mailhost.a.test")) if tcp else answer(q, flags=0x8380)), "mx",
     "bad", ["to another question"], []),
    ("an answer by TCP that breaks off is none",
     zone(mx=lambda q, tcp: [] if tcp else answer(q, flags=0x8380)), "mx", "bad", ["ends early"], []),
]


class Hostile(BoxTest):
    def check(self, says, *args):
        server = Server(says)
        self.addCleanup(server.stop)
        begun = time.monotonic()
        got = run("checkvdomain", "-C", SCRATCH, "--resolver", server.where, *args, D)
        self.assertLess(time.monotonic() - begun, CUT)
        self.assertNotRegex(got.stdout, rb"[^\n\t\x20-\x7e]")
        rows = rows_of(got)
        self.assertEqual(len(rows), 13, got)
        return rows, server, got

    def test_a_server_that_says_nothing_costs_seconds_and_all_steps_are_told(self):
        rows, server, got = self.check(lambda query, tcp: None)
        self.assertIn("no answer: Connection timed out", rows["mx"][1])
        self.assertIn("not asked: no name server answered before", rows["spf"][1])
        self.assertEqual((got.status, len(server.asked)), (1, 4))

    def test_a_server_that_takes_connections_and_says_nothing_costs_seconds(self):
        held = socket.create_server((fresh_address(), 0))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(held.getsockname())

        def serve():
            while (got := udp.recvfrom(4096))[0]:
                udp.sendto(answer(got[0], flags=0x8380), got[1])
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        got = run("checkvdomain", "-C", SCRATCH, "--resolver", "%s:%d" % held.getsockname(), D)
        self.assertIn("read: Connection timed out", rows_of(got)["mx"][1])
        udp.sendto(b"", udp.getsockname())
        thread.join(DEADLINE)
        udp.close()
        held.close()

    @needs_root
    def test_a_name_server_that_says_nothing_is_not_asked_before_one_that_answers(self):
        dead, other = Server(lambda query, tcp: None, 53), Server(zone(), 53)
        for server in (dead, other):
            self.addCleanup(server.stop)
        system_file("/etc/resolv.conf", f"nameserver {dead.address}\nnameserver {other.address}\n")
        self.addCleanup(system_file, "/etc/resolv.conf", "")
        rows = rows_of(run("checkvdomain", "-C", SCRATCH, D))
        self.assertEqual((rows["mx"], rows["spf"][0]), (("ok", "mailhost.a.test"), "ok"))
        self.assertLess(len(dead.asked), len(other.asked))      # one, unless the machine is very slow

    @timed
    def test_who_looks_ends_with_its_parent(self):
        server = Server(lambda query, tcp: None)
        self.addCleanup(server.stop)
        process = Process([program("checkvdomain"), "-C", SCRATCH, "--resolver", server.where, D],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.addCleanup(process.stop)
        eventually(lambda: server.asked, "a question")
        looker = next(pid for pid in processes(process.pid) if pid != process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.popen.wait()
        begun = time.monotonic()
        eventually(lambda: has_ended(looker), "its end")
        self.assert_took(time.monotonic() - begun, 0, 2)        # and not when all questions are over

    def test_the_name_that_is_asked_for_is_the_domains_alone(self):
        _, server, _ = self.check(zone())
        for asked, _, _ in server.asked:
            self.assertTrue(asked.endswith(".arpa") or asked == "test" or asked.endswith(D) or
                            asked == "_dmarc.test", asked)

    def test_the_name_of_a_stranger_that_an_address_has_is_not_asked_for(self):
        far = "127.201.7.10"

        def says(query, tcp):
            asked, kind = question_of(query)
            if asked == "mailhost.a.test" and kind == A:
                return answer(query, address(HERE), address(far))
            if kind == PTR:
                return answer(query, record(PTR, name("host.evil.test")))
            return zone()(query, tcp)
        rows, server, _ = self.check(says)
        self.assertEqual(rows["ptr"][0], "bad")
        self.assertNotIn(("host.evil.test", A, False), server.asked)

    def test_answers_at_random_end_in_lines(self):
        for seed in range(int(os.environ.get("VMAIL_ANSWERS", 20))):
            dice = random.Random(seed)

            def says(query, tcp):
                good = zone()(query, tcp)
                bad = bytearray(good)
                for _ in range(dice.randrange(1, 6)):
                    bad[dice.randrange(2, len(bad))] = dice.randrange(256)
                bad[2] |= 0x80
                return bytes(bad) if dice.random() < 0.5 else good[:dice.randrange(12, len(good) + 1)]
            with self.subTest(seed):
                self.check(lambda query, tcp: [says(query, tcp), zone()(query, tcp)])


def row(says, step, level, words, never):
    def test(self):
        rows, _, got = self.check(says)
        self.assertEqual(rows[step][0], level, got)
        for word in words:
            self.assertIn(word, rows[step][1])
        for word in never:
            self.assertNotIn(word, got.stdout.decode())
    return test


for sentence_, *rest in ROWS:
    one = row(*rest)
    one.__doc__ = sentence_
    setattr(Hostile, "test_" + re.sub(r"\W+", "_", sentence_), one)


if __name__ == "__main__":
    main(beside=4)
