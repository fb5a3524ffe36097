/* undo_file.c: a change of a file, taken back. */
#include "undo_desk.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "coming.h"
#include "domain.h"
#include "entries.h"
#include "fd.h"
#include "file.h"
#include "index.h"
#include "leaving.h"
#include "scope.h"

enum { TEXT_MAX = 1 << 30 };

int
undo_is_gone(const struct desk *desk, struct err *err)
{
	return err_set(err, ERR_REFUSED, "%s is not there any more",
	    desk->step->path);
}

int
undo_is_there_again(const char *path, struct err *err)
{
	return err_set(err, ERR_REFUSED, "there is a %s again", path);
}

int
undo_sync(const struct desk *desk, struct err *err)
{
	return !change_is_rehearsed() && fsync(desk->dir) == -1 ?
	    err_sys(err, "sync the directory of %s", desk->step->path) : 0;
}

/* An index is one of a file beside the settings, or of none. */
static int
commit(const struct desk *desk, struct draft *draft, struct err *err)
{
	struct stat a, b;

	if (fstat(desk->dir, &a) == -1 || fstat(desk->in->dir, &b) == -1)
		return err_sys(err, "the directory of %s", desk->step->path);
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino ?
	    index_commit(desk->in, draft, err) : draft_commit(draft, err);
}

static int
write_file(const struct desk *desk, struct slice text, bool is_new,
    struct err *err)
{
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };
	struct ident who = desk->step->owner;

	if ((is_new ? draft_begin_like(desk->dir, desk->name, NULL,
	    desk->step->mode, &draft, err) : draft_begin(desk->dir,
	    desk->name, desk->step->mode, &draft, err)) == -1)
		return -1;
	if (fd_write(draft.fd, text.p, text.len) == -1)
		return err_sys(err, "write %s", desk->step->path);
	if (is_new && desk->in->as_root &&
	    (fchown(draft.fd, who.uid, who.gid) == -1 ||
	    fchmod(draft.fd, desk->step->mode) == -1))
		return err_sys(err, "owner of %s", desk->step->path);
	return commit(desk, &draft, err);
}

int
undo_remove(const struct desk *desk, struct err *err)
{
	if (change_remove(desk->dir, desk->name, NULL, err) == -1)
		return -1;
	return undo_sync(desk, err);
}

bool
undo_link_says(const struct desk *desk, const char *text)
{
	char says[PATH_MAX];
	ssize_t len = change_read_link(desk->dir, desk->name, says,
	    sizeof says);

	return len > 0 && slice_is((struct slice){ says, (size_t)len }, text);
}

int
undo_put(const struct desk *desk, struct err *err)
{
	const struct journal_step *step = desk->step;

	if (step->said == NULL)
		return write_file(desk, step->hunk.old, true, err);
	if (change_put_link(step->said, desk->dir, desk->name, err) == -1)
		return -1;
	return undo_sync(desk, err);
}

/* *there, and its text. */
static int
read_now(const struct desk *desk, struct str *text, bool *there,
    struct err *err)
{
	SCOPED(drop_fd) int fd = -1;

	*there = true;
	if (file_open(desk->dir, desk->name, O_NOFOLLOW, &fd, NULL,
	    err) == -1) {
		*there = false;
		return err->kind == ERR_ABSENT ? 0 : -1;
	}
	return file_read(fd, TEXT_MAX, text, err);
}

static int
holds_something_else(const struct desk *desk, struct err *err)
{
	return err_set(err, ERR_REFUSED, "%s holds something else since",
	    desk->step->path);
}

/* A file that took the place of a link. */
static int
back_from_link(const struct desk *desk, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	bool there;

	if (undo_link_says(desk, desk->step->said))
		return desk->perhaps ? 0 :
		    undo_is_there_again(desk->step->path, err);
	if (read_now(desk, &text, &there, err) == -1)
		return -1;
	if (!there)
		return undo_is_gone(desk, err);
	return slice_equal(str_slice(&text), desk->step->hunk.new) ?
	    undo_put(desk, err) : holds_something_else(desk, err);
}

/* What changes by itself is put back as it was. */
static int
back_living(const struct desk *desk, struct err *err)
{
	struct stat st;

	if (!desk->step->was)
		return undo_remove(desk, err);
	return write_file(desk, desk->step->hunk.old, change_stat(desk->dir,
	    desk->name, &st) == -1, err);
}

static int
back_made(const struct desk *desk, struct slice now, bool there,
    struct err *err)
{
	if (!there)
		return desk->perhaps ? 0 : undo_is_gone(desk, err);
	if (!slice_equal(now, desk->step->hunk.new))
		return holds_something_else(desk, err);
	return undo_remove(desk, err);
}

static int
back_removed(const struct desk *desk, bool there, struct err *err)
{
	if (there)
		return desk->perhaps ? 0 :
		    undo_is_there_again(desk->step->path, err);
	if (desk->step->lost)
		return err_set(err, ERR_REFUSED,
		    "%s was no plain file, and is not kept",
		    desk->step->path);
	return write_file(desk, desk->step->hunk.old, true, err);
}

static bool
can_be_done(const struct desk *desk, struct slice now)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct err unused;

	return hunk_apply(&desk->step->hunk, now, desk->manner->separator,
	    &text, &unused) == 0;
}

/* Who comes back needs the room that who is new needs. */
static int
check_room(const struct desk *desk, struct slice now, struct slice then,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct slice file = slice_of(desk->name);
	struct domain *domain;
	struct err unused;

	if (!slice_starts(file, "passwd.") || domain_open(desk->in, &pool,
	    slice_from(file, strlen("passwd.")), &domain, &unused) == -1)
		return 0;
	uint64_t max = domain->conf.max_users, count = max == 0 ? 0 :
	    leaving_count(then);
	return count <= max || count <= leaving_count(now) ? 0 :
	    err_set(err, ERR_REFUSED, "%s may have %llu accounts and would "
	    "have %llu: raise max-users", domain->name,
	    (unsigned long long)max, (unsigned long long)count);
}

/* Lines that only went can come back wherever they are, so a step that perhaps
 * was not done is asked first for what there would be more of without it. */
static int
back_replaced(const struct desk *desk, struct slice now, bool there,
    struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	const struct hunk *done = &desk->step->hunk, back = hunk_turned(done);

	if (!there)
		return undo_is_gone(desk, err);
	if (desk->perhaps && done->old.len > done->new.len &&
	    can_be_done(desk, now))
		return 0;
	if (hunk_apply(&back, now, desk->manner->separator, &text, err) == 0)
		return check_room(desk, now, str_slice(&text), err) == -1 ? -1 :
		    write_file(desk, str_slice(&text), false, err);
	return desk->perhaps && can_be_done(desk, now) ? 0 :
	    err_within(err, "%s", desk->step->path);
}

int
undo_file(const struct desk *desk, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	const struct journal_step *step = desk->step;
	bool there;

	if (desk->manner->stays)
		return 0;
	if (desk->manner->lives)
		return back_living(desk, err);
	if (step->said != NULL)
		return back_from_link(desk, err);
	if (leaving_check(desk->in, desk->entry, step, err) == -1 ||
	    coming_check(desk->in, desk->entry, step, err) == -1 ||
	    read_now(desk, &text, &there, err) == -1)
		return -1;
	struct slice now = str_slice(&text);
	return !step->was ? back_made(desk, now, there, err) :
	    !step->is ? back_removed(desk, there, err) :
	    back_replaced(desk, now, there, err);
}
