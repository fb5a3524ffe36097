/* mbox_cache_test.c: the cache beside an mbox: what is believed, and what
 * never. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "box.h"
#include "fd.h"
#include "mbox_cache.h"
#include "scope.h"
#include "str.h"

static const struct stamp stamp = { .dev = 1, .ino = 2, .size = 100,
    .modified = { 3, 4 }, .changed = { 5, 6 } };

/* Three messages of a file of 100 bytes. */
static struct mbox_entry entries[] = {
	{ .from = 0, .start = 7, .end = 20, .octets = 15, .hash = { 1, 2 } },
	{ .from = 21, .start = 28, .end = 50, .octets = 23, .quoted = true,
	  .hash = { 3, 4 } },
	{ .from = 51, .start = 58, .end = 99, .octets = 44, .hash = { 5, 6 } },
};
static const struct mbox_scan three = { .entries = entries, .count = 3,
    .size = 100, .pseudo = true };

static void
assert_same_scan(const struct mbox_scan *a, const struct mbox_scan *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->pseudo, b->pseudo);
	for (size_t i = 0; i < a->count; i++)
		assert_true(mbox_entry_same(&a->entries[i], &b->entries[i],
		    false));
}

static bool
is_believed(const struct stamp *of)
{
	SCOPED(drop_mbox_scan) struct mbox_scan found = { 0 };

	return mbox_cache_read(unit_dir(), "box", of, &found);
}

static void
write_three(void)
{
	mbox_cache_write(unit_dir(), "box", &stamp, &three);
}

static void
test_back(void **state)
{
	SCOPED(drop_mbox_scan) struct mbox_scan found = { 0 };

	(void)state;
	write_three();
	assert_true(mbox_cache_read(unit_dir(), "box", &stamp, &found));
	assert_same_scan(&found, &three);
	mbox_cache_forget(unit_dir(), "box");
	assert_no_file(".box.cache");
	assert_false(is_believed(&stamp));
}

static void
read_file(const char *name, struct str *text)
{
	char chunk[4096];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_true(fd != -1);
	while ((n = read(fd, chunk, sizeof chunk)) > 0)
		str_add(text, chunk, (size_t)n);
	close(fd);
}

static void
test_cut(void **state)
{
	SCOPED(drop_str) struct str good = { 0 };

	(void)state;
	write_three();
	read_file(".box.cache", &good);
	for (size_t len = 0; len < good.len; len++) {
		unit_write(".box.cache", good.s, len);
		assert_false(is_believed(&stamp));
	}
	str_addc(&good, '\0');
	unit_write(".box.cache", good.s, good.len);
	assert_false(is_believed(&stamp));
	unit_write(".box.cache", good.s, good.len - 1);
	assert_true(is_believed(&stamp));
}

/* Of a file that lost its third message. */
static const struct stamp later = { .dev = 1, .ino = 2, .size = 51,
    .modified = { 7, 8 }, .changed = { 7, 9 } };
static const struct mbox_scan two = { .entries = entries, .count = 2,
    .size = 51, .pseudo = true };

static void
test_shorten(void **state)
{
	SCOPED(drop_mbox_scan) struct mbox_scan found = { 0 };

	(void)state;
	write_three();
	assert_true(mbox_cache_shorten(unit_dir(), "box", &later, &two));
	assert_true(mbox_cache_read(unit_dir(), "box", &later, &found));
	assert_same_scan(&found, &two);
	assert_false(is_believed(&stamp));
}

static void
test_shorten_other(void **state)
{
	struct mbox_entry others[3];
	struct mbox_scan other = three;

	(void)state;
	memcpy(others, entries, sizeof others);
	others[0].octets++;
	other.entries = others;
	mbox_cache_write(unit_dir(), "box", &stamp, &other);
	assert_true(mbox_cache_shorten(unit_dir(), "box", &later, &two));
	assert_false(is_believed(&later));
}

