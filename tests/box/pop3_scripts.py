r"""pop3_scripts.py: conversations, line by line, that hold in plain text and under TLS, however they are cut.

Each is (name, text), or (name, text, ways): PLAIN alone, or SECRET alone, where it is about that.
pop3_script_test.py has them all; a name begins with what asks for it.  Lines of a text:

    > STAT              the client says it, with CRLF
    >! STAT             the same, after it has read all replies so far: a client may not send
                        it together with what comes before
    >| STA              these bytes, without CRLF; \r, \x00 and the like are bytes in all three
    +                   a positive reply
    -                   a negative one without a response code: no other text begins with [
    -[AUTH]             a negative one with this code
    = +OK 3 79          exactly this line
    ~ [0-9]+            a line that the whole pattern matches
    ...                 lines up to the one with the dot
    TLS                 the handshake
    END                 the server has nothing more to say, and ends the connection

Before a text is the greeting; behind it, unless it has ended, QUIT.  INSIDE begins with a login.
$joe is the login, whose mailbox holds ONE, TWO and TWO's twin; $PASSWORD its password, $LOGIN64,
$PASS64 and $PLAIN64 what AUTH wants for them; filled() of pop3_script_test.py has some more.  Accounts
that several conversations would use have $way in their names.
"""
import base64

from pop3 import PASSWORD, mbox

PLAIN, SECRET = "plain", "secret"
ONE = b"Subject: one\n\nfirst\n.dot\nlast\n"             # 35 octets
TWO = b"Subject: two\n\nbody\n"                          # 22
MAILBOX = mbox(ONE, TWO) + mbox(ONE, TWO)[len(mbox(ONE)):]
WORDS = {"+": r"\+OK( .*)?", "-": r"-ERR( [^\[].*)?"}
LOGIN = "> USER $joe\n+\n> PASS $PASSWORD\n= +OK 3 messages\n"


def b64(text):
    return base64.b64encode(text.encode("latin-1")).decode()


def refused(*lines, words="-"):
    """Each of them is, and the session goes on."""
    return "".join(f"> {line}\n{words}\n" for line in lines)


def numbers(*commands):
    """What is no number of a message."""
    wrong = ["0", "4", "999", "-1", "+1", "0x1", "1e0", "1.0", "one", "1,", "4294967297", "18446744073709551617",
             "9" * 100, r"1\x00", r"\xb1", r"\xd9\xa1"]
    return refused(*(c.replace("N", w) for c in commands for w in wrong), words="= -ERR no such message")


LIST = "> LIST\n+\n= 1 35\n= 2 22\n= 3 22\n= .\n"
UIDL = "> UIDL\n+\n~ 1 [!-~]{1,70}\n~ 2 [!-~]{1,70}\n~ 3 [!-~]{1,70}\n= .\n"
CAPABILITIES = ["TOP", "USER", "SASL PLAIN LOGIN", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "UTF8", "LANG",
                "EXPIRE NEVER", "STLS", "IMPLEMENTATION vmail-0.1"]


def capabilities(*left_out):
    return "> CAPA\n+\n" + "".join(f"~ {c}\n" for c in CAPABILITIES if c not in left_out) + "= .\n"


LANGUAGES = """
    > LANG
    +
    = en English
    = i-default English (RFC 2277)
    = .
    > LANG *
    = +OK en replies are English
    > lang EN
    = +OK en replies are English
    > LANG en-GB-oxendict
    = +OK en replies are English
    > LANG i-default
    = +OK i-default replies are English
""" + refused("LANG de", "LANG eng", "LANG -", "LANG en de")

# --- before login --------------------------------------------------------------

