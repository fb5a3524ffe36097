/* alias_ops.c: aliases made, changed and deleted. */
#include <string.h>

#include "account.h"
#include "alias_members.h"
#include "alias_subject.h"
#include "attribute_file.h"
#include "near.h"
#include "ops.h"
#include "param.h"
#include "scope.h"

/* aliases.D comes first: an entry there hides one of an extra file. */
static int
refuse_hiding(struct call *call, const struct subject *subject, struct err *err)
{
	const struct alias_entry *entry = alias_subject_extra(call, subject);

	return entry == NULL ? 0 : err_set(err, ERR_REFUSED,
	    "'%s' is in %s:%u, and an entry in aliases.%s would hide it: edit "
	    "that file, or say 'alias set'", subject->name, entry->file,
	    entry->line, subject->domain->name);
}

static void
warn_account(struct call *call, const struct subject *subject)
{
	struct account *account;
	struct err unused;

	if (account_find(subject->domain, &call->pool, slice_of(subject->name),
	    &account, &unused) == 0)
		note("%s has an account '%s' too: its mail now goes where the "
		    "alias leads", subject->domain->name, account->name);
}

/* --- add ----------------------------------------------------------------- */

static struct alias_member
member_of(const char *account)
{
	return (struct alias_member){ .kind = ALIAS_ADDRESS, .text = account };
}

/* Who an alias is made for is its owner and its first member. */
static int
give_to(struct call *call, struct alias_subject *alias, const char *given,
    struct alias_members *members, struct err *err)
{
	const struct alias_members more = *members;
	const char *who;

	if (alias_subject_who(call, alias, given, &who, err) == -1)
		return -1;
	alias->attributes.owners.word = pool_alloc(&call->pool,
	    sizeof *alias->attributes.owners.word);
	alias->attributes.owners.word[0] = who;
	alias->attributes.owners.count = 1;
	struct alias_member one = member_of(who);
	const struct alias_members first = { &one, 1 };
	alias_members_join(&alias->subject, &call->pool, &first, &more,
	    members);
	return 0;
}

/* Its attributes come first: without its members it is nobody's way to
 * anything. */
static int
make(struct call *call, struct alias_subject *alias,
    struct alias_members *members, const char *made_for, struct err *err)
{
	if (alias_subject_allow(call, alias, DEED_MAKE, err) == -1 ||
	    refuse_hiding(call, &alias->subject, err) == -1)
		return -1;
	alias_subject_begin(alias);
	if (made_for != NULL &&
	    give_to(call, alias, made_for, members, err) == -1)
		return -1;
	if (members->count == 0)
		return err_set(err, ERR_INVALID, "MEMBER is missing: who gets "
		    "mail for %s@%s?", alias->subject.name,
		    alias->subject.domain->name);
	return alias_subject_describe(alias, &alias->attributes, err);
}

static int
check_add(struct call *call, const struct alias_subject *alias,
    const char *made_for, size_t given, struct err *err)
{
	if (alias->file.wrong != NULL)
		return err_set(err, ERR_INVALID,
		    "%s: repair it, or 'vadmin alias set' it anew",
		    alias->file.wrong);
	if (made_for != NULL)
		return err_set(err, ERR_EXISTS,
		    "%s@%s is there already: --for is for a new alias; see "
		    "'vadmin help alias set' for owners", alias->subject.name,
		    alias->subject.domain->name);
	if (given == 0)
		return err_set(err, ERR_INVALID, "MEMBER is missing");
	return alias_subject_allow(call, alias, DEED_CHANGE, err);
}

int
alias_add(struct call *call, struct err *err)
{
	SCOPED(drop_alias_subject) struct alias_subject alias = { 0 };
	struct alias_members more = { 0 }, all = { 0 };
	const char *made_for = call_text(call, "--for");

	if (alias_subject_read(call, &alias, err) == -1 ||
	    alias_members_read(&call->pool, call_list(call, "MEMBER"), &more,
	    err) == -1)
		return -1;
	bool is_new = !alias.file.found;
	if (is_new ? make(call, &alias, &more, made_for, err) == -1 :
	    check_add(call, &alias, made_for, more.count, err) == -1)
		return -1;
	size_t added = alias_members_join(&alias.subject, &call->pool,
	    &alias.file.members, &more, &all);
	if (added < more.count)
		note("%zu of the members %s there already", more.count - added,
		    more.count - added == 1 ? "is" : "are");
	if (added == 0)
		return 0;
	if (alias_file_add(&alias.file, &all, added, err) == -1)
		return -1;
	alias_members_warn(call, &alias.subject, &more);
	alias_members_warn_loop(call, &alias.subject, &all);
	if (is_new)
		warn_account(call, &alias.subject);
	return 0;
}

