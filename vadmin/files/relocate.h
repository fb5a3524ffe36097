/* relocate.h: directories and inboxes moved while mail flows.
 *
 * In one step the thing has its new name and a mark (lib/mail/moved.h) its old
 * one: a delivery that was planned before finds the thing or the mark, never
 * nothing, and so makes no second one.  Every step can be repeated.
 */
#ifndef RELOCATE_H
#define RELOCATE_H

#include <stdbool.h>

#include "err.h"

/* A thing's place: its directory, opened, and its name there. */
struct place {
	int		 dir;
	const char	*name;
};

/* Moves what is at from to to.  mark is where that is as seen from from's
 * directory.  Where nothing is at from the mark is left all the same.
 * ERR_EXISTS: there is something at to. */
int	relocate(struct place from, struct place to, const char *mark,
	    struct err *err);

/* The way back: what is at away, if anything, takes the mark's place (or none)
 * at home; no mark stays. */
int	relocate_back(struct place away, struct place home, struct err *err);

/* Whether a mark, with this text or (NULL) any, is there; and takes it away. */
bool	relocate_is_mark(struct place at, const char *mark);
int	relocate_clear(struct place at, struct err *err);

#endif
