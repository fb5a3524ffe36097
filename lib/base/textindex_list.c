/* textindex_list.c: what a text calls so, as it is found. */
#include "textindex_write.h"

#include <sys/random.h>

#include "mem.h"

int
textindex_list_begin(struct textindex_list *list, struct err *err)
{
	if (getrandom(list->key, sizeof list->key, 0) != sizeof list->key)
		return err_sys(err, "random bytes");
	return 0;
}

static void
add(struct textindex_list *list, const struct textindex_entry *entry)
{
	mem_room(&list->entry, &list->room, list->count, sizeof *list->entry);
	list->entry[list->count++] = *entry;
}

void
textindex_list_add(struct textindex_list *list, unsigned kind,
    struct slice key, struct textindex_place place)
{
	add(list, &(struct textindex_entry){
		.hash = textindex_hash(list->key, kind, key),
		.offset = (uint64_t)place.offset, .line = place.line });
}

void
textindex_list_add_some(struct textindex_list *list, unsigned kind,
    struct slice key, struct textindex_place place)
{
	textindex_list_add(list, kind, key, place);
	list->entry[list->count - 1].some = true;
}

void
textindex_list_add_few(struct textindex_list *list, unsigned kind,
    struct slice key, struct textindex_place place)
{
	textindex_list_add(list, kind, key, place);
	list->entry[list->count - 1].few = true;
}

void
textindex_list_add_apart(struct textindex_list *list,
    struct textindex_place place)
{
	add(list, &(struct textindex_entry){ .apart = true,
		.offset = (uint64_t)place.offset, .line = place.line });
}

void
drop_textindex_list(struct textindex_list *list)
{
	drop_mem(&list->entry);
}
