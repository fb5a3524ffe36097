#!/usr/bin/python3
"""outside_dns_test.py: what checkvdomain says of a domain's DNS, with a real BIND: a row for each finding."""
import base64

from zones import *

HERE = "127.201.7.9"            # nobody listens there at port 110, 995
FAR = "192.0.2.7"
NOWHERE = "255.255.255.255"     # of no machine, and a connection fails at once


def key(length):
    """The public key of RSA as DER that is so long, by its head; 162 bytes are 1024 bits, 294 are 2048."""
    head = b"\x30" + (b"\x81" + bytes([length - 3]) if length < 259 else b"\x82" + (length - 4).to_bytes(2, "big"))
    return base64.b64encode(head.ljust(length, b"\0")).decode()


KEY, LONG = key(162), key(294)
GOOD = f"""D. MX 10 mailhost.D.
mailhost.D. A {HERE}
D. TXT "v=spf1 mx -all"
_dmarc.D. TXT "v=DMARC1; p=none"
sel._domainkey.D. TXT "v=DKIM1; k=rsa; p={KEY}"
"""


def without(*starts):
    """The good zone without the lines that begin so."""
    return "".join(line + "\n" for line in GOOD.splitlines() if not line.startswith(starts))


def spf(text):
    return without("D. TXT") + f'D. TXT "{text}"\n'


def dkim(text):
    return without("sel.") + f"sel._domainkey.D. TXT {text}\n"


def dmarc(text):
    return without("_dmarc") + f'_dmarc.D. TXT "{text}"\n'


def many(host, network):
    return "".join(f"{host}. A {network}.{n}\n" for n in range(100))


