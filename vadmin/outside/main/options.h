/* options.h: the command lines of checkvdomain and testalldomain, and how they
 * end.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "err.h"
#include "installation.h"
#include "outside.h"
#include "pool.h"

struct options {
	const char			*program;
	struct pool			 pool;
	const char			*directory;	/* -C */
	struct outside_options		 outside;
	/* the one word behind the options; NULL: none */
	const char			*word;
	struct installation		 in;
	bool				 has_in;
};

/* What every program does first.  -1: *status is what to exit with. */
int	options_begin(struct options *o, const char *program, const char *usage,
	    char **argv, int *status);
void	drop_options(struct options *o);

/* The installation, where it can be opened; else has_in stays false, and
 * standard error says why, unless /etc/vmail is not there. */
void	options_open(struct options *o);

/* "program: text" on standard error, cleaned; returns the status. */
int	options_complain(const struct options *o, const struct err *err);

#endif
