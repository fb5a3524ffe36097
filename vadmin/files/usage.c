/* usage.c: how much inboxes hold, as deliveries count it. */
#include "usage.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "mailbox.h"
#include "operation.h"
#include "progress.h"
#include "scope.h"

/* A disk that hangs is told of, and not waited for. */
enum { ONE_MS = 60000, ALL_MS = 3600000 };

/* What a child finds, for its parent to tell. */
struct found {
	struct usage	usage;
	struct err	why;		/* ERR_NONE: nothing to tell */
};

static int
look(const struct account *account, struct usage *out, struct err *err)
{
	SCOPED(drop_mailbox) struct mailbox mailbox = MAILBOX_NONE;
	SCOPED(drop_pool) struct pool pool = { 0 };
	uint64_t used = 0;

	if (limit_read(account, &out->limit, err) == -1)
		return -1;
	if (mailbox_open(account, false, &pool, &mailbox, err) == 0 ?
	    mailbox_size(&mailbox, &used, err) == -1 :
	    err->kind != ERR_ABSENT)
		return -1;
	out->used = used;
	out->known = true;
	return 0;
}

static void
tell(const struct account *account, const char *why)
{
	note("%s@%s is not measured: %s", account->name,
	    account->domain->name, why);
}

/* Where no inbox is there is nobody to ask. */
static bool
is_empty(const struct account *account, struct usage *out)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct stat st;
	struct err err;

	if (lstat(mailbox_path(account, &pool), &st) == 0 || errno != ENOENT ||
	    limit_read(account, &out->limit, &err) == -1)
		return false;
	out->known = true;
	return true;
}

/* It prints nothing: what waits in its parent's buffers is there as well. */
static _Noreturn void
look_at_all(struct ident who, const struct account *const *accounts,
    size_t count, struct found *out)
{
	struct err err;

	if (ident_become(who, &err) == -1) {
		out[0].why = err;
		_exit(1);
	}
	for (size_t i = 0; i < count; i++)
		if (!out[i].usage.known &&
		    look(accounts[i], &out[i].usage, &err) == -1)
			out[i].why = err;
	_exit(0);
}

/* All of these have one owner; out is shared with the child. */
static void
measure_as(struct ident who, const struct account *const *accounts,
    size_t count, struct found *out)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	struct err err;
	int status;

	if (ident_can_become(who, &err) == -1) {
		tell(accounts[0], err.text);
		return;
	}
	int forked = child_fork(&child, &err);
	if (forked == 0)
		look_at_all(who, accounts, count, out);
	if (forked == -1 || child_wait(&child, deadline_in(count == 1 ?
	    ONE_MS : ALL_MS), &status, &err) == -1)
		tell(accounts[0], err.text);
	else if (!WIFEXITED(status))
		tell(accounts[0], "the process that looked ended badly");
	for (size_t i = 0; i < count; i++)
		if (out[i].why.kind != ERR_NONE)
			tell(accounts[i], out[i].why.text);
}

static bool
same(struct ident a, struct ident b)
{
	return a.uid == b.uid && a.gid == b.gid;
}

int
usage_measure(const struct account *const *accounts, size_t count,
    struct usage *out, struct err *err)
{
	if (count == 0)
		return 0;
	struct found *shared = mmap(NULL, count * sizeof *shared,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return err_sys(err, "memory for %zu accounts", count);
	for (size_t i = 0, end; i < count; i = end) {
		struct ident who = account_identity(accounts[i]);
		end = i;
		if (is_empty(accounts[i], &shared[i].usage)) {
			end++;
			continue;
		}
		while (end < count && same(who,
		    account_identity(accounts[end])))
			end++;
		measure_as(who, accounts + i, end - i, shared + i);
		progress_show("inboxes", end, count);
	}
	progress_end();
	for (size_t i = 0; i < count; i++)
		out[i] = shared[i].usage;
	munmap(shared, count * sizeof *shared);
	return 0;
}

bool
usage_is_near(const struct usage *usage)
{
	uint64_t limit = usage->limit.bytes;

	return usage->known && limit != LIMIT_NONE &&
	    usage->used >= limit - limit / 10;
}

bool
usage_is_full(const struct usage *usage)
{
	return usage->known && usage->limit.bytes != LIMIT_NONE &&
	    usage->used >= usage->limit.bytes;
}
