/* old_machine.c: the files of a Linuxconf machine, copied below a directory. */
#include "old_machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fd.h"
#include "file.h"
#include "lines.h"
#include "scope.h"
#include "trust.h"

enum { TEXT_MAX = 1 << 30 };

/* A missing one is -1. */
static int
open_part(const struct old_machine *old, const char *name, int *fd,
    struct err *err)
{
	const char *path = pool_format(old->pool, "%s/%s", old->path, name);

	return dir_open(AT_FDCWD, path, fd, err) == -1 &&
	    err->kind != ERR_ABSENT ? -1 : 0;
}

static bool
is_same(int fd, const char *path)
{
	struct stat a, b;

	return fd != -1 && fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int
old_machine_open(struct old_machine *old, struct pool *pool,
    const struct installation *in, const char *path, struct err *err)
{
	char *real = realpath(path, NULL);

	*old = (struct old_machine){ .pool = pool, .etc = -1, .spool = -1,
	    .homes = -1 };
	if (real == NULL)
		return err_open(err, path);
	old->path = strcmp(real, "/") == 0 ? "" : pool_dup(pool,
	    slice_of(real));
	free(real);
	if (open_part(old, "etc/vmail", &old->etc, err) == -1 ||
	    open_part(old, "var/spool/vmail", &old->spool, err) == -1 ||
	    open_part(old, "vhome", &old->homes, err) == -1)
		return -1;
	if (old->etc == -1)
		return err_set(err, ERR_ABSENT, "%s/etc/vmail is not there: "
		    "copy the old machine's /etc/vmail, /var/spool/vmail and "
		    "/vhome below one directory, and name that", old->path);
	old->etc_in_place = is_same(old->etc, in->path);
	old->spool_in_place = is_same(old->spool, installation_path(in, pool,
	    in->conf.spool));
	old->homes_in_place = is_same(old->homes, installation_path(in, pool,
	    in->conf.homes));
	return 0;
}

void
drop_old_machine(struct old_machine *old)
{
	drop_fd(&old->etc);
	drop_fd(&old->spool);
	drop_fd(&old->homes);
}

const char *
old_machine_name(const struct old_machine *old, const char *place,
    const char *name)
{
	return pool_format(old->pool, "%s/%s/%s", old->path, place, name);
}

int
old_machine_text(const struct old_machine *old, const char *name, uid_t owner,
    struct str *text, bool *there, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	struct stat st;

	if (there != NULL)
		*there = true;
	if (file_open(old->etc, name, O_NOFOLLOW, &fd, &st, err) == -1) {
		if (err->kind != ERR_ABSENT)
			return err_within(err, "%s/etc/vmail", old->path);
		if (there != NULL)
			*there = false;
		return 0;
	}
	if (!trust_file(&st, owner))
		return err_set(err, ERR_REFUSED, "%s: others could have "
		    "written it: give it to %s and close it (chmod go-w)",
		    old_machine_name(old, "etc/vmail", name), owner == 0 ?
		    "root" : "its owner");
	if (file_read(fd, TEXT_MAX, text, err) == -1)
		return err_within(err, "%s", old_machine_name(old,
		    "etc/vmail", name));
	return 0;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
old_machine_list(const struct old_machine *old, int dir_fd,
    const char ***names, size_t *count, struct err *err)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SCOPED(drop_dir) DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t room = 64;

	*names = pool_alloc(old->pool, room * sizeof **names);
	*count = 0;
	if (dir == NULL)
		return err_sys(err, "list what is below %s", old->path);
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (*count == room) {
			const char **more = pool_alloc(old->pool, 2 * room *
			    sizeof *more);
			memcpy(more, *names, room * sizeof *more);
			*names = more;
			room *= 2;
		}
		(*names)[(*count)++] = pool_dup(old->pool,
		    slice_of(entry->d_name));
	}
	if (errno != 0)
		return err_sys(err, "list what is below %s", old->path);
	if (*count > 1)
		qsort(*names, *count, sizeof **names, compare_names);
	return 0;
}

static bool
is_of_name(char c)
{
	return (unsigned char)c >= 0x80 || c == '-' || c == '.' ||
	    (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
	    (c >= '0' && c <= '9');
}

/* As a whole, not within a longer name. */
static bool
names(struct slice line, const char *domain)
{
	size_t len = strlen(domain);

	for (size_t i = 0; i + len <= line.len; i++) {
		size_t end = i + len;
		if (slice_same((struct slice){ line.p + i, len },
		    slice_of(domain)) &&
		    (i == 0 || !is_of_name(line.p[i - 1])) &&
		    (end == line.len || !is_of_name(line.p[end])))
			return true;
	}
	return false;
}

/* How Linuxconf wrote its settings there is not published: a line that names
 * the domain is shown to who can read it. */
void
old_machine_settings(const struct old_machine *old, const char *domain,
    struct report *report)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	const char *path = old_machine_name(old, "etc", "conf.linuxconf");
	struct slice line;
	struct err err;

	if (file_open(AT_FDCWD, path, 0, &fd, NULL, &err) == -1)
		return;
	lines.fd = fd;
	while (lines_next(&lines, &line, &err) == 1) {
		if (!names(line, domain))
			continue;
		report_left(report, pool_format(old->pool, "%s:%u", path,
		    lines.number), pool_format(old->pool, "setting of %s",
		    domain), "'%.*s': what it asks for is said by 'vadmin "
		    "domain set %s NAME=VALUE' (fallback, match-full-name, "
		    "inbox-limit, extra-aliases ...) or 'vadmin domain alias'",
		    (int)(line.len < 200 ? line.len : 200), line.p, domain);
	}
}
