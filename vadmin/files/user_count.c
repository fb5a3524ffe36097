/* user_count.c: how many accounts there are, by the lines of passwd.D. */
#include "user_count.h"

#include "domain.h"
#include "entries.h"
#include "files.h"
#include "ident.h"
#include "name.h"
#include "progress.h"
#include "scope.h"
#include "table.h"

static bool
has_ids(const struct entry *entry)
{
	uint64_t uid, gid;

	return slice_number(entry->field[PASSWD_UID], UINT32_MAX, &uid) == 0 &&
	    slice_number(entry->field[PASSWD_GID], UINT32_MAX, &gid) == 0 &&
	    !ident_is_forbidden((struct ident){ (uid_t)uid, (gid_t)gid });
}

/* Of lines with one name the first counts, and no line that the programs would
 * not serve. */
static bool
is_account(const struct entry *entry, struct table *seen, struct pool *pool)
{
	struct slice name = entry->field[PASSWD_NAME];

	if (entry->count != PASSWD_FIELDS || !name_is_account(name) ||
	    !has_ids(entry))
		return false;
	return table_add_lower(seen, pool, name);
}

size_t
user_count(const struct installation *in, const char *domain)
{
	SCOPED(drop_str) struct str name = { 0 }, text = { 0 };
	SCOPED(drop_table) struct table seen = { 0 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct entry entry;
	struct err unused;
	size_t n = 0;

	str_addf(&name, "passwd.%s", domain);
	if (files_read(in, str_text(&name), &text, NULL, &unused) == -1)
		return 0;
	for (struct slice rest = str_slice(&text); entries_next(&rest, &entry);
	    )
		n += is_account(&entry, &seen, &pool);
	return n;
}

static int
expect_one(void *arg, const char *name, bool is_alias, struct err *err)
{
	(void)err;
	if (!is_alias)
		progress_expect(user_count(arg, name));
	return 0;
}

void
user_count_expect(const struct installation *in, const char *domain)
{
	SCOPED(drop_pool) struct pool names = { 0 };
	union {
		const struct installation	*in;
		void				*out;
	} arg = { in };
	struct err unused;

	if (!progress_is_shown())
		return;
	if (domain != NULL)
		progress_expect(user_count(in, domain));
	else
		(void)domain_each(in, &names, expect_one, arg.out, &unused);
}
