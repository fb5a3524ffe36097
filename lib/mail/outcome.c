/* outcome.c: what became of a recipient or a target, in mail's own words. */
#include "outcome.h"

#include <stdarg.h>
#include <stdio.h>

static void
make_one_line(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7F)
			*text = '?';
}

struct outcome
outcome_make(enum outcome_kind kind, const char *code, const char *fmt, ...)
{
	struct outcome o = { .kind = kind };
	va_list ap;

	snprintf(o.code, sizeof o.code, "%s", code);
	va_start(ap, fmt);
	vsnprintf(o.text, sizeof o.text, fmt, ap);
	va_end(ap);
	make_one_line(o.text);
	return o;
}

struct outcome
outcome_from_err(const struct err *err)
{
	const char *code = "4.3.0";

	if (err->kind == ERR_INVALID || err->kind == ERR_REFUSED)
		code = "4.3.5";
	if (err->kind == ERR_BUSY)
		code = "4.2.1";
	return outcome_make(OUTCOME_TEMPORARY, code, "%s", err->text);
}

bool
outcome_precedes(const struct outcome *a, const struct outcome *b)
{
	if (a->kind == OUTCOME_DONE || b->kind == OUTCOME_DONE)
		return b->kind == OUTCOME_DONE && a->kind != OUTCOME_DONE;
	return a->kind == OUTCOME_TEMPORARY && b->kind != OUTCOME_TEMPORARY;
}
