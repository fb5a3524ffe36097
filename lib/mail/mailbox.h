/* mailbox.h: where an account's inbox lies, and what kind of thing it is.
 *
 * What exists decides the kind; "mailbox" of domain.D (or an "inbox" that
 * ends in '/', a Maildir) is for new ones.  A kind is a row of functions; mbox
 * and maildir are the first two, an object store or a remote server would be
 * others.  Callers know the functions below only.  How each kind is read is a
 * table of its own (maildrop.c), so that vdeliver does not carry it.
 */
#ifndef MAILBOX_H
#define MAILBOX_H

#include <stdbool.h>

#include "account.h"
#include "deadline.h"
#include "err.h"
#include "message.h"

struct mailbox;

/* What an inbox may hold, and what a delivery made of it. */
struct room {
	uint64_t	limit;		/* bytes; LIMIT_NONE: all that come */
	/* with a limit: the inbox, without the message and with it */
	uint64_t	before, after;
};

struct delivery {
	const char		*sender;	/* of the envelope; "" = null */
	/* all of it, the trace header on top */
	struct stream		*content;
	/* a file without a name that holds just content and may become the
	 * message; or -1 */
	int			 unnamed;
	struct octets		 octets;	/* of unnamed */
	struct deadline		 deadline;
	/* ERR_FULL where it does not suffice; NULL: no limit */
	struct room		*room;
};

struct mailbox_kind {
	const char	*name;
	int	(*deliver)(const struct mailbox *, const struct delivery *,
	    struct err *);
	int	(*size)(const struct mailbox *, uint64_t *bytes,
	    struct err *);
};
extern const struct mailbox_kind mbox_kind, maildir_kind;

struct mailbox {
	const struct mailbox_kind	*kind;
	/* whose it is, and who opened it */
	struct ident			 who;
	/* the directory that it lies in */
	int				 parent;
	/* in parent; a checked file name */
	const char			*name;
	const char			*path;	/* the whole, for people */
	uint64_t			 lock_timeout;	/* seconds */
};
#define MAILBOX_NONE	((struct mailbox){ .parent = -1 })

/* The inbox's absolute path, for people.  Lives in pool. */
const char *mailbox_path(const struct account *account, struct pool *pool);

/* ERR_INVALID: the "inbox" setting can be nobody's, with file and line. */
int	mailbox_check(const struct account *account, struct err *err);

/* Makes the directories that mail for the account needs and only root (or the
 * one owner) can make: those of the "inbox" setting up to the one that has %d
 * in its name.  What is there is checked: ours, and closed to others. */
int	mailbox_prepare(const struct account *account, struct err *err);

/* Whether those directories have to be made.  Where it cannot be told they need
 * not: then mailbox_prepare() says what is wrong. */
bool	mailbox_lacks_place(const struct account *account);

/* A directory of a domain's inboxes, or one on the way to it, that has the
 * domain's name in its own. */
struct mailbox_step {
	const char	*parent;	/* its directory's path */
	const char	*name;
};
enum { MAILBOX_STEPS = 16 };

/* Those of the domain as its "inbox" names them, from the outermost on.  Their
 * count, or -1, ERR_REFUSED: the name stands in a directory or file of each
 * account's own. */
int	mailbox_steps(const struct domain *domain, struct pool *pool,
	    struct mailbox_step *out, struct err *err);

/* Opens it as who the account's mail belongs to: the process is that already
 * (ident_become).  Makes directories of the account's own when make is set.
 * ERR_ABSENT: its directory is not there (and make is not set).  ERR_REFUSED:
 * a link, a special file, or somebody else's is in the way. */
int	mailbox_open(const struct account *account, bool make,
	    struct pool *pool, struct mailbox *out, struct err *err);
void	drop_mailbox(struct mailbox *mailbox);

/* For kinds: len bytes more come to those of before.  ERR_FULL: too many. */
int	mailbox_make_room(struct room *room, uint64_t before, uint64_t len,
	    struct err *err);

/* Success means on disk; any error leaves the mailbox as it was. */
int	mailbox_deliver(const struct mailbox *mailbox,
	    const struct delivery *delivery, struct err *err);

/* What a limit counts of it, without a lock: it may be another number by the
 * time that somebody delivers.  One that is not there yet has none. */
int	mailbox_size(const struct mailbox *mailbox, uint64_t *bytes,
	    struct err *err);

#endif
