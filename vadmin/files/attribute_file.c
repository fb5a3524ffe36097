/* attribute_file.c: attributes.D as it is read and edited. */
#include "attribute_file.h"

#include "files.h"
#include "scope.h"

static const char *
file_name(const struct domain *domain, struct pool *pool)
{
	return pool_format(pool, "attributes.%s", domain->name);
}

/* --- reading ------------------------------------------------------------- */

int
attribute_file_each(const struct domain *domain, struct pool *pool,
    attribute_visitor *visit, void *arg, struct err *err)
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
		struct attribute_line line;
		const char *wrong = NULL;
		if (attribute_parse(one, pool, &line, &wrong) != 0)
			visit(arg, &line, file, n, wrong);
	}
	return 0;
}

struct wanted {
	const char		*alias;
	struct attributes	*out;
	struct pool		*pool;
};

static void
take_line(void *arg, const struct attribute_line *line, const char *file,
    unsigned number, const char *wrong)
{
	const struct wanted *wanted = arg;
	struct err unused;

	(void)file;
	(void)number;
	if (wrong == NULL && slice_same(slice_of(line->alias),
	    slice_of(wanted->alias)))
		attributes_set(wanted->out, wanted->pool, line->what,
		    line->value, &unused);
}

int
attribute_file_read(const struct domain *domain, struct pool *pool,
    const char *alias, struct attributes *out, struct err *err)
{
	struct wanted wanted = { alias, out, pool };

	*out = (struct attributes){ 0 };
	return attribute_file_each(domain, pool, take_line, &wanted, err);
}

/* --- writing ------------------------------------------------------------- */

/* The text that is being made: what comes behind the alias's last line waits,
 * so that new lines come there. */
struct edit {
	const char			*alias;
	const struct attributes		*wanted;	/* NULL: none at all */
	bool				 done[ATTRIBUTES];
	struct str			 out, waiting;
	bool				 met;
};

static void
drop_edit(struct edit *e)
{
	drop_str(&e->out);
	drop_str(&e->waiting);
}

static void
release(struct edit *e)
{
	str_addslice(&e->out, str_slice(&e->waiting));
	str_cut(&e->waiting, 0);
}

static void
add_wanted(struct edit *e, enum attribute what)
{
	SCOPED(drop_str) struct str value = { 0 };

	if (e->done[what] || e->wanted == NULL)
		return;
	e->done[what] = true;
	if (!attributes_get(e->wanted, what, &value))
		return;
	attribute_add(&e->out, e->alias, what, str_slice(&value));
	str_addc(&e->out, '\n');
}

static void
edit_line(struct edit *e, struct slice text, struct pool *pool)
{
	struct attribute_line line;
	const char *wrong;
	int parsed = attribute_parse(text, pool, &line, &wrong);

	if (parsed == 0 || !slice_same(slice_of(line.alias),
	    slice_of(e->alias))) {
		str_addslice(&e->waiting, text);
		str_addc(&e->waiting, '\n');
		return;
	}
	e->met = true;
	release(e);
	if (parsed == 1) {
		add_wanted(e, line.what);
	} else if (e->wanted != NULL) {
		str_addslice(&e->out, text);
		str_addc(&e->out, '\n');
	}
}

static int
edit_file(const struct domain *domain, struct edit *e, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 };
	const char *name = file_name(domain, &pool);
	struct slice rest, line;

	if (files_read(domain->in, name, &text, NULL, err) == -1)
		return -1;
	rest = str_slice(&text);
	while (rest.len > 0 && slice_cut(&rest, '\n', &line))
		edit_line(e, line, &pool);
	if (!e->met)
		release(e);
	for (enum attribute a = 0; a < (enum attribute)ATTRIBUTES; a++)
		add_wanted(e, a);
	release(e);
	return slice_equal(str_slice(&text), str_slice(&e->out)) ? 0 :
	    files_write(domain->in, name, MODE_PUBLIC, str_slice(&e->out),
	    err);
}

int
attribute_file_write(const struct domain *domain, const char *alias,
    const struct attributes *attributes, struct err *err)
{
	SCOPED(drop_edit) struct edit e = { .alias = alias,
	    .wanted = attributes };

	return edit_file(domain, &e, err);
}

int
attribute_file_forget(const struct domain *domain, const char *alias,
    bool *was, struct err *err)
{
	SCOPED(drop_edit) struct edit e = { .alias = alias };

	if (edit_file(domain, &e, err) == -1)
		return -1;
	if (was != NULL)
		*was = e.met;
	return 0;
}

/* --- owners -------------------------------------------------------------- */

struct owned {
	const char	*account;
	struct str	 aliases;	/* each ended by NUL */
};

static void
drop_owned(struct owned *owned)
{
	drop_str(&owned->aliases);
}

static void
note_owned(void *arg, const struct attribute_line *line, const char *file,
    unsigned number, const char *wrong)
{
	struct owned *owned = arg;
	struct slice rest = line->value, word;

	(void)file;
	(void)number;
	if (wrong != NULL || line->what != ATTRIBUTE_OWNERS)
		return;
	while (slice_word(&rest, &word))
		if (slice_same(word, slice_of(owned->account))) {
			str_adds(&owned->aliases, line->alias);
			str_addc(&owned->aliases, '\0');
			return;
		}
}

int
attribute_file_replace_owner(const struct domain *domain, const char *account,
    const char *other, size_t *count, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_owned) struct owned owned = { .account = account };
	struct attributes attributes;
	struct slice rest, alias;

	*count = 0;
	if (attribute_file_each(domain, &pool, note_owned, &owned, err) == -1)
		return -1;
	rest = str_slice(&owned.aliases);
	while (rest.len > 0 && slice_cut(&rest, '\0', &alias)) {
		if (attribute_file_read(domain, &pool, alias.p, &attributes,
		    err) == -1)
			return -1;
		if (!attributes_have_owner(&attributes, account))
			continue;
		attributes_replace_owner(&attributes, account, other);
		if (attribute_file_write(domain, alias.p, &attributes,
		    err) == -1)
			return -1;
		++*count;
	}
	return 0;
}
