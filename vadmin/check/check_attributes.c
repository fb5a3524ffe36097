/* check_attributes.c: findings in attributes.D. */
#include "account.h"
#include "alias_places.h"
#include "attribute_file.h"
#include "check.h"
#include "files.h"
#include "scope.h"
#include "table.h"

struct attribute_check {
	struct check		*check;
	const struct domain	*domain;
	/* every alias of the domain, in lower case */
	struct pool		 pool;
	struct table		 aliases;
};

static void
drop_attribute_check(struct attribute_check *all)
{
	drop_table(&all->aliases);
	drop_pool(&all->pool);
}

static int
take_alias(void *arg, const struct alias_entry *entry, struct err *err)
{
	struct attribute_check *all = arg;

	(void)err;
	*table_at(&all->aliases, pool_lower(&all->pool,
	    slice_of(entry->name))) = all;
	return 0;
}

/* What cannot be read is told by who checks the aliases. */
static void
take_aliases(struct attribute_check *all)
{
	const struct installation *in = all->domain->in;
	const char *file;
	struct err unused;

	for (size_t i = 0; (file = alias_place(all->domain, &all->pool,
	    i)) != NULL; i++)
		if (i > 0 || files_exists(in->dir, file))
			alias_each(in, file, take_alias, all, &unused);
}

static void
check_owners(const struct attribute_check *all, struct slice owners,
    const char *file, unsigned number)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct account *account;
	struct slice word;
	struct err err;

	while (slice_word(&owners, &word)) {
		if (account_find(all->domain, &pool, word, &account, &err) == 0)
			continue;
		if (err.kind != ERR_ABSENT)
			finding_unseen(&all->check->found, all->domain->name,
			    &err);
		else
			finding(&all->check->found, all->domain->name,
			    "%s:%u: owners: there is no account '%.*s': take "
			    "it out before there is one again", file, number,
			    (int)word.len, word.p);
	}
}

static void
check_line(void *arg, const struct attribute_line *line, const char *file,
    unsigned number, const char *wrong)
{
	struct attribute_check *all = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct attributes unused = { 0 };
	struct err err;

	if (wrong == NULL && attributes_set(&unused, &pool, line->what,
	    line->value, &err) == -1)
		wrong = pool_format(&pool, "%s: %s",
		    attribute_name(line->what), err.text);
	if (wrong != NULL) {
		finding(&all->check->found, all->domain->name,
		    "%s:%u: %s: the line does not count, mend it", file,
		    number, wrong);
		return;
	}
	if (table_find(&all->aliases, pool_lower(&pool,
	    slice_of(line->alias))) == NULL)
		finding(&all->check->found, all->domain->name,
		    "%s:%u: there is no alias '%s' any more: the line is of no "
		    "use, take it out", file, number, line->alias);
	if (line->what == ATTRIBUTE_OWNERS)
		check_owners(all, line->value, file, number);
}

void
check_attributes(struct check *check, const struct domain *domain)
{
	SCOPED(drop_attribute_check) struct attribute_check all = {
		.check = check, .domain = domain,
	};
	struct err err;

	take_aliases(&all);
	if (attribute_file_each(domain, &check->call->pool, check_line, &all,
	    &err) == -1)
		finding(&check->found, domain->name, "%s", err.text);
}
