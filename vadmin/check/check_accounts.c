/* check_accounts.c: findings in passwd.D and the inboxes. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "account.h"
#include "check.h"
#include "entries.h"
#include "files.h"
#include "mailbox.h"
#include "repairs.h"
#include "scope.h"
#include "table.h"

/* installation_warn() has no argument of ours: whose findings they become. */
static struct {
	struct check	*check;
	const char	*domain;
	bool		 heard;
} listener;

static void
listen(const char *text)
{
	listener.heard = true;
	finding(&listener.check->found, listener.domain,
	    "%s: mend the line, or take it out", text);
}

struct account_check {
	struct check	*check;
	struct pool	 names;
	struct table	 seen;
	struct kept	 kept;		/* in spool/D */
};

/* What is whose cannot be told, and nothing is done to it. */
static bool
is_shared(struct check *check, const struct account *account,
    const char *path)
{
	const char *other = used_inbox_of(&check->used, account);

	if (other != NULL)
		finding(&check->found, account->domain->name, "%s: it is the "
		    "inbox of %s, too: each reads the other's mail: give one "
		    "of them another name, or its domain another 'inbox'",
		    path, other);
	return other != NULL;
}

static void
check_inbox(struct check *check, const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *path = mailbox_path(account, &pool),
	    *name = account->domain->name;
	struct ident who = account_identity(account);
	struct stat st;
	struct err err;

	if (is_shared(check, account, path))
		return;
	if (lstat(path, &st) == -1) {
		if (errno != ENOENT && err_sys(&err, "%s", path) == -1)
			finding_unseen(&check->found, name, &err);
		return;
	}
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		if (finding_to_repair(&check->found, name,
		    "%s: neither a file nor a directory: its mail waits", path))
			finding_repaired(&check->found,
			    repair_inbox_aside(account, &err), &err);
	}
	else if (S_ISREG(st.st_mode) && st.st_nlink > 1)
		finding(&check->found, name,
		    "%s: has a second name (a hard link): its mail waits",
		    path);
	else if (st.st_uid != who.uid &&
	    finding_to_repair(&check->found, name,
	    "%s: belongs to uid %u, not %u: give it back (chown)", path,
	    (unsigned)st.st_uid, (unsigned)who.uid))
		finding_repaired(&check->found,
		    repair_inbox_owner(account, &err), &err);
}

static int
check_account(void *arg, const struct account *account, struct err *err)
{
	struct account_check *all = arg;
	struct check *check = all->check;
	const struct installation *in = account->domain->in;

	/* What it says is nobody's, and nothing is to be judged by it. */
	if (!table_add_lower(&all->seen, &all->names,
	    slice_of(account->name))) {
		if (finding_to_repair(&check->found, account->domain->name,
		    "%s:%u: '%s' is there twice, and the first one counts: "
		    "take one out", account->file, account->line,
		    account->name))
			finding_repaired(&check->found,
			    repair_double_lines(account, err), err);
		return 0;
	}
	kept_inbox(&all->kept, account);
	if (!in->as_root && !account->domain->one_owner &&
	    account->ident.uid != in->owner)
		finding(&check->found, account->domain->name,
		    "%s:%u: only root can deliver to uid %u: set 'owner' in %s",
		    account->file, account->line, (unsigned)account->ident.uid,
		    account->domain->file);
	check_inbox(check, account);
	return 0;
}

void
check_accounts(struct check *check, const struct domain *domain)
{
	struct account_check all = { .check = check };
	struct installation in = *domain->in;
	struct domain listened = *domain;
	struct err err;

	listener.check = check;
	listener.domain = domain->name;
	listener.heard = false;
	in.warn = listen;
	listened.in = &in;
	if (account_each(&listened, check_account, &all, &err) == -1)
		finding(&check->found, domain->name, "%s", err.text);
	else if (!listener.heard)	/* a broken line may be its account */
		orphans_among_inboxes(&check->found, domain, &all.kept,
		    &all.seen, &check->used);
	drop_kept(&all.kept);
	drop_table(&all.seen);
	drop_pool(&all.names);
	check_shadow_lines(check, domain);
}
