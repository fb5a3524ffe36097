/* journal.c: an account of every change. */
#include "journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "caller.h"
#include "entry.h"
#include "fd.h"
#include "file.h"
#include "mem.h"
#include "place.h"
#include "scope.h"
#include "step.h"
#include "trust.h"

/* An entry that has not begun: nobody counts it. */
#define UNBORN	".new"

enum {
	/* Taken of the disk with the first step: what comes after it has room. */
	RESERVE = 64 * 1024,
	PRUNE_EVERY = 16,
	DAY = 24 * 60 * 60,
};

/* --- the directory --------------------------------------------------------- */

static int
open_trusted(const struct installation *in, int parent, const char *name,
    bool make, int *fd, struct err *err)
{
	SCOPED(drop_fd) int got = -1;
	struct stat st;

	if (make && mkdirat(parent, name, 0700) == 0 && fsync(parent) == -1)
		return err_sys(err, "sync the directory of %s", name);
	got = openat(parent, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (got == -1)
		return make ? err_sys(err, "make %s", name) :
		    err_open(err, name);
	if (fstat(got, &st) == -1)
		return err_sys(err, "%s", name);
	if (!trust_file(&st, in->owner))
		return err_set(err, ERR_REFUSED, "others can write to %s: "
		    "close it (chmod 700)", name);
	*fd = got;
	got = -1;
	return 0;
}

/* The state of a machine is root's: who is not keeps the journal beside the
 * settings. */
static bool
has_state(const struct installation *in, const char *path)
{
	size_t row = (size_t)(settings_row(vmail_settings, SLICE("state")) -
	    vmail_settings);
	struct stat st;

	if (in->as_root)
		return true;
	return in->lines.of[row] != 0 &&
	    (stat(path, &st) == -1 || st.st_uid == geteuid());
}

static int
open_in(const struct installation *in, bool make, int *dir, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int state = -1;
	const char *path = installation_path(in, &pool, in->conf.state);

	if (!has_state(in, path))
		return open_trusted(in, in->dir, ".journal", make, dir, err);
	if ((make ? dir_make(AT_FDCWD, path, 0755, &state, err) :
	    dir_open(AT_FDCWD, path, &state, err)) == -1 ||
	    open_trusted(in, state, "journal", make, dir, err) == -1)
		return err_within(err, "%s", path);
	return 0;
}

int
journal_open(const struct installation *in, int *dir, struct err *err)
{
	return open_in(in, false, dir, err);
}

void
drop_journal_numbers(struct journal_numbers *numbers)
{
	free(numbers->number);
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int
journal_list(int dir, struct journal_numbers *out, struct err *err)
{
	int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SCOPED(drop_dir) DIR *listing = again != -1 ? fdopendir(again) : NULL;
	const struct dirent *entry;
	uint64_t number;

	if (listing == NULL)
		return err_sys(err, "list the journal");
	while (errno = 0, (entry = readdir(listing)) != NULL) {
		if (slice_number(slice_of(entry->d_name), UINT64_MAX,
		    &number) == -1)
			continue;
		mem_room(&out->number, &out->room, out->count,
		    sizeof *out->number);
		out->number[out->count++] = number;
	}
	if (errno != 0)
		return err_sys(err, "list the journal");
	if (out->count > 0)
		qsort(out->number, out->count, sizeof *out->number, compare);
	return 0;
}

/* The oldest go, until there are few enough, young enough and small enough. */
static void
prune(const struct journal *j, const struct journal_numbers *all)
{
	const off_t most = (off_t)JOURNAL_MB << 20;
	time_t now = time(NULL);
	off_t sum = 0;
	char name[ENTRY_NAME];
	struct stat st;

	for (size_t i = all->count; i > 0; i--) {
		entry_name(all->number[i - 1], name);
		if (fstatat(j->dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		sum += st.st_size;
		if (i < all->count && (all->count - i >= JOURNAL_ENTRIES ||
		    sum > most || now - st.st_mtime > (time_t)JOURNAL_DAYS * DAY))
			unlinkat(j->dir, name, 0);
	}
}

/* --- an entry -------------------------------------------------------------- */

static void
add_header(const struct journal *j, struct str *out)
{
	const struct call *call = j->call;
	SCOPED(drop_pool) struct pool pool = { 0 };
	char stamp[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) != NULL)
		strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
	entry_adds(out, "vmail-journal", ENTRY_VERSION);
	entry_adds(out, "time", stamp);
	entry_adds(out, "who", call->as == NULL ? caller_name(&pool) :
	    pool_format(&pool, "%s as %s", caller_name(&pool),
	    call->principal.name));
	entry_adds(out, "from", caller_place(&pool));
	entry_adds(out, "operation", call->op->name);
	for (size_t i = 0; call->op->params[i].name != NULL; i++)
		for (size_t n = 0; n < call->values[i].count; n++) {
			const char *name = call->op->params[i].name;
			if (slice_starts(slice_of(name), "--"))
				entry_adds(out, "word", name);
			if (call->values[i].word[n][0] != '\0')
				entry_adds(out, "word",
				    call->values[i].word[n]);
		}
}

/* What was written of it stands whole, or not at all. */
static int
append(struct journal *j, const struct str *text, struct err *err)
{
	if (fd_pwrite(j->fd, text->s, text->len, j->size) == -1 ||
	    fdatasync(j->fd) == -1) {
		err_fill_sys(err, "write entry %llu",
		    (unsigned long long)j->number);
		if (ftruncate(j->fd, j->size) == -1)
			j->broken = true;
		return -1;
	}
	j->size += (off_t)text->len;
	return 0;
}

static int
next_number(struct journal *j, struct err *err)
{
	SCOPED(drop_journal_numbers) struct journal_numbers all = { 0 };

	if (journal_list(j->dir, &all, err) == -1)
		return -1;
	j->number = all.count > 0 ? all.number[all.count - 1] + 1 : 1;
	if (j->number % PRUNE_EVERY == 0)
		prune(j, &all);
	return 0;
}

static int
write_first(struct journal *j, const struct str *text, struct err *err)
{
	char name[ENTRY_NAME];

	if (append(j, text, err) == -1)
		return -1;
	/* Where a file system cannot, the disk may be full later. */
	if (fallocate(j->fd, FALLOC_FL_KEEP_SIZE, 0,
	    (off_t)text->len + RESERVE) == -1 && err_no_room())
		return err_sys(err, "keep room for entry %llu",
		    (unsigned long long)j->number);
	entry_name(j->number, name);
	if (renameat(j->dir, UNBORN, j->dir, name) == 0 &&
	    fsync(j->dir) == 0)
		return 0;
	err_fill_sys(err, "name entry %s", name);
	unlinkat(j->dir, name, 0);
	return -1;
}

static int
begin_entry(struct journal *j, const struct str *step, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };

	if (open_in(&j->call->in, true, &j->dir, err) == -1 ||
	    next_number(j, err) == -1)
		return -1;
	if (unlinkat(j->dir, UNBORN, 0) == -1 && errno != ENOENT)
		return err_sys(err, "remove " UNBORN);
	j->fd = openat(j->dir, UNBORN,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (j->fd == -1)
		return err_sys(err, "make an entry");
	add_header(j, &text);
	str_addslice(&text, str_slice(step));
	if (write_first(j, &text, err) == 0)
		return 0;
	unlinkat(j->dir, UNBORN, 0);
	drop_fd(&j->fd);
	j->fd = -1;
	return -1;
}

/* An operation that has begun comes to its end: half of it would be worse than
 * one that nobody can take back. */
static void
go_on(struct journal *j, const struct err *err)
{
	note("the journal cannot be written (%s): what follows of this is not "
	    "in it, and 'vadmin undo %llu' will not do", err->text,
	    (unsigned long long)j->number);
	j->broken = true;
}

static int
place(void *arg, int dir, const char *name, struct str *out, struct err *err)
{
	(void)arg;
	return place_of(dir, name, out, err);
}

static int
tell(void *arg, const struct change *change, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_step_texts) struct step_texts texts = { 0 };
	SCOPED(drop_str) struct str text = { 0 };
	struct journal *j = arg;
	struct journal_step step;

	if (j->broken)
		return 1;
	if (step_of(change, place, NULL, &pool, &texts, &step, err) == -1)
		return -1;
	entry_add_step(&text, &step);
	if (j->fd == -1) {
		if (begin_entry(j, &text, err) == -1)
			return err_within(err, "nothing was changed, because "
			    "the journal cannot be written");
		j->size_before = j->size - (off_t)text.len;
		return 1;
	}
	j->size_before = j->size;
	if (append(j, &text, err) == -1)
		go_on(j, err);
	return 1;
}

/* What stays there by a crash is the last step, which may not have been done. */
static void
not_made(void *arg)
{
	struct journal *j = arg;

	if (j->broken || j->fd == -1)
		return;
	j->size = j->size_before;
	if (ftruncate(j->fd, j->size) == -1)
		j->broken = true;
}

/* --- begin and end --------------------------------------------------------- */

void
journal_begin(struct journal *j, const struct call *call)
{
	j->call = call;
	j->watcher = (struct change_watcher){ .tell = tell,
	    .not_made = not_made, .arg = j };
	j->before = change_watch(&j->watcher);
	j->watches = true;
}

void
journal_end(struct journal *j, const struct err *failed)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct err err;

	if (j->fd == -1 || j->broken)
		return;
	if (failed != NULL)
		entry_adds(&text, "text", failed->text);
	entry_adds(&text, "result", failed != NULL ? "failed" : "done");
	if (append(j, &text, &err) == -1)
		go_on(j, &err);
}

void
drop_journal(struct journal *j)
{
	if (j->watches)
		change_watch(j->before);
	/* what was kept for more steps */
	if (j->fd != -1 && ftruncate(j->fd, j->size) == -1)
		j->broken = true;
	drop_fd(&j->fd);
	drop_fd(&j->dir);
}
