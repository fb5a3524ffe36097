/* ledger.c: which targets of one call have the message. */
#include "ledger.h"

#include <stdlib.h>

#include "fd.h"
#include "mem.h"
#include "pages.h"
#include "settle.h"

static struct ledger *
ledger_of(struct job *job)
{
	if (job->ledger == NULL) {
		job->ledger = mem_alloc(sizeof *job->ledger);
		job->ledger->reserve = -1;
	}
	return job->ledger;
}

/* --- when --------------------------------------------------------------- */

struct weight {
	const struct target	*local, *any;
	bool			 several_local, several;
	/* something is left to be done for them */
	bool			 open;
};

/* Whom this process cannot become has nothing done, nor a place for records. */
static bool
is_out_of_reach(const struct target *t)
{
	struct err err;

	return t->kind == TARGET_ACCOUNT &&
	    ident_can_become(account_identity(t->account), &err) == -1;
}

static void
weigh_target(struct weight *w, const struct target *t)
{
	if (t->kind == TARGET_AUTO || is_out_of_reach(t))
		return;
	w->open = w->open || t->work == NULL ||
	    settled_outcome(t)->kind != OUTCOME_DONE;
	w->several = w->several || (w->any != NULL && w->any != t);
	w->any = t;
	if (t->kind == TARGET_REMOTE || t->kind == TARGET_FAILURE)
		return;
	w->several_local = w->several_local ||
	    (w->local != NULL && w->local != t);
	w->local = t;
}

static struct weight
weigh(const struct ledger *l)
{
	struct weight w = { 0 };

	for (size_t i = 0; i < l->count; i++)
		for (size_t j = 0; j < l->recipients[i]->count; j++)
			weigh_target(&w, l->recipients[i]->targets[j]);
	return w;
}

/* --- the calls ---------------------------------------------------------- */

int
ledger_open(struct job *job, struct recipient *const *recipients, size_t count,
    struct err *err)
{
	struct ledger *l = ledger_of(job);

	pages_close(l);
	l->recipients = recipients;
	l->count = count;
	struct weight w = weigh(l);
	if (!w.open || (!w.several_local && !(w.several && pages_is_any(job))))
		return w.open && w.several && w.local != NULL ?
		    pages_reserve(job, err) : 0;
	if (pages_open(job, w.several_local, err) == 0)
		return 0;
	pages_close(l);
	return -1;
}

static const char *
handed_on_text(struct job *job, const struct target *t)
{
	return pool_format(&job->plan->pool, "handed on %s", t->retry);
}

static void
add_done(struct ledger *l, const struct target *t, const char *text)
{
	mem_room(&l->done, &l->done_room, l->done_count, sizeof *l->done);
	l->done[l->done_count++] = (struct done){ t, text };
}

/* What a record says of the target; NULL: nothing. */
static const char *
find(struct job *job, const struct record *record, const struct target *t)
{
	if (t->key != NULL && record_has(record, t->key))
		return t->key;
	if (t->retry != NULL && record_has(record, handed_on_text(job, t)))
		return handed_on_text(job, t);
	return NULL;
}

bool
ledger_recall(struct job *job, const struct target *t)
{
	struct ledger *l = job->ledger;

	for (size_t i = 0; l->pages != NULL && i < l->count; i++) {
		const struct page *page = &l->pages[i];
		if (page->record.done.count == 0 ||
		    !plan_leads_to(page->recipient, t))
			continue;
		const char *text = find(job, &page->record, t);
		if (text != NULL) {
			add_done(l, t, text);
			return true;
		}
	}
	return false;
}

static void
warn_of(struct job *job, const struct err *err)
{
	plan_warn(job->plan, "what was delivered could not be recorded, and a "
	    "retry would deliver it again: %s", err->text);
}

void
ledger_note(struct job *job, const struct target *t, bool handed_on)
{
	struct ledger *l = ledger_of(job);
	const char *text = handed_on ? handed_on_text(job, t) : t->key;
	struct err err;

	add_done(l, t, text);
	for (size_t i = 0; l->pages != NULL && i < l->count; i++)
		if (l->pages[i].record.fd != -1 &&
		    plan_leads_to(l->pages[i].recipient, t) &&
		    record_add(&l->pages[i].record, &text, 1, &err) == -1)
			warn_of(job, &err);
}

static bool
is_any_done(const struct ledger *l)
{
	for (size_t i = 0; i < l->done_count; i++)
		for (size_t j = 0; j < l->count; j++)
			if (plan_leads_to(l->recipients[j], l->done[i].target))
				return true;
	return false;
}

void
ledger_settle(struct job *job, bool again)
{
	struct ledger *l = ledger_of(job);
	struct err err;

	l->forget = !again;
	drop_fd(&l->reserve);
	if (again && is_any_done(l) && pages_open(job, true, &err) == -1)
		warn_of(job, &err);
	pages_close(l);
}

void
ledger_release(struct ledger *l)
{
	if (l != NULL)
		pages_forget(l);
}

void
drop_ledger(struct ledger **ledger)
{
	struct ledger *l = *ledger;

	if (l == NULL)
		return;
	drop_pages(l);
	free(l->done);
	drop_mem(ledger);
}
