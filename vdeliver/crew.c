/* crew.c: couriers of several recipients that work at the same time. */
#include "crew.h"

#include "fd.h"

struct crew_member *
crew_find(const struct job *job, const struct target *target)
{
	for (size_t i = 0; job->crew != NULL && i < CREW_MAX; i++)
		if (job->crew->members[i].target == target)
			return &job->crew->members[i];
	return NULL;
}

bool
crew_has(const struct job *job, const struct target *target)
{
	return crew_find(job, target) != NULL;
}

void
crew_dismiss(struct crew_member *m)
{
	drop_child(&m->child);
	drop_fd(&m->from);
	m->target = NULL;
}

void
drop_crew(struct crew *crew)
{
	for (size_t i = 0; i < CREW_MAX; i++)
		if (crew->members[i].target != NULL)
			crew_dismiss(&crew->members[i]);
}
