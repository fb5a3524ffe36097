/* maildrop.h: a mailbox as POP3 sees it: a maildrop of numbered messages.
 *
 * Opened once per session: the messages present then, with their exact sizes
 * and unique ids.  Deliveries go on meanwhile and are neither blocked nor
 * seen.  Nothing changes before maildrop_commit().
 */
#ifndef MAILDROP_H
#define MAILDROP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "deadline.h"
#include "err.h"
#include "mailbox.h"
#include "str.h"

enum {
	MAILDROP_UID_MAX = 70,
	/* what maildrop_read() must have room for */
	MAILDROP_READ_MIN = 4096,
};

struct maildrop_message {
	/* as RETR sends it, without byte-stuffing (RFC 1939) */
	uint64_t	octets;
	/* 0x21-0x7E, unique, for the message's life */
	char		uid[MAILDROP_UID_MAX + 1];
	/* octets is known: see maildrop_measure() */
	bool		measured;
	/* but only because somebody wrote it beside the message, which nobody
	 * has read: see maildrop_disbelieve() */
	bool		told;
	bool		foreign;	/* by another program than ours */
	bool		deleted;	/* marked; takes effect at commit */
	bool		removed;	/* by commit, whatever it returned */
};

struct maildrop;
struct maildrop_kind {
	int	(*measure)(struct maildrop *, size_t index, struct err *);
	/* NULL: nothing is ever only told */
	int	(*disbelieve)(struct maildrop *, size_t index, struct err *);
	ssize_t	(*read)(struct maildrop *, size_t index, bool from_start,
	    void *p, size_t size,
		    struct err *);
	int	(*commit)(struct maildrop *, struct deadline, struct err *);
	void	(*close)(struct maildrop *);
};

/* What each kind has as its first member. */
struct maildrop {
	const struct maildrop_kind	*kind;
	struct maildrop_message	*messages;
	size_t			 count;
	/* somebody may have changed it since: what was read of a message is
	 * surely of that one when all of it was read */
	bool			 changed;
	/* the lock of the session, or -1 */
	int			 session;
	/* what is not as it should be beside the mailbox, and keeps nobody from
	 * it: for the log; also after commit.  ERR_NONE: nothing. */
	struct err		 note;
};

/* One session at a time: ERR_BUSY while another has it.  ERR_REFUSED: a link
 * or somebody else's file.  A mailbox that does not exist yet is empty.  The
 * mailbox is borrowed until the end. */
int	maildrop_open(const struct mailbox *mailbox, struct deadline d,
	    struct maildrop **out, struct err *err);

/* The maildrop of an account whose directories do not exist yet. */
struct maildrop *maildrop_empty(void);

/* Makes sure that octets is known: a Maildir believes a name that can be true,
 * and reads any other message for it, the first time somebody asks.  -1: it
 * cannot be read, or is gone (ERR_ABSENT), or the account may not read it
 * (ERR_REFUSED): then octets is its file's size. */
int	maildrop_measure(struct maildrop *drop, size_t index, struct err *err);

/* Reads all of it; maildrop_read() has to begin anew then. */
int	maildrop_count(struct maildrop *drop, size_t index, uint64_t *octets,
	    struct err *err);

/* The message has so many octets, and not those that it was told to have: no
 * session is told them again, because they are taken out of its name.  -1: that
 * cannot be changed now. */
int	maildrop_disbelieve(struct maildrop *drop, size_t index,
	    uint64_t octets, struct err *err);

/* Up to size bytes of message index, as they were delivered (mbox quoting
 * undone, line ends as stored), going on from the call before; from_start
 * begins anew. Returns the count, 0 at the end, -1 on error (also when another
 * program changed the mailbox under us). */
ssize_t	maildrop_read(struct maildrop *drop, size_t index, bool from_start,
	    void *p, size_t size, struct err *err);

/* Removes what is marked: all of it or, after an error or a crash, none (an
 * mbox), or some of the marked ones (a Maildir).  Mail that came meanwhile
 * stays. */
int	maildrop_commit(struct maildrop *drop, struct deadline d,
	    struct err *err);

/* Releases it; changes nothing. */
void	drop_maildrop(struct maildrop **drop);

#endif
