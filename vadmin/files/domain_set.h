/* domain_set.h: all that is a domain's: its files KIND.D below the installation's
 * directory, and its directories elsewhere.
 */
#ifndef DOMAIN_SET_H
#define DOMAIN_SET_H

#include "domain.h"
#include "mailbox.h"

enum { DOMAIN_PLACES = MAILBOX_STEPS + 3 };

/* The kinds of the domain's files: "aliases", "shadow" ..., whatever comes
 * before the dot, but "domain" and "passwd", by which it is one.  They live in
 * pool; so many, or -1. */
ptrdiff_t domain_set_kinds(const struct installation *in, struct pool *pool,
	    const char *name, const char ***out, struct err *err);

/* Where its inboxes, limits, files and homes lie when it has this name: so many
 * directories, the innermost first.  ERR_REFUSED: mailbox_steps(). */
int	domain_set_places(const struct domain *domain, struct pool *pool,
	    const char *name, struct mailbox_step *out, struct err *err);

/* Opens the directory that a place lies in.  ERR_ABSENT: it is not there.
 * ERR_REFUSED: others can write to it. */
int	domain_set_open(const struct domain *domain,
	    const struct mailbox_step *place, int *fd, struct err *err);

/* Takes away the marks that stand where an earlier domain of its name was, so
 * that its directories can be made. */
int	domain_set_clear_marks(const struct domain *domain, struct err *err);

/* Moves a file, which may be missing, within what is on one disk: synced. */
int	domain_set_move(int from_dir, const char *from, int to_dir,
	    const char *to, struct err *err);

/* When its files have come, or have gone: so do their indexes.  What fails is
 * warned of: without them all is only slower. */
void	domain_set_renew_indexes(const struct installation *in,
	    struct pool *pool, const char *name);

#endif
