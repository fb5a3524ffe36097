/* findings.c: what is wrong somewhere, as check and fsck tell it. */
#include "findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const findings_heads[] = { "WHERE", "LEVEL", "WHAT", NULL };

/* False: that was told already. */
static bool
tell(struct findings *found, const char *about, const char *level,
    const char *fmt, va_list ap)
{
	char text[sizeof found->last];

	vsnprintf(text, sizeof text, fmt, ap);
	if (strcmp(text, found->last) == 0)
		return false;
	memcpy(found->last, text, sizeof text);
	sheet_adds(&found->sheet, about);
	if (!found->with_repairs)
		sheet_adds(&found->sheet, level);
	sheet_adds(&found->sheet, text);
	found->count++;
	return true;
}

static void
leave(struct findings *found, const char *what)
{
	found->left++;
	if (found->with_repairs)
		sheet_adds(&found->sheet, what);
}

void
finding(struct findings *found, const char *about, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (tell(found, about, "bad", fmt, ap)) {
		found->bad++;
		leave(found, "by hand");
	}
	va_end(ap);
}

void
finding_warning(struct findings *found, const char *about, const char *fmt,
    ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (tell(found, about, "warning", fmt, ap))
		leave(found, "by hand");
	va_end(ap);
}

void
finding_unseen(struct findings *found, const char *about,
    const struct err *err)
{
	if (err->kind == ERR_TEMPORARY)
		finding(found, about, "%s: it could not be looked at",
		    err->text);
}

bool
finding_to_repair(struct findings *found, const char *about, const char *fmt,
    ...)
{
	va_list ap;

	va_start(ap, fmt);
	bool told = tell(found, about, "bad", fmt, ap);
	va_end(ap);
	found->bad += told;
	if (told && !found->repair)
		leave(found, "fsck --repair");
	return told && found->repair;
}

void
finding_repaired(struct findings *found, int result, const struct err *err)
{
	if (result == 0) {
		sheet_adds(&found->sheet, "repaired");
		return;
	}
	found->left++;
	sheet_addf(&found->sheet, "not repaired: %s", err->text);
}
