/* answering.h: what a courier does for an automatic answer: decides, remembers,
 * composes.
 *
 * It runs as the account, or for an autoresponder as command-user, in a process
 * of its own, after the mail was delivered: whatever becomes of it, the mail
 * is safe.  The answer goes into a file that the parent opened; a courier that
 * is sendmail-user sends it.
 */
#ifndef ANSWERING_H
#define ANSWERING_H

#include "answer.h"
#include "job.h"
#include "vacation.h"

/* What an answer is made of.  Descriptors are borrowed. */
struct answering {
	enum vacation_place	 place;		/* of a vacation */
	/* of an autoresponder: its text, opened by the parent, and where it
	 * remembers */
	int			 text;
	const char		*memory, *index;	/* directory, file */
	const char		*name;		/* "info", of info.auto */
	/* what is said of who answers (profile.h); -1: nothing */
	int			 profile;
	/* the answer is written here */
	int			 out;
	/* vremember, which whoever this process became may not find */
	int			 program;
	const char		*program_path;
};

/* ANSWER_SENT: an answer is in how->out, and it is remembered.  detail gets
 * words for the log, or none. */
enum answer_verdict	answering_vacation(struct job *job,
			    const struct target *target,
			    const struct answering *how, struct err *detail);
enum answer_verdict	answering_auto(struct job *job,
			    const struct target *target,
			    const struct answering *how, struct err *detail);

#endif
