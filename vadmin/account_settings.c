/* account_settings.c: the settings of an account. */
#include "account_settings.h"

#include <assert.h>

#include "address.h"
#include "aliases.h"
#include "gecos.h"
#include "pool.h"
#include "scope.h"

/* --- the values ---------------------------------------------------------- */

static int
parse_without(const char *forbidden, const char *what, struct slice value,
    struct err *err)
{
	for (const char *c = forbidden; *c != '\0'; c++)
		if (slice_has(value, *c))
			return err_set(err, ERR_INVALID,
			    "%s cannot hold '%c' in a passwd file", what, *c);
	return 0;
}

/* GECOS is a field of a line, its parts end at commas, and an & in a name
 * stands for the login. */
static int
parse_name(const struct setting *row, struct pool *pool, struct slice value,
    void *field, struct err *err)
{
	return parse_without(":,&", "a full name", value, err) == -1 ? -1 :
	    setting_text(row, pool, value, field, err);
}

static int
parse_part(const struct setting *row, struct pool *pool, struct slice value,
    void *field, struct err *err)
{
	return parse_without(":,", row->name, value, err) == -1 ? -1 :
	    setting_text(row, pool, value, field, err);
}

static int
parse_quota(const struct setting *row, struct pool *pool, struct slice value,
    void *field, struct err *err)
{
	uint64_t bytes;

	if (slice_is(value, "none") || slice_is(value, "disabled") ||
	    slice_is(value, "default"))
		return setting_text(row, pool, value, field, err);
	if (setting_kilobytes(row, pool, value, &bytes, err) == -1)
		return err_set(err, ERR_INVALID, "a limit is a whole number "
		    "of kB, or one with k, M or G (10M), or none, disabled or "
		    "default");
	if (bytes == 0)
		return err_set(err, ERR_INVALID, "0 could mean two things: say "
		    "'none' for no limit, or 'disabled' to accept no mail at "
		    "all");
	return setting_text(row, pool, value, field, err);
}

static int
parse_filter(const struct setting *row, struct pool *pool, struct slice value,
    void *field, struct err *err)
{
	bool unused;

	return setting_flag(row, pool, value, &unused, err) == -1 ? -1 :
	    setting_text(row, pool, value, field, err);
}

/* "": U@D; whose domain it is, is asked where that is known. */
static int
parse_address(const struct setting *row, struct pool *pool, struct slice value,
    void *field, struct err *err)
{
	struct address unused;

	if (value.len > 0 && address_parse(pool, value, &unused, err) == -1)
		return -1;
	return setting_text(row, pool, value, field, err);
}

/* Addresses, and "\U" for a copy that stays; "off". */
static int
parse_forward(const struct setting *row, struct pool *pool, struct slice value,
    void *field, struct err *err)
{
	struct slice rest = value, word;
	struct alias_member member;

	if (value.len == 0)
		return err_set(err, ERR_INVALID,
		    "no address; 'off' takes a forward away");
	while (!slice_is(value, "off") && slice_word(&rest, &word)) {
		if (alias_parse_member(pool, word, &member, err) == -1)
			return err_within(err, "'%.*s'", (int)(word.len > 80 ?
			    80 : word.len), word.p);
		if (member.kind != ALIAS_ADDRESS &&
		    member.kind != ALIAS_MAILBOX)
			return err_set(err, ERR_INVALID, "'%.*s' is no address",
			    (int)(word.len > 80 ? 80 : word.len), word.p);
	}
	return setting_text(row, pool, value, field, err);
}

/* --- the tables ---------------------------------------------------------- */

const struct setting account_settings[] = {
	{ "name", parse_name, 0, "", .help = "The full name." },
	{ "quota", parse_quota, 0, "default",
	  .help = "The inbox's own limit in kB (or with k, M, G), none, disabled, or "
	  "default.", .max = UINT64_C(1) << 60 },
	{ "forward", parse_forward, 0, "off",
	  .help = "Addresses that mail goes to instead (\\U: a copy stays), or off." },
	{ "filter", parse_filter, 0, "yes",
	  .help = "Whether mail goes through the domain's filter." },
	{ "first-name", parse_name, 0, "", .help = "The first name." },
	{ "last-name", parse_name, 0, "", .help = "The last name." },
	{ "display-name", parse_name, 0, "",
	  .help = "The name in automatic answers. Empty: the full name." },
	{ "address", parse_address, 0, "",
	  .help = "The From of automatic answers, an address of the domain. Empty: "
	  "U@D." },
	{ "alternative-address", parse_address, 0, "",
	  .help = "Another address, kept as an alias of the domain." },
	{ "title", setting_text, 0, "", .help = "The title or position." },
	{ "office", parse_part, 0, "", .help = "The office." },
	{ "phone", parse_part, 0, "", .help = "The telephone at work." },
	{ "mobile", setting_text, 0, "", .help = "The mobile phone." },
	{ "home-phone", parse_part, 0, "", .help = "The telephone at home." },
	{ "pager", setting_text, 0, "", .help = "The pager." },
	{ "fax", setting_text, 0, "", .help = "The fax." },
	{ 0 }
};

const struct account_field account_fields[] = {
	{ "name", KEPT_IN_GECOS, GECOS_NAME, false, NULL },
	{ "quota", KEPT_AS_QUOTA, 0, false, NULL },
	{ "forward", KEPT_AS_FORWARD, 0, true, NULL },
	{ "filter", KEPT_AS_FILTER, 0, false, "filter" },
	{ "first-name", KEPT_IN_PROFILE, 0, false, "first-name" },
	{ "last-name", KEPT_IN_PROFILE, 0, false, "last-name" },
	{ "display-name", KEPT_IN_PROFILE, 0, false, "display-name" },
	{ "address", KEPT_IN_PROFILE, 0, false, "from-address" },
	{ "alternative-address", KEPT_AS_ALIAS, 0, false,
	  "alternative-address" },
	{ "title", KEPT_IN_PROFILE, 0, true, "title" },
	{ "office", KEPT_IN_GECOS, GECOS_OFFICE, true, "office" },
	{ "phone", KEPT_IN_GECOS, GECOS_PHONE, true, "phone" },
	{ "mobile", KEPT_IN_PROFILE, 0, true, "mobile" },
	{ "home-phone", KEPT_IN_GECOS, GECOS_HOME_PHONE, true,
	  "home-phone" },
	{ "pager", KEPT_IN_PROFILE, 0, true, "pager" },
	{ "fax", KEPT_IN_PROFILE, 0, true, "fax" },
	{ 0 }
};

static_assert(sizeof account_settings / sizeof *account_settings ==
    sizeof account_fields / sizeof *account_fields,
    "a setting of an account that is kept nowhere");
static_assert(sizeof account_fields / sizeof *account_fields ==
    ACCOUNT_FIELDS + 1, "ACCOUNT_FIELDS says how many");

const struct account_field *
account_field(struct slice name)
{
	for (const struct account_field *f = account_fields; f->name != NULL;
	    f++)
		if (slice_is(name, f->name))
			return f;
	return NULL;
}

const char *
account_value(const char *const values[ACCOUNT_FIELDS], const char *name)
{
	const char *value = values[account_field(slice_of(name)) -
	    account_fields];

	return value != NULL ? value : "";
}
