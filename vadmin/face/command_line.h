/* command_line.h: a call of an operation from a command line. */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include "operation.h"

/* ERR_INVALID: what is wrong with the command line.  *usage is true when its
 * form is, false when one value is. */
int	command_line_parse(struct call *call, int argc, char **argv,
	    bool *usage, struct err *err);

/* "vadmin domain add D [NAME=VALUE...]" */
void	command_line_synopsis(const struct operation *op, struct str *out);

#endif
