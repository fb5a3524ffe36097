/* domain_trash_places.c: the directories of a deleted domain. */
#include "domain_trash_places.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "domain_set.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "relocate.h"
#include "scope.h"
#include "trash.h"
#include "tree.h"

enum { DEPTH_MAX = 64 };

static bool
is_within(const struct mailbox_step *inner, const struct mailbox_step *outer)
{
	SCOPED(drop_str) struct str path = { 0 };

	str_addf(&path, "%s/%s", outer->parent, outer->name);
	return slice_starts(slice_of(inner->parent), str_text(&path)) &&
	    (inner->parent[path.len] == '/' || inner->parent[path.len] == '\0');
}

/* Those that lie in no other one of them. */
int
domain_trash_note_places(const struct domain_trash *t,
    const struct domain *domain, struct err *err)
{
	struct mailbox_step places[DOMAIN_PLACES];
	SCOPED(drop_str) struct str text = { 0 };
	bool there;

	if (domain_trash_read(t, DOMAIN_TRASH_PLACES, &text, &there, err) == -1)
		return -1;
	if (there)
		return 0;
	int count = domain_set_places(domain, t->pool, t->name, places, err);
	if (count == -1)
		return -1;
	for (int i = 0; i < count; i++) {
		bool inner = false;
		for (int j = 0; j < count; j++)
			inner = inner || is_within(&places[i], &places[j]);
		if (!inner)
			str_addf(&text, "%s\t%s\n", places[i].parent,
			    places[i].name);
	}
	return file_replace(t->dir, DOMAIN_TRASH_PLACES, MODE_SECRET,
	    str_slice(&text), err);
}

static int
open_place(const char *parent, bool make, int *fd, int *trash, struct err *err)
{
	if (dir_open(AT_FDCWD, parent, fd, err) == -1)
		return -1;
	return trash_open(*fd, make, trash, err);
}

int
domain_trash_take_place(const struct domain_trash *t, const char *parent,
    const char *name, struct err *err)
{
	SCOPED(drop_fd) int fd = -1, trash = -1;
	const char *as = domain_trash_own_name(t, name);

	if (open_place(parent, true, &fd, &trash, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : err_within(err, "%s",
		    parent);
	if (relocate((struct place){ fd, name }, (struct place){ trash, as },
	    pool_format(t->pool, "./.trash/%s", as), err) == -1)
		return err_within(err, "%s", parent);
	return 0;
}

int
domain_trash_give_place_back(const struct domain_trash *t, const char *parent,
    const char *name, struct err *err)
{
	SCOPED(drop_fd) int fd = -1, trash = -1;

	if (open_place(parent, true, &fd, &trash, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : err_within(err, "%s",
		    parent);
	if (relocate_back((struct place){ trash, domain_trash_own_name(t,
	    name) }, (struct place){ fd, name }, err) == -1)
		return err_within(err, "%s", parent);
	return 0;
}

/* --- gone for good ------------------------------------------------------- */

typedef int purge_visitor(int dir, const char *name, int depth,
	    struct err *err);

static int
each_in(int dir, const char *name, int depth, purge_visitor *visit,
    struct err *err)
{
	SCOPED(drop_dir) DIR *list = NULL;
	struct dirent *entry;

	int fd = openat(dir, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || depth == DEPTH_MAX || (list = fdopendir(fd)) == NULL)
		return err_sys(err, "%s", name);
	while ((entry = readdir(list)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    visit(dirfd(list), entry->d_name, depth + 1, err) == -1)
			return -1;
	return 0;
}

static int	purge(int dir, const char *name, int depth, struct err *err);

static int
purge_ours(int dir, const char *name, int depth, struct err *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_sys(err, "%s", name);
	if (!S_ISDIR(st.st_mode))
		return 0;
	return st.st_uid == geteuid() ? purge(dir, name, depth, err) :
	    each_in(dir, name, depth, purge_ours, err);
}

/* Where one owner has all inboxes, their directory is his, and the .trash of
 * deleted accounts in it is ours: when he has removed what he can, little more
 * is left. */
static int
purge_anothers(int dir, const char *name, struct ident who, int depth,
    struct err *err)
{
	struct err first;

	return tree_destroy(dir, name, who, &first) == 0 ? 0 :
	    purge_ours(dir, name, depth, err) == -1 ? -1 :
	    tree_destroy(dir, name, who, err);
}

/* What is ours is gone through; what is another's is removed as that one. */
static int
purge(int dir, const char *name, int depth, struct err *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_sys(err, "%s", name);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		return purge_anothers(dir, name, (struct ident){ st.st_uid,
		    st.st_gid != 0 ? st.st_gid : IDENT_NOBODY }, depth, err);
	if (each_in(dir, name, depth, purge, err) == -1)
		return -1;
	return unlinkat(dir, name, AT_REMOVEDIR) == -1 ?
	    err_sys(err, "remove %s", name) : 0;
}

int
domain_trash_purge_tree(int dir, const char *name, struct err *err)
{
	const struct change change = { .kind = CHANGE_DESTROY, .dir = dir,
	    .name = name, .fd = -1 };
	struct stat st;

	if (change_stat(dir, name, &st) == -1)
		return errno == ENOENT ? 0 : err_sys(err, "%s", name);
	int go = change_tell(&change, err);
	return go == 1 ? purge(dir, name, 0, err) : go;
}

int
domain_trash_purge_place(const struct domain_trash *t, const char *parent,
    const char *name, struct err *err)
{
	SCOPED(drop_fd) int fd = -1, trash = -1;
	const char *as = domain_trash_own_name(t, name);
	struct place mark = { -1, name };

	if (open_place(parent, false, &fd, &trash, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : err_within(err, "%s",
		    parent);
	mark.dir = fd;
	if (domain_trash_purge_tree(trash, as, err) == -1)
		return err_within(err, "%s/.trash/%s", parent, as);
	return !relocate_is_mark(mark, pool_format(t->pool, "./.trash/%s",
	    as)) ? 0 : relocate_clear(mark, err);
}
