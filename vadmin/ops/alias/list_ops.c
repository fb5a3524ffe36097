/* list_ops.c: aliases listed and searched. */
#include <string.h>

#include "alias_places.h"
#include "aliases.h"
#include "attribute_file.h"
#include "files.h"
#include "ops.h"
#include "output.h"
#include "pattern.h"
#include "scope.h"
#include "subject.h"
#include "subject_pattern.h"
#include "table.h"

struct listing {
	struct call	*call;
	struct sheet	 sheet;
	const char	*domain;	/* goes behind each name; NULL: no */
	const char	*word;		/* a pattern of any text; NULL: all */
	const char	*pattern;	/* of L@D; NULL: all */
	/* of one domain's aliases, by their names in lower case */
	struct table	 descriptions;
	struct pool	 names;
};

static void
members_text(const struct alias_entry *entry, struct str *out)
{
	for (size_t i = 0; i < entry->count; i++) {
		str_adds(out, i > 0 ? ", " : "");
		alias_member_add(out, &entry->members[i]);
	}
}

static const char *
description_of(const struct listing *listing, const char *alias)
{
	SCOPED(drop_str) struct str key = { 0 };

	str_addlower(&key, slice_of(alias));
	const char *found = table_find(&listing->descriptions,
	    str_text(&key));
	return found != NULL ? found : "";
}

static int
list_entry(void *arg, const struct alias_entry *entry, struct err *err)
{
	struct listing *listing = arg;
	SCOPED(drop_str) struct str members = { 0 }, name = { 0 };

	const char *description = description_of(listing, entry->name);

	(void)err;
	if (listing->pattern != NULL && !pattern_matches_address(
	    listing->pattern, entry->name, listing->domain))
		return 0;
	members_text(entry, &members);
	str_adds(&name, entry->name);
	if (listing->domain != NULL)
		str_addf(&name, "@%s", listing->domain);
	if (listing->word != NULL &&
	    !pattern_finds(listing->word, str_slice(&name)) &&
	    !pattern_finds(listing->word, str_slice(&members)) &&
	    !pattern_finds(listing->word, slice_of(description)))
		return 0;
	sheet_add(&listing->sheet, str_slice(&name));
	if (entry->wrong != NULL)
		sheet_addf(&listing->sheet, "broken: %s", entry->wrong);
	else
		sheet_add(&listing->sheet, str_slice(&members));
	sheet_addf(&listing->sheet, "%s:%u", entry->file, entry->line);
	sheet_adds(&listing->sheet, description);
	return 0;
}

static void
take_description(void *arg, const struct attribute_line *line,
    const char *file, unsigned number, const char *wrong)
{
	struct listing *listing = arg;

	(void)file;
	(void)number;
	if (wrong == NULL && line->what == ATTRIBUTE_DESCRIPTION)
		*table_at(&listing->descriptions, pool_lower(&listing->names,
		    slice_of(line->alias))) = pool_dup(&listing->names,
		    line->value);
}

static void
forget_descriptions(struct listing *listing)
{
	drop_table(&listing->descriptions);
	drop_pool(&listing->names);
}

static int
list_files(struct listing *listing, const struct domain *domain,
    struct err *err)
{
	const struct installation *in = &listing->call->in;
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *file;

	forget_descriptions(listing);
	if (attribute_file_each(domain, &pool, take_description, listing,
	    err) == -1)
		note("%s", err->text);
	for (size_t i = 0; (file = alias_place(domain, &pool, i)) != NULL; i++)
		if ((i > 0 || files_exists(in->dir, file)) &&
		    alias_each(in, file, list_entry, listing, err) == -1)
			return -1;
	return 0;
}

static int
finish(struct listing *listing, int result)
{
	if (result == 0)
		sheet_print(&listing->sheet);
	drop_sheet(&listing->sheet);
	forget_descriptions(listing);
	return result;
}

static const char *const heads[] = { "ALIAS", "MEMBERS", "WHERE",
    "DESCRIPTION", NULL };


/* By any of its names.  A broken domain is told of, and does not hide the
 * others. */
static int
search_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct listing *listing = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain;

	if (is_alias)
		return 0;
	listing->domain = NULL;
	if (domain_open(&listing->call->in, &pool, slice_of(name), &domain,
	    err) == 0)
		listing->domain = domain->name;
	if (listing->domain == NULL ||
	    list_files(listing, domain, err) == -1)
		note("%s left out: %s", name, err->text);
	return 0;
}

int
alias_list(struct call *call, struct err *err)
{
	struct listing listing = { .call = call, .sheet = { .heads = heads } };
	struct subject_names names;
	struct domain *domain;

	if (subject_names(call, "D | PATTERN", &names, err) == -1)
		return -1;
	listing.pattern = names.pattern;
	for (size_t i = 0; names.pattern != NULL && i < names.domains.count;
	    i++)
		search_domain(&listing, names.domains.word[i], false, err);
	if (names.pattern != NULL)
		return finish(&listing, 0);
	if (domain_open(&call->in, &call->pool,
	    slice_of(names.domains.word[0]), &domain, err) == -1)
		return -1;
	return finish(&listing, list_files(&listing, domain, err));
}

int
alias_search(struct call *call, struct err *err)
{
	struct listing listing = { .call = call, .sheet = { .heads = heads },
	    .word = pattern_of_part(&call->pool, call_text(call, "WORD")) };
	SCOPED(drop_pool) struct pool names = { 0 };
	struct domain *domain;

	if (!call_has(call, "D"))
		return finish(&listing, domain_each(&call->in, &names,
		    search_domain, &listing, err));
	if (subject_domain(call, "D", &domain, err) == -1)
		return -1;
	listing.domain = domain->name;
	return finish(&listing, list_files(&listing, domain, err));
}
