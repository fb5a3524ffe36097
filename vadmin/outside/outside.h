/* outside.h: a domain as the world finds it: what its DNS says, who answers at
 * its addresses, with which certificate.
 *
 * The looking is done by children, several at a time, each of which has become
 * nobody: what they read was written by whoever rules a zone or a server.
 */
#ifndef OUTSIDE_H
#define OUTSIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "installation.h"
#include "pool.h"
#include "selectors.h"
#include "str.h"

enum outside_level {
	OUTSIDE_OK,
	OUTSIDE_NONE,		/* not there, and need not be */
	OUTSIDE_WARNING,
	OUTSIDE_BAD,
};
/* "ok", "none", "warning", "bad" */
extern const char *const outside_levels[];

/* What all questions share. */
struct outside_options {
	const char	*server;	/* the POP host; NULL: looked for */
	const char	*resolver;	/* ADDRESS:PORT; NULL: the system's */
	struct selectors selectors;	/* given; none: those in use */
};

/* The steps, for people: the name at index, and what it looks at.  NULL: no
 * more. */
const char *outside_step(size_t index, const char **about);

/* --resolver: can it be one?  Else ERR_INVALID. */
int	outside_resolver(const char *text, struct err *err);

/* One domain. */
struct outside_question {
	const struct outside_options	*options;
	const char	*domain;	/* canonical */
	/* as vpop3d's greeting has it: whose alias it is, or itself */
	const char	*real;
	/* only its address tells vpop3d the domain; not all of it does: a login
	 * or a server name may, too */
	bool		 by_address;
	/* it stands in the file addresses, which goes before a reverse name */
	bool		 is_listed;
	struct selectors selectors;
};

/* Fills in what this machine knows of it; in may be NULL. */
void	outside_ask(const struct installation *in, struct pool *pool,
	    const struct outside_options *options, const char *domain,
	    struct outside_question *out);

/* What was found: one row for each step, in the table's order. */
struct outside_result {
	struct str	bytes;
	size_t		rows;
};
struct outside_row {
	const char		*step;
	enum outside_level	 level;
	const char		*text;		/* bytes of strangers */
};

/* The next row; *at begins as 0.  False: no more. */
bool	outside_next(const struct outside_result *result, size_t *at,
	    struct outside_row *row);
enum outside_level outside_worst(const struct outside_result *result);

/* Looks at count domains; results[i] is questions[i]'s.  progress may be
 * NULL. */
int	outside_look(const struct outside_question *questions, size_t count,
	    struct outside_result *results,
	    void (*progress)(size_t done, size_t count), struct err *err);
void	drop_outside_result(struct outside_result *result);

/* "12 of 340 domains" on a terminal, on standard error; it goes at the end. */
void	outside_progress(size_t done, size_t count);

#endif
