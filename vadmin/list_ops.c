/* list_ops.c: aliases shown and listed. */
#include <string.h>

#include "aliases.h"
#include "files.h"
#include "ops.h"
#include "output.h"
#include "scope.h"
#include "subject.h"

struct listing {
	struct sheet	 sheet;
	/* the alias that is wanted; NULL: all */
	const char	*name;
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
	SCOPED(drop_str) struct str members = { 0 };

	(void)err;
	members_text(entry, &members);
	sheet_adds(&listing->sheet, entry->name);
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

int
alias_list(struct call *call, struct err *err)
{
	static const char *const heads[] = { "ALIAS", "MEMBERS", "WHERE",
	    NULL };
	struct listing listing = { .sheet = { .heads = heads } };
	struct domain *domain;
	const char *file;
	int result = 0;

	if (subject_domain(call, "D", &domain, err) == -1)
		return -1;
	for (size_t i = 0; result == 0 &&
	    (file = file_at(domain, &call->pool, i)) != NULL; i++)
		if (i > 0 || files_exists(call->in.dir, file))
			result = alias_each(&call->in, file, list_entry,
			    &listing, err);
	if (result == 0)
		sheet_print(&listing.sheet);
	drop_sheet(&listing.sheet);
	return result;
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
