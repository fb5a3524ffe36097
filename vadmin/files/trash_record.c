/* trash_record.c: what a deleted account's lines said. */
#include "trash_record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "scope.h"
#include "trust.h"

#define TRASH	".trash"

enum { RECORD_MAX = 1 << 20 };

/* --- the directory ------------------------------------------------------- */

static int
open_step(int parent, const char *name, uid_t owner, bool make, int *fd,
    struct err *err)
{
	SCOPED(drop_fd) int got = -1;
	struct stat st;

	int made = make ? change_make_dir(parent, name, 0700, err) : 1;
	if (made == -1)
		return -1;
	if (made == 0 && fsync(parent) == -1)
		return err_sys(err, "sync the directory of %s", name);
	got = change_open(parent, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (got == -1 && errno == ENOENT)
		return err_set(err, ERR_ABSENT, "there is no %s", name);
	if (got == -1 || fstat(got, &st) == -1)
		return err_sys(err, "%s", name);
	if (!trust_file(&st, owner))
		return err_set(err, ERR_REFUSED, "%s: others can write to it: "
		    "close it (chmod 700)", name);
	*fd = got;
	got = -1;
	return 0;
}

static int
open_records(const struct domain *domain, bool make, int *fd, struct err *err)
{
	const struct installation *in = domain->in;
	SCOPED(drop_fd) int trash = -1;

	if (open_step(in->dir, TRASH, in->owner, make, &trash, err) == -1 ||
	    open_step(trash, domain->name, in->owner, make, fd, err) == -1)
		return err_within(err, "%s/" TRASH, in->path);
	return 0;
}

/* --- a record ------------------------------------------------------------ */

void
trash_record_add(struct str *text, const char *file, struct slice line)
{
	str_addf(text, "%s:", file);
	str_addslice(text, line);
	str_addc(text, '\n');
}

bool
trash_record_next(struct slice *rest, const char *file, struct slice *line)
{
	struct slice name;

	while (rest->len > 0 && slice_cut(rest, '\n', line))
		if (slice_cut(line, ':', &name) && slice_is(name, file))
			return true;
	return false;
}

static const char *
file_name(struct pool *pool, const char *account, const char *stamp)
{
	return pool_format(pool, "%s.%s", pool_lower(pool,
	    slice_of(account)), stamp);
}

int
trash_record_write(const struct domain *domain, const char *account,
    const char *stamp, struct slice text, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int dir = -1;

	if (open_records(domain, true, &dir, err) == -1)
		return -1;
	return file_replace(dir, file_name(&pool, account, stamp), MODE_SECRET,
	    text, err);
}

int
trash_record_read(const struct domain *domain, const char *account,
    const char *stamp, struct str *text, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int dir = -1;
	SCOPED(drop_fd) int fd = -1;
	const char *name = file_name(&pool, account, stamp);

	if (open_records(domain, false, &dir, err) == -1 ||
	    file_open(dir, name, O_NOFOLLOW, &fd, NULL, err) == -1 ||
	    file_read(fd, RECORD_MAX, text, err) == -1)
		return err_within(err, "%s", name);
	return 0;
}

int
trash_record_remove(const struct domain *domain, const char *account,
    const char *stamp, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int dir = -1;
	const char *name = file_name(&pool, account, stamp);

	if (open_records(domain, false, &dir, err) == -1)
		return -1;
	if (change_remove(dir, name, NULL, err) == -1)
		return -1;
	return fsync(dir) == -1 ? err_sys(err, "sync %s", domain->name) : 0;
}

/* --- which there are ----------------------------------------------------- */

/* "U.TIME.PID": what stands before the last two dots. */
static bool
is_of(struct slice name, const char *account, struct slice *stamp)
{
	ptrdiff_t dot = slice_find_last(name, '.');
	struct slice before = name;

	if (dot == -1)
		return false;
	before.len = (size_t)dot;
	dot = slice_find_last(before, '.');
	if (dot < 1 || before.p[0] == '.')
		return false;	/* a draft that a crash left */
	*stamp = slice_from(name, (size_t)dot + 1);
	before.len = (size_t)dot;
	return slice_same(before, slice_of(account));
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
trash_record_stamps(const struct domain *domain, struct pool *pool,
    const char *account, const char ***out, size_t *count, struct err *err)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	SCOPED(drop_fd) int fd = -1;
	struct dirent *entry;
	struct slice stamp;
	size_t room = 0;

	*out = NULL;
	*count = 0;
	if (open_records(domain, false, &fd, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	dir = fdopendir(fd);
	if (dir == NULL)
		return err_sys(err, "read %s", TRASH);
	fd = -1;
	while ((entry = readdir(dir)) != NULL) {
		if (!is_of(slice_of(entry->d_name), account, &stamp))
			continue;
		if (*count == room) {
			const char **more = pool_alloc(pool,
			    (room = 2 * room + 8) * sizeof *more);
			if (*count > 0)
				memcpy(more, *out, *count * sizeof *more);
			*out = more;
		}
		(*out)[(*count)++] = pool_dup(pool, stamp);
	}
	if (*count > 1)
		qsort(*out, *count, sizeof **out, compare);
	return 0;
}
