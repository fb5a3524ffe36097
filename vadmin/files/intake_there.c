/* intake_there.c: the accounts that a domain has, for looking up thousands. */
#include "intake_there.h"

#include <fcntl.h>
#include <string.h>

#include "fd.h"
#include "file.h"
#include "intake_said.h"
#include "quota_file.h"
#include "scope.h"
#include "spool.h"

/* The first line of each name; in shadow.D the first whole one. */
static void
index_lines(struct slice text, size_t fields, struct pool *pool,
    struct table *table, size_t *whole)
{
	struct entry entry;
	union {
		const char	*in;
		void		*out;
	} line;

	while (entries_next(&text, &entry)) {
		if (entry.count == fields)
			++*whole;
		else if (fields == SHADOW_FIELDS)
			continue;
		void **at = table_at(table, pool_lower(pool, entry.field[0]));
		line.in = entry.line.p;
		if (*at == NULL)
			*at = line.out;
	}
}

int
there_read(const struct domain *domain, struct pool *pool, struct there *there,
    struct err *err)
{
	size_t unused = 0;

	if (user_files_read(domain, pool, &there->files, err) == -1)
		return -1;
	index_lines(str_slice(&there->files.passwd), PASSWD_FIELDS,
	    &there->names, &there->passwd, &there->accounts);
	index_lines(str_slice(&there->files.shadow), SHADOW_FIELDS,
	    &there->names, &there->shadow, &unused);
	return 0;
}

void
drop_there(struct there *there)
{
	drop_user_files(&there->files);
	drop_table(&there->passwd);
	drop_table(&there->shadow);
	drop_pool(&there->names);
}

static bool
find(const struct table *table, const struct str *text, const char *name,
    struct entry *entry)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *at = table_find(table, pool_lower(&pool, slice_of(name)));

	if (at == NULL)
		return false;
	struct slice rest = slice_from(str_slice(text), (size_t)(at - text->s));
	return entries_next(&rest, entry);
}

bool
there_find(const struct there *there, const char *name, struct entry *entry)
{
	return find(&there->passwd, &there->files.passwd, name, entry);
}

struct slice
there_hash(const struct there *there, const char *name)
{
	struct entry entry;

	if (find(&there->shadow, &there->files.shadow, name, &entry))
		return entry.field[SHADOW_HASH];
	if (there_find(there, name, &entry) && entry.count == PASSWD_FIELDS &&
	    !slice_is(entry.field[PASSWD_HASH], "x"))
		return entry.field[PASSWD_HASH];
	return (struct slice){ 0 };
}

static bool
has_name(const struct entry *entry, const char *full_name)
{
	struct slice rest = entry->field[PASSWD_GECOS], name = { 0 };

	slice_cut(&rest, ',', &name);
	return slice_is(name, full_name);
}

static bool
has_quota(const struct domain *domain, struct pool *pool,
    const struct newcomer *newcomer)
{
	SCOPED(drop_str) struct str wanted = { 0 };
	const char *has = quota_file_read(domain, newcomer->name, pool);

	quota_file_text(slice_of(newcomer->quota), &wanted);
	str_cut(&wanted, wanted.len - 1);
	return slice_is(str_slice(&wanted), has);
}

static bool
has_forward(const struct domain *domain, const struct newcomer *newcomer)
{
	SCOPED(drop_str) struct str name = { 0 }, text = { 0 };
	SCOPED(drop_fd) int dir = -1;
	SCOPED(drop_fd) int fd = -1;
	struct err unused;

	str_addf(&name, "%s.forward", newcomer->name);
	return spool_files(domain, false, &dir, &unused) == 0 &&
	    file_open(dir, str_text(&name), O_NOFOLLOW, &fd, NULL,
	    &unused) == 0 && file_read(fd, 1 << 20, &text, &unused) == 0 &&
	    slice_is(str_slice(&text), newcomer->forward);
}

static void
differs(struct str *out, bool same, const char *what)
{
	if (!same)
		str_addf(out, "%s%s", out->len > 0 ? ", " : "", what);
}

const char *
there_compare(const struct there *there, struct pool *pool,
    const struct newcomer *newcomer, const struct entry *entry)
{
	const struct domain *domain = there->files.domain;
	SCOPED(drop_str) struct str what = { 0 };

	if (entry->count != PASSWD_FIELDS)
		return "its line in the passwd file is broken";
	differs(&what, newcomer->full_name == NULL ||
	    has_name(entry, newcomer->full_name), "name");
	differs(&what, newcomer->hash == NULL ||
	    slice_is(there_hash(there, newcomer->name), newcomer->hash),
	    "password");
	differs(&what, newcomer->quota == NULL ||
	    has_quota(domain, pool, newcomer), "quota");
	differs(&what, newcomer->forward == NULL ||
	    has_forward(domain, newcomer), "forward");
	intake_said_compare(newcomer, domain, pool,
	    entry->field[PASSWD_GECOS], &what);
	return what.len > 0 ? pool_dup(pool, str_slice(&what)) : NULL;
}
