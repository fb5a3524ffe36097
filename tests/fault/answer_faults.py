"""answer_faults.py: strikes a delivery that is answered; judges mail, index and answers.

Beside what a World asks for (faults.py), whatever was struck:

    - the sender is answered once at most, in the struck delivery, its retry and one more;
    - afterwards the index works: who was not known is answered, then or the next time.
"""
from faults import *

HEADER = b"To: joe@a.test\nS: struck\n\n"
STRUCK = HEADER + b"hello\n"
LATER = b"To: joe@a.test\nS: later\n\nhello\n"


class AnswerWorld(World):
    """joe's vacation is on; somebody was answered before."""
    def __init__(self, vmail, kind, place="files"):
        vmail.set(command_timeout="5s")     # the stand-in for sendmail may hang, struck
        super().__init__(vmail, kind, STRUCK)
        base = os.path.join(vmail.home("joe@a.test"), ".vacation") if place == "home" else \
            vmail.extra("a.test", "joe.vacation", "")
        self.answers = os.path.dirname(base)
        self.index = base + ".db"
        for path, data in ((base, "Subject: away\n\nx\n"), (self.index, "")):
            with open(path, "w") as f:
                f.write(data)
            if ROOT:
                os.chown(path, *self.owner())
        got = vmail.deliver("joe@a.test", LATER, sender="before@far.test")
        assert "reason=sent" in got.log, got
        self.kept = os.path.join(vmail.scratch, "answers")
        shutil.copytree(self.answers, self.kept)
        self.copy_owners(self.answers, self.kept)

    def owner(self):
        fields = self.vmail.read("passwd.a.test").decode().split(":")
        return int(fields[2]), int(fields[3])

    def reset(self):
        super().reset()
        for name in os.listdir(self.answers):
            os.unlink(os.path.join(self.answers, name))
        shutil.copytree(self.kept, self.answers, dirs_exist_ok=True)
        self.copy_owners(self.kept, self.answers)
        for name in os.listdir(self.vmail.sendmail + ".sent"):
            shutil.rmtree(os.path.join(self.vmail.sendmail + ".sent", name))

    def leftovers(self):
        return [name for name in super().leftovers() if name != "files"]

    def told(self):
        """Who was: the struck call may have been the stand-in's for sendmail."""
        place, found = self.vmail.sendmail + ".sent", []
        for name in os.listdir(place):
            try:
                with open(os.path.join(place, name, "args")) as f:
                    found.append(f.read().split("\n")[-2])
            except (OSError, IndexError):
                continue
        return found

    def judge(self, what, got, killed, cannot_clean):
        super().judge(what, got, killed, cannot_clean)
        for sender in "sender@far.test", "before@far.test", "new@far.test", "new@far.test", "newer@far.test":
            again = self.vmail.deliver("joe@a.test", LATER, sender=sender)
            if again.status != 0:
                self.complain(what, later=again)
        told = self.told()
        if max(told.count(who) for who in ("sender@far.test", "before@far.test", "new@far.test")) > 1:
            self.complain(what, told=told)
        if "newer@far.test" not in told:
            self.complain(what, dead=told)
        if (told.count("before@far.test") or "new@far.test" not in told) and \
                not os.path.exists(self.index + ".damaged"):
            self.complain(what, told=told)
