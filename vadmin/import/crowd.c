/* crowd.c: newcomers of many domains, gathered by domain, judged and made
 * together. */
#include "crowd.h"

#include "alias_search.h"
#include "files.h"
#include "mem.h"
#include "output.h"
#include "scope.h"

void
drop_crowd(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->count; i++)
		drop_intake(&crowd->intakes[i]);
	drop_mem(&crowd->intakes);
	drop_table(&crowd->by_name);
}

static size_t
place_of(const struct crowd *crowd, const struct domain *domain)
{
	size_t i = 0;

	while (i < crowd->count && !slice_is(slice_of(domain->name),
	    crowd->intakes[i].domain->name))
		i++;
	return i;
}

int
crowd_domain(struct crowd *crowd, struct slice domain, struct intake **out,
    struct err *err)
{
	struct pool *pool = &crowd->call->pool;
	const char *spelling = pool_lower(pool, domain);
	struct domain *found = table_find(&crowd->by_name, spelling);

	if (found == NULL) {
		if (domain_open(&crowd->call->in, pool, domain, &found,
		    err) == -1)
			return -1;
		*table_at(&crowd->by_name, spelling) = found;
	}
	size_t i = place_of(crowd, found);
	if (i == crowd->count) {
		mem_room(&crowd->intakes, &crowd->room, i,
		    sizeof *crowd->intakes);
		crowd->intakes[i] = (struct intake){ .domain = found };
		crowd->count++;
	}
	*out = &crowd->intakes[i];
	return 0;
}

int
crowd_judge(struct crowd *crowd, struct err *err)
{
	for (size_t i = 0; i < crowd->count; i++)
		if (intake_judge(&crowd->intakes[i], &crowd->call->pool,
		    err) == -1)
			return -1;
	return 0;
}

static int
tell_hidden(void *arg, const struct alias_entry *entry,
    const struct alias_extent *extent, struct err *err)
{
	const struct table *names = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };

	(void)extent;
	(void)err;
	if (table_find(names, pool_lower(&pool, slice_of(entry->name))) != NULL)
		note("%s:%u has an alias '%s': mail goes where it leads, not "
		    "to the account", entry->file, entry->line, entry->name);
	return 0;
}

/* The aliases are read once, however many are new. */
static void
warn_same(const struct crowd *crowd, const struct intake *intake)
{
	const struct installation *in = &crowd->call->in;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_table) struct table names = { 0 };
	const char *file = pool_format(&pool, "aliases.%s",
	    intake->domain->name);
	bool any = false;
	struct err unused;

	for (size_t i = 0; i < intake->count; i++)
		if (intake->all[i]->verdict == INTAKE_NEW) {
			any = true;
			*table_at(&names, pool_lower(&pool,
			    slice_of(intake->all[i]->name))) = intake->all[i];
		}
	if (any && files_exists(in->dir, file))
		alias_search_each(in, file, INDEX_ALIAS, NULL, tell_hidden,
		    &names, &unused);
}

int
crowd_make(struct crowd *crowd, struct err *err)
{
	for (size_t i = 0; i < crowd->count; i++) {
		if (intake_make(&crowd->intakes[i], &crowd->call->pool,
		    err) == -1)
			return -1;
		warn_same(crowd, &crowd->intakes[i]);
	}
	return 0;
}

static const char *
where_is(const struct newcomer *newcomer, struct pool *pool)
{
	return pool_format(pool, "%s:%u", newcomer->file, newcomer->line);
}

static const char *
what_is(const struct newcomer *newcomer, struct pool *pool)
{
	return pool_format(pool, "account %s@%s", newcomer->name,
	    newcomer->domain->name);
}

static void
report_one(const struct newcomer *newcomer, struct report *report)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *where = where_is(newcomer, &pool),
	    *what = what_is(newcomer, &pool);

	switch (newcomer->verdict) {
	case INTAKE_NEW:
		report_taken(report, where, what, "%s",
		    newcomer->hash == NULL ? "without a password: 'vadmin "
		    "user passwd' gives one" : newcomer->why != NULL ?
		    newcomer->why : "");
		break;
	case INTAKE_SAME:
		report_same(report, where, what, "it is there already");
		break;
	case INTAKE_DIFFERS:
		report_left(report, where, what, "it is there already, and "
		    "differs: %s", newcomer->why);
		break;
	case INTAKE_WRONG:
		report_left(report, where, what, "%s", newcomer->why);
		break;
	}
}

void
crowd_report(const struct crowd *crowd, struct report *report)
{
	for (size_t i = 0; i < crowd->count; i++)
		for (size_t k = 0; k < crowd->intakes[i].count; k++)
			report_one(crowd->intakes[i].all[k], report);
}

size_t
crowd_wrong(const struct crowd *crowd, struct report *report)
{
	size_t wrong = 0;

	for (size_t i = 0; i < crowd->count; i++)
		for (size_t k = 0; k < crowd->intakes[i].count; k++) {
			SCOPED(drop_pool) struct pool pool = { 0 };
			struct newcomer *one = crowd->intakes[i].all[k];
			if (one->verdict != INTAKE_WRONG)
				continue;
			report_wrong(report, where_is(one, &pool),
			    what_is(one, &pool), "%s", one->why);
			wrong++;
		}
	return wrong;
}
