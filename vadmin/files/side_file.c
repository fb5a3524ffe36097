/* side_file.c: small files beside an account: replaced whole, printed, removed. */
#include "side_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "fd.h"
#include "file.h"
#include "output.h"
#include "scope.h"
#include "str.h"

enum { PRINTED_MAX = 64 * 1024 };

/* Else the new file would be given to whoever made the old one, or to whom a
 * link of theirs leads. */
static int
make_way(int dir, const char *name, struct err *err)
{
	return change_remove(dir, name, NULL, err);
}

/* One that was replaced since it was opened has no name. */
static bool
is_plain(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_nlink <= 1;
}

int
side_file_write(int dir, const char *name, struct slice text, uid_t owner,
    mode_t mode, struct err *err)
{
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };
	struct stat st;
	bool there = change_stat(dir, name, &st) == 0;

	if (there && (!is_plain(&st) || st.st_uid != owner)) {
		if (make_way(dir, name, err) == -1)
			return -1;
		there = false;
	}
	if (draft_begin_like(dir, name, there ? &st : NULL, mode, &draft,
	    err) == -1)
		return -1;
	if (fd_write(draft.fd, text.p, text.len) == -1)
		return err_sys(err, "write %s", name);
	if (owner != geteuid() && fchown(draft.fd, owner, (gid_t)-1) == -1)
		return err_sys(err, "give %s to uid %u", name,
		    (unsigned)owner);
	return draft_commit(&draft, err);
}

int
side_file_read(int dir, const char *name, struct str *text, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	struct stat st;

	if (file_open(dir, name, O_NOFOLLOW, &fd, &st, err) == -1)
		return -1;
	if (!is_plain(&st))
		return err_set(err, ERR_REFUSED, "%s has two names", name);
	if (file_read(fd, PRINTED_MAX, text, err) == -1)
		return err_within(err, "%s", name);
	return 0;
}

int
side_file_print(int dir, const char *name, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };

	if (side_file_read(dir, name, &text, err) == -1)
		return -1;
	output_lines(str_slice(&text));
	return 0;
}

int
side_file_remove(int dir, const char *name, bool *was, struct err *err)
{
	bool removed;

	if (change_remove(dir, name, &removed, err) == -1)
		return -1;
	if (was != NULL)
		*was = removed;
	return removed && fsync(dir) == -1 ?
	    err_sys(err, "sync the directory of %s", name) : 0;
}
