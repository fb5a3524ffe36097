/* administrators.c: the files admins and admins.D. */
#include "administrators.h"

#include <time.h>

#include "account.h"
#include "files.h"
#include "name.h"
#include "scope.h"

#define FIRST		"admin"
#define NO_PASSWORD	"*"

int
administrators_read(const struct installation *in, struct pool *pool,
    const char *domain, struct administrators *out, struct err *err)
{
	*out = (struct administrators){ .in = in,
	    .file = domain == NULL ? "admins" :
	    pool_format(pool, "admins.%s", domain) };
	return files_read(in, out->file, &out->text, NULL, err);
}

void
drop_administrators(struct administrators *all)
{
	drop_str(&all->text);
}

int
administrators_find(const struct administrators *all, struct slice name,
    struct entry *out, struct err *err)
{
	struct slice text = str_slice(&all->text);

	if (!name_is_account(name))
		return err_set(err, ERR_ABSENT, "'%.*s' can be no "
		    "administrator", (int)name.len, name.p);
	if (entries_find(text, name, SHADOW_FIELDS, out))
		return 0;
	if (entries_mention(text, name))
		return err_set(err, ERR_INVALID, "%s/%s: the line of '%.*s' is "
		    "broken: mend it (shadow(5))", all->in->path, all->file,
		    (int)name.len, name.p);
	return err_set(err, ERR_ABSENT, "%s/%s has no administrator '%.*s'",
	    all->in->path, all->file, (int)name.len, name.p);
}

bool
administrator_is_barred(const struct entry *entry)
{
	struct slice hash = entry->field[SHADOW_HASH];
	bool expired = false;

	if (slice_starts(hash, "!") && hash.len > 1)
		return true;
	/* What cannot be read may have been meant to end it. */
	return !passwd_read_expiry(entry->field[SHADOW_EXPIRES], &expired) ||
	    expired;
}

/* Whatever is no "no password" may be one: a locked one can be opened. */
bool
administrators_can_log_in(const struct administrators *all)
{
	struct slice rest = str_slice(&all->text);
	struct entry entry;

	while (entries_next(&rest, &entry))
		if (!slice_is(entry.field[SHADOW_HASH], NO_PASSWORD))
			return true;
	return false;
}

static int
put(struct administrators *all, struct str *text, struct err *err)
{
	struct str old = all->text;

	if (files_write(all->in, all->file, MODE_SECRET, str_slice(text),
	    err) == -1)
		return -1;
	all->text = *text;
	*text = old;
	return 0;
}

static void
add_today(struct str *out)
{
	str_addf(out, "%lld", (long long)(time(NULL) / 86400));
}

int
administrators_add(struct administrators *all, const char *name,
    const char *hash, struct err *err)
{
	SCOPED(drop_str) struct str day = { 0 }, text = { 0 };

	add_today(&day);
	struct slice fields[SHADOW_FIELDS] = { slice_of(name), slice_of(hash),
	    str_slice(&day) };
	if (entries_add(str_slice(&all->text), fields, SHADOW_FIELDS, &text,
	    err) == -1)
		return err_within(err, "%s", all->file);
	return put(all, &text, err);
}

int
administrators_set_hash(struct administrators *all, const char *name,
    const char *hash, struct err *err)
{
	SCOPED(drop_str) struct str day = { 0 }, once = { 0 }, twice = { 0 };
	struct slice who = slice_of(name);

	add_today(&day);
	if (entries_set(str_slice(&all->text), who, SHADOW_FIELDS, SHADOW_HASH,
	    slice_of(hash), &once, err) == -1 ||
	    entries_set(str_slice(&once), who, SHADOW_FIELDS, SHADOW_CHANGED,
	    str_slice(&day), &twice, err) == -1)
		return err_within(err, "%s", all->file);
	return put(all, &twice, err);
}

int
administrators_remove(struct administrators *all, const char *name,
    struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };

	entries_remove(str_slice(&all->text), slice_of(name), &text);
	return put(all, &text, err);
}

/* --- of a new domain ----------------------------------------------------- */

int
administrators_read_new(const struct installation *in, struct pool *pool,
    const char *domain, struct administrators *out, struct err *err)
{
	if (administrators_read(in, pool, domain, out, err) == -1)
		return -1;
	return administrators_can_log_in(out) ? err_set(err, ERR_EXISTS, "%s/%s is left of "
	    "an earlier domain, whose administrators would have this one: move "
	    "it away first", in->path, out->file) : 0;
}

int
administrators_begin(struct administrators *all, struct err *err)
{
	struct entry unused;

	if (entries_find(str_slice(&all->text), SLICE(FIRST), SHADOW_FIELDS,
	    &unused))
		return 0;
	return administrators_add(all, FIRST, NO_PASSWORD, err);
}
