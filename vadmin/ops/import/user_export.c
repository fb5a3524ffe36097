/* user_export.c: accounts as a CSV, as "user import" takes it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "account.h"
#include "alias_list.h"
#include "csv.h"
#include "fd.h"
#include "file.h"
#include "filter_file.h"
#include "gecos.h"
#include "intake_there.h"
#include "ops.h"
#include "output.h"
#include "pattern.h"
#include "profile_file.h"
#include "quota_file.h"
#include "scope.h"
#include "spool.h"

struct export {
	struct call	*call;
	const char	*pattern;	/* of U@D; NULL: all */
	bool		 hashes;
	/* of the domain that is written */
	struct there	 there;
	int		 files;		/* files/D, or -1 */
	struct str	 text;
};

static void
drop_export(struct export *export)
{
	drop_there(&export->there);
	drop_fd(&export->files);
	drop_secret(&export->text);
}

/* Addresses and \names of U.forward, in one line; what else it holds a CSV does
 * not carry. */
static void
forward_of(struct export *export, const struct account *account,
    struct pool *pool, struct str *out)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_str) struct str text = { 0 };
	struct alias_member *members;
	size_t count;
	unsigned line = 1;
	struct err err;

	if (export->files == -1 || file_open(export->files, pool_format(pool,
	    "%s.forward", account->name), O_NOFOLLOW, &fd, NULL, &err) == -1)
		return;
	if (file_read(fd, 1 << 20, &text, &err) == -1 ||
	    alias_list_parse(pool, str_slice(&text), true, ALIAS_ADDRESSES,
	    &line, &members, &count, &err) == -1) {
		note("the forward of %s@%s is left out: %s", account->name,
		    account->domain->name, err.text);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		str_adds(out, i > 0 ? ", " : "");
		alias_member_add(out, &members[i]);
	}
}

static void
read_profile(struct export *export, const struct account *account,
    struct pool *pool, struct profile *out)
{
	SCOPED(drop_fd) int fd = -1;
	const char *name = pool_format(pool, "the profile of %s@%s",
	    account->name, account->domain->name);
	struct err err;

	settings_preset(profile_settings, pool, out);
	if (export->files == -1)
		return;
	int got = profile_open(account->domain, export->files, account->name,
	    &fd, &err);
	if (got == 1)
		got = profile_read(fd, name, pool, out, &err);
	if (got == -1)
		note("%s is left out: %s", name, err.text);
}

/* yes is what an account has where nothing is said. */
static struct slice
value_of(const struct account *account, const struct entry *line,
    const struct profile *profile, const struct account_field *field,
    struct pool *pool)
{
	if (field->place == KEPT_AS_FILTER)
		return slice_of(filter_file_read(account->domain,
		    account->name, pool) == 0 ? "no" : "");
	return field->place == KEPT_IN_GECOS ?
	    gecos_part(line->field[PASSWD_GECOS],
	    (enum gecos_part)field->index) :
	    slice_of(profile_value(profile, field->name));
}

static void
add_profile(struct export *export, const struct account *account,
    struct pool *pool)
{
	struct entry line = { 0 };
	struct profile profile = { 0 };

	read_profile(export, account, pool, &profile);
	if (!there_find(&export->there, account->name, &line) ||
	    line.count != PASSWD_FIELDS)
		line = (struct entry){ 0 };
	for (const struct account_field *f = account_fields; f->name != NULL;
	    f++)
		if (f->column != NULL)
			csv_add(&export->text, false, value_of(account, &line,
			    &profile, f, pool));
}

static int
add_account(void *arg, const struct account *account, struct err *err)
{
	struct export *export = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str forward = { 0 };
	const char *address = pool_format(&pool, "%s@%s", account->name,
	    account->domain->name);
	const char *quota = quota_file_read(account->domain, account->name,
	    &pool);
	struct slice hash = { 0 };

	(void)err;
	if (export->pattern != NULL &&
	    !pattern_matches_address(export->pattern, account->name,
	    account->domain->name))
		return 0;
	forward_of(export, account, &pool, &forward);
	if (export->hashes)
		hash = there_hash(&export->there, account->name);
	csv_add(&export->text, true, slice_of(address));
	csv_add(&export->text, false, slice_of(account->full_name));
	csv_add(&export->text, false, slice_of(strcmp(quota, "default") == 0 ?
	    "" : strcmp(quota, "0") == 0 ? "none" : quota));
	csv_add(&export->text, false, str_slice(&forward));
	if (export->hashes)
		csv_add(&export->text, false, hash);
	add_profile(export, account, &pool);
	str_adds(&export->text, "\r\n");
	return 0;
}

static int
export_domain(struct export *export, const struct domain *domain,
    struct err *err)
{
	struct err unused;

	drop_there(&export->there);
	export->there = (struct there){ 0 };
	drop_fd(&export->files);
	export->files = -1;
	if (there_read(domain, &export->call->pool, &export->there,
	    err) == -1)
		return -1;
	if (spool_files(domain, false, &export->files, &unused) == -1)
		export->files = -1;
	return account_each(domain, add_account, export, err);
}

/* A broken domain is told of, and does not hide the others. */
static int
visit_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct export *export = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *at = export->pattern != NULL ?
	    strrchr(export->pattern, '@') : NULL;
	struct domain *domain;

	if (is_alias || (at != NULL &&
	    !pattern_finds(at + 1, slice_of(name))))
		return 0;
	if (domain_open(&export->call->in, &pool, slice_of(name), &domain,
	    err) == -1 || export_domain(export, domain, err) == -1) {
		note("%s left out: %s", name, err->text);
		export->call->status = 1;
	}
	return 0;
}

static int
export_wanted(struct export *export, const char *given, struct err *err)
{
	SCOPED(drop_pool) struct pool names = { 0 };
	struct call *call = export->call;
	struct domain *domain;

	if (given != NULL && strchr(given, '@') == NULL &&
	    !pattern_is_one(given)) {
		if (domain_open(&call->in, &call->pool, slice_of(given),
		    &domain, err) == -1)
			return -1;
		return export_domain(export, domain, err);
	}
	export->pattern = given == NULL || strchr(given, '@') != NULL ?
	    given : pool_format(&call->pool, "*@%s", given);
	return domain_each(&call->in, &names, visit_domain, export, err);
}

int
user_export(struct call *call, struct err *err)
{
	SCOPED(drop_export) struct export export = { .call = call,
	    .hashes = call_has(call, "--hashes"), .files = -1 };

	str_addf(&export.text, "address,name,quota,forward%s",
	    export.hashes ? ",hash" : "");
	for (const struct account_field *f = account_fields; f->name != NULL;
	    f++)
		if (f->column != NULL)
			str_addf(&export.text, ",%s", f->column);
	str_adds(&export.text, "\r\n");
	if (export_wanted(&export, call_text(call, "D | PATTERN"), err) == -1)
		return -1;
	fwrite(export.text.s, 1, export.text.len, stdout);
	return 0;
}
