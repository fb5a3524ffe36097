/* user_settings.c: what "user add" and "user set" are given as NAME=VALUE. */
#include "user_settings.h"

#include <string.h>

#include "alternative.h"
#include "files.h"
#include "filter_file.h"
#include "forward_file.h"
#include "gecos.h"
#include "param.h"
#include "profile_file.h"
#include "quota_file.h"
#include "scope.h"

/* --- what is given ------------------------------------------------------- */

static const char *
value_of(const struct user_settings *s, const char *name)
{
	return s->given[account_field(slice_of(name)) - account_fields];
}

static void
read_given(struct call *call, struct user_settings *s)
{
	const struct setting_words *words = call_list(call, "NAME=VALUE");
	struct slice name, value;

	for (size_t i = 0; i < words->count; i++) {
		param_assignment(words->word[i], &name, &value);
		s->given[account_field(name) - account_fields] =
		    pool_dup(&call->pool, value);
	}
}

/* An account changes what is its own, and of itself. */
static int
check_rights(const struct call *call, const struct user_settings *s,
    struct err *err)
{
	const struct account *caller = call->principal.account;

	if (caller == NULL)
		return 0;
	if (s->is_new || strcmp(caller->domain->name,
	    s->account.domain->name) != 0 ||
	    strcmp(caller->name, s->account.name) != 0)
		return err_set(err, ERR_REFUSED,
		    "an account changes its own settings alone");
	for (size_t i = 0; account_fields[i].name != NULL; i++)
		if (s->given[i] != NULL && !account_fields[i].own)
			return err_set(err, ERR_REFUSED,
			    "'%s' is changed by administrators alone",
			    account_fields[i].name);
	return 0;
}

/* "\U" among the addresses: a copy stays.  It is taken out. */
static bool
take_copy(const struct account *account, struct setting_words *words)
{
	size_t kept = 0, all = words->count;

	for (size_t i = 0; i < all; i++)
		if (words->word[i][0] != '\\' || !slice_same(slice_of(
		    words->word[i] + 1), slice_of(account->name)))
			words->word[kept++] = words->word[i];
	words->count = kept;
	return kept < all;
}

static int
read_forward(struct call *call, const struct user_settings *s,
    struct setting_words *words, bool *keep, struct err *err)
{
	if (setting_list(NULL, &call->pool, slice_of(value_of(s, "forward")),
	    words, err) == -1)
		return -1;
	*keep = take_copy(&s->account, words);
	return 0;
}

static int
check_forward(struct call *call, const struct user_settings *s,
    struct err *err)
{
	const char *value = value_of(s, "forward");
	struct setting_words words = { 0 };
	bool unused;

	return value == NULL || strcmp(value, "off") == 0 ? 0 :
	    read_forward(call, s, &words, &unused, err) == -1 ? -1 :
	    forward_file_check(&s->account, &words, err);
}

int
user_settings_take(struct call *call, const struct account *account,
    bool is_new, struct user_settings *out, struct err *err)
{
	struct user_settings s = { .account = *account, .is_new = is_new };
	struct profile unread;

	read_given(call, &s);
	if (check_rights(call, &s, err) == -1 ||
	    check_forward(call, &s, err) == -1)
		return -1;
	if (!is_new) {
		if (profile_file_read(account->domain, account->name,
		    &call->pool, &unread, err) == -1)
			return -1;
		s.old = unread;
	}
	if (alternative_check(call, account, value_of(&s, "address"),
	    value_of(&s, "alternative-address"), s.old.alternative,
	    err) == -1)
		return -1;
	*out = s;
	return 0;
}

/* --- GECOS --------------------------------------------------------------- */

static const char *
text_of(const char *text)
{
	return text != NULL ? text : "";
}