# A sentence, the zone (D stands for a domain of its own), the step, its result, and words of what it says.
ROWS = [
    ("a good MX is told by its host", GOOD, "mx", "ok", ["mailhost.D"]),
    ("no MX is bad, with the record that mends it", without("D. MX"), "mx", "bad",
     ["no MX record", "D. IN MX 10 mailhost.D."]),
    ("a null MX is bad", without("D. MX") + "D. MX 0 .\n", "mx", "bad",
     ["null MX says that D takes no mail", "D. IN MX 10 mailhost.D."]),
    ("an MX to another name is bad", without("D. MX") + "D. MX 10 other.D.\nother.D. CNAME mailhost.D.\n", "mx", "bad",
     ["other.D is another name for mailhost.D (CNAME)", "D. IN MX 10 mailhost.D."]),
    ("an MX to an address is bad", without("D. MX") + f"D. MX 10 {HERE}.\n", "mx", "bad",
     [f"names an address, {HERE}", f"mailhost.D. IN A {HERE} and D. IN MX 10 mailhost.D."]),
    ("of one to another name without an address that name needs one", without("D. MX") + "D. MX 10 o.D.\no.D. CNAME gone.D.\n",
     "mx", "bad", ["D. IN MX 10 gone.D.", "gone.D has no address: gone.D. IN A "]),
    ("an MX without an address is bad", GOOD + "D. MX 5 nowhere.D.\n", "mx", "bad",
     ["nowhere.D has no address: nowhere.D. IN A "]),
    ("an MX with an odd name is bad", without("D. MX") + "D. MX 10 a\\007b.D.\n", "mx", "bad", ["can be no host"]),
    ("one MX of several on another machine is none", GOOD + f"D. MX 5 far.D.\nfar.D. A {FAR}\n", "mx", "ok",
     ["far.D; mailhost.D"]),
    ("where all MX are other machines it is a warning", without("D. MX") + f"D. MX 5 far.D.\nfar.D. A {FAR}\n", "mx",
     "warning", ["far.D is another machine"]),
    ("many MX records are cut short", GOOD + "".join(f"D. MX 20 m{n}.D.\nm{n}.D. A {HERE}\n" for n in range(40)), "mx",
     "warning", ["41 MX records", "the first 10"]),
    ("the addresses of the POP host are told", GOOD + "mailhost.D. AAAA ::1\n", "address", "ok",
     [f"mailhost.D {HERE} ::1"]),
    ("pop comes behind mailhost", without("mailhost") + f"pop.D. A {HERE}\nmail.D. A {NOWHERE}\n", "address", "ok",
     [f"pop.D {HERE}"]),
    ("then mail", without("mailhost") + f"mail.D. A {HERE}\n", "address", "ok", [f"mail.D {HERE}"]),
    ("then the MX", without("D. MX", "mailhost") + f"D. MX 1 in.D.\nin.D. A {HERE}\n", "address", "ok",
     [f"in.D {HERE}"]),
    ("a POP host may have another name", without("mailhost") + f"mailhost.D. CNAME box.D.\nbox.D. A {HERE}\n",
     "address", "ok", [f"mailhost.D {HERE}"]),
    ("many addresses are cut short", without("mailhost") + many("mailhost.D", "127.201.8"), "address", "warning",
     ["mailhost.D has 100 addresses, of which the first 6 are looked at"]),
    ("no POP host at all is bad", without("mailhost"), "address", "bad",
     ["neither mailhost.D, pop.D, mail.D nor the MX", "mailhost.D. IN A "]),
    ("a POP host with IPv6 alone is a warning", without("mailhost") + "mailhost.D. AAAA ::1\n", "address", "warning",
     ["no IPv4 address", "mailhost.D. IN A "]),
    ("no step is taken to an address that is not there", without("mailhost"), "port", "none", ["there is no address"]),

    ("an address of this machine is one", GOOD, "here", "ok", ["this machine's"]),
    ("another one is a warning", without("mailhost") + f"mailhost.D. A {NOWHERE}\n", "here", "warning",
     [f"{NOWHERE} is no address of this machine"]),
    ("an address that nobody can reach from here is a warning", without("mailhost") + f"mailhost.D. A {NOWHERE}\n",
     "port", "warning", ["cannot be tried from here: ", "Network is unreachable"]),

    ("nobody at port 110 is bad", GOOD, "port", "bad",
     [f"{HERE}:110: Connection refused", "start vpop3d there", f"--listen {HERE}"]),
    ("without an answer there is no greeting to look at", GOOD, "greeting", "none", ["nobody answers at port 110"]),
    ("nor a certificate", GOOD, "stls", "none", ["nobody answers at port 110"]),
    ("nobody at port 995 is a warning", GOOD, "pop3s", "warning", ["Connection refused", "start vpop3d --tls"]),

    ("a good SPF record is told", GOOD, "spf", "ok", ["v=spf1 mx -all"]),
    ("no SPF record is a warning", without("D. TXT"), "spf", "warning", ['no SPF record: D. IN TXT "v=spf1 mx -all"']),
    ("two of them are", GOOD + 'D. TXT "v=spf1 -all"\n', "spf", "warning", ["2 SPF records"]),
    ("other texts are none", GOOD + 'D. TXT "v=spf10 x"\nD. TXT "google-site-verification=x"\n', "spf", "ok", ["v=spf1 mx"]),
    ("everybody may send", spf("v=spf1 mx all"), "spf", "warning", ["+all: everybody may send as D"]),
    ("no word of the others", spf("v=spf1 mx"), "spf", "warning", ["does not say what of all others"]),
    ("a word that SPF does not have", spf("v=spf1 ipv4:192.0.2.1 -all"), "spf", "warning", ["no word 'ipv4'"]),
    *((f"a network of SPF is one: {word}", spf(f"v=spf1 {word} -all"), "spf", "warning",
       [f"'{word}', which is no network of IPv{word[2]}, and receivers take nothing of it"])
      for word in ("ip4:300.1.1.1", "ip4:192.0.2.0/33", "ip4:192.0.2.0/024", "ip4:192.0.2.0/", "ip4", "ip4:2001:db8::1",
                   "ip6:192.0.2.1", "ip6:2001:db8::/129")),
    *((f"everybody may send by {word}", spf(f"v=spf1 {word} -all"), "spf", "warning",
       [f"says '{word.lstrip('+')}': everybody may send as D"]) for word in ("ip4:0.0.0.0/0", "+ip6:::/0")),
    ("networks are taken", spf("v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.1 ip6:2001:db8::/32 ?ip4:0.0.0.0/0 -all"), "spf", "ok",
     ["ip6:2001:db8::/32"]),
    ("modifiers that nobody knows are passed over", spf("v=spf1 mx x=y exp=why.D ~all"), "spf", "ok", ["x=y"]),
    ("ten questions are no more than ten", spf("v=spf1 " + '" "'.join(["a:mailhost.D "] * 10) + "-all"), "spf", "ok", ["a:mailhost.D"]),
    ("eleven are", spf("v=spf1 " + '" "'.join(["a:mailhost.D "] * 11) + "-all"), "spf", "warning", ["more than 10 questions"]),
    ("those of an include count", spf("v=spf1 include:i.D -all") + 'i.D. TXT "v=spf1 ' + "mx:x " * 10 + '-all"\n', "spf",
     "warning", ["more than 10 questions"]),
    ("an include that includes itself ends", spf("v=spf1 include:i.D -all") + 'i.D. TXT "v=spf1 include:i.D"\n', "spf",
     "warning", ["more than 10 questions"]),
    ("an include of nothing", spf("v=spf1 include:nothing.D -all"), "spf", "warning",
     ["include:nothing.D has no SPF record"]),
    ("the all of an include is not the domain's", spf("v=spf1 include:i.D") + 'i.D. TXT "v=spf1 -all"\n', "spf",
     "warning", ["does not say what of all others"]),
    ("everybody may send by an include of everybody", spf("v=spf1 include:i.D -all") + 'i.D. TXT "v=spf1 mx all"\n', "spf",
     "warning", ["include:i.D says +all: everybody may send as D"]),
    ("everybody may not send by an include that is not taken", spf("v=spf1 ?include:i.D -all") + 'i.D. TXT "v=spf1 all"\n',
     "spf", "ok", ["?include"]),
    ("everybody may not send by a network behind an all", spf("v=spf1 include:i.D -all")
     + 'i.D. TXT "v=spf1 -all ip4:0.0.0.0/0"\n', "spf", "ok", ["include"]),
    ("an include of everybody behind the all does not count", spf("v=spf1 -all include:i.D") + 'i.D. TXT "v=spf1 +all"\n',
     "spf", "ok", ["-all include"]),
    ("questions behind the all are not asked", spf("v=spf1 -all" + " a:x" * 11), "spf", "ok", ["-all a:x"]),
    ("nor is an include", spf("v=spf1 -all include:nothing.D"), "spf", "ok", ["-all include"]),
    ("a word that SPF does not have counts there, too", spf("v=spf1 -all ip4:300.1.1.1 ipv4:1"), "spf", "warning",
     ["'ip4:300.1.1.1', which is no network", "no word 'ipv4'"]),
    ("a name may end with a dot", spf("v=spf1 include:_I.D. -all") + '_i.D. TXT "v=spf1 -all"\n', "spf", "ok", ["_I.D."]),
    ("a record without a blank behind its version is none", spf("v=spf1; mx -all"), "spf", "warning", ["no SPF record"]),
    ("nor with a tab", spf("v=spf1\\009mx -all"), "spf", "warning", ["no SPF record"]),
    ("a name without an address takes nothing", spf("v=spf1 mx a:gone.D/24 -all"), "spf", "warning",
     ["'a:gone.D/24', and gone.D has no address"]),
    ("the domain itself may be one", spf("v=spf1 mx a -all"), "spf", "warning", ["'a', and D has no address"]),
    ("one with an address of IPv6 alone is none", spf("v=spf1 a:six.D. -all") + "six.D. AAAA 2001:db8::1\n", "spf", "ok",
     ["a:six.D."]),
    ("nor is one that is another's name", spf("v=spf1 a:o.D -all") + "o.D. CNAME mailhost.D.\n", "spf", "ok", ["a:o.D"]),
    ("a name without an MX takes nothing by mx", spf("v=spf1 mx:mailhost.D -all"), "spf", "warning",
     ["'mx:mailhost.D', and mailhost.D has no MX"]),
    ("the mx of an include is that name's", spf("v=spf1 include:i.D -all") + 'i.D. TXT "v=spf1 mx -all"\n', "spf", "warning",
     ["'mx' (in the record of i.D), and i.D has no MX"]),
    ("of three such names receivers take nothing at all", spf("v=spf1 mx a:x.D a:y.D mx:z.D -all"), "spf", "warning",
     ["z.D has no MX", "3 names that are not there, and receivers give up at the third"]),
    ("of two they do", spf("v=spf1 a:gone.D mx:z.D a:mailhost.D -all"), "spf", "warning", ["gone.D", "z.D"]),
    *((f"a length behind a name is one: {word}", spf(f"v=spf1 {word} -all"), "spf", "warning", [f"'{word}', where no network's length"])
      for word in ("mx/33", "mx/", "mx//129", "mx/24/64", "mx/024", "a:mailhost.D/x")),
    *((f"everybody may send by {word}", spf(f"v=spf1 {word} -all"), "spf", "warning", [f"'{word}': everybody may send as D"])
      for word in ("mx/0", "a:mailhost.D/24//0")),
    ("lengths are taken", spf("v=spf1 mx/24 a:mailhost.D/32//64 mx//128 ?mx/0 -all"), "spf", "ok", ["mx/24"]),
    ("all has nothing behind it", spf("v=spf1 mx all:x -all"), "spf", "warning", ["no word 'all:x'"]),
    ("what is wrong in an include is told as that one's", spf("v=spf1 include:i.D -all") + 'i.D. TXT "v=spf1 ipv4:1 -all"\n',
     "spf", "warning", ["no word 'ipv4' (in the record of i.D)"]),
    ("of more than ten hosts receivers take none", spf("v=spf1 mx:many.D -all")
     + "".join(f"many.D. MX 10 m{n}.D.\n" for n in range(11)), "spf", "warning", ["many.D has more than 10 MX"]),
    ("a name that the message decides is not asked for", spf("v=spf1 a:%{i}.D mx:%{d}.x -all"), "spf", "ok", ["a:%{i}.D"]),
    ("nor is one behind the all", spf("v=spf1 -all a:gone.D"), "spf", "ok", ["a:gone.D"]),
    *((f"a second {word}= is wrong", spf(f"v=spf1 mx {word}=i.D {word}=i.D") + 'i.D. TXT "v=spf1 -all"\n', "spf", "warning",
       [f"SPF has '{word}=' twice, and receivers take nothing of it"]) for word in ("redirect", "exp")),
    ("a redirect decides", spf("v=spf1 redirect=i.D") + 'i.D. TXT "v=spf1 +all"\n', "spf", "warning", ["+all"]),
    ("macros are not followed", spf("v=spf1 include:%{i}.D exists:%{i}.D -all"), "spf", "ok", ["%{i}"]),
    ("a long record is cut short", spf("v=spf1 " + '" "'.join(["ip4:192.0.2.1 " * 17] * 12) + "-all"), "spf", "ok",
     ["v=spf1 ip4:192.0.2.1 ", " ..."]),
    ("a long word is", spf("v=spf1 " + '" "'.join(["x" * 240] * 9) + " -all"), "spf", "warning",
     ["SPF has no word 'xxx", "xxx ..."]),
    ("many findings are", spf("v=spf1 " + '" "'.join(f"w{n}x{'x' * 60} " for n in range(40)) + "-all"), "spf", "warning",
     ["no word 'w0x", "no word 'w9x", " ..."]),
    ("a text in several strings is one", without("D. TXT") + 'D. TXT "v=spf1 m" "x -all"\n', "spf", "ok",
     ["v=spf1 mx -all"]),

    ("a good key is told by its selector", GOOD, "dkim", "ok", ["sel"]),
    ("a key that is not published", without("sel."), "dkim", "warning",
     ['no key is published: sel._domainkey.D. IN TXT "v=DKIM1; k=rsa; p=..."']),
    ("a key whose name is a CNAME belongs there", without("sel.") + "sel._domainkey.D. CNAME k.other.D.\n", "dkim", "warning",
     ['no key is published: k.other.D. IN TXT "v=DKIM1; k=rsa; p=..."']),
    ("a key that was revoked", dkim('"v=DKIM1; p="'), "dkim", "warning", ["revoked"]),
    ("a record without a key", dkim('"v=DKIM1; k=rsa"'), "dkim", "warning", ["no key (p=)"]),
    ("a key that is no base64", dkim('"v=DKIM1; p=AA!A"'), "dkim", "warning", ["no base64"]),
    ("a short key", dkim(f'"v=DKIM1; p={key(130)}"'), "dkim", "warning", ["too short"]),
    ("a key of Ed25519 is short", dkim(f'"v=DKIM1; k=ed25519; p={"A" * 43}="'), "dkim", "ok", ["sel"]),
    ("a key in several strings", dkim(f'"p={KEY[:100]}" "{KEY[100:]}"'), "dkim", "ok", ["sel"]),
    ("a long key in several strings", dkim(f'"v=DKIM1; p={LONG[:200]}" " {LONG[200:]}"'), "dkim", "ok", ["sel"]),
    ("a key of which the first string alone was published", dkim(f'"v=DKIM1; p={LONG[:236]}"'), "dkim", "warning",
     ["its key (p=) is not whole: publish it whole, in strings of up to 255 bytes"]),
    ("a key with more behind it", dkim(f'"v=DKIM1; p={KEY}AAAA"'), "dkim", "warning", ["not whole"]),
    ("a version that nobody knows", dkim(f'"v=DKIM2; p={KEY}"'), "dkim", "warning", ["not DKIM1", "receivers ignore it"]),
    ("a version in small letters", dkim(f'"v=dkim1; p={KEY}"'), "dkim", "warning", ["not DKIM1"]),
    ("backslashes that belong to the file of a zone", dkim(f'"v=DKIM1\\\\; p={KEY}"'), "dkim", "warning",
     ["v=DKIM1\\\\, and not DKIM1"]),
    ("a kind of key that nobody knows", dkim(f'"v=DKIM1; k=dsa; p={KEY}"'), "dkim", "warning", ["k=dsa", "receivers ignore it"]),
    ("a key that is a test", dkim(f'"v=DKIM1; t=y; p={KEY}"'), "dkim", "warning", ["a test (t=y)"]),
    ("two keys under one name", GOOD + f'sel._domainkey.D. TXT "p={LONG[:200]}" "{LONG[200:]}"\n', "dkim", "warning", ["2 keys"]),

    ("a good DMARC record is told", GOOD, "dmarc", "ok", ["v=DMARC1; p=none"]),
    ("no DMARC record is a warning", without("_dmarc"), "dmarc", "warning",
     ['no DMARC record: _dmarc.D. IN TXT "v=DMARC1; p=none"']),
    ("a policy whose name is a CNAME belongs there", without("_dmarc") + "_dmarc.D. CNAME p.other.D.\n", "dmarc", "warning",
     ['no DMARC record: p.other.D. IN TXT "v=DMARC1; p=none"']),
    ("two of them are", GOOD + '_dmarc.D. TXT "v=DMARC1; p=reject"\n', "dmarc", "warning", ["2 DMARC records"]),
    ("one without a policy is", dmarc("v=DMARC1; rua=mailto:x@D"), "dmarc", "warning", ["no policy"]),
    ("one with an odd policy is", dmarc("v=DMARC1; p=maybe"), "dmarc", "warning", ["no policy"]),
    ("a version in small letters is none", dmarc("v=dmarc1; p=none"), "dmarc", "warning", ["no DMARC record"]),
    ("a version that is not the first word is none", dmarc("p=none; v=DMARC1"), "dmarc", "warning", ["no DMARC record"]),
    ("a version may have blanks", dmarc("v = DMARC1 ; p = none"), "dmarc", "ok", ["p = none"]),

    ("no MTA-STS is none", GOOD, "mta-sts", "none", ["none"]),
    ("one is told with its place", GOOD + f'_mta-sts.D. TXT "v=STSv1; id=1;"\nmta-sts.D. A {HERE}\n', "mta-sts", "ok",
     ["https://mta-sts.D/.well-known/mta-sts.txt"]),
    ("one without a host is a warning", GOOD + '_mta-sts.D. TXT "v=STSv1; id=1;"\n', "mta-sts", "warning",
     ["mta-sts.D, where the policy is fetched, has no address: mta-sts.D. IN A "]),
    ("one without an id is", GOOD + '_mta-sts.D. TXT "v=STSv1"\n', "mta-sts", "warning", ["no id"]),
    *((f"an id has letters and digits alone: {what}", GOOD + f'_mta-sts.D. TXT "v=STSv1; id={id_}"\nmta-sts.D. A {HERE}\n',
       "mta-sts", level, words) for what, id_, level, words in (
           ("a day", "2026-01-01", "warning", ["no id of up to 32 letters and digits"]), ("long", "1" * 33, "warning", ["no id"]),
           ("good", "20260101T000000" + "Z" * 17, "ok", ["https:"]))),
    ("two are", GOOD + '_mta-sts.D. TXT "v=STSv1; id=1"\n_mta-sts.D. TXT "v=STSv1; id=2"\n', "mta-sts", "warning",
     ["2 records"]),

    ("no TLSA is none", GOOD, "tlsa", "none", ["none"]),
    ("without an MX there is nobody to ask for it", without("D. MX"), "tlsa", "none", ["not asked"]),
    ("one is told, and that nobody says that it is signed",
     GOOD + f"_25._tcp.mailhost.D. TLSA 3 1 1 {'ab' * 32}\n", "tlsa", "ok", ["_25._tcp.mailhost.D: 1", "DNSSEC"]),
    *((f"a checksum of {n} bytes is none of kind {kind}", GOOD + f"_25._tcp.mailhost.D. TLSA 3 1 {kind} {'ab' * n}\n",
       "tlsa", "warning", ["1 of 1 records are none that senders know"]) for kind, n in ((1, 2), (1, 64), (2, 32), (1, 33))),
    ("one of SHA-512 is taken", GOOD + f"_25._tcp.mailhost.D. TLSA 3 1 2 {'ab' * 64}\n", "tlsa", "ok", ["mailhost.D: 1"]),
    *((f"one of usage {usage} is none of SMTP", GOOD + f"_25._tcp.mailhost.D. TLSA {usage} 1 1 {'ab' * 32}\n", "tlsa",
       "warning", ["1 of 1 records are none that senders know: write usage 3"]) for usage in (0, 1)),
    ("one of an authority is taken", GOOD + f"_25._tcp.mailhost.D. TLSA 2 0 1 {'ab' * 32}\n", "tlsa", "ok", ["mailhost.D: 1"]),
    ("one of a kind that nobody knows is a warning", GOOD + f"_25._tcp.mailhost.D. TLSA 9 1 1 {'ab' * 32}\n", "tlsa",
     "warning", ["1 of 1 records"]),
]

