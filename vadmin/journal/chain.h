/* chain.h: the entries of the journal that have to be taken back together.
 *
 * What an operation of several steps left unfinished its repetition goes on with,
 * in an entry of its own: "undo" takes back both, the newest first.  An undo that
 * was broken off is taken back before it is done anew.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include "book.h"
#include "unfinished.h"

struct chain {
	struct entry_file	*entry;		/* the newest first */
	size_t			 count, room;
	const struct entry_file	*meant;		/* one of them */
	/* what the operation was that all of it comes from, through undos */
	const char		*operation;
	/* whether it had begun something that nobody else may change meanwhile,
	 * and what (the names are what counts) */
	bool			 in_steps;
	struct unfinished	 begun;
};

/* ERR_ABSENT: there is no such entry.  ERR_REFUSED: it has been undone, or
 * another one has to be instead; err names it. */
int	chain_find(struct book *book, uint64_t number, struct pool *pool,
	    struct chain *out, struct err *err);
void	drop_chain(struct chain *chain);

/* Whether the entry is of an operation of several steps: then what it has begun,
 * as far as its record tells, and whether the entry is what began it. */
bool	chain_begun(const struct entry_file *entry, struct pool *pool,
	    struct unfinished *what, const char **record, bool *begins);

#endif
