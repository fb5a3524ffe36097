/* unfinished.c: what an operation of several steps has begun. */
#include "unfinished.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "scope.h"

#define PLACE	".unfinished"

enum { RECORD_MAX = 64 * 1024, NAME_ROOM = 240 };

static int
open_place(const struct installation *in, bool make, int *fd, struct err *err)
{
	int made = make ? change_make_dir(in->dir, PLACE, 0700, err) : 1;

	if (made == -1)
		return -1;
	if (made == 0 && fsync(in->dir) == -1)
		return err_sys(err, "sync %s", in->path);
	*fd = change_open(in->dir, PLACE,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd != -1)
		return 0;
	return errno == ENOENT ? err_set(err, ERR_ABSENT, "nothing is begun") :
	    err_sys(err, "%s/" PLACE, in->path);
}

/* A file's name for it: of long ones the beginning, and a number (FNV-1a) made
 * of all. */
static const char *
file_of(struct pool *pool, const char *name)
{
	uint64_t sum = UINT64_C(14695981039346656037);

	if (strlen(name) <= NAME_ROOM)
		return name;
	for (const char *p = name; *p != '\0'; p++)
		sum = (sum ^ (unsigned char)*p) * UINT64_C(1099511628211);
	return pool_format(pool, "%.*s.%016llx", NAME_ROOM - 20, name,
	    (unsigned long long)sum);
}

int
unfinished_begin(const struct installation *in, const struct unfinished *what,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_fd) int dir = -1;

	str_addf(&text, "op %s\nname %s\nto %s\nnote %s\n", what->op,
	    what->name, what->to, what->note);
	if (open_place(in, true, &dir, err) == -1)
		return -1;
	if (file_replace(dir, file_of(&pool, what->name), MODE_SECRET, str_slice(&text),
	    err) == -1)
		return err_within(err, "%s/" PLACE, in->path);
	return 0;
}

static void
take_line(struct unfinished *out, struct pool *pool, struct slice line)
{
	const struct {
		const char	*key;
		const char	**value;
	} keys[] = {
		{ "op", &out->op }, { "name", &out->name },
		{ "to", &out->to }, { "note", &out->note },
	};
	struct slice key = { 0 };

	slice_cut(&line, ' ', &key);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (slice_is(key, keys[i].key))
			*keys[i].value = pool_dup(pool, line);
}

void
unfinished_read(struct slice text, struct pool *pool, struct unfinished *out)
{
	struct slice line;

	*out = (struct unfinished){ "", "", "", "" };
	while (text.len > 0 && slice_cut(&text, '\n', &line))
		take_line(out, pool, line);
}

static int
read_one(int dir, struct pool *pool, const char *name, struct unfinished *out,
    struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_fd) int fd = -1;

	if (file_open(dir, name, O_NOFOLLOW, &fd, NULL, err) == -1 ||
	    file_read(fd, RECORD_MAX, &text, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : err_within(err, PLACE);
	unfinished_read(str_slice(&text), pool, out);
	return 1;
}

int
unfinished_find(const struct installation *in, struct pool *pool,
    const char *name, struct unfinished *out, struct err *err)
{
	SCOPED(drop_fd) int dir = -1;

	if (open_place(in, false, &dir, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	return read_one(dir, pool, file_of(pool, name), out, err);
}

int
unfinished_end(const struct installation *in, const char *name,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int dir = -1;

	if (open_place(in, false, &dir, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (change_remove(dir, file_of(&pool, name), NULL, err) == -1)
		return err_within(err, "%s/" PLACE, in->path);
	return fsync(dir) == -1 ? err_sys(err, "sync " PLACE) : 0;
}

int
unfinished_each(const struct installation *in, struct pool *pool,
    unfinished_visitor *visit, void *arg, struct err *err)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	SCOPED(drop_fd) int fd = -1;
	struct dirent *entry;
	struct unfinished what;

	if (open_place(in, false, &fd, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	dir = fdopendir(fd);
	if (dir == NULL)
		return err_sys(err, "list %s/" PLACE, in->path);
	fd = -1;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		int got = read_one(dirfd(dir), pool, entry->d_name, &what,
		    err);
		if (got == -1 || (got == 1 && visit(arg, &what, err) == -1))
			return -1;
	}
	return 0;
}

struct domain_question {
	const char		*domain;
	bool			 accounts;
	struct unfinished	*out;
	bool			 found;
};

static bool
is_about(const struct domain_question *q, const struct unfinished *what)
{
	const char *at = strchr(what->name, '@');

	if (at != NULL)
		return q->accounts && strcmp(at + 1, q->domain) == 0;
	return strcmp(what->name, q->domain) == 0 ||
	    strcmp(what->to, q->domain) == 0;
}

static int
ask(void *arg, const struct unfinished *what, struct err *err)
{
	struct domain_question *q = arg;

	(void)err;
	if (!is_about(q, what))
		return 0;
	*q->out = *what;
	q->found = true;
	return 0;
}

int
unfinished_of_domain(const struct installation *in, struct pool *pool,
    const char *domain, bool accounts, struct unfinished *out,
    struct err *err)
{
	struct domain_question q = { domain, accounts, out, false };

	return unfinished_each(in, pool, ask, &q, err) == -1 ? -1 : q.found;
}

const char *
unfinished_command(const struct unfinished *what, struct pool *pool)
{
	if (strcmp(what->op, "undo") == 0)
		return pool_format(pool, "undo %s", what->note);
	return pool_format(pool, "%s %s%s%s", what->op, what->name,
	    what->to[0] != '\0' ? " " : "", what->to);
}
