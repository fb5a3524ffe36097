/* rehearsal.c: an operation without its changes. */
#include "rehearsal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "place.h"
#include "scope.h"
#include "step.h"

/* What is to be found at a path instead of what is there. */
struct replica {
	const char	*path;
	int		 fd;		/* -1: nothing */
	/* of a directory: the one that lies for it on the disk */
	const char	*disk;
	bool		 is_scratch;	/* and goes at the end */
	struct replica	*next;
};

/* --- names ----------------------------------------------------------------- */

/* A directory of the disk as it would be called: one that stands for another, or
 * lies below such. */
static void
translate(const struct rehearsal *r, struct str *path)
{
	for (const struct replica *p = r->replicas; p != NULL; p = p->next) {
		if (p->disk == NULL ||
		    !slice_starts(str_slice(path), p->disk))
			continue;
		size_t len = strlen(p->disk);
		if (path->s[len] != '/' && path->s[len] != '\0')
			continue;
		if (strcmp(p->disk, p->path) == 0)
			return;		/* where it is again */
		SCOPED(drop_str) struct str called = { 0 };
		str_adds(&called, p->path);
		str_adds(&called, path->s + len);
		str_cut(path, 0);
		str_addslice(path, str_slice(&called));
		return;
	}
}

static int
place(void *arg, int dir, const char *name, struct str *out, struct err *err)
{
	const struct rehearsal *r = arg;

	if (dir == AT_FDCWD || name[0] == '/')
		return place_of(dir, name, out, err);
	if (place_of(dir, "", out, err) == -1)
		return -1;
	if (out->len > 1)
		str_cut(out, out->len - 1);
	translate(r, out);
	str_addf(out, "%s%s", out->len > 1 ? "/" : "", name);
	return 0;
}

/* The replica of the path, or of the nearest directory above it: *below is
 * what stands behind that. */
static const struct replica *
nearest(const struct rehearsal *r, const char *path, const char **below)
{
	SCOPED(drop_str) struct str step = { 0 };

	str_adds(&step, path);
	while (step.len > 0) {
		const struct replica *found = table_find(&r->places,
		    str_text(&step));
		if (found != NULL) {
			*below = path + step.len;
			return found;
		}
		ptrdiff_t slash = slice_find_last(str_slice(&step), '/');
		if (slash == -1)
			break;
		str_cut(&step, (size_t)slash);
	}
	return NULL;
}

static int
find(void *arg, int dir, const char *name, int flags, int *fd)
{
	const struct rehearsal *r = arg;
	SCOPED(drop_str) struct str path = { 0 };
	const struct replica *found;
	const char *below;
	char link[64];
	struct err unused;

	if (place(arg, dir, name, &path, &unused) == -1)
		return 0;
	found = nearest(r, str_text(&path), &below);
	if (found == NULL)
		return 0;
	*fd = -1;
	if (found->fd == -1 || (below[0] != '\0' && found->disk == NULL))
		return 1;
	if (below[0] != '\0') {
		SCOPED(drop_str) struct str there = { 0 };
		str_addf(&there, "%s%s", found->disk, below);
		*fd = open(str_text(&there), flags);
		return 1;
	}
	/* It may have no name any more, or be a link. */
	if (flags & O_PATH) {
		*fd = fcntl(found->fd, F_DUPFD_CLOEXEC, 0);
		return 1;
	}
	snprintf(link, sizeof link, "/proc/self/fd/%d", found->fd);
	*fd = open(link, flags & ~O_NOFOLLOW);
	return 1;
}

/* Of those that lie in the directory under a name that the disk does not have;
 * what was replaced again is not looked at twice. */
