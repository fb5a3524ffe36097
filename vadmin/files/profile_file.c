/* profile_file.c: files/D/U.profile as it is read and edited. */
#include "profile_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "files.h"
#include "scope.h"
#include "side_file.h"
#include "spool.h"

enum { PROFILE_MAX = 64 * 1024 };

static const char *
path_of(const struct domain *domain, struct pool *pool, const char *account)
{
	return pool_format(pool, "%s/files/%s/%s.profile", installation_path(
	    domain->in, pool, domain->in->conf.spool), domain->name, account);
}

int
profile_file_read(const struct domain *domain, const char *account,
    struct pool *pool, struct profile *out, struct err *err)
{
	SCOPED(drop_fd) int dir = -1;
	SCOPED(drop_fd) int fd = -1;
	struct profile none = { 0 };

	settings_preset(profile_settings, pool, &none);
	*out = none;
	if (spool_files(domain, false, &dir, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	int got = profile_open(domain, dir, account, &fd, err);
	return got != 1 ? got : profile_read(fd, path_of(domain, pool,
	    account), pool, out, err);
}

int
profile_file_each(const struct domain *domain,
    void (*visit)(void *arg, int files, struct slice account), void *arg,
    struct err *err)
{
	static const char ending[] = ".profile";
	SCOPED(drop_fd) int files = -1;
	SCOPED(drop_dir) DIR *dir = NULL;
	const struct dirent *e;

	if (spool_files(domain, false, &files, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	int copy = openat(files, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (copy == -1 || (dir = fdopendir(copy)) == NULL) {
		if (copy != -1)
			close(copy);
		return err_sys(err, "list files/%s", domain->name);
	}
	while (errno = 0, (e = readdir(dir)) != NULL) {
		struct slice name = slice_of(e->d_name);
		if (slice_ends(name, ending) && name.p[0] != '.')
			visit(arg, files, (struct slice){ name.p,
			    name.len - strlen(ending) });
	}
	return errno != 0 ? err_sys(err, "list files/%s", domain->name) : 0;
}

static int
read_text(const struct domain *domain, int dir, const char *account,
    struct str *text, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	int got = profile_open(domain, dir, account, &fd, err);

	return got != 1 ? got : file_read(fd, PROFILE_MAX, text, err);
}

/* The text without the lines that set the name. */
static void
leave_out(struct slice text, const char *name, struct str *out)
{
	struct slice line, rest, word;

	while (text.len > 0 && slice_cut(&text, '\n', &line)) {
		rest = line;
		slice_cut(&rest, '=', &word);
		if (slice_is(slice_trim(word), name))
			continue;
		str_addslice(out, line);
		str_addc(out, '\n');
	}
}

static void
edit(struct str *text, const struct profile_change *change)
{
	SCOPED(drop_str) struct str changed = { 0 };

	if (change->value[0] == '\0')
		leave_out(str_slice(text), change->name, &changed);
	else
		settings_edit(str_slice(text), change->name,
		    slice_of(change->value), &changed);
	str_cut(text, 0);
	str_addslice(text, str_slice(&changed));
}

int
profile_file_change(const struct domain *domain, const char *account,
    const struct profile_change *changes, size_t count, bool fresh,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_fd) int dir = -1;
	const char *name = pool_format(&pool, "%s.profile", account);

	if (spool_files(domain, true, &dir, err) == -1 || (!fresh &&
	    read_text(domain, dir, account, &text, err) == -1))
		return -1;
	for (size_t i = 0; i < count; i++)
		edit(&text, &changes[i]);
	if (text.len == 0)
		return side_file_remove(dir, name, NULL, err);
	return side_file_write(dir, name, str_slice(&text), geteuid(),
	    MODE_SECRET, err);
}
