/* undo_op.c: an entry of the journal taken back. */
#include <string.h>

#include "account.h"
#include "belongings.h"
#include "chain.h"
#include "change.h"
#include "domain_set.h"
#include "fd.h"
#include "file.h"
#include "mailbox_hold.h"
#include "ops.h"
#include "rehearsal.h"
#include "relocate.h"
#include "scope.h"
#include "undo.h"
#include "undo_begun.h"
#include "undo_brought.h"
#include "undo_remains.h"
#include "undo_way.h"

/* --- who may, and whether ------------------------------------------------- */

static enum caller
least_for(const char *operation)
{
	for (const struct operation *op = operations; op->name != NULL; op++)
		if (strcmp(op->name, operation) == 0)
			return op->least;
	return CALLER_ROOT;
}

/* Who may not do it may not take it back; and who administers everything gains no
 * administrator by it. */
static int
check_undoer(const struct call *call, const struct chain *chain,
    struct err *err)
{
	const char *operation = chain->meant->operation;

	if (call->principal.caller == CALLER_ROOT ||
	    (call->principal.caller <= least_for(chain->operation) &&
	    !slice_starts(slice_of(operation), "admin ") &&
	    strcmp(operation, "undo") != 0))
		return 0;
	return err_set(err, ERR_REFUSED, "only %s may take back '%s'",
	    caller_class(CALLER_ROOT), operation);
}

static int
check_steps(struct call *call, const struct chain *chain, struct err *err)
{
	return !undo_way_only(chain->meant, &call->pool) ? 0 :
	    err_set(err, ERR_REFUSED, "'%s' is not taken back like this: '%s' "
	    "does it", chain->meant->operation, undo_way(chain->meant,
	    &call->pool));
}

static const char *
number_of(struct call *call, const struct chain *chain)
{
	return pool_format(&call->pool, "%llu",
	    (unsigned long long)chain->meant->number);
}

/* --- the whole ------------------------------------------------------------ */

static int
take_back_one(struct call *call, const struct entry_file *entry,
    struct err *err)
{
	int gone = undo_brought(call, entry, err);

	return gone != 0 ? gone < 0 ? -1 : 0 :
	    undo_entry(&call->in, entry, err);
}

static int
end(struct call *call, const struct chain *chain, struct err *err)
{
	const struct unfinished *what = &chain->begun;

	if (!chain->in_steps)
		return 0;
	if (strchr(what->name, '@') == NULL) {
		domain_set_renew_indexes(&call->in, &call->pool, what->name);
		if (what->to[0] != '\0')
			domain_set_renew_indexes(&call->in, &call->pool,
			    what->to);
	}
	return unfinished_end(&call->in, what->name, err);
}

static int
take_back(struct call *call, const struct chain *chain, struct err *err)
{
	const struct unfinished what = { "undo", chain->begun.name,
	    chain->begun.to, number_of(call, chain) };

	if (chain->in_steps &&
	    unfinished_begin(&call->in, &what, err) == -1)
		return -1;
	for (size_t i = 0; i < chain->count; i++)
		if (take_back_one(call, &chain->entry[i], err) == -1)
			return -1;
	return end(call, chain, err);
}

/* All of it or nothing. */
static int
check_all(struct call *call, const struct chain *chain, struct err *err)
{
	SCOPED(drop_rehearsal) struct rehearsal rehearsal = { .watches = false };

	rehearsal_begin(&rehearsal, false);
	if (take_back(call, chain, err) == -1)
		return -1;
	return chain->in_steps ? undo_remains(call, chain, &rehearsal, err) :
	    0;
}

/* An account whose name changes: a session that goes on is a reason to do nothing
 * at all. */
static int
hold(struct call *call, const struct chain *chain, struct mailbox_hold *out,
    struct err *err)
{
	const char *names[] = { chain->begun.to, chain->begun.name },
	    *at = chain->in_steps ? strchr(names[1], '@') : NULL;
	struct pool *pool = &call->pool;
	struct account *account;
	struct domain *domain;
	struct err unused;

	if (at == NULL || domain_open(&call->in, pool, slice_of(at + 1),
	    &domain, &unused) == -1)
		return 0;
	names[1] = pool_dup(pool, (struct slice){ names[1],
	    (size_t)(at - names[1]) });
	for (size_t i = 0; i < 2; i++) {
		if (account_find(domain, pool, slice_of(names[i]), &account,
		    &unused) == 0 && !belongings_has_moved(account, pool))
			return mailbox_hold(account, out, err);
	}
	return 0;
}

static int
undo_chain(struct call *call, const struct chain *chain, struct err *err)
{
	SCOPED(drop_mailbox_hold) struct mailbox_hold held = MAILBOX_HOLD_NONE;
	const char *other = undo_way_when(chain->meant, call);

	if (check_steps(call, chain, err) == -1 ||
	    undo_begun_check(call, chain, number_of(call, chain),
	    err) == -1 ||
	    hold(call, chain, &held, err) == -1)
		return -1;
	if (check_all(call, chain, err) == -1)
		return other == NULL || err->kind != ERR_REFUSED ? -1 :
		    err_set(err, ERR_REFUSED, "%s; %s",
		    pool_dup(&call->pool, slice_of(err->text)), other);
	if (take_back(call, chain, err) == 0)
		return 0;
	return !chain->in_steps ? -1 : err_within(err, "not all is taken back "
	    "yet: mend this, and repeat the command");
}

int
undo(struct call *call, struct err *err)
{
	SCOPED(drop_book) struct book book = BOOK_NONE;
	SCOPED(drop_chain) struct chain chain = { 0 };
	uint64_t number;

	slice_number(slice_of(call_text(call, "N")), UINT64_MAX, &number);
	if (book_open(&call->in, &book, err) == -1 ||
	    chain_find(&book, number, &call->pool, &chain, err) == -1 ||
	    check_undoer(call, &chain, err) == -1)
		return -1;
	if (undo_chain(call, &chain, err) == -1)
		return err_within(err, "%llu cannot be undone",
		    (unsigned long long)number);
	return 0;
}
