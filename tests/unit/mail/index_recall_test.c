/* index_recall_test.c: what texts without an index call so. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "index_recall.h"
#include "scope.h"
#include "stamp.h"

enum { UNANSWERED = 9 };		/* questions that read the text */

/* What happens to it from now on has another time. */
static void
write_finished(const char *name, const char *text)
{
	struct stamp stamp;
	struct stat st;

	unit_writes(name, text);
	assert_int_equal(stat(name, &st), 0);
	stamp = stamp_of(&st);
	while (!stamp_is_final(&stamp))
		sched_yield();
}

static struct index_question
alias_called(const char *name)
{
	return (struct index_question){ INDEX_ALIAS, slice_of(name), false,
	    alias_scan_names };
}

static struct index_question
account_called(const char *name, bool apart)
{
	return (struct index_question){ INDEX_ACCOUNT, slice_of(name), apart,
	    passwd_scan_names };
}

/* As index_ask() does it where there is no index. */
static bool
ask(struct index_recall *recall, const char *file,
    const struct index_question *question, struct textindex_places *places)
{
	SCOPED(drop_fd) int fd = open(file, O_RDONLY);
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	places->count = 0;
	bool answered = index_recall_ask(recall, file, &st, question, places) ||
	    index_recall_learn(recall, file, fd, &st, question, places);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	return answered;
}

static void
ask_in_vain(struct index_recall *recall, const char *file,
    const struct index_question *question)
{
	SCOPED(drop_textindex_places) struct textindex_places places = { 0 };

	for (int i = 0; i < UNANSWERED; i++)
		assert_false(ask(recall, file, question, &places));
}

/* Lines, up to a 0. */
static void
assert_lines(struct index_recall *recall, const char *file,
    struct index_question question, const unsigned *lines)
{
	SCOPED(drop_textindex_places) struct textindex_places places = { 0 };

	assert_true(ask(recall, file, &question, &places));
	for (size_t i = 0; i < places.count; i++)
		assert_int_equal(places.place[i].line, lines[i]);
	assert_int_equal(lines[places.count], 0);
}

#define LINES(...)	((const unsigned[]){ __VA_ARGS__, 0 })
#define NO_LINES	((const unsigned[]){ 0 })

#define ALIASES	"# ours\njoe: ann\nann:\n joe\nJoe: sue\n"

static void
test_tenth(void **state)
{
	SCOPED(drop_index_recall) struct index_recall recall = { 0 };
	struct index_question joe = alias_called("joe");

	(void)state;
	write_finished("aliases", ALIASES);
	ask_in_vain(&recall, "aliases", &joe);
	assert_lines(&recall, "aliases", joe, LINES(2, 5));
	assert_lines(&recall, "aliases", alias_called("ANN"), LINES(3));
	assert_lines(&recall, "aliases", alias_called("nobody"), NO_LINES);
}

static void
test_changed(void **state)
{
	SCOPED(drop_index_recall) struct index_recall recall = { 0 };
	struct index_question joe = alias_called("joe");

	(void)state;
	write_finished("aliases", ALIASES);
	ask_in_vain(&recall, "aliases", &joe);
	assert_lines(&recall, "aliases", joe, LINES(2, 5));
	write_finished("aliases", "#\n\n\njoe: ann\n");
	ask_in_vain(&recall, "aliases", &joe);
	assert_lines(&recall, "aliases", joe, LINES(4));
	assert_lines(&recall, "aliases", alias_called("ann"), NO_LINES);
}

/* Its time is one that a later change could have, too. */
static void
test_being_written(void **state)
{
	SCOPED(drop_index_recall) struct index_recall recall = { 0 };
	SCOPED(drop_textindex_places) struct textindex_places places = { 0 };
	struct index_question joe = alias_called("joe");
	SCOPED(drop_fd) int fd = -1;
	struct stat st;

	(void)state;
	unit_writes("aliases", ALIASES);
	fd = open("aliases", O_RDONLY);
	assert_int_equal(fstat(fd, &st), 0);
	st.st_ctim.tv_sec += 60;
	for (int i = 0; i <= UNANSWERED; i++)
		assert_false(index_recall_learn(&recall, "aliases", fd, &st,
		    &joe, &places));
	assert_int_equal(places.count, 0);
}

