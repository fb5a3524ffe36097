/* trust.c: whether nobody but root and an owner can have written something. */
#include "trust.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "scope.h"
#include "str.h"

enum { OTHERS_WRITE = S_IWGRP | S_IWOTH };

bool
trust_file(const struct stat *st, uid_t owner)
{
	return (st->st_uid == 0 || st->st_uid == owner) && (st->st_mode & OTHERS_WRITE) == 0;
}

static int
check_step(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return err_sys(err, "%s", path);
	if (st.st_uid != 0)
		return err_set(err, ERR_REFUSED,
		    "%s belongs to uid %u: give it to root (chown root)", path, (unsigned)st.st_uid);
	if (S_ISDIR(st.st_mode) && (st.st_mode & OTHERS_WRITE) && !(st.st_mode & S_ISVTX))
		return err_set(err, ERR_REFUSED,
		    "others can write to %s: close it (chmod go-w)", path);
	return 0;
}

/* Every directory above the last component, and symbolic links on the way. */
static int
check_chain(const char *path, struct err *err)
{
	SCOPED(drop_str) struct str prefix = { 0 };

	if (check_step("/", err) == -1)
		return -1;
	for (const char *at = path; (at = strchr(at + 1, '/')) != NULL; ) {
		str_cut(&prefix, 0);
		str_add(&prefix, path, (size_t)(at - path));
		if (check_step(str_text(&prefix), err) == -1)
			return -1;
	}
	return 0;
}

int
trust_path(const char *path, uid_t owner, struct err *err)
{
	SCOPED(drop_mem) char *real = NULL;

	if (owner != 0)
		return 0;
	real = realpath(path, NULL);
	if (real == NULL)
		return err_sys(err, "%s", path);
	if (check_chain(path, err) == -1)
		return -1;
	return strcmp(path, real) == 0 ? 0 : check_chain(real, err);
}
