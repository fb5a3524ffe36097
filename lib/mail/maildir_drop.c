/* maildir_drop.c: a Maildir as a maildrop.
 *
 * Other programs rename messages at any time (new to cur, other flags), and a
 * directory that is read meanwhile may miss some: so it is read until two
 * passes agree, and a message that is not where it was is looked for under
 * other flags.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "fd.h"
#include "maildir.h"
#include "mem.h"
#include "pool.h"
#include "scope.h"

enum { PASSES = 16, CHUNK = 65536 };

struct entry {
	const char	*name;		/* the file, in new or cur */
	bool		 in_cur;
	bool		 twin;		/* another file has the same unique name */
	uint64_t	 time;		/* of delivery, as the name says */
};

struct maildir_drop {
	struct drop	 drop;
	struct maildir	 dirs;
	struct pool	 pool;		/* of the names */
	struct entry	*entries;
	size_t		 count, room;
	uint64_t	 digest;	/* of all names, in any order */

	int		 fd;		/* the message that is being read */
};

/* --- names ------------------------------------------------------------- */

/* "1700000000.M1P2.host,S=100:2,S": what stands before the colon stays with a
 * message for its life, and what stands before the comma is its name. */
static struct slice
base_of(const char *name)
{
	struct slice whole = slice_of(name), base;

	slice_cut(&whole, ':', &base);
	return base;
}

static struct slice
unique_of(const char *name)
{
	struct slice base = base_of(name), unique;

	slice_cut(&base, ',', &unique);
	return unique;
}

static uint64_t
time_of(const char *name)
{
	uint64_t n = 0;

	for (; *name >= '0' && *name <= '9' && n < UINT64_MAX / 10 - 9; name++)
		n = n * 10 + (uint64_t)(*name - '0');
	return n;
}

static int
compare_slices(struct slice a, struct slice b)
{
	int got = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

	return got != 0 ? got : a.len < b.len ? -1 : a.len > b.len;
}

/* The order of delivery; the same unique names side by side. */
static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	int got = compare_slices(unique_of(x->name), unique_of(y->name));
	if (got != 0)
		return got;
	got = strcmp(x->name, y->name);
	return got != 0 ? got : x->in_cur - y->in_cur;
}

/* --- reading the directories -------------------------------------------- */

static bool
is_message(int dir, const struct dirent *e)
{
	struct stat st;

	if (e->d_name[0] == '.')
		return false;
	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_REG;
	return fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static void
add_entry(struct maildir_drop *d, const char *name, bool in_cur)
{
	if (d->count == d->room) {
		d->room = d->room == 0 ? 64 : d->room * 2;
		d->entries = mem_grow(d->entries, d->room, sizeof *d->entries);
	}
	d->entries[d->count++] = (struct entry){
		.name = pool_dup(&d->pool, slice_of(name)),
		.in_cur = in_cur,
		.time = time_of(name),
	};
	d->digest += XXH3_64bits_withSeed(name, strlen(name), in_cur);
}

static void
drop_dir(DIR **dir)
{
	if (*dir != NULL)
		closedir(*dir);
}

static int
open_stream(int fd, DIR **out, struct err *err)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (copy == -1)
		return err_sys(err, "open a directory again");
	*out = fdopendir(copy);
	if (*out == NULL) {
		close(copy);
		return err_sys(err, "read a directory");
	}
	return 0;
}

static int
read_part(struct maildir_drop *d, bool in_cur, struct err *err)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	int fd = in_cur ? d->dirs.cur : d->dirs.new;
	const struct dirent *e;

	if (open_stream(fd, &dir, err) == -1)
		return -1;
	while (errno = 0, (e = readdir(dir)) != NULL)
		if (is_message(fd, e))
			add_entry(d, e->d_name, in_cur);
	return errno != 0 ? err_sys(err, "read a directory") : 0;
}

/* New before cur: what moves meanwhile is seen twice rather than not at all,
 * and then the passes do not agree. */
static int
read_pass(struct maildir_drop *d, struct err *err)
{
	drop_pool(&d->pool);
	d->count = 0;
	d->digest = 0;
	return read_part(d, false, err) == -1 ? -1 : read_part(d, true, err);
}

