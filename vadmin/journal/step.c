/* step.c: one change as it is kept account of. */
#include "step.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fd.h"
#include "manner.h"
#include "scope.h"

/* Longer than what an index of a vacation gets, shorter than what nobody would
 * want to have twice. */
enum { LIVES_MAX = 16 << 20, SHOWN_MAX = 200 };

static const struct {
	const char	*name, *action;
} kinds[] = {
	[CHANGE_FILE] = { "file", "replace" },
	[CHANGE_LINK] = { "link", "link" },
	[CHANGE_MOVE] = { "move", "move" },
	[CHANGE_RELOCATE] = { "relocate", "move" },
	[CHANGE_COPY] = { "copy", "copy" },
	[CHANGE_MAKE_DIR] = { "directory", "make directory" },
	[CHANGE_REMOVE_DIR] = { "no-directory", "remove directory" },
	[CHANGE_DESTROY] = { "destroyed", "destroy" },
	[CHANGE_MODE] = { "mode", "mend mode" },
	[CHANGE_MAKE_AS] = { "made-by-account", "make" },
	[CHANGE_REMOVE_AS] = { "removed-by-account", "remove" },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

const char *
step_kind_name(enum change_kind kind)
{
	return kinds[kind].name;
}

bool
step_kind_named(struct slice name, enum change_kind *out)
{
	for (size_t i = 0; i < KINDS; i++)
		if (slice_is(name, kinds[i].name)) {
			*out = (enum change_kind)i;
			return true;
		}
	return false;
}

const char *
step_action(const struct journal_step *step)
{
	bool named = step->kind == CHANGE_FILE || step->kind == CHANGE_LINK;

	if (named && !step->is)
		return "remove";
	if (step->kind == CHANGE_FILE && !step->was)
		return "make";
	if (step->kind == CHANGE_RELOCATE && !step->was)
		return "mark";
	return kinds[step->kind].action;
}

/* "passwd.D", or ".passwd.D" for as long as nobody may read it. */
bool
step_is_of_domain(const struct journal_step *step, const char *domain)
{
	const char *found = step->path, *slash = strrchr(found, '/'),
	    *file = slash != NULL ? slash + 1 : found,
	    *dot = strchr(file + (file[0] == '.'), '.');
	size_t len = strlen(domain);

	if (dot != NULL && strcmp(dot + 1, domain) == 0)
		return true;
	while ((found = strchr(found, '/')) != NULL)
		if (strncmp(++found, domain, len) == 0 && found[len] == '/')
			return true;
	return false;
}

/* --- from a change --------------------------------------------------------- */

void
drop_step_texts(struct step_texts *texts)
{
	if (texts->old != NULL)
		munmap(texts->old, texts->old_len);
	if (texts->new != NULL)
		munmap(texts->new, texts->new_len);
}

static int
map(int fd, off_t size, char **text, size_t *len, struct err *err)
{
	if (size == 0)
		return 0;
	char *p = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_sys(err, "read");
	*text = p;
	*len = (size_t)size;
	return 0;
}

static void
take_stat(struct journal_step *step, const struct stat *st)
{
	step->owner = (struct ident){ st->st_uid, st->st_gid };
	step->mode = st->st_mode & 07777;
}

/* NULL: it is none. */
static const char *
link_text(const struct change *change, struct pool *pool)
{
	char says[PATH_MAX];
	ssize_t len = change_read_link(change->dir, change->name, says,
	    sizeof says);

	return len <= 0 || (size_t)len == sizeof says ? NULL :
	    pool_dup(pool, (struct slice){ says, (size_t)len });
}

/* What is there before: a file's text, a link, or why there is none. */
static int
take_old(const struct change *change, const struct manner *manner,
    struct pool *pool, struct journal_step *step, struct step_texts *texts,
    struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	struct stat st;

	if (change_stat(change->dir, change->name, &st) == -1)
		return errno == ENOENT ? 0 : err_sys(err, "%s", step->path);
	step->was = true;
	take_stat(step, &st);
	if (S_ISLNK(st.st_mode) && (step->said = link_text(change, pool)))
		return 0;
	step->lost = !S_ISREG(st.st_mode) ||
	    (manner->lives && st.st_size > LIVES_MAX);
	if (step->lost)
		return 0;
	fd = change_open(change->dir, change->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return err_sys(err, "%s", step->path);
	return map(fd, st.st_size, &texts->old, &texts->old_len, err);
}

static int
take_new(const struct change *change, struct journal_step *step,
    struct step_texts *texts, struct err *err)
{
	struct stat st;

	if (change->fd == -1)
		return 0;
	step->is = true;
	if (fstat(change->fd, &st) == -1)
		return err_sys(err, "%s", step->path);
	if (!step->was)
		take_stat(step, &st);
	return map(change->fd, st.st_size, &texts->new, &texts->new_len, err);
}

/* A link that goes is no file. */
static bool
take_link(const struct change *change, struct pool *pool, struct journal_step *step)
{
	const char *says = link_text(change, pool);

	if (says == NULL)
		return false;
	step->kind = CHANGE_LINK;
	step->was = true;
	step->to = says;
	return true;
}

static int
take_texts(const struct change *change, struct pool *pool,
    struct journal_step *step, struct step_texts *texts, struct err *err)
{
	const struct manner *manner = manner_of(step->path);

	if (take_old(change, manner, pool, step, texts, err) == -1 ||
	    take_new(change, step, texts, err) == -1)
		return -1;
	struct slice old = { texts->old, texts->old_len },
	    new = { texts->new, texts->new_len };
	if (manner->lives)
		step->hunk = (struct hunk){ .old = old };
	else
		step->hunk = hunk_between(old, new);
	return 0;
}

static bool
has_second_place(const struct change *change)
{
	return change->kind == CHANGE_MOVE ||
	    change->kind == CHANGE_RELOCATE || change->kind == CHANGE_COPY;
}

/* Whether there is something to move but a mark. */
static bool
is_thing(const struct change *change)
{
	struct stat st;

	return change_stat(change->dir, change->name, &st) == 0 &&
	    !S_ISLNK(st.st_mode);
}

int
step_of(const struct change *change, step_place *place, void *arg,
    struct pool *pool, struct step_texts *texts, struct journal_step *out,
    struct err *err)
{
	SCOPED(drop_str) struct str path = { 0 }, to = { 0 };
	struct journal_step step = { .kind = change->kind, .owner = change->who };
	struct stat st;

	if (place(arg, change->dir, change->name, &path, err) == -1 ||
	    (has_second_place(change) && place(arg, change->to_dir,
	    change->to, &to, err) == -1))
		return -1;
	step.path = pool_dup(pool, str_slice(&path));
	if (has_second_place(change))
		step.to = pool_dup(pool, str_slice(&to));
	if (change->kind == CHANGE_RELOCATE)
		step.was = is_thing(change);
	if (change->kind == CHANGE_LINK) {
		step.to = pool_dup(pool, slice_of(change->to));
		if (take_texts(change, pool, &step, texts, err) == -1)
			return -1;
		step.is = true;
	}
	if (change->kind == CHANGE_REMOVE_DIR &&
	    change_stat(change->dir, change->name, &st) == 0)
		take_stat(&step, &st);
	if (change->kind == CHANGE_FILE &&
	    (change->fd != -1 || !take_link(change, pool, &step)) &&
	    take_texts(change, pool, &step, texts, err) == -1)
		return -1;
	*out = step;
	return 0;
}

/* --- shown ----------------------------------------------------------------- */

const char *const step_heads[] = { "ACTION", "PATH", "TEXT", NULL };

static void
show_row(struct sheet *sheet, const char *action, const char *path,
    struct slice text)
{
	sheet_adds(sheet, action);
	sheet_adds(sheet, path);
	sheet_add(sheet, text);
}

static void
show_lines(const struct journal_step *step, const char *sign, struct slice text,
    struct sheet *sheet)
{
	const struct manner *manner = manner_of(step->path);
	struct slice line;
	size_t count = 0;

	if (text.len > 0 && memchr(text.p, '\0', text.len) != NULL) {
		SCOPED(drop_str) struct str told = { 0 };
		str_addf(&told, "(%zu bytes that are no text)", text.len);
		show_row(sheet, sign, step->path, str_slice(&told));
		return;
	}
	while (text.len > 0 && slice_cut(&text, '\n', &line)) {
		SCOPED(drop_str) struct str shown = { 0 };
		if (count++ == SHOWN_MAX) {
			show_row(sheet, sign, step->path, SLICE("..."));
			return;
		}
		manner_show(manner, line, &shown);
		show_row(sheet, sign, step->path, str_slice(&shown));
	}
}

void
step_show(const struct journal_step *step, struct sheet *sheet)
{
	show_row(sheet, step_action(step), step->path,
	    slice_of(step->to != NULL ? step->to : ""));
	if (step->kind != CHANGE_FILE && step->kind != CHANGE_LINK)
		return;
	show_lines(step, "-", step->hunk.old, sheet);
	show_lines(step, "+", step->hunk.new, sheet);
}
