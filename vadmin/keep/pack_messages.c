/* pack_messages.c: the messages of a Maildir that were there together. */
#include "pack_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "file.h"
#include "maildir_scan.h"
#include "scope.h"
#include "table.h"

enum {
	/* each has but those to copy that came or moved during the last one */
	ROUNDS = 200,
	DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
};

/* A message's file, which nobody changes, was copied under this name. */
struct copy {
	off_t		 at;		/* -1: it cannot be read */
	uint64_t	 inode;
	unsigned	 seen;		/* the last round that had it */
	struct copy	*next;		/* of all */
};

struct messages {
	struct packing	*packing;
	const char	*path;
	struct maildir	 dirs;
	struct table	 copies;	/* by "cur/NAME" */
	struct copy	*all;
	struct pool	 pool;
	unsigned	 round;
};

static void
drop_messages(struct messages *m)
{
	drop_maildir(&m->dirs);
	drop_table(&m->copies);
	drop_pool(&m->pool);
}

/* The same name may mean another file by now. */
static struct copy *
find(struct messages *m, const char *name, uint64_t inode)
{
	struct copy *copy = table_find(&m->copies, name);

	return copy != NULL && copy->inode == inode ? copy : NULL;
}

static struct copy *
add_copy(struct messages *m, const struct maildir_entry *e, const char *name)
{
	struct copy *copy = pool_alloc(&m->pool, sizeof *copy);

	*copy = (struct copy){ .at = -1, .inode = e->inode, .seen = m->round,
	    .next = m->all };
	m->all = copy;
	*table_at(&m->copies, pool_dup(&m->pool, slice_of(name))) = copy;
	return copy;
}

/* 1: copied, or told of.  0: another program was faster, and the next round
 * tells. */
static int
copy_message(struct messages *m, const struct maildir_entry *e,
    const char *name, struct err *err)
{
	int dir = e->in_cur ? m->dirs.cur : m->dirs.new;
	SCOPED(drop_fd) int fd = -1;
	struct stat st;
	struct err why;

	const char *path = pool_format(&m->pool, "%s/%s", m->path, name);
	if (file_open(dir, e->name, O_NOFOLLOW, &fd, &st, &why) == -1) {
		if (why.kind == ERR_ABSENT)
			return 0;
		add_copy(m, e, name);
		return pack_leave_out(m->packing, path, strerror(errno),
		    err) == -1 ? -1 : 1;
	}
	if (st.st_ino != e->inode)
		return 0;
	return pack_file(m->packing, fd, path, &add_copy(m, e, name)->at,
	    err) == -1 ? -1 : 1;
}

/* *missing: how many of these the copies lack, or may lack. */
static int
copy_round(struct messages *m, const struct maildir_scan *scan,
    size_t *missing, struct err *err)
{
	*missing = scan->settled ? 0 : 1;
	for (size_t i = 0; i < scan->count; i++) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		const struct maildir_entry *e = &scan->entries[i];
		const char *name = pool_format(&pool, "%s/%s",
		    e->in_cur ? "cur" : "new", e->name);
		struct copy *copy = find(m, name, e->inode);
		if (copy != NULL) {
			copy->seen = m->round;
			continue;
		}
		int got = copy_message(m, e, name, err);
		if (got == -1)
			return -1;
		*missing += got == 0;
	}
	return 0;
}

static int
take_others_back(const struct messages *m, struct err *err)
{
	for (const struct copy *c = m->all; c != NULL; c = c->next)
		if (c->seen != m->round && c->at != -1 &&
		    pack_take_back(m->packing, c->at, err) == -1)
			return -1;
	return 0;
}

/* A message is never changed: a scan all of whose messages have been copied,
 * now or before, was the mailbox at the moment of the scan. */
static int
copy_all(struct messages *m, struct err *err)
{
	for (m->round = 1; m->round <= ROUNDS; m->round++) {
		SCOPED(drop_maildir_scan) struct maildir_scan scan = { 0 };
		size_t missing;
		if (maildir_scan(&m->dirs, &scan, err) == -1 ||
		    copy_round(m, &scan, &missing, err) == -1)
			return -1;
		if (missing == 0)
			return take_others_back(m, err);
	}
	return err_set(err, ERR_BUSY, "%s: its messages come and go faster "
	    "than they can be read: try again", m->path);
}

static int
pack_part(struct messages *m, int dir, const char *name, int *fd,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	*fd = openat(dir, name, DIRECTORY);
	if (*fd == -1)
		return errno == ENOENT ? 0 : pack_leave_out(m->packing,
		    pool_format(&pool, "%s/%s", m->path, name),
		    strerror(errno), err);
	return pack_directory(m->packing, *fd, pool_format(&pool, "%s/%s",
	    m->path, name), err);
}

int
pack_messages(struct packing *p, int dir, const char *path, struct err *err)
{
	SCOPED(drop_messages) struct messages m = {
		.packing = p, .path = path, .dirs = MAILDIR_NONE,
	};

	if (pack_part(&m, dir, "tmp", &m.dirs.tmp, err) == -1 ||
	    pack_part(&m, dir, "new", &m.dirs.new, err) == -1 ||
	    pack_part(&m, dir, "cur", &m.dirs.cur, err) == -1)
		return -1;
	return m.dirs.new == -1 || m.dirs.cur == -1 ? 0 : copy_all(&m, err);
}
