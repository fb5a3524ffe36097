/* hunk.c: how two texts differ, and how to put that back. */
#include "hunk.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "scope.h"

/* --- how they differ ------------------------------------------------------- */

static size_t
line_start(struct slice text, size_t at)
{
	while (at > 0 && text.p[at - 1] != '\n')
		at--;
	return at;
}

static struct slice
part(struct slice text, size_t from, size_t to)
{
	return (struct slice){ text.p + from, to - from };
}

/* How many bytes both begin with: blocks first, a byte at a time then. */
static size_t
common_head(struct slice a, struct slice b)
{
	enum { BLOCK = 4096 };
	size_t most = a.len < b.len ? a.len : b.len, n = 0;

	while (n + BLOCK <= most && memcmp(a.p + n, b.p + n, BLOCK) == 0)
		n += BLOCK;
	while (n < most && a.p[n] == b.p[n])
		n++;
	return n;
}

static size_t
common_tail(struct slice a, struct slice b, size_t most)
{
	enum { BLOCK = 4096 };
	const char *ends[2] = { a.p + a.len, b.p + b.len };
	size_t n = 0;

	while (n + BLOCK <= most && memcmp(ends[0] - n - BLOCK,
	    ends[1] - n - BLOCK, BLOCK) == 0)
		n += BLOCK;
	while (n < most && ends[0][-(ptrdiff_t)n - 1] ==
	    ends[1][-(ptrdiff_t)n - 1])
		n++;
	return n;
}

/* The lines that touch old's part from..to. */
static void
add_surroundings(struct slice text, size_t from, size_t to, struct hunk *hunk)
{
	size_t end = to;

	hunk->before = part(text, from > 0 ? line_start(text, from - 1) : 0,
	    from);
	while (end < text.len && text.p[end] != '\n')
		end++;
	hunk->behind = part(text, to, end < text.len ? end + 1 : end);
}

struct hunk
hunk_between(struct slice old, struct slice new)
{
	size_t head = line_start(old, common_head(old, new));
	size_t most = (old.len < new.len ? old.len : new.len) - head;
	size_t tail = common_tail(old, new, most);
	struct hunk hunk = { .at = head };

	/* What is left out at the end are whole lines, too. */
	while (tail > 0 && ((old.len - tail > head &&
	    old.p[old.len - tail - 1] != '\n') || (new.len - tail > head &&
	    new.p[new.len - tail - 1] != '\n')))
		tail--;
	hunk.old = part(old, head, old.len - tail);
	hunk.new = part(new, head, new.len - tail);
	add_surroundings(old, head, old.len - tail, &hunk);
	return hunk;
}

struct hunk
hunk_turned(const struct hunk *hunk)
{
	struct hunk turned = *hunk;

	turned.old = hunk->new;
	turned.new = hunk->old;
	return turned;
}

/* --- where it stands now --------------------------------------------------- */

static bool
starts_line(struct slice text, size_t at)
{
	return at == 0 || text.p[at - 1] == '\n';
}

static bool
stands_at(struct slice text, size_t at, struct slice what)
{
	return at <= text.len && what.len <= text.len - at &&
	    (what.len == 0 || memcmp(text.p + at, what.p, what.len) == 0);
}

static bool
ends_before(struct slice text, size_t at, struct slice what)
{
	return what.len <= at && stands_at(text, at - what.len, what) &&
	    starts_line(text, at - what.len);
}

/* How sure it is that this is the place: what was around it is there still. */
enum { NOT_HERE, PERHAPS, LIKELY, CERTAIN };

static int
likeness(const struct hunk *hunk, struct slice text, size_t at)
{
	size_t end = at + hunk->old.len;

	if (!starts_line(text, at) || !stands_at(text, at, hunk->old) ||
	    (end < text.len && !starts_line(text, end)))
		return NOT_HERE;
	bool before = hunk->before.len > 0 ? ends_before(text, at,
	    hunk->before) : at == 0;
	bool behind = hunk->behind.len > 0 ? stands_at(text, end,
	    hunk->behind) : end == text.len;
	return before && behind ? CERTAIN : before || behind ? LIKELY :
	    hunk->old.len > 0 ? PERHAPS : NOT_HERE;
}

/* The next place from there where it may stand; text.len + 1: none. */
static size_t
next_place(const struct hunk *hunk, struct slice text, size_t from)
{
	struct slice rest = slice_from(text, from);
	const char *found;

	if (from > text.len)
		return text.len + 1;
	if (hunk->old.len > 0)
		found = rest.len == 0 ? NULL : memmem(rest.p, rest.len, hunk->old.p, hunk->old.len);
	else if (starts_line(text, from))
		return from;
	else
		found = rest.len > 0 ? memchr(rest.p, '\n', rest.len) : NULL;
	if (found == NULL)
		return text.len + 1;
	return (size_t)(found - text.p) + (hunk->old.len == 0);
}

/* The likeliest place; of equal ones the nearest.  One that is just possible
 * must be the only one. */
