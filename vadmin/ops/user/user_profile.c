/* user_profile.c: what is said of an account, shown. */
#include "user_profile.h"

#include "account_settings.h"
#include "filter_file.h"
#include "forward.h"
#include "gecos.h"
#include "profile_file.h"
#include "scope.h"

static const char *
forward_of(struct call *call, const struct account *account)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct alias_entry *entry;
	struct err err;

	if (forward_find(account, &call->pool, &entry, &err) == -1)
		return err.kind == ERR_ABSENT ? "" : pool_dup(&call->pool,
		    slice_of(err.text));
	if (entry->wrong != NULL)
		return entry->wrong;
	for (size_t i = 0; i < entry->count; i++) {
		str_adds(&text, i > 0 ? ", " : "");
		alias_member_add(&text, &entry->members[i]);
	}
	return pool_format(&call->pool, "%s (%s)", str_text(&text),
	    entry->file);
}

/* Where the domain has no filter there is nothing to leave out. */
static const char *
filter_of(struct call *call, const struct account *account)
{
	const struct domain *domain = account->domain;
	int said = filter_file_read(domain, account->name, &call->pool);

	if (said == -1 && domain->conf.filter[0] == '\0')
		return "";
	return said == 0 ? "no" : "yes";
}

static const char *
value_of(struct call *call, const struct account *account, struct slice gecos,
    const struct profile *profile, const struct account_field *field)
{
	switch (field->place) {
	case KEPT_IN_GECOS:
		return field->index == GECOS_NAME ? "" : pool_dup(&call->pool,
		    gecos_part(gecos, (enum gecos_part)field->index));
	case KEPT_IN_PROFILE:
	case KEPT_AS_ALIAS:
		return profile_value(profile, field->name);
	case KEPT_AS_FILTER:
		return filter_of(call, account);
	case KEPT_AS_FORWARD:
		return forward_of(call, account);
	case KEPT_AS_QUOTA:
		break;
	}
	return "";
}

void
user_profile_show(struct call *call, const struct account *account,
    struct slice gecos, struct sheet *sheet)
{
	struct profile profile;
	struct err err;

	if (profile_file_read(account->domain, account->name, &call->pool,
	    &profile, &err) == -1) {
		note("%s: nothing of the profile counts", err.text);
		settings_preset(profile_settings, &call->pool, &profile);
	}
	for (const struct account_field *f = account_fields; f->name != NULL;
	    f++) {
		const char *value = value_of(call, account, gecos, &profile,
		    f);
		if (value[0] == '\0')
			continue;
		sheet_adds(sheet, f->name);
		sheet_adds(sheet, value);
	}
}
