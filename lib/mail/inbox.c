/* inbox.c: the "inbox" setting, taken apart. */
#include "inbox.h"

#include "scope.h"

bool
inbox_mentions(struct slice s, char token)
{
	for (size_t i = 0; i + 1 < s.len; i++)
		if (s.p[i] == '%') {
			if (s.p[i + 1] == token)
				return true;
			i++;
		}
	return false;
}

static int
bad_template(const struct account *account, const char *why, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	if (account->domain->of_system)
		return err_set(err, ERR_INVALID, "%s: main-mailboxes: %s",
		    installation_where(account->domain->in, &pool,
		    "main-mailboxes"), why);
	return err_set(err, ERR_INVALID, "%s: inbox: %s",
	    domain_where(account->domain, &pool, "inbox"), why);
}

static int
check_tokens(const struct account *account, struct slice s, struct err *err)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != '%')
			continue;
		if (++i < s.len && (s.p[i] == 'u' || s.p[i] == '%' ||
		    (s.p[i] == 'd' && !account->domain->of_system)))
			continue;
		return bad_template(account, account->domain->of_system ?
		    "knows %u and %% alone" : "knows %d, %u and %% alone",
		    err);
	}
	return 0;
}

int
inbox_read(const struct account *account, struct inbox *t,
    struct err *err)
{
	struct slice inbox = slice_of(account->domain->conf.inbox),
	    rest = inbox, step;

	*t = (struct inbox){ .maildir = slice_ends(inbox, "/") };
	if (check_tokens(account, inbox, err) == -1)
		return -1;
	t->base = (struct slice){ inbox.p, 0 };
	while (slice_cut(&rest, '/', &step)) {
		if (slice_is(step, ".") || slice_is(step, ".."))
			return bad_template(account,
			    "must not have . or .. in it", err);
		if (t->count == 0 && !inbox_mentions(step, 'd') &&
		    !inbox_mentions(step, 'u')) {
			t->base.len = (size_t)(step.p - inbox.p) + step.len;
			continue;
		}
		if (step.len == 0)
			continue;
		if (t->count == INBOX_STEPS)
			return bad_template(account, "too many directories",
			    err);
		if (t->shared == t->count && !inbox_mentions(step, 'u'))
			t->shared++;
		t->step[t->count++] = step;
	}
	if (t->base.len == 0 && slice_starts(inbox, "/"))
		t->base.len = 1;
	if (t->count == 0 || t->shared == t->count)
		return bad_template(account,
		    "needs %u, or all accounts would share one inbox", err);
	return 0;
}

const char *
inbox_expand(const struct account *account, struct pool *pool,
    struct slice step)
{
	SCOPED(drop_str) struct str out = { 0 };

	for (size_t i = 0; i < step.len; i++) {
		if (step.p[i] != '%') {
			str_addc(&out, step.p[i]);
			continue;
		}
		i++;
		if (step.p[i] == 'd')
			str_adds(&out, account->domain->name);
		else if (step.p[i] == 'u')
			str_adds(&out, account->name);
		else
			str_addc(&out, '%');
	}
	return pool_dup(pool, str_slice(&out));
}

const char *
inbox_base(const struct account *account, struct pool *pool,
    const struct inbox *t)
{
	const struct installation *in = account->domain->in;

	if (slice_starts(t->base, "/"))
		return pool_dup(pool, t->base);
	const char *spool = installation_path(in, pool, in->conf.spool);
	return t->base.len == 0 ? spool :
	    pool_format(pool, "%s/%.*s", spool, (int)t->base.len, t->base.p);
}
