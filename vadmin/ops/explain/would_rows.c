/* would_rows.c: what is told of what would happen to a message. */
#include "would_rows.h"

#include "scope.h"

/* A target at the left, and below it what comes of it. */
static void
print_row(const struct would *w, const char *step, const char *what,
    const char *where)
{
	SCOPED(drop_str) struct str line = { 0 };

	if (w->shown != w->number)
		str_addf(&line, "%zu. %s %s", w->number, step, what);
	else
		str_addf(&line, "   %-13s %s", step, what);
	if (where[0] != '\0')
		str_addf(&line, "  (%s)", where);
	output_line(str_slice(&line));
}

void
would_row(struct would *w, const char *step, const char *what,
    const char *where)
{
	if (w->people) {
		print_row(w, step, what, where);
		w->shown = w->number;
		return;
	}
	sheet_addf(w->sheet, "%zu", w->number);
	sheet_adds(w->sheet, step);
	sheet_adds(w->sheet, what);
	sheet_adds(w->sheet, where);
}

void
would_hear(struct would *w, const struct outcome *why)
{
	if (outcome_precedes(why, &w->outcome))
		w->outcome = *why;
}

void
would_fail(struct would *w, const char *step, struct outcome why,
    const char *where)
{
	would_row(w, step, pool_format(&w->plan->pool, "%s %s", why.code,
	    why.text), where);
	would_hear(w, &why);
}
