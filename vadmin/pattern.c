/* pattern.c: names with * and ?, as administrators type them. */
#include "pattern.h"

#include <locale.h>
#include <string.h>
#include <wctype.h>

#include "scope.h"
#include "ulabel.h"
#include "utf8seq.h"

bool
pattern_is_one(const char *text)
{
	return strpbrk(text, "*?") != NULL;
}

/* --- characters ----------------------------------------------------------- */

/* A byte that is no UTF-8 is a character of its own, beyond all others. */
enum { NO_LETTER = 0x110000 };

/* The C library's, whatever the caller's language is; where it has none, other
 * letters than ASCII's are compared as they stand. */
static unsigned
lower(unsigned letter)
{
	static locale_t unicode;
	static bool asked;

	if (!asked)
		unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	asked = true;
	return unicode == (locale_t)0 ? letter :
	    (unsigned)towlower_l((wint_t)letter, unicode);
}

/* The character at the start of what is not empty, and its bytes. */
static size_t
character(struct slice s, bool any_case, unsigned *out)
{
	unsigned char first = (unsigned char)s.p[0];
	size_t n = first < 0x80 ? 0 : utf8seq_length(s);

	if (n == 0) {
		*out = first < 0x80 ? (unsigned char)ascii_lower(s.p[0]) :
		    (unsigned)NO_LETTER + first;
		return 1;
	}
	*out = utf8seq_decode(s);
	if (any_case)
		*out = lower(*out);
	return n;
}

/* --- matching ------------------------------------------------------------- */

/* Going back to the last star alone is enough: an earlier one could not reach
 * further than it. */
static bool
matches(struct slice pattern, struct slice text, bool any_case)
{
	struct slice star = { 0 }, mark = { 0 };
	unsigned wanted = 0, there;

	while (text.len > 0) {
		size_t n = character(text, any_case, &there);
		size_t m = pattern.len == 0 ? 0 :
		    character(pattern, any_case, &wanted);
		if (m > 0 && wanted == '*') {
			star = pattern = slice_from(pattern, 1);
			mark = text;
		} else if (m > 0 && (wanted == '?' || wanted == there)) {
			pattern = slice_from(pattern, m);
			text = slice_from(text, n);
		} else if (mark.p != NULL) {
			pattern = star;
			text = mark = slice_from(mark,
			    character(mark, any_case, &there));
		} else
			return false;
	}
	while (slice_starts(pattern, "*"))
		pattern = slice_from(pattern, 1);
	return pattern.len == 0;
}

bool
pattern_matches(const char *pattern, struct slice text)
{
	return matches(slice_of(pattern), text, false);
}

bool
pattern_finds(const char *pattern, struct slice text)
{
	SCOPED(drop_str) struct str letters = { 0 };

	if (matches(slice_of(pattern), text, true))
		return true;
	return ulabel_add(&letters, text) &&
	    matches(slice_of(pattern), str_slice(&letters), true);
}

/* An '@' that is typed can be the address's alone. */
bool
pattern_matches_address(const char *pattern, const char *name,
    const char *domain)
{
	SCOPED(drop_str) struct str address = { 0 };
	struct slice local = slice_of(pattern);
	ptrdiff_t at = slice_find_last(local, '@');

	if (at == -1) {
		str_addf(&address, "%s@%s", name, domain);
		return pattern_finds(pattern, str_slice(&address));
	}
	local.len = (size_t)at;
	return matches(local, slice_of(name), false) &&
	    pattern_finds(pattern + at + 1, slice_of(domain));
}

const char *
pattern_of_part(struct pool *pool, const char *word)
{
	return pool_format(pool, "*%s*", word);
}
