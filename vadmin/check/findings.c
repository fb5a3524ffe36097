/* findings.c: what is wrong somewhere, as check tells it. */
#include "findings.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *const findings_heads[] = { "WHERE", "LEVEL", "WHAT", NULL };

static void
add(struct findings *found, const char *about, bool is_bad, const char *fmt,
    va_list ap)
{
	char text[sizeof found->last];

	vsnprintf(text, sizeof text, fmt, ap);
	if (strcmp(text, found->last) == 0)
		return;
	memcpy(found->last, text, sizeof text);
	sheet_adds(&found->sheet, about);
	sheet_adds(&found->sheet, is_bad ? "bad" : "warning");
	sheet_adds(&found->sheet, text);
	found->count++;
	found->bad += is_bad;
}

void
finding(struct findings *found, const char *about, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(found, about, true, fmt, ap);
	va_end(ap);
}

void
finding_warning(struct findings *found, const char *about, const char *fmt,
    ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(found, about, false, fmt, ap);
	va_end(ap);
}
