/* check_aliases.c: findings in alias files: syntax, loops, nobody there. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "aliases.h"
#include "check.h"
#include "files.h"
#include "needs.h"
#include "plan.h"
#include "resolve.h"
#include "scope.h"
#include "table.h"
#include "trust.h"

/* Resolving reads the files anew for every name: of longer lists only the
 * syntax is looked at. */
enum { RESOLVED_MAX = 500 };

struct alias_check {
	struct check		*check;
	const struct domain	*domain;
	struct pool		 pool;
	const char		*names[RESOLVED_MAX];
	size_t			 count;
	/* a command, a file or an include is in it */
	bool			 special;
	bool			 own;		/* it is aliases.D */
	struct table		 lines;		/* names of the file */
};

static void
check_member(struct alias_check *all, const char *name,
    const struct alias_member *member)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *missing = needs_of_member(&pool, member);

	all->special = all->special || alias_needs_trust(member->kind) != NULL;
	if (missing != NULL)
		finding(&all->check->found, all->domain->name, "%s@%s: %s",
		    name, all->domain->name, missing);
}

static int
check_entry(void *arg, const struct alias_entry *entry, struct err *err)
{
	struct alias_check *all = arg;

	(void)err;
	if (entry->wrong != NULL) {
		finding(&all->check->found, all->domain->name,
		    "%s: its mail waits: mend it", entry->wrong);
		return 0;
	}
	void **slot = table_at(&all->lines, pool_lower(&all->pool,
	    slice_of(entry->name)));
	if (*slot != NULL)
		finding(&all->check->found, all->domain->name, "%s:%u: '%s' is "
		    "there twice, and the last one counts: take one out",
		    entry->file, entry->line, entry->name);
	*slot = all;
	for (size_t i = 0; i < entry->count; i++)
		check_member(all, entry->name, &entry->members[i]);
	if (all->count < RESOLVED_MAX)
		all->names[all->count] = pool_dup(&all->pool,
		    slice_of(entry->name));
	all->count++;
	return 0;
}

/* Its names and addresses count for all that, read as its owner.  fsck mends the
 * mode of aliases.D, and tells it there. */
static void
tell_owner(struct alias_check *all, const char *path, const struct stat *st,
    const struct err *err)
{
	struct findings *found = &all->check->found;
	static const char text[] = "%s: belongs to uid %u, its mode is %o%s%s: "
	    "who writes to it says where the domain's mail goes: give it to "
	    "root alone (chown, chmod go-w)";
	const char *colon = err->text[0] != '\0' ? ": " : "";
	bool others = (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;

	if (others && found->with_repairs && all->own &&
	    st->st_uid == geteuid())
		return;
	(others || err->text[0] != '\0' ? finding : finding_warning)(found,
	    all->domain->name, text, path, (unsigned)st->st_uid,
	    st->st_mode & 07777, colon, err->text);
}

static void
check_trust(struct alias_check *all, const char *path)
{
	const struct installation *in = all->domain->in;
	const char *whole = installation_path(in, &all->pool, path);
	struct stat st;
	struct err err = { 0 };

	if (stat(whole, &st) == -1 || (trust_file(&st, in->owner) &&
	    trust_path(whole, in->owner, &err) == 0))
		return;
	if (!all->special) {
		tell_owner(all, whole, &st, &err);
		return;
	}
	finding(&all->check->found, all->domain->name,
	    "%s: its commands, files and includes do not count%s%s: give it to "
	    "root alone (chown, chmod go-w)", whole, err.text[0] != '\0' ?
	    ": " : "", err.text);
}

static void
check_file(struct alias_check *all, const char *path)
{
	struct err err;

	all->special = false;
	drop_table(&all->lines);
	all->lines = (struct table){ 0 };
	if (alias_each(all->domain->in, path, check_entry, all, &err) == -1)
		finding(&all->check->found, all->domain->name, "%s: %s", path,
		    err.text);
	check_trust(all, path);
}

static void
resolve_name(struct alias_check *all, const char *name)
{
	SCOPED(drop_plan) struct plan plan = { 0 };
	struct check *check = all->check;
	const char *address = address_text(&all->pool, name,
	    all->domain->name);

	resolve(&check->vdeliver, &plan, address);
	for (size_t i = 0; i < plan.count; i++)
		if (plan.targets[i]->kind == TARGET_FAILURE)
			finding(&check->found, all->domain->name,
			    "%s: %s %s: see 'vadmin explain %s'", address,
			    plan.targets[i]->failure.code,
			    plan.targets[i]->failure.text, address);
}

void
check_aliases(struct check *check, const struct domain *domain)
{
	struct alias_check *all = &(struct alias_check){ .check = check,
	    .domain = domain };
	const char *own = pool_format(&check->call->pool, "aliases.%s",
	    domain->name);

	all->own = true;
	if (files_exists(domain->in->dir, own))
		check_file(all, own);
	all->own = false;
	for (size_t i = 0; i < domain->conf.extra_aliases.count; i++)
		check_file(all, domain->conf.extra_aliases.word[i]);
	for (size_t i = 0; i < all->count && all->count <= RESOLVED_MAX &&
	    check->vdeliver.dir != -1; i++)
		resolve_name(all, all->names[i]);
	if (domain->conf.fallback[0] != '\0' && check->vdeliver.dir != -1)
		resolve_name(all, "no-such-user.vadmin-check");
	drop_table(&all->lines);
	drop_pool(&all->pool);
}
