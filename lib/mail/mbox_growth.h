/* mbox_growth.h: whether an mbox file has done nothing but grow since.
 *
 * Deliveries of ours carry on, in the queue file and under its lock, what the
 * file was like when a session knew all of it, and what it is like since they
 * appended to it.  Whoever finds it just so knows that nobody else was there.
 */
#ifndef MBOX_GROWTH_H
#define MBOX_GROWTH_H

#include "stamp.h"
#include "str.h"

/* The text of the queue file, one line, and back: *since is what the file was
 * like, if it is now as the text says; else of no file. */
void	mbox_growth_add(struct str *out, const struct stamp *since,
	    const struct stamp *now);
void	mbox_growth_read(const char *text, const struct stamp *now,
	    struct stamp *since);

#endif
