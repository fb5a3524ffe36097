/* explain.c: where mail for an address would go, and why. */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "ops.h"
#include "output.h"
#include "plan.h"
#include "resolve.h"
#include "scope.h"
#include "subject.h"

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

static void
print(const struct plan *plan)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return;
	plan_print(plan, out);
	fclose(out);
	output_text((struct slice){ text, len });
	free(text);
}

int
explain(struct call *call, struct err *err)
{
	SCOPED(drop_plan) struct plan plan = { 0 };
	const char *address = call_text(call, "ADDRESS");
	struct slice given = slice_of(address);

	if (!slice_has(given, '@')) {
		struct slice name, domain;
		if (subject_split(call, given, &name, &domain, err) == -1)
			return -1;
		address = pool_format(&call->pool, "%.*s@%.*s", (int)name.len,
		    name.p, (int)domain.len, domain.p);
	}
	resolve(&call->in, &plan, address);
	resolve_forwards(&call->in, &plan);
	print(&plan);
	for (size_t i = 0; i < plan.warning_count; i++)
		note("%s", plan.warnings[i]);
	call->status = status_of(&plan);
	return 0;
}
