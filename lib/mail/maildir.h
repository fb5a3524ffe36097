/* maildir.h: the Maildir kind of mailbox.
 *
 * https://cr.yp.to/proto/maildir.html: written in tmp, synced, renamed into
 * new, new synced; names are unique, and tell how long the message is, in its
 * file and for POP3 (maildir_name.h).
 */
#ifndef MAILDIR_H
#define MAILDIR_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "maildrop.h"
#include "mailbox.h"

struct maildir {
	int	tmp, new, cur;		/* descriptors */
};
#define MAILDIR_NONE	((struct maildir){ -1, -1, -1 })

/* What is missing of it is made when make is set; else ERR_ABSENT.
 * ERR_REFUSED: a link or somebody else's. */
int	maildir_open(const struct mailbox *mailbox, bool make,
	    struct maildir *out, struct err *err);
void	drop_maildir(struct maildir *maildir);

/* A rename that replaces nothing.  -1, and errno tells why. */
int	maildir_move(int from, const char *old, int to, const char *new);

/* Of what lies in tmp: nobody has touched it for 36 hours. */
bool	maildir_is_leftover(const struct stat *st, time_t now);

/* The bytes of all messages in new and cur, as their names tell them, or else
 * their files. */
int	maildir_size(const struct maildir *maildir, uint64_t *bytes,
	    struct err *err);

/* The kind's maildrop (maildir_maildrop.c). */
int	maildir_open_maildrop(const struct mailbox *mailbox, struct deadline d,
	    struct maildrop **out, struct err *err);

#endif
