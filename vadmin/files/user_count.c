/* user_count.c: how many accounts there are, by the lines of passwd.D. */
#include "user_count.h"

#include "domain.h"
#include "entries.h"
#include "files.h"
#include "progress.h"
#include "scope.h"

size_t
user_count(const struct installation *in, const char *domain)
{
	SCOPED(drop_str) struct str name = { 0 }, text = { 0 };
	struct entry entry;
	struct err unused;
	size_t n = 0;

	str_addf(&name, "passwd.%s", domain);
	if (files_read(in, str_text(&name), &text, NULL, &unused) == -1)
		return 0;
	for (struct slice rest = str_slice(&text); entries_next(&rest, &entry);
	    )
		n += entry.count == PASSWD_FIELDS;
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