static int
read_directories(struct maildir_drop *d, struct err *err)
{
	if (read_pass(d, err) == -1)
		return -1;
	for (int i = 1; i < PASSES; i++) {
		uint64_t digest = d->digest;
		size_t count = d->count;
		if (read_pass(d, err) == -1)
			return -1;
		if (d->digest == digest && d->count == count)
			break;
	}
	return 0;		/* where mail never stops coming, what was seen is enough */
}

/* --- numbering --------------------------------------------------------- */

static bool
is_usable_uid(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7E)
			return false;
	return s.len >= 1 && s.len <= DROP_UID_MAX;
}

static void
hash_uid(struct slice s, struct drop_message *m)
{
	XXH128_hash_t got = XXH3_128bits(s.p, s.len);

	snprintf(m->uid, sizeof m->uid, "%016" PRIx64 "%016" PRIx64, (uint64_t)got.high64,
	    (uint64_t)got.low64);
}

static bool
same_unique(const struct entry *a, const struct entry *b)
{
	return slice_equal(unique_of(a->name), unique_of(b->name));
}

static bool
same_base(const struct entry *a, const struct entry *b)
{
	return slice_equal(base_of(a->name), base_of(b->name));
}

/* Its unique name, as long as that is one; else a hash of as much of the
 * file's name as it takes to be. */
static void
set_uid(struct maildir_drop *d, size_t i)
{
	struct entry *e = &d->entries[i];
	struct drop_message *m = &d->drop.messages[i];
	bool shared = false;

	for (size_t j = i; j-- > 0 && same_unique(e, &d->entries[j]); shared = true)
		e->twin = e->twin || same_base(e, &d->entries[j]);
	for (size_t j = i + 1; j < d->count && same_unique(e, &d->entries[j]); j++, shared = true)
		e->twin = e->twin || same_base(e, &d->entries[j]);
	struct slice unique = unique_of(e->name);
	if (e->twin)
		hash_uid((struct slice){ e->name, strlen(e->name) + e->in_cur }, m);
	else if (shared || !is_usable_uid(unique))
		hash_uid(base_of(e->name), m);
	else
		memcpy(m->uid, unique.p, unique.len);
}

static void
number_messages(struct maildir_drop *d)
{
	if (d->count > 0)
		qsort(d->entries, d->count, sizeof *d->entries, compare_entries);
	d->drop.count = d->count;
	d->drop.messages = mem_alloc(d->count * sizeof *d->drop.messages);
	for (size_t i = 0; i < d->count; i++)
		set_uid(d, i);
}

/* --- one message ------------------------------------------------------- */

/* Somebody renamed it: it is looked for in both directories. */
static int
find_again(struct maildir_drop *d, struct entry *e, struct err *err)
{
	struct slice base = base_of(e->name);

	for (int in_cur = 1; in_cur >= 0 && !e->twin; in_cur--) {
		SCOPED(drop_dir) DIR *dir = NULL;
		const struct dirent *found;
		int fd = in_cur ? d->dirs.cur : d->dirs.new;
		if (open_stream(fd, &dir, err) == -1)
			return -1;
		while ((found = readdir(dir)) != NULL) {
			if (!slice_equal(base_of(found->d_name), base) || !is_message(fd, found))
				continue;
			e->name = pool_dup(&d->pool, slice_of(found->d_name));
			e->in_cur = in_cur;
			return 0;
		}
	}
	return err_set(err, ERR_ABSENT, "%s: another program took the message away", e->name);
}

/* Calls fn on the message under the name that it has now. */
static int
with_name(struct maildir_drop *d, struct entry *e,
    int (*fn)(struct maildir_drop *, int dir, const char *name), struct err *err)
{
	enum { TRIES = 4 };

	for (int i = 0; i < TRIES; i++) {
		if (fn(d, e->in_cur ? d->dirs.cur : d->dirs.new, e->name) == 0)
			return 0;
		if (errno != ENOENT)
			return err_sys(err, "%s", e->name);
		if (find_again(d, e, err) == -1)
			return -1;
	}
	return err_set(err, ERR_TEMPORARY, "%s: another program keeps renaming it", e->name);
}

static int
open_fd(struct maildir_drop *d, int dir, const char *name)
{
	d->fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return d->fd == -1 ? -1 : 0;
}

