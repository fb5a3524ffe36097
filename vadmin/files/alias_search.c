/* alias_search.c: the entries of an alias file that may name something. */
#include "alias_search.h"

#include <fcntl.h>
#include <string.h>

#include "fd.h"
#include "file.h"
#include "scope.h"
#include "textblock.h"

enum {
	CHUNK = 256 * 1024,
	FIRST = 4000,		/* most files are shorter */
	NEAR = 16 * 1024,	/* so close together they are read in one go */
};

/* What can hide a word: quotes with backslashes, and comments within a name. */
static const char hiding[] = "\"(\\";
enum { SIGNS = sizeof hiding };		/* and the word itself */

/* For one word. */
struct signs {
	struct slice	word;		/* in lower case */
	struct str	lower;		/* the text */
	/* where each sign stands next */
	size_t		next[SIGNS];
	bool		known[SIGNS];
};

struct search {
	const char		*path;
	int			 fd;
	alias_search_finder	*find;
	void			*finds;
	alias_extent_visitor	*visit;
	void			*arg;
	bool			 ended;
	/* what is looked through: whole blocks, from there in the file */
	off_t			 at;
	unsigned		 lines;		/* before them */
	struct str		 text;
	/* of what is read as aliases */
	off_t			 until;
};

static void
drop_signs(struct signs *s)
{
	drop_str(&s->lower);
}

static void
drop_search(struct search *s)
{
	drop_str(&s->text);
}

/* --- signs ----------------------------------------------------------------- */

static size_t
find_sign(const struct signs *s, size_t which, const char *p, size_t from,
    size_t len)
{
	const char *found;

	if (from >= len)
		return len;
	if (which < SIGNS - 1)
		found = memchr(p + from, hiding[which], len - from);
	else
		found = memmem((p = s->lower.s) + from, len - from, s->word.p,
		    s->word.len);
	return found != NULL ? (size_t)(found - p) : len;
}

/* Each sign is looked for once, however many others come before it. */
static size_t
next_sign(void *arg, const char *p, size_t from, size_t len)
{
	struct signs *s = arg;
	size_t first = len;

	if (from == 0) {			/* another text */
		str_cut(&s->lower, 0);
		str_addlower(&s->lower, (struct slice){ p, len });
		memset(s->known, 0, sizeof s->known);
	}
	for (size_t i = 0; i < SIGNS; i++) {
		if (!s->known[i] || s->next[i] < from)
			s->next[i] = find_sign(s, i, p, from, len);
		s->known[i] = true;
		if (s->next[i] < first)
			first = s->next[i];
	}
	return first;
}

/* --- what has them --------------------------------------------------------- */

static int
visit_until(void *arg, const struct alias_entry *entry,
    const struct alias_extent *extent, struct err *err)
{
	struct search *s = arg;

	if (extent->start >= s->until)
		return 1;
	int got = s->visit(s->arg, entry, extent, err);
	s->ended = got == 1;
	return got;
}

static unsigned
count_lines(struct slice text)
{
	unsigned n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.p[i] == '\n';
	return n;
}

static int
look_at_blocks(struct search *s, size_t from, size_t to, unsigned line,
    struct err *err)
{
	struct textindex_place place = { s->at + (off_t)from, line };

	s->until = s->at + (off_t)to;
	return alias_scan_extents(s->path, s->fd, &place, visit_until, s, err);
}

/* The blocks text..text + len. */
static int
look_at_part(struct search *s, size_t len, struct err *err)
{
	const char *p = s->text.s;
	size_t counted = 0, sign;

	for (sign = s->find(s->finds, p, 0, len); !s->ended && sign < len; ) {
		size_t start = textblock_start(p, sign), end;
		do {
			end = textblock_next(p, len, sign);
			sign = s->find(s->finds, p, end, len);
		} while (sign < len && sign - end < NEAR);
		s->lines += count_lines((struct slice){ p + counted,
		    start - counted });
		counted = start;
		if (look_at_blocks(s, start, end, s->lines + 1, err) == -1)
			return -1;
	}
	s->lines += count_lines((struct slice){ p + counted, len - counted });
	return 0;
}

