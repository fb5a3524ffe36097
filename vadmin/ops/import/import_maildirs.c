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
#include "maildir_tree.h"
#include "ops.h"
#include "password.h"
#include "qmail_files.h"
#include "scope.h"
#include "vpasswd.h"

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
maildir_of(struct maildir_tree *tree, const struct vpasswd *line)
{
	const char *domain = pool_format(tree->pool, "/%s/",
	    tree->all.domain), *at = strstr(line->dir, domain);
	const char *plain = pool_format(tree->pool, "%s/%s/Maildir/",
	    tree->path, line->name);
	struct stat st;

	if (is_directory(tree->pool, plain, &st) || at == NULL)
		return plain;
	return pool_format(tree->pool, "%s/%s/Maildir/", tree->path,
	    at + strlen(domain));
}

static struct settler *
add_account(struct maildir_tree *tree, const char *file, unsigned line,
    const char *name, const char *path)
{
	struct settler *new = pool_alloc(tree->pool, sizeof *new);
	struct stat st;

	new->newcomer = (struct newcomer){ .file = file, .line = line,
	    .name = name };
	new->path = path;
	if (is_directory(tree->pool, path, &st)) {
		new->has_owner = true;
		new->newcomer.ident = (struct ident){ st.st_uid, st.st_gid };
	} else {
		new->newcomer.verdict = INTAKE_WRONG;
		new->newcomer.why = pool_format(tree->pool,
		    "%s is not there", path);
	}
	settle_account(&tree->all, new);
	return new;
}

/* What vpopmail forbade: to log in is one thing here. */
static void
take_rights(struct maildir_tree *tree, const struct vpasswd *line,
    const char *where, struct newcomer *one)
{
	const char *what = pool_format(tree->pool, "rights of %s",
	    line->name);

	if (line->no_mail)
		one->quota = "disabled";
	if (!line->no_pop && !line->no_imap)
		return;
	if (one->hash != NULL)
		one->hash = pool_format(tree->pool, "!%s", one->hash);
	if (line->no_pop != line->no_imap)
		report_left(&tree->report, where, what, "%s was forbidden "
		    "and %s was not: the account is locked, 'vadmin user "
		    "unlock' opens it for both", line->no_pop ? "POP" :
		    "IMAP", line->no_pop ? "IMAP" : "POP");
}

static void
read_line(struct maildir_tree *tree, struct slice text, const char *file,
    unsigned number)
{
	const char *where = pool_format(tree->pool, "%s:%u", file, number);
	struct vpasswd line;
	struct err err;

	if (vpasswd_parse(tree->pool, text, &line, &err) == -1) {
		report_left(&tree->report, where, "line", "%s", err.text);
		return;
	}
	*table_at(&tree->names, line.name) = tree;
	struct newcomer *one = &add_account(tree, file, number, line.name,
	    maildir_of(tree, &line))->newcomer;
	one->quota = line.quota;
	if (strpbrk(line.full_name, ",&") == NULL)
		one->full_name = line.full_name;
	else
		report_left(&tree->report, where, pool_format(tree->pool,
		    "name of %s", line.name), "a full name cannot hold a "
		    "comma or an ampersand");
	if (password_is_known(line.hash))
		one->hash = line.hash;
	else if (line.hash[0] != '\0')
		report_left(&tree->report, where, pool_format(tree->pool,
		    "password of %s", line.name),
		    "crypt(3) knows no such hash");
	if (line.counts)
		report_left(&tree->report, where, pool_format(tree->pool,
		    "limit of %s", line.name), "a number of messages: limits "
		    "are kB here");
	take_rights(tree, &line, where, one);
}

