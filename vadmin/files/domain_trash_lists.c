/* domain_trash_lists.c: the lists of what a deleted domain had. */
#include "domain_trash_lists.h"

#include <fcntl.h>

#include "fd.h"
#include "file.h"
#include "scope.h"

enum { LIST_MAX = 1 << 24 };

const char *
domain_trash_own_name(const struct domain_trash *t, const char *name)
{
	return pool_format(t->pool, "%s.%s", name, t->stamp);
}

int
domain_trash_read(const struct domain_trash *t, const char *list,
    struct str *text, bool *there, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;

	*there = file_open(t->dir, list, O_NOFOLLOW, &fd, NULL, err) == 0;
	if (!*there)
		return err->kind == ERR_ABSENT ? 0 : -1;
	return file_read(fd, LIST_MAX, text, err);
}

int
domain_trash_each_line(const struct domain_trash *t, const char *list,
    char separator, domain_trash_line *fn, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice rest, line, word = { 0 };
	bool there;

	if (domain_trash_read(t, list, &text, &there, err) == -1)
		return -1;
	for (rest = str_slice(&text); rest.len > 0 &&
	    slice_cut(&rest, '\n', &line); ) {
		slice_cut(&line, separator, &word);
		if (fn(t, pool_dup(t->pool, word), pool_dup(t->pool, line),
		    err) == -1)
			return -1;
	}
	return 0;
}
