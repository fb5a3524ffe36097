/* fsck_spool.c: directories of the spool that have not got their names. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "fsck.h"
#include "scope.h"

/* ".D.PID.new", whose process is gone: what spool_of_domain() makes first. */
static bool
is_half_made(struct slice name)
{
	uint64_t pid;

	if (!slice_starts(name, ".") || !slice_ends(name, ".new"))
		return false;
	name.len -= strlen(".new");
	ptrdiff_t dot = slice_find_last(name, '.');
	return dot > 0 && slice_number(slice_from(name, (size_t)dot + 1),
	    INT32_MAX, &pid) == 0 && pid > 0 &&
	    kill((pid_t)pid, 0) == -1 && errno == ESRCH;
}

static void
look_at_half_made(struct check *check, int dir, const char *path,
    const char *name)
{
	struct err err;

	/* It is empty, or not one of them. */
	if (finding_to_repair(&check->found, "spool",
	    "%s/%s: left by a change that was interrupted: take it away",
	    path, name))
		finding_repaired(&check->found, unlinkat(dir, name,
		    AT_REMOVEDIR) == -1 ? err_sys(&err, "remove it") : 0,
		    &err);
}

static void
look_at_spool(struct check *check, const char *path)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *e;

	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		drop_fd(&fd);
		return;
	}
	while ((e = readdir(dir)) != NULL)
		if (is_half_made(slice_of(e->d_name)))
			look_at_half_made(check, fd, path, e->d_name);
}

void
fsck_spool(struct check *check)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *spool = installation_path(&check->call->in, &pool,
	    check->call->in.conf.spool);

	look_at_spool(check, spool);
	look_at_spool(check, pool_format(&pool, "%s/files", spool));
}
