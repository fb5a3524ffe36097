/* alias_members.c: the members of an alias, as they are typed and compared. */
#include "alias_members.h"

#include <string.h>

#include "account.h"
#include "address.h"
#include "needs.h"
#include "plan.h"
#include "resolve.h"
#include "scope.h"
#include "table.h"
#include "tokens.h"

static int
check_command(const struct alias_member *member, struct err *err)
{
	SCOPED(drop_str) struct str unused = { 0 };
	struct tokens none = { "", "", "", "", "" };

	return member->kind == ALIAS_COMMAND ?
	    tokens_expand(member->text, &none, &unused, err) : 0;
}

/* A word of the command line is one member: a comma in a command is the
 * command's, though an alias file would need quotes around it. */
static int
read_member(struct pool *pool, const char *word, struct alias_member *out,
    struct err *err)
{
	struct slice command = slice_trim(slice_of(word));

	if (alias_parse_member(pool, slice_of(word), out, err) == 0)
		return check_command(out, err);
	if (!slice_starts(command, "|") ||
	    slice_trim(slice_from(command, 1)).len == 0)
		return -1;
	*out = (struct alias_member){
		.kind = ALIAS_COMMAND,
		.text = pool_dup(pool, slice_trim(slice_from(command, 1))),
	};
	return check_command(out, err);
}

int
alias_members_read(struct pool *pool, const struct setting_words *words,
    struct alias_members *out, struct err *err)
{
	out->member = pool_alloc(pool,
	    (words->count + 1) * sizeof *out->member);
	for (size_t i = 0; i < words->count; i++)
		if (read_member(pool, words->word[i],
		    &out->member[out->count++], err) == -1)
			return err_within(err, "'%.100s'", words->word[i]);
	return 0;
}

static char held;

/* Addresses are the same without case, and with or without the domain: what is
 * the same has one key.  Lists have thousands of members, and each is compared
 * with all. */
static const char *
key_of(const struct subject *subject, struct pool *pool,
    const struct alias_member *member)
{
	struct address address;
	struct err unused;

	if ((member->kind != ALIAS_ADDRESS && member->kind != ALIAS_MAILBOX) ||
	    address_parse(pool, slice_of(member->text), &address,
	    &unused) == -1)
		return pool_format(pool, "%d %s", (int)member->kind,
		    member->text);
	return pool_format(pool, "%d@%s@%s", (int)member->kind,
	    pool_lower(pool, slice_of(address.local)), address.domain[0] ?
	    address.domain : subject->domain->name);
}

static void
note_keys(struct table *keys, const struct subject *subject,
    struct pool *pool, const struct alias_members *members)
{
	for (size_t i = 0; i < members->count; i++)
		*table_at(keys, key_of(subject, pool, &members->member[i])) =
		    &held;
}

bool
alias_members_hold(const struct subject *subject, struct pool *pool,
    const struct alias_members *members, const struct alias_member *wanted)
{
	const struct alias_members one = { .count = 1,
	    .member = (struct alias_member[]){ *wanted } };

	return alias_members_lacking(subject, pool, members, &one) == NULL;
}

const struct alias_member *
alias_members_lacking(const struct subject *subject, struct pool *pool,
    const struct alias_members *all, const struct alias_members *some)
{
	SCOPED(drop_table) struct table keys = { 0 };

	note_keys(&keys, subject, pool, all);
	for (size_t i = 0; i < some->count; i++)
		if (table_find(&keys, key_of(subject, pool,
		    &some->member[i])) == NULL)
			return &some->member[i];
	return NULL;
}

size_t
alias_members_join(const struct subject *subject, struct pool *pool,
    const struct alias_members *old, const struct alias_members *more,
    struct alias_members *all)
{
	SCOPED(drop_table) struct table keys = { 0 };
	size_t before = old->count;
	struct alias_member *member = pool_alloc(pool,
	    (before + more->count + 1) * sizeof *member);

