#!/usr/bin/python3
"""pop3_timing_test.py: a failed login is answered with the same words after the same time, whatever was wrong.

In the suite what takes time is made to take long, and a few answers tell whether it shows.
VMAIL_SAMPLES=N: so many answers of each kind, for PASS and for AUTH, and Welch's t-test between any two
kinds: of when the answer comes, and of when the log has its line, which is before the delay that hides
how long it took, and which no client sees.
"""
import base64
import math
import random
import statistics

from pop3 import *

SAMPLES = int(os.environ.get("VMAIL_SAMPLES", 0))
WRONG = "-ERR [AUTH] login or password wrong"
LIMIT = 4.5                                 # of |t|
AT_ONCE = 14                                # connections, whose hashes are computed within the delay
ACCOUNTS = 40                               # of each kind, so that none fails twice within a second
# bytes of a domain.D: 50 ms and more to read, and on a busy machine still within the second that hides them
BULK = (4 if is_sanitized("vpop3d") else 12) << 20
HIDDEN = 0.02                               # seconds
FORGET = 100                                # answers, within which no account fails more than twice
# What is wrong: (login, password, the hash's place in shadow.D and what follows it).
KINDS = {
    "an unknown domain": ("joe%d@nowhere.test", "wrong", None),
    "an unknown user": ("nobody%d@a.test", "wrong", None),
    "a locked user": ("lou%d@a.test", PASSWORD, "!%s:19000:0:99999:7:::"),
    "an expired user": ("exa%d@a.test", PASSWORD, "%s:19000:0:99999:7::1:"),
    "an empty hash": ("emma%d@a.test", PASSWORD, ":19000:0:99999:7:::"),
    "a wrong password": ("joe%d@a.test", "wrong", "%s:19000:0:99999:7:::"),
    "a password that is too long": ("ann%d@a.test", "x" * 700, "%s:19000:0:99999:7:::"),
}


def by_pass(pop, login, password):
    pop.ask(f"USER {login}")
    return f"PASS {password}"


def by_auth(pop, login, password):
    return "AUTH PLAIN " + base64.b64encode(f"\0{login}\0{password}".encode()).decode()


def t_of(a, b):
    """Welch's t, without the slowest tenth of both together, which tell of the machine."""
    end = sorted(a + b)[len(a + b) * 9 // 10]
    a, b = ([x for x in them if x < end] for them in (a, b))
    spread = statistics.variance(a) / len(a) + statistics.variance(b) / len(b)
    return (statistics.fmean(a) - statistics.fmean(b)) / math.sqrt(spread)


class Timing(Pop3Test):
    def setUp(self):
        """As many accounts of each kind; in the long form with the method and cost of new hashes."""
        hashed = crypt.crypt(PASSWORD, "$y$j9T$vmailtests") if SAMPLES else hash_of(PASSWORD)
        shadow = {(login % n).split("@")[0]: fields.replace("%s", hashed) for n in range(ACCOUNTS)
                  for login, _, fields in KINDS.values() if fields}
        self.vmail = self.installation()
        self.vmail.domain("a.test", accounts=list(shadow))
        self.vmail.write("shadow.a.test", "".join(f"{who}:{fields}\n" for who, fields in shadow.items()), 0o600)

    def answer(self, kind, n=0, say=by_pass):
        """Seconds until the log has its line, and until the answer."""
        login, password, _ = KINDS[kind]
        pop = self.vmail.pop3(remember=True, peer=fresh_address())
        pop.line()
        line = say(pop, login % (n % ACCOUNTS), password).encode() + b"\r\n"
        begun = time.monotonic()
        pop.send(line)
        pop.process.wait_line(" wrong=yes ")
        logged = time.monotonic() - begun
        reply = pop.line()
        answered = time.monotonic() - begun
        self.assertEqual(reply, WRONG, kind)
        pop.close()
        pop.process.wait()
        self.vmail.done(pop.process)
        return logged, answered

    def at_once(self, *kinds):
        """{kind: seconds until the answer}, all of them beside one another."""
        self.vmail.forget_logins()
        found = {}
        together([lambda kind=kind: found.update({kind: self.answer(kind)[1]})
                  for kind in random.sample(kinds, len(kinds))], len(kinds))
        return found

    def test_whatever_was_wrong_the_words_and_the_second_are_the_same(self):
        tries = []
        while len(tries) < 10:                  # others use the machine, too
            tries.append(self.at_once(*KINDS))
            self.assertGreater(min(tries[-1].values()), 0.99, tries)
            if max(tries[-1].values()) < 1.3:
                return
        self.fail(tries)

    def test_that_a_domain_takes_long_to_read_does_not_show(self):
        """Its settings are read before the turn of a try comes."""
        self.vmail.write("domain.a.test", self.vmail.read("domain.a.test") + b"# comment\n" * (BULK // 10))
        tries = []
        for _ in range(10):
            pairs = [self.at_once("an unknown user", "an unknown domain") for _ in range(2)]
            tries.append(min(pair["an unknown user"] - pair["an unknown domain"] for pair in pairs))
            if tries[-1] < HIDDEN:
                return
        self.fail(tries)

    @only_where(SAMPLES)
    def test_no_kind_differs_from_another(self):
        for say in (by_pass, by_auth):
            found, taken = {kind: [] for kind in KINDS}, []

            def job(kind, n):
                if len(taken) % FORGET == 0:
                    self.vmail.forget_logins()
                taken.append(n)
                found[kind].append(self.answer(kind, n, say))
            jobs = [lambda kind=kind, n=n: job(kind, n) for kind in KINDS for n in range(SAMPLES)]
            random.shuffle(jobs)
            together(jobs, AT_ONCE)
            self.judge(say, found)

    def judge(self, say, found):
        for which, what in enumerate(("in the log", "answered")):
            times = {kind: [sample[which] for sample in samples] for kind, samples in found.items()}
            worst = max((abs(t_of(times[a], times[b])), a, b) for a in KINDS for b in KINDS if a < b)
            print(f"# {say.__name__}, {what}: |t| at most {worst[0]:.2f} ({worst[1]}, {worst[2]}); medians in ms: "
                  + ", ".join(f"{statistics.median(t) * 1000:.2f} {kind}" for kind, t in times.items()), flush=True)
            with self.subTest(f"{say.__name__} {what}"):
                self.assertLess(worst[0], LIMIT, worst)


if __name__ == "__main__":
    main()
