/* param.c: the types of what operations are given, and their limits. */
#include "param.h"

#include <string.h>

#include "account_settings.h"
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

static int
check_quota(struct slice value, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct setting *row = settings_row(account_settings, SLICE("quota"));
	struct account_settings unused;

	return settings_set(row, &pool, value, &unused, err);
}

static int
check_account_setting(struct slice value, struct err *err)
{
	struct account_settings scratch = { 0 };

	return check_setting(account_settings, value, &scratch, err);
}

static int
check_size(struct slice value, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct setting row = { .name = "size" };
	uint64_t unused;

	return setting_size(&row, &pool, value, &unused, err);
}

const struct param_type param_domain = { .label = "D", .max = 1024, .check = check_domain };
const struct param_type param_account = { .label = "U@D", .max = 1280, .check = check_account };
const struct param_type param_alias = { .label = "L@D", .max = 1280, .check = check_account };
const struct param_type param_auto = { .label = "NAME@D", .max = 1280, .check = check_account };
const struct param_type param_switch = { .label = "on|off|show", .max = 8, .check = check_switch };
const struct param_type param_grant = { .label = "retrieve|all|none", .max = 16, .check = check_grant };
const struct param_type param_quota = {
	.label = "kB|none|disabled|default", .max = 32, .check = check_quota,
};
const struct param_type param_size = { .label = "BYTES", .max = 32, .check = check_size };
const struct param_type param_address = { .label = "ADDRESS", .max = 1280 };
const struct param_type param_pattern = { .label = "PATTERN", .max = 1280 };
const struct param_type param_member = { .label = "MEMBER", .max = 4096, .check = check_member };
const struct param_type param_flag = { .label = "", .is_flag = true };
const struct param_type param_word = { .label = "WORD", .max = 1280 };
const struct param_type param_file = { .label = "FILE", .max = 1280 };
const struct param_type param_domain_setting = {
	.label = "NAME=VALUE", .max = 8192, .check = check_domain_setting,
};
const struct param_type param_account_setting = {
	.label = "NAME=VALUE", .max = 8192, .check = check_account_setting,
};

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
