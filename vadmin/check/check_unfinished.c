/* check_unfinished.c: findings of operations that were interrupted. */
#include "check.h"
#include "unfinished.h"

static int
tell(void *arg, const struct unfinished *what, struct err *err)
{
	struct check *check = arg;

	(void)err;
	finding(&check->found, what->name, "'%s' was interrupted: mail and "
	    "logins may wait until it is finished: vadmin %s", what->op,
	    unfinished_command(what, &check->call->pool));
	return 0;
}

void
check_unfinished(struct check *check)
{
	struct err err;

	if (unfinished_each(&check->call->in, &check->call->pool, tell, check,
	    &err) == -1)
		finding(&check->found, "installation", "%s", err.text);
}