static void
test_shorten_not(void **state)
{
	static const struct mbox_scan one = { .entries = entries, .count = 1,
	    .size = 21, .pseudo = true };

	(void)state;
	assert_false(mbox_cache_shorten(unit_dir(), "box", &later, &two));
	mbox_cache_write(unit_dir(), "box", &stamp, &one);
	assert_false(mbox_cache_shorten(unit_dir(), "box", &later, &two));
	write_three();
	assert_int_equal(rename(".box.cache", "there"), 0);
	assert_int_equal(symlink("there", ".box.cache"), 0);
	assert_false(mbox_cache_shorten(unit_dir(), "box", &later, &two));
	assert_int_equal(unlink(".box.cache"), 0);
	assert_int_equal(link("there", ".box.cache"), 0);
	assert_false(mbox_cache_shorten(unit_dir(), "box", &later, &two));
}

static void
test_bits(void **state)
{
	SCOPED(drop_str) struct str good = { 0 };

	(void)state;
	write_three();
	read_file(".box.cache", &good);
	for (size_t bit = 0; bit < good.len * 8; bit++) {
		good.s[bit / 8] ^= (char)(1 << bit % 8);
		unit_write(".box.cache", good.s, good.len);
		assert_false(is_believed(&stamp));
		good.s[bit / 8] ^= (char)(1 << bit % 8);
	}
}

static const struct stamp_row {
	const char		*name;
	struct stamp	 other;
} stamp_rows[] = {
	{ "not for a file of another disk", { 9, 2, 100, { 3, 4 }, { 5, 6 } } },
	{ "not for another file", { 1, 9, 100, { 3, 4 }, { 5, 6 } } },
	{ "not for one of another size", { 1, 2, 99, { 3, 4 }, { 5, 6 } } },
	{ "not for one that was modified since",
	  { 1, 2, 100, { 9, 4 }, { 5, 6 } } },
	{ "not even a nanosecond later", { 1, 2, 100, { 3, 5 }, { 5, 6 } } },
	{ "not for one whose time was set back",
	  { 1, 2, 100, { 3, 4 }, { 9, 6 } } },
	{ "not for one changed a nanosecond later",
	  { 1, 2, 100, { 3, 4 }, { 5, 7 } } },
	{ "not for no file", { 0 } },
};

static void
check_stamp(void **state)
{
	const struct stamp_row *row = *state;

	write_three();
	assert_true(is_believed(&stamp));
	assert_false(is_believed(&row->other));
}

static const struct wrong_row {
	const char		*name;
	struct mbox_entry	 second;	/* of the three */
} wrong_rows[] = {
	{ "messages that overlap", { .from = 19, .start = 28, .end = 50,
	  .octets = 23 } },
	{ "a message that ends before it begins", { .from = 30, .start = 40,
	  .end = 35, .octets = 2 } },
	{ "a message without its From_ line", { .from = 21, .start = 21,
	  .end = 50, .octets = 30 } },
	{ "a message behind the file's end", { .from = 21, .start = 28,
	  .end = 101, .octets = 80 } },
	{ "an offset below 0", { .from = 21, .start = 28, .end = -1,
	  .octets = 23 } },
	{ "bytes that belong to no message", { .from = 23, .start = 28,
	  .end = 50, .octets = 23 } },
	{ "messages that nothing separates", { .from = 20, .start = 28,
	  .end = 50, .octets = 23 } },
	{ "more octets than bytes can give", { .from = 21, .start = 28,
	  .end = 50, .octets = 47 } },
};

static void
check_wrong(void **state)
{
	const struct wrong_row *row = *state;
	struct mbox_entry wrong[] = { entries[0], row->second, entries[2] };
	const struct mbox_scan scan = { .entries = wrong, .count = 3,
	    .size = 100 };

	mbox_cache_write(unit_dir(), "box", &stamp, &scan);
	assert_false(is_believed(&stamp));
}

static void
test_last_bytes(void **state)
{
	struct stamp larger = stamp;
	struct mbox_scan scan = three;

	(void)state;
	for (off_t size = 99; size < 104; size++) {
		larger.size = scan.size = size;
		mbox_cache_write(unit_dir(), "box", &larger, &scan);
		assert_int_equal(is_believed(&larger), size < 102);
	}
}

static void
test_links(void **state)
{
	(void)state;
	write_three();
	assert_int_equal(link(".box.cache", "second"), 0);
	assert_false(is_believed(&stamp));
	assert_int_equal(unlink(".box.cache"), 0);
	assert_true(symlink("second", ".box.cache") == 0 &&
	    !is_believed(&stamp));
	/* what a link leads to stays, and so does its mode */
	unit_writes("second", "precious");
	assert_int_equal(chmod("second", 0644), 0);
	write_three();
	assert_file("second", "precious");
	assert_true(is_believed(&stamp));
	struct stat st;
	assert_true(lstat(".box.cache", &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & 07777) == 0600);
	assert_int_equal(unlink(".box.cache"), 0);
	assert_int_equal(mkfifo(".box.cache", 0600), 0);
	assert_false(is_believed(&stamp));
}

