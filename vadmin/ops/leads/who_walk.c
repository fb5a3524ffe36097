/* who_walk.c: the way back from an account. */
#include "who_walk.h"

#include <stdlib.h>

#include "mem.h"

/* A name with a fallback on the way behind it, or without. */
struct place {
	struct node	*node;
	bool		 fallback;
};

struct queue {
	struct place	*places;
	size_t		 count, room;
};

static bool
is_postmaster(const struct node *node)
{
	return slice_same(slice_of(node->local), SLICE("postmaster"));
}

bool
walk_is_open(const struct node *node)
{
	return !node->domain->domain->conf.reject_mail || is_postmaster(node);
}

static void
meet(struct walk *w, struct queue *queue, struct node *node, bool fallback)
{
	if (node->met[fallback])
		return;
	if (!node->met[!fallback]) {
		mem_room(&w->met, &w->room, w->count, sizeof *w->met);
		w->met[w->count++] = node;
	}
	node->met[fallback] = true;
	mem_room(&queue->places, &queue->room, queue->count,
	    sizeof *queue->places);
	queue->places[queue->count++] = (struct place){ node, fallback };
}

/* What leads into a domain that takes no mail comes through, where it is its
 * postmaster's; and behind a fallback there is no other one. */
static bool
leads_on(const struct edge *e, const struct place *to)
{
	return !(e->fallback && to->fallback) && (walk_is_open(to->node) ||
	    (e->from->domain == to->node->domain && (is_postmaster(e->from) ||
	    e->from == to->node || to->node->kind == NODE_MAILBOX)));
}

void
walk_from(struct names *n, struct node *start, struct walk *w)
{
	uint64_t deepest = n->call->in.conf.max_alias_depth;
	struct queue queue = { 0 };

	meet(w, &queue, start, false);
	for (size_t i = 0; i < queue.count; i++) {
		struct place at = queue.places[i];
		for (const struct edge *e = at.node->in; e != NULL;
		    e = e->next) {
			w->circle = w->circle || e->from == start;
			bool own = e->from == n->self;
			if (!leads_on(e, &at) ||
			    (!own && at.node->depth >= deepest))
				continue;
			if (!e->from->met[0] && !e->from->met[1]) {
				e->from->through = at.node;
				e->from->depth = at.node->depth + !own;
				if (e->from->kind == NODE_ACCOUNT && !own)
					e->from->line = e->line;
			}
			meet(w, &queue, e->from, at.fallback || e->fallback);
		}
	}
	free(queue.places);
}

void
drop_walk(struct walk *w)
{
	free(w->met);
}
