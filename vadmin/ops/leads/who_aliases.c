/* who_aliases.c: the aliases that may lead to an account. */
#include "who_aliases.h"

#include <fcntl.h>

#include "alias_places.h"
#include "alias_search.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "scope.h"
#include "who_edges.h"
#include "who_land.h"

struct reading {
	struct names	*names;
	const char	*domain;
	size_t		 place;
};

/* The first file that has the name wins, and in it the last entry. */
static bool
is_passed_over(const struct node *known, const struct reading *r,
    const struct alias_entry *entry)
{
	return known->place < r->place || (known->place == r->place &&
	    known->line >= entry->line);
}

static void
put(struct reading *r, const struct alias_entry *entry, bool leads)
{
	struct names *n = r->names;
	struct names_domain *d = names_domain(n, r->domain);

	if (d == NULL)
		return;
	void **place = table_at(&d->aliases, pool_lower(&n->pool,
	    slice_of(entry->name)));
	struct node *node = *place;
	bool known = node != NULL && node->kind == NODE_ALIAS;
	if (known && is_passed_over(node, r, entry)) {
		node->leads |= leads && node->line == entry->line &&
		    node->place == r->place;
		return;
	}
	if (!known)
		*place = node = names_node(n, NODE_ALIAS, d,
		    pool_dup(&n->pool, slice_of(entry->name)));
	node->place = r->place;
	node->file = pool_dup(&n->pool, slice_of(entry->file));
	node->line = entry->line;
	node->leads = leads;
	edges_take_members(n, node, entry);
}

static int
take_entry(void *arg, const struct alias_entry *entry,
    const struct alias_extent *extent, struct err *err)
{
	struct reading *r = arg;
	struct names *n = r->names;
	struct slice name = slice_of(entry->name);
	bool leads = false, includes = false;

	(void)extent;
	(void)err;
	for (size_t i = 0; entry->wrong == NULL && i < entry->count; i++) {
		includes = includes ||
		    entry->members[i].kind == ALIAS_INCLUDE;
		leads = leads || names_may_lead(n, r->domain,
		    &entry->members[i]);
	}
	if (leads)
		names_add(n, r->domain, name);
	if (leads || includes || names_have(n, r->domain, name))
		put(r, entry, leads);
	return 0;
}

static size_t
find_all(void *unused, const char *text, size_t from, size_t len)
{
	(void)unused;
	(void)text;
	(void)len;
	return from;
}

static int
search(struct reading *r, const char *file, bool all, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct names *n = r->names;
	const char *path = installation_path(&n->call->in, &pool, file);

	if (file_open(AT_FDCWD, path, 0, &fd, NULL, err) == -1)
		return -1;
	return alias_search_by(path, fd, all ? find_all : words_find,
	    &n->words, take_entry, r, err);
}

/* A missing aliases.D is empty. */
static void
look_at_first(struct reading *r, struct names_place *place, bool all)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *file = pool_format(&pool, "aliases.%s", place->name);
	struct err err;

	if (place->bare || search(r, file, all, &err) == 0)
		return;
	if (err.kind == ERR_ABSENT &&
	    !files_exists(r->names->call->in.dir, file))
		place->bare = true;
	else
		note("%s: not looked at: %s", file, err.text);
}

static void
look_at_others(struct reading *r, const struct domain *domain, bool all)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *file;
	struct err err;

	for (r->place = 1; (file = alias_place(domain, &pool, r->place)) !=
	    NULL; r->place++)
		if (search(r, file, all, &err) == -1)
			note("%s: not looked at: %s", file, err.text);
}

void
aliases_look_through(struct names *n)
{
	for (size_t i = 0; i < n->count; i++) {
		struct names_place *place = &n->places[i];
		struct names_domain *d = table_find(&n->by_name, place->name);
		struct reading r = { n, place->name, 0 };
		bool all = d != NULL && d->unread;
		if (place->is_alias)
			continue;
		if (d != NULL)
			d->unread = false;
		look_at_first(&r, place, all);
		if (d != NULL)
			look_at_others(&r, d->domain, all);
	}
}
