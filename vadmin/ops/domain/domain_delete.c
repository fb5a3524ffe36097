/* domain_delete.c: a domain taken away, brought back, or gone for good. */
#include <assert.h>
#include <limits.h>
#include <string.h>

#include "confirm.h"
#include "domain_delete.h"
#include "domain_holdings.h"
#include "domain_inboxes.h"
#include "domain_names.h"
#include "domain_set.h"
#include "domain_trash.h"
#include "files.h"
#include "mailbox.h"
#include "ops.h"
#include "output.h"
#include "path_use.h"
#include "scope.h"
#include "subject.h"
#include "trash.h"
#include "uid_mark.h"
#include "unfinished.h"

/* --- what of others would go with it ------------------------------------- */

struct others {
	struct pool		*pool;
	size_t			 count;
	const char		*first;
};

static void
count_other(void *arg, const struct path_use *use)
{
	struct others *others = arg;

	if (others->count++ == 0)
		others->first = pool_format(others->pool, "the %s of %.*s@%s "
		    "(%s)", use->is_home ? "home" : "inbox",
		    (int)use->account.len, use->account.p, use->domain,
		    use->path);
}

/* Its directories go as they are, with all that lies in them. */
static int
check_others(struct call *call, const struct domain *domain, struct err *err)
{
	struct others others = { .pool = &call->pool };
	struct path_question q = { .in = &call->in, .but = domain->name };
	struct mailbox_step places[DOMAIN_PLACES];
	const char *unused;
	int count = domain_set_places(domain, &call->pool, domain->name,
	    places, err);

	if (count == -1)
		return -1;
	static_assert((int)DOMAIN_PLACES <= (int)PATH_USE_DIRS, "all fit");
	while (count-- > 0)
		q.dir[q.count++] = pool_format(&call->pool, "%s/%s",
		    places[count].parent, places[count].name);
	if (path_use_each(&q, &call->pool, count_other, &others, &unused,
	    err) == -1)
		return -1;
	if (others.count == 0)
		return 0;
	return err_set(err, ERR_REFUSED, "%s would go with it%s: move it, and "
	    "write where it is ('inbox' of domain.D, the sixth field of "
	    "passwd.D), or delete its account first", others.first,
	    others.count == 1 ? "" : pool_format(&call->pool, ", and %zu more "
	    "of other domains", others.count - 1));
}

/* --- deleting ------------------------------------------------------------ */

#define DELETE	"domain delete"

static int
check_not_main(struct call *call, const char *name, struct err *err)
{
	return strcmp(call->in.main_domain, name) != 0 ? 0 :
	    err_set(err, ERR_REFUSED, "%s is the main domain: make "
	    "another one that first (main-domain of %s/vmail.conf)", name,
	    call->in.path);
}

static int
check_deletion(struct call *call, const struct holdings *h, struct err *err)
{
	const char *name = h->domain->name;
	const char *given;

	if (domain_given_name(call, "D", &given, err) == -1)
		return -1;
	/* Who means a name alone must not lose the mail behind it. */
	if (strcmp(given, name) != 0)
		return err_set(err, ERR_REFUSED, "%s is another name of %s: "
		    "'vadmin domain unalias %s' takes that name away, "
		    "'vadmin domain delete %s' all that both have", given,
		    name, given, name);
	if (check_not_main(call, name, err) == -1)
		return -1;
	if (h->accounts > 0 && !call_has(call, "--with-accounts"))
		return err_set(err, ERR_REFUSED, "%s has %zu account%s: "
		    "--with-accounts deletes them, too ('vadmin domain restore "
		    "%s' brings all back)", name, h->accounts,
		    h->accounts == 1 ? "" : "s", name);
	return 0;
}

static bool
is_begun(struct call *call, const char *name, const char *op,
    struct unfinished *begun)
{
	struct err unused;

	return unfinished_find(&call->in, &call->pool, name, begun,
	    &unused) == 1 && strcmp(begun->op, op) == 0;
}

int
domain_delete_ask(struct call *call, struct err *err)
{
	SCOPED(drop_holdings) struct holdings h = { .call = call,
	    .measures = true };
	struct unfinished begun;
	struct domain *domain;
	const char *name;

	if (domain_given_name(call, "D", &name, err) == -1)
		return -1;
	if (is_begun(call, name, call->op->name, &begun))
		return 0;
	if (subject_domain(call, "D", &domain, err) == -1)
		return -1;
	h.domain = domain;
	if (holdings_count(&h, err) == -1 || holdings_tell(&h, err) == -1 ||
	    check_deletion(call, &h, err) == -1 ||
	    check_others(call, domain, err) == -1)
		return -1;
	return confirm(call, pool_format(&call->pool, "Delete the domain %s? "
	    "All of it goes to the trash.", domain->name), err);
}

