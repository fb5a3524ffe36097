/* textindex_test.c: where in a large text file what is called so begins. */
#include "../unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "scope.h"
#include "textindex_write.h"

#define NAME	".text.index"

enum { KIND = 1, OTHER_KIND = 2 };

static struct stat
state_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(name, &st), 0);
	return st;
}

/* An index of the file "text" for names n0, n1 ..., a line of ten bytes each. */
static void
make(size_t count, const char *twice)
{
	SCOPED(drop_textindex_list) struct textindex_list list = { 0 };
	SCOPED(drop_textindex_draft) struct textindex_draft draft = {
		.draft.fd = -1 };
	struct stat st;
	struct err err;
	char name[32];

	unit_writes("text", "");
	assert_int_equal(truncate("text", (off_t)count * 10 + 10), 0);
	st = state_of("text");
	assert_int_equal(textindex_list_begin(&list, &err), 0);
	for (size_t i = 0; i < count; i++) {
		struct textindex_place place = { (off_t)i * 10,
		    (unsigned)i + 1 };
		snprintf(name, sizeof name, "n%zu", i);
		textindex_list_add(&list, KIND, slice_of(twice != NULL ?
		    twice : name), place);
	}
	textindex_list_add_apart(&list,
	    (struct textindex_place){ (off_t)count * 10, 9999999 });
	if (textindex_prepare(&list, unit_dir(), NAME, &st, &draft,
	    &err) == -1) {
		assert_int_equal(err.kind, ERR_FULL);
		return;
	}
	assert_int_equal(textindex_publish(&draft, &st, &err), 0);
}

static int
open_it(struct textindex *index, struct err *err)
{
	struct stat st = state_of("text");

	*index = (struct textindex){ .fd = -1 };
	return textindex_open(unit_dir(), NAME, geteuid(), &st, index, err);
}

static size_t
count_of(const struct textindex *index, unsigned kind, const char *name,
    struct textindex_place *first)
{
	SCOPED(drop_textindex_places) struct textindex_places found = { 0 };
	struct err err;

	assert_int_equal(textindex_find(index, kind, slice_of(name), &found,
	    &err), 0);
	textindex_sort(&found);
	if (found.count > 0)
		*first = found.place[0];
	return found.count;
}

static void
test_each_name_has_its_place(void **state)
{
	enum { COUNT = 20000 };
	SCOPED(drop_textindex) struct textindex index = { .fd = -1 };
	struct textindex_place place;
	struct err err;
	char name[32];

	(void)state;
	make(COUNT, NULL);
	assert_int_equal(open_it(&index, &err), 1);
	for (unsigned i = 0; i < COUNT; i++) {
		snprintf(name, sizeof name, "N%u", i);
		assert_in_range(count_of(&index, KIND, name, &place), 1, 2);
		assert_int_equal(place.offset, i * 10);
		assert_int_equal(place.line, i + 1);
	}
	assert_int_equal(count_of(&index, OTHER_KIND, "n1", &place), 0);
	assert_int_equal(count_of(&index, KIND, "n20000", &place), 0);
}

static void
test_what_is_apart_is_found_by_itself(void **state)
{
	SCOPED(drop_textindex) struct textindex index = { .fd = -1 };
	SCOPED(drop_textindex_places) struct textindex_places found = { 0 };
	struct err err;

	(void)state;
	make(300, NULL);
	assert_int_equal(open_it(&index, &err), 1);
	assert_int_equal(textindex_find_apart(&index, &found, &err), 0);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.place[0].line, 9999999);
}

static void
test_several_of_one_name_come_in_their_order(void **state)
{
	SCOPED(drop_textindex) struct textindex index = { .fd = -1 };
	struct textindex_place first;
	struct err err;

	(void)state;
	make(255, "same");
	assert_int_equal(open_it(&index, &err), 1);
	assert_int_equal(count_of(&index, KIND, "SAME", &first), 255);
	assert_int_equal(first.line, 1);
}

