/* pool.c: many small things with one end. */
#include "pool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* many pools hold a path or two */
enum { FIRST = 512, BLOCK = 4096, ALIGN = 16 };

struct pool_block {
	struct pool_block	*next;
	size_t			 used;
	size_t			 size;
	_Alignas(ALIGN) char	 bytes[];
};

void *
pool_alloc(struct pool *pool, size_t size)
{
	size_t need = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	struct pool_block *block = pool->blocks;

	if (block == NULL || block->size - block->used < need) {
		size_t room = block == NULL ? FIRST : BLOCK;
		if (room < need)
			room = need;
		block = mem_alloc(sizeof *block + room);
		block->size = room;
		block->next = pool->blocks;
		pool->blocks = block;
	}
	void *p = block->bytes + block->used;
	block->used += need;
	return p;
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
}
