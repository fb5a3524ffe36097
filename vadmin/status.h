/* status.h: how vadmin exits, and the words for it. */
#ifndef STATUS_H
#define STATUS_H

#include "err.h"

struct status {
	int		 status;
	const char	*word;		/* "absent" */
	const char	*meaning;	/* one sentence, for people */
};

/* Ends with a row without a word; the first is success. */
extern const struct status statuses[];

/* A wrong command line, or what kind of failure it was. */
const struct status *status_usage(void);
const struct status *status_of(enum err_kind kind);

#endif
