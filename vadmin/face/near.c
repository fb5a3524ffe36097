/* near.c: what somebody who mistyped a word may have meant. */
#include "near.h"

#include <string.h>

#include "scope.h"

enum { NEAR_MAX = 63, NEAR_ENOUGH = 2 };

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance, row by row. */
static size_t
distance(struct slice a, struct slice b)
{
	size_t row[NEAR_MAX + 1];

	if (a.len > NEAR_MAX || b.len > NEAR_MAX)
		return NEAR_MAX;
	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t changed = diagonal + (a.p[i - 1] != b.p[j - 1]);
			diagonal = row[j];
			row[j] = least(changed, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[b.len];
}

static bool
is_near(struct slice wrong, const char *word)
{
	SCOPED(drop_str) struct str lower = { 0 };

	str_addlower(&lower, wrong);
	for (size_t i = 0; i < lower.len; i++)
		if (lower.s[i] == '_')
			lower.s[i] = '-';
	return distance(str_slice(&lower), slice_of(word)) <= NEAR_ENOUGH ||
	    (lower.len >= 3 && strstr(word, str_text(&lower)) != NULL);
}

void
near_matches(struct slice wrong, near_word *word, const void *table,
    struct str *out)
{
	size_t found = 0;

	for (size_t i = 0; word(table, i) != NULL; i++)
		if (is_near(wrong, word(table, i)))
			str_addf(out, "%s'%s'", found++ > 0 ? ", " :
			    "; did you mean ", word(table, i));
	if (found > 0)
		str_addc(out, '?');
}
