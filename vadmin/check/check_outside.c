/* check_outside.c: findings of how the world finds the domains. */
#include "check.h"

#include "mem.h"
#include "outside.h"
#include "scope.h"

void
drop_outside_list(struct outside_list *list)
{
	drop_mem(&list->name);
}

void
check_outside_later(struct check *check, const char *domain)
{
	struct outside_list *list = &check->outside;

	mem_room(&list->name, &list->room, list->count, sizeof *list->name);
	list->name[list->count++] = pool_dup(&check->call->pool,
	    slice_of(domain));
}

static int
read_options(struct call *call, struct outside_options *options,
    struct err *err)
{
	const char *selectors = call_text(call, "--selector");
	struct slice rest = slice_of(selectors != NULL ? selectors : ""), word;

	options->resolver = call_text(call, "--resolver");
	if (options->resolver != NULL &&
	    outside_resolver(options->resolver, err) == -1)
		return err_within(err, "--resolver");
	while (slice_word(&rest, &word)) {
		size_t before = options->selectors.count;
		selectors_add(&options->selectors, &call->pool, word);
		if (options->selectors.count == before)
			return err_set(err, ERR_INVALID, "--selector: '%.*s' "
			    "can be none, is there twice, or is one more than "
			    "%d", (int)word.len, word.p, SELECTORS_MAX);
	}
	return 0;
}

/* Both live as long as the results are read. */
struct looked {
	struct outside_question	*questions;
	struct outside_result	*results;
	size_t			 count;
};

static void
drop_looked(struct looked *all)
{
	for (size_t i = 0; i < all->count; i++)
		drop_outside_result(&all->results[i]);
	drop_mem(&all->questions);
	drop_mem(&all->results);
}

static void
tell(struct check *check, const char *domain,
    const struct outside_result *result)
{
	struct outside_row row;
	size_t at = 0;

	while (outside_next(result, &at, &row)) {
		/* another domain may have the same fault */
		check->found.last[0] = '\0';
		if (row.level == OUTSIDE_BAD)
			finding(&check->found, domain, "%s: %s", row.step,
			    row.text);
		else if (row.level == OUTSIDE_WARNING)
			finding_warning(&check->found, domain, "%s: %s",
			    row.step, row.text);
	}
}

int
check_outside(struct check *check, struct err *err)
{
	const struct outside_list *list = &check->outside;
	struct outside_options options = { 0 };
	SCOPED(drop_looked) struct looked all = { 0 };

	if (read_options(check->call, &options, err) == -1)
		return -1;
	if (call_has(check->call, "--files") || list->count == 0)
		return 0;
	all.questions = mem_alloc(list->count * sizeof *all.questions);
	all.results = mem_alloc(list->count * sizeof *all.results);
	all.count = list->count;
	for (size_t i = 0; i < list->count; i++)
		outside_ask(&check->call->in, &check->call->pool, &options,
		    list->name[i], &all.questions[i]);
	if (outside_look(all.questions, all.count, all.results,
	    outside_progress, err) == -1)
		return -1;
	for (size_t i = 0; i < list->count; i++)
		tell(check, list->name[i], &all.results[i]);
	return 0;
}
