/* crew.c: children that work at the same time. */
#include "crew.h"

#include <stddef.h>

#include "fd.h"

/* for one that was released to come to its end */
enum { END_MS = 2000 };

struct crew_member *
crew_find(struct crew *crew, const void *task)
{
	for (size_t i = 0; crew != NULL && i < CREW_MAX; i++)
		if (crew->members[i].task == task)
			return &crew->members[i];
	return NULL;
}

/* Of one that was released. */
static void
reap(struct crew_member *m)
{
	int status;

	child_end(&m->child, END_MS, &status);
	m->child = CHILD_NONE;
}

struct crew_member *
crew_place(struct crew *crew)
{
	struct crew_member *place = NULL;

	for (size_t i = 0; crew != NULL && i < CREW_MAX; i++) {
		struct crew_member *m = &crew->members[i];
		if (m->task == NULL && (place == NULL ||
		    (place->child.pid > 0 && m->child.pid <= 0)))
			place = m;
	}
	if (place != NULL)
		reap(place);
	return place;
}

void
crew_release(struct crew_member *m)
{
	drop_fd(&m->end);
	m->task = NULL;
}

void
crew_dismiss(struct crew_member *m)
{
	drop_child(&m->child);
	drop_fd(&m->end);
	m->task = NULL;
}

void
crew_dismiss_waiting(struct crew *crew)
{
	for (size_t i = 0; i < CREW_MAX; i++)
		if (crew->members[i].task != NULL && crew->members[i].waits)
			crew_dismiss(&crew->members[i]);
}

void
drop_crew(struct crew *crew)
{
	for (size_t i = 0; i < CREW_MAX; i++) {
		struct crew_member *m = &crew->members[i];
		if (m->task != NULL)
			crew_dismiss(m);
		else
			reap(m);
	}
}

void
crew_leave(struct crew *crew)
{
	for (size_t i = 0; crew != NULL && i < CREW_MAX; i++) {
		struct crew_member *m = &crew->members[i];
		if (m->child.pid > 0)
			drop_fd(&m->child.pidfd);
		if (m->task != NULL)
			drop_fd(&m->end);
		m->child = CHILD_NONE;
		m->task = NULL;
	}
}
