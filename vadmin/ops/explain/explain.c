/* explain.c: where mail for an address would go, and why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "address.h"
#include "explain_who.h"
#include "mailbox.h"
#include "ops.h"
#include "output.h"
#include "plan.h"
#include "resolve.h"
#include "scope.h"
#include "settings.h"
#include "subject.h"
#include "would.h"

/* As vdeliver would exit, for scripts that ask whether an address is good. */
static int
status_of(const struct outcome *outcome)
{
	switch (outcome->kind) {
	case OUTCOME_DONE:
		return EX_OK;
	case OUTCOME_NO_USER:
	case OUTCOME_NO_DOMAIN:
		return EX_NOUSER;
	case OUTCOME_REFUSED:
	case OUTCOME_PERMANENT:
		return EX_NOPERM;
	case OUTCOME_TEMPORARY:
		break;
	}
	return EX_TEMPFAIL;
}

static struct outcome
outcome_of(const struct plan *plan)
{
	const struct recipient *r = plan->recipients[0];
	struct outcome first = { .kind = OUTCOME_DONE };

	for (size_t i = 0; i < r->count; i++)
		if (r->targets[i]->kind == TARGET_FAILURE &&
		    !plan_hands_on(r, r->targets[i]) &&
		    outcome_precedes(&r->targets[i]->failure, &first))
			first = r->targets[i]->failure;
	return first;
}

/* plan_print() writes to a file: what vdeliver -n prints. */
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

/* --- as records ----------------------------------------------------------- */

static void
add_way(struct would *w, const struct step *step)
{
	if (step == NULL)
		return;
	add_way(w, step->before);
	would_row(w, step->how, step->address, step->file == NULL ? "" :
	    step->line == 0 ? step->file : pool_format(&w->plan->pool,
	    "%s:%u", step->file, step->line));
}

static void
add_target(struct would *w, const struct target *t)
{
	struct pool *pool = &w->plan->pool;
	const char *kind = target_kind_name(t->kind);

	if (t->kind == TARGET_ACCOUNT)
		would_row(w, kind, target_address(w->plan, t),
		    mailbox_path(t->account, pool));
	else if (t->kind == TARGET_FAILURE)
		would_row(w, kind, pool_format(pool, "%s %s", t->failure.code,
		    t->failure.text), "");
	else
		would_row(w, kind, t->text, "");
	if (t->sender != NULL)
		would_row(w, "sender", t->sender, "");
	add_way(w, t->way);
	if (w->sender != NULL)
		would_target(w, t);
}

static int
read_message(struct call *call, struct would *w, struct err *err)
{
	const struct setting row = { .name = "--size" };
	const char *from = call_text(call, "--from"),
	    *size = call_text(call, "--size");

	if (from == NULL)
		return err_set(err, ERR_INVALID,
		    "--size goes with --from: who sends it?");
	if (address_sender(&call->pool, slice_of(from), &w->sender,
	    err) == -1)
		return err_within(err, "--from");
	return size == NULL ? 0 : setting_size(&row, &call->pool,
	    slice_of(size), &w->size, err);
}

/* What would happen to a message of this sender; without one the ways alone. */
static int
explain_rows(struct call *call, struct plan *plan, bool message,
    struct err *err)
{
	static const char *const heads[] = { "TARGET", "STEP", "WHAT",
	    "WHERE", NULL };
	SCOPED(drop_sheet) struct sheet sheet = { .heads = heads };
	struct would w = { .call = call, .plan = plan, .sheet = &sheet,
	    .people = output_is_for_people() };
	const struct recipient *r = plan->recipients[0];

	if (message && read_message(call, &w, err) == -1)
		return -1;
	for (size_t i = 0; i < r->count; i++) {
		w.number = i + 1;
		add_target(&w, r->targets[i]);
	}
	if (!w.people)
		sheet_print(&sheet);
	if (!message)
		w.outcome = outcome_of(plan);
	if (w.robot && w.outcome.kind == OUTCOME_TEMPORARY)
		note("no autoresponder answers while the mail waits");
	call->status = status_of(&w.outcome);
	return 0;
}

/* --- what is not for everybody ------------------------------------------- */

/* Deliveries read included files as root: what is none of their lines would be
 * shown to who may not read the file. */
static void
hide_include(struct target *t)
{
	const struct step *way = t->way;
	struct slice text = slice_of(t->failure.text), line;

	if (t->kind != TARGET_FAILURE || way == NULL || way->file == NULL ||
	    strcmp(way->how, "include") != 0 ||
	    !slice_starts(text, way->file))
		return;
	text = slice_from(text, strlen(way->file));
	if (!slice_starts(text, ":"))
		return;
	text = slice_from(text, 1);
	slice_cut(&text, ':', &line);
	t->failure = outcome_make(t->failure.kind, "4.3.5",
	    "%s:%.*s: that is no list of addresses", way->file, (int)line.len,
	    line.p);
}

static void
hide_includes(const struct call *call, struct plan *plan)
{
	for (size_t i = 0; call->principal.caller != CALLER_ROOT &&
	    i < plan->count; i++)
		hide_include(plan->targets[i]);
}

/* --- the operation -------------------------------------------------------- */

int
explain(struct call *call, struct err *err)
{
	SCOPED(drop_plan) struct plan plan = { 0 };
	const char *address = call_text(call, "ADDRESS");
	struct slice given = slice_of(address);
	bool message = call_has(call, "--from") || call_has(call, "--size");

	if (call_has(call, "--who") && message)
		return err_set(err, ERR_INVALID, "--who stands alone: it "
		    "lists addresses, and sends no message");
	if (call_has(call, "--who"))
		return explain_who(call, err);
	if (!slice_has(given, '@')) {
		struct slice name, domain;
		if (subject_split(call, given, &name, &domain, err) == -1)
			return -1;
		address = pool_format(&call->pool, "%.*s@%.*s", (int)name.len,
		    name.p, (int)domain.len, domain.p);
	}
	resolve(&call->in, &plan, address);
	resolve_forwards(&call->in, &plan);
	hide_includes(call, &plan);
	bool rows = message || output_is_json();
	if (rows && explain_rows(call, &plan, message, err) == -1)
		return -1;
	if (!rows) {
		const struct outcome outcome = outcome_of(&plan);
		print(&plan);
		call->status = status_of(&outcome);
	}
	for (size_t i = 0; i < plan.warning_count; i++)
		note("%s", plan.warnings[i]);
	return 0;
}
