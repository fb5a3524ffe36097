/* mbox_scanner.h: what finds the messages in bytes of an mbox, as they come.
 *
 * It looks into a window that who runs it moves on: over a file
 * (mbox_scan.c), or with bytes that are on their way to somebody else
 * (mbox_check.c).
 */
#ifndef MBOX_SCANNER_H
#define MBOX_SCANNER_H

#include <xxhash.h>
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
/* the same functions, by the widest registers that this processor has */
#include <xxh_x86dispatch.h>
#endif

#include "err.h"
#include "mbox_entries.h"
#include "str.h"

enum {
	/* of a line must be there before it is judged */
	SCANNER_AHEAD = 256,
};

enum scanner_got {
	SCANNER_ERR = -1,
	SCANNER_DONE,		/* the end, or as many messages as are wanted */
	SCANNER_MORE,		/* of a window with more behind it */
};

enum scanner_place { AT_LINE, IN_QUOTES, IN_LINE };

struct scanner {
	const char	*window;
	/* all that lies before `at` is done; less than SCANNER_AHEAD bytes may
	 * be left behind it when more is wanted */
	size_t		 at, len;
	off_t		 base;		/* of the window in the file */
	bool		 at_end;	/* nothing follows the window */

	struct mbox_entry entry;	/* the message that is being read */
	bool		 in_message, in_header;
	bool		 after_empty;	/* the line before was empty */
	off_t		 empty_at;	/* where that line began */
	bool		 is_first;
	/* of the header of the first message */
	bool		 pseudo_subject, pseudo_field, delivered;

	/* the line that is being read */
	enum scanner_place place;
	bool		 is_from, is_empty, is_quoted;
	off_t		 began;
	char		 last;		/* of what was seen of it */

	XXH3_state_t	*hash;
	/* the current line goes into the hash */
	bool		 counts;
	/* what counts and is not hashed yet: from here to at */
	size_t		 run;
	/* empty lines that count as soon as another line follows: other
	 * programs add and remove those at a message's end */
	uint64_t	 empty_lines;

	struct mbox_scan out;		/* what was found */
	size_t		 room;
};

/* Begins at this offset of the file, with an empty window.  A scanner that was
 * used before begins anew. */
int	scanner_begin(struct scanner *s, off_t from, struct err *err);

/* The bytes follow those that are done. */
void	scanner_window(struct scanner *s, struct slice bytes, bool at_end);

/* Goes on to the end of the window, or until max messages have ended: then
 * out.size is where the next one begins.  ERR_TEMPORARY: that is no mbox. */
enum scanner_got scanner_run(struct scanner *s, size_t max, struct err *err);

void	drop_scanner(struct scanner *s);

#endif
