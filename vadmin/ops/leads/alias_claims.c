/* alias_claims.c: which of some entries of a domain's alias files count. */
#include "alias_claims.h"

#include <string.h>

#include "files.h"
#include "mem.h"
#include "scope.h"

/* The entry of a name that counts, as far as the files are read. */
struct counting {
	const char	*file;
	unsigned	 line;		/* 0: none yet */
	size_t		 place;
};

struct reading {
	struct pool	*pool;
	struct table	 by_name;
	size_t		 place;
};

static void
drop_reading(struct reading *r)
{
	drop_table(&r->by_name);
}

void
drop_alias_claims(struct alias_claims *claims)
{
	drop_mem(&claims->all);
	drop_pool(&claims->pool);
}

void
alias_claims_add(struct alias_claims *claims, const struct alias_entry *entry,
    unsigned member)
{
	mem_room(&claims->all, &claims->room, claims->count,
	    sizeof *claims->all);
	claims->all[claims->count++] = (struct alias_claim){
		.name = pool_dup(&claims->pool, slice_of(entry->name)),
		.file = pool_dup(&claims->pool, slice_of(entry->file)),
		.line = entry->line, .member = member, .counts = true,
	};
}

static bool
is_it(const struct alias_claim *claim, const char *file, unsigned line)
{
	return claim->line == line && strcmp(claim->file, file) == 0;
}

static void
ask_for_each(struct alias_claims *claims, const struct domain *domain)
{
	for (size_t i = 0; i < claims->count; i++) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		struct alias_claim *claim = &claims->all[i];
		struct alias_entry *entry;
		struct err unused;
		if (alias_places_find(domain, &pool, claim->name, &entry,
		    &unused) == 0)
			claim->counts = is_it(claim, entry->file, entry->line);
	}
}

static struct counting **
counting_at(struct reading *r, const char *name)
{
	return (struct counting **)table_at(&r->by_name, pool_lower(r->pool,
	    slice_of(name)));
}

static int
take_entry(void *arg, const struct alias_entry *entry, struct err *err)
{
	struct reading *r = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct counting *counting = table_find(&r->by_name, pool_lower(&pool,
	    slice_of(entry->name)));

	(void)err;
	if (counting == NULL || (counting->line > 0 &&
	    counting->place < r->place))
		return 0;
	*counting = (struct counting){ pool_dup(r->pool,
	    slice_of(entry->file)), entry->line, r->place };
	return 0;
}

static void
read_all(struct alias_claims *claims, const struct domain *domain)
{
	SCOPED(drop_reading) struct reading r = { .pool = &claims->pool };
	const struct installation *in = domain->in;
	const char *file;
	struct err unused;

	for (size_t i = 0; i < claims->count; i++) {
		struct counting **at = counting_at(&r, claims->all[i].name);
		if (*at == NULL)
			*at = pool_alloc(r.pool, sizeof **at);
	}
	for (; (file = alias_place(domain, r.pool, r.place)) != NULL; r.place++)
		if ((r.place > 0 || files_exists(in->dir, file)) &&
		    alias_each(in, file, take_entry, &r, &unused) == -1)
			return;
	for (size_t i = 0; i < claims->count; i++) {
		struct alias_claim *claim = &claims->all[i];
		const struct counting *it = *counting_at(&r, claim->name);
		claim->counts = it->line == 0 || is_it(claim, it->file,
		    it->line);
	}
}

void
alias_claims_judge(struct alias_claims *claims, const struct domain *domain)
{
	enum { FEW = 64 };

	if (claims->count <= FEW)
		ask_for_each(claims, domain);
	else
		read_all(claims, domain);
}
