/* uid_use.c: which user ids the installation's accounts have. */
#include "uid_use.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "lines.h"
#include "scope.h"

#define TRASH	".trash"

enum {
	DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
	DEPTH = 4,		/* .trash/.domains/D.STAMP/accounts */
};

struct search {
	uid_use_visitor	*visit;
	void		*arg;
	bool		 of_trash;
};

/* The first and third field, whatever else the line is. */
static void
look_at_line(const struct search *s, const char *file, struct slice line)
{
	struct slice name = { 0 }, field = { 0 };
	uint64_t id;
	int n = 0;

	for (struct slice rest = line; n < 3 && slice_cut(&rest, ':', &field);
	    n++)
		if (n == 0)
			name = field;
	if (n == 3 && slice_number(field, UINT32_MAX, &id) == 0)
		s->visit(s->arg, file, name, id);
}

/* A record of a deleted account has "passwd:" before the line. */
static int
look_at_file(const struct search *s, int dir, const char *file, int flags,
    struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	bool plain = !s->of_trash || slice_starts(slice_of(file), "passwd");
	struct slice line;
	int got;

	if (file_open(dir, file, flags, &fd, NULL, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	lines.fd = fd;
	while ((got = lines_next(&lines, &line, err)) == 1)
		if (s->of_trash && slice_starts(line, "passwd:"))
			look_at_line(s, file, slice_from(line, 7));
		else if (plain)
			look_at_line(s, file, line);
	return got == -1 ? err_within(err, "%s", file) : 0;
}

int
uid_use_each(const struct installation *in, uid_use_visitor *visit, void *arg,
    struct err *err)
{
	const struct search s = { visit, arg, false };
	SCOPED(drop_dir) DIR *dir = NULL;
	int fd = openat(in->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;

	if (fd == -1 || (dir = fdopendir(fd)) == NULL)
		return err_sys(err, "list %s", in->path);
	while (errno = 0, (entry = readdir(dir)) != NULL)
		if (slice_starts(slice_of(entry->d_name), "passwd.") &&
		    look_at_file(&s, in->dir, entry->d_name, 0, err) == -1)
			return err_within(err, "%s", in->path);
	return errno != 0 ? err_sys(err, "list %s", in->path) : 0;
}

static int
look_below(const struct search *s, int parent, const char *name,
    unsigned depth, struct err *err)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	int fd = openat(parent, name, DIRECTORY);
	struct dirent *entry;

	if (fd == -1 && errno == ENOTDIR)
		return look_at_file(s, parent, name, O_NOFOLLOW, err);
	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd != -1 && depth == 0) {		/* none of our records */
		drop_fd(&fd);
		return 0;
	}
	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		int failed = err_sys(err, "%s", name);
		drop_fd(&fd);
		return failed;
	}
	while (errno = 0, (entry = readdir(dir)) != NULL)
		if (!slice_is(slice_of(entry->d_name), ".") &&
		    !slice_is(slice_of(entry->d_name), "..") &&
		    look_below(s, dirfd(dir), entry->d_name, depth - 1,
		    err) == -1)
			return err_within(err, "%s", name);
	return errno != 0 ? err_sys(err, "%s", name) : 0;
}

int
uid_use_of_trash(const struct installation *in, uid_use_visitor *visit,
    void *arg, struct err *err)
{
	const struct search s = { visit, arg, true };

	return look_below(&s, in->dir, TRASH, DEPTH + 1, err);
}

int
uid_use_of_system(uid_use_visitor *visit, void *arg, struct err *err)
{
	const struct search s = { visit, arg, false };

	return look_at_file(&s, AT_FDCWD, "/etc/passwd", 0, err);
}

struct finding {
	struct pool	*pool;
	uint64_t	 uid;
	const char	*who;
};

static void
compare(void *arg, const char *file, struct slice name, uint64_t uid)
{
	struct finding *f = arg;

	if (uid == f->uid && f->who == NULL)
		f->who = pool_format(f->pool, "'%.*s' in %s", (int)name.len,
		    name.p, file);
}

int
uid_use_find(const struct installation *in, struct pool *pool, uid_t uid,
    const char **who, struct err *err)
{
	struct finding f = { pool, uid, NULL };

	if (uid_use_each(in, compare, &f, err) == -1)
		return -1;
	*who = f.who;
	return 0;
}
