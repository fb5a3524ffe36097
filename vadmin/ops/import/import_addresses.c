/* import_addresses.c: the addresses that accounts of a CSV have beside their
 * own. */
#include "import_addresses.h"

#include <string.h>

#include "alternative.h"
#include "profile_file.h"
#include "scope.h"
#include "table.h"

static struct account
account_of(const struct newcomer *one)
{
	return (struct account){ .domain = one->domain, .name = one->name };
}

int
import_addresses_check(struct call *call, struct newcomer *one,
    struct err *err)
{
	const char *alternative = account_value(one->said,
	    "alternative-address");
	struct account account = account_of(one);

	if (alternative_check(call, &account,
	    account_value(one->said, "address"), alternative, alternative,
	    err) == -1)
		return -1;
	for (size_t i = 0; account_fields[i].name != NULL; i++)
		if (one->said[i] != NULL &&
		    strstr(account_fields[i].name, "address") != NULL)
			one->said[i] = alternative_address(call, &account,
			    one->said[i]);
	return 0;
}

/* However its domain is spelt: it is one of the account's. */
static const char *
key_of(struct pool *pool, struct slice local, const struct newcomer *one)
{
	return pool_lower(pool, slice_of(pool_format(pool, "%.*s@%s",
	    (int)local.len, local.p, one->domain->name)));
}

/* Two of them cannot have one address. */
static void
claim(struct call *call, struct table *taken, const char *address,
    struct newcomer *one)
{
	struct newcomer **first = (struct newcomer **)table_at(taken, address);

	if (*first == NULL) {
		*first = one;
		return;
	}
	one->verdict = INTAKE_WRONG;
	one->why = pool_format(&call->pool, "alternative-address: %s:%u has "
	    "it already", (*first)->file, (*first)->line);
}

/* An import that was interrupted may have written profile and alias already. */
static bool
is_free(struct call *call, const struct newcomer *one, const char *address,
    struct err *err)
{
	struct account account = account_of(one);
	struct profile before = { 0 };

	if (profile_file_read(one->domain, one->name, &call->pool, &before,
	    err) == -1)
		before.alternative = NULL;
	return alternative_check(call, &account, NULL, address,
	    before.alternative, err) == 0;
}

void
import_addresses_judge(struct call *call, struct csv_row *const *rows,
    size_t count)
{
	SCOPED(drop_table) struct table taken = { 0 };
	struct pool *pool = &call->pool;
	struct err err;

	for (size_t i = 0; i < count; i++) {
		struct newcomer *one = &rows[i]->newcomer;
		if (one->verdict == INTAKE_NEW)
			claim(call, &taken, key_of(pool, slice_of(one->name),
			    one), one);
	}
	for (size_t i = 0; i < count; i++) {
		struct newcomer *one = &rows[i]->newcomer;
		const char *address = account_value(one->said,
		    "alternative-address");
		struct slice local = slice_of(address);
		if (one->verdict != INTAKE_NEW || local.len == 0)
			continue;
		local.len = (size_t)slice_find_last(local, '@');
		claim(call, &taken, key_of(pool, local, one), one);
		if (one->verdict == INTAKE_NEW &&
		    !is_free(call, one, address, &err)) {
			one->verdict = INTAKE_WRONG;
			one->why = pool_dup(pool, slice_of(err.text));
		}
	}
}
