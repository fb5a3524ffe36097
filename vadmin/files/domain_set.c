/* domain_set.c: all that is a domain's: its files, and its directories. */
#include "domain_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "index.h"
#include "relocate.h"
#include "scope.h"
#include "spool.h"

/* "KIND.NAME"; the dots of a longer domain's name make no kind. */
static bool
is_file_of(struct slice file, const char *name, struct slice *kind)
{
	return slice_cut(&file, '.', kind) && kind->len > 0 &&
	    slice_is(file, name) && !slice_is(*kind, "domain") &&
	    !slice_is(*kind, "passwd");
}

ptrdiff_t
domain_set_kinds(const struct installation *in, struct pool *pool,
    const char *name, const char ***out, struct err *err)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	int fd = openat(in->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;
	struct slice kind;
	ptrdiff_t count = 0, room = 0;
	size_t made = 0;

	if (fd == -1 || (dir = fdopendir(fd)) == NULL)
		return err_sys(err, "list %s", in->path);
	*out = NULL;
	while (errno = 0, (entry = change_read_dir(dir, &made)) != NULL) {
		if (!is_file_of(slice_of(entry->d_name), name, &kind))
			continue;
		if (count == room) {
			const char **more = pool_alloc(pool,
			    (size_t)(room = 2 * room + 8) * sizeof *more);
			if (count > 0)
				memcpy(more, *out,
				    (size_t)count * sizeof *more);
			*out = more;
		}
		(*out)[count++] = pool_dup(pool, kind);
	}
	return errno != 0 ? err_sys(err, "list %s", in->path) : count;
}

static bool
is_same(const struct mailbox_step *a, const struct mailbox_step *b)
{
	return strcmp(a->parent, b->parent) == 0 &&
	    strcmp(a->name, b->name) == 0;
}

int
domain_set_places(const struct domain *domain, struct pool *pool,
    const char *name, struct mailbox_step *out, struct err *err)
{
	const struct installation *in = domain->in;
	const char *spool = installation_path(in, pool, in->conf.spool);
	const struct mailbox_step own[] = {
		{ spool, name },
		{ pool_format(pool, "%s/files", spool), name },
		{ installation_path(in, pool, in->conf.homes), name },
	};
	enum { OWN = sizeof own / sizeof own[0] };
	struct mailbox_step steps[MAILBOX_STEPS];
	struct domain named = *domain;
	int count = 0;

	named.name = name;
	int found = mailbox_steps(&named, pool, steps, err);
	if (found == -1)
		return -1;
	while (found-- > 0) {
		bool known = false;
		for (int i = 0; i < OWN; i++)
			known = known || is_same(&own[i], &steps[found]);
		if (!known)
			out[count++] = steps[found];
	}
	for (int i = 0; i < OWN; i++)
		out[count++] = own[i];
	return count;
}

int
domain_set_open(const struct domain *domain, const struct mailbox_step *place,
    int *fd, struct err *err)
{
	if (dir_open(AT_FDCWD, place->parent, fd, err) == -1)
		return -1;
	return spool_trust(domain, *fd, place->parent, err);
}

int
domain_set_clear_marks(const struct domain *domain, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct mailbox_step places[DOMAIN_PLACES];
	int count = domain_set_places(domain, &pool, domain->name, places,
	    err);

	for (int i = 0; i < count; i++) {
		SCOPED(drop_fd) int fd = -1;
		if (domain_set_open(domain, &places[i], &fd, err) == -1) {
			if (err->kind != ERR_ABSENT)
				return -1;
		} else if (relocate_clear((struct place){ fd,
		    places[i].name }, err) == -1)
			return -1;
	}
	return 0;
}

int
domain_set_move(int from_dir, const char *from, int to_dir, const char *to,
    struct err *err)
{
	switch (change_move(from_dir, from, to_dir, to, err)) {
	case CHANGE_MOVED:
		break;
	case CHANGE_NOTHING_THERE:
		return 0;
	case CHANGE_IN_THE_WAY:
		return err_set(err, ERR_EXISTS,
		    "there is a %s already: move it away, or %s", to, from);
	default:
		return -1;
	}
	return fsync(to_dir) == -1 || fsync(from_dir) == -1 ?
	    err_sys(err, "sync the directory of %s", from) : 0;
}

void
domain_set_renew_indexes(const struct installation *in, struct pool *pool,
    const char *name)
{
	static const char *const kinds[] = { "passwd", "shadow", "aliases" };
	enum index_state ignored;
	struct err err;

	if (change_is_rehearsed())
		return;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const char *file = pool_format(pool, "%s.%s", kinds[i], name);
		if (!files_exists(in->dir, file))
			unlinkat(in->dir, index_name(pool, file), 0);
		else if (index_make(in, file, &ignored, &err) == -1)
			installation_warn(in, "no index of %s: %s", file,
			    err.text);
	}
}
