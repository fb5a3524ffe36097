/* command.h: a program that is run to its end, fed and read by a deadline. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"
#include "err.h"
#include "ident.h"
#include "str.h"
#include "stream.h"

struct command {
	const char *const	*argv;		/* argv[0] is the path */
	/* above 2: what is at the path was opened here, and this is started:
	 * whoever it becomes need not find the way to it */
	int			 program;
	/* whom it becomes for good before it is started; NULL: nobody else */
	const struct ident	*who;
	const char *const	*environment;	/* all of it */
	const char		*directory;	/* to be in; NULL: / */
	/* its standard input; NULL: /dev/null */
	struct stream		*input;
	struct deadline		 deadline;
	/* standard output is kept, else it goes to /dev/null: in output, or
	 * written to this descriptor when it is above 2 */
	bool			 keep_output;
	int			 output_to;
	uint64_t		 output_max;
	/* Bounded, it may write no file that is longer than this, and each of
	 * its processes may take no more processor time than could be had by
	 * the deadline.  What whoever started us allows is never more. */
	bool			 bounded;
	uint64_t		 file_max;
};

/* how much of standard error is kept */
enum { COMMAND_ERRORS = 4096 };

struct command_result {
	int		status;			/* as from waitpid() */
	struct str	output;
	struct str	errors;
};

/* Runs it to its end with only 0, 1 and 2 open, default signals and a group
 * of its own; feeds and reads without ever waiting on one alone.  A command
 * that does not read all its input has done nothing wrong.  -1: it could not
 * be started, its deadline passed (it is killed then), or its output became
 * longer than output_max. */
int	command_run(const struct command *command,
	    struct command_result *result, struct err *err);
void	drop_command_result(struct command_result *result);

/* The first line of what it said on standard error, printable ASCII alone. */
void	command_reason(const struct command_result *result, struct str *out);

#endif