	note_keys(&keys, subject, pool, old);
	if (before > 0)
		memcpy(member, old->member, before * sizeof *member);
	*all = (struct alias_members){ member, before };
	for (size_t i = 0; i < more->count; i++) {
		void **seen = table_at(&keys, key_of(subject, pool,
		    &more->member[i]));
		if (*seen == NULL)
			member[all->count++] = more->member[i];
		*seen = &held;
	}
	return all->count - before;
}

void
alias_members_warn(struct call *call, const struct subject *subject,
    const struct alias_members *members)
{
	const struct domain *domain = subject->domain;
	const char *file = pool_format(&call->pool, "aliases.%s", domain->name);

	for (size_t i = 0; i < members->count; i++) {
		struct alias_entry *entry;
		struct account *account;
		struct address address;
		struct err err;
		const char *missing = needs_of_member(&call->pool,
		    &members->member[i]);
		if (missing != NULL)
			note("%s", missing);
		if (members->member[i].kind != ALIAS_ADDRESS ||
		    domain->conf.fallback[0] != '\0' ||
		    address_parse(&call->pool,
		    slice_of(members->member[i].text), &address, &err) == -1 ||
		    (address.domain[0] != '\0' &&
		    strcmp(address.domain, domain->name) != 0))
			continue;
		struct slice name = slice_of(address.local);
		const char *delimiter = domain->in->conf.recipient_delimiter;
		ptrdiff_t cut = delimiter[0] != '\0' ?
		    slice_find(name, delimiter[0]) : -1;
		if (cut > 0)
			name.len = (size_t)cut;
		if (account_find(domain, &call->pool, name, &account,
		    &err) == -1 && err.kind == ERR_ABSENT &&
		    alias_find(&call->in, &call->pool, file, name, &entry,
		    &err) == -1 && err.kind == ERR_ABSENT &&
		    !slice_same(name, SLICE("postmaster")))
			note("%s has no account or alias '%.*s' yet",
			    domain->name, (int)name.len, name.p);
	}
}

/* A name within its own expansion is its mailbox; who has none is nobody. */
static void
warn_itself(struct call *call, const struct subject *subject,
    const struct alias_members *members)
{
	const struct alias_member self = { .kind = ALIAS_ADDRESS,
	    .text = subject->name };
	struct account *account;
	struct err err;

	if (alias_members_hold(subject, &call->pool, members, &self) &&
	    account_find(subject->domain, &call->pool,
	    slice_of(subject->name), &account, &err) == -1 &&
	    err.kind == ERR_ABSENT)
		note("%s has no account '%s': as a member of itself the alias "
		    "is nobody", subject->domain->name, subject->name);
}

void
alias_members_warn_loop(struct call *call, const struct subject *subject,
    const struct alias_members *all)
{
	SCOPED(drop_plan) struct plan plan = { 0 };

	resolve(&call->in, &plan, address_text(&call->pool, subject->name,
	    subject->domain->name));
	for (size_t i = 0; i < plan.count; i++) {
		const struct target *t = plan.targets[i];
		if (t->kind == TARGET_FAILURE &&
		    strcmp(t->failure.code, "5.4.6") == 0) {
			note("%s: its mail is refused", t->failure.text);
			return;
		}
	}
	warn_itself(call, subject, all);
}

void
alias_members_without(const struct subject *subject, struct pool *pool,
    const struct alias_members *all, const struct alias_members *gone,
    struct alias_members *left)
{
	SCOPED(drop_table) struct table keys = { 0 };

	note_keys(&keys, subject, pool, gone);
	left->member = pool_alloc(pool, (all->count + 1) * sizeof *left->member);
	left->count = 0;
	for (size_t i = 0; i < all->count; i++)
		if (table_find(&keys, key_of(subject, pool,
		    &all->member[i])) == NULL)
			left->member[left->count++] = all->member[i];
}
