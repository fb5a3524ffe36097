/* uids_test.c: what ".NAME.uids" says, and what may lie in its place. */
#include "uids.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"
#include "scope.h"
#include "../unit.h"

enum { INODE = 7, NEXT_INODE = 8 };

/* Three twins and another one, of which a session deletes the first. */
static const struct uid_hash hashes[] = { { 1, 1 }, { 1, 1 }, { 2, 5 },
	{ 1, 1 } };
enum { COUNT = sizeof hashes / sizeof hashes[0] };

static void
assign_at(ino_t inode, struct uids *uids, const struct uid_hash *of,
    size_t count)
{
	struct err err = { 0 };

	if (uids_assign(unit_dir(), "joe", inode, of, count, uids, &err) == -1)
		fail_msg("%s", err.text);
}

static void
assign(struct uids *uids, const struct uid_hash *of, size_t count)
{
	assign_at(INODE, uids, of, count);
}

/* The ordinals that an mbox of these gets: "1 2 1 3". */
static void
assert_numbers_at(ino_t inode, const struct uid_hash *of, size_t count,
    const char *wanted)
{
	SCOPED(drop_uids) struct uids uids = { 0 };
	SCOPED(drop_str) struct str got = { 0 };

	assign_at(inode, &uids, of, count);
	for (size_t i = 0; i < count; i++)
		str_addf(&got, i == 0 ? "%u" : " %u",
		    (unsigned)uids.ordinals[i]);
	assert_string_equal(str_text(&got), wanted);
}

static void
assert_numbers(const struct uid_hash *of, size_t count, const char *wanted)
{
	assert_numbers_at(INODE, of, count, wanted);
}

static int
keep_first_deleted(struct uids *uids, struct err *err)
{
	const bool deleted[COUNT] = { true };

	assign(uids, hashes, COUNT);
	return uids_keep(unit_dir(), "joe", INODE, NEXT_INODE, hashes, deleted,
	    COUNT, uids, err);
}

