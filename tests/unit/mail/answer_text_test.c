/* answer_text_test.c: the text of an automatic answer, and what becomes of
 * it. */
#include "../unit.h"

#include <string.h>

#include "answer_parse.h"
#include "field.h"
#include "scope.h"

#define TOP	"Date: Sat, 28 Nov 2026 12:00:00 +0000\n" \
		"Message-ID: <000000000000002a.1795867200@a.test>\n"
#define FROM	"From: \"Joe A. User\" <joe@a.test>\n"
#define TO	"To: ann@far.test\n"
#define AUTO	"Auto-Submitted: auto-replied (vacation)\n" \
		"X-Auto-Response-Suppress: All\n"
#define UTF8	"MIME-Version: 1.0\n" \
		"Content-Type: text/plain; charset=UTF-8\n" \
		"Content-Transfer-Encoding: quoted-printable\n"
#define PLAIN8	"Content-Type: text/plain; charset=UTF-8\n" \
		"MIME-Version: 1.0\n" \
		"Content-Transfer-Encoding: quoted-printable\n"

static const struct row {
	const char	*name;
	const char	*text, *message;
	const char	*wanted;
} rows[] = {
	{ "a text with subject and body", "Subject: away\n\nhi\n", "",
	  TOP FROM TO "Subject: away\n" AUTO "\nhi\n" },
	{ "without a header", "\nhi\n", "",
	  TOP FROM TO "Subject: Auto: your message\n" AUTO "\nhi\n" },
	{ "without a header, and no empty line", "I am away.\n", "",
	  TOP FROM TO "Subject: Auto: your message\n" AUTO
	  "\nI am away.\n" },
	{ "an empty text", "", "",
	  TOP FROM TO "Subject: Auto: your message\n" AUTO "\n" },
	{ "no last line end", "Subject: x\n\nhi", "",
	  TOP FROM TO "Subject: x\n" AUTO "\nhi\n" },
	{ "CRLF", "Subject: x\r\n\r\nhi\r\n", "",
	  TOP FROM TO "Subject: x\n" AUTO "\nhi\n" },
	{ "the subject that is answered, where the text has none", "\nhi\n",
	  "Subject: lunch\n", TOP FROM TO "Subject: Auto: lunch\n" AUTO
	  "\nhi\n" },
	{ "$SUBJECT in subject and body",
	  "Subject: Re: $SUBJECT\n\n\"$SUBJECT\" $SUBJECTS $ $$SUBJECT\n",
	  "Subject: lunch\n", TOP FROM TO "Subject: Re: lunch\n" AUTO
	  "\n\"lunch\" lunchS $ $lunch\n" },
	{ "$SUBJECT is not expanded twice", "\n$SUBJECT\n",
	  "Subject: $SUBJECT\n", TOP FROM TO "Subject: Auto: $SUBJECT\n" AUTO
	  "\n$SUBJECT\n" },
	{ "a line end in the subject that is answered makes no field",
	  "Subject: $SUBJECT\n\nx\n",
	  "Subject: =?utf-8?Q?a=0ABcc:_evil@x.test=0A=0A?=\n",
	  TOP FROM TO "Subject: a Bcc: evil@x.test\n" AUTO "\nx\n" },
	{ "From", "From: Joe <info@a.test>\n\nx\n", "",
	  TOP "From: Joe <info@a.test>\n" TO "Subject: Auto: your message\n"
	  AUTO "\nx\n" },
	{ "a name in From beyond ASCII",
	  "From: J\xC3\xB6 <joe@a.test>\n\nx\n", "",
	  TOP "From: =?UTF-8?B?SsO2?=\n <joe@a.test>\n" TO
	  "Subject: Auto: your message\n" AUTO "\nx\n" },
	{ "an encoded comma in From's name makes no second address",
	  "From: =?utf-8?q?boss=40bank.test=2C?= <joe@a.test>\n\nx\n", "",
	  TOP "From: \"boss@bank.test,\" <joe@a.test>\n" TO
	  "Subject: Auto: your message\n" AUTO "\nx\n" },
	{ "encoded quotes and brackets in From's name are escaped",
	  "From: =?utf-8?q?=22=3Cboss=40bank.test=3E=5C?= <joe@a.test>\n\nx\n",
	  "", TOP "From: \"\\\"<boss@bank.test>\\\\\" <joe@a.test>\n" TO
	  "Subject: Auto: your message\n" AUTO "\nx\n" },
	{ "a name in From that is encoded twice stays encoded",
	  "From: =?utf-8?q?=3D=3Futf-8=3Fq=3Fboss=40bank.test=2C=3F=3D?="
	  " <joe@a.test>\n\nx\n", "",
	  TOP "From: =?UTF-8?B?PT91dGYtOD9xP2Jvc3NAYmFuay50ZXN0LD89?=\n"
	  " <joe@a.test>\n" TO
	  "Subject: Auto: your message\n" AUTO "\nx\n" },
	{ "a quoted name in From", "From: \"User, Joe\" <joe@a.test>\n\nx\n",
	  "", TOP "From: \"User, Joe\" <joe@a.test>\n" TO
	  "Subject: Auto: your message\n" AUTO "\nx\n" },
	{ "an encoded comma in Reply-To makes no second address",
	  "Reply-To: =?utf-8?q?boss=40bank.test=2C?= <eve@a.test>\n\nx\n", "",
	  TOP FROM TO "Subject: Auto: your message\n"
	  "Reply-To: \"boss@bank.test,\" <eve@a.test>\n" AUTO "\nx\n" },
	{ "of two addresses in From the first",
	  "From: info@a.test, evil@x.test\n\nx\n", "",
	  TOP "From: info@a.test\n" TO "Subject: Auto: your message\n" AUTO
	  "\nx\n" },
	{ "a From that is none", "From: nobody\n\nx\n", "",
	  TOP FROM TO "Subject: Auto: your message\n" AUTO "\nx\n" },
	{ "a From with a control character", "From: J <<j\x01.oe@a.test>\n\nx\n",
	  "", TOP FROM TO "Subject: Auto: your message\n" AUTO "\nx\n" },
	{ "a From with a name that is no phrase",
	  "From: a:b;, <joe@a.test>\n\nx\n", "",
	  TOP FROM TO "Subject: Auto: your message\n" AUTO "\nx\n" },
	{ "Reply-To", "Reply-To: Eve <eve@a.test>,\n  x@y.test\n\nx\n", "",
	  TOP FROM TO "Subject: Auto: your message\n"
	  "Reply-To: Eve <eve@a.test>,\n x@y.test\n" AUTO "\nx\n" },
	{ "To, Cc, Bcc, Sender, Return-Path and the like are left out",
	  "To: a@x.test\nCc: b@x.test\nBcc: c@x.test\nSender: d@x.test\n"
	  "Return-Path: <e@x.test>\nResent-To: f@x.test\nDate: now\n"
	  "Message-ID: <1@x>\nAuto-Submitted: no\nContent-Length: 3\n"
	  "X-Evil: yes\nList-Id: <x>\nReceived: x\nDelivered-To: y\n\nx\n",
	  "", TOP FROM TO "Subject: Auto: your message\n" AUTO "\nx\n" },
	{ "the Vacation- lines are not sent",
	  "Vacation-Start: 2026-01-01\nVacation-End: 2026-12-31\n"
	  "Vacation-Days: 3\n\nx\n", "",
	  TOP FROM TO "Subject: Auto: your message\n" AUTO "\nx\n" },
	{ "In-Reply-To and References", "\nx\n", "Message-ID: <m1@far.test>\n",
	  TOP FROM TO "Subject: Auto: your message\n"
	  "In-Reply-To: <m1@far.test>\nReferences: <m1@far.test>\n" AUTO
	  "\nx\n" },
	{ "References are extended", "\nx\n",
	  "Message-ID: <m3@far.test>\nReferences: <m1@far.test>\n"
	  " <m2@a.test>\nIn-Reply-To: <m2@a.test>\n",
	  TOP FROM TO "Subject: Auto: your message\n"
	  "In-Reply-To: <m3@far.test>\nReferences: <m1@far.test>\n"
	  " <m2@a.test>\n <m3@far.test>\n" AUTO "\nx\n" },
	{ "In-Reply-To stands in for References", "\nx\n",
	  "Message-ID: <m3@far.test>\nIn-Reply-To: <m2@a.test> (x)\n",
	  TOP FROM TO "Subject: Auto: your message\n"
	  "In-Reply-To: <m3@far.test>\nReferences: <m2@a.test>\n"
	  " <m3@far.test>\n" AUTO "\nx\n" },
	{ "what is no message id is not copied", "\nx\n",
	  "Message-ID: <m 3@far.test> <\x01@x>\nReferences: <a> evil <b@c\n",
	  TOP FROM TO "Subject: Auto: your message\n" AUTO "\nx\n" },
	{ "UTF-8 in the body", "Subject: x\n\nGr\xC3\xBC\xC3\x9F" "e = \n",
	  "", TOP FROM TO "Subject: x\n" AUTO UTF8
	  "\nGr=C3=BC=C3=9Fe =3D=20\n" },
	{ "Latin-1 in the body", "Subject: x\n\nGr\xFC\xDF" "e\n",
	  "", TOP FROM TO "Subject: x\n" AUTO UTF8 "\nGr=C3=BC=C3=9Fe\n" },
	{ "UTF-8 in the subject of the text", "Subject: Gr\xC3\xBC\n\nx\n",
	  "", TOP FROM TO "Subject: =?UTF-8?B?R3LDvA==?=\n" AUTO "\nx\n" },
	{ "UTF-8 in the subject that is answered",
	  "Subject: x\n\n$SUBJECT\n", "Subject: =?iso-8859-1?Q?Gr=FC?=\n",
	  TOP FROM TO "Subject: x\n" AUTO UTF8 "\nGr=C3=BC\n" },
	{ "a plain text that names Latin-1 is sent in UTF-8",
	  "Subject: x\nMIME-Version: 1.0\n"
	  "Content-Type: text/plain; charset=ISO-8859-1\n\nGr\xFC\n", "",
	  TOP FROM TO "Subject: x\n" AUTO PLAIN8 "\nGr=C3=BC\n" },
	{ "a text without a charset says UTF-8 if it is",
	  "Subject: x\nContent-Type: text/plain\n\nGr\xC3\xBC\n", "",
	  TOP FROM TO "Subject: x\n" AUTO PLAIN8 "\nGr=C3=BC\n" },
	{ "HTML without a charset says UTF-8 if it is, and keeps the rest",
	  "Subject: x\nContent-Type: text/html; a=\"b;c\";\n d=e\n\n"
	  "<b>\xC3\xBC\n", "",
	  TOP FROM TO "Subject: x\n" AUTO
	  "Content-Type: text/html; charset=UTF-8;\n a=\"b;c\";\n d=e\n"
	  "MIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n"
	  "\n<b>=C3=BC\n" },
	{ "a text in ASCII becomes UTF-8 with a subject that is not",
	  "Subject: x\nContent-Type: text/plain; charset=us-ascii\n\n"
	  "$SUBJECT\n", "Subject: =?iso-8859-1?Q?Gr=FC=DFe?=\n",
	  TOP FROM TO "Subject: x\n" AUTO PLAIN8
	  "\nGr=C3=BC=C3=9Fe\n" },
	{ "a parameter that only ends in charset is none",
	  "Subject: x\nContent-Type: text/plain; x-charset=utf-8\n\n"
	  "\xC3\xBC\n", "", TOP FROM TO "Subject: x\n" AUTO
	  "Content-Type: text/plain; charset=UTF-8;\n x-charset=utf-8\n"
	  "MIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n"
	  "\n=C3=BC\n" },
	{ "a charset with blanks and quotes",
	  "Subject: x\nContent-Type: text/plain; CharSet = \"UTF-8\"\n\n"
	  "\xC3\xBC\n", "", TOP FROM TO "Subject: x\n" AUTO
	  "Content-Type: text/plain; CharSet = \"UTF-8\"\n"
	  "MIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n"
	  "\n=C3=BC\n" },
	{ "a multipart text with 8 bits that says so",
	  "Subject: x\nContent-Type: multipart/mixed; boundary=b\n"
	  "Content-Transfer-Encoding: 8bit\n\n--b\n\n\xC3\xBC\n--b--\n",
	  "", TOP FROM TO "Subject: x\n" AUTO
	  "Content-Type: multipart/mixed; boundary=b\n"
	  "Content-Transfer-Encoding: 8bit\nMIME-Version: 1.0\n"
	  "\n--b\n\n\xC3\xBC\n--b--\n" },
	{ "HTML is sent as HTML, and the subject escaped",
	  "Subject: x\nContent-Type: text/html; charset=utf-8\n\n"
	  "<b>$SUBJECT</b>\n", "Subject: <script>\xC3\xBC&\n",
	  TOP FROM TO "Subject: x\n" AUTO
	  "Content-Type: text/html; charset=utf-8\nMIME-Version: 1.0\n"
	  "\n<b>&#60;script&#62;&#252;&#38;</b>\n" },
	{ "HTML with UTF-8", "Subject: x\nMIME-Version: 1.0\n"
	  "Content-Type: text/html; charset=utf-8\n"
	  "Content-Transfer-Encoding: 8bit\n\n<b>\xC3\xBC</b>\n", "",
	  TOP FROM TO "Subject: x\n" AUTO
	  "Content-Type: text/html; charset=utf-8\nMIME-Version: 1.0\n"
	  "Content-Transfer-Encoding: quoted-printable\n"
	  "\n<b>=C3=BC</b>\n" },
	{ "what is encoded stays as it is",
	  "Subject: x\nContent-Type: text/plain; charset=utf-8\n"
	  "Content-Transfer-Encoding: base64\n\nJFNVQkpFQ1Q=\n$SUBJECT\n",
	  "Subject: y\n", TOP FROM TO "Subject: x\n" AUTO
	  "Content-Type: text/plain; charset=utf-8\n"
	  "Content-Transfer-Encoding: base64\nMIME-Version: 1.0\n"
	  "\nJFNVQkpFQ1Q=\n$SUBJECT\n" },
	{ "a MIME field with bytes beyond ASCII is left out",
	  "Subject: x\nContent-Description: \xC3\xBC\n\nx\n", "",
	  TOP FROM TO "Subject: x\n" AUTO "\nx\n" },
	{ "of two Content-Types the first",
	  "Content-Type: text/plain\nContent-Type: text/html\n\nx\n", "",
	  TOP FROM TO "Subject: Auto: your message\n" AUTO
	  "Content-Type: text/plain\nMIME-Version: 1.0\n\nx\n" },
	{ "a line of a dot alone in an encoded body",
	  "Subject: x\n\n.\nFrom \xC3\xBC\n", "",
	  TOP FROM TO "Subject: x\n" AUTO UTF8 "\n=2E\n=46rom =C3=BC\n" },
};

