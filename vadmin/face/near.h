/* near.h: what somebody who mistyped a word may have meant. */
#ifndef NEAR_H
#define NEAR_H

#include <stddef.h>

#include "str.h"

/* The word at index of a table; NULL behind the last one. */
typedef const char *near_word(const void *table, size_t index);

/* Adds the words of the table that are near the wrong one, as
 * "; did you mean ...?", or nothing. */
void	near_matches(struct slice wrong, near_word *word, const void *table,
	    struct str *out);

#endif
