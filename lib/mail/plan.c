/* plan.c: what is to be done with a message for its recipients, and why. */
#include "plan.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "mailbox.h"
#include "mem.h"
#include "scope.h"

void
drop_plan(struct plan *plan)
{
	for (size_t i = 0; i < plan->recipient_count; i++)
		free(plan->recipients[i]->targets);
	free(plan->targets);
	free(plan->recipients);
	free(plan->warnings);
	drop_table(&plan->known);
	drop_table(&plan->domains);
	drop_pool(&plan->pool);
	*plan = (struct plan){ 0 };
}

/* --- adding ------------------------------------------------------------ */

void
plan_warn(struct plan *plan, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (plan->warning_count == plan->warning_room) {
		plan->warning_room = plan->warning_room ?
		    plan->warning_room * 2 : 8;
		plan->warnings = mem_grow(plan->warnings, plan->warning_room,
		    sizeof *plan->warnings);
	}
	plan->warnings[plan->warning_count++] = pool_dup(&plan->pool,
	    slice_of(text));
}

static void
append(struct target ***list, size_t *count, size_t *room,
    struct target *target)
{
	if (*count == *room) {
		*room = *room ? *room * 2 : 4;
		*list = mem_grow(*list, *room, sizeof **list);
	}
	(*list)[(*count)++] = target;
}

struct recipient *
plan_add_recipient(struct plan *plan, const char *given)
{
	struct recipient *r = pool_alloc(&plan->pool, sizeof *r);

	r->given = pool_dup(&plan->pool, slice_of(given));
	r->local = r->given;
	r->domain = "";
	if (plan->recipient_count == plan->recipient_room) {
		plan->recipient_room = plan->recipient_room ?
		    plan->recipient_room * 2 : 4;
		plan->recipients = mem_grow(plan->recipients,
		    plan->recipient_room, sizeof *plan->recipients);
	}
	plan->recipients[plan->recipient_count++] = r;
	return r;
}

struct target *
plan_add_target(struct plan *plan, struct recipient *r,
    const struct target *made)
{
	struct target *target = pool_alloc(&plan->pool, sizeof *target);

	*target = *made;
	append(&plan->targets, &plan->count, &plan->room, target);
	append(&r->targets, &r->count, &r->room, target);
	return target;
}

bool
plan_leads_to(const struct recipient *r, const struct target *target)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->targets[i] == target)
			return true;
	return false;
}

void
plan_share_target(struct recipient *r, struct target *target)
{
	if (plan_leads_to(r, target))
		return;
	append(&r->targets, &r->count, &r->room, target);
}

void
plan_remove_target(struct recipient *r, size_t index)
{
	r->count--;
	memmove(r->targets + index, r->targets + index + 1,
	    (r->count - index) * sizeof *r->targets);
}

/* Beside an answer, which is no delivery, one target is alone still. */
static bool
has_several(const struct recipient *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->count && count < 2; i++)
		count += r->targets[i]->kind != TARGET_AUTO;
	return count > 1;
}

bool
plan_hands_on(const struct recipient *r, const struct target *t)
{
	return t->retry != NULL && has_several(r);
}

/* --- showing ----------------------------------------------------------- */

const char *
target_kind_name(enum target_kind kind)
{
	switch (kind) {
	case TARGET_ACCOUNT:
		return "mailbox";
	case TARGET_COMMAND:
		return "command";
	case TARGET_FILE:
		return "file";
	case TARGET_REMOTE:
		return "remote";
	case TARGET_AUTO:
		return "answer";
	case TARGET_FAILURE:
		break;
	}
	return "failure";
}

const char *
target_address(struct plan *plan, const struct target *target)
{
	const char *local = target->kind == TARGET_ACCOUNT ?
	    target->account->name : target->local;

	return address_text(&plan->pool, local, target->domain->name);
}

/* Bytes that could steer a terminal, or make a second line, become '?'. */
static void
put_text(const char *text, FILE *out)
{
	for (; *text != '\0'; text++)
		putc((unsigned char)*text < ' ' || *text == 0x7F ? '?' : *text,
		    out);
}

static void
put_target(const struct target *t, FILE *out)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	fprintf(out, "  %s ", target_kind_name(t->kind));
	if (t->kind == TARGET_ACCOUNT) {
		put_text(address_text(&pool, t->account->name, t->domain->name),
		    out);
		putc(' ', out);
		put_text(mailbox_path(t->account, &pool), out);
	} else if (t->kind == TARGET_FAILURE) {
		fprintf(out, "%s ", t->failure.code);
		put_text(t->failure.text, out);
	} else {
		put_text(t->text, out);
	}
	if (t->sender != NULL) {
		fputs(" sender ", out);
		put_text(t->sender, out);
	}
	putc('\n', out);
}

static void
put_way(const struct step *step, FILE *out)
{
	if (step == NULL)
		return;
	put_way(step->before, out);
	fputs("    ", out);
	put_text(step->address, out);
	fprintf(out, " %s", step->how);
	if (step->file != NULL) {
		putc(' ', out);
		put_text(step->file, out);
	}
	if (step->line != 0)
		fprintf(out, ":%u", step->line);
	putc('\n', out);
}

void
plan_print(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->recipient_count; i++) {
		const struct recipient *r = plan->recipients[i];
		put_text(r->given, out);
		putc('\n', out);
		for (size_t j = 0; j < r->count; j++) {
			put_target(r->targets[j], out);
			put_way(r->targets[j]->way, out);
		}
	}
	for (size_t i = 0; i < plan->warning_count; i++) {
		fputs("warning: ", out);
		put_text(plan->warnings[i], out);
		putc('\n', out);
	}
}
