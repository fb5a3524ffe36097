/* crew.c: children that work at the same time. */
#include "crew.h"

#include <stddef.h>

#include "fd.h"

struct crew_member *
crew_find(struct crew *crew, const void *task)
{
	for (size_t i = 0; crew != NULL && i < CREW_MAX; i++)
		if (crew->members[i].task == task)
			return &crew->members[i];
	return NULL;
}

struct crew_member *
crew_place(struct crew *crew)
{
	return crew_find(crew, NULL);
}

void
crew_dismiss(struct crew_member *m)
{
	drop_child(&m->child);
	drop_fd(&m->from);
	m->task = NULL;
}

void
drop_crew(struct crew *crew)
{
	for (size_t i = 0; i < CREW_MAX; i++)
		if (crew->members[i].task != NULL)
			crew_dismiss(&crew->members[i]);
}

void
crew_leave(struct crew *crew)
{
	for (size_t i = 0; crew != NULL && i < CREW_MAX; i++) {
		struct crew_member *m = &crew->members[i];
		if (m->task == NULL)
			continue;
		drop_fd(&m->child.pidfd);
		drop_fd(&m->from);
		m->child = CHILD_NONE;
		m->task = NULL;
	}
}
