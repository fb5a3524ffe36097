/* deadline_test.c: until when something may take. */
#include "../unit.h"

#include <limits.h>

#include "deadline.h"

static void
test_left(void **state)
{
	struct deadline d = deadline_in(60000);

	(void)state;
	assert_in_range(deadline_left(d), 50000, 60000);
	assert_false(deadline_over(d));
}

static void
test_over(void **state)
{
	(void)state;
	assert_true(deadline_over(deadline_in(0)));
	assert_true(deadline_over(deadline_in(-5)));
	assert_int_equal(deadline_left(deadline_in(-5)), 0);
}

static void
test_within(void **state)
{
	struct deadline far = deadline_in(60000), near = deadline_in(1000);

	(void)state;
	assert_in_range(deadline_left(deadline_within(far, 20000)), 9000, 20000);
	assert_int_equal(deadline_within(near, 60000).at_ms, near.at_ms);
}

static void
test_far(void **state)
{
	(void)state;
	assert_int_equal(deadline_left(deadline_in(INT64_C(1) << 40)), INT_MAX);
}

int
main(void)
{
	add_test("what is left of a deadline", test_left);
	add_test("a deadline now, or in the past, is over", test_over);
	add_test("the earlier of two deadlines counts", test_within);
	add_test("a deadline far away still fits poll", test_far);
	return run_all();
}
