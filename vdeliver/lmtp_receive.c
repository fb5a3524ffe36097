/* lmtp_receive.c: a message on its way from the client into its file. */
#include "lmtp_receive.h"

#include "fd.h"
#include "lmtp_data.h"
#include "scope.h"

/* a "From " line is looked for in so much of the beginning */
enum { FROM_LINE_MAX = 1024 };

struct receiving {
	int		 file;
	uint64_t	 max;
	const char	*received;
	uint64_t	 size;		/* of the message, as it came */
	bool		 begun;		/* the first line was looked at */
	bool		 too_long, failed;
	struct str	 text;		/* decoded, and not written yet */
};

static void
drop_receiving(struct receiving *r)
{
	drop_str(&r->text);
}

/* The first line is whole, or longer than a "From " line can be. */
static bool
can_begin(const struct receiving *r, bool last)
{
	return last || r->text.len >= FROM_LINE_MAX ||
	    slice_find(str_slice(&r->text), '\n') != -1;
}

static void
begin(struct receiving *r)
{
	SCOPED(drop_str) struct str whole = { 0 };
	struct slice text = str_slice(&r->text);
	ptrdiff_t end = slice_find(text, '\n');

	if (end != -1 && slice_starts(text, "From "))
		text = slice_from(text, (size_t)end + 1);
	str_adds(&whole, r->received);
	str_addslice(&whole, text);
	str_cut(&r->text, 0);
	str_addslice(&r->text, str_slice(&whole));
	r->begun = true;
}

static void
store(struct receiving *r, bool last)
{
	if (!r->begun) {
		if (!can_begin(r, last))
			return;
		begin(r);
	}
	if (!r->too_long && !r->failed &&
	    fd_write(r->file, r->text.s, r->text.len) == -1)
		r->failed = true;
	str_cut(&r->text, 0);
}

static bool
take_some(struct dialogue *d, struct lmtp_data *data, struct receiving *r,
    bool *last)
{
	struct slice chunk;
	size_t before = r->text.len;

	if (dialogue_peek(d, &chunk) == -1)
		return false;
	size_t len = chunk.len;
	*last = lmtp_data_decode(data, &chunk, &r->text);
	dialogue_take(d, len - chunk.len);
	r->size += r->text.len - before;
	r->too_long = r->too_long || (r->max != 0 && r->size > r->max);
	return true;
}

enum lmtp_received
lmtp_receive(struct dialogue *d, int file, uint64_t max, const char *received)
{
	SCOPED(drop_receiving) struct receiving r = {
		.file = file, .max = max, .received = received,
	};
	struct lmtp_data data = { 0 };
	bool last = false;

	while (!last) {
		if (!take_some(d, &data, &r, &last))
			return LMTP_CUT_OFF;
		store(&r, last);
	}
	return r.too_long ? LMTP_TOO_LONG :
	    r.failed ? LMTP_NOT_STORED : LMTP_RECEIVED;
}
