/* alias_apart.h: reading an alias file that its owner could have made a trap.
 *
 * Root neither opens nor parses it: a child process that has become the
 * file's owner does, and answers in a form that is trivial to check.
 */
#ifndef ALIAS_APART_H
#define ALIAS_APART_H

#include "alias_scan.h"
#include "deadline.h"
#include "ident.h"

/* As reader (its forbidden ids become nobody's), by the deadline.  Only
 * addresses and \names come back, and commands where the question allows them.
 * The errors of alias_find(); of an own file ERR_ABSENT, with or without
 * words. */
int	alias_apart(struct pool *pool, const char *path, struct ident reader,
	    struct deadline deadline,
	    const struct alias_question *question, struct alias_entry **out,
	    struct err *err);

#endif
