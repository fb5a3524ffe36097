/* check_unfinished.c: findings of operations that were interrupted. */
#include <string.h>

#include "check.h"
#include "scope.h"
#include "unfinished.h"

static int
tell(void *arg, const struct unfinished *what, struct err *err)
{
	struct check *check = arg;

	(void)err;
	finding(&check->found, what->name, "'%s' was interrupted: mail and "
	    "logins may wait until it is finished: vadmin %s", what->op,
	    unfinished_command(what, &check->call->pool));
	check->begun = true;
	if (strchr(what->name, '@') != NULL)
		return 0;
	/* half of it is there by each name: neither is anybody's orphan */
	check->domains_begun = true;
	kept_name(&check->kept, what->name);
	kept_name(&check->kept, what->to);
	return 0;
}

bool
check_is_begun(struct check *check, const char *domain, bool accounts)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct unfinished what;
	struct err err;

	return check->begun && unfinished_of_domain(&check->call->in, &pool,
	    domain, accounts, &what, &err) == 1;
}

void
check_unfinished(struct check *check)
{
	struct err err;

	if (unfinished_each(&check->call->in, &check->call->pool, tell, check,
	    &err) == -1)
		finding(&check->found, "installation", "%s", err.text);
}
