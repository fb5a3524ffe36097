/* alias_file.c: aliases.D as it is edited. */
#include "alias_file.h"

#include <fcntl.h>
#include <string.h>

#include "alias_scan.h"
#include "fd.h"
#include "files.h"
#include "index.h"
#include "scope.h"

enum { LINE_WIDTH = 72 };

/* --- reading ----------------------------------------------------------- */

static struct alias_members
copy_members(struct pool *pool, const struct alias_entry *entry)
{
	struct alias_members all = { .count = entry->wrong ? 0 :
	    entry->count };

	all.member = pool_alloc(pool, (all.count + 1) * sizeof *all.member);
	for (size_t i = 0; i < all.count; i++) {
		all.member[i] = entry->members[i];
		all.member[i].text = pool_dup(pool,
		    slice_of(entry->members[i].text));
	}
	return all;
}

/* The last entry of a name is the one that counts. */
static int
read_one(void *arg, const struct alias_entry *entry,
    const struct alias_extent *extent, struct err *err)
{
	struct alias_file *file = arg;
	struct slice text;

	if (!slice_same(slice_of(entry->name), slice_of(file->alias)))
		return 0;
	if (alias_text_read(file->fd, extent->start, extent->next, file->pool,
	    &text, err) == -1)
		return -1;
	struct alias_piece *piece = pool_alloc(file->pool, sizeof *piece);
	*piece = (struct alias_piece){ NULL, extent->start, extent->next,
	    pool_dup(file->pool, slice_of(entry->name)),
	    alias_text_lines(text, entry->last_line - entry->line + 1) };
	if (file->last != NULL)
		file->last->following = piece;
	else
		file->first = piece;
	file->last = piece;
	file->count++;
	file->found = true;
	file->wrong = entry->wrong ?
	    pool_dup(file->pool, slice_of(entry->wrong)) : NULL;
	file->members = copy_members(file->pool, entry);
	return 0;
}

static int
read_one_only(void *arg, const struct alias_entry *entry,
    const struct alias_extent *extent, struct err *err)
{
	return read_one(arg, entry, extent, err) == -1 ? -1 : 1;
}

/* Where the index says, or from the first line to the last. */
static int
read_entries(struct alias_file *file, struct err *err)
{
	SCOPED(drop_textindex_places) struct textindex_places places = { 0 };
	const struct installation *in = file->domain->in;
	struct index_question question = { INDEX_ALIAS, slice_of(file->alias),
	    false, NULL };
	const char *path = installation_path(in, file->pool, file->name);

	if (!index_ask(in, file->name, file->fd, &question, &places))
		return alias_scan_extents(path, file->fd, NULL, read_one, file,
		    err);
	for (size_t i = 0; i < places.count; i++)
		if (alias_scan_extents(path, file->fd, &places.place[i],
		    read_one_only, file, err) == -1)
			return -1;
	return 0;
}

int
alias_file_read(const struct domain *domain, struct pool *pool,
    const char *alias, struct alias_file *out, struct err *err)
{
	const struct installation *in = domain->in;
	bool there;

	*out = (struct alias_file){
		.domain = domain, .pool = pool, .alias = alias,
		.name = pool_format(pool, "aliases.%s", domain->name),
	};
	if (files_check(in, out->name, &there, err) == -1)
		return -1;
	if (!there)
		return 0;
	if (file_open(in->dir, out->name, O_NOFOLLOW, &out->fd, &out->was,
	    err) == -1)
		return err_within(err, "%s", in->path);
	out->there = true;
	return read_entries(out, err);
}

void
drop_alias_file(struct alias_file *file)
{
	if (file->there)
		drop_fd(&file->fd);
}

/* --- writing ----------------------------------------------------------- */

/* 1: replaced, 0: it would not be read as meant, and nothing changed. */
static int
change(const struct alias_file *file, const struct alias_piece *piece,
    const char *name, const struct str *text,
    const struct alias_members *members, struct err *err)
{
	const struct alias_entry wanted = { .name = name,
	    .members = members->member, .count = members->count };
	struct alias_change one = { file->was.st_size, file->was.st_size,
	    file->was.st_size, str_slice(text), &wanted };

	if (piece != NULL) {
		one.start = piece->start;
		one.end = piece->start + (off_t)piece->text.len;
		one.next = piece->next;
	}
	return alias_text_change(file->domain->in, file->name, file->fd,
	    &file->was, &one, 1, err);
}

static int
make_file(const struct alias_file *file, const struct str *text,
    struct err *err)
{
	return files_write(file->domain->in, file->name, MODE_PUBLIC,
	    str_slice(text), err) == -1 ? -1 : 1;
}

