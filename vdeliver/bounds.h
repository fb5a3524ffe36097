/* bounds.h: what a command or a filter may take of the machine. */
#ifndef BOUNDS_H
#define BOUNDS_H

#include "command.h"
#include "installation.h"

/* Bounds it; its deadline is set already. */
void	bounds_set(const struct installation *in, struct command *command);

#endif