static void
append_an_alias(void)
{
	SCOPED(drop_fd) int fd = open("aliases", O_WRONLY | O_APPEND);

	assert_int_equal(write(fd, "x: y\n", 5), 5);
}

static void
test_changed_meanwhile(void **state)
{
	SCOPED(drop_index_recall) struct index_recall recall = { 0 };
	SCOPED(drop_textindex_places) struct textindex_places places = { 0 };
	struct index_question joe = alias_called("joe");
	SCOPED(drop_fd) int fd = -1;
	struct stat st;

	(void)state;
	write_finished("aliases", ALIASES);
	ask_in_vain(&recall, "aliases", &joe);
	fd = open("aliases", O_RDONLY);
	assert_int_equal(fstat(fd, &st), 0);
	fault_before("fstat", append_an_alias);
	assert_false(index_recall_learn(&recall, "aliases", fd, &st, &joe,
	    &places));
	assert_file("aliases", ALIASES "x: y\n");
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
}

/* Whoever asks reads it, and says what is wrong; after as many questions it is
 * tried again. */
static void
test_unreadable(void **state)
{
	SCOPED(drop_index_recall) struct index_recall recall = { 0 };
	SCOPED(drop_textindex_places) struct textindex_places places = { 0 };
	struct index_question joe = alias_called("joe");

	(void)state;
	write_finished("aliases", ALIASES);
	ask_in_vain(&recall, "aliases", &joe);
	fault_at("read", 1, EIO);
	assert_false(ask(&recall, "aliases", &joe, &places));
	assert_true(fault_clear());
	ask_in_vain(&recall, "aliases", &joe);
	assert_lines(&recall, "aliases", joe, LINES(2, 5));
}

static void
test_apart(void **state)
{
	SCOPED(drop_index_recall) struct index_recall recall = { 0 };
	struct index_question joe = account_called("joe", true);

	(void)state;
	write_finished("passwd", "ann:x:61001:61001:Ann Lee:/h/ann:\n"
	    "broken;line\njoe:x:61002:61002:Joe Doe:/h/joe:\n:x:\n");
	ask_in_vain(&recall, "passwd", &joe);
	assert_lines(&recall, "passwd", joe, LINES(2, 3, 4));
	assert_lines(&recall, "passwd", account_called("joe", false),
	    LINES(3));
	assert_lines(&recall, "passwd", account_called("sue", true),
	    LINES(2, 4));
}

static void
test_kinds(void **state)
{
	SCOPED(drop_index_recall) struct index_recall recall = { 0 };
	struct index_question joe = account_called("joe", false);
	struct index_question full = { INDEX_FULL_NAME, SLICE("joe.doe"), false,
	    passwd_scan_names };

	(void)state;
	write_finished("passwd", "joe:x:61002:61002:Joe Doe:/h/joe:\n"
	    "sue:x:61003:61003:Joe:/h/sue:\n");
	ask_in_vain(&recall, "passwd", &joe);
	assert_lines(&recall, "passwd", joe, LINES(1));
	assert_lines(&recall, "passwd", full, LINES(1));
}

/* Who asks for members as well would miss those of what knows names alone. */
static void
test_other_scan(void **state)
{
	SCOPED(drop_index_recall) struct index_recall recall = { 0 };
	SCOPED(drop_textindex_places) struct textindex_places places = { 0 };
	struct index_question joe = alias_called("joe"), other = joe;

	(void)state;
	write_finished("aliases", ALIASES);
	ask_in_vain(&recall, "aliases", &joe);
	assert_lines(&recall, "aliases", joe, LINES(2, 5));
	other.scan = alias_scan_index;
	assert_false(ask(&recall, "aliases", &other, &places));
	other.scan = NULL;
	assert_false(ask(&recall, "aliases", &other, &places));
}

