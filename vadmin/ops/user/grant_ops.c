/* grant_ops.c: who may open another account's inbox. */
#include <string.h>

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
	struct account *who;

	if (subject_fellow(call, owner->domain, slice_of(call_text(call,
	    "WHO")), out, &who, err) == 0) {
		*out = who->name;
		return 0;
	}
	if (err->kind == ERR_INVALID)
		return err_set(err, ERR_INVALID, "%s is not of %s: only "
		    "accounts of one domain open each other's inboxes", *out,
		    owner->domain->name);
	/* what is left of somebody may go */
	return err->kind == ERR_ABSENT && grant == GRANT_NONE &&
	    strchr(*out, '@') == NULL ? 0 : -1;
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
