/* check_doubles.c: lines of grants.D and attributes.D that say something of one
 * thing twice.
 */
#include "attributes.h"
#include "check.h"
#include "files.h"
#include "grants.h"
#include "repairs.h"
#include "scope.h"
#include "table.h"

/* False: the line says nothing, or what it says is wrong. */
typedef bool line_reader(struct slice line, struct pool *pool,
    const char **of, struct slice *value);

static bool
read_grant(struct slice text, struct pool *pool, const char **of,
    struct slice *value)
{
	struct grant_line line;
	const char *wrong;

	if (grants_parse(text, &line, &wrong) != 1)
		return false;
	*of = pool_format(pool, "%s: %s", pool_lower(pool, line.owner),
	    pool_lower(pool, line.who));
	*value = slice_of(grant_name(line.grant));
	return true;
}

static bool
read_attribute(struct slice text, struct pool *pool, const char **of,
    struct slice *value)
{
	struct attribute_line line;
	const char *wrong;

	if (attribute_parse(text, pool, &line, &wrong) != 1)
		return false;
	*of = pool_format(pool, "%s: %s", pool_lower(pool,
	    slice_of(line.alias)), attribute_name(line.what));
	*value = line.value;
	return true;
}

static const struct kind {
	const char	*file;
	line_reader	*read;
	mode_t		 mode;
	const char	*counts;	/* of two that differ */
} kinds[] = {
	{ "grants", read_grant, MODE_SECRET, "first" },
	{ "attributes", read_attribute, MODE_PUBLIC, "last" },
};

struct said {
	struct slice	 value;
	unsigned	 line;
};

struct doubles {
	struct check		*check;
	const struct domain	*domain;
	const struct kind	*kind;
	const char		*file;
	struct pool		 pool;
	struct table		 said;		/* of what, by whom first */
	/* what stays */
	struct str		 out;
};

static void
drop_doubles(struct doubles *d)
{
	drop_table(&d->said);
	drop_str(&d->out);
	drop_pool(&d->pool);
}

/* The line that said something of the same thing before; NULL: none. */
static const struct said *
said_before(struct doubles *d, struct slice line, unsigned number,
    struct slice *value)
{
	const char *of;

	if (!d->kind->read(line, &d->pool, &of, value))
		return NULL;
	void **slot = table_at(&d->said, of);
	if (*slot != NULL)
		return *slot;
	struct said *first = pool_alloc(&d->pool, sizeof *first);
	*first = (struct said){ *value, number };
	*slot = first;
	return NULL;
}

/* True: the line is to go. */
static bool
look(struct doubles *d, struct slice line, unsigned number)
{
	struct findings *found = &d->check->found;
	const struct installation *in = d->domain->in;
	struct slice value;
	const struct said *first = said_before(d, line, number, &value);
	struct err err;

	if (first == NULL)
		return false;
	if (!slice_equal(first->value, value)) {
		finding(found, d->domain->name, "%s/%s:%u: line %u says "
		    "something else of the same, and the %s one counts: take "
		    "one out", in->path, d->file, number, first->line,
		    d->kind->counts);
		return false;
	}
	if (!finding_to_repair(found, d->domain->name, "%s/%s:%u: line %u says "
	    "the same: take one out", in->path, d->file, number, first->line))
		return false;
	int kept = repair_keep_line(in, d->file, line, &err);
	finding_repaired(found, kept, &err);
	return kept == 0;
}

static int
check_file(struct doubles *d, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice rest, line;

	if (files_read(d->domain->in, d->file, &text, NULL, err) == -1)
		return -1;
	rest = str_slice(&text);
	for (unsigned n = 1; rest.len > 0 && slice_cut(&rest, '\n', &line);
	    n++)
		if (!look(d, line, n)) {
			str_addslice(&d->out, line);
			str_addc(&d->out, '\n');
		}
	return d->out.len >= text.len ? 0 : files_write(d->domain->in, d->file,
	    d->kind->mode, str_slice(&d->out), err);
}

/* What cannot be read is told by who checks what the lines say. */
void
check_doubles(struct check *check, const struct domain *domain)
{
	struct err err;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		SCOPED(drop_doubles) struct doubles d = { .check = check,
		    .domain = domain, .kind = &kinds[i] };
		d.file = pool_format(&d.pool, "%s.%s", kinds[i].file,
		    domain->name);
		if (check_file(&d, &err) == -1 && d.out.len > 0)
			finding(&check->found, domain->name, "%s", err.text);
	}
}
