/* param.c: the types of what operations are given, and their limits. */
#include "param.h"

#include <stddef.h>
#include <string.h>

#include "conf.h"
#include "grants.h"
#include "near.h"
#include "pool.h"
#include "scope.h"
#include "utf8.h"

static int
check_domain(struct slice value, struct err *err)
{
	if (slice_has(value, '@') || slice_has(value, '/') || slice_has(value, '='))
		return err_set(err, ERR_INVALID, "not the name of a domain");
	return 0;
}

static int
check_account(struct slice value, struct err *err)
{
	ptrdiff_t at = slice_find_last(value, '@');

	if (at == 0 || (at != -1 && (size_t)at + 1 == value.len))
		return err_set(err, ERR_INVALID, "not U@D");
	return 0;
}

static int
check_switch(struct slice value, struct err *err)
{
	return slice_is(value, "on") || slice_is(value, "off") || slice_is(value, "show") ? 0 :
	    err_set(err, ERR_INVALID, "neither on, off nor show");
}

static int
check_grant(struct slice value, struct err *err)
{
	enum grant unused;

	return grant_named(value, &unused) ? 0 :
	    err_set(err, ERR_INVALID, "neither retrieve, all nor none");
}

static int
check_number(struct slice value, struct err *err)
{
	uint64_t unused;

	return slice_number(value, UINT64_MAX, &unused) == 0 ? 0 :
	    err_set(err, ERR_INVALID, "not a number");
}

static int
check_member(struct slice value, struct err *err)
{
	if (slice_trim(value).len == 0)
		return err_set(err, ERR_INVALID, "empty");
	return 0;
}

void
param_assignment(const char *text, struct slice *name, struct slice *value)
{
	struct slice rest = slice_of(text);

	slice_cut(&rest, '=', name);
	*name = slice_trim(*name);
	*value = slice_trim(rest);
}

static const char *
row_name(const void *table, size_t index)
{
	return ((const struct setting *)table)[index].name;
}

/* The value is parsed as the file would be, into a struct that is thrown
 * away: what cannot be read never gets written. */
static int
check_setting(const struct setting *table, struct slice given, void *scratch, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str near = { 0 };
	struct slice name, value;

	if (!slice_has(given, '='))
		return err_set(err, ERR_INVALID, "not NAME=VALUE");
	param_assignment(pool_dup(&pool, given), &name, &value);
	const struct setting *row = settings_row(table, name);
	if (row == NULL) {
		near_matches(name, row_name, table, &near);
		return err_set(err, ERR_INVALID, "no setting is called '%.*s'%s", (int)name.len,
		    name.p, str_text(&near));
	}
	if (row->refused_by != 0 && !slice_is(value, row->preset))
		return err_set(err, ERR_INVALID, "'%s' is not available in this version",
		    row->name);
	if (settings_set(row, &pool, value, scratch, err) == -1)
		return err_within(err, "%s", row->name);
	return 0;
}

static int
check_domain_setting(struct slice value, struct err *err)
{
	struct domain_conf scratch = { 0 };

	return check_setting(domain_settings, value, &scratch, err);
}

/* GECOS is a field of a line, its first part up to a comma is the full name,
 * and an & in it stands for the login: none of these can be in a name. */
static int
parse_full_name(const struct setting *row, struct pool *pool, struct slice value, void *field,
    struct err *err)
{
	for (const char *c = ":,&"; *c != '\0'; c++)
		if (slice_has(value, *c))
			return err_set(err, ERR_INVALID,
			    "a full name cannot hold '%c' in a passwd file", *c);
	return setting_text(row, pool, value, field, err);
}

static int
parse_quota(const struct setting *row, struct pool *pool, struct slice value, void *field,
    struct err *err)
{
	uint64_t bytes;

	if (slice_is(value, "none") || slice_is(value, "disabled") || slice_is(value, "default"))
		return setting_text(row, pool, value, field, err);
	if (setting_kilobytes(row, pool, value, &bytes, err) == -1)
		return err_within(err, "neither none, disabled nor default, and");
	if (bytes == 0)
		return err_set(err, ERR_INVALID, "0 could mean two things: say 'none' for no "
		    "limit, or 'disabled' to accept no mail at all");
	return setting_text(row, pool, value, field, err);
}

#define LATER(word)	{ word, setting_text, offsetof(struct account_settings, later), "", \
			  "Not available in this version.", .refused_by = PROGRAM_VADMIN }

