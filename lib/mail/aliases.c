/* aliases.c: alias files, as Postfix's and sendmail's aliases(5) write them. */
#include "aliases.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "alias_apart.h"
#include "alias_scan.h"
#include "fd.h"
#include "file.h"
#include "scope.h"
#include "trust.h"

struct source {
	const char	*path;		/* for messages */
	bool		 trusted;
};

/* Opens a file that this process may read as it is: *fd; or finds that it is
 * somebody else's, to be read as *reader: then *fd is -1. */
static int
open_source(const struct installation *in, const char *path, struct source *src,
    int *fd, struct ident *reader, struct err *err)
{
	struct stat st;
	struct err why;
	/* the installation's directory was */
	bool checked = strchr(path, '/') == NULL;

	*fd = -1;
	src->trusted = false;
	if (lstat(src->path, &st) == -1)
		return err_sys(err, "%s", src->path);
	/* A link is followed where nobody else could have laid or bent it. */
	if (S_ISLNK(st.st_mode)) {
		if (stat(src->path, &st) == -1)
			return err_sys(err, "%s", src->path);
		if (trust_path(src->path, in->owner, err) == -1)
			return -1;
	}
	bool open_to_others = !trust_file(&st, in->owner) ||
	    (!checked && trust_path(src->path, in->owner, &why) == -1);
	if (open_to_others && in->as_root) {
		*reader = (struct ident){ st.st_uid, st.st_gid };
		return 0;
	}
	if (file_open(AT_FDCWD, src->path, 0, fd, &st, err) == -1) {
		err->kind = ERR_TEMPORARY;
		return -1;
	}
	src->trusted = !open_to_others && trust_file(&st, in->owner);
	return 0;
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
		return alias_apart(pool, src.path, reader, question, out, err);
	return alias_scan(pool, src.path, fd, src.trusted, question, out, err);
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
