/* mbox_reading_test.c: messages of an mbox that a cache tells of are whole and
 * true, or end before their end. */
#include "maildrop.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit.h"
#include "box.h"
#include "fd.h"
#include "mbox_cache.h"
#include "mbox_proof.h"
#include "mem.h"
#include "scope.h"

enum {
	MESSAGES = 6,
	LINES = 5000,			/* of each: 220 kB */
	SHORT = 2,			/* but of this one: 4 kB */
	SHORT_LINES = 80,
};

/* Each has "From " within, behind a line that is not empty, and an empty line;
 * all but the last are quoted. */
static void
write_box(void)
{
	SCOPED(drop_str) struct str text = { 0 };

	for (int i = 0; i < MESSAGES; i++) {
		str_addf(&text, "From a\nSubject: %d\n\n", i);
		for (int n = 0; n < (i == SHORT ? SHORT_LINES : LINES); n++)
			str_addf(&text, "%d of a message that is long, and of "
			    "others\n", n);
		str_addf(&text, "From here\n\nbehind it\n%s\n",
		    i < MESSAGES - 1 ? ">From there\n" : "");
	}
	unit_write("box", text.s, text.len);
}

/* The times say so that it has not been touched since: 20 ms count. */
static void
wait_until_settled(void)
{
	struct mbox_state state;
	struct stat st;

	assert_int_equal(stat("box", &st), 0);
	do {
		sched_yield();
		state = mbox_state_of(&st);
	} while (!state.settled);
}

static struct maildrop *
open_drop(bool fresh)
{
	struct maildrop *drop = box_open();

	assert_int_equal(((struct mbox_maildrop *)drop)->fresh, fresh);
	return drop;
}

/* All of it, by pieces of at most this size.  -1: it ended before. */
static int
read_all(struct maildrop *drop, size_t index, size_t size, struct str *out,
    struct err *err)
{
	SCOPED(drop_mem) char *piece = mem_alloc(size);
	ssize_t n = maildrop_read(drop, index, true, piece, size, err);

	while (n > 0) {
		str_add(out, piece, (size_t)n);
		n = maildrop_read(drop, index, false, piece, size, err);
	}
	return (int)n;
}

/* --- the truth ------------------------------------------------------------- */

/* What a session reads that has read all at login. */
static void
read_fresh(size_t index, struct str *out)
{
	SCOPED(drop_maildrop) struct maildrop *drop = open_drop(true);
	struct err err = { 0 };

	assert_int_equal(read_all(drop, index, 65536, out, &err), 0);
}

static void
test_true(void **state)
{
	static const size_t sizes[] = { 4096, 4097, 5000, 65536, 1 << 20 };

	(void)state;
	for (size_t i = 0; i < MESSAGES; i++) {
		SCOPED(drop_str) struct str wanted = { 0 };
		write_box();
		wait_until_settled();
		read_fresh(i, &wanted);
		SCOPED(drop_maildrop) struct maildrop *drop = open_drop(false);
		for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
			SCOPED(drop_str) struct str got = { 0 };
			struct err err = { 0 };
			if (read_all(drop, i, sizes[k], &got, &err) == -1)
				fail_msg("%s", err.text);
			assert_true(slice_equal(str_slice(&got),
			    str_slice(&wanted)));
		}
	}
}

/* Mail that comes in the middle of it; and another program's change. */
static void
test_meanwhile(void **state)
{
	char piece[4096];

	(void)state;
	for (int other = 0; other < 2; other++) {
		SCOPED(drop_str) struct str wanted = { 0 }, got = { 0 };
		struct err err = { 0 };
		write_box();
		wait_until_settled();
		read_fresh(1, &wanted);
		SCOPED(drop_maildrop) struct maildrop *drop = open_drop(false);
		ssize_t n = maildrop_read(drop, 1, true, piece, sizeof piece,
		    &err);
		for (int i = 0; n > 0; i++) {
			str_add(&got, piece, (size_t)n);
			if (i == 3 && other == 0)
				box_deliver("Subject: new\n\nmail\n");
			if (i == 3 && other == 1)
				assert_int_equal(truncate("box", 300000), 0);
			n = maildrop_read(drop, 1, false, piece, sizeof piece,
			    &err);
		}
		assert_int_equal(n, -other);
		assert_int_equal(slice_equal(str_slice(&got),
		    str_slice(&wanted)), other == 0);
	}
}

/* --- lies -------------------------------------------------------------------- */

static char file[MESSAGES * LINES * 64];

