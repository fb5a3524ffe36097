/* who_land.c: what mail for a name meets: the rules of resolve.c. */
#include "who_land.h"

#include <sys/stat.h>

#include "address.h"
#include "name.h"
#include "scope.h"

/* --- what mail for a name meets ------------------------------------------ */

bool
names_answer(const struct names_domain *d, struct slice local)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct installation *in = d->domain->in;
	const char *files = pool_format(&pool, "%s/files/%s",
	    installation_path(in, &pool, in->conf.spool), d->domain->name);
	struct stat st;

	return name_is_account(local) && (stat(pool_format(&pool,
	    "%s/%.*s.auto", files, (int)local.len, local.p), &st) == 0 ||
	    stat(pool_format(&pool, "%s/%s.auto", files, pool_lower(&pool,
	    local)), &st) == 0);
}

static struct node *
land_account(struct names *n, struct names_domain *d, struct slice local)
{
	struct node *node = names_account(n, d, local);

	return node != NULL ? node : names_full_name(n, d, local);
}

static struct node *
land_name(struct names *n, struct names_domain *d, struct slice local)
{
	struct node *node = names_alias(n, d, local);

	return node != NULL ? node : land_account(n, d, local);
}

bool
names_know(struct names *n, struct names_domain *d, struct slice local)
{
	return land_name(n, d, local) != NULL;
}

struct node *
names_land_mailbox(struct names *n, struct names_domain *d, struct slice local)
{
	struct slice base = names_base(n, local);
	struct node *node = land_account(n, d, local);

	return node != NULL || base.len == local.len ? node :
	    land_account(n, d, base);
}

/* The main domain's, where the domain has none; NULL: it is the main one.
 * Nobody made a node of it where that one is of no interest. */
static struct node *
postmaster_of(struct names *n, const struct names_domain *d)
{
	struct names_domain *main = names_domain(n, n->call->in.main_domain);

	if (main == NULL || main == d)
		return NULL;
	return d->postmaster != NULL ? d->postmaster : &names_somebody;
}

static struct node *
land_unknown(struct names *n, struct names_domain *d, struct slice local,
    bool *fallback)
{
	struct node *postmaster;

	if (names_answer(d, local))
		return &names_somebody;
	if (slice_same(local, SLICE("postmaster")) &&
	    (postmaster = postmaster_of(n, d)) != NULL)
		return postmaster;
	if (*fallback)
		return NULL;
	*fallback = d->fallback != NULL || d->same_at != NULL;
	if (d->same_at == NULL)
		return d->fallback;
	struct names_domain *other = names_domain(n, d->same_at);
	return other == NULL ? NULL : names_land(n, other, local, fallback);
}

struct node *
names_land(struct names *n, struct names_domain *d, struct slice local,
    bool *fallback)
{
	struct slice base = names_base(n, local);
	struct node *node = land_name(n, d, local);

	if (node == NULL && base.len < local.len) {
		node = land_name(n, d, base);
		if (node == NULL && names_answer(d, base))
			return &names_somebody;
	}
	return node != NULL ? node : land_unknown(n, d, local, fallback);
}

/* --- what a member may lead to ------------------------------------------- */

bool
names_may_lead(struct names *n, const char *domain,
    const struct alias_member *member)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct address address;
	struct err unused;

	if ((member->kind != ALIAS_ADDRESS && member->kind != ALIAS_MAILBOX) ||
	    address_parse(&pool, slice_of(member->text), &address,
	    &unused) == -1)
		return false;
	struct slice local = slice_of(address.local);
	if (!n->catches && !words_have_name(&n->words, local))
		return false;
	if (address.domain[0] != '\0')
		domain = names_real(n, address.domain);
	if (domain == NULL || names_have(n, domain, local))
		return domain != NULL;
	struct names_domain *d = table_find(&n->by_name, domain);
	return d != NULL && d->caught && !names_know(n, d, local) &&
	    !names_know(n, d, names_base(n, local));
}
