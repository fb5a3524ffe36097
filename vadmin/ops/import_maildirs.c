/* import_maildirs.c: a domain's tree of Maildirs, as vpopmail keeps it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fd.h"
#include "file.h"
#include "lines.h"
#include "ops.h"
#include "password.h"
#include "scope.h"
#include "settle.h"
#include "vpasswd.h"

enum { DOT_MAX = 1 << 20 };

struct import {
	struct call		*call;
	struct pool		*pool;
	struct report		report;
	const char		*path;		/* of the tree, absolute */
	int			 dir;
	struct settlement	 all;
	struct table		 names;		/* in vpasswd */
};

static void
drop_import(struct import *import)
{
	drop_report(&import->report);
	drop_fd(&import->dir);
	drop_settlement(&import->all);
	drop_table(&import->names);
}

static const char *
below(struct import *import, const char *name)
{
	return pool_format(import->pool, "%s/%s", import->path, name);
}

/* --- an account --------------------------------------------------------- */

/* A final slash would follow a link. */
static bool
is_directory(struct pool *pool, const char *path, struct stat *st)
{
	struct slice name = slice_of(path);

	while (slice_ends(name, "/"))
		name.len--;
	return lstat(pool_dup(pool, name), st) == 0 && S_ISDIR(st->st_mode);
}

/* A domain of many has its accounts in directories of directories: what stands
 * behind the domain's name in the old path is what stands behind it here. */
static const char *
maildir_of(struct import *import, const struct vpasswd *line)
{
	const char *domain = pool_format(import->pool, "/%s/",
	    import->all.domain), *at = strstr(line->dir, domain);
	const char *plain = pool_format(import->pool, "%s/%s/Maildir/",
	    import->path, line->name);
	struct stat st;

	if (is_directory(import->pool, plain, &st) || at == NULL)
		return plain;
	return pool_format(import->pool, "%s/%s/Maildir/", import->path,
	    at + strlen(domain));
}

static struct settler *
add_account(struct import *import, const char *file, unsigned line,
    const char *name, const char *path)
{
	struct settler *new = pool_alloc(import->pool, sizeof *new);
	struct stat st;

	new->newcomer = (struct newcomer){ .file = file, .line = line,
	    .name = name };
	new->path = path;
	if (is_directory(import->pool, path, &st)) {
		new->has_owner = true;
		new->newcomer.ident = (struct ident){ st.st_uid, st.st_gid };
	} else {
		new->newcomer.verdict = INTAKE_WRONG;
		new->newcomer.why = pool_format(import->pool,
		    "%s is not there", path);
	}
	settle_account(&import->all, new);
	return new;
}

/* What vpopmail forbade: to log in is one thing here. */
static void
take_rights(struct import *import, const struct vpasswd *line,
    const char *where, struct newcomer *one)
{
	const char *what = pool_format(import->pool, "rights of %s",
	    line->name);

	if (line->no_mail)
		one->quota = "disabled";
	if (!line->no_pop && !line->no_imap)
		return;
	if (one->hash != NULL)
		one->hash = pool_format(import->pool, "!%s", one->hash);
	if (line->no_pop != line->no_imap)
		report_left(&import->report, where, what, "%s was forbidden "
		    "and %s was not: the account is locked, 'vadmin user "
		    "unlock' opens it for both", line->no_pop ? "POP" :
		    "IMAP", line->no_pop ? "IMAP" : "POP");
}

