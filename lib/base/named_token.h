/* named_token.h: the words and marks of a configuration of BIND 8 or 9.
 */
#ifndef NAMED_TOKEN_H
#define NAMED_TOKEN_H

#include <stdbool.h>

#include "str.h"

enum named_kind { NAMED_END, NAMED_WORD, NAMED_MARK, NAMED_BROKEN };

struct named_token {
	enum named_kind	 kind;
	struct slice	 text;		/* without its quotes */
	char		 mark;		/* '{', '}' or ';' */
};

struct named_source {
	struct slice		 rest;
	unsigned		 line;
	struct named_token	 now;
};

/* The next token, which is now; comments and blanks are none.  NAMED_BROKEN: a
 * comment or a quoted word has no end; all that follows is that. */
enum named_kind named_next(struct named_source *s);

bool	named_at_mark(const struct named_source *s, char mark);
/* in any case */
bool	named_at_word(const struct named_source *s, const char *word);

#endif
