/* alias_intake.h: aliases that come from elsewhere, by the thousand: added to
 * aliases.D in one go; see alias_file.h for one.
 */
#ifndef ALIAS_INTAKE_H
#define ALIAS_INTAKE_H

#include "alias_file.h"
#include "intake.h"
#include "table.h"

struct new_alias {
	const char		*file;		/* who names it */
	unsigned		 line;
	const char		*name;
	struct alias_members	 members;
	enum intake_verdict	 verdict;
	const char		*why;
};

struct alias_intake {
	const struct domain	*domain;
	struct new_alias	**all;
	size_t			 count, room;
};

void	alias_intake_add(struct alias_intake *intake, struct new_alias *alias);
void	drop_alias_intake(struct alias_intake *intake);

/* Judges them, and writes those that are new behind what is there.  What was
 * written is read again and compared before it takes the old file's place. */
int	alias_intake_write(struct alias_intake *intake, struct pool *pool,
	    struct err *err);

#endif
