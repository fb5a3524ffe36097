/* members.c: members of alias files and of forwards, looked at and exchanged. */
#include "members.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alias_file.h"
#include "alias_scan.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "member_text.h"
#include "scope.h"

enum { FORWARD_MAX = 1 << 20 };

struct editing {
	struct members_visit	*visit;
	struct pool		 pool;
	struct member_edit		*first, **end;
	/* what all entries shall say */
	struct str		 expected;
	bool			 is_list;	/* a forward */
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

static int
look(void *arg, const struct alias_entry *entry, struct err *err)
{
	struct editing *e = arg;
	struct alias_entry wanted = *entry;
	struct alias_members new = { pool_alloc(&e->pool,
	    (entry->count + 1) * sizeof *new.member), 0 };

	(void)err;
	if (entry->wrong == NULL && ask(e, entry, &new)) {
		struct member_edit *edit = pool_alloc(&e->pool, sizeof *edit);
		*edit = (struct member_edit){ NULL, entry->line, entry->last_line,
		    pool_dup(&e->pool, slice_of(entry->name)),
		    copy_members(&e->pool, entry), new };
		*e->end = edit;
		e->end = &edit->next;
		e->visit->changed++;
		wanted.members = new.member;
		wanted.count = new.count;
	}
	alias_entry_describe(&e->expected, &wanted);
	return 0;
}

/* --- the whole text ------------------------------------------------------ */

/* So many lines off the front of rest. */
static struct slice
take_lines(struct slice *rest, unsigned count)
{
	struct slice taken = *rest;

	while (count-- > 0 && rest->len > 0) {
		ptrdiff_t end = slice_find(*rest, '\n');
		*rest = slice_from(*rest, end == -1 ? rest->len :
		    (size_t)end + 1);
	}
	taken.len -= rest->len;
	return taken;
}

static void
put_all(const struct editing *e, struct slice text, bool in_place,
    struct str *out)
{
	unsigned number = 1;

	for (const struct member_edit *edit = e->first; edit != NULL;
	    edit = edit->next) {
		str_addslice(out, take_lines(&text, edit->first - number));
		member_edit_put(edit, take_lines(&text, edit->last - edit->first + 1),
		    in_place, e->is_list, out);
		number = edit->last + 1;
	}
	str_addslice(out, text);
}

static int
describe(void *arg, const struct alias_entry *entry, struct err *err)
{
	(void)err;
	alias_entry_describe(arg, entry);
	return 0;
}

static int
describe_draft(const struct editing *e, const struct draft *draft,
    struct str *out, struct err *err)
{
	static const struct alias_question list = { .include = true };
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct alias_entry *entry;

	if (lseek(draft->fd, 0, SEEK_SET) == -1)
		return err_sys(err, "%s", draft->temporary);
	if (!e->is_list)
		return alias_scan_each("", draft->fd, describe, out, err);
	if (alias_scan(&pool, "", draft->fd, true, &list, &entry, err) == -1)
		return -1;
	alias_entry_describe(out, entry);
	return 0;
}

/* 1: replaced, 0: it would not be read as it is meant. */
static int
try_text(const struct editing *e, int dir, const char *name,
    struct slice text, bool in_place, struct err *err)
{
	SCOPED(drop_str) struct str new = { 0 }, said = { 0 };
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };

	put_all(e, text, in_place, &new);
	if (draft_begin(dir, name, MODE_PUBLIC, &draft, err) == -1)
		return -1;
	if (fd_write(draft.fd, str_text(&new), new.len) == -1)
		return err_sys(err, "write %s", draft.temporary);
	if (describe_draft(e, &draft, &said, err) == -1)
		return -1;
	if (!slice_equal(str_slice(&said), str_slice(&e->expected)))
		return 0;
	return draft_commit(&draft, err) == -1 ? -1 : 1;
}

static int
replace(const struct editing *e, int dir, const char *name, const char *path,
    struct slice text, struct err *err)
{
	if (e->first == NULL)
		return 0;
	int done = try_text(e, dir, name, text, true, err);
	if (done == 0)
		done = try_text(e, dir, name, text, false, err);
	if (done == 0)
		return err_set(err, ERR_INVALID, "%s: it would not be read as "
		    "it is meant: edit it by hand", path);
	return done == -1 ? err_within(err, "%s", path) : 0;
}

/* --- the two kinds of files ---------------------------------------------- */

int
members_of_file(const struct installation *in, const char *file,
    struct members_visit *visit, struct err *err)
{
	SCOPED(drop_editing) struct editing e = { .visit = visit };
	SCOPED(drop_str) struct str text = { 0 };
	bool there;

	e.end = &e.first;
	if (files_read(in, file, &text, &there, err) == -1)
		return -1;
	if (!there)
		return 0;
	if (alias_each(in, file, look, &e, err) == -1)
		return err_within(err, "%s", in->path);
	return replace(&e, in->dir, file, pool_format(&e.pool, "%s/%s",
	    in->path, file), str_slice(&text), err);
}

static int
read_forward(int dir, const char *name, int *fd, struct str *text,
    struct err *err)
{
	struct stat st;

	if (file_open(dir, name, O_NOFOLLOW, fd, &st, err) == -1)
		return -1;
	if (st.st_nlink != 1)
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
	SCOPED(drop_editing) struct editing e = { .visit = visit,
	    .is_list = true };
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct alias_entry *entry;

	e.end = &e.first;
	if (read_forward(dir, name, &fd, &text, err) == -1)
		return err->kind == ERR_ABSENT || err->kind == ERR_REFUSED ?
		    0 : err_within(err, "%s", path);
	if (alias_scan(&e.pool, path, fd, true, &list, &entry, err) == -1)
		return -1;
	look(&e, entry, err);
	return replace(&e, dir, name, path, str_slice(&text), err);
}
