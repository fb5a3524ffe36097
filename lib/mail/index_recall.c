/* index_recall.c: what texts without an index call so, remembered. */
#include "index_recall.h"

#include <stdlib.h>
#include <unistd.h>

#include "stamp.h"
#include "textindex_write.h"

enum { QUESTIONS = 10 };		/* so many read the text itself */

struct recalled {
	struct stamp		stamp;
	unsigned		asked;		/* of this state */
	index_scan		*known;		/* what list has; or NULL */
	struct textindex_list	list;		/* by hash */
};

/* --- what is known ----------------------------------------------------------- */

static void
add_place(const struct textindex_entry *entry, struct textindex_places *places)
{
	textindex_places_add(places, (struct textindex_place){
	    (off_t)entry->offset, entry->line });
}

/* What is apart comes first. */
static int
compare(const void *a, const void *b)
{
	const struct textindex_entry *x = a, *y = b;

	if (x->apart != y->apart)
		return x->apart ? -1 : 1;
	return (x->hash > y->hash) - (x->hash < y->hash);
}

/* The first entry that is not before the wanted one. */
static size_t
find_first(const struct textindex_list *list,
    const struct textindex_entry *wanted)
{
	size_t from = 0, end = list->count;

	while (from < end) {
		size_t middle = from + (end - from) / 2;
		if (compare(&list->entry[middle], wanted) < 0)
			from = middle + 1;
		else
			end = middle;
	}
	return from;
}

static void
answer(const struct textindex_list *list,
    const struct index_question *question, struct textindex_places *places)
{
	struct textindex_entry wanted = { .hash = textindex_hash(list->key,
	    question->kind, question->key) };

	for (size_t i = 0; question->apart && i < list->count &&
	    list->entry[i].apart; i++)
		add_place(&list->entry[i], places);
	for (size_t i = find_first(list, &wanted); i < list->count &&
	    list->entry[i].hash == wanted.hash; i++)
		add_place(&list->entry[i], places);
	textindex_sort(places);
}

bool
index_recall_ask(const struct index_recall *recall, const char *file,
    const struct stat *text, const struct index_question *question,
    struct textindex_places *places)
{
	const struct recalled *r = table_find(&recall->texts, file);
	struct stamp now = stamp_of(text);

	if (r == NULL || r->known == NULL || r->known != question->scan ||
	    !stamp_same(&r->stamp, &now))
		return false;
	answer(&r->list, question, places);
	return true;
}

/* --- learning ---------------------------------------------------------------- */

static void
forget(struct index_recall *recall, struct recalled *r)
{
	recall->names -= r->list.count;
	drop_textindex_list(&r->list);
	*r = (struct recalled){ 0 };
}

/* NULL: there is no room for one more. */
static struct recalled *
recalled_of(struct index_recall *recall, const char *file,
    const struct stat *text)
{
	struct stamp now = stamp_of(text);
	struct recalled *r = table_find(&recall->texts, file);

	if (r == NULL && recall->texts.count == INDEX_RECALL_TEXTS)
		return NULL;
	if (r == NULL) {
		r = pool_alloc(&recall->pool, sizeof *r);
		*table_at(&recall->texts, pool_dup(&recall->pool,
		    slice_of(file))) = r;
	}
	if (!stamp_same(&r->stamp, &now)) {
		forget(recall, r);
		r->stamp = now;
	}
	return r;
}

struct collection {
	struct textindex_list	*list;
	size_t			 room;		/* for so many more */
};

static int
collect(void *arg, enum index_kind kind, struct slice key,
    const struct textindex_place *place, struct err *err)
{
	struct collection *c = arg;

	if (c->room-- == 0)
		return err_set(err, ERR_FULL, "too many names");
	if (kind == 0)
		textindex_list_add_apart(c->list, *place);
	else
		textindex_list_add(c->list, kind, key, *place);
	return 0;
}

/* What is being written just now is not learnt: it could become something else
 * within the same time. */
static bool
learn(struct recalled *r, size_t room, int fd, index_scan *scan)
{
	struct collection collection = { &r->list, room };
	struct err unused;

	if (room == 0 || !stamp_is_final(&r->stamp) ||
	    textindex_list_begin(&r->list, &unused) == -1)
		return false;
	bool all = lseek(fd, 0, SEEK_SET) == 0 &&
	    scan(fd, 0, collect, &collection, &unused) == 0 &&
	    stamp_holds(&r->stamp, fd);
	if (lseek(fd, 0, SEEK_SET) == -1 || !all) {
		drop_textindex_list(&r->list);
		r->list = (struct textindex_list){ 0 };
		return false;
	}
	if (r->list.count > 0)
		qsort(r->list.entry, r->list.count, sizeof *r->list.entry,
		    compare);
	return true;
}

bool
index_recall_learn(struct index_recall *recall, const char *file, int fd,
    const struct stat *text, const struct index_question *question,
    struct textindex_places *places)
{
	struct recalled *r;

	if (question->scan == NULL ||
	    (r = recalled_of(recall, file, text)) == NULL)
		return false;
	/* what could not be learnt is tried again after as many more */
	if (r->known != NULL || ++r->asked % QUESTIONS != 0 || !learn(r,
	    INDEX_RECALL_NAMES - recall->names, fd, question->scan))
		return false;
	r->known = question->scan;
	recall->names += r->list.count;
	answer(&r->list, question, places);
	return true;
}

void
drop_index_recall(struct index_recall *recall)
{
	for (size_t i = 0; i < recall->texts.room; i++) {
		struct recalled *r = recall->texts.slots[i].value;
		if (r != NULL)
			drop_textindex_list(&r->list);
	}
	drop_table(&recall->texts);
	drop_pool(&recall->pool);
}
