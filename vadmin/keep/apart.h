/* apart.h: work that is done by a child that has become somebody else for
 * good, and tells how it ended.
 */
#ifndef APART_H
#define APART_H

#include "child.h"
#include "err.h"
#include "ident.h"

typedef int apart_work(void *arg, struct err *err);

struct apart {
	struct child	child;
	int		answer;		/* a socket */
};
#define APART_NONE	((struct apart){ CHILD_NONE, -1 })

/* Where this process is no root it can only become itself. */
int	apart_begin(struct apart *apart, struct ident who, apart_work *work,
	    void *arg, struct err *err);

/* Waits for its end; -1 with what the child said, as far as that can be
 * believed: a kind of error and a text. */
int	apart_end(struct apart *apart, struct err *err);
void	drop_apart(struct apart *apart);

/* Both at once. */
int	apart_do(struct ident who, apart_work *work, void *arg,
	    struct err *err);

#endif