static void
read_line(struct import *import, struct slice text, const char *file,
    unsigned number)
{
	const char *where = pool_format(import->pool, "%s:%u", file, number);
	struct vpasswd line;
	struct err err;

	if (vpasswd_parse(import->pool, text, &line, &err) == -1) {
		report_left(&import->report, where, "line", "%s", err.text);
		return;
	}
	*table_at(&import->names, line.name) = import;
	struct newcomer *one = &add_account(import, file, number, line.name,
	    maildir_of(import, &line))->newcomer;
	one->quota = line.quota;
	if (strpbrk(line.full_name, ",&") == NULL)
		one->full_name = line.full_name;
	else
		report_left(&import->report, where, pool_format(import->pool,
		    "name of %s", line.name), "a full name cannot hold a "
		    "comma or an ampersand");
	if (password_is_known(line.hash))
		one->hash = line.hash;
	else if (line.hash[0] != '\0')
		report_left(&import->report, where, pool_format(import->pool,
		    "password of %s", line.name),
		    "crypt(3) knows no such hash");
	if (line.counts)
		report_left(&import->report, where, pool_format(import->pool,
		    "limit of %s", line.name), "a number of messages: limits "
		    "are kB here");
	take_rights(import, &line, where, one);
}

/* 1: read, 0: there is none. */
static int
read_vpasswd(struct import *import, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	const char *file = below(import, "vpasswd");
	struct slice line;
	int got;

	if (file_open(import->dir, "vpasswd", O_NOFOLLOW, &fd, NULL,
	    err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	lines.fd = fd;
	while ((got = lines_next(&lines, &line, err)) == 1)
		if (slice_trim(line).len > 0 && !slice_starts(line, "#"))
			read_line(import, line, file, lines.number);
	return got == -1 ? err_within(err, "%s", file) : 1;
}

/* --- .qmail files ------------------------------------------------------- */

static bool
read_dot(struct import *import, const char *name, struct str *text)
{
	SCOPED(drop_fd) int fd = -1;
	struct err err;

	if (file_open(import->dir, name, O_NOFOLLOW, &fd, NULL, &err) == 0 &&
	    file_read(fd, DOT_MAX, text, &err) == 0)
		return true;
	report_left(&import->report, below(import, name), name, "%s",
	    err.text);
	return false;
}

/* A Maildir in an alias is that of an account. */
static const char *
account_of(const struct import *import, const char *maildir)
{
	for (size_t i = 0; i < import->all.count; i++) {
		const struct settler *one = import->all.all[i];
		if (strcmp(one->path, maildir) == 0 ||
		    slice_ends(slice_of(maildir), pool_format(import->pool,
		    "/%s/Maildir/", one->newcomer.name)))
			return one->newcomer.name;
	}
	return NULL;
}

/* .qmail-some:thing is the alias some.thing. */
static void
read_alias(struct import *import, const char *name)
{
	char *alias = pool_lower(import->pool, slice_of(name + strlen(
	    ".qmail-")));
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_dot_qmail) struct dot_qmail file = { 0 };
	const char *where = below(import, name), *own;
	struct err err;

	for (char *c = alias; *c != '\0'; c++)
		*c = *c == ':' ? '.' : *c;
	if (!read_dot(import, name, &text))
		return;
	dot_qmail_read(import->pool, str_slice(&text), &file);
	own = file.maildir != NULL ? account_of(import, file.maildir) : NULL;
	if (file.strange != NULL || (file.maildir != NULL && own == NULL)) {
		report_left(&import->report, where, name, "'%.200s' is neither "
		    "an address nor an account's Maildir: see "
		    "vmail-aliases(5) for what an alias may hold",
		    file.strange != NULL ? file.strange : file.maildir);
		return;
	}
	if (own != NULL)
		str_addf(&file.members, "%s%s", file.members.len > 0 ? ", " :
		    "", own);
	if (settle_alias(&import->all, import->pool, where, 0, alias,
	    str_slice(&file.members), &err) == -1)
		report_left(&import->report, where, name, "%s", err.text);
}

static void
read_default(struct import *import, const char *name)
{
	SCOPED(drop_str) struct str text = { 0 };
	const char *where = below(import, name), *own, *what;

	if (!read_dot(import, name, &text))
		return;
	what = dot_qmail_default(import->pool, str_slice(&text));
	if (what == NULL || strcmp(what, "delete") == 0) {
		report_left(&import->report, where, name, "%s", what == NULL ?
		    "no line of vdelivermail's" : "mail for nobody was "
		    "thrown away: here it is refused; 'vadmin alias set "
		    "nobody@D /dev/null' and fallback=nobody throw it away");
		return;
	}
	if (strcmp(what, "bounce-no-mailbox") == 0) {
		report_taken(&import->report, where, name,
		    "mail for nobody is refused, as here");
		return;
	}
	import->all.fallback_where = where;
	own = what[0] == '/' ? account_of(import, pool_format(import->pool,
	    "%s/Maildir/", what)) : what;
	if (own != NULL)
		import->all.fallback = own;
	else
		report_left(&import->report, where, name,
		    "'%s' is no account's", what);
}

/* --- the tree ----------------------------------------------------------- */

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
list_tree(struct import *import, const char ***names, size_t *count,
    struct err *err)
{
	int fd = openat(import->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SCOPED(drop_dir) DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t room = 0;

	if (dir == NULL)
		return err_sys(err, "list %s", import->path);
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (*count == room) {
			room = room > 0 ? room * 2 : 64;
			const char **more = pool_alloc(import->pool, room *
			    sizeof *more);
			if (*count > 0)
				memcpy(more, *names, *count * sizeof *more);
			*names = more;
		}
		(*names)[(*count)++] = pool_dup(import->pool,
		    slice_of(entry->d_name));
	}
	if (errno != 0)
		return err_sys(err, "list %s", import->path);
	if (*count > 1)
		qsort(*names, *count, sizeof **names, compare_names);
	return 0;
}

static void
read_directory(struct import *import, const char *name, bool has_vpasswd)
{
	const char *path = pool_format(import->pool, "%s/%s/Maildir/",
	    import->path, name);
	const char *lower = pool_lower(import->pool, slice_of(name));
	struct stat st;

	if (!is_directory(import->pool, path, &st) ||
	    table_find(&import->names, lower) != NULL)
		return;
	if (has_vpasswd)
		report_left(&import->report, path, name, "vpasswd has no such "
		    "account");
	else
		add_account(import, path, 0, name, path);
}

static int
read_tree(struct import *import, struct err *err)
{
	const char **names = NULL;
	size_t count = 0;
	int found = read_vpasswd(import, err);

	if (found == -1 || list_tree(import, &names, &count, err) == -1)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (names[i][0] != '.')
			read_directory(import, names[i], found == 1);
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], ".qmail-default") == 0)
			read_default(import, names[i]);
		else if (slice_starts(slice_of(names[i]), ".qmail-"))
			read_alias(import, names[i]);
	return 0;
}

