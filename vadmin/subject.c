/* subject.c: what "U@D" on a command line means: a domain of ours and a
 * name. */
#include "subject.h"

#include "account.h"
#include "name.h"

static int
open_domain(struct call *call, struct slice given, struct domain **out,
    struct err *err)
{
	return domain_open(&call->in, &call->pool, given, out, err);
}

int
subject_domain(struct call *call, const char *param, struct domain **out,
    struct err *err)
{
	return open_domain(call, slice_of(call_text(call, param)), out, err);
}

int
subject_of(struct call *call, const char *param, struct subject *out,
    struct err *err)
{
	struct slice given = slice_of(call_text(call, param)), domain;
	ptrdiff_t at = slice_find_last(given, '@');

	domain = at == -1 ? slice_of(call->in.main_domain) :
	    slice_from(given, (size_t)at + 1);
	if (open_domain(call, domain, &out->domain, err) == -1) {
		if (err->kind == ERR_ABSENT && at == -1)
			return err_set(err, ERR_ABSENT,
			    "'%.*s' has no domain, and the main domain %s is "
			    "not one of ours: say NAME@DOMAIN",
			    (int)given.len, given.p, call->in.main_domain);
		return -1;
	}
	if (at != -1)
		given.len = (size_t)at;
	if (slice_starts(given, "user/"))
		given = slice_from(given, 5);
	out->name = pool_dup(&call->pool, given);
	return 0;
}

static struct slice
without_cyradm(const char *name)
{
	struct slice s = slice_of(name);

	return slice_starts(s, "user.") ? slice_from(s, 5) : s;
}

int
subject_account(struct call *call, const char *param, struct account **out,
    struct err *err)
{
	struct subject subject;

	if (subject_of(call, param, &subject, err) == -1)
		return -1;
	struct slice name = slice_of(subject.name);
	if (account_find(subject.domain, &call->pool, name, out, err) == 0)
		return 0;
	if (err->kind != ERR_ABSENT)
		return -1;
	if (account_find(subject.domain, &call->pool,
	    without_cyradm(subject.name), out, err) == 0)
		return 0;
	if (err->kind != ERR_ABSENT)
		return -1;
	return err_set(err, ERR_ABSENT, "%s has no account '%s'",
	    subject.domain->name, subject.name);
}

int
subject_new_account(struct call *call, const char *param, struct subject *out,
    struct err *err)
{
	if (subject_of(call, param, out, err) == -1)
		return -1;
	out->name = pool_dup(&call->pool, without_cyradm(out->name));
	if (!name_is_account(slice_of(out->name)))
		return err_set(err, ERR_INVALID,
		    "'%.100s' can be no account: up to 64 letters, digits, "
		    "'.', '_' and '-', not beginning with '.' or '-', without "
		    "'..', not ending in .quota or .lock", out->name);
	return 0;
}
