/* alias_file.c: aliases.D as it is edited. */
#include "alias_file.h"

#include <string.h>

#include "fd.h"
#include "file.h"
#include "files.h"
#include "index.h"
#include "scope.h"

enum { LINE_WIDTH = 72 };

/* --- reading ----------------------------------------------------------- */

void
alias_entry_describe(struct str *out, const struct alias_entry *entry)
{
	str_addf(out, "%s%c", entry->name, '\0');
	for (size_t i = 0; entry->wrong == NULL && i < entry->count; i++)
		str_addf(out, "%d%s%c", entry->members[i].kind,
		    entry->members[i].text, '\0');
	str_addf(out, "%s%c", entry->wrong != NULL ? "?" : "", '\0');
}

/* The last entry of a name is the one that counts. */
static int
read_one(void *arg, const struct alias_entry *entry, struct err *err)
{
	struct alias_file *file = arg;

	(void)err;
	if (!slice_same(slice_of(entry->name), slice_of(file->alias))) {
		alias_entry_describe(&file->others, entry);
		return 0;
	}
	struct alias_lines *lines = pool_alloc(file->pool, sizeof *lines);
	*lines = (struct alias_lines){ entry->line, entry->last_line,
	    file->all };
	file->all = lines;
	file->found = true;
	file->line = entry->line;
	file->last_line = entry->last_line;
	file->wrong = entry->wrong ?
	    pool_dup(file->pool, slice_of(entry->wrong)) : NULL;
	file->members.count = entry->wrong ? 0 : entry->count;
	file->members.member = pool_alloc(file->pool,
	    (file->members.count + 1) * sizeof *file->members.member);
	for (size_t i = 0; i < file->members.count; i++) {
		file->members.member[i] = entry->members[i];
		file->members.member[i].text = pool_dup(file->pool,
		    slice_of(entry->members[i].text));
	}
	return 0;
}

int
alias_file_read(const struct domain *domain, struct pool *pool,
    const char *alias, struct alias_file *out, struct err *err)
{
	bool there;

	*out = (struct alias_file){
		.domain = domain, .pool = pool, .alias = alias,
		.name = pool_format(pool, "aliases.%s", domain->name),
	};
	if (files_read(domain->in, out->name, &out->text, &there, err) == -1)
		return -1;
	return there ? alias_each(domain->in, out->name, read_one, out, err) :
	    0;
}

void
drop_alias_file(struct alias_file *file)
{
	drop_str(&file->text);
	drop_str(&file->others);
}

/* --- writing ----------------------------------------------------------- */

static bool
same_members(const struct alias_members *a, const struct alias_members *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->member[i].kind != b->member[i].kind ||
		    strcmp(a->member[i].text, b->member[i].text) != 0)
			return false;
	return true;
}

/* 1: the text is read as it was meant, 0: it is not. */
static int
check_draft(const struct alias_file *file, const struct draft *draft,
    const struct alias_members *wanted, struct err *err)
{
	SCOPED(drop_alias_file) struct alias_file again = { .pool = file->pool,
	    .alias = file->alias };

	if (alias_each(file->domain->in, draft->temporary, read_one, &again,
	    err) == -1)
		return -1;
	return again.wrong == NULL && again.found == (wanted->count > 0) &&
	    same_members(&again.members, wanted) &&
	    slice_equal(str_slice(&again.others), str_slice(&file->others));
}

/* 1: replaced, 0: it would not be read as meant, and nothing changed. */
static int
replace(struct alias_file *file, struct slice text,
    const struct alias_members *wanted, struct err *err)
{
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };

	if (draft_begin(file->domain->in->dir, file->name, MODE_PUBLIC, &draft,
	    err) == -1)
		return -1;
	if (fd_write(draft.fd, text.p, text.len) == -1)
		return err_sys(err, "write %s", draft.temporary);
	int fits = check_draft(file, &draft, wanted, err);
	if (fits != 1)
		return fits;
	return index_commit(file->domain->in, &draft, err) == -1 ? -1 : 1;
}

/* The text before the entry, of it, and behind it. */
static void
split(const struct alias_file *file, struct slice part[3])
{
	struct slice all = str_slice(&file->text), rest = all, line;
	unsigned number = 0;
	size_t start = all.len, end = all.len;

	while (rest.len > 0 && slice_cut(&rest, '\n', &line)) {
		size_t at = (size_t)(line.p - all.p), behind = at + line.len;
		number++;
		if (number == file->line)
			start = at;
		if (number == file->last_line)
			end = behind < all.len ? behind + 1 : behind;
	}
	part[0] = (struct slice){ all.p, start };
	part[1] = (struct slice){ all.p + start, end - start };
	part[2] = slice_from(all, end);
}

static void
add_name(struct str *out, const char *name)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+=-";

	if (name[strspn(name, plain)] == '\0') {
		str_addf(out, "%s:", name);
		return;
	}
	str_addc(out, '"');
	for (const char *p = name; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			str_addc(out, '\\');
		str_addc(out, *p);
	}
	str_adds(out, "\":");
}

void
alias_entry_add(struct str *out, const char *name,
    const struct alias_members *members)
{
	size_t start = out->len;

	add_name(out, name);
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

static void
end_last_line(struct str *out)
{
	if (out->len > 0 && out->s[out->len - 1] != '\n')
		str_addc(out, '\n');
}

int
alias_file_set(struct alias_file *file, const struct alias_members *members,
    struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice part[3];

	split(file, part);
	if (slice_starts(part[1], "\xEF\xBB\xBF"))
		str_adds(&text, "\xEF\xBB\xBF");
	str_addslice(&text, part[0]);
	if (file->found)
		alias_entry_comments(&text, part[1]);
	end_last_line(&text);
	alias_entry_add(&text, file->alias, members);
	str_addslice(&text, part[2]);
	int done = replace(file, str_slice(&text), members, err);
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
	end_last_line(out);
}

int
alias_file_add(struct alias_file *file, const struct alias_members *members,
    size_t count, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice part[3];

	if (!file->found)
		return alias_file_set(file, members, err);
	split(file, part);
	str_addslice(&text, part[0]);
	append(part[1], members, count, &text);
	str_addslice(&text, part[2]);
	int done = replace(file, str_slice(&text), members, err);
	/* A comment at the end of the line, say: then the entry is written
	 * anew. */
	return done == 0 ? alias_file_set(file, members, err) : done == 1 ? 0 :
	    -1;
}

static bool
is_entry_line(const struct alias_file *file, unsigned number)
{
	for (const struct alias_lines *at = file->all; at != NULL;
	    at = at->next)
		if (number >= at->first && number <= at->last)
			return true;
	return false;
}

int
alias_file_remove(struct alias_file *file, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct alias_members none = { 0 };
	struct slice all = str_slice(&file->text), rest = all, line;
	unsigned number = 0;

	while (rest.len > 0 && slice_cut(&rest, '\n', &line)) {
		bool comment = slice_starts(slice_trim(line), "#");
		if (is_entry_line(file, ++number) && !comment)
			continue;
		str_add(&text, line.p,
		    line.len + (line.p + line.len < all.p + all.len));
	}
	int done = replace(file, str_slice(&text), &none, err);
	return done == 0 ? unreadable(file, err) : done == 1 ? 0 : -1;
}