static void
compose(const struct answer_text *text, struct slice message, struct str *out)
{
	const struct address to = { "ann", "far.test" };

	answer_compose(&(struct answer){
	    .text = text, .message = message, .to = &to,
	    .from = "joe@a.test", .name = "Joe A. User", .host = "a.test",
	    .is_vacation = true, .now = 1795867200, .random = 42 }, out);
}

static void
becomes(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_answer_text) struct answer_text text = { 0 };
	SCOPED(drop_str) struct str out = { 0 };
	struct err err;

	assert_int_equal(answer_parse(slice_of(row->text), &text, &err),
	    0);
	compose(&text, slice_of(row->message), &out);
	assert_string_equal(str_text(&out), row->wanted);
}

static const struct wrong_row {
	const char	*name, *text, *complaint;
} wrongs[] = {
	{ "wrong: a day in words", "Vacation-Start: tomorrow\n\nx\n",
	  "Vacation-Start: not a day, which is YYYY-MM-DD" },
	{ "wrong: a day that no month has", "Vacation-End: 2026-04-31\n\nx\n",
	  "Vacation-End: not a day, which is YYYY-MM-DD" },
	{ "wrong: a leap day of another year",
	  "Vacation-End: 2100-02-29\n\nx\n",
	  "Vacation-End: not a day, which is YYYY-MM-DD" },
	{ "wrong: a month that is none", "Vacation-Start: 2026-13-01\n\nx\n",
	  "Vacation-Start: not a day, which is YYYY-MM-DD" },
	{ "wrong: the day nought", "Vacation-Start: 2026-01-00\n\nx\n",
	  "Vacation-Start: not a day, which is YYYY-MM-DD" },
	{ "wrong: a day with more behind it",
	  "Vacation-Start: 2026-01-01 x\n\nx\n",
	  "Vacation-Start: not a day, which is YYYY-MM-DD" },
	{ "wrong: no day at all", "Vacation-Start:\n\nx\n",
	  "Vacation-Start: not a day, which is YYYY-MM-DD" },
	{ "wrong: a negative number of days", "Vacation-Days: -1\n\nx\n",
	  "Vacation-Days: not a number of days up to 36500" },
	{ "wrong: a number of days that is none", "Vacation-Days: week\n\nx\n",
	  "Vacation-Days: not a number of days up to 36500" },
	{ "wrong: too many days", "Vacation-Days: 36501\n\nx\n",
	  "Vacation-Days: not a number of days up to 36500" },
	{ "wrong: a charset that is not known, with bytes of it",
	  "Content-Type: text/plain; charset=koi8-r\n\n\xF0\xD2\n",
	  "Content-Type: its charset is not known here: write the text in "
	  "UTF-8" },
	{ "wrong: a charset that is not known, with UTF-8",
	  "Content-Type: text/plain; charset=koi8-r\n\n\xC3\xBC\n",
	  "Content-Type: its charset is not known here: write the text in "
	  "UTF-8" },
	{ "wrong: a charset in which ASCII means something else",
	  "Content-Type: text/html; charset=utf-7\n\n$SUBJECT\n",
	  "Content-Type: its charset is not known here: write the text in "
	  "UTF-8" },
	{ "wrong: utf-8 in another parameter",
	  "Content-Type: text/html; x-charset=utf-8; charset=\"utf-7\"\n\nx\n",
	  "Content-Type: its charset is not known here: write the text in "
	  "UTF-8" },
	{ "wrong: a charset in RFC 2231's spelling",
	  "Content-Type: text/html; charset*=utf-8''utf-7\n\nx\n",
	  "Content-Type: its charset is not known here: write the text in "
	  "UTF-8" },
	{ "wrong: HTML in Latin-1",
	  "Content-Type: text/html; charset=iso-8859-1\n\n\xFC\n",
	  "Content-Type: its charset is not known here: write the text in "
	  "UTF-8" },
	{ "wrong: a carriage return alone in what is encoded",
	  "Content-Type: multipart/mixed; boundary=b\n\na\rb\n",
	  "a carriage return or a NUL in its encoded body" },
	{ "wrong: 8 bits in a multipart text of 7",
	  "Content-Type: multipart/mixed; boundary=b\n\n\xC3\xBC\n",
	  "its body has bytes that its Content-Transfer-Encoding does not "
	  "allow" },
	{ "wrong: Latin-1 in a multipart text",
	  "Content-Type: multipart/mixed; boundary=b\n"
	  "Content-Transfer-Encoding: 8bit\n\n\xFC\n",
	  "its body has bytes that its Content-Transfer-Encoding does not "
	  "allow" },
	{ "wrong: 8 bits in base64",
	  "Content-Transfer-Encoding: base64\n\n\xC3\xBC\n",
	  "its body has bytes that its Content-Transfer-Encoding does not "
	  "allow" },
};

