/* alias_intake.c: aliases that come from elsewhere, by the thousand. */
#include "alias_intake.h"

#include "fd.h"
#include "file.h"
#include "files.h"
#include "mem.h"
#include "scope.h"

void
alias_intake_add(struct alias_intake *intake, struct new_alias *alias)
{
	mem_room(&intake->all, &intake->room, intake->count,
	    sizeof *intake->all);
	intake->all[intake->count++] = alias;
}

void
drop_alias_intake(struct alias_intake *intake)
{
	drop_mem(&intake->all);
}

/* What aliases.D says of each name, as text that can be compared. */
struct names {
	struct pool	 pool;
	struct table	 entries;	/* lower case: its members */
};

static void
drop_names(struct names *names)
{
	drop_table(&names->entries);
	drop_pool(&names->pool);
}

static void
describe(struct str *out, const struct alias_member *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		str_addf(out, "%d%s\n", members[i].kind, members[i].text);
}

static int
remember(void *arg, const struct alias_entry *entry, struct err *err)
{
	struct names *names = arg;
	SCOPED(drop_str) struct str text = { 0 };

	(void)err;
	if (entry->wrong != NULL)
		str_adds(&text, "?");
	else
		describe(&text, entry->members, entry->count);
	*table_at(&names->entries, pool_lower(&names->pool,
	    slice_of(entry->name))) = pool_dup(&names->pool, str_slice(&text));
	return 0;
}

static const char *
members_of(const struct names *names, struct pool *pool, const char *alias)
{
	return table_find(&names->entries, pool_lower(pool, slice_of(alias)));
}

static bool
is_as_meant(const struct names *names, struct pool *pool,
    const struct new_alias *alias)
{
	SCOPED(drop_str) struct str text = { 0 };
	const char *there = members_of(names, pool, alias->name);

	describe(&text, alias->members.member, alias->members.count);
	return there != NULL && slice_is(str_slice(&text), there);
}

static void
judge(const struct names *names, struct table *seen, struct pool *pool,
    struct new_alias *alias)
{
	if (alias->verdict == INTAKE_WRONG)
		return;
	struct new_alias **first = (struct new_alias **)table_at(seen,
	    pool_lower(pool, slice_of(alias->name)));
	if (*first != NULL) {
		alias->verdict = INTAKE_WRONG;
		alias->why = pool_format(pool, "%s:%u has this alias already",
		    (*first)->file, (*first)->line);
		return;
	}
	*first = alias;
	if (is_as_meant(names, pool, alias))
		alias->verdict = INTAKE_SAME;
	else if (members_of(names, pool, alias->name) != NULL) {
		alias->verdict = INTAKE_DIFFERS;
		alias->why = "it has other members";
	} else
		alias->verdict = INTAKE_NEW;
}

static size_t
add_new(const struct alias_intake *intake, struct str *text)
{
	size_t count = 0;

	if (text->len > 0 && text->s[text->len - 1] != '\n')
		str_addc(text, '\n');
	for (size_t i = 0; i < intake->count; i++) {
		const struct new_alias *alias = intake->all[i];
		if (alias->verdict != INTAKE_NEW)
			continue;
		alias_entry_add(text, alias->name, &alias->members);
		count++;
	}
	return count;
}

static int
check_draft(const struct alias_intake *intake, const struct names *before,
    struct pool *pool, const char *draft, size_t added, struct err *err)
{
	SCOPED(drop_names) struct names after = { 0 };

	if (alias_each(intake->domain->in, draft, remember, &after, err) == -1)
		return -1;
	bool fine = after.entries.count == before->entries.count + added;
	for (size_t i = 0; fine && i < intake->count; i++)
		fine = intake->all[i]->verdict != INTAKE_NEW ||
		    is_as_meant(&after, pool, intake->all[i]);
	return fine ? 0 : err_set(err, ERR_INVALID, "aliases.%s would not be "
	    "read as it is meant: its last entry may go on into the next",
	    intake->domain->name);
}

int
alias_intake_write(struct alias_intake *intake, struct pool *pool,
    struct err *err)
{
	const struct installation *in = intake->domain->in;
	const char *file = pool_format(pool, "aliases.%s",
	    intake->domain->name);
	SCOPED(drop_names) struct names before = { 0 };
	SCOPED(drop_table) struct table seen = { 0 };
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };
	bool there;

	if (files_read(in, file, &text, &there, err) == -1 || (there &&
	    alias_each(in, file, remember, &before, err) == -1))
		return -1;
	for (size_t i = 0; i < intake->count; i++)
		judge(&before, &seen, pool, intake->all[i]);
	size_t added = add_new(intake, &text);
	if (added == 0)
		return 0;
	if (draft_begin(in->dir, file, MODE_PUBLIC, &draft, err) == -1)
		return -1;
	if (fd_write(draft.fd, text.s, text.len) == -1)
		return err_sys(err, "write %s", draft.temporary);
	if (check_draft(intake, &before, pool, draft.temporary, added,
	    err) == -1)
		return -1;
	return draft_commit(&draft, err);
}
