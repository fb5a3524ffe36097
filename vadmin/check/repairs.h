/* repairs.h: what fsck --repair does about findings.
 *
 * Nothing is removed that could be mail, or a line of somebody's: it is moved
 * to the trash beside it, as NAME.fsck-TIME.
 */
#ifndef REPAIRS_H
#define REPAIRS_H

#include <sys/types.h>

#include "account.h"
#include "domain.h"
#include "err.h"

/* dir/name goes to dir/.trash. */
int	repair_aside(int dir, const char *name, struct err *err);

/* A line of a file of DIR is kept in DIR/.trash/FILE.fsck-TIME. */
int	repair_keep_line(const struct installation *in, const char *file,
	    struct slice line, struct err *err);

int	repair_mode(int fd, mode_t mode, struct err *err);

/* Owner and mode of a directory of the domain's that is open. */
int	repair_directory(const struct domain *domain, int fd,
	    struct err *err);

/* What is in the inbox's place; mail comes into a new one. */
int	repair_inbox_aside(const struct account *account, struct err *err);

/* Root's becomes the account's, another account's goes aside. */
int	repair_inbox_owner(const struct account *account, struct err *err);

/* The first of an account's lines stays. */
int	repair_double_lines(const struct account *account, struct err *err);

/* Takes the lines of an account that is none out of grants.D. */
int	repair_grants(const struct domain *domain, const char *name,
	    struct err *err);

/* The lines of shadow.D of accounts that are none. */
int	repair_shadow(const struct domain *domain, const char *name,
	    struct err *err);

#endif
