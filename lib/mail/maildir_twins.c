/* maildir_twins.c: files of a Maildir that have the same unique name.
 *
 * There should be none, but somebody copies a message back from a backup, or a
 * program of old days names them badly.  A unique id that depended on who else
 * is there would change with every coming and going; so all but the one that
 * was there first get a unique name of their own, once, on disk.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "compat.h"
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

/* Which of the twins came first.  Two names of one file came together: then
 * another program is moving it to cur, and the name there will stay. */
static int
find_first(const struct maildir *dirs, const struct maildir_entry *twins,
    size_t count, size_t *out, bool *again, struct err *err)
{
	int64_t first = 0, born;

	for (size_t i = 0; i < count && !*again; i++) {
		if (compat_birth(directory_of(dirs, &twins[i]), twins[i].name,
		    &born) == -1)
			return moved(&twins[i], again, err);
		if (i == 0 || born < first ||
		    (born == first && twins[i].in_cur)) {
			first = born;
			*out = i;
		}
	}
	return 0;
}

/* "1700000000.x,S=100:2,S" -> "1700000000.R0123456789abcdef,S=100:2,S": size,
 * flags and place in the order stay. */
static int
give_name(const struct maildir *dirs, const struct maildir_entry *e,
    bool *again, struct err *err)
{
	SCOPED(drop_str) struct str name = { 0 };
	int dir = directory_of(dirs, e);
	uint64_t random;

	if (getrandom(&random, sizeof random, 0) != sizeof random)
		return err_sys(err, "random number");
	str_addf(&name, "%" PRIu64 ".R%016" PRIx64 "%s", e->time, random,
	    e->name + maildir_unique(e->name).len);
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
