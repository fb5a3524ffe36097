/* host.c: names of hosts, and which of our domains they lead to. */
#include "host.h"

#include "domain.h"
#include "name.h"
#include "scope.h"

int
host_name(struct pool *pool, struct slice given, struct slice *name)
{
	SCOPED(drop_str) struct str lower = { 0 };

	str_addlower(&lower, given);
	if (lower.len > 0 && lower.s[lower.len - 1] == '.')
		str_cut(&lower, lower.len - 1);
	if (!name_is_domain(str_slice(&lower)))
		return -1;
	*name = slice_of(pool_dup(pool, str_slice(&lower)));
	return 0;
}

int
host_domain(const struct installation *in, struct pool *pool,
    struct slice host, bool whole_last, const char **real, struct err *err)
{
	struct slice rest = host, label;
	bool whole = true;

	while (rest.len > 0) {
		if (!(whole && whole_last)) {
			if (domain_real_name(in, pool, rest, real, err) == 0)
				return 0;
			if (err->kind != ERR_ABSENT)
				return -1;
		}
		whole = false;
		slice_cut(&rest, '.', &label);
	}
	if (whole_last && host.len > 0)
		return domain_real_name(in, pool, host, real, err);
	return err_set(err, ERR_ABSENT, "no part of %.*s is one of our domains",
	    (int)host.len, host.p);
}