/* --- set ----------------------------------------------------------------- */

/* What "alias set" was given: attributes, and members. */
struct given {
	struct attributes	attributes;
	bool			has[ATTRIBUTES];
	bool			any;
	struct alias_members	members;
};

static int
check_owners(struct call *call, const struct domain *domain,
    const struct setting_words *owners, struct err *err)
{
	struct account *account;
	const char *name;

	for (size_t i = 0; i < owners->count; i++) {
		if (subject_fellow(call, domain, slice_of(owners->word[i]),
		    &name, &account, err) == -1)
			return err_within(err, "owners");
		owners->word[i] = account->name;
	}
	return 0;
}

static const char *
name_at(const void *unused, size_t index)
{
	(void)unused;
	return index < ATTRIBUTES ? attribute_name((enum attribute)index) :
	    NULL;
}

/* A member can have a '=' in it, but "descriptoin=..." is most likely none. */
static int
check_not_mistyped(struct slice word, struct slice name, struct err *err)
{
	SCOPED(drop_str) struct str near = { 0 };

	if (!slice_has(word, '=') || slice_has(word, '@') ||
	    slice_starts(word, "|"))
		return 0;
	near_matches(name, name_at, NULL, &near);
	return near.len == 0 ? 0 : err_set(err, ERR_INVALID,
	    "no attribute is called '%.*s'%s", (int)name.len, name.p,
	    str_text(&near));
}

/* A word "description=..." is an attribute, any other a member. */
static int
read_given(struct call *call, struct given *given, struct err *err)
{
	const struct setting_words *words = call_list(call,
	    "MEMBER|description=|owners=|membership=");
	struct setting_words members = { .word = pool_alloc(&call->pool,
	    (words->count + 1) * sizeof *members.word) };

	for (size_t i = 0; i < words->count; i++) {
		struct slice name, value;
		enum attribute what;
		param_assignment(words->word[i], &name, &value);
		if (!attribute_named(name, &what)) {
			if (check_not_mistyped(slice_of(words->word[i]), name,
			    err) == -1)
				return -1;
			members.word[members.count++] = words->word[i];
			continue;
		}
		if (attributes_set(&given->attributes, &call->pool, what,
		    value, err) == -1)
			return err_within(err, "%s", attribute_name(what));
		given->has[what] = given->any = true;
	}
	return alias_members_read(&call->pool, &members, &given->members, err);
}

static void
apply(const struct given *given, struct attributes *to)
{
	if (given->has[ATTRIBUTE_DESCRIPTION])
		to->description = given->attributes.description;
	if (given->has[ATTRIBUTE_OWNERS])
		to->owners = given->attributes.owners;
	if (given->has[ATTRIBUTE_MEMBERSHIP])
		to->open = given->attributes.open;
}

/* An owner does not leave an alias to nobody. */
static int
check_last_owner(struct call *call, const struct given *given, struct err *err)
{
	if (call->principal.account == NULL ||
	    !given->has[ATTRIBUTE_OWNERS] ||
	    given->attributes.owners.count > 0)
		return 0;
	return err_set(err, ERR_REFUSED, "an alias keeps one owner at least: "
	    "only administrators take the last one away");
}

/* Who comes or goes is written into aliases.D alone. */
static int
check_membership(const struct alias_entry *extra, const struct given *given,
    struct err *err)
{
	if (extra == NULL || given->members.count > 0 ||
	    !given->attributes.open)
		return 0;
	return err_set(err, ERR_REFUSED, "'%s' is in %s:%u, an extra file, "
	    "where nobody can join it: give it its members in aliases.D, too",
	    extra->name, extra->file, extra->line);
}

