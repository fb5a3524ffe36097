/* who_words.h: the names that lead to an account, and where in a text of any
 * length one of them can stand.
 *
 * Names are folded as full names are: without case, runs of blanks, dots and
 * underscores as one dot.  So what is one of them may be another, never the
 * other way round; and the longest word of a name stands in every spelling of
 * it that is not hidden by quotes, backslashes or comments.
 */
#ifndef WHO_WORDS_H
#define WHO_WORDS_H

#include <stdbool.h>

#include "pool.h"
#include "str.h"
#include "table.h"

enum { WORD_BITS = 1 << 20 };

/* What is looked for in one round: marks of words' hashes. */
struct words_round {
	bool		 any;
	/* a name without words: all of a text may matter */
	bool		 all;
	/* a domain's name: it may be spelt in other letters */
	bool		 other_letters;
	unsigned char	 marks[WORD_BITS / 8];
};

struct words {
	struct pool		 pool;
	const char		*delimiter;
	struct table		 pairs;		/* NAME@DOMAIN */
	struct table		 names;		/* of any domain */
	unsigned char		 letters[256];	/* 0: between words */
	/* what is new in this round is for the texts before it the next one's */
	struct words_round	*now, *next;
};

void	words_begin(struct words *words, const char *delimiter);
void	drop_words(struct words *words);

/* A name of a domain, by its real name.  False: it was there. */
bool	words_add(struct words *words, struct slice local, const char *domain);
/* Texts with this word, or with the name of this domain. */
void	words_add_word(struct words *words, const char *word);
void	words_add_domain(struct words *words, const char *name);

/* Whether the name, or what stands before its extension, is one: of the
 * domain; of any. */
bool	words_have(const struct words *words, struct slice local,
	    const char *domain);
bool	words_have_name(const struct words *words, struct slice local);

/* False: nothing is new since the last round. */
bool	words_turn(struct words *words);

/* The first place from there on (the beginning of a line) that may matter in
 * this round; len: none. */
size_t	words_find(void *words, const char *text, size_t from, size_t len);

/* The part before the first delimiter; all of it where it has none. */
struct slice words_base(const char *delimiter, struct slice local);

#endif
