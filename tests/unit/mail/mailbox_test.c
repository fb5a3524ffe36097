/* mailbox_test.c: where an inbox lies, what kind it is, whose directories are
 * used. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain.h"
#include "installation.h"
#include "mailbox.h"
#include "scope.h"

/* An installation in the current directory, where everything is this uid's. */
struct world {
	struct installation	 in;
	struct domain		 domain;
	struct account		 account;
	struct pool		 pool;
};

static void
drop_world(struct world *w)
{
	drop_pool(&w->pool);
}

static struct world *
open_world(struct world *w, const char *inbox, int kind)
{
	*w = (struct world){
		.in = { .path = "/etc/vmail",
		.conf = { .spool = unit_path(), .lock_timeout = 7 } },
		.domain = {
			.name = "a.test", .file = "domain.a.test",
			.one_owner = true, .owner = { geteuid(), getegid() },
			.conf = { .inbox = inbox, .mailbox = kind },
		},
		.account = { .name = "joe", .home = "/nowhere" },
	};
	w->domain.in = &w->in;
	w->account.domain = &w->domain;
	return w;
}

static int
prepare_and_open(struct world *w, bool make, struct mailbox *out,
    struct err *err)
{
	if (make && mailbox_prepare(&w->account, err) == -1)
		return -1;
	return mailbox_open(&w->account, make, &w->pool, out, err);
}

/* --- where ------------------------------------------------------------- */

static const struct row {
	/* below the spool, when it does not begin with '/' */
	const char	*name, *inbox, *path;
	const char	*kind;
} rows[] = {
	{ "the default lies in the domain's directory", "%d/%u", "a.test/joe",
	  "mbox" },
	{ "a slash at the end makes it a Maildir", "%d/%u/", "a.test/joe",
	  "maildir" },
	{ "it may lie deeper", "%d/%u/mail/in", "a.test/joe/mail/in", "mbox" },
	{ "it may lie below a directory of the domain", "x-%d/in/%u",
	  "x-a.test/in/joe", "mbox" },
	{ "it may lie in the spool itself", "%u@%d", "joe@a.test", "mbox" },
	{ "per cent signs are doubled", "%d/%%%u%%", "a.test/%joe%", "mbox" },
	{ "slashes may be doubled", "%d//%u", "a.test/joe", "mbox" },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_world) struct world w;
	SCOPED(drop_mailbox) struct mailbox mailbox = MAILBOX_NONE;
	char wanted[512];
	struct err err = { 0 };

	snprintf(wanted, sizeof wanted, "%s/%s", unit_path(), row->path);
	open_world(&w, row->inbox, MAILBOX_MBOX);
	assert_string_equal(mailbox_path(&w.account, &w.pool), wanted);
	assert_int_equal(prepare_and_open(&w, true, &mailbox, &err), 0);
	assert_string_equal(mailbox.path, wanted);
	assert_string_equal(mailbox.name, strrchr(row->path, '/') ?
	    strrchr(row->path, '/') + 1 : row->path);
	assert_string_equal(mailbox.kind->name, row->kind);
	assert_int_equal(mailbox.lock_timeout, 7);
	assert_int_equal(faccessat(mailbox.parent, mailbox.name, F_OK, 0), -1);
}

