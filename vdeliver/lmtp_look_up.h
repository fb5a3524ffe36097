/* lmtp_look_up.h: what is known of an address, or a domain, before there is a
 * message. */
#ifndef LMTP_LOOK_UP_H
#define LMTP_LOOK_UP_H

#include <stdint.h>

#include "job.h"
#include "lmtp_wire.h"
#include "outcome.h"

/* Adds the address to job->plan, with what it leads to: its recipient.
 * *expected is what the plan tells, and where that is one inbox alone, whether
 * it has room for so many bytes: of all others the delivery decides.  Where it
 * is success that inbox may have its courier in job->crew (lmtp_attend.h). */
struct recipient *lmtp_expect(struct job *job, const char *address,
	    uint64_t size, struct outcome *expected);

/* The answer to one of LMTP_LOOK_UP_...; what is a fault of ours, or full, is
 * in the log. */
struct outcome	lmtp_look_up(struct installation *in,
		    enum lmtp_request_kind kind, const char *text);

#endif
