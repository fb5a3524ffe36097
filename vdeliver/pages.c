/* pages.c: what a ledger has on disk, for each recipient. */
#include "pages.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "digest.h"
#include "fd.h"
#include "mem.h"

enum { OTHER_FILES = 64 };		/* besides one for each recipient */

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
		if (plan_leads_to(page->recipient, l->done[i].target))
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

void
pages_close(struct ledger *l)
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

int
pages_open(struct job *job, bool make, struct err *err)
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

int
pages_reserve(struct job *job, struct err *err)
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

bool
pages_is_any(struct job *job)
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

void
pages_forget(struct ledger *l)
{
	for (size_t i = 0; i < l->settled_count; i++)
		unlinkat(l->settled[i].record.dir, l->settled[i].name, 0);
}

void
drop_pages(struct ledger *l)
{
	pages_close(l);
	for (size_t i = 0; i < l->settled_count; i++) {
		l->settled[i].record.name = l->settled[i].name;
		drop_record(&l->settled[i].record);
		free(l->settled[i].name);
	}
	for (size_t i = 0; i < l->place_count; i++)
		drop_fd(&l->places[i].dir);
	free(l->settled);
	free(l->places);
}
