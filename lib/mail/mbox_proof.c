/* mbox_proof.c: whether what is read of an mbox is what was scanned, or what a
 * cache says. */
#include "mbox_proof.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fd.h"
#include "mbox_cache.h"
#include "mbox_scan.h"
#include "mem.h"
#include "scope.h"
#include "stamp.h"

enum {
	/* two changes closer than this may carry one time stamp */
	CLOCK_TICK_NS = 20 * 1000 * 1000,
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
	if (d->fresh)
		return err_set(err, ERR_TEMPORARY,
		    "another program changed the mailbox during the session");
	mbox_cache_forget(d->mailbox->parent, d->mailbox->name);
	return err_set(err, ERR_TEMPORARY, "another program changed the "
	    "mailbox during the session, or .%s.cache was wrong: the next "
	    "login reads all of the mailbox", d->mailbox->name);
}

int
mbox_verify_entries(struct mbox_maildrop *d, size_t first, size_t count,
    struct err *err)
{
	SCOPED(drop_mbox_scan) struct mbox_scan now = { 0 };
	const struct mbox_entry *was = &d->scan.entries[first];
	bool at_end = first + count == d->scan.count;

	if (mbox_scan(d->fd, was->from, count, &now, err) == -1 ||
	    now.count != count || (!at_end && now.size != was[count].from))
		return mbox_changed_under_us(d, err);
	for (size_t i = 0; i < count; i++)
		if (!mbox_entry_same(&was[i], &now.entries[i],
		    at_end && i + 1 == count))
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

/* Whether it begins and ends where it should.  The rest is checked while it is
 * sent. */
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

/* --- on its way ------------------------------------------------------------ */

off_t
mbox_end_of(const struct mbox_maildrop *d, size_t entry)
{
	const struct mbox_scan *scan = &d->scan;

	return entry + 1 < scan->count ? scan->entries[entry + 1].from :
	    scan->size;
}

/* How many bytes behind it are looked at. */
static size_t
ahead_of(const struct mbox_maildrop *d, size_t entry)
{
	return entry + 1 < d->scan.count ? MBOX_CHECK_AHEAD : 0;
}

static char *
buffer(struct mbox_maildrop *d)
{
	if (d->whole == NULL)
		d->whole = mem_grow(NULL, MBOX_WHOLE + MBOX_CHECK_AHEAD, 1);
	return d->whole;
}

/* The bytes from one offset to the other go through the check; the last
 * MBOX_WHOLE of them or less are left in the buffer and returned. */
static int
check_range(struct mbox_maildrop *d, off_t from, off_t to, struct slice *last,
    struct err *err)
{
	char *p = buffer(d);

	for (;;) {
		size_t want = to - from < MBOX_WHOLE ? (size_t)(to - from) :
		    MBOX_WHOLE;
		ssize_t n = fd_pread(d->fd, p, want, from);
		if (n == -1)
			return err_sys(err, "read");
		*last = (struct slice){ p, (size_t)n };
		from += n;
		if (from == to || (size_t)n < want)
			return 0;
		if (!mbox_check_add(d->check, *last))
			return mbox_changed_under_us(d, err);
	}
}

/* What lies before the offset at goes through the check; all that is read from
 * there on has to. */
static int
begin_at(struct mbox_maildrop *d, size_t entry, off_t at, struct err *err)
{
	const struct mbox_entry *e = &d->scan.entries[entry];
	struct slice last;

	if (glance(d, entry, err) == -1 ||
	    mbox_check_begin(&d->check, e, mbox_end_of(d, entry), err) == -1 ||
	    check_range(d, e->from, at, &last, err) == -1)
		return -1;
	d->checking = true;
	d->seen = at;
	return mbox_check_add(d->check, last) ? 0 :
	    mbox_changed_under_us(d, err);
}

/* What was scanned at login needs no check while nobody touches the file. */
static bool
is_as_scanned(struct mbox_maildrop *d, const struct stat *st)
{
	d->drop.changed = !mbox_is_unchanged(&d->state, st);
	return d->fresh && !d->drop.changed;
}

int
mbox_prove_begin(struct mbox_maildrop *d, size_t entry, struct err *err)
{
	struct stat st;

	d->checking = false;
	if (fstat(d->fd, &st) == -1)
		return err_sys(err, "look at it");
	return is_as_scanned(d, &st) ? 0 :
	    begin_at(d, entry, d->scan.entries[entry].start, err);
}

/* A delivery that comes meanwhile does not have all of it read again: once it has
 * been touched the rest is checked on its way, whatever comes then. */
int
mbox_read_checked(struct mbox_maildrop *d, size_t entry, void *p, size_t size,
    off_t at, struct err *err)
{
	struct stat st;

	if (read_range(d, p, size, at, &st, err) == -1)
		return -1;
	return is_as_scanned(d, &st) || d->checking ? 0 :
	    begin_at(d, entry, at, err);
}

/* What waited to be unquoted comes once more. */
int
mbox_prove_part(struct mbox_maildrop *d, struct slice bytes, struct err *err)
{
	if (!d->checking)
		return 0;
	bytes = slice_from(bytes, (size_t)(d->seen - d->at));
	d->seen += (off_t)bytes.len;
	return mbox_check_add(d->check, bytes) ? 0 :
	    mbox_changed_under_us(d, err);
}

int
mbox_prove_end(struct mbox_maildrop *d, size_t entry, struct err *err)
{
	struct slice last;

	if (!d->checking)
		return 0;
	d->checking = false;
	if (check_range(d, d->scan.entries[entry].end, mbox_end_of(d, entry) +
	    (off_t)ahead_of(d, entry), &last, err) == -1)
		return -1;
	return mbox_check_end(d->check, last) ? 0 :
	    mbox_changed_under_us(d, err);
}

int
mbox_read_proven(struct mbox_maildrop *d, size_t entry, struct err *err)
{
	const struct mbox_entry *e = &d->scan.entries[entry];
	off_t end = mbox_end_of(d, entry);
	struct stat st;

	ssize_t n = fd_pread(d->fd, buffer(d), (size_t)(end - e->from) +
	    ahead_of(d, entry), e->from);
	if (n == -1 || fstat(d->fd, &st) == -1)
		return err_sys(err, "read");
	if (n < end - e->from)
		return mbox_changed_under_us(d, err);
	if (is_as_scanned(d, &st))
		return 0;
	if (mbox_check_begin(&d->check, e, end, err) == -1)
		return -1;
	return mbox_check_end(d->check, (struct slice){ d->whole, (size_t)n }) ?
	    0 : mbox_changed_under_us(d, err);
}
