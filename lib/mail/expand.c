/* expand.c: what the members of an alias lead to. */
#include "resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static char once;		/* the mark of an include that was read */

/* --- looking up -------------------------------------------------------- */

/* The first file that holds the name wins.  1: *entry is it, 0: none has it,
 * -1: a file cannot be read. */
static int
find_alias(struct resolver *r, const struct domain *domain, struct slice name,
    struct alias_entry **entry, struct err *err)
{
	struct pool *pool = &r->plan->pool;
	const char *first = pool_format(pool, "aliases.%s", domain->name);
	struct stat st;

	/* A missing aliases.D is empty; a missing extra file, or a link that
	 * leads nowhere, is a fault. */
	if (fstatat(r->in->dir, first, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT) {
		if (alias_find(r->in, pool, first, name, entry, err) == 0)
			return 1;
		if (err->kind != ERR_ABSENT)
			return -1;
	}
	for (size_t i = 0; i < domain->conf.extra_aliases.count; i++) {
		if (alias_find(r->in, pool, domain->conf.extra_aliases.word[i],
		    name, entry, err) == 0)
			return 1;
		if (err->kind != ERR_ABSENT)
			return -1;
	}
	return 0;
}

/* owner-L@D is the sender of what L's expansion sends on, where it exists. */
static int
find_list_owner(struct resolver *r, struct context *c, struct slice list,
    struct err *err)
{
	struct pool *pool = &r->plan->pool;
	const char *name = pool_format(pool, "owner-%.*s", (int)list.len,
	    list.p);
	struct alias_entry *entry;
	struct account *account;

	int got = find_alias(r, c->domain, slice_of(name), &entry, err);
	if (got == 0 && account_find(c->domain, pool, slice_of(name), &account,
	    err) == 0)
		got = 1;
	else if (got == 0 && err->kind != ERR_ABSENT)
		got = -1;
	if (got == 1)
		c->sender = address_text(pool, name, c->domain->name);
	return got == -1 ? -1 : 0;
}

/* --- members ----------------------------------------------------------- */

void
expand_entry(struct resolver *r, const struct context *c, const char *how,
    const struct alias_entry *entry)
{
	if (entry->wrong != NULL) {
		struct context at = reach_step(r, *c, NULL, how, entry->file,
		    entry->line);
		reach_dead_end(r, &at, outcome_make(OUTCOME_TEMPORARY, "4.3.5",
		    "%s", entry->wrong));
		return;
	}
	for (size_t i = 0; i < entry->count && reach_member(r); i++) {
		const struct alias_member *m = &entry->members[i];
		expand_member(r, reach_step(r, *c, NULL, how, entry->file,
		    m->line), m);
	}
}

static void
expand_include(struct resolver *r, struct context c, const char *path)
{
	struct pool *pool = &r->plan->pool;
	struct alias_entry *entry;
	struct err err;

	/* The names in it mean others in another domain. */
	void **mark = table_at(&r->visited,
	    pool_format(pool, "include %s %s%s", c.domain->name, c.no_fallback ?
	    "no fallback " : "", path));
	if (*mark != NULL)
		return;
	*mark = &once;
	if (!reach_deeper(r, &c))
		return;
	if (alias_include(r->in, pool, path, &entry, &err) == -1)
		reach_dead_end(r, &c, outcome_from_err(&err));
	else
		expand_entry(r, &c, "include", entry);
}

static void
expand_address(struct resolver *r, struct context c,
    const struct alias_member *m)
{
	struct address address;
	struct err err;

	c.runs_as = NULL;
	if (address_parse(&r->plan->pool, slice_of(m->text), &address,
	    &err) == -1)
		reach_dead_end(r, &c, outcome_from_err(&err));
	else if (m->kind == ALIAS_MAILBOX)
		resolve_mailbox(r, c, &address);
	else
		resolve_address(r, c, &address);
}

void
expand_member(struct resolver *r, struct context c,
    const struct alias_member *m)
{
	switch (m->kind) {
	case ALIAS_COMMAND:
		reach_command(r, &c, m->text);
		return;
	case ALIAS_FILE:
		reach_file(r, &c, m->text);
		return;
	case ALIAS_INCLUDE:
		expand_include(r, c, m->text);
		return;
	case ALIAS_ADDRESS:
	case ALIAS_MAILBOX:
		expand_address(r, c, m);
		return;
	}
}

bool
expand_alias(struct resolver *r, struct context c, struct slice name)
{
	struct alias_entry *entry;
	struct err err;

	int got = find_alias(r, c.domain, name, &entry, &err);
	if (got == 0)
		return false;
	if (got == -1 || find_list_owner(r, &c, name, &err) == -1) {
		reach_failure(r, c, "alias", outcome_from_err(&err));
		return true;
	}
	if (entry->again)
		plan_warn(r->plan, "%s:%u: '%s' stands in the file more than "
		    "once: the last one counts", entry->file, entry->line,
		    entry->name);
	if (reach_deeper(r, &c))
		expand_entry(r, &c, "alias", entry);
	return true;
}
