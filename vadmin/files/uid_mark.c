/* uid_mark.c: user ids that were never used before. */
#include "uid_mark.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "files.h"
#include "ident.h"
#include "lines.h"
#include "mem.h"
#include "scope.h"

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

/* The first number is the mark, the others are ids that are gone. */
static int
read_uids(const struct installation *in, struct taken *t, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice rest, line;
	uint64_t id;
	unsigned number = 0;
	bool first = true;

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

/* The third fields of a passwd file, broken lines included. */
static int
read_passwd(int dir, const char *name, struct taken *t, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	struct slice line, field = { 0 };
	uint64_t id;
	int got;

	if (file_open(dir, name, 0, &fd, NULL, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	lines.fd = fd;
	while ((got = lines_next(&lines, &line, err)) == 1) {
		int n = 0;
		for (struct slice rest = line; n < 3 &&
		    slice_cut(&rest, ':', &field); )
			n++;
		if (n == 3 && slice_number(field, UINT32_MAX, &id) == 0 &&
		    id >= t->mark)
			take(t, id);
	}
	return got == -1 ? err_within(err, "%s", name) : 0;
}

static int
read_all_passwd(const struct installation *in, struct taken *t, struct err *err)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	int fd = openat(in->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;

	if (fd == -1 || (dir = fdopendir(fd)) == NULL)
		return err_sys(err, "list %s", in->path);
	while (errno = 0, (entry = readdir(dir)) != NULL)
		if (slice_starts(slice_of(entry->d_name), "passwd.") &&
		    read_passwd(in->dir, entry->d_name, t, err) == -1)
			return err_within(err, "%s", in->path);
	if (errno != 0)
		return err_sys(err, "list %s", in->path);
	return read_passwd(AT_FDCWD, "/etc/passwd", t, err);
}

static int
compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int
uid_mark_take(const struct installation *in, uid_t start, uid_t *out,
    struct err *err)
{
	SCOPED(drop_taken) struct taken gone = { 0 }, t = { 0 };

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
	for (size_t i = 0; i < t.count; i++)
		if (t.id[i] == id)
			id++;
	if (id > UID_LAST)
		return err_set(err, ERR_REFUSED,
		    "no user id is left above %u: lower uid-start",
		    (unsigned)start);
	if (write_uids(in, id + 1, &gone, err) == -1)
		return -1;
	*out = (uid_t)id;
	return 0;
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
