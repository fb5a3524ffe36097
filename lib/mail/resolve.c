/* resolve.c: from an address to a plan: the rules and their order. */
#include "resolve.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "fallback.h"
#include "resolver.h"

/* Longer than a look takes. */
enum { LATELY_SECONDS = 60 };

/* --- domains ----------------------------------------------------------- */

/* What opening a domain gave, remembered for the other members of a list. */
struct opened {
	struct domain	*domain;	/* NULL: err tells why */
	struct err	 err;
};

static const struct opened *
open_domain(struct resolver *r, const char *name)
{
	void **slot = table_at(&r->plan->domains, name);

	if (*slot == NULL) {
		struct opened *o = pool_alloc(&r->plan->pool, sizeof *o);
		if (domain_open(r->in, &r->plan->pool, slice_of(name),
		    &o->domain, &o->err) == -1)
			o->domain = NULL;
		*slot = o;
	}
	return *slot;
}

/* --- names that were met ----------------------------------------------- */

static char in_progress, done;

static const char *
mark_key(struct resolver *r, const struct context *c, struct slice name)
{
	struct pool *pool = &r->plan->pool;

	return pool_format(pool, "%s@%s%s", pool_lower(pool, name),
	    c->domain->name, c->no_fallback ? " no fallback" : "");
}

/* --- the rules, in their order ----------------------------------------- */

/* A name that came up again within its own expansion. */
static void
mailbox_or_nothing(struct resolver *r, const struct context *c,
    struct slice name)
{
	if (!meet_mailbox(r, c, name, "account, within its own alias"))
		plan_warn(r->plan, "%s leads back to itself and has no "
		    "mailbox: left out", reach_address(r, c));
}

/* Aliases, the account, its full name.  Beside them an autoresponder may
 * answer.  A name that is being expanded is its mailbox. */
static bool
try_name(struct resolver *r, const struct context *c, struct slice name)
{
	const char *key = mark_key(r, c, name);
	const void *mark = table_find(&r->visited, key);

	if (mark == &done || table_find(&r->finished, key) != NULL)
		return true;
	if (mark == &in_progress) {
		mailbox_or_nothing(r, c, name);
		return true;
	}
	*table_at(&r->visited, key) = &in_progress;
	bool found = expand_alias(r, *c, name) ||
	    meet_account(r, c, name, "account") || meet_full_name(r, c, name);
	*table_at(&r->visited, key) = found ? &done : NULL;
	if (found)
		meet_auto(r, c, name);
	return found;
}

/* The part before the extension, with all that it may be. */
static bool
try_without_extension(struct resolver *r, const struct context *c)
{
	struct slice name = meet_without_extension(r, slice_of(c->local));

	return c->local[name.len] != '\0' &&
	    (try_name(r, c, name) || meet_auto(r, c, name));
}

static bool
is_postmaster(const char *local)
{
	return slice_same(slice_of(local), SLICE("postmaster"));
}

static bool
try_postmaster(struct resolver *r, struct context c)
{
	if (!is_postmaster(c.local) ||
	    strcmp(c.domain->name, r->in->main_domain) == 0)
		return false;
	const struct opened *o = open_domain(r, r->in->main_domain);
	if (o->domain != NULL && strcmp(o->domain->name, c.domain->name) == 0)
		return false;
	if (!reach_deeper(r, &c))
		return true;
	c = reach_step(r, c, NULL, "the main domain's postmaster", NULL, 0);
	resolve_address(r, c,
	    &(struct address){ "postmaster", r->in->main_domain });
	return true;
}

