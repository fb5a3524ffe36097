/* place.c: the path of what a descriptor and a name mean. */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "fd.h"
#include "scope.h"

int
place_of(int dir, const char *name, struct str *out, struct err *err)
{
	char link[64], path[PATH_MAX];

	if (dir == AT_FDCWD || name[0] == '/') {
		str_adds(out, name);
		return 0;
	}
	snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
	ssize_t len = readlink(link, path, sizeof path);
	if (len <= 0 || (size_t)len == sizeof path || path[0] != '/')
		return err_sys(err, "the directory of %s (is /proc mounted?)",
		    name);
	str_add(out, path, (size_t)len);
	str_addf(out, "%s%s", path[len - 1] == '/' ? "" : "/", name);
	return 0;
}

static int
open_step(int parent, const char *name, int *fd, struct err *err)
{
	int got = change_open(parent, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (got == -1)
		return err_open(err, name);
	*fd = got;
	return 0;
}

int
place_open(const char *path, int *dir, const char **name, struct err *err)
{
	SCOPED(drop_str) struct str step = { 0 };
	struct slice rest = slice_of(path), word;
	int at;

	if (open_step(AT_FDCWD, "/", &at, err) == -1)
		return -1;
	const char *slash = strrchr(path, '/');
	rest.len = (size_t)(slash - path);
	while (slice_cut(&rest, '/', &word)) {
		SCOPED(drop_fd) int above = at;
		if (word.len == 0) {
			above = -1;
			continue;
		}
		str_cut(&step, 0);
		str_addslice(&step, word);
		if (open_step(above, str_text(&step), &at, err) == -1)
			return err_within(err, "%s", path);
	}
	*dir = at;
	*name = slash + 1;
	return 0;
}
