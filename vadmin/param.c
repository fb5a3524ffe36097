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
check_shell(struct slice value, struct err *err)
{
	return slice_is(value, "bash") || slice_is(value, "zsh") ? 0 :
	    err_set(err, ERR_INVALID, "neither bash nor zsh");
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

#define NAME_RULE \
	"Up to 64 letters, digits, '.', '_' and '-' before the '@', not beginning with '.' or '-'."

const struct param_type param_domain = {
	.subject = SUBJECT_DOMAIN,
	.label = "D", .max = 1024, .known = KNOWN_DOMAINS, .check = check_domain,
	.rule = "A domain in any spelling; upper case and letters of its language are converted.",
};
const struct param_type param_account = {
	.subject = SUBJECT_ACCOUNT,
	.label = "U@D", .max = 1280, .known = KNOWN_ACCOUNTS, .check = check_account,
	.rule = NAME_RULE,
};
const struct param_type param_alias = {
	.subject = SUBJECT_ALIAS,
	.label = "L@D", .max = 1280, .known = KNOWN_ALIASES, .check = check_account,
	.rule = "What stands before the '@' of an address.",
};
const struct param_type param_membership = {
	.subject = SUBJECT_MEMBERSHIP,
	.label = "L@D", .max = 1280, .known = KNOWN_ALIASES, .check = check_account,
	.rule = "What stands before the '@' of an address.",
};
const struct param_type param_auto = {
	.subject = SUBJECT_ADDRESS,
	.label = "NAME@D", .max = 1280, .known = KNOWN_AUTOS, .check = check_account,
	.rule = NAME_RULE,
};
const struct param_type param_switch = {
	.subject = SUBJECT_NOTHING,
	.label = "on|off|show", .max = 8, .known = KNOWN_CHOICES, .check = check_switch,
	.rule = "One of these words.",
};
const struct param_type param_grant = {
	.subject = SUBJECT_NOTHING,
	.label = "retrieve|all|none", .max = 16, .known = KNOWN_CHOICES, .check = check_grant,
	.rule = "One of these words.",
};
const struct param_type param_quota = {
	.subject = SUBJECT_NOTHING,
	.label = "kB|none|disabled|default", .max = 32, .known = KNOWN_CHOICES,
	.check = check_quota,
	.rule = "A number from 1, of kB or with k, M or G behind it; or one of these words.",
};
const struct param_type param_size = {
	.subject = SUBJECT_NOTHING,
	.label = "BYTES", .max = 32, .check = check_size,
	.rule = "A number of bytes, or with k, M or G behind it.",
};
const struct param_type param_number = {
	.subject = SUBJECT_NOTHING,
	.label = "N", .max = 20, .check = check_number, .rule = "Digits alone.",
};
const struct param_type param_filter = {
	.subject = SUBJECT_NOTHING,
	.label = "N|D|U@D", .max = 1280, .known = KNOWN_DOMAINS,
	.rule = "Digits alone are a number; a domain; or an account.",
};
const struct param_type param_address = {
	.subject = SUBJECT_ADDRESS,
	.label = "ADDRESS", .max = 1280, .known = KNOWN_ACCOUNTS,
	.rule = "A local part and a domain; without '@' in the main domain.",
};
const struct param_type param_successor = {
	.subject = SUBJECT_MEMBER,
	.label = "ADDRESS", .max = 1280, .known = KNOWN_ACCOUNTS,
	.rule = "A local part and a domain, ours or not.",
};
const struct param_type param_pattern = {
	.subject = SUBJECT_NOTHING,
	.label = "PATTERN", .max = 1280, .known = KNOWN_DOMAINS,
	.rule = "'*' stands for any text, '?' for one character; quote them for the shell.",
};
const struct param_type param_member = {
	.subject = SUBJECT_MEMBER,
	.label = "MEMBER", .max = 4096, .known = KNOWN_ACCOUNTS, .check = check_member,
	.rule = "One word for each; what is no plain address is quoted for the shell.",
};
const struct param_type param_flag = {
	.subject = SUBJECT_NOTHING,
	.label = "", .is_flag = true, .rule = "It has no value.",
};
const struct param_type param_word = {
	.subject = SUBJECT_NOTHING,
	.label = "WORD", .max = 1280, .rule = "Any text.",
};
const struct param_type param_file = {
	.subject = SUBJECT_FILE,
	.label = "FILE", .max = 1280, .known = KNOWN_FILES, .rule = "A path, or '-' for standard input.",
};
const struct param_type param_operation = {
	.subject = SUBJECT_NOTHING,
	.label = "OPERATION", .max = 64, .known = KNOWN_OPERATIONS,
	.rule = "Its words, or the first of them.",
};
const struct param_type param_shell = {
	.subject = SUBJECT_NOTHING,
	.label = "bash|zsh", .max = 8, .known = KNOWN_CHOICES, .check = check_shell,
	.rule = "One of these words.",
};
const struct param_type param_sample = {
	.subject = SUBJECT_NOTHING,
	.label = "vmail.conf|domain", .max = 16, .known = KNOWN_CHOICES,
	.rule = "One of these words.",
};
const struct param_type param_domain_setting = {
	.label = "NAME=VALUE", .max = 8192, .known = KNOWN_SETTINGS,
	.settings = domain_settings, .check = check_domain_setting,
	.rule = "One of the settings below; quote a value with blanks for the shell.",
};
const struct param_type param_account_setting = {
	.subject = SUBJECT_FIELD,
	.label = "NAME=VALUE", .max = 8192, .known = KNOWN_SETTINGS,
	.settings = account_settings, .check = check_account_setting,
	.rule = "One of the settings below; quote a value with blanks for the shell.",
};
const struct param_type param_domain_pattern = {
	.subject = SUBJECT_DOMAIN_PATTERN,
	.label = "D | PATTERN", .max = 1280, .known = KNOWN_DOMAINS,
	.rule = "'*' stands for any text, '?' for one character; quote them for the shell.",
};
const struct param_type param_domains = {
	.subject = SUBJECT_DOMAIN_PATTERN,
	.label = "D", .max = 1024, .known = KNOWN_DOMAINS, .check = check_domain,
	.rule = "A domain in any spelling, or a pattern: '*' stands for any text, '?' for one character.",
};
const struct param_type param_admin = {
	.label = "NAME", .max = 1280, .check = check_account,
	.rule = "A name, or NAME@D for one of a domain.",
};
const struct param_type param_principal = {
	.label = "PRINCIPAL", .max = 1280,
	.rule = "An administrator or an account.",
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