static void
keep(void)
{
	SCOPED(drop_uids) struct uids uids = { 0 };
	struct err err = { 0 };

	if (keep_first_deleted(&uids, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(uids.note.kind, ERR_NONE);
	assert_int_equal(uids_forget_old(unit_dir(), "joe", false, &err), 0);
}

static void
test_numbers(void **state)
{
	(void)state;
	assert_numbers(hashes, COUNT, "1 2 1 3");
	keep();
	assert_numbers(hashes + 1, COUNT - 1, "2 1 3");
	assert_numbers(hashes, COUNT, "2 3 1 4");
}

/* Whichever of the two mboxes is there, under whatever inode number. */
static void
test_copied(void **state)
{
	enum { COPY = 99 };
	static const struct uid_hash grown[] = { { 1, 1 }, { 1, 1 }, { 2, 5 },
		{ 1, 1 }, { 2, 5 } };
	SCOPED(drop_uids) struct uids uids = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(keep_first_deleted(&uids, &err), 0);
	assert_numbers_at(COPY, hashes, COUNT, "1 2 1 3");
	assert_numbers_at(COPY, grown, COUNT + 1, "1 2 1 3 2");
	assert_numbers_at(COPY, hashes + 1, COUNT - 1, "2 1 3");
	assert_numbers_at(NEXT_INODE, hashes, COUNT, "2 3 1 4");
	assert_int_equal(uids_forget_old(unit_dir(), "joe", false, &err), 0);
	assert_numbers_at(COPY, hashes, COUNT, "2 3 1 4");
}

/* Whether those that stay are told right by what is there already. */
static void
test_no_room(void **state)
{
	static const struct no_room_row {
		bool		deleted[COUNT];
		bool		goes;
	} rows[] = {
		{ { true }, false },
		{ { false, true }, false },
		{ { false, false, true }, true },
		{ { false, false, true, true }, true },
		{ { true, true, true, true }, true },
	};
	const int errors[] = { ENOSPC, EDQUOT, EIO };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows * 3; i++) {
		const struct no_room_row *row = &rows[i / 3];
		SCOPED(drop_uids) struct uids uids = { 0 };
		struct err err = { 0 };
		assign(&uids, hashes, COUNT);
		fault_at("write", 1, errors[i % 3]);
		int got = uids_keep(unit_dir(), "joe", INODE, NEXT_INODE,
		    hashes, row->deleted, COUNT, &uids, &err);
		assert_true(fault_clear());
		assert_int_equal(got, row->goes && i % 3 < 2 ? 0 : -1);
		assert_false(uids.written);
	}
}

/* As a backup makes it by links, and an archive of it that stays as it was. */
static void
test_link(void **state)
{
	SCOPED(drop_str) struct str before = { 0 };
	struct stat st;

	(void)state;
	keep();
	assert_int_equal(link(".joe.uids", "backup"), 0);
	assert_numbers(hashes + 1, COUNT - 1, "2 1 3");
	assert_int_equal(stat("backup", &st), 0);
	ino_t was = st.st_ino;
	keep();
	assert_numbers(hashes + 1, COUNT - 1, "3 1 4");
	assert_true(stat("backup", &st) == 0 && st.st_nlink == 1 &&
	    st.st_ino == was);
}

/* --- what may lie in its place ------------------------------------------- */

static void
make_directory(void)
{
	assert_int_equal(mkdir(".joe.uids", 0700), 0);
	unit_writes(".joe.uids/mine", "precious");
}

static void
make_fifo(void)
{
	assert_int_equal(mkfifo(".joe.uids", 0600), 0);
}

static void
make_link(void)
{
	unit_writes("other", "precious");
	assert_int_equal(chmod("other", 0644), 0);
	assert_int_equal(symlink("other", ".joe.uids"), 0);
}

static void
make_dangling(void)
{
	assert_int_equal(symlink("nowhere", ".joe.uids"), 0);
}

static const struct place_row {
	const char	*name;
	void		(*make)(void);
	mode_t		 type;
} places[] = {
	{ "a directory in its place", make_directory, S_IFDIR },
	{ "a FIFO in its place", make_fifo, S_IFIFO },
	{ "a link in its place", make_link, S_IFLNK },
	{ "a link to nothing in its place", make_dangling, S_IFLNK },
};

static void
check_place(void **state)
{
	const struct place_row *row = *state;
	SCOPED(drop_uids) struct uids uids = { 0 };
	struct err err = { 0 };
	struct stat st;

	unit_writes(".joe.uids.damaged", "an earlier one");
	row->make();
	assign(&uids, hashes, COUNT);
	assert_int_equal(uids.note.kind, ERR_REFUSED);
	drop_uids(&uids);
	assert_int_equal(keep_first_deleted(&uids, &err), 0);
	assert_true(strstr(uids.note.text, "it is .joe.uids.damaged now") !=
	    NULL);
	assert_true(lstat(".joe.uids.damaged", &st) == 0 &&
	    (st.st_mode & S_IFMT) == row->type);
	assert_true(lstat(".joe.uids", &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & 07777) == 0600);
	assert_int_equal(uids_forget_old(unit_dir(), "joe", false, &err), 0);
	assert_numbers(hashes + 1, COUNT - 1, "2 1 3");
	if (row->type == S_IFDIR)
		assert_file(".joe.uids.damaged/mine", "precious");
}

/* The one that was moved away before is in the way of the next. */
static void
test_twice(void **state)
{
	SCOPED(drop_uids) struct uids uids = { 0 };
	struct err err = { 0 };

	(void)state;
	make_directory();
	assert_int_equal(keep_first_deleted(&uids, &err), 0);
	assert_int_equal(unlink(".joe.uids"), 0);
	make_directory();
	drop_uids(&uids);
	assert_int_equal(keep_first_deleted(&uids, &err), -1);
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_true(strstr(err.text, ".joe.uids: not a file of uid ") ==
	    err.text && strstr(err.text, "move it away") != NULL);
}

/* --- what it says ----------------------------------------------------------- */

#define HEAD	UIDS_MAGIC "\ninode 7\n"
#define ONE	"00000000000000010000000000000001 "
#define TWO	"00000000000000020000000000000005 "

static const struct text_row {
	const char	*name;
	const char	*text;
	const char	*numbers;	/* NULL: as if lost, with a note */
} texts[] = {
	{ "the part of this inode holds",
	    HEAD ONE "0 9 4 5 6\ninode 9\n" ONE "0 5 1 2 3\n", "4 5 1 6" },
	{ "else the last one holds",
	    UIDS_MAGIC "\ninode 3\n" ONE "0 9 4 5 6\ninode 9\n" ONE "0 5 1 3\n",
	    "1 3 1 5" },
	{ "twins that it has not get the numbers from the next one on",
	    HEAD ONE "0 9 4\n" TWO "0 3\n", "4 9 3 10" },
	{ "of more numbers than there are messages the first count",
	    HEAD ONE "0 9 1 3 4 5 6 8\n", "1 3 1 4" },
	{ "nothing is known", UIDS_MAGIC "\n", "1 2 1 3" },
	{ "an empty file", "", NULL },
	{ "another format", "vmail-uids 1\n", NULL },
	{ "a part without a number", UIDS_MAGIC "\ninode\n", NULL },
	{ "a part with two numbers", UIDS_MAGIC "\ninode 7 7\n", NULL },
	{ "a part with three numbers",
	    UIDS_MAGIC "\ninode 7 7 7\n", NULL },
	{ "a part of other messages",
	    UIDS_MAGIC "\ninode 3 1 0123456789abcdef\n" ONE "0 9 4 5 6\n"
	    "inode 9\n" ONE "0 5 1 3\n", "1 3 1 5" },
	{ "a part of no messages counts for none",
	    UIDS_MAGIC "\ninode 3 0 2d06800538d394c2\n" ONE "0 9 4 5 6\n"
	    "inode 9\n" ONE "0 5 1 3\n", "1 3 1 5" },
	{ "a line that does not end", HEAD ONE "0 9 4", NULL },
	{ "a line that ends in a blank", HEAD ONE "0 9 4 \n", NULL },
	{ "an empty line", HEAD "\n", NULL },
	{ "a hash alone", HEAD "00000000000000010000000000000001\n", NULL },
	{ "a hash and a time alone", HEAD ONE "0\n", NULL },
	{ "a short hash", HEAD "0000000000000001000000000000001 0 9 4\n", NULL },
	{ "a long hash", HEAD "0" ONE "0 9 4\n", NULL },
	{ "a hash in capitals",
	    HEAD "0000000000000001000000000000000A 0 9 4\n", NULL },
	{ "numbers that do not rise", HEAD ONE "0 9 4 4\n", NULL },
	{ "a number that is the next one", HEAD ONE "0 9 4 9\n", NULL },
	{ "a number that is 0", HEAD ONE "0 9 0 4\n", NULL },
	{ "a next number that is 0", HEAD ONE "0 0\n", NULL },
	{ "lines that do not rise", HEAD TWO "0 9 4\n" ONE "0 9 4\n", NULL },
	{ "a line that is there twice, of nothing that is there",
	    HEAD "0000000000000003000000000000000a 0 2 1\n"
	    "0000000000000003000000000000000a 0 2 1\n", NULL },
	{ "junk", HEAD ONE "0 9 4\njunk\n", NULL },
};

static void
check_text(void **state)
{
	const struct text_row *row = *state;
	SCOPED(drop_uids) struct uids uids = { 0 };

	unit_writes(".joe.uids", row->text);
	assert_numbers(hashes, COUNT, row->numbers != NULL ? row->numbers :
	    "1 2 1 3");
	assign(&uids, hashes, COUNT);
	if (row->numbers != NULL)
		assert_int_equal(uids.note.kind, ERR_NONE);
	else
		assert_err(uids.note, ERR_INVALID, ".joe.uids: not as it is "
		    "written: identical messages get other unique ids");
}

/* Lines and numbers without end, of which four messages need few. */
static void
write_lines(uint64_t deleted_at, unsigned lines, unsigned numbers,
    const char *of_gone)
{
	SCOPED(drop_str) struct str text = { 0 };

	str_adds(&text, HEAD ONE "0 999999999");
	for (unsigned i = 1; i <= numbers; i++)
		str_addf(&text, " %u", i * 3);
	str_addc(&text, '\n');
	for (unsigned i = 0; i < lines; i++)
		str_addf(&text, "0000000000000003%016x %" PRIu64 " 2%s\n", i,
		    deleted_at, of_gone);
	unit_write(".joe.uids", text.s, text.len);
}

static void
write_long(uint64_t deleted_at, unsigned lines, unsigned numbers)
{
	write_lines(deleted_at, lines, numbers, " 1");
}

static void
test_bound(void **state)
{
	enum { LINES = 100000, GONE_MAX = 65536 };
	const struct { uint64_t deleted_at; size_t known; } rows[] = {
		{ 0, 1 }, { (uint64_t)time(NULL), 1 + GONE_MAX },
		{ (uint64_t)time(NULL) + 99999, 1 },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		SCOPED(drop_uids) struct uids uids = { 0 };
		write_long(rows[i].deleted_at, LINES, LINES);
		assert_numbers(hashes, COUNT, "3 6 1 9");
		assign(&uids, hashes, COUNT);
		assert_int_equal(uids.known_count, rows[i].known);
		assert_int_equal(uids.known[0].count, 3);
		assert_int_equal(uids.known[0].next, 999999999);
		assert_int_equal(uids.note.kind, ERR_NONE);
	}
}

static long
size_after_login(void)
{
	SCOPED(drop_uids) struct uids uids = { 0 };
	struct stat st;

	assign(&uids, hashes, COUNT);
	uids_shorten(unit_dir(), "joe", INODE, hashes, COUNT, &uids);
	assert_int_equal(stat(".joe.uids", &st), 0);
	assert_numbers(hashes, COUNT, "3 6 1 9");
	return (long)st.st_size;
}

static void
test_shorten(void **state)
{
	const struct {
		uint64_t	deleted_at;
		unsigned	lines, numbers;
		bool		goes;
	} rows[] = {
		{ 0, 50000, 3, true },
		{ 0, 1000, 3, false },			/* small */
		{ (uint64_t)time(NULL), 50000, 3, false },
		{ 0, 50000, 4, false },		/* a twin may come back */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct stat st;
		write_lines(rows[i].deleted_at, rows[i].lines, rows[i].numbers,
		    "");
		assert_int_equal(stat(".joe.uids", &st), 0);
		long now = size_after_login();
		assert_true(rows[i].goes ? now < 100 : now == st.st_size);
	}
	/* where it cannot be, it stays */
	write_lines(0, 50000, 3, "");
	fault_at("openat", 2, ENOSPC);
	assert_true(size_after_login() > 100);
	assert_true(fault_clear());
}

/* However much a QUIT deletes; what earlier ones did goes first. */
static void
test_gone_max(void **state)
{
	enum { MANY = 70000, GONE_MAX = 65536 };
	SCOPED(drop_mem) struct uid_hash *all = mem_alloc(MANY * sizeof *all);
	SCOPED(drop_mem) bool *deleted = mem_alloc(MANY * sizeof *deleted);
	const size_t counts[] = { GONE_MAX - 10, 5, MANY };

	(void)state;
	for (size_t n = 0; n < 3; n++) {
		SCOPED(drop_uids) struct uids uids = { 0 };
		struct err err = { 0 };
		for (size_t i = 0; i < counts[n]; i++) {
			all[i] = (struct uid_hash){ n, i };
			deleted[i] = true;
		}
		assign(&uids, all, counts[n]);
		assert_int_equal(uids_keep(unit_dir(), "joe", INODE, NEXT_INODE,
		    all, deleted, counts[n], &uids, &err), 0);
		assert_int_equal(uids_forget_old(unit_dir(), "joe", false,
		    &err), 0);
		drop_uids(&uids);
		assign(&uids, NULL, 0);
		assert_int_equal(uids.known_count, n == 0 ? GONE_MAX - 10 :
		    n == 1 ? GONE_MAX - 5 : GONE_MAX);
		assert_true(uids.known[uids.known_count - 1].hash.high == n);
		assert_true(uids.known[0].hash.high == (n == 2 ? 2 : 0));
	}
}

/* What the system does not let us read now is not lost. */
static void
test_unread(void **state)
{
	SCOPED(drop_uids) struct uids uids = { 0 };
	struct err err = { 0 };

	(void)state;
	keep();
	fault_at("read", 1, EIO);
	assert_int_equal(uids_assign(unit_dir(), "joe", INODE, hashes, COUNT,
	    &uids, &err), -1);
	assert_true(fault_clear());
	assert_int_equal(err.kind, ERR_TEMPORARY);
}

/* Whatever is called so keeps its bytes, unless we wrote them. */
static void
test_forget(void **state)
{
	static const char other[] = "not a record, 1234567890 whatever it says";
	struct err err = { 0 };

	(void)state;
	unit_writes(".joe.uids", other);
	assert_int_equal(uids_forget_old(unit_dir(), "joe", false, &err), 0);
	assert_file(".joe.uids", other);
	unit_writes(".joe.uids", HEAD ONE "0 9 4\n");
	assert_int_equal(uids_forget_old(unit_dir(), "joe", false, &err), 0);
	assert_file(".joe.uids", UIDS_MAGIC "\ninode 0\n" ONE "0 9 4\n");
	assert_int_equal(unlink(".joe.uids"), 0);
	make_directory();
	assert_int_equal(uids_forget_old(unit_dir(), "joe", false, &err), 0);
}

static void
assert_copy(const char *wanted)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct err err = { 0 };

	if (uids_copy(unit_dir(), "joe", INODE, &text, &err) == -1)
		fail_msg("%s", err.text);
	assert_string_equal(str_text(&text), wanted);
}

