/* table_test.c: a set of strings, each with a pointer. */
#include "../unit.h"

#include <stdio.h>

#include "pool.h"
#include "scope.h"
#include "table.h"

static void
test_empty(void **state)
{
	struct table table = { 0 };

	(void)state;
	assert_null(table_find(&table, "a"));
	drop_table(&table);
	drop_table(&table);
}

static void
test_at(void **state)
{
	SCOPED(drop_table) struct table table = { 0 };
	int one, two;

	(void)state;
	assert_null(*table_at(&table, "a"));
	*table_at(&table, "a") = &one;
	*table_at(&table, "b") = &two;
	assert_ptr_equal(*table_at(&table, "a"), &one);
	assert_ptr_equal(table_find(&table, "a"), &one);
	assert_ptr_equal(table_find(&table, "b"), &two);
	assert_null(table_find(&table, "A"));
	assert_null(table_find(&table, ""));
	assert_int_equal(table.count, 2);
}

static void
test_add_lower(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_table) struct table table = { 0 };

	(void)state;
	assert_true(table_add_lower(&table, &pool, SLICE("Joe")));
	assert_false(table_add_lower(&table, &pool, SLICE("jOE")));
	assert_true(table_add_lower(&table, &pool, SLICE("joe2")));
	assert_non_null(table_find(&table, "joe"));
	assert_int_equal(table.count, 2);
}

static void
test_many(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_table) struct table table = { 0 };
	static char places[20000];
	char key[20];

	(void)state;
	for (int i = 0; i < 20000; i++)
		*table_at(&table, pool_format(&pool, "user%d", i)) = &places[i];
	assert_int_equal(table.count, 20000);
	for (int i = 0; i < 20000; i++) {
		snprintf(key, sizeof key, "user%d", i);
		assert_ptr_equal(table_find(&table, key), &places[i]);
	}
	assert_null(table_find(&table, "user20000"));
}

int
main(void)
{
	add_test("nothing is in an empty table, which can be dropped",
	    test_empty);
	add_test("a key has one place, with the pointer that was put there",
	    test_at);
	add_test("a name is new once, in whatever case", test_add_lower);
	add_test("thousands of keys are found again, and no others", test_many);
	return run_all();
}
