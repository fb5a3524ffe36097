/* index_keep.c: the indexes beside passwd.D, shadow.D and alias files, made and
 * carried along. */
#include "index.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "change.h"
#include "fd.h"
#include "scope.h"
#include "stamp.h"
#include "textindex_write.h"
#include "trust.h"

enum { SETTLE_TRIES = 3000 };	/* of a millisecond */

/* --- what a file has --------------------------------------------------------- */

struct indexed {
	const char	*begins;	/* the file's name */
	index_scan	*scan;
	uint32_t	 edition;
};

static const struct indexed passwords = { "passwd.", passwd_scan_names, 0 },
    shadows = { "shadow.", shadow_scan_names, 0 },
    aliases = { "aliases.", alias_scan_index, INDEX_EDITION_MEMBERS };

/* NULL: none of these. */
static const struct indexed *
kind_of(const char *file)
{
	static const struct indexed *const kinds[] = { &passwords, &shadows,
	    &aliases };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strncmp(file, kinds[i]->begins,
		    strlen(kinds[i]->begins)) == 0)
			return kinds[i];
	return NULL;
}

struct collection {
	struct textindex_list	list;
	off_t			start, end;	/* of what is scanned */
};

static void
drop_collection(struct collection *c)
{
	drop_textindex_list(&c->list);
}

static int
collect(void *arg, enum index_kind kind, struct slice key,
    const struct textindex_place *found, struct err *err)
{
	struct collection *c = arg;
	struct textindex_place place = { c->start + found->offset,
	    found->line };

	(void)err;
	if (place.offset >= c->end)
		return 1;
	if (kind == 0)
		textindex_list_add_apart(&c->list, place);
	else if (kind == INDEX_FULL_NAME)
		textindex_list_add_some(&c->list, kind, key, place);
	else if (kind == INDEX_MEMBER)
		textindex_list_add_few(&c->list, kind, key, place);
	else
		textindex_list_add(&c->list, kind, key, place);
	return 0;
}

static int
collect_part(struct collection *c, int fd, index_scan *scan,
    unsigned lines_before, struct err *err)
{
	if (lseek(fd, c->start, SEEK_SET) == -1)
		return err_sys(err, "read");
	return scan(fd, lines_before, collect, c, err);
}

/* --- an index made anew ------------------------------------------------------ */

static bool
has_coarse_times(const struct stat *st)
{
	return st->st_ctim.tv_nsec == 0 && st->st_mtim.tv_nsec == 0;
}

/* Whether whatever happens to the file from now on gives it other times.  Times
 * without fractions may be those of a file system that knows seconds alone, or
 * pairs of them. */
static bool
is_settled(const struct stat *st)
{
	struct stamp stamp = stamp_of(st);

	if (has_coarse_times(st))
		stamp.changed.tv_sec += 2;
	return stamp_is_final(&stamp);
}

static int
settle(int fd, struct stat *st, struct err *err)
{
	static const struct timespec tick = { 0, 1000000 };

	for (int i = 0; i < SETTLE_TRIES; i++) {
		if (fstat(fd, st) == -1)
			return err_sys(err, "state");
		if (is_settled(st))
			return 0;
		nanosleep(&tick, NULL);
	}
	return err_set(err, ERR_TEMPORARY, "it is being changed, or its time "
	    "lies in the future");
}

static bool
is_unchanged(int fd, const struct stat *before)
{
	const struct stamp stamp = stamp_of(before);

	return stamp_holds(&stamp, fd);
}

static int
make_anew(int fd, const struct indexed *kind, int dir, const char *name,
    const struct stat *text, struct textindex_draft *out, struct err *err)
{
	SCOPED(drop_collection) struct collection c = { .end = INT64_MAX,
	    .list.edition = kind->edition };

	if (textindex_list_begin(&c.list, err) == -1 ||
	    collect_part(&c, fd, kind->scan, 0, err) == -1)
		return -1;
	return textindex_prepare(&c.list, dir, name, text, out, err);
}

static int
make_and_publish(int fd, const struct indexed *kind, int dir, const char *name,
    struct err *err)
{
	SCOPED(drop_textindex_draft) struct textindex_draft next = {
		.draft.fd = -1 };
	struct stat st;

	if (settle(fd, &st, err) == -1 ||
	    make_anew(fd, kind, dir, name, &st, &next, err) == -1)
		return -1;
	if (!is_unchanged(fd, &st))
		return err_set(err, ERR_TEMPORARY, "it is being changed");
	return textindex_publish(&next, &st, err);
}

/* What does not fit would only be warned of. */
static void
remove_index(int dir, const char *name)
{
	if (!change_is_rehearsed())
		unlinkat(dir, name, 0);
}

/* The file, and the directory that it and its index are in.  1: open, 0: it is
 * not ours alone. */
static int
open_file(const struct installation *in, struct pool *pool, const char *file,
    int *fd, int *dir, struct stat *st, struct err *err)
{
	const char *whole = installation_path(in, pool, file);
	ptrdiff_t slash = slice_find_last(slice_of(whole), '/');
	const char *parent = pool_format(pool, "%.*s/", (int)slash, whole);

	if (trust_path(whole, in->owner, err) == -1)
		return err->kind == ERR_REFUSED ? 0 : -1;
	if (file_open(AT_FDCWD, whole, 0, fd, st, err) == -1 ||
	    dir_open(AT_FDCWD, parent, dir, err) == -1)
		return -1;
	return trust_file(st, in->owner);
}

