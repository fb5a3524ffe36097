/* grant_file.c: grants.D as it is edited. */
#include "grant_file.h"

#include "files.h"
#include "scope.h"
#include "table.h"

/* A change: which lines go, and what comes behind the others. */
struct edit {
	struct slice	 owner, who;
	bool		 on_either_side;	/* owner is named, anywhere */
	size_t		 gone;
};

static const char *
file_name(const struct domain *domain, struct pool *pool)
{
	return pool_format(pool, "grants.%s", domain->name);
}

static bool
goes(const struct edit *edit, struct slice text)
{
	struct grant_line line;
	const char *wrong;

	if (grants_parse(text, &line, &wrong) != 1)
		return false;
	if (edit->on_either_side)
		return slice_same(line.owner, edit->owner) ||
		    slice_same(line.who, edit->owner);
	return slice_same(line.owner, edit->owner) &&
	    slice_same(line.who, edit->who);
}

static void
keep_others(struct slice text, struct edit *edit, struct str *out)
{
	struct slice line;

	while (text.len > 0 && slice_cut(&text, '\n', &line)) {
		if (goes(edit, line)) {
			edit->gone++;
			continue;
		}
		str_addslice(out, line);
		str_addc(out, '\n');
	}
}

int
grant_file_set(const struct domain *domain, const char *owner, const char *who,
    enum grant grant, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 }, out = { 0 };
	struct edit edit = { .owner = slice_of(owner), .who = slice_of(who) };
	const char *name = file_name(domain, &pool);

	if (files_read(domain->in, name, &text, NULL, err) == -1)
		return -1;
	keep_others(str_slice(&text), &edit, &out);
	if (grant != GRANT_NONE)
		str_addf(&out, "%s: %s %s\n", owner, who, grant_name(grant));
	else if (edit.gone == 0)
		return err_set(err, ERR_ABSENT, "%s/%s: nothing is granted to "
		    "'%s' for the inbox of '%s'", domain->in->path, name, who,
		    owner);
	return files_write(domain->in, name, MODE_SECRET, str_slice(&out), err);
}

int
grant_file_forget(const struct domain *domain, const char *account,
    size_t *count, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 }, out = { 0 };
	struct edit edit = { .owner = slice_of(account),
	    .on_either_side = true };
	const char *name = file_name(domain, &pool);

	if (files_read(domain->in, name, &text, NULL, err) == -1)
		return -1;
	keep_others(str_slice(&text), &edit, &out);
	*count = edit.gone;
	return edit.gone == 0 ? 0 : files_write(domain->in, name, MODE_SECRET,
	    str_slice(&out), err);
}

/* The place of who and whose in a table of those that are there. */
static void **
place_of(struct table *there, struct pool *pool, struct slice owner,
    struct slice who)
{
	return table_at(there, pool_format(pool, "%s:%s", pool_lower(pool,
	    owner), pool_lower(pool, who)));
}

static void
note_all(struct table *there, struct pool *pool, struct slice text)
{
	struct grant_line line;
	const char *wrong;
	struct slice one;

	while (text.len > 0 && slice_cut(&text, '\n', &one))
		if (grants_parse(one, &line, &wrong) == 1)
			*place_of(there, pool, line.owner, line.who) = there;
}

/* The line with one name for another, unless it names neither or is there. */
static void
add_renamed(const struct grant_line *line, struct slice old, struct slice new,
    struct table *there, struct pool *pool, struct str *out)
{
	struct slice owner = slice_same(line->owner, old) ? new : line->owner,
	    who = slice_same(line->who, old) ? new : line->who;

	if ((owner.p != new.p && who.p != new.p) ||
	    *place_of(there, pool, owner, who) != NULL)
		return;
	str_addf(out, "%.*s: %.*s %s\n", (int)owner.len, owner.p,
	    (int)who.len, who.p, grant_name(line->grant));
}

int
grant_file_rename(const struct domain *domain, const char *account,
    const char *new, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 }, out = { 0 };
	SCOPED(drop_table) struct table there = { 0 };
	const char *name = file_name(domain, &pool), *wrong;
	struct grant_line line;
	struct slice rest, one;

	if (files_read(domain->in, name, &text, NULL, err) == -1)
		return -1;
	str_addslice(&out, str_slice(&text));
	if (out.len > 0 && out.s[out.len - 1] != '\n')
		str_addc(&out, '\n');
	size_t before = out.len;
	note_all(&there, &pool, str_slice(&text));
	rest = str_slice(&text);
	while (rest.len > 0 && slice_cut(&rest, '\n', &one))
		if (grants_parse(one, &line, &wrong) == 1)
			add_renamed(&line, slice_of(account), slice_of(new),
			    &there, &pool, &out);
	return out.len == before ? 0 : files_write(domain->in, name,
	    MODE_SECRET, str_slice(&out), err);
}

int
grant_file_each(const struct domain *domain, struct pool *pool,
    grant_visitor *visit, void *arg, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	const char *name = file_name(domain, pool),
	    *file = pool_format(pool, "%s/%s", domain->in->path, name);
	struct slice rest, one;

	if (files_read(domain->in, name, &text, NULL, err) == -1)
		return -1;
	rest = str_slice(&text);
	for (unsigned n = 1; rest.len > 0 && slice_cut(&rest, '\n', &one);
	    n++) {
		struct grant_line line = { 0 };
		const char *wrong = NULL;
		if (grants_parse(one, &line, &wrong) != 0)
			visit(arg, &line, file, n, wrong);
	}
	return 0;
}
