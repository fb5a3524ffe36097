/* table.c: a set of strings, each with a pointer; for thousands of them. */
#include "table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* FNV-1a.  Who chooses the keys (an administrator's alias files) has no
 * reason to make them collide. */
static size_t
hash(const char *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ (h >> 32));
}

/* The key's slot, or the empty one where it belongs. */
static struct table_slot *
slot(const struct table *t, const char *key)
{
	size_t i = hash(key) & (t->room - 1);

	while (t->slots[i].key != NULL && strcmp(t->slots[i].key, key) != 0)
		i = (i + 1) & (t->room - 1);
	return &t->slots[i];
}

static void
grow(struct table *t)
{
	struct table bigger = { .room = t->room ? t->room * 2 : 8,
	    .count = t->count };

	bigger.slots = mem_alloc(bigger.room * sizeof *bigger.slots);
	for (size_t i = 0; i < t->room; i++)
		if (t->slots[i].key != NULL)
			*slot(&bigger, t->slots[i].key) = t->slots[i];
	free(t->slots);
	*t = bigger;
}

void **
table_at(struct table *t, const char *key)
{
	if (t->count * 2 >= t->room)
		grow(t);
	struct table_slot *s = slot(t, key);
	if (s->key == NULL) {
		s->key = key;
		t->count++;
	}
	return &s->value;
}

void *
table_find(const struct table *t, const char *key)
{
	return t->room == 0 ? NULL : slot(t, key)->value;
}

bool
table_add_lower(struct table *table, struct pool *pool, struct slice name)
{
	void **slot = table_at(table, pool_lower(pool, name));
	bool is_new = *slot == NULL;

	*slot = table;			/* anything but NULL */
	return is_new;
}

void
drop_table(struct table *t)
{
	free(t->slots);
	*t = (struct table){ 0 };
}
