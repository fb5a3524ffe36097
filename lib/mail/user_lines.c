/* user_lines.c: one line more in passwd.D or shadow.D, whatever their size. */
#include "user_lines.h"

#include <time.h>

#include "entries.h"
#include "files.h"
#include "line_edit.h"
#include "passwd_file.h"
#include "scope.h"

const struct line_file line_files[] = {
	[USER_LINES_PASSWD] = { "passwd", MODE_PUBLIC, PASSWD_FIELDS },
	[USER_LINES_SHADOW] = { "shadow", MODE_SECRET, SHADOW_FIELDS },
};

int
user_lines_mention(const struct domain *domain, enum user_lines_kind kind,
    struct slice name, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_passwd_reader) struct passwd_reader r = { .fd = -1 };
	struct index_question question = { INDEX_ACCOUNT, name, false, NULL };
	struct slice line;
	int got;

	if (passwd_open(domain, &pool, line_files[kind].name, &question, &r,
	    err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	while ((got = passwd_next(&r, &line, err)) == 1)
		if (slice_same(passwd_first_field(line), name))
			return 1;
	return got == -1 ? err_within(err, "%s", r.path) : 0;
}

int
user_lines_hash(const struct domain *domain, const char *account,
    struct str *out, struct err *err)
{
	SCOPED(drop_secret) struct str text = { 0 };
	struct slice name = slice_of(account);
	struct entry entry;
	int got = line_find(domain, USER_LINES_SHADOW, name, &text, &entry,
	    err);

	if (got == 1) {
		str_addslice(out, entry.field[SHADOW_HASH]);
		return 0;
	}
	str_cut(&text, 0);
	if (got == 0)
		got = line_find(domain, USER_LINES_PASSWD, name, &text,
		    &entry, err);
	if (got == 1 && !slice_is(entry.field[PASSWD_HASH], "x"))
		str_addslice(out, entry.field[PASSWD_HASH]);
	return got == -1 ? -1 : 0;
}

int
user_lines_count(const struct domain *domain, uint64_t *out, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_passwd_reader) struct passwd_reader r = { .fd = -1 };
	struct slice line, unused[1];
	uint64_t n = 0;
	int got;

	if (passwd_open(domain, &pool, "passwd", NULL, &r, err) == -1)
		return -1;
	while ((got = passwd_next(&r, &line, err)) == 1)
		n += !passwd_is_comment(line) &&
		    passwd_split(line, unused, 1) == PASSWD_FIELDS;
	if (got == -1)
		return err_within(err, "%s", r.path);
	*out = n;
	return 0;
}

int
user_lines_add(const struct domain *domain, enum user_lines_kind kind,
    const struct slice *fields, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str line = { 0 };
	const char *name = pool_format(&pool, "%s.%s", line_files[kind].name,
	    domain->name);

	if (entries_add((struct slice){ 0 }, fields, line_files[kind].fields,
	    &line, err) == -1)
		return err_within(err, "%s", name);
	return files_append(domain->in, name, line_files[kind].mode,
	    str_slice(&line), err);
}

int
user_lines_set_hash(const struct domain *domain, const char *account,
    const char *hash, struct err *err)
{
	SCOPED(drop_str) struct str day = { 0 };
	struct slice name = slice_of(account);
	int there = user_lines_mention(domain, USER_LINES_SHADOW, name, err);

	if (there == -1)
		return -1;
	if (there == 1)
		return line_set_hash(domain, account, hash, HASH_NEW_ACCOUNT,
		    err);
	str_addf(&day, "%lld", (long long)(time(NULL) / 86400));
	struct slice fields[SHADOW_FIELDS] = { name, slice_of(hash),
	    str_slice(&day) };
	return user_lines_add(domain, USER_LINES_SHADOW, fields, err);
}
