/* operation.c: what an operation is given, and what it tells. */
#include "operation.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "param.h"
#include "progress.h"

/* An operation that asks for what its row does not name is our mistake. */
static const struct setting_words *
values_of(const struct call *call, const char *param)
{
	for (size_t i = 0; call->op->params[i].name != NULL; i++)
		if (strcmp(call->op->params[i].name, param) == 0)
			return &call->values[i];
	abort();
}

bool
call_has(const struct call *call, const char *param)
{
	return values_of(call, param)->count > 0;
}

const char *
call_text(const struct call *call, const char *param)
{
	return call_has(call, param) ? values_of(call, param)->word[0] : NULL;
}

const struct setting_words *
call_list(const struct call *call, const char *param)
{
	return values_of(call, param);
}

int
call_add(struct call *call, size_t param, const char *value, struct err *err)
{
	const struct param *p = &call->op->params[param];
	struct setting_words *have = &call->values[param];

	if (param_check(p->type, slice_of(value), err) == -1)
		return -1;
	pool_append(&call->pool, &have->word, &have->count, slice_of(value));
	return 0;
}

void
note(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	progress_end();
	output_note(slice_of(text));
}
