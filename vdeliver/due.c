/* due.c: automatic answers that are due, kept until all mail of the message is
 * delivered. */
#include "due.h"

#include <stdlib.h>

#include "answers.h"
#include "mem.h"
#include "settle.h"

enum {
	/* The mail is delivered: an MTA that waits for long would take it for
	 * a failure, and deliver it again. */
	ANSWERS_MS = 60000,
	/* messages that filters have changed, each a file that is kept open;
	 * where there are more the rest hears nothing */
	CHANGED_MAX = 64,
};

struct due_answer {
	const struct recipient	*recipient;
	struct target		*autoresponder;		/* or NULL, and: */
	const struct target	*account;
	enum vacation_place	 place;
	struct message		 changed;
	bool			 given_up;
};

struct due {
	struct due_answer	*answers;
	size_t			 count, room;
	size_t			 changed;
};

static struct due_answer *
add(struct job *job, const struct recipient *r)
{
	if (job->due == NULL)
		job->due = mem_alloc(sizeof *job->due);
	mem_room(&job->due->answers, &job->due->room, job->due->count,
	    sizeof *job->due->answers);
	struct due_answer *a = &job->due->answers[job->due->count++];
	*a = (struct due_answer){ .recipient = r, .changed = MESSAGE_NONE };
	return a;
}

void
due_vacation(struct job *job, const struct recipient *r, const struct target *t,
    enum vacation_place place, struct message *changed)
{
	struct due_answer *a = add(job, r);

	a->account = t;
	a->place = place;
	if (changed->file == -1)
		return;
	a->given_up = ++job->due->changed > CHANGED_MAX;
	if (!a->given_up) {
		a->changed = *changed;
		*changed = MESSAGE_NONE;
	}
}

void
due_auto(struct job *job, const struct recipient *r, struct target *t)
{
	add(job, r)->autoresponder = t;
}

static void
give(struct job *job, struct due_answer *a, struct deadline until)
{
	struct job inner = *job;
	struct deadline start = deadline_in(0);

	inner.deadline = until;
	if (a->changed.file != -1)
		inner.message = a->changed;
	if (a->given_up || deadline_over(until)) {
		answers_given_up(&inner, a->recipient, a->autoresponder != NULL ?
		    a->autoresponder : a->account);
	} else if (a->autoresponder != NULL) {
		answers_auto(&inner, a->recipient, a->autoresponder);
		settle_since(job->plan, a->autoresponder,
		    *settled_outcome(a->autoresponder), start);
	} else {
		answers_vacation(&inner, a->recipient, a->account, a->place);
	}
	/* Nobody else may have looked at the message. */
	job->message_id = inner.message_id;
	job->size = inner.size;
	if (a->changed.file != -1)
		a->changed = inner.message;
	else
		job->message = inner.message;
	drop_message(&a->changed);
}

void
due_give(struct job *job)
{
	struct due *due = job->due;

	if (due == NULL)
		return;
	struct deadline until = deadline_within(job->deadline, ANSWERS_MS);
	for (size_t i = 0; i < due->count; i++)
		give(job, &due->answers[i], until);
	free(due->answers);
	drop_mem(&job->due);
}