# Addresses with names of their own: the sentence, their names, the result, words; A is the address.
NAMES = [
    ("a name of the domain is good", ["mailhost.D"], "ok", ["A is mailhost.D"]),
    ("no name is bad", [], "bad", ["A has no name", "REVERSE IN PTR mailhost.D."]),
    ("where the name of an address is a CNAME, its name belongs there", [], "bad", ["IN PTR mailhost.D.", "adds 1.D. IN PTR"]),
    ("the domain itself is bad, because all mail is masqueraded", ["D"], "bad",
     ["the domain itself", "all mail is masqueraded", "REVERSE IN PTR mailhost.D."]),
    ("somebody else's name is bad", ["host.elsewhere.test"], "bad",
     ["no host of D", "REVERSE IN PTR mailhost.D."]),
    ("a name that only ends like it is bad", ["mailhostx-D"], "bad", ["no host of D"]),
    ("two names of the domain are a warning", ["mailhost.D", "www.D"], "warning", ["2 names", "keep one"]),
    ("a name that does not lead back is a warning", ["other.D"], "warning",
     ["other.D does not lead back to A: other.D. IN A A"]),
    ("a name may lead to a hundred other addresses", ["many.D"], "ok", ["A is many.D"]),
]


def of(domain, text):
    """D in it is the domain."""
    return re.sub(r"(?<![A-Z])D(?![A-Z])", domain, text)


