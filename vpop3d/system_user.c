/* system_user.c: the main domain as a domain, and the system's users as its
 * accounts. */
#include "system_user.h"

#include <sys/stat.h>

#include "name.h"

struct domain *
system_user_domain(const struct installation *in, struct pool *pool)
{
	struct domain *domain = pool_alloc(pool, sizeof *domain);

	*domain = (struct domain){
		.in = in,
		.name = in->main_domain,
		.file = "vmail.conf",
		.of_system = true,
	};
	settings_preset(domain_settings, pool, &domain->conf);
	domain->conf.inbox = installation_path(in, pool,
	    in->conf.main_mailboxes);
	return domain;
}

/* The directory that all inboxes lie in; empty where each has one of its own,
 * below a directory of the user's. */
static struct slice
common_directory(const struct domain *domain)
{
	struct slice path = slice_of(domain->conf.inbox);

	while (slice_ends(path, "/"))
		path.len--;
	ptrdiff_t slash = slice_find_last(path, '/');
	path.len = slash == -1 ? 0 : (size_t)slash;
	if (slice_has(path, '%'))
		path.len = 0;
	return path;
}

/* A directory that everybody can write to needs no group. */
static int
find_group(const struct domain *domain, struct pool *pool, gid_t own,
    gid_t *gid, struct err *err)
{
	struct slice directory = common_directory(domain);
	struct stat st;

	*gid = own;
	if (directory.len == 0 || !domain->in->as_root)
		return 0;
	const char *path = pool_dup(pool, directory);
	if (stat(path, &st) == -1)
		return err_sys(err, "main-mailboxes: %s", path);
	if (st.st_uid == 0 && st.st_gid != 0 && (st.st_mode & S_IWGRP) &&
	    !(st.st_mode & S_IWOTH))
		*gid = st.st_gid;
	return 0;
}

int
system_user_account(struct domain *domain, struct pool *pool,
    const struct pam_user *user, struct account **out, struct err *err)
{
	struct account *account = pool_alloc(pool, sizeof *account);
	gid_t gid;

	if (ident_is_forbidden(user->ident))
		return err_set(err, ERR_REFUSED,
		    "%s is uid %u gid %u, which has no mail", user->name,
		    (unsigned)user->ident.uid, (unsigned)user->ident.gid);
	if (!name_is_account(slice_of(user->name)))
		return err_set(err, ERR_REFUSED,
		    "no mailbox can have the name of this user");
	if (find_group(domain, pool, user->ident.gid, &gid, err) == -1)
		return -1;
	domain->owner.gid = gid;
	*account = (struct account){
		.domain = domain, .name = user->name, .full_name = "",
		.home = "/", .ident = user->ident, .file = "PAM",
	};
	*out = account;
	return 0;
}
