/* references.c: what leads to an account or a domain, in all domains. */
#include "references.h"

#include <errno.h>
#include <sys/stat.h>

#include "domain.h"
#include "fd.h"
#include "mem.h"
#include "mentions.h"
#include "scope.h"
#include "spool.h"

/* A domain, and whether its settings name nobody. */
struct listed {
	const char	*name;
	bool		 plain;
};

struct search {
	struct mentions		 m;
	struct listed		*domains;
	size_t			 count, room;
	/* it can be told by a name whether a domain has files there */
	bool			 spool_is_there;
};

static void
drop_search(struct search *s)
{
	drop_mem(&s->domains);
	drop_mentions(&s->m);
}

static int
list_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct search *s = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain;
	bool plain = false;

	if (is_alias)
		return 0;
	if (domain_open_listed(&s->m.call->in, &pool, name, &domain,
	    err) == 0) {
		mentions_expect(&s->m, domain);
		plain = domain->conf.extra_aliases.count == 0 &&
		    domain->conf.fallback[0] == '\0';
	}
	mem_room(&s->domains, &s->room, s->count, sizeof *s->domains);
	s->domains[s->count++] = (struct listed){ name, plain };
	return 0;
}

static bool
has_no_files(const struct search *s, struct pool *pool, const char *name)
{
	const struct installation *in = &s->m.call->in;
	struct stat st;

	return s->spool_is_there && lstat(pool_format(pool, "%s/files/%s",
	    installation_path(in, pool, in->conf.spool), name), &st) == -1 &&
	    errno == ENOENT;
}

/* What cannot be read is told, and does not stop the search. */
static void
look_at_domain(struct search *s, const struct listed *listed)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *name = listed->name;
	struct domain *domain;
	struct err err;

	s->m.at = (struct reference){ .domain = name, .name = "" };
	mentions_in_aliases(&s->m, pool_format(&pool, "aliases.%s", name));
	if (listed->plain && has_no_files(s, &pool, name))
		return;
	if (domain_open_listed(&s->m.call->in, &pool, name, &domain,
	    &err) == -1) {
		note("%s: not looked at: %s", name, err.text);
		mentions_staying(&s->m, err.kind);
		return;
	}
	for (size_t i = 0; i < domain->conf.extra_aliases.count; i++)
		mentions_in_extra(&s->m, pool_dup(&s->m.pool,
		    slice_of(domain->conf.extra_aliases.word[i])));
	mentions_in_fallback(&s->m, domain);
	mentions_in_forwards(&s->m, domain);
}

static int
look_everywhere(struct search *s, struct err *err)
{
	SCOPED(drop_fd) int spool = -1;
	struct err unused;

	s->spool_is_there = spool_open(&s->m.call->in, &spool, &unused) == 0;
	if (domain_each(&s->m.call->in, &s->m.pool, list_domain, s, err) == -1)
		return -1;
	for (size_t i = 0; i < s->count; i++)
		look_at_domain(s, &s->domains[i]);
	return 0;
}

int
references_each(struct call *call, const char *account,
    reference_visitor *visit, void *arg, struct err *err)
{
	SCOPED(drop_search) struct search s = { .m = { .call = call,
	    .account = account, .visit = visit, .arg = arg } };

	return look_everywhere(&s, err);
}

static int
each_must(struct search *s, struct err *err)
{
	if (look_everywhere(s, err) == -1)
		return -1;
	return s->m.staying == 0 ? 0 : err_set(err, s->m.why == ERR_TEMPORARY ?
	    ERR_TEMPORARY : ERR_REFUSED, "%zu place%s told above cannot be "
	    "changed: mend that first, then say it again", s->m.staying,
	    s->m.staying > 1 ? "s" : "");
}

int
references_check(struct call *call, const char *account,
    reference_visitor *visit, void *arg, struct err *err)
{
	SCOPED(drop_search) struct search s = { .m = { .call = call,
	    .account = account, .visit = visit, .arg = arg, .dry = true } };

	return each_must(&s, err);
}

int
references_change(struct call *call, const char *account,
    reference_visitor *visit, void *arg, struct err *err)
{
	SCOPED(drop_search) struct search s = { .m = { .call = call,
	    .account = account, .visit = visit, .arg = arg } };

	return each_must(&s, err);
}
