/* hunk_test.c: how two texts differ, and how that is put back. */
#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "hunk.h"
#include "scope.h"

/* A file became new out of old; now it is that, and what is wanted when it is
 * taken back; NULL: refused with this text. */
static const struct row {
	const char	*name, *old, *new, *now, *wanted, *text;
	char		 separator;
} rows[] = {
	{ "a line that came goes", "a:1\nc:3\n", "a:1\nb:2\nc:3\n",
	  "a:1\nb:2\nc:3\n", "a:1\nc:3\n", "", ':' },
	{ "a line that went comes", "a:1\nb:2\nc:3\n", "a:1\nc:3\n",
	  "a:1\nc:3\n", "a:1\nb:2\nc:3\n", "", ':' },
	{ "a line that was changed is as it was", "a:1\nb:2\n", "a:1\nb:3\n",
	  "a:1\nb:3\n", "a:1\nb:2\n", "", ':' },
	{ "a text that came out of nothing goes", "", "a:1\n", "a:1\n", "", "",
	  ':' },
	{ "and what went wholly comes", "a:1\n", "", "", "a:1\n", "", ':' },
	{ "lines that came before it shift it", "a:1\nb:2\n", "a:1\nb:3\n",
	  "x:1\ny:2\na:1\nb:3\n", "x:1\ny:2\na:1\nb:2\n", "", ':' },
	{ "lines that went before it shift it", "w:1\na:1\nb:2\n",
	  "w:1\na:1\nb:3\n", "b:3\n", "b:2\n", "", ':' },
	{ "a line comes behind the one before it", "a:1\nb:2\nc:3\n",
	  "a:1\nc:3\n", "a:1\nx:9\n", "a:1\nb:2\nx:9\n", "", ':' },
	{ "or before the one behind it", "a:1\nb:2\nc:3\n", "a:1\nc:3\n",
	  "x:9\nc:3\n", "x:9\nb:2\nc:3\n", "", ':' },
	{ "a last line comes at the end, whatever was added", "a:1\nb:2\n",
	  "a:1\n", "a:1\nx:9\n", "a:1\nb:2\nx:9\n", "", ':' },
	{ "with all neighbours gone it has no place", "a:1\nb:2\nc:3\n",
	  "a:1\nc:3\n", "x:8\ny:9\n", NULL,
	  "the lines around what is to come back have changed since", ':' },
	{ "a line that was changed since is named", "a:1\nb:2\n", "a:1\nb:3\n",
	  "a:1\nb:4\n", NULL, "the line of 'b' is not there as it was left: "
	  "it was changed since", ':' },
	{ "of several the one that was changed is named", "a:1\n",
	  "a:1\nb:3\nc:3\n", "a:1\nb:3\nc:4\n", NULL, "the line of 'c' is not "
	  "there as it was left: it was changed since", ':' },
	{ "of texts without names none is", "a\n", "b\n", "c\n", NULL,
	  "what it held is not there as it was left: it was changed since",
	  '\0' },
	{ "a line of a name that is there again does not come", "a:1\nb:2\n",
	  "a:1\n", "a:1\nB:7\n", NULL, "there is another line of 'B' now",
	  ':' },
	{ "nor where it stands before", "b:2\na:1\n", "a:1\n", "b:7\na:1\n",
	  NULL, "there is another line of 'b' now", ':' },
	{ "a comment's name is none", "#b:1\na:1\n", "a:1\n", "#b:2\na:1\n",
	  "#b:1\n#b:2\na:1\n", "", ':' },
	{ "without names the same line may come twice", "a\nb\n", "a\n",
	  "a\nb\n", "a\nb\nb\n", "", '\0' },
	{ "part of a line is not the line", "a:1\nb:22\n", "a:1\n",
	  "a:1\nb:2\n", NULL, "there is another line of 'b' now", ':' },
	{ "nor is the end of another", "a:1\n", "a:1\nb:2\n", "a:1\nxb:2\n",
	  NULL, "the line of 'b' is not there as it was left: it was changed "
	  "since", ':' },
	{ "of equal lines the one with its neighbours goes",
	  "x\ns\ny\n", "x\ns\ny\ns\n", "x\ns\ny\ns\n", "x\ns\ny\n", "",
	  '\0' },
	{ "of equal lines without neighbours none goes", "x\ny\n",
	  "x\ns\ny\n", "s\nq\ns\n", NULL, "what it held is not there as it was "
	  "left: it was changed since", '\0' },
	{ "a last line without its end gets one", "a:1\nb:2", "a:1\nb:3",
	  "a:1\nb:3", "a:1\nb:2", "", ':' },
	{ "what comes behind such a line begins one", "a:1\nb:2\n", "a:1\n",
	  "a:1", "a:1\nb:2\n", "", ':' },
};

