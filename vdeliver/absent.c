/* absent.c: what an account may have on disk that this version cannot do. */
#include "absent.h"

#include <errno.h>
#include <sys/stat.h>

#include "installation.h"
#include "scope.h"

struct place {
	const char	*what;
	const char	*path;
	bool		 empty_is_none;
};

/* Whoever keeps us from looking keeps the mail waiting: a home that the
 * account itself cannot look into is a fault. */
static int
check(const struct place *p, struct err *err)
{
	struct stat st;

	if (stat(p->path, &st) == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(err, "%s", p->path);
	if (p->empty_is_none && st.st_size == 0)
		return 0;
	return err_set(err, ERR_INVALID, "%s: %s is not available in this version: take the file away",
	    p->path, p->what);
}

int
absent_check_account(const struct account *account, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct domain *domain = account->domain;
	const char *name = account->name, *home = account->home;
	const char *spool = installation_path(domain->in, &pool, domain->in->conf.spool);
	const char *files = pool_format(&pool, "%s/files/%s", spool, domain->name);
	const struct place places[] = {
		{ "an inbox limit", pool_format(&pool, "%s/%s/%s.quota", spool, domain->name, name), false },
		{ "forwarding", pool_format(&pool, "%s/%s.forward", files, name), true },
		{ "a vacation", pool_format(&pool, "%s/%s.vacation.db", files, name), false },
		{ "forwarding", pool_format(&pool, "%s/.forward", home), true },
		{ "a vacation", pool_format(&pool, "%s/.vacation.db", home), false },
	};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if ((places[i].path[0] == '/') && check(&places[i], err) == -1)
			return -1;
	return 0;
}