static void
is_refused(void **state)
{
	const struct wrong_row *row = *state;
	SCOPED(drop_answer_text) struct answer_text text = { 0 };
	struct err err;

	assert_int_equal(answer_parse(slice_of(row->text), &text, &err),
	    -1);
	assert_err(err, ERR_INVALID, row->complaint);
}

static const struct day_row {
	const char	*name, *text, *day;
	bool		 due;
} days[] = {
	{ "window: none", "\n", "2026-11-28", true },
	{ "window: the day before", "Vacation-Start: 2026-11-29\n\n",
	  "2026-11-28", false },
	{ "window: the first day", "Vacation-Start: 2026-11-28\n\n",
	  "2026-11-28", true },
	{ "window: the last day", "Vacation-End: 2026-11-28\n\n",
	  "2026-11-28", true },
	{ "window: the day after", "Vacation-End: 2026-11-27\n\n",
	  "2026-11-28", false },
	{ "window: within", "Vacation-Start: 2026-02-28\n"
	  "Vacation-End: 2027-01-01\n\n", "2026-11-28", true },
	{ "window: over a new year", "Vacation-Start: 2026-12-24\n"
	  "Vacation-End: 2027-01-06\n\n", "2027-01-06", true },
	{ "window: a leap day", "Vacation-Start: 2028-02-29\n\n",
	  "2028-02-29", true },
	{ "window: one that ends before it begins",
	  "Vacation-Start: 2026-12-01\nVacation-End: 2026-11-01\n\n",
	  "2026-11-28", false },
	{ "window: the field's name in capitals",
	  "VACATION-START: 2026-11-29\n\n", "2026-11-28", false },
};

