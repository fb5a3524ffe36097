/* alternative.c: addresses that an account has beside its own. */
#include "alternative.h"

#include <string.h>

#include "address.h"
#include "alias_file.h"
#include "alias_members.h"
#include "alias_places.h"
#include "attribute_file.h"
#include "output.h"
#include "profile_file.h"
#include "scope.h"

/* L@D, or L alone; D may be spelt as one of its aliases. */
static int
read_address(struct call *call, const struct account *account,
    const char *what, const char *given, struct address *out, struct err *err)
{
	const char *real;

	if (address_parse(&call->pool, slice_of(given), out, err) == -1)
		return err_within(err, "%s", what);
	if (out->domain[0] == '\0')
		out->domain = account->domain->name;
	if (domain_real_name(&call->in, &call->pool, slice_of(out->domain),
	    &real, err) == 0 && strcmp(real, account->domain->name) == 0)
		return 0;
	return err_set(err, ERR_INVALID, "%s: '%.100s' is no address of %s",
	    what, given, account->domain->name);
}

const char *
alternative_address(struct call *call, const struct account *account,
    const char *given)
{
	struct address address;
	struct err unused;

	if (given[0] == '\0' || read_address(call, account, "", given,
	    &address, &unused) == -1)
		return "";
	return address_text(&call->pool, address.local, address.domain);
}

/* Whether the alias leads to the account, and to nobody else. */
static bool
is_ours(struct call *call, const struct account *account,
    const struct alias_members *members)
{
	struct domain domain = *account->domain;
	const struct subject subject = { &domain, account->name };
	const struct alias_member own = { .kind = ALIAS_ADDRESS,
	    .text = account->name };

	return members->count == 1 &&
	    alias_members_hold(&subject, &call->pool, members, &own);
}

/* Whether the alias leads to the account, to nobody else, and nothing is said
 * of it: so it is made for an alternative address. */
static int
is_as_made(struct call *call, const struct account *account,
    const char *local, bool *made, struct err *err)
{
	SCOPED(drop_alias_file) struct alias_file file = { 0 };
	struct attributes said = { 0 };

	if (alias_file_read(account->domain, &call->pool, local, &file,
	    err) == -1 || attribute_file_read(account->domain, &call->pool,
	    local, &said, err) == -1)
		return -1;
	*made = file.found && is_ours(call, account, &file.members) &&
	    said.description == NULL && said.owners.count == 0 && !said.open;
	return 0;
}

/* Of an account that is not there it is what a call has left that was killed
 * while it made the account, whatever came of its other files. */
static int
is_left(struct call *call, const struct account *account, const char *local,
    bool *left, struct err *err)
{
	struct account *there;

	*left = false;
	if (account_find(account->domain, &call->pool,
	    slice_of(account->name), &there, err) == 0)
		return 0;
	return err->kind != ERR_ABSENT ? -1 : is_as_made(call, account, local,
	    left, err);
}

/* An alias that is there already was made for something else, be it that it
 * leads to this account alone: when the address goes, it would go, too. */
static int
check_free(struct call *call, const struct account *account, const char *local,
    struct err *err)
{
	struct alias_entry *entry;
	struct account *other;
	bool left;

