/* backup_texts.h: the files of DIR that are a domain's, as they were together.
 */
#ifndef BACKUP_TEXTS_H
#define BACKUP_TEXTS_H

#include <stdbool.h>

#include "domain.h"
#include "err.h"
#include "pool.h"
#include "str.h"
#include "table.h"

enum { BACKUP_KINDS = 8 };

struct texts {
	struct domain	*domain;
	struct str	 passwd, shadow;
	struct str	 kinds[BACKUP_KINDS];	/* as in place_kinds */
	bool		 there[BACKUP_KINDS];
	struct table	 shadows;		/* a name's line, a slice */
	struct pool	 pool;
};
void	drop_texts(struct texts *texts);

/* With the lock of changes had for so long. */
int	texts_read(const struct installation *in, const char *domain,
	    struct texts *out, struct err *err);

/* Another file of DIR. */
int	texts_file(const struct installation *in, const char *name,
	    struct str *text, bool *there, struct err *err);

#endif
