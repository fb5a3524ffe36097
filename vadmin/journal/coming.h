/* coming.h: accounts that come back when the lines that took them away are taken
 * back. */
#ifndef COMING_H
#define COMING_H

#include "entry.h"
#include "err.h"
#include "installation.h"
#include "step.h"

/* For a step on passwd.D that is to be taken back.  ERR_REFUSED: another account
 * has the user id of one, or its inbox, by now. */
int	coming_check(const struct installation *in,
	    const struct entry_file *entry, const struct journal_step *step,
	    struct err *err);

#endif
