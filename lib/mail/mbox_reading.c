/* mbox_reading.c: a message of an mbox, as it was delivered. */
#include "mbox_maildrop.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fd.h"
#include "mbox_cache.h"
#include "mem.h"
#include "scope.h"
#include "stamp.h"

enum {
	/* two changes closer than this may carry one time stamp */
	CLOCK_TICK_NS = 20 * 1000 * 1000,
	/* a message of so many bytes is read at once */
	WHOLE = 65536,
};

static const char from_[] = "From ";
enum { FROM_LEN = sizeof from_ - 1 };

/* --- whether it is still what was scanned ------------------------------- */

struct mbox_state
mbox_state_of(const struct stat *st)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	/* A time to come is of a clock that was set back: none is like it. */
	return (struct mbox_state){ st->st_ctim, st->st_size,
	    now.tv_sec < st->st_ctim.tv_sec ||
	    stamp_is_over(&st->st_ctim, &now, CLOCK_TICK_NS) };
}

bool
mbox_is_unchanged(const struct mbox_state *since, const struct stat *st)
{
	return since->settled && st->st_size == since->size &&
	    st->st_ctim.tv_sec == since->changed.tv_sec &&
	    st->st_ctim.tv_nsec == since->changed.tv_nsec;
}

/* Whatever was wrong, the next login reads all of the file. */
int
mbox_changed_under_us(struct mbox_maildrop *d, struct err *err)
{
	if (!d->fresh)
		mbox_cache_forget(d->mailbox->parent, d->mailbox->name);
	return err_set(err, ERR_TEMPORARY,
	    "another program changed the mailbox during the session");
}

int
mbox_verify_entry(struct mbox_maildrop *d, size_t entry, struct err *err)
{
	SCOPED(drop_mbox_scan) struct mbox_scan now = { 0 };
	const struct mbox_entry *was = &d->scan.entries[entry];
	bool last = entry + 1 == d->scan.count;

	if (mbox_scan(d->fd, was->from, 1, &now, err) == -1 || now.count != 1 ||
	    !mbox_entry_same(was, now.entries, last) ||
	    (!last && now.size != was[1].from))
		return mbox_changed_under_us(d, err);
	return 0;
}

static int
read_range(struct mbox_maildrop *d, char *p, size_t size, off_t at,
    struct stat *st, struct err *err)
{
	ssize_t n = fd_pread(d->fd, p, size, at);

	if (n == -1 || fstat(d->fd, st) == -1)
		return err_sys(err, "read");
	return (size_t)n != size ? mbox_changed_under_us(d, err) : 0;
}

static bool
begins_at(const struct mbox_maildrop *d, off_t at)
{
	char there[FROM_LEN];

	return fd_pread(d->fd, there, FROM_LEN, at) == FROM_LEN &&
	    memcmp(there, from_, FROM_LEN) == 0;
}

/* Nobody has touched the file since a cache told of it: that it begins and ends
 * where it should is enough.  What is sent is counted, too. */
static int
glance(struct mbox_maildrop *d, size_t entry, struct err *err)
{
	const struct mbox_entry *e = &d->scan.entries[entry];
	char before;

	if (!begins_at(d, e->from) ||
	    fd_pread(d->fd, &before, 1, e->start - 1) != 1 || before != '\n' ||
	    (entry + 1 < d->scan.count && !begins_at(d, e[1].from)))
		return mbox_changed_under_us(d, err);
	return 0;
}

/* Reads what belongs to the entry: the bytes that were scanned, or -1.  Where
 * the file may have been changed since, a look afterwards proves that what was
 * read had not been moved: whoever rewrites an mbox writes each part once. */
static int
read_checked(struct mbox_maildrop *d, size_t entry, void *p, size_t size,
    off_t at, struct err *err)
{
	struct stat st;

	if (read_range(d, p, size, at, &st, err) == -1)
		return -1;
	struct mbox_state now = mbox_state_of(&st);
	bool unchanged = mbox_is_unchanged(&d->state, &st);
	if ((unchanged && d->fresh) ||
	    (d->entry == entry && mbox_is_unchanged(&d->entry_state, &st)))
		return 0;
	if ((unchanged ? glance : mbox_verify_entry)(d, entry, err) == -1)
		return -1;
	d->entry = entry;
	d->entry_state = now;
	return 0;
}

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
	const struct mbox_scan *scan = &d->scan;

	return (size_t)((entry + 1 < scan->count ?
	    scan->entries[entry + 1].from : scan->size) -
	    scan->entries[entry].from);
}

/* What was read is what was scanned, whatever became of the file. */
static int
check_whole(struct mbox_maildrop *d, const struct mbox_entry *was, size_t len,
    const struct stat *st, struct err *err)
{
	struct mbox_entry now;

	if (d->fresh && mbox_is_unchanged(&d->state, st))
		return 0;
	if (!mbox_scan_bytes(was->from, (struct slice){ d->whole, len },
	    &now) || !mbox_entry_same(was, &now, false))
		return mbox_changed_under_us(d, err);
	return 0;
}

static int
read_whole(struct mbox_maildrop *d, size_t entry, struct err *err)
{
	const struct mbox_entry *e = &d->scan.entries[entry];
	size_t len = extent(d, entry), used;
	struct stat st;

	if (d->whole == NULL)
		d->whole = mem_grow(NULL, WHOLE, 1);
	d->whole_len = 0;
	if (read_range(d, d->whole, len, e->from, &st, err) == -1 ||
	    check_whole(d, e, len, &st, err) == -1)
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
		return 0;
	size_t want = (off_t)size < left ? size : (size_t)left;
	if (read_checked(d, entry, p, want, d->at, err) == -1)
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

	if (extent(d, entry) <= WHOLE) {
		if (from_start && read_whole(d, entry, err) == -1)
			return -1;
		return take_whole(d, p, size);
	}
	if (from_start) {
		d->at = d->scan.entries[entry].start;
		d->in_row = true;
	}
	return read_part(d, entry, p, size, err);
}
