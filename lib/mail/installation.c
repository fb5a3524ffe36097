/* installation.c: the directory that stands for /etc/vmail, and vmail.conf. */
#include "installation.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "lock.h"
#include "mem.h"
#include "name.h"
#include "scope.h"
#include "trust.h"

enum { CHANGE_MS = 60000 };

static int
open_directory(struct installation *in, const char *path, struct err *err)
{
	SCOPED(drop_str) struct str itself = { 0 };
	SCOPED(drop_mem) char *cwd = NULL;

	if (path[0] == '/') {
		in->path = pool_dup(&in->pool, slice_of(path));
	} else {
		cwd = getcwd(NULL, 0);
		if (cwd == NULL)
			return err_sys(err, "%s: where is this relative to",
			    path);
		in->path = pool_format(&in->pool, "%s/%s", cwd, path);
	}
	if (dir_open(AT_FDCWD, in->path, &in->dir, err) == -1) {
		err->kind = ERR_TEMPORARY;
		return -1;
	}
	if (!in->as_root)
		return 0;
	str_addf(&itself, "%s/.", in->path);
	return trust_path(str_text(&itself), 0, err);
}

/* "For a process that is not root, its own uid if it owns vmail.conf." */
static void
find_owner(struct installation *in)
{
	struct stat st;

	in->owner = 0;
	if (!in->as_root && fstatat(in->dir, "vmail.conf", &st, 0) == 0 &&
	    st.st_uid == geteuid())
		in->owner = st.st_uid;
}

const char *
installation_where(const struct installation *in, struct pool *pool,
    const char *setting)
{
	unsigned line = in->lines.of[settings_row(vmail_settings,
	    slice_of(setting)) - vmail_settings];

	return line == 0 ? pool_format(pool, "%s/vmail.conf", in->path) :
	    pool_format(pool, "%s/vmail.conf:%u", in->path, line);
}

static int
read_settings(struct installation *in, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_str) struct str file = { 0 };

	settings_preset(vmail_settings, &in->pool, &in->conf);
	if (installation_file(in, "vmail.conf", &fd, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	in->configured = true;
	str_addf(&file, "%s/vmail.conf", in->path);
	if (settings_read(vmail_settings, &in->pool, fd, str_text(&file),
	    &in->conf, &in->lines, err) == -1)
		return -1;
	const struct setting *row =
	    settings_refused(vmail_settings, &in->lines, &in->conf,
	    sizeof in->conf, in->program);
	if (row != NULL)
		return err_set(err, ERR_TEMPORARY,
		    "%s: '%s' is not available in this version: take it out",
		    installation_where(in, &in->pool, row->name), row->name);
	return 0;
}

/* It becomes part of greetings and of messages. */
static int
check_hostname(struct installation *in, struct err *err)
{
	SCOPED(drop_str) struct str lower = { 0 };

	str_addlower(&lower, slice_of(in->hostname));
	if (name_is_domain(str_slice(&lower)))
		return 0;
	return err_set(err, ERR_INVALID,
	    "%s: hostname: '%s' is no host name: set one",
	    installation_where(in, &in->pool, "hostname"), in->hostname);
}

static int
find_names(struct installation *in, struct err *err)
{
	char host[HOST_NAME_MAX + 1];
	SCOPED(drop_str) struct str domain = { 0 };
	struct slice name, label;

	if (gethostname(host, sizeof host) == -1)
		return err_sys(err, "host name");
	host[sizeof host - 1] = '\0';
	in->hostname = in->conf.hostname[0] ? in->conf.hostname :
	    pool_dup(&in->pool, slice_of(host));
	if (check_hostname(in, err) == -1)
		return -1;
	name = slice_of(in->conf.main_domain);
	if (name.len == 0) {
		name = slice_of(in->hostname);
		struct slice rest = name;
		if (slice_cut(&rest, '.', &label) && rest.len > 0)
			name = rest;
	}
	if (name_canonical_domain(name, &domain, err) == -1)
		return err_within(err, "%s: main-domain: '%.*s'",
		    installation_where(in, &in->pool, "main-domain"),
		    (int)name.len, name.p);
	in->main_domain = pool_dup(&in->pool, str_slice(&domain));
	return 0;
}

int
installation_open(const char *path, enum conf_program program,
    struct installation *in, struct err *err)
{
	*in = (struct installation){ .dir = -1, .program = program,
	    .as_root = geteuid() == 0, .deadline = { INT64_MAX } };
	if (open_directory(in, path, err) == -1)
		return -1;
	find_owner(in);
	if (read_settings(in, err) == -1)
		return -1;
	return find_names(in, err);
}

void
drop_installation(struct installation *in)
{
	drop_fd(&in->dir);
	drop_pool(&in->pool);
}

void
installation_warn(const struct installation *in, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (in->warn == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	in->warn(text);
}

const char *
installation_path(const struct installation *in, struct pool *pool,
    const char *path)
{
	return path[0] == '/' ? path : pool_format(pool, "%s/%s", in->path,
	    path);
}

/* A link may lead out of the directory, as long as nobody else can write there;
 * one that leads nowhere is a disk that is not mounted. */
static int
open_linked(const struct installation *in, const char *name, int *fd,
    struct stat *st, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	if (trust_path(installation_path(in, &pool, name), in->owner,
	    err) == -1)
		return -1;
	if (file_open(in->dir, name, 0, fd, st, err) == 0)
		return 0;
	if (err->kind == ERR_ABSENT)
		err->kind = ERR_TEMPORARY;
	return err_within(err, "%s", in->path);
}

int
installation_file(const struct installation *in, const char *name, int *fd,
    struct err *err)
{
	SCOPED(drop_fd) int got = -1;
	struct stat st;

	if (file_open(in->dir, name, O_NOFOLLOW, &got, &st, err) == -1) {
		if (err->kind != ERR_REFUSED)
			return err_within(err, "%s", in->path);
		if (open_linked(in, name, &got, &st, err) == -1)
			return -1;
	}
	if (!trust_file(&st, in->owner))
		return err_set(err, ERR_REFUSED,
		    "%s/%s: others can write to it: give it to %s and close it "
		    "(chmod go-w)", in->path, name, in->owner == 0 ? "root" :
		    "its owner");
	*fd = got;
	got = -1;
	return 0;
}

int
installation_lock_by(const struct installation *in, struct deadline d, int *fd,
    struct err *err)
{
	if (lock_open(in->dir, ".lock", 1, d, fd, err) == -1)
		return err_within(err, "%s", in->path);
	return 0;
}

int
installation_lock(const struct installation *in, int *fd, struct err *err)
{
	return installation_lock_by(in, deadline_in(CHANGE_MS), fd, err);
}

bool
installation_is_changed(const struct installation *in)
{
	SCOPED(drop_fd) int fd = -1;
	struct err err;

	return file_open(in->dir, ".lock", O_NOFOLLOW, &fd, NULL, &err) == 0 &&
	    lock_try_shared(fd, &err) == 0;
}
