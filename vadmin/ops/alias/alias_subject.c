/* alias_subject.c: the alias that a call is about. */
#include "alias_subject.h"

#include <string.h>

#include "account.h"
#include "attribute_file.h"

int
alias_subject_read(struct call *call, struct alias_subject *out,
    struct err *err)
{
	struct subject *subject = &out->subject;

	if (subject_alias(call, "L@D", subject, err) == -1)
		return -1;
	if (alias_file_read(subject->domain, &call->pool, subject->name,
	    &out->file, err) == -1)
		return -1;
	return attribute_file_read(subject->domain, &call->pool, subject->name,
	    &out->attributes, err);
}

const struct alias_entry *
alias_subject_extra(struct call *call, const struct subject *subject)
{
	const struct setting_words *files =
	    &subject->domain->conf.extra_aliases;
	struct alias_entry *entry;
	struct err unused;

	for (size_t i = 0; i < files->count; i++)
		if (alias_find(&call->in, &call->pool, files->word[i],
		    slice_of(subject->name), &entry, &unused) == 0)
			return entry;
	return NULL;
}

void
drop_alias_subject(struct alias_subject *subject)
{
	drop_alias_file(&subject->file);
}

int
alias_subject_describe(const struct alias_subject *alias,
    const struct attributes *attributes, struct err *err)
{
	return attribute_file_write(alias->subject.domain, alias->subject.name,
	    attributes, err);
}

void
alias_subject_begin(struct alias_subject *alias)
{
	const struct attributes *old = &alias->attributes;

	if (old->description != NULL || old->owners.count > 0 || old->open)
		note("attributes.%s had lines of an earlier '%s': taken out",
		    alias->subject.domain->name, alias->subject.name);
	alias->attributes = (struct attributes){ 0 };
}

/* NULL: an administrator.  An account of another domain is nobody here. */
static const char *
caller_of(const struct call *call, const struct alias_subject *alias)
{
	const struct account *caller = call->principal.account;

	if (caller == NULL)
		return NULL;
	return strcmp(caller->domain->name, alias->subject.domain->name) == 0 ?
	    caller->name : "";
}

int
alias_subject_allow(struct call *call, const struct alias_subject *alias,
    enum deed deed, struct err *err)
{
	const char *caller = caller_of(call, alias);

	if (caller != NULL && caller[0] == '\0')
		return err_set(err, ERR_REFUSED,
		    "%s is another domain: its aliases are its own accounts' "
		    "business", alias->subject.domain->name);
	return attributes_allow(&alias->attributes, deed, caller, err);
}

static int
find_account(struct call *call, const struct domain *domain, const char *given,
    const char **out, struct err *err)
{
	struct account *account;
	const char *name;

	if (subject_fellow(call, domain, slice_of(given), &name, &account,
	    err) == 0) {
		*out = account->name;
		return 0;
	}
	return err->kind != ERR_INVALID ? -1 : err_set(err, ERR_INVALID,
	    "%s is not of %s: add the address as a member ('vadmin alias "
	    "add')", given, domain->name);
}

int
alias_subject_who(struct call *call, const struct alias_subject *alias,
    const char *given, const char **out, struct err *err)
{
	const char *caller = caller_of(call, alias);

	if (given == NULL && caller == NULL)
		return err_set(err, ERR_INVALID,
		    "who is it for? Name an account of %s",
		    alias->subject.domain->name);
	if (given == NULL) {
		*out = caller;
		return 0;
	}
	if (find_account(call, alias->subject.domain, given, out, err) == -1)
		return -1;
	if (caller == NULL || slice_same(slice_of(caller), slice_of(*out)) ||
	    attributes_have_owner(&alias->attributes, caller))
		return 0;
	return err_set(err, ERR_REFUSED,
	    "only owners of an alias and administrators speak for others");
}
