/* restore.c: the operation: all of a backup, a domain of it, an account. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "name.h"
#include "ops.h"
#include "progress.h"
#include "restoring.h"
#include "scope.h"

enum { TEXT_MAX = 1 << 24 };

struct restore {
	struct call		*call;
	struct archive_reader	 reader;
	struct archive_index	 index;
	struct restore_record	 record;
};

static void
drop_restore(struct restore *r)
{
	drop_archive_reader(&r->reader);
	drop_archive_index(&r->index);
	drop_restore_record(&r->record);
}

static int
one_domain(struct restore *r, const struct archive_domain *from,
    const char *only, struct err *err)
{
	struct restoring restoring = { .call = r->call, .reader = &r->reader,
	    .from = from, .record = &r->record, .only = only };
	int done = only != NULL ? restore_account(&restoring, err) :
	    restore_domain(&restoring, err);

	drop_table(&restoring.names);
	drop_pool(&restoring.pool);
	return done;
}

/* --- all of it ------------------------------------------------------- */

/* What this installation has stays: it is of this machine. */
static int
put_installation(struct restore *r, struct err *err)
{
	const struct installation *in = &r->call->in;
	SCOPED(drop_str) struct str text = { 0 }, there = { 0 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *name = pool_dup(&pool, r->reader.place.name);
	bool is_there;

	if (archive_read_text(&r->reader, TEXT_MAX, &text, err) == -1 ||
	    files_read(in, name, &there, &is_there, err) == -1)
		return -1;
	if (!is_there)
		return files_write(in, name, strcmp(name, "admins") == 0 ?
		    MODE_SECRET : MODE_PUBLIC, str_slice(&text), err);
	if (!slice_equal(str_slice(&text), str_slice(&there)))
		note("%s/%s is there already and stays: compare it with "
		    "installation/%s of the backup", in->path, name, name);
	return 0;
}

/* With settings that have just come the spool may be another one. */
static int
reopen(struct call *call, struct err *err)
{
	drop_installation(&call->in);
	call->opened = false;
	return call_open(call, err);
}

static int
restore_installation(struct restore *r, struct err *err)
{
	archive_seek(&r->reader, 0);
	for (;;) {
		int got = archive_next(&r->reader, err);
		if (got == -1)
			return -1;
		if (got == 0 || r->reader.place.domain.len > 0)
			return reopen(r->call, err);
		if (r->reader.place.part == PART_INSTALLATION &&
		    put_installation(r, err) == -1)
			return -1;
	}
}

/* Who has the name of one that is here is told before anything begins. */
static int
check_free(struct restore *r, struct err *err)
{
	struct restoring restoring = { .call = r->call, .reader = &r->reader };
	int done = 0;

	for (size_t i = (size_t)r->record.done + r->record.begun;
	    i < r->index.count && done == 0; i++) {
		restoring.from = &r->index.domains[i];
		done = restoring_check_name(&restoring, err);
	}
	drop_pool(&restoring.pool);
	return done;
}

static int
restore_all(struct restore *r, struct err *err)
{
	if (check_free(r, err) == -1 || restore_installation(r, err) == -1)
		return -1;
	for (size_t i = (size_t)r->record.done; i < r->index.count; i++)
		progress_expect(r->index.domains[i].accounts);
	for (size_t i = (size_t)r->record.done; i < r->index.count; i++)
		if (one_domain(r, &r->index.domains[i], NULL, err) == -1 ||
		    restore_record_next(&r->call->in, &r->record, err) == -1)
			return -1;
	return 0;
}

/* --- one of it ------------------------------------------------------- */

static int
find_domain(const struct restore *r, struct slice given,
    const struct archive_domain **out, struct err *err)
{
	SCOPED(drop_str) struct str name = { 0 };

	if (name_canonical_domain(given, &name, err) == -1)
		return -1;
	for (size_t i = 0; i < r->index.count; i++)
		if (slice_is(str_slice(&name), r->index.domains[i].name)) {
			*out = &r->index.domains[i];
			return 0;
		}
	return err_set(err, ERR_ABSENT, "%s: there is no %s in it",
	    r->reader.path, str_text(&name));
}

static int
restore_some(struct restore *r, const char *what, struct err *err)
{
	struct slice whole = slice_of(what);
	ptrdiff_t at = slice_find_last(whole, '@');
	const struct archive_domain *from = NULL;
	const char *account = at == -1 ? NULL : pool_dup(&r->call->pool,
	    (struct slice){ what, (size_t)at });

	if (find_domain(r, slice_from(whole, (size_t)(at + 1)), &from,
	    err) == -1)
		return -1;
	if (account == NULL)
		progress_expect(from->accounts);
	return one_domain(r, from, account, err);
}

/* For who repeats it from another directory. */
static const char *
whole_path(struct call *call, const char *path)
{
	char *real = realpath(path, NULL);
	const char *whole = pool_dup(&call->pool, slice_of(real != NULL ?
	    real : path));

	free(real);
	return whole;
}

int
restore(struct call *call, struct err *err)
{
	const char *what = call_text(call, "U@D|D");
	SCOPED(drop_restore) struct restore r = { .call = call,
	    .reader.fd = -1 };

	/* A child that ends early is an error, not our end. */
	signal(SIGPIPE, SIG_IGN);
	if (archive_open(&r.reader, call_text(call, "FILE"), err) == -1 ||
	    archive_check(&r.reader, &r.index, err) == -1)
		return -1;
	if (call->rehearsed) {
		note("the backup is whole; what a restore changes is not shown");
		return 0;
	}
	if (restore_record_read(&call->in, pool_format(&call->pool,
	    "vmail-restore %s %s", r.index.id, what != NULL ? what : "all"),
	    whole_path(call, r.reader.path), &r.record, err) == -1)
		return -1;
	if ((what != NULL ? restore_some(&r, what, err) :
	    restore_all(&r, err)) == -1)
		return -1;
	return restore_record_end(&call->in, err);
}
