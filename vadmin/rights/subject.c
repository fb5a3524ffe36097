/* subject.c: what "U@D" on a command line means: a domain of ours and a
 * name. */
#include "subject.h"

#include <string.h>

#include "account.h"
#include "address.h"
#include "name.h"
#include "utf8.h"

enum { ALIAS_NAME_MAX = 256 };

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

static int
default_domain(const struct call *call, struct slice value, struct slice *out,
    struct err *err)
{
	const struct principal *p = &call->principal;

	if (p->caller <= CALLER_GLOBAL)
		*out = slice_of(call->in.main_domain);
	else if (p->domain_count == 1)
		*out = slice_of(p->domains[0]);
	else
		return err_set(err, ERR_INVALID, "'%.*s' has no domain, and "
		    "%s has %zu of them: say NAME@DOMAIN", (int)value.len,
		    value.p, p->name, p->domain_count);
	return 0;
}

int
subject_split(const struct call *call, struct slice value, struct slice *name,
    struct slice *domain, struct err *err)
{
	ptrdiff_t at = slice_find_last(value, '@');

	if (at == -1 && default_domain(call, value, domain, err) == -1)
		return -1;
	if (at != -1)
		*domain = slice_from(value, (size_t)at + 1);
	*name = at == -1 ? value : (struct slice){ value.p, (size_t)at };
	if (slice_starts(*name, "user/"))
		*name = slice_from(*name, 5);
	return 0;
}

int
subject_of_value(struct call *call, struct slice value, struct subject *out,
    struct err *err)
{
	struct slice name, domain;

	if (subject_split(call, value, &name, &domain, err) == -1)
		return -1;
	if (open_domain(call, domain, &out->domain, err) == -1) {
		if (err->kind == ERR_ABSENT && !slice_has(value, '@'))
			return err_set(err, ERR_ABSENT,
			    "'%.*s' has no domain, and the main domain %s is "
			    "not one of ours: say NAME@DOMAIN",
			    (int)value.len, value.p, call->in.main_domain);
		return -1;
	}
	out->name = pool_dup(&call->pool, name);
	return 0;
}

int
subject_of(struct call *call, const char *param, struct subject *out,
    struct err *err)
{
	return subject_of_value(call, slice_of(call_text(call, param)), out,
	    err);
}

static struct slice
without_cyradm(const char *name)
{
	struct slice s = slice_of(name);

	return slice_starts(s, "user.") ? slice_from(s, 5) : s;
}

static int
find_account(struct call *call, const struct domain *domain, const char *name,
    struct account **out, struct err *err)
{
	if (account_find(domain, &call->pool, slice_of(name), out, err) == 0)
		return 0;
	if (err->kind != ERR_ABSENT)
		return -1;
	if (account_find(domain, &call->pool, without_cyradm(name), out,
	    err) == 0)
		return 0;
	return err->kind != ERR_ABSENT ? -1 : err_set(err, ERR_ABSENT,
	    "%s has no account '%s'", domain->name, name);
}

int
subject_account_of_value(struct call *call, struct slice value,
    struct account **out, struct err *err)
{
	struct subject subject;

	if (subject_of_value(call, value, &subject, err) == -1)
		return -1;
	return find_account(call, subject.domain, subject.name, out, err);
}

int
subject_fellow(struct call *call, const struct domain *domain,
    struct slice given, const char **name, struct account **out,
    struct err *err)
{
	ptrdiff_t at = slice_find_last(given, '@');
	const char *real;

	*name = pool_dup(&call->pool, given);
	if (at != -1 && domain_real_name(&call->in, &call->pool,
	    slice_from(given, (size_t)at + 1), &real, err) == -1)
		return -1;
	if (at != -1 && strcmp(real, domain->name) != 0)
		return err_set(err, ERR_INVALID, "%s is not of %s", *name,
		    domain->name);
	if (at != -1)
		given.len = (size_t)at;
	if (slice_starts(given, "user/"))
		given = slice_from(given, 5);
	*name = pool_dup(&call->pool, given);
	return find_account(call, domain, *name, out, err);
}

int
subject_account(struct call *call, const char *param, struct account **out,
    struct err *err)
{
	return subject_account_of_value(call, slice_of(call_text(call, param)),
	    out, err);
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

int
subject_alias_of_value(struct call *call, struct slice value,
    struct subject *out, struct err *err)
{
	struct address address;

	if (subject_of_value(call, value, out, err) == -1)
		return -1;
	if (out->name[0] == '"') {
		if (address_parse(&call->pool,
		    slice_of(pool_format(&call->pool, "%s@%s", out->name,
		    out->domain->name)), &address, err) == -1)
			return -1;
		out->name = address.local;
	} else if (strchr(out->name, '@') != NULL)
		return err_set(err, ERR_INVALID, "'%.100s' has an '@' in it: "
		    "an alias is called so in quotes alone "
		    "('\"%.100s\"@%s')", out->name, out->name,
		    out->domain->name);
	struct slice name = slice_of(out->name);
	if (name.len == 0 || name.len > ALIAS_NAME_MAX || name.p[0] == '-' ||
	    utf8_has_control(name) || name.p[0] == ' ' || slice_ends(name, " "))
		return err_set(err, ERR_INVALID, "'%.100s' can be no alias",
		    out->name);
	return 0;
}

int
subject_alias(struct call *call, const char *param, struct subject *out,
    struct err *err)
{
	return subject_alias_of_value(call, slice_of(call_text(call, param)),
	    out, err);
}
