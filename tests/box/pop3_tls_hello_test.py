#!/usr/bin/python3
"""pop3_tls_hello_test.py: ClientHellos made by hand, which no TLS library sends; and a vtls that lies.

A TLS 1.3 client without a key share that the server can use is asked for another ClientHello.
"""
import struct

from pop3 import *
from pop3_tls_test import TlsTest

X25519, P256 = b"\x00\x1d", b"\x00\x17"
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")    # RFC 8446, 4.1.3
KINDS = {20: "change", 21: "alert", 22: "handshake", 23: "encrypted"}


def counted(form, data):
    """The bytes behind their length."""
    return struct.pack(form, len(data)) + data


def extension(number, data):
    return struct.pack(">H", number) + counted(">H", data)


def client_hello(share, server_name=None, session=bytes(32)):
    """One record: TLS 1.3 alone, with a key for X25519 or with none."""
    extensions = extension(43, b"\x02\x03\x04") + extension(10, counted(">H", X25519 + P256)) \
        + extension(13, counted(">H", b"\x04\x03\x08\x04\x08\x05\x04\x01")) \
        + extension(51, counted(">H", X25519 + counted(">H", b"\x09" + bytes(31)) if share else b""))
    if server_name is not None:
        extensions += extension(0, counted(">H", b"\x00" + counted(">H", os.fsencode(server_name))))
    body = b"\x03\x03" + bytes(range(32)) + counted(">B", session) + counted(">H", b"\x13\x01") \
        + counted(">B", b"\x00") + counted(">H", extensions)
    return b"\x16\x03\x01" + counted(">H", b"\x01\x00" + counted(">H", body))


class HelloTest(TlsTest):
    def records(self, pop):
        """All that the server says: [(kind, content)]."""
        said, found = pop.rest(), []
        while said:
            kind, size = said[0], struct.unpack(">H", said[3:5])[0]
            self.assertGreaterEqual(len(said), 5 + size)
            content, said = said[5:5 + size], said[5 + size:]
            found.append(("retry" if kind == 22 and content[6:38] == RETRY else KINDS[kind], content))
        return found

    def say(self, vmail, how, *hellos, **more):
        """The kinds of record that answer them, the encrypted bytes, and the log."""
        pop = vmail.pop3(*(["--tls"] if how == "tls" else []), **more)
        if how == "stls":
            pop.line()
            self.assertEqual(pop.ask("STLS"), "+OK begin TLS now")
        for hello in hellos:
            pop.send(hello)
        pop.shut()
        records = self.records(pop)
        encrypted = sum(len(content) for kind, content in records if kind == "encrypted")
        return [kind for kind, _ in records], encrypted, self.log_of(pop)

    def assert_server_goes_on(self, said):
        """It has sent all of its side of a handshake; then the client went away."""
        kinds, encrypted, log = said
        self.assertNotIn("alert", kinds[:-1])
        self.assertGreater(encrypted, 400)      # the certificate is in it
        self.assertNotRegex(log, r'reason=""|vtls')

    def test_one_hello_with_a_key_is_answered(self):
        vmail = self.tls_box()
        for how in ("tls", "stls"):
            said = self.say(vmail, how, client_hello(True, "host.main.test"))
            self.assertNotIn("retry", said[0])
            self.assert_server_goes_on(said)

    def test_a_client_without_a_usable_key_is_asked_once_more(self):
        vmail = self.two()
        for how in ("tls", "stls"):
            for name in ("b.test", None):
                with self.subTest(f"{how} {name}"):
                    said = self.say(vmail, how, client_hello(False, name), client_hello(True, name))
                    self.assertEqual(said[0][:3], ["retry", "change", "handshake"])
                    self.assert_server_goes_on(said)

    def test_a_second_hello_that_names_another_server_is_refused(self):
        # else the domain would be the second name's, and the certificate the first one's
        vmail = self.two()
        for how in ("tls", "stls"):
            for first, second in (("a.test", "b.test"), ("a.test", None), (None, "b.test"), ("a.test", "a.tes")):
                with self.subTest(f"{how} {first} {second}"):
                    kinds, encrypted, log = self.say(vmail, how, client_hello(False, first),
                                                     client_hello(True, second))
                    self.assertEqual(kinds, ["retry", "change", "alert"])
                    self.assertEqual(encrypted, 0)
                    named = f" server-name={first}" if first else ""
                    self.assertRegex(log, rf"tls-failed peer=127\.0\.0\.1{named} "
                                     r'reason="the second ClientHello names another server"')

    def test_a_third_hello_is_not_asked_for(self):
        vmail = self.two()
        kinds, encrypted, log = self.say(vmail, "tls", *[client_hello(False, "b.test")] * 3)
        self.assertEqual(kinds, ["retry", "change", "alert"])
        self.assertRegex(log, r"tls-failed peer=127\.0\.0\.1 server-name=b\.test reason=\"[a-z ]+\"")


class Liar(TlsTest):
    """A vtls that is not ours, beside a copy of vpop3d."""
    ASKS, SPEAKS, FAILED = 1, 2, 3

    def with_vtls(self, vmail, *words):
        """The log of a connection whose vtls says these words, without any text."""
        place = tempfile.mkdtemp(dir=vmail.scratch)
        shutil.copy(program("vpop3d"), place)
        with open(os.path.join(place, "vtls"), "w") as f:
            f.write("#!/usr/bin/python3\nimport socket, struct\nparent = socket.socket(fileno=4)\n"
                    f"for word in {words}:\n    parent.send(struct.pack('=II784x', word, 0))\n"
                    "while parent.recv(1):\n    pass\n")
        os.chmod(f.name, 0o755)
        client, server = connection(fresh_address())
        with server:
            process = vmail.start(f"{place}/vpop3d", "--tls", stdin=server, stdout=server)
        pop = Pop3(client, process)
        pop.rest()
        return self.log_of(pop)

    def test_a_failure_that_vtls_does_not_explain_has_a_reason_still(self):
        vmail = self.tls_box()
        for words in ([self.FAILED], [self.ASKS, self.FAILED]):
            with self.subTest(words):
                self.assertRegex(self.with_vtls(vmail, *words), r"tls-failed .*reason=\"(\S+: )*vtls gives no reason\"")

    def test_vtls_may_ask_once_and_say_nothing_unknown(self):
        vmail = self.tls_box()
        for words in ([self.ASKS, self.ASKS], [0], [4]):
            with self.subTest(words):
                log = self.with_vtls(vmail, *words)
                self.assertIn('reason="vtls says what it may not: is it of this version?"', log)


if __name__ == "__main__":
    main()
