/* user_files.c: passwd.D and shadow.D of a domain. */
#include "user_files.h"

#include <time.h>

#include "entries.h"
#include "files.h"
#include "scope.h"

int
user_files_read(const struct domain *domain, struct pool *pool,
    struct user_files *out, struct err *err)
{
	bool there;

	*out = (struct user_files){
		.domain = domain,
		.passwd_name = pool_format(pool, "passwd.%s", domain->name),
		.shadow_name = pool_format(pool, "shadow.%s", domain->name),
	};
	if (files_read(domain->in, out->passwd_name, &out->passwd, &there,
	    err) == -1)
		return -1;
	if (!there)
		return err_set(err, ERR_TEMPORARY,
		    "%s/%s is missing: 'vadmin domain add %s' makes it",
		    domain->in->path, out->passwd_name, domain->name);
	return files_read(domain->in, out->shadow_name, &out->shadow, NULL,
	    err);
}

void
drop_user_files(struct user_files *files)
{
	drop_str(&files->passwd);
	drop_str(&files->shadow);
}

static void
swap(struct str *a, struct str *b)
{
	struct str c = *a;

	*a = *b;
	*b = c;
}

int
user_files_write_passwd(struct user_files *files, struct str *text,
    struct err *err)
{
	if (files_write(files->domain->in, files->passwd_name, MODE_PUBLIC,
	    str_slice(text), err) == -1)
		return -1;
	swap(&files->passwd, text);
	return 0;
}

int
user_files_write_shadow(struct user_files *files, struct str *text,
    struct err *err)
{
	if (files_write(files->domain->in, files->shadow_name, MODE_SECRET,
	    str_slice(text), err) == -1)
		return -1;
	swap(&files->shadow, text);
	return 0;
}

struct slice
user_files_hash(const struct user_files *files, const char *account)
{
	struct entry entry;

	if (entries_find(str_slice(&files->shadow), slice_of(account),
	    SHADOW_FIELDS, &entry))
		return entry.field[SHADOW_HASH];
	if (entries_find(str_slice(&files->passwd), slice_of(account),
	    PASSWD_FIELDS, &entry) && !slice_is(entry.field[PASSWD_HASH], "x"))
		return entry.field[PASSWD_HASH];
	return (struct slice){ 0 };
}

static const char *
today(struct str *out)
{
	str_addf(out, "%lld", (long long)(time(NULL) / 86400));
	return str_text(out);
}

/* An entry that is there keeps its other fields, ageing and expiry. */
static int
change_shadow(struct user_files *files, const char *account, const char *hash,
    enum hash_kind kind, struct err *err)
{
	SCOPED(drop_str) struct str day = { 0 }, once = { 0 }, twice = { 0 };
	struct slice name = slice_of(account);
	struct entry entry;

	today(&day);
	if (kind == HASH_NEW_ACCOUNT ||
	    !entries_find(str_slice(&files->shadow), name, SHADOW_FIELDS,
	    &entry)) {
		struct slice fields[SHADOW_FIELDS] = { name, slice_of(hash),
		    str_slice(&day) };
		if (entries_add(str_slice(&files->shadow), fields,
		    SHADOW_FIELDS, &once, err) == -1)
			return -1;
		return user_files_write_shadow(files, &once, err);
	}
	if (entries_set(str_slice(&files->shadow), name, SHADOW_FIELDS,
	    SHADOW_HASH, slice_of(hash), &once, err) == -1)
		return -1;
	if (kind == HASH_SAME)
		return user_files_write_shadow(files, &once, err);
	if (entries_set(str_slice(&once), name, SHADOW_FIELDS, SHADOW_CHANGED,
	    str_slice(&day), &twice, err) == -1)
		return -1;
	return user_files_write_shadow(files, &twice, err);
}

/* shadow.D first: as soon as it has an entry, passwd.D's field says nothing. */
int
user_files_set_hash(struct user_files *files, const char *account,
    const char *hash, enum hash_kind kind, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct entry entry;

	if (change_shadow(files, account, hash, kind, err) == -1)
		return err_within(err, "%s", files->shadow_name);
	if (!entries_find(str_slice(&files->passwd), slice_of(account),
	    PASSWD_FIELDS, &entry) || slice_is(entry.field[PASSWD_HASH], "x"))
		return 0;
	if (entries_set(str_slice(&files->passwd), slice_of(account),
	    PASSWD_FIELDS, PASSWD_HASH, SLICE("x"), &text, err) == -1)
		return err_within(err, "%s", files->passwd_name);
	return user_files_write_passwd(files, &text, err);
}
