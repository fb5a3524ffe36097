/* call.c: one call of an operation: its rights, its lock, its journal. */
#include "operation.h"

#include "authority.h"
#include "begun.h"
#include "fd.h"
#include "files.h"
#include "journal.h"
#include "output.h"
#include "progress.h"
#include "rehearsal.h"
#include "scope.h"

static bool
is_shown_to(const void *who, const char *domain)
{
	return principal_has(who, domain);
}

static void
warn(const char *text)
{
	note("%s", text);
}

/* Who calls, whether he may, and whose domains he sees from now on. */
static int
find_rights(struct call *call, struct err *err)
{
	struct installation *in = &call->in;

	in->shows = NULL;
	if (principal_find(in, call->as, &call->pool, &call->principal,
	    err) == -1)
		return -1;
	bool all = call->principal.caller <= CALLER_GLOBAL;
	in->warn = all ? warn : NULL;
	in->shows = all ? NULL : is_shown_to;
	in->shows_to = &call->principal;
	return authority_check(call, err);
}

int
call_open(struct call *call, struct err *err)
{
	if (installation_open(call->directory, PROGRAM_VADMIN, &call->in,
	    err) == -1) {
		drop_installation(&call->in);
		return -1;
	}
	call->opened = true;
	call->in.recall = &call->recall;
	return find_rights(call, err);
}

/* Who somebody is, and what he may change, can have changed while we waited:
 * in domain.D, which is read anew whenever it is asked for, and in vmail.conf,
 * of which nothing else counts by now. */
static int
renew_rights(struct call *call, struct err *err)
{
	SCOPED(drop_installation) struct installation now = { .dir = -1 };

	if (call->as == NULL)
		return authority_check(call, err);
	if (installation_open(call->directory, PROGRAM_VADMIN, &now,
	    err) == -1)
		return -1;
	const struct setting_words before = call->in.conf.admins;
	call->in.conf.admins = now.conf.admins;
	int done = find_rights(call, err);
	call->in.conf.admins = before;
	return done;
}

/* A lock that nobody has made yet is not made for this. */
static int
take_lock(const struct call *call, int *lock, struct err *err)
{
	if (call->rehearsed && !files_exists(call->in.dir, ".lock"))
		return 0;
	return installation_lock(&call->in, lock, err);
}

static int
rehearse(struct call *call, struct err *err)
{
	SCOPED(drop_rehearsal) struct rehearsal rehearsal = { .watches = false };

	rehearsal_begin(&rehearsal, true);
	int done = call->op->run(call, err);
	output_mute(false);
	if (rehearsal.steps.count > 0)
		sheet_print(&rehearsal.steps);
	return done;
}

static int
run_kept(struct call *call, struct err *err)
{
	SCOPED(drop_journal) struct journal journal = JOURNAL_NONE;

	journal_begin(&journal, call);
	int done = call->op->run(call, err);
	journal_end(&journal, done == -1 ? err : NULL);
	return done;
}

/* Until nobody changes anything. */
static int
wait_for_others(struct call *call, struct err *err)
{
	SCOPED(drop_fd) int lock = -1;

	return take_lock(call, &lock, err);
}

/* Without the lock: nobody else should wait for what a person types.  What was
 * read may be half of somebody's change, which looks like one that was
 * interrupted: then it is read again when that has come to its end. */
static int
ask(struct call *call, struct err *err)
{
	if (begun_check(call, err) == 0) {
		if (call->op->ask(call, err) == 0)
			return 0;
		if (err->kind != ERR_TEMPORARY && err->kind != ERR_ABSENT)
			return -1;
	}
	if (wait_for_others(call, err) == -1 || begun_check(call, err) == -1)
		return -1;
	return call->op->ask(call, err);
}

int
call_run(struct call *call, struct err *err)
{
	if (call->op->anywhere)
		return call->op->run(call, err);
	if (call_open(call, err) == -1)
		return -1;
	if (call->op->ask != NULL && ask(call, err) == -1)
		return -1;
	if (!call->op->changes) {
		int shown = call->op->run(call, err);
		progress_end();
		return shown;
	}
	if (take_lock(call, &call->lock, err) == -1 ||
	    renew_rights(call, err) == -1 || begun_check(call, err) == -1)
		return -1;
	int done = call->rehearsed ? rehearse(call, err) : run_kept(call, err);
	progress_end();
	return done;
}

void
drop_call(struct call *call)
{
	drop_fd(&call->lock);
	if (call->opened)
		drop_installation(&call->in);
	drop_index_recall(&call->recall);
	drop_pool(&call->pool);
}
