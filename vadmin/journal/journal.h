/* journal.h: an account of every change, which can be taken back by it.
 *
 * STATE/journal holds a file for each operation that changed something: begun
 * and synced before its first change, grown by one step before each next one,
 * and ended by the result.  Where there is neither root nor a STATE of one's
 * own it is DIR/.journal.  All of it is done under the installation's lock.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "change.h"
#include "err.h"
#include "installation.h"
#include "operation.h"
#include "str.h"

enum {
	JOURNAL_ENTRIES	= 10000,	/* so many are kept */
	JOURNAL_DAYS	= 400,		/* so long */
	JOURNAL_MB	= 256,		/* and so much; the last one always */
};

struct journal {
	struct change_watcher		 watcher;
	const struct change_watcher	*before;
	bool				 watches;
	const struct call		*call;
	int				 dir, fd;	/* -1: nothing was changed yet */
	uint64_t			 number;
	off_t				 size;
	/* and before the last step */
	off_t				 size_before;
	/* it could not be written any more: the operation goes on */
	bool				 broken;
};

#define JOURNAL_NONE	((struct journal){ .dir = -1, .fd = -1 })

/* From now on all changes are told to it, until it is dropped. */
void	journal_begin(struct journal *j, const struct call *call);

/* How the operation ended: NULL, or why it failed.  What it did stands in any
 * case. */
void	journal_end(struct journal *j, const struct err *failed);
void	drop_journal(struct journal *j);

/* Opens the directory; ERR_ABSENT: there is none yet. */
int	journal_open(const struct installation *in, int *dir, struct err *err);

/* The numbers of the entries, the oldest first. */
struct journal_numbers {
	uint64_t	*number;
	size_t		 count, room;
};
int	journal_list(int dir, struct journal_numbers *out, struct err *err);
void	drop_journal_numbers(struct journal_numbers *numbers);

#endif
