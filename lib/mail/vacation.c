/* vacation.c: where an account's vacation lies. */
#include "vacation.h"

#include <sys/stat.h>

#include "installation.h"
#include "scope.h"

struct vacation_files
vacation_files(const struct account *account, enum vacation_place place,
    struct pool *pool)
{
	const struct domain *domain = account->domain;

	if (place == VACATION_HOME)
		return (struct vacation_files){ account->home, ".vacation",
		    ".vacation.db" };
	return (struct vacation_files){
		pool_format(pool, "%s/files/%s", installation_path(domain->in,
		pool, domain->in->conf.spool), domain->name),
		pool_format(pool, "%s.vacation", account->name),
		pool_format(pool, "%s.vacation.db", account->name),
	};
}

enum vacation_place
vacation_place(const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct stat st;

	for (enum vacation_place place = VACATION_FILES;
	    place < (enum vacation_place)VACATION_PLACES; place++) {
		struct vacation_files files = vacation_files(account, place,
		    &pool);
		if (files.directory[0] == '/' &&
		    lstat(pool_format(&pool, "%s/%s", files.directory,
		    files.index), &st) == 0)
			return place;
	}
	return VACATION_NONE;
}
