/* serve.c: one connection, from its address to its end. */
#include "serve.h"

#include "domain.h"
#include "fd.h"
#include "native.h"
#include "parent.h"
#include "pool.h"
#include "scope.h"
#include "stop.h"
#include "where.h"

static const char *
greeting_name(const struct installation *in, const struct where *where,
    struct pool *pool)
{
	if (where->kind == WHERE_DOMAIN)
		return pool_format(pool, "Virtual %s", where->domain);
	return in->hostname;
}

/* A domain that cannot be read is found out at the login. */
static bool
needs_tls(const struct installation *in, const struct where *where,
    struct pool *pool)
{
	struct domain *domain;
	struct err err;

	return where->kind == WHERE_DOMAIN &&
	    domain_open(in, pool, slice_of(where->domain), &domain,
	    &err) == 0 && domain->conf.require_tls == REQUIRE_TLS_YES;
}

int
serve_connection(const struct serving *serving,
    const struct connection *connection, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int stop = -1;
	struct parent parent = {
		.in = serving->in, .connection = connection,
		.root = serving->root,
	};

	where_find(serving->in, connection, &pool, &parent.where);
	if (parent.where.kind == WHERE_MAIN && serving->native != NULL)
		return native_become(serving->native, connection,
		    serving->found, err);
	connection_no_delay();
	if (stop_open(false, &stop, err) == -1)
		return -1;
	parent.stop = stop;
	parent.name = greeting_name(serving->in, &parent.where, &pool);
	parent.needs_tls = needs_tls(serving->in, &parent.where, &pool);
	return parent_run(&parent, err);
}
