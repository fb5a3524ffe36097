/* members.c: members of alias files and of forwards, looked at and exchanged. */
#include "members.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alias_file.h"
#include "alias_scan.h"
#include "alias_search.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "member_text.h"
#include "scope.h"
#include "stamp.h"

enum {
	FORWARD_MAX = 1 << 20,
	NEAR = 64 * 1024,	/* so far apart they are two changes */
	GROUPS_MAX = 16,
};

struct editing {
	struct members_visit	*visit;
	struct pool		 pool;
	struct member_edit		*first, **end;
	size_t			 count;
	/* what the one entry of a forward shall say */
	struct str		 expected;
	/* the alias file as its entries were looked at, or as we left it */
	struct stamp		 seen;
};

static void
drop_editing(struct editing *e)
{
	drop_str(&e->expected);
	drop_pool(&e->pool);
}

/* --- what changes -------------------------------------------------------- */

static bool
is_among(const struct alias_member *one, const struct alias_member *all,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (member_is_same(&all[i], one))
			return true;
	return false;
}

static struct alias_members
copy_members(struct pool *pool, const struct alias_entry *entry)
{
	struct alias_members all = { pool_alloc(pool,
	    (entry->count + 1) * sizeof *all.member), entry->count };

	for (size_t i = 0; i < all.count; i++) {
		all.member[i] = entry->members[i];
		all.member[i].text = pool_dup(pool,
		    slice_of(entry->members[i].text));
	}
	return all;
}

/* True: the entry changes, and new is what it shall have. */
static bool
ask(struct editing *e, const struct alias_entry *entry,
    struct alias_members *new)
{
	bool changes = false;

	for (size_t i = 0; i < entry->count; i++) {
		struct alias_member one = entry->members[i], other = one;
		bool changed = e->visit->visit(e->visit->arg, &e->pool, entry,
		    i, &other);
		changes = changes || changed;
		if (!changed)
			other.text = pool_dup(&e->pool, slice_of(one.text));
		/* Two members that became one stand there once. */
		if (!changed || (!is_among(&other, new->member, new->count) &&
		    !is_among(&other, entry->members, entry->count)))
			new->member[new->count++] = other;
	}
	return changes;
}

static void
look(struct editing *e, const struct alias_entry *entry,
    const struct alias_extent *extent)
{
	struct alias_entry wanted = *entry;
	struct alias_members new = { pool_alloc(&e->pool,
	    (entry->count + 1) * sizeof *new.member), 0 };

	if (entry->wrong == NULL && ask(e, entry, &new)) {
		struct member_edit *edit = pool_alloc(&e->pool, sizeof *edit);
		*edit = (struct member_edit){ NULL, *extent,
		    entry->last_line - entry->line + 1,
		    pool_dup(&e->pool, slice_of(entry->name)),
		    copy_members(&e->pool, entry), new };
		e->count++;
		*e->end = edit;
		e->end = &edit->next;
		e->visit->changed++;
		wanted.members = new.member;
		wanted.count = new.count;
	}
	if (extent->next == 0)
		alias_entry_describe(&e->expected, &wanted);
}

/* --- a forward ----------------------------------------------------------- */

static int
describe_draft(const struct draft *draft, struct str *out, struct err *err)
{
	static const struct alias_question list = { .include = true };
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct alias_entry *entry;

	if (lseek(draft->fd, 0, SEEK_SET) == -1)
		return err_sys(err, "%s", draft->temporary);
	if (alias_scan(&pool, "", draft->fd, true, &list, &entry, err) == -1)
		return -1;
	alias_entry_describe(out, entry);
	return 0;
}

/* 1: replaced, 0: it would not be read as it is meant. */
static int
try_forward(const struct editing *e, int dir, const char *name,
    struct slice text, bool in_place, struct err *err)
{
	SCOPED(drop_str) struct str new = { 0 }, said = { 0 };
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };

	member_edit_put(e->first, text, in_place, true, &new);
	if (draft_begin(dir, name, MODE_PUBLIC, &draft, err) == -1)
		return -1;
	if (fd_write(draft.fd, str_text(&new), new.len) == -1)
		return err_sys(err, "write %s", draft.temporary);
	if (describe_draft(&draft, &said, err) == -1)
		return -1;
	if (!slice_equal(str_slice(&said), str_slice(&e->expected)))
		return 0;
	return draft_commit(&draft, err) == -1 ? -1 : 1;
}

static int
end(int done, const char *path, struct err *err)
{
	if (done == 0)
		return err_set(err, ERR_INVALID, "%s: it would not be read as "
		    "it is meant: edit it by hand", path);
	return done == -1 ? err_within(err, "%s", path) : 0;
}

static int
read_forward(int dir, const char *name, int *fd, struct str *text,
    struct err *err)
{
	struct stat st;

	if (file_open(dir, name, O_NOFOLLOW, fd, &st, err) == -1)
		return -1;
	if (st.st_nlink > 1)
		return err_set(err, ERR_REFUSED, "it has a second name");
	if (file_read(*fd, FORWARD_MAX, text, err) == -1)
		return -1;
	return lseek(*fd, 0, SEEK_SET) == -1 ? err_sys(err, "read") : 0;
}

int
members_of_forward(int dir, const char *name, const char *path,
    struct members_visit *visit, struct err *err)
{
	static const struct alias_question list = { .include = true };
	static const struct alias_extent whole;
	SCOPED(drop_editing) struct editing e = { .visit = visit };
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct alias_entry *entry;

