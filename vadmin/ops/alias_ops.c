/* alias_ops.c: operations on aliases. */
#include <string.h>

#include "account.h"
#include "address.h"
#include "alias_file.h"
#include "files.h"
#include "ops.h"
#include "output.h"
#include "scope.h"
#include "subject.h"
#include "tokens.h"

static int
refuse_attribute(const char *text, struct err *err)
{
	static const char *const attributes[] = { "description=", "owners=",
	    "membership=" };

	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
		if (slice_starts(slice_of(text), attributes[i]))
			return err_set(err, ERR_INVALID,
			    "'%.*s' is not available in this version",
			    (int)strlen(attributes[i]) - 1, text);
	return 0;
}

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

static int
read_members(struct call *call, struct alias_members *out, struct err *err)
{
	const struct setting_words *given = call_list(call, "MEMBER");

	out->member = pool_alloc(&call->pool,
	    (given->count + 1) * sizeof *out->member);
	for (size_t i = 0; i < given->count; i++)
		if (refuse_attribute(given->word[i], err) == -1 ||
		    read_member(&call->pool, given->word[i],
		    &out->member[out->count++], err) == -1)
			return err_within(err, "'%.100s'", given->word[i]);
	return 0;
}

/* Addresses are the same without case, and with or without the domain. */
static bool
same_member(const struct subject *subject, struct pool *pool,
    const struct alias_member *a, const struct alias_member *b)
{
	struct address x, y;
	struct err unused;

	if (a->kind != b->kind)
		return false;
	if ((a->kind != ALIAS_ADDRESS && a->kind != ALIAS_MAILBOX) ||
	    address_parse(pool, slice_of(a->text), &x, &unused) == -1 ||
	    address_parse(pool, slice_of(b->text), &y, &unused) == -1)
		return strcmp(a->text, b->text) == 0;
	const char *own = subject->domain->name;
	return slice_same(slice_of(x.local), slice_of(y.local)) &&
	    strcmp(x.domain[0] ? x.domain : own, y.domain[0] ? y.domain :
	    own) == 0;
}

static bool
holds(const struct subject *subject, struct pool *pool,
    const struct alias_members *members, const struct alias_member *wanted)
{
	for (size_t i = 0; i < members->count; i++)
		if (same_member(subject, pool, &members->member[i], wanted))
			return true;
	return false;
}

/* all = old, and what of more it lacks; the number of those. */
static size_t
join(const struct subject *subject, struct pool *pool,
    const struct alias_members *old, const struct alias_members *more,
    struct alias_members *all)
{
	all->member = pool_alloc(pool,
	    (old->count + more->count + 1) * sizeof *all->member);
	all->count = old->count;
	if (old->count > 0)
		memcpy(all->member, old->member,
		    old->count * sizeof *all->member);
	for (size_t i = 0; i < more->count; i++)
		if (!holds(subject, pool, all, &more->member[i]))
			all->member[all->count++] = more->member[i];
	return all->count - old->count;
}

/* Whether mail for a name of the domain would find somebody.  A mistyped
 * member is told, not refused: the account may come later. */
static void
warn_unknown(struct call *call, const struct subject *subject,
    const struct alias_members *members)
{
	const struct domain *domain = subject->domain;
	const char *file = pool_format(&call->pool, "aliases.%s", domain->name);

	for (size_t i = 0; i < members->count; i++) {
		struct alias_entry *entry;
		struct account *account;
		struct address address;
		struct err err;
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

/* aliases.D comes first: an entry there hides one of an extra file. */
static int
refuse_hiding(struct call *call, const struct subject *subject, struct err *err)
{
	const struct setting_words *files =
	    &subject->domain->conf.extra_aliases;
	struct alias_entry *entry;
	struct err unused;

	for (size_t i = 0; i < files->count; i++)
		if (alias_find(&call->in, &call->pool, files->word[i],
		    slice_of(subject->name), &entry, &unused) == 0)
			return err_set(err, ERR_REFUSED,
			    "'%s' is in %s:%u, and an entry in aliases.%s "
			    "would hide it: edit that file, or say 'alias set'",
			    subject->name, entry->file, entry->line,
			    subject->domain->name);
	return 0;
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

int
alias_add(struct call *call, struct err *err)
{
	SCOPED(drop_alias_file) struct alias_file file = { 0 };
	struct alias_members more = { 0 }, all = { 0 };
	struct subject subject;

	if (subject_alias(call, "L@D", &subject, err) == -1 ||
	    read_members(call, &more, err) == -1 ||
	    alias_file_read(subject.domain, &call->pool, subject.name, &file,
	    err) == -1)
		return -1;
	if (file.wrong != NULL)
		return err_set(err, ERR_INVALID,
		    "%s: repair it, or 'vadmin alias set' it anew", file.wrong);
	if (!file.found && refuse_hiding(call, &subject, err) == -1)
		return -1;
	size_t added = join(&subject, &call->pool, &file.members, &more, &all);
	if (added < more.count)
		note("%zu of the members %s there already", more.count - added,
		    more.count - added == 1 ? "is" : "are");
	if (added == 0)
		return 0;
	if (alias_file_add(&file, &all, added, err) == -1)
		return -1;
	warn_unknown(call, &subject, &more);
	if (!file.found)
		warn_account(call, &subject);
	return 0;
}

int
alias_set(struct call *call, struct err *err)
{
	SCOPED(drop_alias_file) struct alias_file file = { 0 };
	struct alias_members given = { 0 }, all = { 0 };
	struct subject subject;

	if (subject_alias(call, "L@D", &subject, err) == -1 ||
	    read_members(call, &given, err) == -1 ||
	    alias_file_read(subject.domain, &call->pool, subject.name, &file,
	    err) == -1)
		return -1;
	join(&subject, &call->pool, &all, &given, &all);
	if (alias_file_set(&file, &all, err) == -1)
		return -1;
	warn_unknown(call, &subject, &given);
	if (!file.found)
		warn_account(call, &subject);
	return 0;
}

int
alias_delete(struct call *call, struct err *err)
{
	SCOPED(drop_alias_file) struct alias_file file = { 0 };
	struct alias_members gone = { 0 }, left = { 0 };
	struct subject subject;

	if (subject_alias(call, "L@D", &subject, err) == -1 ||
	    read_members(call, &gone, err) == -1 ||
	    alias_file_read(subject.domain, &call->pool, subject.name, &file,
	    err) == -1)
		return -1;
	if (!file.found)
		return err_set(err, ERR_ABSENT, "%s has no alias '%s'",
		    file.name, subject.name);
	if (gone.count == 0)
		return alias_file_remove(&file, err);
	if (file.wrong != NULL)
		return err_set(err, ERR_INVALID, "%s: repair it first",
		    file.wrong);
	for (size_t i = 0; i < gone.count; i++)
		if (!holds(&subject, &call->pool, &file.members,
		    &gone.member[i]))
			return err_set(err, ERR_ABSENT, "%s has no member '%s'",
			    subject.name, gone.member[i].text);
	left.member = pool_alloc(&call->pool,
	    file.members.count * sizeof *left.member);
	for (size_t i = 0; i < file.members.count; i++)
		if (!holds(&subject, &call->pool, &gone,
		    &file.members.member[i]))
			left.member[left.count++] = file.members.member[i];
	if (left.count == 0)
		return err_set(err, ERR_REFUSED,
		    "%s would have no members: 'vadmin alias delete %s@%s' "
		    "takes it away", subject.name, subject.name,
		    subject.domain->name);
	return alias_file_set(&file, &left, err);
}
