/* ledger.c: which targets of one call have the message. */
#include "ledger.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "digest.h"
#include "fd.h"
#include "mem.h"
#include "record.h"
#include "scope.h"
#include "settle.h"

enum { OTHER_FILES = 64 };		/* besides one for each recipient */

struct done {
	const struct target	*target;
	const char		*text;		/* for the record */
};

/* A directory of records. */
struct place {
	const struct domain	*domain;	/* NULL: root's, for all */
	int			 dir;
};

/* One recipient, and what is on disk for it. */
struct page {
	const struct recipient	*recipient;
	const char		*name;
	struct record		 record;
};

/* A record that nobody needs once the MTA knows.  Its lock is kept until then:
 * who has the same message to deliver, and waits for it, begins anew. */
struct settled {
	struct record	 record;
	char		*name;
};

struct ledger {
	/* of all recipients so far */
	struct done			*done;
	size_t				 done_count, done_room;
	/* the ones that are open; borrowed until they are settled */
	struct recipient *const		*recipients;
	size_t				 count;
	struct page			*pages;		/* NULL: not on disk */
	bool				 forget;
	int				 reserve;	/* room on the disk */
	struct place			*places;
	size_t				 place_count, place_room;
	struct settled			*settled;
	size_t				 settled_count, settled_room;
};

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

/* --- on disk ------------------------------------------------------------ */

static bool
leads_to(const struct recipient *r, const struct target *target)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->targets[i] == target)
			return true;
	return false;
}

static int
compare_pages(const void *a, const void *b)
{
	return strcmp(((const struct page *)a)->name,
	    ((const struct page *)b)->name);
}

/* Each record is held open, for its lock; nobody's limits are meant for that. */
static void
allow_files(size_t count)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == -1 ||
	    files.rlim_cur >= count + OTHER_FILES)
		return;
	files.rlim_cur = count + OTHER_FILES < files.rlim_max ?
	    count + OTHER_FILES : files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* All in one order: two calls for the same recipients never wait for each
 * other. */
static int
name_pages(struct job *job, struct err *err)
{
	struct ledger *l = job->ledger;
	struct pool *pool = &job->plan->pool;
	const char **names = pool_alloc(pool, l->count * sizeof *names);

	if (digest_names(job, l->recipients, l->count, names, err) == -1)
		return -1;
	l->pages = pool_alloc(pool, l->count * sizeof *l->pages);
	for (size_t i = 0; i < l->count; i++)
		l->pages[i] = (struct page){ .recipient = l->recipients[i],
		    .name = names[i], .record = RECORD_NONE };
	qsort(l->pages, l->count, sizeof *l->pages, compare_pages);
	return 0;
}

/* The recipient's own, if it is one of ours; NULL: nothing is done there. */
static const struct domain *
domain_of(const struct recipient *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct domain *domain = r->targets[i]->domain;
		if (domain != NULL && strcmp(domain->name, r->domain) == 0)
			return domain;
	}
	return r->count > 0 ? r->targets[0]->domain : NULL;
}

/* What the record of a whole recipient takes, about. */
static size_t
space_for(const struct recipient *r)
{
	size_t size = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct target *t = r->targets[i];
		size += 64 + (t->key != NULL ? strlen(t->key) : 0) +
		    (t->retry != NULL ? strlen(t->retry) : 0);
	}
	return size;
}

static int
find_place(struct job *job, const struct recipient *r, int *dir,
    struct err *err)
{
	struct ledger *l = job->ledger;
	const struct domain *domain = job->in->as_root ? NULL : domain_of(r);

	for (size_t i = 0; i < l->place_count; i++)
		if (l->places[i].domain == domain) {
			*dir = l->places[i].dir;
			return 0;
		}
	if (record_place(job->in, domain, dir, err) == -1)
		return -1;
	mem_room(&l->places, &l->place_room, l->place_count,
	    sizeof *l->places);
	l->places[l->place_count++] = (struct place){ domain, *dir };
	return 0;
}

/* Its record, if there is one, or is to be made. */
static int
open_page(struct job *job, struct page *page, bool make, struct err *err)
{
	struct deadline d = deadline_within(job->deadline,
	    (int64_t)job->in->conf.lock_timeout * 1000);
	int dir;

	if (find_place(job, page->recipient, &dir, err) == -1)
		return -1;
	if (record_open(dir, page->name, make, space_for(page->recipient), d,
	    &page->record, err) == 0)
		return 0;
	return err->kind == ERR_ABSENT ? 0 : -1;
}

