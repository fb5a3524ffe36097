/* help.c: what the table of operations tells about itself. */
#include <stdio.h>
#include <string.h>

#include "command_line.h"
#include "ops.h"
#include "output.h"
#include "scope.h"

static void
help_all(void)
{
	SCOPED(drop_str) struct str text = { 0 };

	str_adds(&text, "vadmin [-C DIR] [--as PRINCIPAL] OPERATION ...  (version " VERSION ")\n\n");
	for (const struct operation *op = operations; op->name != NULL; op++)
		if (op->run != NULL)
			str_addf(&text, "  %-15s %s\n", op->name, op->help);
	str_adds(&text, "\n'vadmin help OPERATION' tells more, vadmin(8) all.\n");
	fputs(str_text(&text), stdout);
}

static void
help_one(const struct operation *op)
{
	SCOPED(drop_str) struct str synopsis = { 0 };

	command_line_synopsis(op, &synopsis);
	printf("%s\n\n%s\nFor %s.\n", str_text(&synopsis), op->help,
	    caller_class(op->least));
	for (const struct param *p = op->params; p->name != NULL; p++)
		printf("%s  %-18s %s\n", p == op->params ? "\n" : "", p->name,
		    p->help);
}

int
help(struct call *call, struct err *err)
{
	const struct setting_words *words = call_list(call, "OPERATION");
	SCOPED(drop_str) struct str name = { 0 }, group = { 0 };
	size_t found = 0;

	if (words->count == 0) {
		help_all();
		return 0;
	}
	for (size_t i = 0; i < words->count; i++)
		str_addf(&name, "%s%s", i > 0 ? " " : "", words->word[i]);
	str_addf(&group, "%s ", str_text(&name));
	for (const struct operation *op = operations; op->name != NULL; op++) {
		bool is_it = slice_is(str_slice(&name), op->name);
		if (is_it && op->run == NULL)
			return err_set(err, ERR_ABSENT,
			    "'%s' is not available in this version", op->name);
		if (op->run == NULL || (!is_it &&
		    !slice_starts(slice_of(op->name), str_text(&group))))
			continue;
		if (found++ > 0)
			putchar('\n');
		help_one(op);
	}
	if (found > 0)
		return 0;
	return err_set(err, ERR_ABSENT,
	    "there is no operation '%.100s': see 'vadmin help'",
	    str_text(&name));
}