	if (slice_same(slice_of(local), SLICE("postmaster")))
		return err_set(err, ERR_EXISTS, "alternative-address: "
		    "postmaster is the domain's: give it members with "
		    "'vadmin alias add'");
	if (account_find(account->domain, &call->pool, slice_of(local), &other,
	    err) == 0)
		return err_set(err, ERR_EXISTS, "alternative-address: %s has "
		    "an account '%s'", account->domain->name, other->name);
	if (err->kind != ERR_ABSENT)
		return -1;
	if (alias_places_find(account->domain, &call->pool, local, &entry,
	    err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (is_left(call, account, local, &left, err) == -1 || left)
		return left ? 0 : -1;
	return err_set(err, ERR_EXISTS, "alternative-address: %s:%u has an "
	    "alias '%s', which was not made for it: take that away before, or "
	    "let it be", entry->file, entry->line, entry->name);
}

int
alternative_check(struct call *call, const struct account *account,
    const char *address, const char *alternative, const char *old,
    struct err *err)
{
	struct address parsed, before;

	if (address != NULL && address[0] != '\0' && read_address(call,
	    account, "address", address, &parsed, err) == -1)
		return -1;
	if (alternative == NULL || alternative[0] == '\0')
		return 0;
	if (read_address(call, account, "alternative-address", alternative,
	    &parsed, err) == -1)
		return -1;
	/* The alias that was made for it, if it is there. */
	if (old != NULL && old[0] != '\0' && read_address(call, account, "",
	    old, &before, err) == 0 &&
	    slice_same(slice_of(before.local), slice_of(parsed.local)))
		return 0;
	return check_free(call, account, parsed.local, err);
}

int
alternative_make(struct call *call, const struct account *account,
    const char *alternative, struct err *err)
{
	SCOPED(drop_alias_file) struct alias_file file = { 0 };
	struct alias_member own = { .kind = ALIAS_ADDRESS,
	    .text = account->name };
	const struct alias_members members = { &own, 1 };
	struct alias_entry *unused;
	struct address address;

	if (read_address(call, account, "alternative-address", alternative,
	    &address, err) == -1)
		return -1;
	if (alias_places_find(account->domain, &call->pool, address.local,
	    &unused, err) == 0)
		return 0;
	if (attribute_file_forget(account->domain, address.local, NULL,
	    err) == -1 || alias_file_read(account->domain, &call->pool,
	    address.local, &file, err) == -1)
		return -1;
	return alias_file_set(&file, &members, err);
}

int
alternative_drop(struct call *call, const struct account *account,
    const char *old, const char *alternative, struct err *err)
{
	SCOPED(drop_alias_file) struct alias_file file = { 0 };
	struct address before, now = { .local = "" };

	if (old[0] == '\0' || read_address(call, account, "", old, &before,
	    err) == -1)
		return 0;
	if (alternative[0] != '\0' && read_address(call, account, "",
	    alternative, &now, err) == -1)
		return -1;
	if (slice_same(slice_of(before.local), slice_of(now.local)) ||
	    slice_same(slice_of(before.local), SLICE("postmaster")))
		return 0;
	if (alias_file_read(account->domain, &call->pool, before.local, &file,
	    err) == -1)
		return -1;
	if (!file.found || !is_ours(call, account, &file.members))
		return 0;
	return alias_file_remove(&file, err) == -1 ? -1 :
	    attribute_file_forget(account->domain, before.local, NULL, err);
}

static const char *
read_profile(struct call *call, const struct account *account)
{
	struct profile profile;
	struct err unused;

	/* One that does not count stays, and "vadmin check" tells of it. */
	return profile_file_read(account->domain, account->name, &call->pool,
	    &profile, &unused) == 0 && profile.alternative != NULL ?
	    profile.alternative : "";
}

int
alternative_leave(struct call *call, const struct account *account,
    struct err *err)
{
	return alternative_drop(call, account, read_profile(call, account), "",
	    err);
}

/* What is another's by now the profile claims no more. */
static int
give_up(const struct account *account, struct err *err)
{
	static const struct profile_change none = { "alternative-address", "" };

	return profile_file_change(account->domain, account->name, &none, 1,
	    false, err);
}

int
alternative_return(struct call *call, const struct account *account,
    struct err *err)
{
	const char *alternative = read_profile(call, account);
	struct address address;
	bool made = false;

	if (alternative[0] == '\0')
		return 0;
	/* A call that was interrupted may have made it. */
	if (read_address(call, account, "", alternative, &address, err) == 0 &&
	    is_as_made(call, account, address.local, &made, err) == -1)
		return -1;
	if (made || alternative_check(call, account, NULL, alternative, NULL,
	    err) == 0)
		return alternative_make(call, account, alternative, err);
	if (err->kind == ERR_TEMPORARY)
		return -1;
	note("its alternative address %s does not come back: %s", alternative,
	    err->text);
	return give_up(account, err);
}