static int
open_message(struct maildir_drop *d, size_t index, struct err *err)
{
	struct stat st;

	drop_fd(&d->fd);
	if (with_name(d, &d->entries[index], open_fd, err) == -1)
		return -1;
	if (fstat(d->fd, &st) == -1)
		return err_sys(err, "%s", d->entries[index].name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_TEMPORARY, "%s: not a plain file", d->entries[index].name);
	return 0;
}

static ssize_t
read_message(struct drop *drop, size_t index, bool from_start, void *p, size_t size,
    struct err *err)
{
	struct maildir_drop *d = (struct maildir_drop *)drop;

	if (from_start && open_message(d, index, err) == -1)
		return -1;
	ssize_t n = d->fd == -1 ? 0 : fd_read(d->fd, p, size);
	if (n == -1)
		return err_sys(err, "%s", d->entries[index].name);
	if ((size_t)n < size)
		drop_fd(&d->fd);
	return n;
}

static int
measure(struct drop *drop, size_t index, struct err *err)
{
	SCOPED(drop_mem) char *chunk = mem_grow(NULL, CHUNK, 1);
	struct drop_octets octets = { 0 };
	bool from_start = true;
	ssize_t n;

	do {
		n = read_message(drop, index, from_start, chunk, CHUNK, err);
		if (n == -1)
			return -1;
		drop_octets_add(&octets, (struct slice){ chunk, (size_t)n });
		from_start = false;
	} while (n > 0);
	drop->messages[index].octets = drop_octets_total(&octets);
	drop->messages[index].measured = true;
	return 0;
}

/* --- deleting ---------------------------------------------------------- */

static int
unlink_name(struct maildir_drop *d, int dir, const char *name)
{
	(void)d;
	return unlinkat(dir, name, 0);
}

/* What another program took away already is gone as was wished. */
static int
commit(struct drop *drop, struct deadline deadline, struct err *err)
{
	struct maildir_drop *d = (struct maildir_drop *)drop;
	struct err one;
	int result = 0;

	(void)deadline;			/* nothing here is waited for */
	for (size_t i = 0; i < d->count; i++) {
		if (!drop->messages[i].deleted)
			continue;
		if (with_name(d, &d->entries[i], unlink_name, &one) == -1 && one.kind != ERR_ABSENT) {
			*err = one;
			result = -1;
		}
	}
	if (fsync(d->dirs.new) == -1 || fsync(d->dirs.cur) == -1)
		return err_sys(err, "sync the mailbox");
	return result;
}

/* --- opening ----------------------------------------------------------- */

static void
close_drop(struct drop *drop)
{
	struct maildir_drop *d = (struct maildir_drop *)drop;

	drop_maildir(&d->dirs);
	drop_pool(&d->pool);
	drop_mem(&d->entries);
	drop_fd(&d->fd);
}

static void
drop_maildir_drop(struct maildir_drop **d)
{
	struct drop *drop = (struct drop *)*d;

	drop_drop(&drop);
}

static const struct drop_kind maildir_drop = {
	.measure = measure,
	.read = read_message,
	.commit = commit,
	.close = close_drop,
};

/* A Maildir that lacks one of its directories is given it; one that is not
 * there at all stays so. */
static int
open_directories(const struct mailbox *mailbox, struct maildir *dirs, struct err *err)
{
	struct stat st;

	if (maildir_open(mailbox, false, dirs, err) == 0)
		return 0;
	if (err->kind != ERR_ABSENT)
		return -1;
	if (fstatat(mailbox->parent, mailbox->name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_sys(err, "%s", mailbox->name);
	return maildir_open(mailbox, true, dirs, err);
}

int
maildir_open_drop(const struct mailbox *mailbox, struct deadline deadline, struct drop **out,
    struct err *err)
{
	SCOPED(drop_maildir_drop) struct maildir_drop *d = mem_alloc(sizeof *d);

	(void)deadline;			/* a Maildir needs no lock */
	d->drop = (struct drop){ .kind = &maildir_drop, .session = -1 };
	d->dirs = MAILDIR_NONE;
	d->fd = -1;
	if (open_directories(mailbox, &d->dirs, err) == -1)
		return -1;
	if (d->dirs.new != -1 && read_directories(d, err) == -1)
		return -1;
	number_messages(d);
	*out = &d->drop;
	d = NULL;
	return 0;
}