/* "text" becomes one in which so many bytes and lines came in at an offset. */
static int
carry(const struct textdiff *diff, const char *name,
    struct textindex_place place)
{
	SCOPED(drop_textindex) struct textindex old = { .fd = -1 };
	SCOPED(drop_textindex_list) struct textindex_list list = { 0 };
	SCOPED(drop_textindex_draft) struct textindex_draft draft = {
		.draft.fd = -1 };
	struct err err;

	assert_int_equal(open_it(&old, &err), 1);
	memcpy(list.key, old.head.key, sizeof list.key);
	if (name != NULL)
		textindex_list_add(&list, KIND, slice_of(name), place);
	assert_int_equal(truncate("text", (off_t)old.head.text.size +
	    diff->new_end - diff->old_end), 0);
	struct stat st = state_of("text");
	int got = textindex_carry(&old, diff, &list, unit_dir(), NAME, &st,
	    &draft, &err);
	if (got == 1)
		assert_int_equal(textindex_publish(&draft, &st, &err), 0);
	return got;
}

/* As vadmin's full names: nobody has to know how many there are. */
static void
test_some_of_very_many_are_kept(void **state)
{
	SCOPED(drop_textindex_list) struct textindex_list list = { 0 };
	SCOPED(drop_textindex_draft) struct textindex_draft draft = {
		.draft.fd = -1 };
	SCOPED(drop_textindex) struct textindex index = { .fd = -1 };
	struct textindex_place place = { 0, 1 };
	struct stat st;
	struct err err;

	(void)state;
	unit_writes("text", "0123456789");
	st = state_of("text");
	assert_int_equal(textindex_list_begin(&list, &err), 0);
	for (int i = 0; i < 5000; i++)
		textindex_list_add_some(&list, KIND, SLICE("same"), place);
	textindex_list_add(&list, KIND, SLICE("other"), place);
	assert_int_equal(textindex_prepare(&list, unit_dir(), NAME, &st,
	    &draft, &err), 0);
	assert_int_equal(textindex_publish(&draft, &st, &err), 0);
	assert_int_equal(open_it(&index, &err), 1);
	assert_int_equal(index.head.left_out, 1);
	assert_int_equal(count_of(&index, KIND, "same", &place), 1);
	assert_int_equal(count_of(&index, KIND, "other", &place), 1);
	assert_int_equal(carry(&(struct textdiff){ 10, 10, 12, 1, 1 }, "new",
	    (struct textindex_place){ 10, 2 }), 1);
	assert_int_equal(carry(&(struct textdiff){ 0, 4, 3, 0, 0 }, NULL,
	    (struct textindex_place){ 0 }), 0);
}

/* An index of the file "text": count times each of the keys, and one name. */
static void
make_few(size_t count, const char *const keys[])
{
	SCOPED(drop_textindex_list) struct textindex_list list = {
		.edition = 1 };
	SCOPED(drop_textindex_draft) struct textindex_draft draft = {
		.draft.fd = -1 };
	struct stat st;
	struct err err;

	unit_writes("text", "");
	assert_int_equal(truncate("text", 100000), 0);
	st = state_of("text");
	assert_int_equal(textindex_list_begin(&list, &err), 0);
	for (size_t i = 0; keys[i] != NULL; i++)
		for (size_t n = 0; n < count; n++)
			textindex_list_add_few(&list, KIND, slice_of(keys[i]),
			    (struct textindex_place){ (off_t)n * 10, 1 });
	textindex_list_add(&list, OTHER_KIND, SLICE("name"),
	    (struct textindex_place){ 99990, 1 });
	assert_int_equal(textindex_prepare(&list, unit_dir(), NAME, &st,
	    &draft, &err), 0);
	assert_int_equal(textindex_publish(&draft, &st, &err), 0);
}

/* How many places it has of the key; -1: there may be more. */
static int
few_of(const char *key)
{
	SCOPED(drop_textindex_places) struct textindex_places found = { 0 };
	SCOPED(drop_textindex) struct textindex index = { .fd = -1 };
	struct textindex_place place;
	struct err err;

	assert_int_equal(open_it(&index, &err), 1);
	assert_int_equal(count_of(&index, OTHER_KIND, "name", &place), 1);
	int got = textindex_find_few(&index, KIND, slice_of(key), &found,
	    &err);
	assert_int_not_equal(got, -1);
	return got == 0 ? -1 : (int)found.count;
}

