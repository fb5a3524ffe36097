/* alias_join.c: accounts that join and leave aliases. */
#include "alias_members.h"
#include "alias_subject.h"
#include "ops.h"
#include "scope.h"

/* The alias, who it is about, and whether that is allowed. */
static int
read_call(struct call *call, struct alias_subject *alias, const char **who,
    enum deed deed, struct err *err)
{
	if (alias_subject_read(call, alias, err) == -1)
		return -1;
	if (!alias->file.found && alias_subject_extra(call,
	    &alias->subject) != NULL)
		return err_set(err, ERR_REFUSED, "'%s' is in an extra file of "
		    "%s, which nobody joins or leaves: whoever keeps that file "
		    "has to change it", alias->subject.name,
		    alias->subject.domain->name);
	if (!alias->file.found)
		return err_set(err, ERR_ABSENT, "%s has no alias '%s'",
		    alias->file.name, alias->subject.name);
	if (alias->file.wrong != NULL)
		return err_set(err, ERR_INVALID, "%s: repair it first",
		    alias->file.wrong);
	if (alias_subject_allow(call, alias, deed, err) == -1)
		return -1;
	return alias_subject_who(call, alias, call_text(call, "U"), who, err);
}

/* Both ways in which an alias can name it: joe, and \joe. */
static struct alias_members
members_of(const char *account, struct alias_member both[2])
{
	both[0] = (struct alias_member){ .kind = ALIAS_ADDRESS,
	    .text = account };
	both[1] = (struct alias_member){ .kind = ALIAS_MAILBOX,
	    .text = account };
	return (struct alias_members){ both, 2 };
}

static bool
is_member(const struct alias_subject *alias, struct pool *pool,
    const struct alias_members *who)
{
	for (size_t i = 0; i < who->count; i++)
		if (alias_members_hold(&alias->subject, pool,
		    &alias->file.members, &who->member[i]))
			return true;
	return false;
}

int
alias_join(struct call *call, struct err *err)
{
	SCOPED(drop_alias_subject) struct alias_subject alias = { 0 };
	struct alias_member both[2];
	struct alias_members all = { 0 };
	const char *who;

	if (read_call(call, &alias, &who, DEED_JOIN, err) == -1)
		return -1;
	struct alias_members them = members_of(who, both);
	if (is_member(&alias, &call->pool, &them)) {
		note("'%s' is a member of %s@%s already", who,
		    alias.subject.name, alias.subject.domain->name);
		return 0;
	}
	them.count = 1;
	alias_members_join(&alias.subject, &call->pool, &alias.file.members,
	    &them, &all);
	return alias_file_add(&alias.file, &all, 1, err);
}

static int
check_leave(const struct alias_subject *alias, const char *who, bool member,
    size_t left, struct err *err)
{
	const struct attributes *attributes = &alias->attributes;
	const char *name = alias->subject.name;
	bool owner = attributes_have_owner(attributes, who);

	if (!member && !owner)
		return err_set(err, ERR_ABSENT, "'%s' is no member of %s@%s",
		    who, name, alias->subject.domain->name);
	if (member && left == 0)
		return err_set(err, ERR_REFUSED,
		    "'%s' is the last member of %s: 'vadmin alias delete' "
		    "takes the alias away", who, name);
	if (owner && attributes->owners.count == 1)
		return err_set(err, ERR_REFUSED,
		    "'%s' is the last owner of %s: name another one first "
		    "('vadmin alias set %s@%s owners=...')", who, name, name,
		    alias->subject.domain->name);
	return 0;
}

/* Who leaves owns it no more either. */
int
alias_leave(struct call *call, struct err *err)
{
	SCOPED(drop_alias_subject) struct alias_subject alias = { 0 };
	struct alias_member both[2];
	struct alias_members left = { 0 };
	const char *who;

	if (read_call(call, &alias, &who, DEED_LEAVE, err) == -1)
		return -1;
	struct alias_members them = members_of(who, both);
	bool member = is_member(&alias, &call->pool, &them);
	alias_members_without(&alias.subject, &call->pool, &alias.file.members,
	    &them, &left);
	if (check_leave(&alias, who, member, left.count, err) == -1)
		return -1;
	if (member && alias_file_set(&alias.file, &left, err) == -1)
		return -1;
	if (!attributes_have_owner(&alias.attributes, who))
		return 0;
	attributes_replace_owner(&alias.attributes, who, NULL);
	return alias_subject_describe(&alias, &alias.attributes, err);
}
