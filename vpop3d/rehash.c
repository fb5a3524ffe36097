/* rehash.c: an old password hash becomes a new one when its owner logs in. */
#include "rehash.h"

#include <unistd.h>

#include "child.h"
#include "events.h"
#include "fd.h"
#include "line_edit.h"
#include "log.h"
#include "password.h"
#include "scope.h"

enum {
	REHASH_MS = 10000,
	/* The client waits, too, and who changes the installation may need
	 * hours: the next login will do. */
	LOCK_MS = 1000,
};

/* 1: renewed; 0: somebody has changed it meanwhile.  The old hash is read and
 * compared once more, because who forked us keeps none; that and a new one take
 * long, so they come before the lock. */
static int
renew(const struct account *account, struct slice given, struct err *err)
{
	const struct domain *domain = account->domain;
	SCOPED(drop_password) struct password old = { 0 };
	SCOPED(drop_str) struct str hash = { 0 };
	SCOPED(drop_secret) struct str now = { 0 };
	SCOPED(drop_fd) int lock = -1;
	bool matches;

	if (account_password(domain, account, &old, err) == -1 ||
	    password_check(&old, given, &matches, err) == -1)
		return -1;
	if (!matches)
		return 0;
	if (password_hash(given, &hash, err) == -1 ||
	    installation_lock_by(domain->in, deadline_in(LOCK_MS), &lock,
	    err) == -1 ||
	    user_lines_hash(domain, account->name, &now, err) == -1)
		return -1;
	if (!slice_is(str_slice(&now), old.hash))
		return 0;
	return line_set_hash(domain, account->name, str_text(&hash),
	    HASH_SAME, err) == -1 ? -1 : 1;
}

static void
complain(const struct account *account, const struct err *err)
{
	log_warning("the hash of %s@%s is not renewed: %s", account->name,
	    account->domain->name, err->text);
}

void
rehash(const struct account *account, struct slice password)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	struct err err;
	int status;

	pid_t pid = child_fork(&child, &err);
	if (pid == 0) {
		int done = renew(account, password, &err);
		if (done == -1)
			complain(account, &err);
		else if (done == 1)
			events_rehashed(account);
		_exit(0);
	}
	if (pid == -1 || child_wait(&child, deadline_in(REHASH_MS), &status,
	    &err) == -1)
		complain(account, &err);
}
