"""answering.py: what the tests of automatic answers share."""
import email
import email.policy
import ctypes
import datetime

from delivery import *

TEXT = "Subject: away\n\nI am away.\n"
AUTO_TEXT = "Subject: got it\n\nThank you.\n"


def mail(to="joe@a.test", header="", subject="lunch", body="hello\n"):
    return f"From: ann@far.test\nTo: {to}\nSubject: {subject}\n{header}\n{body}".encode()


def day_with_time():
    """Of no day the last half minute, so that a test's today is that of the program that it starts."""
    eventually(lambda: datetime.datetime.now().strftime("%T") < "23:59:30", "midnight")


def day(offset):
    return (datetime.date.today() + datetime.timedelta(days=offset)).isoformat()


class Index:
    """A GDBM file, through the system's library: {key: value}."""
    class Datum(ctypes.Structure):
        _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_int)]

    READER, WRITER, NEW = 0, 1, 3

    def __init__(self, path, mode):
        self.gdbm = ctypes.CDLL("libgdbm.so.6")
        self.gdbm.gdbm_open.restype = ctypes.c_void_p
        for name in ("gdbm_firstkey", "gdbm_nextkey", "gdbm_fetch"):
            getattr(self.gdbm, name).restype = self.Datum
        self.file = self.gdbm.gdbm_open(path.encode(), 0, mode, 0o600, None)
        assert self.file, f"{path} cannot be opened"

    def _bytes(self, datum):
        return ctypes.string_at(datum.data, datum.size)

    def _datum(self, data):
        self.kept = ctypes.create_string_buffer(data, len(data))
        return self.Datum(ctypes.cast(self.kept, ctypes.c_void_p), len(data))

    def all(self):
        found, key = {}, self.gdbm.gdbm_firstkey(ctypes.c_void_p(self.file))
        while key.data:
            value = self.gdbm.gdbm_fetch(ctypes.c_void_p(self.file), key)
            found[self._bytes(key).decode()] = self._bytes(value)
            key = self.gdbm.gdbm_nextkey(ctypes.c_void_p(self.file), key)
        return found

    def store(self, key, value):
        key = self._datum(key.encode())
        keep, value = self.kept, self._datum(value)
        assert self.gdbm.gdbm_store(ctypes.c_void_p(self.file), key, value, 1) == 0, keep

    def close(self):
        self.gdbm.gdbm_close(ctypes.c_void_p(self.file))


def read_index(path):
    index = Index(path, Index.READER)
    try:
        return index.all()
    finally:
        index.close()


def write_index(path, entries):
    index = Index(path, Index.NEW)
    for key, value in entries.items():
        index.store(key, value)
    index.close()


class Answering(Delivery):
    """joe@a.test (mbox) and ann@b.test (Maildir), and what went to sendmail."""
    def on(self, text=TEXT, to="joe@a.test", home=False, index=b""):
        """Switches a vacation on, as its account would."""
        user, domain = to.split("@")
        if home:
            base = os.path.join(self.vmail.home(to), ".vacation")
        else:
            base = self.vmail.extra(domain, f"{user}.vacation", "")
        for path, data in ((base, text), (base + ".db", index)):
            if data is not None:
                self.put(path, data if isinstance(data, bytes) else data.encode(), to)
        self.index = base + ".db"
        return base

    def auto(self, name="info@a.test", text=AUTO_TEXT):
        user, domain = name.split("@")
        return self.vmail.extra(domain, f"{user}.auto", text)

    def reasons(self, got):
        return re.findall(r"^\w+\[\d+\]: answer .* reason=(\S+)", got.log, re.M)

    def answers(self, to="joe@a.test", message=None, sender="ann@far.test", recipient=None, **more):
        """Delivers, asks that the mail is there, and returns the reasons."""
        before = len(self.vmail.messages(to)) if to else 0
        got = self.delivered(recipient or to, mail() if message is None else message,
                             sender=sender, **more)
        if to:
            self.assertEqual(len(self.vmail.messages(to)), before + 1)
        return self.reasons(got)

    def sent(self, count=1):
        """The messages that went to sendmail, with their arguments asked for."""
        found = self.vmail.sent()
        self.assertEqual(len(found), count, found)
        for arguments, _ in found:
            self.assertEqual(arguments[:4], ["-i", "-f", "<>", "--"])
            self.assertEqual(len(arguments), 5)
        return [(arguments[4], email.message_from_bytes(message, policy=email.policy.SMTP))
                for arguments, message in found]