static void
is_due(void **state)
{
	const struct day_row *row = *state;
	SCOPED(drop_answer_text) struct answer_text text = { 0 };
	struct err err;

	assert_int_equal(answer_parse(slice_of(row->text), &text, &err),
	    0);
	assert_int_equal(answer_text_is_due(&text, row->day), row->due);
}

static void
a_text_has_64_kB_at_most(void **state)
{
	SCOPED(drop_str) struct str file = { 0 };
	SCOPED(drop_answer_text) struct answer_text text = { 0 };
	struct err err;

	(void)state;
	while (file.len < ANSWER_TEXT_MAX)
		str_addc(&file, 'x');
	assert_int_equal(answer_parse(str_slice(&file), &text, &err), 0);
	str_addc(&file, 'x');
	assert_int_equal(answer_parse(str_slice(&file), &text, &err), -1);
	assert_err(err, ERR_INVALID, "longer than 65536 bytes");
}

/* Whatever the bytes: no line beyond 998, and no field that we do not write. */
static void
assert_well_formed(struct slice all)
{
	static const char *const ours[] = { "Date", "Message-ID", "From", "To",
	    "Subject", "Reply-To", "In-Reply-To", "References",
	    "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version",
	    "Content-Type", "Content-Transfer-Encoding" };
	unsigned seen[sizeof ours / sizeof *ours] = { 0 };
	struct slice rest = all, line;
	struct field field;
	size_t i;

	while (rest.len > 0 && field_next(&rest, &field)) {
		bool known = false;
		for (i = 0; i < sizeof ours / sizeof *ours; i++)
			if (slice_same(field.name, slice_of(ours[i]))) {
				known = true;
				assert_int_equal(seen[i]++, 0);
			}
		assert_true(known);
	}
	assert_true(slice_starts(rest, "\n"));
	for (rest = all; slice_cut(&rest, '\n', &line); )
		assert_true(line.len <= 998);
	for (i = 0; i < all.len; i++)
		assert_true(all.p[i] == '\n' || all.p[i] == '\t' ||
		    (all.p[i] >= ' ' && all.p[i] <= '~'));
}

