/* table.h: a set of strings, each with a pointer; for thousands of them.
 *
 * A zero value is empty.  Keys and pointers are borrowed.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "pool.h"
#include "str.h"

struct table_slot {
	const char	*key;
	void		*value;
};

struct table {
	struct table_slot	*slots;
	size_t			 room;		/* a power of two, or 0 */
	size_t			 count;
};

/* The place of the key's pointer, made (as NULL) when it is new.  Valid until
 * the next call. */
void	**table_at(struct table *table, const char *key);

/* Its pointer; NULL when the key is new. */
void	*table_find(const struct table *table, const char *key);

/* Adds the name in lower case, which lives in pool.  False: it was there. */
bool	 table_add_lower(struct table *table, struct pool *pool,
	    struct slice name);

void	 drop_table(struct table *table);

#endif