static bool
find_place(const struct hunk *hunk, struct slice text, size_t *out)
{
	int best = NOT_HERE;
	size_t count = 0, nearest = SIZE_MAX;

	if (hunk->at <= text.len && likeness(hunk, text,
	    (size_t)hunk->at) == CERTAIN) {
		*out = (size_t)hunk->at;
		return true;
	}
	for (size_t at = next_place(hunk, text, 0); at <= text.len;
	    at = next_place(hunk, text, at + 1)) {
		int like = likeness(hunk, text, at);
		size_t far = at > hunk->at ? at - (size_t)hunk->at :
		    (size_t)hunk->at - at;
		if (like < best || like == NOT_HERE)
			continue;
		count = like > best ? 1 : count + 1;
		if (like > best || far < nearest) {
			nearest = far;
			*out = at;
		}
		best = like;
	}
	return best > PERHAPS || (best == PERHAPS && count == 1);
}

/* --- what may come --------------------------------------------------------- */

struct slice
hunk_key(struct slice line, char separator)
{
	struct slice key = line;
	ptrdiff_t at = separator != '\0' ? slice_find(line, separator) : -1;

	if (at != -1)
		key.len = (size_t)at;
	return slice_trim(key);
}

/* A line that says something: comments and what goes on with another do not. */
static bool
has_key(struct slice line, char separator)
{
	return line.len > 0 && line.p[0] != '#' && line.p[0] != ' ' &&
	    line.p[0] != '\t' && slice_has(line, separator);
}

static int
compare_keys(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return strncasecmp(x->p, y->p, x->len);
}

struct keys {
	struct slice	*key;
	size_t		 count, room;
};

static void
drop_keys(struct keys *keys)
{
	free(keys->key);
}

static void
collect_keys(struct slice text, char separator, struct keys *keys)
{
	struct slice line;

	while (text.len > 0 && slice_cut(&text, '\n', &line)) {
		if (!has_key(line, separator))
			continue;
		mem_room(&keys->key, &keys->room, keys->count,
		    sizeof *keys->key);
		keys->key[keys->count++] = hunk_key(line, separator);
	}
	if (keys->count > 0)
		qsort(keys->key, keys->count, sizeof *keys->key, compare_keys);
}

static int
check_rest(const struct keys *coming, struct slice text, char separator,
    struct err *err)
{
	struct slice line;

	while (text.len > 0 && slice_cut(&text, '\n', &line)) {
		if (!has_key(line, separator))
			continue;
		struct slice key = hunk_key(line, separator);
		if (bsearch(&key, coming->key, coming->count, sizeof key,
		    compare_keys) != NULL)
			return err_set(err, ERR_REFUSED,
			    "there is another line of '%.*s' now",
			    (int)key.len, key.p);
	}
	return 0;
}

static int
check_coming(const struct hunk *hunk, struct slice text, size_t at,
    char separator, struct err *err)
{
	SCOPED(drop_keys) struct keys coming = { 0 };
	struct slice head = { text.p, at };

	if (separator == '\0' || hunk->new.len == 0)
		return 0;
	collect_keys(hunk->new, separator, &coming);
	if (coming.count == 0)
		return 0;
	if (check_rest(&coming, head, separator, err) == -1)
		return -1;
	return check_rest(&coming, slice_from(text, at + hunk->old.len),
	    separator, err);
}

/* --- put back -------------------------------------------------------------- */

/* Its first line that does not stand there any more. */
static int
not_there(const struct hunk *hunk, struct slice text, char separator,
    struct err *err)
{
	struct slice rest = hunk->old, line = { 0 };

	if (hunk->old.len == 0)
		return err_set(err, ERR_REFUSED, "the lines around what is to "
		    "come back have changed since");
	while (rest.len > 0 && slice_cut(&rest, '\n', &line))
		if (text.len == 0 ||
		    memmem(text.p, text.len, line.p, line.len) == NULL)
			break;
	if (separator == '\0')
		return err_set(err, ERR_REFUSED, "what it held is not there as "
		    "it was left: it was changed since");
	struct slice key = hunk_key(line, separator);
	if (key.len > 100)
		key.len = 100;
	return err_set(err, ERR_REFUSED, "the line of '%.*s' is not there as "
	    "it was left: it was changed since", (int)key.len, key.p);
}

int
hunk_apply(const struct hunk *hunk, struct slice text, char separator,
    struct str *out, struct err *err)
{
	size_t at = 0;

	if (!find_place(hunk, text, &at))
		return not_there(hunk, text, separator, err);
	if (check_coming(hunk, text, at, separator, err) == -1)
		return -1;
	str_room(out, text.len - hunk->old.len + hunk->new.len);
	str_add(out, text.p, at);
	/* A last line without its end would swallow what comes. */
	if (hunk->new.len > 0 && at > 0 && text.p[at - 1] != '\n')
		str_addc(out, '\n');
	str_addslice(out, hunk->new);
	str_addslice(out, slice_from(text, at + hunk->old.len));
	return 0;
}
