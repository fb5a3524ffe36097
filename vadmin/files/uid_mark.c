/* uid_mark.c: user ids that were never used before. */
#include "uid_mark.h"

#include <stdlib.h>

#include "files.h"
#include "ident.h"
#include "mem.h"
#include "scope.h"
#include "uid_use.h"

#define UIDS_FILE	"uids"
#define UID_LAST	((uint64_t)4294967293u)

struct taken {
	uint64_t	 mark;		/* all below it are taken */
	uint64_t	*id;
	size_t		 count, room;
};

static void
drop_taken(struct taken *t)
{
	free(t->id);
}

static void
take(struct taken *t, uint64_t id)
{
	if (t->count == t->room) {
		t->room = t->room ? t->room * 2 : 256;
		t->id = mem_grow(t->id, t->room, sizeof *t->id);
	}
	t->id[t->count++] = id;
}

static void
note_use(void *arg, const char *file, struct slice name, uint64_t uid)
{
	struct taken *t = arg;

	(void)file;
	(void)name;
	if (uid >= t->mark)
		take(t, uid);
}

/* The first number is the mark, the others are ids that are gone.  Where the
 * file is lost, those are known that the trash has. */
static int
read_uids(const struct installation *in, struct taken *t, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice rest, line;
	uint64_t id;
	unsigned number = 0;
	bool first = true;

	if (!files_exists(in->dir, UIDS_FILE))
		return uid_use_of_trash(in, note_use, t, err);
	if (files_read(in, UIDS_FILE, &text, NULL, err) == -1)
		return -1;
	for (rest = str_slice(&text); rest.len > 0 &&
	    slice_cut(&rest, '\n', &line); ) {
		number++;
		line = slice_trim(line);
		if (line.len == 0 || slice_starts(line, "#"))
			continue;
		if (slice_number(line, UINT32_MAX, &id) == -1)
			return err_set(err, ERR_INVALID,
			    "%s/%s:%u: not a user id", in->path, UIDS_FILE,
			    number);
		if (first)
			t->mark = id;
		else
			take(t, id);
		first = false;
	}
	return 0;
}

/* Of the retired ids only those above the mark still need to be told. */
static int
write_uids(const struct installation *in, uint64_t mark,
    const struct taken *gone, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };

	str_addf(&text, "# Kept by vadmin: the next user id, then ids above it "
	    "that are gone.\n%llu\n", (unsigned long long)mark);
	for (size_t i = 0; i < gone->count; i++)
		if (gone->id[i] >= mark)
			str_addf(&text, "%llu\n",
			    (unsigned long long)gone->id[i]);
	return files_write(in, UIDS_FILE, MODE_PUBLIC, str_slice(&text), err);
}

static int
read_all_passwd(const struct installation *in, struct taken *t, struct err *err)
{
	return uid_use_each(in, note_use, t, err) == -1 ? -1 :
	    uid_use_of_system(note_use, t, err);
}

static int
compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* From id up: the next that is none of the sorted ones from *at on. */
static uint64_t
next_free(const struct taken *t, size_t *at, uint64_t id)
{
	for (; *at < t->count && t->id[*at] <= id; ++*at)
		id += t->id[*at] == id;
	return id;
}

int
uid_mark_take_many(const struct installation *in, uid_t start, size_t count,
    uid_t *out, struct err *err)
{
	SCOPED(drop_taken) struct taken gone = { 0 }, t = { 0 };
	size_t at = 0;

	if (read_uids(in, &gone, err) == -1)
		return -1;
	t.mark = gone.mark > start ? gone.mark : start;
	for (size_t i = 0; i < gone.count; i++)
		take(&t, gone.id[i]);
	take(&t, IDENT_NOBODY);
	take(&t, 65535);	/* -1 where ids had 16 bits */
	if (read_all_passwd(in, &t, err) == -1)
		return -1;
	qsort(t.id, t.count, sizeof *t.id, compare_ids);
	uint64_t id = t.mark;
	for (size_t i = 0; i < count; i++) {
		id = next_free(&t, &at, id);
		if (id > UID_LAST)
			return err_set(err, ERR_REFUSED,
			    "no user id is left above %u: lower uid-start",
			    (unsigned)start);
		out[i] = (uid_t)id++;
	}
	return write_uids(in, id, &gone, err);
}

int
uid_mark_take(const struct installation *in, uid_t start, uid_t *out,
    struct err *err)
{
	return uid_mark_take_many(in, start, 1, out, err);
}

/* One far above the others would leave no room for new ones: it is remembered
 * by itself. */
enum { FAR = 1000000 };

static int
compare_uids(const void *a, const void *b)
{
	uid_t x = *(const uid_t *)a, y = *(const uid_t *)b;

	return x < y ? -1 : x > y;
}

int
uid_mark_pass(const struct installation *in, uid_t *uids, size_t count,
    struct err *err)
{
	SCOPED(drop_taken) struct taken gone = { 0 };
	size_t known;

