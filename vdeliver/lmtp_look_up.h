/* lmtp_look_up.h: what is known of an address, or a domain, before there is a
 * message. */
#ifndef LMTP_LOOK_UP_H
#define LMTP_LOOK_UP_H

#include <stdint.h>

#include "installation.h"
#include "lmtp_wire.h"
#include "outcome.h"
#include "plan.h"

/* Adds the address to the plan, with what it leads to. */
struct recipient *lmtp_plan_for(struct installation *in, struct plan *plan,
	    const char *address);

/* What the plan tells, and where that is one inbox alone, whether it has room
 * for so many bytes: of all others the delivery decides. */
struct outcome	lmtp_expect(struct installation *in, struct plan *plan,
		    struct recipient *recipient, uint64_t size);

/* The answer to one of LMTP_LOOK_UP_...; what is a fault of ours, or full, is
 * in the log. */
struct outcome	lmtp_look_up(struct installation *in,
		    enum lmtp_request_kind kind, const char *text);

#endif
