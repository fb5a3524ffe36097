/* pool_test.c: many small things with one end. */
#include "../unit.h"

#include <stdlib.h>
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

/* The first blocks are the program's own, for one pool alone. */
static void
test_two(void **state)
{
	SCOPED(drop_pool) struct pool one = { 0 };
	SCOPED(drop_pool) struct pool two = { 0 };
	char *texts[2][40];

	(void)state;
	for (int i = 0; i < 40; i++) {
		texts[0][i] = pool_format(&one, "%900d", i);
		texts[1][i] = pool_format(&two, "%901d", -i);
	}
	for (int i = 0; i < 40; i++) {
		assert_int_equal(strlen(texts[0][i]), 900);
		assert_int_equal(atoi(texts[0][i]), i);
		assert_int_equal(strlen(texts[1][i]), 901);
		assert_int_equal(atoi(texts[1][i]), -i);
	}
	drop_pool(&one);
	assert_int_equal(atoi(texts[1][39]), -39);
}

/* With its NUL it just fits, or does not, into what is left of the pool's
 * own, of a block, and of none. */
static void
test_fits(void **state)
{
	(void)state;
	for (int len = POOL_FIRST - 40; len < POOL_FIRST + 40; len++) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		char *before = pool_format(&pool, "%*d", len, 1);
		char *text = pool_format(&pool, "%*d", len, 2);
		char *after = pool_dup(&pool, SLICE("after"));
		assert_int_equal(strlen(before), len);
		assert_int_equal(strlen(text), len);
		assert_int_equal(atoi(before), 1);
		assert_int_equal(atoi(text), 2);
		assert_string_equal(after, "after");
		assert_int_equal((uintptr_t)after % POOL_ALIGN, 0);
	}
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
test_append(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char **list = NULL;
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		pool_append(&pool, &list, &count, slice_of(pool_format(&pool,
		    "%d", i)));
		assert_int_equal(count, i + 1);
		for (int k = 0; k <= i; k++)
			assert_int_equal(atoi(list[k]), k);
	}
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
	add_test("two pools have nothing in common", test_two);
	add_test("a text that just fits has room for its NUL", test_fits);
	add_test("text is copied with its NUL", test_text);
	add_test("a list keeps what was added to it, however long it becomes",
	    test_append);
	add_test("a pool can be dropped when it is empty, and again",
	    test_drop);
	return run_all();
}
