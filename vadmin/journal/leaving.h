/* leaving.h: accounts that go when the lines that made them are taken back. */
#ifndef LEAVING_H
#define LEAVING_H

#include "domain.h"
#include "entry.h"
#include "err.h"
#include "installation.h"
#include "step.h"
#include "str.h"

/* For a step on passwd.D that is to be taken back: the user ids of lines that go
 * are remembered as used.  ERR_REFUSED: one has an inbox that would be left
 * behind. */
int	leaving_check(const struct installation *in,
	    const struct entry_file *entry, const struct journal_step *step,
	    struct err *err);

/* The domain whose passwd.D the step is of; NULL: it is of something else, or
 * there is none. */
struct domain *leaving_domain(const struct installation *in,
	    struct pool *pool, const struct journal_step *step);

/* How many lines of passwd.D can be accounts. */
uint64_t leaving_count(struct slice text);

#endif