static void
test_empty(void **state)
{
	SCOPED(drop_index_recall) struct index_recall recall = { 0 };
	struct index_question joe = alias_called("joe");

	(void)state;
	write_finished("aliases", "");
	ask_in_vain(&recall, "aliases", &joe);
	assert_lines(&recall, "aliases", joe, NO_LINES);
}

/* "n1:", "n2:" ... */
static void
write_names(const char *name, unsigned count)
{
	SCOPED(drop_str) struct str text = { 0 };

	for (unsigned i = 1; i <= count; i++)
		str_addf(&text, "n%u:\n", i);
	write_finished(name, str_text(&text));
}

static void
assert_never_known(struct index_recall *recall, const char *file)
{
	SCOPED(drop_textindex_places) struct textindex_places places = { 0 };
	struct index_question first = alias_called("n1");

	for (int i = 0; i < 3 * (UNANSWERED + 1); i++)
		assert_false(ask(recall, file, &first, &places));
}

static void
test_too_many_names(void **state)
{
	SCOPED(drop_index_recall) struct index_recall recall = { 0 };
	struct index_question first = alias_called("n1");

	(void)state;
	write_names("most", INDEX_RECALL_NAMES + 1);
	assert_never_known(&recall, "most");
	write_names("most", INDEX_RECALL_NAMES);
	ask_in_vain(&recall, "most", &first);
	assert_lines(&recall, "most", first, LINES(1));
	assert_lines(&recall, "most", alias_called("n524288"), LINES(524288));
}

/* What is forgotten makes room. */
static void
test_names_of_all(void **state)
{
	SCOPED(drop_index_recall) struct index_recall recall = { 0 };
	struct index_question first = alias_called("n1");

	(void)state;
	write_names("a", 2);
	write_names("b", INDEX_RECALL_NAMES - 1);
	ask_in_vain(&recall, "a", &first);
	assert_lines(&recall, "a", first, LINES(1));
	assert_never_known(&recall, "b");
	write_names("a", 1);
	ask_in_vain(&recall, "a", &first);
	assert_lines(&recall, "a", first, LINES(1));
	ask_in_vain(&recall, "b", &first);
	assert_lines(&recall, "b", first, LINES(1));
	assert_lines(&recall, "a", first, LINES(1));
	write_names("c", 1);
	assert_never_known(&recall, "c");
}

static void
test_too_many_texts(void **state)
{
	SCOPED(drop_index_recall) struct index_recall recall = { 0 };
	SCOPED(drop_textindex_places) struct textindex_places places = { 0 };
	struct index_question joe = alias_called("joe");
	SCOPED(drop_fd) int fd = -1;
	struct stat st;
	char name[16];

	(void)state;
	write_finished("aliases", ALIASES);
	fd = open("aliases", O_RDONLY);
	assert_int_equal(fstat(fd, &st), 0);
	for (int i = 0; i < INDEX_RECALL_TEXTS; i++) {
		snprintf(name, sizeof name, "%d", i);
		assert_false(index_recall_learn(&recall, name, fd, &st, &joe,
		    &places));
	}
	assert_never_known(&recall, "aliases");
	for (int i = 0; i < UNANSWERED - 1; i++)
		assert_false(index_recall_learn(&recall, name, fd, &st, &joe,
		    &places));
	assert_true(index_recall_learn(&recall, name, fd, &st, &joe, &places));
}

int
main(void)
{
	add_test("nine questions read the text, and from the tenth on its "
	    "names are known", test_tenth);
	add_test("a text that has changed is another one", test_changed);
	add_test("a text that is being written is not learnt",
	    test_being_written);
	add_test("nor is one that changes while it is read",
	    test_changed_meanwhile);
	add_test("one that cannot be read is tried again later",
	    test_unreadable);
	add_test("lines that nobody can read answer those who ask for them",
	    test_apart);
	add_test("accounts and full names are told apart", test_kinds);
	add_test("names are no answer to who looks for other things",
	    test_other_scan);
	add_test("an empty text has no names", test_empty);
	add_test("a text of more names than there is room for is not learnt",
	    test_too_many_names);
	add_test("the room is that of all texts together, and comes back",
	    test_names_of_all);
	add_test("nor is one of too many texts", test_too_many_texts);
	return run_all();
}
