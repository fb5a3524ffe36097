/* status.c: how vadmin exits, and the words for it. */
#include "status.h"

#include <stddef.h>
#include <sysexits.h>

enum { DONE, USAGE, INVALID, ABSENT, EXISTS, TEMPORARY, REFUSED };

const struct status statuses[] = {
	[DONE] = { EX_OK, "done", "Done." },
	[USAGE] = { EX_USAGE, "usage", "The command line is wrong." },
	[INVALID] = { EX_DATAERR, "invalid",
	    "A value, or a line of a file, is not valid." },
	[ABSENT] = { EX_NOUSER, "absent",
	    "There is no such domain, account, alias, member or entry." },
	[EXISTS] = { EX_CANTCREAT, "exists", "It exists already." },
	[TEMPORARY] = { EX_TEMPFAIL, "temporary",
	    "The system's fault, or a lock was not free: try again." },
	[REFUSED] = { EX_NOPERM, "refused", "It is not allowed." },
	{ 0, NULL, NULL },
};

const struct status *
status_usage(void)
{
	return &statuses[USAGE];
}

const struct status *
status_of(enum err_kind kind)
{
	switch (kind) {
	case ERR_INVALID:
		return &statuses[INVALID];
	case ERR_ABSENT:
		return &statuses[ABSENT];
	case ERR_EXISTS:
		return &statuses[EXISTS];
	case ERR_REFUSED:
		return &statuses[REFUSED];
	default:
		return &statuses[TEMPORARY];
	}
}