/* Of 100,000 domains most are small: a look is enough.  What lies elsewhere may
 * be others', and is not touched before that is known. */
static bool
is_too_small(const struct installation *in, const char *file)
{
	struct stat st;

	return strchr(file, '/') == NULL &&
	    fstatat(in->dir, file, &st, 0) == 0 && S_ISREG(st.st_mode) &&
	    (in->conf.index_from == 0 ||
	    (uint64_t)st.st_size < in->conf.index_from);
}

int
index_make(const struct installation *in, const char *file,
    enum index_state *state, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_fd) int dir = -1;
	const char *path = index_name(&pool, file),
	    *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	const struct indexed *kind = kind_of(file);
	struct stat st;

	*state = INDEX_NONE;
	if (is_too_small(in, file)) {
		remove_index(in->dir, path);
		return 0;
	}
	int got = open_file(in, &pool, file, &fd, &dir, &st, err);
	if (got == -1)
		return -1;
	*state = INDEX_UNTRUSTED;
	if (got == 0)
		return 0;
	*state = INDEX_NONE;
	remove_index(dir, name);
	if (in->conf.index_from == 0 ||
	    (uint64_t)st.st_size < in->conf.index_from)
		return 0;
	*state = INDEX_MADE;
	return make_and_publish(fd, kind != NULL ? kind : &aliases, dir, name,
	    err) == -1 ? err_within(err, "%s", file) : 0;
}

/* --- an index that goes along ------------------------------------------------ */

/* 1: prepared from what the old one has and the difference, 0: not so. */
static int
carry(const struct installation *in, const struct draft *text,
    const struct indexed *kind, const char *name, const struct stat *st,
    struct textindex_draft *out, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_textindex) struct textindex old = { .fd = -1 };
	SCOPED(drop_collection) struct collection found = { 0 };
	struct textdiff diff;
	struct stat was;

	if (file_open(text->dir, text->name, 0, &fd, &was, err) == -1 ||
	    textindex_open(text->dir, name, in->owner, &was, &old, err) != 1 ||
	    textdiff(fd, text->fd, &diff, err) != 1 || !is_unchanged(fd, &was))
		return 0;
	found.start = diff.start;
	found.end = diff.new_end;
	found.list.edition = kind->edition;
	memcpy(found.list.key, old.head.key, sizeof found.list.key);
	if (collect_part(&found, text->fd, kind->scan, diff.lines_before,
	    err) == -1)
		return -1;
	return textindex_carry(&old, &diff, &found.list, text->dir, name, st,
	    out, err);
}

static int
prepare(const struct installation *in, const struct draft *text,
    const struct indexed *kind, const char *name, const struct stat *st,
    struct textindex_draft *out, struct err *err)
{
	int got = carry(in, text, kind, name, st, out, err);

	return got != 0 ? got == 1 ? 0 : -1 :
	    make_anew(text->fd, kind, text->dir, name, st, out, err);
}

/* Nobody else could write to the draft, and so its time of modification was set
 * to one between two ticks of the kernel's clock: what was done to it since has
 * another. */
static int
publish(struct textindex_draft *next, int fd, const struct stamp *finished,
    struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_sys(err, "state");
	struct stamp now = stamp_of(&st);
	now.changed = finished->changed;	/* renaming changed that */
	if (!stamp_same(&now, finished))
		return err_set(err, ERR_TEMPORARY, "it has changed already");
	return textindex_publish(next, &st, err);
}

/* Times that are too coarse for that leave the long way: to wait, and to read it
 * again. */
static int
renew(const struct installation *in, struct draft *text,
    struct textindex_draft *next, const struct stamp *finished,
    struct err *err)
{
	enum index_state unused;

	return finished != NULL ? publish(next, text->fd, finished, err) :
	    index_make(in, text->name, &unused, err);
}

int
index_commit(const struct installation *in, struct draft *text,
    struct err *err)
{
	SCOPED(drop_textindex_draft) struct textindex_draft next = {
		.draft.fd = -1 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *name = index_name(&pool, text->name);
	const struct indexed *kind = kind_of(text->name);
	struct stamp stamp;
	struct stat st;
	struct err why;

	if (kind == NULL || in->conf.index_from == 0)
		return draft_commit(text, err);
	if (fstat(text->fd, &st) == -1)
		return err_sys(err, "%s", text->temporary);
	bool wanted = (uint64_t)st.st_size >= in->conf.index_from;
	bool ready = wanted && prepare(in, text, kind, name, &st, &next,
	    &why) == 0;
	bool finished = ready && stamp_finish(text->fd, &stamp);
	if (draft_commit(text, err) == -1)
		return -1;
	if (change_is_rehearsed())
		return 0;
	if (ready && renew(in, text, &next, finished ? &stamp : NULL,
	    &why) == 0)
		return 0;
	remove_index(text->dir, name);
	if (wanted)
		installation_warn(in, "%s/%s has no index, and is read as a "
		    "whole: %s", in->path, text->name, why.text);
	return 0;
}
