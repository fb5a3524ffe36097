/* undo.c: an entry of the journal taken back, step by step from its end. */
#include "undo.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "away.h"
#include "belongings.h"
#include "change.h"
#include "fd.h"
#include "mem.h"
#include "moved.h"
#include "place.h"
#include "relocate.h"
#include "scope.h"
#include "undo_desk.h"

/* --- links, directories, moves --------------------------------------------- */

static int
back_link(const struct desk *desk, struct err *err)
{
	struct stat st;
	bool there = change_stat(desk->dir, desk->name, &st) == 0;

	if (!desk->step->is) {
		if (there)
			return desk->perhaps ? 0 :
			    undo_is_there_again(desk->step->path, err);
		if (change_make_link(desk->step->to, desk->dir, desk->name,
		    err) == -1)
			return -1;
		return undo_sync(desk, err);
	}
	if (there && undo_link_says(desk, desk->step->to))
		return desk->step->was ? undo_put(desk, err) :
		    undo_remove(desk, err);
	return desk->perhaps && there == desk->step->was ? 0 : err_set(err, ERR_REFUSED,
	    "%s does not lead to %s any more", desk->step->path,
	    desk->step->to);
}

/* What programs keep beside an inbox comes and goes. */
static bool
is_kin(const struct desk *desk, const char *moved_to)
{
	return desk->name[0] == '.' && moved_to[0] == '.';
}

static int
back_move(const struct desk *desk, struct err *err)
{
	SCOPED(drop_fd) int from = -1;
	const char *moved_to;
	struct stat st;

	if (place_open(desk->step->to, &from, &moved_to, err) == -1)
		return -1;
	if (is_kin(desk, moved_to) && change_stat(from, moved_to, &st) == -1)
		return 0;
	if (is_kin(desk, moved_to) && change_remove(desk->dir, desk->name,
	    NULL, err) == -1)
		return -1;
	switch (change_move(from, moved_to, desk->dir, desk->name, err)) {
	case CHANGE_MOVED:
		if (!change_is_rehearsed() && fsync(from) == -1)
			return err_sys(err, "sync the directory of %s",
			    desk->step->to);
		return undo_sync(desk, err);
	case CHANGE_NOTHING_THERE:
		if (desk->perhaps && change_stat(desk->dir, desk->name,
		    &st) == 0)
			return 0;
		return err_set(err, ERR_REFUSED, "%s is not there any more",
		    desk->step->to);
	case CHANGE_IN_THE_WAY:
		return undo_is_there_again(desk->step->path, err);
	default:
		return -1;
	}
}

/* Where a thing is as the mark that it leaves says it: below the mark's own
 * directory; else (NULL) it leaves none, as what comes back from a trash. */
static const char *
mark_for(struct pool *pool, const char *at, const char *leads_to)
{
	size_t len = (size_t)(strrchr(at, '/') + 1 - at);

	return strncmp(at, leads_to, len) == 0 ?
	    pool_format(pool, MOVED "%s", leads_to + len) : NULL;
}

/* Mail that came since goes along, and so does what lies beside an inbox. */
static int
back_relocate(const struct desk *desk, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int from = -1;
	struct place now, then = { desk->dir, desk->name };
	struct stat st;

	if (place_open(desk->step->to, &from, &now.name, err) == -1)
		return -1;
	now.dir = from;
	if (change_stat(then.dir, then.name, &st) == 0 &&
	    !relocate_is_mark(then, NULL))
		return desk->perhaps ? relocate_clear(now, err) :
		    undo_is_there_again(desk->step->path, err);
	const char *mark = mark_for(&pool, desk->step->to, desk->step->path);
	if ((mark != NULL ? relocate(now, then, mark, err) :
	    relocate_back(now, then, err)) == -1)
		return -1;
	return belongings_take_kin(now.dir, now.name, then.dir, then.name,
	    err);
}

/* The mail goes with the domain, or the account, that it was copied for. */
static int
back_copy(const struct desk *desk, struct err *err)
{
	(void)desk;
	(void)err;
	return 0;
}

