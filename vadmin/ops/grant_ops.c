/* grant_ops.c: who may open another account's inbox. */
#include "account.h"
#include "grant_file.h"
#include "ops.h"
#include "param.h"
#include "subject.h"

/* WHO as an account of the same domain, with or without the domain. */
static int
find_who(struct call *call, const struct account *owner, enum grant grant,
    const char **out, struct err *err)
{
	struct slice given = slice_of(call_text(call, "WHO"));
	ptrdiff_t at = slice_find_last(given, '@');
	const char *domain;
	struct account *who;

	if (at != -1) {
		if (domain_real_name(&call->in, &call->pool,
		    slice_from(given, (size_t)at + 1), &domain, err) == -1)
			return -1;
		if (!slice_is(slice_of(domain), owner->domain->name))
			return err_set(err, ERR_INVALID, "%.*s is not of %s: "
			    "only accounts of one domain open each other's "
			    "inboxes", (int)given.len, given.p,
			    owner->domain->name);
		given.len = (size_t)at;
	}
	*out = pool_dup(&call->pool, given);
	if (account_find(owner->domain, &call->pool, given, &who, err) == 0)
		*out = who->name;
	else if (err->kind != ERR_ABSENT)
		return -1;
	else if (grant != GRANT_NONE)	/* what is left of somebody may go */
		return err_set(err, ERR_ABSENT, "%s has no account '%s'",
		    owner->domain->name, *out);
	return 0;
}

int
user_grant(struct call *call, struct err *err)
{
	enum grant grant;
	struct account *owner;
	const char *who;

	grant_named(slice_of(call_text(call, "retrieve|all|none")), &grant);
	if (subject_account(call, "U@D", &owner, err) == -1 ||
	    find_who(call, owner, grant, &who, err) == -1)
		return -1;
	if (slice_same(slice_of(owner->name), slice_of(who)))
		return err_set(err, ERR_INVALID,
		    "'%s' opens its own inbox anyway", who);
	return grant_file_set(owner->domain, owner->name, who, grant, err);
}
