/* lmtp_receive.c: a message on its way from the client into its file. */
#include "lmtp_receive.h"

#include "fd.h"
#include "scope.h"

/* a "From " line is looked for in so much of the beginning */
enum { FROM_LINE_MAX = 1024 };

void
drop_lmtp_receiving(struct lmtp_receiving *r)
{
	drop_fd(&r->file);
	drop_str(&r->received);
	drop_str(&r->text);
}

/* --- into the file ------------------------------------------------------ */

/* The first line is whole, or longer than a "From " line can be. */
static bool
can_begin(const struct lmtp_receiving *r, bool last)
{
	return last || r->text.len >= FROM_LINE_MAX ||
	    slice_find(str_slice(&r->text), '\n') != -1;
}

static void
begin(struct lmtp_receiving *r)
{
	SCOPED(drop_str) struct str whole = { 0 };
	struct slice text = str_slice(&r->text);
	ptrdiff_t end = slice_find(text, '\n');

	if (end != -1 && slice_starts(text, "From "))
		text = slice_from(text, (size_t)end + 1);
	str_addslice(&whole, str_slice(&r->received));
	str_addslice(&whole, text);
	str_cut(&r->text, 0);
	str_addslice(&r->text, str_slice(&whole));
	r->begun = true;
}

static void
store(struct lmtp_receiving *r, bool last)
{
	if (!r->begun) {
		if (!can_begin(r, last))
			return;
		begin(r);
	}
	if (r->outcome.kind == OUTCOME_DONE &&
	    fd_write(r->file, r->text.s, r->text.len) == -1)
		r->outcome = outcome_make(OUTCOME_TEMPORARY, "4.3.1",
		    "the message could not be stored");
	str_cut(&r->text, 0);
}

static void
count(struct lmtp_receiving *r, size_t more)
{
	r->size += more;
	if (r->outcome.kind == OUTCOME_DONE && r->max != 0 && r->size > r->max)
		r->outcome = outcome_make(OUTCOME_PERMANENT, "5.3.4",
		    "the message is too long");
}

/* --- from the client ---------------------------------------------------- */

bool
lmtp_receive_data(struct dialogue *d, struct lmtp_receiving *r)
{
	struct slice piece;
	bool last = false;

	while (!last) {
		size_t before = r->text.len;
		if (dialogue_peek(d, &piece) == -1)
			return false;
		size_t len = piece.len;
		last = lmtp_data_decode(&r->data, &piece, &r->text);
		dialogue_take(d, len - piece.len);
		count(r, r->text.len - before);
		store(r, false);
	}
	return true;
}

bool
lmtp_receive_chunk(struct dialogue *d, struct lmtp_receiving *r,
    uint64_t octets)
{
	struct slice piece;

	while (octets > 0) {
		size_t before = r->text.len;
		if (dialogue_peek(d, &piece) == -1)
			return false;
		if (piece.len > octets)
			piece.len = (size_t)octets;
		lmtp_data_decode_chunk(&r->data, piece, &r->text);
		dialogue_take(d, piece.len);
		octets -= piece.len;
		count(r, r->text.len - before);
		store(r, false);
	}
	return true;
}

void
lmtp_receive_end(struct lmtp_receiving *r)
{
	size_t before = r->text.len;

	lmtp_data_end(&r->data, &r->text);
	count(r, r->text.len - before);
	store(r, true);
}
