/* lmtp_data_fuzz.c: what follows DATA or BDAT, in one piece and in several. */
#include "fuzz.h"

#include <string.h>

#include "lmtp_data.h"
#include "scope.h"

/* How much of text is data, its end included; len + 1: it has no end. */
static size_t
find_end(struct slice text)
{
	static const char end[] = "\r\n.\r\n";
	SCOPED(drop_str) struct str all = { 0 };

	/* The data's start is the start of a line. */
	str_adds(&all, "\r\n");
	str_addslice(&all, text);
	const char *at = memmem(all.s, all.len, end, sizeof end - 1);
	return at == NULL ? text.len + 1 :
	    (size_t)(at - all.s) + sizeof end - 1 - 2;
}

static void
in_one_piece_and_in_several(struct slice text, size_t size)
{
	SCOPED(drop_str) struct str whole = { 0 }, sum = { 0 };
	struct lmtp_data one = { 0 }, several = { 0 };
	struct slice rest = text;
	bool ends = lmtp_data_decode(&one, &rest, &whole), again = false;
	size_t end = find_end(text), used = 0;

	promise(ends == (end <= text.len), "CRLF.CRLF alone is the end");
	promise(text.len - rest.len == (ends ? end : text.len),
	    "what follows the end stays");
	promise(whole.len <= text.len, "nothing becomes longer");
	while (used < text.len && !again) {
		struct slice piece = slice_from(text, used);
		if (piece.len > size)
			piece.len = size;
		size_t before = piece.len;
		again = lmtp_data_decode(&several, &piece, &sum);
		promise(again || piece.len == 0, "all of a piece is taken");
		used += before - piece.len;
	}
	promise(ends == again && one.state == several.state &&
	    used == text.len - rest.len, "pieces end where the whole does");
	promise(slice_equal(str_slice(&whole), str_slice(&sum)),
	    "pieces are decoded as the whole is");
}

/* As a client sends a message. */
static void
encode(struct slice message, struct str *out)
{
	struct slice line;

	while (message.len > 0 && slice_cut(&message, '\n', &line)) {
		if (slice_starts(line, "."))
			str_addc(out, '.');
		str_addslice(out, line);
		str_adds(out, "\r\n");
	}
	str_adds(out, ".\r\n");
}

static void
there_and_back(struct slice message)
{
	SCOPED(drop_str) struct str sent = { 0 }, got = { 0 };
	struct lmtp_data data = { 0 };

	encode(message, &sent);
	struct slice rest = str_slice(&sent);
	promise(lmtp_data_decode(&data, &rest, &got) && rest.len == 0,
	    "what was sent ends where it ends");
	if (message.len > 0 && !slice_ends(message, "\n")) {
		promise(slice_ends(str_slice(&got), "\n"),
		    "a last line ends");
		str_cut(&got, got.len - 1);
	}
	promise(slice_equal(str_slice(&got), message),
	    "what arrives is what was sent");
}

/* However chunks are parted, nothing but the CR of each CRLF goes. */
static void
in_chunks(struct slice text, size_t size)
{
	SCOPED(drop_str) struct str whole = { 0 }, sum = { 0 };
	struct lmtp_data one = { 0 }, several = { 0 };
	size_t ends = 0;

	lmtp_data_decode_chunk(&one, text, &whole);
	lmtp_data_end(&one, &whole);
	for (size_t at = 0; at < text.len; at += size) {
		struct slice piece = slice_from(text, at);
		if (piece.len > size)
			piece.len = size;
		lmtp_data_decode_chunk(&several, piece, &sum);
	}
	lmtp_data_end(&several, &sum);
	promise(slice_equal(str_slice(&whole), str_slice(&sum)),
	    "chunks are decoded as the whole is");
	for (size_t i = 0; i + 1 < text.len; i++)
		ends += text.p[i] == '\r' && text.p[i + 1] == '\n';
	promise(whole.len == text.len - ends, "a CR goes where LF follows");
}

void
fuzz(struct slice input)
{
	size_t size = fuzz_choice(&input) % 16 + 1;

	in_one_piece_and_in_several(input, size);
	there_and_back(input);
	in_chunks(input, size);
}
