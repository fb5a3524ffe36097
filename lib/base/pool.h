/* pool.h: many small things with one end.
 *
 * What is allocated from a pool lives until the pool is dropped; nothing is
 * freed on its own.  A zero value is an empty pool.  It must stay where it is:
 * what comes first lies in the pool itself, because most hold a path or two.
 */
#ifndef POOL_H
#define POOL_H

#include "str.h"

enum { POOL_FIRST = 512, POOL_ALIGN = 16 };

struct pool_block;
struct pool {
	struct pool_block	*blocks;
	size_t			 used;		/* of first */
	_Alignas(POOL_ALIGN) char first[POOL_FIRST];
};

/* zeroed, aligned for any type */
void	*pool_alloc(struct pool *pool, size_t size);
char	*pool_dup(struct pool *pool, struct slice s);	/* adds a NUL */
/* the same in lower case */
char	*pool_lower(struct pool *pool, struct slice s);
char	*pool_format(struct pool *pool, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* One more copy to a list that is empty or was made by this alone: thousands cost
 * what they are, for it becomes twice as long when it is full. */
void	 pool_append(struct pool *pool, const char ***list, size_t *count,
	    struct slice s);
void	 drop_pool(struct pool *pool);

#endif
