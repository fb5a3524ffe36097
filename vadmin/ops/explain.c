/* explain.c: where mail for an address would go, and why. */
#include <stdio.h>
#include <sysexits.h>

#include "explain_who.h"
#include "ops.h"
#include "plan.h"
#include "resolve.h"
#include "scope.h"

/* As vdeliver would exit, for scripts that ask whether an address is good. */
static int
status_of(const struct plan *plan)
{
	const struct outcome *first = NULL;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->targets[i]->kind == TARGET_FAILURE &&
		    (first == NULL || outcome_precedes(
		    &plan->targets[i]->failure, first)))
			first = &plan->targets[i]->failure;
	if (first == NULL)
		return EX_OK;
	switch (first->kind) {
	case OUTCOME_NO_USER:
	case OUTCOME_NO_DOMAIN:
		return EX_NOUSER;
	case OUTCOME_REFUSED:
	case OUTCOME_PERMANENT:
		return EX_NOPERM;
	default:
		return EX_TEMPFAIL;
	}
}

int
explain(struct call *call, struct err *err)
{
	SCOPED(drop_plan) struct plan plan = { 0 };
	const char *address = call_text(call, "ADDRESS");
	struct slice given = slice_of(address);

	if (call_has(call, "--who"))
		return explain_who(call, err);
	if (!slice_has(given, '@'))
		address = pool_format(&call->pool, "%s@%s", address,
		    call->in.main_domain);
	resolve(&call->in, &plan, address);
	resolve_forwards(&call->in, &plan);
	plan_print(&plan, stdout);
	for (size_t i = 0; i < plan.warning_count; i++)
		note("%s", plan.warnings[i]);
	call->status = status_of(&plan);
	return 0;
}
