/* check.c: what is wrong with each domain, and the operation. */
#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "domain_file.h"
#include "fd.h"
#include "needs.h"
#include "ops.h"
#include "pam_service.h"
#include "repairs.h"
#include "scope.h"
#include "spool.h"
#include "subject_pattern.h"

void
drop_check(struct check *check)
{
	drop_installation(&check->vdeliver);
	drop_installation(&check->vpop3d);
	drop_sheet(&check->found.sheet);
	drop_kept(&check->kept);
	drop_table(&check->places);
	drop_used(&check->used);
	drop_outside_list(&check->outside);
}

/* --- a domain ---------------------------------------------------------- */

static void
check_directory(struct check *check, const struct domain *domain,
    const char *what, int (*open)(const struct domain *, bool, int *,
    struct err *))
{
	SCOPED(drop_fd) int fd = -1;
	struct stat st;
	struct err err;

	if (open(domain, false, &fd, &err) == -1) {
		/* it is made when it is needed */
		if (err.kind != ERR_ABSENT)
			finding(&check->found, domain->name, "%s: %s", what,
			    err.text);
		return;
	}
	if (!domain->in->as_root || fstat(fd, &st) == -1)
		return;
	if (st.st_gid != domain->owner.gid && !domain->one_owner &&
	    finding_to_repair(&check->found, domain->name,
	    "%s: its group is %u: make it %u (chgrp)", what,
	    (unsigned)st.st_gid, (unsigned)domain->owner.gid))
		finding_repaired(&check->found, repair_directory(domain, fd,
		    &err), &err);
	if (domain->one_owner && st.st_uid != domain->owner.uid &&
	    finding_to_repair(&check->found, domain->name,
	    "%s: its owner is uid %u: make it %u (chown)", what,
	    (unsigned)st.st_uid, (unsigned)domain->owner.uid))
		finding_repaired(&check->found, repair_directory(domain, fd,
		    &err), &err);
}

static void
check_shadow(struct check *check, const struct domain *domain)
{
	const char *name = pool_format(&check->call->pool, "shadow.%s",
	    domain->name);
	SCOPED(drop_fd) int fd = -1;
	struct stat st;
	struct err err;

	if (installation_file(domain->in, name, &fd, &err) == -1) {
		if (err.kind != ERR_ABSENT)
			finding(&check->found, domain->name, "%s", err.text);
		return;
	}
	if (fstat(fd, &st) == -1 || (st.st_mode & (S_IRWXG | S_IRWXO)) == 0)
		return;
	/* Of what a link leads to others may have good use. */
	if (fstatat(domain->in->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(st.st_mode))
		finding(&check->found, domain->name, "%s/%s: it is a link, and "
		    "others can read the password hashes: put a file in its "
		    "place, or close the one that it leads to (chmod 600)",
		    domain->in->path, name);
	else if (finding_to_repair(&check->found, domain->name,
	    "%s/%s: others can read the password hashes: close it "
	    "(chmod 600)", domain->in->path, name))
		finding_repaired(&check->found, repair_mode(fd, 0600, &err),
		    &err);
}

static void
check_auth(struct check *check, const struct domain *domain)
{
	const char *service = conf_pam_service(&domain->conf);

	if (service != NULL && !pam_service_exists(service))
		finding(&check->found, domain->name,
		    "%s: auth: PAM has no service '%s': nobody can log in "
		    "before there is a file /etc/pam.d/%s",
		    domain_where(domain, &check->call->pool, "auth"), service,
		    service);
}

static void
check_needs(struct check *check, const struct domain *domain)
{
	struct pool *pool = &check->call->pool;
	const char *setting, *missing;

	for (size_t i = 0; needs_of_setting(domain, pool, i, &setting,
	    &missing); i++)
		if (missing != NULL)
			finding(&check->found, domain->name, "%s: %s: %s",
			    domain_where(domain, pool, setting), setting,
			    missing);
}

static struct domain *
open_domain(struct check *check, const struct installation *in,
    const char *name)
{
	struct domain *domain;
	struct err err;

	if (in->dir == -1)
		return NULL;
	if (domain_open(in, &check->call->pool, slice_of(name), &domain,
	    &err) == 0)
		return domain;
	finding(&check->found, name, "%s", err.text);
	return NULL;
}

void
check_domain(struct check *check, const char *name)
{
	struct domain *domain;
	struct err err;

	if (check_is_begun(check, name, false)) {
		check_outside_later(check, name);
		return;
	}
	domain = open_domain(check, &check->call->in, name);
	open_domain(check, &check->vdeliver, name);
	open_domain(check, &check->vpop3d, name);
	kept_name(&check->kept, name);
	check_outside_later(check, name);
	if (domain == NULL)
		return;
	kept_domain(&check->kept, domain);
	if (domain_file_check(domain, &err) == -1)
		finding(&check->found, name, "%s", err.text);
	bool usable = check_places(check, domain);
	if (usable) {
		check_directory(check, domain, "its inboxes", spool_of_domain);
		check_directory(check, domain, "its files", spool_files);
	}
	check_shadow(check, domain);
	check_auth(check, domain);
	check_needs(check, domain);
	check_certificate_of(check, domain);
	check_accounts(check, domain);
	check_grants(check, domain);
	check_administrators_of(check, domain);
	check_aliases(check, domain);
	check_attributes(check, domain);
	check_doubles(check, domain);
	if (usable) {
		check_profiles(check, domain);
		check_spool_files(check, domain);
	}
}

/* --- the operation ----------------------------------------------------- */

static int
check_each(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct check *check = arg;
	const char *real;

	if (!is_alias)
		check_domain(check, name);
	else if (domain_real_name(&check->call->in, &check->call->pool,
	    slice_of(name), &real, err) == -1)
		finding(&check->found, name, "%s", err->text);
	else
		check_outside_later(check, name);
	return 0;
}

static int
check_named(struct check *check, const struct setting_words *names,
    struct err *err)
{
	const char *real;

	for (size_t i = 0; i < names->count; i++) {
		if (domain_real_name(&check->call->in, &check->call->pool,
		    slice_of(names->word[i]), &real, err) == -1) {
			if (err->kind == ERR_ABSENT)
				return -1;
			finding(&check->found, names->word[i], "%s", err->text);
			continue;
		}
		check_domain(check, real);
	}
	return 0;
}

/* What keeps everybody from opening the installation is a finding, too. */
static int
run_checks(struct check *check, struct err *err)
{
	struct setting_words names;
	SCOPED(drop_pool) struct pool pool = { 0 };

	if (call_open(check->call, err) == -1) {
		if (check->call->opened)
			return -1;
		finding(&check->found, "installation", "%s", err->text);
		return 0;
	}
	if (subject_domains(check->call, "DOMAIN", &names, err) == -1)
		return -1;
	check_installation(check);
	check_unfinished(check);
	check_administrators(check);
	if (names.count > 0)
		return check_named(check, &names, err);
	if (domain_each(&check->call->in, &pool, check_each, check, err) == -1)
		return -1;
	orphans_in_spool(&check->found, &check->call->in, &check->kept);
	return 0;
}

int
check(struct call *call, struct err *err)
{
	SCOPED(drop_check) struct check all = {
		.call = call, .vdeliver.dir = -1, .vpop3d.dir = -1,
		.found.sheet.heads = findings_heads,
	};

	if (run_checks(&all, err) == -1 || check_outside(&all, err) == -1)
		return -1;
	if (all.found.count > 0 || output_is_json())
		sheet_print(&all.found.sheet);
	call->status = all.found.bad > 0;
	return 0;
}
