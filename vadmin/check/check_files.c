/* check_files.c: findings in files/D: forwards that cannot be read, do not count,
 * or lead to nobody, and messages that nobody is answered with. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "account.h"
#include "address.h"
#include "admin_file.h"
#include "check.h"
#include "fd.h"
#include "file.h"
#include "name.h"
#include "plan.h"
#include "resolve.h"
#include "scope.h"
#include "spool.h"

/* As of aliases: each is resolved anew. */
enum { RESOLVED_MAX = 500 };

/* --- forwards --------------------------------------------------------- */

static bool
leads_to_failure(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->targets[i]->kind == TARGET_FAILURE)
			return true;
	return false;
}

static void
tell(struct check *check, const char *domain, const char *address,
    const struct plan *plan, size_t warned)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->targets[i]->kind == TARGET_FAILURE)
			finding(&check->found, domain,
			    "%s: %s %s: see 'vadmin explain %s'", address,
			    plan->targets[i]->failure.code,
			    plan->targets[i]->failure.text, address);
	for (size_t i = warned; i < plan->warning_count; i++)
		finding(&check->found, domain, "%s", plan->warnings[i]);
}

/* What was wrong before any forward is others' to tell. */
void
check_forward(struct check *check, const struct domain *domain,
    const char *name)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_plan) struct plan plan = { 0 };
	const char *address = address_text(&pool, name, domain->name);

	if (check->vdeliver.dir == -1)
		return;
	resolve(&check->vdeliver, &plan, address);
	size_t warned = plan.warning_count;
	if (leads_to_failure(&plan))
		return;
	resolve_forwards(&check->vdeliver, &plan);
	tell(check, domain->name, address, &plan, warned);
}

/* --- messages --------------------------------------------------------- */

static bool
is_message(const struct domain *domain, const struct stat *st)
{
	(void)domain;
	return S_ISREG(st->st_mode) && st->st_nlink == 1;
}

static const struct message {
	const char	*ending;
	bool		(*counts)(const struct domain *, const struct stat *);
	const char	*wrong;
} messages[] = {
	{ ".auto", admin_file_counts, "not root's or the owner's, or no plain "
	    "file with one name: it answers nobody: give it back (chown), or "
	    "vadmin auto set" },
	{ ".vacation", is_message, "no plain file with one name: the vacation "
	    "answers nobody: move it away, or vadmin user vacation" },
};

static void
look_at_message(struct check *check, const struct domain *domain, int dir,
    const char *name)
{
	struct stat st;

	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
		if (slice_ends(slice_of(name), messages[i].ending) &&
		    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    !messages[i].counts(domain, &st))
			finding(&check->found, domain->name, "files/%s/%s: %s",
			    domain->name, name, messages[i].wrong);
}

/* --- all of them ------------------------------------------------------ */

/* Those of the spool; homes are looked into as their accounts alone (fsck). */
void
check_spool_files(struct check *check, const struct domain *domain)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	struct dirent *entry;
	size_t count = 0;
	struct err err;
	int fd;

	if (spool_files(domain, false, &fd, &err) == -1)
		return;			/* it was told */
	if ((dir = fdopendir(fd)) == NULL) {
		drop_fd(&fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		struct slice name = slice_of(entry->d_name);
		look_at_message(check, domain, fd, entry->d_name);
		if (count >= RESOLVED_MAX || !slice_ends(name, ".forward"))
			continue;
		name.len -= sizeof ".forward" - 1;
		if (!name_is_account(name))
			continue;
		count++;
		check_forward(check, domain, pool_dup(&pool, name));
	}
}
