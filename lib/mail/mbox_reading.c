/* mbox_reading.c: a message of an mbox, as it was delivered. */
#include "mbox_maildrop.h"

#include <string.h>

#include "fd.h"
#include "mbox_proof.h"

static const char from_[] = "From ";
enum { FROM_LEN = sizeof from_ - 1 };

/* --- quoting ----------------------------------------------------------- */

/* Takes one '>' off each line of ">+From ", the last of the row, which comes
 * to the same.  *used is less than n when more has to be seen first. */
static size_t
unquote(struct mbox_maildrop *d, char *p, size_t n, bool is_end, size_t *used)
{
	size_t in = 0, out = 0;

	while (in < n) {
		size_t len = 1;
		if (d->in_row && p[in] == '>') {
			size_t seen = n - in - 1 < FROM_LEN ? n - in - 1 :
			    FROM_LEN;
			bool fits = memcmp(p + in + 1, from_, seen) == 0;
			if (fits && seen < FROM_LEN && !is_end)
				break;
			if (fits && seen == FROM_LEN) {
				in++;
				d->in_row = false;
				continue;
			}
		} else {
			const char *end = memchr(p + in, '\n', n - in);
			len = end != NULL ? (size_t)(end - (p + in)) + 1 :
			    n - in;
			d->in_row = end != NULL;
		}
		memmove(p + out, p + in, len);
		in += len;
		out += len;
	}
	*used = in;
	return out;
}

/* --- short messages ------------------------------------------------------ */

/* How many bytes the entry has, with its From_ line and what separates it from
 * the next one. */
static size_t
extent(const struct mbox_maildrop *d, size_t entry)
{
	return (size_t)(mbox_end_of(d, entry) - d->scan.entries[entry].from);
}

static int
read_whole(struct mbox_maildrop *d, size_t entry, struct err *err)
{
	const struct mbox_entry *e = &d->scan.entries[entry];
	size_t used;

	d->whole_len = 0;
	if (mbox_read_proven(d, entry, err) == -1)
		return -1;
	d->whole_at = (size_t)(e->start - e->from);
	d->whole_len = (size_t)(e->end - e->start);
	d->in_row = true;
	if (e->quoted)
		d->whole_len = unquote(d, d->whole + d->whole_at,
		    d->whole_len, true, &used);
	return 0;
}

static ssize_t
take_whole(struct mbox_maildrop *d, void *p, size_t size)
{
	size_t n = size < d->whole_len ? size : d->whole_len;

	memcpy(p, d->whole + d->whole_at, n);
	d->whole_at += n;
	d->whole_len -= n;
	return (ssize_t)n;
}

/* --- any message ----------------------------------------------------------- */

static ssize_t
read_part(struct mbox_maildrop *d, size_t entry, void *p, size_t size,
    struct err *err)
{
	const struct mbox_entry *e = &d->scan.entries[entry];
	off_t left = e->end - d->at;

	if (left == 0)
		return mbox_prove_end(d, entry, err);
	size_t want = (off_t)size < left ? size : (size_t)left;
	if (mbox_read_checked(d, entry, p, want, d->at, err) == -1 ||
	    mbox_prove_part(d, (struct slice){ p, want }, err) == -1)
		return -1;
	size_t used = want, got = want;
	if (e->quoted)
		got = unquote(d, p, want, (off_t)want == left, &used);
	d->at += (off_t)used;
	return (ssize_t)got;
}

ssize_t
mbox_read_message(struct maildrop *drop, size_t index, bool from_start,
    void *p, size_t size, struct err *err)
{
	struct mbox_maildrop *d = (struct mbox_maildrop *)drop;
	size_t entry = d->first + index;

	if (extent(d, entry) <= MBOX_WHOLE) {
		if (from_start && read_whole(d, entry, err) == -1)
			return -1;
		return take_whole(d, p, size);
	}
	if (from_start) {
		if (mbox_prove_begin(d, entry, err) == -1)
			return -1;
		d->at = d->scan.entries[entry].start;
		d->in_row = true;
	}
	return read_part(d, entry, p, size, err);
}
