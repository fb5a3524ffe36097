/* intake.c: accounts that come from elsewhere, by the thousand: judged. */
#include "intake.h"

#include <string.h>
#include <unistd.h>

#include "account.h"
#include "entries.h"
#include "intake_there.h"
#include "leftovers.h"
#include "mem.h"
#include "name.h"
#include "scope.h"
#include "table.h"

void
intake_add(struct intake *intake, struct newcomer *newcomer)
{
	mem_room(&intake->all, &intake->room, intake->count,
	    sizeof *intake->all);
	newcomer->domain = intake->domain;
	intake->all[intake->count++] = newcomer;
}

void
drop_intake(struct intake *intake)
{
	drop_mem(&intake->all);
}

static void
wrong(struct newcomer *newcomer, const char *why)
{
	newcomer->verdict = INTAKE_WRONG;
	newcomer->why = why;
}

struct judge {
	const struct intake	*intake;
	struct pool		*pool;
	struct there		*there;		/* who is there */
	struct table		 seen;		/* newcomers by their names */
	struct table		 elsewhere;	/* inboxes of other domains */
	size_t			 accounts;	/* with those that come */
};

static void
drop_judge(struct judge *judge)
{
	drop_table(&judge->seen);
	drop_table(&judge->elsewhere);
}

/* --- what is in the way ------------------------------------------------- */

/* As for one that "user add" makes: what is left from somebody would be
 * somebody's mail. */
static const char *
in_the_way(const struct judge *judge, const struct newcomer *newcomer)
{
	const struct account account = { .domain = judge->intake->domain,
	    .name = newcomer->name };

	if (newcomer->in_place)
		return NULL;
	const char *why = leftovers_listed(&account, judge->pool,
	    &judge->elsewhere);
	return why != NULL ? why : leftovers_beside(&account, judge->pool);
}

/* --- all of them -------------------------------------------------------- */

static bool
is_twice(struct judge *judge, struct newcomer *newcomer)
{
	struct newcomer **first = (struct newcomer **)table_at(&judge->seen,
	    pool_lower(judge->pool, slice_of(newcomer->name)));

	if (*first == NULL) {
		*first = newcomer;
		return false;
	}
	wrong(newcomer, pool_format(judge->pool, "%s:%u has this account "
	    "already", (*first)->file, (*first)->line));
	return true;
}

static void
judge_new(struct judge *judge, struct newcomer *newcomer)
{
	const struct domain *domain = judge->intake->domain;
	uint64_t max = domain->conf.max_users;
	const char *obstacle = in_the_way(judge, newcomer);

	newcomer->verdict = INTAKE_NEW;
	if (obstacle != NULL)
		wrong(newcomer, obstacle);
	else if (max != 0 && judge->accounts >= max)
		wrong(newcomer, pool_format(judge->pool, "%s may have %llu "
		    "accounts: raise max-users", domain->name,
		    (unsigned long long)max));
	else if (!domain->in->as_root && !domain->one_owner)
		wrong(newcomer, pool_format(judge->pool, "only root can make "
		    "accounts of their own uid: give %s one owner ('vadmin "
		    "domain set %s owner=%u')", domain->name, domain->name,
		    (unsigned)getuid()));
	else if (newcomer->in_place && ident_is_forbidden(newcomer->ident))
		wrong(newcomer, "no account can have user or group id 0 or "
		    "4294967295");
	else
		judge->accounts++;
}

static void
judge_one(struct judge *judge, struct newcomer *newcomer)
{
	struct entry entry;

	if (newcomer->verdict == INTAKE_WRONG)
		return;
	if (!name_is_account(slice_of(newcomer->name))) {
		wrong(newcomer, "no account can have this name: up to 64 "
		    "letters, digits, '.', '_' and '-', not beginning with "
		    "'.' or '-', without '..', not ending in .quota or .lock");
		return;
	}
	if (is_twice(judge, newcomer))
		return;
	if (!there_find(judge->there, newcomer->name, &entry)) {
		judge_new(judge, newcomer);
		return;
	}
	newcomer->why = there_compare(judge->there, judge->pool, newcomer,
	    &entry);
	newcomer->verdict = newcomer->why == NULL ? INTAKE_SAME :
	    INTAKE_DIFFERS;
}

int
intake_judge(const struct intake *intake, struct pool *pool, struct err *err)
{
	SCOPED(drop_there) struct there there = { 0 };
	SCOPED(drop_judge) struct judge judge = { .intake = intake,
	    .pool = pool, .there = &there };

	if (there_read(intake->domain, pool, &there, err) == -1 ||
	    leftovers_list_elsewhere(intake->domain, pool, &judge.elsewhere,
	    err) == -1)
		return -1;
	judge.accounts = there.accounts;
	for (size_t i = 0; i < intake->count; i++)
		judge_one(&judge, intake->all[i]);
	return 0;
}
