/* link_file.c: a domain alias: the symbolic link domain.ALIAS to domain.D. */
#include "link_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "scope.h"
#include "str.h"

int
link_file_set(const struct installation *in, const char *name,
    const char *target, struct err *err)
{
	SCOPED(drop_str) struct str draft = { 0 };

	str_addf(&draft, ".%s.new", name);
	if (unlinkat(in->dir, str_text(&draft), 0) == -1 && errno != ENOENT)
		return err_sys(err, "remove %s/%s", in->path,
		    str_text(&draft));
	if (symlinkat(target, in->dir, str_text(&draft)) == -1)
		return err_sys(err, "make %s/%s", in->path, str_text(&draft));
	if (renameat(in->dir, str_text(&draft), in->dir, name) == -1)
		return err_sys(err, "replace %s/%s", in->path, name);
	return fsync(in->dir) == -1 ? err_sys(err, "sync %s", in->path) : 0;
}

bool
link_file_is(const struct installation *in, const char *name,
    const char *target)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(in->dir, name, text, sizeof text);

	return n > 0 && slice_is((struct slice){ text, (size_t)n }, target);
}
