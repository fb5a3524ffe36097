/* link_file.c: a domain alias: the symbolic link domain.ALIAS to domain.D. */
#include "link_file.h"

#include <limits.h>
#include <unistd.h>

#include "change.h"
#include "str.h"

int
link_file_set(const struct installation *in, const char *name,
    const char *target, struct err *err)
{
	if (change_put_link(target, in->dir, name, err) == -1)
		return err_within(err, "%s", in->path);
	return fsync(in->dir) == -1 ? err_sys(err, "sync %s", in->path) : 0;
}

bool
link_file_is(const struct installation *in, const char *name,
    const char *target)
{
	char text[PATH_MAX];
	ssize_t n = change_read_link(in->dir, name, text, sizeof text);

	return n > 0 && slice_is((struct slice){ text, (size_t)n }, target);
}