/* 1: there is more to read. */
static int
fill(struct search *s, struct err *err)
{
	size_t size = s->at == 0 && s->text.len == 0 ? FIRST : CHUNK;
	str_room(&s->text, size);
	ssize_t n = fd_pread(s->fd, s->text.s + s->text.len, size,
	    s->at + (off_t)s->text.len);
	if (n == -1)
		return err_sys(err, "read");
	s->text.len += (size_t)n;
	s->text.s[s->text.len] = '\0';
	return (size_t)n == size;
}

static int
look_through(struct search *s, struct err *err)
{
	int more;

	while (!s->ended && (more = fill(s, err)) != -1) {
		size_t len = more == 0 ? s->text.len :
		    textblock_last(s->text.s, s->text.len);
		if (len > 0 && look_at_part(s, len, err) == -1)
			return -1;
		if (more == 0)
			return 0;
		s->at += (off_t)len;
		memmove(s->text.s, s->text.s + len, s->text.len - len);
		str_cut(&s->text, s->text.len - len);
	}
	return s->ended ? 0 : -1;
}

int
alias_search_by(const char *path, int fd, alias_search_finder *find,
    void *finds, alias_extent_visitor *visit, void *arg, struct err *err)
{
	SCOPED(drop_search) struct search s = { .path = path, .fd = fd,
	    .find = find, .finds = finds, .visit = visit, .arg = arg };

	return look_through(&s, err);
}

/* All entries that have the word in them, without case. */
static int
search_words(const char *path, int fd, const char *word,
    alias_extent_visitor *visit, void *arg, struct err *err)
{
	SCOPED(drop_signs) struct signs signs = { 0 };
	SCOPED(drop_pool) struct pool pool = { 0 };

	if (word == NULL || word[0] == '\0')
		return alias_scan_extents(path, fd, NULL, visit, arg, err);
	signs.word = slice_of(pool_lower(&pool, slice_of(word)));
	return alias_search_by(path, fd, next_sign, &signs, visit, arg, err);
}

/* --- with an index --------------------------------------------------------- */

struct single {
	alias_extent_visitor	*visit;
	void			*arg;
	bool			 ended;
};

static int
visit_single(void *arg, const struct alias_entry *entry,
    const struct alias_extent *extent, struct err *err)
{
	struct single *s = arg;
	int got = s->visit(s->arg, entry, extent, err);

	s->ended = got == 1;
	return got == -1 ? -1 : 1;
}

static int
look_at_places(const char *path, int fd, const struct textindex_places *places,
    alias_extent_visitor *visit, void *arg, struct err *err)
{
	struct single s = { visit, arg, false };

	for (size_t i = 0; !s.ended && i < places->count; i++)
		if (alias_scan_extents(path, fd, &places->place[i],
		    visit_single, &s, err) == -1)
			return -1;
	return 0;
}

int
alias_search_file(const struct installation *in, const char *file, int fd,
    enum index_kind kind, const char *name, alias_extent_visitor *visit,
    void *arg, struct err *err)
{
	SCOPED(drop_textindex_places) struct textindex_places places = { 0 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *path = installation_path(in, &pool, file);

	return name != NULL && index_ask_entries(in, file, fd, kind,
	    slice_of(name), &places) ?
	    look_at_places(path, fd, &places, visit, arg, err) :
	    search_words(path, fd, name, visit, arg, err);
}

int
alias_search_each(const struct installation *in, const char *file,
    enum index_kind kind, const char *name, alias_extent_visitor *visit,
    void *arg, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = -1;
	const char *whole = installation_path(in, &pool, file);

	if (file_open(AT_FDCWD, whole, 0, &fd, NULL, err) == -1)
		return -1;
	return alias_search_file(in, file, fd, kind, name, visit, arg, err);
}
