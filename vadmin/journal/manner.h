/* manner.h: how each kind of file is kept account of, by its name. */
#ifndef MANNER_H
#define MANNER_H

#include <stdbool.h>

#include "str.h"

struct manner {
	const char	*before, *behind;	/* of its name, or NULL */
	/* what stands before it names the line; 0: lines have no names */
	char		 separator;
	/* the field of a line, from 1, that is a password's hash; 0: none */
	unsigned	 secret;
	/* never taken back */
	bool		 stays;
	/* changed by mail that comes: how it was is all that counts */
	bool		 lives;
};

const struct manner *manner_of(const char *path);

/* The line with hashes of passwords left out. */
void	manner_show(const struct manner *manner, struct slice line,
	    struct str *out);

#endif