/* --- with an mbox --------------------------------------------------------- */

enum { MESSAGES = 300 };

/* 1.2 MB, long enough to be worth a cache. */
static void
write_box(void)
{
	SCOPED(drop_str) struct str text = { 0 };

	for (int i = 0; i < MESSAGES; i++) {
		str_addf(&text, "From a\nSubject: %d\n\n>From b\n", i);
		for (int line = 0; line < 80; line++)
			str_adds(&text, "a line of a message that is one of"
			    " many, long\n");
		str_addc(&text, '\n');
	}
	unit_write("box", text.s, text.len);
}

/* Until whatever comes next has another time: ticks of the kernel's clock. */
static void
wait_for_a_tick(void)
{
	struct stat st;

	assert_int_equal(stat("box", &st), 0);
	struct stamp now = stamp_of(&st);
	while (!stamp_is_final(&now))
		sched_yield();
}

/* What a login finds; true: it read all of it. */
static bool
login(struct mbox_scan *found)
{
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	struct err err = { 0 };
	bool fresh;

	if (mbox_file_open(unit_dir(), "box", MBOX_FILE_EXISTING,
	    deadline_in(1000), &f, &err) == -1 ||
	    mbox_cache_scan(&f, found, &fresh, &err) == -1)
		fail_msg("%s", err.text);
	return fresh;
}

/* The same, and it is what is there. */
static void
look(bool *fresh)
{
	SCOPED(drop_mbox_scan) struct mbox_scan found = { 0 }, there = { 0 };
	struct stamp now;

	*fresh = login(&found);
	box_scan(&there, &now);
	assert_same_scan(&found, &there);
}

static bool
is_fresh(void)
{
	bool fresh;

	look(&fresh);
	return fresh;
}

static void
prepare(void)
{
	write_box();
	wait_for_a_tick();
	assert_true(is_fresh());
	assert_false(is_fresh());
}

static void
put(const char *text, off_t at)
{
	int fd = open("box", O_WRONLY | O_CLOEXEC);

	assert_true(fd != -1);
	if (at < 0)
		at = lseek(fd, 0, SEEK_END);
	assert_int_equal(pwrite(fd, text, strlen(text), at), strlen(text));
	close(fd);
}

static void
test_ours(void **state)
{
	(void)state;
	prepare();
	for (int i = 0; i < 5; i++) {
		box_deliver("Subject: new\n\n>From here\nno end");
		assert_false(is_fresh());
	}
	box_deliver("a\n");
	box_deliver("a\n");
	assert_false(is_fresh());
}

static void
test_end(void **state)
{
	(void)state;
	write_box();
	put("From x\n\nno end", -1);
	wait_for_a_tick();
	assert_true(is_fresh());
	box_deliver("a\n");
	assert_false(is_fresh());
}

static void
test_others(void **state)
{
	(void)state;
	prepare();
	put("From other\n\nx\n\n", -1);
	assert_true(is_fresh());
	prepare();
	box_deliver("a\n");
	put("From other\n\nx\n\n", -1);
	box_deliver("a\n");
	assert_true(is_fresh());
}

/* The same size and the same time, and other messages. */
static void
test_set_back(void **state)
{
	struct stat st;

	(void)state;
	prepare();
	assert_int_equal(stat("box", &st), 0);
	put("\nFrom x\n\n", 2000);
	assert_int_equal(utimensat(AT_FDCWD, "box", (const struct timespec[]){
	    st.st_atim, st.st_mtim }, 0), 0);
	assert_true(is_fresh());
}

/* What the last message is like is believed as of the others, until something
 * stands behind it. */
static void
test_last(void **state)
{
	SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 }, believed = { 0 };
	struct stamp now;

	(void)state;
	prepare();
	box_scan(&scan, &now);
	scan.entries[MESSAGES - 1].hash.low ^= 1;
	mbox_cache_write(unit_dir(), "box", &now, &scan);
	assert_false(login(&believed));
	assert_same_scan(&believed, &scan);
	drop_mbox_scan(&believed);
	box_deliver("a\n");
	assert_true(login(&believed));
}

