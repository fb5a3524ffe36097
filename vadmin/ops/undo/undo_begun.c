/* undo_begun.c: whether something unfinished is in the way of an undo.
 *
 * What an operation of several steps has begun waits for its own end: its
 * things are between two names, and an older step that is taken back there finds
 * neither.  Two accounts do not wait for each other.
 */
#include "undo_begun.h"

#include <string.h>

#include "undo_brought.h"

struct begun_question {
	struct call		*call;
	const struct chain	*chain;
	const char		*number;
};

/* "D", or "U@D" that becomes V. */
static const char *
domain_of(const char *name)
{
	const char *at = strrchr(name, '@');

	return at != NULL ? at + 1 : name;
}

static struct slice
local_of(const char *name)
{
	return (struct slice){ name, (size_t)(strcspn(name, "@")) };
}

static bool
is_account(const struct unfinished *what)
{
	return strchr(what->name, '@') != NULL;
}

/* The domains that one is about. */
static bool
is_of_domain(const struct unfinished *what, const char *domain)
{
	return strcmp(domain_of(what->name), domain) == 0 ||
	    (!is_account(what) && strcmp(what->to, domain) == 0);
}

static bool
share_domain(const struct unfinished *a, const struct unfinished *b)
{
	return is_of_domain(a, domain_of(b->name)) || (!is_account(b) &&
	    b->to[0] != '\0' && is_of_domain(a, b->to));
}

static bool
share_account(const struct unfinished *a, const struct unfinished *b)
{
	struct slice a_to = slice_of(a->to), b_to = slice_of(b->to);

	return slice_same(local_of(a->name), local_of(b->name)) ||
	    slice_same(local_of(a->name), b_to) ||
	    slice_same(a_to, local_of(b->name)) ||
	    (a_to.len > 0 && slice_same(a_to, b_to));
}

/* An entry of one step has no name but those of its files. */
static bool
touches(const struct begun_question *q, const char *domain)
{
	for (size_t i = 0; i < q->chain->count; i++) {
		struct slice rest = q->chain->entry[i].steps;
		struct journal_step step;
		while (entry_next_step(&rest, &q->call->pool, &step))
			if (step_is_of_domain(&step, domain))
				return true;
	}
	return false;
}

static bool
is_about(const struct begun_question *q, const struct unfinished *what)
{
	const struct unfinished *ours = &q->chain->begun;

	if (!q->chain->in_steps)
		return touches(q, domain_of(what->name)) ||
		    (!is_account(what) && what->to[0] != '\0' &&
		    touches(q, what->to));
	return share_domain(ours, what) && (!is_account(ours) ||
	    !is_account(what) || share_account(ours, what));
}

/* This undo begun before, or what it takes back. */
static bool
is_own(const struct begun_question *q, const struct unfinished *what)
{
	const struct entry_file *meant = q->chain->meant;

	if (strcmp(what->op, "undo") == 0)
		return strcmp(what->note, q->number) == 0;
	if (q->chain->in_steps && strcmp(what->op, meant->operation) == 0)
		return strcmp(meant->result, "done") != 0 &&
		    strcmp(what->name, q->chain->begun.name) == 0;
	return undo_brought_deletes(meant, what);
}

static int
check_one(void *arg, const struct unfinished *what, struct err *err)
{
	const struct begun_question *q = arg;

	if (!is_about(q, what) || is_own(q, what))
		return 0;
	return err_set(err, ERR_REFUSED, "'%s' was interrupted: finish it "
	    "first with 'vadmin %s'", what->op, unfinished_command(what,
	    &q->call->pool));
}

int
undo_begun_check(struct call *call, const struct chain *chain,
    const char *number, struct err *err)
{
	struct begun_question q = { call, chain, number };

	return unfinished_each(&call->in, &call->pool, check_one, &q, err);
}
