/* mbox_entries.h: messages of an mbox file, as places in it.
 *
 * A message begins at "From " at the file's start or after an empty line; that
 * empty line belongs to no message.  Content-Length is not believed.
 */
#ifndef MBOX_ENTRIES_H
#define MBOX_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "uids.h"

struct mbox_entry {
	off_t		from;		/* its From_ line */
	off_t		start;		/* its header */
	off_t		end;		/* behind its last line */
	uint64_t	octets;		/* as RETR sends it, quoting undone */
	bool		quoted;		/* some line is quoted: ">From " */
	/* of all of it, without the header fields that other programs change,
	 * and without empty lines at its end */
	struct uid_hash	hash;
};

struct mbox_scan {
	struct mbox_entry	*entries;
	size_t			 count;
	off_t			 size;		/* how far it went */
	/* the first entry is c-client's own data */
	bool			 pseudo;
};

void	drop_mbox_scan(struct mbox_scan *scan);

/* It is what it was; the last message may have got a line end and a separator
 * behind it. */
bool	mbox_entry_same(const struct mbox_entry *was,
	    const struct mbox_entry *is, bool last);

#endif