static void
apply_fallback(struct resolver *r, struct context c)
{
	struct pool *pool = &r->plan->pool;
	const struct domain *domain = c.domain;
	const char *file = pool_format(pool, "%s/%s", r->in->path,
	    domain->file);
	unsigned line =
	    domain->lines.of[settings_row(domain_settings,
	    SLICE("fallback")) - domain_settings];
	struct alias_member member;
	struct err err;

	if (domain->conf.fallback[0] == '\0' || c.no_fallback) {
		reach_failure(r, c, "no alias, no account",
		    outcome_make(OUTCOME_NO_USER, "5.1.1", "unknown user %s",
		    reach_address(r, &c)));
		return;
	}
	if (!reach_deeper(r, &c))
		return;
	c = reach_step(r, c, NULL, "fallback", file, line);
	c.no_fallback = true;
	if (fallback_parse(pool, domain->conf.fallback, c.local, &member,
	    &err) == -1)
		reach_dead_end(r, &c, outcome_make(OUTCOME_TEMPORARY, "4.3.5",
		    "%s:%u: fallback: %s", file, line, err.text));
	else
		expand_member(r, c, &member);
}

static bool
means_postmaster(const struct resolver *r, const char *local)
{
	return slice_same(meet_without_extension(r, slice_of(local)),
	    SLICE("postmaster"));
}

/* The domain's postmaster is excepted, and so is all that he leads to. */
static bool
is_for_postmaster(struct resolver *r, const struct context *c)
{
	struct address address;
	struct err err;

	if (means_postmaster(r, c->local))
		return true;
	for (const struct step *s = c->way; s != NULL; s = s->before)
		if (address_parse(&r->plan->pool, slice_of(s->address),
		    &address, &err) == 0 &&
		    strcmp(address.domain, c->domain->name) == 0 &&
		    means_postmaster(r, address.local))
			return true;
	return false;
}

static bool
is_rejected(struct resolver *r, const struct context *c)
{
	if (!c->domain->conf.reject_mail || is_for_postmaster(r, c))
		return false;
	reach_failure(r, *c, "reject-mail",
	    outcome_make(OUTCOME_REFUSED, "5.2.1",
	    "%s does not accept mail", c->domain->name));
	return true;
}

static bool
try_all(struct resolver *r, const struct context *c)
{
	struct slice name = slice_of(c->local);

	return try_name(r, c, name) || try_without_extension(r, c) ||
	    meet_auto(r, c, name) || try_postmaster(r, *c);
}

/* Whether aliases or accounts may have changed while we looked: an account that
 * is renamed becomes an alias, and we may have looked for that before, and for
 * the account afterwards. */
static bool
changed_lately(const struct resolver *r, const struct domain *domain)
{
	static const char *const kinds[] = { "aliases", "passwd" };
	struct stat st;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (fstatat(r->in->dir, pool_format(&r->plan->pool, "%s.%s",
		    kinds[i], domain->name), &st, 0) == 0 &&
		    time(NULL) - st.st_ctime < LATELY_SECONDS)
			return true;
	return false;
}

static void
apply_rules(struct resolver *r, const struct context *c)
{
	size_t before = r->plan->warning_count;

	if (is_rejected(r, c) || try_all(r, c))
		return;
	if (changed_lately(r, c->domain)) {
		/* It says the same once more. */
		r->plan->warning_count = before;
		if (try_all(r, c))
			return;
	}
	apply_fallback(r, *c);
}

/* --- addresses --------------------------------------------------------- */

/* Puts the domain into *c.  False: it was not one to look into, and what could
 * be done is done. */
static bool
enter_domain(struct resolver *r, struct context *c,
    const struct address *address)
{
	if (address->domain[0] == '\0')
		return true;
	const struct opened *o = open_domain(r, address->domain);
	if (o->domain != NULL) {
		c->domain = o->domain;
		return true;
	}
	if (o->err.kind == ERR_ABSENT) {
		reach_remote(r, c, address);
		return false;
	}
	struct context at = reach_step(r, *c,
	    address_text(&r->plan->pool, address->local, address->domain),
	    "domain", NULL, 0);
	reach_dead_end(r, &at, outcome_from_err(&o->err));
	return false;
}

