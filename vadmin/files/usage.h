/* usage.h: how much inboxes hold, as deliveries count it.
 *
 * An inbox is looked at by a process that has become its owner; one process
 * does it for all accounts, one behind the other, that have the same one.
 */
#ifndef USAGE_H
#define USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "err.h"
#include "limit.h"

struct usage {
	bool		known;		/* else a note told why not */
	uint64_t	used;		/* bytes */
	struct limit	limit;
};

/* -1: nobody could be asked. */
int	usage_measure(const struct account *const *accounts, size_t count,
	    struct usage *out, struct err *err);

/* Whether it has reached nine tenths of its limit, where a delivery warns. */
bool	usage_is_near(const struct usage *usage);
bool	usage_is_full(const struct usage *usage);

#endif
