/* call.c: one call of an operation: its values, its rights, its lock. */
#include "operation.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "begun.h"
#include "fd.h"
#include "output.h"
#include "param.h"
#include "scope.h"

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
	const char **more = pool_alloc(&call->pool,
	    (have->count + 1) * sizeof *more);
	if (have->count > 0)
		memcpy(more, have->word, have->count * sizeof *more);
	more[have->count++] = pool_dup(&call->pool, slice_of(value));
	have->word = more;
	return 0;
}

static int
check_caller(const struct installation *in, struct err *err)
{
	if (in->as_root || (in->owner != 0 && in->owner == getuid()))
		return 0;
	return err_set(err, ERR_REFUSED,
	    "only root, or whoever owns %s/vmail.conf, may do this: call it "
	    "through sudo (administrators by admins and co-administration are "
	    "not available in this version)", in->path);
}

static void
warn(const char *text)
{
	note("%s", text);
}

int
call_open(struct call *call, struct err *err)
{
	if (installation_open(call->directory, PROGRAM_VADMIN, &call->in,
	    err) == -1) {
		drop_installation(&call->in);
		return -1;
	}
	call->opened = true;
	call->in.warn = warn;
	return check_caller(&call->in, err);
}

/* Until nobody changes anything. */
static int
wait_for_others(struct call *call, struct err *err)
{
	SCOPED(drop_fd) int lock = -1;

	return installation_lock(&call->in, &lock, err);
}

/* Without the lock: nobody else should wait for what a person types.  What was
 * read may be half of somebody's change, which looks like one that was
 * interrupted: then it is read again when that has come to its end. */
static int
ask(struct call *call, struct err *err)
{
	if (begun_check(call, err) == 0) {
		if (call->op->ask(call, err) == 0)
			return 0;
		if (err->kind != ERR_TEMPORARY && err->kind != ERR_ABSENT)
			return -1;
	}
	if (wait_for_others(call, err) == -1 || begun_check(call, err) == -1)
		return -1;
	return call->op->ask(call, err);
}

int
call_run(struct call *call, struct err *err)
{
	if (call->op->anywhere)
		return call->op->run(call, err);
	if (call_open(call, err) == -1)
		return -1;
	if (call->op->ask != NULL && ask(call, err) == -1)
		return -1;
	if (call->op->changes && installation_lock(&call->in, &call->lock,
	    err) == -1)
		return -1;
	if (call->op->changes && begun_check(call, err) == -1)
		return -1;
	return call->op->run(call, err);
}

void
drop_call(struct call *call)
{
	drop_fd(&call->lock);
	if (call->opened)
		drop_installation(&call->in);
	drop_pool(&call->pool);
}

void
note(const char *fmt, ...)
{
	SCOPED(drop_str) struct str line = { 0 };
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	str_adds(&line, "vadmin: note: ");
	output_clean(&line, slice_of(text));
	fprintf(stderr, "%s\n", str_text(&line));
}
