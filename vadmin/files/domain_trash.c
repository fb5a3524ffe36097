/* domain_trash.c: where a deleted domain is kept. */
#include "domain_trash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "domain_set.h"
#include "domain_trash_places.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "link_file.h"
#include "scope.h"
#include "trash.h"

#define ALL	".domains"
#define LINKS	"links"
#define RECORDS	"accounts"

enum { LIST_MAX = 1 << 24 };

const char *
domain_trash_own_name(const struct domain_trash *t, const char *name)
{
	return pool_format(t->pool, "%s.%s", name, t->stamp);
}

/* --- which there are ----------------------------------------------------- */

static int
open_all(const struct installation *in, bool make, int *fd, struct err *err)
{
	SCOPED(drop_fd) int trash = -1;

	if (trash_open(in->dir, make, &trash, err) == -1)
		return -1;
	if (make && change_make_dir(trash, ALL, 0700, err) == -1)
		return -1;
	if (dir_open(trash, ALL, fd, err) == -1)
		return -1;
	return fsync(trash) == -1 || fsync(in->dir) == -1 ?
	    err_sys(err, "sync .trash") : 0;
}

/* "D.TIME.PID" */
static bool
cut_name(struct slice entry, struct slice *name, struct slice *stamp)
{
	ptrdiff_t dot = slice_find_last(entry, '.');

	*name = entry;
	name->len = dot == -1 ? 0 : (size_t)dot;
	dot = slice_find_last(*name, '.');
	if (dot < 1)
		return false;
	*stamp = slice_from(entry, (size_t)dot + 1);
	name->len = (size_t)dot;
	return stamp->p[0] >= '0' && stamp->p[0] <= '9';
}

