/* user_forget.c: what is left of an earlier account is not the next one's. */
#include "user_forget.h"

#include "attribute_file.h"
#include "grant_file.h"
#include "leftovers.h"
#include "output.h"

/* What somebody of this name was granted, or granted, is not this one's. */
static int
forget_grants(const struct subject *subject, struct err *err)
{
	size_t count;

	if (grant_file_forget(subject->domain, subject->name, &count,
	    err) == -1)
		return -1;
	if (count > 0)
		note("grants.%s had %zu line%s of an earlier '%s': taken out",
		    subject->domain->name, count, count == 1 ? "" : "s",
		    subject->name);
	return 0;
}

/* Nor is what he owned. */
static int
forget_ownership(const struct subject *subject, struct err *err)
{
	size_t count;

	if (attribute_file_replace_owner(subject->domain, subject->name, NULL,
	    &count, err) == -1)
		return -1;
	if (count > 0)
		note("an earlier '%s' was an owner of %zu alias%s of %s: taken "
		    "out", subject->name, count, count == 1 ? "" : "es",
		    subject->domain->name);
	return 0;
}

int
user_forget_earlier(const struct subject *subject, struct err *err)
{
	return forget_grants(subject, err) == -1 ? -1 :
	    forget_ownership(subject, err);
}

int
user_forget_all(const struct subject *subject, struct err *err)
{
	const struct account account = { .domain = subject->domain,
	    .name = subject->name };
	size_t count;

	if (user_forget_earlier(subject, err) == -1 ||
	    leftovers_put_away(&account, &count, err) == -1)
		return -1;
	if (count > 0)
		note("an earlier '%s' had left %zu file%s (limit, forward, "
		    "filter, vacation): in .trash beside them by now",
		    subject->name, count, count == 1 ? "" : "s");
	return 0;
}

int
alias_forget_earlier(const struct subject *subject, struct err *err)
{
	bool was;

	if (attribute_file_forget(subject->domain, subject->name, &was,
	    err) == -1)
		return -1;
	if (was)
		note("attributes.%s had lines of an earlier '%s': taken out",
		    subject->domain->name, subject->name);
	return 0;
}