void
resolve_address(struct resolver *r, struct context c,
    const struct address *address)
{
	if (!enter_domain(r, &c, address))
		return;
	c.local = address->local;
	apply_rules(r, &c);
}

void
resolve_mailbox(struct resolver *r, struct context c,
    const struct address *address)
{
	if (!enter_domain(r, &c, address))
		return;
	c.local = address->local;
	c.direct = true;
	if (is_rejected(r, &c))
		return;
	if (!meet_mailbox(r, &c, slice_of(c.local), "mailbox"))
		reach_failure(r, c, "no such account",
		    outcome_make(OUTCOME_NO_USER, "5.1.1", "unknown user %s",
		    reach_address(r, &c)));
}

/* --- the recipient ----------------------------------------------------- */

static int
found_one(void *arg, const char *name, bool is_alias, struct err *err)
{
	(void)arg;
	(void)name;
	(void)is_alias;
	(void)err;
	return 1;
}

/* A directory without settings and domains is most often not mounted: then
 * nobody is unknown. */
static struct outcome
unknown_domain(struct resolver *r, const char *domain)
{
	struct err err;

	if (!r->in->configured && domain_each(r->in, &r->plan->pool, found_one,
	    NULL, &err) == 0)
		return outcome_make(OUTCOME_TEMPORARY, "4.3.5",
		    "%s has neither vmail.conf nor a domain: is it mounted?",
		    r->in->path);
	return outcome_make(OUTCOME_NO_DOMAIN, "5.1.2", "unknown domain %s",
	    domain);
}

static void
resolve_in_domain(struct resolver *r, struct context *c,
    const struct address *address)
{
	const struct opened *o = open_domain(r, address->domain);

	if (o->domain == NULL) {
		reach_dead_end(r, c, o->err.kind == ERR_ABSENT ?
		    unknown_domain(r, address->domain) :
		    outcome_from_err(&o->err));
		return;
	}
	c->domain = o->domain;
	r->recipient->domain = o->domain->name;
	apply_rules(r, c);
}

static struct outcome
not_all(const struct resolver *r)
{
	if (r->late)
		return outcome_make(OUTCOME_TEMPORARY, "4.3.0",
		    "delivery-timeout was over before all that it leads to "
		    "was looked at");
	return outcome_make(OUTCOME_PERMANENT, "5.5.3",
	    "more than %llu recipients",
	    (unsigned long long)r->in->conf.max_recipients);
}

void
resolve_check(struct resolver *r, const struct context *c)
{
	if (r->exhausted) {
		r->recipient->count = 0;
		r->recipient->asked = NULL;
		r->exhausted = false;
		plan_add_target(r->plan, r->recipient,
		    &(struct target){ .kind = TARGET_FAILURE,
		    .domain = c->domain, .local = c->local, .text = "",
		    .failure = not_all(r) });
	} else if (r->recipient->count == 0) {
		reach_dead_end(r, c, outcome_make(OUTCOME_PERMANENT, "5.4.6",
		    "alias loop: %s leads to nobody but itself",
		    reach_address(r, c)));
	}
}

void
resolve(const struct installation *in, struct plan *plan, const char *recipient)
{
	struct resolver r = { .in = in, .plan = plan };
	struct context c = { .local = recipient };
	struct address address;
	struct err err;

	r.recipient = plan_add_recipient(plan, recipient);
	if (address_parse(&plan->pool, slice_of(recipient), &address,
	    &err) == -1) {
		reach_dead_end(&r, &c, err.kind == ERR_INVALID ?
		    outcome_make(OUTCOME_NO_USER, "5.1.3", "%s", err.text) :
		    outcome_from_err(&err));
		return;
	}
	if (address.domain[0] == '\0')
		address.domain = in->main_domain;
	c.local = r.recipient->local = address.local;
	r.recipient->domain = address.domain;
	resolve_in_domain(&r, &c, &address);
	resolve_check(&r, &c);
	drop_table(&r.visited);
}