static void
whatever_is_in_text_and_message_the_answer_is_well_formed(void **state)
{
	static const char *const texts[] = {
		"Subject: $SUBJECT\n\n$SUBJECT\n", "$SUBJECT\n",
		"From: $SUBJECT <joe@a.test>\n\n$SUBJECT$SUBJECT\n",
		"Content-Type: text/html\n\n$SUBJECT\n",
	};
	unsigned random = 1;

	(void)state;
	for (int n = 0; n < 4000; n++) {
		SCOPED(drop_answer_text) struct answer_text text = { 0 };
		SCOPED(drop_str) struct str message = { 0 }, out = { 0 };
		SCOPED(drop_str) struct str file = { 0 };
		static const char interesting[] =
		    "\n\r\t :;,<>@\"\\()=?_$.\0\x7F\x80\xC3\xE2\xFF" "aBQ";
		struct err err;
		str_adds(&file, texts[n % 4]);
		str_adds(&message, "Subject: ");
		for (int i = 0; i < n % 300; i++) {
			random = random * 1103515245u + 12345u;
			char c = interesting[(random >> 16) %
			    (sizeof interesting - 1)];
			str_addc(n % 3 == 0 ? &file : &message, c);
			if (i % 40 == 39)
				str_adds(&message,
				    "\nMessage-ID: <a\nReferences: ");
		}
		str_adds(&message, "\n\nx\n");
		if (answer_parse(str_slice(&file), &text, &err) == -1)
			continue;
		compose(&text, str_slice(&message), &out);
		assert_well_formed(str_slice(&out));
	}
}