/* 1: read, 0: there is none. */
static int
read_vpasswd(struct maildir_tree *tree, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	const char *file = maildir_tree_below(tree, "vpasswd");
	struct slice line;
	int got;

	if (file_open(tree->dir, "vpasswd", O_NOFOLLOW, &fd, NULL,
	    err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	lines.fd = fd;
	while ((got = lines_next(&lines, &line, err)) == 1)
		if (slice_trim(line).len > 0 && !slice_starts(line, "#"))
			read_line(tree, line, file, lines.number);
	return got == -1 ? err_within(err, "%s", file) : 1;
}

/* --- the tree ----------------------------------------------------------- */

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
list_tree(struct maildir_tree *tree, const char ***names, size_t *count,
    struct err *err)
{
	int fd = openat(tree->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SCOPED(drop_dir) DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t room = 0;

	if (dir == NULL)
		return err_sys(err, "list %s", tree->path);
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (*count == room) {
			room = room > 0 ? room * 2 : 64;
			const char **more = pool_alloc(tree->pool, room *
			    sizeof *more);
			if (*count > 0)
				memcpy(more, *names, *count * sizeof *more);
			*names = more;
		}
		(*names)[(*count)++] = pool_dup(tree->pool,
		    slice_of(entry->d_name));
	}
	if (errno != 0)
		return err_sys(err, "list %s", tree->path);
	if (*count > 1)
		qsort(*names, *count, sizeof **names, compare_names);
	return 0;
}

static void
read_directory(struct maildir_tree *tree, const char *name, bool has_vpasswd)
{
	const char *path = pool_format(tree->pool, "%s/%s/Maildir/",
	    tree->path, name);
	const char *lower = pool_lower(tree->pool, slice_of(name));
	struct stat st;

	if (!is_directory(tree->pool, path, &st) ||
	    table_find(&tree->names, lower) != NULL)
		return;
	if (has_vpasswd)
		report_left(&tree->report, path, name, "vpasswd has no such "
		    "account");
	else
		add_account(tree, path, 0, name, path);
}

static int
read_tree(struct maildir_tree *tree, struct err *err)
{
	const char **names = NULL;
	size_t count = 0;
	int found = read_vpasswd(tree, err);

	if (found == -1 || list_tree(tree, &names, &count, err) == -1)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (names[i][0] != '.')
			read_directory(tree, names[i], found == 1);
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], ".qmail-default") == 0)
			qmail_default(tree, names[i]);
		else if (slice_starts(slice_of(names[i]), ".qmail-"))
			qmail_alias(tree, names[i]);
	return 0;
}

/* An account's own .qmail says where its mail goes instead. */
static void
read_forwards(struct maildir_tree *tree)
{
	for (size_t i = 0; i < tree->all.count; i++) {
		struct settler *one = tree->all.all[i];
		struct slice dir = slice_of(one->path);
		struct stat st;
		dir.len -= strlen("Maildir/");
		const char *path = pool_format(tree->pool, "%.*s.qmail",
		    (int)dir.len, dir.p);
		if (lstat(path, &st) == 0)
			report_left(&tree->report, path, pool_format(
			    tree->pool, "forward of %s",
			    one->newcomer.name), "'vadmin user forward "
			    "%s@%s ADDRESS...' says where its mail goes",
			    one->newcomer.name, tree->all.domain);
	}
}

int
import_maildirs(struct call *call, struct err *err)
{
	SCOPED(drop_maildir_tree) struct maildir_tree tree = { .call = call,
	    .pool = &call->pool, .report = REPORT_NEW, .dir = -1,
	    .all.domain = call_text(call, "D") };
	char *real = realpath(call_text(call, "DIR"), NULL);

	if (real == NULL)
		return err_open(err, call_text(call, "DIR"));
	tree.path = pool_dup(&call->pool, slice_of(real));
	tree.all.where = tree.path;
	free(real);
	if (dir_open(AT_FDCWD, tree.path, &tree.dir, err) == -1 ||
	    read_tree(&tree, err) == -1)
		return -1;
	if (tree.all.count == 0)
		return err_set(err, ERR_ABSENT, "%s has neither a vpasswd nor "
		    "a directory with a Maildir", tree.path);
	read_forwards(&tree);
	int done = settle(call, &tree.all, &tree.report, err);
	report_end(&tree.report, call);
	return done;
}
