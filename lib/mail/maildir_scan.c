/* maildir_scan.c: the messages of a Maildir, in the order of their delivery. */
#include "maildir_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "file.h"
#include "maildir_name.h"
#include "mem.h"
#include "scope.h"
#include "stamp.h"

enum { PASSES = 16 };

/* --- names ------------------------------------------------------------- */

static uint64_t
number_at(const char *name)
{
	uint64_t n = 0;

	for (; *name >= '0' && *name <= '9' && n < UINT64_MAX / 10 - 9; name++)
		n = n * 10 + (uint64_t)(*name - '0');
	return n;
}

/* As in 1796026958.M9446P233.host, without leading zeros; 0: not told. */
static uint64_t
microseconds_of(const char *name)
{
	name += strspn(name, "0123456789");
	return strncmp(name, ".M", 2) == 0 ? number_at(name + 2) : 0;
}

static int
compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_slices(struct slice a, struct slice b)
{
	int got = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

	return got != 0 ? got : a.len < b.len ? -1 : a.len > b.len;
}

/* The order of delivery; the same unique names are the same. */
static int
compare_unique(const struct maildir_entry *x, const struct maildir_entry *y)
{
	int got = compare_numbers(x->time, y->time);

	if (got == 0)
		got = compare_numbers(x->microseconds, y->microseconds);
	return got != 0 ? got : compare_slices(maildir_unique(x->name),
	    maildir_unique(y->name));
}

/* The same unique names stand side by side. */
static int
compare_entries(const void *a, const void *b)
{
	const struct maildir_entry *x = a, *y = b;
	int got = compare_unique(x, y);

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
	return fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode);
}

static uint64_t
digest_of(const char *name, bool in_cur)
{
	return XXH3_64bits_withSeed(name, strlen(name), in_cur);
}

static void
add_entry(struct maildir_scan *s, const struct dirent *e, bool in_cur)
{
	if (s->count == s->room) {
		s->room = s->room == 0 ? 64 : s->room * 2;
		s->entries = mem_grow(s->entries, s->room, sizeof *s->entries);
	}
	s->entries[s->count++] = (struct maildir_entry){
		.name = pool_dup(&s->pool, slice_of(e->d_name)),
		.in_cur = in_cur,
		.inode = e->d_ino,
		.time = number_at(e->d_name),
		.microseconds = microseconds_of(e->d_name),
	};
	s->digest += digest_of(e->d_name, in_cur);
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
read_part(const struct maildir *dirs, bool in_cur, struct maildir_scan *s,
    struct err *err)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	int fd = in_cur ? dirs->cur : dirs->new;
	const struct dirent *e;
	bool tells = false;

	if (open_stream(fd, &dir, err) == -1)
		return -1;
	while (errno = 0, (e = readdir(dir)) != NULL)
		if (is_message(fd, e))
			add_entry(s, e, in_cur);
		else if (strcmp(e->d_name, ".") == 0)
			tells = e->d_ino == s->stamps[in_cur].ino;
	s->inodes_tell = s->inodes_tell && tells;
	return errno != 0 ? err_sys(err, "read a directory") : 0;
}

/* New before cur: what moves meanwhile is seen twice rather than not at all,
 * and then the passes do not agree. */
static int
read_pass(const struct maildir *dirs, struct maildir_scan *s, struct err *err)
{
	drop_pool(&s->pool);
	s->count = 0;
	s->digest = 0;
	s->inodes_tell = true;
	return read_part(dirs, false, s, err) == -1 ? -1 :
	    read_part(dirs, true, s, err);
}

/* What both are like.  *final: nothing that is done to them from now on leaves
 * them like that. */
static int
look_at(const struct maildir *dirs, struct stamp stamps[2], bool *final,
    struct err *err)
{
	struct stat new, cur;

	if (fstat(dirs->new, &new) == -1 || fstat(dirs->cur, &cur) == -1)
		return err_sys(err, "look at a directory");
	stamps[0] = stamp_of(&new);
	stamps[1] = stamp_of(&cur);
	*final = stamp_is_final(&stamps[0]) && stamp_is_final(&stamps[1]);
	return 0;
}

static bool
stamps_same(const struct stamp a[2], const struct stamp b[2])
{
	return stamp_same(&a[0], &b[0]) && stamp_same(&a[1], &b[1]);
}

/* One pass; s->still: nobody touched the directories meanwhile. */
static int
read_still(const struct maildir *dirs, struct maildir_scan *s,
    struct err *err)
{
	struct stamp after[2];
	bool was_final, ignored;

	if (look_at(dirs, s->stamps, &was_final, err) == -1 ||
	    read_pass(dirs, s, err) == -1 ||
	    look_at(dirs, after, &ignored, err) == -1)
		return -1;
	s->still = was_final && stamps_same(s->stamps, after);
	return 0;
}

static int
read_directories(const struct maildir *dirs, struct maildir_scan *s,
    struct err *err)
{
	bool agree = false;

	for (int i = 0; i < PASSES && !s->still && !agree; i++) {
		uint64_t digest = s->digest;
		size_t count = s->count;
		if (read_still(dirs, s, err) == -1)
			return -1;
		agree = i > 0 && s->digest == digest && s->count == count;
	}
	/* where mail never stops coming, what was seen is enough */
	s->settled = s->still || agree;
	return 0;
}

void
drop_maildir_scan(struct maildir_scan *s)
{
	drop_mem(&s->entries);
	drop_pool(&s->pool);
	s->count = s->room = 0;
}

int
maildir_scan(const struct maildir *dirs, struct maildir_scan *out,
    struct err *err)
{
	*out = (struct maildir_scan){ 0 };
	if (read_directories(dirs, out, err) == -1) {
		drop_maildir_scan(out);
		return -1;
	}
	if (out->count > 0)
		qsort(out->entries, out->count, sizeof *out->entries,
		    compare_entries);
	return 0;
}

bool
maildir_scan_holds(const struct maildir *dirs, const struct maildir_scan *s)
{
	struct stamp now[2];
	struct err err;
	bool ignored;

	return s->still && look_at(dirs, now, &ignored, &err) == 0 &&
	    stamps_same(s->stamps, now);
}

const struct maildir_entry *
maildir_scan_named(const struct maildir_scan *s, const char *name,
    size_t *count)
{
	struct maildir_entry wanted = { .name = name,
	    .time = number_at(name), .microseconds = microseconds_of(name) };
	size_t from = 0, end = s->count;

	while (from < end) {
		size_t middle = from + (end - from) / 2;
		if (compare_unique(&s->entries[middle], &wanted) < 0)
			from = middle + 1;
		else
			end = middle;
	}
	while (end < s->count && compare_unique(&s->entries[end], &wanted) == 0)
		end++;
	*count = end - from;
	return *count == 0 ? NULL : s->entries + from;
}
