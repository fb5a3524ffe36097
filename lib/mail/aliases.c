/* aliases.c: alias files, as Postfix's and sendmail's aliases(5) write them. */
#include "aliases.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "alias_apart.h"
#include "alias_scan.h"
#include "fd.h"
#include "file.h"
#include "index.h"
#include "scope.h"
#include "trust.h"

struct source {
	const char	*path;		/* for messages */
	bool		 trusted;
};

static int
open_as_we_are(const char *path, int flags, int *fd, struct stat *st,
    struct err *err)
{
	if (file_open(AT_FDCWD, path, flags, fd, st, err) == 0)
		return 0;
	if (err->kind == ERR_ABSENT)
		err->kind = ERR_TEMPORARY;
	return -1;
}

/* Who rules the way to path; what is missing on it is told as path. */
static int
look_at_way(const struct installation *in, const char *path,
    struct stat *stranger, struct err *err)
{
	struct stat st;

	if (trust_path_or_tell(path, in->owner, stranger, err) == 0)
		return 0;
	if (err->kind != ERR_REFUSED && stat(path, &st) == -1)
		return err_sys(err, "%s", path);
	return -1;
}

/* In the installation's own directory, which was looked at already: a link is
 * followed where nobody else rules what it leads to. */
static int
open_beside_us(const struct installation *in, const char *path, int *fd,
    struct stat *st, struct err *err)
{
	if (open_as_we_are(path, O_NOFOLLOW, fd, st, err) == 0)
		return 0;
	if (err->kind != ERR_REFUSED || look_at_way(in, path, st, err) == -1)
		return -1;
	return open_as_we_are(path, 0, fd, st, err);
}

/* Opens a file that this process may read as it is: *fd.  What somebody else
 * rules, by a directory or a link on the way or by the file itself, root has
 * read as that one: then *fd is -1 and *reader says who. */
static int
open_source(const struct installation *in, const char *name,
    struct source *src, int *fd, struct ident *reader, struct err *err)
{
	const char *path = src->path;
	bool open_way = false;
	struct stat st;
	int got;

	*fd = -1;
	if (strchr(name, '/') == NULL) {
		got = open_beside_us(in, path, fd, &st, err);
	} else {
		open_way = look_at_way(in, path, &st, err) == -1;
		if (open_way && err->kind != ERR_REFUSED)
			return -1;
		got = open_way && in->as_root ? 0 :
		    open_as_we_are(path, 0, fd, &st, err);
	}
	if (got == -1)
		return -1;
	src->trusted = !open_way && trust_file(&st, in->owner);
	if (!src->trusted && in->as_root) {
		drop_fd(fd);
		*reader = (struct ident){ st.st_uid, st.st_gid };
	}
	return 0;
}

/* What nobody but us wrote may have an index beside it. */
static int
read_entry_here(const struct installation *in, struct pool *pool,
    const char *path, const struct source *src, int fd,
    const struct alias_question *question, struct alias_entry **out,
    struct err *err)
{
	SCOPED(drop_textindex_places) struct textindex_places places = { 0 };
	struct index_question asked = { INDEX_ALIAS, question->name, false,
	    alias_scan_names };
	struct alias_question there = *question;

	if (src->trusted && !question->include &&
	    index_ask(in, path, fd, &asked, &places))
		there.places = &places;
	return alias_scan(pool, src->path, fd, src->trusted, &there, out, err);
}

/* Reads an entry here, or in a process that is the file's owner. */
static int
read_entry(const struct installation *in, struct pool *pool, const char *path,
    struct alias_question *question, struct alias_entry **out, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	struct source src = { .path = installation_path(in, pool, path) };
	struct ident reader;

	if (open_source(in, path, &src, &fd, &reader, err) == -1)
		return -1;
	if (fd == -1)
		return alias_apart(pool, src.path, reader, in->deadline,
		    question, out, err);
	return read_entry_here(in, pool, path, &src, fd, question, out, err);
}

int
alias_find(const struct installation *in, struct pool *pool, const char *path,
    struct slice name, struct alias_entry **out, struct err *err)
{
	return read_entry(in, pool, path,
	    &(struct alias_question){ .name = name }, out, err);
}

int
alias_include(const struct installation *in, struct pool *pool,
    const char *path, struct alias_entry **out, struct err *err)
{
	return read_entry(in, pool, path,
	    &(struct alias_question){ .include = true }, out, err);
}

int
alias_each(const struct installation *in, const char *path,
    alias_visitor *visit, void *arg, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = -1;
	const char *whole = installation_path(in, &pool, path);

	if (file_open(AT_FDCWD, whole, 0, &fd, NULL, err) == -1)
		return -1;
	return alias_scan_each(whole, fd, visit, arg, err);
}