static void
test_copy(void **state)
{
	(void)state;
	assert_copy("");
	unit_writes(".joe.uids", HEAD ONE "0 9 4\ninode 9\n" ONE "0 9 5\n");
	assert_copy(HEAD ONE "0 9 4\n");
	assert_int_equal(link(".joe.uids", "backup"), 0);
	assert_copy(HEAD ONE "0 9 4\n");
	unit_writes(".joe.uids", UIDS_MAGIC "\ninode 7 4 0123456789abcdef\n"
	    ONE "0 9 4\ninode 9\n" ONE "0 9 5\n");
	assert_copy(UIDS_MAGIC "\ninode 7 4 0123456789abcdef\n" ONE
	    "0 9 4\n");
	assert_int_equal(truncate(".joe.uids", (off_t)1 << 29), 0);
	assert_copy("");
	assert_int_equal(unlink(".joe.uids"), 0);
	make_directory();
	assert_copy("");
}

/* Longer than any that we write; the rest of it is a hole. */
static void
test_too_long(void **state)
{
	SCOPED(drop_uids) struct uids uids = { 0 };

	(void)state;
	unit_writes(".joe.uids", HEAD ONE "0 9 4\n");
	assert_int_equal(truncate(".joe.uids", (off_t)1 << 29), 0);
	assert_numbers(hashes, COUNT, "1 2 1 3");
	assign(&uids, hashes, COUNT);
	assert_int_equal(uids.note.kind, ERR_INVALID);
}

int
main(void)
{
	add_test("twins keep their numbers", test_numbers);
	add_test("they are right of either mbox, and of a copy of it",
	    test_copied);
	add_test("without room they need not be written where the old ones do",
	    test_no_room);
	add_test("a second name of it changes nothing, and stays as it was",
	    test_link);
	add_rows(places, check_place);
	add_test("what is moved away never replaces what was", test_twice);
	add_rows(texts, check_text);
	add_test("however long it is, memory is the mailbox's", test_bound);
	add_test("a login leaves out what is of no use any more", test_shorten);
	add_test("what is gone is as much as is remembered, the last first",
	    test_gone_max);
	add_test("one that is mostly a hole is as if lost", test_too_long);
	add_test("a backup has it, and nothing that lies in its place",
	    test_copy);
	add_test("one that cannot be read now is not lost", test_unread);
	add_test("what is not our own record is not written to", test_forget);
	return run_all();
}
