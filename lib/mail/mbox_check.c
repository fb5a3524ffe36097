/* mbox_check.c: whether bytes of an mbox that go by are the message that
 * somebody said they are. */
#include "mbox_check.h"

#include <string.h>

#include "mbox_scanner.h"
#include "mem.h"

struct mbox_check {
	struct scanner		 scanner;
	struct mbox_entry	 was;
	off_t			 end;
	enum scanner_got	 got;
	/* what was left of a piece, and where it meets the next one: with as
	 * much again as has to be seen the first of it is done */
	char			 seam[2 * SCANNER_AHEAD];
	size_t			 left;
};

int
mbox_check_begin(struct mbox_check **check, const struct mbox_entry *was,
    off_t end, struct err *err)
{
	if (*check == NULL)
		*check = mem_alloc(sizeof **check);
	struct mbox_check *c = *check;
	c->was = *was;
	c->end = end;
	c->left = 0;
	c->got = SCANNER_MORE;
	return scanner_begin(&c->scanner, was->from, err);
}

static void
run(struct mbox_check *c, struct slice bytes, bool is_last)
{
	struct err err;

	scanner_window(&c->scanner, bytes, is_last);
	c->got = scanner_run(&c->scanner, 1, &err);
}

/* What is not done waits for the next piece. */
static void
keep_rest(struct mbox_check *c)
{
	const struct scanner *s = &c->scanner;

	c->left = s->len - s->at;
	if (c->left > 0)
		memmove(c->seam, s->window + s->at, c->left);
}

/* *bytes loses what is done with the seam; false: that is all. */
static bool
cross_seam(struct mbox_check *c, struct slice *bytes, bool is_last)
{
	size_t left = c->left, n = sizeof c->seam - left;

	if (n > bytes->len)
		n = bytes->len;
	if (n > 0)
		memcpy(c->seam + left, bytes->p, n);
	run(c, (struct slice){ c->seam, left + n }, is_last && n == bytes->len);
	if (c->got != SCANNER_MORE)
		return false;
	if (c->scanner.at < left) {
		keep_rest(c);
		return false;
	}
	*bytes = slice_from(*bytes, c->scanner.at - left);
	c->left = 0;
	return true;
}

static void
add(struct mbox_check *c, struct slice bytes, bool is_last)
{
	if (c->got != SCANNER_MORE ||
	    (c->left > 0 && !cross_seam(c, &bytes, is_last)))
		return;
	run(c, bytes, is_last);
	if (c->got == SCANNER_MORE)
		keep_rest(c);
}

/* As far as the message has been seen. */
static bool
is_like(const struct mbox_check *c)
{
	const struct mbox_entry *is = &c->scanner.entry;

	return !c->scanner.in_message || (is->from == c->was.from &&
	    (is->start == 0 || is->start == c->was.start) &&
	    (!is->quoted || c->was.quoted));
}

bool
mbox_check_add(struct mbox_check *c, struct slice bytes)
{
	add(c, bytes, false);
	return c->got == SCANNER_MORE && is_like(c);
}

bool
mbox_check_end(struct mbox_check *c, struct slice bytes)
{
	const struct mbox_scan *found = &c->scanner.out;

	add(c, bytes, true);
	return c->got == SCANNER_DONE && found->count == 1 &&
	    found->size == c->end &&
	    mbox_entry_same(&c->was, &found->entries[0], false);
}

void
drop_mbox_check(struct mbox_check **check)
{
	if (*check != NULL)
		drop_scanner(&(*check)->scanner);
	drop_mem(check);
}
