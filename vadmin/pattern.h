/* pattern.h: names with * and ?, as administrators type them: * is any text, ?
 * one character of UTF-8.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdbool.h>

#include "pool.h"
#include "str.h"

bool	pattern_is_one(const char *text);

/* The whole text; ASCII letters without case, as names of accounts compare. */
bool	pattern_matches(const char *pattern, struct slice text);

/* The whole text, all letters without case; domains in it are as well what
 * their A-labels stand for ("xn--mller-kva.example" is "MÜLLER.example"). */
bool	pattern_finds(const char *pattern, struct slice text);

/* An account's address: each of its parts as it compares. */
bool	pattern_matches_address(const char *pattern, const char *name,
	    const char *domain);

/* For any text that has word in it; a * or ? in it stays one. */
const char *pattern_of_part(struct pool *pool, const char *word);

#endif
