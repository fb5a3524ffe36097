/* index_question.h: what is looked for in files of accounts and aliases, and what
 * finds all of it there.
 */
#ifndef INDEX_QUESTION_H
#define INDEX_QUESTION_H

#include <stdbool.h>

#include "err.h"
#include "str.h"
#include "textindex.h"

enum index_kind {
	INDEX_ACCOUNT = 1,	/* the first field of a line */
	INDEX_FULL_NAME,	/* account_full_name_key() */
	INDEX_ALIAS,		/* an entry's name */
	INDEX_MEMBER,		/* an account that an entry may lead to */
};

/* Called for each name of a text, in the text's order; the kind is 0 for what
 * is kept apart.  1 ends it. */
typedef int index_visitor(void *arg, enum index_kind kind, struct slice key,
	    const struct textindex_place *place, struct err *err);

/* From where fd stands, which is behind so many lines. */
typedef int index_scan(int fd, unsigned lines_before, index_visitor *visit,
	    void *arg, struct err *err);
index_scan	passwd_scan_names, shadow_scan_names;
index_scan	alias_scan_names;	/* alone */
index_scan	alias_scan_index;	/* and members */

/* What a lookup asks. */
struct index_question {
	enum index_kind	 kind;
	struct slice	 key;
	bool		 apart;		/* also all that is kept apart */
	/* finds the names where there is no index and many are asked for
	 * (index_recall.h); NULL: whoever asks reads the file */
	index_scan	*scan;
};

#endif
