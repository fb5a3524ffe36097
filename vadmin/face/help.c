/* help.c: what the table of operations tells about itself. */
#include <string.h>

#include "account_settings.h"
#include "command_line.h"
#include "completion.h"
#include "examples.h"
#include "ops.h"
#include "output.h"
#include "param.h"
#include "scope.h"
#include "ops/settings_op.h"
#include "status.h"

/* --- one operation, for people --------------------------------------------- */

enum { WIDTH = 79, COLUMN = 23 };

/* A name, and behind it text that is broken between words. */
static void
add_block(struct str *out, const char *name, size_t indent, const char *text)
{
	struct slice rest = slice_of(text), word;
	size_t at = COLUMN;

	str_addf(out, "%*s%-*s", (int)indent, "", (int)(COLUMN - indent),
	    name);
	if (strlen(name) + indent >= COLUMN)
		str_addf(out, "\n%*s", COLUMN, "");
	for (bool first = true; slice_cut(&rest, ' ', &word); first = false) {
		if (!first && at + 1 + word.len > WIDTH) {
			str_addf(out, "\n%*s", COLUMN, "");
			at = COLUMN;
		} else if (!first) {
			str_addc(out, ' ');
			at++;
		}
		str_addslice(out, word);
		at += word.len;
	}
	str_addc(out, '\n');
}

/* Whether somebody may call it; NULL: whoever reads did not say for whom. */
static bool
may_call(const struct principal *who, const struct operation *op)
{
	return who == NULL || who->caller <= op->least;
}

/* An account changes what is its own alone. */
static bool
may_set(const struct principal *who, const struct setting *table,
    const struct setting *row)
{
	return who == NULL || who->caller < CALLER_ACCOUNT ||
	    table != account_settings ||
	    account_field(slice_of(row->name))->own;
}

static void
add_settings(struct str *text, const struct setting *table,
    const struct principal *who)
{
	for (const struct setting *row = table; row->name != NULL; row++) {
		SCOPED(drop_str) struct str type = { 0 };
		if (row->refused_by & PROGRAM_VADMIN ||
		    !may_set(who, table, row))
			continue;
		settings_type(row, &type);
		if (row->preset[0] != '\0')
			str_addf(&type, "; default %s", row->preset);
		add_block(text, row->name, 4, row->help);
		add_block(text, "", 4, str_text(&type));
	}
}

static void
add_limits(struct str *text, const struct param *p,
    const struct principal *who)
{
	SCOPED(drop_str) struct str limit = { 0 };

	if (who != NULL && p->type->subject == SUBJECT_FILE)
		add_block(text, "", 2, "With --as '-' alone: standard input.");
	else if (p->type->rule != NULL)
		add_block(text, "", 2, p->type->rule);
	if (p->type->is_flag || p->type->known == KNOWN_CHOICES)
		return;
	str_addf(&limit, "At most %zu bytes%s.", p->type->max,
	    p->count >= ANY ? " each" : "");
	add_block(text, "", 2, str_text(&limit));
}

static void
add_params(struct str *text, const struct operation *op,
    const struct principal *who)
{
	for (const struct param *p = op->params; p->name != NULL; p++) {
		str_adds(text, p == op->params ? "\n" : "");
		add_block(text, p->name, 2, p->help);
		add_limits(text, p, who);
		if (p->type->settings != NULL)
			add_settings(text, p->type->settings, who);
	}
	str_addf(text, "\nAs everywhere: -C DIR before it, and --json%s.\n",
	    op->changes ? ", and -n, which changes nothing and\n"
	    "tells what would be done" : "");
}

static void
add_examples(struct str *text, const struct operation *op)
{
	const struct examples *examples = examples_of(op->name);

	if (examples == NULL)
		return;
	str_adds(text, "\nFor example:\n");
	for (size_t i = 0; i < 2; i++)
		str_addf(text, "  %s\n", examples->lines[i]);
}

static void
add_statuses(struct str *text, const struct operation *op)
{
	str_adds(text, "\nExit status:\n");
	for (const struct status *s = statuses; s->word != NULL; s++)
		str_addf(text, " %2d %-11s %s\n", s->status, s->word,
		    s->meaning);
	str_adds(text, examples_status(op->name));
}

static void
help_one(const struct operation *op, const struct principal *who,
    struct str *text)
{
	command_line_synopsis(op, text);
	str_addf(text, "\n\n%s\nFor %s.\n", op->help,
	    caller_class(op->least));
	if (who != NULL)
		str_addf(text, "%s may %scall it.\n", who->name,
		    may_call(who, op) ? "" : "not ");
	add_params(text, op, who);
	add_examples(text, op);
	add_statuses(text, op);
}

/* --- for programs ---------------------------------------------------------- */

