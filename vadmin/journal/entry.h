/* entry.h: one entry of the journal as its file holds it.
 *
 * Records "KEY LENGTH VALUE\n", where VALUE has LENGTH bytes of any kind:
 * vmail-journal(5).  Steps follow the header, each ends with "end"; one without
 * it was never done.  "result" comes last; an entry without one was broken off.
 */
#ifndef ENTRY_H
#define ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "pool.h"
#include "settings.h"
#include "step.h"
#include "str.h"

/* --- written --------------------------------------------------------------- */

void	entry_add(struct str *out, const char *key, struct slice value);
void	entry_adds(struct str *out, const char *key, const char *value);
void	entry_add_step(struct str *out, const struct journal_step *step);

/* --- read ------------------------------------------------------------------ */

/* What is written; in those of version 1 moves of whole domains and accounts are
 * missing. */
#define ENTRY_VERSION	"2"

struct entry_file {
	uint64_t	 number;
	/* as they were written; "" where they were not */
	const char	*version, *time, *who, *as, *from, *operation;
	/* the operation that this one, an undo, takes back or makes again; its own
	 * where nobody said so */
	const char	*origin;
	struct setting_words words;
	/* "done", "failed", or "" where it was broken off */
	const char	*result, *text;
	/* behind the header */
	struct slice	 steps;
	char		*map;
	size_t		 len;
};

/* Maps the file and reads the header and the result.  ERR_INVALID: it is
 * broken. */
int	entry_read(int dir, uint64_t number, struct pool *pool,
	    struct entry_file *out, struct err *err);
void	drop_entry_file(struct entry_file *entry);

/* The next whole step; *rest begins as entry->steps.  Slices of the file. */
bool	entry_next_step(struct slice *rest, struct pool *pool,
	    struct journal_step *out);

/* The name of an entry's file. */
enum { ENTRY_NAME = 24 };
void	entry_name(uint64_t number, char name[ENTRY_NAME]);

#endif
