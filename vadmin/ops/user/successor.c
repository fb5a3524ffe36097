/* successor.c: who takes the place of an account that is deleted: an address
 * that still leads to somebody when the account is gone. */
#include "successor.h"

#include <string.h>

#include "address.h"
#include "alias_places.h"
#include "aliases.h"
#include "plan.h"
#include "resolve.h"
#include "scope.h"
#include "subject.h"

/* --- whom it leads to ---------------------------------------------------- */

static bool
is_same(const struct account *a, const struct account *b)
{
	return slice_same(slice_of(a->name), slice_of(b->name)) &&
	    strcmp(a->domain->name, b->domain->name) == 0;
}

/* Through a forward of the account, which goes with it. */
static bool
is_its_forward(const struct step *way, const struct account *account)
{
	for (const struct step *s = way; s != NULL; s = s->before)
		if (s->forward != NULL && is_same(s->forward, account))
			return true;
	return false;
}

/* Another's forward that names it in a file of ours, which will name its
 * successor instead: that other one, then, in whose own forward an inbox is
 * meant.  What leads on otherwise (an included file, a full name) stays. */
static bool
is_changed_forward(struct call *call, const struct step *way)
{
	struct pool *pool = &call->pool;
	const char *files = pool_format(pool, "%s/files/",
	    installation_path(&call->in, pool, call->in.conf.spool));

	for (const struct step *s = way; s != NULL; s = s->before) {
		if (strcmp(s->how, "forward") == 0)
			return s->file != NULL &&
			    strncmp(s->file, files, strlen(files)) == 0;
		if (strcmp(s->how, "account") != 0 &&
		    strcmp(s->how, "alias") != 0)
			return false;
	}
	return false;
}

static bool
way_stays(struct call *call, const struct target *t,
    const struct step *way, const struct account *account)
{
	if (is_its_forward(way, account))
		return false;
	return t->kind != TARGET_ACCOUNT || !is_same(t->account, account) ||
	    is_changed_forward(call, way);
}

/* An answer is sent beside a delivery: it is none.  Whose domain is not ours is
 * the MTA's to know. */
static bool
target_stays(struct call *call, const struct target *t,
    const struct account *account)
{
	if (t->kind == TARGET_FAILURE)
		return t->failure.kind == OUTCOME_NO_DOMAIN;
	if (t->kind == TARGET_AUTO)
		return false;
	if (way_stays(call, t, t->way, account))
		return true;
	for (const struct more_ways *more = t->others; more != NULL;
	    more = more->next)
		if (way_stays(call, t, more->way, account))
			return true;
	return false;
}

/* Why nobody gets its mail.  Who does not see the domain is told of his own
 * account alone: the rest is to him as if it were elsewhere. */
static int
refuse(const struct plan *plan, bool shown, const char *given,
    const struct account *account, struct err *err)
{
	const struct target *why = NULL;
	bool is_account = false;

	for (size_t i = 0; i < plan->count; i++) {
		const struct target *t = plan->targets[i];
		if (t->kind == TARGET_FAILURE)
			why = t;
		is_account = is_account || (t->kind != TARGET_FAILURE &&
		    t->kind != TARGET_AUTO);
	}
	if (is_account)
		return err_set(err, ERR_INVALID, "--replace-by %s: it leads to "
		    "%s@%s alone, who is deleted: its mail would reach nobody",
		    given, account->name, account->domain->name);
	if (!shown)
		return 0;
	if (why != NULL && strcmp(why->failure.code, "5.1.1") == 0 &&
	    why->way->before == NULL)
		return err_set(err, ERR_ABSENT, "--replace-by %s: there is no "
		    "such account or alias: make it first", given);
	if (why != NULL)
		return err_set(err, ERR_INVALID, "--replace-by %s: its mail is "
		    "not delivered: 'vadmin explain %s' tells why", given,
		    given);
	return err_set(err, ERR_INVALID, "--replace-by %s: %s: its mail would "
	    "reach nobody", given, plan->count > 0 ?
	    "there is an autoresponder alone" : "it leads to nobody");
}

static int
check_reaches_somebody(struct call *call, const char *address,
    const char *given, const struct account *account, struct err *err)
{
	SCOPED(drop_plan) struct plan plan = { 0 };
	/* mail passes through domains that the caller does not see, too */
	struct installation whole = call->in;
	const struct recipient *all;

	whole.shows = NULL;
	resolve(&whole, &plan, address);
	resolve_forwards(&whole, &plan);
	all = plan.recipients[0];
	for (size_t i = 0; i < all->count; i++)
		if (target_stays(call, all->targets[i], account))
			return 0;
	bool shown = call->in.shows == NULL ||
	    call->in.shows(call->in.shows_to, all->domain);
	return refuse(&plan, shown, given, account, err);
}

/* --- the address --------------------------------------------------------- */

static const char *
account_of(struct call *call, const struct address *address,
    const struct account *account)
{
	struct account *found;
	struct domain *domain;
	struct err unused;

	return domain_open(&call->in, &call->pool, slice_of(address->domain),
	    &domain, &unused) == 0 &&
	    strcmp(domain->name, account->domain->name) == 0 &&
	    account_find(domain, &call->pool, slice_of(address->local), &found,
	    &unused) == 0 ? found->name : NULL;
}

static bool
is_itself(struct call *call, const struct address *address,
    const struct account *account)
{
	const char *real;
	struct err unused;

	return slice_same(slice_of(address->local), slice_of(account->name)) &&
	    domain_real_name(&call->in, &call->pool,
	    slice_of(address->domain), &real, &unused) == 0 &&
	    strcmp(real, account->domain->name) == 0;
}

/* cyradm's name for an account of ours, where nothing has it for its own. */
static int
read_spelling(struct call *call, const char **text, struct address *address,
    struct err *err)
{
	struct account *found;
	struct alias_entry *entry;
	struct err unused;

	if (strncmp(*text, "user", 4) != 0 || subject_account_of_value(call,
	    slice_of(*text), &found, &unused) == -1 ||
	    alias_places_find(found->domain, &call->pool, address->local,
	    &entry, &unused) == 0)
		return 0;
	*text = address_text(&call->pool, found->name, address->domain);
	return address_parse(&call->pool, slice_of(*text), address, err);
}

int
successor_find(struct call *call, const struct account *account,
    struct successor *out, struct err *err)
{
	const char *given = call_text(call, "--replace-by");
	struct alias_member member;
	struct address address;

	*out = (struct successor){ 0 };
	if (given == NULL)
		return 0;
	if (alias_parse_member(&call->pool, slice_of(given), &member,
	    err) == -1)
		return err_within(err, "--replace-by '%.100s'", given);
	if (member.kind != ALIAS_ADDRESS || address_parse(&call->pool,
	    slice_of(member.text), &address, err) == -1 ||
	    address.domain[0] == '\0')
		return err_set(err, ERR_INVALID, "--replace-by '%.100s': an "
		    "address with its domain is meant", given);
	if (read_spelling(call, &member.text, &address, err) == -1)
		return -1;
	if (is_itself(call, &address, account))
		return err_set(err, ERR_INVALID, "--replace-by %s: that is "
		    "who is deleted", given);
	if (check_reaches_somebody(call, member.text, given, account,
	    err) == -1)
		return -1;
	out->address = member.text;
	out->account = account_of(call, &address, account);
	return 0;
}