/* Adds what is done for the page's recipient. */
static int
fill_page(struct ledger *l, struct page *page, struct err *err)
{
	const char **texts = mem_alloc(l->done_count * sizeof *texts);
	size_t count = 0;

	for (size_t i = 0; i < l->done_count; i++)
		if (leads_to(page->recipient, l->done[i].target))
			texts[count++] = l->done[i].text;
	int result = record_add(&page->record, texts, count, err);
	free(texts);
	return result;
}

static void
close_page(struct ledger *l, struct page *page)
{
	if (l->forget && page->record.fd != -1) {
		mem_room(&l->settled, &l->settled_room, l->settled_count,
		    sizeof *l->settled);
		l->settled[l->settled_count++] = (struct settled){
		    page->record, mem_dup(page->name, RECORD_NAME) };
		page->record = RECORD_NONE;
	}
	drop_record(&page->record);
}

static void
close_pages(struct ledger *l)
{
	for (size_t i = 0; l->pages != NULL && i < l->count; i++)
		close_page(l, &l->pages[i]);
	l->pages = NULL;
	l->count = 0;
	l->forget = false;
	drop_fd(&l->reserve);
}

/* One address twice in a call has one record: who has its lock would wait for
 * itself. */
static bool
is_again(const struct ledger *l, size_t index)
{
	return index > 0 &&
	    strcmp(l->pages[index].name, l->pages[index - 1].name) == 0;
}

static int
open_pages(struct job *job, bool make, struct err *err)
{
	struct ledger *l = job->ledger;

	if (l->pages == NULL && name_pages(job, err) == -1)
		return -1;
	allow_files(l->count + l->settled_count);
	for (size_t i = 0; i < l->count; i++) {
		struct page *page = &l->pages[i];
		if (page->record.fd != -1 || is_again(l, i))
			continue;
		if (open_page(job, page, make, err) == -1 ||
		    (page->record.fd != -1 && fill_page(l, page, err) == -1))
			return -1;
	}
	return 0;
}

/* A record that is made only if sendmail fails must have room then: mail lies in
 * its place already. */
static int
reserve(struct job *job, struct err *err)
{
	struct ledger *l = job->ledger;
	int dir;

	for (size_t i = 0; i < l->count; i++)
		if (find_place(job, l->recipients[i], &dir, err) == -1 ||
		    (l->reserve == -1 && record_reserve(dir,
		    space_for(l->recipients[i]), &l->reserve, err) == -1))
			return -1;
	return 0;
}

/* Most often there are no records at all, and no message need be named. */
static bool
is_any(struct job *job)
{
	const struct ledger *l = job->ledger;
	struct err err;
	int dir;

	for (size_t i = 0; i < l->count; i++)
		if (find_place(job, l->recipients[i], &dir, &err) == 0 &&
		    record_is_any(dir))
			return true;
	return false;
}

/* --- the calls ---------------------------------------------------------- */

int
ledger_open(struct job *job, struct recipient *const *recipients, size_t count,
    struct err *err)
{
	struct ledger *l = ledger_of(job);

	close_pages(l);
	l->recipients = recipients;
	l->count = count;
	struct weight w = weigh(l);
	if (!w.open || (!w.several_local && !(w.several && is_any(job))))
		return w.open && w.several && w.local != NULL ?
		    reserve(job, err) : 0;
	if (open_pages(job, w.several_local, err) == 0)
		return 0;
	close_pages(l);
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
		    !leads_to(page->recipient, t))
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
		    leads_to(l->pages[i].recipient, t) &&
		    record_add(&l->pages[i].record, &text, 1, &err) == -1)
			warn_of(job, &err);
}

static bool
is_any_done(const struct ledger *l)
{
	for (size_t i = 0; i < l->done_count; i++)
		for (size_t j = 0; j < l->count; j++)
			if (leads_to(l->recipients[j], l->done[i].target))
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
	if (again && is_any_done(l) && open_pages(job, true, &err) == -1)
		warn_of(job, &err);
	close_pages(l);
}

void
ledger_release(struct ledger *l)
{
	for (size_t i = 0; l != NULL && i < l->settled_count; i++)
		unlinkat(l->settled[i].record.dir, l->settled[i].name, 0);
}

void
drop_ledger(struct ledger **ledger)
{
	struct ledger *l = *ledger;

	if (l == NULL)
		return;
	close_pages(l);
	for (size_t i = 0; i < l->settled_count; i++) {
		l->settled[i].record.name = l->settled[i].name;
		drop_record(&l->settled[i].record);
		free(l->settled[i].name);
	}
	for (size_t i = 0; i < l->place_count; i++)
		drop_fd(&l->places[i].dir);
	free(l->settled);
	free(l->places);
	free(l->done);
	drop_mem(ledger);
}