/* The full name follows first and last name where it was made of them. */
static bool
follows(const struct user_settings *s, struct slice gecos, struct str *name)
{
	const char *first = value_of(s, "first-name"),
	    *last = value_of(s, "last-name");
	SCOPED(drop_str) struct str before = { 0 };
	struct slice now = gecos_part(gecos, GECOS_NAME);

	if (value_of(s, "name") != NULL || (first == NULL && last == NULL))
		return false;
	gecos_add_whole_name(&before, text_of(s->old.first_name),
	    text_of(s->old.last_name));
	if (now.len > 0 && !slice_equal(now, str_slice(&before)))
		return false;
	gecos_add_whole_name(name, first != NULL ? first :
	    text_of(s->old.first_name), last != NULL ? last :
	    text_of(s->old.last_name));
	return true;
}

void
user_settings_gecos(const struct user_settings *s, struct slice old,
    struct str *out)
{
	SCOPED(drop_str) struct str gecos = { 0 }, name = { 0 };

	str_addslice(&gecos, old);
	if (follows(s, old, &name))
		gecos_set(&gecos, GECOS_NAME, str_slice(&name));
	for (size_t i = 0; account_fields[i].name != NULL; i++)
		if (s->given[i] != NULL &&
		    account_fields[i].place == KEPT_IN_GECOS)
			gecos_set(&gecos, (enum gecos_part)
			    account_fields[i].index, slice_of(s->given[i]));
	str_addslice(out, str_slice(&gecos));
}

bool
user_settings_touch_gecos(const struct user_settings *s)
{
	bool touched = value_of(s, "first-name") != NULL ||
	    value_of(s, "last-name") != NULL;

	for (size_t i = 0; account_fields[i].name != NULL; i++)
		touched = touched || (s->given[i] != NULL &&
		    account_fields[i].place == KEPT_IN_GECOS);
	return touched;
}

/* --- files --------------------------------------------------------------- */

static int
apply_profile(struct call *call, const struct user_settings *s,
    struct err *err)
{
	struct profile_change changes[ACCOUNT_FIELDS];
	const struct domain *domain = s->account.domain;
	size_t count = 0;

	for (size_t i = 0; account_fields[i].name != NULL; i++) {
		const char *value = s->given[i];
		if (value == NULL ||
		    (account_fields[i].place != KEPT_IN_PROFILE &&
		    account_fields[i].place != KEPT_AS_ALIAS))
			continue;
		if (strstr(account_fields[i].name, "address") != NULL)
			value = alternative_address(call, &s->account, value);
		changes[count++] = (struct profile_change){
			account_fields[i].name, value };
	}
	return count == 0 && !s->is_new ? 0 : profile_file_change(domain,
	    s->account.name, changes, count, s->is_new, err);
}

static int
apply_quota(const struct user_settings *s, struct err *err)
{
	const char *quota = value_of(s, "quota");

	return quota == NULL ? 0 : quota_file_write(s->account.domain,
	    s->account.name, slice_of(quota), err);
}

static int
apply_filter(const struct user_settings *s, struct err *err)
{
	const char *value = value_of(s, "filter");

	return value == NULL ? 0 : filter_file_write(s->account.domain,
	    s->account.name, slice_of(value), err);
}

static int
apply_forward(struct call *call, const struct user_settings *s,
    struct err *err)
{
	const char *value = value_of(s, "forward");
	struct setting_words words = { 0 };
	bool keep;

	if (value == NULL)
		return 0;
	if (strcmp(value, "off") == 0)
		return forward_file_remove(&s->account, err);
	return read_forward(call, s, &words, &keep, err) == -1 ? -1 :
	    forward_file_write(&s->account, &words, keep, err);
}

int
user_settings_apply(struct call *call, const struct user_settings *s,
    struct err *err)
{
	const char *alternative = value_of(s, "alternative-address");

	if (apply_quota(s, err) == -1 || apply_filter(s, err) == -1 ||
	    apply_forward(call, s, err) == -1)
		return -1;
	/* As long as the profile names the old one it can still be taken
	 * away; and an alias is made when the profile says whose it is. */
	if ((alternative != NULL && alternative_drop(call, &s->account,
	    text_of(s->old.alternative), alternative, err) == -1) ||
	    apply_profile(call, s, err) == -1)
		return -1;
	return alternative == NULL || alternative[0] == '\0' ? 0 :
	    alternative_make(call, &s->account, alternative, err);
}
