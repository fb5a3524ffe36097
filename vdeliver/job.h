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
	const char			*sender;	/* of the envelope; "" = null */
	struct deadline			 deadline;
	struct message			 message;	/* void while a courier reads it itself */
	bool				 unread;	/* standard input still holds the message */
};

#endif
