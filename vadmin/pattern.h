/* pattern.h: names with * and ?, as administrators type them. */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdbool.h>

#include "pool.h"
#include "str.h"

/* The whole text; ASCII letters without case. */
bool	pattern_matches(const char *pattern, struct slice text);
bool	pattern_is_one(const char *text);

/* For any text that has word in it; a * or ? in it stays one. */
const char *pattern_of_part(struct pool *pool, const char *word);

#endif
