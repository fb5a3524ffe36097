/* lmtp_envelope_fuzz.c: what MAIL FROM, RCPT TO and BDAT say. */
#include "fuzz.h"

#include <string.h>

#include "address.h"
#include "lmtp_envelope.h"
#include "pool.h"
#include "scope.h"

static void
a_reply(const char *refusal)
{
	promise(refusal != NULL && strlen(refusal) > 10 &&
	    refusal[0] == '5' && strncmp(refusal + 3, " 5.", 3) == 0,
	    "a refusal is a reply");
	for (const char *p = refusal; *p != '\0'; p++)
		promise(*p >= ' ' && *p <= '~', "a reply is printable");
}

static void
looks_into(struct slice text, const struct lmtp_path *path)
{
	struct slice a = path->address;

	promise(a.len <= LMTP_PATH_MAX, "a path is not too long");
	promise(a.len == 0 || (a.p >= text.p &&
	    a.p + a.len <= text.p + text.len), "a path looks into its text");
	for (size_t i = 0; i < a.len; i++)
		promise((unsigned char)a.p[i] >= ' ' && a.p[i] != 0x7F,
		    "a path has no control bytes");
}

/* The resolver's parser, with brackets and without, must mean the same. */
static void
one_address(struct slice address)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str path = { 0 };
	struct address bare = { 0 }, in_path = { 0 };
	struct err err;

	str_addc(&path, '<');
	str_addslice(&path, address);
	str_addc(&path, '>');
	bool one = address_parse(&pool, address, &bare, &err) == 0;
	bool other = address_parse(&pool, str_slice(&path), &in_path,
	    &err) == 0;
	if (slice_starts(address, "<"))
		return;
	promise(one == other, "brackets make no address of none");
	promise(!one || (strcmp(bare.local, in_path.local) == 0 &&
	    strcmp(bare.domain, in_path.domain) == 0),
	    "brackets change no address");
}

static void
mail(struct slice text)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str more = { 0 };
	struct lmtp_path path = { .size = 7 }, again;
	const char *refusal = NULL, *sender;
	struct err err;

	if (lmtp_parse_mail(text, &path, &refusal) == -1) {
		a_reply(refusal);
		promise(path.size == 7, "a refusal leaves the path alone");
		return;
	}
	looks_into(text, &path);
	one_address(path.address);
	promise(address_sender(&pool, path.address, &sender, &err) == 0,
	    "a sender of LMTP is one of vdeliver");
	str_addslice(&more, slice_trim(text));
	str_adds(&more, " Size=77");
	int result = lmtp_parse_mail(str_slice(&more), &again, &refusal);
	promise(path.size != 0 || result == 0 || strstr(refusal, "twice"),
	    "SIZE= may follow");
	promise(result == -1 || (again.size == 77 && again.utf8 == path.utf8 &&
	    slice_equal(again.address, path.address)),
	    "SIZE= is a size, and no more");
}

static void
rcpt(struct slice text, bool utf8)
{
	struct lmtp_path path = { .size = 7 }, again;
	const char *refusal = NULL;

	if (lmtp_parse_rcpt(text, utf8, &path, &refusal) == -1) {
		a_reply(refusal);
		promise(path.size == 7, "a refusal leaves the path alone");
		return;
	}
	looks_into(text, &path);
	one_address(path.address);
	promise(path.address.len > 0, "a recipient is somebody");
	promise(lmtp_parse_rcpt(text, true, &again, &refusal) == 0 &&
	    slice_equal(again.address, path.address),
	    "SMTPUTF8 allows more, and changes nothing");
}

/* What is read is what is written again; nothing else is a number. */
static void
bdat(struct slice text)
{
	SCOPED(drop_str) struct str written = { 0 };
	struct lmtp_chunk chunk = { 7, true }, again;

	if (lmtp_parse_bdat(text, &chunk) == -1) {
		promise(chunk.octets == 7 && chunk.last,
		    "a refusal leaves the chunk alone");
		return;
	}
	struct slice first = slice_trim(text);
	for (size_t i = 0; i < first.len && first.p[i] != ' '; i++)
		promise(first.p[i] >= '0' && first.p[i] <= '9',
		    "a number has digits alone");
	str_addf(&written, "%llu%s", (unsigned long long)chunk.octets,
	    chunk.last ? " LAST" : "");
	promise(lmtp_parse_bdat(str_slice(&written), &again) == 0 &&
	    again.octets == chunk.octets && again.last == chunk.last,
	    "a chunk comes back the same");
}

void
fuzz(struct slice input)
{
	bdat(input);
	mail(input);
	rcpt(input, false);
	rcpt(input, true);
}
