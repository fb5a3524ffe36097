/* user_room.c: whether a domain has room for another account. */
#include "user_room.h"

#include <unistd.h>

#include "entries.h"

static size_t
count_accounts(struct slice passwd)
{
	struct entry entry;
	size_t n = 0;

	while (entries_next(&passwd, &entry))
		n += entry.count == PASSWD_FIELDS;
	return n;
}

int
user_room_check(const struct subject *subject, const struct user_files *files,
    struct err *err)
{
	const struct domain *domain = subject->domain;
	uint64_t max = domain->conf.max_users;

	if (entries_mention(str_slice(&files->passwd), slice_of(subject->name)))
		return err_set(err, ERR_EXISTS,
		    "%s has an account '%s' already", domain->name,
		    subject->name);
	if (max != 0 && count_accounts(str_slice(&files->passwd)) >= max)
		return err_set(err, ERR_REFUSED,
		    "%s may have %llu accounts and has them: raise "
		    "max-users", domain->name, (unsigned long long)max);
	if (!domain->in->as_root && !domain->one_owner)
		return err_set(err, ERR_REFUSED,
		    "only root can make accounts of their own uid: give %s one "
		    "owner ('vadmin domain set %s owner=%u')", domain->name,
		    domain->name, (unsigned)getuid());
	return 0;
}