void
alias_entry_add(struct str *out, const char *name,
    const struct alias_members *members)
{
	size_t start = out->len;

	alias_name_add(out, name);
	str_addc(out, ':');
	for (size_t i = 0; i < members->count; i++) {
		SCOPED(drop_str) struct str member = { 0 };
		alias_member_add(&member, &members->member[i]);
		bool wrap = i > 0 && out->len - start + member.len > LINE_WIDTH;
		str_adds(out, i == 0 ? " " : wrap ? ",\n\t" : ", ");
		if (wrap)
			start = out->len;
		str_addslice(out, str_slice(&member));
	}
	str_addc(out, '\n');
}

/* Comment lines of an entry, and sendmail's comments at the ends of lines. */
void
alias_entry_comments(struct str *out, struct slice entry)
{
	struct slice line;

	while (entry.len > 0 && slice_cut(&entry, '\n', &line)) {
		struct slice text = slice_trim(line);
		const char *mark = line.len > 0 ?
		    memmem(line.p, line.len, "#@#", 3) : NULL;
		if (slice_starts(text, "#"))
			str_addslice(out, text);
		else if (mark != NULL)
			str_addf(out, "#%.*s",
			    (int)(line.p + line.len - mark - 3), mark + 3);
		else
			continue;
		str_addc(out, '\n');
	}
}

static int
unreadable(const struct alias_file *file, struct err *err)
{
	return err_set(err, ERR_INVALID,
	    "%s/%s: the changed entry of '%s' would not be read as it is "
	    "meant: edit the file by hand", file->domain->in->path, file->name,
	    file->alias);
}

int
alias_file_set(struct alias_file *file, const struct alias_members *members,
    struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };

	if (file->found) {
		if (slice_starts(file->last->text, "\xEF\xBB\xBF"))
			str_adds(&text, "\xEF\xBB\xBF");
		alias_entry_comments(&text, file->last->text);
	}
	alias_entry_add(&text, file->alias, members);
	int done = file->there ? change(file, file->last,
	    file->alias, &text, members, err) : make_file(file, &text, err);
	return done == 0 ? unreadable(file, err) : done == 1 ? 0 : -1;
}

/* The entry's text with more behind its last member. */
static void
append(struct slice entry, const struct alias_members *members, size_t count,
    struct str *out)
{
	size_t end = entry.len;

	while (end > 0 && (entry.p[end - 1] == '\n' ||
	    entry.p[end - 1] == '\r'))
		end--;
	ptrdiff_t before = slice_find_last((struct slice){ entry.p, end },
	    '\n');
	size_t width = end - (size_t)(before + 1);
	str_add(out, entry.p, end);
	for (size_t i = members->count - count; i < members->count; i++) {
		SCOPED(drop_str) struct str member = { 0 };
		alias_member_add(&member, &members->member[i]);
		bool wrap = width + member.len > LINE_WIDTH;
		str_adds(out, wrap ? ",\n\t" : ", ");
		str_addslice(out, str_slice(&member));
		width = (wrap ? 8 : width + 2) + member.len;
	}
	str_add(out, entry.p + end, entry.len - end);
	if (end == entry.len)
		str_addc(out, '\n');
}

int
alias_file_add(struct alias_file *file, const struct alias_members *members,
    size_t count, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };

	if (!file->found)
		return alias_file_set(file, members, err);
	append(file->last->text, members, count, &text);
	int done = change(file, file->last, file->last->name, &text, members,
	    err);
	/* A comment at the end of the line, say: then the entry is written
	 * anew. */
	return done == 0 ? alias_file_set(file, members, err) : done == 1 ? 0 :
	    -1;
}

/* What an entry's lines leave: its comments. */
static struct slice
leave_comments(struct pool *pool, struct slice entry)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice rest = entry, line;

	while (rest.len > 0 && slice_cut(&rest, '\n', &line))
		if (slice_starts(slice_trim(line), "#"))
			str_add(&text, line.p, line.len +
			    (line.p + line.len < entry.p + entry.len));
	return (struct slice){ pool_dup(pool, str_slice(&text)), text.len };
}

int
alias_file_remove(struct alias_file *file, struct err *err)
{
	struct alias_change *changes = pool_alloc(file->pool,
	    (file->count + 1) * sizeof *changes);
	size_t n = 0;

	for (const struct alias_piece *at = file->first; at != NULL;
	    at = at->following)
		changes[n++] = (struct alias_change){ at->start,
		    at->start + (off_t)at->text.len, at->next,
		    leave_comments(file->pool, at->text), NULL };
	if (n == 0)
		return 0;
	int done = alias_text_change(file->domain->in, file->name, file->fd,
	    &file->was, changes, n, err);
	return done == 0 ? unreadable(file, err) : done == 1 ? 0 : -1;
}
