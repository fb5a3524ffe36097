/* user_room.c: whether a domain has room for another account. */
#include "user_room.h"

#include <unistd.h>

#include "files.h"
#include "pool.h"
#include "scope.h"
#include "user_lines.h"

static int
there_already(const struct subject *subject, struct err *err)
{
	return err_set(err, ERR_EXISTS, "%s has an account '%s' already",
	    subject->domain->name, subject->name);
}

static int
is_full(const struct domain *domain, struct err *err)
{
	return err_set(err, ERR_REFUSED,
	    "%s may have %llu accounts and has them: raise max-users",
	    domain->name, (unsigned long long)domain->conf.max_users);
}

static int
check_maker(const struct domain *domain, struct err *err)
{
	if (!domain->in->as_root && !domain->one_owner)
		return err_set(err, ERR_REFUSED,
		    "only root can make accounts of their own uid: give %s one "
		    "owner ('vadmin domain set %s owner=%u')", domain->name,
		    domain->name, (unsigned)getuid());
	return 0;
}

int
user_room_files(const struct domain *domain, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *passwd = pool_format(&pool, "passwd.%s", domain->name),
	    *shadow = pool_format(&pool, "shadow.%s", domain->name);
	bool there, unused;

	if (files_check(domain->in, passwd, &there, err) == -1 ||
	    files_check(domain->in, shadow, &unused, err) == -1)
		return -1;
	return there ? 0 : err_set(err, ERR_TEMPORARY,
	    "%s/%s is missing: bring it back, or say 'vadmin domain add %s' "
	    "again, if that was interrupted",
	    domain->in->path, passwd, domain->name);
}

int
user_room_look(const struct subject *subject, struct err *err)
{
	const struct domain *domain = subject->domain;
	uint64_t max = domain->conf.max_users, count = 0;

	if (user_room_files(domain, err) == -1)
		return -1;
	int there = user_lines_mention(domain, USER_LINES_PASSWD,
	    slice_of(subject->name), err);
	if (there != 0)
		return there == 1 ? there_already(subject, err) : -1;
	if (max != 0 && user_lines_count(domain, &count, err) == -1)
		return -1;
	return max != 0 && count >= max ? is_full(domain, err) :
	    check_maker(domain, err);
}