typedef int deletion_check(struct call *call, const struct holdings *h,
    struct err *err);

/* Nothing is begun before all is checked that can be. */
static int
begin_deletion(struct call *call, const struct domain *domain,
    struct domain_trash *trash, deletion_check *is_fine, struct err *err)
{
	SCOPED(drop_holdings) struct holdings h = { .call = call,
	    .domain = domain };
	struct mailbox_step unused[MAILBOX_STEPS];

	trash->name = domain->name;
	if (strlen(trash->name) + strlen(trash->stamp) >= NAME_MAX)
		return err_set(err, ERR_REFUSED, "%s is too long a name to put "
		    "a time behind it in the trash: rename the domain first",
		    trash->name);
	if (holdings_count(&h, err) == -1 || is_fine(call, &h, err) == -1 ||
	    check_others(call, domain, err) == -1 ||
	    mailbox_steps(domain, &call->pool, unused, err) == -1 ||
	    uid_mark_retire_all(&call->in, h.uids, h.accounts, err) == -1)
		return -1;
	/* A copied domain may have none, which says last that it is one. */
	if (!files_exists(call->in.dir, domain->file) &&
	    files_write(&call->in, domain->file, MODE_PUBLIC, SLICE(""),
	    err) == -1)
		return -1;
	const struct unfinished what = { DELETE, trash->name, "",
	    trash->stamp };
	return unfinished_begin(&call->in, &what, err);
}

/* What was begun goes on; each call's entry of the journal has it. */
static int
go_on(struct call *call, const struct unfinished *begun,
    struct domain_trash *trash, struct err *err)
{
	trash->stamp = begun->note;
	return unfinished_begin(&call->in, begun, err);
}

static int
finish(struct call *call, const struct domain_trash *trash, struct err *err)
{
	domain_set_renew_indexes(&call->in, &call->pool, trash->name);
	return unfinished_end(&call->in, trash->name, err);
}

/* trash->name is given, and becomes the domain's own. */
static int
delete_domain(struct call *call, struct domain_trash *trash,
    deletion_check *is_fine, struct err *err)
{
	struct unfinished begun;
	struct domain *domain = NULL;
	bool again = is_begun(call, trash->name, DELETE, &begun);

	if (again && go_on(call, &begun, trash, err) == -1)
		return -1;
	/* Its last step is that it is no domain any more. */
	if (again && !files_exists(call->in.dir, pool_format(&call->pool,
	    "domain.%s", trash->name)))
		return finish(call, trash, err);
	if (domain_open(&call->in, &call->pool, slice_of(trash->name), &domain,
	    err) == -1 || (!again && begin_deletion(call, domain, trash, is_fine,
	    err) == -1))
		return -1;
	if (domain_trash_open(trash, true, err) == -1 ||
	    domain_trash_take(trash, domain, err) == -1)
		return err_within(err, "%s is not deleted yet, and its mail "
		    "and logins wait: mend this, and repeat the command",
		    trash->name);
	return finish(call, trash, err);
}

int
domain_delete(struct call *call, struct err *err)
{
	SCOPED(drop_domain_trash) struct domain_trash trash = { &call->in,
	    &call->pool, NULL, trash_stamp(&call->pool), -1 };
	SCOPED(drop_sheet) struct sheet sheet = { .heads = name_and_value };

	if (domain_given_name(call, "D", &trash.name, err) == -1 ||
	    delete_domain(call, &trash, check_deletion, err) == -1)
		return -1;
	if (trash.dir == -1)
		return 0;		/* only its end was missing */
	sheet_adds(&sheet, "trash");
	sheet_addf(&sheet, "%s/.trash/.domains/%s.%s", call->in.path,
	    trash.name, trash.stamp);
	sheet_print(&sheet);
	return 0;
}

static int
check_imported(struct call *call, const struct holdings *h, struct err *err)
{
	return check_not_main(call, h->domain->name, err);
}

int
domain_delete_imported(struct call *call, const char *name, struct err *err)
{
	SCOPED(drop_domain_trash) struct domain_trash trash = { &call->in,
	    &call->pool, name, trash_stamp(&call->pool), -1 };
	const char *real;

	if (domain_real_name(&call->in, &call->pool, slice_of(name), &real,
	    err) == -1 || strcmp(real, name) != 0)
		return err_set(err, ERR_REFUSED, "%s is gone, or has another "
		    "name: 'vadmin domain delete' takes away what is left",
		    name);
	return delete_domain(call, &trash, check_imported, err);
}