static void
test_few_are_all_there_or_known_to_be_more(void **state)
{
	static const char *const keys[] = { "a", "b", NULL };

	(void)state;
	for (int n = 1; n < 40; n++) {
		make_few((size_t)n, keys);
		int wanted = n <= TEXTINDEX_SOME ? n : -1;
		assert_int_equal(few_of("a"), wanted);
		assert_int_equal(few_of("B"), wanted);
		assert_int_equal(few_of("c"), 0);
	}
}

/* 16 of each of so many are too many for some pages. */
static void
test_few_never_fill_a_page(void **state)
{
	enum { KEYS = 1000 };
	static char text[KEYS][16];
	const char *keys[KEYS + 1] = { NULL };
	struct textindex_place at = { 100000, 2 };
	SCOPED(drop_textindex_list) struct textindex_list list = {
		.edition = 1 };
	SCOPED(drop_textindex_draft) struct textindex_draft draft = {
		.draft.fd = -1 };
	SCOPED(drop_textindex) struct textindex old = { .fd = -1 };
	struct err err;
	int unknown = 0;

	(void)state;
	for (int i = 0; i < KEYS; i++) {
		snprintf(text[i], sizeof text[i], "k%d", i);
		keys[i] = text[i];
	}
	make_few(TEXTINDEX_SOME, keys);
	for (int i = 0; i < KEYS; i++) {
		int n = few_of(keys[i]);
		assert_true(n == -1 || n == TEXTINDEX_SOME);
		unknown += n == -1;
	}
	assert_in_range(unknown, 1, KEYS / 2);
	/* There is room for names that come in. */
	assert_int_equal(open_it(&old, &err), 1);
	memcpy(list.key, old.head.key, sizeof list.key);
	for (int i = 0; i < KEYS; i++)
		textindex_list_add_few(&list, KIND, slice_of(keys[i]), at);
	for (int i = 0; i < 20; i++)
		textindex_list_add(&list, OTHER_KIND, slice_of(keys[i]), at);
	struct stat st = state_of("text");
	assert_int_equal(textindex_carry(&old, &(struct textdiff){ 100000,
	    100000, 100010, 1, 1 }, &list, unit_dir(), NAME, &st, &draft,
	    &err), 1);
}

static int
carry_few(off_t at, const char *key, uint32_t edition)
{
	SCOPED(drop_textindex) struct textindex old = { .fd = -1 };
	SCOPED(drop_textindex_list) struct textindex_list list = {
		.edition = edition };
	SCOPED(drop_textindex_draft) struct textindex_draft draft = {
		.draft.fd = -1 };
	struct textdiff diff = { at, at + 10, at + 10, 0, 0 };
	struct err err;

	assert_int_equal(open_it(&old, &err), 1);
	memcpy(list.key, old.head.key, sizeof list.key);
	for (int i = 0; i < 2; i++)		/* twice in one place */
		textindex_list_add_few(&list, KIND, slice_of(key),
		    (struct textindex_place){ at, 1 });
	struct stat st = state_of("text");
	int got = textindex_carry(&old, &diff, &list, unit_dir(), NAME, &st,
	    &draft, &err);
	if (got == 1)
		assert_int_equal(textindex_publish(&draft, &st, &err), 0);
	return got;
}

static void
test_few_are_carried_along_until_they_are_many(void **state)
{
	static const char *const keys[] = { "a", NULL };

	(void)state;
	make_few(1, keys);
	for (int i = 1; i < 40; i++) {
		assert_int_equal(few_of("a"), i <= TEXTINDEX_SOME ? i : -1);
		assert_int_equal(carry_few(1000 + i * 10, "a", 1), 1);
	}
	make_few(1, keys);
	assert_int_equal(carry_few(0, "b", 1), 1);
	assert_int_equal(few_of("a"), 0);
	assert_int_equal(few_of("b"), 1);
}

