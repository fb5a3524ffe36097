/* trust.c: whether nobody but root and an owner can have written something. */
#include "trust.h"

#include <limits.h>
#include <unistd.h>

#include "scope.h"
#include "str.h"

enum { OTHERS_WRITE = S_IWGRP | S_IWOTH, LINKS_MAX = 40 };

bool
trust_file(const struct stat *st, uid_t owner)
{
	return (st->st_uid == 0 || st->st_uid == owner) &&
	    (st->st_mode & OTHERS_WRITE) == 0;
}

/* Of a plain file the caller knows more: trust_file(). */
static int
check_step(const char *path, struct stat *st, struct err *err)
{
	if (lstat(path, st) == -1)
		return err_sys(err, "%s", path);
	if (!S_ISDIR(st->st_mode) && !S_ISLNK(st->st_mode))
		return 0;
	if (st->st_uid != 0)
		return err_set(err, ERR_REFUSED,
		    "%s belongs to uid %u: give it to root (chown root)", path,
		    (unsigned)st->st_uid);
	if (S_ISDIR(st->st_mode) && (st->st_mode & OTHERS_WRITE) &&
	    !(st->st_mode & S_ISVTX))
		return err_set(err, ERR_REFUSED,
		    "others can write to %s: close it (chmod go-w)", path);
	return 0;
}

static void
cut_last_name(struct str *path)
{
	ptrdiff_t slash = slice_find_last(str_slice(path), '/');

	str_cut(path, slash == -1 ? 0 : (size_t)slash);
}

/* From walked ("" is the root) along path, one name after the other; where a
 * name is a link, along its text first.  *st is of the last one looked at. */
static int
walk(struct str *walked, struct slice path, int *links, struct stat *st,
    struct err *err)
{
	struct slice name;

	if (slice_starts(path, "/"))
		str_cut(walked, 0);
	while (slice_cut(&path, '/', &name)) {
		SCOPED(drop_str) struct str text = { 0 };
		if (slice_is(name, ".."))
			cut_last_name(walked);
		if (name.len == 0 || slice_is(name, ".") ||
		    slice_is(name, ".."))
			continue;
		str_addc(walked, '/');
		str_addslice(walked, name);
		if (check_step(str_text(walked), st, err) == -1)
			return -1;
		if (!S_ISLNK(st->st_mode))
			continue;
		str_room(&text, PATH_MAX);
		ssize_t n = readlink(str_text(walked), text.s, PATH_MAX);
		if (n == -1)
			return err_sys(err, "%s", str_text(walked));
		if (++*links > LINKS_MAX)
			return err_set(err, ERR_TEMPORARY,
			    "%s: too many symbolic links", str_text(walked));
		cut_last_name(walked);
		if (walk(walked, (struct slice){ text.s, (size_t)n }, links, st,
		    err) == -1)
			return -1;
	}
	return 0;
}

int
trust_path_or_tell(const char *path, uid_t owner, struct stat *stranger,
    struct err *err)
{
	SCOPED(drop_str) struct str walked = { 0 };
	int links = 0;

	if (owner != 0)
		return 0;
	if (check_step("/", stranger, err) == -1)
		return -1;
	return walk(&walked, slice_of(path), &links, stranger, err);
}

int
trust_path(const char *path, uid_t owner, struct err *err)
{
	struct stat stranger;

	return trust_path_or_tell(path, owner, &stranger, err);
}
