/* reach.c: the steps of a way through aliases, and the targets it reaches. */
#include "resolver.h"

#include <string.h>
#include <strings.h>

#include "mailbox.h"

enum { MEMBERS_BESIDE = 20000 };	/* those that lead to no new target */

const char *
reach_address(struct resolver *r, const struct context *c)
{
	return address_text(&r->plan->pool, c->local, c->domain ?
	    c->domain->name : "");
}

struct context
reach_step(struct resolver *r, struct context c, const char *address,
    const char *how, const char *file, unsigned line)
{
	struct step *s = pool_alloc(&r->plan->pool, sizeof *s);

	*s = (struct step){ c.way, address ? address : reach_address(r, &c),
	    how, file, line, c.runs_as };
	c.way = s;
	return c;
}

/* "user+extension@domain" was expanded as "user@domain", too. */
static const char *
without_extension(struct resolver *r, const char *address)
{
	struct pool *pool = &r->plan->pool;
	const char *delimiter = r->in->conf.recipient_delimiter;
	const char *at = strrchr(address, '@');
	size_t n = delimiter[0] != '\0' ? strcspn(address, delimiter) : 0;

	if (at == NULL || n == 0 || address + n >= at)
		return address;
	return pool_format(pool, "%.*s%s", (int)n, address, at);
}

/* An address that the MTA can try by itself: a member's, if it is not one that
 * is being expanded (which would begin everything anew). */
static const char *
retry_address(struct resolver *r, const struct step *way)
{
	if (way == NULL || way->before == NULL)
		return NULL;
	for (const struct step *s = way->before; s != NULL; s = s->before)
		if (strcasecmp(s->address, way->address) == 0 ||
		    strcasecmp(without_extension(r, s->address),
		    without_extension(r, way->address)) == 0)
			return NULL;
	return way->address;
}

/* Each recipient has an expansion, and thus a limit, of its own. */
static bool
is_full(struct resolver *r)
{
	r->exhausted = r->exhausted ||
	    r->recipient->count >= r->in->conf.max_recipients;
	return r->exhausted;
}

/* An MTA that has waited for longer than it wants to may bounce the mail; and
 * nothing is delivered after that time. */
bool
reach_more(struct resolver *r)
{
	if (!r->exhausted && deadline_over(r->in->deadline))
		r->exhausted = r->late = true;
	return !r->exhausted;
}

/* Any number of members that all lead to one target is work, too. */
bool
reach_member(struct resolver *r)
{
	r->recipient->members++;
	r->exhausted = r->exhausted ||
	    r->members++ >= r->in->conf.max_recipients + MEMBERS_BESIDE;
	return reach_more(r);
}

static void
share(struct resolver *r, const struct step *way, struct target *known)
{
	plan_share_target(r->recipient, known);
	if (known->other_count < MORE_WAYS) {
		struct more_ways *more = pool_alloc(&r->plan->pool,
		    sizeof *more);
		*more = (struct more_ways){ way, known->others };
		known->others = more;
		known->other_count++;
	}
	r->exhausted = r->exhausted ||
	    r->recipient->count > r->in->conf.max_recipients;
}

/* key tells whether it is the same target as another.  NULL: there is no room
 * for it. */
static struct target *
reach(struct resolver *r, const struct context *c, struct target t,
    const char *key)
{
	struct target *known = table_find(&r->plan->known, key);

	if (known != NULL) {
		share(r, c->way, known);
		return known;
	}
	if (is_full(r))
		return NULL;
	t.way = c->way;
	t.domain = c->domain;
	t.local = c->local;
	t.key = key;
	known = plan_add_target(r->plan, r->recipient, &t);
	*table_at(&r->plan->known, key) = known;
	return known;
}

void **
reach_followed(struct resolver *r, const struct account *account)
{
	return table_at(&r->plan->known, pool_format(&r->plan->pool,
	    "followed %p %s@%s", (const void *)r->recipient,
	    account->name, account->domain->name));
}

static void
ask(struct resolver *r, const struct context *c, struct target *t)
{
	struct asked *asked = pool_alloc(&r->plan->pool, sizeof *asked);

	t->asked = true;
	*asked = (struct asked){ .target = t, .context = *c };
	if (r->recipient->asked == NULL)
		r->recipient->asked = asked;
	else
		r->recipient->asked_last->next = asked;
	r->recipient->asked_last = asked;
}

