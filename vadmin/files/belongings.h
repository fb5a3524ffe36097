/* belongings.h: where the things of an account lie: its inbox with what belongs
 * to it, its limit, the files of files/D, its home.
 */
#ifndef BELONGINGS_H
#define BELONGINGS_H

#include <stdbool.h>

#include "account.h"
#include "err.h"
#include "pool.h"

struct belongings {
	const struct account	*account;
	const char		*stamp;		/* the time, in names put away; or
						 * NULL */
	const char		*new_name;	/* then: the account's */
	/* another account has it, too: it stays where it is */
	bool			 inbox_stays, home_stays;
	struct pool		*pool;		/* what names live in */
};

/* A name in use, and what it is called when it was put away, or when the account
 * has its new name. */
struct thing {
	const char	*name, *as;
	/* inbox or home: who was told of it by its old name must not make it
	 * anew */
	bool		 leaves_mark;
};
enum { THINGS_MAX = 10 };

/* Those in one directory; there or not. */
struct things {
	int		 parent;
	struct thing	 thing[THINGS_MAX];
	size_t		 count;
};

typedef int belongings_visitor(const struct belongings *all,
	    const struct things *things, struct err *err);

/* Each directory of them that is there, until a visitor returns -1. */
int	belongings_each(const struct belongings *all,
	    belongings_visitor *visit, struct err *err);

/* Where there is no inbox, what an earlier account of the name left beside it
 * (its locks and ids) is removed: the next one has another uid, and could not
 * open it.  ERR_BUSY: somebody holds the inbox's lock file. */
int	belongings_leftovers(const struct account *account, struct pool *pool,
	    struct err *err);

/* What is still left beside an inbox of this name goes to where that of the other
 * name is, and replaces what is there. */
int	belongings_take_kin(int dir, const char *inbox, int to_dir,
	    const char *as, struct err *err);

/* The mark of an earlier account of the name, which was renamed, goes. */
int	belongings_unmark(const struct account *account, struct pool *pool,
	    struct err *err);

/* Both, for an account that is about to be made: whatever makes one calls it, or
 * its mail waits at the mark for ever. */
int	belongings_make_room(const struct account *account, struct pool *pool,
	    struct err *err);

/* Whether only the mark of a renamed account is where its inbox would be. */
bool	belongings_has_moved(const struct account *account,
	    struct pool *pool);

/* A stale lock file of the inbox goes; one that somebody holds is his to take
 * away. */
void	belongings_unlock(const struct account *account, struct pool *pool);

/* Where the inbox lies: its parent directory and the name in it that goes with
 * the account ("/srv/mail/D" and "U" for /srv/mail/%d/%u/Maildir/). */
void	belongings_inbox(const struct account *account, struct pool *pool,
	    const char **parent, const char **name);

#endif