/* A mailbox that begins with c-client's own data, and one that does not. */
static void
test_pseudo(void **state)
{
	SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 }, found = { 0 };
	struct stamp now;

	(void)state;
	write_box();
	put("X-IMAP: 1 2\nSubject: FOLDER INTERNAL DATA\n\n", 7);
	wait_for_a_tick();
	assert_true(is_fresh());
	box_scan(&scan, &now);
	assert_true(scan.pseudo);
	assert_false(is_fresh());
	write_box();
	wait_for_a_tick();
	drop_mbox_scan(&scan);
	box_scan(&scan, &now);
	scan.pseudo = true;
	mbox_cache_write(unit_dir(), "box", &now, &scan);
	assert_true(login(&found));
	assert_false(found.pseudo);
}

/* A cache of the file that is right but for its first entries: it does not know
 * them, or takes c-client's own for a message. */
static void
test_first(void **state)
{
	SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 }, found = { 0 };
	struct stamp now;

	(void)state;
	prepare();
	box_scan(&scan, &now);
	struct mbox_scan lacking = { scan.entries + 1, scan.count - 1, scan.size,
	    false };
	mbox_cache_write(unit_dir(), "box", &now, &lacking);
	assert_true(login(&found));
	assert_same_scan(&found, &scan);
	drop_mbox_scan(&found);
	write_box();
	put("X-IMAP: 1 2\nSubject: FOLDER INTERNAL DATA\n\n", 7);
	wait_for_a_tick();
	drop_mbox_scan(&scan);
	box_scan(&scan, &now);
	scan.pseudo = false;
	mbox_cache_write(unit_dir(), "box", &now, &scan);
	assert_true(login(&found));
	assert_true(found.pseudo);
}

/* Else each login would read it, until a megabyte was added. */
static void
test_long_last(void **state)
{
	SCOPED(drop_str) struct str long_one = { 0 };
	SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 }, found = { 0 };
	struct stamp now;

	(void)state;
	prepare();
	for (int i = 0; i < 1 << 17; i++)
		str_adds(&long_one, "a line\n\n");
	box_deliver(str_text(&long_one));
	assert_false(is_fresh());
	box_deliver("short\n");
	wait_for_a_tick();
	assert_false(is_fresh());
	box_scan(&scan, &now);
	assert_true(mbox_cache_read(unit_dir(), "box", &now, &found));
	assert_same_scan(&found, &scan);
}

/* In the very tick in which a delivery of ours ended. */
static void
test_same_tick(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		prepare();
		box_deliver("a\n");
		put("\nFrom x\n\n", 2000);
		assert_true(is_fresh());
	}
}

static void
test_small(void **state)
{
	bool fresh;

	(void)state;
	unit_writes("box", "From a\n\nx\n\n");
	wait_for_a_tick();
	look(&fresh);
	assert_true(fresh);
	assert_no_file(".box.cache");
}

static const struct fault_row {
	const char	*name;
	const char	*call;
	int		 error;
} faults[] = {
	{ "a full disk", "write", ENOSPC },
	{ "a queue file that cannot be written", "pwrite", EDQUOT },
	{ "files that cannot be opened", "openat", EMFILE },
	{ "files that cannot be looked at", "fstat", EIO },
	{ "files that cannot be removed", "unlinkat", EACCES },
	{ "a mode that cannot be given", "fchmod", EPERM },
	{ "a rename that fails", "renameat", EIO },
};

/* A login works whatever becomes of the cache. */
static void
check_fault(void **state)
{
	const struct fault_row *row = *state;
	bool happened = true;
	struct err err = { 0 };

	for (int nth = 1; happened; nth++) {
		SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
		SCOPED(drop_mbox_scan) struct mbox_scan found = { 0 };
		bool fresh;
		if (nth % 2 == 1) {
			write_box();
			wait_for_a_tick();
		}
		assert_int_equal(mbox_file_open(unit_dir(), "box",
		    MBOX_FILE_EXISTING, deadline_in(1000), &f, &err), 0);
		fault_at(row->call, (nth + 1) / 2, row->error);
		assert_int_equal(mbox_cache_scan(&f, &found, &fresh, &err), 0);
		happened = fault_clear() || nth % 2 == 1;
		assert_int_equal(found.count, MESSAGES);
	}
}

