/* report.c: what an import took, and what it left and why, thing by thing. */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "change.h"

const char *const report_heads[] = { "WHERE", "WHAT", "RESULT", NULL };

static void
add(struct report *report, const char *where, const char *what,
    const char *word, const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof text, fmt, ap);
	/* Of what would be taken the steps tell. */
	if (change_is_rehearsed() && strcmp(word, "left") == 0)
		note("%s: %s would be left: %s", where, what, text);
	sheet_adds(&report->sheet, where);
	sheet_adds(&report->sheet, what);
	sheet_addf(&report->sheet, "%s%s%s", word, text[0] != '\0' ? ": " : "",
	    text);
}

void
report_taken(struct report *report, const char *where, const char *what,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(report, where, what, "taken", fmt, ap);
	va_end(ap);
	report->taken++;
}

void
report_same(struct report *report, const char *where, const char *what,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(report, where, what, "same", fmt, ap);
	va_end(ap);
	report->same++;
}

void
report_left(struct report *report, const char *where, const char *what,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(report, where, what, "left", fmt, ap);
	va_end(ap);
	report->left++;
}

void
report_wrong(struct report *report, const char *where, const char *what,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(report, where, what, "wrong", fmt, ap);
	va_end(ap);
	report->left++;
}

void
report_end(struct report *report, struct call *call)
{
	sheet_print(&report->sheet);
	fflush(stdout);			/* before what sums it up */
	if (isatty(STDOUT_FILENO) && !output_is_json())
		note("%zu taken, %zu same, %zu left", report->taken,
		    report->same, report->left);
	if (report->left > 0)
		call->status = 1;
}

void
drop_report(struct report *report)
{
	drop_sheet(&report->sheet);
}