const struct setting account_settings[] = {
	{ "name", parse_full_name, offsetof(struct account_settings, name), "",
	  "The full name, kept in the passwd file.", .max = 0 },
	{ "quota", parse_quota, offsetof(struct account_settings, quota), "default",
	  "The inbox's own limit in kB (or with k, M, G), none, disabled, or default.",
	  .max = UINT64_C(1) << 60 },
	LATER("forward"), LATER("filter"), LATER("first-name"), LATER("last-name"),
	LATER("display-name"), LATER("address"), LATER("alternative-address"), LATER("title"),
	LATER("office"), LATER("phone"), LATER("mobile"), LATER("home-phone"), LATER("pager"),
	LATER("fax"),
	{ 0 }
};

static int
check_quota(struct slice value, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct setting *row = settings_row(account_settings, SLICE("quota"));
	const char *unused;

	return parse_quota(row, &pool, value, &unused, err);
}

static int
check_account_setting(struct slice value, struct err *err)
{
	struct account_settings scratch = { 0 };

	return check_setting(account_settings, value, &scratch, err);
}

/* What an account may say of itself; all else is an administrator's. */
static const char *const own_fields[] = { "title", "office", "phone", "mobile",
    "home-phone", "pager", "fax", NULL };

bool
param_is_own_field(struct slice name)
{
	for (size_t i = 0; own_fields[i] != NULL; i++)
		if (slice_is(name, own_fields[i]))
			return true;
	return false;
}

#define TYPE(name)	const struct param_type param_##name

TYPE(domain) = { .label = "D", .max = 1024, .check = check_domain,
    .subject = SUBJECT_DOMAIN };
TYPE(account) = { .label = "U@D", .max = 1280, .check = check_account,
    .subject = SUBJECT_ACCOUNT };
TYPE(alias) = { .label = "L@D", .max = 1280, .check = check_account,
    .subject = SUBJECT_ALIAS };
TYPE(auto) = { .label = "NAME@D", .max = 1280, .check = check_account,
    .subject = SUBJECT_ADDRESS };
TYPE(admin) = { .label = "NAME", .max = 1280, .check = check_account };
TYPE(principal) = { .label = "PRINCIPAL", .max = 1280 };
TYPE(switch) = { .label = "on|off|show", .max = 8, .check = check_switch,
    .subject = SUBJECT_NOTHING };
TYPE(grant) = { .label = "retrieve|all|none", .max = 16, .check = check_grant,
    .subject = SUBJECT_NOTHING };
TYPE(quota) = { .label = "kB|none|disabled|default", .max = 32,
    .check = check_quota, .subject = SUBJECT_NOTHING };
TYPE(number) = { .label = "N", .max = 20, .check = check_number,
    .subject = SUBJECT_NOTHING };
TYPE(address) = { .label = "ADDRESS", .max = 1280,
    .subject = SUBJECT_ADDRESS };
TYPE(pattern) = { .label = "PATTERN", .max = 1280,
    .subject = SUBJECT_NOTHING };
TYPE(domain_pattern) = { .label = "D | PATTERN", .max = 1280,
    .subject = SUBJECT_DOMAIN_PATTERN };
TYPE(member) = { .label = "MEMBER", .max = 4096, .check = check_member,
    .subject = SUBJECT_MEMBER };
TYPE(flag) = { .label = "", .is_flag = true, .subject = SUBJECT_NOTHING };
TYPE(word) = { .label = "WORD", .max = 1280, .subject = SUBJECT_NOTHING };
TYPE(file) = { .label = "FILE", .max = 1280, .subject = SUBJECT_FILE };
TYPE(domain_setting) = { .label = "NAME=VALUE", .max = 8192,
    .check = check_domain_setting };
TYPE(account_setting) = { .label = "NAME=VALUE", .max = 8192,
    .check = check_account_setting, .subject = SUBJECT_FIELD };

int
param_check(const struct param_type *type, struct slice value, struct err *err)
{
	if (type->is_flag)
		return 0;
	if (value.len > type->max)
		return err_set(err, ERR_INVALID, "longer than %zu bytes", type->max);
	if (!utf8_is_valid(value))
		return err_set(err, ERR_INVALID, "not valid UTF-8");
	if (utf8_has_control(value))
		return err_set(err, ERR_INVALID, "a line break or control character is in it");
	return type->check != NULL ? type->check(value, err) : 0;
}
