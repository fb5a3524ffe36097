/* fsck_domain.c: what does not fit in a domain's files and directories. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "entries.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "fsck.h"
#include "homes.h"
#include "name.h"
#include "repairs.h"
#include "scope.h"
#include "spool.h"
#include "table.h"
#include "user_files.h"

/* --- modes ----------------------------------------------------------- */

static void
check_mode(struct check *check, const char *domain, const char *kind,
    mode_t forbidden)
{
	const struct installation *in = &check->call->in;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = -1;
	const char *name = pool_format(&pool, "%s.%s", kind, domain);
	struct stat st;
	struct err err;

	if (file_open(in->dir, name, O_NOFOLLOW, &fd, &st, &err) == -1) {
		finding_unseen(&check->found, domain, &err);
		return;
	}
	if (st.st_uid != geteuid() || (st.st_mode & forbidden) == 0)
		return;
	if (finding_to_repair(&check->found, domain,
	    "%s/%s: its mode is %o: others could %s it (chmod %o)", in->path,
	    name, st.st_mode & 07777, st.st_mode & forbidden & 022 ? "write" :
	    "read", st.st_mode & 0777 & ~forbidden))
		finding_repaired(&check->found, repair_mode(fd, st.st_mode &
		    0777 & ~forbidden, &err), &err);
}

void
fsck_modes(struct check *check, const char *domain)
{
	static const struct {
		const char	*kind;
		mode_t		 forbidden;
	} kinds[] = {
		{ "domain", 022 }, { "passwd", 022 }, { "aliases", 022 },
		{ "grants", 022 }, { "shadow", 022 }, { "admins", 077 },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		check_mode(check, domain, kinds[i].kind, kinds[i].forbidden);
}

/* --- directories ----------------------------------------------------- */

static const struct directory {
	const char	*what, *below;
	int		(*open)(const struct domain *, bool, int *,
			    struct err *);
} directories[] = {
	{ "its inboxes", "", spool_of_domain },
	{ "its files", "/files", spool_files },
};

/* A directory of root's, or of the owner's, that the programs refuse. */
static int
open_anyhow(const struct domain *domain, const struct directory *d, int *fd)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	*fd = open(pool_format(&pool, "%s%s/%s", installation_path(domain->in,
	    &pool, domain->in->conf.spool), d->below, domain->name),
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *fd;
}

static void
look_at_directory(struct check *check, const struct domain *domain,
    const struct directory *d)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_fd) int anyhow = -1;
	struct findings *found = &check->found;
	struct stat st;
	struct err err;

	if (d->open(domain, false, &fd, &err) == -1 &&
	    err.kind == ERR_ABSENT) {
		if (finding_to_repair(found, domain->name,
		    "%s: there is no directory for them", d->what))
			finding_repaired(found, d->open(domain, true, &fd,
			    &err), &err);
		return;
	}
	if (fd == -1 && open_anyhow(domain, d, &anyhow) != -1) {
		if (finding_to_repair(found, domain->name, "%s: %s", d->what,
		    err.text))
			finding_repaired(found, repair_directory(domain,
			    anyhow, &err), &err);
		return;
	}
	if (domain->in->as_root && !domain->one_owner &&
	    fstat(fd, &st) == 0 && (st.st_mode & 07777) != 03770 &&
	    finding_to_repair(found, domain->name,
	    "%s: the directory's mode is %o: it should be 3770", d->what,
	    st.st_mode & 07777))
		finding_repaired(found, repair_directory(domain, fd, &err),
		    &err);
}

static void
look_at_homes(struct check *check, const struct domain *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = -1;
	const char *path = pool_format(&pool, "%s/%s/home", installation_path(
	    domain->in, &pool, domain->in->conf.homes), domain->name);
	struct err err;

	if (access(path, F_OK) == -1 && finding_to_repair(&check->found,
	    domain->name, "%s: there is no directory for its homes", path))
		finding_repaired(&check->found, homes_of_domain(domain, &fd,
		    &err), &err);
}

void
fsck_directories(struct check *check, const struct domain *domain)
{
	size_t count = sizeof directories / sizeof directories[0];

	/* Where the fault is above them, nothing that is done to them mends it. */
	for (size_t i = 0; check_places(check, domain) && i < count; i++)
		look_at_directory(check, domain, &directories[i]);
	look_at_homes(check, domain);
}

/* --- passwd.D beside shadow.D ---------------------------------------- */

/* False: a line is broken, which may be anybody's. */
static bool
list_names(struct table *names, struct pool *pool, struct slice text)
{
	struct entry entry;
	bool whole = true;

	while (entries_next(&text, &entry)) {
		whole = whole && entry.count == PASSWD_FIELDS &&
		    name_is_account(entry.field[0]);
		*table_at(names, pool_lower(pool, entry.field[0])) = names;
	}
	return whole;
}

static void
look_at_shadow(struct check *check, const struct domain *domain,
    const struct user_files *files, const struct table *accounts,
    struct table *secrets, struct pool *pool)
{
	struct slice rest = str_slice(&files->shadow);
	struct entry entry;
	struct err err;

	while (entries_next(&rest, &entry)) {
		const char *name = pool_lower(pool, entry.field[0]);
		if (entry.count != SHADOW_FIELDS)
			continue;
		*table_at(secrets, name) = secrets;
		if (table_find(accounts, name) == NULL &&
		    finding_to_repair(&check->found, domain->name, "%s/%s: "
		    "there is no account '%.*s': the next one of that name "
		    "would have the password: take the line out",
		    domain->in->path, files->shadow_name,
		    (int)entry.field[0].len, entry.field[0].p))
			finding_repaired(&check->found, repair_shadow(domain,
			    name, &err), &err);
	}
}

/* PAM needs no line of it. */
static void
look_at_passwd(struct check *check, const struct domain *domain,
    const struct user_files *files, const struct table *secrets,
    struct pool *pool)
{
	struct slice rest = str_slice(&files->passwd);
	struct entry entry;

	if (conf_pam_service(&domain->conf) != NULL)
		return;
	while (entries_next(&rest, &entry))
		if (entry.count == PASSWD_FIELDS &&
		    (slice_is(entry.field[PASSWD_HASH], "x") ||
		    slice_is(entry.field[PASSWD_HASH], "*")) &&
		    table_find(secrets, pool_lower(pool, entry.field[0])) ==
		    NULL)
			finding(&check->found, domain->name, "%s/%s has no "
			    "line of '%.*s', who cannot log in: vadmin user "
			    "passwd %.*s@%s", domain->in->path,
			    files->shadow_name, (int)entry.field[0].len,
			    entry.field[0].p, (int)entry.field[0].len,
			    entry.field[0].p, domain->name);
}

void
fsck_lines(struct check *check, const struct domain *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_user_files) struct user_files files = { 0 };
	struct table accounts = { 0 }, secrets = { 0 };
	struct err err;

	if (!files_exists(domain->in->dir, pool_format(&pool, "passwd.%s",
	    domain->name)))
		return;			/* the shared checks say it */
	if (user_files_read(domain, &pool, &files, &err) == -1) {
		finding_unseen(&check->found, domain->name, &err);
		return;
	}
	if (list_names(&accounts, &pool, str_slice(&files.passwd))) {
		look_at_shadow(check, domain, &files, &accounts, &secrets,
		    &pool);
		look_at_passwd(check, domain, &files, &secrets, &pool);
	}
	drop_table(&accounts);
	drop_table(&secrets);
}
