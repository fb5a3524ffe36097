/* who_words.c: the names that lead to an account, and where they can stand. */
#include "who_words.h"

#include <ctype.h>
#include <string.h>

#include "account.h"
#include "mem.h"
#include "scope.h"

/* Within a name these can stand where its spelling does not show. */
static const char hiding[] = "\"(\\";
enum { BETWEEN = 0, HIDES = 1 };

static const uint64_t hash_begins = UINT64_C(0xcbf29ce484222325);

static uint64_t
hash_on(uint64_t hash, unsigned char letter)
{
	return (hash ^ letter) * UINT64_C(0x100000001b3);
}

void
words_begin(struct words *w, const char *delimiter)
{
	w->delimiter = delimiter;
	w->now = mem_alloc(sizeof *w->now);
	w->next = mem_alloc(sizeof *w->next);
	for (int c = 1; c < 256; c++)
		if (strchr(hiding, c) != NULL)
			w->letters[c] = HIDES;
		else if ((c >= 0x80 || isalnum(c)) &&
		    strchr(delimiter, c) == NULL)
			w->letters[c] = (unsigned char)ascii_lower((char)c);
}

void
drop_words(struct words *w)
{
	drop_table(&w->pairs);
	drop_table(&w->names);
	drop_mem(&w->now);
	drop_mem(&w->next);
	drop_pool(&w->pool);
}

/* --- words ----------------------------------------------------------------- */

/* The word that begins at p[i]: its hash, and where it ends. */
static uint64_t
hash_word(const struct words *w, const char *p, size_t *i, size_t len)
{
	uint64_t hash = hash_begins;

	for (; *i < len && w->letters[(unsigned char)p[*i]] > HIDES; (*i)++)
		hash = hash_on(hash, w->letters[(unsigned char)p[*i]]);
	return hash ^ (hash >> 32);
}

static void
mark(struct words_round *round, uint64_t hash)
{
	size_t bit = hash % WORD_BITS;

	round->any = true;
	round->marks[bit / 8] |= (unsigned char)(1 << bit % 8);
}

static bool
is_marked(const struct words_round *round, uint64_t hash)
{
	size_t bit = hash % WORD_BITS;

	return (round->marks[bit / 8] >> bit % 8 & 1) != 0;
}

/* Whoever has the name has its longest word. */
static void
mark_name(struct words *w, struct slice name)
{
	uint64_t found = 0;
	size_t longest = 0;

	for (size_t i = 0; i < name.len; i++) {
		size_t start = i;
		uint64_t hash = hash_word(w, name.p, &i, name.len);
		if (i - start > longest) {
			longest = i - start;
			found = hash;
		}
	}
	if (longest == 0) {
		w->now->all = w->next->all = w->next->any = true;
		return;
	}
	mark(w->now, found);
	mark(w->next, found);
}

void
words_add_word(struct words *w, const char *word)
{
	mark_name(w, slice_of(word));
}

void
words_add_domain(struct words *w, const char *name)
{
	mark_name(w, slice_of(name));
	w->now->other_letters = w->next->other_letters = true;
}

/* --- names ----------------------------------------------------------------- */

static void
fold(struct slice local, struct str *out)
{
	str_cut(out, 0);
	account_full_name_key(local, out);
}

struct slice
words_base(const char *delimiter, struct slice local)
{
	size_t len = 0;

	while (len < local.len && (delimiter[0] == '\0' ||
	    strchr(delimiter, local.p[len]) == NULL))
		len++;
	return len > 0 ? (struct slice){ local.p, len } : local;
}

bool
words_add(struct words *w, struct slice local, const char *domain)
{
	SCOPED(drop_str) struct str name = { 0 };
	SCOPED(drop_str) struct str pair = { 0 };

	fold(local, &name);
	str_addf(&pair, "%s@%s", str_text(&name), domain);
	if (table_find(&w->pairs, str_text(&pair)) != NULL)
		return false;
	*table_at(&w->pairs, pool_dup(&w->pool, str_slice(&pair))) = w;
	if (table_find(&w->names, str_text(&name)) == NULL)
		*table_at(&w->names, pool_dup(&w->pool,
		    str_slice(&name))) = w;
	mark_name(w, str_slice(&name));
	return true;
}

static bool
has(const struct words *w, struct slice local, const char *domain)
{
	SCOPED(drop_str) struct str name = { 0 };

	fold(local, &name);
	if (domain == NULL)
		return table_find(&w->names, str_text(&name)) != NULL;
	str_addf(&name, "@%s", domain);
	return table_find(&w->pairs, str_text(&name)) != NULL;
}

static bool
has_either(const struct words *w, struct slice local, const char *domain)
{
	struct slice base = words_base(w->delimiter, local);

	return has(w, local, domain) ||
	    (base.len < local.len && has(w, base, domain));
}

bool
words_have(const struct words *w, struct slice local, const char *domain)
{
	return has_either(w, local, domain);
}

bool
words_have_name(const struct words *w, struct slice local)
{
	return has_either(w, local, NULL);
}

/* --- rounds ---------------------------------------------------------------- */

bool
words_turn(struct words *w)
{
	struct words_round *old = w->now;

	w->now = w->next;
	w->next = old;
	*old = (struct words_round){ 0 };
	return w->now->any;
}

size_t
words_find(void *arg, const char *p, size_t from, size_t len)
{
	const struct words *w = arg;

	if (w->now->all)
		return from;
	for (size_t i = from; i < len; ) {
		unsigned char letter = w->letters[(unsigned char)p[i]];
		if (letter == HIDES || (w->now->other_letters &&
		    (unsigned char)p[i] >= 0x80))
			return i;
		if (letter == BETWEEN) {
			i++;
			continue;
		}
		size_t start = i;
		if (is_marked(w->now, hash_word(w, p, &i, len)))
			return start;
	}
	return len;
}
