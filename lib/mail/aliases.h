/* aliases.h: alias files, as Postfix's and sendmail's aliases(5) write them.
 *
 * An entry is "name: member, member ..." with its continuation lines: those
 * that begin with a blank, and those behind a backslash at a line's end.
 * Comment lines and empty lines may stand inside.  A file of root's (or of the
 * installation's owner) that nobody else can write to is trusted; in any other
 * file commands, files and includes are a syntax error, and as root it is read
 * by a process that has become the file's owner.
 */
#ifndef ALIASES_H
#define ALIASES_H

#include <stdbool.h>

#include "err.h"
#include "installation.h"
#include "pool.h"
#include "str.h"

enum alias_kind {
	/* "name" or "name@domain", as address_parse() reads it */
	ALIAS_ADDRESS,
	/* "\name": the account itself; text is without the backslash */
	ALIAS_MAILBOX,
	ALIAS_COMMAND,		/* "|command": text is for the shell */
	ALIAS_FILE,		/* "/file" */
	ALIAS_INCLUDE,		/* ":include:/file": text is the path */
};

/* What it is called where it counts only in a trusted file; NULL: it counts in
 * any. */
const char	*alias_needs_trust(enum alias_kind kind);

struct alias_member {
	enum alias_kind	 kind;
	const char	*text;
	unsigned	 line;
};

struct alias_entry {
	/* as it is written, without quotes; "" for an include */
	const char		*name;
	const char		*file;
	unsigned		 line, last_line;
	struct alias_member	*members;
	size_t			 count;
	/* a syntax error, "FILE:LINE: text"; the members are void then */
	const char		*wrong;
	/* the file has an earlier entry of that name */
	bool			 again;
};

/* The last entry for name (without case) in the file; a relative path is below
 * the installation's directory.  ERR_ABSENT: the file has none.  A file that
 * is missing or cannot be read is ERR_TEMPORARY.  *out lives in pool. */
int	alias_find(const struct installation *in, struct pool *pool,
	    const char *path, struct slice name, struct alias_entry **out,
	    struct err *err);

/* The members of an included file; lines separate them as commas do. */
int	alias_include(const struct installation *in, struct pool *pool,
	    const char *path, struct alias_entry **out, struct err *err);

/* Every entry in the file's order, for people's eyes: files that are not
 * trusted too.  A visitor's -1 ends it. */
typedef int alias_visitor(void *arg, const struct alias_entry *entry,
	    struct err *err);
int	alias_each(const struct installation *in, const char *path,
	    alias_visitor *visit, void *arg, struct err *err);

/* One member by itself, as somebody typed it.  ERR_INVALID: what is wrong. */
int	alias_parse_member(struct pool *pool, struct slice text,
	    struct alias_member *out, struct err *err);

/* The same as an entry shows it: quoted where both dialects need it. */
void	alias_member_add(struct str *out, const struct alias_member *member);

/* An alias's name, quoted where it needs it. */
void	alias_name_add(struct str *out, const char *name);

#endif