/* One that others use by now stays. */
static int
back_make_dir(const struct desk *desk, struct err *err)
{
	int gone = change_remove_dir(desk->dir, desk->name, err);

	return gone == -1 ? -1 : gone == 1 ? 0 : undo_sync(desk, err);
}

static int
back_remove_dir(const struct desk *desk, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	const struct journal_step *step = desk->step;
	int made = change_make_dir(desk->dir, desk->name, 0700, err);

	if (made != 0)
		return made == -1 ? -1 : 0;
	fd = change_open(desk->dir, desk->name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || (desk->in->as_root &&
	    fchown(fd, step->owner.uid, step->owner.gid) == -1) ||
	    fchmod(fd, step->mode) == -1)
		return err_sys(err, "owner of %s", step->path);
	return undo_sync(desk, err);
}

static int
back_destroy(const struct desk *desk, struct err *err)
{
	return err_set(err, ERR_REFUSED, "%s was removed for good",
	    desk->step->path);
}

static int
back_mode(const struct desk *desk, struct err *err)
{
	(void)desk;
	(void)err;
	return 0;
}

static int
back_make_as(const struct desk *desk, struct err *err)
{
	return away_remove_index(desk->step->path, desk->step->owner, err);
}

static int
back_remove_as(const struct desk *desk, struct err *err)
{
	return away_make_index(desk->step->path, desk->step->owner, err);
}

/* Root goes into no directory of a user's: the account's process does. */
static const struct {
	int	(*back)(const struct desk *desk, struct err *err);
	bool	 opens;
} ways[] = {
	[CHANGE_FILE] = { undo_file, true },
	[CHANGE_LINK] = { back_link, true },
	[CHANGE_MOVE] = { back_move, true },
	[CHANGE_RELOCATE] = { back_relocate, true },
	[CHANGE_COPY] = { back_copy, false },
	[CHANGE_MAKE_DIR] = { back_make_dir, true },
	[CHANGE_REMOVE_DIR] = { back_remove_dir, true },
	[CHANGE_DESTROY] = { back_destroy, false },
	[CHANGE_MODE] = { back_mode, false },
	[CHANGE_MAKE_AS] = { back_make_as, false },
	[CHANGE_REMOVE_AS] = { back_remove_as, false },
};

/* --- all of them ----------------------------------------------------------- */

struct steps {
	struct journal_step	*step;
	size_t		 count, room;
};

static void
drop_steps(struct steps *steps)
{
	drop_mem(&steps->step);
}

static void
read_steps(const struct entry_file *entry, struct pool *pool,
    struct steps *out)
{
	struct slice rest = entry->steps;
	struct journal_step step;

	while (entry_next_step(&rest, pool, &step)) {
		mem_room(&out->step, &out->room, out->count,
		    sizeof *out->step);
		out->step[out->count++] = step;
	}
}

const char *
undo_obstacle(const struct entry_file *entry, struct pool *pool)
{
	struct slice rest = entry->steps;
	struct journal_step step;

	while (entry_next_step(&rest, pool, &step))
		if (step.kind == CHANGE_DESTROY)
			return step.path;
	return NULL;
}

static int
back(const struct installation *in, const struct entry_file *entry,
    const struct journal_step *step, bool perhaps, struct err *err)
{
	SCOPED(drop_fd) int dir = -1;
	struct desk desk = { in, entry, step, manner_of(step->path), perhaps,
	    -1, NULL };

	if (ways[step->kind].opens) {
		if (place_open(step->path, &dir, &desk.name, err) == -1)
			return -1;
		desk.dir = dir;
	}
	return ways[step->kind].back(&desk, err);
}

int
undo_entry(const struct installation *in, const struct entry_file *entry,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_steps) struct steps steps = { 0 };
	bool broken_off = strcmp(entry->result, "done") != 0;

	read_steps(entry, &pool, &steps);
	for (size_t i = steps.count; i > 0; i--)
		if (back(in, entry, &steps.step[i - 1],
		    broken_off && i == steps.count, err) == -1) {
			/* The entry is there; what it needs is not. */
			if (err->kind == ERR_ABSENT)
				err->kind = ERR_REFUSED;
			return -1;
		}
	return 0;
}