static struct hunk
hunk_of(const char *old, const char *new)
{
	return hunk_between(slice_of(old), slice_of(new));
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	struct hunk forth = hunk_of(row->old, row->new),
	    back = hunk_turned(&forth);
	SCOPED(drop_str) struct str out = { 0 };
	struct err err = { 0 };
	int done = hunk_apply(&back, slice_of(row->now), row->separator, &out,
	    &err);

	assert_string_equal(err.text, row->text);
	assert_int_equal(err.kind, row->wanted != NULL ? ERR_NONE :
	    ERR_REFUSED);
	assert_int_equal(done, row->wanted != NULL ? 0 : -1);
	if (row->wanted != NULL)
		assert_string_equal(str_text(&out), row->wanted);
}

static void
test_small(void **state)
{
	SCOPED(drop_str) struct str old = { 0 }, new = { 0 };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		str_addf(&old, "user%d:x:%d\n", i, i);
		str_addf(&new, "user%d:%s:%d\n", i, i == 7000 ? "y" : "x", i);
	}
	struct hunk hunk = hunk_between(str_slice(&old), str_slice(&new));
	assert_true(slice_is(hunk.old, "user7000:x:7000\n"));
	assert_true(slice_is(hunk.new, "user7000:y:7000\n"));
	assert_true(slice_is(hunk.before, "user6999:x:6999\n"));
	assert_true(slice_is(hunk.behind, "user7001:x:7001\n"));
}

static void
test_same(void **state)
{
	struct hunk hunk = hunk_of("a\nb\n", "a\nb\n");

	(void)state;
	assert_int_equal(hunk.old.len, 0);
	assert_int_equal(hunk.new.len, 0);
}

/* A few letters, line feeds and NULs, so that much is alike. */
static void
make_text(struct str *out)
{
	str_cut(out, 0);
	for (int n = rand() % 24; n > 0; n--)
		str_addc(out, "ab:\n\n\0"[rand() % 6]);
}

static void
test_any(void **state)
{
	SCOPED(drop_str) struct str a = { 0 }, b = { 0 };

	(void)state;
	srand(1);
	for (int i = 0; i < 100000; i++) {
		SCOPED(drop_str) struct str forth = { 0 }, back = { 0 };
		struct err err = { 0 };
		make_text(&a);
		make_text(&b);
		struct hunk hunk = hunk_between(str_slice(&a), str_slice(&b)),
		    turned = hunk_turned(&hunk);
		assert_int_equal(hunk_apply(&hunk, str_slice(&a), '\0', &forth,
		    &err), 0);
		assert_true(slice_equal(str_slice(&forth), str_slice(&b)));
		assert_int_equal(hunk_apply(&turned, str_slice(&b), '\0', &back,
		    &err), 0);
		assert_true(slice_equal(str_slice(&back), str_slice(&a)));
	}
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("one line of many is one line", test_small);
	add_test("texts that are the same differ in nothing", test_same);
	add_test("any text becomes any other and comes back", test_any);
	return run_all();
}