static int
check_set(struct call *call, const struct alias_subject *alias,
    const struct given *given, struct err *err)
{
	const struct alias_entry *extra = alias->file.found ? NULL :
	    alias_subject_extra(call, &alias->subject);
	bool is_there = alias->file.found || extra != NULL;

	if (check_membership(extra, given, err) == -1)
		return -1;
	if (!is_there && given->members.count == 0)
		return err_set(err, ERR_ABSENT, "%s has no alias '%s': name "
		    "its members, too", alias->subject.domain->name,
		    alias->subject.name);
	if (!is_there)
		return alias_subject_allow(call, alias, DEED_MAKE, err);
	if (given->has[ATTRIBUTE_OWNERS] &&
	    (alias_subject_allow(call, alias, DEED_OWN, err) == -1 ||
	    check_last_owner(call, given, err) == -1))
		return -1;
	return alias_subject_allow(call, alias, DEED_CHANGE, err);
}

int
alias_set(struct call *call, struct err *err)
{
	SCOPED(drop_alias_subject) struct alias_subject alias = { 0 };
	struct alias_members all = { 0 };
	struct given given = { 0 };

	if (alias_subject_read(call, &alias, err) == -1 ||
	    read_given(call, &given, err) == -1 ||
	    check_owners(call, alias.subject.domain, &given.attributes.owners,
	    err) == -1 || check_set(call, &alias, &given, err) == -1)
		return -1;
	if (!alias.file.found && alias_subject_extra(call,
	    &alias.subject) == NULL)
		alias_subject_begin(&alias);
	apply(&given, &alias.attributes);
	if ((given.any || !alias.file.found) && alias_subject_describe(&alias,
	    &alias.attributes, err) == -1)
		return -1;
	if (given.members.count == 0)
		return 0;
	alias_members_join(&alias.subject, &call->pool, &all, &given.members,
	    &all);
	if (alias_file_set(&alias.file, &all, err) == -1)
		return -1;
	alias_members_warn(call, &alias.subject, &given.members);
	alias_members_warn_loop(call, &alias.subject, &all);
	if (!alias.file.found)
		warn_account(call, &alias.subject);
	return 0;
}

/* --- delete -------------------------------------------------------------- */

/* Attributes without an alias do nothing: they go last. */
static int
delete_all(struct alias_subject *alias, struct err *err)
{
	if (alias_file_remove(&alias->file, err) == -1)
		return -1;
	return attribute_file_forget(alias->subject.domain,
	    alias->subject.name, NULL, err);
}

int
alias_delete(struct call *call, struct err *err)
{
	SCOPED(drop_alias_subject) struct alias_subject alias = { 0 };
	struct alias_members gone = { 0 }, left = { 0 };

	if (alias_subject_read(call, &alias, err) == -1 ||
	    alias_members_read(&call->pool, call_list(call, "MEMBER"), &gone,
	    err) == -1)
		return -1;
	const char *name = alias.subject.name;
	if (!alias.file.found)
		return err_set(err, ERR_ABSENT, "%s has no alias '%s'",
		    alias.file.name, name);
	if (alias_subject_allow(call, &alias, DEED_CHANGE, err) == -1)
		return -1;
	if (gone.count == 0)
		return delete_all(&alias, err);
	if (alias.file.wrong != NULL)
		return err_set(err, ERR_INVALID, "%s: repair it first",
		    alias.file.wrong);
	const struct alias_member *none = alias_members_lacking(
	    &alias.subject, &call->pool, &alias.file.members, &gone);
	if (none != NULL)
		return err_set(err, ERR_ABSENT, "%s has no member '%s'", name,
		    none->text);
	alias_members_without(&alias.subject, &call->pool, &alias.file.members,
	    &gone, &left);
	if (left.count == 0)
		return err_set(err, ERR_REFUSED,
		    "%s would have no members: 'vadmin alias delete %s@%s' "
		    "takes it away", name, name, alias.subject.domain->name);
	if (alias_file_set(&alias.file, &left, err) == -1)
		return -1;
	alias_members_warn_loop(call, &alias.subject, &left);
	return 0;
}