static size_t
read_box(void)
{
	SCOPED(drop_fd) int fd = open("box", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd_read(fd, file, sizeof file);

	assert_true(n > 0 && n < (ssize_t)sizeof file);
	return (size_t)n;
}

/* Where in the file the text stands first, behind an offset. */
static off_t
find(off_t behind, const char *text)
{
	size_t len = read_box() - (size_t)behind;
	const char *at = memmem(file + behind, len, text, strlen(text));

	assert_non_null(at);
	return at - file;
}

/* The entry, cut where the other one begins, as a scan of a file that ended
 * there would find it. */
static void
cut(struct mbox_scan *scan, size_t entry, off_t at)
{
	SCOPED(drop_mbox_scan) struct mbox_scan found = { 0 };
	struct err err;

	assert_true((size_t)at < read_box());
	unit_write("cut", file, (size_t)at);
	SCOPED(drop_fd) int fd = open("cut", O_RDONLY | O_CLOEXEC);
	assert_int_equal(mbox_scan(fd, 0, SIZE_MAX, &found, &err), 0);
	assert_int_equal(found.count, entry + 1);
	scan->entries = mem_grow(scan->entries, scan->count + 1,
	    sizeof *scan->entries);
	memmove(&scan->entries[entry + 1], &scan->entries[entry],
	    (scan->count - entry) * sizeof *scan->entries);
	scan->count++;
	scan->entries[entry] = found.entries[entry];
	scan->entries[entry + 1].from = at;
	scan->entries[entry + 1].start = at + 1;
	scan->entries[entry + 1].octets = 1;
}

static void
lie_hash(struct mbox_scan *scan, size_t i)
{
	scan->entries[i].hash.high ^= 1;
}

static void
lie_octets(struct mbox_scan *scan, size_t i)
{
	scan->entries[i].octets--;
}

static void
lie_not_quoted(struct mbox_scan *scan, size_t i)
{
	scan->entries[i].quoted = false;
}

static void
lie_quoted(struct mbox_scan *scan, size_t i)
{
	scan->entries[i].quoted = true;
}

/* A line of the header is taken for the From_ line's. */
static void
lie_start(struct mbox_scan *scan, size_t i)
{
	scan->entries[i].start = find(scan->entries[i].start, "\n") + 1;
}

/* Two are told to be one. */
static void
lie_joined(struct mbox_scan *scan, size_t i)
{
	struct mbox_entry *e = &scan->entries[i];

	e->end = e[1].end;
	e->octets += e[1].octets + 9;
	memmove(e + 1, e + 2, (scan->count - i - 2) * sizeof *e);
	scan->count--;
}

/* One is told to be two: behind an empty line. */
static void
lie_cut(struct mbox_scan *scan, size_t i)
{
	cut(scan, i, find(scan->entries[i].start, "behind it"));
}

/* And where "From " stands behind another line, which all but fits. */
static void
lie_cut_from(struct mbox_scan *scan, size_t i)
{
	cut(scan, i, find(scan->entries[i].start, "From here"));
	scan->entries[i].end--;
}

static const struct lie_row {
	const char	*name;
	void		(*lie)(struct mbox_scan *scan, size_t i);
	size_t		 message;
	/* bytes may come first, but not all */
	bool		 begins;
} lies[] = {
	{ "a hash", lie_hash, 1, true },
	{ "a hash of the last message", lie_hash, MESSAGES - 1, true },
	{ "a hash of a short message", lie_hash, SHORT, false },
	{ "octets", lie_octets, 1, true },
	{ "that nothing is quoted", lie_not_quoted, 1, true },
	{ "that something is quoted", lie_quoted, MESSAGES - 1, true },
	{ "a beginning", lie_start, 1, false },
	{ "that two messages are one", lie_joined, 0, true },
	{ "that two messages, one of them short, are one", lie_joined, 1,
	    true },
	{ "that the rest is another message", lie_cut, 1, false },
	{ "that the rest of a short one is another message", lie_cut, SHORT,
	    false },
	{ "that the rest is another message where \"From \" stands",
	    lie_cut_from, 1, true },
	{ "that of a short one, too", lie_cut_from, SHORT, false },
};

static void
check_lie(void **state)
{
	const struct lie_row *row = *state;
	SCOPED(drop_str) struct str wanted = { 0 }, got = { 0 };
	SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 };
	struct stamp now;
	struct err err = { 0 };

	write_box();
	wait_until_settled();
	read_fresh(row->message, &wanted);
	box_scan(&scan, &now);
	row->lie(&scan, row->message);
	mbox_cache_write(unit_dir(), "box", &now, &scan);
	SCOPED(drop_maildrop) struct maildrop *drop = open_drop(false);
	assert_int_equal(read_all(drop, row->message, 65536, &got, &err), -1);
	assert_err(err, ERR_TEMPORARY, "another program changed the mailbox "
	    "during the session, or .box.cache was wrong: the next login "
	    "reads all of the mailbox");
	assert_int_equal(got.len > 0, row->begins);
	assert_no_file(".box.cache");
	drop_maildrop(&drop);
	got.len = 0;
	read_fresh(row->message, &got);
	assert_true(slice_equal(str_slice(&got), str_slice(&wanted)));
}

int
main(void)
{
	add_test("what a cache tells truly is read as it is, by any pieces",
	    test_true);
	add_test("mail that comes meanwhile changes nothing, another program "
	    "ends it", test_meanwhile);
	add_rows(lies, check_lie);
	return run_all();
}
