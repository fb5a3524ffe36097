/* would.h: what would happen to a message, target by target, without doing
 * any of it.
 */
#ifndef WOULD_H
#define WOULD_H

#include "would_rows.h"

/* The rows of a target, behind those of the way to it. */
void	would_target(struct would *w, const struct target *target);

#endif
