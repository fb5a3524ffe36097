/* index_recall.h: what texts without an index call so, remembered.
 *
 * A list of thousands of members looks each of them up.  Where a text has an
 * index, a page of it answers; one without would be read whole every time.
 * From the tenth question on its names are kept in memory, for as long as the
 * text stays as it is.  There is room for so many of all texts together; those
 * that find none are read as before.
 */
#ifndef INDEX_RECALL_H
#define INDEX_RECALL_H

#include "index_question.h"
#include "pool.h"
#include "table.h"

enum {
	/* 24 bytes each, and as many again while they are sorted: a delivery
	 * stays below 32 MB */
	INDEX_RECALL_NAMES = 1 << 19,
	/* a connection may ask for each domain of a large installation */
	INDEX_RECALL_TEXTS = 10000,
};

/* A zero value remembers nothing.  It must stay where it is. */
struct index_recall {
	struct pool	pool;
	struct table	texts;
	size_t		names;		/* of all texts */
};

/* index_ask() of what is remembered of the file, as *text describes it.
 * False: nothing is. */
bool	index_recall_ask(const struct index_recall *recall, const char *file,
	    const struct stat *text, const struct index_question *question,
	    struct textindex_places *places);

/* The same for a question that nothing else has answered; it counts.  When it
 * is one too many, fd is read for its names; where it stands at its beginning,
 * it does so afterwards. */
bool	index_recall_learn(struct index_recall *recall, const char *file,
	    int fd, const struct stat *text,
	    const struct index_question *question,
	    struct textindex_places *places);

void	drop_index_recall(struct index_recall *recall);

#endif