static void
test_what_is_gone_leaves_room(void **state)
{
	static const char *const keys[] = { "a", NULL };

	(void)state;
	make_few(1, keys);
	for (int i = 0; i < 2 * TEXTINDEX_SOME; i++)
		assert_int_equal(carry_few(0, "a", 1), 1);
	assert_int_equal(few_of("a"), 1);
	/* That there were too many once is remembered. */
	make_few(TEXTINDEX_SOME + 1, keys);
	for (int i = 0; i < TEXTINDEX_SOME; i++)
		assert_int_equal(carry_few(i * 10, "b", 1), 1);
	assert_int_equal(few_of("b"), TEXTINDEX_SOME);
	assert_int_equal(few_of("a"), -1);
}

static uint32_t
edition_of(void)
{
	SCOPED(drop_textindex) struct textindex index = { .fd = -1 };
	struct err err;

	assert_int_equal(open_it(&index, &err), 1);
	return textindex_edition(&index.head);
}

/* It copies what it does not know of, and knows the text's new state. */
static void
carry_as_an_earlier_program(void)
{
	SCOPED(drop_textindex) struct textindex index = { .fd = -1 };
	SCOPED(drop_fd) int fd = open(NAME, O_RDWR | O_CLOEXEC);
	struct err err;

	assert_int_equal(open_it(&index, &err), 1);
	assert_int_equal(truncate("text", 100010), 0);
	struct stat st = state_of("text");
	index.head.text = textindex_stamp_of(&st);
	index.head.sum = textindex_sum(&index.head, index.head.key);
	assert_int_equal(pwrite(fd, &index.head, sizeof index.head, 0),
	    sizeof index.head);
}

static void
test_an_earlier_program_s_index_is_of_no_later_edition(void **state)
{
	static const char *const keys[] = { "a", NULL };

	(void)state;
	make(3, NULL);
	assert_int_equal(edition_of(), 0);
	make_few(3, keys);
	assert_int_equal(edition_of(), 1);
	carry_as_an_earlier_program();
	assert_int_equal(edition_of(), 0);
	assert_int_equal(carry_few(0, "a", 1), 0);
	assert_int_equal(carry_few(0, "a", 0), 1);
	assert_int_equal(edition_of(), 0);
}

static void
test_more_than_a_page_of_one_name_are_no_index(void **state)
{
	SCOPED(drop_textindex) struct textindex index = { .fd = -1 };
	struct err err;

	(void)state;
	make(256, "same");
	assert_int_equal(open_it(&index, &err), 0);
}

static void
test_without_a_file_there_is_none(void **state)
{
	struct textindex index;
	struct err err;

	(void)state;
	unit_writes("text", "x");
	assert_int_equal(open_it(&index, &err), 0);
}

