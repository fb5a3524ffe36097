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

/* "U.TIME.NANOSECONDS": what stands before the last two dots. */
static bool
cut_name(struct slice name, struct slice *account, struct slice *stamp)
{
	ptrdiff_t dot = slice_find_last(name, '.');

	*account = name;
	if (dot == -1)
		return false;
	account->len = (size_t)dot;
	dot = slice_find_last(*account, '.');
	if (dot < 1 || name.p[0] == '.')
		return false;	/* a draft that a crash left */
	*stamp = slice_from(name, (size_t)dot + 1);
	account->len = (size_t)dot;
	return true;
}

int
trash_record_each(const struct domain *domain, trash_record_visitor *visit,
    void *arg, struct err *err)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	SCOPED(drop_fd) int fd = -1;
	struct dirent *entry;
	struct slice account, stamp;

	if (open_records(domain, false, &fd, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	dir = fdopendir(fd);
	if (dir == NULL)
		return err_sys(err, "read %s", TRASH);
	fd = -1;
	while ((entry = readdir(dir)) != NULL)
		if (cut_name(slice_of(entry->d_name), &account, &stamp))
			visit(arg, account, stamp);
	return 0;
}

struct stamps {
	const char	*account;
	struct pool	*pool;
	const char	**all;
	size_t		 count, room;
};

static void
add_stamp(void *arg, struct slice account, struct slice stamp)
{
	struct stamps *s = arg;

	if (!slice_same(account, slice_of(s->account)))
		return;
	if (s->count == s->room) {
		const char **more = pool_alloc(s->pool,
		    (s->room = 2 * s->room + 8) * sizeof *more);
		if (s->count > 0)
			memcpy(more, s->all, s->count * sizeof *more);
		s->all = more;
	}
	s->all[s->count++] = pool_dup(s->pool, stamp);
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
	struct stamps stamps = { .account = account, .pool = pool };

	*out = NULL;
	*count = 0;
	if (trash_record_each(domain, add_stamp, &stamps, err) == -1)
		return -1;
	if (stamps.count > 1)
		qsort(stamps.all, stamps.count, sizeof *stamps.all, compare);
	*out = stamps.all;
	*count = stamps.count;
	return 0;
}