/* --- with a maildrop --------------------------------------------------------- */

static void
test_quit(void **state)
{
	struct err err = { 0 };

	(void)state;
	prepare();
	for (int late = 0; late < 2; late++) {
		SCOPED(drop_maildrop) struct maildrop *drop = NULL;
		drop = box_open();
		drop->messages[0].deleted = drop->messages[7].deleted = true;
		drop->messages[drop->count - 1].deleted = true;
		if (late == 1)
			box_deliver("late\n");
		assert_int_equal(maildrop_commit(drop, deadline_in(1000), &err),
		    0);
		drop_maildrop(&drop);
		assert_false(is_fresh());
		drop = box_open();
		assert_int_equal(drop->count, MESSAGES - 3 - late * 2);
	}
}

/* A cache of this very file that says something else. */
static void
lie(void)
{
	SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 };
	struct stamp now;

	box_scan(&scan, &now);
	scan.entries[1].start--;
	scan.entries[2].octets++;
	scan.entries[3].hash.low++;
	scan.entries[4].quoted = false;
	mbox_cache_write(unit_dir(), "box", &now, &scan);
}

static void
test_lies(void **state)
{
	char bytes[8192];

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		SCOPED(drop_maildrop) struct maildrop *drop = NULL;
		struct err err = { 0 };
		prepare();
		lie();
		drop = box_open();
		ssize_t n = maildrop_read(drop, i, true, bytes, sizeof bytes,
		    &err);
		if (i == 0 || i == 5) {	/* of these it told the truth */
			assert_true(n > 0);
			continue;
		}
		assert_int_equal(n, -1);
		assert_err(err, ERR_TEMPORARY, "another program changed the "
		    "mailbox during the session, or .box.cache was wrong: the "
		    "next login reads all of the mailbox");
		drop_maildrop(&drop);
		assert_true(is_fresh());
	}
}

static void
test_lies_at_quit(void **state)
{
	(void)state;
	for (size_t i = 1; i < 5; i++) {
		SCOPED(drop_maildrop) struct maildrop *drop = NULL;
		SCOPED(drop_str) struct str before = { 0 }, after = { 0 };
		struct err err = { 0 };
		prepare();
		lie();
		read_file("box", &before);
		drop = box_open();
		drop->messages[i].deleted = true;
		assert_int_equal(maildrop_commit(drop, deadline_in(1000), &err),
		    -1);
		read_file("box", &after);
		assert_true(slice_equal(str_slice(&before), str_slice(&after)));
	}
}

int
main(void)
{
	add_test("what was written comes back", test_back);
	add_test("cut at any length, or longer, it is not believed", test_cut);
	add_test("shortened with its mbox it tells of what is left", test_shorten);
	add_test("shortened where it knew another message it is not believed", test_shorten_other);
	add_test("what knows too little, or is a link, is not shortened", test_shorten_not);
	add_test("with any bit wrong it is not believed", test_bits);
	add_rows(stamp_rows, check_stamp);
	add_rows(wrong_rows, check_wrong);
	add_test("nor where bytes behind the last message are nobody's",
	    test_last_bytes);
	add_test("links and FIFOs are not believed, nor written to",
	    test_links);
	add_test("after our deliveries only what is new is read", test_ours);
	add_test("after one that ended the last line, too", test_end);
	add_test("after any other program's all is read", test_others);
	add_test("the last message is believed until something is added",
	    test_last);
	add_test("what hides the first message is proven", test_pseudo);
	add_test("nor is one that hides the first message, or shows c-client's",
	    test_first);
	add_test("a long one is read once when something was", test_long_last);
	add_test("a rewritten file of the same size and time is read",
	    test_set_back);
	add_test("one rewritten in the tick of a delivery, too",
	    test_same_tick);
	add_test("a small file has no cache", test_small);
	add_rows(faults, check_fault);
	add_test("what QUIT leaves is known", test_quit);
	add_test("what a cache says wrongly is not sent, and forgotten",
	    test_lies);
	add_test("what a cache says wrongly removes nothing",
	    test_lies_at_quit);
	return run_all();
}
