/* pattern.c: names with * and ?, as administrators type them. */
#include "pattern.h"

#include <string.h>

bool
pattern_is_one(const char *text)
{
	return strpbrk(text, "*?") != NULL;
}

/* Going back to the last star alone is enough: an earlier one could not reach
 * further than it. */
bool
pattern_matches(const char *pattern, struct slice text)
{
	const char *p = pattern, *star = NULL;
	size_t i = 0, mark = 0;

	while (i < text.len) {
		if (*p == '*') {
			star = p++;
			mark = i;
		} else if (*p == '?' ||
		    (*p != '\0' && ascii_lower(*p) == ascii_lower(text.p[i]))) {
			p++;
			i++;
		} else if (star != NULL) {
			p = star + 1;
			i = ++mark;
		} else
			return false;
	}
	while (*p == '*')
		p++;
	return *p == '\0';
}

const char *
pattern_of_part(struct pool *pool, const char *word)
{
	return pool_format(pool, "*%s*", word);
}
