/* pack.h: what belongs to an account, as parcels; by a process that has become
 * the account.
 *
 * Its own files of files/D are "own/NAME"; its inbox "inbox", for an mbox with
 * its unique ids "uids"; its home "home".  Each is as it was at one moment: an
 * mbox is copied under the locks of a delivery; of a Maildir all messages are
 * copied that were there together.
 */
#ifndef PACK_H
#define PACK_H

#include "account.h"
#include "err.h"

struct packing {
	const struct account	*account;
	int			 out;		/* a file: parcels can be
						 * taken back */
	bool			 with_home;
};

int	pack_account(void *packing, struct err *err);

/* A directory with all that is in it; a Maildir wherever there is one. */
int	pack_tree(struct packing *p, int dir, const char *path,
	    struct err *err);

/* One file that is open; *at becomes where its parcel begins, -1 where it is left
 * out. */
int	pack_file(struct packing *p, int fd, const char *path, off_t *at,
	    struct err *err);
int	pack_directory(struct packing *p, int fd, const char *path,
	    struct err *err);
int	pack_take_back(const struct packing *p, off_t at, struct err *err);
/* Tells why something that cannot be read is not in it. */
int	pack_leave_out(struct packing *p, const char *path, const char *why,
	    struct err *err);

/* new and cur of a Maildir. */
int	pack_messages(struct packing *p, int dir, const char *path,
	    struct err *err);

#endif
