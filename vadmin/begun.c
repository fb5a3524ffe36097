/* begun.c: whether something unfinished is in the way of a call. */
#include "begun.h"

#include <string.h>

#include "domain.h"
#include "name.h"
#include "param.h"
#include "scope.h"
#include "unfinished.h"

/* What a value names: a domain, by its own name and by its real one, and perhaps
 * something in it. */
struct subject_named {
	struct slice	 local;
	const char	*given, *real;
};

struct begun_check {
	struct call		*call;
	struct subject_named	 named;
	/* what the operation is on, as a record calls it: by the given name of its
	 * domain, and by the real one */
	const char		*given, *real;
};

/* Both are "LOCAL@DOMAIN", or domains. */
static bool
is_domain(const struct subject_named *named, struct slice domain)
{
	return slice_is(domain, named->given) || slice_is(domain, named->real);
}

static bool
is_about_account(const struct begun_check *c, const struct unfinished *what)
{
	struct slice domain = slice_of(what->name), local;

	slice_cut(&domain, '@', &local);
	if (!is_domain(&c->named, domain))
		return false;
	return slice_starts(slice_of(c->call->op->name), "domain ") ||
	    slice_same(c->named.local, local) ||
	    slice_same(c->named.local, slice_of(what->to));
}

static bool
is_about(const struct begun_check *c, const struct unfinished *what)
{
	if (strchr(what->name, '@') != NULL)
		return is_about_account(c, what);
	return is_domain(&c->named, slice_of(what->name)) ||
	    is_domain(&c->named, slice_of(what->to));
}

/* The operation itself sees whether it is just the same once more. */
static bool
is_repeated(const struct begun_check *c, const struct unfinished *what)
{
	return strcmp(what->op, c->call->op->name) == 0 && c->given != NULL &&
	    (strcmp(what->name, c->given) == 0 ||
	    strcmp(what->name, c->real) == 0);
}

static int
check_one(void *arg, const struct unfinished *what, struct err *err)
{
	const struct begun_check *c = arg;

	if (!is_about(c, what) || is_repeated(c, what))
		return 0;
	return err_set(err, ERR_REFUSED, "'%s' was interrupted: finish it "
	    "first with 'vadmin %s'", what->op, unfinished_command(what,
	    &c->call->pool));
}

static bool
name_subject(struct begun_check *c, const char *value)
{
	struct slice text = slice_of(value);
	ptrdiff_t at = slice_find_last(text, '@');
	SCOPED(drop_str) struct str name = { 0 };
	struct pool *pool = &c->call->pool;
	struct err unused;

	c->named = (struct subject_named){ .local = text };
	if (at != -1)
		c->named.local.len = (size_t)at;
	if (slice_starts(c->named.local, "user/") ||
	    slice_starts(c->named.local, "user."))
		c->named.local = slice_from(c->named.local, 5);
	if (name_canonical_domain(at != -1 ? slice_from(text, (size_t)at + 1) :
	    slice_of(c->call->in.main_domain), &name, &unused) == -1)
		return false;
	c->named.given = c->named.real = pool_dup(pool, str_slice(&name));
	if (domain_real_name(&c->call->in, pool, str_slice(&name),
	    &c->named.real, &unused) == -1)
		c->named.real = c->named.given;
	return true;
}

static bool
names_domain(struct begun_check *c, const char *value)
{
	return name_subject(c, pool_format(&c->call->pool, "@%s", value));
}

/* True: the value names something that can have been begun on. */
static bool
name_value(struct begun_check *c, const struct param_type *type,
    const char *value)
{
	if (type == &param_domain)
		return names_domain(c, value);
	return (type == &param_account || type == &param_alias ||
	    type == &param_auto) && name_subject(c, value);
}

/* The first value that was named is what the operation is on. */
static void
remember_first(struct begun_check *c, const struct param_type *type)
{
	struct pool *pool = &c->call->pool;
	const char *local = type == &param_domain ? "" : pool_format(pool,
	    "%s@", pool_lower(pool, c->named.local));

	c->given = pool_format(pool, "%s%s", local, c->named.given);
	c->real = pool_format(pool, "%s%s", local, c->named.real);
}

int
begun_check(struct call *call, struct err *err)
{
	struct begun_check c = { .call = call };

	for (size_t i = 0; call->op->params[i].name != NULL; i++)
		for (size_t j = 0; j < call->values[i].count; j++) {
			const struct param_type *type =
			    call->op->params[i].type;
			if (!name_value(&c, type, call->values[i].word[j]))
				continue;
			if (c.given == NULL)
				remember_first(&c, type);
			if (unfinished_each(&call->in, &call->pool, check_one,
			    &c, err) == -1)
				return -1;
		}
	return 0;
}