static const struct bad_row {
	const char	*name, *inbox, *text;
} bads[] = {
	{ "without %u all would share one", "%d/inbox",
	  "needs %u, or all accounts would share one inbox" },
	{ "a doubled per cent sign is no %u", "%d/%%u",
	  "needs %u, or all accounts would share one inbox" },
	{ "nothing at all is none", "",
	  "needs %u, or all accounts would share one inbox" },
	{ "it must not go up", "%d/../%u", "must not have . or .. in it" },
	{ "it must not begin by going up", "../%d/%u",
	  "must not have . or .. in it" },
	{ "it must not end by going up", "%d/%u/..",
	  "must not have . or .. in it" },
	{ "it must not stand still", "%d/./%u", "must not have . or .. in it" },
	{ "it knows no other token", "%d/%f/%u", "knows %d, %u and %% alone" },
	{ "a single per cent sign is none", "%d/%u%",
	  "knows %d, %u and %% alone" },
	{ "it has so many directories and no more",
	  "%u/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "too many directories" },
};

static void
check_bad(void **state)
{
	const struct bad_row *row = *state;
	SCOPED(drop_world) struct world w;
	SCOPED(drop_mailbox) struct mailbox mailbox = MAILBOX_NONE;
	char wanted[512];
	struct err err = { 0 };

	snprintf(wanted, sizeof wanted, "/etc/vmail/domain.a.test: inbox: %s",
	    row->text);
	open_world(&w, row->inbox, MAILBOX_MBOX);
	assert_int_equal(mailbox_prepare(&w.account, &err), -1);
	assert_err(err, ERR_INVALID, wanted);
	assert_int_equal(mailbox_open(&w.account, true, &w.pool, &mailbox,
	    &err), -1);
	assert_err(err, ERR_INVALID, wanted);
}

/* --- what kind --------------------------------------------------------- */

static void
make_file(void)
{
	unit_writes("joe", "");
}

static void
make_directory(void)
{
	assert_int_equal(mkdir("joe", 0700), 0);
}

static void
make_link(void)
{
	unit_writes("other", "");
	assert_int_equal(symlink("other", "joe"), 0);
}

static void
make_fifo(void)
{
	assert_int_equal(mkfifo("joe", 0600), 0);
}

static const struct kind_row {
	const char	*name;
	int		 setting;
	void		(*make)(void);
	const char	*kind;		/* NULL: refused */
} kinds[] = {
	{ "a new one is what the setting says: mbox", MAILBOX_MBOX, NULL,
	  "mbox" },
	{ "a new one is what the setting says: Maildir", MAILBOX_MAILDIR, NULL,
	  "maildir" },
	{ "a file is an mbox whatever the setting says", MAILBOX_MAILDIR,
	  make_file, "mbox" },
	{ "a directory is a Maildir whatever the setting says", MAILBOX_MBOX,
	  make_directory, "maildir" },
	{ "a link is refused", MAILBOX_MBOX, make_link, NULL },
	{ "a FIFO is refused", MAILBOX_MAILDIR, make_fifo, NULL },
};

static void
check_kind(void **state)
{
	const struct kind_row *row = *state;
	SCOPED(drop_world) struct world w;
	SCOPED(drop_mailbox) struct mailbox mailbox = MAILBOX_NONE;
	struct err err = { 0 };

	open_world(&w, "%u", row->setting);
	if (row->make != NULL)
		row->make();
	assert_int_equal(prepare_and_open(&w, true, &mailbox, &err), row->kind ?
	    0 : -1);
	if (row->kind != NULL)
		assert_string_equal(mailbox.kind->name, row->kind);
	else
		assert_int_equal(err.kind, ERR_REFUSED);
}

/* --- directories ------------------------------------------------------- */

static void
test_no_spool(void **state)
{
	SCOPED(drop_world) struct world w;
	struct err err = { 0 };

	(void)state;
	open_world(&w, "%d/%u", MAILBOX_MBOX);
	w.in.conf.spool = "/nowhere/spool";
	assert_int_equal(mailbox_prepare(&w.account, &err), -1);
	assert_err(err, ERR_TEMPORARY,
	    "the mail directory /nowhere/spool is missing: mount it, or make it");
}

static void
test_not_made(void **state)
{
	SCOPED(drop_world) struct world w;
	SCOPED(drop_mailbox) struct mailbox mailbox = MAILBOX_NONE;
	struct err err = { 0 };

	(void)state;
	open_world(&w, "%d/%u/in", MAILBOX_MBOX);
	assert_int_equal(prepare_and_open(&w, false, &mailbox, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_no_file("a.test");
	assert_int_equal(mailbox_prepare(&w.account, &err), 0);
	assert_int_equal(prepare_and_open(&w, false, &mailbox, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_no_file("a.test/joe");
	assert_int_equal(prepare_and_open(&w, true, &mailbox, &err), 0);
}

/* --- its size ----------------------------------------------------------- */

static uint64_t
size_of(struct world *w)
{
	SCOPED(drop_mailbox) struct mailbox mailbox = MAILBOX_NONE;
	uint64_t bytes = 77;
	struct err err = { 0 };

	assert_int_equal(prepare_and_open(w, true, &mailbox, &err), 0);
	assert_int_equal(mailbox_size(&mailbox, &bytes, &err), 0);
	return bytes;
}

static void
test_size(void **state)
{
	SCOPED(drop_world) struct world w;

	(void)state;
	open_world(&w, "%u", MAILBOX_MBOX);
	assert_int_equal(size_of(&w), 0);
	assert_no_file("joe");
	unit_writes("joe", "From x\n\n");
	assert_int_equal(size_of(&w), 8);
	assert_int_equal(unlink("joe"), 0);
	open_world(&w, "%u/", MAILBOX_MBOX);
	assert_int_equal(size_of(&w), 0);
	assert_no_file("joe");
	assert_int_equal(mkdir("joe", 0700) | mkdir("joe/tmp", 0700) |
	    mkdir("joe/new", 0700), 0);
	assert_int_equal(size_of(&w), 0);
	assert_int_equal(mkdir("joe/cur", 0700), 0);
	unit_writes("joe/cur/1.P1.host,S=5000:2,", "x");
	unit_writes("joe/new/2.P2.host", "xyz");
	assert_int_equal(size_of(&w), 5003);
}

static const struct dir_row {
	const char	*name, *path;
	bool		 link;		/* else everybody can write to it */
} dirs[] = {
	{ "a link in place of the domain's directory is refused", "a.test",
	  true },
	{ "a domain's directory that all can write to is refused", "a.test",
	  false },
	{ "a link in place of the account's directory is refused", "a.test/joe",
	  true },
	{ "an account's directory that all can write to is refused",
	  "a.test/joe", false },
};

static void
check_dir(void **state)
{
	const struct dir_row *row = *state;
	SCOPED(drop_world) struct world w;
	struct err err = { 0 };

	open_world(&w, "%d/%u/in", MAILBOX_MBOX);
	{
		SCOPED(drop_mailbox) struct mailbox first = MAILBOX_NONE;
		assert_int_equal(prepare_and_open(&w, true, &first, &err), 0);
	}
	if (row->link) {
		char target[512];
		assert_int_equal(rename(row->path, "moved"), 0);
		snprintf(target, sizeof target, "%s/moved", unit_path());
		assert_int_equal(symlink(target, row->path), 0);
	} else
		assert_int_equal(chmod(row->path, 0777), 0);
	SCOPED(drop_mailbox) struct mailbox mailbox = MAILBOX_NONE;
	assert_int_equal(prepare_and_open(&w, true, &mailbox, &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_rows(bads, check_bad);
	add_rows(kinds, check_kind);
	add_test("a spool that is missing is not made", test_no_spool);
	add_test("what is missing is absent, and made when asked for",
	    test_not_made);
	add_test("its size is what is there, and nothing is made", test_size);
	add_rows(dirs, check_dir);
	return run_all();
}