static const char *
made(void *arg, int dir, size_t i)
{
	const struct rehearsal *r = arg;
	SCOPED(drop_str) struct str path = { 0 };
	struct err unused;
	struct stat st;

	if (place(arg, dir, "", &path, &unused) == -1)
		return NULL;
	for (const struct replica *p = r->replicas; p != NULL; p = p->next) {
		if (!slice_starts(slice_of(p->path), str_text(&path)) ||
		    strchr(p->path + path.len, '/') != NULL || p->fd == -1 ||
		    table_find(&r->places, p->path) != p ||
		    fstatat(dir, p->path + path.len, &st,
		    AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if (i-- == 0)
			return p->path + path.len;
	}
	return NULL;
}

/* --- what would be --------------------------------------------------------- */

static void
put(struct rehearsal *r, const char *path, int fd, const char *disk,
    bool is_scratch)
{
	struct replica *p = pool_alloc(&r->pool, sizeof *p);

	*p = (struct replica){ pool_dup(&r->pool, slice_of(path)), fd,
	    disk != NULL ? pool_dup(&r->pool, slice_of(disk)) : NULL,
	    is_scratch, r->replicas };
	r->replicas = p;
	*table_at(&r->places, p->path) = p;
}

static int
put_file(struct rehearsal *r, const struct change *change,
    const struct journal_step *step, struct err *err)
{
	int fd = -1;

	if (step->is) {
		fd = fcntl(change->fd, F_DUPFD_CLOEXEC, 0);
		if (fd == -1)
			return err_sys(err, "%s", step->path);
	}
	put(r, step->path, fd, NULL, false);
	return 0;
}

/* A link without a name. */
static int
make_link(const char *says, int *fd, struct err *err)
{
	char path[] = "/tmp/vadmin.XXXXXX";
	SCOPED(drop_fd) int dir = -1;

	if (mkdtemp(path) == NULL)
		return err_sys(err, "make %s", path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir != -1 && symlinkat(says, dir, "link") == 0) {
		*fd = openat(dir, "link", O_PATH | O_NOFOLLOW | O_CLOEXEC);
		unlinkat(dir, "link", 0);
	}
	rmdir(path);
	return *fd == -1 ? err_sys(err, "make a link in %s", path) : 0;
}

static int
put_link(struct rehearsal *r, const struct change *change,
    const struct journal_step *step, struct err *err)
{
	int fd = -1;

	(void)change;
	if (step->is && make_link(step->to, &fd, err) == -1)
		return -1;
	put(r, step->path, fd, NULL, false);
	return 0;
}

/* What would be below a directory goes with it. */
static int
put_below(struct rehearsal *r, const struct journal_step *step,
    struct err *err)
{
	SCOPED(drop_str) struct str above = { 0 };

	str_addf(&above, "%s/", step->path);
	for (const struct replica *p = r->replicas; p != NULL; p = p->next) {
		if (!slice_starts(slice_of(p->path), str_text(&above)) ||
		    table_find(&r->places, p->path) != p)
			continue;
		int fd = p->fd == -1 ? -1 : fcntl(p->fd, F_DUPFD_CLOEXEC, 0);
		if (fd == -1 && p->fd != -1)
			return err_sys(err, "%s", p->path);
		put(r, pool_format(&r->pool, "%s/%s", step->to,
		    p->path + above.len), fd, p->disk, false);
	}
	return 0;
}

static int
put_moved(struct rehearsal *r, const struct change *change,
    const struct journal_step *step, struct err *err)
{
	SCOPED(drop_str) struct str disk = { 0 };
	int fd = change_open(change->dir, change->name,
	    O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1 || place_of(fd, "", &disk, err) == -1)
		return err_sys(err, "%s", step->path);
	str_cut(&disk, disk.len - 1);
	put(r, step->path, -1, NULL, false);
	put(r, step->to, fd, str_text(&disk), false);
	return put_below(r, step, err);
}

static int
put_relocated(struct rehearsal *r, const struct change *change,
    const struct journal_step *step, struct err *err)
{
	int fd = -1;

	if (step->was) {
		if (put_moved(r, change, step, err) == -1)
			return -1;
	} else
		put(r, step->to, -1, NULL, false);
	if (change->mark == NULL)
		return 0;
	if (make_link(change->mark, &fd, err) == -1)
		return -1;
	put(r, step->path, fd, NULL, false);
	return 0;
}

static int
put_directory(struct rehearsal *r, const struct change *change,
    const struct journal_step *step, struct err *err)
{
	char path[] = "/tmp/vadmin.XXXXXX";

	(void)change;
	if (mkdtemp(path) == NULL)
		return err_sys(err, "make %s", path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put(r, step->path, fd, path, true);
	return fd == -1 ? err_sys(err, "%s", path) : 0;
}

/* What it would be like nobody asks: only whether it is there. */
static int
put_copied(struct rehearsal *r, const struct change *change,
    const struct journal_step *step, struct err *err)
{
	int fd = change_open(change->to_dir, change->to,
	    O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return err_sys(err, "%s", step->to);
	put(r, step->path, fd, NULL, false);
	return 0;
}

static int
put_nothing(struct rehearsal *r, const struct change *change,
    const struct journal_step *step, struct err *err)
{
	(void)change;
	(void)err;
	put(r, step->path, -1, NULL, false);
	return 0;
}

static int
put_as_it_is(struct rehearsal *r, const struct change *change,
    const struct journal_step *step, struct err *err)
{
	(void)r;
	(void)change;
	(void)step;
	(void)err;
	return 0;
}

typedef int putter(struct rehearsal *r, const struct change *change,
    const struct journal_step *step, struct err *err);
static putter *const putters[] = {
	[CHANGE_FILE] = put_file,
	[CHANGE_LINK] = put_link,
	[CHANGE_MOVE] = put_moved,
	[CHANGE_RELOCATE] = put_relocated,
	[CHANGE_COPY] = put_copied,
	[CHANGE_MAKE_DIR] = put_directory,
	[CHANGE_REMOVE_DIR] = put_nothing,
	[CHANGE_DESTROY] = put_nothing,
	[CHANGE_MODE] = put_as_it_is,
	[CHANGE_MAKE_AS] = put_as_it_is,
	[CHANGE_REMOVE_AS] = put_as_it_is,
};

static int
tell(void *arg, const struct change *change, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_step_texts) struct step_texts texts = { 0 };
	struct rehearsal *r = arg;
	struct journal_step step;

	if (step_of(change, place, r, &pool, &texts, &step, err) == -1)
		return -1;
	r->count++;
	r->last = pool_dup(&r->pool, slice_of(step.path));
	if (r->steps.heads != NULL) {
		step_show(&step, &r->steps);
		/* What an operation says that it did, it did not do. */
		output_mute(true);
	}
	return putters[step.kind](r, change, &step, err) == -1 ? -1 : 0;
}

/* --- begin and end --------------------------------------------------------- */

void
rehearsal_begin(struct rehearsal *r, bool told)
{
	r->watcher = (struct change_watcher){ .tell = tell,
	    .find = find, .made = made, .arg = r };
	r->steps.heads = told ? step_heads : NULL;
	r->before = change_watch(&r->watcher);
	r->watches = true;
}

void
drop_rehearsal(struct rehearsal *r)
{
	if (r->watches)
		change_watch(r->before);
	for (struct replica *p = r->replicas; p != NULL; p = p->next) {
		drop_fd(&p->fd);
		if (p->is_scratch)
			rmdir(p->disk);
	}
	drop_table(&r->places);
	drop_sheet(&r->steps);
	drop_pool(&r->pool);
}