/* --- back ---------------------------------------------------------------- */

/* The deleted domain that is meant: the last of that name. */
static int
find_deleted(struct call *call, struct domain_trash *trash,
    const char ***stamps, ptrdiff_t *count, struct err *err)
{
	if (domain_given_name(call, "D", &trash->name, err) == -1)
		return -1;
	*count = domain_trash_stamps(&call->in, &call->pool, trash->name,
	    stamps, err);
	if (*count > 0)
		trash->stamp = (*stamps)[*count - 1];
	return *count == -1 ? -1 : 0;
}

static int
none_deleted(const struct domain_trash *trash, struct err *err)
{
	return err_set(err, ERR_ABSENT, "no domain %s was deleted",
	    trash->name);
}

/* Its settings and accounts are read where they lie.  Broken ones are nobody's
 * mail yet: they come back, to be mended. */
static int
check_inboxes(struct call *call, const struct domain_trash *found,
    struct err *err)
{
	SCOPED(drop_domain_trash) struct domain_trash trash = *found;
	struct installation there = call->in;
	struct domain *domain;
	struct err unused;

	if (domain_trash_open(&trash, false, err) == -1)
		return -1;
	there.dir = trash.dir;
	return domain_open(&there, &call->pool, slice_of(trash.name), &domain,
	    &unused) == -1 ? 0 : domain_inboxes_check(&call->in, domain, err);
}

static int
begin_restoring(struct call *call, const struct domain_trash *trash,
    struct err *err)
{
	const char *real;
	struct err unused;

	if (domain_real_name(&call->in, &call->pool, slice_of(trash->name),
	    &real, &unused) == 0 || unused.kind != ERR_ABSENT)
		return err_set(err, ERR_EXISTS, "there is a %s already: it "
		    "would have to be deleted or renamed first", trash->name);
	if (check_inboxes(call, trash, err) == -1)
		return -1;
	const struct unfinished what = { call->op->name, trash->name, "",
	    trash->stamp };
	return unfinished_begin(&call->in, &what, err);
}

int
domain_restore(struct call *call, struct err *err)
{
	SCOPED(drop_domain_trash) struct domain_trash trash = { &call->in,
	    &call->pool, NULL, NULL, -1 };
	struct unfinished begun;
	const char **stamps;
	ptrdiff_t count;

	if (find_deleted(call, &trash, &stamps, &count, err) == -1)
		return -1;
	bool again = is_begun(call, trash.name, call->op->name, &begun);
	if (!again && count == 0)
		return none_deleted(&trash, err);
	if (!again && domain_trash_check_places(&trash, err) == -1)
		return -1;
	if ((again ? go_on(call, &begun, &trash, err) :
	    begin_restoring(call, &trash, err)) == -1)
		return -1;
	if (domain_trash_open(&trash, false, err) == -1) {
		if (err->kind != ERR_ABSENT)
			return -1;
	} else if (domain_trash_give_back(&trash, err) == -1)
		return err_within(err, "not all of %s is back yet, and its "
		    "mail and logins wait: mend this, and repeat the command",
		    trash.name);
	if (count > 1)
		note("the last of %td that were deleted: the others stay in "
		    "the trash", count);
	return finish(call, &trash, err);
}

/* --- gone ---------------------------------------------------------------- */

int
domain_purge_ask(struct call *call, struct err *err)
{
	struct domain_trash trash = DOMAIN_TRASH_NONE;
	const char **stamps;
	ptrdiff_t count;

	if (find_deleted(call, &trash, &stamps, &count, err) == -1)
		return -1;
	if (count == 0)
		return none_deleted(&trash, err);
	return confirm(call, pool_format(&call->pool, "Remove all mail and "
	    "files of the deleted domain %s for good?", trash.name), err);
}

int
domain_purge(struct call *call, struct err *err)
{
	struct domain_trash found = { &call->in, &call->pool, NULL, NULL, -1 };
	const char **stamps;
	ptrdiff_t count;

	if (find_deleted(call, &found, &stamps, &count, err) == -1)
		return -1;
	if (count == 0)
		return none_deleted(&found, err);
	for (ptrdiff_t i = 0; i < count; i++) {
		SCOPED(drop_domain_trash) struct domain_trash trash = found;
		trash.stamp = stamps[i];
		if (domain_trash_open(&trash, false, err) == -1 ||
		    domain_trash_purge(&trash, err) == -1)
			return -1;
	}
	return 0;
}
