/* pool.c: many small things with one end. */
#include "pool.h"

#include <stdarg.h>
#include <stdbool.h>
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
	bool			 is_own;
	_Alignas(POOL_ALIGN) char bytes[];
};

/* What a short run needs lies in the program itself, for whoever asks first:
 * a C library takes pages for it and gives them back. */
enum { OWN = 3 * (BLOCK + sizeof(struct pool_block)) };
static _Alignas(POOL_ALIGN) char own[OWN];
static size_t own_used;

static void
add_block(struct pool *pool, size_t need)
{
	size_t size = need > BLOCK ? need : BLOCK;
	size_t whole = sizeof(struct pool_block) + size;
	bool is_own = whole <= OWN - own_used;
	struct pool_block *block = is_own ? (void *)(own + own_used) :
	    mem_grow(NULL, 1, whole);

	if (is_own)
		own_used += whole;
	*block = (struct pool_block){ .next = pool->blocks, .size = size,
	    .is_own = is_own };
	pool->blocks = block;
}

/* Where the next bytes come from, and how many there are. */
static char *
next(struct pool *pool, size_t *left)
{
	struct pool_block *block = pool->blocks;

	*left = block == NULL ? POOL_FIRST - pool->used :
	    block->size - block->used;
	return block == NULL ? pool->first + pool->used :
	    block->bytes + block->used;
}

static char *
take(struct pool *pool, size_t size)
{
	size_t need = (size + POOL_ALIGN - 1) & ~(size_t)(POOL_ALIGN - 1), left;
	char *p = next(pool, &left);

	if (need > left) {
		add_block(pool, need);
		p = next(pool, &left);
	}
	*(pool->blocks == NULL ? &pool->used : &pool->blocks->used) += need;
	return p;
}

void *
pool_alloc(struct pool *pool, size_t size)
{
	return memset(take(pool, size), 0, size);
}

char *
pool_dup(struct pool *pool, struct slice s)
{
	char *copy = take(pool, s.len + 1);

	if (s.len > 0)
		memcpy(copy, s.p, s.len);
	copy[s.len] = '\0';
	return copy;
}

void
pool_append(struct pool *pool, const char ***list, size_t *count,
    struct slice s)
{
	bool full = (*count & (*count - 1)) == 0;	/* 0, 1, 2, 4, 8 ... */
	const char **longer;

	if (full) {
		longer = pool_alloc(pool, (*count > 0 ? 2 * *count : 1) *
		    sizeof *longer);
		if (*count > 0)
			memcpy(longer, *list, *count * sizeof *longer);
		*list = longer;
	}
	(*list)[(*count)++] = pool_dup(pool, s);
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
	size_t left;
	char *there = next(pool, &left);
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(there, left, fmt, ap);
	va_end(ap);
	if (n < 0)
		return pool_alloc(pool, 1);
	char *text = take(pool, (size_t)n + 1);
	if (text == there)
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
		if (!block->is_own)
			free(block);
	}
	pool->used = 0;
}