static void
lines_of_any_length_are_broken(void **state)
{
	SCOPED(drop_str) struct str file = { 0 }, message = { 0 };
	SCOPED(drop_str) struct str out = { 0 };
	SCOPED(drop_answer_text) struct answer_text text = { 0 };
	struct err err;

	(void)state;
	str_adds(&file, "Subject: ");
	for (int i = 0; i < 3000; i++)
		str_addc(&file, 's');
	str_adds(&file, " $SUBJECT\n\n");
	for (int i = 0; i < 3000; i++)
		str_addc(&file, 'b');
	str_adds(&message, "References:");
	for (int i = 0; i < 1000; i++)
		str_addf(&message, " <%d@far.test>", i);
	str_adds(&message, "\nMessage-ID: <x@far.test>\n\n");
	assert_int_equal(answer_parse(str_slice(&file), &text, &err), 0);
	compose(&text, str_slice(&message), &out);
	assert_well_formed(str_slice(&out));
	assert_non_null(strstr(str_text(&out), "<999@far.test>"));
	assert_null(strstr(str_text(&out), "<979@far.test>"));
}

static void
a_long_line_of_what_is_encoded_is_refused(void **state)
{
	SCOPED(drop_answer_text) struct answer_text text = { 0 };
	SCOPED(drop_str) struct str file = { 0 };
	struct err err;

	(void)state;
	str_adds(&file, "Content-Transfer-Encoding: base64\n\n");
	for (int i = 0; i < 998; i++)
		str_addc(&file, 'Q');
	assert_int_equal(answer_parse(str_slice(&file), &text, &err), 0);
	str_addc(&file, 'Q');
	assert_int_equal(answer_parse(str_slice(&file), &text, &err), -1);
	assert_err(err, ERR_INVALID,
	    "a line of its encoded body is longer than 998 bytes");
}

