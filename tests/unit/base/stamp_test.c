/* stamp_test.c: what a file is like, to know whether it has changed since. */
#include "../unit.h"

#include "stamp.h"

enum { MS = 1000000 };

static const struct row {
	const char	*name;
	struct timespec	 changed, tick;
	bool		 is_over;
} rows[] = {
	{ "the same tick", { 1000, 5 * MS }, { 1000, 5 * MS }, false },
	{ "before the next tick", { 1000, 5 * MS }, { 1000, 8 * MS }, false },
	{ "the next tick", { 1000, 5 * MS }, { 1000, 9 * MS }, true },
	{ "the next tick, in another second", { 1000, 998 * MS },
	  { 1001, 2 * MS }, true },
	{ "in another second, before the next tick", { 1000, 998 * MS },
	  { 1001, 1 * MS }, false },
	{ "a clock that was set back", { 1000, 5 * MS }, { 900, 0 }, false },
	{ "whole seconds: the same one", { 1000, 0 }, { 1000, 999 * MS },
	  false },
	{ "whole seconds: the next one, which two may share", { 1000, 0 },
	  { 1001, 999 * MS }, false },
	{ "whole seconds: the one behind it", { 1000, 0 }, { 1002, 0 }, true },
};

static void
check(void **state)
{
	const struct row *row = *state;

	assert_int_equal(stamp_is_over(&row->changed, &row->tick, 4 * MS),
	    row->is_over);
}

int
main(void)
{
	add_rows(rows, check);
	return run_all();
}