	if (read_uids(in, &gone, err) == -1)
		return -1;
	uint64_t mark = gone.mark;
	known = gone.count;
	if (count > 1)
		qsort(uids, count, sizeof *uids, compare_uids);
	for (size_t i = 0; i < count; i++) {
		bool is_far = uids[i] > mark + FAR;
		bool is_known = uids[i] < mark || uids[i] > UID_LAST;
		for (size_t k = 0; is_far && k < gone.count; k++)
			is_known = is_known || gone.id[k] == uids[i];
		if (is_known)
			continue;
		if (is_far)
			take(&gone, uids[i]);
		else
			mark = (uint64_t)uids[i] + 1;
	}
	if (mark == gone.mark && gone.count == known)
		return 0;
	return write_uids(in, mark, &gone, err);
}

int
uid_mark_retire_all(const struct installation *in, const uid_t *uids,
    size_t count, struct err *err)
{
	SCOPED(drop_taken) struct taken gone = { 0 };

	if (read_uids(in, &gone, err) == -1)
		return -1;
	size_t before = gone.count;
	for (size_t i = 0; i < count; i++)
		if (uids[i] >= gone.mark)
			take(&gone, uids[i]);
	if (gone.count == before)
		return 0;
	qsort(gone.id, gone.count, sizeof *gone.id, compare_ids);
	size_t kept = 0;
	for (size_t i = 0; i < gone.count; i++)
		if (kept == 0 || gone.id[kept - 1] != gone.id[i])
			gone.id[kept++] = gone.id[i];
	bool new = kept != before;
	gone.count = kept;
	return new ? write_uids(in, gone.mark, &gone, err) : 0;
}

int
uid_mark_retire(const struct installation *in, uid_t uid, struct err *err)
{
	return uid_mark_retire_all(in, &uid, 1, err);
}

int
uid_mark_read(const struct installation *in, uint64_t *mark, struct err *err)
{
	SCOPED(drop_taken) struct taken gone = { 0 };

	if (!files_exists(in->dir, UIDS_FILE))
		return err_set(err, ERR_ABSENT, "there is no " UIDS_FILE);
	if (read_uids(in, &gone, err) == -1)
		return -1;
	*mark = gone.mark;
	return 0;
}

int
uid_mark_raise(const struct installation *in, uint64_t mark, struct err *err)
{
	SCOPED(drop_taken) struct taken gone = { 0 };

	if (read_uids(in, &gone, err) == -1 && err->kind != ERR_INVALID)
		return -1;
	return write_uids(in, mark > gone.mark ? mark : gone.mark, &gone, err);
}

/* --- ids that come from elsewhere ------------------------------------ */

static bool
is_taken(const struct taken *t, uint64_t id)
{
	return t->count > 0 && bsearch(&id, t->id, t->count, sizeof *t->id,
	    compare_ids) != NULL;
}

/* Sorted, for is_taken(). */
static void
take_sorted(struct taken *t, uint64_t id)
{
	size_t i = t->count;

	take(t, id);
	for (; i > 0 && t->id[i - 1] > id; i--)
		t->id[i] = t->id[i - 1];
	t->id[i] = id;
}

static bool
is_gone(const struct taken *gone, uint64_t id)
{
	for (size_t i = 0; i < gone->count; i++)
		if (gone->id[i] == id)
			return true;
	return id < gone->mark;
}

static bool
can_keep(const struct taken *t, const struct taken *gone,
    const struct uid_wish *wish)
{
	return wish->wanted != 0 && wish->wanted <= UID_LAST &&
	    !is_taken(t, wish->wanted) &&
	    (wish->was_own || !is_gone(gone, wish->wanted));
}

int
uid_mark_settle(const struct installation *in, uid_t start,
    struct uid_wish *wishes, size_t count, uint64_t *mark, struct err *err)
{
	SCOPED(drop_taken) struct taken gone = { 0 }, t = { 0 };

	if (read_uids(in, &gone, err) == -1)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (wishes[i].got != 0)
			take(&t, wishes[i].got);
	take(&t, IDENT_NOBODY);
	take(&t, 65535);
	if (read_all_passwd(in, &t, err) == -1)
		return -1;
	qsort(t.id, t.count, sizeof *t.id, compare_ids);
	for (size_t i = 0; i < count; i++)
		if (wishes[i].got == 0 && can_keep(&t, &gone, &wishes[i])) {
			wishes[i].got = wishes[i].wanted;
			take_sorted(&t, wishes[i].got);
		}
	uint64_t id = gone.mark > start ? gone.mark : start;
	for (size_t i = 0; i < count; i++) {
		if (wishes[i].got != 0)
			continue;
		while (is_taken(&t, id) || is_gone(&gone, id))
			id++;
		if (id > UID_LAST)
			return err_set(err, ERR_REFUSED, "no user id is left "
			    "above %u: lower uid-start", (unsigned)start);
		wishes[i].got = (uid_t)id++;
	}
	*mark = gone.mark;
	for (size_t i = 0; i < count; i++)
		if (wishes[i].got >= *mark)
			*mark = (uint64_t)wishes[i].got + 1;
	return 0;
}
