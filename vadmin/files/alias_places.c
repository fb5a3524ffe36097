/* alias_places.c: the alias files of a domain. */
#include "alias_places.h"

#include "files.h"

const char *
alias_place(const struct domain *domain, struct pool *pool, size_t index)
{
	if (index == 0)
		return pool_format(pool, "aliases.%s", domain->name);
	if (index <= domain->conf.extra_aliases.count)
		return domain->conf.extra_aliases.word[index - 1];
	return NULL;
}

int
alias_places_find(const struct domain *domain, struct pool *pool,
    const char *alias, struct alias_entry **out, struct err *err)
{
	const struct installation *in = domain->in;
	const char *file;

	for (size_t i = 0; (file = alias_place(domain, pool, i)) != NULL;
	    i++) {
		if (i == 0 && !files_exists(in->dir, file))
			continue;
		if (alias_find(in, pool, file, slice_of(alias), out,
		    err) == 0)
			return 0;
		if (err->kind != ERR_ABSENT)
			return -1;
	}
	return err_set(err, ERR_ABSENT, "%s has no alias '%s'", domain->name,
	    alias);
}
