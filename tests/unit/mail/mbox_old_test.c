/* mbox_old_test.c: what comes into an mbox file whose place a new one has
 * taken. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "mbox_file.h"
#include "mbox_old.h"
#include "mbox_scan.h"
#include "scope.h"

#define GONE "From a Thu Jan  1 00:00:00 1970\n\ngoes\n\n"
#define KEPT "From b Thu Jan  1 00:00:00 1970\n\nstays\n\n"
#define LATE "From c Thu Jan  1 00:00:00 1970\n\nlate\n\n"
#define MORE "From d Thu Jan  1 00:00:00 1970\n\nmore\n\n"

static const struct row {
	const char	*name;
	const char	*scanned;	/* what was there at login */
	const char	*copied;	/* and came until the locks were had */
	const char	*before;	/* is there when the old one is opened */
	const char	*after;		/* is there later */
	const char	*new;		/* the new mbox in the end */
} rows[] = {
	{ "nothing comes", GONE KEPT, GONE KEPT, GONE KEPT, GONE KEPT, KEPT },
	{ "what came before the locks is in the new one already", GONE KEPT,
	  GONE KEPT LATE, GONE KEPT LATE, GONE KEPT LATE, KEPT LATE },
	{ "what takes no lock may come while all is copied", GONE KEPT,
	  GONE KEPT, GONE KEPT LATE, GONE KEPT LATE, KEPT LATE },
	{ "and behind what was copied", GONE KEPT, GONE KEPT LATE,
	  GONE KEPT LATE MORE, GONE KEPT LATE MORE, KEPT LATE MORE },
	{ "what comes later is moved", GONE KEPT, GONE KEPT, GONE KEPT,
	  GONE KEPT LATE MORE, KEPT LATE MORE },
	{ "what is removed there stays", GONE KEPT, GONE KEPT, GONE KEPT,
	  LATE, KEPT LATE },
	{ "a twin of one that was removed is another", GONE KEPT, GONE KEPT,
	  GONE KEPT, GONE KEPT GONE, KEPT GONE },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 };
	SCOPED(drop_mbox_old) struct mbox_old old = MBOX_OLD_NONE;
	const struct mailbox mailbox = { .parent = unit_dir(), .name = "box" };
	const char *copied = row->copied + strlen(GONE);
	struct err err = { 0 };

	unit_writes("box", row->copied);
	{
		SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
		assert_int_equal(mbox_file_open(unit_dir(), "box",
		    MBOX_FILE_EXISTING, deadline_in(1000), &f, &err), 0);
		assert_int_equal(mbox_scan(f.fd, 0, 2, &scan, &err), 0);
		assert_int_equal(scan.size, strlen(row->scanned));
		unit_writes("box", row->before);
		assert_int_equal(mbox_old_open(&f, &scan, &old, &err), 0);
		unit_writes("old", "");
		assert_int_equal(rename("box", "old"), 0);
		unit_writes("box", copied);
	}
	unit_writes("old", row->after);
	assert_int_equal(mbox_old_empty(&old, &mailbox, deadline_in(60000),
	    &err), 0);
	assert_file("box", row->new);
}

int
main(void)
{
	add_rows(rows, check_row);
	return run_all();
}
