/* completion.c: what the last word of a command line can become.
 *
 * The shells' scripts (completion_scripts.c) know nothing: they ask "vadmin
 * complete", which knows the table of operations, and asks the operations that
 * list for what there is.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "ops.h"
#include "output.h"
#include "param.h"
#include "scope.h"

/* --- the words ------------------------------------------------------------- */

/* A command line that is not finished. */
struct line {
	const char		*directory, *as;
	/* who is let through by a rule of sudo's that says --as chooses
	 * neither by words */
	bool			 is_fixed;
	const char		**word;
	size_t			 count;
	const char		*last;		/* what is to become something */
	const char		*asked[2];	/* the first words of the operation */
	const struct operation	*op;
	size_t			 given[OPERATION_PARAMS];
};

static void
offer(const struct line *line, const char *word)
{
	if (slice_starts(slice_of(word), line->last))
		puts(word);
}

static const struct operation *
row_named(const char *first, const char *second)
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

static bool
is_option(const struct param *p)
{
	return strncmp(p->name, "--", 2) == 0;
}

static const struct param *
option_named(const struct operation *op, const char *name)
{
	for (const struct param *p = op->params; p->name != NULL; p++)
		if (is_option(p) && strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

/* The parameter that takes the next word by its place, as a call would. */
static const struct param *
next_place(const struct line *line)
{
	const struct operation *op = line->op;

	for (size_t i = 0; op->params[i].name != NULL; i++)
		if (!is_option(&op->params[i]) && (line->given[i] == 0 ||
		    op->params[i].count >= ANY))
			return &op->params[i];
	return NULL;
}

/* Reads the words before the last one.  *value: the option that it belongs to. */
static void
read_words(struct line *line, const struct param **value)
{
	for (size_t i = 0; i < line->count; i++) {
		const char *word = line->word[i];
		*value = NULL;
		if (line->op == NULL && (strcmp(word, "-C") == 0 ||
		    strcmp(word, "--as") == 0)) {
			const char **what = word[1] == 'C' ?
			    &line->directory : &line->as;
			const char *given = i + 1 < line->count ?
			    line->word[++i] : NULL;
			if (!line->is_fixed)
				*what = given;
		} else if (word[0] == '-' && word[1] != '\0') {
			*value = line->op == NULL ? NULL :
			    option_named(line->op, word);
			if (*value != NULL)
				line->given[*value - line->op->params]++;
			if (*value != NULL && ((*value)->type->is_flag ||
			    i + 1 < line->count)) {
				i += !(*value)->type->is_flag;
				*value = NULL;
			}
		} else if (line->op != NULL) {
			const struct param *p = next_place(line);
			if (p != NULL)
				line->given[p - line->op->params]++;
		} else {
			line->asked[line->asked[0] != NULL] = word;
			line->op = row_named(line->asked[0], line->asked[1]);
		}
	}
}

/* --- what there is --------------------------------------------------------- */

/* The first column of what an operation lists, in front of it what is behind. */
static void
offer_listed(const struct line *line, const char *first, const char *second,
    const char *const *values, const char *behind, const char *prefix)
{
	SCOPED(drop_call) struct call call = {
		.op = row_named(first, second), .directory = line->directory,
		.as = line->as, .lock = -1,
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
offer_domains(const struct line *line, const char *behind, const char *prefix)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *const values[] = { pool_format(&pool, "%s*", prefix),
	    NULL };

	offer_listed(line, "domain", "list", values, behind, prefix);
}

/* "ann@exa": the domain, behind what stands before it. */
static void
offer_domain_part(const struct line *line)
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

static void
offer_accounts(const struct line *line)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	bool has_domain = strchr(line->last, '@') != NULL;
	const char *const values[] = { pool_format(&pool, has_domain ? "%s*" :
	    "%s*@*", line->last), NULL };

	offer_listed(line, "user", "list", values, "", line->last);
}

static void
offer_aliases(const struct line *line)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct slice rest = slice_of(line->last), local = { 0 };

	slice_cut(&rest, '@', &local);
	const char *const values[] = { local.len > 0 ?
	    pool_dup(&pool, local) : "*", NULL };
	offer_listed(line, "alias", "search", values, "", line->last);
}

static void
offer_autos(const struct line *line)
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
static void
offer_choices(const struct line *line, const char *label)
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
offer_values(const struct line *line, const struct setting *row)
{
	static const char *const flag[] = { "yes", "no", NULL };
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *const *words = row->words != NULL ? row->words :
	    row->parse == setting_flag ? flag : NULL;

	for (size_t i = 0; words != NULL && words[i] != NULL; i++)
		offer(line, pool_format(&pool, "%s=%s", row->name, words[i]));
}

static void
offer_settings(const struct line *line, const struct setting *table)
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
static void
offer_operations(const struct line *line, const char *first)
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

/* --- a parameter ----------------------------------------------------------- */

/* What is made is not there yet: only its domain is. */
static bool
is_made(const struct line *line)
{
	return strcmp(line->op->name, "domain add") == 0 ||
	    strcmp(line->op->name, "user add") == 0;
}

/* What a parameter takes besides what its type knows of. */
static const struct {
	const char	*operation, *param;
	const char	*words[5];
} besides[] = {
	{ "alias set", "MEMBER|description=|owners=|membership=",
	  { "description=", "owners=", "membership=open",
	  "membership=restricted" } },
	{ "user forward", "ADDRESS|off", { "off" } },
};

static void
offer_besides(const struct line *line, const struct param *p)
{
	for (size_t i = 0; i < sizeof besides / sizeof *besides; i++) {
		if (strcmp(besides[i].operation, line->op->name) != 0 ||
		    strcmp(besides[i].param, p->name) != 0)
			continue;
		for (size_t k = 0; besides[i].words[k] != NULL; k++)
			offer(line, besides[i].words[k]);
	}
}

static void
offer_param(const struct line *line, const struct param *p)
{
	bool made = p == line->op->params && is_made(line);

	offer_besides(line, p);
	switch (made ? KNOWN_NOTHING : p->type->known) {
	case KNOWN_NOTHING:
		if (made && p->type == &param_account)
			offer_domain_part(line);
		return;
	case KNOWN_CHOICES:
		offer_choices(line, p->type->label);
		return;
	case KNOWN_DOMAINS:
		offer_domains(line, "", line->last);
		return;
	case KNOWN_ACCOUNTS:
		offer_accounts(line);
		return;
	case KNOWN_ALIASES:
		offer_aliases(line);
		return;
	case KNOWN_AUTOS:
		offer_autos(line);
		return;
	case KNOWN_SETTINGS:
		offer_settings(line, p->type->settings);
		return;
	case KNOWN_OPERATIONS:
		offer_operations(line, line->given[p - line->op->params] > 0 ?
		    line->word[line->count - 1] : NULL);
		return;
	case KNOWN_FILES:
		puts(":files");
		return;
	}
}

static void
offer_options(const struct line *line)
{
	if (line->op == NULL) {
		offer(line, "-C");
		offer(line, "--as");
	}
	offer(line, "-n");
	offer(line, "--json");
	if (line->op == NULL)
		return;
	for (size_t i = 0; line->op->params[i].name != NULL; i++)
		if (is_option(&line->op->params[i]) && line->given[i] == 0)
			offer(line, line->op->params[i].name);
}

int
complete(struct call *call, struct err *err)
{
	const struct setting_words *words = call_list(call, "WORD");
	struct line line = { .directory = call->directory, .as = call->as,
	    .is_fixed = call->as != NULL };
	const struct param *value = NULL;

	(void)err;
	if (words->count == 0)
		return 0;
	line.word = words->word;
	line.count = words->count - 1;
	line.last = words->word[line.count];
	read_words(&line, &value);
	if (line.count > 0 && line.op == NULL &&
	    strcmp(line.word[line.count - 1], "-C") == 0)
		puts(":files");
	else if (value != NULL)
		offer_param(&line, value);
	else if (line.last[0] == '-')
		offer_options(&line);
	else if (line.op == NULL)
		offer_operations(&line, line.asked[0]);
	else {
		const struct param *p = next_place(&line);
		/* "settings" is one, and could be the first of two words. */
		if (line.asked[1] == NULL)
			offer_operations(&line, line.asked[0]);
		if (p != NULL)
			offer_param(&line, p);
	}
	return 0;
}
