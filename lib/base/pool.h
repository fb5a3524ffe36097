/* pool.h: many small things with one end.
 *
 * What is allocated from a pool lives until the pool is dropped; nothing is
 * freed on its own.  A zero value is an empty pool.
 */
#ifndef POOL_H
#define POOL_H

#include "str.h"

struct pool_block;
struct pool {
	struct pool_block	*blocks;
};

/* zeroed, aligned for any type */
void	*pool_alloc(struct pool *pool, size_t size);
char	*pool_dup(struct pool *pool, struct slice s);	/* adds a NUL */
/* the same in lower case */
char	*pool_lower(struct pool *pool, struct slice s);
char	*pool_format(struct pool *pool, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	 drop_pool(struct pool *pool);

#endif
