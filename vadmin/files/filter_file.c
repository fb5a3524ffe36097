/* filter_file.c: whether an account's mail goes through its domain's filter. */
#include "filter_file.h"

#include <unistd.h>

#include "admin_file.h"
#include "fd.h"
#include "files.h"
#include "installation.h"
#include "scope.h"
#include "settings.h"
#include "side_file.h"
#include "spool.h"

int
filter_file_read(const struct domain *domain, const char *name,
    struct pool *pool)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice rest, word;
	struct err unused;

	if (admin_file_read(domain, pool_format(pool, "%s/files/%s/%s.filter",
	    installation_path(domain->in, pool, domain->in->conf.spool),
	    domain->name, name), &text, &unused) != 1)
		return -1;
	rest = str_slice(&text);
	slice_cut(&rest, '\n', &word);
	return !slice_same(slice_trim(word), SLICE("no"));
}

bool
filter_file_flag(struct slice value)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct setting row = { .name = "filter" };
	struct err unused;
	bool flag = true;

	return setting_flag(&row, &pool, value, &flag, &unused) == -1 || flag;
}

int
filter_file_write(const struct domain *domain, const char *name,
    struct slice value, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int dir = -1;
	const char *file = pool_format(&pool, "%s.filter", name);

	if (spool_files(domain, true, &dir, err) == -1)
		return -1;
	return filter_file_flag(value) ?
	    side_file_remove(dir, file, NULL, err) :
	    side_file_write(dir, file, SLICE("no\n"), geteuid(), MODE_PUBLIC,
	    err);
}
