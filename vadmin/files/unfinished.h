/* unfinished.h: what an operation of several steps has begun: DIR/.unfinished/NAME.
 *
 * Written before its first step, removed behind its last: while it is there
 * nothing else may change what it is about, and "check" tells which command
 * goes on.  NAME is a domain, or U@D in lower case.  Lines "key value".
 */
#ifndef UNFINISHED_H
#define UNFINISHED_H

#include <stdbool.h>

#include "err.h"
#include "installation.h"
#include "pool.h"
#include "str.h"

struct unfinished {
	const char	*op;		/* "domain rename" */
	const char	*name;		/* of what it is about */
	const char	*to;		/* what that becomes; or "" */
	/* the operation's own word, or ""; of "undo" the number that it takes
	 * back */
	const char	*note;
};

int	unfinished_begin(const struct installation *in,
	    const struct unfinished *what, struct err *err);

/* 1: *out is what was begun on it, 0: nothing was. */
int	unfinished_find(const struct installation *in, struct pool *pool,
	    const char *name, struct unfinished *out, struct err *err);
int	unfinished_end(const struct installation *in, const char *name,
	    struct err *err);

/* What the text of a record says. */
void	unfinished_read(struct slice text, struct pool *pool,
	    struct unfinished *out);

typedef int unfinished_visitor(void *arg, const struct unfinished *what,
	    struct err *err);
int	unfinished_each(const struct installation *in, struct pool *pool,
	    unfinished_visitor *visit, void *arg, struct err *err);

/* 1: one was begun on a domain of this name, or gives it the name, or on an
 * account of it, if that counts; *out is that.  0: none was. */
int	unfinished_of_domain(const struct installation *in, struct pool *pool,
	    const char *domain, bool accounts, struct unfinished *out,
	    struct err *err);

/* The words that go on with it: "domain rename a.example b.example". */
const char *unfinished_command(const struct unfinished *what,
	    struct pool *pool);

#endif
