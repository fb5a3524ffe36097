/* pool_test.c: many small things with one end. */
#include "../unit.h"

#include <string.h>

#include "pool.h"
#include "scope.h"

static void
test_alloc(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	(void)state;
	for (size_t size = 0; size < 300; size++) {
		char *p = pool_alloc(&pool, size);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xFF, size);
	}
}

static void
test_large(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	(void)state;
	char *small = pool_dup(&pool, SLICE("small"));
	char *large = pool_alloc(&pool, 100000);
	char *after = pool_dup(&pool, SLICE("after"));
	memset(large, 'x', 100000);
	assert_string_equal(small, "small");
	assert_string_equal(after, "after");
}

static void
test_text(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	(void)state;
	assert_string_equal(pool_dup(&pool, (struct slice){ "abc", 2 }), "ab");
	assert_string_equal(pool_dup(&pool, (struct slice){ 0 }), "");
	assert_string_equal(pool_lower(&pool, SLICE("A.Test\xC4")),
	    "a.test\xC4");
	assert_string_equal(pool_format(&pool, "%s-%d", "x", 7), "x-7");
	assert_int_equal(strlen(pool_format(&pool, "%9000s", "x")), 9000);
}

static void
test_drop(void **state)
{
	struct pool pool = { 0 };

	(void)state;
	drop_pool(&pool);
	pool_alloc(&pool, 1);
	drop_pool(&pool);
	assert_null(pool.blocks);
	drop_pool(&pool);
}

int
main(void)
{
	add_test("what is allocated is zero, aligned and nobody else's",
	    test_alloc);
	add_test("something larger than a block leaves its neighbours alone",
	    test_large);
	add_test("text is copied with its NUL", test_text);
	add_test("a pool can be dropped when it is empty, and again",
	    test_drop);
	return run_all();
}