int
domain_trash_each(const struct installation *in, domain_trash_visitor *visit,
    void *arg, struct err *err)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	struct dirent *entry;
	struct slice name, stamp;
	int fd;

	if (open_all(in, false, &fd, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if ((dir = fdopendir(fd)) == NULL)
		return err_sys(err, "list .trash/" ALL);
	while ((entry = readdir(dir)) != NULL)
		if (cut_name(slice_of(entry->d_name), &name, &stamp))
			visit(arg, name, stamp);
	return 0;
}

struct stamps {
	const char	*name;
	struct pool	*pool;
	const char	**all;
	ptrdiff_t	 count, room;
};

static void
add_stamp(void *arg, struct slice name, struct slice stamp)
{
	struct stamps *s = arg;

	if (!slice_is(name, s->name))
		return;
	if (s->count == s->room) {
		const char **more = pool_alloc(s->pool,
		    (size_t)(s->room = 2 * s->room + 4) * sizeof *more);
		if (s->count > 0)
			memcpy(more, s->all, (size_t)s->count * sizeof *more);
		s->all = more;
	}
	s->all[s->count++] = pool_dup(s->pool, stamp);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

ptrdiff_t
domain_trash_stamps(const struct installation *in, struct pool *pool,
    const char *name, const char ***out, struct err *err)
{
	struct stamps stamps = { .name = name, .pool = pool };

	*out = NULL;
	if (domain_trash_each(in, add_stamp, &stamps, err) == -1)
		return -1;
	if (stamps.count > 1)
		qsort(stamps.all, (size_t)stamps.count, sizeof *stamps.all,
		    compare);
	*out = stamps.all;
	return stamps.count;
}

int
domain_trash_open(struct domain_trash *t, bool make, struct err *err)
{
	SCOPED(drop_fd) int all = -1;

	if (open_all(t->in, make, &all, err) == -1)
		return -1;
	const char *name = domain_trash_own_name(t, t->name);
	if (make && change_make_dir(all, name, 0700, err) == -1)
		return -1;
	if (dir_open(all, name, &t->dir, err) == -1)
		return -1;
	return fsync(all) == -1 ? err_sys(err, "sync .trash/" ALL) : 0;
}

void
drop_domain_trash(struct domain_trash *t)
{
	drop_fd(&t->dir);
}

/* --- the lists ----------------------------------------------------------- */

int
domain_trash_read(const struct domain_trash *t, const char *name, struct str *text,
    bool *there, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;

	*there = file_open(t->dir, name, O_NOFOLLOW, &fd, NULL, err) == 0;
	if (!*there)
		return err->kind == ERR_ABSENT ? 0 : -1;
	return file_read(fd, LIST_MAX, text, err);
}

struct links {
	const struct domain_trash	*trash;
	struct str			 text;
};

static int
note_link(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct links *links = arg;
	const struct domain_trash *t = links->trash;
	SCOPED(drop_pool) struct pool pool = { 0 };
	char target[PATH_MAX];
	const char *real;

	if (!is_alias || domain_real_name(t->in, &pool, slice_of(name), &real,
	    err) == -1 || strcmp(real, t->name) != 0)
		return 0;
	ssize_t n = change_read_link(t->in->dir, pool_format(&pool, "domain.%s",
	    name), target, sizeof target);
	if (n > 0)
		str_addf(&links->text, "%s %.*s\n", name, (int)n, target);
	return 0;
}

/* Written before any of them goes. */
static int
note_links(const struct domain_trash *t, struct err *err)
{
	SCOPED(drop_pool) struct pool names = { 0 };
	struct links links = { .trash = t };
	bool there;

	int done = domain_trash_read(t, LINKS, &links.text, &there, err);
	if (done == 0 && !there) {
		done = domain_each(t->in, &names, note_link, &links, err);
		if (done == 0)
			done = file_replace(t->dir, LINKS, MODE_SECRET,
			    str_slice(&links.text), err);
	}
	drop_str(&links.text);
	return done;
}

/* Calls with the two words of each line. */
static int
each_line(const struct domain_trash *t, const char *list, char separator,
    int (*fn)(const struct domain_trash *, const char *, const char *,
    struct err *), struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice rest, line, word = { 0 };
	bool there;

	if (domain_trash_read(t, list, &text, &there, err) == -1)
		return -1;
	for (rest = str_slice(&text); rest.len > 0 &&
	    slice_cut(&rest, '\n', &line); ) {
		slice_cut(&line, separator, &word);
		if (fn(t, pool_dup(t->pool, word), pool_dup(t->pool, line),
		    err) == -1)
			return -1;
	}
	return 0;
}

static int
remove_link(const struct domain_trash *t, const char *alias,
    const char *target, struct err *err)
{
	const char *file = pool_format(t->pool, "domain.%s", alias);

	if (!link_file_is(t->in, file, target))
		return 0;
	if (change_remove(t->in->dir, file, NULL, err) == -1)
		return -1;
	return fsync(t->in->dir) == -1 ? err_sys(err, "sync %s", t->in->path) :
	    0;
}

static int
make_link(const struct domain_trash *t, const char *alias, const char *target,
    struct err *err)
{
	const char *file = pool_format(t->pool, "domain.%s", alias);

	if (files_exists(t->in->dir, file) || files_exists(t->in->dir,
	    pool_format(t->pool, "passwd.%s", alias))) {
		if (!link_file_is(t->in, file, target))
			installation_warn(t->in, "%s is something else "
			    "meanwhile: it stays that", alias);
		return 0;
	}
	return link_file_set(t->in, file, target, err);
}

/* --- files --------------------------------------------------------------- */

static const char *
file_of(const struct domain_trash *t, const char *kind)
{
	return pool_format(t->pool, "%s.%s", kind, t->name);
}

static int
take_file(const struct domain_trash *t, const char *kind, struct err *err)
{
	return domain_set_move(t->in->dir, file_of(t, kind), t->dir,
	    file_of(t, kind), err);
}

static int
give_file_back(const struct domain_trash *t, const char *kind,
    struct err *err)
{
	return domain_set_move(t->dir, file_of(t, kind), t->in->dir,
	    file_of(t, kind), err);
}

/* All but those that make it a domain. */
static int
move_files(const struct domain_trash *t, int from,
    int (*move)(const struct domain_trash *, const char *, struct err *),
    struct err *err)
{
	struct installation there = { .dir = from, .path = t->in->path };
	const char **kinds;
	ptrdiff_t count = domain_set_kinds(&there, t->pool, t->name, &kinds,
	    err);

	for (ptrdiff_t i = 0; i < count; i++)
		if (move(t, kinds[i], err) == -1)
			return -1;
	return count == -1 ? -1 : 0;
}

static int
move_records(const struct domain_trash *t, bool back, struct err *err)
{
	SCOPED(drop_fd) int trash = -1;

	if (trash_open(t->in->dir, true, &trash, err) == -1)
		return -1;
	return back ? domain_set_move(t->dir, RECORDS, trash, t->name, err) :
	    domain_set_move(trash, t->name, t->dir, RECORDS, err);
}

/* --- the whole ----------------------------------------------------------- */

/* Without passwd.D the domain's mail and logins wait; when domain.D goes it is
 * no domain any more. */
int
domain_trash_take(const struct domain_trash *t, const struct domain *domain,
    struct err *err)
{
	if (domain_trash_note_places(t, domain, err) == -1 || note_links(t, err) == -1 ||
	    take_file(t, "passwd", err) == -1 ||
	    each_line(t, DOMAIN_TRASH_PLACES, '\t', domain_trash_take_place, err) == -1 ||
	    move_files(t, t->in->dir, take_file, err) == -1 ||
	    move_records(t, false, err) == -1 ||
	    each_line(t, LINKS, ' ', remove_link, err) == -1)
		return -1;
	return take_file(t, "domain", err);
}

static int
remove_own(const struct domain_trash *t, struct err *err)
{
	SCOPED(drop_fd) int all = -1;

	if (open_all(t->in, false, &all, err) == -1)
		return -1;
	if (change_remove(t->dir, LINKS, NULL, err) == -1 ||
	    change_remove(t->dir, DOMAIN_TRASH_PLACES, NULL, err) == -1)
		return -1;
	int gone = change_remove_dir(all, domain_trash_own_name(t, t->name),
	    err);
	if (gone != 0)
		return gone == -1 ? -1 : err_set(err, ERR_TEMPORARY,
		    ".trash/" ALL "/%s holds something else: move it away",
		    domain_trash_own_name(t, t->name));
	return fsync(all) == -1 ? err_sys(err, "sync .trash/" ALL) : 0;
}

int
domain_trash_give_back(const struct domain_trash *t, struct err *err)
{
	if (give_file_back(t, "domain", err) == -1 ||
	    each_line(t, DOMAIN_TRASH_PLACES, '\t', domain_trash_give_place_back, err) == -1 ||
	    move_files(t, t->dir, give_file_back, err) == -1 ||
	    move_records(t, true, err) == -1 ||
	    each_line(t, LINKS, ' ', make_link, err) == -1 ||
	    give_file_back(t, "passwd", err) == -1)
		return -1;
	return remove_own(t, err);
}

/* --- gone for good ------------------------------------------------------- */

/* What says where things are goes last. */
int
domain_trash_purge(const struct domain_trash *t, struct err *err)
{
	SCOPED(drop_fd) int all = -1;

	if (each_line(t, DOMAIN_TRASH_PLACES, '\t', domain_trash_purge_place, err) == -1 ||
	    open_all(t->in, false, &all, err) == -1)
		return -1;
	return domain_trash_purge_tree(all, domain_trash_own_name(t, t->name),
	    err);
}
