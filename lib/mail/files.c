/* files.c: the text files of the installation, read whole and replaced
 * whole. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "change.h"
#include "fd.h"
#include "file.h"
#include "scope.h"
#include "trust.h"

enum { TEXT_MAX = 1 << 30 };

bool
files_exists(int dir, const char *name)
{
	struct stat st;

	/* What cannot be looked at counts as there: nothing is put over it. */
	return change_stat(dir, name, &st) == 0 || errno != ENOENT;
}

int
files_read(const struct installation *in, const char *name, struct str *text,
    bool *there, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	struct stat st;

	if (there != NULL)
		*there = true;
	if (change_stat(in->dir, name, &st) == 0 && S_ISLNK(st.st_mode))
		return err_set(err, ERR_REFUSED,
		    "%s/%s is a symbolic link: put the file itself in its place", in->path, name);
	if (file_open(in->dir, name, O_NOFOLLOW, &fd, &st, err) == -1) {
		if (err->kind != ERR_ABSENT)
			return err_within(err, "%s", in->path);
		if (there != NULL)
			*there = false;
		return 0;
	}
	if (!trust_file(&st, in->owner))
		return err_set(err, ERR_REFUSED,
		    "%s/%s: others can write to it: give it to %s and close it "
		    "(chmod go-w)", in->path, name, in->owner == 0 ? "root" :
		    "its owner");
	if (file_read(fd, TEXT_MAX, text, err) == -1)
		return err_within(err, "%s/%s", in->path, name);
	return 0;
}

int
files_write(const struct installation *in, const char *name, mode_t mode,
    struct slice text, struct err *err)
{
	if (file_replace(in->dir, name, mode, text, err) == -1)
		return err_within(err, "%s", in->path);
	return 0;
}
