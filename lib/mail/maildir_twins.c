/* maildir_twins.c: files of a Maildir that have the same unique name.
 *
 * There should be none, but somebody copies a message back from a backup, or a
 * program of old days names them badly.  A unique id that depended on who else
 * is there would change with every coming and going; so all but the one that
 * was there first get a unique name of their own, once, on disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "maildir_name.h"
#include "maildir_scan.h"
#include "scope.h"

enum { TRIES = 16 };

static int
directory_of(const struct maildir *dirs, const struct maildir_entry *e)
{
	return e->in_cur ? dirs->cur : dirs->new;
}

/* One that is not there under its name: it was seen twice while it was
 * renamed, and is none, or somebody renames one now. */
static int
moved(const struct maildir_entry *e, bool *again, struct err *err)
{
	*again = true;
	return errno == ENOENT ? 0 : err_sys(err, "%s", e->name);
}

/* What tells who came first, in this order. */
struct age {
	int64_t		 born;
	/* of a copy that has the time of the first one, where the file system
	 * knows no other */
	struct timespec	 changed;
	bool		 in_new;
};

static int
age_of(const struct maildir *dirs, const struct maildir_entry *e,
    struct age *out)
{
	int dir = directory_of(dirs, e);
	struct stat st;

	if (compat_birth(dir, e->name, &out->born) == -1 ||
	    fstatat(dir, e->name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	out->changed = st.st_ctim;
	out->in_new = !e->in_cur;
	return 0;
}

static bool
is_older(const struct age *a, const struct age *b)
{
	if (a->born != b->born)
		return a->born < b->born;
	if (a->changed.tv_sec != b->changed.tv_sec)
		return a->changed.tv_sec < b->changed.tv_sec;
	if (a->changed.tv_nsec != b->changed.tv_nsec)
		return a->changed.tv_nsec < b->changed.tv_nsec;
	return a->in_new < b->in_new;
}

/* Which of the twins came first.  Two names of one file came together: then
 * another program is moving it to cur, and the name there will stay. */
static int
find_first(const struct maildir *dirs, const struct maildir_entry *twins,
    size_t count, size_t *out, bool *again, struct err *err)
{
	struct age first, age;

	for (size_t i = 0; i < count && !*again; i++) {
		if (age_of(dirs, &twins[i], &age) == -1)
			return moved(&twins[i], again, err);
		if (i == 0 || is_older(&age, &first)) {
			first = age;
			*out = i;
		}
	}
	return 0;
}

/* What stays of a name behind its unique part: all that fits, or its flags. */
static const char *
rest_of(const char *name, size_t room)
{
	const char *rest = name + maildir_unique(name).len;

	if (strlen(rest) > room)
		rest = name + maildir_base(name).len;
	return strlen(rest) > room ? "" : rest;
}

/* "1700000000.M5P2,S=100:2,S" -> "1700000000.M5R0123456789abcdef,S=100:2,S":
 * size, flags and place in the order stay. */
static int
give_name(const struct maildir *dirs, const struct maildir_entry *e,
    bool *again, struct err *err)
{
	SCOPED(drop_str) struct str name = { 0 };
	int dir = directory_of(dirs, e);
	uint64_t random;

	if (getrandom(&random, sizeof random, 0) != sizeof random)
		return err_sys(err, "random number");
	str_addf(&name, "%" PRIu64 ".", e->time);
	if (e->microseconds > 0)
		str_addf(&name, "M%" PRIu64, e->microseconds);
	str_addf(&name, "R%016" PRIx64, random);
	str_adds(&name, rest_of(e->name, NAME_MAX - name.len));
	return renameat(dir, e->name, dir, str_text(&name)) == 0 ? 0 :
	    moved(e, again, err);
}

static int
part(const struct maildir *dirs, const struct maildir_entry *twins,
    size_t count, bool *again, struct err *err)
{
	size_t first = 0;

	if (find_first(dirs, twins, count, &first, again, err) == -1)
		return -1;
	for (size_t i = 0; i < count && !*again; i++)
		if (i != first && give_name(dirs, &twins[i], again, err) == -1)
			return -1;
	*again = true;			/* what was scanned holds no more */
	return 0;
}

static size_t
count_twins(const struct maildir_scan *s, size_t from)
{
	struct slice unique = maildir_unique(s->entries[from].name);
	size_t i = from + 1;

	while (i < s->count &&
	    slice_equal(maildir_unique(s->entries[i].name), unique))
		i++;
	return i - from;
}

static int
part_all(const struct maildir *dirs, const struct maildir_scan *s,
    bool *again, struct err *err)
{
	bool any = false;

	for (size_t i = 0, count; i < s->count; i += count) {
		bool parted = false;
		count = count_twins(s, i);
		if (count > 1 && part(dirs, &s->entries[i], count, &parted,
		    err) == -1)
			return -1;
		any = any || parted;
	}
	if (any && (fsync(dirs->new) == -1 || fsync(dirs->cur) == -1))
		return err_sys(err, "sync the mailbox");
	*again = any;
	return 0;
}

int
maildir_scan_apart(const struct maildir *dirs, struct maildir_scan *out,
    struct err *err)
{
	for (int i = 0; i < TRIES; i++) {
		bool again = false;
		if (maildir_scan(dirs, out, err) == -1)
			return -1;
		int result = part_all(dirs, out, &again, err);
		if (result == 0 && !again)
			return 0;
		drop_maildir_scan(out);
		if (result == -1)
			return err_within(err, "give a message that has "
			    "another one's unique name one of its own");
	}
	return err_set(err, ERR_TEMPORARY,
	    "other programs keep renaming messages");
}
