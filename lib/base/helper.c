/* helper.c: programs that only ours start. */
#include "helper.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

void
helper_path(const char *name, struct str *path)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self);
	ptrdiff_t slash = n > 0 ?
	    slice_find_last((struct slice){ self, (size_t)n }, '/') : 0;

	str_add(path, self, (size_t)slash);
	str_addf(path, "/%s", name);
	if (access(str_text(path), X_OK) == 0)
		return;
	str_cut(path, (size_t)slash);
	str_addf(path, "/../libexec/vmail/%s", name);
}

int
helper_open(const char *name, struct str *path, int *fd, struct err *err)
{
	helper_path(name, path);
	*fd = open(str_text(path), O_PATH | O_CLOEXEC);
	return *fd == -1 ? err_sys(err, "%s", str_text(path)) : 0;
}