static void
test_another_state_of_the_text_is_absent(void **state)
{
	struct timespec times[] = { { .tv_nsec = UTIME_OMIT }, { 7, 8 } };
	struct textindex index;
	struct err err;

	(void)state;
	make(3, NULL);
	assert_int_equal(utimensat(AT_FDCWD, "text", times, 0), 0);
	assert_int_equal(open_it(&index, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
}

/* Each bit of a small index that says anything. */
static void
test_every_bit_that_flips_is_seen(void **state)
{
	SCOPED(drop_fd) int fd = -1;
	struct textindex_place place;
	struct err err;
	char byte;

	(void)state;
	make(3, NULL);
	fd = open(NAME, O_RDWR | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	for (off_t at = 0; at < 2 * TEXTINDEX_PAGE; at++) {
		SCOPED(drop_textindex) struct textindex index = { .fd = -1 };
		SCOPED(drop_textindex_places) struct textindex_places found =
		    { 0 };
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		char flipped = (char)(byte ^ 1 << at % 8);
		assert_int_equal(pwrite(fd, &flipped, 1, at), 1);
		assert_true(open_it(&index, &err) == -1 || textindex_find(
		    &index, KIND, SLICE("n1"), &found, &err) == -1);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	SCOPED(drop_textindex) struct textindex whole = { .fd = -1 };
	assert_int_equal(open_it(&whole, &err), 1);
	assert_int_equal(count_of(&whole, KIND, "n1", &place), 1);
}

static void
test_places_follow_what_changes_before_them(void **state)
{
	SCOPED(drop_textindex) struct textindex index = { .fd = -1 };
	struct textindex_place place;
	struct err err;

	(void)state;
	make(5, NULL);
	/* n1 becomes "new", fifteen bytes and two lines long */
	assert_int_equal(carry(&(struct textdiff){ 10, 20, 25, 1, 1 }, "new",
	    (struct textindex_place){ 10, 2 }), 1);
	/* n3, which is at 35 by now, goes */
	assert_int_equal(carry(&(struct textdiff){ 35, 45, 35, 4, -1 }, NULL,
	    (struct textindex_place){ 0 }), 1);
	assert_int_equal(open_it(&index, &err), 1);
	assert_int_equal(count_of(&index, KIND, "n0", &place), 1);
	assert_int_equal(place.offset, 0);
	assert_int_equal(count_of(&index, KIND, "n1", &place), 0);
	assert_int_equal(count_of(&index, KIND, "new", &place), 1);
	assert_int_equal(place.offset, 10);
	assert_int_equal(count_of(&index, KIND, "n2", &place), 1);
	assert_int_equal(place.offset, 25);
	assert_int_equal(place.line, 4);
	assert_int_equal(count_of(&index, KIND, "n3", &place), 0);
	assert_int_equal(count_of(&index, KIND, "n4", &place), 1);
	assert_int_equal(place.offset, 35);
	assert_int_equal(place.line, 5);
}

static void
test_changes_have_an_end_and_what_is_added_has_none(void **state)
{
	(void)state;
	make(5, NULL);
	for (int i = 0; i < 2 * TEXTINDEX_EDITS; i++) {
		off_t end = state_of("text").st_size;
		assert_int_equal(carry(&(struct textdiff){ end, end, end + 1,
		    5, 1 }, NULL, (struct textindex_place){ 0 }), 1);
	}
	for (int i = 0; i < TEXTINDEX_EDITS; i++)
		assert_int_equal(carry(&(struct textdiff){ 0, 10, 11, 0, 0 },
		    NULL, (struct textindex_place){ 0 }), 1);
	assert_int_equal(carry(&(struct textdiff){ 0, 10, 11, 0, 0 }, NULL,
	    (struct textindex_place){ 0 }), 0);
}

static void
test_a_full_page_is_not_carried(void **state)
{
	(void)state;
	make(255, "same");
	assert_int_equal(carry(&(struct textdiff){ 2560, 2560, 2570, 256, 1 },
	    "same", (struct textindex_place){ 2560, 257 }), 0);
}

int
main(void)
{
	add_test("each name has its place", test_each_name_has_its_place);
	add_test("what is apart is found by itself",
	    test_what_is_apart_is_found_by_itself);
	add_test("several of one name come in their order",
	    test_several_of_one_name_come_in_their_order);
	add_test("some of very many are kept",
	    test_some_of_very_many_are_kept);
	add_test("few are all there, or known to be more",
	    test_few_are_all_there_or_known_to_be_more);
	add_test("few never fill a page", test_few_never_fill_a_page);
	add_test("few are carried along until they are many",
	    test_few_are_carried_along_until_they_are_many);
	add_test("what is gone leaves room", test_what_is_gone_leaves_room);
	add_test("an earlier program's index is of no later edition",
	    test_an_earlier_program_s_index_is_of_no_later_edition);
	add_test("more than a page of one name are no index",
	    test_more_than_a_page_of_one_name_are_no_index);
	add_test("without a file there is none",
	    test_without_a_file_there_is_none);
	add_test("another state of the text is told apart",
	    test_another_state_of_the_text_is_absent);
	add_test("every bit that flips is seen",
	    test_every_bit_that_flips_is_seen);
	add_test("places follow what changes before them",
	    test_places_follow_what_changes_before_them);
	add_test("changes have an end, and what is added has none",
	    test_changes_have_an_end_and_what_is_added_has_none);
	add_test("a full page is not carried", test_a_full_page_is_not_carried);
	return run_all();
}
