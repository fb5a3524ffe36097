/* fsck.h: what does not fit in the files of a domain, in mailboxes and homes:
 * what check looks for, and more, with what can be done about it.
 */
#ifndef FSCK_H
#define FSCK_H

#include "check.h"

/* Of the whole installation: what commands left, ids, state. */
void	fsck_installation(struct check *check);
void	fsck_uids(struct check *check);
void	fsck_state(struct check *check);
void	fsck_spool(struct check *check);

/* Before the domain can be opened: modes of its files, and before the shared
 * checks: its directories. */
void	fsck_modes(struct check *check, const char *domain);
void	fsck_directories(struct check *check, const struct domain *domain);

/* passwd.D beside shadow.D. */
void	fsck_lines(struct check *check, const struct domain *domain);

/* What root left for each account, then what is the account's, looked at by a
 * child that has become it. */
void	fsck_accounts(struct check *check, const struct domain *domain);
void	fsck_account(struct check *check, const struct account *account);

/* Files of no account. */
void	fsck_orphans(struct check *check, const struct domain *domain);

struct looking {
	const struct account	*account;
	bool			 repair;
	int			 out;		/* a pipe: lines "R text" */
};
int	fsck_look(void *looking, struct err *err);

/* For fsck_look(), fsck_telling.c: F found, C could be repaired, R was, X could not;
 * W: where the account's mail goes is to be looked at. */
void	look_told(const struct looking *l, char what, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* What PATH/NAME is could not be seen, by errno: it is told, unless it is gone by
 * now. */
void	look_unseen(const struct looking *l, const char *path,
	    const char *name);
/* Whether it is to be repaired; where not, it is told. */
bool	look_repairs(const struct looking *l, const char *text);
void	look_repaired(const struct looking *l, const char *text, bool done);

/* new, cur and tmp of a Maildir that is open. */
void	look_at_maildir(const struct looking *l, int dir, const char *path);

#endif