/* "\name", or the account's own .forward led here, as in a circle of accounts
 * who forward to each other: its mailbox is meant. */
static bool
is_direct(const struct context *c, const struct account *account)
{
	for (const struct step *s = c->way; s != NULL; s = s->before)
		if (s->forward != NULL &&
		    strcmp(s->forward->name, account->name) == 0 &&
		    strcmp(s->forward->domain->name,
		    account->domain->name) == 0)
			return true;
	return c->direct;
}

void
reach_account(struct resolver *r, struct context c,
    const struct account *account, const char *how)
{
	struct pool *pool = &r->plan->pool;
	struct err err;

	c = reach_step(r, c, NULL, how, account->file, account->line);
	if (mailbox_check(account, &err) == -1) {
		reach_dead_end(r, &c, outcome_from_err(&err));
		return;
	}
	struct target *t = reach(r, &c, (struct target){
	    .kind = TARGET_ACCOUNT, .account = account,
	    .text = account->name, .retry = retry_address(r, c.way),
	    .list_sender = c.sender },
	    pool_format(pool, "account %s@%s",
	    pool_lower(pool, slice_of(account->name)), c.domain->name));
	if (t == NULL)
		return;
	if (is_direct(&c, account))
		t->direct = true;
	else
		ask(r, &c, t);
}

void
reach_command(struct resolver *r, const struct context *c, const char *command)
{
	const struct account *owner = c->runs_as;

	reach(r, c, (struct target){ .kind = TARGET_COMMAND, .text = command,
	    .account = owner }, pool_format(&r->plan->pool, "command %s %s %s",
	    owner != NULL ? owner->name : "", reach_address(r, c), command));
}

void
reach_file(struct resolver *r, const struct context *c, const char *path)
{
	reach(r, c, (struct target){ .kind = TARGET_FILE, .text = path },
	    pool_format(&r->plan->pool, "file %s", path));
}

void
reach_remote(struct resolver *r, const struct context *c,
    const struct address *address)
{
	struct pool *pool = &r->plan->pool;
	const char *text = address_text(pool, address->local, address->domain);

	reach(r, c, (struct target){ .kind = TARGET_REMOTE, .text = text,
	    .sender = c->sender }, pool_format(pool, "remote %s", text));
}

void
reach_auto(struct resolver *r, const struct context *c, const char *path)
{
	struct context at = reach_step(r, *c, NULL, "autoresponder", path, 0);

	reach(r, &at, (struct target){ .kind = TARGET_AUTO, .text = path },
	    pool_format(&r->plan->pool, "answer %s", path));
}

void
reach_dead_end(struct resolver *r, const struct context *c, struct outcome why)
{
	if (is_full(r))
		return;
	/* At the MTA what is too deep would go round once more, and who is
	 * unknown behind a fallback would meet the fallback again. */
	bool again = why.kind == OUTCOME_PERMANENT ||
	    (why.kind == OUTCOME_NO_USER && c->no_fallback);
	const char *retry = again ? NULL : retry_address(r, c->way);
	plan_add_target(r->plan, r->recipient,
	    &(struct target){ .kind = TARGET_FAILURE, .way = c->way,
	    .domain = c->domain, .local = c->local, .text = "", .failure = why,
	    .retry = retry, .list_sender = c->sender });
}

void
reach_failure(struct resolver *r, struct context c, const char *how,
    struct outcome why)
{
	c = reach_step(r, c, NULL, how, NULL, 0);
	reach_dead_end(r, &c, why);
}

bool
reach_deeper(struct resolver *r, struct context *c)
{
	if (c->depth < r->in->conf.max_alias_depth) {
		c->depth++;
		return true;
	}
	if (r->waits) {
		r->too_deep = true;
		return false;
	}
	reach_failure(r, *c, "too deep",
	    outcome_make(OUTCOME_PERMANENT, "5.4.6",
	    "alias loop: more than %llu steps lead to %s",
	    (unsigned long long)r->in->conf.max_alias_depth,
	    reach_address(r, c)));
	return false;
}
