/* splice_test.c: a copy of a file in which some pieces are exchanged. */
#include "../unit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "scope.h"
#include "splice.h"

enum { SPLICES = 3 };

static const struct row {
	const char	*name;
	const char	*was;
	struct {
		off_t		 at, removed;
		const char	*text;		/* NULL: no more */
	} splice[SPLICES];
	const char	*wanted;
} rows[] = {
	{ "nothing exchanged is a copy", "a\nb\n", { { 0, 0, NULL } },
	  "a\nb\n" },
	{ "a line in the middle", "a\nb\nc\n", { { 2, 2, "longer\n" } },
	  "a\nlonger\nc\n" },
	{ "a line that goes", "a\nb\nc\n", { { 2, 2, "" } }, "a\nc\n" },
	{ "the first and the last", "a\nb\nc\n",
	  { { 0, 2, "x\n" }, { 4, 2, "y\n" } }, "x\nb\ny\n" },
	{ "one that goes, and one behind the end", "a\nb\n",
	  { { 0, 2, "" }, { 4, 0, "c\n" } }, "b\nc\n" },
	{ "what comes behind a line without its end begins a new one", "a\nb",
	  { { 3, 0, "c\n" } }, "a\nb\nc\n" },
	{ "also where that line was exchanged", "a\nb",
	  { { 2, 1, "x" }, { 3, 0, "c\n" } }, "a\nx\nc\n" },
	{ "but not where it went", "a\nb", { { 2, 1, "" }, { 3, 0, "c\n" } },
	  "a\nc\n" },
	{ "an empty file", "", { { 0, 0, "a\n" } }, "a\n" },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_splices) struct splices splices = { 0 };
	SCOPED(drop_str) struct str got = { 0 };
	SCOPED(drop_fd) int from = -1;
	SCOPED(drop_fd) int to = -1;
	struct err err;

	unit_writes("was", row->was);
	from = open("was", O_RDONLY | O_CLOEXEC);
	to = open("is", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	for (size_t i = 0; i < SPLICES && row->splice[i].text != NULL; i++)
		splices_add(&splices, row->splice[i].at,
		    row->splice[i].removed, slice_of(row->splice[i].text));
	assert_int_equal(splice_copy(from, to, &splices, &err), 0);
	assert_int_equal(lseek(to, 0, SEEK_SET), 0);
	assert_int_equal(file_read(to, 1000, &got, &err), 0);
	assert_string_equal(str_text(&got), row->wanted);
	for (size_t i = 0; i < splices.count; i++) {
		size_t at = (size_t)splice_place(&splices, i),
		    len = splices.splice[i].text.len;
		if (splices.splice[i].at < (off_t)strlen(row->was))
			assert_memory_equal(str_text(&got) + at,
			    splices.splice[i].text.p, len);
	}
}

int
main(void)
{
	add_rows(rows, check_row);
	return run_all();
}