	e.end = &e.first;
	if (read_forward(dir, name, &fd, &text, err) == -1)
		return err->kind == ERR_ABSENT || err->kind == ERR_REFUSED ?
		    0 : err_within(err, "%s", path);
	if (alias_scan(&e.pool, path, fd, true, &list, &entry, err) == -1)
		return -1;
	look(&e, entry, &whole);
	if (e.first == NULL)
		return 0;
	int done = try_forward(&e, dir, name, str_slice(&text), true, err);
	if (done == 0)
		done = try_forward(&e, dir, name, str_slice(&text), false, err);
	return end(done, path, err);
}

/* --- an alias file ------------------------------------------------------- */

static int
look_at_entry(void *arg, const struct alias_entry *entry,
    const struct alias_extent *extent, struct err *err)
{
	(void)err;
	look(arg, entry, extent);
	return 0;
}

/* Edits that stand near one another. */
struct group {
	const struct member_edit	*first;
	size_t				 count;
};

static int
open_file(const struct installation *in, const char *file, int *fd,
    struct stat *st, struct err *err)
{
	return file_open(in->dir, file, O_NOFOLLOW, fd, st, err);
}

/* Somebody's editor knows no lock, and the entries are somewhere else now. */
static int
open_same(const struct editing *e, const struct installation *in,
    const char *file, int *fd, struct stat *st, struct err *err)
{
	if (open_file(in, file, fd, st, err) == -1)
		return -1;
	struct stamp now = stamp_of(st);
	return stamp_same(&now, &e->seen) ? 0 : err_set(err, ERR_TEMPORARY,
	    "%s changed meanwhile: try again", file);
}

/* What we left is what the next group is looked for in. */
static int
see_again(struct editing *e, const struct installation *in, const char *file,
    struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	struct stat st;

	if (open_file(in, file, &fd, &st, err) == -1)
		return -1;
	e->seen = stamp_of(&st);
	return 1;
}

/* As alias_text_change(). */
static int
try_group(struct editing *e, const struct installation *in, const char *file,
    const struct group *group, bool in_place, struct err *err)
{
	struct alias_change *changes = pool_alloc(&e->pool,
	    group->count * sizeof *changes);
	struct alias_entry *wanted = pool_alloc(&e->pool,
	    group->count * sizeof *wanted);
	const struct member_edit *at = group->first;
	SCOPED(drop_fd) int fd = -1;
	struct stat was;

	if (open_same(e, in, file, &fd, &was, err) == -1)
		return -1;
	for (size_t i = 0; i < group->count; i++, at = at->next) {
		SCOPED(drop_str) struct str new = { 0 };
		struct slice text;
		if (alias_text_read(fd, at->extent.start, at->extent.next,
		    &e->pool, &text, err) == -1)
			return -1;
		text = alias_text_lines(text, at->lines);
		member_edit_put(at, text, in_place, false, &new);
		wanted[i] = (struct alias_entry){ .name = at->name,
		    .members = at->new.member, .count = at->new.count };
		changes[i] = (struct alias_change){ at->extent.start,
		    at->extent.start + (off_t)text.len, at->extent.next,
		    { pool_dup(&e->pool, str_slice(&new)), new.len },
		    &wanted[i] };
	}
	return alias_text_change(in, file, fd, &was, changes, group->count,
	    err);
}

/* What the journal keeps of a change reaches from its first line to its last. */
static struct group *
divide(struct editing *e, size_t *count)
{
	struct group *groups = pool_alloc(&e->pool, e->count * sizeof *groups);
	const struct member_edit *before = NULL;
	size_t n = 0;

	for (const struct member_edit *at = e->first; at != NULL;
	    before = at, at = at->next) {
		if (before == NULL || (n < GROUPS_MAX &&
		    at->extent.start - before->extent.next > NEAR))
			groups[n++] = (struct group){ at, 0 };
		groups[n - 1].count++;
	}
	*count = n;
	return groups;
}

/* The last ones first: where the others stand does not change by it. */
static int
replace(struct editing *e, const struct installation *in, const char *file,
    struct err *err)
{
	size_t count;
	const struct group *groups = divide(e, &count);
	int done = 1;

	while (done == 1 && count-- > 0) {
		done = try_group(e, in, file, &groups[count], true, err);
		if (done == 0)
			done = try_group(e, in, file, &groups[count], false,
			    err);
		if (done == 1)
			done = see_again(e, in, file, err);
	}
	return done;
}

int
members_of_file(const struct installation *in, const char *file,
    struct members_visit *visit, struct err *err)
{
	SCOPED(drop_editing) struct editing e = { .visit = visit };
	SCOPED(drop_fd) int fd = -1;
	const char *path = installation_path(in, &e.pool, file);
	struct stat st;
	bool there;

	e.end = &e.first;
	if (files_check(in, file, &there, err) == -1)
		return -1;
	if (!there)
		return 0;
	if (open_file(in, file, &fd, &st, err) == -1)
		return err_within(err, "%s", in->path);
	e.seen = stamp_of(&st);
	if (alias_search_file(in, file, fd, INDEX_MEMBER, visit->account,
	    look_at_entry, &e, err) == -1)
		return err_within(err, "%s", in->path);
	return e.first == NULL ? 0 : end(replace(&e, in, file, err), path,
	    err);
}
