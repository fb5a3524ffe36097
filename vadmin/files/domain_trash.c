/* domain_trash.c: where a deleted domain is kept. */
#include "domain_trash.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "domain_set.h"
#include "domain_trash_links.h"
#include "domain_trash_places.h"
#include "fd.h"
#include "file.h"
#include "scope.h"
#include "trash.h"

#define ALL	".domains"
#define RECORDS	"accounts"

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
	if (domain_trash_note_places(t, domain, err) == -1 ||
	    domain_trash_note_links(t, err) == -1 ||
	    take_file(t, "passwd", err) == -1 ||
	    domain_trash_each_line(t, DOMAIN_TRASH_PLACES, '\t',
	    domain_trash_take_place, err) == -1 ||
	    move_files(t, t->in->dir, take_file, err) == -1 ||
	    move_records(t, false, err) == -1 ||
	    domain_trash_each_line(t, DOMAIN_TRASH_LINKS, ' ',
	    domain_trash_remove_link, err) == -1)
		return -1;
	return take_file(t, "domain", err);
}

static int
remove_own(const struct domain_trash *t, struct err *err)
{
	SCOPED(drop_fd) int all = -1;

	if (open_all(t->in, false, &all, err) == -1)
		return -1;
	if (change_remove(t->dir, DOMAIN_TRASH_LINKS, NULL, err) == -1 ||
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
	    domain_trash_each_line(t, DOMAIN_TRASH_PLACES, '\t',
	    domain_trash_give_place_back, err) == -1 ||
	    move_files(t, t->dir, give_file_back, err) == -1 ||
	    move_records(t, true, err) == -1 ||
	    domain_trash_each_line(t, DOMAIN_TRASH_LINKS, ' ',
	    domain_trash_make_link, err) == -1 ||
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

	if (domain_trash_each_line(t, DOMAIN_TRASH_PLACES, '\t',
	    domain_trash_purge_place, err) == -1 ||
	    open_all(t->in, false, &all, err) == -1)
		return -1;
	return domain_trash_purge_tree(all, domain_trash_own_name(t, t->name),
	    err);
}

/* --- where its directories were ------------------------------------------ */

static int
check_place(const struct domain_trash *t, const char *text,
    const char *setting, const char *parent, struct err *err)
{
	const char *line = pool_format(t->pool, "\n%s\t%s\n", parent,
	    t->name);

	return strstr(text, line) != NULL ? 0 : err_set(err, ERR_REFUSED,
	    "its directories were elsewhere than '%s' leads to: set it as it "
	    "was for as long as this takes, or move them, and write where they "
	    "are into %s/.trash/.domains/%s/" DOMAIN_TRASH_PLACES, setting,
	    t->in->path, domain_trash_own_name(t, t->name));
}

int
domain_trash_check_places(const struct domain_trash *given, struct err *err)
{
	SCOPED(drop_domain_trash) struct domain_trash t = *given;
	SCOPED(drop_str) struct str text = { 0 };
	bool there;

	t.dir = -1;
	if (domain_trash_open(&t, false, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	str_addc(&text, '\n');
	if (domain_trash_read(&t, DOMAIN_TRASH_PLACES, &text, &there,
	    err) == -1)
		return -1;
	return !there ? 0 : check_place(&t, str_text(&text), "spool",
	    pool_format(t.pool, "%s/files", installation_path(t.in, t.pool,
	    t.in->conf.spool)), err) == -1 ? -1 : check_place(&t,
	    str_text(&text), "homes", installation_path(t.in, t.pool,
	    t.in->conf.homes), err);
}