BEFORE = [
    ("RFC 1939, 3: a command is known in any case of letters", """
        > uSeR $joe
        +
        > pAsS $PASSWORD
        = +OK 3 messages
        > sTaT
        = +OK 3 79
        > rEtR 2
        +
        ...
        > cApA
        +
        ...
    """),
    ("RFC 1939, 3: what is unknown, not implemented or malformed is refused",
     refused("XYZZY", "XTND XMIT", "APOP joe c4c9334bac560ecc979e58001b3e22fb", "RPOP joe", "USE", "USERX joe", "HELP",
             "GET / HTTP/1.0", "STLS now", "CAPA x", "QUIT now", "UTF8 USER", "LANG en de", "USER", "PASS")),
    ("RFC 1939, 3: what belongs behind the login is refused before it",
     refused("STAT", "LIST", "LIST 1", "RETR 1", "DELE 1", "NOOP", "RSET", "TOP 1 0", "UIDL", "UIDL 1", "LAST",
             words="= -ERR not a command before login")),
    ("RFC 1939, 3: an argument of 40 characters, and RFC 2449, 4: a line of 255 octets", f"""
        > USER {'a' * 33}@a.test
        +
        > USER {'a' * 241}@a.test
        +
    """),
    ("RFC 1939, 4: QUIT before login ends it with the name of the greeting", """
        > QUIT
        = +OK Virtual a.test POP3 Server (Version 0.1) shutdown.
        END
    """),
    ("RFC 1939, 4: nothing behind QUIT is answered", "> QUIT\n+\nEND\n> STAT\n", PLAIN),
    ("RFC 1939, 7: USER and PASS open the mailbox", LOGIN),
    ("RFC 1939, 7: PASS needs a USER", refused("PASS $PASSWORD", words="= -ERR USER first") + LOGIN),
    ("RFC 1939, 7: the last of several USERs counts", "> USER nobody\n+\n" + LOGIN),
    ("RFC 1939, 7: a USER that is malformed changes nothing", "> USER\n-\n" + LOGIN),
    ("RFC 1939, 7: after a failed PASS comes a USER again", """
        > USER $joe
        +
        > PASS wrong
        -[AUTH]
        > PASS $PASSWORD
        -
    """ + LOGIN),
    ("RFC 1939, 7: blanks are part of the password", """
        > USER blank$way
        +
        > PASS   two  blanks\x20\x20
        = +OK 0 messages
    """),
    ("RFC 1939, 7: a blank too many makes another password", """
        > USER $joe
        +
        > PASS $PASSWORD\x20
        -[AUTH]
    """),
    ("RFC 3206: a wrong password", "> USER $joe\n+\n> PASS wrong\n= -ERR [AUTH] login or password wrong\n"),
    ("RFC 3206: an account that is not there", "> USER no$joe@a.test\n+\n> PASS x\n= -ERR [AUTH] login or password wrong\n"),
    ("RFC 3206: a domain that is not there", "> USER $joe@no.test\n+\n> PASS x\n= -ERR [AUTH] login or password wrong\n"),
    ("RFC 3206: a locked account", "> USER locked$way\n+\n> PASS $PASSWORD\n= -ERR [AUTH] login or password wrong\n"),
    ("RFC 3206: a mailbox that needs a human", "> USER joe@shut.test\n+\n> PASS $PASSWORD\n-[SYS/PERM]\n" + LOGIN),
    ("RFC 3206: a domain that is broken", "> USER joe@broken.test\n+\n> PASS $PASSWORD\n-[SYS/TEMP]\n" + LOGIN),
    ("RFC 2449: CAPA before login, in plain text", capabilities(), PLAIN),
    ("RFC 2595, 4: STLS is not listed under TLS", capabilities("STLS"), SECRET),
    ("RFC 2449: what CAPA lists is the same after login but for STLS", capabilities() + LOGIN + capabilities("STLS"), PLAIN),
    ("RFC 2449: under TLS it is the same", capabilities("STLS") + LOGIN + capabilities("STLS"), SECRET),
    ("CAPA between USER and PASS does no harm", "> USER $joe\n+\n> CAPA\n+\n...\n> PASS $PASSWORD\n= +OK 3 messages\n"),
    ("RFC 6856, 2: UTF8 before login, twice", "> UTF8\n+\n> utf8\n+\n" + LOGIN),
    ("RFC 6856, 2: UTF8 has no argument", refused("UTF8 ", "UTF8 USER", "UTF8 x")),
    ("RFC 6856, 3: LANG before login", LANGUAGES),
    ("RFC 6856, 2: a login in UTF-8", "> UTF8\n+\n> USER j\\xc3\\xb6rg$way\n+\n> PASS gr\\xc3\\xbcn\n= +OK 0 messages\n"),

    ("what is no text is refused", refused(r"\x00", r"US\x00ER joe", r"\xff\xfe", r"USER\tjoe", r"\x1b[A", r"\r", r"\r\r",
                                          r"USER \x00", "", " ", "   ", " USER joe", "USER  joe", "USER joe ", "USER a b")
     .replace("> USER \\x00\n-", "> USER \\x00\n+")),
    ("a bare line feed ends a line", r">| USER $joe\nPASS $PASSWORD\nSTAT\n" + "\n+\n= +OK 3 messages\n= +OK 3 79\n"),
    ("a bare CR ends none", r">| USER $joe\rSTAT" + "\n> \n+\n"),
    ("any name may be typed at USER", "".join(f"> USER {name}\n+\n" for name in (
        "a@b@c", "a%b", "a%b@a.test", "a/b", "../root", "../../etc/passwd@a.test", "-f@a.test", "@", "%", "@a.test", "joe@",
        r"\xff", "%n%s", "$(id)", "files", ".hidden@a.test", "x" * 300, "x" * 3000, "a@" + "b" * 300))),
    ("a name that nobody can have is a wrong login", "> USER ../$joe\n+\n> PASS $PASSWORD\n-[AUTH]\n"),
    ("a password of 3,000 bytes is wrong", f"> USER $joe\n+\n> PASS {'x' * 3000}\n-[AUTH]\n"),
    ("lines of 253 bytes to 4,093 are refused", refused(*("x" * n for n in (253, 254, 255, 256, 510, 511, 1000, 4093)))),
    ("a line beyond 4 kB ends it before login", f">| {'x' * 4096}\n= -ERR line too long\nEND\n"),
    ("twenty wrong commands end it before login", refused(*["FOO"] * 20) + "END\n"),
    ("wrong commands before it change no login", refused(*["FOO"] * 19) + LOGIN + refused(*["FOO"] * 30)),
    ("a domain that wants TLS takes no password in plain text",
     "> USER joe$way@secret.test\n+\n> PASS $PASSWORD\n-[SYS/PERM]\n" + LOGIN, PLAIN),
    ("a domain that wants TLS takes it there", "> USER joe$way@secret.test\n+\n> PASS $PASSWORD\n= +OK 0 messages\n", SECRET),
    ("the domain of a login, in its spellings", "> USER JOE%MAIL.shut.test.\n+\n> PASS $PASSWORD\n-[SYS/PERM]\n"),

    # Nothing can be sent together with STLS but what comes before it.
    ("RFC 2595, 4: STLS begins TLS, and nothing is remembered", """
        > USER $joe
        +
        > STLS
        +
        TLS
        > PASS $PASSWORD
        -
        > CAPA
        +
        ...
        > STLS
        -
    """ + LOGIN + refused("STLS"), PLAIN),
    ("RFC 2595, 4: STLS is not there after login", LOGIN + refused("STLS", "STLS x"), PLAIN),
    ("RFC 2595, 4: STLS is not there under TLS", refused("STLS", "STLS x") + LOGIN + refused("STLS"), SECRET),
    ("RFC 2595, 4: STLS has no argument", refused("STLS x", "STLS ", "STLSX") + "> STLS\n+\nTLS\n" + LOGIN, PLAIN),
    ("RFC 6856, 2: STLS after UTF8", "> UTF8\n+\n> STLS\n+\nTLS\n" + LOGIN, PLAIN),

    # AUTH: a client has to wait for each challenge.
    ("RFC 5034, 4: PLAIN with its response", "> AUTH PLAIN $PLAIN64\n= +OK 3 messages\n"),
    ("RFC 5034, 4: PLAIN without", "> AUTH PLAIN\n= + \n>! $PLAIN64\n= +OK 3 messages\n"),
    ("RFC 5034, 4: PLAIN without, by a client that does not wait", "> AUTH PLAIN\n= + \n> $PLAIN64\n= +OK 3 messages\n"),
    ("RFC 5034, 4: a mechanism in any case of letters", "> aUtH pLaIn $PLAIN64\n= +OK 3 messages\n"),
    ("RFC 5034, 4: LOGIN", "> AUTH LOGIN\n= + VXNlcm5hbWU6\n>! $LOGIN64\n= + UGFzc3dvcmQ6\n>! $PASS64\n= +OK 3 messages\n"),
    ("RFC 5034, 4: LOGIN with the login at once",
     "> AUTH LOGIN $LOGIN64\n= + UGFzc3dvcmQ6\n>! $PASS64\n= +OK 3 messages\n"),
    ("RFC 5034, 4: a star cancels, wherever it stands", """
        > AUTH PLAIN
        = +\x20
        >! *
        = -ERR AUTH was cancelled
        > AUTH LOGIN
        ~ \\+ .*
        >! *
        = -ERR AUTH was cancelled
        > AUTH LOGIN
        ~ \\+ .*
        >! $LOGIN64
        ~ \\+ .*
        >! *
        = -ERR AUTH was cancelled
        > AUTH PLAIN *
        -
    """ + LOGIN),
    ("RFC 5034, 4: an equals sign is an empty initial response, which no mechanism takes here",
     "> AUTH PLAIN =\n= -ERR not a response of this mechanism in base64\n> AUTH LOGIN =\n= + UGFzc3dvcmQ6\n>! *\n-\n"),
    ("RFC 5034, 4: as a later response it is no base64, and an empty line is an empty response",
     "> AUTH PLAIN\n= + \n>! =\n-\n> AUTH PLAIN\n= + \n>! \n-\n" + LOGIN),
    ("RFC 5034, 4: what is no base64 is refused",
     refused("AUTH PLAIN $PLAIN64!", "AUTH PLAIN AA==AAAA", "AUTH PLAIN A", "AUTH PLAIN AA=", "AUTH PLAIN AAA",
             "AUTH PLAIN ====", r"AUTH PLAIN \xff\xff\xff\xff", "AUTH PLAIN AAAA-_==") + LOGIN),
    ("RFC 5034, 4: neither is a response with blanks or a NUL",
     "> AUTH PLAIN\n= + \n>! $PLAIN64 \n-\n> AUTH PLAIN\n= + \n>! \\x00\n-\n> AUTH PLAIN\n= + \n>!  $PLAIN64\n-\n"
     "> AUTH PLAIN\n= + \n>! AAAA AAAA\n-\n" + LOGIN),
    ("RFC 5034, 4: a response of 12,288 bytes is looked at",
     "> AUTH PLAIN\n= + \n>! $LONG64\n-[AUTH]\n> AUTH PLAIN $PLAIN64\n+\n"),
    ("RFC 5034, 4: one beyond 16 kB ends it", f"> AUTH PLAIN\n= + \n>!| {'A' * 16384}\n= -ERR line too long\nEND\n"),
    ("RFC 5034, 4: a mechanism that is not there, or none",
     refused("AUTH CRAM-MD5", "AUTH EXTERNAL $PLAIN64", words="= -ERR no such mechanism")
     + refused("AUTH", "AUTH ", "AUTH PLAIN ", "AUTH PLAIN  $PLAIN64", "AUTH PLAIN $PLAIN64 x",
               "AUTH PLAIN-CLIENTTOKEN", "AUTH \\x00") + LOGIN),
    ("RFC 5034, 4: a USER before it does not matter, nor does one that was cancelled",
     "> USER other\n+\n> AUTH PLAIN\n= + \n>! *\n-\n> USER other\n+\n> AUTH PLAIN $PLAIN64\n= +OK 3 messages\n"),
    ("RFC 5034, 4: after it no second one", "> AUTH PLAIN $PLAIN64\n+\n" + refused("AUTH PLAIN $PLAIN64", "AUTH LOGIN", "AUTH")
     + "> STAT\n= +OK 3 79\n"),
    ("RFC 5034, 4: a refused one forgets the USER before it", "> USER $joe\n+\n> AUTH PLAIN =\n-\n> PASS $PASSWORD\n-\n"),
    ("RFC 5034: AUTH that fails is answered like PASS", "> AUTH PLAIN $WRONG64\n"
     "= -ERR [AUTH] login or password wrong\n> AUTH PLAIN $PLAIN64\n= +OK 3 messages\n"),
    ("RFC 4616, 2: as oneself", "> AUTH PLAIN $ME64\n= +OK 3 messages\n"),
    ("RFC 4616, 2: as oneself in another spelling", "> AUTH PLAIN $SELF64\n= +OK 3 messages\n"),
    ("RFC 4616, 2: as somebody else, who granted nothing", "> AUTH PLAIN $OTHER64\n= -ERR [AUTH] login or password wrong\n"),
    ("RFC 4616, 2: two NULs, neither less nor more",
     refused(*(f"AUTH PLAIN {b64(t)}" for t in ("", "joe", "\0joe", "\0joe\0word\0", "\0\0\0", "a\0b\0c\0d")))),
    ("AUTH where its domain wants TLS is refused in plain text", "> AUTH PLAIN $SECRET64\n-[SYS/PERM]\n" + LOGIN, PLAIN),
    ("what is malformed at AUTH counts as a wrong command", refused(*["AUTH PLAIN =", "FOO"] * 10) + "END\n"),
]

