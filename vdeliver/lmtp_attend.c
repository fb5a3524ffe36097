/* lmtp_attend.c: the courier of an inbox that is there before the message. */
#include "lmtp_attend.h"

#include <sys/resource.h>
#include <unistd.h>

#include "courier.h"
#include "crew.h"
#include "errand.h"
#include "forward.h"
#include "packet.h"

enum {
	/* RCPT is to answer at once: without its word others look */
	LOOK_MS = 10000,
	/* Where there are fewer descriptors none is kept by who only waits. */
	DESCRIPTORS = 128,
};

/* What it tells, who was anybody: nothing in it is believed. */
struct sight {
	uint32_t	forwards;	/* there may be a .forward */
	uint32_t	room;		/* enum lmtp_room */
};

/* --- the process --------------------------------------------------------- */

/* A .forward that is not to be asked for counts as none. */
static int
look(const struct target *t, uint64_t size, struct sight *sight,
    struct err *err)
{
	bool exists = false;

	if (t->asked && !t->looked &&
	    forward_exists(t->account, &exists, err) == -1)
		return -1;
	*sight = (struct sight){ exists, exists ? ROOM_ENOUGH :
	    lmtp_room_look(t->account, size) };
	return 0;
}

static _Noreturn void
attend(const struct task *t, struct ident who, uint64_t size, int end)
{
	struct sight sight;
	struct err err;

	errand_set_out(t);
	if (ident_become(who, &err) == -1 ||
	    look(t->target, size, &sight, &err) == -1 ||
	    packet_send(end, &sight, sizeof sight) == -1)
		_exit(1);
	courier_wait_for_orders(t->job, t->recipient, t->target, end);
}

/* --- the parent ---------------------------------------------------------- */

static bool
can_be_kept(const struct account *account)
{
	struct rlimit files;
	struct err err;

	return ident_can_become(account_identity(account), &err) == 0 &&
	    getrlimit(RLIMIT_NOFILE, &files) == 0 &&
	    files.rlim_cur >= DESCRIPTORS;
}

static bool
begin(const struct task *t, uint64_t size, struct crew_member *m)
{
	struct ident who = account_identity(t->target->account);
	struct err err;
	int side = -1;

	*m = (struct crew_member){ .task = t->target, .child = CHILD_NONE,
	    .end = -1, .waits = true };
	int forked = packet_fork(&m->child, &side, &err);
	if (forked == 0)
		attend(t, who, size, side);
	m->end = side;
	return forked > 0;
}

static bool
hear(const struct crew_member *m, struct deadline d, struct sight *sight)
{
	return packet_receive(m->end, sight, sizeof *sight,
	    deadline_within(d, LOOK_MS)) == 0 &&
	    sight->forwards == 0 && sight->room < ROOM_KINDS;
}

/* Not one that may never get the message, because its .forward was followed
 * for another recipient. */
static bool
wants_one(const struct job *job, const struct recipient *r)
{
	const struct account *account = lmtp_room_account(r);

	return account != NULL && r->targets[0]->forward == NULL &&
	    crew_find(job->crew, r->targets[0]) == NULL && can_be_kept(account);
}

/* For who was meant by "\name" alone nobody has looked for a .forward: another
 * recipient may ask for it. */
bool
lmtp_attend(struct job *job, const struct recipient *r, uint64_t size,
    enum lmtp_room *room)
{
	struct crew_member *m;
	struct sight sight;

	if (!wants_one(job, r) || (m = crew_place(job->crew)) == NULL)
		return false;
	struct target *target = r->targets[0];
	struct task t = errand_delivery(job, r, target);
	bool begun = begin(&t, size, m);
	if (!begun || !hear(m, job->deadline, &sight)) {
		crew_dismiss(m);
		/* Who waits must not be what others lack. */
		if (!begun)
			crew_dismiss_waiting(job->crew);
		return false;
	}
	target->looked = target->asked;
	*room = (enum lmtp_room)sight.room;
	return true;
}

void
lmtp_attend_no_more(struct job *job, const struct recipient *r)
{
	struct crew_member *m = r->count == 1 ?
	    crew_find(job->crew, r->targets[0]) : NULL;

	if (m != NULL)
		crew_dismiss(m);
}