def label_of(sentence_):
    return re.sub(r"[^a-z0-9]+", "-", sentence_.lower()).strip("-")[:60].strip("-")


def addresses():
    return {row[0]: f"127.202.{n}.1" for n, row in enumerate(NAMES)}


def records():
    text = "".join(of(f"{label_of(words)}.test", zone) for words, zone, *_ in ROWS)
    for words, names, *_ in NAMES:
        domain, at = f"{label_of(words)}.test", addresses()[words]
        text += f"{domain}. MX 10 mailhost.{domain}.\nmailhost.{domain}. A {at}\n"
        text += "".join(f"{reverse(at)} PTR {of(domain, n)}.\n" for n in names)
        if not names and "CNAME" in words:              # RFC 2317
            text += f"{reverse(at)} CNAME 1.{domain}.\n"
        text += f"many.{domain}. A {at}\n" + many(f"many.{domain}", "192.0.2")
    return text


class Dns(BoxTest):
    turn, server = threading.Lock(), None

    def setUp(self):
        with Dns.turn:                      # tests run beside one another
            if Dns.server is None:
                Dns.server = Named(records())
                atexit.register(Dns.server.stop)
        self.vmail = self.installation()

    def check(self, domain, *args):
        return self.vmail.run("checkvdomain", "--resolver", self.server.where, "--selector", "sel", *args, domain)

    def says(self, domain, step, level, words, *args):
        got = self.check(domain, *args)
        rows = rows_of(got)
        self.assertEqual(rows[step][0], level, got)
        for word in words:
            self.assertIn(of(domain, word), rows[step][1])
        bad = any(level == "bad" for level, _ in rows.values())
        self.assertEqual(got.status, 1 if bad else 0, got)
        return rows

    def test_a_domain_that_does_not_exist_is_told(self):
        self.says("nowhere.test", "mx", "bad", ["the DNS has no domain D", "D. IN MX 10 mailhost.D."])

    def test_a_zone_that_its_server_cannot_load_is_told(self):
        self.says("broken.test", "mx", "bad", ["the name server says SERVFAIL"])

    def test_a_parents_policy_is_the_domains(self):
        domain = f"sub.{label_of('a good DMARC record is told')}.test"
        self.says(domain, "dmarc", "ok", ["v=DMARC1; p=none, of a-good-dmarc"])

    def test_the_pop_host_can_be_named(self):
        domain = f"{label_of('then mail')}.test"
        self.says(domain, "address", "ok", [f"mail.D {HERE}"], "-s", f"mail.{domain}")
        self.says(domain, "address", "ok", [f"mailhost.D {HERE}"], "-s", HERE)
        self.says(domain, "address", "warning", ["mailhost.D ::1"], "-s", "::1")
        self.says(domain, "address", "ok", [f"mail.D {HERE}"], "-s", f"Mail.{domain}.")
        self.says(domain, "address", "bad", ["xn--bcher-kva.test has no address: xn--bcher"], "-s", "bücher.test")
        self.says(domain, "address", "bad", ["gone.test has no address: gone.test. IN A "], "-s", "gone.test")

    def test_every_step_has_one_line_in_the_order_of_the_page(self):
        with open(os.path.join(TREE, "docs", "checkvdomain.8")) as f:
            told = re.findall(r"^\.It Cm (\S+)", f.read(), re.M)
        got = self.check("nowhere.test")
        self.assertEqual([line.split("\t")[0] for line in got.stdout.decode().splitlines()], told)

    def test_where_a_login_tells_the_domain_the_name_only_warns(self):
        for settings, level in (({"domain-from": "login sni"}, "warning"), ({"domain-from": "login address"}, "bad")):
            self.vmail.set(**{k.replace("-", "_"): v for k, v in settings.items()})
            self.says(f"{label_of('no name is bad')}.test", "ptr", level, ["has no name"])

    def test_where_the_file_of_addresses_has_the_domain_the_name_only_warns(self):
        domain = f"{label_of('no name is bad')}.test"
        self.vmail.domain(domain)
        self.says(domain, "ptr", "bad", ["has no name"])
        self.vmail.write("addresses", f"{addresses()['no name is bad']} {domain}\n")
        self.says(domain, "ptr", "warning", ["has no name"])

    def test_an_aliass_address_may_have_the_name_of_its_domain(self):
        domain = f"{label_of('somebody else s name is bad')}.test"
        self.vmail.domain("elsewhere.test")
        os.symlink("domain.elsewhere.test", os.path.join(self.vmail.dir, f"domain.{domain}"))
        self.assertIn("is host.elsewhere.test", rows_of(self.check(domain))["ptr"][1])

    def test_a_domain_in_unicode_is_looked_up_as_it_is_stored(self):
        got = self.check("Bücher.test.")
        self.assertIn("xn--bcher-kva.test", got.stdout.decode())

    def test_a_call_that_is_wrong_is_told(self):
        for args, status, words in (((), 64, "usage: checkvdomain"), (("a", "b"), 64, "one word too many"),
                                    (("--x", "a.test"), 64, "not an option"), (("a.test", "-s"), 64, "needs a value"),
                                    (("a/b",), 65, "not a domain name"), (("--selector", "a b", "a.test"), 65, "selector"),
                                    (("-s", "a b", "a.test"), 65, "-s: 'a b' is neither a host's name nor an address"),
                                    (("-s", "", "a.test"), 65, "neither"), (("-s", "a.test:110", "a.test"), 65, "neither"),
                                    (("-s", "[::1]", "a.test"), 65, "neither"),
                                    (("--resolver", "ns.test", "a.test"), 65, "ADDRESS:PORT"),
                                    (("--resolver", "127.0.0.1:0", "a.test"), 65, "port")):
            got = self.vmail.run("checkvdomain", *args)
            self.assertEqual((got.status, words in got.stderr, got.stdout), (status, True, b""), (args, got))

    def test_help_tells_the_steps(self):
        for name in ("checkvdomain", "testalldomain"):
            got = run(name, "--help")
            self.assertEqual((got.status, got.stderr), (0, ""), got)
            self.assertEqual(re.findall(r"^  (\S+) +\w", got.stdout.decode().split("The steps:")[1], re.M),
                             list(rows_of(self.check("nowhere.test"))))

    def test_a_second_selector_without_a_key_is_not_told_as_one_that_is_well(self):
        domain = f"{label_of('a key that was revoked')}.test"
        rows = self.says(domain, "dkim", "warning", ["sel: its key was revoked", "gone: no key"], "--selector", "gone")
        self.assertNotIn("; gone", rows["dkim"][1].replace("; gone: no key", ""))

    def test_a_selector_that_is_in_use_is_known(self):
        got = rows_of(self.vmail.run("checkvdomain", "--resolver", self.server.where, "nowhere.test"))
        self.assertEqual(got["dkim"][0], "none")
        self.assertIn("name one: --selector", got["dkim"][1])


def row(words, zone, step, level, found):
    return lambda self: self.says(f"{label_of(words)}.test", step, level, found)


def name_row(words, names, level, found):
    at = addresses()[words]
    return lambda self: self.says(f"{label_of(words)}.test", "ptr", level, [
        re.sub(r"\bA\b", at, w.replace("REVERSE", reverse(at)).replace("IN A A", f"IN \1 {at}")).replace("\1", "A")
        for w in found])


for rows, made in ((ROWS, row), (NAMES, name_row)):
    for one in rows:
        test = made(*one)
        test.__doc__ = f"{one[2] if made is row else 'ptr'}: {one[0]}"
        setattr(Dns, "test_" + re.sub(r"\W+", "_", f"{one[2] if made is row else 'ptr'} {one[0]}"), test)


if __name__ == "__main__":
    main(beside=4)
