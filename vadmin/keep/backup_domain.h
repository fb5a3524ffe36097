/* backup_domain.h: a domain, or one of its accounts, into a backup. */
#ifndef BACKUP_DOMAIN_H
#define BACKUP_DOMAIN_H

#include <stddef.h>

#include "archive_write.h"
#include "domain.h"
#include "operation.h"

struct backup {
	struct call	*call;
	struct archive	 archive;
	int		 scratch;	/* an unnamed file */
	size_t		 missing;	/* told in notes, and left out */
};

/* only: one account, as it is spelt; NULL: all of the domain. */
int	backup_domain(struct backup *backup, const char *name,
	    const char *only, struct err *err);

/* What the text files said of an account at one moment. */
struct account_lines {
	const struct domain	*domain;
	const char		*name;
	struct slice		 passwd;	/* the whole line */
	struct slice		 shadow;	/* empty where there is none */
	const char		*home;
	struct ident		 ident;
};

/* -1: nothing of it is in the archive; or, with *broken, half of it may be, and
 * there is no going on. */
int	backup_account(struct backup *backup,
	    const struct account_lines *lines, bool *broken,
	    struct err *err);

#endif