static void
sheet_one(const struct operation *op, struct sheet *sheet)
{
	static const char *const counts[] = {
		[ONE] = "one", [OPTIONAL] = "optional", [ANY] = "any",
		[SOME] = "some",
	};

	for (const struct param *p = op->params; p->name != NULL; p++) {
		sheet_adds(sheet, op->name);
		sheet_adds(sheet, p->name);
		sheet_adds(sheet, counts[p->count]);
		sheet_adds(sheet, p->type->label);
		sheet_addf(sheet, "%zu", p->type->max);
		sheet_adds(sheet, p->help);
	}
}

/* --- which ----------------------------------------------------------------- */

/* Those that begin with group, and what they do; behind them the others, and
 * whom these are for. */
static void
add_operations(struct str *text, const char *group,
    const struct principal *who)
{
	bool others = false;

	for (const struct operation *op = operations; op->name != NULL; op++)
		if (slice_starts(slice_of(op->name), group) &&
		    may_call(who, op))
			add_block(text, op->name, 2, op->help);
	for (const struct operation *op = operations; op->name != NULL; op++) {
		if (!slice_starts(slice_of(op->name), group) ||
		    may_call(who, op))
			continue;
		if (!others)
			str_addf(text, "%s%s may not call these, which are "
			    "for\n", text->len > 0 ? "\n" : "", who->name);
		others = true;
		add_block(text, op->name, 2, caller_class(op->least));
	}
}

static void
sheet_all(struct sheet *sheet, const struct principal *who)
{
	for (const struct operation *op = operations; op->name != NULL; op++) {
		sheet_adds(sheet, op->name);
		sheet_adds(sheet, op->changes ? "yes" : "no");
		sheet_adds(sheet, op->help);
		sheet_adds(sheet, caller_class(op->least));
		if (who != NULL)
			sheet_adds(sheet, may_call(who, op) ? "yes" : "no");
	}
}

static void
help_all(const struct principal *who)
{
	static const char *const heads[] = { "OPERATION", "CHANGES", "HELP",
	    "FOR", NULL }, *const heads_of_one[] = { "OPERATION", "CHANGES",
	    "HELP", "FOR", "MAY", NULL };
	SCOPED(drop_sheet) struct sheet sheet = { .heads = who != NULL ?
	    heads_of_one : heads };
	SCOPED(drop_str) struct str text = { 0 };

	str_adds(&text, "vadmin [-C DIR] [--as PRINCIPAL] [-n] [--json] OPERATION ...\n"
	    "version " VERSION "\n\n");
	if (who != NULL)
		str_addf(&text, "%s may call\n", who->name);
	add_operations(&text, "", who);
	sheet_all(&sheet, who);
	str_adds(&text, "\n'vadmin help OPERATION' tells more, vadmin(8) all.\n");
	if (output_is_json())
		sheet_print(&sheet);
	else
		output_text(str_slice(&text));
}

/* "user add", or all that begin with "user". */
static bool
is_meant(const struct operation *op, const char *name, const char *group)
{
	return strcmp(op->name, name) == 0 ||
	    slice_starts(slice_of(op->name), group);
}

/* "user" alone: what it goes on with. */
static void
help_group(const char *name, const char *group, const struct principal *who,
    struct str *text)
{
	add_operations(text, group, who);
	str_addf(text, "\n'vadmin help %s OPERATION' tells more.\n", name);
}

static int
help_named(const char *name, const char *group, const struct principal *who,
    struct err *err)
{
	static const char *const heads[] = { "OPERATION", "PARAMETER", "COUNT",
	    "LABEL", "MOST", "HELP", NULL };
	SCOPED(drop_sheet) struct sheet sheet = { .heads = heads };
	SCOPED(drop_str) struct str text = { 0 };
	size_t found = 0;
	bool alone = false;

	for (const struct operation *op = operations; op->name != NULL; op++) {
		if (!is_meant(op, name, group))
			continue;
		found++;
		if (strcmp(op->name, name) == 0) {
			alone = true;
			help_one(op, who, &text);
		}
		sheet_one(op, &sheet);
	}
	if (found == 0)
		return err_set(err, ERR_ABSENT, "there is no operation "
		    "'%.100s': see 'vadmin help'", name);
	if (!alone)
		help_group(name, group, who, &text);
	if (output_is_json())
		sheet_print(&sheet);
	else
		output_text(str_slice(&text));
	return 0;
}

int
help(struct call *call, struct err *err)
{
	const struct setting_words *words = call_list(call, "OPERATION");
	const char *shell = call_text(call, "--completion");
	SCOPED(drop_str) struct str name = { 0 }, group = { 0 };

	if (shell != NULL) {
		output_text(slice_of(completion_script(shell)));
		return 0;
	}
	/* For whom; what that one may do depends on who it is. */
	if (call->as != NULL && call_open(call, err) == -1)
		return -1;
	const struct principal *who = call->as != NULL ? &call->principal :
	    NULL;
	if (words->count == 0) {
		help_all(who);
		return 0;
	}
	for (size_t i = 0; i < words->count; i++)
		str_addf(&name, "%s%s", i > 0 ? " " : "", words->word[i]);
	str_addf(&group, "%s ", str_text(&name));
	return help_named(str_text(&name), str_text(&group), who, err);
}