/* An account's own .qmail says where its mail goes instead. */
static void
read_forwards(struct import *import)
{
	for (size_t i = 0; i < import->all.count; i++) {
		struct settler *one = import->all.all[i];
		struct slice dir = slice_of(one->path);
		struct stat st;
		dir.len -= strlen("Maildir/");
		const char *path = pool_format(import->pool, "%.*s.qmail",
		    (int)dir.len, dir.p);
		if (lstat(path, &st) == 0)
			report_left(&import->report, path, pool_format(
			    import->pool, "forward of %s",
			    one->newcomer.name), "'vadmin user forward "
			    "%s@%s ADDRESS...' says where its mail goes",
			    one->newcomer.name, import->all.domain);
	}
}

int
import_maildirs(struct call *call, struct err *err)
{
	SCOPED(drop_import) struct import import = { .call = call,
	    .pool = &call->pool, .report = REPORT_NEW, .dir = -1,
	    .all.domain = call_text(call, "D") };
	char *real = realpath(call_text(call, "DIR"), NULL);

	if (real == NULL)
		return err_open(err, call_text(call, "DIR"));
	import.path = pool_dup(&call->pool, slice_of(real));
	import.all.where = import.path;
	free(real);
	if (dir_open(AT_FDCWD, import.path, &import.dir, err) == -1 ||
	    read_tree(&import, err) == -1)
		return -1;
	if (import.all.count == 0)
		return err_set(err, ERR_ABSENT, "%s has neither a vpasswd nor "
		    "a directory with a Maildir", import.path);
	read_forwards(&import);
	int done = settle(call, &import.all, &import.report, err);
	report_end(&import.report, call);
	return done;
}
