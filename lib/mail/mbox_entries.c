/* mbox_entries.c: messages of an mbox file, as places in it. */
#include "mbox_entries.h"

#include "mbox_end.h"
#include "mem.h"

bool
mbox_entry_same(const struct mbox_entry *was, const struct mbox_entry *is,
    bool last)
{
	off_t grown = is->end - was->end;
	/* of a From_ line without an end, that is the message's start, too */
	bool at_start = was->start == was->end && is->start == is->end;

	return is->from == was->from &&
	    is->start == was->start + (at_start ? grown : 0) &&
	    is->hash.high == was->hash.high && is->hash.low == was->hash.low &&
	    (grown == 0 || (last && grown > 0 && grown <= MBOX_LINE_END)) &&
	    is->octets == was->octets && is->quoted == was->quoted;
}

void
drop_mbox_scan(struct mbox_scan *scan)
{
	drop_mem(&scan->entries);
}
