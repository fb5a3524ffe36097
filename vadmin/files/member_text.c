/* member_text.c: the text of an alias's entry, or of a forward, with other
 * members. */
#include "member_text.h"

#include <string.h>

bool
member_is_same(const struct alias_member *a, const struct alias_member *b)
{
	return a->kind == b->kind && slice_same(slice_of(a->text),
	    slice_of(b->text));
}

static bool
is_word(char c)
{
	return c != '\0' && strchr(" \t\r\n,:\"'()<>|\\", c) == NULL;
}

static bool
is_comment(struct slice line)
{
	return slice_starts(slice_trim(line), "#");
}

static bool
stands_at(struct slice text, size_t at, const char *word, size_t len)
{
	return at + len <= text.len && memcmp(text.p + at, word, len) == 0 &&
	    (at == 0 || !is_word(text.p[at - 1])) &&
	    (at + len == text.len || !is_word(text.p[at + len]));
}

/* Where word stands by itself behind pos, which is in no comment; comment lines
 * are none of the entry's. */
static ptrdiff_t
find_word(struct slice text, size_t pos, const char *word)
{
	size_t len = strlen(word);

	while (len > 0 && pos + len <= text.len) {
		bool line_begins = pos == 0 || text.p[pos - 1] == '\n';
		ptrdiff_t end = line_begins &&
		    is_comment(slice_from(text, pos)) ?
		    slice_find(slice_from(text, pos), '\n') : -1;
		if (end != -1)
			pos += (size_t)end + 1;
		else if (stands_at(text, pos, word, len))
			return (ptrdiff_t)pos;
		else
			pos++;
	}
	return -1;
}

/* Behind "name:". */
static size_t
skip_name(struct slice text)
{
	size_t i = 0;

	if (slice_starts(slice_trim(text), "\"")) {
		for (i = (size_t)slice_find(text, '"') + 1; i < text.len &&
		    text.p[i] != '"'; i++)
			i += text.p[i] == '\\';
	}
	while (i < text.len && text.p[i] != ':')
		i++;
	return i < text.len ? i + 1 : text.len;
}

/* The words of changed members, exchanged where they stand.  False: one is not
 * to be found as it is read, or cannot be written without quotes. */
static bool
exchange_words(const struct member_edit *edit, struct slice text, bool is_list,
    struct str *out)
{
	size_t at = is_list ? 0 : skip_name(text), done = 0;

	if (edit->old.count != edit->new.count)
		return false;
	for (size_t i = 0; i < edit->old.count; i++) {
		const struct alias_member *old = &edit->old.member[i],
		    *new = &edit->new.member[i];
		bool same = member_is_same(old, new);
		ptrdiff_t found = find_word(text, at, old->text);
		if (!same && (found == -1 || old->kind != new->kind ||
		    strpbrk(new->text, " \t,\"()<>\\#|:") != NULL))
			return false;
		if (found == -1)
			continue;
		at = (size_t)found + strlen(old->text);
		if (same)
			continue;
		str_add(out, text.p + done, (size_t)found - done);
		str_adds(out, new->text);
		done = at;
	}
	str_addslice(out, slice_from(text, done));
	return true;
}

static void
write_anew(const struct member_edit *edit, struct slice text, bool is_list,
    struct str *out)
{
	if (slice_starts(text, "\xEF\xBB\xBF"))
		str_adds(out, "\xEF\xBB\xBF");
	alias_entry_comments(out, text);
	if (!is_list) {
		alias_entry_add(out, edit->name, &edit->new);
		return;
	}
	for (size_t i = 0; i < edit->new.count; i++) {
		alias_member_add(out, &edit->new.member[i]);
		str_addc(out, '\n');
	}
}

void
member_edit_put(const struct member_edit *edit, struct slice text, bool in_place,
    bool is_list, struct str *out)
{
	size_t before = out->len;

	if (in_place && exchange_words(edit, text, is_list, out))
		return;
	str_cut(out, before);
	write_anew(edit, text, is_list, out);
}
