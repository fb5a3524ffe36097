/* mbox_cache.h: ".NAME.cache" beside an mbox: what a scan of it found.
 *
 * Believed only for a file that nobody has touched since (mbox_growth.h), or
 * only to append our deliveries: then what they added is scanned, and the
 * message before it.  Whatever else it is, it is as if it were missing; so is
 * one that leaves bytes to no message.
 *
 * Who owns the mbox can write one that is believed, as he can write the mbox.
 * Believed is what a client is told before it asks for a message: how many
 * there are, their sizes and unique ids.  Proven is, by the mbox's bytes:
 *	that the first one begins where it should, and is c-client's own where it
 *	is not shown, and else not;
 *	what RETR sends (hash, octets, both ends): of a message of up to 64 kB
 *	before its first byte is sent, of a longer one on the way, before its
 *	last (mbox_check.h);
 *	what TOP sends of a long one: where it begins, that nothing in it is
 *	quoted if that was told, and that no other message begins in it, but for
 *	the last 256 bytes that were read; all of it where somebody has touched
 *	the mbox since the login, before its final dot;
 *	what QUIT removes: all of it, before anything is.
 * What was wrong is forgotten, and the next login reads all of the mbox.  Safe
 * to delete.  Small files have none.
 */
#ifndef MBOX_CACHE_H
#define MBOX_CACHE_H

#include <stdbool.h>

#include "err.h"
#include "mbox_file.h"
#include "mbox_entries.h"

/* mbox_scan() of all of a file that is locked.  *fresh: all of it was read just
 * now.  Where that was much it is remembered for the next time. */
int	mbox_cache_scan(struct mbox_file *file, struct mbox_scan *out,
	    bool *fresh, struct err *err);

/* Remembers what a scan of the file named so found, or would find. */
void	mbox_cache_write(int dir, const char *name,
	    const struct stamp *stamp, const struct mbox_scan *scan);

/* The same back.  False: there is none for this stamp. */
bool	mbox_cache_read(int dir, const char *name,
	    const struct stamp *stamp, struct mbox_scan *out);

/* The mbox has lost its end, and so does what is known of it: as
 * mbox_cache_write() of what is left.  False: what lies there did not know so
 * much, or cannot be changed. */
bool	mbox_cache_shorten(int dir, const char *name,
	    const struct stamp *stamp, const struct mbox_scan *kept);

/* After the file at fd, which is locked, has taken the file's place: kept is
 * what is known of it, from its start on. */
void	mbox_cache_follow(struct mbox_file *file, int fd,
	    struct mbox_scan *kept);

/* After the file, which is locked, has lost its end. */
void	mbox_cache_cut(struct mbox_file *file, struct mbox_scan *kept);

/* It was wrong. */
void	mbox_cache_forget(int dir, const char *name);

#endif
