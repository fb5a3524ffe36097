/* files.c: the text files of the installation, read whole and replaced
 * whole. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "change.h"
#include "fd.h"
#include "file.h"
#include "index.h"
#include "scope.h"
#include "stamp.h"
#include "trust.h"

enum { TEXT_MAX = 1 << 30 };

bool
files_exists(int dir, const char *name)
{
	struct stat st;

	/* nothing is put over what cannot be looked at */
	return change_stat(dir, name, &st) == 0 || errno != ENOENT;
}

int
files_there(int dir, const char *name, bool *there, struct err *err)
{
	struct stat st;
	bool found = change_stat(dir, name, &st) == 0;

	if (!found && errno != ENOENT)
		return err_sys(err, "%s", name);
	*there = found;
	return 0;
}

static bool
is_link(const struct installation *in, const char *name)
{
	struct stat st;

	return change_stat(in->dir, name, &st) == 0 && S_ISLNK(st.st_mode);
}

/* *fd is -1 where there is none. */
static int
open_text(const struct installation *in, const char *name, int *fd,
    struct err *err)
{
	SCOPED(drop_fd) int got = -1;
	struct stat st;

	*fd = -1;
	if (file_open(in->dir, name, O_NOFOLLOW, &got, &st, err) == -1) {
		if (err->kind == ERR_ABSENT)
			return 0;
		return is_link(in, name) ? err_set(err, ERR_REFUSED, "%s/%s is "
		    "a symbolic link: put the file itself in its place",
		    in->path, name) : err_within(err, "%s", in->path);
	}
	if (!trust_file(&st, in->owner))
		return err_set(err, ERR_REFUSED,
		    "%s/%s: others can write to it: give it to %s and close it "
		    "(chmod go-w)", in->path, name, in->owner == 0 ? "root" :
		    "its owner");
	*fd = got;
	got = -1;
	return 0;
}

int
files_check(const struct installation *in, const char *name, bool *there,
    struct err *err)
{
	SCOPED(drop_fd) int fd = -1;

	if (open_text(in, name, &fd, err) == -1)
		return -1;
	*there = fd != -1;
	return 0;
}

int
files_read(const struct installation *in, const char *name, struct str *text,
    bool *there, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;

	if (open_text(in, name, &fd, err) == -1)
		return -1;
	if (there != NULL)
		*there = fd != -1;
	if (fd != -1 && file_read(fd, TEXT_MAX, text, err) == -1)
		return err_within(err, "%s/%s", in->path, name);
	return 0;
}

/* With its index, where it has one. */
int
files_commit(const struct installation *in, struct draft *draft, struct err *err)
{
	return index_commit(in, draft, err) == -1 ?
	    err_within(err, "%s", in->path) : 0;
}

int
files_write(const struct installation *in, const char *name, mode_t mode,
    struct slice text, struct err *err)
{
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };

	if (draft_begin(in->dir, name, mode, &draft, err) == -1)
		return err_within(err, "%s", in->path);
	if (fd_write(draft.fd, text.p, text.len) == -1)
		return err_sys(err, "write %s/%s", in->path, draft.temporary);
	return files_commit(in, &draft, err);
}

/* A last line without an end gets one. */
static int
copy_lines(int from, int to, struct err *err)
{
	off_t size;
	char last = '\n';

	if (file_copy(from, to, &size, err) == -1)
		return -1;
	if (size > 0 && fd_pread(from, &last, 1, size - 1) == -1)
		return err_sys(err, "read");
	if (last != '\n' && fd_write(to, "\n", 1) == -1)
		return err_sys(err, "write");
	return 0;
}

int
files_append(const struct installation *in, const char *name, mode_t mode,
    struct slice line, struct err *err)
{
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };
	SCOPED(drop_fd) int old = -1;

	if (open_text(in, name, &old, err) == -1)
		return -1;
	if (draft_begin(in->dir, name, mode, &draft, err) == -1)
		return err_within(err, "%s", in->path);
	if (old != -1 && copy_lines(old, draft.fd, err) == -1)
		return err_within(err, "%s/%s", in->path, name);
	if (fd_write(draft.fd, line.p, line.len) == -1)
		return err_sys(err, "write %s/%s", in->path, draft.temporary);
	return files_commit(in, &draft, err);
}

/* Somebody's editor knows no lock: what it did while we looked would be mixed
 * with what was there before. */
static int
check_same(const struct installation *in, const char *name, int old,
    const struct stat *was, struct err *err)
{
	struct stamp before = stamp_of(was), stamp;
	struct stat now, named;

	if (fstat(old, &now) == -1)
		return err_sys(err, "%s/%s", in->path, name);
	stamp = stamp_of(&now);
	if (!stamp_same(&before, &stamp) ||
	    change_stat(in->dir, name, &named) == -1 ||
	    named.st_ino != now.st_ino || named.st_dev != now.st_dev)
		return err_set(err, ERR_TEMPORARY, "%s/%s changed meanwhile: "
		    "try again", in->path, name);
	return 0;
}

int
files_splice_begin(const struct installation *in, const char *name,
    mode_t mode, int old, const struct stat *was,
    const struct splices *splices, struct draft *out, struct err *err)
{
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };
	bool unused;

	if (files_check(in, name, &unused, err) == -1)
		return -1;
	if (draft_begin(in->dir, name, mode, &draft, err) == -1)
		return err_within(err, "%s", in->path);
	if (splice_copy(old, draft.fd, splices, err) == -1)
		return err_within(err, "%s/%s", in->path, name);
	if (check_same(in, name, old, was, err) == -1)
		return -1;
	draft.was = stamp_of(was);
	*out = draft;
	draft = (struct draft){ .fd = -1 };
	return 0;
}

int
files_splice(const struct installation *in, const char *name, mode_t mode,
    int old, const struct stat *was, const struct splices *splices,
    struct err *err)
{
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };

	if (splices->count == 0)
		return 0;
	if (files_splice_begin(in, name, mode, old, was, splices, &draft,
	    err) == -1)
		return -1;
	return files_commit(in, &draft, err);
}