static void
a_field_with_an_endless_name_is_left_out(void **state)
{
	SCOPED(drop_answer_text) struct answer_text text = { 0 };
	SCOPED(drop_str) struct str file = { 0 };
	struct err err;

	(void)state;
	str_adds(&file, "Content-");
	for (int i = 0; i < 1000; i++)
		str_addc(&file, 'x');
	str_adds(&file, ": y\n\nx\n");
	assert_int_equal(answer_parse(str_slice(&file), &text, &err), 0);
	assert_int_equal(text.mime.len, 0);
	assert_int_equal(text.left_out.len, 60);
}

/* As many as there is room for, and none of an endless address. */
static void
long_addresses_are_left_out(void **state)
{
	SCOPED(drop_answer_text) struct answer_text text = { 0 };
	SCOPED(drop_str) struct str file = { 0 }, out = { 0 };
	struct err err;

	(void)state;
	str_adds(&file, "Reply-To: eve@a.test, ");
	for (int i = 0; i < 1000; i++)
		str_addc(&file, 'x');
	str_adds(&file, "@a.test, joe@a.test\n\nx\n");
	assert_int_equal(answer_parse(str_slice(&file), &text, &err), 0);
	assert_string_equal(str_text(&text.reply_to),
	    "eve@a.test,\n joe@a.test");
	compose(&text, SLICE(""), &out);
	assert_well_formed(str_slice(&out));
}

static void
what_is_left_out_is_named(void **state)
{
	SCOPED(drop_answer_text) struct answer_text text = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(answer_parse(
	    SLICE("Bcc: x@y.test\nSubject: x\nX-Loop: z\n\n"), &text, &err),
	    0);
	assert_string_equal(str_text(&text.left_out), "Bcc, X-Loop");
}

int
main(void)
{
	add_rows(rows, becomes);
	add_rows(wrongs, is_refused);
	add_rows(days, is_due);
	add_test("a text has 64 kB at most", a_text_has_64_kB_at_most);
	add_test("whatever is in text and message, the answer is well-formed",
	    whatever_is_in_text_and_message_the_answer_is_well_formed);
	add_test("lines of any length are broken",
	    lines_of_any_length_are_broken);
	add_test("a long line of what is encoded is refused",
	    a_long_line_of_what_is_encoded_is_refused);
	add_test("a field with an endless name is left out",
	    a_field_with_an_endless_name_is_left_out);
	add_test("long addresses are left out", long_addresses_are_left_out);
	add_test("what is left out is named", what_is_left_out_is_named);
	return run_all();
}
