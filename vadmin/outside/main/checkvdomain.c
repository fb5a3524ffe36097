/* checkvdomain.c: one domain as the world finds it, a line for each step (see
 * checkvdomain(8)). */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "name.h"
#include "options.h"
#include "outside.h"
#include "output.h"
#include "scope.h"

static const char usage_text[] =
    "usage: checkvdomain [-C dir] [-s server] [--resolver ADDRESS:PORT]\n"
    "                    [--selector NAME]... domain\n";

static void
print(const struct outside_result *result)
{
	static const char *const heads[] = { "STEP", "RESULT", "WHAT", NULL };
	SCOPED(drop_sheet) struct sheet sheet = { .heads = heads };
	struct outside_row row;
	size_t at = 0;

	while (outside_next(result, &at, &row)) {
		sheet_adds(&sheet, row.step);
		sheet_adds(&sheet, outside_levels[row.level]);
		sheet_adds(&sheet, row.text);
	}
	sheet_print(&sheet);
}

static int
look_at(struct options *o, bool *is_bad, struct err *err)
{
	SCOPED(drop_str) struct str name = { 0 };
	SCOPED(drop_outside_result) struct outside_result result = { 0 };
	struct outside_question question;

	if (name_canonical_domain(slice_of(o->word), &name, err) == -1)
		return -1;
	options_open(o);
	outside_ask(o->has_in ? &o->in : NULL, &o->pool, &o->outside,
	    str_text(&name), &question);
	if (outside_look(&question, 1, &result, NULL, err) == -1)
		return -1;
	print(&result);
	*is_bad = outside_worst(&result) == OUTSIDE_BAD;
	return output_end(err);
}

int
main(int argc, char **argv)
{
	SCOPED(drop_options) struct options o;
	bool is_bad = false;
	struct err err;
	int status;

	(void)argc;
	if (options_begin(&o, "checkvdomain", usage_text, argv, &status) == -1)
		return status;
	if (o.word == NULL) {
		fputs(usage_text, stderr);
		return EX_USAGE;
	}
	if (look_at(&o, &is_bad, &err) == -1)
		return options_complain(&o, &err);
	return is_bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
