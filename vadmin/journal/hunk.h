/* hunk.h: how two texts differ, as one piece of whole lines, and how to put that
 * back.
 *
 * What both begin and end with is left out, so that one line of a million costs
 * one line.  A line of what stood before and behind finds the place again where
 * lines only went or came.  Bytes that are no text work as well.
 */
#ifndef HUNK_H
#define HUNK_H

#include <stdint.h>

#include "err.h"
#include "str.h"

struct hunk {
	uint64_t	at;		/* where, in both */
	struct slice	old, new;
	struct slice	before, behind;	/* the lines around it */
};

/* Slices of the texts. */
struct hunk hunk_between(struct slice old, struct slice new);

/* The same change in the other direction. */
struct hunk hunk_turned(const struct hunk *hunk);

/* text with new where old stands, wherever that is now.  Lines that come must
 * not have, up to the separator (0: whatever they have), what another line has.
 * ERR_REFUSED: what changed. */
int	hunk_apply(const struct hunk *hunk, struct slice text, char separator,
	    struct str *out, struct err *err);

/* A line up to the separator, without blanks: what it is about. */
struct slice hunk_key(struct slice line, char separator);

#endif