# --- after login ---------------------------------------------------------------

INSIDE = [
    ("RFC 1939, 3: what is unknown, not implemented or malformed is refused after login, too",
     refused("XYZZY", "XTND XMIT", "HELP", "STA", "STATX", " STAT", "", " ", r"\x00", r"STAT\x00", r"\xff", "x" * 255,
             "x" * 256, "x" * 4093) + "> STAT\n= +OK 3 79\n"),
    ("RFC 1939, 3: what belongs before the login is refused after it",
     refused("USER $joe", "PASS $PASSWORD", "APOP a b", "AUTH PLAIN", "AUTH PLAIN $PLAIN64", "STLS", "UTF8",
             words="= -ERR not a command now, or not with these arguments")),
    ("RFC 1939, 5: an argument too many or too few is refused",
     refused("STAT 1", "STAT ", "LIST 1 2", "LIST ", "LIST  1", "RETR", "RETR 1 2", "RETR  1", "RETR 1 ", "DELE", "DELE 1 2",
             "NOOP x", "NOOP ", "RSET x", "LAST x", "TOP", "TOP 1", "TOP 1 0 0", "TOP  1 0", "TOP 1  0", "UIDL 1 2", "UIDL ",
             "CAPA x", "QUIT x", "QUIT ") + "> STAT\n= +OK 3 79\n"),
    ("RFC 1939, 4: messages are numbered from 1 in decimal, and all else is no number", numbers("LIST N", "RETR N", "DELE N",
     "UIDL N", "TOP N 0") + "> STAT\n= +OK 3 79\n"),
    ("RFC 1939, 5: STAT tells number and octets", "> STAT\n= +OK 3 79\n"),
    ("RFC 1939, 5: LIST tells each message or one", LIST + "> LIST 1\n= +OK 1 35\n> LIST 3\n= +OK 3 22\n"),
    ("RFC 1939, 5: RETR sends all of it, dots stuffed, in the octets that LIST told", """
        > RETR 1
        +
        = Subject: one
        =
        = first
        = ..dot
        = last
        = .
        > RETR 2
        +
        = Subject: two
        =
        = body
        = .
    """),
    ("RFC 1939, 5: DELE marks, and a marked one is not there", "> DELE 2\n+\n" + refused(
        "DELE 2", "RETR 2", "LIST 2", "UIDL 2", "TOP 2 0", words="= -ERR message 2 is deleted") + """
        > STAT
        = +OK 2 57
        > LIST
        +
        = 1 35
        = 3 22
        = .
        > UIDL
        +
        ~ 1 .*
        ~ 3 .*
        = .
        > RETR 3
        +
        ...
    """),
    ("RFC 1939, 5: all may be marked", """
        > DELE 1
        +
        > DELE 2
        +
        > DELE 3
        +
        > STAT
        = +OK 0 0
        > LIST
        +
        = .
        > UIDL
        +
        = .
    """),
    ("RFC 1939, 5: NOOP does nothing", "> NOOP\n+\n> STAT\n= +OK 3 79\n"),
    ("RFC 1939, 5: RSET unmarks", "> DELE 1\n+\n> DELE 3\n+\n> RSET\n+\n> STAT\n= +OK 3 79\n> DELE 1\n+\n> RSET\n+\n" + LIST),
    ("RFC 1939, 6: QUIT with marks says farewell", """
        > DELE 1
        +
        > QUIT
        = +OK Virtual a.test POP3 Server (Version 0.1) shutdown.
        END
    """),
    ("RFC 1939, 7: TOP sends the header, the empty line and so many lines", """
        > TOP 1 0
        +
        = Subject: one
        =
        = .
        > TOP 1 1
        +
        = Subject: one
        =
        = first
        = .
        > TOP 1 2
        +
        = Subject: one
        =
        = first
        = ..dot
        = .
    """),
    ("RFC 1939, 7: TOP with more lines than there are sends all", """
        > TOP 2 1
        +
        = Subject: two
        =
        = body
        = .
        > TOP 2 99999999999
        +
        = Subject: two
        =
        = body
        = .
    """),
    ("RFC 1939, 7: TOP needs a number of lines",
     refused("TOP 1 -1", "TOP 1 +1", "TOP 1 x", "TOP 1 0x1", "TOP 1 99999999999999999999", r"TOP 1 \x00", "TOP 0 0")),
    ("RFC 1939, 7: UIDL tells each message or one, and twins differ", UIDL + """
        > UIDL 2
        ~ \\+OK 2 [!-~]{1,70}
        > DELE 1
        +
        > UIDL
        +
        ~ 2 [!-~]{1,70}
        ~ 3 [!-~]{1,70}
        = .
    """),
    ("RFC 1460: LAST is the highest that was retrieved or marked", """
        > LAST
        = +OK 0
        > TOP 3 1
        +
        ...
        > LAST
        = +OK 0
        > RETR 2
        +
        ...
        > LAST
        = +OK 2
        > RETR 1
        +
        ...
        > LAST
        = +OK 2
        > DELE 3
        +
        > LAST
        = +OK 3
        > RSET
        +
        > LAST
        = +OK 0
    """),
    ("RFC 2449, 6.6: a thousand commands are answered in their order", "".join(
        f"> LIST {i % 4}\n" + ("-", "= +OK 1 35", "= +OK 2 22", "= +OK 3 22")[i % 4] + "\n" for i in range(1000))),
    ("RFC 6856, 2: UTF8 after login is refused, in every spelling", refused("UTF8", "utf8", "UTF8 USER")),
    ("RFC 6856, 3: LANG after login", LANGUAGES),
    ("a line of 4 kB and more is refused once, and the session goes on",
     f"> {'x' * 4096}\n= -ERR line too long\n> STAT\n= +OK 3 79\n> {'x' * 70000}\n= -ERR line too long\n> STAT\n= +OK 3 79\n"),
    ("a line of a million bytes is refused", f"> {'x' * 1000000}\n= -ERR line too long\n> STAT\n= +OK 3 79\n"),
    ("wrong arguments of 600 bytes are answered in less than 512",
     refused(*(f"{c} {'9' * 600}" for c in ("LIST", "RETR", "DELE", "UIDL", "NOOP", "FOO", "LANG")))),
    ("a line that never ends is no command", ">| DELE 1\nSHUT\nEND\n", PLAIN),
    ("a QUIT that never ends is none", "> DELE 1\n+\n>| QUIT\nSHUT\nEND\n", PLAIN),
]
INSIDE = [(name, LOGIN + text, *ways) for name, text, *ways in INSIDE]
