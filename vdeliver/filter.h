/* filter.h: the command of a domain that every message of its accounts goes
 * through.
 *
 * Runs as the account, but never with the domain's group.  What it writes is
 * delivered instead of the message; when it writes nothing, and ends well, the
 * message is dropped.  files/D/U.filter with the word "no" leaves it out.
 */
#ifndef FILTER_H
#define FILTER_H

#include "job.h"

enum filtered {
	FILTER_NONE,		/* the message stays what it is */
	FILTER_OUTPUT,		/* what is in out now is the message */
	FILTER_NOTHING,		/* it is dropped */
};

/* As the account, with the domain's group: whether its mail is filtered. */
struct outcome	filter_look(struct job *job, const struct target *target,
		    enum filtered *filtered);

/* As the account, without that group: runs the filter of its domain; its output
 * goes into the file out. */
struct outcome	filter_run(struct job *job, const struct target *target,
		    int out, enum filtered *filtered);

#endif
