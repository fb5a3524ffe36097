/* pool.c: many small things with one end. */
#include "pool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* with its head and the allocator's, a page */
enum { BLOCK = 4032 };

struct pool_block {
	struct pool_block	*next;
	size_t			 used;
	size_t			 size;
	_Alignas(POOL_ALIGN) char bytes[];
};

static void
add_block(struct pool *pool, size_t need)
{
	size_t size = need > BLOCK ? need : BLOCK;
	struct pool_block *block = mem_grow(NULL, 1, sizeof *block + size);

	*block = (struct pool_block){ .next = pool->blocks, .size = size };
	pool->blocks = block;
}

void *
pool_alloc(struct pool *pool, size_t size)
{
	size_t need = (size + POOL_ALIGN - 1) & ~(size_t)(POOL_ALIGN - 1);
	char *p = pool->first + pool->used;

	if (pool->blocks == NULL && need <= POOL_FIRST - pool->used) {
		pool->used += need;
		return memset(p, 0, need);
	}
	if (pool->blocks == NULL ||
	    need > pool->blocks->size - pool->blocks->used)
		add_block(pool, need);
	p = pool->blocks->bytes + pool->blocks->used;
	pool->blocks->used += need;
	return memset(p, 0, need);
}

char *
pool_dup(struct pool *pool, struct slice s)
{
	char *copy = pool_alloc(pool, s.len + 1);

	if (s.len > 0)
		memcpy(copy, s.p, s.len);
	return copy;
}

char *
pool_lower(struct pool *pool, struct slice s)
{
	char *copy = pool_dup(pool, s);

	for (size_t i = 0; i < s.len; i++)
		copy[i] = ascii_lower(copy[i]);
	return copy;
}

char *
pool_format(struct pool *pool, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *text = pool_alloc(pool, n < 0 ? 1 : (size_t)n + 1);
	if (n < 0)
		return text;
	va_start(ap, fmt);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return text;
}

void
drop_pool(struct pool *pool)
{
	while (pool->blocks != NULL) {
		struct pool_block *block = pool->blocks;
		pool->blocks = block->next;
		free(block);
	}
	pool->used = 0;
}
