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

/* A line of owners among whom the account is gets the other one in its place, and
 * goes where nobody is left; any other line stays. */
static bool
replace_owner(struct slice text, const char *account, const char *other,
    struct str *out)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str value = { 0 };
	struct attributes owners = { 0 };
	struct attribute_line line;
	const char *wrong;
	struct err unused;

	if (attribute_parse(text, &pool, &line, &wrong) != 1 ||
	    line.what != ATTRIBUTE_OWNERS || attributes_set(&owners, &pool,
	    ATTRIBUTE_OWNERS, line.value, &unused) == -1 ||
	    !attributes_have_owner(&owners, account)) {
		str_addslice(out, text);
		str_addc(out, '\n');
		return false;
	}
	attributes_replace_owner(&owners, account, other);
	if (attributes_get(&owners, ATTRIBUTE_OWNERS, &value)) {
		attribute_add(out, line.alias, ATTRIBUTE_OWNERS,
		    str_slice(&value));
		str_addc(out, '\n');
	}
	return true;
}

/* All in one change: an account may own thousands. */
int
attribute_file_replace_owner(const struct domain *domain, const char *account,
    const char *other, size_t *count, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 }, out = { 0 };
	const char *name = file_name(domain, &pool);
	struct slice rest, line;

	*count = 0;
	if (files_read(domain->in, name, &text, NULL, err) == -1)
		return -1;
	rest = str_slice(&text);
	while (rest.len > 0 && slice_cut(&rest, '\n', &line))
		*count += replace_owner(line, account, other, &out);
	return *count == 0 ? 0 : files_write(domain->in, name, MODE_PUBLIC,
	    str_slice(&out), err);
}
