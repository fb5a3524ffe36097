/* grants.h: who may open another account's inbox: grants.D, "U: WHO right".
 */
#ifndef GRANTS_H
#define GRANTS_H

#include <stdbool.h>

#include "domain.h"
#include "err.h"
#include "str.h"

enum grant {
	GRANT_NONE,
	GRANT_RETRIEVE,		/* read, and remove nothing */
	GRANT_ALL,
};

/* As in the file: "retrieve", "all"; GRANT_NONE is "none". */
const char *grant_name(enum grant grant);
bool	grant_named(struct slice word, enum grant *out);

/* A line of the file. */
struct grant_line {
	struct slice	owner;		/* whose inbox */
	struct slice	who;
	enum grant	grant;
	struct slice	text;		/* the whole of it */
};

/* 1: *out looks into line.  0: a comment, or empty.  -1: *wrong says why. */
int	grants_parse(struct slice line, struct grant_line *out,
	    const char **wrong);

/* What who may do with owner's inbox, both accounts of the domain: the first
 * line that names both tells.  No file, or one that somebody else could write:
 * nothing; malformed lines and such a file are warned of.  -1: it cannot be
 * read. */
int	grants_find(const struct domain *domain, struct slice owner,
	    struct slice who, enum grant *out, struct err *err);

#endif
