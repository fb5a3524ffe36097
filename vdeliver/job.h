/* job.h: one call of vdeliver: the plan, the message, and until when. */
#ifndef JOB_H
#define JOB_H

#include "deadline.h"
#include "installation.h"
#include "message.h"
#include "plan.h"

struct job {
	const struct installation	*in;
	struct plan			*plan;
	/* of the envelope; "" = null */
	const char			*sender;
	struct deadline			 deadline;
	/* void while a courier reads it itself */
	struct message			 message;
	/* standard input still holds the message */
	bool				 unread;
	/* for the log, when a courier has looked: in the plan's pool */
	const char			*message_id;
	uint64_t			 size;
	/* the talker is answered by it, and couriers do not keep it; 0: there
	 * is none */
	int				 to_talker;
	/* couriers that were sent before their turn (crew.h); NULL: none */
	struct crew			*crew;
	/* what is done, for a retry (ledger.h); NULL: nothing */
	struct ledger			*ledger;
	/* automatic answers, for when all is delivered (due.h); NULL: none */
	struct due			*due;
};

#endif
