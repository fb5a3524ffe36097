/* completion_there.c: what there is for a word to become. */
#include "completion_there.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "param.h"
#include "scope.h"

void
offer(const struct completion *line, const char *word)
{
	if (slice_starts(slice_of(word), line->last))
		puts(word);
}

const struct operation *
completion_operation(const char *first, const char *second)
{
	for (const struct operation *op = operations; op->name != NULL; op++) {
		struct slice rest = slice_of(op->name), word;
		if (!slice_cut(&rest, ' ', &word) || !slice_is(word, first))
			continue;
		if (second == NULL ? rest.len == 0 : slice_is(rest, second))
			return op;
	}
	return NULL;
}

/* The first column of what an operation lists, in front of it what is behind. */
static void
offer_listed_by(const struct completion *line, const struct operation *op,
    const char *const *values, const char *behind, const char *prefix)
{
	SCOPED(drop_call) struct call call = {
		.op = op, .directory = line->directory, .as = line->as,
		.lock = -1,
	};
	struct err unused;

	if (call.directory == NULL || call.op == NULL)
		return;
	for (size_t i = 0; values[i] != NULL; i++)
		if (call_add(&call, i, values[i], &unused) == -1)
			return;
	output_column(behind, prefix);
	call_run(&call, &unused);
	output_form(OUTPUT_TEXT);
}

static void
offer_listed(const struct completion *line, const char *first,
    const char *second, const char *const *values, const char *behind,
    const char *prefix)
{
	offer_listed_by(line, completion_operation(first, second), values,
	    behind, prefix);
}

/* Nobody calls these by name. */
void
offer_deleted(const struct completion *line, operation_run *list,
    enum caller least)
{
	static const char *const none[] = { NULL };
	const struct operation op = { .name = "trash", .least = least,
	    .run = list };

	offer_listed_by(line, &op, none, "", line->last);
}

void
offer_domains(const struct completion *line, const char *behind,
    const char *prefix)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *const values[] = { pool_format(&pool, "%s*", prefix),
	    NULL };

	offer_listed(line, "domain", "list", values, behind, prefix);
}

/* "ann@exa": the domain, behind what stands before it. */
void
offer_domain_part(const struct completion *line)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct slice last = slice_of(line->last);
	ptrdiff_t at = slice_find_last(last, '@');

	if (at == -1)
		return;
	const char *prefix = pool_dup(&pool, slice_from(last, (size_t)at + 1));
	last.len = (size_t)at + 1;
	offer_domains(line, pool_dup(&pool, last), prefix);
}

void
offer_accounts(const struct completion *line)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	bool has_domain = strchr(line->last, '@') != NULL;
	const char *const values[] = { pool_format(&pool, has_domain ? "%s*" :
	    "%s*@*", line->last), NULL };

	offer_listed(line, "user", "list", values, "", line->last);
}

void
offer_aliases(const struct completion *line)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct slice rest = slice_of(line->last), local = { 0 };

	slice_cut(&rest, '@', &local);
	const char *const values[] = { local.len > 0 ?
	    pool_dup(&pool, local) : "*", NULL };
	offer_listed(line, "alias", "search", values, "", line->last);
}

void
offer_autos(const struct completion *line)
{
	const char *at = strchr(line->last, '@');
	const char *const values[] = { at != NULL ? at + 1 : "", NULL };

	if (at == NULL)
		offer_accounts(line);
	else
		offer_listed(line, "auto", "list", values, "", line->last);
	offer_domain_part(line);
}

/* The small words of "kB|none|disabled". */
void
offer_choices(const struct completion *line, const char *label)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct slice rest = slice_of(label), word;

	while (slice_cut(&rest, '|', &word)) {
		const char *choice = pool_dup(&pool, word);
		const char *c = choice;
		while (*c != '\0' && !isupper((unsigned char)*c))
			c++;
		if (*c == '\0')
			offer(line, choice);
	}
}

static void
offer_values(const struct completion *line, const struct setting *row)
{
	static const char *const flag[] = { "yes", "no", NULL };
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *const *words = row->words != NULL ? row->words :
	    row->parse == setting_flag ? flag : NULL;

	for (size_t i = 0; words != NULL && words[i] != NULL; i++)
		offer(line, pool_format(&pool, "%s=%s", row->name, words[i]));
}

void
offer_settings(const struct completion *line, const struct setting *table)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	bool has_name = strchr(line->last, '=') != NULL;

	for (const struct setting *row = table; row->name != NULL; row++) {
		if (row->refused_by & PROGRAM_VADMIN)
			continue;
		const char *name = pool_format(&pool, "%s=", row->name);
		if (!has_name)
			offer(line, name);
		else if (slice_starts(slice_of(line->last), name))
			offer_values(line, row);
	}
}

/* The next word of the operations that begin with those that are there. */
void
offer_operations(const struct completion *line, const char *first)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct slice before = { 0 };

	for (const struct operation *op = operations; op->name != NULL; op++) {
		struct slice rest = slice_of(op->name), word;
		if (!slice_cut(&rest, ' ', &word))
			continue;
		if (first != NULL && !slice_is(word, first))
			continue;
		struct slice next = first != NULL ? rest : word;
		if (next.len > 0 && !slice_equal(next, before))
			offer(line, pool_dup(&pool, next));
		before = next;
	}
}
