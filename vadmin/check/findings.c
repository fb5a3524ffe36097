/* findings.c: what is wrong somewhere, as check tells it. */
#include "findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
finding(struct findings *found, const char *about, const char *fmt, ...)
{
	char text[sizeof found->last];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (strcmp(text, found->last) == 0)
		return;
	memcpy(found->last, text, sizeof text);
	sheet_adds(&found->sheet, about);
	sheet_adds(&found->sheet, text);
	found->count++;
}
