/* old_machine.h: the files of a Linuxconf machine, copied below a directory. */
#ifndef OLD_MACHINE_H
#define OLD_MACHINE_H

#include <stdbool.h>

#include "domain.h"
#include "err.h"
#include "pool.h"
#include "report.h"

struct old_machine {
	struct pool	*pool;
	const char	*path;		/* of the directory, absolute */
	int		 etc;		/* etc/vmail below it */
	int		 spool, homes;	/* -1: not there */
	/* these are the very directories that are served here */
	bool		 etc_in_place, spool_in_place, homes_in_place;
};

int	old_machine_open(struct old_machine *old, struct pool *pool,
	    const struct installation *in, const char *path, struct err *err);
void	drop_old_machine(struct old_machine *old);

/* "PATH/etc/vmail/NAME", for people. */
const char *old_machine_name(const struct old_machine *old, const char *place,
	    const char *name);

/* The text of etc/vmail/NAME; *there (may be NULL): whether there is one.
 * ERR_REFUSED: others than owner and root could have written it. */
int	old_machine_text(const struct old_machine *old, const char *name,
	    uid_t owner, struct str *text, bool *there, struct err *err);

/* The names in a directory of it, sorted; dir is borrowed. */
int	old_machine_list(const struct old_machine *old, int dir,
	    const char ***names, size_t *count, struct err *err);

/* The lines of etc/conf.linuxconf that name the domain: where a setting may
 * be. */
void	old_machine_settings(const struct old_machine *old, const char *domain,
	    struct report *report);

#endif
