/* alias_text.c: entries of an alias file exchanged where they stand. */
#include "alias_text.h"

#include <string.h>

#include "alias_scan.h"
#include "fd.h"
#include "files.h"
#include "scope.h"
#include "textblock.h"

/* --- pieces of a text ------------------------------------------------------ */

int
alias_text_read(int fd, off_t start, off_t end, struct pool *pool,
    struct slice *out, struct err *err)
{
	size_t len = (size_t)(end - start);
	char *p = pool_alloc(pool, len + 1);

	if (fd_pread(fd, p, len, start) != (ssize_t)len)
		return err_sys(err, "read");
	*out = (struct slice){ p, len };
	return 0;
}

struct slice
alias_text_lines(struct slice text, unsigned count)
{
	struct slice rest = text;

	while (count-- > 0 && rest.len > 0) {
		ptrdiff_t end = slice_find(rest, '\n');
		rest = slice_from(rest, end == -1 ? rest.len :
		    (size_t)end + 1);
	}
	text.len -= rest.len;
	return text;
}

/* --- what is read there ---------------------------------------------------- */

void
alias_entry_describe(struct str *out, const struct alias_entry *entry)
{
	str_addf(out, "%s%c", entry->name, '\0');
	for (size_t i = 0; entry->wrong == NULL && i < entry->count; i++)
		str_addf(out, "%d%s%c", entry->members[i].kind,
		    entry->members[i].text, '\0');
	str_addf(out, "%s%c", entry->wrong != NULL ? "?" : "", '\0');
}

/* The entries that begin before an offset, and where reading came to. */
struct reading {
	off_t		until, next;
	struct str	said;
};

static void
drop_reading(struct reading *r)
{
	drop_str(&r->said);
}

static int
hear(void *arg, const struct alias_entry *entry,
    const struct alias_extent *extent, struct err *err)
{
	struct reading *r = arg;

	(void)err;
	if (extent->start >= r->until) {
		r->next = extent->start;
		return 1;
	}
	alias_entry_describe(&r->said, entry);
	r->next = extent->next;
	return 0;
}

/* A byte order mark is one in the first line alone. */
static int
read_from(int fd, off_t from, struct reading *r, struct err *err)
{
	struct textindex_place place = { from, from == 0 ? 1 : 2 };
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_sys(err, "size");
	r->next = st.st_size;
	return alias_scan_extents("", fd, &place, hear, r, err);
}

/* The next entry begins where it is meant to, or behind comments that another
 * change has put before it. */
static int
check_exchanged(const struct alias_change *change, bool next_changes, int fd,
    off_t place, struct err *err)
{
	SCOPED(drop_reading) struct reading is = { .until = place +
	    (off_t)change->text.len + change->next - change->end };
	SCOPED(drop_str) struct str wanted = { 0 };

	if (change->wanted != NULL)
		alias_entry_describe(&wanted, change->wanted);
	if (read_from(fd, place, &is, err) == -1)
		return -1;
	return (is.next == is.until || (next_changes && is.next > is.until)) &&
	    slice_equal(str_slice(&is.said), str_slice(&wanted));
}

/* What stands last before a new entry says what it said. */
static int
check_added(const struct alias_change *change, int old, int fd,
    struct err *err)
{
	SCOPED(drop_reading) struct reading was = { .until = INT64_MAX };
	SCOPED(drop_reading) struct reading is = { .until = INT64_MAX };
	off_t from;

	if (textblock_before(old, change->start, &from, err) == -1 ||
	    read_from(old, from, &was, err) == -1 ||
	    read_from(fd, from, &is, err) == -1)
		return -1;
	alias_entry_describe(&was.said, change->wanted);
	return slice_equal(str_slice(&is.said), str_slice(&was.said));
}

static int
check(const struct alias_change *changes, size_t count,
    const struct splices *splices, int old, const struct stat *was, int fd,
    struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct alias_change *c = &changes[i];
		bool next_changes = i + 1 < count &&
		    changes[i + 1].start == c->next;
		int fits = c->start == was->st_size ?
		    check_added(c, old, fd, err) :
		    check_exchanged(c, next_changes, fd,
		    splice_place(splices, i), err);
		if (fits != 1)
			return fits;
	}
	return 1;
}

int
alias_text_change(const struct installation *in, const char *file, int fd,
    const struct stat *was, const struct alias_change *changes, size_t count,
    struct err *err)
{
	SCOPED(drop_splices) struct splices splices = { 0 };
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };

	for (size_t i = 0; i < count; i++)
		splices_add(&splices, changes[i].start,
		    changes[i].end - changes[i].start, changes[i].text);
	if (files_splice_begin(in, file, MODE_PUBLIC, fd, was, &splices,
	    &draft, err) == -1)
		return -1;
	int fits = check(changes, count, &splices, fd, was, draft.fd, err);
	if (fits != 1)
		return fits;
	return files_commit(in, &draft, err) == -1 ? -1 : 1;
}
