/* err.c: fills errors. */
#include "err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void
err_fill(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	err->kind = kind;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
}

void
err_fill_sys(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	size_t n;

	err->kind = ERR_TEMPORARY;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(saved));
	errno = saved;
}

bool
err_no_room(void)
{
	return errno == ENOSPC || errno == EDQUOT;
}

void
err_fill_open(struct err *err, const char *name)
{
	int why = errno;

	err_fill_sys(err, "%s", name);
	if (why == ENOENT)
		err->kind = ERR_ABSENT;
	if (why == ELOOP || why == ENOTDIR || why == EISDIR || why == ENXIO)
		err_fill(err, ERR_REFUSED, "%s: %s: it is in the way", name,
		    strerror(why));
	errno = why;
}

void
err_fill_within(struct err *err, const char *fmt, ...)
{
	struct err inner = *err;
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	snprintf(err->text + n, sizeof err->text - n, ": %s", inner.text);
}
