/* book.h: the journal as it is read: its entries, and which were undone. */
#ifndef BOOK_H
#define BOOK_H

#include <stddef.h>
#include <stdint.h>

#include "entry.h"
#include "err.h"
#include "installation.h"
#include "journal.h"
#include "pool.h"

struct book {
	int			 dir;		/* -1: there is none yet */
	struct journal_numbers	 all;
	uint64_t		*undone_by;	/* of each; 0: of none */
};

#define BOOK_NONE	((struct book){ .dir = -1 })

int	book_open(const struct installation *in, struct book *book,
	    struct err *err);
void	drop_book(struct book *book);

/* ERR_ABSENT: there is no such entry. */
int	book_read(const struct book *book, uint64_t number, struct pool *pool,
	    struct entry_file *out, struct err *err);

/* The place of the first number that is not below this one. */
size_t	book_place(const struct book *book, uint64_t number);

/* Fills undone_by from the place of the first that is asked for: the last entry
 * that took it back, unless that was taken back itself. */
void	book_find_undone(struct book *book, size_t first);

#endif
