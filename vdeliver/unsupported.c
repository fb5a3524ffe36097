/* unsupported.c: what an account may have on disk that this version cannot
 * do. */
#include "unsupported.h"

#include <errno.h>
#include <sys/stat.h>

#include "installation.h"
#include "scope.h"

struct place {
	const char	*what;
	const char	*path;
};

/* A home that the account itself cannot look into is a fault; one that is
 * closed to the domain's one owner was never meant for its mail. */
static int
check(const struct place *p, bool one_owner, struct err *err)
{
	struct stat st;

	if (stat(p->path, &st) == -1) {
		if (errno == ENOENT || errno == ENOTDIR ||
		    (errno == EACCES && one_owner))
			return 0;
		return err_sys(err, "%s", p->path);
	}
	return err_set(err, ERR_INVALID,
	    "%s: %s is not available in this version: take the file away",
	    p->path, p->what);
}

int
unsupported_check(const struct account *account, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct domain *domain = account->domain;
	const char *name = account->name, *home = account->home;
	const char *spool = installation_path(domain->in, &pool,
	    domain->in->conf.spool);
	const char *files = pool_format(&pool, "%s/files/%s", spool,
	    domain->name);
	const struct place places[] = {
		{ "a vacation", pool_format(&pool, "%s/%s.vacation.db", files,
		  name) },
		{ "a vacation", pool_format(&pool, "%s/.vacation.db", home) },
	};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (places[i].path[0] == '/' &&
		    check(&places[i], domain->one_owner, err) == -1)
			return -1;
	return 0;
}
