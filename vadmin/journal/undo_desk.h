/* undo_desk.h: a step that is taken back, and where: for undo.c and undo_file.c. */
#ifndef UNDO_DESK_H
#define UNDO_DESK_H

#include <stdbool.h>

#include "entry.h"
#include "err.h"
#include "installation.h"
#include "manner.h"

struct desk {
	const struct installation *in;
	const struct entry_file	*entry;
	const struct journal_step	*step;
	const struct manner	*manner;
	/* broken off: it may not have been done */
	bool			 perhaps;
	int			 dir;
	const char		*name;
};

/* ERR_REFUSED: what the step left is not there, or something else is. */
int	undo_is_gone(const struct desk *desk, struct err *err);
int	undo_is_there_again(const char *path, struct err *err);
int	undo_sync(const struct desk *desk, struct err *err);
int	undo_remove(const struct desk *desk, struct err *err);

/* Whether there is a link that says just this. */
bool	undo_link_says(const struct desk *desk, const char *text);

/* The file or the link that was there takes the place of what is. */
int	undo_put(const struct desk *desk, struct err *err);

/* CHANGE_FILE. */
int	undo_file(const struct desk *desk, struct err *err);

#endif
