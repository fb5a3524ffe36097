/* maildir_again.c: where the messages of a scan are now. */
#include "maildir_again.h"

#include <string.h>

void
drop_maildir_again(struct maildir_again *again)
{
	drop_maildir_scan(&again->now);
	again->looked = false;
}

static int
look(const struct maildir *dirs, struct maildir_again *again, struct err *err)
{
	drop_maildir_again(again);
	if (maildir_scan(dirs, &again->now, err) == -1)
		return -1;
	again->looked = true;
	return 0;
}

/* UNMOVED: under the very name that it no longer has. */
enum whereabouts { ELSEWHERE, UNMOVED, TAKEN, GONE };

static enum whereabouts
whereabouts_of(const struct maildir_scan *now, const struct maildir_entry *e,
    const struct maildir_entry **found)
{
	size_t count;
	const struct maildir_entry *same = maildir_scan_named(now, e->name,
	    &count);
	enum whereabouts result = count == 0 ? GONE : TAKEN;

	for (size_t i = 0; i < count; i++) {
		if (same[i].inode != e->inode)
			continue;
		if (same[i].in_cur == e->in_cur &&
		    strcmp(same[i].name, e->name) == 0)
			return UNMOVED;
		*found = &same[i];
		result = ELSEWHERE;
	}
	return result;
}

static int
move(struct maildir_scan *scan, struct maildir_entry *e,
    const struct maildir_entry *found)
{
	e->name = pool_dup(&scan->pool, slice_of(found->name));
	e->in_cur = found->in_cur;
	return 0;
}

/* What was not there while nothing moved has gone for good, however long ago
 * that was: it was there at login.  Else each of many that are gone would cost
 * a look, while we remove others. */
static int
is_lost(const struct maildir_entry *e, enum whereabouts where,
    struct err *err)
{
	return where == TAKEN ? err_set(err, ERR_TEMPORARY,
	    "%s: another file has its unique name now", e->name) :
	    err_set(err, ERR_ABSENT,
	    "%s: another program took the message away", e->name);
}

int
maildir_find_again(const struct maildir *dirs, struct maildir_scan *scan,
    struct maildir_again *again, struct maildir_entry *e, struct err *err)
{
	const struct maildir_entry *found = NULL;
	bool fresh = !again->looked;

	if (fresh && look(dirs, again, err) == -1)
		return -1;
	for (;; fresh = true) {
		enum whereabouts where = whereabouts_of(&again->now, e,
		    &found);
		if (where == ELSEWHERE)
			return move(scan, e, found);
		if (where != UNMOVED && again->now.settled)
			return is_lost(e, where, err);
		if (fresh)
			return where == UNMOVED ? 0 : err_set(err,
			    ERR_TEMPORARY, "%s: other programs keep renaming "
			    "messages", e->name);
		if (look(dirs, again, err) == -1)
			return -1;
	}
}
