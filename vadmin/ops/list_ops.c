/* list_ops.c: aliases shown, listed and searched. */
#include <string.h>

#include "aliases.h"
#include "files.h"
#include "ops.h"
#include "output.h"
#include "pattern.h"
#include "scope.h"
#include "subject.h"

struct listing {
	struct call	*call;
	struct sheet	 sheet;
	const char	*domain;	/* goes behind each name; NULL: no */
	const char	*word;		/* a pattern of any text; NULL: all */
};

static void
members_text(const struct alias_entry *entry, struct str *out)
{
	for (size_t i = 0; i < entry->count; i++) {
		str_adds(out, i > 0 ? ", " : "");
		alias_member_add(out, &entry->members[i]);
	}
}

static int
list_entry(void *arg, const struct alias_entry *entry, struct err *err)
{
	struct listing *listing = arg;
	SCOPED(drop_str) struct str members = { 0 }, name = { 0 };

	(void)err;
	members_text(entry, &members);
	str_adds(&name, entry->name);
	if (listing->domain != NULL)
		str_addf(&name, "@%s", listing->domain);
	if (listing->word != NULL &&
	    !pattern_matches(listing->word, str_slice(&name)) &&
	    !pattern_matches(listing->word, str_slice(&members)))
		return 0;
	sheet_add(&listing->sheet, str_slice(&name));
	if (entry->wrong != NULL)
		sheet_addf(&listing->sheet, "broken: %s", entry->wrong);
	else
		sheet_add(&listing->sheet, str_slice(&members));
	sheet_addf(&listing->sheet, "%s:%u", entry->file, entry->line);
	return 0;
}

/* aliases.D, then the extra files: the order in which they are asked. */
static const char *
file_at(const struct domain *domain, struct pool *pool, size_t index)
{
	if (index == 0)
		return pool_format(pool, "aliases.%s", domain->name);
	if (index <= domain->conf.extra_aliases.count)
		return domain->conf.extra_aliases.word[index - 1];
	return NULL;
}

static int
list_files(struct listing *listing, const struct domain *domain,
    struct err *err)
{
	const struct installation *in = &listing->call->in;
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *file;

	for (size_t i = 0; (file = file_at(domain, &pool, i)) != NULL; i++)
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
	return result;
}

static const char *const heads[] = { "ALIAS", "MEMBERS", "WHERE", NULL };

int
alias_list(struct call *call, struct err *err)
{
	struct listing listing = { .call = call, .sheet = { .heads = heads } };
	struct domain *domain;

	if (subject_domain(call, "D", &domain, err) == -1)
		return -1;
	return finish(&listing, list_files(&listing, domain, err));
}

/* A broken domain is told of, and does not hide the others. */
static int
search_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct listing *listing = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain;

	if (is_alias)
		return 0;
	listing->domain = name;
	if (domain_open(&listing->call->in, &pool, slice_of(name), &domain,
	    err) == -1 || list_files(listing, domain, err) == -1)
		note("%s left out: %s", name, err->text);
	return 0;
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

int
alias_show(struct call *call, struct err *err)
{
	struct subject subject;
	struct alias_entry *entry = NULL;
	const char *file;

	if (subject_of(call, "L@D", &subject, err) == -1)
		return -1;
	for (size_t i = 0; entry == NULL &&
	    (file = file_at(subject.domain, &call->pool, i)) != NULL; i++) {
		if (i == 0 && !files_exists(call->in.dir, file))
			continue;
		if (alias_find(&call->in, &call->pool, file,
		    slice_of(subject.name), &entry, err) == -1 &&
		    err->kind != ERR_ABSENT)
			return -1;
	}
	if (entry == NULL)
		return err_set(err, ERR_ABSENT, "%s has no alias '%s'",
		    subject.domain->name, subject.name);
	if (entry->wrong != NULL)
		return err_set(err, ERR_INVALID, "%s", entry->wrong);
	for (size_t i = 0; i < entry->count; i++) {
		SCOPED(drop_str) struct str text = { 0 };
		alias_member_add(&text, &entry->members[i]);
		output_line(str_slice(&text));
	}
	return 0;
}
